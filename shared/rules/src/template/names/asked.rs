//! Uses of a value: attributes, elements, methods, filters and tests.

use super::known::{CLOCKS, Known, LOOP_METHODS, NOTHING_LIKE, TESTS, elsewhere, unquoted};
use super::{Tokens, Walk};
use crate::reference::{FILTERS, FILTERS_LEFT_OUT, Gives, TEMPLATE_VARIABLES};
use crate::suggest::did_you_mean;
use crate::template::code::{Kind, Slip, Token};

/// The filters that take an attribute by its name, and the place at which it may stand without it.
const BY_ATTRIBUTE: [(&str, Option<usize>); 12] = [
    ("groupby", Some(0)),
    ("join", Some(1)),
    ("map", None),
    ("max", None),
    ("min", None),
    ("rejectattr", Some(0)),
    ("selectattr", Some(0)),
    ("sort", None),
    ("sum", Some(0)),
    ("unique", None),
    ("attr", Some(0)),
    ("reject", None),
];

/// A value behind a filter's or function's name.
struct Argument<'a, 't> {
    name: Option<&'t str>,
    /// Its only token.
    alone: Option<&'a Token<'t>>,
}

impl<'a, 't> Argument<'a, 't> {
    fn text(&self) -> Option<(&'t str, usize)> {
        let token = self.alone.filter(|token| token.kind == Kind::Text)?;
        unquoted(token.text).map(|text| (text, token.start))
    }
}

impl<'t> Walk<'t> {
    /// Attributes, elements, calls, filters and tests behind a value that starts at `start`.
    pub(super) fn postfixes(&mut self, tokens: &mut Tokens<'_, 't>, mut known: Known, start: usize) -> Known {
        // What is right for the methods so far, and the slip that says so: a chain of them is one.
        let mut chain: Option<(usize, String)> = None;
        while let Some(token) = tokens.peek() {
            let written = self.template.get(start..token.start).unwrap_or_default().trim_end();
            let mended = chain.as_ref().map(|(_, mended)| mended.clone());
            let code = mended.as_deref().unwrap_or(written);
            match token.text {
                _ if token.kind == Kind::Text => return known,
                "." => {
                    tokens.next();
                    let Some(name) = tokens.next() else { return known };
                    if !tokens.peek_is("(") {
                        let before = self.slips.len();
                        known = self.attribute(&known, name.text, name.start, code);
                        let goes_on = tokens.peek_is(".") || tokens.peek_is("[");
                        // What is asked of a filter's value stands behind brackets around it.
                        for slip in self.slips.iter_mut().skip(before).filter(|_| goes_on) {
                            let code = slip
                                .suggestion
                                .as_deref()
                                .and_then(|text| text.strip_prefix("write `")?.strip_suffix('`'));
                            if let Some(code) = code.filter(|code| code.contains(" | ")).map(str::to_owned) {
                                slip.suggestion = Some(format!("write `({code})`"));
                            }
                        }
                    } else if matches!(known, Known::Loop) && LOOP_METHODS.contains(&name.text) {
                        self.arguments(tokens);
                        known = Known::Anything;
                    } else {
                        let (message, meant, gives) = self.method(tokens, &known, name.text, code);
                        let goes_on = tokens.peek_is("[") || (tokens.peek_is(".") && meant.is_none());
                        let suggestion = match &meant {
                            Some(meant) if goes_on => Some(format!("write `({meant})`")),
                            Some(meant) => Some(format!("write `{meant}`")),
                            None => did_you_mean(name.text, FILTERS.iter().map(|filter| filter.name)),
                        };
                        let place = match chain {
                            Some((place, _)) => {
                                if let Some(slip) = self.slips.get_mut(place) {
                                    slip.suggestion = suggestion;
                                }
                                place
                            }
                            None => {
                                self.slips.push(Slip::new(name.start, message, suggestion));
                                self.slips.len() - 1
                            }
                        };
                        chain = meant.map(|meant| (place, meant));
                        known = gives;
                    }
                }
                "[" => {
                    tokens.next();
                    known = self.index(tokens, &known, code);
                }
                "(" => {
                    self.arguments(tokens);
                    known = Known::Anything;
                }
                "|" => {
                    tokens.next();
                    known = self.filter(tokens, known, start);
                }
                "is" => {
                    tokens.next();
                    let is_not = tokens.take("not");
                    if let Some(test) = tokens.next() {
                        let instead =
                            if is_not { format!("write `{code}`") } else { format!("write `not {code}`") };
                        self.test(test.text, test.start, instead);
                    }
                    known = Known::Anything;
                    if tokens.peek().is_some_and(|token| {
                        matches!(token.kind, Kind::Text | Kind::Number) || (token.is_value_name())
                    }) {
                        self.operand(tokens);
                    }
                }
                _ => return known,
            }
        }
        known
    }

