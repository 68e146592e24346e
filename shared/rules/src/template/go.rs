//! Go's templates, and Helm's, which have tags, functions and names of another kind between the same braces.

use super::code::{Code, End, Kind, Piece, Slip, Token};
use crate::reference::TEMPLATE_VARIABLES;
use crate::suggest::closest;
use std::collections::BTreeSet;

/// Tags that `{{ end }}` ends.
const OPENERS: [&str; 5] = ["if", "range", "with", "define", "block"];
/// What shows another template.
const OTHERS: [&str; 4] = ["template", "include", "tpl", "define"];
/// The longest code that a suggestion repeats, in characters.
const LONGEST: usize = 160;
/// The deepest brackets that are read.
const DEEPEST: usize = 8;

/// The slips of Go's templates, and the numbers of the pieces that they are about: of a tag with what it
/// ends, one.
pub(super) fn slips(template: &str, pieces: &[Piece<'_>]) -> (Vec<Slip>, BTreeSet<usize>) {
    let (mut slips, mut covered) = (Vec::new(), BTreeSet::new());
    let mut named: Vec<&str> = Vec::new();
    let mut index = 0;
    while let Some(piece) = pieces.get(index) {
        let Piece::Code(code) = piece else {
            index += 1;
            continue;
        };
        let first = index;
        index += 1;
        if code.is_statement || code.end != End::Closed {
            continue;
        }
        if let Some(end) = end_of(pieces, first) {
            let group = pieces.get(first..=end).unwrap_or_default();
            slips.push(block(template, code, group));
            covered.extend(first..=end);
            index = end + 1;
        } else if let [sign, name] = code.tokens.as_slice()
            && sign.is("$")
            && named.contains(&name.text)
        {
            // Told where it gets its value.
            covered.insert(first);
        } else if let Some(slip) = alone(template, code) {
            slips.push(slip);
            covered.insert(first);
            named.extend(code.tokens.get(1).filter(|_| code.tokens[0].is("$")).map(|name| name.text));
        }
    }
    (slips, covered)
}

/// The number of the piece that ends the tag in `{{ … }}` at `first`; `None`: it is no such tag, or has no
/// such end.
fn end_of(pieces: &[Piece<'_>], first: usize) -> Option<usize> {
    let mut open = 0_usize;
    for (index, piece) in pieces.iter().enumerate().skip(first) {
        let Piece::Code(code) = piece else { continue };
        match word(code) {
            Some(word) if OPENERS.contains(&word) && is_opener(code) => open += 1,
            Some("end" | "endif" | "endfor" | "endwith" | "endrange") => {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return (index > first).then_some(index);
                }
            }
            _ => {}
        }
        if open == 0 {
            return None;
        }
    }
    None
}

/// The first word of `{{ … }}`.
fn word<'t>(code: &Code<'t>) -> Option<&'t str> {
    let first = code.tokens.first().filter(|first| first.kind == Kind::Name && !code.is_statement)?;
    Some(first.text)
}

fn is_end(code: &Code<'_>) -> bool {
    word(code) == Some("end")
}

/// True for a tag, and not for a value of that name, nor for `{{ if a then b else c }}`.
fn is_opener(code: &Code<'_>) -> bool {
    let next = code.tokens.get(1);
    let is_value = next.is_none_or(|next| matches!(next.text, "|" | "~" | "=="));
    !is_value && code.tokens.iter().all(|token| !token.is("else"))
}

/// A tag with everything up to its end.
fn block(template: &str, code: &Code<'_>, group: &[Piece<'_>]) -> Slip {
    let ends = group.last().is_some_and(|last| matches!(last, Piece::Code(code) if is_end(code)));
    let word = word(code).unwrap_or_default();
    let message = match ends {
        true => format!("`{word}` is a tag of Go's templates"),
        false => format!("`{word}` is a tag"),
    };
    if matches!(word, "define" | "block") {
        return Slip::new(code.start, message, "write the text where it is used".to_owned());
    }
    let mut writer = Writer { template, open: Vec::new() };
    let written: Option<String> = group.iter().map(|piece| writer.piece(piece)).collect();
    let is_sound =
        |written: &String| written.chars().count() <= LONGEST && super::check::check(written).is_ok();
    if let Some(written) = written.filter(is_sound) {
        return Slip::new(code.start, message, format!("write `{written}`"));
    }
    let mut writer = Writer { template, open: Vec::new() };
    let head = writer.code(code);
    let end = writer.open.last().map_or("if", |open| open.tag);
    let right = match head {
        Some(head) => format!("write `{head}`, and `{{% end{end} %}}` where it ends"),
        None if end == "for" => {
            "write, for example, `{% for pr in prs %}{{ pr.title }}{% endfor %}`".to_owned()
        }
        None => "write, for example, `{% if tags %}{{ tags }}{% endif %}`".to_owned(),
    };
    Slip::new(code.start, message, right)
}

