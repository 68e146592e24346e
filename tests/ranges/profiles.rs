//! The addresses that makers show in public, and what a range costs with them.

use super::*;
use signoff_core::range::Account;
use signoff_local::fault::{Fault, FaultKind};

/// The accounts of everybody with a hand in `range`.
fn makers(range: &Range) -> Vec<Account> {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let makers = signoff_core::shares::changes(range, &[], now).makers;
    makers.into_iter().filter_map(|maker| maker.account).filter(|account| !account.is_bot).collect()
}

#[tokio::test]
async fn range_with_its_makers_profiles_costs_ten_requests() {
    let host = Host::start().await;
    let base = host.push(commit("ana", "base"));
    let bot =
        Author::new("acme-writer[bot]", "77+acme-writer[bot]@users.noreply.github.com", "acme-writer[bot]");
    let mut head = base.clone();
    for number in 0..20 {
        // Each pull request is squashed, and an assistant works on it.
        let name = format!("maker-{number}");
        let branch = on_branch(&name, NewCommit { author: bot.clone(), ..commit("x", "Take cards") });
        let branch = host.push(branch.signed_by_host());
        head = host.push(commit(&name, "Take cards").merged_by(&person(&format!("merger-{number}"))));
        let opened = NewPullRequest { author: bot.clone(), ..pull_request("x", std::slice::from_ref(&head)) };
        let opened = opened.of_branch(&name, &[branch]).commented_by(&person(&name), "More.");
        host.github.add_pull_request(REPOSITORY, opened);
        host.github.show_email(&name, &format!("{name}@public.test"));
    }
    for number in 0..600 {
        host.push(on_branch("busy", commit("dan", &format!("elsewhere {number}"))));
    }
    for (base, head) in [(&base, &head), (&head, &base)] {
        let before = host.github.requests().len();
        let read = host.read(base, head).await.unwrap();
        assert_eq!(read.range.missing, Vec::<String>::new());
        let accounts = makers(&read.range);
        let found = host.client.shown_addresses(&accounts, read.profiles).await.unwrap();
        assert!(accounts.len() >= 20, "{accounts:?}");
        assert_eq!((found.shown.len(), found.unread.len()), (20, 0));
        let requests = host.requests(before).len();
        assert!(requests <= 10, "{requests} requests");
    }
    assert_eq!(host.github.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn profile_that_github_does_not_tell_is_unread() {
    let host = Host::start().await;
    for name in ["ana", "ben"] {
        host.push(commit(name, "to be known"));
    }
    host.github.show_email("ana", "Ana@Public.test");
    let commits = host.github.commits(REPOSITORY);
    let range = host.range(&commits[0].sha, &commits[1].sha).await;
    let ben = makers(&range).remove(0);
    let gone = Account { id: 5, login: "gone".to_owned(), is_bot: false };
    let renamed = Account { id: 6, login: "ana".to_owned(), is_bot: false };
    let found = host.client.shown_addresses(&[ben.clone(), gone, renamed], 1).await.unwrap();
    assert_eq!(
        found,
        signoff_providers::github::ShownAddresses::default(),
        "nobody shows one by these numbers"
    );

    let found = host.client.shown_addresses(std::slice::from_ref(&ben), 0).await.unwrap();
    assert_eq!(found.unread, [ben.id].into(), "there is no request left for it");

    let declined = r#"{"data":{"a0":null},"errors":[{"type":"INSUFFICIENT_SCOPES","message":"The 'email' field requires a scope"}]}"#;
    for kind in [FaultKind::status(200, declined), FaultKind::status(403, "{}")] {
        host.github.faults().push(Fault::once("POST /graphql", kind));
        let found = host.client.shown_addresses(std::slice::from_ref(&ben), 1).await.unwrap();
        assert_eq!(found.unread, [ben.id].into());
    }
    host.github.faults().push(Fault::once("POST /graphql", FaultKind::status(502, "")));
    let failure = host.client.shown_addresses(std::slice::from_ref(&ben), 1).await.expect_err("a failure");
    assert!(failure.is_passing(), "{failure}");
}
