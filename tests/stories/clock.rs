//! Checks that committed effects are done, though the process ended or the message was lost.

use jiff::SignedDuration;
use signoff_core::deploy::{Deploy, Slug, Source};
use signoff_core::effect::{Effect, EffectKind, EffectState, MAX_ATTEMPTS};
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind};
use signoff_store::Change;
use system_tests::story::{NO_RULE_HOLDS, rule, tell};

#[test]
fn clock_evaluates_a_deploy_whose_message_was_lost() {
    tell("never-sent", async |story| {
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let revision = story.push("Ana", "Take cards");
        // What deploy-webhook leaves behind when it ends between its commit and its send, three minutes ago.
        let then = signoff_runtime::time::now() - SignedDuration::from_mins(3);
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
            rules_change: signoff_core::deploy::RulesChange::Unknown,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: signoff_core::confirmation::Confirmation::Awaited,
            state: Default::default(),
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        };
        story.world.silent_store.commit(Change::register(&deploy, then)).await.unwrap();
        story.world.scheduled_tick().await;
        story.dialog().await;
        let page = story.settled(&deploy.id).await;
        assert_eq!(page.runs[0].status, Status::Running);
    });
}

/// No JSON, a wrong type, a missing field, and a field of a newer release.
const UNREADABLE: [&str; 4] =
    ["no JSON", r#"{"deploy": 1}"#, r#"{"deploy": "d"}"#, r#"{"deploy": "d", "effect": "e", "shard": 3}"#];

#[test]
fn unreadable_message_becomes_a_dead_letter() {
    tell("unreadable", async |story| {
        let world = story.world;
        for (queue, dead_letters) in
            [("EffectsQueue", "EffectsDeadLetterQueue"), ("DeploysQueue", "DeploysDeadLetterQueue")]
        {
            let (queue, dead) =
                (world.aws.physical_id(queue).unwrap(), world.aws.physical_id(dead_letters).unwrap());
            for (number, sent) in UNREADABLE.into_iter().enumerate() {
                let send = world.sqs.send_message().queue_url(&queue).message_body(sent);
                let id = format!("unreadable-{number}");
                send.message_group_id(&id).message_deduplication_id(&id).send().await.unwrap();
                story
                    .until("the message among the dead letters", async || {
                        let received = world.sqs.receive_message().queue_url(&dead).send().await.unwrap();
                        let mut bodies = received.messages().iter().filter_map(|message| message.body());
                        bodies.any(|body| body == sent).then_some(())
                    })
                    .await;
            }
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
        assert!(waiting.not_before > signoff_runtime::time::now());
        story.pull_forward(waiting).await;
        story.world.tick().await;
        story.until("the dialog", async || slack.messages("not-invited-plans").pop()).await;
        story.settled(&deploy).await;
    });
}

#[test]
fn dialog_that_is_never_shown_is_cancelled_and_told() {
    tell("never-shown", async |story| {
        let rules = rule("votes_required: 1", "webhook: 'https://example.com'");
        story.rules(&rules.replace("#CHANNEL", "#never-shown-plans"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.until("the channel to be told", async || (!story.problems().is_empty()).then_some(())).await;
        let waiting = story
            .until("the dialog to wait for the clock", async || {
                let waits = |effect: &Effect| {
                    matches!(effect.kind, EffectKind::DrawDialog { .. })
                        && effect.state == EffectState::Pending
                };
                story.page(&deploy).await.effects.into_iter().find(waits)
            })
            .await;
        story.let_grow_old(&waiting).await;
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        let told =
            story.until("the channel to be told again", async || story.problems().into_iter().nth(1)).await;
        assert!(told.contains("cancelled the approval “Promote deploy to production”"), "{told}");
        assert!(told.ends_with("choose Ask again on the deploy’s page."), "{told}");
        let page = story.settled(&deploy).await;
        assert!(!page.approvals[0].status.is_open());
        // Any member may do as the message says: there is no channel to be in.
        let visitor = story.sign_in(&story.person("Ben")).await;
        let path = format!("/deploys/{deploy}/approvals/{}/again", page.approvals[0].id);
        assert_eq!(visitor.post(&path, &[]).await.status(), 303);
        story
            .until("the approval to be asked again", async || {
                (story.page(&deploy).await.runs.len() == 2).then_some(())
            })
            .await;
    });
}

#[test]
fn approval_that_expires_unshown_is_told() {
    tell("expired-unshown", async |story| {
        let rules = rule("{votes_required: 1, expires_after: '1h'}", "webhook: 'https://example.com'");
        story.rules(&rules.replace("#CHANNEL", "#expired-unshown-plans"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.until("the channel to be told", async || (!story.problems().is_empty()).then_some(())).await;
        let page = story.page(&deploy).await;
        let expires = |effect: &&Effect| matches!(effect.kind, EffectKind::Expire { .. });
        story.let_expire(&page.approvals[0], page.effects.iter().find(expires).unwrap()).await;
        story.world.tick().await;
        let told =
            story.until("the channel to be told again", async || story.problems().into_iter().nth(1)).await;
        assert!(told.contains("expired: its dialog could not be shown in #expired-unshown-plans"), "{told}");
        assert!(told.ends_with("choose Ask again on the deploy’s page."), "{told}");
    });
}

#[test]
fn a_rate_limit_slows_an_evaluation_down_and_is_told() {
    tell("limited-evaluation", async |story| {
        story.rules(NO_RULE_HOLDS);
        let github = story.world.github.faults();
        let path = format!("/repos/{}", story.repository());
        // More often than anything else is tried.
        github.push(Fault::once(&path, FaultKind::rate_limited(1)).times(MAX_ATTEMPTS + 1));
        let first = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&first).await;
        assert!(page.effects[0].attempts > MAX_ATTEMPTS, "{:?}", page.effects);
        assert_eq!((page.effects[0].state, page.effects[0].tries()), (EffectState::Succeeded, 1));
        assert_eq!(story.problems(), Vec::<String>::new());

        // The wait is told once, whatever comes before and after it.
        for seconds in [1, 60, 1] {
            github.push(Fault::once(&path, FaultKind::rate_limited(seconds)));
        }
        let second = story.deploys(&story.push("Ana", "Take coins"), "Staging").await;
        let told = story.until("the channel to be told", async || story.problems().into_iter().next()).await;
        assert!(told.contains("are evaluated later: GitHub asks us to slow down"), "{told}");
        assert!(told.contains("tries again in about a minute"), "{told}");
        let evaluated = async || {
            let done = |effect: &Effect| {
                matches!(effect.kind, EffectKind::EvaluateRules { .. })
                    && effect.state == EffectState::Succeeded
            };
            story.page(&second).await.effects.into_iter().find(done)
        };
        let evaluation = story.until("the rules to be evaluated", evaluated).await;
        assert_eq!((evaluation.spared, evaluation.tries()), (3, 1));
        assert_eq!(story.problems().len(), 1, "{:?}", story.problems());
    });
}
