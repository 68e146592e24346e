//! An approval as lists of all of them show it.

use super::{GlassView, PersonView, SuccessorView, web_link};
use crate::address::site::Site;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::approval::{Choice, Closed, Status};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_store::ApprovalSummary;

/// An approval of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListedApproval {
    pub(crate) id: ApprovalId,
    /// The deploy that it is about.
    pub(crate) deploy: DeployId,
    /// The deploy's page.
    pub(crate) url: String,
    /// `owner/name`; `null` for approvals from before Signoff stored it.
    pub(crate) deployment: Option<String>,
    /// `null` for approvals from before Signoff stored it.
    pub(crate) environment: Option<String>,
    /// The full SHA of the commit.
    pub(crate) revision: String,
    /// The rule's name.
    pub(crate) rule: String,
    pub(crate) name: String,
    /// `pending`, `quorum` (enough people approved, and Signoff still confirms them), `approved`, `rejected`,
    /// `expired`, `superseded` or `cancelled`.
    pub(crate) status: String,
    pub(crate) opened_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    /// The reason for cancelling it; `null` if it was not cancelled.
    pub(crate) reason: Option<String>,
    /// The person who cancelled it; `null` if Signoff did, or nobody did.
    pub(crate) cancelled_by: Option<PersonView>,
    /// The newer deploy that took this one's place.
    pub(crate) superseded_by: Option<SuccessorView>,
    /// The broken glass. Left out if nobody broke it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub(crate) glass: Option<GlassView>,
    /// One for each person, in the order of their first votes.
    pub(crate) votes: Vec<ListedVote>,
}

/// One person's vote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListedVote {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// `approve` or `reject`.
    pub(crate) choice: Choice,
    /// The voter's reason.
    pub(crate) reason: Option<String>,
    pub(crate) at: Timestamp,
}

impl ListedApproval {
    /// An approval of a list.
    pub(crate) fn of(approval: &ApprovalSummary, site: &Site) -> Self {
        let votes = approval.votes.iter().map(|vote| ListedVote {
            voter: vote.voter.clone(),
            name: vote.name.clone(),
            choice: vote.choice,
            reason: vote.reason.clone(),
            at: vote.at,
        });
        let listed = Self {
            id: approval.id.clone(),
            deploy: approval.deploy.clone(),
            url: site.deploy_url(&approval.deploy),
            deployment: approval.deployment.as_ref().map(ToString::to_string),
            environment: approval.environment.clone(),
            revision: approval.revision.clone(),
            rule: approval.rule.clone(),
            name: approval.name.clone(),
            status: approval.status.word().to_owned(),
            opened_at: approval.opened_at,
            closed_at: approval.closed_at(),
            reason: None,
            cancelled_by: None,
            superseded_by: None,
            glass: approval
                .glass
                .broken
                .as_ref()
                .map(|broken| GlassView::listed(broken, approval.owes_review())),
            votes: votes.collect(),
        };
        match &approval.status {
            Status::Closed(Closed::Superseded { by, .. }) => {
                let url = web_link(&by.url).map(str::to_owned);
                let by = SuccessorView { deploy: by.deploy.clone(), title: by.title.clone(), url };
                Self { superseded_by: Some(by), ..listed }
            }
            Status::Closed(Closed::Cancelled { by, reason, .. }) => {
                let cancelled_by =
                    by.as_ref().map(|id| PersonView { id: id.clone(), name: name_of(approval, id) });
                Self { cancelled_by, reason: Some(reason.clone()), ..listed }
            }
            Status::Pending
            | Status::Quorum { .. }
            | Status::Closed(Closed::Approved { .. } | Closed::Rejected { .. } | Closed::Expired { .. }) => {
                listed
            }
        }
    }

    /// The votes for `choice`.
    pub(crate) fn voted(&self, choice: Choice) -> impl Iterator<Item = &ListedVote> {
        self.votes.iter().filter(move |vote| vote.choice == choice)
    }

    /// Time for which it was open, in seconds; `None`: it is open.
    pub(crate) fn open_for(&self) -> Option<i64> {
        self.closed_at.map(|at| at.duration_since(self.opened_at).as_secs())
    }
}

/// Name of the person `id`, which a list of approvals knows from their vote only.
fn name_of(approval: &ApprovalSummary, id: &str) -> Option<String> {
    approval.votes.iter().find(|vote| vote.voter == id).map(|vote| vote.name.clone())
}
