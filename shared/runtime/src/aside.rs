//! Putting aside what can't be read: people are told once, and everything else goes on.

use crate::connections::Connections;
use crate::effects::Attempt;
use jiff::Timestamp;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::message;
use signoff_store::{ASIDE, Change, CommitError, EffectMessage, Store, StoreError};

/// Puts on record, and has the deployment's channel told, that `error` keeps the effect of `message` from
/// being done; once, however often it is found. `deploy_url` is the address of the deploy's page.
///
/// # Errors
///
/// The record can't be written.
pub async fn tell(
    store: &Store,
    connections: &Connections,
    message: &EffectMessage,
    deploy_url: &str,
    error: &StoreError,
    now: Timestamp,
) -> Result<(), CommitError> {
    let EffectMessage { deploy, effect } = message;
    let (row, reason) = match error {
        StoreError::Row { key, detail } => (key.clone(), detail.clone()),
        StoreError::Service { .. } | StoreError::Refused { .. } | StoreError::TooLarge { .. } => {
            (format!("effect#{effect}"), error.to_string())
        }
    };
    // Whom to tell can't be found out where that can't be read either.
    let slug = store.deployment_named(deploy).await.unwrap_or_default();
    let connected = match &slug {
        Some(slug) => connections.of(store, slug).await.ok(),
        None => None,
    };
    let channel = connected.as_ref().and_then(|connected| connected.connection()?.channel.clone());
    let tell = slug.zip(channel).map(|(slug, channel)| {
        let text = message::put_aside(&slug, deploy_url, &row, &reason);
        EffectKind::TellChannel { channel, text }
    });
    let events = vec![EventKind::PutAside { row, reason }];
    let change = Change::to(deploy, now).and(&format!("aside {effect}"), tell.into_iter().collect(), events);
    match store.commit(change).await {
        // It was told before.
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The effect of `attempt` as the clock sends it again in an hour, because of `error`. The attempt is not
/// counted; nobody knows how far it came, so that the next one has to look, at the build that it started
/// where it did.
pub fn postponed(attempt: &Attempt, error: &StoreError, now: Timestamp) -> Effect {
    attempt.with_build().effect.uncounted().unanswered(now, ASIDE, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use signoff_core::effect::StartedBuild;
    use signoff_core::id::{DeployId, EffectId};
    use std::sync::OnceLock;

    #[test]
    fn effect_put_aside_keeps_the_build_it_started() {
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, Timestamp::UNIX_EPOCH);
        let started = StartedBuild::Run { id: 7, url: "https://github.test/runs/7".to_owned() };
        let attempt = Attempt {
            effect,
            lost: false,
            backoff: SignedDuration::ZERO,
            build: OnceLock::from(started.clone()),
            asked: OnceLock::new(),
            claimed: None,
        };
        let error = StoreError::Row { key: "run#r".to_owned(), detail: "a newer field".to_owned() };
        assert_eq!(postponed(&attempt, &error, Timestamp::UNIX_EPOCH).build, Some(started));
    }
}
