//! Rules that do not act while a window of their `freeze` is open.

use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use jiff::SignedDuration;
use signoff_core::approval::{Approval, Status};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::run;
use signoff_runtime::time::now;
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

/// A window from yesterday to tomorrow, which these people may lift (a list in YAML).
fn open_now(break_glass: &str) -> String {
    let day = |days: i64| (now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
    format!("{{name: release, dates: '{}..{}'{break_glass}}}", day(-1), day(1))
}

/// A rules file as [`rule`] makes it, whose rule has this freeze.
fn frozen(freeze: &str, options: &str, action: &str) -> String {
    rule(options, action).replacen(
        "      conditions:",
        &format!("      freeze: {freeze}\n      conditions:"),
        1,
    )
}

async fn asks(story: &Story, rules: &str) -> (DeployId, String) {
    story.rules(rules);
    let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
    let dialog = story.dialog().await;
    story.settled(&deploy).await;
    (deploy, dialog)
}

fn waiting(page: &Page, is: fn(&EffectKind) -> bool) -> Effect {
    page.effects.iter().find(|effect| !effect.is_closed() && is(&effect.kind)).unwrap().clone()
}

fn confirms(kind: &EffectKind) -> bool {
    matches!(kind, EffectKind::ConfirmQuorum { .. })
}

/// Lets the freeze of an approval be one of last year.
async fn ends(story: &Story, approval: &Approval) {
    let key = |name: &str, id: &str| AttributeValue::S(format!("{name}#{id}"));
    let request = story.world.dynamodb.update_item().table_name(&story.world.record_table);
    request
        .key("pk", key("deploy", approval.deploy.as_str()))
        .key("sk", key("approval", approval.id.as_str()))
        .update_expression(
            "SET #frozen.#windows[0].#dates[0].#first = :then, #frozen.#windows[0].#dates[0].#last = :then",
        )
        .expression_attribute_names("#frozen", "frozen")
        .expression_attribute_names("#windows", "windows")
        .expression_attribute_names("#dates", "dates")
        .expression_attribute_names("#first", "first")
        .expression_attribute_names("#last", "last")
        .expression_attribute_values(":then", AttributeValue::S("2025-12-24".to_owned()))
        .send()
        .await
        .unwrap();
}

#[test]
fn deploy_after_the_last_freeze_is_told_that_it_is_over() {
    tell("freeze-over", async |story| {
        let day = |days: i64| (now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
        let freeze = format!("{{name: release, dates: '{}..{}'}}", day(-9), day(-5));
        let (deploy, _) =
            asks(story, &frozen(&freeze, "votes_required: 1", "webhook: 'https://example.com'")).await;
        let page = story.page(&deploy).await;
        let notices = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesEvaluated { notices, .. } => Some(notices.join("\n")),
            _ => None,
        });
        let told = format!("this freeze is over since {}; give it new dates, or take it out", day(-5));
        assert!(notices.as_ref().is_some_and(|notices| notices.contains(&told)), "{notices:?}");
    });
}

