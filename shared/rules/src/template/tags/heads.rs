//! Checks of the text behind the word of a tag.

use super::{Open, Tags};
use crate::template::code::{Code, Kind, Token};

impl<'t> Tags<'t> {
    /// Checks the text behind `if`, `for` and the other tags that are ended.
    pub(super) fn head(&mut self, code: &Code<'t>, word: &str, rest: &[Token<'t>]) {
        let rest_text = self.inner(rest);
        if let Some(last) =
            rest.last().filter(|last| last.is(":") || last.is("then") || last.is("do") || last.is(";"))
        {
            let kept = self.inner(rest.get(..rest.len() - 1).unwrap_or_default());
            return self.told_once(
                code,
                format!("a tag ends without `{}`", last.text),
                format!("write `{{% {word} {kept} %}}`"),
            );
        }
        match (word, rest) {
            ("if", []) => {
                self.told_once(code, "`{% if %}` has no condition", "write, for example, `{% if tags %}`")
            }
            ("for", []) => {
                self.told_once(code, "`{% for %}` has no list", "write, for example, `{% for tag in tags %}`")
            }
            ("with", [value, sign, name]) if sign.is("as") => self.told_once(
                code,
                "`with` has `=`, not `as`",
                format!("write, for example, `{{% with {} = {} %}}`", name.text, value.text),
            ),
            ("filter", []) => self.told_once(
                code,
                "`{% filter %}` has no filter",
                "write, for example, `{% filter upper %}`",
            ),
            ("for", [first, ..]) => {
                let of = rest.iter().position(|token| token.is("in"));
                let foreign = rest.get(1).filter(|token| token.is("of") || token.is("from") || token.is(":"));
                match (of, foreign, rest) {
                    (Some(at), ..) if at + 1 == rest.len() || at == 0 => {
                        self.told_once(
                            code,
                            "`for` takes a name and a list",
                            "write, for example, `{% for tag in tags %}`",
                        );
                    }
                    (Some(_), ..) => {}
                    (None, Some(sign), [_, _, ..]) if rest.len() > 2 => {
                        let list = self.inner(rest.get(2..).unwrap_or_default());
                        self.told_once(
                            code,
                            format!("`for` has `in`, not `{}`", sign.text),
                            format!("write `{{% for {} in {list} %}}`", first.text),
                        );
                    }
                    (None, _, [list]) if list.kind == Kind::Name => {
                        let name = list.text.strip_suffix('s').filter(|name| !name.is_empty()).unwrap_or("x");
                        self.told_once(
                            code,
                            "`for` has no `in`",
                            format!("write `{{% for {name} in {list} %}}`", list = list.text),
                        );
                    }
                    (None, ..) => self.told_once(
                        code,
                        "`for` has no `in`",
                        "write, for example, `{% for tag in tags %}`",
                    ),
                }
            }
            ("set", []) => self.told_once(
                code,
                "`{% set %}` has no name",
                "write, for example, `{% set name = environment %}`",
            ),
            ("set", [name, ..])
                if rest.len() > 1
                    && !rest.iter().any(|token| ["=", "+=", "-="].contains(&token.text))
                    && !rest.get(1).is_some_and(|token| token.is("|")) =>
            {
                let sign = rest.get(1).map(|token| token.text).unwrap_or_default();
                let skipped = if matches!(sign, ":" | "to" | "as" | "==" | "=>") { 2 } else { 1 };
                let value = self.inner(rest.get(skipped..).unwrap_or_default());
                self.told_once(
                    code,
                    format!("`{{% set {rest_text} %}}` has no `=`"),
                    format!("write `{{% set {} = {value} %}}`", name.text),
                );
            }
            _ => {}
        }
    }

    /// `elif` and `else`.
    pub(super) fn middle(&mut self, code: &Code<'t>, word: &str, rest: &[Token<'t>]) {
        let rest_text = self.inner(rest);
        if let Some(last) = rest.last().filter(|last| last.is(":") || last.is("then")) {
            let kept = self.inner(rest.get(..rest.len() - 1).unwrap_or_default());
            let kept = if kept.is_empty() { String::new() } else { format!(" {kept}") };
            return self.told_once(
                code,
                format!("a tag ends without `{}`", last.text),
                format!("write `{{% {word}{kept} %}}`"),
            );
        }
        let allowed: &[&str] = if word == "else" { &["if", "for"] } else { &["if"] };
        match self.open.last_mut() {
            Some(open) if allowed.contains(&open.word) => {
                let is_late = open.has_else;
                open.has_else |= word == "else";
                if is_late {
                    return self.told_once(
                        code,
                        format!("`{word}` stands behind `{{% else %}}`"),
                        "put `{% else %}` last, and once",
                    );
                }
            }
            Some(open) => {
                let (message, end) = (
                    format!("`{word}` stands in `{{% {} %}}`", open.word),
                    format!("write `{{% end{} %}}` before it", open.word),
                );
                return self.told_once(code, message, end);
            }
            None => {
                let message = format!("`{word}` stands in no `{{% if %}}`");
                if word == "elif" && !rest_text.is_empty() && self.ends_later(code, "endif") {
                    let start = code.start;
                    self.told_once(code, message, format!("write `{{% if {rest_text} %}}`"));
                    self.open.push(Open { word: "if", start, has_else: false, is_told: true });
                    return;
                }
                return self.told_once(code, message, "write `{% if … %}` before it, or leave it out");
            }
        }
        if word == "else" && !rest.is_empty() {
            self.told_once(
                code,
                "`else` has no condition",
                format!("write `{{% elif {rest_text} %}}`, or `{{% else %}}`"),
            );
        } else if word == "elif" && rest.is_empty() {
            self.told_once(
                code,
                "`{% elif %}` has no condition",
                "write `{% else %}`, or a condition: `{% elif tags %}`",
            );
        }
    }
}
