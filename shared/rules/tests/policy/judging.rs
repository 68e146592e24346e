//! Which rules are below the floor.

use crate::{ask, file, judge, policy, slug, told};
use signoff_rules::policy::{Before, Judged, Policy};

/// An approval of one vote.
const ASK: &str = "slack_channel_approval: {channel: '#a'}";

/// The keys in which the rule with these actions is below the default floor, in the order of their lines.
fn short(floor: &str, actions: &str) -> String {
    short_of(&policy(&format!("default: {{{floor}}}")), &format!("  - a: {{actions: [{actions}]}}"))
}

fn short_of(policy: &Policy, rules: &str) -> String {
    let found = judge(policy, rules);
    found
        .iter()
        .map(|shortfall| format!("{} {}", shortfall.rule, shortfall.key))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn votes_count_only_before_what_acts() {
    for (votes, actions, meets) in [
        (1, "trigger_build".to_owned(), false),
        (1, "add_deploy_tag: '#x'".to_owned(), false),
        (1, format!("{ASK}, trigger_build"), true),
        (1, format!("trigger_build, {ASK}"), false),
        (1, format!("{ASK}, slack_deploy_message: x"), true),
        (1, "slack_deploy_message: x".to_owned(), true),
        (1, ask("on_success: [trigger_build]"), true),
        (1, ask("on_reject: [trigger_build]"), false),
        (1, ask("on_expire: [trigger_build]"), false),
        (1, ask("on_success: [trigger_build], on_reject: [webhook: 'https://x.io']"), false),
        (1, format!("{ASK}, {}", ask("on_reject: [trigger_build]")), true),
        (2, format!("{ASK}, {}", ask("on_reject: [trigger_build]")), false),
        (2, format!("{ASK}, trigger_build"), false),
        (2, format!("{}, trigger_build", ask("votes_required: 2")), true),
        (2, format!("{}, trigger_build", ask("votes_required: [{from: '@sre'}, {from: '@qa'}]")), true),
        (2, format!("{ASK}, {ASK}, trigger_build"), true),
        (2, ask(&format!("on_success: [{ASK}, trigger_build]")), true),
        (2, format!("{}, trigger_build", ask(&format!("on_success: [{ASK}]"))), true),
        (2, format!("{}, trigger_build", ask(&format!("on_reject: [{ASK}]"))), false),
    ] {
        let told = short(&format!("votes_required: {votes}"), &actions);
        assert_eq!(told.is_empty(), meets, "{votes} {actions}: {told}");
    }
}

#[test]
fn votes_of_the_rules_in_after_count() {
    let two = policy("default: {votes_required: 2}");
    let rules = |after: &str| {
        format!(
            "  - qa: {{actions: [{ASK}]}}\n  - canary: {{after: qa, actions: [{ASK}]}}\n  - aside: {{actions: [slack_deploy_message: x]}}\n  \
             - ship: {{{after}actions: [{ASK}, trigger_build]}}\n"
        )
    };
    for (after, expected) in [
        ("", "ship votes_required"),
        ("after: aside, ", "ship votes_required"),
        ("after: qa, ", ""),
        ("after: [aside, canary], ", ""),
    ] {
        assert_eq!(short_of(&two, &rules(after)), expected, "{after}");
    }
    let one = policy("default: {votes_required: 1}");
    assert_eq!(
        short_of(
            &one,
            &format!("  - qa: {{actions: [{ASK}]}}\n  - act: {{after: qa, actions: [trigger_build]}}")
        ),
        ""
    );
    // An approval that only asks once another was rejected is not behind what follows.
    let rejected = ask(&format!("on_reject: [{ASK}]"));
    let rules =
        format!("  - qa: {{actions: [{rejected}]}}\n  - act: {{after: qa, actions: [trigger_build]}}");
    assert_eq!(short_of(&two, &rules), "act votes_required");
}

#[test]
fn drift_monitor_acts_after_its_own_rule() {
    let one = policy("default: {votes_required: 1}");
    let monitor = "monitor_drift: {environment: QA, threshold: 2h, on_under: [trigger_build]}";
    assert_eq!(short_of(&one, &format!("  - a: {{actions: [{ASK}, {monitor}]}}")), "");
    let found = judge(&one, &format!("  - a: {{actions: [{monitor}]}}"));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule.as_str(), found[0].rule_line), ("a (drift to QA under)", Some(2)));
}

