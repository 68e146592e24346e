//! The signature under what Signoff posts.

use crate::signature::hmac_sha256;
use jiff::Timestamp;
use secrecy::SecretString;

/// The header with the time, in seconds since 1970.
pub const HEADER_TIMESTAMP: &str = "X-SLEUTH-TIMESTAMP";
/// The header with the signature.
pub const HEADER_SIGNATURE: &str = "X-SLEUTH-SIGNATURE";

/// The value of [`HEADER_SIGNATURE`]: Slack's scheme, `v0=` and the HMAC-SHA256 of `v0:<timestamp>:<body>`,
/// keyed with an API key.
pub fn sign(key: &SecretString, timestamp: Timestamp, body: &[u8]) -> String {
    let seconds = timestamp.as_second().to_string();
    format!("v0={}", hex::encode(hmac_sha256(key, &[b"v0:", seconds.as_bytes(), b":", body])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::VerifyError;
    use crate::slack;

    #[test]
    fn a_receiver_checks_it_as_it_checks_slacks() {
        let (key, now) = (SecretString::from("key-1"), Timestamp::from_second(1_620_733_320).unwrap());
        let signature = sign(&key, now, b"{}");
        let verify = |key: &SecretString, body: &[u8]| {
            slack::verify(key, Some("1620733320"), Some(&signature), body, now)
        };
        assert_eq!(verify(&key, b"{}"), Ok(()));
        assert_eq!(verify(&key, b"{ }"), Err(VerifyError::Mismatch));
        assert_eq!(verify(&"key-2".into(), b"{}"), Err(VerifyError::Mismatch));
    }
}
