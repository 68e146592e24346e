//! Credentials of a request: an API key, or a session, which was got with a key of the stack's secret or by
//! signing in with Slack (`session.rs`). Keys themselves are checked in [`signoff_runtime::api_keys`].
//!
//! A session of an API key is a cookie `VERSION.EXPIRY.SIGNATURE`: when it ends, in seconds since 1970,
//! signed by HMAC-SHA256 with the key of the stack's secret that was typed. Nothing is stored; a key that is
//! taken out of the secret ends its sessions. The key itself never goes back to the browser. Keys that were
//! created in the console are for programs and get no session.
//!
//! Cookie attributes: <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis>, `SameSite`,
//! `__Host-`.

use crate::address::parameters::parameter;
use crate::address::site::Site;
use crate::auth::visitor::{KeyHolder, Visitor, Who};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::HeaderMap;
use lambda_http::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use signoff_runtime::api_keys::{NAME_OF_SECRET, OF_SECRET};
use subtle::ConstantTimeEq;

/// Lifetime of a session.
const SESSION: SignedDuration = SignedDuration::from_hours(12);
/// The session cookie's first part.
const VERSION: &str = "1";
/// Prefix of the text that is signed for a session, so that a signature made with the same key for something
/// else is no session.
const SESSIONS: &str = "signoff console session";
/// The same for what forms carry.
const FORMS: &str = "signoff console form";

/// Credential that a request shows.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// An API key, in the header `Authorization`.
    Key(SecretString),
    /// A session cookie's value.
    Session(String),
}

/// Credential of a request, if it has one. A header counts before a cookie.
pub(crate) fn credential(headers: &HeaderMap, site: &Site) -> Option<Credential> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let (scheme, key) = header.to_str().ok()?.trim().split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("apikey");
        return known.then(|| Credential::Key(SecretString::from(key.trim())));
    }
    Some(Credential::Session(cookie(headers, cookie_name(site))?.to_owned()))
}

/// The sign-in with Slack that is under way in this browser.
pub(crate) fn login_state<'h>(headers: &'h HeaderMap, site: &Site) -> Option<&'h str> {
    cookie(headers, ticket_name(site))
}

/// The value of the cookie `name`.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Visitor with the session `value`, signed by one of the secret's keys, at `now`; `None`: the session is not
/// valid.
pub(crate) fn visitor(keys: &[SecretString], value: &str, now: Timestamp) -> Option<Visitor> {
    let (key, end) = session_ends(keys, value)?;
    let form_token = (now < end).then(|| form_token(key, value)).flatten()?;
    let (id, name) = (OF_SECRET.to_owned(), NAME_OF_SECRET.to_owned());
    let holder = KeyHolder { id, name, reads: true, is_admin: true, is_of_stack: true };
    Some(Visitor { who: Who::Key(holder), form_token: Some(form_token) })
}

/// Token that the forms of the session `value`, signed with `key`, carry.
fn form_token(key: &SecretString, value: &str) -> Option<String> {
    sign(key, FORMS, value).map(hex::encode)
}

/// True if `form` carries the token of the visitor's session. A program needs none.
pub(crate) fn has_form_token(visitor: &Visitor, form: &str) -> bool {
    let Some(token) = &visitor.form_token else { return true };
    parameter(form, "token").is_some_and(|sent| sent.as_bytes().ct_eq(token.as_bytes()).into())
}

/// The end of a session, and which of the keys has signed it.
fn session_ends<'s>(keys: &'s [SecretString], value: &str) -> Option<(&'s SecretString, Timestamp)> {
    let (expiry, signature) = value.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
    let signature = hex::decode(signature).ok()?;
    let signed = |key: &&SecretString| {
        let right = sign(key, SESSIONS, expiry);
        right.is_some_and(|right| right.ct_eq(&signature).into())
    };
    let key = keys.iter().find(signed)?;
    Some((key, Timestamp::from_second(expiry.parse().ok()?).ok()?))
}

fn sign(key: &SecretString, purpose: &str, text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
    mac.update(format!("{purpose} {VERSION}\n{text}").as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

/// The `Set-Cookie` of a new session, signed with `key`. `None`: it can't be signed.
pub(crate) fn session_cookie(key: &SecretString, site: &Site, now: Timestamp) -> Option<String> {
    let expiry = (now + SESSION).as_second().to_string();
    let signature = hex::encode(sign(key, SESSIONS, &expiry)?);
    Some(set_session(site, &format!("{VERSION}.{expiry}.{signature}"), SESSION))
}

/// The `Set-Cookie` that has the browser forget its session.
pub(crate) fn no_session_cookie(site: &Site) -> String {
    set_session(site, "", SignedDuration::ZERO)
}

/// The `Set-Cookie` of a session.
pub(crate) fn set_session(site: &Site, value: &str, lasts: SignedDuration) -> String {
    set_cookie(site, cookie_name(site), value, lasts)
}

/// The `Set-Cookie` of a sign-in with Slack that is under way.
pub(crate) fn login_state_cookie(site: &Site, value: &str, lasts: SignedDuration) -> String {
    set_cookie(site, ticket_name(site), value, lasts)
}

fn set_cookie(site: &Site, name: &str, value: &str, lasts: SignedDuration) -> String {
    // `Lax`, not `Strict`: a link in Slack must find its reader signed in, and Slack sends people back.
    let secure = if site.https() { "; Secure" } else { "" };
    format!("{name}={value}; Max-Age={}; Path=/; HttpOnly; SameSite=Lax{secure}", lasts.as_secs())
}

/// Over TLS the prefix has browsers refuse a cookie of this name that another host or an unsafe page set.
fn cookie_name(site: &Site) -> &'static str {
    if site.https() { "__Host-signoff" } else { "signoff" }
}

fn ticket_name(site: &Site) -> &'static str {
    if site.https() { "__Host-signoff-sign-in" } else { "signoff-sign-in" }
}

