//! Places where clients put their API key.

use super::input::parameters;
use secrecy::SecretString;
use serde_json::Value;

/// The API key of a request, from the first place that has one: the `Authorization` header (`Bearer KEY` or
/// `apikey KEY`), `api_key` in the JSON or form body, `api_key` in the query. `None` if there is none, or if
/// the body can't be read.
///
/// The record says if it is right.
pub fn api_key(
    authorization: Option<&str>,
    query: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> Option<SecretString> {
    if let Some((scheme, key)) = authorization.and_then(|header| header.trim().split_once(' ')) {
        let known = ["bearer", "apikey"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        if known && !key.trim().is_empty() {
            return Some(key.trim().into());
        }
    }
    // A body that can't be read has no key, and the query still may.
    let fields = parameters(content_type, query, body).or_else(|_| parameters(None, query, b"")).ok()?;
    match fields.get("api_key")? {
        Value::String(key) => Some(key.trim().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_key_is_found_in_all_four_places_and_in_this_order() {
        let json = br#"{"sha": "7bf7226", "api_key": "from-json"}"#;
        let form = b"sha=7bf7226&api_key=from-form";
        for (authorization, query, content_type, body, expected) in [
            (Some("Bearer k1"), "api_key=q", Some("application/json"), &json[..], Some("k1")),
            (Some("apikey k2"), "", None, b"", Some("k2")),
            (Some("APIKEY  k3 "), "", None, b"", Some("k3")),
            (Some("Basic dXNlcg=="), "", Some("application/json"), json, Some("from-json")),
            (Some("Bearer "), "", None, form, Some("from-form")),
            (None, "api_key=q", Some("application/json; charset=utf-8"), json, Some("from-json")),
            (None, "api_key=q", Some("application/x-www-form-urlencoded"), form, Some("from-form")),
            (None, "sha=1&api_key=a%2Bb", None, b"", Some("a+b")),
            (None, "api_key=q", Some("application/json"), b"{", Some("q")),
            (None, "api_key=q", None, b"\xff", Some("q")),
            (None, "api_key=q", None, b"api_key=&sha=1", Some("q")),
            (None, "api_key=", None, b"{}", None),
            (None, "", Some("application/json"), br#"{"api_key": 5}"#, None),
            (None, "", None, b"", None),
        ] {
            let key = api_key(authorization, query, content_type, body);
            let key = key.as_ref().map(ExposeSecret::expose_secret);
            assert_eq!(key, expected, "{authorization:?} {query} {content_type:?}");
        }
    }
}
