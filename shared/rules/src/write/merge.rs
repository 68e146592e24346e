//! A rule added to a file that there is, every byte of which stays.
//!
//! Where the rule goes is found in the text, line by line; that it is right there is proven by reading the
//! result: the rules that were there, unchanged, and then the new one. Where no place passes, the file is
//! left alone.

use super::{Workflow, lines, unique};
use crate::file::{BEGIN, Rule, parse};
use crate::problem::{Problem, Source};
use crate::yaml::{self, Content, Entry};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// A file with one more rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Its text.
    pub text: String,
    /// The lines that are new, from 1.
    pub added: RangeInclusive<usize>,
}

/// Reason for which a rule was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotMerged {
    /// The file can't be read; these are its problems.
    Unreadable(Vec<Problem>),
    /// The file has its rules in a form that nothing can be added to at the end: in brackets, behind an
    /// alias, or up to a text that its last line ends. The rule has to be put in by hand, under this name,
    /// which no rule of the file has.
    ByHand(String),
}

/// `existing` with the rule of `workflow` at the end of its rules, under another name where its own is taken.
/// `path` is what the file is called in problems.
///
/// A file of nothing but comments gets the key `rules`, and so does one that has others only. `rules: []` and
/// `rules: null` lose what stands behind the colon; nothing else is taken out or moved. Lines end as the last
/// one of the file does.
///
/// # Errors
/// The file can't be read, or has its rules in a form that must be edited by hand.
pub fn merged(existing: &str, path: &str, workflow: &Workflow) -> Result<Merged, NotMerged> {
    let outline = Outline::of(existing, path)?;
    let taken = |name: &str| outline.rules.iter().any(|rule| rule.name == name);
    let workflow = Workflow { rule: unique(&workflow.rule, taken), ..workflow.clone() };
    let end = line_end(existing);
    let added = outline.places().into_iter().find_map(|place| {
        let mut rule = lines::rule(&workflow, place.indent, end);
        if place.with_key {
            rule.insert_str(0, &format!("rules:{end}"));
        }
        let (before, after) = place.text.split_at_checked(place.at)?;
        let missing = if before.is_empty() || before.ends_with(['\n', '\r']) || before == "\u{feff}" {
            ""
        } else {
            end
        };
        let text = format!("{before}{missing}{rule}{after}");
        let read = parse(&text, path).ok()?;
        let (new, old) = read.rules.split_last()?;
        let first = count_lines(before.trim_start_matches('\u{feff}')) + 1;
        let added = first..=first + count_lines(&rule) - 1;
        (old == outline.rules && workflow.is_said_by(new)).then_some((text, added))
    });
    match added {
        Some((text, added)) => Ok(Merged { text, added }),
        None => Err(NotMerged::ByHand(workflow.rule)),
    }
}

/// The existing file, as far as it matters where a rule goes.
struct Outline<'s> {
    text: &'s str,
    /// The rules in it so far.
    rules: Vec<Rule>,
    /// The key `rules`, if there is one.
    key: Option<Key>,
}

struct Key {
    /// The number of its line, from 0.
    line: usize,
    /// The first line of the key behind it, from 0.
    next: Option<usize>,
    /// The value for "no rules", which is taken out: its place and its length in bytes.
    nothing: Option<(usize, usize)>,
    /// The number of spaces before the dash in the first line of its list.
    indent: Result<usize, First>,
}

/// Instead of a dash.
enum First {
    /// There is nothing.
    Nothing,
    /// There is something else.
    Other,
}

/// A place that the rule may go to.
struct Place<'s> {
    text: Cow<'s, str>,
    /// Number of bytes of the text before it.
    at: usize,
    indent: usize,
    with_key: bool,
}

impl<'s> Outline<'s> {
    fn of(text: &'s str, path: &str) -> Result<Self, NotMerged> {
        if text.trim_start_matches('\u{feff}').lines().all(|line| is_empty(line) || line.trim_end() == "---")
        {
            return Ok(Self { text, rules: Vec::new(), key: None });
        }
        let source = Source::new(path, text);
        let (root, again) =
            yaml::read(&source, BEGIN).map_err(|unread| NotMerged::Unreadable(unread.problems))?;
        let Content::Mapping(entries) = &root.content else {
            return Err(NotMerged::Unreadable(parse(text, path).err().unwrap_or_default()));
        };
        match entries.iter().position(|entry| entry.key == "rules") {
            // All that may be wrong is that there are no rules, which the result shows.
            None if again.is_empty() && entries.iter().all(|entry| entry.key.starts_with("x-")) => {
                Ok(Self { text, rules: Vec::new(), key: None })
            }
            found => {
                let rules = parse(text, path).map_err(NotMerged::Unreadable)?.rules;
                let key = found.and_then(|index| Key::of(&source, text, entries, index));
                Ok(Self { text, rules, key })
            }
        }
    }

