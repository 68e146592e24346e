//! API keys for machines. What is on record of a key is enough to recognise it, and not to use it.

use crate::error::{CommitError, StoreError};
use crate::row::{self, Row, text};
use crate::unreadable::read_each;
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::Slug;
use signoff_core::slug::canonical;
use std::collections::BTreeSet;

/// Permission of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To register deploys.
    Register,
    /// To report how deploys are: their health, and tags that count in conditions.
    Report,
    /// To read the record.
    Read,
    /// To do everything.
    Admin,
}

/// Somebody who did something in the console, under the name of that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Their Slack user id, or the id of the API key that was shown.
    pub id: String,
    /// Their name, or the key's.
    pub name: String,
}

/// The person who did something once, and the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The person, or the key.
    pub by: Actor,
    /// The time.
    pub at: Timestamp,
}

/// A pattern of deployments: `acme/checkout`, or `acme/*` for all of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeploymentPattern(String);

impl DeploymentPattern {
    /// Reads `organization/name` or `organization/*`; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let (organization, name) = text.split_once('/')?;
        Slug::new(organization, if name == "*" { "x" } else { name })?;
        Some(Self(text.to_owned()))
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if the pattern covers `deployment`; upper and lower case make no difference.
    pub fn fits(&self, deployment: &Slug) -> bool {
        let pattern = canonical(&self.0);
        match pattern.strip_suffix("/*") {
            Some(organization) => organization == canonical(deployment.organization()),
            None => pattern == deployment.canonical(),
        }
    }
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id, a part of the key's text.
    pub id: String,
    /// Name that people gave it.
    pub name: String,
    /// Permissions of the key.
    pub scopes: BTreeSet<Scope>,
    /// The deployments that it is for; none: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentPattern>,
    /// SHA-256 of its secret, in hexadecimal digits.
    pub digest: String,
    /// The last four characters of its text, by which people recognise it.
    pub last_four: String,
    /// The person who created it, and the time.
    pub created: Done,
    /// The person who revoked it, and the time. A revoked key opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Done>,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Register, Self::Report, Self::Read, Self::Admin];

    /// Its name in forms, addresses and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Report => "report",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

impl Store {
    /// Puts a new key on record. It stays there until its retention after it was revoked. Error:
    /// [`CommitError::Conflict`] where there is one with its id.
    pub async fn create_key(&self, key: &ApiKey) -> Result<(), CommitError> {
        let row = row::keep(&keys::api_key(&key.id), key)?;
        if self.put_key(row, "attribute_not_exists(pk)").await? { Ok(()) } else { Err(CommitError::Conflict) }
    }

    /// Revokes the key with this id; the key as it is then, `None` where there is none. One that was revoked
    /// before stays as it is: the first time stands.
    pub async fn revoke_key(
        &self,
        id: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Option<ApiKey>, StoreError> {
        let Some(mut key) = self.key(id).await? else { return Ok(None) };
        if key.revoked.is_some() {
            return Ok(Some(key));
        }
        key.revoked = Some(Done { by: by.clone(), at: now });
        let row = row::write(&keys::api_key(id), &key, now, self.places.retention)?;
        if self.put_key(row, "attribute_exists(pk) AND attribute_not_exists(revoked)").await? {
            return Ok(Some(key));
        }
        self.key(id).await
    }

    /// The key with this id, revoked or not.
    pub async fn key(&self, id: &str) -> Result<Option<ApiKey>, StoreError> {
        self.get(&keys::api_key(id)).await
    }

    /// All keys on record, newest first, those that were revoked too; of some thousands, not all.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(keys::API_KEYS))
            .consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let (mut keys, _) = read_each::<ApiKey>(answer.items.unwrap_or_default());
        keys.sort_by(|a, b| b.created.at.cmp(&a.created.at).then_with(|| a.id.cmp(&b.id)));
        Ok(keys)
    }

    /// Puts `row` where `condition` is true; says whether it was.
    async fn put_key(&self, row: Row, condition: &str) -> Result<bool, StoreError> {
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression(condition);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_one_deployment_or_an_organization() {
        let slug = Slug::new("Acme", "Checkout").unwrap();
        for (pattern, fits) in [
            ("acme/checkout", true),
            ("ACME/checkout", true),
            ("acme/*", true),
            ("acme/check", false),
            ("acm/*", false),
            ("acme-shop/*", false),
        ] {
            assert_eq!(DeploymentPattern::parse(pattern).unwrap().fits(&slug), fits, "{pattern}");
        }
        for wrong in ["", "acme", "*/*", "*", "acme/", "acme/..", "acme/check*", "acme/*/x"] {
            assert_eq!(DeploymentPattern::parse(wrong), None, "{wrong}");
        }
    }
}
