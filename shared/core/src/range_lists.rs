//! The labels, authors and issues that each commit of a range has by its pull request, for the conditions of
//! rules that act without asking anybody.

use crate::range::{Account, Identity, Range, RangeCommit, RangePullRequest, Signature};
use std::collections::{BTreeMap, BTreeSet};

/// The lists of one commit: those of the pull requests that brought it. A commit without a pull request has
/// empty ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitLists {
    /// The full SHA.
    pub revision: String,
    /// The numbers of its pull requests.
    pub pull_requests: BTreeSet<u64>,
    /// The labels of these.
    pub labels: BTreeSet<String>,
    /// The accounts that opened them. A program is among these only where all commits of its pull request are
    /// its own by the host's valid signature: anybody with write access can push to its branch.
    pub authors: BTreeSet<String>,
    /// The keys of the issues that they mention.
    pub issues: BTreeSet<String>,
}

/// The lists of everything in a range together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeLists {
    /// The labels of all pull requests.
    pub labels: BTreeSet<String>,
    /// The accounts that opened them, programs too.
    pub authors: BTreeSet<String>,
    /// The keys of the issues that pull requests and the messages of commits mention.
    pub issues: BTreeSet<String>,
}

/// The lists of each commit that `range` adds or takes out, in its order.
pub fn of_each_commit(range: &Range) -> Vec<CommitLists> {
    let by_number: BTreeMap<u64, &RangePullRequest> =
        range.pull_requests.iter().map(|pull_request| (pull_request.number, pull_request)).collect();
    let authors: BTreeMap<u64, Option<&str>> =
        range.pull_requests.iter().map(|from| (from.number, author(from, range))).collect();
    let of_commit = |commit: &RangeCommit| {
        let mut lists = CommitLists { revision: commit.revision.clone(), ..CommitLists::default() };
        for from in commit.pull_requests.iter().filter_map(|number| by_number.get(number)) {
            lists.pull_requests.insert(from.number);
            lists.labels.extend(from.labels.iter().cloned());
            lists.authors.extend(authors.get(&from.number).copied().flatten().map(str::to_owned));
            lists.issues.extend(from.issues.iter().cloned());
        }
        lists
    };
    range.added.iter().chain(&range.removed).map(of_commit).collect()
}

/// The lists of everything that `range` adds or takes out.
pub fn of_all(range: &Range) -> RangeLists {
    let mut all = RangeLists::default();
    for from in &range.pull_requests {
        all.labels.extend(from.labels.iter().cloned());
        all.authors.extend(opener(from).map(|account| account.login.clone()));
        all.issues.extend(from.issues.iter().cloned());
    }
    for commit in range.added.iter().chain(&range.removed) {
        all.issues.extend(commit.issues.iter().cloned());
    }
    all
}

/// The account that opened a pull request, where it is its author. A person is by the host's word; a program
/// only where everything in it is the program's own.
fn author<'r>(from: &'r RangePullRequest, range: &Range) -> Option<&'r str> {
    let opener = opener(from)?;
    let is_program = opener.is_bot || opener.login.ends_with("[bot]");
    if !is_program {
        return Some(&opener.login);
    }
    let in_range = range.added.iter().chain(&range.removed);
    let mut in_range = in_range.filter(|commit| commit.pull_requests.contains(&from.number));
    let is_own =
        from.is_openers_own && in_range.all(|commit| is_own(commit, opener) || from.is_merged_by(commit));
    is_own.then_some(opener.login.as_str())
}

fn opener(from: &RangePullRequest) -> Option<&Account> {
    from.opened_by.as_ref().and_then(|opener| opener.account.as_ref())
}

/// True if all `commits` of a pull request's branch are the own ones of `opener` by the host's valid
/// signature. A merge that the host made for somebody else is not: where that person resolved conflicts on
/// the host's page, it has any text of theirs, and looks like one that brings the branch up to date.
pub fn are_openers_own(commits: &[RangeCommit], opener: Option<&Identity>) -> bool {
    let Some(opener) = opener.and_then(|opener| opener.account.as_ref()) else { return false };
    !commits.is_empty() && commits.iter().all(|commit| is_own(commit, opener))
}

/// True if `commit` is the own one of `account` by the host's valid signature: the account's, or the host's
/// own for what it made for the account. One that somebody else is known to have pushed is not: the host also
/// signs what it squashes in a fork.
fn is_own(commit: &RangeCommit, account: &Account) -> bool {
    let is = |who: &Identity| who.account.as_ref().is_some_and(|of| of.id == account.id);
    let is_queue = |by: &Identity| by.account.as_ref().is_some_and(Account::is_merge_queue);
    let is_others = |by: &Identity| by.vouched && !is(by) && !is_queue(by);
    let is_authors =
        is(&commit.author) && commit.co_authors.iter().all(is) && !commit.pushed_by.iter().any(is_others);
    match &commit.signature {
        Signature::Valid(signer) => is_authors && signer.id == account.id,
        Signature::Host => is_authors && commit.committer.is_none(),
        Signature::Unsigned | Signature::Invalid(_) | Signature::Unknown(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range::Direction;

    #[test]
    fn issues_of_all_are_those_of_whole_messages() {
        let who = Identity { name: "Ana".to_owned(), email: None, account: None, vouched: false };
        let commit = |revision: &str, issues: &[&str]| RangeCommit {
            revision: revision.to_owned(),
            title: "Fix the price".to_owned(),
            author: who.clone(),
            committer: None,
            co_authors: Vec::new(),
            signature: Signature::Unsigned,
            pushed_by: Vec::new(),
            pull_requests: Vec::new(),
            merged_in: None,
            issues: issues.iter().map(|key| (*key).to_owned()).collect(),
            parents: 1,
        };
        let range = Range {
            base: "a".to_owned(),
            head: "c".to_owned(),
            direction: Direction::Diverged,
            added: vec![commit("b", &["SHOP-9"]), commit("c", &[])],
            removed: vec![commit("d", &["SHOP-7"])],
            pull_requests: Vec::new(),
            missing: Vec::new(),
        };
        assert_eq!(of_all(&range).issues.into_iter().collect::<Vec<_>>(), ["SHOP-7", "SHOP-9"]);
    }
}
