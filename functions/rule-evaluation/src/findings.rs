//! Finding for each rule of a file, for the record.

use crate::plan::{Plan, Scope};
use signoff_core::deploy::Slug;
use signoff_core::evaluation::{Evaluated, Finding};
use signoff_core::freeze::names;
use signoff_core::id::RunId;
use signoff_core::message::shorten;
use signoff_rules::explain::failures;
use signoff_rules::{Rule, Snapshot};
use std::collections::BTreeMap;

/// Longest explanation that is kept of why a rule does not hold, in characters.
const MAX_WHY: usize = 500;

/// Input and result of an evaluation of the rules.
pub(crate) struct EvaluationInput<'a> {
    pub(crate) scope: Scope,
    /// The deploy at the time of the evaluation.
    pub(crate) snapshot: &'a Snapshot,
    /// Plan for the rules.
    pub(crate) plan: &'a Plan<'a>,
    /// Plan for the rules if this deploy were the newest of its environment.
    pub(crate) of_the_newest: &'a Plan<'a>,
    /// The rules that don't act because nothing was approved yet for what they act on; each with the rule
    /// that asks about it.
    pub(crate) without_base: &'a BTreeMap<String, Asker>,
    /// The names of the rules that can't be judged, as what they ask about is not known.
    pub(crate) unjudged: &'a [&'a str],
}

/// A rule that asks about what another one acts on.
#[derive(Debug)]
pub(crate) struct Asker {
    /// Its name.
    pub(crate) rule: String,
    /// The other deployment of the repository whose rules in force have it; `None`: this one's do.
    pub(crate) elsewhere: Option<Slug>,
}

impl Asker {
    /// The reason for which the other rule does not act, with what to do.
    fn why(&self) -> String {
        let Self { rule, elsewhere } = self;
        match elsewhere {
            None => format!(
                "the rule `{rule}` asks about what this rule acts on, and nothing was approved there yet; it acts for the deploys that \
                 follow an approval"
            ),
            Some(deployment) => format!(
                "the rule `{rule}`, in force for {deployment}, another deployment of the repository, asks about what this rule acts on, \
                 and nothing was approved there yet; bring the same rules file into force for both"
            ),
        }
    }
}

impl EvaluationInput<'_> {
    /// Returns the finding for each of `rules` that was looked at. `run`: the id of the run of a rule;
    /// `is_open`: true if an earlier evaluation opened it; `succeeded`: true if the run of the rule of this
    /// name has succeeded.
    pub(crate) fn findings(
        &self,
        rules: &[Rule],
        run: impl Fn(&Rule) -> RunId,
        is_open: impl Fn(&Rule) -> bool,
        succeeded: impl Fn(&str) -> bool,
    ) -> Vec<Evaluated> {
        let finding = |rule: &Rule| {
            if names_one(&self.plan.holding, rule) {
                return Some(Finding::Opened { run: run(rule) });
            }
            if is_open(rule) {
                return Some(Finding::OpenBefore { run: run(rule) });
            }
            if self.scope == Scope::Waiting && !rule.may_open_later() && !self.is_undecided(rule) {
                return None;
            }
            Some(self.closed(rule, &succeeded))
        };
        let found = |rule: &Rule| {
            let finding = finding(rule)?;
            let (asks, expected) = (rule.asks(), rule.asks() && self.is_expected(rule, &finding));
            Some(Evaluated { rule: rule.name.clone(), finding, asks, expected })
        };
        rules.iter().filter_map(found).collect()
    }

    /// True if nobody can say whether a rule that asks people should have asked.
    fn is_undecided(&self, rule: &Rule) -> bool {
        let is_unsupported = !rule.unsupported.is_empty() && rule.may_hold(self.snapshot);
        rule.asks() && rule.applies_to_deploys() && (is_unsupported || self.is_unjudged(rule))
    }

    fn is_unjudged(&self, rule: &Rule) -> bool {
        self.unjudged.contains(&rule.name.as_str())
    }

    /// True if a rule with this finding may still be opened, or was to be opened before a newer deploy came.
    fn is_expected(&self, rule: &Rule, finding: &Finding) -> bool {
        let is_it = |one: &Rule| one.name == rule.name;
        let waits = |plan: &Plan<'_>| {
            // What follows other rules is a stage of theirs. Any other rule may never hold.
            let mut waiting = plan.waiting.iter().filter(|(waiting, _)| is_it(waiting));
            waiting.any(|(_, from)| from.is_some() || !rule.after.is_empty())
        };
        match finding {
            Finding::Fails { from: None, .. } => self.is_unjudged(rule) || waits(self.plan),
            Finding::Outdated => {
                let newest = self.of_the_newest;
                let mut holding = newest.holding.iter().copied();
                let is_frozen = newest.frozen.iter().any(|(frozen, _)| is_it(frozen));
                self.is_unjudged(rule) || waits(newest) || is_frozen || holding.any(is_it)
            }
            Finding::Opened { .. }
            | Finding::OpenBefore { .. }
            | Finding::Frozen { .. }
            | Finding::After { .. }
            | Finding::Fails { from: Some(_), .. }
            | Finding::Unsupported { .. }
            | Finding::NotForDeploys => false,
        }
    }

    /// Returns the finding for a rule that is not opened.
    fn closed(&self, rule: &Rule, succeeded: impl Fn(&str) -> bool) -> Finding {
        if !rule.applies_to_deploys() {
            return Finding::NotForDeploys;
        }
        if let Some(asker) = self.without_base.get(&rule.name) {
            return Finding::Fails { why: shorten(&asker.why(), MAX_WHY), from: None };
        }
        if let Some((_, hold)) = self.plan.frozen.iter().find(|(frozen, _)| frozen.name == rule.name) {
            return Finding::Frozen { until: hold.until, freeze: names(&rule.freeze, hold) };
        }
        if names_one(&self.plan.unsupported, rule)
            || (self.scope == Scope::Waiting && !rule.unsupported.is_empty() && self.is_undecided(rule))
        {
            let uses: Vec<_> = rule.unsupported.iter().map(|problem| problem.message.as_str()).collect();
            return Finding::Unsupported { uses: shorten(&uses.join("; "), MAX_WHY) };
        }
        let waiting = self.plan.waiting.iter().find(|(waiting, _)| waiting.name == rule.name);
        if waiting.is_none() && self.of_the_newest.names(rule) {
            return Finding::Outdated;
        }
        let before: Vec<_> = rule.after.iter().filter(|name| !succeeded(name)).cloned().collect();
        if waiting.is_some() && !before.is_empty() {
            return Finding::After { rules: before };
        }
        let why = failures(&rule.conditions, &rule.sees(self.snapshot)).join("; ");
        Finding::Fails { why: shorten(&why, MAX_WHY), from: waiting.and_then(|(_, from)| *from) }
    }
}

