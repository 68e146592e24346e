//! Lines as `git diff` shows them.

use super::candidates::{Line, MAX_LINES};
use super::keys::is_key;
use super::{Edit, Slip};
use crate::problem::{Position, Source};

/// Beginnings of the lines that stand before the lines of a file.
const HEADS: [&str; 6] = ["diff --git ", "index ", "--- ", "+++ ", "@@ ", "\\ No "];

/// The slips that a line of a diff is, each as one that is the same for all of the file.
pub(super) fn diff(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    if source.line_count() > MAX_LINES || (is_old(line.text) && has_wide_entries(source)) {
        return;
    }
    if is_head(line.text) {
        return whole(source, slips);
    }
    if !is_new(line.text) && !is_old(line.text) {
        return;
    }
    let numbers = || 1..=source.line_count();
    let first = numbers().find(|number| is_new(source.line(*number)) || is_old(source.line(*number)));
    let at = Position { line: first.unwrap_or(line.number), column: 1 };
    let sign: String = source.line(at.line).chars().take(1).collect();
    let message = format!("the `{sign}` of a diff stands before this line");
    let has_new = numbers().any(|number| is_new(source.line(number)));
    // Which of the two is meant is for its author to say: without a condition, a rule holds for more.
    let alone = "delete the line, or only the `-` before it";
    let both = "delete the lines that start with `-`, and the `+` before the others";
    let mut tell = |suggestion: &str, edits: Vec<Edit>| {
        slips.push(Slip { at, message: message.clone(), suggestion: suggestion.to_owned(), edits });
    };
    let signs = numbers().filter_map(|number| without_sign(source, number, ""));
    tell(if has_new { both } else { alone }, signs.collect());
    // Lines that are the same in both have a space before them.
    if has_new && is_of_diff(source) {
        let right = "delete the lines that start with `-`, and the first character of the others";
        tell(right, numbers().filter_map(|number| without_first(source, number)).collect());
    }
    // The sign may stand in the place of a space.
    let spaces = numbers().filter_map(|number| without_sign(source, number, " "));
    if has_new {
        tell("delete the lines that start with `-`, and write a space for each `+`", spaces.collect());
    } else {
        let spaces = spaces.map(|edit| Edit { removed: 1, put: " ".to_owned(), ..edit });
        tell("write a space for the `-`, or delete the line with what is under it", spaces.collect());
    }
}

/// The lines of a file with those that a diff has before them.
fn whole(source: &Source<'_>, slips: &mut Vec<Slip>) {
    let numbers = || 1..=source.line_count();
    let Some(first) = numbers().find(|number| is_head(source.line(*number))) else { return };
    let at = Position { line: first, column: 1 };
    let mut tell = |suggestion: &str, edit: &dyn Fn(usize) -> Option<Edit>| {
        let message = "this line is the head of a diff, and not of the file".to_owned();
        let edits = numbers().filter_map(edit).collect();
        slips.push(Slip { at, message, suggestion: suggestion.to_owned(), edits });
    };
    let out = |number: usize| is_head(source.line(number)).then(|| emptied(source, number));
    tell("delete it, and others like it", &out);
    let lines = |number: usize| out(number).or_else(|| without_first(source, number));
    let right =
        "delete it and others like it, the lines that start with `-`, and the first character of the others";
    tell(right, &lines);
}

fn is_head(text: &str) -> bool {
    HEADS.iter().any(|head| text.starts_with(head))
}

/// True for a line that is only in the newer file.
pub(super) fn is_new(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|rest| rest.starts_with(|c: char| c == ' ' || c.is_alphabetic()))
}

/// True for a line that is only in the older file.
fn is_old(text: &str) -> bool {
    text.starts_with("-  ")
}

/// True for a file whose lists start in column 1 with `-` and the same number of spaces: `-   promote:`.
fn has_wide_entries(source: &Source<'_>) -> bool {
    let lines = || (1..=source.line_count()).map(|number| source.line(number));
    let spaces = |line: &str| {
        let rest = line.strip_prefix('-')?;
        let entry = rest.trim_start_matches(' ');
        (!entry.starts_with('-')).then(|| rest.len() - entry.len())
    };
    let mut entries = lines().filter(|line| line.starts_with('-') && *line != "---").map(spaces);
    let first = entries.next().flatten().filter(|spaces| *spaces > 1);
    let is_blank = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let before = lines().filter(|line| !is_blank(line)).take_while(|line| !is_old(line)).last();
    let is_under_a_key = before.is_some_and(|line| is_key(line.trim_end().trim_end_matches(':')));
    first.is_some() && is_under_a_key && entries.all(|spaces| spaces == first)
}

/// True if each line starts with a sign of a diff, or with a space.
fn is_of_diff(source: &Source<'_>) -> bool {
    let mut lines = (1..=source.line_count()).map(|number| source.line(number));
    lines.all(|line| line.is_empty() || line.starts_with([' ', '+', '-', '\\']))
}

/// The edit that takes a line's sign out, or the line of the older file; `put` is written for a `+`.
fn without_sign(source: &Source<'_>, number: usize, put: &str) -> Option<Edit> {
    let text = source.line(number);
    if is_old(text) {
        return Some(emptied(source, number));
    }
    let at = Position { line: number, column: 1 };
    is_new(text).then(|| Edit { at, removed: 1, put: put.to_owned() })
}

/// The edit that takes a line's first character out, or the line of the older file.
fn without_first(source: &Source<'_>, number: usize) -> Option<Edit> {
    let text = source.line(number);
    match text.chars().next()? {
        '-' => Some(emptied(source, number)),
        ' ' | '+' => Some(Edit { at: Position { line: number, column: 1 }, removed: 1, put: String::new() }),
        _ => None,
    }
}

fn emptied(source: &Source<'_>, number: usize) -> Edit {
    let removed = source.line(number).chars().count();
    Edit { at: Position { line: number, column: 1 }, removed, put: String::new() }
}
