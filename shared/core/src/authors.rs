//! The authors of a change for whom the source host vouches: an author by a commit's text alone is none.

use crate::range::{Account, Identity, Range, RangeCommit, RangePullRequest, Signature};
use std::collections::{BTreeMap, BTreeSet};

/// The authors and co-authors among the commits that `range` adds, and those of the branches that the host
/// made these of by a squash or a rebase, whose account had a hand in them by the host's own word: it signed
/// the commit, pushed it, or opened its pull request. Merging somebody else's work makes nobody its author.
/// With `only`, the authors of the commits with these SHAs. Each account with each of its addresses once, in
/// the order in which they first appear.
pub fn vouched_authors(range: &Range, only: Option<&BTreeSet<String>>) -> Vec<Identity> {
    let by_number: BTreeMap<u64, &RangePullRequest> =
        range.pull_requests.iter().map(|pull_request| (pull_request.number, pull_request)).collect();
    let mut found: Vec<Identity> = Vec::new();
    for commit in range.added.iter().filter(|commit| only.is_none_or(|only| only.contains(&commit.revision)))
    {
        let of: Vec<&RangePullRequest> =
            commit.pull_requests.iter().filter_map(|number| by_number.get(number).copied()).collect();
        let branches = of.iter().flat_map(|from| &from.commits);
        for written in std::iter::once(commit).chain(branches) {
            let hands = hands(written, &of);
            for author in std::iter::once(&written.author).chain(&written.co_authors) {
                let is_vouched = author.account.as_ref().is_some_and(|account| hands.contains(&account.id));
                let author = Identity { vouched: true, ..author.clone() };
                if is_vouched && !found.contains(&author) {
                    found.push(author);
                }
            }
        }
    }
    found
}

/// The numbers of the accounts that the host says had a hand in `commit`, which the pull requests `of`
/// brought.
fn hands(commit: &RangeCommit, of: &[&RangePullRequest]) -> BTreeSet<u64> {
    let signer: Option<&Account> = match &commit.signature {
        Signature::Valid(signer) => Some(signer),
        Signature::Unsigned | Signature::Host | Signature::Invalid(_) | Signature::Unknown(_) => None,
    };
    let acted = commit
        .pushed_by
        .iter()
        .chain(of.iter().flat_map(|from| &from.opened_by))
        .filter(|identity| identity.vouched)
        .filter_map(|identity| identity.account.as_ref());
    signer.into_iter().chain(acted).map(|account| account.id).collect()
}
