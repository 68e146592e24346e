//! A deploy: one revision arriving in one environment of a deployment.

use crate::confirmation::Confirmation;
use crate::deploy_state::DeployState;
use crate::id::DeployId;
use crate::issue::{Issue, Tracker};
use crate::reading::Reading;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// The fewest digits that a SHA may be shortened to.
const SHORTEST_SHA: usize = 4;

pub use crate::ci_file::is_ci_file;
pub use crate::slug::Slug;

/// One revision arriving in one environment of a deployment, at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deploy {
    /// Its id.
    pub id: DeployId,
    /// The deployment.
    pub deployment: Slug,
    /// The repository on the git host, `owner/name`.
    pub repository: String,
    /// The environment where it arrived, as it was reported (`Staging`).
    pub environment: String,
    /// The commit's full SHA.
    pub revision: String,
    /// The branch it was built from, where known.
    pub branch: Option<String>,
    /// Time of the deploy. If it did not arrive, the time at which it got its state.
    pub deployed_at: Timestamp,
    /// Its state, as reported.
    #[serde(default)]
    pub state: DeployState,
    /// The time at which it was reported to Signoff.
    pub registered_at: Timestamp,
    /// The source of the report.
    pub source: Source,
    /// Tags, each starting with `#`.
    pub tags: Vec<String>,
    /// Links by name.
    pub links: BTreeMap<String, String>,
    /// The number of files and lines that it changes, where known.
    #[serde(default)]
    pub size: Option<Size>,
    /// The person who started the deploy, where known.
    pub deployer: Option<Person>,
    /// The commits since the previous deploy of the environment, oldest first.
    pub commits: Vec<Commit>,
    /// The pull requests that these commits belong to.
    pub pull_requests: Vec<PullRequest>,
    /// The revision that was in the environment before, if any.
    pub previous_revision: Option<String>,
    /// The rules files, default tags and CI files that its commits change.
    #[serde(default)]
    pub rules_change: RulesChange,
    /// The issues that its commits, pull requests and branch mention, as they were when its rules were
    /// evaluated first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// The trackers that did not answer. There may be more issues there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent_trackers: Vec<Tracker>,
    /// The source host's confirmation of the commit.
    #[serde(default)]
    pub confirmation: Confirmation,
    /// The id of the GitHub deployment that was delivered, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_deployment: Option<u64>,
    /// Tags from a registration without the right to report. They are shown, but no condition sees them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reported_tags: Vec<String>,
    /// The completeness of its change as it was read, the facts from older commits, and CI's report.
    #[serde(default)]
    pub reading: Reading,
}

/// The rules files, default tags and files that CIs read, as far as a deploy's commits touch them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesChange {
    /// The git host did not say: too many files, or a range that it does not know.
    #[default]
    Unknown,
    /// None of these is among the changed files.
    No,
    /// These rules files are, or these files that a CI reads.
    Yes(Vec<String>),
}

/// The size of a deploy's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// The number of files; a lower bound where the source host does not name all.
    pub files: u64,
    /// The number of lines that were added or removed in them.
    pub lines: u64,
}

/// The magnitude of a deploy's change, as rules ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Magnitude {
    /// At most 10 files and 100 lines.
    Small,
    /// More, and at most 50 files and 1000 lines.
    Medium,
    /// More.
    Large,
}

impl Size {
    /// The magnitude that this size counts as.
    pub fn magnitude(self) -> Magnitude {
        match self {
            Self { files: 0..=10, lines: 0..=100 } => Magnitude::Small,
            Self { files: 0..=50, lines: 0..=1000 } => Magnitude::Medium,
            Self { .. } => Magnitude::Large,
        }
    }
}

/// The word for it in rules files.
impl fmt::Display for Magnitude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "Small",
            Self::Medium => "Medium",
            Self::Large => "Large",
        })
    }
}

/// The webhook that reported a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The generic webhook, `register_deploy`.
    RegisterDeploy,
    /// GitHub's `deployment_status` webhook.
    GithubDeployment,
}

/// Somebody who wrote, merged or deployed code, as the git host knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The display name.
    pub name: String,
    /// The e-mail address, where known.
    pub email: Option<String>,
    /// The account on the git host, where known.
    pub username: Option<String>,
}

/// A commit of a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// The full SHA.
    pub revision: String,
    /// The message's first line.
    pub title: String,
    /// Its author, then its co-authors.
    pub authors: Vec<Person>,
    /// Its page, where known.
    pub url: Option<String>,
    /// The keys of the issues that its message mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<String>,
}

/// A pull request of a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: String,
    /// The account that opened it.
    pub author: String,
    /// The person who merged it, where the source host names them.
    #[serde(default)]
    pub merged_by: Option<Person>,
    /// Its labels' names.
    pub labels: Vec<String>,
    /// The keys of the issues that its title, its text and its branch mention.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<String>,
}

