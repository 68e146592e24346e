//! The advice of every message, followed: that never leads to the next mistake.
//!
//! Each row is a file with a mistake. What [`rules::mend::mended`] makes of it by the advice of its messages is read again; advice that
//! leaves something to its reader is followed by hand, in the row. Every sentence of the messages that the source has must be told of
//! some row, so that a new message needs a row of its own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

#[path = "../../src/file/slips/tests/cases.rs"]
mod cases;
mod rows;
mod sentences;
#[path = "../../src/template/check/tests/slips.rs"]
mod templates;

use rules::mend::mended;
use rules::{Problem, parse};
use std::collections::BTreeSet;
use std::fmt::Write;

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
    format!("rules:\n  - a:\n      actions:\n        - notify_deployer: |-\n{text}")
}

fn rows() -> Vec<Row> {
    let of_files = cases::CASES.iter().map(|case| (case.file.to_owned(), case.followed.to_owned()));
    let of_templates =
        templates::SLIPS.iter().map(|(template, _, mended)| (with_template(template), with_template(mended)));
    let all = of_files.chain(of_templates).chain(rows::all());
    all.map(|(file, followed)| Row { file, followed }).collect()
}

/// What is wrong with a row: nothing, if following each message's advice leaves nothing else to be told than before.
fn failures(row: &Row) -> String {
    let (was_sound, before) = told(&row.file);
    let mut wrong = String::new();
    if before.is_empty() {
        writeln!(wrong, "nothing is told").unwrap();
    }
    for problem in before.iter().filter(|problem| problem.suggestion.is_some()) {
        let changed = match mended(&row.file, problem) {
            Some(mended) => mended.text,
            None if row.followed.is_empty() => {
                writeln!(wrong, "{problem}\n    is advice that nobody follows").unwrap();
                continue;
            }
            None => row.followed.clone(),
        };
        let (is_sound, after) = told(&changed);
        let is_new = |told: &&Problem| !before.iter().any(|other| other.message == told.message);
        let news: Vec<String> = after.iter().filter(is_new).map(ToString::to_string).collect();
        let is_there = after.iter().filter(|told| told.message == problem.message).count()
            >= before.iter().filter(|told| told.message == problem.message).count();
        if is_there || !news.is_empty() || (was_sound && !is_sound) {
            writeln!(wrong, "{problem}\n    followed:\n{changed}    leads to {news:?}").unwrap();
        }
    }
    wrong
}

#[test]
fn advice_followed_never_leads_to_the_next_mistake() {
    let mut wrong = String::new();
    for row in rows() {
        let failures = failures(&row);
        if !failures.is_empty() {
            writeln!(wrong, "-----\n{}\n{failures}", row.file).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_sentence_of_the_messages_is_told_of_a_row() {
    let mut told_texts = BTreeSet::new();
    for row in rows() {
        for problem in told(&row.file).1 {
            told_texts.insert(problem.message);
            told_texts.extend(problem.suggestion);
        }
    }
    let known: BTreeSet<&str> = rows::ELSEWHERE.iter().map(|(sentence, _)| *sentence).collect();
    let untold: Vec<String> = sentences::all()
        .into_iter()
        .filter(|sentence| !told_texts.iter().any(|told| sentence.is_in(told)) && !known.contains(sentence.text.as_str()))
        .map(|sentence| format!("{}: {:?}", sentence.file, sentence.text))
        .collect();
    assert!(untold.is_empty(), "{}\n{}", untold.len(), untold.join("\n"));
}

#[test]
fn mended_file_is_the_one_that_is_meant() {
    let mut others = String::new();
    let mut by_hand = 0;
    for row in rows().iter().filter(|row| !row.followed.is_empty()) {
        let (_, before) = told(&row.file);
        let [problem] = before.as_slice() else { continue };
        match mended(&row.file, problem) {
            Some(mended) if mended.text.trim_end() == row.followed.trim_end() => {}
            Some(mended) => {
                writeln!(others, "{problem}\n{}", mended.rendered().unwrap_or(mended.text)).unwrap();
            }
            None => by_hand += 1,
        }
    }
    insta::assert_snapshot!(format!("{by_hand} by hand\n{others}"), @"");
}
