//! The repairs that a file suggests.

use super::behind::key_behind;
use super::diffs::{diff, is_new};
use super::flow::{flow, too_many};
use super::keys::{is_key, starts_structure};
use super::lines::{bullets, comment_behind, doubled_dash, keys_as_entries, lines};
use super::quotes::quotes;
use super::texts::{block_text, plain_text, quoted_text};
use super::values::values;
use super::{Edit, Slip};
use crate::odd::{Looks, looks};
use crate::problem::{Position, Source};
use crate::variables::{Variable, look_up};
use crate::yaml::Unread;
use std::collections::BTreeSet;

/// Number of lines before a problem in which its cause is looked for.
const LINES_BEFORE: usize = 40;
/// Most problems whose causes are looked for.
const PROBLEMS: usize = 10;
/// The longest line that is looked at, in bytes.
const LONGEST: usize = 2000;
/// Number of lines before one that are its neighbours.
pub(super) const MAX_NEAR: usize = 30;
/// Most lines that one repair changes.
pub(super) const MAX_LINES: usize = 500;
/// The longest text that a suggestion repeats, in characters.
pub(super) const MAX_REPEATED: usize = 60;

/// Signs between a key and its value, the longer ones first.
const SIGNS: [&str; 7] = ["==", "=>", "->", ":=", "=", ";", ":"];

/// A line of a file, taken apart.
pub(super) struct Line<'s> {
    pub(super) number: usize,
    pub(super) text: &'s str,
    /// Number of spaces that indent it.
    pub(super) indent: usize,
    /// The column at which the text behind `- ` begins, from 1.
    pub(super) column: usize,
    /// The text there, without a comment and spaces at the end.
    pub(super) content: &'s str,
}

impl<'s> Line<'s> {
    pub(super) fn new(source: &Source<'s>, number: usize) -> Option<Self> {
        let text = source.line(number);
        if text.len() > LONGEST {
            return None;
        }
        let code = without_comment(text).trim_end();
        let indent = code.len() - code.trim_start_matches(' ').len();
        let mut content = code.trim_start_matches(' ');
        while let Some(rest) = content.strip_prefix("- ") {
            content = rest.trim_start_matches(' ');
        }
        if content == "-" {
            content = "";
        }
        let column = code.chars().count() - content.chars().count() + 1;
        Some(Self { number, text, indent, column, content })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty() && !self.text.contains('-')
    }

    /// A place in the content, so many characters behind its start.
    pub(super) fn at(&self, characters: usize) -> Position {
        Position { line: self.number, column: self.column + characters }
    }

    /// The place behind the content.
    pub(super) fn end(&self) -> Position {
        self.at(self.content.chars().count())
    }
}

/// The slips that the lines before the problems of `failure` may have, the likeliest first.
pub(super) fn of(source: &Source<'_>, failure: &Unread) -> Vec<Slip> {
    let mut slips = Vec::new();
    let mut seen = BTreeSet::new();
    let (mut everywhere, mut tags) = (true, true);
    // The last problem is the one at which the reading ended, if it did.
    let problems = failure.problems.iter().rev().take(PROBLEMS);
    for problem in problems {
        for number in (problem.line.saturating_sub(LINES_BEFORE).max(1)..=problem.line + 1).rev() {
            if !seen.insert(number) {
                continue;
            }
            let Some(line) = Line::new(source, number) else { continue };
            let before = slips.len();
            odd_characters(&line, &mut slips);
            if slips.len() > before && std::mem::take(&mut everywhere) {
                everywhere_odd(source, &mut slips);
            }
            if failure.is_cut && !line.text.trim().is_empty() {
                lines(source, &line, &mut slips);
            } else if !failure.is_cut {
                doubled_dash(&line, &mut slips);
                bullets(source, &line, &mut slips);
                if is_new(line.text) {
                    diff(source, &line, &mut slips);
                }
            }
            if line.is_empty() {
                continue;
            }
            if failure.is_cut && is_tag(line.content) && std::mem::take(&mut tags) {
                tags_of_a_template(source, &mut slips);
            }
            keys_as_entries(source, &line, &mut slips);
            key_behind(&line, &mut slips);
            spacing(&line, &mut slips);
            values(source, &line, &mut slips);
            flow(&line, &mut slips);
            bare_condition(&line, &mut slips);
            colon(source, &line, &mut slips);
            block_text(source, &line, &mut slips);
            plain_text(source, &line, &mut slips);
            quoted_text(source, &line, &mut slips);
            if failure.is_cut {
                quotes(&line, &mut slips);
            }
            too_many(&line, &mut slips);
            comment_behind(&line, &mut slips);
        }
    }
    slips
}

