//! The outcome of an approval, as webhooks, events, messages and builds are told of it.

use crate::sleuth_client::validates;
use serde_json::{Value, json};
use signoff_core::event::EventKind;
use signoff_core::header_secret::{Destinations, HeaderSecrets};
use signoff_core::run::{Status, StepState};
use std::collections::BTreeMap;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};
use system_tests::world::HEADER_SECRET;

/// A rule whose approval calls the receiver however it ends, and one that comes after it.
fn rules(receiver: &Receiver) -> String {
    let url = receiver.url();
    format!(
        "rules:\n  - promote:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
         - slack_channel_approval:\n            name: Promote\n            channel: '#CHANNEL'\n            \
         require_reason: both\n            on_success:\n              - webhook: {url}/approved\n              \
         - add_to_deploy_message_thread: '{{{{ outcome }}}} by {{{{ approved_by }}}}: \
         {{% for vote in votes %}}{{{{ vote.name }}}} says {{{{ vote.reason }}}}{{% endfor %}}'\n            \
         on_reject: [{{webhook: '{url}/rejected'}}]\n            on_expire: [{{webhook: '{url}/expired'}}]\n  \
         - then:\n      after: promote\n      actions: [{{webhook: '{url}/then'}}]\n  \
         - alone:\n      conditions: [\"environment='QA'\"]\n      actions: [{{webhook: '{url}/alone'}}]\n"
    )
}

/// The bodies that came to `path`.
fn came(receiver: &Receiver, path: &str) -> Vec<Value> {
    let all = receiver.deliveries().into_iter();
    all.filter(|delivery| delivery.path == path).map(|delivery| delivery.body).collect()
}

async fn report(story: &Story, revision: &str, health: &str) {
    let path = format!("/api/1/deployments/acme/{}/{revision}/health", story.name);
    assert_eq!(story.post(&path, &json!({"health": health})).await.status(), 200);
}

#[test]
fn webhook_tells_who_approved_why_and_the_real_health() {
    tell("told-approved", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.rules(&rules(&receiver));
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        report(story, &revision, "Unhealthy").await;
        story.click(&ana, &dialog, "approve").await;
        story.gives_reason(&ana, "tested in QA").await;
        let page = story.settled(&deploy).await;
        assert!(page.runs.iter().all(|run| run.status == Status::Succeeded), "{:?}", page.runs);
        let bodies = came(&receiver, "/approved");
        let [told] = bodies.as_slice() else { panic!("one delivery, and not {bodies:?}") };
        assert_eq!((&told["health"], &told["outcome"]), (&json!("unhealthy"), &json!("approved")));
        assert_eq!(told["approval"]["name"], "Promote");
        assert_eq!(told["approved_by"], json!([{"id": ana, "name": told["approved_by"][0]["name"]}]));
        assert_eq!(told["votes"][0]["reason"], "tested in QA");
        assert_eq!(told["votes"][0]["choice"], "approve");
        assert_eq!(told["commits"][0]["revision"], revision.as_str());
        assert_eq!(told["branch"], "main");
        // The rule that comes after it is told of the same approval.
        let then = came(&receiver, "/then");
        assert_eq!(then[0]["approval"], told["approval"]);
        assert_eq!(then[0]["approved_by"], told["approved_by"]);
        assert!(story.sees(&ana).contains("approved by @Ana"), "{}", story.sees(&ana));
        assert!(story.sees(&ana).contains("says tested in QA"), "{}", story.sees(&ana));
    });
}

#[test]
fn webhook_tells_a_rejection_and_an_action_by_itself() {
    tell("told-rejected", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.rules(&rules(&receiver));
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "reject").await;
        story.gives_reason(&ana, "not on a Friday").await;
        story.settled(&deploy).await;
        let told = &came(&receiver, "/rejected")[0];
        assert_eq!((&told["outcome"], &told["approved_by"]), (&json!("rejected"), &json!([])));
        assert_eq!(
            (&told["votes"][0]["reason"], &told["health"]),
            (&json!("not on a Friday"), &json!("unknown"))
        );
        let alone = story.deploys(&story.push("Ana", "Take coins"), "QA").await;
        story.settled(&alone).await;
        let told = &came(&receiver, "/alone")[0];
        assert_eq!((&told["outcome"], &told["approval"]), (&json!("by_itself"), &Value::Null));
    });
}

