//! The pieces of a template: its text, its comments, and the code in `{{ … }}` and `{% … %}` with its tokens.
//!
//! What is code here is code to the engine: where the two could differ, the engine does not accept the
//! template.

/// A part of a template.
#[derive(Debug)]
pub(super) enum Piece<'t> {
    /// Text that is shown as it is written; the number of bytes before it.
    Text(usize, &'t str),
    /// `{# … #}`; the number of bytes before it, and whether it ends.
    Comment(usize, bool),
    /// `{{ … }}` or `{% … %}`.
    Code(Code<'t>),
}

/// One `{{ … }}` or `{% … %}`.
#[derive(Debug)]
pub(super) struct Code<'t> {
    /// A statement, `{% … %}`, instead of an expression, `{{ … }}`.
    pub(super) is_statement: bool,
    /// The number of bytes before it.
    pub(super) start: usize,
    /// The tokens in it.
    pub(super) tokens: Vec<Token<'t>>,
    /// Its end.
    pub(super) end: End,
}

/// The end of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As it should.
    Closed,
    /// By `}` alone, or by what ends the other kind.
    Wrongly,
    /// Never: other code starts in it, or the template ends.
    Never,
    /// Within a text whose quote is never closed; the number of bytes before that quote.
    InText(usize),
    /// Within a bracket that is never closed; the number of bytes before it.
    InBracket(usize),
}

/// A token of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    /// The number of bytes of the template before it.
    pub(super) start: usize,
}

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    /// A text in quotes, with them.
    Text,
    Sign,
}

impl Token<'_> {
    /// The number of bytes of the template up to its end.
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }

    /// A name that stands for a value, not one that joins values.
    pub(super) fn is_value_name(&self) -> bool {
        const JOINING: [&str; 8] = ["and", "or", "not", "in", "is", "if", "else", "recursive"];
        self.kind == Kind::Name && !JOINING.contains(&self.text)
    }
}

/// A mistake in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// The number of bytes before it.
    pub(super) at: usize,
    pub(super) message: String,
    /// Correction, as a clause.
    pub(super) suggestion: Option<String>,
}

impl Slip {
    pub(super) fn new(at: usize, message: impl Into<String>, suggestion: impl Into<Option<String>>) -> Self {
        Self { at, message: message.into(), suggestion: suggestion.into() }
    }
}

/// The signs of more than one character that are one token, also those of other languages.
const SIGNS: [&str; 19] = [
    "===", "!==", "==", "!=", "<=", ">=", "<>", "=>", "**", "//", "&&", "||", "??", "?.", "->", "+=", "-=",
    "++", "..",
];

/// The pieces of a template.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut at, mut text) = (0, 0);
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        let starts = ["{{", "{%", "{#"].into_iter().any(|start| rest.starts_with(start));
        if !starts {
            let next =
                rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(next, _)| next);
            at += next;
            continue;
        }
        if text < at {
            pieces.push(Piece::Text(text, template.get(text..at).unwrap_or_default()));
        }
        let end;
        if rest.starts_with("{#") {
            let length = rest.get(2..).and_then(|rest| rest.find("#}"));
            end = length.map_or(template.len(), |length| at + 2 + length + 2);
            pieces.push(Piece::Comment(at, length.is_some()));
        } else {
            let (code, behind) = code(template, at, rest.starts_with("{%"));
            end = behind;
            pieces.push(Piece::Code(code));
        }
        (at, text) = (end, end);
    }
    if text < template.len() {
        pieces.push(Piece::Text(text, template.get(text..).unwrap_or_default()));
    }
    pieces
}

