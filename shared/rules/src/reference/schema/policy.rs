//! The JSON Schema of a policy.

use super::{SOME_TEXT, definitions, either, list, mapping, reference, word};
use crate::reference::{
    ACTIONS, ASKING, FLOOR, MAX_FLOORS, MAX_PATTERNS, POLICY, SECTION, TELLING, WATCHING,
};
use serde_json::{Map, Value, json};

/// A deployment, or all of an owner's.
const DEPLOYMENT: &str = r"^\s*[A-Za-z0-9._-]+/([A-Za-z0-9._-]+|\*)\s*$";
/// A host with `*` for any text.
const HOST: &str = r"^\s*[A-Za-z0-9.*-]+\s*$";
/// The definitions of rules files that a policy needs, too.
const SHARED: [&str; 8] = ["text", "count", "truth", "wait", "person", "people", "quota", "votes"];

/// The JSON Schema (draft 2020-12) of a policy, as text. It refuses nothing that [`crate::policy::parse`]
/// takes.
pub fn policy_schema() -> String {
    let mut schema = mapping(&POLICY);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("Policy of Signoff"));
    schema.insert("description".to_owned(), json!("A policy: .signoff/policy.yml"));
    schema.insert("patternProperties".to_owned(), json!({"^x-": {}}));
    schema.insert("$defs".to_owned(), defs().into());
    // Numbers and texts alone: it can't fail, and the other form says the same.
    let schema = Value::Object(schema);
    serde_json::to_string_pretty(&schema).unwrap_or_else(|_| schema.to_string()) + "\n"
}

fn defs() -> Map<String, Value> {
    let of_rules = definitions();
    let shared = SHARED.iter().filter_map(|name| Some(((*name).to_owned(), of_rules.get(name)?.clone())));
    let mut defs: Map<String, Value> = shared.collect();
    let one_or_list = |of: &str, one: Value| {
        let mut many = list(of);
        if let Some(many) = many.as_object_mut() {
            many.insert("maxItems".to_owned(), json!(MAX_PATTERNS));
        }
        either([one, many])
    };
    let acting = ACTIONS.iter().map(|action| action.name);
    let acting: Vec<&str> =
        acting.filter(|name| !TELLING.contains(name) && ![ASKING, WATCHING].contains(name)).collect();
    let deployment = json!({"type": "string", "pattern": DEPLOYMENT});
    let pattern = json!({"type": ["string", "number", "boolean"], "pattern": SOME_TEXT});
    let host = json!({"type": ["string", "number", "boolean"], "pattern": HOST});
    let mut section = mapping(&[SECTION.as_slice(), &FLOOR].concat());
    let named = ["deployments", "places", "actions"].map(|key| json!({"required": [key]}));
    section.insert("anyOf".to_owned(), json!(named));
    for (name, definition) in [
        ("owners", json!({"type": "array", "items": reference("person"), "minItems": 2})),
        ("deployment", deployment.clone()),
        ("deployments", one_or_list("deployment", deployment)),
        ("pattern", pattern.clone()),
        ("patterns", one_or_list("pattern", pattern)),
        ("host", host.clone()),
        ("hosts", one_or_list("host", host)),
        ("action_name", word(&acting)),
        ("action_names", one_or_list("action_name", word(&acting))),
        ("section", section.into()),
        (
            "floors",
            json!({"type": ["array", "null"], "items": reference("section"), "minItems": 1, "maxItems": MAX_FLOORS}),
        ),
    ] {
        defs.insert(name.to_owned(), definition);
    }
    defs
}
