//! Commits of a range, for every shape of the history.

use super::*;
use signoff_core::range::Direction;
use signoff_local::fault::{Fault, FaultKind};

fn titles(range: &Range) -> (Vec<String>, Vec<String>) {
    let title = |commit: &'_ signoff_core::range::RangeCommit| -> String { commit.title.clone() };
    (range.added.iter().map(title).collect(), range.removed.iter().map(title).collect())
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn a_range_says_which_way_and_what_it_takes_out() {
    let host = Host::start().await;
    let one = host.push(commit("ana", "one"));
    let two = host.push(commit("ben", "two"));
    let three = host.push(commit("cleo", "three"));
    let fork = host.push(on_branch("side", commit("dan", "side")).parents(std::slice::from_ref(&one)));
    for (base, head, direction, added, removed, own) in [
        (&one, &three, Direction::Forward, &["two", "three"][..], &[][..], &["two", "three"][..]),
        (&three, &one, Direction::Rollback, &[], &["two", "three"], &["one"]),
        (&two, &two, Direction::Same, &[], &[], &["two"]),
        (&three, &fork, Direction::Diverged, &["side"], &["two", "three"], &["side"]),
    ] {
        let range = host.range(base, head).await;
        assert_eq!((&range.base, &range.head, range.direction), (base, head, direction));
        let (more, less) = titles(&range);
        assert_eq!((more, less), (owned(added), owned(removed)), "{direction:?}");
        let read = host.read(base, head).await.unwrap();
        let titles: Vec<_> = read.commits.iter().map(|commit| commit.title.as_str()).collect();
        assert_eq!(titles, own, "{direction:?}");
    }
    let rolled_back = host.read(&three, &one).await.unwrap().files;
    assert_eq!(
        (rolled_back.paths, rolled_back.lines),
        (vec!["src/ben.rs".to_owned(), "src/cleo.rs".to_owned()], 6)
    );
    let diverged = host.read(&three, &fork).await.unwrap().files;
    assert_eq!((diverged.paths.len(), diverged.lines), (3, 9));
}

#[tokio::test]
async fn a_merge_brings_the_commits_of_its_side() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let side = host.push(on_branch("side", commit("ben", "side")));
    host.push(commit("ana", "main"));
    let merge = host.push(commit("cleo", "Merge").merged_by(&person("cleo")).merging(&side));
    let opened = NewPullRequest {
        merger: Some(person("cleo")),
        ..pull_request("ben", &[side.clone(), merge.clone()])
    };
    let number = host.github.add_pull_request(REPOSITORY, opened.of_branch("side", &[side]));
    let range = host.range(&base, &merge).await;
    assert_eq!(titles(&range).0, ["side", "main", "Merge"]);
    let of: Vec<_> = range.added.iter().map(|commit| commit.pull_requests.clone()).collect();
    assert_eq!(of, [vec![number], vec![], vec![number]]);
    assert_eq!(range.added[2].parents, 2);
    assert_eq!(range.pull_requests[0].commits, [], "they are the range's own");
    assert_eq!(range.pull_requests[0].merges, std::slice::from_ref(&merge));
    // Dan made one in his fork, and pushed it.
    let other = host.push(on_branch("other", commit("eli", "other")));
    let pushed = host.push(commit("dan", "Merge").signed_by_host().pushed_by(&person("dan")).merging(&other));
    let opened = NewPullRequest {
        merger: Some(person("dan")),
        ..pull_request("eli", &[other.clone(), pushed.clone()])
    };
    host.github.add_pull_request(REPOSITORY, opened.of_branch("other", &[other]));
    let range = host.range(&merge, &pushed).await;
    assert_eq!((range.pull_requests.len(), range.pull_requests[0].merges.len()), (1, 0));
}

/// A pull request of a commit of Ben's that cleo merged with a merge commit. The commit is of his fork, or of
/// a branch of this repository.
async fn merged_by_cleo(is_of_fork: bool) -> Range {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let theirs = on_branch("theirs", commit("ben", "theirs")).signed_by(&person("ben"));
    let theirs = if is_of_fork { host.push(theirs.in_a_fork()) } else { host.push(theirs) };
    host.push(commit("ana", "main"));
    let merge = host.push(commit("cleo", "Merge").merged_by(&person("cleo")).merging(&theirs));
    let opened = NewPullRequest {
        merger: Some(person("cleo")),
        ..pull_request("ben", &[theirs.clone(), merge.clone()])
    };
    let opened = opened.of_branch("theirs", &[theirs]);
    let opened = if is_of_fork { opened.of_fork() } else { opened };
    host.github.add_pull_request(REPOSITORY, opened);
    host.range(&base, &merge).await
}

#[tokio::test]
async fn merge_of_a_fork_is_told_apart_from_a_push() {
    for (is_of_fork, expected) in [(true, true), (false, false)] {
        let range = merged_by_cleo(is_of_fork).await;
        let theirs = range.added.iter().find(|commit| commit.title == "theirs").unwrap();
        assert_eq!(range.pull_requests[0].brought_from_fork(theirs), expected);
        assert_eq!(logins(&theirs.pushed_by), if is_of_fork { vec!["cleo"] } else { vec!["ben", "cleo"] });
    }
}

