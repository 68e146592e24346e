//! Somebody who may vote confirms for one approval that a maker is nobody here.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::place::{Tab, deploy_href};
use crate::answer::Answer;
use signoff_core::id::ApprovalId;
use signoff_voting::{Confirming, Gate, confirm_nobody};

impl Console {
    /// Confirms what an admin said on the page People of a maker, for this approval alone: 1 read and 1
    /// commit. Where nothing changes: the page that says why, 1 query more.
    pub(super) async fn confirm_nobody(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let field = |name| parameter(&call.form, name).ok_or_else(|| refusals::bad_form(name));
        let version = field("version")?.parse().map_err(|_| refusals::bad_form("version"))?;
        let (subject, handle) = (field("subject")?, field("handle")?);
        let (deploy, id) = (call.found.deploy(), ApprovalId::from_text(call.found.segment("approval")));
        let not_recorded = |error: &dyn std::fmt::Display| {
            tracing::error!(request_id = call.id, %deploy, approval = %id, error = %error, "nobody here: not confirmed");
            refusals::not_recorded(call.id)
        };
        let read = self.store.approval(&deploy, &id).await.map_err(|error| not_recorded(&error))?;
        let workspace = read.as_ref().map(|approval| approval.workspace.clone()).unwrap_or_default();
        let gate = read.as_ref().and_then(Gate::of);
        let who = self.who(call, member, &workspace, gate.as_ref()).await;
        let (actor, stopped) = who.map_err(|error| not_recorded(&error))?;
        let confirming =
            Confirming { deploy: deploy.clone(), approval: id.clone(), subject, handle, version };
        let refused = match stopped {
            Some(stopped) => Some(stopped),
            None => {
                let refused = confirm_nobody(&self.store, read, &actor.voter, &confirming, call.now).await;
                refused.map_err(|error| not_recorded(&error))?
            }
        };
        let Some(refused) = refused else {
            tracing::info!(request_id = call.id, %deploy, approval = %id, by = member.id, "nobody here: confirmed");
            return Ok(Answer::see_other(format!("{}#{id}", deploy_href(&deploy, Tab::Approvals))));
        };
        self.refused(call, Some(id), refused).await
    }
}
