//! GitHub's GraphQL API, as far as Signoff's queries go. See <https://docs.github.com/graphql>.

use super::Shared;
use super::api::{TokenUse, refused};
use super::commit_json::reason;
use super::history::{Assigner, Signed, Written};
use super::identify::seconds;
use super::json::{OWN_LOGIN, Place, kind_of, number_of};
use super::state::{Author, Commit, PullRequest, Repository, State};
use crate::spec::Violation;
use crate::spec::graphql::{Selection, nodes};
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The most nodes that a query may ask for.
const MOST_NODES: u64 = 500_000;

#[derive(Deserialize)]
struct Asked {
    query: String,
    #[serde(default)]
    variables: Map<String, Value>,
}

/// Answers `POST /graphql`.
pub async fn answer(Extract(shared): Extract<Arc<Shared>>, parts: Parts, body: Bytes) -> Response {
    // Whose token it is, every token may ask.
    let is_of_viewer = String::from_utf8_lossy(&body).contains("{ viewer {");
    let access = if is_of_viewer { TokenUse::Either } else { TokenUse::Read };
    if let Some(refusal) = refused(&parts.headers, &shared, access) {
        return refusal.into_response();
    }
    let Ok(asked) = serde_json::from_slice::<Asked>(&body) else {
        return super::api::error(400, "Problems parsing JSON").into_response();
    };
    let selections = match shared.own.schema.query(&asked.query, &asked.variables) {
        Ok(selections) => selections,
        Err(problem) => {
            shared.gate.remember(&Violation(format!("POST /graphql: {problem}")));
            return failed("undefinedField", &problem).into_response();
        }
    };
    let count = nodes(&selections);
    if count > MOST_NODES {
        let problem = format!(
            "This query requests up to {count} possible nodes which exceeds the maximum limit of 500,000."
        );
        return failed("MAX_NODE_LIMIT_EXCEEDED", &problem).into_response();
    }
    let state = locked(&shared.state);
    let mut errors = Vec::new();
    let mut data = Map::new();
    for selection in &selections {
        let text = |name: &str| selection.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        if selection.name == "viewer" {
            let viewer = object("User", &selection.selections, &mut |field| match field.name.as_str() {
                "login" => OWN_LOGIN.into(),
                "databaseId" => number_of(OWN_LOGIN).into(),
                _ => Value::Null,
            });
            data.insert(selection.alias.clone(), viewer);
            continue;
        }
        if selection.name == "user" {
            let value = user(&state, text("login"), selection, &mut errors);
            data.insert(selection.alias.clone(), value);
            continue;
        }
        let name = format!("{}/{}", text("owner"), text("name"));
        let value = match state.repositories.get(&name) {
            Some(repository) => {
                let mut world = World {
                    place: Place { url: &shared.url, repository: &name },
                    repository,
                    errors: &mut errors,
                };
                world.repository(&selection.selections)
            }
            None => {
                errors.push(not_found(
                    format!("Could not resolve to a Repository with the name '{name}'."),
                    &[&selection.alias],
                ));
                Value::Null
            }
        };
        data.insert(selection.alias.clone(), value);
    }
    let mut body = json!({ "data": data });
    if let (false, Value::Object(body)) = (errors.is_empty(), &mut body) {
        body.insert("errors".to_owned(), errors.into());
    }
    Answer::of_json(200, body).into_response()
}

fn failed(kind: &str, message: &str) -> Answer {
    Answer::of_json(200, json!({"errors": [{"type": kind, "message": message}]}))
}

fn not_found(message: String, path: &[&str]) -> Value {
    json!({"type": "NOT_FOUND", "path": path, "message": message})
}

/// The account of a person, with the address that they show in public.
fn user(state: &State, login: &str, asked: &Selection, errors: &mut Vec<Value>) -> Value {
    let person = state.person(login).and_then(|person| person.login.as_deref());
    let Some(login) = person.filter(|login| kind_of(login) == "User") else {
        let message = format!("Could not resolve to a User with the login of '{login}'.");
        errors.push(not_found(message, &[&asked.alias]));
        return Value::Null;
    };
    object("User", &asked.selections, &mut |field| match field.name.as_str() {
        "login" => login.into(),
        "databaseId" => number_of(login).into(),
        // It is empty where it is hidden.
        "email" => state.shown_emails.get(login).cloned().unwrap_or_default().into(),
        _ => Value::Null,
    })
}

struct World<'s> {
    place: Place<'s>,
    repository: &'s Repository,
    errors: &'s mut Vec<Value>,
}

