use super::*;
use std::collections::BTreeMap;

/// A form that asks for a reason, and offers a note.
fn form() -> Value {
    let text = |text: &str| json!({"type": "plain_text", "text": text});
    json!({
        "type": "modal", "callback_id": "reject", "private_metadata": "d1 a1",
        "title": text("Reject :no_entry:"), "submit": text("Reject"), "close": text("Back"),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "*7bf7226* to production"}},
            {"type": "input", "block_id": "why", "label": text("Why?"), "hint": text("All will read it."),
             "element": {"type": "plain_text_input", "action_id": "reason", "multiline": true, "min_length": 3,
                "max_length": 20}},
            {"type": "input", "block_id": "more", "label": text("Note"), "optional": true,
             "element": {"type": "plain_text_input", "action_id": "note", "initial_value": "none"}},
        ],
    })
}

/// Clicks for a trigger; returns it.
async fn trigger(slack: &Slack, ana: &str) -> String {
    let ts = post(slack, json!({"channel": "deploys", "text": "?", "blocks": dialog(ana)})).await;
    let payload = slack.interaction_payload(ana, "deploys", &ts, "reject").unwrap();
    payload["trigger_id"].as_str().unwrap().to_owned()
}

async fn open(slack: &Slack, trigger: &str, view: &Value) -> Value {
    call(slack, "views.open", json!({"trigger_id": trigger, "view": view})).await
}

/// Ana's form, opened.
async fn opened(slack: &Slack, ana: &str) -> OpenView {
    let trigger = trigger(slack, ana).await;
    assert_eq!(open(slack, &trigger, &form()).await["ok"], true);
    slack.open_views(ana).pop().unwrap()
}

#[tokio::test]
async fn a_trigger_opens_one_form_within_three_seconds() {
    let (slack, pass) = workspace_with_time().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let (first, second) = (trigger(&slack, &ana).await, trigger(&slack, &ana).await);
    assert_ne!(first, second, "unique per click");
    pass(3000);
    let answer = open(&slack, &first, &form()).await;
    assert_eq!((&answer["ok"], &answer["view"]["callback_id"]), (&json!(true), &json!("reject")));
    let view = slack.open_views(&ana).pop().unwrap();
    assert_eq!(answer["view"]["id"], view.id);
    let expected = OpenView {
        id: view.id.clone(),
        title: "Reject ⛔".into(),
        texts: vec![
            "7bf7226 to production".into(),
            "Why?\nAll will read it.".into(),
            "Note (optional)".into(),
        ],
        inputs: vec!["reason".into(), "note".into()],
        submit: "Reject".into(),
        callback_id: "reject".into(),
        private_metadata: "d1 a1".into(),
        errors: BTreeMap::new(),
    };
    assert_eq!(view, expected);
    pass(1);
    for (trigger, error) in [
        (first.as_str(), "exchanged_trigger_id"),
        (second.as_str(), "expired_trigger_id"),
        ("1.2.3", "invalid_trigger_id"),
        ("", "invalid_arguments"),
    ] {
        assert_eq!(open(&slack, trigger, &form()).await["error"], error, "{trigger}");
    }
    assert_eq!(slack.open_views(&ana).len(), 1);
    assert_eq!(slack.open_views("U1"), []);
}

#[tokio::test]
async fn a_form_that_slack_refuses_leaves_the_trigger() {
    let slack = workspace().await;
    let ana = slack.user_id("ana@acme.test").unwrap();
    let trigger = trigger(&slack, &ana).await;
    let mut long = form();
    long["title"]["text"] = json!("x".repeat(25));
    let refused = open(&slack, &trigger, &long).await;
    assert_eq!(refused["error"], "invalid_arguments");
    let messages = json!(["[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"]);
    assert_eq!(refused["response_metadata"]["messages"], messages);
    assert_eq!(open(&slack, &trigger, &Value::Null).await["error"], "invalid_arguments");
    let mut large = form();
    large["blocks"] =
        json!(vec![json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(2900)}}); 90]);
    assert_eq!(open(&slack, &trigger, &large).await["error"], "view_too_large");
    assert_eq!(open(&slack, &trigger, &form()).await["ok"], true);
}

#[tokio::test]
async fn a_submission_is_a_signed_payload_with_what_was_written() {
    let slack = workspace().await;
    let (url, received, _server) = app(|_| (StatusCode::OK, String::new())).await;
    slack.set_interactions_url(&url);
    let ana = slack.user_id("ana@acme.test").unwrap();
    let view = opened(&slack, &ana).await;
    let values = [("reason", "Not\ntoday"), ("note", "")];
    let submitted = slack.submit(&ana, &view.id, &values).await.unwrap();
    assert_eq!((submitted.status, submitted.problem, submitted.closed), (Some(200), None, true));
    assert_eq!(slack.open_views(&ana), []);

    let (headers, body) = received.lock().unwrap().remove(0);
    let at = Timestamp::from_second(1_620_726_120).unwrap();
    let signature = click::signature(&Settings::default().signing_secret, at, &body);
    assert_eq!(headers["x-slack-signature"], signature.as_str());
    assert_eq!(headers["content-type"], "application/x-www-form-urlencoded");
    let payload = payload(&body);
    assert_eq!(payload["type"], "view_submission");
    assert_eq!(payload["user"]["id"], ana);
    assert_eq!(payload["team"], json!({"id": slack.team_id(), "domain": "acme"}));
    let seen = &payload["view"];
    assert_eq!(
        (&seen["id"], &seen["callback_id"], &seen["private_metadata"]),
        (&json!(view.id), &json!("reject"), &json!("d1 a1"))
    );
    assert_eq!(
        seen["state"]["values"],
        json!({"why": {"reason": {"type": "plain_text_input", "value": "Not\ntoday"}},
            "more": {"note": {"type": "plain_text_input", "value": null}}})
    );
    let trigger = payload["trigger_id"].as_str().unwrap();
    assert_eq!(open(&slack, trigger, &form()).await["ok"], true, "a submission may open a form too");
}

