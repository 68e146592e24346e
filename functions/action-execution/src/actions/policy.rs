//! Signoff's own steps about a proposed policy: put it in force, or keep it out.

use super::rules_file::ended;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::deploy::Deploy;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::message;
use signoff_core::policy::StackPolicy;
use signoff_core::rules_in_force::Refusal;
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;
use signoff_store::Change;
use std::cell::Cell;

impl ActionExecution {
    /// Commits what `decide` makes of the stack's policy; one that came into force is told.
    ///
    /// # Errors
    /// The policy is not proposed any more, or was rejected.
    pub(super) async fn change_policy(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        decide: impl Fn(&StackPolicy) -> Result<StackPolicy, Refusal>,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let refused = Cell::new(None);
        self.commit_newest(effect, async || {
            let state = self.store.policy().await?.unwrap_or_default();
            let next = match decide(&state) {
                Ok(next) => next,
                Err(refusal) => {
                    refused.set(Some(refusal));
                    return Ok(None);
                }
            };
            refused.set(None);
            let (mut effects, mut events) = (Vec::new(), Vec::new());
            if let Some(in_force) = next.in_force.as_ref().filter(|_| next.in_force != state.in_force) {
                let channel = connected.connection().and_then(|connection| connection.channel.clone());
                let text = message::policy_now_in_force(in_force);
                effects.extend(channel.map(|channel| EffectKind::TellChannel { channel, text }));
                effects.push(EffectKind::ApplyPolicy { from: None });
                events.push(EventKind::PolicyInForce {
                    repository: in_force.file.repository.clone(),
                    hash: in_force.file.hash.clone(),
                    why: in_force.why().to_owned(),
                });
            }
            let change = Change::to(&deploy.id, self.now()).policy(next);
            Ok(Some(change.and(&format!("policy {}", effect.id), effects, events)))
        })
        .await?;
        let gone = "the policy repository has another policy by now: this one is not proposed any more";
        Ok(ended(refused.get(), attempt, "an owner rejected the proposed policy", gone)?)
    }
}