#[test]
fn frozen_approval_takes_votes_and_runs_after_the_freeze() {
    tell("frozen", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let ana = story.person("Ana");
        let action = format!("webhook: '{}/approved'", receiver.url());
        let (deploy, dialog) = asks(story, &frozen(&open_now(""), "votes_required: 1", &action)).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - frozen (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Nothing was approved for this place before, so this covers the deploy's own commits.
        ❄️ Frozen until DATE at TIME: release. You can vote now; actions run when the freeze ends.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        story.click(&ana, &dialog, "approve").await;
        let page = story.until_drawn(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - frozen (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        ❄️ Frozen until DATE at TIME: release.
        1 approval. It goes ahead on DATE at TIME unless somebody presses Undo.
        [Undo] [… Withdraw my vote | Cancel this approval]
        ");
        let soon = now() + SignedDuration::from_hours(12);
        assert!(matches!(page.approvals[0].status, Status::Quorum { until, .. } if until > soon));

        // The look at the voters comes early: the freeze still holds it.
        let early = waiting(&page, confirms);
        story.let_quorum_pass(&page.approvals[0], &early).await;
        story.world.tick().await;
        let page = story
            .until("the quorum to be held again", async || {
                let page = story.page(&deploy).await;
                let again = page.effects.iter().any(|effect| confirms(&effect.kind) && effect.id != early.id);
                again.then_some(page)
            })
            .await;
        assert!(matches!(page.approvals[0].status, Status::Quorum { until, .. } if until > soon));
        assert_eq!(receiver.deliveries().len(), 0);

        ends(story, &page.approvals[0]).await;
        story.let_quorum_pass(&page.approvals[0], &waiting(&page, confirms)).await;
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals[0].status);
        assert_eq!(receiver.deliveries().len(), 1);
        assert_snapshot!(story.sees(&ana).replace(receiver.url(), "https://RECEIVER"), @"
        @Ana, would you like to promote REVISION - frozen (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).
        ");
    });
}

#[test]
fn who_is_named_lifts_the_freeze_and_the_actions_run_at_once() {
    tell("glass", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        story.world.slack.add_usergroup("glass-sre", &[&cleo]);
        let named = format!(", break_glass: ['@glass-sre', {}]", story.email("Ben"));
        let action = format!("webhook: '{}/approved'", receiver.url());
        let (deploy, dialog) = asks(story, &frozen(&open_now(&named), "votes_required: 1", &action)).await;
        story.click(&ana, &dialog, "approve").await;
        story.until_drawn(&deploy).await;

        story.choose(&ana, &dialog, "lift_freeze").await;
        assert_eq!(story.world.slack.open_views(&ana).len(), 0);
        story
            .until("Ana to be told", async || story.sees(&ana).contains("can lift this freeze").then_some(()))
            .await;
        assert_eq!(receiver.deliveries().len(), 0);

        story.choose(&ben, &dialog, "lift_freeze").await;
        story.gives_reason(&ben, "Checkout is down").await;
        let page = story
            .until("the approval to close", async || {
                let page = story.page(&deploy).await;
                (!page.approvals[0].status.is_open()).then_some(page)
            })
            .await;
        assert!(page.approvals[0].status.is_approved());
        assert_eq!(page.approvals[0].votes.len(), 1, "to lift the freeze is no vote");
        // The look that waited for the end of the freeze finds that there is nothing to look up.
        story.pull_forward(&waiting(&page, confirms)).await;
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 1);
        let broken: Vec<_> = page
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::FreezeLifted { by, reason, freeze, .. } => {
                    Some((by, reason.as_str(), freeze.as_str()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(broken, [(&ben, "Checkout is down", "release")]);
        assert_snapshot!(story.sees(&ana).replace(receiver.url(), "https://RECEIVER"), @"
        @Ana, would you like to promote REVISION - glass (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        🚨 @Ben lifted the freeze for this on DATE at TIME: Checkout is down.
        Action approved on DATE at TIME.

        ↳ 🚨 @Ben lifted the freeze for this approval. Checkout is down.

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).

        (only you) Only @Ben, @Cleo can lift this freeze.
        ");
        let shown = story.get(&format!("/deploys/{deploy}")).await.text().await.unwrap();
        assert!(shown.contains("lifted the freeze"), "{shown}");
    });
}

#[test]
fn a_rule_that_asks_nobody_opens_when_its_freeze_is_over() {
    tell("thaws", async |story| {
        let receiver = Receiver::start(&[200, 200]).await.unwrap();
        let rules = |freeze: &str| {
            format!(
                "rules:\n  - nightly:\n      freeze: {freeze}\n      actions: [{{webhook: '{}/nightly'}}]\n",
                receiver.url()
            )
        };
        story.rules(&rules(&open_now("")));
        let older = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let evaluates = |kind: &EffectKind| matches!(kind, EffectKind::EvaluateRules { .. });
        let held = async |deploy: &DeployId| {
            story
                .until("the rule to be frozen", async || {
                    let page = story.page(deploy).await;
                    let frozen = |kind: &EventKind| matches!(kind, EventKind::Frozen { approval: None, .. });
                    let waits =
                        page.effects.iter().any(|effect| effect.attempts == 0 && evaluates(&effect.kind));
                    (waits && page.events.iter().any(|event| frozen(&event.kind))).then_some(page)
                })
                .await
        };
        let older_page = held(&older).await;
        let newer = story.deploys(&story.push("Ana", "Take vouchers"), "Staging").await;
        let newer_page = held(&newer).await;
        assert_eq!((older_page.runs.len(), newer_page.runs.len()), (0, 0));
        let shown = story.get(&format!("/deploys/{newer}")).await.text().await.unwrap();
        assert!(shown.contains("is frozen until"), "{shown}");

        story.rules(&rules("{name: release, dates: 2025-12-24}"));
        for page in [&older_page, &newer_page] {
            story.pull_forward(&waiting(page, |kind| matches!(kind, EffectKind::EvaluateRules { .. }))).await;
        }
        story.world.tick().await;
        let opened = story.settled(&newer).await;
        assert_eq!(
            opened.runs.iter().map(|run| (run.rule.as_str(), run.status)).collect::<Vec<_>>(),
            [("nightly", run::Status::Succeeded)]
        );
        assert_eq!(story.settled(&older).await.runs.len(), 0, "a newer deploy came");
        assert_eq!(receiver.deliveries().len(), 1);
    });
}
