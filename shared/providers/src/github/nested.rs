//! Pull requests that were merged into the branch of another one, which was squashed or rebased itself.
//!
//! None of their commits is in the range, and the branch has only what a squash or a rebase made of them.

use super::client::GitHub;
use super::range_commit::of_another_repository;
use super::{graphql, wire};
use crate::failure::Failure;
use approval::range::RangePullRequest;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The commits in a query.
const PAGE: usize = 100;
/// The depth to which pull requests within pull requests are read.
const DEPTH: usize = 4;

/// A pull request with all commits of its branch.
pub(super) type WithBranch = (RangePullRequest, Vec<wire::GraphCommit>);

impl GitHub {
    /// Adds to `pull_requests` those that were merged into one of their branches, by their merge commits, and
    /// says which commits of the branches each of them brought. `known` are the range's own commits, which
    /// are asked about already. One request for each hundred commits of branches, none where there are none.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn read_nested(
        &self,
        repository: &str,
        pull_requests: &mut Vec<WithBranch>,
        known: &HashSet<&str>,
        missing: &mut Vec<String>,
    ) -> Result<BTreeMap<u64, BTreeSet<String>>, Failure> {
        let mut brought: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        let mut asked: HashSet<String> = HashSet::new();
        for _ in 0..DEPTH {
            let of_branches: BTreeSet<String> = pull_requests
                .iter()
                .flat_map(|(_, commits)| commits)
                .map(|commit| commit.oid.clone())
                .collect();
            let new: Vec<String> = of_branches
                .iter()
                .filter(|oid| !known.contains(oid.as_str()) && asked.insert((*oid).clone()))
                .cloned()
                .collect();
            let of_range: HashSet<u64> = pull_requests
                .iter()
                .map(|(pull_request, _)| pull_request.number)
                .filter(|number| !brought.contains_key(number))
                .collect();
            let field = |sha: &String| graphql::of_branch_commit(sha);
            let answers = self.ask(repository, (&new, PAGE), "the commits", field).await?;
            missing.extend(answers.missing);
            for (sha, value) in answers.found {
                let told = graphql::read::<wire::BroughtToBranch>(&value);
                let told = told.map(|told| (told.repository, told.associated_pull_requests.all()));
                let Some((own, (merged, true))) = told else {
                    missing
                        .push(format!("GitHub did not tell which pull requests brought the commit {sha}."));
                    continue;
                };
                let (merged, others): (Vec<_>, Vec<_>) =
                    merged.into_iter().filter(|from| from.merged).partition(|from| from.repository.is(&own));
                if !others.is_empty() {
                    missing.push(of_another_repository(&sha));
                }
                for from in merged.into_iter().filter(|from| !of_range.contains(&from.number)) {
                    // One that was merged elsewhere is judged there.
                    if from.merge_commit.is_none_or(|merge| of_branches.contains(&merge.oid)) {
                        brought.entry(from.number).or_default().insert(sha.clone());
                    }
                }
            }
            let read: BTreeSet<u64> =
                pull_requests.iter().map(|(pull_request, _)| pull_request.number).collect();
            let unread: Vec<u64> = brought.keys().filter(|number| !read.contains(number)).copied().collect();
            if unread.is_empty() {
                return Ok(brought);
            }
            pull_requests.extend(self.pull_requests(repository, &unread, missing).await?);
        }
        missing.push(format!(
            "Pull requests were merged into the branches of others more than {DEPTH} deep, and not all were read."
        ));
        Ok(brought)
    }
}
