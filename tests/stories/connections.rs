//! Settings of deployments, saved in the console: where each has its repository and its channel, and that a
//! disconnected one does nothing.

use crate::identity::doubt;
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Response;
use serde_json::json;
use signoff_core::confirmation::Doubt;
use signoff_core::deploy::Slug;
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::run::StepState;
use signoff_local::github::DeploymentStatus;
use signoff_local::slack::NewChannel;
use system_tests::story::{Story, rule, tell};
use system_tests::world::{API_KEY, PROBLEMS_CHANNEL};

/// Sends a form to the page of a deployment of acme.
async fn send(story: &Story, path: &str, fields: &[(&str, &str)]) -> Response {
    let url = format!("{}/deployments/acme/{path}", story.world.front.url());
    story.world.http.post(url).bearer_auth(API_KEY).form(fields).send().await.unwrap()
}

/// Saves settings over those of `version`; the status.
pub(crate) async fn save(story: &Story, name: &str, version: &str, repository: &str, channel: &str) -> u16 {
    let fields =
        [("repository", repository), ("channel", channel), ("git_host", "github"), ("version", version)];
    send(story, &format!("{name}/edit"), &fields).await.status().as_u16()
}

/// Replaces the parts of a story's text that differ from run to run.
fn plain(story: &Story, text: &str) -> String {
    let text = text.replace(story.world.front.url(), "ADDRESS");
    match text.split_once(" on 20") {
        Some((before, after)) => format!("{before} on DATE{}", after.split_once(" UTC").unwrap().1),
        None => text,
    }
}

/// Delivers GitHub's word that `sha` of `repository` was deployed; the answer.
async fn delivered(story: &Story, repository: &str, sha: &str, deployment_id: u64) -> (u16, String) {
    let status = DeploymentStatus {
        sha: sha.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: "success".to_owned(),
        creator: story.author("Ana"),
        deployment_id,
    };
    let delivery = story.world.github.deployment_status_delivery(repository, &status);
    let url = format!("{}/webhooks/github", story.world.front.url());
    let mut request = story.world.http.post(url).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[test]
fn saved_settings_count_before_the_stacks_parameter() {
    tell("settings-saved", async |story| {
        let world = story.world;
        world.github.add_repository("acme/settings-elsewhere", "main");
        world.slack.add_channel(NewChannel::new("settings-told"));
        world.github.set_file("acme/settings-elsewhere", ".signoff/rules.yml", "rules: {}");
        story.rules("rules: []");
        assert_eq!(
            save(story, "settings-saved", "0", "acme/settings-elsewhere", "#settings-told").await,
            303
        );
        let sha = world.github.push(
            "acme/settings-elsewhere",
            signoff_local::github::NewCommit {
                author: story.author("Ana"),
                message: "One".to_owned(),
                branch: None,
                files: Vec::new(),
            },
        );
        let deploy = story.deploys(&sha, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.deploy.repository, "acme/settings-elsewhere");
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::RulesRefused { .. })));
        let told = story.until("the saved channel to be told", async || {
            let messages = world.slack.messages("settings-told");
            messages.into_iter().next().map(|message| message.text)
        });
        assert!(told.await.contains("settings-saved"));
        assert_eq!(story.problems(), Vec::<String>::new(), "the parameter's channel hears nothing");

        let (status, _) = delivered(story, "acme/settings-elsewhere", &sha, 1).await;
        assert_eq!(status, 401, "its webhook has no secret yet");
        story.set_webhook("acme/settings-elsewhere", "acme", 0);
        let (status, told) = delivered(story, "acme/settings-elsewhere", &sha, 1).await;
        assert_eq!((status, told.as_str()), (200, "Success"));
        let id = DeployId::derive("github", &["acme/settings-elsewhere", "1", "staging"]);
        assert_eq!(story.settled(&id).await.deploy.deployment.as_str(), "acme/settings-saved");
        let (status, told) = delivered(story, "acme/settings-saved", &sha, 2).await;
        assert_eq!(status, 401, "its repository is another one now: {told}");
    });
}

