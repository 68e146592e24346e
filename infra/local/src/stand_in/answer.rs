//! An answer of a stand-in's API, before it becomes HTTP.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// A status, headers and a body.
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Content,
}

enum Content {
    Nothing,
    Json(Value),
    Text(&'static str, String),
}

impl Answer {
    /// A status without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Content::Nothing }
    }

    /// A status with a JSON body.
    pub fn of_json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Content::Json(body) }
    }

    /// 200 with a text of this media type.
    pub fn of_text(media_type: &'static str, body: String) -> Self {
        Self { status: 200, headers: Vec::new(), body: Content::Text(media_type, body) }
    }

    /// A status with `{"message": …}`, as CircleCI answers errors.
    pub fn message(status: u16, message: &str) -> Self {
        Self::of_json(status, json!({ "message": message }))
    }

    /// The same with a header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<&Value> {
        match &self.body {
            Content::Json(value) => Some(value),
            Content::Nothing | Content::Text(..) => None,
        }
    }

    /// The body as it is sent.
    pub fn text(&self) -> String {
        match &self.body {
            Content::Nothing => String::new(),
            Content::Json(value) => value.to_string(),
            Content::Text(_, text) => text.clone(),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let media_type = match &self.body {
            Content::Nothing => None,
            Content::Json(_) => Some("application/json; charset=utf-8"),
            Content::Text(media_type, _) => Some(*media_type),
        };
        let mut response = Response::new(Body::from(self.text()));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(media_type) = media_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