/// True if a form was sent by a page of the console, as far as the browser says. A client that says nothing
/// is no browser, and has no session to misuse.
///
/// Sources: <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Origin>,
/// <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site>.
pub(crate) fn sent_by_own_page(headers: &HeaderMap, site: &Site) -> bool {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let fetched = header("sec-fetch-site").is_none_or(|from| from == "same-origin" || from == "none");
    fetched && header(ORIGIN.as_str()).is_none_or(|origin| site.is_own_origin(origin, header(HOST.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::http::{HeaderName, HeaderValue};

    fn site(url: &str) -> Site {
        Site::new(url).unwrap()
    }

    fn https() -> Site {
        site("https://signoff.example.com")
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn lets_in(pairs: &[(&str, &str)], site: &Site, now: Timestamp) -> bool {
        let keys = ["first-key", "second-key"].map(SecretString::from);
        match credential(&headers(pairs), site) {
            Some(Credential::Session(value)) => visitor(&keys, &value, now).is_some(),
            Some(Credential::Key(_)) | None => false,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_430_000 + seconds).unwrap()
    }

    /// `name=value` of a `Set-Cookie`.
    fn pair(set_cookie: &str) -> String {
        set_cookie.split(';').next().unwrap_or_default().to_owned()
    }

    fn session(key: &str, site: &Site) -> String {
        pair(&session_cookie(&SecretString::from(key), site, at(0)).unwrap())
    }

    #[test]
    fn keys() {
        for (header, shown) in [
            ("Bearer first-key", Some("first-key")),
            ("bearer second-key", Some("second-key")),
            ("apikey first-key", Some("first-key")),
            ("ApiKey   second-key ", Some("second-key")),
            ("Bearer FIRST-KEY", Some("FIRST-KEY")),
            ("Bearer", None),
            ("Basic first-key", None),
            ("first-key", None),
            ("", None),
        ] {
            let found = match credential(&headers(&[("authorization", header)]), &https()) {
                Some(Credential::Key(key)) => Some(key.expose_secret().to_owned()),
                Some(Credential::Session(_)) | None => None,
            };
            assert_eq!(found.as_deref(), shown, "{header}");
        }
        assert!(!lets_in(&[], &https(), at(0)));
    }

    #[test]
    fn sessions_last_twelve_hours_and_belong_to_a_key() {
        let right = session("second-key", &https());
        assert!(lets_in(&[("cookie", &right)], &https(), at(0)));
        assert!(lets_in(&[("cookie", &format!("a=b; {right}; c=d"))], &https(), at(12 * 3600 - 1)));
        assert!(!lets_in(&[("cookie", &right)], &https(), at(12 * 3600)));
        assert!(!lets_in(&[("cookie", &session("removed-key", &https()))], &https(), at(0)));
        let wrong_header = [("authorization", "Bearer wrong"), ("cookie", right.as_str())];
        assert!(!lets_in(&wrong_header, &https(), at(0)), "a key that is shown must be right");
    }

    #[test]
    fn forged_sessions() {
        let right = session("first-key", &https());
        let (name, value) = right.split_once('=').unwrap();
        let [version, expiry, signature] = value.split('.').collect::<Vec<_>>().try_into().unwrap();
        let later = (at(0) + SESSION * 100).as_second();
        let webhook_signature = hex::encode({
            let mut mac = Hmac::<Sha256>::new_from_slice(b"first-key").unwrap();
            mac.update(expiry.as_bytes());
            mac.finalize().into_bytes()
        });
        for forged in [
            String::new(),
            "..".to_owned(),
            "1..".to_owned(),
            format!("{version}.{later}.{signature}"),
            format!("{version}.+{expiry}.{signature}"),
            format!("{version}.{expiry}."),
            format!("{version}.{expiry}.{}", &signature[..62]),
            format!("{version}.{expiry}.{}", "0".repeat(64)),
            format!("{version}.{expiry}.{webhook_signature}"),
            format!("2.{expiry}.{signature}"),
            "first-key".to_owned(),
        ] {
            assert!(!lets_in(&[("cookie", &format!("{name}={forged}"))], &https(), at(0)), "{forged}");
        }
        assert!(
            !lets_in(&[("cookie", &format!("signoff={value}"))], &https(), at(0)),
            "the prefix is asked for over TLS"
        );
    }

    #[test]
    fn the_cookie_and_its_end() {
        let local = site("http://127.0.0.1:4000");
        let cookie = session_cookie(&SecretString::from("first-key"), &https(), at(0)).unwrap();
        assert!(cookie.starts_with("__Host-signoff=1.1795473200."), "{cookie}");
        assert!(cookie.ends_with("; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        assert!(!cookie.contains("first-key"));
        assert_eq!(no_session_cookie(&local), "signoff=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        assert!(lets_in(&[("cookie", &session("first-key", &local))], &local, at(0)));
    }

    #[test]
    fn forms_of_other_sites() {
        for (sent, own) in [
            (&[][..], true),
            (&[("origin", "https://signoff.example.com"), ("sec-fetch-site", "same-origin")], true),
            (&[("origin", "http://localhost:4000"), ("host", "localhost:4000")], true),
            (&[("origin", "https://evil.example"), ("host", "signoff.example.com")], false),
            (&[("origin", "null")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://signoff.example.com")], false),
        ] {
            assert_eq!(sent_by_own_page(&headers(sent), &https()), own, "{sent:?}");
        }
    }
}
