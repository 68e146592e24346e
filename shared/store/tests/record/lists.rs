//! Lists of deploys: the newest of all, and the one before in the same environment.

use crate::local::{Local, RECORD};
use crate::samples::{at, deploy, second};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::id::DeployId;
use signoff_store::{Change, Store, Wanted};

async fn register(store: &Store, deploy: &Deploy) {
    store.commit(Change::register(deploy, second(1000))).await.expect("registered");
}

fn deployed(number: u32, deployed_at: Timestamp) -> Deploy {
    Deploy { deployed_at, ..deploy(number) }
}

/// The ids of all parts of the list, `limit` at a time, and how many parts there were.
async fn walk(store: &Store, limit: i32) -> (Vec<DeployId>, usize) {
    let (mut ids, mut parts, mut before) = (Vec::new(), 0, None);
    loop {
        let part = store.recent(limit, before.as_deref()).await.expect("read");
        parts += 1;
        assert!(part.deploys.len() <= usize::try_from(limit).expect("a size"));
        ids.extend(part.deploys.into_iter().map(|deploy| deploy.id));
        match part.next {
            Some(next) => before = Some(next),
            None => return (ids, parts),
        }
    }
}

#[tokio::test]
async fn newest_deploys_come_first_in_any_order_of_arrival() {
    let local = Local::new().await;
    for number in [2, 4, 1, 3] {
        register(&local.store, &deployed(number, second(i64::from(number)))).await;
    }
    let list = local.store.recent(10, None).await.expect("read");
    let revisions: Vec<_> = list.deploys.iter().map(|deploy| deploy.revision.clone()).collect();
    assert_eq!(revisions, [4, 3, 2, 1].map(|number| deploy(number).revision));
    assert_eq!(list.next, None);
    let first = &list.deploys[0];
    assert_eq!(
        (&first.id, &first.deployment, first.environment.as_str()),
        (&deploy(4).id, &deploy(4).deployment, "Staging")
    );
    assert_eq!(first.deployed_at, second(4));
}

#[tokio::test]
async fn deploys_of_one_second_are_listed_once() {
    let local = Local::new().await;
    // Three at one time, then a microsecond, a millisecond and a second later.
    let micro = second(0) + SignedDuration::from_micros(1);
    let times = [second(0), second(0), second(0), micro, at(1), second(1)];
    let mut expected = Vec::new();
    for (number, time) in (0..).zip(times) {
        register(&local.store, &deployed(number, time)).await;
        expected.push((time, deploy(number).id));
    }
    expected.sort();
    expected.reverse();
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();
    for (limit, parts) in [(1, 6), (2, 3), (3, 2), (4, 2), (6, 1), (100, 1)] {
        assert_eq!(walk(&local.store, limit).await, (expected.clone(), parts), "{limit} at a time");
    }
}

#[tokio::test]
async fn an_empty_record_has_an_empty_list() {
    let list = Local::new().await.store.recent(10, None).await.expect("read");
    assert!(list.deploys.is_empty() && list.next.is_none());
}

#[tokio::test]
async fn a_place_in_the_list_that_nobody_gave_out_is_only_a_place() {
    let local = Local::new().await;
    register(&local.store, &deploy(1)).await;
    for (before, found) in [("~", 1), ("0", 0), ("2026-11-23", 0), ("9999", 1), ("' OR listing = '", 0)] {
        let list = local.store.recent(10, Some(before)).await.expect("read");
        assert_eq!(list.deploys.len(), found, "{before}");
    }
}

#[tokio::test]
async fn the_first_deploy_of_an_environment_has_none_before_it() {
    let local = Local::new().await;
    register(&local.store, &deploy(1)).await;
    assert!(local.store.previous(&deploy(1)).await.expect("read").is_none());
}

#[tokio::test]
async fn the_deploy_before_is_the_nearest_earlier_one() {
    let local = Local::new().await;
    let nearer = second(10) - SignedDuration::from_micros(1);
    let times = [(1, second(1)), (2, nearer), (3, second(10)), (4, at(10_001))];
    for (number, time) in times {
        register(&local.store, &deployed(number, time)).await;
        local.store.arrive(&deployed(number, time)).await.expect("noted");
    }
    for (of, before) in [(4, Some(3)), (3, Some(2)), (2, Some(1)), (1, None)] {
        let (_, time) = times[of as usize - 1];
        let found = local.store.previous(&deployed(of, time)).await.expect("read");
        assert_eq!(found.map(|deploy| deploy.id), before.map(|number| deploy(number).id), "before {of}");
    }
    // Of those after it the newest one counts.
    for (of, after) in [(4, None), (3, Some(4)), (2, Some(4)), (1, Some(4))] {
        let (_, time) = times[of as usize - 1];
        let found = local.store.newer(&deployed(of, time)).await.expect("read");
        assert_eq!(found.map(|deploy| deploy.id), after.map(|number| deploy(number).id), "after {of}");
    }
}

