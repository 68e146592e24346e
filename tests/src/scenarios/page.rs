//! Scenario of a vote on a deploy's page.

use super::CHANGED;
use crate::scenario::{Ends, Faults, Scenario, Step};
use signoff_core::message::APPROVE;
use signoff_core::run::Status;

/// Scenario in which somebody approves on the deploy's page in the console.
pub(super) const VOTED_ON_PAGE: Scenario = Scenario {
    name: "page",
    rules: CHANGED.rules,
    steps: &[Step::SignIn("Ana"), Step::Deploy("Staging"), Step::VoteOnPage("Ana", APPROVE)],
    swept_from: 2,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};
