//! Deployments, and the newest deploy of each of their environments.

use crate::error::StoreError;
use crate::listing::DeploySummary;
use crate::row::{self, Row, text};
use crate::unreadable::left_out;
use crate::{Store, keys};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::Slug;

/// An environment of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The newest deploy there.
    #[serde(flatten)]
    pub newest: DeploySummary,
    /// The branch that it was built from, where known.
    pub branch: Option<String>,
}

/// A deployment and its environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The deployment.
    pub slug: Slug,
    /// True if somebody disconnected it.
    pub is_disconnected: bool,
    /// Its environments, by name.
    pub environments: Vec<Environment>,
}

/// A part of the list of all deployments, by slug.
#[derive(Clone, Debug)]
pub struct DeploymentListing {
    /// The deployments, each with all of its environments, but for one that has more than a part holds: of
    /// that one the first are here, and all of them in [`Store::deployment`].
    pub deployments: Vec<Deployment>,
    /// The deployment after which the next part begins; `None` at the end.
    pub next: Option<Slug>,
}

/// Row in the partition of all deployments.
enum Entry {
    /// A deployment's settings: whether it is disconnected.
    Settings(Slug, bool),
    Environment(Environment),
    /// A row that this release can't read.
    Unreadable(Slug),
}

/// As much of a deployment's settings as a list shows.
#[derive(Deserialize)]
struct Connection {
    deployment: Slug,
    disconnected: Option<IgnoredAny>,
}

impl Entry {
    /// The entry of a row; `None` where not even its key can be read.
    fn of(row: Row) -> Option<Self> {
        let sk = row.get(keys::SK).and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
        match Self::read(row, sk.contains('#')) {
            Ok(entry) => Some(entry),
            Err(error) => {
                left_out(&error);
                let (organization, name) = sk.split('#').next().and_then(|slug| slug.split_once('/'))?;
                Slug::new(organization, name).map(Self::Unreadable)
            }
        }
    }

    fn read(row: Row, is_environment: bool) -> Result<Self, StoreError> {
        if is_environment {
            return Ok(Self::Environment(row::read(row)?));
        }
        let Connection { deployment, disconnected } = row::read(row)?;
        Ok(Self::Settings(deployment, disconnected.is_some()))
    }

    fn slug(&self) -> &Slug {
        match self {
            Self::Settings(slug, _) | Self::Unreadable(slug) => slug,
            Self::Environment(environment) => &environment.newest.deployment,
        }
    }
}

impl Store {
    /// The deployments after `after` (a [`DeploymentListing::next`]) that have settings or a deploy on
    /// record, with at most `limit` rows. One request.
    pub async fn deployments(
        &self,
        limit: i32,
        after: Option<&Slug>,
    ) -> Result<DeploymentListing, StoreError> {
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
        let mut entries = read(answer.items.unwrap_or_default());
        let shown = usize::try_from(limit).unwrap_or(0);
        if entries.len() <= shown {
            return Ok(DeploymentListing { deployments: grouped(entries), next: None });
        }
        let following = entries.drain(shown..).next();
        let is_whole = |entry: &Entry| Some(entry.slug()) != following.as_ref().map(Entry::slug);
        if let Some(whole) = entries.iter().rposition(is_whole) {
            entries.truncate(whole + 1);
        }
        let next = entries.last().map(|last| last.slug().clone());
        Ok(DeploymentListing { deployments: grouped(entries), next })
    }

    /// The deployment with this slug, if it has settings or a deploy on record; of thousands of environments,
    /// not all. One request.
    pub async fn deployment(&self, slug: &Slug) -> Result<Option<Deployment>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :end")
            .expression_attribute_values(":pk", text(keys::DEPLOYMENTS))
            .expression_attribute_values(":first", text(slug.canonical()))
            .expression_attribute_values(":end", text(keys::end(slug)));
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        Ok(grouped(read(answer.items.unwrap_or_default())).into_iter().next())
    }
}

fn read(rows: Vec<Row>) -> Vec<Entry> {
    rows.into_iter().filter_map(Entry::of).collect()
}

/// The deployments of these entries, which are in order.
fn grouped(entries: Vec<Entry>) -> Vec<Deployment> {
    let mut deployments: Vec<Deployment> = Vec::new();
    for entry in entries {
        if deployments.last().is_none_or(|last| last.slug != *entry.slug()) {
            let slug = entry.slug().clone();
            deployments.push(Deployment { slug, is_disconnected: false, environments: Vec::new() });
        }
        let Some(last) = deployments.last_mut() else { continue };
        match entry {
            Entry::Settings(_, is_disconnected) => last.is_disconnected = is_disconnected,
            Entry::Unreadable(_) => {}
            Entry::Environment(environment) => last.environments.push(environment),
        }
    }
    deployments
}
