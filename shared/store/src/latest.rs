//! The latest deploy that was registered for an environment, confirmed or not: what a registration is
//! compared with.

use crate::error::StoreError;
use crate::{Store, keys};
use serde::{Deserialize, Serialize};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::moment::Moment;

/// The latest deploy that was registered for an environment, in the order in which they were deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// The deploy, and its place in the order of deploys.
    pub moment: Moment,
    /// The deployment, as it was first called.
    pub deployment: Slug,
    /// The environment, as it was first called.
    pub environment: String,
    /// The revision, as it was registered.
    pub revision: String,
    /// Number of times that this was committed.
    pub version: u64,
}

impl Latest {
    /// Returns the row to write once `deploy` is registered and `known` was the latest: `None` if that one
    /// stays the latest.
    pub fn after(known: Option<&Self>, deploy: &Deploy) -> Option<Self> {
        let moment = deploy.moment();
        if known.is_some_and(|known| !moment.is_after(&known.moment)) {
            return None;
        }
        let called = known.map(|known| (known.deployment.clone(), known.environment.clone()));
        let (deployment, environment) =
            called.unwrap_or_else(|| (deploy.deployment.clone(), deploy.environment.clone()));
        Some(Self {
            moment,
            deployment,
            environment,
            revision: deploy.revision.clone(),
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
