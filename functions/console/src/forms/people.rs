//! The form that says whose a git account or an e-mail address is.

use super::Field;
use signoff_core::people::{Claim, Entry, Handle, Nobody};

/// The longest name of an account, in characters.
pub(crate) const LONGEST_NAME: usize = 100;
/// The longest reason, in characters.
pub(crate) const LONGEST_REASON: usize = 200;
/// The word for an account that is a member's, beside the names of [`Nobody`].
pub(crate) const MEMBER: &str = "member";

/// Owner of an account as somebody stated it, before Slack was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// A member's: their Slack user id, or their e-mail address in Slack.
    Member(String),
    /// Nobody's in this workspace.
    NobodyHere {
        /// The kind.
        kind: Nobody,
        /// The reason.
        reason: String,
    },
}

/// A form that is filled in as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) handle: Handle,
    pub(crate) name: String,
    pub(crate) said: Said,
}

/// The fields as they were typed, and their problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PersonForm {
    pub(crate) handle: Field,
    pub(crate) name: Field,
    /// [`MEMBER`], or the name of a kind of [`Nobody`].
    pub(crate) is: Field,
    pub(crate) member: Field,
    pub(crate) reason: Field,
    /// The version of the entry that is changed; 0: a new one.
    pub(crate) version: u64,
}

impl PersonForm {
    /// The form as it was sent.
    pub(crate) fn read(form: &str) -> Self {
        let mut read = Self::default();
        for (field, value) in form_urlencoded::parse(form.as_bytes()) {
            let text = value.trim().to_owned();
            match &*field {
                "handle" => read.handle.text = text,
                "name" => read.name.text = text,
                "is" => read.is.text = text,
                "member" => read.member.text = text,
                "reason" => read.reason.text = text,
                "version" => read.version = text.parse().unwrap_or_default(),
                _ => {}
            }
        }
        read
    }

    /// The form of what is on record of `entry`.
    pub(crate) fn of(entry: &Entry) -> Self {
        let mut form = Self {
            handle: Field::new(entry.handle.to_string()),
            name: Field::new(entry.name.as_str()),
            is: Field::new(MEMBER),
            version: entry.version,
            ..Self::default()
        };
        match entry.newest().map(|statement| &statement.claim) {
            Some(Claim::Member { id, .. }) => form.member = Field::new(id.as_str()),
            Some(Claim::NobodyHere { kind, reason }) => {
                (form.is, form.reason) = (Field::new(kind.name()), Field::new(reason.as_str()));
            }
            Some(Claim::Removed) | None => {}
        }
        form
    }

    /// The form's meaning. Error: the form, with what is wrong beside its fields.
    pub(crate) fn filled(mut self) -> Result<Filled, Box<Self>> {
        let handle = Handle::parse(&self.handle.text);
        if handle.is_none() {
            self.handle.problem = Some(handle_problem(&self.handle.text));
        }
        self.name.problem = text_problem(&self.name.text, LONGEST_NAME);
        let said = said(&self.is.text, &self.member.text, &self.reason.text);
        let said = said.and_then(|said| match handle.as_ref().and_then(stand_in_problem) {
            Some(problem) => Err(Wrong::Is(problem)),
            None => Ok(said),
        });
        match (handle, said) {
            (Some(handle), Ok(said)) if self.name.problem.is_none() => {
                return Ok(Filled { handle, name: self.name.text, said });
            }
            (_, Ok(_)) => {}
            (_, Err(Wrong::Is(problem))) => self.is.problem = Some(problem),
            (_, Err(Wrong::Member(problem))) => self.member.problem = Some(problem),
            (_, Err(Wrong::Reason(problem))) => self.reason.problem = Some(problem),
        }
        Err(Box::new(self))
    }
}

/// A problem of one of the fields that say whose an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Is(String),
    Member(String),
    Reason(String),
}

/// Reads the owner of an account from three texts: [`MEMBER`] or a kind of [`Nobody`], the member, the
/// reason.
pub(crate) fn said(is: &str, member: &str, reason: &str) -> Result<Said, Wrong> {
    if is == MEMBER {
        let problem = member_problem(member);
        return problem
            .map_or_else(|| Ok(Said::Member(member.to_owned())), |problem| Err(Wrong::Member(problem)));
    }
    let Some(kind) = Nobody::ALL.into_iter().find(|kind| kind.name() == is) else {
        let kinds = Nobody::ALL.map(Nobody::name).join(", ");
        return Err(Wrong::Is(format!("Choose one of: {MEMBER}, {kinds}.")));
    };
    if reason.is_empty() {
        return Err(Wrong::Reason("Say why it belongs to nobody here, such as “left in May”.".to_owned()));
    }
    match text_problem(reason, LONGEST_REASON) {
        Some(problem) => Err(Wrong::Reason(problem)),
        None => Ok(Said::NobodyHere { kind, reason: reason.to_owned() }),
    }
}

/// The problem of an account that acts for people, whatever is said of it.
pub(crate) fn stand_in_problem(handle: &Handle) -> Option<String> {
    handle.stands_for_people().then(|| {
        "This account acts for the people who started a run or queued a merge. They are the makers, so this account can\u{2019}t have an entry."
            .to_owned()
    })
}

