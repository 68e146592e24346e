//! Approved deploys that another revision overtook.

use super::Console;
use crate::view::OvertakenView;
use signoff_core::base::Base;
use signoff_core::message::{let_through_meanwhile, rolled_back_meanwhile};
use signoff_store::{Page, StoreError};
use std::collections::BTreeMap;

impl Console {
    /// The approvals of `record` that people approved and that let nothing through any more: another revision
    /// was let through to the same place since, or the deploy was rolled back. A job that waits for an
    /// approval may look at any time after it, so this does not wait for the two minutes in which Signoff's
    /// own actions still run at once.
    ///
    /// No request where nothing is approved. Else one for each place and one for the rollback, and some more
    /// where a later deploy stands in the environment.
    pub(super) async fn overtaken(&self, record: &Page) -> Result<Vec<OvertakenView>, StoreError> {
        let of_deploy = record.approvals.iter().filter_map(|approval| {
            let run = record.runs.iter().find(|run| run.id == approval.run)?;
            // A proposed rules file or policy goes nowhere.
            let is_proposal = run.proposes().or(run.proposes_policy()).is_some();
            let approved_at = approval.status.approved_at()?;
            (!is_proposal).then_some((approval, &run.revision, approved_at))
        });
        let approved: Vec<_> = of_deploy.collect();
        if approved.is_empty() {
            return Ok(Vec::new());
        }
        let deploy = &record.deploy;
        let back = self.store.rolled_back_by(deploy).await?;
        let back = back.map(|back| rolled_back_meanwhile(&back.title(), &deploy.environment));
        let mut bases: BTreeMap<&str, Base> = BTreeMap::new();
        let mut overtaken = Vec::new();
        for (approval, revision, approved_at) in approved {
            let place = approval.subject.place.as_str();
            let base = match bases.remove(place) {
                Some(base) => base,
                None => self.store.base(&deploy.deployment, place).await?,
            };
            let passed = base.let_through_since(approved_at, revision);
            let reason = back.clone().or_else(|| Some(let_through_meanwhile(&passed?.revision)));
            overtaken.extend(reason.map(|reason| OvertakenView { approval: approval.id.clone(), reason }));
            bases.insert(place, base);
        }
        Ok(overtaken)
    }
}
