//! Values of the stack's secrets that fit the stand-ins, by the secrets' logical ids. `cargo run` and the
//! tests deploy with them. A test holds their keys to the functions' own table.

use crate::{circleci, github, jira, linear, slack};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Returns the secrets of a stack whose `webhook` actions are signed with keys that are derived from
/// `signing_key`.
pub fn of_stand_ins(signing_key: &str) -> BTreeMap<String, Value> {
    let (slack, github) = (slack::Settings::default(), github::Settings::default());
    let (jira, linear) = (jira::Settings::default(), linear::Settings::default());
    let circleci = circleci::Settings::default();
    [
        ("SlackSigningSecret", json!({"signing_secret": slack.signing_secret})),
        (
            "SlackAppSecret",
            json!({
                "bot_token": slack.bot_token,
                "client_id": slack.client_id,
                "client_secret": slack.client_secret,
            }),
        ),
        ("InboundSecret", json!({"github_webhook_secret": github.webhook_secret})),
        (
            "ReadSecret",
            json!({
                "github_token": github.token,
                "jira_email": jira.email,
                "jira_token": jira.token,
                "linear_key": linear.key,
                "webhook_signing_key": signing_key,
            }),
        ),
        (
            "WriteSecret",
            json!({
                "github_token": github.write_token,
                "circleci_token": circleci.token,
                "jira_email": jira.write_email,
                "jira_token": jira.write_token,
                "linear_key": linear.write_key,
                "webhook_headers": {},
            }),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