#[test]
fn votes_count_only_from_an_approval_as_asked() {
    for (floor, keys, expected) in [
        ("self_approval: false", "name: x", "a self_approval"),
        ("self_approval: false", "self_approval: false", ""),
        ("self_approval: true, votes_required: 1", "name: x", ""),
        ("verified_commits: true", "self_approval: false", "a verified_commits"),
        ("verified_commits: true", "verified_commits: true", ""),
        (
            "votes_required: 1, unknown_makers: block",
            "self_approval: false, unknown_makers: allow",
            "a unknown_makers",
        ),
        ("votes_required: 1, unknown_makers: block", "self_approval: false", ""),
        ("votes_required: 1, unknown_makers: allow", "self_approval: false, unknown_makers: allow", ""),
        ("votes_required: 1, rollback: four_eyes", "self_approval: false", "a rollback"),
        ("votes_required: 1, rollback: four_eyes", "rollback: four_eyes", ""),
        ("votes_required: 1, expires_after: 1d", "name: x", "a expires_after"),
        ("votes_required: 1, expires_after: 1d", "expires_after: 25h", "a expires_after"),
        ("votes_required: 1, expires_after: 1d", "expires_after: 24h", ""),
        ("approvers: '@sre'", "name: x", "a approvers"),
        ("approvers: '@sre'", "approvers: ['@SRE']", ""),
        ("approvers: '@sre'", "approvers: ['@sre', '@qa']", "a approvers"),
        ("approvers: ['@sre', '@qa']", "approvers: '@qa', authors_only: true", ""),
        ("approvers: '@sre'", "authors_only: true", "a approvers"),
        ("approvers: '@sre'", "approvers: [ana@acme.example]", "a approvers"),
        ("votes_required: [{from: '@sre', votes: 2}]", "votes_required: 2", "a votes_required"),
        ("votes_required: [{from: '@sre', votes: 2}]", "votes_required: 2, approvers: '@sre'", ""),
        (
            "votes_required: [{from: '@sre'}, {from: '@qa'}]",
            "votes_required: [{from: '@qa'}, {from: '@sre'}]",
            "",
        ),
        (
            "votes_required: [{from: '@sre'}, {from: '@qa'}]",
            "votes_required: 2, approvers: ['@sre', '@qa']",
            "a votes_required",
        ),
    ] {
        let told = short(floor, &format!("{}, trigger_build", ask(keys)));
        assert_eq!(told, expected, "{floor} and {keys}");
    }
    // Where no votes are asked, an approval that there is keeps to the limits all the same.
    for (floor, keys, expected) in [
        ("unknown_makers: block", "self_approval: false, unknown_makers: allow", "a unknown_makers"),
        ("rollback: four_eyes", "self_approval: false", "a rollback"),
        ("expires_after: 1h", "expires_after: 2h", "a expires_after"),
        ("expires_after: 1h", "expires_after: 1h", ""),
    ] {
        assert_eq!(short(floor, &format!("{}, trigger_build", ask(keys))), expected, "{floor} and {keys}");
        assert_eq!(short(floor, "trigger_build"), "", "{floor}");
    }
    // Another approval may have what this one has not.
    let both = format!("{ASK}, {}, trigger_build", ask("self_approval: false, votes_required: 2"));
    assert_eq!(short("votes_required: 2, self_approval: false", &both), "");
    assert_eq!(short("votes_required: 3, self_approval: false", &both), "a self_approval");
}