/// One `{{ … }}` that calls a function as Go does, or gives a name to a value.
fn alone(template: &str, code: &Code<'_>) -> Option<Slip> {
    let (first, rest) = code.tokens.split_first()?;
    if first.kind == Kind::Name && OTHERS.contains(&first.text) && rest.first()?.kind == Kind::Text {
        let message = format!("`{}` shows another of Go's templates", first.text);
        return Some(Slip::new(code.start, message, "write the text where it is used".to_owned()));
    }
    let is_call = first.kind == Kind::Name
        && first.text != "not"
        && !is_variable(first.text)
        && rest.first().is_some_and(begins_value)
        && (1..=3).any(|count| function(first.text, &vec!["a".to_owned(); count]).is_some());
    let writer = Writer { template, open: Vec::new() };
    if is_call {
        let written = writer.expression(&code.tokens, 0)?;
        let message = format!("`{}` is a function of Go's templates", first.text);
        let written = format!("{{{{ {written} }}}}");
        let right = match super::check::check(&written) {
            Ok(_) => format!("write `{written}`"),
            Err(_) => "a filter stands behind its value, for example `{{ environment | upper }}`".to_owned(),
        };
        return Some(Slip::new(code.start, message, right));
    }
    // `{{ $x := environment }}`
    let named = rest.first().filter(|name| first.is("$") && name.kind == Kind::Name)?;
    let value = rest.get(1..).filter(|rest| is_assignment(rest))?.get(2..)?;
    let value = writer.expression(value, 0)?;
    let message = "`:=` gives a name to a value in Go's templates".to_owned();
    let name = named.text;
    let set = format!("`{{% set {name} = {value} %}}`");
    let right = match template.matches(&format!("${name}")).count() {
        0 | 1 => format!("write {set}"),
        _ => format!("put {set} in its place, and `{{{{ {name} }}}}` where it is shown"),
    };
    Some(Slip::new(code.start, message, right))
}

fn is_assignment(tokens: &[Token<'_>]) -> bool {
    tokens.first().is_some_and(|token| token.is(":")) && tokens.get(1).is_some_and(|token| token.is("="))
}

/// True where a token begins a value that stands beside another.
fn begins_value(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Text | Kind::Number => true,
        Kind::Name => token.is_value_name(),
        Kind::Sign => matches!(token.text, "$"),
    }
}

fn is_variable(name: &str) -> bool {
    TEMPLATE_VARIABLES.iter().any(|variable| variable.name == name)
}

/// A tag that is open.
struct Open {
    /// What ends it here.
    tag: &'static str,
    /// What `.` stands for in it.
    dot: Option<String>,
    /// The name that counts its rounds.
    counter: Option<String>,
}

struct Writer<'t> {
    template: &'t str,
    open: Vec<Open>,
}

