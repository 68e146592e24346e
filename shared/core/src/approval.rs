//! The approval: the step that waits for people. How votes close it is in [`decide`].

mod apply_click;
mod carried;
mod click;
mod decide;
mod dialog;
mod electorate;
mod frozen;
mod glass;
mod judge;
mod names;
mod nobody;
mod outline;
mod parts;
mod quorum;
mod release;
mod reopened;
mod subject;
mod watched;

pub use carried::Carried;
pub use click::{ApprovalAction, ApprovalRequest, Ask, Click, MakerEntry, Standing, Voter};
pub use decide::{Command, Refusal, decide, open, wait_before_round};
pub use electorate::{Check, Electorate, Quota, Verdict};
pub use frozen::{Frozen, Lifted};
pub use glass::{
    BreakerCheck, Breakers, Broken, Glass, Hands, NoReviewer, REVIEW_WITHIN, Review, next_reminder,
};
pub use judge::{Blocker, Judged, Member, Part};
pub use nobody::{NoConfirmer, NobodyConfirmed, SaidNobody};
pub use outline::{Outline, WithoutRange};
pub use quorum::{Needed, Tally, tally};
pub use release::{OwnPipeline, Release};
pub use subject::{Act, BuildSource, CiFile, Origin, Start, Subject};
pub use watched::next_look;

use crate::action::Reasons;
use crate::deploy::{RulesChange, Slug};
use crate::id::{ApprovalId, DeployId, RunId};
use crate::run::Again;
use crate::{policy, rules_in_force};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The deploy that it is about.
    pub deploy: DeployId,
    /// The deployment; `None` in an approval that was opened before this was kept.
    pub deployment: Option<Slug>,
    /// The environment where the deploy arrived; `None` as for `deployment`.
    pub environment: Option<String>,
    /// The run that waits for it.
    pub run: RunId,
    /// The step of that run, from 0.
    pub step: usize,
    /// Its name.
    pub name: String,
    /// The subject of its votes. It is fixed when the approval opens; only its base may move.
    pub subject: Subject,
    /// The rules files, default tags and files that CIs read, as far as the deploy changes them.
    pub rules_change: RulesChange,
    /// The host's page that shows what the deploy changes, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<String>,
    /// The question, in Slack's mrkdwn.
    pub prompt: String,
    /// `#name` or a channel id, as the rule has it.
    pub channel: String,
    /// The number of approving votes that approve it, each another person's; with quotas, the sum of theirs.
    pub votes_required: u32,
    /// The number of rejecting votes that reject it.
    pub rejections_required: u32,
    /// The votes that need a reason.
    pub require_reason: Reasons,
    /// The time between the quorum and the actions in which people can undo it; `None`: there is none.
    pub undo_window: Option<SignedDuration>,
    /// The freeze windows of its rule, and their state.
    #[serde(default, skip_serializing_if = "Frozen::is_empty")]
    pub frozen: Frozen,
    /// Its glass, which somebody may break.
    #[serde(default, skip_serializing_if = "Glass::is_whole")]
    pub glass: Glass,
    /// Confirmations that a maker has no member in this Slack workspace, which count for this approval alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nobody_here: Vec<NobodyConfirmed>,
    /// The time at which it expires; `None`: it never does.
    pub expires_at: Option<Timestamp>,
    /// The people who may vote, as of the last lookup.
    pub electorate: Electorate,
    /// The names of its people by Slack user id, as far as a lookup of them told one. Nothing is decided by
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// The Slack workspace (team id) whose members may vote.
    pub workspace: String,
    /// The earlier approval that it asks again for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Again>,
    /// One vote a person, in the order in which they first voted.
    pub votes: Vec<Vote>,
    /// Votes that counted once and were struck: their voters may not vote any more, or the base moved.
    pub struck: Vec<Struck>,
    /// Each person's last click that was counted.
    pub clicks: Vec<LastClick>,
    /// Its status.
    pub status: Status,
    /// Its dialog, once that was posted.
    pub dialog: Option<Dialog>,
    /// The time at which it was opened.
    pub opened_at: Timestamp,
    /// The number of times that it was committed.
    pub version: u64,
}

/// One person's vote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vote {
    /// The voter's Slack user id.
    pub voter: String,
    /// The voter's name: the handle that came with the click, later their name in Slack.
    pub name: String,
    /// True if Slack was asked for the voter's name.
    pub named: bool,
    /// Approve or reject.
    pub choice: Choice,
    /// The reason, in the voter's words.
    pub reason: Option<String>,
    /// The time at which it was cast or last changed.
    pub at: Timestamp,
}

/// A vote that does not count any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Struck {
    /// The voter's Slack user id.
    pub voter: String,
    /// The reason why it does not count.
    pub why: Verdict,
}

/// A person's last click that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LastClick {
    /// The Slack user id.
    pub person: String,
    /// The time of the click, by Slack's clock. A click that is no later than this was counted or overtaken.
    pub at: Timestamp,
    /// The action that they asked for.
    pub action: ApprovalAction,
}

/// Approve or reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// For it.
    Approve,
    /// Against it.
    Reject,
}

/// The status of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    /// Waiting for votes.
    Pending,
    /// Enough people approved; nothing runs before they were looked up once more, and before the undo window
    /// and the freeze are over.
    Quorum {
        /// The time at which the quorum was reached.
        since: Timestamp,
        /// The time at which the undo window and the freeze are over; `since` where there is neither.
        until: Timestamp,
        /// The reason why the voters could not be looked up yet.
        note: Option<String>,
    },
    /// Closed: people can't change it any more.
    #[serde(untagged)]
    Closed(Closed),
}

