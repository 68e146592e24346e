//! Pull requests that were merged into the branch of another one, which was squashed or rebased itself.
//!
//! None of their commits is in the range, and the branch has only what a squash or a rebase made of them.

use super::assistants::is_assisted;
use super::client::GitHub;
use super::pull_requests::PAGE as PULL_REQUESTS;
use super::range_commit::of_another_repository;
use super::room::Room;
use super::{graphql, wire};
use crate::failure::Failure;
use signoff_core::range::RangePullRequest;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The commits in a query.
const PAGE: usize = 100;
/// The depth to which pull requests within pull requests are read.
const DEPTH: usize = 4;

/// A pull request with all commits of its branch.
pub(super) type WithBranch = (RangePullRequest, Vec<wire::GraphCommit>);

/// The pull requests of its own repository that may have brought a commit to a branch.
struct Bringing {
    sha: String,
    merged: Vec<Merged>,
}

/// One of these, and the commit that it was merged as.
struct Merged {
    number: u64,
    commit: Option<String>,
}

impl Bringing {
    /// What GitHub says of the commit `sha` of the repository `own`; `None`: it does not tell all of them.
    fn new(
        sha: &str,
        own: &wire::GraphRepository,
        told: &wire::Connection<wire::BringingToBranch>,
        missing: &mut Vec<String>,
    ) -> Option<Self> {
        if !told.is_whole() {
            return None;
        }
        let merged = told.nodes.iter().flatten().flatten().filter(|from| from.merged);
        let (of_own, others): (Vec<_>, Vec<_>) = merged.partition(|from| from.repository.is(own));
        if !others.is_empty() {
            missing.push(of_another_repository(sha));
        }
        let commit =
            |from: &wire::BringingToBranch| from.merge_commit.as_ref().map(|commit| commit.oid.clone());
        let merged = of_own.into_iter().map(|from| Merged { number: from.number, commit: commit(from) });
        Some(Self { sha: sha.to_owned(), merged: merged.collect() })
    }
}

impl GitHub {
    /// Adds to `pull_requests` those that were merged into one of their branches, by their merge commits, and
    /// says which commits of the branches each of them brought. `known` are the range's own commits, which
    /// are asked about already. A request for each depth and each 25 pull requests, none where there are
    /// none; a request for each hundred commits that GitHub does not count to this repository besides.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn read_nested(
        &self,
        repository: &str,
        pull_requests: &mut Vec<WithBranch>,
        known: &HashSet<&str>,
        room: &mut Room,
        missing: &mut Vec<String>,
    ) -> Result<BTreeMap<u64, BTreeSet<String>>, Failure> {
        let mut brought: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        let mut asked: HashSet<String> = HashSet::new();
        for depth in 0..=DEPTH {
            let of_range: HashSet<u64> = pull_requests
                .iter()
                .map(|(pull_request, _)| pull_request.number)
                .filter(|number| !brought.contains_key(number))
                .collect();
            let of_branches: BTreeSet<String> = pull_requests
                .iter()
                .flat_map(|(_, commits)| commits)
                .map(|commit| commit.oid.clone())
                .collect();
            for from in self.bringing(repository, (pull_requests, known), &mut asked, room, missing).await? {
                for merged in from.merged.into_iter().filter(|merged| !of_range.contains(&merged.number)) {
                    // One that was merged elsewhere is judged there.
                    if merged.commit.is_none_or(|commit| of_branches.contains(&commit)) {
                        brought.entry(merged.number).or_default().insert(from.sha.clone());
                    }
                }
            }
            let read: BTreeSet<u64> =
                pull_requests.iter().map(|(pull_request, _)| pull_request.number).collect();
            let unread: Vec<u64> = brought.keys().filter(|number| !read.contains(number)).copied().collect();
            if unread.is_empty() {
                return Ok(brought);
            }
            let requests = unread.len().div_ceil(PULL_REQUESTS);
            let is_assisted = pull_requests.iter().any(|(opened, commits)| is_assisted(opened, commits));
            // One is left for pushes, and one for comments.
            if depth == DEPTH || room.take(requests, 1 + usize::from(is_assisted)) < requests {
                room.fall_short();
                missing.push(format!(
                    "Pull requests were merged into the branches of others more than {depth} deep, and not all were read."
                ));
                return Ok(brought);
            }
            pull_requests.extend(self.pull_requests(repository, &unread, missing).await?);
        }
        Ok(brought)
    }

    /// The pull requests that brought the commits of the branches of `pull_requests` there, but for the
    /// `known` commits and those that were `asked` about before.
    async fn bringing(
        &self,
        repository: &str,
        (pull_requests, known): (&[WithBranch], &HashSet<&str>),
        asked: &mut HashSet<String>,
        room: &mut Room,
        missing: &mut Vec<String>,
    ) -> Result<Vec<Bringing>, Failure> {
        let untold = |sha: &str| format!("GitHub did not tell which pull requests brought the commit {sha}.");
        let (mut found, mut elsewhere) = (Vec::new(), BTreeSet::new());
        for commit in pull_requests.iter().flat_map(|(_, commits)| commits) {
            if known.contains(commit.oid.as_str()) || !asked.insert(commit.oid.clone()) {
                continue;
            }
            match (&commit.repository, &commit.associated_pull_requests) {
                (Some(own), Some(told)) => match Bringing::new(&commit.oid, own, told, missing) {
                    Some(bringing) => found.push(bringing),
                    None => missing.push(untold(&commit.oid)),
                },
                (None | Some(_), None) | (None, Some(_)) => {
                    elsewhere.insert(commit.oid.clone());
                }
            }
        }
        let elsewhere: Vec<String> = elsewhere.into_iter().collect();
        let most = room.take(elsewhere.len().div_ceil(PAGE), 1) * PAGE;
        let (elsewhere, unasked) = elsewhere.split_at(most.min(elsewhere.len()));
        missing.extend(unasked.iter().map(|sha| untold(sha)));
        let field = |sha: &String| graphql::of_branch_commit(sha);
        let answers = self.ask(repository, (elsewhere, PAGE), "the commits", field).await?;
        missing.extend(answers.missing);
        for (sha, value) in answers.found {
            let told = graphql::read::<wire::BroughtToBranch>(&value);
            let told = told.and_then(|told| {
                Bringing::new(&sha, &told.repository, &told.associated_pull_requests, missing)
            });
            match told {
                Some(bringing) => found.push(bringing),
                None => missing.push(untold(&sha)),
            }
        }
        Ok(found)
    }
}
