//! Slips in the tags of a template: unclosed, misspelt, or of another system.

mod braces;
mod ends;
mod heads;
mod texts;

use super::code::{Code, End, Kind, Piece, Slip, Token};
use super::names::called_elsewhere;
use crate::reference::{TAGS_LEFT_OUT, TEMPLATE_VARIABLES};
use crate::suggest::closest;

/// The tags that another tag ends.
const OPENERS: [&str; 6] = ["if", "for", "with", "filter", "autoescape", "set"];
/// The tags that start nothing: in another, or on their own.
const MIDDLE: [&str; 2] = ["elif", "else"];

/// Tags of other languages, with what to write.
const FOREIGN: [(&str, &str); 13] = [
    ("unless", "write `{% if not … %}` and `{% endif %}`"),
    ("foreach", "write `{% for tag in tags %}` and `{% endfor %}`"),
    ("each", "write `{% for tag in tags %}` and `{% endfor %}`"),
    ("while", "write `{% for tag in tags %}` and `{% endfor %}`"),
    ("switch", "write `{% if … %}`, `{% elif … %}` and `{% endif %}`"),
    ("case", "write `{% if … %}`, `{% elif … %}` and `{% endif %}`"),
    ("when", "write `{% elif … %}`"),
    ("assign", "write `{% set name = … %}`"),
    ("let", "write `{% set name = … %}`"),
    ("var", "write `{% set name = … %}`"),
    ("print", "show a value with `{{ … }}`"),
    ("echo", "show a value with `{{ … }}`"),
    ("comment", "write `{# … #}`"),
];

/// An open tag.
struct Open<'t> {
    word: &'t str,
    start: usize,
    has_else: bool,
    /// It is wrong itself, and what was told says how it ends.
    is_told: bool,
}

/// The slips in the tags of a template: of those that follow from each other, the first.
pub(super) fn slips<'t>(template: &'t str, pieces: &[Piece<'t>]) -> Vec<Slip> {
    let mut tags = Tags { template, open: Vec::new(), slips: Vec::new(), crossed: Vec::new() };
    for piece in pieces {
        match piece {
            Piece::Text(start, text) => tags.text(*start, text),
            Piece::Comment(start, false) => {
                tags.told(*start, "`{#` starts a comment that never ends", "end it with `#}`");
            }
            Piece::Comment(_, true) => {}
            Piece::Code(code) => tags.code(code),
        }
    }
    for open in std::mem::take(&mut tags.open) {
        tags.never_closed(&open, None);
    }
    tags.slips
}

struct Tags<'t> {
    template: &'t str,
    open: Vec<Open<'t>>,
    slips: Vec<Slip>,
    /// The tags whose ends stand behind that of a tag around them.
    crossed: Vec<&'t str>,
}

impl<'t> Tags<'t> {
    fn told(&mut self, at: usize, message: impl Into<String>, suggestion: impl Into<String>) {
        self.slips.push(Slip::new(at, message, suggestion.into()));
    }

