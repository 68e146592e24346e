//! Facts that identify a deploy: the repository, its branches and tags, its deployments and their statuses.

use super::GitHub;
use super::api::{error, not_found, paging};
use super::json::{self, Place};
use super::repository_json::repository_json;
use super::state::{Author, Commit, Repository, sha_of};
use super::webhook::DeploymentStatus;
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A GitHub deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostDeployment {
    /// Its id in the repository.
    pub id: u64,
    /// The commit that is deployed.
    pub sha: String,
    /// The branch or tag that it was deployed from.
    pub git_ref: String,
    /// Environment that it deploys to.
    pub environment: String,
    /// Account that deployed.
    pub creator: Author,
    /// Time at which it was created.
    pub at: Timestamp,
    /// Its statuses, oldest first.
    pub statuses: Vec<HostStatus>,
}

/// A status of a GitHub deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostStatus {
    /// Its id.
    pub id: u64,
    /// `success`, `failure`, `in_progress`, ...
    pub state: String,
    /// Environment that it deployed to.
    pub environment: String,
    /// Time at which it was set.
    pub at: Timestamp,
    /// The run that set it.
    #[serde(default)]
    pub run: Option<u64>,
}

/// Answers an operation about a repository's identity; `None`: the operation is another one.
pub fn answer(
    place: Place<'_>,
    repository: &Repository,
    operation: &str,
    value: impl Fn(&str) -> String,
    query: &BTreeMap<String, String>,
) -> Option<Answer> {
    let deployment = || {
        let id = value("deployment_id").parse().unwrap_or(0);
        repository.deployments.iter().find(|deployment| deployment.id == id)
    };
    Some(match operation {
        "repos/get" => Answer::of_json(200, full(place, repository)),
        "repos/list-branches" => {
            let heads = repository.branches.iter().filter_map(|(name, head)| Some((name, head.as_ref()?)));
            list(place, heads, false, query)
        }
        "repos/list-tags" => list(place, repository.refs.tags.iter(), true, query),
        "repos/get-deployment" => deployment()
            .map_or_else(not_found, |deployment| Answer::of_json(200, deployment_json(place, deployment))),
        "repos/list-deployment-statuses" => deployment().map_or_else(not_found, |deployment| {
            let (page, size) = paging(query).unwrap_or((1, 30));
            let newest = deployment.statuses.iter().rev().skip((page - 1) * size).take(size);
            let statuses: Vec<Value> = newest.map(|status| status_json(place, deployment, status)).collect();
            Answer::of_json(200, statuses.into())
        }),
        _ => return None,
    })
}

/// The SHA alone of what `name` names, as the media type `application/vnd.github.sha` asks for it.
pub fn sha(repository: &Repository, name: &str) -> Answer {
    let missing = || error(422, &format!("No commit found for SHA: {name}"));
    repository.named(name).map_or_else(missing, |commit| {
        Answer::of_text("application/vnd.github.sha; charset=utf-8", commit.sha.clone())
    })
}

impl Repository {
    /// The commit that `heads/BRANCH`, `tags/TAG`, a branch, a SHA or the start of a SHA names; none where
    /// several begin so.
    fn named(&self, name: &str) -> Option<&Commit> {
        if let Some(branch) = name.strip_prefix("heads/") {
            return self.commit(self.branches.get(branch)?.as_deref()?);
        }
        if let Some(tag) = name.strip_prefix("tags/") {
            return self.commit(self.refs.tags.get(tag)?);
        }
        let begins = |commit: &&Commit| name.len() >= 4 && commit.sha.starts_with(name);
        let mut found = self.commits.iter().chain(&self.strays).filter(begins);
        match (self.branches.get(name), self.refs.tags.get(name), found.next(), found.next()) {
            (Some(head), _, _, _) => self.commit(head.as_deref()?),
            (None, Some(tag), _, _) => self.commit(tag),
            (None, None, Some(only), None) => Some(only),
            (None, None, _, _) => None,
        }
    }
}

impl GitHub {
    /// Has the repository know a commit with this SHA: its full SHA. One that is there already, or that
    /// begins so, stays as it is; a new one is pushed to the default branch by nobody known.
    pub fn knows(&self, repository: &str, sha: &str) -> String {
        let now = (self.shared.clock)();
        self.change(repository, |repository| {
            let known = repository.commits.iter().find(|commit| commit.sha.starts_with(sha));
            if let Some(known) = known {
                return known.sha.clone();
            }
            let mut full = sha.to_owned();
            full.extend(sha_of(sha).chars().skip(sha.len()));
            let branch = repository.default_branch.clone();
            let head = repository.branches.get(&branch).cloned().flatten();
            let commit = stray(&full, head.into_iter().collect(), now);
            repository.commits.push(commit);
            repository.branches.insert(branch, Some(full.clone()));
            full
        })
    }

    /// Has the host answer for a commit by this repository's name which no branch or tag of it contains: a
    /// commit of a fork.
    pub fn add_fork_commit(&self, repository: &str, sha: &str) {
        let now = (self.shared.clock)();
        self.change(repository, |repository| {
            let head = repository.branches.get(&repository.default_branch).cloned().flatten();
            repository.strays.push(stray(sha, head.into_iter().collect(), now));
        });
    }

