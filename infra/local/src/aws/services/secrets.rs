//! Secrets Manager, in memory: values come in at every start, so nothing needs to be kept.
//!
//! Reading a secret, putting a new value and describing it; a secret is known by its name, its ARN, or its
//! ARN without the end that AWS makes up.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html>.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::response::Response;
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{error, json_response};
use crate::aws::{clock, ids::Ids, template::resources};

/// Letters that AWS puts after a hyphen behind the name.
const ARN_END: usize = 7;

/// The secrets of the stack.
pub(crate) struct Secrets {
    ids: Arc<Ids>,
    secrets: Mutex<Vec<Secret>>,
}

struct Secret {
    name: String,
    arn: String,
    created: f64,
    current: Version,
    previous: Option<Version>,
}

#[derive(Clone)]
struct Version {
    id: String,
    value: SecretString,
}

type Refusal = (&'static str, &'static str);

impl Secrets {
    /// The template's secrets, with `values` (by logical id) or their own placeholders.
    pub(crate) fn new(
        secrets: &[resources::Secret],
        values: &BTreeMap<String, SecretString>,
        ids: &Arc<Ids>,
    ) -> Self {
        let secrets = secrets.iter().map(|secret| {
            let value = values.get(&secret.logical_id).cloned();
            Secret {
                name: secret.name.clone(),
                arn: secret.arn.clone(),
                created: now(),
                current: Version {
                    id: ids.uuid(),
                    value: value.unwrap_or_else(|| SecretString::from(secret.placeholder.clone())),
                },
                previous: None,
            }
        });
        Self { ids: Arc::clone(ids), secrets: Mutex::new(secrets.collect()) }
    }

    /// Answers one request.
    pub(crate) fn handle(&self, operation: &str, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let id = request["SecretId"].as_str().unwrap_or_default();
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(secret) = secrets.iter_mut().find(|secret| secret.is_named(id)) else {
            let message = "Secrets Manager can't find the specified secret.";
            return error(StatusCode::BAD_REQUEST, "ResourceNotFoundException", message);
        };
        let answer = match operation {
            "GetSecretValue" => secret.get(&request),
            "PutSecretValue" => secret.put(&request, &self.ids),
            "DescribeSecret" => Ok(secret.describe()),
            _ => Err((
                "InvalidRequestException",
                "The local Secrets Manager gets, puts and describes secrets only.",
            )),
        };
        match answer {
            Ok(answer) => json_response(StatusCode::OK, &answer),
            Err((kind, message)) => error(StatusCode::BAD_REQUEST, kind, message),
        }
    }
}

impl Secret {
    fn is_named(&self, id: &str) -> bool {
        id == self.name
            || id == self.arn
            || self.arn.len().checked_sub(ARN_END).is_some_and(|end| id == &self.arn[..end])
    }

    fn get(&self, request: &Value) -> Result<Value, Refusal> {
        let previous = self.previous.as_ref().map(|version| (version, "AWSPREVIOUS"));
        let versions = [Some((&self.current, "AWSCURRENT")), previous];
        let (id, stage) = (request["VersionId"].as_str(), request["VersionStage"].as_str());
        let wanted = |version: &Version, own: &str| match (id, stage) {
            (None, None) => own == "AWSCURRENT",
            (id, stage) => id.is_none_or(|id| id == version.id) && stage.is_none_or(|stage| stage == own),
        };
        let found = versions.into_iter().flatten().find(|(version, stage)| wanted(version, stage));
        let (version, stage) = found
            .ok_or(("ResourceNotFoundException", "Secrets Manager can't find the specified secret value."))?;
        Ok(json!({
            "ARN": self.arn,
            "Name": self.name,
            "VersionId": version.id,
            "SecretString": version.value.expose_secret(),
            "VersionStages": [stage],
            "CreatedDate": self.created,
        }))
    }

    fn put(&mut self, request: &Value, ids: &Ids) -> Result<Value, Refusal> {
        let value = request["SecretString"]
            .as_str()
            .ok_or(("InvalidParameterException", "The local Secrets Manager keeps a SecretString only."))?;
        let id = request["ClientRequestToken"].as_str().map_or_else(|| ids.uuid(), str::to_owned);
        let put = Version { id: id.clone(), value: SecretString::from(value) };
        self.previous = Some(std::mem::replace(&mut self.current, put));
        Ok(json!({"ARN": self.arn, "Name": self.name, "VersionId": id, "VersionStages": ["AWSCURRENT"]}))
    }

    fn describe(&self) -> Value {
        let mut stages = json!({ &self.current.id: ["AWSCURRENT"] });
        if let Some(previous) = &self.previous {
            stages[&previous.id] = json!(["AWSPREVIOUS"]);
        }
        json!({"ARN": self.arn, "Name": self.name, "VersionIdsToStages": stages, "CreatedDate": self.created})
    }
}

/// Epoch seconds with a fraction, as the JSON protocol writes times.
fn now() -> f64 {
    clock::now().as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:slack-local0";

    async fn ask(secrets: &Secrets, operation: &str, request: Value) -> Value {
        let response = secrets.handle(operation, request.to_string().as_bytes());
        serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
    }

    fn secrets() -> Secrets {
        let secret = resources::Secret {
            logical_id: "Slack".to_owned(),
            name: "slack".to_owned(),
            arn: ARN.to_owned(),
            placeholder: "{}".to_owned(),
        };
        Secrets::new(&[secret], &BTreeMap::new(), &Arc::new(Ids::default()))
    }

    #[tokio::test]
    async fn a_secret_is_found_by_name_and_by_arn_with_or_without_its_end() {
        let secrets = secrets();
        for id in ["slack", ARN, ARN.trim_end_matches("-local0")] {
            assert_eq!(
                ask(&secrets, "GetSecretValue", json!({"SecretId": id})).await["SecretString"],
                "{}",
                "{id}"
            );
        }
        let answer = ask(&secrets, "GetSecretValue", json!({"SecretId": "sla"})).await;
        assert_eq!(answer["__type"], "ResourceNotFoundException");
    }

    #[tokio::test]
    async fn new_secret_value_keeps_the_old_one_as_previous() {
        let secrets = secrets();
        ask(&secrets, "PutSecretValue", json!({"SecretId": "slack", "SecretString": "new"})).await;
        assert_eq!(
            ask(&secrets, "GetSecretValue", json!({"SecretId": "slack"})).await["SecretString"],
            "new"
        );
        let previous = json!({"SecretId": "slack", "VersionStage": "AWSPREVIOUS"});
        assert_eq!(ask(&secrets, "GetSecretValue", previous).await["SecretString"], "{}");
        let described = ask(&secrets, "DescribeSecret", json!({"SecretId": "slack"})).await;
        assert_eq!(described["VersionIdsToStages"].as_object().map(serde_json::Map::len), Some(2));
        let answer =
            ask(&secrets, "PutSecretValue", json!({"SecretId": "slack", "SecretBinary": "AA=="})).await;
        assert_eq!(answer["__type"], "InvalidParameterException");
    }
}
