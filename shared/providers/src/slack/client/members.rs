//! Members of a channel.

use super::{Call, CallError, Slack, wire};
use crate::failure::{Failure, Repeat};

/// Number of members to ask for at once: the most that Slack names.
const PAGE: &str = "999";

/// Membership of a person in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// They are.
    Member,
    /// They are not.
    NotMember,
    /// Nobody knows: they are not among those who were looked through, and there are more.
    TooMany,
    /// Nobody knows: the channel is not there for the app any more. Somebody deleted it, or it is private and
    /// the app is not in it.
    NoChannel,
}

impl Slack {
    /// Tells if the person `user` is in `channel`, both by their ids. Searches up to `pages` times 999
    /// members. <https://docs.slack.dev/reference/methods/conversations.members>
    ///
    /// # Errors
    ///
    /// Those of any call but `channel_not_found`.
    pub async fn membership(&self, channel: &str, user: &str, pages: usize) -> Result<Membership, Failure> {
        let call = Call { method: "conversations.members", subject: channel, repeat: Repeat::Harmless };
        let mut cursor = String::new();
        for _ in 0..pages {
            let mut query = vec![("channel", channel), ("limit", PAGE)];
            query.extend((!cursor.is_empty()).then_some(("cursor", cursor.as_str())));
            let page: Result<wire::Members, CallError> = self.get(call, &query).await;
            let page = match page {
                Err(error) if error.code.as_deref() == Some("channel_not_found") => {
                    return Ok(Membership::NoChannel);
                }
                page => page?,
            };
            if page.members.iter().any(|member| member == user) {
                return Ok(Membership::Member);
            }
            cursor = page.response_metadata.next_cursor;
            if cursor.is_empty() {
                return Ok(Membership::NotMember);
            }
        }
        Ok(Membership::TooMany)
    }
}
