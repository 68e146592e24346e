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
    /// The attribute that is the partition key, by the table's name.
    partition_keys: BTreeMap<String, String>,
}

/// A permission: the action, and the ARN of what it is done to.
pub(crate) type Permission = (String, String);

/// The permissions that a request needs, each with the partition keys of the rows that it is for.
type Needed = BTreeMap<Permission, BTreeSet<String>>;

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
            partition_keys: resources
                .tables
                .iter()
                .filter_map(|table| Some((table.name.clone(), table.keys.first()?.clone())))
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
        let lacks = |((action, resource), keys): &(Permission, BTreeSet<String>)| {
            !role.allows_keys(action, resource, keys)
        };
        let ((action, resource), _) = needed.into_iter().find(lacks)?;
        let reason = if role.allows(&action, &resource) {
            "with an explicit deny in an identity-based policy".to_owned()
        } else {
            format!("because no identity-based policy allows the {action} action")
        };
        Some(format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} {reason}",
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

    fn needed(&self, service: &str, operation: &str, request: &Value) -> Needed {
        let of_no_row = |permission: Permission| Needed::from([(permission, BTreeSet::new())]);
        match service {
            "DynamoDB" => self.dynamodb(operation, request),
            "SQS" => {
                let name = request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next());
                let name = name.or_else(|| request["QueueName"].as_str()).unwrap_or_default();
                // A batch needs what its single operation needs.
                let action = operation.strip_suffix("Batch").unwrap_or(operation);
                of_no_row((format!("sqs:{action}"), self.arn("sqs", name)))
            }
            "SecretsManager" => {
                let id = request["SecretId"].as_str().unwrap_or_default();
                let known =
                    self.secrets.iter().find(|(name, arn)| name == id || arn == id || arn.starts_with(id));
                let arn = known.map_or_else(|| id.to_owned(), |(_, arn)| arn.clone());
                of_no_row((format!("secretsmanager:{operation}"), arn))
            }
            "EventBridge" => {
                let entries = request["Entries"].as_array().into_iter().flatten();
                let buses = entries.map(|entry| match entry["EventBusName"].as_str() {
                    Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
                    name => self.arn("events", &format!("event-bus/{}", name.unwrap_or(DEFAULT_BUS))),
                });
                buses.map(|bus| ((format!("events:{operation}"), bus), BTreeSet::new())).collect()
            }
            _ => {
                let name = request["FunctionName"].as_str().unwrap_or_default();
                let known = self.functions.iter().find(|(known, arn)| known == name || arn == name);
                let arn = known
                    .map_or_else(|| self.arn("lambda", &format!("function:{name}")), |(_, arn)| arn.clone());
                of_no_row(("lambda:InvokeFunction".to_owned(), arn))
            }
        }
    }

    /// A transaction needs what each of its parts needs, and nothing by its own name.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
    fn dynamodb(&self, operation: &str, request: &Value) -> Needed {
        let arn = |table: &str| self.arn("dynamodb", &format!("table/{table}"));
        let mut needed = Needed::new();
        let mut add = |action: String, resource: String, keys: BTreeSet<String>| {
            needed.entry((format!("dynamodb:{action}"), resource)).or_default().extend(keys);
        };
        match operation {
            "TransactWriteItems" | "TransactGetItems" => {
                let parts = request["TransactItems"].as_array().into_iter().flatten();
                for (kind, part) in parts.filter_map(Value::as_object).flatten() {
                    let action = if kind == "ConditionCheck" {
                        "ConditionCheckItem".to_owned()
                    } else {
                        format!("{kind}Item")
                    };
                    let table = part["TableName"].as_str().unwrap_or_default();
                    let rows = [&part["Item"], &part["Key"]];
                    add(action, arn(table), self.partitions(table, rows));
                }
            }
            "BatchGetItem" | "BatchWriteItem" => {
                for (table, asked) in request["RequestItems"].as_object().into_iter().flatten() {
                    let reads = asked["Keys"].as_array().into_iter().flatten();
                    let writes = asked.as_array().into_iter().flatten();
                    let writes = writes
                        .flat_map(|write| [&write["PutRequest"]["Item"], &write["DeleteRequest"]["Key"]]);
                    add(operation.to_owned(), arn(table), self.partitions(table, reads.chain(writes)));
                }
            }
            _ => {
                let table = request["TableName"].as_str().unwrap_or_default();
                let mut keys = self.partitions(table, [&request["Item"], &request["Key"]]);
                keys.extend(compared(request));
                let resource = match request["IndexName"].as_str() {
                    Some(index) => format!("{}/index/{index}", arn(table)),
                    None => arn(table),
                };
                add(operation.to_owned(), resource, keys);
            }
        }
        needed
    }

    /// Partition keys of these rows of a table, or keys of rows.
    fn partitions<'v>(&self, table: &str, rows: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
        let Some(attribute) = self.partition_keys.get(table) else { return BTreeSet::new() };
        let keys = rows.into_iter().filter_map(|row| row[attribute]["S"].as_str());
        keys.map(str::to_owned).collect()
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.place.region, self.place.account)
    }
}

/// Texts that the key condition of a query says something is equal to. The partition key is always among
/// them. A sort key may be too; that could only deny more.
fn compared(request: &Value) -> BTreeSet<String> {
    let condition = request["KeyConditionExpression"].as_str().unwrap_or_default();
    let names = condition.split(" = ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    let values = names.filter_map(|name| request["ExpressionAttributeValues"][name]["S"].as_str());
    values.map(str::to_owned).collect()
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
            partition_keys: BTreeMap::from([("t".to_owned(), "pk".to_owned())]),
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
            let needed: Vec<(&str, &str)> = needed.keys().map(|(action, arn)| (&**action, &**arn)).collect();
            assert_eq!(needed, *expected, "{service}.{operation}");
        }
    }

    #[test]
    fn partition_keys_of_a_request_are_found_wherever_they_stand() {
        let (key, item) =
            (json!({"pk": {"S": "a"}, "sk": {"S": "1"}}), json!({"pk": {"S": "b"}, "n": {"N": "1"}}));
        let query = json!({
            "TableName": "t", "KeyConditionExpression": "pk = :pk AND sk > :after",
            "ExpressionAttributeValues": {":pk": {"S": "c"}, ":after": {"S": "d"}},
        });
        let transaction = json!({"TransactItems": [
            {"Put": {"TableName": "t", "Item": &item}}, {"ConditionCheck": {"TableName": "t", "Key": &key}},
        ]});
        let write = json!({"RequestItems": {"t": [{"PutRequest": {"Item": &item}}, {"DeleteRequest": {"Key": &key}}]}});
        for (operation, request, expected) in [
            ("GetItem", json!({"TableName": "t", "Key": &key}), &["a"][..]),
            ("PutItem", json!({"TableName": "t", "Item": &item}), &["b"]),
            ("Query", query, &["c"]),
            ("TransactWriteItems", transaction, &["a", "b"]),
            ("BatchGetItem", json!({"RequestItems": {"t": {"Keys": [&key, &item]}}}), &["a", "b"]),
            ("BatchWriteItem", write, &["a", "b"]),
        ] {
            let needed = access().needed("DynamoDB", operation, &request);
            let keys: BTreeSet<&str> = needed.values().flatten().map(String::as_str).collect();
            assert_eq!(keys, expected.iter().copied().collect(), "{operation}");
        }
    }
}
