//! Lists and mappings within brackets.

use super::candidates::{Line, assigned, insert, shown};
use super::keys::{is_action, is_key, takes_list, takes_text};
use super::quotes::{closing, quoted, suggestion};
use super::{Edit, Slip};

/// Most repairs of one kind that are tried in a line.
const MOST: usize = 6;

/// The slips of a line with brackets.
pub(super) fn flow(line: &Line<'_>, slips: &mut Vec<Slip>) {
    keys(line, slips);
    comma(line, slips);
    named(line, slips);
    quotes_within(line, slips);
    plain_text(line, slips);
    unclosed(line, slips);
}

/// `{channel '#a'}` and `{channel:'#a'}`: keys within braces.
fn keys(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let mut begins = false;
    let mut quote = None;
    let mut is_code = false;
    for (at, c) in line.content.char_indices() {
        // What stands in `{{ … }}` is no key.
        let rest = line.content.get(at..).unwrap_or_default();
        is_code = rest.starts_with("{{") || (is_code && !rest.starts_with("}}"));
        if is_code {
            begins = false;
            continue;
        }
        match quote {
            None if matches!(c, '\'' | '"') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => {}
        }
        if quote.is_some() {
            continue;
        }
        let starts = begins && c != ' ';
        begins = matches!(c, '{' | ',') || (begins && c == ' ');
        let Some(rest) = line.content.get(at..).filter(|_| starts) else { continue };
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let Some((word, behind)) = rest.split_at_checked(length).filter(|(word, _)| is_key(word)) else {
            continue;
        };
        let before = line.content.get(..at + length).unwrap_or("").chars().count();
        let is_sign =
            |(sign, value): &(&str, &str)| !matches!(*sign, ":" | "==") && !value.starts_with(['=', '~']);
        if let Some((sign, value)) = assigned(behind).filter(is_sign) {
            // `{from='@sre'}`
            let removed = behind.chars().count() - value.chars().count();
            let at = line.at(before);
            let shown = shown(value.split([',', '}']).next().unwrap_or_default().trim_end());
            let edits = vec![Edit { at, removed, put: ": ".to_owned() }];
            let message = format!("`{sign}` behind the key `{word}`");
            slips.push(Slip { at, message, suggestion: format!("write `{word}: {shown}`"), edits });
            continue;
        }
        let value = behind.trim_start_matches([':', ' ']).split([',', '}']).next().unwrap_or("").trim_end();
        let right = format!("write `{word}: {}`", shown(value));
        if let Some(tight) = behind.strip_prefix(':') {
            if !tight.starts_with(' ') && !value.is_empty() {
                let message = format!("the `:` behind `{word}` needs a space behind it");
                slips.push(insert(line.at(before + 1), " ", &message, right));
            }
        } else if behind.starts_with(' ') && !value.is_empty() {
            slips.push(insert(line.at(before), ":", &format!("`{word}` has no `:` behind it"), right));
        }
    }
}

/// `{channel: '#a' votes_required: 2}`: a key within braces without a comma before it.
fn comma(line: &Line<'_>, slips: &mut Vec<Slip>) {
    if !line.content.contains('{') {
        return;
    }
    for (at, _) in line.content.match_indices(": ") {
        let before = line.content.get(..at).unwrap_or_default();
        let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        let head = before.strip_suffix(word).unwrap_or_default();
        let value = head.trim_end();
        let is_apart =
            head.ends_with(' ') && !value.ends_with(['{', ',', ':', '[', '-']) && !value.is_empty();
        if is_key(word) && is_apart {
            let place = line.at(value.chars().count());
            slips.push(insert(
                place,
                ",",
                &format!("no `,` stands before `{word}`"),
                format!("write `, {word}:`"),
            ));
        }
    }
}

/// `- canary {actions: [trigger_build]}`: a rule whose name has no `:`.
fn named(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some((before, rest)) = line.content.split_once('{').filter(|_| line.column > line.indent + 1) else {
        return;
    };
    let name = before.trim_end_matches([' ', '=', ':', '>']);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.' | '/');
    let is_name = !name.is_empty() && !is_key(name) && name.chars().all(is_plain);
    if !is_name || before.ends_with(": ") || rest.starts_with(['{', '%']) {
        return;
    }
    let at = line.at(name.chars().count());
    let removed = before.chars().count() - name.chars().count();
    let edits = vec![Edit { at, removed, put: ": ".to_owned() }];
    let message = match before.ends_with(':') {
        true => format!("the `:` behind `{name}` needs a space behind it"),
        false => format!("`{name}` has no `:` behind it"),
    };
    let right = format!("write `{name}: {{{}`", shown(rest));
    slips.push(Slip { at, message, suggestion: right, edits });
}

