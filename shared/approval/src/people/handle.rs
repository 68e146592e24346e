//! Handles: git accounts by their number, and e-mail addresses.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest e-mail address. Source: RFC 5321, section 4.5.3.1.3.
const LONGEST_EMAIL: usize = 254;
/// The end of the addresses that GitHub gives to accounts that hide theirs.
///
/// Source: <https://docs.github.com/en/account-and-profile/reference/email-addresses-reference>.
const NOREPLY: &str = "@users.noreply.github.com";

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
}

impl Handle {
    /// The account with this number on GitHub.
    pub fn github(id: u64) -> Self {
        Self::Account { host: Host::Github, id }
    }

    /// An e-mail address; the account, where it is the noreply address of one (`ID+LOGIN@users.noreply.github.com`). `None`: it
    /// can't be an address.
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

    /// A handle as people write it: an account's number, `github:NUMBER`, or an e-mail address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = text.strip_prefix("github:").unwrap_or(text);
        match number.parse() {
            Ok(id) if id > 0 && number.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::github(id)),
            Ok(_) => None,
            Err(_) => Self::email(text),
        }
    }

    /// Whether it is an address of GitHub's that takes no mail, so that nobody in Slack has it.
    pub fn is_noreply(&self) -> bool {
        match self {
            Self::Account { .. } => false,
            Self::Email { address } => address.ends_with(NOREPLY),
        }
    }
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(Handle::parse(text), handle, "{text}");
        }
        assert_eq!(Handle::email(&format!("{}@a.example", "x".repeat(250))), None);
    }

    proptest::proptest! {
        #[test]
        fn a_handle_reads_as_it_is_written(text in "\\PC{0,40}") {
            if let Some(handle) = Handle::parse(&text) {
                proptest::prop_assert_eq!(Handle::parse(&handle.to_string()), Some(handle));
            }
        }
    }
}
