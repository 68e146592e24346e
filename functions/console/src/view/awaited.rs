//! Rules that are still to ask people about a deploy.

use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::evaluation::{Evaluated, Evaluation, Finding};
use signoff_store::Page;

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
        // No rule was looked at, and an evaluation before this one may have left some of them waiting.
        if evaluation.problems > 0 {
            let problems = if evaluation.problems == 1 {
                "1 problem".to_owned()
            } else {
                format!("{} problems", evaluation.problems)
            };
            let reason = format!("Signoff found {problems} in the rules file when it last read it");
            all.push(Self { rule: "(unknown)".to_owned(), reason, superseded: false });
        }
        if evaluation.more > 0 {
            let reason = "not all rules are kept of an evaluation".to_owned();
            let rule = format!("{} more rules", evaluation.more);
            all.push(Self { rule, reason, superseded: false });
        }
        all
    }

    /// The rules that rows which can't be read may be about: their approvals may be open or rejected.
    pub(crate) fn unreadable(page: &Page) -> Option<Self> {
        let rows = match page.unreadable_states().count() {
            0 => return None,
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        };
        let reason = format!("this release of Signoff can't read {rows} of the deploy");
        Some(Self { rule: "(unreadable)".to_owned(), reason, superseded: false })
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
    use crate::address::site::Site;
    use crate::json::ApprovalsDocument;
    use crate::sample;
    use serde_json::json;

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

    #[test]
    fn rules_of_a_file_with_problems_are_awaited() {
        let mut evaluation = sample::evaluations()[1].evaluation.clone();
        (evaluation.rules, evaluation.more, evaluation.problems) = (Vec::new(), 0, 1);
        let told = AwaitedView::all(&evaluation);
        let reason = "Signoff found 1 problem in the rules file when it last read it".to_owned();
        assert_eq!(told, [AwaitedView { rule: "(unknown)".to_owned(), reason, superseded: false }]);
    }

    #[test]
    fn unreadable_run_of_a_deploy_is_awaited() {
        let mut page = sample::approved();
        page.unreadable = vec!["deploy#d effect#e".to_owned(), "deploy#d event#e".to_owned()];
        assert_eq!(AwaitedView::unreadable(&page), None);
        page.unreadable.push("deploy#d run#r".to_owned());
        let site = Site::new("https://signoff.example.com").unwrap();
        let document = ApprovalsDocument::new(&page, None, Vec::new(), &site);
        let json = serde_json::to_value(document).unwrap();
        let reason = "this release of Signoff can't read 1 row of the deploy";
        assert_eq!(json["awaited"], json!([{"rule": "(unreadable)", "reason": reason, "superseded": false}]));
    }
}
