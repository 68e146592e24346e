//! The question to a member whether a git account or an e-mail address is theirs.

use super::Message;
use super::pieces::{button, code, section, shorten};
use crate::approval::SaidNobody;
use crate::mrkdwn::escape;
use crate::people::{Claim, Did, Entry, Handle, Line, Role};
use serde_json::{Value, json};

/// The button that confirms it.
pub const ACCOUNT_IS_MINE: &str = "account_is_mine";
/// The button that denies it.
pub const ACCOUNT_IS_NOT_MINE: &str = "account_is_not_mine";

/// The most characters of a name that are shown.
const NAME_LIMIT: usize = 80;

/// The question of `entry` at `version` as it stands now: with buttons as long as it waits, else with its
/// answer. `None`: nobody is asked.
pub fn is_it_yours(entry: &Entry, version: u64) -> Option<Message> {
    let what = account(entry);
    let waits = entry.waits.as_ref().filter(|_| entry.version == version);
    if let Some(statement) = waits {
        statement.member()?;
        let said = statement.said.as_ref().map_or_else(|| "Signoff".to_owned(), |by| format!("<@{}>", by.id));
        let value = format!("{version} {}", entry.handle);
        let (mine, not_mine) = (
            button(ACCOUNT_IS_MINE, "Yes, it is mine", "primary", &value),
            button(ACCOUNT_IS_NOT_MINE, "No", "", &value),
        );
        let (then, elements) = if entry.replaces_another() {
            let then = "It currently counts as somebody else's, so another admin has to confirm it on the page People.";
            (then, vec![not_mine])
        } else {
            ("Once you confirm it, its changes count as yours in four-eyes checks.", vec![mine, not_mine])
        };
        let text = format!("{said} says that {what} is yours. {then}");
        let actions = json!({ "type": "actions", "block_id": "account", "elements": elements });
        return Some(Message { blocks: json!([section(&text), actions]), text });
    }
    let text = match entry.history.last() {
        Some(Line { did: Did::Confirm { claim: Claim::Member { id, .. } }, by }) if *id == by.id => {
            format!(":white_check_mark: You confirmed that {what} is yours.")
        }
        Some(Line { did: Did::Confirm { .. }, by }) => {
            format!("<@{}> confirmed the entry for {what}. There is nothing left to do.", by.id)
        }
        Some(Line { did: Did::Decline { .. }, .. }) => format!("You said that {what} is not yours."),
        Some(Line { did: Did::Say { .. }, by }) => {
            format!("<@{}> changed the entry for {what}. There is nothing left to do here.", by.id)
        }
        None => return None,
    };
    Some(Message { blocks: Value::Array(vec![section(&text)]), text })
}

fn account(entry: &Entry) -> String {
    let name = escape(&shorten(&entry.name, NAME_LIMIT));
    match &entry.handle {
        Handle::Account { id, .. } if name.is_empty() => format!("the GitHub account number {id}"),
        Handle::Account { id, .. } => format!("the GitHub account {name} (number {id})"),
        Handle::Email { address } => format!("the e-mail address {}", code(address)),
        Handle::CiUser(user) if name.is_empty() => format!("the {} user {}", user.ci.title(), code(&user.id)),
        Handle::CiUser(user) => format!("the {} user {name} ({})", user.ci.title(), code(&user.id)),
        Handle::PullRequest { repository, number, role } => {
            let did = match role {
                Role::Opener => "opened",
                Role::Merger => "merged",
            };
            format!("the account that {did} {}", code(&format!("{repository}#{number}")))
        }
    }
}

/// The message to the dialog's thread that the member `by` confirmed for its approval what an admin had
/// `said`.
pub fn nobody_here_confirmed(by: &str, said: &SaidNobody) -> String {
    let name = escape(&shorten(&said.name, NAME_LIMIT));
    let kind = said.kind.title().to_lowercase();
    format!(
        ":white_check_mark: <@{by}> confirmed what <@{}> said: {name} is nobody here ({kind}). It counts for this approval only.",
        said.by
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::By;
    use jiff::Timestamp;

    fn by(id: &str) -> By {
        By { id: id.to_owned(), name: id.to_owned(), at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn the_question_shows_its_answer() {
        let claim = |id: &str| Claim::Member { id: id.to_owned(), name: "Chiara".to_owned() };
        let asked = Entry::new(Handle::github(7)).say("chiara <!here>", claim("U2"), by("U1")).unwrap();
        let asked = Entry { version: 1, ..asked };
        let email = Entry { handle: Handle::email("chiara@acme.example").unwrap(), ..asked.clone() };
        let shown = |entry: &Entry| is_it_yours(entry, 1).map(|message| message.text).unwrap_or_default();
        let next = |entry: Entry| Entry { version: 2, ..entry };
        let told = [
            shown(&asked),
            shown(&email),
            shown(&next(asked.confirm_as_member(1, by("U2")).unwrap())),
            shown(&next(asked.confirm_as_admin(1, by("U3")).unwrap())),
            shown(&next(asked.decline(1, by("U2")).unwrap())),
            shown(&next(asked.say("c", claim("U4"), by("U1")).unwrap())),
        ];
        insta::assert_snapshot!(told.join("\n"), @"
        <@U1> says that the GitHub account chiara &lt;!here&gt; (number 7) is yours. Once you confirm it, its changes count as yours in four-eyes checks.
        <@U1> says that the e-mail address `chiara@acme.example` is yours. Once you confirm it, its changes count as yours in four-eyes checks.
        :white_check_mark: You confirmed that the GitHub account chiara &lt;!here&gt; (number 7) is yours.
        <@U3> confirmed the entry for the GitHub account chiara &lt;!here&gt; (number 7). There is nothing left to do.
        You said that the GitHub account chiara &lt;!here&gt; (number 7) is not yours.
        <@U1> changed the entry for the GitHub account c (number 7). There is nothing left to do here.
        ");
        let counts = next(asked.confirm_as_member(1, by("U2")).unwrap());
        let replacing = Entry { version: 1, ..counts.say("c", claim("U4"), by("U1")).unwrap() };
        let question = is_it_yours(&replacing, 1).unwrap();
        insta::assert_snapshot!(question.text, @"<@U1> says that the GitHub account c (number 7) is yours. It currently counts as somebody else's, so another admin has to confirm it on the page People.");
        assert_eq!(question.blocks[1]["elements"].as_array().map(Vec::len), Some(1), "{question:?}");
        let blocks = is_it_yours(&asked, 1).unwrap().blocks;
        assert_eq!(blocks[1]["elements"][0]["value"], "1 github:7");
        assert_eq!(is_it_yours(&Entry::new(Handle::github(7)), 0), None);
    }
}
