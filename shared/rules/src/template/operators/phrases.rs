//! Words that other languages have for a test, or for a part of a value.

use super::super::code::{Kind, Slip, Token};
use super::{Around, ends_value};

/// Words behind a value, each with the test that does the same.
const TESTS: [(&str, &str); 11] = [
    ("startswith", "startingwith"),
    ("starts_with", "startingwith"),
    ("startsWith", "startingwith"),
    ("startingwith", "startingwith"),
    ("beginswith", "startingwith"),
    ("hasPrefix", "startingwith"),
    ("endswith", "endingwith"),
    ("ends_with", "endingwith"),
    ("endsWith", "endingwith"),
    ("endingwith", "endingwith"),
    ("hasSuffix", "endingwith"),
];

impl<'t> Around<'_, 't> {
    /// A word that asks for a part of a value, or for its being there.
    pub(super) fn word_of_others(&self, token: &Token<'t>) -> Option<Slip> {
        let not = self.previous().filter(|word| word.is("not"));
        let first = self.index - usize::from(not.is_some());
        let is_behind = first.checked_sub(1).and_then(|index| self.at(index)).is_some_and(ends_value);
        let next = self.next();
        let is_before = next.is_some_and(|next| {
            next.is_value_name() || matches!(next.kind, Kind::Text | Kind::Number) || next.is("(")
        });
        let told = |code: String| {
            let word = match not {
                Some(_) => format!("not {}", token.text),
                None => token.text.to_owned(),
            };
            let at = not.map_or(token.start, |not| not.start);
            let message = format!("`{word}` is not an operator of a template");
            Some(Slip::new(at, message, format!("write `{code}`")))
        };
        let is = if not.is_some() { "is not" } else { "is" };
        if let Some((_, test)) = TESTS.iter().find(|(word, _)| *word == token.text)
            && is_behind
            && is_before
        {
            return told(format!("{is} {test}"));
        }
        match token.text {
            "contains" | "has" | "includes" if not.is_some() && is_behind && is_before => {
                let (left, right) = (self.operand_before(first), self.operand_behind(self.index + 1));
                told(format!("{right} not in {left}"))
            }
            "exists" | "defined" | "isset" if is_behind && !is_before => told(format!("{is} defined")),
            "exists" | "defined" | "isset" if !is_behind && not.is_none() && is_before => {
                let value = next.filter(|next| next.is_value_name())?;
                let message = format!("`{}` is not an operator of a template", token.text);
                Some(Slip::new(token.start, message, format!("write `{} is defined`", value.text)))
            }
            // `{% for pr in prs reversed %}`
            "reversed" if self.word == "for" && is_behind && next.is_none() => {
                let list = self.previous()?;
                let message = "`reversed` is not a word of a template".to_owned();
                Some(Slip::new(list.start, message, format!("write `{} | reverse`", list.text)))
            }
            // `{% for pr in prs limit:3 %}`
            "limit" if self.word == "for" && is_behind && next.is_some_and(|colon| colon.is(":")) => {
                let most = self.at(self.index + 2).filter(|most| most.kind == Kind::Number)?;
                let list = self.previous()?;
                let message = "`limit` is not a word of a template".to_owned();
                Some(Slip::new(list.start, message, format!("write `{}[:{}]`", list.text, most.text)))
            }
            _ => None,
        }
    }

    /// `%` behind a text, as Python has it.
    pub(super) fn percent(&self, token: &Token<'t>) -> Option<Slip> {
        let text = self.previous().filter(|last| last.kind == Kind::Text)?;
        let values = self.code(self.index + 1, usize::MAX);
        let values = values.strip_prefix('(').and_then(|values| values.strip_suffix(')')).unwrap_or(values);
        Some(Slip::new(
            token.start,
            "`%` divides numbers, and fills in no text",
            format!("write `{} | format({values})`", text.text),
        ))
    }

    /// The operand that ends before the token `end`.
    fn operand_before(&self, end: usize) -> &'t str {
        let joins = |index: &usize| self.at(*index).is_some_and(joins_operands);
        let start = (0..end).rev().find(joins).map_or(0, |index| index + 1);
        self.code(start, end)
    }

    /// The operand that starts with the token `start`.
    fn operand_behind(&self, start: usize) -> &'t str {
        let joins = |index: &usize| self.at(*index).is_some_and(joins_operands);
        let end = (start..self.tokens.len()).find(joins).unwrap_or(self.tokens.len());
        self.code(start, end)
    }
}

/// True for what stands between two operands.
fn joins_operands(token: &Token<'_>) -> bool {
    ["and", "or", "not", "if", "else", "in", "(", ")", ",", "=", "~"].iter().any(|sign| token.is(sign))
}
