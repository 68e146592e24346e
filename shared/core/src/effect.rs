//! Effects: things to do outside. Each is committed together with the state that it follows from, and done
//! after the commit.

mod asked;
mod counted;
mod name;

pub use asked::Asked;

use crate::approval::{Dialog, Outcome, Successor};
use crate::facts::Report;
use crate::id::{ApprovalId, DeployId, EffectId, RunId, digest};
use crate::people::Handle;
use crate::run::FirstTry;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time for which a claimed effect belongs to the process that claimed it; longer than a function may
/// run.
pub const LEASE: SignedDuration = SignedDuration::from_secs(45);
/// The time after its commit for which an effect is left to the queue. Then the clock sends it again.
pub const GRACE: SignedDuration = SignedDuration::from_secs(90);
/// The longest time for which an effect's message may wait in the queue. The clock's minutes are too coarse
/// for an effect that is due sooner.
const HIDDEN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// The longest time between the evaluations of one deploy that wait in one FIFO group.
const DUE_TOGETHER: SignedDuration = SignedDuration::from_secs(10);
/// The number of attempts after which an effect fails for good.
pub const MAX_ATTEMPTS: u32 = 8;
/// The time for which effects that people wait for are tried again: a dialog that has nowhere to go (a
/// channel to be made, an app to be invited), or voters that can't be looked up.
pub const PARKED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Something to do to the outside world, as a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Effect {
    /// Its id.
    pub id: EffectId,
    /// The deploy that it belongs to.
    pub deploy: DeployId,
    /// The thing to do.
    pub kind: EffectKind,
    /// Its state.
    pub state: EffectState,
    /// The number of times that it was claimed.
    pub attempts: u32,
    /// The number of these attempts that do not count against giving up: a provider asked to wait, or a row
    /// could not be read.
    #[serde(default, skip_serializing_if = "counted::is_zero")]
    pub spared: u32,
    /// The FIFO group of its messages, where it has one of its deployment's lanes or lines; else its kind has
    /// the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The time at which it was committed.
    pub created_at: Timestamp,
    /// The earliest time at which it can be claimed: the end of the lease, or the time of the next attempt.
    pub not_before: Timestamp,
    /// The time at which the clock sends it again, unless it is done before.
    pub due_at: Timestamp,
    /// The last thing that went wrong.
    pub note: Option<String>,
    /// The build that an attempt started. Later attempts look at this one, and start no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<StartedBuild>,
    /// The requests for a build that attempts sent, or were about to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The time since which its step waits for what is still to come. A freeze or a policy that holds the
    /// step ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<Timestamp>,
    /// The time at which it was to be done first, where that is later than its commit: it has a time of its
    /// own, or something held it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_due: Option<Timestamp>,
    /// The wait that its last attempt asked for when its answer was lost. `None`: it asked for none, or it
    /// just ended, and may have sent its request as late as the end of its lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<SignedDuration>,
}

/// A build that an attempt started, as the CI named it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum StartedBuild {
    /// A pipeline of CircleCI.
    Pipeline {
        /// Its id.
        id: String,
        /// Its number in the project.
        number: u64,
        /// Its page.
        url: String,
    },
    /// A workflow run of GitHub Actions.
    Run {
        /// Its id in the repository.
        id: u64,
        /// Its page.
        url: String,
    },
}

impl StartedBuild {
    /// Its id at its CI.
    pub fn id(&self) -> String {
        match self {
            Self::Pipeline { id, .. } => id.clone(),
            Self::Run { id, .. } => id.to_string(),
        }
    }

    /// Its page.
    pub fn url(&self) -> &str {
        match self {
            Self::Pipeline { url, .. } | Self::Run { url, .. } => url,
        }
    }
}

