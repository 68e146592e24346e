//! Everybody with a hand in a range, and what GitHub vouches for.

use super::*;
use signoff_core::range::Signature;

#[tokio::test]
async fn text_and_signature_are_kept_apart() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let ben = person("ben");
    host.push(commit("ben", "unsigned, by ana's hand").pushed_by(&person("ana")));
    host.push(commit("ben", "signed").signed_by(&ben));
    host.push(commit("ben", "passed on").signed_by(&person("cleo")));
    host.push(commit("dan", "badly signed").badly_signed("unknown_key"));
    host.push(commit("dan", "not judged").badly_signed("gpgverify_unavailable"));
    host.push(commit("dan", "on the page").signed_by_host());
    let squashed = commit("dan", "by GitHub, unsigned").committer(&hosts_committer());
    host.push(squashed.pushed_by(&person("ana")));
    let stranger = Author { name: "Eve".to_owned(), email: "eve@elsewhere.test".to_owned(), login: None };
    let head = host.push(NewCommit { author: stranger, ..commit("eve", "by nobody known") });
    let range = host.range(&base, &head).await;
    let told: Vec<String> = range
        .added
        .iter()
        .map(|commit| {
            let signature = match &commit.signature {
                Signature::Valid(account) => format!("valid {}", account.login),
                other => format!("{other:?}"),
            };
            let committer = logins(&commit.committer).concat();
            let vouched = if commit.author.vouched { "vouched" } else { "text" };
            let author = logins([&commit.author]).concat();
            format!(
                "{}: {author} {vouched}, {committer}, {signature}, {:?}",
                commit.title,
                logins(&commit.pushed_by)
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    unsigned, by ana's hand: ben text, ben, Unsigned, ["ana"]
    signed: ben vouched, ben, valid ben, ["ben"]
    passed on: ben text, cleo, valid cleo, ["ben"]
    badly signed: dan text, dan, Invalid("unknown_key"), ["dan"]
    not judged: dan text, dan, Unknown("gpgverify_unavailable"), ["dan"]
    on the page: dan text, , Host, ["dan"]
    by GitHub, unsigned: dan text, , Unsigned, ["ana"]
    by nobody known: (Eve) text, (Eve), Unsigned, []
    "#);
    assert!(range.added.iter().flat_map(|commit| &commit.pushed_by).all(|pusher| pusher.vouched));
}

/// The committer of what GitHub itself makes.
fn hosts_committer() -> Author {
    Author::new("GitHub", "noreply@github.com", "web-flow")
}

#[tokio::test]
async fn merge_that_was_called_off_is_nobodys_wish() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let merge = host.push(commit("ana", "Faster checkout (#1)").merged_by(&person("dan")));
    let opened =
        NewPullRequest { merger: Some(person("dan")), ..pull_request("ben", std::slice::from_ref(&merge)) };
    let opened = opened.queued_by(&person("fay")).auto_merge_by(&person("gil")).called_off_by(&person("gil"));
    host.github.add_pull_request(REPOSITORY, opened);
    let range = host.range(&base, &merge).await;
    let pull_request = &range.pull_requests[0];
    assert_eq!(logins(&pull_request.merged_by), ["dan", "gil", "fay"], "they stay makers");
    assert_eq!(logins(&pull_request.merge_asked_by), Vec::<String>::new());
}

#[tokio::test]
async fn merger_who_is_gone_is_not_who_once_asked() {
    for is_called_off in [false, true] {
        let host = Host::start().await;
        let base = host.push(commit("ana", "base"));
        let merge = host.push(commit("ana", "Faster checkout (#1)").merged_by(&person("dan")));
        let ghost = Author { login: None, ..person("ghost") };
        let opened =
            NewPullRequest { merger: Some(ghost), ..pull_request("ben", std::slice::from_ref(&merge)) };
        let mut opened = opened.auto_merge_by(&person("gil"));
        if is_called_off {
            opened = opened.called_off_by(&person("gil"));
        }
        host.github.add_pull_request(REPOSITORY, opened);
        let range = host.range(&base, &merge).await;
        let merged_by = &range.pull_requests[0].merged_by;
        assert!(merged_by.iter().any(Identity::is_untold), "{merged_by:?}");
    }
}

#[tokio::test]
async fn a_squash_keeps_the_makers_of_its_branch() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let first = host.push(on_branch("shop-7", commit("ana", "first")).pushed_by(&person("eli")));
    let bot = Author::new(
        "dependabot[bot]",
        "49699333+dependabot[bot]@users.noreply.github.com",
        "dependabot[bot]",
    );
    let second = NewCommit {
        author: bot,
        ..on_branch("shop-7", commit("x", "Bump\n\nCo-authored-by: Cleo <cleo@acme.test>"))
    };
    let second = host.push(second.signed_by_host());
    host.push(on_branch("cleos", commit("cleo", "to be known")));
    let squash = host.push(commit("ana", "Faster checkout (#1)").merged_by(&person("dan")));
    let opened =
        NewPullRequest { merger: Some(person("dan")), ..pull_request("ben", std::slice::from_ref(&squash)) };
    let opened =
        opened.of_branch("shop-7", &[first, second]).queued_by(&person("fay")).auto_merge_by(&person("gil"));
    host.github.add_pull_request(REPOSITORY, opened);
    let range = host.range(&base, &squash).await;
    let pull_request = &range.pull_requests[0];
    assert_eq!(logins(&pull_request.opened_by), ["ben"]);
    assert_eq!(logins(&pull_request.merged_by), ["dan", "gil", "fay"]);
    assert_eq!(
        (pull_request.issues.as_slice(), pull_request.branch.as_deref()),
        (&["SHOP-7".to_owned()][..], Some("shop-7"))
    );
    let commits = &pull_request.commits;
    assert_eq!(
        (commits.len(), commits[0].signature.clone(), commits[1].signature.clone()),
        (2, Signature::Unsigned, Signature::Host)
    );
    assert_eq!(logins(&commits[0].pushed_by), ["eli"], "the push to the branch");
    assert_eq!(logins([&commits[1].author]), ["dependabot[bot]"]);
    assert_eq!(commits[1].author.account.as_ref().map(|bot| (bot.id, bot.is_bot)), Some((49_699_333, true)));
    assert_eq!(
        (commits[1].committer.clone(), logins(&commits[1].co_authors)),
        (None, vec!["cleo".to_owned()])
    );
    assert_eq!(logins(&range.added[0].pushed_by), ["dan"]);
}

