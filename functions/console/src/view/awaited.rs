//! Rules that are still to ask people about a deploy.

use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::evaluation::{Evaluated, Evaluation, Finding};

/// A rule that asks people and has not asked about the deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct AwaitedView {
    /// Its name.
    pub(crate) rule: String,
    /// The thing that it waits for, in words.
    pub(crate) reason: String,
    /// True if a newer deploy came before it asked: it never will.
    pub(crate) superseded: bool,
}

impl AwaitedView {
    /// Rules of an evaluation that are awaited, in the file's order.
    pub(crate) fn all(evaluation: &Evaluation) -> Vec<Self> {
        let awaited = evaluation.rules.iter().filter(|rule| rule.is_awaited());
        let view = |rule: &Evaluated| Self {
            rule: rule.rule.clone(),
            reason: reason(&rule.finding),
            superseded: rule.finding == Finding::Outdated,
        };
        let mut all: Vec<Self> = awaited.map(view).collect();
        if evaluation.more > 0 {
            let reason = "not all rules are kept of an evaluation".to_owned();
            let rule = format!("{} more rules", evaluation.more);
            all.push(Self { rule, reason, superseded: false });
        }
        all
    }
}

/// The thing that a rule waits for.
fn reason(finding: &Finding) -> String {
    match finding {
        Finding::After { rules } => format!("after {}", rules.join(", ")),
        Finding::Frozen { until, freeze } => format!("frozen until {until}: {freeze}"),
        Finding::Fails { from: Some(from), .. } => format!("its conditions hold from {from} on"),
        Finding::Fails { why, from: None } => format!("its conditions do not hold so far: {why}"),
        Finding::Outdated => "a newer deploy came before it asked".to_owned(),
        Finding::Unsupported { uses } => format!("it can't be opened: {uses}"),
        Finding::Opened { .. } | Finding::OpenBefore { .. } | Finding::NotForDeploys => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn rules_that_are_still_to_ask_are_told_with_what_they_wait_for() {
        let mut evaluation = sample::evaluations()[1].evaluation.clone();
        let why = "issue_type='Migration' fails: issue_type is empty".to_owned();
        let finding = Finding::Fails { why, from: None };
        evaluation.rules.push(Evaluated { rule: "silent".to_owned(), finding, asks: true, expected: true });
        let told = AwaitedView::all(&evaluation);
        let told: Vec<_> =
            told.iter().map(|one| format!("{}: {} ({})", one.rule, one.reason, one.superseded)).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        soaked: its conditions hold from 2026-11-23T10:47:00Z on (false)
        after: after promote, soaked (false)
        old: a newer deploy came before it asked (true)
        ours: it can't be opened: known, not supported yet: base_synced (false)
        frozen: frozen until 2026-11-24T10:42:00Z: weekend (false)
        silent: its conditions do not hold so far: issue_type='Migration' fails: issue_type is empty (false)
        3 more rules: not all rules are kept of an evaluation (false)
        ");
    }
}
