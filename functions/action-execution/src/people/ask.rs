//! The question in a direct message whether an account is the member's own.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::approval::Dialog;
use signoff_core::message;
use signoff_core::people::{Handle, Statement};
use signoff_providers::Failure;
use signoff_providers::slack::client::MessageRef;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    /// Asks the member whom the entry of `handle` names at `version`, or draws the question that stands `at`
    /// anew. A question that was answered before it was asked is not asked.
    pub(crate) async fn ask_member(
        &self,
        attempt: &Attempt,
        handle: &Handle,
        version: u64,
        at: Option<&Dialog>,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let entry = self.store.person(handle).await?;
        let Some(question) = message::is_it_yours(&entry, version) else { return self.done(effect).await };
        let slack = self.outside.slack(self.now()).await?;
        if let Some(Dialog { channel, ts }) = at.cloned() {
            // A question that somebody deleted is not missed.
            slack.update_message(&MessageRef { channel, ts }, &question.text, &question.blocks).await?;
            return self.done(effect).await;
        }
        let waits = entry.waits.as_ref().filter(|_| entry.version == version);
        let Some(member) = waits.and_then(Statement::member) else { return self.done(effect).await };
        let direct = slack.open_direct(member).await?.ok_or_else(|| {
            Failure::Permanent("Slack has no direct message with the member who should confirm it".to_owned())
        })?;
        let (text, blocks) = (&question.text, &question.blocks);
        self.post_once(attempt, &direct, None, text, blocks, effect.id.as_str()).await?;
        self.done(effect).await
    }
}
