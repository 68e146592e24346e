//! Failures reach people, though Slack is down for minutes or a thread is gone; and who made the change
//! is known all the same.

use crate::pages::told;
use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::id::DeployId;
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind};
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};

/// Ben approves a build whose workflow was cancelled, and Slack answers `answer` to the message about that,
/// `times` times.
async fn fails(story: &Story, answer: FaultKind, times: u32) -> (DeployId, String) {
    let ben = story.person("Ben");
    let revision = story.push("Ana", "Take cards");
    cancelled(story, &revision);
    story.rules(&rule("votes_required: 1", "auto_approve_build: 'ship'"));
    let deploy = story.deploys(&revision, "Staging").await;
    let dialog = story.dialog().await;
    let fault = Fault::once("chat.postMessage", answer).with_body(&cause(story, &revision)).times(times);
    story.world.slack.faults().push(fault);
    story.click(&ben, &dialog, "approve").await;
    (deploy, dialog)
}

/// The words of the message that tells the failure.
fn cause(story: &Story, revision: &str) -> String {
    format!("{} for {} was cancelled", story.project(), &revision[..7])
}

/// A held build of `revision` whose workflow was cancelled.
fn cancelled(story: &Story, revision: &str) {
    let ci = &story.world.circleci;
    let held = ci.add_pipeline_on_hold(&story.project(), revision, "main", "ship", "hold");
    ci.cancel(&held.workflow_id);
}

fn telling(page: &Page) -> &Effect {
    let is_it = |kind: &EffectKind| matches!(kind, EffectKind::TellFailure { .. });
    page.effects.iter().find(|effect| is_it(&effect.kind)).unwrap()
}

#[test]
fn failure_is_told_after_an_outage_of_slack() {
    tell("telling-outage", async |story| {
        let (deploy, dialog) = fails(story, FaultKind::status(503, "down"), u32::MAX).await;
        let key = |kind: &str, id: &str| AttributeValue::S(format!("{kind}#{id}"));
        let number = |number: u32| AttributeValue::N(number.to_string());
        // The try after a failed one becomes the last of those that follow each other within minutes. A try
        // that is under way would write its own count over it.
        story
            .until("the next try to be the last one", async || {
                let page = story.world.store.page(&deploy).await.unwrap()?;
                let failed = |effect: &&Effect| {
                    matches!(effect.kind, EffectKind::TellFailure { .. }) && effect.note.is_some()
                };
                let effect = page.effects.iter().find(failed)?;
                let last = story.world.dynamodb.update_item().table_name(&story.world.record_table);
                let last = last.key("pk", key("deploy", deploy.as_str()));
                let last = last.key("sk", key("effect", effect.id.as_str()));
                let last = last.update_expression("SET attempts = :last");
                let last = last.condition_expression("#state = :pending AND attempts = :seen");
                let last = last.expression_attribute_names("#state", "state");
                let last =
                    last.expression_attribute_values(":pending", AttributeValue::S("pending".to_owned()));
                let last = last.expression_attribute_values(":seen", number(effect.attempts));
                last.expression_attribute_values(":last", number(7)).send().await.ok()
            })
            .await;
        let page = story
            .until("it to be left to the clock", async || {
                let page = story.settled(&deploy).await;
                (telling(&page).attempts == 8).then_some(page)
            })
            .await;
        assert_eq!(telling(&page).state, EffectState::Pending);
        story.world.slack.faults().end(&cause(story, &page.deploy.revision));
        story.pull_forward(telling(&page)).await;
        story.world.tick().await;
        story.failure(&dialog).await;
        assert_eq!(telling(&story.settled(&deploy).await).state, EffectState::Succeeded);
    });
}

#[test]
fn failure_is_told_in_the_channel_where_its_thread_is_gone() {
    tell("telling-elsewhere", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let gone = FaultKind::status(200, "{\"ok\": false, \"error\": \"thread_not_found\"}");
        let (deploy, _) = fails(story, gone, 1).await;
        let page = story.settled(&deploy).await;
        assert_snapshot!(story.problems().join("\n"), @"
        Rule promote-to-production for REVISION - telling-elsewhere (Staging):
        ❌ auto_approve_build: ship failed: the workflow ship of gh/acme/telling-elsewhere for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
        Approved by @Ben.
        Anyone in #telling-elsewhere can act on this. Only somebody who made none of the change can mark it as done.
        [Retry] [Skip…] [Mark as done]
        ");
        let place = page.runs[0].steps[1].notice.clone().expect("it is told").message;
        let slack = &story.world.slack;
        slack.click(&ana, &place.channel, &place.ts, "mark_as_done").await.unwrap();
        assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Stopped, "it is Ana's change");
        slack.click(&ben, &place.channel, &place.ts, "mark_as_done").await.unwrap();
        assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Succeeded);
    });
}

