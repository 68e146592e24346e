use super::{Claims, Key, Keys, Token, TokenError, key_set};
use crate::failure::Failure;
use crate::responder::{Reply, Responder, json};
use crate::webhook::Loopback;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json as value};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://signoff.example";
/// The modulus of an RSA key, and a token that it signed by the command `openssl dgst -sha256 -sign`.
const MODULUS: &str = "vjfDXoPrNiG5C9C-asfmmWBavUvGLTT8rAy3Kk47IkmTcOpI6-knQo0OMn8ru54rQorlpT3wSG7tojXcn2Jk76cD-QCiHULNyu3twpFbrZYps2RqQW2Bh5TVQZiBcwe4JT3JVCnue57OQjTczyzNZqnSWOWeNuE0JHFodxaXbL4IG6FemZ0G95K5rMXDx3SgQful5bIF7VoEpIJ3VlyJo8FX4yvqOWFh1ypDF_HZHHuOB6B7ojHkivP0lgATkWx9FuMe7FIwuRdZCstJ9sDr_o23fp4NnnZjWno6o9ZItGMlFP52mAQroqNmy7NMDYVW_bo86AfPAC64BbrrprXnDQ";
const SIGNED_BY_RSA: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoiaHR0cHM6Ly9zaWdub2ZmLmV4YW1wbGUiLCJpYXQiOjE3OTAwMDAwMDAsImV4cCI6MTc5MDAwMDMwMCwicmVwb3NpdG9yeV9pZCI6IjIwMDIifQ.SsrjGCAdJMOWDn5eCo8Xfu7gQ8IKTtcJqiNi2pCvdPqv56nOsZwCV3VlIrc1qEcGDoNFa-otIw7kwpdPlpIDHEkXfwbWgHGFkaLYveCFrfiV-fUfbpvsBvubWIOQUWW56YsyYM4IgdrCN9UfaAsB9HV-9qrS6V-iAhveyZCr13CCmF-zK2ZKnpn5GUmBSj63nE9ZGOWf9yiB70uBcUuxlhRf_TZ3B0afPn-Gn27vQobCyL8_Bxu7FLTC4rfOr20xRgYb_KN08kGuTk2DAiiUCOlV5SFdsTNJrsZXtyBmHxs6kac0h0FzqiVLhg-whm3p5ZF--NDOWYAl0mAhngOfWg";

/// Time at which the tokens are shown: a minute after they were issued.
fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_060).unwrap()
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// Somebody with a key of their own for ES256.
struct Signer {
    key: EcdsaKeyPair,
    kid: &'static str,
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self { key: EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap(), kid }
    }

    fn public(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let coordinate = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (x, y) = (coordinate(&point[1..33]), coordinate(&point[33..]));
        value!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": x, "y": y})
    }

    fn keys(&self) -> Vec<Key> {
        key_set(value!({"keys": [self.public()]}).to_string().as_bytes()).unwrap()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn header(&self) -> Value {
        value!({"typ": "JWT", "alg": "ES256", "kid": self.kid})
    }
}

fn claims() -> Value {
    value!({"iss": ISSUER, "aud": AUDIENCE, "iat": 1_790_000_000, "nbf": 1_790_000_000, "exp": 1_790_000_300})
}

/// `base` with `changes`, where `null` takes a member out.
fn with(base: &Value, changes: &[(&str, Value)]) -> Value {
    let mut members = base.as_object().unwrap().clone();
    for (name, value) in changes {
        match value {
            Value::Null => members.remove(*name),
            value => members.insert((*name).to_owned(), value.clone()),
        };
    }
    Value::Object(members)
}

fn verified(token: &str, keys: &[Key], now: Timestamp) -> Result<Claims, TokenError> {
    Token::read(token.into())?.verified(ISSUER, AUDIENCE, keys, now)
}

