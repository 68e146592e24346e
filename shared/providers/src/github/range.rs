//! Everything between two revisions, read whole: the commits by the host's paged comparison, people and
//! pull requests by queries, pushers by the list of pushes.
//!
//! Twenty commits take a comparison each way, two or more queries, and the list of pushes with their
//! heads: 10 requests at most, the makers' public profiles among them (`Room`). What can't be read is
//! told in [`Range::missing`], so that nobody takes a part for the whole.

use super::client::{ChangedFiles, GitHub};
use super::comparison::{Side, Sought};
use super::graphql::{self, Answers};
use super::pushes::{Parents, Wanted};
use super::range_commit::{CommitDetails, commit_of_branch, commit_of_range, note_cut_authors};
use super::room::{PROFILES, Room};
use super::{parse, profiles, wire};
use crate::failure::Failure;
use signoff_core::deploy::Commit;
use signoff_core::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest};
use signoff_core::range_lists::are_openers_own;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The commits in a query.
const PAGE: usize = 100;

/// A range as it was read, with what a deploy's record shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRange {
    /// The range.
    pub range: Range,
    /// The deploy's own commits: those that it adds, oldest first; the deployed commit where it adds none.
    pub commits: Vec<Commit>,
    /// The pull requests that brought these.
    pub pull_requests: Vec<RangePullRequest>,
    /// The files that all that is added and taken out changes.
    pub files: ChangedFiles,
    /// The most requests for public profiles that are left for its makers.
    pub profiles: usize,
    /// True if something is missing because the range is beyond a bound of ours: another reading says the
    /// same.
    pub is_too_large: bool,
    /// The name of the reading ([`Parts::begin`](super::Parts::begin)), where parts of it may be of earlier
    /// invocations.
    pub reading: Option<String>,
}

/// Summary of a range, known without reading its commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeOutline {
    /// Direction from the base to the head.
    pub direction: Direction,
    /// The number of commits that it adds.
    pub added: usize,
    /// The number of commits that it takes out.
    pub removed: usize,
    /// The files that all of these change.
    pub files: ChangedFiles,
}

/// Reason why a range was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeFailure {
    /// The host does not know where it ends.
    #[error("{0}")]
    HeadUnknown(Failure),
    /// The host knows where it ends, and says that there is no commit where it starts.
    #[error("{0}")]
    BaseLost(Failure),
    /// The host knows both ends, and no commit that they have in common: two histories.
    #[error("{0}")]
    Unrelated(Failure),
    /// This invocation's time for reading is over, and what was read is kept: the next one reads on.
    #[error("{0}")]
    Unfinished(Failure),
    /// The host can't be asked now, or declines.
    #[error("{0}")]
    Other(#[from] Failure),
}

impl RangeFailure {
    /// As of [`Failure::logged`].
    pub fn logged(&self) -> String {
        let (Self::HeadUnknown(failure)
        | Self::BaseLost(failure)
        | Self::Unrelated(failure)
        | Self::Unfinished(failure)
        | Self::Other(failure)) = self;
        failure.logged()
    }
}

