//! A sign-in with Slack that is under way: what the browser keeps until Slack sends it back.
//!
//! It is a cookie of a browser that lasts ten minutes and is forgotten when the browser comes back: whoever
//! comes with a code from Slack began in the same browser, and comes once. Cookies with `SameSite=Lax` come
//! along from Slack, as the browser itself goes there.
//!
//! Nothing signs it, and nothing of it is on record. The cookie holds a random secret, and the state and the
//! nonce, which the world may see, follow from it. So whoever sees both can't make the cookie that they are
//! of. What else the cookie says concerns only the browser that has it: where the person wants to go, and how
//! long a sign-in may take, which Slack's own codes limit too.

use crate::address::place::Next;
use crate::auth::keyed::keyed;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Time that somebody may take to sign in. Slack's own codes last as long.
pub(crate) const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// Number of random bytes that a sign-in has.
const RANDOM: usize = 32;

/// The sign-in.
#[derive(Clone, Debug)]
pub(crate) struct LoginState {
    secret: SecretString,
    next: String,
    ends: Timestamp,
}

/// The sign-in as the cookie has it.
#[derive(Serialize, Deserialize)]
struct Kept {
    secret: String,
    next: String,
    ends: Timestamp,
}

impl LoginState {
    /// A sign-in that begins, and is to lead to `next`. `random`: bytes that nobody can guess.
    pub(crate) fn new(next: &Next, random: [u8; RANDOM], now: Timestamp) -> Self {
        let (secret, next) = (SecretString::from(hex::encode(random)), next.href().to_owned());
        Self { secret, next, ends: now + LASTS }
    }

    /// The sign-in that a cookie's value holds, if it lasts at `now`.
    pub(crate) fn read(value: &str, now: Timestamp) -> Option<Self> {
        let Kept { secret, next, ends } = serde_json::from_slice(&hex::decode(value).ok()?).ok()?;
        let is_whole = secret.len() == 2 * RANDOM && now < ends;
        is_whole.then(|| Self { secret: SecretString::from(secret), next, ends })
    }

    /// The cookie's value.
    pub(crate) fn value(&self) -> String {
        let (secret, next) = (self.secret.expose_secret().to_owned(), self.next.clone());
        let kept = Kept { secret, next, ends: self.ends };
        // Texts and a time can always be written as JSON.
        hex::encode(serde_json::to_vec(&kept).unwrap_or_default())
    }

    /// Text that Slack has to send back with the code.
    pub(crate) fn state(&self) -> String {
        keyed(self.secret.expose_secret(), "state")
    }

    /// Text that the id token has to hold.
    pub(crate) fn nonce(&self) -> String {
        keyed(self.secret.expose_secret(), "nonce")
    }

    /// True if Slack sent back the state of this sign-in. The comparison takes constant time.
    pub(crate) fn is_of(&self, state: &str) -> bool {
        self.state().as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// Page that it leads to.
    pub(crate) fn next(&self) -> Next {
        Next::of(Some(&self.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_430_000 + seconds).unwrap()
    }

    #[test]
    fn sign_in_is_taken_up_in_time_and_by_its_state() {
        let next = Next::of(Some("/deploys/d1?tab=commits"));
        let begun = LoginState::new(&next, [1; RANDOM], at(0));
        let value = begun.value();
        let read = LoginState::read(&value, at(599)).unwrap();
        assert_eq!((read.state(), read.nonce(), read.next()), (begun.state(), begun.nonce(), next));
        assert!(LoginState::read(&value, at(600)).is_none(), "ten minutes are over");
        assert!(read.is_of(&begun.state()));
        for state in ["", "01", &begun.nonce(), &"01".repeat(RANDOM)] {
            assert!(!read.is_of(state), "{state}");
        }
        assert!(!LoginState::new(&Next::of(None), [2; RANDOM], at(0)).is_of(&begun.state()));
    }

    #[test]
    fn cookie_does_not_follow_from_state_and_nonce() {
        let begun = LoginState::new(&Next::of(None), [1; RANDOM], at(0));
        assert_ne!(begun.state(), begun.nonce());
        for seen in [begun.state(), begun.nonce()] {
            let kept = json!({"secret": seen, "next": "/", "ends": at(600)});
            let forged = LoginState::read(&hex::encode(kept.to_string()), at(0)).unwrap();
            assert!(!forged.is_of(&begun.state()) && forged.nonce() != begun.nonce());
        }
        let shown = format!("{begun:?}");
        assert!(!shown.contains(&"01".repeat(RANDOM)), "{shown}");
    }

    #[test]
    fn what_is_no_sign_in_is_not_taken_up() {
        let kept = |secret: &str, ends: i64| {
            let kept = json!({"secret": secret, "next": "https://evil.example", "ends": at(ends)});
            hex::encode(kept.to_string())
        };
        let secret = "01".repeat(RANDOM);
        let elsewhere = LoginState::read(&kept(&secret, 600), at(0)).unwrap();
        assert_eq!(elsewhere.next().href(), "/", "it leads to a page of the console, whatever it says");
        for forged in [String::new(), ".".to_owned(), "7b7d".to_owned(), kept("", 600), kept(&secret, 0)] {
            assert!(LoginState::read(&forged, at(0)).is_none(), "{forged}");
        }
    }
}