impl Writer<'_> {
    /// A piece of Go's template as it is written here; `None`: that can't be told.
    fn piece(&mut self, piece: &Piece<'_>) -> Option<String> {
        match piece {
            Piece::Text(_, text) if text.contains('\n') => None,
            Piece::Text(_, text) => Some((*text).to_owned()),
            Piece::Comment(..) => None,
            Piece::Code(code) => self.code(code),
        }
    }

    fn code(&mut self, code: &Code<'_>) -> Option<String> {
        if code.is_statement || code.end != End::Closed {
            return None;
        }
        let (first, rest) = code.tokens.split_first()?;
        let open = |tag| Open { tag, dot: None, counter: None };
        match first.text {
            "if" => {
                let condition = self.expression(rest, 0);
                self.open.push(open("if"));
                Some(format!("{{% if {} %}}", condition?))
            }
            "with" => {
                let value = self.expression(rest, 0);
                self.open.push(Open { dot: value.clone(), ..open("if") });
                Some(format!("{{% if {} %}}", value?))
            }
            "range" => {
                let (names, list) = names_of(rest);
                let list = self.expression(list, 0);
                let last = names.last().map(|name| (*name).to_owned());
                let list_name = list.as_deref().unwrap_or_default();
                let one = list_name
                    .strip_suffix('s')
                    .filter(|one| one.chars().all(|c| c.is_alphanumeric() || c == '_'));
                let one = last.unwrap_or_else(|| one.unwrap_or("item").to_owned());
                let counter = names.first().filter(|_| names.len() > 1).map(|name| (*name).to_owned());
                self.open.push(Open { tag: "for", dot: Some(one.clone()), counter });
                Some(format!("{{% for {one} in {} %}}", list?))
            }
            "else" => match rest.split_first() {
                None => Some("{% else %}".to_owned()),
                Some((word, rest)) if word.is("if") => {
                    Some(format!("{{% elif {} %}}", self.expression(rest, 0)?))
                }
                Some(_) => None,
            },
            "end" | "endif" | "endfor" | "endwith" | "endrange" if rest.is_empty() => {
                Some(format!("{{% end{} %}}", self.open.pop()?.tag))
            }
            _ => Some(format!("{{{{ {} }}}}", self.expression(&code.tokens, 0)?)),
        }
    }

    /// `f a b | g c` as an expression of this language.
    fn expression(&self, tokens: &[Token<'_>], depth: usize) -> Option<String> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        if depth > DEEPEST {
            return None;
        }
        // What is an expression here already.
        let is_gos = |token: &Token<'_>| matches!(token.text, "$" | ":") && token.kind == Kind::Sign;
        let is_ours = tokens.iter().any(|token| {
            matches!(token.text, "==" | "!=" | "~" | "in" | "is" | ">" | "<" | ">=" | "<=")
                && token.kind != Kind::Text
        });
        if is_ours {
            let is_dotted = first.is(".");
            return (!is_dotted && !tokens.iter().any(is_gos))
                .then(|| self.template.get(first.start..last.end()))?
                .map(str::to_owned);
        }
        let mut value: Option<String> = None;
        for call in split(tokens) {
            let mut atoms = self.atoms(call, depth)?;
            atoms.extend(value.take());
            let (name, values) = atoms.split_first()?;
            value = Some(match values {
                [] => name.clone(),
                _ => function(name, values)?,
            });
        }
        value
    }

    /// The values of a call, each as it is written here, and the function's name before them.
    fn atoms(&self, tokens: &[Token<'_>], depth: usize) -> Option<Vec<String>> {
        let mut atoms = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            if token.is("(") {
                let length = closing(tokens.get(at..)?)?;
                let inner = self.expression(tokens.get(at + 1..at + length)?, depth + 1)?;
                let is_plain = inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
                atoms.push(if is_plain { inner } else { format!("({inner})") });
                at += length + 1;
                continue;
            }
            // A name with its fields: they stand next to each other.
            let mut end = at + 1;
            let mut is_name = token.kind == Kind::Name;
            while let Some(next) = tokens.get(end).filter(|next| next.start == tokens[end - 1].end()) {
                let is_field = next.is(".") || (next.kind == Kind::Name && !is_name);
                if !is_field || token.kind == Kind::Text || token.kind == Kind::Number {
                    break;
                }
                is_name = next.kind == Kind::Name;
                end += 1;
            }
            let parts: Vec<&str> = tokens.get(at..end)?.iter().map(|token| token.text).collect();
            atoms.push(self.atom(&parts, token.kind)?);
            at = end;
        }
        Some(atoms)
    }

    fn atom(&self, parts: &[&str], kind: Kind) -> Option<String> {
        let names: Vec<&str> = parts.iter().copied().filter(|part| !matches!(*part, "." | "$")).collect();
        let dot = self.open.iter().rev().find_map(|open| open.dot.clone());
        match (parts, kind) {
            ([one], Kind::Text | Kind::Number) => Some((*one).to_owned()),
            (["nil"], _) => Some("none".to_owned()),
            (["."], _) => dot,
            (["$", ".", ..], _) => field(&names),
            (["$", name], _) if self.open.iter().any(|open| open.counter.as_deref() == Some(*name)) => {
                Some("loop.index0".to_owned())
            }
            (["$", ..], _) => Some(names.join(".")).filter(|name| !name.is_empty()),
            ([".", ..], _) => match dot {
                // `.Title` of an element.
                Some(dot) if self.open.iter().any(|open| open.tag == "for") => {
                    Some(format!("{dot}.{}", names.join(".").to_lowercase()))
                }
                _ => field(&names),
            },
            ([_, ..], Kind::Name) => Some(parts.concat()),
            _ => None,
        }
    }
}

