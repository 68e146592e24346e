//! Deploys that another one overtook: nothing acts for them, unless people voted for it since.

use crate::pages::{failed_at, hook, told};
use insta::assert_snapshot;
use signoff_core::confirmation::Confirmation;
use signoff_core::id::DeployId;
use signoff_core::run::{Status, StepState};
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::NewUser;
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};

/// Deploys a new commit to Staging; the deploy and its revision, once all is done.
async fn ships(story: &Story, message: &str) -> (DeployId, String) {
    let revision = story.push("Ana", message);
    let deploy = story.deploys(&revision, "Staging").await;
    story.settled(&deploy).await;
    (deploy, revision)
}

/// The reason for which step number `step` of the only run failed.
fn reason(page: &Page, step: usize) -> String {
    let StepState::Failed { reason, .. } = &page.runs[0].steps[step].state else {
        return format!("it has not failed: {:?}", page.runs[0].steps[step].state);
    };
    reason.clone()
}

#[test]
fn overtaken_deploy_does_not_act_when_evaluated_again() {
    tell("overtaken-evaluated", async |story| {
        let ana = story.person("Ana");
        let (receiver, action) = hook().await;
        let rules =
            "rules:\n  - ship:\n      conditions: [environment='Staging']\n      actions:\n        - ";
        story.new_rules(&format!("{rules}{action}\n")).await;
        let refused = FaultKind::status(401, "{\"message\": \"Bad credentials\"}");
        let path = format!("GET /repos/{}/contents/.signoff/rules.yml", story.repository());
        story.world.github.faults().push(Fault::once(&path, refused));
        let (older, _) = ships(story, "Take cards").await;
        let is_evaluated =
            async || story.settled(&older).await.deploy.confirmation == Confirmation::Confirmed;
        assert!(!is_evaluated().await);
        ships(story, "Take cash").await;
        assert_eq!(receiver.deliveries().len(), 1);
        let visitor = story.sign_in(&ana).await;
        let answer = visitor.post(&format!("/deploys/{older}/evaluate"), &[]).await;
        assert_eq!(answer.status().as_u16(), 303);
        story.until("it to be evaluated", async || is_evaluated().await.then_some(())).await;
        let page = story.settled(&older).await;
        assert_eq!((page.runs.len(), receiver.deliveries().len()), (0, 1), "the newer one stays");
        assert_snapshot!(story.problems().pop().unwrap(), @"⚠️ These rules did not run for REVISION - overtaken-evaluated (Staging): ship. They act without asking, and REVISION came to Staging after it. To have them run for this revision, deploy it again.");
        let shown = visitor.page(&format!("/deploys/{older}")).await;
        assert!(shown.contains("matches but didn\u{2019}t run"), "{shown}");
    });
}

#[test]
fn overtaken_deploy_does_not_act_when_retried() {
    tell("overtaken-retried", async |story| {
        let (receiver, action) = hook().await;
        receiver.faults().push(Fault::once("POST /hook", FaultKind::status(404, "gone")));
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        story.rules(&format!("rules:\n  - ship:\n      actions:\n        - {action}\n"));
        let (older, revision) = ships(story, "Take cards").await;
        let page = story.page(&older).await;
        let (_, newer) = ships(story, "Take cash").await;
        let visitor = story.sign_in(&admin).await;
        let path = format!("/deploys/{older}/runs/{}/steps/0", page.runs[0].id);
        let micros = failed_at(&page, 0).as_microsecond().to_string();
        let retry = [("resolution", "retry"), ("failed_at", micros.as_str())];
        let (status, text) = told(visitor.post(&path, &retry).await).await;
        assert_eq!(status, 303, "{text}");
        let page = story.settled(&older).await;
        let (old, new) = (&revision[..7], &newer[..7]);
        let words =
            format!("nothing was done: {new} came to Staging after it. Deploy {old} again to have it run.");
        assert_eq!((reason(&page, 0), receiver.deliveries().len()), (words, 1));
    });
}

#[test]
fn overtaken_step_does_not_run_after_a_skip() {
    tell("overtaken-skipped", async |story| {
        let (receiver, action) = hook().await;
        receiver.faults().push(Fault::once("POST /hook", FaultKind::status(404, "gone")));
        let ana = story.person("Ana");
        story.rules(&rule("votes_required: 1", &format!("{action}}}, {{auto_approve_build: 'ship'")));
        let ci = &story.world.circleci;
        let hold =
            |revision: &str| ci.add_pipeline_on_hold(&story.project(), revision, "main", "ship", "hold");
        let (older, revision) = ships(story, "Take cards").await;
        hold(&revision);
        let first = story.dialog().await;
        story.click(&ana, &first, "approve").await;
        story.settled(&older).await;
        let (second, newer) = ships(story, "Take cash").await;
        hold(&newer);
        story.click(&ana, &story.dialog().await, "approve").await;
        assert_eq!(story.settled(&second).await.runs[0].status, Status::Succeeded);
        let failure = story.failure(&first).await;
        story.click(&ana, &failure, "skip_step").await;
        assert!(story.gives_reason(&ana, "Not needed.").await.closed);
        let page = story.settled(&older).await;
        let words = "was let through to the same place in the meantime. Deploy again to have it asked anew.";
        assert!(reason(&page, 2).ends_with(words), "{}", reason(&page, 2));
        assert_eq!(ci.approvals(&story.project()).len(), 1, "the newer one's");
    });
}
