//! Clients of AWS, as a function on Lambda needs them: credentials and region from its environment, `AWS_ENDPOINT_URL`
//! for a local AWS, time limits that fit a function's own.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>, reserved environment variables.

use crate::settings::{SettingError, Settings};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Region, SharedCredentialsProvider, SharedHttpClient, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use std::time::Duration;

/// What the clients have in common.
#[derive(Clone, Debug)]
pub struct Aws {
    region: Region,
    credentials: SharedCredentialsProvider,
    endpoint: Option<String>,
    http: SharedHttpClient,
    retries: RetryConfig,
    timeouts: TimeoutConfig,
}

macro_rules! client {
    ($aws:expr, $sdk:ident) => {{
        let aws = $aws;
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(aws.region.clone())
            .credentials_provider(aws.credentials.clone())
            .http_client(aws.http.clone())
            .retry_config(aws.retries.clone())
            .timeout_config(aws.timeouts.clone());
        config.set_endpoint_url(aws.endpoint.clone());
        $sdk::Client::from_conf(config.build())
    }};
}

impl Aws {
    /// AWS as the environment describes it. Lambda replaces a sandbox before its credentials end.
    pub fn new(settings: &Settings) -> Result<Self, SettingError> {
        let credentials = Credentials::from_keys(
            settings.required("AWS_ACCESS_KEY_ID")?,
            settings.required("AWS_SECRET_ACCESS_KEY")?,
            settings.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        );
        Ok(Self {
            region: Region::new(settings.required("AWS_REGION")?.to_owned()),
            credentials: SharedCredentialsProvider::new(credentials),
            endpoint: settings.optional("AWS_ENDPOINT_URL").map(str::to_owned),
            http: aws_smithy_http_client::Builder::new()
                .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                .build_https(),
            retries: RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(50)),
            timeouts: TimeoutConfig::builder()
                .connect_timeout(Duration::from_millis(1000))
                .operation_attempt_timeout(Duration::from_millis(2000))
                .operation_timeout(Duration::from_millis(5000))
                .build(),
        })
    }

    /// DynamoDB.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(self, aws_sdk_dynamodb)
    }

    /// SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(self, aws_sdk_sqs)
    }

    /// EventBridge.
    pub fn events(&self) -> aws_sdk_eventbridge::Client {
        client!(self, aws_sdk_eventbridge)
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        client!(self, aws_sdk_secretsmanager)
    }
}
