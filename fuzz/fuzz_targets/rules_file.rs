//! A rules file.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use signoff_fuzz::{assert_told, deploy};
use signoff_rules::problem::{MAX_PROBLEMS, Problem};
use signoff_rules::variables::Known;
use signoff_rules::{RulesFile, Snapshot, condition, parse};

const PATH: &str = ".signoff/rules.yml";

fuzz_target!(|data: &[u8]| -> Corpus {
    // The git host's answer is text before it comes here.
    let Ok(text) = std::str::from_utf8(data) else { return Corpus::Reject };
    let read = parse(text, PATH);
    assert_eq!(read, parse(text, PATH), "the same file, read twice");
    match read {
        Ok(file) => {
            told(text, &file.notices);
            rules(text, &file);
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a word");
            told(text, &problems);
        }
    }
    Corpus::Keep
});

/// Every problem is one short line that names a place in the file.
fn told(text: &str, problems: &[Problem]) {
    assert!(problems.len() <= MAX_PROBLEMS + 1, "{} problems", problems.len());
    // YAML ends lines by any of the three.
    let text = text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.split(['\n', '\r']).collect();
    for problem in problems {
        assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
        let line = lines.get(problem.line - 1).unwrap_or_else(|| panic!("no such line: {problem}"));
        assert!(problem.column <= line.chars().count() + 1, "no such column: {problem}");
        assert_told(&problem.to_string());
        assert!(!problem.to_string().contains(char::is_control), "not one line: {problem}");
        let shown = problem.rendered();
        assert!(shown.starts_with(&format!("{PATH}:{}:{}: ", problem.line, problem.column)), "{shown}");
        assert!(shown.lines().count() <= 4, "{shown}");
        assert!(problem.excerpt.chars().count() <= 120 && !problem.excerpt.contains(['\n', '\r']), "{shown}");
    }
}

/// Checks that the rules of a valid file can be evaluated, and that nothing unsupported is opened.
fn rules(text: &str, file: &RulesFile) {
    let snapshot = Snapshot::of(&Known::new(&deploy()));
    let mut names = std::collections::BTreeSet::new();
    for rule in &file.rules {
        assert!(names.insert(&rule.name), "two rules `{}`", rule.name);
        assert!(!rule.name.is_empty() && !rule.name.contains(char::is_control), "{:?}", rule.name);
        assert!(!rule.holds(&snapshot) || rule.may_hold(&snapshot), "holds and can't");
        assert!(!rule.opens_for(&snapshot) || rule.unsupported.is_empty() && rule.applies_to_deploys());
        told(text, &rule.unsupported);
        for entry in &rule.conditions {
            let text = entry.condition.to_string();
            assert_eq!(condition::parse(&text).as_ref(), Ok(&entry.condition), "{text}");
        }
    }
    let digest = |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(digest(&file.hash) && file.rules.iter().all(|rule| digest(&rule.hash)));
}
