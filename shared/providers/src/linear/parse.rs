//! Linear's issues as a deploy keeps them, and keys as Linear filters by them.

use super::wire;
use crate::failure::quote;
use serde_json::{Value, json};
use signoff_core::issue::{Issue, Tracker};
use signoff_core::message::shorten;
use std::collections::BTreeMap;

/// Most characters of a title that are kept.
const MAX_TITLE: usize = 200;

/// An issue. Linear's have no type.
pub(super) fn issue(issue: wire::Issue) -> Issue {
    Issue {
        key: issue.identifier,
        title: shorten(&quote(&issue.title), MAX_TITLE),
        url: issue.url,
        priority: (issue.priority > 0.0).then_some(issue.priority_label),
        labels: issue.labels.nodes.into_iter().map(|label| label.name).collect(),
        kind: None,
        tracker: Tracker::Linear,
    }
}

/// The filter of the issues that have these keys: a key is a team's and a number.
pub(super) fn filter(keys: &[String]) -> Value {
    let mut teams: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for key in keys {
        if let Some((team, number)) = key.split_once('-')
            && let Ok(number) = number.parse()
        {
            teams.entry(team).or_default().push(number);
        }
    }
    let teams =
        teams.iter().map(|(team, numbers)| json!({"team": {"key": {"eq": team}}, "number": {"in": numbers}}));
    json!({"or": teams.collect::<Vec<_>>()})
}