#[tokio::test]
async fn a_lost_base_and_an_unknown_head_are_told_apart() {
    let host = Host::start().await;
    let old = host.push(commit("ana", "old"));
    let head = host.push(commit("ben", "new").parents(&[]));
    let unknown = "0".repeat(40);
    assert!(matches!(host.read(&unknown, &head).await, Err(RangeFailure::BaseLost(_))));
    assert!(matches!(host.read(&head, &unknown).await, Err(RangeFailure::HeadUnknown(_))));
    // The host still has the base: no admin can set another one, from which less would be judged.
    assert!(matches!(host.read(&old, &head).await, Err(RangeFailure::Unrelated(_))), "nothing in common");
    // Once the old history is merged in, all that is new is judged.
    let merged = host.push(commit("ben", "Merge").merging(&old));
    assert_eq!(titles(&host.range(&old, &merged).await).0, ["new", "Merge"]);
    host.github.forget(REPOSITORY, &old);
    assert!(matches!(host.read(&old, &head).await, Err(RangeFailure::BaseLost(_))));
}

#[tokio::test]
async fn a_refused_comparison_is_no_lost_base() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let pushes = (0..150).map(|number| commit("ben", &format!("commit {number}")).into()).collect();
    let head = host.github.push_all(REPOSITORY, pushes).pop().unwrap();
    for (path, status) in [("/compare/", 403), ("/compare/", 422), ("page=2", 404)] {
        host.github.faults().push(Fault::once(path, FaultKind::status(status, "{}")));
        let failure = host.read(&base, &head).await;
        assert!(matches!(failure, Err(RangeFailure::Other(_))), "{path} {status}: {failure:?}");
    }
    // Whether the head is known can't be told: the base counts as lost only where it is.
    host.github.faults().push(Fault::once("/compare/", FaultKind::status(404, "{}")));
    host.github.faults().push(Fault::once("/commits/", FaultKind::status(403, "{}")));
    assert!(matches!(host.read(&base, &head).await, Err(RangeFailure::Other(_))));
}

#[tokio::test]
async fn a_part_of_a_rebase_has_the_makers_of_its_branch() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let branch: Vec<String> = ["first", "second"]
        .map(|title| host.push(on_branch("side", commit("ben", title)).pushed_by(&person("eli"))))
        .to_vec();
    let rebased = |title| commit("ben", title).merged_by(&person("dan"));
    let first = host.push(rebased("first"));
    let second = host.push(rebased("second"));
    let opened =
        NewPullRequest { merger: Some(person("dan")), ..pull_request("cleo", &[first.clone(), second]) };
    host.github.add_pull_request(REPOSITORY, opened.of_branch("side", &branch));
    let range = host.range(&base, &first).await;
    let [from] = &range.pull_requests[..] else { panic!("{:?}", range.pull_requests) };
    assert_eq!((logins(&from.opened_by), from.remade.as_slice()), (vec!["cleo".to_owned()], &[first][..]));
    let pushers: Vec<_> = from.commits.iter().map(|commit| logins(&commit.pushed_by)).collect();
    assert_eq!(pushers, [["eli"], ["eli"]]);
}

#[tokio::test]
async fn a_merge_from_before_the_base_repeats_no_commit() {
    let host = Host::start().await;
    host.push(commit("ana", "begin"));
    let base = host.push(on_branch("side", commit("ben", "first")));
    let second = host.push(on_branch("side", commit("ben", "second")));
    let merge = host.push(commit("cleo", "Merge").merging(&second));
    host.github.add_pull_request(REPOSITORY, pull_request("ben", &[base.clone(), second, merge.clone()]));
    let range = host.range(&base, &merge).await;
    let from = &range.pull_requests[0];
    assert_eq!((from.commits.len(), from.remade.len()), (0, 0), "the first one is in the base");
}

#[tokio::test]
async fn a_single_commit_is_a_range_of_its_own() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let head = host.push(commit("ben", "SHOP-7: prices"));
    let number = host.github.add_pull_request(REPOSITORY, pull_request("ana", std::slice::from_ref(&head)));
    let read = host.client.single(REPOSITORY, &head[..8]).await.unwrap();
    assert_eq!(
        (&read.range.base, &read.range.head, read.range.direction),
        (&base, &head, Direction::Forward)
    );
    assert_eq!((read.commits.len(), read.commits[0].issues.as_slice()), (1, &["SHOP-7".to_owned()][..]));
    assert_eq!((read.pull_requests[0].number, read.files.paths.len()), (number, 1));
    assert_eq!(logins(&read.range.added[0].pushed_by), ["ben"]);
    assert!(host.client.single(REPOSITORY, "4bf7226").await.is_err());
}

#[tokio::test]
async fn a_merged_pull_request_counts_and_an_open_one_does_not() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let head = host.push(commit("ben", "new"));
    let elsewhere =
        host.push(on_branch("next", commit("cleo", "squash")).parents(std::slice::from_ref(&base)));
    let open = NewPullRequest { merged: false, ..pull_request("cleo", std::slice::from_ref(&head)) };
    host.github.add_pull_request(REPOSITORY, open);
    let merged = host.github.add_pull_request(REPOSITORY, pull_request("dan", &[head.clone(), elsewhere]));
    let range = host.range(&base, &head).await;
    assert_eq!(range.added[0].pull_requests, [merged], "wherever it was merged");
    assert_eq!(logins(&range.pull_requests[0].opened_by), ["dan"]);
    assert_eq!(range.pull_requests[0].commits.len(), 0);
}
