//! The scenarios.

use crate::scenario::{Ends, Scenario, Step};
use approval::message::{APPROVE, REJECT};
use approval::run::Status;

/// Two people approve; every kind of action follows: repeatable, observable, neither, a message.
const APPROVED: Scenario = Scenario {
    name: "approve",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            votes_required: 2
            on_success:
              - auto_approve_build: 'build-and-deploy'
              - trigger_build: {parameters: {deploy_prod: true}}
              - webhook: 'HOOK'
              - add_to_deploy_message_thread: 'It goes out.'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Click("Ben", APPROVE)],
    swept_from: 0,
    cold: false,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// The same, and what only a process calls that has just begun.
const COLD: Scenario = Scenario { name: "cold", cold: true, ..APPROVED };

/// What follows an approval for the actions that `APPROVED` does not have.
const DISPATCHED: Scenario = Scenario {
    name: "dispatch",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            on_success:
              - slack_channel_message: {channel: '#CHANNEL', message: 'It goes out.'}
              - trigger_build: {parameters: {name: deploy.yml}}
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE)],
    swept_from: 1,
    cold: false,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// One approves, one rejects: nothing runs.
const REJECTED: Scenario = Scenario {
    name: "reject",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Click("Ben", REJECT)],
    swept_from: 2,
    cold: false,
    ends: Ends { approvals: &["rejected"], runs: &[Status::Stopped], refused: false },
    ..APPROVED
};

/// A vote is changed, and decides.
const CHANGED: Scenario = Scenario {
    name: "change",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            votes_required: 1
            rejections_required: 2
            on_success:
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", REJECT), Step::Click("Ana", APPROVE)],
    swept_from: 1,
    cold: false,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// Somebody may not vote, and is told.
const NOT_ELIGIBLE: Scenario = Scenario {
    name: "not-eligible",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            authors_only: true
            on_success:
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ben", APPROVE)],
    swept_from: 1,
    cold: false,
    ends: Ends { approvals: &["pending"], runs: &[Status::Running], refused: false },
};

/// A rules file that is refused opens nothing and is told.
const REFUSED_FILE: Scenario = Scenario {
    name: "refused-file",
    rules: "rules:\n  - promote:\n      conditions: [\"environmnt='Staging'\"]\n      actions: []\n",
    steps: &[Step::Deploy("Staging")],
    swept_from: 0,
    cold: false,
    ends: Ends { approvals: &[], runs: &[], refused: true },
};

/// No rule holds.
const NO_RULE: Scenario = Scenario {
    name: "no-rule",
    steps: &[Step::Deploy("Production")],
    swept_from: 0,
    cold: false,
    ends: Ends { approvals: &[], runs: &[], refused: false },
    ..APPROVED
};

/// All of them.
pub const ALL: &[Scenario] =
    &[APPROVED, COLD, DISPATCHED, REJECTED, CHANGED, NOT_ELIGIBLE, REFUSED_FILE, NO_RULE];
