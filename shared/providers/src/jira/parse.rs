//! Jira's issues as a deploy keeps them.

use super::wire;
use crate::failure::quote;
use signoff_core::issue::{Issue, Tracker};
use signoff_core::message::shorten;

/// Most characters of a title that are kept.
const MAX_TITLE: usize = 200;
/// Most labels that are kept.
const MAX_LABELS: usize = 20;

/// An issue of the site at `base`.
pub(super) fn issue(base: &str, issue: wire::Issue) -> Issue {
    let wire::Issue { key, fields } = issue;
    Issue {
        url: format!("{}/browse/{key}", base.trim_end_matches('/')),
        key,
        title: shorten(&quote(&fields.summary.unwrap_or_default()), MAX_TITLE),
        priority: fields.priority.map(|priority| priority.name),
        labels: fields.labels.unwrap_or_default().into_iter().take(MAX_LABELS).collect(),
        kind: fields.issuetype.map(|kind| kind.name),
        tracker: Tracker::Jira,
    }
}
