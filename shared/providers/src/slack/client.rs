//! The calls to Slack's Web API.

mod members;
mod search;

pub use members::Membership;

use super::failure::{Call, CallError, classify};
use super::wire;
use crate::failure::{Failure, Repeat};
use crate::http::{MAX_ANSWER, secret_header, send, url};
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Method, RequestBuilder};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signoff_core::approval::Standing;
use std::time::Duration;

/// Most pages of channels that are read to find one by its name.
const CHANNEL_PAGES: usize = 10;
const CHANNEL_PAGE: &str = "1000";

/// A client of one workspace, with the bot token of the Signoff app there. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Slack {
    http: Client,
    base: String,
    token: SecretString,
    /// Longest time that a call may take, if that is less than the HTTP client allows.
    time: Option<Duration>,
}

/// A message, by the channel's id and the message's timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// The channel's id.
    pub channel: String,
    /// The message's timestamp, its id within the channel.
    pub ts: String,
}

/// Outcome of replacing a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// It reads as it should.
    Done,
    /// Somebody deleted it.
    Gone,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Their id.
    pub id: String,
    /// Name that Slack shows: the display name, else the real name, else the handle.
    pub name: String,
    /// Their e-mail address, where the app may see it.
    pub email: Option<String>,
    /// True if the account was deactivated.
    pub deleted: bool,
    /// True if they are a guest, of one channel or of several.
    pub guest: bool,
    /// True if they are of another workspace and in no channel that the app can see. For those who share a
    /// channel with us, only [`Profile::team_id`] tells.
    pub stranger: bool,
    /// True if it is a bot.
    pub bot: bool,
    /// True if they are an admin or an owner of the workspace.
    pub admin: bool,
    /// Their own workspace.
    pub team_id: String,
}

impl Profile {
    /// Returns the kind of account, which decides about the right to vote.
    pub fn standing(&self) -> Standing {
        match self {
            Self { deleted: true, .. } => Standing::Deactivated,
            Self { stranger: true, .. } => Standing::Stranger,
            Self { bot: true, .. } => Standing::Bot,
            Self { guest: true, .. } => Standing::Guest,
            Self { deleted: false, stranger: false, bot: false, guest: false, .. } => Standing::Member,
        }
    }
}

impl Slack {
    /// A client for the Web API at `base` (`https://slack.com/api`).
    pub fn new(http: Client, base: impl Into<String>, token: SecretString) -> Self {
        Self { http, base: base.into(), token, time: None }
    }

