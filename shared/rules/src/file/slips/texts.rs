//! Texts over several lines that are not indented as they must be.

use super::candidates::{Line, MAX_LINES, counted, shown};
use super::keys::{reads_as_key, starts_structure, takes_text};
use super::{Edit, Slip};
use crate::problem::{Position, Source};

/// A text under `|` or `>` that is not indented further than its key, or not evenly.
pub(super) fn block_text(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(key) = block_key(line.content) else { return };
    let own = line.column - 1;
    let following = |from: usize| {
        (from..=source.line_count()).take(MAX_LINES).map_while(|number| Line::new(source, number))
    };
    let is_blank = |line: &Line<'_>| line.text.trim().is_empty();
    let indent_of = |line: &Line<'_>| line.text.chars().take_while(|c| *c == ' ').count();
    // The lines that are indented as they should be come first.
    let mut block = None;
    let mut start = None;
    for next in following(line.number + 1).filter(|next| !is_blank(next)) {
        let indent = indent_of(&next);
        match block {
            None if indent > own => block = Some(indent),
            Some(block) if indent >= block => {}
            None | Some(_) => {
                start = Some((next.number, indent));
                break;
            }
        }
    }
    let Some((start, indent)) = start else { return };
    let is_structure = starts_structure(source.line(start)) || reads_as_key(source.line(start));
    if is_structure || (indent < own && is_head(source.line(start))) {
        return;
    }
    let target = block.unwrap_or(own + 2);
    let Some(by) = target.checked_sub(indent).filter(|by| *by > 0) else { return };
    let text: Vec<Line<'_>> = following(start).collect();
    let until = |stop: &dyn Fn(&Line<'_>) -> bool| {
        text.iter().skip(1).position(stop).map_or(text.len(), |index| index + 1)
    };
    let known = until(&|next| !is_blank(next) && (indent_of(next) < indent || starts_structure(next.text)));
    let all = until(&|next| !is_blank(next) && indent_of(next) < indent);
    let name = key.unwrap_or("the entry");
    let at = Position { line: start, column: indent + 1 };
    if block.is_some() {
        // Only what is not indented as the lines before it is moved, and so far as they are.
        let short = |length: usize| {
            text.iter().take(length).filter(|line| !is_blank(line) && indent_of(line) < target)
        };
        let counts = [known, 1, all].into_iter().filter(|length| {
            short(*length).all(|line| !starts_structure(line.text) && !reads_as_key(line.text))
        });
        for length in counts {
            let edits = short(length).map(|line| Edit {
                at: Position { line: line.number, column: 1 },
                removed: 0,
                put: " ".repeat(target - indent_of(line)),
            });
            let right = format!("indent this line by {} more, as the text above it", counted(by, "space"));
            let message = format!("the text of `{}` is indented unevenly", line.content);
            slips.push(Slip { at, message, suggestion: right, edits: edits.collect() });
        }
        return;
    }
    let right = format!("indent the lines of the text by {} more", counted(by, "space"));
    let message = format!("the text of `{}` must be indented further than `{name}`", line.content);
    for length in [known, 1, all] {
        let edits: Vec<Edit> = text
            .iter()
            .take(length)
            .filter(|line| !is_blank(line))
            .map(|line| Edit {
                at: Position { line: line.number, column: 1 },
                removed: 0,
                put: " ".repeat(by),
            })
            .collect();
        slips.push(Slip { at, message: message.clone(), suggestion: right.clone(), edits });
    }
}

/// True if a line that stands left of a text's key is a key of its own, such as the name of a rule.
fn is_head(line: &str) -> bool {
    let text = line.trim();
    let entry = text.strip_prefix("- ").unwrap_or(text);
    let name = entry.split_once(": ").map(|(name, _)| name).or_else(|| entry.strip_suffix(':'));
    name.is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ')))
}

