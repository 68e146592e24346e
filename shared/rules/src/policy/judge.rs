//! Rules against the policy.

mod allowed;

use super::counting::{self, Together, Wanting, needed, plural, wanting};
use super::place::acting;
use super::votes::{self, Votes};
use super::{Floor, Policy, Said};
use crate::difference::opens;
use crate::file::{Rule, RulesFile};
use crate::problem::one_line;
use signoff_core::action::{Action, ApprovalSpec, QuotaSpec};
use signoff_core::deploy::Slug;
use std::collections::{BTreeMap, BTreeSet};

/// The most shortfalls that are told of one rule.
const MAX_SHORTFALLS: usize = 20;
/// The most approvals that are counted behind an action, and the most rules that are followed back by
/// `after`.
const MAX_BEHIND: usize = 200;

/// A rule as it is judged: of a file, or of a run on record.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// Its name.
    pub rule: &'a str,
    /// Its line in the rules file, from 1; `None`: it is not known any more.
    pub line: Option<usize>,
    /// The environment that it names in `promotes_to`.
    pub promotes_to: Option<&'a str>,
    /// Its actions, in order.
    pub actions: &'a [Action],
    /// The rules whose runs have to succeed first.
    pub after: Vec<Before<'a>>,
}

/// A rule whose run has to succeed before that of another one.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// Its actions, in order.
    pub actions: &'a [Action],
    /// The environment that it names in `promotes_to`.
    pub promotes_to: Option<&'a str>,
}

/// One way in which a rule is below the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The rule's name.
    pub rule: String,
    /// Its line in the rules file, from 1; `None`: it is not known.
    pub rule_line: Option<usize>,
    /// The name of the approval that it is about; `None`: it is about an action.
    pub approval: Option<String>,
    /// The key of the policy.
    pub key: String,
    /// Its line in the policy, from 1.
    pub policy_line: usize,
    /// Description of the shortfall, as a clause that names the line of the policy.
    pub message: String,
    /// Correction, as a clause.
    pub suggestion: String,
}

impl Shortfall {
    /// Returns all of it for people, on one line: the rule with its line, the shortfall, and the correction.
    pub fn text(&self) -> String {
        let line = self.rule_line.map(|line| format!(" (line {line})")).unwrap_or_default();
        one_line(format!("Rule `{}`{line}: {}; {}.", self.rule, self.message, self.suggestion))
    }
}

impl<'a> Judged<'a> {
    /// `rule` of `file`.
    pub fn of(rule: &'a Rule, file: &'a RulesFile) -> Self {
        let by_name = file.rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        Self::among(rule, &by_name)
    }

    fn among(rule: &'a Rule, by_name: &BTreeMap<&str, &'a Rule>) -> Self {
        let (mut after, mut seen) = (Vec::new(), BTreeSet::new());
        let mut ahead: Vec<&str> = rule.after.iter().map(String::as_str).collect();
        while let Some(name) = ahead.pop() {
            if after.len() < MAX_BEHIND
                && seen.insert(name)
                && let Some(before) = by_name.get(name)
            {
                after.push(Before { actions: &before.actions, promotes_to: before.promotes_to.as_deref() });
                ahead.extend(before.after.iter().map(String::as_str));
            }
        }
        let (line, promotes_to) = (Some(rule.at.line), rule.promotes_to.as_deref());
        Self { rule: &rule.name, line, promotes_to, actions: &rule.actions, after }
    }
}

impl Policy {
    /// Every way in which a rule of `file` is below the floor of `deployment`, in the file's order. A rule
    /// that deploys never open is not judged.
    pub fn judge(&self, deployment: &Slug, file: &RulesFile) -> Vec<Shortfall> {
        let by_name = file.rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        let rules = file.rules.iter().filter(|rule| opens(rule));
        rules.flat_map(|rule| self.judge_rule(deployment, &Judged::among(rule, &by_name))).collect()
    }

    /// Returns every way in which one rule is below the floor, each once, at most 20. None: the policy allows
    /// everything that it does.
    pub fn judge_rule(&self, deployment: &Slug, judged: &Judged<'_>) -> Vec<Shortfall> {
        self.walked(deployment, judged).found
    }

