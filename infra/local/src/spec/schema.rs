//! OpenAPI 3.0 schemas as JSON Schema: the two differ in how they say "or null".

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// A document whose schemas say "or null" as JSON Schema does: `nullable` (and CircleCI's `x-nullable`)
/// becomes one more type, or `anyOf` with the type null where the schema names no type.
pub fn as_json_schema(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let nullable =
                ["nullable", "x-nullable"].iter().any(|key| map.get(*key) == Some(&Value::Bool(true)));
            let mut schema: Map<String, Value> = map
                .iter()
                .filter(|(key, value)| {
                    !(matches!(key.as_str(), "nullable" | "x-nullable") && value.is_boolean())
                })
                .map(|(key, value)| (key.clone(), as_json_schema(value)))
                .collect();
            match schema.get_mut("type").filter(|kind| nullable && kind.is_string()) {
                Some(kind) => *kind = json!([kind.take(), "null"]),
                None if nullable => return json!({"anyOf": [{"type": "null"}, schema]}),
                None => {}
            }
            if let (true, Some(Value::Array(values))) = (nullable, schema.get_mut("enum")) {
                values.push(Value::Null);
            }
            Value::Object(schema)
        }
        Value::Array(items) => Value::Array(items.iter().map(as_json_schema).collect()),
        other => other.clone(),
    }
}

/// A validator of `schema`, whose references point into `components`. Formats (uuid, date-time, uri) are
/// checked.
///
/// # Errors
/// Why the schema cannot be used, e.g. a reference to a component that is not there.
pub fn validator(schema: &Value, components: &Value) -> Result<Validator, String> {
    let document = json!({"allOf": [schema], "components": components});
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("email", is_address)
        .build(&document)
        .map_err(|error| error.to_string())
}

/// True if `text` is an address as GitHub's documents mean it. `49699333+dependabot[bot]@users.noreply.github.com`
/// is one, and none by RFC 5321.
fn is_address(text: &str) -> bool {
    let (name, host) = text.rsplit_once('@').unwrap_or_default();
    !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace)
}

/// Returns the mistakes in `instance`, as one line; `None` if there are none.
pub fn problems(validator: &Validator, instance: &Value) -> Option<String> {
    const SHOWN: usize = 5;
    // Collecting errors costs more than finding that there are none, which is the rule.
    if validator.is_valid(instance) {
        return None;
    }
    let mut errors = validator.iter_errors(instance);
    let shown: Vec<String> = errors
        .by_ref()
        .take(SHOWN)
        .map(|error| {
            let at = error.instance_path().to_string();
            let at = if at.is_empty() { "the body".to_owned() } else { at };
            format!("{at}: {}", shortened(&error.to_string()))
        })
        .collect();
    if shown.is_empty() {
        return None;
    }
    let more = errors.count();
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    Some(format!("{}{more}", shown.join("; ")))
}

/// An error quotes the whole offending value; a line of it is enough.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{problems, validator};
    use serde_json::json;

    #[test]
    fn address_of_a_bot_is_an_email() {
        let schema = validator(&json!({"type": "string", "format": "email"}), &json!({})).unwrap();
        let is_email = |text: &str| problems(&schema, &json!(text)).is_none();
        let bot = "49699333+dependabot[bot]@users.noreply.github.com";
        assert!(["ana@acme.test", bot].into_iter().all(is_email));
        assert!(!["jenkins", "@acme.test", "ana@", "Ana <ana@acme.test>"].into_iter().any(is_email));
    }
}