#[test]
fn a_deployment_of_no_parameter_is_connected_in_the_console() {
    tell("settings-new", async |story| {
        let path = "/api/1/deployments/nobody/settings-new/register_deploy";
        let revision = story.push("Ana", "One");
        let body = json!({"sha": revision, "environment": "Staging"});
        assert_eq!(story.post(path, &body).await.status(), 400);
        let edit = "/deployments/nobody/settings-new/edit";
        let form = story.get(edit).await.text().await.unwrap();
        assert!(form.contains("Connect nobody/settings-new"), "{form}");
        let url = format!("{}{edit}", story.world.front.url());
        let fields = [("repository", "acme/settings-new"), ("channel", "#settings-new"), ("version", "0")];
        let saved = story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        assert_eq!(story.post(path, &body).await.status(), 200);
        let id = DeployId::derive("register", &["nobody/settings-new", "staging", &revision]);
        assert_eq!(story.settled(&id).await.deploy.repository, "acme/settings-new");
        let setup = story.get("/deployments/nobody/settings-new/setup").await.text().await.unwrap();
        let address =
            format!("{}/api/1/deployments/nobody/settings-new/register_deploy", story.world.front.url());
        assert!(setup.contains(&address), "{setup}");
    });
}

#[test]
fn who_saves_late_sees_what_was_saved() {
    tell("settings-late", async |story| {
        assert_eq!(save(story, "settings-late", "0", "acme/settings-late", "#first").await, 303);
        let fields = [("repository", "acme/settings-late"), ("channel", "#second"), ("version", "0")];
        let late = send(story, "settings-late/edit", &fields).await;
        assert_eq!(late.status(), 409);
        let page = late.text().await.unwrap();
        assert!(page.contains("saved these settings in the meantime") && page.contains("#first"), "{page}");
        assert!(!page.contains("#second"), "{page}");
        assert_eq!(save(story, "settings-late", "1", "acme/settings-late", "deploys").await, 422);
        assert_eq!(save(story, "settings-late", "1", "acme/settings-late", "#second").await, 303);
        let form = story.get("/deployments/acme/settings-late/edit").await.text().await.unwrap();
        assert!(form.contains("#second") && form.contains("name=\"version\" value=\"2\""), "{form}");
    });
}

#[test]
fn a_disconnected_deployment_refuses_and_opens_nothing() {
    tell("disconnected", async |story| {
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let (one, two) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let before = story.deploys(&one, "Production").await;
        story.settled(&before).await;
        assert_eq!(send(story, "disconnected/disconnect", &[]).await.status(), 303);
        assert_eq!(
            send(story, "disconnected/disconnect", &[]).await.status(),
            303,
            "once more changes nothing"
        );

        let answer = story.register(&two, "Staging").await;
        assert_eq!(answer.status(), 409);
        insta::assert_snapshot!(plain(story, &answer.text().await.unwrap()), @"deployment: acme/disconnected was disconnected by the tests on DATE. An admin can connect it again at ADDRESS/deployments/acme/disconnected/edit");
        let path = format!("/api/1/deployments/acme/disconnected/{one}/health");
        assert_eq!(story.post(&path, &json!({"health": "ailing"})).await.status(), 409);
        let (status, told) = delivered(story, "acme/disconnected", &two, 1).await;
        assert_eq!(status, 200);
        assert!(told.starts_with("Ignored: acme/disconnected was disconnected by "), "{told}");
        for deploy in [
            story.deploy_id(&two, "Staging"),
            DeployId::derive("github", &["acme/disconnected", "1", "staging"]),
        ] {
            assert!(story.world.store.page(&deploy).await.unwrap().is_none());
        }

        // Registered in the moment before, and evaluated after.
        let revision = story.push("Ana", "Three");
        assert_eq!(send(story, "disconnected/connect", &[]).await.status(), 303);
        let first = story.deploys(&revision, "QA").await;
        let page = story.settled(&first).await;
        let deploy = signoff_core::deploy::Deploy {
            id: story.deploy_id(&revision, "Staging"),
            environment: "Staging".to_owned(),
            confirmation: signoff_core::confirmation::Confirmation::Awaited,
            ..page.deploy
        };
        assert_eq!(send(story, "disconnected/disconnect", &[]).await.status(), 303);
        story
            .world
            .store
            .commit(signoff_store::Change::register(&deploy, signoff_runtime::time::now()))
            .await
            .unwrap();
        let page = story.settled(&deploy.id).await;
        assert_eq!(page.runs.len(), 0, "nothing is opened");
        let reason = page.events.iter().find_map(|event| match &event.kind {
            EventKind::NotEvaluated { reason } => Some(reason.clone()),
            _ => None,
        });
        insta::assert_snapshot!(plain(story, &reason.expect("the record says why")), @"the revision is unconfirmed. acme/disconnected was disconnected by the tests on DATE. An admin can connect it again at ADDRESS/deployments/acme/disconnected/edit. Once it is connected again, choose Evaluate again.");
        let shown = story.get(&format!("/deploys/{}", deploy.id)).await.text().await.unwrap();
        assert!(shown.contains("The rules of this deploy were not evaluated"), "{shown}");

        assert_eq!(send(story, "disconnected/connect", &[]).await.status(), 303);
        let visitor = story.sign_in(&story.person("Ana")).await;
        let evaluate = visitor.post(&format!("/deploys/{}/evaluate", deploy.id), &[]).await;
        assert_eq!(evaluate.status().as_u16(), 303);
        let is_open = async || (story.page(&deploy.id).await.runs.len() == 1).then_some(());
        story.until("the deploy to be evaluated", is_open).await;
        let last = story.deploys(&two, "Staging").await;
        story.dialog().await;
        assert_eq!(story.settled(&last).await.runs.len(), 1);
    });
}