    /// The floors that one rule meets only by the votes of several approvals together. Somebody may have
    /// voted in each of them: before the rule acts, as many different people as each of these says must have.
    /// None: one approval asks them all, each of another person.
    pub fn votes_together(&self, deployment: &Slug, judged: &Judged<'_>) -> Vec<Together> {
        self.walked(deployment, judged).together
    }

    fn walked<'a>(&'a self, deployment: &'a Slug, judged: &'a Judged<'_>) -> Judging<'a> {
        let mut behind = Vec::new();
        judged.after.iter().for_each(|before| guaranteed(before.actions, &mut behind));
        behind.truncate(MAX_BEHIND);
        let promotes_to = judged.environment();
        let (found, together) = (Vec::new(), Vec::new());
        let mut judging =
            Judging { policy: self, deployment, judged, promotes_to, found, noted: 0, together };
        judging.walk(judged.actions, &mut behind, None);
        judging
    }
}

/// The approvals without which a run of `actions` does not succeed.
fn guaranteed<'a>(actions: &'a [Action], found: &mut Vec<&'a ApprovalSpec>) {
    for action in actions {
        if let Action::SlackChannelApproval(spec) = action
            && found.len() < MAX_BEHIND
        {
            found.push(spec);
            guaranteed(&spec.on_success, found);
        }
    }
}

/// A rule being judged.
struct Judging<'a> {
    policy: &'a Policy,
    deployment: &'a Slug,
    judged: &'a Judged<'a>,
    promotes_to: Option<&'a str>,
    found: Vec<Shortfall>,
    /// Number of shortfalls so far, with those that were found before.
    noted: usize,
    together: Vec<Together>,
}

impl<'a> Judging<'a> {
    /// Judges what acts in `actions`, which follow the approvals `behind` and, where it is said, an approval
    /// that ended otherwise than with an approval.
    fn walk(&mut self, actions: &'a [Action], behind: &mut Vec<&'a ApprovalSpec>, ended: Option<&str>) {
        for action in actions {
            if self.found.len() >= MAX_SHORTFALLS {
                return;
            }
            if let Some(name) = acting(action) {
                self.act(action, name, behind, ended);
            }
            // What a monitor has done are rules of their own.
            let Action::SlackChannelApproval(spec) = action else { continue };
            let count = behind.len();
            for (then, end) in [(&spec.on_reject, "rejected"), (&spec.on_expire, "expired")] {
                self.walk(then, behind, Some(end));
                behind.truncate(count);
            }
            if count < MAX_BEHIND {
                behind.push(spec);
            }
            self.walk(&spec.on_success, behind, ended);
        }
    }

    fn act(&mut self, action: &Action, name: &str, behind: &[&ApprovalSpec], ended: Option<&str>) {
        let floor = self.policy.floor_of(self.deployment, self.judged, action, name);
        self.allowed(action, name, &floor);
        self.votes(&one_line(action.to_string()), &floor, behind, ended);
    }

    /// Notes a shortfall, once.
    fn short(&mut self, approval: Option<&str>, (key, line): (&str, usize), message: String, right: String) {
        let shortfall = Shortfall {
            rule: self.judged.rule.to_owned(),
            rule_line: self.judged.line,
            approval: approval.map(str::to_owned),
            key: key.to_owned(),
            policy_line: line,
            message: one_line(format!("line {line} of the policy {message}")),
            suggestion: one_line(right),
        };
        self.noted += 1;
        if self.found.len() < MAX_SHORTFALLS && !self.found.contains(&shortfall) {
            self.found.push(shortfall);
        }
    }

    fn together(&mut self, together: Together) {
        if !self.together.contains(&together) {
            self.together.push(together);
        }
    }

    /// Notes what the approvals lack if the policy asks for no vote, and yet none of the approvals is as it
    /// wants.
    fn limits(&mut self, floor: &Floor, behind: &[&ApprovalSpec]) {
        if behind.iter().all(|spec| !wanting(floor, spec).is_empty()) {
            self.wanting(floor, behind);
        }
    }

