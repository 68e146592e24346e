//! Workflows that were started through the API, and the list of their runs.

use super::Shared;
use super::api::{error, not_found, paging};
use super::json::{self, Place, number_of};
use super::repository_json::repository_json;
use super::state::{Dispatched, Repository, State};
use crate::stand_in::answer::Answer;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Trigger event of runs that the API started.
const EVENT: &str = "workflow_dispatch";

/// A workflow's file name and id, by one of them.
fn find<'r>(repository: &'r Repository, workflow: &str) -> Option<(&'r str, u64)> {
    let id = workflow.parse().ok();
    let named = |(file, known): &(&String, &u64)| *file == workflow || Some(**known) == id;
    repository.workflows.iter().find(named).map(|(file, id)| (file.as_str(), *id))
}

/// Starts a workflow.
pub fn dispatch(shared: &Shared, state: &mut State, name: &str, workflow: &str, body: &Value) -> Answer {
    let run_id = state.id();
    let Some(repository) = state.repositories.get(name) else { return not_found() };
    if find(repository, workflow).is_none() {
        return not_found();
    }
    if let Some(repository) = state.repositories.get_mut(name) {
        repository.move_branches();
    }
    let Some(repository) = state.repositories.get(name) else { return not_found() };
    let Some((file, _)) = find(repository, workflow) else { return not_found() };
    let git_ref = body.get("ref").and_then(Value::as_str).unwrap_or_default();
    // GitHub takes a branch first where a tag has the same name.
    let tag = git_ref.strip_prefix("refs/tags/");
    let branch = git_ref.strip_prefix("refs/heads/").unwrap_or(git_ref);
    let of_branch = repository.branches.get(branch).filter(|_| tag.is_none()).cloned();
    let of_tag = || repository.refs.tags.get(tag.unwrap_or(git_ref)).cloned().map(Some);
    let Some(head_sha) = of_branch.or_else(of_tag) else {
        return error(422, &format!("No ref found for: {git_ref}"));
    };
    let inputs = body.get("inputs").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    state.dispatched.push(Dispatched {
        repository: name.to_owned(),
        workflow: file.to_owned(),
        git_ref: git_ref.to_owned(),
        inputs,
        run_id,
        head_sha: head_sha.unwrap_or_default(),
        at: (shared.clock)(),
    });
    if body.get("return_run_details") != Some(&Value::Bool(true)) {
        return Answer::empty(204);
    }
    let place = Place { url: &shared.url, repository: name };
    let run = format!("/actions/runs/{run_id}");
    Answer::of_json(
        200,
        json!({"workflow_run_id": run_id, "run_url": place.api(&run), "html_url": place.html(&run)}),
    )
}

/// A workflow's runs, newest first; those that nobody started through the API are not here.
pub fn list(
    url: &str,
    state: &State,
    name: &str,
    workflow: &str,
    query: &BTreeMap<String, String>,
) -> Answer {
    let Some(repository) = state.repositories.get(name) else { return not_found() };
    let Some((file, workflow)) = find(repository, workflow) else { return not_found() };
    let wanted = |key: &str, value: &str| query.get(key).is_none_or(|wanted| wanted == value);
    let runs: Vec<Value> = state
        .dispatched
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, run)| run.repository == name && run.workflow == file)
        .filter(|(_, run)| wanted("event", EVENT) && wanted("branch", branch_of(run)))
        .filter(|(_, run)| wanted("head_sha", &run.head_sha))
        .filter(|(_, run)| query.get("created").is_none_or(|range| is_in(range, run.at)))
        .map(|(index, run)| run_json(Place { url, repository: name }, repository, workflow, (index + 1, run)))
        .collect();
    let (page, size) = paging(query).unwrap_or((1, 30));
    let count = runs.len();
    let runs: Vec<Value> = runs.into_iter().skip((page - 1) * size).take(size).collect();
    Answer::of_json(200, json!({"total_count": count, "workflow_runs": runs}))
}

/// True if `range` (`FROM..TO`, in whole seconds) has the time `at`.
/// <https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>
fn is_in(range: &str, at: Timestamp) -> bool {
    let read = |text: &str| text.parse::<Timestamp>().ok();
    let ends = range.split_once("..").and_then(|(from, to)| read(from).zip(read(to)));
    ends.is_some_and(|(from, to)| (from.as_second()..=to.as_second()).contains(&at.as_second()))
}

fn branch_of(run: &Dispatched) -> &str {
    run.git_ref.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/")
}

/// A run (`workflow-run`) that waits for a runner.
pub(super) fn run_json(
    place: Place<'_>,
    repository: &Repository,
    workflow: u64,
    (number, run): (usize, &Dispatched),
) -> Value {
    let id = run.run_id;
    let api = place.api(&format!("/actions/runs/{id}"));
    let html = place.html(&format!("/actions/runs/{id}"));
    let at = run.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let head = repository.commit(&run.head_sha).map(|commit| {
        let who = json!({"name": commit.author.name, "email": commit.author.email});
        json!({
            "id": commit.sha, "tree_id": commit.sha, "message": commit.message, "author": who, "committer": who,
            "timestamp": commit.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        })
    });
    let starter = repository.refs.starters.get(&id).and_then(|starters| starters.first());
    let of_person = starter.and_then(|person| json::account(place.url, person));
    let actor = of_person.unwrap_or_else(|| json::user(place.url, json::OWN_LOGIN, "User"));
    json!({
        "id": id,
        "name": run.workflow,
        "node_id": format!("WFR_{id}"),
        "check_suite_id": number_of(&api),
        "check_suite_node_id": format!("CS_{id}"),
        "head_branch": branch_of(run),
        "head_sha": run.head_sha,
        "path": format!(".github/workflows/{}", run.workflow),
        "run_number": number,
        "run_attempt": 1,
        "event": EVENT,
        "display_title": run.workflow,
        "status": if repository.refs.cancelled.contains(&id) { "completed" } else { "queued" },
        "conclusion": repository.refs.cancelled.contains(&id).then_some("cancelled"),
        "workflow_id": workflow,
        "url": api,
        "html_url": html,
        "pull_requests": [],
        "created_at": at,
        "updated_at": at,
        "run_started_at": at,
        "actor": actor,
        "triggering_actor": actor,
        "jobs_url": format!("{api}/jobs"),
        "logs_url": format!("{api}/logs"),
        "check_suite_url": place.api(&format!("/check-suites/{}", number_of(&api))),
        "artifacts_url": format!("{api}/artifacts"),
        "cancel_url": format!("{api}/cancel"),
        "rerun_url": format!("{api}/rerun"),
        "previous_attempt_url": null,
        "workflow_url": place.api(&format!("/actions/workflows/{workflow}")),
        "head_commit": head,
        "repository": repository_json(place, repository),
        "head_repository": repository_json(place, repository),
    })
}
