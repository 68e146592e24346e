//! Classification of Slack's answers without `ok: true` by what to do about them.

use super::wire::Outcome;
use crate::failure::{Failure, Repeat, quote, retry_after, server_error};
use crate::http::Answer;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

/// Description of a call, for its messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The Web API's method.
    pub method: &'static str,
    /// Subject of the call: `#deploys`, `user U1`.
    pub subject: &'a str,
    /// Effect of repeating the call.
    pub repeat: Repeat,
}

/// A method's answer as `T`, or why not: first by status code, then by Slack's error code.
///
/// # Errors
///
/// As [`of_code`] says; 429 with its `Retry-After`; 5xx by what repeating would do.
pub(crate) fn classify<T: DeserializeOwned>(call: Call<'_>, answer: &Answer) -> Result<T, CallError> {
    let doing = format!("calling {} ({})", call.method, call.subject);
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => {
            let message = format!("Slack asks us to slow down ({})", call.method);
            Err(Failure::slow_down(message, retry_after(&answer.headers)).into())
        }
        status if status.is_server_error() => {
            Err(server_error("Slack", &doing, status, &answer.headers, call.repeat).into())
        }
        status if !status.is_success() => {
            Err(Failure::Permanent(format!("Slack answered {} while {doing}", status.as_u16())).into())
        }
        _ => {
            let outcome: Outcome = answer.json("Slack", &doing, call.repeat)?;
            if outcome.ok {
                return Ok(answer.json("Slack", &doing, call.repeat)?);
            }
            let code = outcome.error.unwrap_or_else(|| "unknown".to_owned());
            let failure = of_code(call, &code, outcome.needed.as_deref());
            Err(CallError { code: Some(code), failure })
        }
    }
}

/// A failed call, with Slack's error code where it gave one: some codes are an answer ("nobody has this
/// address").
#[derive(Debug)]
pub(crate) struct CallError {
    /// Slack's error code.
    pub code: Option<String>,
    /// Failure, by what to do about it.
    pub failure: Failure,
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self { code: None, failure }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        error.failure
    }
}

