//! Lists of approvals: those that wait, those of a deployment, and those that are searched for.

use crate::local::Local;
use crate::samples::{approval, at, deploy, plain, second};
use signoff_core::approval::{Approval, Choice, Closed, Status, Subject, Successor, Vote};
use signoff_core::deploy::Slug;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_store::{ApprovalListing, Change, Store, WantedApprovals, WantedOutcome};

/// Approval `number` of acme/checkout, opened so many seconds after the first.
fn opened(number: u32, status: Status) -> Approval {
    let opened_at = second(i64::from(number));
    Approval {
        id: ApprovalId::from_text(format!("a{number}")),
        opened_at,
        status,
        ..approval(&deploy(number).id, 1)
    }
}

fn vote(voter: &str, name: &str) -> Vote {
    Vote {
        voter: voter.to_owned(),
        name: name.to_owned(),
        named: true,
        choice: Choice::Approve,
        reason: None,
        at: second(60),
    }
}

fn cancelled(by: Option<&str>) -> Status {
    Status::Closed(Closed::Cancelled { at: second(60), by: by.map(str::to_owned), reason: "no".to_owned() })
}

fn superseded() -> Status {
    let by = Successor { deploy: deploy(9).id, title: "a newer one".to_owned(), url: String::new() };
    Status::Closed(Closed::Superseded { at: second(60), by })
}

async fn commit(store: &Store, approval: &Approval) {
    let change = Change::to(&approval.deploy, second(0)).approval(plain(approval.clone()));
    store.commit(change).await.expect("committed");
}

fn ids(listing: &ApprovalListing) -> Vec<&str> {
    listing.approvals.iter().map(|approval| approval.id.as_str()).collect()
}

/// The ids of all parts of the list, `limit` at a time, and how many parts there were.
async fn walk(store: &Store, wanted: &WantedApprovals, limit: i32) -> (Vec<String>, usize) {
    let (mut found, mut parts, mut before) = (Vec::new(), 0, None);
    loop {
        let part = store.approvals(wanted, limit, before.as_deref()).await.expect("read");
        parts += 1;
        assert!(part.approvals.len() <= usize::try_from(limit).expect("a size"));
        found.extend(ids(&part).into_iter().map(str::to_owned));
        match part.next {
            Some(next) => before = Some(next),
            None => return (found, parts),
        }
    }
}

#[tokio::test]
async fn an_approval_waits_until_it_is_closed() {
    let local = Local::new().await;
    let mut first = opened(1, Status::Pending);
    let since = second(3);
    let held = opened(2, Status::Quorum { since, until: second(9), note: None });
    for approval in [&first, &held, &opened(3, Status::Closed(Closed::Approved { at: second(60) }))] {
        commit(&local.store, approval).await;
    }
    let waiting = local.store.pending_approvals(10).await.expect("read");
    assert_eq!((ids(&waiting), &waiting.next), (vec!["a2", "a1"], &None));
    let one = local.store.pending_approvals(1).await.expect("read");
    assert!(ids(&one) == ["a2"] && one.next.is_some());

    (first.version, first.status) = (1, Status::Closed(Closed::Rejected { at: second(61) }));
    commit(&local.store, &first).await;
    assert_eq!(ids(&local.store.pending_approvals(10).await.expect("read")), ["a2"]);
    let all = local.store.approvals(&WantedApprovals::default(), 10, None).await.expect("read");
    assert_eq!(ids(&all), ["a3", "a2", "a1"], "it keeps its place in the list");
}

#[tokio::test]
async fn a_list_says_what_was_asked_and_what_became_of_it() {
    let local = Local::new().await;
    let mut asked = opened(7, cancelled(Some("U2")));
    asked.votes = vec![vote("U1", "Ana"), Vote { reason: Some("late".to_owned()), ..vote("U3", "Bo") }];
    asked.subject = Subject { revision: "f".repeat(40), rule: "to-production".to_owned(), ..asked.subject };
    commit(&local.store, &asked).await;
    let listing = local.store.approvals(&WantedApprovals::default(), 10, None).await.expect("read");
    let [found] = &listing.approvals[..] else { panic!("{listing:?}") };
    assert_eq!(
        (&found.id, &found.deploy, found.deployment.as_ref(), found.environment.as_deref()),
        (&asked.id, &asked.deploy, asked.deployment.as_ref(), Some("Staging"))
    );
    assert_eq!(
        (&found.name, &found.rule, &found.revision),
        (&asked.name, &asked.subject.rule, &asked.subject.revision)
    );
    assert_eq!((&found.votes, &found.status), (&asked.votes, &asked.status));
    assert_eq!((found.closed_at(), found.cancelled_by()), (Some(second(60)), Some("U2")));
    assert_eq!(found.took().map(|took| took.as_secs()), Some(53));
}

#[tokio::test]
async fn approval_without_a_deployment_is_listed() {
    let local = Local::new().await;
    let old = Approval { deployment: None, environment: None, ..opened(1, Status::Pending) };
    commit(&local.store, &old).await;
    assert_eq!(ids(&local.store.pending_approvals(10).await.expect("read")), ["a1"]);
    for wanted in [
        WantedApprovals { deployment: Slug::new("acme", "checkout"), ..WantedApprovals::default() },
        WantedApprovals { environment: Some("Staging".to_owned()), ..WantedApprovals::default() },
    ] {
        assert!(local.store.approvals(&wanted, 10, None).await.expect("read").approvals.is_empty());
    }
}

