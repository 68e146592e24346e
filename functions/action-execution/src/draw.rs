//! Dialogs and the lines in their threads, drawn from the newest state.

use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::approval::{self as votes, Approval, Dialog};
use approval::effect::EffectState;
use approval::id::{ApprovalId, RunId};
use approval::{message, run};
use providers::Failure;
use providers::slack::client::{MessageRef, Slack, Updated};
use runtime::effects::Attempt;
use serde_json::Value;

impl ActionExecution {
    /// Draws an approval's dialog: posts it where it does not stand yet, else replaces what stands there.
    pub(crate) async fn draw_dialog(&self, attempt: &Attempt, id: &ApprovalId) -> Result<(), Trouble> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        let drawn = message::dialog(&approval);
        let slack = self.outside.slack(self.now()).await?;
        let posted = match &approval.dialog {
            Some(Dialog { channel, ts }) => {
                let at = MessageRef { channel: channel.clone(), ts: ts.clone() };
                stands(slack.update_message(&at, &drawn.text, &drawn.blocks).await?)?;
                None
            }
            None => {
                let posted = self
                    .post_once(attempt, &approval.channel, None, &drawn.text, &drawn.blocks, id.as_str())
                    .await?;
                Some(Dialog { channel: posted.channel, ts: posted.ts })
            }
        };
        let names = names(&slack, &approval).await;
        let mut commands: Vec<_> = posted.map(votes::Command::DialogPosted).into_iter().collect();
        commands.extend((!names.is_empty()).then_some(votes::Command::Name(names)));
        if commands.is_empty() {
            return self.done(effect).await;
        }
        self.change_approval(effect, &effect.closed(EffectState::Succeeded, None), id, &commands).await
    }

    /// Draws a step's line in the thread of its approval's dialog.
    pub(crate) async fn draw_step(
        &self,
        attempt: &Attempt,
        approval: &ApprovalId,
        run: &RunId,
        step: usize,
    ) -> Result<(), Trouble> {
        let effect = &attempt.effect;
        let Some((approval, run)) = self.store.approval_and_run(&effect.deploy, approval, run).await? else {
            return self.done(effect).await;
        };
        let (Some(text), Some(dialog)) = (message::step_line(&run, step), approval.dialog) else {
            return self.done(effect).await;
        };
        let line = run.steps.get(step).and_then(|step| step.line.clone());
        if let Some(ts) = line {
            let at = MessageRef { channel: dialog.channel, ts };
            stands(self.outside.slack(self.now()).await?.update_message(&at, &text, &Value::Null).await?)?;
            return self.done(effect).await;
        }
        let key = format!("{}-{step}", run.id);
        let posted =
            self.post_once(attempt, &dialog.channel, Some(&dialog.ts), &text, &Value::Null, &key).await?;
        let after = effect.closed(EffectState::Succeeded, None);
        self.advance(effect, &after, &run.id, step, run::Command::LinePosted { ts: posted.ts }).await
    }

    /// Posts a message that carries `key`; where an earlier attempt's answer was lost, looks first whether it stands.
    pub(crate) async fn post_once(
        &self,
        attempt: &Attempt,
        channel: &str,
        thread: Option<&str>,
        text: &str,
        blocks: &Value,
        key: &str,
    ) -> Result<MessageRef, Trouble> {
        let slack = self.outside.slack(self.now()).await?;
        if attempt.lost
            && let Some(found) = slack.find_message(channel, thread, key, attempt.effect.created_at).await?
        {
            return Ok(found);
        }
        Ok(slack.post_message(channel, thread, text, blocks, key).await?)
    }
}

/// Error: the message that was to be drawn again is gone.
fn stands(updated: Updated) -> Result<(), Failure> {
    match updated {
        Updated::Done => Ok(()),
        Updated::Gone => Err(Failure::Permanent("somebody deleted the message in Slack".to_owned())),
    }
}

/// What Slack calls the voters that it was not asked about yet. Who can't be looked up now keeps their handle until the
/// next draw: a dialog does not wait for it.
async fn names(slack: &Slack, approval: &Approval) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for vote in approval.votes.iter().filter(|vote| !vote.named) {
        match slack.user(&vote.voter).await {
            Ok(Some(profile)) => names.push((vote.voter.clone(), profile.name)),
            Ok(None) => names.push((vote.voter.clone(), vote.name.clone())),
            Err(error) => {
                tracing::info!(approval = %approval.id, voter = vote.voter, %error, "a voter's name is not known yet");
                break;
            }
        }
    }
    names
}
