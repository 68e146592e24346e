//! The number that the source host gave a deployment's repository: another repository may take its name, and not its number.

use crate::error::StoreError;
use crate::row::{self, number};
use crate::{Store, keys};
use approval::deploy::Slug;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    id: u64,
}

impl Store {
    /// The number that was kept of `repository`, as the settings with this version of `deployment` name it; `None`: none yet. One
    /// request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn kept_repository(
        &self,
        deployment: &Slug,
        repository: &str,
        version: u64,
    ) -> Result<Option<u64>, StoreError> {
        let kept = self.get::<Kept>(&keys::repository_id(deployment, repository, version)).await?;
        Ok(kept.map(|kept| kept.id))
    }

    /// Keeps the number of `repository`, unless one is kept; whether `id` is the one that is kept from now on. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn keep_repository(
        &self,
        deployment: &Slug,
        repository: &str,
        version: u64,
        id: u64,
    ) -> Result<bool, StoreError> {
        let row = row::keep(&keys::repository_id(deployment, repository, version), &Kept { id })?;
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR id = :id")
            .expression_attribute_values(":id", number(id));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
