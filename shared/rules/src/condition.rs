//! Conditions: `environment='Staging' and (pr_labels~='fix' or tags!='#risky')`.
//!
//! ```text
//! condition  = all { "or" all }
//! all        = one { "and" one }
//! one        = comparison | "(" condition ")"
//! comparison = variable [ operator value ]
//! operator   = "=" | "!=" | "<>" | ">" | ">=" | "<" | "<=" | "~="
//! value      = 'text' | "text" | number | "true" | "false" | variable | "[]"
//! ```
//!
//! `and`, `or`, `true` and `false` may be in any case. A variable alone means `= true`. Durations are texts
//! (`'5m'`). Of all texts only the values of `health` and `magnitude` have an order.

mod evaluate;
mod lexer;
mod meant;
mod negated;
mod parser;
mod pattern;
mod time;
mod value;

pub(crate) use evaluate::{in_any_case, order_of};
pub use lexer::ConditionError;
pub(crate) use meant::{is_always, is_anything, is_nothing, meant, meant_time, meant_truth};
pub(crate) use negated::negated;
pub use parser::parse;
pub(crate) use parser::{Name, parse_with_names};
pub use pattern::Pattern;
pub(crate) use pattern::Patterns;
pub use value::{Clock, Deploys, Snapshot, Value, parse_duration};

use std::fmt;

/// The longest condition that is read, in characters.
pub const MAX_LENGTH: usize = 10_000;
/// The deepest nesting of parentheses that is read.
pub const MAX_NESTING: usize = 32;
/// The longest regular expression that is read, in characters.
pub const MAX_PATTERN: usize = 500;

/// A condition. What [`parse`] returns has at least two parts in each `And` and `Or`, and its `Display` is a
/// condition that parses back to the same value.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of these hold.
    And(Vec<Condition>),
    /// At least one of these holds.
    Or(Vec<Condition>),
    /// A variable against a value.
    Comparison(Comparison),
}

/// A variable against a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The variable's name.
    pub variable: String,
    /// Operator between the variable and the value.
    pub operator: Operator,
    /// Value on the right.
    pub value: Operand,
}

/// Comparison of a variable with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`: the same; of a list: one of its elements.
    Equal,
    /// `!=` or `<>`: another; of a list: none of its elements.
    NotEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `~=`: a regular expression that matches from the start; of a list: any element.
    Matches,
}

/// Right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A quoted text. A parsed one never holds both kinds of quotes. Against a duration it is read as one
    /// (`'5m'`).
    Text(String),
    /// A regular expression in quotes: what `~=` takes, and no other operator.
    Pattern(Pattern),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Another variable, by its name.
    Variable(String),
    /// `[]`.
    EmptyList,
}

impl Condition {
    /// Returns its comparisons, in order.
    pub(crate) fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::comparisons).collect(),
            Self::Comparison(comparison) => vec![comparison],
        }
    }

    /// Returns every variable that it names, as often as it does.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::variables).collect(),
            Self::Comparison(comparison) => comparison.variables().collect(),
        }
    }

    /// True if it names a variable for which `which` is true.
    pub fn names(&self, which: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.names(which)),
            Self::Comparison(comparison) => comparison.variables().any(which),
        }
    }
}

impl Comparison {
    /// The variables that it names.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let right = match &self.value {
            Operand::Variable(name) => Some(name.as_str()),
            Operand::Text(_)
            | Operand::Pattern(_)
            | Operand::Number(_)
            | Operand::Bool(_)
            | Operand::EmptyList => None,
        };
        [Some(self.variable.as_str()), right].into_iter().flatten()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::And(parts) => (parts, " and "),
            Self::Or(parts) => (parts, " or "),
            Self::Comparison(comparison) => return write!(f, "{comparison}"),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(word)?;
            }
            // `and` binds tighter than `or`: only an `and` within an `or` needs no parentheses.
            match (self, part) {
                (_, Self::Comparison(comparison)) => write!(f, "{comparison}")?,
                (Self::Or(_), Self::And(_)) => write!(f, "{part}")?,
                _ => write!(f, "({part})")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.variable, self.operator, self.value)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Matches => "~=",
        })
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => quoted(f, text),
            Self::Pattern(pattern) => quoted(f, pattern.text()),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Variable(name) => f.write_str(name),
            Self::EmptyList => f.write_str("[]"),
        }
    }
}

/// A text in the quotes that it does not hold.
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.contains('\'') { write!(f, "\"{text}\"") } else { write!(f, "'{text}'") }
}

#[cfg(test)]
pub(crate) mod tests;
