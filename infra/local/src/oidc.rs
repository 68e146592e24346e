//! A stand-in for the part of a CI that issues ID tokens to its jobs: it publishes its keys as GitHub Actions
//! and others do, and signs the claims that it is asked for.
//!
//! `POST /token` with claims as JSON answers a token, so that one can be tried by hand.

use crate::shell::{self, Service, Shell, StandIn};
use crate::stand_in::locked;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::io;
use std::sync::{Arc, Mutex};

/// The first key that it signs with, an RSA key of 2048 bits in PKCS #8. Nobody but the local stack and the
/// tests trusts it.
const FIRST_KEY: &[u8] = include_bytes!("oidc/key.der");

/// Options of the issuer.
pub type Options = shell::Options<()>;
/// A running issuer.
pub type Issuer = StandIn<IssuerService>;
type Shared = Shell<IssuerService>;

enum Key {
    /// RS256.
    Rsa(RsaKeyPair),
    /// ES256.
    Ec(EcdsaKeyPair),
}

struct Keys {
    /// All that are published. The last one signs.
    all: Vec<Key>,
    is_down: bool,
}

/// Keys of a running issuer. They are not kept over a restart.
pub struct IssuerService {
    keys: Mutex<Keys>,
}

impl Service for IssuerService {
    type Settings = ();
    type State = ();

    fn new((): &()) -> io::Result<Self> {
        let first = RsaKeyPair::from_pkcs8(FIRST_KEY).map_err(failed)?;
        Ok(Self { keys: Mutex::new(Keys { all: vec![Key::Rsa(first)], is_down: false }) })
    }

    fn api() -> Router<Issuer> {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/jwks", get(key_set))
            .route("/token", post(make))
    }

    fn pages() -> Router<Issuer> {
        Router::new()
    }
}

impl Issuer {
    /// Publishes a new key and signs with it from now on. The new one is for ES256.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn rotate(&self) -> io::Result<()> {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(failed)?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(failed)?;
        locked(&self.shared.own.keys).all.push(Key::Ec(key));
        Ok(())
    }

    /// Has it answer 503 for its configuration and its keys, or answer again.
    pub fn set_down(&self, is_down: bool) {
        locked(&self.shared.own.keys).is_down = is_down;
    }

    /// A token with these claims. `iss`, `iat`, `nbf` and `exp` (five minutes on) are added where they are
    /// missing.
    ///
    /// # Errors
    /// When nothing can be signed.
    pub fn token(&self, claims: &Value) -> io::Result<String> {
        self.shared.token(claims)
    }
}

impl Shared {
    fn token(&self, claims: &Value) -> io::Result<String> {
        let now = (self.clock)().as_second();
        let own =
            [("iss", json!(self.url)), ("iat", json!(now)), ("nbf", json!(now)), ("exp", json!(now + 300))];
        let mut all = Map::from_iter(own.map(|(name, value)| (name.to_owned(), value)));
        all.extend(claims.as_object().cloned().unwrap_or_default());
        let keys = locked(&self.own.keys);
        let (index, key) =
            keys.all.iter().enumerate().next_back().ok_or_else(|| io::Error::other("there is no key"))?;
        let header = json!({"typ": "JWT", "alg": key.algorithm(), "kid": kid(index)});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&Value::Object(all)));
        let signature = key.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Key {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
        }
    }

    fn sign(&self, text: &[u8]) -> io::Result<Vec<u8>> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Self::Ec(key) => Ok(key.sign(&random, text).map_err(failed)?.as_ref().to_vec()),
        }
    }

    /// Its public part, as a key set has it.
    fn public(&self, kid: &str) -> Value {
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(key) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": number(&n), "e": number(&e)})
            }
            Self::Ec(key) => {
                // A byte that says that the point is not compressed, then its two coordinates.
                let point = key.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
                json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                    "x": number(x), "y": number(y)})
            }
        }
    }
}

fn failed(error: impl Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn kid(index: usize) -> String {
    format!("key-{}", index + 1)
}

async fn discovery(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    let url = &shared.url;
    let configuration = json!({
        "issuer": url,
        "jwks_uri": format!("{url}/.well-known/jwks"),
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    });
    (status(&locked(&shared.own.keys)), Json(configuration))
}

async fn key_set(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Value>) {
    let keys = locked(&shared.own.keys);
    let all: Vec<Value> = keys.all.iter().enumerate().map(|(index, key)| key.public(&kid(index))).collect();
    (status(&keys), Json(json!({"keys": all})))
}

fn status(keys: &Keys) -> StatusCode {
    if keys.is_down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

async fn make(State(shared): State<Arc<Shared>>, Json(claims): Json<Value>) -> (StatusCode, String) {
    match shared.token(&claims) {
        Ok(token) => (StatusCode::OK, token),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
