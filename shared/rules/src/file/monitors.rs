//! `monitor_drift`, and the rules that are made of it.

use super::reader::Reader;
use super::{Rule, RuleCondition, rule_hash};
use crate::condition::{Comparison, Condition, Operand, Operator};
use crate::reference::{LONGEST_WAIT, MONITOR_DRIFT, names};
use crate::variables::DRIFT;
use crate::yaml::{Entry, Node};
use signoff_core::action::{Action, DriftMonitor};
use std::collections::HashSet;

/// The action's name.
pub(super) const MONITOR: &str = "monitor_drift";
/// The action as it can be written.
pub(super) const MONITOR_EXAMPLE: &str =
    "`environment: Production`, `threshold: '2h'` and `on_over:` under it";

const KEYS: [&str; MONITOR_DRIFT.len()] = names(&MONITOR_DRIFT);

impl Reader<'_> {
    /// `{environment, threshold, on_over, on_under}`.
    pub(super) fn drift_monitor(&mut self, node: &Node, rule: &str) -> Option<DriftMonitor> {
        let entries = self.mapping(node, MONITOR, MONITOR_EXAMPLE)?;
        let (mut environment, mut threshold) = (None, None);
        let (mut on_over, mut on_under) = (Vec::new(), Vec::new());
        for entry in self.known(entries, MONITOR, &KEYS) {
            let key = entry.key.as_str();
            match key {
                "environment" => environment = self.environment(&entry.value),
                "threshold" => threshold = self.wait(&entry.value, key, "2h", LONGEST_WAIT),
                "on_over" => on_over = self.actions(&entry.value, key, rule),
                "on_under" => on_under = self.actions(&entry.value, key, rule),
                _ => {}
            }
        }
        let acts = |entry: &Entry| matches!(entry.key.as_str(), "on_over" | "on_under");
        let is_known = entries.iter().all(|entry| KEYS.contains(&entry.key.as_str()));
        if !entries.iter().any(acts) && is_known && environment.is_some() && threshold.is_some() {
            let message = format!("{MONITOR} has no actions, so nothing happens whatever the drift is");
            let right = "write, for example, `on_over: [trigger_build]` under it".to_owned();
            self.notice(node.start, message, right);
        }
        let named = self.required(node, entries, MONITOR, "environment");
        self.required(node, entries, MONITOR, "threshold").and(named)?;
        Some(DriftMonitor { environment: environment?, threshold: threshold?, on_over, on_under })
    }

    /// An environment. A condition can't name one with spaces; the rules that are made of a monitor can.
    fn environment(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "environment")?;
        let name = name.trim();
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' '))
        {
            return Some(name.to_owned());
        }
        let message = format!("the drift to `{name}` can't be told");
        let right =
            "the environment has to have a name of letters, digits, spaces, `.`, `-` and `_`".to_owned();
        self.problem(node.start, message, right);
        None
    }
}

/// `rules`, each followed by those that are made of its monitors: one that opens once the drift is over the
/// threshold, and one after that for once it is under it again. A name that another rule has is not taken.
pub(super) fn expand(rules: Vec<Rule>) -> Vec<Rule> {
    let mut names: HashSet<String> = rules.iter().map(|rule| rule.name.clone()).collect();
    let mut all = Vec::with_capacity(rules.len());
    for rule in rules {
        with_monitors(rule, &mut names, &mut all);
    }
    all
}

fn with_monitors(rule: Rule, names: &mut HashSet<String>, all: &mut Vec<Rule>) {
    let mut monitors = Vec::new();
    rule.actions.iter().for_each(|action| find(action, &mut monitors));
    let mut made = Vec::new();
    for monitor in monitors {
        let mut name = |end: &str| {
            let mut name = format!("{} (drift to {} {end})", rule.name, monitor.environment);
            while !names.insert(name.clone()) {
                name.push('\'');
            }
            name
        };
        let (over, under) = (name("over"), name("under"));
        made.push(of(monitor, (&over, &rule.name), &rule, Operator::GreaterOrEqual, &monitor.on_over));
        made.push(of(monitor, (&under, &over), &rule, Operator::Less, &monitor.on_under));
    }
    all.push(rule);
    for rule in made {
        with_monitors(rule, names, all);
    }
}

/// The rule `name` that does `actions` after the rule `after`: frozen and placed as `rule` is, which has the
/// monitor.
fn of(
    monitor: &DriftMonitor,
    (name, after): (&str, &str),
    rule: &Rule,
    operator: Operator,
    actions: &[Action],
) -> Rule {
    let variable = format!("{DRIFT}{}", monitor.environment.to_lowercase());
    let value = Operand::Text(format!("{}s", monitor.threshold.as_secs()));
    let condition = Condition::Comparison(Comparison { variable, operator, value });
    let conditions = vec![RuleCondition { description: None, condition }];
    let rule = Rule {
        name: name.to_owned(),
        description: None,
        triggers: Vec::new(),
        promotes_to: rule.promotes_to.clone(),
        after: vec![after.to_owned()],
        freeze: rule.freeze.clone(),
        conditions,
        actions: actions.to_vec(),
        unsupported: Vec::new(),
        at: rule.at,
        hash: String::new(),
    };
    Rule { hash: rule_hash(&rule), ..rule }
}

