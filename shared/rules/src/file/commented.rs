//! Texts in which a `#` starts a comment by accident.

use super::reader::{MAX_REPEATED, Reader};
use crate::condition::meant;
use crate::edit::Edit;
use crate::problem::Position;
use crate::yaml::{Node, Scalar, ScalarStyle};

impl Reader<'_> {
    /// `- #web in tags`: the place and length of a comment that is meant for a condition, and that condition.
    pub(super) fn condition_in_a_comment(&self, node: &Node) -> Option<(Position, usize, String)> {
        let line = self.source.line(node.start.line);
        let comment = line.trim_start().strip_prefix("- ")?.trim_start().trim_end();
        let right = comment.strip_prefix('#').and_then(|_| meant(comment))?;
        let column = line.chars().count() - line.trim_end().chars().count();
        let column = line.chars().count() - column - comment.chars().count() + 1;
        Some((Position { column, ..node.start }, comment.chars().count(), right))
    }

    /// A text without quotes on whose line a `#` follows without a space behind it: more likely a part of the
    /// text than a comment.
    pub(super) fn comment_by_accident(&mut self, node: &Node, scalar: &Scalar) {
        if scalar.style != ScalarStyle::Plain || self.has_enough_notices() {
            return;
        }
        let Some(rest) = self.source.from(node.start).strip_prefix(scalar.text.as_str()) else { return };
        let comment = rest.trim_start_matches(' ');
        let begins = comment.strip_prefix('#').is_some_and(|text| text.starts_with(char::is_alphanumeric));
        if begins && comment.len() < rest.len() {
            let skipped = scalar.text.chars().count() + rest.len() - comment.len();
            let at = Position { column: node.start.column + skipped, ..node.start };
            let word = comment.split_whitespace().next().unwrap_or("#");
            let line = self.source.from(node.start).trim_end();
            let is_flow = line.contains(['}', ']']);
            let whole = format!("'{}'", line.replace('\'', "''"));
            let right = if whole.chars().count() <= MAX_REPEATED && !is_flow {
                format!("write {whole} if it is a part of the text, or a space behind `#`")
            } else {
                "put the text into quotes if it is a part of it, or write a space behind `#`".to_owned()
            };
            let edit = Edit { at: node.start, removed: line.chars().count(), put: whole };
            let edits = if is_flow { Vec::new() } else { vec![edit] };
            self.notice_with(at, format!("`{word}` starts a comment here"), right, edits);
        }
    }
}
