//! The number that the source host gave a deployment's repository: another repository may take its name, and
//! not its number.

use crate::api_keys::Done;
use crate::error::StoreError;
use crate::row::{self, number};
use crate::unreadable::read_whole;
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::Slug;

/// A repository as the source host confirmed it first, or as an admin connected it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRepository {
    /// Its number.
    pub id: u64,
    /// The number of another repository that has the name by now, by the source host's last word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed: Option<u64>,
    /// The last time that an admin connected another repository by this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anew: Option<Anew>,
}

/// An admin's word that another repository by the same name is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anew {
    /// The number that was kept before.
    pub was: u64,
    /// The person who said so, and the time.
    pub done: Done,
}

/// A deployment of a repository.
#[derive(Serialize, Deserialize)]
struct Owner {
    deployment: Slug,
}

impl KeptRepository {
    /// The repository with this number, as it was confirmed first.
    pub fn first(id: u64) -> Self {
        Self { id, noticed: None, anew: None }
    }
}

impl Store {
    /// Returns the repository that was kept for `deployment` under the name `repository`; `None`: none yet.
    /// Saving the deployment's settings does not change it. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn kept_repository(
        &self,
        deployment: &Slug,
        repository: &str,
    ) -> Result<Option<KeptRepository>, StoreError> {
        self.get(&keys::repository_id(deployment, repository)).await
    }

    /// Keeps the number `id` of `repository`, unless one is kept already. The answer says whether this number
    /// is the one that is kept. One request, and one more where one was kept already.
    ///
    /// # Errors
    ///
    /// The record can't be written or read.
    pub async fn keep_repository(
        &self,
        deployment: &Slug,
        repository: &str,
        id: u64,
    ) -> Result<bool, StoreError> {
        let first = KeptRepository::first(id);
        if self.put_repository(deployment, repository, &first, "attribute_not_exists(pk)", &[]).await? {
            return Ok(true);
        }
        Ok(self.kept_repository(deployment, repository).await?.is_some_and(|kept| kept.id == id))
    }

    /// The deployment that the repository with the number `id` was confirmed for first, which is `deployment`
    /// where there was none. From now on, `deployment` is among [`Store::deployments_of`] of the repository.
    /// One request, and one or two more where there was one.
    ///
    /// # Errors
    ///
    /// The record can't be written or read.
    pub async fn own_repository(&self, id: u64, deployment: &Slug) -> Result<Slug, StoreError> {
        let (key, owner) = (keys::repository_owner(id), Owner { deployment: deployment.clone() });
        let row = row::keep(&key, &owner)?;
        let put = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(owner.deployment),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => {
                    let first = self.get::<Owner>(&key).await?.unwrap_or(owner).deployment;
                    if first != *deployment {
                        self.add_deployment(id, deployment).await?;
                    }
                    Ok(first)
                }
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }

    /// Adds `deployment` to those of the repository with the number `id`. Repeating it changes nothing.
    async fn add_deployment(&self, id: u64, deployment: &Slug) -> Result<(), StoreError> {
        let another = Owner { deployment: deployment.clone() };
        let row = row::keep(&keys::repository_deployment(id, deployment), &another)?;
        let put = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        put.send().await.map(|_| ()).map_err(|error| StoreError::service("PutItem", error))
    }

    /// Every deployment that ever had the repository with the number `id`: the one that it was confirmed for
    /// first, and the others by name. One request.
    ///
    /// # Errors
    ///
    /// The record, or a row of it, can't be read: a deployment that is missing here could hide rules that
    /// bind the others.
    pub async fn deployments_of(&self, id: u64) -> Result<Vec<Slug>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", row::text(keys::repository_partition(id)))
            .consistent_read(true);
        let rows: Result<Vec<_>, _> = request.into_paginator().items().send().collect().await;
        let rows = rows.map_err(|error| StoreError::service("Query", error))?;
        rows.into_iter().map(|row| Ok(read_whole::<Owner>(row)?.deployment)).collect()
    }

    /// Notes that another repository, with the number `noticed`, has the name of `kept` by now; `None`: it
    /// has its name again. Nothing is noted where `kept` is not kept any more. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn note_repository(
        &self,
        deployment: &Slug,
        repository: &str,
        kept: KeptRepository,
        noticed: Option<u64>,
    ) -> Result<(), StoreError> {
        let values = [(":id", number(kept.id))];
        let next = KeptRepository { noticed, ..kept };
        self.put_repository(deployment, repository, &next, "id = :id", &values).await?;
        Ok(())
    }

    /// Keeps the number that was noticed in place of the one of `kept`, by an admin's word. The answer is
    /// `false` where `kept` is not what is kept any more, or no other number was noticed. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn connect_anew(
        &self,
        deployment: &Slug,
        repository: &str,
        kept: &KeptRepository,
        done: Done,
    ) -> Result<bool, StoreError> {
        let Some(noticed) = kept.noticed else { return Ok(false) };
        let values = [(":id", number(kept.id)), (":noticed", number(noticed))];
        let anew = Some(Anew { was: kept.id, done });
        let next = KeptRepository { anew, ..KeptRepository::first(noticed) };
        let condition = "id = :id AND noticed = :noticed";
        self.put_repository(deployment, repository, &next, condition, &values).await
    }

    async fn put_repository(
        &self,
        deployment: &Slug,
        repository: &str,
        next: &KeptRepository,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<bool, StoreError> {
        let row = row::keep(&keys::repository_id(deployment, repository), next)?;
        let mut request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression(condition);
        for (name, value) in values {
            request = request.expression_attribute_values(*name, value.clone());
        }
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
