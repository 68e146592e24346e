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
const MOST: usize = 10_000;

/// Row of a failed run, as the index has it.
#[derive(Debug, Deserialize)]
struct FailedRun {
    deploy: DeployId,
}

impl Store {
    /// The deploys with an action that failed, or of which nobody knows, and that nobody acted on yet, among
    /// runs that were opened at `since` or later; those of the newest 10,000 such runs. One query a megabyte.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn failed_since(&self, since: Timestamp) -> Result<HashSet<DeployId>, StoreError> {
        let (part, at) = (keys::APPROVALS, keys::LISTED_AT);
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::APPROVALS_INDEX)
            .key_condition_expression(format!("{part} = :failed AND {at} >= :since"))
            .expression_attribute_values(":failed", text(keys::FAILED))
            .expression_attribute_values(":since", text(keys::sortable(since)))
            .scan_index_forward(false);
        let (mut found, mut looked_at, mut from) = (HashSet::new(), 0, None);
        while looked_at < MOST {
            let answer = request.clone().set_exclusive_start_key(from).send().await;
            let answer = answer.map_err(|error| StoreError::service("Query", error))?;
            let rows = answer.items.unwrap_or_default();
            looked_at += rows.len();
            let (runs, _) = read_each::<FailedRun>(rows);
            found.extend(runs.into_iter().map(|run| run.deploy));
            from = answer.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(found)
    }
}
