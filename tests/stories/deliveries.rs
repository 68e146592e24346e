//! Deploys arrive, in every way that clients send them.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::StatusCode;
use serde_json::json;
use signoff_local::github::DeploymentStatus;
use system_tests::story::{NO_RULE_HOLDS, Story, tell};
use system_tests::world::API_KEY;

async fn text(answer: reqwest::Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn url(story: &Story, path: &str) -> String {
    format!("{}{path}", story.world.front.url())
}

#[test]
fn a_key_is_taken_from_header_body_and_query() {
    tell("keys", async |story| {
        let http = &story.world.http;
        let path = |variant: &str| url(story, variant);
        let sha = |n: u32| format!("{n:040x}");
        let requests = [
            http.post(path("/api/1/deployments/acme/keys/register_deploy"))
                .header("authorization", format!("Bearer {API_KEY}"))
                .json(&json!({"sha": sha(1)})),
            http.post(path("/api/1/deployments/acme/keys/register-deploy"))
                .header("authorization", format!("apikey {API_KEY}"))
                .form(&[("sha", sha(2).as_str()), ("environment", "Staging"), ("tags", "")]),
            http.post(path("/api/1/acme/keys/register_deploy"))
                .json(&json!({"sha": sha(3), "api_key": API_KEY, "tags": [], "commits": [], "email": ""})),
            http.post(path("/api/1/acme/keys/register_deploy"))
                .query(&[("sha", sha(4).as_str()), ("api_key", API_KEY)]),
            http.post(path("/api/1/acme/keys/register_deploy"))
                .form(&[("sha", sha(5).as_str()), ("api_key", API_KEY)]),
        ];
        for request in requests {
            assert_eq!(text(request.send().await.unwrap()).await, (200, "Success".to_owned()));
        }
        for (n, environment) in
            [(1, "Production"), (2, "Staging"), (3, "Production"), (4, "Production"), (5, "Production")]
        {
            story.settled(&story.deploy_id(&sha(n), environment)).await;
        }
    });
}

#[test]
fn a_deploy_is_registered_once() {
    tell("once", async |story| {
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let path = "/api/1/deployments/acme/once/register_deploy";
        let again = story.post(path, &json!({"sha": revision, "environment": "staging"})).await;
        let (status, told) = text(again).await;
        assert_eq!(status, 400);
        assert!(told.starts_with("sha: ") && told.contains("is already registered"), "{told}");
        for flag in [json!(true), json!("true")] {
            let body = json!({"sha": revision, "environment": "Staging", "ignore_if_duplicate": flag});
            assert_eq!(text(story.post(path, &body).await).await, (200, "Success".to_owned()));
        }
        let elsewhere = story.post(path, &json!({"sha": revision, "environment": "Production"})).await;
        assert_eq!(elsewhere.status(), StatusCode::OK);
        story.settled(&story.deploy_id(&revision, "Production")).await;
    });
}

#[test]
fn a_deployment_is_mapped_to_a_repository_of_another_name() {
    tell("storefront", async |story| {
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let body = json!({"sha": revision, "environment": "Staging"});
        let answer = story.post("/api/1/deployments/shop/web/register_deploy", &body).await;
        assert_eq!(text(answer).await, (200, "Success".to_owned()));
        let id = signoff_core::id::DeployId::derive("register", &["shop/web", "staging", &revision]);
        let page = story.settled(&id).await;
        assert_eq!((page.deploy.repository.as_str(), page.deploy.commits.len()), ("acme/storefront", 1));
    });
}

#[test]
fn twenty_parallel_registrations_are_one_deploy() {
    tell("parallel", async |story| {
        story.rules(NO_RULE_HOLDS);
        let revision = story.push("Ana", "Take cards");
        let path = "/api/1/deployments/acme/parallel/register_deploy";
        let body = json!({"sha": revision, "environment": "Staging", "ignore_if_duplicate": true});
        let answers = (0..20).map(|_| {
            let (http, url, body) = (story.world.http.clone(), url(story, path), body.clone());
            tokio::spawn(async move {
                http.post(url).bearer_auth(API_KEY).json(&body).send().await.unwrap().status()
            })
        });
        for answer in answers.collect::<Vec<_>>() {
            assert_eq!(answer.await.unwrap(), StatusCode::OK);
        }
        let page = story.settled(&story.deploy_id(&revision, "Staging")).await;
        assert_eq!(page.effects.len(), 1);
    });
}

fn status(story: &Story, sha: &str, state: &str) -> DeploymentStatus {
    DeploymentStatus {
        sha: sha.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: state.to_owned(),
        creator: story.author("Ana"),
        deployment_id: 4711,
    }
}

async fn deliver(story: &Story, delivery: &signoff_local::github::Delivery) -> (u16, String) {
    let mut request = story.world.http.post(url(story, "/webhooks/github")).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    text(request.send().await.unwrap()).await
}

#[test]
fn repeated_delivery_opens_one_dialog() {
    tell("github", async |story| {
        story.rules(&system_tests::story::rule("votes_required: 1", "webhook: 'https://example.com'"));
        let revision = story.push("Ana", "Take cards");
        let github = &story.world.github;
        let delivery =
            github.deployment_status_delivery(&story.repository(), &status(story, &revision, "success"));
        assert_eq!(deliver(story, &delivery).await, (200, "Success".to_owned()));
        let again = (200, "Ignored: this deployment is already registered.".to_owned());
        assert_eq!(deliver(story, &delivery).await, again);
        let another =
            github.deployment_status_delivery(&story.repository(), &status(story, &revision, "success"));
        assert_eq!(deliver(story, &another).await, again);
        story.dialog().await;
        let id = signoff_core::id::DeployId::derive("github", &["acme/github", "4711", "staging"]);
        let page = story.settled(&id).await;
        assert_eq!(page.runs.len(), 1);
        assert_eq!(story.world.slack.messages(&story.name).len(), 1);
    });
}

#[test]
fn deployment_that_succeeds_again_after_another_is_a_new_deploy() {
    tell("github-again", async |story| {
        story.rules("rules: []");
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let succeeds = async |sha: &str, number: u64| {
            // GitHub's times are whole seconds.
            let began = signoff_runtime::time::now().as_second();
            let passed = async || (signoff_runtime::time::now().as_second() > began).then_some(());
            story.until("the next second", passed).await;
            let status = DeploymentStatus { deployment_id: number, ..status(story, sha, "success") };
            let delivery = story.world.github.deployment_status_delivery(&story.repository(), &status);
            let answer = deliver(story, &delivery).await;
            assert_eq!(answer, (200, "Success".to_owned()));
            let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
            let stands = story.until("the revision to stand there", async || {
                let newest = story.world.store.newest_in(&slug, "Staging").await.unwrap()?;
                (newest.revision == sha).then_some(newest.id)
            });
            let id = stands.await;
            story.settled(&id).await;
            (id, delivery)
        };
        let (one, _) = succeeds(&first, 1).await;
        succeeds(&second, 2).await;
        let (again, delivery) = succeeds(&first, 1).await;
        assert_ne!(one, again);
        let repeated = (200, "Ignored: this deployment is already registered.".to_owned());
        assert_eq!(deliver(story, &delivery).await, repeated);
    });
}

#[test]
fn other_events_and_states_are_ignored() {
    tell("github-ignored", async |story| {
        let github = &story.world.github;
        let pending = github
            .deployment_status_delivery(&story.repository(), &status(story, &"a".repeat(40), "pending"));
        let (code, told) = deliver(story, &pending).await;
        assert_eq!(code, 200);
        assert!(told.starts_with("Ignored: "), "{told}");
        let body = r#"{"repository": {"full_name": "acme/github-ignored"}}"#.to_owned();
        let push = github.delivery(&story.repository(), "push", "11111111-2222-3333-4444-555555555555", body);
        let (code, told) = deliver(story, &push).await;
        assert_eq!(code, 200);
        assert!(told.starts_with("Ignored: ") && told.contains("push"), "{told}");
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let world = story.world;
        let row = world.dynamodb.get_item().table_name(&world.record_table).key("sk", key("delivery"));
        let row =
            row.key("pk", key("delivery#github#11111111-2222-3333-4444-555555555555")).send().await.unwrap();
        let ignored = row.item.expect("on record").remove("ignored");
        assert_eq!(
            ignored.and_then(|reason| reason.as_s().ok().cloned()),
            told["Ignored: ".len()..].strip_suffix('.').map(str::to_owned)
        );
    });
}
