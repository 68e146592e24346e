//! Actions run, fail, are tried again, and say so.

use insta::assert_snapshot;
use signoff_core::run::{Status, StepState};
use signoff_local::circleci::NewJob;
use signoff_local::circleci::NewPipeline;
use signoff_local::fault::{Fault, FaultKind};
use signoff_store::Page;
use std::time::Duration;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

const APPROVE_BUILD: &str = "auto_approve_build: 'build-and-deploy'";

/// Ana's deploy is approved by Ana, and what follows has ended: what is on record, and what Ana sees.
async fn approved(story: &Story, revision: &str, action: &str) -> (Page, String) {
    story.rules(&rule("votes_required: 1", action));
    let ana = story.person("Ana");
    let deploy = story.deploys(revision, "Staging").await;
    let dialog = story.dialog().await;
    story.click(&ana, &dialog, "approve").await;
    let page = story.settled(&deploy).await;
    (page, story.sees(&ana))
}

fn on_hold(story: &Story) -> String {
    let revision = story.push("Ana", "Take cards");
    story.world.circleci.add_pipeline_on_hold(
        &story.project(),
        &revision,
        "main",
        "build-and-deploy",
        "hold",
    );
    revision
}

#[test]
fn a_ci_that_answers_503_twice_is_tried_again() {
    tell("ci-503-twice", async |story| {
        let revision = on_hold(story);
        let fault = FaultKind::status(503, "{\"message\": \"try later\"}");
        story.world.circleci.faults().push(Fault::once("ci-503-twice/pipeline", fault).times(2));
        let (page, seen) = approved(story, &revision, APPROVE_BUILD).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 1);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - ci-503-twice (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 1 (ID). Open
        ");
    });
}

#[test]
fn a_rate_limit_is_waited_for() {
    tell("ci-429", async |story| {
        let revision = on_hold(story);
        story.world.circleci.faults().push(Fault::once("ci-429/pipeline", FaultKind::rate_limited(3)));
        let (page, _) = approved(story, &revision, APPROVE_BUILD).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let asked = story.world.circleci.requests();
        let mine = asked.iter().filter(|request| request.path.contains("ci-429/pipeline"));
        assert_eq!(mine.map(|request| request.status).collect::<Vec<_>>(), [Some(429), Some(200)]);
    });
}

#[test]
fn lost_answer_after_a_release_is_no_failure() {
    tell("ci-lost", async |story| {
        let revision = story.push("Ana", "Take cards");
        let circleci = &story.world.circleci;
        let waiting =
            circleci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
        let held = story.world.circleci.approvals(&story.project()).len();
        story.world.circleci.faults().push(Fault::once(
            &format!("POST /api/v2/workflow/{}", waiting.workflow_id),
            FaultKind::DropAfterHandling,
        ));
        let (page, seen) = approved(story, &revision, APPROVE_BUILD).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), held + 1);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - ci-lost (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy was approved before in pipeline 1 (ID). Open
        ");
    });
}

