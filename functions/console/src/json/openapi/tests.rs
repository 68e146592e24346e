use super::generate::{document, place_schema, slug_schema, words};
use super::openapi_of;
use crate::address::site::Site;
use crate::json::{
    ApprovalsDocument, DeployDocument, DeploymentsDocument, EventsDocument, ProblemDocument, RecordDocument,
};
use crate::sample;
use crate::view::OvertakenView;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use signoff_store::ApprovalListing;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

fn openapi() -> &'static Value {
    &DOCUMENT
}

/// `INSTA_UPDATE=always`, as `just docs` and `just bless` set it, writes the file.
#[test]
fn openapi_file_equals_routes_and_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let text = serde_json::to_string_pretty(openapi()).unwrap() + "\n";
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        std::fs::write(path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap();
    let mut lines = kept.lines().zip(text.lines()).enumerate();
    let differs = lines.find(|(_, (kept, made))| kept != made);
    assert!(kept == text, "docs/openapi.json is old (first difference: {differs:?}). Run `just docs`.");
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
fn answered_document_names_this_stack() {
    let answered = openapi_of(&Site::new("https://signoff.acme.dev").unwrap());
    assert!(oas3::from_json(answered.as_str()).is_ok());
    let answered: Value = serde_json::from_str(&answered).unwrap();
    assert_eq!(answered["servers"], json!([{"url": "https://signoff.acme.dev"}]));
    assert_eq!(answered["paths"], openapi()["paths"]);
}

#[test]
fn document_is_fit_for_generators_of_clients() {
    let document = openapi();
    let mut choices = vec![document];
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
        let overtaken = page.approvals.iter().map(|approval| OvertakenView {
            approval: approval.id.clone(),
            reason: "7bf7226 was let through to the same place in the meantime".to_owned(),
        });
        is_as_described(&ApprovalsDocument::new(&page, Some(evaluation), overtaken.collect(), &site));
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
fn descriptions_are_for_readers_of_json() {
    let mut values = vec![openapi()];
    while let Some(value) = values.pop() {
        if let Some(text) = value.get("description").and_then(Value::as_str) {
            let is_rust = text.contains("`None`") || text.contains("[`") || text.contains("::");
            assert!(!is_rust && !text.replace("\n\n", "").contains('\n'), "{text}");
        }
        match value {
            Value::Array(items) => values.extend(items),
            Value::Object(members) => values.extend(members.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
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
