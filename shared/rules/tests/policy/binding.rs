//! Which floors bind an action, and who may break a glass.

use crate::{file, policy, slug};
use jiff::SignedDuration;
use signoff_core::action::Action;
use signoff_rules::policy::{Judged, Place, Said};

const POLICY: &str = "\
default:
  votes_required: 1
floors:
  - name: Production
    places: [Production]
    votes_required: 2
    self_approval: false
  - deployments: [shop/*]
    actions: webhook
    allowed_webhook_hosts: ['*.acme.example']
  - places: [staging.yml]
  - places: ['promote.yml target=prod*', 'hooks.acme.example', 'build/hold']
    votes_required: 3";

#[test]
fn policy_binds_by_deployment_place_and_action() {
    let policy = policy(POLICY);
    let binding = |deployment: &str, place: &str, action: &str| {
        let floor = policy.binding(&slug(deployment), &Place::environment(place), action);
        (floor.votes, floor.four_eyes, floor.allowed_webhook_hosts.len())
    };
    let votes = |value, line| Some(Said { value, line });
    assert_eq!(binding("acme/checkout", "production", "webhook"), (votes(2, 7), Some(8), 0));
    assert_eq!(binding("Shop/web", "Production", "webhook"), (votes(2, 7), Some(8), 1));
    assert_eq!(binding("shop/web", "Staging", "webhook"), (None, None, 1));
    assert_eq!(binding("shop/web", "Staging", "trigger_build"), (votes(1, 3), None, 0));
    assert_eq!(binding("acme/checkout", "staging.yml", "trigger_build"), (None, None, 0));
}

#[test]
fn place_is_the_environment_or_what_runs() {
    let policy = policy(POLICY);
    for (action, promotes_to, expected) in [
        // What runs.
        ("trigger_build: {parameters: {name: other.yml}}", None, Some(1)),
        ("trigger_build: {parameters: {name: staging.yml}}", None, None),
        ("trigger_build: {parameters: {name: STAGING.yml}}", None, None),
        ("trigger_build: {parameters: {name: promote.yml, target: production}}", None, Some(3)),
        ("trigger_build: {parameters: {name: promote.yml, target: staging}}", None, Some(1)),
        ("trigger_build: {parameters: {name: promote.yml, target: ' production'}}", None, Some(3)),
        ("trigger_build: {parameters: {name: promote.yml, TARGET: staging}}", None, Some(1)),
        ("trigger_build", None, Some(1)),
        // The default of a parameter that is left out may be anything.
        ("trigger_build: {parameters: {name: promote.yml}}", None, Some(3)),
        ("trigger_build: {parameters: {name: promote.yml, version: '{{ revision }}'}}", None, Some(3)),
        ("trigger_build: {parameters: {name: promote.yml, target: ' '}}", None, Some(3)),
        ("trigger_build: {parameters: {name: promote.yml}}", Some("Staging"), Some(3)),
        ("webhook: 'https://hooks.acme.example/x'", None, Some(3)),
        ("webhook: 'https://HOOKS.acme.example:443/x'", None, Some(3)),
        ("webhook: 'https://other.example/hooks.acme.example'", None, Some(1)),
        ("auto_approve_build: {build: build, job: hold}", None, Some(3)),
        ("auto_approve_build: {build: build, job: lint}", None, Some(1)),
        // What can't be told is bound by everything that may fit.
        ("auto_approve_build: build", None, Some(3)),
        ("auto_approve_build: {build: build, job: '{{ environment }}'}", None, Some(3)),
        ("trigger_build: {parameters: {name: '{{ environment }}.yml'}}", None, Some(3)),
        ("trigger_build: {parameters: {name: '1234567'}}", None, Some(3)),
        ("trigger_build: {parameters: {name: promote.yml, target: '{{ environment }}'}}", None, Some(3)),
        ("webhook: 'https://{{ environment }}.acme.example/x'", None, Some(3)),
        // The environment that the rule names; what runs is looked at, too.
        ("trigger_build: {parameters: {name: other.yml}}", Some("production"), Some(2)),
        ("trigger_build: {parameters: {name: other.yml}}", Some("Staging"), Some(1)),
        ("trigger_build: {parameters: {name: staging.yml}}", Some("Staging"), Some(1)),
        ("auto_approve_build: {build: build, job: hold}", Some("Staging"), Some(3)),
    ] {
        let file = file(&format!("  - a: {{actions: [{{{action}}}]}}"));
        let action_of = |action: &Action| action.to_string().split(':').next().unwrap().to_owned();
        let action_read = &file.rules[0].actions[0];
        let place = Place::of(action_read, promotes_to);
        let floor = policy.binding(&slug("acme/checkout"), &place, &action_of(action_read));
        assert_eq!(floor.votes.map(|said| said.value), expected, "{action} {promotes_to:?}");
    }
}

#[test]
fn floor_binds_what_a_rule_leaves_out() {
    let policy = policy(
        "default: {votes_required: 1}\nfloors:\n  - {places: ['circleci deploy=now'], votes_required: 2}\n  \
         - {places: ['promote.yml *=prod*'], votes_required: 3}\n  - {places: ['prod/*'], votes_required: 4}\n  \
         - {places: ['arn:aws:events:eu-west-1:123456789012:event-bus/live/*'], votes_required: 5}\n",
    );
    for (action, expected) in [
        ("trigger_build: {parameters: {deploy: later}}", 1),
        ("trigger_build: {parameters: {other: later}}", 2),
        ("trigger_build", 2),
        // Nobody knows which parameters a workflow has besides.
        ("trigger_build: {parameters: {name: promote.yml, target: staging}}", 3),
        ("trigger_build: {parameters: {name: other.yml}}", 1),
        ("send_event: {bus: test}", 1),
        ("send_event: {bus: prod}", 4),
        ("send_event: {bus: 'arn:aws:events:eu-west-1:123456789012:event-bus/prod'}", 4),
        ("send_event: {bus: live}", 5),
        ("send_event: deployed", 5),
    ] {
        let file = file(&format!("  - a: {{actions: [{{{action}}}]}}"));
        let read = &file.rules[0].actions[0];
        let name = action.split(':').next().unwrap();
        let floor = policy.binding(&slug("acme/checkout"), &Place::of(read, None), name);
        assert_eq!(floor.votes.map(|said| said.value), Some(expected), "{action}");
    }
}

#[test]
fn strictest_value_of_each_floor_binds() {
    let policy = policy(
        "default: {}\nfloors:\n  - actions: [webhook]\n    votes_required: 3\n    expires_after: 24h\n    approvers: '@sre'\n  \
         - places: [Production]\n    votes_required: 2\n    expires_after: 2h\n    approvers: ['@qa']\n    unknown_makers: allow\n    \
         self_approval: true\n",
    );
    let floor = policy.binding(&slug("acme/checkout"), &Place::environment("Production"), "webhook");
    let said = |value: &str, line| Said { value: vec![value.to_owned()], line };
    assert_eq!(floor.votes, Some(Said { value: 3, line: 5 }));
    assert_eq!(floor.expires_after, Some(Said { value: SignedDuration::from_hours(2), line: 10 }));
    assert_eq!(floor.approvers, [said("@sre", 7), said("@qa", 11)]);
    assert_eq!((floor.blocks_unknown_makers, floor.four_eyes), (None, None));
}

#[test]
fn glass_is_broken_by_who_every_floor_names() {
    let policy = policy(
        "default: {break_glass: [ana@acme.example]}\nfloors:\n  - places: [Production]\n    break_glass: ['@oncall', Ben@acme.example]\n    \
         review_within: 24h\n  - deployments: [acme/*]\n    places: [promote.yml]\n    break_glass: [ben@acme.example]\n  \
         - places: [locked.yml]\n",
    );
    let glass = |deployment: &str, rule: &str| {
        let file = file(&format!("  - a: {rule}"));
        let glass = policy.break_glass(&slug(deployment), &Judged::of(&file.rules[0], &file));
        (glass.people.join(" "), glass.review_within.as_hours())
    };
    let promote = "{promotes_to: Production, actions: [slack_channel_approval: {channel: '#a', on_success: \
                   [trigger_build: {parameters: {name: promote.yml}}]}]}";
    assert_eq!(glass("acme/checkout", promote), ("Ben@acme.example".to_owned(), 24));
    assert_eq!(glass("shop/web", promote), ("@oncall Ben@acme.example".to_owned(), 24));
    let asks = "{actions: [slack_channel_approval: {channel: '#a'}]}";
    assert_eq!(glass("shop/web", asks), ("ana@acme.example".to_owned(), 48));
    let other = "{actions: [slack_channel_approval: {channel: '#a'}, webhook: 'https://x.io']}";
    assert_eq!(glass("shop/web", other), ("ana@acme.example".to_owned(), 48));
    // One floor that names nobody is enough for nobody to break it.
    let both = "{actions: [slack_channel_approval: {channel: '#a'}, webhook: 'https://x.io', trigger_build: {parameters: {name: locked.yml}}]}";
    assert_eq!(glass("shop/web", both), (String::new(), 48));
}

#[test]
fn glass_is_bound_by_the_environment_of_its_rules() {
    let policy = policy(
        "default: {votes_required: 1, break_glass: [oncall@acme.example]}\nfloors:\n  - places: [Production]\n    votes_required: 2\n    \
         break_glass: [cto@acme.example]\n",
    );
    let asks = |votes: u32| format!("slack_channel_approval: {{channel: '#a', votes_required: {votes}}}");
    let file = file(&format!(
        "  - gate: {{promotes_to: Production, actions: [{}]}}\n  - ship: {{after: gate, promotes_to: Production, actions: [trigger_build: \
         {{parameters: {{name: promote.yml}}}}]}}\n  - later: {{after: gate, actions: [{}, webhook: 'https://x.io']}}\n  - other: \
         {{actions: [{}, webhook: 'https://x.io']}}",
        asks(2),
        asks(1),
        asks(1)
    ));
    for (rule, expected) in
        file.rules.iter().zip(["cto@acme.example", "cto@acme.example", "", "oncall@acme.example"])
    {
        let glass = policy.break_glass(&slug("acme/web"), &Judged::of(rule, &file));
        assert_eq!(glass.people.join(" "), expected, "{}", rule.name);
    }
}
