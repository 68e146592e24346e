//! Slips in the operators of a template's code: those of other languages, and those that it does not have.

mod others;
mod phrases;
mod unfinished;

use self::others::{comment_of_handlebars, with_filters};
use super::code::{Code, Kind, Piece, Slip, Token};
use super::names::{by_attribute, unknown_filter};
use crate::reference::{FILTERS, TEMPLATE_VARIABLES};

/// Operators of other languages, with what to write.
const FOREIGN: [(&str, &str); 15] = [
    ("&&", "and"),
    ("||", "or"),
    ("!", "not"),
    ("&", "and"),
    ("===", "=="),
    ("!==", "!="),
    ("<>", "!="),
    ("=>", ">="),
    ("AND", "and"),
    ("OR", "or"),
    ("NOT", "not"),
    ("IN", "in"),
    ("eq", "=="),
    ("equals", "=="),
    ("ne", "!="),
];

/// The slips in the operators: at most one in each `{{ … }}` and `{% … %}`.
pub(super) fn slips(template: &str, pieces: &[Piece<'_>]) -> Vec<Slip> {
    let code = pieces.iter().filter_map(|piece| match piece {
        Piece::Code(code) => Some(code),
        Piece::Text(..) | Piece::Comment(..) => None,
    });
    code.filter_map(|code| slip(template, code)).collect()
}

fn slip(template: &str, code: &Code<'_>) -> Option<Slip> {
    if let Some(slip) = comment_of_handlebars(template, code) {
        return Some(slip);
    }
    let word = code.tokens.first().filter(|_| code.is_statement).map_or("", |token| token.text);
    let tokens = code.tokens.get(usize::from(code.is_statement)..).unwrap_or_default();
    // The brackets that are open: `(` of a call is told from one that groups.
    let mut open: Vec<&str> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let around = Around { template, tokens, index, word, open: &open };
        if let Some(slip) = around.slip() {
            return Some(slip);
        }
        match token.text {
            _ if token.kind != Kind::Sign => {}
            "(" if around
                .previous()
                .is_some_and(|last| last.is_value_name() || last.is(")") || last.is("]")) =>
            {
                open.push("call");
            }
            "(" | "[" | "{" => open.push(token.text),
            ")" | "]" | "}" => {
                open.pop();
            }
            _ => {}
        }
    }
    None
}

/// A token with what stands around it.
struct Around<'a, 't> {
    template: &'t str,
    tokens: &'a [Token<'t>],
    index: usize,
    /// The tag's word.
    word: &'a str,
    open: &'a [&'a str],
}

