//! A receiver of the webhook action.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use signoff_local::fault::{Faults, Observed, observe};
use signoff_local::stand_in::server::{Bound, Server};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// The text of every answer, which nobody must see.
pub const ANSWER: &str = "the-receivers-own-words";

/// A delivery that came.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The method.
    pub method: String,
    /// The path that it was posted to.
    pub path: String,
    /// `Authorization`.
    pub authorization: String,
    /// `X-Signoff-Delivery`.
    pub delivery: String,
    /// `X-SLEUTH-TIMESTAMP`.
    pub timestamp: String,
    /// `X-SLEUTH-SIGNATURE`.
    pub signature: String,
    /// The body's bytes, as they were signed.
    pub raw: Vec<u8>,
    /// The body.
    pub body: Value,
}

/// A listening receiver.
#[derive(Clone)]
pub struct Receiver {
    url: String,
    came: Arc<Mutex<Came>>,
    faults: Faults,
    /// It stops with the last clone of this.
    _server: Arc<Server>,
}

#[derive(Debug, Default)]
struct Came {
    deliveries: Vec<Delivery>,
    answers: Vec<u16>,
}

impl Receiver {
    /// Listens on a free port, and answers the first deliveries with these statuses, later ones with the last
    /// of them.
    pub async fn start(answers: &[u16]) -> io::Result<Self> {
        let bound = Bound::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let (url, observed) = (bound.url(), Observed::default());
        let came = Arc::new(Mutex::new(Came { deliveries: Vec::new(), answers: answers.to_vec() }));
        let router = Router::new().route("/{*path}", any(take)).with_state(Arc::clone(&came));
        let router = router.layer(from_fn_with_state(observed.clone(), observe));
        Ok(Self { url, came, faults: observed.faults, _server: Arc::new(bound.serve(router)) })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The faults that wait for a delivery.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns the deliveries so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).deliveries.clone()
    }
}

async fn take(
    State(came): State<Arc<Mutex<Came>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut came = came.lock().unwrap_or_else(PoisonError::into_inner);
    let index = came.deliveries.len();
    came.deliveries.push(Delivery {
        method: method.to_string(),
        path: uri.path().to_owned(),
        authorization: header("authorization"),
        delivery: header("x-signoff-delivery"),
        timestamp: header("x-sleuth-timestamp"),
        signature: header("x-sleuth-signature"),
        raw: body.to_vec(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let answer = came.answers.get(index).or(came.answers.last()).copied().unwrap_or(200);
    (StatusCode::from_u16(answer).unwrap_or(StatusCode::OK), ANSWER)
}

impl Delivery {
    /// True if it is signed with `key`, in Slack's v0 scheme.
    pub fn is_signed_with(&self, key: &str) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return false };
        mac.update(format!("v0:{}:", self.timestamp).as_bytes());
        mac.update(&self.raw);
        let Some(digits) = self.signature.strip_prefix("v0=") else { return false };
        hex::decode(digits).is_ok_and(|theirs| mac.verify_slice(&theirs).is_ok())
    }
}
