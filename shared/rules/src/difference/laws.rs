//! Whatever two files say, a change that counts at once lets nothing more act.

use super::*;
use crate::condition::{Snapshot, Value};
use crate::parse;
use proptest::prelude::*;
use std::collections::BTreeMap;

const ENVIRONMENTS: [&str; 2] = ["Staging", "Production"];
const TAGS: [&str; 2] = ["#a", "#b"];

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&ENVIRONMENTS[..]).prop_map(|name| format!("environment='{name}'")),
        prop::sample::select(&TAGS[..]).prop_map(|tag| format!("tags='{tag}'")),
        prop::sample::select(&TAGS[..]).prop_map(|tag| format!("tags!='{tag}'")),
    ]
}

fn acting() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..2u8).prop_map(|n| format!("auto_approve_build: b{n}")),
        Just("webhook: 'https://a.example'".to_owned()),
        Just("slack_channel_message: {channel: '#a', message: m}".to_owned()),
        Just("slack_deploy_message: m".to_owned()),
    ]
}

fn action() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => acting(),
        1 => (0..2u8, 1..3u8, prop::collection::vec(acting(), 1..3)).prop_map(|(name, votes, then)| {
            let then: Vec<_> = then.iter().map(|action| format!("{{{action}}}")).collect();
            format!("slack_channel_approval: {{name: n{name}, channel: '#g', votes_required: {votes}, on_success: [{}]}}",
                then.join(", "))
        }),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    (0..3u8, prop::collection::vec(condition(), 0..3), prop::collection::vec(action(), 1..3)).prop_map(
        |(name, conditions, actions)| {
            let conditions: Vec<_> = conditions.iter().map(|text| format!("\"{text}\"")).collect();
            let actions: Vec<_> = actions.iter().map(|text| format!("{{{text}}}")).collect();
            format!(
                "- r{name}: {{conditions: [{}], actions: [{}]}}\n",
                conditions.join(", "),
                actions.join(", ")
            )
        },
    )
}

/// A file of rules with different names.
fn rules() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(rule(), 0..3).prop_map(|rules| {
        let by_name: BTreeMap<String, String> =
            rules.into_iter().map(|rule| (rule.chars().take(4).collect(), rule)).collect();
        by_name.into_values().collect()
    })
}

/// Two files, of which the second one often has rules of the first.
fn pair() -> impl Strategy<Value = (RulesFile, RulesFile)> {
    (rules(), rules(), prop::bool::weighted(0.9)).prop_map(|(one, two, alike)| {
        let mut other: BTreeMap<String, String> =
            two.into_iter().map(|rule| (rule.chars().take(4).collect(), rule)).collect();
        if alike {
            for rule in &one {
                other.entry(rule.chars().take(4).collect()).or_insert_with(|| rule.clone());
            }
        }
        let read = |rules: &[String]| parse(&format!("rules:\n{}", rules.concat()), "rules.yml").unwrap();
        (read(&one), read(&other.into_values().collect::<Vec<_>>()))
    })
}

/// What acts for a deploy before anybody votes, and what is asked.
fn opened(file: &RulesFile, snapshot: &Snapshot) -> (Vec<String>, Vec<String>) {
    let (mut acts, mut asks) = (Vec::new(), Vec::new());
    for rule in file.rules.iter().filter(|rule| rule.opens_for(snapshot)) {
        asks.extend(approvals(rule).into_iter().map(|spec| format!("{} {spec:?}", rule.name)));
        for action in &rule.actions {
            match action.kind() {
                Kind::Asks => break,
                Kind::Acts => acts.push(format!("{} {action:?}", rule.name)),
                Kind::Tells | Kind::Watches => {}
            }
        }
    }
    (acts, asks)
}

proptest! {
    // Most pairs need an approval, and are left out.
    #![proptest_config(ProptestConfig { cases: 500, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn what_counts_at_once_lets_nothing_more_act((in_force, proposal) in pair()) {
        let found = difference(&in_force, &proposal, false);
        prop_assume!(found.is_guarded && !found.needs_approval());
        for environment in ENVIRONMENTS {
            for tags in [vec![], vec!["#a"], vec!["#b"], vec!["#a", "#b"]] {
                let mut snapshot = Snapshot::new();
                snapshot.set("environment", Value::Text(environment.to_owned()));
                snapshot.set("tags", Value::List(tags.iter().map(|tag| (*tag).to_owned()).collect()));
                let (acted, asked) = opened(&in_force, &snapshot);
                let (acts, asks) = opened(&proposal, &snapshot);
                prop_assert!(acts.iter().all(|one| acted.contains(one)), "{acts:?} {acted:?} {found:?}");
                prop_assert!(asked.iter().all(|one| asks.contains(one)), "{asks:?} {asked:?} {found:?}");
            }
        }
    }
}
