//! Approved deploys that another revision overtook.

use super::Console;
use crate::view::OvertakenView;
use jiff::Timestamp;
use signoff_core::action::Action;
use signoff_core::approval::Approval;
use signoff_core::base::Base;
use signoff_core::message::{let_through_meanwhile, rolled_back_meanwhile};
use signoff_core::run::StepState;
use signoff_rules::place::place;
use signoff_store::{ApprovalSummary, Page, StoreError};
use std::collections::BTreeMap;

/// The most later approvals that are looked into, in a stack with a policy.
const MOST_LATER: usize = 20;

impl Console {
    /// The approvals of `record` that people approved and that let nothing through any more: another revision
    /// was let through to the same place since, or the deploy was rolled back. A job that waits for an
    /// approval may look at any time after it, so this does not wait for the two minutes in which Signoff's
    /// own actions still run at once.
    ///
    /// No request where nothing is approved. Else one for each place and one for the rollback, and some more
    /// where a later deploy stands in the environment. In a stack with a policy, one more where no base tells
    /// it, and one for each approval of the deployment that people approved since.
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
            let reason = match (&back, passed) {
                (Some(back), _) => Some(back.clone()),
                (None, Some(passed)) => Some(let_through_meanwhile(&passed.revision)),
                // Under a policy, a rule that only asks sets no base: no range may begin there.
                (None, None) if self.policy_repository.is_some() => {
                    self.approved_since(approval, revision, approved_at).await?
                }
                (None, None) => None,
            };
            overtaken.extend(reason.map(|reason| OvertakenView { approval: approval.id.clone(), reason }));
            bases.insert(place, base);
        }
        Ok(overtaken)
    }

    /// The reason why another revision than `revision` overtook `approval`: people approved it for the same
    /// place after `since`, or too many since then to look into each.
    async fn approved_since(
        &self,
        approval: &Approval,
        revision: &str,
        since: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let Some(deployment) = &approval.deployment else { return Ok(None) };
        let mut later = self.store.approved(deployment).await?;
        let is_later = |other: &ApprovalSummary| {
            other.revision != revision && other.status.approved_at().is_some_and(|at| at > since)
        };
        later.retain(is_later);
        // Those of the same environment most likely lead to the same place.
        later.sort_by_key(|other| other.environment != approval.environment);
        let are_too_many = later.len() > MOST_LATER;
        for other in later.into_iter().take(MOST_LATER) {
            let Some(page) = self.store.page(&other.deploy).await? else { continue };
            let theirs = page.approvals.iter().find(|found| found.id == other.id);
            if theirs.is_some_and(|theirs| is_let_through(&page, theirs, &approval.subject.place)) {
                return Ok(Some(let_through_meanwhile(&other.revision)));
            }
        }
        Ok(are_too_many.then(|| {
            format!(
                "people approved more than {MOST_LATER} other deploys since, and one of them may have gone to the same place"
            )
        }))
    }
}

/// True if `approval`, which people approved, is the last one of its run for `there`: of one with more to
/// come, nothing went anywhere yet.
fn is_let_through(page: &Page, approval: &Approval, there: &str) -> bool {
    let Some(run) = page.runs.iter().find(|run| run.id == approval.run) else { return false };
    let is_to_come = run.steps.iter().skip(approval.step + 1).any(|step| {
        let Action::SlackChannelApproval(spec) = &step.action else { return false };
        let is_over = matches!(step.state, StepState::Succeeded { .. } | StepState::Skipped);
        !is_over && place(spec, &run.rule, &page.deploy) == there
    });
    let is_proposal = run.proposes().or(run.proposes_policy()).is_some();
    approval.subject.place == there && !is_to_come && !is_proposal
}
