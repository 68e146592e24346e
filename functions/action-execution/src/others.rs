//! The approvals beside one that moved the base of its place, or whose base an admin set.

use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::approval::Successor;
use approval::deploy::Deploy;
use approval::effect::EffectKind;
use approval::id::ApprovalId;
use runtime::effects::Attempt;
use store::{Change, CommitError, MOST_LOOKED_AT, StoreError, WantedApprovals, WantedOutcome};

impl ActionExecution {
    /// Has every other approval of the deployment that is open judged again: its range may start elsewhere now. Each look reads
    /// the base of its own place.
    pub(crate) async fn judge_others(&self, attempt: &Attempt, moved_by: &ApprovalId) -> Result<(), Trouble> {
        let effect = &attempt.effect;
        let Some(deploy) = self.store.deploy(&effect.deploy).await? else { return self.done(effect).await };
        let wanted = WantedApprovals {
            deployment: Some(deploy.deployment.clone()),
            outcome: Some(WantedOutcome::Pending),
            ..WantedApprovals::default()
        };
        let mut before = None;
        loop {
            let listing = self.store.approvals(&wanted, MOST_LOOKED_AT, before.as_deref()).await?;
            for other in listing.approvals.into_iter().filter(|other| other.id != *moved_by) {
                let judge = EffectKind::JudgeAgain { approval: other.id.clone(), round: 0 };
                let owner = format!("judged after {} {}", effect.id, other.id);
                let change = Change::to(&other.deploy, self.now()).and(&owner, vec![judge], Vec::new());
                match self.store.commit(change).await {
                    // An earlier attempt did it.
                    Ok(()) | Err(CommitError::Conflict) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match listing.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        self.done(effect).await
    }

    /// The deploy that took `deploy` out of its environment by going back to what stood there before it; `None`: none did. One
    /// request, and some more where a later deploy stands there.
    pub(crate) async fn rolled_back_by(&self, deploy: &Deploy) -> Result<Option<Successor>, StoreError> {
        let Some(newer) = self.store.newer(deploy).await? else { return Ok(None) };
        if newer.revision == deploy.revision {
            return Ok(None);
        }
        let back = (newer.revision.as_str(), &newer.id);
        let Deploy { deployment, environment, deployed_at, .. } = deploy;
        if !self.store.stood_before(deployment, environment, back, *deployed_at).await? {
            return Ok(None);
        }
        let found = self.store.deploy(&newer.id).await?;
        let title = found.map_or_else(|| newer.revision.clone(), |found| found.title());
        Ok(Some(Successor { url: self.deploy_url(&newer.id), title, deploy: newer.id }))
    }
}
