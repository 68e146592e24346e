//! The run: one rule that held for one deploy, its actions in order, each a step. How it goes on is in
//! [`decide`].

mod again;
mod decide;
mod failure;
mod held;
mod kept_back;
mod order;
mod permission;
mod pinned;

pub use again::{Again, Ended, NotAgain};
pub use decide::{Command, Refusal, decide};
pub use failure::{FailureNotice, FirstTry, KnownMakers, Makers, NotTheirs, Resolved};
pub use held::told_held;
pub use kept_back::KEPT_BACK;
pub use pinned::{asked, pinned};

use crate::action::{Action, OnFailure, RulesFileStep};
use crate::approval::Dialog;
use crate::decision::Decision;
use crate::effect::{Asked, StartedBuild};
use crate::event::EventKind;
use crate::freeze::{Freeze, hold, names};
use crate::id::{ApprovalId, DeployId, RunId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The deploy that the rule held for.
    pub deploy: DeployId,
    /// The rule's name.
    pub rule: String,
    /// The hash of the rule as it stood.
    pub rule_hash: String,
    /// The revision that its actions act on.
    pub revision: String,
    /// The actions, in the order in which they run; those that wait for an approval follow it.
    pub steps: Vec<Step>,
    /// Its status.
    pub status: Status,
    /// The line of the rules file that names the rule, from 1; `None`: no file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The rules whose runs for this deploy had to succeed first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The environment that its rule names in `promotes_to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotes_to: Option<String>,
    /// The windows in which it does not act before it asked anybody: those of a rule that acts without
    /// asking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
    /// True if other rules depend on its outcome: once it has ended, the rules of the deploy are evaluated
    /// again.
    #[serde(default)]
    pub followed: bool,
    /// The earlier run that it asks again for; `None`: it is the rule's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
    /// The later run that asks again in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_again: Option<RunId>,
    /// The time at which it was opened.
    pub opened_at: Timestamp,
    /// The number of times that it was committed.
    pub version: u64,
}

/// One action of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// The action.
    pub action: Action,
    /// The step, from 0, whose approval starts it; `None`: the rule itself.
    pub under: Option<usize>,
    /// The outcome of that approval that starts it.
    #[serde(default)]
    pub branch: Branch,
    /// Its state.
    pub state: StepState,
    /// The message with its line, once it was posted: in the dialog's thread, or in the deployment's channel.
    pub line: Option<Dialog>,
    /// True if that line was posted with its last text, so that there is nothing to draw any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub line_is_final: bool,
    /// The consequence of its failure for the steps after it.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// True if it is an approval that was opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// True if it is an approval that people rejected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rejected: bool,
    /// The effect that tried it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstTry>,
    /// The message that reported its last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<FailureNotice>,
    /// The people who made the change that its last failure is about, once they were looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makers: Option<KnownMakers>,
    /// The resolution of its last failure that was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// The build that it started, where it did and the CI named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<StartedBuild>,
    /// The requests for a build of which nobody knows what came. A retry looks for that, and for none of the
    /// builds that people were told of: they said by it that none of these is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_ci: Option<Asked>,
}

/// The outcome of an approval that starts a step under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    /// It was approved.
    #[default]
    OnSuccess,
    /// It was rejected.
    OnReject,
    /// Nobody decided in time.
    OnExpire,
}

/// The resolution of a step that failed, or of which nobody knows whether it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Run it again.
    Retry,
    /// Go on without it.
    Skip,
    /// Go on: it happened.
    MarkAsDone,
}

/// The state of a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// Its action is running.
    Running {
        /// The last thing that went wrong, where it is tried again, or the thing that it waits for.
        note: Option<String>,
        /// True if it waits for something that is still to come; nothing failed.
        #[serde(default)]
        waits: bool,
    },
    /// An approval waits for votes.
    Asking {
        /// The approval.
        approval: ApprovalId,
    },
    /// It did what it should.
    Succeeded {
        /// The time.
        at: Timestamp,
        /// A summary of what was done.
        summary: String,
        /// The page that shows it.
        url: Option<String>,
    },
    /// It failed for good.
    Failed {
        /// The time.
        at: Timestamp,
        /// The reason.
        reason: String,
    },
    /// Nobody knows whether it happened; a person has to say.
    Unknown {
        /// The time.
        at: Timestamp,
        /// The reason why nobody knows.
        reason: String,
    },
    /// The run stopped before it.
    Skipped,
    /// It failed, and somebody had the run go on without it.
    SkippedByHand {
        /// The time.
        at: Timestamp,
        /// The Slack user id of the person.
        by: String,
        /// Their name.
        name: String,
        /// Their reason.
        reason: String,
    },
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A step is running or waiting.
    Running,
    /// Every step succeeded, was skipped by hand, or failed without stopping the others.
    Succeeded,
    /// A step failed, was rejected or was not decided in time, and the steps after it did not run.
    Stopped,
}

/// The facts that open a run: the rule that held, and the deploy that it held for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Opening<'a> {
    /// The deploy.
    pub deploy: &'a DeployId,
    /// The deploy's revision.
    pub revision: &'a str,
    /// The rule's name.
    pub rule: &'a str,
    /// The hash of the rule as it stood.
    pub rule_hash: &'a str,
    /// The rule's actions.
    pub actions: &'a [Action],
    /// True if other rules depend on its outcome.
    pub followed: bool,
}

