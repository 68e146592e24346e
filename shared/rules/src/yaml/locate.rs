//! From a place in a scalar's text back to the file.

use super::{Content, Node};
use crate::problem::{Position, Source};
use saphyr_parser::ScalarStyle;

/// Returns the place in the file of character number `offset` (from 0) of a scalar's text. Skips quotes,
/// escapes, indentation and folded lines. Returns the node's start if that fails (a line that is much too
/// long).
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
        let escape = cursor.escape(wanted, scalar.style);
        if escape == 0 && !wanted.is_whitespace() && !cursor.seek(wanted, scalar.style) {
            return node.start;
        }
        if index == offset {
            return cursor.at;
        }
        if escape > 0 {
            (0..escape).for_each(|_| cursor.advance());
        } else if !wanted.is_whitespace() {
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

    /// The length of the escape here that stands for `wanted`, in double quotes: 0 where there is none.
    /// Source: <https://yaml.org/spec/1.2.2/#57-escaped-characters>.
    fn escape(&self, wanted: char, style: ScalarStyle) -> usize {
        if style != ScalarStyle::DoubleQuoted || !self.rest.starts_with('\\') {
            return 0;
        }
        let code = self.rest.get(1..).unwrap_or_default();
        let (length, character) = match code.chars().next() {
            Some('0') => (2, Some('\0')),
            Some('a') => (2, Some('\u{7}')),
            Some('b') => (2, Some('\u{8}')),
            Some('t' | '\t') => (2, Some('\t')),
            Some('n') => (2, Some('\n')),
            Some('v') => (2, Some('\u{b}')),
            Some('f') => (2, Some('\u{c}')),
            Some('r') => (2, Some('\r')),
            Some('e') => (2, Some('\u{1b}')),
            Some('N') => (2, Some('\u{85}')),
            Some('_') => (2, Some('\u{a0}')),
            Some('L') => (2, Some('\u{2028}')),
            Some('P') => (2, Some('\u{2029}')),
            Some('x') => (4, code.get(1..3).and_then(of_code_point)),
            Some('u') => (6, code.get(1..5).and_then(of_code_point)),
            Some('U') => (10, code.get(1..9).and_then(of_code_point)),
            Some(_) | None => (0, None),
        };
        if character == Some(wanted) { length } else { 0 }
    }

    /// Moves on to `wanted`, over spaces and the character that escapes it in this style.
    fn seek(&mut self, wanted: char, style: ScalarStyle) -> bool {
        self.skip_spaces();
        if style == ScalarStyle::DoubleQuoted && self.rest == "\\" {
            // The line ends within the text, and leaves nothing in it.
            self.advance();
            self.skip_spaces();
        }
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

/// The character with a code point in hexadecimal digits.
fn of_code_point(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}