#[test]
fn a_token_counts_for_its_issuer_audience_and_time() {
    let signer = Signer::new("k1");
    let tried = |changes: &[(&str, Value)]| {
        verified(&signer.sign(&signer.header(), &with(&claims(), changes)), &signer.keys(), now()).map(|_| ())
    };
    for good in [
        vec![],
        vec![("aud", value!([AUDIENCE]))],
        vec![("nbf", Value::Null)],
        vec![("iat", value!(1_789_996_460)), ("nbf", Value::Null)],
        vec![("exp", value!(1_790_007_200))],
        vec![("exp", value!(1_790_000_040))],
        vec![("unknown", value!({"a": [1]}))],
    ] {
        assert_eq!(tried(&good), Ok(()), "{good:?}");
    }
    for (name, value, error) in [
        ("iss", value!("https://issuer.example/"), TokenError::Issuer),
        ("iss", value!(["https://issuer.example"]), TokenError::Issuer),
        ("iss", Value::Null, TokenError::Issuer),
        ("aud", value!("https://github.com/acme"), TokenError::Audience),
        ("aud", value!([AUDIENCE, "https://other.example"]), TokenError::Audience),
        ("aud", value!([]), TokenError::Audience),
        ("aud", Value::Null, TokenError::Audience),
        ("exp", value!(1_790_000_030), TokenError::Time),
        ("exp", value!("1790000300"), TokenError::Time),
        ("exp", Value::Null, TokenError::Time),
        ("iat", value!(1_789_996_459), TokenError::Time),
        ("iat", value!(1_790_000_091), TokenError::Time),
        ("iat", Value::Null, TokenError::Time),
        ("nbf", value!(1_790_000_091), TokenError::Time),
        ("nbf", value!("soon"), TokenError::Time),
    ] {
        assert_eq!(tried(&[(name, value.clone())]), Err(error), "{name} {value}");
    }
}

