//! The operations of Jira Cloud's REST API v3 that Signoff calls.

use super::Shared;
use super::state::{Comment, Issue, PRIORITIES, RESOLUTIONS, STATES};
use crate::spec::{Accepted, Violation};
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most issues that one request may fetch.
const MAX_FETCHED: usize = 100;

/// Answers any request to `/rest/api/3/…`.
pub async fn answer(Extract(shared): Extract<Arc<Shared>>, parts: Parts, body: Bytes) -> Response {
    let path = parts.uri.path();
    let is_fetch = (parts.method.as_str(), path) == ("POST", "/rest/api/3/issue/bulkfetch");
    let reads = is_account(&parts.headers, &shared.settings.email, &shared.settings.token);
    if !reads && !is_account(&parts.headers, &shared.settings.write_email, &shared.settings.write_token) {
        // Jira answers a wrong token in words, not in JSON.
        return (http::StatusCode::UNAUTHORIZED, "Client must be authenticated to access this resource.")
            .into_response();
    }
    if reads && !is_fetch && parts.method != http::Method::GET {
        return errors(403, "You do not have the permission to change this issue.").into_response();
    }
    if is_fetch {
        return bulk_fetch(&shared, &body).into_response();
    }
    let answer =
        shared.gate.pass(&shared.own.spec, &parts, path, &body, |accepted| handle(&shared, accepted));
    answer.unwrap_or_else(|violation| errors(400, &violation.to_string())).into_response()
}

fn is_account(headers: &HeaderMap, email: &str, token: &str) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{email}:{token}")));
    headers.get(http::header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == expected.as_bytes())
}

fn handle(shared: &Shared, request: &Accepted<'_>) -> Answer {
    let mut state = locked(&shared.state);
    let key = request.path.get("issueIdOrKey").map(String::as_str).unwrap_or_default();
    let id = state.id();
    let Some(issue) = state.issues.get_mut(key) else { return no_such_issue() };
    match request.operation.id() {
        "getIssue" => {
            let expand = request.query.get("expand").map(String::as_str).unwrap_or_default();
            Answer::of_json(200, standing(shared, issue, expand))
        }
        "editIssue" => edit(issue, &request.body),
        "doTransition" => transition(issue, &request.body),
        "getComments" => comments(issue, &request.query),
        "addComment" => {
            comment(issue, Comment { id, body: request.body["body"].clone(), created: (shared.clock)() })
        }
        other => errors(501, &format!("the stand-in does not have {other}")),
    }
}

fn errors(status: u16, message: &str) -> Answer {
    Answer::of_json(status, json!({"errorMessages": [message], "errors": {}}))
}

fn field_error(field: &str, message: &str) -> Answer {
    Answer::of_json(400, json!({"errorMessages": [], "errors": {field: message}}))
}

fn no_such_issue() -> Answer {
    errors(404, "Issue does not exist or you do not have permission to see it.")
}

/// The spec does not have it yet: what its documentation does not have is a violation.
fn bulk_fetch(shared: &Shared, body: &[u8]) -> Answer {
    const KNOWN: [&str; 5] = ["issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties"];
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let unknown =
        body.as_object().is_none_or(|members| members.keys().any(|name| !KNOWN.contains(&name.as_str())));
    let keys = body["issueIdsOrKeys"].as_array().filter(|keys| !unknown && keys.iter().all(Value::is_string));
    let Some(keys) = keys else {
        shared.gate.remember(&Violation(format!("bulkfetch takes no such body: {body}")));
        return errors(400, "Invalid request payload.");
    };
    if keys.is_empty() || keys.len() > MAX_FETCHED {
        return errors(400, "The number of issues must be between 1 and 100.");
    }
    let state = locked(&shared.state);
    let mut found: Vec<&Issue> =
        keys.iter().filter_map(|key| state.issues.get(&key.as_str()?.to_ascii_uppercase())).collect();
    found.sort_by_key(|issue| issue.id);
    let issues: Vec<Value> = found
        .into_iter()
        .map(|issue| {
            let content = &issue.content;
            let fields = json!({
                "summary": content.summary,
                "priority": {"id": "1", "name": content.priority},
                "labels": content.labels,
                "issuetype": {"id": "10001", "name": content.kind, "subtask": false},
            });
            json!({"id": issue.id.to_string(), "key": content.key, "self": address(shared, issue), "fields": fields})
        })
        .collect();
    Answer::of_json(200, json!({"expand": "schema,names", "issues": issues, "issueErrors": []}))
}

fn address(shared: &Shared, issue: &Issue) -> String {
    format!("{}/rest/api/3/issue/{}", shared.url, issue.id)
}

