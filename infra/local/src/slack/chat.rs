//! `chat.*`: <https://docs.slack.dev/reference/methods?family=chat>

use super::api::{Arguments, Failure, Outcome};
use super::blocks;
use super::state::{Channel, Ephemeral, Message, Workspace};
use super::{Shared, permalink};
use crate::stand_in::locked;
use serde_json::{Value, json};

/// The longest text of a message.
const LONGEST_TEXT: usize = 40_000;

/// The channel that the app may write to, by id or (where a method takes one) by name.
///
/// # Errors
/// `channel_not_found` for what the app cannot see, `not_in_channel` for a public channel that it is not in,
/// `is_archived`.
fn writable<'w>(workspace: &'w Workspace, channel: &str, names: bool) -> Result<&'w Channel, Failure> {
    let channel = workspace.channel(channel).filter(|found| names || found.id == channel);
    let channel = channel.ok_or("channel_not_found")?;
    match (channel.app_is_member, channel.private) {
        (false, true) => return Err("channel_not_found".into()),
        (false, false) => return Err("not_in_channel".into()),
        (true, _) => {}
    }
    if channel.archived { Err("is_archived".into()) } else { Ok(channel) }
}

/// The text and the blocks of a message; `None` for blocks that were not given.
fn content(arguments: &Arguments) -> Result<(Option<String>, Option<Vec<Value>>), Failure> {
    let text = arguments.text("text");
    if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
        return Err("msg_too_long".into());
    }
    let blocks = arguments.json("blocks", "invalid_blocks_format")?;
    let blocks = blocks.map(|blocks| blocks::checked(&blocks)).transpose();
    let blocks = blocks.map_err(|messages| Failure::new("invalid_blocks", messages))?;
    Ok((text, blocks))
}

fn metadata(arguments: &Arguments) -> Result<Option<Value>, Failure> {
    let Some(metadata) = arguments.json("metadata", "invalid_metadata_format")? else { return Ok(None) };
    let complete = metadata.get("event_type").is_some_and(Value::is_string)
        && metadata.get("event_payload").is_some_and(Value::is_object);
    let empty = metadata.as_object().is_some_and(serde_json::Map::is_empty);
    match (complete, empty) {
        (true, _) => Ok(Some(metadata)),
        (false, true) => Ok(Some(Value::Null)),
        (false, false) => Err("invalid_metadata_format".into()),
    }
}

/// `chat.postMessage`
pub fn post_message(shared: &Shared, arguments: &Arguments) -> Outcome {
    let channel = arguments.required("channel")?;
    let (text, blocks) = content(arguments)?;
    let metadata = metadata(arguments)?.filter(|metadata| !metadata.is_null());
    let mut workspace = locked(&shared.state);
    let channel = writable(&workspace, &channel, true)?;
    let id = channel.id.clone();
    let thread_ts = match arguments.text("thread_ts") {
        None => None,
        // A reply to a reply belongs to the thread of both.
        Some(ts) => {
            let parent = channel.message(&ts).and_then(|message| message.thread_ts.clone());
            Some(parent.or_else(|| channel.has_thread(&ts).then_some(ts)).ok_or("thread_not_found")?)
        }
    };
    let blocks = blocks.unwrap_or_default();
    if text.is_none() && blocks.is_empty() {
        return Err("no_text".into());
    }
    let ts = workspace.ts((shared.clock)());
    let message = Message {
        ts: ts.clone(),
        text: text.unwrap_or_default(),
        blocks,
        thread_ts,
        metadata,
        edited_ts: None,
        earlier: Vec::new(),
    };
    let Some(channel) = workspace.channels.get_mut(&id) else { return Err("channel_not_found".into()) };
    channel.messages.push(message);
    let message = channel.message(&ts).map(|message| message.json(&shared.own.app, channel, true));
    Ok(json!({"channel": id, "ts": ts, "message": message}))
}

/// `chat.update`: what is not given stays as it is.
pub fn update(shared: &Shared, arguments: &Arguments) -> Outcome {
    let id = arguments.required("channel")?;
    let ts = arguments.required("ts")?;
    let (text, blocks) = content(arguments)?;
    let metadata = metadata(arguments)?;
    if text.is_none() && blocks.is_none() {
        return Err("no_text".into());
    }
    let mut workspace = locked(&shared.state);
    writable(&workspace, &id, false)?;
    let now = workspace.ts((shared.clock)());
    let Some(channel) = workspace.channels.get_mut(&id) else { return Err("channel_not_found".into()) };
    let message = channel.message_mut(&ts).ok_or("message_not_found")?;
    if let Some(text) = text {
        message.text = text;
    }
    if let Some(blocks) = blocks {
        let before = std::mem::replace(&mut message.blocks, blocks);
        message.earlier.push(before);
    }
    if let Some(metadata) = metadata {
        message.metadata = Some(metadata).filter(|metadata| !metadata.is_null());
    }
    message.edited_ts = Some(now);
    let text = message.text.clone();
    let message = channel.message(&ts).map(|message| message.json(&shared.own.app, channel, true));
    Ok(json!({"channel": id, "ts": ts, "text": text, "message": message}))
}

/// `chat.postEphemeral`
pub fn post_ephemeral(shared: &Shared, arguments: &Arguments) -> Outcome {
    let channel = arguments.required("channel")?;
    let user = arguments.required("user")?;
    let (text, blocks) = content(arguments)?;
    if text.is_none() && blocks.as_ref().is_none_or(Vec::is_empty) {
        return Err("no_text".into());
    }
    let mut workspace = locked(&shared.state);
    let channel = writable(&workspace, &channel, true)?;
    let here = workspace.users.get(&user).is_some_and(|user| !user.deactivated) && channel.has(&user);
    if !here {
        return Err("user_not_in_channel".into());
    }
    let channel = channel.id.clone();
    let ts = workspace.ts((shared.clock)());
    workspace.ephemerals.push(Ephemeral {
        user,
        channel,
        thread_ts: arguments.text("thread_ts"),
        ts: ts.clone(),
        text: text.unwrap_or_default(),
        blocks: blocks.unwrap_or_default(),
    });
    Ok(json!({"message_ts": ts}))
}

/// `chat.getPermalink`
pub fn get_permalink(shared: &Shared, arguments: &Arguments) -> Outcome {
    let id = arguments.required("channel")?;
    let ts = arguments.required("message_ts")?;
    let workspace = locked(&shared.state);
    let channel = workspace.channels.get(&id).ok_or("channel_not_found")?;
    let message = channel.message(&ts).ok_or("message_not_found")?;
    Ok(json!({"channel": id, "permalink": permalink(&shared.url, &id, message)}))
}
