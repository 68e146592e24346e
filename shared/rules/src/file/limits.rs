//! Files that mean harm: what a reader could be made to do by little text.

use super::conditions::MAX_PATTERNS;
use super::*;
use crate::problem::MAX_PROBLEMS;
use crate::variables::Known;
use crate::yaml::MAX_SOURCE_BYTES;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Reads a file, which takes a second at most; what is bounded badly takes many minutes.
fn read(text: &str) -> Result<RulesFile, Vec<Problem>> {
    assert!(text.len() <= MAX_SOURCE_BYTES, "{} bytes are refused for their size alone", text.len());
    let start = Instant::now();
    let file = parse(text, "rules.yml");
    assert!(start.elapsed() < Duration::from_secs(60), "reading took {:?}", start.elapsed());
    file
}

/// The first line of what is told of a file.
fn first(text: &str) -> String {
    read(text).unwrap_err()[0].to_string()
}

#[test]
fn aliases_cannot_make_much_of_a_long_text() {
    let aliases = |text: &str| format!("[&a \"{text}\"{}]", ", *a".repeat(100_000));
    let long = aliases(&["tags=[]"; 900].join(" or "));
    for text in [
        format!("rules: [{{a: {{conditions: {long}, actions: [trigger_build]}}}}]"),
        format!("rules: [{{a: {{actions: {long}}}}}]"),
        format!("x-a: {}\nrules: []\n", aliases(&"x".repeat(50_000))),
        format!("x-a: &a {{\"{}\": 1}}\nx-b: [{}]\nrules: []\n", "k".repeat(50_000), "*a,".repeat(100_000)),
    ] {
        assert!(first(&text).contains("more than 120000 values, aliases expanded"), "{}", first(&text));
    }
}

#[test]
fn ten_thousand_rules_may_come_after_each_other() {
    let rules = |after: fn(usize) -> String| {
        let rule = |number| format!("- r{number}: {{after: {}, actions: [trigger_build]}}\n", after(number));
        format!("rules:\n{}", (0..9_000).map(rule).collect::<String>())
    };
    let file = read(&format!(
        "{}- r9000: {{actions: [trigger_build]}}\n",
        rules(|number| format!("r{}", number + 1))
    ));
    assert_eq!(file.unwrap().rules.len(), 9_001);
    let circle = first(&rules(|number| format!("r{}", (number + 1) % 9_000)));
    assert!(circle.contains("goes round in a circle"), "{circle}");
    assert!(first(&rules(|number| format!("s{number}"))).contains("no rule `s0` in this file"));
}

#[test]
fn a_long_text_that_stands_once_is_read() {
    let text =
        format!("rules:\n- a:\n    description: {}\n    actions: [trigger_build]\n", "x ".repeat(200_000));
    assert_eq!(read(&text).unwrap().rules[0].description.as_ref().unwrap().len(), 399_999);
}

#[test]
fn mistakes_on_one_long_line_are_told_in_short() {
    let nothing = "~,".repeat(100_000);
    for text in [
        format!("rules: [{{a: {{triggers: [{nothing}], actions: [trigger_build]}}}}]"),
        format!(
            "rules: [{{a: {{actions: [{{slack_channel_approval: {{channel: c, approvers: [{nothing}]}}}}]}}}}]"
        ),
        format!("rules: [{{a: {{conditions: [{nothing}], actions: [merge]}}}}]"),
        format!("rules: [{nothing}]"),
    ] {
        assert_eq!(read(&text).unwrap_err().len(), MAX_PROBLEMS + 1);
    }
}

#[test]
fn what_is_not_supported_on_one_long_line_is_told_by_its_rule() {
    let mut text = "rules: [".to_owned();
    for number in 0..3000 {
        let many = "base,".repeat(20);
        write!(text, "{{r{number}: {{conditions: [{many}], actions: [merge]}}}},").unwrap();
    }
    text.push(']');
    let file = read(&text).unwrap();
    assert!(file.rules.iter().all(|rule| rule.unsupported.len() == 20));
    // Nobody walks such a line for each of them; the place of the condition is the one that the parser gives.
    let columns: Vec<usize> =
        file.rules[0].unsupported.iter().map(|problem| problem.column).take(3).collect();
    assert_eq!(columns, [28, 33, 38]);
    let names = vec!["base"; 1200].join(" or ");
    let file = read(&format!(
        "rules:\n- a: {{actions: [merge], conditions: [{}]}}\n",
        [names.as_str(); 40].join(", ")
    ))
    .unwrap();
    assert_eq!(file.rules[0].unsupported.len(), 20);
}

#[test]
fn many_keys_are_merged_and_many_approvers_kept_each_once() {
    let keys = |name: char| (0..8_000).fold(String::new(), |keys, key| format!("{keys}{name}{key}: 1, "));
    let text = format!(
        "x-a: &a {{{}}}\nx-b: &b {{{}}}\nx-c: {{<<: [*a, *b, *a]}}\nrules: []\n",
        keys('a'),
        keys('b')
    );
    assert_eq!(read(&text).unwrap().rules, []);
    let approvers: String = (0..15_000).map(|number| format!("a{number}@b.co, A{number}@b.co, ")).collect();
    let text = format!(
        "rules: [{{a: {{actions: [{{slack_channel_approval: {{channel: c, approvers: [{approvers}]}}}}]}}}}]"
    );
    let file = read(&text).unwrap();
    let [Action::SlackChannelApproval(approval)] = file.rules[0].actions.as_slice() else {
        panic!("an approval")
    };
    assert_eq!(approval.approvers.as_ref().unwrap().len(), 15_000);
}

