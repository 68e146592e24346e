//! Slips of the hand: what makes a whole file unreadable although little is wrong.
//!
//! A parser tells where it could not go on, which is seldom where the slip is. So each repair that a file
//! suggests is tried: the one after which the least is wrong names the cause, and what was only a consequence
//! of it is not told. A repair that does not help is no advice.

mod behind;
mod candidates;
mod diffs;
mod flow;
mod keys;
pub(super) mod lines;
mod moving;
mod quotes;
mod texts;
mod values;

use super::read;
use crate::edit::{Edit, applied};
use crate::problem::{MAX_PROBLEMS, Position, Problem, Source};
use crate::yaml::Unread;

/// The most slips that are looked for in one file.
const MAX_SLIPS: usize = 12;
/// The most repairs that are tried for one slip.
const MAX_TRIED: usize = 60;
/// Most repairs of one line that are tried in pairs.
const MAX_PAIRED: usize = 8;
/// Widths that a tab may be meant to have, in columns.
const TAB_WIDTHS: [usize; 5] = [2, 4, 8, 6, 3];
/// Widest indentation that is tried for one line with a tab, if it is meant as none of its neighbours.
const WIDEST: usize = 24;
/// Most bytes that are read again for all of the repairs of one file.
const MAX_READ: usize = 2 * 1024 * 1024;

/// A slip of the hand, and what repairs it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slip {
    at: Position,
    message: String,
    suggestion: String,
    /// In the order of the file; no two touch each other.
    edits: Vec<Edit>,
}

/// The problems of a file as its author should see them: those of `failure`, with slips in the place of what
/// follows from them.
pub(super) fn explained(text: &str, path: &str, failure: Unread) -> Vec<Problem> {
    let original = Source::new(path, text);
    if let Some(conflict) = conflict(&original) {
        return vec![conflict];
    }
    let mut told = Vec::new();
    let mut rounds: Vec<Vec<Edit>> = Vec::new();
    let mut repaired = text.to_owned();
    let (mut failure, mut budget) = (failure, MAX_READ);
    while told.len() < MAX_SLIPS && !failure.problems.is_empty() && failure.problems.len() <= MAX_PROBLEMS {
        let Some(better) = repair(&repaired, path, &failure, &mut budget) else { break };
        let at = before(&rounds, better.slip.at);
        let edits =
            better.slip.edits.iter().map(|edit| Edit { at: before(&rounds, edit.at), ..edit.clone() });
        let problem = original.problem(at, better.slip.message, better.slip.suggestion);
        told.push(Problem { edits: edits.collect(), ..problem });
        rounds.push(better.slip.edits);
        (repaired, failure) = (better.text, better.failure);
    }
    if told.is_empty() {
        return failure.problems;
    }
    // A value that is wrong with quotes, too, is one slip: they are not what is missing.
    let starts: Vec<Position> = failure
        .problems
        .iter()
        .map(|problem| before(&rounds, Position { line: problem.line, column: problem.column }))
        .collect();
    let before_quotes = told.len();
    told.retain(|slip: &Problem| {
        let [edit] = slip.edits.as_slice() else { return true };
        let is_quoting = edit.removed > 0 && edit.put.starts_with(['\'', '"']);
        let is_start = |at: &Position| at.line == edit.at.line && at.column.abs_diff(edit.at.column) <= 1;
        !is_quoting || !starts.iter().any(is_start)
    });
    let is_merged = told.len() < before_quotes;
    told.extend(failure.problems.into_iter().map(|problem| {
        let at = before(&rounds, Position { line: problem.line, column: problem.column });
        let edits =
            problem.edits.into_iter().map(|edit| Edit { at: before(&rounds, edit.at), ..edit }).collect();
        let edits = if is_merged { Vec::new() } else { edits };
        Problem { edits, ..original.problem(at, problem.message, problem.suggestion) }
    }));
    told.sort_by_key(|problem| (problem.line, problem.column));
    told
}

/// A file with one slip less.
struct Better {
    slip: Slip,
    text: String,
    failure: Unread,
}