/// The fields of an object of type `of` that are asked for, each by `field`.
fn object(of: &str, asked: &[Selection], field: &mut dyn FnMut(&Selection) -> Value) -> Value {
    let mut found = Map::new();
    for selection in asked {
        match &selection.on {
            Some(on) if on == of => {
                if let Value::Object(more) = object(of, &selection.selections, field) {
                    found.extend(more);
                }
            }
            Some(_) => {}
            None if selection.name == "__typename" => {
                found.insert(selection.alias.clone(), of.into());
            }
            None => {
                found.insert(selection.alias.clone(), field(selection));
            }
        }
    }
    found.into()
}

/// A page of a connection.
fn connection<T>(
    of: &str,
    asked: &Selection,
    all: &[T],
    mut node: impl FnMut(&T, &[Selection]) -> Value,
) -> Value {
    let number =
        |name: &str| asked.arguments.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let start = asked
        .arguments
        .get("after")
        .and_then(Value::as_str)
        .and_then(|cursor| cursor.parse().ok())
        .unwrap_or(0);
    let end = (start + number("first").unwrap_or(0)).min(all.len());
    let page = all.get(start..end).unwrap_or_default();
    object(of, &asked.selections, &mut |selection| match selection.name.as_str() {
        "totalCount" => all.len().into(),
        "nodes" => page.iter().map(|one| node(one, &selection.selections)).collect(),
        "pageInfo" => object("PageInfo", &selection.selections, &mut |field| match field.name.as_str() {
            "hasNextPage" => (end < all.len()).into(),
            _ => end.to_string().into(),
        }),
        _ => Value::Null,
    })
}

/// An account, as `Actor` or `User`. The names of bots have no `[bot]` here.
fn actor(person: Option<&Author>, asked: &[Selection]) -> Value {
    let Some(login) = person.and_then(|person| person.login.as_deref()) else { return Value::Null };
    object(kind_of(login), asked, &mut |field| match field.name.as_str() {
        "login" => login.trim_end_matches("[bot]").into(),
        "databaseId" => number_of(login).into(),
        _ => Value::Null,
    })
}

/// A person as git names them. The account of a bot's address is none, as it is no `User`.
fn git_actor(person: &Author, asked: &[Selection]) -> Value {
    object("GitActor", asked, &mut |field| match field.name.as_str() {
        "name" => person.name.clone().into(),
        "email" => person.email.clone().into(),
        "user" => {
            let user = Some(person)
                .filter(|person| person.login.as_deref().is_some_and(|login| kind_of(login) == "User"));
            actor(user, &field.selections)
        }
        _ => Value::Null,
    })
}

