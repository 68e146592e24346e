//! Direct messages to the owners of the policy: they may be in no channel where a deployment asks them.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::SignedDuration;
use signoff_core::approval::{Approval, Status};
use signoff_core::effect::EffectKind;
use signoff_core::message;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, CommitError};

/// The time after which owners who did not vote are told again.
const TELL_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// The most owners whose messages one transaction commits.
const AT_ONCE: usize = 20;

impl ActionExecution {
    /// Tells each owner of the policy who did not vote on `approval`, the dialog of another one, where they
    /// can, and does so again each day until it is decided.
    pub(crate) async fn tell_owners(&self, attempt: &Attempt, approval: &Approval) -> Tried<()> {
        let effect = &attempt.effect;
        if !approval.status.is_open() {
            return self.done(effect).await;
        }
        let text = message::policy_asks_owner(approval, &self.deploy_url(&effect.deploy));
        for owners in still_to_vote(approval).chunks(AT_ONCE) {
            let tell = |user: &&str| EffectKind::TellMember { user: (*user).to_owned(), text: text.clone() };
            let first = owners.first().copied().unwrap_or_default();
            let owner = format!("owners from {first} told by {}", effect.id);
            let told = Change::to(&effect.deploy, self.now());
            match self.store.commit(told.and(&owner, owners.iter().map(tell).collect(), Vec::new())).await {
                // An earlier attempt told them.
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let now = self.now();
        let again = EffectKind::Remind { approval: approval.id.clone() };
        let at = now.checked_add(TELL_EVERY).unwrap_or(now);
        let change = Change::to(&effect.deploy, now).done(effect);
        self.store.commit(change.later(&format!("owners told after {}", effect.id), again, at)).await?;
        Ok(())
    }
}

/// Those who may vote on `approval` and did not; nobody while their votes are looked up once more.
fn still_to_vote(approval: &Approval) -> Vec<&str> {
    let named = approval.electorate.people.iter().flatten().filter(|_| approval.status == Status::Pending);
    let voted = |id: &str| approval.votes.iter().any(|vote| vote.voter == id);
    named.map(String::as_str).filter(|id| !voted(id)).collect()
}
