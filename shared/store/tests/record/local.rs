//! A DynamoDB of its own for each test.

use crate::template::table;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeValue, BillingMode};
use jiff::SignedDuration;
use signoff_store::{Store, StoreConfig};
use std::collections::{BTreeMap, HashMap};

/// The record table's name.
pub const RECORD: &str = "record";
/// The cache table's name.
pub const CACHE: &str = "cache";

/// A row as DynamoDB has it.
pub type Row = HashMap<String, AttributeValue>;

/// A store on an empty DynamoDB, and what tests look at it with.
pub struct Local {
    pub store: Store,
    pub dynamo: Client,
}

/// Returns the places of the store's tables, without queues.
pub fn places() -> StoreConfig {
    StoreConfig {
        record_table: RECORD.to_owned(),
        cache_table: Some(CACHE.to_owned()),
        deploys_queue: None,
        effects_queue: None,
        retention: SignedDuration::from_hours(24 * 365),
    }
}

/// A client of the DynamoDB at this address.
pub fn client(address: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(address);
    Client::from_conf(config.build())
}

impl Local {
    /// An empty DynamoDB with both tables. It ends with the test's runtime.
    pub async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let database = dynoxide::Database::memory().expect("a database");
        tokio::spawn(dynoxide::server::serve_on(listener, database));
        let dynamo = client(&address);
        create(&dynamo, RECORD, "RecordTable").await;
        create(&dynamo, CACHE, "CacheTable").await;
        Self { store: Store::new(dynamo.clone(), None, places()), dynamo }
    }

    /// Every row of the record, by its keys.
    pub async fn rows(&self) -> BTreeMap<String, Row> {
        let mut pages =
            self.dynamo.scan().table_name(RECORD).consistent_read(true).into_paginator().items().send();
        let mut rows = BTreeMap::new();
        while let Some(row) = pages.next().await {
            let row = row.expect("a row");
            rows.insert(format!("{} {}", text(&row, "pk"), text(&row, "sk")), row);
        }
        rows
    }

    /// Returns the number of rows of this kind: `deploy`, `run`, `approval`, `effect`, `event`, `delivery`.
    pub async fn count(&self, kind: &str) -> usize {
        self.rows().await.values().filter(|row| text(row, "sk").split('#').next() == Some(kind)).count()
    }
}

/// The text in a row's attribute.
pub fn text(row: &Row, name: &str) -> String {
    row.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

async fn create(dynamo: &Client, name: &str, logical_id: &str) {
    let table = table(logical_id);
    dynamo
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(table.attributes))
        .set_key_schema(Some(table.keys))
        .set_global_secondary_indexes((!table.indexes.is_empty()).then_some(table.indexes))
        .send()
        .await
        .expect("a table");
}
