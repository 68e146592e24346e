//! Starting a workflow, and finding what was started, against a server that answers as GitHub's OpenAPI
//! description says.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use serde_json::{Value, json};

const SHA: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";

fn github(server: &Responder) -> GitHub {
    GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into())
}

#[tokio::test]
async fn a_workflow_is_started_once_or_nobody_knows() {
    let run = "https://github.com/acme/checkout/actions/runs/9";
    let server = Responder::start(move |line, asked| match line.rsplit('/').nth(1) {
        Some("deploy.yml") => {
            reply(200, &json!({"workflow_run_id": 9, "run_url": "https://api", "html_url": run}))
        }
        Some("quiet.yml") => Reply::Answer(204, vec![], vec![]),
        Some("older.yml") if asked.contains("return_run_details") => {
            let message = "Invalid request.\n\n\"return_run_details\" is not a permitted key.";
            reply(422, &json!({"message": message}))
        }
        Some("older.yml") => Reply::Answer(204, vec![], vec![]),
        Some("lost.yml") => Reply::HangUp,
        Some("gateway.yml") => reply(502, &json!({})),
        _ => reply(404, &json!({"message": "Not Found"})),
    })
    .await;
    let github = github(&server);
    let inputs = BTreeMap::from([
        ("dry_run".to_owned(), ParameterValue::Bool(false)),
        ("environment".to_owned(), ParameterValue::Text("production".into())),
        ("replicas".to_owned(), ParameterValue::Integer(3)),
    ]);
    let start = async |file: &str| github.dispatch_workflow("acme/checkout", file, "main", &inputs).await;
    assert_eq!(start(".github/workflows/deploy.yml").await, Ok(Some(StartedRun { id: 9, url: run.into() })));
    assert_eq!(start("quiet.yml").await, Ok(None));
    // GitHub Enterprise Server 3.17 to 3.19 do not take `return_run_details`.
    assert_eq!(start("older.yml").await, Ok(None));
    for lost in ["lost.yml", "gateway.yml"] {
        assert!(matches!(start(lost).await, Err(Failure::Unanswered(_))), "{lost}");
    }
    assert!(matches!(start("missing.yml").await, Err(Failure::Permanent(_))));
    let asked = &server.asked()[0];
    assert!(
        asked.starts_with("POST /repos/acme/checkout/actions/workflows/deploy.yml/dispatches "),
        "{asked}"
    );
    let body: Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    let inputs = json!({"dry_run": "false", "environment": "production", "replicas": "3"});
    assert_eq!(body, json!({"ref": "main", "return_run_details": true, "inputs": inputs}));
    let many = (0..26).map(|index| (index.to_string(), ParameterValue::Integer(index))).collect();
    let refused = github.dispatch_workflow("acme/checkout", "deploy.yml", "main", &many).await;
    assert!(matches!(refused, Err(Failure::Permanent(_))), "{refused:?}");
}

/// The number of the account that the token belongs to.
const OWN: u64 = 77;

/// A run as the list has it, on `branch` at [`SHA`], which the token's account started.
fn run(number: u64, event: &str, created_at: &str, branch: &str) -> Value {
    json!({"id": number, "event": event, "status": "queued", "conclusion": null, "head_branch": branch, "head_sha": SHA,
        "created_at": created_at, "html_url": format!("https://github.com/acme/checkout/actions/runs/{number}"),
        "actor": {"id": OWN, "login": "signoff", "type": "User"}})
}

fn dispatches<'a>(workflow: &'a str, head: Option<&'a str>) -> Dispatches<'a> {
    let at = |text: &str| text.parse().unwrap();
    let (first, last) = (at("2021-05-11T11:40:00.9Z"), at("2021-05-11T11:41:00Z"));
    Dispatches { workflow, branch: "refs/heads/main", head, first, last }
}

