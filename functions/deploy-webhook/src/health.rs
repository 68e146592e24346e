//! `health`: whoever watches a deploy says how it is.

use crate::admission::{sent, unreadable};
use crate::answer::{not_committed, not_done, text};
use crate::handler::DeployWebhook;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use signoff_core::deploy::Slug;
use signoff_core::facts::{Command, MAX_KEPT, REPORTERS, Report};
use signoff_core::id::DeployId;
use signoff_providers::register::{parse_health, parse_revision};
use signoff_runtime::facts::{ReportOutcome, record_fact, record_report};
use signoff_store::{DeploySummary, Scope, StoreError};
use std::collections::BTreeSet;

/// The most reports that are followed, each of the one before.
const MOST_REPORTS: usize = 4;
/// Part of an answer that says what was not done because the record can't be reached.
pub(crate) const NOT_REPORTED: &str = "The health was not put on record";

impl DeployWebhook {
    /// Answers `200 Success`, also where it is known or something newer is; `400` naming the parameter that
    /// is wrong, `401` for a key that is not this stack's or a token of no CI in the settings, `403` for one
    /// that does not report or is for other deployments, `404` for a deploy that is not on record, `409`
    /// where the deployment was disconnected or as many report as are kept, or `413`.
    pub(crate) async fn health(&self, request: &Request, request_id: &str, now: Timestamp) -> Response<Body> {
        let slug = match self.admit(request, request_id, now, Scope::Report, NOT_REPORTED).await {
            Ok(admitted) => admitted.deployment,
            Err(refusal) => return refusal,
        };
        let (content_type, query) = sent(request);
        let revision = parse_revision(request.path_parameters().first("revision").unwrap_or_default());
        let report = parse_health(content_type, query, request.body().as_ref(), now);
        let (revision, sent) = match revision.and_then(|revision| Ok((revision, report?))) {
            Ok(read) => read,
            Err(error) => return unreadable(&error, &slug, request_id),
        };
        let deploys = match self.store.of_revision(&slug, &revision).await {
            // What did not arrive has no health.
            Ok(deploys) => {
                deploys.into_iter().filter(|deploy| deploy.state.has_arrived()).collect::<Vec<_>>()
            }
            Err(error) => {
                tracing::error!(request_id, deployment = %slug, %error, "no deploy can be looked up");
                return not_done(NOT_REPORTED, &error);
            }
        };
        let deploy = match meant(&deploys, &slug, &revision, sent.environment.as_deref()) {
            Ok(deploy) => deploy.id.clone(),
            Err((status, problem)) => {
                tracing::warn!(request_id, deployment = %slug, revision, problem, "refused");
                return text(status, problem);
            }
        };
        let deploy = match self.original(deploy).await {
            Ok(original) => original,
            Err(error) => {
                tracing::error!(request_id, deployment = %slug, %error, "no deploy can be looked up");
                return not_done(NOT_REPORTED, &error);
            }
        };
        match self.report(&deploy, (&sent.source, sent.report), request_id, now).await {
            Ok(()) => text(StatusCode::OK, "Success"),
            Err(refusal) => refusal,
        }
    }

    /// Puts what a source reports of the health of `deploy` on record, or leaves it to the queue. `Err`: the
    /// answer where it does neither.
    pub(crate) async fn report(
        &self,
        deploy: &DeployId,
        (source, report): (&str, Report),
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), Response<Body>> {
        match record_report(&self.store, deploy, (source, report), now, request_id).await {
            Ok(ReportOutcome::NoRoom) => Err(text(
                StatusCode::CONFLICT,
                format!(
                    "source: {MAX_KEPT} sources, with names of {} KB together, may report the health of a deploy, and others did. \
                     Report under a name that was used before.",
                    REPORTERS / 1000
                ),
            )),
            Ok(reported @ (ReportOutcome::News | ReportOutcome::Known | ReportOutcome::Queued)) => {
                tracing::info!(request_id, %deploy, ?reported, health = %report.health, "health reported");
                Ok(())
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %error, "health not reported");
                Err(not_committed(NOT_REPORTED, &error))
            }
        }
    }

    /// Takes the report of `source` on the health of `deploy` back. One that is still in the queue comes
    /// after that. `Err`: the answer where it does not.
    pub(crate) async fn withdraw(
        &self,
        deploy: &DeployId,
        source: String,
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), Response<Body>> {
        let command = Command::Withdraw { source };
        match record_fact(&self.store, deploy, &command, now, request_id).await {
            Ok(is_news) => {
                tracing::info!(request_id, %deploy, is_news, "health withdrawn");
                Ok(())
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %error, "health not reported");
                Err(not_committed(NOT_REPORTED, &error))
            }
        }
    }
}

