//! A file after the advice of a problem is followed.
//!
//! A problem may bring the changes that it asks for. Otherwise its suggestion names the code to write, and
//! the place of that code is looked for around the problem's own. Either way the file is read again: a change
//! counts only if the problem is gone and no other has come.

mod candidates;

use crate::edit::{Edit, applied};
use crate::file::is_sound;
use crate::parse;
use crate::problem::{Position, Problem, Source, excerpt};
use crate::suggest::closest;
use std::collections::{BTreeMap, BTreeSet};

/// The most changes that are tried for one problem.
const MAX_TRIED: usize = 60;
/// The largest file that is changed, in bytes, times the number of changes tried.
const MAX_READ: usize = 1024 * 1024;
/// The most lines that are shown of a change.
const MAX_SHOWN: usize = 4;

/// A file after the advice of one of its problems was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// Its whole text.
    pub text: String,
    /// The number of the first line that is another, from 1.
    pub line: usize,
    /// The lines that are others, as an excerpt shows them; empty where lines were only taken out.
    pub lines: Vec<String>,
    /// The number of lines of the file, from [`Self::line`] on, in whose place these stand.
    pub removed: usize,
    /// True if it is sure to be what was meant: nothing in it is an example or one choice of several, its
    /// changed lines are shown whole, and nothing else is wrong with them.
    pub is_exact: bool,
}

impl Mended {
    /// The new lines with their numbers, to stand under [`Problem::rendered`]; `None`: there are too many, or
    /// none.
    pub fn rendered(&self) -> Option<String> {
        if self.lines.is_empty() || self.lines.len() > MAX_SHOWN {
            return None;
        }
        let numbered =
            self.lines.iter().enumerate().map(|(index, line)| format!("{} + {line}", self.line + index));
        Some(numbered.collect::<Vec<_>>().join("\n"))
    }

    /// The new lines as they are in [`Self::text`]; `None`: there are too many or none, or an excerpt does
    /// not show them as they are (a long line, an address that may be secret).
    pub fn whole(&self) -> Option<String> {
        let lines = self.text.lines().skip(self.line.saturating_sub(1)).take(self.lines.len());
        let whole: Vec<&str> = lines.collect();
        let is_shown = !whole.is_empty() && whole.len() <= MAX_SHOWN && whole == self.lines;
        is_shown.then(|| whole.join("\n"))
    }
}

/// The file `text` after the suggestion of `problem`, one of its problems or notices, is followed. `None`:
/// what to write is for its reader to decide, or no change was found after which the problem is gone and no
/// other has come.
pub fn mended(text: &str, problem: &Problem) -> Option<Mended> {
    let suggestion = problem.suggestion.as_deref()?;
    let source = Source::new(&problem.path, text);
    let before = Messages::of(text, &problem.path);
    let mut budget = MAX_READ;
    let mut tried = BTreeSet::new();
    for edits in candidates::of(&source, problem, suggestion) {
        let Some(changed) = applied(&source, &edits).filter(|changed| changed != text) else { continue };
        if tried.len() >= MAX_TRIED {
            return None;
        }
        if !tried.insert(changed.clone()) {
            continue;
        }
        budget = budget.checked_sub(changed.len())?;
        // Code that lost one of its ends is none any more, and sound for that.
        let is_code = ["{{", "{%", "%}"].iter().any(|sign| source.line(problem.line).contains(sign));
        let (before_ends, ends) = (open_ends(text), open_ends(&changed));
        if is_code && ends != before_ends && ends.abs() >= before_ends.abs() {
            continue;
        }
        let Changed { line, removed, lines } = changed_lines(text, &changed);
        // Where nothing else is wrong, nothing may be left.
        if !before.is_sound && before.told.len() == 1 && !is_sound(&changed, &problem.path) {
            continue;
        }
        let after = Messages::of(&changed, &problem.path);
        if after.is_better(&before, problem, line..line + lines.len()) {
            let is_whole = is_shown_whole(text, &changed);
            // What is told of a line may stand a line later; what was told there before is of another one.
            let end = line + lines.len();
            let is_left = after.told.iter().any(|told| {
                (line..end).contains(&told.line) || told.line == end && !before.told.contains(told)
            });
            let is_exact = is_whole && (after.is_sound || !is_left) && is_sure(&source, &edits, problem);
            return Some(Mended { text: changed, line, lines, removed, is_exact });
        }
    }
    None
}

