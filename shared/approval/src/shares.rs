//! Who made what of a range: the commits and pull requests that share the same makers, together.
//!
//! A vote counts for each share that its voter has no hand in. An approval is complete when each share has the votes
//! that its rule asks for.

use crate::authors::vouched_authors;
use crate::message::shorten;
use crate::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest, Signature};
use crate::range_files::RangeFiles;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The bots that are left out where the host's own signature says that a commit is theirs: Dependabot and Renovate, by
/// the number of their accounts.
///
/// Source: the commits of public repositories; <https://api.github.com/users/dependabot[bot]> and
/// <https://api.github.com/users/renovate[bot]>.
pub const LISTED_BOTS: [u64; 2] = [49_699_333, 29_139_614];
/// The account that GitHub's merge queue merges with.
const MERGE_QUEUE: &str = "github-merge-queue";
/// The account that a run's own token acts by.
///
/// Source: <https://docs.github.com/actions/concepts/security/github_token>.
const RUN_TOKEN: &str = "github-actions";
/// The end of the addresses that GitHub makes up for people who hide theirs: `ID+LOGIN@users.noreply.github.com`.
const NOREPLY: &str = "@users.noreply.github.com";
/// How many commits are named where something is wrong with them.
const NAMED: usize = 5;
/// How much of a title is kept, in characters.
const LONGEST_TITLE: usize = 200;

/// Somebody with a hand in a range: one account, or one address that belongs to no account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// The name that people read.
    pub name: String,
    /// The account; `None` where the host knows none.
    pub account: Option<Account>,
    /// The addresses, in lower case.
    pub emails: BTreeSet<String>,
    /// Whether the host says that somebody acted, and not who.
    #[serde(default)]
    pub is_untold: bool,
    /// Whether the account may show an address in public that was not read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unread: bool,
}

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
    /// How many there are.
    pub count: u32,
}

/// What an approval keeps of the range that it judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The revision where the range starts.
    pub base: String,
    /// The revision where it ends.
    pub head: String,
    /// How the two lie to each other.
    pub direction: Direction,
    /// The number of commits that it adds.
    pub added: u32,
    /// The number of commits that it takes out.
    pub removed: u32,
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
    /// Whether listed bots alone made it.
    pub is_of_bots: bool,
    /// What it does to files.
    #[serde(default)]
    pub files: RangeFiles,
    /// Those who deployed it or started its run, as they were known when it was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_by: Vec<Identity>,
    /// What was not read, and why, a sentence each.
    pub missing: Vec<String>,
    /// When it was read.
    pub read_at: Timestamp,
}

impl Named {
    fn push(&mut self, commit: &RangeCommit) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(label(commit));
        }
    }
}

/// The makers that were met so far.
#[derive(Default)]
struct Makers {
    all: Vec<Maker>,
    accounts: BTreeMap<u64, usize>,
    addresses: BTreeMap<String, usize>,
    /// Those whose account only follows from the text of an address.
    by_text: BTreeSet<usize>,
}

impl Makers {
    /// The index of who `identity` is. An account is one maker with all the addresses that the host says are its own.
    fn index(&mut self, identity: &Identity) -> usize {
        let email = identity.email.as_deref().map(str::to_lowercase).filter(|email| !email.is_empty());
        let told = identity.account.as_ref();
        let account = told.cloned().or_else(|| email.as_deref().and_then(noreply_account));
        let known = match &account {
            Some(account) => self.accounts.get(&account.id).copied(),
            None => self.addresses.get(email.as_deref().unwrap_or(&identity.name)).copied(),
        };
        let index = known.unwrap_or_else(|| {
            let name = match &account {
                Some(account) if identity.name.is_empty() => account.login.clone(),
                Some(_) | None => identity.name.clone(),
            };
            self.all.push(Maker { name, account: account.clone(), ..Maker::default() });
            let index = self.all.len() - 1;
            if told.is_none() {
                self.by_text.insert(index);
            }
            match &account {
                Some(account) => self.accounts.insert(account.id, index),
                None => self.addresses.insert(email.clone().unwrap_or_else(|| identity.name.clone()), index),
            };
            index
        });
        if let Some(told) = told
            && self.by_text.remove(&index)
        {
            // The address may name the number of one account and the login of another.
            self.all[index].account = Some(told.clone());
        }
        self.all[index].emails.extend(email);
        index
    }

    /// Somebody who did `what`, and whom the host does not name.
    fn untold(&mut self, what: String) -> usize {
        self.all.push(Maker { name: what, is_untold: true, ..Maker::default() });
        self.all.len() - 1
    }
}

/// What `range` comes to, read at `read_at`; of its files nothing. `started_by` deployed it or started its run, and so made all of it.
pub fn changes(range: &Range, started_by: &[Identity], read_at: Timestamp) -> Changes {
    changes_of(range, None, started_by, read_at)
}

