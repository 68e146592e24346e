//! GitHub's webhook: a deployment whose status became `success`.

use crate::answer::{not_set_up, text, try_again};
use crate::handler::{DeployWebhook, NOT_REGISTERED, Registered, header};
use approval::deploy::{Deploy, Slug, Source};
use approval::id::DeployId;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use providers::github::{Delivery, DeploymentSucceeded, ParseError, delivery, verify};
use runtime::connections::{Connected, disconnected};
use std::collections::BTreeMap;

impl DeployWebhook {
    /// Answers `200` for a deploy and for what is ignored (the text says which), `401` where GitHub did not sign it, `400`
    /// or `413` where it can't be read.
    pub(crate) async fn github(&self, request: &Request, request_id: &str, now: Timestamp) -> Response<Body> {
        let secret = match self.github_secret.get(now).await {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(request_id, %error, "no delivery can be verified");
                return not_set_up();
            }
        };
        let body = request.body().as_ref();
        if let Err(error) = verify(&secret.webhook_secret, header(request, "x-hub-signature-256"), body) {
            tracing::warn!(request_id, %error, "refused: not signed by GitHub");
            return text(StatusCode::UNAUTHORIZED, format!("Refused: {error}."));
        }
        match delivery(header(request, "x-github-event"), header(request, "x-github-delivery"), body) {
            Ok(Delivery::DeploymentSucceeded(deployment)) => {
                self.deployment(deployment, request_id, now).await
            }
            Ok(Delivery::Ignored { delivery, reason }) => {
                self.ignored(&delivery, &reason, request_id, now).await
            }
            Err(error) => {
                tracing::warn!(request_id, %error, "refused");
                let too_large = matches!(error, ParseError::TooLarge);
                let status = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
                text(status, format!("Refused: {error}."))
            }
        }
    }

    async fn deployment(
        &self,
        found: DeploymentSucceeded,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        let slug = match self.connections.of_repository(&self.store, &found.repository).await {
            Ok(Some((slug, Connected::Yes(_)))) => slug,
            Ok(Some((slug, Connected::No(done)))) => {
                let reason = disconnected(&slug, &done, &self.public_url);
                return self.ignored(&found.delivery, &reason, request_id, now).await;
            }
            Ok(Some((_, Connected::Unknown)) | None) => {
                tracing::warn!(request_id, repository = found.repository, "refused: not connected");
                return self.not_connected(&found.repository);
            }
            Err(error) => {
                tracing::error!(request_id, repository = found.repository, %error, "its deployment can't be looked up");
                return try_again(NOT_REGISTERED);
            }
        };
        let key =
            [found.repository.as_str(), &found.deployment_id.to_string(), &found.environment.to_lowercase()];
        let deploy = deploy(DeployId::derive("github", &key), slug, &found, now);
        match self.commit(&deploy, now).await {
            Ok(Registered::New) => {
                tracing::info!(request_id, deploy = %deploy.id, delivery = found.delivery, "registered");
                text(StatusCode::OK, "Success")
            }
            Ok(Registered::Before) => text(StatusCode::OK, "Ignored: this deployment is registered already."),
            Err(error) => {
                tracing::error!(request_id, deploy = %deploy.id, delivery = found.delivery, %error, "not registered");
                try_again(NOT_REGISTERED)
            }
        }
    }

    async fn ignored(
        &self,
        delivery: &str,
        reason: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        tracing::info!(request_id, delivery, reason, "ignored");
        match self.store.ignore_delivery("github", delivery, reason, now).await {
            Ok(()) => text(StatusCode::OK, format!("Ignored: {reason}.")),
            Err(error) => {
                tracing::error!(request_id, delivery, %error, "an ignored delivery was not put on record");
                try_again(NOT_REGISTERED)
            }
        }
    }
}

fn deploy(id: DeployId, deployment: Slug, found: &DeploymentSucceeded, now: Timestamp) -> Deploy {
    let links = found.url.iter().map(|url| ("Deployment".to_owned(), url.clone()));
    Deploy {
        id,
        deployment,
        repository: found.repository.clone(),
        environment: found.environment.clone(),
        revision: found.sha.clone(),
        branch: found.branch().map(str::to_owned),
        // A clock that is ahead of ours must not put it before deploys to come.
        deployed_at: found.created_at.min(now),
        registered_at: now,
        source: Source::GithubDeployment,
        tags: Vec::new(),
        links: links.collect::<BTreeMap<_, _>>(),
        size: None,
        deployer: found.creator.clone(),
        commits: Vec::new(),
        pull_requests: Vec::new(),
        previous_revision: None,
        rules_change: approval::deploy::RulesChange::Unknown,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        reading: Default::default(),
    }
}
