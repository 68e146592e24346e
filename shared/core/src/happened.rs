//! The answers that a deploy got by the time an action of its rules runs: how healthy it is, which rules
//! stopped, and how the approval behind the action ended.

use crate::approval::{Approval, Choice, Closed, Vote};
use crate::facts::{Facts, Health};
use crate::id::{ApprovalId, RunId};
use crate::run::{self, Run};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The outcome of an action that no approval stands behind.
pub const BY_ITSELF: &str = "by_itself";

/// The answers that a deploy got so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// The worst health that anybody reports; `None`: nobody reports any.
    pub health: Option<Health>,
    /// The rules whose runs stopped before their last step, in the order in which they were opened.
    pub failed_rules: Vec<String>,
    /// The closed approval behind the action; `None`: it runs by itself.
    pub decided: Option<Decided>,
    /// The values that the action's texts have instead, where it acts and people voted on it.
    pub at_opening: Option<AtOpening>,
}

/// The values of a deploy's variables that change with time, as they were when an approval opened. People
/// vote on these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AtOpening {
    /// The worst health that anybody reported; `None`: nobody had reported any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// The rules whose runs had stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_rules: Vec<String>,
    /// The deploy's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A closed approval, as receivers and readers of a message see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The approval's name.
    pub name: String,
    /// The name of its rule.
    pub rule: String,
    /// The way in which it ended: `approved`, `rejected`, `expired`, `superseded` or `cancelled`.
    pub outcome: &'static str,
    /// The time at which it was opened.
    pub opened_at: Timestamp,
    /// The time at which it ended.
    pub closed_at: Timestamp,
    /// The reason for which it was cancelled, where it was.
    pub reason: Option<String>,
    /// The votes that count, in the order in which people first voted.
    pub votes: Vec<Vote>,
    /// The breaking of its glass, where that let the actions go ahead.
    pub glass: Option<Breaking>,
}

/// A glass that was broken: the actions went ahead without the votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaking {
    /// The Slack user id of whoever broke it.
    pub by: String,
    /// Their name at that time.
    pub name: String,
    /// The time.
    pub at: Timestamp,
    /// The reason, in their words.
    pub reason: String,
}

/// Somebody who let an action go ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approver<'a> {
    /// The Slack user id.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
}

impl Happened {
    /// The answers for step number `step` of the run `run`, from all runs and approvals of its deploy and
    /// from what became known of it. A rule that asks nobody has the newest approval of the rules that it
    /// came after.
    pub fn at(runs: &[Run], approvals: &[Approval], facts: &Facts, run: &RunId, step: usize) -> Self {
        let stopped =
            runs.iter().filter(|run| run.status == run::Status::Stopped && run.asked_again.is_none());
        let failed_rules = stopped.map(|run| run.rule.clone()).collect();
        let run = runs.iter().find(|candidate| candidate.id == *run);
        let at_opening = run.and_then(|run| at_opening(run, approvals, step));
        let decided = run.and_then(|run| match run.waits_for(step) {
            Some(asked) => {
                let id = ApprovalId::derive(&run.id, asked);
                approvals.iter().find(|approval| approval.id == id).and_then(Decided::of)
            }
            None => decided_before(runs, approvals, run),
        });
        Self { health: facts.health(), failed_rules, decided, at_opening }
    }

    /// The outcome in one word: that of the approval, or [`BY_ITSELF`].
    pub fn outcome(&self) -> &'static str {
        self.decided.as_ref().map_or(BY_ITSELF, |decided| decided.outcome)
    }

    /// The votes behind the action.
    pub fn votes(&self) -> &[Vote] {
        self.decided.as_ref().map_or(&[], |decided| decided.votes.as_slice())
    }

    /// Everybody who approved, each once: by a vote, or by breaking the glass.
    pub fn approved_by(&self) -> Vec<Approver<'_>> {
        let Some(decided) = &self.decided else { return Vec::new() };
        let approving = decided.votes.iter().filter(|vote| vote.choice == Choice::Approve);
        let voters = approving.map(|vote| Approver { id: &vote.voter, name: &vote.name });
        let breaker = decided.glass.iter().map(|glass| Approver { id: &glass.by, name: &glass.name });
        let mut found: Vec<Approver<'_>> = Vec::new();
        for approver in voters.chain(breaker) {
            if !found.iter().any(|known| known.id == approver.id) {
                found.push(approver);
            }
        }
        found
    }
}

/// The values that the first approval fixed which decides about step number `step` of `run`, if that acts.
fn at_opening(run: &Run, approvals: &[Approval], step: usize) -> Option<AtOpening> {
    run.steps.get(step).filter(|step| step.action.acts())?;
    let decides = |approval: &&Approval| approval.run == run.id && run.decides(approval.step, step).is_some();
    let mut deciding: Vec<&Approval> = approvals.iter().filter(decides).collect();
    deciding.sort_by_key(|approval| approval.step);
    deciding.into_iter().find_map(|approval| approval.subject.at_opening.clone())
}

/// The newest closed approval of the rules that `run` came after, and of those that they came after.
fn decided_before(runs: &[Run], approvals: &[Approval], run: &Run) -> Option<Decided> {
    let (mut ahead, mut seen, mut found) = (run.after.clone(), BTreeSet::new(), Vec::new());
    while let Some(rule) = ahead.pop() {
        if !seen.insert(rule.clone()) {
            continue;
        }
        // One that was asked again says nothing any more: the later run stands in its place.
        let is_it = |run: &&Run| run.rule == rule && run.asked_again.is_none();
        let Some(before) = runs.iter().find(is_it) else { continue };
        let own = approvals.iter().filter(|approval| approval.run == before.id);
        found.extend(own.filter_map(Decided::of));
        ahead.extend(before.after.iter().cloned());
    }
    found.into_iter().max_by_key(|decided| decided.closed_at)
}

impl Decided {
    /// The approval as it ended; `None`: it is open.
    pub fn of(approval: &Approval) -> Option<Self> {
        let closed = approval.status.closed()?;
        let reason = match closed {
            Closed::Cancelled { reason, .. } => Some(reason.clone()),
            Closed::Approved { .. }
            | Closed::Rejected { .. }
            | Closed::Expired { .. }
            | Closed::Superseded { .. } => None,
        };
        let glass = approval.glass.broken.as_ref().map(|broken| Breaking {
            by: broken.by.clone(),
            name: broken.name.clone(),
            at: broken.at,
            reason: broken.reason.clone(),
        });
        Some(Self {
            name: approval.name.clone(),
            rule: approval.subject.rule.clone(),
            outcome: closed.word(),
            opened_at: approval.opened_at,
            closed_at: closed.at(),
            reason,
            votes: approval.votes.clone(),
            glass,
        })
    }
}
