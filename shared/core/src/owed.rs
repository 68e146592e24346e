//! The reviews of broken glasses that a deployment still owes.

use crate::approval::Approval;
use crate::deploy::Slug;
use crate::id::{ApprovalId, DeployId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most reviews that are listed, the newest ones; each deploy's page has its own besides.
const MAX_OWED: usize = 200;

/// The reviews that a deployment owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedReviews {
    /// The deployment.
    pub deployment: Slug,
    /// The reviews, in the order in which the glasses were broken.
    pub owed: Vec<OwedReview>,
    /// The number of times that it was committed.
    pub version: u64,
}

/// A review that is owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedReview {
    /// The deploy.
    pub deploy: DeployId,
    /// The approval whose glass was broken.
    pub approval: ApprovalId,
    /// The approval's name.
    pub name: String,
    /// The name of whoever broke the glass.
    pub broken_by: String,
    /// The time by which it is owed.
    pub due: Timestamp,
}

impl OwedReviews {
    /// A deployment that owes none.
    pub fn none(deployment: &Slug) -> Self {
        Self { deployment: deployment.clone(), owed: Vec::new(), version: 0 }
    }

    /// The reviews once that of `approval` is among them, where it is owed.
    pub fn with(mut self, approval: &Approval) -> Self {
        self = self.without(&approval.id);
        if let Some(broken) = approval.owed_review() {
            self.owed.push(OwedReview {
                deploy: approval.deploy.clone(),
                approval: approval.id.clone(),
                name: approval.name.clone(),
                broken_by: broken.name.clone(),
                due: broken.due,
            });
        }
        let surplus = self.owed.len().saturating_sub(MAX_OWED);
        self.owed.drain(..surplus);
        self
    }

    /// The reviews once that of `approval` is done, or not on record any more.
    pub fn without(mut self, approval: &ApprovalId) -> Self {
        self.owed.retain(|owed| owed.approval != *approval);
        self
    }
}
