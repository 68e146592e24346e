//! Messages about a broken glass, and about the review that is owed for it.

use super::Message;
use super::pieces::{
    NAME_LIMIT, button, code, end_of_window, local_time, mentions, section, sentence, shorten,
};
use crate::approval::{Approval, Broken, Hands, Review, Status, Struck, Verdict};
use crate::mrkdwn::escape;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The action id of the button that marks a broken glass as reviewed.
pub const REVIEW: &str = "review";

/// The warning about the consequences in the window that people see before they break the glass of
/// `approval`.
pub fn glass_warning(approval: &Approval) -> String {
    let within = approval.electorate.glass.as_ref().map(|breakers| lasting(breakers.review_within));
    format!(
        "This goes ahead without the votes that it needs. Everyone in the channel is told, and somebody who made none of the \
         change has to review it within {}. A freeze still holds it, and Signoff still checks what runs. Until the review is \
         done, the next deploy to the same place is judged with these commits too.",
        within.unwrap_or_default()
    )
}

/// The message to everyone in the channel that somebody broke the glass; `None`: it was undone meanwhile.
pub fn glass_broken(approval: &Approval) -> Option<Message> {
    let Broken { by, reason, due, .. } = approval.glass.broken.as_ref()?;
    let held = match &approval.status {
        Status::Quorum { since, until, .. } if until > since => {
            format!(" It goes ahead on {} unless somebody presses Undo.", end_of_window(*since, *until))
        }
        Status::Pending | Status::Quorum { .. } | Status::Closed(_) => String::new(),
    };
    let text = format!(
        ":rotating_light: <!channel> <@{by}> broke the glass of {}, which goes ahead without the votes that it needs: {}{held}\n\
         Somebody who made none of the change has to review it by {}. Until then, the next deploy to the same place is judged \
         with these commits too.",
        about(approval),
        sentence(reason),
        local_time(*due)
    );
    Some(with_button(approval, text))
}

/// The message to the dialog's thread that the review of a broken glass is owed; `None`: none is owed.
pub fn review_reminder(approval: &Approval) -> Option<Message> {
    let Broken { by, due, hands, .. } = approval.owed_review()?;
    let who = match approval.reviewers() {
        Some(people) => format!("{} can review it.", mentions(people.into_iter())),
        None => {
            "Anyone in this channel who made none of the change and did not break the glass can review it."
                .to_owned()
        }
    };
    let unsure = match hands {
        Some(Hands { may_lack: false, .. }) => "",
        Some(Hands { may_lack: true, .. }) | None => {
            " Signoff couldn't find everyone who made the change. Don't review your own work."
        }
    };
    let text = format!(
        ":bell: The review of {} has been due since {}: <@{by}> broke its glass. {who}{unsure}",
        about(approval),
        local_time(*due)
    );
    Some(with_button(approval, text))
}

/// The dialog's line about a broken glass: the person who broke it, and the reviewer or the time by which the
/// review is owed. If the breaking does not count, the line says why.
pub(super) fn glass_line(approval: &Approval) -> Option<String> {
    if let Some(Struck { voter, why }) = &approval.glass.struck {
        let why = match why {
            Verdict::Deactivated => "their account is deactivated",
            Verdict::Guest => "they are a guest of this workspace",
            Verdict::Stranger => "they are in another workspace",
            Verdict::Bot => "it is a bot",
            Verdict::BaseMoved => "another revision was approved since, so the change is different now",
            Verdict::Eligible
            | Verdict::NotNamed
            | Verdict::OwnWord
            | Verdict::OwnChange
            | Verdict::SetTheBase => "they can no longer break it",
        };
        return Some(format!(":no_entry_sign: The glass that <@{voter}> broke was restored: {why}."));
    }
    let Broken { by, at, reason, due, review, .. } = approval.glass.broken.as_ref()?;
    let broken =
        format!(":rotating_light: Glass broken by <@{by}> on {}: {}", local_time(*at), sentence(reason));
    let review = match review {
        Some(Review { by, at, note, .. }) => {
            format!(" Reviewed by <@{by}> on {}: {}", local_time(*at), sentence(note))
        }
        None if approval.status.is_open() || approval.owed_review().is_some() => {
            format!(" Review due {}.", local_time(*due))
        }
        None => String::new(),
    };
    Some(format!("{broken}{review}"))
}

/// The button that marks the broken glass as reviewed.
pub(super) fn review_button(approval: &Approval) -> Value {
    let value = format!("{} {} {}", approval.deploy, approval.id, approval.subject.mark());
    let elements = [button(REVIEW, "Mark as reviewed", "", &value)];
    json!({ "type": "actions", "block_id": "review", "elements": elements })
}

/// A time that a review may take.
fn lasting(seconds: i64) -> String {
    let hours = SignedDuration::from_secs(seconds).as_hours();
    match (hours, seconds % 3600) {
        (1, 0) => "1 hour".to_owned(),
        (hours, 0) if hours % 24 == 0 && hours > 48 => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours} hours"),
        _ => format!("{} minutes", seconds / 60),
    }
}

fn about(approval: &Approval) -> String {
    let revision = approval.subject.revision.get(..7).unwrap_or(&approval.subject.revision);
    let name = escape(&shorten(&approval.name, NAME_LIMIT));
    format!("\u{201c}{name}\u{201d} ({})", code(revision))
}

fn with_button(approval: &Approval, text: String) -> Message {
    let blocks = json!([section(&text), review_button(approval)]);
    Message { text, blocks }
}