/// Number of starts of code that a text has beyond its ends.
fn open_ends(text: &str) -> i64 {
    let count = |sign: &str| i64::try_from(text.matches(sign).count()).unwrap_or_default();
    count("{{") + count("{%") - count("}}") - count("%}")
}

/// True if `edits` are sure to be what was meant: the suggestion leaves no choice, gives no example, and the
/// words that are taken out are put in again or stand in the message. Where the suggestion only asks, the
/// words must be alike.
fn is_sure(source: &Source<'_>, edits: &[Edit], problem: &Problem) -> bool {
    let suggestion = problem.suggestion.as_deref().unwrap_or_default();
    let is_example = suggestion.contains("for example")
        || suggestion.contains("name-of-")
        || problem.message.contains("needs a value");
    if is_example || outside_of_code(suggestion).contains(" or ") {
        return false;
    }
    if !problem.edits.is_empty() {
        return true;
    }
    // The shape of a list or mapping is shown by an example, but for that of conditions.
    let is_shape =
        [" takes a list", " takes keys with values"].iter().any(|shape| problem.message.contains(shape));
    if is_shape && !problem.message.starts_with("condition") {
        return false;
    }
    let put: Vec<&str> = edits.iter().map(|edit| edit.put.as_str()).collect();
    let put = put.join(" ");
    let known = format!("{problem} {put}");
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let removed: Vec<String> = edits.iter().flat_map(|edit| words(&removed(source, edit))).collect();
    if suggestion.contains("did you mean") {
        let put = words(&put);
        let parts: BTreeSet<&str> = put.iter().flat_map(|word| word.split('_')).collect();
        // `approved_at` is not `approved_by`: each part has to be alike.
        let is_alike = |word: &String| {
            closest(word, put.iter().map(String::as_str)).is_some_and(|meant| {
                let meant: Vec<&str> = meant.split('_').collect();
                let own: Vec<&str> = word.split('_').collect();
                own.len() != meant.len()
                    || own.iter().all(|part| closest(part, meant.iter().copied()).is_some())
            })
        };
        let is_kept = |word: &String| parts.contains(word.as_str()) || is_alike(word);
        return removed.iter().all(is_kept) && removed.is_empty() == put.is_empty();
    }
    let known = words(&known);
    removed.iter().all(|word| known.contains(word))
}

/// The characters that `edit` takes out.
fn removed(source: &Source<'_>, edit: &Edit) -> String {
    let start = source.offset(edit.at).unwrap_or_default();
    source.text().get(start..).unwrap_or_default().chars().take(edit.removed).collect()
}

/// A suggestion without the code that it names, between backticks or quotes.
fn outside_of_code(suggestion: &str) -> String {
    let plain: String = suggestion.split('`').step_by(2).collect::<Vec<_>>().join("`");
    plain.split('\'').step_by(2).collect::<Vec<_>>().join("'")
}

/// All that is told of a file.
struct Messages {
    is_sound: bool,
    told: Vec<Problem>,
}

impl Messages {
    fn of(text: &str, path: &str) -> Self {
        match parse(text, path) {
            Ok(file) => Self { is_sound: true, told: file.notices },
            Err(problems) => Self { is_sound: false, told: problems },
        }
    }

