//! Freeze windows of an approval: its quorum is held until none is open, or until somebody lifts the freeze.

use super::{Approval, Click, Refusal, Status, Verdict, Voter};
use crate::decision::{Decision, Later};
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::freeze::{Freeze, Hold, hold, names, next_opening};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The freeze windows of an approval, and their state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Frozen {
    /// The windows.
    pub windows: Vec<Freeze>,
    /// Those that are open, as its dialog says; in a quorum, those that hold it.
    pub hold: Option<Hold>,
    /// The lifting of the freeze for this approval, if somebody lifted it.
    pub lifted: Option<Lifted>,
}

/// The lifting of a freeze.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lifted {
    /// The Slack user id of the person who lifted it.
    pub by: String,
    /// The time.
    pub at: Timestamp,
    /// The reason, in their words.
    pub reason: String,
}

impl Frozen {
    /// These windows for an approval that opens at `now`.
    pub fn new(windows: Vec<Freeze>, now: Timestamp) -> Self {
        let hold = hold(&windows, now);
        Self { windows, hold, lifted: None }
    }

    /// True if there are no windows.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The windows that hold the approval at `at`, unless somebody lifted them.
    pub(super) fn hold_at(&self, at: Timestamp) -> Option<Hold> {
        if self.lifted.is_some() { None } else { hold(&self.windows, at) }
    }

    /// The end and the names of the windows that hold the actions after the approval at `at`; `None`: none
    /// does, or somebody lifted them.
    pub fn held_at(&self, at: Timestamp) -> Option<(Timestamp, String)> {
        self.hold_at(at).map(|hold| (hold.until, names(&self.windows, &hold)))
    }

    /// The names of the windows that hold, as a list; `None`: none holds.
    pub fn names(&self) -> Option<String> {
        self.hold.as_ref().map(|hold| names(&self.windows, hold))
    }
}

impl Approval {
    /// The end of the undo window of a quorum that was reached at `since`.
    pub(super) fn undone_until(&self, since: Timestamp) -> Timestamp {
        self.undo_window.and_then(|window| since.checked_add(window).ok()).unwrap_or(since)
    }

    /// The windows that hold the approval at `now`; in a quorum, those that hold once the undo window is
    /// over.
    fn held(&self, now: Timestamp) -> Option<Hold> {
        let at = match self.status {
            Status::Quorum { since, .. } => self.undone_until(since).max(now),
            Status::Pending | Status::Closed(_) => now,
        };
        self.frozen.hold_at(at)
    }

    /// The people who may lift `hold`: those named in each of its windows.
    pub(crate) fn freeze_lifters(&self, hold: &Hold) -> Vec<String> {
        let named = |index: &usize| self.electorate.lift_freeze.get(*index).map_or(&[][..], Vec::as_slice);
        let Some((first, others)) = hold.windows.split_first() else { return Vec::new() };
        let in_all = |person: &&String| others.iter().all(|index| named(index).contains(person));
        named(first).iter().filter(in_all).cloned().collect()
    }

    /// Checks that `voter` may lift the freeze at `now`, and returns the windows that this lifts.
    pub(super) fn may_lift_freeze(&self, voter: &Voter, now: Timestamp) -> Result<Hold, Refusal> {
        match self.account(voter) {
            Verdict::Eligible => {}
            unfit => return Err(Refusal::NotEligible(unfit, Box::new(self.electorate.clone()))),
        }
        let hold = self.held(now).ok_or(Refusal::NotFrozen)?;
        let named = self.freeze_lifters(&hold);
        if named.contains(&voter.id) { Ok(hold) } else { Err(Refusal::NotALifter(named)) }
    }
}

/// Records the freeze that holds an approval as it opens, and schedules the look at the next change.
pub(super) fn start_freeze(decision: &mut Decision<Approval>, now: Timestamp) {
    record(decision);
    watch(decision, now);
}

/// Applies the opening or closing of a window: the dialog of an approval that waits for votes shows it.
pub(super) fn on_freeze_changed(approval: &Approval, now: Timestamp) -> Result<Decision<Approval>, Refusal> {
    if approval.frozen.lifted.is_some() {
        return Err(Refusal::NotNow);
    }
    let mut decision = Decision::new(approval.clone());
    if approval.status == Status::Pending {
        decision.next.frozen.hold = approval.frozen.hold_at(now);
        if decision.next.frozen.hold != approval.frozen.hold {
            record(&mut decision);
            decision.follow(super::decide::draw(approval));
        }
    }
    watch(&mut decision, now);
    if decision.next == *approval && decision.later.is_empty() { Err(Refusal::NotNow) } else { Ok(decision) }
}

/// Has the approval looked at when the next window opens, or the last that is open closes.
fn watch(decision: &mut Decision<Approval>, now: Timestamp) {
    let Approval { id, frozen, .. } = &decision.next;
    let next = match frozen.hold_at(now) {
        Some(hold) => Some(hold.until),
        None => next_opening(&frozen.windows, now),
    };
    let kind = EffectKind::WatchFreeze { approval: id.clone() };
    decision.later.extend(next.map(|at| Later { at, kind }));
}

/// Puts the windows that hold the approval on record, if there are any.
pub(super) fn record(decision: &mut Decision<Approval>) {
    let Approval { id, subject, frozen, .. } = &decision.next;
    if let (Some(hold), Some(freeze)) = (&frozen.hold, frozen.names()) {
        let (rule, approval) = (subject.rule.clone(), Some(id.clone()));
        decision.events.push(EventKind::Frozen { rule, approval, until: hold.until, freeze });
    }
}

/// Lifts the freeze for this approval: its windows hold it no longer, and its quorum goes ahead once the undo
/// window is over.
pub(super) fn lift_freeze(
    decision: &mut Decision<Approval>,
    click: &Click,
    hold: &Hold,
    reason: String,
    now: Timestamp,
) {
    let approval = &mut decision.next;
    let (id, by) = (approval.id.clone(), click.voter.id.clone());
    decision.events.push(EventKind::FreezeLifted {
        approval: id.clone(),
        by: by.clone(),
        name: click.voter.name.clone(),
        freeze: names(&approval.frozen.windows, hold),
        reason: reason.clone(),
    });
    approval.frozen.hold = None;
    approval.frozen.lifted = Some(Lifted { by, at: now, reason });
    if let Status::Quorum { since, .. } = approval.status {
        let until = approval.undone_until(since);
        approval.status = Status::Quorum { since, until, note: None };
        decision.confirm_at(until, now);
    }
    decision.follow(EffectKind::TellFreezeLifted { approval: id });
}

impl Decision<Approval> {
    /// Has those who approved looked up at `at`, or at once.
    pub(super) fn confirm_at(&mut self, at: Timestamp, now: Timestamp) {
        let kind = EffectKind::ConfirmQuorum { approval: self.next.id.clone() };
        if at > now { self.later.push(Later { at, kind }) } else { self.follow(kind) }
    }
}
