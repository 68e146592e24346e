//! Lines that are moved: entries without `- `, and lines that are indented unlike their neighbours.

use super::candidates::{Line, MAX_LINES, counted, shown};
use super::keys::{is_action, is_key, reads_as_key};
use super::texts::block_key;
use super::{Edit, Slip};
use crate::problem::{Position, Source};
use crate::yaml::Unread;

/// Number of lines before a line that are its neighbours.
const NEIGHBOURS: usize = 40;
/// Most columns by which a line is moved.
const FARTHEST: usize = 6;

/// Repairs of the line at which the reading ended that count only if the whole file can be read then: nearly
/// any line can be moved to where it does less harm.
pub(super) fn by_moving(source: &Source<'_>, failure: &Unread) -> Vec<Slip> {
    let mut slips = Vec::new();
    let last = failure.problems.last().filter(|_| failure.is_cut);
    let line = last.and_then(|last| Line::new(source, last.line)).filter(|line| !line.is_empty());
    if let Some(line) = line.filter(|line| !line.content.starts_with(['-', '.'])) {
        entry(source, &line, &mut slips);
        before_it(source, &line, &mut slips);
        too_far_in(source, &line, &mut slips);
        indentation(source, &line, &mut slips);
    }
    slips
}

/// The line before `line` that stands too far in, with the rest of its value in its own column.
fn too_far_in(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let mut before = (1..line.number).rev().filter_map(|number| Line::new(source, number));
    let Some(before) = before.find(|line| !line.is_empty()) else { return };
    let next =
        (line.number..=source.line_count()).take(NEIGHBOURS).filter_map(|number| Line::new(source, number));
    let next = { next }.find(|next| !next.is_empty() && next.indent < before.indent);
    let Some(next) = next.filter(|next| before.indent - next.indent <= FARTHEST) else { return };
    if line.indent != before.indent || line.column > line.indent + 1 {
        return;
    }
    let at = Position { line: before.number, column: before.indent + 1 };
    let removed = before.indent - next.indent;
    let edits = vec![Edit { at: Position { column: 1, ..at }, removed, put: String::new() }];
    let message = "this line is indented unlike its neighbours".to_owned();
    let suggestion = format!("indent it by {}", counted(next.indent, "space"));
    slips.push(Slip { at, message, suggestion, edits });
}

/// Repairs of the lines with keys that stand where they mean nothing, of a file that can be read.
pub(super) fn of_unknown_keys(source: &Source<'_>, failure: &Unread) -> Vec<Slip> {
    let mut slips = Vec::new();
    let unknown = failure.problems.iter().filter(|problem| problem.message.contains(" takes no key `"));
    let lines = unknown.filter_map(|problem| Line::new(source, problem.line));
    // `: value` belongs to a `? key`.
    let is_out = |line: &Line<'_>| {
        is_key(line.content.split(':').next().unwrap_or_default()) || line.content.starts_with(": ")
    };
    for line in lines.filter(is_out) {
        entry(source, &line, &mut slips);
        indentation(source, &line, &mut slips);
    }
    slips
}

/// The line before `line` that stands too far out: what follows it is indented as it should be.
fn before_it(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let before = (1..line.number).rev().take(NEIGHBOURS).filter_map(|number| Line::new(source, number));
    let Some(out) = before.filter(|line| !line.is_empty()).find(|before| {
        before.indent < line.indent || (before.indent == line.indent && line.column > line.indent + 1)
    }) else {
        return;
    };
    let word = shown(out.content.split([':', ' ', '=']).next().unwrap_or_default());
    let at = Position { line: out.number, column: out.indent + 1 };
    let has_dash = |line: &Line<'_>| line.column > line.indent + 1;
    if out.indent == line.indent {
        // An entry among others that has no `- `.
        if !has_dash(&out) && out.content.contains(':') {
            let message = format!("`{word}` has no `- ` before it");
            let right = format!("write `- {}`", shown(out.content));
            let edits = vec![Edit { at, removed: 0, put: "- ".to_owned() }];
            slips.push(Slip { at, message, suggestion: right, edits });
        }
        return;
    }
    // Where nothing else stands as far in as this line, it is this one that is out.
    let others = (line.number.saturating_sub(NEIGHBOURS).max(1)..=line.number + NEIGHBOURS)
        .filter(|number| ![line.number, out.number].contains(number))
        .filter_map(|number| Line::new(source, number));
    let is_known =
        { others }.any(|other| !other.is_empty() && [other.indent, other.column - 1].contains(&line.indent));
    if line.indent - out.indent > FARTHEST || out.content.is_empty() || !is_known {
        return;
    }
    let right = format!("indent it by {}", counted(line.indent, "space"));
    let start = Position { line: out.number, column: 1 };
    if has_dash(&out) && is_key(&word) && !is_action(&word) && !has_dash(line) {
        let edits = vec![Edit { at: start, removed: out.column - 1, put: " ".repeat(line.indent) }];
        let message = format!("a `- ` stands before the key `{word}`");
        slips.push(Slip { at, message, suggestion: format!("{right}, without the `- `"), edits });
    }
    let message = "this line is indented unlike its neighbours".to_owned();
    for lines in
        [Vec::new(), under(source, &out).into_iter().filter(|number| *number < line.number).collect()]
    {
        let moved = |number: usize| Edit {
            at: Position { line: number, column: 1 },
            removed: 0,
            put: " ".repeat(line.indent - out.indent),
        };
        let edits = std::iter::once(out.number).chain(lines).map(moved).collect();
        slips.push(Slip { at, message: message.clone(), suggestion: right.clone(), edits });
    }
}

