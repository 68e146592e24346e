//! Ways to settle an effect that failed outside: try again, look first, give up, or ask.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::slowed::is_long;
use crate::tellings::is_over;
use jiff::SignedDuration;
use signoff_core::action::WhenRepeated;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, EffectState, MAX_ATTEMPTS, PARKED_FOR, backoff};
use signoff_core::event::EventKind;
use signoff_core::id::{ApprovalId, RunId, digest};
use signoff_core::{approval as votes, message, run};
use signoff_providers::Failure;
use signoff_runtime::batch::Handled;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, CommitError};

impl ActionExecution {
    /// Puts on record that `attempt` ended in `failure`, and says when its message comes again.
    pub(crate) async fn settle(
        &self,
        attempt: &Attempt,
        failure: Failure,
        request_id: &str,
    ) -> Tried<Handled> {
        let attempt = &attempt.with_build();
        // A provider that asks to wait slows work down; it must not end it.
        let asked_to_wait = failure.retry_after().is_some();
        let attempt = &if asked_to_wait { attempt.spared(self.now()) } else { attempt.clone() };
        let effect = &attempt.effect;
        let (deploy, id, attempts) = (&effect.deploy, &effect.id, effect.attempts);
        tracing::warn!(request_id, %deploy, effect = %id, attempts, failure = failure.logged(), "an effect was not done");
        match &effect.kind {
            EffectKind::RunStep { run, step } | EffectKind::RetryStep { run, step, .. } => {
                self.settle_step(attempt, run, *step, failure).await
            }
            EffectKind::DrawDialog { approval } => self.settle_dialog(attempt, approval, failure).await,
            EffectKind::ConfirmQuorum { approval } => self.settle_quorum(attempt, approval, failure).await,
            EffectKind::JudgeAgain { approval, round } => {
                self.settle_judging(attempt, approval, *round, failure).await
            }
            EffectKind::RemindReview { approval, round } => {
                self.settle_reminding(attempt, approval, *round, failure).await
            }
            EffectKind::TellPerson { channel, .. } => self.settle_telling(attempt, channel, failure).await,
            EffectKind::TellChannel { channel, .. } | EffectKind::OfferEvaluation { channel, .. } => {
                self.settle_waited_for(attempt, channel, failure).await
            }
            EffectKind::TellMember { .. } => self.settle_waited_for(attempt, "the member", failure).await,
            EffectKind::AskMember { .. } => self.settle_telling(attempt, "the member", failure).await,
            // The evaluation that waits for it is tried again by itself, and tells people.
            EffectKind::ListHeaderSecrets => self.settle_telling(attempt, "the record", failure).await,
            EffectKind::TellGlassBroken { .. } => {
                self.settle_waited_for(attempt, "the approval's channel", failure).await
            }
            EffectKind::TellFailure { .. }
            | EffectKind::WatchFreeze { .. }
            | EffectKind::WatchApprovers { .. }
            | EffectKind::JudgeOthers { .. }
            | EffectKind::ApplyPolicy { .. }
            | EffectKind::TellFreezeLifted { .. }
            | EffectKind::DrawStep { .. }
            | EffectKind::Remind { .. }
            | EffectKind::TellThread { .. }
            | EffectKind::SettleReview { .. }
            | EffectKind::Expire { .. }
            | EffectKind::Supersede { .. }
            | EffectKind::AdvanceRun { .. } => {
                self.settle_waited_for(attempt, "the dialog's thread", failure).await
            }
            EffectKind::EvaluateRules { .. }
            | EffectKind::EvaluateAgain
            | EffectKind::AskAgain { .. }
            | EffectKind::RecordHealth { .. } => {
                self.settle_telling(attempt, "the dialog's thread", failure).await
            }
        }
    }