    /// The text of `"a'`, whose quotes are of two kinds: it starts at `at`, and its code ends with `end`.
    fn within_two_kinds(&self, at: usize, end: &str) -> Option<&'t str> {
        let (inner, _) = self.template.get(at + 1..)?.split_once(end)?;
        let inner = inner.trim_end().strip_suffix(['\'', '"'])?;
        (!inner.is_empty() && !inner.contains(['\'', '"', '\n'])).then_some(inner)
    }

    fn code(&mut self, code: &Code<'t>) {
        let (start, end) = if code.is_statement { ("{%", "%}") } else { ("{{", "}}") };
        let words: Vec<&str> = code.tokens.iter().map(|token| token.text).collect();
        if let ("%", [_, inner @ ..]) = (words.first().copied().unwrap_or_default(), code.tokens.as_slice())
            && !code.is_statement
        {
            // `{{% if tags %}}`: each of its tags is written so.
            let message = "`{{%` is one brace too many";
            if self.slips.iter().all(|told| told.message != message) {
                let inner = self.inner(inner).trim_end_matches(['%', ' ']);
                self.told(code.start, message, format!("write `{{% {inner} %}}`, and each tag so"));
            }
            return;
        }
        match code.end {
            End::InText(at) => {
                let quote = if words.last().is_some_and(|text| text.starts_with('"')) { "\"" } else { "'" };
                if let Some(inner) = self.within_two_kinds(at, end) {
                    let other = if quote == "'" { "\"" } else { "'" };
                    let message = format!("a text starts with `{quote}` and ends with `{other}`");
                    return self.told(at, message, format!("write `{quote}{inner}{quote}`"));
                }
                return self.told(
                    at,
                    format!("a text starts at this `{quote}` and never ends"),
                    format!("end it with `{quote}`"),
                );
            }
            End::InBracket(at) => {
                let bracket = self.template.get(at..at + 1).unwrap_or_default();
                let closing = if bracket == "(" { ")" } else { "]" };
                self.told(at, format!("`{bracket}` is never closed"), format!("end it with `{closing}`"));
                return self.structure(code);
            }
            End::Never => {
                self.told(code.start, format!("`{start}` is never closed"), format!("end it with `{end}`"));
                return self.structure(code);
            }
            End::Wrongly => {
                self.told(
                    code.start,
                    format!("`{start}` is not closed by `{end}`"),
                    format!("end it with `{end}`"),
                );
                return self.structure(code);
            }
            End::Closed => {}
        }
        if code.is_statement {
            return self.structure(code);
        }
        let before = self.template.get(..code.start).unwrap_or_default();
        match (words.as_slice(), code.tokens.as_slice()) {
            ([], _) => {
                self.told(code.start, "`{{ }}` names nothing", "write, for example, `{{ environment }}`")
            }
            (["{", name, "}"], [_, token, _]) if token.kind == Kind::Name => {
                self.told(code.start, "`{{{` is one brace too many", format!("write `{{{{ {name} }}}}`"));
            }
            (["!", ..], [_, rest @ ..]) if rest.len() > 1 => {
                let inner = self.inner(rest).trim_matches(['-', ' ']);
                self.told(code.start, "`{{!` starts no comment here", format!("write `{{# {inner} #}}`"));
            }
            ([">", ..], [_, ..]) => {
                self.told(code.start, "`{{>` shows no other template here", "write the text here".to_owned());
            }
            (["&", name], _) => {
                self.told(code.start, "a name starts with no `&`", format!("write `{{{{ {name} }}}}`"));
            }
            (["@", "index"], _) => {
                self.told(code.start, "a name starts with no `@`", "write `{{ loop.index0 }}`".to_owned());
            }
            (["#", .., "#"], [_, inner @ .., _]) => {
                let inner = self.inner(inner);
                self.told(code.start, "`{{#` is one brace too many", format!("write `{{# {inner} #}}`"));
            }
            (["else"], _) if self.open.last().is_some_and(|open| open.is_told) => {
                // Told at the tag that it belongs to.
            }
            ([".", name, ..], [_, token, ..]) if token.kind == Kind::Name => {
                let known = closest(name, TEMPLATE_VARIABLES.iter().map(|variable| variable.name));
                let suggestion = match known.filter(|_| code.tokens.len() == 2) {
                    Some(known) => format!("write `{{{{ {known} }}}}`"),
                    None => "write, for example, `{{ deploy_name }}`".to_owned(),
                };
                self.told(code.start, "a name starts with no `.`", suggestion);
            }
            (["$", name, rest @ ..], _) => {
                // `$github.sha`: the last name says what is asked for.
                let name = if matches!(rest, [".", _]) { rest.last().unwrap_or(name) } else { name };
                let variables = TEMPLATE_VARIABLES.iter().map(|variable| variable.name);
                let is_known = is_variable(name) || self.gives(name);
                let known = is_known.then_some(*name).or_else(|| called_elsewhere(name));
                let suggestion = match known.or_else(|| closest(&name.to_lowercase(), variables)) {
                    Some(known) => format!("write `{{{{ {known} }}}}`"),
                    None => "write, for example, `{{ deploy_name }}`".to_owned(),
                };
                self.told(code.start, "a name starts with no `$`", suggestion);
            }
            ([word @ ("end" | "endif" | "endfor")], _) if self.open.is_empty() && !self.gives(word) => {
                self.told(code.start, format!("`{word}` ends nothing"), "leave it out");
            }
            (["#" | "/" | "^", word, ..], [first, _, rest @ ..]) => {
                let list = self.inner(rest);
                let tag = match *word {
                    _ if first.is("/") => self.closer(),
                    _ if first.is("^") => Some(format!("{{% if not {word} %}}")),
                    _ if is_variable(word) => Some(format!("{{% if {word} %}}")),
                    "if" => Some(format!("{{% if {list} %}}")),
                    "unless" => Some(format!("{{% if not {list} %}}")),
                    "each" => {
                        Some(format!("{{% for {} in {list} %}}", list.strip_suffix('s').unwrap_or("x")))
                    }
                    _ => None,
                };
                let opened = if *word == "each" { "for" } else { "if" };
                let is_closing = first.is("/");
                if is_closing && self.open.last().is_some_and(|open| open.is_told) {
                    // Told at the tag that it ends.
                    self.open.pop();
                    return;
                }
                let is_ended = !is_closing
                    && self.template.get(code.start..).is_some_and(|rest| rest.contains(&format!("/{word}")));
                let suggestion = match tag {
                    Some(tag) if is_ended => {
                        format!("write `{tag}`, and `{{% end{opened} %}}` where it ends")
                    }
                    Some(tag) => format!("write `{tag}`"),
                    None => "leave it out".to_owned(),
                };
                self.told(
                    code.start,
                    format!("`{}{word}` is not a tag of a template", first.text),
                    suggestion,
                );
                if is_closing {
                    self.open.pop();
                } else {
                    let start = code.start;
                    self.open.push(Open { word: opened, start, has_else: false, is_told: is_ended });
                }
            }
            (["if", ..], [_, rest @ ..])
                if rest.iter().any(|token| token.is("else"))
                    && !rest.first().is_some_and(|first| first.is("else")) =>
            {
                let place = |word: &str| rest.iter().position(|token| token.is(word));
                let part = |from: usize, to: usize| self.inner(rest.get(from..to).unwrap_or_default());
                let suggestion = match (place("then"), place("else")) {
                    (Some(then), Some(or)) if then < or => {
                        let (condition, this, that) =
                            (part(0, then), part(then + 1, or), part(or + 1, rest.len()));
                        format!("write `{{{{ {this} if {condition} else {that} }}}}`")
                    }
                    _ => "write, for example, `{{ 'this' if tags else 'that' }}`".to_owned(),
                };
                self.told(code.start, "`if` stands behind the value that it is for", suggestion);
            }
            ([word, ..], [first, rest @ ..])
                if first.kind == Kind::Name && is_tag(word, rest.first()) && !self.gives(word) =>
            {
                let (inner, condition) = (self.inner(&code.tokens), self.inner(rest));
                let tag = match *word {
                    "unless" => format!("{{% if not {condition} %}}"),
                    "elseif" | "elsif" => format!("{{% elif {condition} %}}"),
                    "else" if !rest.is_empty() => {
                        format!("{{% elif {} %}}", self.inner(rest.get(1..).unwrap_or_default()))
                    }
                    _ if word.starts_with("end") => {
                        self.closer().unwrap_or_else(|| format!("{{% {inner} %}}"))
                    }
                    _ => format!("{{% {inner} %}}"),
                };
                self.told(code.start, format!("`{word}` is a tag"), format!("write `{tag}`"));
                self.structure(code);
            }
            _ if before.ends_with('$') => {
                let inner = self.inner(&code.tokens);
                self.told(
                    code.start - 1,
                    "the `$` is shown as it is written",
                    format!("write `{{{{ {inner} }}}}`"),
                );
            }
            _ => {}
        }
    }

    /// Returns the text of the tokens, as it is written.
    fn inner(&self, tokens: &[Token<'_>]) -> &'t str {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return "" };
        self.template.get(first.start..last.end()).unwrap_or_default()
    }

    /// True if `set` or `for` gives this name to a value.
    fn gives(&self, name: &str) -> bool {
        ["set", "for"].iter().any(|tag| self.template.contains(&format!("{tag} {name} ")))
    }

    /// The tag that ends the innermost one that is open.
    fn closer(&self) -> Option<String> {
        self.open.last().map(|open| format!("{{% end{} %}}", open.word))
    }

    /// A slip, unless this code has one already.
    fn told_once(&mut self, code: &Code<'_>, message: impl Into<String>, suggestion: impl Into<String>) {
        if self.slips.last().is_none_or(|last| last.at < code.start) {
            self.told(code.start, message, suggestion);
        }
    }

    /// True if a message says already that the tag which `closing` ends does not exist.
    fn is_told_of(&self, closing: &str) -> bool {
        let tag = closing.strip_prefix("end").filter(|tag| FOREIGN.iter().any(|(name, _)| name == tag));
        let message = tag.map(|tag| format!("there is no tag `{tag}`"));
        message.is_some_and(|message| self.slips.iter().any(|slip| slip.message == message))
    }

    /// The opening and closing of tags.
    fn structure(&mut self, code: &Code<'t>) {
        let Some((first, rest)) = code.tokens.split_first() else {
            return self.told_once(code, "`{% %}` has no tag", "leave it out");
        };
        if self.braces(code) {
            return;
        }
        let word = first.text;
        let rest_text = self.inner(rest);
        let is = |index: usize, text: &str| rest.get(index).is_some_and(|token| token.is(text));
        if word == "else" && (is(0, "if") || is(0, "elif")) {
            let condition = self.inner(rest.get(1..).unwrap_or_default());
            if condition.is_empty() {
                return self.told_once(code, "`else if` has no condition", "write `{% else %}`");
            }
            return self.told_once(
                code,
                format!("`else {}` is one word", if is(0, "if") { "if" } else { "elif" }),
                format!("write `{{% elif {condition} %}}`"),
            );
        }
        if matches!(word, "elseif" | "elsif" | "elsef" | "elif_") {
            return self.told_once(
                code,
                format!("there is no tag `{word}`"),
                format!("write `{{% elif {rest_text} %}}`"),
            );
        }
        if OPENERS.contains(&word) {
            self.head(code, word, rest);
            let is_block =
                word != "set" || (!rest.iter().any(|token| token.is("=")) && rest.len() == 1 || is(1, "|"));
            if is_block {
                self.open.push(Open { word, start: code.start, has_else: false, is_told: false });
            }
        } else if MIDDLE.contains(&word) {
            self.middle(code, word, rest);
        } else if let Some(closed) = word.strip_prefix("end").filter(|closed| OPENERS.contains(closed)) {
            self.closing(code, closed, rest);
        } else if is_closing(word) {
            let is_left_out =
                word.strip_prefix("end").is_some_and(|tag| TAGS_LEFT_OUT.iter().any(|left| left.name == tag));
            let ended = self.open.last().map(|open| (open.word, open.is_told));
            let written = if word == "end" && !rest_text.is_empty() {
                format!("end {rest_text}")
            } else {
                word.to_owned()
            };
            if is_left_out {
                // Told at the tag that it ends.
                if self.slips.is_empty() {
                    self.told_once(code, format!("`{word}` ends nothing"), "leave it out");
                }
            } else if self.is_told_of(word) {
                // Told at the tag that it ends.
            } else if let Some((_, true)) = ended {
                self.open.pop();
            } else if let Some((ended, false)) = ended {
                self.told_once(
                    code,
                    format!("there is no tag `{written}`"),
                    format!("write `{{% end{ended} %}}`"),
                );
                self.open.pop();
            } else {
                self.told_once(code, format!("`{written}` ends nothing"), "leave it out");
            }
        } else if let ("/", Some(open)) = (word, self.open.last()) {
            let (right, is_told) = (format!("write `{{% end{} %}}`", open.word), open.is_told);
            self.open.pop();
            if !is_told {
                self.told_once(code, format!("there is no tag `/{rest_text}`"), right);
            }
        } else if matches!(word, "otherwise" | "empty")
            && self.open.last().is_some_and(|open| matches!(open.word, "if" | "for"))
        {
            self.told_once(code, format!("there is no tag `{word}`"), "write `{% else %}`");
        } else if is(0, "=") && first.kind == Kind::Name {
            let value = self.inner(&code.tokens);
            self.told_once(code, format!("there is no tag `{word}`"), format!("write `{{% set {value} %}}`"));
        } else if word == "#" {
            let right = format!("write `{{# {rest_text} #}}`");
            self.told_once(code, "`{% #` starts no comment", right);
        } else {
            self.unknown(code, word);
        }
    }

    /// A tag that there is not.
    fn unknown(&mut self, code: &Code<'t>, word: &'t str) {
        if let Some(left_out) = TAGS_LEFT_OUT.iter().find(|left| left.name == word) {
            return self.told_once(code, format!("`{word}` cannot be used in a template"), left_out.instead);
        }
        if is_variable(word) {
            let inner = self.inner(&code.tokens);
            return self.told_once(
                code,
                format!("`{word}` is not a tag"),
                format!("show it with `{{{{ {inner} }}}}`"),
            );
        }
        if word == "when" && self.open.last().is_some_and(|open| open.is_told) {
            // Told at its `case`.
            return;
        }
        if let Some((_, instead)) = FOREIGN.iter().find(|(foreign, _)| *foreign == word) {
            // What ends it would be told again.
            let opened = match word {
                "unless" | "switch" | "case" => Some("if"),
                "foreach" | "each" | "while" => Some("for"),
                _ => None,
            };
            self.open.extend(opened.map(|word| Open {
                word,
                start: code.start,
                has_else: false,
                is_told: true,
            }));
            return self.told_once(code, format!("there is no tag `{word}`"), *instead);
        }
        let lower = word.to_lowercase();
        let ends = OPENERS.map(|word| format!("end{word}"));
        let known = OPENERS.into_iter().chain(MIDDLE).chain(ends.iter().map(String::as_str));
        let message = format!("there is no tag `{word}`");
        let Some(meant) = closest(&lower, known) else {
            if self.template.contains(&format!("end{word}")) {
                // What ends it would be told again.
                self.open.push(Open { word, start: code.start, has_else: false, is_told: true });
            }
            let tags = "`if`, `for`, `set`, `with`, `filter`";
            return self.told_once(code, message, format!("the tags are {tags}"));
        };
        if let Some(opener) = OPENERS.into_iter().find(|opener| *opener == meant) {
            // `{% IF %}` with its `{% ENDIF %}` is one slip.
            let end = format!("end{opener}");
            let is_told = lower == opener
                && !self.template.contains(&end)
                && self.template.to_lowercase().contains(&end);
            self.open.push(Open { word: opener, start: code.start, has_else: false, is_told });
            if is_told {
                let rest = self.inner(code.tokens.get(1..).unwrap_or_default());
                let right = format!("write `{{% {opener} {rest} %}}`, and `{{% {end} %}}` where it ends");
                return self.told_once(code, message, right);
            }
        } else if meant.starts_with("end") {
            self.open.pop();
        }
        let rest = self.inner(code.tokens.get(1..).unwrap_or_default());
        let space = if rest.is_empty() { "" } else { " " };
        self.told_once(code, message, format!("write `{{% {meant}{space}{rest} %}}`"));
    }
}

fn is_variable(name: &str) -> bool {
    TEMPLATE_VARIABLES.iter().any(|variable| variable.name == name)
}

/// A word that ends a tag in some language, or tries to.
fn is_closing(word: &str) -> bool {
    word.to_lowercase().starts_with("end") || matches!(word, "fi" | "done" | "esac" | "od" | "next")
}

/// True if `word` at the start of `{{ … }}` is a tag, by the token behind it.
fn is_tag(word: &str, next: Option<&Token<'_>>) -> bool {
    let starts = ["if", "for", "elif", "elseif", "elsif", "set", "with", "unless"].contains(&word);
    let ends =
        word == "end" || word == "else" || word.strip_prefix("end").is_some_and(|tag| OPENERS.contains(&tag));
    match next {
        Some(next) if starts => !matches!(next.text, "|" | "~" | "." | "==" | "!=" | "["),
        Some(next) => word == "else" && next.is("if"),
        None => ends,
    }
}
