//! The typed resources of a resolved template.

use std::{collections::BTreeMap, time::Duration};

use super::{
    TemplateError, functions,
    policies::{self, Role},
    resolve::Resolver,
    rules::Pattern,
    yaml::{Kind, Node},
};

/// Resource types that change nothing about how the stack behaves on a laptop, and are left out knowingly.
pub const IGNORED: &[&str] = &[
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::SNS::Topic",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::ResourcePolicy",
];

/// All that the local stack runs.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// SQS queues, dead-letter queues among them.
    pub queues: Vec<Queue>,
    /// Secrets Manager secrets.
    pub secrets: Vec<Secret>,
    /// Lambda functions.
    pub functions: Vec<Function>,
    /// Routes of the HTTP API.
    pub routes: Vec<Route>,
    /// Queues that functions are fed from.
    pub event_sources: Vec<EventSource>,
    /// Functions that are woken by time.
    pub schedules: Vec<Schedule>,
    /// Functions that hear events.
    pub event_rules: Vec<EventRule>,
    /// Roles of the functions.
    pub roles: Vec<Role>,
    /// Values of `Ref`, by logical id.
    pub physical_ids: BTreeMap<String, String>,
}

/// A DynamoDB table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Logical id.
    pub logical_id: String,
    /// `TableName`.
    pub name: String,
    /// Attribute name to type (`S`, `N`, `B`).
    pub attributes: BTreeMap<String, String>,
    /// Partition key, then the sort key if there is one.
    pub keys: Vec<String>,
    /// Global secondary indexes.
    pub indexes: Vec<Index>,
    /// Attribute that holds an item's end, in epoch seconds.
    pub ttl_attribute: Option<String>,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// `IndexName`.
    pub name: String,
    /// Partition key, then the sort key if there is one.
    pub keys: Vec<String>,
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection: String,
    /// Attributes that an `INCLUDE` projection includes.
    pub included: Vec<String>,
}

/// An SQS queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Logical id.
    pub logical_id: String,
    /// `QueueName`, ending in `.fifo` for a FIFO queue.
    pub name: String,
    /// The URL that clients use.
    pub url: String,
    /// The ARN that event sources and redrive policies use.
    pub arn: String,
    /// True if messages of one group keep their order.
    pub fifo: bool,
    /// True if the hash of a message's body stands in for a missing deduplication id.
    pub content_based_deduplication: bool,
    /// Time for which a received message stays hidden.
    pub visibility_timeout: Duration,
    /// Time for which a message is kept.
    pub retention: Duration,
    /// Dead-letter queue for messages that were received too often.
    pub redrive: Option<Redrive>,
}

/// A queue's redrive policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub target_arn: String,
    /// Receives before the message goes there.
    pub max_receives: u32,
}

/// A Secrets Manager secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Logical id.
    pub logical_id: String,
    /// Name.
    pub name: String,
    /// The ARN that functions know it by.
    pub arn: String,
    /// First value of the secret, from the template.
    pub placeholder: String,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Logical id.
    pub logical_id: String,
    /// Function name.
    pub name: String,
    /// Function ARN.
    pub arn: String,
    /// Name of the program: `Metadata.BuildProperties.Binary`.
    pub binary: String,
    /// Longest time that one invocation may take.
    pub timeout: Duration,
    /// `MemorySize` in MB; told to the function, not enforced.
    pub memory_mb: u64,
    /// True if Lambda tells the function to log JSON (`LoggingConfig.LogFormat`).
    pub json_logs: bool,
    /// ARN of the role that it runs under; without one it may do everything here.
    pub role_arn: Option<String>,
    /// ARN of the queue that takes events which the function failed to take.
    pub dead_letters: Option<String>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
}

/// One route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Such as `GET /deploys/{id}`, or `$default`.
    pub key: String,
    /// Logical id of the function that answers.
    pub function: String,
}

/// An event source mapping from a queue to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSource {
    /// Logical id of the function.
    pub function: String,
    /// Logical id of the queue.
    pub queue: String,
    /// Messages in one batch, at most.
    pub batch_size: u64,
    /// True if the function's answer names the messages that failed (`ReportBatchItemFailures`).
    pub reports_failures: bool,
    /// Batches at once, at most.
    pub concurrency: u64,
}

/// A rule that wakes a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Logical id of the rule.
    pub logical_id: String,
    /// Logical id of the function.
    pub function: String,
    /// Time between two wakes.
    pub every: Duration,
    /// A payload of its own, instead of EventBridge's scheduled event.
    pub input: Option<String>,
}

/// A rule that lets a function hear events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRule {
    /// Logical id of the rule.
    pub logical_id: String,
    /// The bus that it listens to.
    pub bus: String,
    /// Pattern of the events that it asks for.
    pub pattern: Pattern,
    /// Logical id of the function.
    pub function: String,
    /// A payload of its own, instead of the event.
    pub input: Option<String>,
}

