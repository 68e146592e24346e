//! Approvals of one run that follow each other: a later one opens only while its deploy stands, and only on
//! what the earlier ones approved.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::judge::Asked;
use crate::late_news::Again;
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::approval::{Approval, Carried};
use signoff_core::deploy::Deploy;
use signoff_core::newest::{Arrival, Newest};
use signoff_core::run::{Branch, Run};
use signoff_providers::slack::client::Slack;
use signoff_store::StoreError;

/// The votes of a run's earlier approvals, for what comes next.
pub(crate) enum EarlierVotes {
    /// They stand.
    Stand,
    /// They were given on another change, for this reason.
    OtherChange(String),
    /// Nobody knows yet, for this reason: the range since can't be judged.
    Unknown(String),
}

impl ActionExecution {
    /// The reason for which the approval `spec`, step number `step` of `run`, does not open, where `earlier`
    /// approvals of the run came before it and its deploy was rolled back since, or superseded; `None`: it
    /// opens. No requests for a run's first approval, and two or three for any other.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn gone_since(
        &self,
        deploy: &Deploy,
        run: &Run,
        (step, spec): (usize, &ApprovalSpec),
        earlier: &[Approval],
    ) -> Result<Option<String>, StoreError> {
        let follows = earlier.iter().any(|approval| run.decides(approval.step, step).is_some());
        if !follows || run.proposes().or(run.proposes_policy()).is_some() {
            return Ok(None);
        }
        if let Some(by) = self.rolled_back_by(deploy).await? {
            return Ok(Some(gone(deploy, &format!("{} rolled it back", by.title))));
        }
        if !spec.supersede {
            return Ok(None);
        }
        if let Some(by) = self.store.after(deploy).await?.overtook() {
            let revision = by.revision.get(..7).unwrap_or(&by.revision);
            return Ok(Some(gone(deploy, &format!("{revision} was deployed there since"))));
        }
        let asking = Newest::of(deploy, &run.rule, &run.id);
        let known = self.store.newest(&asking).await?;
        Ok(match asking.arrive(known) {
            Arrival::Newest { .. } => None,
            Arrival::Outdated { newer } => {
                Some(gone(deploy, &format!("the same rule asks about {}", newer.title)))
            }
        })
    }

    /// The worth of the votes of the `earlier` approvals of `run`, which were approved, for its step number
    /// `step`. They do not stand where the base of their range moved, and what takes out commits or has other
    /// makers since is another change. One request for each of them, and its range read again where the base
    /// moved.
    ///
    /// # Errors
    ///
    /// The record, Slack or the host can't be read now.
    pub(crate) async fn earlier_votes(
        &self,
        slack: &Slack,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        earlier: &[Approval],
    ) -> Tried<EarlierVotes> {
        if run.proposes().or(run.proposes_policy()).is_some() {
            return Ok(EarlierVotes::Stand);
        }
        let approved = earlier.iter().filter(|approval| {
            let is_approved = approval.status.is_approved();
            is_approved && run.decides(approval.step, step) == Some(Branch::OnSuccess)
        });
        for approval in approved {
            let Some(Action::SlackChannelApproval(spec)) =
                run.steps.get(approval.step).map(|step| &step.action)
            else {
                continue;
            };
            let base = self.store.base(&deploy.deployment, &approval.subject.place).await?;
            let start = base.start_of(!spec.self_approval, &run.revision);
            let start = start.map(|start| start.revision.as_str());
            // It may be this approval itself that let the revision through.
            let moved = start
                .filter(|start| *start != run.revision && approval.subject.base.as_deref() != Some(*start));
            let Some(base) = moved else { continue };
            let (id, name) = (&approval.id, &approval.name);
            let asked = Asked { id, spec, deploy, run, step: approval.step, shown: Some(approval) };
            let now = self.judge(slack, asked, Again::No).await?.electorate;
            let short = base.get(..7).unwrap_or(base);
            match approval.carried(&now) {
                Carried::Stand => {}
                Carried::OtherChange => {
                    return Ok(EarlierVotes::OtherChange(format!(
                        "{short} was approved for the same place after \u{201c}{name}\u{201d} was, so its voters saw \
                         another change. Ask again"
                    )));
                }
                Carried::Unknown => {
                    return Ok(EarlierVotes::Unknown(format!(
                        "{short} was approved for the same place after \u{201c}{name}\u{201d} was, and the range since \
                         can't be judged yet"
                    )));
                }
            }
        }
        Ok(EarlierVotes::Stand)
    }

    /// The approvals of `run` before its step number `step`. One request, and none for the first approval of
    /// a run.
    pub(crate) async fn approvals_before(&self, run: &Run, step: usize) -> Result<Vec<Approval>, StoreError> {
        if !(0..step).any(|earlier| run.decides(earlier, step).is_some()) {
            return Ok(Vec::new());
        }
        let read = self.store.step(&run.deploy, &run.id, step).await?;
        Ok(read.map(|read| read.approvals).unwrap_or_default())
    }
}

/// The reason for which an approval is not opened whose deploy does not stand any more.
fn gone(deploy: &Deploy, why: &str) -> String {
    let environment = &deploy.environment;
    format!("the deploy no longer stands in {environment}: {why}. Deploy it again to have it asked anew")
}