#[test]
fn a_revoked_token_stops_the_list() {
    tell("ci-401", async |story| {
        let revision = on_hold(story);
        let fault = FaultKind::status(401, "{\"message\": \"You must log in first.\"}");
        story.world.circleci.faults().push(Fault::once("ci-401/pipeline", fault));
        let actions = "auto_approve_build: 'build-and-deploy'}, {slack_channel_message: {channel: '#CHANNEL', message: 'done'}";
        let (page, seen) = approved(story, &revision, actions).await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_eq!(page.runs[0].steps[2].state, StepState::Skipped);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - ci-401 (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but build-and-deploy was not approved: CircleCI answered 401 while reading the pipelines of gh/acme/ci-401: Signoff's CircleCI token is not valid; put a new circleci_token into WriteSecret.
        [… Ask again]

        ↳ ❌ auto_approve_build: build-and-deploy failed.

        ↳ ❌ auto_approve_build: build-and-deploy failed: CircleCI answered 401 while reading the pipelines of gh/acme/ci-401: Signoff's CircleCI token is not valid; put a new circleci_token into WriteSecret.
          Did not run: slack_channel_message: #ci-401.
          Approved by @Ana.
          Anyone in #ci-401 can act on this. Only somebody who made none of the change can mark it as done.
          [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn a_workflow_that_is_not_there_is_told_with_those_that_are() {
    tell("ci-other-workflow", async |story| {
        let revision = on_hold(story);
        let (page, seen) = approved(story, &revision, "auto_approve_build: 'deploy-prod'").await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - ci-other-workflow (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but deploy-prod was not approved: there is no workflow deploy-prod in what CircleCI built of gh/acme/ci-other-workflow for REVISION (pipeline 1), only build-and-deploy: check the name in the rule.
        [… Ask again]

        ↳ ❌ auto_approve_build: deploy-prod failed.

        ↳ ❌ auto_approve_build: deploy-prod failed: there is no workflow deploy-prod in what CircleCI built of gh/acme/ci-other-workflow for REVISION (pipeline 1), only build-and-deploy: check the name in the rule.
          Approved by @Ana.
          Anyone in #ci-other-workflow can act on this. Only somebody who made none of the change can mark it as done.
          [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn a_job_that_somebody_approved_by_hand_is_a_success() {
    tell("ci-by-hand", async |story| {
        let revision = story.push("Ana", "Take cards");
        let ci = &story.world.circleci;
        let held = ci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
        assert!(ci.approve_by_hand(&held.workflow_id, &held.approval_request_id));
        let (page, seen) = approved(story, &revision, APPROVE_BUILD).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - ci-by-hand (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy was approved before in pipeline 1 (ID). Open
        ");
    });
}

#[test]
fn a_cancelled_workflow_is_told() {
    tell("ci-cancelled", async |story| {
        let revision = story.push("Ana", "Take cards");
        let ci = &story.world.circleci;
        let held = ci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
        ci.cancel(&held.workflow_id);
        let (page, seen) = approved(story, &revision, APPROVE_BUILD).await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - ci-cancelled (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but build-and-deploy was not approved: the workflow build-and-deploy of gh/acme/ci-cancelled for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
        [… Ask again]

        ↳ ❌ auto_approve_build: build-and-deploy failed.

        ↳ ❌ auto_approve_build: build-and-deploy failed: the workflow build-and-deploy of gh/acme/ci-cancelled for REVISION was cancelled (pipeline 1): rerun it on CircleCI, then retry.
          Approved by @Ana.
          Anyone in #ci-cancelled can act on this. Only somebody who made none of the change can mark it as done.
          [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn one_of_several_jobs_is_approved_by_its_name() {
    tell("ci-two-gates", async |story| {
        let revision = story.push("Ana", "Take cards");
        let jobs = vec![NewJob::approval("hold-eu"), NewJob::approval("hold-us")];
        let workflows = vec![("build-and-deploy".to_owned(), jobs)];
        let pipeline = NewPipeline { revision: revision.clone(), branch: "main".to_owned(), workflows };
        story.world.circleci.add_pipeline(&story.project(), pipeline);
        let action = "auto_approve_build: {build: 'build-and-deploy', job: 'hold-us'}";
        let (page, _) = approved(story, &revision, action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let approved = story.world.circleci.approvals(&story.project());
        assert_eq!(approved.iter().map(|approval| approval.job.as_str()).collect::<Vec<_>>(), ["hold-us"]);
    });
}

#[test]
fn a_github_workflow_is_dispatched_with_its_inputs() {
    tell("gh-dispatch", async |story| {
        let revision = story.push("Ana", "Take cards");
        story.world.github.add_workflow(&story.repository(), "deploy.yml");
        let action = "trigger_build: {parameters: {name: deploy.yml, environment: production, revision: '{{ deploy_revision }}'}}";
        let (page, seen) = approved(story, &revision, action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let dispatched = story.world.github.dispatched(&story.repository());
        assert_eq!(dispatched.len(), 1);
        assert_eq!(dispatched[0].git_ref, "main");
        assert_eq!(dispatched[0].inputs["revision"], revision.as_str());
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - gh-dispatch (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ trigger_build: deploy.yml: started the workflow deploy.yml on main. Open
        ");
    });
}

#[test]
fn moved_branch_is_not_deployed_for_the_approved_commit() {
    tell("gh-moved-on", async |story| {
        let revision = story.push("Ana", "Take cards");
        story.push("Ben", "Take everything");
        story.world.github.add_workflow(&story.repository(), "deploy.yml");
        let (page, seen) =
            approved(story, &revision, "trigger_build: {parameters: {name: deploy.yml}}").await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_eq!(story.world.github.dispatched(&story.repository()).len(), 0);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - gh-moved-on (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but trigger_build: deploy.yml failed: nothing was started: REVISION is the head neither of main nor of a protected branch of acme/gh-moved-on. Set revision of trigger_build to the branch or tag to build, or hand the revision to the build as a parameter, such as revision: '{{ deploy_revision }}'.
        [… Ask again]

        ↳ ❌ trigger_build: deploy.yml failed.

        ↳ ❌ trigger_build: deploy.yml failed: nothing was started: REVISION is the head neither of main nor of a protected branch of acme/gh-moved-on. Set revision of trigger_build to the branch or tag to build, or hand the revision to the build as a parameter, such as revision: '{{ deploy_revision }}'.
          Approved by @Ana.
          Anyone in #gh-moved-on can act on this. Only somebody who made none of the change can mark it as done.
          [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn a_dispatch_whose_answer_was_lost_is_found_and_not_repeated() {
    tell("gh-lost", async |story| {
        let revision = story.push("Ana", "Take cards");
        story.world.github.add_workflow(&story.repository(), "deploy.yml");
        let github = story.world.github.faults();
        github.push(Fault::once("gh-lost/actions/workflows", FaultKind::DropAfterHandling));
        // A look that fails is made again: it is not an answer.
        let unavailable = FaultKind::status(503, "{}");
        github.push(Fault::once("GET /repos/acme/gh-lost/actions/workflows/deploy.yml/runs", unavailable));
        let (page, seen) =
            approved(story, &revision, "trigger_build: {parameters: {name: deploy.yml}}").await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let dispatched = story.world.github.dispatched(&story.repository());
        assert_eq!(dispatched.len(), 1);
        let StepState::Succeeded { url, .. } = &page.runs[0].steps[1].state else { panic!("not succeeded") };
        assert!(url.as_ref().is_some_and(|url| url.ends_with(&dispatched[0].run_id.to_string())), "{url:?}");
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - gh-lost (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ trigger_build: deploy.yml: started the workflow deploy.yml on main. Open
        ");
    });
}

#[test]
fn circleci_pipeline_starts_once_after_a_lost_answer() {
    tell("ci-trigger-lost", async |story| {
        let revision = story.push("Ana", "Take cards");
        story.world.circleci.declare_parameters(&story.project(), &["deploy_prod"]);
        let lost = Fault::once("POST /api/v2/project/gh/acme/ci-trigger-lost", FaultKind::DropAfterHandling);
        story.world.circleci.faults().push(lost);
        let (page, _) = approved(story, &revision, "trigger_build: {parameters: {deploy_prod: true}}").await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let triggered = story.world.circleci.triggered(&story.project());
        assert_eq!(triggered.len(), 1);
        assert_eq!(triggered[0].parameters["deploy_prod"], true);
    });
}

#[test]
fn a_pipeline_of_another_commit_is_cancelled_and_told() {
    tell("ci-trigger-moved", async |story| {
        let revision = story.push("Ana", "Take cards");
        let other = story.push("Eve", "Take everything");
        let github = &story.world.github;
        github.move_branch(&story.repository(), "main", &revision);
        github.move_before_dispatch(&story.repository(), "main", &other);
        let (page, seen) = approved(story, &revision, "trigger_build").await;
        let triggered = story.world.circleci.triggered(&story.project());
        assert_eq!(triggered.len(), 1);
        assert_eq!(story.world.circleci.cancelled(&story.project()), [triggered[0].pipeline_id.clone()]);
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert!(seen.contains("Signoff cancelled it; it may have acted before"), "{seen}");
    });
}

#[test]
fn a_tag_goes_to_circleci_as_a_tag() {
    tell("ci-trigger-tag", async |story| {
        let revision = story.push("Ana", "Take cards");
        story.world.github.add_tag(&story.repository(), "v1", &revision);
        let (page, _) = approved(story, &revision, "trigger_build: {revision: v1}").await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let triggered = story.world.circleci.triggered(&story.project());
        assert_eq!((triggered[0].tag.as_deref(), triggered[0].branch.as_deref()), (Some("v1"), None));
    });
}

#[test]
fn messages_go_to_the_channel_and_to_the_thread() {
    tell("messages", async |story| {
        let revision = story.push("Ana", "Take <b>cards</b> & cash");
        let actions = "slack_channel_message: {channel: '#CHANNEL', message: '{{ deploy_slack }} goes out'}}, \
                       {add_to_deploy_message_thread: 'Thank you {{ authors_slack }}!'";
        let (page, seen) = approved(story, &revision, actions).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        // What an action posts and the line that says so may come in either order.
        let mut lines: Vec<_> = seen.lines().filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        assert_snapshot!(lines.join("\n"), @"
        @Ana 👍
        @Ana, would you like to promote REVISION - messages (Staging) to production?
        Action approved on DATE at TIME.
        Nothing was approved for this place before, so this covers the deploy's own commits.
        REVISION - messages (Staging) goes out
        Votes:
        ↳ Thank you @Ana!
        ↳ ✅ add_to_deploy_message_thread: posted to this thread. Open
        ↳ ✅ slack_channel_message: #messages: posted to #messages. Open
        ");
    });
}

#[test]
fn a_post_whose_answer_was_lost_stands_once() {
    tell("post-lost", async |story| {
        let revision = story.push("Ana", "Take cards");
        let lost =
            Fault::once("chat.postMessage", FaultKind::DropAfterHandling).with_body("goes out to post-lost");
        story.world.slack.faults().push(lost);
        let action =
            "slack_channel_message: {channel: '#CHANNEL', message: 'goes out to {{ deployment_name }}'}";
        let (page, _) = approved(story, &revision, action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let messages = story.world.slack.messages(&story.name);
        assert_eq!(messages.iter().filter(|message| message.text.contains("goes out")).count(), 1);
    });
}

#[test]
fn a_message_goes_once_to_the_channel_of_the_deployment() {
    tell("deploy-message", async |story| {
        let revision = story.push("Ana", "Take cards");
        let lost = Fault::once("chat.postMessage", FaultKind::DropAfterHandling);
        story.world.slack.faults().push(lost.with_body("out: deploy-message"));
        let action = "slack_deploy_message: 'out: {{ deployment_name }} of {{ authors_slack }}'";
        let (page, seen) = approved(story, &revision, action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(story.problems().join("\n"), @"out: deploy-message of @Ana");
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - deploy-message (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ slack_deploy_message: posted to #deploys. Open
        ");
    });
}

#[test]
fn a_webhook_is_signed_and_delivered() {
    tell("webhook", async |story| {
        let receiver = Receiver::start(&[503, 200]).await.unwrap();
        let revision = story.push("Ana", "Take cards");
        let (page, _) =
            approved(story, &revision, &format!("webhook: '{}/hook?token=abc'", receiver.url())).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let deliveries = receiver.deliveries();
        assert_eq!(deliveries.len(), 2);
        assert_eq!(deliveries[0].delivery, deliveries[1].delivery);
        let last = &deliveries[1];
        assert!(last.is_signed_with(&story.signing_key(0)), "{last:?}");
        assert_eq!(last.body["revision"], revision.as_str());
        assert_eq!(last.body["environment"]["slug"], "staging");
        assert_eq!(last.body["changeSource"]["slug"], "webhook");
    });
}

#[test]
fn a_value_in_a_webhooks_address_leads_nowhere_else() {
    tell("webhook-value", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let address = format!("{}/{{{{ environment }}}}/{{{{ revision }}}}", receiver.url());
        story.rules(&format!("rules:\n  - tell:\n      actions:\n        - webhook: '{address}'\n"));
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "a/../..?x#y").await;
        assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Succeeded);
        assert_eq!(receiver.deliveries()[0].path, format!("/a%2F..%2F..%3Fx%23y/{revision}"));
        let deploy = story.deploys(&revision, "..").await;
        assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Stopped);
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn a_webhook_calls_no_machine_of_the_cloud_itself() {
    tell("webhook-inside", async |story| {
        // A file that writes such an address out can't be used.
        for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]"] {
            story.rules(&format!(
                "rules:\n  - tell:\n      actions:\n        - webhook: 'http://{host}/latest'\n"
            ));
            let deploy = story.deploys(&story.push("Ana", &format!("Write {host} out")), "Staging").await;
            assert!(story.settled(&deploy).await.runs.is_empty(), "{host}");
        }
        for (number, host) in ["169.254.169.254", "2852039166", "0.0.0.0"].into_iter().enumerate() {
            story.rules(&format!(
                "rules:\n  - tell:\n      actions:\n        - webhook: \"http://{{{{ '{host}' }}}}/latest?token=s3cret\"\n"
            ));
            let revision = story.push("Ana", &format!("Commit {number}"));
            let deploy = story.deploys(&revision, "Staging").await;
            let run = story.settled(&deploy).await.runs[0].clone();
            assert_eq!(run.status, Status::Stopped, "{host}");
            let told = format!("{:?}", run.steps[0].state);
            assert!(told.contains("a cloud's metadata") && !told.contains("s3cret"), "{host}: {told}");
        }
    });
}

#[test]
fn the_answer_of_a_webhooks_receiver_is_not_repeated() {
    tell("webhook-answer", async |story| {
        let receiver = Receiver::start(&[404]).await.unwrap();
        let revision = story.push("Ana", "Take cards");
        let (page, _) =
            approved(story, &revision, &format!("webhook: '{}/hook?token=abc'", receiver.url())).await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        let told = serde_json::to_string(&page.events).unwrap() + &story.sees(&story.person("Ana"));
        assert!(told.contains("answered 404 to the webhook"), "{told}");
        assert!(!told.contains(system_tests::receiver::ANSWER) && !told.contains("token=abc"), "{told}");
    });
}

#[test]
fn a_slow_ci_does_not_slow_the_answer_to_slack() {
    tell("slow-ci", async |story| {
        let revision = on_hold(story);
        story
            .world
            .circleci
            .faults()
            .push(Fault::once("slow-ci/pipeline", FaultKind::Delay(Duration::from_secs(4))));
        let (page, _) = approved(story, &revision, APPROVE_BUILD).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
    });
}