/// The brackets that are open at the end of `text`, each with the number of characters before it. Those
/// within quotes and the braces of a template are none.
fn open_in(text: &str) -> Vec<(usize, char)> {
    let mut open = Vec::new();
    let (mut quote, mut before, mut skipped) = (None, ' ', 0_usize);
    let characters: Vec<char> = text.chars().collect();
    for (index, c) in characters.iter().copied().enumerate() {
        let next = characters.get(index + 1).copied();
        match (quote, c) {
            _ if skipped > 0 => skipped -= 1,
            (None, '\'' | '"') if matches!(before, ' ' | '[' | '{' | ',' | ':' | '=') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            // `{{ x }}`, but for a `{{` that stands for a `{`.
            (None, '{') if next == Some('{') && is_code(&characters, index) => {
                let rest = characters.get(index..).unwrap_or_default();
                skipped = rest.windows(2).position(|pair| pair == ['}', '}']).unwrap_or(0) + 1;
            }
            (None, '[' | '{') => open.push((index, c)),
            (None, ']' | '}') => {
                open.pop();
            }
            _ => {}
        }
        before = c;
    }
    open
}

/// True if the code of a template starts with the two braces at `index`, and no key.
fn is_code(characters: &[char], index: usize) -> bool {
    let rest: String = characters.iter().skip(index + 2).collect();
    rest.split_once("}}").is_some_and(|(code, _)| !code.contains(": "))
}

/// `{message: 'It's out'}`: a quote within the text that it stands around.
fn quotes_within(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let characters: Vec<char> = line.content.chars().collect();
    let ends_value = |index: usize| {
        let mut behind = characters.iter().skip(index + 1);
        behind.find(|c| **c != ' ').is_none_or(|c| matches!(c, ',' | '}' | ']'))
    };
    let (mut is_flow, mut before, mut count) = (false, ' ', 0);
    for (start, c) in characters.iter().copied().enumerate() {
        let begins = matches!(before, '[' | '{' | ',' | ':');
        let next = characters.get(start + 1);
        is_flow |= c == '[' || (c == '{' && before != '{' && !matches!(next, Some('{' | '%')));
        before = if c == ' ' { before } else { c };
        if !begins || !is_flow || !matches!(c, '\'' | '"') {
            continue;
        }
        for end in (start + 2..characters.len()).filter(|end| characters[*end] == c && ends_value(*end)) {
            let inner: String = characters.get(start + 1..end).unwrap_or_default().iter().collect();
            let doubled = inner.strip_prefix(c).and_then(|inner| inner.strip_suffix(c));
            let plain = inner.replace("\\\"", "").replace("''", "");
            if !plain.contains(c) || has_values(&inner, c) || count == MOST {
                continue;
            }
            count += 1;
            let text = doubled.unwrap_or(&inner).replace("\\'", "'").replace("\\\"", "\"");
            let put = quoted(&text);
            let message = match (doubled, c) {
                (Some(_), _) => "two quotes in the place of one".to_owned(),
                (None, '\'') => "an apostrophe ends this text".to_owned(),
                (None, _) => "a `\"` within this text ends it".to_owned(),
            };
            let edits = vec![Edit { at: line.at(start), removed: end + 1 - start, put: put.clone() }];
            slips.push(Slip { at: line.at(start), message, suggestion: suggestion(&put), edits });
        }
    }
}

/// True if `inner`, which has quotes of the kind `quote`, goes on with another value: `a', to: 'b`.
fn has_values(inner: &str, quote: char) -> bool {
    let is_code = inner.starts_with("{{") || inner.starts_with("{%");
    let mut pieces = inner.split(quote);
    !is_code && pieces.any(|piece| piece.trim() == "," || piece.trim_end().ends_with(':'))
}

