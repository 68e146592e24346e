//! Rules files as they were last read, so that an unchanged one costs the git host nothing.

use crate::error::StoreError;
use crate::row::{Row, number, text};
use crate::unreadable::read_or_none;
use crate::{Store, keys};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Time for which a rules file is kept after it was written, or after it was read in the second half of that
/// time.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The largest file that is kept; a row holds 400 KB.
const LARGEST: usize = 300 * 1024;

/// A rules file as the git host last sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedRules {
    /// The git host's mark of this version of the file.
    pub etag: String,
    /// The file.
    pub text: String,
}

impl Store {
    /// The file at `path` of `repository`, as it was last read. One that can't be read any more is as good as
    /// none: the git host has it. One request; every 15 days another one, by which a file in use is kept on
    /// from `now`.
    ///
    /// # Errors
    /// The cache can't be read or written.
    pub async fn cached_rules(
        &self,
        repository: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<Option<CachedRules>, StoreError> {
        let Some(table) = &self.places.cache_table else { return Ok(None) };
        let request = self
            .dynamo
            .get_item()
            .table_name(table)
            .key(keys::PK, text(keys::cached_rules(repository, path)));
        let answer = request.send().await.map_err(|error| StoreError::service("GetItem", error))?;
        let expires_at = answer.item.as_ref().and_then(expires_at);
        let cached: Option<CachedRules> = read_or_none(answer.item);
        if let Some(rules) = &cached
            && expires_at.is_none_or(|at| at < (now + KEPT_FOR / 2).as_second())
        {
            self.cache_rules(repository, path, rules, now).await?;
        }
        Ok(cached)
    }

    /// Keeps the file at `path` of `repository`; one that is too large is not kept.
    pub async fn cache_rules(
        &self,
        repository: &str,
        path: &str,
        rules: &CachedRules,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(table) = &self.places.cache_table else { return Ok(()) };
        if rules.text.len() > LARGEST {
            return Ok(());
        }
        let name = keys::cached_rules(repository, path);
        let mut item: Row = serde_dynamo::to_item(rules).map_err(|error| StoreError::row(&name, error))?;
        item.insert(keys::PK.to_owned(), text(name));
        item.insert(keys::EXPIRES_AT.to_owned(), number((now + KEPT_FOR).as_second()));
        let request = self.dynamo.put_item().table_name(table).set_item(Some(item));
        request.send().await.map_err(|error| StoreError::service("PutItem", error))?;
        Ok(())
    }
}

/// The time at which DynamoDB drops a row, in seconds since 1970.
fn expires_at(row: &Row) -> Option<i64> {
    row.get(keys::EXPIRES_AT)?.as_n().ok()?.parse().ok()
}
