//! Values that stand where others belong: a list or a text behind a key that has more under it, quotes around
//! a whole entry, and what other programs paste around a value.

use super::candidates::{Line, shown};
use super::keys::{is_action, is_key, reads_as_key, takes_text};
use super::{Edit, Slip};
use crate::condition::parse;
use crate::problem::Source;

/// Values that say nothing.
const NOTHING: [&str; 11] = ["[]", "{}", "~", "null", "none", "''", "\"\"", "-", "[ ]", ";", ","];
/// What makes a text of the lines below a key.
const SIGNS: [&str; 6] = ["|", ">", "|-", ">-", "|+", ">+"];

/// The slips of a line whose value is another kind of value than its author means.
pub(super) fn values(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    entry_in_quotes(line, slips);
    entry_in_brackets(line, slips);
    second_dash(line, slips);
    box_of_a_list(line, slips);
    action_without_colon(line, slips);
    link(line, slips);
    let Some((key, value)) = line.content.split_once(':') else { return };
    let next = (line.number + 1..=source.line_count()).filter_map(|number| Line::new(source, number));
    let next = { next }.find(|next| !next.is_empty());
    let own = line.column - 1;
    let is_under = |next: &Line<'_>| {
        next.indent > own || (next.indent == own && next.text.trim_start().starts_with('-'))
    };
    let next = next.filter(is_under);
    compared(line, (key, value.trim()), slips);
    list_behind_key(line, (key, value.trim()), next.as_ref(), slips);
    if let Some(next) = next {
        value_and_more(line, (key, value.trim()), &next, slips);
    }
}

fn slip(at: crate::problem::Position, message: String, suggestion: String, edit: Edit) -> Slip {
    Slip { at, message, suggestion, edits: vec![edit] }
}

/// `"votes_required: 2"`: the quotes around a key and its value.
fn entry_in_quotes(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(quote) = line.content.chars().next().filter(|c| matches!(c, '\'' | '"')) else { return };
    let inner = line.content.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let Some(inner) = inner.filter(|inner| !inner.contains([quote, '\\'])) else { return };
    let Some((key, value)) = inner.split_once(": ") else { return };
    if !is_key(key) || value.is_empty() {
        return;
    }
    let edit = Edit { at: line.at(0), removed: line.content.chars().count(), put: inner.to_owned() };
    let message = format!("the quotes make one text of `{key}` and its value");
    slips.push(slip(line.at(0), message, format!("write `{}`", shown(inner)), edit));
}

/// `- [environment='Staging']`: a condition that is a list of itself.
fn entry_in_brackets(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let inner = line.content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some(inner) = inner.filter(|inner| line.column > line.indent + 1 && !inner.contains([',', '#']))
    else {
        return;
    };
    if !inner.contains(['=', '<', '>']) || parse(inner).is_err() {
        return;
    }
    let edit = Edit { at: line.at(0), removed: line.content.chars().count(), put: inner.to_owned() };
    let message = "a condition stands in brackets".to_owned();
    slips.push(slip(line.at(0), message, format!("write `- {}`", shown(inner)), edit));
}

/// `- - trigger_build`: an entry of a list within the list.
fn second_dash(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let text = line.text.trim_start();
    if !text.starts_with("- - ") || line.content.is_empty() {
        return;
    }
    let dashes = line.column - 1 - line.indent;
    let at = crate::problem::Position { line: line.number, column: line.indent + 1 };
    let edit = Edit { at, removed: dashes - 2, put: String::new() };
    let message = "a second `- ` stands before this entry".to_owned();
    slips.push(slip(at, message, format!("write `- {}`", shown(line.content)), edit));
}

/// `- [x] tags='#web'`: an entry of a to-do list in Markdown.
fn box_of_a_list(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(sign) = ["[ ] ", "[x] ", "[X] "].iter().find(|sign| line.content.starts_with(**sign)) else {
        return;
    };
    if line.column == line.indent + 1 {
        return;
    }
    let rest = line.content.get(sign.len()..).unwrap_or_default();
    let edit = Edit { at: line.at(0), removed: sign.len(), put: String::new() };
    let message = format!("`{}` is a box of a list in Markdown", sign.trim());
    slips.push(slip(line.at(0), message, format!("write `- {}`", shown(rest)), edit));
}

/// `notify_deployer - Hello` and `notify_deployer(Hello)`.
fn action_without_colon(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let end = line.content.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let Some((name, rest)) = end.and_then(|end| line.content.split_at_checked(end)) else { return };
    if !is_action(name) || line.column == line.indent + 1 {
        return;
    }
    let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let value = inner.or_else(|| rest.strip_prefix(" - ")).or_else(|| rest.strip_prefix(" -> "));
    let value = value.or_else(|| rest.strip_prefix(" = ")).map(str::trim);
    let is_plain = |value: &&str| !value.is_empty() && !value.contains([':', '#', '\'', '"', '{', '[', '=']);
    let Some(value) = value.filter(is_plain) else { return };
    let put = format!("{name}: {value}");
    let edit = Edit { at: line.at(0), removed: line.content.chars().count(), put: put.clone() };
    let message = format!("`{name}` has no `:` behind it");
    slips.push(slip(line.at(name.chars().count()), message, format!("write `- {}`", shown(&put)), edit));
}

