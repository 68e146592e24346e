//! Rules that no deploy opens, whatever else is wrong with them: the other rules of the file run.

use crate::parse;

/// Bodies of rules that are not opened, each with a mistake.
const BODIES: [&str; 12] = [
    "a: {conditions: [\"base == 'main'\"], actions: [trigger_build]}",
    "a: {conditions: [\"draft && environment='x'\"], actions: [trigger_build]}",
    "a: {conditions: [not draft], actions: [trigger_build]}",
    "a: {conditions: [\"environment='x' and not (draft)\"], actions: [trigger_build]}",
    "a: {conditions: [\"label in ['x']\"], actions: [trigger_build]}",
    "a: {conditions: [\"mergeable=\"], actions: [trigger_build]}",
    "a: {conditions: [\"mergeable and )\"], actions: [trigger_build]}",
    "a: {conditions: [\"title~='(x'\"], actions: [trigger_build]}",
    "a: {conditions: [\"status_success('x')\"], actions: [trigger_build]}",
    "a: {conditions: [{status_success: ci/build}], actions: [trigger_build]}",
    "a: {actions: [{merge_pull_request: {x: y}, when: x}]}",
    "a: [{triggers: [pr_updated]}, {actions: [merge]}]",
];

/// Whole entries of such rules.
const ENTRIES: [&str; 4] = [
    "  - triggers: [pr_updated]\n    actions: [merge]\n",
    "  - a:\n    triggers: [pr_updated]\n    actions: [merge]\n",
    "  - name: a\n    triggers: [pr_updated]\n    actions: [merge]\n",
    "  - a: {triggers: [pr_updated], actions: [merge]}\n  - a: {triggers: [pr_closed], actions: [merge]}\n",
];

fn with_a_sound_rule(entry: &str) -> String {
    format!("rules:\n{entry}  - b: {{actions: [trigger_build]}}\n")
}

#[test]
fn mistake_in_a_closed_rule_leaves_the_others_open() {
    let bodies = BODIES.iter().map(|body| format!("  - {body}\n"));
    for entry in bodies.chain(ENTRIES.map(str::to_owned)) {
        let file = match parse(&with_a_sound_rule(&entry), "f") {
            Ok(file) => file,
            Err(problems) => panic!("{entry}{problems:#?}"),
        };
        let open: Vec<&str> = file
            .rules
            .iter()
            .filter(|rule| rule.applies_to_deploys() && rule.unsupported.is_empty())
            .map(|rule| rule.name.as_str())
            .collect();
        assert_eq!(open, ["b"], "{entry}");
        assert!(file.notices.iter().any(|notice| notice.line < 4), "{entry}{:#?}", file.notices);
    }
}

#[test]
fn mistake_in_an_open_rule_is_a_problem_as_before() {
    for entry in [
        "  - a: {conditions: [\"environment=='title' x\"], actions: [trigger_build]}\n",
        "  - a: [{conditions: [environment='x']}, {actions: [trigger_build, nothing]}]\n",
        "  - conditions: [environment='x']\n    actions: [trigger_build, nothing]\n",
        "  - a: {actions: [trigger_build]}\n  - a: {triggers: [pr_updated], actions: [merge]}\n",
        "  - a: {triggers: [pr_updated], actions: [merge]}\n  - a: {actions: [trigger_build]}\n",
    ] {
        let problems = parse(&with_a_sound_rule(entry), "f").unwrap_err();
        assert_eq!(problems.len(), 1, "{entry}{problems:#?}");
    }
}
