//! The scenarios of stacks with a policy.

use crate::scenario::{Ends, Faults, Scenario, Step};
use signoff_core::message::APPROVE;
use signoff_core::run::Status;

/// A policy asks for the votes of two people, who approve one after the other; the revision then is the base
/// of its place.
const POLICY_MET: Scenario = Scenario {
    name: "policy",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval: {name: 'First look', channel: '#CHANNEL'}
        - slack_channel_approval:
            name: 'Second look'
            channel: '#CHANNEL'
            on_success:
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[
        Step::Deploy("Staging"),
        Step::Deploy("Staging"),
        Step::Click("Ana", APPROVE),
        Step::Click("Ben", APPROVE),
    ],
    // The first deploy of a stack puts its policy in force.
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends {
        approvals: &["superseded", "approved", "approved"],
        runs: &[Status::Stopped, Status::Succeeded],
        refused: false,
    },
};

/// The policy of the stacks in which those of [`UNDER_POLICY`] are told.
pub const POLICY: &str = "owners: [owen@acme.example, olga@acme.example]\ndefault: {votes_required: 2, break_glass: [owen@acme.example]}\n";

/// Those of stacks with a policy.
pub const UNDER_POLICY: &[Scenario] = &[POLICY_MET];
