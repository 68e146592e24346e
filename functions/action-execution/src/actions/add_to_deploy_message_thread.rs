//! `add_to_deploy_message_thread`: posts a message to the thread under this run's dialog.

use super::{Done, rendering};
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::deploy::Deploy;
use approval::run::Run;
use providers::Failure;
use rules::template::render;
use runtime::effects::Attempt;
use serde_json::Value;

impl ActionExecution {
    pub(super) async fn add_to_deploy_message_thread(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        message: &str,
    ) -> Result<Done, Trouble> {
        let context = self.slack_context(deploy).await?;
        let text = render(message, &context).map_err(rendering("the message"))?;
        let approval = match run.thread_of(step) {
            Some(id) => self.store.approval(&deploy.id, &id).await?,
            None => None,
        };
        let dialog = approval.and_then(|approval| approval.dialog).ok_or_else(|| {
            Failure::Permanent(
                "this rule has no dialog whose thread the message could go to; put a slack_channel_approval before it, \
                 or use slack_channel_message"
                    .to_owned(),
            )
        })?;
        let key = attempt.effect.id.as_str();
        let posted =
            self.post_once(attempt, &dialog.channel, Some(&dialog.ts), &text, &Value::Null, key).await?;
        Ok(Done { summary: "posted to this thread.".to_owned(), url: self.link(&posted).await })
    }
}
