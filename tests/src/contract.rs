//! Checks the console's JSON answers against its own OpenAPI document.

use reqwest::StatusCode;
use serde_json::{Value, json};

/// An answer of the JSON API.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// `GET`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status.
    pub status: StatusCode,
    /// The header `Content-Type`.
    pub media_type: String,
    /// The body.
    pub body: String,
}

/// Returns the difference between `heard` and its description in `document`; `None`: there is none.
pub fn violation(document: &Value, heard: &Exchange) -> Option<String> {
    let Exchange { method, path, status, media_type, body } = heard;
    let differs = |how: String| Some(format!("{method} {path} answered {status}: {how}"));
    let known = document["paths"].as_object()?.iter().find(|(pattern, _)| matches(pattern, path));
    let operation = known.map_or(&Value::Null, |(_, methods)| &methods[method.to_ascii_lowercase()]);
    let answer = match (operation, status.is_success()) {
        (Value::Null, true) => return differs("the document has no such request".to_owned()),
        (Value::Null, false) => &document["components"]["responses"]["Problem"],
        (operation, _) => {
            let answers = &operation["responses"];
            let answer =
                answers.get(status.as_str()).or_else(|| answers.get("default")).unwrap_or(&Value::Null);
            let shared = answer["$ref"].as_str().and_then(|at| document.pointer(at.trim_start_matches('#')));
            shared.unwrap_or(answer)
        }
    };
    if method == "HEAD" {
        return None;
    }
    let Some(described) = answer["content"].get(media_type.as_str()) else {
        return differs(format!("{media_type} is not among {}", answer["content"]));
    };
    // References lead from the root to the document's components.
    let schema = json!({"allOf": [described["schema"]], "components": document["components"]});
    let validator = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator,
        Err(error) => return differs(format!("the document's schema can't be used: {error}")),
    };
    let Ok(body) = serde_json::from_str(body) else { return differs(format!("no JSON: {body}")) };
    let errors: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { None } else { differs(errors.join("; ")) }
}

/// True if `path` matches `pattern`, in which `{…}` stands for any part.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(pattern, part)| pattern.starts_with('{') || *pattern == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, status: u16, media_type: &str, body: &str) -> Option<String> {
        let problem = json!({"content": {"application/problem+json": {"schema": {"type": "object"}}}});
        let text = json!({"type": "string"});
        let schema = json!({"$ref": "#/components/schemas/Name"});
        let ok = json!({"content": {"application/json": {"schema": schema}}});
        let get = json!({"responses": {"200": ok, "default": {"$ref": "#/components/responses/Problem"}}});
        let document = json!({
            "paths": {"/api/v1/names/{id}": {"get": get}},
            "components": {"schemas": {"Name": text}, "responses": {"Problem": problem}},
        });
        let status = StatusCode::from_u16(status).unwrap();
        let (path, media_type) = (path.to_owned(), media_type.to_owned());
        violation(
            &document,
            &Exchange { method: "GET".to_owned(), path, status, media_type, body: body.to_owned() },
        )
    }

    #[test]
    fn an_answer_that_is_not_described_is_seen() {
        let (json, problem) = ("application/json", "application/problem+json");
        assert_eq!(told("/api/v1/names/1", 200, json, "\"Ana\""), None);
        assert_eq!(told("/api/v1/names/1", 404, problem, "{}"), None);
        assert_eq!(told("/api/v1/else", 404, problem, "{}"), None);
        for (path, status, media_type, body) in [
            ("/api/v1/names/1", 200, json, "7"),
            ("/api/v1/names/1", 200, json, "no"),
            ("/api/v1/names/1", 200, "text/html", "\"Ana\""),
            ("/api/v1/names/1", 500, json, "{}"),
            ("/api/v1/names/1", 500, problem, "[]"),
            ("/api/v1/else", 200, json, "{}"),
            ("/api/v1/else", 404, "text/plain", "none"),
        ] {
            assert!(told(path, status, media_type, body).is_some(), "{path} {status} {media_type} {body}");
        }
    }
}
