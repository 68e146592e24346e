//! Laws for every policy and every rules file.

use crate::{OWNERS, file, slug};
use proptest::prelude::*;
use signoff_rules::policy::{Place, Policy, parse};
use std::collections::BTreeSet;

/// An action of a rule.
#[derive(Clone, Debug)]
enum Step {
    Tell,
    Act,
    Ask { votes: u32, four_eyes: bool, then: [Vec<Step>; 3] },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![Just(Step::Tell), Just(Step::Act)];
    let step = leaf.prop_recursive(3, 12, 3, |step| {
        let list = || prop::collection::vec(step.clone(), 0..3);
        let ask = (1..4_u32, any::<bool>(), [list(), list(), list()]);
        ask.prop_map(|(votes, four_eyes, then)| Step::Ask { votes, four_eyes, then })
    });
    prop::collection::vec(step, 1..4)
}

/// The steps as a list of YAML.
fn written(steps: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Tell => "slack_deploy_message: x".to_owned(),
        Step::Act => "trigger_build: {parameters: {name: ship.yml}}".to_owned(),
        Step::Ask { votes, four_eyes, then } => {
            let keys = ["on_success", "on_reject", "on_expire"]
                .iter()
                .zip(then)
                .filter(|(_, then)| !then.is_empty());
            let then: String = keys.map(|(key, then)| format!(", {key}: {}", written(then))).collect();
            format!(
                "slack_channel_approval: {{channel: '#a', votes_required: {votes}, self_approval: {}{then}}}",
                !four_eyes
            )
        }
    };
    format!("[{}]", steps.iter().map(step).collect::<Vec<_>>().join(", "))
}

/// Runs the steps in every way that people may decide, from each of these counts of votes. The counts with
/// which the run goes on; the fewest votes that anything acted with go to `acted`.
fn run(steps: &[Step], votes: u32, acted: &mut Option<u32>) -> Vec<u32> {
    let mut going = vec![votes];
    for step in steps {
        let mut next = Vec::new();
        for votes in going {
            match step {
                Step::Tell => next.push(votes),
                Step::Act => {
                    *acted = Some(acted.map_or(votes, |fewest| fewest.min(votes)));
                    next.push(votes);
                }
                Step::Ask { votes: asked, then: [success, reject, expire], .. } => {
                    run(reject, votes, acted);
                    run(expire, votes, acted);
                    next.extend(run(success, votes + asked, acted));
                }
            }
        }
        going = next;
    }
    going
}

const SECTIONS: [&str; 10] = [
    "places: [ship.yml]\n    votes_required: 2",
    "places: ['ship*']\n    votes_required: 1\n    self_approval: false",
    "actions: [trigger_build]\n    votes_required: 3",
    "deployments: [acme/checkout]\n    approvers: '@sre'",
    "deployments: [acme/*]\n    allowed_workflows: other.yml",
    "places: [Production]\n    verified_commits: true",
    "actions: [webhook]\n    votes_required: 9",
    "deployments: [shop/web]\n    expires_after: 1h",
    "actions: [trigger_build]\n    allowed_refs: main",
    "places: [other.yml]\n    allowed_actions: webhook",
];

fn policy(sections: &[&str]) -> Policy {
    let floors: String = sections.iter().map(|section| format!("  - {section}\n")).collect();
    let floors = if floors.is_empty() { String::new() } else { format!("floors:\n{floors}") };
    parse(&format!("{OWNERS}default: {{votes_required: 7}}\n{floors}"), "policy.yml").unwrap()
}

proptest! {
    #[test]
    fn rule_is_short_exactly_where_a_run_acts_with_fewer_votes(steps in steps(), votes in 1..6_u32) {
        let policy = parse(&format!("{OWNERS}default: {{votes_required: {votes}}}"), "policy.yml").unwrap();
        let file = file(&format!("  - a: {{actions: {}}}", written(&steps)));
        let mut acted = None;
        run(&steps, 0, &mut acted);
        let found = policy.judge(&slug("acme/checkout"), &file);
        prop_assert_eq!(found.is_empty(), acted.is_none_or(|fewest| fewest >= votes), "{:?}", found);
    }

    #[test]
    fn another_floor_never_removes_a_shortfall(
        steps in steps(),
        chosen in prop::sample::subsequence(SECTIONS.to_vec(), 0..4),
        more in prop::sample::select(SECTIONS.to_vec()),
    ) {
        // What no floor names leaves the default when one names it; here one names everything.
        let before: Vec<&str> = std::iter::once("deployments: [acme/*]").chain(chosen).collect();
        let after: Vec<&str> = before.iter().copied().chain([more]).collect();
        let file = file(&format!("  - a: {{actions: {}}}\n  - b: {{actions: {}}}", written(&steps), written(&[Step::Act])));
        let judge = |sections: &[&str]| policy(sections).judge(&slug("acme/checkout"), &file);
        let (before, after) = (judge(&before), judge(&after));
        let rules = |found: &[signoff_rules::policy::Shortfall]| {
            found.iter().map(|shortfall| shortfall.rule.clone()).collect::<BTreeSet<_>>()
        };
        prop_assert!(rules(&before).is_subset(&rules(&after)), "{:?} {:?}", before, after);
        let of_approvals = |found: &[signoff_rules::policy::Shortfall]| {
            let keys = found.iter().map(|shortfall| (shortfall.approval.clone(), shortfall.key.clone()));
            keys.filter(|(approval, _)| approval.is_some()).collect::<BTreeSet<_>>()
        };
        prop_assert!(of_approvals(&before).is_subset(&of_approvals(&after)), "{:?} {:?}", before, after);
    }

    #[test]
    fn default_binds_exactly_what_no_floor_names(
        chosen in prop::sample::subsequence(SECTIONS.to_vec(), 0..10),
        deployment in prop::sample::select(vec!["acme/checkout", "acme/api", "shop/web", "shop/api"]),
        place in prop::sample::select(vec!["ship.yml", "Production", "other.yml", "staging"]),
        action in prop::sample::select(vec!["trigger_build", "webhook", "add_deploy_tag"]),
    ) {
        let named = |section: &&str| {
            let (key, value) = section.split('\n').next().unwrap().split_once(": ").unwrap();
            let value = value.trim_matches(['[', ']', '\'']);
            let (fixed, any) = value.split_once('*').map_or((value, false), |(fixed, _)| (fixed, true));
            let with = match key {
                "places" => place,
                "actions" => action,
                _ => deployment,
            };
            if any { with.starts_with(fixed) } else { with == fixed }
        };
        let floor = policy(&chosen).binding(&slug(deployment), &Place::environment(place), action);
        // Its line is the second of the policy.
        let by_default = chosen.iter().all(|section| !named(section));
        let votes = floor.votes.map(|said| (said.value, said.line));
        prop_assert_eq!(votes == Some((7, 2)), by_default, "{:?}", votes);
    }
}
