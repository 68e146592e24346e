//! DynamoDB: dynoxide on SQLite, in memory or in a file.
//!
//! dynoxide serves its wire protocol on a listener of its own only, so requests are passed on to an inner
//! port.

use std::{net::Ipv4Addr, path::Path};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use dynoxide::{Database, errors::DynoxideError};
use http::{HeaderMap, StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle};

use super::{ServiceError, error};
use crate::aws::template::resources::Table;

/// Headers that belong to one connection, not to the request that is passed on.
const HOP_BY_HOP: [header::HeaderName; 4] =
    [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING];

pub(crate) struct DynamoDb {
    database: Database,
    inner_url: String,
    client: reqwest::Client,
    server: AbortHandle,
}

impl DynamoDb {
    /// Opens the database (`file`, or in memory) and starts to serve it.
    ///
    /// # Errors
    /// A file that can't be opened, no free port.
    pub(crate) async fn start(file: Option<&Path>) -> Result<Self, ServiceError> {
        let failed = |message: String| ServiceError::new("DynamoDB (start)", message);
        let database = match file {
            Some(file) => Database::new(&file.to_string_lossy()),
            None => Database::memory(),
        }
        .map_err(|error| failed(error.to_string()))?;
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failed(error.to_string()))?;
        let address = listener.local_addr().map_err(|error| failed(error.to_string()))?;
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database.clone())).abort_handle();
        // reqwest is built without a TLS provider of its own. Another part of the process may have set one
        // already: either will do, nothing here leaves the machine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            reqwest::Client::builder().no_proxy().build().map_err(|error| failed(error.to_string()))?;
        Ok(Self { database, inner_url: format!("http://{address}/"), client, server })
    }

    /// Creates a table, or finds it in the file with the same keys and indexes.
    ///
    /// # Errors
    /// A table of another shape in the file, a definition that DynamoDB refuses.
    pub(crate) fn create(&self, table: &Table) -> Result<(), ServiceError> {
        let operation = "DynamoDB.CreateTable";
        let definition = definition(table);
        match self.database.create_table(request(operation, definition.clone())?) {
            Ok(_) => {}
            Err(DynoxideError::ResourceInUseException(_)) => self.compare(table, &definition)?,
            Err(refusal) => return Err(ServiceError::new(operation, refusal)),
        }
        let Some(attribute) = &table.ttl_attribute else { return Ok(()) };
        let operation = "DynamoDB.UpdateTimeToLive";
        let settings = json!({
            "TableName": table.name,
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        });
        match self.database.update_time_to_live(request(operation, settings)?) {
            Ok(_) => Ok(()),
            Err(DynoxideError::ValidationException(text)) if text.contains("already enabled") => Ok(()),
            Err(refusal) => Err(ServiceError::new(operation, refusal)),
        }
    }

    /// Puts a row, as DynamoDB's JSON has it, into a table.
    ///
    /// # Errors
    /// What the database refuses.
    pub(crate) fn put(&self, table: &str, row: &Value) -> Result<(), ServiceError> {
        let operation = "DynamoDB.PutItem";
        let put = request(operation, json!({"TableName": table, "Item": row}))?;
        let put = self.database.put_item(put);
        put.map(drop).map_err(|refusal| ServiceError::new(operation, refusal))
    }

    /// Deletes what has passed its time to live. DynamoDB does so within days; here it is done when asked
    /// for.
    ///
    /// # Errors
    /// What the database refuses.
    pub(crate) fn delete_expired(&self) -> Result<usize, ServiceError> {
        self.database.sweep_ttl().map_err(|error| ServiceError::new("DynamoDB (time to live)", error))
    }

    /// Passes one request on and gives the answer back as it is.
    pub(crate) async fn forward(&self, parts: &Parts, body: Bytes) -> Response {
        match self.send(&parts.headers, body).await {
            Ok(response) => response,
            Err(failure) => {
                error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", &failure.to_string())
            }
        }
    }

    async fn send(&self, headers: &HeaderMap, body: Bytes) -> Result<Response, reqwest::Error> {
        let mut headers = headers.clone();
        for name in HOP_BY_HOP {
            headers.remove(name);
        }
        let answer = self.client.post(&self.inner_url).headers(headers).body(body).send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        for name in HOP_BY_HOP {
            headers.remove(name);
        }
        let mut response = Response::new(Body::from(answer.bytes().await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Checks that the table in the file has the template's keys and indexes.
    fn compare(&self, table: &Table, wanted: &Value) -> Result<(), ServiceError> {
        let operation = "DynamoDB.DescribeTable";
        let description = self
            .database
            .describe_table(request(operation, json!({"TableName": table.name}))?)
            .map_err(|error| ServiceError::new(operation, error))?;
        let found = serde_json::to_value(description).map_err(|error| ServiceError::new(operation, error))?;
        if shape(&found["Table"]) == shape(wanted) {
            return Ok(());
        }
        let message = format!(
            "the kept data has a table {} with other keys or indexes than the template: start without that \
             directory, or delete it",
            table.name
        );
        Err(ServiceError::new(operation, message))
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn request<T: DeserializeOwned>(operation: &str, value: Value) -> Result<T, ServiceError> {
    serde_json::from_value(value).map_err(|error| ServiceError::new(operation, error))
}

/// `CreateTable`'s request.
fn definition(table: &Table) -> Value {
    let attributes: Vec<Value> = table
        .attributes
        .iter()
        .map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind}))
        .collect();
    let mut definition = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": key_schema(&table.keys),
    });
    let indexes: Vec<Value> = table
        .indexes
        .iter()
        .map(|index| {
            let mut projection = json!({"ProjectionType": index.projection});
            if !index.included.is_empty() {
                projection["NonKeyAttributes"] = json!(index.included);
            }
            json!({"IndexName": index.name, "KeySchema": key_schema(&index.keys), "Projection": projection})
        })
        .collect();
    if !indexes.is_empty() {
        definition["GlobalSecondaryIndexes"] = Value::Array(indexes);
    }
    definition
}

fn key_schema(keys: &[String]) -> Value {
    keys.iter()
        .zip(["HASH", "RANGE"])
        .map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind}))
        .collect()
}

/// Keys and indexes of a table's definition or description, in an order of their own.
fn shape(table: &Value) -> (Value, Vec<(String, Value, Value)>) {
    let indexes = table["GlobalSecondaryIndexes"].as_array().map_or(&[][..], Vec::as_slice);
    let mut indexes: Vec<_> = indexes
        .iter()
        .map(|index| {
            (index["IndexName"].to_string(), index["KeySchema"].clone(), index["Projection"].clone())
        })
        .collect();
    indexes.sort_by(|left, right| left.0.cmp(&right.0));
    (table["KeySchema"].clone(), indexes)
}
