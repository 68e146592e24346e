//! Tests of `template.yaml`: roles and environments as the table of secrets has them, and AWS's quotas.

use crate::local_aws::root;
use crate::routes;
use serde_json::Value;
use signoff_local::aws::template::{Place, Resources, Template};
use signoff_runtime::credentials::{StackFunction, StackSecret, TABLE};
use std::collections::{BTreeMap, BTreeSet};

/// Longest stack name with which the queues' names fit into SQS's 80 characters.
const LONGEST_STACK_NAME: usize = 80 - "-effects-dead-letters.fifo".len();
/// Characters that CloudFormation adds to a name that it makes.
const MADE_UP: usize = 14;
/// Bytes of all variables of a function, names included.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ENVIRONMENT: usize = 4 * 1024;
/// Bytes of a function's environment that are left for the parameters that grow with the team: Deployments,
/// Alarms and Admins.
const LEFT_TO_GROW: usize = 1500;
/// Characters of all inline policies of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const ROLE_POLICY: usize = 10_240;
/// Bytes of a template in S3, where `sam deploy` puts it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const TEMPLATE: usize = 1_000_000;
/// Resources of a template.
const RESOURCES: usize = 500;

fn template() -> String {
    std::fs::read_to_string(root().join("template.yaml")).unwrap()
}

/// The template's resources in a stack whose names and addresses are as long as they get.
fn resources() -> Resources {
    let place = Place {
        stack: "s".repeat(LONGEST_STACK_NAME + MADE_UP),
        region: "ap-southeast-2".to_owned(),
        account: "123456789012".to_owned(),
        endpoint_url: "https://sqs.ap-southeast-2.amazonaws.com".to_owned(),
        api_url: "https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com".to_owned(),
    };
    let url = |path: &str| format!("https://{}{path}", "h".repeat(100));
    let parameters = [
        ("Deployments", "acme/*".to_owned()),
        ("PolicyRepository", format!("{}/{}", "o".repeat(39), "r".repeat(100))),
        ("PublicUrl", url("")),
        ("SlackApiUrl", url("/api")),
        ("SlackAuthorizeUrl", url("/openid/connect/authorize")),
        ("GitHubApiUrl", url("/api/v3")),
        ("CircleCiApiUrl", url("/api/v2")),
        ("CircleCiAppUrl", url("")),
        ("JiraUrl", url("")),
        ("LinearApiUrl", url("/graphql")),
        ("EventBusName", "b".repeat(256)),
        ("Alarms", "a acme/a Staging".to_owned()),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
    Template::parse(&template()).unwrap().resolve(&place, &parameters.into()).unwrap()
}

#[test]
fn roles_and_environments_have_the_secrets_of_the_table() {
    let resources = resources();
    let declared: BTreeSet<_> = resources.secrets.iter().map(|secret| secret.logical_id.as_str()).collect();
    assert_eq!(declared, StackSecret::ALL.iter().map(|secret| secret.name()).collect());
    assert_eq!(resources.functions.len(), StackFunction::ALL.len());
    for function in StackFunction::ALL {
        let name = function.name();
        let found = resources.functions.iter().find(|found| found.logical_id == format!("{name}Function"));
        let found = found.unwrap();
        let role = resources.roles.iter().find(|role| Some(&role.arn) == found.role_arn.as_ref()).unwrap();
        assert_eq!(role.logical_id, format!("{name}Role"));
        let may_read = |arn: &str| role.allows("secretsmanager:GetSecretValue", arn);
        let readable: BTreeSet<_> = StackSecret::ALL
            .into_iter()
            .filter(|secret| may_read(&resources.physical_ids[secret.name()]))
            .collect();
        assert_eq!(readable, function.secrets(), "{name}Role reads these secrets");
        assert!(
            !may_read("arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:other-abcdef"),
            "{name}"
        );
        let variables: BTreeMap<_, _> = found
            .environment
            .iter()
            .filter(|(_, value)| value.starts_with("arn:aws:secretsmanager:"))
            .collect();
        let expected: Vec<_> = function
            .secrets()
            .into_iter()
            .map(|secret| (secret.setting().to_owned(), resources.physical_ids[secret.name()].clone()))
            .collect();
        let expected: BTreeMap<_, _> = expected.iter().map(|(name, arn)| (name, arn)).collect();
        assert_eq!(variables, expected, "{name}Function has these variables");
    }
}

#[test]
fn sessions_and_keys_are_the_consoles_alone() {
    use StackFunction::{Console, DeployWebhook};
    let resources = resources();
    let table = resources.tables.iter().find(|table| table.logical_id == "RecordTable").unwrap();
    let table = format!("arn:aws:dynamodb:ap-southeast-2:123456789012:table/{}", table.name);
    let can = |function: StackFunction, action: &str, rows: &str| {
        let logical_id = format!("{}Role", function.name());
        let role = resources.roles.iter().find(|role| role.logical_id == logical_id).unwrap();
        role.allows_keys(&format!("dynamodb:{action}"), &table, &[rows.to_owned()].into())
    };
    let reads = ["GetItem", "BatchGetItem", "Query", "Scan"];
    let writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];
    let some = |function, actions: [&str; 4], rows: &str| {
        actions.into_iter().any(|action| can(function, action, rows))
    };
    for function in StackFunction::ALL {
        assert!(some(function, reads, "deploy#1"), "{function:?} reads deploys");
        assert!(some(function, writes, "deploy#1"), "{function:?} writes deploys");
        let of_console = function == Console;
        assert_eq!(some(function, reads, "sessions"), of_console, "{function:?} reads sessions");
        assert_eq!(some(function, writes, "sessions"), of_console, "{function:?} writes sessions");
        let checks_keys = of_console || function == DeployWebhook;
        assert_eq!(some(function, reads, "keys"), checks_keys, "{function:?} reads keys");
        assert_eq!(some(function, writes, "keys"), of_console, "{function:?} writes keys");
    }
    for action in ["GetItem", "PutItem", "DeleteItem", "Query"] {
        assert!(can(Console, action, "sessions"), "the console needs {action}");
    }
}

