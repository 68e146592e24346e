//! The questions that Sleuth's own command line (`sleuth deploy`, `set-health`, `validate`) asks of
//! `/graphql`.
//!
//! Source: <https://github.com/sleuth-io/sleuth-client>. The language is that of
//! <https://spec.graphql.org/October2021/>; files come as
//! <https://github.com/jaydenseric/graphql-multipart-request-spec> has it.

mod document;
mod multipart;

use super::input::{MAX_BODY, ParseError, parameters};
use document::{Argument, Field, read};
use serde_json::{Map, Value, json};
use signoff_core::facts::Health;
use std::collections::BTreeMap;

/// The environment of a question that names none: the one that a project of Sleuth's starts with.
const DEFAULT_ENVIRONMENT: &str = "Production";
/// The fields that can be asked for, each with those below it.
const KNOWN: [(&str, &[&str]); 6] = [
    ("deployment", &["latestChange"]),
    ("latestChange", &["revision", "slug", "url"]),
    ("setHealth", &["success"]),
    ("validateRules", &["rules"]),
    ("rules", &["title"]),
    ("", &["deployment", "setHealth", "validateRules"]),
];

/// A question that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The deployment's organization.
    pub organization: String,
    /// The deployment's name.
    pub deployment: String,
    /// Its content.
    pub asks: Asks,
    /// The field at the root, as it was written.
    root: Field,
}

/// The content of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The latest deploy that was registered for an environment.
    LatestChange {
        /// The environment.
        environment: String,
    },
    /// Puts the health of a deploy on record.
    SetHealth {
        /// The deploy's id.
        deploy: String,
        /// Its health; `None` takes the last report back.
        health: Option<Health>,
    },
    /// Asks if a rules file is valid.
    ValidateRules {
        /// The file.
        file: String,
    },
}

impl Asks {
    /// True where it changes what is on record, which a GET must not.
    pub fn is_change(&self) -> bool {
        match self {
            Self::SetHealth { .. } => true,
            Self::LatestChange { .. } | Self::ValidateRules { .. } => false,
        }
    }
}

impl Question {
    /// The answer's `data`: those parts of `found` that were asked for, under the names that they were
    /// asked by.
    pub fn data(&self, found: &Value) -> Value {
        let mut data = Map::new();
        data.insert(self.root.key().to_owned(), projected(&self.root, found));
        Value::Object(data)
    }
}

/// The parts of `found` that `field` selects.
fn projected(field: &Field, found: &Value) -> Value {
    match found {
        Value::Array(items) => items.iter().map(|item| projected(field, item)).collect(),
        Value::Object(members) if !field.selection.is_empty() => {
            let of = |below: &Field| {
                let value = members.get(&below.name).unwrap_or(&Value::Null);
                (below.key().to_owned(), projected(below, value))
            };
            Value::Object(field.selection.iter().map(of).collect())
        }
        other => other.clone(),
    }
}

/// Reads a request to `/graphql` from its `Content-Type`, its query (without `?`) and its body: JSON, query
/// parameters, or `multipart/form-data` with a file.
///
/// # Errors
///
/// It can't be read, or asks for something else than what is answered; the message says what that is.
pub fn question(content_type: Option<&str>, query: &str, body: &[u8]) -> Result<Question, ParseError> {
    if body.len() > MAX_BODY {
        return Err(ParseError::TooLarge);
    }
    let (request, files) = match content_type.and_then(multipart::boundary) {
        Some(boundary) => of_form(&multipart::parts(boundary, body)?)?,
        None => (parameters(content_type, query, body)?, BTreeMap::new()),
    };
    let text = request.get("query").and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() {
        let problem = "the request has no `query`: send {\"query\": \"…\"}";
        return Err(ParseError::Body(problem.to_owned()));
    }
    let variables = request.get("variables").cloned().unwrap_or_default();
    let root =
        read(text).map_err(|problem| ParseError::Body(format!("the query can't be read: {problem}")))?;
    let given = Given { variables: &variables, files: &files };
    asked(root, &given)
}

/// A request, and the texts of its files by the variables that they stand for.
type Form = (Map<String, Value>, BTreeMap<String, String>);

/// The operations of a form, and the files that its `map` gives to variables.
fn of_form(parts: &[(String, &[u8])]) -> Result<Form, ParseError> {
    let bad = |problem: &str| ParseError::Body(format!("the form {problem}"));
    let json = |name: &str| {
        let part = parts.iter().find(|(known, _)| known == name);
        let (_, bytes) = part.ok_or_else(|| bad(&format!("has no part `{name}`")))?;
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) | Err(_) => Err(bad(&format!("has a part `{name}` that is no JSON object"))),
        }
    };
    let (operations, map) = (json("operations")?, json("map")?);
    let mut files = BTreeMap::new();
    for (part, places) in &map {
        let found = parts.iter().find(|(known, _)| known == part);
        let (_, bytes) = found.ok_or_else(|| bad("lacks a file that its `map` names"))?;
        let text = std::str::from_utf8(bytes).map_err(|_| bad("has a file that is not UTF-8"))?;
        for place in places.as_array().into_iter().flatten().filter_map(Value::as_str) {
            if let Some(variable) = place.strip_prefix("variables.") {
                files.insert(variable.to_owned(), text.to_owned());
            }
        }
    }
    Ok((operations, files))
}

