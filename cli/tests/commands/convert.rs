//! `signoff rules convert`.

use crate::{fed, signoff};
use std::fs;

#[test]
fn what_has_to_change_does_and_is_told() {
    insta::assert_snapshot!(signoff(&["rules", "convert", "tests/files/not-yet.yml"]).shown(), @r#"
    # From before.
    rules:
      - nudge:   # when nobody looks
          conditions:
            - environment='Staging' and base_synced
            - "deploy_message_reaction_plus_1>2"
          actions:
            - slack_personal_message: {group: authors, message: 'Look at {{ deploy_slack }}'}
      - tidy:
          triggers: [pr_opened]
          actions: [merge_pull_request]
      - early:
          conditions: [deployed_for<'1m']
          actions:
            - slack_channel_approval:
                channel: '#gate'
                self_approval: false
                require_reason: reject
                undo_window: 30s
                remind_after: 2h
                supersede: false
                authors_only: false
                on_success: [slack_channel_approval: {channel: '#second-gate'}, webhook: https://hooks.example.com/T1/s3cret]
      - always:
          actions:
            - auto_approve_build: {build: deploy, job: hold}
    ---- err
    tests/files/not-yet.yml:6:12: `deploy_message_reactions_plus_1` is `deploy_message_reaction_plus_1` now
    tests/files/not-yet.yml:8:52: `meessage` is `message` now
    tests/files/not-yet.yml:5:37: notice: known, not supported yet: base_synced; the rule `nudge` is not opened
    tests/files/not-yet.yml:9:5: notice: the rule `tidy` has triggers of pull requests only: deploys never open it
    tests/files/not-yet.yml: 2 names changed, 2 notices
    ---- Fine
    "#);
}

#[test]
fn what_is_the_same_is_the_same_to_the_byte() {
    let text = "rules:   # none \r\n - a: {actions: [trigger_build]}\r\n\r\n";
    let done = fed(text, &["rules", "convert", "-"]);
    assert_eq!(done.out, text);
    insta::assert_snapshot!(done.err, @".sleuth/rules.yml: no changes needed");
}

#[test]
fn a_file_is_written_and_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join(".signoff/rules.yml");
    let done =
        signoff(&["rules", "convert", "../docs/example/rules.yml", "--output", output.to_str().unwrap()]);
    insta::assert_snapshot!(done.shown(), @r"
    ---- err
    ../docs/example/rules.yml: no changes needed
    ---- Fine
    ");
    assert_eq!(fs::read(output).unwrap(), fs::read("../docs/example/rules.yml").unwrap());
}

#[test]
fn a_file_with_problems_is_not_converted() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("rules.yml");
    let done = signoff(&["rules", "convert", "tests/files/typos.yml", "--output", output.to_str().unwrap()]);
    insta::assert_snapshot!(done.shown(), @r"
    ---- err
    tests/files/typos.yml:4:11: unknown variable `enviroment`; did you mean `environment`?
      |
    4 |         - enviroment='X'
      |           ^

    tests/files/typos.yml:5:27: `nonsense` after the end of the condition; join conditions with `and` or `or`
      |
    5 |         - environment='X' nonsense
      |                           ^

    tests/files/typos.yml:7:11: unknown action `slack_chanel_approval`; did you mean `slack_channel_approval`?
      |
    7 |         - slack_chanel_approval: {channel: '#team'}
      |           ^

    tests/files/typos.yml: 3 problems, not converted
    ---- Problems
    ");
    assert!(!output.exists());
}
