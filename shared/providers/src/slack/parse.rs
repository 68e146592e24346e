//! Interaction payloads: what arrives when somebody clicks a button.

use super::wire;
use crate::failure::quote;
use crate::form;

/// The largest interaction body that is read. Slack's own are a few kilobytes.
const MAX_BODY: usize = 1024 * 1024;

/// What somebody did in Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// They clicked a button of a message.
    Click(Click),
    /// Something that Signoff doesn't act on: answer 200 and do nothing.
    Ignored {
        /// The payload's type, as Slack names it.
        kind: String,
    },
}

/// A click on a button of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// Who clicked.
    pub user: ClickUser,
    /// The workspace that the message is in.
    pub team_id: String,
    /// The channel that the message is in.
    pub channel_id: String,
    /// The message's timestamp, which is its id within the channel.
    pub message_ts: String,
    /// The button's `action_id`.
    pub action_id: String,
    /// The button's `value`.
    pub value: String,
    /// When they clicked, as Slack writes it: unique per click.
    pub action_ts: String,
}

/// Who clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickUser {
    /// Their id.
    pub id: String,
    /// Their handle; their id where Slack doesn't say.
    pub name: String,
    /// Their own workspace, which is another one than the message's for a stranger from Slack Connect.
    pub team_id: String,
}

/// Why an interaction body can't be read. All of these are answered 400, or 413 for [`ParseError::TooLarge`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Over 1 MB.
    #[error("the body is larger than 1 MB")]
    TooLarge,
    /// Not UTF-8 after decoding the form.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// No form field `payload`.
    #[error("the body has no form field `payload`")]
    NoPayload,
    /// Not JSON, nested too deeply, or not of the documented shape.
    #[error("`payload` can't be read: {0}")]
    Payload(String),
    /// A click that lacks something.
    #[error("the click has no `{0}`")]
    Missing(&'static str),
}

