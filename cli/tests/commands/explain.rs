//! `signoff rules explain`.

use crate::{fed, signoff};

const RULES: &str = "../docs/example/rules.yml";
const DEPLOY: &str = "../docs/example/deploy.json";

#[test]
fn each_rule_says_why_and_what_it_does() {
    insta::assert_snapshot!(signoff(&["rules", "explain", RULES, "--deploy", DEPLOY]).shown(), @r"
    7bf7226 - checkout (Staging), deployed for 0s

    promote-to-production: opens
      environment='Staging' holds: environment is `Staging`
      tags!='#hotfix' (no hotfix) holds: tags is `#web`
      does:
        - slack_channel_approval: Promote deploy to production
            asks: Ana, would you like to promote 7bf7226 - checkout (Staging) to production?
            in: #releases
            needs: 2 votes to approve, 1 vote to reject
            may vote: @release-managers
            expires after: 1d
            if approved:
              - auto_approve_build: build-and-deploy
            if rejected:
              - slack_channel_message: #checkout
                  says: 7bf7226 - checkout (Staging) stays on Staging.

    hotfix: does not open
      environment='Staging' and (tags='#hotfix' or pr_labels~='hot.*fix') fails:
        environment='Staging' holds: environment is `Staging`
        tags='#hotfix' or pr_labels~='hot.*fix' fails:
          tags='#hotfix' fails: tags is `#web`
          pr_labels~='hot.*fix' fails: pr_labels is `feature`
      would do:
        - slack_channel_message: #releases
            says:
              | Hotfix 7bf7226 - checkout (Staging):
              | #12 Take other currencies
        - trigger_build: promote.yml
            dry_run: false
            environment: production
            version: 7bf72260c8f1d4e5a3b9027d6e8f41c59ab3d702

    announce-what-soaked: opens once deployed for 10m, at 2026-11-16T10:51:55Z
      environment='Production' or environment='Staging' holds:
        environment='Production' fails: environment is `Staging`
        environment='Staging' holds: environment is `Staging`
      deployed_for>='10m' fails: deployed_for is 0s
      would do:
        - slack_channel_message: #checkout
            says: 7bf7226 - checkout (Staging) has been there for 10 minutes.
    ---- Fine
    ");
}

#[test]
fn time_is_what_it_is_told() {
    let after = |at: &str| {
        let shown = signoff(&["rules", "explain", RULES, "--deploy", DEPLOY, "--at", at]).shown();
        let lines =
            shown.lines().filter(|line| line.contains("deployed for") || line.starts_with("announce"));
        lines.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(
        ["+0s", "+9m", "2026-11-16T10:51:55Z", "+30d", "2020-01-01T00:00:00Z"].map(after).join("\n"),
        @r"
    7bf7226 - checkout (Staging), deployed for 0s
    announce-what-soaked: opens once deployed for 10m, at 2026-11-16T10:51:55Z
    7bf7226 - checkout (Staging), deployed for 9m
    announce-what-soaked: opens once deployed for 10m, at 2026-11-16T10:51:55Z
    7bf7226 - checkout (Staging), deployed for 10m
    announce-what-soaked: opens
    7bf7226 - checkout (Staging), deployed for 30d
    announce-what-soaked: opens
    7bf7226 - checkout (Staging), deployed for 0s
    announce-what-soaked: opens once deployed for 10m, at 2026-11-16T10:51:55Z
    "
    );
}

#[test]
fn approval_says_what_it_asks_of_the_range() {
    let rules = "rules:\n  - ship:\n      promotes_to: Production\n      actions:\n        - slack_channel_approval: {channel: '#a', \
                 self_approval: false, unknown_makers: allow, verified_commits: true, rollback: four_eyes}\n";
    let shown = fed(rules, &["rules", "explain", "-", "--deploy", DEPLOY]).shown();
    let from = shown.find("        in: #a").unwrap();
    insta::assert_snapshot!(&shown[from..], @"
            in: #a
            needs: 1 vote to approve, 1 vote to reject
            may vote: anyone in the channel; nobody can approve their own change
            promotes to: Production
            commits: each needs a valid signature
            makers: makers without a Slack member don't block it
            rollback: makers of what it takes out can't approve it
    ---- Fine
    ");
}

#[test]
fn a_script_gets_one_document() {
    let done = signoff(&["rules", "explain", RULES, "--deploy", DEPLOY, "--format", "json"]);
    insta::assert_snapshot!(done.shown(), @r##"
    {
      "deploy": "7bf7226 - checkout (Staging)",
      "at": "2026-11-16T10:41:55Z",
      "deployed_for": "0s",
      "rules": [
        {
          "name": "promote-to-production",
          "outlook": "opens",
          "opens_after": null,
          "opens_at": null,
          "freeze": [],
          "frozen_until": null,
          "after": [],
          "conditions": [
            {
              "description": null,
              "condition": "environment='Staging'",
              "holds": true,
              "explanation": {
                "holds": true,
                "comparison": "environment='Staging'",
                "variables": {
                  "environment": "Staging"
                }
              }
            },
            {
              "description": "no hotfix",
              "condition": "tags!='#hotfix'",
              "holds": true,
              "explanation": {
                "holds": true,
                "comparison": "tags!='#hotfix'",
                "variables": {
                  "tags": [
                    "#web"
                  ]
                }
              }
            }
          ],
          "triggers": [],
          "not_supported": [],
          "actions": [
            {
              "line": "slack_channel_approval: Promote deploy to production",
              "asks": {
                "name": "Promote deploy to production",
                "prompt": "Ana, would you like to promote 7bf7226 - checkout (Staging) to production?",
                "channel": "#releases",
                "votes_required": 2,
                "quotas": [],
                "rejections_required": 1,
                "authors_only": false,
                "approvers": [
                  "@release-managers"
                ],
                "self_approval": true,
                "promotes_to": null,
                "unknown_makers": "block",
                "verified_commits": false,
                "rollback": null,
                "require_reason": "never",
                "expires_after": "1d",
                "remind_after": null,
                "supersede": true,
                "undo_window": null,
                "on_success": [
                  {
                    "line": "auto_approve_build: build-and-deploy"
                  }
                ],
                "on_reject": [
                  {
                    "line": "slack_channel_message: #checkout",
                    "message": "7bf7226 - checkout (Staging) stays on Staging."
                  }
                ],
                "on_expire": []
              }
            }
          ]
        },
        {
          "name": "hotfix",
          "outlook": "does_not_open",
          "opens_after": null,
          "opens_at": null,
          "freeze": [],
          "frozen_until": null,
          "after": [],
          "conditions": [
            {
              "description": null,
              "condition": "environment='Staging' and (tags='#hotfix' or pr_labels~='hot.*fix')",
              "holds": false,
              "explanation": {
                "holds": false,
                "all": [
                  {
                    "holds": true,
                    "comparison": "environment='Staging'",
                    "variables": {
                      "environment": "Staging"
                    }
                  },
                  {
                    "holds": false,
                    "any": [
                      {
                        "holds": false,
                        "comparison": "tags='#hotfix'",
                        "variables": {
                          "tags": [
                            "#web"
                          ]
                        }
                      },
                      {
                        "holds": false,
                        "comparison": "pr_labels~='hot.*fix'",
                        "variables": {
                          "pr_labels": [
                            "feature"
                          ]
                        }
                      }
                    ]
                  }
                ]
              }
            }
          ],
          "triggers": [],
          "not_supported": [],
          "actions": [
            {
              "line": "slack_channel_message: #releases",
              "message": "Hotfix 7bf7226 - checkout (Staging):\n#12 Take other currencies"
            },
            {
              "line": "trigger_build: promote.yml",
              "parameters": {
                "dry_run": "false",
                "environment": "production",
                "version": "7bf72260c8f1d4e5a3b9027d6e8f41c59ab3d702"
              }
            }
          ]
        },
        {
          "name": "announce-what-soaked",
          "outlook": "opens_later",
          "opens_after": "10m",
          "opens_at": "2026-11-16T10:51:55Z",
          "freeze": [],
          "frozen_until": null,
          "after": [],
          "conditions": [
            {
              "description": null,
              "condition": "environment='Production' or environment='Staging'",
              "holds": true,
              "explanation": {
                "holds": true,
                "any": [
                  {
                    "holds": false,
                    "comparison": "environment='Production'",
                    "variables": {
                      "environment": "Staging"
                    }
                  },
                  {
                    "holds": true,
                    "comparison": "environment='Staging'",
                    "variables": {
                      "environment": "Staging"
                    }
                  }
                ]
              }
            },
            {
              "description": null,
              "condition": "deployed_for>='10m'",
              "holds": false,
              "explanation": {
                "holds": false,
                "comparison": "deployed_for>='10m'",
                "variables": {
                  "deployed_for": "0s"
                }
              }
            }
          ],
          "triggers": [],
          "not_supported": [],
          "actions": [
            {
              "line": "slack_channel_message: #checkout",
              "message": "7bf7226 - checkout (Staging) has been there for 10 minutes."
            }
          ]
        }
      ]
    }
    ---- Fine
    "##);
}

#[test]
fn what_does_not_open_says_why_not() {
    let deploy = "{sha: 7bf7226, environment: Staging, email: ana@acme.example}";
    let args = ["rules", "explain", "tests/files/not-yet.yml", "--deploy", "-", "--at", "+5m"];
    insta::assert_snapshot!(fed(deploy, &args).shown(), @"
    7bf7226 - checkout (Staging), deployed for 5m

    nudge: does not open: it uses features that are not supported yet
      line 5: known, not supported yet: base_synced
      environment='Staging' and base_synced=true fails:
        environment='Staging' holds: environment is `Staging`
        base_synced=true fails: base_synced is not known
      deploy_message_reactions_plus_1>2 fails: deploy_message_reactions_plus_1 is 0
      would do:
        - slack_personal_message: authors
            says: Look at 7bf7226 - checkout (Staging)

    tidy: never opens for deploys
      its triggers are pr_opened

    early: no longer matches; it opened when deployed for 0s, at 2026-05-11T11:42:00Z
      deployed_for<'1m' fails: deployed_for is 5m
      would do:
        - slack_channel_approval: early
            asks: the authors, would you like to promote 7bf7226 - checkout (Staging) to production?
            in: #gate
            needs: 1 vote to approve, 1 vote to reject
            may vote: anyone in the channel; nobody can approve their own change
            reason: required to reject
            reminds after: 2h
            can be undone for: 30s
            stays open: when a newer deploy is asked about
            if approved:
              - slack_channel_approval: early
                  asks: the authors, would you like to promote 7bf7226 - checkout (Staging) to production?
                  in: #second-gate
                  needs: 1 vote to approve, 1 vote to reject
                  may vote: anyone in the channel
              - webhook: https://hooks.example.com

    always: opens
      no conditions: matches every deploy
      does:
        - auto_approve_build: {build: deploy, job: hold}
    ---- Fine
    ");
    insta::assert_snapshot!(fed("rules: []", &["rules", "explain", "-", "--deploy", DEPLOY]).shown(), @r"
    7bf7226 - checkout (Staging), deployed for 0s

    The file has no rules.
    ---- Fine
    ");
}

#[test]
fn nothing_is_explained_of_what_cannot_be_read() {
    let done = fed("{sha: main~1}", &["rules", "explain", "tests/files/typos.yml", "--deploy", "-"]);
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

    -:1:7: sha: `main~1` is neither a git SHA nor a tag: it must be 4 to 64 hexadecimal digits, or the tag's name
      |
    1 | {sha: main~1}
      |       ^

    4 problems, can't explain it
    ---- Problems
    ");
}

#[test]
fn votes_of_several_groups_are_told() {
    let rules = "rules:\n- ask:\n    actions:\n    - slack_channel_approval:\n        channel: '#a'\n        \
        votes_required: [{from: '@sre', votes: 2}, {from: [ana@acme.example, '@SRE']}]\n    \
        - slack_channel_approval: {channel: '#b', votes_required: [{from: '@qa'}]}\n";
    let told = fed(rules, &["rules", "explain", "-", "--deploy", DEPLOY]).out;
    let lines = told.lines().filter(|line| line.contains("needs:") || line.contains("may vote:"));
    insta::assert_snapshot!(lines.map(str::trim).collect::<Vec<_>>().join("\n"), @"
    needs: 2 votes from @sre, 1 vote from ana@acme.example or @SRE, of different people; 1 vote to reject
    may vote: @sre, ana@acme.example
    needs: 1 vote from @qa; 1 vote to reject
    may vote: @qa
    ");
    let done = fed(rules, &["rules", "explain", "-", "--deploy", DEPLOY, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let asks = &document["rules"][0]["actions"][0]["asks"];
    insta::assert_snapshot!(
        format!("{} {}", asks["votes_required"], asks["quotas"]),
        @r#"3 [{"from":["@sre"],"votes":2},{"from":["ana@acme.example","@SRE"],"votes":1}]"#
    );
}

#[test]
fn an_event_is_told_with_what_it_says() {
    let rules = "rules:\n- tell:\n    actions:\n    - send_event:\n        detail_type: 'promoted {{ deployment_name }}'\n        \
                 detail: {team: payments, title: '{{ deploy_name }}'}\n";
    insta::assert_snapshot!(fed(rules, &["rules", "explain", "-", "--deploy", DEPLOY]).out, @"
    7bf7226 - checkout (Staging), deployed for 0s

    tell: opens
      no conditions: matches every deploy
      does:
        - send_event: promoted {{ deployment_name }}
            sends: promoted checkout
            team: payments
            title: 7bf7226 - checkout (Staging)
    ");
    let done = fed(rules, &["rules", "explain", "-", "--deploy", DEPLOY, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(document["rules"][0]["actions"][0]["event"], "promoted checkout");
}
