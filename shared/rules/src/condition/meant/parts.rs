//! Parts of a text, which other languages ask for by a function, a method or a word.

use super::scan::{Token, variable};
use super::words::{Call, call_of, escaped, quoted, tag_of};
use super::{Last, Writer, is_nothing};
use crate::reference::Kind;
use crate::variables::kind_of;

impl Writer {
    /// `startsWith(branch, 'release/')` and `branch.startsWith('release/')`.
    pub(super) fn call(&mut self, name: &str, is_not: bool) -> Option<()> {
        let (call, method_of) = call_of(name)?;
        self.next();
        let variable = match method_of {
            Some(variable) => variable,
            None => {
                let Some((_, Token::Name(name))) = self.next() else { return None };
                let variable = variable(&name)?;
                self.take(&Token::Comma).then_some(variable)?
            }
        };
        let (Some(Token::Text(_)), Some(Token::Close)) = (self.peek(0), self.peek(1)) else { return None };
        if call == Call::Contains && kind_of(&variable)? == Kind::List {
            let sign = if is_not { "!=" } else { "=" };
            let value = self.value(&variable, sign)?;
            self.written.push_str(&format!("{variable}{sign}{value}"));
        } else {
            // There is no operator for what does not match.
            let value = if is_not { None } else { self.part(&variable, call) };
            self.written.push_str(&format!("{variable}~={}", value?));
        }
        self.next();
        Some(())
    }

    /// The regular expression for a part of a text, which comes next.
    pub(super) fn part(&mut self, variable: &str, call: Call) -> Option<String> {
        let text = match self.next()?.1 {
            Token::Text(text) => text,
            Token::Name(name) if kind_of(&name).is_none() && !is_nothing(&name) => name,
            _ => return None,
        };
        if !matches!(kind_of(variable)?, Kind::Text | Kind::List) {
            return None;
        }
        let text = if call == Call::StartsWith { tag_of(variable, &text) } else { text };
        quoted(&match call {
            Call::Contains => format!(".*{}", escaped(&text)),
            Call::StartsWith => escaped(&text),
            Call::EndsWith => format!(".*{}$", escaped(&text)),
        })
    }

    /// `contains 'x'` and the like, behind a variable that is a text. `None`: something else comes next.
    pub(super) fn asked_for_a_part(&mut self, name: &str, is_not: bool) -> Option<Option<()>> {
        let (call, is_out, words) = self.call_in_words()?;
        if call == Call::Contains && kind_of(name) == Some(Kind::List) {
            return None;
        }
        let start = self.written.len();
        self.at += words;
        // There is no operator for what does not match.
        if is_not != is_out {
            return Some(None);
        }
        let Some(value) = self.part(name, call) else { return Some(None) };
        self.written.push_str(&format!("{name}~={value}"));
        self.last = Some(Last { variable: name.to_owned(), sign: "~=", start, call: Some(call) });
        Some(Some(()))
    }
}