#[tokio::test]
async fn lost_dispatch_is_found_about_its_time_alone() {
    use Likeness::{Near, OtherCommit, Same};
    let ours = |created_at: &str| run(9, EVENT, created_at, "main");
    let by = |actor: Value| {
        let mut run = ours("2021-05-11T11:40:01Z");
        run["actor"] = actor;
        run
    };
    let other = "0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b7bf7226a";
    let cases = [
        (ours("2021-05-11T11:40:01Z"), Some(SHA), Some(Same)),
        (ours("2021-05-11T11:40:00Z"), None, Some(Same)),
        (ours("2021-05-11T11:42:00Z"), None, Some(Same)),
        // The branch moved between our look and the start, or somebody else started it.
        (ours("2021-05-11T11:40:01Z"), Some(other), Some(OtherCommit)),
        // Our clock may be wrong, or somebody else was quick.
        (ours("2021-05-11T11:39:59Z"), None, Some(Near)),
        (ours("2021-05-11T11:39:00Z"), None, Some(Near)),
        (ours("2021-05-11T11:42:01Z"), None, Some(Near)),
        (ours("2021-05-11T11:43:00Z"), None, Some(Near)),
        (ours("2021-05-11T11:38:59Z"), None, None),
        (ours("2021-05-11T11:43:01Z"), None, None),
        (ours("2021-05-11T13:40:01Z"), None, None),
        (by(json!({"id": 78, "login": "carl", "type": "User"})), None, Some(Near)),
        (by(Value::Null), None, Some(Near)),
        (run(9, "push", "2021-05-11T11:40:01Z", "main"), None, None),
        (run(9, EVENT, "2021-05-11T11:40:01Z", "other"), None, None),
    ];
    let body = json!({"total_count": 1, "workflow_runs": [ours("2021-05-11T11:40:01Z")]});
    let server = Responder::start(move |_, _| reply(200, &body)).await;
    let asked = dispatches("deploy.yml", None);
    let found = github(&server).find_dispatched("acme/checkout", asked, None).await.unwrap();
    assert_eq!(found[0].likeness, Near, "nobody knows whose the token is");
    for (listed, head, expected) in cases {
        let body = json!({"total_count": 1, "workflow_runs": [listed.clone()]});
        let server = Responder::start(move |_, _| reply(200, &body)).await;
        let asked = dispatches(".github/workflows/deploy.yml", head);
        let found = github(&server).find_dispatched("acme/checkout", asked, Some(OWN)).await.unwrap();
        let url = "https://github.com/acme/checkout/actions/runs/9".to_owned();
        let build = StartedBuild::Run { id: 9, url };
        let expected = expected.map(|likeness| FoundBuild { build, likeness });
        assert_eq!(found, Vec::from_iter(expected), "{listed}");
        assert_eq!(
            server.lines(),
            [
                "GET /repos/acme/checkout/actions/workflows/deploy.yml/runs?event=workflow_dispatch&branch=main\
              &created=2021-05-11T11%3A39%3A00Z..2021-05-11T11%3A43%3A00Z&per_page=100"
            ]
        );
    }
}

#[tokio::test]
async fn look_that_fails_or_is_cut_short_says_so() {
    let server = Responder::start(|line, _| match line {
        line if line.contains("missing.yml") => reply(404, &json!({"message": "Not Found"})),
        line if line.contains("busy.yml") => reply(200, &json!({"total_count": 101, "workflow_runs": []})),
        _ => reply(503, &json!({})),
    })
    .await;
    let github = github(&server);
    let look = async |file: &str| github.find_dispatched("acme/checkout", dispatches(file, None), None).await;
    assert!(matches!(look("missing.yml").await, Err(Failure::Permanent(_))));
    assert!(matches!(look("busy.yml").await, Err(Failure::Permanent(_))));
    assert!(matches!(look("deploy.yml").await, Err(Failure::Retryable { .. })));
}

#[tokio::test]
async fn token_names_its_own_account_or_nobody() {
    let answers = [
        (200, json!({"data": {"viewer": {"databaseId": OWN}}}), Some(Some(OWN))),
        (200, json!({"data": {"viewer": {"databaseId": null}}}), Some(None)),
        (200, json!({"data": null, "errors": [{"type": "FORBIDDEN", "message": "No"}]}), Some(None)),
        (403, json!({"message": "Resource not accessible"}), Some(None)),
        (503, json!({}), None),
    ];
    for (status, answer, expected) in answers {
        let server = Responder::start(move |_, _| reply(status, &answer)).await;
        assert_eq!(github(&server).own_account().await.ok(), expected, "{status}");
    }
}
