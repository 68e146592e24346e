//! The operations of Jira Cloud's REST API v3 that Signoff calls.

use super::Shared;
use super::state::{Comment, Issue, PRIORITIES, RESOLUTIONS, STATES, State};
use crate::stand_in::answer::Answer;
use crate::stand_in::{locked, percent};
use axum::body::Bytes;
use axum::extract::{Request, State as Extract};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many issues may be fetched at once.
const MAX_FETCHED: usize = 100;

/// Answers any request to `/rest/api/3/…`.
pub async fn answer(Extract(shared): Extract<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // The body was read whole by the layer that records it.
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_else(|_| Bytes::new());
    if !is_account(&parts.headers, &shared.account) {
        // Jira answers a wrong token in words, not in JSON.
        return (http::StatusCode::UNAUTHORIZED, "Client must be authenticated to access this resource.")
            .into_response();
    }
    let path = parts.uri.path().strip_prefix("/rest/api/3/").unwrap_or_default().to_owned();
    let query: BTreeMap<String, String> =
        percent::pairs(parts.uri.query().unwrap_or_default()).unwrap_or_default().into_iter().collect();
    let body = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let answered = body.map_err(|error| error.to_string()).and_then(|body| {
        let segments: Vec<&str> = path.split('/').collect();
        handle(&shared, parts.method.as_str(), &segments, &query, &body)
    });
    answered
        .unwrap_or_else(|violation| {
            let violation = format!("{} {path}: {violation}", parts.method);
            tracing::warn!(%violation, "a request that Jira's documentation does not have");
            locked(&shared.violations).push(violation.clone());
            errors(400, &violation)
        })
        .into_response()
}

fn is_account(headers: &HeaderMap, (email, token): &(String, String)) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{email}:{token}")));
    headers.get(http::header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == expected.as_bytes())
}

/// `Err`: the documentation does not have such a request.
fn handle(
    shared: &Shared,
    method: &str,
    path: &[&str],
    query: &BTreeMap<String, String>,
    body: &Value,
) -> Result<Answer, String> {
    let mut state = locked(&shared.state);
    let takes = |names: &[&str]| match query.keys().find(|name| !names.contains(&name.as_str())) {
        Some(other) => Err(format!("it takes no parameter {other}")),
        None => Ok(()),
    };
    match (method, path) {
        ("POST", ["issue", "bulkfetch"]) => {
            takes(&[])?;
            bulk_fetch(shared, &state, body)
        }
        ("GET", ["issue", key]) => {
            takes(&["fields", "expand"])?;
            let Some(issue) = state.issues.get(*key) else { return Ok(no_such_issue()) };
            let expand = query.get("expand").map(String::as_str).unwrap_or_default();
            Ok(Answer::of_json(200, standing(shared, issue, expand)))
        }
        ("PUT", ["issue", key]) => {
            takes(&[])?;
            let Some(issue) = state.issues.get_mut(*key) else { return Ok(no_such_issue()) };
            edit(issue, body)
        }
        ("POST", ["issue", key, "transitions"]) => {
            takes(&[])?;
            let Some(issue) = state.issues.get_mut(*key) else { return Ok(no_such_issue()) };
            transition(issue, body)
        }
        ("GET", ["issue", key, "comment"]) => {
            takes(&["orderBy", "maxResults", "startAt"])?;
            let Some(issue) = state.issues.get(*key) else { return Ok(no_such_issue()) };
            Ok(comments(issue, query))
        }
        ("POST", ["issue", key, "comment"]) => {
            takes(&[])?;
            comment(shared, &mut state, key, body)
        }
        _ => Err("it is no operation that Signoff calls".to_owned()),
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

/// The members of an object, of which there are no others than these.
fn members<'b>(body: &'b Value, names: &[&str]) -> Result<&'b Map<String, Value>, String> {
    let members = body.as_object().ok_or("the body must be an object")?;
    match members.keys().find(|name| !names.contains(&name.as_str())) {
        Some(other) => Err(format!("the body takes no {other}")),
        None => Ok(members),
    }
}

