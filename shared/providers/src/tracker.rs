//! Common interface of the issue trackers, and the choice between them.

use crate::failure::Failure;
use crate::issue::{Comment, Moved};
use crate::jira::Jira;
use crate::linear::Linear;
use signoff_core::issue::{Issue, Tracker};

/// The trackers that are connected.
#[derive(Clone, Debug, Default)]
pub struct Trackers {
    /// Jira, if it is.
    pub jira: Option<Jira>,
    /// Linear, if it is.
    pub linear: Option<Linear>,
}

impl Trackers {
    /// Those that are connected.
    pub fn connected(&self) -> Vec<Tracker> {
        let jira = self.jira.as_ref().map(|_| Tracker::Jira);
        jira.into_iter().chain(self.linear.as_ref().map(|_| Tracker::Linear)).collect()
    }

    /// Those of the issues `keys` that `tracker` has, in their order; see [`Jira::issues`] and
    /// [`Linear::issues`].
    ///
    /// # Errors
    ///
    /// The tracker can't be asked, or is not connected.
    pub async fn issues(&self, tracker: Tracker, keys: &[String]) -> Result<Vec<Issue>, Failure> {
        match tracker {
            Tracker::Jira => self.jira()?.issues(keys).await,
            Tracker::Linear => self.linear()?.issues(keys).await,
        }
    }

    /// Writes a comment on an issue, once; see [`Jira::comment`] and [`Linear::comment`].
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been written.
    pub async fn comment(&self, issue: &Issue, comment: &Comment<'_>) -> Result<(), Failure> {
        match issue.tracker {
            Tracker::Jira => self.jira()?.comment(&issue.key, comment).await,
            Tracker::Linear => self.linear()?.comment(&issue.key, comment).await,
        }
    }

    /// Brings an issue into a state; see [`Jira::transition`] and [`Linear::transition`]. Linear knows no
    /// resolutions.
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if it can't get there.
    pub async fn transition(
        &self,
        issue: &Issue,
        state: &str,
        resolution: Option<&str>,
        lost: bool,
    ) -> Result<Moved, Failure> {
        match issue.tracker {
            Tracker::Jira => self.jira()?.transition(&issue.key, state, resolution, lost).await,
            Tracker::Linear => self.linear()?.transition(&issue.key, state).await,
        }
    }

    /// Sets a field of an issue; see [`Jira::set_field`] and [`Linear::set_field`].
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if it has no such field, or the field does not take the value.
    pub async fn set_field(&self, issue: &Issue, name: &str, value: &str) -> Result<(), Failure> {
        match issue.tracker {
            Tracker::Jira => self.jira()?.set_field(&issue.key, name, value).await,
            Tracker::Linear => self.linear()?.set_field(&issue.key, name, value).await,
        }
    }

    fn jira(&self) -> Result<&Jira, Failure> {
        self.jira.as_ref().ok_or_else(|| {
            Failure::Permanent(
                "Jira is not connected for actions: set the stack's parameter JiraUrl, and put `jira_email` and `jira_token` into WriteSecret"
                    .to_owned(),
            )
        })
    }

    fn linear(&self) -> Result<&Linear, Failure> {
        self.linear.as_ref().ok_or_else(|| {
            Failure::Permanent(
                "Linear is not connected for actions: put a `linear_key` into WriteSecret".to_owned(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_connected_is_not_asked_and_says_so() {
        let trackers = Trackers::default();
        assert_eq!(trackers.connected(), []);
        for (tracker, said) in
            [(Tracker::Jira, "Jira is not connected"), (Tracker::Linear, "Linear is not connected")]
        {
            let failure = trackers.issues(tracker, &["SHOP-7".to_owned()]).await.unwrap_err();
            assert!(matches!(&failure, Failure::Permanent(text) if text.starts_with(said)), "{failure:?}");
        }
    }
}
