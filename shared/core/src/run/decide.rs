//! The state machine of a run's step: the commands, the refusals, and the decision on each.

use super::failure::{self, Answer};
use super::{Branch, FailureNotice, FirstTry, KnownMakers, Resolution, Run, Status, StepState};
use crate::action::{Action, OnFailure};
use crate::approval::{Dialog, Outcome};
use crate::decision::Decision;
use crate::effect::{EffectKind, StartedBuild};
use crate::event::EventKind;
use crate::id::ApprovalId;
use jiff::Timestamp;

/// The most dialogs that one transaction has drawn.
const DRAWN_TOGETHER: usize = 20;

/// A command to a step of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Its action begins, or begins again, for this effect.
    Begin(FirstTry),
    /// Its approval was opened.
    Ask(ApprovalId),
    /// Its approval ended.
    Close(Outcome),
    /// Its action is to be tried again.
    Retry {
        /// The thing that went wrong.
        reason: String,
    },
    /// Its action can't be done yet, and nothing failed.
    Wait {
        /// The thing that it waits for.
        reason: String,
    },
    /// Its action was done.
    Succeed {
        /// A summary of what was done.
        summary: String,
        /// The page that shows it.
        url: Option<String>,
        /// The build that it started, where it did.
        build: Option<StartedBuild>,
    },
    /// Its action failed for good.
    Fail {
        /// The reason.
        reason: String,
    },
    /// Its action's answer was lost, and it must not be repeated unseen.
    Lose {
        /// The reason why nobody knows whether it was done.
        reason: String,
    },
    /// Somebody acts on its failure, or says if it happened after its answer was lost.
    Resolve {
        /// The Slack user id.
        by: String,
        /// Their name.
        name: String,
        /// The resolution that they chose.
        resolution: Resolution,
        /// Their reason, where they gave one.
        reason: Option<String>,
        /// The time of the failure that they saw.
        failed_at: Timestamp,
    },
    /// The people who made the change that its failure is about were looked up.
    MakersFound(KnownMakers),
    /// The message about its failure was posted.
    FailurePosted(FailureNotice),
    /// Its line stands in Slack.
    LinePosted {
        /// Where.
        line: Dialog,
        /// True if it was posted with its last text: that of a step that succeeded, which nothing changes.
        is_final: bool,
    },
}

/// The reason why a command changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was done before.
    Repeated,
    /// The step is not in a state in which this can happen.
    OutOfTurn,
    /// The run has no such step.
    NoSuchStep,
    /// It takes a reason.
    ReasonNeeded,
    /// People asked again, and another run has taken the place of this one.
    AskedAgain,
}

