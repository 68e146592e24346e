//! Issues of a tracker, and where a text mentions them.

use crate::deploy::Deploy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most issues of a deploy that are looked up.
const MAX_KEYS_PER_DEPLOY: usize = 30;
/// The most issues that are taken from one text: one more than are looked up, so that a longer list is known
/// to be cut.
const MAX_KEYS_PER_TEXT: usize = MAX_KEYS_PER_DEPLOY + 1;
/// The most characters of a project's name in a key: Jira's own limit.
const LONGEST_PROJECT: usize = 10;
/// The most digits of the number in a key.
const LONGEST_NUMBER: usize = 7;

/// An issue that a deploy's commits or pull requests mention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Its key (`SHOP-7`).
    pub key: String,
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Its priority in the tracker's words (`High`); `None`: it has none.
    pub priority: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its type (`Bug`); `None`: the tracker has no types.
    pub kind: Option<String>,
    /// The tracker that has it.
    pub tracker: Tracker,
}

/// A tracker of issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tracker {
    /// Jira Cloud.
    Jira,
    /// Linear.
    Linear,
}

impl fmt::Display for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jira => "Jira",
            Self::Linear => "Linear",
        })
    }
}

/// The keys that `text` mentions (`SHOP-7`), each once, in its order; the first 31. A key is an upper-case
/// project of 2 to 10 letters, digits and `_`, a dash and a number, and stands by itself: neither in a longer
/// word nor in a longer number. What only looks like one (`UTF-8`) is one: the tracker knows better.
pub fn mentioned(text: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for (dash, _) in text.match_indices('-') {
        if keys.len() == MAX_KEYS_PER_TEXT {
            break;
        }
        if let Some(key) = key_around(text, dash).filter(|key| keys.iter().all(|known| known != key)) {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// The keys that a branch is named after, in any case (`ana/shop-7-currencies`).
pub fn named_in(branch: &str) -> Vec<String> {
    mentioned(&branch.to_ascii_uppercase())
}

/// The keys that a pull request mentions in its title, in its text and in the name of its branch.
pub fn of_pull_request(title: &str, body: Option<&str>, branch: &str) -> Vec<String> {
    let mut keys = mentioned(title);
    for key in body.map(mentioned).unwrap_or_default().into_iter().chain(named_in(branch)) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The key whose dash is at this place of a text.
fn key_around(text: &str, dash: usize) -> Option<&str> {
    let (before, after) = (text.get(..dash)?, text.get(dash + 1..)?);
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let project = before.rsplit(|c| !in_word(c)).next()?;
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = after.split_at(digits);
    let sound = (2..=LONGEST_PROJECT).contains(&project.len())
        && project.starts_with(|c: char| c.is_ascii_uppercase())
        && project.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && (1..=LONGEST_NUMBER).contains(&digits)
        && !number.starts_with('0')
        && !rest.starts_with(in_word);
    sound.then(|| text.get(dash - project.len()..dash + 1 + digits))?
}

impl Deploy {
    /// The keys of the issues that it mentions, each once: of its pull requests, its commits from the newest
    /// on, and its branch, where the source host has the revision on it; the first 30.
    pub fn mentioned_issues(&self) -> Vec<String> {
        let mut keys = self.issue_keys();
        keys.truncate(MAX_KEYS_PER_DEPLOY);
        keys
    }

    /// True if it mentions more issues than are looked up. Then nothing is certain that asks about all of
    /// them.
    pub fn mentions_more_issues(&self) -> bool {
        self.issue_keys().len() > MAX_KEYS_PER_DEPLOY
    }

    /// The keys of the issues that it mentions, each once; one more than are looked up at most.
    fn issue_keys(&self) -> Vec<String> {
        let of_pull_requests = self.pull_requests.iter().flat_map(|pull_request| &pull_request.issues);
        let of_commits = self.commits.iter().rev().flat_map(|commit| &commit.issues);
        // Anybody who registers can name a branch.
        let branch = self.branch.as_deref().filter(|_| self.reading.on_branch);
        let of_branch = branch.map(named_in).unwrap_or_default();
        let mut keys: Vec<String> = Vec::new();
        for key in of_pull_requests.chain(of_commits).chain(&self.reading.older.issues).chain(&of_branch) {
            if keys.len() <= MAX_KEYS_PER_DEPLOY && !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_by_itself() {
        for (text, keys) in [
            ("SHOP-7", "SHOP-7"),
            ("SHOP-7: take other currencies", "SHOP-7"),
            (
                "Take other currencies (SHOP-7, SHOP-12).\n\nFixes PAY_2-3 and SHOP-7.",
                "SHOP-7 SHOP-12 PAY_2-3",
            ),
            ("feature/SHOP-7-currencies", "SHOP-7"),
            ("https://acme.atlassian.net/browse/SHOP-7?focused=1", "SHOP-7"),
            ("[SHOP-7][WEB-1]", "SHOP-7 WEB-1"),
            ("Read it as UTF-8", "UTF-8"),
            ("SHOP-7-8", "SHOP-7"),
            ("éSHOP-7 SHOP-7é", ""),
            ("xSHOP-7 SHOP-7x SHOP-7_ _SHOP-7", ""),
            ("shop-7 Shop-7", ""),
            ("X-7 7-7 2FA-7 -7 SHOP- SHOP-x SHOP--7", ""),
            ("SHOP-0 SHOP-07 SHOP-12345678", ""),
            ("ABCDEFGHIJ-1 ABCDEFGHIJK-1", "ABCDEFGHIJ-1"),
            ("2021-05-11 1-800", ""),
            ("", ""),
        ] {
            assert_eq!(mentioned(text).join(" "), keys, "{text}");
        }
    }

    #[test]
    fn a_pull_request_mentions_issues_in_its_title_text_and_branch() {
        let keys = of_pull_request("SHOP-7: currencies", Some("Fixes SHOP-8 and SHOP-7"), "ana/web-9-x");
        assert_eq!(keys, ["SHOP-7", "SHOP-8", "WEB-9"]);
        assert_eq!(of_pull_request("Currencies", None, ""), [""; 0]);
    }

    #[test]
    fn a_report_of_many_issues_is_cut() {
        let report: String = (1..=40).map(|number| format!("SHOP-{number} ")).collect();
        let keys = mentioned(&report);
        assert_eq!((keys.len(), keys.last().map(String::as_str)), (31, Some("SHOP-31")));
    }

    #[test]
    fn a_branch_names_its_issue_in_any_case() {
        for (branch, keys) in [
            ("ana/shop-7-take-other-currencies", "SHOP-7"),
            ("SHOP-7", "SHOP-7"),
            ("main", ""),
            ("release/2026-05-11", ""),
        ] {
            assert_eq!(named_in(branch).join(" "), keys, "{branch}");
        }
    }
}
