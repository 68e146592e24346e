//! Operations on the Jira stand-in for tests and the local stack, from inside the process.

use super::Jira;
use super::state::{Issue, NewIssue, text_of};
use crate::stand_in::locked;

impl NewIssue {
    /// A Task of priority Medium without labels.
    pub fn new(key: &str, summary: &str) -> Self {
        Self {
            key: key.to_owned(),
            summary: summary.to_owned(),
            priority: "Medium".to_owned(),
            labels: Vec::new(),
            kind: "Task".to_owned(),
        }
    }
}

impl Jira {
    /// Makes an issue, in To Do.
    pub fn add_issue(&self, issue: NewIssue) {
        locked(&self.shared.state).add(issue);
    }

    /// Returns the content of an issue with all changes so far; `None`: there is no such issue.
    pub fn issue(&self, key: &str) -> Option<NewIssue> {
        self.with(key, |issue| issue.content.clone())
    }

    /// An issue's state, and its resolution if it has one (`Done, Fixed`).
    pub fn status(&self, key: &str) -> Option<String> {
        self.with(key, |issue| {
            let resolution = issue.resolution.as_ref().map(|resolution| format!(", {resolution}"));
            format!("{}{}", issue.status, resolution.unwrap_or_default())
        })
    }

    /// The text of one of an issue's own fields, by its id.
    pub fn field(&self, key: &str, id: &str) -> Option<String> {
        self.with(key, |issue| issue.fields.get(id)?.as_str().map(str::to_owned))?
    }

    /// The comments of an issue as people read them, oldest first.
    pub fn comments(&self, key: &str) -> Vec<String> {
        let texts = |issue: &Issue| issue.comments.iter().map(|comment| text_of(&comment.body)).collect();
        self.with(key, texts).unwrap_or_default()
    }

    fn with<T>(&self, key: &str, look: impl FnOnce(&Issue) -> T) -> Option<T> {
        locked(&self.shared.state).issues.get(key).map(look)
    }
}