/// The decision on `command` to step number `step` of `run` at `now`.
pub fn decide(run: &Run, step: usize, command: Command, now: Timestamp) -> Result<Decision<Run>, Refusal> {
    let current = run.steps.get(step).ok_or(Refusal::NoSuchStep)?;
    let line = current.action.to_string();
    // Only people's votes take a run past an approval, and only an approval asks for them.
    let asks = matches!(current.action, Action::SlackChannelApproval(_));
    let run_id = || run.id.clone();
    match (&current.state, command) {
        (StepState::Waiting, Command::Begin(first)) => {
            if !run.has_come_to(step) {
                return Err(Refusal::OutOfTurn);
            }
            let event = EventKind::StepStarted { run: run_id(), step, action: line };
            let begun = StepState::Running { note: None, waits: false };
            let mut decision = enter(run, step, begun, event);
            if let Some(begun) = decision.next.steps.get_mut(step) {
                begun.first = begun.first.take().or(Some(first));
            }
            Ok(decision)
        }
        (StepState::Running { .. }, Command::Begin(_)) => Err(Refusal::Repeated),
        (StepState::Running { .. }, Command::Ask(_)) if !asks => Err(Refusal::OutOfTurn),
        (StepState::Running { .. }, Command::Succeed { .. }) if asks => Err(Refusal::OutOfTurn),
        // It did not open, whatever was lost: opening it is a commit to this run.
        (StepState::Running { .. }, Command::Lose { reason }) if asks => {
            decide(run, step, Command::Fail { reason }, now)
        }
        (StepState::Running { .. }, Command::Ask(approval)) => {
            let mut decision = enter_silently(run, step, StepState::Asking { approval: approval.clone() });
            if let Some(asking) = decision.next.steps.get_mut(step) {
                asking.asked = true;
            }
            decision.effects.insert(0, EffectKind::DrawDialog { approval });
            Ok(decision)
        }
        (StepState::Asking { .. }, Command::Ask(_)) => Err(Refusal::Repeated),
        (StepState::Running { note, .. }, Command::Retry { reason }) => {
            if note.as_ref() == Some(&reason) {
                return Err(Refusal::Repeated);
            }
            let event = EventKind::StepRetrying { run: run_id(), step, reason: reason.clone() };
            Ok(enter(run, step, StepState::Running { note: Some(reason), waits: false }, event))
        }
        (StepState::Running { note, .. }, Command::Wait { reason }) => {
            if note.as_ref() == Some(&reason) {
                return Err(Refusal::Repeated);
            }
            let event = EventKind::StepWaits { run: run_id(), step, reason: reason.clone() };
            Ok(enter(run, step, StepState::Running { note: Some(reason), waits: true }, event))
        }
        (StepState::Running { .. }, Command::Succeed { summary, url, build }) => {
            let event =
                EventKind::StepSucceeded { run: run_id(), step, summary: summary.clone(), url: url.clone() };
            let mut decision = enter(run, step, StepState::Succeeded { at: now, summary, url }, event);
            if let Some(done) = decision.next.steps.get_mut(step) {
                done.started = build;
            }
            go_on(&mut decision);
            draw_standing(&mut decision);
            Ok(decision)
        }
        (StepState::Running { .. }, Command::Fail { reason }) => {
            let event = EventKind::StepFailed { run: run_id(), step, reason: reason.clone() };
            let mut decision = fail(run, step, StepState::Failed { at: now, reason }, event, now);
            if current.on_failure == OnFailure::Stop {
                skip(&mut decision.next, |_, _| true);
            }
            go_on(&mut decision);
            draw_standing(&mut decision);
            Ok(decision)
        }
        (StepState::Running { .. }, Command::Lose { reason }) => {
            let event = EventKind::StepUnknown { run: run_id(), step, reason: reason.clone() };
            let mut decision = fail(run, step, StepState::Unknown { at: now, reason }, event, now);
            if current.on_failure == OnFailure::Continue {
                go_on(&mut decision);
            }
            draw_standing(&mut decision);
            Ok(decision)
        }
        (
            StepState::Failed { at, reason: failure } | StepState::Unknown { at, reason: failure },
            Command::Resolve { by, name, resolution, reason, failed_at },
        )
            // A button says it in microseconds.
            if at.as_microsecond() == failed_at.as_microsecond() =>
        {
            failure::resolve(run, step, (*at, failure), Answer { by, name, resolution, reason }, now)
        }
        (StepState::Asking { .. }, Command::Close(outcome)) => Ok(closed(run, step, outcome, now)),
        (
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. },
            Command::MakersFound(makers),
        ) => {
            if current.makers.as_ref() == Some(&makers) {
                return Err(Refusal::Repeated);
            }
            let mut decision = Decision::new(run.clone());
            if let Some(changed) = decision.next.steps.get_mut(step) {
                changed.makers = Some(makers);
            }
            Ok(decision)
        }
        (
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. },
            Command::FailurePosted(notice),
        ) => {
            if current.notice.as_ref() == Some(&notice) {
                return Err(Refusal::Repeated);
            }
            let mut decision = Decision::new(run.clone());
            let (failed_at, is_current) =
                (notice.failed_at, current.failure().is_some_and(|(at, _)| at == notice.failed_at));
            if let Some(changed) = decision.next.steps.get_mut(step) {
                changed.notice = Some(notice);
            }
            if !is_current {
                // Somebody dealt with it meanwhile, and the message has buttons.
                let approval = run.thread_of(step);
                decision.follow(EffectKind::TellFailure { approval, run: run_id(), step, failed_at });
            }
            Ok(decision)
        }
        (
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. },
            Command::LinePosted { line, is_final },
        ) => {
            if current.line.as_ref() == Some(&line) {
                return Err(Refusal::Repeated);
            }
            let mut decision = Decision::new(run.clone());
            if let Some(changed) = decision.next.steps.get_mut(step) {
                changed.line = Some(line);
                changed.line_is_final = is_final;
            }
            Ok(decision)
        }
        (
            StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. },
            Command::Begin(_)
            | Command::Ask(_)
            | Command::Close(_)
            | Command::Retry { .. }
            | Command::Wait { .. }
            | Command::Succeed { .. }
            | Command::Fail { .. }
            | Command::Lose { .. }
            | Command::Resolve { .. },
        )
        | (StepState::Running { .. }, Command::Resolve { .. }) => Err(Refusal::Repeated),
        (
            StepState::Waiting,
            Command::Ask(_)
            | Command::Close(_)
            | Command::Retry { .. }
            | Command::Wait { .. }
            | Command::Succeed { .. }
            | Command::Fail { .. }
            | Command::Lose { .. }
            | Command::Resolve { .. },
        )
        | (StepState::Running { .. }, Command::Close(_))
        | (
            StepState::Asking { .. },
            Command::Begin(_)
            | Command::Retry { .. }
            | Command::Wait { .. }
            | Command::Succeed { .. }
            | Command::Fail { .. }
            | Command::Lose { .. }
            | Command::Resolve { .. },
        ) => Err(Refusal::OutOfTurn),
    }
}

