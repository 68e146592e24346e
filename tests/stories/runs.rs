//! Checks that a vote runs what people saw, and nothing else.

use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use serde_json::json;
use signoff_core::approval::Status as Asked;
use signoff_core::effect::EffectState;
use signoff_core::id::DeployId;
use signoff_core::run::{Status, StepState};
use signoff_local::circleci::{NewJob, NewPipeline};
use signoff_local::github::NewCommit;
use signoff_store::Page;
use std::collections::HashMap;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

const APPROVE_BUILD: &str = "auto_approve_build: 'build-and-deploy'";
const PROMOTE: &str = "trigger_build: {parameters: {name: promote.yml, version: '{{ deploy_revision }}'}}";
const WORKFLOW: &str = ".github/workflows/promote.yml";

/// A commit of Ben's on another branch than main; its SHA.
fn push_to(story: &Story, branch: &str) -> String {
    let commit = NewCommit {
        author: story.author("Ben"),
        message: "Change the workflow".to_owned(),
        branch: Some(branch.to_owned()),
        files: Vec::new(),
    };
    story.world.github.push(&story.repository(), commit)
}

/// A deploy of `revision` from `branch`, as CI reports it.
async fn deploys_from(story: &Story, revision: &str, branch: &str) -> DeployId {
    let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    let body = json!({"sha": revision, "environment": "Staging", "branch": branch});
    assert_eq!(story.post(&path, &body).await.status(), 200);
    story.deploy_id(revision, "Staging")
}

/// Ana approves what waits; what is on record once all of it has ended.
async fn approved(story: &Story, deploy: &DeployId) -> Page {
    let dialog = story
        .until("the deploy's own dialog", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            page.approvals.first()?.dialog.clone()
        })
        .await;
    story.settled(deploy).await;
    story.click(&story.person("Ana"), &dialog.ts, "approve").await;
    story.settled(deploy).await
}

/// The reason for which step number `step` of the only run failed, or what it is instead.
fn failure(page: &Page, step: usize) -> String {
    match &page.runs[0].steps[step].state {
        StepState::Failed { reason, .. } => reason.clone(),
        other => format!("not failed: {other:?}"),
    }
}

/// `text` without what differs from run to run.
fn plain(story: &Story, text: &str, revisions: &[(&str, &str)]) -> String {
    let mut text =
        text.replace(story.world.github.url(), "GITHUB").replace(story.world.circleci.url(), "CIRCLECI");
    for (revision, name) in revisions {
        text = text.replace(revision, name).replace(&revision[..7], name);
    }
    text
}

/// Puts the row of an effect of `deploy` that nothing led to; its id.
async fn forge(story: &Story, deploy: &DeployId, id: &str, kind: &[(&str, AttributeValue)]) {
    let world = story.world;
    let known = story.page(deploy).await.effects[0].id.clone();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let (pk, sk) = (text(&format!("deploy#{deploy}")), text(&format!("effect#{known}")));
    let row = world.dynamodb.get_item().table_name(&world.record_table).key("pk", pk).key("sk", sk);
    let mut row = row.send().await.unwrap().item.unwrap();
    let past = text("2026-01-01T00:00:00.000000Z");
    let kind: HashMap<String, AttributeValue> =
        kind.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    for (name, value) in [
        ("sk", text(&format!("effect#{id}"))),
        ("id", text(id)),
        ("kind", AttributeValue::M(kind)),
        ("state", text("pending")),
        ("attempts", AttributeValue::N("0".to_owned())),
        ("not_before", past.clone()),
        ("due_at", past),
        ("due", text("due#0")),
    ] {
        row.insert(name.to_owned(), value);
    }
    world.dynamodb.put_item().table_name(&world.record_table).set_item(Some(row)).send().await.unwrap();
}

