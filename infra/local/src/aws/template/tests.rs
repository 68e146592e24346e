//! The resolver and the typed resources, on small templates and on the project's own.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::{resources::Route, *};

const SMALL: &str = r#"
Parameters:
  Size: {Type: Number, Default: 10}
  Colour: {Type: String, Default: "", AllowedValues: ["", red]}
Conditions:
  HasColour: !Not [!Equals [!Ref Colour, ""]]
  Both: !And [!Condition HasColour, !Equals [!Ref Size, 11]]
Globals:
  Function:
    Timeout: 7
    LoggingConfig: {LogFormat: JSON}
    Environment: {Variables: {LEVEL: info, COLOUR: !If [HasColour, !Ref Colour, !Ref "AWS::NoValue"]}}
Resources:
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Work:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${AWS::StackName}-work.fifo", FifoQueue: true, VisibilityTimeout: 60,
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}}
  Dead: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  Key: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: "{}"}}
  Red: {Type: AWS::SQS::Queue, Condition: Both}
  Worker:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: worker}}
    Properties:
      MemorySize: 256
      Environment:
        Variables:
          TABLE: !Ref Items
          QUEUE: !Ref Work
          KEY: !Ref Key
          SELF: !Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/x"
          ALSO: !Join ["", ["https://", !Ref Api, ".execute-api.", !Ref "AWS::Region", ".amazonaws.com"]]
          END: !GetAtt Api.ApiEndpoint
          TEXT: !Sub ["${Own}-${!Literal}-${Size}-${Items.Arn}", {Own: !Ref Size}]
  Source:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref Worker, EventSourceArn: !GetAtt Work.Arn, BatchSize: 4,
      FunctionResponseTypes: [ReportBatchItemFailures]}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Calls: {Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationType: AWS_PROXY,
    IntegrationUri: !GetAtt Worker.Arn, PayloadFormatVersion: "2.0"}}
  Home: {Type: AWS::ApiGatewayV2::Route, Properties: {RouteKey: "GET /", Target: !Sub "integrations/${Calls}"}}
  Minute: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 minute),
    Targets: [{Id: a, Arn: !GetAtt Worker.Arn}]}}
  MinuteMay: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Worker,
    Principal: events.amazonaws.com, SourceArn: !GetAtt Minute.Arn}}
  Heard: {Type: AWS::Events::Rule, Properties: {EventBusName: shop, EventPattern: {source: [signoff]},
    Targets: [{Id: a, Arn: !GetAtt Worker.Arn}]}}
  HeardMay: {Type: AWS::Lambda::Permission, Properties: {Action: lambda:InvokeFunction, FunctionName: !GetAtt Worker.Arn,
    Principal: events.amazonaws.com, SourceArn: !GetAtt Heard.Arn}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: !GetAtt Work.QueueName}}
"#;

fn place() -> Place {
    Place {
        stack: "demo".to_owned(),
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        endpoint_url: "http://127.0.0.1:1".to_owned(),
        api_url: "http://127.0.0.1:2".to_owned(),
    }
}

fn resolve(text: &str, parameters: &[(&str, &str)]) -> Result<Resources, TemplateError> {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Template::parse(text)?.resolve(&place(), &parameters)
}

#[test]
fn references_become_what_they_are_called_here() {
    let resources = resolve(SMALL, &[]).unwrap();
    let worker = &resources.functions[0];
    let environment: Vec<(&str, &str)> =
        worker.environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        environment,
        [
            ("ALSO", "http://127.0.0.1:2"),
            ("END", "http://127.0.0.1:2"),
            ("KEY", "arn:aws:secretsmanager:us-east-1:000000000000:secret:demo-Key-local0"),
            ("LEVEL", "info"),
            ("QUEUE", "http://127.0.0.1:1/000000000000/demo-work.fifo"),
            ("SELF", "http://127.0.0.1:2/x"),
            ("TABLE", "demo-Items"),
            ("TEXT", "10-${Literal}-10-arn:aws:dynamodb:us-east-1:000000000000:table/demo-Items"),
        ]
    );
    assert_eq!((worker.timeout, worker.memory_mb), (Duration::from_secs(7), 256));
    assert!(worker.json_logs);
    assert_eq!(resources.physical_ids["Dead"], "http://127.0.0.1:1/000000000000/demo-Dead.fifo");
}

#[test]
fn queues_routes_sources_and_schedules_are_tied_together() {
    let resources = resolve(SMALL, &[]).unwrap();
    let work = resources.queues.iter().find(|queue| queue.logical_id == "Work").unwrap();
    let dead = resources.queues.iter().find(|queue| queue.logical_id == "Dead").unwrap();
    assert_eq!(
        work.redrive.as_ref().map(|redrive| (&*redrive.target_arn, redrive.max_receives)),
        Some((&*dead.arn, 3))
    );
    let source = &resources.event_sources[0];
    assert_eq!((&*source.function, &*source.queue, source.batch_size), ("Worker", "Work", 4));
    assert!(source.reports_failures);
    assert_eq!(resources.routes, [Route { key: "GET /".to_owned(), function: "Worker".to_owned() }]);
    assert_eq!(resources.schedules[0].every, Duration::from_secs(60));
    let heard = &resources.event_rules[0];
    assert_eq!((&*heard.bus, &*heard.function), ("shop", "Worker"));
    assert!(!resources.queues.iter().any(|queue| queue.logical_id == "Red"));
}

