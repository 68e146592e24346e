//! Requests and answers of Slack, as <https://docs.slack.dev> documents them: only the fields that we use.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The `event_type` of the metadata on every message that Signoff posts.
pub(crate) const EVENT_TYPE: &str = "signoff_effect";

/// A text that is not empty, for what somebody is known by.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.is_empty() { Err(Error::invalid_value(Unexpected::Str(""), &"an id")) } else { Ok(id) }
}

/// Any interaction payload.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct PayloadKind {
    pub r#type: String,
}

/// A `block_actions` payload.
#[derive(Deserialize)]
pub(crate) struct BlockActions {
    pub user: PayloadUser,
    pub team: Option<Id>,
    pub enterprise: Option<Id>,
    pub channel: Option<Id>,
    pub container: Option<Container>,
    pub message: Option<Ts>,
    pub trigger_id: Option<String>,
    #[serde(default)]
    pub actions: Vec<PayloadAction>,
}

/// A `view_submission` payload.
#[derive(Deserialize)]
pub(crate) struct ViewSubmission {
    pub user: PayloadUser,
    pub team: Option<Id>,
    pub enterprise: Option<Id>,
    pub view: SubmittedView,
}

/// The `view` of a submission.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct SubmittedView {
    pub id: String,
    pub callback_id: Option<String>,
    pub private_metadata: Option<String>,
    pub state: Option<ViewState>,
}

/// Entered values: an object of blocks, or an empty array if there is nothing to enter.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct ViewState {
    #[serde(default)]
    pub values: Value,
}

/// The `user` of a payload.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct PayloadUser {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub username: Option<String>,
    pub name: Option<String>,
    pub team_id: Option<String>,
}

/// Anything with an id.
#[derive(Deserialize)]
pub(crate) struct Id {
    pub id: String,
}

/// The subtype of what stands in place of a deleted message that has replies.
pub(crate) const TOMBSTONE: &str = "tombstone";

/// Anything with a timestamp.
#[derive(Deserialize)]
pub(crate) struct Ts {
    pub ts: String,
}

/// Place of a button.
#[derive(Default, Deserialize)]
pub(crate) struct Container {
    #[serde(default)]
    pub r#type: String,
    pub message_ts: Option<String>,
    pub channel_id: Option<String>,
}

/// One of a payload's `actions`.
#[derive(Deserialize)]
pub(crate) struct PayloadAction {
    pub action_id: String,
    pub value: Option<String>,
    pub selected_option: Option<SelectedOption>,
    pub action_ts: Option<String>,
}

/// Option that was chosen from a menu.
#[derive(Deserialize)]
pub(crate) struct SelectedOption {
    pub value: String,
}

/// Any body of the Events API.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct EventKind {
    pub r#type: String,
    pub event: Option<InnerKind>,
}

/// Type of the event inside.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(crate) struct InnerKind {
    pub r#type: String,
    pub subtype: Option<String>,
}

/// `url_verification`.
#[derive(Deserialize)]
pub(crate) struct UrlVerification {
    pub challenge: String,
}

/// An `event_callback` about an event `T`.
#[derive(Deserialize)]
pub(crate) struct EventCallback<T> {
    pub team_id: Option<String>,
    pub enterprise_id: Option<String>,
    pub event: T,
}

/// `message` with the subtype `message_deleted`.
#[derive(Deserialize)]
pub(crate) struct MessageDeleted {
    pub channel: String,
    pub deleted_ts: String,
}

/// `reaction_added` or `reaction_removed`.
#[derive(Deserialize)]
pub(crate) struct Reaction {
    pub user: String,
    pub reaction: String,
    pub item: ReactedTo,
    pub event_ts: String,
}

/// Target of a reaction; only a message has a channel and a `ts`.
#[derive(Deserialize)]
pub(crate) struct ReactedTo {
    pub channel: Option<String>,
    pub ts: Option<String>,
}

/// `message` with the subtype `message_changed`.
#[derive(Deserialize)]
pub(crate) struct MessageChanged {
    pub channel: String,
    pub message: ChangedMessage,
}

/// The message as it is now.
#[derive(Deserialize)]
pub(crate) struct ChangedMessage {
    pub ts: String,
    pub subtype: Option<String>,
}

/// Fields that every method's answer has.
#[derive(Deserialize)]
pub(crate) struct Outcome {
    pub ok: bool,
    pub error: Option<String>,
    /// With `missing_scope`: the scopes that would do.
    pub needed: Option<String>,
}

