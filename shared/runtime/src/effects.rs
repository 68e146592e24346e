//! From a message to the effect that it stands for.

use crate::batch::Handled;
use approval::effect::{Claim, Effect, MAX_ATTEMPTS};
use jiff::{SignedDuration, Timestamp};
use store::{CommitError, EffectMessage, Store};

/// How soon a message comes again whose effect could not be read or claimed.
pub const SOON: SignedDuration = SignedDuration::from_secs(3);

/// One attempt at an effect.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The effect, as this process claimed it.
    pub effect: Effect,
    /// Whether an earlier attempt's end is unknown.
    pub lost: bool,
}

impl Attempt {
    /// Whether the processes of so many attempts ended before they could say why that another one won't help.
    pub fn is_hopeless(&self) -> bool {
        self.effect.attempts > 2 * MAX_ATTEMPTS
    }

    /// The effect as it is when it is to be tried again after `wait`, because of `note`. Where an earlier attempt's end is
    /// unknown, this one's says nothing about it: the next attempt has to look, too.
    pub fn postponed(&self, now: Timestamp, wait: SignedDuration, note: String) -> Effect {
        if self.lost {
            self.effect.unanswered(now, wait, note)
        } else {
            self.effect.postponed(now, wait, note)
        }
    }
}

/// Reads the effect of `message` and claims it for this process at `now`. `Err` says what becomes of the message
/// where there is nothing to do now; failures are logged here.
pub async fn take(
    store: &Store,
    message: &EffectMessage,
    now: Timestamp,
    request_id: &str,
) -> Result<Attempt, Handled> {
    let EffectMessage { deploy, effect: id } = message;
    let effect = match store.effect(deploy, id).await {
        Ok(Some(effect)) => effect,
        Ok(None) => {
            tracing::warn!(request_id, %deploy, effect = %id, "no such effect on record; nothing to do");
            return Err(Handled::Done);
        }
        Err(error) => {
            tracing::error!(request_id, %deploy, effect = %id, %error, "the effect can't be read now");
            return Err(Handled::Again(SOON));
        }
    };
    let lost = match effect.claim(now) {
        Claim::Closed => return Err(Handled::Done),
        Claim::Held { until } | Claim::Wait { until } => {
            return Err(Handled::Again(until.duration_since(now)));
        }
        Claim::Take { lost } => lost,
    };
    match store.claim(&effect, now).await {
        Ok(effect) => Ok(Attempt { effect, lost }),
        Err(CommitError::Conflict) => Err(Handled::Again(SOON)),
        Err(CommitError::Store(error)) => {
            tracing::error!(request_id, %deploy, effect = %id, %error, "the effect can't be claimed now");
            Err(Handled::Again(SOON))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::effect::EffectKind;
    use approval::id::{DeployId, EffectId};

    #[test]
    fn a_lost_answer_is_not_forgotten_where_the_look_for_it_is_put_off() {
        let (now, wait) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(2));
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules, now).started(now);
        for lost in [false, true] {
            let attempt = Attempt { effect: effect.clone(), lost };
            let again = attempt.postponed(now, wait, "503".to_owned());
            assert_eq!(again.claim(now + wait), Claim::Take { lost });
            assert_ne!(again.claim(now), Claim::Take { lost });
        }
    }
}
