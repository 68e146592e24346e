//! Reading answers back, against a server that answers as GitHub's OpenAPI description says.

use super::*;
use crate::responder::{Reply, Responder, json as reply};
use serde_json::json;

const SHA_40: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";
const HEAD: &str = "0000000000000000000000000000000000000001";

async fn github(answer: fn(&str, &str) -> Reply) -> (Responder, GitHub) {
    let server = Responder::start(answer).await;
    let github = GitHub::new(crate::http::client().unwrap(), server.base.clone(), "ghp_test".into());
    (server, github)
}

fn none() -> Reply {
    reply(404, &json!({"message": "Not Found"}))
}

#[tokio::test]
async fn a_repository_has_its_number_or_there_is_none() {
    let (_server, github) = github(|line, _| match line {
        "GET /repos/acme/checkout" => reply(200, &json!({"id": 7, "default_branch": "main"})),
        "GET /repos/acme/broken" => reply(500, &json!({"message": "Server Error"})),
        _ => none(),
    })
    .await;
    let known = RepositoryIdentity { id: 7, default_branch: "main".to_owned() };
    assert_eq!(github.repository("acme/checkout").await, Ok(Some(known)));
    assert_eq!(github.repository("acme/other").await, Ok(None));
    assert!(github.repository("acme/broken").await.unwrap_err().is_passing());
}

#[tokio::test]
async fn a_name_stands_for_one_sha_or_none() {
    let (_server, github) = github(|line, request| match line {
        "GET /repos/acme/checkout/commits/heads%2Fmain" if request.contains(SHA) => {
            Reply::Answer(200, vec![], SHA_40.as_bytes().to_vec())
        }
        "GET /repos/acme/checkout/commits/7bf7" => {
            reply(422, &json!({"message": "No commit found for SHA: 7bf7"}))
        }
        "GET /repos/acme/empty/commits/heads%2Fmain" => {
            reply(409, &json!({"message": "Git Repository is empty."}))
        }
        "GET /repos/acme/odd/commits/heads%2Fmain" => reply(200, &json!({"sha": SHA_40})),
        _ => none(),
    })
    .await;
    assert_eq!(github.sha_of("acme/checkout", "heads/main").await, Ok(Some(SHA_40.to_owned())));
    for (repository, name) in
        [("acme/checkout", "7bf7"), ("acme/checkout", "tags/v1"), ("acme/empty", "heads/main")]
    {
        assert_eq!(github.sha_of(repository, name).await, Ok(None), "{repository} {name}");
    }
    assert!(matches!(github.sha_of("acme/odd", "heads/main").await, Err(Failure::Permanent(_))));
}

#[tokio::test]
async fn only_identical_and_behind_are_contained() {
    let (_server, github) = github(|line, _| {
        let status =
            ["identical", "behind", "ahead", "diverged"].into_iter().find(|word| line.contains(word));
        status.map_or_else(none, |status| reply(200, &json!({"status": status})))
    })
    .await;
    for (status, expected) in
        [("identical", true), ("behind", true), ("ahead", false), ("diverged", false), ("unknown", false)]
    {
        assert_eq!(github.contains("acme/checkout", HEAD, status).await, Ok(expected), "{status}");
    }
    assert_eq!(github.contains("acme/nowhere", HEAD, HEAD).await, Ok(true));
}

#[tokio::test]
async fn a_deployment_is_read_back_with_its_statuses() {
    let (_server, github) = github(|line, _| match line {
        "GET /repos/acme/checkout/deployments/9" => reply(
            200,
            &json!({"sha": SHA_40, "ref": "refs/heads/main", "environment": "Staging", "creator": {"login": "ana", "id": 7}}),
        ),
        "GET /repos/acme/checkout/deployments/9/statuses?per_page=100" => reply(
            200,
            &json!([
                {"state": "inactive", "environment": "", "created_at": "2021-05-11T11:45:00Z"},
                {"state": "success", "environment": "Staging", "created_at": "2021-05-11T11:42:00Z"},
            ]),
        ),
        _ => none(),
    })
    .await;
    let found = github.deployment("acme/checkout", 9).await.unwrap().unwrap();
    assert_eq!((found.sha.as_str(), found.branch.as_deref()), (SHA_40, Some("main")));
    assert_eq!(found.creator.and_then(|creator| creator.account).map(|account| account.id), Some(7));
    let statuses = github.deployment_statuses("acme/checkout", 9).await.unwrap();
    let shown: Vec<_> =
        statuses.iter().map(|status| (status.state.as_str(), status.environment.as_deref())).collect();
    assert_eq!(shown, [("inactive", None), ("success", Some("Staging"))]);
    assert_eq!(github.deployment("acme/checkout", 10).await, Ok(None));
    assert_eq!(github.deployment_statuses("acme/checkout", 10).await, Ok(Vec::new()));
}
