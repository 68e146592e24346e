//! The list of deployments: what is in each environment, how it is, and what waits there.

use super::DeployView;
use crate::address::site::Site;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::deploy::Slug;
use signoff_core::facts::{Facts, Health};
use signoff_core::id::DeployId;
use signoff_store::{ApprovalListing, Deployment, DeploymentListing, Environment};
use std::collections::HashMap;

/// A part of the list.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) part: DeploymentListing,
    /// The newest approvals that wait.
    pub(crate) pending: ApprovalListing,
    /// Facts that became known of the newest deploy of each environment.
    pub(crate) facts: HashMap<DeployId, Facts>,
}

/// A deployment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeploymentView {
    /// `owner/name`.
    deployment: String,
    /// The deployment's page.
    url: String,
    /// True if it is disconnected.
    disconnected: bool,
    /// In order of name.
    environments: Vec<EnvironmentView>,
}

/// An environment of a deployment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct EnvironmentView {
    environment: String,
    /// The newest deploy in the environment.
    deploy: DeployView,
    /// The branch that the deploy was built from, if known.
    branch: Option<String>,
    /// The worst health reported for the deploy; `null` if nobody reported any.
    health: Option<Health>,
    /// Number of its pending approvals, among the newest 500 pending approvals of all deployments.
    pending_approvals: usize,
}

impl DeploymentView {
    /// The deployments of `overview`.
    pub(crate) fn all(overview: &Overview, site: &Site) -> Vec<Self> {
        let pending = Pending::of(&overview.pending);
        let environment = |environment: &Environment| EnvironmentView {
            environment: environment.newest.environment.clone(),
            deploy: DeployView::of_summary(&environment.newest, site),
            branch: environment.branch.clone(),
            health: overview.facts.get(&environment.newest.id).and_then(Facts::health),
            pending_approvals: pending.in_environment(environment).0,
        };
        let view = |deployment: &Deployment| Self {
            deployment: deployment.slug.to_string(),
            url: site.deployment_url(&deployment.slug),
            disconnected: deployment.is_disconnected,
            environments: deployment.environments.iter().map(environment).collect(),
        };
        overview.part.deployments.iter().map(view).collect()
    }
}

/// The approvals that wait, by deployment and environment in lower case: how many, and the deploy of the
/// newest one.
pub(crate) struct Pending<'a>(HashMap<(&'a Slug, String), (usize, &'a DeployId)>);

impl<'a> Pending<'a> {
    pub(crate) fn of(listing: &'a ApprovalListing) -> Self {
        let mut pending = HashMap::new();
        for approval in &listing.approvals {
            if let (Some(deployment), Some(environment)) = (&approval.deployment, &approval.environment) {
                let key = (deployment, environment.to_lowercase());
                pending.entry(key).or_insert((0, &approval.deploy)).0 += 1;
            }
        }
        Self(pending)
    }

    pub(crate) fn in_environment(&self, environment: &Environment) -> (usize, Option<&'a DeployId>) {
        let key = (&environment.newest.deployment, environment.newest.environment.to_lowercase());
        self.0.get(&key).map_or((0, None), |(count, deploy)| (*count, Some(*deploy)))
    }
}