/// A thing to do outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum EffectKind {
    /// Read the rules file and open a run of each rule that holds.
    EvaluateRules {
        /// The number of this look at a deploy that the host may not confirm yet, from 0. `None`: it is none;
        /// only the rules that wait for news of the deploy are evaluated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        look: Option<usize>,
    },
    /// Evaluate the rules of a deploy again, whose rules could not be read or evaluated, because somebody
    /// asked for it.
    EvaluateAgain,
    /// Ask again for an approval that is closed, by the rules in force.
    AskAgain {
        /// The approval.
        approval: ApprovalId,
        /// Its run.
        run: RunId,
        /// The person who asks (a Slack user id).
        by: String,
        /// Their name.
        name: String,
    },
    /// Put a report of the deploy's health on record, which lost its races with others.
    RecordHealth {
        /// The source of the report.
        source: String,
        /// The report.
        report: Report,
    },
    /// Run a step's action.
    RunStep {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
    },
    /// Run a step's action once more, because somebody asked for it.
    RetryStep {
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The effect that tried it first.
        first: FirstTry,
        /// True if an earlier try may have done it: this one looks first.
        looks: bool,
    },
    /// Tell a run how the approval that it waits for ended.
    AdvanceRun {
        /// The run.
        run: RunId,
        /// The approval's step, from 0.
        step: usize,
        /// The outcome of the approval.
        outcome: Outcome,
    },
    /// Look up once more whether those who approved may vote, and approve if so.
    ConfirmQuorum {
        /// The approval.
        approval: ApprovalId,
    },
    /// End an approval that nobody decided in time.
    Expire {
        /// The approval.
        approval: ApprovalId,
    },
    /// Say in the dialog's thread who is still needed; or tell each owner of the policy, directly, that they
    /// are asked about another one.
    Remind {
        /// The approval.
        approval: ApprovalId,
    },
    /// Have the dialog of an approval say that a freeze window opened or closed.
    WatchFreeze {
        /// The approval.
        approval: ApprovalId,
    },
    /// Look again whether an approval can be judged that was blocked.
    JudgeAgain {
        /// The approval.
        approval: ApprovalId,
        /// The number of this look since the approval was blocked, from 1; 0: this look is out of turn.
        round: u32,
    },
    /// Check once a day that the approvers of an approval can still complete it: Slack doesn't notify Signoff
    /// when one of them leaves.
    WatchApprovers {
        /// The approval.
        approval: ApprovalId,
    },
    /// Look again at approvals that are open, because the facts that they are judged by changed.
    JudgeOthers {
        /// Those that are looked at.
        others: Others,
        /// The place in the list of open approvals at which this look begins; `None`: it is the first of
        /// several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// Look again at everything that the policy binds, because another one came into force: approvals that
    /// are open, and steps that it keeps back.
    ApplyPolicy {
        /// The deploy after which this look at the steps goes on, in the order of ids; `None`: it is the
        /// first of several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<DeployId>,
    },
    /// Put on record which header secrets the stack has, and where each may go: a rules file names one
    /// that is not there as far as the record knows.
    ListHeaderSecrets,
    /// Say in the dialog's thread who lifted the freeze.
    TellFreezeLifted {
        /// The approval.
        approval: ApprovalId,
    },
    /// Tell everybody in the channel that somebody broke the glass.
    TellGlassBroken {
        /// The approval.
        approval: ApprovalId,
    },
    /// Say in the dialog's thread that the review of a broken glass is owed, until it is done.
    RemindReview {
        /// The approval.
        approval: ApprovalId,
        /// The number of this reminder, from 1.
        round: u32,
    },
    /// Count the revision that went ahead by a broken glass as approved, now that it was reviewed.
    SettleReview {
        /// The approval.
        approval: ApprovalId,
    },
    /// End the approval that an older deploy's run waits for.
    Supersede {
        /// The older deploy.
        deploy: DeployId,
        /// Its run.
        run: RunId,
        /// The newer deploy.
        by: Successor,
    },
    /// Draw an approval's dialog from its newest state.
    DrawDialog {
        /// The approval.
        approval: ApprovalId,
    },
    /// Draw a step's line from its newest state.
    DrawStep {
        /// The approval whose dialog has the thread; `None`: the line goes to the deployment's channel.
        approval: Option<ApprovalId>,
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
    },
    /// Tell people of a step's failure in a message of its own, or draw that message anew.
    TellFailure {
        /// The approval whose dialog has the thread; `None`: it goes to the deployment's channel.
        approval: Option<ApprovalId>,
        /// The run.
        run: RunId,
        /// The step's number, from 0.
        step: usize,
        /// The time of the failure.
        failed_at: Timestamp,
    },
    /// Tell one person something that only they see.
    TellPerson {
        /// The channel's id.
        channel: String,
        /// The Slack user id.
        user: String,
        /// The message, in Slack's mrkdwn.
        text: String,
    },
    /// Tell a member something in their direct message: no channel takes it, or they may be in none.
    TellMember {
        /// The Slack user id.
        user: String,
        /// The message, in Slack's mrkdwn.
        text: String,
    },
    /// Say something in the dialog's thread.
    TellThread {
        /// The approval.
        approval: ApprovalId,
        /// The message, in Slack's mrkdwn.
        text: String,
        /// True if the message mentions those who deployed, too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        to_deployers: bool,
    },
    /// Tell a channel something.
    TellChannel {
        /// `#name` or a channel id.
        channel: String,
        /// The message, in Slack's mrkdwn.
        text: String,
    },
    /// Tell a channel that the rules of the deploy were not evaluated, with a button that has them evaluated
    /// again.
    OfferEvaluation {
        /// `#name` or a channel id.
        channel: String,
        /// The message, in Slack's mrkdwn.
        text: String,
    },
    /// Ask a member in a direct message whether a git account or an address is theirs, or draw that question
    /// anew.
    AskMember {
        /// The account or the address.
        handle: Handle,
        /// The version of its entry that the question is about.
        version: u64,
        /// The question's place, where it stands already.
        at: Option<Dialog>,
    },
}

