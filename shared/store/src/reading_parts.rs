//! The parts of large ranges, kept for an hour: an invocation that ends before a range is read whole leaves
//! them to the next one.

use crate::error::StoreError;
use crate::unreadable::read_or_none;
use crate::{Store, keys, row};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time for which a part is kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The largest part that is kept; a row holds 400 KB.
const LARGEST: usize = 300 * 1024;

/// A row of a reading.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    text: String,
    /// The time after which it does not count, though its row may still be there.
    until: Timestamp,
}

impl Store {
    /// The part `name` of the reading `reading`, if it was kept in the last hour. One that can't be read any
    /// more is as good as none: the source host has it. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn reading_part(
        &self,
        reading: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let part: Option<Part> = read_or_none(self.get_row(&keys::reading_part(reading, name)).await?);
        Ok(part.filter(|part| part.until > now).map(|part| part.text))
    }

    /// Keeps the part `name` of the reading `reading` for an hour. One that is too large for a row is not
    /// kept. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn keep_reading_part(
        &self,
        reading: &str,
        name: &str,
        text: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if text.len() > LARGEST {
            return Ok(());
        }
        let part = Part { text, until: now + KEPT_FOR };
        let item = row::write(&keys::reading_part(reading, name), &part, now, KEPT_FOR)?;
        let request = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(item));
        request.send().await.map_err(|error| StoreError::service("PutItem", error))?;
        Ok(())
    }
}
