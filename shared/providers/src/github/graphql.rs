//! Questions to GitHub's GraphQL API: many objects at once, in batches that get smaller where GitHub takes
//! too long.

use super::client::{GitHub, JSON};
use super::comparison::LANES;
use super::failure::{classify, slow_down};
use super::wire;
use crate::failure::{Failure, Repeat, quote};
use crate::http::{MAX_ANSWER, send};
use futures_util::future::try_join_all;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::time::Duration;

/// Longest time that a query may take. GitHub itself gives up after 10 seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(12);
/// Most requests that one question may take: far more than a range of its largest size needs.
const MOST_REQUESTS: usize = 200;
/// The errors by which GitHub says that a query was too large.
const TOO_LARGE: [&str; 2] = ["MAX_NODE_LIMIT_EXCEEDED", "RESOURCE_LIMITS_EXCEEDED"];
/// Start of GitHub's message for a query that it gave up.
const GAVE_UP: &str = "Something went wrong while executing your query";

/// An account that did something.
const ACTOR: &str = "{ __typename login ... on User { databaseId } ... on Bot { databaseId } \
                     ... on Mannequin { databaseId } ... on Organization { databaseId } }";
/// The repository of a commit or of a pull request.
const REPOSITORY: &str = "repository { databaseId }";
/// The pull requests that may have brought a commit to a branch, with what each was merged as.
const BROUGHT_BY: &str = "associatedPullRequests(first: 20) { totalCount nodes { number merged repository { databaseId } \
                          mergeCommit { oid } } }";
/// A person whom git names.
const PERSON: &str = "{ name email user { databaseId login } }";

/// A part of an answer: what was asked for of each object, and what is missing.
#[derive(Debug)]
pub(super) struct Answers<T> {
    /// GitHub's answer for each id.
    pub found: Vec<(T, Value)>,
    /// Reasons why something is missing, a sentence each.
    pub missing: Vec<String>,
    /// The default branch.
    pub trunk: Option<String>,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { found: Vec::new(), missing: Vec::new(), trunk: None }
    }
}

/// An answer of the GraphQL API.
pub(super) enum Reply<T> {
    /// It was answered.
    Answered {
        /// The data, as far as there is any.
        data: Option<T>,
        /// The errors of the rest.
        errors: Vec<wire::GraphError>,
        /// The first error, as a sentence without its full stop.
        wrong: String,
    },
    /// GitHub took too long over it, or it is over a limit; the words for it.
    TooLarge(Failure),
}

/// The end of one request.
enum Asked {
    Answer(BTreeMap<String, Value>, Vec<String>),
    /// GitHub took too long over it, or it is over a limit; the words for it.
    TooLarge(Failure),
}

impl GitHub {
    /// Asks GitHub about each of `ids`, `size` of them in a query: `field` is the query's field for one of
    /// them. `what` names them in sentences ("the commits"). The answers are in no particular order.
    ///
    /// # Errors
    ///
    /// The errors of every call; also if GitHub took too long over a single id. Ids that it declines to
    /// answer are in [`Answers::missing`].
    pub(super) async fn ask<T: Clone>(
        &self,
        repository: &str,
        (ids, size): (&[T], usize),
        what: &str,
        field: impl Fn(&T) -> String,
    ) -> Result<Answers<T>, Failure> {
        let mut answers = Answers::default();
        let mut size = size;
        let mut waiting: VecDeque<&T> = ids.iter().collect();
        let mut requests = 0;
        while !waiting.is_empty() {
            let lanes = LANES.min(MOST_REQUESTS - requests);
            if lanes == 0 {
                answers.missing.push(format!("GitHub was not asked about {} of {what}.", waiting.len()));
                break;
            }
            let batches: Vec<Vec<&T>> = (0..lanes)
                .map(|_| waiting.drain(..size.min(waiting.len())).collect::<Vec<_>>())
                .filter(|batch| !batch.is_empty())
                .collect();
            requests += batches.len();
            let asked = batches.iter().map(|batch| self.query(repository, fields(batch, &field), what));
            let mut again = VecDeque::new();
            for (batch, asked) in batches.iter().zip(try_join_all(asked).await?) {
                let (mut repository, errors) = match asked {
                    Asked::Answer(repository, errors) => (repository, errors),
                    Asked::TooLarge(_) if batch.len() > 1 => {
                        size = size.min(batch.len().div_ceil(2));
                        again.extend(batch.iter().copied());
                        continue;
                    }
                    Asked::TooLarge(failure) if failure.is_passing() => return Err(failure),
                    Asked::TooLarge(failure) => (BTreeMap::new(), vec![format!("{failure}.")]),
                };
                for error in errors {
                    if !answers.missing.contains(&error) {
                        answers.missing.push(error);
                    }
                }
                let trunk =
                    repository.remove("defaultBranchRef").and_then(|value| read::<wire::Named>(&value));
                answers.trunk = answers.trunk.or(trunk.map(|trunk| trunk.name));
                for (index, id) in batch.iter().enumerate() {
                    let value = repository.remove(&format!("a{index}")).unwrap_or_default();
                    answers.found.push(((*id).clone(), value));
                }
            }
            again.append(&mut waiting);
            waiting = again;
        }
        Ok(answers)
    }

