//! Changes that happen by themselves: approvals expire, people are reminded, newer deploys take the place of
//! older ones.

use insta::assert_snapshot;
use signoff_core::approval::{Closed, Status};
use signoff_core::effect::{Effect, EffectKind};
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::tell;

fn waiting(page: &Page, is: fn(&EffectKind) -> bool) -> &Effect {
    page.effects.iter().find(|effect| is(&effect.kind)).unwrap()
}

#[test]
fn undecided_approval_expires_and_runs_on_expire() {
    tell("expires", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let options = format!(
            "{{votes_required: 2, expires_after: '24h', on_expire: [{{webhook: '{}/expired'}}]}}",
            receiver.url()
        );
        let action = format!("webhook: '{}/approved'", receiver.url());
        let (deploy, dialog) = story.asks(&options, &action).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - expires (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        If nobody decides:
        • Posts to the webhook: https://RECEIVER
        Nothing was approved for this place before, so this covers the deploy's own commits.
        0 of 2 approvals, 2 more needed. Expires on DATE at TIME.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let expire = waiting(&page, |kind| matches!(kind, EffectKind::Expire { .. }));
        story.let_expire(&page.approvals[0], expire).await;
        // Its time is over, though the clock has not come yet.
        story.click(&ben, &dialog, "approve").await;
        story.world.tick().await;
        let page = story
            .until("the approval to expire", async || {
                let page = story.settled(&deploy).await;
                matches!(page.approvals[0].status, Status::Closed(Closed::Expired { .. })).then_some(page)
            })
            .await;
        assert_eq!(page.approvals[0].votes.len(), 1);
        let paths: Vec<_> = receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect();
        assert_eq!(paths, ["/expired"]);
        assert_snapshot!(story.sees(&ben).replace(receiver.url(), "https://RECEIVER"), @"
        @Ana, would you like to promote REVISION - expires (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Expired on DATE at TIME: too few people voted in time.
        [… Ask again]

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).

        (only you) Your click was not counted: this expired on DATE at TIME.
        ");
    });
}

#[test]
fn a_short_deadline_needs_no_clock() {
    tell("expires-soon", async |story| {
        story.person("Ana");
        let (deploy, _) = story.asks("{expires_after: '1s'}", "webhook: 'https://example.com'").await;
        story
            .until("the approval to expire", async || {
                let page = story.settled(&deploy).await;
                matches!(page.approvals[0].status, Status::Closed(Closed::Expired { .. })).then_some(())
            })
            .await;
    });
}

#[test]
fn reminder_comes_before_a_deadline_that_is_near() {
    tell("reminded-in-time", async |story| {
        story.person("Ana");
        let (_, dialog) =
            story.asks("{remind_after: '2s', expires_after: '5m'}", "webhook: 'https://example.com'").await;
        // Both wait hidden in the queue: no clock comes.
        let reminder = story
            .until("a reminder in the thread", async || {
                story.world.slack.thread(&story.name, &dialog).first().map(|reply| reply.text.clone())
            })
            .await;
        assert!(reminder.starts_with(":bell: Reminder: waiting for a decision"), "{reminder}");
    });
}

#[test]
fn the_thread_is_told_who_is_still_needed() {
    tell("reminded", async |story| {
        let (ana, ben, cleo) = (story.person("Ana"), story.person("Ben"), story.person("Cleo"));
        let options = format!("{{votes_required: 2, remind_after: '1h', approvers: [{ana}, {ben}, {cleo}]}}");
        let (deploy, dialog) = story.asks(&options, "webhook: 'https://example.com'").await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        story.pull_forward(waiting(&page, |kind| matches!(kind, EffectKind::Remind { .. }))).await;
        story.world.tick().await;
        story
            .until("a reminder in the thread", async || {
                (!story.world.slack.thread(&story.name, &dialog).is_empty()).then_some(())
            })
            .await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - reminded (Staging) to production?
        Once approved:
        • Posts to the webhook: https://example.com
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed. Only the approvers of this rule can vote: @Ana, @Ben, @Cleo.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        ↳ 🔔 Reminder: waiting for a decision: 1 of 2 approvals. Still to vote: @Ben, @Cleo.
        ");
    });
}

#[test]
fn a_newer_deploy_takes_the_place_of_an_older_one() {
    tell("superseded", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let action = format!("webhook: '{}/hook'", receiver.url());
        let ana = story.person("Ana");
        let (older, first) = story.asks("votes_required: 1", &action).await;
        let revision = story.push("Ana", "Take more cards");
        let newer = story.deploys(&revision, "Staging").await;
        let second = story
            .until("the newer dialog", async || {
                let dialog = story.dialog().await;
                (dialog != first).then_some(dialog)
            })
            .await;
        story.settled(&newer).await;
        let page = story.settled(&older).await;
        assert!(page.approvals[0].status.is_superseded(), "{:?}", page.approvals[0].status);
        // Somebody's screen still has the older one's buttons.
        story.click(&ana, &first, "approve").await;
        story.settled(&older).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - superseded (Staging) to production?
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Superseded on DATE at TIME by REVISION - superseded (Staging).

        @Ana, would you like to promote REVISION - superseded (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        (only you) Your click was not counted: this was superseded by REVISION - superseded (Staging). Vote on that one instead.
        ");
        assert!(receiver.deliveries().is_empty());
        story.click(&ana, &second, "approve").await;
        story.settled(&newer).await;
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn older_deploy_than_the_asked_one_closes_at_once() {
    tell("came-late", async |story| {
        story.person("Ana");
        let older = story.push("Ana", "One");
        let (newer, _) = story.asks("votes_required: 1", "webhook: 'https://example.com'").await;
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let date = (signoff_runtime::time::now() - jiff::SignedDuration::from_hours(1)).to_string();
        let body =
            serde_json::json!({"sha": older, "environment": "Staging", "branch": "main", "date": date});
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let late = story.deploy_id(&older, "Staging");
        story
            .until("the late one to be superseded", async || {
                let page = story.settled(&late).await;
                page.approvals.first()?.status.is_superseded().then_some(())
            })
            .await;
        assert_eq!(story.settled(&newer).await.approvals[0].status, Status::Pending);
    });
}

#[test]
fn a_rule_can_keep_older_deploys_open() {
    tell("kept-open", async |story| {
        story.person("Ana");
        let (older, first) = story.asks("{supersede: false}", "webhook: 'https://example.com'").await;
        let revision = story.push("Ana", "Take more cards");
        let newer = story.deploys(&revision, "Staging").await;
        story.until("the newer dialog", async || (story.dialog().await != first).then_some(())).await;
        story.settled(&newer).await;
        assert_eq!(story.settled(&older).await.approvals[0].status, Status::Pending);
    });
}
