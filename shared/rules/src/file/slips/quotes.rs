//! Texts that need quotes.

use super::candidates::{Line, MAX_REPEATED, shown};
use super::keys::{is_key, takes_text};
use super::{Edit, Slip};
use crate::condition::meant;
use crate::problem::Position;

/// The slips of a line whose values need quotes.
pub(super) fn quotes(line: &Line<'_>, slips: &mut Vec<Slip>) {
    comment(line, slips);
    whole_value(line, slips);
    in_flow(line, slips);
    left_open(line, slips);
}

/// A quote or bracket that its line does not close, and an apostrophe that closes a quote.
fn left_open(line: &Line<'_>, slips: &mut Vec<Slip>) {
    // What a comment hides is not left open: the comment starts by accident.
    if line
        .text
        .get(line.text.find(line.content).unwrap_or(0) + line.content.len()..)
        .is_some_and(|rest| rest.contains(['}', ']']))
    {
        return;
    }
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote: Option<(usize, char)> = None;
    let mut before = ' ';
    let characters: Vec<char> = line.content.chars().collect();
    for (index, c) in characters.iter().copied().enumerate() {
        match (quote, c) {
            (None, '\'' | '"') if matches!(before, ' ' | '[' | '{' | ',' | ':' | '=') => {
                quote = Some((index, c))
            }
            (Some((start, open)), c) if c == open => {
                quote = None;
                apostrophe(line, &characters, start, slips);
            }
            (None, '[' | '{') => open.push((index, c)),
            (None, ']' | '}') => {
                let inner = open.last().copied().filter(|(_, opened)| closing(*opened) != c);
                if let Some((start, opened)) = inner
                    && open.iter().any(|(_, opened)| closing(*opened) == c)
                {
                    // `[a}`: the outer one ends where the inner one is open.
                    let put = closing(opened).to_string();
                    let suggestion = format!("write `{put}` before `{c}`");
                    let message = format!("`{opened}` is not closed");
                    let edits = vec![Edit { at: line.at(index), removed: 0, put }];
                    slips.push(Slip { at: line.at(start), message, suggestion, edits });
                    open.pop();
                }
                open.pop();
            }
            _ => {}
        }
        before = c;
    }
    let end = line.at(characters.len());
    let close = |(start, c): (usize, char), put: &str| {
        let edits = vec![Edit { at: end, removed: 0, put: put.to_owned() }];
        let suggestion = format!("write `{put}` at the end of the line");
        Slip { at: line.at(start), message: format!("`{c}` is not closed"), suggestion, edits }
    };
    if let Some((start, c)) = quote {
        // `'x"`: another quote ends it.
        let behind = characters.get(start + 1..).unwrap_or_default();
        let is_odd = |other: &&char| behind.iter().filter(|c| c == other).count() % 2 == 1;
        if let Some(other) = behind.last().filter(|last| matches!(last, '\'' | '"')).filter(is_odd) {
            let edits = vec![Edit { at: line.at(characters.len() - 1), removed: 1, put: c.to_string() }];
            let message = format!("`{c}` is not closed by `{other}`");
            let suggestion = format!("write `{c}` at the end of the line");
            slips.push(Slip { at: line.at(start), message, suggestion, edits });
            return;
        }
        // `'name:`: the key ends before its colon.
        if let (Some(':'), 0) = (characters.last(), start) {
            slips.push(closed_before(line, (start, c), characters.len() - 1, ':'));
        }
        // `{days: 'mon, tue, to: '10:00'}`: it ends before the comma of the next key.
        let text: String = characters.iter().skip(start + 1).collect();
        let next = text.match_indices(", ").map(|(at, _)| at).find(|at| {
            let rest = text.get(at + 2..).unwrap_or_default();
            rest.split_once(": ").is_some_and(|(word, _)| is_key(word))
        });
        if let Some(next) = next.filter(|_| !open.is_empty()) {
            let before = text.get(..next).unwrap_or_default().trim_end().chars().count();
            slips.push(closed_before(line, (start, c), start + 1 + before, ','));
        }
        // `{message: "{{ x }}}`: it ends before the brackets that are open.
        let closers: Vec<char> = open.iter().rev().map(|(_, bracket)| closing(*bracket)).collect();
        if let Some(sign) = closers.first().filter(|_| characters.ends_with(&closers)) {
            slips.push(closed_before(line, (start, c), characters.len() - closers.len(), *sign));
        }
        // `['a, b]` and `'a # a comment`: it ends before what follows.
        let ends = (start + 1..characters.len()).filter(|index| match characters.get(*index) {
            Some(',' | ']' | '}') => !open.is_empty(),
            Some('#') => characters.get(index - 1) == Some(&' '),
            Some(_) | None => false,
        });
        for index in ends.take(2) {
            let before = characters.get(..index).unwrap_or_default();
            let spaces = before.iter().rev().take_while(|c| **c == ' ').count();
            let sign = characters.get(index).copied().unwrap_or_default();
            slips.push(closed_before(line, (start, c), index - spaces, sign));
        }
        slips.push(close((start, c), &c.to_string()));
    } else if let Some(first) = open.first().copied() {
        let put: String = open.iter().rev().map(|(_, c)| closing(*c)).collect();
        slips.push(close(first, &put));
    }
}

