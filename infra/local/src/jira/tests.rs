use super::*;
use crate::fault::{Fault, FaultKind};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn stand_in() -> Jira {
    let jira = Jira::start(Options::default()).await.unwrap();
    jira.add_issue(NewIssue { labels: vec!["payments".to_owned()], ..NewIssue::new("SHOP-7", "Prices") });
    jira.add_issue(NewIssue::new("SHOP-8", "Receipts"));
    jira
}

async fn send(jira: &Jira, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let Settings { write_email: email, write_token: token, .. } = Settings::default();
    let mut request =
        client.request(method, format!("{}/rest/api/3/{path}", jira.url())).basic_auth(email, Some(token));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn issues_are_fetched_and_those_that_are_not_there_are_left_out() {
    let jira = stand_in().await;
    let body = json!({"issueIdsOrKeys": ["SHOP-8", "UTF-8", "shop-7"], "fields": ["summary"]});
    let (status, found) = send(&jira, Method::POST, "issue/bulkfetch", Some(body)).await;
    let keys: Vec<&Value> = found["issues"].as_array().unwrap().iter().map(|issue| &issue["key"]).collect();
    assert_eq!((status, keys), (200, vec![&json!("SHOP-7"), &json!("SHOP-8")]));
    let none = json!({"issueIdsOrKeys": []});
    assert_eq!(send(&jira, Method::POST, "issue/bulkfetch", Some(none)).await.0, 400);
    assert_eq!(jira.violations(), Vec::<String>::new());
    let unknown = json!({"keys": ["SHOP-7"]});
    assert_eq!(send(&jira, Method::POST, "issue/bulkfetch", Some(unknown)).await.0, 400);
    assert_eq!(jira.violations().len(), 1);
}

#[tokio::test]
async fn an_issue_moves_along_its_workflow() {
    let jira = stand_in().await;
    let (_, standing) = send(&jira, Method::GET, "issue/SHOP-7?fields=status&expand=transitions", None).await;
    let ways: Vec<&Value> =
        standing["transitions"].as_array().unwrap().iter().map(|way| &way["to"]["name"]).collect();
    assert_eq!(ways, [&json!("In Progress"), &json!("Done")]);
    let way = |id: &str, resolution: Option<&str>| {
        let fields = resolution.map_or(json!({}), |name| json!({"resolution": {"name": name}}));
        Some(json!({"transition": {"id": id}, "fields": fields}))
    };
    let path = "issue/SHOP-7/transitions";
    for (body, status) in [
        (way("11", None), 400),
        (way("21", Some("Fixed")), 400),
        (way("31", Some("Gone")), 400),
        (way("21", None), 204),
        (way("31", Some("Fixed")), 204),
        (way("31", None), 400),
    ] {
        assert_eq!(send(&jira, Method::POST, path, body.clone()).await.0, status, "{body:?}");
    }
    assert_eq!(jira.status("SHOP-7").as_deref(), Some("Done, Fixed"));
    assert_eq!(jira.violations(), Vec::<String>::new());
    assert_eq!(send(&jira, Method::POST, "issue/SHOP-9/transitions", way("31", None)).await.0, 404);
}

#[tokio::test]
async fn fields_are_set_and_labels_are_added_once() {
    let jira = stand_in().await;
    let (_, standing) = send(&jira, Method::GET, "issue/SHOP-7?fields=status&expand=editmeta", None).await;
    assert_eq!(standing["editmeta"]["fields"]["customfield_10042"]["name"], "Released in");
    for (body, status) in [
        (json!({"fields": {"customfield_10042": "7bf7226", "priority": {"name": "High"}}}), 204),
        (json!({"fields": {"customfield_1": "x"}}), 400),
        (json!({"fields": {"priority": {"name": "Urgent"}}}), 400),
        (json!({"update": {"labels": [{"add": "released"}]}}), 204),
        (json!({"update": {"labels": [{"add": "released"}]}}), 204),
    ] {
        assert_eq!(send(&jira, Method::PUT, "issue/SHOP-7", Some(body.clone())).await.0, status, "{body}");
    }
    let issue = jira.issue("SHOP-7").unwrap();
    assert_eq!((issue.priority.as_str(), issue.labels.join(" ").as_str()), ("High", "payments released"));
    assert_eq!(jira.field("SHOP-7", "customfield_10042").as_deref(), Some("7bf7226"));
    assert_eq!(jira.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn comments_are_documents_and_come_newest_first_where_asked_for() {
    let jira = stand_in().await;
    let document = |text: &str| {
        let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
        Some(json!({"body": {"type": "doc", "version": 1, "content": [paragraph]}}))
    };
    let path = "issue/SHOP-7/comment";
    assert_eq!(send(&jira, Method::POST, path, document("one")).await.0, 201);
    assert_eq!(send(&jira, Method::POST, path, document("two")).await.0, 201);
    assert_eq!(send(&jira, Method::POST, path, Some(json!({"body": "text"}))).await.0, 400);
    let (_, page) = send(&jira, Method::GET, &format!("{path}?orderBy=-created&maxResults=1"), None).await;
    assert_eq!((&page["total"], page["comments"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(page["comments"][0]["body"]["content"][0]["content"][0]["text"], "two");
    assert_eq!(jira.comments("SHOP-7"), ["one", "two"]);
    assert_eq!(jira.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn jira_needs_an_account_and_known_routes() {
    let jira = stand_in().await;
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let url = format!("{}/rest/api/3/issue/SHOP-7", jira.url());
    for request in [client.get(&url), client.get(&url).basic_auth("a@b.co", Some("wrong"))] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    jira.faults().push(Fault::once("GET /rest/api/3/issue", FaultKind::rate_limited(1)));
    assert_eq!(send(&jira, Method::GET, "issue/SHOP-7", None).await.0, 429);
    assert_eq!(jira.violations(), Vec::<String>::new());
    assert_eq!(send(&jira, Method::GET, "issue/SHOP-7?jql=x", None).await.0, 400);
    assert_eq!(send(&jira, Method::DELETE, "issue/SHOP-7", None).await.0, 400);
    assert_eq!(jira.violations().len(), 2);
    let page = client.get(format!("{}/live", jira.url())).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("SHOP-7") && page.contains("Receipts"), "{page}");
    assert_eq!(jira.requests()[0].header("authorization"), None);
    assert_eq!(jira.requests()[1].header("authorization"), Some("[hidden]"));
}

#[tokio::test]
async fn account_that_reads_changes_nothing() {
    let jira = stand_in().await;
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let Settings { email, token, .. } = Settings::default();
    for (method, path, expected) in [
        (Method::GET, "issue/SHOP-7", 200),
        (Method::POST, "issue/SHOP-7/transitions", 403),
        (Method::PUT, "issue/SHOP-7", 403),
    ] {
        let request = client.request(method, format!("{}/rest/api/3/{path}", jira.url()));
        let answer = request.basic_auth(&email, Some(&token)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{path}");
    }
}