#[test]
fn an_effect_that_no_vote_led_to_is_not_done() {
    tell("runs-forged", async |story| {
        let revision = story.push("Ana", "Take cards");
        let (project, build) = (story.project(), "build-and-deploy");
        story.world.circleci.add_pipeline_on_hold(&project, &revision, "main", build, "hold");
        let more = "on_reject: [{add_deploy_tag: refused}], on_expire: [{add_deploy_tag: late}]";
        story.rules(&rule(&format!("votes_required: 2, {more}"), APPROVE_BUILD));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let page = story.settled(&deploy).await;
        let run = AttributeValue::S(page.runs[0].id.to_string());
        let (text, number) =
            (|text: &str| AttributeValue::S(text.to_owned()), |n: usize| AttributeValue::N(n.to_string()));
        for outcome in ["approved", "rejected", "expired"] {
            let kind = [
                ("do", text("advance_run")),
                ("run", run.clone()),
                ("step", number(0)),
                ("outcome", text(outcome)),
            ];
            forge(story, &deploy, &format!("forged-{outcome}"), &kind).await;
        }
        for step in 1..4 {
            let kind = [("do", text("run_step")), ("run", run.clone()), ("step", number(step))];
            forge(story, &deploy, &format!("forged-step-{step}"), &kind).await;
        }
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        let forged = page.effects.iter().filter(|effect| effect.id.as_str().starts_with("forged"));
        let states: Vec<_> = forged.map(|effect| effect.state).collect();
        assert_eq!(states, [EffectState::Failed; 6]);
        assert!(matches!(page.runs[0].steps[0].state, StepState::Asking { .. }), "{:?}", page.runs[0]);
        assert!(page.runs[0].steps[1..].iter().all(|step| step.state == StepState::Waiting));
        assert_eq!(page.approvals[0].status, Asked::Pending);
        assert_eq!(story.world.circleci.approvals(&project).len(), 0);

        // What people vote for goes on as ever.
        for person in ["Ana", "Ben"] {
            story.click(&story.person(person), &dialog, "approve").await;
        }
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.world.circleci.approvals(&project).len(), 1);
    });
}

#[test]
fn a_reported_branch_does_not_choose_the_workflow() {
    tell("runs-evil-branch", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        let revision = story.push("Ana", "Take cards");
        let evil = push_to(story, "evil");
        github.set_file_at(&repository, &evil, WORKFLOW, "on: workflow_dispatch # evil");
        story.rules(&rule("votes_required: 1", PROMOTE));
        let deploy = deploys_from(story, &revision, "evil").await;
        story.dialog().await;
        story.settled(&deploy).await;
        let seen = story.sees(&story.person("Ana"));
        assert_snapshot!(plain(story, &seen, &[(&revision, "REVISION")]), @"
        Ana, would you like to promote REVISION - runs-evil-branch (Staging) to production?
        Once approved:
        • Starts promote.yml on main at REVISION with version=REVISION
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        let page = approved(story, &deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let dispatched = github.dispatched(&repository);
        let started: Vec<_> =
            dispatched.iter().map(|run| (run.git_ref.as_str(), run.head_sha.as_str())).collect();
        assert_eq!(started, [("main", revision.as_str())]);
    });
}

#[test]
fn a_template_of_the_branch_chooses_no_unprotected_one() {
    tell("runs-template", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        let revision = story.push("Ana", "Take cards");
        push_to(story, "evil");
        let action = "trigger_build: {revision: '{{ tags[0] | replace(\"#\", \"\") }}', \
                      parameters: {name: promote.yml, version: '{{ deploy_revision }}'}}";
        story.rules(&rule("votes_required: 1", action));
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let body = json!({"sha": revision, "environment": "Staging", "branch": "main", "tags": "#evil"});
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let page = approved(story, &story.deploy_id(&revision, "Staging")).await;
        assert_eq!(github.dispatched(&repository).len(), 0);
        assert_snapshot!(failure(&page, 1), @"nothing was started: evil is neither the default branch nor protected, and follows from what was reported of the deploy. Name the branch in the rule, or protect it.");
    });
}

