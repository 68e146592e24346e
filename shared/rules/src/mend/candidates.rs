//! The changes that a suggestion may ask for.

use crate::edit::Edit;
use crate::problem::{Position, Problem, Source};
use std::collections::BTreeSet;

/// The longest line that is changed, in characters.
const LONGEST: usize = 400;
/// Most words before the place of a problem at which the code that it is about may start.
const WORDS_BEFORE: usize = 8;
/// Most words behind it at which the code may end.
const WORDS_BEHIND: usize = 24;
/// Most lines that are moved together.
const MAX_LINES: usize = 200;
/// Words before code that is to be written.
const VERBS: [&str; 8] =
    ["write", "did you mean", "end it", "close it", "start it", "lower case", "compare with", "closed"];
/// Words before code that stands somewhere else.
const ELSEWHERE: [&str; 5] = [" under `", " beside", ", where ", " in the list", " before it"];
/// Signs that start the code of a template.
const CODE: [&str; 2] = ["{{", "{%"];

/// Each change that the suggestion of `problem` may ask for, the likeliest first.
pub(super) fn of(source: &Source<'_>, problem: &Problem, suggestion: &str) -> Vec<Vec<Edit>> {
    if !problem.edits.is_empty() {
        return vec![problem.edits.clone()];
    }
    let line: Vec<char> = source.line(problem.line).chars().collect();
    if line.len() > LONGEST {
        return Vec::new();
    }
    let place = Place { source, line, number: problem.line, index: problem.column.saturating_sub(1) };
    let codes = codes(suggestion);
    let asks = |words: &[&str]| words.iter().any(|word| suggestion.contains(word));
    let mut all = Vec::new();
    if asks(&["` above "]) {
        all.extend(codes.iter().filter(|code| code.ends_with(':')).map(|code| place.headed(code)));
        return all;
    }
    if asks(&["indent"]) {
        all.extend(codes.iter().filter(|code| code.ends_with(':')).flat_map(|code| place.renamed(code)));
        all.extend(place.indented());
    }
    if asks(&["`- `"]) {
        all.extend(place.as_entry());
    }
    if suggestion.starts_with("it is ") || suggestion.starts_with("it takes ") {
        return all;
    }
    if suggestion.starts_with("write `{% end") && suggestion.ends_with("` before it") {
        all.extend(codes.first().map(|code| vec![place.edit(place.index, 0, code)]));
        return all;
    }
    if asks(&["start it with"]) {
        all.extend(codes.first().map(|code| place.begun(code)));
        return all;
    }
    if asks(&[
        "take `",
        "take it out",
        "take this out",
        "leave `",
        "leave it out",
        "leave them out",
        "delete it",
    ]) {
        all.extend(place.without(&problem.message, suggestion));
    }
    if asks(&["end it with", "close it with", "at the end of the line"]) {
        codes.iter().for_each(|code| all.extend(place.ended(code)));
        return all;
    }
    if problem.message.contains(" has no `") || problem.message.contains("needs a value") {
        codes.iter().for_each(|code| all.extend(place.with(code)));
    }
    let quoted = quoted(&problem.message);
    // The likeliest of each code come before the others of any.
    let mut others = Vec::new();
    for code in &codes {
        let known = format!("{} {code} {}", problem.message, code.replace('-', " "));
        let is_template = CODE.iter().any(|start| code.starts_with(start));
        let is_whole = |(start, end): &(usize, usize)| !is_template || is_tag(&place.text(*start, *end));
        let closed = |(start, end): (usize, usize)| {
            // `{ name }}`: the braces that are there already.
            let text = place.text(start, end);
            let is_closed = text.ends_with('}') && !text.ends_with("}}") && place.line.get(end) == Some(&'}');
            (start, end + usize::from(is_template && is_closed))
        };
        let pieces = place.pieces(&quoted).into_iter().filter(is_whole).map(closed);
        let values = place.values(code).into_iter().filter(is_whole);
        pieces.chain(values).for_each(|(start, end)| all.extend(place.replaced(start, end, code)));
        let known = place.known(code, &known).into_iter();
        known.for_each(|(start, end)| others.extend(place.replaced(start, end, code)));
    }
    // Within the code of a template, as much is meant as the suggestion repeats.
    if place.is_in_code() {
        others.extend(std::mem::take(&mut all));
    }
    all.extend(others);
    all
}

/// The place of a problem.
struct Place<'s> {
    source: &'s Source<'s>,
    line: Vec<char>,
    /// The number of the line.
    number: usize,
    /// Number of characters before it.
    index: usize,
}

