//! Steps that wait: what an action acts on is still to come. Nothing failed, and the clock looks again, ever
//! more seldom.

use crate::actions::kept_waiting;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::Timestamp;
use signoff_core::approval::Approval;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, EffectState, PARKED_FOR};
use signoff_core::event::EventKind;
use signoff_core::id::RunId;
use signoff_core::message;
use signoff_core::run::{self, Run};
use signoff_runtime::effects::Attempt;
use signoff_store::Change;

/// Effects and events that are committed beside a step that is held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    pub(crate) effects: Vec<EffectKind>,
    pub(crate) events: Vec<EventKind>,
}

impl ActionExecution {
    /// Has step number `step` of `run` wait for `reason`, which holds it as long as it lasts: the clock sends
    /// its effect again, at most a quarter of an hour later. The thread of `voted`, the approval before it,
    /// is told, and what is `beside` it is committed, unless the reason is the same as before.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn hold(
        &self,
        attempt: &Attempt,
        (run, step): (&RunId, usize),
        voted: Option<&Approval>,
        reason: &str,
        beside: Beside,
    ) -> Tried<()> {
        let after = kept_waiting(attempt, self.now(), reason.to_owned());
        self.hold_as(attempt, after, (run, step), voted, reason, beside).await
    }

    /// Has step number `step` of `run` wait for a person, as `reason` asks: people are told in a message of
    /// its own, in the thread of `voted`, the approval before it, or else in the deployment's channel; again
    /// where the question changes. After a day the step fails.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn ask_for(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        (run, step): (&Run, usize),
        voted: Option<&Approval>,
        reason: String,
    ) -> Tried<()> {
        let Some(after) = waiting(attempt, self.now(), &reason) else {
            return self.wait_on(attempt, &run.id, step, reason).await;
        };
        let channel = match run.thread_of(step) {
            Some(_) => None,
            None => self.fallback_channel(deploy).await?,
        };
        let action = run.steps.get(step).map(|step| &step.action);
        let tell = channel.zip(action).map(|(channel, action)| {
            let text =
                message::step_needs_person(deploy, &self.deploy_url(&deploy.id), &run.rule, action, &reason);
            EffectKind::TellChannel { channel, text }
        });
        let beside = Beside { effects: tell.into_iter().collect(), events: Vec::new() };
        self.hold_as(attempt, after, (&run.id, step), voted, &reason, beside).await
    }

    async fn hold_as(
        &self,
        attempt: &Attempt,
        after: Effect,
        (run, step): (&RunId, usize),
        voted: Option<&Approval>,
        reason: &str,
        beside: Beside,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).effect(effect, after.clone());
            let Some(run) = self.store.run(&effect.deploy, run).await? else { return Ok(Some(change)) };
            let command = run::Command::Wait { reason: reason.to_owned() };
            let Ok(decision) = run::decide(&run, step, command, now) else { return Ok(Some(change)) };
            let decision = run::pinned(decision, step, after.build.as_ref());
            let owner = format!("held {} {now}", effect.id);
            let Beside { effects, events } = beside.clone();
            Ok(Some(
                change.run(run::told_held(decision, step, voted, attempt.lost)).and(&owner, effects, events),
            ))
        })
        .await
    }

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
    use signoff_core::id::{DeployId, EffectId};
    use std::sync::OnceLock;

    fn attempt(effect: Effect) -> Attempt {
        let (backoff, build, asked) = (SignedDuration::ZERO, OnceLock::new(), OnceLock::new());
        Attempt { effect, lost: false, backoff, build, asked, claimed: None }
    }

    #[test]
    fn day_of_a_wait_begins_anew_after_a_freeze() {
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, Timestamp::UNIX_EPOCH);
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
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, Timestamp::UNIX_EPOCH);
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let frozen = kept_waiting(&attempt(effect), at(60), "frozen".to_owned());
        let started = attempt(frozen.started(at(61)));
        assert_eq!(started.spared(at(84)).effect.tries(), 1, "a rate limit does not count");
        assert_eq!(started.spared(at(85)).effect.tries(), 2);
    }
}
