//! The OpenAPI document of the JSON: made of the table of routes and of the types that are written, so that it says what they do.
//!
//! Format: <https://spec.openapis.org/oas/v3.1.1.html>.

use super::{
    ApprovalsDocument, DeployDocument, DeploymentsDocument, DeploysDocument, EventsDocument, ProblemDocument,
    RecordDocument,
};
use crate::address::parameters::{Field, MOST_LISTED, PAGE_SIZE};
use crate::address::routes::{Endpoint, Entry, Face, TABLE};
use crate::door::visitor::Access;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use store::WantedOutcome;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The document.
pub(crate) fn openapi() -> &'static Value {
    &DOCUMENT
}

/// The first parameter of `query` that the document does not know at the address of `entry`: its name, and those that it knows.
pub(crate) fn unknown_parameter(entry: &Entry, query: &str) -> Option<(String, Vec<&'static str>)> {
    let operation = DOCUMENT["paths"].get(entry.path)?.get(entry.method.as_str().to_ascii_lowercase())?;
    let described = operation["parameters"].as_array().into_iter().flatten();
    let known: Vec<&'static str> = described
        .filter(|parameter| parameter["in"] == "query")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let mut sent = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    sent.find(|name| !known.contains(&name.as_str())).map(|name| (name, known))
}

/// What the document says of an endpoint beside its path and who may reach it.
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
    for entry in TABLE.iter().filter(|entry| entry.face == Face::Json) {
        if let Some(operation) = operation(entry.endpoint, &mut schemas) {
            let method = entry.method.as_str().to_ascii_lowercase();
            let described = described(entry, operation);
            let path = paths.entry(entry.path).or_insert_with(|| json!({}));
            if let Some(methods) = path.as_object_mut() {
                methods.insert(method, described);
            }
        }
    }
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
            "schemas": schemas.take_definitions(true),
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

fn schema<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

/// What an endpoint answers with; `None` of one that has no JSON.
fn operation(endpoint: Endpoint, schemas: &mut SchemaGenerator) -> Option<Operation> {
    let operation = |id, summary, parameters, answer| Some(Operation { id, summary, parameters, answer });
    match endpoint {
        Endpoint::DeploymentsJson => operation(
            "listDeployments",
            "The deployments, by name, and what is in each of their environments. A part has at most 100 environments; of a deployment \
             that has more, the first.",
            vec![parameter("after", "The `next` of an earlier answer.", json!({"type": "string"}))],
            schema::<DeploymentsDocument>(schemas),
        ),
        Endpoint::DeploysJson => operation(
            "listDeploys",
            "The deploys, newest first. Of an environment of all deployments a part comes from the newest 500 of all: it may have \
             fewer than `limit`, or none, though there is a next one.",
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
            "The approvals, newest first. Where an environment, a person or an outcome is asked for, a part comes from 500 of each kind \
             that is looked at: it may have fewer than `limit`, or none, though there is a next one.",
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
    let text = || json!({"type": "string"});
    let (description, schema) = match field {
        Field::Deployment => ("`owner/name`.", text()),
        Field::Environment => ("Its name, in any case.", text()),
        Field::Person => ("Who voted on it or cancelled it: a Slack user id, or a part of a name.", text()),
        Field::Outcome => (
            "How it ended; `pending`: it did not.",
            json!({"type": "string", "enum": WantedOutcome::ALL.map(WantedOutcome::word)}),
        ),
        Field::Since => ("Those opened at this time or later, or from this day on (UTC).", text()),
        Field::Until => {
            ("Those opened before this time, or until this day, which belongs to it (UTC).", text())
        }
    };
    parameter(field.name(), description, schema)
}

fn deploys_parameters() -> Vec<Value> {
    let text = || json!({"type": "string"});
    let time = || json!({"type": "string", "format": "date-time"});
    vec![
        parameter("deployment", "`owner/name`.", text()),
        parameter("environment", "Its name, in any case.", text()),
        parameter(
            "revision",
            "The commit's SHA, or its first 7 characters or more; `deployment` has to be there.",
            text(),
        ),
        parameter("since", "Those deployed at this time or later.", time()),
        parameter("until", "Those deployed before this time.", time()),
    ]
}

fn part_parameters() -> Vec<Value> {
    let limit = json!({"type": "integer", "minimum": 1, "maximum": MOST_LISTED, "default": PAGE_SIZE});
    vec![
        parameter("limit", "How many, at most.", limit),
        parameter("before", "The `next` of an earlier answer.", json!({"type": "string"})),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parameters::{self, BadQuery, Search};
    use crate::address::site::Site;
    use crate::sample;
    use serde::Serialize;
    use std::collections::BTreeSet;
    use store::ApprovalListing;

    #[test]
    fn every_json_route_is_described_and_no_other() {
        let routes: BTreeSet<(String, String)> = TABLE
            .iter()
            .filter(|entry| entry.face == Face::Json)
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

    /// Whether `document` is what the type `T` is described as.
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
            is_as_described(&ApprovalsDocument::new(&page, &site));
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
