//! Steps: running an action, and going on after an approval.

use crate::actions::{Done, Voted};
use crate::effect_error::{EffectError, Tried, unless_lost};
use crate::handler::ActionExecution;
use crate::policy::is_bound;
use crate::subject::decided;
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::{Action, RulesFileStep, WhenRepeated};
use signoff_core::approval::Outcome;
use signoff_core::effect::{Effect, EffectState};
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::run::{self, FirstTry, Step, StepState};
use signoff_providers::Failure;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, ReadStep};
use std::cell::Cell;

impl ActionExecution {
    /// Runs the action of step number `step`. `first`: the effect that tried it first, where somebody retried
    /// it; the outside world knows what it does by that.
    pub(crate) async fn run_step(
        &self,
        attempt: &Attempt,
        run: &RunId,
        step: usize,
        first: Option<&FirstTry>,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(ReadStep { deploy, run, approvals }) = self.store.step(&effect.deploy, run, step).await?
        else {
            return self.done(effect).await;
        };
        let Some(current) = run.steps.get(step) else { return self.done(effect).await };
        let action = current.action.clone();
        let begun = match &current.state {
            StepState::Waiting => false,
            StepState::Running { .. } => true,
            // It went on without this effect.
            StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Unknown { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. } => return self.done(effect).await,
        };
        if !run.permits(step, &approvals) {
            return self.disbelieve(effect, "no approval on record lets this step run").await;
        }
        if !begun {
            if !self.begin(attempt, &run.id, step).await? {
                return self.done(effect).await;
            }
        } else if attempt.lost && action.when_repeated() == WhenRepeated::Neither {
            return Err(Failure::Unanswered("Signoff stopped while this was running".to_owned()).into());
        }
        if let Action::SlackChannelApproval(spec) = &action {
            return self.open_approval(attempt, &deploy, &run, step, spec, &approvals).await;
        }
        if let Action::RulesFile(RulesFileStep::Await { file }) = &action {
            if self.waits_for_rules(&deploy, &run, file).await? {
                return self.wait_for_rules(attempt, &run.id, step).await;
            }
            self.unless_newer_came(effect, &deploy, &run).await?;
        }
        let asked = run.waits_for(step).map(|asked| ApprovalId::derive(&run.id, asked));
        let voted = approvals.iter().find(|approval| Some(&approval.id) == asked.as_ref());
        let subject = voted.map(|approval| &approval.subject);
        // A build that was started is looked at to its end: what it may not run, it is cancelled for.
        let is_started = matches!(action, Action::TriggerBuild(_)) && attempt.started_build().is_some();
        if !is_started {
            if is_bound(&action) {
                let held = self.is_held_by_policy(attempt, &deploy, &run, step, (subject, &approvals)).await;
                if held.map_err(|trouble| unless_lost(attempt, trouble))? {
                    return Ok(());
                }
            }
            let overtaken = self.unless_overtaken(&deploy, &run, step, voted).await;
            overtaken.map_err(|trouble| unless_lost(attempt, trouble))?;
        }
        if let Some(voted) = voted.filter(|_| current.state.is_kept_back()) {
            self.set_base_late(effect, &deploy, &run, voted).await?;
        }
        if is_bound(&action)
            && begins_now(attempt, &action)
            && self.waits_for_freeze(attempt, &run, step, voted).await?
        {
            return Ok(());
        }
        if is_bound(&action) {
            self.set_bases_before(effect, &deploy, &run).await?;
        }
        let voted_on = voted;
        let voted = Voted { subject, all: decided(&run, step, &approvals).collect() };
        let acting = as_first(attempt, first, run.steps.get(step), self.now());
        let done = self.act(&acting, &deploy, &run, step, &action, voted).await;
        if let Some(build) = acting.build.get() {
            // The attempt that is settled keeps it, under whichever effect it was started.
            attempt.build.get_or_init(|| build.clone());
        }
        if let Some(asked) = acting.asked.get() {
            attempt.asked.get_or_init(|| asked.clone());
        }
        let Done { summary, url } = match done {
            Ok(done) => done,
            Err(EffectError::NotYet { reason, needs_person: true }) => {
                return self.ask_for(attempt, &deploy, (&run, step), voted_on, reason).await;
            }
            Err(EffectError::NotYet { reason, needs_person: false }) => {
                return self.wait_on(attempt, &run.id, step, reason).await;
            }
            Err(trouble) => return Err(trouble),
        };
        let build = acting.started_build().cloned();
        let after = effect.closed(EffectState::Succeeded, None);
        let owned = build.clone().filter(|_| matches!(action, Action::TriggerBuild(_)));
        let owned = owned.map(|build| (build, acting.effect.id.clone()));
        let command = run::Command::Succeed { summary, url, build };
        self.advance_with(effect, &after, &run.id, step, command, owned.as_ref()).await
    }

