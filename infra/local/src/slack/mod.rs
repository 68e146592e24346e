//! A stand-in for a Slack workspace with one app in it: the Web API's methods that Signoff calls, signed
//! clicks, forms and events, and a page at `/` that shows the channels as Slack draws them, with buttons to
//! click, menus to choose from and forms to fill in as any of the people.
//!
//! There is no official machine-readable spec; it behaves as <https://docs.slack.dev> says. Where that is
//! silent, it assumes:
//! - a channel can be named `#name`, `name` or by id where a message is posted; every other method takes ids
//!   only;
//! - methods that read take their arguments from the query or a form, and do not see a JSON body;
//! - a reply to a message that does not exist answers `thread_not_found`, one to a deleted message that has
//!   replies goes into their thread;
//! - a deleted message that has replies leaves a tombstone in history and replies, and is told as
//!   `message_changed`; `chat.update` answers `message_not_found` for it as for every deleted message;
//! - a view that is refused leaves its `trigger_id` usable;
//! - a form that is closed without being submitted is not told to the app, and there is no `views.update` or
//!   `push`;
//! - a direct message is opened with one person, and no message is posted to a person's id;
//! - whoever is not in a public channel sees it, and clicks there as others do; nobody but its people clicks
//!   in a private one;
//! - the people of a channel are named without those whose accounts were deactivated, and with the app;
//! - channels are listed in the order in which they were made;
//! - a redirect URL is one of the app's, letter by letter, and an id token is signed with the app's secret
//!   (Slack signs with a key of its own);
//! - what is wrong with a request to sign in is told to the person, not sent back to the app; whoever asks
//!   for no `team` may sign in to any, and a code of somebody who was deactivated since is an `invalid_code`;
//! - e-mail lookup finds neither deactivated accounts nor people of other workspaces;
//! - a public channel that the app is not in answers `not_in_channel`, a private one `channel_not_found`;
//! - a property that Block Kit does not document makes a block invalid;
//! - the year of a date is left out when it is this year, and clocks have 24 hours, as in the seed's
//!   pictures.

mod api;
mod blocks;
mod chat;
mod click;
mod conversations;
mod date;
mod draw;
mod emoji;
mod events;
mod form;
mod handle;
mod mrkdwn;
mod openid;
mod page;
mod people;
mod state;
mod submit;
mod text;
mod trigger;
mod users;
mod views;

#[cfg(test)]
mod tests;

pub use click::{ANSWER_WITHIN, ClickOutcome, InteractionRequest, NoSuchButton};
pub use events::{NoSuchMessage, SentEvent};
pub use people::{NewChannel, NewUser};
pub use state::{Ephemeral, Message};
pub use submit::{CannotSubmit, SubmitOutcome};
pub use views::OpenView;

use crate::shell::{self, Service, Shell, StandIn};
use crate::stand_in::page::Button;
use axum::Router;
use axum::routing::{any, get, post};
use std::io;
use std::sync::Mutex;

/// Options of the stand-in.
pub type Options = shell::Options<Settings>;
/// A running stand-in.
pub type Slack = StandIn<SlackService>;
type Shared = Shell<SlackService>;

/// Options of this stand-in alone.
#[derive(Clone)]
pub struct Settings {
    /// The app's token, which requests must carry in `Authorization`.
    pub bot_token: String,
    /// The secret that clicks, forms and events are signed with.
    pub signing_secret: String,
    /// The app's client id, with which it signs people in.
    pub client_id: String,
    /// The client secret that goes with it.
    pub client_secret: String,
    /// Addresses to which the app may have people sent back once they signed in.
    pub redirect_urls: Vec<String>,
    /// Address for clicks and forms; [`Slack::set_interactions_url`] can set it later.
    pub interactions_url: Option<String>,
    /// Address for events; [`Slack::set_events_url`] can set it later.
    pub events_url: Option<String>,
    /// The name of the app.
    pub app_name: String,
    /// The first part of the workspace's address.
    pub team_domain: String,
    /// Buttons in the sidebar, e.g. to make a deploy.
    pub buttons: Vec<Button>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bot_token: "xoxb-token-of-the-local-stack".to_owned(),
            signing_secret: "slack-signing-secret-of-the-local-stack".to_owned(),
            client_id: "2141029472.691202649728".to_owned(),
            client_secret: "slack-client-secret-of-the-local-stack".to_owned(),
            redirect_urls: Vec::new(),
            interactions_url: None,
            events_url: None,
            app_name: "Signoff".to_owned(),
            team_domain: "acme".to_owned(),
            buttons: Vec::new(),
        }
    }
}

/// Parts of a running stand-in beside its state.
pub struct SlackService {
    interactions_url: Mutex<Option<String>>,
    events_url: Mutex<Option<String>>,
    app: state::App,
    codes: Mutex<openid::Codes>,
}

impl Service for SlackService {
    type Settings = Settings;
    type State = state::Workspace;

    fn new(settings: &Settings) -> io::Result<Self> {
        Ok(Self {
            interactions_url: Mutex::new(settings.interactions_url.clone()),
            events_url: Mutex::new(settings.events_url.clone()),
            app: state::App {
                id: "A0LOCALAPP".to_owned(),
                bot_id: "B0LOCALBOT".to_owned(),
                user_id: "U0LOCALBOT".to_owned(),
                name: settings.app_name.clone(),
                team_id: "T0LOCALTEAM".to_owned(),
                team_domain: settings.team_domain.clone(),
            },
            codes: Mutex::default(),
        })
    }

    fn api() -> Router<Slack> {
        Router::new().route("/api/{method}", any(api::answer))
    }

    fn pages() -> Router<Slack> {
        Router::new()
            .route("/", get(page::whole))
            .route("/live", get(page::live))
            .route("/archives/{channel}/{message}", get(page::archive))
            .route("/click", post(page::click))
            .route("/form", get(form::shown))
            .route("/submit", post(form::submit))
            .route("/close", post(form::close))
            .route("/press/{index}", post(page::press))
            .route("/openid/connect/authorize", get(openid::shown).post(openid::chosen))
    }
}

impl Slack {
    /// The base address of the Web API (`SLACK_API_URL`).
    pub fn api_url(&self) -> String {
        format!("{}/api", self.shared.url)
    }

    /// Returns the address at which people sign in (`SLACK_AUTHORIZE_URL`).
    pub fn authorize_url(&self) -> String {
        format!("{}/openid/connect/authorize", self.shared.url)
    }

    /// The id of the workspace.
    pub fn team_id(&self) -> &str {
        &self.shared.own.app.team_id
    }
}

/// Returns the address at which the page shows a message.
fn permalink(url: &str, channel: &str, message: &Message) -> String {
    let id = message.ts.replace('.', "");
    match &message.thread_ts {
        Some(thread) => format!("{url}/archives/{channel}/p{id}?thread_ts={thread}&cid={channel}"),
        None => format!("{url}/archives/{channel}/p{id}"),
    }
}
