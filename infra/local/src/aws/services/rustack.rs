//! What the two services of the rustack crates have in common: requests and answers of their handlers.

use axum::{
    body::{Body, Bytes, to_bytes},
    response::Response,
};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::{LARGEST_BODY, ServiceError};

/// The headers that rustack's routers look the operation up in.
pub(super) fn target(service: &str, operation: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("{service}.{operation}")) {
        headers.insert("x-amz-target", value);
    }
    headers
}

/// Turns a handler's answer into the server's.
pub(super) fn response<B>(response: http::Response<B>) -> Response
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    response.map(Body::new)
}

/// The JSON in a service's answer.
///
/// # Errors
/// What the service refused.
pub(super) async fn json(operation: String, response: Response) -> Result<Value, ServiceError> {
    let status = response.status();
    let body = to_bytes(response.into_body(), LARGEST_BODY)
        .await
        .map_err(|error| ServiceError::new(operation.clone(), error))?;
    if !status.is_success() {
        return Err(ServiceError::new(operation, String::from_utf8_lossy(&body)));
    }
    serde_json::from_slice(&body).map_err(|error| ServiceError::new(operation, error))
}
