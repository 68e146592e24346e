//! Requests and answers of Linear's GraphQL API, as its schema defines them: only the fields that we use.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The issues of a filter, with what a deploy keeps of them.
pub(crate) const ISSUES: &str = "query($filter: IssueFilter!, $first: Int!) { issues(filter: $filter, first: $first) { nodes { \
     identifier title url priority priorityLabel labels(first: 100) { nodes { name } pageInfo { hasNextPage } } } } }";
/// An issue and, if it stands, a comment.
pub(crate) const COMMENT: &str = "query($issue: String!, $comment: ID!) { issue(id: $issue) { id } \
     comments(filter: {id: {eq: $comment}}, first: 1) { nodes { id } } }";
/// Writes a comment.
pub(crate) const CREATE_COMMENT: &str =
    "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success } }";
/// An issue's state, and those that its team has.
pub(crate) const STATES: &str = "query($issue: String!) { issue(id: $issue) { id state { id name } \
     team { states(first: 100) { nodes { id name } } } } }";
/// An issue's team, and the labels of a name.
pub(crate) const LABELS: &str = "query($issue: String!, $label: String!) { issue(id: $issue) { id team { id } } \
     issueLabels(filter: {name: {eqIgnoreCase: $label}}, first: 50) { nodes { id team { id } } } }";
/// Changes an issue.
pub(crate) const UPDATE: &str = "mutation($issue: String!, $input: IssueUpdateInput!) { issueUpdate(id: $issue, input: $input) { success } }";

/// A request.
#[derive(Serialize)]
pub(crate) struct Request<'a> {
    pub query: &'static str,
    pub variables: &'a Value,
}

/// An answer.
#[derive(Deserialize)]
pub(crate) struct Response<T> {
    pub data: Option<T>,
    #[serde(default = "Vec::new")]
    pub errors: Vec<Error>,
}

/// Error of an answer.
#[derive(Deserialize)]
pub(crate) struct Error {
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub extensions: Extensions,
}

/// Linear's details of an error.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Extensions {
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub user_presentable_message: Option<String>,
}

/// A page of anything.
#[derive(Deserialize)]
pub(crate) struct Nodes<T> {
    pub nodes: Vec<T>,
}

/// [`ISSUES`], answered.
#[derive(Deserialize)]
pub(crate) struct Issues {
    pub issues: Nodes<Issue>,
}

/// An issue with what a deploy keeps of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issue {
    pub identifier: String,
    pub title: String,
    pub url: String,
    /// 0 is none, 1 urgent, 4 low.
    pub priority: f64,
    pub priority_label: String,
    pub labels: IssueLabels,
}

/// The labels of an issue.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssueLabels {
    pub nodes: Vec<Name>,
    pub page_info: PageInfo,
}

/// Note on a page that says if another one follows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub has_next_page: bool,
}

/// Something with a name.
#[derive(Deserialize)]
pub(crate) struct Name {
    pub name: String,
}

/// Something with an id.
#[derive(Deserialize)]
pub(crate) struct Id {
    pub id: String,
}

/// [`COMMENT`], answered.
#[derive(Deserialize)]
pub(crate) struct Commented {
    pub issue: Id,
    pub comments: Nodes<Id>,
}

/// [`STATES`], answered.
#[derive(Deserialize)]
pub(crate) struct States {
    pub issue: Standing,
}

/// An issue's state.
#[derive(Deserialize)]
pub(crate) struct Standing {
    pub id: String,
    pub state: State,
    pub team: Team,
}

/// A state.
#[derive(Deserialize)]
pub(crate) struct State {
    pub id: String,
    pub name: String,
}

/// The states of a team.
#[derive(Deserialize)]
pub(crate) struct Team {
    pub states: Nodes<State>,
}

/// [`LABELS`], answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Labels {
    pub issue: Owned,
    pub issue_labels: Nodes<Label>,
}

/// Something that belongs to a team.
#[derive(Deserialize)]
pub(crate) struct Owned {
    pub team: Id,
}

/// A label; one without a team is the workspace's.
#[derive(Deserialize)]
pub(crate) struct Label {
    pub id: String,
    pub team: Option<Id>,
}

/// [`CREATE_COMMENT`], answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentCreated {
    pub comment_create: Success,
}

/// [`UPDATE`], answered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Updated {
    pub issue_update: Success,
}

/// Success or failure of a mutation.
#[derive(Deserialize)]
pub(crate) struct Success {
    pub success: bool,
}
