//! The scenarios.

mod facts;
mod four_eyes;
mod issues;
mod page;
mod stages;
mod under_policy;

pub use under_policy::{POLICY, UNDER_POLICY};

use crate::scenario::{Ends, Faults, Scenario, Step};
use facts::{ALARMED, APPLAUDED, DRIFTED, QUEUED, REPORTED};
use four_eyes::{FOUR_EYES, ROLLBACK};
use issues::ISSUES;
use page::VOTED_ON_PAGE;
use signoff_core::message::{
    APPROVE, ASK_AGAIN, CANCEL, LIFT_FREEZE, MARK_AS_DONE, REJECT, RETRY, SKIP, UNDO, WITHDRAW,
};
use signoff_core::run::Status;
use stages::STAGES;

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
    faults: Faults::All,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// The same, and what only a process calls that has just begun.
const COLD: Scenario = Scenario { name: "cold", cold: true, ..APPROVED };

/// Scenario of the actions after an approval that `APPROVED` does not have.
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
              - send_event: promoted
              - trigger_build: {parameters: {name: deploy.yml}}
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE)],
    swept_from: 1,
    cold: false,
    faults: Faults::All,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// One approves, one rejects: nothing runs.
const REJECTED: Scenario = Scenario {
    name: "reject",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Click("Ben", REJECT)],
    swept_from: 2,
    cold: false,
    faults: Faults::All,
    ends: Ends { approvals: &["rejected"], runs: &[Status::Stopped], refused: false },
    ..APPROVED
};

/// Scenario in which a rejected approval is asked for again, and approved.
const ASKED_AGAIN: Scenario = Scenario {
    name: "ask-again",
    rules: CHANGED.rules,
    steps: &[
        Step::Deploy("Staging"),
        Step::Click("Ana", REJECT),
        Step::Click("Ben", REJECT),
        Step::Choose("Ana", ASK_AGAIN),
        Step::Click("Ana", APPROVE),
    ],
    swept_from: 3,
    cold: false,
    faults: Faults::Ends,
    ends: Ends {
        approvals: &["rejected", "approved"],
        runs: &[Status::Stopped, Status::Succeeded],
        refused: false,
    },
};

/// Scenario in which a build is approved while its tests still run, and released once they ended.
const NOT_READY: Scenario = Scenario {
    name: "not-ready",
    rules: CHANGED.rules,
    steps: &[Step::DeployBeforeTests("Staging"), Step::Click("Ana", APPROVE), Step::EndTests],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
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
    faults: Faults::All,
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
    faults: Faults::Ends,
    ends: Ends { approvals: &["pending"], runs: &[Status::Running], refused: false },
};

/// A rules file that is refused opens nothing and is told.
const REFUSED_FILE: Scenario = Scenario {
    name: "refused-file",
    rules: "rules:\n  - promote:\n      conditions: [\"environmnt='Staging'\"]\n      actions: []\n",
    steps: &[Step::Deploy("Staging")],
    swept_from: 0,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &[], runs: &[], refused: true },
};

/// No rule holds.
const NO_RULE: Scenario = Scenario {
    name: "no-rule",
    steps: &[Step::Deploy("Production")],
    swept_from: 0,
    cold: false,
    faults: Faults::All,
    ends: Ends { approvals: &[], runs: &[], refused: false },
    ..APPROVED
};

/// Somebody rejects and says why; the rule has something for it.
const REASONED: Scenario = Scenario {
    name: "reason",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            require_reason: both
            on_success:
              - auto_approve_build: 'build-and-deploy'
            on_reject:
              - webhook: 'HOOK'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", REJECT), Step::Explain("not on a Friday")],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["rejected"], runs: &[Status::Stopped], refused: false },
};

/// Somebody cancels and says why.
const CANCELLED: Scenario = Scenario {
    name: "cancel",
    steps: &[Step::Deploy("Staging"), Step::Choose("Ana", CANCEL), Step::Explain("the migration waits")],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["cancelled"], runs: &[Status::Stopped], refused: false },
    ..APPROVED
};

/// A vote is taken back.
const WITHDRAWN: Scenario = Scenario {
    name: "withdraw",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Choose("Ana", WITHDRAW)],
    swept_from: 2,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["pending"], runs: &[Status::Running], refused: false },
    ..APPROVED
};

/// Enough people approved, and the actions run once the time is over in which that can be undone.
const HELD_BACK: Scenario = Scenario {
    name: "hold-back",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            undo_window: '1h'
            on_success:
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::LetQuorumPass],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// Somebody undoes it in that time.
const UNDONE: Scenario = Scenario {
    name: "undo",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Click("Ben", UNDO)],
    swept_from: 2,
    ends: Ends { approvals: &["pending"], runs: &[Status::Running], refused: false },
    faults: Faults::Ends,
    ..HELD_BACK
};

