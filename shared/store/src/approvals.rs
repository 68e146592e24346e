//! Lists of approvals, newest first, a part at a time: one request a part, two where those that wait and
//! those that are closed are wanted of all deployments, however many are on record.

use crate::error::StoreError;
use crate::row::{self, Row, text};
use crate::unreadable::left_out;
use crate::{Store, keys};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use signoff_core::approval::{Closed, Glass, Status, Vote};
use signoff_core::deploy::Slug;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::slug::canonical;

/// Most approvals that one request reads.
pub const MAX_SCANNED: i32 = 500;

/// Filter of a list of approvals; by default it lists all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedApprovals {
    /// Those of this deployment.
    pub deployment: Option<Slug>,
    /// Those of deploys to this environment, in any case.
    pub environment: Option<String>,
    /// Those about a revision that begins so, in lower case.
    pub revision: Option<String>,
    /// Those that this person voted on or cancelled: the Slack user id, or a part of the name in any case.
    pub person: Option<String>,
    /// Those that ended so.
    pub outcome: Option<WantedOutcome>,
    /// Those opened at this time or later, to the microsecond.
    pub since: Option<Timestamp>,
    /// Those opened before this time, to the microsecond.
    pub until: Option<Timestamp>,
}

/// Outcome that the approvals of a list have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedOutcome {
    /// People can still change them.
    Pending,
    /// Enough people approved.
    Approved,
    /// Enough people rejected.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// A newer deploy took their place.
    Superseded,
    /// They ended without a verdict.
    Cancelled,
}

/// An approval in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalSummary {
    /// Its id.
    pub id: ApprovalId,
    /// The deploy that it is about.
    pub deploy: DeployId,
    /// Deployment that was deployed; `None` for an approval that was opened before this was kept.
    pub deployment: Option<Slug>,
    /// Environment where it arrived; `None` as for `deployment`.
    pub environment: Option<String>,
    /// The commit's full SHA.
    pub revision: String,
    /// Its name.
    pub name: String,
    /// The rule's name.
    pub rule: String,
    /// Status of the approval.
    pub status: Status,
    /// One vote a person, in the order in which they first voted.
    pub votes: Vec<Vote>,
    /// Its glass, which somebody may have broken.
    #[serde(default, skip_serializing_if = "Glass::is_whole")]
    pub glass: Glass,
    /// Time at which the approval was opened.
    pub opened_at: Timestamp,
}

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct ApprovalListing {
    /// The approvals.
    pub approvals: Vec<ApprovalSummary>,
    /// The number of further approvals among those looked at that this release can't read.
    pub unreadable: usize,
    /// Cursor of the next part; `None` at the end.
    pub next: Option<String>,
}

impl WantedOutcome {
    /// All of them, in the order in which people choose from them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Approved, Self::Rejected, Self::Expired, Self::Superseded, Self::Cancelled];

    /// The word for it, as [`Status::word`] has it; a quorum is `pending`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }

    fn is_of(self, status: &Status) -> bool {
        let of = match status {
            Status::Pending | Status::Quorum { .. } => Self::Pending,
            Status::Closed(Closed::Approved { .. }) => Self::Approved,
            Status::Closed(Closed::Rejected { .. }) => Self::Rejected,
            Status::Closed(Closed::Expired { .. }) => Self::Expired,
            Status::Closed(Closed::Superseded { .. }) => Self::Superseded,
            Status::Closed(Closed::Cancelled { .. }) => Self::Cancelled,
        };
        self == of
    }
}

impl ApprovalSummary {
    /// Returns the time at which it was closed; `None` while people can still change it.
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.status.closed().map(Closed::at)
    }

    /// True if it went ahead by break-glass and nobody has reviewed that yet.
    pub fn owes_review(&self) -> bool {
        let is_broken = self.glass.broken.as_ref().is_some_and(|broken| broken.review.is_none());
        is_broken && self.status.is_approved()
    }

    /// Returns the time for which it was open; `None` while it is open.
    pub fn took(&self) -> Option<SignedDuration> {
        self.closed_at().map(|at| at.duration_since(self.opened_at))
    }

    /// Returns its place in a list, which serves as the cursor for the approvals that come after it.
    pub fn place(&self) -> String {
        keys::opened(self.opened_at, &self.id)
    }

    /// The Slack user id of who cancelled it, where somebody did.
    pub fn cancelled_by(&self) -> Option<&str> {
        match self.status.closed()? {
            Closed::Cancelled { by, .. } => by.as_deref(),
            Closed::Approved { .. }
            | Closed::Rejected { .. }
            | Closed::Expired { .. }
            | Closed::Superseded { .. } => None,
        }
    }

    /// True if `person` (a Slack user id, or a part of a name in lower case) had a part in it.
    fn concerns(&self, person: &str) -> bool {
        let is = |id: &str| id.eq_ignore_ascii_case(person);
        self.cancelled_by().is_some_and(is)
            || self.votes.iter().any(|vote| is(&vote.voter) || vote.name.to_lowercase().contains(person))
    }
}

/// The rows of one partition of an index, newest first.
struct Found {
    rows: Vec<(String, ApprovalSummary)>,
    /// The number of rows that could not be read.
    unreadable: usize,
    /// Cursor of the older approvals that were not read; `None` if all were.
    cut: Option<String>,
}

