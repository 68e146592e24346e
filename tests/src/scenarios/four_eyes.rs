//! Scenarios of approvals that need the votes of people who made none of the change.

use crate::scenario::{Ends, Faults, Scenario, Step};
use signoff_core::message::APPROVE;
use signoff_core::run::Status;

/// Nobody's vote completes an approval that has no base yet; it goes on by itself once an admin sets one.
pub(super) const FOUR_EYES: Scenario = Scenario {
    name: "four-eyes",
    rules: "
rules:
  - promote-to-production:
      promotes_to: Production
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            self_approval: false
            on_success:
              - webhook: 'HOOK'
",
    steps: &[Step::Begin, Step::Deploy("Staging"), Step::Click("Ben", APPROVE), Step::SetBase],
    swept_from: 3,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// A revision that four eyes let through before is deployed again, and its author approves it alone.
pub(super) const ROLLBACK: Scenario = Scenario {
    name: "rollback",
    steps: &[
        Step::Begin,
        Step::Deploy("Staging"),
        Step::SetBase,
        Step::Click("Ben", APPROVE),
        Step::Deploy("Staging"),
        Step::Click("Ben", APPROVE),
        Step::DeployAgain(0, "Staging"),
        Step::Click("Ana", APPROVE),
    ],
    swept_from: 6,
    ends: Ends {
        approvals: &["approved", "approved", "approved"],
        runs: &[Status::Succeeded, Status::Succeeded, Status::Succeeded],
        refused: false,
    },
    ..FOUR_EYES
};
