//! The shape of a call's body: what is the same whichever deployment, person or time it is about.

use serde_json::Value;

/// The shape of the request `path` with `body`: names of fields and kinds of rows are kept, ids, numbers and
/// texts are not. Two calls of one shape come from the same place in the code, as far as their bodies tell.
pub(crate) fn shape(path: &str, body: &[u8]) -> String {
    let mut into = String::new();
    for segment in path.split('/') {
        into.push('/');
        into.push_str(word(segment));
    }
    if let Ok(value) = serde_json::from_slice(body) {
        write(&value, "", &mut into);
    }
    into
}

fn write(value: &Value, key: &str, into: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => into.push('.'),
        Value::String(text) if key.ends_with("Expression") => into.push_str(text),
        // A message of a queue is a JSON text of its own.
        Value::String(text) => match serde_json::from_str(text) {
            Ok(inner @ Value::Object(_)) => write(&inner, key, into),
            _ => into.push_str(word(text)),
        },
        // What a row or a message lists (votes, steps, blocks) is as it was given.
        Value::Array(_) if matches!(key, "L" | "blocks") => into.push_str("[]"),
        Value::Array(items) => {
            // Two rows are written by the same code as three.
            let mut shapes = Vec::new();
            for item in items {
                let mut shape = String::new();
                write(item, "", &mut shape);
                if !shapes.contains(&shape) {
                    shapes.push(shape);
                }
            }
            into.push('[');
            into.push_str(&shapes.join(","));
            into.push(']');
        }
        Value::Object(fields) => {
            into.push('{');
            for (key, value) in fields {
                into.push_str(word(key));
                into.push(':');
                write(value, key, into);
                into.push(',');
            }
            into.push('}');
        }
    }
}

/// A word of the code's own (`advance_run`), or the kind that begins a row's key (`effect` of `effect#…`);
/// else `_`.
fn word(text: &str) -> &str {
    let begin = text.split('#').next().unwrap_or_default();
    let is_word =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'));
    if is_word(begin) { begin } else { "_" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_keeps_kinds_and_drops_ids() {
        let body = |id: &str, kind: &str| {
            format!(
                r#"{{"Key": {{"pk": {{"S": "deploy#{id}"}}, "sk": {{"S": "effect#{id}"}}}}, "UpdateExpression": "SET a = :b",
                    "Entries": [{{"MessageBody": "{{\"do\": \"{kind}\", \"at\": 12}}"}}, {{"MessageBody": "{{\"do\": \"{kind}\", \"at\": 3}}"}}]}}"#
            )
        };
        let shape = |id, kind| shape("/", body(id, kind).as_bytes());
        assert_eq!(shape("acme/web-1", "advance_run"), shape("acme/web-2", "advance_run"));
        assert_ne!(shape("acme/web-1", "advance_run"), shape("acme/web-1", "draw"));
        assert_eq!(
            shape("acme/web-1", "draw"),
            "//{Entries:[{MessageBody:{at:.,do:draw,},}],Key:{pk:{S:deploy,},sk:{S:effect,},},UpdateExpression:SET a = :b,}"
        );
    }
}
