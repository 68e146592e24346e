//! The dialog of an approval: where it stands, and what it calls the voters.

use super::decide::{Refusal, draw};
use super::{Approval, Dialog};
use crate::decision::Decision;
use crate::event::EventKind;

/// The dialog stands in Slack.
pub(super) fn on_dialog_posted(approval: &Approval, dialog: Dialog) -> Result<Decision<Approval>, Refusal> {
    if approval.dialog.as_ref() == Some(&dialog) {
        return Err(Refusal::Repeated);
    }
    let mut decision = Decision::new(approval.clone());
    decision.events.push(EventKind::DialogPosted {
        approval: approval.id.clone(),
        channel: dialog.channel.clone(),
        ts: dialog.ts.clone(),
    });
    decision.next.dialog = Some(dialog);
    if approval.status.is_superseded() {
        // It was being posted when a newer deploy came, and shows the state of before: the draw that followed
        // from that found no dialog, and posted none.
        decision.follow(draw(approval));
    }
    Ok(decision)
}

/// A dialog that is gone is posted again, as long as there is something to decide.
pub(super) fn on_dialog_deleted(approval: &Approval, dialog: &Dialog) -> Result<Decision<Approval>, Refusal> {
    if approval.dialog.as_ref() != Some(dialog) || !approval.status.is_open() {
        return Err(Refusal::Repeated);
    }
    let mut decision = Decision::new(approval.clone());
    decision.events.push(EventKind::DialogGone {
        approval: approval.id.clone(),
        channel: dialog.channel.clone(),
        ts: dialog.ts.clone(),
    });
    decision.next.dialog = None;
    decision.follow(draw(approval));
    Ok(decision)
}

/// Slack said what it calls these voters.
pub(super) fn record_voter_names(
    approval: &Approval,
    names: &[(String, String)],
) -> Result<Decision<Approval>, Refusal> {
    let mut decision = Decision::new(approval.clone());
    for vote in &mut decision.next.votes {
        if let Some((_, name)) = names.iter().find(|(voter, _)| *voter == vote.voter) {
            vote.name.clone_from(name);
            vote.named = true;
        }
    }
    if decision.next == *approval { Err(Refusal::Repeated) } else { Ok(decision) }
}
