//! Faults on order, and a list of every request: what a test needs to ask "what if the answer is lost?" and
//! "how often were they asked?" of a stand-in.

use crate::calls::{Calls, shape};
use crate::limit::{Limit, Limits};
use crate::stand_in::locked;
use crate::stand_in::server::Connection;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The largest request that a stand-in reads; more is answered 413.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// So many requests are remembered; of a stack that runs for days the oldest are forgotten.
const REMEMBERED: usize = 20_000;

/// Fault that strikes some of the requests, a limited number of times.
#[derive(Clone, Debug)]
pub struct Fault {
    /// A part of `METHOD /path?query` as it arrives, e.g. `POST /api/chat.postMessage`. Empty: any request.
    pub method_and_path_contains: String,
    /// A part of the body, so that of several stories in one stand-in only one is hit.
    pub body_contains: Option<String>,
    /// The number of requests it strikes; then it is spent.
    pub times: u32,
    /// Fault that strikes them.
    pub kind: FaultKind,
}

/// Result of a [`Fault`] for the request that it strikes.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// It is answered so, and not handled.
    Status {
        /// The status code, e.g. 429.
        code: u16,
        /// Headers of the answer, e.g. `retry-after: 1`.
        headers: Vec<(String, String)>,
        /// The body of the answer.
        body: String,
    },
    /// The connection closes; the request was not handled.
    DropBeforeHandling,
    /// The request is handled, but the connection closes before the answer.
    DropAfterHandling,
    /// The request is handled after this time. A client that gives up earlier leaves it unhandled.
    Delay(Duration),
    /// The request is handled at once, but its answer is held back until the test lets it go.
    Hold(Hold),
}

/// Holds answers back, so that a test can do something while the client waits. A clone is the same hold.
#[derive(Clone, Debug)]
pub struct Hold {
    handled: Arc<watch::Sender<bool>>,
    released: Arc<watch::Sender<bool>>,
}

impl Default for Hold {
    fn default() -> Self {
        Self { handled: Arc::new(watch::Sender::new(false)), released: Arc::new(watch::Sender::new(false)) }
    }
}

impl Hold {
    /// Waits until a request was handled whose answer is held back.
    pub async fn reached(&self) {
        until_true(&self.handled).await;
    }

    /// Lets the answers go that are held back, and does not hold back any more.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    async fn keep(&self) {
        self.handled.send_replace(true);
        until_true(&self.released).await;
    }
}

async fn until_true(sender: &watch::Sender<bool>) {
    // It fails when the sender is gone, which is borrowed here.
    let _ = sender.subscribe().wait_for(|value| *value).await;
}

impl Fault {
    /// A fault for every request whose `METHOD /path?query` contains `method_and_path`, once.
    pub fn once(method_and_path: &str, kind: FaultKind) -> Self {
        Self { method_and_path_contains: method_and_path.to_owned(), body_contains: None, times: 1, kind }
    }

    /// The same, but only for requests whose body contains `part`.
    pub fn with_body(mut self, part: &str) -> Self {
        self.body_contains = Some(part.to_owned());
        self
    }

    /// The same, so many times.
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn strikes(&self, method_and_path: &str, body: &str) -> bool {
        self.times > 0
            && method_and_path.contains(&self.method_and_path_contains)
            && self.body_contains.as_ref().is_none_or(|part| body.contains(part))
    }
}

impl FaultKind {
    /// An answer with this status, no special headers and this body.
    pub fn status(code: u16, body: &str) -> Self {
        Self::Status { code, headers: Vec::new(), body: body.to_owned() }
    }

    /// 429 with a `Retry-After` of so many seconds, as Slack and GitHub answer.
    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        Self::Status {
            code: 429,
            headers: vec![("retry-after".to_owned(), retry_after_seconds.to_string())],
            body: String::new(),
        }
    }
}

/// The faults that are waiting for a request, in the order in which they were pushed. A clone is the same
/// queue.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>, Arc<OnceLock<(String, Calls)>>, Arc<Mutex<Limits>>);

impl Faults {
    /// Adds a fault. Of several that fit a request, the first one pushed strikes.
    pub fn push(&self, fault: Fault) {
        locked(&self.0).push(fault);
    }

    /// Ends the faults that wait for a request whose body contains `part`.
    pub fn end(&self, part: &str) {
        locked(&self.0).retain(|fault| fault.body_contains.as_deref() != Some(part));
    }

    /// From now on requests beyond `limit` are answered 429, with the seconds to wait.
    pub fn limit(&self, limit: Limit) {
        locked(&self.2).add(limit);
    }

    fn limited(&self, method_and_path: &str, body: &str) -> Option<FaultKind> {
        let wait = locked(&self.2).exceeded(method_and_path, body, Instant::now())?;
        Some(FaultKind::rate_limited(wait.as_secs() + 1))
    }

    /// The faults that have not struck as often as they were asked to.
    pub fn waiting(&self) -> Vec<Fault> {
        locked(&self.0).clone()
    }

    /// From now on the functions' calls of the stand-in are among `calls`, as calls of `service`; the first
    /// call counts.
    pub fn listen(&self, service: &str, calls: &Calls) {
        self.1.get_or_init(|| (service.to_owned(), calls.clone()));
    }

