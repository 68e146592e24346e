//! Form-encoded text, which must be UTF-8 once it is decoded.

use std::borrow::Cow;

/// Form encoding of the character that a decoder puts in the place of bytes that are not UTF-8.
const REPLACEMENT: &str = "%EF%BF%BD";

/// A field's name and value.
pub(crate) type Field<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The fields of a form or query, in their order.
///
/// # Errors
///
/// The name of the first field that is not UTF-8.
pub(crate) fn fields(form: &[u8]) -> Result<Vec<Field<'_>>, String> {
    let fields: Vec<_> = form_urlencoded::parse(form).collect();
    let garbled = fields
        .iter()
        .find(|(name, value)| [name, value].iter().any(|text| text.contains(char::REPLACEMENT_CHARACTER)));
    match garbled {
        // Somebody may have sent the replacement character itself.
        Some((name, _)) if !String::from_utf8_lossy(form).to_ascii_uppercase().contains(REPLACEMENT) => {
            Err(name.clone().into_owned())
        }
        _ => Ok(fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_found() {
        for (form, expected) in [
            (&b"a=1&b=%c3%a4"[..], Ok("1ä".to_owned())),
            (b"a=%ef%bf%bd", Ok("\u{fffd}".to_owned())),
            (b"a=1&b=%ff", Err("b".to_owned())),
            (b"a=\xff", Err("a".to_owned())),
            (b"", Ok(String::new())),
        ] {
            let values =
                fields(form).map(|fields| fields.into_iter().map(|(_, value)| value).collect::<String>());
            assert_eq!(values, expected, "{form:?}");
        }
    }
}
