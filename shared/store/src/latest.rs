//! The latest deploy that was registered for an environment, confirmed or not: what a registration is
//! compared with.

use crate::error::StoreError;
use crate::{Store, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::id::DeployId;

/// The latest deploy that was registered for an environment, by the time at which it was deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// The deploy.
    pub deploy: DeployId,
    /// The deployment, as it was first called.
    pub deployment: Slug,
    /// The environment, as it was first called.
    pub environment: String,
    /// The revision, as it was registered.
    pub revision: String,
    /// Time at which it was deployed.
    pub deployed_at: Timestamp,
    /// Number of times that this was committed.
    pub version: u64,
}

impl Latest {
    /// Returns the row to write once `deploy` is registered and `known` was the latest: `None` if that one
    /// stays the latest. If two deploys have the same time, their ids decide.
    pub fn after(known: Option<&Self>, deploy: &Deploy) -> Option<Self> {
        let later = |known: &Self| (known.deployed_at, &known.deploy) >= (deploy.deployed_at, &deploy.id);
        if known.is_some_and(later) {
            return None;
        }
        let called = known.map(|known| (known.deployment.clone(), known.environment.clone()));
        let (deployment, environment) =
            called.unwrap_or_else(|| (deploy.deployment.clone(), deploy.environment.clone()));
        Some(Self {
            deploy: deploy.id.clone(),
            deployment,
            environment,
            revision: deploy.revision.clone(),
            deployed_at: deploy.deployed_at,
            version: known.map_or(0, |known| known.version),
        })
    }
}

impl Store {
    /// The latest deploy that was registered for an environment. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn latest(&self, deployment: &Slug, environment: &str) -> Result<Option<Latest>, StoreError> {
        self.get(&keys::latest(deployment, environment)).await
    }
}