#[test]
fn build_is_told_who_approved_it() {
    tell("told-build", async |story| {
        story.rules(
            "rules:\n  - promote:\n      actions:\n        - slack_channel_approval:\n            channel: '#CHANNEL'\n            \
             on_success: [{trigger_build: {parameters: {by: '{{ approved_by }}', version: '{{ revision }}', \
             to: \"{% if health == 'Unhealthy' %}canary{% else %}production{% endif %}\", \
             why: '{{ health }} by {{ approved_by }}'}}}]\n",
        );
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        // People see that it is filled in later.
        assert!(story.sees(&ana).contains("by={{ approved_by }}"), "{}", story.sees(&ana));
        assert!(story.sees(&ana).contains("to=production"), "{}", story.sees(&ana));
        // What CI reports after they saw it changes none of it.
        let path = format!("/api/1/deployments/acme/{}/{revision}/health", story.name);
        assert_eq!(story.post(&path, &json!({"health": "unhealthy"})).await.status(), 200);
        story.settled(&deploy).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let step = page.runs[0].steps.iter().find(|step| step.under.is_some()).unwrap();
        assert!(matches!(step.state, StepState::Succeeded { .. }), "{:?}", step.state);
        let name = &page.approvals[0].votes[0].name;
        let triggered = story.world.circleci.triggered(&story.project());
        let given = |name: &str| triggered[0].parameters[name].as_str().unwrap().to_owned();
        assert_eq!(given("to"), "production");
        assert_eq!((given("by"), given("why")), (name.clone(), format!("Unknown by {name}")));
    });
}

#[test]
fn rule_opens_by_branch_deployment_revision_and_deployer() {
    tell("told-conditions", async |story| {
        story.rules(
            "rules:\n  - here:\n      conditions: [branch='main', deployment='ACME/told-conditions', \"revision~='[0-9a-f]{40}'\"]\n      \
             actions: [{add_deploy_tag: here}]\n  - by:\n      conditions: [deployer='ana@acme.example']\n      \
             actions: [{add_deploy_tag: by}]\n  - elsewhere:\n      conditions: [\"branch!='main' or deployer!='ana@acme.example'\"]\n      \
             actions: [{add_deploy_tag: elsewhere}]\n",
        );
        let revision = story.push("Ana", "Take cards");
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let body =
            json!({"sha": revision, "environment": "Staging", "branch": "main", "email": "Ana@acme.example"});
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let page = story.settled(&story.deploy_id(&revision, "Staging")).await;
        let mut opened: Vec<&str> = page.runs.iter().map(|run| run.rule.as_str()).collect();
        opened.sort_unstable();
        assert_eq!(opened, ["by", "here"]);
        // The branch is CI's word: this one is not there.
        let body = json!({"sha": revision, "environment": "QA", "branch": "release"});
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let page = story.settled(&story.deploy_id(&revision, "QA")).await;
        assert_eq!(page.runs, []);
    });
}

/// In one test, because the second one changes what the stack knows of its secrets.
#[test]
fn webhook_sends_a_secret_to_where_it_may_go_alone() {
    webhook_sends_the_rules_method_body_and_secret();
    secret_of_another_deployment_is_not_sent();
}

