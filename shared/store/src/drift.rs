//! Number of deploys by which one environment is behind another, and the deploys whose rules ask for it.

use crate::error::StoreError;
use crate::row::{self, text};
use crate::unreadable::read_each;
use crate::{Store, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::Deploy;
use signoff_core::id::DeployId;
use signoff_core::slug::canonical;

/// Most deploys that are searched for the one that another environment has.
const MAX_LOOKED_AT: i32 = 100;

/// The deploys of one environment that another has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingDeploys {
    /// The time from which the first of them counts as being there.
    pub since: Timestamp,
    /// The number of them, of the last 100 deploys.
    pub count: u32,
    /// True if all deploys that were read are missing, so that there may be more.
    pub or_more: bool,
}

/// A deploy whose rules ask how far an environment is behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Watcher {
    deploy: DeployId,
    /// Sort key of the deploy; a newer one takes its place.
    listed_at: String,
}

impl Store {
    /// Returns the deploys by which `environment` of the same deployment is behind the environment of
    /// `deploy`, as of that deploy: those that arrived here after the revision that is newest there, of the
    /// last 100. `None`: `environment` has what `deploy` has. Two requests.
    pub async fn drift(
        &self,
        deploy: &Deploy,
        environment: &str,
    ) -> Result<Option<MissingDeploys>, StoreError> {
        let there = self.newest_in(&deploy.deployment, environment).await?;
        if there.as_ref().is_some_and(|there| there.revision == deploy.revision) {
            return Ok(None);
        }
        let here = (&deploy.deployment, deploy.environment.as_str());
        let last = keys::listed_at(deploy);
        let earlier = self.listed(here, "listed_at <= :at", &last, MAX_LOOKED_AT).await?;
        let revision = there.map(|there| there.revision);
        // What was registered with an old date while something newer stood there is no deploy that another
        // environment lacks.
        let stood = earlier.iter().filter_map(|earlier| Some((&earlier.revision, earlier.arrived_at?)));
        let missing: Vec<_> =
            stood.clone().take_while(|(other, _)| Some(*other) != revision.as_ref()).collect();
        let is_cut = i32::try_from(earlier.len()).is_ok_and(|count| count >= MAX_LOOKED_AT);
        Ok(Some(MissingDeploys {
            since: missing.iter().map(|(_, at)| *at).fold(deploy.arrived_at(), Timestamp::min),
            // Its own deploy is one, also where the index does not have it yet.
            count: u32::try_from(missing.len()).unwrap_or(u32::MAX).max(1),
            or_more: is_cut && missing.len() == stood.count(),
        }))
    }

    /// Notes that the rules of `deploy` ask how far `environment` is behind: [`Store::watchers`] finds it,
    /// until a newer deploy of its environment asks.
    pub async fn watch(&self, deploy: &Deploy, environment: &str, now: Timestamp) -> Result<(), StoreError> {
        let listed_at = keys::listed_at(deploy);
        let key = keys::Key {
            pk: keys::drift(&deploy.deployment, environment),
            sk: canonical(&deploy.environment),
        };
        let watcher = Watcher { deploy: deploy.id.clone(), listed_at: listed_at.clone() };
        let row = row::write(&key, &watcher, now, self.places.retention)?;
        self.put_newer(row, text(listed_at)).await
    }

    /// The deploys, one of each other environment at most, whose rules ask how far the environment of
    /// `deploy` is behind.
    pub async fn watchers(&self, deploy: &Deploy) -> Result<Vec<DeployId>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(keys::drift(&deploy.deployment, &deploy.environment)))
            .consistent_read(true);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let (watchers, _) = read_each::<Watcher>(answer.items.unwrap_or_default());
        let others = watchers.into_iter().map(|watcher| watcher.deploy).filter(|other| *other != deploy.id);
        Ok(others.collect())
    }
}
