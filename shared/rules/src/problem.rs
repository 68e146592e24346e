//! Problems of a rules file, told so that its author can correct them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The most problems (and the most notices) that are told of one file.
pub const MAX_PROBLEMS: usize = 50;

/// The longest source line that excerpts are taken from, in bytes.
const EXCERPT_SOURCE: usize = 4000;
/// The widest excerpt of a source line that is kept, in characters.
const EXCERPT_WIDTH: usize = 120;
/// The longest message, and the longest suggestion, in characters: they repeat keys and names, however long
/// these are.
const MAX_TEXT: usize = 400;

/// Place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// One thing that is wrong in a rules file (or, as a notice, worth knowing).
///
/// Its `Display` is one line, `.signoff/rules.yml:12:9: what is wrong; what would be right`;
/// [`Problem::rendered`] adds the line of the file with a caret under the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file, as it was named to [`crate::file::parse`].
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// Description of the problem.
    pub message: String,
    /// Correction as a clause (``did you mean `tags`?``), where there is one.
    pub suggestion: Option<String>,
    /// The line of the file, shortened around the column where it is long. What follows the host in an
    /// address is masked: it may be a secret, and problems are told in Slack. Empty where the line is much
    /// too long.
    pub excerpt: String,
    /// The column within the excerpt, from 1.
    pub excerpt_column: usize,
    /// The changes that the suggestion asks for, where these are known; [`crate::mend::mended`] looks for
    /// others.
    #[serde(skip)]
    pub edits: Vec<Edit>,
}

/// Characters of a text that become others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Start of the characters.
    pub at: Position,
    /// Number of characters that are taken out, the ends of lines among them.
    pub removed: usize,
    /// The characters that are put there instead.
    pub put: String,
}

impl Problem {
    /// The problem on one line, then the source line with a caret under the place.
    pub fn rendered(&self) -> String {
        if self.excerpt.is_empty() {
            return self.to_string();
        }
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        // Tabs stay tabs under the source line, so that the caret lines up however wide they are shown.
        let indent: String = self
            .excerpt
            .chars()
            .chain(std::iter::repeat(' '))
            .take(self.excerpt_column.saturating_sub(1))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        format!("{self}\n{gutter} |\n{number} | {}\n{gutter} | {indent}^", self.excerpt)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

/// Reason for which a value is invalid, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Description of the mistake.
    pub(crate) message: String,
    /// Correction, as a clause.
    pub(crate) suggestion: Option<String>,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>, suggestion: impl Into<String>) -> Self {
        Self { message: message.into(), suggestion: Some(suggestion.into()) }
    }
}

/// A file's text with its lines, to make problems from positions.
#[derive(Debug)]
pub struct Source<'a> {
    path: &'a str,
    text: &'a str,
    lines: Vec<&'a str>,
    /// Start of each line, in bytes.
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    /// The lines of `text`, ended as YAML ends them: by `\n`, `\r\n` or `\r`. `path` is what the file is
    /// called in problems.
    pub fn new(path: &'a str, text: &'a str) -> Self {
        let (mut lines, mut starts) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(end) = rest.find(['\n', '\r']) {
            let (line, tail) = rest.split_at(end);
            starts.push(text.len() - rest.len());
            lines.push(line);
            rest = tail.strip_prefix("\r\n").or_else(|| tail.get(1..)).unwrap_or("");
        }
        starts.push(text.len() - rest.len());
        lines.push(rest);
        Self { path, text, lines, starts }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// The text of a line (from 1), without its end; empty where there is no such line.
    pub(crate) fn line(&self, number: usize) -> &'a str {
        number.checked_sub(1).and_then(|index| self.lines.get(index)).copied().unwrap_or("")
    }

    /// Returns the rest of a line from a place on; empty where the line is much too long to be counted
    /// through for every problem in it.
    pub(crate) fn from(&self, at: Position) -> &'a str {
        let line = self.line(at.line);
        if line.len() > EXCERPT_SOURCE {
            return "";
        }
        let start = line.char_indices().nth(at.column.saturating_sub(1)).map_or(line.len(), |(byte, _)| byte);
        line.get(start..).unwrap_or("")
    }

    /// Returns the number of bytes of the text before a place; `None` where there is no such place.
    pub(crate) fn offset(&self, at: Position) -> Option<usize> {
        let start = at.line.checked_sub(1).and_then(|index| self.starts.get(index))?;
        let before: usize =
            self.line(at.line).chars().take(at.column.checked_sub(1)?).map(char::len_utf8).sum();
        Some(start + before)
    }

    /// Returns the number of lines.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// `at`, or the end of the file where that lies behind it: what the end of a file leaves open, the parser
    /// places on the line after the last.
    fn within(&self, at: Position) -> Position {
        match self.lines.last() {
            Some(last) if at.line > self.lines.len() => {
                Position { line: self.lines.len(), column: last.chars().count() + 1 }
            }
            Some(_) | None => at,
        }
    }

    /// A problem at a place of this file.
    pub fn problem(
        &self,
        at: Position,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
    ) -> Problem {
        let at = self.within(at);
        let (excerpt, excerpt_column) = excerpt(self.line(at.line), at.column);
        Problem {
            path: self.path.to_owned(),
            line: at.line,
            column: at.column,
            message: one_line(message.into()),
            suggestion: suggestion.into().map(one_line),
            excerpt,
            excerpt_column,
            edits: Vec::new(),
        }
    }
}

