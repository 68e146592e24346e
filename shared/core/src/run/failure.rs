//! The failure of a step: the message to people, and the ways in which they can act on it.

use super::{Branch, Resolution, Run, Status, Step, StepState};
use crate::action::{Action, OnFailure};
use crate::approval::{Approval, Dialog};
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::id::EffectId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The effect that tried a step first. Later tries carry its id to the outside world, so that its result is
/// found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FirstTry {
    /// The id of the effect.
    pub effect: EffectId,
    /// The time of its commit.
    pub at: Timestamp,
}

/// The message that tells people of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailureNotice {
    /// The time of the failure.
    pub failed_at: Timestamp,
    /// The place of the message.
    pub message: Dialog,
}

/// The people who made the change that a failure is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KnownMakers {
    /// The time of the failure.
    pub failed_at: Timestamp,
    /// The people.
    pub makers: Makers,
}

/// The people who made a change, as far as they could be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Makers {
    /// Their Slack user ids.
    pub members: Vec<String>,
    /// True if there may be others: somebody is not known in Slack, or the change was not read whole.
    pub lacks_some: bool,
}

/// The resolution of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resolved {
    /// The time of the failure.
    pub failed_at: Timestamp,
    /// The reason of the failure.
    pub failure: String,
    /// True if nobody knew whether the action had happened.
    pub was_unknown: bool,
    /// The Slack user id of the person.
    pub by: String,
    /// The resolution that they chose.
    pub resolution: Resolution,
    /// Their reason, where they gave one.
    pub reason: Option<String>,
}

/// The reason for which somebody may not mark a build as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotTheirs {
    /// They made a part of the change.
    OwnChange,
    /// Signoff has not looked up yet who made the change.
    NotKnownYet,
    /// Not everybody who made the change is known, and it may be them.
    MakersNotKnown,
}

/// A click of a person about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) by: String,
    pub(super) name: String,
    pub(super) resolution: Resolution,
    pub(super) reason: Option<String>,
}

impl Step {
    /// The time and the reason of its failure; `None`: it has not failed, and nobody wonders whether it
    /// happened.
    pub fn failure(&self) -> Option<(Timestamp, &str)> {
        match &self.state {
            StepState::Failed { at, reason } | StepState::Unknown { at, reason } => Some((*at, reason)),
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. } => None,
        }
    }

    /// True if nobody knows whether it happened.
    pub fn is_unknown(&self) -> bool {
        matches!(self.state, StepState::Unknown { .. })
    }

    /// True if it failed, or may have, so that no step runs after it.
    pub fn stops(&self) -> bool {
        self.failure().is_some() && self.on_failure == OnFailure::Stop
    }
}

