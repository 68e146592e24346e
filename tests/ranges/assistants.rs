//! The people who ask an assistant for more.

use super::*;
use jiff::{SignedDuration, Timestamp};
use signoff_core::range::RangePullRequest;
use signoff_core::shares::changes;
use signoff_local::github::Opened;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn assistant() -> Author {
    let login = "acme-writer[bot]";
    Author::new(login, &format!("77+{login}@users.noreply.github.com"), login)
}

/// GitHub's own assistant. Its address has no `[bot]`.
fn copilot() -> Author {
    Author::new("Copilot", "198982749+Copilot@users.noreply.github.com", "copilot-swe-agent[bot]")
}

/// The pull request of a range, opened by `author`, of one commit that an assistant made.
async fn read(author: Author, written: impl Fn(Opened) -> Opened) -> (RangePullRequest, Vec<String>) {
    read_of(&assistant(), author, written).await
}

/// The same, of one commit that `maker` made.
async fn read_of(
    maker: &Author,
    author: Author,
    written: impl Fn(Opened) -> Opened,
) -> (RangePullRequest, Vec<String>) {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let made = NewCommit { author: maker.clone(), ..commit("x", "Take cards") }.signed_by_host();
    let head = host.push(made);
    let opened = NewPullRequest { author, ..pull_request("ana", std::slice::from_ref(&head)) };
    host.github.add_pull_request(REPOSITORY, written(opened.into()));
    let range = host.read(&base, &head).await.unwrap().range;
    assert_eq!(host.github.violations(), Vec::<String>::new());
    (range.pull_requests[0].clone(), range.missing)
}