/// Classifies an error code. See "Errors" on each method's page below
/// <https://docs.slack.dev/reference/methods>.
fn of_code(call: Call<'_>, code: &str, needed: Option<&str>) -> Failure {
    let Call { method, subject, repeat } = call;
    Failure::Permanent(match code {
        // Slack opens a form at once or not at all; the person's next click brings a new trigger.
        "expired_trigger_id" => {
            return Failure::Refusal("it took too long to open the form in Slack: click again".to_owned());
        }
        "exchanged_trigger_id" => {
            return Failure::Refusal("the form was opened before: click again if it is not there".to_owned());
        }
        "invalid_trigger_id" => {
            return Failure::Refusal("Slack did not say for whom to open the form: click again".to_owned());
        }
        "invalid_code" | "invalid_grant" => {
            return Failure::Refusal(
                "the sign-in took too long, or was used before: sign in again".to_owned(),
            );
        }
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => {
            return Failure::slow_down(format!("Slack asks us to slow down ({method})"), None);
        }
        "service_unavailable" | "request_timeout" | "team_added_to_org" => {
            return Failure::retryable(format!("Slack could not take {method} in ({code})"));
        }
        // Slack documents for both that some part of the call may have happened before the error did.
        "internal_error" | "fatal_error" => {
            return Failure::lost(format!("Slack broke while carrying out {method} ({code})"), repeat);
        }
        "channel_not_found" => format!(
            "Slack has no channel {subject} that the Signoff app can see: check its name in the rule; if it is private, \
             invite the app there (/invite @signoff) and name it by its id"
        ),
        "not_in_channel" => {
            format!("the Signoff app is not in {subject}: invite it there (/invite @signoff)")
        }
        "is_archived" => {
            format!("{subject} is archived: unarchive it in Slack, or name another channel in the rule")
        }
        "restricted_action"
        | "restricted_action_read_only_channel"
        | "restricted_action_thread_only_channel"
        | "restricted_action_non_threadable_channel"
        | "restricted_action_thread_locked" => {
            format!(
                "the workspace's settings keep the Signoff app from posting in {subject} ({code}): ask a Slack admin"
            )
        }
        "messages_tab_disabled" => {
            "the Signoff app may not write to people (messages_tab_disabled): update the app from \
             infra/slack/manifest.yaml, which turns its Messages tab on"
                .to_owned()
        }
        "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" => format!(
            "Slack does not take the bot token ({code}): install the Signoff app in the workspace and put its bot token \
             (xoxb-…) into SlackAppSecret"
        ),
        "invalid_client_id" | "bad_client_secret" | "invalid_client" => format!(
            "Slack does not take the app's client id and secret ({code}): put those of the app's Basic Information into \
             SlackAppSecret as client_id and client_secret"
        ),
        "bad_redirect_uri" => format!(
            "Slack does not send people back to this console ({code}): its address must be among the app's redirect URLs, as \
             infra/slack/manifest.yaml has it"
        ),
        "missing_scope" | "not_allowed_token_type" | "no_permission" => format!(
            "the Signoff app may not call {method} ({code}{}): update the app from infra/slack/manifest.yaml, install it \
             again, and put its new bot token into SlackAppSecret",
            needed.map(|scopes| format!(", it needs {}", quote(scopes))).unwrap_or_default()
        ),
        "access_denied"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "org_login_required"
        | "two_factor_setup_required" => {
            format!("the workspace's settings keep the Signoff app out ({code}): ask a Slack admin")
        }
        "message_not_found" => format!("the message in {subject} is gone: somebody deleted it in Slack"),
        "thread_not_found" => {
            format!("the thread in {subject} is gone: somebody deleted its message in Slack")
        }
        "cant_update_message" | "edit_window_closed" => {
            format!("Slack does not let the Signoff app change its message in {subject} any more ({code})")
        }
        "msg_too_long" | "msg_blocks_too_long" => {
            format!(
                "the message for {subject} is too long for Slack ({code}): shorten the prompt or message in the rule"
            )
        }
        "no_text" => format!("the message for {subject} is empty: check the prompt or message in the rule"),
        "invalid_blocks" | "invalid_blocks_format" => {
            format!(
                "Slack does not take the message for {subject} ({code}): shorten the prompt or message in the rule"
            )
        }
        "user_not_in_channel" => {
            format!("the person is not in {subject}, so that Slack shows them nothing there")
        }
        "users_not_found" | "user_not_found" | "user_not_visible" => {
            format!("Slack has no account for {subject} in this workspace: check the rule's approvers")
        }
        "no_such_subteam" | "subteam_not_found" => {
            format!("Slack has no {subject} in this workspace: check the rule's approvers")
        }
        "plan_upgrade_required" | "paid_teams_only" => {
            format!(
                "the workspace's Slack plan has no user groups ({code}): name people in the rule's approvers instead"
            )
        }
        other => format!(
            "Slack refused {method} for {subject} with `{}`: see https://docs.slack.dev/reference/methods/{method}",
            quote(other)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(status: u16, retry: Option<&str>, body: &str) -> Answer {
        let headers =
            retry.map(|value| (reqwest::header::RETRY_AFTER, value.parse().unwrap())).into_iter().collect();
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.as_bytes().to_vec() }
    }

    const POST: Call<'static> =
        Call { method: "chat.postMessage", subject: "#deploys", repeat: Repeat::MayDouble };
    const READ: Call<'static> = Call { method: "users.info", subject: "user U1", repeat: Repeat::Harmless };

    fn failure(call: Call<'_>, answer: &Answer) -> Failure {
        classify::<Value>(call, answer).expect_err("a failure").failure
    }

    #[test]
    fn each_error_code_says_what_to_do() {
        let codes = [
            "channel_not_found",
            "not_in_channel",
            "is_archived",
            "restricted_action",
            "invalid_auth",
            "token_revoked",
            "account_inactive",
            "missing_scope",
            "no_permission",
            "access_denied",
            "messages_tab_disabled",
            "message_not_found",
            "thread_not_found",
            "cant_update_message",
            "msg_too_long",
            "no_text",
            "invalid_blocks",
            "user_not_in_channel",
            "users_not_found",
            "no_such_subteam",
            "paid_teams_only",
            "expired_trigger_id",
            "exchanged_trigger_id",
            "invalid_trigger_id",
            "invalid_code",
            "bad_client_secret",
            "bad_redirect_uri",
            "ratelimited",
            "service_unavailable",
            "internal_error",
            "some_new_code",
        ];
        let told: Vec<String> = codes
            .iter()
            .map(|code| {
                let body = json!({"ok": false, "error": code, "needed": "chat:write"}).to_string();
                let failure = failure(POST, &answer(200, None, &body));
                let class = format!("{failure:?}");
                format!("{code}\n  {}: {failure}", class.split(['(', ' ']).next().unwrap())
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn status_codes_come_first() {
        let retryable = |message: &str, seconds: Option<u64>| Failure::Retryable {
            message: message.into(),
            retry_after: seconds.map(std::time::Duration::from_secs),
        };
        let slow = "Slack asks us to slow down (chat.postMessage)";
        let posting = "calling chat.postMessage (#deploys)";
        for (call, answer, expected) in [
            (POST, answer(429, Some("30"), "{}"), retryable(slow, Some(30))),
            (POST, answer(429, None, ""), retryable(slow, Some(60))),
            (
                POST,
                answer(503, Some("2"), "<html>"),
                retryable(&format!("Slack answered 503 while {posting}"), Some(2)),
            ),
            (POST, answer(502, None, ""), Failure::Unanswered(format!("Slack answered 502 while {posting}"))),
            (
                READ,
                answer(502, None, ""),
                retryable("Slack answered 502 while calling users.info (user U1)", None),
            ),
            (
                READ,
                answer(302, None, ""),
                Failure::Permanent("Slack answered 302 while calling users.info (user U1)".into()),
            ),
        ] {
            assert_eq!(failure(call, &answer), expected);
        }
    }

    #[test]
    fn unreadable_answer_leaves_the_post_unknown() {
        for body in ["<html>", "", "{}", r#"{"ok":"yes"}"#] {
            assert!(matches!(failure(POST, &answer(200, None, body)), Failure::Unanswered(_)), "{body}");
            assert!(matches!(failure(READ, &answer(200, None, body)), Failure::Retryable { .. }), "{body}");
        }
    }
}
