//! A click on an approval's dialog, and the reason that is given in a window after it: decide it, commit it.

use crate::answer::{done, instead, text};
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_core::approval::{ApprovalAction, ApprovalRequest};
use signoff_core::message::{self, Asking};
use signoff_providers::Failure;
use signoff_providers::slack::parse::{Click, Submission};
use signoff_store::CommitError;
use signoff_voting::{CastOutcome, Refused, cast, record_refusal, would_refuse};
use thiserror::Error;

/// Error that kept a click from being handled.
#[derive(Debug, Error)]
enum ClickError {
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the window was not opened: {0}")]
    Window(#[from] Failure),
}

impl SlackInteraction {
    /// A click on a dialog.
    pub(crate) async fn approval_request(
        &self,
        call: &Call<'_>,
        click: &Click,
        request: &ApprovalRequest,
    ) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &request.deploy, &request.approval);
        let dealt = match self.click(call, click, request).await {
            Ok(CastOutcome::Refused(refused)) => self.tell_refusal(call, click, request, refused).await,
            other => other,
        };
        match dealt {
            Ok(CastOutcome::Recorded | CastOutcome::Refused(_)) => {
                tracing::info!(request_id, %deploy, %approval, voter = click.user.id, what = ?request.action, "dealt with");
                done()
            }
            Ok(CastOutcome::Duplicate) => {
                tracing::warn!(request_id, %deploy, %approval, "refused: a replayed click");
                text(StatusCode::UNAUTHORIZED, "Refused: this click was dealt with before.")
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }

    /// A window with a reason. The answer closes it, or says in it why it was not counted.
    pub(crate) async fn submission(
        &self,
        call: &Call<'_>,
        submission: &Submission,
        request: &ApprovalRequest,
        reason: String,
    ) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &request.deploy, &request.approval);
        let voter = self.person(call, &submission.user).await;
        let dealt = match cast(&self.store, None, &voter, request, Some(reason), call.now).await {
            Ok(CastOutcome::Refused(refused)) => {
                let owner = format!("window {} {}", voter.id, request.at.as_microsecond());
                let recorded = record_refusal(&self.store, &voter, request, &refused, &owner, call.now).await;
                recorded.map(|()| CastOutcome::Refused(refused))
            }
            other => other,
        };
        match dealt {
            Ok(CastOutcome::Recorded) => {
                tracing::info!(request_id, %deploy, %approval, voter = voter.id, what = ?request.action, "dealt with");
                done()
            }
            Ok(CastOutcome::Refused(refused)) => instead(&message::say(&refused.text)),
            Ok(CastOutcome::Duplicate) => {
                tracing::warn!(request_id, %deploy, %approval, "a window that was dealt with before");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a reason was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Submit it again.")
            }
        }
    }

    async fn click(
        &self,
        call: &Call<'_>,
        click: &Click,
        request: &ApprovalRequest,
    ) -> Result<CastOutcome, ClickError> {
        let approval = self.store.approval(&request.deploy, &request.approval);
        let (approval, voter) = tokio::join!(approval, self.person(call, &click.user));
        let Some(approval) = approval.map_err(CommitError::from)? else {
            return Ok(CastOutcome::not_on_record());
        };
        if !approval.needs_reason(request.action) {
            return Ok(cast(&self.store, Some(approval), &voter, request, None, call.now).await?);
        }
        if let Some(refused) = would_refuse(&approval, &voter, request, call.now) {
            return Ok(refused);
        }
        let carried = serde_json::to_string(request)
            .map_err(|error| Failure::Permanent(format!("the window can't be written: {error}")))?;
        let asking = match request.action {
            ApprovalAction::BreakGlass => Asking::Glass,
            ApprovalAction::Review => Asking::Review,
            ApprovalAction::Approve
            | ApprovalAction::Reject
            | ApprovalAction::Withdraw
            | ApprovalAction::Undo
            | ApprovalAction::LiftFreeze
            | ApprovalAction::ConfirmNobody
            | ApprovalAction::Cancel => Asking::Reason,
        };
        let view = message::ask_reason(&approval, request.action.verb(), asking, &carried);
        self.slack(call).await?.open_view(&click.trigger_id, &view).await?;
        Ok(CastOutcome::Recorded)
    }

    /// A refused click is put on record, and the person is told why. Another one within a minute changes
    /// nothing, and is no error.
    async fn tell_refusal(
        &self,
        call: &Call<'_>,
        click: &Click,
        request: &ApprovalRequest,
        refused: Refused,
    ) -> Result<CastOutcome, ClickError> {
        let events = refused.events(request, &click.user.id, &click.user.name);
        self.tell_once(call, click, &request.deploy, refused.text, events).await?;
        Ok(CastOutcome::Recorded)
    }
}
