//! `register_deploy`: any CI registers a deploy, with an API key or the token of its job.

use crate::admission::{Admitted, sent, unreadable};
use crate::answer::{bad_request, not_committed, text};
use crate::commit::Registered;
use crate::handler::{DeployWebhook, NOT_REGISTERED};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use signoff_core::id::DeployId;
use signoff_providers::register::{ParseError, parse};
use signoff_store::Scope;

impl DeployWebhook {
    /// Answers `200 Success`, `400` naming the parameter that is wrong, `401` for a key that is not this
    /// stack's or a token of no CI in the settings, `403` for one that does not register or is for other
    /// deployments, `503` where it can't be checked, `409` where the deployment was disconnected, or `413`.
    pub(crate) async fn register(
        &self,
        request: &Request,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Body> {
        let admitted = self.admit(request, request_id, now, Scope::Register, NOT_REGISTERED).await;
        let Admitted { deployment: slug, connection, may_report, job, started_by } = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return refusal,
        };
        let (content_type, query) = sent(request);
        let registration = match parse(content_type, query, request.body().as_ref(), now) {
            Ok(registration) => registration,
            Err(error) => return unreadable(&error, &slug, request_id),
        };
        let ignore_if_duplicate = registration.ignore_if_duplicate;
        let left_out = registration.left_out.clone();
        let mut ignored = registration.unknown.clone();
        ignored.extend(left_out.iter().map(|error| error.logged().to_owned()));
        if !ignored.is_empty() {
            // Their names are text of the client's: they stand on the deploy's page, and in no log.
            tracing::warn!(request_id, deployment = %slug, ignored = ignored.len(), "parameters that mean nothing here or can't be read");
        }
        let date = registration.deployed_at;
        // Which deploy it is, and so its id, follows from what is on record.
        let id = DeployId::derive("registration", &[request_id]);
        let mut deploy = registration.deploy(id, slug, connection.repository, now);
        if !may_report {
            // A job that only registers must not choose by a tag which rules hold.
            deploy.reported_tags = std::mem::take(&mut deploy.tags);
        }
        deploy.reading.may_report = may_report;
        deploy.set_report_aside();
        deploy.reading.reported.ignored = ignored;
        deploy.reading.ci_job = job;
        deploy.reading.sent_date = date.filter(|date| *date > deploy.deployed_at);
        // The address that it gives is a maker beside: anybody can write one into a job.
        deploy.add_deployed_by(started_by);
        let success = || text(StatusCode::OK, success(&left_out));
        match self.commit_registration(&deploy, date, connection.channel.as_deref(), now).await {
            Ok(Registered::New(id)) => {
                tracing::info!(request_id, deploy = %id, deployment = %deploy.deployment, "registered");
                success()
            }
            // A report that changes nothing is no second registration.
            Ok(Registered::Before(_)) if ignore_if_duplicate || !deploy.state.has_arrived() => success(),
            Ok(Registered::Before(_)) => bad_request(format!(
                "sha: {} is already registered for {} in {}. If that is fine, send `ignore_if_duplicate` as true.",
                deploy.revision, deploy.deployment, deploy.environment
            )),
            Err(error) => {
                tracing::error!(request_id, deployment = %deploy.deployment, %error, "not registered");
                not_committed(NOT_REGISTERED, &error)
            }
        }
    }
}

/// The answer to a registration that was taken: `Success`, and a line for each optional parameter that was
/// left out.
fn success(left_out: &[ParseError]) -> String {
    let lines = left_out.iter().map(|error| format!("\nLeft out: {error}"));
    std::iter::once("Success".to_owned()).chain(lines).collect()
}
