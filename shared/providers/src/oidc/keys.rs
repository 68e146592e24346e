//! Public keys of an issuer: its JSON Web Key Set (RFC 7517), found by OpenID Connect Discovery 1.0,
//! section 4.

use crate::failure::{Failure, Repeat};
use crate::http::{builder, made, send};
use crate::webhook::{Guarded, Loopback, target};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// The largest document that is read.
const LARGEST: usize = 256 * 1024;
/// Longest time to read one of the two documents, while CI waits for it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for which keys are used before they are read again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The time between two readings for a key that the issuer did not have.
const SOUGHT_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The time for which an issuer whose keys could not be read is left alone. CI sends a failed registration
/// again, and each one would wait.
const FAILED_FOR: SignedDuration = SignedDuration::from_secs(10);

/// A public key that verifies tokens, with the one algorithm that it is good for.
#[derive(Clone, Debug)]
pub struct Key {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) public: DecodingKey,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Key {
    /// A key for RS256 or ES256 that is there to verify signatures; `None` for any other.
    fn read(key: Value) -> Option<Self> {
        let key: Jwk = serde_json::from_value(key).ok()?;
        let (algorithm, name) = match &key.algorithm {
            AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
            AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            _ => return None,
        };
        let signs =
            key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let is_for_it = key.common.key_algorithm.is_none_or(|known| known == name);
        let public = DecodingKey::from_jwk(&key).ok()?;
        let kid = key.common.key_id.filter(|_| signs && is_for_it)?;
        Some(Self { kid, algorithm, public })
    }
}

/// The keys of a key set's JSON that can verify a token. Keys for anything else are left out.
///
/// # Errors
///
/// The text is no key set.
pub fn key_set(text: &[u8]) -> serde_json::Result<Vec<Key>> {
    serde_json::from_slice(text).map(usable)
}

fn usable(set: KeySet) -> Vec<Key> {
    set.keys.into_iter().filter_map(Key::read).collect()
}

/// The keys of issuers, each read when it is first needed, and kept for an hour.
#[derive(Debug)]
pub struct Keys {
    loopback: Loopback,
    http: OnceCell<Client>,
    known: Mutex<HashMap<String, Known>>,
    /// The time at which an issuer's keys could not be read, by issuer.
    failed: Mutex<HashMap<String, Timestamp>>,
}

#[derive(Debug)]
struct Known {
    keys: Arc<Vec<Key>>,
    read_at: Timestamp,
    sought: Option<Sought>,
}

/// The last reading for a key that was not among those known.
#[derive(Clone, Copy, Debug)]
struct Sought {
    at: Timestamp,
    is_answered: bool,
}

impl Keys {
    /// No keys yet. `loopback` says whether issuers on this machine are asked, which is for the local stack
    /// only.
    pub fn new(loopback: Loopback) -> Self {
        Self { loopback, http: OnceCell::new(), known: Mutex::default(), failed: Mutex::default() }
    }

    /// The keys of `issuer` (an address that an admin wrote into settings) as of `now`. They are read again
    /// after an hour, and at most once a minute where `kid` is not among them. Two requests where they are
    /// read.
    ///
    /// # Errors
    ///
    /// They can't be read, or could not be a moment ago. Older ones are not used instead.
    pub async fn of(&self, issuer: &str, kid: &str, now: Timestamp) -> Result<Arc<Vec<Key>>, Failure> {
        let mut all = self.known.lock().await;
        let fresh = all.get_mut(issuer).filter(|known| now.duration_since(known.read_at) < FRESH_FOR);
        let Some(known) = fresh else {
            let keys = Arc::new(self.ask_if_up(issuer, now).await?);
            all.insert(issuer.to_owned(), Known { keys: Arc::clone(&keys), read_at: now, sought: None });
            return Ok(keys);
        };
        if known.keys.iter().any(|key| key.kid == kid) {
            return Ok(Arc::clone(&known.keys));
        }
        match known.sought.filter(|sought| now.duration_since(sought.at) < SOUGHT_EVERY) {
            Some(Sought { is_answered: true, .. }) => return Ok(Arc::clone(&known.keys)),
            Some(_) => return Err(Failure::retryable("the issuer's keys could not be read a moment ago")),
            None => {}
        }
        known.sought = Some(Sought { at: now, is_answered: false });
        let keys = Arc::new(self.ask_if_up(issuer, now).await?);
        let sought = Some(Sought { at: now, is_answered: true });
        *known = Known { keys: Arc::clone(&keys), read_at: now, sought };
        Ok(keys)
    }

    async fn ask_if_up(&self, issuer: &str, now: Timestamp) -> Result<Vec<Key>, Failure> {
        let mut failed = self.failed.lock().await;
        if failed.get(issuer).is_some_and(|at| now.duration_since(*at) < FAILED_FOR) {
            return Err(Failure::retryable("the issuer's keys could not be read a moment ago"));
        }
        let read = self.ask(issuer).await;
        match &read {
            Ok(_) => drop(failed.remove(issuer)),
            Err(_) => drop(failed.insert(issuer.to_owned(), now)),
        }
        read
    }

    async fn ask(&self, issuer: &str) -> Result<Vec<Key>, Failure> {
        let discovery: Discovery = self.get(&format!("{issuer}/.well-known/openid-configuration")).await?;
        let origin = |address: &str| Url::parse(address).map(|url| url.origin()).ok();
        if discovery.issuer != issuer || origin(&discovery.jwks_uri) != origin(issuer) {
            let problem = "the issuer's configuration names another issuer, or keys on another host";
            return Err(Failure::Permanent(problem.to_owned()));
        }
        let keys = usable(self.get(&discovery.jwks_uri).await?);
        if keys.is_empty() {
            return Err(Failure::Permanent("the issuer has no key for RS256 or ES256".to_owned()));
        }
        Ok(keys)
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, Failure> {
        let refused = || Failure::Permanent("the issuer's address is not one that is called".to_owned());
        let url = target(address, self.loopback).map_err(|_| refused())?;
        if url.scheme() != "https" && self.loopback == Loopback::Refused {
            return Err(refused());
        }
        // A proxy would look names up itself.
        let client = async || made(builder().dns_resolver(Arc::new(Guarded(self.loopback))).no_proxy());
        let http = self.http.get_or_try_init(client).await?;
        let (service, doing) = ("the issuer", "reading its keys");
        let answer =
            send(service, doing, http.get(url).timeout(REQUEST_TIMEOUT), Repeat::Harmless, LARGEST).await?;
        if !answer.status.is_success() {
            let code = answer.status.as_u16();
            return Err(Failure::retryable(format!("the issuer answered {code} while its keys were read")));
        }
        answer.json(service, doing, Repeat::Harmless)
    }
}
