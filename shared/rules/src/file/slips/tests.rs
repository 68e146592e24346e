//! Files with one slip each, what is said about it, and the file after that advice was followed.

mod cases;

use super::*;
use crate::parse;
use cases::{CASES, Case};

fn told(text: &str) -> String {
    match parse(text, "f") {
        Ok(_) => "fine".to_owned(),
        Err(problems) => {
            let line = |problem: &Problem| problem.to_string().trim_start_matches("f:").to_owned();
            problems.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn each_slip_is_one_problem_whose_advice_mends_it() {
    let mut wrong = Vec::new();
    for Case { file, told: expected, followed } in CASES {
        let (before, after) = (told(file), told(followed));
        if before != *expected || after != "fine" {
            wrong.push(format!("{file}\nsays   {before}\nshould {expected}\nthen   {after}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn several_slips_are_told_at_once() {
    let file = "rules:\n  - promote\n      conditions:\n        -environment='Staging'\n      actions:\n        \
                - slack_channel_message: {channel: #a, message: {{ tags }}, mesage: x}\n";
    insta::assert_snapshot!(told(file), @"
    2:12: `promote` has no `:` behind it; write `promote:`
    4:10: `-` needs a space behind it; write `- environment='Staging'`
    6:44: `#` starts a comment; write '#a' with quotes
    6:57: a template without quotes; write '{{ tags }}'
    6:69: slack_channel_message takes no key `mesage`; did you mean `message`?
    ");
}

#[test]
fn a_repair_that_does_not_help_is_no_advice() {
    for file in [
        // The no-break space is a part of the text.
        "rules:\n  - a:\n      actions:\n        - notify_deployer: 'a\u{a0}b {{ revison }}'\n",
        "rules:\n  - a:\n      actions:\n        - notify_deployr: “x”\n",
    ] {
        let told = told(file);
        assert!(!told.contains("U+") && told.lines().count() == 1, "{told}");
    }
}

#[test]
fn a_place_in_the_repaired_text_is_found_in_the_original() {
    let edit =
        |column, removed, put: &str| Edit { at: Position { line: 1, column }, removed, put: put.to_owned() };
    let edits = [edit(3, 0, "''"), edit(5, 2, "x")];
    let columns: Vec<usize> =
        (1..=9).map(|column| column_before(&edits, Position { line: 1, column })).collect();
    // `abcdefgh` became `ab''cdxgh`.
    assert_eq!(columns, [1, 2, 3, 3, 3, 4, 5, 7, 8]);
    assert_eq!(column_before(&edits, Position { line: 2, column: 9 }), 9);
    let source = Source::new("f", "abcdefgh\r\né");
    assert_eq!(applied(&source, &edits).as_deref(), Some("ab''cdxgh\r\né"));
}
