//! Pull requests that were merged into the branch of another one, which was squashed itself.

use super::*;
use jiff::Timestamp;
use signoff_core::shares::changes;

/// A pull request of cleo's that dan merged into the branch `outer`, where `made` stands for it; ana squashed
/// that branch. Base and squash.
fn nested(host: &Host, made: Push) -> (String, String) {
    let base = host.push(commit("ana", "base"));
    host.push(on_branch("known", commit("cleo", "to be known")));
    let original = host.push(on_branch("inner", commit("ben", "inner")));
    let made = host.push(made);
    let inner =
        NewPullRequest { merger: Some(person("dan")), ..pull_request("cleo", std::slice::from_ref(&made)) };
    host.github.add_pull_request(REPOSITORY, inner.of_branch("inner", &[original]));
    let outer = host.push(on_branch("outer", commit("ana", "outer")));
    let squash = host.push(commit("ana", "Outer (#2)").merged_by(&person("ana")));
    let opened = pull_request("ana", std::slice::from_ref(&squash)).of_branch("outer", &[made, outer]);
    host.github.add_pull_request(REPOSITORY, opened);
    (base, squash)
}

/// Everybody with a hand in a range, and the number of commits that nobody vouches for.
fn makers(range: &Range) -> (Vec<String>, u32) {
    let found = changes(range, &[], Timestamp::UNIX_EPOCH);
    let mut names: Vec<String> = found
        .shares
        .iter()
        .flat_map(|share| &share.makers)
        .filter_map(|maker| found.makers[*maker].account.as_ref())
        .map(|account| account.login.clone())
        .collect();
    names.sort();
    names.dedup();
    (names, found.unvouched.count)
}

#[tokio::test]
async fn pull_request_squashed_into_a_branch_has_its_makers() {
    let host = Host::start().await;
    let made = on_branch("outer", commit("cleo", "Inner (#1)")).merged_by(&person("dan"));
    let (base, squash) = nested(&host, made);
    let range = host.range(&base, &squash).await;
    assert_eq!(range.pull_requests.iter().map(|from| from.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(makers(&range), (["ana", "ben", "cleo", "dan"].map(str::to_owned).to_vec(), 0));
}

#[tokio::test]
async fn pull_request_rebased_into_a_branch_has_its_makers() {
    let host = Host::start().await;
    let made = on_branch("outer", commit("ben", "inner")).committer(&person("dan")).pushed_by_nobody_known();
    let (base, squash) = nested(&host, made);
    let range = host.range(&base, &squash).await;
    assert_eq!(makers(&range), (["ana", "ben", "cleo", "dan"].map(str::to_owned).to_vec(), 0));
}

#[tokio::test]
async fn pull_request_merged_elsewhere_is_not_of_this_range() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let stacked = host.push(on_branch("stack", commit("ben", "stacked")));
    let first = host.push(commit("ben", "Stacked (#1)").merged_by(&person("dan")));
    let inner =
        NewPullRequest { merger: Some(person("dan")), ..pull_request("ben", std::slice::from_ref(&first)) };
    host.github.add_pull_request(REPOSITORY, inner.of_branch("stack", std::slice::from_ref(&stacked)));
    let more = host.push(on_branch("stack", commit("ana", "more")));
    let second = host.push(commit("ana", "More (#2)").merged_by(&person("ana")));
    let opened = pull_request("ana", std::slice::from_ref(&second)).of_branch("stack", &[stacked, more]);
    host.github.add_pull_request(REPOSITORY, opened);
    let range = host.range(&first, &second).await;
    let numbers: Vec<_> = range.pull_requests.iter().map(|from| from.number).collect();
    assert_eq!(numbers, [2], "the first one was judged with the range before");
    assert_ne!(base, first);
}

#[tokio::test]
async fn fork_whose_commits_tell_nothing_is_asked_by_sha() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let original = host.push(on_branch("inner", commit("ben", "inner")));
    let made = host.push(on_branch("outer", commit("cleo", "Inner (#1)")).merged_by(&person("dan")));
    let inner = pull_request("cleo", std::slice::from_ref(&made)).of_branch("inner", &[original]);
    host.github.add_pull_request(REPOSITORY, inner);
    let squash = host.push(commit("ana", "Outer (#2)").merged_by(&person("ana")));
    let opened = pull_request("ana", std::slice::from_ref(&squash)).of_branch("outer", &[made]).of_fork();
    host.github.add_pull_request(REPOSITORY, opened);
    let range = host.range(&base, &squash).await;
    assert_eq!(range.pull_requests.iter().map(|from| from.number).collect::<Vec<_>>(), [2, 1]);
}
