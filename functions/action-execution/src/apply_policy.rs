//! A policy that came into force: what it binds is looked at again.

use crate::handler::ActionExecution;
use signoff_core::effect::{Effect, EffectKind, MAX_ATTEMPTS, Others};
use signoff_core::id::DeployId;
use signoff_core::run::Run;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, CommitError, StoreError};

/// The number of deploys whose steps one look wakes.
const PART: usize = 50;

impl ActionExecution {
    /// Wakes every step that the policy before kept back, and has every open approval judged again, whose
    /// dialog says what the policy keeps back. One look wakes the steps of [`PART`] deploys after `from`, and
    /// the next one goes on in another invocation.
    ///
    /// # Errors
    ///
    /// The record can't be read or written; the next attempt begins at the same place. After several
    /// attempts, what can't be woken is left to its own next look, a quarter of an hour away at most, so that
    /// it hides nothing behind it.
    pub(crate) async fn apply_policy(
        &self,
        attempt: &Attempt,
        from: Option<&DeployId>,
    ) -> Result<(), CommitError> {
        let (effect, now) = (&attempt.effect, self.now());
        let kept_back = self.store.deploys_kept_back(now).await?;
        let mut deploys = kept_back.into_iter().filter(|deploy| from.is_none_or(|from| deploy > from));
        let (mut last, mut failed) = (None, None);
        for deploy in deploys.by_ref().take(PART) {
            if let Err(error) = self.wake_steps(&deploy).await {
                failed = failed.or(Some(error));
            }
            last = Some(deploy);
        }
        if let Some(error) = failed.filter(|_| effect.tries() < MAX_ATTEMPTS) {
            return Err(error.into());
        }
        let judges = from.is_none().then(|| EffectKind::judge_others(Others::All));
        let goes_on = deploys.next().map(|_| EffectKind::ApplyPolicy { from: last });
        let effects = judges.into_iter().chain(goes_on).collect();
        let change = Change::to(&effect.deploy, now).done(effect);
        self.store.commit(change.and(&format!("{} goes on", effect.id), effects, Vec::new())).await
    }

    /// Wakes the steps of `deploy` that the policy keeps back.
    ///
    /// # Errors
    ///
    /// The record can't be read or written now. What can't be read at all is logged.
    async fn wake_steps(&self, deploy: &DeployId) -> Result<(), StoreError> {
        let page = match self.store.page(deploy).await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(()),
            // It keeps no other deploy waiting, and the clock comes back to its steps.
            Err(error) if !error.is_passing() => {
                tracing::error!(alarm = "unreadable", %deploy, %error, "its steps are not woken");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for waiting in page.effects.iter().filter(|effect| page.runs.iter().any(|run| waits(effect, run))) {
            self.store.wake(waiting, self.now()).await?;
        }
        Ok(())
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
