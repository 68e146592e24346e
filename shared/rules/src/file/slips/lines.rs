//! Lines that are no YAML as they stand: comments and fences of other languages, lines of a diff, and lines
//! that lack a `- ` or the room before them.

use super::candidates::{Line, MAX_LINES, counted, is_parameter, shown};
use super::diffs::diff;
use super::keys::{is_action, is_key, starts_structure};
use super::moving::under;
use super::{Edit, Slip};
use crate::problem::{Position, Source};

/// Signs that start a comment in other languages.
pub(in crate::file) const COMMENTS: [&str; 5] = ["//", "/*", "<!--", "-- ", "; "];
/// Signs that start an entry of a list in Markdown.
const BULLETS: [&str; 2] = ["* ", "+ "];
/// Number of lines before a line in which the ones that it belongs to are looked for.
const LINES_BEFORE: usize = 60;

/// The slips of a line that is none of YAML's, or that stands in a wrong column.
pub(super) fn lines(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    doubled_dash(line, slips);
    comment(line, slips);
    fences(source, line, slips);
    diff(source, line, slips);
    comment_of_a_template(source, line, slips);
    bullet(line, slips);
    head_of_a_rule(source, line, slips);
    dash_before_a_key(source, line, slips);
    text_beside_its_sign(source, line, slips);
    if let Some(before) = line_before(source, line) {
        beside_an_action(line, &before, slips);
        under_an_entry(source, line, &before, slips);
        described_condition(line, &before, slips);
        if !line.content.contains('=') || !is_parameter(source, line) {
            below_its_key(line, &before, slips);
        }
        entry_without_dash(line, &before, slips);
    }
}

fn slip(at: Position, message: String, suggestion: String, edit: Edit) -> Slip {
    Slip { at, message, suggestion, edits: vec![edit] }
}

/// The last line before `line` in which something stands.
fn line_before<'s>(source: &Source<'s>, line: &Line<'_>) -> Option<Line<'s>> {
    let mut before = (1..line.number).rev().take(LINES_BEFORE).filter_map(|number| Line::new(source, number));
    before.find(|line| !line.is_empty())
}

/// `-- trigger_build:`: an entry of a list whose `-` is there twice.
pub(super) fn doubled_dash(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(rest) = line.content.strip_prefix("-- ").filter(|_| line.column == line.indent + 1) else {
        return;
    };
    let rest = rest.trim_start();
    let is_entry = rest.ends_with(':') || is_action(rest) || starts_structure(&format!("- {rest}"));
    if is_entry {
        let message = "`--` starts no entry of a list in YAML".to_owned();
        let edit = Edit { at: line.at(0), removed: 1, put: String::new() };
        slips.push(slip(line.at(0), message, "write `- `".to_owned(), edit));
    }
}

/// `days: [sat, sun] // note`: a comment of another language behind a value.
pub(super) fn comment_behind(line: &Line<'_>, slips: &mut Vec<Slip>) {
    for sign in [" // ", " /* ", " -- "] {
        let Some(at) = line.content.rfind(sign) else { continue };
        // What is wrong behind it stays wrong.
        if line.content.get(at..).is_some_and(|rest| rest.contains(['{', '}', '='])) {
            continue;
        }
        let at = line.at(line.content.get(..=at).unwrap_or_default().chars().count());
        let sign = sign.trim();
        let message = format!("`{sign}` starts no comment in YAML");
        let edit = Edit { at, removed: sign.len(), put: "#".to_owned() };
        slips.push(slip(at, message, "write `#`".to_owned(), edit));
    }
}

/// A comment of another language on a line of its own.
fn comment(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(sign) = COMMENTS.iter().find(|sign| line.content.starts_with(**sign)) else { return };
    let message = format!("`{}` starts no comment in YAML", sign.trim());
    let edit = Edit { at: line.at(0), removed: sign.trim().len(), put: "#".to_owned() };
    slips.push(slip(line.at(0), message, "write `#`".to_owned(), edit));
}

