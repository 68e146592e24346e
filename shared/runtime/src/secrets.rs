//! Secrets, from Secrets Manager: five JSON objects, each read when first needed and again every few minutes,
//! so that a new value is taken up without a deploy. [`credentials`] says which function reads which.

use crate::aws::Aws;
use crate::credentials::{self, Credential, StackFunction, StackSecret};
use crate::settings::{SettingError, Settings};
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;
use signoff_core::deploy::Slug;
use signoff_core::header_secret::is_for;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Mutex;

/// Time for which a value is used before it is read again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Secrets that one function reads.
#[derive(Debug)]
pub struct Secrets(BTreeMap<StackSecret, Secret>);

/// One secret of Secrets Manager.
#[derive(Debug)]
struct Secret {
    client: aws_sdk_secretsmanager::Client,
    id: String,
    cached: Mutex<Option<(Arc<Values>, Timestamp)>>,
}

/// Values of one secret, by key.
type Values = BTreeMap<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Value {
    Text(SecretString),
    Headers(BTreeMap<String, HeaderSecret>),
    /// A key that no credential has, and whatever somebody put there.
    Other(IgnoredAny),
}

/// Value of a header, and where it may go.
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

    fn new(id: &str, problem: String) -> Self {
        Self { id: id.to_owned(), problem, is_passing: false }
    }
}

impl Secrets {
    /// Secrets that `function` reads, by the settings that name them. Reads no value yet.
    ///
    /// # Errors
    /// A setting is missing.
    pub fn new(settings: &Settings, function: StackFunction, aws: &Aws) -> Result<Self, SettingError> {
        let secret = |secret: StackSecret| {
            let id = settings.required(secret.setting())?.to_owned();
            Ok((secret, Secret { client: aws.secrets(), id, cached: Mutex::new(None) }))
        };
        function.secrets().into_iter().map(secret).collect::<Result<_, _>>().map(Self)
    }

    /// Value of `credential` at `now`.
    ///
    /// # Errors
    /// The secret can't be read, or has no such value, or a blank one.
    pub async fn text(&self, credential: &Credential, now: Timestamp) -> Result<SecretString, SecretError> {
        let found = self.optional(credential, now).await?;
        found.ok_or_else(|| self.missing(credential))
    }

    /// Value of `credential` at `now`; `None`: the secret has none, or a blank one.
    ///
    /// # Errors
    /// The secret can't be read, or what it has there is no text.
    pub async fn optional(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Option<SecretString>, SecretError> {
        let values = self.values(credential.secret, now).await?;
        match values.get(credential.key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text).filter(|text| !is_blank(text)).cloned()),
            Some(Value::Headers(_) | Value::Other(_)) => Err(self.wrong(credential, "a text")),
        }
    }

    /// Values of headers at `now`, by the names that rules have for them. Without any, no rule can name one.
    /// A blank one is left out: it keeps the webhooks that don't send it from nothing.
    ///
    /// # Errors
    /// The secret can't be read, or is no object of headers.
    pub async fn headers(&self, now: Timestamp) -> Result<BTreeMap<String, HeaderSecret>, SecretError> {
        self.filled_headers(&*self.values(credentials::WEBHOOK_HEADERS.secret, now).await?)
    }

    /// The same, as Secrets Manager has them at `now`, whatever was read before.
    ///
    /// # Errors
    /// The secret can't be read now, or is no object of headers.
    pub async fn latest_headers(
        &self,
        now: Timestamp,
    ) -> Result<BTreeMap<String, HeaderSecret>, SecretError> {
        let secret = self.secret(credentials::WEBHOOK_HEADERS.secret)?;
        self.filled_headers(&*secret.latest(now).await?)
    }

    fn filled_headers(&self, values: &Values) -> Result<BTreeMap<String, HeaderSecret>, SecretError> {
        let credential = &credentials::WEBHOOK_HEADERS;
        match values.get(credential.key) {
            None => Ok(BTreeMap::new()),
            Some(Value::Headers(headers)) => {
                let filled = headers.iter().filter(|(_, held)| !is_blank(&held.value));
                Ok(filled.map(|(name, held)| (name.clone(), held.clone())).collect())
            }
            Some(Value::Text(_) | Value::Other(_)) => {
                Err(self.wrong(credential, "an object of headers, each with a `value`"))
            }
        }
    }

    async fn values(&self, secret: StackSecret, now: Timestamp) -> Result<Arc<Values>, SecretError> {
        self.secret(secret)?.get(now).await
    }

    fn secret(&self, secret: StackSecret) -> Result<&Secret, SecretError> {
        let found = self.0.get(&secret);
        found.ok_or_else(|| SecretError::new(secret.name(), "is not for this function".to_owned()))
    }

    fn missing(&self, credential: &Credential) -> SecretError {
        self.error(credential, format!("has no `{}`", credential.key))
    }

    fn wrong(&self, credential: &Credential, right: &str) -> SecretError {
        self.error(credential, format!("has a `{}` that is not {right}", credential.key))
    }

    fn error(&self, credential: &Credential, problem: String) -> SecretError {
        let id = self.0.get(&credential.secret).map_or(credential.secret.name(), |secret| &secret.id);
        SecretError::new(id, problem)
    }
}

fn is_blank(text: &SecretString) -> bool {
    text.expose_secret().trim().is_empty()
}

impl Secret {
    /// Its values at `now`. Values that can't be read again are used on; missing ones are an error.
    async fn get(&self, now: Timestamp) -> Result<Arc<Values>, SecretError> {
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

    /// Its values as Secrets Manager has them at `now`, whatever was read before.
    ///
    /// # Errors
    /// They can't be read now, or are missing.
    async fn latest(&self, now: Timestamp) -> Result<Arc<Values>, SecretError> {
        let mut cached = self.cached.lock().await;
        let value = Arc::new(self.read().await?);
        *cached = Some((Arc::clone(&value), now));
        Ok(value)
    }

    async fn read(&self) -> Result<Values, SecretError> {
        let request = self.client.get_secret_value().secret_id(&self.id);
        let answer = request.send().await.map_err(|failure| {
            // That there is no such secret, or no value of it, is for people to mend.
            let is_passing = failure.code() != Some("ResourceNotFoundException");
            let failure = aws_sdk_dynamodb::error::DisplayErrorContext(&failure);
            SecretError { is_passing, ..SecretError::new(&self.id, format!("can't be read: {failure}")) }
        })?;
        let text = SecretString::from(answer.secret_string.unwrap_or_default());
        // The parser's message may quote the value, so it is not passed on.
        serde_json::from_str(text.expose_secret()).map_err(|_| {
            let problem = "is not the JSON object that the README's deploy section shows".to_owned();
            SecretError::new(&self.id, problem)
        })
    }
}

#[cfg(test)]
mod tests;
