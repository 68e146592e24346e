//! Pushes whose last commit was dropped since.

use super::*;
use signoff_core::range::RangeCommit;

/// A commit that GitHub does not have.
const GONE: &str = "ffffffffffffffffffffffffffffffffffffffff";

/// Returns the names of the people who pushed a commit, with a `+` after each whom the host vouches for.
fn pushers(commit: &RangeCommit) -> Vec<String> {
    let told = |one: &Identity| format!("{}{}", one.name, if one.vouched { "+" } else { "" });
    commit.pushed_by.iter().map(told).collect()
}

/// Pushes what `author` wrote together with another commit by the hand of `pusher`; the first one.
fn push_two(host: &Host, branch: &str, author: &str, pusher: &str) -> String {
    let of = |message: &str| on_branch(branch, commit(author, message)).pushed_by(&person(pusher));
    host.github.push_all(REPOSITORY, vec![of("kept"), of("dropped")])[0].clone()
}

#[tokio::test]
async fn pusher_of_a_dropped_later_commit_is_seen() {
    for branch in ["main", "side"] {
        let host = Host::start().await;
        let base = host.push(commit("ana", "base"));
        let kept = push_two(&host, branch, "ben", "ana");
        host.github.force_push(REPOSITORY, "main", &kept, &person("ben"));
        let range = host.range(&base, &kept).await;
        let expected: &[&str] = if branch == "main" { &["ana+"] } else { &["ana+", "ben"] };
        assert_eq!(pushers(&range.added[0]), expected, "{branch}");
    }
}

#[tokio::test]
async fn unknown_push_lets_no_later_push_vouch() {
    for branch in ["main", "side"] {
        let host = Host::start().await;
        let base = host.push(commit("ana", "base"));
        host.github.force_push(REPOSITORY, branch, GONE, &person("ana"));
        let head = host.push(commit("ben", "new").parents(std::slice::from_ref(&base)));
        let range = host.range(&base, &head).await;
        let expected: &[&str] = if branch == "main" { &["ben", "ana"] } else { &["ben"] };
        assert_eq!(pushers(&range.added[0]), expected, "{branch}");
    }
}

#[tokio::test]
async fn old_branches_are_told_apart_within_ten_requests() {
    let host = Host::start().await;
    // Longer than what is read of a head's history.
    let early = (0..60).map(|number| commit("ana", &format!("early {number}")).into()).collect();
    let fork = host.github.push_all(REPOSITORY, early).pop().unwrap();
    let main: Vec<Push> = (0..150).map(|number| commit("ana", &format!("main {number}")).into()).collect();
    let base = host.github.push_all(REPOSITORY, main).pop().unwrap();
    for number in 0..3 {
        let branch = on_branch(&format!("old-{number}"), commit("dan", "old"));
        host.push(branch.parents(std::slice::from_ref(&fork)));
    }
    for number in 0..60 {
        host.push(on_branch(&format!("new-{number}"), commit("dan", "new")));
    }
    let own = (0..20).map(|number| commit("ben", &format!("own {number}")).into()).collect();
    let head = host.github.push_all(REPOSITORY, own).pop().unwrap();
    let before = host.github.requests().len();
    let range = host.range(&base, &head).await;
    assert!(range.added.iter().all(|commit| pushers(commit) == ["ben+"]), "{:?}", range.added[0].pushed_by);
    let asked = host.requests(before).len();
    assert!(asked <= 10, "{asked} requests");
}
