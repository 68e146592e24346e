//! The Web API's calls against a server that answers as docs.slack.dev shows.

use super::search::SEARCH_PAGES;
use super::*;
use crate::responder::{Reply, Responder, json as reply};
use jiff::Timestamp;
use serde_json::json;

fn slack(server: &Responder) -> Slack {
    Slack::new(crate::http::client().unwrap(), format!("{}/api", server.base), "xoxb-test".into())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[tokio::test]
async fn a_message_is_posted_with_its_key() {
    let server = Responder::start(|_, _| {
        reply(200, &json!({"ok": true, "channel": "C1", "ts": "1.000100", "message": {}}))
    })
    .await;
    let blocks = json!([{"type": "divider"}]);
    let posted = slack(&server).post_message("#deploys", Some("1.0"), "Promote?", &blocks, "k1").await;
    assert_eq!(posted, Ok(MessageRef { channel: "C1".into(), ts: "1.000100".into() }));
    let asked = &server.asked()[0];
    assert!(asked.starts_with("POST /api/chat.postMessage HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("authorization: bearer xoxb-test\r\n"), "{asked}");
    let body: Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    let expected = json!({"channel": "#deploys", "thread_ts": "1.0", "text": "Promote?", "blocks": blocks,
        "metadata": {"event_type": "signoff_effect", "event_payload": {"key": "k1"}},
        "unfurl_links": false, "unfurl_media": false});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_lost_answer_to_a_post_is_not_retryable() {
    let server = Responder::start(|_, _| Reply::HangUp).await;
    let slack = slack(&server);
    let posted = slack.post_message("C1", None, "x", &Value::Null, "k").await;
    assert!(matches!(posted, Err(Failure::Unanswered(_))), "{posted:?}");
    let read = slack.user("U1").await;
    assert!(matches!(read, Err(Failure::Retryable { .. })), "{read:?}");
    assert_eq!(server.lines(), ["POST /api/chat.postMessage", "GET /api/users.info?user=U1"]);
}

#[tokio::test]
async fn public_channels_are_listed_as_far_as_asked() {
    let server = Responder::start(|line, _| {
        let (name, next) = if line.contains("cursor=page2") { ("two", "page3") } else { ("one", "page2") };
        let channels = json!([{"id": "C1", "name": name}]);
        reply(200, &json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": next}}))
    })
    .await;
    assert_eq!(slack(&server).channels(2).await, Ok(vec!["one".to_owned(), "two".to_owned()]));
    let asked = server.lines();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|line| line.contains("?types=public_channel&")), "{asked:?}");
}

#[tokio::test]
async fn channel_members_are_searched_as_far_as_asked() {
    let server = Responder::start(|line, _| {
        let (member, next) = match line {
            _ if line.contains("channel=C9") => ("U9", "more"),
            _ if line.contains("cursor=page2") => ("U2", ""),
            _ => ("U1", "page2"),
        };
        let members = json!([member]);
        let error = match line {
            _ if line.contains("channel=C0") => Some("fetch_members_failed"),
            _ if line.contains("channel=C7") => Some("channel_not_found"),
            _ => None,
        };
        match error {
            Some(error) => reply(200, &json!({"ok": false, "error": error})),
            None => reply(
                200,
                &json!({"ok": true, "members": members, "response_metadata": {"next_cursor": next}}),
            ),
        }
    })
    .await;
    let slack = slack(&server);
    for (channel, user, is, asked) in [
        ("C1", "U1", Membership::Member, 1),
        ("C1", "U2", Membership::Member, 2),
        ("C1", "U3", Membership::NotMember, 2),
        ("C9", "U3", Membership::TooMany, 3),
        ("C7", "U1", Membership::NoChannel, 1),
    ] {
        let before = server.asked().len();
        assert_eq!(slack.membership(channel, user, 3).await, Ok(is), "{user} in {channel}");
        assert_eq!(server.asked().len() - before, asked, "{user} in {channel}");
    }
    assert_eq!(
        server.lines()[2],
        "GET /api/conversations.members?channel=C1&limit=999&cursor=page2",
        "{:?}",
        server.lines()
    );
    let failed = slack.membership("C0", "U1", 3).await;
    assert!(matches!(failed, Err(Failure::Permanent(_))), "{failed:?}");
}

#[tokio::test]
async fn lost_message_is_found_by_key_in_a_named_channel() {
    let server = Responder::start(|line, _| {
        let ours = json!({"event_type": "signoff_effect", "event_payload": {"key": "k2"}});
        let other = json!({"event_type": "task_created", "event_payload": {"id": 11, "key": "k2"}});
        match line {
            _ if line.starts_with("GET /api/conversations.list") && line.contains("cursor=page2") => {
                reply(200, &json!({"ok": true, "channels": [{"id": "C2", "name": "deploys"}]}))
            }
            _ if line.starts_with("GET /api/conversations.list") => reply(200, &json!({"ok": true,
                "channels": [{"id": "C1", "name": "general"}], "response_metadata": {"next_cursor": "page2"}})),
            _ if line.contains("cursor=older") => reply(200, &json!({"ok": true, "has_more": false,
                "messages": [{"ts": "12.2", "metadata": other}, {"ts": "12.1", "metadata": ours}]})),
            _ => reply(200, &json!({"ok": true, "messages": [{"ts": "13.0"}], "has_more": true,
                "response_metadata": {"next_cursor": "older"}})),
        }
    })
    .await;
    let slack = slack(&server);
    let found = slack.find_message("#deploys", None, "k2", at(1000)).await;
    assert_eq!(found, Ok(Some(MessageRef { channel: "C2".into(), ts: "12.1".into() })));
    assert!(server.lines()[0].contains("types=public_channel%2Cprivate_channel&"), "{:?}", server.lines());
    assert!(server.lines()[2].contains("oldest=940.000000"), "{:?}", server.lines());
    assert_eq!(slack.find_message("#nowhere", None, "k2", at(1000)).await, Ok(None));
    assert_eq!(slack.find_message("C2", Some("12.0"), "k3", at(1000)).await, Ok(None));
    assert!(server.lines().iter().any(|line| line.starts_with("GET /api/conversations.replies?")));
}

#[tokio::test]
async fn a_search_that_does_not_end_says_that_nobody_knows() {
    let server = Responder::start(|_, _| {
        reply(200, &json!({"ok": true, "messages": [], "response_metadata": {"next_cursor": "more"}}))
    })
    .await;
    let found = slack(&server).find_message("C1", None, "k", at(1000)).await;
    assert!(matches!(found, Err(Failure::Permanent(_))), "{found:?}");
    assert_eq!(server.asked().len(), 2 * SEARCH_PAGES);
}

#[tokio::test]
async fn message_is_found_before_many_newer_ones() {
    let server = Responder::start(|line, _| {
        let ours = json!({"event_type": "signoff_effect", "event_payload": {"key": "k"}});
        match line.contains("oldest=940.000000&") && line.contains("latest=1600.000000") {
            true => reply(200, &json!({"ok": true, "messages": [{"ts": "1001.1", "metadata": ours}]})),
            false => reply(
                200,
                &json!({"ok": true, "messages": [{"ts": "90000.0"}],
                "response_metadata": {"next_cursor": "more"}}),
            ),
        }
    })
    .await;
    let found = slack(&server).find_message("C1", None, "k", at(1000)).await;
    assert_eq!(found, Ok(Some(MessageRef { channel: "C1".into(), ts: "1001.1".into() })));
    assert_eq!(server.asked().len(), SEARCH_PAGES + 1);
}

#[tokio::test]
async fn people_and_groups() {
    let server = Responder::start(|line, _| match line {
        "GET /api/users.lookupByEmail?email=ana%40example.com" => {
            reply(200, &json!({"ok": true, "user": {"id": "U1", "team_id": "T1", "name": "ana"}}))
        }
        "GET /api/users.lookupByEmail?email=guest%40example.com" => reply(200, &json!({"ok": true,
            "user": {"id": "U2", "team_id": "T1", "name": "ben", "is_ultra_restricted": true}})),
        "GET /api/users.info?user=U1" => reply(200, &json!({"ok": true, "user": {"id": "U1", "team_id": "T1", "name": "ana",
            "deleted": false, "is_restricted": true, "profile": {"display_name": "", "real_name": "Ana Lima",
            "email": "ana@example.com"}}})),
        "GET /api/usergroups.list" => {
            reply(200, &json!({"ok": true, "usergroups": [{"id": "S0614TZR7", "handle": "team"}]}))
        }
        "GET /api/usergroups.users.list?usergroup=S0614TZR7" => reply(200, &json!({"ok": true, "users": ["U1", "U2"]})),
        "GET /api/auth.test" => reply(200, &json!({"ok": true, "team_id": "T1", "user_id": "UB"})),
        "GET /api/chat.getPermalink?channel=C1&message_ts=1.0" => {
            reply(200, &json!({"ok": true, "permalink": "https://acme.slack.com/archives/C1/p10"}))
        }
        _ => reply(200, &json!({"ok": false, "error": if line.contains("lookup") { "users_not_found" } else { "user_not_found" }})),
    })
    .await;
    let slack = slack(&server);
    for (address, expected) in [
        ("ana@example.com", Some(("U1".to_owned(), Standing::Member))),
        ("guest@example.com", Some(("U2".to_owned(), Standing::Guest))),
        ("nobody@example.com", None),
    ] {
        let found = slack.user_by_email(address).await.unwrap();
        assert_eq!(found.map(|found| (found.id.clone(), found.standing())), expected, "{address}");
    }
    let ana = Profile {
        id: "U1".into(),
        name: "Ana Lima".into(),
        email: Some("ana@example.com".into()),
        deleted: false,
        guest: true,
        stranger: false,
        bot: false,
        admin: false,
        team_id: "T1".into(),
    };
    assert_eq!(slack.user("U1").await, Ok(Some(ana)));
    assert_eq!(slack.user("U9").await, Ok(None));
    for group in ["@team", "Team", "S0614TZR7"] {
        assert_eq!(
            slack.usergroup_members(group).await,
            Ok(Some(vec!["U1".to_owned(), "U2".to_owned()])),
            "{group}"
        );
    }
    assert_eq!(slack.usergroup_members("@nobody").await, Ok(None));
    assert_eq!(slack.auth_test().await, Ok("T1".into()));
    let link = slack.permalink(&MessageRef { channel: "C1".into(), ts: "1.0".into() }).await;
    assert_eq!(link, Ok("https://acme.slack.com/archives/C1/p10".into()));
}

#[tokio::test]
async fn guests_strangers_bots_and_admins_are_told_apart() {
    let server = Responder::start(|line, _| {
        let mut user = json!({"id": "U1", "team_id": "T1", "name": "ana"});
        let flag = line.rsplit('=').next().unwrap_or_default();
        user[flag] = json!(true);
        reply(200, &json!({"ok": true, "user": user}))
    })
    .await;
    let slack = slack(&server);
    for (flag, guest, stranger, bot, admin) in [
        ("is_restricted", true, false, false, false),
        ("is_ultra_restricted", true, false, false, false),
        ("is_stranger", false, true, false, false),
        ("is_bot", false, false, true, false),
        ("is_admin", false, false, false, true),
        ("is_owner", false, false, false, true),
        ("has_2fa", false, false, false, false),
    ] {
        let profile = slack.user(flag).await.unwrap().unwrap();
        let told = (profile.guest, profile.stranger, profile.bot, profile.admin);
        assert_eq!(told, (guest, stranger, bot, admin), "{flag}");
    }
}

#[tokio::test]
async fn deleted_message_differs_from_one_that_cannot_change() {
    let refusal = |error: &str| json!({"ok": false, "error": error});
    let history =
        |subtype: Option<&str>, ts: &str| json!({"ok": true, "messages": [{"ts": ts, "subtype": subtype}]});
    for (answer, left, expected) in [
        (json!({"ok": true, "channel": "C1", "ts": "1.0"}), None, Ok(Updated::Done)),
        (refusal("message_not_found"), None, Ok(Updated::Gone)),
        (refusal("cant_update_message"), Some(history(Some("tombstone"), "1.0")), Ok(Updated::Gone)),
        (refusal("cant_update_message"), Some(history(None, "1.0")), Err(())),
        (refusal("cant_update_message"), Some(history(Some("tombstone"), "0.9")), Err(())),
        (refusal("cant_update_message"), Some(json!({"ok": true, "messages": []})), Err(())),
        (refusal("channel_not_found"), None, Err(())),
    ] {
        let asked_history = left.is_some();
        let (update, left) = (answer.clone(), left.unwrap_or_default());
        let server = Responder::start(move |line, _| {
            reply(200, if line == "POST /api/chat.update" { &update } else { &left })
        })
        .await;
        let at = MessageRef { channel: "C1".into(), ts: "1.0".into() };
        let updated = slack(&server).update_message(&at, "x", &Value::Null).await;
        let permanent = |failure| assert!(matches!(failure, Failure::Permanent(_)), "{answer}: {failure:?}");
        assert_eq!(updated.map_err(permanent), expected, "{answer}");
        let history =
            "GET /api/conversations.history?channel=C1&oldest=1.0&latest=1.0&inclusive=true&limit=1";
        assert_eq!(server.lines().get(1).map(String::as_str), asked_history.then_some(history), "{answer}");
    }
}

#[tokio::test]
async fn a_form_is_opened_with_its_trigger() {
    let server = Responder::start(|_, request| match request {
        _ if request.contains("used") => reply(200, &json!({"ok": false, "error": "exchanged_trigger_id"})),
        _ if request.contains("lost") => Reply::HangUp,
        _ => reply(200, &json!({"ok": true, "view": {"id": "V1"}})),
    })
    .await;
    let slack = slack(&server);
    let view = json!({"type": "modal", "callback_id": "reject"});
    assert_eq!(slack.open_view("123.456", &view).await, Ok(()));
    let asked = &server.asked()[0];
    assert!(asked.starts_with("POST /api/views.open HTTP/1.1\r\n"), "{asked}");
    let body: Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body, json!({"trigger_id": "123.456", "view": view}));
    let used = slack.open_view("used", &view).await;
    assert!(matches!(used, Err(Failure::Refusal(_))), "{used:?}");
    let lost = slack.open_view("lost", &view).await;
    assert!(matches!(lost, Err(Failure::Retryable { .. })), "{lost:?}");
}

#[tokio::test]
async fn a_call_gives_up_after_the_time_that_it_was_given() {
    let server = Responder::start(|line, _| match line {
        "GET /api/auth.test" => reply(200, &json!({"ok": true, "team_id": "T1"})),
        _ => Reply::Silence,
    })
    .await;
    let usual = slack(&server);
    let hasty = usual.within(Duration::from_millis(50));
    let read = hasty.user("U1").await;
    let message = "Slack gave no answer within 0.05 seconds while calling users.info (U1)";
    assert_eq!(read, Err(Failure::Retryable { message: message.into(), retry_after: None }));
    let posted = hasty.post_message("C1", None, "x", &Value::Null, "k").await;
    assert!(matches!(posted, Err(Failure::Unanswered(_))), "{posted:?}");
    assert_eq!(usual.auth_test().await, Ok("T1".into()), "the client that it was made from");
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let server = Responder::start(|_, _| reply(200, &json!({"ok": true}))).await;
    let slack = Slack::new(crate::http::client().unwrap(), server.base.clone(), "".into());
    let asked = slack.auth_test().await;
    assert!(matches!(&asked, Err(Failure::Permanent(text)) if text.contains("SlackAppSecret")), "{asked:?}");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_direct_message_is_opened_with_whom_slack_has() {
    let server = Responder::start(|_, body| {
        let codes = ["user_disabled", "user_not_found", "user_not_visible", "missing_scope"];
        match codes.into_iter().find(|code| body.contains(code)) {
            Some(code) => reply(200, &json!({"ok": false, "error": code, "needed": "im:write"})),
            None => reply(200, &json!({"ok": true, "no_op": true, "channel": {"id": "D1"}})),
        }
    })
    .await;
    let slack = slack(&server);
    assert_eq!(slack.open_direct("U1").await, Ok(Some("D1".to_owned())));
    for gone in ["user_disabled", "user_not_found", "user_not_visible"] {
        assert_eq!(slack.open_direct(gone).await, Ok(None), "{gone}");
    }
    let refused = slack.open_direct("missing_scope").await.unwrap_err().to_string();
    assert!(refused.contains("conversations.open (missing_scope, it needs im:write)"), "{refused}");
    assert_eq!(server.lines()[0], "POST /api/conversations.open");
}