#[test]
fn a_file_has_only_so_many_regular_expressions() {
    let conditions = |count: usize| {
        let mut text = "rules:\n- a:\n    actions: [trigger_build]\n    conditions:\n".to_owned();
        (0..count).for_each(|number| writeln!(text, "    - tags~='#v{number}'").unwrap());
        text
    };
    assert!(read(&conditions(MAX_PATTERNS)).is_ok());
    let problems = read(&conditions(20_000)).unwrap_err();
    insta::assert_snapshot!(problems[0], @"
    rules.yml:1005:7: more than 1000 regular expressions in one file; join them: 'this|that'
    ");
    assert_eq!(problems.len(), MAX_PROBLEMS + 1);
    let nested = format!(
        "rules: [{{a: {{actions: [webhook: https://x.io], conditions: [\"tags~='{}{}'\"]}}}}]",
        "(".repeat(200),
        ")".repeat(200)
    );
    insta::assert_snapshot!(first(&nested), @"
    rules.yml:1:68: not a regular expression that can be used: exceed the maximum number of nested parentheses/brackets (50)
    ");
}

#[test]
fn the_templates_of_a_file_work_only_so_much() {
    let mut text = "rules:\n- a:\n    actions:\n".to_owned();
    for number in 0..4000 {
        writeln!(text, "    - add_to_deploy_message_thread: \"{number}{{% for i in range(999) %}}{{% for j in range(4) %}}{{% endfor %}}{{% endfor %}}\"").unwrap();
    }
    let problems = read(&text).unwrap_err();
    insta::assert_snapshot!(problems[0], @"
    rules.yml:116:37: add_to_deploy_message_thread: the templates of this file take too much work
    ");
    // The same one again is no work, and neither are many that do little.
    let again = |template: &str| format!("    - add_to_deploy_message_thread: \"{template}\"\n");
    // A rule has only so many actions (see `recorded`).
    let rules = |actions: &dyn Fn(usize) -> String| {
        let rule = |rule: usize| {
            let actions: String = (0..100).map(|number| actions(rule * 100 + number)).collect();
            format!("- r{rule}:\n    actions:\n{actions}")
        };
        format!("rules:\n{}", (0..50).map(rule).collect::<String>())
    };
    let same = rules(&|_| again("{% for i in range(999) %}{{ i }}{% endfor %}"));
    assert_eq!(read(&same).unwrap().rules.len(), 50);
    let little = rules(&|number| again(&format!("{number} {{{{ tags }}}}")));
    assert_eq!(read(&little).unwrap().rules.len(), 50);
}

#[test]
fn huge_numbers_are_no_counts_and_no_parameters() {
    for number in ["99999999999999999999", "4294967296", "-1", "0", "1e9", "1.0", ".inf", "NaN"] {
        let text = format!(
            "rules: [{{a: {{actions: [{{slack_channel_approval: {{channel: c, votes_required: {number}}}}}]}}}}]"
        );
        assert!(first(&text).contains("votes_required takes a whole number from 1"), "{number}");
    }
    let text = "rules: [{a: {actions: [{trigger_build: {parameters: {n: 9223372036854775808}}}]}}]";
    let file = read(text).unwrap();
    let [Action::TriggerBuild(build)] = file.rules[0].actions.as_slice() else { panic!("a build") };
    assert_eq!(
        build.parameters["n"],
        signoff_core::action::ParameterValue::Text("9223372036854775808".into())
    );
}

#[test]
fn a_nul_is_told_wherever_it_stands() {
    for text in [
        "rules: [\0]",
        "\0",
        "rules: []\n\0",
        "rules: ['a\0']",
        "rules: [\"a\0\"]",
        "rules: |\n  \0",
        "# \0\nrules: 1",
    ] {
        let problems = read(text).unwrap_err();
        assert!(problems.iter().all(|problem| !problem.rendered().contains('\0')), "{text:?}");
    }
    insta::assert_snapshot!(first("rules: [{\"a\\0b\": {actions: [trigger_build]}}]"), @"
    rules.yml:1:10: the name of a rule is one line of 1 to 200 characters
    ");
    insta::assert_snapshot!(first("rules: [{a: {conditions: [\"a=\\0\"], actions: [trigger_build]}}]"), @"
    rules.yml:1:30: ` ` means nothing here
    ");
}

#[test]
fn a_deploy_of_many_labels_has_each_once() {
    let mut deploy = tests::deploy("Staging", "fix");
    deploy.pull_requests[0].labels = (0..60_000).map(|label| format!("label {label}")).collect();
    deploy.pull_requests[1].labels = deploy.pull_requests[0].labels.clone();
    let start = Instant::now();
    let condition = crate::condition::parse("pr_labels=60000").unwrap();
    assert!(condition.holds(&Snapshot::of(&Known::new(&deploy))));
    assert!(start.elapsed() < Duration::from_secs(60), "it took {:?}", start.elapsed());
}
