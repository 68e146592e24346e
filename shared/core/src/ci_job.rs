//! The CI job that registered a deploy, as its CI's token names it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of the CI whose tokens do not say whether a job is of a fork's pull request.
///
/// Source: the claims of <https://buildkite.com/docs/agent/cli/reference/oidc>.
pub const BUILDKITE: &str = "Buildkite";
/// The name of the CI whose runs the source host knows.
pub const GITHUB_ACTIONS: &str = "GitHub Actions";

/// A CI job, as its signed token describes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct CiJob {
    /// The CI's name for people.
    pub ci: String,
    /// The full name of the branch or tag that it runs for: `refs/heads/main`.
    pub git_ref: String,
    /// The full SHA of the commit that it runs for; `None` if the CI's tokens don't name it.
    pub commit: Option<String>,
    /// True if the token says that the branch or tag is protected, or the settings name it. Otherwise the
    /// deploy counts only if the source host says that the branch is the default branch or protected.
    #[serde(default)]
    pub is_vouched: bool,
    /// The attempt of the CI run. Registrations of the same attempt are one deploy.
    pub run: String,
}

impl CiJob {
    /// True if the token shows that the job is of the repository itself, not of a fork.
    pub fn tells_forks(&self) -> bool {
        self.ci != BUILDKITE
    }

    /// The number of its run on GitHub and of the attempt; `None`: it is another CI's job.
    pub fn github_run(&self) -> Option<(u64, u64)> {
        let (run, attempt) = self.run.split_once('.').filter(|_| self.ci == GITHUB_ACTIONS)?;
        Some((run.parse().ok()?, attempt.parse().ok()?))
    }

    /// The commit that has to contain the registered revision, as the source host takes it: a SHA,
    /// `heads/BRANCH` or `tags/TAG`.
    pub fn bound(&self) -> &str {
        let git_ref = self.git_ref.strip_prefix("refs/").unwrap_or(&self.git_ref);
        self.commit.as_deref().unwrap_or(git_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_bound_to_its_commit_or_its_ref() {
        let job = |commit: Option<&str>| CiJob {
            ci: "CircleCI".to_owned(),
            git_ref: "refs/heads/main".to_owned(),
            commit: commit.map(str::to_owned),
            is_vouched: true,
            run: "j1".to_owned(),
        };
        assert_eq!(job(Some("abc")).bound(), "abc");
        assert_eq!(job(None).bound(), "heads/main");
    }
}
