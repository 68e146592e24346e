//! Changes of a file's text.

use crate::problem::Source;

pub use crate::problem::Edit;

/// The text with `edits`, which are in its order and do not touch each other; `None`: one of them has no
/// place in it.
pub(crate) fn applied(source: &Source<'_>, edits: &[Edit]) -> Option<String> {
    let (mut text, mut rest) = (String::with_capacity(source.text().len() + 64), 0);
    for edit in edits {
        let start = source.offset(edit.at)?;
        text.push_str(source.text().get(rest..start)?);
        text.push_str(&edit.put);
        let after = source.text().get(start..)?;
        rest = start + after.chars().take(edit.removed).map(char::len_utf8).sum::<usize>();
    }
    text.push_str(source.text().get(rest..)?);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Position;

    #[test]
    fn edits_change_a_text_across_lines() {
        let source = Source::new("f", "abc\r\ndé\nf");
        let edit = |line, column, removed, put: &str| Edit {
            at: Position { line, column },
            removed,
            put: put.to_owned(),
        };
        let text = |edits: &[Edit]| applied(&source, edits);
        assert_eq!(text(&[edit(1, 2, 1, "B"), edit(2, 2, 2, "")]).as_deref(), Some("aBc\r\ndf"));
        assert_eq!(text(&[edit(1, 4, 3, "-")]).as_deref(), Some("abc-é\nf"));
        assert_eq!(text(&[edit(3, 2, 9, "!")]).as_deref(), Some("abc\r\ndé\nf!"));
        assert_eq!(text(&[edit(2, 1, 1, ""), edit(1, 1, 1, "")]), None);
    }
}