/// The code that starts at `start`, and the place behind it.
fn code(template: &str, start: usize, is_statement: bool) -> (Code<'_>, usize) {
    let (close, other) = if is_statement { ("%}", "}}") } else { ("}}", "%}") };
    let mut code = Code { is_statement, start, tokens: Vec::new(), end: End::Never };
    let mut at = start + 2;
    // The brackets that are open, with the bytes before them.
    let mut open: Vec<(&str, usize)> = Vec::new();
    // `{%-` and `{%+` say what happens to the spaces around.
    if template.get(at..).is_some_and(|rest| rest.starts_with(['-', '+'])) {
        at += 1;
    }
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        let ends = |end: &str| {
            let rest = rest.strip_prefix(['-', '+']).filter(|rest| rest.starts_with(end)).unwrap_or(rest);
            rest.starts_with(end).then(|| template.len() - rest.len() + end.len())
        };
        let bracket = open.last().filter(|(bracket, _)| *bracket != "{").map(|(_, start)| *start);
        if let (Some(bracket), Some(behind)) = (bracket, ends(close)) {
            code.end = End::InBracket(bracket);
            return (code, behind);
        }
        // `{% if tags { %}` and `{% } %}`: the braces around a block of other languages.
        if open.is_empty() && is_statement && is_brace_of_block(rest, code.tokens.is_empty()) {
            code.tokens.push(Token { kind: Kind::Sign, text: rest.get(..1).unwrap_or_default(), start: at });
            at += 1;
            continue;
        }
        if open.is_empty() {
            if let Some(behind) = ends(close) {
                code.end = End::Closed;
                return (code, behind);
            }
            if let Some(behind) = ends(other) {
                code.end = End::Wrongly;
                return (code, behind);
            }
            if rest.starts_with('}') {
                code.end = End::Wrongly;
                return (code, at + 1);
            }
        }
        if (rest.starts_with("{{") && !code.tokens.is_empty()) || rest.starts_with("{%") {
            return (code, at);
        }
        let Some(c) = rest.chars().next() else { break };
        if c.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let token = token(rest, at, code.tokens.last());
        match token.text {
            _ if token.kind != Kind::Sign => {}
            "(" | "[" | "{" => open.push((token.text, token.start)),
            ")" | "]" | "}" => {
                open.pop();
            }
            _ => {}
        }
        at = token.end();
        let is_open = token.kind == Kind::Text && !is_closed(token.text);
        code.tokens.push(token);
        if is_open {
            code.end = End::InText(token.start);
            return (code, template.len());
        }
    }
    (code, template.len())
}

/// True for a brace that ends a tag, and for a `}` that starts one.
fn is_brace_of_block(rest: &str, is_first: bool) -> bool {
    let is_last = rest.strip_prefix(['{', '}']).is_some_and(|rest| rest.trim_start().starts_with("%}"));
    is_last || (is_first && rest.starts_with('}') && !rest.starts_with("}}"))
}

/// The token that `rest`, which is not empty, starts with.
fn token<'t>(rest: &'t str, start: usize, last: Option<&Token<'_>>) -> Token<'t> {
    let length = |ends: &dyn Fn(char) -> bool| rest.find(ends).unwrap_or(rest.len());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let first = rest.chars().next().unwrap_or_default();
    let (kind, length) = if first.is_ascii_digit() {
        let whole = length(&|c| !is_word(c));
        let fraction = rest.get(whole..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let digits = fraction.find(|c: char| !is_word(c)).unwrap_or(fraction.len());
        let has_fraction =
            fraction.starts_with(|c: char| c.is_ascii_digit()) && !last.is_some_and(|last| last.is("."));
        (Kind::Number, if has_fraction { whole + 1 + digits } else { whole })
    } else if is_word(first) {
        (Kind::Name, length(&|c| !is_word(c)))
    } else if matches!(first, '\'' | '"') {
        (Kind::Text, text_length(rest, first))
    } else {
        let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
        (Kind::Sign, sign.map_or(first.len_utf8(), str::len))
    };
    Token { kind, text: rest.get(..length).unwrap_or(rest), start }
}

/// The length of the text in quotes that `rest` starts with, or of `rest` where it does not end.
fn text_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return index + 1;
        }
    }
    rest.len()
}

/// True if the quote of a text in quotes is closed.
fn is_closed(text: &str) -> bool {
    let quote = text.chars().next().unwrap_or_default();
    let escapes = text.chars().rev().skip(1).take_while(|c| *c == '\\').count();
    text.len() > 1 && text.ends_with(quote) && escapes % 2 == 0
}