impl World<'_> {
    fn repository(&mut self, asked: &[Selection]) -> Value {
        let mut errors = Vec::new();
        let value = object("Repository", asked, &mut |field| {
            let text = |name: &str| field.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
            match field.name.as_str() {
                "databaseId" => (number_of(self.place.repository) + self.repository.generation).into(),
                "defaultBranchRef" => {
                    object("Ref", &field.selections, &mut |_| self.repository.default_branch.clone().into())
                }
                "object" => {
                    let found = self.repository.commit(text("oid"));
                    found.map_or(Value::Null, |commit| self.commit(commit, &field.selections))
                }
                "pullRequest" => {
                    let number = field.arguments.get("number").and_then(Value::as_u64).unwrap_or(0);
                    match self.repository.pulls.iter().find(|pull| pull.number == number) {
                        Some(pull) => self.pull_request(pull, &field.selections),
                        None => {
                            let message =
                                format!("Could not resolve to a PullRequest with the number of {number}.");
                            errors.push(not_found(message, &["repository", &field.alias]));
                            Value::Null
                        }
                    }
                }
                _ => Value::Null,
            }
        });
        self.errors.extend(errors);
        value
    }

    /// The repository of a commit or of a pull request.
    fn number(&self, asked: &[Selection]) -> Value {
        let number = number_of(self.place.repository) + self.repository.generation;
        object("Repository", asked, &mut |_| number.into())
    }

    /// The people whom a commit's trailers name, after its author.
    fn authors(&self, commit: &Commit) -> Vec<Author> {
        let co_author = |line: &str| {
            let (name, address) =
                line.trim().strip_prefix("Co-authored-by: ")?.strip_suffix('>')?.split_once(" <")?;
            let known =
                self.repository.commits.iter().flat_map(|commit| [&commit.author, commit.committed_by()]);
            let login = known.filter(|known| known.email == address).find_map(|known| known.login.clone());
            Some(Author { name: name.to_owned(), email: address.to_owned(), login })
        };
        let others = commit.message.lines().filter_map(co_author);
        [commit.author.clone()].into_iter().chain(others).collect()
    }

    fn commit(&self, commit: &Commit, asked: &[Selection]) -> Value {
        object("Commit", asked, &mut |field| match field.name.as_str() {
            "repository" => self.number(&field.selections),
            "oid" => commit.sha.clone().into(),
            "message" => commit.message.clone().into(),
            "author" => git_actor(&commit.author, &field.selections),
            "committer" => git_actor(commit.committed_by(), &field.selections),
            "authors" => connection("GitActorConnection", field, &self.authors(commit), |one, asked| {
                git_actor(one, asked)
            }),
            "file" => {
                let path = field.arguments.get("path").and_then(Value::as_str).unwrap_or_default();
                match self.repository.blob(path, &commit.sha) {
                    Some(blob) => object("TreeEntry", &field.selections, &mut |of| match of.name.as_str() {
                        "mode" => self.repository.mode(path).into(),
                        _ => blob.clone().into(),
                    }),
                    None => Value::Null,
                }
            }
            "parents" => connection("CommitConnection", field, &commit.parents, |sha, asked| {
                let parent = self.repository.commit(sha);
                parent.map_or(Value::Null, |parent| self.commit(parent, asked))
            }),
            "history" => {
                let ancestry = self.repository.ancestry(&commit.sha);
                let known = self.repository.commits.iter().rev();
                let history: Vec<&Commit> =
                    known.filter(|commit| ancestry.contains(commit.sha.as_str())).collect();
                connection("CommitHistoryConnection", field, &history, |commit, asked| {
                    self.commit(commit, asked)
                })
            }
            "signature" => signature(commit, &field.selections),
            "associatedPullRequests" => {
                let brought = |pull: &&PullRequest| {
                    pull.content.commits.contains(&commit.sha) || pull.branch_commits().contains(&commit.sha)
                };
                let pulls: Vec<&PullRequest> = self.repository.pulls.iter().filter(brought).collect();
                connection("PullRequestConnection", field, &pulls, |pull, asked| {
                    self.pull_request(pull, asked)
                })
            }
            _ => Value::Null,
        })
    }

    fn pull_request(&self, pull: &PullRequest, asked: &[Selection]) -> Value {
        let content = &pull.content;
        let merger = content.merged.then(|| content.merger.as_ref().unwrap_or(&content.author));
        let is_over = content.merged || pull.extras.called_off_by.is_some();
        let enabler = pull.extras.auto_merge_by.last().filter(|_| !is_over);
        object("PullRequest", asked, &mut |field| match field.name.as_str() {
            "repository" => self.number(&field.selections),
            "number" => pull.number.into(),
            "createdAt" => seconds(pull.at).into(),
            "title" => content.title.clone().into(),
            "body" => content.body.clone().unwrap_or_default().into(),
            "url" => self.place.html(&format!("/pull/{}", pull.number)).into(),
            "merged" => content.merged.into(),
            "mergeCommit" => match content.commits.last().filter(|_| content.merged) {
                Some(sha) => object("Commit", &field.selections, &mut |_| sha.clone().into()),
                None => Value::Null,
            },
            "headRefName" => pull.branch().into(),
            "isCrossRepository" => pull.extras.is_of_fork.into(),
            "author" => actor(Some(&content.author), &field.selections),
            "mergedBy" => actor(merger, &field.selections),
            "autoMergeRequest" => match enabler {
                Some(person) => object("AutoMergeRequest", &field.selections, &mut |by| {
                    actor(Some(person), &by.selections)
                }),
                None => Value::Null,
            },
            "labels" => connection("LabelConnection", field, &content.labels, |name, asked| {
                object("Label", asked, &mut |_| name.clone().into())
            }),
            "timelineItems" => timeline(pull, merger, field),
            "closingIssuesReferences" => {
                connection("IssueConnection", field, &pull.extras.closes_issues_of, |assigner, asked| {
                    object("Issue", asked, &mut |inner| match inner.name.as_str() {
                        "repository" => self.number(&inner.selections),
                        _ => assigned(pull, std::slice::from_ref(assigner), inner),
                    })
                })
            }
            "userContentEdits" => {
                connection("UserContentEditConnection", field, &pull.extras.edited_by, |editor, asked| {
                    object("UserContentEdit", asked, &mut |by| actor(Some(editor), &by.selections))
                })
            }
            "comments" => {
                let comments: Vec<&Written> =
                    pull.extras.written.iter().filter(|one| one.inline.is_none()).collect();
                connection("IssueCommentConnection", field, &comments, |one, asked| {
                    written("IssueComment", one, asked)
                })
            }
            "reviews" => {
                let reviews: Vec<&Written> =
                    pull.extras.written.iter().filter(|one| one.inline.is_some()).collect();
                connection("PullRequestReviewConnection", field, &reviews, |one, asked| {
                    written("PullRequestReview", one, asked)
                })
            }
            "commits" => {
                let commits: Vec<&Commit> =
                    pull.branch_commits().iter().filter_map(|sha| self.repository.commit(sha)).collect();
                connection("PullRequestCommitConnection", field, &commits, |commit, asked| {
                    object("PullRequestCommit", asked, &mut |inner| {
                        let told = self.commit(commit, &inner.selections);
                        if pull.extras.is_of_fork { of_fork(told) } else { told }
                    })
                })
            }
            _ => Value::Null,
        })
    }
}

