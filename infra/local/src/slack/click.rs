//! Clicking buttons and menus: `block_actions` payloads
//! (<https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>), signed as
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack> describes.

use super::Slack;
use super::state::{Message, User};
use crate::stand_in::{hmac_sha256, locked, percent, uuid_of};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Time that Slack waits for the answer to a click before it tells the person that something went wrong.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Time that the stand-in waits: long enough to say how late an answer was.
const GIVE_UP_AFTER: Duration = Duration::from_secs(20);

/// Reason why there is nothing to click.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchButton {
    /// The person is not in the workspace.
    #[error("there is no user {0}")]
    User(String),
    /// There is no such message in such a channel.
    #[error("there is no message {1} in channel {0}")]
    Message(String, String),
    /// The message never had such a button, or such an option.
    #[error("message {0} has no button {1}")]
    Button(String, String),
    /// The channel is private, and the person is not in it.
    #[error("{0} is not in the private channel {1}, and sees no button there")]
    NotInChannel(String, String),
    /// The person's account was deactivated.
    #[error("{0} was deactivated, and can't click")]
    Deactivated(String),
}

/// A request as Slack sends it for a click, a form or an event, ready to be POSTed.
#[derive(Clone, Debug)]
pub struct InteractionRequest {
    /// Its headers, with the time and the signature.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte as it was signed.
    pub body: String,
}

/// Outcome of a click, a form or an event.
#[derive(Clone, Debug)]
pub struct ClickOutcome {
    /// The status of the answer; `None`: no answer came.
    pub status: Option<u16>,
    /// The body of the answer.
    pub answer: String,
    /// Time that the answer took.
    pub elapsed: Duration,
    /// Error that Slack would show to the person: none after a 2xx answer within three seconds. Slack would
    /// send an event again.
    pub problem: Option<String>,
}

/// Element of a message that somebody clicks: a button, or an option of an overflow menu.
#[derive(Clone, Copy)]
struct Pick<'p> {
    action_id: &'p str,
    option: Option<&'p str>,
}

impl Pick<'_> {
    /// The action of a payload, if this element is the one.
    fn action(&self, block_id: &str, element: &Value, ts: &str) -> Option<Value> {
        if element["action_id"] != self.action_id {
            return None;
        }
        let mut action = json!({"block_id": block_id, "type": element["type"], "action_ts": ts});
        match self.option {
            None => {
                (element["type"] == "button").then_some(())?;
                for key in ["action_id", "text", "value", "style"] {
                    if let Some(value) = element.get(key) {
                        action[key] = value.clone();
                    }
                }
            }
            Some(value) => {
                let option = element["options"].as_array()?.iter().find(|option| option["value"] == value)?;
                action["action_id"] = json!(self.action_id);
                action["selected_option"] = option.clone();
            }
        }
        Some(action)
    }
}

impl Slack {
    /// The payload of a click by `user` on the button `action_id` of a message. A button that the message had
    /// before its last change can be clicked too: on the screen of someone whom the change has not reached.
    ///
    /// # Errors
    /// When there is no such person, message or button.
    pub fn interaction_payload(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
    ) -> Result<Value, NoSuchButton> {
        self.payload(user, channel, ts, Pick { action_id, option: None })
    }

    fn payload(&self, user: &str, channel: &str, ts: &str, pick: Pick<'_>) -> Result<Value, NoSuchButton> {
        let app = &self.shared.own.app;
        let now = (self.shared.clock)();
        let mut workspace = locked(&self.shared.state);
        let clicked = workspace.ts(now);
        let user = workspace.users.get(user).ok_or_else(|| NoSuchButton::User(user.to_owned()))?;
        if user.deactivated {
            return Err(NoSuchButton::Deactivated(user.id.clone()));
        }
        let unknown = || NoSuchButton::Message(channel.to_owned(), ts.to_owned());
        let channel = workspace.channel(channel).ok_or_else(unknown)?;
        if channel.private && !channel.has(&user.id) {
            return Err(NoSuchButton::NotInChannel(user.id.clone(), channel.id.clone()));
        }
        let message = channel.message(ts).ok_or_else(unknown)?;
        let seen = std::iter::once(&message.blocks).chain(message.earlier.iter().rev());
        let found = seen.into_iter().find_map(|blocks| {
            let mut elements = Message::elements(blocks).into_iter();
            let action = elements.find_map(|(block_id, element)| pick.action(block_id, element, &clicked))?;
            Some((blocks, action))
        });
        let no_button = || NoSuchButton::Button(ts.to_owned(), pick.action_id.to_owned());
        let (blocks, action) = found.ok_or_else(no_button)?;
        let seen = Message { blocks: blocks.clone(), ..message.clone() };
        let mut container = json!({
            "type": "message", "message_ts": ts, "channel_id": channel.id, "is_ephemeral": false,
        });
        if let Some(thread) = &message.thread_ts {
            container["thread_ts"] = json!(thread);
        }
        let id = uuid_of(&format!("{ts} {} {}", user.id, pick.action_id)).replace('-', "");
        let mut payload = json!({
            "type": "block_actions",
            "user": person(user),
            "api_app_id": app.id,
            // Deprecated, and known to be in every payload; nothing may rely on it.
            "token": "deprecated-verification-token",
            "container": container,
            "team": {"id": app.team_id, "domain": app.team_domain},
            "enterprise": null,
            "is_enterprise_install": false,
            "channel": {"id": channel.id, "name": channel.name},
            "message": seen.json(app, channel, true),
            "state": {"values": {}},
            "response_url": format!("{}/response/{id}", self.shared.url),
            "actions": [action],
        });
        let user = user.id.clone();
        payload["trigger_id"] = json!(workspace.triggers.give(&user, &clicked, now));
        Ok(payload)
    }

