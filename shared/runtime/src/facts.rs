//! Facts that become known of a deploy, put on record by whichever function learns of them.

use crate::race;
use jiff::Timestamp;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::facts::{Command, Report, decide};
use signoff_core::id::DeployId;
use signoff_store::{Change, CommitError, Store};

/// The number of races that a report may lose before it is left to the queue.
const MAX_LOST: u32 = 2;

/// Outcome of a report of a deploy's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// It is on record, and the rules are evaluated again where they depend on it.
    News,
    /// It was on record, or something newer is.
    Known,
    /// So many others report at this moment that rule-evaluation puts it on record, in turn.
    Queued,
    /// There is no room for it: as many others report as are kept.
    NoRoom,
}

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

/// Puts on record what `source` reports of the health of `deploy` at `now`. All reports of a deploy are in
/// one row, so that of many at the same moment each one that loses some races is left to the queue: in
/// whatever order they get there, the newest of a source counts. `who` as in [`record_fact`].
///
/// # Errors
///
/// The record can't be read or written; the report is neither on record nor in the queue.
pub async fn record_report(
    store: &Store,
    deploy: &DeployId,
    (source, report): (&str, Report),
    now: Timestamp,
    who: &str,
) -> Result<ReportOutcome, CommitError> {
    let command = Command::Report { source: source.to_owned(), report };
    let raced = race::decide(who, MAX_LOST, async || {
        let known = store.facts(deploy).await?;
        if known.is_full_for(source) {
            return Ok(ReportOutcome::NoRoom);
        }
        let Some(decision) = decide(&known, command.clone(), now) else { return Ok(ReportOutcome::Known) };
        store.commit(Change::to(deploy, now).facts(decision)).await?;
        Ok(ReportOutcome::News)
    })
    .await;
    if !matches!(raced, Err(CommitError::Conflict)) {
        return raced;
    }
    let owner = format!("health of {source} {} {}", report.at, report.health);
    let effect = EffectKind::RecordHealth { source: source.to_owned(), report };
    match store.commit(Change::to(deploy, now).and(&owner, vec![effect], Vec::new())).await {
        // The same report is in the queue already.
        Ok(()) | Err(CommitError::Conflict) => Ok(ReportOutcome::Queued),
        Err(error) => Err(error),
    }
}