/// The repair of `text` after which the least is wrong; `None`: none helps. `budget`: how many bytes may
/// still be read.
fn repair(text: &str, path: &str, failure: &Unread, budget: &mut usize) -> Option<Better> {
    let source = Source::new(path, text);
    if failure.is_cut && failure.problems.last().is_some_and(|last| last.message.contains("tab ")) {
        return without_tabs(&source, path, failure, budget);
    }
    let slips = candidates::of(&source, failure);
    let mut best: Option<Better> = None;
    for slip in slips.iter().take(MAX_TRIED) {
        let Some(better) = tried(&source, path, slip, budget)? else { continue };
        let is_best = best.as_ref().is_none_or(|best| weight(&better.failure) < weight(&best.failure));
        if helps(failure, &better.failure) && is_best {
            let is_sound = better.failure.problems.is_empty();
            best = Some(better);
            if is_sound {
                break;
            }
        }
    }
    if best.as_ref().is_none_or(|best| best.failure.is_cut) {
        for slip in moving::by_moving(&source, failure).iter().take(MAX_TRIED) {
            let Some(better) = tried(&source, path, slip, budget)? else { continue };
            let is_best = best.as_ref().is_none_or(|best| weight(&better.failure) < weight(&best.failure));
            // A line that is wrong where it stands now was not meant to stand there.
            let is_wrong = |line: usize| better.failure.problems.iter().any(|problem| problem.line == line);
            let is_more = better.failure.problems.len() >= failure.problems.len();
            if !better.failure.is_cut
                && is_best
                && !is_more
                && !slip.edits.iter().any(|edit| is_wrong(edit.at.line))
            {
                best = Some(better);
            }
        }
    }
    if let Some(last) = failure.problems.last().filter(|_| failure.is_cut) {
        for slip in &lines::strays(&source, last.line) {
            let Some(better) = tried(&source, path, slip, budget)? else { continue };
            let is_best = best.as_ref().is_none_or(|best| weight(&better.failure) < weight(&best.failure));
            if helps(failure, &better.failure) && is_best {
                best = Some(better);
            }
        }
    } else if failure.problems.len() > 1 {
        // A line that stands elsewhere is missing where it belongs, and unknown where it is.
        let after = best.as_ref().map_or(failure.problems.len(), |best| best.failure.problems.len());
        for slip in moving::of_unknown_keys(&source, failure).iter().take(MAX_TRIED) {
            let Some(better) = tried(&source, path, slip, budget)? else { continue };
            let is_best = best.as_ref().is_none_or(|best| weight(&better.failure) < weight(&best.failure));
            let is_wrong = |line: usize| better.failure.problems.iter().any(|problem| problem.line == line);
            let is_less = better.failure.problems.len() + 2 <= after;
            if !better.failure.is_cut
                && is_best
                && is_less
                && !slip.edits.iter().any(|edit| is_wrong(edit.at.line))
            {
                best = Some(better);
            }
        }
    }
    if best.is_some() || !failure.is_cut {
        return best;
    }
    // Two slips of one line: only the second repair shows.
    let last = failure.problems.last()?.line;
    for slip in slips.iter().filter(|slip| slip.at.line == last).take(MAX_PAIRED) {
        let Some(first) = tried(&source, path, slip, budget)? else { continue };
        let between = Source::new(path, &first.text);
        let seconds = candidates::of(&between, &first.failure);
        for slip in seconds.iter().filter(|slip| slip.at.line == last).take(MAX_PAIRED) {
            let Some(second) = tried(&between, path, slip, budget)? else { continue };
            if helps(failure, &second.failure) && helps(&first.failure, &second.failure) {
                return Some(first);
            }
        }
    }
    None
}

/// The file with spaces for the tabs that indent its lines: as many for each as make the most of it.
fn without_tabs(source: &Source<'_>, path: &str, failure: &Unread, budget: &mut usize) -> Option<Better> {
    let mut best: Option<Better> = None;
    let by_width = |width: usize| -> Vec<Edit> {
        (1..=source.line_count()).filter_map(|line| indented_by_tab(source, line, width)).collect()
    };
    let mut all: Vec<Vec<Edit>> = TAB_WIDTHS.map(by_width).into_iter().collect();
    // One line is most likely meant to stand where its neighbours do.
    if let Some([edit]) = all.first().map(Vec::as_slice) {
        let near: Vec<Edit> = beside(source, edit.at.line)
            .into_iter()
            .map(|column| Edit { put: " ".repeat(column), ..edit.clone() })
            .collect();
        all = near.into_iter().map(|edit| vec![edit]).chain(all).collect();
    }
    for edits in all {
        if edits.len() > candidates::MAX_LINES {
            return None;
        }
        let first = edits.first()?;
        let (line, spaces) = (first.at.line, candidates::counted(first.put.len(), "space"));
        let tab = source.line(line).chars().position(|c| c == '\t').unwrap_or_default();
        let more = match edits.len() {
            1 => String::new(),
            lines => format!(", and do so in {} more", candidates::counted(lines - 1, "line")),
        };
        let slip = Slip {
            at: Position { line, column: tab + 1 },
            message: "a tab indents this line".to_owned(),
            suggestion: format!("YAML takes spaces only: indent it by {spaces}{more}"),
            edits,
        };
        let better = tried(source, path, &slip, budget)??;
        let is_best = best.as_ref().is_none_or(|best| weight(&better.failure) < weight(&best.failure));
        if is_best && helps(failure, &better.failure) {
            best = Some(better);
        }
    }
    best
}

