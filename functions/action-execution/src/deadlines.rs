//! Changes to an approval that nobody asks for: it expires, its people are reminded, a freeze begins or ends,
//! a newer deploy takes its place.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use serde_json::Value;
use signoff_core::approval::{Approval, Command, Status, Successor, next_look};
use signoff_core::effect::{EffectKind, EffectState, MAX_ATTEMPTS};
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::message;
use signoff_core::run::StepState;
use signoff_providers::Failure;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, CommitError};

impl ActionExecution {
    /// Ends an approval that nobody decided in time.
    pub(crate) async fn expire(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let after = attempt.effect.closed(EffectState::Succeeded, None);
        self.change_approval(&attempt.effect, &after, id, &[Command::Expire]).await
    }

    /// Says in the dialog's thread who is still needed, or tells the owners of the policy that they are
    /// asked.
    pub(crate) async fn remind(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        match approval.is_of_policy() {
            true => self.tell_owners(attempt, &approval).await,
            false => {
                self.look_at_the_named(attempt, &approval).await?;
                self.tell_thread(attempt, id, message::reminder).await
            }
        }
    }

    /// Has the people whom `approval` names looked up again, where votes are missing: nobody says when one of
    /// them leaves Slack or a user group.
    async fn look_at_the_named(&self, attempt: &Attempt, approval: &Approval) -> Tried<()> {
        if approval.status != Status::Pending || approval.electorate.people.is_none() {
            return Ok(());
        }
        let judge = EffectKind::JudgeAgain { approval: approval.id.clone(), round: 0 };
        let owner = format!("judged with {}", attempt.effect.id);
        let change = Change::to(&attempt.effect.deploy, self.now()).and(&owner, vec![judge], Vec::new());
        match self.store.commit(change).await {
            // An earlier attempt did it.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Has the people whom an approval names looked up again, and does so again each day while it is open.
    /// One that has enough votes looks by itself before the first action.
    pub(crate) async fn watch_approvers(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let (effect, now) = (&attempt.effect, self.now());
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        let Some(next) = next_look(&approval, now) else { return self.done(effect).await };
        self.look_at_the_named(attempt, &approval).await?;
        let change = Change::to(&effect.deploy, now).done(effect);
        Ok(self.store.commit(change.later(&format!("look after {}", effect.id), next.kind, next.at)).await?)
    }

    /// Looks whether a freeze window opened or closed.
    pub(crate) async fn watch_freeze(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let after = attempt.effect.closed(EffectState::Succeeded, None);
        self.change_approval(&attempt.effect, &after, id, &[Command::WatchFreeze]).await
    }

    /// Says in the dialog's thread what `text` makes of the approval, where that is something.
    pub(crate) async fn tell_thread(
        &self,
        attempt: &Attempt,
        id: &ApprovalId,
        text: impl Fn(&Approval) -> Option<String>,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        let Some(text) = text(&approval) else { return self.done(effect).await };
        let is_left_out = approval.is_left_out();
        if is_left_out && approval.votes.is_empty() {
            // Nobody is shown the dialog whose thread it was for, and nobody voted on the page.
            return self.done(effect).await;
        }
        let dialog =
            approval.dialog.ok_or_else(|| no_thread(is_left_out || effect.tries() >= MAX_ATTEMPTS))?;
        let (thread, key) = (Some(dialog.ts.as_str()), effect.id.as_str());
        self.post_once(attempt, &dialog.channel, thread, &text, &Value::Null, key).await?;
        self.done(effect).await
    }

    /// Ends the approval that the run of an older deploy waits for, if it waits for one.
    pub(crate) async fn supersede(
        &self,
        attempt: &Attempt,
        older: &DeployId,
        run: &RunId,
        by: &Successor,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let mut found = self.store.run(older, run).await?;
        while let Some(again) = found.as_ref().and_then(|run| run.asked_again.clone()) {
            found = self.store.run(older, &again).await?;
        }
        let asking = found.as_ref().and_then(|run| {
            run.steps.iter().find_map(|step| match &step.state {
                StepState::Asking { approval } => Some(approval),
                StepState::Waiting
                | StepState::Running { .. }
                | StepState::Succeeded { .. }
                | StepState::Failed { .. }
                | StepState::Unknown { .. }
                | StepState::Skipped
                | StepState::SkippedByHand { .. } => None,
            })
        });
        // A run that asks later finds by itself that a newer one asked before.
        let Some(approval) = asking else { return self.done(effect).await };
        let after = effect.closed(EffectState::Succeeded, None);
        let command = Command::Supersede(by.clone());
        self.change_approval_of(older, effect, &after, approval, &[command]).await
    }
}

/// The failure of a message to a thread whose dialog does not stand yet; if it `is_given_up`, the message is
/// posted elsewhere.
fn no_thread(is_given_up: bool) -> Failure {
    match is_given_up {
        true => Failure::Permanent("the dialog whose thread it goes to could not be posted".to_owned()),
        false => Failure::retryable("the dialog whose thread it goes to does not stand yet"),
    }
}
