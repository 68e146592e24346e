//! Every way in which a call can end without an answer.

use super::*;
use crate::responder::{Reply, Responder};

const BODY: &str = "{}";

async fn get(base: &str, repeat: Repeat) -> Result<Answer, Failure> {
    send("X", "testing", client()?.get(base), repeat, 10).await
}

async fn post(base: &str, repeat: Repeat) -> Result<Answer, Failure> {
    // Shorter than CALL_TIMEOUT, so that the test doesn't take as long as that.
    let request = client()?.post(base).body(BODY).timeout(Duration::from_millis(300));
    send("X", "testing", request, repeat, 10).await
}

#[tokio::test]
async fn what_was_never_sent_can_be_tried_again() {
    // A port that was just free, and that nobody listens on any more.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refused = post(&base, Repeat::MayDouble).await;
    assert!(matches!(refused, Err(Failure::Retryable { retry_after: None, .. })), "{refused:?}");
}

#[tokio::test]
async fn unanswered_calls_follow_from_how_they_repeat() {
    for reply in [|| Reply::HangUp, || Reply::Silence] {
        let server = Responder::start(move |_, _| reply()).await;
        let (lost, again) =
            (post(&server.base, Repeat::MayDouble).await, post(&server.base, Repeat::Harmless).await);
        assert!(matches!(lost, Err(Failure::Unanswered(_))), "{lost:?}");
        assert!(matches!(again, Err(Failure::Retryable { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn page_in_place_of_json_is_asked_for_again() {
    let server = Responder::start(|_, _| Reply::Answer(200, vec![], b"<html>".to_vec())).await;
    let answer = get(&server.base, Repeat::Harmless).await.expect("an answer");
    let read = |repeat| answer.json::<Vec<u8>>("X", "testing", repeat).expect_err("it is no JSON");
    assert!(matches!(read(Repeat::Harmless), Failure::Retryable { .. }));
    assert!(matches!(read(Repeat::MayDouble), Failure::Unanswered(_)));
}

#[tokio::test]
async fn an_answer_has_a_limit() {
    for (length, fits) in [(10, true), (11, false)] {
        let server = Responder::start(move |_, _| Reply::Answer(200, vec![], vec![b'x'; length])).await;
        let answer = get(&server.base, Repeat::Harmless).await;
        assert_eq!(answer.is_ok(), fits, "{answer:?}");
    }
}

#[tokio::test]
async fn only_a_get_follows_redirects_and_not_for_ever() {
    let server = Responder::start(|_, _| Reply::Answer(307, vec!["Location: /again".into()], vec![])).await;
    let posted = post(&server.base, Repeat::MayDouble).await;
    assert_eq!(posted.map(|answer| answer.status.as_u16()), Ok(307));
    assert!(matches!(get(&server.base, Repeat::Harmless).await, Err(Failure::Permanent(_))));
    assert_eq!(server.asked().len(), 1 + 1 + MAX_REDIRECTS);
}

#[test]
fn an_address_is_joined_segment_by_segment() {
    let join = |base: &str| url(base, ["repos", "a b", "x/y", "é"]).map(|url| url.to_string());
    for base in ["https://api.example.com/v3", "https://api.example.com/v3/"] {
        assert_eq!(join(base), Ok("https://api.example.com/v3/repos/a%20b/x%2Fy/%C3%A9".into()));
    }
    for base in ["", "api.example.com", "ftp://example.com", "data:x"] {
        assert!(matches!(join(base), Err(Failure::Permanent(_))), "{base}");
    }
}

#[test]
fn a_secret_is_never_shown() {
    let header = secret_header("token", "Bearer ", &" s3cret\n".into()).unwrap();
    assert_eq!((header.to_str().unwrap(), format!("{header:?}").as_str()), ("Bearer s3cret", "Sensitive"));
    for bad in ["", " ", "a\nb", "a\u{7f}"] {
        let refused = secret_header("token", "", &bad.into()).expect_err("a failure");
        assert!(!refused.to_string().contains(bad.trim()) || bad.trim().is_empty(), "{refused}");
    }
}