/// Characters that look like others, each kind of them by itself.
fn odd_characters(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let odd: Vec<(usize, char, Looks)> = odd_of(line.text).collect();
    let kinds: [fn(Looks) -> bool; 6] = [
        |looks| looks == Looks::Space,
        |looks| looks == Looks::Nothing,
        |looks| looks == Looks::Dash,
        |looks| matches!(looks, Looks::Quote(_)),
        |looks| matches!(looks, Looks::Sign(sign) if !sign.is_alphabetic()),
        |looks| matches!(looks, Looks::Sign(sign) if sign.is_alphabetic()),
    ];
    for kind in kinds {
        let of_kind: Vec<_> = odd.iter().filter(|(_, _, looks)| kind(*looks)).copied().collect();
        // A dash stands in a text more often than for a bullet.
        let is_dash = of_kind.first().is_some_and(|(_, _, looks)| *looks == Looks::Dash);
        let of_kind = if is_dash { of_kind.get(..1).unwrap_or_default() } else { &of_kind };
        let Some((column, c, looks)) = of_kind.first() else { continue };
        let (message, suggestion) = looks.told(*c);
        let edits =
            of_kind.iter().map(|(column, _, looks)| odd_edit(line.number, *column, *looks, line.text));
        let at = Position { line: line.number, column: *column };
        slips.push(Slip { at, message, suggestion, edits: edits.collect() });
    }
    // Where there are several kinds, none alone may help.
    let odd: Vec<_> = odd.into_iter().filter(|(_, c, _)| !c.is_alphabetic()).collect();
    if let (Some((column, c, looks)), Some(_)) = (odd.first(), odd.iter().find(|other| other.2 != odd[0].2)) {
        let (message, suggestion) = looks.told(*c);
        let edits = odd.iter().map(|(column, _, looks)| odd_edit(line.number, *column, *looks, line.text));
        let at = Position { line: line.number, column: *column };
        slips.push(Slip {
            at,
            message,
            suggestion: format!("{suggestion}, and look at the rest of the line"),
            edits: edits.collect(),
        });
    }
}

/// The characters of a line that look like others, with their columns. A letter is one within a word of Latin
/// letters only.
fn odd_of(line: &str) -> impl Iterator<Item = (usize, char, Looks)> {
    let characters: Vec<char> = line.chars().collect();
    let is_latin = |index: Option<&char>| index.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
    let odd: Vec<(usize, char, Looks)> = characters
        .iter()
        .enumerate()
        .filter_map(|(index, c)| Some((index, *c, looks(*c)?)))
        .filter(|(index, c, _)| {
            let before = index.checked_sub(1).and_then(|before| characters.get(before));
            !c.is_alphabetic() || is_latin(before) || is_latin(characters.get(index + 1))
        })
        .map(|(index, c, looks)| (index + 1, c, looks))
        .collect();
    odd.into_iter()
}

fn odd_edit(line: usize, column: usize, looks: Looks, text: &str) -> Edit {
    let next = text.chars().nth(column);
    // `–name`: a `-` alone would start a text.
    let put = match (looks, next) {
        (Looks::Dash, Some(next)) if next != ' ' && starts_line(text, column) => "- ",
        _ => looks.right(),
    };
    Edit { at: Position { line, column }, removed: 1, put: put.to_owned() }
}

/// True if only spaces stand before the character in `column` of a line.
fn starts_line(text: &str, column: usize) -> bool {
    text.chars().take(column.saturating_sub(1)).all(char::is_whitespace)
}

