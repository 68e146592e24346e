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

/// A run as the list has it, on `branch` at [`SHA`].
fn run(number: u64, event: &str, created_at: &str, branch: &str) -> Value {
    json!({"id": number, "event": event, "status": "queued", "conclusion": null, "head_branch": branch, "head_sha": SHA,
        "created_at": created_at, "html_url": format!("https://github.com/acme/checkout/actions/runs/{number}")})
}

#[tokio::test]
async fn a_lost_dispatch_is_seen_in_the_list() {
    let page = |number: u64| format!("https://github.com/acme/checkout/actions/runs/{number}");
    let started = |id: u64| StartedRun { id, url: page(id) };
    let ours = || run(9, EVENT, "2021-05-11T11:40:01Z", "main");
    let other = || run(8, EVENT, "2021-05-11T11:40:20Z", "main");
    let of_another_head = || {
        let mut run = other();
        run["head_sha"] = json!("0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b7bf7226a");
        run
    };
    let cases = [
        (vec![ours()], Some(SHA), SearchResult::Seen(started(9))),
        (vec![ours()], None, SearchResult::Seen(started(9))),
        (vec![run(9, EVENT, "2021-05-11T11:40:00Z", "main")], None, SearchResult::Seen(started(9))),
        // The branch moved between our look and the start, or somebody else started it.
        (vec![ours()], Some("0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b7bf7226a"), SearchResult::Unclear(page(9))),
        (vec![of_another_head(), ours()], Some(SHA), SearchResult::Seen(started(9))),
        // It was there a moment before: our clock may be wrong, or somebody else was quick.
        (vec![run(9, EVENT, "2021-05-11T11:39:59Z", "main")], None, SearchResult::Unclear(page(9))),
        (vec![run(9, EVENT, "2021-05-11T11:39:00Z", "main")], None, SearchResult::Unclear(page(9))),
        (vec![run(9, EVENT, "2021-05-11T11:38:59Z", "main")], None, SearchResult::NotSeen),
        (vec![other(), ours()], Some(SHA), SearchResult::Unclear(page(8))),
        (vec![ours(), run(7, EVENT, "2021-05-11T11:39:30Z", "main")], None, SearchResult::Unclear(page(9))),
        (vec![ours(), run(7, EVENT, "2021-05-11T10:00:00Z", "main")], None, SearchResult::Seen(started(9))),
        (vec![ours(), run(2, EVENT, "2021-05-11T11:40:00Z", "main")], None, SearchResult::Seen(started(9))),
        (vec![run(2, EVENT, "2021-05-11T11:40:00Z", "main")], None, SearchResult::NotSeen),
        (vec![run(9, "push", "2021-05-11T11:40:01Z", "main")], None, SearchResult::NotSeen),
        (vec![run(9, EVENT, "2021-05-11T11:40:01Z", "other")], None, SearchResult::NotSeen),
        (vec![], Some(SHA), SearchResult::NotSeen),
    ];
    let since = "2021-05-11T11:40:00.9Z".parse().unwrap();
    let others = [page(2)];
    for (listed, head_sha, expected) in cases {
        let body = json!({"total_count": listed.len(), "workflow_runs": listed});
        let server = Responder::start(move |_, _| reply(200, &body)).await;
        let github = github(&server);
        let workflow = ".github/workflows/deploy.yml";
        let seen = github
            .find_dispatched("acme/checkout", workflow, "refs/heads/main", head_sha, since, &others)
            .await;
        assert_eq!(seen, Ok(expected), "{:?}", server.lines());
        assert_eq!(
            server.lines(),
            [
                "GET /repos/acme/checkout/actions/workflows/deploy.yml/runs?event=workflow_dispatch&branch=main&per_page=100"
            ]
        );
    }
}

#[tokio::test]
async fn a_look_that_fails_says_so() {
    let server = Responder::start(|line, _| match line.contains("missing.yml") {
        true => reply(404, &json!({"message": "Not Found"})),
        false => reply(503, &json!({})),
    })
    .await;
    let since = "2021-05-11T11:40:00Z".parse().unwrap();
    let github = github(&server);
    let look =
        async |file: &str| github.find_dispatched("acme/checkout", file, "main", None, since, &[]).await;
    assert!(matches!(look("missing.yml").await, Err(Failure::Permanent(_))));
    assert!(matches!(look("deploy.yml").await, Err(Failure::Retryable { .. })));
}
