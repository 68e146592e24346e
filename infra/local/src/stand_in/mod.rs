//! What the stand-ins of Slack, CircleCI and GitHub have in common: a server on loopback whose connections can
//! be cut, a clock that tests can set, and the frame of their pages.

pub mod answer;
pub mod page;
pub mod server;

use jiff::Timestamp;
use std::sync::Arc;

/// Where a stand-in takes the time from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's own clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        #[expect(clippy::disallowed_methods, reason = "the local stack is where the clock is read")]
        Timestamp::now()
    })
}

/// Reads what other threads share; a thread that panicked while it held the lock leaves the state readable.
pub(crate) fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// An HTTP client for loopback addresses. It keeps no idle connections, because tests use one stand-in from the
/// runtimes of many tests, and a connection dies with the runtime that opened it.
///
/// # Errors
/// When the TLS settings that the client insists on cannot be built.
pub(crate) fn client(timeout: std::time::Duration) -> std::io::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(timeout)
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .map_err(std::io::Error::other)
}
