//! A quorum that a later look does not bear out: it was approved, and waits again.

use super::{Approval, Status};
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::message::reopened;

/// Posts in the dialog's thread that the approval of `decision` waits again, although `before` had enough
/// approvals: Slack notifies nobody of an edit of the dialog.
pub(super) fn tell_reopened(decision: &mut Decision<Approval>, before: &Approval) {
    let next = &decision.next;
    if !before.status.is_quorum() || next.status != Status::Pending {
        return;
    }
    let struck = next.struck.get(before.struck.len()..).unwrap_or_default();
    let text = reopened(next, before.glass.broken.is_some(), struck);
    decision.follow(EffectKind::TellThread { approval: decision.next.id.clone(), text });
}
