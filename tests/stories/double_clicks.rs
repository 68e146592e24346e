//! Double clicks in Slack, in whatever order they arrive; and who undid is told.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use system_tests::story::tell;

#[test]
fn double_clicks_in_any_order_are_no_error() {
    tell("double-clicks", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("{votes_required: 3}", "webhook: 'https://example.com'").await;
        let slack = &story.world.slack;
        let now = signoff_runtime::time::now();
        let click = |button: &str, millis: i64| {
            let at = now + SignedDuration::from_millis(millis);
            slack.interaction_request(&ana, &story.name, &dialog, button, at).unwrap()
        };
        // Ben's come when the decision was made, both within one minute.
        let minute = Timestamp::from_second(now.as_second() / 60 * 60).unwrap();
        let late = [0, 180].map(|millis| {
            let at = minute + SignedDuration::from_millis(millis);
            slack.interaction_request(&ben, &story.name, &dialog, "approve", at).unwrap()
        });
        // The first click of each pair arrives last.
        for (button, first) in [("approve", 0), ("reject", 400)] {
            let (first, second) = (click(button, first), click(button, first + 180));
            for request in [second, first] {
                assert_eq!(slack.send(request).await.status, Some(200), "{button}");
            }
        }
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_rejected());
        let told = story.sees(&ana);
        assert!(!told.contains("(only you)"), "{told}");
        for request in late {
            assert_eq!(slack.send(request).await.status, Some(200), "too late");
        }
        story.settled(&deploy).await;
        assert_eq!(slack.ephemerals(&ben).len(), 1, "he is told once");
    });
}

#[test]
fn undo_is_told_in_the_thread_and_once() {
    tell("undo-told", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) =
            story.asks("{votes_required: 1, undo_window: '90s'}", "webhook: 'https://example.com'").await;
        story.click(&ben, &dialog, "approve").await;
        story.until_drawn(&deploy).await;
        assert!(story.sees(&ana).contains("It goes ahead on "), "{}", story.sees(&ana));
        story.click(&ana, &dialog, "undo").await;
        story
            .until("the thread to be told", async || (!slack_thread(story, &dialog).is_empty()).then_some(()))
            .await;
        story.until_drawn(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - undo-told (Staging) to production?
        Once approved:
        • Posts to the webhook: https://example.com
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        ↳ :leftwards_arrow_with_hook: @Ana undid the approval. The vote of @Ben was withdrawn.
        ");
    });
}

fn slack_thread(story: &system_tests::story::Story, dialog: &str) -> Vec<signoff_local::slack::Message> {
    story.world.slack.thread(&story.name, dialog)
}
