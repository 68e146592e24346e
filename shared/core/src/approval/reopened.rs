//! A quorum that a later look does not bear out, or that ends without its actions: those who voted and those
//! who deployed are told, because Slack notifies nobody of an edit of the dialog.

use super::{Approval, Closed, Status};
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::message::{quorum_told, reopened};

/// Posts in the dialog's thread that the approval of `decision` waits again or expired, although `before` had
/// enough approvals.
pub(super) fn tell_reopened(decision: &mut Decision<Approval>, before: &Approval) {
    let next = &decision.next;
    let is_told = match next.status {
        Status::Pending | Status::Closed(Closed::Expired { .. }) => before.status.is_quorum(),
        Status::Quorum { .. } | Status::Closed(_) => false,
    };
    if !is_told {
        return;
    }
    let struck = next.struck.get(before.struck.len()..).unwrap_or_default();
    let text = reopened(next, before.glass.broken.is_some(), struck);
    let is_over = !next.status.is_open();
    tell(decision, text, is_over);
}

/// Posts in the dialog's thread that the actions after the quorum of `before` wait, because those who
/// approved can't be looked up, or that they don't run, because Signoff cancelled the approval of `decision`
/// or a newer deploy took its place.
pub(super) fn tell_unkept(decision: &mut Decision<Approval>, before: &Approval) {
    if !before.status.is_quorum() {
        return;
    }
    if let Some(text) = quorum_told(&decision.next) {
        tell(decision, text, true);
    }
}

fn tell(decision: &mut Decision<Approval>, text: String, to_deployers: bool) {
    let approval = decision.next.id.clone();
    decision.follow(EffectKind::TellThread { approval, text, to_deployers });
}
