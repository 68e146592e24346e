use super::*;
use crate::aws::{ids::Ids, template::resources::Queue};

fn sqs() -> Sqs {
    let queue = |name: &str, fifo| Queue {
        logical_id: name.to_owned(),
        name: name.to_owned(),
        url: format!("http://127.0.0.1:1/000000000000/{name}"),
        arn: format!("arn:{name}"),
        fifo,
        content_based_deduplication: name == "content.fifo",
        visibility_timeout: Duration::from_secs(30),
        retention: Duration::from_secs(3600),
        redrive: None,
    };
    let queues = [queue("q.fifo", true), queue("content.fifo", true), queue("plain", false)];
    Sqs::new(&queues, "000000000000", &std::sync::Arc::new(Ids::default()), None, None).unwrap()
}

async fn ask(sqs: &Sqs, operation: &str, queue: &str, mut request: Value) -> Result<Value, String> {
    request["QueueUrl"] = json!(format!("http://127.0.0.1:1/000000000000/{queue}"));
    let answer = answer(sqs, operation, &request).await;
    answer.map_err(|refusal| format!("{} {}", refusal.query_error(), refusal.message()))
}

#[tokio::test]
async fn a_message_arrives_with_all_that_was_said_about_it() {
    let sqs = sqs();
    let attributes = json!({
        "Kind": {"DataType": "String", "StringValue": "x"},
        "Bytes": {"DataType": "Binary", "BinaryValue": "AP8="},
    });
    let sent = json!({"MessageBody": "hello", "MessageGroupId": "g", "MessageDeduplicationId": "d",
        "MessageAttributes": attributes});
    let answer = ask(&sqs, "SendMessage", "q.fifo", sent).await.unwrap();
    assert_eq!(answer["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(answer["MD5OfMessageAttributes"], "41e0f7fedef8ab9f06678cd26815a7ea");
    assert_eq!(answer["SequenceNumber"], "00000000000000000001");

    let all = json!({"AttributeNames": ["All"], "MessageAttributeNames": ["All"]});
    let answer = ask(&sqs, "ReceiveMessage", "q.fifo", all).await.unwrap();
    let message = &answer["Messages"][0];
    assert_eq!((&message["Body"], &message["MessageAttributes"]), (&json!("hello"), &attributes));
    assert_eq!(message["MD5OfMessageAttributes"], "41e0f7fedef8ab9f06678cd26815a7ea");
    let system = &message["Attributes"];
    for (name, value) in [
        ("ApproximateReceiveCount", "1"),
        ("MessageGroupId", "g"),
        ("MessageDeduplicationId", "d"),
        ("SequenceNumber", "00000000000000000001"),
        ("SenderId", "000000000000"),
    ] {
        assert_eq!(system[name], value, "{name}");
    }
    let handle = json!({"ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0});
    ask(&sqs, "ChangeMessageVisibility", "q.fifo", handle.clone()).await.unwrap();
    let late = ask(&sqs, "DeleteMessage", "q.fifo", handle.clone()).await.unwrap_err();
    assert!(late.contains("The receipt handle has expired"), "{late}");

    let some = json!({"MessageSystemAttributeNames": ["MessageGroupId"], "MessageAttributeNames": ["Ki.*"]});
    let answer = ask(&sqs, "ReceiveMessage", "q.fifo", some).await.unwrap();
    let message = &answer["Messages"][0];
    assert_eq!(message["Attributes"], json!({"MessageGroupId": "g"}));
    assert_eq!(message["MessageAttributes"], json!({"Kind": attributes["Kind"]}));
    let handle = json!({"ReceiptHandle": message["ReceiptHandle"]});
    ask(&sqs, "DeleteMessage", "q.fifo", handle.clone()).await.unwrap();
    ask(&sqs, "DeleteMessage", "q.fifo", handle).await.expect("deleting twice is no error");
    assert_eq!(ask(&sqs, "ReceiveMessage", "q.fifo", json!({})).await, Ok(json!({})));
}

#[tokio::test]
async fn a_batch_is_answered_entry_by_entry() {
    let sqs = sqs();
    let entries = json!({"Entries": [
        {"Id": "1", "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "a"},
        {"Id": "2", "MessageBody": "b"},
    ]});
    let answer = ask(&sqs, "SendMessageBatch", "q.fifo", entries).await.unwrap();
    assert_eq!(answer["Successful"][0]["Id"], "1");
    assert_eq!(
        (&answer["Failed"][0]["Id"], &answer["Failed"][0]["Code"]),
        (&json!("2"), &json!("MissingParameter"))
    );
    let received = ask(&sqs, "ReceiveMessage", "q.fifo", json!({"MaxNumberOfMessages": 10})).await.unwrap();
    let handle = &received["Messages"][0]["ReceiptHandle"];
    let hide = json!({"Entries": [{"Id": "x", "ReceiptHandle": handle, "VisibilityTimeout": 5}]});
    let answer = ask(&sqs, "ChangeMessageVisibilityBatch", "q.fifo", hide).await.unwrap();
    assert_eq!(answer, json!({"Successful": [{"Id": "x"}], "Failed": []}));
    let delete =
        json!({"Entries": [{"Id": "y", "ReceiptHandle": handle}, {"Id": "z", "ReceiptHandle": "?"}]});
    let answer = ask(&sqs, "DeleteMessageBatch", "q.fifo", delete).await.unwrap();
    assert_eq!(answer["Successful"], json!([{"Id": "y"}]));
    assert_eq!(answer["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let sqs = sqs();
    let long = "x".repeat(LARGEST_MESSAGE + 1);
    let fifo = |name: &str, value: Value| {
        let mut request = json!({"MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d"});
        request[name] = value;
        request
    };
    for (operation, queue, request, error) in [
        (
            "SendMessage",
            "nowhere",
            json!({"MessageBody": "b"}),
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
        ),
        (
            "SendMessage",
            "q.fifo",
            json!({"MessageBody": "b"}),
            "MissingParameter;Sender The request must contain the parameter MessageGroupId",
        ),
        (
            "SendMessage",
            "q.fifo",
            json!({"MessageBody": "b", "MessageGroupId": "g"}),
            "ContentBasedDeduplication enabled",
        ),
        ("SendMessage", "q.fifo", fifo("MessageBody", json!("")), "MissingParameter;Sender"),
        ("SendMessage", "q.fifo", fifo("MessageBody", json!(long)), "shorter than 1048576"),
        ("SendMessage", "q.fifo", fifo("DelaySeconds", json!(1)), "no delay per message"),
        ("SendMessage", "q.fifo", fifo("MessageGroupId", json!("with space")), "128 alphanumeric"),
        ("SendMessage", "plain", fifo("MessageBody", json!("b")), "not a FIFO queue"),
        ("ReceiveMessage", "q.fifo", json!({"MaxNumberOfMessages": 11}), "Must be between 1 and 10"),
        ("ReceiveMessage", "q.fifo", json!({"WaitTimeSeconds": 21}), "Must be between 0 and 20"),
        ("DeleteMessage", "q.fifo", json!({"ReceiptHandle": "made-up"}), "ReceiptHandleIsInvalid;Sender"),
        (
            "ChangeMessageVisibility",
            "q.fifo",
            json!({"ReceiptHandle": "YToxMg==", "VisibilityTimeout": 1}),
            "AWS.SimpleQueueService.MessageNotInflight;Sender",
        ),
        ("ChangeMessageVisibility", "q.fifo", json!({"ReceiptHandle": "YToxMg=="}), "MissingParameter"),
        ("SendMessageBatch", "q.fifo", json!({"Entries": []}), "AWS.SimpleQueueService.EmptyBatchRequest"),
        ("SendMessageBatch", "q.fifo", json!({"Entries": vec![json!({"Id": "1"}); 11]}), "You have sent 11"),
        (
            "SendMessageBatch",
            "q.fifo",
            json!({"Entries": [{"Id": "1"}, {"Id": "1"}]}),
            "BatchEntryIdsNotDistinct",
        ),
        ("TagQueue", "q.fifo", json!({}), "AWS.SimpleQueueService.UnsupportedOperation"),
    ] {
        let refusal = ask(&sqs, operation, queue, request).await.unwrap_err();
        assert!(refusal.contains(error), "{operation} on {queue} gave {refusal}");
    }
}

#[tokio::test]
async fn queue_deduplicates_by_content_where_asked() {
    let sqs = sqs();
    assert!(
        ask(&sqs, "GetQueueUrl", "", json!({"QueueName": "q.fifo"})).await.unwrap()["QueueUrl"].is_string()
    );
    for _ in 0..2 {
        let sent = json!({"MessageBody": "same", "MessageGroupId": "g"});
        ask(&sqs, "SendMessage", "content.fifo", sent).await.unwrap();
    }
    let answer =
        ask(&sqs, "GetQueueAttributes", "content.fifo", json!({"AttributeNames": ["All"]})).await.unwrap();
    assert_eq!(answer["Attributes"]["ApproximateNumberOfMessages"], "1");
    assert_eq!(answer["Attributes"]["ContentBasedDeduplication"], "true");
}

#[tokio::test]
async fn a_receive_that_waits_is_woken_by_a_send() {
    let sqs = sqs();
    let begin = std::time::Instant::now();
    let (received, sent) = tokio::join!(
        ask(&sqs, "ReceiveMessage", "plain", json!({"WaitTimeSeconds": 20})),
        ask(&sqs, "SendMessage", "plain", json!({"MessageBody": "b"}))
    );
    assert_eq!(received.unwrap()["Messages"][0]["MessageId"], sent.unwrap()["MessageId"]);
    assert!(begin.elapsed() < Duration::from_secs(10));
}
