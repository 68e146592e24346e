//! `--policy`: rules against the floor of the stack.

use crate::signoff;
use signoff::Exit;

const RULES: &str = "../docs/example/rules.yml";
const POLICY: &str = "../docs/example/policy.yml";

#[test]
fn check_tells_rules_below_the_policy() {
    insta::assert_snapshot!(signoff(&["rules", "check", "--policy", POLICY, RULES]).shown(), @"
    ../docs/example/policy.yml: fine, 3 floors beside the default
    ../docs/example/rules.yml:4:5: rule `promote-to-production`: line 14 of the policy asks for `self_approval: false`; write `self_approval: false` in the approval “Promote deploy to production”
      |
    4 |   - promote-to-production:
      |     ^

    ../docs/example/rules.yml:22:5: rule `hotfix`: line 23 of the policy says which branches and tags `trigger_build: promote.yml` may build; write `revision:` with one of these, without variables: `main`
       |
    22 |   - hotfix:
       |     ^

    ../docs/example/rules.yml:22:5: rule `hotfix`: line 12 of the policy asks for 2 votes before `trigger_build: promote.yml`, and the rule asks nobody before it; put it after a `slack_channel_approval` with `votes_required: 2`
       |
    22 |   - hotfix:
       |     ^

    ../docs/example/rules.yml: 3 problems
    ---- Problems
    ");
}

#[test]
fn check_tells_scripts_of_rules_below_the_policy() {
    let check = |format| signoff(&["rules", "check", "--policy", POLICY, RULES, "--format", format]).shown();
    insta::assert_snapshot!(format!("{}\n{}", check("json"), check("github")), @r#"
    {
      "problems": [
        {
          "path": "../docs/example/rules.yml",
          "line": 4,
          "column": 5,
          "message": "rule `promote-to-production`: line 14 of the policy asks for `self_approval: false`",
          "suggestion": "write `self_approval: false` in the approval “Promote deploy to production”"
        },
        {
          "path": "../docs/example/rules.yml",
          "line": 22,
          "column": 5,
          "message": "rule `hotfix`: line 23 of the policy says which branches and tags `trigger_build: promote.yml` may build",
          "suggestion": "write `revision:` with one of these, without variables: `main`"
        },
        {
          "path": "../docs/example/rules.yml",
          "line": 22,
          "column": 5,
          "message": "rule `hotfix`: line 12 of the policy asks for 2 votes before `trigger_build: promote.yml`, and the rule asks nobody before it",
          "suggestion": "put it after a `slack_channel_approval` with `votes_required: 2`"
        }
      ],
      "notices": []
    }
    ---- Problems
    ::error file=../docs/example/rules.yml,line=4,col=5,title=Signoff rules%3A problem::rule `promote-to-production`: line 14 of the policy asks for `self_approval: false`; write `self_approval: false` in the approval “Promote deploy to production”
    ::error file=../docs/example/rules.yml,line=22,col=5,title=Signoff rules%3A problem::rule `hotfix`: line 23 of the policy says which branches and tags `trigger_build: promote.yml` may build; write `revision:` with one of these, without variables: `main`
    ::error file=../docs/example/rules.yml,line=22,col=5,title=Signoff rules%3A problem::rule `hotfix`: line 12 of the policy asks for 2 votes before `trigger_build: promote.yml`, and the rule asks nobody before it; put it after a `slack_channel_approval` with `votes_required: 2`
    ---- Problems
    "#);
}

#[test]
fn check_reads_a_policy_alone() {
    let done = signoff(&["rules", "check", "--policy", POLICY]);
    assert_eq!(
        (done.exit, done.out.as_str()),
        (Exit::Fine, "../docs/example/policy.yml: fine, 3 floors beside the default\n")
    );
    let done = signoff(&["rules", "check", "--policy", "tests/files/typos.policy.yml", RULES]);
    insta::assert_snapshot!(done.shown(), @"
    tests/files/typos.policy.yml:1:1: a policy needs two owners: two of them approve a change of it; write `owners: [ana@example.com, ben@example.com]`
      |
    1 | owners: [ana@acme.example]
      | ^

    tests/files/typos.policy.yml:2:11: default takes no key `vote_required`; did you mean `votes_required`?
      |
    2 | default: {vote_required: 1}
      |           ^

    tests/files/typos.policy.yml: 2 problems
    tests/files/typos.policy.yml: no rules files to check against it
    ../docs/example/rules.yml: fine, 3 rules
    ---- Problems
    ");
}

#[test]
fn check_asks_for_the_deployment_that_the_policy_needs() {
    let check = |more: &[&str]| {
        let args = ["rules", "check", "--policy", "tests/files/deployments.policy.yml"];
        signoff(&[&args, more].concat()).shown()
    };
    let told = [
        check(&[]),
        check(&[RULES]),
        check(&[RULES, "--deployment", "acme/checkout"]),
        check(&[RULES, "--deployment", "shop/web"]),
        check(&[RULES, "--deployment", "shop"]),
        check(&[RULES, "--deployment", "shop/web,acme/checkout", "--deployment", "acme/checkout"]),
        check(&[RULES, "--deployment", "shop/web", "--format", "json"]),
        check(&[RULES, "--deployment", "shop/web", "--format", "github"]),
    ];
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    tests/files/deployments.policy.yml: fine, 1 floor beside the default
    ---- Fine

    tests/files/deployments.policy.yml: fine, 1 floor beside the default
    ---- err
    signoff: the policy names deployments; pass --deployment OWNER/NAME for each deployment of these rules
    ---- Usage

    tests/files/deployments.policy.yml: fine, 1 floor beside the default
    ../docs/example/rules.yml:22:5: rule `hotfix`: line 5 of the policy says which branches and tags `trigger_build: promote.yml` may build; write `revision:` with one of these, without variables: `main`
       |
    22 |   - hotfix:
       |     ^

    ../docs/example/rules.yml: 1 problem
    Checked for acme/checkout only. Signoff also applies what the policy asks of other deployments of the repository: if there are any, pass --deployment for each.
    ---- Problems

    tests/files/deployments.policy.yml: fine, 1 floor beside the default
    ../docs/example/rules.yml: fine, 3 rules
    Checked for shop/web only. Signoff also applies what the policy asks of other deployments of the repository: if there are any, pass --deployment for each.
    ---- Fine

    ---- err
    error: invalid value 'shop' for '--deployment <OWNER/NAME>': write owner/name, for example acme/checkout

    For more information, try '--help'.
    ---- Usage

    tests/files/deployments.policy.yml: fine, 1 floor beside the default
    ../docs/example/rules.yml:22:5: rule `hotfix` for acme/checkout: line 5 of the policy says which branches and tags `trigger_build: promote.yml` may build; write `revision:` with one of these, without variables: `main`
       |
    22 |   - hotfix:
       |     ^

    ../docs/example/rules.yml: 1 problem
    ---- Problems

    {
      "problems": [],
      "notices": [],
      "note": "Checked for shop/web only. Signoff also applies what the policy asks of other deployments of the repository: if there are any, pass --deployment for each."
    }
    ---- Fine

    ::notice title=Signoff rules%3A policy::Checked for shop/web only. Signoff also applies what the policy asks of other deployments of the repository: if there are any, pass --deployment for each.
    ---- Fine
    "#);
}

#[test]
fn cases_expect_what_the_policy_blocks() {
    let test = |more: &[&str]| {
        signoff(&[&["rules", "test", "tests/files/blocked.cases.yml"], more].concat()).shown()
    };
    let told = [
        test(&["--policy", POLICY]),
        test(&[]),
        test(&["--policy", "tests/files/typos.policy.yml"]),
        test(&["--policy", "no-such.yml"]),
    ];
    insta::assert_snapshot!(told.join("\n\n"), @"
    tests/files/blocked.cases.yml
      ok    the policy blocks a hotfix
      FAIL  the policy blocks the promotion, too (tests/files/blocked.cases.yml:8)
            blocked by the policy: Rule `promote-to-production` (line 4): line 14 of the policy asks for `self_approval: false`; write `self_approval: false` in the approval “Promote deploy to production”.
      FAIL  a message is free (tests/files/blocked.cases.yml:12)
            announce-what-soaked: blocked: expected true, and the policy allows it to act

    1 passed, 2 failed
    ---- Problems

    tests/files/blocked.cases.yml
      FAIL  the policy blocks a hotfix (tests/files/blocked.cases.yml:3)
            hotfix: blocked: no policy says so; add --policy FILE
      ok    the policy blocks the promotion, too
      FAIL  a message is free (tests/files/blocked.cases.yml:12)
            announce-what-soaked: blocked: no policy says so; add --policy FILE

    1 passed, 2 failed
    ---- Problems

    ---- err
    tests/files/typos.policy.yml:1:1: a policy needs two owners: two of them approve a change of it; write `owners: [ana@example.com, ben@example.com]`
      |
    1 | owners: [ana@acme.example]
      | ^

    tests/files/typos.policy.yml:2:11: default takes no key `vote_required`; did you mean `votes_required`?
      |
    2 | default: {vote_required: 1}
      |           ^

    2 problems, can't check against it
    ---- Problems

    ---- err
    signoff: no-such.yml: no such file
    ---- Usage
    ");
}

#[test]
fn explain_tells_what_the_policy_blocks() {
    let explain = |more: &[&str]| {
        let args = ["rules", "explain", RULES, "--deploy", "../docs/example/deploy.json", "--policy", POLICY];
        signoff(&[&args, more].concat()).shown()
    };
    let human = explain(&[]);
    let lines: Vec<_> =
        human.lines().filter(|line| line.contains("policy") || !line.starts_with(' ')).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    7bf7226 - checkout (Staging), deployed for 0s

    promote-to-production: opens
      blocked by the policy: Rule `promote-to-production` (line 4): line 14 of the policy asks for `self_approval: false`; write `self_approval: false` in the approval “Promote deploy to production”.

    hotfix: does not open
      blocked by the policy: Rule `hotfix` (line 22): line 23 of the policy says which branches and tags `trigger_build: promote.yml` may build; write `revision:` with one of these, without variables: `main`.
      blocked by the policy: Rule `hotfix` (line 22): line 12 of the policy asks for 2 votes before `trigger_build: promote.yml`, and the rule asks nobody before it; put it after a `slack_channel_approval` with `votes_required: 2`.

    announce-what-soaked: opens once deployed for 10m, at 2026-11-16T10:51:55Z
    ---- Fine
    ");
    let told: serde_json::Value =
        serde_json::from_str(explain(&["--format", "json"]).split("----").next().unwrap()).unwrap();
    let below =
        told["rules"].as_array().unwrap().iter().map(|rule| rule["below_policy"].as_array().map(Vec::len));
    assert_eq!(below.collect::<Vec<_>>(), [Some(1), Some(2), None]);
}
