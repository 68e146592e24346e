//! Rows: what is kept, and its keys beside it.

use crate::error::StoreError;
use crate::keys::{self, Key};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use signoff_core::approval::Approval;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::effect::Effect;
use signoff_core::evaluation::Evaluation;
use signoff_core::id::EffectId;
use signoff_core::run::Run;
use std::collections::HashMap;

/// A row as the SDK takes it.
pub(crate) type Row = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The two keys, for reading.
pub(crate) fn key(key: &Key) -> Row {
    Row::from([(keys::PK.to_owned(), text(&key.pk)), (keys::SK.to_owned(), text(&key.sk))])
}

/// `value` at `key`, kept for good.
pub(crate) fn keep<T: Serialize>(at: &Key, value: &T) -> Result<Row, StoreError> {
    let mut row: Row = serde_dynamo::to_item(value).map_err(|error| StoreError::row(&at.sk, error))?;
    row.extend(key(at));
    Ok(row)
}

/// `value` at `key`, kept until `now` + `retention`.
pub(crate) fn write<T: Serialize>(
    at: &Key,
    value: &T,
    now: Timestamp,
    retention: SignedDuration,
) -> Result<Row, StoreError> {
    let mut row = keep(at, value)?;
    row.insert(keys::EXPIRES_AT.to_owned(), number((now + retention).as_second()));
    Ok(row)
}

/// A deploy's row as it is written at `now`, with the attributes of its indexes.
pub(crate) fn deploy(deploy: &Deploy, now: Timestamp, retention: SignedDuration) -> Result<Row, StoreError> {
    let mut row = write(&keys::deploy(&deploy.id), deploy, now, retention)?;
    let (lists, environment) = match deploy.confirmation {
        // It is in the lists as the deploy that it repeats.
        Confirmation::Repeat { .. } => (false, false),
        // It came to no environment, as far as anybody knows.
        Confirmation::Unconfirmed { .. } => (true, false),
        Confirmation::Awaited | Confirmation::Confirmed | Confirmation::Unevaluated { .. } => (true, true),
    };
    if !lists {
        return Ok(row);
    }
    row.insert(keys::LISTING.to_owned(), text(keys::ALL_DEPLOYS));
    row.insert(keys::LISTED_AT.to_owned(), text(keys::listed_at(deploy)));
    if deploy.stood() {
        row.insert(keys::ARRIVED_AT.to_owned(), text(deploy.arrived_at().to_string()));
    }
    if environment {
        row.insert(
            keys::ENVIRONMENT_KEY.to_owned(),
            text(keys::environment(&deploy.deployment, &deploy.environment)),
        );
    }
    row.insert(keys::DEPLOYMENT_KEY.to_owned(), text(keys::deploys_of(&deploy.deployment)));
    Ok(row)
}

/// An approval's row, with the attributes of its indexes.
pub(crate) fn approval(
    approval: &Approval,
    now: Timestamp,
    retention: SignedDuration,
) -> Result<Row, StoreError> {
    let mut row = write(&keys::approval(&approval.deploy, &approval.id), approval, now, retention)?;
    let part = if approval.status.is_open() { keys::PENDING } else { keys::CLOSED };
    row.insert(keys::APPROVALS.to_owned(), text(part));
    row.insert(keys::LISTED_AT.to_owned(), text(keys::opened(approval.opened_at, &approval.id)));
    // An index takes whole attributes only.
    row.insert("revision".to_owned(), text(&approval.subject.revision));
    row.insert("rule".to_owned(), text(&approval.subject.rule));
    if let Some(deployment) = &approval.deployment {
        row.insert(keys::DEPLOYMENT_KEY.to_owned(), text(keys::approvals_of(deployment)));
    }
    Ok(row)
}

/// A run's row; while a step of it failed and waits for somebody, or the policy keeps one back, with the
/// attributes of its index.
pub(crate) fn run(run: &Run, now: Timestamp, retention: SignedDuration) -> Result<Row, StoreError> {
    let mut row = write(&keys::run(&run.deploy, &run.id), run, now, retention)?;
    let waits = match run.failed_steps().next() {
        Some(_) => Some(keys::FAILED),
        None => run.is_kept_back().then_some(keys::KEPT_BACK),
    };
    if let Some(part) = waits {
        row.insert(keys::APPROVALS.to_owned(), text(part));
        row.insert(keys::LISTED_AT.to_owned(), text(keys::opened(run.opened_at, &run.id)));
    }
    Ok(row)
}

/// The row of an evaluation that was done for `effect`, with the attributes of its index.
pub(crate) fn evaluation(
    evaluation: &Evaluation,
    effect: &EffectId,
    retention: SignedDuration,
) -> Result<Row, StoreError> {
    let at = evaluation.at;
    let mut row = write(&keys::evaluation(&evaluation.deploy, at, effect), evaluation, at, retention)?;
    row.insert(keys::DEPLOYMENT_KEY.to_owned(), text(keys::evaluations_of(&evaluation.deployment)));
    row.insert(keys::LISTED_AT.to_owned(), text(keys::evaluated(at, effect)));
    Ok(row)
}

/// An effect's row; it is in the clock's index until it is closed.
pub(crate) fn effect(effect: &Effect, retention: SignedDuration) -> Result<Row, StoreError> {
    // A turn that comes is never beyond what is kept, and one that was taken keeps the row on.
    let since = effect.created_at.max(effect.due_at);
    let mut row = write(&keys::effect(&effect.deploy, &effect.id), effect, since, retention)?;
    row.insert(keys::DUE_AT.to_owned(), text(keys::sortable(effect.due_at)));
    if !effect.is_closed() {
        row.insert(keys::DUE.to_owned(), text(keys::due(&effect.id)));
    }
    Ok(row)
}

/// A row's two keys, as errors name it.
pub(crate) fn name(row: &Row) -> String {
    let part = |name| row.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    format!("{} {}", part(keys::PK), part(keys::SK))
}

/// The value that a row holds, whatever else is in it.
pub(crate) fn read<T: DeserializeOwned>(row: Row) -> Result<T, StoreError> {
    let name = name(&row);
    serde_dynamo::from_item(row).map_err(|error| StoreError::row(name, error))
}
