//! Tags, protected branches, files as trees, and runs that are cancelled.

use super::api::{error, not_found};
use super::identify::seconds;
use super::json::{Place, account};
use super::repository_json::repository_json;
use super::state::{Author, Dispatched, Repository, State, sha_of};
use super::{GitHub, runs};
use crate::stand_in::answer::Answer;
use crate::stand_in::locked;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Facts of a repository besides its branches.
#[derive(Default, Serialize, Deserialize)]
pub struct Refs {
    /// The commit of each tag.
    pub tags: BTreeMap<String, String>,
    /// The branches that are protected.
    pub protected: BTreeSet<String>,
    /// The runs that were cancelled.
    pub cancelled: BTreeSet<u64>,
    /// The runs that are over, and since when.
    #[serde(default)]
    pub ended: BTreeMap<u64, Timestamp>,
    /// The people who started runs that the API did not start, by their attempts.
    #[serde(default)]
    pub starters: BTreeMap<u64, Vec<Author>>,
    /// Branches, with the commits that they move to just before the next workflow starts.
    pub moves: Vec<(String, String)>,
}

impl Repository {
    /// The branches that move just before a workflow starts have moved.
    pub fn move_branches(&mut self) {
        for (branch, sha) in std::mem::take(&mut self.refs.moves) {
            self.branches.insert(branch, Some(sha));
        }
    }

    /// The files of a commit: those of every revision, then those of its branches and its own.
    fn files_of(&self, sha: &str) -> BTreeMap<&str, &str> {
        let heads = self.branches.iter().filter(|(_, head)| head.as_deref() == Some(sha));
        let own = heads.map(|(branch, _)| branch.as_str()).chain([sha]);
        let own = own.filter_map(|name| self.files_at.get(name)).flatten();
        self.files.iter().chain(own).map(|(path, text)| (path.as_str(), text.as_str())).collect()
    }
}

/// The files and folders at the top of a commit (`git-tree`); all of them, where it is read with those below.
pub fn tree(place: Place<'_>, repository: &Repository, sha: &str, recursive: bool) -> Answer {
    let Some(commit) = repository.commit(sha) else { return not_found() };
    let mut folders: BTreeMap<&str, String> = BTreeMap::new();
    let mut entries: Vec<Value> = Vec::new();
    for (path, text) in repository.files_of(&commit.sha) {
        let above = path.match_indices('/').take(if recursive { usize::MAX } else { 1 });
        for (end, _) in above {
            let rest = &path[end + 1..];
            folders.entry(&path[..end]).or_default().push_str(&format!("{rest} {}\n", sha_of(text)));
        }
        if recursive || !path.contains('/') {
            entries.push(json!({
                "path": path, "mode": "100644", "type": "blob", "sha": sha_of(text), "size": text.len(),
                "url": place.api(&format!("/git/blobs/{}", sha_of(text))),
            }));
        }
    }
    entries.extend(folders.into_iter().map(|(folder, listed)| {
        let sha = sha_of(&listed);
        let url = place.api(&format!("/git/trees/{sha}"));
        json!({"path": folder, "mode": "040000", "type": "tree", "sha": sha, "url": url})
    }));
    let url = place.api(&format!("/git/trees/{sha}"));
    Answer::of_json(200, json!({"sha": sha, "url": url, "truncated": false, "tree": entries}))
}

/// The branches whose head a commit is (`branch-short`).
pub fn branches_of_head(place: Place<'_>, repository: &Repository, sha: &str) -> Answer {
    let Some(commit) = repository.commit(sha) else {
        return error(422, &format!("No commit found for SHA: {sha}"));
    };
    let heads = repository.branches.iter().filter(|(_, head)| head.as_ref() == Some(&commit.sha));
    let branches: Vec<Value> = heads
        .map(|(name, _)| {
            let url = place.api(&format!("/commits/{}", commit.sha));
            let protected = repository.refs.protected.contains(name);
            json!({"name": name, "commit": {"sha": commit.sha, "url": url}, "protected": protected})
        })
        .collect();
    Answer::of_json(200, Value::Array(branches))
}

/// A repository (`full-repository`).
pub fn whole(place: Place<'_>, repository: &Repository) -> Answer {
    let mut json = repository_json(place, repository);
    if let Value::Object(map) = &mut json {
        map.insert("has_discussions".to_owned(), json!(false));
        map.insert("network_count".to_owned(), json!(0));
        map.insert("subscribers_count".to_owned(), json!(0));
    }
    Answer::of_json(200, json)
}

