//! Repositories: files, commits, pull requests, workflows.

use super::history::{Activity, PullRequestExtras, Signed};
use super::identify::HostDeployment;
use super::refs::Refs;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The whole of GitHub.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// The workflows that were started through the API, oldest first.
    pub dispatched: Vec<Dispatched>,
    /// Repositories by full name, `acme/checkout`.
    pub repositories: BTreeMap<String, Repository>,
    /// Number of ids given out.
    pub ids: u64,
    /// The e-mail addresses that people show in their public profile, by their login.
    #[serde(default)]
    pub shown_emails: BTreeMap<String, String>,
}

/// One repository.
#[derive(Serialize, Deserialize)]
pub struct Repository {
    /// The branch that is read when no ref is named.
    pub default_branch: String,
    /// The files of every revision, unless [`Repository::files_at`] says otherwise.
    pub files: BTreeMap<String, String>,
    /// Files of one branch or revision only, by its name.
    pub files_at: BTreeMap<String, BTreeMap<String, String>>,
    /// Commits, oldest first.
    pub commits: Vec<Commit>,
    /// The head of each branch; a branch without commits has none.
    pub branches: BTreeMap<String, Option<String>>,
    /// Pull requests, oldest first.
    pub pulls: Vec<PullRequest>,
    /// Workflows by file name, with their ids.
    pub workflows: BTreeMap<String, u64>,
    /// Commits that the host shows by this repository's name, and that no branch or tag contains.
    #[serde(default)]
    pub strays: Vec<Commit>,
    /// Deployments, oldest first.
    #[serde(default)]
    pub deployments: Vec<HostDeployment>,
    /// Number of times that another repository took this one's name.
    #[serde(default)]
    pub generation: u64,
    /// Its tags, and what is protected.
    #[serde(default)]
    pub refs: Refs,
    /// The changes of branches, oldest first.
    #[serde(default)]
    pub activities: Vec<Activity>,
    /// The patches that a comparison shows of changed files, by their paths.
    #[serde(default)]
    pub patches: BTreeMap<String, String>,
    /// The files that are symbolic links, by their paths.
    #[serde(default)]
    pub links: BTreeSet<String>,
}

/// A person as git knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The name in the commit.
    pub name: String,
    /// The e-mail address in the commit.
    pub email: String,
    /// The GitHub account that the address belongs to, if there is one.
    pub login: Option<String>,
}

impl Author {
    /// A person with a GitHub account.
    pub fn new(name: &str, email: &str, login: &str) -> Self {
        Self { name: name.to_owned(), email: email.to_owned(), login: Some(login.to_owned()) }
    }
}

/// Kind of a change to a file, in GitHub's words. (As a name of its own, so that serde does not take it for
/// text that is borrowed from its input.)
pub type StatusWord = &'static str;

/// A file that a commit changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Its path.
    pub path: String,
    /// Its path before, of one that was renamed.
    #[serde(default)]
    pub previous: Option<String>,
    /// `added`, `modified`, `removed` or `renamed`.
    #[serde(deserialize_with = "status")]
    pub status: StatusWord,
    /// Lines added.
    pub additions: u64,
    /// Lines removed.
    pub deletions: u64,
}

/// A commit to be pushed.
#[derive(Clone, Debug)]
pub struct NewCommit {
    /// Author of the commit.
    pub author: Author,
    /// The message; co-authors stand in its `Co-authored-by:` lines.
    pub message: String,
    /// The branch; `None`: the default branch. A new branch starts at the default branch's head.
    pub branch: Option<String>,
    /// The files it changed.
    pub files: Vec<ChangedFile>,
}

/// A commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Commit {
    /// 40 hexadecimal digits.
    pub sha: String,
    /// Author of the commit.
    pub author: Author,
    /// Committer, if that is somebody else.
    #[serde(default)]
    pub committer: Option<Author>,
    /// Its signature.
    #[serde(default)]
    pub signed: Signed,
    /// The message.
    pub message: String,
    /// Time at which it was pushed.
    pub date: Timestamp,
    /// Its parents; none for the first one.
    pub parents: Vec<String>,
    /// The files it changed.
    pub files: Vec<ChangedFile>,
}

