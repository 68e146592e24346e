//! Rules that are still to ask people about a deploy.

use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::evaluation::{Evaluation, Finding};

/// A rule that will ask for an approval of this deploy later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct AwaitedView {
    /// Its name.
    pub(crate) rule: String,
    /// The thing that it waits for, in words.
    pub(crate) reason: String,
}

impl AwaitedView {
    /// Rules of an evaluation that are awaited, in the file's order.
    pub(crate) fn all(evaluation: &Evaluation) -> Vec<Self> {
        let awaited = evaluation.rules.iter().filter(|rule| rule.is_awaited());
        let mut all: Vec<Self> =
            awaited.map(|rule| Self { rule: rule.rule.clone(), reason: reason(&rule.finding) }).collect();
        if evaluation.more > 0 {
            let reason = "not all rules are kept of an evaluation".to_owned();
            all.push(Self { rule: format!("{} more rules", evaluation.more), reason });
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
        Finding::Opened { .. }
        | Finding::OpenBefore { .. }
        | Finding::Fails { from: None, .. }
        | Finding::Outdated
        | Finding::Unsupported { .. }
        | Finding::NotForDeploys => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn rules_that_are_still_to_ask_are_told_with_what_they_wait_for() {
        let told = AwaitedView::all(&sample::evaluations()[1].evaluation);
        let told: Vec<_> = told.iter().map(|one| format!("{}: {}", one.rule, one.reason)).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        soaked: its conditions hold from 2026-11-23T10:47:00Z on
        after: after promote, soaked
        frozen: frozen until 2026-11-24T10:42:00Z: weekend
        3 more rules: not all rules are kept of an evaluation
        ");
    }
}
