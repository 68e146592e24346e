//! Percent-encoding, as paths, queries and forms have it. The libraries leave a broken encoding as it is. A
//! stand-in refuses it, as a client that sends one has a bug.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters that RFC 3986 has not unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A percent-encoded text decoded; `None` if the encoding or the UTF-8 in it is broken.
pub fn decoded(text: &str) -> Option<String> {
    let is_whole = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !text.split('%').skip(1).all(is_whole) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

/// The pairs of a query string or form, decoded, in order; `None` if the encoding is broken.
pub fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    decoded(query)?;
    Some(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

/// The text with everything encoded but letters, digits and `-._~`.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let text = "a b&c=Ž%+/\n";
        assert_eq!(encoded(text), "a%20b%26c%3D%C5%BD%25%2B%2F%0A");
        assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
        assert_eq!(pairs("a=1+2&b").unwrap(), [("a".into(), "1 2".into()), ("b".into(), String::new())]);
        for broken in ["%zz", "%4", "%%41", "%FF"] {
            assert_eq!(decoded(broken), None, "{broken}");
            assert_eq!(pairs(&format!("a=1&{broken}=2")), None, "{broken}");
        }
    }
}
