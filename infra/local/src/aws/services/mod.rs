//! DynamoDB, SQS, Secrets Manager and Lambda's Invoke behind one address, as `AWS_ENDPOINT_URL` wants it.
//!
//! Services are told apart by `X-Amz-Target` (the AWS JSON protocols) and, for Invoke, by the path. Signatures are
//! not verified; the access key id of each request's signature says which function sent it (see [`requests`]).

pub(super) mod dynamodb;
pub(super) mod requests;
mod rustack;
pub(super) mod secrets;
pub(super) mod sqs;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{StatusCode, header};

use super::lambda::{self, Functions};

/// DynamoDB takes 16 MB, Invoke 6 MB, SQS 1 MB.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Why a call that the stack itself made to one of its services failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed: {message}")]
pub struct ServiceError {
    /// Such as `SQS.CreateQueue`.
    pub operation: String,
    /// What the service said.
    pub message: String,
}

impl ServiceError {
    fn new(operation: impl Into<String>, message: impl ToString) -> Self {
        Self { operation: operation.into(), message: message.to_string() }
    }
}

/// What the one address leads to.
pub(super) struct Services {
    pub(super) dynamodb: dynamodb::DynamoDb,
    pub(super) sqs: sqs::Sqs,
    pub(super) secrets: secrets::Secrets,
    pub(super) functions: Arc<Functions>,
    pub(super) requests: requests::RequestLog,
}

/// The one address's handler.
pub(super) fn router(services: Arc<Services>) -> Router {
    Router::new().fallback(dispatch).with_state(services)
}

async fn dispatch(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", "Request too large.");
    };
    let caller = requests::caller(&parts.headers).to_owned();
    if let Some(name) = lambda::invoke_path(parts.uri.path()) {
        services.requests.record(&caller, "Lambda.Invoke");
        return lambda::invoke_api(&services.functions, name, &parts.headers, body).await;
    }
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match target.split_once('.') {
        Some(("DynamoDB_20120810", operation)) => {
            services.requests.record(&caller, &format!("DynamoDB.{operation}"));
            services.dynamodb.forward(&parts, body).await
        }
        Some(("AmazonSQS", operation)) => {
            services.requests.record(&caller, &format!("SQS.{operation}"));
            services.sqs.handle(operation, body).await
        }
        Some(("secretsmanager", operation)) => {
            services.requests.record(&caller, &format!("SecretsManager.{operation}"));
            services.secrets.handle(operation, body).await
        }
        _ => {
            let message = format!("The local AWS has DynamoDB, SQS, Secrets Manager and Lambda Invoke; not `{target}`.");
            error(StatusCode::BAD_REQUEST, "UnknownOperationException", &message)
        }
    }
}

/// An error as the AWS JSON protocols write it.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization>
pub(super) fn error(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = serde_json::json!({"__type": kind, "message": message}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}