impl Run {
    /// Opens a run at `now`; its first step is to be run.
    pub fn open(opening: &Opening<'_>, now: Timestamp) -> Decision<Self> {
        let mut steps = Vec::new();
        flatten(opening.actions, None, Branch::OnSuccess, &mut steps);
        let id = RunId::derive(opening.deploy, opening.rule);
        let run = Self {
            id: id.clone(),
            deploy: opening.deploy.clone(),
            rule: opening.rule.to_owned(),
            rule_hash: opening.rule_hash.to_owned(),
            revision: opening.revision.to_owned(),
            steps,
            status: Status::Running,
            line: None,
            after: Vec::new(),
            promotes_to: None,
            freeze: Vec::new(),
            followed: opening.followed,
            again: None,
            asked_again: None,
            opened_at: now,
            version: 0,
        };
        let opened =
            EventKind::RunOpened { run: id, rule: run.rule.clone(), rule_hash: run.rule_hash.clone() };
        let mut decision = Decision::new(run);
        decision.events.push(opened);
        decide::go_on(&mut decision);
        decision
    }

    /// The windows that hold its actions at `at` which nobody is asked about: when they end, and what they
    /// are called.
    pub fn held_at(&self, at: Timestamp) -> Option<(Timestamp, String)> {
        hold(&self.freeze, at).map(|hold| (hold.until, names(&self.freeze, &hold)))
    }

    /// True if it asks by the rules in force: neither about a proposed rules file or policy, nor because of
    /// one.
    pub fn is_in_force(&self) -> bool {
        !self.steps.iter().any(|step| matches!(step.action, Action::RulesFile(_)))
    }

    /// The hash of the policy that this run puts in force, where it asks about a proposed one.
    pub fn proposes_policy(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::RulesFile(RulesFileStep::PutPolicyInForce { policy }) => Some(policy.as_str()),
            _ => None,
        })
    }

    /// The actions of its rule, in order, as they were when it was opened.
    pub fn actions(&self) -> Vec<Action> {
        let top = self.steps.iter().filter(|step| step.under.is_none());
        top.map(|step| step.action.clone()).collect()
    }

    /// The id of the rules file that this run puts in force, where it asks about a proposed one.
    pub fn proposes(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::RulesFile(RulesFileStep::PutInForce { file }) => Some(file.as_str()),
            _ => None,
        })
    }

    /// True if step `step` is the next one: every step before it is over, or does not keep the others from
    /// running.
    fn has_come_to(&self, step: usize) -> bool {
        self.steps.iter().take(step).all(|earlier| match earlier.state {
            StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. } => true,
            StepState::Unknown { .. } => !earlier.stops(),
            StepState::Waiting | StepState::Running { .. } | StepState::Asking { .. } => false,
        })
    }

    /// The approval that step number `step` asks for, where it is one that asks.
    pub fn asks(&self, step: usize) -> Option<ApprovalId> {
        self.is_approval(step).then(|| ApprovalId::derive(&self.id, step))
    }

    fn is_approval(&self, step: usize) -> bool {
        matches!(self.steps.get(step).map(|step| &step.action), Some(Action::SlackChannelApproval(_)))
    }

    /// The step, always an earlier one, whose approval step number `step` waits for: the one that it is
    /// under, or the last one before it that the run comes through where nobody rejects and everybody decides
    /// in time.
    pub fn waits_for(&self, step: usize) -> Option<usize> {
        let on_the_way = |index: &usize| self.is_approval(*index) && self.is_on_success(*index);
        let approval = self.steps.get(step)?.under.or_else(|| (0..step).rev().find(on_the_way));
        approval.filter(|approval| *approval < step)
    }

    /// The outcome of the approval of step number `approval` with which step number `index` runs; `None`: the
    /// step is not under that approval, neither directly nor under one that is.
    pub fn branch_of(&self, index: usize, approval: usize) -> Option<Branch> {
        let step = self.steps.get(index)?;
        match step.under {
            Some(under) if under == approval => Some(step.branch),
            // An approval stands before what is under it: this ends.
            Some(under) if under < index => self.branch_of(under, approval),
            Some(_) | None => None,
        }
    }

    /// True if step number `step` runs where nobody rejects and everybody decides in time.
    fn is_on_success(&self, step: usize) -> bool {
        let Some(found) = self.steps.get(step) else { return false };
        found.under.is_none_or(|under| {
            found.branch == Branch::OnSuccess && under < step && self.is_on_success(under)
        })
    }

    /// The approval in whose dialog's thread step number `step` is shown: that of [`Run::waits_for`].
    pub fn thread_of(&self, step: usize) -> Option<ApprovalId> {
        Some(ApprovalId::derive(&self.id, self.waits_for(step)?))
    }
}

/// Puts `actions` in the order in which they run; an approval's own actions follow it directly.
fn flatten(actions: &[Action], under: Option<usize>, branch: Branch, steps: &mut Vec<Step>) {
    for action in actions {
        let index = steps.len();
        steps.push(Step {
            action: action.plain().clone(),
            under,
            branch,
            state: StepState::Waiting,
            line: None,
            line_is_final: false,
            on_failure: action.on_failure(),
            asked: false,
            rejected: false,
            first: None,
            notice: None,
            makers: None,
            resolved: None,
            started: None,
            asked_ci: None,
        });
        if let Action::SlackChannelApproval(spec) = action {
            flatten(&spec.on_success, Some(index), Branch::OnSuccess, steps);
            flatten(&spec.on_reject, Some(index), Branch::OnReject, steps);
            flatten(&spec.on_expire, Some(index), Branch::OnExpire, steps);
        }
    }
}
