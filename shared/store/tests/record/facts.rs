//! Facts that become known of a deploy after it arrived.

use crate::local::Local;
use crate::samples::{deploy, second};
use signoff_core::approval::Dialog;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::facts::{Command, Facts, Health, Reaction, Report, Thumb, decide};
use signoff_store::{Change, CommitError, Store};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Far more than any race here takes; reached only by a test that fails.
const MAX_RACES: usize = 2000;
/// The number of monitors that report at the same moment.
const CROWD: usize = 200;

fn thumb_up(user: usize) -> Command {
    let message = Dialog { channel: "C1".to_owned(), ts: "1795430760.000100".to_owned() };
    let (user, name) = (format!("U{user}"), format!("User {user}"));
    Command::React(Reaction { message, user, name, thumb: Thumb::Plus1, is_there: true, at: second(1) })
}

async fn learn(store: &Store, command: Command) {
    let id = deploy(1).id;
    for _ in 0..MAX_RACES {
        let known = store.facts(&id).await.expect("read");
        let decision = decide(&known, command.clone(), second(2)).expect("it is news");
        match store.commit(Change::to(&id, second(2)).facts(decision)).await {
            Ok(()) => return,
            Err(CommitError::Conflict) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no end of conflicts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_who_react_at_the_same_time_each_one_counts() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    assert_eq!(local.store.facts(&deploy(1).id).await.expect("read"), Facts::none(&deploy(1).id));
    let mut tasks = JoinSet::new();
    for user in 0..30 {
        let store = local.store.clone();
        tasks.spawn(async move { learn(&store, thumb_up(user)).await });
    }
    tasks.join_all().await;
    let report = Report { health: Health::Ailing, at: second(1) };
    learn(&local.store, Command::Report { source: "api".to_owned(), report }).await;

    let page = local.store.page(&deploy(1).id).await.expect("read").expect("a page");
    assert_eq!((page.facts.reacted(Thumb::Plus1), page.facts.version), (30, 31));
    assert_eq!(page.facts.reports["api"], report);
    let evaluations =
        page.effects.iter().filter(|effect| matches!(effect.kind, EffectKind::EvaluateRules { .. })).count();
    // That of its registration, and one for each.
    assert_eq!((evaluations, page.events.len()), (32, 32));
}

/// Returns the report of the monitor with this number.
fn unhealthy(monitor: usize) -> Command {
    let report = Report { health: Health::Unhealthy, at: second(1) };
    Command::Report { source: format!("monitor {monitor}"), report }
}

/// Reads the facts, waits for the others at `barrier`, and tries once to commit the report of `monitor`; true
/// if it was committed, false if the monitor is told to try again.
async fn try_once(store: &Store, monitor: usize, barrier: &Barrier) -> bool {
    let id = deploy(1).id;
    let known = store.facts(&id).await.expect("read");
    barrier.wait().await;
    let decision = decide(&known, unhealthy(monitor), second(2)).expect("it is news");
    match store.commit(Change::to(&id, second(2)).facts(decision)).await {
        Ok(()) => true,
        Err(CommitError::Conflict) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn report_in_a_crowd_is_kept_or_refused() {
    let local = Local::new().await;
    let id = deploy(1).id;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let (mut kept, mut refused) = (BTreeSet::new(), (0..CROWD).collect::<BTreeSet<_>>());
    // First they all read before anybody commits, then they come as they come.
    for meeting in [CROWD, 1] {
        let barrier = Arc::new(Barrier::new(meeting));
        let mut racers = JoinSet::new();
        for monitor in std::mem::take(&mut refused) {
            let (store, barrier) = (local.store.clone(), Arc::clone(&barrier));
            racers.spawn(async move { (monitor, try_once(&store, monitor, &barrier).await) });
        }
        for (monitor, is_kept) in racers.join_all().await {
            let monitors = if is_kept { &mut kept } else { &mut refused };
            monitors.insert(monitor);
        }
        let facts = local.store.facts(&id).await.expect("read");
        let expected: BTreeSet<_> = kept.iter().map(|monitor| format!("monitor {monitor}")).collect();
        assert_eq!(facts.reports.into_keys().collect::<BTreeSet<_>>(), expected);
        assert_eq!(usize::try_from(facts.version), Ok(kept.len()));
        assert!(meeting == 1 || kept.len() == 1, "of those who read the same, one is first: {kept:?}");
    }
    for monitor in refused {
        learn(&local.store, unhealthy(monitor)).await;
    }
    let page = local.store.page(&id).await.expect("read").expect("a page");
    let reported = page.events.iter().filter(|event| matches!(event.kind, EventKind::HealthReported { .. }));
    let evaluations =
        page.effects.iter().filter(|effect| matches!(effect.kind, EffectKind::EvaluateRules { .. })).count();
    // One more than there are reports: that of the registration.
    assert_eq!((page.facts.reports.len(), reported.count(), evaluations), (CROWD, CROWD, CROWD + 1));
}
