//! `signoff rules check`.

use crate::args::{Check, CheckFormat};
use crate::files::{Stop, is_input, read};
use crate::{Exit, Streams};
use rules::Problem;
use serde::Serialize;
use std::io::{self, Write};

/// What was found in all of the files.
#[derive(Debug, Default)]
struct Found {
    problems: Vec<Problem>,
    notices: Vec<Problem>,
}

/// Checks each file and tells what was found. A file that can't be read does not keep the others from being checked.
pub(crate) fn run(args: &Check, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let mut all = Found::default();
    let mut exit = Exit::Fine;
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
        let (found, rules) = match rules::parse(&text, &name) {
            Ok(file) => (Found { problems: Vec::new(), notices: file.notices }, file.rules.len()),
            Err(problems) => (Found { problems, notices: Vec::new() }, 0),
        };
        match args.format {
            CheckFormat::Human => human(streams.out, &name, &found, rules)?,
            CheckFormat::Github => github(streams.out, &found)?,
            CheckFormat::Json => {}
        }
        all.problems.extend(found.problems);
        all.notices.extend(found.notices);
    }
    if args.format == CheckFormat::Json {
        json(streams.out, &all)?;
    }
    let bad = !all.problems.is_empty() || args.strict && !all.notices.is_empty();
    Ok(exit.max(if bad { Exit::Problems } else { Exit::Fine }))
}

/// `1 problem`, `2 problems`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn human(out: &mut dyn Write, name: &str, found: &Found, rules: usize) -> io::Result<()> {
    for problem in &found.problems {
        writeln!(out, "{}\n", problem.rendered())?;
    }
    for notice in &found.notices {
        writeln!(out, "{}\n", as_notice(notice).rendered())?;
    }
    let notices = match found.notices.len() {
        0 => String::new(),
        count => format!(", {}", counted(count, "notice")),
    };
    match found.problems.len() {
        0 => writeln!(out, "{name}: fine, {}{notices}", counted(rules, "rule")),
        count => writeln!(out, "{name}: {}{notices}", counted(count, "problem")),
    }
}

/// A notice as a line that is not taken for a problem.
pub(crate) fn as_notice(notice: &Problem) -> Problem {
    Problem { message: format!("notice: {}", notice.message), ..notice.clone() }
}

/// One document: its keys stay, and may get company.
fn json(out: &mut dyn Write, found: &Found) -> Result<(), Stop> {
    #[derive(Serialize)]
    struct Document<'a> {
        problems: Vec<Entry<'a>>,
        notices: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        path: &'a str,
        line: usize,
        column: usize,
        message: &'a str,
        suggestion: Option<&'a str>,
    }
    fn entries(problems: &[Problem]) -> Vec<Entry<'_>> {
        let entries = problems.iter().map(|Problem { path, line, column, message, suggestion, .. }| Entry {
            path,
            line: *line,
            column: *column,
            message,
            suggestion: suggestion.as_deref(),
        });
        entries.collect()
    }
    document(out, &Document { problems: entries(&found.problems), notices: entries(&found.notices) })
}

/// Writes a JSON document that people can read, too.
pub(crate) fn document(out: &mut dyn Write, document: &impl Serialize) -> Result<(), Stop> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Commands that GitHub Actions shows beside the lines of a change. See
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
fn github(out: &mut dyn Write, found: &Found) -> io::Result<()> {
    let told = found.problems.iter().map(|problem| ("error", "Signoff rules: problem", problem));
    let told = told.chain(found.notices.iter().map(|notice| ("warning", "Signoff rules: notice", notice)));
    for (command, title, Problem { path, line, column, message, suggestion, .. }) in told {
        let rest = suggestion.as_ref().map(|suggestion| format!("; {suggestion}")).unwrap_or_default();
        let (file, title) = (property(path), property(title));
        let message = data(&format!("{message}{rest}"));
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