#[tokio::test]
async fn of_deploys_at_the_same_time_each_has_another_one_before_it() {
    let local = Local::new().await;
    let mut same: Vec<_> = (1..4).map(|number| deployed(number, second(1))).collect();
    for deploy in &same {
        register(&local.store, deploy).await;
    }
    same.sort_by(|one, other| one.id.cmp(&other.id));
    let mut found = Vec::new();
    for deploy in &same {
        found.push(local.store.previous(deploy).await.expect("read").map(|deploy| deploy.id));
    }
    assert_eq!(found, [None, Some(same[0].id.clone()), Some(same[1].id.clone())]);
}

#[tokio::test]
async fn another_environment_or_deployment_is_never_before() {
    let local = Local::new().await;
    let shop = Deploy { deployment: Slug::new("acme", "shop").expect("a slug"), ..deployed(1, second(1)) };
    let production = Deploy { environment: "Production".to_owned(), ..deployed(2, second(2)) };
    // The same environment in another spelling, and names that must not run together with it.
    let staging = Deploy { environment: "STAGING".to_owned(), ..deployed(3, second(3)) };
    let longer = Deploy { environment: "Staging#2".to_owned(), ..deployed(4, second(4)) };
    for deploy in [&shop, &production, &staging, &longer] {
        register(&local.store, deploy).await;
    }
    let found = local.store.previous(&deployed(5, second(5))).await.expect("read");
    assert_eq!(found.map(|deploy| (deploy.id, deploy.environment)), Some((staging.id, "STAGING".to_owned())));
}

/// The numbers of the deploys that are wanted, of all parts, `limit` at a time, and how many parts there
/// were.
async fn numbers(store: &Store, wanted: &Wanted, limit: i32, of: &[Deploy]) -> (Vec<usize>, usize) {
    let (mut numbers, mut parts, mut before) = (Vec::new(), 0, None);
    loop {
        let part = store.list(wanted, limit, before.as_deref()).await.expect("read");
        parts += 1;
        assert!(part.deploys.len() <= usize::try_from(limit).expect("a size"));
        let number = |id: &DeployId| of.iter().position(|deploy| deploy.id == *id).expect("a known one");
        numbers.extend(part.deploys.iter().map(|deploy| number(&deploy.id)));
        match part.next {
            Some(next) => before = Some(next),
            None => return (numbers, parts),
        }
    }
}

#[tokio::test]
async fn a_list_is_of_what_is_wanted() {
    let local = Local::new().await;
    let shop = Slug::new("acme", "shop").expect("a slug");
    let mut deploys: Vec<Deploy> = (0..).zip(0..6).map(|(number, at)| deployed(number, second(at))).collect();
    for index in [1, 4] {
        deploys[index].deployment = shop.clone();
    }
    for index in [2, 4] {
        deploys[index].environment = "Production".to_owned();
    }
    for deploy in &deploys {
        register(&local.store, deploy).await;
    }
    let checkout = Some(deploys[0].deployment.clone());
    let all = Wanted::default();
    let to = |environment: &str| Some(environment.to_owned());
    for (wanted, expected) in [
        (all.clone(), vec![5, 4, 3, 2, 1, 0]),
        (Wanted { deployment: checkout.clone(), ..all.clone() }, vec![5, 3, 2, 0]),
        (Wanted { environment: to("STAGING"), ..all.clone() }, vec![5, 3, 1, 0]),
        (Wanted { deployment: checkout, environment: to("staging"), ..all.clone() }, vec![5, 3, 0]),
        (Wanted { deployment: Some(shop), environment: to("nowhere"), ..all.clone() }, vec![]),
        // From a time on, and before another one.
        (Wanted { since: Some(second(2)), ..all.clone() }, vec![5, 4, 3, 2]),
        (Wanted { until: Some(second(2)), ..all.clone() }, vec![1, 0]),
        (Wanted { since: Some(at(1001)), until: Some(second(5)), ..all.clone() }, vec![4, 3, 2]),
        (Wanted { since: Some(second(9)), ..all.clone() }, vec![]),
        (Wanted { since: Some(second(1)), environment: to("production"), ..all }, vec![4, 2]),
    ] {
        for limit in [1, 2, 100] {
            let (found, _) = numbers(&local.store, &wanted, limit, &deploys).await;
            assert_eq!(found, expected, "{limit} at a time: {wanted:?}");
        }
    }
}

#[tokio::test]
async fn a_part_of_a_list_without_an_index_is_bounded() {
    let local = Local::new().await;
    let mut deploys: Vec<Deploy> =
        (0..503).map(|number| deployed(number, second(i64::from(number)))).collect();
    for index in [0, 1] {
        deploys[index].environment = "Production".to_owned();
    }
    let shop = Slug::new("acme", "shop").expect("a slug");
    deploys[2].deployment = shop.clone();
    for deploy in &deploys {
        register(&local.store, deploy).await;
    }
    let wanted = Wanted { deployment: Some(shop), ..Wanted::default() };
    let found = local.store.list(&wanted, 10, None).await.expect("read");
    assert_eq!((found.deploys.len(), found.next), (1, None), "a deployment has an index");
    let wanted = Wanted { environment: Some("production".to_owned()), ..Wanted::default() };
    let first = local.store.list(&wanted, 10, None).await.expect("read");
    assert!(first.deploys.is_empty() && first.next.is_some(), "the newest 500 are others");
    assert_eq!(numbers(&local.store, &wanted, 10, &deploys).await, (vec![1, 0], 2));
    let wanted = Wanted { revision: Some(deploys[2].revision.clone()), ..Wanted::default() };
    let first = local.store.list(&wanted, 10, None).await.expect("read");
    assert!(first.deploys.is_empty() && first.next.is_some(), "the newest 500 are others");
    assert_eq!(numbers(&local.store, &wanted, 10, &deploys).await, (vec![2], 2));
}

