//! The run: one rule that held for one deploy, its actions in order, each a step.

use crate::action::Action;
use crate::approval::Outcome;
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::id::{ApprovalId, DeployId, RunId};
use jiff::Timestamp;
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
    /// How far it got.
    pub status: Status,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How often it was committed.
    pub version: u64,
}

/// One action of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// The step, from 0, whose approval starts it; `None`: the rule itself.
    pub under: Option<usize>,
    /// How far it got.
    pub state: StepState,
    /// The timestamp (Slack's id) of its line in the dialog's thread, once it was posted.
    pub line: Option<String>,
}

/// How far a step got.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// Its action is running.
    Running {
        /// What went wrong last, where it is tried again.
        note: Option<String>,
    },
    /// An approval waits for votes.
    Asking {
        /// The approval.
        approval: ApprovalId,
    },
    /// It did what it should.
    Succeeded {
        /// When.
        at: Timestamp,
        /// What was done.
        summary: String,
        /// Where to look at it.
        url: Option<String>,
    },
    /// It failed for good.
    Failed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Nobody knows whether it happened.
    Unknown {
        /// When.
        at: Timestamp,
        /// What was lost.
        reason: String,
    },
    /// The run stopped before it.
    Skipped,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A step is running or waiting.
    Running,
    /// Every step succeeded.
    Succeeded,
    /// A step failed, was rejected or is unknown, and the rest did not run.
    Stopped,
}

/// What can happen to a step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Its action begins, or begins again.
    Begin,
    /// Its approval was opened.
    Ask(ApprovalId),
    /// Its approval ended.
    Close(Outcome),
    /// Its action is to be tried again.
    Retry {
        /// What went wrong.
        reason: String,
    },
    /// Its action was done.
    Succeed {
        /// What was done.
        summary: String,
        /// Where to look at it.
        url: Option<String>,
    },
    /// Its action failed for good.
    Fail {
        /// Why.
        reason: String,
    },
    /// Its action's answer was lost, and it must not be repeated unseen.
    Lose {
        /// What was lost.
        reason: String,
    },
    /// Its line stands in the dialog's thread.
    LinePosted {
        /// The message's timestamp.
        ts: String,
    },
}

/// Why a command changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was done before.
    Repeated,
    /// The step is not in a state in which this can happen.
    OutOfTurn,
    /// The run has no such step.
    NoSuchStep,
}

/// What opens a run: the rule that held and the deploy that it held for.
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
}

impl Run {
    /// Opens a run at `now`; its first step is to be run.
    pub fn open(opening: &Opening<'_>, now: Timestamp) -> Decision<Self> {
        let mut steps = Vec::new();
        flatten(opening.actions, None, &mut steps);
        let id = RunId::derive(opening.deploy, opening.rule);
        let mut run = Self {
            id: id.clone(),
            deploy: opening.deploy.clone(),
            rule: opening.rule.to_owned(),
            rule_hash: opening.rule_hash.to_owned(),
            revision: opening.revision.to_owned(),
            steps,
            status: Status::Running,
            opened_at: now,
            version: 0,
        };
        let mut events = vec![EventKind::RunOpened {
            run: id.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
        }];
        let mut effects = Vec::new();
        go_on(&mut run, 0, &mut effects, &mut events);
        Decision { next: run, effects, events }
    }

    /// Whether step `step` is the next one: every step before it succeeded.
    fn has_come_to(&self, step: usize) -> bool {
        self.steps.iter().take(step).all(|earlier| matches!(earlier.state, StepState::Succeeded { .. }))
    }

    /// The approval in whose dialog's thread step `step` is shown: the one that it waits for, or the last one before it.
    pub fn thread_of(&self, step: usize) -> Option<ApprovalId> {
        let earlier = self.steps.get(..step)?.iter().enumerate().rev();
        let asked = |index: &usize| {
            matches!(self.steps.get(*index).map(|s| &s.action), Some(Action::SlackChannelApproval(_)))
        };
        let nearest = self.steps.get(step)?.under.or_else(|| earlier.map(|(index, _)| index).find(asked))?;
        Some(ApprovalId::derive(&self.id, nearest))
    }
}

/// Puts `actions` in the order in which they run; an approval's own actions follow it directly.
fn flatten(actions: &[Action], under: Option<usize>, steps: &mut Vec<Step>) {
    for action in actions {
        let index = steps.len();
        steps.push(Step { action: action.clone(), under, state: StepState::Waiting, line: None });
        if let Action::SlackChannelApproval(spec) = action {
            flatten(&spec.on_success, Some(index), steps);
        }
    }
}

