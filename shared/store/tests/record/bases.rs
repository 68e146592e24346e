//! Bases of places, and approvals that race for them.

use crate::local::Local;
use crate::samples::{deploy, second};
use signoff_core::base::Base;
use signoff_core::deploy::Slug;
use signoff_store::{Change, CommitError, Store};
use tokio::task::JoinSet;

fn slug() -> Slug {
    Slug::new("acme", "checkout").expect("a slug")
}

async fn base(store: &Store) -> Base {
    store.base(&slug(), "environment production").await.expect("read")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_approve_from_the_same_base_one_moves_it() {
    let local = Local::new().await;
    assert_eq!(base(&local.store).await, Base::none(&slug(), "environment production"));
    let read = base(&local.store).await;
    let mut tasks = JoinSet::new();
    for number in 0..10 {
        let (store, next) =
            (local.store.clone(), read.clone().after(&format!("{number:040}"), true, second(1)));
        let change = Change::to(&deploy(1).id, second(1)).base(next);
        tasks.spawn(async move { (number, store.commit(change).await) });
    }
    let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(|(_, end)| end.is_ok());
    assert!(lost.iter().all(|(_, end)| matches!(end, Err(CommitError::Conflict))), "{lost:?}");
    let [(winner, _)] = &won[..] else { panic!("{won:?}") };
    let stands = base(&local.store).await;
    assert_eq!(stands.version, 1);
    assert_eq!(stands.start(true).map(|start| &start.revision), Some(&format!("{winner:040}")));
}

#[tokio::test]
async fn an_approval_without_four_eyes_moves_the_base_of_others_alone() {
    let local = Local::new().await;
    let commit = async |next: Base| {
        local.store.commit(Change::to(&deploy(1).id, second(1)).base(next)).await.expect("committed");
    };
    commit(base(&local.store).await.after("a", true, second(1))).await;
    commit(base(&local.store).await.after("b", false, second(2))).await;
    let stands = base(&local.store).await;
    assert_eq!(stands.start(true).map(|start| start.revision.as_str()), Some("a"));
    assert_eq!(stands.start(false).map(|start| start.revision.as_str()), Some("b"));
    assert!(stands.was_let_through("a", second(3)) && !stands.was_let_through("b", second(3)));
}
