//! Parameters, from wherever a client puts them, and what can be wrong with one.

use crate::form;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The largest body that is read: clients of Sleuth's send up to 200 ancestors and 200 files with each of 250
/// commits.
pub(super) const MAX_BODY: usize = 5 * 1024 * 1024;

/// Reason why a registration can't be read: a text for the client, which names the parameter and says what
/// would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The body is over 5 MB: answer 413.
    #[error("the body is larger than 5 MB: leave out `files` and older `commits`")]
    TooLarge,
    /// The body as a whole can't be read: answer 400.
    #[error("{0}")]
    Body(String),
    /// One parameter is missing or wrong: answer 400.
    #[error("{name}: {problem}")]
    Parameter {
        /// Its name, with the place in it (`commits[2].author`).
        name: String,
        /// Description of the mistake, and of what would be right.
        problem: String,
    },
}

impl ParseError {
    /// The HTTP status to answer with.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Body(_) | Self::Parameter { .. } => 400,
        }
    }

    /// The error as logs have it: what was sent stands in no log.
    pub fn logged(&self) -> &str {
        match self {
            Self::TooLarge => "the body is too large",
            Self::Body(_) => "the body",
            Self::Parameter { name, .. } => name,
        }
    }

    pub(super) fn parameter(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), problem: problem.into() }
    }
}

/// The parameters of a request: those of the query, and over them those of the body.
///
/// The body is JSON or a form. What it is follows from itself rather than from its `Content-Type` where the
/// two disagree: `curl -d '{…}'` says that JSON is a form.
pub(super) fn parameters(
    content_type: Option<&str>,
    query: &str,
    body: &[u8],
) -> Result<Map<String, Value>, ParseError> {
    if body.len() > MAX_BODY {
        return Err(ParseError::TooLarge);
    }
    let mut parameters = pairs(query.as_bytes())?;
    let text = std::str::from_utf8(body).map_err(|error| {
        ParseError::Body(format!("the body is not UTF-8, from byte {} on", error.valid_up_to()))
    })?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let kind =
        content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    let mut sent = if text.is_empty() {
        Map::new()
    } else if is_json || text.starts_with(['{', '[']) {
        object(text)?
    } else if kind == "multipart/form-data" {
        let problem = "the body is multipart/form-data: send JSON or application/x-www-form-urlencoded";
        return Err(ParseError::Body(problem.to_owned()));
    } else {
        pairs(text.as_bytes())?
    };
    // What the body doesn't know, the query may.
    sent.retain(|_, value| !is_unknown(value));
    parameters.extend(sent);
    parameters.retain(|_, value| !is_unknown(value));
    Ok(parameters)
}

/// A JSON object's members.
fn object(text: &str) -> Result<Map<String, Value>, ParseError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(ParseError::Body("the body is JSON, but no object: send {\"sha\": \"…\"}".to_owned())),
        Err(error) => Err(ParseError::Body(format!("the body is not valid JSON: {error}"))),
    }
}

/// A form's fields; those that come more than once as a list.
fn pairs(form: &[u8]) -> Result<Map<String, Value>, ParseError> {
    let decoded = form::fields(form)
        .map_err(|name| ParseError::parameter(crate::failure::quote(&name), "it is not UTF-8"))?;
    let mut fields = Map::new();
    for (name, value) in decoded {
        let value = Value::from(value.into_owned());
        match fields.get_mut(name.as_ref()) {
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                fields.insert(name.into_owned(), value);
            }
        }
    }
    Ok(fields)
}

/// True if a value is one of those that clients send for what they don't know.
pub(super) fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_unknown),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The members of an object, at the place `at`, one by one.
pub(super) struct Fields<'a> {
    pub members: &'a Map<String, Value>,
    /// Prefix of a member's name in messages: nothing, or `commits[2].`.
    pub at: String,
}

impl<'a> Fields<'a> {
    /// A member; `None` if it is missing or unknown.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !is_unknown(value))
    }

    /// A member as text without the space around it.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, ParseError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim())),
            Some(other) => Err(self.wrong(name, format!("it must be text in quotes, not {}", kind(other)))),
        }
    }

    /// A member as an address that a browser may be sent to.
    pub fn address(&self, name: &str) -> Result<Option<String>, ParseError> {
        let address = self.text(name)?;
        match address {
            Some(address) if !is_address(address) => Err(self.wrong(name, not_an_address(address))),
            _ => Ok(address.map(str::to_owned)),
        }
    }

    /// A member as a list of objects. A form has it as JSON in text.
    pub fn objects(&self, name: &str) -> Result<Vec<Value>, ParseError> {
        let list = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map_err(|error| self.wrong(name, format!("it must be a JSON list of objects: {error}")))?,
            Some(other) => other.clone(),
        };
        match list {
            Value::Array(items) => Ok(items),
            Value::Object(_) => Ok(vec![list]),
            other => Err(self.wrong(name, format!("it must be a list of objects, not {}", kind(&other)))),
        }
    }

    /// An error about a member.
    pub fn wrong(&self, name: &str, problem: impl Into<String>) -> ParseError {
        ParseError::parameter(format!("{}{name}", self.at), problem)
    }
}

/// True if a text is an address that a browser may be sent to, and not a script.
pub(super) fn is_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty()) && !text.contains(char::is_whitespace)
}

/// Returns the error for a text that is not an address.
pub(super) fn not_an_address(text: &str) -> String {
    format!("`{}` is not an address: it must start with https:// or http://", crate::failure::quote(text))
}

/// Returns the type of a value, as it ends a sentence.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A time in ISO 8601, in UTC where it names no zone. A date alone is its midnight.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|time| time.timestamp())
    })
}
