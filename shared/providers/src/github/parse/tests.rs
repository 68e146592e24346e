//! Deliveries of every kind, and co-authors.

use super::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const SHA: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";

fn payload() -> Value {
    json!({
        "deployment_status": {"id": 2, "state": "success", "environment": "Staging", "created_at": "2021-05-11T11:40:00Z",
            "environment_url": "", "log_url": "https://ci.example.com/1", "target_url": "", "creator": {"login": "ci[bot]"}},
        "deployment": {"id": 1, "sha": SHA, "ref": "main", "task": "deploy", "payload": {}, "environment": "Staging",
            "creator": {"login": "ana", "id": 1}, "created_at": "2021-05-11T11:30:00Z"},
        "repository": {"id": 1, "full_name": "acme/checkout", "default_branch": "main"},
        "sender": {"login": "ana"}
    })
}

fn parsed(body: &[u8]) -> Result<Delivery, ParseError> {
    delivery(Some("deployment_status"), Some("72d3162e"), body)
}

#[test]
fn the_repository_is_read_before_anything_else() {
    let text = payload().to_string();
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &text).finish();
    let expected = Some("acme/checkout".to_owned());
    assert_eq!(named_repository(text.as_bytes()), expected);
    assert_eq!(named_repository(form.as_bytes()), expected);
    for body in [
        "",
        "{}",
        "[]",
        "payload={}",
        r#"{"repository": {}}"#,
        r#"{"repository": "acme/checkout"}"#,
        r#"{"repository": {"full_name": "checkout"}}"#,
        r#"{"repository": {"full_name": "acme/check/out"}}"#,
        r#"{"repository": {"full_name": "acme/check out"}}"#,
        r#"{"repository": {"full_name": "acme/a"}, "repository": {"full_name": "acme/b"}}"#,
        r#"{"repository": {"full_name": "acme/a", "full_name": "acme/b"}}"#,
    ] {
        assert_eq!(named_repository(body.as_bytes()), None, "{body}");
    }
    assert_eq!(named_repository(b"{\"repository\": {\"full_name\": \"acme/\xff\"}}"), None);
}

#[test]
fn environment_with_a_character_that_nobody_sees_is_refused() {
    let mut payload = payload();
    payload["deployment_status"]["environment"] = json!("Production\u{200b}");
    let refused = parsed(payload.to_string().as_bytes());
    assert_eq!(refused, Err(ParseError::Hidden { part: "`environment`" }));
}

#[test]
fn a_deployment_that_succeeded() {
    let expected = ReportedDeployment {
        delivery: "72d3162e".into(),
        repository: "acme/checkout".into(),
        deployment_id: 1,
        environment: "Staging".into(),
        state: DeployState::Success,
        sha: SHA.into(),
        r#ref: "main".into(),
        created_at: "2021-05-11T11:40:00Z".parse().unwrap(),
        creator: Some(Person { name: "ana".into(), email: None, username: Some("ana".into()) }),
        url: Some("https://ci.example.com/1".into()),
    };
    assert_eq!(expected.branch(), Some("main"));
    let text = payload().to_string();
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &text).finish();
    assert_eq!(parsed(text.as_bytes()), Ok(Delivery::Deployment(expected.clone())));
    assert_eq!(parsed(form.as_bytes()), Ok(Delivery::Deployment(expected)));
}

#[test]
fn delivery_says_how_far_the_deployment_got() {
    for state in DeployState::ALL {
        let mut payload = payload();
        payload["deployment_status"]["state"] = json!(state.word());
        let Ok(Delivery::Deployment(deployment)) = parsed(payload.to_string().as_bytes()) else {
            panic!("a deployment")
        };
        assert_eq!(deployment.state, state);
    }
}

