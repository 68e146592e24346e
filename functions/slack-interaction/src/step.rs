//! Retry and Mark as done: somebody says what became of an action whose answer was lost.

use crate::answer::{done, text};
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use providers::slack::parse::Click;
use voting::{Answer, resolve};

impl SlackInteraction {
    /// A click on Retry or Mark as done.
    pub(crate) async fn step(&self, call: &Call<'_>, click: &Click, answer: &Answer) -> Response<Body> {
        let (request_id, deploy, run) = (call.request_id, &answer.deploy, &answer.run);
        let voter = self.person(call, &click.user).await;
        if voter.standing.is_none() {
            // This may run something once more: nobody does that unseen.
            return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Click again.");
        }
        let told = match resolve(&self.store, &voter, answer, call.now).await {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => {
                self.tell_once(call, click, deploy, refusal.text, Vec::new()).await.map(|_| ())
            }
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => {
                let (step, resolution) = (answer.step, answer.resolution);
                tracing::info!(request_id, %deploy, %run, step, ?resolution, voter = voter.id, "dealt with");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %run, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }
}
