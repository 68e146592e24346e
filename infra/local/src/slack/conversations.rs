//! `conversations.*`: <https://docs.slack.dev/reference/methods?family=conversations>

use super::Shared;
use super::api::{Arguments, Failure, Outcome};
use super::state::{Channel, Message, Workspace};
use crate::stand_in::locked;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A channel by id (these methods take no names) that the app may read.
fn readable<'w>(workspace: &'w Workspace, id: &str) -> Result<&'w Channel, Failure> {
    let channel = workspace.channels.get(id).ok_or("channel_not_found")?;
    match (channel.app_is_member, channel.private) {
        (true, _) => Ok(channel),
        (false, true) => Err("channel_not_found".into()),
        (false, false) => Err("not_in_channel".into()),
    }
}

/// `conversations.history`: messages that are no replies, newest first.
pub fn history(shared: &Shared, arguments: &Arguments) -> Outcome {
    let workspace = locked(&shared.state);
    let channel = readable(&workspace, &arguments.required("channel")?)?;
    let range = Range::of(arguments, 100, 999)?;
    let fitting = channel.messages.iter();
    let fitting = fitting.filter(|message| message.thread_ts.is_none() && range.has(&message.ts));
    let with_metadata = arguments.flag("include_all_metadata");
    let standing =
        fitting.map(|message| (&message.ts, message.json(&shared.own.app, channel, with_metadata)));
    let tombstones = channel.tombstones.iter().filter(|ts| range.has(ts));
    let mut all: Vec<_> = standing.chain(tombstones.map(|ts| (ts, channel.tombstone(ts)))).collect();
    all.sort_by(|(one, _), (other, _)| other.cmp(one));
    let all = all.into_iter().map(|(_, message)| message).collect();
    let (messages, has_more, metadata) = range.page(all);
    Ok(json!({"messages": messages, "has_more": has_more, "response_metadata": metadata}))
}

/// `conversations.replies`: the message and the replies to it, oldest first. The message itself comes
/// whatever the range.
pub fn replies(shared: &Shared, arguments: &Arguments) -> Outcome {
    let workspace = locked(&shared.state);
    let channel = readable(&workspace, &arguments.required("channel")?)?;
    let ts = arguments.required("ts")?;
    let range = Range::of(arguments, 1000, 1000)?;
    let with_metadata = arguments.flag("include_all_metadata");
    let json = |message: &Message| message.json(&shared.own.app, channel, with_metadata);
    let mut all = vec![match channel.message(&ts) {
        Some(message) => json(message),
        None if channel.has_thread(&ts) => channel.tombstone(&ts),
        None => return Err("thread_not_found".into()),
    }];
    all.extend(channel.replies(&ts).filter(|reply| range.has(&reply.ts)).map(json));
    let (messages, has_more, metadata) = range.page(all);
    Ok(json!({"messages": messages, "has_more": has_more, "response_metadata": metadata}))
}

/// `conversations.open`: the app's direct message with one person.
pub fn open(shared: &Shared, arguments: &Arguments) -> Outcome {
    let user = arguments.text("users").ok_or("users_list_not_supplied")?;
    let mut workspace = locked(&shared.state);
    let account = workspace.users.get(&user).ok_or("user_not_found")?;
    if account.deactivated {
        return Err("user_disabled".into());
    }
    if let Some(open) = workspace.direct(&user) {
        return Ok(json!({"no_op": true, "already_open": true, "channel": {"id": open.id}}));
    }
    let id = workspace.id('D');
    let direct = Channel {
        id: id.clone(),
        name: String::new(),
        private: true,
        app_is_member: true,
        archived: false,
        members: Some(vec![user.clone()]),
        left: Vec::new(),
        direct: Some(user),
        messages: Vec::new(),
        tombstones: Vec::new(),
    };
    workspace.channels.insert(id.clone(), direct);
    Ok(json!({"channel": {"id": id}}))
}