impl GitHub {
    /// The outline of the range between `base` and `head` (SHAs) of `repository` (`owner/name`): which way it
    /// goes, how long it is and which files it changes. One request, and one more where the head does not
    /// contain the base.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub async fn outline(
        &self,
        repository: &str,
        base: &str,
        head: &str,
    ) -> Result<RangeOutline, RangeFailure> {
        let (direction, added, removed) = self.both_ways(repository, base, head).await?;
        Ok(RangeOutline {
            direction,
            added: added.total,
            removed: removed.as_ref().map_or(0, |removed| removed.total),
            files: together(added.files, removed.as_ref().map(|removed| &removed.files)),
        })
    }

    /// The first page of the comparison of `base` and `head`, and of the other way round where the head does
    /// not contain the base.
    async fn both_ways(
        &self,
        repository: &str,
        base: &str,
        head: &str,
    ) -> Result<(Direction, Side, Option<Side>), RangeFailure> {
        let added = match self.first_page(repository, base, head).await? {
            Ok(added) => added,
            Err(lost) => return Err(self.lost(repository, (base, head), lost).await?),
        };
        let direction = added.direction();
        let removed = match direction {
            Direction::Same | Direction::Forward => None,
            // It knew both a moment ago: what it says now is no word on the base.
            Direction::Rollback | Direction::Diverged => Some(
                self.first_page(repository, head, base)
                    .await?
                    .map_err(|failure| Failure::retryable(failure.to_string()))?,
            ),
        };
        Ok((direction, added, removed))
    }

    /// Finds out which end of a range is missing, after GitHub refused to compare them because something is
    /// not there. It answers the same about two commits that have none in common.
    async fn lost(
        &self,
        repository: &str,
        (base, head): (&str, &str),
        lost: Failure,
    ) -> Result<RangeFailure, Failure> {
        if let Sought::Nowhere(unknown) = self.sought(repository, head).await? {
            return Ok(RangeFailure::HeadUnknown(unknown));
        }
        Ok(match self.sought(repository, base).await? {
            Sought::There(_) => RangeFailure::Unrelated(Failure::Permanent(format!(
                "{base} and {head} of {repository} have no commit in common, so what changed between them can't be read"
            ))),
            Sought::Nowhere(_) => RangeFailure::BaseLost(lost),
        })
    }

    /// Everything between `base` and `head` (SHAs) of `repository` (`owner/name`), both ways where the head
    /// does not contain the base. <https://docs.github.com/rest/commits/commits#compare-two-commits>
    ///
    /// Where the client keeps parts ([`GitHub::keeping`]), a large range may take several invocations.
    ///
    /// # Errors
    ///
    /// [`RangeFailure`] says which revision the host does not know. A failure that passes may mean that the
    /// next invocation reads on.
    pub async fn range(&self, repository: &str, base: &str, head: &str) -> Result<ReadRange, RangeFailure> {
        let counting = self.counting();
        let (direction, added, removed) = counting.both_ways(repository, base, head).await?;
        let commits = added.total + removed.as_ref().map_or(0, |removed| removed.total);
        let reader = counting.reading(repository, (base, head), commits).await?;
        let sides = (added, removed);
        match reader.read_whole(repository, (base, head), direction, sides).await {
            Ok(read) => {
                reader.end_reading().await?;
                Ok(read)
            }
            Err(failure) if reader.has_more_to_read() => Err(RangeFailure::Unfinished(failure)),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Everything in a range from the first pages of its `sides` on: what it adds, and what it takes out.
    async fn read_whole(
        &self,
        repository: &str,
        (base, head): (&str, &str),
        direction: Direction,
        (added, removed): (Side, Option<Side>),
    ) -> Result<ReadRange, Failure> {
        let added = self.whole(repository, (base, head), added).await?;
        let removed = match removed {
            Some(removed) => Some(self.whole(repository, (head, base), removed).await?),
            None => None,
        };
        self.assemble(repository, direction, added, removed).await
    }

    /// The commit `revision` (a SHA, also a shortened one, a branch or a tag) by itself, as a range of that
    /// one. <https://docs.github.com/rest/commits/commits#get-a-commit>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] or [`Failure::Refusal`] if there is none.
    pub async fn single(&self, repository: &str, revision: &str) -> Result<ReadRange, Failure> {
        let counting = self.counting();
        let mut commit = match counting.sought(repository, revision).await? {
            Sought::There(commit) => *commit,
            Sought::Nowhere(unknown) => return Err(unknown),
        };
        let files = parse::changed_files(std::mem::take(&mut commit.files));
        let base = match commit.parents.first() {
            Some(parent) => wire::Commit::unread(&parent.sha),
            None => wire::Commit::unread(&commit.sha),
        };
        let commits = vec![commit];
        let added = Side { status: "ahead".to_owned(), total: 1, base, commits, files, missing: Vec::new() };
        counting.assemble(repository, Direction::Forward, added, None).await
    }

    async fn assemble(
        &self,
        repository: &str,
        direction: Direction,
        added: Side,
        removed: Option<Side>,
    ) -> Result<ReadRange, Failure> {
        let base = added.base.sha.clone();
        let alone = match (&removed, added.commits.last()) {
            (_, Some(_)) => None,
            // Of the comparison the other way, the head is the base.
            (Some(removed), None) => Some(&removed.base),
            (None, None) => Some(&added.base),
        };
        let head = added.commits.last().or(alone).map_or_else(|| base.clone(), |head| head.sha.clone());
        let out = removed.as_ref().map_or(&[][..], |removed| removed.commits.as_slice());
        let are_cut = added.is_cut() || removed.as_ref().is_some_and(Side::is_cut);
        let mut missing = added.missing;
        missing.extend(removed.iter().flat_map(|removed| removed.missing.iter().cloned()));

        let read: Vec<&wire::Commit> = added.commits.iter().chain(out).collect();
        let is_cut = added.files.truncated || removed.as_ref().is_some_and(|removed| removed.files.truncated);
        let mut room = Room::of(read.len(), self.requests_spent(), is_cut);
        let shas: Vec<&str> = read.iter().copied().chain(alone).map(|commit| commit.sha.as_str()).collect();
        let of_commit = |sha: &&str| graphql::of_commit(sha);
        room.take(shas.len().div_ceil(PAGE), 0);
        let answers = self.ask(repository, (&shas, PAGE), "the commits", of_commit).await?;
        let (told, trunk) = told(answers, &mut missing);

        let brought_by = told.values().flat_map(|told| told.pull_requests.iter().copied()).collect();
        let mut pull_requests =
            self.pull_requests_of(repository, brought_by, &mut room, &mut missing).await?;
        let known: HashSet<&str> = read.iter().map(|commit| commit.sha.as_str()).collect();
        let nested =
            self.read_nested(repository, &mut pull_requests, &known, &mut room, &mut missing).await?;
        note_cut_authors(&pull_requests, &mut missing);
        self.read_asked_more(repository, &mut pull_requests, &mut room, &mut missing).await?;
        let branch_commits = pull_requests.iter().flat_map(|(_, commits)| commits);
        let mut parents: HashMap<&str, Vec<String>> =
            branch_commits.map(|commit| (commit.oid.as_str(), parents_of_branch(commit))).collect();
        parents.extend(read.iter().map(|commit| (commit.sha.as_str(), parents_of(commit))));
        let lists: Parents<'_> = parents.iter().map(|(sha, parents)| (*sha, parents.as_slice())).collect();
        let wanted = Wanted { parents: lists, base: &base, trunk: trunk.as_deref() };
        let mut merged: HashSet<String> = HashSet::new();
        let pushed = match wanted.parents.is_empty() {
            true => HashMap::new(),
            false => {
                let most = wanted.requests_left(&room, self.requests_spent());
                let pushes = self.pushes(repository, &wanted, most).await?;
                missing.extend(pushes.refused.clone());
                let left = most.saturating_sub(pushes.pages());
                let ancestry = self.ancestry(repository, &pushes, &wanted, left).await?;
                merged.extend(pushes.made_by_host().into_iter().map(str::to_owned));
                pushes.brought(&wanted, &ancestry)
            }
        };
        let arrival = |sha: &str| pushed.get(sha).cloned().unwrap_or_default();
        // Whoever pushed a commit made it, whatever pull request it is said to come from.
        let is_pushed = |sha: &str| {
            let queue = |by: &Identity| by.account.as_ref().is_some_and(Account::is_merge_queue);
            pushed.get(sha).is_some_and(|arrival| arrival.pushed_by.iter().any(|by| by.vouched && !queue(by)))
        };

        let of_range = |commit: &wire::Commit| -> RangeCommit {
            commit_of_range(commit, told.get(&commit.sha), arrival(&commit.sha))
        };
        let by_oid: HashMap<&str, &wire::GraphCommit> = pull_requests
            .iter()
            .flat_map(|(_, commits)| commits)
            .map(|commit| (commit.oid.as_str(), commit))
            .collect();
        let in_others = |oid: &str, number: u64| {
            let mut others = pull_requests.iter().filter(|(other, _)| other.number != number);
            others.any(|(_, commits)| commits.iter().any(|commit| commit.oid == oid))
        };
        let pull_requests: Vec<RangePullRequest> = pull_requests
            .iter()
            .map(|(pull_request, commits)| {
                let number = pull_request.number;
                let of_branch: HashSet<&str> = commits.iter().map(|commit| commit.oid.as_str()).collect();
                let brought = |commit: &&&wire::Commit| {
                    told.get(&commit.sha).is_some_and(|told| told.pull_requests.contains(&number))
                };
                let brought = read.iter().filter(brought);
                let brought = brought.filter(|commit| !of_branch.contains(commit.sha.as_str()));
                let (merges, made): (Vec<&wire::Commit>, Vec<&wire::Commit>) =
                    brought.copied().partition(|commit| commit.parents.len() > 1);
                let shas = |commits: Vec<&wire::Commit>| -> Vec<String> {
                    commits.into_iter().map(|commit| commit.sha.clone()).collect()
                };
                let (merges, made) = match nested.get(&number) {
                    Some(brought) => made_of(brought, &of_branch, &by_oid),
                    None => (shas(merges), shas(made)),
                };
                // One that somebody pushed may have been made in a fork, with any text.
                let merges = merges.into_iter().filter(|sha| merged.contains(sha)).collect();
                // What a merge brought is in the range itself, in the branch that it was merged into, or was
                // before it; only a squash or a rebase stands for other commits.
                let is_elsewhere = |oid: &str| nested.contains_key(&number) && in_others(oid, number);
                let own = commits.iter().filter(|commit| {
                    !made.is_empty() && !known.contains(commit.oid.as_str()) && !is_elsewhere(&commit.oid)
                });
                let own = own
                    .map(|commit| {
                        let made = commit_of_branch(commit, number, arrival(&commit.oid));
                        let by = nested.iter().filter(|(_, brought)| brought.contains(&commit.oid));
                        let by = by.map(|(number, _)| *number).filter(|by| *by != number);
                        RangeCommit { pull_requests: [number].into_iter().chain(by).collect(), ..made }
                    })
                    .collect();
                let all: Vec<RangeCommit> = commits
                    .iter()
                    .map(|commit| commit_of_branch(commit, number, arrival(&commit.oid)))
                    .collect();
                let is_openers_own = are_openers_own(&all, pull_request.opened_by.as_ref());
                let unpushed = |shas: Vec<String>| shas.into_iter().filter(|sha| !is_pushed(sha)).collect();
                RangePullRequest {
                    commits: own,
                    remade: unpushed(made),
                    merges: unpushed(merges),
                    is_openers_own,
                    ..pull_request.clone()
                }
            })
            .collect();
        let own: Vec<&wire::Commit> = added.commits.iter().chain(alone).collect();
        let numbers = |commits: &[&wire::Commit]| -> BTreeSet<u64> {
            commits
                .iter()
                .filter_map(|commit| told.get(&commit.sha))
                .flat_map(|told| told.pull_requests.clone())
                .collect()
        };
        let (of_own, mut of_all) = (numbers(&own), numbers(&read));
        of_all.extend(nested.keys());
        let among = |numbers: &BTreeSet<u64>| -> Vec<RangePullRequest> {
            pull_requests.iter().filter(|known| numbers.contains(&known.number)).cloned().collect()
        };
        Ok(ReadRange {
            reading: self.reading_name(),
            is_too_large: are_cut || room.is_short(),
            commits: own.into_iter().map(parse::commit).collect(),
            pull_requests: among(&of_own),
            files: together(added.files, removed.as_ref().map(|removed| &removed.files)),
            profiles: match room.left() {
                Some(_) => PROFILES,
                None => profiles::MOST_REQUESTS,
            },
            range: Range {
                added: added.commits.iter().map(of_range).collect(),
                removed: out.iter().map(of_range).collect(),
                pull_requests: among(&of_all),
                base,
                head,
                direction,
                missing,
            },
        })
    }
}

/// Collects the answers for each commit, and the default branch. A merged pull request counts if any of its
/// commits is in the range, wherever its merge is: a rebase has as many commits as its branch. GitHub also
/// lists open pull requests; anybody can open one.
fn told(
    answers: Answers<&str>,
    missing: &mut Vec<String>,
) -> (HashMap<String, CommitDetails>, Option<String>) {
    missing.extend(answers.missing);
    let mut told = HashMap::new();
    let mut untold = 0_usize;
    for (sha, value) in answers.found {
        match graphql::read::<wire::Brought>(&value) {
            Some(brought) => {
                told.insert(sha.to_owned(), CommitDetails::new(sha, brought, missing));
            }
            None => untold += 1,
        }
    }
    if untold > 0 {
        let commits = if untold == 1 { "one commit".to_owned() } else { format!("{untold} commits") };
        missing.push(format!("GitHub did not tell the co-authors and pull requests of {commits}."));
    }
    (told, answers.trunk)
}

/// The merges among the commits that a pull request `brought` to a branch, and those that a squash or a
/// rebase made: none is of its own branch `of_branch`.
fn made_of(
    brought: &BTreeSet<String>,
    of_branch: &HashSet<&str>,
    commits: &HashMap<&str, &wire::GraphCommit>,
) -> (Vec<String>, Vec<String>) {
    let parents = |oid: &str| commits.get(oid).and_then(|commit| commit.parents.total_count);
    let made = brought.iter().filter(|oid| !of_branch.contains(oid.as_str())).cloned();
    made.partition(|oid| parents(oid).is_some_and(|parents| parents > 1))
}

fn parents_of(commit: &wire::Commit) -> Vec<String> {
    commit.parents.iter().map(|parent| parent.sha.clone()).collect()
}

fn parents_of_branch(commit: &wire::GraphCommit) -> Vec<String> {
    let nodes = commit.parents.nodes.iter().flatten().flatten();
    nodes.map(|parent| parent.oid.clone()).collect()
}

/// The files of both ways.
fn together(added: ChangedFiles, removed: Option<&ChangedFiles>) -> ChangedFiles {
    let Some(removed) = removed else { return added };
    let paths: BTreeSet<String> = added.paths.into_iter().chain(removed.paths.iter().cloned()).collect();
    ChangedFiles {
        paths: paths.into_iter().collect(),
        lines: added.lines.saturating_add(removed.lines),
        truncated: added.truncated || removed.truncated,
        unread: added.unread.into_iter().chain(removed.unread.iter().cloned()).collect(),
    }
}