/// A pull request to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewPullRequest {
    /// Its title.
    pub title: String,
    /// Text of the description.
    #[serde(default)]
    pub body: Option<String>,
    /// Account that opened it.
    pub author: Author,
    /// The names of its labels.
    pub labels: Vec<String>,
    /// The commits that it brought.
    pub commits: Vec<String>,
    /// True if it was merged.
    pub merged: bool,
    /// Account that merged it; `None`: its author.
    #[serde(default)]
    pub merger: Option<Author>,
}

/// A pull request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PullRequest {
    /// Counted per repository, from 1.
    pub number: u64,
    /// Time at which it was opened.
    pub at: Timestamp,
    /// Its content.
    pub content: NewPullRequest,
    /// Its other fields.
    #[serde(default)]
    pub extras: PullRequestExtras,
}

impl PullRequest {
    /// The commits of its branch.
    pub fn branch_commits(&self) -> &[String] {
        match self.extras.branch_commits.is_empty() {
            true => &self.content.commits,
            false => &self.extras.branch_commits,
        }
    }

    /// Its branch's name.
    pub fn branch(&self) -> String {
        match self.extras.branch.is_empty() {
            true => format!("change/{}", self.number),
            false => self.extras.branch.clone(),
        }
    }
}

/// A workflow that was started through the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispatched {
    /// The repository's full name.
    pub repository: String,
    /// The workflow's file name.
    pub workflow: String,
    /// The branch or tag.
    pub git_ref: String,
    /// The inputs.
    pub inputs: Map<String, Value>,
    /// The run that it started.
    pub run_id: u64,
    /// The head of the branch then.
    #[serde(default)]
    pub head_sha: String,
    /// Time of the dispatch.
    pub at: Timestamp,
}

impl State {
    /// The person whose account this is: somebody who wrote a commit, or who opened or merged a pull request.
    pub fn person(&self, login: &str) -> Option<&Author> {
        let people = self.repositories.values().flat_map(|repository| {
            let pulls = repository.pulls.iter().map(|pull| &pull.content);
            let pulls = pulls.flat_map(|pull| [Some(&pull.author), pull.merger.as_ref()]);
            repository.commits.iter().map(|commit| &commit.author).chain(pulls.flatten())
        });
        let same =
            |person: &&Author| person.login.as_ref().is_some_and(|theirs| theirs.eq_ignore_ascii_case(login));
        people.into_iter().find(same)
    }

    /// The name of the repository that this is a spelling of.
    pub fn name_of(&self, spelling: &str) -> Option<String> {
        self.repositories.keys().find(|name| name.eq_ignore_ascii_case(spelling)).cloned()
    }

    /// A new number, for ids.
    pub fn id(&mut self) -> u64 {
        self.ids += 1;
        1_000_000 + self.ids
    }
}

impl Repository {
    /// An empty repository.
    pub fn new(default_branch: &str) -> Self {
        Self {
            default_branch: default_branch.to_owned(),
            files: BTreeMap::new(),
            files_at: BTreeMap::new(),
            commits: Vec::new(),
            branches: BTreeMap::from([(default_branch.to_owned(), None)]),
            pulls: Vec::new(),
            workflows: BTreeMap::new(),
            strays: Vec::new(),
            deployments: Vec::new(),
            generation: 0,
            refs: Refs::default(),
            activities: Vec::new(),
            patches: BTreeMap::new(),
            links: BTreeSet::new(),
        }
    }

    /// The commit with this SHA, or with a SHA that begins so (at least 7 digits).
    pub fn commit(&self, sha: &str) -> Option<&Commit> {
        let short = sha.len() >= 7;
        self.commits.iter().find(|commit| commit.sha == sha || (short && commit.sha.starts_with(sha)))
    }

    /// The commit that a branch, a tag, a SHA or the start of a SHA names.
    pub fn resolve(&self, name: &str) -> Option<&Commit> {
        let name = name.strip_prefix("refs/").unwrap_or(name);
        if let Some(branch) = name.strip_prefix("heads/") {
            return self.commit(self.branches.get(branch)?.as_deref()?);
        }
        if let Some(tag) = name.strip_prefix("tags/") {
            return self.commit(self.refs.tags.get(tag)?);
        }
        match (self.branches.get(name), self.refs.tags.get(name)) {
            (Some(head), _) => self.commit(head.as_deref()?),
            (None, Some(tag)) => self.commit(tag),
            (None, None) if name == "HEAD" => {
                self.commit(self.branches.get(&self.default_branch)?.as_deref()?)
            }
            (None, None) => self.commit(name),
        }
    }

