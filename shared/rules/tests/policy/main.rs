//! The policy: what is read, what binds, and which rules are below it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod binding;
mod counting;
mod judging;
mod laws;
mod reading;

use signoff_core::deploy::Slug;
use signoff_rules::RulesFile;
use signoff_rules::policy::{Policy, Shortfall, parse};

/// Owners, and an empty default.
const OWNERS: &str = "owners: [ana@acme.example, U0123ABCDEF]\n";

/// The policy with these lines beside its owners.
fn policy(lines: &str) -> Policy {
    let text = format!("{OWNERS}{lines}\n");
    parse(&text, "policy.yml").unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// An approval with these keys.
fn ask(keys: &str) -> String {
    format!("slack_channel_approval: {{channel: '#a', {keys}}}")
}

/// The file with these rules.
fn file(rules: &str) -> RulesFile {
    let text = format!("rules:\n{rules}\n");
    signoff_rules::parse(&text, "rules.yml").unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

fn slug(text: &str) -> Slug {
    let (organization, name) = text.split_once('/').unwrap();
    Slug::new(organization, name).unwrap()
}

fn judge(policy: &Policy, rules: &str) -> Vec<Shortfall> {
    policy.judge(&slug("acme/checkout"), &file(rules))
}

/// The shortfalls of these rules as people read them.
fn told(policy: &Policy, rules: &str) -> String {
    judge(policy, rules).iter().map(Shortfall::text).collect::<Vec<_>>().join("\n")
}