/// `{# … #}` on lines of its own: a comment to templates, and the begin of a mapping to YAML.
fn comment_of_a_template(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let starts = |number: &usize| source.line(*number).trim_start().starts_with("{#");
    let first = (1..=line.number).rev().take(LINES_BEFORE).find(starts);
    let Some(first) = first else { return };
    let mut lines = (first..=source.line_count()).take(LINES_BEFORE);
    let Some(last) = lines.find(|number| source.line(*number).contains("#}")) else { return };
    if last < line.number || !source.line(last).trim_end().ends_with("#}") {
        return;
    }
    let edits = (first..=last).map(|number| {
        let text = source.line(number);
        let inner = text.trim().trim_start_matches("{#").trim_end_matches("#}").trim();
        let indent: String = text.chars().take_while(|c| *c == ' ').collect();
        let put = format!("{indent}# {inner}");
        Edit {
            at: Position { line: number, column: 1 },
            removed: text.chars().count(),
            put: put.trim_end().to_owned(),
        }
    });
    let column = source.line(first).chars().take_while(|c| *c == ' ').count() + 1;
    let suggestion = match last - first {
        0 => "write `#` before it, and nothing behind it",
        _ => "write `#` before each of its lines, and nothing behind them",
    };
    slips.push(Slip {
        at: Position { line: first, column },
        message: "`{#` starts no comment in YAML".to_owned(),
        suggestion: suggestion.to_owned(),
        edits: edits.collect(),
    });
}

/// The fence of a block of code in Markdown: each such line of the file.
fn fences(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let is_fence = |text: &str| text.trim_start().starts_with("```");
    if !is_fence(line.text) {
        return;
    }
    let numbers = (1..=source.line_count()).filter(|number| is_fence(source.line(*number)));
    let edits = numbers.map(|number| Edit {
        at: Position { line: number, column: 1 },
        removed: source.line(number).chars().count(),
        put: String::new(),
    });
    let edits: Vec<Edit> = edits.collect();
    let Some(at) = edits.first().map(|edit| edit.at) else { return };
    let message = "a fence of Markdown stands around the file".to_owned();
    let suggestion = "delete the lines that start with three backticks".to_owned();
    slips.push(Slip { at, message, suggestion, edits });
}

/// `* ana`, as an entry of a list in Markdown.
fn bullet(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(sign) = BULLETS.iter().find(|sign| line.content.starts_with(**sign)) else { return };
    if line.column != line.indent + 1 || line.indent == 0 {
        return;
    }
    let message = format!("`{}` starts no entry of a list in YAML", sign.trim());
    let edit = Edit { at: line.at(0), removed: 1, put: "-".to_owned() };
    slips.push(slip(line.at(0), message, "write `- `".to_owned(), edit));
}

/// Entries of a list that start with `+ ` or `1. `, as Markdown has them, which are keys to YAML.
pub(super) fn bullets(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let sign = |line: &Line<'_>| -> Option<usize> {
        let digits = line.content.len() - line.content.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let rest = line.content.get(digits..)?;
        let is_number = digits > 0 && rest.starts_with(['.', ')']);
        let length = if is_number { digits + 1 } else { 1 };
        let is_sign = is_number || (digits == 0 && rest.starts_with('+'));
        let is_entry = line.column == line.indent + 1 && line.content.get(length..)?.starts_with(' ');
        (is_sign && is_entry).then_some(length)
    };
    let Some(length) = sign(line) else { return };
    // Each entry of the list is written so.
    let numbers = 1..=source.line_count().min(MAX_LINES);
    let beside = numbers.filter_map(|number| Line::new(source, number));
    let edits = beside
        .filter(|beside| beside.indent == line.indent)
        .filter_map(|beside| Some(Edit { at: beside.at(0), removed: sign(&beside)?, put: "-".to_owned() }));
    let edits: Vec<Edit> = edits.collect();
    let Some(at) = edits.first().map(|edit| edit.at) else { return };
    let written = line.content.get(..length).unwrap_or_default();
    let message = format!("`{written}` starts no entry of a list in YAML");
    slips.push(Slip { at, message, suggestion: "write `- `".to_owned(), edits });
}

