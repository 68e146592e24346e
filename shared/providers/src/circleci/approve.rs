//! Approving the job that holds a deploy's workflow.

use super::client::{CircleCi, MAX_PAGES, Triggered};
use super::origin::{Origin, origin};
use super::wire::{Job, JobStatus, JobType, Pipeline, PipelineState, Workflow, WorkflowStatus};
use crate::failure::{Failure, quote};
use signoff_core::git_ref::GitRef;
use std::collections::BTreeSet;

/// Number of characters of a revision that messages show.
const SHORT: usize = 7;
/// Number of characters of a full revision.
const FULL: usize = 40;

/// The job is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedJob {
    /// True if it had been approved before, by somebody else or by an earlier attempt of ours.
    pub already: bool,
    /// The pipeline that has the job.
    pub pipeline: Triggered,
    /// The workflow's page.
    pub workflow_url: String,
    /// The job's name.
    pub job: String,
}

/// The job that is to be approved.
#[derive(Clone, Copy, Debug)]
pub struct HeldJob<'a> {
    /// The project's slug (`gh/acme/checkout`).
    pub project: &'a str,
    /// The repository (`owner/name`) that the pipeline has to build, as far as CircleCI names it.
    pub repository: &'a str,
    /// The branch or tag whose push counts; `None`: no push does.
    pub pushed_to: Option<&'a GitRef>,
    /// The full SHA of the commit that is built.
    pub revision: &'a str,
    /// The workflow's name.
    pub build: &'a str,
    /// The approval job's name; `None`: the only one that is on hold.
    pub job: Option<&'a str>,
    /// The ids of pipelines that the API started for the same run of a rule: they come before what a push
    /// started.
    pub own: &'a [String],
    /// The id of the pipeline in which an earlier step of the same run approved a job: it comes before others
    /// that a push started.
    pub earlier: Option<&'a str>,
    /// The id of the pipeline in which it was approved before, or may have been: no other one counts.
    pub pinned: Option<&'a str>,
}

/// The reason for which a job was not approved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// The job can't be approved yet: its pipeline or the jobs before it are still to come. Nothing failed;
    /// the text says what is waited for.
    #[error("{0}")]
    NotYet(String),
    /// The same, and what is waited for comes only if a person does something: the text asks for it.
    #[error("{0}")]
    NeedsPerson(String),
    /// The approval failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Decision about a workflow's approval job.