#[test]
fn only_allowed_actions_may_be_done() {
    let github = |more: &str| format!("trigger_build: {{parameters: {{name: promote.yml}}{more}}}");
    for (floor, action, expected) in [
        ("allowed_actions: [webhook]", "trigger_build".to_owned(), "a allowed_actions"),
        ("allowed_actions: [webhook]", "slack_deploy_message: x".to_owned(), ""),
        ("allowed_actions: [webhook, trigger_build]", "trigger_build".to_owned(), ""),
        ("allowed_workflows: promote.yml", github(""), ""),
        ("allowed_workflows: Promote.yml", github(""), "a allowed_workflows"),
        ("allowed_workflows: [circleci]", "trigger_build".to_owned(), ""),
        ("allowed_workflows: promote.yml", "trigger_build".to_owned(), "a allowed_workflows"),
        ("allowed_workflows: '*'", "trigger_build: {parameters: {name: '{{ revision }}'}}".to_owned(), ""),
        (
            "allowed_workflows: 'prod-*'",
            "trigger_build: {parameters: {name: 'prod-{{ revision }}'}}".to_owned(),
            "",
        ),
        (
            "allowed_workflows: 'prod-*'",
            "trigger_build: {parameters: {name: '{{ revision }}'}}".to_owned(),
            "a allowed_workflows",
        ),
        ("allowed_workflows: build", "auto_approve_build: {build: build, job: hold}".to_owned(), ""),
        ("allowed_workflows: build/hold", "auto_approve_build: {build: build, job: hold}".to_owned(), ""),
        ("allowed_workflows: build/hold", "auto_approve_build: build".to_owned(), "a allowed_workflows"),
        (
            "allowed_workflows: build/hold",
            "auto_approve_build: {build: build, job: '{{ environment }}'}".to_owned(),
            "a allowed_workflows",
        ),
        ("allowed_refs: [main, 'release-*']", github(", revision: main"), ""),
        ("allowed_refs: [main, 'release-*']", github(", revision: 'release-{{ environment }}'"), ""),
        ("allowed_refs: [main, 'release-*']", github(", revision: Main"), "a allowed_refs"),
        ("allowed_refs: [main, 'release-*']", github(", revision: '{{ environment }}'"), "a allowed_refs"),
        ("allowed_refs: [main, 'release-*']", github(""), "a allowed_refs"),
        ("allowed_refs: ['refs/tags/v*']", github(", revision: refs/tags/v1"), ""),
        ("allowed_refs: ['v*', 'r*']", github(", revision: refs/tags/v1"), "a allowed_refs"),
        ("allowed_refs: [main]", "webhook: 'https://x.io'".to_owned(), ""),
        (
            "allowed_webhook_hosts: '*.acme.example'",
            "webhook: 'https://HOOKS.acme.example/{{ revision }}'".to_owned(),
            "",
        ),
        (
            "allowed_webhook_hosts: '*.acme.example'",
            "webhook: 'https://acme.example/'".to_owned(),
            "a allowed_webhook_hosts",
        ),
        (
            "allowed_webhook_hosts: '*'",
            "webhook: 'https://{{ environment }}.example/'".to_owned(),
            "a allowed_webhook_hosts",
        ),
        ("promotes_to: Production", "trigger_build".to_owned(), "a promotes_to"),
    ] {
        assert_eq!(short(floor, &action), expected, "{floor} and {action}");
    }
    let production = policy("default: {promotes_to: [Production]}");
    let rule = |environment: &str| {
        format!("  - a: {{promotes_to: {environment}, actions: [{}]}}", ask("on_success: [trigger_build]"))
    };
    assert_eq!(short_of(&production, &rule("production")), "");
    assert_eq!(short_of(&production, &rule("Staging")), "a promotes_to");
}

