//! Rows that this release can't read: a newer release wrote them, or they were damaged. They stay as they
//! are.
//!
//! A row is read whole where something is decided by it or it is written again: a field that this release
//! does not know may be one that keeps something from happening, and writing the row would lose it. What is
//! only shown is read as far as it goes.

use crate::error::StoreError;
use crate::keys;
use crate::row::{self, Row};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The attributes that indexes and the time to live need, which no value has.
const OURS: [&str; 14] = [
    keys::PK,
    keys::SK,
    keys::EXPIRES_AT,
    keys::LISTING,
    keys::LISTED_AT,
    keys::ARRIVED_AT,
    keys::ENVIRONMENT_KEY,
    keys::APPROVALS,
    keys::DEPLOYMENT_KEY,
    keys::DUE,
    keys::DUE_AT,
    "revision",
    "rule",
    "at",
];

/// All that a row holds.
///
/// # Errors
/// [`StoreError::Row`] where the row does not read as a `T`, or has a field that a `T` of this release has
/// not.
pub(crate) fn read_whole<T: Serialize + DeserializeOwned>(row: Row) -> Result<T, StoreError> {
    whole(row).inspect_err(
        |error| tracing::error!(alarm = "unreadable", %error, "a row can't be read; it stays as it is"),
    )
}

fn whole<T: Serialize + DeserializeOwned>(row: Row) -> Result<T, StoreError> {
    let name = row::name(&row);
    let value: T = row::read(row.clone())?;
    let known: Row = serde_dynamo::to_item(&value).map_err(|error| StoreError::row(&name, error))?;
    let others = row.iter().filter(|(field, _)| !OURS.contains(&field.as_str()));
    match others.into_iter().find_map(|(field, value)| unknown(field, value, known.get(field))) {
        Some(field) => Err(StoreError::row(name, format!("this release does not know its field `{field}`"))),
        None => Ok(value),
    }
}

/// The values that these rows hold, as far as they can be read, and how many can't. Those are named in the
/// log: one of them must not keep a list from being shown.
pub(crate) fn read_each<T: DeserializeOwned>(rows: impl IntoIterator<Item = Row>) -> (Vec<T>, usize) {
    let (mut values, mut unreadable) = (Vec::new(), 0);
    for row in rows {
        match row::read(row) {
            Ok(value) => values.push(value),
            Err(error) => {
                left_out(&error);
                unreadable += 1;
            }
        }
    }
    (values, unreadable)
}

/// The value of a row that can be had elsewhere, too: one that can't be read is as good as none.
pub(crate) fn read_or_none<T: DeserializeOwned>(row: Option<Row>) -> Option<T> {
    row::read(row?).inspect_err(left_out).ok()
}

/// Says in the log that a row is left out of what is shown.
pub(crate) fn left_out(error: &StoreError) {
    tracing::error!(alarm = "unreadable", %error, "a row can't be read; it is left out of what is shown");
}

/// The path of the first part of `value` that is missing in what this release would write.
fn unknown(path: &str, value: &AttributeValue, known: Option<&AttributeValue>) -> Option<String> {
    let Some(known) = known else {
        // Nothing is lost with it.
        return (!value.is_null()).then(|| path.to_owned());
    };
    match (value, known) {
        (AttributeValue::M(value), AttributeValue::M(known)) => {
            let mut parts = value.iter();
            parts.find_map(|(field, part)| unknown(&format!("{path}.{field}"), part, known.get(field)))
        }
        (AttributeValue::L(value), AttributeValue::L(known)) if value.len() == known.len() => {
            value.iter().zip(known).find_map(|(value, known)| unknown(path, value, Some(known)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Kept {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        by: BTreeMap<String, Part>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "do", rename_all = "snake_case")]
    enum Part {
        Wait,
        Send { to: String },
    }

    fn row(json: serde_json::Value) -> Row {
        let mut row: Row = serde_dynamo::to_item(json).unwrap();
        row.insert(keys::PK.to_owned(), row::text("p"));
        row.insert(keys::SK.to_owned(), row::text("s"));
        row.insert(keys::DUE_AT.to_owned(), row::text("2026"));
        row
    }

    #[test]
    fn a_row_is_read_whole_or_not_at_all() {
        let send = serde_json::json!({"do": "send", "to": "#a"});
        for (json, problem) in [
            (serde_json::json!({"name": "a"}), None),
            (serde_json::json!({"name": "a", "note": null, "later": null}), None),
            (
                serde_json::json!({"name": "a", "note": "b", "parts": [send, {"do": "wait"}], "by": {"x": send}}),
                None,
            ),
            (serde_json::json!({"name": "a", "later": 1}), Some("`later`")),
            (serde_json::json!({"name": "a", "parts": [{"do": "wait", "until": 2}]}), Some("`parts.until`")),
            (serde_json::json!({"name": "a", "by": {"x": {"do": "wait", "until": 2}}}), Some("`by.x.until`")),
            (serde_json::json!({"name": "a", "parts": [{"do": "dance"}]}), Some("dance")),
            (serde_json::json!({"note": "b"}), Some("name")),
            (serde_json::json!({"name": 7}), Some("p s")),
        ] {
            let read = read_whole::<Kept>(row(json.clone()));
            match problem {
                None => assert!(read.is_ok(), "{json}: {read:?}"),
                Some(words) => {
                    let error = read.unwrap_err();
                    assert!(matches!(error, StoreError::Row { .. }), "{json}");
                    assert!(error.to_string().contains(words), "{json}: {error}");
                }
            }
        }
    }

    #[test]
    fn an_unreadable_row_leaves_its_neighbours_in_the_list() {
        let rows =
            [serde_json::json!({"name": "a"}), serde_json::json!({}), serde_json::json!({"name": "b"})];
        let (read, unreadable) = read_each::<Kept>(rows.map(row));
        assert_eq!(read.iter().map(|kept| kept.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(unreadable, 1);
    }
}