#[tokio::test]
async fn shortened_revision_leads_to_its_deploys() {
    let local = Local::new().await;
    let named = |number, revision: &str, environment: &str| Deploy {
        revision: revision.to_owned(),
        environment: environment.to_owned(),
        ..deployed(number, second(i64::from(number)))
    };
    let deploys = [
        named(3, "abcdef1aaaa", "Production"),
        named(1, "abcdef1aaaa", "Staging"),
        named(4, "abcdef1bbbb", "Staging"),
        named(2, "abcdef1aaaa", "Staging"),
        named(5, "abcdef2aaaa", "Staging"),
    ];
    for deploy in &deploys {
        register(&local.store, deploy).await;
    }
    let elsewhere = Deploy {
        deployment: Slug::new("acme", "shop").expect("a slug"),
        ..named(6, "abcdef1aaaa", "Staging")
    };
    register(&local.store, &elsewhere).await;
    for (prefix, expected) in
        [("abcdef1", &[1, 2, 3, 4][..]), ("abcdef1aaaa", &[1, 2, 3]), ("abcdef2", &[5]), ("abcdef3", &[])]
    {
        let found = local.store.of_revision(&deploys[0].deployment, prefix).await.expect("read");
        let found: Vec<_> = found.into_iter().map(|deploy| deploy.id).collect();
        let expected: Vec<_> = expected.iter().map(|number| deploy(*number).id).collect();
        assert_eq!(found, expected, "{prefix}");
    }
}

#[tokio::test]
async fn revision_of_several_pages_has_its_newest_deploy() {
    let local = Local::new().await;
    let revision = deploy(0).revision;
    // More than the 1 MB of a page of DynamoDB's.
    let padding = AttributeValue::S("x".repeat(300_000));
    for number in 1..=5 {
        let again = Deploy { revision: revision.clone(), ..deployed(number, second(i64::from(number))) };
        register(&local.store, &again).await;
        let key = format!("revisions#acme/checkout {revision}#staging#{}", again.id);
        let mut row = local.rows().await.remove(&key).expect("the revision's row");
        row.insert("padding".to_owned(), padding.clone());
        local.dynamo.put_item().table_name(RECORD).set_item(Some(row)).send().await.expect("put");
    }
    let page = local.dynamo.query().table_name(RECORD).key_condition_expression("pk = :pk");
    let of = AttributeValue::S("revisions#acme/checkout".to_owned());
    let page = page.expression_attribute_values(":pk", of).send().await.expect("read");
    assert!(page.last_evaluated_key.is_some(), "the rows take several pages");
    let found = local.store.of_revision(&deploy(0).deployment, &revision).await.expect("read");
    let ids: Vec<_> = found.into_iter().map(|found| found.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5].map(|number| deploy(number).id));
}

#[tokio::test]
async fn further_report_is_in_no_list() {
    let local = Local::new().await;
    let (first, report) = (deployed(1, second(1)), deployed(2, second(2)));
    let report = Deploy { revision: first.revision.clone(), ..report };
    register(&local.store, &first).await;
    register(&local.store, &report).await;
    let confirmation = Confirmation::Repeat { of: first.id.clone() };
    let repeats = Deploy { confirmation, ..report };
    local.store.commit(Change::to(&repeats.id, second(3)).confirmed(&repeats)).await.expect("committed");

    let found = local.store.of_revision(&first.deployment, &first.revision).await.expect("read");
    let found: Vec<_> = found.into_iter().map(|found| (found.id, found.repeats)).collect();
    assert_eq!(found, [(first.id.clone(), None), (repeats.id.clone(), Some(first.id.clone()))]);
    let of_deployment = Wanted { deployment: Some(first.deployment.clone()), ..Wanted::default() };
    let of_revision = Wanted { revision: Some(first.revision.clone()), ..of_deployment.clone() };
    for wanted in [Wanted::default(), of_deployment, of_revision] {
        let listed = local.store.list(&wanted, 10, None).await.expect("read");
        let ids: Vec<_> = listed.deploys.into_iter().map(|deploy| deploy.id).collect();
        assert_eq!(ids, std::slice::from_ref(&first.id), "{wanted:?}");
    }
    let again = (first.revision.as_str(), &first.id);
    let nine = Deploy { deployed_at: second(9), ..first.clone() }.moment();
    let stood = local.store.stood_before(&first.deployment, "Staging", again, &nine).await;
    assert!(!stood.expect("read"), "a further report is no earlier deploy");
}