    fn attribute(&mut self, known: &Known, name: &str, at: usize, code: &str) -> Known {
        known.attribute(name, at, code).unwrap_or_else(|slip| {
            self.slips.push(slip);
            Known::Anything
        })
    }

    fn index(&mut self, tokens: &mut Tokens<'_, 't>, known: &Known, code: &str) -> Known {
        let alone = tokens.peek().filter(|_| tokens.tokens.get(tokens.at + 1).is_some_and(|end| end.is("]")));
        if let Some(token) = alone.filter(|token| token.kind == Kind::Text) {
            tokens.at += 2;
            return unquoted(token.text)
                .map_or(Known::Anything, |name| self.attribute(known, name, token.start, code));
        }
        let start = tokens.at;
        self.bracketed(tokens);
        let is_slice = tokens
            .tokens
            .get(start..tokens.at)
            .is_some_and(|tokens| tokens.iter().any(|token| token.is(":")));
        if is_slice { known.clone() } else { known.element() }
    }

    /// A method, which no value but `loop` has: what is wrong, the code that does the same, and what that
    /// gives.
    fn method(
        &mut self,
        tokens: &mut Tokens<'_, 't>,
        known: &Known,
        method: &str,
        code: &str,
    ) -> (String, Option<String>, Known) {
        let values = self.values(tokens);
        self.arguments(tokens);
        // Of a text, other languages slice a part; the filter makes several lists of one.
        let is_part = method == "slice" && values.contains(|c: char| c.is_ascii_digit());
        let Some(filter) = FILTERS.iter().find(|filter| filter.name == method && !is_part) else {
            return (
                format!("there is no method `{method}`"),
                elsewhere(if is_part { "substring" } else { method }, code, values),
                Known::Anything,
            );
        };
        let meant = match values {
            // As Python has it: `', '.join(tags)`.
            _ if method == "join" && known.is_text() && !values.is_empty() => {
                format!("{values} | join({code})")
            }
            "" => format!("{code} | {method}"),
            // Python's places for values are not those of `printf`.
            _ if method == "format" => format!("{} | format({values})", code.replace("{}", "%s")),
            _ => format!("{code} | {method}({values})"),
        };
        let gives = if filter.gives == Gives::Text { Known::text() } else { Known::Anything };
        (format!("`{method}` is a filter"), Some(meant), gives)
    }

