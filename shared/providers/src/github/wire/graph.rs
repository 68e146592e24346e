//! Answers of GitHub's GraphQL API, as its schema defines them: only the fields that we ask for.

use super::*;
use serde::de::IgnoredAny;

/// `POST /graphql`, answered.
#[derive(Deserialize)]
pub(crate) struct GraphAnswer<T> {
    pub data: Option<T>,
    #[serde(default)]
    pub errors: Vec<GraphError>,
}

/// Data of an answer: the fields of its repository, by their aliases.
#[derive(Deserialize)]
pub(crate) struct GraphData {
    pub repository: Option<BTreeMap<String, serde_json::Value>>,
}

/// Reason why a part of the answer is missing.
#[derive(Deserialize)]
pub(crate) struct GraphError {
    pub r#type: Option<String>,
    #[serde(default)]
    pub message: String,
}

/// A part of a connection.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection<T> {
    #[serde(default)]
    pub total_count: Option<usize>,
    pub nodes: Option<Vec<Option<T>>>,
    #[serde(default)]
    pub page_info: Option<PageInfo>,
}

impl<T> Connection<T> {
    /// Takes it, and leaves one without elements.
    pub fn take(&mut self) -> Self {
        let empty = Self { total_count: None, nodes: None, page_info: None };
        std::mem::replace(self, empty)
    }

    /// True if its elements are all that there are.
    pub fn is_whole(&self) -> bool {
        let answered = self.nodes.as_ref().map_or(0, Vec::len);
        let has_gaps = self.nodes.iter().flatten().any(Option::is_none);
        let more = self.page_info.as_ref().is_some_and(|page| page.has_next_page);
        !has_gaps && !more && self.total_count.is_none_or(|count| count == answered)
    }

    /// Its elements, the cursor of those that come after them, and whether none is missing so far.
    pub fn page(self) -> (Vec<T>, Option<String>, bool) {
        let has_gaps = self.nodes.as_ref().is_none_or(|nodes| nodes.iter().any(Option::is_none));
        let next = self.page_info.filter(|page| page.has_next_page);
        let is_lost = next.as_ref().is_some_and(|next| next.end_cursor.is_none());
        let elements = self.nodes.unwrap_or_default().into_iter().flatten().collect();
        (elements, next.and_then(|next| next.end_cursor), !has_gaps && !is_lost)
    }

    /// Its elements, and whether these are all.
    pub fn all(self) -> (Vec<T>, bool) {
        let all = self.is_whole();
        (self.nodes.unwrap_or_default().into_iter().flatten().collect(), all)
    }
}

/// Position at which a connection goes on.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub has_next_page: bool,
    #[serde(default)]
    pub end_cursor: Option<String>,
}

/// An account, as `Actor` or `User`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Actor {
    pub login: String,
    #[serde(rename = "__typename")]
    pub kind: Option<String>,
    pub database_id: Option<u64>,
}

/// Somebody whom git names.
#[derive(Deserialize)]
pub(crate) struct GitActor {
    pub name: Option<String>,
    pub email: Option<String>,
    pub user: Option<Actor>,
}

/// A commit's signature.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GraphSignature {
    pub is_valid: bool,
    pub state: String,
    #[serde(rename = "wasSignedByGitHub")]
    pub was_signed_by_github: bool,
    pub signer: Option<Actor>,
}

/// A commit of a range: whom it names, and which pull requests brought it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Brought {
    pub repository: GraphRepository,
    pub authors: Connection<GitActor>,
    pub associated_pull_requests: Option<Connection<Bringing>>,
}

/// A pull request that may have brought a commit.
#[derive(Deserialize)]
pub(crate) struct Bringing {
    pub number: u64,
    pub merged: bool,
    pub repository: GraphRepository,
}

/// A repository by its number. Of a fork's commit, GitHub may list the pull requests of the repository that
/// it was forked from.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GraphRepository {
    pub database_id: Option<u64>,
}

impl GraphRepository {
    /// True if GitHub says that the two are the same.
    pub fn is(&self, other: &Self) -> bool {
        self.database_id.is_some() && self.database_id == other.database_id
    }
}

/// A commit of a branch: the pull requests that may have brought it there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BroughtToBranch {
    pub repository: GraphRepository,
    pub associated_pull_requests: Connection<BringingToBranch>,
}

/// One of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BringingToBranch {
    pub number: u64,
    pub merged: bool,
    pub repository: GraphRepository,
    pub merge_commit: Option<Oid>,
}

