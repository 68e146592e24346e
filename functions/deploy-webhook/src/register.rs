//! `register_deploy`: any CI registers a deploy with an API key.

use crate::admission::{sent, unreadable};
use crate::answer::{bad_request, text, try_again};
use crate::handler::{DeployWebhook, NOT_REGISTERED, Registered};
use approval::id::DeployId;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use providers::register::parse;

impl DeployWebhook {
    /// Answers `200 Success`, `400` naming the parameter that is wrong, `401` for a key that is not this stack's, `403` for one
    /// that does not register, `409` where the deployment was disconnected, or `413`.
    pub(crate) async fn register(
        &self,
        request: &Request,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        let (slug, connection) = match self.admit(request, request_id, now, NOT_REGISTERED).await {
            Ok(admitted) => admitted,
            Err(refusal) => return refusal,
        };
        let (content_type, query) = sent(request);
        let registration = match parse(content_type, query, request.body().as_ref(), now) {
            Ok(registration) => registration,
            Err(error) => return unreadable(&error, &slug, request_id),
        };
        let ignore_if_duplicate = registration.ignore_if_duplicate;
        let id = DeployId::derive(
            "register",
            &[slug.as_str(), &registration.environment.to_lowercase(), &registration.revision],
        );
        let mut deploy = registration.deploy(id, slug, connection.repository, now);
        deploy.set_report_aside();
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
                try_again(NOT_REGISTERED)
            }
        }
    }
}
