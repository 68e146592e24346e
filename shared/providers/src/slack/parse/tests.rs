//! Interaction payloads as docs.slack.dev shows them, and what can't be read.

use super::*;
use serde_json::json;

fn form(payload: &str) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", payload).finish().into_bytes()
}

fn payload() -> Value {
    json!({
        "type": "block_actions",
        "user": {"id": "U1", "username": "ana", "name": "ana", "team_id": "T1"},
        "api_app_id": "A1", "token": "x",
        "container": {"type": "message", "message_ts": "1620733200.000100", "channel_id": "C1", "is_ephemeral": false},
        "trigger_id": "12466734323.1395872398", "team": {"id": "T1", "domain": "acme"}, "enterprise": null,
        "channel": {"id": "C1", "name": "deploys"}, "message": {"type": "message", "ts": "1620733200.000100"},
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": [{"action_id": "approve", "block_id": "votes", "text": {"type": "plain_text", "text": "Approve"},
            "value": "d1 a1", "style": "primary", "type": "button", "action_ts": "1620733320.500600"}]
    })
}

fn parsed(payload: &Value) -> Result<Interaction, ParseError> {
    interaction(&form(&payload.to_string()))
}

#[test]
fn a_click_is_read() {
    let expected = Click {
        user: ClickUser { id: "U1".into(), name: "ana".into(), team_id: "T1".into() },
        team_id: "T1".into(),
        channel_id: "C1".into(),
        message_ts: "1620733200.000100".into(),
        action_id: "approve".into(),
        value: "d1 a1".into(),
        action_ts: "1620733320.500600".into(),
        trigger_id: "12466734323.1395872398".into(),
    };
    assert_eq!(parsed(&payload()), Ok(Interaction::Click(expected)));
}

#[test]
fn a_stranger_keeps_their_own_workspace() {
    let mut payload = payload();
    payload["user"]["team_id"] = json!("T9");
    let Ok(Interaction::Click(click)) = parsed(&payload) else { panic!("a click") };
    assert_eq!((click.team_id.as_str(), click.user.team_id.as_str()), ("T1", "T9"));
}

#[test]
fn overflow_option_is_a_click_with_its_value() {
    let mut payload = payload();
    payload["actions"] = json!([{"type": "overflow", "action_id": "more", "block_id": "votes",
        "selected_option": {"text": {"type": "plain_text", "text": "Cancel", "emoji": true}, "value": "d1 a1 cancel"},
        "action_ts": "1620733320.500600"}]);
    payload.as_object_mut().unwrap().remove("trigger_id");
    let Ok(Interaction::Click(click)) = parsed(&payload) else { panic!("a click") };
    let read = (click.action_id.as_str(), click.value.as_str(), click.trigger_id.as_str());
    assert_eq!(read, ("more", "d1 a1 cancel", ""));
}

fn submitted() -> Value {
    json!({
        "type": "view_submission",
        "team": {"id": "T1", "domain": "acme"},
        "user": {"id": "U1", "username": "ana", "name": "ana", "team_id": "T9"},
        "api_app_id": "A1", "token": "x", "trigger_id": "12466734323.1395872398",
        "view": {
            "id": "V1", "team_id": "T1", "app_id": "A1", "bot_id": "B1", "type": "modal", "callback_id": "reject",
            "private_metadata": "d1 a1", "hash": "156772938.1827394", "previous_view_id": null, "root_view_id": "V1",
            "title": {"type": "plain_text", "text": "Reject"}, "blocks": [],
            "state": {"values": {
                "b1": {"reason": {"type": "plain_text_input", "value": "Not\ntoday"}},
                "b2": {"note": {"type": "plain_text_input", "value": null},
                       "when": {"type": "datepicker", "selected_date": "2026-01-01"}},
            }},
        },
        "response_urls": [], "is_enterprise_install": false, "enterprise": null,
    })
}

#[test]
fn a_submission_is_read_with_what_was_written() {
    let expected = Submission {
        user: ClickUser { id: "U1".into(), name: "ana".into(), team_id: "T9".into() },
        team_id: "T1".into(),
        view_id: "V1".into(),
        callback_id: "reject".into(),
        private_metadata: "d1 a1".into(),
        values: BTreeMap::from([("reason".into(), "Not\ntoday".into()), ("note".into(), String::new())]),
    };
    assert_eq!(parsed(&submitted()), Ok(Interaction::Submission(expected)));
    // Slack's own example of a form without inputs.
    for state in [json!({"values": []}), json!({"values": {}}), json!({}), Value::Null] {
        let mut payload = submitted();
        payload["view"]["state"] = state.clone();
        let Ok(Interaction::Submission(submission)) = parsed(&payload) else { panic!("{state}") };
        assert_eq!(submission.values, BTreeMap::new());
    }
}

