//! Scenarios of facts that become known of a deploy after it arrived, and of the rules that they open.

use crate::scenario::{Ends, Faults, Scenario, Step};
use signoff_core::facts::Health;
use signoff_core::run::Status;

/// Scenario in which a report of a deploy's health opens a rule.
pub(super) const REPORTED: Scenario = Scenario {
    name: "report",
    rules: "
rules:
  - unhealthy:
      conditions: [\"environment='Staging'\", \"health='Unhealthy'\"]
      actions:
        - slack_channel_message: {channel: '#CHANNEL', message: 'It does not work.'}
",
    steps: &[Step::Deploy("Staging"), Step::Report(Health::Unhealthy)],
    swept_from: 1,
    cold: false,
    faults: Faults::Ends,
    ends: Ends { approvals: &[], runs: &[Status::Succeeded], refused: false },
};

/// Scenario in which a report that lost its races opens the same rule.
pub(super) const QUEUED: Scenario = Scenario {
    name: "queued-report",
    steps: &[Step::Deploy("Staging"), Step::QueueReport(Health::Unhealthy)],
    ..REPORTED
};

/// Scenario in which a CloudWatch alarm opens the same rule.
pub(super) const ALARMED: Scenario = Scenario {
    name: "alarm",
    steps: &[Step::WatchByAlarm("Staging"), Step::Deploy("Staging"), Step::Alarm],
    swept_from: 2,
    ..REPORTED
};

/// Scenario in which a reaction to a dialog opens a rule.
pub(super) const APPLAUDED: Scenario = Scenario {
    name: "applaud",
    rules: "
rules:
  - promote-to-production:
      conditions: [\"environment='Staging'\"]
      actions:
        - slack_channel_approval:
            name: 'Promote deploy to production'
            channel: '#CHANNEL'
            on_success:
              - auto_approve_build: 'build-and-deploy'
  - applauded:
      conditions: [\"environment='Staging'\", \"deploy_message_reactions_plus_1>=1\"]
      actions:
        - slack_channel_message: {channel: '#CHANNEL', message: 'Somebody likes it.'}
",
    steps: &[Step::Deploy("Staging"), Step::Applaud("Ana")],
    swept_from: 1,
    ends: Ends { approvals: &["pending"], runs: &[Status::Running, Status::Succeeded], refused: false },
    ..REPORTED
};

/// Scenario in which production falls behind staging, and catches up.
pub(super) const DRIFTED: Scenario = Scenario {
    name: "drift",
    rules: "
rules:
  - watch:
      conditions: [\"environment='Staging'\"]
      actions:
        - monitor_drift:
            environment: Production
            threshold: '1h'
            on_over:
              - slack_channel_message: {channel: '#CHANNEL', message: 'Production is behind.'}
            on_under:
              - slack_channel_message: {channel: '#CHANNEL', message: 'Production caught up.'}
",
    steps: &[Step::DeployOfEarlier("Staging"), Step::DeployAgain(0, "Production")],
    swept_from: 0,
    ends: Ends {
        approvals: &[],
        runs: &[Status::Succeeded, Status::Succeeded, Status::Succeeded],
        refused: false,
    },
    ..REPORTED
};