/// The problem of a text that is no account and no address.
pub(crate) fn handle_problem(text: &str) -> String {
    let right = "Write the account’s number on GitHub (the id at https://api.github.com/users/LOGIN), its noreply address, or an \
                 e-mail address.";
    if text.is_empty() {
        right.to_owned()
    } else {
        format!("This isn’t an account’s number or an e-mail address. {right}")
    }
}

/// The problem of a text that is too long, or has characters that can't be shown.
pub(crate) fn text_problem(text: &str, longest: usize) -> Option<String> {
    let length = text.chars().count();
    if length > longest {
        Some(format!("This has {length} characters; at most {longest} are taken. Shorten it."))
    } else if text.chars().any(char::is_control) {
        Some("This has invisible characters. Write it on one line.".to_owned())
    } else {
        None
    }
}

fn member_problem(text: &str) -> Option<String> {
    let id = is_user_id(text);
    let email = matches!(Handle::email(text), Some(Handle::Email { .. }));
    (!id && !email).then(|| {
        "Write the member’s id in Slack (U0123ABCDEF: “Copy member ID” in their profile), or the e-mail address that they have in \
         Slack."
            .to_owned()
    })
}

/// True if `text` is a Slack user id (`U…` or `W…`).
pub(crate) fn is_user_id(text: &str) -> bool {
    (2..=30).contains(&text.len())
        && text.starts_with(['U', 'W'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_it_was_filled_in() {
        let form = "handle=+583231+&name=octocat&is=member&member=U0ANA&reason=&version=3";
        let read = PersonForm::read(form);
        assert_eq!(read.version, 3);
        let said = Said::Member("U0ANA".to_owned());
        let filled = Filled { handle: Handle::github(583_231), name: "octocat".to_owned(), said };
        assert_eq!(read.filled(), Ok(filled));
        let left = PersonForm::read("handle=Old%40Acme.example&is=left&reason=left+in+May&member=ignored");
        let said = Said::NobodyHere { kind: Nobody::Left, reason: "left in May".to_owned() };
        let handle = Handle::email("old@acme.example").unwrap();
        assert_eq!(left.filled(), Ok(Filled { handle, name: String::new(), said }));
    }

    #[test]
    fn a_problem_stands_beside_its_field() {
        let mut told = String::new();
        for form in [
            "",
            "handle=octocat&is=member&member=ana",
            "handle=7&is=member&member=7%2Bana%40users.noreply.github.com",
            "handle=7&is=left&reason=",
            "handle=7&is=left&reason=a%0Ab",
            "handle=7&is=boss",
            "handle=41898282&is=bot&reason=CI",
            "handle=41898282&is=assistant&reason=CI",
            "handle=118344674&is=left&reason=CI",
            "handle=118344674&is=member&member=U0ANA",
        ] {
            let form = PersonForm::read(form).filled().unwrap_err();
            for field in [form.handle, form.name, form.is, form.member, form.reason] {
                told.extend(field.problem.map(|problem| format!("{:?}: {problem}\n", field.text)));
            }
        }
        insta::assert_snapshot!(told, @r#"
        "": Write the account’s number on GitHub (the id at https://api.github.com/users/LOGIN), its noreply address, or an e-mail address.
        "": Choose one of: member, left, outside, assistant, bot.
        "octocat": This isn’t an account’s number or an e-mail address. Write the account’s number on GitHub (the id at https://api.github.com/users/LOGIN), its noreply address, or an e-mail address.
        "ana": Write the member’s id in Slack (U0123ABCDEF: “Copy member ID” in their profile), or the e-mail address that they have in Slack.
        "7+ana@users.noreply.github.com": Write the member’s id in Slack (U0123ABCDEF: “Copy member ID” in their profile), or the e-mail address that they have in Slack.
        "": Say why it belongs to nobody here, such as “left in May”.
        "a\nb": This has invisible characters. Write it on one line.
        "boss": Choose one of: member, left, outside, assistant, bot.
        "bot": This account acts for the people who started a run or queued a merge. They are the makers, so this account can’t have an entry.
        "assistant": This account acts for the people who started a run or queued a merge. They are the makers, so this account can’t have an entry.
        "left": This account acts for the people who started a run or queued a merge. They are the makers, so this account can’t have an entry.
        "member": This account acts for the people who started a run or queued a merge. They are the makers, so this account can’t have an entry.
        "#);
        let long = format!("handle=7&is=left&reason={}", "x".repeat(201));
        let form = PersonForm::read(&long).filled().unwrap_err();
        assert!(form.reason.problem.is_some_and(|problem| problem.contains("200")));
    }

    #[test]
    fn an_entry_fills_its_own_form() {
        let by = || signoff_core::people::By {
            id: "U1".into(),
            name: "Ana".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        for claim in [
            Claim::Member { id: "U2".to_owned(), name: "Ben".to_owned() },
            Claim::NobodyHere { kind: Nobody::Outside, reason: "a contractor".to_owned() },
        ] {
            let entry = Entry::new(Handle::github(7)).say("octocat", claim.clone(), by()).unwrap();
            let filled = PersonForm::of(&entry).filled().unwrap();
            let said = match claim {
                Claim::Member { id, .. } => Said::Member(id),
                Claim::NobodyHere { kind, reason } => Said::NobodyHere { kind, reason },
                Claim::Removed => unreachable!(),
            };
            assert_eq!(filled, Filled { handle: entry.handle, name: "octocat".to_owned(), said });
        }
    }
}