impl DeployWebhook {
    /// The deploy that `id` is another report of; `id` itself where it is none. A report may be one of
    /// another report.
    pub(crate) async fn original(&self, mut id: DeployId) -> Result<DeployId, StoreError> {
        for _ in 0..MOST_REPORTS {
            let found = match self.store.outline(&id).await {
                Ok(found) => found,
                // What is reported is kept beside the deploy, which somebody has to mend.
                Err(error @ StoreError::Row { .. }) => {
                    tracing::error!(alarm = "unreadable", deploy = %id, %error, "taken for no other report");
                    None
                }
                Err(error) => return Err(error),
            };
            match found.as_ref().and_then(|found| found.repeats()) {
                Some(of) => id = of.clone(),
                None => break,
            }
        }
        Ok(id)
    }
}

/// The deploy that is meant: the newest of the environment. `deploys`, oldest first, are those of the
/// revision. `Err`: the status of the answer, and what is wrong.
fn meant<'d>(
    deploys: &'d [DeploySummary],
    slug: &Slug,
    revision: &str,
    environment: Option<&str>,
) -> Result<&'d DeploySummary, (StatusCode, String)> {
    let bad = |problem| Err((StatusCode::BAD_REQUEST, problem));
    let lower = |deploy: &DeploySummary| deploy.environment.to_lowercase();
    let wanted = environment.map(str::to_lowercase);
    let there = |deploy: &&DeploySummary| wanted.as_ref().is_none_or(|wanted| lower(deploy) == *wanted);
    let found: Vec<&DeploySummary> = deploys.iter().filter(there).collect();
    let Some(newest) = found.last().copied() else {
        return Err((StatusCode::NOT_FOUND, not_found(deploys, slug, revision, environment)));
    };
    let revisions: BTreeSet<&str> = found.iter().map(|deploy| deploy.revision.as_str()).collect();
    if revisions.len() > 1 {
        return bad(format!(
            "revision: `{revision}` matches {} revisions of {slug}. Send more characters.",
            revisions.len()
        ));
    }
    if found.iter().any(|deploy| lower(deploy) != lower(newest)) {
        return bad(format!(
            "environment: `{revision}` of {slug} was deployed to {}. Say which one with `environment`.",
            environments(&found)
        ));
    }
    Ok(newest)
}

/// Error that says what is on record instead.
fn not_found(deploys: &[DeploySummary], slug: &Slug, revision: &str, environment: Option<&str>) -> String {
    match environment {
        Some(environment) if !deploys.is_empty() => format!(
            "environment: `{revision}` of {slug} was not deployed to {environment}, only to {}.",
            environments(&deploys.iter().collect::<Vec<_>>())
        ),
        _ => format!(
            "revision: no deploy of `{revision}` of {slug} is on record. Register it first, and send the revision that was \
             registered."
        ),
    }
}

/// The environments of these deploys, each once, in the order of the first deploys there.
fn environments(deploys: &[&DeploySummary]) -> String {
    let mut seen = BTreeSet::new();
    let names = deploys.iter().map(|deploy| deploy.environment.as_str());
    names.filter(|name| seen.insert(name.to_lowercase())).collect::<Vec<_>>().join(", ")
}
