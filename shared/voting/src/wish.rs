//! A person's request about an approval.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::approval::{Approval, Ask, Choice, Click, Command, Voter};
use signoff_core::id::{ApprovalId, DeployId};

/// A request about an approval. A window in Slack carries it until the reason is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRequest {
    /// The deploy that the approval is about.
    pub deploy: DeployId,
    /// The approval.
    pub approval: ApprovalId,
    /// The mark of the subject that the person was shown.
    pub subject: String,
    /// The thing that is asked for.
    pub what: ApprovalAction,
    /// The time of the click, by the clock of whoever took it.
    pub at: Timestamp,
}

/// The thing that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalAction {
    /// To vote for it.
    Approve,
    /// To vote against it.
    Reject,
    /// To take one's own vote back.
    Withdraw,
    /// To take back the votes that made the quorum.
    Undo,
    /// To lift the freeze.
    LiftFreeze,
    /// To let it go ahead without its votes.
    BreakGlass,
    /// To say that a broken glass was reviewed.
    Review,
    /// To end it without a verdict.
    Cancel,
}

impl ApprovalAction {
    /// All of them.
    pub const ALL: [Self; 8] = [
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
            Self::Cancel => "cancel",
        }
    }

    /// The thing with this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
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
            | Self::Cancel => None,
        }
    }

    /// The same with its reason.
    fn ask(self, reason: Option<String>) -> Ask {
        match self {
            Self::Approve => Ask::Vote { choice: Choice::Approve, reason },
            Self::Reject => Ask::Vote { choice: Choice::Reject, reason },
            Self::Withdraw => Ask::Withdraw,
            Self::Undo => Ask::Undo,
            Self::LiftFreeze => Ask::LiftFreeze { reason: reason.unwrap_or_default() },
            Self::BreakGlass => Ask::BreakGlass { reason: reason.unwrap_or_default() },
            Self::Review => Ask::Review { note: reason.unwrap_or_default() },
            Self::Cancel => Ask::Cancel { reason: reason.unwrap_or_default() },
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
            Self::Cancel => "Cancel it",
        }
    }
}

impl ApprovalRequest {
    /// The command to the core: `voter` makes this request, for this reason.
    pub(crate) fn command(&self, voter: &Voter, reason: Option<String>) -> Command {
        Command::Click(Click {
            voter: voter.clone(),
            ask: self.what.ask(reason),
            at: self.at,
            subject: self.subject.clone(),
        })
    }
}

/// True if `what` counts only with a reason.
pub fn needs_reason(approval: &Approval, what: ApprovalAction) -> bool {
    match what.choice() {
        Some(choice) => approval.require_reason.wants(choice),
        None => matches!(
            what,
            ApprovalAction::Cancel
                | ApprovalAction::LiftFreeze
                | ApprovalAction::BreakGlass
                | ApprovalAction::Review
        ),
    }
}
