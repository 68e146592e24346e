//! Percent-encoding, as paths, queries and forms have it.

use std::fmt::Write as _;

/// A percent-encoded text decoded; `None` if the encoding or the UTF-8 in it is broken.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The pairs of a query string or form, decoded, in order; `None` if the encoding is broken.
pub fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let word = |text: &str| decoded(&text.replace('+', " "));
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((word(name)?, word(value)?))
        })
        .collect()
}

/// The text with everything encoded but letters, digits and `-._~`.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
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
        for broken in ["%zz", "%4", "%FF"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