fn names_one(rules: &[&Rule], rule: &Rule) -> bool {
    rules.iter().any(|one| one.name == rule.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::plan::tests::deploy;
    use signoff_core::deploy::Deploy;
    use signoff_rules::variables::Known;

    const RULES: &str = "rules:\n\
        - at-once: {conditions: [environment='staging'], actions: [trigger_build]}\n\
        - soaked: {conditions: [deployed_for>='5m', environment='staging'], actions: [trigger_build]}\n\
        - never: {conditions: [environment='production' or tags='#db'], actions: [trigger_build]}\n\
        - second: {after: [at-once, soaked], actions: [trigger_build]}\n\
        - ours: {conditions: [base_synced], actions: [trigger_build]}\n\
        - acts: {freeze: {name: weekend, days: [sat, sun], time_zone: UTC}, actions: [trigger_build]}\n\
        - pulls: {triggers: [pr_opened], actions: [trigger_build]}\n\
        - silent: {conditions: [issue_type='Bug'], actions: [slack_channel_approval: &ask {channel: '#gate'}]}\n\
        - later: {conditions: [base_synced and environment='staging'], actions: [slack_channel_approval: *ask]}\n\
        - healthy: {conditions: [health='Healthy'], actions: [slack_channel_approval: *ask]}\n\
        - stage: {after: at-once, conditions: [health='Healthy'], actions: [slack_channel_approval: *ask]}\n";

    /// Returns the finding for each rule, a line each. `opened`: the rules whose runs were opened before, and
    /// succeeded.
    fn told(deploy: &Deploy, scope: Scope, now: &str, opened: &[&str], outdated: bool) -> String {
        let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let (known, now) = (Known::new(deploy), now.parse().unwrap());
        let is_open = |rule: &Rule| opened.contains(&rule.name.as_str());
        let succeeded = |name: &str| opened.contains(&name);
        let looked_at = file.rules.iter().filter(|rule| !is_open(rule));
        let of_the_newest = plan(looked_at, scope, succeeded, &known, now);
        let mut plan = of_the_newest.clone();
        if outdated {
            plan.forget_the_newest();
        }
        let snapshot = &Snapshot::at(&known, now);
        let without_base = BTreeMap::new();
        let looked = EvaluationInput {
            scope,
            snapshot,
            plan: &plan,
            of_the_newest: &of_the_newest,
            without_base: &without_base,
            unjudged: &["silent"],
        };
        let run = |rule: &Rule| RunId::from_text(format!("run of {}", rule.name));
        let found = looked.findings(&file.rules, run, is_open, succeeded);
        let expected = |found: &Evaluated| if found.expected { " (expected)" } else { "" };
        let lines =
            found.iter().map(|found| format!("{}: {:?}{}\n", found.rule, found.finding, expected(found)));
        lines.collect()
    }

    #[test]
    fn what_came_of_each_rule_of_a_new_deploy() {
        // A Saturday.
        let (deploy, now) = (deploy("2026-11-21T11:58:00Z"), "2026-11-21T12:00:00Z");
        insta::assert_snapshot!(told(&deploy, Scope::All, now, &[], false));
    }

    #[test]
    fn what_came_of_the_rules_that_waited() {
        let (deploy, now) = (deploy("2026-11-21T11:55:00Z"), "2026-11-23T00:00:00Z");
        insta::assert_snapshot!(told(&deploy, Scope::Waiting, now, &["at-once"], false));
    }

    #[test]
    fn what_came_of_the_rules_that_waited_when_a_newer_deploy_came() {
        let (deploy, now) = (deploy("2026-11-21T11:55:00Z"), "2026-11-23T00:00:00Z");
        insta::assert_snapshot!(told(&deploy, Scope::Waiting, now, &["at-once"], true));
    }
}