#[tokio::test]
async fn commit_that_somebody_pushed_is_no_squash_of_the_host() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let first = host.push(on_branch("shop-7", commit("ben", "first")));
    let pushed = host.push(commit("ana", "Faster checkout (#1)"));
    let opened =
        NewPullRequest { merger: Some(person("ana")), ..pull_request("ben", std::slice::from_ref(&pushed)) };
    host.github.add_pull_request(REPOSITORY, opened.of_branch("shop-7", &[first]));
    let range = host.range(&base, &pushed).await;
    let pull_request = &range.pull_requests[0];
    assert_eq!((pull_request.remade.len(), pull_request.commits.len()), (0, 1), "{pull_request:?}");
    assert_eq!(logins(&range.added[0].pushed_by), ["ana"]);
}

#[tokio::test]
async fn a_push_without_an_account_leaves_no_pusher() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let head = host.push(Push::from(commit("ben", "by a deploy key")).pushed_by_nobody_known());
    assert_eq!(host.range(&base, &head).await.added[0].pushed_by, []);
}

#[tokio::test]
async fn a_force_push_is_a_push() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let other = host.push(commit("ben", "from a fork").in_fork());
    assert_eq!(host.range(&base, &other).await.added[0].pushed_by, [], "no push to this repository");
    host.github.force_push(REPOSITORY, "main", &other, &person("cleo"));
    assert_eq!(logins(&host.range(&base, &other).await.added[0].pushed_by), ["cleo"]);
}

#[tokio::test]
async fn a_list_of_pushes_that_was_cut_vouches_for_nobody() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let old = host.push(commit("ben", "on main"));
    for number in 0..700 {
        host.push(on_branch("busy", commit("dan", &format!("elsewhere {number}"))));
    }
    let squash = host.push(commit("cleo", "Squash").merged_by(&person("cleo")));
    let new = host.push(commit("ben", "after the merge"));
    let range = host.range(&base, &new).await;
    let vouched = |commit: &signoff_core::range::RangeCommit| commit.pushed_by.iter().any(|by| by.vouched);
    let told: Vec<_> = range.added.iter().map(|commit| (commit.revision.as_str(), vouched(commit))).collect();
    // The merge's own commit stands with who merged; what follows from it can't have been pushed before.
    assert_eq!(told, [(old.as_str(), false), (squash.as_str(), false), (new.as_str(), true)]);
}
