//! The variables of conditions: which there are, and which can be used.

use crate::condition::{DEPLOYED_FOR, Snapshot, Value};
use crate::suggest::did_you_mean;
use approval::deploy::Deploy;
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;

/// The variables that a condition can use.
pub const SUPPORTED: [&str; 6] = ["environment", "tags", "pr_labels", "pr_label", "pr_authors", DEPLOYED_FOR];

/// Variables of deploys that rules files use and that Signoff does not know the value of yet. `drift_to_` with any
/// environment's name is one too.
const NOT_YET: [&str; 15] = [
    "health",
    "stale_for",
    "drift_to_production",
    "drift_to_staging",
    "magnitude",
    "future_deploy",
    "failed_rules",
    "deploy_message_reaction_plus_1",
    "deploy_message_reaction_minus_1",
    "deploy_message_reactions_plus_1",
    "deploy_message_reactions_minus_1",
    "issue_priority",
    "issue_labels",
    "issue_type",
    "base_synced",
];

/// Names that variables have in older files, each with the name it has now.
pub(crate) const RENAMED: [(&str, &str); 2] = [
    ("deploy_message_reactions_plus_1", "deploy_message_reaction_plus_1"),
    ("deploy_message_reactions_minus_1", "deploy_message_reaction_minus_1"),
];

/// Variables of pull requests: known, and of no meaning for a deploy.
const OF_PULL_REQUESTS: [&str; 28] = [
    "number_reviewers",
    "reviewer",
    "number_assignees",
    "assignee",
    "author",
    "pull_request_author",
    "commit_author",
    "title",
    "description",
    "label",
    "mergeable",
    "merged",
    "draft",
    "closed",
    "base",
    "conflict",
    "commit_message",
    "behind",
    "status_success",
    "status_failure",
    "status_pending",
    "status_error",
    "review_approved",
    "review_dismissed",
    "review_changes_requested",
    "review_commented",
    "review_pending",
    "review_submitted",
];

/// What is known of a variable's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// A condition can use it.
    Supported,
    /// Rules files use it, and Signoff cannot evaluate it yet.
    NotYet,
    /// No such variable; the clause names the one that may be meant.
    Unknown(Option<String>),
}

/// What is known of the variable `name`; names are in lower case.
pub fn look_up(name: &str) -> Variable {
    if SUPPORTED.contains(&name) {
        Variable::Supported
    } else if NOT_YET.contains(&name) || OF_PULL_REQUESTS.contains(&name) || name.starts_with("drift_to_") {
        Variable::NotYet
    } else {
        Variable::Unknown(did_you_mean(name, SUPPORTED.into_iter().chain(NOT_YET).chain(OF_PULL_REQUESTS)))
    }
}

/// Whether a variable is compared with durations (`'5m'`).
pub(crate) fn is_duration(name: &str) -> bool {
    matches!(name, DEPLOYED_FOR | "stale_for") || name.starts_with("drift_to_")
}

impl Snapshot {
    /// The variables of a deploy at `now`: all of [`SUPPORTED`], and no others. `deployed_for` is in whole seconds, and none
    /// before the deploy.
    pub fn at(deploy: &Deploy, now: Timestamp) -> Self {
        let seconds = now.duration_since(deploy.deployed_at).as_secs();
        let mut snapshot = Self::of(deploy);
        let deployed_for = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        snapshot.set(DEPLOYED_FOR, Value::Duration(deployed_for));
        snapshot
    }

    /// The variables of a deploy that are the same at any time: all of [`SUPPORTED`] but `deployed_for`. `pr_label` is the same list as `pr_labels`;
    /// `pr_authors` are the accounts that opened the pull requests.
    pub fn of(deploy: &Deploy) -> Self {
        let labels: Vec<String> = unique(deploy.pull_requests.iter().flat_map(|pull| &pull.labels));
        let mut snapshot = Self::new();
        snapshot.set("environment", Value::Text(deploy.environment.clone()));
        snapshot.set("tags", Value::List(unique(&deploy.tags)));
        snapshot.set("pr_label", Value::List(labels.clone()));
        snapshot.set("pr_labels", Value::List(labels));
        snapshot.set("pr_authors", Value::List(unique(deploy.pull_requests.iter().map(|pull| &pull.author))));
        snapshot
    }
}

/// Each text once, in the order in which they first appear: a list's length must count labels, not pull requests.
fn unique<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.into_iter().filter(|text| seen.insert(*text)).cloned().collect()
}