impl WantedApprovals {
    /// Returns the partitions to read: the index, the attribute of its partition key, and the key's value.
    fn partitions(&self) -> Vec<(&'static str, &'static str, String)> {
        if let Some(deployment) = &self.deployment {
            return vec![(keys::DEPLOYMENT_INDEX, keys::DEPLOYMENT_KEY, keys::approvals_of(deployment))];
        }
        let parts: &[&str] = match self.outcome {
            None => &[keys::PENDING, keys::CLOSED],
            Some(WantedOutcome::Pending) => &[keys::PENDING],
            Some(_) => &[keys::CLOSED],
        };
        parts.iter().map(|part| (keys::APPROVALS_INDEX, keys::APPROVALS, (*part).to_owned())).collect()
    }

    /// True if the list includes everything in the partitions, regardless of the time.
    fn takes_all(&self) -> bool {
        let all_outcomes = match self.outcome {
            None => true,
            Some(WantedOutcome::Pending) => self.deployment.is_none(),
            Some(_) => false,
        };
        all_outcomes && self.environment.is_none() && self.revision.is_none() && self.person.is_none()
    }

    /// True if the list includes an approval of the partitions, regardless of its time.
    fn takes(&self, approval: &ApprovalSummary) -> bool {
        let of = approval.environment.as_deref().map(canonical);
        let environment = |wanted: &String| of == Some(canonical(wanted));
        let revision = |wanted: &String| approval.revision.to_lowercase().starts_with(wanted.as_str());
        self.environment.as_ref().is_none_or(environment)
            && self.revision.as_ref().is_none_or(revision)
            && self.person.as_ref().is_none_or(|person| approval.concerns(&person.to_lowercase()))
            && self.outcome.is_none_or(|outcome| outcome.is_of(&approval.status))
    }
}

impl Store {
    /// The newest approvals that people can still change, of all deployments, at most `limit`.
    pub async fn pending_approvals(&self, limit: i32) -> Result<ApprovalListing, StoreError> {
        let wanted = WantedApprovals { outcome: Some(WantedOutcome::Pending), ..WantedApprovals::default() };
        self.approvals(&wanted, limit, None).await
    }

    /// Those of the newest 500 approvals of a deployment that were approved.
    pub async fn approved(&self, deployment: &Slug) -> Result<Vec<ApprovalSummary>, StoreError> {
        let outcome = Some(WantedOutcome::Approved);
        let wanted =
            WantedApprovals { deployment: Some(deployment.clone()), outcome, ..WantedApprovals::default() };
        Ok(self.approvals(&wanted, MAX_SCANNED, None).await?.approvals)
    }

    /// The newest approvals that are `wanted`, at most `limit`, by the time at which they were opened, before
    /// `before` (an [`ApprovalListing::next`]).
    ///
    /// If an environment, a revision, a person or an outcome is wanted, the newest 500 of the deployment, or
    /// of those that wait and of those that are closed, are looked at: the part may have fewer than `limit`,
    /// or none, and a next one.
    pub async fn approvals(
        &self,
        wanted: &WantedApprovals,
        limit: i32,
        before: Option<&str>,
    ) -> Result<ApprovalListing, StoreError> {
        // What comes after a time in the list starts with an earlier one.
        let until = wanted.until.map(keys::sortable);
        let before = [before, until.as_deref()].into_iter().flatten().min().unwrap_or("~");
        // One more than is shown tells whether there is a next part.
        let looked_at =
            if wanted.takes_all() { limit.saturating_add(1).min(MAX_SCANNED) } else { MAX_SCANNED };
        let (mut rows, mut unreadable, mut cut) = (Vec::new(), 0, None);
        for partition in wanted.partitions() {
            let found = self.opened_before(partition, before, looked_at).await?;
            rows.extend(found.rows);
            unreadable += found.unreadable;
            cut = cut.max(found.cut);
        }
        rows.sort_by(|(one, _), (other, _)| other.cmp(one));
        let since = wanted.since.map(keys::sortable);
        let shown = usize::try_from(limit).unwrap_or(0);
        let (mut approvals, mut last) = (Vec::new(), None);
        for (opened, approval) in rows {
            if since.as_ref() > Some(&opened) {
                return Ok(ApprovalListing { approvals, unreadable, next: None });
            }
            // From here on one of the partitions has others that were not looked at.
            if cut.as_ref() > Some(&opened) {
                break;
            }
            if wanted.takes(&approval) {
                if approvals.len() == shown {
                    return Ok(ApprovalListing { approvals, unreadable, next: last });
                }
                approvals.push(approval);
            }
            last = Some(opened);
        }
        Ok(ApprovalListing { approvals, unreadable, next: cut })
    }

    /// At most `limit` approvals of a partition that are listed before `before`.
    async fn opened_before(
        &self,
        (index, attribute, of): (&str, &str, String),
        before: &str,
        limit: i32,
    ) -> Result<Found, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(index)
            .key_condition_expression(format!("{attribute} = :of AND listed_at < :before"))
            .expression_attribute_values(":of", text(of))
            .expression_attribute_values(":before", text(before))
            .scan_index_forward(false)
            .limit(limit);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let more = answer.last_evaluated_key.is_some();
        let (mut rows, mut unreadable, mut last) = (Vec::new(), 0, None);
        for item in answer.items.unwrap_or_default() {
            let opened = listed_at(&item);
            match row::read(item) {
                Ok(approval) => rows.push((opened.clone(), approval)),
                Err(error) => {
                    left_out(&error);
                    unreadable += 1;
                }
            }
            last = Some(opened);
        }
        Ok(Found { rows, unreadable, cut: last.filter(|_| more) })
    }
}

/// Returns the place of an index's row in a list.
fn listed_at(item: &Row) -> String {
    item.get(keys::LISTED_AT).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}
