//! Failures that people learn of, and then retry, skip, or mark as done.

use crate::connections::save;
use crate::pages::{failed_at, hook, lost_hook, told};
use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use jiff::SignedDuration;
use signoff_core::effect::{EffectKind, EffectState};
use signoff_core::id::DeployId;
use signoff_core::run::{Status, StepState};
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::{NewChannel, NewUser};
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};

const APPROVE_BUILD: &str = "auto_approve_build: 'build-and-deploy'";

/// A held build whose workflow was cancelled: approved by Ben, it fails. The deploy, and its dialog.
async fn failed_build(story: &Story, then: &str) -> (DeployId, String, String) {
    let revision = story.push("Ana", "Take cards");
    let ci = &story.world.circleci;
    let held = ci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
    ci.cancel(&held.workflow_id);
    story.rules(&rule("votes_required: 1", &format!("{APPROVE_BUILD}{then}")));
    let ben = story.person("Ben");
    let deploy = story.deploys(&revision, "Staging").await;
    let dialog = story.dialog().await;
    story.click(&ben, &dialog, "approve").await;
    story.settled(&deploy).await;
    (deploy, dialog, revision)
}

/// The held job is there again.
fn rerun(story: &Story, revision: &str) {
    let ci = &story.world.circleci;
    ci.add_pipeline_on_hold(&story.project(), revision, "main", "build-and-deploy", "hold");
}

fn states(page: &Page) -> Vec<&'static str> {
    let word = |state: &StepState| match state {
        StepState::Waiting => "waiting",
        StepState::Running { .. } => "running",
        StepState::Asking { .. } => "asking",
        StepState::Succeeded { .. } => "succeeded",
        StepState::Failed { .. } => "failed",
        StepState::Unknown { .. } => "unknown",
        StepState::Skipped => "skipped",
        StepState::SkippedByHand { .. } => "skipped by hand",
    };
    page.runs[0].steps.iter().map(|step| word(&step.state)).collect()
}

#[test]
fn failed_build_is_told_and_retried() {
    tell("failure-retry", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog, revision) = failed_build(story, "").await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - failure-retry (Staging) to production?
        Votes:
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but build-and-deploy was not approved: the workflow build-and-deploy of gh/acme/failure-retry for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
        [… Ask again]

        ↳ ❌ auto_approve_build: build-and-deploy failed.

        ↳ ❌ auto_approve_build: build-and-deploy failed: the workflow build-and-deploy of gh/acme/failure-retry for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
          Approved by @Ben.
          Anyone in #failure-retry can act on this. Only somebody who made none of the change can mark it as done.
          [Retry] [Skip…] [Mark as done]
        ");
        let failure = story.failure(&dialog).await;
        rerun(story, &revision);
        story.click(&ana, &failure, "retry").await;
        let page = story.settled(&deploy).await;
        assert_eq!((states(&page), page.runs[0].status), (vec!["succeeded", "succeeded"], Status::Succeeded));
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 1);
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - failure-retry (Staging) to production?
        Votes:
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 2 (ID). Open

        ↳ ❌ auto_approve_build: build-and-deploy failed: the workflow build-and-deploy of gh/acme/failure-retry for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
          @Ana retried it.
        ");
    });
}

#[test]
fn skipped_build_lets_the_rest_run_and_says_why() {
    tell("failure-skip", async |story| {
        let ana = story.person("Ana");
        let (receiver, action) = hook().await;
        let (deploy, dialog, _) = failed_build(story, &format!("}}, {{{action}")).await;
        assert_eq!(states(&story.page(&deploy).await), ["succeeded", "failed", "skipped"]);
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "skip_step").await;
        assert!(story.gives_reason(&ana, "We deployed it by hand.").await.closed);
        let page = story.settled(&deploy).await;
        assert_eq!(states(&page), ["succeeded", "skipped by hand", "succeeded"]);
        assert_eq!((page.runs[0].status, receiver.deliveries().len()), (Status::Succeeded, 1));
        let sees = story.sees(&ana).replace(receiver.url(), "https://RECEIVER");
        assert_snapshot!(sees, @"
        @Ana, would you like to promote REVISION - failure-skip (Staging) to production?
        Votes:
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ⏩ auto_approve_build: build-and-deploy: @Ana skipped it: We deployed it by hand.

        ↳ ❌ auto_approve_build: build-and-deploy failed: the workflow build-and-deploy of gh/acme/failure-skip for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
          @Ana skipped it: We deployed it by hand.

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).
        ");
        // A second click of hers came late, and another person's too.
        let ben = story.person("Ben");
        let slack = &story.world.slack;
        let twice = slack.click(&ana, &story.name, &failure, "skip_step").await.unwrap();
        assert_eq!(twice.status, Some(200));
        let stale = slack.click(&ben, &story.name, &failure, "retry").await.unwrap();
        assert_eq!(stale.status, Some(200));
        story.settled(&deploy).await;
        assert!(story.sees(&ben).contains("(only you) Nothing was done: somebody was faster."));
        assert!(!story.sees(&ana).contains("(only you)"), "she did it: {}", story.sees(&ana));
    });
}

