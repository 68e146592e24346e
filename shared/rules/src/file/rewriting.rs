//! The changes that the advice about a value asks for.

use super::reader::{MAX_REPEATED, Reader};
use crate::condition;
use crate::edit::Edit;
use crate::problem::Position;
use crate::reference::{ACTIONS, ACTIONS_NOT_YET, has};
use crate::yaml::{Entry, Node, ScalarStyle};
use std::rc::Rc;

impl Reader<'_> {
    /// The change that makes `text` of a value that stands in one line; none where it stands in several.
    pub(super) fn rewritten(&self, node: &Node, text: &str) -> Vec<Edit> {
        let Some(scalar) = node.as_scalar() else { return Vec::new() };
        let single = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let is_plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '(')
            && !text.ends_with(':')
            && ![": ", " #", ",", "[", "]", "{", "}"].iter().any(|sign| text.contains(sign));
        let (written, put) = match scalar.style {
            ScalarStyle::Plain if is_plain => (scalar.text.clone(), text.to_owned()),
            ScalarStyle::Plain => (scalar.text.clone(), single(text)),
            ScalarStyle::SingleQuoted => (single(&scalar.text), single(text)),
            ScalarStyle::DoubleQuoted => {
                let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
                (format!("\"{}\"", scalar.text), format!("\"{escaped}\""))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => return Vec::new(),
        };
        if written.is_empty() || !self.source.from(node.start).starts_with(&written) {
            return Vec::new();
        }
        vec![Edit { at: node.start, removed: written.chars().count(), put }]
    }

    /// The changes that make entries of a list of a mapping's keys, each on lines of its own.
    pub(super) fn as_entries(&self, entries: &[Entry]) -> Vec<Edit> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Vec::new() };
        let column = first.at.column;
        let indent = |line: usize| {
            let text = self.source.line(line);
            (!text.trim().is_empty()).then(|| text.len() - text.trim_start_matches(' ').len())
        };
        let is_block = entries
            .iter()
            .all(|entry| entry.at.column == column && indent(entry.at.line) == Some(column - 1));
        if !is_block {
            return Vec::new();
        }
        let lines = (first.at.line..=self.source.line_count())
            .take_while(|line| *line <= last.at.line || indent(*line).is_none_or(|indent| indent >= column))
            .filter(|line| indent(*line).is_some());
        let edit = |line: usize| match entries.iter().any(|entry| entry.at.line == line) {
            true => Edit { at: Position { line, column }, removed: 0, put: "- ".to_owned() },
            false => Edit { at: Position { line, column: 1 }, removed: 0, put: "  ".to_owned() },
        };
        lines.map(edit).collect()
    }

    /// The changes that make the keys of one mapping of a list's entries.
    pub(super) fn without_dashes(&self, nodes: &[Rc<Node>]) -> Vec<Edit> {
        let dash = |node: &Rc<Node>| {
            let before: String =
                self.source.line(node.start.line).chars().take(node.start.column.saturating_sub(1)).collect();
            let is_alone = before.trim() == "-";
            let at = Position { column: before.find('-').map_or(1, |at| at + 1), ..node.start };
            is_alone.then(|| Edit { at, removed: 1, put: " ".to_owned() })
        };
        nodes.iter().map(dash).collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// The change that makes the only entry of a list of a text behind the list's key; none where it is no
    /// entry.
    pub(super) fn listed(&self, node: &Node, what: &str) -> Vec<Edit> {
        let Some(scalar) = node.as_scalar() else { return Vec::new() };
        let each = self.each_on_its_line(node, what);
        if !each.is_empty() {
            return each;
        }
        let Some(text) = entry_of(scalar.text.trim(), what) else { return Vec::new() };
        let item = self.rewritten(node, &text).pop();
        item.map_or_else(Vec::new, |item| self.under_key(node, &format!("- {}", item.put)))
    }

    /// The change that makes `item` the only entry of `list`, in the place of another key and the text
    /// behind it; none where they stand in several lines.
    pub(super) fn under_another_list(&self, entry: &Entry, list: &str, item: &str) -> Vec<Edit> {
        let Some(item) = self.rewritten(&entry.value, item).pop() else { return Vec::new() };
        let mut edits = self.under_key(&entry.value, &format!("- {}", item.put));
        // On a line of its own, the key is not followed by what is edited.
        edits.retain(|edit| edit.at.line == entry.at.line);
        for edit in &mut edits {
            edit.removed += edit.at.column.saturating_sub(entry.at.column);
            edit.at = entry.at;
            edit.put = format!("{list}:{}", edit.put);
        }
        edits
    }

    /// The changes that make an entry of each line of a text under `conditions:`; none where it is no list
    /// of conditions.
    pub(super) fn each_on_its_line(&self, node: &Node, what: &str) -> Vec<Edit> {
        let count = match node.as_scalar() {
            Some(scalar) if scalar.style == ScalarStyle::Plain && what == "conditions" => scalar.text.len(),
            _ => return Vec::new(),
        };
        let mut edits = Vec::new();
        let mut length = 0;
        for number in node.start.line..=self.source.line_count() {
            let line = self.source.line(number);
            let content = line.trim_start();
            if length >= count || condition::parse(content).is_err() {
                break;
            }
            length += content.len() + 1;
            let column = line.chars().count() - content.chars().count() + 1;
            edits.push(Edit { at: Position { line: number, column }, removed: 0, put: "- ".to_owned() });
        }
        let is_whole = length == count + 1 && edits.len() > 1;
        if is_whole { edits } else { Vec::new() }
    }

    /// The changes that make an entry of each line of a text without quotes; none where it has one line.
    pub(super) fn each_with_dash(&self, node: &Node) -> Vec<Edit> {
        let Some(scalar) = node.as_scalar().filter(|scalar| scalar.style == ScalarStyle::Plain) else {
            return Vec::new();
        };
        let first = self.source.line(node.start.line);
        let before: String = first.chars().take(node.start.column.saturating_sub(1)).collect();
        let indent = match before.strip_suffix("- ") {
            Some(indent) => indent,
            None => &before,
        };
        if !indent.trim().is_empty() {
            return Vec::new();
        }
        let mut edits = Vec::new();
        let mut read = String::new();
        for line in node.start.line..=self.source.line_count() {
            if read.len() >= scalar.text.len() {
                break;
            }
            let text = self.source.line(line);
            let content =
                if line == node.start.line { self.source.from(node.start) } else { text.trim_start() };
            let space = if read.is_empty() { "" } else { " " };
            read = format!("{read}{space}{}", content.trim_end());
            let entry = content.strip_prefix("- ").or(content.strip_prefix('-')).unwrap_or(content);
            let removed = text.chars().count() - entry.chars().count();
            let at = Position { line, column: 1 };
            edits.push(Edit { at, removed, put: format!("{indent}- ") });
        }
        if read == scalar.text && edits.len() > 1 { edits } else { Vec::new() }
    }

    /// The change that puts `code` in the place of a value behind its key, on a line of its own. None where
    /// braces are around the key.
    pub(super) fn under_key(&self, node: &Node, code: &str) -> Vec<Edit> {
        let line = self.source.line(node.start.line);
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let before: String = line.chars().take(node.start.column.saturating_sub(1)).collect();
        if before.contains(['{', '[']) {
            return Vec::new();
        }
        let begin = before.trim_end().chars().count();
        let mut edits = self.rewritten(node, code);
        for edit in &mut edits {
            edit.removed += edit.at.column.saturating_sub(begin + 1);
            edit.at.column = begin + 1;
            edit.put = format!("\n{}{code}", " ".repeat(indent + 2));
        }
        edits
    }
}

