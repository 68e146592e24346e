//! The deploy that a rule asks about, and the place of its dialog.

use crate::local::Local;
use crate::samples::{approval, deploy, plain, second};
use signoff_core::approval::Dialog;
use signoff_core::deploy::Deploy;
use signoff_core::id::RunId;
use signoff_core::newest::{Arrival, Newest};
use signoff_store::{Change, CommitError, DialogPlace, Store};
use tokio::task::JoinSet;

/// Far more than any race here takes; reached only by a test that fails.
const MAX_RACES: usize = 2000;

/// Deploy `number` of acme/checkout, so many seconds after the first.
fn deployed(number: u32) -> Deploy {
    Deploy { deployed_at: second(i64::from(number)), ..deploy(number) }
}

/// The run of the rule `rule` for deploy `number`, as the first one that asks.
fn asking(number: u32, rule: &str) -> Newest {
    let deploy = deployed(number);
    Newest::of(&deploy, rule, &RunId::derive(&deploy.id, rule))
}

/// Returns the newest of the rule on record.
async fn known(store: &Store, rule: &str) -> Option<Newest> {
    store.newest(&asking(0, rule)).await.expect("read")
}

/// Commits what `asking` makes of `known`.
async fn arrive(store: &Store, asking: Newest, known: Option<Newest>) -> Result<Arrival, CommitError> {
    let deploy = asking.moment.deploy.clone();
    let arrival = asking.arrive(known);
    if let Arrival::Newest { next, .. } = &arrival {
        store.commit(Change::to(&deploy, second(60)).newest(next.clone())).await?;
    }
    Ok(arrival)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_that_become_the_newest_at_the_same_time_one_does() {
    let local = Local::new().await;
    for round in 0..2 {
        let read = known(&local.store, "promote").await;
        let mut tasks = JoinSet::new();
        for number in 1..=20 {
            let (store, read) = (local.store.clone(), read.clone());
            tasks.spawn(async move { arrive(&store, asking(round * 20 + number, "promote"), read).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let lost = |result: &&Result<_, CommitError>| matches!(result, Err(CommitError::Conflict));
        assert_eq!(results.iter().filter(lost).count(), 19, "{results:?}");
        let version = known(&local.store, "promote").await.map(|newest| newest.version);
        assert_eq!(version, Some(u64::from(round) + 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn newest_deploy_is_asked_and_others_close_once() {
    let local = Local::new().await;
    let mut tasks = JoinSet::new();
    for number in 1..=20 {
        let store = local.store.clone();
        tasks.spawn(async move {
            for _ in 0..MAX_RACES {
                let read = known(&store, "promote").await;
                match arrive(&store, asking(number, "promote"), read).await {
                    Ok(arrival) => return (asking(number, "promote").moment.deploy, arrival),
                    Err(CommitError::Conflict) => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
            panic!("no end of conflicts");
        });
    }
    let mut closed = Vec::new();
    for (own, arrival) in tasks.join_all().await {
        match arrival {
            Arrival::Newest { older, .. } => closed.extend(older.map(|(deploy, _)| deploy)),
            Arrival::Outdated { .. } => closed.push(own),
        }
    }
    closed.sort();
    let mut others: Vec<_> = (1..20).map(|number| deploy(number).id).collect();
    others.sort();
    assert_eq!(closed, others);
    assert_eq!(known(&local.store, "promote").await.map(|newest| newest.moment.deploy), Some(deploy(20).id));
}

#[tokio::test]
async fn each_rule_environment_and_deployment_has_its_own_newest() {
    let local = Local::new().await;
    arrive(&local.store, asking(1, "promote"), None).await.expect("committed");
    let stored = Newest { version: 1, ..asking(1, "promote") };
    assert_eq!(known(&local.store, "promote").await, Some(stored.clone()));
    let loud = Newest { environment: "STAGING".to_owned(), ..asking(2, "promote") };
    assert_eq!(local.store.newest(&loud).await.expect("read"), Some(stored));
    let elsewhere = Newest { environment: "Production".to_owned(), ..asking(2, "promote") };
    let other =
        Newest { deployment: signoff_core::deploy::Slug::new("acme", "cart").expect("a slug"), ..loud };
    for unknown in [asking(2, "other"), elsewhere, other] {
        assert_eq!(local.store.newest(&unknown).await.expect("read"), None);
    }
}

#[tokio::test]
async fn a_dialog_leads_to_its_approval_also_where_it_stood_before() {
    let local = Local::new().await;
    let opened = approval(&deploy(1).id, 1);
    let at = |ts: &str| Dialog { channel: "C1".to_owned(), ts: ts.to_owned() };
    let change = Change::to(&opened.deploy, second(1)).approval(plain(opened.clone()));
    local.store.commit(change.dialog(&at("1.1"), &opened.id)).await.expect("committed");
    let change = Change::to(&opened.deploy, second(2)).dialog(&at("2.2"), &opened.id);
    local.store.commit(change).await.expect("committed");
    let place = DialogPlace { deploy: opened.deploy.clone(), approval: opened.id.clone() };
    for ts in ["1.1", "2.2"] {
        assert_eq!(local.store.approval_at(&at(ts)).await.expect("read"), Some(place.clone()), "{ts}");
    }
    assert_eq!(local.store.approval_at(&at("3.3")).await.expect("read"), None);
    let elsewhere = Dialog { channel: "C2".to_owned(), ..at("1.1") };
    assert_eq!(local.store.approval_at(&elsewhere).await.expect("read"), None);
}
