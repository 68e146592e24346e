//! Dialogs that don't lie, and steps of which nobody knows whether they happened.

use insta::assert_snapshot;
use serde_json::Value;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::run::StepState;
use signoff_local::fault::{Fault, FaultKind, Hold};
use signoff_local::github::{ChangedFile, NewCommit};
use signoff_local::slack::NewUser;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

#[test]
fn dialog_in_an_archived_channel_is_told_and_drawn_later() {
    tell("archived-later", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        let archived = FaultKind::status(200, r#"{"ok": false, "error": "is_archived"}"#);
        story.world.slack.faults().push(Fault::once("chat.update", archived).with_body(&dialog));
        story.click(&ana, &dialog, "approve").await;
        let told = story.until("the channel to be told", async || story.problems().pop()).await;
        assert!(told.contains("can't be shown in #archived-later"), "{told}");
        let parked = story
            .until("the drawing to wait", async || {
                let page = story.page(&deploy).await;
                let draws = |effect: &Effect| matches!(effect.kind, EffectKind::DrawDialog { .. });
                let waits =
                    |effect: &Effect| draws(effect) && effect.is_waiting(signoff_runtime::time::now());
                page.effects.into_iter().find(waits)
            })
            .await;
        story.pull_forward(&parked).await;
        story.world.tick().await;
        story
            .until("the vote in the dialog", async || {
                story.sees(&ana).contains("@Ana \u{1f44d}").then_some(())
            })
            .await;
    });
}

#[test]
fn a_dialog_that_somebody_deletes_is_posted_again() {
    tell("deleted", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;
        let told = story.world.slack.delete_message(&story.name, &dialog).await.unwrap();
        assert_eq!(told.outcome.status, Some(200));
        let again = story.dialog().await;
        let page = story.settled(&deploy).await;
        assert_ne!(again, dialog);
        assert_eq!(page.approvals[0].dialog.as_ref().map(|dialog| &dialog.ts), Some(&again));
        // Slack tells it again where our answer was late.
        assert_eq!(story.world.slack.redeliver(&told, 1).await.status, Some(200));
        story.settled(&deploy).await;
        assert_eq!(story.world.slack.messages(&story.name).len(), 1, "it stands once");
        story.click(&ben, &again, "reject").await;
        assert!(story.settled(&deploy).await.approvals[0].status.is_rejected());
    });
}

#[test]
fn vanished_dialog_is_posted_again_at_the_next_vote() {
    tell("gone", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 3", "webhook: 'https://example.com'").await;
        let slack = &story.world.slack;
        let ts = signoff_runtime::time::now();
        let click = slack.interaction_request(&ana, &story.name, &dialog, "approve", ts).unwrap();
        // Slack's word of it is lost.
        slack.set_events_url("http://127.0.0.1:9/");
        let told = slack.delete_message(&story.name, &dialog).await.unwrap();
        slack.set_events_url(&format!("{}/slack/events", story.world.front.url()));
        assert_eq!(told.outcome.status, None);
        assert_eq!(slack.send(click).await.status, Some(200));
        let again = story.dialog().await;
        story.settled(&deploy).await;
        story.click(&ben, &again, "approve").await;
        assert_eq!(story.settled(&deploy).await.approvals[0].votes.len(), 2);
    });
}

#[test]
fn click_before_the_post_is_recorded_counts() {
    tell("early-click", async |story| {
        let ana = story.person("Ana");
        let hold = Hold::default();
        let post = Fault::once("POST /api/chat.postMessage", FaultKind::Hold(hold.clone()));
        story.world.slack.faults().push(post.with_body("early-click"));
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        hold.reached().await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        hold.release();
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].votes.len(), 1);
        assert_eq!(story.world.slack.messages(&story.name).len(), 1);
        assert!(story.sees(&ana).contains("1 of 2 approvals"), "{}", story.sees(&ana));
    });
}

