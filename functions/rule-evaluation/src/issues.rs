//! The issues that a deploy mentions, as their trackers know them.

use crate::handler::RuleEvaluation;
use jiff::Timestamp;
use signoff_core::deploy::Deploy;
use signoff_core::effect::MAX_ATTEMPTS;
use signoff_core::issue::{Issue, Tracker};
use signoff_providers::Failure;
use signoff_providers::jira::Jira;
use signoff_providers::linear::Linear;
use signoff_providers::tracker::Trackers;
use signoff_runtime::credentials;
use signoff_runtime::secrets::Secrets;
use signoff_runtime::settings::{SettingError, Settings};

/// Trackers in which issues may be.
#[derive(Debug)]
pub(crate) struct TrackerConfig {
    /// Without an address, Jira is not connected.
    jira_url: Option<String>,
    linear_url: String,
}

impl TrackerConfig {
    /// Reads the trackers from the settings. Error: a setting is missing.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self {
            jira_url: settings.optional("JIRA_URL").map(str::to_owned),
            linear_url: settings.url("LINEAR_API_URL")?,
        })
    }

    /// The trackers that are connected, with the tokens that read.
    pub(crate) async fn trackers(
        &self,
        secrets: &Secrets,
        http: &reqwest::Client,
        now: Timestamp,
    ) -> Result<Trackers, Failure> {
        let unread = |error: signoff_runtime::secrets::SecretError| Failure::retryable(error.to_string());
        let mut trackers = Trackers::default();
        if let Some(url) = &self.jira_url
            && let Some(token) = secrets.optional(&credentials::JIRA_READ_TOKEN, now).await.map_err(unread)?
        {
            let email = secrets.optional(&credentials::JIRA_READ_EMAIL, now).await.map_err(unread)?;
            trackers.jira = Some(Jira::new(http.clone(), url, email.unwrap_or_default(), token));
        }
        let key = secrets.optional(&credentials::LINEAR_READ_KEY, now).await.map_err(unread)?;
        trackers.linear = key.map(|key| Linear::new(http.clone(), &self.linear_url, key));
        Ok(trackers)
    }
}

impl RuleEvaluation {
    /// Looks up the issues that `deploy` mentions, at each tracker that is connected. Says what is to be put
    /// on record of it, and if a tracker failed. One that refuses, or can't be asked in the last of the
    /// `tries`, is noted in the deploy, which goes on without its issues.
    ///
    /// # Errors
    /// A tracker can't be asked now.
    pub(crate) async fn look_up_issues(
        &self,
        tries: u32,
        deploy: &mut Deploy,
    ) -> Result<(Vec<String>, bool), Failure> {
        deploy.silent_trackers.clear();
        let keys = deploy.mentioned_issues();
        if keys.is_empty() {
            return Ok((Vec::new(), false));
        }
        let mut notices = Vec::new();
        let trackers = self.places.trackers(&self.secrets, self.http().await?, self.now()).await?;
        let connected = trackers.connected();
        if connected.is_empty() {
            deploy.silent_trackers = vec![Tracker::Jira, Tracker::Linear];
            notices.push(
                "No issue tracker is connected. No condition on issues holds for this deploy.".to_owned(),
            );
        }
        for tracker in connected.iter().copied() {
            match trackers.issues(tracker, &keys).await {
                Ok(found) => {
                    let new = found
                        .into_iter()
                        .filter(|issue| !deploy.issues.iter().any(|known| is_same(known, issue)));
                    let new: Vec<Issue> = new.collect();
                    deploy.issues.extend(new);
                }
                Err(failure) if goes_on_without(&failure, tries) => {
                    deploy.silent_trackers.push(tracker);
                    notices.push(format!("{failure}. No condition on issues holds for this deploy."));
                }
                Err(failure) => return Err(failure),
            }
        }
        let has_failed = !connected.is_empty() && !deploy.silent_trackers.is_empty();
        Ok((notices, has_failed))
    }
}

/// True if the deploy goes on though a tracker failed in this attempt. A failure that passes is waited for,
/// but not forever; a rate limit is, since it slows work down and ends none.
pub(crate) fn goes_on_without(failure: &Failure, tries: u32) -> bool {
    !failure.is_passing() || failure.retry_after().is_none() && tries >= MAX_ATTEMPTS
}

/// One that was moved may be named by its old key and its new one.
fn is_same(one: &Issue, other: &Issue) -> bool {
    (one.tracker, &one.key) == (other.tracker, &other.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tracker_keeps_a_deploy_from_its_rules() {
        let (busy, refuses) = (Failure::retryable("busy"), Failure::Permanent("no".to_owned()));
        let wait = Some(std::time::Duration::from_secs(30));
        let limited = Failure::Retryable { message: "slow down".to_owned(), retry_after: wait };
        for (failure, tries, goes_on) in [
            (&refuses, 1, true),
            (&busy, 1, false),
            (&busy, MAX_ATTEMPTS - 1, false),
            (&busy, MAX_ATTEMPTS, true),
            (&limited, MAX_ATTEMPTS, false),
        ] {
            assert_eq!(goes_on_without(failure, tries), goes_on, "{failure} {tries}");
        }
    }
}
