//! `signoff rules check`.

use crate::args::{Check, CheckFormat};
use crate::does::printable;
use crate::files::{Stop, is_input, read, read_file};
use crate::policy::{self, JudgedFor};
use crate::words::counted;
use crate::{Exit, Streams};
use jiff::Timestamp;
use serde::Serialize;
use signoff_rules::difference::difference;
use signoff_rules::file::over;
use signoff_rules::mend::{Mended, mended};
use signoff_rules::policy::Policy;
use signoff_rules::{Problem, RulesFile};
use std::io::{self, Write};
use std::path::Path;

/// Largest number of problems, and of notices, for which corrected lines are worked out.
const MAX_CORRECTED: usize = 20;

/// Findings of all files.
#[derive(Debug, Default)]
struct Found {
    problems: Vec<Finding>,
    notices: Vec<Finding>,
    differences: Vec<Compared>,
}

/// A problem or notice, and the file after its advice was followed, where the advice says exactly that.
#[derive(Debug)]
struct Finding {
    problem: Problem,
    corrected: Option<Mended>,
}

/// The findings of a rules file's `text`; `None`: its lines are not corrected.
fn told(text: Option<&str>, problems: Vec<Problem>) -> Vec<Finding> {
    let told = problems.into_iter().enumerate().map(|(index, problem)| {
        let text = text.filter(|_| index < MAX_CORRECTED);
        let corrected = text.and_then(|text| mended(text, &problem)).filter(|mended| mended.is_exact);
        Finding { problem, corrected }
    });
    told.collect()
}

/// The difference between a file and the one in force, for people and for scripts.
#[derive(Debug, Serialize)]
struct Compared {
    path: String,
    needs_approval: bool,
    changes: Vec<String>,
}

/// Checks each file as of `now` and tells what was found. A file that can't be read does not keep the others
/// from being checked.
pub(crate) fn run(args: &Check, streams: &mut Streams<'_>, now: Timestamp) -> Result<Exit, Stop> {
    let mut all = Found::default();
    let mut exit = Exit::Fine;
    let in_force = args.against.as_deref().map(in_force).transpose()?;
    let policy = match &args.policy {
        Some(path) => sound_policy(path, args.format, streams, &mut all)?,
        None => None,
    };
    let judged_for = |policy| JudgedFor::of(policy, &args.deployment, !args.files.is_empty());
    let judged_for = policy.as_ref().map(judged_for).transpose()?;
    for path in &args.files {
        let text = match read(path, streams) {
            Ok(text) => text,
            Err(stop) => {
                writeln!(streams.err, "signoff: {stop}")?;
                exit = Exit::Usage;
                continue;
            }
        };
        let name = if is_input(path) { args.name.clone() } else { path.display().to_string() };
        let (found, rules) = match signoff_rules::parse(&text, &name) {
            Ok(file) => {
                let compared = in_force.as_ref().map(|in_force| compare(in_force, &file, &name));
                let differences = compared.into_iter().collect();
                let judged = policy.as_ref().zip(judged_for.as_ref());
                let problems = judged.map(|(policy, of)| of.below(policy, &file, &text, &name));
                let problems = problems.unwrap_or_default();
                let mut notices = file.notices;
                notices.extend(over(&text, &name, now));
                let (problems, notices) = (told(Some(&text), problems), told(Some(&text), notices));
                (Found { problems, notices, differences }, file.rules.len())
            }
            Err(problems) => (Found { problems: told(Some(&text), problems), ..Found::default() }, 0),
        };
        match args.format {
            CheckFormat::Human => human(streams.out, &name, &found, &counted(rules, "rule"))?,
            CheckFormat::Github => github(streams.out, &found)?,
            CheckFormat::Json => {}
        }
        all.problems.extend(found.problems);
        all.notices.extend(found.notices);
        all.differences.extend(found.differences);
    }
    let hint = judged_for.filter(|_| !args.files.is_empty()).and_then(|of| of.hint());
    match (args.format, hint) {
        (CheckFormat::Human, Some(hint)) => writeln!(streams.out, "{hint}")?,
        (CheckFormat::Github, Some(hint)) => {
            writeln!(streams.out, "::notice title=Signoff rules%3A policy::{}", data(&hint))?;
        }
        (CheckFormat::Json, note) => json(streams.out, &all, note.as_deref())?,
        (CheckFormat::Human | CheckFormat::Github, None) => {}
    }
    let bad = !all.problems.is_empty() || args.strict && !all.notices.is_empty();
    Ok(exit.max(if bad { Exit::Problems } else { Exit::Fine }))
}

/// Checks the policy itself and tells what was found. `None`: it has problems, and no rules can be judged by
/// it.
fn sound_policy(
    path: &Path,
    format: CheckFormat,
    streams: &mut Streams<'_>,
    all: &mut Found,
) -> Result<Option<Policy>, Stop> {
    let name = path.display().to_string();
    let (policy, problems) = match policy::read(path)? {
        Ok(policy) => (Some(policy), Vec::new()),
        Err(problems) => (None, problems),
    };
    let found = Found { problems: told(None, problems), ..Found::default() };
    let floors = policy.as_ref().map_or(0, |policy| policy.floors.len());
    match format {
        CheckFormat::Human => {
            let has = format!("{} beside the default", counted(floors, "floor"));
            human(streams.out, &name, &found, &has)?;
            if policy.is_none() {
                writeln!(streams.out, "{name}: no rules files to check against it")?;
            }
        }
        CheckFormat::Github => github(streams.out, &found)?,
        CheckFormat::Json => {}
    }
    all.problems.extend(found.problems);
    Ok(policy)
}

