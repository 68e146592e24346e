//! The approvals that are judged again because something beside them changed: the base of a place, the list
//! of people, or the policy.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use futures_util::future::join_all;
use jiff::SignedDuration;
use signoff_core::approval::Successor;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, MAX_ATTEMPTS, Others};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_runtime::effects::Attempt;
use signoff_store::{
    ApprovalSummary, Change, CommitError, MAX_SCANNED, StoreError, WantedApprovals, WantedOutcome,
};

/// The number of approvals that one look has judged again, or a few more. Each of them asks Slack and the
/// source host for people, and these answer some dozens of requests a minute.
const PART: usize = 50;
/// The pause after so many.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The number of approvals that are looked at at the same time.
const SIDE_BY_SIDE: usize = 10;

impl ActionExecution {
    /// Has other open approvals judged again, beginning at the place `from` of their list. One look reads one
    /// page of it and has [`PART`] of them judged; the next look goes on from there, in another invocation.
    /// Each judgement reads the base of its own place.
    ///
    /// # Errors
    ///
    /// The record can't be read or written; the next attempt begins at the same place. After several
    /// attempts, an approval that can't be judged again is left out, so that it hides none behind it.
    pub(crate) async fn judge_others(
        &self,
        attempt: &Attempt,
        others: &Others,
        from: Option<&str>,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let deployment = match others {
            Others::MovedBy { .. } => match self.store.deploy(&effect.deploy).await? {
                Some(deploy) => Some(deploy.deployment),
                None => return self.done(effect).await,
            },
            Others::Blocked | Others::All => None,
        };
        // The open ones of the whole stack are fewer than all that a deployment ever had.
        let wanted = WantedApprovals { outcome: Some(WantedOutcome::Pending), ..WantedApprovals::default() };
        let listing = self.store.approvals(&wanted, MAX_SCANNED, from).await?;
        let is_there = |other: &&ApprovalSummary| {
            deployment.as_ref().is_none_or(|deployment| {
                other.deployment.as_ref().is_some_and(|of| of.canonical() == deployment.canonical())
            })
        };
        let meant: Vec<&ApprovalSummary> = listing.approvals.iter().filter(is_there).collect();
        let (mut judged, mut failed, mut next) = (0, None, listing.next.clone());
        let mut parts = meant.chunks(SIDE_BY_SIDE).peekable();
        while let Some(part) = parts.next() {
            for done in join_all(part.iter().map(|other| self.judge_other(effect, other, others))).await {
                match done {
                    Ok(is_judged) => judged += usize::from(is_judged),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            if judged >= PART && parts.peek().is_some() {
                next = part.last().map(|other| other.place());
                break;
            }
        }
        if let Some(error) = failed.filter(|_| effect.tries() < MAX_ATTEMPTS) {
            return Err(error.into());
        }
        let Some(next) = next else { return self.done(effect).await };
        let now = self.now();
        let at = if judged >= PART { now + PAUSE } else { now };
        let kind = EffectKind::JudgeOthers { others: others.clone(), from: Some(next) };
        let change = Change::to(&effect.deploy, now).done(effect);
        Ok(self.store.commit(change.later(&format!("{} goes on", effect.id), kind, at)).await?)
    }

    /// Has one approval judged again, once for `effect`, where it is one of `others`; whether it is.
    ///
    /// # Errors
    ///
    /// The record can't be read or written now. What never can be is logged.
    async fn judge_other(
        &self,
        effect: &Effect,
        other: &ApprovalSummary,
        others: &Others,
    ) -> Result<bool, CommitError> {
        match self.try_to_judge(effect, other, others).await {
            // It keeps no other one from being judged.
            Err(CommitError::Store(error)) if !error.is_passing() => {
                let (deploy, approval) = (&other.deploy, &other.id);
                tracing::error!(alarm = "unreadable", %deploy, %approval, %error, "it is not judged again");
                Ok(false)
            }
            Err(error) => {
                let (deploy, approval) = (&other.deploy, &other.id);
                tracing::error!(%deploy, %approval, %error, "it is not judged again now");
                Err(error)
            }
            judged => judged,
        }
    }

    async fn try_to_judge(
        &self,
        effect: &Effect,
        other: &ApprovalSummary,
        others: &Others,
    ) -> Result<bool, CommitError> {
        let is_meant = match others {
            Others::MovedBy { approval } => other.id != *approval,
            Others::Blocked => self.is_blocked(&other.deploy, &other.id).await?,
            Others::All => true,
        };
        if !is_meant {
            return Ok(false);
        }
        let judge = EffectKind::JudgeAgain { approval: other.id.clone(), round: 0 };
        let owner = format!("judged after {} {}", effect.id, other.id);
        let change = Change::to(&other.deploy, self.now()).and(&owner, vec![judge], Vec::new());
        match self.store.commit(change).await {
            // An earlier attempt did it.
            Ok(()) | Err(CommitError::Conflict) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn is_blocked(&self, deploy: &DeployId, id: &ApprovalId) -> Result<bool, StoreError> {
        let approval = self.store.approval(deploy, id).await?;
        Ok(approval
            .is_some_and(|approval| approval.status.is_open() && !approval.electorate.blocked.is_empty()))
    }

    /// The deploy that took `deploy` out of its environment, as [`Store::rolled_back_by`] finds it.
    ///
    /// [`Store::rolled_back_by`]: signoff_store::Store::rolled_back_by
    pub(crate) async fn rolled_back_by(&self, deploy: &Deploy) -> Result<Option<Successor>, StoreError> {
        let found = self.store.rolled_back_by(deploy).await?;
        Ok(found.map(|back| Successor {
            url: self.deploy_url(&back.by.id),
            title: back.title(),
            deploy: back.by.id,
        }))
    }
}
