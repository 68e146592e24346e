//! The search for a message whose post was not answered.

use super::{Call, MessageRef, Slack, wire};
use crate::failure::{Failure, Repeat};
use jiff::{SignedDuration, Timestamp};

/// Time by which a search starts earlier than asked, for clocks that differ from Slack's.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// Length of the time from `oldest` on that is searched by itself where all of it has too many messages: the
/// quick attempts at an effect end within it.
const FIRST_ATTEMPTS: SignedDuration = SignedDuration::from_mins(10);
/// Most pages of messages that are read of one stretch of time.
pub(super) const SEARCH_PAGES: usize = 5;
const SEARCH_PAGE: &str = "200";

/// The place that is searched: a channel's id, and the thread in it.
struct Place<'a> {
    name: &'a str,
    channel_id: &'a str,
    thread_ts: Option<&'a str>,
}

/// The end of a search of one stretch of time.
enum Searched {
    Found(MessageRef),
    NotThere,
    /// There are more messages than were read.
    TooMany,
}

impl Slack {
    /// The message that was posted with `key`, looked for in `channel` (or in the thread of `thread_ts`) from
    /// a minute before `oldest` on; `None` if it was not posted.
    ///
    /// A channel given by `#name` is looked up first, among the workspace's first 10 000 channels. The newest
    /// 1000 messages are read, and if there are more, the newest 1000 of the first ten minutes.
    /// <https://docs.slack.dev/reference/methods/conversations.history>,
    /// <https://docs.slack.dev/reference/methods/conversations.replies>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there are more channels or messages than that, and it is not among them:
    /// nobody knows if it was posted.
    pub async fn find_message(
        &self,
        channel: &str,
        thread_ts: Option<&str>,
        key: &str,
        oldest: Timestamp,
    ) -> Result<Option<MessageRef>, Failure> {
        let Some(channel_id) = self.channel_id(channel).await? else {
            // Slack posts to no channel that it doesn't have.
            return Ok(None);
        };
        let place = Place { name: channel, channel_id: &channel_id, thread_ts };
        let from = oldest.checked_sub(CLOCK_MARGIN).unwrap_or(oldest);
        match self.search(&place, key, from, None).await? {
            Searched::Found(message) => return Ok(Some(message)),
            Searched::NotThere => return Ok(None),
            Searched::TooMany => {}
        }
        let until = oldest.checked_add(FIRST_ATTEMPTS).unwrap_or(oldest);
        match self.search(&place, key, from, Some(until)).await? {
            Searched::Found(message) => Ok(Some(message)),
            Searched::NotThere | Searched::TooMany => Err(Failure::Permanent(format!(
                "{channel} has had more than 1000 messages since: look there whether ours was posted"
            ))),
        }
    }

    async fn search(
        &self,
        place: &Place<'_>,
        key: &str,
        oldest: Timestamp,
        latest: Option<Timestamp>,
    ) -> Result<Searched, Failure> {
        let Place { name, channel_id, thread_ts } = *place;
        let method = if thread_ts.is_some() { "conversations.replies" } else { "conversations.history" };
        let call = Call { method, subject: name, repeat: Repeat::Harmless };
        let ts = |at: Timestamp| format!("{}.000000", at.as_second());
        let (oldest, latest) = (ts(oldest), latest.map(ts));
        let mut cursor = String::new();
        for _ in 0..SEARCH_PAGES {
            let mut query = vec![
                ("channel", channel_id),
                ("oldest", &oldest),
                ("inclusive", "true"),
                ("include_all_metadata", "true"),
                ("limit", SEARCH_PAGE),
            ];
            query.extend(latest.as_deref().map(|latest| ("latest", latest)));
            query.extend(thread_ts.map(|ts| ("ts", ts)));
            query.extend((!cursor.is_empty()).then_some(("cursor", cursor.as_str())));
            let page: wire::History = self.get(call, &query).await?;
            if let Some(message) = page.messages.into_iter().find(|message| has_key(message, key)) {
                return Ok(Searched::Found(MessageRef { channel: channel_id.to_owned(), ts: message.ts }));
            }
            cursor = page.response_metadata.next_cursor;
            if cursor.is_empty() {
                return Ok(Searched::NotThere);
            }
        }
        Ok(Searched::TooMany)
    }
}

/// True if a message carries our metadata with this key.
fn has_key(message: &wire::HistoryMessage, key: &str) -> bool {
    message.metadata.as_ref().is_some_and(|metadata| {
        metadata.event_type == wire::EVENT_TYPE && metadata.event_payload["key"] == key
    })
}