fn standing(shared: &Shared, issue: &Issue, expand: &str) -> Value {
    let status = |name: &str| json!({"name": name, "id": name.len().to_string()});
    let mut standing = json!({
        "id": issue.id.to_string(), "key": issue.content.key, "self": address(shared, issue),
        "fields": {"status": status(&issue.status)},
    });
    let ways = STATES.iter().filter(|(state, ..)| *state != issue.status);
    match expand {
        "transitions" => {
            let way = |(to, id, name): &(&str, &str, &str)| json!({"id": id, "name": name, "to": status(to)});
            standing["transitions"] = ways.map(way).collect();
        }
        "editmeta" => standing["editmeta"] = json!({"fields": fields()}),
        _ => {}
    }
    standing
}

/// The fields that may be changed.
fn fields() -> Value {
    let field = |key: &str, name: &str, schema: Value| {
        let allowed: Vec<Value> = match key {
            "priority" => PRIORITIES.iter().map(|name| json!({"name": name})).collect(),
            _ => Vec::new(),
        };
        let meta = json!({"key": key, "name": name, "required": false, "operations": ["set"], "schema": schema,
            "allowedValues": allowed});
        (key.to_owned(), meta)
    };
    let custom = |kind: &str| format!("com.atlassian.jira.plugin.system.customfieldtypes:{kind}");
    Value::Object(Map::from_iter([
        field("summary", "Summary", json!({"type": "string", "system": "summary"})),
        field("labels", "Labels", json!({"type": "array", "items": "string", "system": "labels"})),
        field("priority", "Priority", json!({"type": "priority", "system": "priority"})),
        field(
            "customfield_10042",
            "Released in",
            json!({"type": "string", "custom": custom("textfield"), "customId": 10042}),
        ),
    ]))
}

fn edit(issue: &mut Issue, body: &Value) -> Answer {
    let known = fields();
    let object = |name: &str| body[name].as_object().cloned().unwrap_or_default();
    for (id, value) in object("fields") {
        match (id.as_str(), &value) {
            (id, _) if known.get(id).is_none() => {
                return field_error(
                    id,
                    "Field cannot be set. It is not on the appropriate screen, or unknown.",
                );
            }
            ("summary", Value::String(text)) => issue.content.summary.clone_from(text),
            ("priority", value) => match value["name"].as_str().filter(|name| PRIORITIES.contains(name)) {
                Some(name) => issue.content.priority = name.to_owned(),
                None => return field_error("priority", "The priority selected is invalid."),
            },
            ("customfield_10042", Value::String(_)) => _ = issue.fields.insert(id, value),
            _ => return field_error(&id, "Operation value must be a string"),
        }
    }
    for (id, operations) in object("update") {
        let added = operations[0]["add"].as_str().filter(|_| id == "labels").map(str::to_owned);
        let Some(label) = added.filter(|label| !label.contains(' ')) else {
            return field_error(&id, "The label can't contain spaces.");
        };
        if !issue.content.labels.contains(&label) {
            issue.content.labels.push(label);
        }
    }
    Answer::empty(204)
}

fn transition(issue: &mut Issue, body: &Value) -> Answer {
    let id = body["transition"]["id"].as_str().unwrap_or_default();
    let Some((to, ..)) = STATES.iter().find(|(to, way, _)| *way == id && *to != issue.status) else {
        return errors(
            400,
            "It seems that you have tried to perform a workflow operation that is not valid for the current state.",
        );
    };
    let resolution = body["fields"]["resolution"]["name"].as_str();
    match resolution {
        Some(_) if *to != "Done" => {
            return field_error(
                "resolution",
                "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
            );
        }
        Some(name) if !RESOLUTIONS.contains(&name) => {
            return field_error("resolution", "The resolution selected is invalid.");
        }
        _ => {}
    }
    issue.status = (*to).to_owned();
    issue.resolution = (*to == "Done").then(|| resolution.unwrap_or(RESOLUTIONS[0]).to_owned());
    Answer::empty(204)
}

fn comment_json(comment: &Comment) -> Value {
    let created = comment.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({"id": comment.id.to_string(), "body": comment.body, "created": created, "updated": created})
}

fn comments(issue: &Issue, query: &BTreeMap<String, String>) -> Answer {
    let number =
        |name: &str, default: usize| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (from, most) = (number("startAt", 0), number("maxResults", 5000));
    let mut all: Vec<Value> = issue.comments.iter().map(comment_json).collect();
    if query.get("orderBy").is_some_and(|order| order == "-created") {
        all.reverse();
    }
    let total = all.len();
    let page: Vec<Value> = all.into_iter().skip(from).take(most).collect();
    Answer::of_json(200, json!({"comments": page, "startAt": from, "maxResults": most, "total": total}))
}

fn comment(issue: &mut Issue, comment: Comment) -> Answer {
    let document = &comment.body;
    if document["type"] != "doc" || document["version"] != 1 || !document["content"].is_array() {
        return field_error("comment", "Comment body is not valid!");
    }
    let answer = Answer::of_json(201, comment_json(&comment));
    issue.comments.push(comment);
    answer
}
