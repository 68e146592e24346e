//! Rules of a proposed file that already ask people while the file in force still counts.
//!
//! An approval that only the proposed file has is opened at once. Actions that only that file has wait until
//! it is in force.

use crate::difference::{approvals, opens};
use crate::file::{Rule, RulesFile, rule_hash};
use signoff_core::action::{Action, ApprovalSpec, Kind, RulesFileStep};
use std::collections::BTreeSet;

/// Note in the dialog of an approval that only a proposed file has.
const SAYS: &str =
    "\n:hourglass: Only the proposed rules file asks this. What follows waits until that file is in force.";

/// The rules of a proposed file that ask already, and those that wait.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposed {
    /// The rules that ask, beside those in force.
    pub asked: Vec<ProposedRule>,
    /// The names of the rules that act without asking anybody, and wait.
    pub waiting: Vec<String>,
}

/// A rule made of one of a proposed file: its approvals, and what waits behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedRule {
    /// The rule; no rule in force has its name.
    pub rule: Rule,
    /// The rule in force that it was made of another version of; `None`: it is new.
    pub instead_of: Option<Instead>,
}

/// A rule in force, and whether it must be opened for a deploy, or must not, for the proposed one to be
/// asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// The name of the rule in force.
    pub rule: String,
    /// True if it must be opened: then only the approvals that it does not have are asked for.
    pub opened: bool,
}

/// Finds the rules of `proposal`, the file with the id `file`, that ask beside those of `in_force`.
pub fn proposed(in_force: &RulesFile, proposal: &RulesFile, file: &str) -> Proposed {
    let mut taken: BTreeSet<String> =
        in_force.rules.iter().chain(&proposal.rules).map(|rule| rule.name.clone()).collect();
    let mut name = |rule: &Rule, end: &str| {
        let mut name = format!("{} ({end})", rule.name);
        while !taken.insert(name.clone()) {
            name.push('\'');
        }
        name
    };
    let mut found = Proposed::default();
    for rule in proposal.rules.iter().filter(|rule| opens(rule)) {
        let old = in_force.rules.iter().find(|old| opens(old) && old.name == rule.name);
        if old.is_some_and(|old| old.hash == rule.hash) {
            continue;
        }
        if approvals(rule).is_empty() {
            let acts = rule.actions.iter().any(Action::may_act);
            found.waiting.extend(acts.then(|| rule.name.clone()));
            continue;
        }
        // Under its own name a newer deploy's approval takes the place of an older one, also once the file is
        // in force.
        let is_new = in_force.rules.iter().all(|known| known.name != rule.name);
        let called = if is_new { rule.name.clone() } else { name(rule, "proposed") };
        let whole = made(rule, called, waiting(hold_back(&rule.actions, file), file));
        let instead_of = old.map(|old| Instead { rule: old.name.clone(), opened: false });
        found.asked.push(ProposedRule { rule: whole, instead_of });
        let Some(old) = old else { continue };
        let known: BTreeSet<&str> = approvals(old).into_iter().map(|spec| spec.name.as_str()).collect();
        // What the rule in force does is its own business: nothing follows these but what they are for.
        let more: Vec<Action> = approvals(rule)
            .into_iter()
            .filter(|spec| !known.contains(spec.name.as_str()))
            .map(|spec| asks(spec, Vec::new(), Vec::new(), Vec::new()))
            .collect();
        if !more.is_empty() {
            let rule = made(rule, name(rule, "proposed too"), waiting(more, file));
            let instead_of = Some(Instead { rule: old.name.clone(), opened: true });
            found.asked.push(ProposedRule { rule, instead_of });
        }
    }
    found
}

fn made(rule: &Rule, name: String, actions: Vec<Action>) -> Rule {
    let rule = Rule { name, actions, ..rule.clone() };
    Rule { hash: rule_hash(&rule), ..rule }
}

/// `actions`, and at their end a step that waits for the file where none does: an approval that only a
/// proposed file asks for is told by it from one of the rules in force.
fn waiting(mut actions: Vec<Action>, file: &str) -> Vec<Action> {
    let wait = Action::RulesFile(RulesFileStep::Await { file: file.to_owned() });
    if !waits(&actions) {
        actions.push(wait);
    }
    actions
}

/// True if a step among `actions`, at whatever depth, waits for a file.
fn waits(actions: &[Action]) -> bool {
    actions.iter().any(|action| match action {
        Action::RulesFile(_) => true,
        Action::SlackChannelApproval(spec) => {
            waits(&spec.on_success) || waits(&spec.on_reject) || waits(&spec.on_expire)
        }
        _ => false,
    })
}