#[test]
fn a_build_is_marked_as_done_by_who_did_not_make_it() {
    tell("failure-done", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog, _) = failed_build(story, "").await;
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "mark_as_done").await;
        story.settled(&deploy).await;
        assert_eq!(states(&story.page(&deploy).await), ["succeeded", "failed"]);
        let told = story.sees(&ana);
        let (_, only) = told.split_once("(only you) ").unwrap();
        assert_snapshot!(only, @"Nothing was done: you made some of this change, so somebody else has to mark it as done. You can retry it.");
        let (slack, now) = (&story.world.slack, signoff_runtime::time::now());
        let click = |millis| {
            let at = now + SignedDuration::from_millis(millis);
            slack.interaction_request(&ben, &story.name, &failure, "mark_as_done", at).unwrap()
        };
        // The second click of a double click comes late.
        for request in [click(0), click(180)] {
            assert_eq!(slack.send(request).await.status, Some(200));
            let page = story.settled(&deploy).await;
            assert_eq!(states(&page), ["succeeded", "succeeded"]);
            assert_eq!(page.runs[0].status, Status::Succeeded);
        }
        assert_eq!(slack.ephemerals(&ben).len(), 0, "he did it");
    });
}

#[test]
fn maker_of_what_a_rollback_holds_ends_no_build() {
    tell("failure-held", async |story| {
        let [ana, cleo] = ["Ana", "Cleo"].map(|name| story.person(name));
        // Makers may vote, so no range is kept.
        story.rules(&rule("votes_required: 1", APPROVE_BUILD));
        let good = story.push("Ana", "Begin");
        story.push("Cleo", "Take everything");
        let held = story.push("Ana", "Take coins");
        let mended = story.push("Ana", "Mend it");
        let ci = &story.world.circleci;
        let mut last = None;
        for revision in [&good, &mended, &held] {
            let build =
                ci.add_pipeline_on_hold(&story.project(), revision, "main", "build-and-deploy", "hold");
            if *revision == held {
                ci.cancel(&build.workflow_id);
            }
            let deploy = story.deploys(revision, "Staging").await;
            let dialog = story.settled(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
            story.click(&ana, &dialog, "approve").await;
            let expected = if *revision == held { "failed" } else { "succeeded" };
            assert_eq!(states(&story.settled(&deploy).await), ["succeeded", expected]);
            last = Some((deploy, dialog));
        }
        let (deploy, dialog) = last.unwrap();
        let failure = story.failure(&dialog).await;
        story.click(&cleo, &failure, "mark_as_done").await;
        assert_eq!(states(&story.settled(&deploy).await), ["succeeded", "failed"]);
    });
}

#[test]
fn a_message_that_fails_does_not_stop_the_build() {
    tell("failure-message", async |story| {
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        rerun(story, &revision);
        let archived = format!("{}-old", story.name);
        story.world.slack.add_channel(NewChannel::new(&archived).archived());
        let message = format!("slack_channel_message: {{channel: '#{archived}', message: 'It goes out.'}}");
        story.rules(&rule("votes_required: 1", &format!("{message}}}, {{{APPROVE_BUILD}")));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(states(&page), ["succeeded", "failed", "succeeded"]);
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 1);
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - failure-message (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but slack_channel_message: #failure-message-old failed: #failure-message-old is archived: unarchive it in Slack, or name another channel in the rule.

        ↳ ❌ slack_channel_message: #failure-message-old failed.

        ↳ ❌ slack_channel_message: #failure-message-old failed: #failure-message-old is archived: unarchive it in Slack, or name another channel in the rule.
          Approved by @Ana.
          Anyone in #failure-message can act on this.
          [Retry] [Skip…] [Mark as done]

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 1 (ID). Open
        ");
    });
}

#[test]
fn on_failure_stops_after_a_message_and_goes_on_after_a_build() {
    tell("failure-key", async |story| {
        let ana = story.person("Ana");
        let (receiver, action) = hook().await;
        let revision = story.push("Ana", "Take cards");
        let archived = format!("{}-old", story.name);
        story.world.slack.add_channel(NewChannel::new(&archived).archived());
        // It has no workflow `gone`.
        let (project, build) = (story.project(), "build-and-deploy");
        story.world.circleci.add_pipeline_on_hold(&project, &revision, "main", build, "hold");
        let message =
            format!("slack_channel_message: {{channel: '#{archived}', message: 'x', on_failure: stop}}");
        let actions = format!("auto_approve_build: gone, on_failure: continue}}, {{{message}}}, {{{action}");
        story.rules(&rule("votes_required: 1", &actions));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(states(&page), ["succeeded", "failed", "failed", "skipped"]);
        assert_eq!((page.runs[0].status, receiver.deliveries().len()), (Status::Stopped, 0));
    });
}

#[test]
fn a_failure_without_a_dialog_is_an_admins() {
    tell("failure-alone", async |story| {
        let (receiver, action) = hook().await;
        receiver.faults().push(Fault::once("POST /hook", FaultKind::status(404, "gone")));
        let ben = story.person("Ben");
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        story.rules(&format!("rules:\n  - tell:\n      actions:\n        - {action}\n"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        let problems = || story.problems().join("\n").replace(receiver.url(), "https://RECEIVER");
        assert_snapshot!(problems(), @"
        Rule tell for REVISION - failure-alone (Staging):
        ❌ webhook: https://RECEIVER failed: 127.0.0.1 answered 404 to the webhook: check its address in the rule, and the receiver's own log.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        ");
        let place = page.runs[0].steps[0].notice.clone().expect("it is told").message;
        let slack = &story.world.slack;
        slack.click(&ben, &place.channel, &place.ts, "retry").await.unwrap();
        assert_eq!(states(&story.settled(&deploy).await), ["failed"]);
        let visitor = story.sign_in(&ben).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/0", page.runs[0].id);
        let micros = failed_at(&page, 0).as_microsecond().to_string();
        assert!(!visitor.page(&format!("/deploys/{deploy}")).await.contains(&path), "he has no buttons");
        let (status, text) =
            told(visitor.post(&path, &[("resolution", "retry"), ("failed_at", &micros)]).await).await;
        assert_snapshot!(format!("{status} {text}"), @"403 Nothing was done: this rule asks nobody, so only an admin of Signoff can retry, skip or mark it as done.");
        slack.click(&admin, &place.channel, &place.ts, "retry").await.unwrap();
        let page = story.settled(&deploy).await;
        assert_eq!((states(&page), page.runs[0].status), (vec!["succeeded"], Status::Succeeded));
        assert_snapshot!(problems(), @"
        Rule tell for REVISION - failure-alone (Staging):
        ❌ webhook: https://RECEIVER failed: 127.0.0.1 answered 404 to the webhook: check its address in the rule, and the receiver's own log.
        @Ada retried it.
        Rule tell for REVISION - failure-alone (Staging):
        ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).
        ");
    });
}

#[test]
fn admin_acts_once_all_who_were_named_have_left() {
    tell("failure-all-left", async |story| {
        let (receiver, action) = lost_hook().await;
        let ben = story.person("Ben");
        let slack = &story.world.slack;
        let admin = slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let (deploy, dialog) = story.asks(&format!("approvers: [{ben}]"), &action).await;
        story.click(&ben, &dialog, "approve").await;
        assert_eq!(states(&story.settled(&deploy).await), ["succeeded", "unknown"]);
        let failure = story.failure(&dialog).await;
        story.click(&admin, &failure, "mark_as_done").await;
        let told = story.until("the admin to be told", async || slack.ephemerals(&admin).pop()).await;
        assert!(told.text.ends_with("An admin can act on this once Slack says that all of them have left."));
        slack.deactivate(&ben);
        story.click(&admin, &failure, "mark_as_done").await;
        let page = story.settled(&deploy).await;
        assert_eq!((states(&page), receiver.deliveries().len()), (vec!["succeeded", "succeeded"], 1));
    });
}

#[test]
fn an_approval_that_could_not_be_asked_is_asked_again() {
    tell("failure-ask", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let (_receiver, action) = hook().await;
        let group = "no-approvers";
        story.world.slack.add_usergroup(group, &[]);
        story.rules(&rule(&format!("approvers: ['@{group}']"), &action));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(states(&page), ["failed", "skipped"]);
        let place = page.runs[0].steps[0].notice.clone().expect("it is told").message;
        let slack = &story.world.slack;
        assert!(slack.click(&admin, &place.channel, &place.ts, "skip_step").await.is_err(), "it has no Skip");
        let visitor = story.sign_in(&admin).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/0", page.runs[0].id);
        let micros = failed_at(&page, 0).as_microsecond().to_string();
        for never in ["skip", "mark-as-done"] {
            let fields = [("resolution", never), ("failed_at", micros.as_str()), ("reason", "now")];
            let (status, text) = told(visitor.post(&path, &fields).await).await;
            assert_eq!((status, text.as_str()), (409, "Nothing was done: this step does not allow that."));
        }
        slack.add_usergroup(group, &[ana.as_str(), ben.as_str()]);
        slack.click(&admin, &place.channel, &place.ts, "retry").await.unwrap();
        let dialog = story.dialog().await;
        story.click(&ben, &dialog, "approve").await;
        assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Succeeded);
    });
}

#[test]
fn a_retry_finds_the_build_that_was_started() {
    tell("failure-found", async |story| {
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        story.world.github.add_workflow(&story.repository(), "deploy.yml");
        story.rules(&rule("votes_required: 1", "trigger_build: {parameters: {name: deploy.yml}}"));
        let github = story.world.github.faults();
        github.push(Fault::once("failure-found/actions/workflows", FaultKind::DropAfterHandling));
        let refused = FaultKind::status(403, "{\"message\": \"Resource not accessible\"}");
        github.push(Fault::once("GET /repos/acme/failure-found/actions/workflows/deploy.yml/runs", refused));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        // Its answer is lost, and the last look for it is refused.
        let lost = story.until("an answer to be lost", async || {
            let effects = story.page(&deploy).await.effects;
            let is_lost = |state| state == EffectState::Started;
            effects.into_iter().find(|effect| {
                matches!(effect.kind, EffectKind::RunStep { step: 1, .. })
                    && is_lost(effect.state)
                    && effect.note.is_some()
            })
        });
        let (lost, key) = (lost.await, |kind: &str, id: &str| AttributeValue::S(format!("{kind}#{id}")));
        let last = story.world.dynamodb.update_item().table_name(&story.world.record_table);
        let last = last.key("pk", key("deploy", deploy.as_str())).key("sk", key("effect", lost.id.as_str()));
        let last = last.update_expression("SET attempts = :last");
        last.expression_attribute_values(":last", AttributeValue::N("7".to_owned())).send().await.unwrap();
        let page = story.settled(&deploy).await;
        assert_eq!(states(&page), ["succeeded", "unknown"]);
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "retry").await;
        let page = story.settled(&deploy).await;
        assert_eq!(states(&page), ["succeeded", "succeeded"]);
        let dispatched = story.world.github.dispatched(&story.repository());
        assert_eq!(dispatched.len(), 1, "it is never started twice");
        let StepState::Succeeded { url, .. } = &page.runs[0].steps[1].state else { panic!("not succeeded") };
        assert!(url.as_ref().is_some_and(|url| url.ends_with(&dispatched[0].run_id.to_string())), "{url:?}");
    });
}

#[test]
fn what_is_retried_is_what_people_voted_on() {
    tell("failure-moved", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog, revision) = failed_build(story, "").await;
        rerun(story, &revision);
        story.world.github.add_repository("acme/failure-elsewhere", "main");
        assert_eq!(save(story, "failure-moved", "0", "acme/failure-elsewhere", "#deploys").await, 303);
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "retry").await;
        let page = story.settled(&deploy).await;
        let StepState::Failed { reason, .. } = &page.runs[0].steps[1].state else { panic!("it is refused") };
        assert!(reason.contains("is not what people voted on any more"), "{reason}");
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 0);
    });
}