impl Place<'_> {
    fn edit(&self, index: usize, removed: usize, put: &str) -> Edit {
        let at = Position { line: self.number, column: index + 1 };
        Edit { at, removed, put: put.to_owned() }
    }

    /// True if a quote of this kind is open here.
    fn is_in(&self, quote: char) -> bool {
        self.line.iter().take(self.index).filter(|c| **c == quote).count() % 2 == 1
    }

    fn text(&self, start: usize, end: usize) -> String {
        self.line.get(start..end).unwrap_or_default().iter().collect()
    }

    /// `code` in the place of what stands between two places, as it is written in their quotes.
    fn replaced(&self, start: usize, end: usize, code: &str) -> Vec<Vec<Edit>> {
        // A part of a word is not what is meant: `main` for the `refs/heads/` of `refs/heads/main`.
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let before = start.checked_sub(1).and_then(|index| self.line.get(index)).copied();
        if (is_word(before) && is_word(code.chars().next()))
            || (is_word(code.chars().last()) && is_word(self.line.get(end).copied()))
        {
            return Vec::new();
        }
        let mut all = vec![vec![self.edit(start, end - start, code)]];
        if code.contains('\'') && self.is_in('\'') {
            all.push(vec![self.edit(start, end - start, &code.replace('\'', "''"))]);
        }
        if code.contains('"') && self.is_in('"') {
            all.push(vec![self.edit(start, end - start, &code.replace('"', "\\\""))]);
        }
        all
    }

    /// The ends of the pieces that the message quotes: around the place, or behind it.
    fn pieces(&self, quoted: &[String]) -> Vec<(usize, usize)> {
        let find = |piece: &String| {
            let piece: Vec<char> = piece.chars().collect();
            let first = (self.index + 1).saturating_sub(piece.len());
            let starts = std::iter::once(self.index).chain(first..self.line.len());
            let mut starts =
                starts.filter(|start| self.line.get(*start..).is_some_and(|rest| rest.starts_with(&piece)));
            starts.next().map(|start| (start, start + piece.len()))
        };
        quoted.iter().filter_map(find).collect()
    }

    /// True if the place is within `{{ … }}` or `{% … %}`.
    fn is_in_code(&self) -> bool {
        let before = self.text(0, self.index);
        let is_open = |start: &str, end: &str| before.rfind(start) > before.rfind(end);
        is_open("{{", "}}") || is_open("{%", "%}")
    }

    /// The ends of the value that starts at the place; with its key, where `code` has that too.
    fn values(&self, code: &str) -> Vec<(usize, usize)> {
        let before = self.text(0, self.index);
        if self.is_in_code() {
            return Vec::new();
        }
        if !before.ends_with([' ', '[', '{', ':'])
            || before.trim_end().ends_with(|c: char| c.is_alphanumeric())
        {
            return Vec::new();
        }
        let is_flow = before.contains(['[', '{']);
        let rest: String = self.text(self.index, self.line.len());
        let end = match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                rest.chars().skip(1).position(|c| c == quote).map(|length| length + 2)
            }
            Some('[') => rest.chars().position(|c| c == ']').map(|length| length + 1),
            Some(_) if is_flow => {
                let value: String = rest.chars().take_while(|c| !matches!(c, ',' | '}' | ']')).collect();
                Some(value.trim_end().chars().count())
            }
            Some(_) => Some(rest.trim_end().chars().count()),
            None => None,
        };
        let Some(end) = end.map(|length| self.index + length) else { return Vec::new() };
        let key = code.split_once(": ").map_or("", |(key, _)| key);
        let head = before.trim_end().strip_suffix(':').filter(|head| !key.is_empty() && head.ends_with(key));
        match head {
            Some(head) => vec![(head.chars().count() - key.chars().count(), end)],
            None if key.is_empty() || code.contains('{') => vec![(self.index, end)],
            None => Vec::new(),
        }
    }

    /// The ends of what stands around the place and has no word that `known` has not, the widest first. Code
    /// of a template is put in the place of such code, from its first brace to its last.
    fn known(&self, code: &str, known: &str) -> Vec<(usize, usize)> {
        let words: BTreeSet<&str> = known.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let is_template = CODE.iter().any(|start| code.starts_with(start));
        let is_known = |(start, end): &(usize, usize)| {
            let text = self.text(*start, *end);
            let mut parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            let is_whole = !is_template || is_tag(&text);
            // A `|` stays where it is, unless the code has one, too.
            let starts = text
                .chars()
                .next()
                .is_some_and(|c| !matches!(c, '|' | ':' | ')' | ',') || code.starts_with(c));
            if !starts || (text.contains('|') && !code.contains('|')) {
                return false;
            }
            let nesting = |open: char, close: char| text.matches(open).count() == text.matches(close).count();
            let signs = text
                .chars()
                .filter(|c| !c.is_alphanumeric() && !matches!(c, ' ' | '_' | '.' | '(' | ')' | '|' | ':'));
            let mut signs = signs.filter(|sign| !known.contains(*sign) && !is_template);
            parts.all(|word| words.contains(word))
                && is_whole
                && nesting('(', ')')
                && (is_template || signs.next().is_none())
        };
        let mut spans: Vec<_> = self.spans().into_iter().filter(is_known).collect();
        spans.sort_by_key(|(start, end)| std::cmp::Reverse(end - start));
        spans
    }

    /// The ends of what can stand at the place and before it: words, signs, and several of them.
    fn spans(&self) -> Vec<(usize, usize)> {
        let is_word = |index: usize| self.line.get(index).is_some_and(|c| c.is_alphanumeric() || *c == '_');
        let is_bound = |index: &usize| *index == 0 || !is_word(*index) || !is_word(*index - 1);
        let is_blank = |index: usize| self.line.get(index).is_none_or(|c| c.is_whitespace());
        let before = (0..self.index).rev().filter(is_bound).filter(|index| !is_blank(*index));
        let starts = std::iter::once(self.index).chain(before.take(WORDS_BEFORE));
        let behind =
            (self.index + 1..=self.line.len()).filter(is_bound).filter(|index| !is_blank(*index - 1));
        let ends: Vec<usize> = behind.take(WORDS_BEHIND).collect();
        starts.flat_map(|start| ends.iter().map(move |end| (start, *end))).collect()
    }

    /// Returns the number of spaces that indent a line; `None`: the line is empty.
    fn indent(&self, number: usize) -> Option<usize> {
        let line = self.source.line(number);
        let indent = line.len() - line.trim_start_matches(' ').len();
        (!line.trim().is_empty()).then_some(indent)
    }

    /// The lines from `number` on up to the first that is indented by fewer than `least` spaces.
    fn block(&self, number: usize, least: usize) -> Vec<usize> {
        let lines = (number..=self.source.line_count()).take(MAX_LINES);
        let block = lines
            .take_while(|line| *line == number || self.indent(*line).is_none_or(|indent| indent >= least));
        block.filter(|line| self.indent(*line).is_some()).collect()
    }

    fn moved(lines: &[usize], by: usize) -> Vec<Edit> {
        let at = |line: usize| Position { line, column: 1 };
        lines.iter().map(|line| Edit { at: at(*line), removed: 0, put: " ".repeat(by) }).collect()
    }

    /// The line, with its neighbours that follow, further in.
    fn indented(&self) -> Vec<Vec<Edit>> {
        let under = self.block(self.number, self.index + 1);
        let beside = self.block(self.number, self.index.max(1));
        [2, 4, 1, 3, 6]
            .into_iter()
            .flat_map(|by| [Self::moved(&beside, by), Self::moved(&under, by)])
            .collect()
    }

    /// `code` in the place of a key and its value, with the keys that follow under it.
    fn renamed(&self, code: &str) -> Vec<Vec<Edit>> {
        let code = code.strip_prefix("- ").unwrap_or(code);
        let beside = self.block(self.number, self.index.max(1));
        let rest = beside.get(1..).unwrap_or_default();
        let head = self.edit(self.index, self.line.len().saturating_sub(self.index), code);
        vec![std::iter::once(head).chain(Self::moved(rest, 2)).collect()]
    }

    /// `code` in a line of its own above, and what follows indented under it.
    fn headed(&self, code: &str) -> Vec<Edit> {
        let code = code.strip_prefix("- ").unwrap_or(code);
        let beside = self.block(self.number, self.index.max(1));
        let head = self.edit(self.index, 0, &format!("{code}\n{}", " ".repeat(self.index + 2)));
        std::iter::once(head).chain(Self::moved(beside.get(1..).unwrap_or_default(), 2)).collect()
    }

    /// The line as an entry of a list, with what is under it.
    fn as_entry(&self) -> Vec<Vec<Edit>> {
        let under = self.block(self.number, self.index + 1);
        let dash = self.edit(self.index, 0, "- ");
        let with_room =
            std::iter::once(dash.clone()).chain(Self::moved(under.get(1..).unwrap_or_default(), 2));
        vec![with_room.collect(), vec![dash]]
    }

    /// Without what the message or the suggestion quotes, or without the key at the place and what is under
    /// it.
    fn without(&self, message: &str, suggestion: &str) -> Vec<Vec<Edit>> {
        let mut all = Vec::new();
        let lines = self.block(self.number, self.index + 1);
        let last = lines.last().copied().unwrap_or(self.number);
        let is_alone = self.line.iter().take(self.index).all(|c| *c == ' ');
        if is_alone {
            let whole: usize =
                (self.number..=last).map(|line| self.source.line(line).chars().count() + 1).sum();
            let at = Position { line: self.number, column: 1 };
            all.push(vec![Edit { at, removed: whole, put: String::new() }]);
        }
        let before = self.text(0, self.index);
        if before.trim_end().ends_with(':') && !before.contains(['{', '[']) && suggestion.contains("them out")
        {
            // The value of a key that goes with it.
            let column = before.len() - before.trim_start_matches([' ', '-']).len();
            let lines = self.block(self.number, column + 1);
            let last = lines.last().copied().unwrap_or(self.number);
            let whole: usize =
                (self.number..=last).map(|line| self.source.line(line).chars().count() + 1).sum();
            let at = Position { line: self.number, column: 1 };
            all.push(vec![Edit { at, removed: whole, put: String::new() }]);
        }
        if before.trim() == "-" && self.indent(self.number + 1) == Some(self.index) {
            // The next key takes the place of the first of its entry.
            let removed = self.line.len() - self.index + 1 + self.index;
            all.push(vec![self.edit(self.index, removed, "")]);
        }
        let quoted: Vec<String> = quoted(suggestion).into_iter().chain(quoted(message)).collect();
        for (start, end) in self.pieces(&quoted) {
            let value = self.text(end, self.line.len());
            let length = value
                .starts_with(": ")
                .then(|| value.chars().take_while(|c| !matches!(c, ',' | '}' | ']')).count());
            let end = end + length.unwrap_or(0);
            let is_spaced = start > 0 && self.line.get(start - 1) == Some(&' ');
            let before = self.text(0, start);
            if before.ends_with(", ") && !self.text(end, self.line.len()).starts_with(',') {
                all.push(vec![self.edit(start - 2, end - start + 2, "")]);
            }
            if self.text(end, self.line.len()).starts_with(", ") {
                all.push(vec![self.edit(start, end - start + 2, "")]);
            }
            if is_spaced {
                all.push(vec![self.edit(start - 1, end - start + 1, "")]);
            }
            all.push(vec![self.edit(start, end - start, "")]);
        }
        all
    }

    /// With `code` before the value at the place, within its quotes.
    fn begun(&self, code: &str) -> Vec<Edit> {
        let is_quoted = matches!(self.line.get(self.index), Some('\'' | '"'));
        vec![self.edit(self.index + usize::from(is_quoted), 0, code)]
    }

    /// With `code` behind what stands at the place: in the place of what ends it wrongly, behind a word, or
    /// at the end of the line.
    fn ended(&self, code: &str) -> Vec<Vec<Edit>> {
        let line_end = self.text(0, self.line.len()).trim_end().chars().count();
        let at_end = vec![self.edit(line_end, 0, code)];
        if matches!(code, "}}" | "%}" | "#}") {
            let rest = self.text(self.index + 2, self.line.len());
            let skipped = |at: usize| self.index + 2 + rest.get(..at).unwrap_or_default().chars().count();
            let next = ["{{", "{%", "{#"].iter().filter_map(|start| rest.find(start)).min();
            let wrong =
                ["%}", "}}", "} }", "}"].iter().filter_map(|end| Some((rest.find(end)?, end.len()))).min();
            let put = format!(" {code}");
            let behind = |at: usize| rest.get(..at).unwrap_or_default().trim_end().chars().count();
            return vec![match (wrong, next) {
                (Some((at, _)), Some(next)) if next < at => {
                    vec![self.edit(self.index + 2 + behind(next), 0, &put)]
                }
                (Some((at, length)), _) => vec![self.edit(skipped(at), length, code)],
                (None, Some(next)) => vec![self.edit(self.index + 2 + behind(next), 0, &put)],
                (None, None) => vec![self.edit(line_end, 0, &put)],
            }];
        }
        let mut ends: Vec<usize> =
            self.spans().into_iter().filter(|(start, _)| *start == self.index).map(|(_, end)| end).collect();
        ends.reverse();
        let all = ends.into_iter().map(|end| vec![self.edit(end, 0, code)]);
        if code.starts_with("{%") {
            all.chain([at_end]).collect()
        } else {
            std::iter::once(at_end).chain(all).collect()
        }
    }

    /// With `code` beside the place: in its braces, or in a line of its own.
    fn with(&self, code: &str) -> Vec<Vec<Edit>> {
        let rest = self.text(self.index, self.line.len());
        if rest.starts_with('{') {
            let is_empty = rest.starts_with("{}");
            let put = if is_empty { code.to_owned() } else { format!("{code}, ") };
            return vec![vec![self.edit(self.index + 1, 0, &put)]];
        }
        if self.text(0, self.index).ends_with(['{', ',']) || self.text(0, self.index).ends_with(", ") {
            return vec![vec![self.edit(self.index, 0, &format!("{code}, "))]];
        }
        let is_head = self.line.iter().take(self.index).all(|c| matches!(c, ' ' | '-'));
        if !is_head {
            return Vec::new();
        }
        let indent = " ".repeat(self.index);
        vec![
            vec![self.edit(self.index, 0, &format!("{code}\n{indent}"))],
            vec![self.edit(self.line.len(), 0, &format!("\n{indent}  {code}"))],
        ]
    }
}

