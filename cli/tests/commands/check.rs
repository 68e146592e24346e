//! `signoff rules check`.

use crate::{fed, signoff};
use signoff::Exit;

const FILES: [&str; 3] = ["../docs/example/rules.yml", "tests/files/typos.yml", "tests/files/not-yet.yml"];

fn check(more: &[&str]) -> String {
    let args: Vec<_> = ["rules", "check"].into_iter().chain(FILES).chain(more.iter().copied()).collect();
    signoff(&args).shown()
}

#[test]
fn every_problem_is_told_with_its_place() {
    insta::assert_snapshot!(check(&[]), @"
    ../docs/example/rules.yml: fine, 3 rules
    tests/files/typos.yml:4:11: unknown variable `enviroment`; did you mean `environment`?
      |
    4 |         - enviroment='X'
      |           ^
    4 +         - environment='X'

    tests/files/typos.yml:5:27: `nonsense` after the end of the condition; join conditions with `and` or `or`
      |
    5 |         - environment='X' nonsense
      |                           ^

    tests/files/typos.yml:7:11: unknown action `slack_chanel_approval`; did you mean `slack_channel_approval`?
      |
    7 |         - slack_chanel_approval: {channel: '#team'}
      |           ^
    7 +         - slack_channel_approval: {channel: '#team'}

    tests/files/typos.yml: 3 problems
    tests/files/not-yet.yml:5:37: notice: known, not supported yet: base_synced; the rule `nudge` is not opened
      |
    5 |         - environment='Staging' and base_synced
      |                                     ^

    tests/files/not-yet.yml:9:5: notice: the rule `tidy` has triggers of pull requests only: deploys never open it
      |
    9 |   - tidy:
      |     ^

    tests/files/not-yet.yml: fine, 4 rules, 2 notices
    ---- Problems
    ");
}

#[test]
fn a_script_gets_one_document() {
    insta::assert_snapshot!(check(&["--format", "json"]), @r#"
    {
      "problems": [
        {
          "path": "tests/files/typos.yml",
          "line": 4,
          "column": 11,
          "message": "unknown variable `enviroment`",
          "suggestion": "did you mean `environment`?",
          "corrected": {
            "line": 4,
            "removed": 1,
            "text": "        - environment='X'"
          }
        },
        {
          "path": "tests/files/typos.yml",
          "line": 5,
          "column": 27,
          "message": "`nonsense` after the end of the condition",
          "suggestion": "join conditions with `and` or `or`"
        },
        {
          "path": "tests/files/typos.yml",
          "line": 7,
          "column": 11,
          "message": "unknown action `slack_chanel_approval`",
          "suggestion": "did you mean `slack_channel_approval`?",
          "corrected": {
            "line": 7,
            "removed": 1,
            "text": "        - slack_channel_approval: {channel: '#team'}"
          }
        }
      ],
      "notices": [
        {
          "path": "tests/files/not-yet.yml",
          "line": 5,
          "column": 37,
          "message": "known, not supported yet: base_synced",
          "suggestion": "the rule `nudge` is not opened"
        },
        {
          "path": "tests/files/not-yet.yml",
          "line": 9,
          "column": 5,
          "message": "the rule `tidy` has triggers of pull requests only: deploys never open it",
          "suggestion": null
        }
      ]
    }
    ---- Problems
    "#);
}

#[test]
fn github_gets_annotations() {
    insta::assert_snapshot!(check(&["--format", "github"]), @"
    ::error file=tests/files/typos.yml,line=4,col=11,title=Signoff rules%3A problem::unknown variable `enviroment`; did you mean `environment`?%0A4 +         - environment='X'
    ::error file=tests/files/typos.yml,line=5,col=27,title=Signoff rules%3A problem::`nonsense` after the end of the condition; join conditions with `and` or `or`
    ::error file=tests/files/typos.yml,line=7,col=11,title=Signoff rules%3A problem::unknown action `slack_chanel_approval`; did you mean `slack_channel_approval`?%0A7 +         - slack_channel_approval: {channel: '#team'}
    ::warning file=tests/files/not-yet.yml,line=5,col=37,title=Signoff rules%3A notice::known, not supported yet: base_synced; the rule `nudge` is not opened
    ::warning file=tests/files/not-yet.yml,line=9,col=5,title=Signoff rules%3A notice::the rule `tidy` has triggers of pull requests only: deploys never open it
    ---- Problems
    ");
}

#[test]
fn notices_fail_only_where_that_is_asked_for() {
    let notices = |more: &[&str]| {
        let args: Vec<_> =
            ["rules", "check", "tests/files/not-yet.yml"].iter().chain(more).copied().collect();
        signoff(&args).exit
    };
    assert_eq!((notices(&[]), notices(&["--strict"])), (Exit::Fine, Exit::Problems));
}

#[test]
fn the_standard_input_has_a_name() {
    let done = fed("rules: 5\n", &["rules", "check", "-", "--name", "100%, a:b\n.yml", "--format", "github"]);
    insta::assert_snapshot!(done.shown(), @r"
    ::error file=100%25%2C a%3Ab%0A.yml,line=1,col=8,title=Signoff rules%3A problem::`rules` takes a list, not a number; write `- name-of-the-rule:` on a line of its own, and `actions:` indented under it
    ---- Problems
    ");
    insta::assert_snapshot!(fed("rules:\n", &["rules", "check", "-"]).shown(), @r"
    .signoff/rules.yml:1:1: notice: the file has no rules
      |
    1 | rules:
      | ^

    .signoff/rules.yml: fine, 0 rules, 1 notice
    ---- Fine
    ");
    let done = fed("rules: []\n", &["rules", "check", "-", "--format", "json"]);
    insta::assert_snapshot!(done.shown(), @r#"
    {
      "problems": [],
      "notices": [
        {
          "path": ".signoff/rules.yml",
          "line": 1,
          "column": 1,
          "message": "the file has no rules",
          "suggestion": null
        }
      ]
    }
    ---- Fine
    "#);
}

#[test]
fn a_changed_file_is_compared_with_the_one_in_force() {
    let against = ["--against", "../docs/example/rules.yml"];
    let check = |file: &str| {
        let args: Vec<_> = ["rules", "check", file].into_iter().chain(against).collect();
        signoff(&args).shown()
    };
    insta::assert_snapshot!([check("../docs/example/rules.yml"), check("tests/files/not-yet.yml")].join("\n"), @"
    ../docs/example/rules.yml: fine, 3 rules
    ../docs/example/rules.yml: is the same as the file in force
    ---- Fine
    tests/files/not-yet.yml:5:37: notice: known, not supported yet: base_synced; the rule `nudge` is not opened
      |
    5 |         - environment='Staging' and base_synced
      |                                     ^

    tests/files/not-yet.yml:9:5: notice: the rule `tidy` has triggers of pull requests only: deploys never open it
      |
    9 |   - tidy:
      |     ^

    tests/files/not-yet.yml: fine, 4 rules, 2 notices
    tests/files/not-yet.yml: counts once it is approved
      removes the approval “Promote deploy to production” with the rule `promote-to-production`
      removes the rule `hotfix`, which asks for no approval
      removes the rule `announce-what-soaked`, which asks for no approval
      adds the rule `early`, which acts after an approval of its own: slack_channel_approval: early
      adds the rule `always`, which acts without asking anybody: auto_approve_build: {build: deploy, job: hold}
      has the rule `nudge` use what this version of Signoff does not support
      has the rule `tidy` use what this version of Signoff does not support
    ---- Fine
    ");
}
