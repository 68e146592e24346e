//! Deploys of which an action failed and waits for somebody.

use crate::error::StoreError;
use crate::row::text;
use crate::unreadable::read_each;
use crate::{Store, keys};
use approval::id::DeployId;
use serde::Deserialize;
use std::collections::HashSet;

/// The most runs that are looked at, the newest ones.
const MOST: i32 = 500;

/// What the index has of a run.
#[derive(Debug, Deserialize)]
struct FailedRun {
    deploy: DeployId,
}

impl Store {
    /// The deploys with an action that failed, or of which nobody knows, and that nobody acted on yet: those
    /// of the newest 500 such runs. One query.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn failed_deploys(&self) -> Result<HashSet<DeployId>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::APPROVALS_INDEX)
            .key_condition_expression(format!("{} = :failed", keys::APPROVALS))
            .expression_attribute_values(":failed", text(keys::FAILED))
            .scan_index_forward(false)
            .limit(MOST);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let (runs, _) = read_each::<FailedRun>(answer.items.unwrap_or_default());
        Ok(runs.into_iter().map(|run| run.deploy).collect())
    }
}
