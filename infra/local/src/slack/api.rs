//! The Web API's calling convention (<https://docs.slack.dev/apis/web-api>): arguments in a query, a form or
//! JSON, answers with `ok`, errors with HTTP 200.

use super::{Shared, chat, conversations, openid, users, views};
use crate::stand_in::percent;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Json, Response};
use http::request::Parts;
use http::{HeaderMap, Method, header};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The error of a method: Slack's word for it, and what it says about the arguments.
pub struct Failure {
    error: &'static str,
    messages: Vec<String>,
}

impl From<&'static str> for Failure {
    fn from(error: &'static str) -> Self {
        Self { error, messages: Vec::new() }
    }
}

impl Failure {
    /// An error with messages about the arguments.
    pub fn new(error: &'static str, messages: Vec<String>) -> Self {
        Self { error, messages }
    }

    fn json(&self) -> Value {
        if self.messages.is_empty() {
            return json!({"ok": false, "error": self.error});
        }
        let messages: Vec<String> =
            self.messages.iter().map(|message| format!("[ERROR] {message}")).collect();
        json!({
            "ok": false, "error": self.error, "errors": self.messages,
            "response_metadata": {"messages": messages},
        })
    }
}

/// Answer of a method: the fields beside `ok`.
pub type Outcome = Result<Value, Failure>;

/// The arguments of a call.
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// A text argument; a number counts as its digits. `None`: missing or empty.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A text argument that must be there.
    ///
    /// # Errors
    /// `invalid_arguments`, which names it.
    pub fn required(&self, name: &str) -> Result<String, Failure> {
        let missing = || Failure::new("invalid_arguments", vec![format!("missing required field: {name}")]);
        self.text(name).ok_or_else(missing)
    }

    /// True if a flag is set: `true`, `"true"` or `1`.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
            || self.text(name).is_some_and(|text| text == "true" || text == "1")
    }

    /// A structured argument: JSON, or a text that holds JSON. `None`: missing or null.
    ///
    /// # Errors
    /// That it is a text that does not hold JSON, as this error.
    pub fn json(&self, name: &str, error: &'static str) -> Result<Option<Value>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| error.into()),
            Some(value) => Ok(Some(value.clone())),
        }
    }
}

/// Answers a call of any method.
pub async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(method): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let answer = match call(&shared, &method, &parts, &body) {
        Ok(Value::Object(mut fields)) => {
            fields.insert("ok".to_owned(), Value::Bool(true));
            Value::Object(fields)
        }
        Ok(_) => json!({"ok": true}),
        Err(failure) => failure.json(),
    };
    Json(answer).into_response()
}

fn call(shared: &Shared, method: &str, parts: &Parts, body: &[u8]) -> Outcome {
    if method == "openid.connect.token" {
        return openid::token(shared, &parts.headers, &arguments(parts, body, true)?);
    }
    let (run, takes_json): (fn(&Shared, &Arguments) -> Outcome, bool) = match method {
        "auth.test" => (users::auth_test, true),
        "chat.postMessage" => (chat::post_message, true),
        "chat.postEphemeral" => (chat::post_ephemeral, true),
        "chat.update" => (chat::update, true),
        "chat.getPermalink" => (chat::get_permalink, false),
        "conversations.open" => (conversations::open, true),
        "conversations.list" => (conversations::list, false),
        "conversations.members" => (conversations::members, false),
        "conversations.history" => (conversations::history, false),
        "conversations.replies" => (conversations::replies, false),
        "users.info" => (users::info, false),
        "users.lookupByEmail" => (users::lookup_by_email, false),
        "usergroups.list" => (users::groups, false),
        "usergroups.users.list" => (users::group_members, false),
        "views.open" => (views::open, true),
        _ => return Err("unknown_method".into()),
    };
    let arguments = arguments(parts, body, takes_json)?;
    authorize(shared, &parts.headers, &arguments)?;
    run(shared, &arguments)
}

/// The arguments of the query, and those of the body over them. Methods that read take no JSON body: its
/// arguments go unseen.
fn arguments(parts: &Parts, body: &[u8], takes_json: bool) -> Result<Arguments, Failure> {
    let mut arguments = Map::new();
    let query = percent::pairs(parts.uri.query().unwrap_or_default()).ok_or("invalid_arguments")?;
    arguments.extend(query.into_iter().map(|(name, value)| (name, Value::String(value))));
    if parts.method == Method::POST && !body.is_empty() {
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match kind.unwrap_or_default().split(';').next().unwrap_or_default().trim() {
            "application/json" if takes_json => match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => arguments.extend(fields),
                Ok(_) => return Err("json_not_object".into()),
                Err(_) => return Err("invalid_json".into()),
            },
            "application/json" => {}
            "application/x-www-form-urlencoded" => {
                let text = std::str::from_utf8(body).map_err(|_| "invalid_charset")?;
                let form = percent::pairs(text).ok_or("invalid_form_data")?;
                arguments.extend(form.into_iter().map(|(name, value)| (name, Value::String(value))));
            }
            _ => return Err("invalid_post_type".into()),
        }
    }
    Ok(Arguments(arguments))
}

fn authorize(shared: &Shared, headers: &HeaderMap, arguments: &Arguments) -> Result<(), Failure> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    match token.or_else(|| arguments.text("token")) {
        None => Err("not_authed".into()),
        Some(token) if token == shared.settings.bot_token => Ok(()),
        Some(_) => Err("invalid_auth".into()),
    }
}
