//! Bodies of the Events API as docs.slack.dev shows them, and what can't be read.

use super::*;
use serde_json::{Value, json};

fn parsed(body: &Value) -> Result<SlackEvent, ParseError> {
    event(body.to_string().as_bytes())
}

fn callback(event: &Value) -> Value {
    json!({
        "token": "x", "team_id": "T1", "api_app_id": "A1", "event": event, "type": "event_callback",
        "authorizations": [{"team_id": "T1", "user_id": "U1", "is_bot": true, "is_enterprise_install": false}],
        "event_id": "Ev1", "event_time": 1_620_733_320,
    })
}

fn deleted() -> Value {
    callback(&json!({"type": "message", "subtype": "message_deleted", "hidden": true, "channel": "C1",
        "channel_type": "channel", "ts": "1620733320.000001", "deleted_ts": "1620733200.000100",
        "event_ts": "1620733320.000001", "previous_message": {"type": "message", "ts": "1620733200.000100"}}))
}

fn changed(subtype: Option<&str>) -> Value {
    callback(&json!({"type": "message", "subtype": "message_changed", "hidden": true, "channel": "C1",
        "channel_type": "channel", "ts": "1620733320.000001", "event_ts": "1620733320.000001",
        "message": {"type": "message", "subtype": subtype, "user": "USLACKBOT", "hidden": true,
            "text": "This message was deleted.", "ts": "1620733200.000100", "thread_ts": "1620733200.000100"},
        "previous_message": {"type": "message", "ts": "1620733200.000100"}}))
}

#[test]
fn the_challenge_is_read() {
    let asked = json!({"token": "x", "challenge": "3eZbrw1aB", "type": "url_verification"});
    assert_eq!(parsed(&asked), Ok(SlackEvent::UrlVerification { challenge: "3eZbrw1aB".into() }));
}

#[test]
fn a_message_is_deleted_with_and_without_replies() {
    let expected = SlackEvent::MessageDeleted {
        team_id: "T1".into(),
        channel: "C1".into(),
        ts: "1620733200.000100".into(),
    };
    assert_eq!(parsed(&deleted()), Ok(expected.clone()));
    assert_eq!(parsed(&changed(Some("tombstone"))), Ok(expected));
}

fn reaction(kind: &str, emoji: &str) -> Value {
    callback(&json!({"type": kind, "user": "U2", "reaction": emoji, "item_user": "U1",
        "item": {"type": "message", "channel": "C1", "ts": "1620733200.000100"}, "event_ts": "1620733320.000001"}))
}

#[test]
fn a_reaction_is_of_somebody_to_a_message_at_a_time() {
    for (kind, emoji, is_there, expected) in [
        ("reaction_added", "+1", true, "+1"),
        ("reaction_removed", "-1", false, "-1"),
        ("reaction_added", "+1::skin-tone-3", true, "+1"),
    ] {
        let (channel, ts) = ("C1".to_owned(), "1620733200.000100".to_owned());
        let (team_id, user, name) = ("T1".to_owned(), "U2".to_owned(), expected.to_owned());
        let at = Timestamp::from_microsecond(1_620_733_320_000_001).unwrap();
        let expected = SlackEvent::Reaction { team_id, channel, ts, user, name, is_there, at };
        assert_eq!(parsed(&reaction(kind, emoji)), Ok(expected));
    }
    let mut to_a_file = reaction("reaction_added", "+1");
    to_a_file["event"]["item"] = json!({"type": "file", "file": "F1"});
    assert_eq!(parsed(&to_a_file), Ok(SlackEvent::Ignored { kind: "event_callback/reaction_added".into() }));
}

