//! Answers: a status and a text that says what was wrong and what would be right.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use signoff_runtime::secrets::SecretError;
use signoff_store::{CommitError, StoreError};

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

/// The answer where a secret can't be read: `503` where that may pass by itself, else `500`, as this stack is
/// not set up.
pub(crate) fn no_secret(what: &str, error: &SecretError) -> Response<Body> {
    if error.is_passing() {
        let problem = format!("{what}: Signoff can't read its secrets right now. Try again.");
        return text(StatusCode::SERVICE_UNAVAILABLE, problem);
    }
    text(StatusCode::INTERNAL_SERVER_ERROR, "Signoff is not set up to take deploys yet: a secret is missing.")
}

/// `429` where so many others changed the same at this moment that there was no turn for this one.
fn busy(what: &str) -> Response<Body> {
    let problem =
        format!("{what}: too many other reports arrived at the same moment. Try again in a few seconds.");
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, problem);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// `503` where the record can't be reached now, so that `what` ("The deploy was not registered") is so.
pub(crate) fn try_again(what: &str) -> Response<Body> {
    let problem = format!("{what}: Signoff can't reach its record right now. Try again.");
    text(StatusCode::SERVICE_UNAVAILABLE, problem)
}

/// The answer that says why `what` is so: `413` names a part that is too large and its limit, `503` says what
/// to wait for.
pub(crate) fn not_done(what: &str, error: &StoreError) -> Response<Body> {
    match error {
        StoreError::Service { .. } => try_again(what),
        StoreError::TooLarge { part, size, limit } => {
            let problem = format!("{what}: {part} would take {size}; the limit is {limit}. Send less of it.");
            text(StatusCode::PAYLOAD_TOO_LARGE, problem)
        }
        StoreError::Refused { .. } => {
            let problem = format!("{what}: the database refused the request. Send shorter names.");
            text(StatusCode::BAD_REQUEST, problem)
        }
        StoreError::Row { .. } => {
            let problem = format!(
                "{what}: this release of Signoff can't read a part of the record; the logs say which. Try again after the newer release \
                 is deployed again, or the part is repaired."
            );
            text(StatusCode::SERVICE_UNAVAILABLE, problem)
        }
    }
}

/// The same of a change that was not committed.
pub(crate) fn not_committed(what: &str, error: &CommitError) -> Response<Body> {
    match error {
        CommitError::Conflict => busy(what),
        CommitError::Store(error) => not_done(what, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_to_a_lost_race_says_when_to_try_again() {
        let answer = not_committed("The health was not put on record", &CommitError::Conflict);
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
        let Body::Text(said) = answer.body() else { panic!("a text") };
        assert!(said.starts_with("The health was not put on record: "), "{said}");
        assert!(said.ends_with("Try again in a few seconds."), "{said}");
    }
}
