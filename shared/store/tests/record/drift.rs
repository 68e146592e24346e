//! Tests of drift, the distance between environments. It counts the deploys that were there, not the dates of
//! registrations.

use crate::local::Local;
use crate::samples::{deploy, second};
use signoff_core::deploy::Deploy;
use signoff_core::id::DeployId;
use signoff_store::{Change, MissingDeploys, Store};

/// Registers `change` of a deploy of the revision that `revision` stands for.
async fn registered(store: &Store, id: &str, revision: u32, change: impl FnOnce(&mut Deploy)) -> Deploy {
    let mut deploy = Deploy { id: DeployId::from_text(id), ..deploy(revision) };
    change(&mut deploy);
    store.commit(Change::register(&deploy, second(0))).await.expect("registered");
    deploy
}

#[tokio::test]
async fn drift_counts_what_stood_there_from_its_arrival() {
    let local = Local::new().await;
    let store = &local.store;
    let at = |registered: i64, deployed: i64| {
        move |deploy: &mut Deploy| {
            (deploy.registered_at, deploy.deployed_at) = (second(registered), second(deployed));
        }
    };
    let common = registered(store, "common", 1, at(100, 100)).await;
    let there = registered(store, "there", 1, |deploy| deploy.environment = "Production".to_owned()).await;
    for deploy in [&common, &there] {
        store.arrive(deploy).await.expect("noted");
    }
    // Somebody who may only register says that it was deployed long ago.
    let dated = registered(store, "dated", 2, at(900, 110)).await;
    let drift = async |deploy: &Deploy| store.drift(deploy, "production").await.expect("read");
    let missing =
        |since: i64, count: u32| Some(MissingDeploys { since: second(since), count, or_more: false });
    assert_eq!(drift(&dated).await, missing(900, 1));
    // The source host's time counts, and so does that of whoever may report.
    let mut told = dated.clone();
    told.reading.may_report = true;
    assert_eq!(drift(&told).await, missing(110, 1));
    // Registered with an old date while something newer stood there, or not confirmed yet.
    for (id, revision) in [("late-1", 3), ("late-2", 4), ("late-3", 5)] {
        let late = move |deploy: &mut Deploy| {
            at(950, 105)(deploy);
            deploy.reading.came_late = true;
        };
        registered(store, id, revision, late).await;
    }
    registered(store, "awaited", 6, |deploy| {
        at(950, 950)(deploy);
        deploy.confirmation = signoff_core::confirmation::Confirmation::Awaited;
    })
    .await;
    let newest = registered(store, "newest", 7, at(1_000, 1_000)).await;
    assert_eq!(drift(&newest).await, missing(900, 2));
    // One that came late with the other environment's revision is not where the count ends.
    registered(store, "late-common", 1, |deploy| {
        at(1_010, 500)(deploy);
        deploy.reading.came_late = true;
    })
    .await;
    assert_eq!(drift(&newest).await, missing(900, 2));
    assert_eq!(drift(&common).await, None);
}
