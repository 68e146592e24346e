//! The queries and mutations that Signoff sends.

use super::Shared;
use super::query::{Field, parse, select, variable};
use super::state::{Issue, LABELS, PRIORITIES, STATES, State};
use crate::spec::Violation;
use crate::stand_in::answer::Answer;
use crate::stand_in::{locked, uuid_of};
use axum::Json;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Error of a request that is not carried out: Linear's code, and the message.
struct Refusal(&'static str, String);

/// Answers a request.
pub async fn answer(
    Extract(shared): Extract<Arc<Shared>>,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    let given = headers.get(http::header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let is_key = |key: &str| given == Some(key.as_bytes());
    if !is_key(&shared.settings.key) && !is_key(&shared.settings.write_key) {
        return error(401, "AUTHENTICATION_ERROR", "Authentication required, not authenticated")
            .into_response();
    }
    let query = request["query"].as_str().unwrap_or_default();
    if query.trim_start().starts_with("mutation") && !is_key(&shared.settings.write_key) {
        return error(403, "FORBIDDEN", "The API key has no permission to write").into_response();
    }
    let fields = parse(query);
    let answered = match fields {
        None => Err(Refusal(INVALID, "Syntax Error".to_owned())),
        Some(fields) => handle(&shared, &fields, &request["variables"]),
    };
    let answer = match answered {
        Ok(data) => Answer::of_json(200, json!({ "data": data })),
        Err(Refusal(INVALID, message)) => {
            shared.gate.remember(&Violation(format!("{message}: {}", request["query"])));
            error(400, INVALID, &message)
        }
        Err(Refusal(code, message)) => error(200, code, &message),
    };
    answer.into_response()
}

/// The code of a request that the schema does not have.
const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
const INPUT: &str = "INPUT_ERROR";
/// The labels that an issue is answered with at most.
const PAGE: usize = 100;

fn error(status: u16, code: &str, message: &str) -> Answer {
    let extensions = json!({"code": code, "userError": code == INPUT, "userPresentableMessage": message});
    Answer::of_json(status, json!({"data": null, "errors": [{"message": message, "extensions": extensions}]}))
}

fn handle(shared: &Shared, fields: &[Field], variables: &Value) -> Result<Value, Refusal> {
    let mut state = locked(&shared.state);
    let mut data = Map::new();
    for field in fields {
        let argument = |name: &str| variable(field, name, variables).unwrap_or(&Value::Null);
        let text = |name: &str| argument(name).as_str().unwrap_or_default();
        let value = match field.name.as_str() {
            "issues" => {
                let first = argument("first").as_u64().unwrap_or(50);
                let found = state.issues.values().filter(|issue| fits(issue, argument("filter")));
                let found = found.take(usize::try_from(first).unwrap_or(usize::MAX));
                json!({"nodes": found.map(|issue| issue_json(shared, issue)).collect::<Vec<_>>()})
            }
            "issue" => {
                let issue = state.issue_mut(text("id")).ok_or_else(|| no_such("Issue"))?;
                issue_json(shared, issue)
            }
            "comments" => {
                let id = text("eq");
                let all = state.issues.values().flat_map(|issue| &issue.comments);
                let found = all.filter(|(of, _)| of == id);
                json!({"nodes": found.map(|(id, body)| json!({"id": id, "body": body})).collect::<Vec<_>>()})
            }
            "issueLabels" => {
                let name = text("eqIgnoreCase");
                let found = LABELS.iter().filter(|label| label.eq_ignore_ascii_case(name));
                let found = found.map(|label| json!({"id": label_id(label), "name": label, "team": null}));
                json!({"nodes": found.collect::<Vec<_>>()})
            }
            "commentCreate" => comment(&mut state, argument("input"))?,
            "issueUpdate" => update(&mut state, text("id"), argument("input"))?,
            other => return Err(invalid(other)),
        };
        data.insert(field.name.clone(), select(&value, &field.selection).map_err(|name| invalid(&name))?);
    }
    Ok(Value::Object(data))
}

fn invalid(field: &str) -> Refusal {
    Refusal(INVALID, format!("Cannot query field \"{field}\""))
}

fn no_such(what: &str) -> Refusal {
    Refusal(INPUT, format!("Entity not found: {what} - Could not find referenced {what}."))
}

/// True if an issue fits a filter: `{or: [{team: {key: {eq}}, number: {in}}]}`.
fn fits(issue: &Issue, filter: &Value) -> bool {
    let fits_one = |filter: &Value| {
        let numbers = filter["number"]["in"].as_array().cloned().unwrap_or_default();
        filter["team"]["key"]["eq"] == issue.team() && numbers.contains(&json!(issue.number()))
    };
    filter["or"].as_array().is_some_and(|any| any.iter().any(fits_one))
}

fn issue_json(shared: &Shared, issue: &Issue) -> Value {
    let content = &issue.content;
    let state = |name: &str| json!({"id": state_id(issue.team(), name), "name": name});
    json!({
        "id": issue.id(),
        "identifier": content.key,
        "title": content.title,
        "url": format!("{}/issue/{}", shared.url, content.key),
        "priority": content.priority,
        "priorityLabel": PRIORITIES.get(content.priority).unwrap_or(&PRIORITIES[0]),
        "labels": {
            "nodes": content.labels.iter().take(PAGE).map(|name| json!({"id": label_id(name), "name": name})).collect::<Vec<_>>(),
            "pageInfo": {"hasNextPage": content.labels.len() > PAGE},
        },
        "state": state(&issue.state),
        "team": {"id": uuid_of(issue.team()), "key": issue.team(), "states": {"nodes": STATES.map(state)}},
    })
}

fn state_id(team: &str, name: &str) -> String {
    uuid_of(&format!("{team} {name}"))
}

fn label_id(name: &str) -> String {
    uuid_of(&format!("label {name}"))
}

fn comment(state: &mut State, input: &Value) -> Result<Value, Refusal> {
    let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    let (id, body) = (text("id"), text("body"));
    let is_uuid = id.len() == 36 && id.as_bytes().get(14) == Some(&b'4');
    if !is_uuid || body.is_empty() {
        return Err(Refusal(INPUT, "Argument Validation Error".to_owned()));
    }
    if state.issues.values().flat_map(|issue| &issue.comments).any(|(of, _)| *of == id) {
        return Err(Refusal(INPUT, format!("Entity Comment with id {id} already exists.")));
    }
    let issue = state.issue_mut(&text("issueId")).ok_or_else(|| no_such("Issue"))?;
    issue.comments.push((id, body));
    Ok(json!({"success": true}))
}

fn update(state: &mut State, id: &str, input: &Value) -> Result<Value, Refusal> {
    let issue = state.issue_mut(id).ok_or_else(|| no_such("Issue"))?;
    let team = issue.team().to_owned();
    for (name, value) in input.as_object().into_iter().flatten() {
        let wrong = || Refusal(INPUT, format!("Argument Validation Error: {name}"));
        match name.as_str() {
            "stateId" => {
                let state = STATES.iter().find(|state| *value == state_id(&team, state));
                issue.state = (*state.ok_or_else(|| no_such("WorkflowState"))?).to_owned();
            }
            "title" => issue.content.title = value.as_str().ok_or_else(wrong)?.to_owned(),
            "priority" => {
                let priority = value.as_u64().and_then(|priority| usize::try_from(priority).ok());
                issue.content.priority =
                    priority.filter(|priority| *priority < PRIORITIES.len()).ok_or_else(wrong)?;
            }
            "estimate" => issue.estimate = Some(value.as_i64().ok_or_else(wrong)?),
            "dueDate" => issue.due_date = Some(value.as_str().ok_or_else(wrong)?.to_owned()),
            "addedLabelIds" => {
                for id in value.as_array().into_iter().flatten() {
                    let label = LABELS.iter().find(|label| *id == label_id(label));
                    let label = (*label.ok_or_else(|| no_such("IssueLabel"))?).to_owned();
                    if !issue.content.labels.contains(&label) {
                        issue.content.labels.push(label);
                    }
                }
            }
            other => return Err(invalid(other)),
        }
    }
    Ok(json!({"success": true}))
}