/// A quote that is closed at `index`, before `sign`: in the place of another quote, where one stands there.
fn closed_before(line: &Line<'_>, (start, quote): (usize, char), index: usize, sign: char) -> Slip {
    let last = index.checked_sub(1).and_then(|last| line.content.chars().nth(last));
    let other = last.filter(|last| matches!(last, '\'' | '"') && *last != quote && index - 1 > start);
    let between = line.content.chars().skip(start + 1).take(index.saturating_sub(start + 1));
    let is_odd = between.filter(|c| Some(*c) == other).count() % 2 == 1;
    let (message, suggestion, removed) = match other.filter(|_| is_odd) {
        Some(other) => {
            (format!("`{quote}` is not closed by `{other}`"), format!("write `{quote}` in its place"), 1)
        }
        None => (format!("`{quote}` is not closed"), format!("write `{quote}` before the `{sign}`"), 0),
    };
    let edits = vec![Edit { at: line.at(index - removed), removed, put: quote.to_string() }];
    Slip { at: line.at(start), message, suggestion, edits }
}

/// Returns the sign that closes a bracket.
pub(super) fn closing(bracket: char) -> char {
    if bracket == '[' { ']' } else { '}' }
}

/// `'It's out'`: the value that starts with the quote at `start`, with other quotes around it.
fn apostrophe(line: &Line<'_>, characters: &[char], start: usize, slips: &mut Vec<Slip>) {
    let Some(value) = characters.get(start..) else { return };
    let (Some('\''), Some('\'')) = (value.first(), value.last()) else { return };
    let inner: String = value.iter().skip(1).take(value.len().saturating_sub(2)).collect();
    if !inner.contains('\'') || inner.contains(['"', '\\']) || value.len() < 3 {
        return;
    }
    // `''x''`: the quotes are there twice.
    let doubled = inner.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\''));
    if let Some(inner) = doubled.filter(|inner| !inner.is_empty() && !inner.contains('\'')) {
        let edits = vec![Edit { at: line.at(start), removed: value.len(), put: format!("'{inner}'") }];
        let message = "two quotes in the place of one".to_owned();
        slips.push(Slip {
            at: line.at(start),
            message,
            suggestion: format!("write '{}'", shown(inner)),
            edits,
        });
        return;
    }
    let quoted = format!("\"{inner}\"");
    // `'environment'='Staging'`: a condition whose variable has quotes.
    let whole: String = value.iter().collect();
    let condition = meant(&whole).filter(|_| start == 0);
    if let Some(right) = condition.filter(|_| crate::condition::parse(&inner).is_err()) {
        let suggestion = format!("write `{}`", shown(&right));
        let edits = vec![Edit { at: line.at(start), removed: value.len(), put: right }];
        let message = "a quote ends before the condition does".to_owned();
        slips.push(Slip { at: line.at(start), message, suggestion, edits });
        return;
    }
    let suggestion = suggestion(&quoted);
    let edits = vec![Edit { at: line.at(start), removed: value.len(), put: quoted }];
    let message = "an apostrophe ends this text".to_owned();
    slips.push(Slip { at: line.at(start), message, suggestion, edits });
}

