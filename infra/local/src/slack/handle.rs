//! Operations on the Slack stand-in for tests and the local stack, from inside the process.

use super::date::Reader;
use super::state::{Ephemeral, Message, TOMBSTONE};
use super::{Slack, text};
use crate::stand_in::locked;
use jiff::tz::TimeZone;

impl Slack {
    /// The messages of a channel (an id, or a name with or without `#`) that are no replies, oldest first. Of
    /// a channel that does not exist: none.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        let workspace = locked(&self.shared.state);
        let channel = workspace.channel(channel);
        let messages = channel.into_iter().flat_map(|channel| &channel.messages);
        messages.filter(|message| message.thread_ts.is_none()).cloned().collect()
    }

    /// The replies to a message, oldest first.
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        let workspace = locked(&self.shared.state);
        workspace.channel(channel).map(|channel| channel.replies(ts).cloned().collect()).unwrap_or_default()
    }

    /// Returns the messages that the app wrote to this person, oldest first.
    pub fn direct_messages(&self, user: &str) -> Vec<Message> {
        let workspace = locked(&self.shared.state);
        workspace.direct(user).map(|direct| direct.messages.clone()).unwrap_or_default()
    }

    /// The id of the app's direct message with this person.
    pub fn direct_channel(&self, user: &str) -> Option<String> {
        locked(&self.shared.state).direct(user).map(|direct| direct.id.clone())
    }

    /// The messages that only this person sees, oldest first.
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        let workspace = locked(&self.shared.state);
        workspace.ephemerals.iter().filter(|ephemeral| ephemeral.user == user).cloned().collect()
    }

    /// The id of a channel by its name.
    pub fn channel_id(&self, name: &str) -> Option<String> {
        locked(&self.shared.state).channel(name).map(|channel| channel.id.clone())
    }

    /// The id of a person by their e-mail address.
    pub fn user_id(&self, email: &str) -> Option<String> {
        locked(&self.shared.state).user_by_email(email).map(|user| user.id.clone())
    }

    /// A message as people read it, dates in this time zone: mentions by name, links by their label, emoji as
    /// emoji, buttons in brackets.
    pub fn render_text(&self, message: &Message, zone: &TimeZone) -> String {
        let reader = self.reader(zone);
        text::message(&locked(&self.shared.state), &reader, &message.text, &message.blocks)
    }

    /// The same for a message that only one person sees.
    pub fn render_ephemeral(&self, ephemeral: &Ephemeral, zone: &TimeZone) -> String {
        let reader = self.reader(zone);
        text::message(&locked(&self.shared.state), &reader, &ephemeral.text, &ephemeral.blocks)
    }

    /// Everything that a person sees in a channel, in the order in which they see it, dates in UTC: messages,
    /// their replies behind `↳`, and what only they see behind `(only you)`.
    pub fn user_sees(&self, user: &str, channel: &str) -> String {
        let reader = self.reader(&TimeZone::UTC);
        let workspace = locked(&self.shared.state);
        let Some(channel) = workspace.channel(channel) else { return String::new() };
        let mut lines: Vec<(String, String)> = Vec::new();
        for message in &channel.messages {
            let shown = text::message(&workspace, &reader, &message.text, &message.blocks);
            let shown = if message.thread_ts.is_some() { behind("↳ ", &shown) } else { shown };
            lines.push((position(message.thread_ts.as_ref(), &message.ts), shown));
        }
        lines.extend(channel.tombstones.iter().map(|ts| (position(None, ts), TOMBSTONE.to_owned())));
        let own = workspace.ephemerals.iter().filter(|one| one.user == user && one.channel == channel.id);
        for ephemeral in own {
            let shown = text::message(&workspace, &reader, &ephemeral.text, &ephemeral.blocks);
            let place = position(ephemeral.thread_ts.as_ref(), &ephemeral.ts);
            lines.push((place, behind("(only you) ", &shown)));
        }
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n\n")
    }

    fn reader(&self, zone: &TimeZone) -> Reader {
        Reader { zone: zone.clone(), now: (self.shared.clock)() }
    }

    /// From now on clicks and forms go to this address.
    pub fn set_interactions_url(&self, url: &str) {
        *locked(&self.shared.own.interactions_url) = Some(url.to_owned());
    }
}

/// Returns the key by which messages are ordered: a reply comes after its thread's first message.
fn position(thread_ts: Option<&String>, ts: &String) -> String {
    format!("{} {ts}", thread_ts.unwrap_or(ts))
}

fn behind(mark: &str, text: &str) -> String {
    format!("{mark}{}", text.replace('\n', &format!("\n{}", " ".repeat(mark.chars().count()))))
}
