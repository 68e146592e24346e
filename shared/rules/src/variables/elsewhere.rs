//! Names that other systems have for the variables of conditions.

use super::{DEPLOYED_FOR, ROLLBACK};

/// Other systems' words for a variable, each with its name here.
const ELSEWHERE: [(&[&str], &str); 11] = [
    (&["labels", "label"], "pr_labels"),
    (&["author", "authors", "pr_author"], "pr_authors"),
    (&["env", "stage"], "environment"),
    (&["ref", "branch_name", "git_branch"], "branch"),
    (&["sha", "commit", "commit_sha", "git_sha"], "revision"),
    (&["actor", "user", "deployed_by"], "deployer"),
    (&["repo", "repository", "project", "service"], "deployment"),
    (&["priority"], "issue_priority"),
    (&["size"], "magnitude"),
    (&["age", "soaked", "soak_time"], DEPLOYED_FOR),
    (&["is_rollback"], ROLLBACK),
];

/// Words with which other systems ask about the time of a deploy.
const TIMES: [&str; 9] = ["time", "hour", "day", "weekday", "day_of_week", "date", "now", "today", "month"];

/// The clause for a name that other systems have.
pub(super) fn called_elsewhere(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase().replace('-', "_");
    if TIMES.contains(&lower.as_str()) {
        return Some("no condition asks for the time: give the rule a `freeze:`".to_owned());
    }
    if lower.starts_with("drift") {
        return Some("write, for example, `drift_to_production`".to_owned());
    }
    let (_, ours) = ELSEWHERE.iter().find(|(others, _)| others.contains(&lower.as_str()))?;
    Some(format!("did you mean `{ours}`?"))
}