    async fn settle_step(
        &self,
        attempt: &Attempt,
        run: &RunId,
        step: usize,
        failure: Failure,
    ) -> Tried<Handled> {
        let effect = &attempt.effect;
        let tries_left = effect.tries() < MAX_ATTEMPTS;
        let wait = backoff(effect.tries(), failure.retry_after());
        let reason = failure.to_string();
        if failure.retry_after().is_some() && is_long(effect, self.now(), wait) {
            self.tell_of_late_step(effect, run, step, &sentence(&reason)).await?;
        }
        // The next attempt looks at a build that was started, whatever kept this one from it.
        let is_started = effect.build.is_some()
            && self.when_repeated(effect, run, step).await? == WhenRepeated::Observable;
        let (command, after, handled) = match failure {
            Failure::Retryable { .. } if tries_left => {
                let note = format!("{reason}. Next attempt in {} s.", wait.as_secs());
                let after = match is_started {
                    true => effect.unanswered(self.now(), wait, note.clone()),
                    false => attempt.postponed(self.now(), wait, note.clone()),
                };
                (run::Command::Retry { reason: note }, after, Handled::Again(wait))
            }
            Failure::Conflict(_) if tries_left => {
                let after = attempt.postponed(self.now(), wait, reason.clone());
                (run::Command::Retry { reason }, after, Handled::Again(wait))
            }
            Failure::Unanswered(_) => match self.when_repeated(effect, run, step).await? {
                WhenRepeated::Idempotent | WhenRepeated::Observable if tries_left => {
                    let note =
                        format!("{reason}. Signoff looks whether it happened in {} s.", wait.as_secs());
                    let after = effect.unanswered(self.now(), wait, note.clone());
                    (run::Command::Retry { reason: note }, after, Handled::Again(wait))
                }
                WhenRepeated::Idempotent | WhenRepeated::Observable | WhenRepeated::Neither => {
                    let after = effect.closed(EffectState::Unknown, Some(reason.clone()));
                    (run::Command::Lose { reason: sentence(&reason) }, after, Handled::Done)
                }
            },
            // An earlier attempt may have done it, and nobody can look any more: that is no failure.
            Failure::Retryable { .. }
            | Failure::Conflict(_)
            | Failure::Permanent(_)
            | Failure::Refusal(_)
                if attempt.lost
                    && self.when_repeated(effect, run, step).await? != WhenRepeated::Idempotent =>
            {
                let reason = format!("an earlier answer was lost, and now: {reason}");
                let after = effect.closed(EffectState::Unknown, Some(reason.clone()));
                (run::Command::Lose { reason: sentence(&reason) }, after, Handled::Done)
            }
            Failure::Retryable { .. } | Failure::Conflict(_) if is_started => {
                let after = effect.closed(EffectState::Unknown, Some(reason.clone()));
                (run::Command::Lose { reason: sentence(&reason) }, after, Handled::Done)
            }
            Failure::Retryable { .. } | Failure::Conflict(_) => {
                let reason = format!("{} Given up after {} attempts.", sentence(&reason), effect.attempts);
                let after = effect.closed(EffectState::Failed, Some(reason.clone()));
                (run::Command::Fail { reason }, after, Handled::Done)
            }
            Failure::Permanent(_) | Failure::Refusal(_) => {
                let after = effect.closed(EffectState::Failed, Some(reason.clone()));
                (run::Command::Fail { reason: sentence(&reason) }, after, Handled::Done)
            }
        };
        self.advance(effect, &after, run, step, command).await?;
        Ok(handled)
    }

    async fn when_repeated(&self, effect: &Effect, run: &RunId, step: usize) -> Tried<WhenRepeated> {
        let run = self.store.run(&effect.deploy, run).await?;
        let action = run.as_ref().and_then(|run| run.steps.get(step)).map(|step| &step.action);
        Ok(action.map_or(WhenRepeated::Neither, |action| action.when_repeated()))
    }

