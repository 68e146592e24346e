//! Steps that wait: what an action acts on is still to come. Nothing failed, and the clock looks again, ever
//! more seldom.

use crate::actions::kept_waiting;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use approval::effect::{EffectState, PARKED_FOR};
use approval::id::RunId;
use approval::run;
use runtime::effects::Attempt;

impl ActionExecution {
    /// Has step number `step` wait for `reason`: the clock sends its effect again, at most a quarter of an
    /// hour later. After a day the step fails.
    pub(crate) async fn wait_on(
        &self,
        attempt: &Attempt,
        run: &RunId,
        step: usize,
        reason: String,
    ) -> Tried<()> {
        let (effect, now) = (&attempt.effect, self.now());
        if now.duration_since(effect.created_at) > PARKED_FOR {
            let reason = format!("Signoff waited for a day and gave up: {reason}.");
            let after = effect.closed(EffectState::Failed, Some(reason.clone()));
            return self.advance(effect, &after, run, step, run::Command::Fail { reason }).await;
        }
        let after = kept_waiting(attempt, now, reason.clone());
        self.advance(effect, &after, run, step, run::Command::Wait { reason }).await
    }
}
