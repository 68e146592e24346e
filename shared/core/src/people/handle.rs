//! Handles: git accounts by their number, e-mail addresses, users of a CI, and traces of accounts that are
//! gone.

use crate::slug::{Slug, canonical};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest e-mail address. Source: RFC 5321, section 4.5.3.1.3.
const LONGEST_EMAIL: usize = 254;
/// The end of the addresses that GitHub gives to accounts that hide theirs.
///
/// Source: <https://docs.github.com/en/account-and-profile/reference/email-addresses-reference>.
const NOREPLY: &str = "@users.noreply.github.com";

/// The numbers of the accounts that stand for people: runs' own tokens, and the merge queue.
///
/// Source: <https://api.github.com/users/github-actions[bot]>,
/// <https://api.github.com/users/github-merge-queue[bot]>.
const STAND_FOR_PEOPLE: [u64; 2] = [41_898_282, 118_344_674];

/// A source host with accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// GitHub.
    Github,
}

/// Something that stands for a person on a source host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Handle {
    /// An account.
    Account {
        /// Its host.
        host: Host,
        /// The host's number of it.
        id: u64,
    },
    /// An e-mail address.
    Email {
        /// The address, in lower case.
        address: String,
    },
    /// A user of a CI.
    CiUser(CiUser),
    /// An account that is gone, by its part in a pull request: the host names nobody any more.
    PullRequest {
        /// The repository (`owner/name`), in lower case.
        repository: String,
        /// The pull request's number.
        number: u64,
        /// The part that the account had in it.
        role: Role,
    },
}

/// A CI with users of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ci {
    /// CircleCI.
    Circleci,
}

/// A user of a CI, by the CI's own id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CiUser {
    /// The CI.
    pub ci: Ci,
    /// The id: a UUID, in lower case.
    pub id: String,
}

/// The part that somebody had in a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// They opened it.
    Opener,
    /// They merged it.
    Merger,
}

impl Ci {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Circleci => "CircleCI",
        }
    }

    /// The word before a user's id.
    fn word(self) -> &'static str {
        match self {
            Self::Circleci => "circleci",
        }
    }
}

impl CiUser {
    /// A user of CircleCI. `None`: `id` is no UUID.
    pub fn circleci(id: &str) -> Option<Self> {
        let id = id.to_lowercase();
        is_uuid(&id).then_some(Self { ci: Ci::Circleci, id })
    }

    /// A user as [`CiUser`] is written: `circleci:UUID`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::circleci(text.strip_prefix("circleci:")?)
    }
}

impl Role {
    /// Both.
    const ALL: [Self; 2] = [Self::Opener, Self::Merger];

    fn word(self) -> &'static str {
        match self {
            Self::Opener => "opener",
            Self::Merger => "merger",
        }
    }
}

impl fmt::Display for CiUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.ci.word(), self.id)
    }
}

impl Handle {
    /// The account with this number on GitHub.
    pub fn github(id: u64) -> Self {
        Self::Account { host: Host::Github, id }
    }

    /// An e-mail address; the account, where it is the noreply address of one
    /// (`ID+LOGIN@users.noreply.github.com`). `None`: it can't be an address.
    pub fn email(address: &str) -> Option<Self> {
        let address = address.trim().to_lowercase();
        if let Some((id, login)) = noreply(&address)
            && !login.is_empty()
        {
            return Some(Self::github(id));
        }
        let (name, host) = address.rsplit_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '"' | ',');
        let right = !name.is_empty() && !host.is_empty() && address.len() <= LONGEST_EMAIL;
        (right && address.chars().all(plain)).then_some(Self::Email { address })
    }

    /// True for the account of runs' own tokens, and for the merge queue's. People stand behind what these
    /// do, so nothing that is said of such an account counts.
    pub fn stands_for_people(&self) -> bool {
        STAND_FOR_PEOPLE.iter().any(|id| *self == Self::github(*id))
    }

    /// A handle as people write it: an account's number, `github:NUMBER`, an e-mail address,
    /// `circleci:UUID`, or of an account that is gone `OWNER/NAME#NUMBER:opener` or
    /// `OWNER/NAME#NUMBER:merger`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(known) = CiUser::parse(text).map(Self::CiUser).or_else(|| Self::pull_request(text)) {
            return Some(known);
        }
        let number = text.strip_prefix("github:").unwrap_or(text);
        match number.parse() {
            Ok(id) if id > 0 && number.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::github(id)),
            Ok(_) => None,
            Err(_) => Self::email(text),
        }
    }

    fn pull_request(text: &str) -> Option<Self> {
        let (text, word) = text.rsplit_once(':')?;
        let role = Role::ALL.into_iter().find(|role| role.word() == word)?;
        let (repository, number) = text.rsplit_once('#')?;
        let (owner, name) = repository.split_once('/')?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|number| is_number && *number > 0)?;
        Slug::new(owner, name)?;
        Some(Self::PullRequest { repository: canonical(repository), number, role })
    }

    /// True if it is an address of GitHub's that takes no mail, so that nobody in Slack has it.
    pub fn is_noreply(&self) -> bool {
        match self {
            Self::Account { .. } | Self::CiUser(_) | Self::PullRequest { .. } => false,
            Self::Email { address } => address.ends_with(NOREPLY),
        }
    }
}

