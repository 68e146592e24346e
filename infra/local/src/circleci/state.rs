//! Projects, pipelines, workflows and jobs, and what happens to them.

use super::handle::{Approval, Triggered};
use crate::stand_in::uuid_of;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The whole of CircleCI.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// Approvals through the API, oldest first.
    pub approvals: Vec<Approval>,
    /// Pipelines triggered through the API, oldest first.
    pub triggered: Vec<Triggered>,
    /// Projects by slug, `gh/acme/checkout`.
    pub projects: BTreeMap<String, Project>,
    ids: u64,
}

/// A project and its pipelines.
#[derive(Default, Serialize, Deserialize)]
pub struct Project {
    /// Oldest first.
    pub pipelines: Vec<Pipeline>,
    /// The parameters that its configuration declares; `None`: any.
    pub parameters: Option<BTreeSet<String>>,
    /// The branches and tags that its repository has; `None`: any.
    #[serde(default)]
    pub refs: Option<(BTreeSet<String>, BTreeSet<String>)>,
    /// The id of its pipeline definition, where it is a project of the GitHub App.
    #[serde(default)]
    pub definition: Option<String>,
    /// Its repository, `owner/name`; `None`: its slug has it.
    #[serde(default)]
    pub repository: Option<String>,
}

/// One pipeline.
#[derive(Serialize, Deserialize)]
pub struct Pipeline {
    /// A UUID.
    pub id: String,
    /// Counted per project, from 1.
    pub number: u64,
    /// The commit.
    pub revision: String,
    /// The branch, unless a tag was built.
    pub branch: Option<String>,
    /// The tag, if one was built.
    pub tag: Option<String>,
    /// True if the API triggered it, rather than a push.
    pub by_api: bool,
    /// The parameters it was triggered with.
    pub parameters: Map<String, Value>,
    /// Time at which it was created.
    pub created_at: Timestamp,
    /// Its workflows, in the order of the configuration.
    pub workflows: Vec<Workflow>,
}

/// One workflow of a pipeline.
#[derive(Serialize, Deserialize)]
pub struct Workflow {
    /// A UUID.
    pub id: String,
    /// Its name in the configuration.
    pub name: String,
    /// True if it was cancelled.
    pub canceled: bool,
    /// Time at which it was created.
    pub created_at: Timestamp,
    /// Time at which it ended.
    pub stopped_at: Option<Timestamp>,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

/// One job of a workflow.
#[derive(Serialize, Deserialize)]
pub struct Job {
    /// A UUID; of an approval job it is the approval request's id too.
    pub id: String,
    /// Its name in the configuration.
    pub name: String,
    /// True if it waits for a person instead of running.
    pub approval: bool,
    /// Current status.
    pub status: JobStatus,
    /// Ids of the jobs that must succeed first.
    pub dependencies: Vec<String>,
    /// Time at which it started; before that, the time at which its workflow did.
    pub started_at: Timestamp,
    /// Time at which it ended.
    pub stopped_at: Option<Timestamp>,
}

/// Status of a job, in CircleCI's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobStatus {
    /// Waits for other jobs.
    Blocked,
    /// Waits for an approval.
    OnHold,
    /// Runs.
    Running,
    /// Done, or approved.
    Success,
    /// Broken.
    Failed,
    /// Cancelled with its workflow.
    Canceled,
}

impl JobStatus {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::OnHold => "on_hold",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    fn ended(self) -> bool {
        match self {
            Self::Success | Self::Failed | Self::Canceled => true,
            Self::Blocked | Self::OnHold | Self::Running => false,
        }
    }
}

/// A job to be made: its name, whether it is an approval, the names of the jobs it requires.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its name.
    pub name: String,
    /// True if it waits for a person.
    pub approval: bool,
    /// The names of earlier jobs of the same workflow that must succeed first.
    pub requires: Vec<String>,
    /// True if it has run already when the pipeline appears.
    pub done: bool,
}

impl NewJob {
    /// A job that runs.
    pub fn build(name: &str) -> Self {
        Self { name: name.to_owned(), approval: false, requires: Vec::new(), done: false }
    }

    /// A job that waits for a person.
    pub fn approval(name: &str) -> Self {
        Self { approval: true, ..Self::build(name) }
    }

    /// After this earlier job of the same workflow.
    pub fn after(mut self, name: &str) -> Self {
        self.requires.push(name.to_owned());
        self
    }

    /// It has run already.
    pub fn done(mut self) -> Self {
        self.done = true;
        self
    }
}

impl State {
    /// A new UUID. They are made from a count, so that a story reads the same each time.
    pub fn uuid(&mut self) -> String {
        self.ids += 1;
        uuid_of(&format!("circleci {}", self.ids))
    }

