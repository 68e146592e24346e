//! The operations of CircleCI's API v2, as <https://circleci.com/docs/api/v2/> describes them.

use super::handle::{Approval, Triggered};
use super::state::{Job, NewJob, Pipeline, State, Workflow};
use super::{Shared, canonical_slug};
use crate::spec::Accepted;
use crate::stand_in::answer::Answer;
use crate::stand_in::{locked, uuid_of};
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Answers any request to `/api/v2/…`.
pub async fn answer(Extract(shared): Extract<Arc<Shared>>, parts: Parts, body: Bytes) -> Response {
    if let Some(refusal) = unauthorized(&parts.headers, &shared.settings.token) {
        return refusal.into_response();
    }
    let path = parts.uri.path().strip_prefix("/api/v2").unwrap_or_default().to_owned();
    let answer =
        shared.gate.pass(&shared.own.spec, &parts, &path, &body, |accepted| handle(&shared, accepted));
    answer.unwrap_or_else(|violation| Answer::message(400, &violation.to_string())).into_response()
}

fn unauthorized(headers: &HeaderMap, token: &str) -> Option<Answer> {
    let given = headers.get("circle-token").map(http::HeaderValue::as_bytes);
    match given {
        Some(given) if given == token.as_bytes() => None,
        Some(_) => Some(Answer::message(401, "Invalid token provided.")),
        None => Some(Answer::message(401, "You must log in first.")),
    }
}

fn handle(shared: &Shared, request: &Accepted<'_>) -> Answer {
    let now = (shared.clock)();
    let mut state = locked(&shared.state);
    if let Some(time) = shared.settings.build_time {
        state.settle(now, time);
    }
    let path = |name: &str| request.path.get(name).map(String::as_str).unwrap_or_default();
    match request.operation.id() {
        "listPipelinesForProject" => list_pipelines(shared, &state, path("project-slug"), request),
        "getPipelineById" => get_pipeline(&state, path("pipeline-id")),
        "cancelWorkflow" => cancel(&mut state, path("id"), now),
        "triggerPipeline" => trigger_by_branch(shared, &mut state, path("project-slug"), &request.body, now),
        "triggerPipelineRun" => {
            let slug = [path("provider"), path("organization"), path("project")].join("/");
            trigger_by_definition(shared, &mut state, &slug, &request.body, now)
        }
        "listWorkflowsByPipelineId" => list_workflows(shared, &state, path("pipeline-id"), request),
        "getWorkflowById" => get_workflow(&state, path("id")),
        "listWorkflowJobs" => list_jobs(&state, path("id")),
        "approvePendingApprovalJobById" => approve(&mut state, path("id"), path("approval_request_id"), now),
        other => Answer::message(501, &format!("the stand-in does not have {other}")),
    }
}

fn list_pipelines(shared: &Shared, state: &State, slug: &str, request: &Accepted<'_>) -> Answer {
    let slug = canonical_slug(slug);
    let Some(project) = state.projects.get(&slug) else { return Answer::message(404, "Project not found") };
    let branch = request.query.get("branch").filter(|branch| !branch.is_empty());
    let pipelines = project
        .pipelines
        .iter()
        .rev()
        .filter(|pipeline| branch.is_none_or(|branch| pipeline.branch.as_ref() == Some(branch)))
        .map(|pipeline| pipeline_json(&slug, pipeline))
        .collect();
    page(shared, pipelines, request)
}

fn list_workflows(shared: &Shared, state: &State, id: &str, request: &Accepted<'_>) -> Answer {
    let Some((slug, pipeline)) = state.pipeline(id) else {
        return Answer::message(404, "Pipeline not found");
    };
    // A workflow that was run again is listed first, as the newest.
    let workflows = pipeline.workflows.iter().rev().map(|workflow| workflow_json(slug, pipeline, workflow));
    page(shared, workflows.collect(), request)
}