    /// Asks for fields of a repository. <https://docs.github.com/graphql/guides/forming-calls-with-graphql>
    async fn query(&self, repository: &str, fields: String, what: &str) -> Result<Asked, Failure> {
        let doing = format!("reading {what} of {repository}");
        let part = format!("query {}", hex::encode(Sha256::digest(fields.as_bytes())));
        if let Some(kept) = self.kept(&part).await? {
            self.is_numbered(repository, &kept)?;
            return Ok(Asked::Answer(kept, Vec::new()));
        }
        let (owner, name) = repository.split_once('/').unwrap_or((repository, ""));
        let query = format!(
            "query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
        );
        let body = json!({"query": query, "variables": {"owner": owner, "name": name}});
        let (data, errors, wrong) = match self.reply::<wire::GraphData>(&body, &doing).await? {
            Reply::Answered { data, errors, wrong } => (data, errors, wrong),
            Reply::TooLarge(failure) => return Ok(Asked::TooLarge(failure)),
        };
        let errors = if errors.is_empty() { Vec::new() } else { vec![format!("{wrong}.")] };
        let nothing = data.is_none() && errors.is_empty();
        match data.and_then(|data| data.repository) {
            // What may be another repository's is no answer.
            Some(read) if !errors.is_empty() && self.number.is_some() && !read.contains_key("databaseId") => {
                Ok(Asked::Answer(BTreeMap::new(), errors))
            }
            Some(read) => {
                self.is_numbered(repository, &read)?;
                if errors.is_empty() {
                    self.keep(&part, &read).await?;
                }
                Ok(Asked::Answer(read, errors))
            }
            None if nothing => Err(Failure::Permanent(format!("GitHub gave no data while {doing}"))),
            None => Ok(Asked::Answer(BTreeMap::new(), errors)),
        }
    }
}

impl GitHub {
    /// That the repository that answered `read` has the number that it is read by ([`GitHub::numbered`]).
    fn is_numbered(&self, repository: &str, read: &BTreeMap<String, Value>) -> Result<(), Failure> {
        let Some(number) = self.number else { return Ok(()) };
        match read.get("databaseId").and_then(Value::as_u64) {
            Some(found) if found == number => Ok(()),
            Some(found) => Err(Failure::Permanent(format!(
                "{repository} is another repository than before: its id on GitHub was {number} and is {found}"
            ))),
            None => Err(Failure::Permanent(format!("GitHub did not tell the id of {repository}"))),
        }
    }