/// Closes step `step`, whose approval ended, and skips the steps that do not run after this outcome.
fn closed(run: &Run, step: usize, outcome: Outcome, now: Timestamp) -> Decision<Run> {
    let failed = |reason: &str| StepState::Failed { at: now, reason: reason.to_owned() };
    let is_said = !matches!(outcome, Outcome::Cancelled(_));
    let is_rejected = outcome == Outcome::Rejected;
    let is_superseded = matches!(outcome, Outcome::Superseded(_));
    let (state, follows) = match outcome {
        Outcome::Approved => (
            StepState::Succeeded { at: now, summary: "approved".to_owned(), url: None },
            Some(Branch::OnSuccess),
        ),
        Outcome::Rejected => (failed("rejected"), Some(Branch::OnReject)),
        Outcome::Expired => (failed("too few people voted in time"), Some(Branch::OnExpire)),
        Outcome::Ended(reason) | Outcome::Superseded(reason) | Outcome::Cancelled(reason) => {
            (failed(&reason), None)
        }
    };
    let approved = matches!(state, StepState::Succeeded { .. });
    let mut decision = enter_silently(run, step, state);
    if let Some(closed) = decision.next.steps.get_mut(step) {
        closed.rejected = is_rejected;
    }
    if is_said {
        // The approval's own dialog says it.
        decision.effects.retain(|effect| !matches!(effect, EffectKind::DrawStep { approval: None, .. }));
    }
    skip(&mut decision.next, |run, index| {
        // What is not under it goes on after an approval only.
        run.branch_of(index, step).map_or(!approved, |branch| Some(branch) != follows)
    });
    go_on(&mut decision);
    if is_superseded {
        // It can't be asked again, so that its dialog says no more than when the approval closed.
        let asked = run.asks(step);
        decision.effects.retain(|effect| {
            !matches!(effect, EffectKind::DrawDialog { approval } if Some(approval) == asked.as_ref())
        });
    }
    decision
}

/// Skips the steps that have not begun and for which `which` is true.
pub(super) fn skip(run: &mut Run, which: impl Fn(&Run, usize) -> bool) {
    let skipped: Vec<_> = (0..run.steps.len()).filter(|index| which(run, *index)).collect();
    for index in skipped {
        if let Some(step) = run.steps.get_mut(index).filter(|step| step.state == StepState::Waiting) {
            step.state = StepState::Skipped;
        }
    }
}

