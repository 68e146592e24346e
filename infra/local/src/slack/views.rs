//! `views.open`, and the forms (modals) that are open: <https://docs.slack.dev/surfaces/modals>

use super::api::{Arguments, Failure, Outcome};
use super::blocks::view;
use super::date::Reader;
use super::state::{App, Workspace};
use super::{Shared, Slack, text};
use crate::stand_in::locked;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The largest form, in bytes.
const LARGEST: usize = 250 * 1024;

/// A form on somebody's screen.
pub struct View {
    /// `V…`.
    pub id: String,
    /// Member who sees it.
    pub user: String,
    /// The form, as Slack keeps it.
    pub content: Map<String, Value>,
    /// Values that were entered into its inputs, by block and action id.
    pub entered: BTreeMap<(String, String), String>,
    /// Mistakes that the app found in it, by block id.
    pub errors: BTreeMap<String, String>,
    /// Error of its submission.
    pub problem: Option<String>,
    /// Changes with the form.
    pub hash: String,
}

/// A form on somebody's screen, as they see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenView {
    /// `V…`.
    pub id: String,
    /// The title.
    pub title: String,
    /// The blocks, each as it is read: of an input its label.
    pub texts: Vec<String>,
    /// The action ids of the inputs, from top to bottom.
    pub inputs: Vec<String>,
    /// Label of the submit button; empty if there is none.
    pub submit: String,
    /// The app's name for the form.
    pub callback_id: String,
    /// Metadata that the app attached; nobody sees it.
    pub private_metadata: String,
    /// Mistakes that the app found in the submission, by block id.
    pub errors: BTreeMap<String, String>,
}

/// A text input of a form.
pub struct Input<'v> {
    /// The block's id.
    pub block_id: &'v str,
    /// The input's id.
    pub action_id: &'v str,
    /// The input itself.
    pub element: &'v Value,
    /// True if it may stay empty.
    pub optional: bool,
}

impl Input<'_> {
    /// A length that it asks for: `min_length` or `max_length`.
    pub fn length(&self, key: &str) -> Option<u64> {
        self.element.get(key).and_then(Value::as_u64)
    }
}

impl View {
    /// The text of a property: of `title`, `submit` and `close` what they say.
    pub fn of(&self, key: &str) -> &str {
        let value = self.content.get(key);
        value.and_then(|value| value.get("text").unwrap_or(value).as_str()).unwrap_or_default()
    }

    /// The blocks.
    pub fn blocks(&self) -> &[Value] {
        self.content.get("blocks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The inputs, from top to bottom.
    pub fn inputs(&self) -> Vec<Input<'_>> {
        self.blocks().iter().filter_map(input).collect()
    }

    /// Returns an input's value: the entered one, or else the one that the app filled in.
    pub fn value<'v>(&'v self, input: &Input<'v>) -> &'v str {
        let written = self.entered.get(&(input.block_id.to_owned(), input.action_id.to_owned()));
        let filled_in = || input.element.get("initial_value").and_then(Value::as_str).unwrap_or_default();
        written.map_or_else(filled_in, String::as_str)
    }

    /// The form as Slack's methods and payloads have it.
    pub fn json(&self, app: &App) -> Value {
        let mut values = Map::new();
        for input in self.inputs() {
            let value = Some(self.value(&input)).filter(|value| !value.is_empty());
            let block = values.entry(input.block_id).or_insert_with(|| json!({}));
            block[input.action_id] = json!({"type": "plain_text_input", "value": value});
        }
        json!({
            "id": self.id,
            "team_id": app.team_id,
            "type": "modal",
            "blocks": self.blocks(),
            "private_metadata": self.of("private_metadata"),
            "callback_id": self.of("callback_id"),
            "state": {"values": values},
            "hash": self.hash,
            "title": self.content.get("title"),
            "submit": self.content.get("submit"),
            "close": self.content.get("close"),
            "clear_on_close": false,
            "notify_on_close": false,
            "previous_view_id": null,
            "root_view_id": self.id,
            "app_id": app.id,
            "external_id": "",
            "app_installed_team_id": app.team_id,
            "bot_id": app.bot_id,
        })
    }
}

/// The input of a block, if it is one.
pub fn input(block: &Value) -> Option<Input<'_>> {
    let element = block.get("element")?;
    Some(Input {
        block_id: block.get("block_id")?.as_str()?,
        action_id: element.get("action_id")?.as_str()?,
        element,
        optional: block.get("optional") == Some(&Value::Bool(true)),
    })
}

/// `views.open`
pub fn open(shared: &Shared, arguments: &Arguments) -> Outcome {
    let trigger = arguments.required("trigger_id")?;
    let given = arguments.json("view", "invalid_arguments")?;
    let given = given
        .ok_or_else(|| Failure::new("invalid_arguments", vec!["missing required field: view".to_owned()]))?;
    if given.to_string().len() > LARGEST {
        return Err("view_too_large".into());
    }
    let content = view::checked(&given).map_err(|messages| Failure::new("invalid_arguments", messages))?;
    let now = (shared.clock)();
    let mut workspace = locked(&shared.state);
    let user = workspace.triggers.exchange(&trigger, now)?;
    let view = View {
        id: workspace.id('V'),
        user,
        content,
        entered: BTreeMap::new(),
        errors: BTreeMap::new(),
        problem: None,
        hash: workspace.ts(now),
    };
    let json = view.json(&shared.own.app);
    workspace.views.push(view);
    Ok(json!({"view": json}))
}

impl Slack {
    /// The forms on this person's screen, the one on top last.
    pub fn open_views(&self, user: &str) -> Vec<OpenView> {
        let reader = Reader { zone: TimeZone::UTC, now: (self.shared.clock)() };
        let workspace = locked(&self.shared.state);
        workspace
            .views
            .iter()
            .filter(|view| view.user == user)
            .map(|view| seen(&workspace, &reader, view))
            .collect()
    }

    /// Closes a form without submitting it. The app is not told, as it does not ask for that.
    pub fn close_view(&self, user: &str, view_id: &str) {
        locked(&self.shared.state).views.retain(|view| view.user != user || view.id != view_id);
    }
}

fn seen(workspace: &Workspace, reader: &Reader, view: &View) -> OpenView {
    OpenView {
        id: view.id.clone(),
        title: text::with_emoji(view.of("title")),
        texts: view.blocks().iter().map(|block| text::block(workspace, reader, block)).collect(),
        inputs: view.inputs().iter().map(|input| input.action_id.to_owned()).collect(),
        submit: text::with_emoji(view.of("submit")),
        callback_id: view.of("callback_id").to_owned(),
        private_metadata: view.of("private_metadata").to_owned(),
        errors: view.errors.clone(),
    }
}