    /// The answer to a question with this `body`.
    ///
    /// # Errors
    ///
    /// As every call; that GitHub took too long over it is an answer.
    pub(super) async fn reply<T: DeserializeOwned>(
        &self,
        body: &Value,
        doing: &str,
    ) -> Result<Reply<T>, Failure> {
        let request = self.graphql(JSON)?.json(body).timeout(REQUEST_TIMEOUT);
        self.count_request();
        let answer = send("GitHub", doing, request, Repeat::Harmless, MAX_ANSWER).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                return Ok(Reply::TooLarge(classify(doing, &answer, Repeat::Harmless)));
            }
            _ => return Err(classify(doing, &answer, Repeat::Harmless)),
        }
        let said: wire::GraphAnswer<T> = answer.json("GitHub", doing, Repeat::Harmless)?;
        let is = |kind: &str| said.errors.iter().any(|error| error.r#type.as_deref() == Some(kind));
        if is("RATE_LIMITED") || is("RATE_LIMIT") {
            return Err(slow_down(doing, &answer));
        }
        let first = said.errors.first().map(|error| error.message.as_str()).unwrap_or_default();
        let wrong = format!("GitHub did not answer all while {doing} (\"{}\")", quote(first));
        if said.errors.iter().any(|error| error.message.starts_with(GAVE_UP)) {
            return Ok(Reply::TooLarge(Failure::retryable(wrong)));
        }
        if TOO_LARGE.into_iter().any(is) {
            return Ok(Reply::TooLarge(Failure::Permanent(wrong)));
        }
        Ok(Reply::Answered { data: said.data, errors: said.errors, wrong })
    }
}

/// The fields of a query, one for each of `batch`.
fn fields<T>(batch: &[&T], field: impl Fn(&T) -> String) -> String {
    let mut fields = String::from("databaseId defaultBranchRef { name }");
    for (index, id) in batch.iter().enumerate() {
        let _ = write!(fields, " a{index}: {}", field(id));
    }
    fields
}

/// A value of the answer, if it is there and of this shape.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// The query's field for whom a commit names, and which pull requests may have brought it.
pub(super) fn of_commit(sha: &str) -> String {
    format!(
        "object(oid: \"{sha}\") {{ ... on Commit {{ {REPOSITORY} authors(first: 100) {{ totalCount nodes {PERSON} }} \
         associatedPullRequests(first: 20) {{ totalCount nodes {{ number merged {REPOSITORY} }} }} }} }}"
    )
}

/// The query's field for the pull requests that may have brought a commit to a branch, with what each was
/// merged as.
pub(super) fn of_branch_commit(sha: &str) -> String {
    format!("object(oid: \"{sha}\") {{ ... on Commit {{ {REPOSITORY} {BROUGHT_BY} }} }}")
}

/// The query's field for the newest `depth` commits of a commit's history, each with its parents.
pub(super) fn history(sha: &str, depth: usize) -> String {
    format!(
        "object(oid: \"{sha}\") {{ ... on Commit {{ history(first: {depth}) {{ nodes {{ oid \
         parents(first: 10) {{ totalCount nodes {{ oid }} }} }} }} }} }}"
    )
}

/// The query's field for the blobs and modes that some files have at a commit and at its parents, `f0` for
/// the first of `paths`.
pub(super) fn of_files(sha: &str, paths: &[&str]) -> String {
    let files: Vec<String> = paths
        .iter()
        .enumerate()
        .map(|(index, path)| format!("f{index}: file(path: {}) {{ oid mode }}", json!(path)))
        .collect();
    let files = files.join(" ");
    format!(
        "object(oid: \"{sha}\") {{ ... on Commit {{ {files} parents(first: 10) {{ totalCount nodes {{ {files} }} }} }} }}"
    )
}

