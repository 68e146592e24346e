//! API keys: what is kept of them, and that a revoked one stays revoked.

use crate::local::{Local, text};
use crate::samples::second;
use signoff_store::{Actor, ApiKey, CommitError, DeploymentPattern, Done, Scope};
use std::collections::BTreeSet;

fn actor(name: &str) -> Actor {
    Actor { id: format!("U{name}"), name: name.to_owned() }
}

fn key(id: &str, at: i64) -> ApiKey {
    ApiKey {
        id: id.to_owned(),
        name: "CI \u{1f680}".to_owned(),
        scopes: BTreeSet::from([Scope::Register, Scope::Read]),
        deployments: vec![DeploymentPattern::parse("acme/*").expect("a pattern")],
        digest: "0".repeat(64),
        last_four: "cafe".to_owned(),
        created: Done { by: actor("Ana"), at: second(at) },
        revoked: None,
    }
}

#[tokio::test]
async fn a_key_is_created_once_and_found_by_its_id() {
    let local = Local::new().await;
    let store = &local.store;
    store.create_key(&key("k1", 1)).await.expect("created");
    store.create_key(&key("k2", 2)).await.expect("created");
    let again = store.create_key(&ApiKey { name: "another".to_owned(), ..key("k1", 3) }).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(store.key("k1").await.expect("read"), Some(key("k1", 1)));
    assert_eq!(store.key("k3").await.expect("read"), None);
    assert_eq!(store.keys().await.expect("read"), [key("k2", 2), key("k1", 1)]);
    let rows = local.rows().await;
    assert!(!rows["keys key#k1"].contains_key("kept_until"), "a key that is in use does not end by itself");
}

#[tokio::test]
async fn a_revoked_key_stays_on_record_as_it_was_revoked_first() {
    let local = Local::new().await;
    let store = &local.store;
    store.create_key(&key("k1", 1)).await.expect("created");
    assert_eq!(store.revoke_key("k2", &actor("Ben"), second(2)).await.expect("read"), None);
    let revoked = store.revoke_key("k1", &actor("Ben"), second(2)).await.expect("revoked").expect("a key");
    assert_eq!(revoked.revoked, Some(Done { by: actor("Ben"), at: second(2) }));
    let again = store.revoke_key("k1", &actor("Cleo"), second(3)).await.expect("read");
    assert_eq!(again.as_ref(), Some(&revoked));
    assert_eq!(store.key("k1").await.expect("read"), Some(revoked));
    let rows = local.rows().await;
    assert!(rows["keys key#k1"].contains_key("kept_until"), "its retention has begun");
    assert!(matches!(store.create_key(&key("k1", 4)).await, Err(CommitError::Conflict)));
}

#[tokio::test]
async fn of_ten_who_revoke_a_key_at_the_same_time_one_did_it() {
    let store = Local::new().await.store;
    store.create_key(&key("k1", 1)).await.expect("created");
    let tries = (0..10).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.revoke_key("k1", &actor(&number.to_string()), second(2)).await })
    });
    let mut told = BTreeSet::new();
    for tried in tries.collect::<Vec<_>>() {
        let key = tried.await.expect("ended").expect("revoked").expect("a key");
        told.insert(key.revoked.expect("revoked").by.id);
    }
    assert_eq!(told.len(), 1, "all are told the same: {told:?}");
}

#[tokio::test]
async fn the_row_has_no_secret() {
    let local = Local::new().await;
    local.store.create_key(&key("k1", 1)).await.expect("created");
    let rows = local.rows().await;
    let mut names: Vec<_> = rows["keys key#k1"].keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["created", "deployments", "digest", "id", "last_four", "name", "pk", "scopes", "sk"]);
    assert_eq!(text(&rows["keys key#k1"], "last_four"), "cafe");
}
