//! Issues, and what happens to them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The states of every team.
pub const STATES: [&str; 3] = ["Todo", "In Progress", "Done"];
/// The labels of the workspace.
pub const LABELS: [&str; 3] = ["bug", "payments", "released"];
/// The priorities by their numbers.
pub const PRIORITIES: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// The whole of Linear.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// Issues by key, `WEB-7`.
    pub issues: BTreeMap<String, Issue>,
}

/// An issue to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIssue {
    /// Its key, `WEB-7`: a team's and a number.
    pub key: String,
    /// Its title.
    pub title: String,
    /// The number of its priority; 0 is none.
    pub priority: usize,
    /// Its labels.
    pub labels: Vec<String>,
}

/// An issue.
#[derive(Clone, Serialize, Deserialize)]
pub struct Issue {
    /// Its content, with all changes so far.
    pub content: NewIssue,
    /// Its state.
    pub state: String,
    /// Its estimate.
    pub estimate: Option<i64>,
    /// Date on which it is due.
    pub due_date: Option<String>,
    /// Its comments, oldest first: id and text.
    pub comments: Vec<(String, String)>,
}

impl State {
    /// Makes an issue, in Todo.
    pub fn add(&mut self, content: NewIssue) {
        let state = STATES[0].to_owned();
        let issue = Issue { state, estimate: None, due_date: None, comments: Vec::new(), content };
        self.issues.insert(issue.content.key.clone(), issue);
    }

    /// The issue of this key or id.
    pub fn issue_mut(&mut self, id: &str) -> Option<&mut Issue> {
        self.issues.values_mut().find(|issue| issue.content.key == id || issue.id() == id)
    }
}

impl Issue {
    /// Its UUID.
    pub fn id(&self) -> String {
        crate::stand_in::uuid_of(&self.content.key)
    }

    /// The key of its team.
    pub fn team(&self) -> &str {
        self.content.key.split_once('-').map_or("", |(team, _)| team)
    }

    /// Its number in the team.
    pub fn number(&self) -> u64 {
        self.content.key.split_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
    }
}