#[test]
fn a_dialog_that_slack_rate_limits_catches_up() {
    tell("rate-limited", async |story| {
        let people: Vec<String> = (0..8).map(|n| story.person(&format!("Person{n}"))).collect();
        let (deploy, dialog) = story.asks("votes_required: 20", "webhook: 'https://example.com'").await;
        let limit = Fault::once("POST /api/chat.update", FaultKind::rate_limited(1));
        story.world.slack.faults().push(limit.with_body(&dialog).times(3));
        for person in &people {
            story.click(person, &dialog, "approve").await;
        }
        story.settled(&deploy).await;
        assert!(story.sees(&people[0]).contains("8 of 20 approvals"), "{}", story.sees(&people[0]));
        let asked = story.world.slack.requests();
        let updates = asked
            .iter()
            .filter(|request| request.path.ends_with("chat.update") && request.body.contains(&dialog));
        assert!(updates.count() < 3 + people.len(), "the votes that waited are drawn together");
    });
}

#[test]
fn line_of_a_step_that_is_done_is_sent_once() {
    tell("lines", async |story| {
        let ana = story.person("Ana");
        let tags = "add_deploy_tag: '#a'}, {add_deploy_tag: '#b'}, {add_deploy_tag: '#c'";
        let (deploy, dialog) = story.asks("votes_required: 1", tags).await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;
        let asked = story.world.slack.requests();
        let sent: Vec<Value> =
            asked.iter().filter_map(|request| serde_json::from_str(&request.body).ok()).collect();
        let lines = story.world.slack.thread(&story.name, &dialog);
        assert_eq!(lines.len(), 3, "{lines:?}");
        for line in lines {
            assert!(line.text.starts_with(":white_check_mark:"), "{}", line.text);
            let is_of =
                |sent: &&Value| sent["thread_ts"] == dialog.as_str() || sent["ts"] == line.ts.as_str();
            let same = sent.iter().filter(is_of).filter(|sent| sent["text"] == line.text.as_str());
            assert_eq!(same.count(), 1, "{}", line.text);
        }
    });
}

#[test]
fn a_deploy_that_changes_the_rules_is_flagged() {
    tell("rules-change", async |story| {
        let ana = story.person("Ana");
        story.rules("rules: []");
        let before = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
        story.settled(&before).await;
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let revision = story.world.github.push(
            &story.repository(),
            NewCommit {
                author: story.author("Ana"),
                message: "One vote is enough".to_owned(),
                branch: None,
                files: vec![ChangedFile {
                    path: ".signoff/rules.yml".to_owned(),
                    previous: None,
                    status: "modified",
                    additions: 1,
                    deletions: 1,
                }],
            },
        );
        let deploy = story.deploys(&revision, "Staging").await;
        story.dialog().await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - rules-change (Staging) to production?
        ⚠️ This deploy changes its own rules: .signoff/rules.yml. See the changes
        Once approved:
        • Posts to the webhook: https://example.com
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
    });
}

/// A webhook whose answer was lost after Ana approved: the receiver, the deploy, and the dialog.
async fn lost(story: &Story) -> (Receiver, signoff_core::id::DeployId, String) {
    let receiver = Receiver::start(&[200]).await.unwrap();
    receiver.faults().push(Fault::once("POST /hook", FaultKind::DropAfterHandling));
    let ana = story.person("Ana");
    let action = format!(
        "webhook: '{}/hook'}}, {{slack_channel_message: {{channel: '#CHANNEL', message: 'Done.'}}",
        receiver.url()
    );
    let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
    story.click(&ana, &dialog, "approve").await;
    let page = story.settled(&deploy).await;
    assert!(matches!(page.runs[0].steps[1].state, StepState::Unknown { .. }), "{:?}", page.runs[0].steps[1]);
    (receiver, deploy, dialog)
}

