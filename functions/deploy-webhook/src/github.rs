//! GitHub's webhook: a deployment that arrived, is under way, or failed.

use crate::answer::{no_secret, not_committed, not_done, text};
use crate::commit::Registered;
use crate::handler::{DeployWebhook, NOT_REGISTERED, header};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::{Deploy, Slug, Source};
use signoff_core::id::DeployId;
use signoff_core::slug::canonical;
use signoff_providers::derived::incoming_secret;
use signoff_providers::github::{
    Delivery, ParseError, ReportedDeployment, delivery, named_repository, verify_any,
};
use signoff_providers::signature::VerifyError;
use signoff_runtime::connections::{Connected, Lead, disconnected};
use signoff_runtime::credentials::GITHUB_WEBHOOK_SECRET;
use std::collections::BTreeMap;

impl DeployWebhook {
    /// Answers `200` for a deploy and for what is ignored (the text says which), `401` where it is not signed
    /// with the secret of the deployment that its repository leads to, `400` or `413` where it can't be read.
    /// A repository that leads nowhere gets the answer of a wrong signature, so that nobody learns here which
    /// ones are connected.
    pub(crate) async fn github(&self, request: &Request, request_id: &str, now: Timestamp) -> Response<Body> {
        let master = match self.secrets.text(&GITHUB_WEBHOOK_SECRET, now).await {
            Ok(master) => master,
            Err(error) => {
                tracing::error!(request_id, %error, "no delivery can be verified");
                return no_secret(NOT_REGISTERED, &error);
            }
        };
        let signature = header(request, "x-hub-signature-256");
        if signature.is_none() {
            return self.not_signed(VerifyError::Unsigned, request_id);
        }
        let body = request.body().as_ref();
        let repository = named_repository(body);
        let lead = match &repository {
            Some(repository) => self.connections.of_repository(&self.store, repository).await,
            None => Ok(None),
        };
        let (repository, lead) = match (repository, lead) {
            (Some(repository), Ok(Some(lead))) => (repository, lead),
            (_, Ok(_)) => return self.not_signed(VerifyError::Mismatch, request_id),
            (_, Err(error)) => {
                tracing::error!(request_id, %error, "no secret can be looked up for a delivery");
                return not_done(NOT_REGISTERED, &error);
            }
        };
        let good = lead.secrets.good_incoming();
        let secrets: Vec<_> =
            good.map(|number| incoming_secret(&master, &repository, &lead.deployment, number)).collect();
        if let Err(error) = verify_any(&secrets, signature, body) {
            return self.not_signed(error, request_id);
        }
        match delivery(header(request, "x-github-event"), header(request, "x-github-delivery"), body) {
            // The body was read twice: what counts now must be what the secret was chosen by.
            Ok(Delivery::Deployment(deployment)) if deployment.repository == repository => {
                self.deployment(deployment, lead, request_id, now).await
            }
            Ok(Delivery::Deployment(_)) => self.not_signed(VerifyError::Mismatch, request_id),
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

    /// The answer to who did not sign as the deployment's own webhook does. Nothing of the request is said or
    /// logged.
    fn not_signed(&self, error: VerifyError, request_id: &str) -> Response<Body> {
        tracing::warn!(request_id, %error, "refused: not signed with the secret of a deployment");
        text(
            StatusCode::UNAUTHORIZED,
            format!(
                "Refused: {error}. Each deployment has a secret of its own for the webhook of its repository. Its setup page shows the \
                 secret to admins: {}/deployments/OWNER/NAME/setup",
                self.public_url
            ),
        )
    }

    async fn deployment(
        &self,
        found: ReportedDeployment,
        lead: Lead,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        let (slug, channel) = match lead.connected {
            Connected::Yes(connection) => (connection.deployment, connection.channel),
            Connected::No(done) => {
                let slug = lead.deployment;
                let reason = disconnected(&slug, &done, &self.public_url);
                return self.ignored(&found.delivery, &reason, request_id, now).await;
            }
            Connected::Unknown => {
                tracing::warn!(request_id, repository = found.repository, "refused: not connected");
                return self.not_connected(&found.repository);
            }
        };
        let (repository, environment) = (canonical(&found.repository), canonical(&found.environment));
        let key = [repository.as_str(), &found.deployment_id.to_string(), &environment];
        let deploy = deploy(DeployId::derive("github", &key), slug, &found, now);
        match self.commit_delivery(&deploy, channel.as_deref(), now).await {
            Ok(Registered::New(_)) => {
                tracing::info!(request_id, deploy = %deploy.id, delivery = found.delivery, "registered");
                text(StatusCode::OK, "Success")
            }
            Ok(Registered::Before(_)) => {
                text(StatusCode::OK, "Ignored: this deployment is already registered.")
            }
            Err(error) => {
                tracing::error!(request_id, deploy = %deploy.id, delivery = found.delivery, %error, "not registered");
                not_committed(NOT_REGISTERED, &error)
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
        // The reason may name whoever disconnected a deployment: the record has it.
        tracing::info!(request_id, delivery, "ignored");
        match self.store.ignore_delivery("github", delivery, reason, now).await {
            Ok(()) => text(StatusCode::OK, format!("Ignored: {reason}.")),
            Err(error) => {
                tracing::error!(request_id, delivery, %error, "an ignored delivery was not put on record");
                not_done(NOT_REGISTERED, &error)
            }
        }
    }
}

fn deploy(id: DeployId, deployment: Slug, found: &ReportedDeployment, now: Timestamp) -> Deploy {
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
        rules_change: signoff_core::deploy::RulesChange::Unknown,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        confirmation: Confirmation::Awaited,
        state: found.state,
        host_deployment: Some(found.deployment_id),
        reported_tags: Vec::new(),
        reading: Default::default(),
    }
}
