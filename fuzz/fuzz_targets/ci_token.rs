//! The token of a CI job, on the first line, and the key set of its issuer after it.

#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use signoff_fuzz::{assert_told, lines_and_body};
use signoff_providers::oidc::{Token, key_set};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://signoff.example";

fuzz_target!(|data: &[u8]| {
    let Some(([token], keys)) = lines_and_body(data) else { return };
    let keys = key_set(keys).unwrap_or_default();
    let now = Timestamp::from_second(1_790_000_060).expect("a time");
    let verified = Token::read(token.unwrap_or_default().into())
        .and_then(|token| token.verified(ISSUER, AUDIENCE, &keys, now));
    match verified {
        Ok(claims) => {
            assert_eq!(claims.get("iss").and_then(|issuer| issuer.as_str()), Some(ISSUER));
            assert!(claims.contains_key("aud") && claims.contains_key("exp"), "{claims:?}");
        }
        Err(error) => assert_told(&error.to_string()),
    }
});
