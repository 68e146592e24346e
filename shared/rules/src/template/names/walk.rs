//! The walk through statements and expressions, which gives each name what it stands for.

use super::known::Known;
use super::unknown::FUNCTIONS;
use super::{Tokens, Walk};
use crate::reference::TEMPLATE_VARIABLES;
use crate::template::code::{Code, Kind, Token};
use std::collections::BTreeMap;

impl<'t> Walk<'t> {
    pub(super) fn code(&mut self, code: &Code<'t>) {
        let mut tokens = Tokens { tokens: &code.tokens, at: 0 };
        if !code.is_statement {
            self.expression(&mut tokens);
            return;
        }
        let word = tokens.next().map_or("", |token| token.text);
        match word {
            "for" => self.for_loop(&mut tokens),
            "with" => {
                self.scopes.push(BTreeMap::new());
                self.assignments(&mut tokens);
            }
            "set" => self.assignments(&mut tokens),
            "filter" => {
                self.scopes.push(BTreeMap::new());
                let start = tokens.peek().map_or(0, |token| token.start);
                self.filter(&mut tokens, Known::text(), start);
                self.postfixes(&mut tokens, Known::text(), start);
            }
            "endfor" | "endwith" | "endfilter" if self.scopes.len() > 1 => {
                self.scopes.pop();
            }
            "if" | "elif" => {
                self.expression(&mut tokens);
            }
            _ => {}
        }
    }

    fn for_loop(&mut self, tokens: &mut Tokens<'_, 't>) {
        let mut names = Vec::new();
        while let Some(token) = tokens.peek().filter(|token| !token.is("in")) {
            names.extend(Some(token.text).filter(|_| token.kind == Kind::Name));
            tokens.next();
        }
        tokens.take("in");
        let is_recursive = tokens.tokens.last().is_some_and(|last| last.is("recursive"));
        let list = self.operands(tokens, true);
        let element = if is_recursive { Known::Anything } else { list.element() };
        let mut scope = BTreeMap::from([("loop".to_owned(), Known::Loop)]);
        for name in &names {
            let known = if names.len() == 1 { element.clone() } else { Known::Anything };
            scope.insert((*name).to_owned(), known);
        }
        self.scopes.push(scope);
        if tokens.take("if") {
            self.expression(tokens);
        }
    }

    /// `a = 1`, also several, and a name alone, whose text follows.
    fn assignments(&mut self, tokens: &mut Tokens<'_, 't>) {
        loop {
            let mut names = Vec::new();
            while let Some(token) = tokens.peek().filter(|token| !token.is("=") && !token.is("|")) {
                names.extend(Some(token.text).filter(|_| token.kind == Kind::Name));
                tokens.next();
            }
            let is_attribute = tokens.tokens.iter().take(tokens.at).any(|token| token.is("."));
            let known = if tokens.take("=") {
                self.expression(tokens)
            } else {
                let start = tokens.peek().map_or(0, |token| token.start);
                self.postfixes(tokens, Known::text(), start)
            };
            if let Some(name) = names.last().filter(|_| !is_attribute) {
                // A name with two values, in two branches for example, may be either.
                let is_new = names.len() == 1 && self.look_up(name).is_none();
                let known = if is_new { known } else { Known::Anything };
                for name in &names {
                    self.assigned.insert((*name).to_owned());
                    if let Some(scope) = self.scopes.last_mut() {
                        scope.insert((*name).to_owned(), known.clone());
                    }
                }
            }
            if !tokens.take(",") {
                return;
            }
        }
    }

    pub(super) fn look_up(&self, name: &str) -> Option<Known> {
        let given = self.scopes.iter().rev().find_map(|scope| scope.get(name).cloned());
        given.or_else(|| {
            let variable = TEMPLATE_VARIABLES.iter().find(|variable| variable.name == name)?;
            let value = self.sample.get_attr(name).unwrap_or_default();
            Some(if value.is_undefined() { Known::Anything } else { Known::Like(value, variable.name) })
        })
    }

    pub(super) fn expression(&mut self, tokens: &mut Tokens<'_, 't>) -> Known {
        self.operands(tokens, false)
    }

    /// Values with operators between them; the list of a `for` ends at its `if`.
    fn operands(&mut self, tokens: &mut Tokens<'_, 't>, is_list: bool) -> Known {
        let mut known = None;
        loop {
            while tokens.peek().is_some_and(|token| token.is("not") || token.is("-") || token.is("+")) {
                tokens.next();
            }
            let Some(operand) = self.operand(tokens) else { return known.unwrap_or(Known::Anything) };
            known = Some(if known.is_some() { Known::Anything } else { operand });
            let joins = tokens.peek().is_some_and(|token| match token.kind {
                Kind::Name => {
                    matches!(token.text, "and" | "or" | "in" | "not" | "else")
                        || (token.text == "if" && !is_list)
                }
                Kind::Sign => !matches!(token.text, ")" | "]" | "}" | "," | ":" | "="),
                Kind::Number | Kind::Text => false,
            });
            if !joins {
                return known.unwrap_or(Known::Anything);
            }
            tokens.next();
            while tokens.peek().is_some_and(|token| token.is("in") || token.is("if")) {
                tokens.next();
            }
        }
    }

    /// One value with what is asked of it.
    pub(super) fn operand(&mut self, tokens: &mut Tokens<'_, 't>) -> Option<Known> {
        let token = *tokens.peek()?;
        let known = match token.kind {
            Kind::Text => Known::text(),
            Kind::Number => Known::number(),
            Kind::Name if !token.is_value_name() => return None,
            Kind::Name => return Some(self.named(tokens, token)),
            Kind::Sign if matches!(token.text, "(" | "[" | "{") => {
                tokens.next();
                let known = self.bracketed(tokens);
                let known = if token.text == "(" { known } else { Known::Anything };
                return Some(self.postfixes(tokens, known, token.start));
            }
            Kind::Sign => return None,
        };
        tokens.next();
        Some(self.postfixes(tokens, known, token.start))
    }

    /// Reads the values in brackets, up to the one that closes them. Returns the value if there is only one.
    pub(super) fn bracketed(&mut self, tokens: &mut Tokens<'_, 't>) -> Known {
        let (mut known, mut count) = (Known::Anything, 0);
        while let Some(token) = tokens.peek() {
            if token.is(")") || token.is("]") || token.is("}") {
                tokens.next();
                break;
            }
            let before = tokens.at;
            known = self.expression(tokens);
            count += 1;
            if tokens.at == before {
                // No value: a comma, a colon, or what the engine refuses.
                tokens.next();
                count += 1;
            }
        }
        if count == 1 { known } else { Known::Anything }
    }

    fn named(&mut self, tokens: &mut Tokens<'_, 't>, token: Token<'t>) -> Known {
        tokens.next();
        let (name, at) = (token.text, token.start);
        if matches!(name, "true" | "false" | "none" | "True" | "False" | "None") {
            return self.postfixes(tokens, Known::Anything, at);
        }
        let is_call = tokens.peek_is("(");
        if let Some(known) = self.look_up(name) {
            return self.postfixes(tokens, known, at);
        }
        if is_call && FUNCTIONS.contains(&name) {
            return self.postfixes(tokens, Known::Anything, at);
        }
        if self.unknown.remove(name) {
            let slip = if is_call { self.function(tokens, token) } else { self.variable(tokens, token) };
            self.slips.push(slip);
        }
        self.postfixes(tokens, Known::Anything, at)
    }
}
