//! The OpenAPI document of the JSON: made of the table of routes and of the types that are written, so that
//! it says what they do.
//!
//! Format: <https://spec.openapis.org/oas/v3.1.1.html>.

use super::{
    ApprovalsDocument, DeployDocument, DeploymentsDocument, DeploysDocument, EventsDocument, ProblemDocument,
    RecordDocument,
};
use crate::address::parameters::{Field, MOST_LISTED, PAGE_SIZE};
use crate::address::routes::{Endpoint, Entry, ErrorFormat, TABLE};
use crate::address::site::Site;
use crate::auth::visitor::Access;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use signoff_store::WantedOutcome;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The document.
#[cfg(test)]
pub(crate) fn openapi() -> &'static Value {
    &DOCUMENT
}

/// The document, with the address of this stack.
pub(crate) fn openapi_of(site: &Site) -> Value {
    let mut document = DOCUMENT.clone();
    document["servers"] = json!([{"url": site.origin()}]);
    document
}

/// The first parameter of `query` that the document does not know at the address of `entry`, one of the
/// API: its name, and those that it knows. An address that the document does not describe takes none.
pub(crate) fn unknown_parameter(entry: &Entry, query: &str) -> Option<(String, Vec<&'static str>)> {
    if entry.face != ErrorFormat::Json {
        return None;
    }
    let operation = &DOCUMENT["paths"][entry.path][entry.method.as_str().to_ascii_lowercase()];
    let described = operation["parameters"].as_array().into_iter().flatten();
    let known: Vec<&'static str> = described
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let mut sent = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    sent.find(|name| !known.contains(&name.as_str())).map(|name| (name, known))
}

/// The first parameter that stands twice in `query`, of which only one could count.
pub(crate) fn repeated_parameter(entry: &Entry, query: &str) -> Option<String> {
    if entry.face != ErrorFormat::Json {
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    names.find(|name| !seen.insert(name.clone()))
}

/// Description of an endpoint, beside its path and the access that it needs.
struct Operation {
    /// The name that generated clients call it by.
    id: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    answer: Value,
}

fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.into_generator();
    let problem = schema::<ProblemDocument<'static>>(&mut schemas);
    let mut paths = Map::new();
    for entry in TABLE.iter().filter(|entry| entry.face == ErrorFormat::Json) {
        if let Some(operation) = operation(entry.endpoint, &mut schemas) {
            let method = entry.method.as_str().to_ascii_lowercase();
            let described = described(entry, operation);
            let path = paths.entry(entry.path).or_insert_with(|| json!({}));
            if let Some(methods) = path.as_object_mut() {
                methods.insert(method, described);
            }
        }
    }
    let mut schemas = schemas.take_definitions(true);
    schemas.values_mut().for_each(with_enums);
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Signoff",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The record of deploys and approvals. Fields are added, never renamed or taken away. Times are in UTC, \
                            as RFC 3339 has them. A list comes in parts: `next` is the `before` of the next one (of deployments its `after`), `null` at \
                            the end.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "What went wrong and what would be right, as RFC 9457 has it.",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key with the scope `read` or `admin`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-signoff",
                    "description": "The session of somebody who signed in to the console.",
                },
            },
        },
    })
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
fn words(choices: &[Value]) -> Option<(Vec<Value>, Vec<String>)> {
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
fn slug_schema() -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$"})
}

/// A commit's SHA, or its beginning.
fn sha_schema() -> Value {
    json!({"type": "string", "pattern": "^[0-9A-Fa-f]{7,40}$"})
}

/// A place in a list, as an answer gives it.
fn place_schema() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{4}-[^#]+#[A-Za-z0-9]{1,64}$"})
}

fn schema<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