#[derive(Debug)]
enum Verdict<'a> {
    Approve(&'a Job),
    Already(&'a Job),
    Not(NotApproved),
}

/// Pipelines and workflows seen on the way, to name if nothing is found.
#[derive(Default)]
struct Seen {
    pipelines: BTreeSet<u64>,
    workflows: BTreeSet<String>,
    canceled: Option<u64>,
    otherwise: Vec<String>,
    /// Those of another branch or tag than the one that counts.
    other_refs: Vec<String>,
    /// Those of a branch or tag that the policy does not allow.
    refused_refs: Vec<String>,
    errors: Vec<String>,
    starting: bool,
    /// Number of pipelines that were read of a list that goes on; `None`: each list was read to its end.
    cut_after: Option<usize>,
}

impl CircleCi {
    /// Approves the job `held`.
    ///
    /// A pipeline of `own` that has the workflow is the one that is meant, then the one of `earlier`. Else
    /// only a pipeline of exactly this revision counts that its push to `pushed_to` started. Each builds the
    /// repository, and a branch or tag which `is_allowed`. The newest 10 pages of all pipelines are read,
    /// then 10 of those of the branch where none was found. In the one pipeline that has the workflow, its
    /// newest run that was not cancelled counts. `job` names the approval job; without it, it is the only one
    /// that is on hold. Where several are and one was approved before, nothing is approved without a name:
    /// after a lost answer, that one may have been ours, and the next gate was not voted for.
    ///
    /// It is harmless to repeat: a job that is approved already is a success. Where the answer is lost, only
    /// the same pipeline is the same job: `found` is told which one it is before the job is approved, also
    /// where it is already, and `held.pinned` names it the next time.
    ///
    /// # Errors
    ///
    /// [`NotApproved::NotYet`] if the job does not wait for approval yet, if there is no pipeline of the
    /// revision on `pushed_to` yet, or if several pipelines have the workflow. [`Failure::Permanent`] if the
    /// revision is not a full one, if there is no such workflow or job (the message says which there are), if
    /// the only pipeline was started otherwise, builds another repository or a branch or tag that is not
    /// allowed, if it was cancelled or failed, if no push counts, or if it is unclear which job is meant.
    pub async fn approve_held_job(
        &self,
        held: HeldJob<'_>,
        is_allowed: impl Fn(Option<&GitRef>) -> bool,
        found: impl AsyncFnOnce(Triggered),
    ) -> Result<ApprovedJob, NotApproved> {
        let HeldJob { revision, job, .. } = held;
        if revision.len() != FULL || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Failure::Permanent(format!(
                "nothing was approved: {revision} is not the full SHA of a commit, and a short one may stand for another \
                 commit's pipeline"
            ))
            .into());
        }
        let (pipeline, workflow) = self.find_workflow(held, is_allowed).await?;
        let jobs = self.jobs(&workflow).await?;
        let approved = |job: &Job, already| ApprovedJob {
            already,
            pipeline: pipeline.clone(),
            workflow_url: self.workflow_url(&workflow),
            job: job.name.clone(),
        };
        let held = match judge(&workflow, &jobs, job) {
            Verdict::Approve(job) => job,
            Verdict::Already(job) => {
                found(pipeline.clone()).await;
                return Ok(approved(job, true));
            }
            Verdict::Not(reason) => return Err(reason),
        };
        found(pipeline.clone()).await;
        match self.approve(&workflow, held).await {
            Ok(()) => Ok(approved(held, false)),
            // Somebody may have been quicker: then CircleCI declines, and the job says so.
            Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_) | Failure::Conflict(_))) => {
                let jobs = self.jobs(&workflow).await?;
                let now = jobs.iter().find(|job| job.id == held.id).map(|job| job.status);
                if now == Some(JobStatus::Success) { Ok(approved(held, true)) } else { Err(failure.into()) }
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// The workflow `build` of the one pipeline that the push of `revision` to `pushed_to` started and that
    /// has it.
    async fn find_workflow(
        &self,
        held: HeldJob<'_>,
        is_allowed: impl Fn(Option<&GitRef>) -> bool,
    ) -> Result<(Triggered, Workflow), NotApproved> {
        let HeldJob { project, repository, pushed_to, revision, build, pinned, .. } = held;
        if let Some(pinned) = pinned {
            return self.find_in_pinned(held, pinned, is_allowed).await;
        }
        let earlier: Vec<String> = held.earlier.map(str::to_owned).into_iter().collect();
        for known in [held.own, earlier.as_slice()] {
            if let Some(found) = self.find_in(known, held, &is_allowed).await? {
                return Ok(found);
            }
        }
        let Some(pushed_to) = pushed_to else { return Err(nowhere()) };
        let branch = Some(pushed_to.name.as_str()).filter(|_| !pushed_to.is_tag);
        let mut seen = Seen::default();
        let mut fitting: Vec<(Triggered, Workflow)> = Vec::new();
        for filter in [None].into_iter().chain(branch.map(Some)) {
            let (mut token, mut read) = (None, 0);
            for _ in 0..MAX_PAGES {
                let page = self.pipelines(project, filter, token.as_deref()).await?;
                read += page.items.len();
                for pipeline in page.items.iter().filter(|pipeline| is_of(pipeline, revision)) {
                    if held.own.contains(&pipeline.id) {
                        continue;
                    }
                    if !seen.pipelines.insert(pipeline.number) {
                        continue;
                    }
                    let url = self.pipeline_url(project, pipeline.number);
                    if let Origin::Otherwise(how) = origin(pipeline, repository) {
                        seen.otherwise
                            .push(format!("pipeline {} was started by {how} ({url})", pipeline.number));
                        continue;
                    }
                    let built_on = pipeline.built_on();
                    let builds = format!("pipeline {} builds {} ({url})", pipeline.number, shown(&built_on));
                    if built_on.as_ref() != Some(pushed_to) {
                        seen.other_refs.push(builds);
                        continue;
                    }
                    if !is_allowed(Some(pushed_to)) {
                        seen.refused_refs.push(builds);
                        continue;
                    }
                    if let Some(workflow) = seen.look(pipeline, self.workflows(pipeline).await?, build) {
                        let found = Triggered { number: pipeline.number, id: pipeline.id.clone(), url };
                        fitting.push((found, workflow));
                    }
                }
                token = page.next_page_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
            seen.cut_after = seen.cut_after.max(token.map(|_| read));
            if !fitting.is_empty() {
                break;
            }
        }
        if fitting.len() > 1 {
            return Err(which(held, &fitting));
        }
        fitting.pop().ok_or_else(|| seen.reason(held))
    }
}

impl Seen {
    /// The workflow `build` among those of a pipeline: the newest that was not cancelled.
    fn look(&mut self, pipeline: &Pipeline, workflows: Vec<Workflow>, build: &str) -> Option<Workflow> {
        self.errors.extend(pipeline.errors.iter().map(|error| quote(&error.message)));
        // A set-up pipeline adds its workflows later.
        self.starting |= match pipeline.state {
            PipelineState::Setup | PipelineState::SetupPending | PipelineState::Pending => true,
            PipelineState::Created | PipelineState::Unknown => workflows.is_empty(),
            PipelineState::Errored => false,
        };
        self.workflows.extend(workflows.iter().map(|workflow| workflow.name.clone()));
        let named = workflows.into_iter().filter(|workflow| workflow.name == build);
        let (canceled, left): (Vec<_>, Vec<_>) =
            named.partition(|workflow| workflow.status == WorkflowStatus::Canceled);
        if left.is_empty() && !canceled.is_empty() {
            self.canceled = self.canceled.or(Some(pipeline.number));
        }
        left.into_iter().max_by_key(|workflow| workflow.created_at)
    }

    /// The reason for which there is no workflow `build` to approve in.
    fn reason(self, held: HeldJob<'_>) -> NotApproved {
        let HeldJob { project, revision, build, pushed_to, .. } = held;
        let short = revision.get(..SHORT).unwrap_or(revision);
        if let Some(number) = self.canceled {
            return fail(format!(
                "the workflow {build} of {project} for {short} was cancelled (pipeline {number}): rerun it on CircleCI, \
                 then retry"
            ));
        }
        if self.starting {
            return NotApproved::NotYet(format!(
                "the pipeline of {project} for {short} has not started the workflow {build} yet"
            ));
        }
        if let Some(error) = self.errors.first() {
            return fail(format!(
                "the pipeline of {project} for {short} did not start: CircleCI says \"{error}\""
            ));
        }
        if !self.refused_refs.is_empty() {
            return fail(format!(
                "nothing was approved: `allowed_refs` of the policy does not allow the branch or tag that was built: {}",
                list(self.refused_refs.into_iter())
            ));
        }
        let is_elsewhere = self.pipelines.len() == self.otherwise.len() + self.other_refs.len();
        if let (Some(pushed_to), true, false) = (pushed_to, is_elsewhere, self.other_refs.is_empty()) {
            return NotApproved::NeedsPerson(format!(
                "CircleCI has no pipeline of {project} for the revision {short} on {} yet, and only such a pipeline may be \
                 approved: {}. If another branch or tag is meant, deploy again and name it",
                pushed_to.words(),
                list(self.other_refs.into_iter())
            ));
        }
        if self.pipelines.len() == self.otherwise.len() && !self.otherwise.is_empty() {
            return fail(format!(
                "nothing was approved: no push of {short} started a pipeline of {project}, and only such a pipeline may be \
                 approved: {}",
                list(self.otherwise.into_iter())
            ));
        }
        if let (true, Some(read)) = (self.pipelines.is_empty(), self.cut_after) {
            return NotApproved::NeedsPerson(format!(
                "none of the newest {read} pipelines of {project} is of the revision {short}, and older ones are not read. If \
                 an older one holds the job, approve it on CircleCI"
            ));
        }
        if self.pipelines.is_empty() {
            return NotApproved::NotYet(format!(
                "CircleCI has no pipeline of {project} for the revision {short} yet. If none comes, check that CircleCI \
                 builds this repository"
            ));
        }
        let numbers = list(self.pipelines.iter().map(u64::to_string));
        fail(format!(
            "there is no workflow {build} in what CircleCI built of {project} for {short} (pipeline {numbers}), only {}: check the name in \
             the rule",
            list(self.workflows.iter().map(|name| quote(name)))
        ))
    }
}

/// The question which of several pipelines is meant.
fn which(held: HeldJob<'_>, fitting: &[(Triggered, Workflow)]) -> NotApproved {
    let HeldJob { project, revision, build, .. } = held;
    let short = revision.get(..SHORT).unwrap_or(revision);
    let links = list(fitting.iter().map(|(pipeline, _)| pipeline.url.clone()));
    NotApproved::NeedsPerson(format!(
        "which pipeline is meant? {} pipelines of {project} for {short} have the workflow {build}: {links}. Cancel \
         the workflow in all but one of them, and Signoff approves the job in the one that is left",
        fitting.len()
    ))
}

/// The failure where no push counts.
fn nowhere() -> NotApproved {
    fail(
        "nothing was approved: the source host shows neither that the deploy's branch or tag contains its revision nor that the default \
         branch does. Deploy again, and name the branch or tag whose pipeline is meant"
            .to_owned(),
    )
}

/// A branch or tag as people read it.
fn shown(built_on: &Option<GitRef>) -> String {
    match built_on {
        Some(built_on) => GitRef { name: quote(&built_on.name), ..built_on.clone() }.words(),
        None => "no branch".to_owned(),
    }
}

/// A failure that no later look would mend.
fn fail(message: String) -> NotApproved {
    NotApproved::Failed(Failure::Permanent(message))
}

/// True if a pipeline built exactly `revision`.
fn is_of(pipeline: &Pipeline, revision: &str) -> bool {
    pipeline.revision().unwrap_or_default().eq_ignore_ascii_case(revision)
}

/// Decides what to do in a workflow with these jobs; `wanted` names the approval job.
fn judge<'a>(workflow: &Workflow, jobs: &'a [Job], wanted: Option<&str>) -> Verdict<'a> {
    let gates: Vec<&Job> = jobs.iter().filter(|job| job.r#type == JobType::Approval).collect();
    let name = &workflow.name;
    let fail = |message: String| Verdict::Not(fail(message));
    let Some(wanted) = wanted else {
        let held: Vec<&Job> = gates.iter().copied().filter(|job| job.status == JobStatus::OnHold).collect();
        return match (gates.as_slice(), held.as_slice()) {
            ([], _) => fail(format!(
                "the workflow {name} has no approval job: add one (`type: approval`) to its configuration"
            )),
            ([gate], _) => judge_gate(workflow, gate),
            (_, [gate]) if gates.iter().all(|job| job.status != JobStatus::Success) => {
                judge_gate(workflow, gate)
            }
            (_, []) if gates.iter().all(|job| is_ahead(job.status)) && can_go_on(workflow) => Verdict::Not(
                NotApproved::NotYet(format!("the workflow {name} does not wait for approval yet")),
            ),
            _ => fail(format!(
                "the workflow {name} has several approval jobs ({}): name the one that is meant in the rule \
                 (auto_approve_build: {{build: {name}, job: …}})",
                list(gates.iter().map(|job| format!("{}: {}", job.name, words(job.status))))
            )),
        };
    };
    match gates.iter().find(|job| job.name == wanted) {
        Some(gate) => judge_gate(workflow, gate),
        None if gates.is_empty() => fail(format!(
            "the workflow {name} has no approval job {wanted}, and no other: check the name in the rule"
        )),
        None => fail(format!(
            "the workflow {name} has no approval job {wanted}, only {}: check the name in the rule",
            list(gates.iter().map(|job| job.name.clone()))
        )),
    }
}