#[test]
fn local_stack_fills_every_credential() {
    let values = signoff_local::secrets::of_stand_ins("signing-key");
    let filled: BTreeSet<_> = values
        .iter()
        .flat_map(|(secret, value)| {
            value.as_object().unwrap().keys().map(move |key| (secret.as_str(), key.as_str()))
        })
        .collect();
    assert_eq!(filled, TABLE.iter().map(|row| (row.secret.name(), row.key)).collect());
    let texts: Vec<_> = values.values().flat_map(|value| value.as_object().unwrap().values()).collect();
    let texts: Vec<_> = texts.into_iter().filter_map(Value::as_str).collect();
    let different: BTreeSet<_> = texts.iter().collect();
    assert_eq!(different.len(), texts.len(), "no credential stands in for another");
}

#[test]
fn template_stays_within_the_quotas_of_aws() {
    let resources = resources();
    for function in &resources.functions {
        let size: usize = function.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        let id = &function.logical_id;
        assert!(size <= ENVIRONMENT - LEFT_TO_GROW, "the environment of {id} has {size} bytes");
    }
    for role in &resources.roles {
        let size = role.policy_characters();
        assert!(size > 100 && size <= ROLE_POLICY, "the policy of {} has {size} characters", role.logical_id);
    }
    let template = template();
    assert!(template.len() <= TEMPLATE, "template.yaml has {} bytes", template.len());
    let body = template.split("\nResources:\n").nth(1).unwrap().split("\nOutputs:\n").next().unwrap();
    let is_id = |line: &&str| line.starts_with("  ") && line[2..].starts_with(char::is_alphabetic);
    let count = body.lines().filter(is_id).count();
    assert!(
        count >= resources.physical_ids.len() && count <= RESOURCES,
        "template.yaml has {count} resources"
    );
}

#[test]
fn template_has_the_routes_of_the_reference() {
    let resources = resources();
    let mut expected = BTreeSet::from([("ConsoleFunction", "$default".to_owned())]);
    for (function, heading) in
        [("DeployWebhookFunction", "deploy-webhook"), ("SlackInteractionFunction", "slack-interaction")]
    {
        expected.extend(routes::keys(heading).into_iter().map(|key| (function, key)));
    }
    let in_template = resources.routes.iter().map(|route| (route.function.as_str(), route.key.clone()));
    assert_eq!(in_template.collect::<BTreeSet<_>>(), expected);
}