    /// The text of a file at a branch or revision; `None`: the default branch.
    pub fn file(&self, path: &str, at: Option<&str>) -> Option<&String> {
        let own = self.files_at.get(at.unwrap_or(&self.default_branch));
        own.and_then(|files| files.get(path)).or_else(|| self.files.get(path))
    }

    /// The blob of a file at a commit: another one for each commit up to there that lists the file among
    /// those it changed; `None`: none did.
    pub fn blob(&self, path: &str, sha: &str) -> Option<String> {
        let ancestry = self.ancestry(sha);
        let changes = |commit: &&Commit| {
            let is_it = |file: &ChangedFile| file.path == path || file.previous.as_deref() == Some(path);
            ancestry.contains(commit.sha.as_str()) && commit.files.iter().any(is_it)
        };
        self.commits.iter().rev().find(changes).map(|commit| sha_of(&format!("{path} {}", commit.sha)))
    }

    /// The mode of a file, as git writes it.
    pub fn mode(&self, path: &str) -> u32 {
        if self.links.contains(path) { 0o120_000 } else { 0o100_644 }
    }

    /// Returns the entries directly in a directory: their names, and the text of those that are files.
    pub fn directory(&self, path: &str, at: Option<&str>) -> Vec<(&str, Option<&String>)> {
        let own = self.files_at.get(at.unwrap_or(&self.default_branch));
        let files: BTreeMap<&str, &String> = self
            .files
            .iter()
            .chain(own.into_iter().flatten())
            .map(|(path, text)| (path.as_str(), text))
            .collect();
        let mut entries = BTreeMap::new();
        for (file, text) in files {
            let Some(rest) = file.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            match rest.split_once('/') {
                Some((directory, _)) => entries.insert(directory, None),
                None => entries.insert(rest, Some(text)),
            };
        }
        entries.into_iter().collect()
    }

    /// The commit and everything before it.
    pub fn ancestry(&self, sha: &str) -> BTreeSet<&str> {
        let known: HashMap<&str, &Commit> =
            self.commits.iter().map(|commit| (commit.sha.as_str(), commit)).collect();
        let mut seen = BTreeSet::new();
        let mut open = vec![sha];
        while let Some(sha) = open.pop() {
            let Some(commit) = known.get(sha) else { continue };
            if seen.insert(commit.sha.as_str()) {
                open.extend(commit.parents.iter().map(String::as_str));
            }
        }
        seen
    }

    /// The commits of `head` that `base` does not have, oldest first.
    pub fn between<'r>(&'r self, base: &str, head: &str) -> Vec<&'r Commit> {
        let (base, head) = (self.ancestry(base), self.ancestry(head));
        let missing =
            |commit: &&Commit| head.contains(commit.sha.as_str()) && !base.contains(commit.sha.as_str());
        self.commits.iter().filter(missing).collect()
    }

    /// The newest commit that both have; `None` if they have nothing in common.
    pub fn merge_base(&self, base: &str, head: &str) -> Option<&Commit> {
        let (base, head) = (self.ancestry(base), self.ancestry(head));
        let shared =
            |commit: &&Commit| base.contains(commit.sha.as_str()) && head.contains(commit.sha.as_str());
        self.commits.iter().rev().find(shared)
    }
}

/// One of the words that a file's status can be.
fn status<'de, D: Deserializer<'de>>(input: D) -> Result<&'static str, D::Error> {
    let word = String::deserialize(input)?;
    let known = ["added", "modified", "removed", "renamed"].into_iter().find(|known| *known == word);
    known.ok_or_else(|| serde::de::Error::custom(format!("{word} is not the status of a file")))
}

/// 40 hexadecimal digits that always come out the same for the same text.
pub fn sha_of(text: &str) -> String {
    let mut sha = hex::encode(Sha256::digest(text.as_bytes()));
    sha.truncate(40);
    sha
}