/// `{channel: #deploys}`: a `#` within brackets that starts a comment.
fn comment(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let characters: Vec<char> = line.text.chars().collect();
    for (index, _) in characters.iter().enumerate().filter(|(_, c)| **c == '#') {
        let is_begun = index.checked_sub(1).is_none_or(|before| matches!(characters[before], ' ' | '['));
        let is_in_text = |c: &char| !matches!(c, ',' | '}' | ']');
        let before = characters.get(..index).unwrap_or_default();
        // What stands before it in the same value belongs to the text, too.
        let starts = before.iter().rposition(|c| matches!(c, ',' | '[' | '{' | ':')).map_or(0, |at| at + 1);
        let start = starts + before.iter().skip(starts).take_while(|c| **c == ' ').count();
        let word: String = if start == index {
            characters.iter().skip(index).take_while(|c| is_in_text(c) && **c != ' ').collect()
        } else {
            characters.iter().skip(start).take_while(|c| is_in_text(c)).collect()
        };
        let length = word.chars().count();
        // Elsewhere, what stands before it is a value, and it begins a comment.
        let key = line.content.split(':').next().unwrap_or_default();
        let is_within = before.contains(&'[') || before.contains(&'{') || start == index || takes_text(key);
        if !is_begun || !is_within || length < 2 || word.contains(['\'', '"']) {
            continue;
        }
        let at = Position { line: line.number, column: start + 1 };
        let edits = vec![Edit { at, removed: length, put: format!("'{word}'") }];
        let at = Position { line: line.number, column: index + 1 };
        let suggestion = format!("write '{word}' with quotes");
        slips.push(Slip { at, message: "`#` starts a comment".to_owned(), suggestion, edits });
    }
}

/// `prompt: {{ deploy_slack }}`, and whatever else can't be a value without quotes, up to the end of its
/// line.
fn whole_value(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let content = line.content;
    let start = match content.find(": ") {
        Some(at) if content.get(..at).is_some_and(is_plain_key) => at + 2,
        _ => 0,
    };
    let Some(value) = content.get(start..) else { return };
    let begin = start + value.len() - value.trim_start().len();
    let (value, before) = (value.trim_start(), content.get(..begin).unwrap_or(""));
    if value.is_empty() || (start == 0 && line.column == 1) {
        return;
    }
    let at = line.at(before.chars().count());
    if before.is_empty()
        && value.starts_with('!')
        && !value.starts_with("!!")
        && let Some(right) = meant(value)
    {
        let edits = vec![Edit { at, removed: value.chars().count(), put: right.clone() }];
        let suggestion = format!("write `{}`", shown(&right));
        slips.push(Slip { at, message: "there is no `!` in a condition".to_owned(), suggestion, edits });
    }
    if let Some((tag, _)) = value
        .split_once(' ')
        .filter(|(tag, rest)| tag.starts_with('!') && rest.starts_with(['[', '{', '\'', '"']))
    {
        let edits = vec![Edit { at, removed: tag.chars().count() + 1, put: String::new() }];
        let message = "tags (`!name`) mean nothing here".to_owned();
        slips.push(Slip { at, message, suggestion: format!("leave `{}` out", shown(tag)), edits });
        return;
    }
    // `"environment" = 'Staging'`: a condition whose variable has quotes.
    if let Some(right) = meant(value).filter(|_| before.is_empty() && value.starts_with(['"', '\''])) {
        let edits = vec![Edit { at, removed: value.chars().count(), put: right.clone() }];
        let message = "a quote ends before the condition does".to_owned();
        slips.push(Slip { at, message, suggestion: format!("write `{}`", shown(&right)), edits });
    }
    if let Some(put) = quotes_within(value) {
        let edits = vec![Edit { at, removed: value.chars().count(), put: put.clone() }];
        let message = "a `\"` within this text ends it".to_owned();
        slips.push(Slip { at, message, suggestion: suggestion(&put), edits });
    }
    let sign = value.chars().last().filter(|sign| matches!(sign, ',' | ';'));
    let is_whole = |plain: &&str| !plain.contains(['[', '{', ' ']) || plain.ends_with([']', '}', '\'', '"']);
    if let Some((sign, plain)) =
        sign.zip(value.strip_suffix([',', ';']).filter(is_whole).filter(|plain| !plain.is_empty()))
    {
        let edits = vec![Edit { at: line.at(content.chars().count() - 1), removed: 1, put: String::new() }];
        let message = format!("a `{sign}` ends no line outside of brackets");
        let suggestion = format!("write {}", shown(plain));
        slips.push(Slip { at: line.at(content.chars().count() - 1), message, suggestion, edits });
    }
    if let Some(inner) = backslashes(value) {
        let put = format!("'{inner}'");
        let edits = vec![Edit { at, removed: value.chars().count(), put: put.clone() }];
        let message = "a `\\` within double quotes starts an escape".to_owned();
        slips.push(Slip { at, message, suggestion: suggestion(&put), edits });
    }
    let Some((message, mended)) = needs_quotes(value) else { return };
    // `actions: - trigger_build`: a list is told as one.
    let key = before.trim_end().trim_end_matches(':');
    if value.starts_with("- ") && is_key(key) && !takes_text(key) {
        return;
    }
    // `channel: @ops`: the name of a channel starts with another sign.
    if let (Some(name), true) = (value.strip_prefix('@'), before.ends_with("channel: ")) {
        let put = format!("'#{name}'");
        let edits = vec![Edit { at, removed: value.chars().count(), put: put.clone() }];
        let message = "the name of a channel starts with `#`, not with `@`".to_owned();
        slips.push(Slip { at, message, suggestion: suggestion(&put), edits });
        return;
    }
    if value.starts_with('@') && value.contains(", ") {
        let each: Vec<String> = value.split(", ").map(quoted).collect();
        let list = format!("[{}]", each.join(", "));
        let edits = vec![Edit { at, removed: value.chars().count(), put: list.clone() }];
        slips.push(Slip { at, message: message.clone(), suggestion: suggestion(&list), edits });
    }
    if before.is_empty() {
        comparison(at, value, &mended, slips);
    }
    // `{{ x }} is out'`: only the quote before it is missing.
    let ended = mended.strip_suffix(['\'', '"']).filter(|text| !text.contains(['\'', '"']));
    let quoted = quoted(ended.unwrap_or(&mended));
    let suggestion = suggestion(&quoted);
    let edits = vec![Edit { at, removed: value.chars().count(), put: quoted }];
    slips.push(Slip { at, message, suggestion, edits });
}