impl Run {
    /// The resolutions that step number `step` offers; empty where it has not failed. An approval that could
    /// not be opened can only be tried again, and one that was opened offers nothing: nobody but its voters
    /// takes a run past it. Signoff's own steps can only be tried again. Where people asked again, nothing is
    /// offered: another run has taken the place of this one.
    pub fn offers(&self, step: usize) -> &'static [Resolution] {
        if self.asked_again.is_some() { &[] } else { self.ways_on(step) }
    }

    /// The ways on from the failure of step number `step`, whether or not people asked again.
    fn ways_on(&self, step: usize) -> &'static [Resolution] {
        let Some(step) = self.steps.get(step).filter(|step| step.failure().is_some()) else { return &[] };
        resolutions(&step.action, step.asked)
    }

    /// The steps that failed, or of which nobody knows, and that wait for somebody to do something about it.
    pub fn failed_steps(&self) -> impl Iterator<Item = usize> {
        (0..self.steps.len()).filter(|step| !self.offers(*step).is_empty())
    }

    /// The same steps, and those of a run that people asked again for.
    pub(crate) fn steps_that_failed(&self) -> impl Iterator<Item = usize> {
        (0..self.steps.len()).filter(|step| !self.ways_on(*step).is_empty())
    }

    /// Checks that `person` (a Slack user id) may mark step number `step` as done. For a build, they must
    /// have made none of the change: neither as it was looked up after the failure, nor as `approval`, before
    /// the step, judged it.
    ///
    /// # Errors
    /// They may not, or nobody knows.
    pub fn may_mark_as_done(
        &self,
        step: usize,
        person: &str,
        approval: Option<&Approval>,
    ) -> Result<(), NotTheirs> {
        let Some(step) = self.steps.get(step) else { return Ok(()) };
        if !matches!(step.action, Action::AutoApproveBuild(_) | Action::TriggerBuild(_)) {
            return Ok(());
        }
        let failed_at = step.failure().map(|(at, _)| at);
        let known = step.makers.as_ref().filter(|known| Some(known.failed_at) == failed_at);
        let is = |id: &String| id == person;
        let judged = approval.is_some_and(|approval| {
            let electorate = &approval.electorate;
            electorate.makers().any(is) || electorate.parts.iter().any(|part| part.makers.iter().any(is))
        });
        match known.map(|known| &known.makers) {
            _ if judged => Err(NotTheirs::OwnChange),
            None => Err(NotTheirs::NotKnownYet),
            Some(makers) if makers.members.iter().any(is) => Err(NotTheirs::OwnChange),
            Some(makers) if makers.lacks_some => Err(NotTheirs::MakersNotKnown),
            Some(_) => Ok(()),
        }
    }

    /// True if step number `later` was skipped because step number `stopped` stopped the run, and not because
    /// an approval before `stopped` had ended otherwise than `later` needs. A step that let the run go on cut
    /// off nothing: what is skipped after it, another one stopped.
    pub(crate) fn was_cut_off(&self, later: usize, stopped: usize) -> bool {
        if !self.steps.get(stopped).is_some_and(Step::stops) {
            return false;
        }
        let is_skipped = self.steps.get(later).is_some_and(|later| later.state == StepState::Skipped);
        let agrees = |approval: usize| {
            let needs = self.branch_of(later, approval);
            match self.steps.get(approval).map(|approval| &approval.state) {
                Some(StepState::Succeeded { .. }) => needs.is_none_or(|branch| branch == Branch::OnSuccess),
                // The step ran, so it is in the branch that followed.
                Some(StepState::Failed { .. }) => needs == self.branch_of(stopped, approval),
                Some(
                    StepState::Waiting
                    | StepState::Running { .. }
                    | StepState::Asking { .. }
                    | StepState::Unknown { .. }
                    | StepState::Skipped
                    | StepState::SkippedByHand { .. },
                )
                | None => needs.is_none(),
            }
        };
        later > stopped && is_skipped && (0..stopped).filter(|index| self.is_approval(*index)).all(agrees)
    }

    /// True if step number `later` needs an approval from step number `from` on to be rejected or to expire.
    pub(crate) fn needs_no_approval(&self, later: usize, from: usize) -> bool {
        let fails = |branch: Branch| branch != Branch::OnSuccess;
        (from..later).any(|approval| self.branch_of(later, approval).is_some_and(fails))
    }
}

/// The resolutions that the failure of `action` offers. `asked`: it is an approval that was opened.
fn resolutions(action: &Action, asked: bool) -> &'static [Resolution] {
    match action {
        Action::SlackChannelApproval(_) if asked => &[],
        Action::SlackChannelApproval(_) | Action::RulesFile(_) => &[Resolution::Retry],
        Action::AutoApproveBuild(_)
        | Action::TriggerBuild(_)
        | Action::SlackChannelMessage(_)
        | Action::AddToDeployMessageThread(_)
        | Action::NotifyDeployAuthors(_)
        | Action::NotifyDeployer(_)
        | Action::SlackPersonalMessage(_)
        | Action::SlackDeployMessage(_)
        | Action::AddDeployTag(_)
        | Action::MonitorDrift(_)
        | Action::Webhook(_)
        | Action::NotifyMentionedIssues(_)
        | Action::TransitionMentionedIssues(_)
        | Action::TransitionIssues(_)
        | Action::UpdateMentionedIssues(_)
        | Action::SendEvent(_) => &[Resolution::Retry, Resolution::Skip, Resolution::MarkAsDone],
        Action::WithOnFailure(with) => resolutions(&with.action, asked),
    }
}