/// The rules of the file in force.
fn in_force(path: &Path) -> Result<RulesFile, Stop> {
    let problems = match signoff_rules::parse(&read_file(path)?, &path.display().to_string()) {
        Ok(file) => return Ok(file),
        Err(problems) => problems,
    };
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    Err(Stop::file(path, format!("it has {}: {first}", counted(problems.len(), "problem"))))
}

/// Compares the file in force with `file`, which is called `name`. Their default tags are taken to be the
/// same.
fn compare(in_force: &RulesFile, file: &RulesFile, name: &str) -> Compared {
    let found = difference(in_force, file, false);
    let needs_approval = found.needs_approval();
    let changes = found.changes.into_iter().map(|change| change.text).collect();
    Compared { path: name.to_owned(), needs_approval, changes }
}

/// `has`: what the file has, where nothing is wrong with it.
fn human(out: &mut dyn Write, name: &str, found: &Found, has: &str) -> io::Result<()> {
    for told in &found.problems {
        writeln!(out, "{}{}\n", told.problem.rendered(), told.lines())?;
    }
    for told in &found.notices {
        writeln!(out, "{}{}\n", as_notice(&told.problem).rendered(), told.lines())?;
    }
    let notices = match found.notices.len() {
        0 => String::new(),
        count => format!(", {}", counted(count, "notice")),
    };
    match found.problems.len() {
        0 => writeln!(out, "{name}: fine, {has}{notices}")?,
        count => writeln!(out, "{name}: {}{notices}", counted(count, "problem"))?,
    }
    for Compared { path, needs_approval, changes } in &found.differences {
        let verdict = match (needs_approval, changes.is_empty()) {
            (true, _) => "counts once it is approved",
            (false, true) => "is the same as the file in force",
            (false, false) => "counts at once",
        };
        writeln!(out, "{path}: {verdict}")?;
        for change in changes {
            writeln!(out, "  {}", printable(change))?;
        }
    }
    Ok(())
}

impl Finding {
    /// The corrected lines, each with its number, to follow what is told.
    fn lines(&self) -> String {
        let lines = self.corrected.as_ref().and_then(Mended::rendered);
        lines.map_or_else(String::new, |lines| format!("\n{lines}"))
    }
}

/// A notice as a line that is not taken for a problem.
pub(crate) fn as_notice(notice: &Problem) -> Problem {
    Problem { message: format!("notice: {}", notice.message), ..notice.clone() }
}

/// One document: its keys stay, and may get company.
fn json(out: &mut dyn Write, found: &Found, note: Option<&str>) -> Result<(), Stop> {
    #[derive(Serialize)]
    struct Document<'a> {
        problems: Vec<Entry<'a>>,
        notices: Vec<Entry<'a>>,
        #[serde(skip_serializing_if = "<[Compared]>::is_empty")]
        differences: &'a [Compared],
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        path: &'a str,
        line: usize,
        column: usize,
        message: &'a str,
        suggestion: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        corrected: Option<Lines>,
    }
    /// The lines of the file that the suggestion changes, as they are right.
    #[derive(Serialize)]
    struct Lines {
        /// The first one's number.
        line: usize,
        /// The number of lines that `text` stands in the place of.
        removed: usize,
        text: String,
    }
    fn entry(Finding { problem, corrected }: &Finding) -> Entry<'_> {
        let Problem { path, line, column, message, suggestion, .. } = problem;
        // A script takes them as they are: none that was shortened, and no address that was masked.
        let whole = corrected.as_ref().and_then(|mended| {
            Some(Lines { line: mended.line, removed: mended.removed, text: mended.whole()? })
        });
        Entry {
            path,
            line: *line,
            column: *column,
            message,
            suggestion: suggestion.as_deref(),
            corrected: whole,
        }
    }
    fn entries(told: &[Finding]) -> Vec<Entry<'_>> {
        told.iter().map(entry).collect()
    }
    let (problems, notices) = (entries(&found.problems), entries(&found.notices));
    document(out, &Document { problems, notices, differences: &found.differences, note })
}

/// Writes a JSON document that people can read, too.
pub(crate) fn document(out: &mut dyn Write, document: &impl Serialize) -> Result<(), Stop> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Commands that GitHub Actions shows beside the lines of a change. See
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
fn github(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    let told = found.problems.iter().map(|told| ("error", "Signoff rules: problem", told));
    let told = told.chain(found.notices.iter().map(|told| ("warning", "Signoff rules: notice", told)));
    for (command, title, told) in told {
        let Problem { path, line, column, message, suggestion, .. } = &told.problem;
        let rest = suggestion.as_ref().map(|suggestion| format!("; {suggestion}")).unwrap_or_default();
        let (file, title) = (property(path), property(title));
        let message = data(&format!("{message}{rest}{}", told.lines()));
        writeln!(out, "::{command} file={file},line={line},col={column},title={title}::{message}")?;
    }
    Ok(())
}

/// A command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(data("100%\r\na: b, c"), "100%25%0D%0Aa: b, c");
        assert_eq!(property("100%\r\na: b, c"), "100%25%0D%0Aa%3A b%2C c");
        assert_eq!(property("%3A"), "%253A");
    }
}
