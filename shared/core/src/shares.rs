//! Shares of a range: the commits and pull requests that have the same makers, together.
//!
//! A vote counts for each share that its voter has no hand in. An approval is complete when each share has
//! the votes that its rule asks for.

mod bots;
mod held;
mod makers;
mod starters;

pub use held::Held;
pub use makers::Maker;

use crate::authors::vouched_authors;
use crate::message::shorten;
use crate::people::{Handle, Role};
use crate::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest, Signature};
use crate::range_files::RangeFiles;
use crate::slug::canonical;
use bots::{Brought, askers, own_bot};
use jiff::Timestamp;
use makers::Makers;
use serde::{Deserialize, Serialize};
use starters::starters;
use std::collections::{BTreeMap, BTreeSet};

/// The most commits that are named where something is wrong with them.
const NAMED: usize = 5;
/// The most characters of a title that are kept.
const LONGEST_TITLE: usize = 200;

/// Commits and pull requests that have the same makers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The makers, by their index in [`Changes::makers`].
    pub makers: BTreeSet<usize>,
    /// The number of commits.
    pub commits: u32,
    /// The number of pull requests that these makers merged.
    pub pull_requests: u32,
    /// The title of one of them.
    pub title: String,
}

/// Some commits, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The first few of them, as `4bf7226 Show prices in euro`.
    pub first: Vec<String>,
    /// The total number of them.
    pub count: u32,
}

/// Commits that are a program's own by the source host's signature: no valid signature of an author is on
/// them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfBot {
    /// The program, by its index in [`Changes::makers`].
    pub maker: usize,
    /// The commits.
    pub commits: Named,
}

/// The facts that an approval keeps of the range that it judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The revision where the range starts.
    pub base: String,
    /// The revision where it ends.
    pub head: String,
    /// The direction from the first to the second.
    pub direction: Direction,
    /// The number of commits that it adds.
    pub added: u32,
    /// The number of commits that it takes out.
    pub removed: u32,
    /// The further commits that count, where it goes back or away to a revision that was never let through.
    /// The rest has them too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// Everybody with a hand in it.
    pub makers: Vec<Maker>,
    /// Its shares.
    pub shares: Vec<Share>,
    /// Its authors for whom the host vouches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Identity>,
    /// Commits that no account vouches for.
    pub unvouched: Named,
    /// Commits without a valid signature of their author or of the host.
    pub unverified: Named,
    /// Commits of programs, which count as verified where the program is on the list of bots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of_bots: Vec<OfBot>,
    /// True if programs alone made it, by the source host's signature.
    pub is_of_bots: bool,
    /// The effects on files.
    #[serde(default)]
    pub files: RangeFiles,
    /// Those who deployed it or started its run, as they were known when it was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_by: Vec<Identity>,
    /// The parts that were not read, and why, a sentence each.
    pub missing: Vec<String>,
    /// True if something is missing because the range is beyond a bound of ours: another reading says the
    /// same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_too_large: bool,
    /// The time at which it was read.
    pub read_at: Timestamp,
}

impl Changes {
    /// The same, read of `repository` (`owner/name`): that completes the handles of accounts that are gone.
    pub fn of_repository(mut self, repository: &str) -> Self {
        for maker in &mut self.makers {
            if let Some(Handle::PullRequest { repository: name, .. }) = &mut maker.handle {
                *name = canonical(repository);
            }
        }
        self
    }
}

impl Named {
    /// These and `others`.
    pub(crate) fn and(mut self, others: &Self) -> Self {
        let room = NAMED.saturating_sub(self.first.len());
        self.first.extend(others.first.iter().take(room).cloned());
        self.count = self.count.saturating_add(others.count);
        self
    }

    fn push(&mut self, commit: &RangeCommit) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(label(commit));
        }
    }
}

