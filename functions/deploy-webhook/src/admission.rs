//! Whoever has an API key, or is a CI job that the settings name, may say something of a connected
//! deployment.

use crate::answer::{self, text};
use crate::handler::{DeployWebhook, header};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use secrecy::SecretString;
use signoff_core::ci_job::CiJob;
use signoff_core::deploy::Slug;
use signoff_core::range::Identity;
use signoff_providers::oidc::Token;
use signoff_providers::register::{ParseError, api_key};
use signoff_runtime::api_keys::{Holder, holder};
use signoff_runtime::connections::{Connected, disconnected};
use signoff_runtime::deployments::Connection;
use signoff_store::{DeploymentPattern, Scope};

/// A caller that was let in, and the deployment that the path names.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// The deployment, as it was first connected.
    pub(crate) deployment: Slug,
    /// Its repository, channel and CI.
    pub(crate) connection: Connection,
    /// True if the caller may report. If not, the tags of a registration do not count.
    pub(crate) may_report: bool,
    /// The CI job whose token was shown; `None`: an API key was.
    pub(crate) job: Option<CiJob>,
    /// Whoever started that job, by the word of its CI; `None`: the source host knows.
    pub(crate) started_by: Option<Identity>,
}

/// The token that a request shows as bearer, if it shows one.
fn shown_token(request: &Request) -> Option<SecretString> {
    let (scheme, credential) = header(request, "authorization")?.trim().split_once(' ')?;
    let credential = credential.trim();
    (scheme.eq_ignore_ascii_case("bearer") && Token::is_meant(credential)).then(|| credential.into())
}

impl DeployWebhook {
    /// The deployment that the request's path names and who asks, once the key or the token is checked. `Err`
    /// is the answer to whoever has none that is good for `scope` and the deployment, or names a deployment
    /// that is not connected; `not_done` is what was not done then, where the record can't be reached.
    pub(crate) async fn admit(
        &self,
        request: &Request,
        request_id: &str,
        now: Timestamp,
        scope: Scope,
        not_done: &str,
    ) -> Result<Admitted, Response<Body>> {
        if let Some(token) = shown_token(request) {
            return self.admit_job(request, token, request_id, now, scope, not_done).await;
        }
        let holder = self.holder(request, request_id, not_done).await?;
        self.has_scope(&holder, scope, request_id).map_err(|refusal| *refusal)?;
        let slug = Self::slug(request).map_err(|path| self.not_connected(&path))?;
        self.admit_holder(&holder, slug, request_id, not_done).await
    }

    /// The deployment `slug`, for the holder of a key that is good for what they want. `Err`: the answer
    /// where the key is for other deployments, or `slug` is not connected.
    pub(crate) async fn admit_holder(
        &self,
        holder: &Holder,
        slug: Slug,
        request_id: &str,
        not_done: &str,
    ) -> Result<Admitted, Response<Body>> {
        if !holder.is_for(&slug) {
            tracing::warn!(request_id, key = holder.key.id, deployment = %slug, "refused: the key is for others");
            return Err(self.not_for(holder, &slug));
        }
        match self.connections.of(&self.store, &slug).await {
            Ok(Connected::Yes(connection)) => {
                let (deployment, may_report) = (connection.deployment.clone(), holder.may(Scope::Report));
                Ok(Admitted { deployment, connection, may_report, job: None, started_by: None })
            }
            Ok(Connected::No(done)) => {
                tracing::warn!(request_id, deployment = %slug, "refused: disconnected");
                let problem = disconnected(&slug, &done, &self.public_url);
                Err(text(StatusCode::CONFLICT, format!("deployment: {problem}")))
            }
            Ok(Connected::Unknown) => {
                tracing::warn!(request_id, deployment = %slug, "refused: not connected");
                Err(self.not_connected(slug.as_str()))
            }
            Err(error) => {
                tracing::error!(request_id, deployment = %slug, %error, "it can't be looked up whether it is connected");
                Err(answer::not_done(not_done, &error))
            }
        }
    }

    /// The answer to a key that is for other deployments than `slug`.
    fn not_for(&self, holder: &Holder, slug: &Slug) -> Response<Body> {
        let patterns: Vec<_> = holder.deployments.iter().map(DeploymentPattern::as_str).collect();
        text(
            StatusCode::FORBIDDEN,
            format!(
                "api_key: the key \u{201c}{}\u{201d} is not for {slug} (it is for: {}). An admin can create one that is at \
                 {}/settings/keys",
                holder.key.name,
                patterns.join(", "),
                self.public_url
            ),
        )
    }

    /// The holder of the key that a request shows. `Err`: the answer where it shows none of this stack's.
    pub(crate) async fn holder(
        &self,
        request: &Request,
        request_id: &str,
        not_done: &str,
    ) -> Result<Holder, Response<Body>> {
        let (content_type, query) = sent(request);
        let key = api_key(header(request, "authorization"), query, content_type, request.body().as_ref());
        let found = match &key {
            Some(key) => holder(&self.store, key).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(holder)) => Ok(holder),
            Ok(None) => {
                tracing::warn!(request_id, "refused: no API key of this stack");
                Err(text(
                    StatusCode::UNAUTHORIZED,
                    "api_key: missing or not valid. Send an API key of this stack, or the token of a CI job, as `Authorization: Bearer KEY`.",
                ))
            }
            Err(error) => {
                tracing::error!(request_id, %error, "no API key can be looked up");
                Err(answer::not_done(not_done, &error))
            }
        }
    }
}

impl DeployWebhook {
    /// Lets pass whose key is good for `scope`.
    pub(crate) fn has_scope(
        &self,
        holder: &Holder,
        scope: Scope,
        request_id: &str,
    ) -> Result<(), Box<Response<Body>>> {
        if holder.may(scope) {
            return Ok(());
        }
        let (name, scopes) = (&holder.key.name, holder.scopes());
        tracing::warn!(request_id, key = holder.key.id, scopes, "refused: the key is not for this");
        Err(Box::new(text(
            StatusCode::FORBIDDEN,
            format!(
                "api_key: the key \u{201c}{name}\u{201d} lacks the scope `{}` (it has: {scopes}). An admin can create one \
                 that has it at {}/settings/keys",
                scope.name(),
                self.public_url
            ),
        )))
    }
}

/// A request's content type and query, as its parameters are read from them.
pub(crate) fn sent(request: &Request) -> (Option<&str>, &str) {
    (header(request, "content-type"), request.uri().query().unwrap_or_default())
}

/// The answer to parameters that can't be read.
pub(crate) fn unreadable(error: &ParseError, slug: &Slug, request_id: &str) -> Response<Body> {
    tracing::warn!(request_id, deployment = %slug, unreadable = error.logged(), "refused");
    let too_large = matches!(error, ParseError::TooLarge);
    let status = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
    text(status, error.to_string())
}
