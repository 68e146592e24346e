//! Sleuth's own command line, unchanged: the requests of `sleuth deploy`, `sleuth set-health` and `sleuth
//! validate`.
//!
//! Source: <https://github.com/sleuth-io/sleuth-client>, `sleuth/service.py` and `sleuth/commands`.

use jiff::tz::TimeZone;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use signoff_core::confirmation::Confirmation;
use signoff_core::id::DeployId;
use signoff_core::run::Status;
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

const RULES: &str = "rules:\n  - tell:\n      conditions: [\"health='Unhealthy'\"]\n      actions:\n        \
                     - slack_channel_message: {channel: '#CHANNEL', message: It does not work.}\n";

fn request(story: &Story, method: Method, path: &str) -> RequestBuilder {
    let url = format!("{}{path}", story.world.front.url());
    story.world.http.request(method, url).header("AUTHORIZATION", format!("apikey {API_KEY}"))
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The latest deploy in staging; the client asks with GET and a body.
async fn latest(story: &Story) -> Value {
    let query = format!(
        "\n{{\n    deployment(orgSlug:\"acme\", deploymentSlug:\"{}\") {{\n        ... on CodeChangeSource {{\n            \
         latestChange(environmentSlug:\"staging\") {{\n                revision\n                slug\n                url\n            \
         }}\n        }}\n    }}\n}}\n    ",
        story.name
    );
    let (status, body) = answer(request(story, Method::GET, "/graphql").json(&json!({"query": query}))).await;
    assert_eq!((status, body.get("errors")), (200, None), "{body}");
    body["data"]["deployment"]["latestChange"].clone()
}

/// Registers `revision`, whose commit comes after `parents`.
async fn registers(story: &Story, revision: &str, parents: &[&str]) {
    let now = signoff_runtime::time::now().to_zoned(TimeZone::UTC);
    let file = json!({"path": "app.py", "url": "https://example.com/REVISION/app.py", "additions": 0, "deletions": 0});
    let commit = json!({"revision": revision, "message": "Take cards\n", "author": {"name": "Ana", "email": "jenkins"},
        "date": "2026-11-23T10:42:00+01:00", "files": ["app.py"], "parents": parents, "url": "https://example.com/REVISION"});
    let body = json!({"sha": revision, "environment": "staging", "date": now.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string(),
        "commits": [commit], "files": [file], "ignore_if_duplicate": "true", "pull_requests": []});
    let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    let answer = request(story, Method::POST, &path).json(&body).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "Success"));
}

async fn sets_health(story: &Story, method: Method, deploy: &str, health: &str) -> (u16, Value) {
    let query = format!(
        "\n            mutation {{\n                setHealth(orgSlug:\"acme\", deploymentSlug:\"{}\", deploySlug:\"{deploy}\", \
         health:\"{health}\") {{\n                    success\n                }}\n            }}\n            ",
        story.name
    );
    answer(request(story, method, "/graphql").json(&json!({"query": query}))).await
}

/// Has `file` checked; it comes as a form.
pub async fn validates(story: &Story, file: &str) -> (u16, Value) {
    let query = format!(
        "\n            mutation ($file: Upload!) {{\n                validateRules(orgSlug:\"acme\", deploymentSlug:\"{}\", file: $file) \
         {{\n                    rules {{\n                        title\n                    }}\n                }}\n            }}\n            ",
        story.name
    );
    let operations = json!({"query": query, "variables": {"file": null}});
    let part = |name: &str, content: &str| {
        format!("--0a1b2c3d\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let body = [
        part("operations", &operations.to_string()),
        part("map", r#"{"0": ["variables.file"]}"#),
        part("0\"; filename=\"rules.yml", file),
        "--0a1b2c3d--\r\n".to_owned(),
    ];
    let form = request(story, Method::POST, "/graphql")
        .header("content-type", "multipart/form-data; boundary=0a1b2c3d")
        .body(body.concat());
    answer(form).await
}

#[test]
fn unchanged_sleuth_client_registers_and_sets_health() {
    tell("sleuth-client", async |story| {
        story.rules(RULES);
        let (parent, head) = (story.push("Ana", "Begin"), story.push("Ana", "Take cards"));
        assert_eq!(latest(story).await, Value::Null);
        registers(story, &parent, &[]).await;
        assert_eq!(latest(story).await["revision"], json!(parent));
        registers(story, &head, &[&parent]).await;
        let change = latest(story).await;
        assert_eq!(change["revision"], json!(head));
        let slug = change["slug"].as_str().unwrap();
        let deploy = DeployId::from_text(slug);
        assert_eq!(change["url"], json!(format!("/deploys/{deploy}")));
        assert_eq!(story.settled(&deploy).await.runs.len(), 0);

        // What the git host does not confirm is no latest change, and has no health.
        let unknown = "0123456789".repeat(4);
        registers(story, &unknown, &[&head]).await;
        let doubtful = story.deploy_id(&unknown, "staging");
        let is_unconfirmed = async || {
            let page = story.world.store.page(&doubtful).await.unwrap()?;
            matches!(page.deploy.confirmation, Confirmation::Unconfirmed { .. }).then_some(())
        };
        story.until("the deploy not to be confirmed", is_unconfirmed).await;
        assert_eq!(latest(story).await["slug"], json!(slug));
        let (status, told) = sets_health(story, Method::POST, doubtful.as_str(), "HEALTHY").await;
        let problem = told["errors"][0]["message"].as_str().unwrap();
        assert!(status == 409 && problem.contains("did not confirm"), "{status} {told}");

        let success = (200, json!({"data": {"setHealth": {"success": true}}}));
        assert_eq!(sets_health(story, Method::POST, slug, "UNHEALTHY").await, success);
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.iter().map(|run| &run.status).collect::<Vec<_>>(), [&Status::Succeeded]);
        assert_eq!(sets_health(story, Method::POST, slug, "reset").await, success);
        assert_eq!(story.settled(&deploy).await.facts.health(), None);
        assert_eq!(sets_health(story, Method::POST, "none", "HEALTHY").await.0, 404);
        assert_eq!(sets_health(story, Method::GET, slug, "HEALTHY").await.0, 405);
        assert_eq!(story.settled(&deploy).await.facts.health(), None);

        let valid = (200, json!({"data": {"validateRules": {"rules": [{"title": "tell"}]}}}));
        let rules = RULES.replace("#CHANNEL", "#deploys");
        assert_eq!(validates(story, &rules).await, valid);
        let (status, told) = validates(story, &rules.replace("actions", "acts")).await;
        let problem = told["errors"][0]["message"].as_str().unwrap();
        assert!(status == 200 && problem.starts_with("rules.yml:"), "{status} {told}");
    });
}
