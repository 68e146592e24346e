//! What was committed is done, though its process ended or its message was lost.

use approval::deploy::{Deploy, Slug, Source};
use approval::effect::{Effect, EffectKind};
use approval::run::Status;
use jiff::SignedDuration;
use store::Change;
use system_tests::story::{rule, tell};

#[test]
fn a_deploy_whose_message_was_never_sent_is_evaluated_by_the_clock() {
    tell("never-sent", async |story| {
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let revision = story.push("Ana", "Take cards");
        // What deploy-webhook leaves behind when it ends between its commit and its send, three minutes ago.
        let then = runtime::time::now() - SignedDuration::from_mins(3);
        let deploy = Deploy {
            id: story.deploy_id(&revision, "Staging"),
            deployment: Slug::new("acme", "never-sent").unwrap(),
            repository: story.repository(),
            environment: "Staging".to_owned(),
            revision,
            branch: Some("main".to_owned()),
            deployed_at: then,
            registered_at: then,
            source: Source::RegisterDeploy,
            tags: Vec::new(),
            links: Default::default(),
            size: None,
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            rules_change: approval::deploy::RulesChange::Unknown,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: approval::confirmation::Confirmation::Confirmed,
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        };
        story.world.silent_store.commit(Change::register(&deploy, then)).await.unwrap();
        story.world.tick().await;
        story.dialog().await;
        let page = story.settled(&deploy.id).await;
        assert_eq!(page.runs[0].status, Status::Running);
    });
}

#[test]
fn a_message_that_can_not_be_read_goes_to_the_dead_letters_and_its_neighbours_go_on() {
    tell("unreadable", async |story| {
        let world = story.world;
        for (queue, dead_letters) in
            [("EffectsQueue", "EffectsDeadLetterQueue"), ("DeploysQueue", "DeploysDeadLetterQueue")]
        {
            let (queue, dead) =
                (world.aws.physical_id(queue).unwrap(), world.aws.physical_id(dead_letters).unwrap());
            let send = world.sqs.send_message().queue_url(queue).message_body("{\"deploy\": 1}");
            send.message_group_id("unreadable").message_deduplication_id("unreadable").send().await.unwrap();
            story
                .until("the message among the dead letters", async || {
                    let received = world.sqs.receive_message().queue_url(&dead).send().await.unwrap();
                    let mut bodies = received.messages().iter().filter_map(|message| message.body());
                    bodies.any(|body| body == "{\"deploy\": 1}").then_some(())
                })
                .await;
        }
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
    });
}

#[test]
fn a_dialog_appears_once_the_app_is_invited() {
    tell("not-invited", async |story| {
        let slack = &story.world.slack;
        slack.add_channel(signoff_local::slack::NewChannel::new("not-invited-plans").private().without_app());
        story.rules(
            &rule("votes_required: 1", "webhook: 'https://example.com'")
                .replace("#CHANNEL", "#not-invited-plans"),
        );
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let told = story
            .until("the deployments' channel to be told", async || {
                let problems = story.problems();
                (!problems.is_empty()).then_some(problems)
            })
            .await;
        insta::assert_snapshot!(told.join("\n"), @"⚠️ The dialog “Promote deploy to production” for REVISION - not-invited (Staging) can't be shown in #not-invited-plans: Slack has no channel #not-invited-plans that the Signoff app can see: check its name in the rule; if it is private, invite the app there (/invite @signoff) and name it by its id. Signoff tries again for a day; nothing runs before people have voted.");
        slack.add_channel(signoff_local::slack::NewChannel::new("not-invited-plans").private());
        // The effect is put off for a minute or more; the record says so.
        let page = story.page(&deploy).await;
        // Telling the channel may not be on record yet.
        let draws = |effect: &&Effect| matches!(effect.kind, EffectKind::DrawDialog { .. });
        let mut draws = page.effects.iter().filter(draws);
        let waiting = draws.find(|effect| !effect.is_closed()).expect("the dialog waits");
        assert!(waiting.not_before > runtime::time::now());
        story.pull_forward(waiting).await;
        story.world.tick().await;
        story.until("the dialog", async || slack.messages("not-invited-plans").pop()).await;
        story.settled(&deploy).await;
    });
}
