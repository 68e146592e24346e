use super::*;
use crate::fault::{Fault, FaultKind};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "t";
const SLUG: &str = "gh/acme/checkout";

async fn stand_in() -> CircleCi {
    let settings = Settings { token: TOKEN.to_owned(), page_size: 2, ..Settings::default() };
    CircleCi::start(settings).await.unwrap()
}

async fn send(circleci: &CircleCi, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let url = format!("{}{path}", circleci.api_url());
    let mut request = client.request(method.parse().unwrap(), url).header("Circle-Token", TOKEN);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

async fn get(circleci: &CircleCi, path: &str) -> (u16, Value) {
    send(circleci, "GET", path, None).await
}

#[tokio::test]
async fn a_held_job_is_found_and_approved_once() {
    let circleci = stand_in().await;
    circleci.add_pipeline_on_hold(SLUG, "1111111", "main", "build-and-deploy", "hold");
    let held = circleci.add_pipeline_on_hold(SLUG, "2222222", "main", "build-and-deploy", "hold");

    let (status, pipelines) = get(&circleci, "/project/github/acme/checkout/pipeline?branch=main").await;
    assert_eq!(status, 200);
    let newest = &pipelines["items"][0];
    assert_eq!((&newest["vcs"]["revision"], &newest["number"]), (&json!("2222222"), &json!(2)));
    let (_, workflows) = get(&circleci, &format!("/pipeline/{}/workflow", held.pipeline_id)).await;
    assert_eq!(workflows["items"][0]["status"], "on_hold");
    let (_, jobs) = get(&circleci, &format!("/workflow/{}/job", held.workflow_id)).await;
    let statuses: Vec<(&Value, &Value)> =
        jobs["items"].as_array().unwrap().iter().map(|job| (&job["name"], &job["status"])).collect();
    assert_eq!(json!(statuses), json!([["test", "success"], ["hold", "on_hold"], ["deploy", "blocked"]]));
    assert_eq!(jobs["items"][1]["approval_request_id"], json!(held.approval_request_id));

    let approve = format!("/workflow/{}/approve/{}", held.workflow_id, held.approval_request_id);
    assert_eq!(send(&circleci, "POST", &approve, None).await, (202, json!({"message": "Accepted."})));
    assert_eq!(circleci.workflow_status(&held.workflow_id).as_deref(), Some("running"));
    assert_eq!(circleci.job_status(&held.workflow_id, "hold"), Some(JobStatus::Success));
    assert_eq!(circleci.job_status(&held.workflow_id, "deploy"), Some(JobStatus::Running));
    assert_eq!(send(&circleci, "POST", &approve, None).await.0, 400, "it is not on hold any more");
    let approvals = circleci.approvals(SLUG);
    assert_eq!(approvals.len(), 1);
    assert_eq!((approvals[0].revision.as_str(), approvals[0].job.as_str()), ("2222222", "hold"));

    circleci.end_running(&held.workflow_id, JobStatus::Success);
    assert_eq!(get(&circleci, &format!("/workflow/{}", held.workflow_id)).await.1["status"], "success");
    assert_eq!(circleci.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cancelled_or_blocked_job_cannot_be_approved() {
    let circleci = stand_in().await;
    let held = circleci.add_pipeline_on_hold(SLUG, "1", "main", "w", "hold");
    circleci.cancel(&held.workflow_id);
    let approve = format!("/workflow/{}/approve/{}", held.workflow_id, held.approval_request_id);
    assert_eq!(send(&circleci, "POST", &approve, None).await.0, 400);
    assert_eq!(get(&circleci, &format!("/workflow/{}", held.workflow_id)).await.1["status"], "canceled");

    let jobs = [NewJob::build("test"), NewJob::approval("hold").after("test")];
    let blocked = circleci.add_workflow(&held.pipeline_id, "w", &jobs).unwrap();
    let (_, listed) = get(&circleci, &format!("/workflow/{blocked}/job")).await;
    assert_eq!(listed["items"][1]["status"], "blocked");
    let id = listed["items"][1]["id"].as_str().unwrap();
    assert_eq!(send(&circleci, "POST", &format!("/workflow/{blocked}/approve/{id}"), None).await.0, 400);
    circleci.end_running(&blocked, JobStatus::Success);
    assert!(circleci.approve_by_hand(&blocked, id));
    assert!(circleci.approvals(SLUG).is_empty(), "nothing came through the API");

    let unknown = crate::stand_in::uuid_of("unknown");
    for path in [
        format!("/workflow/{unknown}/approve/{unknown}"),
        format!("/workflow/{}/approve/{unknown}", held.workflow_id),
    ] {
        assert_eq!(send(&circleci, "POST", &path, None).await.0, 404);
    }
    assert_eq!(circleci.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn triggering_makes_a_pipeline_with_its_parameters() {
    let circleci = stand_in().await;
    circleci.add_project(SLUG);
    let path = format!("/project/{SLUG}/pipeline");
    let parameters = json!({"environment": "Production", "fast": true, "count": 2});
    let (status, made) =
        send(&circleci, "POST", &path, Some(json!({"branch": "main", "parameters": parameters}))).await;
    assert_eq!((status, &made["number"], &made["state"]), (201, &json!(1), &json!("pending")));
    let triggered = circleci.triggered(SLUG);
    assert_eq!(Value::Object(triggered[0].parameters.clone()), parameters);
    assert_eq!(triggered[0].branch.as_deref(), Some("main"));
    assert_eq!(get(&circleci, &path).await.1["items"][0]["trigger_parameters"], parameters);

    circleci.declare_parameters(SLUG, &["environment"]);
    let (status, refused) = send(&circleci, "POST", &path, Some(json!({"parameters": {"x": 1}}))).await;
    assert_eq!((status, &refused["message"]), (400, &json!("Unexpected argument(s): x")));
    let both = json!({"branch": "main", "tag": "v1"});
    assert_eq!(send(&circleci, "POST", &path, Some(both)).await.0, 400);
    assert_eq!(send(&circleci, "POST", "/project/gh/acme/none/pipeline", None).await.0, 404);
    assert_eq!(circleci.triggered(SLUG).len(), 1);
    assert_eq!(circleci.violations(), Vec::<String>::new());

    let (status, refused) = send(&circleci, "POST", &path, Some(json!({"revision": "1"}))).await;
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("revision"), "{refused}");
    assert_eq!(circleci.violations().len(), 1);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let circleci = stand_in().await;
    for revision in ["a", "b", "c"] {
        circleci.add_pipeline_on_hold(SLUG, revision, "main", "w", "hold");
    }
    circleci.add_pipeline_on_hold(SLUG, "d", "other", "w", "hold");
    let path = format!("/project/{SLUG}/pipeline?branch=main");
    let (_, first) = get(&circleci, &path).await;
    let token = first["next_page_token"].as_str().unwrap();
    let (_, second) = get(&circleci, &format!("{path}&page-token={token}")).await;
    let revisions = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|item| item["vcs"]["revision"].clone()).collect()
    };
    assert_eq!((revisions(&first), revisions(&second)), (vec![json!("c"), json!("b")], vec![json!("a")]));
    assert_eq!(second["next_page_token"], Value::Null);
    assert_eq!(get(&circleci, &format!("{path}&page-token=made-up")).await.0, 400);
}

#[tokio::test]
async fn a_token_is_needed_and_faults_strike() {
    let circleci = stand_in().await;
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let url = format!("{}/project/{SLUG}/pipeline", circleci.api_url());
    for token in [None, Some("wrong")] {
        let request = client.get(&url);
        let request = token.iter().fold(request, |request, token| request.header("Circle-Token", *token));
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert_eq!(get(&circleci, &format!("/project/{SLUG}/pipeline")).await.0, 404, "no such project");
    circleci.faults().push(Fault::once("/pipeline", FaultKind::status(503, "{}")));
    assert_eq!(get(&circleci, &format!("/project/{SLUG}/pipeline")).await.0, 503);
    let statuses: Vec<Option<u16>> = circleci.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(401), Some(401), Some(404), Some(503)]);
    let recorded = circleci.requests();
    assert_eq!(recorded[1].header("circle-token"), Some("[hidden]"));
}

#[tokio::test]
async fn builds_end_by_themselves_when_asked_to_and_the_page_shows_it() {
    let now = Arc::new(Mutex::new("2026-05-11T09:42:00Z".parse::<jiff::Timestamp>().unwrap()));
    let clock = {
        let now = now.clone();
        Arc::new(move || *now.lock().unwrap())
    };
    let build_time = Some(Duration::from_secs(5));
    let settings = Settings { build_time, ..Settings::default() };
    let circleci = CircleCi::start(Options { clock, ..settings.into() }).await.unwrap();
    let held = circleci.add_pipeline_on_hold(SLUG, "7bf7226aaaa", "main", "deploy-all", "hold-it");
    assert!(circleci.approve_by_hand(&held.workflow_id, &held.approval_request_id));
    let client = crate::stand_in::client(Duration::from_secs(10)).unwrap();
    let page = async |path: &str| {
        client.get(format!("{}{path}", circleci.url())).send().await.unwrap().text().await.unwrap()
    };
    let before = page("/live").await;
    assert!(before.contains("deploy-all") && before.contains("7bf7226<"), "{before}");
    assert!(before.contains("tag running"), "{before}");
    *now.lock().unwrap() += jiff::SignedDuration::from_secs(6);
    assert!(!page("/").await.contains("tag running"));
    assert_eq!(circleci.workflow_status(&held.workflow_id).as_deref(), Some("success"));
    assert!(page("/pipelines/gh/acme/checkout/1/workflows/x").await.contains("deploy-all"));
}