/// The open approvals that are looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "are", rename_all = "snake_case")]
pub enum Others {
    /// The deployment's, but for the approval that let a revision through or whose base an admin set.
    MovedBy {
        /// That approval.
        approval: ApprovalId,
    },
    /// The blocked ones of every deployment: the list of people changed.
    Blocked,
    /// All of every deployment.
    All,
}

/// The state of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// Committed, and to be done (again).
    Pending,
    /// Claimed by a process, until its lease runs out.
    Started,
    /// Done.
    Succeeded,
    /// Not done, and given up.
    Failed,
    /// Perhaps done: the answer was lost, and it must not be repeated unseen.
    Unknown,
}

/// The answer to a process that claims an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Yes. `lost`: an earlier attempt started and nobody knows how it ended.
    Take {
        /// True if the end of an earlier attempt is unknown.
        lost: bool,
    },
    /// Another process has it, until then.
    Held {
        /// The time at which its lease runs out.
        until: Timestamp,
    },
    /// It is tried again then, and not before.
    Wait {
        /// The time of the next attempt.
        until: Timestamp,
    },
    /// There is nothing left to do.
    Closed,
}

/// The queue that carries an effect to the function that does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queue {
    /// To rule-evaluation.
    Deploys,
    /// To action-execution.
    Effects,
}

impl EffectKind {
    /// Say `text` (in mrkdwn) in the thread of the dialog of `approval`.
    pub fn tell_thread(approval: ApprovalId, text: String) -> Self {
        Self::TellThread { approval, text, to_deployers: false }
    }

    /// Look again at `others`, from the first one on.
    pub fn judge_others(others: Others) -> Self {
        Self::JudgeOthers { others, from: None }
    }

    /// The queue that carries it.
    pub fn queue(&self) -> Queue {
        match self {
            Self::EvaluateRules { .. }
            | Self::EvaluateAgain
            | Self::AskAgain { .. }
            | Self::RecordHealth { .. } => Queue::Deploys,
            Self::RunStep { .. }
            | Self::RetryStep { .. }
            | Self::TellFailure { .. }
            | Self::AdvanceRun { .. }
            | Self::ConfirmQuorum { .. }
            | Self::Expire { .. }
            | Self::Remind { .. }
            | Self::WatchFreeze { .. }
            | Self::JudgeAgain { .. }
            | Self::WatchApprovers { .. }
            | Self::JudgeOthers { .. }
            | Self::ApplyPolicy { .. }
            | Self::ListHeaderSecrets
            | Self::TellFreezeLifted { .. }
            | Self::TellGlassBroken { .. }
            | Self::RemindReview { .. }
            | Self::SettleReview { .. }
            | Self::Supersede { .. }
            | Self::DrawDialog { .. }
            | Self::DrawStep { .. }
            | Self::TellPerson { .. }
            | Self::TellMember { .. }
            | Self::TellThread { .. }
            | Self::TellChannel { .. }
            | Self::OfferEvaluation { .. }
            | Self::AskMember { .. } => Queue::Effects,
        }
    }

