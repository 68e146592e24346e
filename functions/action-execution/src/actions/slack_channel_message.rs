//! `slack_channel_message` and `slack_deploy_message`: post a message to a channel, or to the deployment's
//! own.

use super::{Done, rendering};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use serde_json::Value;
use signoff_core::action::ChannelMessage;
use signoff_core::approval::Dialog;
use signoff_core::deploy::Deploy;
use signoff_core::run::Run;
use signoff_providers::Failure;
use signoff_providers::slack::MessageRef;
use signoff_rules::template::render;
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    pub(super) async fn slack_channel_message(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        message: &ChannelMessage,
    ) -> Tried<Done> {
        self.post_to(attempt, deploy, &message.channel, &message.message).await
    }

    pub(super) async fn slack_deploy_message(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        message: &str,
    ) -> Tried<Done> {
        let slug = &deploy.deployment;
        let channel = connected.connection().and_then(|connection| connection.channel.as_deref());
        let channel = channel.ok_or_else(|| {
            Failure::Permanent(format!(
                "{slug} has no channel of its own; name one at {}/deployments/{slug}/edit, or in the stack's parameter \
                 Deployments ({slug} #channel), or use slack_channel_message",
                self.public_url
            ))
        })?;
        let posted = self.post_of_deploy(attempt, deploy, run, (channel, None), message).await?;
        Ok(Done { summary: format!("posted to {channel}."), url: self.link(&posted).await })
    }

    /// Posts a message that people may react to: rules may ask for that. What only a proposed rules file says
    /// is no such message: reactions to it would open rules in force.
    pub(super) async fn post_of_deploy(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        (channel, thread): (&str, Option<&str>),
        message: &str,
    ) -> Tried<MessageRef> {
        let context = self.slack_context(attempt, deploy, message).await?;
        let text = render(message, &context).map_err(rendering("the message"))?;
        let key = attempt.effect.id.as_str();
        let posted = self.post_once(attempt, channel, thread, &text, &Value::Null, key).await?;
        if run.is_in_force() {
            let place = Dialog { channel: posted.channel.clone(), ts: posted.ts.clone() };
            self.store.place_message(&place, &deploy.id, self.now()).await?;
        }
        Ok(posted)
    }

    async fn post_to(&self, attempt: &Attempt, deploy: &Deploy, channel: &str, message: &str) -> Tried<Done> {
        let context = self.slack_context(attempt, deploy, message).await?;
        let text = render(message, &context).map_err(rendering("the message"))?;
        let key = attempt.effect.id.as_str();
        let posted = self.post_once(attempt, channel, None, &text, &Value::Null, key).await?;
        Ok(Done { summary: format!("posted to {channel}."), url: self.link(&posted).await })
    }

    /// A message's address, where Slack tells it now: what was posted is posted without it too.
    pub(super) async fn link(&self, message: &MessageRef) -> Option<String> {
        self.outside.slack(self.now()).await.ok()?.permalink(message).await.ok()
    }
}
