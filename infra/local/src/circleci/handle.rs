//! Operations on the CircleCI stand-in for tests and the local stack, from inside the process.

use super::state::{JobStatus, NewJob, Pipeline, Project, Workflow};
use super::{CircleCi, canonical_slug};
use crate::stand_in::locked;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A pipeline to be made, as a push makes it.
#[derive(Clone, Debug)]
pub struct NewPipeline {
    /// The commit.
    pub revision: String,
    /// The branch.
    pub branch: String,
    /// Its workflows: a name and jobs, each after those it requires.
    pub workflows: Vec<(String, Vec<NewJob>)>,
}

/// The ids of a pipeline that waits for a person.
#[derive(Clone, Debug)]
pub struct OnHold {
    /// The pipeline.
    pub pipeline_id: String,
    /// Its number in the project.
    pub pipeline_number: u64,
    /// The workflow with the job on hold.
    pub workflow_id: String,
    /// The approval job, which is its approval request too.
    pub approval_request_id: String,
}

/// A job that was approved through the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// The project's slug.
    pub project: String,
    /// The commit of its pipeline.
    pub revision: String,
    /// The number of its pipeline.
    pub pipeline_number: u64,
    /// Its workflow.
    pub workflow_id: String,
    /// Its workflow's name.
    pub workflow: String,
    /// The job's name.
    pub job: String,
    /// Time of the approval.
    pub at: Timestamp,
}

/// A pipeline that was triggered through the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Triggered {
    /// The project's slug.
    pub project: String,
    /// The pipeline.
    pub pipeline_id: String,
    /// Its number in the project.
    pub number: u64,
    /// The branch, unless a tag was asked for.
    pub branch: Option<String>,
    /// The tag.
    pub tag: Option<String>,
    /// The parameters.
    pub parameters: Map<String, Value>,
    /// Time of the trigger.
    pub at: Timestamp,
}

impl CircleCi {
    /// Makes a project, `gh/acme/checkout`; one that exists stays as it is.
    pub fn add_project(&self, slug: &str) {
        locked(&self.shared.state).projects.entry(canonical_slug(slug)).or_default();
    }

    /// Makes a project of the GitHub App, `circleci/ORGANIZATION/PROJECT`, whose repository is `repository`
    /// (`owner/name`). Its pipelines are triggered by the id of its definition.
    pub fn add_project_of_app(&self, slug: &str, repository: &str, definition: &str) {
        let mut state = locked(&self.shared.state);
        let project = state.projects.entry(canonical_slug(slug)).or_default();
        project.definition = Some(definition.to_owned());
        project.repository = Some(repository.to_owned());
    }

    /// From now on the project takes these pipeline parameters only, as if its configuration declared them.
    pub fn declare_parameters(&self, slug: &str, names: &[&str]) {
        let mut state = locked(&self.shared.state);
        let project = state.projects.entry(canonical_slug(slug)).or_default();
        project.parameters = Some(names.iter().map(|name| (*name).to_owned()).collect());
    }

    /// From now on the project's repository has these branches and tags only.
    pub fn declare_refs(&self, slug: &str, branches: &[&str], tags: &[&str]) {
        let mut state = locked(&self.shared.state);
        let project = state.projects.entry(canonical_slug(slug)).or_default();
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        project.refs = Some((set(branches), set(tags)));
    }

    /// Starts a pipeline of a revision through the API, as somebody with a token of their own does, with
    /// these workflows.
    pub fn add_pipeline_by_api(&self, slug: &str, new: NewPipeline) -> (String, Vec<String>) {
        let (id, workflows) = self.add_pipeline(slug, new);
        let mut state = locked(&self.shared.state);
        let mut pipelines = state.projects.values_mut().flat_map(|project| &mut project.pipelines);
        if let Some(pipeline) = pipelines.find(|pipeline| pipeline.id == id) {
            pipeline.by_api = true;
        }
        (id, workflows)
    }

    /// Makes a pipeline (and its project, if there is none); returns its id and those of its workflows.
    pub fn add_pipeline(&self, slug: &str, new: NewPipeline) -> (String, Vec<String>) {
        let now = (self.shared.clock)();
        let mut state = locked(&self.shared.state);
        let id = state.uuid();
        let workflows: Vec<Workflow> =
            new.workflows.iter().map(|(name, jobs)| state.new_workflow(name, jobs, now)).collect();
        let ids = workflows.iter().map(|workflow| workflow.id.clone()).collect();
        let project: &mut Project = state.projects.entry(canonical_slug(slug)).or_default();
        let number = project.next_number();
        project.pipelines.push(Pipeline {
            id: id.clone(),
            number,
            revision: new.revision,
            branch: Some(new.branch),
            tag: None,
            by_api: false,
            parameters: Map::new(),
            created_at: now,
            workflows,
        });
        (id, ids)
    }

