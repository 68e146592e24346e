//! `trigger_build`: starts a GitHub Actions workflow or a CircleCI pipeline that builds the deploy's revision.

use super::{Done, rendering};
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::{ParameterValue, TriggerSpec};
use approval::deploy::Deploy;
use approval::run::{Run, StepState};
use providers::Failure;
use providers::circleci::{self, Target, Triggered};
use providers::github;
use rules::template::{Context, render_plain};
use runtime::connections::Connected;
use runtime::deployments::Connection;
use runtime::effects::Attempt;
use std::collections::BTreeMap;

type Parameters = BTreeMap<String, ParameterValue>;

impl ActionExecution {
    pub(super) async fn trigger_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        spec: &TriggerSpec,
    ) -> Result<Done, Trouble> {
        let context = self.plain_context(deploy, &templates(spec)).await?;
        let parameters = parameters(spec, &context)?;
        let branch = match &spec.revision {
            Some(revision) => Some(render_plain(revision, &context).map_err(rendering("revision"))?),
            None => deploy.branch.clone(),
        };
        let workflow = match &spec.workflow {
            Some(workflow) => Some(render_plain(workflow, &context).map_err(rendering("name"))?),
            None => None,
        };
        let build =
            Build { workflow: workflow.as_deref(), branch: branch.as_deref(), parameters: &parameters };
        // It may have been started: what would keep it from being started now is no answer to that.
        if attempt.lost
            && let Some(done) =
                self.find_build(attempt, deploy, connected, run, build).await.map_err(still_unanswered)?
        {
            return Ok(done);
        }
        let connection = self.connection(deploy, connected)?;
        self.still_that_revision(deploy, connection, build).await?;
        match build.workflow {
            Some(workflow) => self.dispatch_workflow(connection, workflow, build).await,
            None => self.trigger_pipeline(connection, build).await,
        }
    }

    /// The build that an earlier attempt started, if it did. Error: nobody can tell, or not yet.
    async fn find_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        build: Build<'_>,
    ) -> Result<Option<Done>, Failure> {
        let connection = self.connection(deploy, connected)?;
        let since = attempt.effect.created_at;
        let unclear =
            |what: String| Err(Failure::Unanswered(format!("{what} may be the one that was asked for")));
        let Some(workflow) = build.workflow else {
            let circleci = self.outside.circleci(self.now()).await?;
            let project = &connection.circleci_project;
            return match circleci.find_triggered(project, build.target(), build.parameters, since).await? {
                circleci::Sighting::Seen(triggered) => Ok(Some(done(triggered))),
                circleci::Sighting::NotSeen => Ok(None),
                circleci::Sighting::Unclear(triggered) => unclear(format!("the pipeline {}", triggered.url)),
            };
        };
        let branch = build.named_branch()?;
        let head = (!build.is_told(deploy)).then_some(deploy.revision.as_str());
        let others = builds_of_other_steps(run);
        let github = self.outside.github(self.now()).await?;
        let repository = &connection.repository;
        match github.find_dispatched(repository, workflow, branch, head, since, &others).await? {
            github::Sighting::Seen(url) => Ok(Some(started(workflow, branch, Some(url)))),
            github::Sighting::NotSeen if attempt.rested >= github::RUN_APPEARS_WITHIN => Ok(None),
            github::Sighting::NotSeen => Err(Failure::Unanswered(format!(
                "GitHub shows no run of the workflow {workflow} on {branch} yet, which may take it a moment"
            ))),
            github::Sighting::Unclear(url) => unclear(format!("the run {url}")),
        }
    }

    /// CI builds the head of a branch. It is the revision that was voted on where the branch still stands there, or
    /// where the build is told the revision as a parameter.
    async fn still_that_revision(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        build: Build<'_>,
    ) -> Result<(), Trouble> {
        if build.is_told(deploy) {
            return Ok(());
        }
        let github = self.outside.github(self.now()).await?;
        let r#ref = build.branch.unwrap_or("HEAD");
        let head = github.commit(&connection.repository, r#ref).await?.0.revision;
        if head == deploy.revision {
            return Ok(());
        }
        let (head, approved) = (head.get(..7).unwrap_or(&head), deploy.short_revision());
        Err(Failure::Permanent(format!(
            "nothing was started: {ref} has moved on to {head}, and {approved} is what was deployed and approved. To build \
             that revision, hand it to the build as a parameter, such as `revision: '{{{{ deploy_revision }}}}'`",
            r#ref = r#ref
        ))
        .into())
    }

    async fn dispatch_workflow(
        &self,
        connection: &Connection,
        workflow: &str,
        build: Build<'_>,
    ) -> Result<Done, Trouble> {
        let branch = build.named_branch()?;
        let github = self.outside.github(self.now()).await?;
        let repository = &connection.repository;
        let url = github.dispatch_workflow(repository, workflow, branch, build.parameters).await?;
        Ok(started(workflow, branch, url))
    }

    async fn trigger_pipeline(&self, connection: &Connection, build: Build<'_>) -> Result<Done, Trouble> {
        let circleci = self.outside.circleci(self.now()).await?;
        Ok(done(
            circleci.trigger_pipeline(&connection.circleci_project, build.target(), build.parameters).await?,
        ))
    }
}

