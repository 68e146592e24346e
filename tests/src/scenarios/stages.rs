//! Scenario of a rule that waits for another one (`after`).

use crate::scenario::{Ends, Faults, Scenario, Step};
use signoff_core::message::APPROVE;
use signoff_core::run::Status;

/// Scenario of two stages, each with an approval of its own: the second one opens once the first one's
/// actions are done.
pub(super) const STAGES: Scenario = Scenario {
    name: "stages",
    rules: "
rules:
  - canary:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote to canary'
            channel: '#CHANNEL'
            on_success:
              - slack_channel_message: {channel: '#CHANNEL', message: 'It is on canary.'}
  - everyone:
      after: [canary]
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote to everyone'
            channel: '#CHANNEL'
            on_success:
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Click("Ben", APPROVE)],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends {
        approvals: &["approved", "approved"],
        runs: &[Status::Succeeded, Status::Succeeded],
        refused: false,
    },
};
