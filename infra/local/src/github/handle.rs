//! Operations on the GitHub stand-in for tests and the local stack, from inside the process.

use super::GitHub;
use super::history::{Opened, Push};
use super::state::{Author, Commit, Dispatched, PullRequest, Repository};
use crate::stand_in::locked;

impl GitHub {
    /// Makes a repository (`acme/checkout`) without commits; one that exists stays as it is.
    pub fn add_repository(&self, full_name: &str, default_branch: &str) {
        let mut state = locked(&self.shared.state);
        let new = || Repository::new(default_branch);
        state.repositories.entry(full_name.to_owned()).or_insert_with(new);
    }

    /// Deletes a repository, or takes it from what the token may see: GitHub answers both in the same way.
    pub fn remove_repository(&self, full_name: &str) {
        let mut state = locked(&self.shared.state);
        if let Some(name) = state.name_of(full_name) {
            state.repositories.remove(&name);
        }
    }

    /// Sets the text of a file at every branch and revision. The repository is made if there is none.
    pub fn set_file(&self, repository: &str, path: &str, text: &str) {
        self.change(repository, |repository| {
            repository.files.insert(path.to_owned(), text.to_owned());
        });
    }

    /// Sets the text of a file at one branch or revision only.
    pub fn set_file_at(&self, repository: &str, branch_or_revision: &str, path: &str, text: &str) {
        self.change(repository, |repository| {
            let files = repository.files_at.entry(branch_or_revision.to_owned()).or_default();
            files.insert(path.to_owned(), text.to_owned());
        });
    }

    /// Sets the patch that comparisons show of the file at `path`, wherever it is changed.
    pub fn set_patch(&self, repository: &str, path: &str, patch: &str) {
        self.change(repository, |repository| {
            repository.patches.insert(path.to_owned(), patch.to_owned());
        });
    }

    /// Makes the file at `path` a symbolic link. Its text stays that of the file to which it leads.
    pub fn make_link(&self, repository: &str, path: &str) {
        self.change(repository, |repository| {
            repository.links.insert(path.to_owned());
        });
    }

    /// Removes a file everywhere.
    pub fn remove_file(&self, repository: &str, path: &str) {
        self.change(repository, |repository| {
            repository.files.remove(path);
            repository.files_at.values_mut().for_each(|files| drop(files.remove(path)));
        });
    }

    /// Pushes a commit; returns its SHA.
    pub fn push(&self, repository: &str, commit: impl Into<Push>) -> String {
        self.push_all(repository, vec![commit.into()]).pop().unwrap_or_default()
    }

    /// Pushes several commits at once, onto the first one's branch; returns their SHAs.
    pub fn push_all(&self, repository: &str, commits: Vec<Push>) -> Vec<String> {
        let now = (self.shared.clock)();
        let mut state = locked(&self.shared.state);
        let mut ids = state.ids;
        let new = || Repository::new("main");
        let changed = state.repositories.entry(repository.to_owned()).or_insert_with(new);
        let pushed = changed.push(commits, || next(&mut ids), now);
        state.ids = ids;
        pushed
    }

    /// Has `actor` move a branch to a commit, whatever its head was.
    pub fn force_push(&self, repository: &str, branch: &str, head: &str, actor: &Author) {
        let now = (self.shared.clock)();
        self.change(repository, |repository| repository.force_push(branch, head, now, actor));
    }

    /// Has GitHub forget a commit, as it does some time after a force push.
    pub fn forget(&self, repository: &str, sha: &str) {
        self.change(repository, |repository| repository.commits.retain(|commit| commit.sha != sha));
    }

    /// Makes a branch (or a tag) at the head of the default branch; one that exists stays as it is.
    pub fn add_branch(&self, repository: &str, name: &str) {
        self.change(repository, |repository| {
            let head = repository.branches.get(&repository.default_branch).cloned().flatten();
            repository.branches.entry(name.to_owned()).or_insert(head);
        });
    }

    /// Makes a pull request; returns its number.
    pub fn add_pull_request(&self, repository: &str, content: impl Into<Opened>) -> u64 {
        let at = (self.shared.clock)();
        let Opened { content, extras } = content.into();
        self.change(repository, |repository| {
            let number = repository.pulls.last().map_or(1, |pull| pull.number + 1);
            repository.pulls.push(PullRequest { number, at, content, extras });
            number
        })
    }

    /// Has a person show this e-mail address in their public profile; everybody hides theirs otherwise.
    pub fn show_email(&self, login: &str, email: &str) {
        locked(&self.shared.state).shown_emails.insert(login.to_owned(), email.to_owned());
    }

    /// Makes a workflow that can be dispatched, by its file name (`deploy.yml`); returns its id.
    pub fn add_workflow(&self, repository: &str, file: &str) -> u64 {
        let id = locked(&self.shared.state).id();
        self.change(repository, |repository| {
            let path = format!(".github/workflows/{file}");
            repository.files.entry(path).or_insert_with(|| "on: workflow_dispatch".to_owned());
            *repository.workflows.entry(file.to_owned()).or_insert(id)
        })
    }

    /// The commits of a repository, oldest first.
    pub fn commits(&self, repository: &str) -> Vec<Commit> {
        let state = locked(&self.shared.state);
        state.repositories.get(repository).map(|repository| repository.commits.clone()).unwrap_or_default()
    }

    /// The workflows that were dispatched in a repository, oldest first.
    pub fn dispatched(&self, repository: &str) -> Vec<Dispatched> {
        let state = locked(&self.shared.state);
        state.dispatched.iter().filter(|dispatched| dispatched.repository == repository).cloned().collect()
    }

    pub(super) fn change<T>(&self, repository: &str, change: impl FnOnce(&mut Repository) -> T) -> T {
        let mut state = locked(&self.shared.state);
        let new = || Repository::new("main");
        let name = state.name_of(repository).unwrap_or_else(|| repository.to_owned());
        change(state.repositories.entry(name).or_insert_with(new))
    }
}

/// The next of the numbers that [`State::id`](super::state::State::id) gives.
fn next(ids: &mut u64) -> u64 {
    *ids += 1;
    1_000_000 + *ids
}
