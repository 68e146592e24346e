//! The people who deployed a revision, by every report of its deploy.

use crate::handler::ActionExecution;
use signoff_core::deploy::Deploy;
use signoff_core::range::Identity;
use signoff_core::slug::canonical;
use signoff_store::{DeploySummary, StoreError};

/// The length of the shortest revision that a registration may have.
const SHORTEST: usize = 4;

impl ActionExecution {
    /// Everybody who deployed `deploy` or started its run, also by other reports of it: CI registers what a
    /// GitHub deployment reports too, and a rerun is somebody else's. One query, and a read for each other
    /// report.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn deployed_by(&self, deploy: &Deploy) -> Result<Vec<Identity>, StoreError> {
        let mut all = deploy.clone();
        all.reading.deployed_by = deploy.deployed_by();
        let environment = canonical(&deploy.environment);
        // What was registered by the start of its SHA is on record by that until it is confirmed.
        let start = deploy.revision.get(..SHORTEST).unwrap_or(&deploy.revision);
        let found = self.store.of_revision(&deploy.deployment, start).await?;
        let is_other = |other: &&DeploySummary| {
            other.id != deploy.id
                && deploy.revision.starts_with(&other.revision)
                && canonical(&other.environment) == environment
        };
        let mut reports: Vec<Deploy> = Vec::new();
        for report in found.iter().filter(is_other) {
            reports.extend(self.store.deploy(&report.id).await?);
        }
        for report in deploy.reports_among(&reports) {
            all.add_deployed_by(report.deployed_by());
        }
        Ok(all.reading.deployed_by)
    }
}