/// `conversations.list`: the channels that the app can see, which are the public ones and those it is in.
pub fn list(shared: &Shared, arguments: &Arguments) -> Outcome {
    let types = arguments.text("types").unwrap_or_else(|| "public_channel".to_owned());
    let types: Vec<&str> = types.split(',').map(str::trim).collect();
    if !types.iter().all(|kind| ["public_channel", "private_channel", "mpim", "im"].contains(kind)) {
        return Err("invalid_types".into());
    }
    let range = Range::of(arguments, 100, 1000)?;
    let workspace = locked(&shared.state);
    let seen = workspace.channels.values().filter(|channel| {
        let kind = match (&channel.direct, channel.private) {
            (Some(_), _) => "im",
            (None, true) => "private_channel",
            (None, false) => "public_channel",
        };
        let hidden = (channel.private && !channel.app_is_member)
            || (channel.archived && arguments.flag("exclude_archived"));
        types.contains(&kind) && !hidden
    });
    let all = seen.map(|channel| match &channel.direct {
        Some(user) => json!({"id": channel.id, "is_im": true, "user": user, "is_archived": false}),
        None => json!({
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": !channel.private,
            "is_group": channel.private,
            "is_im": false,
            "is_mpim": false,
            "is_private": channel.private,
            "is_archived": channel.archived,
            "is_member": channel.app_is_member,
            "context_team_id": shared.own.app.team_id,
        }),
    });
    let (channels, _, metadata) = range.page(all.collect());
    Ok(json!({"channels": channels, "response_metadata": metadata}))
}

/// `conversations.members`: who is in a public channel, or in one that the app is in; the app itself too.
pub fn members(shared: &Shared, arguments: &Arguments) -> Outcome {
    let workspace = locked(&shared.state);
    let channel = workspace.channels.get(&arguments.required("channel")?).ok_or("channel_not_found")?;
    if channel.private && !channel.app_is_member {
        return Err("channel_not_found".into());
    }
    let range = Range::of(arguments, 100, 999)?;
    let people = workspace.users.values().filter(|user| !user.deactivated && channel.has(&user.id));
    let app = channel.app_is_member.then_some(&shared.own.app.user_id);
    let all = people.map(|user| &user.id).chain(app).map(|id| json!(id)).collect();
    let (members, _, metadata) = range.page(all);
    Ok(json!({"members": members, "response_metadata": metadata}))
}

/// Messages that a request asks for, and the page of them.
struct Range {
    oldest: Option<String>,
    latest: Option<String>,
    inclusive: bool,
    limit: usize,
    skip: usize,
}

impl Range {
    fn of(arguments: &Arguments, usual: usize, most: usize) -> Result<Self, Failure> {
        let limit = match arguments.text("limit") {
            None => usual,
            Some(text) => {
                text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or("invalid_limit")?
            }
        };
        let time = |name: &str, error: &'static str| match arguments.text(name) {
            Some(text) if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
                Err(Failure::from(error))
            }
            other => Ok(other.map(|text| normal(&text))),
        };
        let skip = match arguments.text("cursor") {
            None => 0,
            Some(cursor) => cursor_position(&cursor).ok_or("invalid_cursor")?,
        };
        Ok(Self {
            oldest: time("oldest", "invalid_ts_oldest")?,
            latest: time("latest", "invalid_ts_latest")?,
            inclusive: arguments.flag("inclusive"),
            limit,
            skip,
        })
    }

    fn has(&self, ts: &str) -> bool {
        let ts = normal(ts);
        let after =
            self.oldest.as_ref().is_none_or(|oldest| ts > *oldest || (self.inclusive && ts == *oldest));
        let before =
            self.latest.as_ref().is_none_or(|latest| ts < *latest || (self.inclusive && ts == *latest));
        after && before
    }

    /// The items of the page, whether there are more, and the metadata that says where the next page begins.
    fn page(&self, all: Vec<Value>) -> (Vec<Value>, bool, Value) {
        let end = self.skip + self.limit;
        let has_more = all.len() > end;
        let items = all.into_iter().skip(self.skip).take(self.limit).collect();
        let cursor = if has_more { STANDARD.encode(format!("next_ts:{end}")) } else { String::new() };
        (items, has_more, json!({"next_cursor": cursor}))
    }
}

fn cursor_position(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("next_ts:")?.parse().ok()
}

/// A time in a form that sorts as text: `1700000000` and `1700000000.1` have six decimals too.
fn normal(ts: &str) -> String {
    let (seconds, micros) = ts.split_once('.').unwrap_or((ts, ""));
    format!("{seconds:0>12}.{micros:0<6}")
}