    /// True if people wait for it, so that it is tried again for a day: without it, an approval can't be
    /// decided, a dialog is wrong, or people miss a message that needs them.
    pub fn is_waited_for(&self) -> bool {
        match self {
            Self::DrawDialog { .. }
            | Self::ConfirmQuorum { .. }
            | Self::Expire { .. }
            | Self::Supersede { .. }
            | Self::AdvanceRun { .. }
            | Self::TellFailure { .. }
            | Self::WatchFreeze { .. }
            | Self::WatchApprovers { .. }
            | Self::JudgeOthers { .. }
            | Self::ApplyPolicy { .. }
            | Self::TellFreezeLifted { .. }
            | Self::TellGlassBroken { .. }
            | Self::SettleReview { .. }
            | Self::DrawStep { .. }
            | Self::Remind { .. }
            | Self::TellMember { .. }
            | Self::TellThread { .. }
            | Self::TellChannel { .. }
            | Self::OfferEvaluation { .. } => true,
            Self::EvaluateRules { .. }
            | Self::EvaluateAgain
            | Self::AskAgain { .. }
            | Self::RecordHealth { .. }
            | Self::RunStep { .. }
            | Self::RetryStep { .. }
            | Self::ListHeaderSecrets
            | Self::JudgeAgain { .. }
            | Self::RemindReview { .. }
            | Self::TellPerson { .. }
            | Self::AskMember { .. } => false,
        }
    }

    /// True if an effect before it may have done the same thing, so that its own first attempt has to look.
    pub fn looks_first(&self) -> bool {
        match self {
            Self::RetryStep { looks, .. } => *looks,
            Self::EvaluateRules { .. }
            | Self::EvaluateAgain
            | Self::AskAgain { .. }
            | Self::RecordHealth { .. }
            | Self::RunStep { .. }
            | Self::AdvanceRun { .. }
            | Self::ConfirmQuorum { .. }
            | Self::Expire { .. }
            | Self::Remind { .. }
            | Self::WatchFreeze { .. }
            | Self::JudgeAgain { .. }
            | Self::WatchApprovers { .. }
            | Self::JudgeOthers { .. }
            | Self::ApplyPolicy { .. }
            | Self::ListHeaderSecrets
            | Self::TellFreezeLifted { .. }
            | Self::TellGlassBroken { .. }
            | Self::RemindReview { .. }
            | Self::SettleReview { .. }
            | Self::Supersede { .. }
            | Self::DrawDialog { .. }
            | Self::DrawStep { .. }
            | Self::TellFailure { .. }
            | Self::TellPerson { .. }
            | Self::TellMember { .. }
            | Self::TellThread { .. }
            | Self::TellChannel { .. }
            | Self::OfferEvaluation { .. }
            | Self::AskMember { .. } => false,
        }
    }

