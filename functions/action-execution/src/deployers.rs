//! The people who deployed a revision, by every report of its deploy.

use crate::handler::ActionExecution;
use approval::confirmation::Confirmation;
use approval::deploy::Deploy;
use approval::range::Identity;
use approval::slug::canonical;
use store::StoreError;

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
        let is_other =
            |id: &approval::id::DeployId, there: &str| *id != deploy.id && canonical(there) == environment;
        for report in reports.iter().filter(|report| is_other(&report.id, &report.environment)) {
            let Some(report) = self.store.deploy(&report.id).await? else { continue };
            if matches!(&report.confirmation, Confirmation::Repeat { of } if *of == deploy.id) {
                all.add_deployed_by(report.deployed_by());
            }
        }
        Ok(all.reading.deployed_by)
    }
}
