//! Choice of the job to approve, in every state that CircleCI documents.

use super::*;
use crate::responder::{Responder, json as reply};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

const REVISION: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";
const REPOSITORY: &str = "https://github.com/acme/checkout";

fn workflow(status: &str) -> Workflow {
    serde_json::from_value(wire_workflow("w1", "deploy", status, "2021-05-11T11:40:00Z")).unwrap()
}

fn wire_workflow(id: &str, name: &str, status: &str, created_at: &str) -> Value {
    json!({"pipeline_id": "p1", "id": id, "name": name, "project_slug": "gh/acme/checkout", "status": status,
        "started_by": "u1", "pipeline_number": 25, "created_at": created_at, "stopped_at": null})
}

fn wire_job(id: &str, name: &str, kind: &str, status: &str) -> Value {
    json!({"id": id, "name": name, "type": kind, "status": status, "dependencies": [], "started_at": "2021-05-11T11:40:00Z",
        "project_slug": "gh/acme/checkout", "approval_request_id": format!("{id}-request")})
}

fn wire_pipeline(number: u64, revision: &str) -> Value {
    json!({"id": format!("p{number}"), "number": number, "project_slug": "gh/acme/checkout", "state": "created", "errors": [],
        "created_at": "2021-05-11T11:40:00Z", "updated_at": "2021-05-11T11:40:00Z",
        "trigger": {"type": "webhook", "received_at": "2021-05-11T11:40:00Z", "actor": {"login": "ana", "avatar_url": null}},
        "vcs": {"provider_name": "GitHub", "origin_repository_url": REPOSITORY, "target_repository_url": REPOSITORY,
            "branch": "main", "revision": revision}})
}

fn page(items: &[Value]) -> Value {
    json!({"items": items, "next_page_token": null})
}

fn jobs(states: &[(&str, &str)]) -> Vec<Job> {
    let gates = states.iter().map(|(name, status)| wire_job(name, name, "approval", status));
    let build = wire_job("b", "build", "build", "on_hold");
    std::iter::once(build).chain(gates).map(|job| serde_json::from_value(job).unwrap()).collect()
}

fn told(workflow_status: &str, states: &[(&str, &str)], wanted: Option<&str>) -> String {
    match judge(&workflow(workflow_status), &jobs(states), wanted) {
        Verdict::Approve(job) => format!("approve {}", job.name),
        Verdict::Already(job) => format!("already {}", job.name),
        Verdict::Not(NotApproved::NotYet(reason)) => format!("NotYet: {reason}"),
        Verdict::Not(NotApproved::NeedsPerson(reason)) => format!("NeedsPerson: {reason}"),
        Verdict::Not(NotApproved::Failed(failure)) => format!("{failure:?}"),
    }
}