#[test]
fn reported_branch_names_no_revision_and_stays_put() {
    tell("runs-reported", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        github.set_file(&repository, WORKFLOW, "on: workflow_dispatch");
        // The reported word is the start of a revision that main has left behind.
        story.rules(&rule(
            "votes_required: 1",
            "trigger_build: {parameters: {name: promote.yml, label: '{{ branch }}'}}",
        ));
        let revision = story.push("Ana", "Take cards");
        story.push("Ben", "Take everything");
        let deploy = deploys_from(story, &revision, &revision[..7]).await;
        let page = approved(story, &deploy).await;
        let told = plain(story, &failure(&page, 1), &[(&revision, "REVISION")]);
        assert_snapshot!(told, @"nothing was started: REVISION is the head neither of main nor of a protected branch of acme/runs-reported. Set `revision` of trigger_build to the branch or tag to build, or hand the revision to the build as a parameter, such as `revision: '{{ deploy_revision }}'`.");

        // A branch that anybody may push moves on after the question.
        let action = "trigger_build: {revision: '{{ branch }}', parameters: {name: promote.yml, version: '{{ deploy_revision }}'}}";
        story.new_rules(&rule("votes_required: 1", action)).await;
        let revision = push_to(story, "evil");
        let deploy = deploys_from(story, &revision, "evil").await;
        story.dialog_of("on evil").await;
        story.settled(&deploy).await;
        let other = push_to(story, "evil");
        let page = approved(story, &deploy).await;
        assert_eq!(github.dispatched(&repository).len(), 0);
        let told = plain(story, &failure(&page, 1), &[(&revision, "REVISION"), (&other, "OTHER")]);
        assert_snapshot!(told, @"nothing was started: evil has moved from REVISION on to OTHER, is neither the default branch nor protected, and follows from what was reported of the deploy. Name the branch in the rule, or protect it.");
    });
}

#[test]
fn a_build_starts_on_a_protected_branch_alone() {
    tell("runs-protected", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        story.push("Ana", "Take cards");
        let revision = push_to(story, "release");
        story.rules(&rule("votes_required: 1", "trigger_build: {parameters: {name: promote.yml}}"));
        let deploy = deploys_from(story, &revision, "release").await;
        let page = approved(story, &deploy).await;
        assert_eq!(github.dispatched(&repository).len(), 0);
        assert_snapshot!(plain(story, &failure(&page, 1), &[(&revision, "REVISION")]), @"nothing was started: REVISION is the head neither of main nor of a protected branch of acme/runs-protected. Set `revision` of trigger_build to the branch or tag to build, or hand the revision to the build as a parameter, such as `revision: '{{ deploy_revision }}'`.");

        github.protect(&repository, "release");
        let next = push_to(story, "release");
        let deploy = deploys_from(story, &next, "release").await;
        let page = approved(story, &deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let dispatched = github.dispatched(&repository);
        assert_eq!(dispatched.len(), 1);
        assert_eq!((dispatched[0].git_ref.as_str(), &dispatched[0].head_sha), ("release", &next));
    });
}

#[test]
fn a_run_of_another_commit_is_cancelled_and_told() {
    tell("runs-race", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        let revision = story.push("Ana", "Take cards");
        let other = push_to(story, "next");
        story.rules(&rule("votes_required: 1", "trigger_build: {parameters: {name: promote.yml}}"));
        let deploy = story.deploys(&revision, "Staging").await;
        story.dialog().await;
        story.settled(&deploy).await;
        github.move_before_dispatch(&repository, "main", &other);
        let page = approved(story, &deploy).await;
        let runs: Vec<u64> = github.dispatched(&repository).iter().map(|run| run.run_id).collect();
        assert_eq!((runs.len(), github.cancelled(&repository)), (1, runs.clone()));
        let told = plain(story, &failure(&page, 1), &[(&revision, "REVISION"), (&other, "OTHER")]);
        assert_snapshot!(told.replace(&runs[0].to_string(), "RUN"), @"main moved while the build was started: the run GITHUB/acme/runs-race/actions/runs/RUN is of OTHER, and not of REVISION. Signoff cancelled it; it may have acted before. Look at it.");
    });
}