#[test]
fn retry_of_what_a_newer_approval_overtook_is_refused() {
    tell("failure-overtaken", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog, revision) = failed_build(story, "").await;
        rerun(story, &revision);
        let newer = story.push("Ben", "Take cash");
        rerun(story, &newer);
        let second = story.deploys(&newer, "Staging").await;
        story.settled(&second).await;
        story.click(&ana, &story.dialog().await, "approve").await;
        assert_eq!(story.settled(&second).await.runs[0].status, Status::Succeeded);
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "retry").await;
        let page = story.settled(&deploy).await;
        let StepState::Failed { reason, .. } = &page.runs[0].steps[1].state else { panic!("it is refused") };
        assert_snapshot!(reason.replace(&newer[..7], "REVISION"), @"nothing was done: REVISION was let through to the same place in the meantime. Deploy again to have it asked anew.");
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 1, "the newer one's");
    });
}

#[test]
fn a_failure_is_dealt_with_on_the_page() {
    tell("failure-page", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, _, _) = failed_build(story, "").await;
        let page = story.page(&deploy).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/1", page.runs[0].id);
        let micros = failed_at(&page, 1).as_microsecond().to_string();
        let visitor = story.sign_in(&ben).await;
        assert!(visitor.page(&format!("/deploys/{deploy}")).await.contains(&format!("action=\"{path}\"")));
        let lists = async || {
            let list = visitor.page("/deployments/acme/failure-page").await;
            let json = story.get("/api/v1/deploys?deployment=acme/failure-page").await.text().await.unwrap();
            (list.matches(">Failed<").count(), json.matches("\"has_failed\":true").count())
        };
        assert_eq!(lists().await, (2, 1), "its environment and its deploy have failed");
        let form = |resolution, reason| {
            [("resolution", resolution), ("failed_at", micros.as_str()), ("reason", reason)]
        };
        let (status, text) = told(visitor.post(&path, &form("skip", " ")).await).await;
        assert_eq!((status, text.as_str()), (422, "Nothing was done: add a reason to skip it."));
        let long = "x".repeat(501);
        assert_eq!(visitor.post(&path, &form("skip", &long)).await.status(), 422);
        let maker = story.sign_in(&ana).await;
        assert_eq!(maker.post(&path, &form("mark-as-done", "")).await.status(), 403);
        assert_eq!(visitor.post(&path, &form("skip", "Not needed.")).await.status(), 303);
        assert_eq!(states(&story.settled(&deploy).await), ["succeeded", "skipped by hand"]);
        assert_eq!(lists().await, (0, 0));
        // Once more by the same person is no error; somebody else is told.
        assert_eq!(visitor.post(&path, &form("skip", "Not needed.")).await.status(), 303);
        assert_eq!(maker.post(&path, &form("retry", "")).await.status(), 409);
        let shown = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(shown.contains("Skipped") && shown.contains("Not needed."), "{shown}");
        let json = story.get(&format!("/api/v1/deploys/{deploy}/approvals")).await.text().await.unwrap();
        assert!(json.contains("\"state\":\"skipped_by_hand\""), "{json}");
    });
}

