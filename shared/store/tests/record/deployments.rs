//! Settings of deployments, and which of them a repository leads to.

use crate::local::Local;
use crate::samples::second;
use signoff_core::deploy::Slug;
use signoff_store::{Actor, CommitError, DeploymentSettings, Done, GitHost, SecretNumbers, Store};

fn slug(name: &str) -> Slug {
    Slug::new("acme", name).expect("a slug")
}

fn done(at: i64) -> Done {
    Done { by: Actor { id: "U1".to_owned(), name: "Ana".to_owned() }, at: second(at) }
}

fn settings(name: &str, repository: &str) -> DeploymentSettings {
    DeploymentSettings {
        deployment: slug(name),
        repository: repository.to_owned(),
        channel: Some("#deploys".to_owned()),
        circleci_project: None,
        circleci_definition: Some("2338d0ae-5541-4bbf-88a2-55e9f7281f80".to_owned()),
        git_host: GitHost::Gitlab,
        disconnected: None,
        leads: false,
        ci: Vec::new(),
        secrets: SecretNumbers::default(),
        saved: done(1),
        version: 0,
    }
}

async fn save(
    store: &Store,
    before: Option<&DeploymentSettings>,
    next: DeploymentSettings,
) -> DeploymentSettings {
    store.save_deployment(before, next).await.expect("saved")
}

async fn leads_to(store: &Store, repository: &str) -> Option<String> {
    store.deployment_of(repository).await.expect("read").map(|slug| slug.to_string())
}

#[tokio::test]
async fn settings_are_saved_with_what_their_repository_leads_to() {
    let local = Local::new().await;
    let store = &local.store;
    assert_eq!(store.deployment_settings(&slug("web")).await.expect("read"), None);
    let first = save(store, None, settings("web", "acme/Store")).await;
    assert_eq!((first.version, first.leads), (1, true));
    assert_eq!(store.deployment_settings(&slug("web")).await.expect("read").as_ref(), Some(&first));
    assert_eq!(leads_to(store, "ACME/store").await.as_deref(), Some("acme/web"));
    let moved = DeploymentSettings { repository: "acme/shop".to_owned(), ..first.clone() };
    let moved = save(store, Some(&first), moved).await;
    assert_eq!((moved.version, moved.leads), (2, true));
    assert_eq!(leads_to(store, "acme/store").await, None);
    assert_eq!(leads_to(store, "acme/shop").await.as_deref(), Some("acme/web"));
    let gone = DeploymentSettings { disconnected: Some(done(2)), channel: None, ..moved.clone() };
    let gone = save(store, Some(&moved), gone).await;
    assert_eq!(store.deployment_settings(&slug("web")).await.expect("read"), Some(gone));
    assert_eq!(leads_to(store, "acme/shop").await.as_deref(), Some("acme/web"));
    assert!(local.rows().await.values().all(|row| !row.contains_key("kept_until")), "settings do not end");
}

#[tokio::test]
async fn first_deployment_keeps_deliveries_until_it_leaves() {
    let store = Local::new().await.store;
    let first = save(&store, None, settings("web", "acme/mono")).await;
    let second = save(&store, None, settings("api", "acme/mono")).await;
    assert_eq!((first.leads, second.leads), (true, false));
    assert_eq!(leads_to(&store, "acme/mono").await.as_deref(), Some("acme/web"));
    let elsewhere = DeploymentSettings { repository: "acme/api".to_owned(), ..second.clone() };
    let elsewhere = save(&store, Some(&second), elsewhere).await;
    assert_eq!(
        leads_to(&store, "acme/mono").await.as_deref(),
        Some("acme/web"),
        "it was not its own to leave"
    );
    save(&store, Some(&first), DeploymentSettings { repository: "acme/web".to_owned(), ..first.clone() })
        .await;
    assert_eq!(leads_to(&store, "acme/mono").await, None);
    let back = DeploymentSettings { repository: "acme/mono".to_owned(), ..elsewhere.clone() };
    assert!(save(&store, Some(&elsewhere), back).await.leads);
}

#[tokio::test]
async fn who_saves_what_was_changed_meanwhile_changes_nothing() {
    let local = Local::new().await;
    let store = &local.store;
    let first = save(store, None, settings("web", "acme/web")).await;
    let late = store.save_deployment(None, settings("web", "acme/late")).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    save(store, Some(&first), DeploymentSettings { channel: None, ..first.clone() }).await;
    let before = local.rows().await;
    let late = DeploymentSettings { repository: "acme/late".to_owned(), ..first.clone() };
    let late = store.save_deployment(Some(&first), late).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    assert_eq!(local.rows().await, before);
}

#[tokio::test]
async fn of_ten_who_save_at_the_same_time_one_did() {
    let store = Local::new().await.store;
    let tries = (0..10).map(|number| {
        let store = store.clone();
        let next = settings("web", &format!("acme/web-{number}"));
        tokio::spawn(async move { store.save_deployment(None, next).await })
    });
    let mut saved = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        match tried.await.expect("ended") {
            Ok(settings) => saved.push(settings),
            Err(CommitError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(saved.len(), 1);
    assert_eq!(store.deployment_settings(&slug("web")).await.expect("read"), saved.pop());
}