fn bulk_fetch(shared: &Shared, state: &State, body: &Value) -> Result<Answer, String> {
    let members = members(body, &["issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties"])?;
    let keys =
        members.get("issueIdsOrKeys").and_then(Value::as_array).ok_or("issueIdsOrKeys must be a list")?;
    if keys.is_empty() || keys.len() > MAX_FETCHED {
        return Ok(errors(400, "The number of issues must be between 1 and 100."));
    }
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
    Ok(Answer::of_json(200, json!({"expand": "schema,names", "issues": issues, "issueErrors": []})))
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

fn edit(issue: &mut Issue, body: &Value) -> Result<Answer, String> {
    let members = members(body, &["fields", "update"])?;
    let known = fields();
    let object = |name: &str| members.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    for (id, value) in object("fields") {
        match (id.as_str(), &value) {
            (id, _) if known.get(id).is_none() => {
                return Ok(field_error(
                    id,
                    "Field cannot be set. It is not on the appropriate screen, or unknown.",
                ));
            }
            ("summary", Value::String(text)) => issue.content.summary.clone_from(text),
            ("priority", value) => match value["name"].as_str().filter(|name| PRIORITIES.contains(name)) {
                Some(name) => issue.content.priority = name.to_owned(),
                None => return Ok(field_error("priority", "The priority selected is invalid.")),
            },
            ("customfield_10042", Value::String(_)) => _ = issue.fields.insert(id, value),
            _ => return Ok(field_error(&id, "Operation value must be a string")),
        }
    }
    for (id, operations) in object("update") {
        let added = operations[0]["add"].as_str().filter(|_| id == "labels").map(str::to_owned);
        let Some(label) = added.filter(|label| !label.contains(' ')) else {
            return Ok(field_error(&id, "The label can't contain spaces."));
        };
        if !issue.content.labels.contains(&label) {
            issue.content.labels.push(label);
        }
    }
    Ok(Answer::empty(204))
}

fn transition(issue: &mut Issue, body: &Value) -> Result<Answer, String> {
    members(body, &["transition", "fields", "update"])?;
    let id = body["transition"]["id"].as_str().ok_or("transition.id must be a text")?;
    let Some((to, ..)) = STATES.iter().find(|(to, way, _)| *way == id && *to != issue.status) else {
        return Ok(errors(
            400,
            "It seems that you have tried to perform a workflow operation that is not valid for the current state.",
        ));
    };
    let resolution = body["fields"]["resolution"]["name"].as_str();
    match resolution {
        Some(_) if *to != "Done" => {
            return Ok(field_error(
                "resolution",
                "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
            ));
        }
        Some(name) if !RESOLUTIONS.contains(&name) => {
            return Ok(field_error("resolution", "The resolution selected is invalid."));
        }
        _ => {}
    }
    issue.status = (*to).to_owned();
    issue.resolution = (*to == "Done").then(|| resolution.unwrap_or(RESOLUTIONS[0]).to_owned());
    Ok(Answer::empty(204))
}

fn comment_json(comment: &Comment) -> Value {
    let created = comment.created.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
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

fn comment(shared: &Shared, state: &mut State, key: &str, body: &Value) -> Result<Answer, String> {
    let document = members(body, &["body", "properties", "visibility"])?.get("body").unwrap_or(&Value::Null);
    if document["type"] != "doc" || document["version"] != 1 || !document["content"].is_array() {
        return Ok(field_error("comment", "Comment body is not valid!"));
    }
    let comment = Comment { id: state.id(), body: document.clone(), created: (shared.clock)() };
    let Some(issue) = state.issues.get_mut(key) else { return Ok(no_such_issue()) };
    issue.comments.push(comment.clone());
    Ok(Answer::of_json(201, comment_json(&comment)))
}
