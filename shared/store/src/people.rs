//! People: the accounts and addresses on record, all of them for the page, and some of them for a change's
//! makers.
//!
//! [`Change::person`](crate::Change::person) writes them.

use crate::error::StoreError;
use crate::row::{Row, text};
use crate::unreadable::{read_each, read_whole};
use crate::{Store, keys};
use signoff_core::people::{Entry, Handle};
use std::collections::HashMap;

/// Most rows that one BatchGetItem reads.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>.
const BATCH: usize = 100;
/// Most parts of the list that are read, 1 MB each.
const PARTS: usize = 3;

/// The list of people, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The entries, in the order of their handles; those that were removed too.
    pub entries: Vec<Entry>,
    /// True if there are more of them.
    pub is_cut: bool,
}

impl Store {
    /// The entry of this handle; a new one, where nothing is on record of it.
    pub async fn person(&self, handle: &Handle) -> Result<Entry, StoreError> {
        Ok(self.get(&keys::person(handle)).await?.unwrap_or_else(|| Entry::new(handle.clone())))
    }

    /// The entries of these handles, each by its handle; a new one, where nothing is on record of it. One
    /// request for each 100.
    pub async fn people_of(&self, handles: &[Handle]) -> Result<HashMap<Handle, Entry>, StoreError> {
        let mut handles = handles.to_vec();
        handles.sort_unstable();
        handles.dedup();
        let mut found = HashMap::new();
        for part in handles.chunks(BATCH) {
            let wanted: Vec<_> = part.iter().map(keys::person).collect();
            let mut rows = self.get_all(&wanted).await?;
            for (handle, key) in part.iter().zip(&wanted) {
                let known = rows.remove(key).map(read_whole::<Entry>).transpose()?;
                found.insert(handle.clone(), known.unwrap_or_else(|| Entry::new(handle.clone())));
            }
        }
        Ok(found)
    }

    /// The whole list, with what is listed from the start; of more than 3 MB, the first ones.
    pub async fn people(&self) -> Result<People, StoreError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut from: Option<Row> = None;
        for _ in 0..PARTS {
            let request = self
                .dynamo
                .query()
                .table_name(&self.places.record_table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", text(keys::PEOPLE))
                .consistent_read(true)
                .set_exclusive_start_key(from.take());
            let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
            entries.extend(read_each::<Entry>(answer.items.unwrap_or_default()).0);
            from = answer.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        for known in Entry::built_in() {
            if !entries.iter().any(|entry| entry.handle == known.handle) {
                entries.push(known);
            }
        }
        entries.sort_by(|a, b| a.handle.cmp(&b.handle));
        Ok(People { entries, is_cut: from.is_some() })
    }
}
