//! `slack_channel_message`: posts a message to a channel.

use super::{Done, rendering};
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::ChannelMessage;
use approval::deploy::Deploy;
use providers::slack::MessageRef;
use rules::template::render;
use runtime::effects::Attempt;
use serde_json::Value;

impl ActionExecution {
    pub(super) async fn slack_channel_message(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        message: &ChannelMessage,
    ) -> Result<Done, Trouble> {
        let context = self.slack_context(deploy).await?;
        let text = render(&message.message, &context).map_err(rendering("the message"))?;
        let key = attempt.effect.id.as_str();
        let posted = self.post_once(attempt, &message.channel, None, &text, &Value::Null, key).await?;
        Ok(Done { summary: format!("posted to {}.", message.channel), url: self.link(&posted).await })
    }

    /// A message's address, where Slack tells it now: what was posted is posted without it too.
    pub(super) async fn link(&self, message: &MessageRef) -> Option<String> {
        self.outside.slack(self.now()).await.ok()?.permalink(message).await.ok()
    }
}
