use super::*;
use crate::fault::{Fault, FaultKind};
use serde_json::{Value, json};
use std::time::Duration;

const ID: &str = "11111111-2222-4333-8444-555555555555";

async fn stand_in() -> Linear {
    let linear = Linear::start(Options::default()).await.unwrap();
    linear.add_issue(NewIssue {
        priority: 2,
        labels: vec!["bug".to_owned()],
        ..NewIssue::new("WEB-7", "Prices")
    });
    linear.add_issue(NewIssue::new("WEB-8", "Receipts"));
    linear
}

async fn ask(linear: &Linear, query: &str, variables: Value) -> (u16, Value) {
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let request = client.post(linear.api_url()).header("authorization", Settings::default().write_key);
    let body = json!({"query": query, "variables": variables}).to_string();
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn issues_are_filtered_by_team_and_number() {
    let linear = stand_in().await;
    let query = "query($filter: IssueFilter!, $first: Int!) { issues(filter: $filter, first: $first) { nodes { identifier priorityLabel } } }";
    let filter = json!({"or": [{"team": {"key": {"eq": "WEB"}}, "number": {"in": [7, 9]}}, {"team": {"key": {"eq": "X"}}, "number": {"in": [8]}}]});
    let (status, found) = ask(&linear, query, json!({"filter": filter, "first": 5})).await;
    assert_eq!(status, 200);
    assert_eq!(found["data"]["issues"]["nodes"], json!([{"identifier": "WEB-7", "priorityLabel": "High"}]));
    assert_eq!(linear.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn comment_id_is_taken_once() {
    let linear = stand_in().await;
    let create = "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success } }";
    let input = |id: &str, issue: &str| json!({"input": {"id": id, "issueId": issue, "body": "Deployed"}});
    assert_eq!(ask(&linear, create, input(ID, "WEB-7")).await.1["data"]["commentCreate"]["success"], true);
    for refused in
        [input(ID, "WEB-7"), input("1", "WEB-7"), input("11111111-2222-4333-8444-555555555556", "WEB-9")]
    {
        let (status, answer) = ask(&linear, create, refused).await;
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (200, &json!("INPUT_ERROR")),
            "{answer}"
        );
    }
    assert_eq!(linear.comments("WEB-7"), ["Deployed"]);
    let look = "query($comment: ID!) { comments(filter: {id: {eq: $comment}}, first: 1) { nodes { id } } }";
    let found = ask(&linear, look, json!({"comment": ID})).await.1;
    assert_eq!(found["data"]["comments"]["nodes"][0]["id"], ID);
}

#[tokio::test]
async fn an_issue_is_updated() {
    let linear = stand_in().await;
    let states =
        "query($issue: String!) { issue(id: $issue) { id team { states(first: 9) { nodes { id name } } } } }";
    let issue = ask(&linear, states, json!({"issue": "WEB-7"})).await.1["data"]["issue"].clone();
    let done = issue["team"]["states"]["nodes"][2]["id"].clone();
    let labels = "query($label: String!) { issueLabels(filter: {name: {eqIgnoreCase: $label}}, first: 9) { nodes { id } } }";
    let released = ask(&linear, labels, json!({"label": "Released"})).await.1["data"]["issueLabels"]["nodes"]
        [0]["id"]
        .clone();
    let update = "mutation($issue: String!, $input: IssueUpdateInput!) { issueUpdate(id: $issue, input: $input) { success } }";
    for (input, errors) in [
        (
            json!({"stateId": done, "priority": 1, "estimate": 3, "dueDate": "2026-05-11", "title": "New"}),
            false,
        ),
        (json!({"addedLabelIds": [released]}), false),
        (json!({"addedLabelIds": [released]}), false),
        (json!({"stateId": "x"}), true),
        (json!({"priority": 9}), true),
    ] {
        let answer = ask(&linear, update, json!({"issue": issue["id"], "input": input})).await.1;
        assert_eq!(answer.get("errors").is_some(), errors, "{input}: {answer}");
    }
    let changed = linear.issue("WEB-7").unwrap();
    assert_eq!(
        (changed.title.as_str(), changed.priority, changed.labels.join(" ").as_str()),
        ("New", 1, "bug released")
    );
    assert_eq!(linear.status("WEB-7").as_deref(), Some("Done"));
    assert_eq!(linear.violations(), Vec::<String>::new());
    let unknown = ask(&linear, update, json!({"issue": "WEB-7", "input": {"colour": "red"}})).await;
    assert_eq!((unknown.0, linear.violations().len()), (400, 1));
}

#[tokio::test]
async fn linear_needs_a_key_and_known_fields() {
    let linear = stand_in().await;
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let body = json!({"query": "{ issue }", "variables": {}}).to_string();
    let request = client.post(linear.api_url()).header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status(), 401);
    let limited =
        r#"{"errors": [{"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}]}"#;
    linear.faults().push(Fault::once("/graphql", FaultKind::status(400, limited)));
    let query = "query($issue: String!) { issue(id: $issue) { colour } }";
    let answer = ask(&linear, query, json!({"issue": "WEB-7"})).await;
    assert_eq!(answer.1["errors"][0]["extensions"]["code"], "RATELIMITED");
    assert_eq!(linear.violations(), Vec::<String>::new());
    assert_eq!(ask(&linear, query, json!({"issue": "WEB-7"})).await.0, 400);
    assert_eq!(ask(&linear, "{ viewer { id } }", json!({})).await.0, 400);
    assert_eq!(linear.violations().len(), 2);
    let page = client.get(format!("{}/live", linear.url())).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("WEB-7") && page.contains("High"), "{page}");
    assert_eq!(linear.requests()[1].header("authorization"), Some("[hidden]"));
}

#[tokio::test]
async fn key_that_reads_changes_nothing() {
    let linear = stand_in().await;
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let query = "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success } }";
    let body = json!({"query": query, "variables": {"input": {"issueId": "WEB-7", "body": "x"}}}).to_string();
    let request = client.post(linear.api_url()).header("authorization", Settings::default().key);
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
}
