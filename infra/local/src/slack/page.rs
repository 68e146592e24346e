//! The page for people: channels with their messages as Slack draws them, and buttons that click.

use super::date::Reader;
use super::state::{Channel, Workspace};
use super::{Shared, Slack, draw};
use crate::stand_in::{locked, page, percent};
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Json};
use http::StatusCode;
use jiff::tz::{Offset, TimeZone};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Parameters of the page: the member who looks, the channel, and the time zone.
#[derive(Deserialize)]
pub struct View {
    user: Option<String>,
    channel: Option<String>,
    /// Minutes east of UTC.
    offset: Option<i32>,
}

/// A click on the page.
#[derive(Deserialize)]
pub struct Click {
    user: String,
    channel: String,
    ts: String,
    action: String,
    /// The value of an overflow menu's option.
    option: Option<String>,
}

/// The whole page.
pub async fn whole(State(shared): State<Arc<Shared>>, Query(view): Query<View>) -> Html<String> {
    Html(page(&shared, &view).into_string())
}

/// The page of a permalink: the channel with the message.
pub async fn archive(
    State(shared): State<Arc<Shared>>,
    Path((channel, _)): Path<(String, String)>,
    Query(view): Query<View>,
) -> Html<String> {
    Html(page(&shared, &View { channel: Some(channel), ..view }).into_string())
}

/// The part of it that changes.
pub async fn live(State(shared): State<Arc<Shared>>, Query(view): Query<View>) -> Html<String> {
    Html(content(&shared, &view).into_string())
}

/// Clicks a button, or an option of a menu, as a person.
pub async fn click(State(slack): State<Slack>, Form(click): Form<Click>) -> (StatusCode, Json<Value>) {
    let Click { user, channel, ts, action, option } = &click;
    let clicked = match option {
        Some(option) => slack.click_option(user, channel, ts, action, option).await,
        None => slack.click(user, channel, ts, action).await,
    };
    match clicked {
        Ok(outcome) => {
            let millis = u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX);
            (
                StatusCode::OK,
                Json(json!({"status": outcome.status, "milliseconds": millis, "problem": outcome.problem})),
            )
        }
        Err(error) => (StatusCode::NOT_FOUND, Json(json!({"problem": error.to_string()}))),
    }
}

/// Presses one of the buttons of [`super::Settings::buttons`]: POSTs to its address.
pub async fn press(State(shared): State<Arc<Shared>>, Path(index): Path<usize>) -> (StatusCode, String) {
    let Some(button) = shared.settings.buttons.get(index) else {
        return (StatusCode::NOT_FOUND, String::new());
    };
    let posted = async {
        let client = crate::stand_in::client(Duration::from_secs(60)).map_err(|error| error.to_string())?;
        let answer = client.post(&button.url).send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if status.is_success() { Ok(text) } else { Err(format!("{status}: {text}")) }
    };
    match posted.await {
        Ok(text) => (StatusCode::OK, text),
        Err(problem) => (StatusCode::BAD_GATEWAY, format!("{}: {problem}", button.label)),
    }
}

/// The person and the channel that are looked at: those of the address, else the first of each.
fn seen<'w>(workspace: &'w Workspace, view: &'w View) -> (&'w str, Option<&'w Channel>) {
    let first = workspace.users.values().find(|user| !user.deactivated).map(|user| user.id.as_str());
    let user = view.user.as_deref().filter(|id| workspace.users.contains_key(*id)).or(first);
    let user = user.unwrap_or_default();
    let named = view.channel.as_deref().and_then(|channel| workspace.channel(channel));
    // Whoever becomes another person does not go on reading the first one's direct message.
    let named = named.filter(|channel| channel.direct.is_none() || channel.has(user));
    (user, named.or_else(|| workspace.channels.values().find(|channel| channel.direct.is_none())))
}

fn page(shared: &Shared, view: &View) -> Markup {
    let (sidebar, live_url) = {
        let workspace = locked(&shared.state);
        let (user, channel) = seen(&workspace, view);
        let channel = channel.map(|channel| channel.id.as_str()).unwrap_or_default();
        let sidebar = sidebar(shared, &workspace, user, channel);
        let (user, channel) = (percent::encoded(user), percent::encoded(channel));
        (sidebar, format!("/live?user={user}&channel={channel}&follow"))
    };
    let live = content(shared, view);
    page::page(
        "Slack (stand-in)",
        include_str!("page.css"),
        &sidebar,
        &live_url,
        &live,
        include_str!("page.js"),
    )
}

fn sidebar(shared: &Shared, workspace: &Workspace, user: &str, here: &str) -> Markup {
    let shown = |channel: &Channel| channel.direct.is_none() && (!channel.private || channel.has(user));
    html! {
        h1 { (shared.own.app.team_domain) " " span.none { "(stand-in)" } }
        label {
            "You are"
            select id="user" {
                @for one in workspace.users.values().filter(|one| !one.deactivated) {
                    option value=(one.id) selected[one.id == user] {
                        (one.name)
                        @if one.guest { " (guest)" } @else if one.team != shared.own.app.team_id { " (external)" }
                    }
                }
            }
        }
        h2 { "Channels" }
        ul {
            @for channel in workspace.channels.values().filter(|one| shown(one)) {
                li {
                    a class=[(channel.id == here).then_some("here")]
                        href={ "/?user=" (percent::encoded(user)) "&channel=" (channel.id) } {
                        @if channel.private { "🔒 " } @else { "# " } (channel.name)
                    }
                }
            }
        }
        @if let Some(direct) = workspace.direct(user) {
            h2 { "Direct messages" }
            ul {
                li {
                    a class=[(direct.id == here).then_some("here")]
                        href={ "/?user=" (percent::encoded(user)) "&channel=" (direct.id) } { (shared.own.app.name) }
                }
            }
        }
        @if !shared.settings.buttons.is_empty() {
            h2 { "Try it" }
            ul {
                @for (index, button) in shared.settings.buttons.iter().enumerate() {
                    li { button type="button" data-press=(index) { (button.label) } }
                }
            }
            p.pressed id="pressed" {}
        }
        (page::links(&shared.links))
    }
}

fn content(shared: &Shared, view: &View) -> Markup {
    let workspace = locked(&shared.state);
    let (user, channel) = seen(&workspace, view);
    let seconds = view.offset.unwrap_or_default().saturating_mul(60);
    let zone = Offset::from_seconds(seconds).map_or(TimeZone::UTC, TimeZone::fixed);
    let reader = Reader { zone, now: (shared.clock)() };
    let Some(channel) = channel else {
        return html! { header { h1 { "No channels" } } };
    };
    html! {
        header {
            h1 { @if channel.direct.is_some() { (shared.own.app.name) } @else { "# " (channel.name) } }
            @if !channel.app_is_member { p { (shared.own.app.name) " is not in this channel." } }
        }
        (draw::channel(&shared.own.app, &workspace, &reader, channel, user))
    }
}