/// The query's field for a pull request, with the first 100 commits of its branch.
pub(super) fn of_pull_request(number: u64) -> String {
    let commits = commits(None);
    format!(
        "pullRequest(number: {number}) {{ {REPOSITORY} createdAt title body url headRefName isCrossRepository author {ACTOR} mergedBy {ACTOR} \
         autoMergeRequest {{ enabledBy {ACTOR} }} labels(first: 100) {{ totalCount nodes {{ name }} }} \
         timelineItems(first: 100, itemTypes: [MERGED_EVENT, ADDED_TO_MERGE_QUEUE_EVENT, \
         REMOVED_FROM_MERGE_QUEUE_EVENT, AUTO_MERGE_ENABLED_EVENT, AUTO_SQUASH_ENABLED_EVENT, \
         AUTO_REBASE_ENABLED_EVENT, AUTO_MERGE_DISABLED_EVENT]) {{ \
         pageInfo {{ hasNextPage }} nodes {{ __typename ... on MergedEvent {{ actor {ACTOR} }} \
         ... on AddedToMergeQueueEvent {{ actor {ACTOR} enqueuer {{ databaseId login }} }} \
         ... on AutoMergeEnabledEvent {{ actor {ACTOR} enabler {{ databaseId login }} }} \
         ... on AutoSquashEnabledEvent {{ actor {ACTOR} enabler {{ databaseId login }} }} \
         ... on AutoRebaseEnabledEvent {{ actor {ACTOR} enabler {{ databaseId login }} }} }} }} \
         assignments: {} {commits} }}",
        assignments()
    )
}

/// The query's field, without a name, for who assigned a program.
fn assignments() -> String {
    format!(
        "timelineItems(first: 50, itemTypes: [ASSIGNED_EVENT]) {{ pageInfo {{ hasNextPage }} nodes {{ \
         ... on AssignedEvent {{ createdAt actor {ACTOR} assignee {{ ... on Bot {{ databaseId login }} }} }} }} }}"
    )
}

/// The query's fields for pages of what people wrote on a pull request: its comments and its reviews
/// after a cursor each, from the start where that is empty; without one, none. With `asks_issues` also
/// those who assigned programs to the issues that it closes, and what shows whose word these links are.
pub(super) fn of_comments(
    number: u64,
    comments: Option<&str>,
    reviews: Option<&str>,
    asks_issues: bool,
) -> String {
    let from = |cursor: &str| match cursor {
        "" => String::new(),
        after => format!(", after: {}", json!(after)),
    };
    let page = "pageInfo { hasNextPage endCursor }";
    let comments = comments.map(|cursor| {
        format!("comments(first: 100{}) {{ {page} nodes {{ author {ACTOR} body }} }}", from(cursor))
    });
    let reviews = reviews.map(|cursor| {
        format!(
            "reviews(first: 50{}) {{ {page} nodes {{ author {ACTOR} body \
             comments(first: 50) {{ pageInfo {{ hasNextPage }} nodes {{ body }} }} }} }}",
            from(cursor)
        )
    });
    let issues = asks_issues.then(|| {
        format!(
            "{REPOSITORY} createdAt closes: closingIssuesReferences(first: 10) {{ totalCount nodes {{ {REPOSITORY} \
             assignments: {} }} }} edits: userContentEdits(first: 50) {{ totalCount nodes {{ editor {ACTOR} }} }} \
             linked: timelineItems(first: 1, itemTypes: [CONNECTED_EVENT]) {{ nodes {{ __typename }} }}",
            assignments()
        )
    });
    let asked: Vec<String> = comments.into_iter().chain(reviews).chain(issues).collect();
    format!("pullRequest(number: {number}) {{ {} }}", asked.join(" "))
}

/// The query's field for the public profile of the account `login`.
pub(super) fn of_profile(login: &str) -> String {
    format!("user(login: {}) {{ databaseId email }}", json!(login))
}

/// The query's field for the commits of a pull request's branch after a cursor.
pub(super) fn further_commits(number: u64, after: &str) -> String {
    let commits = commits(Some(after));
    format!("pullRequest(number: {number}) {{ {commits} }}")
}

fn commits(after: Option<&str>) -> String {
    let after = after.map(|after| format!(", after: {}", json!(after))).unwrap_or_default();
    format!(
        "commits(first: 100{after}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ commit {{ {REPOSITORY} oid message \
         parents(first: 10) {{ totalCount nodes {{ oid }} }} author {PERSON} committer {PERSON} \
         authors(first: 20) {{ totalCount nodes {PERSON} }} \
         signature {{ isValid state wasSignedByGitHub signer {{ databaseId login }} }} {BROUGHT_BY} }} }} }}"
    )
}