/// Returns the columns of the lines around one, and of the text behind their `- `: the nearest first.
fn beside(source: &Source<'_>, number: usize) -> Vec<usize> {
    let line = |number: usize| candidates::Line::new(source, number).filter(|line| !line.is_empty());
    let before = (1..number).rev().filter_map(line).take(candidates::MAX_NEAR);
    let next = (number + 1..=source.line_count()).filter_map(line).take(1);
    let mut columns = Vec::new();
    let near: Vec<_> = before.collect();
    for line in near.iter().take(1) {
        columns.push(line.column - 1);
    }
    columns.extend(next.map(|line| line.indent));
    for line in &near {
        columns.extend([line.column - 1, line.indent]);
    }
    // The rest of a text stands further in than its key.
    columns.extend(near.first().map(|line| line.column + 1));
    columns.extend((0..=WIDEST).step_by(2));
    let mut seen = std::collections::BTreeSet::new();
    columns.retain(|column| seen.insert(*column));
    // Whoever typed a tab meant to indent the line.
    columns.sort_by_key(|column| *column == 0);
    columns
}

/// Returns the edit that indents a line by spaces instead of tabs; each tab ends at a multiple of `width`.
/// `None`: there is no tab.
fn indented_by_tab(source: &Source<'_>, line: usize, width: usize) -> Option<Edit> {
    let indentation: Vec<char> = source.line(line).chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    if !indentation.contains(&'\t') {
        return None;
    }
    let spaces = indentation
        .iter()
        .fold(0, |column, c| if *c == '\t' { (column / width + 1) * width } else { column + 1 });
    Some(Edit { at: Position { line, column: 1 }, removed: indentation.len(), put: " ".repeat(spaces) })
}

/// The file after the repair of `slip`. `None`: enough has been read; `Some(None)`: it can't be repaired so.
fn tried(source: &Source<'_>, path: &str, slip: &Slip, budget: &mut usize) -> Option<Option<Better>> {
    let Some(text) = applied(source, &slip.edits) else { return Some(None) };
    *budget = budget.checked_sub(text.len())?;
    let failure = read(&text, path).err().unwrap_or(Unread { problems: Vec::new(), is_cut: false });
    Some(Some(Better { slip: slip.clone(), text, failure }))
}

/// True if fewer things are wrong `after` a repair. A repair that only moves the place where the reading
/// ends, or adds problems, is none.
fn helps(before: &Unread, after: &Unread) -> bool {
    let end = |failure: &Unread| failure.problems.last().map(|last| last.line);
    let is_left_open =
        |failure: &Unread| failure.problems.last().is_some_and(|last| last.message.contains("closed"));
    match (before.is_cut, after.is_cut) {
        // What is left open somewhere is still open further down.
        (true, true) => end(after) > end(before) && !(is_left_open(before) && is_left_open(after)),
        (true, false) => true,
        (false, true) => false,
        (false, false) => after.problems.len() < before.problems.len(),
    }
}

/// Returns the order of files by how bad they are: a file that can't be read to its end is worse than any
/// other, and the worse the more of it was not read.
fn weight(failure: &Unread) -> (bool, std::cmp::Reverse<usize>, usize) {
    let unread = failure.problems.last().filter(|_| failure.is_cut).map_or(usize::MAX, |last| last.line);
    (failure.is_cut, std::cmp::Reverse(unread), failure.problems.len())
}

/// Returns the place in the original of a place of the repaired text. `rounds`: the edits of one repair after
/// the other.
fn before(rounds: &[Vec<Edit>], at: Position) -> Position {
    rounds.iter().rev().fold(at, |at, edits| Position { column: column_before(edits, at), ..at })
}

fn column_before(edits: &[Edit], at: Position) -> usize {
    let (mut added, mut removed) = (0, 0);
    for edit in edits.iter().filter(|edit| edit.at.line == at.line) {
        let start = edit.at.column + added - removed;
        let put = edit.put.chars().count();
        if at.column < start {
            break;
        }
        if at.column < start + put {
            return edit.at.column;
        }
        added += put;
        removed += edit.removed;
    }
    (at.column + removed).saturating_sub(added).max(1)
}

/// The first line that `git merge` left between two versions of a file.
fn conflict(source: &Source<'_>) -> Option<Problem> {
    const MARKERS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
    let is_marker = |line: &str| {
        MARKERS.iter().any(|marker| {
            line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    let lines = || 1..=source.line_count();
    // An editor may have indented them; in a text, a line of `=` alone is a heading.
    let has = |marker: &str| lines().any(|line| source.line(line).trim_start().starts_with(marker));
    let is_indented = has("<<<<<<< ") && has(">>>>>>> ");
    let line = lines().find(|line| {
        let text = source.line(*line);
        is_marker(if is_indented { text.trim_start() } else { text })
    })?;
    let column = source.line(line).chars().take_while(|c| *c == ' ').count() + 1;
    let right =
        "keep the lines of one side, and delete the others with the lines `<<<<<<<`, `=======` and `>>>>>>>`";
    Some(source.problem(Position { line, column }, "a merge conflict is left here", right.to_owned()))
}

#[cfg(test)]
mod tests;