fn get_pipeline(state: &State, id: &str) -> Answer {
    let pipelines = state
        .projects
        .iter()
        .flat_map(|(slug, project)| project.pipelines.iter().map(move |pipeline| (slug.as_str(), pipeline)));
    let found = pipelines.into_iter().find(|(_, pipeline)| pipeline.id == id);
    found.map_or_else(
        || Answer::message(404, "Pipeline not found"),
        |(slug, pipeline)| Answer::of_json(200, pipeline_json(slug, pipeline)),
    )
}

fn cancel(state: &mut State, id: &str, now: Timestamp) -> Answer {
    match state.workflow_mut(id) {
        Some(workflow) => {
            workflow.cancel(now);
            Answer::message(202, "Accepted.")
        }
        None => Answer::message(404, "Workflow not found"),
    }
}

fn get_workflow(state: &State, id: &str) -> Answer {
    match state.workflow(id) {
        Some((slug, pipeline, workflow)) => Answer::of_json(200, workflow_json(slug, pipeline, workflow)),
        None => Answer::message(404, "Workflow not found"),
    }
}

fn list_jobs(state: &State, id: &str) -> Answer {
    let Some((slug, _, workflow)) = state.workflow(id) else {
        return Answer::message(404, "Workflow not found");
    };
    let jobs: Vec<Value> = workflow.jobs.iter().map(|job| job_json(slug, job)).collect();
    // The spec has a page token in the answer, but no parameter to pass it back: there is one page.
    Answer::of_json(200, json!({"items": jobs, "next_page_token": null}))
}

fn approve(state: &mut State, id: &str, approval_request_id: &str, now: Timestamp) -> Answer {
    let Some((slug, pipeline, workflow)) = state.workflow(id) else {
        return Answer::message(404, "Workflow not found");
    };
    if !workflow.jobs.iter().any(|job| job.approval && job.id == approval_request_id) {
        return Answer::message(404, "Approval job not found");
    }
    let approval = Approval {
        project: slug.to_owned(),
        revision: pipeline.revision.clone(),
        pipeline_number: pipeline.number,
        workflow_id: id.to_owned(),
        workflow: workflow.name.clone(),
        job: String::new(),
        at: now,
    };
    let approved = state.workflow_mut(id).and_then(|workflow| workflow.approve(approval_request_id, now));
    let Some(job) = approved else {
        return Answer::message(
            400,
            "The job is not on hold: it was approved or cancelled, or waits for other jobs.",
        );
    };
    let job = job.name.clone();
    state.approvals.push(Approval { job, ..approval });
    Answer::message(202, "Accepted.")
}

/// The older call, which takes no project of the GitHub App.
fn trigger_by_branch(shared: &Shared, state: &mut State, slug: &str, body: &Value, now: Timestamp) -> Answer {
    let slug = canonical_slug(slug);
    if state.projects.get(&slug).is_some_and(|project| project.definition.is_some()) {
        return Answer::message(400, "This project can only be triggered by its pipeline definition.");
    }
    trigger(shared, state, slug, body, body, now)
}

/// The newer call, which names the pipeline's definition.
fn trigger_by_definition(
    shared: &Shared,
    state: &mut State,
    slug: &str,
    body: &Value,
    now: Timestamp,
) -> Answer {
    let slug = canonical_slug(slug);
    let named = body.get("definition_id").and_then(Value::as_str);
    let Some(project) = state.projects.get(&slug) else { return Answer::message(404, "Project not found") };
    if named.is_none() || project.definition.as_deref() != named {
        return Answer::message(404, "Pipeline definition not found");
    }
    let (config, checkout) = (body.get("config"), body.get("checkout"));
    if config != checkout {
        return Answer::message(
            400,
            "The stand-in has one repository: config and checkout must be the same.",
        );
    }
    trigger(shared, state, slug, checkout.unwrap_or(&Value::Null), body, now)
}