    /// A pipeline of one workflow whose tests are done and whose `job` waits for a person, with a job
    /// `deploy` behind it.
    pub fn add_pipeline_on_hold(
        &self,
        slug: &str,
        revision: &str,
        branch: &str,
        workflow: &str,
        job: &str,
    ) -> OnHold {
        let jobs = vec![
            NewJob::build("test").done(),
            NewJob::approval(job).after("test"),
            NewJob::build("deploy").after(job),
        ];
        let (pipeline_id, workflows) = self.add_pipeline(
            slug,
            NewPipeline {
                revision: revision.to_owned(),
                branch: branch.to_owned(),
                workflows: vec![(workflow.to_owned(), jobs)],
            },
        );
        let workflow_id = workflows.into_iter().next().unwrap_or_default();
        let state = locked(&self.shared.state);
        let found = state.workflow(&workflow_id);
        let pipeline_number = found.map(|(_, pipeline, _)| pipeline.number).unwrap_or_default();
        let held = found.and_then(|(_, _, workflow)| workflow.jobs.iter().find(|job| job.approval));
        let approval_request_id = held.map(|job| job.id.clone()).unwrap_or_default();
        OnHold { pipeline_id, pipeline_number, workflow_id, approval_request_id }
    }

    /// The same for a tag.
    pub fn add_tag_on_hold(
        &self,
        slug: &str,
        revision: &str,
        tag: &str,
        workflow: &str,
        job: &str,
    ) -> OnHold {
        let on_hold = self.add_pipeline_on_hold(slug, revision, tag, workflow, job);
        let mut state = locked(&self.shared.state);
        let mut pipelines = state.projects.values_mut().flat_map(|project| &mut project.pipelines);
        if let Some(pipeline) = pipelines.find(|pipeline| pipeline.id == on_hold.pipeline_id) {
            pipeline.tag = pipeline.branch.take();
        }
        on_hold
    }

    /// Has the API trigger pipelines of the commit that `heads` says a branch or a tag (`true`) of a
    /// repository (`owner/name`) stands at. What was said first stays.
    pub fn follow(&self, heads: impl Fn(&str, &str, bool) -> Option<String> + Send + Sync + 'static) {
        let _ = self.shared.own.heads.set(Box::new(heads));
    }

    /// The ids of the project's pipelines of which every workflow was cancelled.
    pub fn cancelled(&self, slug: &str) -> Vec<String> {
        let state = locked(&self.shared.state);
        let pipelines =
            state.projects.get(slug).map(|project| project.pipelines.as_slice()).unwrap_or_default();
        let cancelled = pipelines.iter().filter(|pipeline| {
            !pipeline.workflows.is_empty() && pipeline.workflows.iter().all(|workflow| workflow.canceled)
        });
        cancelled.map(|pipeline| pipeline.id.clone()).collect()
    }

    /// Adds a workflow to a pipeline, as running one of it again does; returns its id, or `None` if there is
    /// no such pipeline.
    pub fn add_workflow(&self, pipeline_id: &str, name: &str, jobs: &[NewJob]) -> Option<String> {
        let now = (self.shared.clock)();
        let mut state = locked(&self.shared.state);
        let workflow = state.new_workflow(name, jobs, now);
        let id = workflow.id.clone();
        let mut pipelines = state.projects.values_mut().flat_map(|project| &mut project.pipelines);
        pipelines.find(|pipeline| pipeline.id == pipeline_id)?.workflows.push(workflow);
        Some(id)
    }

    /// Cancels a workflow, as a person does on CircleCI's page.
    pub fn cancel(&self, workflow_id: &str) {
        let now = (self.shared.clock)();
        if let Some(workflow) = locked(&self.shared.state).workflow_mut(workflow_id) {
            workflow.cancel(now);
        }
    }

    /// Approves a job on hold, as a person does on CircleCI's page; `false` if it is not on hold.
    pub fn approve_by_hand(&self, workflow_id: &str, approval_request_id: &str) -> bool {
        let now = (self.shared.clock)();
        let mut state = locked(&self.shared.state);
        let approved =
            state.workflow_mut(workflow_id).map(|found| found.approve(approval_request_id, now).is_some());
        approved.unwrap_or_default()
    }

    /// Brings every running job of a workflow to this end, and starts what waited for it.
    pub fn end_running(&self, workflow_id: &str, status: JobStatus) {
        let now = (self.shared.clock)();
        if let Some(workflow) = locked(&self.shared.state).workflow_mut(workflow_id) {
            for job in workflow.jobs.iter_mut().filter(|job| job.status == JobStatus::Running) {
                job.end(status, now);
            }
            workflow.proceed(now);
        }
    }

    /// The workflow's status in CircleCI's words (`on_hold`, `running`, ...); `None` if there is no such
    /// workflow.
    pub fn workflow_status(&self, workflow_id: &str) -> Option<String> {
        let state = locked(&self.shared.state);
        state.workflow(workflow_id).map(|(_, _, workflow)| workflow.status().to_owned())
    }

    /// The status of a job by its name; `None` if there is no such job.
    pub fn job_status(&self, workflow_id: &str, name: &str) -> Option<JobStatus> {
        let state = locked(&self.shared.state);
        let (_, _, workflow) = state.workflow(workflow_id)?;
        workflow.jobs.iter().find(|job| job.name == name).map(|job| job.status)
    }

    /// Returns the approvals that came through the API for this project, oldest first.
    pub fn approvals(&self, slug: &str) -> Vec<Approval> {
        let slug = canonical_slug(slug);
        locked(&self.shared.state)
            .approvals
            .iter()
            .filter(|approval| approval.project == slug)
            .cloned()
            .collect()
    }

    /// Returns the pipelines that the API triggered in this project, oldest first.
    pub fn triggered(&self, slug: &str) -> Vec<Triggered> {
        let slug = canonical_slug(slug);
        locked(&self.shared.state)
            .triggered
            .iter()
            .filter(|triggered| triggered.project == slug)
            .cloned()
            .collect()
    }
}
