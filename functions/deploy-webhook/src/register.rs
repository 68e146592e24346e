//! `register_deploy`: any CI registers a deploy with an API key.

use crate::answer::{bad_request, not_set_up, text, try_again};
use crate::handler::{DeployWebhook, Registered, header};
use approval::id::DeployId;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use providers::register::{ParseError, api_key, parse};
use providers::signature::verify_key;

impl DeployWebhook {
    /// Answers `200 Success`, `400` naming the parameter that is wrong, `401` for a key that is not this stack's, or `413`.
    pub(crate) async fn register(
        &self,
        request: &Request,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        let secret = match self.api_secret.get(now).await {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(request_id, %error, "no deploy can be registered");
                return not_set_up();
            }
        };
        let (content_type, query) =
            (header(request, "content-type"), request.uri().query().unwrap_or_default());
        let body = request.body().as_ref();
        let key = api_key(header(request, "authorization"), query, content_type, body);
        if !key.is_some_and(|key| verify_key(&key, &secret.keys)) {
            tracing::warn!(request_id, "refused: no API key of this stack");
            return text(
                StatusCode::UNAUTHORIZED,
                "api_key: missing or not valid. Send an API key of this stack as `Authorization: Bearer KEY`.",
            );
        }
        let slug = match Self::slug(request) {
            Ok(slug) => slug,
            Err(path) => return Self::not_connected(&path),
        };
        let Some(connection) = self.deployments.connection(&slug) else {
            tracing::warn!(request_id, deployment = %slug, "refused: not connected");
            return Self::not_connected(slug.as_str());
        };
        let registration = match parse(content_type, query, body, now) {
            Ok(registration) => registration,
            Err(error) => {
                tracing::warn!(request_id, deployment = %slug, %error, "refused");
                let too_large = matches!(error, ParseError::TooLarge);
                let status = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
                return text(status, error.to_string());
            }
        };
        let ignore_if_duplicate = registration.ignore_if_duplicate;
        let id = DeployId::derive(
            "register",
            &[slug.as_str(), &registration.environment.to_lowercase(), &registration.revision],
        );
        let deploy = registration.deploy(id, slug, connection.repository, now);
        let success = || text(StatusCode::OK, "Success");
        match self.commit(&deploy, now).await {
            Ok(Registered::New) => {
                tracing::info!(request_id, deploy = %deploy.id, deployment = %deploy.deployment, "registered");
                success()
            }
            Ok(Registered::Before) if ignore_if_duplicate => success(),
            Ok(Registered::Before) => bad_request(format!(
                "sha: {} is registered already for {} in {}. Send `ignore_if_duplicate` as true where that is no error.",
                deploy.revision, deploy.deployment, deploy.environment
            )),
            Err(error) => {
                tracing::error!(request_id, deploy = %deploy.id, %error, "not registered");
                try_again()
            }
        }
    }
}
