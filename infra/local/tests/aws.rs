//! The local AWS end to end: a small template, and a function (`examples/stub_function.rs`, which a whole
//! `cargo test` builds) that speaks the Runtime API by hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::SecretString;
use serde_json::{Value, json};
use signoff_local::aws::{Stack, StackError, StackOptions};

/// More than enough on a busy machine; reached only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);

fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws.yaml")
}

/// `cargo test` builds the examples next to the tests' own directory.
fn bin_dir() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples")
}

async fn start() -> Stack {
    Stack::start(StackOptions::new(template(), bin_dir())).await.unwrap()
}

async fn invoke(stack: &Stack, function: &str, event: Value) -> (bool, Value) {
    let invocation = stack.invoke(function, event.to_string()).await.unwrap();
    (invocation.failed, serde_json::from_slice(&invocation.payload).unwrap())
}

/// A request to one of the services, as an SDK sends it.
async fn call(stack: &Stack, target: &str, request: Value) -> (u16, Value) {
    let signature = "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0";
    let response = reqwest::Client::new()
        .post(stack.endpoint_url())
        .header("x-amz-target", target)
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", signature)
        .body(request.to_string())
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

async fn send(stack: &Stack, group: &str, id: &str, body: &str) {
    let request = json!({
        "QueueUrl": stack.physical_id("Queue"), "MessageGroupId": group,
        "MessageDeduplicationId": id, "MessageBody": body,
    });
    let (status, answer) = call(stack, "AmazonSQS.SendMessage", request).await;
    assert_eq!(status, 200, "{answer}");
}

/// Waits for a line: it comes through a pipe, and may be a moment behind the answer of its invocation.
async fn logged(stack: &Stack, text: &str) -> Vec<String> {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let lines: Vec<String> = stack.logs().into_iter().map(|line| line.text).collect();
        if lines.iter().any(|line| line == text) {
            return lines;
        }
        assert!(std::time::Instant::now() < deadline, "no line {text:?} in {lines:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Returns the worker's printed lines about the messages that it got.
fn records(stack: &Stack) -> Vec<String> {
    let lines = stack.logs().into_iter().filter(|line| line.function == "Worker");
    lines.filter_map(|line| line.text.strip_prefix("record ").map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn function_keeps_its_environment_and_process() {
    let mut options = StackOptions::new(template(), bin_dir());
    options.parameters.insert("Colour".to_owned(), "red".to_owned());
    let stack = Stack::start(options).await.unwrap();
    let (failed, first) = invoke(&stack, "Stub", json!({"number": 1})).await;
    assert!(!failed);
    assert_eq!(first["event"], json!({"number": 1}));
    let environment = &first["environment"];
    assert_eq!(environment["COLOUR"], "red");
    assert_eq!(environment["API"], stack.api_url());
    assert_eq!(environment["AWS_ENDPOINT_URL"], stack.endpoint_url());
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "Stub");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "128");
    assert_eq!(environment.get("PATH"), None, "nothing of this machine's environment comes along");
    let headers = &first["headers"];
    assert!(
        headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse::<i64>().unwrap() > 1_700_000_000_000
    );
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    assert!(
        headers["lambda-runtime-invoked-function-arn"].as_str().unwrap().ends_with(":function:signoff-Stub")
    );

    let (_, second) = invoke(&stack, "Stub", json!({})).await;
    assert_eq!(first["process"], second["process"], "a warm process is used again");
    assert_ne!(headers["lambda-runtime-aws-request-id"], second["headers"]["lambda-runtime-aws-request-id"]);
    assert!(matches!(stack.invoke("Nobody", "{}").await, Err(StackError::Unknown { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn invocation_after_a_crash_or_timeout_works() {
    let stack = start().await;
    let (failed, error) = invoke(&stack, "Stub", json!({"do": "fail"})).await;
    assert!(failed);
    assert_eq!(error, json!({"errorType": "Stub.Error", "errorMessage": "told to fail"}));

    let (failed, error) = invoke(&stack, "Stub", json!({"do": "crash"})).await;
    assert!(failed);
    assert_eq!(error["errorType"], "Runtime.ExitError");
    assert!(error["errorMessage"].as_str().unwrap().contains("exit status: 3"), "{error}");

    let (failed, error) = invoke(&stack, "Stub", json!({"do": "hang"})).await;
    assert!(failed);
    assert!(
        error["errorMessage"].as_str().unwrap().ends_with("Task timed out after 1.00 seconds"),
        "{error}"
    );

    let (failed, error) = invoke(&stack, "Broken", json!({})).await;
    assert!(failed);
    assert_eq!(error["errorType"], "Stub.Init");

    assert!(!invoke(&stack, "Stub", json!({})).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_replaced() {
    let stack = start().await;
    let (_, before) = invoke(&stack, "Stub", json!({})).await;
    let (hanging, ()) = tokio::join!(invoke(&stack, "Stub", json!({"do": "hang"})), async {
        stack.kill("Stub").await.unwrap();
    });
    // Killed while it hung, or the kill came before it started: then it ran into its limit.
    assert!(hanging.0, "{hanging:?}");
    let (failed, after) = invoke(&stack, "Stub", json!({})).await;
    assert!(!failed);
    assert_ne!(before["process"], after["process"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_variable_reaches_the_next_process() {
    let stack = start().await;
    let colour = async || invoke(&stack, "Stub", json!({})).await.1["environment"]["COLOUR"].clone();
    assert_eq!(colour().await, "green");
    stack.set_variable("Stub", "COLOUR", "blue").await.unwrap();
    assert_eq!(colour().await, "blue");
    assert!(stack.set_variable("Nobody", "COLOUR", "blue").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn invocations_at_once_have_processes_of_their_own() {
    let stack = start().await;
    let hang = |_| invoke(&stack, "Stub", json!({"do": "hang"}));
    let begin = std::time::Instant::now();
    let (first, second, third) = tokio::join!(hang(1), hang(2), hang(3));
    assert!(first.0 && second.0 && third.0);
    // Three limits of a second each, one after the other, would take longer.
    assert!(begin.elapsed() < Duration::from_millis(2900), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_kept_line_by_line() {
    let stack = start().await;
    invoke(&stack, "Stub", json!({"do": "print"})).await;
    logged(&stack, "to stdout").await;
    logged(&stack, "to stderr \u{fffd}").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invoke_is_served_as_lambda_serves_it() {
    let stack = start().await;
    let invoke = |name: &str, kind: &'static str, body: &'static str| {
        let url = format!("{}/2015-03-31/functions/{name}/invocations", stack.endpoint_url());
        reqwest::Client::new().post(url).header("x-amz-invocation-type", kind).body(body).send()
    };
    let answer = invoke("signoff-Stub", "RequestResponse", r#"{"a": 1}"#).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["event"], json!({"a": 1}));
    let answer = invoke("Stub", "RequestResponse", r#"{"do": "fail"}"#).await.unwrap();
    assert_eq!(answer.headers()["x-amz-function-error"], "Unhandled");
    assert_eq!(invoke("Stub", "DryRun", "").await.unwrap().status(), 204);
    assert_eq!(invoke("Nobody", "RequestResponse", "").await.unwrap().status(), 404);
    assert_eq!(invoke("Stub", "RequestResponse", "{").await.unwrap().status(), 400);
    assert_eq!(invoke("Stub", "Event", r#"{"do": "print"}"#).await.unwrap().status(), 202);
    logged(&stack, "to stdout").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_http_api_answers_as_the_real_one() {
    let stack = start().await;
    let http = reqwest::Client::new();
    let answer = http
        .post(format!("{}/echo/this%20one?x=1", stack.api_url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("a=b")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        (&answer.headers()["x-stub"], &answer.headers()["set-cookie"]),
        (&"1".parse().unwrap(), &"a=b".parse().unwrap())
    );
    let event: Value = answer.json().await.unwrap();
    assert_eq!(event["routeKey"], "POST /echo/{what}");
    assert_eq!(event["pathParameters"], json!({"what": "this one"}));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("YT1i"), &json!(true)));

    let get = |path: &str| http.get(format!("{}{path}", stack.api_url())).send();
    for (path, status, body) in [
        ("/nowhere", 404, r#"{"message":"Not Found"}"#),
        ("/do/fail", 500, r#"{"message":"Internal Server Error"}"#),
        ("/do/crash", 500, r#"{"message":"Internal Server Error"}"#),
        ("/do/hang", 500, r#"{"message":"Internal Server Error"}"#),
    ] {
        let answer = get(path).await.unwrap();
        assert_eq!((answer.status().as_u16(), &*answer.text().await.unwrap()), (status, body), "{path}");
    }
    let large =
        http.post(format!("{}/echo/x", stack.api_url())).body(vec![b' '; 11 * 1024 * 1024]).send().await;
    assert_eq!(large.unwrap().status(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_deletes_successes_and_keeps_dead_letters() {
    let stack = start().await;
    send(&stack, "a", "1", "ok 1").await;
    send(&stack, "b", "2", "fail 2").await;
    send(&stack, "b", "3", "ok 3").await;
    send(&stack, "b", "3", "ok 3").await; // the same deduplication id: dropped
    stack.idle(PATIENCE).await.unwrap();
    logged(&stack, r#"record "3" "fail 2""#).await;
    logged(&stack, r#"record "1" "ok 1""#).await;
    let records = records(&stack);
    let of = |body: &str| records.iter().filter(|record| record.contains(body)).cloned().collect::<Vec<_>>();
    assert_eq!(of("ok 1"), [r#""1" "ok 1""#]);
    assert_eq!(of("fail 2"), [r#""1" "fail 2""#, r#""2" "fail 2""#, r#""3" "fail 2""#]);
    assert_eq!(of("ok 3").len(), 1, "{records:?}");

    let dead = stack.dead_letters();
    let dead: Vec<_> = dead.iter().map(|dead| (&*dead.queue, &*dead.body, dead.group.as_deref())).collect();
    assert_eq!(dead, [("DeadLetters", "fail 2", Some("b"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_batch_comes_back_after_its_visibility_timeout() {
    let mut options = StackOptions::new(template(), bin_dir());
    options.visibility_timeout = Some(Duration::from_secs(1));
    let stack = Stack::start(options).await.unwrap();
    send(&stack, "a", "1", "crash 1").await;
    stack.idle(PATIENCE).await.unwrap();
    assert_eq!(records(&stack), [r#""1" "crash 1""#, r#""2" "crash 1""#, r#""3" "crash 1""#]);
    assert_eq!(stack.dead_letters().len(), 1);
    send(&stack, "a", "2", "ok 2").await;
    stack.idle(PATIENCE).await.unwrap();
    logged(&stack, r#"record "1" "ok 2""#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_group_comes_in_order_in_the_next_batch() {
    let stack = start().await;
    send(&stack, "a", "1", "until 3").await;
    for id in ["2", "3", "4"] {
        send(&stack, "a", id, &format!("ok {id}")).await;
    }
    stack.idle(PATIENCE).await.unwrap();
    let lines = logged(&stack, r#"record "1" "ok 4""#).await;
    let from = lines.iter().position(|line| line == "batch of 3").unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(
        lines[from + 1..],
        [r#"record "1" "ok 2""#, r#"record "1" "ok 3""#, r#"record "1" "ok 4""#],
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_waits_for_what_messages_lead_to() {
    let stack = start().await;
    let url = stack.physical_id("Queue").unwrap().to_owned();
    send(&stack, "a", "1", &format!("send {url} b next")).await;
    stack.idle(PATIENCE).await.unwrap();
    logged(&stack, r#"record "1" "next""#).await;

    send(&stack, "c", "2", "hang").await;
    let busy = stack.idle(Duration::from_millis(200)).await.unwrap_err().to_string();
    assert!(busy.contains("signoff-work.fifo holds 0 visible and 1 hidden"), "{busy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_function_and_operation() {
    let stack = start().await;
    let before = stack.mark();
    let request = json!({"QueueUrl": stack.physical_id("Queue"), "AttributeNames": ["All"]});
    let event = json!({"do": "sqs", "operation": "GetQueueAttributes", "request": request});
    let (_, answer) = invoke(&stack, "Stub", event).await;
    assert_eq!(answer["Attributes"]["FifoQueue"], "true", "{answer}");
    call(&stack, "secretsmanager.GetSecretValue", json!({"SecretId": stack.physical_id("Secret")})).await;
    let requests = stack.requests_since(before);
    let requests: Vec<(&str, &str)> =
        requests.iter().map(|request| (&*request.function, &*request.operation)).collect();
    assert_eq!(requests, [("Stub", "SQS.GetQueueAttributes"), ("tester", "SecretsManager.GetSecretValue")]);
    assert_eq!(stack.requests_since(stack.mark()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_may_do_what_its_role_allows_and_nothing_else() {
    let stack = start().await;
    let ask = async |operation: &str, queue: &str| {
        let request = json!({"QueueUrl": stack.physical_id(queue), "AttributeNames": ["All"]});
        invoke(&stack, "Narrow", json!({"do": "sqs", "operation": operation, "request": request})).await.1
    };
    assert_eq!(ask("GetQueueAttributes", "Queue").await["Attributes"]["FifoQueue"], "true");
    let refused = ask("ReceiveMessage", "Queue").await;
    assert_eq!(refused["__type"], "AccessDeniedException");
    assert_eq!(
        refused["message"],
        "User: arn:aws:iam::000000000000:role/signoff-NarrowRole is not authorized to perform: sqs:ReceiveMessage on \
         resource: arn:aws:sqs:us-east-1:000000000000:signoff-work.fifo because no identity-based policy allows the \
         sqs:ReceiveMessage action"
    );
    assert_eq!(ask("GetQueueAttributes", "DeadLetters").await["__type"], "AccessDeniedException");

    let directory = tempfile::tempdir().unwrap();
    let narrow = directory.path().join("narrow.yaml");
    let text = std::fs::read_to_string(template()).unwrap();
    std::fs::write(&narrow, text.replace("FunctionName: !Ref Worker", "FunctionName: !Ref Narrow")).unwrap();
    let error = Stack::start(StackOptions::new(narrow, bin_dir())).await.err().unwrap().to_string();
    assert!(error.starts_with("the role of Narrow does not allow sqs:ReceiveMessage on"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_refuse_what_aws_refuses() {
    let stack = start().await;
    let queue = stack.physical_id("Queue");
    let (status, answer) =
        call(&stack, "AmazonSQS.DeleteMessage", json!({"QueueUrl": queue, "ReceiptHandle": "made-up"})).await;
    assert_eq!((status, &answer["__type"]), (400, &json!("com.amazonaws.sqs#ReceiptHandleIsInvalid")));
    let (status, answer) = call(&stack, "AWSCloudTrail.LookupEvents", json!({})).await;
    assert_eq!((status, &answer["__type"]), (400, &json!("UnknownOperationException")));
    let item = json!({"TableName": stack.physical_id("Table"), "Item": {"pk": {"S": "a"}},
        "ConditionExpression": "attribute_exists(pk)"});
    let (status, answer) = call(&stack, "DynamoDB_20120810.PutItem", item).await;
    assert_eq!(status, 400);
    assert!(answer["__type"].as_str().unwrap().ends_with("#ConditionalCheckFailedException"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_have_the_values_that_were_given() {
    let mut options = StackOptions::new(template(), bin_dir());
    options.secrets.insert("Secret".to_owned(), SecretString::from(r#"{"token": "x"}"#));
    let stack = Stack::start(options).await.unwrap();
    let request = json!({"SecretId": stack.physical_id("Secret")});
    let (_, answer) = call(&stack, "secretsmanager.GetSecretValue", request).await;
    assert_eq!(answer["SecretString"], r#"{"token": "x"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_wake_their_function_with_a_scheduled_event() {
    let stack = start().await;
    let invocations = stack.wake().await;
    let [invocation] = invocations.as_slice() else { panic!("{invocations:?}") };
    let answer: Value = serde_json::from_slice(&invocation.payload).unwrap();
    let event = &answer["event"];
    assert_eq!((&event["source"], &event["detail-type"]), (&json!("aws.events"), &json!("Scheduled Event")));
    assert_eq!(event["resources"], json!(["arn:aws:events:us-east-1:000000000000:rule/signoff-Minute"]));
    assert_eq!(event["time"].as_str().map(str::len), Some("2015-10-08T16:53:06Z".len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_functions_whose_rules_match() {
    let stack = start().await;
    let event = |source: &str, kind: &str, detail: Value| json!({"Source": source, "DetailType": kind, "Detail": detail.to_string()});
    let put =
        async |entries: Vec<Value>| call(&stack, "AWSEvents.PutEvents", json!({"Entries": entries})).await;
    let (status, answer) = put(vec![
        event("tests", "printed", json!({"team": "web", "say": "yes"})),
        event("tests", "printed", json!({"team": "api", "say": "wrong team"})),
        event("tests", "read", json!({"team": "web", "say": "wrong type"})),
        event("other", "printed", json!({"team": "web", "say": "wrong source"})),
    ])
    .await;
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(0)), "{answer}");
    stack.idle(PATIENCE).await.unwrap();
    let lines = logged(&stack, "heard yes from \"tests\"").await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("heard")).count(), 1, "{lines:?}");
    let taken = stack.events();
    assert_eq!(taken.len(), 4);
    assert_eq!(taken[0].bus, "default");
    let event_of = &taken[0].event;
    assert_eq!(
        (&event_of["id"], &event_of["detail"]["team"]),
        (&answer["Entries"][0]["EventId"], &json!("web"))
    );

    stack.refuse_next_event("printed", "ThrottlingException");
    let (_, answer) = put(vec![
        event("aws.ec2", "printed", json!({})),
        event("tests", "", json!({})),
        event("tests", &"ä".repeat(129), json!({})),
        json!({"Source": "tests", "DetailType": "read", "Detail": "{"}),
        event("tests", "printed", json!({})),
        event("tests", "printed", json!({})),
    ])
    .await;
    let codes: Vec<&str> =
        (0..6).map(|entry| answer["Entries"][entry]["ErrorCode"].as_str().unwrap_or("taken")).collect();
    assert_eq!(
        codes,
        [
            "NotAuthorizedForSourceException",
            "InvalidArgument",
            "InvalidArgument",
            "MalformedDetail",
            "ThrottlingException",
            "taken"
        ]
    );
    assert_eq!(answer["FailedEntryCount"], 5);
    assert_eq!(put(vec![]).await.0, 400);
    assert_eq!(put(vec![event("tests", "read", json!({"text": "x".repeat(256 * 1024)}))]).await.0, 400);
    assert_eq!(stack.events().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_event_is_sent_three_times_and_kept() {
    let stack = start().await;
    stack.emit("aws.tests", "tried", json!({}));
    stack.idle(PATIENCE).await.unwrap();
    let lines = logged(&stack, "heard it from \"a rule\"").await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("heard")).count(), 3, "{lines:?}");
    let dead = stack.dead_letters();
    let dead: Vec<_> = dead.iter().map(|letter| (&*letter.queue, &*letter.body)).collect();
    assert_eq!(dead, [("NotTaken", r#"{"do": "fail", "detail": {"say": "it"}, "source": "a rule"}"#)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_survive_a_restart_and_a_changed_shape_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let options = || {
        let mut options = StackOptions::new(template(), bin_dir());
        options.data_dir = Some(directory.path().join("data"));
        options
    };
    let stack = Stack::start(options()).await.unwrap();
    let table = stack.physical_id("Table").unwrap().to_owned();
    let item = json!({"TableName": table, "Item": {"pk": {"S": "a"}}});
    assert_eq!(call(&stack, "DynamoDB_20120810.PutItem", item).await.0, 200);
    let gone = json!({"TableName": table, "Item": {"pk": {"S": "gone"}, "expires_at": {"N": "1"}}});
    assert_eq!(call(&stack, "DynamoDB_20120810.PutItem", gone).await.0, 200);
    assert_eq!(stack.delete_expired().unwrap(), 1);
    send(&stack, "a", "1", "hang").await;
    stack.stop().await.unwrap();

    let stack = Stack::start(options()).await.unwrap();
    // It hung, so it was not deleted: it is there again, and is given to the function again.
    assert!(stack.idle(Duration::ZERO).await.is_err());
    let read = json!({"TableName": table, "Key": {"pk": {"S": "a"}}});
    let (_, answer) = call(&stack, "DynamoDB_20120810.GetItem", read).await;
    assert_eq!(answer["Item"], json!({"pk": {"S": "a"}}));
    stack.stop().await.unwrap();

    let changed = directory.path().join("changed.yaml");
    let text = std::fs::read_to_string(template()).unwrap();
    std::fs::write(&changed, text.replace("IndexName: due", "IndexName: overdue")).unwrap();
    let error =
        Stack::start(StackOptions { template: changed, ..options() }).await.err().unwrap().to_string();
    assert!(error.contains("other keys or indexes than the template"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_outlives_its_stack() {
    let stack = start().await;
    let (_, answer) = invoke(&stack, "Stub", json!({})).await;
    let status = PathBuf::from(format!("/proc/{}/status", answer["process"]));
    if !status.exists() {
        return; // not Linux
    }
    drop(stack);
    let deadline = std::time::Instant::now() + PATIENCE;
    // A killed process that its parent has not waited for yet is a zombie: gone all the same.
    while std::fs::read_to_string(&status).is_ok_and(|status| !status.contains("State:\tZ")) {
        assert!(std::time::Instant::now() < deadline, "process {} still runs", answer["process"]);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_start_is_told_in_one_line() {
    let error = |options: StackOptions| async { Stack::start(options).await.err().unwrap().to_string() };
    let no_program = error(StackOptions::new(template(), "/nowhere")).await;
    assert_eq!(no_program, "Stub has no program at /nowhere/stub_function: build it with `cargo build`");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = StackOptions::new(template(), bin_dir());
    options.api_port = taken.local_addr().unwrap().port();
    let port = error(options).await;
    assert!(port.contains("can't be used") && port.contains("or 0 for any that is free"), "{port}");
    let mut options = StackOptions::new(template(), bin_dir());
    options.parameters.insert("Color".to_owned(), "red".to_owned());
    assert!(error(options).await.ends_with("aws.yaml, the template has no parameter `Color`"));
    let mut options = StackOptions::new(template(), bin_dir());
    options.secrets.insert("Secrets".to_owned(), SecretString::from("{}"));
    assert_eq!(error(options).await, "the template has no secret `Secrets`");
    assert!(
        error(StackOptions::new("missing.yaml", bin_dir())).await.starts_with("missing.yaml can't be read")
    );
}
