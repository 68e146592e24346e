//! Whoever has an API key may say something of a connected deployment.

use crate::answer::{not_set_up, text};
use crate::handler::{DeployWebhook, header};
use approval::deploy::Slug;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use providers::register::{ParseError, api_key};
use providers::signature::verify_key;
use runtime::deployments::Connection;

impl DeployWebhook {
    /// The deployment that the request's path names, once its key is checked. `Err` is the answer to whoever has no key of this
    /// stack, or names a deployment that is not connected.
    pub(crate) async fn admit(
        &self,
        request: &Request,
        request_id: &str,
        now: Timestamp,
    ) -> Result<(Slug, Connection), Response<Body>> {
        let secret = self.api_secret.get(now).await.map_err(|error| {
            tracing::error!(request_id, %error, "no API key can be checked");
            not_set_up()
        })?;
        let (content_type, query) = sent(request);
        let key = api_key(header(request, "authorization"), query, content_type, request.body().as_ref());
        if !key.is_some_and(|key| verify_key(&key, &secret.keys)) {
            tracing::warn!(request_id, "refused: no API key of this stack");
            return Err(text(
                StatusCode::UNAUTHORIZED,
                "api_key: missing or not valid. Send an API key of this stack as `Authorization: Bearer KEY`.",
            ));
        }
        let slug = Self::slug(request).map_err(|path| Self::not_connected(&path))?;
        match self.deployments.connection(&slug) {
            Some(connection) => Ok((slug, connection)),
            None => {
                tracing::warn!(request_id, deployment = %slug, "refused: not connected");
                Err(Self::not_connected(slug.as_str()))
            }
        }
    }
}

/// A request's content type and query, as its parameters are read from them.
pub(crate) fn sent(request: &Request) -> (Option<&str>, &str) {
    (header(request, "content-type"), request.uri().query().unwrap_or_default())
}

/// The answer to parameters that can't be read.
pub(crate) fn unreadable(error: &ParseError, slug: &Slug, request_id: &str) -> Response<Body> {
    tracing::warn!(request_id, deployment = %slug, %error, "refused");
    let too_large = matches!(error, ParseError::TooLarge);
    let status = if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
    text(status, error.to_string())
}
