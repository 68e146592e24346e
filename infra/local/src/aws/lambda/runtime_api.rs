//! Lambda's Runtime API for one process.
//!
//! Each process has a listener of its own, so that no request has to say who it comes from.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use tokio::sync::{Mutex, mpsc, oneshot, watch};

use super::LARGEST_PAYLOAD;

/// An invocation on its way to a process.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    pub(super) deadline_ms: i64,
    pub(super) function_arn: String,
    pub(super) payload: Bytes,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Answer of a process to an invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Response(Bytes),
    Error(Bytes),
}

/// The side of the Runtime API that the process talks to.
pub(super) struct RuntimeApi {
    work: Mutex<mpsc::Receiver<Work>>,
    current: StdMutex<Option<(String, oneshot::Sender<Answer>)>>,
    /// True from the first `next` on: initialization is done.
    ready: watch::Sender<bool>,
    /// Error that the process reported for its failed initialization.
    init_error: StdMutex<Option<Bytes>>,
}

impl RuntimeApi {
    pub(super) fn new(work: mpsc::Receiver<Work>, ready: watch::Sender<bool>) -> Arc<Self> {
        let (current, init_error) = (StdMutex::new(None), StdMutex::new(None));
        Arc::new(Self { work: Mutex::new(work), current, ready, init_error })
    }

    pub(super) fn init_error(&self) -> Option<Bytes> {
        self.init_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{request_id}/response", post(respond))
            .route("/2018-06-01/runtime/invocation/{request_id}/error", post(fail))
            .route("/2018-06-01/runtime/init/error", post(fail_init))
            .layer(DefaultBodyLimit::max(LARGEST_PAYLOAD + 1024))
            .with_state(self)
    }

    /// Hands the answer to whoever waits for `request_id`.
    fn settle(&self, request_id: &str, answer: Answer) -> Response {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.take_if(|(id, _)| id == request_id) {
            Some((_, waiting)) => {
                // Nobody waits any more after a timeout; the process is about to be killed then.
                let _ = waiting.send(answer);
                status(StatusCode::ACCEPTED, json!({"status": "OK"}))
            }
            None => error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
        }
    }
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Response {
    // Locked before readiness is told: from then on a sent invocation finds its receiver.
    let mut receiver = api.work.lock().await;
    api.ready.send_replace(true);
    let Some(work) = receiver.recv().await else {
        // The stack is closing and kills the process; whatever it was answered it would only complain about.
        return std::future::pending().await;
    };
    *api.current.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((work.request_id.clone(), work.answer));
    let mut response = Response::new(Body::from(work.payload));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("lambda-runtime-deadline-ms", HeaderValue::from(work.deadline_ms));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", &work.request_id),
        ("lambda-runtime-invoked-function-arn", &work.function_arn),
        ("lambda-runtime-trace-id", &work.trace_id),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

async fn respond(
    State(api): State<Arc<RuntimeApi>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    if body.len() > LARGEST_PAYLOAD {
        let message = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
        let told = json!({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}).to_string();
        api.settle(&request_id, Answer::Error(Bytes::from(told)));
        return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message);
    }
    api.settle(&request_id, Answer::Response(body))
}

async fn fail(State(api): State<Arc<RuntimeApi>>, Path(request_id): Path<String>, body: Bytes) -> Response {
    api.settle(&request_id, Answer::Error(body))
}

async fn fail_init(State(api): State<Arc<RuntimeApi>>, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get("lambda-runtime-function-error-type").and_then(|value| value.to_str().ok());
    tracing::warn!(kind, error = %String::from_utf8_lossy(&body), "a function failed to initialize");
    *api.init_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    status(StatusCode::ACCEPTED, json!({"status": "OK"}))
}

fn error(code: StatusCode, kind: &str, message: &str) -> Response {
    status(code, json!({"errorType": kind, "errorMessage": message}))
}

fn status(code: StatusCode, body: serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = code;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}
