//! The answer of a member whether a git account or an e-mail address is their own.

use crate::answer::{done, text};
use crate::asked::Owned;
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_core::approval::{Dialog, Standing, Voter};
use signoff_core::effect::EffectKind;
use signoff_core::id::DeployId;
use signoff_core::people::{By, Refusal};
use signoff_providers::slack::parse::Click;
use signoff_runtime::race::decide;
use signoff_store::{Change, CommitError};

/// Number of times that a lost race is decided again.
const AGAIN: u32 = 3;

impl SlackInteraction {
    /// A click on a button of the question. Only the member whom the entry names can answer it, and a guest
    /// can only decline it: a guest votes nowhere, and would keep nobody from voting. The question is drawn
    /// anew with what came of it. 403: it is not theirs to answer; 503: Slack did not say who they are, or
    /// nothing could be recorded.
    pub(crate) async fn owned(&self, call: &Call<'_>, click: &Click, owned: &Owned) -> Response<Body> {
        let (request_id, handle) = (call.request_id, &owned.handle);
        let voter = self.person(call, &click.user).await;
        match voter.standing {
            Some(Standing::Guest) if owned.is_mine => {
                tracing::warn!(request_id, %handle, user = voter.id, "refused: a guest's word");
                return text(
                    StatusCode::FORBIDDEN,
                    "Refused: a guest\u{2019}s word does not count here. A second admin can confirm it.",
                );
            }
            Some(Standing::Member | Standing::Guest) => {}
            Some(Standing::Deactivated | Standing::Stranger | Standing::Bot) => {
                tracing::warn!(request_id, %handle, user = voter.id, "refused: not somebody of this workspace");
                return text(
                    StatusCode::FORBIDDEN,
                    "Refused: only people of this workspace can answer this.",
                );
            }
            None => {
                return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Click again.");
            }
        }
        match decide(&voter.id, AGAIN, || self.answered(call, click, owned, &voter)).await {
            Ok(Ok(())) => {
                tracing::info!(request_id, %handle, user = voter.id, mine = owned.is_mine, "answered");
                done()
            }
            Ok(Err(refusal)) => {
                tracing::warn!(request_id, %handle, user = voter.id, ?refusal, "refused: an answer to whose account it is");
                text(StatusCode::FORBIDDEN, refusal.text())
            }
            Err(error) => {
                tracing::error!(request_id, %handle, %error, "an answer was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }

    async fn answered(
        &self,
        call: &Call<'_>,
        click: &Click,
        owned: &Owned,
        voter: &Voter,
    ) -> Result<Result<(), Refusal>, CommitError> {
        let entry = self.store.person(&owned.handle).await?;
        let by = By { id: voter.id.clone(), name: voter.name.clone(), at: call.now };
        let next = if owned.is_mine {
            entry.confirm_as_member(owned.version, by)
        } else {
            entry.decline(owned.version, by)
        };
        let change = Change::to(&DeployId::people(), call.now);
        let change = match next {
            Ok(next) => change.person(next),
            // The question shows an older state: it was answered, or changed, meanwhile.
            Err(Refusal::Outdated) => change,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let at = Dialog { channel: click.channel_id.clone(), ts: click.message_ts.clone() };
        let (handle, version) = (owned.handle.clone(), owned.version);
        let draw = EffectKind::AskMember { handle, version, at: Some(at) };
        let owner = format!("answer {} {}", voter.id, click.action_ts);
        match self.store.commit(change.and(&owner, vec![draw], Vec::new())).await {
            // Slack's repetition of the click, or a lost race: the newest state says which.
            Err(CommitError::Conflict) if self.store.person(&owned.handle).await? == entry => Ok(Ok(())),
            committed => committed.map(Ok),
        }
    }
}