#[test]
fn approval_of_a_disconnected_deployment_runs_nothing() {
    tell("disconnected-late", async |story| {
        let ana = story.person("Ana");
        let posts = "slack_channel_message: {channel: '#CHANNEL', message: Promoted}";
        let (deploy, dialog) = story.asks("votes_required: 1", posts).await;
        assert_eq!(send(story, "disconnected-late/disconnect", &[]).await.status(), 303);
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let failed = page.runs[0].steps.iter().find_map(|step| match &step.state {
            StepState::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        let reason = failed.expect("the action failed");
        assert!(reason.starts_with("acme/disconnected-late was disconnected by "), "{reason}");
        let posted = story.world.slack.messages(&story.name);
        assert!(posted.iter().all(|message| message.text != "Promoted"), "nothing was posted");
        assert_eq!(send(story, "disconnected-late/connect", &[]).await.status(), 303);
    });
}

#[test]
fn deployment_without_settings_any_more_runs_nothing() {
    tell("settings-gone", async |story| {
        story.rules(&rule("votes_required: 1", "add_deploy_tag: promoted"));
        let revision = story.push("Ben", "Take cards");
        let url = format!("{}/deployments/nobody/settings-gone/edit", story.world.front.url());
        let fields = [("repository", "acme/settings-gone"), ("channel", "#settings-gone"), ("version", "0")];
        let saved = story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        let path = "/api/1/deployments/nobody/settings-gone/register_deploy";
        let body = json!({"sha": revision, "environment": "Staging"});
        assert_eq!(story.post(path, &body).await.status(), 200);
        let deploy = DeployId::derive("register", &["nobody/settings-gone", "staging", &revision]);
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        // Neither the record nor the stack's parameter knows the deployment from here on.
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let delete = story.world.dynamodb.delete_item().table_name(&story.world.record_table);
        let delete = delete.key("pk", key("deployments")).key("sk", key("nobody/settings-gone"));
        delete.send().await.unwrap();
        story.click(&story.person("Ana"), &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let StepState::Failed { reason, .. } = &page.runs[0].steps[1].state else {
            panic!("it ran: {:?}", page.runs[0])
        };
        insta::assert_snapshot!(reason, @"nothing was done: nobody/settings-gone is not what people voted on any more: its repository was acme/settings-gone, and this stack is not connected to the deployment any more. Deploy again to have it asked anew.");
        assert_eq!(page.deploy.tags, Vec::<String>::new());
    });
}

#[test]
fn number_of_a_repository_is_kept_when_it_is_connected() {
    tell("identity-connected", async |story| {
        story.rules("rules: []");
        let revision = story.push("Ana", "One");
        assert_eq!(
            save(story, &story.name, "0", &story.repository(), &format!("#{PROBLEMS_CHANNEL}")).await,
            303
        );
        let slug = Slug::new("acme", &story.name).unwrap();
        let kept = story.world.store.kept_repository(&slug, &story.repository()).await.unwrap().unwrap();
        // The policy's floors for its name bind the repository's other deployments.
        assert_eq!(story.world.store.deployments_of(kept.id).await.unwrap(), [slug]);
        story.world.github.replace_repository(&story.repository());
        let deploy = story.deploys(&revision, "Staging").await;
        let expected = Doubt::AnotherRepository { kept: kept.id, found: kept.id + 1 };
        assert_eq!(doubt(story, &deploy).await, expected);
        let told = story.until("the channel to be told", async || story.problems().pop()).await;
        assert!(told.contains("is another repository than before"), "{told}");
    });
}