#[tokio::test]
async fn a_list_is_of_what_is_wanted() {
    let local = Local::new().await;
    let statuses = [
        Status::Pending,
        Status::Quorum { since: second(1), until: second(2), note: None },
        Status::Closed(Closed::Approved { at: second(60) }),
        Status::Closed(Closed::Rejected { at: second(60) }),
        Status::Closed(Closed::Expired { at: second(60) }),
        superseded(),
        cancelled(None),
        cancelled(Some("U5")),
    ];
    let mut approvals: Vec<Approval> =
        (0..).zip(statuses).map(|(number, status)| opened(number, status)).collect();
    let shop = Slug::new("acme", "shop");
    for index in [1, 2, 6] {
        approvals[index].deployment = shop.clone();
    }
    for index in [2, 3] {
        approvals[index].environment = Some("Production".to_owned());
    }
    for (index, revision) in [(0, "abcdef1aaaa"), (1, "ABCDEF1bbbb"), (2, "abcdef2aaaa")] {
        approvals[index].subject.revision = revision.to_owned();
    }
    approvals[0].votes = vec![vote("U5", "Ana Novak")];
    approvals[2].votes = vec![vote("U1", "Iztok"), vote("U2", "ANA")];
    for approval in &approvals {
        commit(&local.store, approval).await;
    }
    let all = WantedApprovals::default();
    let some = |text: &str| Some(text.to_owned());
    let ended = |outcome| WantedApprovals { outcome: Some(outcome), ..WantedApprovals::default() };
    for (wanted, expected) in [
        (all.clone(), vec![7, 6, 5, 4, 3, 2, 1, 0]),
        (WantedApprovals { deployment: shop.clone(), ..all.clone() }, vec![6, 2, 1]),
        (WantedApprovals { deployment: Slug::new("acme", "sho"), ..all.clone() }, vec![]),
        (WantedApprovals { environment: some("PRODUCTION"), ..all.clone() }, vec![3, 2]),
        (WantedApprovals { revision: some("abcdef1"), ..all.clone() }, vec![1, 0]),
        (WantedApprovals { revision: some("abcdef1aaaa"), ..all.clone() }, vec![0]),
        (WantedApprovals { revision: some("abcdef1"), ..ended(WantedOutcome::Approved) }, vec![]),
        (WantedApprovals { deployment: shop.clone(), revision: some("abcdef"), ..all.clone() }, vec![2, 1]),
        (WantedApprovals { person: some("ana"), ..all.clone() }, vec![2, 0]),
        (WantedApprovals { person: some("u5"), ..all.clone() }, vec![7, 0]),
        (WantedApprovals { person: some("U"), ..all.clone() }, vec![]),
        (ended(WantedOutcome::Pending), vec![1, 0]),
        (ended(WantedOutcome::Approved), vec![2]),
        (ended(WantedOutcome::Rejected), vec![3]),
        (ended(WantedOutcome::Expired), vec![4]),
        (ended(WantedOutcome::Superseded), vec![5]),
        (ended(WantedOutcome::Cancelled), vec![7, 6]),
        (WantedApprovals { deployment: shop.clone(), ..ended(WantedOutcome::Pending) }, vec![1]),
        (WantedApprovals { deployment: shop, environment: some("staging"), ..all.clone() }, vec![6, 1]),
        // From a time on, and before another one.
        (WantedApprovals { since: Some(second(3)), ..all.clone() }, vec![7, 6, 5, 4, 3]),
        (WantedApprovals { until: Some(second(3)), ..all.clone() }, vec![2, 1, 0]),
        (WantedApprovals { since: Some(at(1001)), until: Some(second(4)), ..all }, vec![3, 2]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(|number| format!("a{number}")).collect();
        for limit in [1, 2, 3, 100] {
            let (found, _) = walk(&local.store, &wanted, limit).await;
            assert_eq!(found, expected, "{limit} at a time: {wanted:?}");
        }
    }
}

#[tokio::test]
async fn a_part_looks_at_500_of_a_kind_and_goes_on_from_there() {
    let local = Local::new().await;
    let id = DeployId::from_text("d");
    let mut changes: Vec<Approval> = (0..503)
        .map(|number| {
            let status = if number % 2 == 0 {
                Status::Closed(Closed::Approved { at: second(600) })
            } else {
                Status::Pending
            };
            Approval { deploy: id.clone(), ..opened(number, status) }
        })
        .collect();
    for index in [0, 1, 2] {
        changes[index].environment = Some("Production".to_owned());
    }
    for part in changes.chunks(40) {
        let change = Change::to(&id, second(0));
        let change = part.iter().fold(change, |change, approval| change.approval(plain(approval.clone())));
        local.store.commit(change).await.expect("committed");
    }
    let wanted = WantedApprovals {
        deployment: Slug::new("acme", "checkout"),
        environment: Some("production".to_owned()),
        ..WantedApprovals::default()
    };
    let first = local.store.approvals(&wanted, 10, None).await.expect("read");
    assert!(first.approvals.is_empty() && first.next.is_some(), "the newest 500 are others");
    let expected = ["a2", "a1", "a0"].map(str::to_owned).to_vec();
    assert_eq!(walk(&local.store, &wanted, 10).await, (expected.clone(), 2));
    // Of all deployments those that wait and those that are closed are two kinds: 252 and 251 of them.
    let anywhere = WantedApprovals { deployment: None, ..wanted };
    assert_eq!(walk(&local.store, &anywhere, 10).await, (expected, 1));
    let (all, parts) = walk(&local.store, &WantedApprovals::default(), 100).await;
    assert_eq!((all.len(), parts), (503, 6));
    assert_eq!((all[0].as_str(), all[502].as_str()), ("a502", "a0"));
}