/// A text in double quotes that has more of them within, in single quotes.
fn quotes_within(value: &str) -> Option<String> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    // Other languages have three quotes around a text.
    let unwrapped = inner.strip_prefix("\"\"").and_then(|inner| inner.strip_suffix("\"\""));
    if let Some(inner) = unwrapped.filter(|inner| !inner.is_empty() && !inner.contains(['"', '\\'])) {
        return Some(format!("'{}'", inner.replace('\'', "''")));
    }
    let plain = inner.replace("\\\"", "");
    let is_simple = plain.matches('"').count() > 0 && !plain.contains('\\');
    is_simple.then(|| format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "''")))
}

/// The text of a value in double quotes with a `\` that starts no escape, where it can stand in single
/// quotes.
fn backslashes(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    (inner.contains('\\') && !inner.contains(['\'', '"'])).then_some(inner)
}

/// `- {{ environment }} = 'x'`: a condition that names its variable as a template does.
fn comparison(at: Position, value: &str, mended: &str, slips: &mut Vec<Slip>) {
    let plain = mended.replace("{{", "").replace("}}", "");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if mended.contains("{{") && plain.contains(['=', '<', '>']) && crate::condition::parse(&plain).is_ok() {
        let message = "a condition names its variables without `{{ }}`".to_owned();
        let edits = vec![Edit { at, removed: value.chars().count(), put: plain.clone() }];
        slips.push(Slip { at, message, suggestion: format!("write `- {}`", shown(&plain)), edits });
    }
}

/// Returns the reason for which a value can't stand without quotes, and the value as it is meant; `None`: it
/// can, or has some.
fn needs_quotes(value: &str) -> Option<(String, String)> {
    if value.starts_with(['\'', '"']) {
        return None;
    }
    if let Some(inner) = value.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        return Some(("backticks are no quotes in YAML".to_owned(), inner.to_owned()));
    }
    if value.starts_with("{ {") || value.contains("{ {") && value.contains("} }") {
        let mended = value.replace("{ {", "{{").replace("} }", "}}");
        return Some(("a template without quotes, whose braces a formatter has split".to_owned(), mended));
    }
    if value.starts_with("{{") || value.starts_with("{%") {
        return Some(("a template without quotes".to_owned(), value.to_owned()));
    }
    if let Some(behind) = behind_bracket(value) {
        let is_text = !behind.starts_with([',', ':', '#', ']', '}', '(']);
        let message = "a text without quotes cannot start with a bracket".to_owned();
        return is_text.then(|| (message, value.to_owned()));
    }
    if value.starts_with('{') || value.starts_with('[') {
        return None;
    }
    // `*name` alone is an alias of which the anchor is missing; `*bold*` is none.
    let is_alias = value.starts_with(['*', '&']) && !value.contains(' ') && !value.ends_with('*');
    // `&name [a, b]`: an anchor, and what it stands for.
    let is_anchor =
        value.strip_prefix('&').is_some_and(|name| name.starts_with(|c: char| c.is_alphanumeric()));
    if value.starts_with(['@', '`', '%', '*', '&', '!']) && !is_alias && !is_anchor {
        let first: String = value.chars().take(1).collect();
        return Some((format!("a value without quotes cannot start with `{first}`"), value.to_owned()));
    }
    if let Some((sign, text)) =
        value.split_once(' ').filter(|(sign, _)| matches!(*sign, "|" | ">" | "|-" | ">-"))
    {
        return Some((format!("a text on the line of its `{sign}`"), text.trim().to_owned()));
    }
    if let Some(sign) = ["- ", "? "].into_iter().find(|sign| value.starts_with(sign)) {
        return Some((
            format!("a value without quotes cannot start with `{}`", sign.trim()),
            value.to_owned(),
        ));
    }
    if value.contains(": ") || (value.ends_with(':') && value.contains(' ')) {
        return Some(("a `:` within a text without quotes".to_owned(), value.to_owned()));
    }
    None
}

