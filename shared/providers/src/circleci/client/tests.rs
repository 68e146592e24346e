//! Triggering, against a server that answers as CircleCI's OpenAPI
//! description says.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use serde_json::{Value, json};

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