    /// The values in brackets that come next.
    fn arguments<'a>(&mut self, tokens: &mut Tokens<'a, 't>) -> Vec<Argument<'a, 't>> {
        let mut arguments = Vec::new();
        if !tokens.take("(") {
            return arguments;
        }
        while let Some(token) = tokens.peek() {
            if tokens.take(")") {
                break;
            }
            if tokens.take(",") {
                continue;
            }
            let is_named =
                token.kind == Kind::Name && tokens.tokens.get(tokens.at + 1).is_some_and(|next| next.is("="));
            let name = is_named.then_some(token.text);
            tokens.at += if is_named { 2 } else { 0 };
            let start = tokens.at;
            self.expression(tokens);
            if tokens.at == start {
                tokens.next();
            }
            let alone = tokens.tokens.get(start).filter(|_| tokens.at == start + 1);
            arguments.push(Argument { name, alone });
        }
        arguments
    }

    /// The filter that comes next, on a value that starts at `start`.
    pub(super) fn filter(&mut self, tokens: &mut Tokens<'_, 't>, known: Known, start: usize) -> Known {
        let Some(token) = tokens.next().filter(|token| token.kind == Kind::Name) else {
            return Known::Anything;
        };
        let name = token.text;
        let value = self.template.get(start..token.start).unwrap_or_default().trim_end();
        let value = value.strip_suffix('|').unwrap_or(value).trim_end();
        let values = if tokens.peek_is("(") { self.values(tokens) } else { "" };
        let arguments = self.arguments(tokens);
        let Some(filter) = FILTERS.iter().find(|filter| filter.name == name) else {
            self.slips.push(unknown_filter(token, value, values));
            return Known::Anything;
        };
        if let Some((first, last)) = values.split_once(',').filter(|_| name == "slice") {
            let number = |text: &str| text.trim().parse::<u32>().is_ok();
            if number(first) && number(last) {
                let right = format!("write `{value}[{}:{}]`", first.trim(), last.trim());
                let message = "`slice` makes several lists of one".to_owned();
                self.slips.push(Slip::new(token.start, message, right));
                return known;
            }
        }
        let positional =
            |place: usize| arguments.iter().filter(|argument| argument.name.is_none()).nth(place);
        let by_name = arguments.iter().find(|argument| argument.name == Some("attribute"));
        let by_place = BY_ATTRIBUTE.iter().find(|(filter, _)| *filter == name).and_then(|(_, place)| *place);
        let attribute = by_name.or_else(|| by_place.and_then(positional)).and_then(Argument::text);
        let mut asked = known.clone();
        if let Some((path, at)) = attribute {
            asked = if name == "attr" { known.clone() } else { known.element() };
            let names = path.split(',').next().unwrap_or(path);
            for name in names.split('.') {
                asked = self.attribute(&asked, name, at, value);
            }
        }
        match (name, positional(0).and_then(Argument::text), positional(1).and_then(Argument::text)) {
            ("map", Some((filter, at)), _) if FILTERS.iter().all(|known| known.name != filter) => {
                self.slips.push(named_filter(filter, at));
            }
            ("select" | "reject", Some((test, at)), _)
            | ("selectattr" | "rejectattr", _, Some((test, at))) => {
                self.test(test, at, "write `select` or `reject` without a test".to_owned())
            }
            _ => {}
        }
        match filter.gives {
            Gives::Text => Known::text(),
            Gives::Number => Known::number(),
            Gives::Texts => Known::texts(),
            Gives::Same => known,
            Gives::Element => known.element(),
            Gives::Anything if name == "attr" && attribute.is_some() => asked,
            Gives::Anything => Known::Anything,
        }
    }

    /// A test by its name; `instead` is what asks whether something is empty.
    fn test(&mut self, name: &str, at: usize, instead: String) {
        if !TESTS.contains(&name) && !["==", "!=", "<", "<=", ">", ">="].contains(&name) {
            let suggestion = match name {
                "empty" => Some(instead),
                "null" | "nil" => Some("write `is none`".to_owned()),
                "startswith" | "startsWith" => Some("write `startingwith`".to_owned()),
                "endswith" | "endsWith" => Some("write `endingwith`".to_owned()),
                _ => did_you_mean(name, TESTS),
            };
            self.slips.push(Slip::new(at, format!("there is no test `{name}`"), suggestion));
        }
    }
}

/// True if the elements of some list have an attribute of this name.
fn is_attribute(name: &str) -> bool {
    TEMPLATE_VARIABLES.iter().any(|variable| variable.about.contains(&format!("`{name}`")))
}

/// Advice for `map` with this name: an attribute's or a filter's.
pub(in crate::template) fn by_attribute(name: &str) -> String {
    if is_attribute(name) {
        format!("write `map(attribute='{name}')`")
    } else {
        format!("write `map('{name}')`")
    }
}

fn named_filter(name: &str, at: usize) -> Slip {
    let message = format!("there is no filter `{name}`");
    let suggestion = if is_attribute(name) {
        Some(by_attribute(name))
    } else {
        did_you_mean(name, FILTERS.iter().map(|filter| filter.name))
    };
    Slip::new(at, message, suggestion)
}

fn is_variable(name: &str) -> bool {
    TEMPLATE_VARIABLES.iter().any(|variable| variable.name == name)
}

/// A filter that there is not, on `value` and with `values`.
pub(in crate::template) fn unknown_filter(token: &Token<'_>, value: &str, values: &str) -> Slip {
    let name = token.text;
    if let Some(left_out) = FILTERS_LEFT_OUT.iter().find(|left_out| left_out.name == name) {
        let message = format!("`{name}` cannot be used in a template");
        return Slip::new(token.start, message, left_out.instead.to_owned());
    }
    let suggestion = match elsewhere(name, value, values) {
        Some(code) => Some(format!("write `{code}`")),
        None if NOTHING_LIKE.contains(&name) || CLOCKS.contains(&name) => {
            Some(format!("a template has nothing like it: leave `| {name}` out"))
        }
        None if is_variable(name) && values.is_empty() => Some(format!("write `{value} ~ {name}`")),
        None if name == "prepend" && !values.is_empty() => Some(format!("write `{values} ~ {value}`")),
        None => did_you_mean(name, FILTERS.iter().map(|filter| filter.name)),
    };
    Slip::new(token.start, format!("there is no filter `{name}`"), suggestion)
}