    fn take(&self, method_and_path: &str, body: &str) -> Option<FaultKind> {
        let mut faults = locked(&self.0);
        let struck = faults.iter_mut().find(|fault| fault.strikes(method_and_path, body))?;
        struck.times -= 1;
        let kind = struck.kind.clone();
        faults.retain(|fault| fault.times > 0);
        Some(kind)
    }
}

/// A request as a stand-in saw it.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// The query string without its question mark; empty if there is none.
    pub query: String,
    /// The body; what is not UTF-8 is replaced.
    pub body: String,
    /// The headers with lower-case names; the values of those that carry secrets read `[hidden]`.
    pub headers: Vec<(String, String)>,
    /// The status that was answered; `None` while it is being handled, and when the connection was cut.
    pub status: Option<u16>,
}

impl RecordedRequest {
    /// `POST /api/chat.postMessage`, with the query if there is one.
    pub fn method_and_path(&self) -> String {
        let question_mark = if self.query.is_empty() { "" } else { "?" };
        format!("{} {}{question_mark}{}", self.method, self.path, self.query)
    }

    /// The value of a header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Every request that reached a stand-in, oldest first. A clone is the same list.
#[derive(Clone, Default)]
pub struct Requests(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    /// Number of requests that were dropped, so that the others keep their numbers.
    forgotten: usize,
    requests: VecDeque<RecordedRequest>,
}

impl Requests {
    /// All of them, as of now.
    pub fn all(&self) -> Vec<RecordedRequest> {
        locked(&self.0).requests.iter().cloned().collect()
    }

    fn arrived(&self, request: RecordedRequest) -> usize {
        let mut log = locked(&self.0);
        log.requests.push_back(request);
        if log.requests.len() > REMEMBERED {
            log.requests.pop_front();
            log.forgotten += 1;
        }
        log.forgotten + log.requests.len() - 1
    }

    fn answered(&self, number: usize, status: StatusCode) {
        let mut log = locked(&self.0);
        let Some(index) = number.checked_sub(log.forgotten) else { return };
        if let Some(request) = log.requests.get_mut(index) {
            request.status = Some(status.as_u16());
        }
    }
}

/// The faults and the requests of one stand-in: the state of [`observe`].
#[derive(Clone, Default)]
pub struct Observed {
    /// Faults that wait for a request.
    pub faults: Faults,
    /// Requests so far.
    pub requests: Requests,
}

/// A middleware that records every request and lets faults strike.
pub async fn observe(
    State(observed): State<Observed>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let recorded = RecordedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        headers: without_secrets(&parts.headers),
        status: None,
    };
    let asked = recorded.method_and_path();
    let fault = observed.faults.take(&asked, &recorded.body);
    let fault = fault.or_else(|| observed.faults.limited(&asked, &recorded.body));
    let number = observed.requests.arrived(recorded);
    let headers = parts.headers.clone();
    let listening = observed.faults.1.get().filter(|_| is_function(&headers));
    let handle = async || {
        let kind = kind(&parts);
        let shape = listening.map(|_| shape(parts.uri.path(), &bytes)).unwrap_or_default();
        let handling = next.run(Request::from_parts(parts, Body::from(bytes)));
        let Some((service, calls)) = listening else { return handling.await };
        let refuse = |code| answer(code, &[], String::new());
        calls.pass((None, format!("{service} {kind}"), shape), &headers, &connection, refuse, handling).await
    };
    let response = match fault {
        None => handle().await,
        Some(FaultKind::Status { code, headers, body }) => answer(code, &headers, body),
        Some(FaultKind::DropBeforeHandling) => {
            connection.cut();
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        Some(FaultKind::DropAfterHandling) => {
            let response = handle().await;
            connection.cut();
            return response;
        }
        Some(FaultKind::Delay(time)) => {
            tokio::time::sleep(time).await;
            handle().await
        }
        Some(FaultKind::Hold(hold)) => {
            let response = handle().await;
            hold.keep().await;
            response
        }
    };
    observed.requests.answered(number, response.status());
    response
}

/// True if a request comes from one of the functions; their provider clients send `signoff/…` as the user
/// agent.
fn is_function(headers: &HeaderMap) -> bool {
    let name = headers.get(http::header::USER_AGENT).and_then(|name| name.to_str().ok());
    name.is_some_and(|name| name.starts_with("signoff/"))
}

/// Returns the part of a request that is the same in every run: Slack's method, or else the HTTP method.
/// Other paths name repositories and ids.
fn kind(parts: &Parts) -> String {
    let slack = parts.uri.path().strip_prefix("/api/").filter(|method| !method.contains('/'));
    slack.unwrap_or_else(|| parts.method.as_str()).to_owned()
}

fn answer(code: u16, headers: &[(String, String)], body: String) -> Response {
    let Ok(status) = StatusCode::from_u16(code) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, format!("a fault asks for status {code}"))
            .into_response();
    };
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn without_secrets(headers: &HeaderMap) -> Vec<(String, String)> {
    const SECRET: [&str; 6] =
        ["authorization", "circle-token", "cookie", "x-slack-signature", "x-hub-signature-256", "x-api-key"];
    headers
        .iter()
        .map(|(name, value)| {
            let shown = if SECRET.contains(&name.as_str()) {
                "[hidden]".to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), shown)
        })
        .collect()
}

#[cfg(test)]
mod tests;
