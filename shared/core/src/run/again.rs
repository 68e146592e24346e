//! Asking again: a new run of a rule for a deploy, in the place of one that people rejected or did not
//! decide, or that failed.

use super::decide::{go_on, skip};
use super::{Opening, Run, Status, StepState};
use crate::action::{Action, ApprovalSpec};
use crate::approval::{self, Approval, Choice, Closed};
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::id::{ApprovalId, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most messages about failures that one transaction takes the offers back from: it takes 100 rows.
const TAKEN_BACK: usize = 40;

/// The earlier run and approval that a run asks again for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Again {
    /// The number of times that this was asked before, from 1.
    pub round: u32,
    /// The run before this one.
    pub run: RunId,
    /// Its approval.
    pub approval: ApprovalId,
    /// The outcome of that approval.
    pub ended: Ended,
    /// The person who asked again (a Slack user id).
    pub by: String,
    /// Their name.
    pub name: String,
}

/// The outcome of an approval that is asked again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Ended {
    /// These people (Slack user ids) rejected it.
    Rejected {
        /// The people.
        by: Vec<String>,
    },
    /// Too few people decided in time.
    Expired,
    /// It was cancelled.
    Cancelled,
    /// It was approved, and a step after it failed, or may have.
    Failed,
}

/// The reason for which an approval can't be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAgain {
    /// It is open, or its run still goes on.
    NotOver,
    /// It was approved, and nothing failed.
    Succeeded,
    /// A newer deploy took its place.
    Superseded,
    /// It was asked again before.
    Before,
    /// It is about a proposed rules file or policy, which comes up again by itself.
    Proposal,
    /// People rejected it, and the rule says that this is final.
    Final,
    /// The rule, as it is now, asks nobody.
    AsksNobody,
}

impl Run {
    /// The outcome of `approval`, which this run waited for, if it can be asked again.
    ///
    /// # Errors
    ///
    /// The reason for which it can't.
    pub fn may_ask_again(&self, approval: &Approval) -> Result<Ended, NotAgain> {
        if !self.is_in_force() || self.proposes_policy().is_some() {
            return Err(NotAgain::Proposal);
        }
        if self.asked_again.is_some() {
            return Err(NotAgain::Before);
        }
        let ended = match &approval.status {
            approval::Status::Pending | approval::Status::Quorum { .. } => return Err(NotAgain::NotOver),
            approval::Status::Closed(Closed::Superseded { .. }) => return Err(NotAgain::Superseded),
            approval::Status::Closed(Closed::Rejected { .. }) => {
                Ended::Rejected { by: rejecters(approval, &[]) }
            }
            approval::Status::Closed(Closed::Expired { .. }) => Ended::Expired,
            approval::Status::Closed(Closed::Cancelled { .. }) => Ended::Cancelled,
            approval::Status::Closed(Closed::Approved { .. }) => Ended::Failed,
        };
        match self.status {
            Status::Running if !self.stands_still() => return Err(NotAgain::NotOver),
            // Those who could resolve the step may have left; asking again is another way on.
            Status::Running => {}
            Status::Succeeded => return Err(NotAgain::Succeeded),
            Status::Stopped => {}
        }
        // A rejection is as final for the approvals before it and after it: each begins the same run anew.
        let is_final = |index: usize| self.spec(index).is_some_and(|spec| !spec.ask_again);
        if self.rejected_steps(approval).any(is_final) {
            return Err(NotAgain::Final);
        }
        Ok(ended)
    }