/// True if a line is nothing but the name of a rule.
fn is_name(content: &str) -> bool {
    let name = content.strip_suffix(':').filter(|name| !name.is_empty() && !is_key(name));
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.' | '/');
    name.is_some_and(|name| name.chars().all(is_plain))
}

/// The name of a rule in another column than the rules above, or without its `- `.
fn head_of_a_rule(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    if !is_name(line.content) || line.content.starts_with('-') {
        return;
    }
    let starts = |number: &usize| source.line(*number).trim_end() == "rules:";
    let Some(start) = (1..line.number).find(starts) else { return };
    let mut first = (start + 1..line.number).filter_map(|number| Line::new(source, number));
    let Some(first) = first.find(|line| !line.is_empty()).filter(|first| first.column > first.indent + 1)
    else {
        return;
    };
    let (own, rules) = (line.column - 1, first.column - 1);
    let has_dash = line.column > line.indent + 1;
    if line.indent == first.indent && has_dash {
        return;
    }
    let at = Position { line: line.number, column: line.indent + 1 };
    let put = format!("{}- ", " ".repeat(first.indent));
    let edit = Edit { at: Position { line: line.number, column: 1 }, removed: own, put };
    let content = shown(line.content);
    let (message, suggestion) = match has_dash {
        true => (
            format!("`- {content}` stands in column {}, the rules above in {}", line.indent + 1, rules - 1),
            format!("indent it by {}", counted(first.indent, "space")),
        ),
        false => (
            format!("the rule `{}` has no `- ` before it", content.trim_end_matches(':')),
            format!("write `- {content}` in the column of the rules above"),
        ),
    };
    slips.push(slip(at, message, suggestion, edit));
    // The first may be the one that is out.
    let out = first.indent.checked_sub(line.indent).filter(|out| *out > 0 && has_dash);
    if let Some(out) = out {
        let at = Position { line: first.number, column: first.indent + 1 };
        let edit = Edit { at: Position { column: 1, ..at }, removed: out, put: String::new() };
        let message = format!(
            "`- {}` stands in column {}, the rules below in {}",
            shown(first.content),
            first.indent + 1,
            line.indent + 1
        );
        let suggestion = format!("start it in column {}", line.indent + 1);
        slips.push(slip(at, message, suggestion, edit));
    }
}

/// `- actions:` among the keys of a mapping.
fn dash_before_a_key(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let word = line.content.split(':').next().unwrap_or_default();
    if line.column != line.indent + 3 || !is_key(word) || is_action(word) || !line.content.contains(':') {
        return;
    }
    let before = (1..line.number).rev().take(LINES_BEFORE).filter_map(|number| Line::new(source, number));
    let neighbour = before.filter(|line| !line.is_empty()).find(|before| before.indent <= line.indent);
    if neighbour.is_none_or(|before| before.column != line.indent + 1) {
        return;
    }
    let at = Position { line: line.number, column: line.indent + 1 };
    let edit = Edit { at, removed: 2, put: String::new() };
    let message = format!("a `- ` stands before the key `{word}`");
    slips.push(slip(at, message, format!("write `{}`", shown(line.content)), edit));
}

/// `- name: w` and `- days: sat`: the keys of one mapping as entries of a list.
pub(super) fn keys_as_entries(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let key = |line: &Line<'_>| -> Option<String> {
        let (word, _) = line.content.split_once(':')?;
        (line.column > line.indent + 1 && is_key(word) && !is_action(word)).then(|| word.to_owned())
    };
    let Some(first) = key(line) else { return };
    let is_second = |before: &Line<'_>| before.indent == line.indent && key(before).is_some();
    if line_before(source, line).as_ref().is_some_and(is_second) {
        return;
    }
    let (mut seen, mut edits) = (vec![first], Vec::new());
    let following = (line.number + 1..=source.line_count()).take(LINES_BEFORE);
    let following = following.filter_map(|number| Line::new(source, number));
    for next in following.filter(|next| !next.is_empty() && next.indent <= line.indent) {
        let Some(word) = key(&next).filter(|word| next.indent == line.indent && !seen.contains(word)) else {
            break;
        };
        let at = Position { line: next.number, column: next.indent + 1 };
        edits.push(Edit { at, removed: 1, put: " ".to_owned() });
        seen.push(word);
    }
    let (Some(at), Some(word)) = (edits.first().map(|edit| edit.at), seen.get(1)) else { return };
    let message = format!("a `- ` stands before the key `{word}`");
    let suggestion = "write a space for the `-` of each key but the first".to_owned();
    slips.push(Slip { at, message, suggestion, edits });
}

