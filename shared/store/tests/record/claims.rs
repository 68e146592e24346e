//! Claims of effects, and the right to say what became of them.

use crate::local::Local;
use crate::samples::{effect, reread, second};
use jiff::SignedDuration;
use signoff_core::effect::{Effect, EffectState};
use signoff_core::event::EventKind;
use signoff_store::{Change, CommitError};
use tokio::task::JoinSet;

fn is_conflict<T: std::fmt::Debug>(result: &Result<T, CommitError>) -> bool {
    matches!(result, Err(CommitError::Conflict))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_that_claim_an_effect_one_has_it() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let (store, read) = (local.store.clone(), read.clone());
        tasks.spawn(async move { store.claim(&read, second(1)).await });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| is_conflict(result)).count(), 19, "{results:?}");
    let claimed = reread(&local.store, &read).await;
    assert_eq!((claimed.state, claimed.attempts), (EffectState::Started, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_claims_of_an_expired_lease_have_one_winner() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    let lost = local.store.claim(&read, second(1)).await.expect("claimed");
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let (store, lost) = (local.store.clone(), lost.clone());
        tasks.spawn(async move { store.claim(&lost, second(46)).await });
    }
    let claimed: Vec<_> = tasks.join_all().await.into_iter().filter_map(Result::ok).collect();
    assert_eq!(claimed.iter().map(|effect| effect.attempts).collect::<Vec<_>>(), [2]);
    assert_eq!(reread(&local.store, &read).await.attempts, 2);
}

#[tokio::test]
async fn claimed_effect_stays_claimed_until_its_lease_ends() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    local.store.claim(&read, second(1)).await.expect("claimed");
    let held = reread(&local.store, &read).await;
    assert!(is_conflict(&local.store.claim(&held, second(45)).await));
    assert_eq!(local.store.claim(&held, second(46)).await.expect("claimed").attempts, 2);
}

#[tokio::test]
async fn who_lost_the_lease_can_not_say_what_became_of_the_effect() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    let first = local.store.claim(&read, second(1)).await.expect("claimed");
    let second_claim = local.store.claim(&first, second(50)).await.expect("claimed after the lease");
    let before = local.rows().await;

    let done = |effect: &Effect| effect.closed(EffectState::Succeeded, None);
    assert!(is_conflict(&local.store.settle(&first, &done(&first)).await));
    let event = EventKind::NotTold { channel: "#deploys".to_owned(), reason: "why".to_owned() };
    let change = Change::to(&first.deploy, second(51)).done(&first).and("first", Vec::new(), vec![event]);
    assert!(is_conflict(&local.store.commit(change).await));
    assert_eq!(local.rows().await, before);

    local.store.settle(&second_claim, &done(&second_claim)).await.expect("settled");
    assert_eq!(reread(&local.store, &read).await.state, EffectState::Succeeded);
}

#[tokio::test]
async fn an_effect_is_settled_once() {
    let local = Local::new().await;
    let claimed =
        local.store.claim(&effect(&local.store, 1, second(0)).await, second(1)).await.expect("claimed");
    let done = || Change::to(&claimed.deploy, second(2)).done(&claimed);
    local.store.commit(done()).await.expect("done");
    assert!(is_conflict(&local.store.commit(done()).await));
    let failed = claimed.closed(EffectState::Failed, Some("late".to_owned()));
    assert!(is_conflict(&local.store.settle(&claimed, &failed).await));
    assert_eq!(reread(&local.store, &claimed).await.state, EffectState::Succeeded);
}

#[tokio::test]
async fn postponed_effect_is_claimed_at_its_time() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    let claimed = local.store.claim(&read, second(1)).await.expect("claimed");
    let wait = SignedDuration::from_secs(8);
    local
        .store
        .settle(&claimed, &claimed.postponed(second(2), wait, "503".to_owned()))
        .await
        .expect("postponed");
    let postponed = reread(&local.store, &read).await;
    assert_eq!((postponed.state, postponed.attempts), (EffectState::Pending, 1));
    assert_eq!(postponed.note.as_deref(), Some("503"));
    assert!(is_conflict(&local.store.claim(&postponed, second(9)).await));
    assert!(is_conflict(&local.store.claim(&read, second(10)).await), "an older reading of it");
    assert_eq!(local.store.claim(&postponed, second(10)).await.expect("claimed").attempts, 2);
}

#[tokio::test]
async fn a_closed_effect_is_never_claimed_again() {
    let local = Local::new().await;
    for (number, state) in (1..).zip([EffectState::Succeeded, EffectState::Failed, EffectState::Unknown]) {
        let claimed = local
            .store
            .claim(&effect(&local.store, number, second(0)).await, second(1))
            .await
            .expect("claimed");
        local.store.settle(&claimed, &claimed.closed(state, None)).await.expect("settled");
        let closed = reread(&local.store, &claimed).await;
        assert!(is_conflict(&local.store.claim(&closed, second(1000)).await), "{state:?}");
        assert_eq!(reread(&local.store, &claimed).await, closed);
    }
}
