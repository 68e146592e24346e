//! The advice of every message, followed: that never leads to the next mistake.
//!
//! Each row is a file with a mistake. What [`signoff_rules::mend::mended`] makes of it by the advice of its
//! messages is read again; advice that leaves something to its reader is followed by hand, in the row. Every
//! sentence of the messages that the source has must be told of some row, so that a new message needs a row
//! of its own.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

#[expect(dead_code, reason = "what is told of each is compared where they stand")]
#[path = "../../src/file/slips/tests/cases.rs"]
mod cases;
mod counts;
mod kinds;
mod meaning;
mod right;
mod rows;
mod sentences;
mod sound;
#[path = "../../src/template/check/tests/slips.rs"]
mod templates;

use signoff_rules::mend::{Mended, mended};
use signoff_rules::{Problem, parse};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

/// A file with a mistake, and the file after the advice was followed by hand; empty: that is not needed.
struct Row {
    file: String,
    followed: String,
}

/// Everything that is told of a file, and whether it can be used.
fn told(text: &str) -> (bool, Vec<Problem>) {
    match parse(text, "f") {
        Ok(file) => (true, file.notices),
        Err(problems) => (false, problems),
    }
}

/// A file whose only text is this template.
fn with_template(template: &str) -> String {
    let text: String = template.lines().map(|line| format!("            {line}\n")).collect();
    format!("rules:\n  - a:\n      actions:\n        - notify_deployer: |-\n            Hello\n{text}")
}

fn rows() -> Vec<Row> {
    let of_files = cases::CASES.iter().map(|case| (case.file.to_owned(), case.followed.to_owned()));
    let of_templates =
        templates::SLIPS.iter().map(|(template, _, mended)| (with_template(template), with_template(mended)));
    let all = of_files.chain(of_templates).chain(rows::all());
    all.map(|(file, followed)| Row { file, followed }).collect()
}

/// A message of a row, and what its advice makes of the file.
struct Followed {
    row: &'static Row,
    problem: Problem,
    mended: Option<Mended>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(rows);

/// Every message of every row that has advice, followed.
static FOLLOWED: LazyLock<Vec<Followed>> = LazyLock::new(|| {
    let of_row = |row: &'static Row| {
        let advises = |problem: &Problem| {
            problem.suggestion.as_deref().is_some_and(|advice| {
                !(advice.starts_with("the rule `") && advice.ends_with("` is not opened"))
            })
        };
        let told = told(&row.file).1.into_iter().filter(advises);
        told.map(|problem| Followed { row, mended: mended(&row.file, &problem), problem }).collect::<Vec<_>>()
    };
    ROWS.iter().flat_map(of_row).collect()
});

/// Messages about a sound rule that its author expects.
const WANTED: [&str; 1] = ["has triggers of pull requests only"];

/// Returns the fault of advice; `None` if following it leads to no message that was not there before.
fn failure(Followed { row, problem, mended }: &Followed) -> Option<String> {
    let changed = match mended {
        Some(mended) => &mended.text,
        None if row.followed.is_empty() => return Some("nobody follows it".to_owned()),
        None => &row.followed,
    };
    let ((was_sound, before), (is_sound, after)) = (told(&row.file), told(changed));
    let is_new = |told: &&Problem| {
        !before.iter().any(|other| other.message == told.message)
            && !WANTED.iter().any(|wanted| told.message.contains(wanted))
    };
    let news: Vec<String> = after.iter().filter(is_new).map(ToString::to_string).collect();
    let count = |told: &[Problem]| told.iter().filter(|told| told.message == problem.message).count();
    let is_bad = count(&after) >= count(&before) || !news.is_empty() || (was_sound && !is_sound);
    is_bad.then(|| format!("it makes\n{changed}and leads to {news:?}"))
}

#[test]
fn advice_followed_never_leads_to_the_next_mistake() {
    let silent = ROWS
        .iter()
        .filter(|row| told(&row.file).1.is_empty())
        .map(|row| format!("nothing is told of\n{}", row.file));
    let failures = FOLLOWED.iter().filter_map(|followed| {
        let failure = failure(followed)?;
        Some(format!("{}{}\n{failure}", followed.row.file, followed.problem))
    });
    let wrong: Vec<String> = silent.chain(failures).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n-----\n"));
}

#[test]
fn slip_of_a_row_is_one_message() {
    let several = rows::single().into_iter().filter(|file| told(file).1.len() > 1);
    let several: Vec<String> = several.map(|file| format!("{file}{:#?}", told(&file).1)).collect();
    assert!(several.is_empty(), "{}", several.join("\n-----\n"));
}

/// The code that advice says to write, where that is the whole of what is meant.
fn code_to_write(advice: &str) -> Option<&str> {
    let code = advice.strip_prefix("write `")?.strip_suffix('`')?;
    (!code.contains(['`', '\u{2026}'])).then_some(code)
}

#[test]
fn advice_to_write_a_whole_condition_or_template_is_sound() {
    let mut wrong = Vec::new();
    for problem in FOLLOWED.iter().map(|followed| &followed.problem) {
        let Some(code) = problem.suggestion.as_deref().and_then(code_to_write) else { continue };
        let is_template = code.starts_with("{{") && code.ends_with("}}") && !code.contains("{%");
        let is_template = is_template && !code.contains("loop.");
        let is_condition = !["{{", "{%"].iter().any(|sign| problem.excerpt.contains(sign))
            && code.contains('=')
            && signoff_rules::condition::parse(code).is_ok();
        let file = match (is_template, is_condition) {
            (true, _) => with_template(code),
            (_, true) => rows::with_condition(code),
            _ => continue,
        };
        let told = told(&file).1;
        let is_same = told.iter().all(|told| told.message == problem.message);
        if !told.is_empty() && !is_same {
            wrong.push(format!("{problem}\nwrites {code}, of which is told {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n-----\n"));
}

#[test]
fn every_sentence_of_the_messages_is_told_of_a_row() {
    let mut told_texts = BTreeSet::new();
    for row in ROWS.iter().map(|row| &row.file).chain(&rows::limits()) {
        for problem in told(row).1 {
            told_texts.insert(problem.message);
            told_texts.extend(problem.suggestion);
        }
    }
    let known: BTreeSet<&str> = rows::ELSEWHERE.iter().map(|(sentence, _)| *sentence).collect();
    let untold: Vec<String> = sentences::all()
        .into_iter()
        .filter(|sentence| {
            !told_texts.iter().any(|told| sentence.is_in(told)) && !known.contains(sentence.text.as_str())
        })
        .map(|sentence| format!("{}: {:?}", sentence.file, sentence.text))
        .collect();
    assert!(untold.is_empty(), "{}\n{}", untold.len(), untold.join("\n"));
}

#[test]
fn mended_file_is_the_one_that_is_meant() {
    let mut told = String::new();
    for Followed { row, problem, mended } in
        FOLLOWED.iter().filter(|followed| !followed.row.followed.is_empty())
    {
        match mended {
            Some(mended) if mended.text.trim_end() == row.followed.trim_end() => {}
            Some(mended) => {
                let sign = if mended.is_exact { '=' } else { '~' };
                writeln!(told, "{sign} {problem}\n{}", mended.rendered().unwrap_or_default()).unwrap();
            }
            None => writeln!(told, "  {problem}").unwrap(),
        }
    }
    insta::assert_snapshot!(told);
}
