//! Classification of Linear's error answers by what to do about them.

use super::wire::{Error, Response};
use crate::failure::{Failure, Repeat, quote, retry_after, server_error, until};
use crate::http::Answer;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde::de::IgnoredAny;
use std::time::Duration;

/// The failure of an answer whose status is no success, or that has errors; `doing` says what was asked for.
/// See <https://linear.app/developers/graphql#error-handling> and
/// <https://linear.app/developers/rate-limiting>.
pub(super) fn classify(doing: &str, answer: &Answer, repeat: Repeat) -> Failure {
    let response = serde_json::from_slice::<Response<IgnoredAny>>(&answer.body);
    let error = response.ok().and_then(|response| response.errors.into_iter().next());
    let code = error.as_ref().map(|error| error.extensions.code.to_ascii_uppercase()).unwrap_or_default();
    let said = error.map(|error| format!(" (\"{}\")", quote(&text(error)))).unwrap_or_default();
    match (code.as_str(), answer.status) {
        ("RATELIMITED", _) | (_, StatusCode::TOO_MANY_REQUESTS) => {
            let message = format!("Linear asks us to slow down while {doing}");
            Failure::slow_down(message, retry_after(&answer.headers).or_else(|| reset(answer)))
        }
        ("AUTHENTICATION_ERROR", _) | (_, StatusCode::UNAUTHORIZED) => Failure::Permanent(format!(
            "Linear did not let us in while {doing}: Signoff's key is not valid; put a new `linear_key` into ReadSecret, \
             or into WriteSecret for actions on issues"
        )),
        ("FORBIDDEN", _) | (_, StatusCode::FORBIDDEN) => Failure::Permanent(format!(
            "Linear forbids {doing}{said}: Signoff's key may not do that; use the key of somebody who may"
        )),
        ("INTERNAL_SERVER_ERROR" | "INTERNAL_ERROR" | "LOCK_TIMEOUT", status)
            if !status.is_server_error() =>
        {
            Failure::lost(format!("Linear broke while {doing}{said}"), repeat)
        }
        (_, status) if status.is_server_error() => {
            server_error("Linear", doing, status, &answer.headers, repeat)
        }
        (_, StatusCode::NOT_FOUND) => Failure::Permanent(format!(
            "Linear answered 404 while {doing}: check the stack's parameter LinearApiUrl"
        )),
        (_, status) if status.is_success() || status == StatusCode::BAD_REQUEST => {
            Failure::Refusal(format!("Linear declined {doing}{said}"))
        }
        (_, status) => Failure::Permanent(format!("Linear answered {} while {doing}{said}", status.as_u16())),
    }
}

/// Returns the text that Linear means for people, or else the plain message.
fn text(error: Error) -> String {
    error.extensions.user_presentable_message.filter(|text| !text.is_empty()).unwrap_or(error.message)
}

/// The time until the limit of requests is lifted, which Linear tells in milliseconds since 1970.
fn reset(answer: &Answer) -> Option<Duration> {
    let then = answer.header("x-ratelimit-requests-reset")?.trim().parse().ok()?;
    until(&answer.headers, Timestamp::from_millisecond(then).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_error_says_what_to_do() {
        let headers = || {
            let names =
                [("date", "Mon, 11 May 2026 11:42:00 GMT"), ("x-ratelimit-requests-reset", "1778499730000")];
            names
                .into_iter()
                .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
                .collect()
        };
        let told: Vec<String> = [
            (400, "RATELIMITED"),
            (200, "RATELIMITED"),
            (429, ""),
            (401, ""),
            (200, "AUTHENTICATION_ERROR"),
            (403, ""),
            (200, "FORBIDDEN"),
            (200, "INPUT_ERROR"),
            (400, "GRAPHQL_VALIDATION_FAILED"),
            (200, "INTERNAL_SERVER_ERROR"),
            (500, "INTERNAL_SERVER_ERROR"),
            (503, ""),
            (404, ""),
            (302, ""),
        ]
        .into_iter()
        .map(|(status, code)| {
            let body = match code {
                "" => "no JSON".to_owned(),
                code => {
                    json!({"data": null, "errors": [{"message": "Not now", "extensions": {"code": code}}]})
                        .to_string()
                }
            };
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: headers(),
                body: body.into_bytes(),
            };
            format!("{status} {code}: {:?}", classify("commenting on SHOP-7", &answer, Repeat::MayDouble))
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        400 RATELIMITED: Retryable { message: "Linear asks us to slow down while commenting on SHOP-7", retry_after: Some(10s) }
        200 RATELIMITED: Retryable { message: "Linear asks us to slow down while commenting on SHOP-7", retry_after: Some(10s) }
        429 : Retryable { message: "Linear asks us to slow down while commenting on SHOP-7", retry_after: Some(10s) }
        401 : Permanent("Linear did not let us in while commenting on SHOP-7: Signoff's key is not valid; put a new `linear_key` into ReadSecret, or into WriteSecret for actions on issues")
        200 AUTHENTICATION_ERROR: Permanent("Linear did not let us in while commenting on SHOP-7: Signoff's key is not valid; put a new `linear_key` into ReadSecret, or into WriteSecret for actions on issues")
        403 : Permanent("Linear forbids commenting on SHOP-7: Signoff's key may not do that; use the key of somebody who may")
        200 FORBIDDEN: Permanent("Linear forbids commenting on SHOP-7 (\"Not now\"): Signoff's key may not do that; use the key of somebody who may")
        200 INPUT_ERROR: Refusal("Linear declined commenting on SHOP-7 (\"Not now\")")
        400 GRAPHQL_VALIDATION_FAILED: Refusal("Linear declined commenting on SHOP-7 (\"Not now\")")
        200 INTERNAL_SERVER_ERROR: Unanswered("Linear broke while commenting on SHOP-7 (\"Not now\")")
        500 INTERNAL_SERVER_ERROR: Unanswered("Linear answered 500 while commenting on SHOP-7")
        503 : Retryable { message: "Linear answered 503 while commenting on SHOP-7", retry_after: None }
        404 : Permanent("Linear answered 404 while commenting on SHOP-7: check the stack's parameter LinearApiUrl")
        302 : Permanent("Linear answered 302 while commenting on SHOP-7")
        "#);
    }
}