/// Step `step` enters `state`, without an event: the approval has events of its own. Its line shows it, in
/// the thread of the approval that it follows; without an approval, only steps that need people are shown.
fn enter_silently(run: &Run, step: usize, state: StepState) -> Decision<Run> {
    let approval = run.thread_of(step);
    let known = run.steps.get(step).is_some_and(|step| step.line.is_some() || step.notice.is_some());
    let shown =
        approval.is_some() || known || matches!(state, StepState::Failed { .. } | StepState::Unknown { .. });
    let mut decision = Decision::new(run.clone());
    if let Some(changed) = decision.next.steps.get_mut(step) {
        changed.state = state;
    }
    if shown {
        decision.follow(EffectKind::DrawStep { approval, run: run.id.clone(), step });
    }
    decision
}

/// Step `step` enters `state`, and `event` says so.
pub(super) fn enter(run: &Run, step: usize, state: StepState, event: EventKind) -> Decision<Run> {
    let mut decision = enter_silently(run, step, state);
    decision.events.push(event);
    decision
}

/// Step `step` enters `state` at `now`: it failed, or nobody knows whether it happened. A new message tells
/// people, as no edit of its line does.
fn fail(run: &Run, step: usize, state: StepState, event: EventKind, now: Timestamp) -> Decision<Run> {
    let mut decision = enter(run, step, state, event);
    // A line that is being posted shows an older state. In the deployment's channel, none was before people
    // were told of it.
    let has_no_line = run.steps.get(step).is_some_and(|step| step.line.is_none() && step.notice.is_none());
    if has_no_line && run.thread_of(step).is_none() {
        decision.effects.retain(|effect| !matches!(effect, EffectKind::DrawStep { .. }));
    }
    failure::tell(&mut decision, step, now);
    decision
}

/// Has the dialogs of a run that stands still offer to ask again.
fn draw_standing(decision: &mut Decision<Run>) {
    if decision.next.stands_still() {
        for approval in asked(&decision.next) {
            decision.follow(EffectKind::DrawDialog { approval });
        }
    }
}

/// The approvals that people were asked for, whose dialogs are drawn together: the last ones, as a
/// transaction takes 100 rows. The dialogs before them offer nothing.
pub(super) fn asked(run: &Run) -> Vec<ApprovalId> {
    let was_asked = |index: &usize| run.steps.get(*index).is_some_and(|step| step.asked);
    let last = (0..run.steps.len()).rev().filter(was_asked).filter_map(|index| run.asks(index));
    let mut asked: Vec<_> = last.take(DRAWN_TOGETHER).collect();
    asked.reverse();
    asked
}

/// The run goes on with its next step, waits for those before it, or is over where there is none.
pub(super) fn go_on(decision: &mut Decision<Run>) {
    let run = &mut decision.next;
    if let Some(step) = run.steps.iter().position(|step| step.state == StepState::Waiting) {
        if run.has_come_to(step) {
            let run = run.id.clone();
            decision.follow(EffectKind::RunStep { run, step });
        }
        return;
    }
    // A step that failed without stopping the others may be tried again beside them.
    if !run.has_come_to(run.steps.len()) {
        return;
    }
    let failed = run.steps.iter().position(|step| step.stops());
    run.status = if failed.is_some() { Status::Stopped } else { Status::Succeeded };
    let (run, followed) = (run.id.clone(), run.followed);
    decision.events.push(match failed {
        Some(step) => EventKind::RunStopped { run, step },
        None => EventKind::RunSucceeded { run },
    });
    if failed.is_some() {
        // Their dialogs offer to ask again.
        for approval in asked(&decision.next) {
            decision.follow(EffectKind::DrawDialog { approval });
        }
    }
    if followed {
        decision.follow(EffectKind::EvaluateRules { look: None });
    }
}