impl Deploy {
    /// Every author of every commit, each once, in the order in which they first appear. Two people are one
    /// where their e-mail addresses (in any case) or, without an address, their names are the same. Nobody is
    /// an author by CI's word.
    pub fn authors(&self) -> Vec<&Person> {
        let mut seen = HashSet::new();
        let mut authors = Vec::new();
        let kept = self.commits.iter().flat_map(|commit| &commit.authors);
        for person in self.reading.older.authors.iter().chain(kept) {
            let key = person.email.as_deref().unwrap_or(&person.name).to_lowercase();
            if seen.insert(key) {
                authors.push(person);
            }
        }
        authors
    }

    /// Everybody whose own change this is: its authors and co-authors, the people who merged its pull
    /// requests, and the people who deployed it; each once. Somebody known by an account alone is the same as
    /// another person with that account.
    pub fn makers(&self) -> Vec<&Person> {
        let mut makers = self.authors();
        let merged = self.pull_requests.iter().filter_map(|pull_request| pull_request.merged_by.as_ref());
        for person in merged.chain(&self.reading.older.mergers).chain(self.deployers()) {
            if !makers.iter().any(|maker| maker.is(person)) {
                makers.push(person);
            }
        }
        makers
    }

    /// Everybody who deployed it: in place of a run's own token, the people who started the run.
    pub fn deployers(&self) -> &[Person] {
        match self.reading.started_by.is_empty() {
            true => self.deployer.as_slice(),
            false => &self.reading.started_by,
        }
    }

    /// The host's page that compares the previous revision with this one, where both are known: it follows
    /// from the address of a commit's page.
    pub fn comparison_url(&self) -> Option<String> {
        self.comparison_since(self.previous_revision.as_ref()?)
    }

    /// The host's page that compares `base` with this revision, where the address of a commit's page is
    /// known.
    pub fn comparison_since(&self, base: &str) -> Option<String> {
        let page = self.commits.iter().find_map(|commit| commit.url.as_ref())?;
        let (repository, _) = page.split_once("/commit/")?;
        Some(format!("{repository}/compare/{base}...{}", self.revision))
    }

    /// True if the revision is the name of a tag that is not resolved yet, and no SHA.
    pub fn is_named(&self) -> bool {
        !self.revision.bytes().all(|byte| byte.is_ascii_hexdigit()) || self.revision.len() < SHORTEST_SHA
    }

    /// The revision's first 7 characters; the whole name of a tag that is not resolved yet.
    pub fn short_revision(&self) -> &str {
        match self.revision.strip_prefix("refs/tags/") {
            Some(tag) => tag,
            None if self.is_named() => &self.revision,
            None => self.revision.get(..7).unwrap_or(&self.revision),
        }
    }

    /// The deploy's title for people: `7bf7226 - checkout (Staging)`.
    pub fn title(&self) -> String {
        format!("{} - {} ({})", self.short_revision(), self.deployment.name(), self.environment)
    }
}

impl Person {
    /// True if the two are known to be the same person: by e-mail address or account in any case, else by
    /// name alone.
    pub fn is(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => Some(a.to_lowercase() == b.to_lowercase()),
            (Some(_), None) | (None, _) => None,
        };
        let by_account = same(&self.username, &other.username);
        same(&self.email, &other.email).map_or_else(
            || by_account.unwrap_or_else(|| !self.name.is_empty() && self.name == other.name),
            |by_email| by_email || by_account == Some(true),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_magnitude_is_that_of_files_and_lines() {
        for (files, lines, expected) in [
            (0, 0, Magnitude::Small),
            (10, 100, Magnitude::Small),
            (11, 1, Magnitude::Medium),
            (1, 101, Magnitude::Medium),
            (50, 1000, Magnitude::Medium),
            (51, 1, Magnitude::Large),
            (1, 1001, Magnitude::Large),
        ] {
            assert_eq!(Size { files, lines }.magnitude(), expected, "{files} files, {lines} lines");
        }
    }

    #[test]
    fn people_are_the_same_by_address_or_account() {
        let person = |name: &str, email: &str, username: &str| Person {
            name: name.to_owned(),
            email: Some(email.to_owned()).filter(|email| !email.is_empty()),
            username: Some(username.to_owned()).filter(|username| !username.is_empty()),
        };
        for (a, b, same) in [
            (("Ana", "ana@x.io", ""), ("Ana K", "ANA@x.io", ""), true),
            (("Ana", "ana@x.io", "ana"), ("", "", "Ana"), true),
            (("Ana", "ana@x.io", "ana"), ("Ana", "ana@y.io", "ana"), true),
            (("Ana", "ana@x.io", ""), ("Ana", "ana@y.io", ""), false),
            (("Ana", "", ""), ("Ana", "", ""), true),
            (("Ana", "", "ana"), ("Ana", "", "other"), false),
            (("", "", ""), ("", "", ""), false),
        ] {
            let (one, other) = (person(a.0, a.1, a.2), person(b.0, b.1, b.2));
            assert_eq!(one.is(&other), same, "{one:?} {other:?}");
            assert_eq!(other.is(&one), same, "{other:?} {one:?}");
        }
    }
}