/// The rest of a text behind the bracket that its first character opens; `None`: there is none.
fn behind_bracket(value: &str) -> Option<&str> {
    let close = match value.chars().next()? {
        '[' => ']',
        '{' => '}',
        _ => return None,
    };
    let inner = value.get(1..)?;
    let end = inner.find(close).filter(|end| !inner.get(..*end).unwrap_or_default().contains(['[', '{']))?;
    inner.get(end + 1..).map(str::trim_start).filter(|rest| !rest.is_empty())
}

/// `[@sre, {{ x }}]`: values within brackets.
fn in_flow(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let characters: Vec<char> = line.text.chars().collect();
    let mut before = ' ';
    for (index, c) in characters.iter().enumerate() {
        let begins = matches!(before, '[' | ',' | ':' | '{') || index == 0;
        if *c != ' ' {
            before = *c;
        }
        let next = characters.get(index + 1);
        let is_template = *c == '{'
            && (next == Some(&'{') || (next == Some(&' ') && characters.get(index + 2) == Some(&'{')));
        let rest: String = characters.iter().skip(index).collect();
        if let Some(value) = with_template(&rest).filter(|_| begins && !is_template) {
            let quoted = quoted(value);
            let at = Position { line: line.number, column: index + 1 };
            let suggestion = suggestion(&quoted);
            let edits = vec![Edit { at, removed: value.chars().count(), put: quoted }];
            let message = "a template without quotes".to_owned();
            slips.push(Slip { at, message, suggestion, edits });
        }
        if !begins || !(is_template || matches!(c, '@' | '`' | '%')) {
            continue;
        }
        let length = if is_template {
            let closed = rest.find("}}").map(|at| at + 2).or_else(|| rest.find("} }").map(|at| at + 3));
            closed.and_then(|at| rest.get(..at)).map(|text| {
                let tail = rest.get(text.len()..).unwrap_or("");
                text.chars().count() + tail.chars().take_while(|c| !matches!(c, ',' | '}' | ']')).count()
            })
        } else {
            Some(rest.chars().take_while(|c| !matches!(c, ',' | '}' | ']')).count())
        };
        let Some(length) = length else { continue };
        let value: String = rest.chars().take(length).collect();
        let Some((message, mended)) = needs_quotes(value.trim_end()) else { continue };
        let quoted = quoted(&mended);
        let at = Position { line: line.number, column: index + 1 };
        let suggestion = suggestion(&quoted);
        let edits = vec![Edit { at, removed: value.trim_end().chars().count(), put: quoted }];
        slips.push(Slip { at, message, suggestion, edits });
    }
}

/// A plain text with a template in it at the start of `rest`, which stands within braces, up to the comma or
/// bracket that ends it: `https://acme.example/{{ revision }}`.
fn with_template(rest: &str) -> Option<&str> {
    if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '#') {
        return None;
    }
    let mut end = 0;
    let mut has_template = false;
    while let Some(tail) = rest.get(end..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("{{") {
            has_template = true;
            end += tail.find("}}")? + 2;
        } else if tail.starts_with([',', '}', ']', '{', '[', '\'', '"']) {
            break;
        } else {
            end += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    let value = rest.get(..end)?.trim_end();
    let is_value = has_template && !value.contains(": ") && !value.contains(" #");
    is_value.then_some(value)
}

fn is_plain_key(key: &str) -> bool {
    !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\'' | '"' | ' ' | '<'))
}

pub(super) fn quoted(value: &str) -> String {
    if value.contains('\'') && !value.contains(['"', '\\']) {
        format!("\"{value}\"")
    } else {
        format!("'{}'", value.replace('\'', "''"))
    }
}

pub(super) fn suggestion(quoted: &str) -> String {
    if quoted.chars().count() <= MAX_REPEATED {
        format!("write {quoted}")
    } else {
        format!("put the whole text into quotes: {}", shown(quoted))
    }
}
