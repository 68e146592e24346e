//! Steps that wait: what an action acts on is still to come. Nothing failed, and the clock looks again, ever
//! more seldom.

use crate::actions::kept_waiting;
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::approval::{Approval, Status};
use approval::deploy::Deploy;
use approval::effect::{EffectState, PARKED_FOR};
use approval::id::RunId;
use approval::run::{self, Run, StepState};
use providers::Failure;
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
    ) -> Result<(), Trouble> {
        let (effect, now) = (&attempt.effect, self.now());
        if now.duration_since(effect.created_at) > PARKED_FOR {
            let reason = format!("Signoff waited for a day and gave up: {reason}.");
            let after = effect.closed(EffectState::Failed, Some(reason.clone()));
            return self.advance(effect, &after, run, step, run::Command::Fail { reason }).await;
        }
        let after = kept_waiting(attempt, now, reason.clone());
        self.advance(effect, &after, run, step, run::Command::Wait { reason }).await
    }

    /// Refuses a step that waited, or that somebody retries, and was overtaken: its deploy was rolled back, or
    /// another revision was let through to the place that `voted` leads to. One to three requests, and none for
    /// any other step.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] that says what overtook it.
    pub(crate) async fn unless_overtaken(
        &self,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        voted: Option<&Approval>,
    ) -> Result<(), Trouble> {
        let Some(current) = run.steps.get(step).filter(|step| step.action.acts()) else { return Ok(()) };
        let has_waited = matches!(current.state, StepState::Running { waits: true, .. });
        if !has_waited && current.resolved.is_none() {
            return Ok(());
        }
        if let Some(by) = self.rolled_back_by(deploy).await? {
            let environment = &deploy.environment;
            let title = by.title;
            return Err(Failure::Permanent(format!(
                "nothing was done: {title} rolled {environment} back in the meantime"
            ))
            .into());
        }
        let Some(voted) = voted else { return Ok(()) };
        let Status::Approved { at } = &voted.status else { return Ok(()) };
        let base = self.store.base(&deploy.deployment, &voted.subject.place).await?;
        let later = base.any.filter(|passed| passed.at > *at && passed.revision != run.revision);
        match later {
            Some(passed) if passed.set_by.is_none() => {
                let revision = passed.revision.get(..7).unwrap_or(&passed.revision);
                Err(Failure::Permanent(format!(
                    "nothing was done: {revision} was let through to the same place in the meantime"
                ))
                .into())
            }
            Some(_) | None => Ok(()),
        }
    }
}