/// The changes of `range`, read at `read_at`, without their effects on files. `started_by` deployed it or
/// started its run, and so made all of it.
pub fn changes(range: &Range, started_by: &[Identity], read_at: Timestamp) -> Changes {
    changes_of(range, None, started_by, read_at)
}

/// The changes of a part of `range`: the commits whose SHAs are in `only`, and the pull requests that brought
/// them; without `only`, all of it. The rest as for [`changes`].
pub fn changes_of(
    range: &Range,
    only: Option<&BTreeSet<String>>,
    started_by: &[Identity],
    read_at: Timestamp,
) -> Changes {
    let counts = |commit: &&RangeCommit| only.is_none_or(|only| only.contains(&commit.revision));
    let mut makers = Makers::default();
    let mut shares = BTreeMap::new();
    let (mut unvouched, mut signatures) = (Named::default(), Signatures::default());
    let by_number: BTreeMap<u64, &RangePullRequest> =
        range.pull_requests.iter().map(|pull_request| (pull_request.number, pull_request)).collect();
    let in_range: BTreeSet<&str> =
        range.added.iter().chain(&range.removed).map(|commit| commit.revision.as_str()).collect();
    let added: Vec<&RangeCommit> = range.added.iter().filter(counts).collect();
    let removed: Vec<&RangeCommit> = range.removed.iter().filter(counts).collect();
    let brought: BTreeSet<u64> =
        added.iter().chain(&removed).flat_map(|commit| commit.pull_requests.iter().copied()).collect();
    let is_added = added.iter().map(|commit| (*commit, true));
    for (commit, is_added) in is_added.chain(removed.iter().map(|commit| (*commit, false))) {
        let of: Vec<&RangePullRequest> =
            commit.pull_requests.iter().filter_map(|number| by_number.get(number).copied()).collect();
        let mut people = of_commit(&mut makers, commit, &of);
        if people.is_empty() {
            // A token merged it: whoever stands for the merge made it.
            let merged = of.iter().filter(|from| from.is_merged_by(commit));
            people.extend(merged.flat_map(|from| mergers(&mut makers, from, range)));
        }
        add(&mut shares, people, 1, 0, &commit.title);
        if !is_vouched(commit, &of) {
            unvouched.push(commit);
        }
        if is_added {
            signatures.judge(&mut makers, commit, &of);
        }
    }
    // One that was merged into the branch of another belongs to what became of that.
    let of_branches = |from: &RangePullRequest| {
        let within = range.pull_requests.iter().filter(|other| brought.contains(&other.number));
        within.flat_map(|other| &other.commits).any(|commit| commit.pull_requests.contains(&from.number))
    };
    let of_part =
        |from: &&RangePullRequest| only.is_none() || brought.contains(&from.number) || of_branches(from);
    for pull_request in range.pull_requests.iter().filter(of_part) {
        // What is taken out runs no more, however it was signed.
        let adds = added.iter().any(|commit| commit.pull_requests.contains(&pull_request.number));
        for commit in &pull_request.commits {
            if in_range.contains(commit.revision.as_str()) {
                continue;
            }
            // One that a squash or a rebase into this branch made stands with who merged that.
            let made_by: Vec<&RangePullRequest> = commit
                .pull_requests
                .iter()
                .filter_map(|number| by_number.get(number).copied())
                .filter(|from| from.number != pull_request.number && from.remade.contains(&commit.revision))
                .collect();
            let mut people = hands(&mut makers, commit, &[pull_request], &merger_ids(&made_by), &[]);
            people.extend(opener(&mut makers, pull_request));
            add(&mut shares, people, 0, 0, &commit.title);
            if !is_vouched(commit, &made_by) {
                unvouched.push(commit);
            }
            if adds {
                signatures.judge(&mut makers, commit, &[pull_request]);
            }
        }
        let people = mergers(&mut makers, pull_request, range);
        add(&mut shares, people, 0, 1, &pull_request.title);
    }
    let is_signed_bot = |maker: &usize| makers.all[*maker].is_signed_bot;
    let is_of_bots = !shares.is_empty() && shares.keys().all(|people| people.iter().all(is_signed_bot));
    let starters = starters(&mut makers, started_by, range, is_of_bots);
    if shares.is_empty() && !starters.is_empty() {
        // It adds nothing, and somebody wants it there.
        add(&mut shares, BTreeSet::new(), 0, 0, "");
    }
    let mut all = BTreeMap::new();
    for (mut people, share) in shares {
        people.extend(&starters);
        add(&mut all, people, share.commits, share.pull_requests, &share.title);
    }
    Changes {
        base: range.base.clone(),
        head: range.head.clone(),
        direction: range.direction,
        added: counted(added.len()),
        removed: counted(removed.len()),
        held: None,
        makers: makers.all,
        shares: all.into_iter().map(|(makers, share)| Share { makers, ..share }).collect(),
        authors: vouched_authors(range, only),
        unvouched,
        unverified: signatures.unverified,
        of_bots: signatures.of_bots.into_iter().map(|(maker, commits)| OfBot { maker, commits }).collect(),
        is_of_bots,
        files: RangeFiles::default(),
        started_by: started_by.to_vec(),
        missing: range.missing.clone(),
        is_too_large: false,
        read_at,
    }
}