impl<'t> Around<'_, 't> {
    fn at(&self, index: usize) -> Option<&Token<'t>> {
        self.tokens.get(index)
    }

    fn previous(&self) -> Option<&Token<'t>> {
        self.index.checked_sub(1).and_then(|index| self.at(index))
    }

    fn next(&self) -> Option<&Token<'t>> {
        self.at(self.index + 1)
    }

    /// The code from one token up to, but without, another.
    fn code(&self, from: usize, to: usize) -> &'t str {
        let tokens = self.tokens.get(from..to.min(self.tokens.len())).unwrap_or_default();
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return "" };
        self.template.get(first.start..last.end()).unwrap_or_default()
    }

    fn slip(&self) -> Option<Slip> {
        let token = self.at(self.index)?;
        let told = |message: String, suggestion: String| Some(Slip::new(token.start, message, suggestion));
        if let Some(slip) = self.unfinished(token) {
            return Some(slip);
        }
        match token.kind {
            Kind::Text | Kind::Number => self.compared(token).or_else(|| self.joined(token)),
            Kind::Name => self.name(token),
            Kind::Sign => match token.text {
                "=" => self.equals(token),
                "?" => self.ternary(token),
                "|" => self.pipe(token),
                "%" => self.percent(token),
                "-" => self.hyphen(token),
                "??" => {
                    let (left, right) = (self.code(0, self.index), self.code(self.index + 1, usize::MAX));
                    told(
                        "`??` is not an operator of a template".to_owned(),
                        format!("write `{left} | default({right})`"),
                    )
                }
                "?." => told(
                    "`?.` is not an operator of a template".to_owned(),
                    "write `.`: a value that is missing is shown as empty text".to_owned(),
                ),
                ".." if self.open.last() == Some(&"[") => {
                    let number =
                        |token: Option<&Token<'_>>| token.and_then(|token| token.text.parse::<u32>().ok());
                    let right = match (number(self.previous()), number(self.next())) {
                        (Some(first), Some(last)) => {
                            format!("write `[{first}:{}]`", u64::from(last) + 1)
                        }
                        _ => "write, for example, `[0:7]`".to_owned(),
                    };
                    told("a part of a text stands between `:`, not `..`".to_owned(), right)
                }
                ".." => {
                    let number =
                        |token: Option<&Token<'_>>| token.and_then(|token| token.text.parse::<u32>().ok());
                    match (number(self.previous()), number(self.next())) {
                        (Some(first), Some(last)) => told(
                            format!("`{first}..{last}` is not a list of a template"),
                            format!("write `range({first}, {})`", u64::from(last) + 1),
                        ),
                        _ => told(
                            "`..` is not an operator of a template".to_owned(),
                            "write, for example, `range(1, 4)` for 1 to 3".to_owned(),
                        ),
                    }
                }
                "++" if self.next().is_some() && self.previous().is_some_and(ends_value) => {
                    told("`++` is not an operator of a template".to_owned(), "write `~`".to_owned())
                }
                "+=" | "-=" | "++" => {
                    let name = self.previous().map_or("x", |token| token.text);
                    let sign = token.text.get(..1).unwrap_or_default();
                    let value = if token.text == "++" { "1" } else { self.code(self.index + 1, usize::MAX) };
                    let suggestion = format!("write `{{% set {name} = {name} {sign} {value} %}}`");
                    told(format!("`{}` is not an operator of a template", token.text), suggestion)
                }
                "->" => told("`->` is not an operator of a template".to_owned(), "write `.`".to_owned()),
                "." | "[" => self.behind_filter(token),
                "==" | "!=" => self.compared(token),
                "(" | ")" | "]" | "{" | "}" | "," | ":" | "~" | "+" | "*" | "**" | "/" | "//" | "<"
                | "<=" | ">" | ">=" => None,
                "=>" if self.open.contains(&"call") => told(
                    "`=>` makes no function in a template".to_owned(),
                    "write, for example, `prs | map(attribute='title')`".to_owned(),
                ),
                "&" if [self.previous(), self.next()]
                    .into_iter()
                    .flatten()
                    .any(|token| token.kind == Kind::Text) =>
                {
                    told("`&` joins no texts".to_owned(), "write `~`".to_owned())
                }
                "\u{2010}" | "\u{2011}" | "\u{2012}" | "\u{2013}" | "\u{2014}" | "\u{2212}" => {
                    self.hyphen(token).or_else(|| told(described(token.text), meant(token.text)))
                }
                sign => match FOREIGN.iter().find(|(foreign, _)| *foreign == sign) {
                    Some((_, written)) => told(
                        format!("`{sign}` is not an operator of a template"),
                        format!("write `{written}`"),
                    ),
                    None => told(described(sign), meant(sign)),
                },
            },
        }
    }

    /// A value that follows another without an operator, and names that are operators elsewhere.
    fn name(&self, token: &Token<'t>) -> Option<Slip> {
        if let Some(slip) = self.word_of_others(token) {
            return Some(slip);
        }
        let ends_value = self.previous().is_some_and(ends_value);
        let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == token.text);
        if let Some((word, written)) =
            foreign.filter(|_| ends_value || (token.text == "NOT" && self.next().is_some()))
        {
            return Some(Slip::new(
                token.start,
                format!("`{word}` is not an operator of a template"),
                format!("write `{written}`"),
            ));
        }
        if ends_value && matches!(token.text, "matches" | "like") && self.next().is_some() {
            let right = "ask for a part of a text with `in`, and for its start with `is startingwith('…')`";
            let message = format!("`{}` is not an operator of a template", token.text);
            return Some(Slip::new(token.start, message, right.to_owned()));
        }
        if ends_value && token.text == "unless" && self.open.is_empty() {
            let (left, right) = (self.code(0, self.index), self.code(self.index + 1, usize::MAX));
            let message = "`unless` is not an operator of a template".to_owned();
            return Some(Slip::new(token.start, message, format!("write `{left} if not {right}`")));
        }
        if ends_value && token.text == "for" && self.open.contains(&"[") {
            let right = "write, for example, `prs | map(attribute='title') | join(', ')`".to_owned();
            return Some(Slip::new(token.start, "a list is not made with `for` here", right));
        }
        if ends_value && matches!(token.text, "contains" | "has" | "includes") {
            let (left, right) = (self.code(0, self.index), self.code(self.index + 1, usize::MAX));
            return Some(Slip::new(
                token.start,
                format!("`{}` is not an operator of a template", token.text),
                format!("write `{right} in {left}`"),
            ));
        }
        if token.is_value_name() { self.joined(token) } else { None }
    }

    /// Two values beside each other.
    fn joined(&self, token: &Token<'t>) -> Option<Slip> {
        let previous = self.previous().filter(|last| ends_value(last))?;
        let second = self.index.checked_sub(2).and_then(|index| self.at(index));
        let third = self.index.checked_sub(3).and_then(|index| self.at(index));
        // A test takes its value without brackets as well: `x is divisibleby 3`.
        let is_test = |is: Option<&Token<'_>>| is.is_some_and(|is| is.is("is"));
        let is_after_not = second.is_some_and(|not| not.is("not"));
        // `set` and `with` are told with their tags, names of `for` too.
        if is_test(second)
            || (is_after_not && is_test(third))
            || matches!(self.word, "set" | "else" | "endset")
        {
            return None;
        }
        if self.word.starts_with("end")
            || (self.word == "for" && !self.tokens.iter().take(self.index).any(|token| token.is("in")))
        {
            return None;
        }
        let joined = format!("{}_{}", previous.text, token.text);
        let message = format!("`{}` and `{}` stand beside each other", previous.text, token.text);
        let is_filter = |name: &str| FILTERS.iter().any(|filter| filter.name == name);
        let suggestion = if second.is_some_and(|pipe| pipe.is("|")) {
            let sound = if is_filter(token.text) {
                format!("{} | {}", previous.text, token.text)
            } else {
                format!("{}({})", previous.text, token.text)
            };
            Some(format!("write `{sound}`"))
        } else if previous.text == "f" && token.kind == Kind::Text {
            Some("leave the `f` out, and join texts with `~`".to_owned())
        } else {
            let is_given = self.open.last() == Some(&"call");
            is_given.then(|| format!("put a comma between them: `{}, {}`", previous.text, token.text))
        };
        if suggestion.is_some() {
            return Some(Slip::new(previous.start, message, suggestion));
        }
        if is_variable(previous.text) && is_filter(token.text) {
            let right = format!("write `{} | {}`", previous.text, token.text);
            return Some(Slip::new(previous.start, message, right));
        }
        if is_variable(&joined) {
            return Some(Slip::new(previous.start, message, format!("write `{joined}`")));
        }
        Some(Slip::new(
            previous.start,
            message,
            format!("join them with `~`: `{} ~ {}`", previous.text, token.text),
        ))
    }

    /// `is` before a value, or before what compares.
    fn compared(&self, token: &Token<'t>) -> Option<Slip> {
        let place = |distance: usize| self.index.checked_sub(distance).and_then(|index| self.at(index));
        let is = place(1).filter(|is| is.is("is"));
        let is_not = place(2).filter(|is| is.is("is") && place(1).is_some_and(|not| not.is("not")));
        let (is, operator) = match (is, is_not) {
            (Some(is), _) => (is, "=="),
            (None, Some(is)) => (is, "!="),
            (None, None) => return None,
        };
        let value = if token.kind == Kind::Sign { self.next()?.text } else { token.text };
        let suggestion = format!("compare with `{operator}`: `{operator} {value}`");
        Some(Slip::new(is.start, "`is` asks a test by its name", suggestion))
    }

    /// Finds a use of a filter's value without brackets around it.
    fn behind_filter(&self, token: &Token<'t>) -> Option<Slip> {
        let mut name = self.index.checked_sub(1)?;
        if self.at(name)?.is(")") {
            let mut nesting = 0_usize;
            let open = (0..self.index).rev().find(|index| {
                match self.at(*index).map_or("", |token| token.text) {
                    ")" => nesting += 1,
                    "(" => nesting = nesting.saturating_sub(1),
                    _ => {}
                }
                nesting == 0
            })?;
            name = open.checked_sub(1)?;
        }
        let is_filter = self.at(name)?.kind == Kind::Name && self.at(name.checked_sub(1)?)?.is("|");
        if !is_filter {
            return None;
        }
        let asked = self.next()?;
        let is_call = token.is(".") && self.at(self.index + 2).is_some_and(|bracket| bracket.is("("));
        if is_call && FILTERS.iter().any(|filter| filter.name == asked.text) {
            let message = format!("`{}` is a filter", asked.text);
            return Some(Slip::new(asked.start, message, format!("write `| {}`", asked.text)));
        }
        let suggestion = if self.word.is_empty() && self.open.is_empty() {
            format!("write `({}){}`", self.code(0, self.index), self.code(self.index, usize::MAX))
        } else {
            "put brackets around the value and its filter: `(tags | first)`".to_owned()
        };
        Some(Slip::new(token.start, format!("`{}` cannot stand behind a filter", token.text), suggestion))
    }

    /// `=` where it gives no name to a value.
    fn equals(&self, token: &Token<'t>) -> Option<Slip> {
        let names = self.previous().is_some_and(|last| last.kind == Kind::Name);
        let has_one = self.tokens.iter().take(self.index).any(|token| token.is("="));
        let allowed = match self.open.last() {
            Some(&"call") => {
                let before = self.index.checked_sub(2).and_then(|index| self.at(index));
                names && before.is_some_and(|before| before.is("(") || before.is(","))
            }
            Some(_) => false,
            None => (self.word == "set" && !has_one) || self.word == "with",
        };
        if allowed {
            return None;
        }
        let next = self.next();
        let is_beside = |other: Option<&Token<'_>>| other.is_some_and(|other| other.is("~"));
        if is_beside(next) || is_beside(self.previous()) {
            let right = "ask for a part of a text with `in`, and for its start with `is startingwith('…')`";
            return Some(Slip::new(token.start, "a template has no patterns", right.to_owned()));
        }
        if let Some(next) = next.filter(|next| next.start == token.end() && (next.is("<") || next.is(">"))) {
            return Some(Slip::new(
                token.start,
                format!("`={}` is not an operator of a template", next.text),
                format!("write `{}=`", next.text),
            ));
        }
        let second = self.index.checked_sub(2).and_then(|index| self.at(index));
        if let (Some(filter), Some(value)) = (self.previous().filter(|_| names), next)
            && second.is_some_and(|pipe| pipe.is("|"))
        {
            let message = format!("`{}` has its values in brackets, not behind `=`", filter.text);
            let right = format!("write `{}({})`", filter.text, value.text);
            return Some(Slip::new(filter.start, message, right));
        }
        if self.word.is_empty() && self.index == 1 && names {
            let (name, value) = (self.code(0, 1), self.code(2, usize::MAX));
            let message = "`=` shows nothing: it gives a name to a value in `{% set %}`";
            return Some(Slip::new(
                token.start,
                message,
                format!("write `{{% set {name} = {value} %}}`, or compare with `==`"),
            ));
        }
        Some(Slip::new(token.start, "`=` compares nothing", "compare with `==`".to_owned()))
    }

    /// `condition ? this : that`.
    fn ternary(&self, token: &Token<'t>) -> Option<Slip> {
        let message = "`?` is not an operator of a template";
        let colon =
            (self.index..self.tokens.len()).find(|index| self.at(*index).is_some_and(|token| token.is(":")));
        let parts = colon.filter(|_| self.open.is_empty()).map(|colon| {
            (self.code(0, self.index), self.code(self.index + 1, colon), self.code(colon + 1, usize::MAX))
        });
        Some(Slip::new(
            token.start,
            message,
            match parts {
                Some((condition, "", that)) => format!("write `{condition} or {that}`"),
                Some((condition, this, that)) => {
                    let [condition, this, that] = [condition, this, that].map(with_filters);
                    format!("write `{this} if {condition} else {that}`")
                }
                None => "write, for example, `this if condition else that`".to_owned(),
            },
        ))
    }

    /// A filter without a name, or with values behind a colon.
    fn pipe(&self, token: &Token<'t>) -> Option<Slip> {
        let Some(filter) = self.next().filter(|next| next.is_value_name()) else {
            return Some(Slip::new(
                token.start,
                "no filter stands behind this `|`",
                "name one, such as `| upper`, or leave the `|` out".to_owned(),
            ));
        };
        let is_colon = self.at(self.index + 2).is_some_and(|colon| colon.is(":"));
        if !is_colon || self.open.contains(&"{") {
            return None;
        }
        let end = (self.index + 3..self.tokens.len())
            .find(|index| self.at(*index).is_some_and(|token| token.is("|") || token.is(")")));
        let values = self.code(self.index + 3, end.unwrap_or(self.tokens.len()));
        if let Some(part) = slice_of(filter.text, values).filter(|_| self.word.is_empty()) {
            // Liquid's values are where it starts, and how long it is.
            let value = self.code(0, self.index);
            let message = "`slice` makes several lists of one".to_owned();
            return Some(Slip::new(filter.start, message, format!("write `{value}[{part}]`")));
        }
        if FILTERS.iter().all(|known| known.name != filter.text) {
            return Some(unknown_filter(filter, self.code(0, self.index), values));
        }
        let message = format!("`{}` has its values in brackets", filter.text);
        let right = match filter.text {
            "map" => by_attribute(values.trim_matches(['\'', '"'])),
            name => format!("write `{name}({values})`"),
        };
        Some(Slip::new(filter.start, message, right))
    }

    /// A name with a hyphen.
    fn hyphen(&self, token: &Token<'t>) -> Option<Slip> {
        let previous = self.previous().filter(|last| last.is_value_name() && last.end() == token.start)?;
        let next = self.next().filter(|next| next.is_value_name() && next.start == token.end())?;
        let joined = format!("{}_{}", previous.text, next.text);
        is_variable(&joined).then(|| {
            let message = format!("`{}{}{}` is not a name", previous.text, token.text, next.text);
            Slip::new(previous.start, message, format!("write `{joined}`"))
        })
    }
}

