//! The header secrets of the stack, without their values, as action-execution last read them.

use crate::error::StoreError;
use crate::unreadable::read_or_none;
use crate::{Store, keys, row};
use signoff_core::header_secret::HeaderSecrets;

impl Store {
    /// The header secrets of the stack, by one GetItem; `None`: they were never listed. A list that can't be
    /// read is as good as none: action-execution writes another one.
    ///
    /// # Errors
    /// The record can't be reached.
    pub async fn header_secrets(&self) -> Result<Option<HeaderSecrets>, StoreError> {
        Ok(read_or_none(self.get_row(&keys::header_secrets()).await?))
    }

    /// Puts `secrets` in the place of those that were listed before.
    ///
    /// # Errors
    /// The record can't be written.
    pub async fn keep_header_secrets(&self, secrets: &HeaderSecrets) -> Result<(), StoreError> {
        let row = row::keep(&keys::header_secrets(), secrets)?;
        let request = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        request.send().await.map(|_| ()).map_err(|error| StoreError::service("PutItem", error))
    }
}
