//! The clients of the outside world, made when first needed.

use jiff::Timestamp;
use secrecy::SecretString;
use signoff_providers::Failure;
use signoff_providers::circleci::client::CircleCi;
use signoff_providers::github::client::GitHub;
use signoff_providers::jira::Jira;
use signoff_providers::linear::Linear;
use signoff_providers::slack::client::Slack;
use signoff_providers::tracker::Trackers;
use signoff_providers::webhook::{Loopback, Webhook};
use signoff_runtime::aws::Aws;
use signoff_runtime::credentials::{self, Credential, StackFunction};
use signoff_runtime::secrets::{HeaderSecret, SecretError, Secrets};
use signoff_runtime::settings::{SettingError, Settings};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

/// The outside world.
#[derive(Debug)]
pub(crate) struct ProviderClients {
    http: OnceCell<reqwest::Client>,
    webhook: OnceCell<Webhook>,
    loopback: Loopback,
    workspace: OnceCell<String>,
    secrets: Secrets,
    slack_url: String,
    github_url: String,
    circleci_url: String,
    circleci_pages: String,
    /// Without an address, Jira is not connected.
    jira_url: Option<String>,
    linear_url: String,
    pub(crate) events: aws_sdk_eventbridge::Client,
    /// The bus of events whose rule names none.
    pub(crate) event_bus: String,
}

impl ProviderClients {
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        Ok(Self {
            http: OnceCell::new(),
            webhook: OnceCell::new(),
            loopback: loopback(settings)?,
            workspace: OnceCell::new(),
            secrets: Secrets::new(settings, StackFunction::ActionExecution, aws)?,
            slack_url: settings.url("SLACK_API_URL")?,
            github_url: settings.url("GITHUB_API_URL")?,
            circleci_url: settings.url("CIRCLECI_API_URL")?,
            circleci_pages: settings.url("CIRCLECI_APP_URL")?,
            jira_url: settings.optional("JIRA_URL").map(str::to_owned),
            linear_url: settings.url("LINEAR_API_URL")?,
            events: aws.events(),
            event_bus: settings.required("EVENT_BUS")?.to_owned(),
        })
    }

    pub(crate) async fn http(&self) -> Result<reqwest::Client, Failure> {
        self.http.get_or_try_init(async || signoff_providers::http::client()).await.cloned()
    }

    /// The client of the `webhook` action, whose addresses are not ours.
    pub(crate) async fn webhook(&self) -> Result<&Webhook, Failure> {
        self.webhook.get_or_try_init(async || Webhook::new(self.loopback)).await
    }

    pub(crate) async fn slack(&self, now: Timestamp) -> Result<Slack, Failure> {
        let token = self.text(&credentials::SLACK_BOT_TOKEN, now).await?;
        Ok(Slack::new(self.http().await?, &self.slack_url, token))
    }

    /// The id of the workspace that the app is installed in.
    pub(crate) async fn workspace(&self, slack: &Slack) -> Result<String, Failure> {
        self.workspace.get_or_try_init(async || slack.auth_test().await).await.cloned()
    }

    /// GitHub, with the token that only reads.
    pub(crate) async fn github(&self, now: Timestamp) -> Result<GitHub, Failure> {
        let token = self.text(&credentials::GITHUB_READ_TOKEN, now).await?;
        Ok(GitHub::new(self.http().await?, &self.github_url, token))
    }

    /// GitHub, with the token that starts and cancels workflows.
    pub(crate) async fn github_writer(&self, now: Timestamp) -> Result<GitHub, Failure> {
        let token = self.text(&credentials::GITHUB_WRITE_TOKEN, now).await?;
        Ok(GitHub::new(self.http().await?, &self.github_url, token))
    }

    pub(crate) async fn circleci(&self, now: Timestamp) -> Result<CircleCi, Failure> {
        let token = self.text(&credentials::CIRCLECI_TOKEN, now).await?;
        Ok(CircleCi::new(self.http().await?, &self.circleci_url, &self.circleci_pages, token))
    }

    /// The trackers that are connected, with the tokens that change issues.
    pub(crate) async fn trackers(&self, now: Timestamp) -> Result<Trackers, Failure> {
        let mut trackers = Trackers::default();
        if let Some(url) = &self.jira_url
            && let Some(token) = self.optional(&credentials::JIRA_WRITE_TOKEN, now).await?
        {
            let email = self.optional(&credentials::JIRA_WRITE_EMAIL, now).await?.unwrap_or_default();
            trackers.jira = Some(Jira::new(self.http().await?, url, email, token));
        }
        if let Some(key) = self.optional(&credentials::LINEAR_WRITE_KEY, now).await? {
            trackers.linear = Some(Linear::new(self.http().await?, &self.linear_url, key));
        }
        Ok(trackers)
    }

    /// The values of headers that rules may name.
    pub(crate) async fn headers(&self, now: Timestamp) -> Result<BTreeMap<String, HeaderSecret>, Failure> {
        self.secrets.headers(now).await.map_err(unread)
    }

    /// The same, as Secrets Manager has them now.
    pub(crate) async fn latest_headers(
        &self,
        now: Timestamp,
    ) -> Result<BTreeMap<String, HeaderSecret>, Failure> {
        self.secrets.latest_headers(now).await.map_err(unread)
    }

    /// The text that the keys of the `webhook` action are derived from.
    pub(crate) async fn signing_master(&self, now: Timestamp) -> Result<SecretString, Failure> {
        self.text(&credentials::WEBHOOK_SIGNING_KEY, now).await
    }

    async fn text(&self, credential: &Credential, now: Timestamp) -> Result<SecretString, Failure> {
        self.secrets.text(credential, now).await.map_err(unread)
    }

    async fn optional(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Option<SecretString>, Failure> {
        self.secrets.optional(credential, now).await.map_err(unread)
    }
}

/// Reads the setting `WEBHOOK_LOOPBACK`, which allows receivers on this machine. The template does not set
/// it: only the local stack does.
fn loopback(settings: &Settings) -> Result<Loopback, SettingError> {
    let name = "WEBHOOK_LOOPBACK";
    let read = Loopback::of_setting(settings.optional(name));
    read.ok_or_else(|| Settings::error(name, "must be `allowed`, or not set"))
}

/// A secret that can't be read now may be there in a moment.
fn unread(error: SecretError) -> Failure {
    Failure::retryable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_receivers_are_refused_unless_a_setting_allows_them() {
        assert_eq!(loopback(&Settings::new([])), Ok(Loopback::Refused));
        let set = |value| loopback(&Settings::new([("WEBHOOK_LOOPBACK", value)]));
        assert_eq!(set(""), Ok(Loopback::Refused));
        assert_eq!(set("allowed"), Ok(Loopback::Allowed));
        assert!(set("true").is_err());
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
        assert!(!std::fs::read_to_string(template).unwrap().contains("WEBHOOK_LOOPBACK"));
    }
}