/// A text on the lines under its key that can't stand there without `|`.
pub(super) fn plain_text(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some(key) = line.content.strip_suffix(':').filter(|key| takes_text(key)) else { return };
    let own = line.column - 1;
    let lines = |from: usize| {
        (from..=source.line_count()).take(MAX_LINES).map(|number| (number, source.line(number)))
    };
    let indent_of = |text: &str| text.len() - text.trim_start_matches(' ').len();
    let Some((start, text)) = lines(line.number + 1).find(|(_, text)| !text.trim().is_empty()) else {
        return;
    };
    if starts_structure(text) || text.trim_start().starts_with('-') {
        return;
    }
    let sign = Edit { at: line.end(), removed: 0, put: " |".to_owned() };
    let at = Position { line: start, column: indent_of(text) + 1 };
    if indent_of(text) > own {
        let message = format!("the text of `{key}:` can't stand there without `|`");
        slips.push(Slip { at, message, suggestion: format!("write `{key}: |`"), edits: vec![sign] });
        return;
    }
    let by = own + 2 - indent_of(text);
    let ends =
        |text: &str| !text.trim().is_empty() && (indent_of(text) < at.column - 1 || starts_structure(text));
    let moved = lines(start).take_while(|(_, text)| !ends(text)).filter(|(_, text)| !text.trim().is_empty());
    let indents =
        moved.map(|(line, _)| Edit { at: Position { line, column: 1 }, removed: 0, put: " ".repeat(by) });
    let message = format!("the text of `{key}:` must be indented further than `{key}`");
    let right =
        format!("write `{key}: |`, and indent the lines of the text by {} more", counted(by, "space"));
    slips.push(Slip {
        at,
        message,
        suggestion: right,
        edits: std::iter::once(sign).chain(indents).collect(),
    });
}

/// A text in quotes that goes on in lines which are not indented further than its key.
pub(super) fn quoted_text(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let value = line.content.split_once(": ").map_or(line.content, |(_, value)| value);
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) else { return };
    if value.matches(quote).count() % 2 == 0 {
        return;
    }
    let own = line.column - 1;
    let mut edits = Vec::new();
    let mut last = line.number;
    for number in (line.number + 1..=source.line_count()).take(MAX_LINES) {
        let text = source.line(number);
        let indent = text.len() - text.trim_start_matches(' ').len();
        if starts_structure(text) {
            never_closed(source, line, (value, quote), last, slips);
            return;
        }
        last = if text.trim().is_empty() { last } else { number };
        if !text.trim().is_empty() && indent <= own {
            edits.push(Edit {
                at: Position { line: number, column: 1 },
                removed: 0,
                put: " ".repeat(own + 2 - indent),
            });
        }
        if text.contains(quote) {
            break;
        }
    }
    let Some(first) = edits.first() else { return };
    let at = Position { line: first.at.line, column: 1 };
    let suggestion = format!("indent it by {} more", counted(first.put.len(), "space"));
    let message =
        format!("a text in quotes goes on here, and is indented no further than `{}`", shown(line.content));
    slips.push(Slip { at, message, suggestion, edits });
}

/// A text in quotes that goes on up to the line `last`, and is not closed there.
fn never_closed(
    source: &Source<'_>,
    line: &Line<'_>,
    (value, quote): (&str, char),
    last: usize,
    slips: &mut Vec<Slip>,
) {
    let start = line.content.chars().count() - value.chars().count();
    let at = line.at(start);
    if last == line.number {
        return;
    }
    let message = format!("`{quote}` is not closed");
    if value.len() == 1 {
        // The text begins below: `|` has no end that can be forgotten.
        let key = line.content.strip_suffix(value).unwrap_or_default().trim_end();
        let edits = vec![Edit { at, removed: 1, put: "|".to_owned() }];
        slips.push(Slip { at, message, suggestion: format!("write `{key} |`"), edits });
        return;
    }
    let end = Position { line: last, column: source.line(last).trim_end().chars().count() + 1 };
    let edits = vec![Edit { at: end, removed: 0, put: quote.to_string() }];
    slips.push(Slip { at, message, suggestion: format!("write `{quote}` at the end of line {last}"), edits });
}

/// The key of a line that ends with the sign of a text over several lines; `Some(None)`: an entry of a list
/// has it.
pub(super) fn block_key(content: &str) -> Option<Option<&str>> {
    let is_sign = |sign: &str| {
        let rest = sign.strip_prefix(['|', '>'])?;
        (rest.len() <= 2 && rest.chars().all(|c| matches!(c, '+' | '-' | '1'..='9'))).then_some(())
    };
    if let Some((key, sign)) = content.rsplit_once(": ") {
        is_sign(sign.trim())?;
        return Some(Some(key.trim()));
    }
    is_sign(content).map(|()| None)
}
