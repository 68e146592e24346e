//! Interaction payloads: what arrives when somebody clicks a button or submits a form.

use super::wire;
use crate::failure::quote;
use crate::form;
use serde_json::Value;
use std::collections::BTreeMap;

/// The largest body that is read, of an interaction or an event. Slack's own are a few kilobytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// Something that somebody did in Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// They clicked a button of a message, or chose from its menu.
    Click(Click),
    /// They submitted a form (a modal).
    Submission(Submission),
    /// Something that Signoff doesn't act on: answer 200 and do nothing.
    Ignored {
        /// The payload's type, as Slack names it.
        kind: String,
    },
}

/// A click on a button of a message, or on an option of its overflow menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// Member who clicked.
    pub user: ClickUser,
    /// The workspace that the message is in.
    pub team_id: String,
    /// The channel that the message is in.
    pub channel_id: String,
    /// The message's timestamp, which is its id within the channel.
    pub message_ts: String,
    /// The button's or the menu's `action_id`.
    pub action_id: String,
    /// The button's `value`, or that of the option that was chosen.
    pub value: String,
    /// Time of the click, as Slack writes it: unique per click.
    pub action_ts: String,
    /// Id that opens a form for this person, once and within 3 seconds; empty if Slack gave none.
    pub trigger_id: String,
}

/// A form that was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Member who submitted it.
    pub user: ClickUser,
    /// The workspace that it was submitted in.
    pub team_id: String,
    /// The form's id: unique per form that was opened.
    pub view_id: String,
    /// The `callback_id` that it was opened with.
    pub callback_id: String,
    /// The `private_metadata` that it was opened with: nobody but the app can have set it.
    pub private_metadata: String,
    /// Texts entered into the inputs, by their `action_id`; empty for an empty input.
    pub values: BTreeMap<String, String>,
}

/// Person who clicked or submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickUser {
    /// Their id.
    pub id: String,
    /// Their handle; their id where Slack doesn't say.
    pub name: String,
    /// Their own workspace, which is another one than the message's for a stranger from Slack Connect.
    pub team_id: String,
}

/// Reason why the body of an interaction or an event can't be read. All of these are answered 400, or 413 for
/// [`ParseError::TooLarge`].
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
    /// The same, of an event: there the whole body is JSON.
    #[error("the body can't be read: {0}")]
    Body(String),
    /// It lacks something.
    #[error("the payload has no `{0}`")]
    Missing(&'static str),
}

/// Reads the body of an interaction request (`payload=<JSON>`, form-encoded), whose signature was checked
/// before. See <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload> and
/// <https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload>.
///
/// # Errors
///
/// What can't be read, by name.
pub fn interaction(body: &[u8]) -> Result<Interaction, ParseError> {
    if body.len() > MAX_BODY {
        return Err(ParseError::TooLarge);
    }
    let fields = form::fields(body).map_err(|_| ParseError::NotUtf8)?;
    if fields.iter().any(|(name, value)| name == "ssl_check" && value == "1") {
        return Ok(Interaction::Ignored { kind: "ssl_check".to_owned() });
    }
    let (_, payload) = fields.into_iter().find(|(name, _)| name == "payload").ok_or(ParseError::NoPayload)?;
    let kind: wire::PayloadKind = read(&payload)?;
    match kind.r#type.as_str() {
        "block_actions" => click(read(&payload)?),
        "view_submission" => submission(read(&payload)?),
        _ => Ok(Interaction::Ignored { kind: kind.r#type }),
    }
}

fn read<'a, T: serde::Deserialize<'a>>(payload: &'a str) -> Result<T, ParseError> {
    serde_json::from_str(payload).map_err(|error| ParseError::Payload(quote(&error.to_string())))
}

/// A `block_actions` payload as a click; those from forms and home tabs, where Signoff has no buttons, are
/// ignored.
fn click(payload: wire::BlockActions) -> Result<Interaction, ParseError> {
    let container = payload.container.unwrap_or_default();
    if payload.channel.is_none() && container.channel_id.is_none() {
        return Ok(Interaction::Ignored { kind: format!("block_actions in a {}", container.r#type) });
    }
    let action = payload.actions.into_iter().next().ok_or(ParseError::Missing("actions[0]"))?;
    let team_id = acted_in(payload.team, &payload.user, payload.enterprise)?;
    let channel_id = payload.channel.map(|channel| channel.id).or(container.channel_id);
    let message_ts = container.message_ts.or_else(|| payload.message.map(|message| message.ts));
    let value = action.value.or_else(|| action.selected_option.map(|option| option.value));
    Ok(Interaction::Click(Click {
        user: user(payload.user, &team_id),
        team_id,
        channel_id: channel_id.ok_or(ParseError::Missing("channel.id"))?,
        message_ts: message_ts.ok_or(ParseError::Missing("container.message_ts"))?,
        action_id: action.action_id,
        value: value.ok_or(ParseError::Missing("actions[0].value"))?,
        action_ts: action.action_ts.ok_or(ParseError::Missing("actions[0].action_ts"))?,
        trigger_id: payload.trigger_id.unwrap_or_default(),
    }))
}

/// A `view_submission` payload.
fn submission(payload: wire::ViewSubmission) -> Result<Interaction, ParseError> {
    let team_id = acted_in(payload.team, &payload.user, payload.enterprise)?;
    Ok(Interaction::Submission(Submission {
        user: user(payload.user, &team_id),
        team_id,
        view_id: payload.view.id,
        callback_id: payload.view.callback_id.unwrap_or_default(),
        private_metadata: payload.view.private_metadata.unwrap_or_default(),
        values: payload.view.state.map(|state| texts(&state.values)).unwrap_or_default(),
    }))
}

/// The workspace that a person acted in. Where the app is installed for a whole organization, Slack may name
/// none: then it is the person's own, or the organization.
fn acted_in(
    team: Option<wire::Id>,
    user: &wire::PayloadUser,
    enterprise: Option<wire::Id>,
) -> Result<String, ParseError> {
    let team = team.map(|team| team.id).or_else(|| user.team_id.clone());
    team.or_else(|| enterprise.map(|enterprise| enterprise.id)).ok_or(ParseError::Missing("team.id"))
}

/// Returns the texts entered into a form, from its blocks' states: `{block_id: {action_id: {type, value}}}`.
fn texts(values: &Value) -> BTreeMap<String, String> {
    let blocks = values.as_object().into_iter().flatten();
    let inputs = blocks.filter_map(|(_, block)| block.as_object()).flatten();
    let texts = inputs.filter(|(_, input)| input["type"] == "plain_text_input");
    texts
        .map(|(action_id, input)| (action_id.clone(), input["value"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// Returns the person who acted. Slack omits a person's own workspace if it is the one that they act in.
fn user(user: wire::PayloadUser, team_id: &str) -> ClickUser {
    ClickUser {
        name: user.username.or(user.name).unwrap_or_else(|| user.id.clone()),
        team_id: user.team_id.unwrap_or_else(|| team_id.to_owned()),
        id: user.id,
    }
}

#[cfg(test)]
mod tests;