/// Decides what to do with the chosen approval job.
fn judge_gate<'a>(workflow: &Workflow, gate: &'a Job) -> Verdict<'a> {
    let (job, name, status) = (&gate.name, &workflow.name, words(gate.status));
    match gate.status {
        JobStatus::OnHold => Verdict::Approve(gate),
        JobStatus::Success => Verdict::Already(gate),
        status if is_ahead(status) && can_go_on(workflow) => Verdict::Not(NotApproved::NotYet(format!(
            "the job {job} of the workflow {name} does not wait for approval yet"
        ))),
        JobStatus::Canceled => Verdict::Not(fail(format!(
            "the job {job} of the workflow {name} was cancelled: rerun the workflow on CircleCI, then retry"
        ))),
        _ => Verdict::Not(fail(format!(
            "the job {job} of the workflow {name} can't be approved: it is {status}, and the workflow {}; rerun the workflow \
             on CircleCI, then retry",
            workflow_words(workflow.status)
        ))),
    }
}

/// True if a job with this status may still come to wait for approval.
fn is_ahead(status: JobStatus) -> bool {
    use JobStatus::{Blocked, NotRun, NotRunning, Queued, Retried, Running, Unknown};
    matches!(status, Blocked | NotRun | NotRunning | Queued | Retried | Running | Unknown)
}

