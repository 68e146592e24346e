//! HTTP as every provider's client uses it: bounded in time and size, no redirect that could carry a secret
//! away.

use crate::failure::{Failure, Repeat, quote};
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode, Url};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

/// Longest time to make a connection, name resolution and TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest time that a call may take, from the first byte sent to the last byte read.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);
/// Time for which an unused connection is kept. A Lambda function sleeps between events, and the other side
/// closes the connection meanwhile: a request on a dead connection would look like one whose answer was lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// The largest answer that is read.
pub(crate) const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Most redirects of a GET that are followed, all within the same origin (a renamed GitHub repository takes
/// one).
const MAX_REDIRECTS: usize = 2;

/// A name that resolves to an address which is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its name leads to an address of the machine itself, of its network's link or of a cloud's metadata")]
pub(crate) struct Refused;

/// The HTTP client that all providers' clients share: make one per process, and hand out clones. It trusts
/// Mozilla's list of certificate authorities, which is part of the program: reading the system's took most of
/// a function's start.
///
/// # Errors
///
/// [`Failure::Permanent`] if TLS can't be set up.
pub fn client() -> Result<Client, Failure> {
    made(builder())
}

/// The same for the command line, which trusts whom the system trusts: a company's own authority is among
/// them.
///
/// # Errors
///
/// [`Failure::Permanent`] if the machine has no root certificates that TLS could start from.
pub fn client_with_system_roots() -> Result<Client, Failure> {
    made(plain_builder())
}

/// A client as every provider's is, before it is made.
pub(crate) fn builder() -> ClientBuilder {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    match tls {
        Ok(tls) => {
            plain_builder().tls_backend_preconfigured(tls.with_root_certificates(roots).with_no_client_auth())
        }
        // Ring has the default versions; if it had not, the system's roots would do.
        Err(_) => plain_builder(),
    }
}

fn plain_builder() -> ClientBuilder {
    // Only the first call in a process installs it; the others find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("signoff/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(CALL_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
}

/// The client of `builder`.
///
/// # Errors
///
/// As of [`client`].
pub(crate) fn made(builder: ClientBuilder) -> Result<Client, Failure> {
    builder.build().map_err(|error| Failure::Permanent(format!("no HTTP client can be made: {error}")))
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`MAX_ANSWER`] bytes.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON of the shape `T`. `doing` says what was asked for, for the message.
    ///
    /// # Errors
    ///
    /// Another shape than `T`: what may be repeated is asked again, as a proxy or a page about maintenance
    /// may have answered in the service's place; of a write that may not be repeated, nobody knows.
    pub fn json<T: DeserializeOwned>(
        &self,
        service: &str,
        doing: &str,
        repeat: Repeat,
    ) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let status = self.status.as_u16();
            let message =
                format!("{service} answered {status} while {doing}, but not what its API describes: {error}");
            match repeat {
                Repeat::Harmless => Failure::retryable(message),
                Repeat::MayDouble => Failure::Unanswered(message),
            }
        })
    }

    /// A header's text; `None` if it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The address of `segments` below `base`, each percent-encoded as one segment.
///
/// # Errors
///
/// [`Failure::Permanent`] if `base` (a setting) is no `http` or `https` address.
pub(crate) fn url<'a>(base: &str, segments: impl IntoIterator<Item = &'a str>) -> Result<Url, Failure> {
    let wrong =
        || Failure::Permanent(format!("`{base}` is not an address that starts with https:// or http://"));
    let mut url = Url::parse(base).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(segments);
    Ok(url)
}

