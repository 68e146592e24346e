//! Texts as YAML's scalars, so that every reader of YAML reads the same text back.
//!
//! Source: <https://yaml.org/spec/1.2.2/>, chapters 5 (characters, escapes) and 7 (flow styles). YAML 1.1's
//! words for truths and its breaking characters are kept out of plain scalars too.

use std::fmt::Write as _;

/// Words that are no texts where they stand without quotes, in YAML 1.1 or 1.2.
const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan"];

/// A text in quotes: single ones, and double ones where it has what only escapes can write.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(needs_escape) { double_quoted(text) } else { single_quoted(text) }
}

/// A condition: without quotes where it can stand so.
pub(super) fn condition(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(|c: char| needs_escape(c) || c == '\t');
    match plain {
        true => text.to_owned(),
        false => double_quoted(text),
    }
}

/// A key: without quotes where nobody could take it for anything but a text.
pub(super) fn key(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

/// A text of several lines as a literal block whose lines are indented by `indent`; `None` where only quotes
/// keep every character of it. The block starts with its header: `|-`.
pub(super) fn block(text: &str, indent: usize, end: &str) -> Option<String> {
    let odd = |c: char| c != '\n' && (needs_escape(c) || c == '\t');
    let blank = |line: &str| !line.is_empty() && line.trim().is_empty();
    let kept = text.contains('\n')
        && !text.contains(odd)
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.split('\n').any(blank);
    kept.then(|| {
        let mut block = String::from("|-");
        for line in text.split('\n') {
            block.push_str(end);
            if !line.is_empty() {
                block.push_str(&" ".repeat(indent));
                block.push_str(line);
            }
        }
        block
    })
}

/// True if `c` can't stand in single quotes on one line: it ends a line, is not printable, or is stripped by
/// readers.
fn needs_escape(c: char) -> bool {
    let breaks = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    // YAML's printable characters leave these two out.
    (c.is_control() && c != '\t') || breaks || matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn single_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if needs_escape(c) => {
                // A `String` takes every text.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_they_need_it() {
        for (text, written) in [
            ("Promote deploy to production", "'Promote deploy to production'"),
            ("it's: #1 {{ x }} 🚀", "'it''s: #1 {{ x }} 🚀'"),
            ("123", "'123'"),
            ("say \"hi\\\"", "'say \"hi\\\"'"),
            ("a\nb\t\u{7}\u{2028}'\"\\", "\"a\\nb\\t\\u0007\\u2028'\\\"\\\\\""),
        ] {
            assert_eq!(quoted(text), written);
        }
    }

    #[test]
    fn conditions_stand_without_quotes_where_they_can() {
        for (text, written) in [
            ("environment='Staging'", "environment='Staging'"),
            ("environment=\"it's\"", "environment=\"it's\""),
            ("environment='a: b'", "\"environment='a: b'\""),
            ("environment='a #b'", "\"environment='a #b'\""),
        ] {
            assert_eq!(condition(text), written);
        }
    }

    #[test]
    fn keys_are_quoted_where_they_could_be_something_else() {
        for (text, written) in [
            ("promote-to-production", "promote-to-production"),
            ("_a1", "_a1"),
            ("No", "'No'"),
            ("2-stages", "'2-stages'"),
            ("größe", "'größe'"),
            ("a b", "'a b'"),
        ] {
            assert_eq!(key(text), written);
        }
    }

    #[test]
    fn lines_stand_below_each_other_where_they_can() {
        assert_eq!(block("a\n\n  b: #c", 2, "\r\n").unwrap(), "|-\r\n  a\r\n\r\n    b: #c");
        for text in ["one line", " a\nb", "a\nb ", "a\n \nb", "a\u{7}\nb", "a\r\nb", "a\n\tb"] {
            assert_eq!(block(text, 2, "\n"), None, "{text:?}");
        }
    }
}
