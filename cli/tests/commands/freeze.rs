//! Freeze windows in `signoff rules explain` and `signoff rules test`.

use crate::signoff;
use signoff::Exit;
use std::fs;
use tempfile::TempDir;

const RULES: &str = "rules:
- ask:
    freeze: &frozen
    - {name: weekend, days: [sat, sun], time_zone: Europe/Berlin, break_glass: '@sre'}
    - {name: Friday evening, days: fri, from: '16:00', time_zone: Europe/Berlin}
    actions: [slack_channel_approval: {channel: '#releases', on_success: [auto_approve_build: build]}]
- nightly: {freeze: *frozen, actions: [trigger_build]}
- soaked: {freeze: *frozen, conditions: [deployed_for>='1h'], actions: [trigger_build]}
- at-once: {freeze: *frozen, conditions: [deployed_for<'1h'], actions: [trigger_build]}
";

/// A folder with these rules, and a deploy of a Friday at 15:30 in Berlin.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.yml"), RULES).unwrap();
    let deploy = r#"{"sha": "7bf7226", "environment": "Staging", "date": "2026-11-20T14:30:00Z"}"#;
    fs::write(folder.path().join("deploy.json"), deploy).unwrap();
    folder
}

fn explained(folder: &TempDir, more: &[&str]) -> String {
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (rules, deploy) = (path("rules.yml"), path("deploy.json"));
    let args = ["rules", "explain", &rules, "--deploy", &deploy];
    signoff(&[args.as_slice(), more].concat()).out
}

#[test]
fn an_explanation_says_until_when_a_rule_is_frozen() {
    let folder = folder();
    let told: Vec<_> = ["+0s", "+20m", "+45m", "2026-11-22T23:00:00Z"]
        .into_iter()
        .map(|at| {
            let text = explained(&folder, &["--at", at]);
            let lines = text.lines().filter(|line| !line.starts_with("    ") && line.contains(": "));
            let lines = lines.filter(|line| !line.contains("doesn't act in"));
            format!("{at}\n{}\n", lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    +0s
    ask: opens
      no conditions: matches every deploy
    nightly: opens
      no conditions: matches every deploy
    soaked: opens once deployed for 2d 8h 30m, at 2026-11-22T23:00:00Z
      deployed_for>='1h' fails: deployed_for is 0s
    at-once: opens
      deployed_for<'1h' holds: deployed_for is 0s

    +20m
    ask: opens
      no conditions: matches every deploy
    nightly: opens
      no conditions: matches every deploy
    soaked: opens once deployed for 2d 8h 30m, at 2026-11-22T23:00:00Z
      deployed_for>='1h' fails: deployed_for is 20m
    at-once: opens
      deployed_for<'1h' holds: deployed_for is 20m

    +45m
    ask: opens
      frozen until 2026-11-22T23:00:00Z: weekend, Friday evening; people can vote, and actions wait
      no conditions: matches every deploy
    nightly: opens
      frozen until 2026-11-22T23:00:00Z: weekend, Friday evening
      no conditions: matches every deploy
    soaked: opens once deployed for 2d 8h 30m, at 2026-11-22T23:00:00Z
      frozen until 2026-11-22T23:00:00Z: weekend, Friday evening
      deployed_for>='1h' fails: deployed_for is 45m
    at-once: opens
      frozen until 2026-11-22T23:00:00Z: weekend, Friday evening
      deployed_for<'1h' holds: deployed_for is 45m

    2026-11-22T23:00:00Z
    ask: opens
      no conditions: matches every deploy
    nightly: opens
      no conditions: matches every deploy
    soaked: opens
      deployed_for>='1h' holds: deployed_for is 2d 8h 30m
    at-once: no longer matches; it opened when deployed for 0s, at 2026-11-20T14:30:00Z
      deployed_for<'1h' fails: deployed_for is 2d 8h 30m
    ");
    let text = explained(&folder, &["--at", "2026-11-21T12:00:00Z"]);
    insta::assert_snapshot!(text.split("\n\n").nth(1).unwrap(), @"
    ask: opens
      doesn't act in: weekend (sat, sun, Europe/Berlin)
      doesn't act in: Friday evening (fri, 16:00-24:00, Europe/Berlin)
      frozen until 2026-11-22T23:00:00Z: weekend; people can vote, and actions wait
      no conditions: matches every deploy
      does:
        - slack_channel_approval: ask
            asks: the authors, would you like to promote 7bf7226 - checkout (Staging) to production?
            in: #releases
            needs: 1 vote to approve, 1 vote to reject
            may vote: anyone in the channel
            if approved:
              - auto_approve_build: build
    ");
    let text = explained(&folder, &["--at", "2026-11-21T12:00:00Z", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let nightly = &json["rules"][1];
    assert_eq!(
        ["outlook", "frozen_until", "opens_at"].map(|key| nightly[key].as_str()),
        [Some("opens"), Some("2026-11-22T23:00:00Z"), None]
    );
    assert_eq!(nightly["freeze"][0], "weekend (sat, sun, Europe/Berlin)");
    assert_eq!(json["rules"][2]["outlook"], "frozen");
}

#[test]
fn a_case_says_at_which_time_a_frozen_rule_opens() {
    let folder = folder();
    let cases = "rules: rules.yml
cases:
- name: before the freeze
  deploy: deploy.json
  expect: [{rule: ask}, {rule: nightly}, {rule: at-once}]
- name: on Saturday
  deploy: {sha: 7bf7226, environment: Staging, date: '2026-11-21T12:00:00Z'}
  at: +2h
  expect: [{rule: ask}]
- name: on Monday
  deploy: {sha: 7bf7226, environment: Staging, date: '2026-11-21T12:00:00Z'}
  at: 2026-11-22T23:00:00Z
  expect: [{rule: ask}, {rule: nightly}, {rule: soaked}]
- name: on Sunday, which is wrong
  deploy: {sha: 7bf7226, environment: Staging, date: '2026-11-22T12:00:00Z'}
  expect: [{rule: ask}, {rule: nightly}]
";
    fs::write(folder.path().join("cases.yml"), cases).unwrap();
    let done = signoff(&["rules", "test", folder.path().to_str().unwrap()]);
    assert_eq!(done.exit, Exit::Problems);
    let told: Vec<_> = done.out.lines().skip(1).map(|line| line.split(" (/").next().unwrap()).collect();
    insta::assert_snapshot!(told.join("\n"), @"
      ok    before the freeze
      ok    on Saturday
      ok    on Monday
      FAIL  on Sunday, which is wrong
            nightly: does not open
              frozen until 2026-11-22T23:00:00Z: weekend

    3 passed, 1 failed
    ");
}