    /// A dialog is drawn again until it shows the newest state, for a day. One that a newer deploy's took the
    /// place of is edited after what people wait for. One that has nowhere to go is told elsewhere, and
    /// cancels its approval after a day unless people can decide without it. What stands already and can't be
    /// changed any more shows an older state.
    async fn settle_dialog(&self, attempt: &Attempt, id: &ApprovalId, failure: Failure) -> Tried<Handled> {
        let effect = &attempt.effect;
        let reason = sentence(&failure.to_string());
        let (deploy, approval) =
            (self.store.deploy(&effect.deploy).await?, self.store.approval(&effect.deploy, id).await?);
        let (Some(deploy), Some(approval)) = (deploy, approval) else {
            return self.give_up(effect, reason).await;
        };
        let is_open = approval.status.is_open();
        let stands = approval.dialog.is_some() || !is_open;
        let over = self.now().duration_since(effect.first_due()) > PARKED_FOR;
        let passing = failure.is_passing();
        let can_wait = approval.dialog.is_some() && approval.status.is_superseded() && !over;
        if let Some(asked) = failure.retry_after().filter(|_| can_wait) {
            return self.line_up(attempt, &deploy.deployment, asked, reason).await;
        }
        let is_given_up = stands && (over || (!passing && !is_open));
        if (passing && effect.tries() < MAX_ATTEMPTS) || is_given_up {
            let wait = backoff(effect.tries(), failure.retry_after());
            if is_given_up {
                self.tell_closed_unshown(attempt, &deploy, &approval, &reason).await?;
            }
            if !stands && failure.retry_after().is_some() && is_long(effect, self.now(), wait) {
                self.tell_of_late_step(effect, &approval.run, approval.step, &reason).await?;
            }
            return self.settle_telling(attempt, &approval.channel, failure).await;
        }
        if over && !stands && !approval.goes_on_without_dialog() {
            self.cancel_unseen(attempt, &deploy, &approval, &reason).await?;
            return Ok(Handled::Done);
        }
        // People can't see it any more, or see an older state of it: its channel may be archived. A failure
        // that passes keeps only the next state from what stands.
        if !(stands && passing) && effect.note.as_ref() != Some(&reason) {
            self.tell_not_shown(attempt, &deploy, &approval, &reason).await?;
        }
        // Its message is done; the clock sends the effect again when it is due.
        self.store.settle(effect, &self.parked(attempt, &reason)).await?;
        Ok(Handled::Done)
    }

