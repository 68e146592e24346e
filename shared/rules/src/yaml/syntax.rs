//! The parser's errors, in the words of somebody who writes a rules file.

use super::load::position;
use crate::problem::{Position, Problem, Source};
use crate::suggest::closest;
use saphyr_parser::ScanError;

/// A syntax error as a problem: what is wrong, and what to write instead.
pub(super) fn problem(source: &Source<'_>, error: &ScanError) -> Problem {
    let at = position(*error.marker());
    if let Some(tab) = indenting_tab(source, at.line) {
        return source.problem(
            tab,
            "a tab indents this line",
            "YAML takes spaces only: use 2 spaces per level".to_owned(),
        );
    }
    // The end of the input is reported behind the last line, where there is nothing to see.
    let at = last_text_until(source, at);
    let info = error.info();
    if info.contains("unknown anchor") {
        return alias(source, at);
    }
    let (message, suggestion) = explain(info);
    match message {
        Some(message) => source.problem(at, message, suggestion.map(str::to_owned)),
        None => source.problem(at, format!("not YAML: {info}"), suggestion.map(str::to_owned)),
    }
}

/// An alias whose anchor is not there: misspelt, or a text that starts with `*`.
fn alias(source: &Source<'_>, at: Position) -> Problem {
    let line = source.line(at.line);
    let before: String = line.chars().take(at.column.saturating_sub(1)).collect();
    let column =
        before.rfind('*').map_or(at.column, |star| before.get(..star).unwrap_or("").chars().count() + 1);
    let at = Position { column, ..at };
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let name_of = |text: &str| text.chars().take_while(|c| is_name(*c)).collect::<String>();
    let name = name_of(source.from(at).trim_start_matches('*'));
    let anchors: Vec<String> =
        source.text().split('&').skip(1).map(name_of).filter(|name| !name.is_empty()).collect();
    let right = match closest(&name, anchors.iter().map(String::as_str)) {
        Some(anchor) => format!("did you mean `*{anchor}`?"),
        None => format!(
            "put `&{name}` before what it stands for, above; a text that starts with `*` stands in quotes"
        ),
    };
    source.problem(at, format!("no anchor `&{name}` stands before this alias"), right)
}

/// `at`, or the end of the last line up to it that holds anything: where its own line does not, or ends
/// before it (the parser counts bytes for characters in the name of a `%` directive).
fn last_text_until(source: &Source<'_>, at: Position) -> Position {
    let last =
        (1..=at.line.min(source.line_count())).rev().find(|line| !source.line(*line).trim().is_empty());
    match last {
        Some(line) if line < at.line => {
            Position { line, column: source.line(line).trim_end().chars().count() + 1 }
        }
        Some(line) => Position { line, column: at.column.min(source.line(line).chars().count() + 1) },
        None => at,
    }
}

/// The first tab in the indentation of the line, or else of the line before it (where an error may show only
/// later).
fn indenting_tab(source: &Source<'_>, line: usize) -> Option<Position> {
    [line, line.saturating_sub(1)].into_iter().find_map(|line| {
        let indentation = source.line(line).chars().take_while(|c| c.is_whitespace() || *c == '-');
        indentation
            .enumerate()
            .find(|(_, c)| *c == '\t')
            .map(|(index, _)| Position { line, column: index + 1 })
    })
}

/// Returns the meaning here of the parser's message, and the correction. `None` as the message: the parser's
/// own is good enough.
fn explain(info: &str) -> (Option<&'static str>, Option<&'static str>) {
    let has = |part: &str| info.contains(part);
    if has("unprintable") {
        (Some("a NUL character"), Some("delete it"))
    } else if has("tab") {
        (Some("a tab where YAML takes spaces"), Some("use spaces"))
    } else if has("mapping values are not allowed") {
        (
            Some("a `:` that starts no value here"),
            Some("indent the line as its neighbours, or put the text into quotes"),
        )
    } else if has("indentation in quoted scalar") {
        (
            Some("a quote opens here and is not closed"),
            Some("close it; what goes on in the next line is indented further than its key"),
        )
    } else if has("valid YAML whitespace") {
        (Some("a tab behind `-` or `:`"), Some("use a space"))
    } else if has("intercepting") {
        (
            Some("a comment within a text that goes on in the next line"),
            Some("write it on a line of its own, or indent the next line as its neighbours"),
        )
    } else if has("did not find expected key") || has("invalid indentation") {
        (
            Some("this line is indented unlike its neighbours"),
            Some("keys of one mapping start in the same column"),
        )
    } else if has("did not find expected '-'") {
        (
            Some("this line is not an entry of the list above"),
            Some("start it with `- `, or indent it further"),
        )
    } else if has("block sequence entries are not allowed") {
        (
            Some("a list entry where none can stand"),
            Some("entries of one list start with `- ` in the same column"),
        )
    } else if has("simple key expect") || has("simple key expected") {
        (Some("a key without `:`, or a text over several lines"), Some("write, for example, `key: value`"))
    } else if has("misplaced bracket") {
        (Some("this `]` or `}` closes nothing"), Some("take it out, or put the text into quotes"))
    } else if has("flow mapping") || has("flow sequence") || has("flow construct") || has("illegal placement")
    {
        (
            Some("a `{` or `[` is not closed here"),
            Some("close it; a text with such characters, or with `{{ … }}`, stands in quotes"),
        )
    } else if has("unexpected end of stream") || has("unexpected eof") {
        (Some("a quote, `{` or `[` is never closed"), Some("close it"))
    } else if has("trailing content after double-quoted") || has("did not find expected <document") {
        (Some("text after the end of a value"), Some("put the whole value into one pair of quotes"))
    } else if has("unknown escape") || has("hexadecimal") || has("Unicode character escape") {
        (
            Some("a `\\` that starts no known escape"),
            Some("use single quotes: there, `\\` is an ordinary character"),
        )
    } else if has("unexpected character") {
        (Some("a value cannot start with this character"), Some("put the value into quotes"))
    } else if has("anchor") {
        (
            Some("an alias or anchor that cannot be read"),
            Some("define `&name` before `*name`; a text that starts with `*` or `&` stands in quotes"),
        )
    } else if has("recursion") {
        (Some("nested too deep"), None)
    } else if has("block scalar") {
        (
            Some("the text after `|` or `>` is not indented evenly"),
            Some("indent each of its lines further than the key"),
        )
    } else {
        (None, None)
    }
}
