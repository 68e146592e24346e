//! Operations on the Linear stand-in for tests and the local stack, from inside the process.

use super::Linear;
use super::state::{Issue, NewIssue};
use crate::stand_in::locked;

impl NewIssue {
    /// An issue without priority and labels.
    pub fn new(key: &str, title: &str) -> Self {
        Self { key: key.to_owned(), title: title.to_owned(), priority: 0, labels: Vec::new() }
    }
}

impl Linear {
    /// Makes an issue, in Todo.
    pub fn add_issue(&self, issue: NewIssue) {
        locked(&self.shared.state).add(issue);
    }

    /// Returns the content of an issue with all changes so far; `None`: there is no such issue.
    pub fn issue(&self, key: &str) -> Option<NewIssue> {
        self.with(key, |issue| issue.content.clone())
    }

    /// An issue's state.
    pub fn status(&self, key: &str) -> Option<String> {
        self.with(key, |issue| issue.state.clone())
    }

    /// The comments of an issue, oldest first.
    pub fn comments(&self, key: &str) -> Vec<String> {
        let texts = |issue: &Issue| issue.comments.iter().map(|(_, text)| text.clone()).collect();
        self.with(key, texts).unwrap_or_default()
    }

    fn with<T>(&self, key: &str, look: impl FnOnce(&Issue) -> T) -> Option<T> {
        locked(&self.shared.state).issues.get(key).map(look)
    }
}