#[test]
fn a_lost_answer_asks_a_person_who_runs_it_again() {
    tell("lost-retry", async |story| {
        let (receiver, deploy, dialog) = lost(story).await;
        let ana = story.person("Ana");
        let sees = || story.sees(&ana).replace(receiver.url(), "https://RECEIVER");
        assert_snapshot!(sees(), @"
        @Ana, would you like to promote REVISION - lost-retry (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but webhook: https://RECEIVER may or may not have happened: 127.0.0.1's answer was lost while calling the webhook: connection closed before message completed.
        [… Ask again]

        ↳ ❔ webhook: https://RECEIVER may or may not have happened.

        ↳ ❔ webhook: https://RECEIVER may or may not have happened: 127.0.0.1's answer was lost while calling the webhook: connection closed before message completed.
          Signoff doesn’t repeat it by itself, so that nothing runs twice. Check whether it happened. If it did, mark it as done. If it didn’t, retry it.
          Approved by @Ana.
          Anyone in #lost-retry can act on this.
          [Retry] [Skip…] [Mark as done]
        ");
        let failure = story.failure(&dialog).await;
        let stranger = story.world.slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        story.click(&stranger, &failure, "retry").await;
        story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 1, "a guest has no say");
        story.click(&ana, &failure, "retry").await;
        let page = story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 2);
        assert_eq!(page.runs[0].status, signoff_core::run::Status::Succeeded);
        // Somebody's screen still has the button.
        let ben = story.person("Ben");
        story.click(&ben, &failure, "retry").await;
        story.click(&ana, &failure, "retry").await;
        story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 2);
        assert_snapshot!(sees(), @"
        @Ana, would you like to promote REVISION - lost-retry (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).

        ↳ ❔ webhook: https://RECEIVER may or may not have happened: 127.0.0.1's answer was lost while calling the webhook: connection closed before message completed.
          @Ana retried it.

        ↳ ✅ slack_channel_message: #lost-retry: posted to #lost-retry. Open

        Done.
        ");
    });
}

#[test]
fn a_lost_answer_asks_a_person_who_says_that_it_was_done() {
    tell("lost-done", async |story| {
        let (receiver, deploy, dialog) = lost(story).await;
        let ana = story.person("Ana");
        let sees = || story.sees(&ana).replace(receiver.url(), "https://RECEIVER");
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "mark_as_done").await;
        let page = story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 1);
        assert_eq!(page.runs[0].status, signoff_core::run::Status::Succeeded);
        assert_snapshot!(sees(), @"
        @Ana, would you like to promote REVISION - lost-done (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ webhook: https://RECEIVER: Ana marked it as done.

        ↳ ❔ webhook: https://RECEIVER may or may not have happened: 127.0.0.1's answer was lost while calling the webhook: connection closed before message completed.
          @Ana marked it as done.

        ↳ ✅ slack_channel_message: #lost-done: posted to #lost-done. Open

        Done.
        ");
    });
}

#[test]
fn lost_answer_without_a_dialog_asks_the_channel() {
    tell("lost-alone", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        receiver.faults().push(Fault::once("POST /hook", FaultKind::DropAfterHandling));
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        story.rules(&format!(
            "rules:\n  - tell:\n      actions:\n        - webhook: '{}/hook'\n",
            receiver.url()
        ));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        let told = || story.problems().join("\n").replace(receiver.url(), "https://RECEIVER");
        let line =
            page.runs[0].steps[0].notice.clone().expect("it is told in the deployments' channel").message;
        assert_snapshot!(told(), @"
        Rule tell for REVISION - lost-alone (Staging):
        ❔ webhook: https://RECEIVER may or may not have happened: 127.0.0.1's answer was lost while calling the webhook: connection closed before message completed.
        Signoff doesn’t repeat it by itself, so that nothing runs twice. Check whether it happened. If it did, mark it as done. If it didn’t, retry it.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        ");
        let clicked = story.world.slack.click(&admin, &line.channel, &line.ts, "mark_as_done").await.unwrap();
        assert_eq!(clicked.status, Some(200));
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, signoff_core::run::Status::Succeeded);
        assert_eq!(receiver.deliveries().len(), 1);
        assert_snapshot!(told(), @"
        Rule tell for REVISION - lost-alone (Staging):
        ❔ webhook: https://RECEIVER may or may not have happened: 127.0.0.1's answer was lost while calling the webhook: connection closed before message completed.
        @Ada marked it as done.
        Rule tell for REVISION - lost-alone (Staging):
        ✅ webhook: https://RECEIVER: Ada marked it as done.
        ");
    });
}
