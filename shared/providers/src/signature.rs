//! HMAC-SHA256 signatures, compared in constant time.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Reason why a request is rejected. All of these are answered 401, and nothing of the request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There is no secret to check against: nothing passes.
    #[error("there is no signing secret: put it into this provider's secret in AWS Secrets Manager")]
    NoSecret,
    /// The header with the signature is missing.
    #[error("the request is not signed")]
    Unsigned,
    /// The header with the signature doesn't look like one.
    #[error("the signature is malformed")]
    Malformed,
    /// The header with the time is missing or not a number.
    #[error("the request's timestamp is missing or not a number of seconds")]
    NoTimestamp,
    /// The time is too far from now, in either direction.
    #[error("the request's timestamp is more than 5 minutes away from now")]
    Stale,
    /// It was signed by somebody else, or changed on its way.
    #[error("the signature does not match")]
    Mismatch,
}

/// The HMAC-SHA256 of `parts`, one after the other.
pub(crate) fn hmac_sha256(key: &SecretString, parts: &[&[u8]]) -> [u8; 32] {
    // A key of any length is a key: the error that the type allows for can't happen, and would match nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Checks that `header`, `<prefix><hexadecimal digits>`, is the HMAC-SHA256 of `parts`.
///
/// # Errors
///
/// An empty key, a missing or malformed header, a different signature.
pub(crate) fn check(
    key: &SecretString,
    prefix: &str,
    header: Option<&str>,
    parts: &[&[u8]],
) -> Result<(), VerifyError> {
    if key.expose_secret().is_empty() {
        return Err(VerifyError::NoSecret);
    }
    let header = header.ok_or(VerifyError::Unsigned)?;
    let digits = header.strip_prefix(prefix).ok_or(VerifyError::Malformed)?;
    let mut theirs = [0; 32];
    hex::decode_to_slice(digits, &mut theirs).map_err(|_| VerifyError::Malformed)?;
    if bool::from(hmac_sha256(key, parts).ct_eq(&theirs)) { Ok(()) } else { Err(VerifyError::Mismatch) }
}