#[test]
fn all_else_is_ignored_by_name() {
    let message =
        callback(&json!({"type": "message", "channel": "C1", "user": "U1", "text": "hi", "ts": "1.1"}));
    let channel = callback(&json!({"type": "channel_created", "channel": {"id": "C9", "name": "new"}}));
    for (body, expected) in [
        (message, "event_callback/message"),
        (changed(None), "event_callback/message/message_changed"),
        (changed(Some("bot_message")), "event_callback/message/message_changed"),
        (channel, "event_callback/channel_created"),
        (json!({"type": "app_rate_limited", "team_id": "T1"}), "app_rate_limited"),
        (json!({"type": "event_callback"}), "event_callback"),
    ] {
        assert_eq!(parsed(&body), Ok(SlackEvent::Ignored { kind: expected.into() }));
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let without = |body: Value, pointer: &str, key: &str| {
        let mut body = body;
        body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        body.to_string().into_bytes()
    };
    let deep = |before: &str, after: &str| {
        format!("{before}{}1{}{after}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes()
    };
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("large", vec![b' '; MAX_BODY + 1]),
        ("not utf-8", b"{\"type\":\"\xff\"}".to_vec()),
        ("a form", b"payload=%7B%7D".to_vec()),
        ("a list", b"[]".to_vec()),
        ("no type", b"{}".to_vec()),
        ("a type that is a number", br#"{"type":1}"#.to_vec()),
        ("an event that is a text", br#"{"type":"event_callback","event":"x"}"#.to_vec()),
        ("no challenge", br#"{"type":"url_verification"}"#.to_vec()),
        ("no team", without(deleted(), "", "team_id")),
        ("no channel", without(deleted(), "/event", "channel")),
        ("no deleted_ts", without(deleted(), "/event", "deleted_ts")),
        ("no changed message", without(changed(None), "/event", "message")),
        ("no one who reacted", without(reaction("reaction_added", "+1"), "/event", "user")),
        ("a reaction at no time", {
            let mut body = reaction("reaction_added", "+1");
            body["event"]["event_ts"] = json!("now");
            body.to_string().into_bytes()
        }),
        ("nested", deep("", "")),
        ("nested type", deep(r#"{"type":"#, "}")),
        (
            "nested channel",
            deep(
                r#"{"type":"event_callback","team_id":"T1","event":{"type":"message","subtype":"message_deleted","channel":"#,
                "}}",
            ),
        ),
    ];
    let told: Vec<String> = bodies
        .iter()
        .map(|(name, body)| match event(body) {
            Err(error) => format!("{name}: {error}"),
            Ok(read) => panic!("{name}: {read:?}"),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    empty: the body can't be read: EOF while parsing a value at line 1 column 0
    large: the body is larger than 1 MB
    not utf-8: the body is not UTF-8
    a form: the body can't be read: expected value at line 1 column 1
    a list: the body can't be read: invalid length 0, expected an object at line 1 column 2
    no type: the body can't be read: missing field `type` at line 1 column 2
    a type that is a number: the body can't be read: invalid type: integer `1`, expected a string at line 1 column 9
    an event that is a text: the body can't be read: invalid type: string "x", expected an object at line 1 column 36
    no challenge: the body can't be read: missing field `challenge` at line 1 column 27
    no team: the payload has no `team_id`
    no channel: the body can't be read: missing field `channel` at line 1 column 359
    no deleted_ts: the body can't be read: missing field `deleted_ts` at line 1 column 341
    no changed message: the body can't be read: missing field `message` at line 1 column 341
    no one who reacted: the body can't be read: missing field `user` at line 1 column 277
    a reaction at no time: the payload has no `event.event_ts`
    nested: the body can't be read: invalid type: sequence, expected a string at line 1 column 1
    nested type: the body can't be read: invalid type: sequence, expected a string at line 1 column 8
    nested channel: the body can't be read: invalid type: sequence, expected a string at line 1 column 104
    "#);
}

#[test]
fn event_of_an_organization_is_read_without_a_workspace() {
    let mut told = reaction("reaction_added", "+1");
    (told["team_id"], told["enterprise_id"]) = (Value::Null, json!("E1"));
    let Ok(SlackEvent::Reaction { team_id, .. }) = parsed(&told) else { panic!("a reaction") };
    assert_eq!(team_id, "E1");
}
