//! The calls to CircleCI's API v2.

use super::failure::classify;
use super::wire::{self, Page, TriggerRequest};
use crate::failure::{Failure, Repeat};
use crate::http::{Answer, MAX_ANSWER, secret_header, send, url};
use reqwest::{Client, Method, StatusCode};
use secrecy::SecretString;
use signoff_core::action::ParameterValue;
use std::collections::BTreeMap;

/// Most pages of a list that are read (CircleCI's have 20 entries or more).
pub(super) const MAX_PAGES: usize = 10;
/// The beginning of the slugs of projects of CircleCI's GitHub App, and of those of GitLab.
const OF_APP: &str = "circleci/";
/// Advice for a project that the older call does not take.
const NEEDS_DEFINITION: &str = "A project of CircleCI's GitHub App is triggered by its pipeline definition: enter its id in the \
                                deployment's settings";

/// A client with one token. Clones share their connections.
#[derive(Clone, Debug)]
pub struct CircleCi {
    http: Client,
    base: String,
    pub(super) app: String,
    token: SecretString,
}

/// Branch or tag to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The head of a branch.
    Branch(&'a str),
    /// A tag.
    Tag(&'a str),
    /// The head of the repository's default branch.
    DefaultBranch,
}

/// A pipeline that was triggered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triggered {
    /// Its number in the project.
    pub number: u64,
    /// Its id.
    pub id: String,
    /// Its page.
    pub url: String,
}

impl<'a> Target<'a> {
    /// The name of the branch, or of the tag.
    pub(super) fn names(self) -> (Option<&'a str>, Option<&'a str>) {
        match self {
            Self::Branch(branch) => (Some(branch), None),
            Self::Tag(tag) => (None, Some(tag)),
            Self::DefaultBranch => (None, None),
        }
    }
}

impl CircleCi {
    /// A client for the API at `base` (`https://circleci.com/api/v2`), whose pages are below `app`
    /// (`https://app.circleci.com`).
    pub fn new(http: Client, base: impl Into<String>, app: impl Into<String>, token: SecretString) -> Self {
        let app: String = app.into();
        Self { http, base: base.into(), app: app.trim_end_matches('/').to_owned(), token }
    }

    /// Triggers a pipeline of `project` (`gh/acme/checkout`).
    /// <https://circleci.com/docs/api/v2/#operation/triggerPipeline>
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been triggered: then [`CircleCi::find_triggered`] tells, once a
    /// minute is over. [`Failure::Refusal`] for parameters that the configuration doesn't declare. CircleCI
    /// takes no project of its GitHub App here: [`CircleCi::trigger_definition`] does.
    pub async fn trigger_pipeline(
        &self,
        project: &str,
        target: Target<'_>,
        parameters: &BTreeMap<String, ParameterValue>,
    ) -> Result<Triggered, Failure> {
        let doing = format!("triggering a pipeline of {project}{}", on(target));
        let (branch, tag) = target.names();
        let request = self.request(Method::POST, &project_path(project, "pipeline"))?;
        let request = request.json(&TriggerRequest { branch, tag, parameters });
        let answer = send("CircleCI", &doing, request, Repeat::MayDouble, MAX_ANSWER).await?;
        if !answer.status.is_success() {
            return Err(of_app(project, answer.status, classify(&doing, &answer, Repeat::MayDouble)));
        }
        let created: wire::Created = answer.json("CircleCI", &doing, Repeat::MayDouble)?;
        Ok(Triggered {
            url: self.pipeline_url(project, created.number),
            number: created.number,
            id: created.id,
        })
    }

    /// A page of a project's pipelines, newest first.
    pub(super) async fn pipelines(
        &self,
        project: &str,
        branch: Option<&str>,
        page: Option<&str>,
    ) -> Result<Page<wire::Pipeline>, Failure> {
        let doing = format!("reading the pipelines of {project}");
        let query: Vec<_> = branch
            .map(|branch| ("branch", branch))
            .into_iter()
            .chain(page.map(|page| ("page-token", page)))
            .collect();
        let request = self.request(Method::GET, &project_path(project, "pipeline"))?.query(&query);
        self.send(&doing, request, Repeat::Harmless).await?.json("CircleCI", &doing, Repeat::Harmless)
    }

    /// A pipeline by its id. <https://circleci.com/docs/api/v2/#operation/getPipelineById>
    pub(super) async fn pipeline(&self, id: &str) -> Result<wire::Pipeline, Failure> {
        let doing = format!("reading the pipeline {id}");
        let request = self.request(Method::GET, &["pipeline", id])?;
        self.send(&doing, request, Repeat::Harmless).await?.json("CircleCI", &doing, Repeat::Harmless)
    }