fn add(
    shares: &mut BTreeMap<BTreeSet<usize>, Share>,
    makers: BTreeSet<usize>,
    commits: u32,
    pull_requests: u32,
    title: &str,
) {
    let share = shares
        .entry(makers)
        .or_insert_with(|| Share { title: shorten(title, LONGEST_TITLE), ..Share::default() });
    share.commits += commits;
    share.pull_requests += pull_requests;
}

/// Everybody with a hand in a commit of the range itself.
fn of_commit(makers: &mut Makers, commit: &RangeCommit, of: &[&RangePullRequest]) -> BTreeSet<usize> {
    // A squash or a rebase by the host: the branch's own commits are told apart from what came of them.
    let remade: Vec<&RangePullRequest> = of
        .iter()
        .filter(|from| !from.commits.is_empty() && from.remade.contains(&commit.revision))
        .copied()
        .collect();
    let mut people = hands(makers, commit, of, &merger_ids(&remade), &merger_ids(of));
    if !commit.is_hosts_merge() {
        for from in of {
            people.extend(opener(makers, from));
        }
    }
    for from in remade {
        // Of a rebase the range may have the first commits only: a single one stands for the whole branch.
        if from.remade.len() == 1 {
            for branch in &from.commits {
                people.extend(hands(makers, branch, &[from], &[], &[]));
            }
        }
    }
    people
}

/// The numbers of the accounts that merged these pull requests.
fn merger_ids(from: &[&RangePullRequest]) -> Vec<u64> {
    from.iter().flat_map(|from| &from.merged_by).filter_map(account_id).collect()
}

