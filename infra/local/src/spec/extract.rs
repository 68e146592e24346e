//! Takes out of an official OpenAPI document what we call, without its prose: the files in `specs/`.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The operations of CircleCI's API v2 that Signoff calls: path template and method.
pub const CIRCLECI_OPERATIONS: &[(&str, &str)] = &[
    ("/pipeline/{pipeline-id}", "get"),
    ("/pipeline/{pipeline-id}/workflow", "get"),
    ("/project/{project-slug}/pipeline", "get"),
    ("/project/{project-slug}/pipeline", "post"),
    ("/project/{provider}/{organization}/{project}/pipeline/run", "post"),
    ("/workflow/{id}", "get"),
    ("/workflow/{id}/approve/{approval_request_id}", "post"),
    ("/workflow/{id}/cancel", "post"),
    ("/workflow/{id}/job", "get"),
];

/// The operations of GitHub's REST API that Signoff calls: path template and method.
pub const GITHUB_OPERATIONS: &[(&str, &str)] = &[
    ("/repos/{owner}/{repo}", "get"),
    ("/repos/{owner}/{repo}/actions/runs/{run_id}", "get"),
    ("/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}", "get"),
    ("/repos/{owner}/{repo}/actions/runs/{run_id}/cancel", "post"),
    ("/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", "post"),
    ("/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs", "get"),
    ("/repos/{owner}/{repo}/activity", "get"),
    ("/repos/{owner}/{repo}/branches", "get"),
    ("/repos/{owner}/{repo}/commits/{commit_sha}/branches-where-head", "get"),
    ("/repos/{owner}/{repo}/commits/{commit_sha}/pulls", "get"),
    ("/repos/{owner}/{repo}/commits/{ref}", "get"),
    ("/repos/{owner}/{repo}/compare/{basehead}", "get"),
    ("/repos/{owner}/{repo}/contents/{path}", "get"),
    ("/repos/{owner}/{repo}/deployments/{deployment_id}", "get"),
    ("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", "get"),
    ("/repos/{owner}/{repo}/git/trees/{tree_sha}", "get"),
    ("/repos/{owner}/{repo}/pulls/{pull_number}", "get"),
    ("/repos/{owner}/{repo}/tags", "get"),
    ("/users/{username}", "get"),
];

/// The operations of Jira Cloud's REST API v3 that Signoff calls and that the document describes: path
/// template and method.
pub const JIRA_OPERATIONS: &[(&str, &str)] = &[
    ("/rest/api/3/issue/{issueIdOrKey}", "get"),
    ("/rest/api/3/issue/{issueIdOrKey}", "put"),
    ("/rest/api/3/issue/{issueIdOrKey}/comment", "get"),
    ("/rest/api/3/issue/{issueIdOrKey}/comment", "post"),
    ("/rest/api/3/issue/{issueIdOrKey}/transitions", "post"),
];

/// Schemas of GitHub that no operation in the extract refers to, but that its errors and webhooks have.
pub const GITHUB_SCHEMAS: &[&str] = &["basic-error", "validation-error"];

/// The parts of `document` for `operations` and `schemas`, and what those refer to, without descriptions,
/// examples and extensions. An operation that the document does not have is left out.
pub fn extract(document: &Value, operations: &[(&str, &str)], schemas: &[&str]) -> Value {
    let mut paths = Map::new();
    for (path, method) in operations {
        let Some(operation) = document.get("paths").and_then(|paths| paths.get(path)?.get(method)) else {
            continue;
        };
        let entry = paths.entry(*path).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(methods) = entry {
            methods.insert((*method).to_owned(), pruned(operation, false));
        }
    }
    let paths = Value::Object(paths);
    let mut wanted = BTreeSet::new();
    references(&paths, &mut wanted);
    wanted.extend(schemas.iter().map(|name| format!("/components/schemas/{name}")));
    let mut found = BTreeSet::new();
    let mut components = Value::Object(Map::new());
    while let Some(pointer) = wanted.pop_first() {
        if !found.insert(pointer.clone()) {
            continue;
        }
        let Some(component) = document.pointer(&pointer) else { continue };
        let component = pruned(component, false);
        references(&component, &mut wanted);
        place(&mut components, &pointer, component);
    }
    let mut extract = Map::new();
    for key in ["openapi", "servers"] {
        if let Some(value) = document.get(key) {
            extract.insert(key.to_owned(), pruned(value, false));
        }
    }
    extract.insert("info".to_owned(), info(document));
    extract.insert("paths".to_owned(), paths);
    extract.insert("components".to_owned(), components);
    Value::Object(extract)
}

fn info(document: &Value) -> Value {
    let info = document.get("info").and_then(Value::as_object).cloned().unwrap_or_default();
    let kept = ["title", "version", "license"];
    Value::Object(info.into_iter().filter(|(key, _)| kept.contains(&key.as_str())).collect())
}

/// Sets `/components/<kind>/<name>` in the components.
fn place(components: &mut Value, pointer: &str, component: Value) {
    let mut parts = pointer.trim_start_matches("/components/").splitn(2, '/');
    let (Some(kind), Some(name), Value::Object(kinds)) = (parts.next(), parts.next(), components) else {
        return;
    };
    let kind = kinds.entry(kind).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(names) = kind {
        names.insert(name.to_owned(), component);
    }
}

/// Every `$ref` inside the document, as a JSON pointer.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                found.insert(reference.trim_start_matches('#').to_owned());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The value without what only a reader needs. `names`: whether the keys of this object are names of the
/// API's own (properties, status codes, ...) rather than words of OpenAPI.
fn pruned(value: &Value, names: bool) -> Value {
    const PROSE: [&str; 9] = [
        "description",
        "example",
        "examples",
        "summary",
        "title",
        "externalDocs",
        "tags",
        "links",
        "discriminator",
    ];
    const NAMING: [&str; 4] = ["properties", "patternProperties", "responses", "content"];
    const KEPT_EXTENSIONS: [&str; 2] = ["x-nullable", "x-multi-segment"];
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| {
                let extension = key.starts_with("x-") && !KEPT_EXTENSIONS.contains(&key.as_str());
                names || !(PROSE.contains(&key.as_str()) || extension)
            });
            let prune = |(key, value): (&String, &Value)| {
                (key.clone(), pruned(value, !names && NAMING.contains(&key.as_str())))
            };
            Value::Object(kept.map(prune).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| pruned(item, false)).collect()),
        other => other.clone(),
    }
}
