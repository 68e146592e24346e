//! Answers: a status and a text that says what was wrong and what would be right.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};

/// A plain-text answer.
pub(crate) fn text(status: StatusCode, body: impl Into<String>) -> Response<Body> {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// `400` with what is wrong.
pub(crate) fn bad_request(problem: impl Into<String>) -> Response<Body> {
    text(StatusCode::BAD_REQUEST, problem)
}

/// `500` where this stack is not set up.
pub(crate) fn not_set_up() -> Response<Body> {
    text(StatusCode::INTERNAL_SERVER_ERROR, "Signoff is not set up to take deploys yet: a secret is missing.")
}

/// `503` where the record can't be reached now, so that `what` ("The deploy was not registered") is so.
pub(crate) fn try_again(what: &str) -> Response<Body> {
    let problem = format!("{what}: the record can't be reached now. Try again.");
    text(StatusCode::SERVICE_UNAVAILABLE, problem)
}
