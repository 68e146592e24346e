//! Operators without a value, and brackets without their other half: what the engine tells in words of its
//! own.

use super::super::code::{Kind, Slip, Token};
use super::{Around, ends_value, is_variable};

/// Operators that stand before a value.
const BEFORE_A_VALUE: [&str; 17] =
    ["~", "==", "!=", "<", "<=", ">", ">=", "/", "//", "-", "+", "*", "=", "and", "or", "in", "not"];

impl<'t> Around<'_, 't> {
    /// Something that lacks what belongs before or behind it.
    pub(super) fn unfinished(&self, token: &Token<'t>) -> Option<Slip> {
        if token.kind == Kind::Text {
            return None;
        }
        let told = |message: String, right: String| Some(Slip::new(token.start, message, right));
        let (previous, next) = (self.previous(), self.next());
        let is_shown = matches!(self.word, "" | "if" | "elif");
        let starts = previous.is_none_or(|last| !ends_value(last) && !last.is("not"));
        match token.text {
            ")" | "]" => {
                let opens = if token.is(")") { "(" } else { "[" };
                match self.open.last() {
                    None => told(format!("`{}` closes nothing", token.text), "take it out".to_owned()),
                    Some(open) if *open == "{" || *open == opens || (*open == "call" && opens == "(") => None,
                    Some(open) => {
                        let (open, closes) = if *open == "[" { ("[", "]") } else { ("(", ")") };
                        told(format!("`{}` does not close `{open}`", token.text), format!("write `{closes}`"))
                    }
                }
            }
            "{" if self.is_doubled() => {
                let inner = self.code(2, self.tokens.len() - 2);
                told("`{{` stands here twice".to_owned(), format!("write `{{{{ {inner} }}}}`"))
            }
            "," if self.open.is_empty()
                && is_shown
                && self
                    .index
                    .checked_sub(2)
                    .and_then(|index| self.at(index))
                    .is_some_and(|word| word.is("in"))
                && previous.is_some_and(|last| last.kind == Kind::Text) =>
            {
                let joins =
                    |index: &usize| self.at(*index).is_some_and(|word| word.is("and") || word.is("or"));
                let end = (self.index..self.tokens.len()).find(joins).unwrap_or(self.tokens.len());
                let (start, list) = (previous?.start, self.code(self.index - 1, end));
                Some(Slip::new(
                    start,
                    "a list has brackets around it".to_owned(),
                    format!("write `[{list}]`"),
                ))
            }
            "," if self.open.is_empty() && is_shown => {
                let right = if self.word.is_empty() { "~" } else { "and" };
                told("`,` joins nothing in a template".to_owned(), format!("write `{right}`"))
            }
            "." if next.is_none_or(|next| next.kind == Kind::Sign) && previous.is_some() => {
                told("no name stands behind this `.`".to_owned(), "leave it out".to_owned())
            }
            "|" if starts && previous.is_none_or(|last| last.kind == Kind::Sign) && is_shown => told(
                "no value stands before this `|`".to_owned(),
                "write one before it, for example `environment | upper`".to_owned(),
            ),
            ":" if self.word == "set"
                && self.open.is_empty()
                && next.is_some_and(|next| next.is("=") && next.start == token.end()) =>
            {
                told("`:=` is not an operator of a template".to_owned(), "write `=`".to_owned())
            }
            "(" if self.word == "for"
                && self.index == 0
                && self.tokens.iter().any(|token| token.is("in")) =>
            {
                let inner = self.tokens.len().checked_sub(1).filter(|last| {
                    self.at(*last).is_some_and(|last| last.is(")"))
                        && self.tokens.iter().filter(|token| token.is(")")).count() == 1
                })?;
                let right = format!("write `{{% for {} %}}`", self.code(1, inner));
                told("`for` has no brackets around it".to_owned(), right)
            }
            "and" | "or" if previous.is_none_or(|last| last.is("(") || last.is("and") || last.is("or")) => {
                let message = format!("no value stands before `{}`", token.text);
                match (previous, self.tokens) {
                    (None, [_, one, two]) if ends_value(one) && ends_value(two) => {
                        told(message, format!("write `{} {} {}`", one.text, token.text, two.text))
                    }
                    _ => told(message, "leave it out".to_owned()),
                }
            }
            sign if BEFORE_A_VALUE.contains(&sign)
                && next.is_none_or(|next| next.is(")") || next.is("]"))
                && !(self.word == "for" && sign == "in")
                && (sign != "not" || previous.is_some()) =>
            {
                told(
                    format!("no value stands behind `{sign}`"),
                    "write one behind it, for example `environment`".to_owned(),
                )
            }
            name if token.kind == Kind::Name
                && is_variable(name)
                && next.is_some_and(|next| next.is("(") && next.start == token.end())
                && previous.is_none_or(|last| !last.is(".") && !last.is("|") && !last.is("is")) =>
            {
                told(format!("`{name}` is not a function"), format!("write `{name}` without brackets"))
            }
            _ => None,
        }
    }

    /// True for `{{ {{ name }} }}`.
    fn is_doubled(&self) -> bool {
        let text = |index: usize| self.at(index).map_or("", |token| token.text);
        let last = self.tokens.len();
        let is_open = self.index == 0 && text(1) == "{" && self.word.is_empty();
        is_open && last > 4 && text(last - 1) == "}" && text(last - 2) == "}"
    }
}
