//! Ask again: somebody has a closed approval asked again.

use crate::cast::{RefusalKind, Refused};
use jiff::Timestamp;
use signoff_core::approval::{Approval, Voter};
use signoff_core::effect::EffectKind;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::message::{self, NotAskedAgain};
use signoff_core::run::NotAgain;
use signoff_store::{Change, CommitError, Store};

/// Commits at `now` that the closed approval `id` of `deploy` is asked again, on behalf of `voter`, who
/// clicked at `at` by the clock of whoever took the click. `Some`: it is not asked again, and this is the
/// reason. People who may vote on it may ask, and with `is_admin` anybody. If it was asked again already,
/// nothing changes and nothing is refused.
///
/// Costs four reads and a commit.
///
/// # Errors
///
/// The record can't be read or written: nothing was changed.
pub async fn ask_again(
    store: &Store,
    voter: &Voter,
    is_admin: bool,
    (deploy, id): (&DeployId, &ApprovalId),
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Refused>, CommitError> {
    let Some(approval) = store.approval(deploy, id).await? else { return Ok(Some(gone())) };
    if let Some(refused) = may_not(&approval, voter, is_admin) {
        return Ok(Some(refused));
    }
    let (Some(known), Some(run)) = (store.deploy(deploy).await?, store.run(deploy, &approval.run).await?)
    else {
        return Ok(Some(gone()));
    };
    let why = match run.may_ask_again(&approval) {
        Err(NotAgain::Before) => return Ok(None),
        Err(why) => Some(NotAskedAgain::Core(why)),
        Ok(_) => store.newer(&known).await?.map(|newer| NotAskedAgain::NewerDeploy {
            environment: known.environment.clone(),
            revision: newer.revision,
        }),
    };
    if let Some(why) = why {
        return Ok(Some(Refused::new(RefusalKind::Conflict, message::ask_again_refused(&why))));
    }
    let (by, name) = (voter.id.clone(), voter.name.clone());
    let owner = format!("ask again {id} {by} {}", at.as_microsecond());
    let ask = EffectKind::AskAgain { approval: id.clone(), run: run.id.clone(), by, name };
    match store.commit(Change::to(deploy, now).and(&owner, vec![ask], Vec::new())).await {
        Ok(()) | Err(CommitError::Conflict) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn gone() -> Refused {
    Refused::new(RefusalKind::NotFound, message::NO_SUCH_APPROVAL)
}

/// The reason for which `voter` may not have `approval` asked again.
fn may_not(approval: &Approval, voter: &Voter, is_admin: bool) -> Option<Refused> {
    let refusal = approval.admit(voter).err().filter(|_| !is_admin)?;
    let why = message::why_not_counted(&refusal)?;
    Some(Refused::new(RefusalKind::Forbidden, format!("Could not ask again: {why}")))
}
