//! Facts that become known of a deploy, put on record by whichever function learns of them.

use crate::race;
use approval::event::EventKind;
use approval::facts::{Command, decide};
use approval::id::DeployId;
use jiff::Timestamp;
use store::{Change, CommitError, Store};

/// Puts on record what `command` makes of the facts of `deploy` at `now`, and has its rules evaluated again
/// where it is news. `who` tells this process from those that it races with. Says whether anything was
/// written.
pub async fn record_fact(
    store: &Store,
    deploy: &DeployId,
    command: &Command,
    now: Timestamp,
    who: &str,
) -> Result<bool, CommitError> {
    race::decide_patiently(who, async || {
        let known = store.facts(deploy).await?;
        let Some(decision) = decide(&known, command.clone(), now) else { return Ok(false) };
        let is_full = decision.events.contains(&EventKind::ReactionsFull);
        store.commit(Change::to(deploy, now).facts(decision)).await?;
        if is_full {
            tracing::warn!(%deploy, "a reaction is not counted: the deploy has as many as are kept");
        }
        Ok(true)
    })
    .await
}