#[test]
fn a_deployment_of_a_revision_has_no_branch() {
    for (r#ref, branch) in
        [(SHA, None), (&SHA[..7], None), ("refs/heads/main", Some("main")), ("feature/x", Some("feature/x"))]
    {
        let mut payload = payload();
        payload["deployment"]["ref"] = json!(r#ref);
        payload["deployment"]["creator"] = Value::Null;
        let Ok(Delivery::Deployment(deployment)) = parsed(payload.to_string().as_bytes()) else {
            panic!("a deployment")
        };
        assert_eq!((deployment.branch(), deployment.creator.as_ref()), (branch, None));
    }
}

#[test]
fn an_account_without_a_name_is_nobody() {
    for creator in [json!({}), json!({"login": ""})] {
        let mut payload = payload();
        payload["deployment"]["creator"] = creator;
        let Ok(Delivery::Deployment(deployment)) = parsed(payload.to_string().as_bytes()) else {
            panic!("a deployment")
        };
        assert_eq!(deployment.creator, None);
    }
}

#[test]
fn what_is_told_is_short_however_long_the_payload() {
    let long = "x".repeat(MAX_BODY - 5000);
    for pointer in ["/deployment_status/state", "/deployment_status/created_at", "/deployment/creator"] {
        let mut payload = payload();
        *payload.pointer_mut(pointer).unwrap() = json!(long);
        let told = match parsed(payload.to_string().as_bytes()) {
            Ok(Delivery::Ignored { reason, .. }) => reason,
            Err(error) => error.to_string(),
            Ok(parsed) => panic!("{pointer}: {parsed:?}"),
        };
        assert!(told.len() < 500, "{pointer}: {} bytes", told.len());
    }
}

#[test]
fn other_events_and_states_are_ignored_with_a_reason() {
    let mut pending = payload();
    pending["deployment_status"]["state"] = json!("inactive");
    for (event, body, expected) in [
        ("ping", "{}".to_owned(), "the event is `ping`, not `deployment_status`"),
        ("push", "not JSON at all".to_owned(), "the event is `push`, not `deployment_status`"),
        (
            "deployment_status",
            pending.to_string(),
            "the deployment's state is `inactive`, which says neither that it is under way nor how it ended",
        ),
    ] {
        let ignored = Delivery::Ignored { delivery: "1".into(), reason: expected.into() };
        assert_eq!(delivery(Some(event), Some("1"), body.as_bytes()), Ok(ignored));
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let without = |pointer: &str, key: &str| {
        let mut payload = payload();
        payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        payload.to_string().into_bytes()
    };
    let mut date = payload();
    date["deployment_status"]["created_at"] = json!("yesterday");
    let nested = format!(r#"{{"deployment":{}1{}}}"#, "[".repeat(500), "]".repeat(500));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("large", vec![b'{'; MAX_BODY + 1]),
        ("not utf-8", b"{\xff}".to_vec()),
        ("not JSON", b"{".to_vec()),
        ("a list", b"[]".to_vec()),
        ("nested", nested.into_bytes()),
        ("no sha", without("/deployment", "sha")),
        ("no repository", without("", "repository")),
        ("no date", date.to_string().into_bytes()),
    ];
    let mut told: Vec<String> = bodies
        .iter()
        .map(|(name, body)| match parsed(body) {
            Err(error) => format!("{name}: {error}"),
            Ok(parsed) => panic!("{name}: {parsed:?}"),
        })
        .collect();
    told.extend(delivery(None, Some("1"), b"{}").err().map(|error| format!("no event: {error}")));
    told.extend(delivery(Some("push"), Some(""), b"{}").err().map(|error| format!("no delivery: {error}")));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn co_authors_come_after_the_author_each_once() {
    let person =
        |name: &str, email: &str| Person { name: name.into(), email: Some(email.into()), username: None };
    let ana = person("Ana", "ana@example.com");
    let message = "Title\n\nText.\n\nCo-authored-by: Bo <bo@example.com>\nco-authored-by:Cy<cy@example.com>\n\
        Co-Authored-By: Ana Lima <ANA@example.com>\nCo-authored-by: <dee@example.com>\nCo-authored-by: nobody\n\
        Co-authored-by: Eve <>\nSigned-off-by: Flo <flo@example.com>\nÄÄ";
    let expected = vec![
        ana.clone(),
        person("Bo", "bo@example.com"),
        person("Cy", "cy@example.com"),
        person("dee@example.com", "dee@example.com"),
    ];
    assert_eq!(with_co_authors(Some(ana), message), expected);
    assert_eq!(with_co_authors(None, "Title"), vec![]);
    let nameless = Person { name: "Bo".into(), email: None, username: Some("bo".into()) };
    let message = "Title\n\nCo-authored-by: Bo <bo@example.com>\nCo-authored-by: Cy <cy@example.com>";
    assert_eq!(with_co_authors(Some(nameless.clone()), message), [nameless, person("Cy", "cy@example.com")]);
}

#[test]
fn a_message_of_co_authors_alone_takes_no_longer_than_any_other() {
    let message: String = (0..30_000).map(|n| format!("Co-authored-by: A <{n}@example.com>\n")).collect();
    let start = Instant::now();
    // Whoever wrote a part of it counts: none is left out.
    assert_eq!(with_co_authors(None, &message.repeat(4)).len(), 30_000);
    assert!(start.elapsed() < Duration::from_secs(60), "it took {:?}", start.elapsed());
}

#[test]
fn a_commit_without_an_account_or_an_author_is_read() {
    let read = |value: Value| commit(&serde_json::from_value(value).unwrap());
    let full = read(
        json!({"sha": SHA, "html_url": "https://github.com/acme/checkout/commit/7bf7226", "author": {"login": "ana"},
        "commit": {"message": "Fix it\n\nBecause of SHOP-7.", "author": {"name": "Ana Lima", "email": "ana@example.com"}}}),
    );
    assert_eq!((full.title.as_str(), &full.issues[..]), ("Fix it", &["SHOP-7".to_owned()][..]));
    let ana = Person {
        name: "Ana Lima".into(),
        email: Some("ana@example.com".into()),
        username: Some("ana".into()),
    };
    assert_eq!(full.authors, vec![ana]);
    let gone = read(json!({"sha": SHA, "author": {}, "commit": {"message": "", "author": null}}));
    assert_eq!(gone.authors, vec![]);
    let nameless = read(
        json!({"sha": SHA, "author": {"login": "bo"}, "commit": {"message": "x", "author": {"name": ""}}}),
    );
    assert_eq!(nameless.authors[0].name, "bo");
}

#[test]
fn large_body_of_another_event_is_ignored() {
    let read = delivery(Some("push"), Some("d1"), &vec![b'{'; MAX_BODY + 1]);
    assert!(matches!(read, Ok(Delivery::Ignored { .. })), "{read:?}");
    let read = delivery(Some("deployment_status"), Some("d1"), &vec![b'{'; MAX_BODY + 1]);
    assert_eq!(read, Err(ParseError::TooLarge));
}
