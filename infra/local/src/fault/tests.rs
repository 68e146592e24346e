use super::*;
use crate::stand_in::server::{Bound, Server};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

struct Counting {
    url: String,
    observed: Observed,
    handled: Arc<AtomicU32>,
    _server: Server,
}

async fn server() -> Counting {
    let observed = Observed::default();
    let handled = Arc::new(AtomicU32::new(0));
    let count = handled.clone();
    let router = Router::new()
        .route(
            "/{*path}",
            any(async move || {
                count.fetch_add(1, Ordering::SeqCst);
                "handled"
            }),
        )
        .layer(from_fn_with_state(observed.clone(), observe));
    let bound = Bound::new(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    Counting { url: bound.url(), observed, handled, _server: bound.serve(router) }
}

impl Counting {
    async fn post(&self, path: &str, body: &str) -> Result<(u16, String), reqwest::Error> {
        let client = crate::stand_in::client(Duration::from_secs(5)).unwrap();
        let answer = client.post(format!("{}{path}", self.url)).body(body.to_owned()).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    fn handled(&self) -> u32 {
        self.handled.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_fault_strikes_only_what_it_fits_and_only_so_often() {
    let server = server().await;
    let fault = Fault::once("POST /a", FaultKind::rate_limited(7)).with_body("story-1").times(2);
    server.observed.faults.push(fault);
    assert_eq!(server.post("/b", "story-1").await.unwrap().0, 200);
    assert_eq!(server.post("/a", "story-2").await.unwrap().0, 200);
    assert_eq!(server.post("/a", "of story-1").await.unwrap().0, 429);
    assert_eq!(server.observed.faults.waiting().len(), 1);
    assert_eq!(server.post("/a?x=1", "of story-1").await.unwrap().0, 429);
    assert!(server.observed.faults.waiting().is_empty());
    assert_eq!(server.post("/a", "of story-1").await.unwrap(), (200, "handled".to_owned()));
    assert_eq!(server.handled(), 3);
    let requests = server.observed.requests.all();
    assert_eq!(requests[3].method_and_path(), "POST /a?x=1");
    let statuses: Vec<_> = requests.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(429), Some(429), Some(200)]);
}

#[tokio::test]
async fn a_cut_connection_loses_the_request_or_only_its_answer() {
    let server = server().await;
    server.observed.faults.push(Fault::once("", FaultKind::DropBeforeHandling));
    server.observed.faults.push(Fault::once("", FaultKind::DropAfterHandling));
    assert!(server.post("/x", "1").await.is_err());
    assert_eq!(server.handled(), 0);
    assert!(server.post("/x", "2").await.is_err());
    assert_eq!(server.handled(), 1);
    assert_eq!(server.post("/x", "3").await.unwrap().0, 200, "the next connection is whole");
    let statuses: Vec<_> = server.observed.requests.all().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [None, None, Some(200)]);
}

#[tokio::test]
async fn a_delayed_request_is_handled_late() {
    let server = server().await;
    server.observed.faults.push(Fault::once("/slow", FaultKind::Delay(Duration::from_millis(50))));
    let begun = tokio::time::Instant::now();
    assert_eq!(server.post("/slow", "").await.unwrap().0, 200);
    assert!(begun.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_held_request_is_handled_and_answered_when_it_is_let_go() {
    let server = server().await;
    let hold = Hold::default();
    server.observed.faults.push(Fault::once("/held", FaultKind::Hold(hold.clone())).times(2));
    let test = async {
        hold.reached().await;
        assert_eq!(server.handled(), 1);
        assert_eq!(server.observed.requests.all()[0].status, None, "not answered yet");
        assert_eq!(server.post("/free", "").await.unwrap().0, 200, "others are not held");
        hold.release();
    };
    let (answer, ()) = tokio::join!(server.post("/held", ""), test);
    assert_eq!(answer.unwrap(), (200, "handled".to_owned()));
    assert_eq!(server.post("/held", "").await.unwrap().0, 200, "it does not hold any more");
    assert_eq!(server.observed.requests.all()[0].status, Some(200));
}

#[tokio::test]
async fn secrets_and_what_is_too_large_are_not_recorded() {
    let server = server().await;
    let client = crate::stand_in::client(Duration::from_secs(5)).unwrap();
    let request = client.get(format!("{}/x", server.url)).header("Authorization", "Bearer top-secret");
    request.header("X-Other", "seen").send().await.unwrap();
    let recorded = server.observed.requests.all().remove(0);
    assert_eq!(recorded.header("authorization"), Some("[hidden]"));
    assert_eq!(recorded.header("x-other"), Some("seen"));
    assert!(!format!("{recorded:?}").contains("top-secret"));
    let large = "x".repeat(LARGEST_BODY + 1);
    // The answer may be lost when the server closes while the client still sends.
    assert!(server.post("/x", &large).await.is_err() || server.handled() == 1);
    assert_eq!(server.observed.requests.all().len(), 1);
}
