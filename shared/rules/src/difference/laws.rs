//! Proof on random files: a change that counts at once lets nothing more act.

use super::*;
use crate::condition::{Snapshot, Value};
use crate::parse;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ENVIRONMENTS: [&str; 2] = ["Staging", "Production"];
const TAGS: [&str; 2] = ["#a", "#b"];
/// Most rules of a file.
const RULES: u8 = 4;

/// A rule as it is drawn: its number, the number of the rule that it comes after where the file has it, and
/// the rest of its text.
#[derive(Clone, Debug)]
struct Drawn {
    number: u8,
    after: Option<u8>,
    conditions: String,
    actions: String,
}

impl Drawn {
    fn text(&self, present: &BTreeSet<u8>) -> String {
        // One that comes after itself or a later one may never open: the file would have a mistake.
        let after = self.after.filter(|after| *after < self.number && present.contains(after));
        let after = after.map_or_else(String::new, |after| format!("after: r{after}, "));
        format!(
            "- r{}: {{{after}conditions: [{}], actions: [{}]}}\n",
            self.number, self.conditions, self.actions
        )
    }
}

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&ENVIRONMENTS[..]).prop_map(|name| format!("environment='{name}'")),
        2 => prop::sample::select(&TAGS[..]).prop_map(|tag| format!("tags='{tag}'")),
        1 => prop::sample::select(&TAGS[..]).prop_map(|tag| format!("tags!='{tag}'")),
        1 => (0..RULES).prop_map(|rule| format!("failed_rules='r{rule}'")),
        1 => (0..RULES).prop_map(|rule| format!("failed_rules!='r{rule}'")),
    ]
}

fn acting() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..2u8).prop_map(|n| format!("auto_approve_build: b{n}")),
        Just("webhook: 'https://a.example'".to_owned()),
        prop::sample::select(&TAGS[..]).prop_map(|tag| format!("add_deploy_tag: '{tag}'")),
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

fn rule() -> impl Strategy<Value = Drawn> {
    let conditions = prop::collection::vec(condition(), 0..3);
    let actions = prop::collection::vec(action(), 1..3);
    (0..RULES, prop::option::of(0..RULES), conditions, actions).prop_map(
        |(number, after, conditions, actions)| {
            let conditions: Vec<_> = conditions.iter().map(|text| format!("\"{text}\"")).collect();
            let actions: Vec<_> = actions.iter().map(|text| format!("{{{text}}}")).collect();
            Drawn { number, after, conditions: conditions.join(", "), actions: actions.join(", ") }
        },
    )
}

/// Rules with different names, by their numbers.
fn rules() -> impl Strategy<Value = BTreeMap<u8, Drawn>> {
    prop::collection::vec(rule(), 0..4)
        .prop_map(|rules| rules.into_iter().map(|rule| (rule.number, rule)).collect())
}

/// The file with these rules; `None`: it has a mistake, such as two approvals of one name in a rule.
fn read(rules: &BTreeMap<u8, Drawn>) -> Option<RulesFile> {
    let present: BTreeSet<u8> = rules.keys().copied().collect();
    let text: String = rules.values().map(|rule| rule.text(&present)).collect();
    parse(&format!("rules:\n{text}"), "rules.yml").ok()
}

/// Two files, of which the second one often has rules of the first.
fn pair() -> impl Strategy<Value = (RulesFile, RulesFile)> {
    (rules(), rules(), prop::bool::weighted(0.9)).prop_filter_map("a mistake", |(one, mut two, alike)| {
        if alike {
            for (number, rule) in &one {
                two.entry(*number).or_insert_with(|| rule.clone());
            }
        }
        Some((read(&one)?, read(&two)?))
    })
}

/// Default tags, before and after.
fn tags() -> impl Strategy<Value = (Vec<&'static str>, Vec<&'static str>)> {
    let tags = || prop::sample::subsequence(&TAGS[..], 0..=TAGS.len());
    (tags(), tags(), prop::bool::weighted(0.7)).prop_map(|(before, after, alike)| {
        let after = if alike { before.clone() } else { after };
        (before, after)
    })
}

/// Returns the actions that run for a deploy before anybody votes, and the approvals, once every rule that
/// can open has opened. `failing`: the rules whose runs stop.
fn opened(
    file: &RulesFile,
    environment: &str,
    tags: &[&str],
    failing: &BTreeSet<String>,
) -> (Vec<String>, Vec<String>) {
    let mut tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    let (mut acts, mut asks, mut opened) = (Vec::new(), Vec::new(), BTreeSet::new());
    loop {
        let failed = opened.intersection(failing).cloned().collect();
        let mut snapshot = Snapshot::new();
        snapshot.set("environment", Value::Text(environment.to_owned()));
        snapshot.set("tags", Value::List(tags.clone()));
        snapshot.set("failed_rules", Value::List(failed));
        let has_succeeded = |name: &String| opened.contains(name) && !failing.contains(name);
        let opens = |rule: &&Rule| {
            !opened.contains(&rule.name) && rule.after.iter().all(has_succeeded) && rule.opens_for(&snapshot)
        };
        let now: Vec<&Rule> = file.rules.iter().filter(opens).collect();
        if now.is_empty() {
            return (acts, asks);
        }
        for rule in now {
            opened.insert(rule.name.clone());
            asks.extend(approvals(rule).into_iter().map(|spec| format!("{} {spec:?}", rule.name)));
            for action in &rule.actions {
                match action.kind() {
                    Kind::Asks => break,
                    Kind::Acts => acts.push(format!("{} {action:?}", rule.name)),
                    Kind::Tells | Kind::Watches => {}
                }
                if let Action::AddDeployTag(tag) = action {
                    tags.push(tag.clone());
                }
            }
        }
    }
}

proptest! {
    // Most pairs need an approval, and are left out.
    #![proptest_config(ProptestConfig { cases: 500, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn what_counts_at_once_lets_nothing_more_act(
        (in_force, proposal) in pair(),
        (before, after) in tags(),
        failing in prop::collection::btree_set((0..RULES).prop_map(|rule| format!("r{rule}")), 0..3),
    ) {
        let found = difference(&in_force, &proposal, before != after);
        prop_assume!(found.is_guarded && !found.needs_approval());
        for environment in ENVIRONMENTS {
            let (acted, asked) = opened(&in_force, environment, &before, &failing);
            let (acts, asks) = opened(&proposal, environment, &after, &failing);
            prop_assert!(acts.iter().all(|one| acted.contains(one)), "{acts:?} {acted:?} {found:?}");
            prop_assert!(asked.iter().all(|one| asks.contains(one)), "{asks:?} {asked:?} {found:?}");
        }
    }
}
