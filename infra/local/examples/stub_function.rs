//! A Lambda function for the local AWS's own tests: it speaks the Runtime API by hand, and does what its
//! event says.
//!
//! - a direct event `{"do": "echo" | "fail" | "crash" | "hang" | "print" | "sqs", ...}`;
//! - an SQS batch whose bodies are `ok`, `fail`, `crash`, `hang`, `send <queue url> <group> <body>`, or
//!   `until <n>`: done once the queue holds that many visible messages;
//! - an HTTP event: answers with the event itself; `/do/crash` crashes.

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    process,
};

use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let api = environment.get("AWS_LAMBDA_RUNTIME_API").cloned().unwrap_or_default();
    if environment.contains_key("FAIL_INIT") {
        let error = json!({"errorType": "Stub.Init", "errorMessage": "told to fail"}).to_string();
        call(&api, "POST", "/2018-06-01/runtime/init/error", &[], &error)?;
        process::exit(1);
    }
    loop {
        let (headers, event) = call(&api, "GET", "/2018-06-01/runtime/invocation/next", &[], "")?;
        let request_id = headers.get("lambda-runtime-aws-request-id").cloned().unwrap_or_default();
        let event: Value = serde_json::from_str(&event)?;
        let (end, answer) = match answer(&event, &headers, &environment)? {
            Ok(answer) => ("response", answer),
            Err(error) => ("error", error),
        };
        call(
            &api,
            "POST",
            &format!("/2018-06-01/runtime/invocation/{request_id}/{end}"),
            &[],
            &answer.to_string(),
        )?;
    }
}

type Environment = BTreeMap<String, String>;

fn answer(
    event: &Value,
    headers: &Environment,
    environment: &Environment,
) -> io::Result<Result<Value, Value>> {
    if let Some(records) = event["Records"].as_array() {
        return batch(records, environment).map(Ok);
    }
    if let Some(said) = event["detail"]["say"].as_str() {
        writeln!(io::stdout(), "heard {said} from {}", event["source"])?;
    }
    let what = event["do"].as_str().or_else(|| event["pathParameters"]["do"].as_str());
    match what.unwrap_or("echo") {
        "fail" => return Ok(Err(json!({"errorType": "Stub.Error", "errorMessage": "told to fail"}))),
        "crash" => process::exit(3),
        "hang" => loop {
            std::thread::park();
        },
        "print" => {
            writeln!(io::stdout(), "to stdout")?;
            io::stderr().write_all(b"to stderr \xff\n")?;
        }
        "sqs" => return sqs(&event["operation"], &event["request"], environment).map(Ok),
        _ => {}
    }
    if event["version"] == "2.0" {
        return Ok(Ok(
            json!({"statusCode": 200, "headers": {"x-stub": "1"}, "cookies": ["a=b"], "body": event.to_string()}),
        ));
    }
    Ok(Ok(json!({"event": event, "environment": environment, "headers": headers, "process": process::id()})))
}

fn batch(records: &[Value], environment: &Environment) -> io::Result<Value> {
    let mut failures = Vec::new();
    writeln!(io::stdout(), "batch of {}", records.len())?;
    for record in records {
        writeln!(
            io::stdout(),
            "record {} {}",
            record["attributes"]["ApproximateReceiveCount"],
            record["body"]
        )?;
        let body = record["body"].as_str().unwrap_or_default();
        match body.split(' ').collect::<Vec<_>>().as_slice() {
            ["fail", ..] => {
                let request = json!({
                    "QueueUrl": environment["QUEUE_URL"],
                    "ReceiptHandle": record["receiptHandle"],
                    "VisibilityTimeout": 0,
                });
                sqs(&json!("ChangeMessageVisibility"), &request, environment)?;
                failures.push(json!({"itemIdentifier": record["messageId"]}));
            }
            ["crash", ..] => process::exit(3),
            ["hang", ..] => loop {
                std::thread::park();
            },
            ["until", visible] => {
                let request = json!({"QueueUrl": environment["QUEUE_URL"], "AttributeNames": ["All"]});
                let holds = |answer: Value| answer["Attributes"]["ApproximateNumberOfMessages"] == **visible;
                while !holds(sqs(&json!("GetQueueAttributes"), &request, environment)?) {}
            }
            ["send", url, group, body] => {
                let request = json!({
                    "QueueUrl": url, "MessageGroupId": group, "MessageBody": body,
                    "MessageDeduplicationId": format!("{}-{body}", record["messageId"]),
                });
                sqs(&json!("SendMessage"), &request, environment)?;
            }
            _ => {}
        }
    }
    Ok(json!({"batchItemFailures": failures}))
}

/// A signed request as far as the local AWS looks at signatures.
fn sqs(operation: &Value, request: &Value, environment: &Environment) -> io::Result<Value> {
    let endpoint = environment["AWS_ENDPOINT_URL"].trim_start_matches("http://");
    let headers = [
        ("X-Amz-Target", format!("AmazonSQS.{}", operation.as_str().unwrap_or_default())),
        ("Content-Type", "application/x-amz-json-1.0".to_owned()),
        (
            "Authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
                environment["AWS_ACCESS_KEY_ID"]
            ),
        ),
    ];
    let (_, answer) = call(endpoint, "POST", "/", &headers, &request.to_string())?;
    Ok(serde_json::from_str(&answer).unwrap_or(Value::String(answer)))
}

/// One HTTP/1.1 request on a connection of its own; gives the answer's headers and body.
fn call(
    authority: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &str,
) -> io::Result<(Environment, String)> {
    let mut connection = TcpStream::connect(authority)?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the Runtime API is gone"))?;
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Ok((headers, body.to_owned()))
}