    /// True if nothing runs or is asked, and a step that may have happened keeps the others from running.
    pub(super) fn stands_still(&self) -> bool {
        let goes_on = |(index, step): (usize, &super::Step)| match step.state {
            StepState::Running { .. } | StepState::Asking { .. } => true,
            StepState::Waiting => self.has_come_to(index),
            StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. } => false,
        };
        let stops = |step: &super::Step| step.is_unknown() && step.stops();
        self.status == Status::Running
            && self.steps.iter().any(stops)
            && !self.steps.iter().enumerate().any(goes_on)
    }

    /// The effect that takes back what the message about another failure offers, once this run is asked again
    /// and that was done for the failure of step number `step`; `None`: no more of them follow on this one.
    pub fn next_taken_back(&self, step: usize) -> Option<EffectKind> {
        self.asked_again.as_ref()?;
        let later = self.told_failures().skip_while(|(index, _)| *index != step);
        later.map(|(_, taken_back)| taken_back).nth(TAKEN_BACK)
    }

    /// The steps whose failures were told, each with the effect that looks at its message again.
    fn told_failures(&self) -> impl Iterator<Item = (usize, EffectKind)> {
        self.steps.iter().enumerate().filter_map(|(index, step)| {
            let (failed_at, _) = step.failure()?;
            step.notice.as_ref().filter(|told| told.failed_at == failed_at)?;
            let (approval, run) = (self.thread_of(index), self.id.clone());
            Some((index, EffectKind::TellFailure { approval, run, step: index, failed_at }))
        })
    }

    /// The outcome of the approval among `all` that stopped this run without a vote against it, where one
    /// did.
    fn ended_by(&self, all: &[&Approval]) -> Option<Ended> {
        let step = self.steps.iter().position(|step| step.stops() && step.asked)?;
        match all.iter().find(|approval| approval.step == step)?.status.closed()? {
            Closed::Expired { .. } => Some(Ended::Expired),
            Closed::Cancelled { .. } => Some(Ended::Cancelled),
            Closed::Approved { .. } | Closed::Rejected { .. } | Closed::Superseded { .. } => None,
        }
    }

    /// The words of the approval that step number `step` asks for, where it is one that asks.
    fn spec(&self, step: usize) -> Option<&ApprovalSpec> {
        match &self.steps.get(step)?.action {
            Action::SlackChannelApproval(spec) => Some(spec),
            _ => None,
        }
    }

    /// The steps of this run whose approvals people rejected, that of `approval` among them where they did.
    fn rejected_steps(&self, approval: &Approval) -> impl Iterator<Item = usize> {
        let this = Some(approval.step).filter(|_| approval.status.is_rejected());
        let is_rejected = |step: &super::Step| step.rejected;
        let steps = self.steps.iter().enumerate();
        steps.filter(move |(index, step)| Some(*index) == this || is_rejected(step)).map(|(index, _)| index)
    }

    /// Asks again for `approval` at `now`, on behalf of `by` (a Slack user id) with this `name`. Returns the
    /// decision on this run, and the decision on the run that takes its place by the rule as it is now
    /// (`opening`). `all` are the approvals of this run: the new dialog mentions whoever rejected one of
    /// them. The new run begins with its first approval: nothing that comes before is done again, and nothing
    /// new is done unasked.
    ///
    /// # Errors
    ///
    /// The reason for which it can't be asked again.
    pub fn ask_again(
        &self,
        (approval, all): (&Approval, &[&Approval]),
        opening: &Opening<'_>,
        by: (&str, &str),
        now: Timestamp,
    ) -> Result<(Decision<Self>, Decision<Self>), NotAgain> {
        let ended = self.may_ask_again(approval)?;
        let rejected: Vec<&str> = self
            .rejected_steps(approval)
            .filter_map(|step| self.spec(step))
            .map(|spec| spec.name.as_str())
            .collect();
        let mut next = Self::open(opening, now).next;
        let is_approval = |step: &super::Step| matches!(&step.action, Action::SlackChannelApproval(_));
        let first = next.steps.iter().position(is_approval).ok_or(NotAgain::AsksNobody)?;
        let mut asked_now = (0..next.steps.len()).filter_map(|step| next.spec(step));
        if asked_now.any(|spec| !spec.ask_again && rejected.contains(&spec.name.as_str())) {
            return Err(NotAgain::Final);
        }
        let ended = match (rejected.is_empty(), ended) {
            // It may have been approved, and another approval of the run ended it.
            (true, Ended::Failed) => self.ended_by(all).unwrap_or(Ended::Failed),
            (true, ended) => ended,
            (false, _) => Ended::Rejected { by: rejecters(approval, all) },
        };
        for (step, earlier) in next.steps.iter_mut().zip(&self.steps).take(first) {
            let is_done = matches!(earlier.state, StepState::Succeeded { .. });
            if is_done && step.action == earlier.action {
                step.state = earlier.state.clone();
                // What is approved next may be in its pipeline, and in no other one.
                step.started.clone_from(&earlier.started);
            }
        }
        for step in next.steps.iter_mut().take(first) {
            if step.state == StepState::Waiting {
                step.state = StepState::Skipped;
            }
        }
        let round = self.again.as_ref().map_or(0, |again| again.round).saturating_add(1);
        next.id = RunId::derive_again(&self.deploy, &self.rule, round);
        let (by, name) = (by.0.to_owned(), by.1.to_owned());
        next.again = Some(Again {
            round,
            run: self.id.clone(),
            approval: approval.id.clone(),
            ended,
            by: by.clone(),
            name: name.clone(),
        });
        let opened = EventKind::RunOpened {
            run: next.id.clone(),
            rule: next.rule.clone(),
            rule_hash: next.rule_hash.clone(),
        };
        let asked = EventKind::AskedAgain { approval: approval.id.clone(), run: next.id.clone(), by, name };
        let mut earlier = Decision::new(self.clone());
        earlier.next.asked_again = Some(next.id.clone());
        if let Some(step) = self.steps.iter().position(super::Step::stops).filter(|_| self.stands_still()) {
            // Nobody resolves its step any more.
            skip(&mut earlier.next, |_, _| true);
            earlier.next.status = Status::Stopped;
            earlier.events.push(EventKind::RunStopped { run: self.id.clone(), step });
        }
        // Its dialog offers it no more, nor do those of the run's other approvals.
        earlier.follow(EffectKind::DrawDialog { approval: approval.id.clone() });
        for other in super::decide::asked(self).into_iter().filter(|other| *other != approval.id) {
            earlier.follow(EffectKind::DrawDialog { approval: other });
        }
        // Nor do the messages about its failures offer anything; each of these has a later one follow.
        for (_, taken_back) in self.told_failures().take(TAKEN_BACK) {
            earlier.follow(taken_back);
        }
        let mut decision = Decision::new(next);
        decision.events.extend([asked, opened]);
        go_on(&mut decision);
        Ok((earlier, decision))
    }
}

/// The people (Slack user ids) who rejected `approval` or one of `all`, each once.
fn rejecters(approval: &Approval, all: &[&Approval]) -> Vec<String> {
    let is_rejected = |approval: &&Approval| approval.status.is_rejected();
    let rejected = std::iter::once(approval).chain(all.iter().copied()).filter(is_rejected);
    let votes = rejected.flat_map(|approval| &approval.votes).filter(|vote| vote.choice == Choice::Reject);
    let mut people = Vec::new();
    for vote in votes {
        if !people.contains(&vote.voter) {
            people.push(vote.voter.clone());
        }
    }
    people
}