    /// The same client, whose calls give up after `time`: a lost answer, as after any other timeout.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        Self { time: Some(time), ..self.clone() }
    }

    /// Posts a message to `channel` (`#name` or an id), into the thread of `thread_ts` if there is one.
    /// `text` is what notifications show; `blocks` is the message, or null for one of text alone. `key` goes
    /// into the message's metadata, where [`Slack::find_message`] finds it.
    /// <https://docs.slack.dev/reference/methods/chat.postMessage>
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been posted.
    pub async fn post_message(
        &self,
        channel: &str,
        thread_ts: Option<&str>,
        text: &str,
        blocks: &Value,
        key: &str,
    ) -> Result<MessageRef, Failure> {
        let call = Call { method: "chat.postMessage", subject: channel, repeat: Repeat::MayDouble };
        let event_payload = serde_json::json!({ "key": key });
        let metadata = wire::Metadata { event_type: wire::EVENT_TYPE.to_owned(), event_payload };
        let message = wire::Message {
            thread_ts,
            metadata: Some(metadata),
            unfurl_links: Some(false),
            unfurl_media: Some(false),
            ..message(channel, text, blocks)
        };
        let posted: wire::Posted = self.post(call, &message).await?;
        Ok(MessageRef { channel: posted.channel, ts: posted.ts })
    }

    /// Replaces a message that the app posted. Its metadata stays, and doing it twice is harmless.
    /// <https://docs.slack.dev/reference/methods/chat.update>
    ///
    /// # Errors
    ///
    /// Those of any call; that somebody deleted it is no error.
    pub async fn update_message(
        &self,
        at: &MessageRef,
        text: &str,
        blocks: &Value,
    ) -> Result<Updated, Failure> {
        let call = Call { method: "chat.update", subject: &at.channel, repeat: Repeat::Harmless };
        let message = wire::Message { ts: Some(&at.ts), ..message(&at.channel, text, blocks) };
        let Err(error) = self.post::<Value>(call, &message).await else { return Ok(Updated::Done) };
        match error.code.as_deref() {
            Some("message_not_found") => Ok(Updated::Gone),
            // What is left of a deleted message that has replies is Slackbot's, not ours. Slack uses this
            // error for other reasons too, so that the channel is asked.
            Some("cant_update_message") if self.is_tombstone(at).await? => Ok(Updated::Gone),
            _ => Err(error.failure),
        }
    }

    /// True if only a tombstone is left of a message in a channel's history.
    async fn is_tombstone(&self, at: &MessageRef) -> Result<bool, Failure> {
        let call = Call { method: "conversations.history", subject: &at.channel, repeat: Repeat::Harmless };
        let only = [
            ("channel", at.channel.as_str()),
            ("oldest", &at.ts),
            ("latest", &at.ts),
            ("inclusive", "true"),
            ("limit", "1"),
        ];
        let page: wire::History = self.get(call, &only).await?;
        let left = |message: &wire::HistoryMessage| message.subtype.as_deref() == Some(wire::TOMBSTONE);
        Ok(page.messages.iter().any(|message| message.ts == at.ts && left(message)))
    }

    /// Opens a form (a modal) for the person whose click gave `trigger_id`, which Slack takes once, and
    /// within 3 seconds of the click. A second call with the same `trigger_id` opens nothing, so that
    /// repeating it is harmless. <https://docs.slack.dev/reference/methods/views.open>
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if the `trigger_id` is too old, was used, or is none: the person may click again.
    pub async fn open_view(&self, trigger_id: &str, view: &Value) -> Result<(), Failure> {
        let subject = view["callback_id"].as_str().unwrap_or("a form");
        let call = Call { method: "views.open", subject, repeat: Repeat::Harmless };
        self.post::<Value>(call, &wire::OpenView { trigger_id, view }).await?;
        Ok(())
    }

    /// Shows a text to one person in a channel, and to nobody else.
    /// <https://docs.slack.dev/reference/methods/chat.postEphemeral>
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been shown; [`Failure::Permanent`] if the person is not in the
    /// channel.
    pub async fn post_ephemeral(&self, channel: &str, user: &str, text: &str) -> Result<(), Failure> {
        let call = Call { method: "chat.postEphemeral", subject: channel, repeat: Repeat::MayDouble };
        let message = wire::Message { user: Some(user), ..message(channel, text, &Value::Null) };
        self.post::<Value>(call, &message).await?;
        Ok(())
    }

    /// The id of a channel given by `#name` or id; `None` if the workspace has none of that name.
    async fn channel_id(&self, channel: &str) -> Result<Option<String>, Failure> {
        let Some(name) = channel.strip_prefix('#') else { return Ok(Some(channel.to_owned())) };
        let mut cursor = String::new();
        for _ in 0..CHANNEL_PAGES {
            let page = self.channel_page(channel, "public_channel,private_channel", &cursor).await?;
            if let Some(found) = page.channels.into_iter().find(|found| found.name.eq_ignore_ascii_case(name))
            {
                return Ok(Some(found.id));
            }
            cursor = page.response_metadata.next_cursor;
            if cursor.is_empty() {
                return Ok(None);
            }
        }
        Err(Failure::Permanent(format!(
            "{channel} is not among the workspace's first 10000 channels: name it by its id (C…) in the rule"
        )))
    }

    /// The names of the public channels, without `#`: they may be shown to any member, which names of private
    /// ones may not. Of a workspace with more than `pages` thousand, some are missing.
    /// <https://docs.slack.dev/reference/methods/conversations.list>
    ///
    /// # Errors
    ///
    /// Those of any call.
    pub async fn channels(&self, pages: usize) -> Result<Vec<String>, Failure> {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        for _ in 0..pages {
            let page = self.channel_page("the channels", "public_channel", &cursor).await?;
            names.extend(page.channels.into_iter().map(|channel| channel.name));
            cursor = page.response_metadata.next_cursor;
            if cursor.is_empty() {
                break;
            }
        }
        Ok(names)
    }

    /// A part of the channels of these types that are not archived; of the private ones, those that the app
    /// is in.
    async fn channel_page(
        &self,
        subject: &str,
        types: &str,
        cursor: &str,
    ) -> Result<wire::Channels, CallError> {
        let call = Call { method: "conversations.list", subject, repeat: Repeat::Harmless };
        let mut query = vec![("types", types), ("exclude_archived", "true"), ("limit", CHANNEL_PAGE)];
        query.extend((!cursor.is_empty()).then_some(("cursor", cursor)));
        self.get(call, &query).await
    }

    /// The account with this e-mail address, which may be a guest's; `None` if the workspace has none.
    /// <https://docs.slack.dev/reference/methods/users.lookupByEmail>
    ///
    /// # Errors
    ///
    /// Those of any call.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<Profile>, Failure> {
        let call = Call { method: "users.lookupByEmail", subject: email, repeat: Repeat::Harmless };
        let answer = self.get::<wire::UserAnswer>(call, &[("email", email)]).await;
        Ok(known(answer)?.map(|answer| profile(answer.user)))
    }

    /// The account with this id; `None` if this workspace doesn't know it.
    /// <https://docs.slack.dev/reference/methods/users.info>
    ///
    /// # Errors
    ///
    /// Those of any call.
    pub async fn user(&self, id: &str) -> Result<Option<Profile>, Failure> {
        let call = Call { method: "users.info", subject: id, repeat: Repeat::Harmless };
        Ok(known(self.get::<wire::UserAnswer>(call, &[("user", id)]).await)?
            .map(|answer| profile(answer.user)))
    }

    /// The id of the app's direct message with the person of this id, which is opened if there is none yet;
    /// `None` if Slack has none with them: their account is gone, or the app can't see it. Opening it twice
    /// is harmless. <https://docs.slack.dev/reference/methods/conversations.open>
    ///
    /// # Errors
    ///
    /// Those of any call.
    pub async fn open_direct(&self, user: &str) -> Result<Option<String>, Failure> {
        let call = Call { method: "conversations.open", subject: user, repeat: Repeat::Harmless };
        match self.post::<wire::Opened>(call, &wire::Open { users: user }).await {
            Err(CallError { code: Some(code), .. }) if code == "user_disabled" => Ok(None),
            answer => Ok(known(answer)?.map(|opened| opened.channel.id)),
        }
    }

    /// The ids of the members of a user group, given by its id (`S…`) or its handle (`@team` or `team`);
    /// `None` if the workspace has none like that, or it was disabled.
    /// <https://docs.slack.dev/reference/methods/usergroups.list>,
    /// <https://docs.slack.dev/reference/methods/usergroups.users.list>
    ///
    /// # Errors
    ///
    /// Those of any call.
    pub async fn usergroup_members(&self, group: &str) -> Result<Option<Vec<String>>, Failure> {
        let handle = group.trim_start_matches('@');
        let subject = format!("user group @{handle}");
        let id = if !group.starts_with('@') && is_usergroup_id(group) {
            group.to_owned()
        } else {
            let call = Call { method: "usergroups.list", subject: &subject, repeat: Repeat::Harmless };
            let groups = known(self.get::<wire::Usergroups>(call, &[]).await)?;
            let is_it = |found: &wire::Usergroup| found.handle.eq_ignore_ascii_case(handle);
            let Some(found) = groups.unwrap_or_default().usergroups.into_iter().find(is_it) else {
                return Ok(None);
            };
            found.id
        };
        let call = Call { method: "usergroups.users.list", subject: &subject, repeat: Repeat::Harmless };
        let answer = self.get::<wire::UsergroupUsers>(call, &[("usergroup", &id)]).await;
        Ok(known(answer)?.map(|answer| answer.users))
    }

    /// A message's address, which opens it in Slack.
    /// <https://docs.slack.dev/reference/methods/chat.getPermalink>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if the message is gone.
    pub async fn permalink(&self, at: &MessageRef) -> Result<String, Failure> {
        let call = Call { method: "chat.getPermalink", subject: &at.channel, repeat: Repeat::Harmless };
        let answer: wire::Permalink =
            self.get(call, &[("channel", &at.channel), ("message_ts", &at.ts)]).await?;
        Ok(answer.permalink)
    }

    /// The id of the workspace that the token belongs to.
    /// <https://docs.slack.dev/reference/methods/auth.test>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if Slack doesn't take the token.
    pub async fn auth_test(&self) -> Result<String, Failure> {
        let call = Call { method: "auth.test", subject: "the bot token", repeat: Repeat::Harmless };
        let answer: wire::Identity = self.get(call, &[]).await?;
        Ok(answer.team_id)
    }

    /// Calls a method with a JSON body.
    async fn post<T: DeserializeOwned>(&self, call: Call<'_>, body: &impl Serialize) -> Result<T, CallError> {
        self.call(call, Method::POST, |request| request.json(body)).await
    }

    /// Calls a method that reads, with query parameters.
    async fn get<T: DeserializeOwned>(&self, call: Call<'_>, query: &[(&str, &str)]) -> Result<T, CallError> {
        self.call(call, Method::GET, |request| request.query(query)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        call: Call<'_>,
        verb: Method,
        fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, CallError> {
        let token = secret_header("bot token in SlackAppSecret", "Bearer ", &self.token)?;
        let mut request =
            self.http.request(verb, url(&self.base, [call.method])?).header(AUTHORIZATION, token);
        if let Some(time) = self.time {
            request = request.timeout(time);
        }
        classified(call, fill(request)).await
    }
}

/// Calls a method; its answer as `T`.
pub(super) async fn classified<T: DeserializeOwned>(
    call: Call<'_>,
    request: RequestBuilder,
) -> Result<T, CallError> {
    let doing = format!("calling {} ({})", call.method, call.subject);
    classify(call, &send("Slack", &doing, request, call.repeat, MAX_ANSWER).await?)
}

/// A message's fields that every method takes.
fn message<'a>(channel: &'a str, text: &'a str, blocks: &'a Value) -> wire::Message<'a> {
    wire::Message {
        channel,
        text,
        blocks,
        thread_ts: None,
        ts: None,
        user: None,
        metadata: None,
        unfurl_links: None,
        unfurl_media: None,
    }
}

/// An answer about a person or a group, `None` if Slack says that there is none.
fn known<T>(answer: Result<T, CallError>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(CallError { code: Some(code), .. })
            if matches!(
                code.as_str(),
                "users_not_found"
                    | "user_not_found"
                    | "user_not_visible"
                    | "no_such_subteam"
                    | "subteam_not_found"
                    // The workspace's plan has no user groups any more, so that there is none.
                    | "plan_upgrade_required"
                    | "paid_teams_only"
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.failure),
    }
}

fn profile(user: wire::User) -> Profile {
    let names = [user.profile.display_name, user.profile.real_name, user.name];
    Profile {
        name: names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| user.id.clone()),
        email: user.profile.email.filter(|email| !email.is_empty()),
        deleted: user.deleted,
        guest: user.is_restricted || user.is_ultra_restricted,
        stranger: user.is_stranger,
        bot: user.is_bot,
        admin: user.is_admin || user.is_owner,
        team_id: user.team_id.unwrap_or_default(),
        id: user.id,
    }
}

/// True if a text looks like a user group's id rather than its handle: handles are in lower case.
fn is_usergroup_id(text: &str) -> bool {
    text.len() >= 9
        && text.starts_with('S')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
