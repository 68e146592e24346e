//! `signoff rules test`.

use crate::signoff;
use signoff::Exit;
use std::fs;

#[test]
fn the_cases_of_the_example_pass() {
    insta::assert_snapshot!(signoff(&["rules", "test", "../docs/example"]).shown(), @r"
    ../docs/example/rules.cases.yml
      ok    Staging asks the release managers, and nothing runs before
      ok    a hotfix goes on without a vote
      ok    it is announced after ten minutes, and asked about before
      ok    nothing happens on QA

    4 passed, 0 failed
    ---- Fine
    ");
}

#[test]
fn what_fails_is_told_as_expected_and_found() {
    insta::assert_snapshot!(signoff(&["rules", "test", "tests/files/failing.cases.yml"]).shown(), @r"
    tests/files/failing.cases.yml
      FAIL  everything is otherwise (tests/files/failing.cases.yml:3)
            promote-to-production: first: expected [trigger_build], found []
            promote-to-production: then: expected [auto_approve_build: {build: build-and-deploy, job: hold}], found [auto_approve_build: build-and-deploy]
            promote-to-production: ask.channel: expected `#checkout`, found `#releases`
            promote-to-production: ask.votes_required: expected 3, found 2
            promote-to-production: ask.self_approval: expected false, found true
            promote-to-production: ask.approvers: expected [ana@acme.example], found [@release-managers]
            promote-to-production: ask.expires_after: expected `1h 30m`, found `1d`
            promote-to-production: ask.undo_window: expected `30s`, found nothing
            promote-to-production: ask.prompt: expected `Promote?`, found `the authors, would you like to promote 7bf7226 - checkout (Staging) to production?`
            promote-to-production: ask.on_expire: expected [trigger_build], found []
            hotfix: does not open
              tags='#hotfix' fails: tags is empty
              pr_labels~='hot.*fix' fails: pr_labels is empty
            announce-what-soaked: does not open
              deployed_for>='10m' fails: deployed_for is 0s
      FAIL  another rule opens (tests/files/failing.cases.yml:22)
            hotfix: ask: it asks nobody
            announce-what-soaked: opens unexpectedly
      FAIL  what a rule without a dialog does (tests/files/failing.cases.yml:28)
            hotfix: first: expected [trigger_build], found [slack_channel_message: #releases]
            hotfix: then: expected [], found [trigger_build: promote.yml]

    0 passed, 3 failed
    ---- Problems
    ");
}

#[test]
fn a_file_that_says_something_else_is_not_run() {
    let done =
        signoff(&["rules", "test", "tests/files/misread.cases.yml", "tests/files/other-rule.cases.yml"]);
    insta::assert_snapshot!(done.shown(), @r"
    tests/files/misread.cases.yml
    tests/files/misread.cases.yml:1:1: a file of cases takes no key `rule`; did you mean `rules`?
      |
    1 | rule: rules.yml
      | ^

    tests/files/misread.cases.yml:5:5: a case takes no key `deploi`; did you mean `deploy`?
      |
    5 |     deploi: {sha: 7bf7226}
      |     ^

    tests/files/misread.cases.yml:7:9: at: `10m` is not a time; write how long after the deploy (+30s, +10m, +4h, +1d) or a time with its zone (2026-05-11T11:42:00Z)
      |
    7 |     at: 10m
      |         ^

    tests/files/misread.cases.yml:6:36: a deploy takes no key `tag`; did you mean `tags`?
      |
    6 |     deploy: {environment: Staging, tag: '#web'}
      |                                    ^

    tests/files/misread.cases.yml:6:13: sha: it is missing: send the git SHA of the commit that was deployed
      |
    6 |     deploy: {environment: Staging, tag: '#web'}
      |             ^

    tests/files/misread.cases.yml:8:30: an expected run takes no key `aks`; did you mean `ask`?
      |
    8 |     expect: [{rule: promote, aks: {}}]
      |                              ^

    tests/files/misread.cases.yml:9:5: no key `name`; say what the case is about
      |
    9 |   - deploy: nowhere.json
      |     ^

    tests/files/misread.cases.yml:9:13: deploy: tests/files/nowhere.json: no such file
      |
    9 |   - deploy: nowhere.json
      |             ^

    tests/files/misread.cases.yml:12:15: ask takes no key `chanel`; did you mean `channel`?
       |
    12 |         ask: {chanel: '#releases'}
       |               ^

    tests/files/misread.cases.yml:13:15: then takes a list, not a text; start each entry with `- `
       |
    13 |         then: auto_approve_build
       |               ^

    tests/files/misread.cases.yml:14:5: no key `expect`; list the runs, or write `expect: []` for none
       |
    14 |   - name: nothing is expected
       |     ^

    tests/files/misread.cases.yml:15:11: a deploy takes keys with values, and there is nothing here; write, for example, {sha: 7bf7226, environment: Staging}
       |
    15 |     deploy:
       |           ^

    tests/files/misread.cases.yml:16:5: a case takes keys with values, not a text; write `- name:`, `deploy:` and `expect:`
       |
    16 |   - just a text
       |     ^

    tests/files/other-rule.cases.yml
    tests/files/other-rule.cases.yml:5:21: `../../../docs/example/rules.yml` has no rule `promote-to-prod`; did you mean `promote-to-production`?
      |
    5 |     expect: [{rule: promote-to-prod}, {rule: hotfix}, {rule: hotfix}]
      |                     ^

    tests/files/other-rule.cases.yml:5:62: the run of `hotfix` is here twice; a rule runs at most once for each deploy
      |
    5 |     expect: [{rule: promote-to-prod}, {rule: hotfix}, {rule: hotfix}]
      |                                                              ^

    0 passed, 0 failed, 2 files with problems
    ---- Problems
    ");
}

#[test]
fn cases_and_rules_may_be_json() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("rules.json", r#"{"rules": [{"all": {"actions": ["trigger_build"]}}]}"#);
    write(
        "cases.json",
        r#"{"rules": "rules.json", "cases": [{"name": "a", "deploy": {"sha": "7bf7226"}, "expect": [{"rule": "all"}]}]}"#,
    );
    write("notes.yml", "no: cases\n");
    let path = folder.path().to_str().unwrap();
    let done = signoff(&["rules", "test", path]);
    assert!(done.out.ends_with("  ok    a\n\n1 passed, 0 failed\n"), "{}", done.shown());
    assert_eq!(done.exit, Exit::Fine);

    write("rules.json", r#"{"rules": [{"all": {"actions": ["trigger_bild"]}}]}"#);
    let done = signoff(&["rules", "test", path]);
    assert!(
        done.out.contains("rules.json:1:33: unknown action `trigger_bild`; did you mean"),
        "{}",
        done.shown()
    );
    assert!(done.out.ends_with("0 passed, 0 failed, 1 file with problems\n"), "{}", done.shown());
    assert_eq!(done.exit, Exit::Problems);

    write("cases.json", r#"{"rules": "rules.json", "cases": []}"#);
    write("rules.json", r#"{"rules": []}"#);
    let done = signoff(&["rules", "test", path]);
    insta::assert_snapshot!(done.err, @"signoff: no cases; write `cases:` and under it a list of cases");
    assert_eq!(done.exit, Exit::Usage);
}

#[test]
fn votes_of_several_groups_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "rules.yml",
        "rules:\n- ask:\n    actions:\n    - slack_channel_approval:\n        channel: '#a'\n        \
         votes_required: [{from: '@sre', votes: 2}, {from: [ana@acme.example, '@qa']}]\n",
    );
    let cases = |votes: &str| {
        let text = format!(
            "rules: rules.yml\ncases:\n- name: a\n  deploy: {{sha: 7bf7226}}\n  \
             expect: [{{rule: ask, ask: {{votes_required: {votes}}}}}]\n"
        );
        write("cases.yml", &text);
        let out = signoff(&["rules", "test", folder.path().to_str().unwrap()]).out;
        let told = out.lines().find(|line| line.contains("ask.votes_required")).unwrap_or("as expected");
        told.trim().to_owned()
    };
    let told = [
        "[{votes: 2, from: ['@sre']}, {from: [ana@acme.example, '@qa'], votes: 1}]",
        "[{from: '@sre', votes: 2}]",
        "[{form: '@sre', votes: 2}]",
        "3",
    ]
    .map(cases);
    insta::assert_snapshot!(told.join("\n"), @"
    as expected
    ask: ask.votes_required: expected [2 votes from @sre], found [2 votes from @sre, 1 vote from ana@acme.example or @qa]
    ask: ask.votes_required: expected [form: @sre, votes: 2], found [2 votes from @sre, 1 vote from ana@acme.example or @qa]
    ask: ask.votes_required: expected 3, found [2 votes from @sre, 1 vote from ana@acme.example or @qa]
    ");
}

#[test]
fn a_rule_opens_only_where_those_before_it_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "rules.yml",
        "rules:\n- canary: {conditions: [\"environment='Staging'\"], actions: [trigger_build]}\n\
         - everyone: {after: canary, actions: [trigger_build]}\n",
    );
    let cases = |environment: &str| {
        let text = format!(
            "rules: rules.yml\ncases:\n- name: a\n  deploy: {{sha: 7bf7226, environment: {environment}}}\n  \
             expect: [{{rule: canary}}, {{rule: everyone}}]\n"
        );
        write("cases.yml", &text);
        signoff(&["rules", "test", folder.path().to_str().unwrap()])
    };
    assert_eq!(cases("Staging").exit, Exit::Fine);
    let done = cases("QA");
    let told: Vec<_> = done.out.lines().filter(|line| line.starts_with("        ")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    canary: does not open
      environment='Staging' fails: environment is `QA`
    everyone: does not open
      it comes after canary, which does not open
    ");
    let rules = folder.path().join("rules.yml");
    write("deploy.json", r#"{"sha": "7bf7226", "environment": "Staging"}"#);
    let deploy = folder.path().join("deploy.json");
    let args = ["rules", "explain", rules.to_str().unwrap(), "--deploy", deploy.to_str().unwrap()];
    let explained = signoff(&args).out;
    insta::assert_snapshot!(explained.split_once("everyone").unwrap().1, @"
    : opens
      waits for these rules to succeed: canary
      no conditions: matches every deploy
      does:
        - trigger_build: CircleCI pipeline
    ");
}