/// `{message: Hi, team}`: a text, or a list, with a sign that ends it within brackets.
fn plain_text(line: &Line<'_>, slips: &mut Vec<Slip>) {
    for (at, _) in line.content.match_indices(": ") {
        let before = line.content.get(..at).unwrap_or_default();
        let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        let open = open_in(before);
        let is_inner = open.last().is_some_and(|(_, bracket)| *bracket == '{');
        if !is_inner || !(takes_text(word) || takes_list(word)) {
            continue;
        }
        let rest = line.content.get(at + 2..).unwrap_or_default();
        if rest.starts_with(['\'', '"', '[', '{', '|', '>', '&', '*', '#', ' ']) {
            continue;
        }
        // It ends before the next key, or before the brackets that are open.
        let is_next = |place: &usize| {
            let next = rest.get(place + 1..).unwrap_or_default().trim_start();
            next.split_once(": ").is_some_and(|(word, _)| is_key(word))
        };
        let end = rest.match_indices(',').map(|(place, _)| place).find(is_next);
        let closers: String = open.iter().rev().map(|(_, bracket)| closing(*bracket)).collect();
        let value = match end {
            Some(end) => rest.get(..end),
            None => rest.strip_suffix(&closers),
        };
        let Some(value) = value.map(str::trim_end) else { continue };
        let pieces: Vec<&str> = value.split(',').map(str::trim).collect();
        // A key that is spelt wrong is none of the text.
        let is_other = |piece: &&str| {
            !piece.contains("{{") && (piece.is_empty() || piece.contains([':', '_']) || is_key(piece))
        };
        if pieces.iter().skip(1).any(is_other) {
            continue;
        }
        let colon = value.find(": ");
        let Some(sign) = value.find([',', '[', '{']).into_iter().chain(colon).min() else { continue };
        let sign: String = value.get(sign..).unwrap_or_default().chars().take(1).collect();
        let (message, put) = match takes_text(word) {
            false if sign != "," || value.contains(['[', '{', '\'', '"']) => continue,
            false => {
                let list = pieces.iter().map(|piece| match piece.starts_with('@') {
                    true => quoted(piece),
                    false => (*piece).to_owned(),
                });
                let list = list.collect::<Vec<_>>().join(", ");
                (format!("a `,` ends the value of `{word}`"), format!("[{list}]"))
            }
            true => (format!("a `{sign}` within a text without quotes"), quoted(value)),
        };
        let start = line.at(line.content.get(..at + 2).unwrap_or_default().chars().count());
        let edits = vec![Edit { at: start, removed: value.chars().count(), put: put.clone() }];
        slips.push(Slip { at: start, message, suggestion: suggestion(&put), edits });
    }
}

/// `{approvers: ['@sre', votes_required: 2}`: a bracket that is not closed before the next key.
fn unclosed(line: &Line<'_>, slips: &mut Vec<Slip>) {
    for (at, _) in line.content.match_indices(", ").take(MOST * 4) {
        let next = line.content.get(at + 2..).unwrap_or_default().trim_start();
        let word = next.split_once(": ").map(|(word, _)| word);
        let word = word.filter(|word| is_key(word) && !is_action(word));
        let before = line.content.get(..at).unwrap_or_default();
        let Some((start, bracket)) = open_in(before).last().copied() else { continue };
        let is_missing = match bracket {
            '[' => word.is_some(),
            _ => next.starts_with('{'),
        };
        if !is_missing {
            continue;
        }
        let (put, next) = (closing(bracket), word.unwrap_or("{"));
        let edits = vec![Edit { at: line.at(before.chars().count()), removed: 0, put: put.to_string() }];
        let message = format!("`{bracket}` is not closed");
        let suggestion = format!("write `{put}` before `, {next}`");
        slips.push(Slip { at: line.at(start), message, suggestion, edits });
    }
}

/// A bracket that is there once more than the others of its kind, or a pair that is there twice.
pub(super) fn too_many(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let is_mapping = |(at, _): (usize, &str)| {
        let rest = line.content.get(at + 1..).unwrap_or_default().trim_start();
        rest.split_once(": ").is_some_and(|(word, _)| is_key(word))
    };
    let has_mapping = line.content.match_indices('{').any(is_mapping);
    // The brackets of a text are told with it.
    if !has_mapping && !line.content.contains(": [") {
        return;
    }
    let characters: Vec<char> = line.content.chars().collect();
    let count = |sign: char| characters.iter().filter(|c| **c == sign).count();
    let out = |index: usize| Edit { at: line.at(index), removed: 1, put: String::new() };
    let is_twice = |index: &usize| characters.get(*index) == characters.get(index + 1);
    let kinds = [('[', ']'), ('{', '}')];
    for (open, close) in kinds.into_iter().take(if has_mapping { 2 } else { 1 }) {
        let sign = match count(open).cmp(&count(close)) {
            std::cmp::Ordering::Greater => open,
            std::cmp::Ordering::Less => close,
            std::cmp::Ordering::Equal => {
                // `{{channel: '#a'}}`
                let first = characters.windows(2).position(|pair| pair == [open, open]);
                let last = characters.windows(2).rposition(|pair| pair == [close, close]);
                let (Some(first), Some(last)) = (first, last) else { continue };
                if is_code(&characters, first) {
                    continue;
                }
                let message = format!("`{open}{open}` stands in the place of `{open}`");
                let suggestion = format!("write one `{open}`, and one `{close}` at its end");
                let edits = vec![out(first), out(last)];
                slips.push(Slip { at: line.at(first), message, suggestion, edits });
                continue;
            }
        };
        let places = (0..characters.len()).filter(|index| characters[*index] == sign);
        let mut places: Vec<usize> = places.collect();
        places.sort_by_key(|index| !is_twice(index));
        for index in places.into_iter().take(MOST) {
            let message = format!("there is one `{sign}` too many");
            let suggestion = "take it out".to_owned();
            slips.push(Slip { at: line.at(index), message, suggestion, edits: vec![out(index)] });
        }
    }
}
