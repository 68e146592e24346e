//! The workspace: people, channels, user groups and messages.

use super::trigger::Triggers;
use super::views::View;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Text that people read in place of a deleted message that has replies.
pub const TOMBSTONE: &str = "This message was deleted.";

/// The whole workspace.
#[derive(Default, Serialize, Deserialize)]
pub struct Workspace {
    /// People by id.
    pub users: BTreeMap<String, User>,
    /// Channels by id.
    pub channels: BTreeMap<String, Channel>,
    /// User groups by id.
    pub groups: BTreeMap<String, Group>,
    /// Messages that only one person sees, oldest first.
    pub ephemerals: Vec<Ephemeral>,
    /// Clicks that went wrong, by person and message, until the next click of the same person there.
    #[serde(skip)]
    pub problems: BTreeMap<(String, String), String>,
    /// The forms that are open on somebody's screen, oldest first.
    #[serde(skip)]
    pub views: Vec<View>,
    /// Triggers that open a form.
    #[serde(skip)]
    pub triggers: Triggers,
    last_ts: i64,
    ids: u32,
}

/// A person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// `U…`.
    pub id: String,
    /// The workspace they belong to.
    pub team: String,
    /// The name that others see, `Ana Kovač`.
    pub name: String,
    /// The account's name, `ana.kovac`.
    pub username: String,
    /// Their e-mail address.
    pub email: String,
    /// True if the account was deactivated.
    pub deactivated: bool,
    /// True if they are a guest.
    pub guest: bool,
    /// True if it is an app's account.
    #[serde(default)]
    pub bot: bool,
    /// True if they are an admin of the workspace.
    #[serde(default)]
    pub admin: bool,
}

/// A channel, or a direct message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// `C…`, or `D…`.
    pub id: String,
    /// The name without `#`; empty for a direct message.
    pub name: String,
    /// True if only its members see it.
    pub private: bool,
    /// True if the app was added to it.
    pub app_is_member: bool,
    /// True if it was archived.
    pub archived: bool,
    /// The ids of its people; `None`: everyone.
    pub members: Option<Vec<String>>,
    /// The ids of those who left it.
    #[serde(default)]
    pub left: Vec<String>,
    /// Its messages with all replies, oldest first.
    pub messages: Vec<Message>,
    /// The person that the app writes to there, if it is a direct message.
    #[serde(default)]
    pub direct: Option<String>,
    /// The `ts` of deleted messages that have replies.
    #[serde(default)]
    pub tombstones: Vec<String>,
}

/// A user group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// `S…`.
    pub id: String,
    /// The handle without `@`.
    pub handle: String,
    /// The ids of its people.
    pub members: Vec<String>,
    /// True if it was disabled.
    pub disabled: bool,
}

/// A message of the app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id in the channel, `1700000000.000100`.
    pub ts: String,
    /// The text: what notifications show when there are blocks, else the message.
    pub text: String,
    /// The blocks, as Slack keeps them (with ids).
    pub blocks: Vec<Value>,
    /// The message that it replies to.
    pub thread_ts: Option<String>,
    /// Metadata that the app attached: `event_type` and `event_payload`.
    pub metadata: Option<Value>,
    /// Time at which it was last edited.
    pub edited_ts: Option<String>,
    /// The blocks that it had before, oldest first: what someone may still have on the screen.
    pub earlier: Vec<Vec<Value>>,
}

/// A message that only one person sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ephemeral {
    /// Member who sees it.
    pub user: String,
    /// The id of the channel where they see it.
    pub channel: String,
    /// The thread where they see it, if not in the channel itself.
    pub thread_ts: Option<String>,
    /// Time at which it came.
    pub ts: String,
    /// The text.
    pub text: String,
    /// The blocks.
    pub blocks: Vec<Value>,
}

impl Workspace {
    /// A new id that begins so: `U`, `C`, `D`, `S`.
    pub fn id(&mut self, kind: char) -> String {
        self.ids += 1;
        // Slack's ids are opaque upper-case letters and digits.
        format!("{kind}0LOCAL{:04}", self.ids)
    }

    /// A new `ts`: the time, but always later than the one before.
    pub fn ts(&mut self, now: Timestamp) -> String {
        self.last_ts = now.as_microsecond().max(self.last_ts + 1);
        format!("{}.{:06}", self.last_ts.div_euclid(1_000_000), self.last_ts.rem_euclid(1_000_000))
    }

