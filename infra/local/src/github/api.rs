//! The operations of GitHub's REST API, as <https://docs.github.com/rest> describes them.

use super::Shared;
use super::activity;
use super::changes;
use super::commit_json;
use super::identify;
use super::json::{self, Place};
use super::refs;
use super::runs;
use super::state::{ChangedFile, Repository, State, sha_of};
use crate::spec::Accepted;
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The version of the REST API that the stand-in speaks.
const VERSION: &str = "2022-11-28";
/// Most changed files that an answer lists.
pub const FILES: usize = 300;
/// Requests per hour that a token has.
const LIMIT: u64 = 5000;

/// Answers any request to `/repos/…` and `/users/…`.
pub async fn answer(Extract(shared): Extract<Arc<Shared>>, parts: Parts, body: Bytes) -> Response {
    let access = match (&parts.method, parts.uri.path()) {
        (&Method::GET, path) if is_of_actions(path) => TokenUse::Either,
        (&Method::GET, _) => TokenUse::Read,
        _ => TokenUse::Write,
    };
    if let Some(refusal) = refused(&parts.headers, &shared, access) {
        return refusal.into_response();
    }
    let accept = text_header(&parts.headers, header::ACCEPT.as_str());
    let passed = shared.gate.pass(&shared.own.spec, &parts, parts.uri.path(), &body, |accepted| {
        handle(&shared, accepted, accept)
    });
    let answer = passed.unwrap_or_else(|violation| error(422, &violation.to_string()));
    let answer = match parts.method {
        Method::GET => conditional(answer, accept, text_header(&parts.headers, "if-none-match")),
        _ => answer,
    };
    // An answer "not modified" costs nothing of the limit.
    let used = match answer.status() {
        304 => shared.own.used.load(Ordering::Relaxed),
        _ => shared.own.used.fetch_add(1, Ordering::Relaxed) + 1,
    };
    let reset = (shared.clock)().as_second() / 3600 * 3600 + 3600;
    answer
        .with_header("x-ratelimit-limit", LIMIT.to_string())
        .with_header("x-ratelimit-remaining", LIMIT.saturating_sub(used).to_string())
        .with_header("x-ratelimit-used", used.to_string())
        .with_header("x-ratelimit-reset", reset.to_string())
        .with_header("x-ratelimit-resource", "core")
        .with_header("x-github-api-version-selected", VERSION)
        .into_response()
}

fn text_header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Use of a token that a request needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    Read,
    Write,
    /// A request that both tokens may make.
    Either,
}

/// True for what a token with *Actions: write* alone sees: users, the repository itself (*Metadata: read*),
/// and workflows with their runs.
fn is_of_actions(path: &str) -> bool {
    if path.starts_with("/users/") {
        return true;
    }
    let mut parts = path.trim_start_matches("/repos/").splitn(3, '/').skip(2);
    parts.next().is_none_or(|rest| rest.starts_with("actions/"))
}

/// The answer to a request without a token that is good for `access`.
pub fn refused(headers: &HeaderMap, shared: &Shared, access: TokenUse) -> Option<Answer> {
    if text_header(headers, header::USER_AGENT.as_str()).is_empty() {
        return Some(error(
            403,
            "Request forbidden by administrative rules. A User-Agent header is required.",
        ));
    }
    let version = text_header(headers, "x-github-api-version");
    if !version.is_empty() && version != VERSION {
        return Some(error(
            400,
            &format!("The stand-in speaks version {VERSION} of the API, not {version}."),
        ));
    }
    let authorization = text_header(headers, header::AUTHORIZATION.as_str());
    let given = ["Bearer ", "token "].iter().find_map(|scheme| authorization.strip_prefix(scheme));
    match given {
        Some(given) if given == shared.settings.token && access != TokenUse::Write => None,
        Some(given) if given == shared.settings.write_token && access != TokenUse::Read => None,
        Some(given) if given == shared.settings.token || given == shared.settings.write_token => {
            Some(error(403, "Resource not accessible by personal access token"))
        }
        Some(_) => Some(error(401, "Bad credentials")),
        None => Some(error(401, "Requires authentication")),
    }
}

/// An error as GitHub sends it (`basic-error`).
pub fn error(status: u16, message: &str) -> Answer {
    let documentation = "https://docs.github.com/rest";
    let body = json!({"message": message, "documentation_url": documentation, "status": status.to_string()});
    Answer::of_json(status, body)
}

pub fn not_found() -> Answer {
    error(404, "Not Found")
}