/// A commit by its SHA.
#[derive(Deserialize)]
pub(crate) struct Oid {
    pub oid: String,
}

/// The newest commits of a commit's history.
#[derive(Deserialize)]
pub(crate) struct GraphHistory {
    pub history: Connection<GraphLink>,
}

/// A commit and those that it follows from.
#[derive(Deserialize)]
pub(crate) struct GraphLink {
    pub oid: String,
    pub parents: Connection<Oid>,
}

/// A branch by its name.
#[derive(Deserialize)]
pub(crate) struct Named {
    pub name: String,
}

/// A pull request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GraphPullRequest {
    pub repository: Option<GraphRepository>,
    pub created_at: Option<Timestamp>,
    pub title: String,
    #[serde(default)]
    pub body: String,
    pub url: String,
    #[serde(default)]
    pub head_ref_name: String,
    /// True if its branch is in another repository, such as a fork.
    #[serde(default)]
    pub is_cross_repository: bool,
    pub author: Option<Actor>,
    pub merged_by: Option<Actor>,
    pub auto_merge_request: Option<AutoMerge>,
    pub labels: Option<Connection<Label>>,
    pub timeline_items: Connection<MergeEvent>,
    pub assignments: Connection<Assignment>,
    pub commits: Connection<BranchCommit>,
}

/// A change of the text of a pull request.
#[derive(Deserialize)]
pub(crate) struct Edit {
    pub editor: Option<Actor>,
}

/// An issue that a pull request closes.
#[derive(Deserialize)]
pub(crate) struct ClosedIssue {
    pub repository: GraphRepository,
    pub assignments: Connection<Assignment>,
}

/// The further commits of a pull request.
#[derive(Deserialize)]
pub(crate) struct GraphCommits {
    pub commits: Connection<BranchCommit>,
}

/// The account that turned on auto-merge.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoMerge {
    pub enabled_by: Option<Actor>,
}

/// A merge, a queueing or its end, or auto-merge that was turned on or off.
#[derive(Deserialize)]
pub(crate) struct MergeEvent {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub actor: Option<Actor>,
    pub enqueuer: Option<Actor>,
    pub enabler: Option<Actor>,
}

/// An account that was assigned, and who assigned it; of accounts that are no program's, nothing is asked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assignment {
    pub created_at: Option<Timestamp>,
    pub actor: Option<Actor>,
    pub assignee: Option<Assignee>,
}

/// The program that was assigned; another account has no number here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assignee {
    pub database_id: Option<u64>,
}

/// A page of the comments of a pull request, and one of its reviews; those that were asked for.
#[derive(Deserialize)]
pub(crate) struct GraphComments {
    pub comments: Option<Connection<Comment>>,
    pub reviews: Option<Connection<Review>>,
    #[serde(flatten)]
    pub issues: ClosedIssues,
}

/// The issues that a pull request closes, and whose word that is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClosedIssues {
    pub repository: Option<GraphRepository>,
    /// The time at which the pull request was opened.
    pub created_at: Option<Timestamp>,
    pub closes: Option<Connection<ClosedIssue>>,
    /// The changes of the pull request's text.
    pub edits: Option<Connection<Edit>>,
    /// The first time that somebody linked an issue by hand.
    pub linked: Option<Connection<IgnoredAny>>,
}

/// A comment, in the conversation or within a review.
#[derive(Deserialize)]
pub(crate) struct Comment {
    pub author: Option<Actor>,
    pub body: String,
}

/// A review with its comments.
#[derive(Deserialize)]
pub(crate) struct Review {
    pub author: Option<Actor>,
    pub body: String,
    pub comments: Connection<Comment>,
}

/// The public profile of an account; the address is empty where it shows none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicProfile {
    pub database_id: Option<u64>,
    pub email: String,
}

/// A commit of a pull request's branch.
#[derive(Deserialize)]
pub(crate) struct BranchCommit {
    pub commit: GraphCommit,
}

/// A commit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GraphCommit {
    pub repository: Option<GraphRepository>,
    pub oid: String,
    #[serde(default)]
    pub message: String,
    pub parents: Connection<Oid>,
    pub author: Option<GitActor>,
    pub committer: Option<GitActor>,
    pub authors: Connection<GitActor>,
    pub signature: Option<GraphSignature>,
    /// The pull requests that may have brought it to a branch.
    pub associated_pull_requests: Option<Connection<BringingToBranch>>,
}
