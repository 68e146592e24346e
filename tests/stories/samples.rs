//! The sample events in `events/` are what the functions take.

use serde_json::Value;
use signoff_core::id::DeployId;
use signoff_local::github::DeploymentStatus;
use system_tests::local_aws::root;
use system_tests::story::{rule, tell};
use system_tests::world::API_KEY;

fn sample(path: &str) -> String {
    std::fs::read_to_string(root().join("events").join(path)).unwrap()
}

#[test]
fn the_sample_bodies_make_a_deploy_and_a_vote() {
    tell("checkout", async |story| {
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let body = sample("bodies/register-deploy.json");
        let known: Value = serde_json::from_str(&body).unwrap();
        story.knows(known["sha"].as_str().unwrap());
        let url = format!("{}/api/1/deployments/acme/checkout/register_deploy", story.world.front.url());
        let request =
            story.world.http.post(url).bearer_auth(API_KEY).header("content-type", "application/json");
        assert_eq!(request.body(body.clone()).send().await.unwrap().text().await.unwrap(), "Success");
        let registered: Value = serde_json::from_str(&body).unwrap();
        let deploy = story.deploy_id(registered["sha"].as_str().unwrap(), "Staging");
        story.dialog().await;
        let asked = story.settled(&deploy).await.approvals[0].clone();
        let person = story.person("Ana");

        let slack = &story.world.slack;
        let click = sample("bodies/slack-vote.json")
            .replace(
                "3f9a1c5e7b2d4f6081a3 c4e8d2b6a0f1937c5e4d 5d1c0b7e9a",
                &format!("{deploy} {} {}", asked.id, asked.subject.mark()),
            )
            .replace("U02ANA0HRVT", &person)
            .replace("T02ACME0001", slack.team_id());
        let outcome = slack.send(slack.signed(&click, signoff_runtime::time::now())).await;
        assert_eq!((outcome.status, outcome.answer.as_str()), (Some(200), ""));
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].votes[0].voter, person);

        let body = sample("bodies/github-deployment-status.json");
        let sent: Value = serde_json::from_str(&body).unwrap();
        let (github, repository) = (&story.world.github, story.repository());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        github.record_deployment(
            &repository,
            &DeploymentStatus {
                sha: story.knows(&text(&sent["deployment"]["sha"])),
                git_ref: text(&sent["deployment"]["ref"]),
                environment: text(&sent["deployment"]["environment"]),
                state: text(&sent["deployment_status"]["state"]),
                creator: story.author("Ana"),
                deployment_id: sent["deployment"]["id"].as_u64().unwrap(),
            },
            text(&sent["deployment_status"]["created_at"]).parse().unwrap(),
        );
        let delivery = github.delivery("acme/checkout", "deployment_status", "sample-delivery", body);
        let mut request = story.world.http.post(format!("{}/webhooks/github", story.world.front.url()));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let answer = request.body(delivery.body).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "Success"));
        let id = sent["deployment"]["id"].to_string();
        let environment = sent["deployment"]["environment"].as_str().unwrap().to_lowercase();
        story.settled(&DeployId::derive("github", &["acme/checkout", &id, &environment])).await;
    });
}

#[test]
fn every_function_takes_its_sample_event() {
    tell("samples", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else {
            eprintln!("not invoked directly: only the embedded local AWS is asked to");
            return;
        };
        // Keys and signatures in the samples are made up.
        for (function, event, expected) in [
            ("DeployWebhookFunction", "register-deploy.json", "401"),
            ("DeployWebhookFunction", "github-deployment-status.json", "401"),
            ("DeployWebhookFunction", "github-deployment-failed.json", "401"),
            ("SlackInteractionFunction", "slack-vote.json", "401"),
            ("ConsoleFunction", "console-deploy-page.json", "303"),
            ("RuleEvaluationFunction", "deploys-queue.json", r#"{"batchItemFailures":[]}"#),
            ("ActionExecutionFunction", "effects-queue.json", r#"{"batchItemFailures":[]}"#),
            ("ClockFunction", "clock.json", ""),
            ("AlarmFunction", "alarm.json", "0"),
        ] {
            let invocation = stack.invoke(function, sample(event)).await.unwrap();
            let answer = String::from_utf8_lossy(&invocation.payload).into_owned();
            assert!(!invocation.failed, "{function} {event}: {answer}");
            assert!(answer.contains(expected), "{function} {event}: {answer}");
        }
    });
}
