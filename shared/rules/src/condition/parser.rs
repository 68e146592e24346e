//! From tokens to a condition.

use super::evaluate::in_any_case;
use super::lexer::{ConditionError, Token, tokens};
use super::pattern::Patterns;
use super::value::parse_duration;
use super::{Comparison, Condition, MAX_NESTING, MAX_PATTERN, Operand, Operator};
use crate::variables::{Variable, drift_of, in_one_case, look_up};

/// Advice for an operator of other languages that has no equal here.
const NO_SUCH_OPERATOR: &str = "there is no such operator; a pattern can only be asked for with `~=`";

/// A variable that a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The name.
    pub(crate) name: String,
    /// Number of characters before it.
    pub(crate) offset: usize,
    /// True if it stands in the place of a value.
    pub(crate) is_value: bool,
}

/// Reads a condition. Whether its variables exist is not looked at.
///
/// # Errors
/// The first thing that does not belong where it stands, text after the end included, with its line and
/// column.
pub fn parse(text: &str) -> Result<Condition, ConditionError> {
    parse_with_names(text, &mut Patterns::default()).map(|(condition, _)| condition)
}

/// [`parse`], and every variable named, in order. What is in `patterns` is not compiled again.
pub(crate) fn parse_with_names(
    text: &str,
    patterns: &mut Patterns,
) -> Result<(Condition, Vec<Name>), ConditionError> {
    let mut parser =
        Parser { text, tokens: tokens(text)?, next: 0, nesting: 0, names: Vec::new(), patterns, last: None };
    let condition = parser.alternatives()?;
    match parser.peek() {
        None => Ok((condition, parser.names)),
        Some(Token::Close) => Err(parser.error("this `)` closes nothing", "take it out".to_owned())),
        Some(token) => {
            let message = format!("{token} after the end of the condition");
            let right = match token {
                Token::Word(word) if is_part(word) => NO_SUCH_OPERATOR,
                _ => "join conditions with `and` or `or`",
            };
            Err(parser.error(message, right.to_owned()))
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token, usize)>,
    next: usize,
    nesting: usize,
    names: Vec<Name>,
    patterns: &'t mut Patterns,
    /// The variable of the last comparison.
    last: Option<String>,
}

impl Parser<'_> {
    /// The token before the next one.
    fn joiner(&self) -> String {
        let before = self.next.checked_sub(1).and_then(|index| self.tokens.get(index));
        match before {
            Some((Token::Word(word), _)) => word.clone(),
            Some((Token::Open, _)) => "(".to_owned(),
            Some(_) | None => String::new(),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    /// Returns the offset of the next token, or that of the end of the text, in characters.
    fn offset(&self) -> usize {
        self.tokens.get(self.next).map_or_else(|| self.text.trim_end().chars().count(), |(_, offset)| *offset)
    }

    fn error(&self, message: impl Into<String>, suggestion: impl Into<Option<String>>) -> ConditionError {
        ConditionError::new(self.text, self.offset(), message, suggestion)
    }

    /// Takes the next token if it is this keyword, in any case. True if it is.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        if found {
            self.next += 1;
        }
        found
    }

    fn alternatives(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.all()?];
        while self.keyword("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Or))
    }

    fn all(&mut self) -> Result<Condition, ConditionError> {
        let mut parts = vec![self.one()?];
        while self.keyword("and") {
            parts.push(self.one()?);
        }
        Ok(one_or(parts, Condition::And))
    }

    fn one(&mut self) -> Result<Condition, ConditionError> {
        if self.peek() != Some(&Token::Open) {
            return self.comparison().map(Condition::Comparison);
        }
        if self.nesting >= MAX_NESTING {
            return Err(self.error(format!("parentheses nested more than {MAX_NESTING} deep"), None));
        }
        let opened = self.offset();
        self.nesting += 1;
        self.next += 1;
        let inner = self.alternatives()?;
        if self.peek() != Some(&Token::Close) {
            return match self.peek() {
                None => Err(ConditionError::new(
                    self.text,
                    opened,
                    "this `(` is never closed",
                    "close it with `)`".to_owned(),
                )),
                Some(token) => Err(self.error(format!("{token} where `and`, `or` or `)` belongs"), None)),
            };
        }
        self.nesting -= 1;
        self.next += 1;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Comparison, ConditionError> {
        let variable = self.variable()?;
        let operator = match self.peek() {
            Some(Token::Operator(operator)) => *operator,
            Some(Token::Text(_) | Token::EmptyList) => {
                return Err(self.error(
                    format!("no operator between `{variable}` and its value"),
                    format!("write `{variable}=…`"),
                ));
            }
            _ => return Ok(Comparison { variable, operator: Operator::Equal, value: Operand::Bool(true) }),
        };
        self.next += 1;
        self.last = Some(variable.clone());
        let at = self.next;
        let value = self.value(&variable, operator)?;
        let value = self.fitting(&variable, operator, value).map_err(|(message, suggestion)| {
            let offset = self.tokens.get(at).map_or(0, |(_, offset)| *offset);
            ConditionError::new(self.text, offset, message, suggestion)
        })?;
        Ok(Comparison { variable, operator, value })
    }

    fn variable(&mut self) -> Result<String, ConditionError> {
        let example = || "write, for example, `environment='Staging'`".to_owned();
        let word = match self.peek() {
            Some(Token::Word(word)) => word.clone(),
            Some(Token::Text(text)) => {
                let (message, right) = match &self.last {
                    Some(variable) => (
                        format!("the text '{text}' stands alone behind `{}`", self.joiner()),
                        format!("name the variable again, for example `{variable}='{text}'`"),
                    ),
                    None => ("a variable belongs here, and its name has no quotes".to_owned(), example()),
                };
                return Err(self.error(message, right));
            }
            Some(token) => return Err(self.error(format!("{token} where a variable belongs"), example())),
            None if self.tokens.is_empty() => return Err(self.error("the condition is empty", example())),
            None => return Err(self.error("the condition ends where a variable belongs", example())),
        };
        let is_dotted = word.contains('.') && drift_of(&word).is_none();
        if is_keyword(&word) || number(&word).is_some() || is_dotted {
            let joined = word.replace('.', "_");
            let right = match look_up(&joined) {
                _ if is_joiner(&word) && is_joiner(&self.joiner()) => "leave one of the two out".to_owned(),
                _ if is_joiner(&word) => "leave it out".to_owned(),
                Variable::Supported => format!("did you mean `{joined}`?"),
                Variable::NotYet | Variable::Unknown(_) => example(),
            };
            return Err(self.error(format!("`{word}` where a variable belongs"), right));
        }
        if word.eq_ignore_ascii_case("not")
            && matches!(
                self.tokens.get(self.next + 1),
                Some((Token::Word(_) | Token::Open | Token::Text(_), _))
            )
        {
            return Err(self.error("there is no `not`", "write `!=`, or `=false`".to_owned()));
        }
        let offset = self.offset();
        self.next += 1;
        let word = self.whole_name(word, |behind| matches!(behind, Some(Token::Operator(_))));
        self.names.push(Name { name: word.clone(), offset, is_value: false });
        Ok(in_one_case(word))
    }

    /// The name of a variable that starts with `word`: the name of an environment may have several words.
    /// They all belong to it where `ends` says so of the token behind them.
    fn whole_name(&mut self, word: String, ends: fn(Option<&Token>) -> bool) -> String {
        let more =
            self.tokens.get(self.next..).unwrap_or_default().iter().map_while(|(token, _)| match token {
                Token::Word(more) if !is_keyword(more) => Some(more.as_str()),
                _ => None,
            });
        let more: Vec<&str> = more.collect();
        let behind = self.tokens.get(self.next + more.len()).map(|(token, _)| token);
        if more.is_empty() || drift_of(&word).is_none() || !ends(behind) {
            return word;
        }
        let count = more.len();
        let name = format!("{word} {}", more.join(" "));
        self.next += count;
        name
    }

    fn value(&mut self, variable: &str, operator: Operator) -> Result<Operand, ConditionError> {
        let example = || format!("write, for example, `{variable}{operator}'text'`");
        let value = match self.peek() {
            Some(Token::Text(text)) => Operand::Text(text.clone()),
            Some(Token::EmptyList) => Operand::EmptyList,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Operand::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Operand::Bool(false),
            Some(Token::Word(word)) if !is_keyword(word) => match number(word) {
                Some(number) => Operand::Number(number),
                None if parse_duration(word).is_some() => {
                    return Err(self.error(format!("`{word}` is not in quotes"), format!("write '{word}'")));
                }
                None if word.contains('.') && drift_of(word).is_none() => {
                    return Err(self.error(
                        format!("`{word}` is neither a number nor a variable"),
                        format!("texts stand in quotes: '{word}'"),
                    ));
                }
                None => Operand::Variable(word.clone()),
            },
            Some(token) => return Err(self.error(format!("{token} where a value belongs"), example())),
            None => return Err(self.error(format!("no value after `{variable}{operator}`"), example())),
        };
        let offset = self.offset();
        self.next += 1;
        let Operand::Variable(name) = value else { return Ok(value) };
        let name = self.whole_name(name, |behind| !matches!(behind, Some(Token::Operator(_))));
        self.names.push(Name { name: name.clone(), offset, is_value: true });
        Ok(Operand::Variable(in_one_case(name)))
    }

    /// A value as it stands after an operator; if it can't, what is wrong and what to do.
    fn fitting(
        &mut self,
        variable: &str,
        operator: Operator,
        value: Operand,
    ) -> Result<Operand, (String, Option<String>)> {
        match (operator, value) {
            (Operator::Matches, Operand::Text(text)) => {
                if text.chars().nth(MAX_PATTERN).is_some() {
                    let message = format!("the regular expression is longer than {MAX_PATTERN} characters");
                    return Err((message, None));
                }
                let pattern = self.patterns.compiled(&text, in_any_case(variable));
                pattern.map(Operand::Pattern).map_err(|reason| {
                    // `*prod`, as files are named by a pattern.
                    let glob = text.replace("**", "*").replace('.', "\\.").replace('*', ".*");
                    let right = (text.starts_with('*') && !text.contains('\''))
                        .then(|| format!("write `{variable}~='{glob}'`"));
                    (format!("not a regular expression that can be used: {reason}"), right)
                })
            }
            (Operator::Matches, _) => Err((
                "`~=` takes a regular expression".to_owned(),
                Some("write it in quotes, for example 'text'".to_owned()),
            )),
            (Operator::Equal | Operator::NotEqual, value) => Ok(value),
            (_, value @ (Operand::EmptyList | Operand::Bool(_))) => {
                Err((format!("`{operator}` takes no `{value}`"), Some("compare with `=` or `!=`".to_owned())))
            }
            (
                _,
                value @ (Operand::Text(_) | Operand::Pattern(_) | Operand::Number(_) | Operand::Variable(_)),
            ) => Ok(value),
        }
    }
}

/// The only part alone, or several joined.
fn one_or(mut parts: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// True if a word joins conditions.
fn is_joiner(word: &str) -> bool {
    ["and", "or"].iter().any(|joiner| word.eq_ignore_ascii_case(joiner))
}

/// True if a word asks for a part of a text in other languages.
fn is_part(word: &str) -> bool {
    ["not", "does", "do", "doesnt", "contains", "contain", "includes", "include", "has", "starts", "ends"]
        .iter()
        .any(|part| word.eq_ignore_ascii_case(part))
}

/// True if a word can be neither a variable's name nor a value.
fn is_keyword(word: &str) -> bool {
    ["and", "or", "true", "false"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// The number that a word is: digits, at most one dot, at most one sign before.
fn number(word: &str) -> Option<f64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { word.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}
