//! Admission of a CI job that shows its own token (OpenID Connect) in place of an API key.

mod claims;
mod starter;

use crate::admission::Admitted;
use crate::answer::{self, text};
use crate::handler::DeployWebhook;
use claims::Refusal;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use secrecy::SecretString;
use signoff_core::ci_job::CiJob;
use signoff_core::deploy::Slug;
use signoff_providers::oidc::{Claims, Token};
use signoff_runtime::connections::Connected;
use signoff_runtime::deployments::Connection;
use signoff_store::{CiTrust, Scope};

/// The reason for a token whose issuer no setting of the deployment names. It is the same where the
/// deployment is not connected.
const UNKNOWN_ISSUER: &str = "no CI in the deployment's settings has its issuer";

impl DeployWebhook {
    /// Lets in the job that shows `token`, if the settings of the deployment in the request's path name its
    /// project for `scope`. The path alone says which deployment it is.
    ///
    /// # Errors
    ///
    /// The answer: `401` for a token that is not genuine or whose issuer is not in the settings, `403` for a
    /// genuine one that is not good for this, `503` where the record or the issuer's keys can't be read.
    pub(crate) async fn admit_job(
        &self,
        request: &Request,
        token: SecretString,
        request_id: &str,
        now: Timestamp,
        scope: Scope,
        not_done: &str,
    ) -> Result<Admitted, Response<Body>> {
        let slug =
            Self::slug(request).map_err(|_| self.refused(StatusCode::UNAUTHORIZED, None, UNKNOWN_ISSUER))?;
        let refused = |status: StatusCode, reason: &str| {
            tracing::warn!(request_id, deployment = %slug, reason, "refused: the token of a CI job");
            self.refused(status, Some(&slug), reason)
        };
        let unauthorized = |reason: &str| refused(StatusCode::UNAUTHORIZED, reason);
        let token = Token::read(token).map_err(|error| unauthorized(&error.to_string()))?;
        let connected = self.connections.of(&self.store, &slug).await.map_err(|error| {
            tracing::error!(request_id, deployment = %slug, %error, "it can't be looked up whether it is connected");
            answer::not_done(not_done, &error)
        })?;
        let Connected::Yes(connection) = connected else { return Err(unauthorized(UNKNOWN_ISSUER)) };
        let named = connection.ci.iter().find(|trust| trust.issuer == token.issuer());
        let issuer = &named.ok_or_else(|| unauthorized(UNKNOWN_ISSUER))?.issuer;
        let keys = self.keys.of(issuer, token.kid(), now).await.map_err(|failure| {
            tracing::error!(request_id, deployment = %slug, issuer, failure = failure.logged(), "an issuer's keys can't be read");
            let problem = format!("{not_done}: Signoff can't read the keys of {issuer} right now. Try again in a minute.");
            text(StatusCode::SERVICE_UNAVAILABLE, problem)
        })?;
        let claims = token.verified(issuer, &self.public_url, &keys, now);
        let claims = claims.map_err(|error| unauthorized(&error.to_string()))?;
        let (job, may_report) = job_of(&connection, issuer, &claims)
            .map_err(|refusal| refused(StatusCode::FORBIDDEN, refusal.reason()))?;
        if scope == Scope::Report && !may_report {
            let reason = match job.is_vouched {
                true => "its line in the settings lacks the word `report`",
                false => Refusal::Ref.reason(),
            };
            return Err(refused(StatusCode::FORBIDDEN, reason));
        }
        tracing::info!(request_id, deployment = %slug, ci = job.ci, "the token of a CI job is taken");
        let mut of_job =
            connection.ci.iter().filter(|trust| trust.issuer == *issuer && trust.project.title() == job.ci);
        let started_by = of_job.find_map(|trust| starter::starter(&trust.project, &claims));
        let deployment = connection.deployment.clone();
        Ok(Admitted { deployment, started_by, may_report, job: Some(job), connection })
    }

    /// The answer to a token that is not taken, with what to do about it.
    fn refused(&self, status: StatusCode, slug: Option<&Slug>, reason: &str) -> Response<Body> {
        let url = &self.public_url;
        let place = slug.map_or_else(|| "OWNER/NAME".to_owned(), Slug::to_string);
        let told = format!(
            "Authorization: the token is refused: {reason}. An admin says at {url}/deployments/{place}/edit which CI jobs register \
             its deploys. Their tokens need the audience {url}"
        );
        text(status, told)
    }
}

/// The job that `claims` of `issuer` are of, by the lines of the settings that have it, and whether one of
/// them lets it report. What is reported counts at once: the branch or tag has to be vouched for by then.
fn job_of(connection: &Connection, issuer: &str, claims: &Claims) -> Result<(CiJob, bool), Refusal> {
    let of_issuer = |trust: &&CiTrust| trust.issuer == issuer;
    let mut admitted: Option<(CiJob, bool)> = None;
    let mut refusal = Refusal::OtherProject;
    for trust in connection.ci.iter().filter(of_issuer) {
        match claims::job(trust, claims) {
            Ok(job) => {
                // Of another CI's job it is known by now that no fork's pull request runs it.
                let may_report = trust.report && job.is_vouched && job.tells_forks();
                admitted = Some(match admitted {
                    None => (job, may_report),
                    Some((known, may)) => {
                        let is_vouched = known.is_vouched || job.is_vouched;
                        (CiJob { is_vouched, ..known }, may || may_report)
                    }
                });
            }
            Err(Refusal::OtherProject) => {}
            Err(other) => refusal = other,
        }
    }
    admitted.ok_or(refusal)
}
