//! The environments of deployments, each with the newest deploy there.

use crate::error::StoreError;
use crate::listing::DeploySummary;
use crate::row::{self, text};
use crate::{Store, keys};
use approval::deploy::{Deploy, Slug};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An environment of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The newest deploy there; its revision is as it was registered.
    #[serde(flatten)]
    pub newest: DeploySummary,
    /// The branch that it was built from, where known.
    pub branch: Option<String>,
}

/// A part of the environments of all deployments, by deployment and environment.
#[derive(Clone, Debug)]
pub struct Environments {
    /// The environments. Those of one deployment are in one part, but for one that has more than a part holds: of these the
    /// first are here, and all of them in [`Store::environments_of`].
    pub environments: Vec<Environment>,
    /// The deployment after which the next part begins; `None` at the end.
    pub next: Option<Slug>,
}

impl Store {
    /// Notes that `deploy` arrived in its environment: [`Store::environments`] has it until a newer one arrives. Repeating it
    /// changes nothing, and neither does an older deploy. One request.
    pub async fn arrive(&self, deploy: &Deploy, now: Timestamp) -> Result<(), StoreError> {
        let arrived = Environment { newest: DeploySummary::of(deploy), branch: deploy.branch.clone() };
        let key = keys::newest_of(&deploy.deployment, &deploy.environment);
        let listed_at = text(keys::listed_at(deploy.deployed_at, &deploy.id));
        let mut row = row::write(&key, &arrived, now, self.places.retention)?;
        row.insert(keys::LISTED_AT.to_owned(), listed_at.clone());
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR listed_at < :listed_at")
            .expression_attribute_values(":listed_at", listed_at);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // It is there already, or a newer one is.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }

    /// The environments of all deployments after `after` (an [`Environments::next`]), at most `limit`. One request.
    pub async fn environments(&self, limit: i32, after: Option<&Slug>) -> Result<Environments, StoreError> {
        let after = after.map_or_else(|| " ".to_owned(), keys::end);
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk AND sk > :after")
            .expression_attribute_values(":pk", text(keys::DEPLOYMENTS))
            .expression_attribute_values(":after", text(after))
            // One more than is shown tells whether there is a next part.
            .limit(limit.saturating_add(1));
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let mut environments = read(answer.items.unwrap_or_default())?;
        let shown = usize::try_from(limit).unwrap_or(0);
        if environments.len() <= shown {
            return Ok(Environments { environments, next: None });
        }
        let following = environments.drain(shown..).next().map(|following| following.newest.deployment);
        let is_whole = |known: &Environment| Some(&known.newest.deployment) != following.as_ref();
        if let Some(whole) = environments.iter().rposition(is_whole) {
            environments.truncate(whole + 1);
        }
        let next = environments.last().map(|last| last.newest.deployment.clone());
        Ok(Environments { environments, next })
    }

    /// The environments of `deployment`; of thousands, not all. One request.
    pub async fn environments_of(&self, deployment: &Slug) -> Result<Vec<Environment>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :end")
            .expression_attribute_values(":pk", text(keys::DEPLOYMENTS))
            .expression_attribute_values(":first", text(deployment.as_str()))
            .expression_attribute_values(":end", text(keys::end(deployment)));
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        read(answer.items.unwrap_or_default())
    }
}

fn read(rows: Vec<row::Row>) -> Result<Vec<Environment>, StoreError> {
    rows.into_iter().map(row::read).collect()
}
