//! Generator of docs/openapi.json: from the table of routes, so that paths, access and parameters are those
//! of the console, and from the types that are answered with.
//!
//! Format: <https://spec.openapis.org/oas/v3.1.1.html>.

use super::EXAMPLE_SERVER;
use crate::address::parameters::{MOST_LISTED, PAGE_SIZE};
use crate::address::routes::{Endpoint, Entry, ErrorFormat, TABLE};
use crate::auth::visitor::Access;
use crate::json::{
    ApprovalsDocument, DeployDocument, DeploymentsDocument, DeploysDocument, EventsDocument, ProblemDocument,
    RecordDocument,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use signoff_store::WantedOutcome;

/// Description of an endpoint, beside what the table of routes says of it.
pub(super) struct Operation {
    pub(super) endpoint: Endpoint,
    /// The name that generated clients call it by.
    id: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    answer: Value,
}

/// The document. Panics if an endpoint that answers with JSON has no operation, or an operation no route.
pub(super) fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.into_generator();
    let problem = schema::<ProblemDocument<'static>>(&mut schemas);
    let mut operations = operations(&mut schemas);
    let mut paths = Map::new();
    for entry in TABLE.iter().filter(|entry| entry.face == ErrorFormat::Json) {
        let at = operations.iter().position(|operation| operation.endpoint == entry.endpoint);
        let at = at.unwrap_or_else(|| panic!("describe {} in `operations`", entry.path));
        let described = described(entry, operations.remove(at));
        let path = paths.entry(entry.path).or_insert_with(|| json!({}));
        path[entry.method.as_str().to_ascii_lowercase()] = described;
    }
    let left: Vec<_> = operations.iter().map(|operation| operation.id).collect();
    assert!(left.is_empty(), "no route leads to these operations: {left:?}");
    let mut schemas = schemas.take_definitions(true);
    schemas.values_mut().for_each(with_enums);
    schemas.values_mut().for_each(for_readers);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Signoff",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Read the deploys and approvals that Signoff has on record.\n\nLists come in pages. To get the next \
                            page, send `next` as the parameter `before` (of deployments: `after`). On the last page, `next` is \
                            `null`.\n\nTimes are in UTC and formatted as in RFC 3339. Releases may add fields, but never \
                            rename or remove one.",
        },
        "servers": [{"url": EXAMPLE_SERVER}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "An error in the format of RFC 9457. `detail` says what is wrong and what to do.",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key with the scope `read` or `admin`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-signoff",
                    "description": "The session of a person who is signed in to the console.",
                },
            },
        },
    })
}

/// Writes descriptions for readers of JSON: without Rust's `None`, links to its types, and breaks of lines.
fn for_readers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(for_readers),
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                let paragraphs: Vec<_> =
                    text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
                *text = unlinked(&paragraphs.join("\n\n")).replace("`None`", "`null`");
            }
            members.values_mut().for_each(for_readers);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `text` with the bare names of the types and constants that it links to.
fn unlinked(text: &str) -> String {
    let Some((before, rest)) = text.split_once("[`") else { return text.to_owned() };
    let Some((name, after)) = rest.split_once("`]") else { return text.to_owned() };
    let target = after.strip_prefix('(').and_then(|after| after.split_once(')'));
    format!("{before}`{name}`{}", unlinked(target.map_or(after, |(_, after)| after)))
}