/// A run by its id: its newest attempt, or the one with the number `attempt`.
pub fn run(url: &str, state: &State, name: &str, id: &str, attempt: &str) -> Answer {
    let Some(repository) = state.repositories.get(name) else { return not_found() };
    let ours = |run: &Dispatched| run.repository == name && run.run_id.to_string() == id;
    let found = state.dispatched.iter().enumerate().find(|(_, run)| ours(run));
    let starters = id.parse().ok().and_then(|id: u64| repository.refs.starters.get(&id));
    let newest = starters.map_or(1, Vec::len);
    let attempt = if attempt.is_empty() { newest } else { attempt.parse().unwrap_or(0) };
    let found = found.filter(|_| (1..=newest).contains(&attempt));
    found.map_or_else(not_found, |(index, run)| {
        let workflow = repository.workflows.get(&run.workflow).copied().unwrap_or_default();
        let place = Place { url, repository: name };
        let mut json = runs::run_json(place, repository, workflow, (index + 1, run));
        json["run_attempt"] = attempt.into();
        if let Some((first, by)) = starters.and_then(|all| Some((all.first()?, all.get(attempt - 1)?))) {
            json["actor"] = account(url, first).unwrap_or_default();
            json["triggering_actor"] = account(url, by).unwrap_or_default();
        }
        if let Some(ended) = repository.refs.ended.get(&run.run_id) {
            json["status"] = "completed".into();
            json["conclusion"] = "success".into();
            json["updated_at"] = seconds(*ended).into();
        }
        Answer::of_json(200, json)
    })
}

/// Cancels a run; one that was cancelled before is over.
pub fn cancel(state: &mut State, name: &str, id: &str) -> Answer {
    let known = |run: &Dispatched| run.repository == name && run.run_id.to_string() == id;
    let Some(id) = state.dispatched.iter().find(|run| known(run)).map(|run| run.run_id) else {
        return not_found();
    };
    let Some(repository) = state.repositories.get_mut(name) else { return not_found() };
    if !repository.refs.cancelled.insert(id) {
        return error(409, "Cannot cancel a workflow run that is completed.");
    }
    Answer::of_json(202, json!({}))
}

impl GitHub {
    /// Makes a tag at a commit, or moves it there.
    pub fn add_tag(&self, repository: &str, name: &str, sha: &str) {
        self.change(repository, |repository| {
            repository.refs.tags.insert(name.to_owned(), sha.to_owned());
        });
    }

    /// Protects a branch.
    pub fn protect(&self, repository: &str, branch: &str) {
        self.change(repository, |repository| {
            repository.refs.protected.insert(branch.to_owned());
        });
    }

    /// The commit that a branch, or a tag (`is_tag`), of a repository stands at. A branch that is to move
    /// before a workflow is started moves before a pipeline too.
    pub fn head_of(&self, repository: &str, name: &str, is_tag: bool) -> Option<String> {
        let mut state = locked(&self.shared.state);
        let repository = state.name_of(repository)?;
        let repository = state.repositories.get_mut(&repository)?;
        repository.move_branches();
        match is_tag {
            true => repository.refs.tags.get(name).cloned(),
            false => repository.branches.get(name).cloned().flatten(),
        }
    }

    /// A run of the commit `sha` that `first` started, and that somebody else, `again`, started again; its
    /// number.
    pub fn add_run(&self, repository: &str, sha: &str, first: &Author, again: &Author) -> u64 {
        let at = (self.shared.clock)();
        let mut state = locked(&self.shared.state);
        let run_id = state.id();
        state.dispatched.push(Dispatched {
            repository: repository.to_owned(),
            workflow: "deploy.yml".to_owned(),
            git_ref: "main".to_owned(),
            inputs: serde_json::Map::new(),
            run_id,
            head_sha: sha.to_owned(),
            at,
        });
        if let Some(repository) = state.repositories.get_mut(repository) {
            let again = Some(again).filter(|again| *again != first);
            repository.refs.starters.insert(run_id, [first].into_iter().chain(again).cloned().collect());
        }
        run_id
    }

    /// Has a run be over since `at`.
    pub fn end_run(&self, repository: &str, run: u64, at: Timestamp) {
        self.change(repository, |repository| {
            repository.refs.ended.insert(run, at);
        });
    }

    /// Has `person` start a run again.
    pub fn rerun(&self, repository: &str, run: u64, person: &Author) {
        self.change(repository, |repository| {
            repository.refs.starters.entry(run).or_default().push(person.clone());
        });
    }

    /// Moves a branch to a commit, as a push or a force push does.
    pub fn move_branch(&self, repository: &str, branch: &str, sha: &str) {
        self.change(repository, |repository| {
            repository.branches.insert(branch.to_owned(), Some(sha.to_owned()));
        });
    }

    /// Moves a branch to a commit just before the next workflow is started there.
    pub fn move_before_dispatch(&self, repository: &str, branch: &str, sha: &str) {
        self.change(repository, |repository| {
            repository.refs.moves.push((branch.to_owned(), sha.to_owned()));
        });
    }

    /// The ids of the runs that were cancelled in a repository.
    pub fn cancelled(&self, repository: &str) -> Vec<u64> {
        let state = locked(&self.shared.state);
        let found = state.repositories.get(repository);
        found.map(|repository| repository.refs.cancelled.iter().copied().collect()).unwrap_or_default()
    }
}
