//! Secrets, from Secrets Manager: one JSON object a provider, read when first needed and again every few
//! minutes, so that a new value is taken up without a deploy.

use crate::aws::Aws;
use crate::settings::{SettingError, Settings};
use approval::deploy::Slug;
use approval::header_secret::is_for;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;

/// Time for which a value is used before it is read again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);

/// The Slack app's secret.
#[derive(Clone, Debug, Deserialize)]
pub struct SlackSecret {
    /// The bot user's OAuth token, `xoxb-…`.
    pub bot_token: SecretString,
    /// Secret that Slack signs its requests with.
    pub signing_secret: SecretString,
    /// The app's client id. Without it nobody signs in with Slack, which is no mistake.
    #[serde(default)]
    pub client_id: String,
    /// The client secret that goes with it.
    #[serde(default)]
    pub client_secret: SecretString,
}

/// GitHub's secret.
#[derive(Clone, Debug, Deserialize)]
pub struct GitHubSecret {
    /// A token that reads contents and pull requests, and dispatches workflows.
    pub token: SecretString,
    /// Secret that those of the deployments' webhooks are derived from.
    pub webhook_secret: SecretString,
}

/// CircleCI's secret.
#[derive(Clone, Debug, Deserialize)]
pub struct CircleCiSecret {
    /// A personal API token.
    pub token: SecretString,
}

/// Jira's secret. Without a token Jira is not connected, which is no mistake.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct JiraSecret {
    /// The e-mail address of an account.
    #[serde(default)]
    pub email: SecretString,
    /// Its API token.
    #[serde(default)]
    pub token: SecretString,
}

/// Linear's secret. Without a key Linear is not connected, which is no mistake.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LinearSecret {
    /// An API key.
    #[serde(default)]
    pub key: SecretString,
}

/// Signoff's own API keys.
#[derive(Clone, Debug, Deserialize)]
pub struct ApiSecret {
    /// The keys that register deploys and open the console.
    pub keys: Vec<SecretString>,
    /// Secret that the keys of the deployments' `webhook` actions are derived from.
    #[serde(default)]
    pub webhook_key: Option<SecretString>,
}

/// Secrets that Signoff writes to other services with. Without one, no rule can name it, which is no mistake.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct WriteSecret {
    /// The values of headers of the `webhook` action, by the names that rules have for them.
    #[serde(default)]
    pub webhook_headers: BTreeMap<String, HeaderSecret>,
}

/// The value of a header, and where it may go.
#[derive(Clone, Debug, Deserialize)]
pub struct HeaderSecret {
    /// The whole value of the header: `Bearer …`.
    pub value: SecretString,
    /// The hosts that it may go to: a name, or `*.example.com` for all below it.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The deployments whose rules may send it: `organization/name` or `organization/*`.
    #[serde(default)]
    pub deployments: Vec<String>,
}

impl HeaderSecret {
    /// True if rules of `deployment` may send it. A list without entries names none.
    pub fn is_for(&self, deployment: &Slug) -> bool {
        is_for(&self.deployments, deployment)
    }
}

impl Complete for WriteSecret {
    fn missing(&self) -> Option<&'static str> {
        let values = self.webhook_headers.values();
        values.map(|held| &held.value).any(|value| value.expose_secret().trim().is_empty()).then_some("value")
    }
}

impl ApiSecret {
    /// The secret that the keys of the `webhook` action are derived from: `webhook_key`; where there is none,
    /// the first of `keys`. `None`: there is neither.
    pub fn signing_key(&self) -> Option<&SecretString> {
        let own = self.webhook_key.as_ref().filter(|key| !key.expose_secret().trim().is_empty());
        own.or_else(|| self.keys.first())
    }
}

/// A secret whose empty parts count as missing.
pub trait Complete: DeserializeOwned {
    /// The name of the first part that is empty.
    fn missing(&self) -> Option<&'static str>;
}

fn first_empty(parts: &[(&'static str, &SecretString)]) -> Option<&'static str> {
    parts.iter().find(|(_, value)| value.expose_secret().trim().is_empty()).map(|(name, _)| *name)
}

impl Complete for SlackSecret {
    fn missing(&self) -> Option<&'static str> {
        first_empty(&[("bot_token", &self.bot_token), ("signing_secret", &self.signing_secret)])
    }
}

impl Complete for GitHubSecret {
    fn missing(&self) -> Option<&'static str> {
        first_empty(&[("token", &self.token), ("webhook_secret", &self.webhook_secret)])
    }
}

impl Complete for CircleCiSecret {
    fn missing(&self) -> Option<&'static str> {
        first_empty(&[("token", &self.token)])
    }
}

impl SlackSecret {
    /// True if people can sign in with Slack: there are a client id and its secret.
    pub fn signs_in(&self) -> bool {
        !self.client_id.trim().is_empty() && !self.client_secret.expose_secret().trim().is_empty()
    }
}

impl JiraSecret {
    /// True if there is a token to ask Jira with.
    pub fn is_filled(&self) -> bool {
        first_empty(&[("token", &self.token)]).is_none()
    }
}

impl LinearSecret {
    /// True if there is a key to ask Linear with.
    pub fn is_filled(&self) -> bool {
        first_empty(&[("key", &self.key)]).is_none()
    }
}

impl Complete for JiraSecret {
    fn missing(&self) -> Option<&'static str> {
        None
    }
}

impl Complete for LinearSecret {
    fn missing(&self) -> Option<&'static str> {
        None
    }
}