#[test]
fn only_the_issuers_key_and_its_algorithm_sign() {
    let (signer, other) = (Signer::new("k1"), Signer::new("k1"));
    let (header, keys) = (signer.header(), signer.keys());
    let good = signer.sign(&header, &claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (first, _) = signed.split_once('.').unwrap();
    let forged = format!("{first}.{}.{signature}", part(&with(&claims(), &[("repository_id", value!("1"))])));
    let unsigned = format!("{}.{}.", part(&value!({"alg": "none", "kid": "k1"})), part(&claims()));
    let of = |changes: &[(&str, Value)]| signer.sign(&with(&header, changes), &claims());
    assert!(verified(&good, &keys, now()).is_ok());
    for (token, error) in [
        (other.sign(&header, &claims()), TokenError::Signature),
        (forged, TokenError::Signature),
        (format!("{signed}.AAAA"), TokenError::Signature),
        (unsigned, TokenError::Malformed),
        (of(&[("alg", value!("HS256"))]), TokenError::Malformed),
        (of(&[("alg", value!("RS512"))]), TokenError::Malformed),
        (of(&[("alg", value!("RS256"))]), TokenError::Key),
        (of(&[("kid", value!("k2"))]), TokenError::Key),
        (of(&[("kid", Value::Null)]), TokenError::Key),
        (of(&[("crit", value!(["exp"]))]), TokenError::Malformed),
        (format!("{good}.x"), TokenError::Malformed),
        (format!("{first}.{}.{signature}", part(&value!([1]))), TokenError::Malformed),
        (format!("{good}{}", "A".repeat(16_384)), TokenError::Malformed),
        (String::new(), TokenError::Malformed),
    ] {
        assert_eq!(verified(&token, &keys, now()).map(|_| ()), Err(error), "{token}");
    }
    // Addresses of other keys in the header lead nowhere.
    assert!(verified(&of(&[("jku", value!("https://evil.example/keys"))]), &keys, now()).is_ok());
    assert_eq!(verified(&good, &[], now()).map(|_| ()), Err(TokenError::Key));
}

#[test]
fn a_token_signed_with_rsa_is_verified() {
    let rsa = |changes: &[(&str, Value)]| {
        let key =
            value!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa-1", "n": MODULUS, "e": "AQAB"});
        key_set(value!({"keys": [with(&key, changes)]}).to_string().as_bytes()).unwrap()
    };
    let claims = verified(SIGNED_BY_RSA, &rsa(&[]), now()).unwrap();
    assert_eq!(claims.get("repository_id"), Some(&value!("2002")));
    let zero = URL_SAFE_NO_PAD.encode([&[0][..], &URL_SAFE_NO_PAD.decode(MODULUS).unwrap()].concat());
    for same in [vec![("n", value!(zero))], vec![("alg", Value::Null)], vec![("use", Value::Null)]] {
        assert!(verified(SIGNED_BY_RSA, &rsa(&same), now()).is_ok(), "{same:?}");
    }
    for other in [("use", "enc"), ("alg", "PS256"), ("alg", "none"), ("kid", "rsa-2"), ("e", "AAAD")] {
        assert!(verified(SIGNED_BY_RSA, &rsa(&[(other.0, value!(other.1))]), now()).is_err(), "{other:?}");
    }
    let es = Signer::new("rsa-1");
    assert_eq!(verified(SIGNED_BY_RSA, &es.keys(), now()).map(|_| ()), Err(TokenError::Key));
}

#[test]
fn an_api_key_is_not_taken_for_a_token() {
    for (credential, is_token) in
        [(SIGNED_BY_RSA, true), ("sgn_abc_def", false), ("eyJ", false), ("a.b.c", false)]
    {
        assert_eq!(Token::is_meant(credential), is_token, "{credential}");
    }
    let token = Token::read(SIGNED_BY_RSA.into()).unwrap();
    assert!(!format!("{token:?}").contains("cmVwb3NpdG9yeV9pZCI"), "a token is not logged");
}

/// An issuer that answers with the keys and the status that stand in the two, and counts how often it was
/// asked for keys.
async fn issuer(keys: Arc<Mutex<Vec<Value>>>, status: Arc<AtomicU32>) -> (Responder, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let (base, count) = (Arc::new(Mutex::new(String::new())), Arc::clone(&asked));
    let known = Arc::clone(&base);
    let responder = Responder::start(move |line, _| {
        let base = known.lock().unwrap().clone();
        let status = u16::try_from(status.load(Ordering::SeqCst)).unwrap();
        if line.ends_with("/openid-configuration") {
            return json(status, &value!({"issuer": base, "jwks_uri": format!("{base}/keys")}));
        }
        count.fetch_add(1, Ordering::SeqCst);
        json(200, &value!({"keys": *keys.lock().unwrap()}))
    })
    .await;
    base.lock().unwrap().clone_from(&responder.base);
    (responder, asked)
}

#[tokio::test]
async fn keys_are_read_again_for_a_new_one_once_a_minute() {
    let published = Arc::new(Mutex::new(vec![Signer::new("k1").public()]));
    let status = Arc::new(AtomicU32::new(200));
    let (responder, asked) = issuer(Arc::clone(&published), Arc::clone(&status)).await;
    let keys = Keys::new(Loopback::Allowed);
    let find = async |kid: &str, seconds: i64| {
        let at = now() + SignedDuration::from_secs(seconds);
        let found = keys.of(&responder.base, kid, at).await.map(|keys| keys.iter().any(|key| key.kid == kid));
        (found, asked.load(Ordering::SeqCst))
    };
    assert_eq!(find("k1", 0).await, (Ok(true), 1));
    assert_eq!(find("k1", 3_599).await, (Ok(true), 1), "they are kept for an hour");
    published.lock().unwrap().push(Signer::new("k2").public());
    assert_eq!(find("k2", 10).await, (Ok(true), 2), "a new one is looked for");
    for second in 11..15 {
        assert_eq!(find("k3", second).await, (Ok(false), 2), "not twice in a minute");
    }
    published.lock().unwrap().push(Signer::new("k3").public());
    assert_eq!(find("k3", 70).await, (Ok(true), 3));
    status.store(503, Ordering::SeqCst);
    for second in [140, 141] {
        assert!(matches!(find("k4", second).await, (Err(Failure::Retryable { .. }), 3)));
        assert_eq!(find("k3", second).await, (Ok(true), 3), "those that are known are used");
    }
    let (none, _) = find("k3", 3_670).await;
    assert!(matches!(none, Err(Failure::Retryable { .. })), "older ones are not");
    status.store(200, Ordering::SeqCst);
    let (none, _) = find("k3", 3_679).await;
    assert!(matches!(none, Err(Failure::Retryable { .. })), "it is not asked again for a while");
    assert_eq!(find("k3", 3_680).await, (Ok(true), 4));
}

#[tokio::test]
async fn keys_of_another_host_are_not_read() {
    let published = Signer::new("k1").public();
    let found = async |configuration: Value| {
        let keys = value!({"keys": [published.clone()]});
        let base = Arc::new(Mutex::new(String::new()));
        let known = Arc::clone(&base);
        let responder = Responder::start(move |line, _| {
            let own = configuration.to_string().replace("BASE", &known.lock().unwrap());
            match line.ends_with("/openid-configuration") {
                true => Reply::Answer(200, Vec::new(), own.into_bytes()),
                false => json(200, &keys),
            }
        })
        .await;
        base.lock().unwrap().clone_from(&responder.base);
        let refusing = Keys::new(Loopback::Refused).of(&responder.base, "k1", now()).await;
        assert!(matches!(refusing, Err(Failure::Permanent(_))), "a machine's own addresses are not called");
        Keys::new(Loopback::Allowed).of(&responder.base, "k1", now()).await.is_ok()
    };
    assert!(found(value!({"issuer": "BASE", "jwks_uri": "BASE/keys"})).await);
    for (issuer, address) in [
        ("https://other.example", "BASE/keys"),
        ("BASE/", "BASE/keys"),
        ("BASE", "http://127.0.0.1:9/keys"),
        ("BASE", "file:///etc/passwd"),
        ("BASE", ""),
    ] {
        assert!(!found(value!({"issuer": issuer, "jwks_uri": address})).await, "{issuer} {address}");
    }
}