/// `actions` with those that act at the end, behind a step that waits for the file.
fn hold_back(actions: &[Action], file: &str) -> Vec<Action> {
    let (acting, others): (Vec<_>, Vec<_>) =
        actions.iter().cloned().partition(|action| action.kind() == Kind::Acts);
    let mut held: Vec<_> = others
        .into_iter()
        .map(|action| match action {
            Action::SlackChannelApproval(spec) => {
                let then = |actions: &[Action]| hold_back(actions, file);
                asks(&spec, then(&spec.on_success), then(&spec.on_reject), then(&spec.on_expire))
            }
            other => other,
        })
        .collect();
    if !acting.is_empty() {
        held.push(Action::RulesFile(RulesFileStep::Await { file: file.to_owned() }));
        held.extend(acting);
    }
    held
}

fn asks(
    spec: &ApprovalSpec,
    on_success: Vec<Action>,
    on_reject: Vec<Action>,
    on_expire: Vec<Action>,
) -> Action {
    let prompt = format!("{}{SAYS}", spec.prompt);
    Action::SlackChannelApproval(ApprovalSpec { prompt, on_success, on_reject, on_expire, ..spec.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    /// The rules that a proposed file has asked, a line each, and those that wait.
    fn told(before: &str, after: &str) -> String {
        let read = |rules: &str| parse(&format!("rules:\n{rules}"), "rules.yml").unwrap();
        let found = proposed(&read(before), &read(after), "0123456789");
        let lines = found.asked.iter().map(|ProposedRule { rule, instead_of }| {
            let run = signoff_core::run::Run::open(
                &signoff_core::run::Opening {
                    deploy: &signoff_core::id::DeployId::from_text("d"),
                    revision: "r",
                    rule: &rule.name,
                    rule_hash: &rule.hash,
                    actions: &rule.actions,
                    followed: false,
                },
                jiff::Timestamp::UNIX_EPOCH,
            );
            let steps: Vec<_> = run.next.steps.iter().map(|step| step.action.to_string()).collect();
            let of =
                instead_of.as_ref().map_or_else(String::new, |of| format!(" [{} {}]", of.rule, of.opened));
            format!("{}{of}: {}\n", rule.name, steps.join(", "))
        });
        format!("{}waiting: {}", lines.collect::<String>(), found.waiting.join(", "))
    }

    #[test]
    fn a_proposed_file_has_its_approvals_asked_and_its_actions_wait() {
        let gate = "- gate: {conditions: [environment='a'], actions: [slack_channel_approval: {name: A, channel: '#c', \
                    on_success: [trigger_build]}]}\n";
        let ship = "- ship: {actions: [trigger_build]}\n";
        let both = gate.replace(
            "]}]}",
            "]}, slack_channel_approval: {name: B, channel: '#c', on_success: [trigger_build]}]}",
        );
        let other =
            gate.replace("gate", "other").replace("on_success: [", "on_success: [slack_deploy_message: m, ");
        let all: Vec<_> = [
            (gate, gate.to_owned()),
            (gate, ship.to_owned()),
            (gate, gate.replace("votes", "x").replace("channel: '#c'", "channel: '#d'")),
            (gate, both),
            (gate, other),
            (ship, gate.replace("[slack", "[trigger_build, slack")),
        ]
        .iter()
        .map(|(before, after)| told(before, after))
        .collect();
        insta::assert_snapshot!(all.join("\n\n"), @"
        waiting: 

        waiting: ship

        gate (proposed) [gate false]: slack_channel_approval: A, wait until the rules file 0123456 is in force, trigger_build: CircleCI pipeline
        waiting: 

        gate (proposed) [gate false]: slack_channel_approval: A, wait until the rules file 0123456 is in force, trigger_build: CircleCI pipeline, slack_channel_approval: B, wait until the rules file 0123456 is in force, trigger_build: CircleCI pipeline
        gate (proposed too) [gate true]: slack_channel_approval: B, wait until the rules file 0123456 is in force
        waiting: 

        other: slack_channel_approval: A, slack_deploy_message, wait until the rules file 0123456 is in force, trigger_build: CircleCI pipeline
        waiting: 

        gate: slack_channel_approval: A, wait until the rules file 0123456 is in force, trigger_build: CircleCI pipeline, wait until the rules file 0123456 is in force, trigger_build: CircleCI pipeline
        waiting: 
        ");
    }
}
