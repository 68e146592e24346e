//! From a place in a scalar's text back to the file.

use super::{Content, Node};
use crate::problem::{Position, Source};
use saphyr_parser::ScalarStyle;

/// Where character number `offset` (from 0) of a scalar's text stands in the file: quotes, escapes, indentation and
/// folded lines are walked over. Where that fails (an escape that stands for another character, a line that is much too
/// long), the node's start.
pub(crate) fn locate(source: &Source<'_>, node: &Node, offset: usize) -> Position {
    let Content::Scalar(scalar) = &node.content else { return node.start };
    let Position { line, column } = node.start;
    let mut cursor = match scalar.style {
        ScalarStyle::Plain => Cursor::new(source, Position { line, column }),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            Cursor::new(source, Position { line, column: column + 1 })
        }
        // The parser gives the place of the first character after the indentation.
        ScalarStyle::Literal | ScalarStyle::Folded => Cursor::new(source, Position { line, column: 1 }),
    };
    for (index, wanted) in scalar.text.chars().enumerate() {
        if !wanted.is_whitespace() && !cursor.seek(wanted, scalar.style) {
            return node.start;
        }
        if index == offset {
            return cursor.at;
        }
        if !wanted.is_whitespace() {
            cursor.advance();
        } else if cursor.peek() == Some('\n') {
            cursor.skip_spaces();
        } else if cursor.peek().is_some_and(char::is_whitespace) {
            cursor.advance();
        }
    }
    cursor.at
}

/// A place in the file, and what of its line comes from there on.
struct Cursor<'s> {
    source: &'s Source<'s>,
    at: Position,
    rest: &'s str,
}

impl<'s> Cursor<'s> {
    fn new(source: &'s Source<'s>, at: Position) -> Self {
        Self { source, at, rest: source.from(at) }
    }

    /// The character here, `\n` at the end of a line, `None` at the end of the file.
    fn peek(&self) -> Option<char> {
        self.rest.chars().next().or_else(|| (self.at.line < self.source.line_count()).then_some('\n'))
    }

    fn advance(&mut self) {
        let mut chars = self.rest.chars();
        if chars.next().is_some() {
            self.at.column += 1;
            self.rest = chars.as_str();
        } else if self.at.line < self.source.line_count() {
            self.at = Position { line: self.at.line + 1, column: 1 };
            self.rest = self.source.line(self.at.line);
        }
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.advance();
        }
    }

    /// Moves on to `wanted`, over spaces and the character that escapes it in this style.
    fn seek(&mut self, wanted: char, style: ScalarStyle) -> bool {
        self.skip_spaces();
        let escaped = match style {
            ScalarStyle::SingleQuoted => self.rest.starts_with("''"),
            ScalarStyle::DoubleQuoted => self.rest.starts_with('\\'),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => false,
        };
        if escaped {
            self.advance();
        }
        self.peek() == Some(wanted)
    }
}
