//! The session of a person who signed in with Slack: a random text in a cookie, and a row under the text's
//! SHA-256.
//!
//! A session lasts 12 hours. Once Slack's word is older than an hour and the session is used, Slack is asked
//! again who the person is, and it lasts another 12 hours; seven days after signing in it is over. Each
//! request reads the row, so that a session that somebody ended is refused at once.

use crate::auth::keyed::keyed;
use crate::auth::visitor::{Member, Visitor, Who};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use signoff_store::Session;

/// Lifetime of a session that is not used.
const LASTS: SignedDuration = SignedDuration::from_hours(12);
/// Age from which on Slack is asked again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Time after signing in during which it can be renewed.
const RENEWED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Number of random bytes that a session's cookie has.
const RANDOM: usize = 32;

/// The text in the cookie of a session. Whoever has it has the session.
#[derive(Clone, Debug)]
pub(crate) struct SessionId(SecretString);

impl SessionId {
    /// The text for a new session. `random`: bytes that nobody can guess.
    pub(crate) fn new(random: [u8; RANDOM]) -> Self {
        Self(SecretString::from(hex::encode(random)))
    }

    /// Reads a cookie's value; `None`: it can't be a session's.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_id = value.len() == 2 * RANDOM && value.bytes().all(is_digit);
        is_id.then(|| Self(SecretString::from(value)))
    }

    /// The cookie's value.
    pub(crate) fn value(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 of the text, in hexadecimal digits: the key of the session's row.
    pub(crate) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.value()))
    }

    /// Token that the forms of the session carry. It follows from the text alone, so that open forms stay
    /// good when the session is renewed, and the table tells nobody.
    pub(crate) fn form_token(&self) -> String {
        keyed(self.value(), "form")
    }

    /// Visitor who has this text, and whose session is `session`.
    pub(crate) fn visitor(&self, session: Session) -> Visitor {
        let Session { user: id, name, is_admin, .. } = session;
        Visitor { who: Who::Person(Member { id, name, is_admin }), form_token: Some(self.form_token()) }
    }
}

/// The session of a member who just signed in.
pub(crate) fn begin(id: &SessionId, member: Member, now: Timestamp) -> Session {
    let Member { id: user, name, is_admin } = member;
    let expires_at = now + LASTS;
    Session { digest: id.digest(), user, name, is_admin, signed_in: now, confirmed_at: now, expires_at }
}

/// The same session, of the person as Slack knows them now.
pub(crate) fn renewed(session: &Session, member: Member, now: Timestamp) -> Session {
    let Member { id: user, name, is_admin } = member;
    let expires_at = (now + LASTS).min(session.signed_in + RENEWED_FOR);
    Session { user, name, is_admin, confirmed_at: now, expires_at, ..session.clone() }
}

/// True if the session is over at `now`, although its row may still be there.
pub(crate) fn is_over(session: &Session, now: Timestamp) -> bool {
    session.expires_at <= now
}

/// True if Slack has to be asked again who the person is.
pub(crate) fn is_old(session: &Session, now: Timestamp) -> bool {
    now.duration_since(session.confirmed_at) > FRESH_FOR
}

/// Time for which the session still lasts.
pub(crate) fn lasts(session: &Session, now: Timestamp) -> SignedDuration {
    session.expires_at.duration_since(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> SessionId {
        SessionId::new([byte; RANDOM])
    }

    fn member(is_admin: bool) -> Member {
        Member { id: "U1".into(), name: "Ana <Kovač>".into(), is_admin }
    }

    /// So many minutes after signing in.
    fn after(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_795_430_000 + minutes * 60).unwrap()
    }

    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn session_lasts_twelve_hours_and_is_its_persons() {
        let session = begin(&id(7), member(true), after(0));
        for (minutes, is_over_then) in [(0, false), (12 * HOUR - 1, false), (12 * HOUR, true), (DAY, true)] {
            assert_eq!(is_over(&session, after(minutes)), is_over_then, "{minutes}");
        }
        assert_eq!(lasts(&session, after(0)), SignedDuration::from_hours(12));
        assert_eq!(id(7).visitor(session).who, Who::Person(member(true)));
    }

    #[test]
    fn row_and_log_have_neither_the_cookie_nor_the_token() {
        let id = SessionId::new(std::array::from_fn(|index| u8::try_from(index).unwrap() * 5));
        let value = id.value().to_owned();
        assert_eq!(SessionId::parse(&value).unwrap().digest(), id.digest());
        let row = serde_json::to_string(&begin(&id, member(true), after(0))).unwrap();
        assert!(row.contains(&id.digest()) && !row.contains(&value), "{row}");
        let token = id.form_token();
        assert!(!row.contains(&token) && token != value, "{row}");
        assert!(!format!("{id:?}").contains(&value));
        let of_digest = SessionId::parse(&id.digest()).unwrap();
        assert_ne!(of_digest.digest(), id.digest(), "the digest is no cookie");
        assert_ne!(of_digest.form_token(), token);
    }

    #[test]
    fn only_a_texts_own_form_is_read() {
        let right = id(0xab).value().to_owned();
        assert!(SessionId::parse(&right).is_some());
        for wrong in [
            String::new(),
            right[1..].to_owned(),
            format!("{right}0"),
            right.to_uppercase(),
            format!("{}g", &right[1..]),
            format!("2.{}", &right[2..]),
            "\u{e9}".repeat(32),
        ] {
            assert!(SessionId::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn session_is_renewed_after_an_hour_for_seven_days() {
        let first = begin(&id(7), member(true), after(0));
        assert!(!is_old(&first, after(HOUR)) && is_old(&first, after(HOUR + 1)));
        let second = renewed(&first, member(false), after(11 * HOUR));
        assert!(!is_old(&second, after(12 * HOUR)));
        assert_eq!(second.digest, first.digest);
        assert_eq!(id(7).visitor(second.clone()).who, Who::Person(member(false)), "as Slack knows them now");
        assert_ne!(id(7).form_token(), id(8).form_token(), "each session has a token of its own");
        for (renewed_at, ends) in
            [(11 * HOUR, 23 * HOUR), (6 * DAY, 6 * DAY + 12 * HOUR), (7 * DAY - 1, 7 * DAY)]
        {
            let last = renewed(&second, member(true), after(renewed_at));
            assert_eq!(lasts(&last, after(renewed_at)), SignedDuration::from_mins(ends - renewed_at));
            assert!(!is_over(&last, after(ends - 1)) && is_over(&last, after(ends)), "{renewed_at}");
        }
    }
}
