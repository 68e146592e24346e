use super::*;
use crate::stand_in::percent;
use http::StatusCode;
use jiff::Timestamp;

/// An app that answers every click so, and keeps what it got.
async fn receiver(status: StatusCode) -> (String, Received, Server) {
    app(move |_| (status, "out of order".to_owned())).await
}

#[tokio::test]
async fn a_click_is_a_signed_payload_with_the_whole_message() {
    let slack = workspace().await;
    let (url, received, _server) = receiver(StatusCode::OK).await;
    slack.set_interactions_url(&url);
    let (ana, ben) = (slack.user_id("ana@acme.test").unwrap(), slack.user_id("ben@acme.test").unwrap());
    let ts = post(&slack, json!({"channel": "#deploys", "text": "?", "blocks": dialog(&ana)})).await;
    let outcome = slack.click(&ben, "#deploys", &ts, "reject").await.unwrap();
    assert_eq!((outcome.status, outcome.problem), (Some(200), None));

    let (headers, body) = received.lock().unwrap().remove(0);
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(headers["x-slack-request-timestamp"], "1620726120");
    let at = Timestamp::from_second(1_620_726_120).unwrap();
    let secret = Settings::default().signing_secret;
    assert_eq!(headers["x-slack-signature"], click::signature(&secret, at, &body).as_str());
    let form = percent::pairs(&body).unwrap();
    assert_eq!((form.len(), form[0].0.as_str()), (1, "payload"));
    let payload: Value = serde_json::from_str(&form[0].1).unwrap();
    let channel = slack.channel_id("deploys").unwrap();
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(
        payload["user"],
        json!({"id": ben, "username": "ben", "name": "ben", "team_id": slack.team_id()})
    );
    assert_eq!(payload["team"], json!({"id": slack.team_id(), "domain": "acme"}));
    assert_eq!(payload["channel"], json!({"id": channel, "name": "deploys"}));
    assert_eq!(
        payload["container"],
        json!({"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false})
    );
    // The time of the click, not of the message.
    assert!(payload["actions"][0]["action_ts"].as_str().unwrap() > ts.as_str());
    assert_eq!(payload["message"]["blocks"][1]["elements"][0]["action_id"], "approve");
    assert_eq!(
        payload["actions"],
        json!([{
            "action_id": "reject", "block_id": "votes", "value": "d1 a1", "type": "button", "style": "danger",
            "action_ts": payload["actions"][0]["action_ts"], "text": {"type": "plain_text", "text": "Reject", "emoji": true},
        }])
    );
}

#[tokio::test]
async fn a_button_that_was_there_can_be_clicked_late_but_no_other() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": channel, "text": "?", "blocks": dialog(&ana)})).await;
    call(&slack, "chat.update", json!({"channel": channel, "ts": ts, "text": "!", "blocks": closed(&ana)}))
        .await;
    let late = slack.interaction_payload(&ana, &channel, &ts, "approve").unwrap();
    assert_eq!(late["message"]["blocks"][1]["block_id"], "votes", "as it stood on the late screen");
    let none =
        |user: &str, ts: &str, action: &str| slack.interaction_payload(user, "deploys", ts, action).err();
    assert_eq!(none(&ana, &ts, "undo"), Some(NoSuchButton::Button(ts.clone(), "undo".into())));
    assert_eq!(none(&ana, "1.2", "approve"), Some(NoSuchButton::Message("deploys".into(), "1.2".into())));
    assert_eq!(none("U1", &ts, "approve"), Some(NoSuchButton::User("U1".into())));
}

/// A message with an overflow menu beside its text.
fn with_menu() -> Value {
    let option =
        |value: &str, label: &str| json!({"text": {"type": "plain_text", "text": label}, "value": value});
    json!([{"type": "section", "block_id": "prompt", "text": {"type": "mrkdwn", "text": "Promote?"},
        "accessory": {"type": "overflow", "action_id": "more",
            "options": [option("d1 a1 cancel", "Cancel"), option("d1 a1 explain", "Explain :rocket:")]}}])
}

#[tokio::test]
async fn an_option_of_a_menu_is_clicked_by_its_value() {
    let slack = workspace().await;
    let (url, received, _server) = receiver(StatusCode::OK).await;
    slack.set_interactions_url(&url);
    let ana = slack.user_id("ana@acme.test").unwrap();
    let channel = slack.channel_id("deploys").unwrap();
    let ts = post(&slack, json!({"channel": channel, "text": "?", "blocks": with_menu()})).await;
    let clicked = slack.click_option(&ana, "deploys", &ts, "more", "d1 a1 cancel").await.unwrap();
    assert_eq!(clicked.problem, None);
    let payload = payload(&received.lock().unwrap().remove(0).1);
    let option =
        json!({"text": {"type": "plain_text", "text": "Cancel", "emoji": true}, "value": "d1 a1 cancel"});
    assert_eq!(
        payload["actions"],
        json!([{"type": "overflow", "block_id": "prompt", "action_id": "more", "selected_option": option,
            "action_ts": payload["actions"][0]["action_ts"]}])
    );
    let read = slack.render_text(&slack.messages("deploys")[0], &jiff::tz::TimeZone::UTC);
    assert_eq!(read, "Promote?\n[… Cancel | Explain 🚀]");

    let update = json!({"channel": channel, "ts": ts, "text": "done", "blocks": [{"type": "divider"}]});
    call(&slack, "chat.update", update).await;
    let at = Timestamp::UNIX_EPOCH;
    let pick =
        |action: &str, option: &str| slack.option_request(&ana, "deploys", &ts, action, option, at).err();
    assert_eq!(pick("more", "d1 a1 explain"), None, "on a late screen");
    let none = Some(NoSuchButton::Button(ts.clone(), "more".into()));
    assert_eq!(pick("more", "undo"), none);
    assert_eq!(slack.interaction_payload(&ana, "deploys", &ts, "more").err(), none, "a menu is no button");
    assert_eq!(pick("approve", "undo"), Some(NoSuchButton::Button(ts.clone(), "approve".into())));
}

#[tokio::test]
async fn who_was_deactivated_can_not_click() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let ts = post(&slack, json!({"channel": "deploys", "text": "?", "blocks": dialog(&ana)})).await;
    slack.deactivate(&ana);
    let clicked = slack.click(&ana, "deploys", &ts, "approve").await;
    assert_eq!(clicked.err(), Some(NoSuchButton::Deactivated(ana)));
}

