use super::*;

#[tokio::test]
async fn a_deleted_message_is_gone_and_the_app_is_told() {
    let slack = workspace().await;
    let (url, received, _server) = app(|_| (StatusCode::OK, String::new())).await;
    slack.set_events_url(&url);
    let ana = slack.user_id("ana@acme.test").unwrap();
    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": channel, "text": "?", "blocks": dialog(&ana)})).await;
    let told = slack.delete_message("#deploys", &ts).await.unwrap();
    assert_eq!((told.outcome.status, &told.outcome.problem), (Some(200), &None));
    assert_eq!(slack.messages("deploys"), []);
    assert_eq!(read(&slack, "conversations.history", &[("channel", &channel)]).await["messages"], json!([]));
    let update = call(&slack, "chat.update", json!({"channel": channel, "ts": ts, "text": "x"})).await;
    assert_eq!(update["error"], "message_not_found");
    let reply =
        call(&slack, "chat.postMessage", json!({"channel": channel, "thread_ts": ts, "text": "x"})).await;
    assert_eq!(reply["error"], "thread_not_found");
    let gone = NoSuchButton::Message("deploys".into(), ts.clone());
    assert_eq!(slack.click(&ana, "deploys", &ts, "approve").await.err(), Some(gone));
    let again = slack.delete_message("deploys", &ts).await.unwrap_err();
    assert_eq!(again.to_string(), format!("there is no message {ts} in channel deploys"));

    let (headers, body) = received.lock().unwrap().remove(0);
    let at = Timestamp::from_second(1_620_726_120).unwrap();
    let signature = click::signature(&Settings::default().signing_secret, at, &body);
    assert_eq!(headers["x-slack-signature"], signature.as_str());
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("x-slack-retry-num"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["type"], &body["team_id"], &body["event_id"], &body["event_time"]),
        (&json!("event_callback"), &json!(slack.team_id()), &json!(told.id), &json!(1_620_726_120))
    );
    let event = &body["event"];
    assert_eq!(
        (&event["type"], &event["subtype"], &event["channel"], &event["deleted_ts"]),
        (&json!("message"), &json!("message_deleted"), &json!(channel), &json!(ts))
    );
    assert_eq!(event["previous_message"]["blocks"][1]["block_id"], "votes");
}

#[tokio::test]
async fn a_deleted_message_with_replies_leaves_a_tombstone() {
    let slack = workspace().await;
    let (url, received, _server) = app(|_| (StatusCode::OK, String::new())).await;
    slack.set_events_url(&url);
    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": channel, "text": "dialog"})).await;
    let reply = post(&slack, json!({"channel": channel, "thread_ts": ts, "text": "step 1"})).await;
    let later = post(&slack, json!({"channel": channel, "text": "later"})).await;
    slack.delete_message(&channel, &ts).await.unwrap();
    let event = serde_json::from_str::<Value>(&received.lock().unwrap()[0].1).unwrap()["event"].clone();
    assert_eq!(
        (&event["subtype"], &event["deleted_ts"], &event["message"]["subtype"], &event["message"]["ts"]),
        (&json!("message_changed"), &Value::Null, &json!("tombstone"), &json!(ts))
    );
    assert_eq!(slack.messages("deploys").len(), 1);
    assert_eq!(slack.thread("deploys", &ts)[0].ts, reply, "the replies stay");
    let listed = read(&slack, "conversations.history", &[("channel", &channel)]).await;
    let listed: Vec<_> =
        listed["messages"].as_array().unwrap().iter().map(|one| (&one["ts"], &one["subtype"])).collect();
    assert_eq!(listed, [(&json!(later), &Value::Null), (&json!(ts), &json!("tombstone"))]);
    let update = call(&slack, "chat.update", json!({"channel": channel, "ts": ts, "text": "x"})).await;
    assert_eq!(update["error"], "message_not_found");
    post(&slack, json!({"channel": channel, "thread_ts": ts, "text": "step 2"})).await;
    let thread = read(&slack, "conversations.replies", &[("channel", &channel), ("ts", &ts)]).await;
    assert_eq!(thread["messages"][0]["subtype"], "tombstone");
    assert_eq!(thread["messages"].as_array().unwrap().len(), 3);
    let ana = slack.user_id("ana@acme.test").unwrap();
    let seen = "This message was deleted.\n\n↳ step 1\n\n↳ step 2\n\nlater";
    assert_eq!(slack.user_sees(&ana, "deploys"), seen);
    let page = pages::get(&slack, &format!("/live?user={ana}")).await;
    assert!(page.contains("This message was deleted."), "{page}");
}

#[tokio::test]
async fn an_event_is_told_again_with_the_same_id() {
    let slack = workspace().await;
    let ts = post(&slack, json!({"channel": "deploys", "text": "x"})).await;
    let (url, received, _server) = app(|_| (StatusCode::BAD_GATEWAY, String::new())).await;
    slack.set_events_url(&url);
    let refused = slack.delete_message("deploys", &ts).await.unwrap();
    assert_eq!(refused.outcome.problem.as_deref(), Some("the app answered 502: "));
    slack.redeliver(&refused, 1).await;
    let (url, received_later, _other) = app(|_| (StatusCode::OK, String::new())).await;
    slack.set_events_url(&url);
    let ts = post(&slack, json!({"channel": "deploys", "text": "y"})).await;
    let lost = slack.delete_message("deploys", &ts).await.unwrap();
    assert_eq!(slack.redeliver(&lost, 2).await.status, Some(200));
    for (received, number, reason) in [(received, "1", "http_error"), (received_later, "2", "http_timeout")] {
        let received = received.lock().unwrap();
        let (first, second) = (&received[0], &received[1]);
        assert_eq!(first.1, second.1, "the same event");
        assert_eq!(second.0["x-slack-retry-num"], number);
        assert_eq!(second.0["x-slack-retry-reason"], reason);
    }
}

#[tokio::test]
async fn the_events_address_is_verified_by_its_challenge() {
    let slack = workspace().await;
    let none = slack.url_verification("c").await;
    assert_eq!(none.problem.as_deref(), Some("the app has no events address"));
    let verified = async |answer: fn(&str) -> String| {
        let (url, received, _server) = app(move |body| (StatusCode::OK, answer(body))).await;
        slack.set_events_url(&url);
        let problem = slack.url_verification("3eZbrw1aB").await.problem;
        let body: Value = serde_json::from_str(&received.lock().unwrap()[0].1).unwrap();
        assert_eq!((&body["type"], &body["challenge"]), (&json!("url_verification"), &json!("3eZbrw1aB")));
        problem
    };
    assert_eq!(verified(|_| "3eZbrw1aB".to_owned()).await, None);
    assert_eq!(verified(|_| json!({"challenge": "3eZbrw1aB"}).to_string()).await, None);
    let wrong = Some("the app did not answer with the challenge".to_owned());
    assert_eq!(verified(|_| String::new()).await, wrong);
    assert_eq!(verified(|_| json!({"challenge": "other"}).to_string()).await, wrong);
}