/// True if `text` is a UUID in lower case.
fn is_uuid(text: &str) -> bool {
    let parts = text.split('-').map(str::len);
    parts.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// The number and the login in a noreply address.
fn noreply(address: &str) -> Option<(u64, &str)> {
    let (id, login) = address.strip_suffix(NOREPLY)?.split_once('+')?;
    let digits = id.bytes().all(|byte| byte.is_ascii_digit());
    Some((id.parse().ok().filter(|id| digits && *id > 0)?, login))
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account { host: Host::Github, id } => write!(f, "github:{id}"),
            Self::Email { address } => f.write_str(address),
            Self::CiUser(user) => user.fmt(f),
            Self::PullRequest { repository, number, role } => {
                write!(f, "{repository}#{number}:{}", role.word())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CI_USER: &str = "00000000-0000-4000-8000-00000000300a";

    fn gone(role: Role) -> Handle {
        Handle::PullRequest { repository: "acme/checkout".to_owned(), number: 7, role }
    }

    #[test]
    fn handles_are_read_as_people_write_them() {
        let email = |address: &str| Some(Handle::Email { address: address.to_owned() });
        for (text, handle) in [
            ("583231", Some(Handle::github(583_231))),
            (" github:583231 ", Some(Handle::github(583_231))),
            ("583231+octocat@users.noreply.github.com", Some(Handle::github(583_231))),
            ("49699333+Dependabot[bot]@users.noreply.github.com", Some(Handle::github(49_699_333))),
            ("octocat@users.noreply.github.com", email("octocat@users.noreply.github.com")),
            ("0+octocat@users.noreply.github.com", email("0+octocat@users.noreply.github.com")),
            ("+1+octocat@users.noreply.github.com", email("+1+octocat@users.noreply.github.com")),
            (
                "583231+octocat@users.noreply.github.com.evil.example",
                email("583231+octocat@users.noreply.github.com.evil.example"),
            ),
            ("Ana@Acme.example", email("ana@acme.example")),
            ("0", None),
            ("+5", None),
            ("-5", None),
            ("octocat", None),
            ("@octocat", None),
            ("ana@", None),
            ("ana @acme.example", None),
            ("Ana <ana@acme.example>", None),
            ("", None),
            ("circleci:00000000-0000-4000-8000-00000000300A", CiUser::circleci(CI_USER).map(Handle::CiUser)),
            ("circleci:7", None),
            ("circleci:", None),
            ("Acme/Checkout#7:opener", Some(gone(Role::Opener))),
            (" acme/checkout#7:merger ", Some(gone(Role::Merger))),
            ("acme/checkout#0:merger", None),
            ("acme/checkout#+7:merger", None),
            ("acme/..#7:merger", None),
            ("acme/checkout#7:author", None),
            ("acme/checkout#7", None),
            ("#7:opener", None),
        ] {
            assert_eq!(Handle::parse(text), handle, "{text}");
        }
        assert_eq!(Handle::email(&format!("{}@a.example", "x".repeat(250))), None);
    }

    proptest::proptest! {
        #[test]
        fn a_handle_reads_as_it_is_written(text in "\\PC{0,40}|[Aa]/[.a-c]{1,3}#[0-9]{1,3}:(opener|merger)") {
            if let Some(handle) = Handle::parse(&text) {
                proptest::prop_assert_eq!(Handle::parse(&handle.to_string()), Some(handle));
            }
        }
    }
}