    /// Puts on record that a step's action begins, before it does. `false`: the step went on without this
    /// effect.
    async fn begin(&self, attempt: &Attempt, run: &RunId, step: usize) -> Tried<bool> {
        let effect = &attempt.effect;
        let begins = Cell::new(false);
        self.commit_newest(effect, async || {
            let now = self.now();
            let Some(run) = self.store.run(&effect.deploy, run).await? else { return Ok(None) };
            let first = FirstTry { effect: effect.id.clone(), at: effect.created_at };
            let begun = run::decide(&run, step, run::Command::Begin(first), now);
            begins.set(begun.is_ok());
            Ok(begun.ok().map(|decision| Change::to(&effect.deploy, now).run(decision)))
        })
        .await?;
        Ok(begins.get())
    }

    /// Goes on with a run, or stops it, after the approval that it waits for.
    pub(crate) async fn advance_run(
        &self,
        attempt: &Attempt,
        run: &RunId,
        step: usize,
        outcome: &Outcome,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let (id, is_true) = (ApprovalId::derive(run, step), Cell::new(true));
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).done(effect);
            let found = self.store.approval_and_run(&effect.deploy, &id, run).await?;
            let believed = found
                .filter(|(approval, run)| run.owns(approval, step) && approval.status.is_outcome(outcome));
            is_true.set(believed.is_some());
            let Some((_, run)) = believed else { return Ok(None) };
            let command = run::Command::Close(outcome.clone());
            Ok(Some(match run::decide(&run, step, command, now) {
                Ok(decision) => change.run(decision),
                Err(_) => change,
            }))
        })
        .await?;
        if is_true.get() {
            return Ok(());
        }
        self.disbelieve(effect, "the approval on record did not end so").await
    }

    /// Ends an effect that the record contradicts, without doing it.
    async fn disbelieve(&self, effect: &Effect, note: &str) -> Tried<()> {
        tracing::error!(deploy = %effect.deploy, effect = %effect.id, kind = effect.kind.name(), note, "an effect was not believed");
        Ok(self.store.settle(effect, &effect.closed(EffectState::Failed, Some(note.to_owned()))).await?)
    }
}

/// True if nothing of `action` has begun outside, as far as `attempt` knows, so that a freeze holds it. The
/// release of a job waits in any case: a job that was released already stays so.
fn begins_now(attempt: &Attempt, action: &Action) -> bool {
    matches!(action, Action::AutoApproveBuild(_)) || (attempt.started_build().is_none() && !attempt.lost)
}

/// `attempt` at `step` as the outside world knows it at `now`: under the id and the time of the effect that
/// tried it `first`, and with the requests for a build of all before it, so that what came of them is found.
/// Nobody tried between the failure that was resolved and the first attempt of the retry.
fn as_first(attempt: &Attempt, first: Option<&FirstTry>, step: Option<&Step>, now: Timestamp) -> Attempt {
    let Some(FirstTry { effect: id, at }) = first else { return attempt.clone() };
    let resolved = step.and_then(|step| step.resolved.as_ref());
    let left_alone = match resolved.filter(|_| attempt.effect.attempts == 1) {
        Some(resolved) => now.duration_since(resolved.failed_at),
        None => SignedDuration::ZERO,
    };
    let before = step.and_then(|step| step.asked_ci.as_ref()).map(|asked| asked.doubting(Vec::new()));
    let asked = match &attempt.effect.asked {
        Some(asked) => Some(asked.and(before.as_ref())),
        None => before,
    };
    let effect = Effect { id: id.clone(), created_at: *at, asked, ..attempt.effect.clone() };
    let claimed = Some(attempt.effect.clone());
    Attempt { effect, claimed, backoff: attempt.backoff.max(left_alone), ..attempt.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::effect::EffectKind;
    use signoff_core::id::{DeployId, EffectId};
    use std::sync::OnceLock;

    #[test]
    fn retry_keeps_its_build_on_its_own_effect() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let (run, deploy) = (RunId::from_text("r"), DeployId::from_text("d"));
        let first = FirstTry { effect: EffectId::from_text("first"), at: at(0) };
        let kind = EffectKind::RetryStep { run, step: 1, first: first.clone(), looks: true };
        let effect = Effect::new(EffectId::from_text("retry"), deploy, kind, at(60)).started(at(61));
        let backoff = SignedDuration::ZERO;
        let attempt = Attempt {
            effect: effect.clone(),
            lost: true,
            backoff,
            build: OnceLock::new(),
            asked: OnceLock::new(),
            claimed: None,
        };
        let acting = as_first(&attempt, Some(&first), None, at(61));
        assert_eq!((&acting.effect.id, acting.effect.created_at), (&first.effect, first.at));
        assert_eq!(acting.claimed(), &effect);
        assert_eq!(as_first(&attempt, None, None, at(61)).claimed(), &effect);
    }
}