#[test]
fn a_workflow_that_changed_after_the_question_is_refused() {
    tell("runs-changed-file", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        github.set_file(&repository, WORKFLOW, "on: workflow_dispatch");
        story.rules(&rule("votes_required: 1", PROMOTE));
        // Main may move on, as long as the CI files stay what they are.
        let first = story.push("Ana", "Take cards");
        let deploy = story.deploys(&first, "Staging").await;
        story.dialog().await;
        story.settled(&deploy).await;
        let second = story.push("Ben", "Take cash");
        let page = approved(story, &deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(github.dispatched(&repository)[0].head_sha, second);

        let deploy = story.deploys(&second, "Staging").await;
        story.dialog().await;
        story.settled(&deploy).await;
        let third = story.push("Ben", "Change the workflow");
        github.set_file_at(&repository, &third, WORKFLOW, "on: workflow_dispatch # changed");
        let page = approved(story, &deploy).await;
        assert_eq!(github.dispatched(&repository).len(), 1);
        let told = plain(story, &failure(&page, 1), &[(&second, "SECOND"), (&third, "THIRD")]);
        assert_snapshot!(told, @"nothing was started: main has moved from SECOND on to THIRD, and the CI files are not what they were when this was asked: .github. Deploy again to have it asked anew.");

        // An action in a folder of its own is a file that CI reads too, and so is its code.
        let deploy = story.deploys(&third, "Staging").await;
        story.dialog().await;
        story.settled(&deploy).await;
        let fourth = story.push("Ana", "Change an action");
        github.set_file_at(&repository, &fourth, WORKFLOW, "on: workflow_dispatch # changed");
        github.set_file_at(&repository, &fourth, "tools/deploy/action.yml", "runs: {using: composite}");
        let page = approved(story, &deploy).await;
        assert_eq!(github.dispatched(&repository).len(), 1);
        let told = plain(story, &failure(&page, 1), &[(&third, "THIRD"), (&fourth, "FOURTH")]);
        assert_snapshot!(told, @"nothing was started: main has moved from THIRD on to FOURTH, and the CI files are not what they were when this was asked: tools/deploy. Deploy again to have it asked anew.");
    });
}

#[test]
fn workflow_changed_after_the_revision_is_not_started() {
    tell("runs-newer-file", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        github.set_file(&repository, WORKFLOW, "on: workflow_dispatch");
        story.rules(&rule("votes_required: 1", PROMOTE));
        let revision = story.push("Ben", "Take cards");
        let head = story.push("Ana", "Change the workflow");
        github.set_file_at(&repository, &head, WORKFLOW, "on: workflow_dispatch # changed");
        let deploy = story.deploys(&revision, "Staging").await;
        let page = approved(story, &deploy).await;
        assert_eq!(github.dispatched(&repository).len(), 0);
        let told = plain(story, &failure(&page, 1), &[(&revision, "REVISION"), (&head, "HEAD")]);
        assert_snapshot!(told, @"nothing was started: main stands at HEAD, and its CI files are not those of REVISION, which is deployed: .github. Deploy HEAD, or set `revision` of trigger_build to a branch or tag with the CI files of REVISION.");
    });
}

#[test]
fn text_with_failed_rules_runs_as_the_dialog_said() {
    tell("runs-failed-rules", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        let revision = story.push("Ana", "Take cards");
        let action = "trigger_build: {revision: '{% if failed_rules %}refs/heads/evil{% else %}refs/heads/main{% endif %}', \
                      parameters: {name: promote.yml, version: '{{ deploy_revision }}', environment: '{% if failed_rules \
                      %}production{% else %}staging{% endif %}'}}";
        let fails = "  - fails:\n      conditions: [\"environment='Staging'\"]\n      actions: [slack_channel_approval: {name: \
                     fails, channel: '#CHANNEL', prompt: 'Fail?'}]\n";
        story.rules(&format!("{}{fails}", rule("votes_required: 1", action)));
        let deploy = story.deploys(&revision, "Staging").await;
        let failing = story.dialog_of("Fail?").await;
        let asked = story.dialog_of("would you like to promote").await;
        story.settled(&deploy).await;
        story.click(&story.person("Ana"), &failing, "reject").await;
        story.settled(&deploy).await;
        story.click(&story.person("Ana"), &asked, "approve").await;
        story.settled(&deploy).await;
        let dispatched = github.dispatched(&repository);
        assert_eq!(dispatched.len(), 1);
        assert_eq!(dispatched[0].git_ref, "refs/heads/main");
        assert_eq!(dispatched[0].inputs["environment"], "staging");
    });
}

