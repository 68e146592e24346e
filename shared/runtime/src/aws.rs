//! Clients of AWS, as a function on Lambda needs them: credentials and region from its environment,
//! `AWS_ENDPOINT_URL` for a local AWS, time limits that fit a function's own.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>, reserved environment
//! variables.

use crate::settings::{SettingError, Settings};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Region, SharedCredentialsProvider, SharedHttpClient, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use signoff_store::{Store, StoreConfig};
use std::time::Duration;

/// The certificate authorities of AWS's own addresses, from <https://www.amazontrust.com/repository/>.
/// Reading the system's 144 was a good part of each cold start.
const ROOTS: &[u8] = include_bytes!("aws/roots.pem");

/// Configuration that the clients share.
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
                .tls_context(context())
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

    /// The record of this stack, as far as the settings say that this function reaches it.
    pub fn store(&self, settings: &Settings) -> Result<Store, SettingError> {
        let text = |name| settings.optional(name).map(str::to_owned);
        let places = StoreConfig {
            record_table: settings.required("RECORD_TABLE")?.to_owned(),
            cache_table: text("CACHE_TABLE"),
            deploys_queue: text("DEPLOYS_QUEUE_URL"),
            effects_queue: text("EFFECTS_QUEUE_URL"),
            retention: settings.retention()?,
        };
        let sends = places.deploys_queue.is_some() || places.effects_queue.is_some();
        Ok(Store::new(self.dynamodb(), sends.then(|| self.sqs()), places))
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

/// TLS that trusts [`ROOTS`] alone.
fn context() -> TlsContext {
    let roots = TrustStore::empty().with_pem_certificate(ROOTS);
    // Without them it would be the system's roots, which are more.
    TlsContext::builder().with_trust_store(roots).build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    /// The certificates' SHA-256, as <https://www.amazontrust.com/repository/> lists them.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn roots_are_those_of_amazon() {
        let text = std::str::from_utf8(ROOTS).unwrap();
        let bodies = text.split("-----BEGIN CERTIFICATE-----").skip(1);
        let fingerprints: Vec<String> = bodies
            .map(|body| {
                body.split("-----END").next().unwrap_or_default().split_whitespace().collect::<String>()
            })
            .map(|body| hex::encode(Sha256::digest(STANDARD.decode(body).unwrap())))
            .collect();
        assert_eq!(fingerprints, FINGERPRINTS);
    }
}
