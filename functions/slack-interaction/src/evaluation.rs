//! Evaluate again: somebody asks for the rules of a deploy that could not be read or evaluated.

use crate::answer::{done, text};
use crate::asked::Evaluation;
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_providers::slack::parse::Click;
use signoff_voting::evaluate_again;

impl SlackInteraction {
    /// A click on Evaluate again.
    pub(crate) async fn evaluation(
        &self,
        call: &Call<'_>,
        click: &Click,
        asked: &Evaluation,
    ) -> Response<Body> {
        let (request_id, deploy) = (call.request_id, &asked.deploy);
        let voter = self.person(call, &click.user).await;
        if voter.standing.is_none() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Click again.");
        }
        let told = match evaluate_again(&self.store, &voter, deploy, &asked.workspace, call.now).await {
            Ok(None) => Ok(()),
            Ok(Some(refused)) => self.tell_once(call, click, deploy, refused.text, Vec::new()).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => {
                tracing::info!(request_id, %deploy, voter = voter.id, "evaluate again: dealt with");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }
}
