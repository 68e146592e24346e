//! Another registration of a deploy that is on record: it is no new deploy, and may name somebody new.

use crate::commit::{Registered, id, run};
use crate::handler::DeployWebhook;
use jiff::Timestamp;
use signoff_core::deploy::Deploy;
use signoff_store::{Change, CommitError};

impl DeployWebhook {
    /// Keeps `deploy`, another registration of the deploy `known`, as a report of its own where it names
    /// somebody who deployed that one or started its run and who is not known yet. Everybody who deployed it
    /// is a maker.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn keep_people(
        &self,
        known: &Deploy,
        deploy: &Deploy,
        now: Timestamp,
    ) -> Result<Registered, CommitError> {
        let before = Registered::Before(known.id.clone());
        if !deploy.state.has_arrived() || !names_somebody_new(known, deploy) {
            return Ok(before);
        }
        for key in keys(known, deploy) {
            let deployment = known.deployment.clone();
            let mut report = Deploy { id: id(deploy, Some(&key)), deployment, ..deploy.clone() };
            report.reading.repeats = Some(known.id.clone());
            match self.store.commit(Change::register(&report, now)).await {
                Ok(()) => {
                    tracing::info!(deploy = %known.id, report = %report.id, "registered again, and somebody else is kept");
                    return Ok(before);
                }
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error),
            }
            let Some(kept) = self.store.deploy(&report.id).await? else { return Err(CommitError::Conflict) };
            if !names_somebody_new(&kept, deploy) {
                break;
            }
        }
        Ok(before)
    }
}

/// True if `deploy` was registered by another attempt of a run than `known`, which somebody else may have
/// started, or names a person whom `known` does not.
fn names_somebody_new(known: &Deploy, deploy: &Deploy) -> bool {
    let by_another = run(deploy).is_some() && run(deploy) != run(known);
    by_another || !known.has_deployers_of(deploy)
}

/// The parts of the ids under which `deploy` may be kept beside `known`: of its run alone, and of its run and
/// the address or the name of who deployed.
fn keys(known: &Deploy, deploy: &Deploy) -> Vec<String> {
    let by = run(deploy).unwrap_or_default();
    let person = deploy.deployer.as_ref();
    let named = person.map(|person| person.email.as_ref().unwrap_or(&person.name));
    let of_run = (!by.is_empty() && run(deploy) != run(known)).then(|| format!("by {by}"));
    of_run.into_iter().chain(named.map(|named| format!("by {by} {}", named.to_lowercase()))).collect()
}