/// `text` on one line, with at most [`MAX_TEXT`] of its characters.
pub(crate) fn one_line(text: String) -> String {
    if text.len() <= MAX_TEXT && !text.contains(char::is_control) {
        return text;
    }
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = line.take(MAX_TEXT + 1).collect();
    if let Some((end, _)) = line.char_indices().nth(MAX_TEXT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// At most [`EXCERPT_WIDTH`] characters of `line` around `column`, and the column within them.
pub(crate) fn excerpt(line: &str, column: usize) -> (String, usize) {
    if line.len() > EXCERPT_SOURCE {
        return (String::new(), column);
    }
    let shown: String = line.chars().map(|c| if c.is_control() && c != '\t' { ' ' } else { c }).collect();
    let masked = mask_addresses(shown.trim_end());
    if masked.chars().count() <= EXCERPT_WIDTH {
        return (masked, column);
    }
    let skipped = column.saturating_sub(EXCERPT_WIDTH / 2);
    (masked.chars().skip(skipped).take(EXCERPT_WIDTH).collect(), column - skipped)
}

/// `line` with a `*` for each character of an address that is neither its scheme nor its host.
fn mask_addresses(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let end = after.find([' ', '\t', '"', '\'', ',', '}', ']', '|', '>']).unwrap_or(after.len());
        let (address, tail) = after.split_at(end);
        let host_end = address.find(['/', '?', '#']).unwrap_or(address.len());
        let (authority, path) = address.split_at(host_end);
        let host_start = authority.rfind('@').map_or(0, |at| at + 1);
        let (user, host) = authority.split_at(host_start);
        masked.extend(user.chars().map(|_| '*'));
        masked.push_str(host);
        masked.extend(path.chars().map(|_| '*'));
        rest = tail;
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let source = Source::new("rules.yml", "a: 1\n\tb: 2\r\nc: 3");
        insta::assert_snapshot!(source.problem(Position { line: 2, column: 2 }, "no tabs", None).rendered(), @r"
        rules.yml:2:2: no tabs
          |
        2 | 	b: 2
          | 	^
        ");
        assert_eq!(source.line(3), "c: 3");
        assert_eq!(source.line(0), "");
        assert_eq!(source.line(9), "");
    }

    #[test]
    fn a_long_line_is_shortened_around_the_place() {
        let line = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let problem = Source::new("f", &line).problem(Position { line: 1, column: 501 }, "here", None);
        assert_eq!(problem.excerpt.chars().count(), EXCERPT_WIDTH);
        assert_eq!(problem.excerpt.chars().nth(problem.excerpt_column - 1), Some('X'));
    }

    #[test]
    fn a_problem_is_one_short_line_whatever_it_repeats() {
        let told =
            |message: &str| Source::new("f", "x").problem(Position { line: 1, column: 1 }, message, None);
        assert_eq!(told("no key `a\nb\u{85}c`").to_string(), "f:1:1: no key `a b c`");
        let long = told(&"é".repeat(100_000)).message;
        assert_eq!((long.chars().count(), long.ends_with("é…")), (MAX_TEXT + 1, true));
        assert_eq!(told(&"é".repeat(MAX_TEXT)).message, "é".repeat(MAX_TEXT));
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_masked() {
        assert_eq!(
            mask_addresses(
                "- webhook: 'https://me:pw@hooks.example.com/T1/s3cr3t?x=1' # http://docs.example.com"
            ),
            "- webhook: 'https://******hooks.example.com**************' # http://docs.example.com"
        );
    }
}