    /// The places, the handsomest first.
    fn places(&self) -> Vec<Place<'s>> {
        let Some(key) = &self.key else {
            let text = Cow::Borrowed(self.text);
            let at = self.text.len();
            return vec![Place { text, at, indent: lines::INDENT, with_key: true }];
        };
        let indent = match key.indent {
            Ok(indent) => indent,
            Err(First::Nothing) => lines::INDENT,
            Err(First::Other) => return Vec::new(),
        };
        let text = match key.nothing {
            Some((start, length)) => {
                let (before, behind) = self.text.split_at_checked(start).unwrap_or((self.text, ""));
                let behind = behind.get(length..).unwrap_or_default();
                Cow::Owned(format!("{}{behind}", before.trim_end_matches(' ')))
            }
            None => Cow::Borrowed(self.text),
        };
        let starts = line_starts(&text);
        let line = |index: usize| {
            let start = starts.get(index).copied().unwrap_or(text.len());
            let end = starts.get(index + 1).copied().unwrap_or(text.len());
            text.get(start..end).unwrap_or_default()
        };
        let last = key.next.unwrap_or(starts.len());
        // What is written above the next key, and does not belong to the last rule, stays above it.
        let mut before = last;
        while before > key.line + 1
            && (line(before - 1).trim().is_empty() || line(before - 1).starts_with('#'))
        {
            before -= 1;
        }
        let document_end = (key.line..last).find(|index| line(*index).trim_end() == "...");
        let candidates = match (key.next, document_end) {
            (_, Some(end)) => vec![end],
            (Some(next), None) => vec![before, next],
            (None, None) => vec![last],
        };
        let at = |index: usize| starts.get(index).copied().unwrap_or(text.len());
        candidates
            .into_iter()
            .map(|index| Place { text: text.clone(), at: at(index), indent, with_key: false })
            .collect()
    }
}

impl Key {
    fn of(source: &Source<'_>, text: &str, entries: &[Entry], index: usize) -> Option<Self> {
        let entry = entries.get(index)?;
        let line = entry.at.line.checked_sub(1)?;
        let next = entries
            .iter()
            .filter_map(|other| other.at.line.checked_sub(1))
            .filter(|other| *other > line)
            .min();
        let nothing = match &entry.value.content {
            Content::Scalar(scalar) if !scalar.text.is_empty() => {
                Some((source.offset(entry.value.start)?, scalar.text.len()))
            }
            Content::Sequence(nodes) if nodes.is_empty() => {
                let start = source.offset(entry.value.start)?;
                let list = text.get(start..)?;
                let inner = list.strip_prefix('[')?.trim_start().strip_prefix(']')?;
                Some((start, list.len() - inner.len()))
            }
            Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => None,
        };
        let is_empty_list = match &entry.value.content {
            Content::Sequence(nodes) => nodes.is_empty(),
            Content::Scalar(_) | Content::Mapping(_) => true,
        };
        let following =
            split_lines(text).skip(line + 1).take(next.map_or(usize::MAX, |next| next - line - 1));
        let first = following.map(|line| line.trim_end_matches(['\n', '\r'])).find(|line| !is_empty(line));
        let indent = match first {
            _ if is_empty_list => Err(First::Nothing),
            Some(line) if is_dash(line) => Ok(line.len() - line.trim_start_matches(' ').len()),
            _ => Err(First::Other),
        };
        Some(Self { line, next, nothing, indent })
    }
}

/// True if a line begins an entry of a list.
fn is_dash(line: &str) -> bool {
    let rest = line.trim_start_matches(' ');
    rest == "-" || rest.starts_with("- ")
}

/// True if a line is empty or a comment alone.
fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// Returns the end of the last line that has one.
fn line_end(text: &str) -> &'static str {
    match text.rfind(['\n', '\r']).map(|last| text.split_at(last)) {
        Some((before, end)) if end.starts_with('\n') && before.ends_with('\r') => "\r\n",
        Some((_, end)) if end.starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// Each line with its end, as YAML ends them.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.find(['\n', '\r']).map_or(rest.len(), |end| {
            end + if rest.get(end..).is_some_and(|end| end.starts_with("\r\n")) { 2 } else { 1 }
        });
        let (line, behind) = rest.split_at_checked(end).filter(|(line, _)| !line.is_empty())?;
        rest = behind;
        Some(line)
    })
}

/// Returns the start of each line, in bytes.
fn line_starts(text: &str) -> Vec<usize> {
    let starts = split_lines(text).scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some(start)
    });
    starts.collect()
}

fn count_lines(text: &str) -> usize {
    split_lines(text).count()
}
