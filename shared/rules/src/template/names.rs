//! Slips in the names of a template's code: variables, attributes, filters, tests and functions.
//!
//! What a name stands for is looked up in a sample deploy, so that the names are those that rendering has.

mod asked;
mod known;
mod unknown;
mod walk;

use super::code::{Piece, Slip, Token};
pub(super) use asked::{by_attribute, unknown_filter};
use known::Known;
use minijinja::value::Value;
use std::collections::{BTreeMap, BTreeSet};
pub(super) use unknown::called_elsewhere;

/// The slips in the names of a template: `unknown` are the names that the engine finds nothing for, `sample`
/// has the variables.
pub(super) fn slips<'t>(
    template: &'t str,
    pieces: &[Piece<'t>],
    unknown: BTreeSet<String>,
    sample: &'t Value,
) -> Vec<Slip> {
    let (scopes, assigned) = (vec![BTreeMap::new()], BTreeSet::new());
    let mut walk = Walk { template, unknown, sample, scopes, assigned, slips: Vec::new() };
    for piece in pieces {
        match piece {
            Piece::Code(code) => walk.code(code),
            Piece::Text(..) | Piece::Comment(..) => {}
        }
    }
    // Whatever of these stands where this walk does not see it. What is set in one branch of an `if` is known
    // behind it, though the engine does not find it.
    for name in walk.unknown.difference(&walk.assigned) {
        let at = template.find(name.as_str()).unwrap_or_default();
        walk.slips.push(Slip::new(at, format!("unknown template variable `{name}`"), None));
    }
    walk.slips
}

struct Walk<'t> {
    template: &'t str,
    unknown: BTreeSet<String>,
    sample: &'t Value,
    /// The names that `for`, `with` and `set` give, the innermost last.
    scopes: Vec<BTreeMap<String, Known>>,
    /// Every name that `set` and `with` give.
    assigned: BTreeSet<String>,
    slips: Vec<Slip>,
}

/// Tokens that are read one after the other.
struct Tokens<'a, 't> {
    tokens: &'a [Token<'t>],
    at: usize,
}

impl<'a, 't> Tokens<'a, 't> {
    fn peek(&self) -> Option<&'a Token<'t>> {
        self.tokens.get(self.at)
    }

    fn peek_is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.is(text))
    }

    fn next(&mut self) -> Option<&'a Token<'t>> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn take(&mut self, text: &str) -> bool {
        let is_next = self.peek_is(text);
        self.at += usize::from(is_next);
        is_next
    }
}