#[test]
fn parameters_switch_conditions() {
    let resources = resolve(SMALL, &[("Colour", "red"), ("Size", "11")]).unwrap();
    assert_eq!(resources.functions[0].environment["COLOUR"], "red");
    assert!(resources.queues.iter().any(|queue| queue.logical_id == "Red"));
}

#[test]
fn mistakes_are_told_with_what_would_be_right() {
    type Case<'c> = (&'c str, &'c str, &'c [(&'c str, &'c str)], &'c str);
    let cases: &[Case<'_>] = &[
        ("", "", &[("Shape", "x")], "the template has no parameter `Shape`"),
        ("", "", &[("Colour", "blue")], "`Colour` is `blue`, and must be one of , red"),
        ("Default: 10", "MinValue: 1", &[], "the parameter `Size` has no default: pass a value for it"),
        (
            "AWS::Events::Rule",
            "AWS::Events::Bus",
            &[],
            "Minute (AWS::Events::Bus): the local stack does not know",
        ),
        (
            "!Ref Items",
            "!Ref Itms",
            &[],
            "line 33: Worker (AWS::Serverless::Function): there is no parameter or resource `Itms`",
        ),
        (
            "SourceArn: !GetAtt Heard.Arn",
            "SourceArn: !GetAtt Minute.Arn",
            &[],
            "Heard (AWS::Events::Rule): the rule may not invoke Worker: write an AWS::Lambda::Permission",
        ),
        ("source: [signoff]", "source: [{prefix: sign}]", &[], "an `EventPattern` has lists of texts here"),
        (
            "EventPattern: {source: [signoff]}",
            "State: ENABLED",
            &[],
            "either a `ScheduleExpression` or an `EventPattern`",
        ),
        ("rate(1 minute)", "cron(* * * * ? *)", &[], "must be like rate(5 minutes), and is `cron"),
        (
            "VisibilityTimeout: 60",
            "VisibilityTimeout: sixty",
            &[],
            "`VisibilityTimeout` must be a whole number, and is `sixty`",
        ),
        ("Binary: worker", "Make: x", &[], "`Metadata.BuildProperties.Binary` must name the program"),
        ("MemorySize: 256", "Events: {A: {}}", &[], "`Events` are not run here"),
        ("-work.fifo", "-work", &[], "ends in .fifo; this one is `demo-work`"),
        ("!Join [", "!Select [", &[], "Fn::Select is not known here"),
        ("pk, KeyType", "id, KeyType", &[], "the key `id` is missing in `AttributeDefinitions`"),
        (
            "!GetAtt Api.ApiEndpoint",
            "!GetAtt Items.Colour",
            &[],
            "AWS::DynamoDB::Table has no attribute `Colour` here",
        ),
        ("[!Ref Colour, \"\"]", "[!Ref Colour]", &[], "a condition is Fn::Equals"),
        (
            "QueueName: !Sub \"${AWS::StackName}-work.fifo\"",
            "QueueName: !GetAtt Work.QueueName",
            &[],
            "refers to itself",
        ),
    ];
    for (right, wrong, parameters, message) in cases {
        let text = if right.is_empty() { SMALL.to_owned() } else { SMALL.replacen(right, wrong, 1) };
        assert!(right.is_empty() || text != SMALL, "{right} is not in the template");
        let error = resolve(&text, parameters).unwrap_err().to_string();
        assert!(error.contains(message), "{wrong} gave: {error}");
    }
}

/// The project's own template is what the stack is for: all of it must be understood.
#[test]
fn the_projects_template_is_read_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let parameters = BTreeMap::from([("Deployments".to_owned(), "acme/* #deploys".to_owned())]);
    let resources = Template::parse(&text).unwrap().resolve(&place(), &parameters).unwrap();

    let mut functions: Vec<&str> = resources.functions.iter().map(|function| &*function.binary).collect();
    functions.sort_unstable();
    assert_eq!(
        functions,
        [
            "action-execution",
            "alarm",
            "clock",
            "console",
            "deploy-webhook",
            "rule-evaluation",
            "slack-interaction"
        ]
    );
    assert_eq!(resources.event_sources.len(), 2);
    for source in &resources.event_sources {
        let queue = resources.queues.iter().find(|queue| queue.logical_id == source.queue).unwrap();
        let function =
            resources.functions.iter().find(|function| function.logical_id == source.function).unwrap();
        assert!(queue.visibility_timeout >= function.timeout * 6, "{}", queue.name);
        assert!(queue.redrive.is_some() && queue.fifo && source.reports_failures, "{}", queue.name);
    }
    for function in &resources.functions {
        let role = resources.roles.iter().find(|role| Some(&role.arn) == function.role_arn.as_ref());
        assert!(
            role.is_some_and(|role| !role.allows("dynamodb:Scan", "*")),
            "{} has a role",
            function.logical_id
        );
    }
    assert_eq!(resources.schedules.len(), 1);
    let record = resources.tables.iter().find(|table| table.logical_id == "RecordTable").unwrap();
    assert_eq!(record.ttl_attribute.as_deref(), Some("kept_until"));
    assert_eq!(record.indexes.len(), 5);
    let routes: Vec<&str> = resources.routes.iter().map(|route| &*route.key).collect();
    assert!(routes.contains(&"POST /slack/interactions"), "{routes:?}");
}
