//! The number that the source host gave a deployment's repository: another repository may take its name, and not its number.

use crate::error::StoreError;
use crate::row::{self, number};
use crate::{Store, keys};
use approval::deploy::Slug;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::{Deserialize, Serialize};

/// A repository as the source host confirmed it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRepository {
    /// Its number.
    pub id: u64,
}

impl Store {
    /// What was kept of `repository`, as the settings with this version of `deployment` name it; `None`: none yet. One
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
    ) -> Result<Option<KeptRepository>, StoreError> {
        self.get(&keys::repository_id(deployment, repository, version)).await
    }

    /// Keeps `found` of `repository`, unless another number is kept; whether its number is the one that is kept from now on. One
    /// request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn keep_repository(
        &self,
        deployment: &Slug,
        repository: &str,
        version: u64,
        found: &KeptRepository,
    ) -> Result<bool, StoreError> {
        let row = row::keep(&keys::repository_id(deployment, repository, version), found)?;
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR id = :id")
            .expression_attribute_values(":id", number(found.id));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