fn webhook_sends_the_rules_method_body_and_secret() {
    tell("webhook-secret", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let revision = story.push("Ana", "Take cards");
        let hook = format!(
            "webhook: {{url: '{}/events', method: PUT, headers: {{Authorization: {{secret: pager}}}}, \
             body: {{text: '{{{{ outcome }}}} by {{{{ approved_by }}}}'}}}}",
            receiver.url()
        );
        story.rules(&rule("votes_required: 1", &hook));
        let ana = story.person("Ana");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded, "{:?}", page.runs[0].steps);
        assert_eq!(page.approvals[0].subject.fails, Vec::<String>::new());
        let came = &receiver.deliveries()[0];
        assert_eq!((came.method.as_str(), came.path.as_str()), ("PUT", "/events"));
        assert_eq!(came.authorization, format!("Bearer {HEADER_SECRET}"));
        assert_eq!(came.body["text"], format!("approved by {}", page.approvals[0].votes[0].name));
        assert!(came.is_signed_with(&story.signing_key(0)));
        // People saw which secret goes along.
        assert!(page.approvals[0].subject.acts[0].line.ends_with("with the secret pager"));
        let told = serde_json::to_string(&page.events).unwrap() + &story.sees(&story.person("Ana"));
        assert!(!told.contains(HEADER_SECRET), "{told}");
    });
}

fn secret_of_another_deployment_is_not_sent() {
    tell("webhook-other-secret", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        // It is a problem of the file, at its place.
        let rules = format!(
            "rules:\n  - tell:\n      actions:\n        - webhook: {{url: '{}/x', headers: {{Authorization: {{secret: pager}}}}}}\n",
            receiver.url()
        );
        story.rules(&rules);
        let deploy = story.deploys(&story.push("Ana", "names"), "Staging").await;
        let page = story.settled(&deploy).await;
        let refused = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesRefused { problems } => Some(problems.join("\n")),
            _ => None,
        });
        let place = format!("rules.yml:4:{}: the stack has no secret `pager` for", 66 + receiver.url().len());
        let refused = refused.unwrap();
        assert!(page.runs.is_empty() && refused.contains(&place), "{refused}");

        // What the stack knew then may have changed when the action runs: the secret itself says no.
        let to =
            |_| Destinations { hosts: vec!["127.0.0.1".to_owned()], deployments: vec!["acme/*".to_owned()] };
        let secrets = ["pager", "no-such-secret"].map(|name| (name.to_owned(), to(name)));
        let known = HeaderSecrets { read_at: signoff_runtime::time::now(), secrets: secrets.into() };
        story.world.store.keep_header_secrets(&known).await.unwrap();
        for secret in ["pager", "no-such-secret"] {
            story.rules(&format!(
                "rules:\n  - tell:\n      actions:\n        - webhook: {{url: '{}/x', headers: {{Authorization: {{secret: {secret}}}}}}}\n",
                receiver.url()
            ));
            let deploy = story.deploys(&story.push("Ana", secret), "Staging").await;
            let run = story.settled(&deploy).await.runs[0].clone();
            let told = format!("{:?}", run.steps[0].state);
            assert!(told.contains(&format!("no secret `{secret}` for acme/webhook-other-secret")), "{told}");
        }
        // Whoever votes reads it before, and what to do.
        let hook = |path: &str| {
            format!(
                "webhook: {{url: '{}/{path}', headers: {{Authorization: {{secret: pager}}}}}}",
                receiver.url()
            )
        };
        story.rules(&rule("votes_required: 1", &hook("{{ approved_by }}")));
        let ana = story.person("Ana");
        let deploy = story.deploys(&story.push("Ana", "asks"), "Staging").await;
        story.dialog().await;
        let why = "the stack has no secret `pager` for acme/webhook-other-secret; have an admin put it under";
        let seen = story.sees(&ana);
        assert!(seen.contains("When this was asked, it was going to fail: Posts to the webhook"), "{seen}");
        assert!(seen.contains(&why.replace('`', "")), "{seen}");
        let shown = story.get(&format!("/deploys/{deploy}")).await.text().await.unwrap();
        assert!(shown.contains("When this opened, these actions were going to fail:"), "{shown}");
        assert!(shown.contains(why), "{shown}");
        assert!(receiver.deliveries().is_empty());

        let known = HeaderSecrets { read_at: signoff_runtime::time::now(), secrets: BTreeMap::new() };
        story.world.store.keep_header_secrets(&known).await.unwrap();
        let (status, told) = validates(story, &rules).await;
        let told = told["errors"][0]["message"].as_str().unwrap();
        assert!(status == 200 && told.contains(&place), "{told}");
    });
}
