//! A rollback stays on record: what was deployed before it does not stand any more, whatever comes later.

use crate::local::Local;
use crate::samples::{deploy, second};
use signoff_core::deploy::Deploy;
use signoff_core::id::DeployId;
use signoff_store::{After, Arrived, Change, Store};
use tokio::task::JoinSet;

/// The deploy `id` of the revision that `revision` stands for, so many seconds after the first; registered.
async fn deployed(store: &Store, id: &str, revision: u32, seconds: i64) -> Deploy {
    let deploy = Deploy { id: DeployId::from_text(id), deployed_at: second(seconds), ..deploy(revision) };
    store.commit(Change::register(&deploy, second(0))).await.expect("registered");
    deploy
}

async fn is_rollback(store: &Store, deploy: &Deploy) -> bool {
    match store.arrive(deploy).await.expect("noted") {
        Arrived::Stands { is_rollback, .. } => is_rollback,
        Arrived::Late | Arrived::Repeats { .. } => panic!("it stands there"),
    }
}

/// The ids of what came after `deploy`: what stands there, and the rollback.
async fn after(store: &Store, deploy: &Deploy) -> (Option<String>, Option<String>) {
    let After { newer, rollback } = store.after(deploy).await.expect("read");
    let id = |one: signoff_store::DeploySummary| one.id.to_string();
    (newer.map(id), rollback.map(id))
}

#[tokio::test]
async fn rollback_is_known_after_the_next_deploy() {
    let local = Local::new().await;
    let store = &local.store;
    let (a, b) = (deployed(store, "a", 1, 1).await, deployed(store, "b", 2, 2).await);
    let (back, next) = (deployed(store, "back", 1, 3).await, deployed(store, "next", 3, 4).await);
    assert_eq!([is_rollback(store, &a).await, is_rollback(store, &b).await], [false, false]);
    assert_eq!(after(store, &b).await, (None, None));
    assert!(is_rollback(store, &back).await);
    assert!(is_rollback(store, &back).await, "it means the same once more");
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(after(store, &b).await, (some("back"), some("back")));
    assert!(!is_rollback(store, &next).await);
    assert_eq!(after(store, &b).await, (some("next"), some("back")));
    for (deploy, by) in [(&a, None), (&b, Some(back.title())), (&back, None), (&next, None)] {
        let back = store.rolled_back_by(deploy).await.expect("read");
        assert_eq!(back.map(|back| back.title()), by, "{}", deploy.id);
    }
    // What was rolled back to is what it was.
    assert_eq!(after(store, &a).await, (some("next"), None));
    assert_eq!(after(store, &back).await, (some("next"), None));
    assert_eq!(after(store, &next).await, (None, None));
}

#[tokio::test]
async fn deploy_between_two_reports_is_rolled_back() {
    let local = Local::new().await;
    let store = &local.store;
    let (a, again) = (deployed(store, "a", 1, 1).await, deployed(store, "again", 1, 4).await);
    store.arrive(&a).await.expect("noted");
    // B, which was deployed between them, is confirmed only afterwards.
    let arrived = store.arrive(&again).await.expect("noted");
    assert!(matches!(&arrived, Arrived::Repeats { of } if of.id == a.id), "{arrived:?}");
    let (before, b) = (deployed(store, "before", 9, 0).await, deployed(store, "b", 2, 2).await);
    assert_eq!(store.arrive(&b).await.expect("noted"), Arrived::Late);
    let some = |id: &str| Some(id.to_owned());
    assert_eq!(after(store, &b).await, (some("a"), some("a")));
    assert_eq!(after(store, &before).await, (some("a"), None), "it was overtaken");
    assert_eq!(after(store, &a).await, (None, None));
    let next = deployed(store, "next", 3, 5).await;
    assert!(!is_rollback(store, &next).await);
    assert_eq!(after(store, &b).await, (some("next"), some("a")));
    assert_eq!(after(store, &before).await, (some("next"), None));
    assert_eq!(after(store, &next).await, (None, None));
}

#[tokio::test]
async fn host_calls_an_unregistered_revision_a_rollback() {
    let local = Local::new().await;
    let store = &local.store;
    let (b, back) = (deployed(store, "b", 2, 2).await, deployed(store, "back", 1, 3).await);
    let next = deployed(store, "next", 3, 4).await;
    for deploy in [&b, &back, &next] {
        assert!(!is_rollback(store, deploy).await);
    }
    for _ in 0..2 {
        store.note_rollback(&back).await.expect("noted");
        assert_eq!(after(store, &b).await, (Some("next".to_owned()), Some("back".to_owned())));
        assert_eq!(after(store, &next).await, (None, None));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rollback_stays_on_record_among_racing_deploys() {
    let local = Local::new().await;
    let store = &local.store;
    let (a, b) = (deployed(store, "a", 1, 1).await, deployed(store, "b", 2, 2).await);
    for deploy in [&a, &b] {
        store.arrive(deploy).await.expect("noted");
    }
    let back = deployed(store, "back", 9, 3).await;
    store.arrive(&back).await.expect("noted");
    let mut racing = Vec::new();
    for number in 10..30 {
        racing.push(deployed(store, &format!("d{number}"), number, i64::from(number)).await);
    }
    let mut tasks = JoinSet::new();
    for deploy in racing {
        let store = store.clone();
        tasks.spawn(async move { store.arrive(&deploy).await.map(|_| ()) });
    }
    let noting = store.clone();
    tasks.spawn(async move { noting.note_rollback(&back).await });
    for done in tasks.join_all().await {
        done.expect("noted");
    }
    assert_eq!(after(store, &b).await, (Some("d29".to_owned()), Some("back".to_owned())));
}
