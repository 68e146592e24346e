//! Secrets Manager: rustack's, in memory. Values come in at every start, so nothing needs to be kept.

use std::sync::Arc;

use axum::{body::Bytes, response::Response};
use rustack_secretsmanager_core::{
    config::SecretsManagerConfig, handler::RustackSecretsManagerHandler, provider::RustackSecretsManager,
};
use rustack_secretsmanager_http::{
    dispatch::SecretsManagerHandler, response::error_to_response, router::resolve_operation,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{ServiceError, rustack};
use crate::aws::template::{Place, resources::Secret};

/// rustack writes the request id into its errors; nothing looks it up.
const REQUEST_ID: &str = "local";

pub(crate) struct Secrets {
    handler: RustackSecretsManagerHandler,
}

impl Secrets {
    pub(crate) fn new(place: &Place) -> Self {
        let config = SecretsManagerConfig {
            skip_signature_validation: true,
            default_region: place.region.clone(),
            default_account_id: place.account.clone(),
        };
        Self { handler: RustackSecretsManagerHandler::new(Arc::new(RustackSecretsManager::new(config))) }
    }

    /// Creates a secret with `value`, or with the template's own value.
    ///
    /// # Errors
    /// What Secrets Manager refuses.
    pub(crate) async fn create(&self, secret: &Secret, value: Option<&SecretString>) -> Result<(), ServiceError> {
        let value = value.map_or(secret.placeholder.as_str(), ExposeSecret::expose_secret);
        let body = json!({"Name": secret.name, "SecretString": value}).to_string();
        let response = self.handle("CreateSecret", Bytes::from(body)).await;
        rustack::json("SecretsManager.CreateSecret".to_owned(), response).await.map(|_| ())
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, operation: &str, body: Bytes) -> Response {
        let answer = match resolve_operation(&rustack::target("secretsmanager", operation)) {
            Ok(operation) => self.handler.handle_operation(operation, body).await,
            Err(error) => Err(error),
        };
        rustack::response(answer.unwrap_or_else(|error| error_to_response(&error, REQUEST_ID)))
    }
}