impl Complete for ApiSecret {
    fn missing(&self) -> Option<&'static str> {
        let empty = self.keys.iter().any(|key| key.expose_secret().trim().is_empty());
        (self.keys.is_empty() || empty).then_some("keys")
    }
}

/// Error for a secret that can't be used. Nothing is let through without it.
#[derive(Clone, Debug, Error)]
#[error(
    "the secret {id} {problem}; put its value with `aws secretsmanager put-secret-value --secret-id {id}`"
)]
pub struct SecretError {
    id: String,
    problem: String,
    is_passing: bool,
}

impl SecretError {
    /// True where trying again may help by itself: Secrets Manager did not do what it was asked.
    pub fn is_passing(&self) -> bool {
        self.is_passing
    }
}

/// One secret of Secrets Manager.
#[derive(Debug)]
pub struct Secret<T> {
    client: aws_sdk_secretsmanager::Client,
    id: String,
    cached: Mutex<Option<(Arc<T>, Timestamp)>>,
}

impl<T: Complete> Secret<T> {
    /// The secret whose id the setting `name` holds. Nothing is read yet.
    pub fn new(settings: &Settings, name: &str, aws: &Aws) -> Result<Self, SettingError> {
        Ok(Self { client: aws.secrets(), id: settings.required(name)?.to_owned(), cached: Mutex::new(None) })
    }

    /// Its value at `now`. A value that can't be read again is used on; a missing one is an error.
    pub async fn get(&self, now: Timestamp) -> Result<Arc<T>, SecretError> {
        let mut cached = self.cached.lock().await;
        if let Some((value, read_at)) = cached.as_ref()
            && now.duration_since(*read_at) < FRESH_FOR
        {
            return Ok(Arc::clone(value));
        }
        match (self.read().await, cached.as_ref()) {
            (Ok(value), _) => {
                let value = Arc::new(value);
                *cached = Some((Arc::clone(&value), now));
                Ok(value)
            }
            (Err(error), Some((value, _))) => {
                tracing::warn!(%error, "the secret's last value is used on");
                Ok(Arc::clone(value))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Its value as Secrets Manager has it at `now`, whatever was read before.
    ///
    /// # Errors
    /// It can't be read now, or is missing.
    pub async fn latest(&self, now: Timestamp) -> Result<Arc<T>, SecretError> {
        let mut cached = self.cached.lock().await;
        let value = Arc::new(self.read().await?);
        *cached = Some((Arc::clone(&value), now));
        Ok(value)
    }

    async fn read(&self) -> Result<T, SecretError> {
        let error = |problem: String| SecretError { id: self.id.clone(), problem, is_passing: false };
        let request = self.client.get_secret_value().secret_id(&self.id);
        let answer = request.send().await.map_err(|failure| {
            // That there is no such secret, or no value of it, is for people to mend.
            let is_passing = failure.code() != Some("ResourceNotFoundException");
            let failure = aws_sdk_dynamodb::error::DisplayErrorContext(&failure);
            SecretError { is_passing, ..error(format!("can't be read: {failure}")) }
        })?;
        let text = SecretString::from(answer.secret_string.unwrap_or_default());
        // The parser's message may quote the value, so it is not passed on.
        let value: T = serde_json::from_str(text.expose_secret())
            .map_err(|_| error("is not the JSON object that the README's deploy section shows".to_owned()))?;
        match value.missing() {
            None => Ok(value),
            Some(part) => Err(error(format!("has no `{part}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_sign_in_is_optional() {
        for (more, signs_in) in [
            ("", false),
            (r#", "client_id": "1.2""#, false),
            (r#", "client_secret": "s""#, false),
            (r#", "client_id": " ", "client_secret": "s""#, false),
            (r#", "client_id": "1.2", "client_secret": "s""#, true),
        ] {
            let text = format!(r#"{{"bot_token": "xoxb-1", "signing_secret": "s"{more}}}"#);
            let slack: SlackSecret = serde_json::from_str(&text).unwrap();
            assert_eq!((slack.signs_in(), slack.missing()), (signs_in, None), "{text}");
        }
    }

    #[test]
    fn secret_is_for_the_deployments_it_names_alone() {
        let deployment = Slug::new("acme", "Checkout").unwrap();
        for (named, expected) in [
            (&[][..], false),
            (&["acme/checkout"], true),
            (&["acme/*"], true),
            (&["Acme/CHECKOUT "], true),
            (&["acme/check*"], false),
            (&["*"], false),
            (&["*/checkout"], false),
            (&["acm/*", "acme/checkout2"], false),
        ] {
            let deployments = named.iter().map(ToString::to_string).collect();
            let held = HeaderSecret { value: "v".into(), hosts: Vec::new(), deployments };
            assert_eq!(held.is_for(&deployment), expected, "{named:?}");
        }
        let read = |text: &str| serde_json::from_str::<WriteSecret>(text).unwrap().missing();
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"webhook_headers": {"pager": {"value": " "}}}"#), Some("value"));
    }

    #[test]
    fn a_tracker_without_a_token_is_not_connected_and_no_mistake() {
        for (text, filled) in [
            ("{}", false),
            (r#"{"email": "", "token": " ", "key": ""}"#, false),
            (r#"{"email": "ana@acme.example", "token": "t", "key": "k"}"#, true),
        ] {
            let jira: JiraSecret = serde_json::from_str(text).unwrap();
            let linear: LinearSecret = serde_json::from_str(text).unwrap();
            assert_eq!((jira.is_filled(), linear.is_filled()), (filled, filled), "{text}");
            assert_eq!((jira.missing(), linear.missing()), (None, None), "{text}");
        }
    }
}