#[tokio::test]
async fn slacks_client_does_not_send_what_the_form_does_not_take() {
    let slack = workspace().await;
    let (ana, ben) = (slack.user_id("ana@acme.test").unwrap(), slack.user_id("ben@acme.test").unwrap());
    let view = opened(&slack, &ana).await.id;
    let at = Timestamp::UNIX_EPOCH;
    let refused = |user: &str, view: &str, values: &[(&str, &str)]| {
        slack.submission_request(user, view, values, at).err().map(|error| error.to_string())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(refused(&ana, &view, &[]), some("reason: please complete this required field"));
    assert_eq!(refused(&ana, &view, &[("reason", "ab")]), some("reason: at least 3 characters"));
    assert_eq!(refused(&ana, &view, &[("reason", &"č".repeat(21))]), some("reason: at most 20 characters"));
    assert_eq!(refused(&ana, &view, &[("reason", &"č".repeat(20))]), None);
    assert_eq!(refused(&ana, &view, &[]), None, "it is still written there");
    assert_eq!(refused(&ana, &view, &[("other", "x")]), Some(format!("view {view} has no input other")));
    assert_eq!(refused(&ben, &view, &[]), Some(format!("{ben} has no open view {view}")));
    assert_eq!(refused(&ana, "V1", &[]), Some(format!("{ana} has no open view V1")));
    let mut notice = form();
    notice["blocks"].as_array_mut().unwrap().truncate(1);
    notice.as_object_mut().unwrap().remove("submit");
    open(&slack, &trigger(&slack, &ana).await, &notice).await;
    let notice = slack.open_views(&ana).pop().unwrap().id;
    assert_eq!(refused(&ana, &notice, &[]), Some(format!("view {notice} has no submit button")));
    slack.close_view(&ana, &notice);
    slack.deactivate(&ana);
    assert_eq!(refused(&ana, &view, &[]), Some(format!("{ana} has no open view {view}")));
}

#[tokio::test]
async fn the_answer_to_a_submission_decides_what_becomes_of_the_form() {
    let slack = workspace().await;
    // The app answers with what was written as the reason.
    let answer = |body: &str| {
        let values = payload(body)["view"]["state"]["values"].clone();
        let note = values["more"]["note"]["value"].as_str().unwrap_or_default().to_owned();
        let status = if note == "500" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
        (status, note)
    };
    let (url, _, _server) = app(answer).await;
    slack.set_interactions_url(&url);
    let ana = slack.user_id("ana@acme.test").unwrap();
    let view = opened(&slack, &ana).await.id;
    let submit =
        async |note: &str| slack.submit(&ana, &view, &[("reason", "because"), ("note", note)]).await.unwrap();
    for (answer, problem) in [
        ("500", "the app answered 500: 500"),
        ("OK", "the app answered neither nothing nor a response_action: OK"),
        ("{}", "the app answered neither nothing nor a response_action: {}"),
        (r#"{"response_action":"push"}"#, "the stand-in has no response_action push"),
        (
            r#"{"response_action":"errors","errors":{"reason":"No."}}"#,
            r#"the app's errors are not texts by the block ids of inputs: {"errors":{"reason":"No."},"response_action":"errors"}"#,
        ),
        (
            r#"{"response_action":"errors"}"#,
            r#"the app's errors are not texts by the block ids of inputs: {"response_action":"errors"}"#,
        ),
        (
            r#"{"response_action":"update","view":{"type":"modal"}}"#,
            "the app's new view is not valid: missing required field: title [json-pointer:/view/title]; \
             blocks must be an array [json-pointer:/view/blocks]",
        ),
    ] {
        let submitted = submit(answer).await;
        assert_eq!((submitted.problem.as_deref(), submitted.closed), (Some(problem), false));
        assert_eq!(slack.open_views(&ana).len(), 1, "it stays: {answer}");
    }
    let errors = submit(r#"{"response_action":"errors","errors":{"why":"Say more."}}"#).await;
    let expected = BTreeMap::from([("why".to_owned(), "Say more.".to_owned())]);
    assert_eq!((errors.problem, &errors.errors, errors.closed), (None, &expected, false));
    assert_eq!(slack.open_views(&ana)[0].errors, expected);

    let mut other = form();
    other["title"]["text"] = json!("Really?");
    let update = json!({"response_action": "update", "view": other}).to_string();
    let updated = submit(&update).await;
    assert_eq!((updated.problem, updated.closed), (None, false));
    let seen = slack.open_views(&ana).remove(0);
    assert_eq!((seen.id.as_str(), seen.title.as_str(), seen.errors.len()), (view.as_str(), "Really?", 0));

    let cleared = submit(r#"{"response_action":"clear"}"#).await;
    assert_eq!((cleared.problem, cleared.closed), (None, true));
    assert_eq!(slack.open_views(&ana), []);
}
