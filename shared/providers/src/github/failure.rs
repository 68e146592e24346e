//! Classification of GitHub's error answers by what to do about them.

use super::wire::Message;
use crate::failure::{Failure, Repeat, quote, retry_after, server_error, until};
use crate::http::Answer;
use jiff::Timestamp;
use reqwest::StatusCode;
use std::time::Duration;

/// The failure of an answer whose status is no success; `doing` says what was asked for. See
/// <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api> and
/// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
pub(super) fn classify(doing: &str, answer: &Answer, repeat: Repeat) -> Failure {
    let message = serde_json::from_slice::<Message>(&answer.body).unwrap_or_default().message;
    let said = if message.is_empty() { String::new() } else { format!(" (\"{}\")", quote(&message)) };
    let status = answer.status;
    if is_rate_limit(answer, &message) {
        return slow_down(doing, answer);
    }
    let code = status.as_u16();
    match status {
        StatusCode::UNAUTHORIZED => Failure::Permanent(format!(
            "GitHub answered 401 while {doing}: Signoff's GitHub token is not valid; put a new `github_token` into \
             ReadSecret, or into WriteSecret if this starts or cancels a workflow"
        )),
        StatusCode::FORBIDDEN => Failure::Permanent(format!(
            "GitHub answered 403 while {doing}: Signoff's GitHub token may not do that{said}; give it the permission \
             (`github_token` in ReadSecret: Contents, Pull requests, Deployments, Issues, Actions: read; in WriteSecret: Actions: write)"
        )),
        StatusCode::NOT_FOUND => Failure::Permanent(format!(
            "GitHub answered 404 while {doing}: there is no such thing, or Signoff's GitHub token may not see it; \
             check the name, and the repositories that the token has access to"
        )),
        StatusCode::CONFLICT => Failure::Conflict(format!("GitHub answered 409 while {doing}{said}")),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Failure::Refusal(format!("GitHub declined {doing}{said}: check the rule's parameters"))
        }
        _ if status.is_server_error() => server_error("GitHub", doing, status, &answer.headers, repeat),
        _ => Failure::Permanent(format!("GitHub answered {code} while {doing}{said}")),
    }
}

/// The failure of an answer that is one of GitHub's rate limits.
pub(super) fn slow_down(doing: &str, answer: &Answer) -> Failure {
    let message = format!("GitHub asks us to slow down while {doing}");
    Failure::slow_down(message, retry_after(&answer.headers).or_else(|| until_reset(answer)))
}

/// True if an answer is one of GitHub's rate limits: 429, or 403 that says so in a header or in words.
fn is_rate_limit(answer: &Answer, message: &str) -> bool {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            answer.header("retry-after").is_some()
                || answer.header("x-ratelimit-remaining") == Some("0")
                || message.to_lowercase().contains("rate limit")
        }
        _ => false,
    }
}

/// The time until the rate limit's window ends, by the answer's own clock.
fn until_reset(answer: &Answer) -> Option<Duration> {
    let reset = answer.header("x-ratelimit-reset")?.parse().ok()?;
    until(&answer.headers, Timestamp::from_second(reset).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, headers: &[(&'static str, &str)], message: &str) -> Answer {
        let headers: HeaderMap = headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        let body = serde_json::json!({"message": message, "documentation_url": "https://docs.github.com"})
            .to_string();
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into_bytes() }
    }

    #[test]
    fn each_status_says_what_to_do() {
        let date = ("date", "Tue, 11 May 2021 11:40:00 GMT");
        let answers = [
            ("401", answer(401, &[], "Bad credentials")),
            ("403", answer(403, &[], "Resource not accessible by personal access token")),
            (
                "403 limit",
                answer(
                    403,
                    &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1620733260"), date],
                    "x",
                ),
            ),
            (
                "403 limit, no date",
                answer(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1620733260")], ""),
            ),
            ("403 secondary", answer(403, &[("retry-after", "60"), ("x-ratelimit-remaining", "9")], "")),
            ("403 in words", answer(403, &[], "You have exceeded a secondary rate limit.")),
            ("429", answer(429, &[("retry-after", "5")], "")),
            ("404", answer(404, &[], "Not Found")),
            ("409", answer(409, &[], "Git Repository is empty.")),
            ("422", answer(422, &[], "No ref found for: nowhere")),
            ("500", answer(500, &[], "")),
            ("503", answer(503, &[("retry-after", "7")], "")),
            ("301", answer(301, &[], "Moved Permanently")),
        ];
        let told: Vec<String> = answers
            .iter()
            .map(|(name, answer)| {
                format!("{name}: {:?}", classify("starting deploy.yml", answer, Repeat::MayDouble))
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
