//! Conversion of a rule's text to a value for a field of an issue.

use super::document;
use super::wire::{EditMeta, Field};
use crate::failure::quote;
use crate::issue::listed;
use serde_json::{Value, json};

/// Change to a field.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    /// It becomes this.
    Set(Value),
    /// This is added to what it holds.
    Add(Value),
}

/// The field that `name` (its name in any case, or its id) stands for: its id and what it is. `Err`: why
/// there is none.
pub(super) fn find<'m>(meta: &'m EditMeta, name: &str) -> Result<(&'m str, &'m Field), String> {
    let called = |field: &Field| field.name.eq_ignore_ascii_case(name);
    let mut found = meta.fields.iter().filter(|(id, field)| id.eq_ignore_ascii_case(name) || called(field));
    match (found.next(), found.next()) {
        (Some((id, field)), None) => Ok((id, field)),
        (Some((one, _)), Some((other, _))) => Err(format!(
            "it has several fields `{}`: name the one that is meant by its id ({one}, {other})",
            quote(name)
        )),
        (None, _) => {
            let names = listed(meta.fields.values().map(|field| field.name.as_str()));
            Err(format!("it has no field `{}` that can be changed, only {names}", quote(name)))
        }
    }
}

/// Converts `text` to a change of a field: adds it to a list, and sets any other field to it. `Err`: the
/// reason why the field can't take it.
pub(super) fn change(field: &Field, text: &str) -> Result<Change, String> {
    let schema = &field.schema;
    match (schema.r#type.as_str(), schema.items.as_deref()) {
        ("array", Some(items)) => value(field, items, text).map(Change::Add),
        (kind, _) => value(field, kind, text).map(Change::Set),
    }
}

fn value(field: &Field, kind: &str, text: &str) -> Result<Value, String> {
    let name = quote(&field.name);
    match kind {
        "string" if is_document(field) => Ok(document::text(text)),
        "string" | "date" | "datetime" => Ok(json!(text)),
        "number" => text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(|number| json!(number))
            .ok_or_else(|| format!("its field {name} takes a number, not `{}`", quote(text))),
        "option" => allowed(field, "value", text),
        "priority" | "resolution" | "version" | "component" | "issuetype" | "securitylevel" => {
            allowed(field, "name", text)
        }
        other => Err(format!("its field {name} holds what Signoff can't write ({})", quote(other))),
    }
}

/// True if a field takes a document, not a plain text.
fn is_document(field: &Field) -> bool {
    let schema = &field.schema;
    matches!(schema.system.as_deref(), Some("description" | "environment"))
        || schema.custom.as_deref().is_some_and(|custom| custom.ends_with(":textarea"))
}

/// One of the values that a field may have, by its name in any case.
fn allowed(field: &Field, key: &str, text: &str) -> Result<Value, String> {
    let names = || field.allowed_values.iter().filter_map(|value| value.get(key)?.as_str());
    if field.allowed_values.is_empty() {
        return Ok(json!({ key: text }));
    }
    match names().find(|name| name.eq_ignore_ascii_case(text.trim())) {
        Some(name) => Ok(json!({ key: name })),
        None => Err(format!(
            "its field {} can't be `{}`, only {}",
            quote(&field.name),
            quote(text),
            listed(names())
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(schema: Value, allowed: Value) -> Field {
        serde_json::from_value(json!({"name": "Released in", "schema": schema, "allowedValues": allowed}))
            .unwrap()
    }

    #[test]
    fn a_text_means_what_the_field_holds() {
        let text_area = "com.atlassian.jira.plugin.system.customfieldtypes:textarea";
        let told: Vec<String> = [
            (json!({"type": "string", "system": "summary"}), json!([]), "New"),
            (json!({"type": "string", "custom": text_area, "customId": 1}), json!([]), "New"),
            (json!({"type": "date", "system": "duedate"}), json!([]), "2026-05-11"),
            (json!({"type": "number", "custom": "float"}), json!([]), " 1.5 "),
            (json!({"type": "number", "custom": "float"}), json!([]), "many"),
            (json!({"type": "number", "custom": "float"}), json!([]), "NaN"),
            (json!({"type": "priority", "system": "priority"}), json!([{"id": "1", "name": "High"}]), "high"),
            (
                json!({"type": "priority", "system": "priority"}),
                json!([{"id": "1", "name": "High"}, {"name": "Low"}]),
                "urgent",
            ),
            (json!({"type": "option", "custom": "select"}), json!([{"id": "1", "value": "Yes"}]), "YES"),
            (json!({"type": "array", "items": "string", "system": "labels"}), json!([]), "released"),
            (
                json!({"type": "array", "items": "version", "system": "fixVersions"}),
                json!([{"name": "1.2"}]),
                "1.2",
            ),
            (json!({"type": "user", "system": "assignee"}), json!([]), "ana"),
        ]
        .into_iter()
        .map(|(schema, allowed, text)| format!("{:?}", change(&field(schema, allowed), text)))
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        Ok(Set(String("New")))
        Ok(Set(Object {"content": Array [Object {"content": Array [Object {"text": String("New"), "type": String("text")}], "type": String("paragraph")}], "type": String("doc"), "version": Number(1)}))
        Ok(Set(String("2026-05-11")))
        Ok(Set(Number(1.5)))
        Err("its field Released in takes a number, not `many`")
        Err("its field Released in takes a number, not `NaN`")
        Ok(Set(Object {"name": String("High")}))
        Err("its field Released in can't be `urgent`, only High, Low")
        Ok(Set(Object {"value": String("Yes")}))
        Ok(Add(String("released")))
        Ok(Add(Object {"name": String("1.2")}))
        Err("its field Released in holds what Signoff can't write (user)")
        "#);
    }

    #[test]
    fn a_field_is_found_by_its_name_or_its_id() {
        let meta: EditMeta = serde_json::from_value(json!({"fields": {
            "summary": {"name": "Summary", "schema": {"type": "string"}},
            "customfield_1": {"name": "Released", "schema": {"type": "string"}},
            "customfield_2": {"name": "Twice", "schema": {"type": "string"}},
            "customfield_3": {"name": "twice", "schema": {"type": "string"}},
        }}))
        .unwrap();
        let told: Vec<String> = ["SUMMARY", "released", "customfield_1", "customfield_3", "twice", "colour"]
            .into_iter()
            .map(|name| format!("{name}: {:?}", find(&meta, name).map(|(id, _)| id)))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        SUMMARY: Ok("summary")
        released: Ok("customfield_1")
        customfield_1: Ok("customfield_1")
        customfield_3: Ok("customfield_3")
        twice: Err("it has several fields `twice`: name the one that is meant by its id (customfield_2, customfield_3)")
        colour: Err("it has no field `colour` that can be changed, only Released, Twice, twice, Summary")
        "#);
    }
}
