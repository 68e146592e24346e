//! The repository that has a project of CircleCI's GitHub App: CircleCI does not say which one it builds.

use crate::error::StoreError;
use crate::row::{self, number};
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct ProjectOwner {
    /// The repository's number on the source host.
    repository: u64,
}

impl Store {
    /// The number of the repository that has `project` (CircleCI's slug), which is `repository` where none
    /// had it before. One request, and one or two more the first time.
    ///
    /// # Errors
    ///
    /// The record can't be written or read.
    pub async fn own_project(&self, project: &str, repository: u64) -> Result<u64, StoreError> {
        let key = keys::project_owner(project);
        if let Some(known) = self.get::<ProjectOwner>(&key).await? {
            return Ok(known.repository);
        }
        if self.put_project(project, repository, "attribute_not_exists(pk)", None).await? {
            return Ok(repository);
        }
        Ok(self.get::<ProjectOwner>(&key).await?.map_or(repository, |known| known.repository))
    }

    /// Gives `project` to the repository with the number `to`, unless it is not that of `from` any more; the
    /// answer says so. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn move_project(&self, project: &str, from: u64, to: u64) -> Result<bool, StoreError> {
        self.put_project(project, to, "repository = :from", Some(from)).await
    }

    async fn put_project(
        &self,
        project: &str,
        repository: u64,
        condition: &str,
        from: Option<u64>,
    ) -> Result<bool, StoreError> {
        let row = row::keep(&keys::project_owner(project), &ProjectOwner { repository })?;
        let mut put = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        put = put.condition_expression(condition);
        if let Some(from) = from {
            put = put.expression_attribute_values(":from", number(from));
        }
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
