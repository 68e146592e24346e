//! Rollbacks: the deploys that took others out of their environments.

use crate::Store;
use crate::error::StoreError;
use crate::listing::DeploySummary;
use crate::standing::After;
use signoff_core::deploy::Deploy;
use signoff_core::range::Direction;

/// The deploy that took another one out of its environment.
#[derive(Clone, Debug, PartialEq)]
pub struct RolledBack {
    /// The deploy.
    pub by: DeploySummary,
    /// Its row, if it is still on record.
    pub found: Option<Deploy>,
}

impl RolledBack {
    /// The deploy's title for people.
    pub fn title(&self) -> String {
        self.found.as_ref().map_or_else(|| self.by.revision.clone(), Deploy::title)
    }
}

impl Store {
    /// The deploy that took `deploy` out of its environment by going back to what stood there before it,
    /// whatever came after that; `None`: none did. One request, and some more where a later deploy stands
    /// there.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn rolled_back_by(&self, deploy: &Deploy) -> Result<Option<RolledBack>, StoreError> {
        let After { newer, rollback } = self.after(deploy).await?;
        if let Some(by) = rollback {
            let found = self.deploy(&by.id).await?;
            return Ok(Some(RolledBack { by, found }));
        }
        let Some(by) = newer.filter(|newer| newer.revision != deploy.revision) else { return Ok(None) };
        // It may not be on record as a rollback yet.
        let back = (by.revision.as_str(), &by.id);
        let Deploy { deployment, environment, .. } = deploy;
        let stood_before = self.stood_before(deployment, environment, back, &deploy.moment()).await?;
        let found = self.deploy(&by.id).await?;
        // The host compared it with what stood there before it, which may never have been registered.
        let is_rollback = |found: &Deploy| found.reading.direction == Some(Direction::Rollback);
        if !stood_before && !found.as_ref().is_some_and(is_rollback) {
            return Ok(None);
        }
        Ok(Some(RolledBack { by, found }))
    }
}
