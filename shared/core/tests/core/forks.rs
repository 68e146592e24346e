//! The makers of commits that came from a fork.

use crate::samples::at;
use crate::shares::{account, acted, commit, named, of_pull_request, pull_request, range, shares};
use signoff_core::range::{Identity, RangeCommit, RangePullRequest, Signature};
use signoff_core::shares::changes;

/// The merge of the pull request 7, which Ben made of Ana's fork.
fn merge() -> RangeCommit {
    RangeCommit {
        author: named("ben"),
        committer: None,
        signature: Signature::Host,
        pushed_by: vec![by_merge("ben")],
        parents: 2,
        ..of_pull_request(7, commit(1, "ben"))
    }
}

/// Somebody whose push was a merge.
fn by_merge(login: &str) -> Identity {
    Identity { vouched: false, ..acted(login) }
}

/// Ana's commit, which came with that merge.
fn kept() -> RangeCommit {
    RangeCommit {
        signature: Signature::Valid(account("ana")),
        pushed_by: vec![by_merge("ben")],
        merged_in: Some(merge().revision),
        ..of_pull_request(7, commit(2, "ana"))
    }
}

fn from_fork() -> RangePullRequest {
    RangePullRequest { is_of_fork: true, merges: vec![merge().revision], ..pull_request(7, "ana", &["ben"]) }
}

#[test]
fn merger_of_a_fork_is_no_maker_of_its_commits() {
    let (alone, both) = ("ana: 1 commits, 0 merged", "ana+ben: 1 commits, 0 merged");
    let merged = RangeCommit { merged_in: Some(merge().revision), ..merge() };
    for (name, commit, from, expected) in [
        ("a fork", kept(), from_fork(), alone),
        ("a branch of this repository", kept(), RangePullRequest { is_of_fork: false, ..from_fork() }, both),
        ("somebody pushed it first", RangeCommit { merged_in: None, ..kept() }, from_fork(), both),
        (
            "another merge",
            RangeCommit { merged_in: Some(commit(9, "").revision), ..kept() },
            from_fork(),
            both,
        ),
        ("a merge that was pushed", kept(), RangePullRequest { merges: Vec::new(), ..from_fork() }, both),
        ("ben wrote it", RangeCommit { co_authors: vec![named("ben")], ..kept() }, from_fork(), both),
        (
            "ben signed it",
            RangeCommit { signature: Signature::Valid(account("ben")), ..kept() },
            from_fork(),
            both,
        ),
    ] {
        let told = shares(&range(vec![commit, merged.clone()], vec![from]));
        assert!(told.contains(&expected.to_owned()), "{name}: {told:?}");
        assert!(
            told.iter().any(|share| share.starts_with("ben:") && share.ends_with("1 merged")),
            "{name}: {told:?}"
        );
    }
}

#[test]
fn unsigned_commit_of_a_fork_has_nobody_who_stands_for_it() {
    let unsigned = RangeCommit { signature: Signature::Unsigned, ..kept() };
    let read = changes(&range(vec![unsigned, merge()], vec![from_fork()]), &[], at(0));
    assert_eq!(read.unvouched.count, 1);
}
