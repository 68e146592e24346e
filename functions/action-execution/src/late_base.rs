//! Bases that are set later than the approval: a review was owed, or the policy kept back what it lets run.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::judge::Asked;
use crate::policy::{Basing, Binding, is_bound};
use jiff::Timestamp;
use signoff_core::action::Action;
use signoff_core::approval::Approval;
use signoff_core::base::Base;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, Others};
use signoff_core::id::ApprovalId;
use signoff_core::run::Run;
use signoff_store::{Change, StoreError};

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
            match settled.and_then(|other| other.status.approved_at()) {
                Some(at) => let_through = let_through.max(Some(at)),
                None => return Ok(None),
            }
        }
        let moved = let_through.and_then(|at| base.clone().reviewed(&run.revision, four_eyes, at, now));
        Ok(moved.map(|next| {
            let judges = EffectKind::judge_others(Others::MovedBy { approval: approval.id.clone() });
            let others = next.starts_elsewhere(&base).then_some(judges).into_iter().collect();
            LateBase { next, others }
        }))
    }

    /// Sets the bases that approvals in the rules before `run` did not set: under a policy a rule that only
    /// asks sets none. To be called once the policy lets an action of `run` go on, which leads to the place
    /// that both rules name. Without a policy they set theirs.
    ///
    /// # Errors
    /// The record can't be read or written.
    pub(crate) async fn set_bases_before(&self, effect: &Effect, deploy: &Deploy, run: &Run) -> Tried<()> {
        let Some(named) = run.promotes_to.as_deref().filter(|_| run.is_in_force() && !run.after.is_empty())
        else {
            return Ok(());
        };
        if matches!(self.policy().await?, Binding::Nothing) {
            return Ok(());
        }
        let place = format!("environment {}", named.to_lowercase());
        let basing = match self.policy_on_base(deploy, run).await? {
            Basing::Never => return Ok(()),
            basing @ (Basing::Always | Basing::Counted(_)) => basing,
        };
        for before in self.runs_before(run).await? {
            if before.steps.iter().any(|step| is_bound(&step.action)) {
                continue;
            }
            for step in 0..before.steps.len() {
                let Some(id) = before.asks(step) else { continue };
                let approval = self.store.approval(&deploy.id, &id).await?;
                let Some(approval) = approval.filter(|approval| approval.subject.place == place) else {
                    continue;
                };
                self.commit_newest(effect, async || {
                    let now = self.now();
                    if !self.sets_base(run, &basing, &approval).await? {
                        return Ok(None);
                    }
                    let Some(LateBase { next, others }) =
                        self.late_base(deploy, &before, &approval, now).await?
                    else {
                        return Ok(None);
                    };
                    let owner = format!("base moved once {} acted after {}", run.id, approval.id);
                    Ok(Some(Change::to(&deploy.id, now).base(next).and(&owner, others, Vec::new())))
                })
                .await?;
            }
        }
        Ok(())
    }
}