#[test]
fn shortfall_names_both_lines_and_what_to_write() {
    let policy = policy(
        "default:\n  votes_required: 1\nfloors:\n  - places: [Production]\n    votes_required: [{from: '@sre', votes: 2}]\n    self_approval: false\n    \
         verified_commits: true\n    expires_after: 1d\n    promotes_to: Production\n    allowed_actions: webhook\n    \
         allowed_workflows: ['promote-*.yml']\n    allowed_refs: main\n    approvers: '@sre'\n  - actions: webhook\n    \
         allowed_webhook_hosts: hooks.acme.example\n",
    );
    insta::assert_snapshot!(told(&policy, &format!(
        "  - ship:\n      promotes_to: Production\n      actions:\n        - {}\n        - trigger_build: {{parameters: {{name: ship.yml}}}}\n  \
         - back:\n      actions:\n        - {}\n  - call: {{actions: [webhook: 'https://x.io/secret']}}\n",
        ask("name: Ship it"),
        ask("on_reject: [add_deploy_tag: '#back']")
    )), @"
    Rule `ship` (line 2): line 11 of the policy does not allow the action `trigger_build`; use one of these: `webhook`.
    Rule `ship` (line 2): line 12 of the policy does not allow `trigger_build: ship.yml`, or it can't be told before it runs; use one of these: `promote-*.yml`.
    Rule `ship` (line 2): line 13 of the policy says which branches and tags `trigger_build: ship.yml` may build; write `revision:` with one of these, without variables: `main`.
    Rule `ship` (line 2): line 6 of the policy asks for 2 votes before `trigger_build: ship.yml`, and only 1 is asked before it; write `votes_required: 2` in the approval “Ship it”.
    Rule `ship` (line 2): line 7 of the policy asks for `self_approval: false`; write `self_approval: false` in the approval “Ship it”.
    Rule `ship` (line 2): line 8 of the policy asks for `verified_commits: true`; write `verified_commits: true` in the approval “Ship it”.
    Rule `ship` (line 2): line 9 of the policy lets an approval be open for 1d at most; write `expires_after: '1d'` in the approval “Ship it”.
    Rule `ship` (line 2): line 14 of the policy counts only the votes of @sre; write `approvers: [@sre]` in the approval “Ship it”.
    Rule `ship` (line 2): line 6 of the policy asks for 2 votes from @sre before `trigger_build: ship.yml`; list these under `votes_required` of an approval before it.
    Rule `back` (line 7): line 3 of the policy asks for 1 vote before `add_deploy_tag: #back`, and the rule asks nobody before it (it runs when an approval is rejected); put it after a `slack_channel_approval` with `votes_required: 1`.
    Rule `call` (line 10): line 16 of the policy does not allow `webhook: https://x.io`, or its host can't be told before it runs; use one of these: `hooks.acme.example`.
    ");
}

#[test]
fn rule_on_record_is_judged_without_its_file() {
    let policy = policy("default: {votes_required: 2}");
    let file = file(&format!(
        "  - qa: {{actions: [{ASK}]}}\n  - ship: {{after: qa, actions: [{ASK}, trigger_build]}}"
    ));
    let [qa, ship] = file.rules.as_slice() else { panic!("two rules") };
    let deployment = slug("acme/checkout");
    assert_eq!(policy.judge_rule(&deployment, &Judged::of(ship, &file)), []);
    let on_record =
        |after| Judged { rule: "ship", line: None, promotes_to: None, actions: &ship.actions, after };
    let before = Before { actions: &qa.actions, promotes_to: None };
    assert_eq!(policy.judge_rule(&deployment, &on_record(vec![before])), []);
    let found = policy.judge_rule(&deployment, &on_record(Vec::new()));
    insta::assert_snapshot!(found[0].text(), @"
    Rule `ship`: line 2 of the policy asks for 2 votes before `trigger_build: CircleCI pipeline`, and only 1 is asked before it; write `votes_required: 2` in the approval “ship”.
    ");
}

#[test]
fn environment_binds_a_rule_that_asks_nobody() {
    let named = policy(
        "default: {}\nfloors:\n  - {places: [Production], votes_required: 1, allowed_workflows: [promote.yml]}",
    );
    let build = |file: &str| format!("trigger_build: {{parameters: {{name: {file}}}}}");
    let rule = |environment: &str, actions: &str| {
        format!("  - a: {{promotes_to: {environment}, actions: [{actions}]}}")
    };
    let promote = build("promote.yml");
    for (rules, expected) in [
        (rule("Production", &promote), "a votes_required"),
        (rule("production", &promote), "a votes_required"),
        (rule("Production", &build("other.yml")), "a allowed_workflows, a votes_required"),
        (rule("Production", &format!("{ASK}, {promote}")), ""),
        (rule("Staging", &promote), ""),
        (format!("  - a: {{actions: [{promote}]}}"), ""),
        // It names no environment, and goes on where the rule before it led to.
        (
            format!(
                "{}\n  - b: {{after: a, actions: [{promote}]}}",
                rule("Production", "slack_deploy_message: x")
            ),
            "b votes_required",
        ),
    ] {
        assert_eq!(short_of(&named, &rules), expected, "{rules}");
    }
    // The environment that it may promote to is the one that it names.
    let allowed = policy("default: {promotes_to: [Production]}");
    assert_eq!(short_of(&allowed, &rule("Production", &promote)), "");
    assert_eq!(short_of(&allowed, &rule("Staging", &promote)), "a promotes_to");
}

#[test]
fn votes_of_several_approvals_need_different_people() {
    let people = |floor: &str, rules: &str| {
        let (policy, file) = (policy(&format!("default: {{{floor}}}")), file(rules));
        let last = file.rules.last().unwrap();
        let together = policy.votes_together(&slug("acme/checkout"), &Judged::of(last, &file));
        together.iter().map(|together| (together.people, together.line)).collect::<Vec<_>>()
    };
    let rule = |actions: &str| format!("  - a: {{actions: [{actions}]}}");
    let (two, three) = (ask("votes_required: 2"), "votes_required: 3");
    assert_eq!(people("votes_required: 2", &rule(&format!("{two}, trigger_build"))), []);
    assert_eq!(people("votes_required: 2", &rule(&format!("{ASK}, {two}, trigger_build"))), []);
    assert_eq!(people("votes_required: 2", &rule(&format!("{ASK}, {ASK}, trigger_build"))), [(2, 2)]);
    assert_eq!(people(three, &rule(&format!("{ASK}, {two}, trigger_build, add_deploy_tag: '#x'"))), [(3, 2)]);
    // Below the floor, nothing acts anyway.
    assert_eq!(people(three, &rule(&format!("{two}, trigger_build"))), []);
    let stages =
        format!("  - qa: {{actions: [{ASK}]}}\n  - a: {{after: qa, actions: [{ASK}, trigger_build]}}");
    assert_eq!(people("votes_required: 2", &stages), [(2, 2)]);
}

#[test]
fn rule_that_deploys_never_open_is_not_judged() {
    let policy = policy("default: {votes_required: 1}");
    assert_eq!(judge(&policy, "  - a: {triggers: [pr_opened], actions: [trigger_build]}"), []);
}

#[test]
fn large_file_is_judged_with_bounded_work() {
    let policy = policy("default: {votes_required: [{from: '@sre'}]}");
    // A rule has only so many actions.
    let steps = format!("{ASK}, trigger_build, ").repeat(80);
    let rule = |number| format!("  - a{number}: {{actions: [{}]}}\n", steps.trim_end_matches(", "));
    let found = judge(&policy, &(0..50).map(rule).collect::<String>());
    assert_eq!(found.len(), 50);
    let chain: String = (1..4_000)
        .map(|number| format!("  - r{number}: {{after: r{}, actions: [trigger_build]}}\n", number - 1))
        .collect();
    let found = judge(&policy, &format!("  - r0: {{actions: [trigger_build]}}\n{chain}"));
    assert_eq!(found.len(), 4_000 * 2);
}
