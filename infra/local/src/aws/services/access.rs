//! Permissions that a request needs, and the check that its sender's role has them.
//!
//! Actions and resources by operation:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::aws::template::{
    Place, Resources,
    policies::Role,
    resources::{EventSource, Function, Queue},
    rules::DEFAULT_BUS,
};

/// Actions that Lambda itself takes on a queue with the function's role.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions>
const FEED: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/// The roles of the functions, and what names in requests stand for.
pub(crate) struct Access {
    place: Place,
    /// By logical id of the function.
    roles: BTreeMap<String, Role>,
    secrets: Vec<(String, String)>,
    functions: Vec<(String, String)>,
}

/// A permission: the action, and the ARN of what it is done to.
pub(crate) type Permission = (String, String);

impl Access {
    pub(crate) fn new(resources: &Resources, place: &Place) -> Self {
        let role = |arn: &str| resources.roles.iter().find(|role| role.arn == arn).cloned();
        let roles = resources
            .functions
            .iter()
            .filter_map(|function| Some((function.logical_id.clone(), role(function.role_arn.as_deref()?)?)));
        Self {
            place: place.clone(),
            roles: roles.collect(),
            secrets: resources
                .secrets
                .iter()
                .map(|secret| (secret.name.clone(), secret.arn.clone()))
                .collect(),
            functions: resources
                .functions
                .iter()
                .map(|function| (function.name.clone(), function.arn.clone()))
                .collect(),
        }
    }