/// The author, the committer, the co-authors and the pushers of a commit. People who merged have the pull
/// request as their share. Merging alone makes them no makers of a commit that the merge made (`made_by`,
/// account numbers), nor of one that somebody else had pushed before (`merged_by`; the pushers are in the
/// order of their pushes), nor of one that came from a fork.
///
/// Where the pull requests `of` name the people behind a program that acted for them, these are makers in its
/// place.
fn hands(
    makers: &mut Makers,
    commit: &RangeCommit,
    of: &[&RangePullRequest],
    made_by: &[u64],
    merged_by: &[u64],
) -> BTreeSet<usize> {
    let asked = askers(commit, of);
    let is_left_out = |identity: &Identity| {
        let Some(account) = &identity.account else { return false };
        // A push is the host's word, whether it vouches for what was pushed or not.
        let is_told = identity.vouched || commit.pushed_by.contains(identity);
        let is_queue = is_told && account.is_merge_queue();
        asked.as_ref().is_some_and(|(program, _)| *program == account.id)
            || is_queue && of.iter().any(|from| !from.merge_asked_by.is_empty())
    };
    let is_among =
        |identity: &Identity, ids: &[u64]| account_id(identity).is_some_and(|id| ids.contains(&id));
    let from_fork: Vec<&RangePullRequest> =
        of.iter().filter(|from| from.brought_from_fork(commit)).copied().collect();
    let from_fork = merger_ids(&from_fork);
    let brought = Brought { commit, of };
    let is_first_hand = |index: usize, by: &Identity| index == 0 && !is_among(by, &from_fork);
    let pushed = commit.pushed_by.iter().filter(|by| !brought.is_by_token(by)).enumerate();
    let pushed =
        pushed.filter(|(index, by)| is_first_hand(*index, by) || !is_among(by, merged_by)).map(|(_, by)| by);
    let others = commit.committer.iter().chain(pushed).filter(|identity| !is_among(identity, made_by));
    let author = Some(&commit.author).filter(|author| !brought.is_merge_by_token(author));
    let mut people: BTreeSet<usize> = author
        .into_iter()
        .chain(others)
        .filter(|identity| !is_left_out(identity))
        .map(|identity| makers.of_commit(identity, commit))
        .collect();
    let named = commit.co_authors.iter().filter(|identity| !is_left_out(identity));
    people.extend(named.map(|identity| makers.co_author(identity, commit)));
    people.extend(asked.iter().flat_map(|(_, people)| people.iter()).map(|person| makers.index(person)));
    if let Signature::Valid(account) = &commit.signature {
        let signer = Identity {
            name: account.login.clone(),
            email: None,
            account: Some(account.clone()),
            vouched: true,
        };
        people.insert(makers.index(&signer));
    }
    people
}

/// Finds who opened a pull request, or who asked a program to, and those who asked an assistant for more. The
/// host itself says that a program did something by itself.
fn opener(makers: &mut Makers, pull_request: &RangePullRequest) -> Vec<usize> {
    let more = pull_request.more_asked_by.iter().map(|person| match person.is_untold() {
        true => makers.untold(person),
        false => makers.index(person),
    });
    let mut people: Vec<usize> = more.collect();
    people.extend(first_openers(makers, pull_request));
    people
}

/// Finds who opened a pull request, or who asked a program to.
fn first_openers(makers: &mut Makers, pull_request: &RangePullRequest) -> Vec<usize> {
    match &pull_request.opened_by {
        Some(_) if !pull_request.opening_asked_by.is_empty() => {
            pull_request.opening_asked_by.iter().map(|person| makers.index(person)).collect()
        }
        Some(by) => match by.account.as_ref().filter(|account| by.vouched && account.acts_for_nobody()) {
            Some(program) => vec![makers.signed_bot(program)],
            None => vec![makers.index(by)],
        },
        None => vec![makers.gone(pull_request.number, Role::Opener)],
    }
}

