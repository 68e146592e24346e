//! Slack's request signature, version 0.

use crate::signature::{VerifyError, check};
use jiff::Timestamp;
use secrecy::SecretString;

/// Most that a request's time may differ from now, in seconds, in either direction.
const WINDOW: u64 = 5 * 60;

/// Checks that Slack sent this request, no more than 5 minutes ago: `X-Slack-Signature` is `v0=` and the
/// HMAC-SHA256 of `v0:<X-Slack-Request-Timestamp>:<body>`. See
/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>.
///
/// The body is taken as it came, before anything is parsed.
///
/// # Errors
///
/// Anything missing, malformed, stale or different, an empty secret among them: answer 401.
pub fn verify(
    signing_secret: &SecretString,
    timestamp_header: Option<&str>,
    signature_header: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), VerifyError> {
    let text = timestamp_header.ok_or(VerifyError::NoTimestamp)?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VerifyError::NoTimestamp);
    }
    let sent: i64 = text.parse().map_err(|_| VerifyError::NoTimestamp)?;
    check(signing_secret, "v0=", signature_header, &[b"v0:", text.as_bytes(), b":", body])?;
    if now.as_second().abs_diff(sent) > WINDOW { Err(VerifyError::Stale) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of docs.slack.dev/authentication/verifying-requests-from-slack, which is also in
    // slackapi/python-slack-sdk, tests/slack_sdk/signature/test_signature_verifier.py.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
        &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https\
        %3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015\
        .47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn slacks_own_example_passes_within_five_minutes() {
        for now in [1_531_420_618, 1_531_420_618 - 300, 1_531_420_618 + 300] {
            assert_eq!(
                verify(&SECRET.into(), Some(TIMESTAMP), Some(SIGNATURE), BODY, at(now)),
                Ok(()),
                "{now}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        use VerifyError::{Malformed, Mismatch, NoSecret, NoTimestamp, Stale, Unsigned};
        let now = 1_531_420_618;
        let (stamp, signature) = (Some(TIMESTAMP), Some(SIGNATURE));
        let other = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b504";
        for (secret, stamp, signature, body, now, expected) in [
            ("", stamp, signature, BODY, now, NoSecret),
            ("another", stamp, signature, BODY, now, Mismatch),
            (SECRET, None, signature, BODY, now, NoTimestamp),
            (SECRET, Some(""), signature, BODY, now, NoTimestamp),
            (SECRET, Some("+1531420618"), signature, BODY, now, NoTimestamp),
            (SECRET, Some("99999999999999999999"), signature, BODY, now, NoTimestamp),
            (SECRET, Some("1531420619"), signature, BODY, now, Mismatch),
            (SECRET, stamp, None, BODY, now, Unsigned),
            (SECRET, stamp, Some(""), BODY, now, Malformed),
            (SECRET, stamp, Some("v0=a2114d"), BODY, now, Malformed),
            (SECRET, stamp, Some(&SIGNATURE[3..]), BODY, now, Malformed),
            (SECRET, stamp, Some(other), BODY, now, Mismatch),
            (SECRET, stamp, signature, &BODY[1..], now, Mismatch),
            (SECRET, stamp, signature, BODY, now + 301, Stale),
            (SECRET, stamp, signature, BODY, now - 301, Stale),
        ] {
            assert_eq!(
                verify(&secret.into(), stamp, signature, body, at(now)),
                Err(expected),
                "{stamp:?} {signature:?}"
            );
        }
    }
}
