//! The session of a person who signed in with Slack: a cookie `2.CONTENT.SIGNATURE`, JSON in hexadecimal
//! digits and its [`CookieSigner`].
//!
//! Nothing is stored. A session lasts 12 hours. Once it is older than an hour and used, Slack is asked again
//! who the person is, and it is written anew; seven days after signing in it is over.

use crate::auth::cookie_signer::{CookieSigner, Purpose};
use crate::auth::visitor::{Member, Visitor, Who};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Prefix of such a session's cookie; sessions of an API key begin otherwise.
const VERSION: &str = "2.";
/// Lifetime of a session that is not used.
const LASTS: SignedDuration = SignedDuration::from_hours(12);
/// Age from which on Slack is asked again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Time after signing in during which it can be renewed.
const RENEWED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A person's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Drawn at random when the person signed in. It stays when the session is renewed, so that open forms
    /// stay good.
    id: String,
    /// The Slack user id.
    user: String,
    name: String,
    is_admin: bool,
    signed_in: Timestamp,
    issued: Timestamp,
    ends: Timestamp,
}

impl Session {
    /// The session of who just signed in. `random`: bytes that nobody can guess.
    pub(crate) fn begin(member: Member, random: [u8; 16], now: Timestamp) -> Self {
        Self::of(member, hex::encode(random), now, now)
    }

    /// The same session, of the person as Slack knows them now.
    pub(crate) fn renewed(&self, member: Member, now: Timestamp) -> Self {
        Self::of(member, self.id.clone(), self.signed_in, now)
    }

    fn of(member: Member, id: String, signed_in: Timestamp, now: Timestamp) -> Self {
        let Member { id: user, name, is_admin } = member;
        let ends = (now + LASTS).min(signed_in + RENEWED_FOR);
        Self { id, user, name, is_admin, signed_in, issued: now, ends }
    }

    /// True if a cookie's value is meant to be such a session.
    pub(crate) fn is_meant(value: &str) -> bool {
        value.starts_with(VERSION)
    }

    /// The session that a cookie's value holds, if it lasts at `now`.
    pub(crate) fn read(value: &str, seal: &CookieSigner, now: Timestamp) -> Option<Self> {
        let content = seal.opened(Purpose::Session, value)?.strip_prefix(VERSION)?;
        let session: Self = serde_json::from_slice(&hex::decode(content).ok()?).ok()?;
        (now < session.ends).then_some(session)
    }

    /// The cookie's value.
    pub(crate) fn value(&self, seal: &CookieSigner) -> String {
        // Texts, times and a flag can always be written as JSON.
        let content = serde_json::to_vec(self).unwrap_or_default();
        seal.sealed(Purpose::Session, &format!("{VERSION}{}", hex::encode(content)))
    }

    /// Time for which it still lasts.
    pub(crate) fn lasts(&self, now: Timestamp) -> SignedDuration {
        self.ends.duration_since(now)
    }

    /// True if Slack has to be asked again who the person is.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        now.duration_since(self.issued) > FRESH_FOR
    }

    /// The person's Slack user id.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Visitor who has the session.
    pub(crate) fn visitor(&self, seal: &CookieSigner) -> Visitor {
        let (id, name) = (self.user.clone(), self.name.clone());
        let form_token = Some(seal.signature(Purpose::Form, &self.id));
        Visitor { who: Who::Person(Member { id, name, is_admin: self.is_admin }), form_token }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> CookieSigner {
        CookieSigner::new(&"secret".into())
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
    fn a_session_is_its_persons_for_twelve_hours() {
        let session = Session::begin(member(true), [7; 16], after(0));
        let value = session.value(&seal());
        assert!(Session::is_meant(&value) && !Session::is_meant("1.1795473200.00"));
        for (minutes, lasts) in [(0, true), (12 * HOUR - 1, true), (12 * HOUR, false), (DAY, false)] {
            let read = Session::read(&value, &seal(), after(minutes));
            assert_eq!(read, lasts.then(|| session.clone()), "{minutes}");
        }
        let visitor = session.visitor(&seal());
        assert_eq!(visitor.who, Who::Person(member(true)));
        assert_eq!(session.lasts(after(0)), SignedDuration::from_hours(12));
    }

    #[test]
    fn only_what_was_written_with_the_same_client_secret_is_read() {
        let value = Session::begin(member(false), [7; 16], after(0)).value(&seal());
        let content = hex::decode(value.split('.').nth(1).unwrap()).unwrap();
        let admin = String::from_utf8(content).unwrap().replace("false", "true");
        let signature = value.rsplit('.').next().unwrap();
        let ticket = seal().sealed(Purpose::LoginState, value.rsplit_once('.').unwrap().0);
        for forged in [
            format!("2.{}.{signature}", hex::encode(admin)),
            value.replacen("2.", "1.", 1),
            ticket,
            seal().sealed(Purpose::Session, "2.7b7d"),
            seal().sealed(Purpose::Session, "2."),
            value[..value.len() - 1].to_owned(),
            "2..".to_owned(),
            String::new(),
        ] {
            assert_eq!(Session::read(&forged, &seal(), after(0)), None, "{forged}");
        }
        let rotated = CookieSigner::new(&"another".into());
        assert_eq!(Session::read(&value, &rotated, after(0)), None, "a new client secret ends it");
    }

    #[test]
    fn it_is_renewed_after_an_hour_for_seven_days() {
        let first = Session::begin(member(true), [7; 16], after(0));
        assert!(!first.is_old(after(HOUR)) && first.is_old(after(HOUR + 1)));
        let renewed = first.renewed(member(false), after(11 * HOUR));
        assert!(!renewed.is_old(after(12 * HOUR)));
        assert_eq!(renewed.visitor(&seal()).who, Who::Person(member(false)), "as Slack knows them now");
        let token = |session: &Session| session.visitor(&seal()).form_token.unwrap();
        assert_eq!(token(&first), token(&renewed), "open forms stay good");
        assert_ne!(token(&first), token(&Session::begin(member(true), [8; 16], after(0))), "of another one");
        assert_ne!(first.value(&seal()), renewed.value(&seal()));
        for (renewed_at, ends) in
            [(11 * HOUR, 23 * HOUR), (6 * DAY, 6 * DAY + 12 * HOUR), (7 * DAY - 1, 7 * DAY)]
        {
            let last = renewed.renewed(member(true), after(renewed_at));
            assert_eq!(last.lasts(after(renewed_at)), SignedDuration::from_mins(ends - renewed_at));
            let value = last.value(&seal());
            assert!(Session::read(&value, &seal(), after(ends - 1)).is_some(), "{renewed_at}");
            assert!(Session::read(&value, &seal(), after(ends)).is_none(), "{renewed_at}");
        }
    }
}
