//! Requests and answers of Jira Cloud's REST API v3, as its documentation defines them: only the fields that
//! we use.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `POST /rest/api/3/issue/bulkfetch`, asked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkFetch<'a> {
    pub issue_ids_or_keys: &'a [String],
    pub fields: &'static [&'static str],
}

/// The same, answered. An issue that is not there, or may not be seen, is not told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fetched {
    #[serde(default)]
    pub issues: Vec<Issue>,
    #[serde(default)]
    pub issue_errors: Vec<Value>,
}

/// An issue with what a deploy keeps of it.
#[derive(Deserialize)]
pub(crate) struct Issue {
    pub key: String,
    pub fields: Fields,
}

/// Its fields; a project may hide any of them.
#[derive(Default, Deserialize)]
pub(crate) struct Fields {
    pub summary: Option<String>,
    pub priority: Option<Named>,
    pub labels: Option<Vec<String>>,
    pub issuetype: Option<Named>,
}

/// Something with a name.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub name: String,
}

/// `GET /rest/api/3/issue/{issueIdOrKey}?fields=status`, answered, with what was asked to be expanded.
#[derive(Deserialize)]
pub(crate) struct Standing {
    pub fields: Status,
    #[serde(default)]
    pub transitions: Vec<Transition>,
    pub editmeta: Option<EditMeta>,
}

/// An issue's state.
#[derive(Deserialize)]
pub(crate) struct Status {
    pub status: Named,
}

/// A way out of an issue's state.
#[derive(Deserialize)]
pub(crate) struct Transition {
    pub id: String,
    pub name: String,
    pub to: Named,
}

/// The fields that may be changed.
#[derive(Default, Deserialize)]
pub(crate) struct EditMeta {
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
}

/// A field that may be changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    pub name: String,
    pub schema: Schema,
    #[serde(default)]
    pub allowed_values: Vec<Value>,
}

/// Type of a field's value.
#[derive(Deserialize)]
pub(crate) struct Schema {
    pub r#type: String,
    pub items: Option<String>,
    pub system: Option<String>,
    pub custom: Option<String>,
}

/// `GET /rest/api/3/issue/{issueIdOrKey}/comment`, answered.
#[derive(Deserialize)]
pub(crate) struct Comments {
    #[serde(default)]
    pub comments: Vec<Comment>,
}

/// A comment.
#[derive(Deserialize)]
pub(crate) struct Comment {
    pub body: Value,
}

/// Messages of an error answer.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Errors {
    #[serde(default)]
    pub error_messages: Vec<String>,
    #[serde(default)]
    pub errors: BTreeMap<String, String>,
}
