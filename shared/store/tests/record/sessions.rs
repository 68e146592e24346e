//! Sessions: one that was ended stays ended, and a person's can be ended all at once.

use crate::local::Local;
use crate::samples::second;
use signoff_store::{CommitError, Session};

fn session(digest: &str, user: &str, at: i64) -> Session {
    Session {
        digest: digest.to_owned(),
        user: user.to_owned(),
        name: "Ana".to_owned(),
        is_admin: true,
        signed_in: second(at),
        confirmed_at: second(at),
        expires_at: second(at + 100),
    }
}

#[tokio::test]
async fn session_begins_once_and_is_found_by_its_digest() {
    let local = Local::new().await;
    let store = &local.store;
    store.begin_session(&session("d1", "U1", 1)).await.expect("begun");
    let again = store.begin_session(&session("d1", "U2", 2)).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(store.session("d1").await.expect("read"), Some(session("d1", "U1", 1)));
    assert_eq!(store.session("d2").await.expect("read"), None);
    let kept_until = local.rows().await["sessions d1"]["kept_until"].as_n().cloned().expect("a number");
    assert_eq!(kept_until, second(101).as_second().to_string(), "DynamoDB deletes it when it is over");
}

#[tokio::test]
async fn ended_session_is_not_renewed() {
    let store = Local::new().await.store;
    let first = session("d1", "U1", 1);
    store.begin_session(&first).await.expect("begun");
    let renewed = Session { confirmed_at: second(50), expires_at: second(150), ..first.clone() };
    assert!(store.renew_session(&renewed, first.confirmed_at).await.expect("renewed"));
    assert_eq!(store.session("d1").await.expect("read"), Some(renewed.clone()));
    let late = Session { is_admin: false, confirmed_at: second(40), ..first.clone() };
    assert!(!store.renew_session(&late, first.confirmed_at).await.expect("asked"), "another tab was faster");
    assert_eq!(store.session("d1").await.expect("read"), Some(renewed.clone()));
    store.end_session("d1").await.expect("ended");
    store.end_session("d1").await.expect("ended before");
    assert!(!store.renew_session(&renewed, renewed.confirmed_at).await.expect("asked"));
    assert_eq!(store.session("d1").await.expect("read"), None);
}

#[tokio::test]
async fn all_sessions_of_one_person_end_together() {
    let store = Local::new().await.store;
    for (digest, user, at) in [("d1", "U1", 1), ("d2", "U2", 2), ("d3", "U1", 3)] {
        store.begin_session(&session(digest, user, at)).await.expect("begun");
    }
    let digests = async || {
        let sessions = store.sessions().await.expect("read");
        sessions.into_iter().map(|session| session.digest).collect::<Vec<_>>()
    };
    assert_eq!(digests().await, ["d3", "d2", "d1"], "the latest sign-in stands first");
    let of_one = store.sessions_of_person("U1").await.expect("read");
    assert_eq!(of_one, [session("d3", "U1", 3), session("d1", "U1", 1)]);
    assert_eq!(store.end_sessions_of("U1").await.expect("ended"), 2);
    assert_eq!(digests().await, ["d2"]);
    assert_eq!(store.end_sessions_of("U1").await.expect("ended"), 0);
}
