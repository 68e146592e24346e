//! The Events API (<https://docs.slack.dev/apis/events-api>): what the app is told of its own accord. Of the
//! events that the app's manifest asks for, only deleted messages and reactions are told.

use super::Slack;
use super::click::{ClickOutcome, InteractionRequest};
use crate::stand_in::{locked, uuid_of};
use jiff::Timestamp;
use serde_json::{Value, json};

/// There is no such message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no message {1} in channel {0}")]
pub struct NoSuchMessage(String, String);

/// An event that the app was told of.
#[derive(Clone, Debug)]
pub struct SentEvent {
    /// Its id, `Ev…`: the same each time that it is told.
    pub id: String,
    /// The JSON body.
    pub body: String,
    /// Outcome of sending it.
    pub outcome: ClickOutcome,
}

impl Slack {
    /// From now on events go to this address.
    pub fn set_events_url(&self, url: &str) {
        *locked(&self.shared.own.events_url) = Some(url.to_owned());
    }

    /// Somebody deletes a message of the app, given by the channel's id or name. It is gone from the channel;
    /// its replies stay, and so does a tombstone where there are some. The app is told, if it has an events
    /// address.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn delete_message(&self, channel: &str, ts: &str) -> Result<SentEvent, NoSuchMessage> {
        let (id, body) = self.delete(channel, ts)?;
        let outcome = self.send_event(self.signed_event(&body, (self.shared.clock)())).await;
        Ok(SentEvent { id, body, outcome })
    }

    /// The person `user` reacts with the emoji `name` to a message of the app, given by the channel's id or
    /// name; or, where `is_there` is not so, takes that back. The app is told, if it has an events address;
    /// nothing of it is kept here.
    ///
    /// # Errors
    /// When there is no such message.
    pub async fn react(
        &self,
        user: &str,
        (channel, ts): (&str, &str),
        name: &str,
        is_there: bool,
    ) -> Result<SentEvent, NoSuchMessage> {
        let now = (self.shared.clock)();
        let (id, body) = {
            let mut workspace = locked(&self.shared.state);
            let event_ts = workspace.ts(now);
            let unknown = || NoSuchMessage(channel.to_owned(), ts.to_owned());
            let channel = workspace.channel(channel).ok_or_else(unknown)?;
            channel.message(ts).ok_or_else(unknown)?;
            let event = json!({
                "type": if is_there { "reaction_added" } else { "reaction_removed" },
                "user": user,
                "reaction": name,
                "item": {"type": "message", "channel": channel.id, "ts": ts},
                "item_user": self.shared.own.app.user_id,
                "event_ts": event_ts,
            });
            self.callback(&event, &event_ts, now)
        };
        let outcome = self.send_event(self.signed_event(&body, now)).await;
        Ok(SentEvent { id, body, outcome })
    }

    /// Tells an event once more, as Slack does up to three times where the app did not answer 2xx within
    /// three seconds, or its answer was lost. `number` counts from 1.
    pub async fn redeliver(&self, event: &SentEvent, number: u32) -> ClickOutcome {
        let mut request = self.signed_event(&event.body, (self.shared.clock)());
        let refused = event.outcome.status.is_some_and(|status| !(200..300).contains(&status));
        let reason = if refused { "http_error" } else { "http_timeout" };
        for (name, value) in
            [("X-Slack-Retry-Num", number.to_string()), ("X-Slack-Retry-Reason", reason.to_owned())]
        {
            request.headers.push((name.to_owned(), value));
        }
        self.send_event(request).await
    }

    /// Asks the events address whether it is the app's: it has to answer with the challenge, as text or JSON.
    pub async fn url_verification(&self, challenge: &str) -> ClickOutcome {
        let body = json!({
            "token": "deprecated-verification-token", "challenge": challenge, "type": "url_verification",
        });
        let mut outcome = self.send_event(self.signed_event(&body.to_string(), (self.shared.clock)())).await;
        let answered = serde_json::from_str::<Value>(&outcome.answer).ok();
        let answered = answered.as_ref().and_then(|answer| answer.get("challenge")?.as_str());
        if outcome.problem.is_none() && answered.unwrap_or(outcome.answer.trim()) != challenge {
            outcome.problem = Some("the app did not answer with the challenge".to_owned());
        }
        outcome
    }

    /// The signed request of any body of the Events API, e.g. of one that is not JSON.
    pub fn signed_event(&self, body: &str, at: Timestamp) -> InteractionRequest {
        self.request("application/json", body.to_owned(), at)
    }

    /// POSTs a request to the app's events address.
    pub async fn send_event(&self, request: InteractionRequest) -> ClickOutcome {
        let url = locked(&self.shared.own.events_url).clone();
        self.deliver(url.ok_or("the app has no events address"), request).await
    }

    /// Deletes a message; returns the event's id and body.
    fn delete(&self, channel: &str, ts: &str) -> Result<(String, String), NoSuchMessage> {
        let app = &self.shared.own.app;
        let now = (self.shared.clock)();
        let mut workspace = locked(&self.shared.state);
        let event_ts = workspace.ts(now);
        let unknown = || NoSuchMessage(channel.to_owned(), ts.to_owned());
        let channel_id = workspace.channel(channel).ok_or_else(unknown)?.id.clone();
        let channel = workspace.channels.get_mut(&channel_id).ok_or_else(unknown)?;
        let previous = channel.message(ts).ok_or_else(unknown)?.json(app, channel, true);
        let has_replies = channel.replies(ts).next().is_some();
        channel.messages.retain(|message| message.ts != ts);
        let mut event = json!({
            "type": "message",
            "subtype": "message_deleted",
            "hidden": true,
            "channel": channel_id,
            "channel_type": match (&channel.direct, channel.private) {
                (Some(_), _) => "im",
                (None, true) => "group",
                (None, false) => "channel",
            },
            "ts": event_ts,
            "event_ts": event_ts,
            "previous_message": previous,
        });
        // What is left where there are replies is a message of its own: Slack tells that it changed into
        // that.
        if has_replies {
            channel.tombstones.push(ts.to_owned());
            event["subtype"] = json!("message_changed");
            event["message"] = channel.tombstone(ts);
        } else {
            event["deleted_ts"] = json!(ts);
        }
        Ok(self.callback(&event, &event_ts, now))
    }

    /// The id and body of what the app is told of an event.
    fn callback(&self, event: &Value, event_ts: &str, now: Timestamp) -> (String, String) {
        let app = &self.shared.own.app;
        let id = format!("Ev{}", uuid_of(event_ts).replace('-', "").to_uppercase());
        let body = json!({
            "token": "deprecated-verification-token",
            "team_id": app.team_id,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": id,
            "event_time": now.as_second(),
            "authorizations": [{
                "enterprise_id": null, "team_id": app.team_id, "user_id": app.user_id, "is_bot": true,
                "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": false,
        });
        (id, body.to_string())
    }
}