    /// Returns the permission that the sender of a request lacks, in the words of AWS; `None` if it lacks
    /// none. A caller that is not a function of the stack may do everything.
    pub(crate) fn refusal(
        &self,
        caller: &str,
        service: &str,
        operation: &str,
        request: &Value,
    ) -> Option<String> {
        let role = self.roles.get(caller)?;
        let needed = self.needed(service, operation, request);
        let (action, resource) =
            needed.into_iter().find(|(action, resource)| !role.allows(action, resource))?;
        Some(format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
             allows the {action} action",
            role.arn
        ))
    }

    /// Returns the permission that a function's role lacks to be fed from a queue.
    pub(crate) fn missing_to_feed(&self, source: &EventSource, queue: &Queue) -> Option<Permission> {
        let role = self.roles.get(&source.function)?;
        let lacks = FEED.into_iter().find(|action| !role.allows(action, &queue.arn))?;
        Some((lacks.to_owned(), queue.arn.clone()))
    }

    /// Returns the permission that a function's role lacks to send its failed events to its dead-letter
    /// queue.
    pub(crate) fn missing_to_bury(&self, function: &Function) -> Option<Permission> {
        let (role, queue) = (self.roles.get(&function.logical_id)?, function.dead_letters.as_ref()?);
        let action = "sqs:SendMessage";
        (!role.allows(action, queue)).then(|| (action.to_owned(), queue.clone()))
    }

    fn needed(&self, service: &str, operation: &str, request: &Value) -> BTreeSet<Permission> {
        match service {
            "DynamoDB" => self.dynamodb(operation, request),
            "SQS" => {
                let name = request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next());
                let name = name.or_else(|| request["QueueName"].as_str()).unwrap_or_default();
                // A batch needs what its single operation needs.
                let action = operation.strip_suffix("Batch").unwrap_or(operation);
                BTreeSet::from([(format!("sqs:{action}"), self.arn("sqs", name))])
            }
            "SecretsManager" => {
                let id = request["SecretId"].as_str().unwrap_or_default();
                let known =
                    self.secrets.iter().find(|(name, arn)| name == id || arn == id || arn.starts_with(id));
                let arn = known.map_or_else(|| id.to_owned(), |(_, arn)| arn.clone());
                BTreeSet::from([(format!("secretsmanager:{operation}"), arn)])
            }
            "EventBridge" => {
                let entries = request["Entries"].as_array().into_iter().flatten();
                let buses = entries.map(|entry| match entry["EventBusName"].as_str() {
                    Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
                    name => self.arn("events", &format!("event-bus/{}", name.unwrap_or(DEFAULT_BUS))),
                });
                buses.map(|bus| (format!("events:{operation}"), bus)).collect()
            }
            _ => {
                let name = request["FunctionName"].as_str().unwrap_or_default();
                let known = self.functions.iter().find(|(known, arn)| known == name || arn == name);
                let arn = known
                    .map_or_else(|| self.arn("lambda", &format!("function:{name}")), |(_, arn)| arn.clone());
                BTreeSet::from([("lambda:InvokeFunction".to_owned(), arn)])
            }
        }
    }

    /// A transaction needs what each of its parts needs, and nothing by its own name.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
    fn dynamodb(&self, operation: &str, request: &Value) -> BTreeSet<Permission> {
        let table =
            |name: &Value| self.arn("dynamodb", &format!("table/{}", name.as_str().unwrap_or_default()));
        match operation {
            "TransactWriteItems" | "TransactGetItems" => {
                let parts = request["TransactItems"].as_array().into_iter().flatten();
                let parts = parts.filter_map(Value::as_object).flatten();
                parts
                    .map(|(kind, part)| {
                        let action = if kind == "ConditionCheck" {
                            "ConditionCheckItem".to_owned()
                        } else {
                            format!("{kind}Item")
                        };
                        (format!("dynamodb:{action}"), table(&part["TableName"]))
                    })
                    .collect()
            }
            "BatchGetItem" | "BatchWriteItem" => {
                let tables = request["RequestItems"].as_object().into_iter().flatten();
                tables
                    .map(|(name, _)| (format!("dynamodb:{operation}"), table(&Value::String(name.clone()))))
                    .collect()
            }
            _ => {
                let arn = table(&request["TableName"]);
                let arn = match request["IndexName"].as_str() {
                    Some(index) => format!("{arn}/index/{index}"),
                    None => arn,
                };
                BTreeSet::from([(format!("dynamodb:{operation}"), arn)])
            }
        }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.place.region, self.place.account)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn access() -> Access {
        Access {
            place: Place {
                stack: "demo".to_owned(),
                region: "r".to_owned(),
                account: "1".to_owned(),
                endpoint_url: String::new(),
                api_url: String::new(),
            },
            roles: BTreeMap::new(),
            secrets: vec![("slack".to_owned(), "arn:secret:slack-local0".to_owned())],
            functions: vec![("demo-F".to_owned(), "arn:aws:lambda:r:1:function:demo-F".to_owned())],
        }
    }

    #[test]
    fn requests_need_what_aws_says_they_need() {
        let transaction = json!({"TransactItems": [
            {"Put": {"TableName": "t"}}, {"Update": {"TableName": "t"}}, {"Put": {"TableName": "t"}},
            {"ConditionCheck": {"TableName": "u"}},
        ]});
        type Case<'c> = (&'c str, &'c str, Value, &'c [(&'c str, &'c str)]);
        let cases: &[Case<'_>] = &[
            (
                "DynamoDB",
                "TransactWriteItems",
                transaction,
                &[
                    ("dynamodb:ConditionCheckItem", "arn:aws:dynamodb:r:1:table/u"),
                    ("dynamodb:PutItem", "arn:aws:dynamodb:r:1:table/t"),
                    ("dynamodb:UpdateItem", "arn:aws:dynamodb:r:1:table/t"),
                ],
            ),
            (
                "DynamoDB",
                "Query",
                json!({"TableName": "t", "IndexName": "due"}),
                &[("dynamodb:Query", "arn:aws:dynamodb:r:1:table/t/index/due")],
            ),
            (
                "DynamoDB",
                "BatchGetItem",
                json!({"RequestItems": {"t": {}}}),
                &[("dynamodb:BatchGetItem", "arn:aws:dynamodb:r:1:table/t")],
            ),
            (
                "SQS",
                "SendMessageBatch",
                json!({"QueueUrl": "http://h/1/q.fifo"}),
                &[("sqs:SendMessage", "arn:aws:sqs:r:1:q.fifo")],
            ),
            (
                "SecretsManager",
                "GetSecretValue",
                json!({"SecretId": "slack"}),
                &[("secretsmanager:GetSecretValue", "arn:secret:slack-local0")],
            ),
            (
                "EventBridge",
                "PutEvents",
                json!({"Entries": [
                    {"EventBusName": "deploys"}, {}, {"EventBusName": "arn:aws:events:r:2:event-bus/other"},
                ]}),
                &[
                    ("events:PutEvents", "arn:aws:events:r:1:event-bus/default"),
                    ("events:PutEvents", "arn:aws:events:r:1:event-bus/deploys"),
                    ("events:PutEvents", "arn:aws:events:r:2:event-bus/other"),
                ],
            ),
            (
                "Lambda",
                "Invoke",
                json!({"FunctionName": "demo-F"}),
                &[("lambda:InvokeFunction", "arn:aws:lambda:r:1:function:demo-F")],
            ),
        ];
        for (service, operation, request, expected) in cases {
            let needed = access().needed(service, operation, request);
            let needed: Vec<(&str, &str)> = needed.iter().map(|(action, arn)| (&**action, &**arn)).collect();
            assert_eq!(needed, *expected, "{service}.{operation}");
        }
    }
}
