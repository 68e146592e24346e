//! Classification of CircleCI's error answers by what to do about them.

use super::wire::Message;
use crate::failure::{Failure, Repeat, quote, retry_after, server_error};
use crate::http::Answer;
use reqwest::StatusCode;

/// The failure of an answer whose status is no success; `doing` says what was asked for. See
/// <https://circleci.com/docs/api-developers-guide/>.
pub(super) fn classify(doing: &str, answer: &Answer, repeat: Repeat) -> Failure {
    let message = serde_json::from_slice::<Message>(&answer.body).unwrap_or_default().message;
    let said = if message.is_empty() { String::new() } else { format!(" (\"{}\")", quote(&message)) };
    let code = answer.status.as_u16();
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => {
            let message = format!("CircleCI asks us to slow down while {doing}");
            Failure::slow_down(message, retry_after(&answer.headers))
        }
        StatusCode::UNAUTHORIZED => Failure::Permanent(format!(
            "CircleCI answered 401 while {doing}: Signoff's CircleCI token is not valid; put a new \
             `circleci_token` into WriteSecret"
        )),
        StatusCode::FORBIDDEN => Failure::Permanent(format!(
            "CircleCI answered 403 while {doing}: the owner of Signoff's CircleCI token may not do that{said}; use the \
             token of somebody who may"
        )),
        StatusCode::NOT_FOUND => Failure::Permanent(format!(
            "CircleCI answered 404 while {doing}: there is no such thing, or the owner of Signoff's CircleCI token may \
             not see it; check that the project is set up on CircleCI"
        )),
        StatusCode::CONFLICT => Failure::Conflict(format!("CircleCI answered 409 while {doing}{said}")),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Failure::Refusal(format!("CircleCI declined {doing}{said}: check the rule's parameters"))
        }
        status if status.is_server_error() => {
            server_error("CircleCI", doing, status, &answer.headers, repeat)
        }
        _ => Failure::Permanent(format!("CircleCI answered {code} while {doing}{said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_says_what_to_do() {
        let told: Vec<String> = [401, 403, 404, 409, 400, 422, 429, 500, 503, 302]
            .into_iter()
            .map(|status| {
                let headers = [(reqwest::header::RETRY_AFTER, "9".parse().unwrap())].into_iter().collect();
                let body = br#"{"message":"Unexpected argument(s): deploy"}"#.to_vec();
                let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers, body };
                let doing = "triggering a pipeline of gh/acme/checkout";
                format!("{status}: {:?}", classify(doing, &answer, Repeat::MayDouble))
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