    /// The FIFO group: effects of one group are done one after the other, in the order of their commits. A
    /// run's steps are one group, and the drawing of an approval is another, so that a build that is tried
    /// again does not hold up the dialog.
    pub fn group(&self, deploy: &DeployId) -> String {
        match self {
            Self::EvaluateRules { .. } => format!("deploy-{deploy}"),
            // A try that waits for its time must not hold up one that somebody asked for.
            Self::EvaluateAgain => format!("again-{deploy}"),
            Self::AskAgain { run, .. } => format!("ask-again-{run}"),
            Self::RecordHealth { .. } => format!("health-{deploy}"),
            Self::RunStep { run, .. } | Self::RetryStep { run, .. } | Self::AdvanceRun { run, .. } => {
                format!("run-{run}")
            }
            // What waits for its time must not hold up what doesn't.
            Self::ConfirmQuorum { approval } => format!("quorum-{approval}"),
            // A look that waits for its time must not hold up one that is asked for now.
            Self::JudgeAgain { approval, round } => format!("judge-{approval}-{round}"),
            Self::JudgeOthers { others, .. } => match others {
                Others::MovedBy { approval } => format!("judge-others-{approval}"),
                Others::Blocked => format!("judge-blocked-{deploy}"),
                Others::All => format!("judge-all-{deploy}"),
            },
            Self::ApplyPolicy { .. } => format!("policy-{deploy}"),
            Self::ListHeaderSecrets => format!("header-secrets-{deploy}"),
            // Each has its own time: in one group, the hidden message of one would hold up another that is
            // due before it.
            Self::Expire { approval } => format!("expire-{approval}"),
            Self::Remind { approval } => format!("remind-{approval}"),
            Self::WatchFreeze { approval } => format!("freeze-{approval}"),
            Self::WatchApprovers { approval } => format!("watch-{approval}"),
            Self::RemindReview { approval, .. } => format!("remind-review-{approval}"),
            Self::SettleReview { approval } => format!("review-{approval}"),
            Self::Supersede { run, .. } => format!("supersede-{run}"),
            // It stands above the lines of what runs then.
            Self::TellFreezeLifted { approval }
            | Self::TellGlassBroken { approval }
            | Self::TellThread { approval, .. }
            | Self::DrawDialog { approval }
            | Self::DrawStep { approval: Some(approval), .. }
            | Self::TellFailure { approval: Some(approval), .. } => {
                format!("dialog-{approval}")
            }
            Self::DrawStep { approval: None, run, .. } | Self::TellFailure { approval: None, run, .. } => {
                format!("lines-{run}")
            }
            Self::TellPerson { user, .. } | Self::TellMember { user, .. } => format!("person-{user}"),
            Self::TellChannel { .. } | Self::OfferEvaluation { .. } => format!("tell-{deploy}"),
            Self::AskMember { handle, .. } => format!("people-{}", digest(&[&handle.to_string()])),
        }
    }
}

impl Effect {
    /// An effect as it is committed at `now`.
    pub fn new(id: EffectId, deploy: DeployId, kind: EffectKind, now: Timestamp) -> Self {
        Self {
            id,
            deploy,
            kind,
            state: EffectState::Pending,
            attempts: 0,
            spared: 0,
            lane: None,
            created_at: now,
            not_before: now,
            due_at: now + GRACE,
            note: None,
            build: None,
            asked: None,
            waits_since: None,
            first_due: None,
            backoff: None,
        }
    }

    /// An effect that is committed at `now` and to be done at `at`.
    pub fn later(id: EffectId, deploy: DeployId, kind: EffectKind, at: Timestamp, now: Timestamp) -> Self {
        let mut effect = Self::new(id, deploy, kind, now);
        effect.not_before = at.max(now);
        effect.first_due = (at > now).then_some(at);
        effect.due_at = if effect.is_sent_at(now) { effect.not_before + GRACE } else { effect.not_before };
        effect
    }

    /// The FIFO group that its message is sent in: its lane, or that of its kind. What waits for its time
    /// must not hold up what is due before it. So a look at a quorum has a group of its own then: people may
    /// undo that quorum, or lift its freeze, and the look that follows is due at once. Evaluations of a
    /// deploy share one only if they are due at about the same time; a group for each would let many of one
    /// deploy take every invocation.
    pub fn group(&self) -> String {
        let group = self.lane.clone().unwrap_or_else(|| self.kind.group(&self.deploy));
        let waits = self.not_before > self.created_at;
        match self.kind {
            EffectKind::ConfirmQuorum { .. } if waits => {
                format!("{group}-{}", self.not_before.as_millisecond())
            }
            EffectKind::EvaluateRules { .. } if waits && self.lane.is_none() => {
                format!("{group}-{}", self.not_before.as_second() / DUE_TOGETHER.as_secs())
            }
            _ => group,
        }
    }

    /// True if its message goes to the queue at `now`, where it is hidden until its time. If that time is
    /// further away, the clock sends the message.
    pub fn is_sent_at(&self, now: Timestamp) -> bool {
        self.not_before.duration_since(now) <= HIDDEN_FOR
    }

    /// The effect as it is while the process that claimed it at `now` does it.
    pub fn started(&self, now: Timestamp) -> Self {
        Self {
            state: EffectState::Started,
            attempts: self.attempts + 1,
            not_before: now + LEASE,
            due_at: now + LEASE,
            backoff: None,
            ..self.clone()
        }
    }

