//! Bases that are set later than the approval: a review was owed, or the policy kept back what it lets run.

use crate::handler::ActionExecution;
use crate::judge::Asked;
use approval::action::Action;
use approval::approval::{Approval, Status};
use approval::base::Base;
use approval::deploy::Deploy;
use approval::effect::{EffectKind, Others};
use approval::id::ApprovalId;
use approval::run::Run;
use jiff::Timestamp;
use store::StoreError;

/// A base that an approval sets later than it was approved.
pub(crate) struct LateBase {
    /// The base.
    pub(crate) next: Base,
    /// The looks at other approvals, whose ranges start elsewhere now.
    pub(crate) others: Vec<EffectKind>,
}

impl ActionExecution {
    /// The base that `approval` of `run` sets at `now`, some time after it was approved. `None`: another
    /// approval of the run for the same place is still to come or owes its review, it is not known whole
    /// who made what went ahead by a broken glass, or something was let through to the place since.
    ///
    /// # Errors
    /// The record can't be read.
    pub(crate) async fn late_base(
        &self,
        deploy: &Deploy,
        run: &Run,
        approval: &Approval,
        now: Timestamp,
    ) -> Result<Option<LateBase>, StoreError> {
        let asks = run.steps.get(approval.step).map(|step| &step.action);
        let Some(Action::SlackChannelApproval(spec)) = asks else { return Ok(None) };
        let asked = Asked { id: &approval.id, spec, deploy, run, step: approval.step, shown: None };
        let Some(through) = asked.went_through() else { return Ok(None) };
        let base = self.store.base(&deploy.deployment, &approval.subject.place).await?;
        let start = base.start_of(true, &run.revision).map(|start| &start.revision);
        let (mut let_through, mut four_eyes) = (None, false);
        for (step, asks_four_eyes) in through {
            let other = self.store.approval(&deploy.id, &ApprovalId::derive(&run.id, step)).await?;
            // Whoever reviewed one that may lack hands may have made it: its commits stay in the next range.
            let settled = other.filter(|other| other.owed_review().is_none() && !other.may_lack_hands());
            // Where the base moved since, what that takes out was before nobody's four eyes.
            let is_same = settled.as_ref().is_some_and(|other| other.subject.base.as_ref() == start);
            four_eyes |= asks_four_eyes && is_same;
            match settled.map(|other| other.status) {
                Some(Status::Approved { at }) => let_through = let_through.max(Some(at)),
                Some(
                    Status::Pending
                    | Status::Quorum { .. }
                    | Status::Rejected { .. }
                    | Status::Expired { .. }
                    | Status::Superseded { .. }
                    | Status::Cancelled { .. },
                )
                | None => return Ok(None),
            }
        }
        let moved = let_through.and_then(|at| base.clone().reviewed(&run.revision, four_eyes, at, now));
        Ok(moved.map(|next| {
            let judges = EffectKind::judge_others(Others::MovedBy { approval: approval.id.clone() });
            let others = next.starts_elsewhere(&base).then_some(judges).into_iter().collect();
            LateBase { next, others }
        }))
    }
}
