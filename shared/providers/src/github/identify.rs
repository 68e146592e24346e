//! Reading back who and what a deploy is: the repository's number, the commit that a name stands for, which
//! branches and tags contain it, and a GitHub deployment with its statuses.

use super::client::{GitHub, JSON};
use super::comparison::LANES;
use super::failure::classify;
use super::run::run_of;
use super::{identity, parse, wire};
use crate::failure::{Failure, Repeat};
use crate::http::{Answer, MAX_ANSWER, send};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use signoff_core::range::Identity;

/// The media type of a commit's SHA alone.
const SHA: &str = "application/vnd.github.sha";
/// Number of entries to ask for in a list, GitHub's most.
const PAGE: &str = "100";

/// A repository, as GitHub knows it now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RepositoryIdentity {
    /// Its number, which stays when it is renamed, and which another repository of the same name does not
    /// have.
    pub id: u64,
    /// The branch that is read where none is named.
    pub default_branch: String,
}

/// A GitHub deployment, read back from GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDeployment {
    /// The commit's full SHA.
    pub sha: String,
    /// The branch or tag that was asked for, where it was not the SHA alone.
    pub branch: Option<String>,
    /// Environment that it deploys to.
    pub environment: String,
    /// The account that made it, if it still exists.
    pub creator: Option<Identity>,
}

/// A status of a GitHub deployment, read back from GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostStatus {
    /// `success`, `failure`, `inactive`, ...
    pub state: String,
    /// Environment where it arrived, if the status names it.
    pub environment: Option<String>,
    /// Time at which it was set.
    pub created_at: Timestamp,
    /// The number of the repository's run whose page it names.
    pub run: Option<u64>,
}

/// A branch or a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its name, without `refs/heads/` and `refs/tags/`.
    pub name: String,
    /// The full SHA of the commit that it points to.
    pub sha: String,
}

#[derive(Deserialize)]
struct WireDeployment {
    sha: String,
    r#ref: String,
    environment: String,
    creator: Option<wire::Account>,
}

#[derive(Deserialize)]
struct WireStatus {
    state: String,
    environment: Option<String>,
    created_at: Timestamp,
    log_url: Option<String>,
    target_url: Option<String>,
}

#[derive(Deserialize)]
struct WireHead {
    name: String,
    commit: WireCommit,
}

#[derive(Deserialize)]
struct WireCommit {
    sha: String,
}

#[derive(Deserialize)]
struct WireComparison {
    status: String,
}