    /// The effect as it is when it is to be tried again after `wait`, because of `note`.
    pub fn postponed(&self, now: Timestamp, wait: SignedDuration, note: String) -> Self {
        Self {
            state: EffectState::Pending,
            not_before: now + wait,
            due_at: now + wait + GRACE,
            note: Some(note),
            backoff: None,
            ..self.clone()
        }
    }

    /// The effect as it is when nobody knows whether it was done, because of `note`: the next attempt, after
    /// `wait`, has to look first.
    pub fn unanswered(&self, now: Timestamp, wait: SignedDuration, note: String) -> Self {
        Self { state: EffectState::Started, backoff: Some(wait), ..self.postponed(now, wait, note) }
    }

    /// The effect once the thing that it waited for came, at `now`: the wait that an attempt asked for is not
    /// over.
    #[must_use]
    pub fn woken(&self, now: Timestamp) -> Self {
        Self { not_before: now, due_at: now, backoff: None, ..self.clone() }
    }

    /// The effect as it is once nothing is left to do: `state`, and why where it did not succeed.
    pub fn closed(&self, state: EffectState, note: Option<String>) -> Self {
        Self { state, note, ..self.clone() }
    }

    /// True if it waits at `now` for a time that has not come, and no process has it. After an attempt whose
    /// end is unknown it waits as `Started`.
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.not_before > now
            && match self.state {
                EffectState::Pending => true,
                EffectState::Started => self.backoff.is_some(),
                EffectState::Succeeded | EffectState::Failed | EffectState::Unknown => false,
            }
    }

    /// True if nothing is left to do.
    pub fn is_closed(&self) -> bool {
        match self.state {
            EffectState::Pending | EffectState::Started => false,
            EffectState::Succeeded | EffectState::Failed | EffectState::Unknown => true,
        }
    }

    /// The answer to a process that claims this effect at `now`.
    pub fn claim(&self, now: Timestamp) -> Claim {
        match self.state {
            EffectState::Pending if self.not_before <= now => Claim::Take { lost: self.kind.looks_first() },
            EffectState::Pending => Claim::Wait { until: self.not_before },
            EffectState::Started if self.not_before <= now => Claim::Take { lost: true },
            EffectState::Started => Claim::Held { until: self.not_before },
            EffectState::Succeeded | EffectState::Failed | EffectState::Unknown => Claim::Closed,
        }
    }
}

