//! The variables of conditions: which there are, and which can be used.

use crate::condition::{DEPLOYED_FOR, Snapshot, Value};
use crate::reference::{OF_PULL_REQUESTS, VARIABLES, VARIABLES_NOT_YET};
use crate::suggest::did_you_mean;
use approval::deploy::Deploy;
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;

/// Names that variables have in older files, each with the name it has now.
pub(crate) const RENAMED: [(&str, &str); 2] = [
    ("deploy_message_reactions_plus_1", "deploy_message_reaction_plus_1"),
    ("deploy_message_reactions_minus_1", "deploy_message_reaction_minus_1"),
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
    let known = || VARIABLES_NOT_YET.iter().chain(&OF_PULL_REQUESTS);
    if VARIABLES.iter().any(|variable| variable.name == name) {
        Variable::Supported
    } else if known().any(|known| known.name == name) || name.starts_with("drift_to_") {
        Variable::NotYet
    } else {
        let supported = VARIABLES.iter().map(|variable| variable.name);
        Variable::Unknown(did_you_mean(name, supported.chain(known().map(|known| known.name))))
    }
}

/// Whether a variable is compared with durations (`'5m'`).
pub(crate) fn is_duration(name: &str) -> bool {
    matches!(name, DEPLOYED_FOR | "stale_for") || name.starts_with("drift_to_")
}

impl Snapshot {
    /// The variables of a deploy at `now`: all of [`VARIABLES`], and no others. `deployed_for` is in whole seconds, and none
    /// before the deploy.
    pub fn at(deploy: &Deploy, now: Timestamp) -> Self {
        let seconds = now.duration_since(deploy.deployed_at).as_secs();
        let mut snapshot = Self::of(deploy);
        let deployed_for = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        snapshot.set(DEPLOYED_FOR, Value::Duration(deployed_for));
        snapshot
    }

    /// The variables of a deploy that are the same at any time: all of [`VARIABLES`] but `deployed_for`. `pr_label` is the same list as `pr_labels`;
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