    /// Deletes the repository and makes another one by its name.
    pub fn replace_repository(&self, repository: &str) {
        self.change(repository, |repository| repository.generation += 1);
    }

    /// Gives the name back to the repository that had it before the last [`GitHub::replace_repository`].
    pub fn give_name_back(&self, repository: &str) {
        self.change(repository, |repository| repository.generation = repository.generation.saturating_sub(1));
    }

    /// Records the status of a GitHub deployment, which is made where there is none with its id.
    pub fn record_deployment(&self, repository: &str, status: &DeploymentStatus, at: Timestamp) {
        let id = locked(&self.shared.state).id();
        let of_status = HostStatus {
            id,
            state: status.state.clone(),
            environment: status.environment.clone(),
            at,
            run: None,
        };
        self.change(repository, |repository| {
            let known =
                repository.deployments.iter_mut().find(|deployment| deployment.id == status.deployment_id);
            match known {
                Some(known) => known.statuses.push(of_status),
                None => repository.deployments.push(HostDeployment {
                    id: status.deployment_id,
                    sha: status.sha.clone(),
                    git_ref: status.git_ref.clone(),
                    environment: status.environment.clone(),
                    creator: status.creator.clone(),
                    at,
                    statuses: vec![of_status],
                }),
            }
        });
    }

    /// Changes the host's own record of a GitHub deployment.
    pub fn change_deployment(&self, repository: &str, id: u64, change: impl FnOnce(&mut HostDeployment)) {
        self.change(repository, |repository| {
            if let Some(found) = repository.deployments.iter_mut().find(|deployment| deployment.id == id) {
                change(found);
            }
        });
    }
}

/// A commit that nobody known wrote.
fn stray(sha: &str, parents: Vec<String>, date: Timestamp) -> Commit {
    Commit {
        sha: sha.to_owned(),
        author: Author { name: "CI".to_owned(), email: String::new(), login: None },
        message: format!("Commit {}", sha.get(..7).unwrap_or(sha)),
        date,
        parents,
        files: Vec::new(),
        committer: None,
        signed: super::history::Signed::No,
    }
}

fn full(place: Place<'_>, repository: &Repository) -> Value {
    let mut json = repository_json(place, repository);
    if let Value::Object(map) = &mut json {
        let more = json!({"has_discussions": false, "network_count": 0, "subscribers_count": 0});
        if let Value::Object(more) = more {
            map.extend(more);
        }
    }
    json
}

fn list<'r>(
    place: Place<'_>,
    heads: impl Iterator<Item = (&'r String, &'r String)>,
    tags: bool,
    query: &BTreeMap<String, String>,
) -> Answer {
    let (page, size) = paging(query).unwrap_or((1, 30));
    let shown = heads.skip((page - 1) * size).take(size);
    let json = |(name, sha): (&String, &String)| {
        let commit = json!({"sha": sha, "url": place.api(&format!("/commits/{sha}"))});
        match tags {
            true => json!({
                "name": name, "commit": commit, "node_id": format!("REF_{name}"),
                "zipball_url": place.api(&format!("/zipball/refs/tags/{name}")),
                "tarball_url": place.api(&format!("/tarball/refs/tags/{name}")),
            }),
            false => json!({"name": name, "commit": commit, "protected": false}),
        }
    };
    Answer::of_json(200, shown.map(json).collect::<Vec<_>>().into())
}

fn deployment_json(place: Place<'_>, deployment: &HostDeployment) -> Value {
    let address = place.api(&format!("/deployments/{}", deployment.id));
    let at = seconds(deployment.at);
    json!({
        "url": address,
        "id": deployment.id,
        "node_id": format!("DE_{}", deployment.id),
        "task": "deploy",
        "original_environment": deployment.environment,
        "environment": deployment.environment,
        "description": null,
        "created_at": at,
        "updated_at": at,
        "statuses_url": format!("{address}/statuses"),
        "repository_url": place.api(""),
        "creator": json::account(place.url, &deployment.creator),
        "sha": deployment.sha,
        "ref": deployment.git_ref,
        "payload": {},
        "transient_environment": false,
        "production_environment": false,
    })
}

fn status_json(place: Place<'_>, deployment: &HostDeployment, status: &HostStatus) -> Value {
    let address = place.api(&format!("/deployments/{}", deployment.id));
    let at = seconds(status.at);
    json!({
        "url": format!("{address}/statuses/{}", status.id),
        "id": status.id,
        "node_id": format!("DES_{}", status.id),
        "state": status.state,
        "creator": json::user(place.url, json::login_of(&deployment.creator), json::kind_of(json::login_of(&deployment.creator))),
        "description": "",
        "environment": status.environment,
        "target_url": match status.run {
            Some(run) => place.html(&format!("/actions/runs/{run}/job/1")),
            None => place.html("/deployments"),
        },
        "created_at": at,
        "updated_at": at,
        "deployment_url": address,
        "repository_url": place.api(""),
    })
}

/// A time as GitHub writes it.
pub fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
