//! Looks of the clock at those who may vote, and the news that too few of them are left.

use super::{Approval, Blocker, Status};
use crate::decision::{Decision, Later};
use crate::effect::EffectKind;
use crate::message::out_of_reach;
use jiff::{SignedDuration, Timestamp};

/// The time between two looks.
const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The next look after `now` at whether those who may vote on `approval` are enough; `None`: anyone in a
/// channel may vote, so nobody knows who is left, or the approval is closed.
pub fn next_look(approval: &Approval, now: Timestamp) -> Option<Later> {
    let is_watched = approval.status.is_open() && approval.electorate.people.is_some();
    let kind = EffectKind::WatchApprovers { approval: approval.id.clone() };
    is_watched.then(|| Later { at: now.checked_add(LOOK_EVERY).unwrap_or(Timestamp::MAX), kind })
}

/// Posts in the dialog's thread that too few are left to complete the approval of `decision`, where `before`
/// had enough of them: an edit of the dialog notifies nobody.
pub(super) fn tell_out_of_reach(decision: &mut Decision<Approval>, before: &Approval) {
    let next = &decision.next;
    // What becomes of a quorum has a message of its own.
    let was_waiting = before.status == Status::Pending && next.status == Status::Pending;
    if !was_waiting || lacks_people(before) {
        return;
    }
    if let Some(text) = out_of_reach(&next.electorate) {
        let approval = next.id.clone();
        decision.follow(EffectKind::TellThread { approval, text, to_deployers: true });
    }
}

fn lacks_people(approval: &Approval) -> bool {
    approval.electorate.blocked.iter().any(Blocker::is_lack_of_people)
}