/// The same characters wherever they indent a line or start it: most often, a whole file was copied from a
/// page.
fn everywhere_odd(source: &Source<'_>, slips: &mut Vec<Slip>) {
    for kind in [Looks::Space, Looks::Nothing, Looks::Dash] {
        let mut edits = Vec::new();
        let mut first = None;
        let mut lines = BTreeSet::new();
        for number in (1..=source.line_count()).filter(|number| source.line(*number).len() <= LONGEST) {
            let text = source.line(number);
            let starts =
                text.chars().take_while(|c| c.is_whitespace() || *c == '-' || looks(*c).is_some()).count();
            let is_dash = kind == Looks::Dash;
            for (column, c, found) in
                odd_of(text).filter(|(column, _, found)| *column <= starts && *found == kind)
            {
                if is_dash && lines.contains(&number) {
                    continue;
                }
                first.get_or_insert((Position { line: number, column }, c));
                lines.insert(number);
                edits.push(odd_edit(number, column, found, text));
            }
            if lines.len() > MAX_LINES {
                return;
            }
        }
        let (Some((at, c)), true) = (first, lines.len() > 1) else { continue };
        let (message, suggestion) = kind.told(c);
        let suggestion = format!("{suggestion}, here and in {} more", counted(lines.len() - 1, "line"));
        slips.push(Slip { at, message, suggestion, edits });
    }
}

/// True if a line is nothing but a tag of a template.
fn is_tag(content: &str) -> bool {
    content.starts_with("{%") && content.ends_with("%}") && content.matches("{%").count() == 1
}

/// Tags on lines of their own, as in a file that is made of a template.
fn tags_of_a_template(source: &Source<'_>, slips: &mut Vec<Slip>) {
    let lines = (1..=source.line_count()).filter_map(|number| Line::new(source, number));
    let lines: Vec<Line<'_>> = lines.filter(|line| is_tag(line.content)).take(MAX_LINES).collect();
    let Some(first) = lines.first() else { return };
    let edit =
        |line: &Line<'_>| Edit { at: line.at(0), removed: line.content.chars().count(), put: String::new() };
    let more = match lines.len() {
        1 => String::new(),
        count => format!(", and those in {} more", counted(count - 1, "line")),
    };
    slips.push(Slip {
        at: first.at(0),
        message: format!(
            "`{}` stands outside of a text: a rules file is not a template",
            shown(first.content)
        ),
        suggestion: format!("take it out{more}"),
        edits: lines.iter().map(edit).collect(),
    });
}

/// `1 line`, `2 lines`.
pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `-name` and `key:value`.
fn spacing(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let content = line.content;
    if let Some(rest) = content.strip_prefix('-')
        && rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '{' | '\'' | '"'))
    {
        slips.push(insert(
            line.at(1),
            " ",
            "`-` needs a space behind it",
            format!("write `- {}`", shown(rest)),
        ));
    }
    let Some((word, rest)) = content.split_once(':') else { return };
    if is_key(word) && !rest.is_empty() && !rest.starts_with(' ') {
        let at = line.at(word.chars().count() + 1);
        let message = format!("the `:` behind `{word}` needs a space behind it");
        slips.push(insert(at, " ", &message, format!("write `{word}: {}`", shown(rest))));
    }
}

/// A condition without `- ` before it.
fn bare_condition(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let is_bare = line.column == line.indent + 1 && line.content.contains(['=', '<', '>']);
    if is_bare && crate::condition::parse(line.content).is_ok() {
        let message = "a condition without `- ` before it";
        slips.push(insert(line.at(0), "- ", message, format!("write `- {}`", shown(line.content))));
    }
}