/// What is to be built, rendered.
#[derive(Clone, Copy)]
struct Build<'a> {
    /// The workflow's file, for GitHub Actions; `None`: a CircleCI pipeline.
    workflow: Option<&'a str>,
    /// The branch, where it is known.
    branch: Option<&'a str>,
    parameters: &'a Parameters,
}

impl<'a> Build<'a> {
    /// Whether a parameter names the deploy's revision.
    fn is_told(self, deploy: &Deploy) -> bool {
        self.parameters.values().any(|value| match value {
            ParameterValue::Text(text) => deploy.revision.starts_with(text.as_str()) && text.len() >= 7,
            ParameterValue::Bool(_) | ParameterValue::Integer(_) => false,
        })
    }

    /// What CircleCI builds.
    fn target(self) -> Target<'a> {
        self.branch.map_or(Target::DefaultBranch, Target::Branch)
    }

    /// The branch, which GitHub has to be told.
    fn named_branch(self) -> Result<&'a str, Failure> {
        self.branch.ok_or_else(|| {
            Failure::Permanent(
                "it is not known which branch to start the workflow on: register the deploy with its branch, or name it \
                 as `revision` of trigger_build"
                    .to_owned(),
            )
        })
    }
}

/// A look that failed leaves open what happened: the next attempt has to look again.
fn still_unanswered(failure: Failure) -> Failure {
    Failure::Unanswered(failure.to_string())
}

/// The pages of what other steps of `run` started: two steps may start one workflow with different inputs.
fn builds_of_other_steps(run: &Run) -> Vec<String> {
    let pages = run.steps.iter().filter_map(|step| match &step.state {
        StepState::Succeeded { url, .. } => url.clone(),
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Asking { .. }
        | StepState::Failed { .. }
        | StepState::Unknown { .. }
        | StepState::Skipped => None,
    });
    pages.collect()
}

fn started(workflow: &str, branch: &str, url: Option<String>) -> Done {
    Done { summary: format!("started the workflow {workflow} on {branch}."), url }
}

fn done(triggered: Triggered) -> Done {
    Done { summary: format!("triggered pipeline {}.", triggered.number), url: Some(triggered.url) }
}

/// What is rendered of it.
fn templates(spec: &TriggerSpec) -> Vec<&str> {
    let texts = spec.parameters.values().filter_map(|value| match value {
        ParameterValue::Text(text) => Some(text.as_str()),
        ParameterValue::Bool(_) | ParameterValue::Integer(_) => None,
    });
    let own = [&spec.revision, &spec.workflow].into_iter().flatten().map(String::as_str);
    texts.chain(own).collect()
}

fn parameters(spec: &TriggerSpec, context: &Context) -> Result<Parameters, Failure> {
    let mut parameters = Parameters::new();
    for (name, value) in &spec.parameters {
        let value = match value {
            ParameterValue::Text(text) => ParameterValue::Text(
                render_plain(text, context).map_err(rendering(&format!("parameter {name}")))?,
            ),
            ParameterValue::Bool(_) | ParameterValue::Integer(_) => value.clone(),
        };
        parameters.insert(name.clone(), value);
    }
    Ok(parameters)
}
