//! Starting points of a build: branches and tags, their commits, and the workflow's file there.

use super::client::{GitHub, JSON};
use super::failure::classify;
use super::wire;
use crate::failure::{Failure, Repeat};
use crate::http::{MAX_ANSWER, send};
use reqwest::{Method, StatusCode};
use signoff_core::approval::CiFile;

/// The folder of the workflows.
const WORKFLOWS: &str = ".github/workflows";

/// A branch or a tag, and the commit that it stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefHead {
    /// Its name.
    pub name: String,
    /// True if it is a tag.
    pub is_tag: bool,
    /// The commit's full SHA.
    pub revision: String,
}

/// Result of looking up a name in a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedRef {
    /// A branch or a tag.
    One(RefHead),
    /// A branch and a tag.
    Both,
    /// Neither.
    Neither,
}

impl GitHub {
    /// The name of the repository's default branch.
    /// <https://docs.github.com/rest/repos/repos#get-a-repository>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there is no such repository, or the token may not see it.
    pub async fn default_branch(&self, repository: &str) -> Result<String, Failure> {
        let doing = format!("reading the default branch of {repository}");
        let request = self.request(Method::GET, repository, [], JSON)?;
        let known: wire::DefaultBranch =
            self.found_in(repository, &doing, request).await?.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(known.default_branch)
    }

    /// Looks up `name`: a name alone, or one that begins with `refs/heads/` or `refs/tags/` and means only
    /// that kind.
    ///
    /// # Errors
    ///
    /// As [`GitHub::head`].
    pub async fn named(&self, repository: &str, name: &str) -> Result<NamedRef, Failure> {
        if let Some(name) = name.strip_prefix("refs/heads/") {
            return Ok(self.head(repository, name, false).await?.map_or(NamedRef::Neither, NamedRef::One));
        }
        if let Some(name) = name.strip_prefix("refs/tags/") {
            return Ok(self.head(repository, name, true).await?.map_or(NamedRef::Neither, NamedRef::One));
        }
        let branch = self.head(repository, name, false).await?;
        let tag = self.head(repository, name, true).await?;
        Ok(match (branch, tag) {
            (Some(_), Some(_)) => NamedRef::Both,
            (Some(head), None) | (None, Some(head)) => NamedRef::One(head),
            (None, None) => NamedRef::Neither,
        })
    }

    /// The commit that a branch (or the tag) `name` stands at; `None`: there is no such branch (or tag).
    /// <https://docs.github.com/rest/commits/commits#get-a-commit>, whose `ref` may be `heads/NAME` and
    /// `tags/NAME`.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there is no such repository, or the token may not see it.
    pub async fn head(&self, repository: &str, name: &str, is_tag: bool) -> Result<Option<RefHead>, Failure> {
        let kind = if is_tag { "tags" } else { "heads" };
        let doing = format!("reading {kind}/{name} of {repository}");
        let full = format!("{kind}/{name}");
        let request = self.request(Method::GET, repository, ["commits", &full], JSON)?;
        let answer = send("GitHub", &doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::UNPROCESSABLE_ENTITY => return Ok(None),
            _ => return Err(self.refusal(repository, &doing, &answer, Repeat::Harmless).await),
        }
        let commit: wire::Sha = answer.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(Some(RefHead { name: name.to_owned(), is_tag, revision: commit.sha }))
    }

    /// The names of the protected branches whose head `sha` is.
    /// <https://docs.github.com/rest/commits/commits#list-branches-for-head-commit>
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if the repository has no such commit.
    pub async fn protected_heads(&self, repository: &str, sha: &str) -> Result<Vec<String>, Failure> {
        let doing = format!("reading the branches whose head is {sha} in {repository}");
        let segments = ["commits", sha, "branches-where-head"];
        let request = self.request(Method::GET, repository, segments, JSON)?;
        let branches: Vec<wire::Branch> =
            self.found_in(repository, &doing, request).await?.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(branches.into_iter().filter(|branch| branch.protected).map(|branch| branch.name).collect())
    }

    /// The file of a workflow (`deploy.yml`, also with its folders) at a commit; `None`: there is no such
    /// file. <https://docs.github.com/rest/repos/contents#get-repository-content>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there is no such repository, or the token may not see it.
    pub async fn workflow_file(
        &self,
        repository: &str,
        workflow: &str,
        sha: &str,
    ) -> Result<Option<CiFile>, Failure> {
        let doing = format!("reading the workflows at {sha} in {repository}");
        let segments = ["contents"].into_iter().chain(WORKFLOWS.split('/'));
        let request = self.request(Method::GET, repository, segments, JSON)?.query(&[("ref", sha)]);
        let answer = send("GitHub", &doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(classify(&doing, &answer, Repeat::Harmless)),
        }
        let entries: Vec<wire::Entry> = answer.json("GitHub", &doing, Repeat::Harmless)?;
        let path = format!("{WORKFLOWS}/{}", super::dispatch::file_of(workflow));
        let file = entries.into_iter().find(|entry| entry.path == path);
        Ok(file.map(|entry| CiFile { path: entry.path, sha: entry.sha }))
    }

    /// The commit that a run is of. <https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there is no such run, or the token may not read runs.
    pub async fn head_of_run(&self, repository: &str, run: u64) -> Result<String, Failure> {
        let doing = format!("reading the run {run} of {repository}");
        let request = self.request(Method::GET, repository, ["actions", "runs", &run.to_string()], JSON)?;
        let answer = self.found_in(repository, &doing, request).await?;
        let run: wire::RunHead = answer.json("GitHub", &doing, Repeat::Harmless)?;
        Ok(run.head_sha)
    }

    /// Asks for a run to be cancelled. It may have acted before, and a run that is over stays as it is.
    /// <https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run>
    ///
    /// # Errors
    ///
    /// [`Failure::Conflict`] if it is over, or can't be cancelled; [`Failure::Permanent`] if there is no such
    /// run.
    pub async fn cancel_run(&self, repository: &str, run: u64) -> Result<(), Failure> {
        let doing = format!("cancelling the run {run} of {repository}");
        let segments = ["actions", "runs", &run.to_string(), "cancel"];
        let request = self.request(Method::POST, repository, segments, JSON)?;
        let answer = send("GitHub", &doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(self.refusal(repository, &doing, &answer, Repeat::Harmless).await)
    }
}
