//! Requests to Linear, and the meaning of its answers.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use std::sync::{Arc, Mutex};

fn linear(server: &Responder) -> Linear {
    Linear::new(crate::http::client().unwrap(), format!("{}/graphql", server.base), "lin_api_key".into())
}

/// Returns the query of a request, with its variables.
fn asked(request: &str) -> (String, Value) {
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    (body["query"].as_str().unwrap().to_owned(), body["variables"].clone())
}

/// Answers each request by its query's first word of meaning.
async fn server(answer: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static) -> Responder {
    Responder::start(move |line, request| {
        let (query, variables) = asked(request);
        if line == "POST /graphql" { answer(&query, &variables) } else { reply(404, &json!({})) }
    })
    .await
}

#[tokio::test]
async fn missing_issues_are_left_out_of_one_lookup() {
    let server = server(|_, _| {
        let issue = |key: &str, priority: f64, label: &str| {
            json!({"identifier": key, "title": "Prices", "url": format!("https://linear.app/acme/issue/{key}"),
                "priority": priority, "priorityLabel": label, "labels": {"nodes": [{"name": "payments"}], "pageInfo": {"hasNextPage": false}}})
        };
        reply(200, &json!({"data": {"issues": {"nodes": [issue("WEB-1", 0.0, "No priority"), issue("SHOP-7", 2.0, "High")]}}}))
    })
    .await;
    let keys = ["SHOP-7", "SHOP-8", "UTF-8", "WEB-1"].map(str::to_owned);
    let issues = linear(&server).issues(&keys).await.unwrap();
    let requests = server.asked();
    assert!(requests[0].contains("authorization: lin_api_key\r\n"), "{}", requests[0]);
    insta::assert_snapshot!(asked(&requests[0]).1.to_string(), @r#"{"filter":{"or":[{"number":{"in":[7,8]},"team":{"key":{"eq":"SHOP"}}},{"number":{"in":[8]},"team":{"key":{"eq":"UTF"}}},{"number":{"in":[1]},"team":{"key":{"eq":"WEB"}}}]},"first":4}"#);
    insta::assert_debug_snapshot!(issues, @r#"
    [
        Issue {
            key: "SHOP-7",
            title: "Prices",
            url: "https://linear.app/acme/issue/SHOP-7",
            priority: Some(
                "High",
            ),
            labels: [
                "payments",
            ],
            kind: None,
            tracker: Linear,
        },
        Issue {
            key: "WEB-1",
            title: "Prices",
            url: "https://linear.app/acme/issue/WEB-1",
            priority: None,
            labels: [
                "payments",
            ],
            kind: None,
            tracker: Linear,
        },
    ]
    "#);
}

#[tokio::test]
async fn issue_with_more_labels_than_listed_is_no_answer() {
    let server = server(|query, _| {
        assert!(query.contains("labels(first: 100) { nodes { name } pageInfo { hasNextPage } }"), "{query}");
        let issue = json!({"identifier": "SHOP-7", "title": "Prices", "url": "https://linear.app/acme/issue/SHOP-7",
            "priority": 0.0, "priorityLabel": "No priority", "labels": {"nodes": [{"name": "payments"}],
            "pageInfo": {"hasNextPage": true}}});
        reply(200, &json!({"data": {"issues": {"nodes": [issue]}}}))
    })
    .await;
    let failure = linear(&server).issues(&["SHOP-7".to_owned()]).await.unwrap_err();
    assert!(!failure.is_passing(), "it would be the same the next time");
    insta::assert_snapshot!(failure, @"Linear lists only the first 100 labels of SHOP-7");
}

#[tokio::test]
async fn a_comment_that_stands_is_not_written_again() {
    let written = Arc::new(Mutex::new(Vec::<Value>::new()));
    let kept = written.clone();
    let server = server(move |query, variables| {
        let mut kept = kept.lock().unwrap();
        if query.starts_with("mutation") {
            kept.push(variables["input"].clone());
            return Reply::HangUp;
        }
        let found: Vec<Value> =
            kept.iter().filter(|comment| comment["id"] == variables["comment"]).cloned().collect();
        reply(200, &json!({"data": {"issue": {"id": "uuid-7"}, "comments": {"nodes": found}}}))
    })
    .await;
    let comment =
        Comment { text: "Deployed\n", page: "https://s.example/deploys/d1", key: "e1", may_stand: false };
    let linear = linear(&server);
    let lost = linear.comment("SHOP-7", &comment).await;
    assert!(matches!(lost, Err(Failure::Unanswered(_))), "{lost:?}");
    linear.comment("SHOP-7", &comment).await.unwrap();
    let written = written.lock().unwrap();
    assert_eq!(written.len(), 1);
    insta::assert_snapshot!(written[0].to_string(), @r#"{"body":"Deployed\n\n[Signoff](https://s.example/deploys/d1)","id":"7af8101f-2353-4293-ac08-ae91aa888644","issueId":"uuid-7"}"#);
    assert_ne!(comment_id("SHOP-7", "e1"), comment_id("SHOP-8", "e1"));
}

#[tokio::test]
async fn an_issue_goes_to_the_state_of_its_team() {
    let server = server(|query, _| {
        let state = |name: &str| json!({"id": format!("id of {name}"), "name": name});
        if query.starts_with("mutation") {
            return reply(200, &json!({"data": {"issueUpdate": {"success": true}}}));
        }
        reply(
            200,
            &json!({"data": {"issue": {"id": "uuid-7", "state": state("Todo"),
            "team": {"states": {"nodes": [state("Todo"), state("Done")]}}}}}),
        )
    })
    .await;
    let linear = linear(&server);
    let mut told = Vec::new();
    for state in ["done", "TODO", "Shipped"] {
        told.push(format!("{state}: {:?}", linear.transition("SHOP-7", state).await));
    }
    let requests = server.asked();
    let changes =
        requests.iter().map(|request| asked(request)).filter(|(query, _)| query.starts_with("mutation"));
    told.extend(changes.map(|(_, variables)| variables.to_string()));
    insta::assert_snapshot!(told.join("\n"), @r#"
    done: Ok(Moved { state: "Done", already: false })
    TODO: Ok(Moved { state: "Todo", already: true })
    Shipped: Err(Refusal("SHOP-7's team has no state `Shipped`, only Todo, Done"))
    {"input":{"stateId":"id of Done"},"issue":"uuid-7"}
    "#);
}

#[tokio::test]
async fn a_field_is_set_and_a_label_is_added() {
    let server = server(|query, variables| {
        if query.starts_with("mutation") {
            return reply(200, &json!({"data": {"issueUpdate": {"success": variables["input"]["estimate"] != 9}}}));
        }
        let found = if variables["label"] == "Released" {
            json!([{"id": "l1", "team": {"id": "t2"}}, {"id": "l2", "team": null}])
        } else {
            json!([{"id": "l3", "team": {"id": "t2"}}])
        };
        reply(200, &json!({"data": {"issue": {"id": "uuid-7", "team": {"id": "t1"}}, "issueLabels": {"nodes": found}}}))
    })
    .await;
    let linear = linear(&server);
    let mut told = Vec::new();
    for (name, value) in [
        ("priority", "High"),
        ("label", "Released"),
        ("label", "theirs"),
        ("estimate", "9"),
        ("colour", "red"),
    ] {
        told.push(format!("{name}: {:?}", linear.set_field("SHOP-7", name, value).await));
    }
    let requests = server.asked();
    let changes =
        requests.iter().map(|request| asked(request)).filter(|(query, _)| query.starts_with("mutation"));
    told.extend(changes.map(|(_, variables)| variables.to_string()));
    insta::assert_snapshot!(told.join("\n"), @r#"
    priority: Ok(())
    label: Ok(())
    label: Err(Refusal("SHOP-7 was not changed: its team has no label `theirs`; make it in Linear first"))
    estimate: Err(Refusal("Linear declined setting estimate of SHOP-7"))
    colour: Err(Refusal("SHOP-7 was not changed: of Linear's fields Signoff sets title, priority, estimate, due date and label, not `colour`"))
    {"input":{"priority":2},"issue":"SHOP-7"}
    {"input":{"addedLabelIds":["l2"]},"issue":"SHOP-7"}
    {"input":{"estimate":9},"issue":"SHOP-7"}
    "#);
}

#[tokio::test]
async fn an_issue_that_is_gone_is_told() {
    let server = server(|_, _| {
        reply(200, &json!({"data": null, "errors": [{"message": "Entity not found: Issue",
            "extensions": {"code": "INPUT_ERROR", "userPresentableMessage": "Could not find referenced Issue."}}]}))
    })
    .await;
    let failure = linear(&server).transition("SHOP-7", "Done").await.unwrap_err();
    assert_eq!(
        failure,
        Failure::Refusal("Linear declined reading SHOP-7 (\"Could not find referenced Issue.\")".to_owned())
    );
}