    /// The workflow of this id, with its project's slug and its pipeline.
    pub fn workflow(&self, id: &str) -> Option<(&str, &Pipeline, &Workflow)> {
        self.projects.iter().find_map(|(slug, project)| {
            project.pipelines.iter().find_map(|pipeline| {
                let workflow = pipeline.workflows.iter().find(|workflow| workflow.id == id)?;
                Some((slug.as_str(), pipeline, workflow))
            })
        })
    }

    /// The same, to change.
    pub fn workflow_mut(&mut self, id: &str) -> Option<&mut Workflow> {
        let pipelines = self.projects.values_mut().flat_map(|project| &mut project.pipelines);
        pipelines.flat_map(|pipeline| &mut pipeline.workflows).find(|workflow| workflow.id == id)
    }

    /// The pipeline of this id, with its project's slug.
    pub fn pipeline(&self, id: &str) -> Option<(&str, &Pipeline)> {
        self.projects.iter().find_map(|(slug, project)| {
            let pipeline = project.pipelines.iter().find(|pipeline| pipeline.id == id)?;
            Some((slug.as_str(), pipeline))
        })
    }

    /// A workflow with these jobs, on its way as far as it gets without a person.
    pub fn new_workflow(&mut self, name: &str, jobs: &[NewJob], now: Timestamp) -> Workflow {
        let mut made: Vec<Job> = Vec::with_capacity(jobs.len());
        for job in jobs {
            let dependencies = made
                .iter()
                .filter(|other| job.requires.contains(&other.name))
                .map(|job| job.id.clone())
                .collect();
            made.push(Job {
                id: self.uuid(),
                name: job.name.clone(),
                approval: job.approval,
                status: if job.done { JobStatus::Success } else { JobStatus::Blocked },
                dependencies,
                started_at: now,
                stopped_at: job.done.then_some(now),
            });
        }
        let id = self.uuid();
        let name = name.to_owned();
        let mut workflow =
            Workflow { id, name, canceled: false, created_at: now, stopped_at: None, jobs: made };
        workflow.proceed(now);
        workflow
    }

    /// Ends what has run for at least `time`, and starts what waited for it.
    pub fn settle(&mut self, now: Timestamp, time: Duration) {
        let time = jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::MAX);
        let pipelines = self.projects.values_mut().flat_map(|project| &mut project.pipelines);
        for workflow in pipelines.flat_map(|pipeline| &mut pipeline.workflows) {
            for job in &mut workflow.jobs {
                if job.status == JobStatus::Running && now.duration_since(job.started_at) >= time {
                    job.end(JobStatus::Success, now);
                }
            }
            workflow.proceed(now);
        }
    }
}

impl Workflow {
    /// Its status in CircleCI's words, which follows from its jobs.
    pub fn status(&self) -> &'static str {
        let any = |status| self.jobs.iter().any(|job| job.status == status);
        if self.canceled {
            "canceled"
        } else if any(JobStatus::Failed) {
            "failed"
        } else if any(JobStatus::Running) {
            "running"
        } else if any(JobStatus::OnHold) {
            "on_hold"
        } else if any(JobStatus::Blocked) {
            "not_run"
        } else {
            "success"
        }
    }

    /// Starts the jobs whose dependencies are done: builds run, approvals go on hold.
    pub fn proceed(&mut self, now: Timestamp) {
        if self.canceled {
            return;
        }
        let done: BTreeSet<String> = self
            .jobs
            .iter()
            .filter(|job| job.status == JobStatus::Success)
            .map(|job| job.id.clone())
            .collect();
        for job in &mut self.jobs {
            if job.status == JobStatus::Blocked && job.dependencies.iter().all(|id| done.contains(id)) {
                job.status = if job.approval { JobStatus::OnHold } else { JobStatus::Running };
                job.started_at = now;
            }
        }
        if self.stopped_at.is_none() && self.jobs.iter().all(|job| job.status.ended()) {
            self.stopped_at = Some(now);
        }
    }

    /// Approves the job on hold of this id; `None`: there is none, and nothing changes.
    pub fn approve(&mut self, approval_request_id: &str, now: Timestamp) -> Option<&Job> {
        let waits = |job: &Job| job.id == approval_request_id && job.status == JobStatus::OnHold;
        let index = self.jobs.iter().position(waits)?;
        self.jobs.get_mut(index)?.end(JobStatus::Success, now);
        self.proceed(now);
        self.jobs.get(index)
    }

    /// Cancels it, and with it every job that has not come to its end.
    pub fn cancel(&mut self, now: Timestamp) {
        self.canceled = true;
        self.stopped_at = Some(now);
        for job in &mut self.jobs {
            if !job.status.ended() {
                job.end(JobStatus::Canceled, now);
            }
        }
    }
}

impl Job {
    /// Brings it to its end.
    pub fn end(&mut self, status: JobStatus, now: Timestamp) {
        self.status = status;
        self.stopped_at = Some(now);
    }
}