/// The monitors of an action; those of an approval's own actions too.
fn find<'a>(action: &'a Action, found: &mut Vec<&'a DriftMonitor>) {
    match action {
        Action::MonitorDrift(monitor) => found.push(monitor),
        Action::SlackChannelApproval(spec) => {
            let then = spec.on_success.iter().chain(&spec.on_reject).chain(&spec.on_expire);
            then.for_each(|action| find(action, found));
        }
        Action::AutoApproveBuild(_)
        | Action::TriggerBuild(_)
        | Action::SlackChannelMessage(_)
        | Action::AddToDeployMessageThread(_)
        | Action::NotifyDeployAuthors(_)
        | Action::NotifyDeployer(_)
        | Action::SlackPersonalMessage(_)
        | Action::SlackDeployMessage(_)
        | Action::AddDeployTag(_)
        | Action::NotifyMentionedIssues(_)
        | Action::TransitionMentionedIssues(_)
        | Action::TransitionIssues(_)
        | Action::UpdateMentionedIssues(_)
        | Action::Webhook(_)
        | Action::SendEvent(_)
        // A monitor takes no `on_failure`.
        | Action::WithOnFailure(_)
        | Action::RulesFile(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn a_monitor_makes_rules_that_come_after_its_own() {
        let text = "rules:\n\
            - promote (drift to qa over): {actions: [trigger_build]}\n\
            - promote:\n    \
                actions:\n    \
                - slack_channel_approval:\n        \
                    channel: '#a'\n        \
                    on_success:\n        \
                    - monitor_drift: {environment: QA, threshold: 2h, on_over: [trigger_build]}\n    \
                - monitor_drift:\n        \
                    environment: qa\n        \
                    threshold: 1d\n        \
                    on_over:\n        \
                    - monitor_drift: {environment: dev, threshold: 30s, on_under: [webhook: 'https://x.io']}\n";
        let file = parse(text, "rules.yml").unwrap();
        let told = file.rules.iter().map(|rule| {
            let conditions: Vec<_> =
                rule.conditions.iter().map(|entry| entry.condition.to_string()).collect();
            let actions: Vec<_> = rule.actions.iter().map(ToString::to_string).collect();
            format!(
                "{} | after {:?} | {} | {}",
                rule.name,
                rule.after,
                conditions.join(" "),
                actions.join(", ")
            )
        });
        insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
        promote (drift to qa over) | after [] |  | trigger_build: CircleCI pipeline
        promote | after [] |  | slack_channel_approval: promote, monitor_drift: qa
        promote (drift to QA over) | after ["promote"] | drift_to_qa>='7200s' | trigger_build: CircleCI pipeline
        promote (drift to QA under) | after ["promote (drift to QA over)"] | drift_to_qa<'7200s' | 
        promote (drift to qa over)' | after ["promote"] | drift_to_qa>='86400s' | monitor_drift: dev
        promote (drift to qa over)' (drift to dev over) | after ["promote (drift to qa over)'"] | drift_to_dev>='30s' | 
        promote (drift to qa over)' (drift to dev under) | after ["promote (drift to qa over)' (drift to dev over)"] | drift_to_dev<'30s' | webhook: https://x.io
        promote (drift to qa under) | after ["promote (drift to qa over)'"] | drift_to_qa<'86400s' |
        "#);
        let hashes: std::collections::HashSet<_> = file.rules.iter().map(|rule| &rule.hash).collect();
        assert_eq!(hashes.len(), file.rules.len());
    }

    #[test]
    fn a_monitor_watches_an_environment_with_spaces() {
        let text = "rules:\n- a: {actions: [monitor_drift: {environment: Pre Prod, threshold: 2h, on_over: [trigger_build]}]}\n";
        let file = parse(text, "rules.yml").unwrap();
        assert_eq!(file.rules[1].drifts().into_iter().collect::<Vec<_>>(), ["pre prod"]);
    }

    #[test]
    fn what_is_wrong_with_a_monitor_is_told() {
        let told: Vec<_> =
            ["{}", "x", "{environment: a/b, threshold: soon}", "{environmet: QA, threshold: 2h}", ""]
                .into_iter()
                .map(|value| {
                    let text = format!("rules:\n- a: {{actions: [monitor_drift: {value}]}}\n");
                    let problems = parse(&text, "rules.yml").unwrap_err();
                    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
                })
                .collect();
        insta::assert_snapshot!(told.join("\n"), @"
        rules.yml:2:32: monitor_drift has no `environment`; write `environment: Production`, `threshold: '2h'` and `on_over:` under it
        rules.yml:2:32: monitor_drift has no `threshold`; write `environment: Production`, `threshold: '2h'` and `on_over:` under it
        rules.yml:2:32: monitor_drift takes keys with values, not a text; write `environment: Production`, `threshold: '2h'` and `on_over:` under it
        rules.yml:2:46: the drift to `a/b` can't be told; the environment has to have a name of letters, digits, spaces, `.`, `-` and `_`
        rules.yml:2:62: threshold takes a time: a whole number and s, m, h or d; write, for example, `threshold: '2h'`
        rules.yml:2:33: monitor_drift takes no key `environmet`; did you mean `environment`?
        rules.yml:2:17: `monitor_drift` needs a value; write `environment: Production`, `threshold: '2h'` and `on_over:` under it
        ");
    }
}
