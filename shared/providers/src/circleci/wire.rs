//! Requests and answers of CircleCI's API v2, as its OpenAPI description defines them: only the fields that
//! we use.

use approval::action::ParameterValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
