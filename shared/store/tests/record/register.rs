//! A deploy is registered once, whoever else tries.

use crate::local::Local;
use crate::samples::{deploy, plain, second};
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::deploy_state::DeployState;
use signoff_core::effect::{EffectKind, EffectState};
use signoff_core::event::EventKind;
use signoff_core::run::{Opening, Run};
use signoff_store::{Change, CommitError, Wanted};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_registered_deploy_is_on_record_with_its_event_and_effect() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(1))).await.expect("registered");
    let page = local.store.page(&deploy(1).id).await.expect("read").expect("a page");
    assert_eq!(page.deploy, deploy(1));
    assert_eq!(
        page.events.iter().map(|event| &event.kind).collect::<Vec<_>>(),
        [&EventKind::DeployRegistered]
    );
    let effects: Vec<_> = page.effects.iter().map(|effect| (&effect.kind, effect.state)).collect();
    assert_eq!(effects, [(&EffectKind::EvaluateRules { look: Some(0) }, EffectState::Pending)]);
}

#[tokio::test]
async fn registering_a_deploy_again_is_a_conflict_and_changes_nothing() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(1))).await.expect("registered");
    let before = local.rows().await;
    let other = Deploy { branch: Some("main".to_owned()), ..deploy(1) };
    let again = local.store.commit(Change::register(&other, second(2))).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(local.rows().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_that_register_the_same_deploy_one_does() {
    let local = Local::new().await;
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = local.store.clone();
        tasks.spawn(async move { store.commit(Change::register(&deploy(1), second(number))).await });
    }
    let (mut registered, mut conflicts) = (0, 0);
    for result in tasks.join_all().await {
        match result {
            Ok(()) => registered += 1,
            Err(CommitError::Conflict) => conflicts += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((registered, conflicts), (1, 19));
    let rows = (local.count("deploy").await, local.count("effect").await, local.count("event").await);
    assert_eq!(rows, (1, 1, 1));
}

#[tokio::test]
async fn deploy_under_way_is_listed_and_stands_nowhere() {
    let local = Local::new().await;
    let stood = deploy(1);
    local.store.commit(Change::register(&stood, second(1))).await.expect("registered");
    local.store.arrive(&stood).await.expect("arrived");
    let begun = Deploy {
        state: DeployState::InProgress,
        confirmation: Confirmation::Awaited,
        deployed_at: second(2),
        ..deploy(2)
    };
    local.store.commit(Change::report(&begun, second(2))).await.expect("on record");
    let page = local.store.page(&begun.id).await.expect("read").expect("a page");
    assert_eq!((page.effects.len(), page.deploy.state), (0, DeployState::InProgress));
    assert_eq!(page.events[0].kind, EventKind::DeployReported { state: DeployState::InProgress });
    let wanted = Wanted {
        deployment: Some(begun.deployment.clone()),
        environment: Some("staging".to_owned()),
        ..Wanted::default()
    };
    let listed = local.store.list(&wanted, 10, None).await.expect("read").deploys;
    let states: Vec<_> = listed.iter().map(|deploy| deploy.state).collect();
    assert_eq!(states, [DeployState::InProgress, DeployState::Success]);
    let later = Deploy { deployed_at: second(9), ..deploy(3) };
    let previous = local.store.previous(&later).await.expect("read").map(|previous| previous.id);
    assert_eq!(previous, Some(stood.id), "what did not arrive is no previous deploy");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_later_reports_of_a_deploy_one_counts() {
    let local = Local::new().await;
    let begun = Deploy { state: DeployState::InProgress, ..deploy(1) };
    local.store.commit(Change::report(&begun, second(1))).await.expect("on record");
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let (store, begun) = (local.store.clone(), begun.clone());
        let state = if number % 2 == 0 { DeployState::Success } else { DeployState::Failure };
        let next = Deploy { state, deployed_at: second(2 + number), ..begun.clone() };
        tasks.spawn(async move {
            store.commit(Change::reported(&begun, &next, second(30))).await.map(|()| next.state)
        });
    }
    let results = tasks.join_all().await;
    let won: Vec<DeployState> = results.iter().flatten().copied().collect();
    assert!(results.iter().flat_map(Result::as_ref).count() == 1, "{won:?}");
    let page = local.store.page(&begun.id).await.expect("read").expect("a page");
    assert_eq!((Some(&page.deploy.state), page.events.len()), (won.first(), 2));
    assert_eq!(page.effects.len(), usize::from(page.deploy.state.has_arrived()));
}

#[tokio::test]
async fn what_is_learned_of_a_deploy_replaces_its_row_and_needs_one() {
    let local = Local::new().await;
    let known = Deploy { branch: Some("main".to_owned()), ..deploy(1) };
    let too_early = local.store.commit(Change::to(&known.id, second(1)).deploy(&known)).await;
    assert!(matches!(too_early, Err(CommitError::Conflict)), "{too_early:?}");
    assert_eq!(local.rows().await.len(), 0);
    local.store.commit(Change::register(&deploy(1), second(1))).await.expect("registered");
    local.store.commit(Change::to(&known.id, second(2)).deploy(&known)).await.expect("replaced");
    assert_eq!(local.store.deploy(&known.id).await.expect("read"), Some(known));
    assert_eq!(local.count("deploy").await, 1);
}

#[tokio::test]
async fn a_run_opens_once() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let opening = Opening {
        deploy: &id,
        revision: "7bf7226",
        rule: "promote",
        rule_hash: "hash",
        actions: &[],
        followed: false,
    };
    let open = || Change::to(&id, second(1)).run(Run::open(&opening, second(1)));
    local.store.commit(open()).await.expect("opened");
    let before = local.rows().await;
    let again = local.store.commit(open()).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(local.rows().await, before);
}

#[tokio::test]
async fn a_change_whose_last_part_is_late_writes_nothing_of_its_first() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(1))).await.expect("registered");
    let id = deploy(1).id;
    let opening = Opening {
        deploy: &id,
        revision: "7bf7226",
        rule: "promote",
        rule_hash: "hash",
        actions: &[],
        followed: false,
    };
    local.store.commit(Change::to(&id, second(2)).run(Run::open(&opening, second(2)))).await.expect("opened");
    let run =
        local.store.run(&id, &Run::open(&opening, second(2)).next.id).await.expect("read").expect("a run");
    local.store.commit(Change::to(&id, second(3)).run(plain(run.clone()))).await.expect("moved on");
    let before = local.rows().await;

    let known = Deploy { branch: Some("main".to_owned()), ..deploy(1) };
    let approval = crate::samples::approval(&id, 1);
    let tell = EffectKind::TellChannel { channel: "#deploys".to_owned(), text: "told".to_owned() };
    let change = Change::to(&id, second(4))
        .deploy(&known)
        .approval(plain(approval))
        .and("tell", vec![tell], vec![EventKind::DeployRegistered])
        .run(plain(run));
    let late = local.store.commit(change).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    assert_eq!(local.rows().await, before);
}

#[tokio::test]
async fn what_follows_from_no_version_is_committed_once() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let tell = || EffectKind::TellChannel { channel: "#deploys".to_owned(), text: "told".to_owned() };
    let change =
        |now| Change::to(&id, now).and("click U1 1.0", vec![tell()], vec![EventKind::DeployRegistered]);
    local.store.commit(change(second(1))).await.expect("told");
    let before = local.rows().await;
    let again = local.store.commit(change(second(2))).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(local.rows().await, before);
}
