//! Issues, and what happens to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The states of the workflow, with the id and the name of the transition that leads there.
pub const STATES: [(&str, &str, &str); 3] =
    [("To Do", "11", "Reopen"), ("In Progress", "21", "Start work"), ("Done", "31", "Close issue")];
/// The resolutions that there are.
pub const RESOLUTIONS: [&str; 3] = ["Done", "Fixed", "Won't Do"];
/// The priorities that there are.
pub const PRIORITIES: [&str; 5] = ["Highest", "High", "Medium", "Low", "Lowest"];

/// The whole of Jira.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// Issues by key, `SHOP-7`.
    pub issues: BTreeMap<String, Issue>,
    ids: u64,
}

/// An issue to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIssue {
    /// Its key, `SHOP-7`.
    pub key: String,
    /// Its title.
    pub summary: String,
    /// Its priority; one of Jira's five.
    pub priority: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its type.
    pub kind: String,
}

/// An issue.
#[derive(Clone, Serialize, Deserialize)]
pub struct Issue {
    /// Counted, as Jira has them.
    pub id: u64,
    /// Its content, with all changes so far.
    pub content: NewIssue,
    /// Its state.
    pub status: String,
    /// Its resolution, once it is done.
    pub resolution: Option<String>,
    /// Its other fields by id.
    pub fields: Map<String, Value>,
    /// Its comments, oldest first.
    pub comments: Vec<Comment>,
}

/// A comment.
#[derive(Clone, Serialize, Deserialize)]
pub struct Comment {
    /// Counted.
    pub id: u64,
    /// The document.
    pub body: Value,
    /// Time at which it was written.
    pub created: Timestamp,
}

impl State {
    /// A number that nothing else has.
    pub fn id(&mut self) -> u64 {
        self.ids += 1;
        9999 + self.ids
    }

    /// Makes an issue, in To Do.
    pub fn add(&mut self, content: NewIssue) {
        let id = self.id();
        let issue = Issue {
            id,
            status: STATES[0].0.to_owned(),
            resolution: None,
            fields: Map::new(),
            comments: Vec::new(),
            content,
        };
        self.issues.insert(issue.content.key.clone(), issue);
    }
}

/// The text of a document: a line a paragraph.
pub fn text_of(document: &Value) -> String {
    let paragraphs = document["content"].as_array().cloned().unwrap_or_default();
    let line = |paragraph: &Value| {
        let pieces = paragraph["content"].as_array().cloned().unwrap_or_default();
        pieces.iter().filter_map(|piece| piece["text"].as_str().map(str::to_owned)).collect::<String>()
    };
    paragraphs.iter().map(line).collect::<Vec<_>>().join("\n")
}