/// The wait after attempt number `attempts` (from 1) failed: the time that the provider asked for, else 2 s
/// doubled with each attempt, at most 60 s. A provider may ask for 15 minutes at most.
pub fn backoff(attempts: u32, retry_after: Option<SignedDuration>) -> SignedDuration {
    let doubled = SignedDuration::from_secs(1 << attempts.clamp(1, 6)).min(SignedDuration::from_secs(60));
    retry_after
        .map_or(doubled, |asked| asked.clamp(SignedDuration::from_secs(1), SignedDuration::from_mins(15)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect() -> Effect {
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn claims() {
        let now = Timestamp::UNIX_EPOCH;
        let at = |seconds| now + SignedDuration::from_secs(seconds);
        let new = effect();
        assert_eq!(new.claim(now), Claim::Take { lost: false });
        let started = new.started(now);
        assert_eq!(started.claim(at(44)), Claim::Held { until: at(45) });
        assert_eq!(started.claim(at(45)), Claim::Take { lost: true });
        let unanswered = started.unanswered(at(1), SignedDuration::from_secs(4), "timeout".into());
        assert_eq!(unanswered.claim(at(5)), Claim::Take { lost: true });
        let postponed = started.postponed(at(1), SignedDuration::from_secs(4), "503".into());
        assert_eq!(postponed.claim(at(4)), Claim::Wait { until: at(5) });
        assert_eq!(postponed.claim(at(5)), Claim::Take { lost: false });
        let waiting = [&new, &started, &unanswered, &postponed].map(|effect| effect.is_waiting(at(4)));
        assert_eq!(waiting, [false, false, true, true]);
        assert!(!postponed.is_waiting(at(5)));
        for woken in [unanswered.woken(at(3)), postponed.woken(at(3))] {
            assert!(matches!(woken.claim(at(3)), Claim::Take { .. }) && !woken.is_waiting(at(3)));
        }
        for state in [EffectState::Succeeded, EffectState::Failed, EffectState::Unknown] {
            assert_eq!(started.closed(state, None).claim(at(1000)), Claim::Closed, "{state:?}");
        }
    }

    #[test]
    fn only_an_unanswered_attempt_keeps_its_wait() {
        let (now, wait) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(4));
        let started = effect().started(now);
        let unanswered = started.unanswered(now, wait, "timeout".into());
        assert_eq!(unanswered.backoff, Some(wait));
        let postponed = |effect: &Effect| effect.postponed(now, wait, "503".into());
        for other in [started.clone(), postponed(&started), postponed(&unanswered), unanswered.woken(now)] {
            assert_eq!(other.backoff, None, "{other:?}");
        }
        assert_eq!(unanswered.started(now + wait).backoff, None, "its process may act until its lease ends");
    }

    #[test]
    fn a_spared_attempt_is_not_counted_for_a_day() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let started = effect().started(at(0)).started(at(1));
        assert_eq!((started.attempts, started.tries()), (2, 2));
        assert_eq!(started.spared(at(1)).tries(), 1);
        assert_eq!(started.spared(at(24)).tries(), 1);
        assert_eq!(started.spared(at(25)).tries(), 2);
        assert_eq!(started.uncounted().tries(), 1);
    }

    #[test]
    fn day_of_a_later_effect_begins_at_its_time() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let later = |hours| {
            Effect::later(
                id.clone(),
                deploy.clone(),
                EffectKind::EvaluateRules { look: None },
                at(hours),
                at(10),
            )
        };
        // Approved on Friday, and frozen until Monday.
        let frozen = later(74).started(at(75));
        assert_eq!(frozen.first_due(), at(74));
        assert_eq!(frozen.spared(at(98)).tries(), 0);
        assert_eq!(frozen.spared(at(99)).tries(), 1);
        assert_eq!(later(9).first_due(), at(10), "its time had come before");
    }

    #[test]
    fn what_people_wait_for_is_never_given_up_unheard() {
        let approval = ApprovalId::from_text("a");
        for kind in [
            EffectKind::judge_others(Others::Blocked),
            EffectKind::ApplyPolicy { from: None },
            EffectKind::WatchFreeze { approval: approval.clone() },
            EffectKind::WatchApprovers { approval: approval.clone() },
            EffectKind::Remind { approval: approval.clone() },
            EffectKind::SettleReview { approval: approval.clone() },
            EffectKind::tell_thread(approval.clone(), String::new()),
            EffectKind::DrawStep { approval: None, run: RunId::from_text("r"), step: 0 },
            EffectKind::TellChannel { channel: "#a".to_owned(), text: String::new() },
            EffectKind::TellMember { user: "U1".to_owned(), text: String::new() },
        ] {
            assert!(kind.is_waited_for(), "{kind:?}");
        }
        // The next reminder of a review comes a day later.
        assert!(!EffectKind::RemindReview { approval, round: 1 }.is_waited_for());
    }

    #[test]
    fn a_kind_has_the_name_that_its_row_has() {
        let approval = ApprovalId::from_text("a");
        let (channel, text) = ("#a".to_owned(), "Ana\u{2019}s change".to_owned());
        for kind in [
            EffectKind::EvaluateRules { look: None },
            EffectKind::DrawDialog { approval: approval.clone() },
            EffectKind::Expire { approval },
            EffectKind::TellChannel { channel, text },
        ] {
            let json = serde_json::to_value(&kind).unwrap();
            assert_eq!(json["do"], kind.name());
        }
    }

    #[test]
    fn the_clock_never_comes_before_the_queue() {
        let now = Timestamp::UNIX_EPOCH;
        let new = effect();
        assert!(new.due_at > new.not_before);
        let postponed = new.started(now).postponed(now, SignedDuration::from_secs(60), "503".into());
        assert!(postponed.due_at > postponed.not_before);
    }

    #[test]
    fn waits_grow_and_end() {
        let seconds = |attempts| backoff(attempts, None).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 6, 7].map(seconds), [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff(1, Some(SignedDuration::from_secs(7))).as_secs(), 7);
        assert_eq!(backoff(1, Some(SignedDuration::from_hours(7))).as_secs(), 900);
    }
}
