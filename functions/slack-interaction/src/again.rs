//! Ask again: somebody has a closed approval asked again.

use crate::answer::{done, text};
use crate::asked::Again;
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_providers::slack::parse::Click;
use signoff_voting::{ActingVoter, ask_again};

impl SlackInteraction {
    /// A choice of Ask again in the menu of a closed approval's dialog.
    pub(crate) async fn again(&self, call: &Call<'_>, click: &Click, asked: &Again) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &asked.deploy, &asked.approval);
        let ActingVoter { voter, is_admin } = self.actor(call, &click.user).await;
        if voter.standing.is_none() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Click again.");
        }
        let dealt = ask_again(&self.store, &voter, is_admin, (deploy, approval), asked.at, call.now).await;
        let told = match dealt {
            Ok(None) => Ok(()),
            Ok(Some(refused)) => self.tell_once(call, click, deploy, refused.text, Vec::new()).await,
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => {
                tracing::info!(request_id, %deploy, %approval, voter = voter.id, "ask again: dealt with");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }
}
