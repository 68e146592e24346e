//! Ranges of every size, and what GitHub does not tell of them.

use super::*;
use signoff_local::fault::{Fault, FaultKind};

/// So many commits on top of a base, each by its own pull request; base and head.
pub(super) fn batch(host: &Host, count: usize) -> (String, String) {
    let base = host.push(commit("ana", "base"));
    let pushes = (1..=count).map(|number| commit("ben", &format!("commit {number}")).into()).collect();
    let shas = host.github.push_all(REPOSITORY, pushes);
    for (index, sha) in shas.iter().enumerate() {
        let labels = vec![format!("label-{index}")];
        let content = NewPullRequest { labels, ..pull_request("cleo", std::slice::from_ref(sha)) };
        host.github.add_pull_request(REPOSITORY, content);
    }
    (base, shas.last().unwrap().clone())
}

#[tokio::test]
async fn twenty_commits_cost_at_most_ten_requests() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 20);
    for number in 0..600 {
        host.push(on_branch("busy", commit("dan", &format!("elsewhere {number}"))));
    }
    let before = host.github.requests().len();
    let range = host.range(&base, &head).await;
    assert_eq!((range.added.len(), range.pull_requests.len()), (20, 20));
    let asked = host.requests(before);
    assert!(asked.len() <= 10, "{} requests", asked.len());
    let before = host.github.requests().len();
    host.range(&head, &base).await;
    assert!(host.requests(before).len() <= 10, "a rollback");
}

#[tokio::test]
async fn every_commit_of_a_large_range_is_read() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let pushes = (1..=2_500).map(|number| commit("ben", &format!("commit {number}")).into()).collect();
    let head = host.github.push_all(REPOSITORY, pushes).pop().unwrap();
    let range = host.range(&base, &head).await;
    assert_eq!((range.added.len(), range.added[9].title.as_str()), (2_500, "commit 10"));
    let more = host.push(commit("ben", "one too many"));
    let range = host.read(&base, &more).await.unwrap().range;
    assert_eq!(range.added.last().map(|commit| commit.title.as_str()), Some("one too many"));
    assert_eq!(range.missing.len(), 1);
    assert!(range.missing[0].starts_with("GitHub counts 2501 commits between "), "{:?}", range.missing);
}

#[tokio::test]
async fn every_pull_request_of_a_large_range_is_read() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 500);
    let range = host.range(&base, &head).await;
    assert_eq!(
        (range.pull_requests.len(), range.pull_requests[3].labels.as_slice()),
        (500, &["label-3".to_owned()][..])
    );
}

#[tokio::test]
async fn a_branch_of_more_than_a_page_is_read_whole() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let branch = (1..=230)
        .map(|number| on_branch("long", commit("ben", &format!("commit {number}"))).into())
        .collect();
    let branch = host.github.push_all(REPOSITORY, branch);
    let squash = host.push(commit("ana", "Squash (#1)").merged_by(&person("ana")));
    host.github.add_pull_request(
        REPOSITORY,
        pull_request("ana", std::slice::from_ref(&squash)).of_branch("long", &branch),
    );
    let range = host.range(&base, &squash).await;
    assert_eq!(range.pull_requests[0].commits.len(), 230);
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_asked_in_parts() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 20);
    host.github.faults().push(Fault::once("POST /graphql", FaultKind::status(502, "")).times(2));
    let gave_up = r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout."}]}"#;
    host.github.faults().push(Fault::once("POST /graphql", FaultKind::status(200, gave_up)));
    let range = host.range(&base, &head).await;
    assert_eq!((range.added.len(), range.pull_requests.len()), (20, 20));
    assert_eq!(host.github.faults().waiting().len(), 0);
}

#[tokio::test]
async fn an_answer_with_errors_is_not_complete() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 2);
    let partial = r#"{"data":{"repository":{"a0":null,"a1":null}},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by personal access token"}]}"#;
    host.github.faults().push(Fault::once("POST /graphql", FaultKind::status(200, partial)));
    let range = host.read(&base, &head).await.unwrap().range;
    assert_eq!(range.added.len(), 2);
    insta::assert_snapshot!(range.missing.join("\n"), @r#"
    GitHub did not answer all while reading the commits of acme/checkout ("Resource not accessible by personal access token").
    GitHub did not tell the co-authors and pull requests of 2 commits.
    "#);
}

#[tokio::test]
async fn a_host_that_is_down_is_asked_again_later() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 1);
    let limited = r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
    for (path, kind) in [
        ("GET /repos/acme/checkout/compare", FaultKind::status(500, "")),
        ("GET /repos/acme/checkout/activity", FaultKind::rate_limited(7)),
        ("POST /graphql", FaultKind::status(503, "")),
        ("POST /graphql", FaultKind::status(502, "")),
        ("POST /graphql", FaultKind::status(200, limited)),
    ] {
        host.github.faults().push(Fault::once(path, kind));
        let failure = host.read(&base, &head).await.expect_err("a failure");
        assert!(
            matches!(&failure, RangeFailure::Other(failure) if failure.is_passing()),
            "{path}: {failure:?}"
        );
    }
    host.range(&base, &head).await;
}

#[tokio::test]
async fn a_refused_list_of_pushes_leaves_the_range_incomplete() {
    let host = Host::start().await;
    let (base, head) = batch(&host, 1);
    host.github.faults().push(Fault::once("/activity", FaultKind::status(404, "")));
    let range = host.read(&base, &head).await.unwrap().range;
    assert_eq!(range.added[0].pushed_by, []);
    insta::assert_snapshot!(range.missing.join("\n"), @"GitHub refused the list of pushes to acme/checkout. Signoff's GitHub token has to be allowed to read its contents.");
    host.range(&base, &head).await;
}
