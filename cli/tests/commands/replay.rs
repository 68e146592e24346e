//! `signoff rules replay`.

use crate::server::Server;
use crate::{Done, signoff};
use serde_json::{Value, json};

const RULES: &str = "../docs/example/rules.yml";

/// Deploys of checkout: number, environment, when, tag, the rule that opened.
const RECORD: [(u32, &str, &str, &str, Option<&str>); 5] = [
    (5, "Staging", "2026-05-11T11:40:00Z", "#hotfix", None),
    (4, "Staging", "2026-05-11T11:35:00Z", "#web", Some("promote-to-production")),
    (3, "Staging", "2026-05-11T11:00:00Z", "#hotfix", Some("promote-to-production")),
    (2, "Production", "2026-05-10T10:00:00Z", "#web", Some("announce-what-soaked")),
    (1, "Test", "2026-05-10T09:00:00Z", "#web", None),
];

fn record(path: &str) -> (u16, Value) {
    let deploys = RECORD.map(|(number, environment, at, tag, opened)| {
        let deploy = json!({
            "id": format!("d{number}"), "deployment": "acme/checkout", "repository": "acme/checkout",
            "environment": environment, "revision": format!("{number}bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1"),
            "branch": null, "deployed_at": at, "registered_at": at, "source": "register_deploy", "tags": [tag], "links": {},
            "deployer": null, "commits": [], "pull_requests": [], "previous_revision": null, "rules_change": "no",
            "url": format!("https://signoff.example.com/deploys/d{number}"),
        });
        let runs: Vec<_> = opened.iter().map(|rule| json!({"rule": rule, "status": "succeeded"})).collect();
        let facts = json!({"deploy": format!("d{number}"), "version": 0});
        json!({"deploy": deploy, "facts": facts, "runs": runs, "notices": []})
    });
    if path.starts_with("/api/v1/deploys?") {
        let deploys: Vec<_> = deploys.iter().map(|document| document["deploy"].clone()).collect();
        return (200, json!({"deploys": deploys, "next": null}));
    }
    let found =
        deploys.into_iter().find(|document| path.ends_with(document["deploy"]["id"].as_str().unwrap()));
    found.map_or((404, Value::Null), |document| (200, document))
}

fn replay(server: &Server, args: &[&str]) -> Done {
    signoff(&[&["rules", "replay"], args, &["--url", &server.url]].concat())
}

