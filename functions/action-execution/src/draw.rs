//! Dialogs and the lines of steps, drawn from the newest state.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use serde_json::Value;
use signoff_core::approval::{self as votes, Approval, Dialog};
use signoff_core::effect::EffectState;
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::message::{self, Message};
use signoff_core::run::{self, Run, StepState};
use signoff_providers::slack::client::{MessageRef, Slack, Updated};
use signoff_runtime::effects::Attempt;

/// A state that was drawn: the versions of the approval and of its run.
pub(crate) type Drawn = (u64, u64);

/// Most drawn dialogs that a process remembers.
const REMEMBERED: usize = 500;

impl ActionExecution {
    /// Draws an approval's dialog: posts it where it does not stand yet, else replaces what stands there.
    ///
    /// Draws of one dialog are done one after the other. Of many that wait, the first one draws what all of
    /// them would: the others find that this process drew the newest state last, and leave it at that. A
    /// dialog that was superseded before it was posted is posted no more ([`Approval::is_left_out`]), and one
    /// that stands is edited when nobody else needs Slack's edits ([`crate::edits`]).
    pub(crate) async fn draw_dialog(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        let run = self.store.run(&effect.deploy, &approval.run).await?;
        let state = (approval.version, run.as_ref().map_or(0, |run| run.version));
        if !attempt.lost && approval.dialog.is_some() && self.drawn(id) == Some(state) {
            return self.done(effect).await;
        }
        if approval.is_left_out() && !attempt.lost {
            return self.done(effect).await;
        }
        if approval.dialog.is_some() && approval.status.is_superseded() {
            self.let_others_edit_first()?;
        }
        let Message { text, blocks } = message::dialog(&approval, run.as_ref());
        let slack = self.outside.slack(self.now()).await?;
        self.forget_drawn(id);
        let posted = match &approval.dialog {
            Some(dialog) => {
                let Dialog { channel, ts } = dialog.clone();
                match slack.update_message(&MessageRef { channel, ts }, &text, &blocks).await? {
                    Updated::Done => None,
                    Updated::Gone => {
                        let gone = votes::Command::DialogGone(dialog.clone());
                        let after = effect.closed(EffectState::Succeeded, None);
                        return self.change_approval(effect, &after, id, &[gone]).await;
                    }
                }
            }
            None => {
                let (channel, key) = (&approval.channel, id.as_str());
                let posted = if approval.is_left_out() {
                    // Where the lost attempt posted it, it stands with the state of before.
                    self.posted_before(attempt, channel, None, key).await?
                } else {
                    Some(self.post_once(attempt, channel, None, &text, &blocks, key).await?)
                };
                posted.map(|posted| Dialog { channel: posted.channel, ts: posted.ts })
            }
        };
        let names = names(&slack, &approval).await;
        let mut commands: Vec<_> = posted.map(votes::Command::DialogPosted).into_iter().collect();
        commands.extend((!names.is_empty()).then_some(votes::Command::Name(names)));
        if commands.is_empty() {
            self.remember_drawn(id, state);
            return self.done(effect).await;
        }
        self.change_approval(effect, &effect.closed(EffectState::Succeeded, None), id, &commands).await
    }

    /// Draws a step's line, in the thread of its approval's dialog or, without one, in the deployment's
    /// channel.
    ///
    /// Many actions are done before their line is posted, which then has its last text. That is on record
    /// with where it stands, so that it is not sent a second time. Where an earlier attempt's answer was
    /// lost, the line that stands may have an older text.
    pub(crate) async fn draw_step(
        &self,
        attempt: &Attempt,
        approval: Option<&ApprovalId>,
        run: &RunId,
        step: usize,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let drawn = match approval {
            Some(approval) => self.line_in_thread(attempt, approval, run, step).await?,
            None => self.line_elsewhere(attempt, run, step).await?,
        };
        let Some((run, place, message)) = drawn else { return self.done(effect).await };
        if run.steps.get(step).is_some_and(|step| step.line_is_final) {
            return self.done(effect).await;
        }
        let has_succeeded =
            run.steps.get(step).is_some_and(|step| matches!(step.state, StepState::Succeeded { .. }));
        if let Some(Dialog { channel, ts }) = run.steps.get(step).and_then(|step| step.line.clone()) {
            let slack = self.outside.slack(self.now()).await?;
            let at = MessageRef { channel, ts };
            // A line that somebody deleted is not missed: the record and the dialog have it.
            slack.update_message(&at, &message.text, &message.blocks).await?;
            return self.done(effect).await;
        }
        let (channel, thread) = &place;
        let key = format!("{}-{step}", run.id);
        let posted =
            self.post_once(attempt, channel, thread.as_deref(), &message.text, &message.blocks, &key).await?;
        let line = Dialog { channel: posted.channel, ts: posted.ts };
        let after = effect.closed(EffectState::Succeeded, None);
        let command = run::Command::LinePosted { line, is_final: has_succeeded && !attempt.lost };
        self.advance(effect, &after, &run.id, step, command).await
    }

