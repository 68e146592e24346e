//! Requests and answers held to the official OpenAPI documents of CircleCI, GitHub and Jira (`specs/`), so
//! that neither a client nor a stand-in can invent an API.

mod document;
pub mod extract;
pub mod gate;
pub mod graphql;
mod path;
mod schema;

use crate::stand_in::percent;
use document::Document;
use http::Method;
use jsonschema::Validator;
use path::Template;
use serde_json::Value;
use std::collections::BTreeMap;

/// Mistake that the spec does not accept, as a sentence that names the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

/// The extract of an OpenAPI document cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the extract of the spec is broken: {0}")]
pub struct BrokenSpec(String);

/// The operations of an API, ready to check requests and answers.
pub struct Spec {
    operations: Vec<Operation>,
    /// Schema of errors that the spec does not list with their operation; GitHub's `basic-error`.
    error: Option<Validator>,
}

/// One operation of the API.
pub struct Operation {
    id: String,
    method: Method,
    template: Template,
    path_parameters: Vec<Parameter>,
    query_parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    /// Validators of JSON answers by status (`200`, `default`); `None`: documented, but not as JSON.
    responses: BTreeMap<String, Option<Validator>>,
}

struct Parameter {
    name: String,
    required: bool,
    validator: Validator,
}

struct RequestBody {
    required: bool,
    validator: Validator,
}

/// A request that the spec accepts.
pub struct Accepted<'spec> {
    /// The operation that it calls.
    pub operation: &'spec Operation,
    /// The path's parameters, decoded.
    pub path: BTreeMap<String, String>,
    /// The query's parameters, decoded.
    pub query: BTreeMap<String, String>,
    /// The body; null if there is none.
    pub body: Value,
}

impl Operation {
    /// The name of the operation in the spec, e.g. `approvePendingApprovalJobById`.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Spec {
    /// CircleCI's API v2; paths without `/api/v2`.
    ///
    /// # Errors
    /// When the extract that was built in is not a usable OpenAPI document.
    pub fn circleci() -> Result<Self, BrokenSpec> {
        Self::new(include_str!("../specs/circleci.json"))
    }

    /// GitHub's REST API.
    ///
    /// # Errors
    /// When the extract that was built in is not a usable OpenAPI document.
    pub fn github() -> Result<Self, BrokenSpec> {
        Self::new(include_str!("../specs/github.json"))
    }

    /// Jira Cloud's REST API v3.
    ///
    /// # Errors
    /// When the extract that was built in is not a usable OpenAPI document.
    pub fn jira() -> Result<Self, BrokenSpec> {
        Self::new(include_str!("../specs/jira-cloud-v3.json"))
    }

    fn new(text: &str) -> Result<Self, BrokenSpec> {
        let document: Value = serde_json::from_str(text).map_err(|error| BrokenSpec(error.to_string()))?;
        let document = Document::new(&document);
        Ok(Self { operations: document.operations()?, error: document.error()? })
    }

    /// Checks a request: `path` percent-encoded, `query` without its question mark.
    ///
    /// # Errors
    /// What about the request the spec does not accept.
    pub fn check_request(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Accepted<'_>, Violation> {
        let fitting = self
            .operations
            .iter()
            .filter(|operation| operation.method == *method)
            .filter_map(|operation| Some((operation, operation.template.fit(path)?)))
            .max_by_key(|(operation, _)| operation.template.literals());
        let Some((operation, path_values)) = fitting else {
            return Err(Violation(format!(
                "{method} {path} is not an operation of the spec that Signoff calls"
            )));
        };
        let violation = |problem: String| Violation(format!("{method} {path} ({}): {problem}", operation.id));
        let query = query_values(query).map_err(violation)?;
        check_parameters("path", &operation.path_parameters, &path_values).map_err(violation)?;
        check_parameters("query", &operation.query_parameters, &query).map_err(violation)?;
        let body = check_body(operation.body.as_ref(), content_type, body).map_err(violation)?;
        Ok(Accepted { operation, path: path_values, query, body })
    }

    /// Checks the answer to an operation. `json` is the body, or `None` if it is not JSON.
    ///
    /// # Errors
    /// What about the answer the spec does not promise.
    pub fn check_answer(
        &self,
        operation: &Operation,
        status: u16,
        json: Option<&Value>,
    ) -> Result<(), Violation> {
        let documented = operation.responses.get(&status.to_string()).or(operation.responses.get("default"));
        let validator = match (documented, &self.error) {
            (Some(documented), _) => documented.as_ref(),
            (None, Some(error)) if status >= 400 => Some(error),
            (None, _) => {
                return Err(Violation(format!("{}: an answer {status} is not in the spec", operation.id)));
            }
        };
        let problem = validator.zip(json).and_then(|(validator, json)| schema::problems(validator, json));
        problem.map_or(Ok(()), |problem| {
            Err(Violation(format!("the answer {status} to {}: {problem}", operation.id)))
        })
    }
}

fn query_values(query: &str) -> Result<BTreeMap<String, String>, String> {
    let mut values = BTreeMap::new();
    for (name, value) in percent::pairs(query).ok_or("the query is not percent-encoded UTF-8")? {
        if values.insert(name.clone(), value).is_some() {
            return Err(format!("the query has {name} twice"));
        }
    }
    Ok(values)
}

fn check_parameters(
    place: &str,
    known: &[Parameter],
    values: &BTreeMap<String, String>,
) -> Result<(), String> {
    for name in values.keys() {
        if !known.iter().any(|parameter| parameter.name == *name) {
            return Err(format!("the {place} has no parameter {name}"));
        }
    }
    for parameter in known {
        let Some(text) = values.get(&parameter.name) else {
            if parameter.required {
                return Err(format!("the {place} lacks the parameter {}", parameter.name));
            }
            continue;
        };
        // A parameter is text: it may stand for a string, a number or true and false, or with commas for a
        // list.
        let as_text = Value::String(text.clone());
        let as_list = text.split(',').map(Value::from).collect::<Value>();
        let as_value = serde_json::from_str::<Value>(text).ok();
        let is_valid = |text: &str| parameter.validator.is_valid(&Value::from(text));
        // GitHub's document has a single time where GitHub takes a range of two as well:
        // <https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>.
        let is_range = text.split_once("..").is_some_and(|(from, to)| is_valid(from) && is_valid(to));
        if !parameter.validator.is_valid(&as_text)
            && !is_range
            && !parameter.validator.is_valid(&as_list)
            && !as_value.is_some_and(|value| parameter.validator.is_valid(&value))
        {
            let problem = schema::problems(&parameter.validator, &as_text).unwrap_or_default();
            return Err(format!("the {place} parameter {}: {problem}", parameter.name));
        }
    }
    Ok(())
}

fn check_body(known: Option<&RequestBody>, content_type: Option<&str>, body: &[u8]) -> Result<Value, String> {
    match known {
        None if body.is_empty() => Ok(Value::Null),
        None => Err("takes no body".to_owned()),
        Some(known) if body.is_empty() && !known.required => Ok(Value::Null),
        Some(_) if body.is_empty() => Err("needs a body".to_owned()),
        Some(known) => {
            let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
            if kind != "application/json" {
                return Err(format!("the body must be application/json, not '{kind}'"));
            }
            let value =
                serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
            schema::problems(&known.validator, &value).map_or(Ok(value), Err)
        }
    }
}

#[cfg(test)]
mod tests;
