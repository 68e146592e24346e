//! Deploys of which an action failed and waits for somebody.

use crate::error::StoreError;
use crate::row::text;
use crate::unreadable::read_each;
use crate::{Store, keys};
use jiff::Timestamp;
use serde::Deserialize;
use signoff_core::id::DeployId;
use std::collections::HashSet;

/// The most runs that are looked at, the newest ones.
const MOST: i32 = 500;

/// Row of a failed run, as the index has it.
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
        self.failed_since(Timestamp::UNIX_EPOCH).await
    }

    /// The same of runs that were opened at `since` or later.
    ///
    /// # Errors
    /// The record can't be read.
    pub(crate) async fn failed_since(&self, since: Timestamp) -> Result<HashSet<DeployId>, StoreError> {
        let (part, at) = (keys::APPROVALS, keys::LISTED_AT);
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::APPROVALS_INDEX)
            .key_condition_expression(format!("{part} = :failed AND {at} >= :since"))
            .expression_attribute_values(":failed", text(keys::FAILED))
            .expression_attribute_values(":since", text(keys::sortable(since)))
            .scan_index_forward(false)
            .limit(MOST);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let (runs, _) = read_each::<FailedRun>(answer.items.unwrap_or_default());
        Ok(runs.into_iter().map(|run| run.deploy).collect())
    }
}