/// The end of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Closed {
    /// Enough people approved.
    Approved {
        /// The time of the approval.
        at: Timestamp,
    },
    /// Enough people rejected.
    Rejected {
        /// The time of the rejection.
        at: Timestamp,
    },
    /// Nobody decided in time.
    Expired {
        /// The time at which it expired.
        at: Timestamp,
    },
    /// A newer deploy took its place.
    Superseded {
        /// The time at which it was superseded.
        at: Timestamp,
        /// The newer deploy.
        by: Successor,
    },
    /// It ended without a verdict.
    Cancelled {
        /// The time at which it was cancelled.
        at: Timestamp,
        /// The member who cancelled it (a Slack user id); `None`: Signoff did.
        by: Option<String>,
        /// The reason.
        reason: String,
    },
}

/// The deploy that took another one's place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Successor {
    /// Its id.
    pub deploy: DeployId,
    /// Its title for people.
    pub title: String,
    /// Its page.
    pub url: String,
}

/// The outcome of an approval, for the run that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The run goes on with the actions for an approval.
    Approved,
    /// The run goes on with the actions for a rejection, and stops.
    Rejected,
    /// The run goes on with the actions for the case that nobody decided, and stops.
    Expired,
    /// The run stops, for this reason, which the dialog shows: people cancelled it.
    Ended(String),
    /// The run stops, for this reason, which the dialog shows if it stands: a newer deploy took its place.
    Superseded(String),
    /// The run stops, for this reason, which may have no dialog to show it.
    Cancelled(String),
}

/// The place of a message in Slack, such as an approval's dialog.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Dialog {
    /// The channel's id.
    pub channel: String,
    /// The message's timestamp, Slack's id of it.
    pub ts: String,
}

impl Approval {
    /// `true` if its dialog was never posted and is not posted any more: a newer deploy took its place before
    /// Slack showed it, and people are asked about that one.
    pub fn is_left_out(&self) -> bool {
        self.dialog.is_none() && self.status.is_superseded()
    }

    /// True if it asks about a proposed rules file.
    pub fn is_of_rules_file(&self) -> bool {
        self.subject.rule == rules_in_force::PROPOSAL
    }

    /// True if people can end it without its dialog: enough of them approved, or its approvers are named and
    /// can vote on the deploy's page. Anyone in a channel can't: until the dialog is posted, nobody knows
    /// which channel that is.
    pub fn goes_on_without_dialog(&self) -> bool {
        match self.status {
            Status::Pending => self.electorate.people.as_ref().is_some_and(|people| !people.is_empty()),
            Status::Quorum { .. } => true,
            Status::Closed(_) => false,
        }
    }

    /// True if it asks the owners of the policy about another one.
    pub fn is_of_policy(&self) -> bool {
        self.subject.rule == policy::PROPOSAL
    }

    /// The number of people who voted for `choice`.
    pub fn count(&self, choice: Choice) -> u32 {
        self.votes.iter().filter(|vote| vote.choice == choice).count() as u32
    }
}

impl Status {
    /// The end of the approval; `None`: people can still change it.
    pub fn closed(&self) -> Option<&Closed> {
        match self {
            Self::Closed(closed) => Some(closed),
            Self::Pending | Self::Quorum { .. } => None,
        }
    }

    /// The time of the approval; `None`: it is not approved.
    pub fn approved_at(&self) -> Option<Timestamp> {
        match self.closed()? {
            Closed::Approved { at } => Some(*at),
            Closed::Rejected { .. }
            | Closed::Expired { .. }
            | Closed::Superseded { .. }
            | Closed::Cancelled { .. } => None,
        }
    }

    /// True if enough people approved, and it is closed.
    pub fn is_approved(&self) -> bool {
        self.approved_at().is_some()
    }

    /// True if enough people rejected.
    pub fn is_rejected(&self) -> bool {
        match self.closed() {
            Some(Closed::Rejected { .. }) => true,
            None
            | Some(
                Closed::Approved { .. }
                | Closed::Expired { .. }
                | Closed::Superseded { .. }
                | Closed::Cancelled { .. },
            ) => false,
        }
    }

    /// The newer deploy that took its place, where one did.
    pub fn successor(&self) -> Option<&Successor> {
        match self.closed()? {
            Closed::Superseded { by, .. } => Some(by),
            Closed::Approved { .. }
            | Closed::Rejected { .. }
            | Closed::Expired { .. }
            | Closed::Cancelled { .. } => None,
        }
    }

    /// `true` if a newer deploy took its place.
    pub fn is_superseded(&self) -> bool {
        self.successor().is_some()
    }

    /// The word for it: `pending`, `quorum`, or that of its end.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Quorum { .. } => "quorum",
            Self::Closed(closed) => closed.word(),
        }
    }

    /// True if enough people approved, and nothing runs yet.
    pub fn is_quorum(&self) -> bool {
        match self {
            Self::Quorum { .. } => true,
            Self::Pending | Self::Closed(_) => false,
        }
    }

    /// True if people can still change it.
    pub fn is_open(&self) -> bool {
        self.closed().is_none()
    }
}

impl Closed {
    /// The word for it: `approved`, `rejected`, `expired`, `superseded`, `cancelled`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Expired { .. } => "expired",
            Self::Superseded { .. } => "superseded",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// The time at which the approval was closed.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Approved { at }
            | Self::Rejected { at }
            | Self::Expired { at }
            | Self::Superseded { at, .. }
            | Self::Cancelled { at, .. } => *at,
        }
    }
}
