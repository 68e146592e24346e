//! Requests of pages to GitHub and Slack. They only read, and the page goes on without an answer.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use signoff_providers::Failure;
use signoff_providers::github::first_file::RULES;
use signoff_providers::github::{GitHub, NoCache, RepositoryFile};
use signoff_providers::slack::client::Slack;
use signoff_runtime::credentials::GITHUB_READ_TOKEN;
use signoff_runtime::secrets::Secrets;
use signoff_runtime::settings::{SettingError, Settings};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// Longest wait for a page because of one of these.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for which the list of channels is used before it is read again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Number of pages of channels that are read, a thousand channels each.
const CHANNEL_PAGES: usize = 3;

/// GitHub and Slack.
#[derive(Debug)]
pub(crate) struct ProviderClients {
    http: OnceCell<reqwest::Client>,
    github_url: String,
    secrets: Arc<Secrets>,
    slack_url: String,
    /// The names of Slack's public channels, and when they were read.
    channels: Mutex<Option<(Arc<[String]>, Timestamp)>>,
}

impl ProviderClients {
    /// As the settings `GITHUB_API_URL` and `SLACK_API_URL` describe them.
    pub(crate) fn new(settings: &Settings, secrets: Arc<Secrets>) -> Result<Self, SettingError> {
        Ok(Self {
            http: OnceCell::new(),
            github_url: settings.url("GITHUB_API_URL")?,
            secrets,
            slack_url: settings.url("SLACK_API_URL")?,
            channels: Mutex::new(None),
        })
    }

    /// Address of GitHub's API.
    pub(crate) fn github_url(&self) -> &str {
        &self.github_url
    }

    /// The rules file of `repository` (`owner/name`) on its default branch; `None`: it has none.
    pub(crate) async fn rules_file(
        &self,
        repository: &str,
        now: Timestamp,
    ) -> Result<Option<RepositoryFile>, Failure> {
        let read = async { self.github(now).await?.first_file(repository, RULES, &NoCache).await };
        in_time("GitHub", read).await
    }

    /// The number of `repository` (`owner/name`); `None`: GitHub shows no such repository.
    pub(crate) async fn repository_number(
        &self,
        repository: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, Failure> {
        let read = async { self.github(now).await?.repository(repository).await };
        Ok(in_time("GitHub", read).await?.map(|found| found.id))
    }

    /// True if in `repository` (`owner/name`) the head and the base both follow from the commit `sha`: a
    /// range that begins there leaves out nothing that one from the base has. One from a side branch would.
    pub(crate) async fn is_further_back(
        &self,
        repository: &str,
        sha: &str,
        (base, head): (&str, &str),
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let compared = async {
            let github = self.github(now).await?;
            Ok(sha != base
                && github.contains(repository, head, sha).await?
                && github.contains(repository, base, sha).await?)
        };
        in_time("GitHub", compared).await
    }

    async fn github(&self, now: Timestamp) -> Result<GitHub, Failure> {
        let token = self.secrets.text(&GITHUB_READ_TOKEN, now).await;
        let token = token.map_err(|error| Failure::retryable(error.to_string()))?;
        Ok(GitHub::new(self.http().await?, &self.github_url, token))
    }

    /// The names of the public channels that the app with the bot token `token` can see, without `#`, in the
    /// order of the alphabet.
    pub(crate) async fn channels(
        &self,
        token: SecretString,
        now: Timestamp,
    ) -> Result<Arc<[String]>, Failure> {
        let mut kept = self.channels.lock().await;
        if let Some((channels, at)) = kept.as_ref()
            && now.duration_since(*at) < FRESH_FOR
        {
            return Ok(Arc::clone(channels));
        }
        let read = async {
            let slack = Slack::new(self.http().await?, &self.slack_url, token);
            slack.channels(CHANNEL_PAGES).await
        };
        let mut channels = in_time("Slack", read).await?;
        channels.sort_unstable();
        let channels: Arc<[String]> = channels.into();
        *kept = Some((Arc::clone(&channels), now));
        Ok(channels)
    }

    async fn http(&self) -> Result<reqwest::Client, Failure> {
        self.http.get_or_try_init(async || signoff_providers::http::client()).await.cloned()
    }
}

async fn in_time<T>(who: &str, answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late =
        |_| Failure::retryable(format!("{who} did not answer within {} seconds", REQUEST_TIMEOUT.as_secs()));
    tokio::time::timeout(REQUEST_TIMEOUT, answer).await.map_err(late)?
}
