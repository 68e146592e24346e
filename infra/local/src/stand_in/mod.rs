//! Common parts of the stand-ins: a server on loopback whose connections can be cut, pages, and a clock that
//! tests can set.

pub mod answer;
pub(crate) mod keep;
pub mod page;
pub mod percent;
pub mod server;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Clock of a stand-in.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's own clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        #[expect(clippy::disallowed_methods, reason = "the local stack is where the clock is read")]
        Timestamp::now()
    })
}

/// HMAC-SHA256 in hexadecimal, with which Slack and GitHub sign what they send.
pub(crate) fn hmac_sha256(secret: &str, text: &[u8]) -> String {
    hex::encode(hmac_sha256_bytes(secret, text))
}

/// HMAC-SHA256.
pub(crate) fn hmac_sha256_bytes(secret: &str, text: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so there is no error to report.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// A UUID (version 8: made as we like) that always comes out the same for the same text.
pub(crate) fn uuid_of(text: &str) -> String {
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Reads what other threads share; a thread that panicked while it held the lock leaves the state readable.
pub(crate) fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// An HTTP client for loopback addresses. It follows no redirects, as Slack and GitHub don't. It keeps no
/// idle connections, because tests use one stand-in from the runtimes of many tests, and a connection dies
/// with the runtime that opened it.
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
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .map_err(std::io::Error::other)
}
