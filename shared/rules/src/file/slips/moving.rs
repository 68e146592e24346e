//! Lines that are moved: entries without `- `, and lines that are indented unlike their neighbours.

use super::candidates::{Line, MAX_LINES, counted, shown};
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
        indentation(source, &line, &mut slips);
    }
    slips
}

/// The lines that are indented further than `line`, up to the first that is not.
fn under(source: &Source<'_>, line: &Line<'_>) -> Vec<usize> {
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
    let message = "this line is no entry of the list above".to_owned();
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