/// The first thing that a template may not hold.
///
/// `*` makes lists of any length of short ones (`[1] * 100000000`), and so does `+` (`x + x`, again and
/// again), which the engine shows without counting it as work. A number is added all the same: that makes no
/// list. `raw` is refused so that the pieces are what they are to the engine.
pub(super) fn refused(pieces: &[Piece<'_>]) -> Option<Slip> {
    pieces.iter().find_map(|piece| {
        let Piece::Code(code) = piece else { return None };
        if code.is_statement && code.tokens.first().is_some_and(|word| word.is("raw")) {
            return Some(Slip::new(code.start, "`raw` cannot be used in a template", None));
        }
        code.tokens.iter().enumerate().find_map(|(index, token)| match token.text {
            "+" if token.kind == Kind::Sign && !adds_a_number(&code.tokens, index) => {
                let message = "`+` adds only to a number as it is written, such as `loop.index + 1`";
                Some(Slip::new(token.start, message, "join texts with `~`".to_owned()))
            }
            "*" | "**" if token.kind == Kind::Sign => {
                let message = format!("`{}` cannot be used in a template", token.text);
                Some(Slip::new(token.start, message, "write the number or the text out".to_owned()))
            }
            _ => None,
        })
    })
}

/// True if the `+` at `index` adds a number that stands beside it: nothing makes that number a list first.
fn adds_a_number(tokens: &[Token<'_>], index: usize) -> bool {
    let token = |at: Option<usize>| at.and_then(|at| tokens.get(at));
    let is_number = |at: Option<usize>| token(at).is_some_and(|token| token.kind == Kind::Number);
    let is_part = |at: Option<usize>, signs: &[&str]| {
        token(at).is_some_and(|token| signs.iter().any(|sign| token.is(sign)))
    };
    let before = index.checked_sub(1);
    (is_number(before) && !is_part(index.checked_sub(2), &["."]))
        || (is_number(Some(index + 1)) && !is_part(Some(index + 2), &["|", ".", "[", "(", "**"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_makes_long_lists_is_refused() {
        for (template, expected) in [
            ("a + b * c", None),
            ("{{ 'a + b' ~ \"*\" }} + {{ tags }} *", None),
            ("{{ 'it\\'s + ' }}", None),
            ("{%+ if tags +%}x{% endif -%} +", None),
            ("{# + #} {{ tags }}", None),
            ("{{ a + b }}", Some(5)),
            ("{{ loop.index + 1 }}{{ 1 + loop.index }}{{ 1.5 + 2 }}", None),
            ("{{ x + 1 | default(x) }}", Some(5)),
            ("{{ x.0 + x }}", Some(7)),
            ("{{ x + 1.x }}", Some(5)),
            ("{{ [x + x][0] + 1 }}", Some(6)),
            ("{{ {'a': {'b': 1}} * 2 }}", Some(19)),
            ("{{ {'a': 1} }} + {{ [1]*2 }}", Some(23)),
            ("{% set x = x+x %}", Some(12)),
            ("{{ '}}' * 9 }}", Some(8)),
            ("{{ 2 ** 9 }}", Some(5)),
            ("{% raw %}{{ ' {% endraw %}{{ [1] * 9 }}", Some(0)),
            ("{%- raw -%}", Some(0)),
            ("{{", None),
            ("{% 'open", None),
            ("{#", None),
        ] {
            assert_eq!(refused(&pieces(template)).map(|slip| slip.at), expected, "{template}");
        }
    }

    #[test]
    fn code_is_cut_into_its_tokens() {
        for (template, expected, end) in [
            ("{{ prs.0.title|e }}", vec!["prs", ".", "0", ".", "title", "|", "e"], End::Closed),
            ("{{- 1.5 ~ 'a}}' -}}", vec!["1.5", "~", "'a}}'"], End::Closed),
            ("{{ {'a': {'b': 1}} }}", vec!["{", "'a'", ":", "{", "'b'", ":", "1", "}", "}"], End::Closed),
            ("{{ a && b === c }}", vec!["a", "&&", "b", "===", "c"], End::Closed),
            ("{{ é.ü }}", vec!["é", ".", "ü"], End::Closed),
            ("{{ x }", vec!["x"], End::Wrongly),
            ("{{ x %}", vec!["x"], End::Wrongly),
            ("{% x }}", vec!["x"], End::Wrongly),
            ("{{ x", vec!["x"], End::Never),
            ("{{ x {{ y }}", vec!["x"], End::Never),
            ("{% if x { %}", vec!["if", "x", "{"], End::Closed),
            ("{% } else { %}", vec!["}", "else", "{"], End::Closed),
            ("{% set x = {} %}", vec!["set", "x", "=", "{", "}"], End::Closed),
            ("{% }}", vec![], End::Wrongly),
            ("{{ (x }}", vec!["(", "x"], End::InBracket(3)),
            ("{{ x[0 }} b", vec!["x", "[", "0"], End::InBracket(4)),
            ("{{ 'x }}", vec!["'x }}"], End::InText(3)),
            ("{{ 'x\\' }}", vec!["'x\\' }}"], End::InText(3)),
        ] {
            let pieces = pieces(template);
            let Some(Piece::Code(code)) = pieces.first() else { panic!("{template}") };
            let tokens: Vec<&str> = code.tokens.iter().map(|token| token.text).collect();
            assert_eq!((tokens, code.end), (expected, end), "{template}");
        }
    }
}