#[test]
fn failure_is_told_directly_if_no_channel_takes_it() {
    tell("telling-directly", async |story| {
        let ben = story.person("Ben");
        let archived = FaultKind::status(200, "{\"ok\": false, \"error\": \"is_archived\"}");
        fails(story, archived, 2).await;
        let told = story
            .until("a direct message to who approved", async || {
                let messages = story.world.slack.direct_messages(&ben);
                messages.into_iter().map(|message| message.text).find(|text| text.contains(&story.name))
            })
            .await;
        assert!(told.contains("failed") && told.contains("No channel takes this message"), "{told}");
    });
}

#[test]
fn reminder_is_told_in_the_channel_if_its_thread_is_gone() {
    tell("reminder-elsewhere", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let options = format!("{{votes_required: 2, remind_after: '1h', approvers: [{ana}, {ben}]}}");
        let (deploy, dialog) = story.asks(&options, "webhook: 'https://example.com'").await;
        story.click(&ana, &dialog, "approve").await;
        let gone = FaultKind::status(200, "{\"ok\": false, \"error\": \"thread_not_found\"}");
        let words = Fault::once("chat.postMessage", gone).with_body("waiting for a decision");
        story.world.slack.faults().push(words);
        let page = story.settled(&deploy).await;
        let is_it = |effect: &&Effect| matches!(effect.kind, EffectKind::Remind { .. });
        story.pull_forward(page.effects.iter().find(is_it).unwrap()).await;
        story.world.tick().await;
        let told = story
            .until("the channel to be reminded", async || {
                let problems = story.problems();
                problems.into_iter().find(|told| told.contains("waiting for a decision"))
            })
            .await;
        assert!(told.contains("Still to vote: @Ben"), "{told}");
    });
}

#[test]
fn quorum_whose_voters_cannot_be_looked_up_is_told() {
    tell("untold-quorum", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("undo_window: '1h'", "add_deploy_tag: 'shipped'").await;
        story.click(&ben, &dialog, "approve").await;
        let page = story.until_drawn(&deploy).await;
        let refusal = FaultKind::status(200, "{\"ok\": false, \"error\": \"missing_scope\"}");
        story.world.slack.faults().push(Fault::once(&format!("users.info?user={ben}"), refusal));
        let confirms = page.effects.iter().find(|effect| !effect.is_closed()).unwrap();
        story.let_quorum_pass(&page.approvals[0], confirms).await;
        story.world.tick().await;
        let told = story
            .until("the thread to say that the look failed", async || {
                story.sees(&ana).split_once('↳').map(|(_, told)| told.trim().to_owned())
            })
            .await;
        assert!(told.starts_with("⚠️ Enough people approved this, and nothing has run yet"), "{told}");
        assert!(told.contains("Approved by @Ben."), "{told}");
    });
}

#[test]
fn build_is_not_marked_as_done_by_makers_of_its_range() {
    tell("telling-range", async |story| {
        let [ana, chiara] = ["Ana", "Chiara"].map(|name| story.person(name));
        story.person("Ben");
        story.rules(&rule("votes_required: 1", "auto_approve_build: 'ship'"));
        // Nobody approved the first one of each pair: the second one has its commit, too.
        let fails = async |first: &str, second: &str| {
            let superseded = story.deploys(&story.push(first, "Take cards"), "Staging").await;
            story.settled(&superseded).await;
            let revision = story.push(second, "Take cash");
            cancelled(story, &revision);
            let deploy = story.deploys(&revision, "Staging").await;
            story.settled(&deploy).await;
            story.click(&chiara, &story.dialog().await, "approve").await;
            let page = story.settled(&deploy).await;
            let micros = page.runs[0].steps[1].failure().unwrap().0.as_microsecond().to_string();
            (format!("/deploys/{deploy}/runs/{}/steps/1", page.runs[0].id), micros)
        };
        let marks = async |person: &str, path: &str, micros: &str| {
            let visitor = story.sign_in(person).await;
            let fields = [("resolution", "mark-as-done"), ("failed_at", micros)];
            told(visitor.post(path, &fields).await).await
        };
        let (path, micros) = fails("Ben", "Ben").await;
        let (status, text) = marks(&chiara, &path, &micros).await;
        assert!(status == 403 && text.contains("commits of earlier deploys"), "{status} {text}");
        let (path, micros) = fails("Ana", "Ben").await;
        let (status, text) = marks(&ana, &path, &micros).await;
        assert!(status == 403 && text.contains("you made some of this change"), "{status} {text}");
        assert_eq!(marks(&chiara, &path, &micros).await.0, 303);
    });
}