/// Posts that step number `step`, which failed at `failed_at`, needs people.
pub(super) fn tell(decision: &mut Decision<Run>, step: usize, failed_at: Timestamp) {
    let run = &decision.next;
    let (id, approval) = (run.id.clone(), run.thread_of(step));
    decision.follow(EffectKind::TellFailure { approval: approval.clone(), run: id, step, failed_at });
    if let Some(approval) = approval {
        decision.follow(EffectKind::DrawDialog { approval });
    }
}

/// The decision on a person's `answer` to the failure of step number `step` at `failed_at`, whose reason is
/// `failure`.
pub(super) fn resolve(
    run: &Run,
    step: usize,
    (failed_at, failure): (Timestamp, &str),
    answer: Answer,
    now: Timestamp,
) -> Result<Decision<Run>, super::Refusal> {
    let Answer { by, name, resolution, reason } = answer;
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    if run.asked_again.is_some() {
        return Err(super::Refusal::AskedAgain);
    }
    if !run.offers(step).contains(&resolution) {
        return Err(super::Refusal::OutOfTurn);
    }
    let state = match (resolution, &reason) {
        (Resolution::Retry, _) => {
            StepState::Running { note: Some(format!("{name} asked for it")), waits: false }
        }
        (Resolution::Skip, None) => return Err(super::Refusal::ReasonNeeded),
        (Resolution::Skip, Some(reason)) => {
            StepState::SkippedByHand { at: now, by: by.clone(), name: name.clone(), reason: reason.clone() }
        }
        (Resolution::MarkAsDone, _) => {
            let summary = format!("{name} marked it as done");
            StepState::Succeeded { at: now, summary, url: None }
        }
    };
    let stopped: Vec<_> = (0..run.steps.len()).filter(|later| run.was_cut_off(*later, step)).collect();
    let (run_id, of) = (run.id.clone(), by.clone());
    let event =
        EventKind::StepResolved { run: run_id, step, by: of, name, resolution, reason: reason.clone() };
    let mut decision = super::decide::enter(run, step, state, event);
    decision.next.status = Status::Running;
    for (index, later) in decision.next.steps.iter_mut().enumerate() {
        if stopped.contains(&index) {
            later.state = StepState::Waiting;
        }
    }
    let mut retry = None;
    if let Some(next) = decision.next.steps.get_mut(step) {
        let was_unknown = run.steps.get(step).is_some_and(|step| step.is_unknown());
        let failure = failure.to_owned();
        next.resolved = Some(Resolved { failed_at, failure, was_unknown, by, resolution, reason });
        if let (Resolution::Retry, Some(first)) = (resolution, next.first.clone()) {
            let looks = was_unknown && next.action.when_repeated() == crate::action::WhenRepeated::Observable;
            retry = Some(EffectKind::RetryStep { run: run.id.clone(), step, first, looks });
        }
    }
    // The message about it loses its buttons; one that is not posted yet won't be.
    let is_told = run
        .steps
        .get(step)
        .and_then(|step| step.notice.as_ref())
        .is_some_and(|told| told.failed_at == failed_at);
    let approval = run.thread_of(step);
    if is_told {
        let (approval, run) = (approval.clone(), run.id.clone());
        decision.follow(EffectKind::TellFailure { approval, run, step, failed_at });
    }
    if let Some(approval) = approval {
        decision.follow(EffectKind::DrawDialog { approval });
    }
    if run.status == Status::Stopped || run.stands_still() {
        // Their dialogs don't offer to ask again while the run goes on.
        for approval in super::decide::asked(run) {
            decision.follow(EffectKind::DrawDialog { approval });
        }
    }
    match (resolution, retry) {
        (Resolution::Retry, Some(retry)) => decision.follow(retry),
        (Resolution::Retry, None) => decision.follow(EffectKind::RunStep { run: run.id.clone(), step }),
        (Resolution::Skip | Resolution::MarkAsDone, _) => super::decide::go_on(&mut decision),
    }
    Ok(decision)
}