#[test]
fn every_status_of_the_one_gate() {
    let mut lines = Vec::new();
    for status in [
        "on_hold",
        "success",
        "blocked",
        "not_run",
        "queued",
        "running",
        "not_running",
        "retried",
        "canceled",
        "failed",
        "infrastructure_fail",
        "timedout",
        "terminated-unknown",
        "unauthorized",
        "some_new_status",
    ] {
        for workflow in ["running", "failed"] {
            let unnamed = told(workflow, &[("hold", status)], None);
            assert_eq!(unnamed, told(workflow, &[("hold", status)], Some("hold")), "{status}");
            lines.push(format!("{status} in a workflow {workflow}: {unnamed}"));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn only_waiting_gate_is_meant_unless_one_was_approved() {
    for (states, expected) in [
        (&[("one", "on_hold"), ("two", "blocked")][..], "approve one"),
        (&[("one", "canceled"), ("two", "on_hold")], "approve two"),
        (&[("one", "blocked"), ("two", "not_run")], "NotYet"),
        (&[("one", "on_hold"), ("two", "on_hold")], "Permanent"),
        (&[("one", "success"), ("two", "on_hold")], "Permanent"),
        (&[("one", "success"), ("two", "blocked")], "Permanent"),
        (&[("one", "success"), ("two", "success")], "Permanent"),
    ] {
        let told = told("running", states, None);
        assert!(told.starts_with(expected), "{states:?}: {told}");
    }
    let states = [("one", "success"), ("two", "on_hold")];
    insta::assert_snapshot!(
        [
            told("on_hold", &states, None),
            told("on_hold", &states, Some("two")),
            told("on_hold", &states, Some("one")),
            told("on_hold", &states, Some("three")),
            told("on_hold", &[], Some("three")),
            told("on_hold", &[], None),
        ]
        .join("\n")
    );
}

fn circleci(server: &Responder) -> CircleCi {
    let base = format!("{}/api/v2", server.base);
    CircleCi::new(crate::http::client().unwrap(), base, "https://app.circleci.com/", "token".into())
}

static MAIN: LazyLock<GitRef> = LazyLock::new(|| GitRef::branch("main"));

fn held<'a>(build: &'a str, own: &'a [String]) -> HeldJob<'a> {
    HeldJob {
        project: "gh/acme/checkout",
        repository: "acme/checkout",
        pushed_to: Some(&MAIN),
        revision: REVISION,
        build,
        job: None,
        own,
        earlier: None,
        pinned: None,
    }
}

async fn approve(server: &Responder, build: &str) -> Result<ApprovedJob, NotApproved> {
    circleci(server).approve_held_job(held(build, &[]), |_| true, async |_| {}).await
}

/// A pipeline of a tag.
fn wire_tag(number: u64, tag: &str) -> Value {
    let vcs = json!({"provider_name": "GitHub", "tag": tag, "revision": REVISION,
        "origin_repository_url": REPOSITORY, "target_repository_url": REPOSITORY});
    with(&wire_pipeline(number, REVISION), "vcs", vcs)
}

#[tokio::test]
async fn the_newest_run_of_the_workflow_is_approved_once() {
    let approved = AtomicBool::new(false);
    let server = Responder::start(move |line, _| match line {
        "GET /api/v2/project/gh/acme/checkout/pipeline" => {
            let first =
                [wire_pipeline(27, "ffffffffffffffffffffffffffffffffffffffff"), wire_pipeline(26, REVISION)];
            reply(200, &json!({"items": first, "next_page_token": "t2"}))
        }
        "GET /api/v2/project/gh/acme/checkout/pipeline?page-token=t2" => {
            reply(200, &page(&[wire_pipeline(25, &REVISION.to_uppercase())]))
        }
        "GET /api/v2/pipeline/p26/workflow" => {
            reply(200, &page(&[wire_workflow("w0", "lint", "success", "2021-05-11T11:50:00Z")]))
        }
        "GET /api/v2/pipeline/p25/workflow" => reply(
            200,
            &page(&[
                wire_workflow("w1", "deploy", "failed", "2021-05-11T11:40:00Z"),
                wire_workflow("w2", "deploy", "on_hold", "2021-05-11T11:45:00Z"),
                wire_workflow("w3", "deploy", "canceled", "2021-05-11T11:50:00Z"),
            ]),
        ),
        "GET /api/v2/workflow/w2/job" => {
            let status = if approved.load(Ordering::SeqCst) { "success" } else { "on_hold" };
            reply(
                200,
                &page(&[
                    wire_job("b", "build", "build", "success"),
                    wire_job("h", "hold", "approval", status),
                ]),
            )
        }
        "POST /api/v2/workflow/w2/approve/h-request" => {
            approved.store(true, Ordering::SeqCst);
            reply(202, &json!({"message": "Accepted."}))
        }
        _ => reply(404, &json!({"message": "Not found"})),
    })
    .await;
    let url = "https://app.circleci.com/pipelines/gh/acme/checkout/25/workflows/w2";
    for already in [false, true] {
        let pipeline_url = "https://app.circleci.com/pipelines/gh/acme/checkout/25".to_owned();
        let pipeline = Triggered { number: 25, id: "p25".to_owned(), url: pipeline_url };
        let expected = ApprovedJob { already, pipeline, workflow_url: url.into(), job: "hold".into() };
        assert_eq!(approve(&server, "deploy").await, Ok(expected));
    }
    let posts = server.lines().into_iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(posts, 1);
    assert!(server.asked()[0].to_lowercase().contains("circle-token: token\r\n"));
}

#[tokio::test]
async fn somebody_who_was_quicker_is_a_success() {
    let reads = AtomicBool::new(false);
    let server = Responder::start(move |line, _| {
        if line.starts_with("POST") {
            return reply(400, &json!({"message": "Job already approved."}));
        }
        match line.rsplit('/').next() {
            Some("workflow") => {
                reply(200, &page(&[wire_workflow("w1", "deploy", "on_hold", "2021-05-11T11:40:00Z")]))
            }
            Some("job") => {
                let status = if reads.swap(true, Ordering::SeqCst) { "success" } else { "on_hold" };
                reply(200, &page(&[wire_job("h", "hold", "approval", status)]))
            }
            _ => reply(200, &page(&[wire_pipeline(25, REVISION)])),
        }
    })
    .await;
    assert!(matches!(approve(&server, "deploy").await, Ok(ApprovedJob { already: true, .. })));
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_is() {
    let mut told = Vec::new();
    for (name, pipelines, workflows) in [
        ("no pipeline", vec![], vec![]),
        ("no workflow", vec![wire_pipeline(25, REVISION)], vec![("lint", "success"), ("test", "running")]),
        ("cancelled", vec![wire_pipeline(25, REVISION)], vec![("deploy", "canceled")]),
        ("not started", vec![wire_pipeline(25, REVISION)], vec![]),
        (
            "set-up",
            vec![with(&wire_pipeline(25, REVISION), "state", json!("setup"))],
            vec![("setup", "running")],
        ),
        (
            "errored",
            vec![with(
                &with(&wire_pipeline(25, REVISION), "state", json!("errored")),
                "errors",
                json!([{"type": "config", "message": "Unknown executor"}]),
            )],
            vec![],
        ),
    ] {
        let server = Responder::start(move |line, _| match line.rsplit('/').next() {
            Some("workflow") => {
                let workflow =
                    |(name, status): &(&str, &str)| wire_workflow("w", name, status, "2021-05-11T11:40:00Z");
                reply(200, &page(&workflows.iter().map(workflow).collect::<Vec<_>>()))
            }
            _ => reply(200, &page(&pipelines)),
        })
        .await;
        told.push(format!("{name}: {:?}", approve(&server, "deploy").await.expect_err("a failure")));
        // Of all, then of the branch; the workflows of a pipeline once.
        assert!(server.lines().len() <= 3, "{:?}", server.lines());
    }
    insta::assert_snapshot!(told.join("\n"));
}

fn with(value: &Value, key: &str, field: Value) -> Value {
    let mut value = value.clone();
    value[key] = field;
    value
}

#[test]
fn no_prefix_chooses_a_pipeline() {
    let pipeline: Pipeline = serde_json::from_value(wire_pipeline(1, REVISION)).unwrap();
    for (revision, expected) in
        [(REVISION, true), (REVISION.to_uppercase().as_str(), true), ("7bf7226", false), ("", false)]
    {
        assert_eq!(is_of(&pipeline, revision), expected, "{revision}");
    }
}

#[tokio::test]
async fn a_short_revision_approves_nothing() {
    let server = Responder::start(|_, _| reply(200, &page(&[wire_pipeline(25, REVISION)]))).await;
    for revision in ["7bf7226", "", "not a revision at all, though 40 letters!"] {
        let answer = circleci(&server)
            .approve_held_job(HeldJob { revision, ..held("deploy", &[]) }, |_| true, async |_| {})
            .await;
        assert!(matches!(answer, Err(NotApproved::Failed(Failure::Permanent(_)))), "{answer:?}");
    }
    assert!(server.lines().is_empty());
}

/// Returns the outcome for these pipelines, each of which has the workflow `deploy` on hold.
async fn chosen(pipelines: Vec<Value>) -> String {
    chosen_by(held("deploy", &[]), pipelines).await
}

/// The same for this job.
async fn chosen_by(held: HeldJob<'_>, pipelines: Vec<Value>) -> String {
    let server = Responder::start(move |line, _| {
        if line.starts_with("POST") {
            return reply(202, &json!({"message": "Accepted."}));
        }
        let id = line.split('/').rev().nth(1).unwrap_or_default().to_owned();
        match line.rsplit('/').next() {
            Some("workflow") => {
                let workflow = wire_workflow(&format!("w-{id}"), "deploy", "on_hold", "2021-05-11T11:40:00Z");
                reply(200, &page(&[workflow]))
            }
            Some("job") => reply(200, &page(&[wire_job("h", "hold", "approval", "on_hold")])),
            Some(id) if line.starts_with("GET /api/v2/pipeline/") => {
                let pipeline = pipelines.iter().find(|pipeline| pipeline["id"] == id);
                reply(200, pipeline.unwrap_or(&Value::Null))
            }
            _ => reply(200, &page(&pipelines)),
        }
    })
    .await;
    match circleci(&server).approve_held_job(held, |_| true, async |_| {}).await {
        Ok(approved) => {
            format!("approved in pipeline {} ({})", approved.pipeline.number, approved.pipeline.id)
        }
        Err(failure) => failure.to_string(),
    }
}

#[tokio::test]
async fn only_the_one_pipeline_of_the_push_is_approved() {
    let push = wire_pipeline(25, REVISION);
    let by_api = with(&wire_pipeline(26, REVISION), "trigger", json!({"type": "api"}));
    assert_eq!(chosen(vec![by_api.clone(), push.clone()]).await, "approved in pipeline 25 (p25)");
    insta::assert_snapshot!(chosen(vec![by_api]).await, @"nothing was approved: no push of 7bf7226 started a pipeline of gh/acme/checkout, and only such a pipeline may be approved: pipeline 26 was started by a request to the API, and not by a push (https://app.circleci.com/pipelines/gh/acme/checkout/26)");
    insta::assert_snapshot!(chosen(vec![wire_pipeline(27, REVISION), push]).await, @"which pipeline is meant? 2 pipelines of gh/acme/checkout for 7bf7226 have the workflow deploy: https://app.circleci.com/pipelines/gh/acme/checkout/27, https://app.circleci.com/pipelines/gh/acme/checkout/25. Cancel the workflow in all but one of them, and Signoff approves the job in the one that is left");
}

#[tokio::test]
async fn job_is_released_on_the_voted_ref_only() {
    let push = || wire_pipeline(25, REVISION);
    let branch = with(&wire_pipeline(29, REVISION), "vcs", {
        let mut vcs = push()["vcs"].clone();
        vcs["branch"] = json!("side");
        vcs
    });
    let all = || vec![wire_tag(28, "main"), wire_tag(27, "x"), branch.clone(), push()];
    let on = |pushed_to| HeldJob { pushed_to, ..held("deploy", &[]) };
    let (x, tag, side) = (GitRef::tag("x"), GitRef::tag("main"), GitRef::branch("side"));
    let mut told = Vec::new();
    for pushed_to in [&*MAIN, &x, &tag, &side] {
        told.push(chosen_by(on(Some(pushed_to)), all()).await);
    }
    let others: Vec<Value> = all().into_iter().take(2).collect();
    told.push(chosen_by(on(Some(&*MAIN)), others).await);
    told.push(chosen_by(on(None), all()).await);
    // A later step of a run goes on where the earlier one released a job.
    let again = || vec![wire_pipeline(31, REVISION), push()];
    told.push(chosen_by(HeldJob { earlier: Some("p25"), ..on(Some(&*MAIN)) }, again()).await);
    insta::assert_snapshot!(told.join("\n"), @"
    approved in pipeline 25 (p25)
    approved in pipeline 27 (p27)
    approved in pipeline 28 (p28)
    approved in pipeline 29 (p29)
    CircleCI has no pipeline of gh/acme/checkout for the revision 7bf7226 on main yet, and only such a pipeline may be approved: pipeline 28 builds the tag main (https://app.circleci.com/pipelines/gh/acme/checkout/28), pipeline 27 builds the tag x (https://app.circleci.com/pipelines/gh/acme/checkout/27). If another branch or tag is meant, deploy again and name it
    nothing was approved: the source host shows neither that the deploy's branch or tag contains its revision nor that the default branch does. Deploy again, and name the branch or tag whose pipeline is meant
    approved in pipeline 25 (p25)
    ");
}

/// Returns the outcome for the pipeline 30, which the same run of a rule started, with these workflows and in
/// this state. A push's pipeline, 25, has the workflow `deploy` on hold.
async fn chosen_of_own(
    state: &'static str,
    workflows: &'static [(&'static str, &'static str)],
    branch: &str,
) -> String {
    let by_api = with(&wire_pipeline(30, REVISION), "trigger", json!({"type": "api"}));
    let own = with(&by_api, "state", json!(state));
    let server = Responder::start(move |line, _| {
        let workflow = |id: &str, (name, status): &(&str, &str)| {
            let id = format!("w-{id}-{name}");
            wire_workflow(&id, name, status, "2021-05-11T11:40:00Z")
        };
        match line {
            "GET /api/v2/pipeline/p30" => reply(200, &own),
            "GET /api/v2/pipeline/p30/workflow" => {
                reply(200, &page(&workflows.iter().map(|one| workflow("own", one)).collect::<Vec<_>>()))
            }
            "GET /api/v2/pipeline/p25/workflow" => {
                reply(200, &page(&[workflow("push", &("deploy", "on_hold"))]))
            }
            line if line.ends_with("/job") => {
                reply(200, &page(&[wire_job("h", "hold", "approval", "on_hold")]))
            }
            line if line.starts_with("POST") => reply(202, &json!({"message": "Accepted."})),
            _ => reply(200, &page(&[own.clone(), wire_pipeline(25, REVISION)])),
        }
    })
    .await;
    let own = ["p30".to_owned()];
    match circleci(&server)
        .approve_held_job(
            held("deploy", &own),
            |built| built.is_some_and(|built| *built == GitRef::branch(branch)),
            async |_| {},
        )
        .await
    {
        Ok(approved) => format!("approved in pipeline {}", approved.pipeline.id),
        Err(failure) => failure.to_string(),
    }
}

#[tokio::test]
async fn own_pipeline_of_another_repository_is_not_approved() {
    let other = with(
        &wire_pipeline(30, REVISION),
        "vcs",
        json!({"provider_name": "GitHub", "branch": "main", "revision": REVISION,
        "origin_repository_url": "https://github.com/acme/other", "target_repository_url": "https://github.com/acme/other"}),
    );
    let server = Responder::start(move |line, _| match line {
        "GET /api/v2/pipeline/p30" => reply(200, &other),
        _ => reply(200, &page(&[wire_workflow("w30", "deploy", "on_hold", "2021-05-11T11:40:00Z")])),
    })
    .await;
    let own = ["p30".to_owned()];
    let held = held("deploy", &own);
    let refused = circleci(&server).approve_held_job(held, |_| true, async |_| {}).await.unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("pipeline 30 builds https://github.com/acme/other, and not acme/checkout"),
        "{refused}"
    );
    assert!(!server.lines().iter().any(|line| line.starts_with("POST ")), "{:?}", server.lines());
}

#[tokio::test]
async fn pinned_pipeline_is_the_only_one_that_counts() {
    // The job was approved in pipeline 25, whose answer was lost; 27, of the same branch, came since.
    let server = Responder::start(move |line, _| match line {
        "GET /api/v2/pipeline/p25" => reply(200, &wire_pipeline(25, REVISION)),
        "GET /api/v2/pipeline/p25/workflow" => {
            reply(200, &page(&[wire_workflow("w25", "deploy", "canceled", "2021-05-11T11:40:00Z")]))
        }
        "GET /api/v2/pipeline/p27/workflow" => {
            reply(200, &page(&[wire_workflow("w27", "deploy", "on_hold", "2021-05-11T11:40:00Z")]))
        }
        "GET /api/v2/pipeline/p28" => reply(200, &wire_pipeline(28, REVISION)),
        "GET /api/v2/pipeline/p28/workflow" => {
            reply(200, &page(&[wire_workflow("w28", "lint", "success", "2021-05-11T11:40:00Z")]))
        }
        line if line.ends_with("/job") => reply(200, &page(&[wire_job("h", "hold", "approval", "on_hold")])),
        line if line.starts_with("POST") => reply(202, &json!({"message": "Accepted."})),
        _ => reply(200, &page(&[wire_pipeline(27, REVISION), wire_pipeline(25, REVISION)])),
    })
    .await;
    let circleci = circleci(&server);
    let mut told = Vec::new();
    for pinned in [None, Some("p25"), Some("p28")] {
        let found = std::cell::RefCell::new(Vec::new());
        let held = HeldJob { pinned, ..held("deploy", &[]) };
        let keep = async |pipeline: Triggered| found.borrow_mut().push(pipeline.id);
        told.push(match circleci.approve_held_job(held, |_| true, keep).await {
            Ok(approved) => format!("approved in {}, told {:?}", approved.pipeline.id, found.borrow()),
            Err(failure) => failure.to_string(),
        });
    }
    insta::assert_snapshot!(told.join("\n"), @"
    approved in p27, told [\"p27\"]
    the workflow deploy of gh/acme/checkout for 7bf7226 was cancelled (pipeline 25): rerun it on CircleCI, then retry
    nothing was approved: the pipeline p28, in which deploy was found before, has no such workflow
    ");
}

#[tokio::test]
async fn the_runs_own_pipeline_is_approved_before_the_push() {
    let told = [
        chosen_of_own("created", &[("deploy", "on_hold")], "main").await,
        chosen_of_own("created", &[("lint", "success")], "main").await,
        chosen_of_own("pending", &[], "main").await,
        chosen_of_own("created", &[("deploy", "canceled")], "main").await,
        chosen_of_own("created", &[("deploy", "on_hold")], "release").await,
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    approved in pipeline p30
    approved in pipeline p25
    the pipeline of gh/acme/checkout for 7bf7226 has not started the workflow deploy yet
    the workflow deploy of gh/acme/checkout for 7bf7226 was cancelled (pipeline 30): rerun it on CircleCI, then retry
    nothing was approved: `allowed_refs` of the policy does not allow main, which pipeline 30 builds (https://app.circleci.com/pipelines/gh/acme/checkout/30)
    ");
}
