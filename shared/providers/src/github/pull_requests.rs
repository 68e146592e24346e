//! The pull requests of a range, each with all commits of its branch.

use super::client::GitHub;
use super::nested::WithBranch;
use super::range_pull_request::pull_request;
use super::room::Room;
use super::{graphql, wire};
use crate::failure::Failure;
use std::collections::{BTreeSet, HashMap};

/// The most pull requests of a range that are read.
const MAX_PULL_REQUESTS: usize = 500;
/// The pull requests in a query: each brings up to 100 commits.
pub(super) const PAGE: usize = 25;
/// The most pages of 100 commits that a pull request's branch is read for, after the first.
const MOST_PAGES: usize = 25;

/// The branch of a pull request, as far as it was read.
struct Branch {
    number: u64,
    /// The repository that the pull request is of.
    own: Option<wire::GraphRepository>,
    commits: Vec<wire::GraphCommit>,
    /// The cursor of the next page.
    after: Option<String>,
    /// GitHub did not tell a page.
    is_cut: bool,
}

impl Branch {
    fn add(&mut self, page: wire::Connection<wire::BranchCommit>) {
        let next = page.page_info.filter(|next| next.has_next_page);
        self.after = next.map(|next| next.end_cursor.unwrap_or_default());
        let commits = page.nodes.unwrap_or_default().into_iter().flatten().map(|node| node.commit);
        for mut commit in commits {
            let is_own =
                self.own.as_ref().zip(commit.repository.as_ref()).is_some_and(|(own, of)| of.is(own));
            if !is_own {
                // Of a fork's commit, GitHub may list the fork's pull requests: it is asked about by its SHA.
                commit.associated_pull_requests = None;
            }
            self.commits.push(commit);
        }
    }
}

impl GitHub {
    /// The pull requests with `numbers`, each with all commits of its branch, as far as there is `room`.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn pull_requests_of(
        &self,
        repository: &str,
        numbers: BTreeSet<u64>,
        room: &mut Room,
        missing: &mut Vec<String>,
    ) -> Result<Vec<WithBranch>, Failure> {
        let count = numbers.len();
        let wanted = count.min(MAX_PULL_REQUESTS);
        // One is left for comments, and one for pushes.
        let most = wanted.min(room.take(wanted.div_ceil(PAGE), 2) * PAGE);
        if count > most {
            room.fall_short();
            missing.push(format!("{count} pull requests brought these commits; {most} were read."));
        }
        let numbers: Vec<u64> = numbers.into_iter().rev().take(most).collect();
        let mut found = self.pull_requests(repository, &numbers, missing).await?;
        found.sort_by_key(|(pull_request, _)| pull_request.number);
        Ok(found)
    }

    /// The pull requests with `numbers`, each with all commits of its branch: a request for each 25 of them,
    /// and as many for each further hundred commits of their branches.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn pull_requests(
        &self,
        repository: &str,
        numbers: &[u64],
        missing: &mut Vec<String>,
    ) -> Result<Vec<WithBranch>, Failure> {
        let field = |number: &u64| graphql::of_pull_request(*number);
        let answers = self.ask(repository, (numbers, PAGE), "the pull requests", field).await?;
        missing.extend(answers.missing);
        let mut found = Vec::new();
        for (number, value) in answers.found {
            let Some(mut read) = graphql::read::<wire::GraphPullRequest>(&value) else {
                missing.push(format!("GitHub did not tell about the pull request #{number}."));
                continue;
            };
            let own = read.repository.clone();
            let mut branch = Branch { number, own, commits: Vec::new(), after: None, is_cut: false };
            branch.add(read.commits.take());
            found.push((pull_request(number, read, missing), branch));
        }
        self.read_on(repository, found.iter_mut().map(|(_, branch)| branch).collect(), missing).await?;
        for (_, branch) in &found {
            if branch.is_cut || branch.after.is_some() {
                let number = branch.number;
                missing.push(format!("GitHub did not tell all commits of the pull request #{number}."));
            }
        }
        Ok(found.into_iter().map(|(pull_request, branch)| (pull_request, branch.commits)).collect())
    }

    /// Reads the further pages of `branches`, the same one of all of them together.
    async fn read_on(
        &self,
        repository: &str,
        mut branches: Vec<&mut Branch>,
        missing: &mut Vec<String>,
    ) -> Result<(), Failure> {
        for _ in 0..MOST_PAGES {
            branches.retain(|branch| branch.after.is_some());
            if branches.is_empty() {
                break;
            }
            let open: Vec<(u64, String)> = branches
                .iter()
                .map(|branch| (branch.number, branch.after.clone().unwrap_or_default()))
                .collect();
            let field = |(number, after): &(u64, String)| graphql::further_commits(*number, after);
            // They are no part of the room: see `Room`.
            let answers = self.counting().ask(repository, (&open, PAGE), "the pull requests", field).await?;
            missing.extend(answers.missing);
            let mut pages: HashMap<u64, wire::GraphCommits> = HashMap::new();
            for ((number, _), value) in answers.found {
                pages.extend(graphql::read(&value).map(|page| (number, page)));
            }
            for branch in &mut branches {
                match pages.remove(&branch.number) {
                    Some(page) => branch.add(page.commits),
                    None => (branch.after, branch.is_cut) = (None, true),
                }
            }
        }
        Ok(())
    }
}
