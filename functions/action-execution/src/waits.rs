//! Steps that wait: what an action acts on is still to come. Nothing failed, and the clock looks again, ever
//! more seldom.

use crate::actions::kept_waiting;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::Timestamp;
use signoff_core::effect::{Effect, EffectState, PARKED_FOR};
use signoff_core::id::RunId;
use signoff_core::run;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    /// Has step number `step` wait for `reason`: the clock sends its effect again, at most a quarter of an
    /// hour later. After a day of that the step fails.
    pub(crate) async fn wait_on(
        &self,
        attempt: &Attempt,
        run: &RunId,
        step: usize,
        reason: String,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(after) = waiting(attempt, self.now(), &reason) else {
            let reason = format!("Signoff waited for a day and gave up: {reason}.");
            let after = effect.closed(EffectState::Failed, Some(reason.clone()));
            return self.advance(effect, &after, run, step, run::Command::Fail { reason }).await;
        };
        self.advance(effect, &after, run, step, run::Command::Wait { reason }).await
    }
}

/// The effect of `attempt`, which waits for `reason` at `now`; `None`: it did so for a day. The day begins
/// when it waits for the first time, or again after a freeze or the policy held it.
fn waiting(attempt: &Attempt, now: Timestamp, reason: &str) -> Option<Effect> {
    let since = attempt.effect.waits_since.unwrap_or(now);
    let is_over = now.duration_since(since) > PARKED_FOR;
    (!is_over).then(|| Effect { waits_since: Some(since), ..kept_waiting(attempt, now, reason.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use signoff_core::effect::EffectKind;
    use signoff_core::id::{DeployId, EffectId};
    use std::sync::OnceLock;

    fn attempt(effect: Effect) -> Attempt {
        Attempt { effect, lost: false, backoff: SignedDuration::ZERO, build: OnceLock::new(), claimed: None }
    }

    #[test]
    fn day_of_a_wait_begins_anew_after_a_freeze() {
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules, Timestamp::UNIX_EPOCH);
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let first = waiting(&attempt(effect.clone()), at(60), "the job is not there yet").unwrap();
        let later = waiting(&attempt(first), at(84), "the job is not there yet").unwrap();
        assert_eq!(waiting(&attempt(later.clone()), at(85), "the job is not there yet"), None);
        let frozen = kept_waiting(&attempt(later), at(85), "frozen".to_owned());
        assert!(waiting(&attempt(frozen), at(180), "the job is not there yet").is_some());
    }

    #[test]
    fn held_step_is_spared_for_a_day_after_its_freeze() {
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules, Timestamp::UNIX_EPOCH);
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let frozen = kept_waiting(&attempt(effect), at(60), "frozen".to_owned());
        let started = attempt(frozen.started(at(61)));
        assert_eq!(started.spared(at(84)).effect.tries(), 1, "a rate limit does not count");
        assert_eq!(started.spared(at(85)).effect.tries(), 2);
    }
}
