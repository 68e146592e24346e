//! A click on an approval's dialog, and the reason that is given in a window after it: decide it, commit it.

use crate::answer::{done, instead, text};
use crate::handler::{Call, SlackInteraction};
use approval::message::{self, Asking};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use providers::Failure;
use providers::slack::parse::{Click, Submission};
use store::CommitError;
use thiserror::Error;
use voting::{Dealt, Refused, What, Wish, cast, needs_reason, record_refusal, would_refuse};

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
    pub(crate) async fn wish(&self, call: &Call<'_>, click: &Click, wish: &Wish) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &wish.deploy, &wish.approval);
        let dealt = match self.click(call, click, wish).await {
            Ok(Dealt::Refused(refused)) => self.tell_refusal(call, click, wish, refused).await,
            other => other,
        };
        match dealt {
            Ok(Dealt::With | Dealt::Refused(_)) => {
                tracing::info!(request_id, %deploy, %approval, voter = click.user.id, what = ?wish.what, "dealt with");
                done()
            }
            Ok(Dealt::Before) => {
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
        wish: &Wish,
        reason: String,
    ) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &wish.deploy, &wish.approval);
        let voter = self.person(call, &submission.user).await;
        let dealt = match cast(&self.store, None, &voter, wish, Some(reason), call.now).await {
            Ok(Dealt::Refused(refused)) => {
                let owner = format!("window {} {}", voter.id, wish.at.as_microsecond());
                let recorded = record_refusal(&self.store, &voter, wish, &refused, &owner, call.now).await;
                recorded.map(|()| Dealt::Refused(refused))
            }
            other => other,
        };
        match dealt {
            Ok(Dealt::With) => {
                tracing::info!(request_id, %deploy, %approval, voter = voter.id, what = ?wish.what, "dealt with");
                done()
            }
            Ok(Dealt::Refused(refused)) => instead(&message::say(&refused.text)),
            Ok(Dealt::Before) => {
                tracing::warn!(request_id, %deploy, %approval, "a window that was dealt with before");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a reason was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Submit it again.")
            }
        }
    }

    async fn click(&self, call: &Call<'_>, click: &Click, wish: &Wish) -> Result<Dealt, ClickError> {
        let approval = self.store.approval(&wish.deploy, &wish.approval);
        let (approval, voter) = tokio::join!(approval, self.person(call, &click.user));
        let Some(approval) = approval.map_err(CommitError::from)? else { return Ok(Dealt::not_on_record()) };
        if !needs_reason(&approval, wish.what) {
            return Ok(cast(&self.store, Some(approval), &voter, wish, None, call.now).await?);
        }
        if let Some(refused) = would_refuse(&approval, &voter, wish, call.now) {
            return Ok(refused);
        }
        let carried = serde_json::to_string(wish)
            .map_err(|error| Failure::Permanent(format!("the window can't be written: {error}")))?;
        let asking = match wish.what {
            What::BreakGlass => Asking::Glass,
            What::Review => Asking::Review,
            What::Approve | What::Reject | What::Withdraw | What::Undo | What::LiftFreeze | What::Cancel => {
                Asking::Reason
            }
        };
        let view = message::ask_reason(&approval, wish.what.verb(), asking, &carried);
        self.slack(call).await?.open_view(&click.trigger_id, &view).await?;
        Ok(Dealt::With)
    }

    /// A refused click is put on record, and the person is told why. Slack's repetition of it finds it
    /// committed.
    async fn tell_refusal(
        &self,
        call: &Call<'_>,
        click: &Click,
        wish: &Wish,
        refused: Refused,
    ) -> Result<Dealt, ClickError> {
        let events = refused.events(wish, &click.user.id, &click.user.name);
        let told = self.tell_once(call, click, &wish.deploy, refused.text, events).await?;
        Ok(if told { Dealt::With } else { Dealt::Before })
    }
}
