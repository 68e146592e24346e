//! The policy: what is read, what binds, and what is below it.

use super::*;
use crate::file;
use approval::deploy::Slug;

const POLICY: &str = "\
owners: [ana@acme.example, U0123ABCDEF]
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
  - places: staging.yml
";

fn policy(text: &str) -> Policy {
    parse(text, "policy.yml").unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

fn checkout() -> Slug {
    Slug::new("acme", "checkout").unwrap()
}

/// The shortfalls of a file with these rules, one line each.
fn told(policy: &Policy, deployment: &Slug, rules: &str) -> String {
    let file = file::parse(&format!("rules:\n{rules}"), "rules.yml");
    let file = file.unwrap_or_else(|problems| panic!("{rules}\n{problems:#?}"));
    policy.judge(deployment, &file).iter().map(Shortfall::text).collect::<Vec<_>>().join("\n")
}

#[test]
fn policy_binds_by_deployment_place_and_action() {
    let policy = policy(POLICY);
    let binding = |deployment: &Slug, place: &str, action: &str| {
        let floor = policy.binding(deployment, &Place::environment(place), action);
        (floor.votes, floor.four_eyes, floor.allowed_webhook_hosts.len())
    };
    let votes = |value, line| Some(Said { value, line });
    let shop = Slug::new("Shop", "web").unwrap();
    assert_eq!(binding(&checkout(), "production", "webhook"), (votes(2, 7), Some(8), 0));
    assert_eq!(binding(&shop, "Production", "webhook"), (votes(2, 7), Some(8), 1));
    assert_eq!(binding(&shop, "Staging", "webhook"), (None, None, 1));
    assert_eq!(binding(&shop, "Staging", "trigger_build"), (votes(1, 3), None, 0));
    assert_eq!(binding(&checkout(), "staging.yml", "trigger_build"), (None, None, 0));
}

#[test]
fn rule_below_the_floor_is_told_with_both_lines() {
    let rules = "  - ship:\n      promotes_to: Production\n      actions:\n        - slack_channel_approval: {channel: '#a'}\n        \
                 - trigger_build: {parameters: {name: promote.yml}}\n  - act: {actions: [add_deploy_tag: '#x']}\n";
    insta::assert_snapshot!(told(&policy(POLICY), &checkout(), rules), @"");
}
