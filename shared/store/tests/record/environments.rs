//! The newest deploy of each environment.

use crate::local::{Local, RECORD};
use crate::samples::{deploy, second};
use aws_sdk_dynamodb::types::AttributeValue;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::id::DeployId;
use signoff_store::{Deployment, Environment, Store};
use std::collections::HashMap;
use tokio::task::JoinSet;

fn slug(text: &str) -> Slug {
    let (organization, name) = text.split_once('/').expect("a slug");
    Slug::new(organization, name).expect("a slug")
}

/// Deploy `number`, so many seconds after the first, of `deployment` to `environment`.
fn deployed(number: u32, deployment: &str, environment: &str) -> Deploy {
    Deploy {
        deployment: slug(deployment),
        environment: environment.to_owned(),
        deployed_at: second(i64::from(number)),
        ..deploy(number)
    }
}

fn ids(deployment: Option<Deployment>) -> Vec<DeployId> {
    deployment
        .into_iter()
        .flat_map(|deployment| deployment.environments)
        .map(|environment| environment.newest.id)
        .collect()
}

async fn arrive(store: &Store, deploy: &Deploy) {
    store.arrive(deploy).await.expect("noted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_that_arrive_at_the_same_time_the_newest_stays() {
    let local = Local::new().await;
    let mut tasks = JoinSet::new();
    // Each arrives twice, as a message that is delivered again.
    for number in (1..=30).chain(1..=30) {
        let store = local.store.clone();
        tasks.spawn(async move { arrive(&store, &deployed(number, "acme/checkout", "Staging")).await });
    }
    tasks.join_all().await;
    let found = local.store.deployment(&slug("acme/checkout")).await.expect("read");
    assert_eq!(ids(found), [deploy(30).id]);
    arrive(&local.store, &deployed(7, "acme/checkout", "Staging")).await;
    let same_time = Deploy { deployed_at: second(30), ..deployed(31, "acme/checkout", "STAGING") };
    arrive(&local.store, &same_time).await;
    let found = local.store.deployment(&slug("acme/checkout")).await.expect("read");
    assert_eq!(ids(found), [deploy(30).id.max(same_time.id)], "the same one that a list shows first");
}

#[tokio::test]
async fn each_environment_of_each_deployment_has_its_own() {
    let local = Local::new().await;
    let with_branch =
        Deploy { branch: Some("main".to_owned()), ..deployed(1, "acme/checkout", "Staging EU #2") };
    let deploys = [
        with_branch,
        deployed(2, "acme/checkout", "Production"),
        deployed(3, "acme/checkout-api", "Production"),
        deployed(4, "acme/checkout.io", "Production"),
        deployed(5, "acme/check", "Production"),
    ];
    for deploy in &deploys {
        arrive(&local.store, deploy).await;
    }
    let found = local.store.deployment(&slug("acme/checkout")).await.expect("read").expect("known");
    assert!(!found.is_disconnected);
    let found = found.environments;
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0].newest.id, &found[0].branch), (&deploys[1].id, &None));
    let Environment { newest, branch } = &found[1];
    assert_eq!((&newest.id, newest.environment.as_str()), (&deploys[0].id, "Staging EU #2"));
    assert_eq!((&newest.revision, newest.deployed_at), (&deploys[0].revision, second(1)));
    assert_eq!(branch.as_deref(), Some("main"));
    assert!(local.store.deployment(&slug("acme/checkou")).await.expect("read").is_none());
}

#[tokio::test]
async fn every_deployment_is_in_one_part_of_the_list() {
    let local = Local::new().await;
    let names = [("a/a", 3), ("a/a-b", 1), ("a/b", 2), ("b/a", 1)];
    for (name, environments) in names {
        for number in 0..environments {
            arrive(&local.store, &deployed(number, name, &format!("E{number}"))).await;
        }
    }
    for (limit, expected) in [
        (100, vec!["a/a a/a a/a a/a-b a/b a/b b/a"]),
        (7, vec!["a/a a/a a/a a/a-b a/b a/b b/a"]),
        (5, vec!["a/a a/a a/a a/a-b", "a/b a/b b/a"]),
        (4, vec!["a/a a/a a/a a/a-b", "a/b a/b b/a"]),
        (3, vec!["a/a a/a a/a", "a/a-b a/b a/b", "b/a"]),
        // Of one that has more than a part holds, the first.
        (2, vec!["a/a a/a", "a/a-b", "a/b a/b", "b/a"]),
    ] {
        let (mut parts, mut after) = (Vec::new(), None);
        loop {
            let part = local.store.deployments(limit, after.as_ref()).await.expect("read");
            let names =
                part.deployments.iter().map(|known| vec![known.slug.as_str(); known.environments.len()]);
            let names = names.flatten().collect::<Vec<_>>().join(" ");
            after = part.next;
            if !names.is_empty() {
                parts.push(names);
            }
            if after.is_none() {
                break;
            }
        }
        assert_eq!(parts, expected, "{limit} at a time");
    }
}

#[tokio::test]
async fn deployment_with_settings_is_listed_with_its_state() {
    let local = Local::new().await;
    let by = AttributeValue::M(HashMap::from([("by".to_owned(), AttributeValue::S("Ana".to_owned()))]));
    for (name, disconnected) in [("a/a", None), ("a/b", Some(by.clone())), ("a/c", Some(by))] {
        let request = local.dynamo.put_item().table_name(RECORD);
        let request = request.item("pk", AttributeValue::S("deployments".to_owned()));
        let request = request.item("sk", AttributeValue::S(name.to_owned()));
        let request = request.item("deployment", AttributeValue::S(name.to_owned()));
        let request = match disconnected {
            Some(by) => request.item("disconnected", by),
            None => request,
        };
        request.send().await.expect("written");
    }
    arrive(&local.store, &deployed(1, "a/c", "Staging")).await;
    arrive(&local.store, &deployed(2, "a/d", "Staging")).await;
    let found = local.store.deployments(10, None).await.expect("read").deployments;
    let found: Vec<_> = found
        .iter()
        .map(|known| (known.slug.as_str(), known.is_disconnected, known.environments.len()))
        .collect();
    assert_eq!(found, [("a/a", false, 0), ("a/b", true, 0), ("a/c", true, 1), ("a/d", false, 1)]);
    // Two rows of one deployment are one entry, wherever a part ends.
    let part = local.store.deployments(3, None).await.expect("read");
    assert_eq!((part.deployments.len(), part.next), (2, Some(slug("a/b"))));
}
