//! DynamoDB, SQS, Secrets Manager, EventBridge and Lambda's Invoke behind one address, as `AWS_ENDPOINT_URL`
//! wants it.
//!
//! Services are told apart by `X-Amz-Target` (the AWS JSON protocols) and, for Invoke, by the path.
//! Signatures are not verified; the access key id of each request's signature says which function sent it
//! (see [`requests`]).

pub(super) mod access;
pub(super) mod dynamodb;
pub(super) mod events;
pub(super) mod requests;
pub(super) mod secrets;
pub(super) mod sqs;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, State},
    response::Response,
};
use http::{StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::lambda::{self, Functions};
use crate::{
    calls::{Calls, shape},
    stand_in::server::Connection,
};

/// DynamoDB takes 16 MB, Invoke 6 MB, SQS 1 MB.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Error of a call that the stack itself made to one of its services.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed: {message}")]
pub struct ServiceError {
    /// Such as `SQS.CreateQueue`.
    pub operation: String,
    /// The service's error message.
    pub message: String,
}

impl ServiceError {
    fn new(operation: impl Into<String>, message: impl ToString) -> Self {
        Self { operation: operation.into(), message: message.to_string() }
    }
}

/// Services behind the one address.
pub(super) struct Services {
    pub(super) dynamodb: dynamodb::DynamoDb,
    pub(super) sqs: sqs::Sqs,
    pub(super) secrets: secrets::Secrets,
    pub(super) events: events::Events,
    pub(super) functions: Arc<Functions>,
    pub(super) requests: requests::RequestLog,
    pub(super) access: access::Access,
    pub(super) calls: Calls,
}

/// The one address's handler.
pub(super) fn router(services: Arc<Services>) -> Router {
    Router::new().fallback(dispatch).with_state(services)
}

async fn dispatch(
    State(services): State<Arc<Services>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", "Request too large.");
    };
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let function = lambda::invoke_path(parts.uri.path());
    let (service, operation) = match (function, target.split_once('.')) {
        (Some(_), _) => ("Lambda", "Invoke"),
        (None, Some(("DynamoDB_20120810", operation))) => ("DynamoDB", operation),
        (None, Some(("AmazonSQS", operation))) => ("SQS", operation),
        (None, Some(("secretsmanager", operation))) => ("SecretsManager", operation),
        (None, Some(("AWSEvents", operation))) => ("EventBridge", operation),
        (None, _) => {
            let message = format!(
                "The local AWS has DynamoDB, SQS, Secrets Manager, EventBridge and Lambda Invoke; not `{target}`."
            );
            return error(StatusCode::BAD_REQUEST, "UnknownOperationException", &message);
        }
    };
    let caller = requests::caller(&parts.headers).to_owned();
    let called = body.clone();
    let handling = handle(&services, (service, operation), &caller, &parts, body);
    if !services.functions.has(&caller) {
        return handling.await;
    }
    let kind = format!("{caller} {service}.{operation}");
    let shape = shape(parts.uri.path(), &called);
    services.calls.pass((Some(&caller), kind, shape), &parts.headers, &connection, refused, handling).await
}

/// Answer of a service that fails on purpose, with this status.
fn refused(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    error(status, "InternalServerError", "Internal server error")
}

async fn handle(
    services: &Arc<Services>,
    (service, operation): (&str, &str),
    caller: &str,
    parts: &Parts,
    body: Bytes,
) -> Response {
    let function = lambda::invoke_path(parts.uri.path());
    services.requests.record(caller, &format!("{service}.{operation}"));
    let named = match function {
        Some(name) => json!({"FunctionName": name}),
        None => serde_json::from_slice(&body).unwrap_or_default(),
    };
    if let Some(refusal) = services.access.refusal(caller, service, operation, &named) {
        tracing::warn!(caller, "{refusal}");
        return error(StatusCode::BAD_REQUEST, "AccessDeniedException", &refusal);
    }
    match (function, service) {
        (Some(name), _) => lambda::invoke_api(&services.functions, name, &parts.headers, body).await,
        (None, "DynamoDB") => services.dynamodb.forward(parts, body).await,
        (None, "SQS") => services.sqs.handle(operation, body).await,
        (None, "EventBridge") => services.events.handle(operation, &body),
        (None, _) => services.secrets.handle(operation, &body),
    }
}

/// An error as the AWS JSON protocols write it.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization>
pub(super) fn error(status: StatusCode, kind: &str, message: &str) -> Response {
    json_response(status, &json!({"__type": kind, "message": message}))
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}
