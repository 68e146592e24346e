//! The Events API: what Slack tells us of its own accord.

use super::parse::{MAX_BODY, ParseError};
use super::wire;
use crate::failure::quote;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// The longest id that is taken, in bytes.
const MAX_ID: usize = 200;

/// Event from Slack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlackEvent {
    /// Slack asks whether this address is ours: answer 200 with the challenge.
    UrlVerification {
        /// Text to answer with.
        challenge: String,
    },
    /// Somebody deleted a message.
    MessageDeleted {
        /// The workspace.
        team_id: String,
        /// The channel's id.
        channel: String,
        /// The timestamp of the message that is gone.
        ts: String,
    },
    /// Somebody reacted to a message, or took a reaction back.
    Reaction {
        /// The workspace.
        team_id: String,
        /// The channel's id.
        channel: String,
        /// The message's timestamp.
        ts: String,
        /// Slack user id of the person who reacted.
        user: String,
        /// The emoji's name, without skin tone (`+1`).
        name: String,
        /// True if the reaction was added, and false if it was taken back.
        is_there: bool,
        /// Time of the reaction.
        at: Timestamp,
    },
    /// Something that Signoff doesn't act on: answer 200 and do nothing.
    Ignored {
        /// Its type and subtype, as Slack names them; no longer than what providers say is quoted.
        kind: String,
    },
}

/// Reads the JSON body of a request of the Events API, whose signature was checked before.
///
/// A deleted message that has replies leaves a tombstone, and Slack then tells of a changed message instead
/// of a deleted one; both are [`SlackEvent::MessageDeleted`]. Slack tells it again where our answer was
/// lost or late, and once more when the tombstone itself goes. See
/// <https://docs.slack.dev/apis/events-api> and
/// <https://docs.slack.dev/reference/events/message/message_deleted>; tombstones are not documented there,
/// but well known: <https://github.com/slack-edge/slack-edge/pull/10>.
///
/// Reactions: <https://docs.slack.dev/reference/events/reaction_added>.
///
/// # Errors
///
/// What can't be read, by name.
pub fn event(body: &[u8]) -> Result<SlackEvent, ParseError> {
    if body.len() > MAX_BODY {
        return Err(ParseError::TooLarge);
    }
    let body = std::str::from_utf8(body).map_err(|_| ParseError::NotUtf8)?;
    let kind: wire::EventKind = read(body)?;
    let inner = kind.event.as_ref().map(|inner| (inner.r#type.as_str(), inner.subtype.as_deref()));
    match (kind.r#type.as_str(), inner) {
        ("url_verification", _) => {
            Ok(SlackEvent::UrlVerification { challenge: read::<wire::UrlVerification>(body)?.challenge })
        }
        ("event_callback", Some(("message", Some("message_deleted")))) => {
            let told: wire::EventCallback<wire::MessageDeleted> = read(body)?;
            let team_id = place(told.team_id, told.enterprise_id)?;
            let (channel, ts) = (id(told.event.channel)?, id(told.event.deleted_ts)?);
            Ok(SlackEvent::MessageDeleted { team_id, channel, ts })
        }
        ("event_callback", Some(("message", Some("message_changed")))) => {
            let told: wire::EventCallback<wire::MessageChanged> = read(body)?;
            if told.event.message.subtype.as_deref() != Some(wire::TOMBSTONE) {
                return Ok(ignored(&kind));
            }
            let team_id = place(told.team_id, told.enterprise_id)?;
            let (channel, ts) = (id(told.event.channel)?, id(told.event.message.ts)?);
            Ok(SlackEvent::MessageDeleted { team_id, channel, ts })
        }
        ("event_callback", Some((name @ ("reaction_added" | "reaction_removed"), _))) => {
            let told: wire::EventCallback<wire::Reaction> = read(body)?;
            let (team_id, event) = (place(told.team_id, told.enterprise_id)?, told.event);
            let (Some(channel), Some(ts)) = (event.item.channel, event.item.ts) else {
                return Ok(ignored(&kind));
            };
            let (channel, ts) = (id(channel)?, id(ts)?);
            let at = time(&event.event_ts).ok_or(ParseError::Missing("event.event_ts"))?;
            let emoji = event.reaction.split("::").next().unwrap_or_default().to_owned();
            let is_there = name == "reaction_added";
            Ok(SlackEvent::Reaction {
                team_id,
                channel,
                ts,
                user: id(event.user)?,
                name: emoji,
                is_there,
                at,
            })
        }
        _ => Ok(ignored(&kind)),
    }
}

/// The workspace of an event; where Slack names none, the organization that the app is installed for.
fn place(team: Option<String>, enterprise: Option<String>) -> Result<String, ParseError> {
    team.or(enterprise).filter(|id| !id.is_empty()).ok_or(ParseError::Missing("team_id"))
}

/// An id, or a timestamp, of Slack's: they have some ten to twenty characters, and stand in keys of the
/// record.
fn id(text: String) -> Result<String, ParseError> {
    if text.len() > MAX_ID {
        return Err(ParseError::Body(format!("an id is longer than {MAX_ID} bytes")));
    }
    Ok(text)
}

/// The time that Slack's `ts` stands for: seconds since 1970, and microseconds.
fn time(ts: &str) -> Option<Timestamp> {
    let (seconds, micros) = ts.split_once('.')?;
    let micros = micros.parse().ok().filter(|_| micros.len() == 6)?;
    Timestamp::from_second(seconds.parse().ok()?).ok()?.checked_add(SignedDuration::from_micros(micros)).ok()
}

fn ignored(kind: &wire::EventKind) -> SlackEvent {
    let inner = kind.event.as_ref();
    let names = [
        Some(&kind.r#type),
        inner.map(|inner| &inner.r#type),
        inner.and_then(|inner| inner.subtype.as_ref()),
    ];
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    SlackEvent::Ignored { kind: quote(&names.join("/")) }
}

fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, ParseError> {
    serde_json::from_str(body).map_err(|error| ParseError::Body(quote(&error.to_string())))
}

#[cfg(test)]
mod tests;
