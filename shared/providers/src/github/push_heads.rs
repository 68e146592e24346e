//! Pushes whose last commit is not in a range: it may have been dropped since, while commits before it
//! stayed.
//!
//! The history of such a head says which commits of the range it held. One query reads that of a hundred
//! heads. Where it does not reach anything that is known, a comparison does.

use super::client::GitHub;
use super::pushes::{Parents, Pushes, Wanted};
use super::{graphql, wire};
use crate::failure::Failure;
use std::collections::{HashMap, HashSet};

/// The heads in a query.
const PAGE: usize = 100;
/// The commits that are read of a head's history.
const DEPTH: usize = 50;
/// The commits that are read of the history of the range's start, which most branches began at.
const DEPTH_OF_BASE: usize = 100;

/// Known ancestry between the heads of pushes and the commits of a range.
#[derive(Debug, Default)]
pub(super) struct Ancestry {
    /// Commits outside the range, each with its parents.
    outside: HashMap<String, Vec<String>>,
    /// Commits outside the range that have none of the range before them.
    clean: HashSet<String>,
    /// The heads that pushes which were not forced added to, by the heads that they led to.
    steps: HashMap<String, Vec<String>>,
}

impl Ancestry {
    /// Derives the ancestry from the range and the pushes themselves. No commit before the range's first
    /// commits is part of it.
    pub(super) fn of(wanted: &Wanted<'_>, pushes: &Pushes) -> Self {
        let beyond = wanted.parents.values().copied().flatten().map(String::as_str).chain([wanted.base]);
        let clean = beyond.filter(|sha| !wanted.parents.contains_key(*sha)).map(str::to_owned).collect();
        let mut known = Self { outside: HashMap::new(), clean, steps: HashMap::new() };
        for (before, after) in pushes.steps() {
            known.steps.entry(after.to_owned()).or_default().push(before.to_owned());
        }
        known.settle(wanted, pushes);
        known
    }

    /// The commits of the range that `sha` is or has before it, and whether these are known to be all.
    pub(super) fn held<'a>(&self, parents: &Parents<'a>, sha: &str) -> (HashSet<&'a str>, bool) {
        let (mut held, mut passed, mut is_whole) = (HashSet::new(), HashSet::new(), true);
        let mut open = vec![sha];
        while let Some(sha) = open.pop() {
            if let Some((sha, before)) = parents.get_key_value(sha) {
                if held.insert(*sha) {
                    open.extend(before.iter().map(String::as_str));
                }
            } else if !self.is_clean(sha) && passed.insert(sha) {
                match self.outside.get(sha) {
                    Some(before) => open.extend(before.iter().map(String::as_str)),
                    None => is_whole = false,
                }
            }
        }
        (held, is_whole)
    }

    /// A branch that did not exist has a SHA of zeros.
    fn is_clean(&self, sha: &str) -> bool {
        self.clean.contains(sha) || sha.bytes().all(|byte| byte == b'0')
    }

    /// Adds commits with their parents, and what follows from them.
    fn add(&mut self, commits: Vec<(String, Vec<String>)>, wanted: &Wanted<'_>, pushes: &Pushes) {
        let is_outside = |sha: &str| !wanted.parents.contains_key(sha);
        self.outside.extend(commits.into_iter().filter(|(sha, _)| is_outside(sha)));
        self.settle(wanted, pushes);
    }

    /// Finds what is clean by now: heads that are known to hold nothing, and all that comes before what is
    /// clean.
    fn settle(&mut self, wanted: &Wanted<'_>, pushes: &Pushes) {
        self.spread();
        let empty = |head: &&str| {
            if self.is_clean(head) || wanted.parents.contains_key(*head) {
                return false;
            }
            let (held, is_whole) = self.held(&wanted.parents, head);
            is_whole && held.is_empty()
        };
        let found: Vec<String> = pushes.heads().filter(empty).map(str::to_owned).collect();
        self.clean.extend(found);
        self.spread();
    }

    fn spread(&mut self) {
        let mut open: Vec<String> = self.clean.iter().cloned().collect();
        while let Some(sha) = open.pop() {
            let before = [self.outside.get(&sha), self.steps.get(&sha)];
            for earlier in before.into_iter().flatten().flatten() {
                if self.clean.insert(earlier.clone()) {
                    open.push(earlier.clone());
                }
            }
        }
    }
}

impl GitHub {
    /// Reads how the heads of `pushes` that are not in the range lie to it, in `requests` requests at most,
    /// unless GitHub takes too long over a query. Heads that GitHub does not have any more, and those beyond
    /// that number, stay unknown.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn ancestry(
        &self,
        repository: &str,
        pushes: &Pushes,
        wanted: &Wanted<'_>,
        requests: usize,
    ) -> Result<Ancestry, Failure> {
        let mut known = Ancestry::of(wanted, pushes);
        let (mut left, mut asked) = (requests, HashSet::new());
        // The newest head of a branch leads to those before it.
        for newest_only in [true, false] {
            let heads = pushes.unknown(wanted, &known, newest_only);
            let heads: Vec<String> = heads.into_iter().filter(|head| !asked.contains(head)).collect();
            if heads.is_empty() || left == 0 {
                continue;
            }
            let base = (wanted.base.to_owned(), DEPTH_OF_BASE);
            let base = Some(base).filter(|(base, _)| !asked.contains(base));
            let ids: Vec<(String, usize)> = base
                .into_iter()
                .chain(heads.into_iter().map(|head| (head, DEPTH)))
                .take(left * PAGE)
                .collect();
            asked.extend(ids.iter().map(|(head, _)| head.clone()));
            left -= ids.len().div_ceil(PAGE);
            let field = |(sha, depth): &(String, usize)| graphql::history(sha, *depth);
            // A head of which GitHub says nothing is unknown, which is judged below.
            let answers = self.ask(repository, (&ids, PAGE), "the pushes", field).await?;
            let histories = answers.found.iter().filter_map(|(_, value)| graphql::read(value));
            known.add(histories.flat_map(commits_of).collect(), wanted, pushes);
        }
        // Branches that began long before the range.
        let start = wanted.start();
        let old = pushes.unknown(wanted, &known, true).into_iter();
        let old: Vec<String> = old.filter(|head| known.outside.contains_key(head)).take(left).collect();
        for head in old {
            let Ok(side) = self.first_page(repository, start, &head).await? else { continue };
            if side.commits.len() != side.total {
                continue;
            }
            let commits: Vec<(String, Vec<String>)> = side
                .commits
                .into_iter()
                .map(|commit| (commit.sha, commit.parents.into_iter().map(|parent| parent.sha).collect()))
                .collect();
            // The comparison has all that the start has not.
            let listed: HashSet<&str> = commits.iter().map(|(sha, _)| sha.as_str()).collect();
            let is_beyond =
                |sha: &&String| !listed.contains(sha.as_str()) && !wanted.parents.contains_key(sha.as_str());
            let beyond = commits.iter().flat_map(|(_, parents)| parents).filter(is_beyond);
            known.clean.extend(beyond.cloned().collect::<Vec<_>>());
            known.add(commits, wanted, pushes);
        }
        Ok(known)
    }
}

/// The commits of a history with their parents; without those whose parents are not all told.
fn commits_of(read: wire::GraphHistory) -> Vec<(String, Vec<String>)> {
    let (commits, _) = read.history.all();
    let told = commits.into_iter().filter_map(|commit| match commit.parents.all() {
        (parents, true) => Some((commit.oid, parents.into_iter().map(|parent| parent.oid).collect())),
        (_, false) => None,
    });
    told.collect()
}