/// Reads every resource that exists under the resolver's parameters.
///
/// # Errors
/// An unknown type, a missing or wrong property, a reference to nothing.
pub(super) fn read(resolver: &Resolver<'_>) -> Result<Resources, TemplateError> {
    let mut resources = Resources::default();
    let mut later = Vec::new();
    let globals = resolver.function_globals()?;
    for (logical, resource) in resolver.resources()? {
        let line = resource.line;
        let kind = resource.required("Type")?;
        if IGNORED.contains(&kind) {
            continue;
        }
        let place = |error: TemplateError| TemplateError {
            line: error.line,
            message: format!("{logical} ({kind}): {}", error.message),
        };
        let empty = Node { line, kind: Kind::Map(Vec::new()) };
        let resolved = resolver.resolve(resource).map_err(place)?.unwrap_or(empty.clone());
        let properties = resolved.get("Properties").unwrap_or(&empty).clone();
        resources
            .physical_ids
            .insert(logical.to_owned(), resolver.physical_id(logical, line, 0).map_err(place)?);
        let name = resolver.name(logical, line, 0).map_err(place)?;
        match kind {
            "AWS::DynamoDB::Table" => {
                resources.tables.push(table(logical, name, &properties).map_err(place)?)
            }
            "AWS::SQS::Queue" => {
                resources.queues.push(queue(logical, name, &properties, resolver).map_err(place)?);
            }
            "AWS::SecretsManager::Secret" => resources.secrets.push(Secret {
                logical_id: logical.to_owned(),
                arn: resources.physical_ids[logical].clone(),
                name,
                placeholder: properties.text("SecretString").unwrap_or("{}").to_owned(),
            }),
            "AWS::Serverless::Function" => {
                let function = functions::function(logical, name, &resolved, globals.as_ref(), resolver);
                resources.functions.push(function.map_err(place)?);
            }
            "AWS::IAM::Role" => {
                let arn = resolver.attribute(logical, "Arn", line, 0).map_err(place)?;
                resources.roles.push(policies::role(logical, arn, &properties).map_err(place)?);
            }
            "AWS::ApiGatewayV2::Api"
            | "AWS::ApiGatewayV2::Integration"
            | "AWS::ApiGatewayV2::Route"
            | "AWS::Lambda::EventSourceMapping"
            | "AWS::Lambda::Permission"
            | "AWS::Events::Rule" => later.push((logical, kind, properties)),
            _ => {
                let message = "the local stack does not know this type; if it makes no difference on a laptop, \
                               name it in infra/local/src/aws/template/resources.rs, IGNORED";
                return Err(place(TemplateError::new(line, message)));
            }
        }
    }
    functions::connect(&mut resources, &later, resolver)?;
    Ok(resources)
}

fn table(logical: &str, name: String, properties: &Node) -> Result<Table, TemplateError> {
    let mut attributes = BTreeMap::new();
    for definition in properties.get("AttributeDefinitions").map_or(&[][..], Node::items) {
        let attribute = definition.required("AttributeName")?.to_owned();
        attributes.insert(attribute, definition.required("AttributeType")?.to_owned());
    }
    let indexes = properties.get("GlobalSecondaryIndexes").map_or(&[][..], Node::items);
    let ttl = properties.get("TimeToLiveSpecification");
    let ttl_attribute = match ttl {
        Some(ttl) if ttl.flag("Enabled", false)? => Some(ttl.required("AttributeName")?.to_owned()),
        _ => None,
    };
    Ok(Table {
        logical_id: logical.to_owned(),
        name,
        keys: keys(properties, &attributes)?,
        indexes: indexes.iter().map(|index| self::index(index, &attributes)).collect::<Result<_, _>>()?,
        attributes,
        ttl_attribute,
    })
}

fn index(index: &Node, attributes: &BTreeMap<String, String>) -> Result<Index, TemplateError> {
    let projection = index.get("Projection").unwrap_or(index);
    let included = projection.get("NonKeyAttributes").map_or(&[][..], Node::items);
    Ok(Index {
        name: index.required("IndexName")?.to_owned(),
        keys: keys(index, attributes)?,
        projection: projection.required("ProjectionType")?.to_owned(),
        included: included.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
    })
}

/// The partition key, then the sort key.
fn keys(node: &Node, attributes: &BTreeMap<String, String>) -> Result<Vec<String>, TemplateError> {
    let schema = node.get("KeySchema").map_or(&[][..], Node::items);
    let of_kind = |kind: &str| schema.iter().find(|key| key.text("KeyType") == Some(kind));
    let partition =
        of_kind("HASH").ok_or_else(|| TemplateError::new(node.line, "`KeySchema` has no HASH key"))?;
    let mut names = Vec::new();
    for key in [Some(partition), of_kind("RANGE")].into_iter().flatten() {
        let name = key.required("AttributeName")?;
        if !attributes.contains_key(name) {
            let message = format!("the key `{name}` is missing in `AttributeDefinitions`");
            return Err(TemplateError::new(key.line, message));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn queue(
    logical: &str,
    name: String,
    properties: &Node,
    resolver: &Resolver<'_>,
) -> Result<Queue, TemplateError> {
    let line = properties.line;
    let place = resolver.place();
    let fifo = properties.flag("FifoQueue", false)?;
    if fifo != name.ends_with(".fifo") {
        let message = format!("a FIFO queue's name, and only that, ends in .fifo; this one is `{name}`");
        return Err(TemplateError::new(line, message));
    }
    let redrive = match properties.get("RedrivePolicy") {
        Some(policy) => Some(Redrive {
            target_arn: policy.required("deadLetterTargetArn")?.to_owned(),
            max_receives: u32::try_from(policy.number("maxReceiveCount", 10)?).unwrap_or(u32::MAX),
        }),
        None => None,
    };
    Ok(Queue {
        logical_id: logical.to_owned(),
        url: resolver.physical_id(logical, line, 0)?,
        arn: format!("arn:aws:sqs:{}:{}:{name}", place.region, place.account),
        name,
        fifo,
        content_based_deduplication: properties.flag("ContentBasedDeduplication", false)?,
        visibility_timeout: Duration::from_secs(properties.number("VisibilityTimeout", 30)?),
        retention: Duration::from_secs(properties.number("MessageRetentionPeriod", 345_600)?),
        redrive,
    })
}