/// The values of variables.
struct Given<'a> {
    variables: &'a Value,
    files: &'a BTreeMap<String, String>,
}

impl Given<'_> {
    /// The text that `field` is given as its argument `name`.
    fn text(&self, field: &Field, name: &str) -> Result<Option<String>, ParseError> {
        let known = field.arguments.iter().find(|(known, _)| known == name);
        let wrong = |what: &str| ParseError::parameter(name, format!("{what}: it must be text"));
        match known.map(|(_, argument)| argument) {
            None | Some(Argument::Null) => Ok(None),
            Some(Argument::Text(text)) => Ok(Some(text.clone())),
            Some(Argument::Other) => Err(wrong("it is no text")),
            Some(Argument::Variable(variable)) => match (self.files.get(variable), &self.variables[variable])
            {
                (Some(file), _) => Ok(Some(file.clone())),
                (None, Value::String(text)) => Ok(Some(text.clone())),
                (None, Value::Null) => Ok(None),
                (None, _) => Err(wrong(&format!("the variable ${variable} is no text"))),
            },
        }
    }

    /// The same of an argument that has to be there.
    fn required(&self, field: &Field, name: &str) -> Result<String, ParseError> {
        let text = self.text(field, name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| ParseError::parameter(name, format!("it is missing in `{}`", field.name)))
    }
}

/// The question at `root`.
fn asked(root: Field, given: &Given<'_>) -> Result<Question, ParseError> {
    check(&Field { selection: vec![root.clone()], ..Field::default() })?;
    let asks = match root.name.as_str() {
        "setHealth" => Asks::SetHealth {
            deploy: given.required(&root, "deploySlug")?,
            health: health(&given.required(&root, "health")?)?,
        },
        "validateRules" => Asks::ValidateRules { file: given.text(&root, "file")?.unwrap_or_default() },
        _ => {
            let environments: Vec<_> = root
                .selection
                .iter()
                .map(|latest| given.text(latest, "environmentSlug"))
                .collect::<Result<_, _>>()?;
            let [environment] = environments.as_slice() else {
                let problem = "ask for `latestChange` once, of one environment";
                return Err(ParseError::parameter("deployment", problem));
            };
            let environment = environment.clone().filter(|name| !name.trim().is_empty());
            Asks::LatestChange { environment: environment.unwrap_or_else(|| DEFAULT_ENVIRONMENT.to_owned()) }
        }
    };
    let (organization, deployment) =
        (given.required(&root, "orgSlug")?, given.required(&root, "deploymentSlug")?);
    Ok(Question { organization, deployment, asks, root })
}

/// Checks that `field` selects only known fields.
fn check(field: &Field) -> Result<(), ParseError> {
    let known = KNOWN.iter().find(|(name, _)| *name == field.name).map_or(&[][..], |(_, known)| known);
    if known.is_empty() != field.selection.is_empty() {
        let problem = match known {
            [] => "it has no fields to select".to_owned(),
            known => format!("say which fields of it: {}", known.join(", ")),
        };
        return Err(ParseError::parameter(field.name.clone(), problem));
    }
    for below in &field.selection {
        if !known.contains(&below.name.as_str()) {
            let problem = format!("Signoff does not answer this here, but {}", known.join(", "));
            return Err(ParseError::parameter(crate::failure::quote(&below.name), problem));
        }
        check(below)?;
    }
    Ok(())
}

/// A health as `set-health` sends it; `reset` takes back what was said before.
fn health(text: &str) -> Result<Option<Health>, ParseError> {
    match text.to_ascii_lowercase().as_str() {
        "healthy" => Ok(Some(Health::Healthy)),
        "ailing" => Ok(Some(Health::Ailing)),
        "unhealthy" => Ok(Some(Health::Unhealthy)),
        "reset" => Ok(None),
        _ => {
            let text = crate::failure::quote(text);
            let problem = format!("`{text}` is none: send HEALTHY, AILING, UNHEALTHY or reset");
            Err(ParseError::parameter("health", problem))
        }
    }
}

/// An answer that says what is wrong, a message each, as GraphQL has it.
pub fn errors(messages: &[String]) -> Value {
    let errors: Vec<Value> = messages.iter().map(|message| json!({"message": message})).collect();
    json!({"data": null, "errors": errors})
}

#[cfg(test)]
mod tests;
