//! Windows that ask one person for a reason, or tell them something.
//!
//! Views: <https://docs.slack.dev/reference/views/modal-views>.

use super::glass::glass_warning;
use super::pieces::{NAME_LIMIT, SECTION_LIMIT, code, cut, section, shorten};
use crate::approval::Approval;
use crate::mrkdwn::escape;
use serde_json::{Value, json};

/// The callback id of the window that asks for a reason.
pub const ASKED: &str = "reason";
/// The action id of its input.
pub const REASON: &str = "reason";
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// The thing that a window asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The reason for a vote, or for anything else that needs one.
    Reason,
    /// The reason for breaking the glass; the window says what follows.
    Glass,
    /// The result of a review.
    Review,
}

/// The window that asks for something, before `doing` (`Approve`, `Reject`, `Cancel it`) is done about
/// `approval`. `carried` comes back with the answer.
pub fn ask_reason(approval: &Approval, doing: &str, asking: Asking, carried: &str) -> Value {
    let revision = approval.subject.revision.get(..7).unwrap_or(&approval.subject.revision);
    let about = format!("*{}* ({})", escape(&shorten(&approval.name, NAME_LIMIT)), code(revision));
    let (label, warning) = match asking {
        Asking::Reason => ("Why?", None),
        Asking::Glass => ("Why?", Some(glass_warning(approval))),
        Asking::Review => ("What did you find?", None),
    };
    let input = json!({
        "type": "input",
        "block_id": "reason",
        "label": { "type": "plain_text", "text": label },
        "hint": { "type": "plain_text", "text": "Shown in Slack and kept in the record." },
        "element": {
            "type": "plain_text_input",
            "action_id": REASON,
            "multiline": true,
            "min_length": 1,
            "max_length": LONGEST_REASON,
        },
    });
    let mut blocks = vec![section(&about)];
    blocks.extend(warning.map(|text| section(&text)));
    blocks.push(input);
    json!({
        "type": "modal",
        "callback_id": ASKED,
        "private_metadata": carried,
        "title": { "type": "plain_text", "text": doing },
        "submit": { "type": "plain_text", "text": doing },
        "close": { "type": "plain_text", "text": "Back" },
        "blocks": blocks,
    })
}

/// The window that says `text` (mrkdwn) and asks nothing.
pub fn say(text: &str) -> Value {
    json!({
        "type": "modal",
        "title": { "type": "plain_text", "text": "Not counted" },
        "close": { "type": "plain_text", "text": "Close" },
        "blocks": [section(&cut(text, SECTION_LIMIT))],
    })
}
