//! Doing it again from a deploy's page: ask about a closed approval, evaluate the rules.

use super::votes::FormResult;
use super::{Call, Console, refusals};
use crate::address::place::{Tab, deploy_href};
use crate::answer::Answer;
use crate::html::FlashMessage;
use lambda_http::http::StatusCode;
use signoff_core::id::ApprovalId;
use signoff_store::CommitError;
use signoff_voting::{Gate, Refused, UNSEEN, ask_again, evaluate_again};

impl Console {
    /// Has a closed approval asked again: 5 reads and 1 commit. Where nothing changes: the page that says
    /// why, 1 query more.
    pub(super) async fn ask_again(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let (deploy, id) = (call.found.deploy(), ApprovalId::from_text(call.found.segment("approval")));
        let not_recorded = |error: &dyn std::fmt::Display| {
            tracing::error!(request_id = call.id, %deploy, approval = %id, error = %error, "not asked again");
            refusals::not_recorded(call.id)
        };
        let approval = self.store.approval(&deploy, &id).await;
        let approval = approval.map_err(|error| not_recorded(&error))?;
        let workspace = approval.as_ref().map(|approval| approval.workspace.clone()).unwrap_or_default();
        let gate = approval.as_ref().and_then(Gate::of).filter(|_| !member.is_admin);
        // The dialog of a closed approval is never posted any more, and asking again runs nothing: where none
        // was shown, any member may ask.
        let gate = gate.filter(|gate| gate.channel().is_some());
        let who = self.who(call, member, &workspace, gate.as_ref()).await;
        let (actor, stopped) = who.map_err(|error| not_recorded(&error))?;
        let about = Some(id.clone());
        if actor.voter.standing.is_none() {
            return self.not_done(call, about, StatusCode::SERVICE_UNAVAILABLE, UNSEEN.to_owned()).await;
        }
        let refused = match stopped {
            Some(stopped) => Some(stopped),
            None => {
                let (voter, is_admin) = (&actor.voter, actor.is_admin);
                let asked = ask_again(&self.store, voter, is_admin, (&deploy, &id), call.now, call.now).await;
                asked.map_err(|error: CommitError| not_recorded(&error))?
            }
        };
        let Some(refused) = refused else {
            tracing::info!(request_id = call.id, %deploy, approval = %id, voter = member.id, "ask again: dealt with");
            return Ok(Answer::see_other(format!("{}#{id}", deploy_href(&deploy, Tab::Approvals))));
        };
        self.refused(call, about, refused).await
    }

    /// Has the rules of a deploy evaluated again: 1 read and 1 commit. Where nothing changes: the page that
    /// says why, 1 query more.
    pub(super) async fn evaluate_again(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let deploy = call.found.deploy();
        let not_recorded = |error: &dyn std::fmt::Display| {
            tracing::error!(request_id = call.id, %deploy, error = %error, "not evaluated again");
            refusals::not_recorded(call.id)
        };
        // Nobody else than members of the app's own workspace can sign in.
        let workspace = String::new();
        let who = self.who(call, member, &workspace, None).await;
        let (actor, _) = who.map_err(|error| not_recorded(&error))?;
        if actor.voter.standing.is_none() {
            return self.not_done(call, None, StatusCode::SERVICE_UNAVAILABLE, UNSEEN.to_owned()).await;
        }
        let asked = evaluate_again(&self.store, &actor.voter, &deploy, &workspace, call.now).await;
        let Some(refused) = asked.map_err(|error| not_recorded(&error))? else {
            tracing::info!(request_id = call.id, %deploy, voter = member.id, "evaluate again: dealt with");
            return Ok(Answer::see_other(deploy_href(&deploy, Tab::Approvals)));
        };
        self.refused(call, None, refused).await
    }

    /// The page that says why nothing was done about the approval `about`.
    pub(super) async fn refused(
        &self,
        call: &Call<'_>,
        about: Option<ApprovalId>,
        refused: Refused,
    ) -> Result<Answer, Answer> {
        match FormResult::refused(refused) {
            FormResult::Rejected(status, text) => self.not_done(call, about, status, text).await,
            FormResult::Accepted => Ok(Answer::see_other(deploy_href(&call.found.deploy(), Tab::Approvals))),
        }
    }

    async fn not_done(
        &self,
        call: &Call<'_>,
        about: Option<ApprovalId>,
        status: StatusCode,
        text: String,
    ) -> Result<Answer, Answer> {
        self.told(call, status, FlashMessage { about, what: None, text, reason: None, is_done: false }).await
    }
}
