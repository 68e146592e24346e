//! Classification of Jira's error answers by what to do about them.

use super::wire::Errors;
use crate::failure::{Failure, Repeat, quote, retry_after, server_error};
use crate::http::Answer;
use reqwest::StatusCode;

/// The failure of an answer whose status is no success; `doing` says what was asked for. See
/// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes> and, for 429,
/// <https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>.
pub(super) fn classify(doing: &str, answer: &Answer, repeat: Repeat) -> Failure {
    let errors = serde_json::from_slice::<Errors>(&answer.body).unwrap_or_default();
    let of_fields = errors.errors.iter().map(|(field, problem)| format!("{field}: {problem}"));
    let texts: Vec<String> = errors.error_messages.iter().cloned().chain(of_fields).collect();
    let said = if texts.is_empty() { String::new() } else { format!(" (\"{}\")", quote(&texts.join(" "))) };
    let code = answer.status.as_u16();
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => {
            let message = format!("Jira asks us to slow down while {doing}");
            Failure::slow_down(message, retry_after(&answer.headers))
        }
        StatusCode::UNAUTHORIZED => Failure::Permanent(format!(
            "Jira answered 401 while {doing}: Signoff's e-mail address and token are not valid; put a new `jira_email` and \
             `jira_token` into ReadSecret, or into WriteSecret for actions on issues"
        )),
        StatusCode::FORBIDDEN => Failure::Permanent(format!(
            "Jira answered 403 while {doing}: the owner of Signoff's Jira token may not do that{said}; use the token of \
             somebody who may"
        )),
        StatusCode::NOT_FOUND => Failure::Permanent(format!(
            "Jira answered 404 while {doing}: there is no such thing, or the owner of Signoff's Jira token may not see it; \
             check the stack's parameter JiraUrl"
        )),
        StatusCode::CONFLICT => Failure::Conflict(format!("Jira answered 409 while {doing}{said}")),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Failure::Refusal(format!("Jira declined {doing}{said}"))
        }
        status if status.is_server_error() => server_error("Jira", doing, status, &answer.headers, repeat),
        _ => Failure::Permanent(format!("Jira answered {code} while {doing}{said}")),
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
                let body = br#"{"errorMessages":["Not now."],"errors":{"summary":"It is empty."}}"#.to_vec();
                let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers, body };
                let doing = "commenting on SHOP-7";
                format!("{status}: {:?}", classify(doing, &answer, Repeat::MayDouble))
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        401: Permanent("Jira answered 401 while commenting on SHOP-7: Signoff's e-mail address and token are not valid; put a new `jira_email` and `jira_token` into ReadSecret, or into WriteSecret for actions on issues")
        403: Permanent("Jira answered 403 while commenting on SHOP-7: the owner of Signoff's Jira token may not do that (\"Not now. summary: It is empty.\"); use the token of somebody who may")
        404: Permanent("Jira answered 404 while commenting on SHOP-7: there is no such thing, or the owner of Signoff's Jira token may not see it; check the stack's parameter JiraUrl")
        409: Conflict("Jira answered 409 while commenting on SHOP-7 (\"Not now. summary: It is empty.\")")
        400: Refusal("Jira declined commenting on SHOP-7 (\"Not now. summary: It is empty.\")")
        422: Refusal("Jira declined commenting on SHOP-7 (\"Not now. summary: It is empty.\")")
        429: Retryable { message: "Jira asks us to slow down while commenting on SHOP-7", retry_after: Some(9s) }
        500: Unanswered("Jira answered 500 while commenting on SHOP-7")
        503: Retryable { message: "Jira answered 503 while commenting on SHOP-7", retry_after: Some(9s) }
        302: Permanent("Jira answered 302 while commenting on SHOP-7 (\"Not now. summary: It is empty.\")")
        "#);
    }
}