/// The variable that a field such as `.Environment` or `.Values.environment` stands for.
fn field(names: &[&str]) -> Option<String> {
    let [name] = names else { return None };
    let mut snake = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
        before = c;
    }
    closest(&snake, TEMPLATE_VARIABLES.iter().map(|variable| variable.name)).map(str::to_owned)
}

/// The names that `range` gives, and its list.
fn names_of<'a, 't>(tokens: &'a [Token<'t>]) -> (Vec<&'t str>, &'a [Token<'t>]) {
    let assignment = (0..tokens.len()).find(|at| is_assignment(tokens.get(*at..).unwrap_or_default()));
    let Some(at) = assignment else { return (Vec::new(), tokens) };
    let names = tokens.get(..at).unwrap_or_default().iter().filter(|token| token.kind == Kind::Name);
    (names.map(|token| token.text).collect(), tokens.get(at + 2..).unwrap_or_default())
}

/// The calls of a pipeline.
fn split<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a [Token<'t>]> {
    let (mut calls, mut start, mut nesting) = (Vec::new(), 0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            _ if token.kind != Kind::Sign => {}
            "(" => nesting += 1,
            ")" => nesting = nesting.saturating_sub(1),
            "|" if nesting == 0 => {
                calls.extend(tokens.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    calls.extend(tokens.get(start..));
    calls
}

/// The place of the bracket that closes the one at the start.
fn closing(tokens: &[Token<'_>]) -> Option<usize> {
    let mut nesting = 0_usize;
    tokens.iter().position(|token| {
        if token.is("(") {
            nesting += 1;
        } else if token.is(")") {
            nesting = nesting.saturating_sub(1);
        }
        nesting == 0
    })
}

/// What a function of Go's templates, or of Helm's, is here. Source:
/// <https://pkg.go.dev/text/template#hdr-Functions>, <https://masterminds.github.io/sprig/>.
fn function(name: &str, values: &[String]) -> Option<String> {
    let last = values.last()?;
    let one = |filter: &str| Some(format!("{last} | {filter}"));
    Some(match (name, values) {
        ("eq", [a, b]) => format!("{a} == {b}"),
        ("eq", [a, others @ ..]) if others.len() > 1 => format!("{a} in [{}]", others.join(", ")),
        ("ne", [a, b]) => format!("{a} != {b}"),
        ("lt", [a, b]) => format!("{a} < {b}"),
        ("le", [a, b]) => format!("{a} <= {b}"),
        ("gt", [a, b]) => format!("{a} > {b}"),
        ("ge", [a, b]) => format!("{a} >= {b}"),
        ("and", [_, _, ..]) => values.join(" and "),
        ("or" | "coalesce", [_, _, ..]) => values.join(" or "),
        ("not" | "empty", [a]) => format!("not {a}"),
        ("index" | "get", [a, b]) => format!("{a}[{b}]"),
        ("len", [_]) => one("length")?,
        ("upper" | "toUpper" | "ToUpper", [_]) => one("upper")?,
        ("lower" | "toLower" | "ToLower", [_]) => one("lower")?,
        ("title", [_]) => one("title")?,
        ("trim" | "trimSpace", [_]) => one("trim")?,
        ("first", [_]) => one("first")?,
        ("last", [_]) => one("last")?,
        ("urlquery" | "urlencode", [_]) => one("urlencode")?,
        ("toJson" | "toJSON" | "mustToJson", [_]) => one("tojson")?,
        // A value is shown as it is.
        ("quote" | "squote" | "toString" | "print" | "html", [_]) => last.clone(),
        ("print" | "println", [_, _, ..]) => values.join(" ~ "),
        ("printf", [format, values @ ..]) if !values.is_empty() => {
            format!("{format} | format({})", values.join(", "))
        }
        ("default", [default, _]) => format!("{last} | default({default})"),
        ("trunc", [length, _]) => format!("{last}[:{length}]"),
        ("join", [sign, _]) => format!("{last} | join({sign})"),
        ("replace", [old, new, _]) => format!("{last} | replace({old}, {new})"),
        ("contains", [part, _]) => format!("{part} in {last}"),
        ("hasPrefix", [start, _]) => format!("{last} is startingwith({start})"),
        ("hasSuffix", [end, _]) => format!("{last} is endingwith({end})"),
        ("ternary", [this, that, _]) => format!("{this} if {last} else {that}"),
        ("list", [_, ..]) => format!("[{}]", values.join(", ")),
        _ => return None,
    })
}