/// What `command` makes of step number `step` of `run` at `now`.
pub fn decide(run: &Run, step: usize, command: Command, now: Timestamp) -> Result<Decision<Run>, Refusal> {
    let current = run.steps.get(step).ok_or(Refusal::NoSuchStep)?;
    let line = current.action.to_string();
    let run_id = || run.id.clone();
    match (&current.state, command) {
        (StepState::Waiting, Command::Begin) => {
            if !run.has_come_to(step) {
                return Err(Refusal::OutOfTurn);
            }
            let event = EventKind::StepStarted { run: run_id(), step, action: line };
            Ok(enter(run, step, StepState::Running { note: None }, event))
        }
        (StepState::Running { .. }, Command::Begin) => Err(Refusal::Repeated),
        (StepState::Running { .. }, Command::Ask(approval)) => {
            let mut decision = enter_silently(run, step, StepState::Asking { approval: approval.clone() });
            decision.effects.insert(0, EffectKind::DrawDialog { approval });
            Ok(decision)
        }
        (StepState::Asking { .. }, Command::Ask(_)) => Err(Refusal::Repeated),
        (StepState::Running { note }, Command::Retry { reason }) => {
            if note.as_ref() == Some(&reason) {
                return Err(Refusal::Repeated);
            }
            let event = EventKind::StepRetrying { run: run_id(), step, reason: reason.clone() };
            Ok(enter(run, step, StepState::Running { note: Some(reason) }, event))
        }
        (StepState::Running { .. }, Command::Succeed { summary, url }) => {
            let event =
                EventKind::StepSucceeded { run: run_id(), step, summary: summary.clone(), url: url.clone() };
            let mut decision = enter(run, step, StepState::Succeeded { at: now, summary, url }, event);
            go_on(&mut decision.next, step + 1, &mut decision.effects, &mut decision.events);
            Ok(decision)
        }
        (StepState::Running { .. }, Command::Fail { reason }) => {
            let event = EventKind::StepFailed { run: run_id(), step, reason: reason.clone() };
            Ok(stop(enter(run, step, StepState::Failed { at: now, reason }, event), step))
        }
        (StepState::Running { .. }, Command::Lose { reason }) => {
            let event = EventKind::StepUnknown { run: run_id(), step, reason: reason.clone() };
            Ok(stop(enter(run, step, StepState::Unknown { at: now, reason }, event), step))
        }
        (StepState::Asking { .. }, Command::Close(Outcome::Approved)) => {
            let summary = "approved".to_owned();
            let mut decision =
                enter_silently(run, step, StepState::Succeeded { at: now, summary, url: None });
            go_on(&mut decision.next, step + 1, &mut decision.effects, &mut decision.events);
            Ok(decision)
        }
        (StepState::Asking { .. }, Command::Close(Outcome::Rejected)) => {
            let reason = "rejected".to_owned();
            Ok(stop(enter_silently(run, step, StepState::Failed { at: now, reason }), step))
        }
        (StepState::Asking { .. }, Command::Close(Outcome::Cancelled(reason))) => {
            Ok(stop(enter_silently(run, step, StepState::Failed { at: now, reason }), step))
        }
        (
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped,
            Command::LinePosted { ts },
        ) => {
            let mut decision = Decision { next: run.clone(), effects: Vec::new(), events: Vec::new() };
            if let Some(changed) = decision.next.steps.get_mut(step) {
                changed.line = Some(ts);
            }
            Ok(decision)
        }
        (
            StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped,
            Command::Begin
            | Command::Ask(_)
            | Command::Close(_)
            | Command::Retry { .. }
            | Command::Succeed { .. }
            | Command::Fail { .. }
            | Command::Lose { .. },
        ) => Err(Refusal::Repeated),
        (
            StepState::Waiting,
            Command::Ask(_)
            | Command::Close(_)
            | Command::Retry { .. }
            | Command::Succeed { .. }
            | Command::Fail { .. }
            | Command::Lose { .. },
        )
        | (StepState::Running { .. }, Command::Close(_))
        | (
            StepState::Asking { .. },
            Command::Begin
            | Command::Retry { .. }
            | Command::Succeed { .. }
            | Command::Fail { .. }
            | Command::Lose { .. },
        ) => Err(Refusal::OutOfTurn),
    }
}

/// Step `step` enters `state`, without an event: the approval's own say it. Its line in the thread shows it, where there
/// is a thread.
fn enter_silently(run: &Run, step: usize, state: StepState) -> Decision<Run> {
    let mut next = run.clone();
    if let Some(changed) = next.steps.get_mut(step) {
        changed.state = state;
    }
    let line =
        run.thread_of(step).map(|approval| EffectKind::DrawStep { approval, run: run.id.clone(), step });
    Decision { next, effects: line.into_iter().collect(), events: Vec::new() }
}

/// Step `step` enters `state`, and `event` says so.
fn enter(run: &Run, step: usize, state: StepState, event: EventKind) -> Decision<Run> {
    let mut decision = enter_silently(run, step, state);
    decision.events.push(event);
    decision
}

/// The run goes on with step `step`, or has succeeded where there is none.
fn go_on(run: &mut Run, step: usize, effects: &mut Vec<EffectKind>, events: &mut Vec<EventKind>) {
    if step < run.steps.len() {
        effects.push(EffectKind::RunStep { run: run.id.clone(), step });
    } else {
        run.status = Status::Succeeded;
        events.push(EventKind::RunSucceeded { run: run.id.clone() });
    }
}

/// The run stops at `step`: what has not begun is skipped.
fn stop(mut decision: Decision<Run>, step: usize) -> Decision<Run> {
    for later in &mut decision.next.steps {
        if later.state == StepState::Waiting {
            later.state = StepState::Skipped;
        }
    }
    decision.next.status = Status::Stopped;
    decision.events.push(EventKind::RunStopped { run: decision.next.id.clone(), step });
    decision
}
