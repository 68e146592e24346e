//! Answers to Slack's requests.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use serde_json::{Value, json};

/// A line of text; Slack shows nothing of it, but its status.
pub(crate) fn text(status: StatusCode, body: &str) -> Response<Body> {
    response(status, "text/plain; charset=utf-8", body.to_owned())
}

/// Answer that all is well. A window closes.
pub(crate) fn done() -> Response<Body> {
    text(StatusCode::OK, "")
}

/// Another view in place of the window.
/// <https://docs.slack.dev/surfaces/modals#updating_response>
pub(crate) fn instead(view: &Value) -> Response<Body> {
    let body = json!({ "response_action": "update", "view": view });
    response(StatusCode::OK, "application/json", body.to_string())
}

fn response(status: StatusCode, kind: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