/// Starts a pipeline of what `target` names, with the parameters in `body`.
fn trigger(
    shared: &Shared,
    state: &mut State,
    slug: String,
    target: &Value,
    body: &Value,
    now: Timestamp,
) -> Answer {
    let text = |key: &str| target.get(key).and_then(Value::as_str).map(str::to_owned);
    let (branch, tag) = (text("branch"), text("tag"));
    if branch.is_some() && tag.is_some() {
        return Answer::message(400, "Branch and tag are mutually exclusive.");
    }
    let parameters = body.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let id = state.uuid();
    let workflow = state.new_workflow("build", &[NewJob::build("build")], now);
    let Some(project) = state.projects.get_mut(&slug) else {
        return Answer::message(404, "Project not found");
    };
    if let Some(declared) = &project.parameters
        && let Some(unknown) = parameters.keys().find(|name| !declared.contains(*name))
    {
        return Answer::message(400, &format!("Unexpected argument(s): {unknown}"));
    }
    if let Some((branches, tags)) = &project.refs {
        if branch.as_ref().is_some_and(|branch| !branches.contains(branch)) {
            return Answer::message(400, "Branch not found");
        }
        if tag.as_ref().is_some_and(|tag| !tags.contains(tag)) {
            return Answer::message(400, "Tag not found");
        }
    }
    let number = project.next_number();
    let branch = branch.or_else(|| tag.is_none().then(|| "main".to_owned()));
    let of_slug = slug.split_once('/').map_or(slug.as_str(), |(_, repository)| repository);
    let repository = project.repository.as_deref().unwrap_or(of_slug);
    let (name, is_tag) = (branch.as_deref().or(tag.as_deref()).unwrap_or_default(), tag.is_some());
    let told = shared.own.heads.get().and_then(|heads| heads(repository, name, is_tag));
    let revision =
        told.or_else(|| project.head(branch.as_deref())).unwrap_or_else(|| revision_of(&slug, number));
    project.pipelines.push(Pipeline {
        id: id.clone(),
        number,
        revision,
        branch: branch.clone(),
        tag: tag.clone(),
        by_api: true,
        parameters: parameters.clone(),
        created_at: now,
        workflows: vec![workflow],
    });
    let triggered =
        Triggered { project: slug, pipeline_id: id.clone(), number, branch, tag, parameters, at: now };
    state.triggered.push(triggered);
    Answer::of_json(
        201,
        json!({"id": id, "state": "pending", "number": number, "created_at": now.to_string()}),
    )
}

impl super::state::Project {
    /// The number of the next pipeline.
    pub(super) fn next_number(&self) -> u64 {
        self.pipelines.last().map_or(1, |pipeline| pipeline.number + 1)
    }

    /// The revision of the branch's latest pipeline.
    fn head(&self, branch: Option<&str>) -> Option<String> {
        let on_branch = |pipeline: &&Pipeline| pipeline.branch.as_deref() == branch;
        self.pipelines.iter().rev().find(on_branch).map(|pipeline| pipeline.revision.clone())
    }
}

fn revision_of(slug: &str, number: u64) -> String {
    uuid_of(&format!("{slug} {number}")).replace('-', "") + "00000000"
}

/// One page of a list; the token of the next page is a number, but no client may know that.
fn page(shared: &Shared, items: Vec<Value>, request: &Accepted<'_>) -> Answer {
    let from = match request.query.get("page-token").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => match token.strip_prefix("AARLwwV").and_then(|number| number.parse().ok()) {
            Some(from) => from,
            None => return Answer::message(400, "Invalid page token"),
        },
    };
    let more = items.len() > from + shared.settings.page_size;
    let token = more.then(|| format!("AARLwwV{}", from + shared.settings.page_size));
    let items: Vec<Value> = items.into_iter().skip(from).take(shared.settings.page_size).collect();
    Answer::of_json(200, json!({"items": items, "next_page_token": token}))
}

