//! The approvals that are judged again because something beside them changed: the base of a place, the list
//! of people, or the policy.

use crate::handler::ActionExecution;
use crate::trouble::Tried;
use approval::approval::Successor;
use approval::deploy::Deploy;
use approval::effect::{Effect, EffectKind};
use approval::id::{ApprovalId, DeployId};
use approval::range::Direction;
use runtime::effects::Attempt;
use store::{
    After, Change, CommitError, DeploySummary, MOST_LOOKED_AT, StoreError, WantedApprovals, WantedOutcome,
};

/// The open approvals that are judged again.
#[derive(Clone, Copy)]
pub(crate) enum Others<'a> {
    /// All of the deployment but this one, which moved a base.
    MovedBy(&'a ApprovalId),
    /// The blocked ones of every deployment.
    Blocked,
    /// All of every deployment.
    All,
}

impl ActionExecution {
    /// Has other open approvals judged again. With `moved_by`, all of the deployment but that one: their
    /// ranges may start elsewhere now, and each look reads the base of its own place. Without, the blocked
    /// ones of every deployment: somebody may be found now.
    pub(crate) async fn judge_others(&self, attempt: &Attempt, moved_by: Option<&ApprovalId>) -> Tried<()> {
        let effect = &attempt.effect;
        self.judge_each(effect, moved_by.map_or(Others::Blocked, Others::MovedBy)).await?;
        self.done(effect).await
    }

    /// Has `others` judged again, once for `effect`.
    ///
    /// # Errors
    /// The record can't be read or written. Those that were found before are judged all the same.
    pub(crate) async fn judge_each(&self, effect: &Effect, others: Others<'_>) -> Result<(), CommitError> {
        let deployment = match others {
            Others::MovedBy(_) => {
                let deploy = self.store.deploy(&effect.deploy).await?;
                let Some(deploy) = deploy else { return Ok(()) };
                Some(deploy.deployment)
            }
            Others::Blocked | Others::All => None,
        };
        let wanted = WantedApprovals {
            deployment,
            outcome: Some(WantedOutcome::Pending),
            ..WantedApprovals::default()
        };
        let mut before = None;
        loop {
            let listing = self.store.approvals(&wanted, MOST_LOOKED_AT, before.as_deref()).await?;
            for other in listing.approvals {
                let is_meant = match others {
                    Others::MovedBy(moved_by) => other.id != *moved_by,
                    Others::Blocked => match self.is_blocked(&other.deploy, &other.id).await {
                        // It keeps no other one from being judged.
                        Err(error @ StoreError::Row { .. }) => {
                            let deploy = &other.deploy;
                            tracing::error!(alarm = "unreadable", %deploy, %error, "it is not judged again");
                            false
                        }
                        is_blocked => is_blocked?,
                    },
                    Others::All => true,
                };
                if !is_meant {
                    continue;
                }
                let judge = EffectKind::JudgeAgain { approval: other.id.clone(), round: 0 };
                let owner = format!("judged after {} {}", effect.id, other.id);
                let change = Change::to(&other.deploy, self.now()).and(&owner, vec![judge], Vec::new());
                match self.store.commit(change).await {
                    // An earlier attempt did it.
                    Ok(()) | Err(CommitError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            match listing.next {
                Some(next) => before = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn is_blocked(&self, deploy: &DeployId, id: &ApprovalId) -> Result<bool, StoreError> {
        let approval = self.store.approval(deploy, id).await?;
        Ok(approval
            .is_some_and(|approval| approval.status.is_open() && !approval.electorate.blocked.is_empty()))
    }

    /// The deploy that took `deploy` out of its environment by going back to what stood there before it,
    /// whatever came after that; `None`: none did. One request, and some more where a later deploy stands
    /// there.
    pub(crate) async fn rolled_back_by(&self, deploy: &Deploy) -> Result<Option<Successor>, StoreError> {
        let After { newer, rollback } = self.store.after(deploy).await?;
        if let Some(back) = rollback {
            let found = self.store.deploy(&back.id).await?;
            return Ok(Some(self.successor(back, found.as_ref())));
        }
        let Some(newer) = newer.filter(|newer| newer.revision != deploy.revision) else { return Ok(None) };
        // It may not be on record as a rollback yet.
        let back = (newer.revision.as_str(), &newer.id);
        let Deploy { deployment, environment, deployed_at, .. } = deploy;
        let stood_before = self.store.stood_before(deployment, environment, back, *deployed_at).await?;
        let found = self.store.deploy(&newer.id).await?;
        // The host compared it with what stood there before it, which may never have been registered.
        let is_rollback = |found: &Deploy| found.reading.direction == Some(Direction::Rollback);
        if !stood_before && !found.as_ref().is_some_and(is_rollback) {
            return Ok(None);
        }
        Ok(Some(self.successor(newer, found.as_ref())))
    }

    /// Returns the deploy that took the place of another one; `found` is its row.
    fn successor(&self, by: DeploySummary, found: Option<&Deploy>) -> Successor {
        let title = found.map_or(by.revision, Deploy::title);
        Successor { url: self.deploy_url(&by.id), title, deploy: by.id }
    }
}