#[test]
fn second_approval_does_not_release_in_another_project() {
    tell("runs-two-approvals", async |story| {
        let (world, project) = (story.world, story.project());
        let revision = story.push("Ana", "Take cards");
        world.circleci.add_pipeline_on_hold(&project, &revision, "main", "build-and-deploy", "hold");
        world.github.add_repository("acme/runs-two-approvals-2", "main");
        let elsewhere = "gh/acme/runs-two-approvals-2";
        world.circleci.add_pipeline_on_hold(elsewhere, &revision, "main", "build-and-deploy", "hold");
        let second = format!(
            "slack_channel_approval: {{name: Second, channel: '#CHANNEL', prompt: 'Second?', on_success: [{{{APPROVE_BUILD}}}]}}"
        );
        story.rules(&rule("votes_required: 1", &second));
        let deploy = story.deploys(&revision, "Staging").await;
        let first = story.dialog().await;
        story.settled(&deploy).await;
        let seen = story.sees(&story.person("Ana"));
        let starts = "Releases the job that build-and-deploy in gh/acme/runs-two-approvals holds on main, once \u{201c}Second\u{201d} is \
                      approved too";
        assert!(seen.contains(starts), "{seen}");
        story.click(&story.person("Ana"), &first, "approve").await;
        let second = story.dialog_of("Second?").await;
        story.settled(&deploy).await;
        let url = format!("{}/deployments/acme/{}/edit", world.front.url(), story.name);
        let fields = [
            ("repository", "acme/runs-two-approvals-2"),
            ("channel", ""),
            ("git_host", "github"),
            ("version", "0"),
        ];
        let saved = world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        story.click(&story.person("Ana"), &second, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(world.circleci.approvals(&project).len() + world.circleci.approvals(elsewhere).len(), 0);
        assert!(failure(&page, 2).contains("its repository was acme/runs-two-approvals and is"));

        // One that moved between the two approvals is not asked about again.
        let next = story.push("Ana", "Take cash");
        world.circleci.add_pipeline_on_hold(elsewhere, &next, "main", "build-and-deploy", "hold");
        let back = [
            ("repository", "acme/runs-two-approvals"),
            ("channel", ""),
            ("git_host", "github"),
            ("version", "1"),
        ];
        let url = format!("{}/deployments/acme/{}/edit", world.front.url(), story.name);
        assert_eq!(
            world.http.post(&url).bearer_auth(API_KEY).form(&back).send().await.unwrap().status(),
            303
        );
        let deploy = story.deploys(&next, "Staging").await;
        let page = story.settled(&deploy).await;
        let first = page.approvals[0].dialog.clone().unwrap().ts;
        let away = [
            ("repository", "acme/runs-two-approvals-2"),
            ("channel", ""),
            ("git_host", "github"),
            ("version", "2"),
        ];
        assert_eq!(
            world.http.post(&url).bearer_auth(API_KEY).form(&away).send().await.unwrap().status(),
            303
        );
        story.click(&story.person("Ana"), &first, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals.len(), 1);
        assert!(failure(&page, 1).contains("is not what people voted on any more"), "{}", failure(&page, 1));
        assert_eq!(world.circleci.approvals(elsewhere).len(), 0);
    });
}

#[test]
fn a_deployment_that_points_elsewhere_runs_nothing() {
    tell("runs-elsewhere", async |story| {
        let (world, project) = (story.world, story.project());
        let revision = story.push("Ana", "Take cards");
        world.circleci.add_pipeline_on_hold(&project, &revision, "main", "build-and-deploy", "hold");
        world.github.add_repository("acme/runs-elsewhere-2", "main");
        let elsewhere = "gh/acme/runs-elsewhere-2";
        world.circleci.add_pipeline_on_hold(elsewhere, &revision, "main", "build-and-deploy", "hold");
        story.rules(&rule("votes_required: 1", APPROVE_BUILD));
        let deploy = story.deploys(&revision, "Staging").await;
        story.dialog().await;
        story.settled(&deploy).await;
        let url = format!("{}/deployments/acme/{}/edit", world.front.url(), story.name);
        let fields = [
            ("repository", "acme/runs-elsewhere-2"),
            ("channel", ""),
            ("git_host", "github"),
            ("version", "0"),
        ];
        let saved = world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        let page = approved(story, &deploy).await;
        assert_eq!(world.circleci.approvals(&project).len() + world.circleci.approvals(elsewhere).len(), 0);
        assert_snapshot!(failure(&page, 1), @"nothing was done: acme/runs-elsewhere is not what people voted on any more: its repository was acme/runs-elsewhere and is acme/runs-elsewhere-2, its CircleCI project was gh/acme/runs-elsewhere and is gh/acme/runs-elsewhere-2. Deploy again to have it asked anew.");
    });
}

/// A pipeline of `revision` on `branch` whose workflow waits.
fn held(revision: &str, branch: &str) -> NewPipeline {
    let workflows = vec![("build-and-deploy".to_owned(), vec![NewJob::approval("hold")])];
    NewPipeline { revision: revision.to_owned(), branch: branch.to_owned(), workflows }
}

#[test]
fn a_pipeline_that_no_push_started_is_not_released() {
    tell("runs-api-pipeline", async |story| {
        let (ci, project) = (&story.world.circleci, story.project());
        let revision = story.push("Ana", "Take cards");
        ci.add_pipeline_by_api(&project, held(&revision, "main"));
        story.rules(&rule("votes_required: 1", APPROVE_BUILD));
        let deploy = story.deploys(&revision, "Staging").await;
        let page = approved(story, &deploy).await;
        assert_eq!(ci.approvals(&project).len(), 0);
        assert_snapshot!(plain(story, &failure(&page, 1), &[(&revision, "REVISION")]), @"nothing was approved: no push of REVISION started a pipeline of gh/acme/runs-api-pipeline, and only such a pipeline may be approved: pipeline 1 was started by a request to the API, and not by a push (CIRCLECI/pipelines/gh/acme/runs-api-pipeline/1).");

        // Beside the push's own pipeline it does no harm.
        let next = story.push("Ana", "Take cash");
        let (id, _) = ci.add_pipeline(&project, held(&next, "main"));
        ci.add_pipeline_by_api(&project, held(&next, "main"));
        let deploy = story.deploys(&next, "Staging").await;
        let page = approved(story, &deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(ci.approvals(&project)[0].pipeline_number, 2);
        let StepState::Succeeded { summary, .. } = &page.runs[0].steps[1].state else {
            panic!("not succeeded")
        };
        assert!(summary.contains(&id), "{summary}");
    });
}

#[test]
fn two_pipelines_of_one_revision_release_nothing() {
    tell("runs-two-pipelines", async |story| {
        let (ci, project) = (&story.world.circleci, story.project());
        let revision = story.push("Ana", "Take cards");
        ci.add_pipeline(&project, held(&revision, "main"));
        ci.add_pipeline(&project, held(&revision, "main"));
        story.rules(&rule("votes_required: 1", APPROVE_BUILD));
        let deploy = story.deploys(&revision, "Staging").await;
        let page = approved(story, &deploy).await;
        assert_eq!(ci.approvals(&project).len(), 0);
        let StepState::Running { note: Some(note), waits: true } = &page.runs[0].steps[1].state else {
            panic!("it waits")
        };
        assert_snapshot!(plain(story, note, &[(&revision, "REVISION")]), @"which pipeline is meant? 2 pipelines of gh/acme/runs-two-pipelines for REVISION have the workflow build-and-deploy: CIRCLECI/pipelines/gh/acme/runs-two-pipelines/2, CIRCLECI/pipelines/gh/acme/runs-two-pipelines/1. Cancel the workflow in all but one of them, and Signoff approves the job in the one that is left");
    });
}

#[test]
fn a_tag_goes_to_circleci_as_a_tag() {
    tell("runs-tag", async |story| {
        let (world, project) = (story.world, story.project());
        let revision = story.push("Ana", "Take cards");
        world.github.add_tag(&story.repository(), "v1.2.3", &revision);
        story.push("Ben", "Take cash");
        world.circleci.declare_refs(&project, &["main"], &["v1.2.3"]);
        story.rules(&rule("votes_required: 1", "trigger_build: {parameters: {deploy_prod: true}}"));
        let deploy = deploys_from(story, &revision, "v1.2.3").await;
        let page = approved(story, &deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let triggered = world.circleci.triggered(&project);
        assert_eq!(triggered.len(), 1);
        assert_eq!((triggered[0].branch.as_deref(), triggered[0].tag.as_deref()), (None, Some("v1.2.3")));
    });
}

#[test]
fn a_branch_and_a_tag_of_one_name_start_nothing() {
    tell("runs-ambiguous", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        let revision = story.push("Ana", "Take cards");
        github.add_tag(&repository, "main", &revision);
        story.rules(&rule("votes_required: 1", PROMOTE));
        let deploy = story.deploys(&revision, "Staging").await;
        let page = approved(story, &deploy).await;
        assert_eq!(github.dispatched(&repository).len(), 0);
        assert_snapshot!(failure(&page, 1), @"nothing was started: main is the name of a branch and of a tag. Name it `refs/heads/main` or `refs/tags/main` in the rule.");
    });
}
