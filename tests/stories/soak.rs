//! Rules that wait until a deploy has been there for a while.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::run::Status;
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

const RULES: &str = "rules:\n  - soaked:\n      conditions:\n        - environment='Staging' and deployed_for>='1h'\n      actions:\n        - \
                     slack_channel_message: {channel: '#CHANNEL', message: 'soaked'}\n  - ours:\n      conditions:\n        - \
                     base_synced and deployed_for>='1h'\n      actions:\n        - slack_channel_message: {channel: '#CHANNEL', \
                     message: 'ours'}\n";

/// Waits until the deploy's rules were evaluated and wait for time; what is to be done then.
async fn waits(story: &Story, deploy: &DeployId) -> Effect {
    story
        .until("the rules to wait for time", async || {
            let page = story.page(deploy).await;
            let open = page.effects.into_iter().filter(|effect| !effect.is_closed());
            let mut waiting = open.filter(|effect| {
                effect.attempts == 0 && matches!(effect.kind, EffectKind::EvaluateRules { .. })
            });
            waiting.find(|effect| effect.not_before > effect.created_at)
        })
        .await
}

/// Lets `deploy` be one that was made an hour earlier, and lets the time be over that `waiting` waits for.
async fn an_hour_passes(story: &Story, deploy: &Deploy, waiting: &Effect) {
    let earlier = deploy.deployed_at - SignedDuration::from_hours(1);
    let listed = format!("{}#{}", earlier.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"), deploy.id);
    let request = story.world.dynamodb.update_item().table_name(&story.world.record_table);
    request
        .key("pk", AttributeValue::S(format!("deploy#{}", deploy.id)))
        .key("sk", AttributeValue::S("deploy".to_owned()))
        .update_expression("SET deployed_at = :earlier, listed_at = :listed")
        .expression_attribute_values(":earlier", AttributeValue::S(earlier.to_string()))
        .expression_attribute_values(":listed", AttributeValue::S(listed))
        .send()
        .await
        .unwrap();
    story.pull_forward(waiting).await;
    story.world.tick().await;
}

fn held(page: &Page) -> Vec<Vec<String>> {
    let held = page.events.iter().filter_map(|event| match &event.kind {
        EventKind::RulesEvaluated { held, .. } => Some(held.clone()),
        _ => None,
    });
    held.collect()
}

#[test]
fn rule_opens_once_after_deployed_for() {
    tell("soaks", async |story| {
        story.rules(RULES);
        let revision = story.push("Ana", "Take cards");
        let id = story.deploys(&revision, "Staging").await;
        let waiting = waits(story, &id).await;
        let page = story.page(&id).await;
        assert_eq!(page.runs.len(), 0);
        assert_eq!(waiting.not_before, page.deploy.deployed_at + SignedDuration::from_hours(1));

        // Too early: nothing happens, and the rules wait for the same time.
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        let again = story
            .until("the rules to wait again", async || {
                let again = waits(story, &id).await;
                (again.id != waiting.id).then_some(again)
            })
            .await;
        assert_eq!(again.not_before, waiting.not_before);

        an_hour_passes(story, &page.deploy, &again).await;
        let page = story.settled(&id).await;
        assert_eq!(
            page.runs.iter().map(|run| (run.rule.as_str(), run.status)).collect::<Vec<_>>(),
            [("soaked", Status::Succeeded)]
        );
        assert_eq!(held(&page), [vec![], vec!["soaked".to_owned()]]);
        // What can't be opened was told at once, and once.
        assert_eq!(story.problems().len(), 1, "{:?}", story.problems());
        let asked = story.world.github.requests();
        let compared = asked.iter().filter(|request| {
            // The branch's head is looked up to confirm the deploy, and to note where its rules were read.
            let head =
                ["commits/heads%2Fmain", "commits/HEAD"].iter().any(|head| request.path.contains(head));
            request.path.contains("acme/soaks/commits/") && !head
        });
        assert_eq!(compared.count(), 1, "the commit is read once");
    });
}

#[test]
fn a_deploy_that_was_replaced_does_not_soak_any_longer() {
    tell("replaced", async |story| {
        story.rules(RULES);
        let older = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let waiting = waits(story, &older).await;
        let newer = story.deploys(&story.push("Ben", "Take vouchers"), "Staging").await;
        waits(story, &newer).await;
        let deploy = story.page(&older).await.deploy;
        an_hour_passes(story, &deploy, &waiting).await;
        let page = story.settled(&older).await;
        assert_eq!((page.runs.len(), held(&page)), (0, vec![vec![]]));
        let note =
            page.effects.iter().find(|effect| effect.id == waiting.id).and_then(|effect| effect.note.clone());
        assert_eq!(note.as_deref(), Some("no rule asks how it does any more: a newer deploy came"));

        let waiting = waits(story, &newer).await;
        let deploy = story.page(&newer).await.deploy;
        an_hour_passes(story, &deploy, &waiting).await;
        assert_eq!(story.settled(&newer).await.runs.len(), 1);
    });
}

#[test]
fn a_short_wait_is_over_on_the_second_without_the_clock() {
    tell("short-soak", async |story| {
        story.rules(
            "rules:\n  - short:\n      conditions: [\"deployed_for>='3s'\"]\n      actions:\n        - slack_channel_message: \
             {channel: '#CHANNEL', message: 'soaked'}\n",
        );
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story
            .until("the run", async || {
                let page = story.page(&deploy).await;
                (!page.runs.is_empty()).then_some(page)
            })
            .await;
        assert!(page.runs[0].opened_at >= page.deploy.deployed_at + SignedDuration::from_secs(3));
        story.settled(&deploy).await;
    });
}

#[test]
fn deploy_of_a_moved_deployment_starts_nothing_later() {
    tell("soak-moved", async |story| {
        let world = story.world;
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.rules(&format!(
            "rules:\n  - soaked:\n      conditions: [\"deployed_for>='1h'\"]\n      actions: [{{webhook: '{}/soaked'}}]\n",
            receiver.url()
        ));
        let revision = story.push("Ana", "Take cards");
        let id = story.deploys(&revision, "Staging").await;
        let waiting = waits(story, &id).await;
        let deploy = story.page(&id).await.deploy;
        world.github.add_repository("acme/soak-moved-2", "main");
        let url = format!("{}/deployments/acme/{}/edit", world.front.url(), story.name);
        let fields = [
            ("repository", "acme/soak-moved-2"),
            ("channel", "#deploys"),
            ("git_host", "github"),
            ("version", "0"),
        ];
        let saved = world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        an_hour_passes(story, &deploy, &waiting).await;
        let page = story.settled(&id).await;
        assert_eq!((page.runs.len(), receiver.deliveries().len()), (0, 0));
        let doubt = Doubt::Moved { from: "acme/soak-moved".to_owned() };
        assert_eq!(page.deploy.confirmation, Confirmation::Unconfirmed { doubt });
        let told = story.problems();
        assert!(told.iter().any(|told| told.contains("was confirmed in acme/soak-moved")), "{told:?}");
    });
}
