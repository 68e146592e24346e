//! A sign-in with Slack that is under way: what the browser keeps until Slack sends it back.
//!
//! It is a cookie of a browser, signed, that lasts ten minutes and is forgotten when the browser comes back:
//! whoever comes with a code from Slack began in the same browser, and comes once. Cookies with
//! `SameSite=Lax` come along from Slack, as the browser itself goes there.

use crate::address::place::Next;
use crate::auth::cookie_signer::{CookieSigner, Purpose};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Time that somebody may take to sign in. Slack's own codes last as long.
pub(crate) const LASTS: SignedDuration = SignedDuration::from_mins(10);

/// The sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoginState {
    state: String,
    nonce: String,
    next: String,
    ends: Timestamp,
}

impl LoginState {
    /// A sign-in that begins, and is to lead to `next`. `random`: bytes that nobody can guess.
    pub(crate) fn new(next: &Next, random: [u8; 32], now: Timestamp) -> Self {
        let (state, nonce) = random.split_at(16);
        let next = next.href().to_owned();
        Self { state: hex::encode(state), nonce: hex::encode(nonce), next, ends: now + LASTS }
    }

    /// The sign-in that a cookie's value holds, if it lasts at `now`.
    pub(crate) fn read(value: &str, seal: &CookieSigner, now: Timestamp) -> Option<Self> {
        let content = hex::decode(seal.opened(Purpose::LoginState, value)?).ok()?;
        let ticket: Self = serde_json::from_slice(&content).ok()?;
        (now < ticket.ends).then_some(ticket)
    }

    /// The cookie's value.
    pub(crate) fn value(&self, seal: &CookieSigner) -> String {
        // Texts and a time can always be written as JSON.
        seal.sealed(Purpose::LoginState, &hex::encode(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// Text that Slack has to send back with the code.
    pub(crate) fn state(&self) -> &str {
        &self.state
    }

    /// Text that the id token has to hold.
    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// True if Slack sent back the state of this sign-in. The comparison takes constant time.
    pub(crate) fn is_of(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// Page that it leads to.
    pub(crate) fn next(&self) -> Next {
        Next::of(Some(&self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_430_000 + seconds).unwrap()
    }

    #[test]
    fn a_sign_in_is_taken_up_in_time_and_by_its_state() {
        let seal = CookieSigner::new(&"secret".into());
        let next = Next::of(Some("/deploys/d1?tab=commits"));
        let mut random = [1; 32];
        random[16..].fill(2);
        let ticket = LoginState::new(&next, random, at(0));
        let value = ticket.value(&seal);
        assert_eq!(LoginState::read(&value, &seal, at(599)).as_ref(), Some(&ticket));
        assert_eq!(LoginState::read(&value, &seal, at(600)), None, "ten minutes are over");
        assert_eq!(ticket.next(), next);
        assert_ne!(ticket.state(), ticket.nonce());
        assert!(ticket.is_of(&"01".repeat(16)));
        for state in ["", "01", ticket.nonce()] {
            assert!(!ticket.is_of(state), "{state}");
        }
    }

    #[test]
    fn what_was_forged_is_not_taken_up() {
        let seal = CookieSigner::new(&"secret".into());
        let value = LoginState::new(&Next::of(None), [1; 32], at(0)).value(&seal);
        let (content, signature) = value.rsplit_once('.').unwrap();
        let elsewhere = LoginState {
            next: "https://evil.example".into(),
            ..LoginState::read(&value, &seal, at(0)).unwrap()
        };
        for forged in [
            String::new(),
            ".".to_owned(),
            content.to_owned(),
            format!("{}.{signature}", content.replacen('3', "4", 1)),
            seal.sealed(Purpose::Session, content),
            seal.sealed(Purpose::LoginState, "7b7d"),
            CookieSigner::new(&"another".into()).sealed(Purpose::LoginState, content),
        ] {
            assert_eq!(LoginState::read(&forged, &seal, at(0)), None, "{forged}");
        }
        assert_eq!(elsewhere.next().href(), "/", "it leads to a page of the console, whatever it says");
    }
}
