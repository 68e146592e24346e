//! Clicks on an approval, and the people who make them.

use super::Choice;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A click on an approval's dialog, or the reason that was given after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Click {
    /// The person who clicked.
    pub voter: Voter,
    /// The request.
    pub ask: Ask,
    /// The time at which they clicked the button, by Slack's clock.
    pub at: Timestamp,
    /// The mark of the subject that the dialog showed them ([`super::Subject::mark`]).
    pub subject: String,
}

/// The request of a click.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// To vote, or to change the vote.
    Vote {
        /// The choice.
        choice: Choice,
        /// The reason, in the voter's words.
        reason: Option<String>,
    },
    /// To take one's own vote back.
    Withdraw,
    /// To take back the votes that made the quorum, before the actions run.
    Undo,
    /// To lift the freeze for this approval.
    LiftFreeze {
        /// The reason.
        reason: String,
    },
    /// To let the approval go ahead without its votes.
    BreakGlass {
        /// The reason.
        reason: String,
    },
    /// To say that a broken glass was reviewed.
    Review {
        /// The result, in the reviewer's words.
        note: String,
    },
    /// To confirm for this approval that a maker is nobody here.
    ConfirmNobody {
        /// The maker's handle on the People page.
        handle: String,
        /// The version of the entry that the person was shown.
        version: u64,
    },
    /// To end the approval without a verdict.
    Cancel {
        /// The reason.
        reason: String,
    },
}

/// The kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// [`Ask::Vote`], to approve.
    Approve,
    /// [`Ask::Vote`], to reject.
    Reject,
    /// [`Ask::Withdraw`].
    Withdraw,
    /// [`Ask::Undo`].
    Undo,
    /// [`Ask::LiftFreeze`].
    LiftFreeze,
    /// [`Ask::BreakGlass`].
    BreakGlass,
    /// [`Ask::Review`].
    Review,
    /// [`Ask::ConfirmNobody`].
    ConfirmNobody,
    /// [`Ask::Cancel`].
    Cancel,
}

impl Ask {
    /// Its kind.
    pub fn asked(&self) -> Asked {
        match self {
            Self::Vote { choice: Choice::Approve, .. } => Asked::Approve,
            Self::Vote { choice: Choice::Reject, .. } => Asked::Reject,
            Self::Withdraw => Asked::Withdraw,
            Self::Undo => Asked::Undo,
            Self::LiftFreeze { .. } => Asked::LiftFreeze,
            Self::BreakGlass { .. } => Asked::BreakGlass,
            Self::Review { .. } => Asked::Review,
            Self::ConfirmNobody { .. } => Asked::ConfirmNobody,
            Self::Cancel { .. } => Asked::Cancel,
        }
    }
}

/// Somebody who clicks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Voter {
    /// The Slack user id.
    pub id: String,
    /// The name that Slack gave.
    pub name: String,
    /// The workspace (team id) that the person belongs to.
    pub workspace: String,
    /// The standing of their account, where Slack gave it in time. Without it, the lookup before the first
    /// action decides.
    pub standing: Option<Standing>,
}

/// The standing of an account in Slack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A member of the workspace.
    Member,
    /// Deactivated, or not known at all.
    Deactivated,
    /// A guest of the workspace.
    Guest,
    /// Somebody of another workspace, through Slack Connect.
    Stranger,
    /// A program.
    Bot,
}