/// The entry of the list `what` that a text behind its key is meant for; `None`: it is none.
pub(super) fn entry_of(text: &str, what: &str) -> Option<String> {
    if what == "actions" || what.starts_with("on_") {
        return ACTIONS.iter().any(|action| action.bare && action.name == text).then(|| text.to_owned());
    }
    if what != "conditions" || !text.contains(['=', '<', '>']) {
        return None;
    }
    if condition::parse(text).is_ok() { Some(text.to_owned()) } else { condition::meant(text) }
}

/// The clause that says how actions that stand in one text become the entries of a list; `None`: it has none,
/// or is one name alone.
pub(super) fn actions_of(text: &str) -> Option<String> {
    let is_action =
        |name: &str| ACTIONS.iter().any(|action| action.name == name) || has(&ACTIONS_NOT_YET, name);
    let name = text.split([':', ',']).next().unwrap_or_default().trim();
    if !is_action(name) || text.chars().count() > MAX_REPEATED || text.contains('\n') {
        return None;
    }
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    if names.len() > 1 && names.iter().all(|name| is_action(name)) {
        return Some("write each action on a line of its own, with `- ` before it".to_owned());
    }
    let is_whole = has(&ACTIONS_NOT_YET, text) || text.split_once(": ").is_some_and(|(of, _)| of == name);
    is_whole.then(|| format!("write `- {text}` on a line of its own"))
}
