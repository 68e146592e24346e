//! A policy that came into force: what it binds is looked at again.

use crate::handler::ActionExecution;
use crate::others::Others;
use approval::effect::{Effect, EffectKind, EffectState};
use approval::run::Run;
use runtime::effects::Attempt;
use store::CommitError;

impl ActionExecution {
    /// Has every open approval judged again, whose dialog says what the policy keeps back, and wakes every
    /// step that the policy before kept back.
    ///
    /// # Errors
    /// The record can't be read or written. The next attempt goes on with the rest.
    pub(crate) async fn apply_policy(&self, attempt: &Attempt) -> Result<(), CommitError> {
        let effect = &attempt.effect;
        self.judge_each(effect, Others::All).await?;
        for deploy in self.store.deploys_kept_back(self.now()).await? {
            let page = match self.store.page(&deploy).await {
                Ok(Some(page)) => page,
                Ok(None) => continue,
                // It keeps no other deploy waiting, and the clock comes back to its steps.
                Err(error) if !error.is_passing() => {
                    tracing::error!(alarm = "unreadable", %deploy, %error, "its steps are not woken");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for waiting in page.effects.iter().filter(|effect| page.runs.iter().any(|run| waits(effect, run)))
            {
                self.store.wake(waiting, self.now()).await?;
            }
        }
        self.store.settle(effect, &effect.closed(EffectState::Succeeded, None)).await
    }
}

/// True if `effect` is open and runs a step of `run` that the policy keeps back.
fn waits(effect: &Effect, run: &Run) -> bool {
    let (EffectKind::RunStep { run: of, step } | EffectKind::RetryStep { run: of, step, .. }) = &effect.kind
    else {
        return false;
    };
    let is_kept_back = run.steps.get(*step).is_some_and(|step| step.state.is_kept_back());
    *of == run.id && is_kept_back && !effect.is_closed()
}