    /// True if `problem` is gone and all other messages were there `before`. If the file can be read only
    /// now, `problem` must have been its only kind of mistake, and the `changed` lines have no notice.
    fn is_better(&self, before: &Self, problem: &Problem, changed: std::ops::Range<usize>) -> bool {
        if self.is_sound && !before.is_sound {
            let others = before.told.iter().filter(|other| other.message != problem.message).count();
            return others == 0 && !self.told.iter().any(|notice| changed.contains(&notice.line));
        }
        if self.is_sound != before.is_sound {
            return false;
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        before.told.iter().for_each(|told| *counts.entry(told.message.as_str()).or_default() += 1);
        let Some(count) = counts.get_mut(problem.message.as_str()) else { return false };
        *count -= 1;
        let is_known = |told: &Problem| {
            counts.get_mut(told.message.as_str()).is_some_and(|count| {
                let is_left = *count > 0;
                *count = count.saturating_sub(1);
                is_left
            })
        };
        self.told.iter().all(is_known)
    }
}

/// True if the lines that differ in `after` can be shown as they are: neither cut nor masked.
fn is_shown_whole(before: &str, after: &str) -> bool {
    let old: BTreeSet<&str> = before.lines().collect();
    let changed = after.lines().filter(|line| !old.contains(line));
    changed.take(MAX_SHOWN + 1).all(|line| excerpt(line, 1).0 == line.trim_end())
}

/// Lines in the place of others.
#[derive(Debug, PartialEq, Eq)]
struct Changed {
    /// The number of the first one.
    line: usize,
    /// The number of lines in whose place they stand.
    removed: usize,
    lines: Vec<String>,
}

/// The lines in which `after` is another text than `before`.
fn changed_lines(before: &str, after: &str) -> Changed {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - same;
    let ends = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count().min(most);
    let changed = new.get(same..new.len() - ends).unwrap_or_default();
    let at = Position { line: same + 1, column: 1 };
    let lines = changed.iter().map(|line| excerpt(line, at.column).0).collect();
    Changed { line: at.line, removed: old.len() - ends - same, lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<Mended> {
        let told = match parse(text, "f") {
            Ok(file) => file.notices,
            Err(problems) => problems,
        };
        mended(text, told.first().unwrap())
    }

    #[test]
    fn advice_changes_the_line_of_its_problem() {
        let text = "rules:\n  - a:\n      conditions: [enviroment='x']\n      actions: [trigger_build]\n";
        let mended = first(text).unwrap();
        assert_eq!(mended.text, text.replace("enviroment", "environment"));
        assert_eq!(mended.rendered().as_deref(), Some("3 +       conditions: [environment='x']"));
    }

    #[test]
    fn choice_of_the_reader_changes_nothing() {
        let text = "rules:\n  - a:\n      actions: [trigger_build]\n  - a:\n      actions: [trigger_build]\n";
        assert_eq!(first(text), None);
    }

    #[test]
    fn masked_line_is_no_corrected_line() {
        let text = "rules:\n  - a:\n      actions: [webhok: 'https://hooks.example.com/s3cret']\n";
        let mended = first(text).unwrap();
        let shown = mended.rendered().unwrap();
        assert!(!mended.is_exact && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn correction_is_exact_only_where_it_is_sure() {
        let file = |key: &str| {
            format!(
                "rules:\n  - a:\n      freeze: {{name: w, time_zone: UTC, {key}}}\n      actions: [trigger_build]\n"
            )
        };
        for (key, expected) in [
            ("dayz: sat", true),
            ("days: staurday", true),
            ("days: weekend", true),
            ("days: 5", false),
            ("days: '*'", false),
            ("dates: 2027-02-30", false),
            ("dates: 24.12.2026", true),
        ] {
            assert_eq!(first(&file(key)).is_some_and(|mended| mended.is_exact), expected, "{key}");
        }
    }

    #[test]
    fn line_is_whole_only_as_it_is_shown() {
        let mend = |action: &str| first(&format!("rules:\n  - a:\n      actions: [{action}]\n")).unwrap();
        let line = "      actions: [webhook: 'https://hooks.example.com']";
        assert_eq!(mend("webhok: 'https://hooks.example.com'").whole().as_deref(), Some(line));
        assert_eq!(mend("webhok: 'https://hooks.example.com/s3cret'").whole(), None);
    }

    #[test]
    fn lines_that_differ_are_found() {
        for (before, after, line, removed, lines) in [
            ("a\nb\nc\n", "a\nx\ny\nc\n", 2, 1, &["x", "y"][..]),
            ("a\nb\nb\nc\n", "a\nb\nc\n", 3, 1, &[]),
            ("a\nb\nc\nd\n", "a\nx\nd\n", 2, 2, &["x"]),
            ("a", "a\nb", 2, 0, &["b"]),
        ] {
            let lines = lines.iter().map(|line| line.to_string()).collect();
            assert_eq!(changed_lines(before, after), Changed { line, removed, lines });
        }
    }
}