/// What a part of `range` comes to: the commits whose SHAs are in `only`, and the pull requests that brought them; without
/// `only`, all of it. The rest as for [`changes`].
pub fn changes_of(
    range: &Range,
    only: Option<&BTreeSet<String>>,
    started_by: &[Identity],
    read_at: Timestamp,
) -> Changes {
    let counts = |commit: &&RangeCommit| only.is_none_or(|only| only.contains(&commit.revision));
    let mut makers = Makers::default();
    let mut shares = BTreeMap::new();
    let (mut unvouched, mut unverified) = (Named::default(), Named::default());
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
        let people = of_commit(&mut makers, commit, &of);
        add(&mut shares, people, 1, 0, &commit.title);
        if !is_vouched(commit, &of) {
            unvouched.push(commit);
        }
        if is_added && !is_verified(commit, &of) {
            unverified.push(commit);
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
            if adds && !is_verified(commit, &[]) {
                unverified.push(commit);
            }
        }
        let people = mergers(&mut makers, pull_request, range);
        add(&mut shares, people, 0, 1, &pull_request.title);
    }
    let is_of_bots = !shares.is_empty() && shares.keys().all(BTreeSet::is_empty);
    let starters = starters(&mut makers, started_by, range);
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
        makers: makers.all,
        shares: all.into_iter().map(|(makers, share)| Share { makers, ..share }).collect(),
        authors: vouched_authors(range, only),
        unvouched,
        unverified,
        is_of_bots,
        files: RangeFiles::default(),
        started_by: started_by.to_vec(),
        missing: range.missing.clone(),
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

