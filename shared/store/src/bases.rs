//! Where the ranges of a deployment's places start, and what was read of a range.

use crate::error::StoreError;
use crate::{Store, keys};
use approval::base::Base;
use approval::deploy::Slug;
use approval::id::{ApprovalId, DeployId};
use approval::shares::Changes;

impl Store {
    /// What was let through to `place` of `deployment`; nothing, where that is not on record. One request.
    pub async fn base(&self, deployment: &Slug, place: &str) -> Result<Base, StoreError> {
        let found = self.get(&keys::base(deployment, place)).await?;
        Ok(found.unwrap_or_else(|| Base::none(deployment, place)))
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