#[test]
fn other_payloads_are_ignored_by_name() {
    for (payload, expected) in [
        (json!({"type": "view_closed", "view": {}}), "view_closed"),
        (json!({"type": "shortcut"}), "shortcut"),
        (
            json!({"type": "block_actions", "user": {"id": "U1"}, "container": {"type": "view"}, "actions": []}),
            "block_actions in a view",
        ),
    ] {
        assert_eq!(parsed(&payload), Ok(Interaction::Ignored { kind: expected.into() }));
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let without = |pointer: &str, key: &str| {
        let mut payload = payload();
        payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        form(&payload.to_string())
    };
    let form_without = |pointer: &str, key: &str| {
        let mut payload = submitted();
        payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        form(&payload.to_string())
    };
    let nested_state = form(&format!(
        r#"{{"type":"view_submission","user":{{"id":"U1"}},"view":{{"id":"V1","state":{{"values":{}1{}}}}}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    ));
    let nested = form(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let nested_value =
        form(&format!(r#"{{"type":"block_actions","user":{}1{}}}"#, "[".repeat(500), "]".repeat(500)));
    let mut payload = payload();
    payload["actions"] = json!([{"action_id": "more", "selected_option": {"text": {}}}]);
    let option = form(&payload.to_string());
    let large = vec![b'a'; MAX_BODY + 1];
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("large", large),
        ("no payload", b"token=x".to_vec()),
        ("not utf-8", b"payload=%ff%fe".to_vec()),
        ("raw not utf-8", b"payload=\xff".to_vec()),
        ("not JSON", form("{")),
        ("a string", form("\"x\"")),
        ("no type", form("{}")),
        ("nested", nested),
        ("nested value", nested_value),
        ("no user", without("", "user")),
        ("no value", without("/actions/0", "value")),
        ("no action_id", without("/actions/0", "action_id")),
        ("an option without a value", option),
        ("a form's user", form_without("", "user")),
        ("a form's team", {
            let mut form = submitted();
            (form["team"], form["user"]["team_id"]) = (Value::Null, Value::Null);
            self::form(&form.to_string())
        }),
        ("no form", form_without("", "view")),
        ("a form's id", form_without("/view", "id")),
        ("a form's state nested", nested_state),
    ];
    let told: Vec<String> = bodies
        .iter()
        .map(|(name, body)| match interaction(body) {
            Err(error) => format!("{name}: {error}"),
            Ok(parsed) => panic!("{name}: {parsed:?}"),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn nobody_votes_without_an_id() {
    let mut payload = payload();
    payload["user"]["id"] = json!("");
    let error = parsed(&payload).expect_err("an error");
    assert!(error.to_string().contains("an id"), "{error}");
}

#[test]
fn what_is_told_is_short_however_long_the_payload() {
    let mut payload = payload();
    payload["user"] = json!("x".repeat(MAX_BODY - 5000));
    assert!(parsed(&payload).expect_err("an error").to_string().len() < 500);
}

#[test]
fn payloads_of_an_organization_are_read_without_a_workspace() {
    let mut submitted = submitted();
    (submitted["team"], submitted["is_enterprise_install"]) = (Value::Null, json!(true));
    submitted["enterprise"] = json!({"id": "E1", "name": "Acme"});
    let Ok(Interaction::Submission(read)) = parsed(&submitted) else { panic!("a submission") };
    assert_eq!((read.team_id.as_str(), read.user.team_id.as_str()), ("T9", "T9"));
    submitted["user"]["team_id"] = Value::Null;
    let Ok(Interaction::Submission(read)) = parsed(&submitted) else { panic!("a submission") };
    assert_eq!(read.team_id, "E1");
}

#[test]
fn check_of_the_certificate_is_answered() {
    let read = interaction(b"ssl_check=1&token=x");
    assert_eq!(read, Ok(Interaction::Ignored { kind: "ssl_check".to_owned() }));
}