/// Operation of an endpoint; `None`: it has no JSON.
fn operation(endpoint: Endpoint, schemas: &mut SchemaGenerator) -> Option<Operation> {
    let operation = |id, summary, parameters, answer| Some(Operation { id, summary, parameters, answer });
    match endpoint {
        Endpoint::DeploymentsJson => operation(
            "listDeployments",
            "The deployments, by name, and what is in each of their environments. A part has at most 100 environments; of a deployment \
             that has more, the first.",
            vec![parameter("after", "The `next` of an earlier answer.", slug_schema())],
            schema::<DeploymentsDocument>(schemas),
        ),
        Endpoint::DeploysJson => operation(
            "listDeploys",
            "The deploys, newest first. Of an environment or a revision of all deployments, a part comes from the newest 500 of all: \
             it may have fewer than `limit`, or none, though there is a next one.",
            [deploys_parameters(), part_parameters()].concat(),
            schema::<DeploysDocument>(schemas),
        ),
        Endpoint::DeployJson => operation(
            "getDeploy",
            "All that is known of a deploy, and its runs.",
            Vec::new(),
            schema::<DeployDocument<'static>>(schemas),
        ),
        Endpoint::ApprovalsJson => operation(
            "getApprovalsOfDeploy",
            "A deploy's approvals, with their votes and what each end of them starts.",
            Vec::new(),
            schema::<ApprovalsDocument>(schemas),
        ),
        Endpoint::EventsJson => operation(
            "getEventsOfDeploy",
            "What happened to a deploy, oldest first.",
            Vec::new(),
            schema::<EventsDocument<'static>>(schemas),
        ),
        Endpoint::RecordJson => operation(
            "listApprovals",
            "The approvals, newest first. Where an environment, a revision, a person or an outcome is asked for, a part comes from 500 \
             of each kind that is looked at: it may have fewer than `limit`, or none, though there is a next one.",
            [Field::ALL.map(field_parameter).to_vec(), part_parameters()].concat(),
            schema::<RecordDocument>(schemas),
        ),
        Endpoint::OpenApi => operation(
            "getOpenApi",
            "This document.",
            Vec::new(),
            json!({"type": "object", "required": ["openapi", "info", "paths"]}),
        ),
        _ => None,
    }
}

fn described(entry: &Entry, operation: Operation) -> Value {
    let Operation { id, summary, mut parameters, answer } = operation;
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let mut answers = Map::new();
    answers.insert(
        "200".to_owned(),
        json!({"description": "What was asked for.", "content": {"application/json": {"schema": answer}}}),
    );
    answers.insert("400".to_owned(), problem.clone());
    let open = entry.access == Access::Anyone;
    if !open {
        answers.insert("401".to_owned(), problem.clone());
        answers.insert("403".to_owned(), problem.clone());
    }
    let segments = entry.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for name in segments {
        parameters.push(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
        answers.insert("404".to_owned(), problem.clone());
    }
    answers.insert("default".to_owned(), problem);
    let security = if open { json!([]) } else { json!([{"key": []}, {"session": []}]) };
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": answers,
        "security": security,
    })
}

fn parameter(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

fn field_parameter(field: Field) -> Value {
    let text = || json!({"type": "string", "minLength": 1, "maxLength": 100});
    let day_or_time = || json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]});
    let (description, schema) = match field {
        Field::Deployment => ("`owner/name`.", slug_schema()),
        Field::Environment => ("Its name, in any case.", text()),
        Field::Revision => {
            ("The SHA of the commit that they are about, or its first 7 characters or more.", sha_schema())
        }
        Field::Person => ("Who voted on it or cancelled it: a Slack user id, or a part of a name.", text()),
        Field::Outcome => (
            "How it ended; `pending`: it did not.",
            json!({"type": "string", "enum": WantedOutcome::ALL.map(WantedOutcome::word)}),
        ),
        Field::Since => ("Those opened at this time or later, or from this day on (UTC).", day_or_time()),
        Field::Until => {
            ("Those opened before this time, or until this day, which belongs to it (UTC).", day_or_time())
        }
    };
    parameter(field.name(), description, schema)
}

fn deploys_parameters() -> Vec<Value> {
    let time = || json!({"type": "string", "format": "date-time"});
    vec![
        parameter("deployment", "`owner/name`.", slug_schema()),
        parameter("environment", "Its name, in any case.", json!({"type": "string", "minLength": 1})),
        parameter("revision", "The commit's SHA, or its first 7 characters or more.", sha_schema()),
        parameter("since", "Those deployed at this time or later.", time()),
        parameter("until", "Those deployed before this time.", time()),
    ]
}