impl GitHub {
    /// The repository (`owner/name`); `None` if there is none, or the token may not see it.
    /// <https://docs.github.com/rest/repos/repos#get-a-repository>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn repository(&self, repository: &str) -> Result<Option<RepositoryIdentity>, Failure> {
        let doing = format!("reading the repository {repository}");
        let Some(answer) = self.identified(repository, &[], &[], JSON, &doing).await? else {
            return Ok(None);
        };
        answer.json("GitHub", &doing, Repeat::Harmless).map(Some)
    }

    /// The full SHA of the commit that `ref` stands for: a SHA, the start of one, `heads/BRANCH` or
    /// `tags/TAG`. `None` if there is none, or if several commits begin so.
    /// <https://docs.github.com/rest/commits/commits#get-a-commit>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error or with something else than a SHA.
    pub async fn sha_of(&self, repository: &str, r#ref: &str) -> Result<Option<String>, Failure> {
        let doing = format!("finding the commit {ref} of {repository}", r#ref = r#ref);
        let Some(answer) = self.identified(repository, &["commits", r#ref], &[], SHA, &doing).await? else {
            return Ok(None);
        };
        let sha = String::from_utf8_lossy(&answer.body).trim().to_ascii_lowercase();
        if sha.len() < 40 || !sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Failure::Permanent(format!("GitHub answered no SHA while {doing}")));
        }
        Ok(Some(sha))
    }

    /// True if the commit `head` (a full SHA of a branch's or tag's head) is `sha` or has it among its
    /// ancestors. A commit that the repository does not have is not contained.
    /// <https://docs.github.com/rest/commits/commits#compare-two-commits>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn contains(&self, repository: &str, head: &str, sha: &str) -> Result<bool, Failure> {
        if head == sha {
            return Ok(true);
        }
        let doing = format!("looking for {sha} in the history of {head} in {repository}");
        let range = format!("{head}...{sha}");
        // Of one that is contained there is no commit to list.
        let query = [("per_page", "1")];
        let Some(answer) = self.identified(repository, &["compare", &range], &query, JSON, &doing).await?
        else {
            return Ok(false);
        };
        let comparison: WireComparison = answer.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(matches!(comparison.status.as_str(), "identical" | "behind"))
    }

    /// True if any of the commits `heads` contains `sha`, as [`GitHub::contains`] says: a request each,
    /// several at a time.
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn any_contains(&self, repository: &str, heads: &[String], sha: &str) -> Result<bool, Failure> {
        for heads in heads.chunks(LANES) {
            let asked = heads.iter().map(|head| self.contains(repository, head, sha));
            if try_join_all(asked).await?.contains(&true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The first 100 branches. <https://docs.github.com/rest/branches/branches#list-branches>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn branches(&self, repository: &str) -> Result<Vec<Head>, Failure> {
        self.heads(repository, "branches").await
    }

    /// The first 100 tags, each with the commit that it leads to.
    /// <https://docs.github.com/rest/repos/repos#list-repository-tags>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn tags(&self, repository: &str) -> Result<Vec<Head>, Failure> {
        self.heads(repository, "tags").await
    }

    async fn heads(&self, repository: &str, list: &str) -> Result<Vec<Head>, Failure> {
        let doing = format!("listing the {list} of {repository}");
        let answer = self.identified(repository, &[list], &[("per_page", PAGE)], JSON, &doing).await?;
        let Some(answer) = answer else { return Ok(Vec::new()) };
        let heads: Vec<WireHead> = answer.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(heads.into_iter().map(|head| Head { name: head.name, sha: head.commit.sha }).collect())
    }

    /// The deployment with this id; `None` if the repository has none.
    /// <https://docs.github.com/rest/deployments/deployments#get-a-deployment>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn deployment(&self, repository: &str, id: u64) -> Result<Option<HostDeployment>, Failure> {
        let doing = format!("reading the deployment {id} of {repository}");
        let path = ["deployments", &id.to_string()];
        let Some(answer) = self.identified(repository, &path, &[], JSON, &doing).await? else {
            return Ok(None);
        };
        let found: WireDeployment = answer.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(Some(HostDeployment {
            branch: parse::branch_of(&found.r#ref, &found.sha).map(str::to_owned),
            sha: found.sha,
            environment: found.environment,
            creator: identity::account(found.creator.as_ref()).map(identity::acted),
        }))
    }

    /// The newest 100 statuses of a deployment; none if the repository has no such deployment.
    /// <https://docs.github.com/rest/deployments/statuses#list-deployment-statuses>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or answered with an error.
    pub async fn deployment_statuses(&self, repository: &str, id: u64) -> Result<Vec<HostStatus>, Failure> {
        let doing = format!("reading the statuses of the deployment {id} of {repository}");
        let path = ["deployments", &id.to_string(), "statuses"];
        let answer = self.identified(repository, &path, &[("per_page", PAGE)], JSON, &doing).await?;
        let Some(answer) = answer else { return Ok(Vec::new()) };
        let statuses: Vec<WireStatus> = answer.json("GitHub", &doing, Repeat::Harmless)?;
        let status = |status: WireStatus| HostStatus {
            run: [&status.log_url, &status.target_url]
                .into_iter()
                .flatten()
                .find_map(|page| run_of(page, repository)),
            state: status.state,
            environment: status.environment.filter(|environment| !environment.is_empty()),
            created_at: status.created_at,
        };
        Ok(statuses.into_iter().map(status).collect())
    }

    /// A GET below the repository. `None`: GitHub has nothing by this name.
    async fn identified(
        &self,
        repository: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        accept: &str,
        doing: &str,
    ) -> Result<Option<Answer>, Failure> {
        let request = self.request(Method::GET, repository, segments.iter().copied(), accept)?.query(query);
        let answer = send("GitHub", doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer)),
            // A repository without commits has none to name: 409.
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT => Ok(None),
            _ => Err(classify(doing, &answer, Repeat::Harmless)),
        }
    }
}

#[cfg(test)]
mod tests;