/// Writes a choice of words as an `enum`: generators of clients make more of it than of a `oneOf` with a
/// `const` each.
fn with_enums(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(with_enums),
        Value::Object(members) => {
            members.values_mut().for_each(with_enums);
            let words = members.get("oneOf").and_then(Value::as_array).and_then(|choices| words(choices));
            let Some((words, told)) = words else { return };
            members.remove("oneOf");
            members.insert("type".to_owned(), json!("string"));
            members.insert("enum".to_owned(), json!(words));
            let before = members.get("description").and_then(Value::as_str);
            let description: Vec<&str> = before.into_iter().chain(told.iter().map(String::as_str)).collect();
            if !description.is_empty() {
                members.insert("description".to_owned(), json!(description.join("\n\n")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The words of `choices`, and what each stands for; `None`: one of them is no word.
pub(super) fn words(choices: &[Value]) -> Option<(Vec<Value>, Vec<String>)> {
    let (mut words, mut told) = (Vec::new(), Vec::new());
    for choice in choices {
        let word = choice.get("const").filter(|word| word.is_string());
        let here: Vec<Value> = match (word, choice.get("enum").and_then(Value::as_array)) {
            (Some(word), _) => vec![word.clone()],
            (None, Some(several)) if several.iter().all(Value::is_string) => several.clone(),
            (None, _) => return None,
        };
        let about = choice.get("description").and_then(Value::as_str);
        if let (Some(about), [Value::String(word)]) = (about, here.as_slice()) {
            told.push(format!("`{word}`: {about}"));
        }
        words.extend(here);
    }
    Some((words, told))
}

/// A deployment, `owner/name`.
pub(super) fn slug_schema() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$"})
}

/// A commit's SHA, or its beginning.
fn sha_schema() -> Value {
    json!({"type": "string", "pattern": "^[0-9A-Fa-f]{7,40}$"})
}

/// A place in a list, as an answer gives it.
pub(super) fn place_schema() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{4}-[^#]+#[A-Za-z0-9]{1,64}$"})
}

fn schema<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let operation =
        |endpoint, id, summary, description, answer| Operation { endpoint, id, summary, description, answer };
    vec![
        operation(
            Endpoint::DeploymentsJson,
            "listDeployments",
            "List deployments",
            Some(
                "Returns the deployments in order of name, each with what is in its environments. A page has at most 100 \
                 environments. If a deployment alone has more, you get its first 100.",
            ),
            schema::<DeploymentsDocument>(schemas),
        ),
        operation(
            Endpoint::DeploysJson,
            "listDeploys",
            "List deploys",
            Some(
                "Returns deploys, newest first. If you filter by environment or revision without a deployment, each page \
                 searches 500 deploys: it can have fewer entries than `limit`, or none, and still have a `next`.",
            ),
            schema::<DeploysDocument>(schemas),
        ),
        operation(
            Endpoint::DeployJson,
            "getDeploy",
            "Get a deploy",
            Some("Returns everything that Signoff knows about a deploy, and its runs."),
            schema::<DeployDocument<'static>>(schemas),
        ),
        operation(
            Endpoint::ApprovalsJson,
            "getApprovalsOfDeploy",
            "Get the approvals of a deploy",
            Some(
                "Returns the deploy's approvals with their votes, and the actions that follow each outcome.",
            ),
            schema::<ApprovalsDocument>(schemas),
        ),
        operation(
            Endpoint::EventsJson,
            "getEventsOfDeploy",
            "Get the events of a deploy",
            Some("Returns what happened to a deploy, oldest first."),
            schema::<EventsDocument<'static>>(schemas),
        ),
        operation(
            Endpoint::RecordJson,
            "listApprovals",
            "List approvals",
            Some(
                "Returns approvals, newest first. If you filter by environment, revision, person or outcome, each page \
                 searches a limited part of the record: it can have fewer entries than `limit`, or none, and still have a \
                 `next`.",
            ),
            schema::<RecordDocument>(schemas),
        ),
        operation(
            Endpoint::OpenApi,
            "getOpenApi",
            "Get this document",
            None,
            json!({"type": "object", "required": ["openapi", "info", "paths"]}),
        ),
    ]
}

fn described(entry: &Entry, operation: Operation) -> Value {
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let mut answers = Map::new();
    answers.insert(
        "200".to_owned(),
        json!({"description": "Success.", "content": {"application/json": {"schema": operation.answer}}}),
    );
    answers.insert("400".to_owned(), problem.clone());
    let open = entry.access == Access::Anyone;
    if !open {
        answers.insert("401".to_owned(), problem.clone());
        answers.insert("403".to_owned(), problem.clone());
    }
    let mut parameters: Vec<Value> =
        entry.parameters.iter().map(|name| parameter(entry.endpoint, name)).collect();
    for name in entry.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        parameters.push(in_path(name));
        answers.insert("404".to_owned(), problem.clone());
    }
    answers.insert("default".to_owned(), problem);
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": answers,
        "security": if open { json!([]) } else { json!([{"key": []}, {"session": []}]) },
    });
    if let Some(description) = operation.description {
        described["description"] = json!(description);
    }
    described
}

fn in_path(name: &str) -> Value {
    assert_eq!(name, "id", "describe this segment");
    let (description, schema) = ("The deploy's `id`.", json!({"type": "string"}));
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema})
}

/// A parameter of a query.
fn parameter(endpoint: Endpoint, name: &str) -> Value {
    let text = || json!({"type": "string", "minLength": 1, "maxLength": 100});
    let of_approvals = endpoint == Endpoint::RecordJson;
    let time = || json!({"type": "string", "format": "date-time"});
    let day_or_time = || json!({"anyOf": [time(), {"type": "string", "format": "date"}]});
    let (description, schema) = match (name, of_approvals) {
        ("after", _) => ("The `next` of the previous page.", slug_schema()),
        ("before", _) => ("The `next` of the previous page.", place_schema()),
        ("limit", _) => (
            "The largest number of entries on a page.",
            json!({"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": PAGE_SIZE}),
        ),
        ("deployment", _) => ("A deployment, as `owner/name`.", slug_schema()),
        ("environment", true) => ("An environment's name, in upper or lower case.", text()),
        ("environment", false) => {
            ("An environment's name, in upper or lower case.", json!({"type": "string", "minLength": 1}))
        }
        ("revision", _) => ("A commit's SHA, or at least its first 7 characters.", sha_schema()),
        ("person", _) => ("Somebody who voted or cancelled: a Slack user ID, or a part of the name.", text()),
        ("outcome", _) => (
            "The outcome of the approval. `pending`: it is still open.",
            json!({"type": "string", "enum": WantedOutcome::ALL.map(WantedOutcome::word)}),
        ),
        ("since", true) => {
            ("Approvals that opened at this time or later, or from this day on (UTC).", day_or_time())
        }
        ("until", true) => {
            ("Approvals that opened before this time, or up to and including this day (UTC).", day_or_time())
        }
        ("since", false) => ("Deploys at this time or later.", time()),
        ("until", false) => ("Deploys before this time.", time()),
        _ => panic!("describe the parameter `{name}`"),
    };
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}
