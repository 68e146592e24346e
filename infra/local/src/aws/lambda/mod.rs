//! Lambda: runs the real function programs behind the Runtime API, and answers Invoke.
//!
//! One process serves one invocation at a time, like an execution environment on AWS; when all are busy,
//! another is started, up to [`pool::PROCESSES`]. A process that crashed or ran into its timeout is replaced
//! at the next invocation.

pub(super) mod logs;
mod pool;
mod process;
mod runtime_api;

use std::{
    collections::BTreeMap,
    path::Path,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use tokio::sync::watch;

pub(super) use self::pool::Program;
use self::{logs::Logs, pool::Pool};
use super::{
    ids::Ids,
    services::error,
    template::{Place, resources::Function},
};

/// Invoke takes and gives 6 MB at most.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(super) const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// Result of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Value that the function returned, or the error as Lambda writes it
    /// (`{"errorMessage": "...", "errorType": "..."}`).
    pub payload: Bytes,
    /// True if the function failed: it returned an error, crashed, or ran into its timeout.
    pub failed: bool,
}

impl Invocation {
    /// A failure that Lambda itself words.
    fn failure(kind: &str, message: &str) -> Self {
        let payload = json!({"errorType": kind, "errorMessage": message}).to_string();
        Self { payload: Bytes::from(payload), failed: true }
    }
}

/// All functions of the stack.
pub(super) struct Functions {
    pools: BTreeMap<String, Arc<Pool>>,
    activity: Arc<Activity>,
    closed: watch::Sender<bool>,
    bury: OnceLock<Bury>,
}

/// Hears of an event that a function (its logical id) failed to take.
type Bury = Box<dyn Fn(String, Bytes) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Most times that a function is invoked for one event.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
const ATTEMPTS: usize = 3;

/// Counts of invocations, for callers that wait until none is running.
#[derive(Debug, Default)]
struct Activity {
    started: AtomicU64,
    ended: AtomicU64,
}

/// Counts an invocation for as long as it lives.
struct Running(Arc<Activity>);

impl Running {
    fn start(activity: &Arc<Activity>) -> Self {
        activity.started.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(activity))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Functions {
    /// `bin_dir` has the programs. No process is started before the first invocation.
    pub(super) fn new(
        functions: &[Function],
        place: &Place,
        bin_dir: &Path,
        logs: &Arc<Logs>,
        ids: &Arc<Ids>,
    ) -> Self {
        let (closed, closing) = watch::channel(false);
        let pools = functions
            .iter()
            .map(|function| {
                let pool =
                    Pool::new(function, place, bin_dir, Arc::clone(logs), Arc::clone(ids), closing.clone());
                (function.logical_id.clone(), Arc::new(pool))
            })
            .collect();
        Self { pools, activity: Arc::default(), closed, bury: OnceLock::new() }
    }

    /// Runs a function to its end. The invocation goes on if the caller stops waiting.
    pub(super) async fn invoke(&self, logical_id: &str, payload: Bytes) -> Invocation {
        let Some(pool) = self.pools.get(logical_id) else {
            return Invocation::failure("ResourceNotFoundException", "there is no such function");
        };
        let running = Running::start(&self.activity);
        let pool = Arc::clone(pool);
        let task = tokio::spawn(async move {
            let _running = running;
            pool.invoke(payload).await
        });
        task.await.unwrap_or_else(|_| Invocation::failure("Runtime.ExitError", "the local stack is closing"))
    }

    /// Events that functions failed to take end at `bury`. Only the first call counts.
    pub(super) fn bury_with(
        &self,
        bury: impl Fn(String, Bytes) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
    ) {
        let _ = self.bury.set(Box::new(bury));
    }

    /// Hands an event to a function, and does not wait for its end. Where the function fails it is handed
    /// over again, as Lambda does, but without Lambda's minutes in between.
    pub(super) fn start(self: &Arc<Self>, logical_id: &str, payload: Bytes) {
        // Counted from here on: who waits until nothing runs waits for it.
        let running = Running::start(&self.activity);
        let (functions, logical_id) = (Arc::clone(self), logical_id.to_owned());
        tokio::spawn(async move {
            let _running = running;
            for _ in 0..ATTEMPTS {
                if !functions.invoke(&logical_id, payload.clone()).await.failed {
                    return;
                }
            }
            tracing::warn!(logical_id, "a function failed to take an event");
            if let Some(bury) = functions.bury.get() {
                bury(logical_id, payload).await;
            }
        });
    }

    /// Returns the number of invocations started so far, and the number of those that are still running.
    pub(super) fn activity(&self) -> (u64, u64) {
        // `ended` is read first: an invocation that ends in between counts as running.
        let ended = self.activity.ended.load(Ordering::SeqCst);
        let started = self.activity.started.load(Ordering::SeqCst);
        (started, started - ended)
    }

    /// Kills every process of a function, as a crash would; false if there is no such function.
    pub(super) async fn kill(&self, logical_id: &str) -> bool {
        let Some(pool) = self.pools.get(logical_id) else { return false };
        pool.kill().await;
        true
    }

    /// Gives a function's environment variable another value, and ends its processes; false if there is no
    /// such function.
    pub(super) async fn set_variable(&self, logical_id: &str, name: &str, value: &str) -> bool {
        let Some(pool) = self.pools.get(logical_id) else { return false };
        pool.set_variable(name, value);
        pool.kill().await;
        true
    }

    /// Kills the processes that work on an invocation: those of one function, or of all.
    pub(super) async fn kill_busy(&self, logical_id: Option<&str>) {
        let named = |known: &String| logical_id.is_none_or(|logical_id| known == logical_id);
        for (_, pool) in self.pools.iter().filter(|(known, _)| named(known)) {
            pool.kill_busy().await;
        }
    }

    /// True if there is a function with this logical id.
    pub(super) fn has(&self, logical_id: &str) -> bool {
        self.pools.contains_key(logical_id)
    }

    /// Ends running invocations and all processes, for good.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
        for pool in self.pools.values() {
            pool.discard_idle();
        }
    }

    /// Logical id of the function of this logical id, name or ARN.
    fn find(&self, name: &str) -> Option<&str> {
        let found = self.pools.iter().find(|(logical_id, pool)| *logical_id == name || pool.is_named(name));
        found.map(|(logical_id, _)| logical_id.as_str())
    }
}

/// The function's name in Invoke's path.
pub(super) fn invoke_path(path: &str) -> Option<&str> {
    path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/invocations")
}

/// Lambda's Invoke. <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
pub(super) async fn invoke_api(
    functions: &Arc<Functions>,
    name: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let name = name.replace("%3A", ":").replace("%3a", ":");
    let Some(logical_id) = functions.find(&name) else {
        let message = format!("Function not found: {name}");
        return error(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    if body.len() > LARGEST_PAYLOAD {
        let message = "The request payload exceeds 6 MB.";
        return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message);
    }
    let payload = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    if serde_json::from_slice::<serde::de::IgnoredAny>(&payload).is_err() {
        let message = "Could not parse request body into json.";
        return error(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message);
    }
    match headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes) {
        Some(b"DryRun") => empty(StatusCode::NO_CONTENT),
        Some(b"Event") => {
            functions.start(logical_id, payload);
            empty(StatusCode::ACCEPTED)
        }
        _ => {
            let invocation = functions.invoke(logical_id, payload).await;
            let mut response = Response::new(Body::from(invocation.payload));
            let headers = response.headers_mut();
            headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
            if invocation.failed {
                headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            }
            response
        }
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