#[tokio::test]
async fn what_goes_wrong_with_a_click_is_told() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let ts = post(&slack, json!({"channel": "#deploys", "text": "?", "blocks": dialog(&ana)})).await;
    let click = async || slack.click(&ana, "deploys", &ts, "approve").await.unwrap();
    assert_eq!(click().await.problem.as_deref(), Some("the app has no interactions address"));
    let (url, _, server) = receiver(StatusCode::UNAUTHORIZED).await;
    slack.set_interactions_url(&url);
    let refused = click().await;
    assert_eq!((refused.status, refused.answer.as_str()), (Some(401), "out of order"));
    assert_eq!(refused.problem.as_deref(), Some("the app answered 401: out of order"));
    let page = pages::get(&slack, &format!("/live?user={ana}")).await;
    assert!(page.contains("the app answered 401"), "{page}");
    drop(server);
    slack.set_interactions_url("http://127.0.0.1:9/");
    let unanswered = click().await;
    assert_eq!(unanswered.status, None);
    assert!(unanswered.problem.unwrap().contains("did not answer"));
    let (url, _, _server) = receiver(StatusCode::OK).await;
    slack.set_interactions_url(&url);
    assert_eq!(click().await.problem, None);
    assert!(!pages::get(&slack, &format!("/live?user={ana}")).await.contains("role=\"alert\""));
}

#[test]
fn requests_are_signed_as_slacks_example() {
    // The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
        channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
        response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
        trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let at = Timestamp::from_second(1_531_420_618).unwrap();
    assert_eq!(
        click::signature("8f742231b10e8888abcd99yyyzzz85a5", at, body),
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    );
}