fn part_parameters() -> Vec<Value> {
    let limit = json!({"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": PAGE_SIZE});
    vec![
        parameter("limit", "How many, at most.", limit),
        parameter("before", "The `next` of an earlier answer.", place_schema()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parameters::{self, BadQuery, Search};
    use crate::sample;
    use serde::Serialize;
    use signoff_store::ApprovalListing;

    #[test]
    fn every_json_route_is_described_and_no_other() {
        let routes: BTreeSet<(String, String)> = TABLE
            .iter()
            .filter(|entry| entry.face == ErrorFormat::Json)
            .map(|entry| (entry.path.to_owned(), entry.method.as_str().to_ascii_lowercase()))
            .collect();
        let paths = openapi()["paths"].as_object().unwrap().iter();
        let described = paths.flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone()))
        });
        assert_eq!(described.collect::<BTreeSet<_>>(), routes);
        assert!(routes.iter().all(|(path, _)| path.starts_with("/api/")), "{routes:?}");
    }

    #[test]
    fn it_is_an_openapi_document() {
        let text = openapi().to_string();
        let read = oas3::from_json(&text).unwrap();
        assert_eq!(read.validate_version().map(|version| (version.major, version.minor)).ok(), Some((3, 1)));
        assert_eq!(read.operations().count(), openapi()["paths"].as_object().unwrap().len());
        let ids: BTreeSet<_> =
            read.operations().filter_map(|(.., operation)| operation.operation_id.clone()).collect();
        assert_eq!(ids.len(), read.operations().count(), "names of operations are unique");
    }

    #[test]
    fn every_route_refuses_what_the_document_does_not_know() {
        let (mut known_ones, page) = (0, TABLE.iter().find(|entry| entry.face == ErrorFormat::Page).unwrap());
        for entry in TABLE.iter().filter(|entry| entry.face == ErrorFormat::Json) {
            let (name, known) = unknown_parameter(entry, "no_such=1").unwrap();
            assert_eq!(name, "no_such", "{}", entry.path);
            for name in known {
                assert_eq!(unknown_parameter(entry, &format!("{name}=1")), None, "{}", entry.path);
                let twice = repeated_parameter(entry, &format!("{name}=1&{name}=2"));
                assert_eq!(twice.as_deref(), Some(name));
                known_ones += 1;
            }
        }
        assert!(known_ones > 10, "{known_ones}");
        let undescribed =
            Entry { method: lambda_http::http::Method::GET, path: "/api/v1/new", ..*TABLE.last().unwrap() };
        assert!(unknown_parameter(&undescribed, "a=1").is_some());
        assert_eq!((unknown_parameter(page, "a=1"), repeated_parameter(page, "a=1&a=2")), (None, None));
    }

    #[test]
    fn document_is_fit_for_generators_of_clients() {
        let document = openapi_of(&Site::new("https://signoff.example.com").unwrap());
        assert_eq!(document["servers"], json!([{"url": "https://signoff.example.com"}]));
        assert!(oas3::from_json(document.to_string()).is_ok());
        let mut choices = vec![&document];
        while let Some(value) = choices.pop() {
            if let Some(of) = value.get("oneOf").and_then(Value::as_array) {
                assert!(words(of).is_none(), "a choice of words is an enum: {value}");
            }
            match value {
                Value::Array(items) => choices.extend(items),
                Value::Object(members) => choices.extend(members.values()),
                _ => {}
            }
        }
        for path in ["/api/v1/deployments", "/api/v1/deploys", "/api/v1/approvals"] {
            for parameter in document["paths"][path]["get"]["parameters"].as_array().unwrap() {
                let schema = &parameter["schema"];
                let says = ["format", "pattern", "enum", "anyOf", "minimum", "minLength"];
                assert!(says.iter().any(|key| schema.get(key).is_some()), "{path}: {parameter}");
            }
        }
        let next = sample::recorded()[0].place();
        let is_taken = |schema: &Value, text: &str| jsonschema::is_valid(schema, &json!(text));
        assert!(is_taken(&place_schema(), &next) && !is_taken(&place_schema(), "x"), "{next}");
        assert!(is_taken(&slug_schema(), "acme/checkout") && !is_taken(&slug_schema(), "checkout"));
    }

    /// Asserts that `document` is as the description of the type `T` says.
    fn is_as_described<T: Serialize + JsonSchema>(document: &T) {
        let mut schema = openapi().clone();
        schema["$ref"] = format!("#/components/schemas/{}", T::schema_name()).into();
        let document = serde_json::to_value(document).unwrap();
        if let Err(error) = jsonschema::validate(&schema, &document) {
            panic!("{}: {}: {error}", T::schema_name(), error.instance_path());
        }
    }

    #[test]
    fn every_sample_is_as_described() {
        let site = Site::new("https://signoff.example.com").unwrap();
        for page in [
            sample::registered(),
            sample::everything(),
            sample::hostile(),
            sample::approved(),
            sample::several_runs(),
            sample::branches(),
            sample::cancelled_by_a_person(),
            sample::superseded(),
            sample::struck(),
            sample::held_back(),
            sample::frozen(),
            sample::resolved(),
            sample::refused(),
        ] {
            is_as_described(&DeployDocument::new(&page, &site));
            let evaluation = &sample::evaluations()[1].evaluation;
            is_as_described(&ApprovalsDocument::new(&page, Some(evaluation), &site));
            is_as_described(&EventsDocument::new(&page, &site));
        }
        is_as_described(&DeploymentsDocument::new(&sample::overview(), &site));
        let approvals = sample::recorded();
        let next = Some(approvals[0].place());
        is_as_described(&RecordDocument::new(&ApprovalListing { approvals, unreadable: 2, next }, &site));
        let problem = ProblemDocument {
            r#type: "about:blank",
            title: "Not found",
            status: 404,
            detail: "There is nothing.",
            request_id: None,
        };
        is_as_described(&problem);
    }

    #[test]
    fn what_is_not_as_described_is_seen() {
        let mut schema = openapi().clone();
        schema["$ref"] = "#/components/schemas/RecordDocument".into();
        let approvals = sample::recorded();
        let site = Site::new("https://signoff.example.com").unwrap();
        let document = RecordDocument::new(&ApprovalListing { approvals, unreadable: 0, next: None }, &site);
        let mut document = serde_json::to_value(document).unwrap();
        assert!(jsonschema::is_valid(&schema, &document));
        document["approvals"][0]["votes"][0]["choice"] = json!("abstain");
        assert!(!jsonschema::is_valid(&schema, &document));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = openapi().to_string();
        let references: BTreeSet<&str> =
            text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 10, "{references:?}");
        for reference in references {
            assert!(openapi().pointer(reference).is_some(), "{reference}");
        }
    }

    /// Parameters that can be misspelt are those that the endpoints read.
    #[test]
    fn the_parameters_are_those_that_are_read() {
        let names = |path: &str| {
            let parameters = openapi()["paths"][path]["get"]["parameters"].as_array().unwrap();
            parameters
                .iter()
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let long = "x".repeat(101);
        for name in names("/api/v1/approvals") {
            let query = format!("{name}={long}");
            let read = Search::read(&query).whole().map(|_| ()).and_then(|()| part(&query));
            assert!(matches!(&read, Err(BadQuery(problem)) if problem.contains(&name)), "{name}: {read:?}");
        }
        assert_eq!(names("/api/v1/deployments"), ["after"]);
        for name in names("/api/v1/deploys") {
            let query = format!("{name}={}", if name == "environment" { "" } else { "x" });
            let read = parameters::wanted(&query).map(|_| ()).and_then(|()| part(&query));
            assert!(matches!(&read, Err(BadQuery(problem)) if problem.contains(&name)), "{name}: {read:?}");
        }
    }

    fn part(query: &str) -> Result<(), BadQuery> {
        parameters::limit(query)?;
        parameters::cursor(query).map(|_| ())
    }
}