/// Adds the `ETag`, and answers 304 if the client has this very answer.
fn conditional(answer: Answer, accept: &str, known: &str) -> Answer {
    if answer.status() != 200 {
        return answer;
    }
    let tag = format!("\"{}\"", sha_of(&format!("{accept}\n{}", answer.text())));
    let same = known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let answer = if same { Answer::empty(304) } else { answer };
    answer
        .with_header("etag", format!("W/{tag}"))
        .with_header("cache-control", "private, max-age=60, s-maxage=60")
}

fn handle(shared: &Shared, request: &Accepted<'_>, accept: &str) -> Answer {
    let value = |name: &str| request.path.get(name).map(String::as_str).unwrap_or_default();
    let name = format!("{}/{}", value("owner"), value("repo"));
    let mut state = locked(&shared.state);
    let name = state.name_of(&name).unwrap_or(name);
    if request.operation.id() == "actions/create-workflow-dispatch" {
        return runs::dispatch(shared, &mut state, &name, value("workflow_id"), &request.body);
    }
    if request.operation.id() == "users/get-by-username" {
        return profile(&shared.url, &state, value("username"));
    }
    if request.operation.id() == "actions/list-workflow-runs" {
        return runs::list(&shared.url, &state, &name, value("workflow_id"), &request.query);
    }
    match request.operation.id() {
        "actions/get-workflow-run" | "actions/get-workflow-run-attempt" => {
            return refs::run(&shared.url, &state, &name, value("run_id"), value("attempt_number"));
        }
        "actions/cancel-workflow-run" => return refs::cancel(&mut state, &name, value("run_id")),
        _ => {}
    }
    let Some(repository) = state.repositories.get(&name) else { return not_found() };
    let place = Place { url: &shared.url, repository: &name };
    let owned = |name: &str| value(name).to_owned();
    if let Some(answer) = identify::answer(place, repository, request.operation.id(), owned, &request.query) {
        return answer;
    }
    match request.operation.id() {
        "repos/get-content" => contents(place, repository, value("path"), request.query.get("ref"), accept),
        "repos/get" => refs::whole(place, repository),
        "git/get-tree" => {
            refs::tree(place, repository, value("tree_sha"), request.query.contains_key("recursive"))
        }
        "repos/list-branches-for-head-commit" => {
            refs::branches_of_head(place, repository, value("commit_sha"))
        }
        "repos/compare-commits-with-basehead" => {
            compare(place, repository, value("basehead"), &request.query)
        }
        "repos/get-commit" if accept.starts_with("application/vnd.github.sha") => {
            identify::sha(repository, value("ref"))
        }
        "repos/list-activities" => activity::list(place, repository, &request.query),
        "repos/get-commit" => match repository.resolve(value("ref")) {
            Some(commit) => Answer::of_json(200, commit_json::commit(place, commit, true)),
            None => error(422, &format!("No commit found for SHA: {}", value("ref"))),
        },
        "repos/list-pull-requests-associated-with-commit" => {
            pulls(place, repository, value("commit_sha"), &request.query)
        }
        "pulls/get" => {
            let number = value("pull_number").parse().unwrap_or(0);
            let found = repository.pulls.iter().find(|pull| pull.number == number);
            found.map_or_else(not_found, |pull| {
                Answer::of_json(200, json::whole_pull_request(place, repository, pull))
            })
        }
        other => error(501, &format!("the stand-in does not have {other}")),
    }
}

fn contents(
    place: Place<'_>,
    repository: &Repository,
    path: &str,
    git_ref: Option<&String>,
    accept: &str,
) -> Answer {
    let known = git_ref.is_none_or(|name| {
        repository.branches.contains_key(name)
            || repository.resolve(name).is_some()
            || repository.files_at.contains_key(name)
    });
    let shown = git_ref.unwrap_or(&repository.default_branch);
    if !known {
        return error(404, &format!("No commit found for the ref {shown}"));
    }
    let at = git_ref.map(String::as_str);
    let Some(text) = repository.file(path, at) else {
        let entries = repository.directory(path, at);
        // A directory is listed whatever media type was asked for.
        let listed = |names: Vec<_>| Answer::of_json(200, json::directory(place, path, &names, shown));
        return if entries.is_empty() { not_found() } else { listed(entries) };
    };
    let raw = ["application/vnd.github.raw", "application/vnd.github.v3.raw"];
    if raw.iter().any(|media_type| accept.starts_with(media_type)) {
        return Answer::of_text("application/vnd.github.raw+json; charset=utf-8", text.clone());
    }
    Answer::of_json(200, json::content(place, path, text, shown))
}

