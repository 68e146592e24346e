//! Somebody deleted a message: a dialog that is still open is posted again.

use crate::answer::{done, text};
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_core::approval::{Command, Dialog, decide};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_runtime::race;
use signoff_store::{Change, CommitError, DialogPlace};

/// Number of times that a lost race is decided again, before Slack is asked to send the event once more.
const MAX_RACES: u32 = 10;

impl SlackInteraction {
    /// The message `ts` of `channel` is gone.
    pub(crate) async fn deleted(&self, call: &Call<'_>, channel: String, ts: String) -> Response<Body> {
        let request_id = call.request_id;
        let dialog = Dialog { channel, ts };
        let place = match self.store.approval_at(&dialog).await {
            Ok(Some(place)) => place,
            // Somebody else's message, or a line of a thread.
            Ok(None) => return done(),
            Err(error) => {
                tracing::error!(request_id, %error, "a deletion was not looked up");
                return text(StatusCode::SERVICE_UNAVAILABLE, "Not recorded. Send it again.");
            }
        };
        let DialogPlace { deploy, approval } = &place;
        match self.gone(call, deploy, approval, &dialog).await {
            Ok(()) => {
                tracing::info!(request_id, %deploy, %approval, "a dialog was deleted");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a deletion was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Not recorded. Send it again.")
            }
        }
    }

    async fn gone(
        &self,
        call: &Call<'_>,
        deploy: &DeployId,
        approval: &ApprovalId,
        dialog: &Dialog,
    ) -> Result<(), CommitError> {
        race::decide(call.request_id, MAX_RACES, || async {
            let Some(newest) = self.store.approval(deploy, approval).await? else { return Ok(()) };
            let Ok(decision) = decide(&newest, Command::DialogGone(dialog.clone()), call.now) else {
                return Ok(());
            };
            self.store.commit(Change::to(deploy, call.now).approval(decision)).await
        })
        .await
    }
}
