//! Requests and answers of CircleCI's API v2, as its OpenAPI description defines them: only the fields that
//! we use.

use crate::failure::quote;
use jiff::Timestamp;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use signoff_core::action::ParameterValue;
use signoff_core::git_ref::GitRef;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Hosts whose repositories are no repositories of GitHub's.
const OTHER_HOSTS: [&str; 2] = ["bitbucket.org", "gitlab.com"];

/// A page of anything.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    #[serde(default)]
    pub next_page_token: Option<String>,
}

/// A pipeline.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pipeline {
    pub id: String,
    pub number: u64,
    pub state: PipelineState,
    pub created_at: Timestamp,
    #[serde(default)]
    pub errors: Vec<PipelineError>,
    pub trigger: Trigger,
    pub vcs: Option<Vcs>,
    pub trigger_parameters: Option<Map<String, Value>>,
}

impl Pipeline {
    /// Returns a value of the commit (`checkout_sha`, `branch` or `tag`) for a pipeline of CircleCI's GitHub
    /// App, which has no `vcs`.
    /// <https://circleci.com/docs/pipeline-variables/#pipeline-values>
    pub(super) fn git(&self, key: &str) -> Option<&str> {
        let told = self.trigger_parameters.as_ref()?.get("git")?.get(key)?.as_str();
        told.filter(|told| !told.is_empty())
    }

    /// The commit that it builds; `None`: CircleCI does not tell.
    pub(super) fn revision(&self) -> Option<&str> {
        match &self.vcs {
            Some(vcs) => vcs.revision.as_deref().filter(|revision| !revision.is_empty()),
            None => self.git("checkout_sha"),
        }
    }

    /// The repository that it builds, for people, if its `vcs` does not say that it is `repository`
    /// (`owner/name` on GitHub). `None`: it is this one, or the pipeline has no `vcs`. CircleCI does not say
    /// which repository a pipeline of its GitHub App builds.
    pub(super) fn other_repository(&self, repository: &str) -> Option<String> {
        let vcs = self.vcs.as_ref()?;
        let urls = [&vcs.target_repository_url, &vcs.origin_repository_url];
        let told = urls.map(|url| url.as_deref().unwrap_or_default());
        let other = told.into_iter().find(|url| !is_page_of(url, repository))?;
        Some(match other {
            "" => "a repository that CircleCI does not name".to_owned(),
            other => quote(other),
        })
    }

    /// The tag or branch that it builds; `None`: CircleCI does not tell.
    pub(super) fn built_on(&self) -> Option<GitRef> {
        let (tag, branch) = match &self.vcs {
            Some(vcs) => (vcs.tag.as_deref(), vcs.branch.as_deref()),
            None => (self.git("tag"), self.git("branch")),
        };
        let told = |name: &&str| !name.is_empty();
        tag.filter(told).map(GitRef::tag).or_else(|| branch.filter(told).map(GitRef::branch))
    }

    /// What it builds, where its `vcs` or, of CircleCI's GitHub App, its parameters tell.
    pub(super) fn built(&self) -> Option<Cow<'_, Vcs>> {
        if let Some(vcs) = &self.vcs {
            return Some(Cow::Borrowed(vcs));
        }
        let git = |key| self.git(key).map(str::to_owned);
        Some(Cow::Owned(Vcs {
            revision: Some(git("checkout_sha")?),
            branch: git("branch"),
            tag: git("tag"),
            origin_repository_url: None,
            target_repository_url: None,
        }))
    }
}

/// True if `url` is the page of `repository` (`owner/name`) on GitHub or on a server of its own.
fn is_page_of(url: &str, repository: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let is_elsewhere = url.host_str().is_none_or(|host| OTHER_HOSTS.contains(&host));
    let path = url.path().trim_matches('/');
    !is_elsewhere && path.strip_suffix(".git").unwrap_or(path).eq_ignore_ascii_case(repository)
}

/// State of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PipelineState {
    Created,
    Errored,
    SetupPending,
    Setup,
    Pending,
    #[serde(other)]
    Unknown,
}

/// Error in a pipeline's configuration.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PipelineError {
    pub message: String,
}

/// Trigger of a pipeline: `api`, `webhook`, `scheduled_pipeline` or `explicit`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Trigger {
    pub r#type: String,
}

/// Commit that a pipeline builds, with its branch or tag.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Vcs {
    pub revision: Option<String>,
    pub branch: Option<String>,
    pub tag: Option<String>,
    /// Repository that the push came from: a fork, for the pull request of one.
    pub origin_repository_url: Option<String>,
    /// The project's repository.
    pub target_repository_url: Option<String>,
}

/// A workflow of a pipeline.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Workflow {
    pub id: String,
    pub name: String,
    pub status: WorkflowStatus,
    pub created_at: Timestamp,
    pub pipeline_number: u64,
    pub project_slug: String,
}

/// Status of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkflowStatus {
    Success,
    Running,
    NotRun,
    Failed,
    Error,
    Failing,
    OnHold,
    Canceled,
    Unauthorized,
    #[serde(other)]
    Unknown,
}

/// A job of a workflow.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Job {
    pub id: String,
    pub name: String,
    pub r#type: JobType,
    pub status: JobStatus,
    pub approval_request_id: Option<String>,
}

/// Type of a job: it builds, or waits for approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobType {
    Build,
    Approval,
    #[serde(other)]
    Unknown,
}

/// Status of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobStatus {
    Success,
    Running,
    NotRun,
    Failed,
    Retried,
    Queued,
    NotRunning,
    InfrastructureFail,
    Timedout,
    OnHold,
    #[serde(rename = "terminated-unknown")]
    TerminatedUnknown,
    Blocked,
    Canceled,
    Unauthorized,
    #[serde(other)]
    Unknown,
}

/// `POST /project/{project-slug}/pipeline`, asked.
#[derive(Serialize)]
pub(crate) struct TriggerRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<&'a str>,
    pub parameters: &'a BTreeMap<String, ParameterValue>,
}

/// The same, answered.
#[derive(Deserialize)]
pub(crate) struct Created {
    pub id: String,
    pub number: u64,
}

/// Message of an error answer.
#[derive(Default, Deserialize)]
pub(crate) struct Message {
    #[serde(default)]
    pub message: String,
}
