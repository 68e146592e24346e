//! Deliveries of GitHub's `deployment_status` webhook, signed as
//! <https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries> describes.

use super::GitHub;
use super::identify::seconds;
use super::json::{self, Place};
use super::repository_json::repository_json;
use super::state::{Author, Repository};
use crate::stand_in::{hmac_sha256, locked, uuid_of};
use serde_json::json;

/// A change of a GitHub deployment's status.
#[derive(Clone, Debug)]
pub struct DeploymentStatus {
    /// The commit that was deployed.
    pub sha: String,
    /// The branch or tag that it was deployed from.
    pub git_ref: String,
    /// `Staging`.
    pub environment: String,
    /// `success`, `failure`, `in_progress`, ...
    pub state: String,
    /// Account that deployed.
    pub creator: Author,
    /// The id of the deployment; a status of the same deployment has the same.
    pub deployment_id: u64,
}

/// A webhook delivery, ready to be POSTed.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its headers, with `X-Hub-Signature-256` over the body.
    pub headers: Vec<(String, String)>,
    /// The JSON body, byte for byte as it was signed.
    pub body: String,
}

impl GitHub {
    /// A delivery of `deployment_status`, with a delivery id of its own. Sending it twice is what GitHub's
    /// "Redeliver" button does: the same id.
    pub fn deployment_status_delivery(&self, repository: &str, status: &DeploymentStatus) -> Delivery {
        let (delivery, known) = {
            let mut state = locked(&self.shared.state);
            let delivery = state.id();
            let known = state.repositories.get(repository);
            let known =
                known.map(|known| repository_json(Place { url: &self.shared.url, repository }, known));
            (delivery, known)
        };
        let now = (self.shared.clock)();
        self.record_deployment(repository, status, now);
        let place = Place { url: &self.shared.url, repository };
        let unknown = || repository_json(place, &Repository::new("main"));
        let at = seconds(now);
        let id = status.deployment_id;
        let deployment = place.api(&format!("/deployments/{id}"));
        let creator = json::user(&self.shared.url, json::login_of(&status.creator), "User");
        let body = json!({
            "action": "created",
            "deployment_status": {
                "url": format!("{deployment}/statuses/{delivery}"),
                "id": delivery,
                "node_id": format!("DES_{delivery}"),
                "state": status.state,
                "creator": creator,
                "description": "",
                "environment": status.environment,
                "target_url": "",
                "created_at": at,
                "updated_at": at,
                "deployment_url": deployment,
                "repository_url": place.api(""),
                "environment_url": "",
                "log_url": "",
                "performed_via_github_app": null,
            },
            "deployment": {
                "url": deployment,
                "id": id,
                "node_id": format!("DE_{id}"),
                "task": "deploy",
                "original_environment": status.environment,
                "environment": status.environment,
                "description": null,
                "created_at": at,
                "updated_at": at,
                "statuses_url": format!("{deployment}/statuses"),
                "repository_url": place.api(""),
                "creator": creator,
                "sha": status.sha,
                "ref": status.git_ref,
                "payload": {},
                "transient_environment": false,
                "production_environment": false,
                "performed_via_github_app": null,
            },
            "check_run": null,
            "workflow": null,
            "workflow_run": null,
            "repository": known.unwrap_or_else(unknown),
            "sender": creator,
        });
        self.delivery(
            repository,
            "deployment_status",
            &uuid_of(&format!("delivery {delivery} of {}", self.shared.url)),
            body.to_string(),
        )
    }

    /// Makes a webhook in `repository`, as its admins do in its settings: its deliveries are signed with
    /// `secret`.
    pub fn set_webhook(&self, repository: &str, secret: &str) {
        let mut secrets = locked(&self.shared.own.webhook_secrets);
        secrets.insert(repository.to_owned(), secret.to_owned());
    }

    /// A delivery of any event and body, e.g. of one that Signoff ignores or that is broken, signed with the
    /// secret of the repository's webhook; with an empty one where it has none.
    pub fn delivery(&self, repository: &str, event: &str, delivery_id: &str, body: String) -> Delivery {
        let secret = locked(&self.shared.own.webhook_secrets).get(repository).cloned().unwrap_or_default();
        let signature = format!("sha256={}", hmac_sha256(&secret, body.as_bytes()));
        let hook = json::number_of(&self.shared.url).to_string();
        let headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "GitHub-Hookshot/stand-in"),
            ("X-GitHub-Event", event),
            ("X-GitHub-Delivery", delivery_id),
            ("X-GitHub-Hook-ID", &hook),
            ("X-Hub-Signature-256", &signature),
        ];
        Delivery {
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body,
        }
    }
}
