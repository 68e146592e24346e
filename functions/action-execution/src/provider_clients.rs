//! The clients of the outside world, made when first needed.

use jiff::Timestamp;
use providers::Failure;
use providers::circleci::client::CircleCi;
use providers::github::client::GitHub;
use providers::jira::Jira;
use providers::linear::Linear;
use providers::slack::client::Slack;
use providers::tracker::Trackers;
use providers::webhook::{Loopback, Webhook};
use runtime::aws::Aws;
use runtime::secrets::{
    ApiSecret, CircleCiSecret, Complete, GitHubSecret, JiraSecret, LinearSecret, Secret, SlackSecret,
    WriteSecret,
};
use runtime::settings::{SettingError, Settings};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The outside world.
#[derive(Debug)]
pub(crate) struct ProviderClients {
    http: OnceCell<reqwest::Client>,
    webhook: OnceCell<Webhook>,
    loopback: Loopback,
    workspace: OnceCell<String>,
    slack: (String, Secret<SlackSecret>),
    github: (String, Secret<GitHubSecret>),
    circleci: (String, String, Secret<CircleCiSecret>),
    /// Without an address, Jira is not connected.
    jira: (Option<String>, Secret<JiraSecret>),
    linear: (String, Secret<LinearSecret>),
    api: Secret<ApiSecret>,
    write: Secret<WriteSecret>,
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
            slack: (settings.url("SLACK_API_URL")?, Secret::new(settings, "SLACK_SECRET", aws)?),
            github: (settings.url("GITHUB_API_URL")?, Secret::new(settings, "GITHUB_SECRET", aws)?),
            circleci: (
                settings.url("CIRCLECI_API_URL")?,
                settings.url("CIRCLECI_APP_URL")?,
                Secret::new(settings, "CIRCLECI_SECRET", aws)?,
            ),
            jira: (
                settings.optional("JIRA_URL").map(str::to_owned),
                Secret::new(settings, "JIRA_SECRET", aws)?,
            ),
            linear: (settings.url("LINEAR_API_URL")?, Secret::new(settings, "LINEAR_SECRET", aws)?),
            api: Secret::new(settings, "API_SECRET", aws)?,
            write: Secret::new(settings, "WRITE_SECRET", aws)?,
            events: aws.events(),
            event_bus: settings.required("EVENT_BUS")?.to_owned(),
        })
    }

    pub(crate) async fn http(&self) -> Result<reqwest::Client, Failure> {
        self.http.get_or_try_init(async || providers::http::client()).await.cloned()
    }

    /// The client of the `webhook` action, whose addresses are not ours.
    pub(crate) async fn webhook(&self) -> Result<&Webhook, Failure> {
        self.webhook.get_or_try_init(async || Webhook::new(self.loopback)).await
    }

    pub(crate) async fn slack(&self, now: Timestamp) -> Result<Slack, Failure> {
        let secret = read(&self.slack.1, now).await?;
        Ok(Slack::new(self.http().await?, &self.slack.0, secret.bot_token.clone()))
    }

    /// The id of the workspace that the app is installed in.
    pub(crate) async fn workspace(&self, slack: &Slack) -> Result<String, Failure> {
        self.workspace.get_or_try_init(async || slack.auth_test().await).await.cloned()
    }

    pub(crate) async fn github(&self, now: Timestamp) -> Result<GitHub, Failure> {
        let secret = read(&self.github.1, now).await?;
        Ok(GitHub::new(self.http().await?, &self.github.0, secret.token.clone()))
    }

    pub(crate) async fn circleci(&self, now: Timestamp) -> Result<CircleCi, Failure> {
        let secret = read(&self.circleci.2, now).await?;
        Ok(CircleCi::new(self.http().await?, &self.circleci.0, &self.circleci.1, secret.token.clone()))
    }

    /// The trackers that are connected.
    pub(crate) async fn trackers(&self, now: Timestamp) -> Result<Trackers, Failure> {
        let mut trackers = Trackers::default();
        if let Some(url) = &self.jira.0 {
            let secret = read(&self.jira.1, now).await?;
            let (email, token) = (secret.email.clone(), secret.token.clone());
            let http = self.http().await?;
            trackers.jira = secret.is_filled().then(|| Jira::new(http, url, email, token));
        }
        let secret = read(&self.linear.1, now).await?;
        let http = self.http().await?;
        trackers.linear = secret.is_filled().then(|| Linear::new(http, &self.linear.0, secret.key.clone()));
        Ok(trackers)
    }

    /// The secrets that rules may name.
    pub(crate) async fn write_secret(&self, now: Timestamp) -> Result<Arc<WriteSecret>, Failure> {
        read(&self.write, now).await
    }

    /// The same, as Secrets Manager has them now.
    pub(crate) async fn latest_write_secret(&self, now: Timestamp) -> Result<Arc<WriteSecret>, Failure> {
        self.write.latest(now).await.map_err(|error| Failure::retryable(error.to_string()))
    }

    pub(crate) async fn api_secret(&self, now: Timestamp) -> Result<Arc<ApiSecret>, Failure> {
        read(&self.api, now).await
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
async fn read<T: Complete>(secret: &Secret<T>, now: Timestamp) -> Result<Arc<T>, Failure> {
    secret.get(now).await.map_err(|error| Failure::retryable(error.to_string()))
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