    /// Cancels `approval`, whose dialog could not be shown for a day, for `reason`, and has people told that
    /// elsewhere.
    async fn cancel_unseen(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        approval: &votes::Approval,
        reason: &str,
    ) -> Tried<()> {
        let (effect, id) = (&attempt.effect, &approval.id);
        let text = message::dialog_never_shown(approval, deploy, &self.deploy_url(&deploy.id), reason);
        let tell = self.tell_of_dialog(attempt, deploy, approval, text).await?;
        let reason = format!("the dialog could not be shown in {} for a day: {reason}", approval.channel);
        let after = effect.closed(EffectState::Failed, Some(reason.clone()));
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).effect(effect, after.clone());
            let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
                return Ok(Some(change));
            };
            let command = votes::Command::Cancel { reason: reason.clone() };
            // Whatever ended it meanwhile has a message of its own.
            let Ok(decision) = votes::decide(&approval, command, now) else { return Ok(Some(change)) };
            let owner = format!("dialog {id} never shown");
            Ok(Some(change.approval(decision).and(&owner, tell.clone(), Vec::new())))
        })
        .await
    }

    /// Has people told elsewhere, once, that `approval` ended before its dialog could be shown, which failed
    /// for `reason`; nothing where its dialog stands, or where whatever ended it is told otherwise.
    async fn tell_closed_unshown(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        approval: &votes::Approval,
        reason: &str,
    ) -> Tried<()> {
        let url = self.deploy_url(&deploy.id);
        let Some(text) = message::closed_unshown(approval, deploy, &url, reason) else { return Ok(()) };
        let tell = self.tell_of_dialog(attempt, deploy, approval, text).await?;
        let owner = format!("dialog {} closed unshown", approval.id);
        let change = Change::to(&deploy.id, self.now());
        match self.store.commit(change.and(&owner, tell, Vec::new())).await {
            // It was told before.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts on record, and has people told elsewhere, that the dialog of `approval`, which is open,
    /// can't be shown for `reason`; once for each reason.
    async fn tell_not_shown(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        approval: &votes::Approval,
        reason: &str,
    ) -> Tried<()> {
        let text = message::dialog_not_shown(approval, deploy, &self.deploy_url(&deploy.id), reason);
        let tell = self.tell_of_dialog(attempt, deploy, approval, text).await?;
        let event = EventKind::NotTold { channel: approval.channel.clone(), reason: reason.to_owned() };
        let owner = format!("dialog {} not shown {}", approval.id, digest(&[reason]));
        let change = Change::to(&deploy.id, self.now());
        match self.store.commit(change.and(&owner, tell, vec![event])).await {
            // It was told before.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Those who approved are looked up again for a day: nothing runs without it. The dialog says why.
    async fn settle_quorum(&self, attempt: &Attempt, id: &ApprovalId, failure: Failure) -> Tried<Handled> {
        let effect = &attempt.effect;
        let reason = sentence(&failure.to_string());
        if failure.is_passing() && effect.tries() < MAX_ATTEMPTS {
            let wait = backoff(effect.tries(), failure.retry_after());
            let after = effect.postponed(self.now(), wait, reason.clone());
            if failure.retry_after().is_some() && is_long(effect, self.now(), wait) {
                self.change_approval(effect, &after, id, &[votes::Command::Postpone { reason }]).await?;
            } else {
                self.store.settle(effect, &after).await?;
            }
            return Ok(Handled::Again(wait));
        }
        let over = is_over(effect, self.now());
        let (after, command) = if over {
            let reason = format!("those who approved could not be looked up for a day: {reason}");
            let after = effect.closed(EffectState::Failed, Some(reason.clone()));
            (after, votes::Command::Cancel { reason })
        } else {
            (self.parked(attempt, &reason), votes::Command::Postpone { reason })
        };
        self.change_approval(effect, &after, id, &[command]).await?;
        Ok(Handled::Done)
    }

    /// The effect as the clock sends it again, after 1, 2, 3, ... 15 minutes.
    pub(crate) fn parked(&self, attempt: &Attempt, reason: &str) -> Effect {
        let wait = SignedDuration::from_mins(i64::from(attempt.effect.attempts.clamp(1, 15)));
        attempt.postponed(self.now(), wait, reason.to_owned())
    }

    /// Settles a message that failed: it is tried again, since a second copy does no harm. If it can't be
    /// sent, the record says so.
    pub(crate) async fn settle_telling(
        &self,
        attempt: &Attempt,
        channel: &str,
        failure: Failure,
    ) -> Tried<Handled> {
        let effect = &attempt.effect;
        let tries_left = effect.tries() < MAX_ATTEMPTS;
        let wait = backoff(effect.tries(), failure.retry_after());
        let reason = sentence(&failure.to_string());
        let after = match failure {
            Failure::Retryable { .. } if tries_left => attempt.postponed(self.now(), wait, reason),
            Failure::Conflict(_) | Failure::Unanswered(_) if tries_left => {
                effect.unanswered(self.now(), wait, reason)
            }
            Failure::Retryable { .. }
            | Failure::Conflict(_)
            | Failure::Unanswered(_)
            | Failure::Permanent(_)
            | Failure::Refusal(_) => {
                let event = EventKind::NotTold { channel: channel.to_owned(), reason: reason.clone() };
                let after = effect.closed(EffectState::Failed, Some(reason));
                let change = Change::to(&effect.deploy, self.now()).effect(effect, after);
                self.store.commit(change.and(effect.id.as_str(), Vec::new(), vec![event])).await?;
                return Ok(Handled::Done);
            }
        };
        self.store.settle(effect, &after).await?;
        Ok(Handled::Again(wait))
    }

    async fn give_up(&self, effect: &Effect, reason: String) -> Tried<Handled> {
        self.store.settle(effect, &effect.closed(EffectState::Failed, Some(reason))).await?;
        Ok(Handled::Done)
    }

    /// The effect is done, and nothing else changes with it.
    pub(crate) async fn done(&self, effect: &Effect) -> Tried<()> {
        Ok(self.store.settle(effect, &effect.closed(EffectState::Succeeded, None)).await?)
    }
}

/// The text with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
