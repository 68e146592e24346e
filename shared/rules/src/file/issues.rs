//! The actions on issues.

use super::reader::Reader;
use super::shape::has_unknown;
use crate::reference::{ISSUE_FIELD, ISSUE_TRANSITION, names};
use crate::suggest::closest;
use crate::yaml::{Content, Entry, Node};
use signoff_core::action::{IssueField, IssueTransition};

/// The actions' names.
pub(super) const TRANSITION: &str = "transition_mentioned_issues";
pub(super) const UPDATE: &str = "update_mentioned_issues";
/// The actions as they can be written.
pub(super) const TRANSITION_EXAMPLE: &str =
    "`transition_mentioned_issues: Done`, or `state:`, `comment:` and `resolution:` under it";
pub(super) const UPDATE_EXAMPLE: &str = "`field_name: labels` and `field_value: released` under it";

const TRANSITION_KEYS: [&str; ISSUE_TRANSITION.len()] = names(&ISSUE_TRANSITION);
const FIELD_KEYS: [&str; ISSUE_FIELD.len()] = names(&ISSUE_FIELD);

impl Reader<'_> {
    /// The state, or `{state, comment, resolution}`.
    pub(super) fn issue_transition(&mut self, node: &Node) -> Option<IssueTransition> {
        let Content::Mapping(entries) = &node.content else {
            let state = self.template(node, TRANSITION)?;
            return Some(IssueTransition { state, comment: None, resolution: None });
        };
        let (mut state, mut comment, mut resolution) = (None, None, None);
        for entry in self.known(entries, TRANSITION, &TRANSITION_KEYS) {
            match entry.key.as_str() {
                "state" => state = self.template(&entry.value, "state"),
                "comment" => comment = self.template(&entry.value, "comment"),
                "resolution" => resolution = self.text(&entry.value, "resolution"),
                _ => {}
            }
        }
        self.required(node, entries, TRANSITION, "state")?;
        Some(IssueTransition { state: state?, comment, resolution })
    }

    /// `{field_name, field_value}`.
    pub(super) fn issue_field(&mut self, node: &Node) -> Option<IssueField> {
        let entries = self.mapping(node, UPDATE, UPDATE_EXAMPLE)?;
        let (mut name, mut value) = (None, None);
        for entry in self.known(entries, UPDATE, &FIELD_KEYS) {
            match entry.key.as_str() {
                "field_name" => name = self.text(&entry.value, "field_name"),
                "field_value" => value = self.template(&entry.value, "field_value"),
                _ => {}
            }
        }
        for key in FIELD_KEYS {
            // A misspelt key has been told already; the two keys are close to each other.
            let misspelt = |entry: &Entry| {
                !FIELD_KEYS.contains(&entry.key.as_str()) && closest(&entry.key, [key]).is_some()
            };
            if !has_unknown(UPDATE, entries)
                && !entries.iter().any(|entry| entry.key == key || misspelt(entry))
            {
                let message = format!("{UPDATE} has no `{key}`");
                self.problem(node.start, message, format!("write {UPDATE_EXAMPLE}"));
            }
        }
        Some(IssueField { name: name?, value: value? })
    }
}
