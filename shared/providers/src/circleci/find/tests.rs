//! Finding what was triggered, against a server that answers as CircleCI's OpenAPI description says.

use super::Likeness::{Near, OtherCommit, Same};
use super::*;
use crate::responder::{Responder, json as reply};
use serde_json::json;

const REVISION: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";

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

fn triggers<'a>(target: Target<'a>, parameters: &'a BTreeMap<String, ParameterValue>) -> Triggers<'a> {
    let at = |text: &str| text.parse().unwrap();
    let (first, last) = (at("2021-05-11T11:40:00Z"), at("2021-05-11T11:41:00Z"));
    Triggers { target, parameters, head: Some(REVISION), first, last }
}

/// A pipeline as the list has it, triggered by `kind` at `created_at` on `branch`.
fn pipeline(kind: &str, created_at: &str, branch: &str, parameters: &Value) -> Value {
    json!({"id": "p26", "number": 26, "project_slug": "gh/acme/checkout", "state": "created", "errors": [],
        "created_at": created_at, "trigger_parameters": parameters,
        "trigger": {"type": kind, "received_at": created_at, "actor": {"login": "signoff", "avatar_url": null}},
        "vcs": {"provider_name": "GitHub", "origin_repository_url": "x", "target_repository_url": "x", "branch": branch,
            "revision": REVISION}})
}

#[tokio::test]
async fn a_lost_trigger_is_seen_in_the_list() {
    let ours = json!({"deploy": true, "replicas": 3, "environment": "production", "git": {"branch": "main"}});
    let other = json!({"deploy": true, "replicas": 3, "environment": "staging"});
    let more = json!({"deploy": true, "replicas": 3, "environment": "production", "skip_tests": true});
    let after = "2021-05-11T11:41:00Z";
    let seen = |likeness| {
        let url = "https://app.circleci.com/pipelines/gh/acme/checkout/26".to_owned();
        Some(FoundBuild { build: StartedBuild::Pipeline { id: "p26".to_owned(), number: 26, url }, likeness })
    };
    let moved = || {
        let mut moved = pipeline("api", after, "main", &ours);
        moved["vcs"]["revision"] = json!("0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b7bf7226a");
        moved
    };
    let cases = [
        (pipeline("api", after, "main", &ours), seen(Same)),
        (pipeline("explicit", after, "main", &ours), seen(Same)),
        (pipeline("api", "2021-05-11T11:39:56Z", "main", &ours), seen(Same)),
        (pipeline("api", after, "main", &Value::Null), seen(Near)),
        (pipeline("api", after, "main", &json!({"deploy": true})), seen(Near)),
        // Somebody else may have started it, with a parameter that nobody approved.
        (pipeline("api", after, "main", &more), seen(Near)),
        (pipeline("api", after, "main", &other), None),
        (pipeline("webhook", after, "main", &ours), None),
        (pipeline("api", after, "other", &ours), None),
        (pipeline("api", "2021-05-11T11:39:00Z", "main", &ours), None),
        (pipeline("api", "2021-05-11T11:42:05Z", "main", &ours), seen(Same)),
        // The next deploy's, or one that somebody started by hand.
        (pipeline("api", "2021-05-11T11:42:06Z", "main", &ours), None),
        (moved(), seen(OtherCommit)),
    ];
    for (listed, expected) in cases {
        let body = json!({"items": [listed], "next_page_token": null});
        let server = Responder::start(move |_, _| reply(200, &body)).await;
        let parameters = parameters();
        let asked = triggers(Target::Branch("main"), &parameters);
        let found = circleci(&server).find_triggered("gh/acme/checkout", asked).await;
        assert_eq!(found, Ok(Vec::from_iter(expected)), "{:?}", server.lines());
    }
}

#[tokio::test]
async fn search_ends_at_an_older_pipeline_or_ten_pages() {
    let list = |created_at: &str| json!({"items": [pipeline("webhook", created_at, "main", &Value::Null)], "next_page_token": "t"});
    for (created_at, pages) in [("2021-05-10T00:00:00Z", 1), ("2021-05-12T00:00:00Z", MAX_PAGES)] {
        let body = list(created_at);
        let server = Responder::start(move |_, _| reply(200, &body)).await;
        let parameters = parameters();
        let asked = triggers(Target::DefaultBranch, &parameters);
        let found = circleci(&server).find_triggered("gh/acme/checkout", asked).await;
        match pages {
            1 => assert_eq!(found, Ok(vec![])),
            _ => assert!(matches!(found, Err(Failure::Permanent(_))), "{found:?}"),
        }
        assert_eq!(server.asked().len(), pages);
    }
}
