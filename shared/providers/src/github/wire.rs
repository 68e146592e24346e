//! Requests and answers of GitHub, as its OpenAPI description and its webhook documentation define them: only
//! the fields that we use.

mod graph;

pub(crate) use graph::*;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `deployment_status` webhook.
#[derive(Deserialize)]
pub(crate) struct DeploymentStatusEvent {
    pub deployment_status: DeploymentStatus,
    pub deployment: Deployment,
    pub repository: Repository,
}

/// Fields that every event of a repository has.
#[derive(Deserialize)]
pub(crate) struct RepositoryEvent {
    pub repository: Repository,
}

/// Its `deployment_status`.
#[derive(Deserialize)]
pub(crate) struct DeploymentStatus {
    pub state: String,
    pub environment: Option<String>,
    pub created_at: Timestamp,
    pub environment_url: Option<String>,
    pub log_url: Option<String>,
    pub target_url: Option<String>,
}

/// Its `deployment`.
#[derive(Deserialize)]
pub(crate) struct Deployment {
    pub id: u64,
    pub sha: String,
    pub r#ref: String,
    pub environment: String,
    pub creator: Option<Account>,
}

/// Its `repository`.
#[derive(Deserialize)]
pub(crate) struct Repository {
    pub full_name: String,
}

/// An account, or an empty object for one that is gone.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Account {
    pub id: Option<u64>,
    pub login: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A page of `GET /repos/{owner}/{repo}/compare/{basehead}`, answered.
#[derive(Deserialize)]
pub(crate) struct ComparisonPage {
    pub status: String,
    pub total_commits: usize,
    pub base_commit: Commit,
    pub commits: Vec<Commit>,
    #[serde(default)]
    pub files: Vec<File>,
}

/// A commit, of a comparison or alone; only alone it has files.
#[derive(Deserialize, Serialize)]
pub(crate) struct Commit {
    pub sha: String,
    pub html_url: Option<String>,
    pub commit: CommitData,
    pub author: Option<Account>,
    pub committer: Option<Account>,
    #[serde(default)]
    pub parents: Vec<Parent>,
    #[serde(default)]
    pub files: Vec<File>,
}

impl Commit {
    /// A commit of which the SHA alone is known.
    pub fn unread(sha: &str) -> Self {
        let commit = CommitData { message: String::new(), author: None, committer: None, verification: None };
        let (author, committer, html_url) = (None, None, None);
        Self {
            sha: sha.to_owned(),
            html_url,
            commit,
            author,
            committer,
            parents: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// Git's data of a commit.
#[derive(Deserialize, Serialize)]
pub(crate) struct CommitData {
    pub message: String,
    pub author: Option<GitUser>,
    pub committer: Option<GitUser>,
    pub verification: Option<Verification>,
}

/// Whom git names as a commit's author.
#[derive(Deserialize, Serialize)]
pub(crate) struct GitUser {
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A file that changed.
#[derive(Deserialize, Serialize)]
pub(crate) struct File {
    pub filename: String,
    pub status: String,
    /// Lines added and removed.
    #[serde(default)]
    pub changes: u64,
    pub previous_filename: Option<String>,
    /// Changed lines, if it is text and not too long.
    pub patch: Option<String>,
}

/// `GET /users/{username}`, answered.
#[derive(Deserialize)]
pub(crate) struct Profile {
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A label of a pull request.
#[derive(Deserialize)]
pub(crate) struct Label {
    pub name: String,
}

/// `POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches`, asked.
#[derive(Serialize)]
pub(crate) struct Dispatch<'a> {
    pub r#ref: &'a str,
    pub inputs: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub return_run_details: bool,
}

/// The same, answered with 200.
#[derive(Deserialize)]
pub(crate) struct Dispatched {
    pub workflow_run_id: u64,
    pub html_url: String,
}

/// `GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs`, answered: newest first.
#[derive(Deserialize)]
pub(crate) struct Runs {
    pub total_count: usize,
    pub workflow_runs: Vec<Run>,
}

/// A run of a workflow.
#[derive(Deserialize)]
pub(crate) struct Run {
    pub id: u64,
    pub html_url: String,
    pub event: String,
    pub head_branch: Option<String>,
    pub head_sha: String,
    pub created_at: Timestamp,
    pub actor: Option<Account>,
}

/// `query { viewer { databaseId } }`, answered.
#[derive(Deserialize)]
pub(crate) struct OfViewer {
    pub viewer: Viewer,
}

/// The owner of a token.
#[derive(Deserialize)]
pub(crate) struct Viewer {
    #[serde(rename = "databaseId")]
    pub database_id: Option<u64>,
}

/// `GET /repos/{owner}/{repo}/actions/runs/{run_id}`, answered.
#[derive(Deserialize)]
pub(crate) struct RunHead {
    pub head_sha: String,
}

/// `GET /repos/{owner}/{repo}`, answered.
#[derive(Deserialize)]
pub(crate) struct DefaultBranch {
    pub default_branch: String,
}

/// `GET /repos/{owner}/{repo}/commits/{ref}`, answered, of which the SHA alone is asked for.
#[derive(Deserialize)]
pub(crate) struct Sha {
    pub sha: String,
}

/// An element of `GET /repos/{owner}/{repo}/commits/{commit_sha}/branches-where-head`, answered.
#[derive(Deserialize)]
pub(crate) struct Branch {
    pub name: String,
    pub protected: bool,
}

/// `GET /repos/{owner}/{repo}/git/trees/{tree_sha}`, answered.
#[derive(Deserialize)]
pub(crate) struct Tree {
    pub tree: Vec<Entry>,
    pub truncated: bool,
}

/// A file or folder, of a tree or of `GET /repos/{owner}/{repo}/contents/{path}` of a folder.
#[derive(Deserialize)]
pub(crate) struct Entry {
    pub path: String,
    pub sha: String,
    /// `tree` for a folder of a tree, `commit` for a submodule.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Git's mode: `120000` for a symbolic link. A list of contents has none.
    #[serde(default)]
    pub mode: String,
}

impl Entry {
    /// True if it is a symbolic link of a tree.
    pub fn is_link(&self) -> bool {
        self.mode == "120000"
    }

    /// True if it is a submodule of a tree.
    pub fn is_submodule(&self) -> bool {
        self.kind == "commit"
    }

    /// True if it is a folder of a tree.
    pub fn is_folder(&self) -> bool {
        self.kind == "tree"
    }
}

/// Message of an error answer.
#[derive(Default, Deserialize)]
pub(crate) struct Message {
    #[serde(default)]
    pub message: String,
}

/// A commit's `verification`.
#[derive(Deserialize, Serialize)]
pub(crate) struct Verification {
    pub verified: bool,
    pub reason: String,
}

/// A commit's parent.
#[derive(Deserialize, Serialize)]
pub(crate) struct Parent {
    pub sha: String,
}

/// An element of `GET /repos/{owner}/{repo}/activity`, answered.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Activity {
    pub before: String,
    pub after: String,
    pub r#ref: String,
    pub activity_type: String,
    pub actor: Option<Account>,
}
