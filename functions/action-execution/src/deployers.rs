//! The people who deployed a revision, by every report of its deploy.

use crate::handler::ActionExecution;
use approval::deploy::Deploy;
use approval::id::DeployId;
use approval::range::Identity;
use approval::slug::canonical;
use std::collections::BTreeSet;
use store::{DeploySummary, StoreError};

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
        let reports = self.store.of_revision(&deploy.deployment, &deploy.revision).await?;
        let is_other = |report: &&DeploySummary| {
            report.id != deploy.id
                && report.repeats.is_some()
                && canonical(&report.environment) == environment
        };
        let mut repeats: Vec<(DeployId, Deploy)> = Vec::new();
        for report in reports.iter().filter(is_other) {
            let Some(report) = self.store.deploy(&report.id).await? else { continue };
            if let Some(of) = report.confirmation.repeats() {
                repeats.push((of.clone(), report));
            }
        }
        for report in reports_of(&deploy.id, &repeats) {
            all.add_deployed_by(report.deployed_by());
        }
        Ok(all.reading.deployed_by)
    }
}

/// The reports of the deploy `id` among `repeats`, each beside the deploy that it repeats: also those of its
/// reports.
fn reports_of<'r>(id: &DeployId, repeats: &'r [(DeployId, Deploy)]) -> Vec<&'r Deploy> {
    let mut known = BTreeSet::from([id]);
    let mut found = Vec::new();
    loop {
        let new = repeats.iter().filter(|(of, report)| known.contains(of) && !known.contains(&report.id));
        let new: Vec<&Deploy> = new.map(|(_, report)| report).collect();
        if new.is_empty() {
            return found;
        }
        known.extend(new.iter().map(|report| &report.id));
        found.extend(new);
    }
}
