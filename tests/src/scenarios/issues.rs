//! Scenario of the actions on issues that a change mentions.

use crate::scenario::{Ends, Faults, Scenario, Step};
use signoff_core::run::Status;

/// Scenario in which an issue gets a comment and moves to another state.
pub(super) const ISSUES: Scenario = Scenario {
    name: "issues",
    rules: "
rules:
  - tell-issues:
      conditions: [\"environment='Staging'\"]
      actions:
        - notify_mentioned_issues: 'It is on staging.'
        - transition_mentioned_issues: Done
",
    steps: &[Step::DeployOfIssue("Staging")],
    swept_from: 0,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &[], runs: &[Status::Succeeded], refused: false },
};