    /// A step's line, and the thread that it goes to.
    async fn line_in_thread(
        &self,
        attempt: &Attempt,
        approval: &ApprovalId,
        run: &RunId,
        step: usize,
    ) -> Tried<Option<Line>> {
        let found = self.store.approval_and_run(&attempt.effect.deploy, approval, run).await?;
        let Some((approval, run)) = found else { return Ok(None) };
        let (Some(text), Some(dialog)) = (message::step_line(&run, step), approval.dialog) else {
            return Ok(None);
        };
        Ok(Some((run, (dialog.channel, Some(dialog.ts)), Message { text, blocks: Value::Null })))
    }

    /// A step's line, and the deployment's channel.
    async fn line_elsewhere(&self, attempt: &Attempt, run: &RunId, step: usize) -> Tried<Option<Line>> {
        let Some((deploy, run)) = self.store.deploy_and_run(&attempt.effect.deploy, run).await? else {
            return Ok(None);
        };
        let Some(channel) = self.fallback_channel(&deploy).await? else { return Ok(None) };
        if let Some(asked) = run.asks(step) {
            let approval = self.store.approval(&deploy.id, &asked).await?;
            if approval.is_some_and(|approval| approval.dialog.is_some()) {
                // The approval's own dialog says it.
                return Ok(None);
            }
        }
        let url = self.deploy_url(&deploy.id);
        let message = message::step_elsewhere(&run, step, &deploy, &url);
        Ok(message.map(|message| (run, (channel, None), message)))
    }

    /// Posts a message that carries `key`; where an earlier attempt's answer was lost, looks first whether it
    /// stands.
    pub(crate) async fn post_once(
        &self,
        attempt: &Attempt,
        channel: &str,
        thread: Option<&str>,
        text: &str,
        blocks: &Value,
        key: &str,
    ) -> Tried<MessageRef> {
        if let Some(found) = self.posted_before(attempt, channel, thread, key).await? {
            return Ok(found);
        }
        let slack = self.outside.slack(self.now()).await?;
        Ok(slack.post_message(channel, thread, text, blocks, key).await?)
    }

    /// The message with `key` that an earlier attempt posted whose answer was lost, where there was one.
    async fn posted_before(
        &self,
        attempt: &Attempt,
        channel: &str,
        thread: Option<&str>,
        key: &str,
    ) -> Tried<Option<MessageRef>> {
        if !attempt.lost {
            return Ok(None);
        }
        let slack = self.outside.slack(self.now()).await?;
        Ok(slack.find_message(channel, thread, key, attempt.effect.created_at).await?)
    }

    /// Returns the state of a dialog that this process drew last.
    fn drawn(&self, id: &ApprovalId) -> Option<Drawn> {
        self.drawn.lock().ok()?.get(id).copied()
    }

    fn remember_drawn(&self, id: &ApprovalId, state: Drawn) {
        let Ok(mut drawn) = self.drawn.lock() else { return };
        if drawn.len() >= REMEMBERED {
            drawn.clear();
        }
        drawn.insert(id.clone(), state);
    }

    fn forget_drawn(&self, id: &ApprovalId) {
        if let Ok(mut drawn) = self.drawn.lock() {
            drawn.remove(id);
        }
    }
}

/// A step's run, where its line goes (a channel, and a thread there), and what it says.
type Line = (Run, (String, Option<String>), Message);

/// Looks up the Slack names of the voters that are not known yet. If a lookup fails, the rest keep their
/// handles until the next draw: a dialog does not wait for names.
async fn names(slack: &Slack, approval: &Approval) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for vote in approval.votes.iter().filter(|vote| !vote.named) {
        match slack.user(&vote.voter).await {
            Ok(Some(profile)) => names.push((vote.voter.clone(), profile.name)),
            Ok(None) => names.push((vote.voter.clone(), vote.name.clone())),
            Err(error) => {
                tracing::info!(approval = %approval.id, voter = vote.voter, failure = error.logged(), "a voter's name is not known yet");
                break;
            }
        }
    }
    names
}