/// Without a paging parameter the newest 250 commits, else pages in order; the files stand on the first page.
/// See <https://docs.github.com/rest/commits/commits#compare-two-commits>
fn compare(
    place: Place<'_>,
    repository: &Repository,
    base_and_head: &str,
    query: &BTreeMap<String, String>,
) -> Answer {
    const UNPAGED: usize = 250;
    let sides = base_and_head.split_once("...");
    let resolved =
        sides.and_then(|(base, head)| Some((repository.resolve(base)?, repository.resolve(head)?)));
    let Some((base, head)) = resolved else { return not_found() };
    let Some(merge_base) = repository.merge_base(&base.sha, &head.sha) else {
        return error(404, &format!("No common ancestor between {} and {}.", base.sha, head.sha));
    };
    let ahead = repository.between(&base.sha, &head.sha);
    let behind = repository.between(&head.sha, &base.sha).len();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        (_, _) => "diverged",
    };
    let (commits, first_page) = match paging(query) {
        Some((page, size)) => {
            (ahead.iter().skip((page - 1) * size).take(size).collect::<Vec<_>>(), page == 1)
        }
        None => (ahead.iter().skip(ahead.len().saturating_sub(UNPAGED)).collect(), true),
    };
    let commits: Vec<Value> =
        commits.into_iter().map(|commit| commit_json::commit(place, commit, false)).collect();
    let changed =
        changes::together(ahead.iter().filter(|_| first_page).map(|commit| commit.files.as_slice()));
    let with_patch = |file: &ChangedFile| {
        let mut json = json::file_change(place, &head.sha, file);
        if let (Some(patch), Value::Object(map)) = (repository.patches.get(&file.path), &mut json) {
            map.insert("patch".to_owned(), patch.as_str().into());
        }
        json
    };
    let files: Vec<Value> = changed.iter().take(FILES).map(with_patch).collect();
    let html = place.html(&format!("/compare/{base_and_head}"));
    Answer::of_json(
        200,
        json!({
            "url": place.api(&format!("/compare/{base_and_head}")),
            "html_url": html,
            "permalink_url": place.html(&format!("/compare/{}...{}", base.sha, head.sha)),
            "diff_url": format!("{html}.diff"),
            "patch_url": format!("{html}.patch"),
            "base_commit": commit_json::commit(place, base, false),
            "merge_base_commit": commit_json::commit(place, merge_base, false),
            "status": status,
            "ahead_by": ahead.len(),
            "behind_by": behind,
            "total_commits": ahead.len(),
            "commits": commits,
            "files": files,
        }),
    )
}

/// The page and its size, if the request names one of them.
pub fn paging(query: &BTreeMap<String, String>) -> Option<(usize, usize)> {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let (page, size) = (number("page"), number("per_page"));
    (page.is_some() || size.is_some()).then(|| (page.unwrap_or(1).max(1), size.unwrap_or(30).clamp(1, 100)))
}

fn pulls(place: Place<'_>, repository: &Repository, sha: &str, query: &BTreeMap<String, String>) -> Answer {
    let Some(commit) = repository.resolve(sha) else {
        return error(422, &format!("No commit found for SHA: {sha}"));
    };
    let (page, size) = paging(query).unwrap_or((1, 30));
    let found: Vec<Value> = repository
        .pulls
        .iter()
        .filter(|pull| pull.content.commits.contains(&commit.sha))
        .map(|pull| json::pull_request(place, repository, pull))
        .collect();
    let more = found.len() > page * size;
    let answer = Answer::of_json(200, found.into_iter().skip((page - 1) * size).take(size).collect());
    if !more {
        return answer;
    }
    let next = place.api(&format!("/commits/{sha}/pulls?per_page={size}&page={}", page + 1));
    answer.with_header("link", format!("<{next}>; rel=\"next\""))
}

fn profile(url: &str, state: &State, login: &str) -> Answer {
    let Some(person) = state.person(login) else {
        let owns =
            |name: &String| name.split('/').next().is_some_and(|owner| owner.eq_ignore_ascii_case(login));
        return match state.repositories.keys().any(owns) {
            true => Answer::of_json(200, json::organization(url, login)),
            false => not_found(),
        };
    };
    let email = state.shown_emails.get(json::login_of(person));
    Answer::of_json(200, json::profile(url, person, email.map(String::as_str)))
}
