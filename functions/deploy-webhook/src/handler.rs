//! A request of CI or of a git host: verify it, register its deploy, answer.

use crate::answer;
use crate::routes::{Endpoint, TABLE};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use signoff_core::deploy::Slug;
use signoff_providers::oidc::Keys;
use signoff_providers::webhook::Loopback;
use signoff_runtime::aws::Aws;
use signoff_runtime::connections::Connections;
use signoff_runtime::credentials::StackFunction;
use signoff_runtime::gateway;
use signoff_runtime::secrets::Secrets;
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::Store;

/// Part of an answer that says what was not done because the record can't be reached.
pub(crate) const NOT_REGISTERED: &str = "The deploy was not registered";

/// Takes deploys.
#[derive(Debug)]
pub(crate) struct DeployWebhook {
    pub(crate) store: Store,
    pub(crate) connections: Connections,
    pub(crate) secrets: Secrets,
    pub(crate) public_url: String,
    /// The keys that sign the tokens of CI jobs.
    pub(crate) keys: Keys,
}

impl DeployWebhook {
    /// The function with these settings. Error: one is missing or can't be read.
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        let connections = settings.connections()?;
        settings.required("DEPLOYS_QUEUE_URL")?;
        Ok(Self {
            store: aws.store(settings)?,
            connections,
            secrets: Secrets::new(settings, StackFunction::DeployWebhook, aws)?,
            public_url: settings.url("PUBLIC_URL")?,
            keys: Keys::new(loopback(settings)?),
        })
    }

    /// Answers one request. A deploy is on record before it is answered 200; every other answer says what was
    /// wrong.
    pub(crate) async fn handle(&self, request: &Request, now: Timestamp) -> Response<Body> {
        let request_id = request.lambda_context_ref().map_or("", |context| context.request_id.as_str());
        match gateway::endpoint(TABLE, request) {
            Some(Endpoint::Register) => self.register(request, request_id, now).await,
            Some(Endpoint::Health) => self.health(request, request_id, now).await,
            Some(Endpoint::GraphQl) => self.graphql(request, request_id, now).await,
            Some(Endpoint::GitHub) => self.github(request, request_id, now).await,
            None => {
                tracing::warn!(request_id, "refused: no route of this function");
                answer::text(StatusCode::NOT_FOUND, "There is nothing at this address.")
            }
        }
    }

    /// Answer to a client whose deployment is not connected.
    pub(crate) fn not_connected(&self, slug: &str) -> Response<Body> {
        answer::bad_request(format!(
            "deployment: `{slug}` is not connected to this stack. An admin can connect it at {url}/deployments/{slug}/edit. Or add \
             `{slug}` (its repository is then github.com/{slug}), `{slug}=owner/repository`, or `{organization}/*` to the \
             stack's parameter Deployments, and deploy the stack.",
            url = self.public_url,
            organization = slug.split('/').next().unwrap_or(slug)
        ))
    }

    /// The path's parameter `name`, as it was sent.
    pub(crate) fn slug(request: &Request) -> Result<Slug, String> {
        let parameters = request.path_parameters();
        let part = |name: &str| parameters.first(name).unwrap_or_default().to_owned();
        let (organization, name) = (part("org"), part("deployment"));
        Slug::new(&organization, &name).ok_or_else(|| format!("{organization}/{name}"))
    }
}

/// Reads the setting `WEBHOOK_LOOPBACK`: if issuers on this machine are allowed. Only the local stack sets
/// it.
fn loopback(settings: &Settings) -> Result<Loopback, SettingError> {
    let name = "WEBHOOK_LOOPBACK";
    let read = Loopback::of_setting(settings.optional(name));
    read.ok_or_else(|| Settings::error(name, "must be `allowed`, or not set"))
}

/// A header's value, where it is text.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