/// A key, or the name of a rule or action, without `:` behind it.
fn colon(source: &Source<'_>, line: &Line<'_>, slips: &mut Vec<Slip>) {
    let content = line.content;
    // `"name" "Promote"`: a key in quotes.
    if let Some(quote) = content.chars().next().filter(|c| matches!(c, '\'' | '"'))
        && let Some((word, rest)) = content.get(1..).unwrap_or_default().split_once(quote)
        && is_key(word)
        && rest.starts_with(' ')
        && !rest.trim_start().starts_with([':', '='])
    {
        let right = format!("write `{quote}{word}{quote}: {}`", shown(rest.trim_start()));
        let at = line.at(word.chars().count() + 2);
        slips.push(insert(at, ":", &format!("`{word}` has no `:` behind it"), right));
        return;
    }
    if content.starts_with(['{', '[', '|', '>', '#', '&', '*', '!', '"', '\'', '%', '@'])
        || content.is_empty()
    {
        return;
    }
    let bare = content.trim_end_matches([';', ',', '.', '=', ' ']);
    if bare.len() < content.len() && is_key(bare) && has_more_under(source, line) {
        let at = line.at(bare.chars().count());
        let removed = content.chars().count() - bare.chars().count();
        let edits = vec![Edit { at, removed, put: ":".to_owned() }];
        let message = format!("`{bare}` has no `:` behind it");
        slips.push(Slip { at, message, suggestion: format!("write `{bare}:`"), edits });
        return;
    }
    let word = content.split([' ', '=', ':', ';']).next().unwrap_or(content);
    let rest = content.get(word.len()..).unwrap_or("");
    if is_key(word) && !rest.is_empty() && !rest.starts_with(':') {
        let (sign, value) = assigned(rest).unwrap_or(("", rest.trim_start()));
        // `environment='x'` is a condition, but for the parameter of a build.
        let is_compared =
            sign.starts_with('=') && look_up(word) == Variable::Supported && !is_parameter(source, line);
        let has_sign = !matches!(sign, "" | ":");
        if is_compared {
            // What is wrong with it is told as a condition.
        } else if rest.starts_with(' ') && !has_sign && !value.is_empty() {
            let at = line.at(word.chars().count());
            let right = format!("write `{word}: {}`", shown(value));
            slips.push(insert(at, ":", &format!("`{word}` has no `:` behind it"), right));
        } else if has_sign && !value.is_empty() {
            let at = line.at(word.chars().count());
            let removed = rest.chars().count() - value.chars().count();
            let edits = vec![Edit { at, removed, put: ": ".to_owned() }];
            let message = format!("`{sign}` behind the key `{word}`");
            slips.push(Slip { at, message, suggestion: format!("write `{word}: {}`", shown(value)), edits });
        }
    }
    let is_name =
        content.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.' | '/' | '(' | ')'));
    if !is_name || content.ends_with(':') || !content.contains(char::is_alphanumeric) {
        return;
    }
    let next = (line.number + 1..=source.line_count())
        .filter_map(|number| Line::new(source, number))
        .find(|line| !line.is_empty());
    let Some(next) = next else { return };
    let starts_list = next.text.trim_start().starts_with('-');
    let own = line.column - 1;
    let is_above_keys =
        line.text.trim_start().starts_with('-') && next.indent >= own && starts_structure(next.text);
    if next.indent > own
        || (starts_list && next.indent >= own)
        || (is_key(content) && next.indent >= own)
        || is_above_keys
    {
        let message = format!("`{}` has no `:` behind it", shown(content));
        slips.push(insert(line.end(), ":", &message, format!("write `{}:`", shown(content))));
    }
}

/// The sign of another language between a key and its value, and the value; `rest` is what stands behind the
/// key.
pub(super) fn assigned(rest: &str) -> Option<(&'static str, &str)> {
    let rest = rest.trim_start();
    SIGNS.iter().find_map(|sign| Some((*sign, rest.strip_prefix(sign)?.trim_start())))
}

/// True where the next line stands further in, or begins a list.
fn has_more_under(source: &Source<'_>, line: &Line<'_>) -> bool {
    let mut next = (line.number + 1..=source.line_count()).filter_map(|number| Line::new(source, number));
    let next = next.find(|line| !line.is_empty());
    next.is_some_and(|next| {
        next.indent >= line.column
            || (next.indent + 1 == line.column && next.text.trim_start().starts_with('-'))
    })
}

/// True for a line under `parameters:`.
pub(super) fn is_parameter(source: &Source<'_>, line: &Line<'_>) -> bool {
    let before = (1..line.number).rev().take(LINES_BEFORE).filter_map(|number| Line::new(source, number));
    let mut outer = before.filter(|before| !before.is_empty() && before.column < line.column);
    outer.next().is_some_and(|before| before.content == "parameters:")
}

pub(super) fn insert(at: Position, put: &str, message: &str, suggestion: String) -> Slip {
    let edits = vec![Edit { at, removed: 0, put: put.to_owned() }];
    Slip { at, message: message.to_owned(), suggestion, edits }
}

/// `text`, shortened where it is long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_REPEATED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A line without the comment at its end. A `#` within quotes is none.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if before == ' ' || before == '\t' => return line.get(..at).unwrap_or(line),
            (None, '\'' | '"') if matches!(before, ' ' | '[' | '{' | ',' | ':' | '=' | '(') => {
                quote = Some(c)
            }
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
        before = c;
    }
    line
}