/// A freeze holds what was approved, and somebody who is named lifts it.
const FREEZE_LIFTED: Scenario = Scenario {
    name: "lift-freeze",
    rules: "
rules:
  - promote-to-production:
      freeze: {name: release, dates: 2020-01-01..2099-12-31, break_glass: BEN}
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            on_success:
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[
        Step::Deploy("Staging"),
        Step::Click("Ana", APPROVE),
        Step::Choose("Ben", LIFT_FREEZE),
        Step::Explain("Checkout is down"),
    ],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// Too few people decide in time; the rule has something for it.
const EXPIRED: Scenario = Scenario {
    name: "expire",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            votes_required: 2
            expires_after: '24h'
            on_success:
              - auto_approve_build: 'build-and-deploy'
            on_expire:
              - webhook: 'HOOK'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::LetExpire],
    swept_from: 2,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["expired"], runs: &[Status::Stopped], refused: false },
};

/// A newer deploy takes the place of one that is asked about.
const SUPERSEDED: Scenario = Scenario {
    name: "supersede",
    steps: &[Step::Deploy("Staging"), Step::Deploy("Staging")],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends {
        approvals: &["superseded", "pending"],
        runs: &[Status::Stopped, Status::Running],
        refused: false,
    },
    ..APPROVED
};

/// Nobody knows whether a webhook arrived, and somebody has it sent again.
const RETRIED: Scenario = Scenario {
    name: "retry",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            on_success:
              - webhook: 'HOOK'
              - auto_approve_build: 'build-and-deploy'
",
    steps: &[
        Step::Deploy("Staging"),
        Step::LoseWebhookAnswer,
        Step::Click("Ana", APPROVE),
        Step::Click("Ben", RETRY),
    ],
    swept_from: 3,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// Nobody knows whether a webhook arrived, and somebody looked: it did.
const MARKED: Scenario = Scenario {
    name: "mark-as-done",
    steps: &[
        Step::Deploy("Staging"),
        Step::LoseWebhookAnswer,
        Step::Click("Ana", APPROVE),
        Step::Click("Ben", MARK_AS_DONE),
    ],
    faults: Faults::Ends,
    ..RETRIED
};

/// A job is gone, so a build fails; somebody skips it, and the rest runs.
const SKIPPED: Scenario = Scenario {
    name: "skip",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            on_success:
              - auto_approve_build: 'gone'
              - webhook: 'HOOK'
",
    steps: &[
        Step::Deploy("Staging"),
        Step::Click("Ana", APPROVE),
        Step::Click("Ben", SKIP),
        Step::Explain("We deployed it by hand."),
    ],
    swept_from: 1,
    faults: Faults::Ends,
    ..RETRIED
};

/// A build fails, somebody retries it, and it fails again.
const RETRIED_AFTER_FAILURE: Scenario = Scenario {
    name: "retry-after-failure",
    steps: &[Step::Deploy("Staging"), Step::Click("Ana", APPROVE), Step::Click("Ben", RETRY)],
    swept_from: 2,
    ends: Ends { approvals: &["approved"], runs: &[Status::Stopped], refused: false },
    faults: Faults::Ends,
    ..SKIPPED
};

/// Somebody deletes a dialog: it is posted again.
const DELETED: Scenario = Scenario {
    name: "delete",
    steps: &[Step::Deploy("Staging"), Step::DeleteDialog],
    swept_from: 1,
    ends: Ends { approvals: &["pending"], runs: &[Status::Running], refused: false },
    faults: Faults::Ends,
    ..HELD_BACK
};

/// Somebody is told in person.
const TOLD: Scenario = Scenario {
    name: "tell",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            on_success:
              - notify_deploy_authors: 'It goes out.'
",
    steps: &[Step::Deploy("Staging"), Step::Click("Ben", APPROVE)],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &["approved"], runs: &[Status::Succeeded], refused: false },
};

/// Those of stacks without a policy.
pub const ALL: &[Scenario] = &[
    APPROVED,
    COLD,
    DISPATCHED,
    REJECTED,
    ASKED_AGAIN,
    NOT_READY,
    CHANGED,
    NOT_ELIGIBLE,
    REFUSED_FILE,
    NO_RULE,
    REASONED,
    CANCELLED,
    WITHDRAWN,
    HELD_BACK,
    UNDONE,
    FREEZE_LIFTED,
    EXPIRED,
    SUPERSEDED,
    RETRIED,
    MARKED,
    SKIPPED,
    RETRIED_AFTER_FAILURE,
    DELETED,
    TOLD,
    FOUR_EYES,
    ROLLBACK,
    VOTED_ON_PAGE,
    STAGES,
    REPORTED,
    QUEUED,
    ALARMED,
    APPLAUDED,
    DRIFTED,
    ISSUES,
];
