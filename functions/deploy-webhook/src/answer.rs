//! Answers: a status and a text that says what was wrong and what would be right.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use store::{CommitError, StoreError};

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

/// The answer that says why `what` is so: `413` names a part that is too large and its limit, `503` says what
/// to wait for.
pub(crate) fn not_done(what: &str, error: &StoreError) -> Response<Body> {
    match error {
        StoreError::Service { .. } => try_again(what),
        StoreError::TooLarge { part, size, limit } => {
            let problem =
                format!("{what}: {part} would take {size}, and Signoff takes {limit}. Send less of it.");
            text(StatusCode::PAYLOAD_TOO_LARGE, problem)
        }
        StoreError::Refused { .. } => {
            let problem = format!("{what}: the record takes no such request. Send shorter names.");
            text(StatusCode::BAD_REQUEST, problem)
        }
        StoreError::Row { .. } => {
            let problem = format!(
                "{what}: a part of the record can't be read by this release of Signoff. Its log says which. Try again once the \
                 newer release is back, or the part is mended."
            );
            text(StatusCode::SERVICE_UNAVAILABLE, problem)
        }
    }
}

/// The same of a change that was not committed.
pub(crate) fn not_committed(what: &str, error: &CommitError) -> Response<Body> {
    match error {
        CommitError::Conflict => try_again(what),
        CommitError::Store(error) => not_done(what, error),
    }
}
