//! Bases of a deployment's places, ranges that were read, and reviews that are owed.

use crate::error::StoreError;
use crate::{Store, keys};
use signoff_core::base::Base;
use signoff_core::deploy::Slug;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::owed::OwedReviews;
use signoff_core::shares::Changes;

impl Store {
    /// Returns the base of `place` of `deployment`; an empty one if none is on record. One request.
    pub async fn base(&self, deployment: &Slug, place: &str) -> Result<Base, StoreError> {
        let found = self.get(&keys::base(deployment, place)).await?;
        Ok(found.unwrap_or_else(|| Base::none(deployment, place)))
    }

    /// The reviews of broken glasses that `deployment` owes. One request.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn owed_reviews(&self, deployment: &Slug) -> Result<OwedReviews, StoreError> {
        let found = self.get(&keys::owed_reviews(deployment)).await?;
        Ok(found.unwrap_or_else(|| OwedReviews::none(deployment)))
    }

    /// The range that was read last for `approval` of `deploy`. One request.
    pub async fn range(
        &self,
        deploy: &DeployId,
        approval: &ApprovalId,
    ) -> Result<Option<Changes>, StoreError> {
        self.get(&keys::range(deploy, approval)).await
    }
}