fn pipeline_json(slug: &str, pipeline: &Pipeline) -> Value {
    if slug.starts_with("circleci/") {
        return pipeline_of_app_json(slug, pipeline);
    }
    let name = slug.split_once('/').map_or(slug, |(_, name)| name);
    let repository = format!("https://github.com/{name}");
    let mut vcs = json!({
        "provider_name": "GitHub",
        "origin_repository_url": repository,
        "target_repository_url": repository,
        "revision": pipeline.revision,
    });
    for (key, value) in [("branch", &pipeline.branch), ("tag", &pipeline.tag)] {
        if let (Some(value), Value::Object(vcs)) = (value, &mut vcs) {
            vcs.insert(key.to_owned(), Value::String(value.clone()));
        }
    }
    let mut json = bare_pipeline_json(slug, pipeline);
    if let Value::Object(map) = &mut json {
        map.insert("vcs".to_owned(), vcs);
        if !pipeline.parameters.is_empty() {
            map.insert("trigger_parameters".to_owned(), Value::Object(pipeline.parameters.clone()));
        }
    }
    json
}

/// A pipeline of a project of the GitHub App: what it checks out stands in its parameters.
fn pipeline_of_app_json(slug: &str, pipeline: &Pipeline) -> Value {
    let mut parameters = pipeline.parameters.clone();
    let mut git = json!({"checkout_sha": pipeline.revision});
    for (key, value) in [("branch", &pipeline.branch), ("tag", &pipeline.tag)] {
        if let (Some(value), Value::Object(git)) = (value, &mut git) {
            git.insert(key.to_owned(), Value::String(value.clone()));
        }
    }
    parameters.insert("git".to_owned(), git);
    if !pipeline.by_api {
        let event = json!({"event_type": "push", "trigger_type": "github_app"});
        parameters.insert("circleci".to_owned(), event);
    }
    let mut json = bare_pipeline_json(slug, pipeline);
    if let Value::Object(map) = &mut json {
        map.insert("trigger_parameters".to_owned(), Value::Object(parameters));
    }
    json
}

/// Returns the JSON fields that every pipeline has.
fn bare_pipeline_json(slug: &str, pipeline: &Pipeline) -> Value {
    json!({
        "id": pipeline.id,
        "number": pipeline.number,
        "project_slug": slug,
        "state": "created",
        "created_at": pipeline.created_at.to_string(),
        "updated_at": pipeline.created_at.to_string(),
        "errors": [],
        "trigger": {
            "type": if pipeline.by_api { "api" } else { "webhook" },
            "received_at": pipeline.created_at.to_string(),
            "actor": {"login": "signoff", "avatar_url": null},
        },
    })
}

fn workflow_json(slug: &str, pipeline: &Pipeline, workflow: &Workflow) -> Value {
    let mut json = json!({
        "id": workflow.id,
        "name": workflow.name,
        "status": workflow.status(),
        "project_slug": slug,
        "pipeline_id": pipeline.id,
        "pipeline_number": pipeline.number,
        "created_at": workflow.created_at.to_string(),
        "stopped_at": workflow.stopped_at.map(|at| at.to_string()),
        "started_by": uuid_of("the person behind the push"),
    });
    if let (true, Value::Object(map)) = (workflow.canceled, &mut json) {
        map.insert("canceled_by".to_owned(), Value::String(uuid_of("the person behind the push")));
    }
    json
}

fn job_json(slug: &str, job: &Job) -> Value {
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(job.id));
    map.insert("name".to_owned(), json!(job.name));
    map.insert("project_slug".to_owned(), json!(slug));
    map.insert("type".to_owned(), json!(if job.approval { "approval" } else { "build" }));
    map.insert("status".to_owned(), json!(job.status.word()));
    map.insert("dependencies".to_owned(), json!(job.dependencies));
    map.insert("started_at".to_owned(), json!(job.started_at.to_string()));
    if let Some(at) = job.stopped_at {
        map.insert("stopped_at".to_owned(), json!(at.to_string()));
    }
    if job.approval {
        map.insert("approval_request_id".to_owned(), json!(job.id));
        if job.status == super::state::JobStatus::Success {
            map.insert("approved_by".to_owned(), json!(uuid_of("the owner of the token")));
        }
    }
    Value::Object(map)
}