    /// The channel of this id, or of this name with or without `#`.
    pub fn channel(&self, id_or_name: &str) -> Option<&Channel> {
        let name = id_or_name.strip_prefix('#').unwrap_or(id_or_name);
        let named = |channel: &&Channel| channel.direct.is_none() && channel.name == name;
        let by_name = || self.channels.values().find(named);
        self.channels.get(id_or_name).or_else(by_name)
    }

    /// The app's direct message with this person, if it was opened.
    pub fn direct(&self, user: &str) -> Option<&Channel> {
        self.channels.values().find(|channel| channel.direct.as_deref() == Some(user))
    }

    /// The person with this e-mail address, in any case.
    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.values().find(|user| user.email.eq_ignore_ascii_case(email))
    }
}

impl Channel {
    /// True if this person is in it.
    pub fn has(&self, user: &str) -> bool {
        let is = |id: &String| id == user;
        !self.left.iter().any(is) && self.members.as_ref().is_none_or(|members| members.iter().any(is))
    }

    /// The message of this `ts`.
    pub fn message(&self, ts: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.ts == ts)
    }

    /// The same, to change.
    pub fn message_mut(&mut self, ts: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.ts == ts)
    }

    /// True if a thread can be there: the message exists, or was deleted and has replies.
    pub fn has_thread(&self, ts: &str) -> bool {
        self.message(ts).is_some() || self.tombstones.iter().any(|tombstone| tombstone == ts)
    }

    /// Returns the JSON that Slack's methods and payloads have in place of a deleted message with replies.
    pub fn tombstone(&self, ts: &str) -> Value {
        let replies: Vec<&Message> = self.replies(ts).collect();
        json!({
            "type": "message",
            "subtype": "tombstone",
            "text": TOMBSTONE,
            "user": "USLACKBOT",
            "hidden": true,
            "ts": ts,
            "thread_ts": ts,
            "parent_user_id": "USLACKBOT",
            "reply_count": replies.len(),
            "latest_reply": replies.last().map(|reply| &reply.ts),
        })
    }

    /// The replies to a message, oldest first.
    pub fn replies<'c>(&'c self, ts: &'c str) -> impl Iterator<Item = &'c Message> {
        self.messages
            .iter()
            .filter(move |message| message.thread_ts.as_deref() == Some(ts) && message.ts != ts)
    }
}

/// Identity of the app in the workspace.
pub struct App {
    /// `A…`.
    pub id: String,
    /// `B…`.
    pub bot_id: String,
    /// `U…`: the app as a member.
    pub user_id: String,
    /// Its name.
    pub name: String,
    /// `T…`: the workspace.
    pub team_id: String,
    /// The first part of the workspace's address.
    pub team_domain: String,
}

impl Message {
    /// The message as Slack's methods and payloads have it.
    pub fn json(&self, app: &App, channel: &Channel, with_metadata: bool) -> Value {
        let mut map = Map::new();
        let mut set = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        set("type", json!("message"));
        set("user", json!(app.user_id));
        set("bot_id", json!(app.bot_id));
        set("app_id", json!(app.id));
        set("team", json!(app.team_id));
        set("ts", json!(self.ts));
        set("text", json!(self.text));
        if !self.blocks.is_empty() {
            set("blocks", json!(self.blocks));
        }
        if let Some(ts) = &self.edited_ts {
            set("edited", json!({"user": app.user_id, "ts": ts}));
        }
        if let (true, Some(metadata)) = (with_metadata, &self.metadata) {
            set("metadata", metadata.clone());
        }
        let replies: Vec<&Message> = channel.replies(&self.ts).collect();
        if let Some(thread) = &self.thread_ts {
            set("thread_ts", json!(thread));
            set("parent_user_id", json!(app.user_id));
        } else if let Some(latest) = replies.last() {
            set("thread_ts", json!(self.ts));
            set("reply_count", json!(replies.len()));
            set("reply_users_count", json!(1));
            set("reply_users", json!([app.user_id]));
            set("latest_reply", json!(latest.ts));
        }
        Value::Object(map)
    }

    /// Every button and overflow menu, with the id of its block.
    pub fn elements(blocks: &[Value]) -> Vec<(&str, &Value)> {
        let mut found = Vec::new();
        for block in blocks {
            let block_id = block.get("block_id").and_then(Value::as_str).unwrap_or_default();
            let elements = block.get("elements").and_then(Value::as_array).into_iter().flatten();
            for element in elements.chain(block.get("accessory")) {
                if matches!(element.get("type").and_then(Value::as_str), Some("button" | "overflow")) {
                    found.push((block_id, element));
                }
            }
        }
        found
    }
}
