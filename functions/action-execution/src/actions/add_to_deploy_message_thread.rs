//! `add_to_deploy_message_thread`: posts a message to the thread under this run's dialog, or to the
//! deployment's channel where the run has none.

use super::Done;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::deploy::Deploy;
use signoff_core::run::Run;
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    pub(super) async fn add_to_deploy_message_thread(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        step: usize,
        message: &str,
    ) -> Tried<Done> {
        let approval = match run.thread_of(step) {
            Some(id) => self.store.approval(&deploy.id, &id).await?,
            None => None,
        };
        let Some(dialog) = approval.and_then(|approval| approval.dialog) else {
            return self.slack_deploy_message(attempt, deploy, connected, run, message).await;
        };
        let place = (dialog.channel.as_str(), Some(dialog.ts.as_str()));
        let posted = self.post_of_deploy(attempt, deploy, run, place, message).await?;
        Ok(Done { summary: "posted to this thread.".to_owned(), url: self.link(&posted).await })
    }
}
