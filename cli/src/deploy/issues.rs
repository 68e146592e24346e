//! The issues of a deploy, as the trackers would tell them.

use super::unknown_key;
use signoff_core::issue::{Issue, Tracker, mentioned};
use signoff_rules::problem::{Problem, Source};
use signoff_rules::yaml::{Content, Entry, Node};
use std::rc::Rc;

const KEYS: [&str; 7] = ["key", "title", "url", "priority", "labels", "type", "tracker"];
/// An issue as it can be written.
const EXAMPLE: &str = "write, for example, {key: SHOP-7, type: Bug, priority: High, labels: [payments]}";

/// Reads a list of issues. `Err`: everything that is wrong with it.
pub(super) fn read(source: &Source<'_>, node: &Node) -> Result<Vec<Issue>, Vec<Problem>> {
    let mut reader = Reader { source, problems: Vec::new() };
    let issues = reader.list(node, "issues").iter().filter_map(|node| reader.issue(node)).collect();
    if reader.problems.is_empty() { Ok(issues) } else { Err(reader.problems) }
}

struct Reader<'a> {
    source: &'a Source<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn issue(&mut self, node: &Node) -> Option<Issue> {
        let Content::Mapping(entries) = &node.content else {
            self.wrong(node, format!("an issue takes keys with values{}", node.instead()), EXAMPLE);
            return None;
        };
        for entry in entries.iter().filter(|entry| !KEYS.contains(&entry.key.as_str())) {
            self.problems.push(unknown_key(self.source, entry, "an issue", &KEYS));
        }
        let text = |reader: &mut Self, key: &str| reader.text(value(entries, key)?, key);
        let key = text(self, "key");
        if key.as_ref().is_none_or(|key| mentioned(key) != [key.as_str()]) {
            let node = value(entries, "key").unwrap_or(node);
            self.wrong(node, "key: it must be an issue's key".to_owned(), EXAMPLE);
        }
        let tracker = match text(self, "tracker").as_deref() {
            None | Some("jira") => Tracker::Jira,
            Some("linear") => Tracker::Linear,
            Some(other) => {
                let node = value(entries, "tracker").unwrap_or(node);
                self.wrong(node, format!("tracker: `{other}` is not supported"), "write jira or linear");
                Tracker::Jira
            }
        };
        let labels = value(entries, "labels").map(|node| self.list(node, "labels")).unwrap_or_default();
        let labels = labels.iter().filter_map(|node| self.text(node, "labels")).collect();
        Some(Issue {
            key: key?,
            title: text(self, "title").unwrap_or_default(),
            url: text(self, "url").unwrap_or_default(),
            priority: text(self, "priority"),
            labels,
            kind: text(self, "type"),
            tracker,
        })
    }

    fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Rc<Node>] {
        match &node.content {
            Content::Sequence(nodes) => nodes,
            Content::Scalar(_) | Content::Mapping(_) => {
                if !node.is_null() {
                    self.wrong(node, format!("{key} takes a list{}", node.instead()), EXAMPLE);
                }
                &[]
            }
        }
    }

    fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        match node.as_scalar() {
            Some(_) if node.is_null() => None,
            Some(scalar) => Some(scalar.text.trim().to_owned()).filter(|text| !text.is_empty()),
            None => {
                self.wrong(node, format!("{key} takes a text{}", node.instead()), EXAMPLE);
                None
            }
        }
    }

    fn wrong(&mut self, node: &Node, message: String, suggestion: &str) {
        self.problems.push(self.source.problem(node.start, message, suggestion.to_owned()));
    }
}

fn value<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_ref())
}
