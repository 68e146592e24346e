//! GitHub's webhook signature.

use crate::signature::{VerifyError, check};
use secrecy::SecretString;

/// Checks that GitHub sent this delivery: `X-Hub-Signature-256` is `sha256=` and the HMAC-SHA256 of the body.
/// See <https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries>.
///
/// The body is taken as it came, before anything is parsed. The scheme has no time in it: a replayed delivery
/// passes, and is recognised by its delivery id.
///
/// # Errors
///
/// Anything missing, malformed or different, an empty secret among them: answer 401.
pub fn verify(
    webhook_secret: &SecretString,
    signature_header: Option<&str>,
    body: &[u8],
) -> Result<(), VerifyError> {
    check(webhook_secret, "sha256=", signature_header, &[body])
}

/// Checks a delivery as [`verify`] does, against several secrets of which any may be right: while one takes
/// the place of another, both are good.
///
/// # Errors
///
/// As of [`verify`], for the last of `secrets`; [`VerifyError::NoSecret`] where there is none.
pub fn verify_any(
    secrets: &[SecretString],
    signature_header: Option<&str>,
    body: &[u8],
) -> Result<(), VerifyError> {
    let mut outcome = Err(VerifyError::NoSecret);
    // Every one is compared, so that the time says nothing of which one was right.
    for secret in secrets {
        let checked = verify(secret, signature_header, body);
        if outcome.is_err() {
            outcome = checked;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of docs.github.com, "Validating webhook deliveries".
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn githubs_own_example_passes() {
        assert_eq!(verify(&SECRET.into(), Some(SIGNATURE), BODY), Ok(()));
    }

    #[test]
    fn any_of_several_secrets_verifies() {
        let secrets = |texts: &[&str]| texts.iter().copied().map(SecretString::from).collect::<Vec<_>>();
        let check = |texts: &[&str]| verify_any(&secrets(texts), Some(SIGNATURE), BODY);
        assert_eq!(check(&[SECRET, "another"]), Ok(()));
        assert_eq!(check(&["another", SECRET]), Ok(()));
        assert_eq!(check(&["another", "a third"]), Err(VerifyError::Mismatch));
        assert_eq!(check(&[]), Err(VerifyError::NoSecret));
        assert_eq!(check(&[""]), Err(VerifyError::NoSecret));
    }

    #[test]
    fn anything_else_is_refused() {
        use VerifyError::{Malformed, Mismatch, NoSecret, Unsigned};
        for (secret, signature, body, expected) in [
            ("", Some(SIGNATURE), BODY, NoSecret),
            ("another", Some(SIGNATURE), BODY, Mismatch),
            (SECRET, None, BODY, Unsigned),
            (SECRET, Some(""), BODY, Malformed),
            (SECRET, Some("sha1=757107ea0eb2509fc211221cce984b8a37570b6d"), BODY, Malformed),
            (SECRET, Some(&SIGNATURE[..SIGNATURE.len() - 2]), BODY, Malformed),
            (SECRET, Some(SIGNATURE), b"Hello World!", Mismatch),
            (SECRET, Some(SIGNATURE), b"", Mismatch),
        ] {
            assert_eq!(verify(&secret.into(), signature, body), Err(expected), "{signature:?}");
        }
    }
}