    /// Notes what the approvals lack.
    fn wanting(&mut self, floor: &Floor, behind: &[&ApprovalSpec]) {
        for spec in behind {
            for Wanting { key, line, message, right } in wanting(floor, spec) {
                let name = one_line(spec.name.clone());
                let right = format!("{right} in the approval \u{201c}{name}\u{201d}");
                self.short(Some(&spec.name), (key, line), message, right);
            }
        }
    }

    /// Notes a shortfall unless enough votes stand behind the action.
    fn votes(&mut self, action: &str, floor: &Floor, behind: &[&ApprovalSpec], ended: Option<&str>) {
        let Some((needed, source)) = needed(floor) else { return self.limits(floor, behind) };
        let of = |spec: &&ApprovalSpec| {
            counting::counted(floor, spec).into_iter().map(|(_, votes)| votes).collect::<Vec<_>>()
        };
        let all: Vec<Votes> = behind.iter().flat_map(|spec| votes::of(spec)).collect();
        let counted: Vec<Votes> = behind.iter().flat_map(of).collect();
        let meets = |quotas: &Said<Vec<QuotaSpec>>| votes::meet(&quotas.value, &counted);
        if votes::sum(&counted) >= needed && floor.quotas.iter().all(meets) {
            let is_enough = |spec: &&ApprovalSpec| {
                let alone = of(spec);
                let meets = |quotas: &Said<Vec<QuotaSpec>>| votes::meet(&quotas.value, &alone);
                votes::sum(&alone) >= needed && floor.quotas.iter().all(meets)
            };
            if !behind.iter().any(is_enough) {
                self.together(Together::new(needed, source.1, floor));
            }
            return;
        }
        let before = self.noted;
        if votes::sum(&all) < needed {
            let (count, missing) = (plural(needed), missing(&all, ended));
            let message = format!("asks for {count} before `{action}`, and {missing}");
            self.short(None, source, message, ask_for(needed, behind));
        }
        self.wanting(floor, behind);
        for said in &floor.approvers {
            for spec in behind {
                if !votes::of(spec).iter().all(|votes| votes.are_from(&said.value)) {
                    let (name, list) = (one_line(spec.name.clone()), said.value.join(", "));
                    let message = format!("counts only the votes of {list}");
                    let right = format!("write `approvers: [{list}]` in the approval \u{201c}{name}\u{201d}");
                    self.short(Some(&spec.name), ("approvers", said.line), message, right);
                }
            }
        }
        for said in floor.quotas.iter().filter(|said| !votes::meet(&said.value, &all)) {
            let quota = |quota: &QuotaSpec| {
                let votes = plural(u64::from(quota.votes));
                format!("{votes} from {}", quota.from.join(" or "))
            };
            let list = said.value.iter().map(quota).collect::<Vec<_>>().join(", ");
            let message = format!("asks for {list} before `{action}`");
            let right = "list these under `votes_required` of an approval before it".to_owned();
            self.short(None, ("votes_required", said.line), message, right);
        }
        if self.noted == before {
            let message = format!("asks for {} before `{action}`, and fewer count", plural(needed));
            self.short(None, source, message, ask_for(needed, behind));
        }
    }
}

/// Returns the votes that stand behind an action, as a clause.
fn missing(votes: &[Votes], ended: Option<&str>) -> String {
    let asked = match votes::sum(votes) {
        0 => "the rule asks nobody before it".to_owned(),
        1 => "only 1 is asked before it".to_owned(),
        count => format!("only {count} are asked before it"),
    };
    let ended = ended.map(|end| format!(" (it runs when an approval is {end})")).unwrap_or_default();
    format!("{asked}{ended}")
}

fn ask_for(needed: u64, behind: &[&ApprovalSpec]) -> String {
    match behind.last() {
        Some(spec) => {
            let name = one_line(spec.name.clone());
            format!("write `votes_required: {needed}` in the approval \u{201c}{name}\u{201d}")
        }
        None => format!("put it after a `slack_channel_approval` with `votes_required: {needed}`"),
    }
}
