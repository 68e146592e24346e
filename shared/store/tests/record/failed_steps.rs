//! Steps that failed: one of several who act on them counts, and lists know of them.

use crate::local::Local;
use crate::samples::{at, deploy, plain};
use jiff::Timestamp;
use signoff_core::action::{Action, WebhookSpec};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::{DeployId, EffectId};
use signoff_core::run::{Command, FirstTry, Opening, Resolution, Run, decide};
use signoff_store::{Change, CommitError, Store};

/// A run on record whose only step failed.
pub(crate) async fn failed(store: &Store) -> Run {
    let deploy = deploy(1);
    store.commit(Change::register(&deploy, at(0))).await.expect("registered");
    let opening = Opening {
        deploy: &deploy.id,
        revision: &deploy.revision,
        rule: "promote",
        rule_hash: "hash",
        actions: &[Action::Webhook(WebhookSpec::to("https://hooks.example.com".to_owned()))],
        followed: false,
    };
    let run = Run::open(&opening, at(1)).next;
    store.commit(Change::to(&run.deploy, at(1)).run(plain(run.clone()))).await.expect("opened");
    let first = FirstTry { effect: EffectId::from_text("e1"), at: at(1) };
    for (number, command) in (2..).zip([Command::Begin(first), Command::Fail { reason: "404".to_owned() }]) {
        let run = store.run(&run.deploy, &run.id).await.expect("read").expect("a run");
        let decision = decide(&run, 0, command, at(number)).expect("its turn");
        store.commit(Change::to(&run.deploy, at(number)).run(decision)).await.expect("committed");
    }
    store.run(&run.deploy, &run.id).await.expect("read").expect("a run")
}

/// Acts on the failed step until nobody else commits first; whether it counted.
async fn acts(store: &Store, run: &Run, person: usize) -> bool {
    let (failed_at, _) = run.steps[0].failure().expect("it failed");
    let resolution = [Resolution::Retry, Resolution::Skip, Resolution::MarkAsDone][person % 3];
    loop {
        let run = store.run(&run.deploy, &run.id).await.expect("read").expect("a run");
        let command = Command::Resolve {
            by: format!("U{person}"),
            name: format!("Person {person}"),
            resolution,
            reason: Some("because".to_owned()),
            failed_at,
        };
        let Ok(decision) = decide(&run, 0, command, at(10)) else { return false };
        match store.commit(Change::to(&run.deploy, at(10)).run(decision)).await {
            Ok(()) => return true,
            Err(CommitError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn of_ten_who_act_on_a_failure_one_counts() {
    let store = Local::new().await.store;
    let run = failed(&store).await;
    let acting = (0..10).map(|person| {
        let (store, run) = (store.clone(), run.clone());
        tokio::spawn(async move { acts(&store, &run, person).await })
    });
    let mut counted = 0;
    for acting in acting.collect::<Vec<_>>() {
        counted += usize::from(acting.await.expect("ended"));
    }
    assert_eq!(counted, 1);
    let page = store.page(&run.deploy).await.expect("read").expect("a page");
    let resolved = |kind: &EventKind| matches!(kind, EventKind::StepResolved { .. });
    assert_eq!(page.events.iter().filter(|event| resolved(&event.kind)).count(), 1);
    let retries = |kind: &EffectKind| matches!(kind, EffectKind::RetryStep { .. });
    assert!(page.effects.iter().filter(|effect| retries(&effect.kind)).count() <= 1);
}

#[tokio::test]
async fn a_deploy_has_failed_until_somebody_acts() {
    let store = Local::new().await.store;
    let run = failed(&store).await;
    assert!(store.failed_since(Timestamp::UNIX_EPOCH).await.expect("read").contains(&run.deploy));
    assert!(acts(&store, &run, 1).await);
    assert!(store.failed_since(Timestamp::UNIX_EPOCH).await.expect("read").is_empty());
}

#[tokio::test]
async fn many_newer_failures_hide_no_older_one() {
    let store = Local::new().await.store;
    let older = failed(&store).await;
    let failing = |number: usize| {
        let (store, older) = (store.clone(), older.clone());
        async move {
            let id = DeployId::from_text(format!("noisy-{number}"));
            let run = Run { deploy: id.clone(), version: 0, opened_at: at(100), ..older };
            store.commit(Change::to(&id, at(100)).run(plain(run))).await.expect("committed");
        }
    };
    for part in (0..600).collect::<Vec<_>>().chunks(50) {
        let all: Vec<_> = part.iter().map(|number| tokio::spawn(failing(*number))).collect();
        for one in all {
            one.await.expect("ended");
        }
    }
    let found = store.failed_since(at(0)).await.expect("read");
    assert!(found.contains(&older.deploy) && found.len() == 601, "{} deploys", found.len());
    assert_eq!(store.failed_since(at(50)).await.expect("read").len(), 600, "those that were opened since");
}