/// True where a line would be a part of a text under `|` or `>`, if it were indented so.
fn is_in_text(source: &Source<'_>, number: usize, indent: usize) -> bool {
    let mut outer = indent;
    for before in (1..number).rev().filter_map(|number| Line::new(source, number)) {
        if before.is_empty() || before.column > outer {
            continue;
        }
        if block_key(before.content).is_some() {
            return true;
        }
        outer = before.indent;
        if outer == 0 {
            break;
        }
    }
    false
}

/// The lines that are indented further than `line`, up to the first that is not.
pub(super) fn under(source: &Source<'_>, line: &Line<'_>) -> Vec<usize> {
    let next = (line.number + 1..=source.line_count())
        .take(MAX_LINES)
        .filter_map(|number| Line::new(source, number));
    next.take_while(|next| next.is_empty() || next.indent > line.indent).map(|next| next.number).collect()
}

/// A key among the entries of a list, with or without room for what is under it.
fn entry(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    if line.column != line.indent + 1 {
        return;
    }
    let at = line.at(0);
    let dash = Edit { at, removed: 0, put: "- ".to_owned() };
    let moved =
        |number: usize| Edit { at: Position { line: number, column: 1 }, removed: 0, put: "  ".to_owned() };
    let with_room = std::iter::once(dash.clone()).chain(under(source, line).into_iter().map(moved)).collect();
    let message = "this line is not an entry of the list above".to_owned();
    let right = format!("write `- {}`", shown(line.content));
    let more = format!("{right}, and indent what is under it by two spaces more");
    slips.push(Slip { at, message: message.clone(), suggestion: right, edits: vec![dash] });
    slips.push(Slip { at, message, suggestion: more, edits: with_room });
}

/// A line that is indented unlike its neighbours: as one of those before it, with or without what is under
/// it.
fn indentation(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let indent = line.indent;
    let before =
        (1..line.number).rev().filter_map(|number| Line::new(source, number)).filter(|line| !line.is_empty());
    let mut targets: Vec<(usize, String)> = Vec::new();
    for near in before.take(NEIGHBOURS) {
        let word = near.content.split([':', ' ', '=']).next().unwrap_or("").to_owned();
        for target in [near.column - 1, near.indent] {
            if target.abs_diff(indent) <= FARTHEST
                && target != indent
                && targets.iter().all(|(other, _)| *other != target)
            {
                targets.push((target, word.clone()));
            }
        }
    }
    // The nearest is the likeliest; a text must not swallow a key.
    let is_key = reads_as_key(line.text);
    targets.retain(|(target, _)| !is_key || !is_in_text(source, line.number, *target));
    targets.sort_by_key(|(target, _)| target.abs_diff(indent));
    let under = under(source, line);
    // The entries that follow in the same column.
    let mut beside = under.clone();
    while let Some(next) = Line::new(source, beside.last().copied().unwrap_or(line.number) + 1)
        .filter(|next| next.indent == indent && next.column > indent + 1 && beside.len() < MAX_LINES)
    {
        beside.push(next.number);
        beside.extend(self::under(source, &next));
    }
    let beside = if beside.len() > under.len() && line.column > indent + 1 { beside } else { Vec::new() };
    for (target, word) in targets {
        let moved = |number: usize| Edit {
            at: Position { line: number, column: 1 },
            removed: indent.saturating_sub(target),
            put: " ".repeat(target.saturating_sub(indent)),
        };
        for lines in [&[][..], under.as_slice(), beside.as_slice()] {
            let edits = std::iter::once(line.number).chain(lines.iter().copied()).map(moved).collect();
            let at = Position { line: line.number, column: indent + 1 };
            let right = format!("indent it by {}, as `{}` above", counted(target, "space"), shown(&word));
            let message = "this line is indented unlike its neighbours".to_owned();
            slips.push(Slip { at, message, suggestion: right, edits });
        }
    }
}