fn is_variable(name: &str) -> bool {
    TEMPLATE_VARIABLES.iter().any(|variable| variable.name == name)
}

/// The brackets that do what Liquid's `slice` does with these values.
fn slice_of(filter: &str, values: &str) -> Option<String> {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let (start, length) = values.split_once(',').filter(|_| filter == "slice")?;
    let (start, length) = (number(start)?, number(length)?);
    Some(format!("{start}:{}", start.checked_add(length)?))
}

/// True if a value can end with a token.
fn ends_value(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Text | Kind::Number => true,
        Kind::Name => token.is_value_name(),
        Kind::Sign => matches!(token.text, ")" | "]" | "}"),
    }
}

/// A character that is none of a template's, with its code point where it may not be seen.
fn described(sign: &str) -> String {
    match sign.chars().next().filter(|c| !c.is_ascii()) {
        Some(c) if c.is_whitespace() || c.is_control() || is_invisible(c) => {
            format!("an invisible character (U+{:04X}) stands here", u32::from(c))
        }
        Some(c) => format!("`{c}` (U+{:04X}) means nothing in a template", u32::from(c)),
        None => format!("`{sign}` means nothing in a template"),
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

fn meant(sign: &str) -> String {
    match sign {
        "\u{2018}" | "\u{2019}" | "\u{201a}" | "`" | "\u{b4}" => "write `'`".to_owned(),
        "\u{201c}" | "\u{201d}" | "\u{201e}" | "\u{ab}" | "\u{bb}" => "write `\"`".to_owned(),
        "\u{2013}" | "\u{2014}" | "\u{2212}" => "write `-`".to_owned(),
        "\u{2026}" => "write `...`".to_owned(),
        "\u{a6}" | "\u{2223}" | "\u{ff5c}" => "write `|`".to_owned(),
        _ if sign.chars().all(|c| c.is_whitespace() && !c.is_ascii()) => "write a space".to_owned(),
        _ => "leave it out".to_owned(),
    }
}