/// True if a workflow has jobs that will still run.
fn can_go_on(workflow: &Workflow) -> bool {
    use WorkflowStatus::{Failing, NotRun, OnHold, Running, Unknown};
    matches!(workflow.status, Running | OnHold | Failing | NotRun | Unknown)
}

/// A job's status, as it ends a sentence.
fn words(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Success => "approved",
        JobStatus::OnHold => "waiting",
        JobStatus::Canceled => "cancelled",
        JobStatus::Blocked | JobStatus::NotRun | JobStatus::NotRunning => "not started",
        JobStatus::Queued | JobStatus::Running | JobStatus::Retried => "running",
        JobStatus::Failed
        | JobStatus::InfrastructureFail
        | JobStatus::Timedout
        | JobStatus::TerminatedUnknown => "failed",
        JobStatus::Unauthorized => "not authorized",
        JobStatus::Unknown => "in a state that Signoff doesn't know",
    }
}

/// A workflow's status, as it ends a sentence.
fn workflow_words(status: WorkflowStatus) -> &'static str {
    match status {
        WorkflowStatus::Success => "has ended",
        WorkflowStatus::Failed | WorkflowStatus::Error | WorkflowStatus::Failing => "failed",
        WorkflowStatus::Canceled => "was cancelled",
        WorkflowStatus::Unauthorized => "was not authorized",
        WorkflowStatus::Running
        | WorkflowStatus::NotRun
        | WorkflowStatus::OnHold
        | WorkflowStatus::Unknown => "goes on",
    }
}

/// The first 10 of some names, separated by commas.
fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(10);
    let mut text = names.take(10).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

mod own;
#[cfg(test)]
mod tests;
