//! Credentials of a request: an API key, which [`signoff_runtime::api_keys`] checks, or the session of a
//! person who signed in with Slack (`session.rs`). Keys are for programs and get no session.
//!
//! Cookie attributes: <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis>, `SameSite`,
//! `__Host-`.

use crate::address::parameters::parameter;
use crate::address::site::Site;
use crate::auth::session::SessionId;
use crate::auth::visitor::Visitor;
use jiff::SignedDuration;
use lambda_http::http::HeaderMap;
use lambda_http::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use secrecy::SecretString;
use subtle::ConstantTimeEq;

/// Credential that a request shows.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// An API key, in the header `Authorization`.
    Key(SecretString),
    /// The text of a session cookie.
    Session(SessionId),
}

/// Credential of a request, if it has one. A header counts before a cookie.
pub(crate) fn credential(headers: &HeaderMap, site: &Site) -> Option<Credential> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let (scheme, key) = header.to_str().ok()?.trim().split_once(' ')?;
        let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("apikey");
        return known.then(|| Credential::Key(SecretString::from(key.trim())));
    }
    session_id(headers, site).map(Credential::Session)
}

/// The text of the session cookie in this browser, if it can be one.
pub(crate) fn session_id(headers: &HeaderMap, site: &Site) -> Option<SessionId> {
    SessionId::parse(cookie(headers, cookie_name(site))?)
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

/// True if `form` carries the token of the visitor's session. A program needs none.
pub(crate) fn has_form_token(visitor: &Visitor, form: &str) -> bool {
    visitor.form_token.as_deref().is_none_or(|token| carries_token(form, token))
}

/// True if `form` carries this token. The comparison takes constant time.
pub(crate) fn carries_token(form: &str, token: &str) -> bool {
    parameter(form, "token").is_some_and(|sent| sent.as_bytes().ct_eq(token.as_bytes()).into())
}

/// The `Set-Cookie` that has the browser forget its session.
pub(crate) fn no_session_cookie(site: &Site) -> String {
    set_cookie(site, cookie_name(site), "", SignedDuration::ZERO)
}

/// The `Set-Cookie` of a session.
pub(crate) fn session_cookie(site: &Site, id: &SessionId, lasts: SignedDuration) -> String {
    set_cookie(site, cookie_name(site), id.value(), lasts)
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
    use secrecy::ExposeSecret;

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

    fn id() -> SessionId {
        SessionId::new([0xab; 32])
    }

    /// The session that these headers show, as the text of its cookie.
    fn session(pairs: &[(&str, &str)], site: &Site) -> Option<String> {
        match credential(&headers(pairs), site) {
            Some(Credential::Session(id)) => Some(id.value().to_owned()),
            Some(Credential::Key(_)) | None => None,
        }
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
        assert!(credential(&headers(&[]), &https()).is_none());
    }

    #[test]
    fn session_is_found_in_its_own_cookie_alone() {
        let value = id().value().to_owned();
        let right = format!("__Host-signoff={value}");
        assert_eq!(session(&[("cookie", &right)], &https()), Some(value.clone()));
        assert_eq!(session(&[("cookie", &format!("a=b; {right}; c=d"))], &https()), Some(value.clone()));
        for wrong in [
            format!("signoff={value}"),
            format!("__Host-signoff-sign-in={value}"),
            "__Host-signoff=".to_owned(),
            "__Host-signoff=1.1795473200.00".to_owned(),
        ] {
            assert_eq!(session(&[("cookie", &wrong)], &https()), None, "{wrong}");
        }
        let both = [("authorization", "Bearer wrong"), ("cookie", right.as_str())];
        assert_eq!(session(&both, &https()), None, "a key that is shown must be right");
        let unknown = [("authorization", "Basic wrong"), ("cookie", right.as_str())];
        assert!(credential(&headers(&unknown), &https()).is_none());
    }

    #[test]
    fn cookie_is_hidden_from_scripts_and_other_sites() {
        let local = site("http://127.0.0.1:4000");
        let cookie = session_cookie(&https(), &id(), SignedDuration::from_hours(12));
        let expected = format!(
            "__Host-signoff={}; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax; Secure",
            "ab".repeat(32)
        );
        assert_eq!(cookie, expected);
        assert_eq!(no_session_cookie(&local), "signoff=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
        let local_cookie = format!("signoff={}", id().value());
        assert!(session(&[("cookie", &local_cookie)], &local).is_some());
    }

    #[test]
    fn form_needs_the_token_of_its_session() {
        let token = id().form_token();
        for (form, expected) in [
            (format!("a=b&token={token}"), true),
            (format!("token={}", SessionId::new([1; 32]).form_token()), false),
            ("token=".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(carries_token(&form, &token), expected, "{form}");
        }
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