    /// Cancels a workflow. <https://circleci.com/docs/api/v2/#operation/cancelWorkflow>
    pub(super) async fn cancel_workflow(&self, workflow: &wire::Workflow) -> Result<(), Failure> {
        let doing = format!("cancelling the workflow {}", workflow.name);
        let request = self.request(Method::POST, &["workflow", &workflow.id, "cancel"])?;
        self.send(&doing, request, Repeat::Harmless).await.map(drop)
    }

    /// All workflows of a pipeline. <https://circleci.com/docs/api/v2/#operation/listWorkflowsByPipelineId>
    pub(super) async fn workflows(&self, pipeline: &wire::Pipeline) -> Result<Vec<wire::Workflow>, Failure> {
        let doing = format!("reading the workflows of pipeline {}", pipeline.number);
        self.all(&["pipeline", &pipeline.id, "workflow"], &doing).await
    }

    /// All jobs of a workflow. <https://circleci.com/docs/api/v2/#operation/listWorkflowJobs>
    pub(super) async fn jobs(&self, workflow: &wire::Workflow) -> Result<Vec<wire::Job>, Failure> {
        let doing = format!("reading the jobs of the workflow {}", workflow.name);
        self.all(&["workflow", &workflow.id, "job"], &doing).await
    }

    /// Approves an approval job: harmless when it is approved already.
    /// <https://circleci.com/docs/api/v2/#operation/approvePendingApprovalJobById>
    pub(super) async fn approve(&self, workflow: &wire::Workflow, job: &wire::Job) -> Result<(), Failure> {
        let doing = format!("approving the job {} of the workflow {}", job.name, workflow.name);
        let request_id = job.approval_request_id.as_deref().unwrap_or(&job.id);
        let request = self.request(Method::POST, &["workflow", &workflow.id, "approve", request_id])?;
        self.send(&doing, request, Repeat::Harmless).await.map(drop)
    }

    /// A workflow's page.
    pub(super) fn workflow_url(&self, workflow: &wire::Workflow) -> String {
        let pipeline = self.pipeline_url(&workflow.project_slug, workflow.pipeline_number);
        format!("{pipeline}/workflows/{}", workflow.id)
    }

    /// A pipeline's page.
    pub(super) fn pipeline_url(&self, project: &str, number: u64) -> String {
        format!("{}/pipelines/{project}/{number}", self.app)
    }

    /// Every entry of a list, of at most [`MAX_PAGES`] pages.
    async fn all<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
        doing: &str,
    ) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let query: Vec<_> = token.iter().map(|token| ("page-token", token)).collect();
            let request = self.request(Method::GET, path)?.query(&query);
            let answer = self.send(doing, request, Repeat::Harmless).await?;
            let page: Page<T> = answer.json("CircleCI", doing, Repeat::Harmless)?;
            items.extend(page.items);
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(items);
            }
        }
        Err(Failure::Permanent(format!("CircleCI answered more than {MAX_PAGES} pages while {doing}")))
    }

    pub(super) fn request(&self, method: Method, path: &[&str]) -> Result<reqwest::RequestBuilder, Failure> {
        let token = secret_header("CircleCI token in WriteSecret", "", &self.token)?;
        let url = url(&self.base, path.iter().copied())?;
        Ok(self.http.request(method, url).header("Circle-Token", token))
    }

    async fn send(
        &self,
        doing: &str,
        request: reqwest::RequestBuilder,
        repeat: Repeat,
    ) -> Result<Answer, Failure> {
        let answer = send("CircleCI", doing, request, repeat, MAX_ANSWER).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(classify(doing, &answer, repeat)) }
    }
}

/// The path of something of a project's: its slug has slashes, which CircleCI takes as they are.
fn project_path<'a>(project: &'a str, what: &'a str) -> Vec<&'a str> {
    ["project"].into_iter().chain(project.split('/')).chain([what]).collect()
}

/// `failure` of triggering a pipeline of `project`, with what to do where it may be a project of CircleCI's
/// GitHub App.
fn of_app(project: &str, status: StatusCode, failure: Failure) -> Failure {
    let may_be = project.starts_with(OF_APP)
        && matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY
        );
    match failure {
        Failure::Refusal(told) if may_be => Failure::Refusal(format!("{told}. {NEEDS_DEFINITION}")),
        Failure::Permanent(told) if may_be => Failure::Permanent(format!("{told}. {NEEDS_DEFINITION}")),
        other => other,
    }
}

/// `target`, as it ends a sentence.
fn on(target: Target<'_>) -> String {
    match target {
        Target::Branch(name) | Target::Tag(name) => format!(" on {name}"),
        Target::DefaultBranch => String::new(),
    }
}

#[cfg(test)]
mod tests;