#[test]
fn what_rules_would_have_done_with_the_deploys_on_record() {
    let server = Server::start(record);
    insta::assert_snapshot!(replay(&server, &[RULES]).shown(), @"
    5 deploys since 2026-02-10T11:42:00Z: 1 asked, 3 by itself, 0 waiting, 1 blocked
    2 different from the record

    RULE                   ASKS  ACTS  BLOCKED  WAITS  NOT SUPPORTED  DOES NOT OPEN
    promote-to-production     1     0        0      0              0              4
    hotfix                    0     2        0      0              0              3
    announce-what-soaked      0     2        0      1              0              2

    DEPLOYED AT           DEPLOY                           WOULD BE   RULES                                                                    ON RECORD
    2026-05-11T11:40:00Z  5bf7226 - checkout (Staging)     by itself  hotfix, announce-what-soaked (waits until 2026-05-11T11:50:00Z)          none
    2026-05-11T11:35:00Z  4bf7226 - checkout (Staging)     asked      promote-to-production, announce-what-soaked (a newer deploy came first)  the same
    2026-05-11T11:00:00Z  3bf7226 - checkout (Staging)     by itself  hotfix, announce-what-soaked                                             promote-to-production
    2026-05-10T10:00:00Z  2bf7226 - checkout (Production)  by itself  announce-what-soaked                                                     the same
    2026-05-10T09:00:00Z  1bf7226 - checkout (Test)        blocked    none                                                                     the same
    ---- Fine
    ");
    let arguments =
        [RULES, "--since", "2026-05-01", "--deployment", "acme/checkout", "--environment", "staging"];
    replay(&server, &arguments);
    let asked: Vec<_> = server.asked().into_iter().filter(|path| path.contains('?')).collect();
    insta::assert_snapshot!(asked.join("\n"), @"
    /api/v1/deploys?limit=100&since=2026-02-10T11%3A42%3A00Z
    /api/v1/deploys?limit=100&deployment=acme%2Fcheckout&environment=staging&since=2026-05-01T00%3A00%3A00Z
    ");
}

#[test]
fn replay_tells_what_the_policy_would_have_blocked() {
    let server = Server::start(record);
    let policy = ["--policy", "../docs/example/policy.yml"];
    let told = replay(&server, &[&[RULES], policy.as_slice()].concat()).shown();
    insta::assert_snapshot!(told, @"
    5 deploys since 2026-02-10T11:42:00Z: 0 asked, 2 by itself, 2 blocked by the policy, 0 waiting, 1 blocked
    2 different from the record

    RULE                   ASKS  ACTS  BLOCKED  WAITS  NOT SUPPORTED  DOES NOT OPEN
    promote-to-production     0     0        1      0              0              4
    hotfix                    0     0        2      0              0              3
    announce-what-soaked      0     2        0      1              0              2

    Blocked by the policy:
      Rule `hotfix` (line 22): line 12 of the policy asks for 2 votes before `trigger_build: promote.yml`, and the rule asks nobody before it; put it after a `slack_channel_approval` with `votes_required: 2`.
      Rule `hotfix` (line 22): line 23 of the policy says which branches and tags `trigger_build: promote.yml` may build; write `revision:` with one of these, without variables: `main`.
      Rule `promote-to-production` (line 4): line 14 of the policy asks for `self_approval: false`; write `self_approval: false` in the approval “Promote deploy to production”.

    DEPLOYED AT           DEPLOY                           WOULD BE               RULES                                                                                            ON RECORD
    2026-05-11T11:40:00Z  5bf7226 - checkout (Staging)     blocked by the policy  hotfix (blocked by the policy), announce-what-soaked (waits until 2026-05-11T11:50:00Z)          none
    2026-05-11T11:35:00Z  4bf7226 - checkout (Staging)     blocked by the policy  promote-to-production (blocked by the policy), announce-what-soaked (a newer deploy came first)  the same
    2026-05-11T11:00:00Z  3bf7226 - checkout (Staging)     by itself              hotfix (blocked by the policy), announce-what-soaked                                             promote-to-production
    2026-05-10T10:00:00Z  2bf7226 - checkout (Production)  by itself              announce-what-soaked                                                                             the same
    2026-05-10T09:00:00Z  1bf7226 - checkout (Test)        blocked                none                                                                                             the same
    ---- Fine
    ");
    let done = replay(&server, &[&[RULES, "--format", "json"], policy.as_slice()].concat());
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(told["below_policy"], json!(2));
    assert_eq!(told["deploys"][0]["verdict"], json!("below_policy"));
    assert_eq!(told["deploys"][0]["rules"][1], json!({"rule": "hotfix", "fate": "below_policy"}));
}

#[test]
fn the_replay_as_json() {
    let done = replay(&Server::start(record), &[RULES, "--format", "json"]);
    let mut told: Value = serde_json::from_str(&done.out).unwrap();
    let first = told["deploys"][0].take();
    insta::assert_snapshot!(serde_json::to_string_pretty(&first).unwrap(), @r#"
    {
      "deployed_at": "2026-05-11T11:40:00Z",
      "deployment": "acme/checkout",
      "environment": "Staging",
      "id": "d5",
      "on_record": [],
      "otherwise": true,
      "revision": "5bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1",
      "rules": [
        {
          "fate": "does_not_hold",
          "rule": "promote-to-production"
        },
        {
          "fate": "acts",
          "rule": "hotfix"
        },
        {
          "at": "2026-05-11T11:50:00Z",
          "fate": "waits",
          "rule": "announce-what-soaked"
        }
      ],
      "verdict": "by_itself"
    }
    "#);
    let verdicts: Vec<_> =
        told["deploys"].as_array().unwrap().iter().skip(1).map(|deploy| deploy["verdict"].clone()).collect();
    assert_eq!(verdicts, ["asked", "by_itself", "by_itself", "blocked"]);
    told.as_object_mut().unwrap().remove("deploys");
    insta::assert_snapshot!(told.to_string(), @r#"{"asked":1,"below_policy":0,"blocked":1,"by_itself":3,"otherwise":2,"since":"2026-02-10T11:42:00Z","waiting":0}"#);
}

#[test]
fn nothing_on_record_is_told() {
    let server = Server::start(|_| (200, json!({"deploys": [], "next": null})));
    insta::assert_snapshot!(replay(&server, &[RULES, "--since", "7d"]).shown(), @"
    0 deploys since 2026-05-04T11:42:00Z: 0 asked, 0 by itself, 0 waiting, 0 blocked
    0 different from the record

    RULE                   ASKS  ACTS  BLOCKED  WAITS  NOT SUPPORTED  DOES NOT OPEN
    promote-to-production     0     0        0      0              0              0
    hotfix                    0     0        0      0              0              0
    announce-what-soaked      0     0        0      0              0              0
    ---- Fine
    ");
}

#[test]
fn a_file_with_problems_is_not_replayed() {
    let server = Server::start(record);
    let done = replay(&server, &["tests/files/typos.yml"]);
    insta::assert_snapshot!(done.shown(), @"
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

    3 problems, can't replay it
    ---- Problems
    ");
    assert!(server.asked().is_empty());
}