#[tokio::test]
async fn whoever_writes_to_an_assistant_asks_for_more() {
    let (opened, missing) = read(assistant(), |opened| {
        opened
            .commented_by(&person("ben"), "And the tests?")
            .commented_by(&assistant(), "Done.")
            .commented_by(&person("ben"), "Thanks.")
            .reviewed_by(&person("cleo"), "", &["Rename this."])
            .reviewed_by(&person("dan"), "Use the helper.", &[])
            .reviewed_by(&person("eli"), "", &[])
    })
    .await;
    assert_eq!(logins(&opened.more_asked_by), ["ben", "cleo", "dan"], "Eli approved without a word");
    assert_eq!((opened.opening_asked_by, missing), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn assistant_on_a_persons_branch_is_called_by_name() {
    let (opened, missing) = read(person("ana"), |opened| {
        opened
            .commented_by(&person("ben"), "Looks good.")
            .commented_by(&person("cleo"), "@acme-writer rename it")
            .reviewed_by(&person("dan"), "", &["Fine.", "@copilot fix this"])
    })
    .await;
    assert_eq!(
        (logins(&opened.more_asked_by), missing),
        (vec!["cleo".to_owned(), "dan".to_owned()], Vec::new())
    );
}

#[tokio::test]
async fn copilot_on_a_persons_branch_is_called_by_name() {
    let (opened, missing) = read_of(&copilot(), person("ana"), |opened| {
        opened
            .commented_by(&person("ben"), "Looks good.")
            .commented_by(&person("cleo"), "@copilot take vouchers too")
    })
    .await;
    assert_eq!((logins(&opened.more_asked_by), missing), (vec!["cleo".to_owned()], Vec::new()));
}

#[tokio::test]
async fn squash_of_copilot_is_made_by_who_asked() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let made = NewCommit { author: copilot(), ..on_branch("cards", commit("x", "Take cards")) };
    let made = host.push(made.signed_by_host());
    let squash = NewCommit { author: copilot(), ..commit("x", "Take cards (#1)") };
    let squash = host.push(squash.merged_by(&person("ben")));
    let opened = pull_request("x", std::slice::from_ref(&squash));
    let opened = NewPullRequest { author: copilot(), merger: Some(person("ben")), ..opened };
    let opened = opened.of_branch("cards", &[made]).asked_by(&person("ana"));
    host.github.add_pull_request(REPOSITORY, opened);
    let range = host.range(&base, &squash).await;
    assert_eq!(range.pull_requests[0].commits.len(), 1);
    let makers = changes(&range, &[], Timestamp::UNIX_EPOCH).makers;
    let mut makers: Vec<String> = makers.into_iter().map(|maker| maker.name).collect();
    makers.sort();
    assert_eq!(makers, ["ana", "ben"]);
}

#[tokio::test]
async fn asker_whose_account_is_gone_is_untold() {
    let gone = Author { login: None, ..person("ghost") };
    let (opened, _) = read(assistant(), |opened| opened.commented_by(&gone, "And the tests?")).await;
    assert_eq!(opened.more_asked_by, [Identity::untold("who asked for more in #1")]);
}

#[tokio::test]
async fn comments_and_reviews_of_every_page_are_read() {
    let many = |opened: Opened| {
        let opened = (0..230).fold(opened, |opened, _| opened.commented_by(&person("ben"), "More."));
        let opened = (0..120).fold(opened, |opened, _| opened.reviewed_by(&person("cleo"), "More.", &[]));
        opened.commented_by(&person("dan"), "One more.").reviewed_by(&person("eli"), "Rename it.", &[])
    };
    let (opened, missing) = read(assistant(), many).await;
    assert_eq!(logins(&opened.more_asked_by), ["ben", "dan", "cleo", "eli"]);
    assert_eq!(missing, Vec::<String>::new());
}

#[tokio::test]
async fn comments_that_were_cut_leave_the_range_incomplete() {
    let in_review = |opened: Opened| opened.reviewed_by(&person("ben"), "", &["More."; 51]);
    let pages =
        |opened: Opened| (0..2_001).fold(opened, |opened, _| opened.commented_by(&person("ben"), "More."));
    let expected = "GitHub did not tell all comments of the pull request #1, where an assistant works.";
    for (opened, missing) in [read(assistant(), in_review).await, read(assistant(), pages).await] {
        assert_eq!(
            (logins(&opened.more_asked_by), missing),
            (vec!["ben".to_owned()], vec![expected.to_owned()])
        );
    }
}

#[tokio::test]
async fn assigner_of_a_closed_issue_stands_for_its_assistant() {
    type Make = fn(Opened) -> Opened;
    let cases: [(Make, &[&str], &[&str]); 13] = [
        (|opened| opened.closes_issue_of(&person("ben")), &["ben"], &[]),
        (|opened| opened.closes_issue_of(&person("ben")).edited_by(&assistant()), &["ben"], &[]),
        // A person could hide behind whoever assigned the issue.
        (|opened| opened.closes_issue_of(&person("ben")).edited_by(&person("eve")), &[], &["ben"]),
        (|opened| opened.closes_issue_of(&person("ben")).linked_by(&person("eve")), &[], &["ben"]),
        // Somebody assigned it to the pull request as well, before or after.
        (|opened| opened.closes_issue_of(&person("ben")).asked_by(&person("cleo")), &["cleo"], &["ben"]),
        (|opened| opened.asked_by(&person("cleo")), &["cleo"], &[]),
        // GitHub may list it just after the pull request was opened.
        (|opened| opened.asked_after(&person("cleo"), SignedDuration::from_mins(1)), &["cleo"], &[]),
        // Cleo has it go on with what somebody else had asked for.
        (|opened| opened.asked_after(&person("cleo"), HOUR), &[], &["cleo"]),
        (|opened| opened.asked_by(&person("ben")).asked_after(&person("cleo"), HOUR), &["ben"], &["cleo"]),
        (|opened| opened.closes_issue_asked_after(&person("ben"), HOUR), &[], &["ben"]),
        (
            |opened| opened.closes_issue_of(&person("ben")).asked_after(&person("cleo"), HOUR),
            &["ben"],
            &["cleo"],
        ),
        (|opened| opened.closes_issue_of(&assistant()), &[], &[]),
        (|opened| opened, &[], &[]),
    ];
    for (index, (make, stand, others)) in cases.into_iter().enumerate() {
        let (opened, missing) = read(assistant(), make).await;
        assert_eq!(missing, Vec::<String>::new());
        assert_eq!(logins(&opened.opening_asked_by), stand, "{index}");
        assert_eq!(logins(&opened.more_asked_by), others, "{index}");
    }
}

#[tokio::test]
async fn comments_among_people_are_not_read() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let head = host.push(commit("ana", "Take cards"));
    let opened =
        pull_request("ana", std::slice::from_ref(&head)).commented_by(&person("ben"), "@copilot more");
    host.github.add_pull_request(REPOSITORY, opened);
    let before = host.github.requests().len();
    let range = host.range(&base, &head).await;
    assert_eq!(range.pull_requests[0].more_asked_by, []);
    let is_query = |request: &&RecordedRequest| request.path == "/graphql";
    assert_eq!(host.requests(before).iter().filter(is_query).count(), 2);
}
