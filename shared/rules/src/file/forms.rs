//! Variables whose texts all have one form.

/// The reason why `variable` is never `text`, and what to write; `None`: it may be.
pub(super) fn of_another_form(variable: &str, text: &str) -> Option<(String, String)> {
    match variable {
        "deployment" if !text.contains('/') => Some((
            format!("`deployment` is ORGANIZATION/NAME, and never '{text}'"),
            format!("write, for example, `deployment='acme/{text}'`"),
        )),
        "revision" if !matches!(text.len(), 40 | 64) || !is_hexadecimal(text) => Some((
            format!("`revision` is a full SHA, and never '{text}'"),
            match is_hexadecimal(text) && !text.is_empty() {
                true => format!("write `revision~='{text}'` for one that begins so"),
                false => "compare with all of its 40 digits".to_owned(),
            },
        )),
        "branch" if text.starts_with("refs/") => {
            let name = text.rsplit_once("heads/").or_else(|| text.rsplit_once("tags/"));
            let name = name.map_or(text, |(_, name)| name);
            let why = format!("`branch` is a name without `refs/heads/`, and never '{text}'");
            Some((why, format!("did you mean '{name}'?")))
        }
        _ => None,
    }
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether each alternative of a regular expression starts with a plain letter or digit that must be there.
pub(super) fn begins_with_letters(pattern: &str) -> bool {
    let inner = pattern.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.filter(|inner| !inner.contains(['(', ')'])).unwrap_or(pattern);
    if inner.contains(['(', '[', '\\']) {
        return false;
    }
    inner.split('|').all(|alternative| {
        let mut characters = alternative.chars();
        let first = characters.next().is_some_and(char::is_alphanumeric);
        first && !matches!(characters.next(), Some('*' | '?' | '{'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_another_form_is_named_with_what_is_right() {
        let sha = "7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d";
        for (variable, text, right) in [
            ("deployment", "acme/checkout", None),
            ("deployment", "checkout", Some("deployment='acme/checkout'")),
            ("revision", sha, None),
            ("revision", "7bf7226", Some("revision~='7bf7226'")),
            ("revision", "v1.2.0", Some("all of its 40 digits")),
            ("branch", "release/1", None),
            ("branch", "refs/heads/release/1", Some("'release/1'")),
            ("environment", "checkout", None),
        ] {
            let found = of_another_form(variable, text).map(|(_, right)| right);
            assert_eq!(found.is_some(), right.is_some(), "{variable} {text}");
            assert!(found.unwrap_or_default().contains(right.unwrap_or_default()), "{variable} {text}");
        }
    }
}