/// `message: | Hi`, with more of the text below.
fn text_beside_its_sign(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some((key, value)) = line.content.split_once(": ") else { return };
    let Some((sign, text)) =
        value.split_once(' ').filter(|(sign, _)| matches!(*sign, "|" | ">" | "|-" | ">-"))
    else {
        return;
    };
    let next = (line.number + 1..=source.line_count()).find_map(|number| {
        let text = source.line(number);
        (!text.trim().is_empty()).then(|| text.len() - text.trim_start_matches(' ').len())
    });
    let Some(indent) = next.filter(|indent| *indent >= line.column && is_key(key)) else { return };
    let before = key.chars().count() + 2 + sign.len();
    let removed = value.chars().count() - sign.len() - text.chars().count();
    let edit = Edit { at: line.at(before), removed, put: format!("\n{}", " ".repeat(indent)) };
    let message = format!("a text on the line of its `{sign}`");
    slips.push(slip(line.at(before), message, "write all of it on the lines below".to_owned(), edit));
}

/// A value below its key that stands no further in: all of it, or the rest of a text.
fn below_its_key(line: &Line<'_>, before: &Line<'_>, slips: &mut Vec<Slip>) {
    let own = before.column - 1;
    let is_value = line.column == line.indent + 1
        && line.indent <= own
        && !is_of_yaml(line)
        && !starts_structure(line.text)
        && !is_key(line.content)
        && !line.content.contains(": ")
        && !line.content.ends_with(':');
    let Some((key, value)) = before.content.split_once(':') else { return };
    if !is_value || !is_key(key) || value.trim_start().starts_with(['\'', '"', '[', '{', '|', '>', '&', '*'])
    {
        return;
    }
    let put = " ".repeat(own + 2 - line.indent);
    let suggestion = format!("indent it by {} more", counted(put.len(), "space"));
    let edit = Edit { at: Position { line: line.number, column: 1 }, removed: 0, put };
    let message = match value.trim().is_empty() {
        true => format!("the value of `{key}` stands no further in than the key"),
        false => format!("the text of `{key}` goes on here, and no further in than the key"),
    };
    slips.push(slip(line.at(0), message, suggestion, edit));
}

/// A line among the entries of a list that has no `- `.
fn entry_without_dash(line: &Line<'_>, before: &Line<'_>, slips: &mut Vec<Slip>) {
    let is_entry = before.column == before.indent + 3 && !before.content.contains(": ");
    let is_beside = line.column == line.indent + 1 && line.indent == before.indent;
    if !is_entry || !is_beside || starts_structure(line.text) || line.content.ends_with(':') {
        return;
    }
    let is_joined = ["and ", "or "].iter().any(|word| line.content.starts_with(word));
    if is_joined || before.content.ends_with(" and") || before.content.ends_with(" or") {
        let edit = Edit { at: Position { line: line.number, column: 1 }, removed: 0, put: "  ".to_owned() };
        let message = "the condition goes on here, and no further in than its `- `".to_owned();
        slips.push(slip(line.at(0), message, "indent it by 2 spaces more".to_owned(), edit));
        return;
    }
    let message = format!("`{}` has no `- ` before it", shown(line.content));
    let edit = Edit { at: line.at(0), removed: 0, put: "- ".to_owned() };
    slips.push(slip(line.at(0), message, format!("write `- {}`", shown(line.content)), edit));
}