/// True if a text is a tag of a template, or its like in another language.
fn is_tag(text: &str) -> bool {
    match text.chars().next() {
        Some('{' | '#') => text.ends_with('}'),
        Some('<') => text.ends_with('>'),
        Some('%') => text.len() > 1 && text.ends_with('%'),
        Some('$') => true,
        Some(_) | None => false,
    }
}

/// The pieces of a text between backticks, then those between other quotes.
fn quoted(text: &str) -> Vec<String> {
    let between = |quote: char| text.split(quote).skip(1).step_by(2).filter(|piece| !piece.is_empty());
    between('`').chain(between('\'')).map(str::to_owned).collect()
}

/// The pieces of code that a suggestion names, in its order: between backticks, then between quotes, or
/// behind `write`.
fn codes(suggestion: &str) -> Vec<String> {
    // What another clause names is another way.
    let clause = suggestion.split(", or ").find(|clause| VERBS.iter().any(|verb| clause.contains(verb)));
    let Some(clause) = clause else { return Vec::new() };
    let end = ELSEWHERE.iter().filter_map(|word| clause.find(word)).min().unwrap_or(clause.len());
    let suggestion = clause.get(..end).unwrap_or(clause);
    let mut codes: Vec<String> = suggestion.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    // A part of a list is not what is meant.
    let list = suggestion.split_once("write ").map(|(_, list)| list);
    codes.extend(list.filter(|list| list.starts_with('[') && list.ends_with(']')).map(str::to_owned));
    if codes.is_empty() {
        // What stands in parentheses is an example.
        let rest_of = suggestion.split_once(" (").map_or(suggestion, |(before, _)| before);
        let mut rest = rest_of;
        while let Some((_, quoted)) = rest.split_once('\'') {
            let Some((inner, behind)) = quoted.split_once('\'') else { break };
            codes.extend([format!("'{inner}'"), inner.to_owned()]);
            rest = behind;
        }
    }
    let written = ["write, for example, ", "write "].iter().find_map(|verb| suggestion.split_once(verb));
    if let Some((_, written)) = written.filter(|_| codes.is_empty()) {
        let words: Vec<String> =
            written.split(", ").flat_map(|part| part.split(" or ")).map(str::to_owned).collect();
        if words.iter().all(|word| !word.contains(' ')) {
            codes.extend(words);
        }
    }
    let mut known = Vec::new();
    for code in codes {
        if code.is_empty() || code.contains('…') || known.contains(&code) {
            continue;
        }
        if let Some(entry) = code.strip_prefix("- ").filter(|entry| !entry.is_empty()) {
            known.push(entry.to_owned());
        }
        known.push(code);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_a_suggestion_is_found() {
        for (suggestion, expected) in [
            ("did you mean `tags`?", &["tags"][..]),
            ("write `- a:` or `b`", &["a:", "- a:", "b"]),
            ("did you mean 'Healthy'?", &["'Healthy'", "Healthy"]),
            ("write approve, reject or both", &["approve", "reject", "both"]),
            ("write, for example, `x=…`", &[]),
            ("shorten it", &[]),
        ] {
            assert_eq!(codes(suggestion), expected, "{suggestion}");
        }
    }
}