/// `chat.postMessage`, `chat.update` and `chat.postEphemeral`, asked.
#[derive(Serialize)]
pub(crate) struct Message<'a> {
    pub channel: &'a str,
    pub text: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub blocks: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// A deploy's links are in the message already: their previews would push the buttons off the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfurl_links: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfurl_media: Option<bool>,
}

/// `conversations.open`, asked.
#[derive(Serialize)]
pub(crate) struct Open<'a> {
    pub users: &'a str,
}

/// `conversations.open`, answered.
#[derive(Deserialize)]
pub(crate) struct Opened {
    pub channel: Id,
}

/// `views.open`, asked.
#[derive(Serialize)]
pub(crate) struct OpenView<'a> {
    pub trigger_id: &'a str,
    pub view: &'a Value,
}

/// A message's metadata: ours has `{"key"}` as its payload, other apps' can have anything.
#[derive(Serialize, Deserialize)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub event_type: String,
    #[serde(default)]
    pub event_payload: Value,
}

/// `chat.postMessage`, answered.
#[derive(Deserialize)]
pub(crate) struct Posted {
    pub channel: String,
    pub ts: String,
}

/// `conversations.history` and `conversations.replies`, answered.
#[derive(Deserialize)]
pub(crate) struct History {
    #[serde(default)]
    pub messages: Vec<HistoryMessage>,
    #[serde(default)]
    pub response_metadata: Cursor,
}

/// A message of a channel's history.
#[derive(Deserialize)]
pub(crate) struct HistoryMessage {
    pub ts: String,
    pub subtype: Option<String>,
    pub metadata: Option<Metadata>,
}

/// Cursor of the next page; empty on the last one.
#[derive(Default, Deserialize)]
pub(crate) struct Cursor {
    #[serde(default)]
    pub next_cursor: String,
}

/// `conversations.list`, answered.
#[derive(Deserialize)]
pub(crate) struct Channels {
    pub channels: Vec<Channel>,
    #[serde(default)]
    pub response_metadata: Cursor,
}

/// One of the channels.
#[derive(Deserialize)]
pub(crate) struct Channel {
    pub id: String,
    #[serde(default)]
    pub name: String,
}

/// `conversations.members`, answered.
#[derive(Deserialize)]
pub(crate) struct Members {
    pub members: Vec<String>,
    #[serde(default)]
    pub response_metadata: Cursor,
}

/// `users.lookupByEmail` and `users.info`, answered.
#[derive(Deserialize)]
pub(crate) struct UserAnswer {
    pub user: User,
}

/// A person's account.
#[derive(Deserialize)]
pub(crate) struct User {
    pub id: String,
    pub team_id: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub deleted: bool,
    #[serde(default)]
    pub is_restricted: bool,
    #[serde(default)]
    pub is_ultra_restricted: bool,
    #[serde(default)]
    pub is_stranger: bool,
    #[serde(default)]
    pub is_bot: bool,
    #[serde(default)]
    pub is_admin: bool,
    #[serde(default)]
    pub is_owner: bool,
    #[serde(default)]
    pub profile: UserProfile,
}

/// A person's own profile.
#[derive(Default, Deserialize)]
pub(crate) struct UserProfile {
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub real_name: String,
    pub email: Option<String>,
}

/// `usergroups.list`, answered.
#[derive(Default, Deserialize)]
pub(crate) struct Usergroups {
    pub usergroups: Vec<Usergroup>,
}

/// One of the user groups.
#[derive(Deserialize)]
pub(crate) struct Usergroup {
    pub id: String,
    #[serde(default)]
    pub handle: String,
}

/// `usergroups.users.list`, answered.
#[derive(Deserialize)]
pub(crate) struct UsergroupUsers {
    pub users: Vec<String>,
}

/// `chat.getPermalink`, answered.
#[derive(Deserialize)]
pub(crate) struct Permalink {
    pub permalink: String,
}

/// `auth.test`, answered.
#[derive(Deserialize)]
pub(crate) struct Identity {
    pub team_id: String,
}

/// `openid.connect.token`, answered.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub id_token: String,
}

/// Claims of an id token.
#[derive(Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub nonce: Option<String>,
    #[serde(rename = "https://slack.com/team_id", deserialize_with = "id")]
    pub team_id: String,
    #[serde(rename = "https://slack.com/user_id", deserialize_with = "id")]
    pub user_id: String,
}