/// Those who deployed it or started its run. Where the merge queue's push started it, those who queued stand
/// for it.
fn starters(makers: &mut Makers, started_by: &[Identity], range: &Range) -> BTreeSet<usize> {
    let is_queue = |by: &Identity| {
        by.account.as_ref().is_some_and(|account| is_bot(account) && is_named(account, MERGE_QUEUE))
    };
    let queued: Vec<&Identity> =
        range.pull_requests.iter().flat_map(|pull_request| &pull_request.merge_asked_by).collect();
    let mut people = BTreeSet::new();
    for by in started_by {
        if by.is_untold() {
            people.insert(makers.untold(by.name.clone()));
        } else if is_queue(by) && !queued.is_empty() {
            people.extend(queued.iter().map(|person| makers.index(person)));
        } else {
            people.insert(makers.index(by));
        }
    }
    people
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
    if !is_hosts_merge(commit) {
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

/// The author, the committer, the co-authors and the pushers of a commit. Who merged has the pull request as their share,
/// and is no maker of what they brought by merging alone: of a commit that the merge made (`made_by`, account numbers), and
/// of one that somebody else had pushed before (`merged_by`; the pushers are in the order of their pushes).
///
/// Where the pull requests `of` name the people behind a program that acted for them, these are makers in its place.
fn hands(
    makers: &mut Makers,
    commit: &RangeCommit,
    of: &[&RangePullRequest],
    made_by: &[u64],
    merged_by: &[u64],
) -> BTreeSet<usize> {
    let is_bots_own = is_listed_bots_own(commit);
    let asked = askers(commit, of);
    let is_left_out = |identity: &Identity| {
        let Some(account) = &identity.account else { return false };
        let is_listed_bot = is_bots_own && is_listed(account);
        let is_queue = identity.vouched && is_bot(account) && is_named(account, MERGE_QUEUE);
        is_listed_bot
            || asked.as_ref().is_some_and(|(program, _)| *program == account.id)
            || is_queue && of.iter().any(|from| !from.merge_asked_by.is_empty())
    };
    let is_among =
        |identity: &Identity, ids: &[u64]| account_id(identity).is_some_and(|id| ids.contains(&id));
    let written = std::iter::once(&commit.author).chain(&commit.co_authors);
    let pushed = commit.pushed_by.iter().enumerate();
    let pushed = pushed.filter(|(index, by)| *index == 0 || !is_among(by, merged_by)).map(|(_, by)| by);
    let brought = commit.committer.iter().chain(pushed).filter(|identity| !is_among(identity, made_by));
    let mut people: BTreeSet<usize> = written
        .chain(brought)
        .filter(|identity| !is_left_out(identity))
        .chain(asked.iter().flat_map(|(_, people)| people.iter()))
        .map(|identity| makers.index(identity))
        .collect();
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

/// The program whose own commit this is by the host's signature, and the people who asked it to open the commit's pull request.
fn askers<'r>(commit: &RangeCommit, of: &[&'r RangePullRequest]) -> Option<(u64, &'r [Identity])> {
    let author = commit.author.account.as_ref().filter(|author| is_bot(author))?;
    let is_own = commit.signature == Signature::Host && commit.committer.is_none();
    let from = of.iter().find(|from| {
        let opener = from.opened_by.as_ref().filter(|opener| opener.vouched).and_then(account_id);
        opener == Some(author.id) && !from.opening_asked_by.is_empty()
    })?;
    is_own.then_some((author.id, from.opening_asked_by.as_slice()))
}

/// Who opened a pull request; those who asked a program to. That a listed bot did is the host's word.
fn opener(makers: &mut Makers, pull_request: &RangePullRequest) -> Vec<usize> {
    match &pull_request.opened_by {
        Some(by) if by.vouched && by.account.as_ref().is_some_and(is_listed) => Vec::new(),
        Some(_) if !pull_request.opening_asked_by.is_empty() => {
            pull_request.opening_asked_by.iter().map(|person| makers.index(person)).collect()
        }
        Some(by) => vec![makers.index(by)],
        None => vec![makers.untold(format!("who opened #{}", pull_request.number))],
    }
}

/// Who merged a pull request, queued it, or turned on auto-merge.
fn mergers(makers: &mut Makers, pull_request: &RangePullRequest, range: &Range) -> BTreeSet<usize> {
    let number = pull_request.number;
    let own = |commit: &RangeCommit| is_listed_bots_own(commit) || is_hosts_merge(commit);
    let mut commits = range
        .added
        .iter()
        .chain(&range.removed)
        .filter(|commit| commit.pull_requests.contains(&number))
        .chain(&pull_request.commits);
    let is_of_bots = commits.clone().any(is_listed_bots_own) && commits.all(own);
    let (bots, persons): (Vec<&Identity>, Vec<&Identity>) =
        pull_request.merged_by.iter().partition(|by| by.account.as_ref().is_some_and(is_bot));
    let mut people: BTreeSet<usize> = persons.iter().map(|person| makers.index(person)).collect();
    for bot in bots {
        let is = |name: &str| bot.account.as_ref().is_some_and(|account| is_named(account, name));
        let (is_queue, is_run) = (is(MERGE_QUEUE), is(RUN_TOKEN));
        let is_own = bot.account.as_ref().is_some_and(is_listed);
        let stands_for_people =
            is_queue && !persons.is_empty() || is_run && !pull_request.merge_asked_by.is_empty();
        if !(stands_for_people || is_of_bots && (is_queue || is_run || is_own)) {
            people.insert(makers.index(bot));
        }
    }
    if pull_request.merged_by.is_empty() {
        people.insert(makers.untold(format!("who merged #{number}")));
    }
    people
}

/// A merge commit that the host made: its merge button, or the one that brings a branch up to date.
fn is_hosts_merge(commit: &RangeCommit) -> bool {
    commit.parents > 1 && commit.committer.is_none() && commit.signature == Signature::Host
}

/// A commit that is a listed bot's own by the host's signature.
fn is_listed_bots_own(commit: &RangeCommit) -> bool {
    commit.signature == Signature::Host
        && commit.committer.is_none()
        && commit.author.account.as_ref().is_some_and(is_listed)
}

/// Whether an account of the host that signed in stands for the commit. What the host made by a merge stands with who
/// merged.
fn is_vouched(commit: &RangeCommit, of: &[&RangePullRequest]) -> bool {
    let is_signed = match commit.signature {
        Signature::Valid(_) | Signature::Host => true,
        Signature::Unsigned | Signature::Invalid(_) | Signature::Unknown(_) => false,
    };
    let remade = |from: &&RangePullRequest| {
        from.remade.contains(&commit.revision)
            && !from.commits.is_empty()
            && from.merged_by.iter().any(|by| by.vouched && by.account.is_some())
    };
    is_signed || commit.pushed_by.iter().any(|by| by.vouched && by.account.is_some()) || of.iter().any(remade)
}

/// Whether the signature is the author's, or the host's for what it made: a merge, a squash, an edit on its page, or a
/// listed bot's own commit.
fn is_verified(commit: &RangeCommit, _of: &[&RangePullRequest]) -> bool {
    match &commit.signature {
        Signature::Valid(signer) => {
            commit.author.account.as_ref().is_some_and(|author| author.id == signer.id)
        }
        Signature::Host => {
            commit.committer.is_none()
                && commit.author.account.as_ref().is_some_and(|author| !is_bot(author) || is_listed(author))
        }
        Signature::Unsigned | Signature::Invalid(_) | Signature::Unknown(_) => false,
    }
}

fn is_listed(account: &Account) -> bool {
    LISTED_BOTS.contains(&account.id)
}

fn is_bot(account: &Account) -> bool {
    account.is_bot || account.login.ends_with("[bot]")
}

fn is_named(account: &Account, name: &str) -> bool {
    account.login.strip_suffix("[bot]").unwrap_or(&account.login) == name
}

fn account_id(identity: &Identity) -> Option<u64> {
    identity.account.as_ref().map(|account| account.id)
}

/// The account that GitHub's own address names. Anyone can type one: it adds a maker and proves nothing.
///
/// Source: <https://docs.github.com/account-and-profile/reference/email-addresses-reference>.
fn noreply_account(email: &str) -> Option<Account> {
    let (id, login) = email.strip_suffix(NOREPLY)?.split_once('+')?;
    let (id, login) = (id.parse().ok()?, login.to_owned());
    Some(Account { id, is_bot: login.ends_with("[bot]"), login })
}

fn label(commit: &RangeCommit) -> String {
    let revision = commit.revision.get(..7).unwrap_or(&commit.revision);
    format!("{revision} {}", shorten(&commit.title, 80))
}

fn counted(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
