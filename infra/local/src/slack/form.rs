//! The form (modal) on a person's screen, as a part of the page.

use super::date::Reader;
use super::draw::Canvas;
use super::views::{self, View};
use super::{Shared, Slack};
use crate::stand_in::locked;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, Json};
use http::StatusCode;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Marks the fields that are inputs of the form.
const INPUT: &str = "input ";

/// Member whose screen it is.
#[derive(Deserialize)]
pub struct Viewer {
    user: String,
}

/// Form that a member closed on their screen.
#[derive(Deserialize)]
pub struct ClosedWindow {
    user: String,
    view: String,
}

/// The form on top of a person's screen; nothing if there is none.
pub async fn shown(State(shared): State<Arc<Shared>>, Query(viewer): Query<Viewer>) -> Html<String> {
    let workspace = locked(&shared.state);
    let reader = Reader { zone: TimeZone::UTC, now: (shared.clock)() };
    let user = viewer.user.as_str();
    let canvas =
        Canvas { app: &shared.own.app, workspace: &workspace, reader: &reader, channel: "", viewer: user };
    let top = workspace.views.iter().rev().find(|view| view.user == user);
    Html(top.map(|view| form(&canvas, view).into_string()).unwrap_or_default())
}

/// Submits a form: `user`, `view`, and its inputs by their action ids.
pub async fn submit(
    State(slack): State<Slack>,
    Form(fields): Form<Vec<(String, String)>>,
) -> (StatusCode, Json<Value>) {
    let of =
        |name: &str| fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str());
    let inputs = fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(INPUT)?, value.as_str())));
    // Browsers send line breaks of a text area as CRLF; Slack has LF.
    let inputs: Vec<(&str, String)> =
        inputs.map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect();
    let inputs: Vec<(&str, &str)> = inputs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match slack.submit(of("user"), of("view"), &inputs).await {
        Ok(outcome) => (StatusCode::OK, Json(json!({"problem": outcome.problem, "closed": outcome.closed}))),
        Err(error) => {
            let problem = error.to_string();
            let mut workspace = locked(&slack.shared.state);
            if let Some(view) = workspace.views.iter_mut().find(|view| view.id == of("view")) {
                view.problem = Some(problem.clone());
            }
            (StatusCode::CONFLICT, Json(json!({"problem": problem})))
        }
    }
}

/// Closes a form.
pub async fn close(State(slack): State<Slack>, Form(closed): Form<ClosedWindow>) {
    slack.close_view(&closed.user, &closed.view);
}

fn form(canvas: &Canvas<'_>, view: &View) -> Markup {
    let label = |key: &str, usual: &'static str| {
        let label = view.content.get(key);
        html! { @if label.is_some() { (canvas.text(label)) } @else { (usual) } }
    };
    html! {
        form.form role="dialog" aria-modal="true" aria-labelledby="form-title" data-hash=(view.hash) {
            input type="hidden" name="user" value=(view.user);
            input type="hidden" name="view" value=(view.id);
            h2 id="form-title" { (canvas.text(view.content.get("title"))) }
            @for block in view.blocks() {
                @match views::input(block) {
                    Some(input) => (field(canvas, view, block, &input)),
                    None => (canvas.block(block, "")),
                }
            }
            @if let Some(problem) = &view.problem { p.problem role="alert" { "⚠ " (problem) } }
            div.actions {
                button.button type="button" data-close { (label("close", "Cancel")) }
                @if !view.of("submit").is_empty() {
                    button.button.primary type="submit" { (label("submit", "Submit")) }
                }
            }
        }
    }
}

fn field(canvas: &Canvas<'_>, view: &View, block: &Value, input: &views::Input<'_>) -> Markup {
    let name = format!("{INPUT}{}", input.action_id);
    let flag = |key: &str| input.element.get(key) == Some(&Value::Bool(true));
    let placeholder = input.element.pointer("/placeholder/text").and_then(Value::as_str);
    let (least, most) = (input.length("min_length"), input.length("max_length"));
    let value = view.value(input);
    html! {
        label {
            b { (canvas.text(block.get("label"))) @if input.optional { " " span.edited { "(optional)" } } }
            @if flag("multiline") {
                // A browser drops the first line break of a text area.
                textarea name=(name) rows="4" required[!input.optional] minlength=[least] maxlength=[most]
                    placeholder=[placeholder] autofocus[flag("focus_on_load")] { "\n" (value) }
            } @else {
                input type="text" name=(name) value=(value) required[!input.optional] minlength=[least]
                    maxlength=[most] placeholder=[placeholder] autofocus[flag("focus_on_load")];
            }
            @if let Some(error) = view.errors.get(input.block_id) { span.problem role="alert" { (error) } }
            @if block.get("hint").is_some() { span.edited { (canvas.text(block.get("hint"))) } }
        }
    }
}
