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
    /// The variables of a deploy at `now`: those of [`VARIABLES`], and no others; see [`Snapshot::of`]. `deployed_for` is in whole seconds, and none
    /// before the deploy.
    pub fn at(deploy: &Deploy, now: Timestamp) -> Self {
        let seconds = now.duration_since(deploy.deployed_at).as_secs();
        let mut snapshot = Self::of(deploy);
        let deployed_for = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        snapshot.set(DEPLOYED_FOR, Value::Duration(deployed_for));
        snapshot
    }

    /// The variables of a deploy that are the same at any time: those of [`VARIABLES`] but `deployed_for`. `pr_label` is the same list as `pr_labels`;
    /// `pr_authors` are the accounts that opened the pull requests. Those of issues are left out where a tracker did not say what
    /// it has: no comparison with them holds, whatever it asks.
    pub fn of(deploy: &Deploy) -> Self {
        let labels: Vec<String> = unique(deploy.pull_requests.iter().flat_map(|pull| &pull.labels));
        let mut snapshot = Self::new();
        snapshot.set("environment", Value::Text(deploy.environment.clone()));
        snapshot.set("tags", Value::List(unique(&deploy.tags)));
        snapshot.set("pr_label", Value::List(labels.clone()));
        snapshot.set("pr_labels", Value::List(labels));
        snapshot.set("pr_authors", Value::List(unique(deploy.pull_requests.iter().map(|pull| &pull.author))));
        if deploy.silent_trackers.is_empty() {
            let issues = || deploy.issues.iter();
            let labels = unique(issues().flat_map(|issue| &issue.labels));
            snapshot.set(
                "issue_priority",
                Value::List(unique(issues().filter_map(|issue| issue.priority.as_ref()))),
            );
            snapshot.set("issue_labels", Value::List(labels));
            snapshot.set("issue_type", Value::List(unique(issues().filter_map(|issue| issue.kind.as_ref()))));
        }
        snapshot
    }
}

/// Each text once, in the order in which they first appear: a list's length must count labels, not pull requests.
fn unique<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.into_iter().filter(|text| seen.insert(*text)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition;
    use approval::deploy::{RulesChange, Slug, Source};
    use approval::id::DeployId;
    use approval::issue::{Issue, Tracker};

    fn issue(priority: Option<&str>, labels: &[&str], kind: Option<&str>) -> Issue {
        Issue {
            key: "SHOP-7".to_owned(),
            title: "Prices".to_owned(),
            url: "https://acme.atlassian.net/browse/SHOP-7".to_owned(),
            priority: priority.map(str::to_owned),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            kind: kind.map(str::to_owned),
            tracker: Tracker::Jira,
        }
    }

    fn mentioning(issues: Vec<Issue>) -> Deploy {
        Deploy {
            id: DeployId::from_text("d1"),
            deployment: Slug::new("acme", "checkout").unwrap(),
            repository: "acme/checkout".to_owned(),
            environment: "Staging".to_owned(),
            revision: "7bf7226".to_owned(),
            branch: None,
            deployed_at: Timestamp::UNIX_EPOCH,
            registered_at: Timestamp::UNIX_EPOCH,
            source: Source::RegisterDeploy,
            tags: Vec::new(),
            links: Default::default(),
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            rules_change: RulesChange::No,
            issues,
            silent_trackers: Vec::new(),
        }
    }

    fn holding(deploy: &Deploy) -> Vec<&'static str> {
        let conditions = [
            "issue_priority='High'",
            "issue_priority=1",
            "issue_labels!='hold'",
            "issue_labels='b'",
            "issue_labels=2",
            "issue_type=[]",
            "issue_type~='Bug|Story'",
        ];
        let holds = |text: &str| condition::parse(text).unwrap().holds(&Snapshot::of(deploy));
        conditions.into_iter().filter(|text| holds(text)).collect()
    }

    #[test]
    fn the_issues_of_a_deploy_are_lists_of_what_each_has_once() {
        assert_eq!(holding(&mentioning(Vec::new())), ["issue_labels!='hold'", "issue_type=[]"]);
        let two = vec![issue(Some("High"), &["a", "b"], Some("Bug")), issue(Some("High"), &["b"], None)];
        assert_eq!(
            holding(&mentioning(two)),
            [
                "issue_priority='High'",
                "issue_priority=1",
                "issue_labels!='hold'",
                "issue_labels='b'",
                "issue_labels=2",
                "issue_type~='Bug|Story'",
            ]
        );
    }

    #[test]
    fn nothing_holds_of_issues_that_a_tracker_did_not_tell() {
        let mut deploy = mentioning(vec![issue(Some("High"), &["b"], Some("Bug"))]);
        deploy.silent_trackers = vec![Tracker::Linear];
        assert_eq!(holding(&deploy), [""; 0]);
    }
}