/// A header's value from a secret, marked so that it is never logged.
///
/// # Errors
///
/// [`Failure::Permanent`] if the secret is empty or holds characters that no header takes. `name` says which
/// it is.
pub(crate) fn secret_header(name: &str, prefix: &str, secret: &SecretString) -> Result<HeaderValue, Failure> {
    let text = secret.expose_secret().trim();
    if text.is_empty() {
        return Err(Failure::Permanent(format!(
            "there is no {name}: put it there (aws secretsmanager put-secret-value)"
        )));
    }
    let mut value = HeaderValue::try_from(format!("{prefix}{text}")).map_err(|_| {
        Failure::Permanent(format!(
            "the {name} holds characters that no token has: put it there again, on one line"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends a request and reads the answer, whatever its status. A GET follows redirects within its origin;
/// nothing else follows any.
///
/// # Errors
///
/// Not connected: [`Failure::Retryable`], nothing was sent. Sent without an answer: what [`Repeat`] says. An
/// answer over `limit` bytes: [`Failure::Permanent`]. `doing` says what was asked for, for the message.
pub(crate) async fn send(
    service: &str,
    doing: &str,
    request: RequestBuilder,
    repeat: Repeat,
    limit: usize,
) -> Result<Answer, Failure> {
    let within = send_within(service, doing, request, repeat, limit).await?;
    within.map_err(|TooLong(_)| {
        let size = limit / 1024;
        Failure::Permanent(format!("{service} answered with more than {size} KiB while {doing}"))
    })
}

/// An answer whose body is longer than what is read of it, by its status.
pub(crate) struct TooLong(pub(crate) StatusCode);

/// The same, with an answer whose body is longer than `limit` told apart.
///
/// # Errors
///
/// As of [`send`].
pub(crate) async fn send_within(
    service: &str,
    doing: &str,
    request: RequestBuilder,
    repeat: Repeat,
    limit: usize,
) -> Result<Result<Answer, TooLong>, Failure> {
    let (client, request) = request.build_split();
    let mut request = request.map_err(|error| not_sent(service, doing, &error))?;
    let patience = request.timeout().copied().unwrap_or(CALL_TIMEOUT);
    let failed = |error: reqwest::Error| transport(service, doing, &error, repeat, patience);
    for _ in 0..=MAX_REDIRECTS {
        let again = if request.method() == Method::GET { request.try_clone() } else { None };
        let response = client.execute(request).await.map_err(failed)?;
        tracing::debug!(service, doing, status = response.status().as_u16(), "answered");
        match again.zip(redirect(&response)) {
            Some((mut next, target)) => {
                *next.url_mut() = target;
                request = next;
            }
            None => return read(response, limit, failed).await,
        }
    }
    Err(Failure::Permanent(format!("{service} sent us from redirect to redirect while {doing}")))
}

/// Sends a request, follows no redirect, and leaves the answer's body unread: its status and headers are all
/// that counts.
///
/// # Errors
///
/// As of [`send`], and [`Failure::Permanent`] where the host's name leads to an address that is not called.
pub(crate) async fn send_unread(
    service: &str,
    doing: &str,
    request: RequestBuilder,
    repeat: Repeat,
) -> Result<Answer, Failure> {
    let (client, request) = request.build_split();
    let request = request.map_err(|error| not_sent(service, doing, &error))?;
    let patience = request.timeout().copied().unwrap_or(CALL_TIMEOUT);
    let response = client.execute(request).await;
    let response = response.map_err(|error| match refused(&error) {
        Some(refused) => Failure::Permanent(format!("{service} was not called while {doing}: {refused}")),
        None => transport(service, doing, &error, repeat, patience),
    })?;
    tracing::debug!(service, doing, status = response.status().as_u16(), "answered");
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body: Vec::new() })
}

/// Finds the refusal of a name among the causes of `error`.
fn refused(error: &reqwest::Error) -> Option<Refused> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return Some(*refused);
        }
        next = cause.source();
    }
    None
}

/// Returns the target of a redirect, if it is of the same origin.
fn redirect(response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 307 | 308) {
        return None;
    }
    let target = response.url().join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    (target.origin() == response.url().origin()).then_some(target)
}

/// Reads a body of at most `limit` bytes; `failed` says what it means that it ends early.
async fn read(
    response: Response,
    limit: usize,
    failed: impl Fn(reqwest::Error) -> Failure,
) -> Result<Result<Answer, TooLong>, Failure> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut response = response;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(&failed)? {
        if body.len() + chunk.len() > limit {
            return Ok(Err(TooLong(status)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Ok(Answer { status, headers, body }))
}

/// The failure of a request for which no whole answer came within `patience`.
fn transport(
    service: &str,
    doing: &str,
    error: &reqwest::Error,
    repeat: Repeat,
    patience: Duration,
) -> Failure {
    if error.is_builder() {
        not_sent(service, doing, error)
    } else if error.is_connect() {
        Failure::retryable(format!("{service} could not be reached while {doing}: {}", cause(error)))
    } else if error.is_timeout() {
        let seconds = patience.as_secs_f32();
        Failure::lost(format!("{service} gave no answer within {seconds} seconds while {doing}"), repeat)
    } else {
        Failure::lost(format!("{service}'s answer was lost while {doing}: {}", cause(error)), repeat)
    }
}

/// The failure of a request that could not even be put together.
fn not_sent(service: &str, doing: &str, error: &reqwest::Error) -> Failure {
    Failure::Permanent(format!("{service} was not asked while {doing}: {}", cause(error)))
}

/// The innermost cause of an error: the others repeat addresses, which may hold what is secret.
pub fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request is not valid".to_owned(),
        None => quote(&cause.to_string()),
    }
}

#[cfg(test)]
mod tests;