/// `[ana@acme.example](mailto:ana@acme.example)`: a link in Markdown.
fn link(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let start = line.content.find(": [").map_or(0, |at| at + 2);
    let Some(value) = line.content.get(start..).filter(|value| value.starts_with('[')) else { return };
    let Some((_, address)) = value.strip_suffix(')').and_then(|value| value.split_once("](")) else { return };
    if address.contains([' ', '(', ')', '[', ']', '\'', '"']) {
        return;
    }
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    let before = line.content.get(..start).unwrap_or_default().chars().count();
    let edit = Edit { at: line.at(before), removed: value.chars().count(), put: address.to_owned() };
    let message = "a link in Markdown".to_owned();
    slips.push(slip(line.at(before), message, format!("write its address alone: {}", shown(address)), edit));
}

/// `votes_required: >=2`: a value with an operator.
fn compared(line: &Line<'_>, (key, value): (&str, &str), slips: &mut Vec<Slip>) {
    let number = value.trim_start_matches(['>', '=', '<']).trim_start();
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    if !is_key(key) || !is_number || number.len() == value.len() {
        return;
    }
    let sign = value.strip_suffix(number).unwrap_or_default().trim_end();
    let at = line.at(line.content.chars().count() - value.chars().count());
    let removed = value.chars().count() - number.chars().count();
    let message = format!("`{sign}` stands before the value of `{key}`");
    let right = format!("write `{key}: {number}`");
    slips.push(slip(at, message, right, Edit { at, removed, put: String::new() }));
}

/// `conditions: - environment='Staging'`: a list that begins on the line of its key.
fn list_behind_key(
    line: &Line<'_>,
    (key, value): (&str, &str),
    next: Option<&Line<'_>>,
    slips: &mut Vec<Slip>,
) {
    let Some(entry) = value.strip_prefix("- ").map(str::trim) else { return };
    if !is_key(key) || takes_text(key) || entry.is_empty() {
        return;
    }
    let column = next.filter(|next| next.text.trim_start().starts_with("- ")).map(|next| next.indent);
    let put = format!("\n{}- {entry}", " ".repeat(column.unwrap_or(line.column + 1)));
    let at = line.at(key.chars().count() + 1);
    let removed = line.content.chars().count() - key.chars().count() - 1;
    let message = format!("a list begins on the line below `{key}:`");
    let right = format!("write `- {}` on a line of its own", shown(entry));
    slips.push(slip(at, message, right, Edit { at, removed, put }));
    // `channel: - '#a'`: one value, and no list.
    if next.is_none() {
        let message = format!("`-` stands before the value of `{key}`");
        let right = format!("write `{key}: {}`", shown(entry));
        slips.push(slip(at, message, right, Edit { at, removed, put: format!(" {entry}") }));
    }
}

/// A key with a value that has a list or keys below it, too.
fn value_and_more(line: &Line<'_>, (key, value): (&str, &str), next: &Line<'_>, slips: &mut Vec<Slip>) {
    let name = key.trim_matches(['\'', '"']);
    let end = key.chars().count() + 1;
    let at = line.at(line.content.chars().count() - value.chars().count());
    let removed = line.content.chars().count() - end;
    let out = Edit { at: line.at(end), removed, put: String::new() };
    let has_list = next.text.trim_start().starts_with("- ");
    if NOTHING.contains(&value) && (has_list || reads_as_key(next.text) || next.content.ends_with(':')) {
        let message = format!("`{name}` has the value `{value}`, and more below it");
        slips.push(slip(at, message, format!("write `{name}:`"), out));
    } else if SIGNS.contains(&value) && !takes_text(name) && (has_list || reads_as_key(next.text)) {
        let message = format!("`{value}` makes a text of what stands below `{name}`");
        slips.push(slip(at, message, format!("write `{name}:`"), out));
    } else if let Some(sign) = SIGNS.iter().find(|sign| value.strip_suffix(':') == Some(**sign)) {
        let edit = Edit { at: line.end(), removed: 0, put: String::new() };
        let place = line.content.chars().count() - 1;
        let edit = Edit { at: line.at(place), removed: 1, ..edit };
        let message = format!("a `:` stands behind `{sign}`");
        slips.push(slip(line.at(place), message, format!("write `{name}: {sign}`"), edit));
    } else if !value.is_empty()
        && line.column > line.indent + 1
        && !is_key(name)
        && reads_as_key(next.text)
        && !value.contains([':', '#', '\'', '"', '{', '[', '&', '*', '|', '>'])
    {
        // `- promote: what it is for`
        let put = format!("\n{}description: {value}", " ".repeat(next.indent));
        let message = format!("`{name}` has a text behind it, and keys below it");
        let right = format!("write `{name}:`, and `description: {}` below it", shown(value));
        slips.push(slip(at, message, right, Edit { put, ..out }));
    }
}