    /// The signed request of a click; `at` is the time in its `X-Slack-Request-Timestamp`.
    ///
    /// # Errors
    /// When there is no such person, message or button.
    pub fn interaction_request(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
        at: Timestamp,
    ) -> Result<InteractionRequest, NoSuchButton> {
        let payload = self.interaction_payload(user, channel, ts, action_id)?;
        Ok(self.signed(&payload.to_string(), at))
    }

    /// The same of a click on an option of an overflow menu, by the option's value.
    ///
    /// # Errors
    /// When there is no such person, message or option.
    pub fn option_request(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
        option: &str,
        at: Timestamp,
    ) -> Result<InteractionRequest, NoSuchButton> {
        let payload = self.payload(user, channel, ts, Pick { action_id, option: Some(option) })?;
        Ok(self.signed(&payload.to_string(), at))
    }

    /// The signed request of any payload, e.g. of one that is not JSON.
    pub fn signed(&self, payload: &str, at: Timestamp) -> InteractionRequest {
        let body = format!("payload={}", percent::encoded(payload));
        self.request("application/x-www-form-urlencoded", body, at)
    }

    pub(super) fn request(&self, content_type: &str, body: String, at: Timestamp) -> InteractionRequest {
        let signature = signature(&self.shared.settings.signing_secret, at, &body);
        let headers = [
            ("Content-Type", content_type.to_owned()),
            ("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
            ("X-Slack-Request-Timestamp", at.as_second().to_string()),
            ("X-Slack-Signature", signature),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        InteractionRequest { headers, body }
    }

    /// Clicks the button `action_id` of a message as `user`: POSTs the signed payload to the app's
    /// interactions address. The channel may be an id or a name.
    ///
    /// # Errors
    /// When there is no such person, message or button.
    pub async fn click(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
    ) -> Result<ClickOutcome, NoSuchButton> {
        let request = self.interaction_request(user, channel, ts, action_id, (self.shared.clock)())?;
        Ok(self.clicked(user, ts, request).await)
    }

    /// Clicks an option of the overflow menu `action_id` of a message, by the option's value.
    ///
    /// # Errors
    /// When there is no such person, message or option.
    pub async fn click_option(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
        option: &str,
    ) -> Result<ClickOutcome, NoSuchButton> {
        let request = self.option_request(user, channel, ts, action_id, option, (self.shared.clock)())?;
        Ok(self.clicked(user, ts, request).await)
    }

    /// Sends a click, and keeps what went wrong for the page.
    async fn clicked(&self, user: &str, ts: &str, request: InteractionRequest) -> ClickOutcome {
        let outcome = self.send(request).await;
        let key = (user.to_owned(), ts.to_owned());
        let mut workspace = locked(&self.shared.state);
        match &outcome.problem {
            Some(problem) => workspace.problems.insert(key, problem.clone()),
            None => workspace.problems.remove(&key),
        };
        outcome
    }

    /// POSTs a request to the app's interactions address.
    pub async fn send(&self, request: InteractionRequest) -> ClickOutcome {
        let url = locked(&self.shared.own.interactions_url).clone();
        self.deliver(url.ok_or("the app has no interactions address"), request).await
    }

    /// POSTs a request to an address of the app, if it has it.
    pub(super) async fn deliver(
        &self,
        url: Result<String, &'static str>,
        request: InteractionRequest,
    ) -> ClickOutcome {
        let begun = Instant::now();
        let answered = match url {
            Ok(url) => post(&url, request).await,
            Err(problem) => Err(problem.to_owned()),
        };
        let elapsed = begun.elapsed();
        let (status, answer, problem) = match answered {
            Ok((status, answer)) if !(200..300).contains(&status) => {
                let problem = format!("the app answered {status}: {answer}");
                (Some(status), answer, Some(problem))
            }
            Ok((status, answer)) => {
                let late = elapsed > ANSWER_WITHIN;
                let problem = late.then(|| format!("the app answered after {:.1} s", elapsed.as_secs_f32()));
                (Some(status), answer, problem)
            }
            Err(problem) => (None, String::new(), Some(problem)),
        };
        ClickOutcome { status, answer, elapsed, problem }
    }
}

async fn post(url: &str, request: InteractionRequest) -> Result<(u16, String), String> {
    let client = crate::stand_in::client(GIVE_UP_AFTER).map_err(|error| error.to_string())?;
    let mut post = client.post(url).body(request.body);
    for (name, value) in &request.headers {
        post = post.header(name, value);
    }
    let unanswered = |error: reqwest::Error| format!("the app did not answer: {error}");
    let answer = post.send().await.map_err(unanswered)?;
    let status = answer.status().as_u16();
    Ok((status, answer.text().await.map_err(unanswered)?))
}

/// The person in a payload.
pub fn person(user: &User) -> Value {
    json!({"id": user.id, "username": user.username, "name": user.username, "team_id": user.team})
}

/// `v0=` and the HMAC of `v0:<seconds>:<body>` in hexadecimal.
pub fn signature(secret: &str, at: Timestamp, body: &str) -> String {
    format!("v0={}", hmac_sha256(secret, format!("v0:{}:{body}", at.as_second()).as_bytes()))
}
