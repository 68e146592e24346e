//! The words and signs of a condition, each with its place.

use super::{MAX_LENGTH, Operator};
use crate::odd::looks;
use crate::problem::Position;
use crate::reference::FILTERS;
use std::fmt;

/// Reason for which a text is not a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// Number of characters before the mistake.
    pub offset: usize,
    /// Line and column of the mistake within the condition's text.
    pub at: Position,
    /// Description of the mistake.
    pub message: String,
    /// Correction, as a clause.
    pub suggestion: Option<String>,
}

impl ConditionError {
    pub(super) fn new(
        text: &str,
        offset: usize,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
    ) -> Self {
        let mut at = Position { line: 1, column: 1 };
        for c in text.chars().take(offset) {
            at = if c == '\n' {
                Position { line: at.line + 1, column: 1 }
            } else {
                Position { line: at.line, column: at.column + 1 }
            };
        }
        Self { offset, at, message: message.into(), suggestion: suggestion.into() }
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; {suggestion}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConditionError {}

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A variable, a number or a keyword.
    Word(String),
    /// A quoted text.
    Text(String),
    Operator(Operator),
    Open,
    Close,
    EmptyList,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Text(text) => write!(f, "the text '{text}'"),
            Self::Operator(operator) => write!(f, "`{operator}`"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::EmptyList => f.write_str("`[]`"),
        }
    }
}

/// The tokens of `text`, each with the number of characters before it.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, ConditionError> {
    if text.chars().nth(MAX_LENGTH).is_some() {
        let message = format!("the condition is longer than {MAX_LENGTH} characters");
        return Err(ConditionError::new(
            text,
            0,
            message,
            "split it: the entries of a list all have to hold".to_owned(),
        ));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = match c {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => quoted(text, &chars, at)?,
            '[' => empty_list(text, &chars, at)?,
            '=' | '!' | '<' | '>' | '~' => operator(text, &chars, at)?,
            _ if is_word(c) => {
                let word: String = chars.iter().skip(at).take_while(|c| is_word(**c)).collect();
                let length = word.len();
                (Token::Word(word), length)
            }
            _ => {
                let (message, right) = match looks(c) {
                    Some(looks) => {
                        let (message, right) = looks.told(c);
                        (message, Some(right))
                    }
                    None if c.is_ascii() => {
                        let rest: String = chars.iter().skip(at).collect();
                        match filter(&rest) {
                            Some(name) => {
                                (format!("`| {name}`: a condition has no filters"), Some(instead_of(name)))
                            }
                            None => (format!("`{c}` means nothing here"), hint(c)),
                        }
                    }
                    None => {
                        let code = format!("U+{:04X}", u32::from(c));
                        (format!("`{c}` ({code}) means nothing here"), hint(c))
                    }
                };
                return Err(ConditionError::new(text, at, message, right));
            }
        };
        tokens.push((token, at));
        at += length;
    }
    Ok(tokens)
}

/// The filter of a template, or of another language's, that a text begins with: `| lower`.
pub(super) fn filter(text: &str) -> Option<&str> {
    let behind = text.strip_prefix('|')?.trim_start();
    let name = behind.get(..behind.find(|c| !is_word(c)).unwrap_or(behind.len()))?;
    let is_known = FILTERS.iter().any(|filter| filter.name == name)
        || matches!(name, "downcase" | "upcase" | "lowercase" | "uppercase" | "strip" | "size");
    is_known.then_some(name)
}

/// Advice for somebody who wrote a filter in a condition.
fn instead_of(filter: &str) -> String {
    let is_of_case =
        ["lower", "upper", "downcase", "upcase", "lowercase", "uppercase", "title", "capitalize"];
    match is_of_case.contains(&filter) {
        true => "write a pattern that ignores case, for example `branch~='(?i)main$'`".to_owned(),
        false => "compare the variable itself, for example `branch='main'`".to_owned(),
    }
}

/// True if `c` can be a part of a name or a number.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Returns advice for somebody who wrote `c`.
fn hint(c: char) -> Option<String> {
    let text = match c {
        '&' => "write `and`",
        '|' => "write `or`",
        '≥' | '⩾' => "write `>=`",
        '≤' | '⩽' => "write `<=`",
        '≠' => "write `!=`",
        '`' => "texts stand in straight quotes: 'text'",
        '#' | '@' => "texts stand in quotes: 'text'",
        '/' => "a regular expression has quotes and no slashes, for example `branch~='release/.*'`",
        '*' => "leave out what any text may be, or write a pattern, for example `branch~='release/.*'`",
        '{' | '}' => "conditions take no templates; name the variable alone",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The quoted text that starts at `at`; there are no escapes, so that regular expressions need none.
fn quoted(text: &str, chars: &[char], at: usize) -> Result<(Token, usize), ConditionError> {
    let quote = chars.get(at).copied();
    let inner: String = chars.iter().skip(at + 1).take_while(|c| Some(**c) != quote).collect();
    let length = inner.chars().count();
    if chars.get(at + 1 + length).is_none() {
        return Err(ConditionError::new(
            text,
            at,
            "this quote is never closed",
            "close it with the same quote".to_owned(),
        ));
    }
    Ok((Token::Text(inner), length + 2))
}

/// `[]`, with or without spaces in it.
fn empty_list(text: &str, chars: &[char], at: usize) -> Result<(Token, usize), ConditionError> {
    let spaces = chars.iter().skip(at + 1).take_while(|c| c.is_whitespace()).count();
    if chars.get(at + 1 + spaces) == Some(&']') {
        return Ok((Token::EmptyList, spaces + 2));
    }
    let suggestion = "`[]` is the only one; compare with each text, and join with `or`".to_owned();
    Err(ConditionError::new(text, at, "a list cannot be written here", suggestion))
}

/// The operator that starts at `at`.
fn operator(text: &str, chars: &[char], at: usize) -> Result<(Token, usize), ConditionError> {
    let signs_at = |at: usize| -> String {
        chars.iter().skip(at).take_while(|c| matches!(**c, '=' | '!' | '<' | '>' | '~')).collect()
    };
    let sign = signs_at(at);
    let behind = at + sign.len();
    let spaces = chars.iter().skip(behind).take_while(|c| c.is_whitespace()).count();
    let more = signs_at(behind + spaces);
    if spaces > 0 && !more.is_empty() {
        // `> =`: an operator with a space in it.
        let written = format!("{sign} {more}");
        let joined = format!("{sign}{more}");
        let right = match known(&joined) {
            Some(_) => format!("write `{joined}`"),
            None => advice(&joined).to_owned(),
        };
        return Err(ConditionError::new(text, at, format!("unknown operator `{written}`"), right));
    }
    match known(&sign) {
        Some(operator) => Ok((Token::Operator(operator), sign.len())),
        None => {
            Err(ConditionError::new(text, at, format!("unknown operator `{sign}`"), advice(&sign).to_owned()))
        }
    }
}

/// The operator that is written so.
fn known(sign: &str) -> Option<Operator> {
    Some(match sign {
        "=" => Operator::Equal,
        "!=" | "<>" => Operator::NotEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        "~=" => Operator::Matches,
        _ => return None,
    })
}

/// Advice for somebody who wrote `sign` as an operator.
fn advice(sign: &str) -> &'static str {
    match sign {
        "==" | "===" => "write `=`",
        "=~" | "~" => "write `~=`",
        "=>" => "write `>=`",
        "=<" => "write `<=`",
        "!" | "=!" => "write `!=`",
        "!~" | "!~=" => "there is no such operator; a pattern can only be asked for with `~=`",
        _ => "the operators are = != > >= < <= ~=",
    }
}