/// A commit as one of a fork, which has no pull requests.
fn of_fork(mut commit: Value) -> Value {
    for (key, other) in [
        ("repository", json!({"databaseId": 1})),
        ("associatedPullRequests", json!({"totalCount": 0, "nodes": []})),
    ] {
        if let Some(value) = commit.get_mut(key) {
            *value = other;
        }
    }
    commit
}

/// A comment or a review.
fn written(of: &str, one: &Written, asked: &[Selection]) -> Value {
    object(of, asked, &mut |field| match field.name.as_str() {
        "author" => actor(Some(&one.by), &field.selections),
        "body" => one.text.clone().into(),
        "comments" => {
            let inline = one.inline.as_deref().unwrap_or_default();
            connection("PullRequestReviewCommentConnection", field, inline, |text, asked| {
                object("PullRequestReviewComment", asked, &mut |_| text.clone().into())
            })
        }
        _ => Value::Null,
    })
}

/// The events of an issue: each of `assigners` assigned the author of `pull`.
fn assigned(pull: &PullRequest, assigners: &[Assigner], field: &Selection) -> Value {
    connection("IssueTimelineItemsConnection", field, assigners, |by, asked| {
        event(pull, ("AssignedEvent", &by.person, by.after), asked)
    })
}

/// An event by `person` some time after `pull` was opened.
fn event(
    pull: &PullRequest,
    (name, person, after): (&str, &Author, SignedDuration),
    asked: &[Selection],
) -> Value {
    object(name, asked, &mut |field| match field.name.as_str() {
        "createdAt" => seconds(pull.at + after).into(),
        "assignee" => actor(Some(&pull.content.author), &field.selections),
        _ => actor(Some(person), &field.selections),
    })
}

/// The events of a pull request that are asked for by type.
fn timeline(pull: &PullRequest, merger: Option<&Author>, field: &Selection) -> Value {
    let wanted = |kind: &str| {
        let types = field.arguments.get("itemTypes").and_then(Value::as_array);
        types.is_none_or(|types| types.iter().any(|one| one == kind))
    };
    let of = |kind: &str, name: &'static str, people: Vec<&Author>| {
        let people = if wanted(kind) { people } else { Vec::new() };
        people.into_iter().map(move |person| (name, person.clone(), SignedDuration::ZERO)).collect::<Vec<_>>()
    };
    let mut events =
        of("AUTO_MERGE_ENABLED_EVENT", "AutoMergeEnabledEvent", pull.extras.auto_merge_by.iter().collect());
    events.extend(of(
        "ADDED_TO_MERGE_QUEUE_EVENT",
        "AddedToMergeQueueEvent",
        pull.extras.queued_by.iter().collect(),
    ));
    for (kind, name) in [
        ("AUTO_MERGE_DISABLED_EVENT", "AutoMergeDisabledEvent"),
        ("REMOVED_FROM_MERGE_QUEUE_EVENT", "RemovedFromMergeQueueEvent"),
    ] {
        events.extend(of(kind, name, pull.extras.called_off_by.iter().collect()));
    }
    events.extend(of("MERGED_EVENT", "MergedEvent", merger.into_iter().collect()));
    // Whoever asks a program for a pull request assigns it.
    if wanted("ASSIGNED_EVENT") {
        let asked = pull.extras.asked_by.iter();
        events.extend(asked.map(|by| ("AssignedEvent", by.person.clone(), by.after)));
    }
    events.extend(of("CONNECTED_EVENT", "ConnectedEvent", pull.extras.linked_by.iter().collect()));
    connection("PullRequestTimelineItemsConnection", field, &events, |(name, person, after), asked| {
        event(pull, (name, person, *after), asked)
    })
}

/// A commit's signature; `null` where it has none.
fn signature(commit: &Commit, asked: &[Selection]) -> Value {
    let signer = match &commit.signed {
        Signed::No => return Value::Null,
        Signed::By(person) => Some(person),
        Signed::ByHost | Signed::Not(_) => None,
    };
    object("GitSignature", asked, &mut |field| match field.name.as_str() {
        "isValid" => (reason(&commit.signed) == "valid").into(),
        "state" => match reason(&commit.signed) {
            "malformed_signature" => "MALFORMED_SIG".into(),
            "unknown_signature_type" => "UNKNOWN_SIG_TYPE".into(),
            other => other.to_uppercase().into(),
        },
        "wasSignedByGitHub" => (commit.signed == Signed::ByHost).into(),
        "signer" => actor(signer, &field.selections),
        _ => Value::Null,
    })
}