/// Reads the body of an interaction request (`payload=<JSON>`, form-encoded), whose signature was checked before.
/// See <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>.
///
/// # Errors
///
/// What can't be read, by name.
pub fn interaction(body: &[u8]) -> Result<Interaction, ParseError> {
    if body.len() > MAX_BODY {
        return Err(ParseError::TooLarge);
    }
    let fields = form::fields(body).map_err(|_| ParseError::NotUtf8)?;
    let (_, payload) = fields.into_iter().find(|(name, _)| name == "payload").ok_or(ParseError::NoPayload)?;
    let kind: wire::PayloadKind = read(&payload)?;
    if kind.r#type == "block_actions" {
        click(read(&payload)?)
    } else {
        Ok(Interaction::Ignored { kind: kind.r#type })
    }
}

fn read<'a, T: serde::Deserialize<'a>>(payload: &'a str) -> Result<T, ParseError> {
    serde_json::from_str(payload).map_err(|error| ParseError::Payload(quote(&error.to_string())))
}

/// A `block_actions` payload as a click; those from modals and home tabs, which Signoff has none of, are ignored.
fn click(payload: wire::BlockActions) -> Result<Interaction, ParseError> {
    let container = payload.container.unwrap_or_default();
    if payload.channel.is_none() && container.channel_id.is_none() {
        return Ok(Interaction::Ignored { kind: format!("block_actions in a {}", container.r#type) });
    }
    let action = payload.actions.into_iter().next().ok_or(ParseError::Missing("actions[0]"))?;
    let team_id = payload.team.map(|team| team.id).or_else(|| payload.user.team_id.clone());
    let team_id = team_id.ok_or(ParseError::Missing("team.id"))?;
    let channel_id = payload.channel.map(|channel| channel.id).or(container.channel_id);
    let message_ts = container.message_ts.or_else(|| payload.message.map(|message| message.ts));
    Ok(Interaction::Click(Click {
        user: ClickUser {
            name: payload.user.username.or(payload.user.name).unwrap_or_else(|| payload.user.id.clone()),
            team_id: payload.user.team_id.unwrap_or_else(|| team_id.clone()),
            id: payload.user.id,
        },
        team_id,
        channel_id: channel_id.ok_or(ParseError::Missing("channel.id"))?,
        message_ts: message_ts.ok_or(ParseError::Missing("container.message_ts"))?,
        action_id: action.action_id,
        value: action.value.ok_or(ParseError::Missing("actions[0].value"))?,
        action_ts: action.action_ts.ok_or(ParseError::Missing("actions[0].action_ts"))?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn form(payload: &str) -> Vec<u8> {
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", payload).finish().into_bytes()
    }

    fn payload() -> Value {
        json!({
            "type": "block_actions",
            "user": {"id": "U1", "username": "ana", "name": "ana", "team_id": "T1"},
            "api_app_id": "A1", "token": "x",
            "container": {"type": "message", "message_ts": "1620733200.000100", "channel_id": "C1", "is_ephemeral": false},
            "trigger_id": "12466734323.1395872398", "team": {"id": "T1", "domain": "acme"}, "enterprise": null,
            "channel": {"id": "C1", "name": "deploys"}, "message": {"type": "message", "ts": "1620733200.000100"},
            "response_url": "https://hooks.slack.com/actions/T1/1/x",
            "actions": [{"action_id": "approve", "block_id": "votes", "text": {"type": "plain_text", "text": "Approve"},
                "value": "d1 a1", "style": "primary", "type": "button", "action_ts": "1620733320.500600"}]
        })
    }

    fn parsed(payload: &Value) -> Result<Interaction, ParseError> {
        interaction(&form(&payload.to_string()))
    }

    #[test]
    fn a_click_is_read() {
        let expected = Click {
            user: ClickUser { id: "U1".into(), name: "ana".into(), team_id: "T1".into() },
            team_id: "T1".into(),
            channel_id: "C1".into(),
            message_ts: "1620733200.000100".into(),
            action_id: "approve".into(),
            value: "d1 a1".into(),
            action_ts: "1620733320.500600".into(),
        };
        assert_eq!(parsed(&payload()), Ok(Interaction::Click(expected)));
    }

    #[test]
    fn a_stranger_keeps_their_own_workspace() {
        let mut payload = payload();
        payload["user"]["team_id"] = json!("T9");
        let Ok(Interaction::Click(click)) = parsed(&payload) else { panic!("a click") };
        assert_eq!((click.team_id.as_str(), click.user.team_id.as_str()), ("T1", "T9"));
    }

    #[test]
    fn other_payloads_are_ignored_by_name() {
        for (payload, expected) in [
            (json!({"type": "view_submission", "view": {}}), "view_submission"),
            (json!({"type": "shortcut"}), "shortcut"),
            (
                json!({"type": "block_actions", "user": {"id": "U1"}, "container": {"type": "view"}, "actions": []}),
                "block_actions in a view",
            ),
        ] {
            assert_eq!(parsed(&payload), Ok(Interaction::Ignored { kind: expected.into() }));
        }
    }

    #[test]
    fn nobody_votes_without_an_id() {
        let mut payload = payload();
        payload["user"]["id"] = json!("");
        let error = parsed(&payload).expect_err("an error");
        assert!(error.to_string().contains("an id"), "{error}");
    }

    #[test]
    fn what_is_told_is_short_however_long_the_payload() {
        let mut payload = payload();
        payload["user"] = json!("x".repeat(MAX_BODY - 5000));
        assert!(parsed(&payload).expect_err("an error").to_string().len() < 500);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let without = |pointer: &str, key: &str| {
            let mut payload = payload();
            payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
            form(&payload.to_string())
        };
        let nested = form(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
        let nested_value =
            form(&format!(r#"{{"type":"block_actions","user":{}1{}}}"#, "[".repeat(500), "]".repeat(500)));
        let large = vec![b'a'; MAX_BODY + 1];
        let bodies: Vec<(&str, Vec<u8>)> = vec![
            ("empty", vec![]),
            ("large", large),
            ("no payload", b"token=x".to_vec()),
            ("not utf-8", b"payload=%ff%fe".to_vec()),
            ("raw not utf-8", b"payload=\xff".to_vec()),
            ("not JSON", form("{")),
            ("a string", form("\"x\"")),
            ("no type", form("{}")),
            ("nested", nested),
            ("nested value", nested_value),
            ("no user", without("", "user")),
            ("no value", without("/actions/0", "value")),
            ("no action_id", without("/actions/0", "action_id")),
        ];
        let told: Vec<String> = bodies
            .iter()
            .map(|(name, body)| match interaction(body) {
                Err(error) => format!("{name}: {error}"),
                Ok(parsed) => panic!("{name}: {parsed:?}"),
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