/// An action further in than the one above, which takes nothing.
fn beside_an_action(line: &Line<'_>, before: &Line<'_>, slips: &mut Vec<Slip>) {
    let word = line.content.split([':', ' ']).next().unwrap_or_default();
    let is_entry = before.column == before.indent + 3 && is_action(before.content);
    if !is_entry || line.indent <= before.indent || !is_action(word) {
        return;
    }
    let (name, content) = (before.content, shown(line.content));
    let put = format!("{}- ", " ".repeat(before.indent));
    let edit = Edit { at: Position { line: line.number, column: 1 }, removed: line.column - 1, put };
    let message = format!("`{word}` stands under `{name}`, and is an action of its own");
    let at = Position { line: line.number, column: line.indent + 1 };
    slips.push(slip(at, message, format!("write `- {content}` in the column of `- {name}`"), edit));
}

/// A key in the column of the `- ` before the name that it belongs to.
fn under_an_entry(source: &Source<'_>, line: &Line<'_>, before: &Line<'_>, slips: &mut Vec<Slip>) {
    let word = line.content.split(':').next().unwrap_or_default();
    let is_entry = before.column == before.indent + 3 && before.content.ends_with(':');
    let is_beside = line.column == line.indent + 1 && line.indent == before.indent;
    if !is_entry || !is_beside || !is_key(word) || is_action(word) {
        return;
    }
    let moved = std::iter::once(line.number).chain(under(source, line));
    let edits =
        moved.map(|number| Edit { at: Position { line: number, column: 1 }, removed: 0, put: " ".repeat(4) });
    let name = shown(before.content.trim_end_matches(':'));
    let message = format!("`{word}` stands beside `{name}` instead of under it");
    let suggestion = format!("indent it by 4 spaces more, under `{name}`");
    slips.push(Slip { at: line.at(0), message, suggestion, edits: edits.collect() });
}

/// `description:` under a condition that is a text.
fn described_condition(line: &Line<'_>, before: &Line<'_>, slips: &mut Vec<Slip>) {
    let is_entry = before.column == before.indent + 3 && before.content.contains(['=', '<', '>']);
    if !is_entry || line.indent != before.indent + 2 || !line.content.starts_with("description:") {
        return;
    }
    let message = "a condition stands behind `expression:`, where it has a description".to_owned();
    let suggestion = format!("write `expression: {}`", shown(before.content));
    let edit = Edit { at: before.at(0), removed: 0, put: "expression: ".to_owned() };
    slips.push(slip(before.at(0), message, suggestion, edit));
}

/// A line that belongs to nothing: a rest of something else that was copied with the file.
pub(super) fn strays(source: &Source<'_>, last: usize) -> Vec<Slip> {
    let numbers = (last.saturating_sub(1).max(1)..=last).rev();
    let lines = numbers.filter_map(|number| Line::new(source, number)).filter(is_stray);
    let stray = |line: Line<'_>| {
        let message = "this line is neither a key nor an entry of a list".to_owned();
        let edit = Edit { at: line.at(0), removed: line.content.chars().count(), put: String::new() };
        slip(line.at(0), message, "take it out, or write `# ` before it".to_owned(), edit)
    };
    lines.map(stray).collect()
}

/// True for the lines that start and end a document.
fn is_of_yaml(line: &Line<'_>) -> bool {
    line.indent == 0 && matches!(line.content, "---" | "...")
}

/// True for signs alone, for a sentence, and for what begins another kind of file. What compares, or could
/// be somebody's name, is none.
fn is_stray(line: &Line<'_>) -> bool {
    let content = line.content;
    if line.column != line.indent + 1 || content.contains(": ") || content.ends_with(':') {
        return false;
    }
    let is_signs = !content.is_empty() && !content.contains(char::is_alphanumeric) && !is_of_yaml(line);
    let is_markup = content.starts_with("<?") || content.starts_with('%') || content.starts_with("***");
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, ' ' | ',' | '.' | '!' | '-');
    let is_sentence = (line.indent == 0 || content.ends_with('.'))
        && content.chars().all(is_word)
        && content.contains(char::is_alphabetic);
    is_signs && !content.contains(['{', '}', '[', ']', '|', '>', '\'', '"'])
        || is_markup && line.indent == 0
        || is_sentence && !is_key(content.trim_end_matches('.'))
}
