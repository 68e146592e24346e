//! Triggering, and finding what was triggered, against a server that answers as CircleCI's OpenAPI
//! description says.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use serde_json::json;

fn circleci(server: &Responder) -> CircleCi {
    let base = format!("{}/api/v2", server.base);
    CircleCi::new(crate::http::client().unwrap(), base, "https://app.circleci.com", "token".into())
}

fn parameters() -> BTreeMap<String, ParameterValue> {
    [
        ("deploy".to_owned(), ParameterValue::Bool(true)),
        ("replicas".to_owned(), ParameterValue::Integer(3)),
        ("environment".to_owned(), ParameterValue::Text("production".into())),
    ]
    .into()
}

fn triggered() -> Triggered {
    let url = "https://app.circleci.com/pipelines/gh/acme/checkout/26".into();
    Triggered { number: 26, id: "p26".into(), url }
}

#[tokio::test]
async fn a_pipeline_is_triggered_once_or_nobody_knows() {
    let server = Responder::start(|line, _| match line.rsplit('/').nth(1) {
        Some("checkout") => reply(
            201,
            &json!({"id": "p26", "state": "pending", "number": 26, "created_at": "2021-05-11T11:40:00Z"}),
        ),
        Some("lost") => Reply::HangUp,
        Some("garbled") => Reply::Answer(201, vec![], b"<html>".to_vec()),
        Some("busy") => reply(503, &json!({})),
        _ => reply(400, &json!({"message": "Unexpected argument(s): deploy"})),
    })
    .await;
    let circleci = circleci(&server);
    let trigger = async |name: &str, target| {
        circleci.trigger_pipeline(&format!("gh/acme/{name}"), target, &parameters()).await
    };
    assert_eq!(trigger("checkout", Target::Branch("main")).await, Ok(triggered()));
    assert_eq!(trigger("checkout", Target::Tag("v1")).await, Ok(triggered()));
    assert_eq!(trigger("checkout", Target::DefaultBranch).await, Ok(triggered()));
    for name in ["lost", "garbled"] {
        assert!(matches!(trigger(name, Target::DefaultBranch).await, Err(Failure::Unanswered(_))), "{name}");
    }
    assert!(matches!(trigger("busy", Target::DefaultBranch).await, Err(Failure::Retryable { .. })));
    assert!(matches!(trigger("other", Target::DefaultBranch).await, Err(Failure::Refusal(_))));
    let bodies: Vec<Value> = server.asked()[..3]
        .iter()
        .map(|asked| serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap())
        .collect();
    let parameters = json!({"deploy": true, "replicas": 3, "environment": "production"});
    assert_eq!(bodies[0], json!({"branch": "main", "parameters": parameters}));
    assert_eq!(bodies[1], json!({"tag": "v1", "parameters": parameters}));
    assert_eq!(bodies[2], json!({"parameters": parameters}));
}

/// A pipeline as the list has it, triggered by `kind` at `created_at` on `branch`.
fn pipeline(kind: &str, created_at: &str, branch: &str, parameters: &Value) -> Value {
    json!({"id": "p26", "number": 26, "project_slug": "gh/acme/checkout", "state": "created", "errors": [],
        "created_at": created_at, "trigger_parameters": parameters,
        "trigger": {"type": kind, "received_at": created_at, "actor": {"login": "signoff", "avatar_url": null}},
        "vcs": {"provider_name": "GitHub", "origin_repository_url": "x", "target_repository_url": "x", "branch": branch,
            "revision": "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b"}})
}

#[tokio::test]
async fn a_lost_trigger_is_seen_in_the_list() {
    let ours = json!({"deploy": true, "replicas": 3, "environment": "production", "git": {"branch": "main"}});
    let other = json!({"deploy": true, "replicas": 3, "environment": "staging"});
    let more = json!({"deploy": true, "replicas": 3, "environment": "production", "skip_tests": true});
    let after = "2021-05-11T11:41:00Z";
    let cases = [
        (pipeline("api", after, "main", &ours), SearchResult::Seen(triggered())),
        (pipeline("explicit", after, "main", &ours), SearchResult::Seen(triggered())),
        (pipeline("api", "2021-05-11T11:39:56Z", "main", &ours), SearchResult::Seen(triggered())),
        (pipeline("api", after, "main", &Value::Null), SearchResult::Unclear(triggered())),
        (pipeline("api", after, "main", &json!({"deploy": true})), SearchResult::Unclear(triggered())),
        // Somebody else may have started it, with a parameter that nobody approved.
        (pipeline("api", after, "main", &more), SearchResult::Unclear(triggered())),
        (pipeline("api", after, "main", &other), SearchResult::NotSeen),
        (pipeline("webhook", after, "main", &ours), SearchResult::NotSeen),
        (pipeline("api", after, "other", &ours), SearchResult::NotSeen),
        (pipeline("api", "2021-05-11T11:39:00Z", "main", &ours), SearchResult::NotSeen),
    ];
    for (listed, expected) in cases {
        let body = json!({"items": [listed], "next_page_token": null});
        let server = Responder::start(move |_, _| reply(200, &body)).await;
        let since = "2021-05-11T11:40:00Z".parse().unwrap();
        let seen = circleci(&server)
            .find_triggered("gh/acme/checkout", Target::Branch("main"), &parameters(), since)
            .await;
        assert_eq!(seen, Ok(expected), "{:?}", server.lines());
    }
}

#[tokio::test]
async fn search_ends_at_an_older_pipeline_or_ten_pages() {
    let list = |created_at: &str| json!({"items": [pipeline("webhook", created_at, "main", &Value::Null)], "next_page_token": "t"});
    let since = "2021-05-11T11:40:00Z".parse().unwrap();
    for (created_at, pages) in [("2021-05-10T00:00:00Z", 1), ("2021-05-12T00:00:00Z", MAX_PAGES)] {
        let body = list(created_at);
        let server = Responder::start(move |_, _| reply(200, &body)).await;
        let seen = circleci(&server)
            .find_triggered("gh/acme/checkout", Target::DefaultBranch, &parameters(), since)
            .await;
        match pages {
            1 => assert_eq!(seen, Ok(SearchResult::NotSeen)),
            _ => assert!(matches!(seen, Err(Failure::Permanent(_))), "{seen:?}"),
        }
        assert_eq!(server.asked().len(), pages);
    }
}