#[test]
fn who_is_outside_the_channel_skips_nothing_elsewhere() {
    tell("failure-outside", async |story| {
        let (receiver, action) = hook().await;
        receiver.faults().push(Fault::once("POST /hook", FaultKind::status(404, "gone")));
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let slack = &story.world.slack;
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        slack.leave(&story.name, &ben);
        let archived = FaultKind::status(200, r#"{"ok": false, "error": "is_archived"}"#);
        let thread = Fault::once("chat.postMessage", archived).with_body("answered 404 to the webhook");
        slack.faults().push(thread);
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let place = page.runs[0].steps[1].notice.clone().expect("it is told").message;
        assert_ne!(Some(&place.channel), slack.channel_id(&story.name).as_ref(), "told elsewhere");
        for action in ["skip_step", "retry", "mark_as_done"] {
            slack.click(&ben, &place.channel, &place.ts, action).await.unwrap();
        }
        let refused = async || {
            let sees = slack.user_sees(&ben, &place.channel);
            sees.contains("only people in #failure-outside may act on this").then_some(())
        };
        story.until("Ben to be refused", refused).await;
        assert_eq!(states(&story.settled(&deploy).await), ["succeeded", "failed"]);
        slack.click(&ana, &place.channel, &place.ts, "retry").await.unwrap();
        let page = story.settled(&deploy).await;
        assert_eq!((states(&page), receiver.deliveries().len()), (vec!["succeeded", "succeeded"], 1));
    });
}
