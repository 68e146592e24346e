//! Requests to Jira, and the meaning of its answers.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

fn jira(server: &Responder) -> Jira {
    Jira::new(crate::http::client().unwrap(), &server.base, "ana@acme.example".into(), "token".into())
}

/// The body of a request, as it came.
fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

fn standing(state: &str) -> Value {
    let way = |id: &str, name: &str, to: &str| json!({"id": id, "name": name, "to": {"name": to}});
    json!({"key": "SHOP-7", "fields": {"status": {"name": state}},
        "transitions": [way("11", "Start", "In Progress"), way("31", "Close issue", "Done")]})
}

const NOTHING: Reply = Reply::Answer(204, Vec::new(), Vec::new());

#[tokio::test]
async fn missing_issues_are_left_out_of_one_lookup() {
    let server = Responder::start(|_, _| {
        let fields = json!({"summary": "Prices\nin other currencies", "labels": ["payments"],
            "priority": {"name": "High", "id": "2"}, "issuetype": {"name": "Story"}});
        reply(
            200,
            &json!({"issues": [{"id": "1", "key": "WEB-1", "fields": {"priority": null}},
            {"id": "2", "key": "SHOP-7", "fields": fields}], "issueErrors": []}),
        )
    })
    .await;
    let keys = ["SHOP-7", "UTF-8", "WEB-1"].map(str::to_owned);
    let issues = jira(&server).issues(&keys).await.unwrap();
    let asked = server.asked();
    assert_eq!(server.lines(), ["POST /rest/api/3/issue/bulkfetch"]);
    // ana@acme.example:token
    assert!(asked[0].contains("authorization: Basic YW5hQGFjbWUuZXhhbXBsZTp0b2tlbg=="), "{}", asked[0]);
    insta::assert_snapshot!(body(&asked[0]), @r#"{"issueIdsOrKeys":["SHOP-7","UTF-8","WEB-1"],"fields":["summary","priority","labels","issuetype"]}"#);
    insta::assert_snapshot!(format!("{issues:#?}").replace(&server.base, "https://acme.atlassian.net"), @r#"
    [
        Issue {
            key: "SHOP-7",
            title: "Prices in other currencies",
            url: "https://acme.atlassian.net/browse/SHOP-7",
            priority: Some(
                "High",
            ),
            labels: [
                "payments",
            ],
            kind: Some(
                "Story",
            ),
            tracker: Jira,
        },
        Issue {
            key: "WEB-1",
            title: "",
            url: "https://acme.atlassian.net/browse/WEB-1",
            priority: None,
            labels: [],
            kind: None,
            tracker: Jira,
        },
    ]
    "#);
}

#[tokio::test]
async fn an_issue_that_jira_cannot_read_now_is_asked_for_again() {
    let errors = json!({"issues": [], "issueErrors": [{"id": "1", "errorMessage": "Try later"}]});
    let server = Responder::start(move |_, _| reply(200, &errors)).await;
    let failure = jira(&server).issues(&["SHOP-7".to_owned()]).await.unwrap_err();
    assert!(
        matches!(&failure, Failure::Retryable { message, .. } if message.contains("Try later")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_comment_that_stands_is_not_written_again() {
    let written = Arc::new(Mutex::new(Vec::<Value>::new()));
    let kept = written.clone();
    let server = Responder::start(move |line, request| match line {
        "POST /rest/api/3/issue/SHOP-7/comment" => {
            kept.lock().unwrap().push(serde_json::from_str(body(request)).unwrap());
            Reply::HangUp
        }
        "GET /rest/api/3/issue/SHOP-7/comment?orderBy=-created&maxResults=100" => {
            let other = json!({"body": document::text("Nice")});
            let comments: Vec<Value> = kept.lock().unwrap().iter().cloned().chain([other]).collect();
            reply(200, &json!({"comments": comments, "total": 1}))
        }
        _ => reply(404, &json!({})),
    })
    .await;
    let comment =
        |may_stand| Comment { text: "Deployed", page: "https://s.example/deploys/d1", key: "e1", may_stand };
    let jira = jira(&server);
    let lost = jira.comment("SHOP-7", &comment(false)).await;
    assert!(matches!(lost, Err(Failure::Unanswered(_))), "{lost:?}");
    jira.comment("SHOP-7", &comment(true)).await.unwrap();
    assert_eq!(written.lock().unwrap().len(), 1);
    let other = Comment { key: "e2", ..comment(true) };
    assert!(jira.comment("SHOP-7", &other).await.is_err(), "another one is written");
    assert_eq!(written.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_issue_goes_by_the_state_or_by_the_name_of_a_transition() {
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let server = Responder::start(move |line, _| match line {
        "GET /rest/api/3/issue/SHOP-7?fields=status&expand=transitions" => {
            reply(200, &standing(if is_done.load(Ordering::SeqCst) { "Done" } else { "To Do" }))
        }
        _ => NOTHING,
    })
    .await;
    let jira = jira(&server);
    let mut told = Vec::new();
    for (state, resolution) in
        [("done", Some("Fixed")), ("close issue", None), ("TO DO", None), ("Shipped", None)]
    {
        told.push(format!("{state}: {:?}", jira.transition("SHOP-7", state, resolution, false).await));
    }
    done.store(true, Ordering::SeqCst);
    for (state, lost) in [("Done", true), ("Close issue", false), ("Closed", true)] {
        told.push(format!("{state}: {:?}", jira.transition("SHOP-7", state, None, lost).await));
    }
    let posts = server.asked();
    told.extend(
        posts.iter().filter(|request| request.starts_with("POST")).map(|request| body(request).to_owned()),
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    done: Ok(Moved { state: "Done", already: false })
    close issue: Ok(Moved { state: "Done", already: false })
    TO DO: Ok(Moved { state: "To Do", already: true })
    Shipped: Err(Refusal("SHOP-7 can't go from To Do to `Shipped`, only to In Progress, Done"))
    Done: Ok(Moved { state: "Done", already: true })
    Close issue: Ok(Moved { state: "Done", already: false })
    Closed: Err(Unanswered("SHOP-7 is Done now, and whether we moved it there by `Closed` is not known"))
    {"fields":{"resolution":{"name":"Fixed"}},"transition":{"id":"31"}}
    {"transition":{"id":"31"}}
    {"transition":{"id":"31"}}
    "#);
}

#[tokio::test]
async fn a_field_is_set_by_its_name() {
    let server = Responder::start(|line, _| match line {
        "GET /rest/api/3/issue/SHOP-7?fields=status&expand=editmeta" => {
            reply(200, &json!({"fields": {"status": {"name": "Done"}}, "editmeta": {"fields": {
                "labels": {"name": "Labels", "schema": {"type": "array", "items": "string", "system": "labels"}},
                "customfield_1": {"name": "Released in", "schema": {"type": "string", "custom": "textfield"}},
            }}}))
        }
        "PUT /rest/api/3/issue/SHOP-7" => NOTHING,
        _ => reply(404, &json!({})),
    })
    .await;
    let jira = jira(&server);
    jira.set_field("SHOP-7", "released IN", "7bf7226").await.unwrap();
    jira.set_field("SHOP-7", "labels", "released").await.unwrap();
    let refused = jira.set_field("SHOP-7", "colour", "red").await.unwrap_err();
    let asked = server.asked();
    let put =
        asked.iter().filter(|request| request.starts_with("PUT")).map(|request| body(request).to_owned());
    let told: Vec<String> = put.chain([format!("{refused:?}")]).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    {"fields":{"customfield_1":"7bf7226"}}
    {"update":{"labels":[{"add":"released"}]}}
    Refusal("SHOP-7 was not changed: it has no field `colour` that can be changed, only Released in, Labels")
    "#);
}

#[tokio::test]
async fn nothing_is_asked_without_a_token() {
    let server = Responder::start(|_, _| NOTHING).await;
    let http = crate::http::client().unwrap();
    let jira = Jira::new(http, &server.base, "ana@acme.example".into(), " ".into());
    let failure = jira.issues(&["SHOP-7".to_owned()]).await.unwrap_err();
    assert!(failure.to_string().contains("no Jira token in the stack's secret"), "{failure}");
    assert!(!format!("{:?}", jira).contains("ana@"), "an address is not logged");
    assert_eq!(server.lines(), Vec::<String>::new());
}