/// The people who merged a pull request, queued it, or turned on auto-merge. If all that was merged are
/// programs' own commits, these programs stand for a run's own token and the merge queue. Otherwise the
/// people who asked for this merge do; somebody who asked for one before does not.
fn mergers(makers: &mut Makers, pull_request: &RangePullRequest, range: &Range) -> BTreeSet<usize> {
    let number = pull_request.number;
    let of_range = range.added.iter().chain(&range.removed);
    let of_range = of_range.filter(|commit| commit.pull_requests.contains(&number));
    let commits: Vec<&RangeCommit> = of_range.chain(&pull_request.commits).collect();
    let programs: Vec<&Account> = commits.iter().filter_map(|commit| own_bot(commit)).collect();
    let is_of_bots = !programs.is_empty()
        && commits.iter().all(|commit| own_bot(commit).is_some() || pull_request.is_merged_by(commit));
    let told = pull_request.merged_by.iter().filter(|by| !by.is_untold());
    let (bots, persons): (Vec<&Identity>, Vec<&Identity>) =
        told.partition(|by| by.account.as_ref().is_some_and(Account::is_programs));
    let mut people: BTreeSet<usize> = persons.iter().map(|person| makers.index(person)).collect();
    for bot in bots {
        let account = bot.account.as_ref();
        let is_queue = account.is_some_and(Account::is_merge_queue);
        let is_run = account.is_some_and(Account::is_run_token);
        let is_own = programs.iter().any(|program| account_id(bot) == Some(program.id));
        let stands_for_people = (is_queue || is_run) && !pull_request.merge_asked_by.is_empty();
        if stands_for_people {
            continue;
        }
        if is_of_bots && (is_queue || is_run || is_own) {
            people.extend(programs.iter().map(|program| makers.signed_bot(program)));
        } else {
            people.insert(makers.index(bot));
        }
    }
    if pull_request.merged_by.is_empty() || pull_request.merged_by.iter().any(Identity::is_untold) {
        people.insert(makers.gone(number, Role::Merger));
    }
    people
}

/// True if an account that signed in to the host stands for the commit. The merger stands for a commit that
/// the host made by a merge. The host's own signature names nobody: its author does, where the host finds an
/// account for the address. Somebody may have taken the address off their account since.
fn is_vouched(commit: &RangeCommit, of: &[&RangePullRequest]) -> bool {
    let is_signed = match commit.signature {
        Signature::Valid(_) => true,
        Signature::Host => commit.author.account.is_some(),
        Signature::Unsigned | Signature::Invalid(_) | Signature::Unknown(_) => false,
    };
    let is_told = |by: &Identity| by.vouched && by.account.is_some();
    let is_mergers = |from: &&RangePullRequest| {
        let is_remade = from.remade.contains(&commit.revision) && !from.commits.is_empty();
        (is_remade || from.is_merged_by(commit)) && from.merged_by.iter().any(is_told)
    };
    is_signed || commit.pushed_by.iter().any(is_told) || of.iter().any(is_mergers)
}

/// The commits without a valid signature of their author or of the host, collected one by one.
#[derive(Default)]
struct Signatures {
    /// Those that nobody who has to stand for them signed.
    unverified: Named,
    /// Those that are a program's own, by its index among the makers.
    of_bots: BTreeMap<usize, Named>,
}

impl Signatures {
    /// Notes `commit`, which the pull requests `of` brought, unless its signature is the author's, or the
    /// host's on a commit that the host made: a merge, a squash or an edit on its page. A program's own
    /// commit is noted apart: it counts as verified if the program is on the list of bots.
    fn judge(&mut self, makers: &mut Makers, commit: &RangeCommit, of: &[&RangePullRequest]) {
        if let Some(program) = own_bot(commit).filter(|_| askers(commit, of).is_none()) {
            self.of_bots.entry(makers.signed_bot(program)).or_default().push(commit);
        } else if !is_verified(commit) && !of.iter().any(|from| from.is_merged_by(commit)) {
            self.unverified.push(commit);
        }
    }
}

fn is_verified(commit: &RangeCommit) -> bool {
    let author = commit.author.account.as_ref();
    match &commit.signature {
        Signature::Valid(signer) => author.is_some_and(|author| author.id == signer.id),
        Signature::Host => commit.committer.is_none() && author.is_some_and(|author| !author.is_programs()),
        Signature::Unsigned | Signature::Invalid(_) | Signature::Unknown(_) => false,
    }
}

fn account_id(identity: &Identity) -> Option<u64> {
    identity.account.as_ref().map(|account| account.id)
}

fn label(commit: &RangeCommit) -> String {
    let revision = commit.revision.get(..7).unwrap_or(&commit.revision);
    format!("{revision} {}", shorten(&commit.title, 80))
}

fn counted(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
