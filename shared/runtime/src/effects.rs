//! Claiming the effect that a message stands for.

use crate::batch::Handled;
use jiff::{SignedDuration, Timestamp};
use signoff_core::effect::{Asked, Claim, Effect, MAX_ATTEMPTS, Queue, StartedBuild};
use signoff_store::{CommitError, EffectMessage, Store, StoreError};
use std::sync::OnceLock;

/// Delay before a message comes again whose effect could not be read or claimed.
pub const SOON: SignedDuration = SignedDuration::from_secs(3);

/// One attempt at an effect.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The effect, as this process claimed it.
    pub effect: Effect,
    /// True if the end of an earlier attempt is unknown.
    pub lost: bool,
    /// Shortest time that has passed without an attempt since that one: the wait that it asked for itself
    /// when its answer was lost ([`Effect::unanswered`]). Zero if its process just ended: it may have sent
    /// its request as late as the end of its lease.
    pub backoff: SignedDuration,
    /// The build that this attempt started.
    pub build: OnceLock<StartedBuild>,
    /// The request for a build that this attempt sends, or the builds that may have come of earlier ones.
    pub asked: OnceLock<Asked>,
    /// The effect that this process claimed, if `effect` is not that one but the one that tried first, by
    /// which the outside world knows the attempt.
    pub claimed: Option<Effect>,
}

impl Attempt {
    /// The effect whose row belongs to this process.
    pub fn claimed(&self) -> &Effect {
        self.claimed.as_ref().unwrap_or(&self.effect)
    }

    /// True after so many tries that the processes of the attempts must have ended before they could say why
    /// another one won't help.
    pub fn attempts_exhausted(&self) -> bool {
        self.effect.tries() > 2 * MAX_ATTEMPTS
    }

    /// The attempt as it is when it is not counted against giving up: see [`Effect::spared`].
    #[must_use]
    pub fn spared(&self, now: Timestamp) -> Self {
        Self { effect: self.effect.spared(now), ..self.clone() }
    }

    /// The build that this attempt or an earlier one started, where the CI named it.
    pub fn started_build(&self) -> Option<&StartedBuild> {
        self.build.get().or(self.effect.build.as_ref())
    }

    /// The requests for a build that this attempt and earlier ones sent, with the builds that this one found.
    pub fn asked(&self) -> Option<Asked> {
        let before = self.effect.asked.as_ref();
        let found_nothing = || before.map(|before| before.doubting(Vec::new()));
        self.asked.get().map(|asked| asked.and(before)).or_else(found_nothing)
    }

    /// This attempt with what it started and asked for on its effect, so that no row that is written of it
    /// forgets that.
    pub fn with_build(&self) -> Self {
        let (build, asked) = (self.started_build().cloned(), self.asked());
        Self { effect: Effect { build, asked, ..self.effect.clone() }, ..self.clone() }
    }

    /// The effect as it is when it is to be tried again after `wait`, because of `note`. Where an earlier
    /// attempt's end is unknown, this one's says nothing about it: the next attempt has to look, too.
    pub fn postponed(&self, now: Timestamp, wait: SignedDuration, note: String) -> Effect {
        if self.lost {
            self.effect.unanswered(now, wait, note)
        } else {
            self.effect.postponed(now, wait, note)
        }
    }
}

/// The reason for which there is nothing to do for a message now.
#[derive(Debug)]
pub enum NotTaken {
    /// The message is done, or comes again.
    Handled(Handled),
    /// The effect's row can't be read. It stays as it is, and the clock looks at it again.
    Unreadable(StoreError),
}

impl From<Handled> for NotTaken {
    fn from(handled: Handled) -> Self {
        Self::Handled(handled)
    }
}

/// Reads the effect of `message` and claims it for this process at `now`, where `queue` carries it.
///
/// # Errors
///
/// There is nothing to do now, or the effect can't be read: logged here.
pub async fn take(
    store: &Store,
    queue: Queue,
    message: &EffectMessage,
    now: Timestamp,
    request_id: &str,
) -> Result<Attempt, NotTaken> {
    let EffectMessage { deploy, effect: id } = message;
    let effect = match store.effect(deploy, id).await {
        Ok(Some(effect)) => effect,
        Ok(None) => {
            tracing::warn!(request_id, %deploy, effect = %id, "no such effect on record; nothing to do");
            return Err(Handled::Done.into());
        }
        Err(error) if error.is_passing() => {
            tracing::error!(request_id, %deploy, effect = %id, %error, "the effect can't be read now");
            return Err(Handled::Again(SOON).into());
        }
        Err(error) => {
            tracing::error!(request_id, alarm = "unreadable", %deploy, effect = %id, %error, "the effect is put aside");
            return Err(NotTaken::Unreadable(error));
        }
    };
    if effect.kind.queue() != queue {
        tracing::warn!(request_id, %deploy, effect = %id, "another function does this; the clock sends it there");
        return Err(Handled::Done.into());
    }
    let lost = match effect.claim(now) {
        Claim::Closed => return Err(Handled::Done.into()),
        Claim::Wait { until } if effect.spared > 0 => {
            return Err(Handled::SlowDown(until.duration_since(now)).into());
        }
        Claim::Held { until } | Claim::Wait { until } => {
            return Err(Handled::Again(until.duration_since(now)).into());
        }
        Claim::Take { lost } => lost,
    };
    match store.claim(&effect, now).await {
        Ok(claimed) => {
            let (backoff, build) = (effect.backoff.unwrap_or_default(), OnceLock::new());
            Ok(Attempt { effect: claimed, lost, backoff, build, asked: OnceLock::new(), claimed: None })
        }
        Err(CommitError::Conflict) => Err(Handled::Again(SOON).into()),
        Err(CommitError::Store(error)) => {
            tracing::error!(request_id, %deploy, effect = %id, %error, "the effect can't be claimed now");
            Err(Handled::Again(SOON).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::effect::EffectKind;
    use signoff_core::id::{DeployId, EffectId};

    #[test]
    fn postponed_retry_preserves_the_lost_answer() {
        let (now, wait) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(2));
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, now).started(now);
        for lost in [false, true] {
            let attempt = Attempt {
                effect: effect.clone(),
                lost,
                backoff: SignedDuration::ZERO,
                build: OnceLock::new(),
                asked: OnceLock::new(),
                claimed: None,
            };
            let again = attempt.postponed(now, wait, "503".to_owned());
            assert_eq!(again.claim(now + wait), Claim::Take { lost });
            assert_ne!(again.claim(now), Claim::Take { lost });
        }
    }
}
