//! Evaluate again: somebody asks for the rules of a deploy that could not be read or evaluated.

use crate::cast::{RefusalKind, Refused};
use approval::approval::{Standing, Voter};
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::id::DeployId;
use approval::message;
use jiff::Timestamp;
use store::{Change, CommitError, Store};

/// Commits at `now` that the rules of `deploy` are evaluated again, on behalf of `voter`, a member of
/// `workspace`. `Some`: they are not, and this is the reason. All requests within the same minute of the
/// clock count as one. Costs one read and one commit.
///
/// # Errors
///
/// The record can't be read or written: nothing was changed.
pub async fn evaluate_again(
    store: &Store,
    voter: &Voter,
    deploy: &DeployId,
    workspace: &str,
    now: Timestamp,
) -> Result<Option<Refused>, CommitError> {
    if voter.workspace != workspace || voter.standing != Some(Standing::Member) {
        return Ok(Some(Refused::new(RefusalKind::Forbidden, message::MEMBERS_ONLY)));
    }
    let Some(known) = store.deploy(deploy).await? else {
        return Ok(Some(Refused::new(RefusalKind::NotFound, message::NO_SUCH_DEPLOY)));
    };
    if !known.may_be_evaluated_again() {
        return Ok(Some(Refused::new(RefusalKind::Conflict, message::EVALUATED_MEANWHILE)));
    }
    let owner = format!("evaluate again {}", now.as_second() / 60);
    let asked = EventKind::EvaluationAsked { by: voter.id.clone(), name: voter.name.clone() };
    let change = Change::to(deploy, now).and(&owner, vec![EffectKind::EvaluateAgain], vec![asked]);
    match store.commit(change).await {
        Ok(()) | Err(CommitError::Conflict) => Ok(None),
        Err(error) => Err(error),
    }
}
