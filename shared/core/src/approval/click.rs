//! Clicks on an approval, and the people who make them.

use super::{Approval, Choice};
use crate::id::{ApprovalId, DeployId};
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

/// The request of a click: the action, and what the person gave with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ask {
    /// The action.
    pub action: ApprovalAction,
    /// The reason, in the person's words; of a review, its result.
    pub reason: Option<String>,
    /// The entry that [`ApprovalAction::ConfirmNobody`] confirms.
    pub maker: Option<MakerEntry>,
}

/// The entry of a maker on the People page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MakerEntry {
    /// The maker's handle.
    pub handle: String,
    /// The version of the entry that the person was shown.
    pub version: u64,
}

/// A person's request about an approval. A window in Slack carries it until the reason is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// The deploy that the approval is about.
    pub deploy: DeployId,
    /// The approval.
    pub approval: ApprovalId,
    /// The mark of the subject that the person was shown.
    pub subject: String,
    /// The action that is asked for.
    pub action: ApprovalAction,
    /// The time of the click, by the clock of whoever took it.
    pub at: Timestamp,
}

/// A thing that a person can do about an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalAction {
    /// To vote for it.
    Approve,
    /// To vote against it.
    Reject,
    /// To take one's own vote back.
    Withdraw,
    /// To take back the votes that made the quorum, before the actions run.
    Undo,
    /// To lift the freeze for it.
    LiftFreeze,
    /// To let it go ahead without its votes.
    BreakGlass,
    /// To say that a broken glass was reviewed.
    Review,
    /// To confirm for it that a maker is nobody here.
    ConfirmNobody,
    /// To end it without a verdict.
    Cancel,
}

impl ApprovalAction {
    /// All that have a button on the ballot; a confirmation has a form of its own.
    pub const ON_BALLOT: [Self; 8] = [
        Self::Approve,
        Self::Reject,
        Self::Withdraw,
        Self::Undo,
        Self::LiftFreeze,
        Self::BreakGlass,
        Self::Review,
        Self::Cancel,
    ];

    /// Its name in forms and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Withdraw => "withdraw",
            Self::Undo => "undo",
            Self::LiftFreeze => "lift-freeze",
            Self::BreakGlass => "break-glass",
            Self::Review => "review",
            Self::ConfirmNobody => "confirm-nobody",
            Self::Cancel => "cancel",
        }
    }

    /// The action on the ballot with this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ON_BALLOT.into_iter().find(|action| action.name() == name)
    }

    /// The vote that it is, where it is one.
    pub fn choice(self) -> Option<Choice> {
        match self {
            Self::Approve => Some(Choice::Approve),
            Self::Reject => Some(Choice::Reject),
            Self::Withdraw
            | Self::Undo
            | Self::LiftFreeze
            | Self::BreakGlass
            | Self::Review
            | Self::ConfirmNobody
            | Self::Cancel => None,
        }
    }

    /// The text of the button for it.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Reject => "Reject",
            Self::Withdraw => "Withdraw",
            Self::Undo => "Undo",
            Self::LiftFreeze => "Lift the freeze",
            Self::BreakGlass => "Break the glass",
            Self::Review => "Mark as reviewed",
            Self::ConfirmNobody => "Confirm",
            Self::Cancel => "Cancel it",
        }
    }

    /// The request for it, with this reason.
    pub fn because(self, reason: impl Into<String>) -> Ask {
        Ask { reason: Some(reason.into()), ..self.into() }
    }
}

impl From<Choice> for ApprovalAction {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Approve => Self::Approve,
            Choice::Reject => Self::Reject,
        }
    }
}

impl From<ApprovalAction> for Ask {
    fn from(action: ApprovalAction) -> Self {
        Self { action, reason: None, maker: None }
    }
}

impl ApprovalRequest {
    /// The click of `voter` that makes this request, for this reason.
    pub fn click(&self, voter: &Voter, reason: Option<String>) -> Click {
        let ask = Ask { reason, ..self.action.into() };
        Click { voter: voter.clone(), ask, at: self.at, subject: self.subject.clone() }
    }
}

impl Approval {
    /// True if `action` counts only with a reason.
    pub fn needs_reason(&self, action: ApprovalAction) -> bool {
        match action {
            ApprovalAction::Approve => self.require_reason.wants(Choice::Approve),
            ApprovalAction::Reject => self.require_reason.wants(Choice::Reject),
            ApprovalAction::LiftFreeze
            | ApprovalAction::BreakGlass
            | ApprovalAction::Review
            | ApprovalAction::Cancel => true,
            ApprovalAction::Withdraw | ApprovalAction::Undo | ApprovalAction::ConfirmNobody => false,
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
