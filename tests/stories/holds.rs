//! Holds that can't be released yet: what people approved waits for its pipeline, and for the jobs before its
//! job.

use insta::assert_snapshot;
use signoff_core::decision::Decision;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::freeze::Freeze;
use signoff_core::id::DeployId;
use signoff_core::run::{Status, StepState};
use signoff_local::circleci::{JobStatus, NewJob, NewPipeline};
use signoff_runtime::time::now;
use signoff_store::{Change, Page};
use system_tests::story::{Story, rule, tell};

const APPROVE_BUILD: &str = "auto_approve_build: 'build-and-deploy'";

/// A pipeline of `revision` whose job on hold comes after its tests.
fn with_tests(revision: &str) -> NewPipeline {
    let jobs = vec![NewJob::build("test"), NewJob::approval("hold").after("test")];
    let workflows = vec![("build-and-deploy".to_owned(), jobs)];
    NewPipeline { revision: revision.to_owned(), branch: "main".to_owned(), workflows }
}

/// Ana approves the deploy of `revision`; the deploy.
async fn approves(story: &Story, revision: &str) -> DeployId {
    let ana = story.person("Ana");
    story.new_rules(&rule("votes_required: 1", APPROVE_BUILD)).await;
    let deploy = story.deploys(revision, "Staging").await;
    let dialog = story.dialog().await;
    story.settled(&deploy).await;
    story.click(&ana, &dialog, "approve").await;
    deploy
}

/// Waits until the step after the approval waits; what is on record then.
async fn until_it_waits(story: &Story, deploy: &DeployId) -> Page {
    story
        .until("the step to wait", async || {
            let page = story.settled(deploy).await;
            matches!(page.runs[0].steps[1].state, StepState::Running { waits: true, .. }).then_some(page)
        })
        .await
}

fn step_of(page: &Page) -> &Effect {
    let is_step = |effect: &&Effect| matches!(effect.kind, EffectKind::RunStep { step: 1, .. });
    page.effects.iter().find(is_step).unwrap()
}

/// Lets the clock look again at the step that waits, until `is_done`.
async fn looks_again(story: &Story, deploy: &DeployId, is_done: impl Fn(&Page) -> bool) -> Page {
    let page = story.settled(deploy).await;
    story.pull_forward(step_of(&page)).await;
    story.world.tick().await;
    story
        .until("the step to be looked at again", async || {
            let page = story.settled(deploy).await;
            is_done(&page).then_some(page)
        })
        .await
}

#[test]
fn approved_hold_waits_for_the_tests_before_it() {
    tell("hold-tests", async |story| {
        let ci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        let (_, workflows) = ci.add_pipeline(&story.project(), with_tests(&revision));
        let deploy = approves(story, &revision).await;
        until_it_waits(story, &deploy).await;
        assert_eq!(ci.approvals(&story.project()).len(), 0);
        assert_snapshot!(story.sees(&story.person("Ana")), @"
        @Ana, would you like to promote REVISION - hold-tests (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ⏳ auto_approve_build: build-and-deploy is waiting: the job hold of the workflow build-and-deploy does not wait for approval yet.
        ");
        ci.end_running(&workflows[0], JobStatus::Success);
        let page = looks_again(story, &deploy, |page| page.runs[0].status == Status::Succeeded).await;
        assert_eq!(ci.approvals(&story.project()).len(), 1);
        assert_eq!(page.effects.iter().filter(|effect| effect.id == step_of(&page).id).count(), 1);
        assert_snapshot!(story.sees(&story.person("Ana")), @"
        @Ana, would you like to promote REVISION - hold-tests (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 1 (ID). Open
        ");
    });
}

/// Has a freeze of the whole day hold the approval of `page`, or none.
async fn freezes(story: &Story, page: &Page, is_frozen: bool) {
    let id = &page.approvals[0].id;
    let mut approval = story.world.store.approval(&page.deploy.id, id).await.unwrap().unwrap();
    let window = Freeze {
        name: "release day".to_owned(),
        days: Vec::new(),
        hours: None,
        dates: Vec::new(),
        time_zone: "UTC".to_owned(),
        break_glass: Vec::new(),
    };
    approval.frozen.windows = is_frozen.then_some(window).into_iter().collect();
    let change = Change::to(&page.deploy.id, now()).approval(Decision::new(approval));
    story.world.store.commit(change).await.unwrap();
}

#[test]
fn approved_hold_is_not_released_in_a_freeze() {
    tell("hold-freeze", async |story| {
        let ci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        let (_, workflows) = ci.add_pipeline(&story.project(), with_tests(&revision));
        let deploy = approves(story, &revision).await;
        let page = until_it_waits(story, &deploy).await;
        freezes(story, &page, true).await;
        ci.end_running(&workflows[0], JobStatus::Success);
        let note = |page: &Page| match &page.runs[0].steps[1].state {
            StepState::Running { note: Some(note), .. } => note.clone(),
            other => format!("{other:?}"),
        };
        let page = looks_again(story, &deploy, |page| note(page).contains("freeze")).await;
        assert!(note(&page).ends_with(": release day."), "{}", note(&page));
        let ana = story.person("Ana");
        let told = story
            .until("the thread to say that the freeze holds it", async || {
                let sees = story.sees(&ana);
                sees.contains("is approved, and nothing has run yet").then_some(sees)
            })
            .await;
        assert!(told.contains("Approved by @Ana."), "{told}");
        assert_eq!(ci.approvals(&story.project()).len(), 0);
        freezes(story, &page, false).await;
        looks_again(story, &deploy, |page| page.runs[0].status == Status::Succeeded).await;
        assert_eq!(ci.approvals(&story.project()).len(), 1);
    });
}

#[test]
fn approved_hold_waits_for_its_pipeline() {
    tell("hold-pipeline", async |story| {
        let ci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        let deploy = approves(story, &revision).await;
        let page = until_it_waits(story, &deploy).await;
        let StepState::Running { note: Some(note), .. } = &page.runs[0].steps[1].state else { panic!() };
        assert_snapshot!(note.replace(&revision[..7], "REVISION"), @"CircleCI has no pipeline of gh/acme/hold-pipeline for the revision REVISION yet. If none comes, check that CircleCI builds this repository");
        ci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
        looks_again(story, &deploy, |page| page.runs[0].status == Status::Succeeded).await;
        assert_eq!(ci.approvals(&story.project()).len(), 1);
    });
}

#[test]
fn cancelled_pipeline_answers_which_one_is_meant() {
    tell("hold-which", async |story| {
        let ci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        let held =
            || ci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
        let (first, second) = (held(), held());
        let deploy = approves(story, &revision).await;
        until_it_waits(story, &deploy).await;
        assert_eq!(ci.approvals(&story.project()).len(), 0);
        let ana = story.person("Ana");
        let asks = async || {
            let sees = story.sees(&ana);
            let (_, asked) = sees.split_once("and nothing has run yet: ")?;
            Some(asked.to_owned())
        };
        let asked = story.until("a message of its own to ask", asks).await;
        assert!(asked.contains("which pipeline is meant?") && asked.contains("Approved by @Ana."), "{asked}");
        ci.cancel(&second.workflow_id);
        looks_again(story, &deploy, |page| page.runs[0].status == Status::Succeeded).await;
        let approved = ci.approvals(&story.project());
        assert_eq!(
            approved.iter().map(|job| job.workflow_id.as_str()).collect::<Vec<_>>(),
            [&first.workflow_id]
        );
    });
}

#[test]
fn hold_that_never_comes_fails_after_a_day() {
    tell("hold-never", async |story| {
        let revision = story.push("Ana", "Take cards");
        let deploy = approves(story, &revision).await;
        let page = until_it_waits(story, &deploy).await;
        story.let_grow_old(step_of(&page)).await;
        looks_again(story, &deploy, |page| page.runs[0].status == Status::Stopped).await;
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 0);
        assert_snapshot!(story.sees(&story.person("Ana")), @"
        @Ana, would you like to promote REVISION - hold-never (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Approved, but build-and-deploy was not approved: Signoff waited for a day and gave up: CircleCI has no pipeline of gh/acme/hold-never for the revision REVISION yet. If none comes, check that CircleCI builds this repository.
        [… Ask again]

        ↳ ❌ auto_approve_build: build-and-deploy failed.

        ↳ ❌ auto_approve_build: build-and-deploy failed: Signoff waited for a day and gave up: CircleCI has no pipeline of gh/acme/hold-never for the revision REVISION yet. If none comes, check that CircleCI builds this repository.
          Approved by @Ana.
          Anyone in #hold-never can act on this. Only somebody who made none of the change can mark it as done.
          [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn overtaken_hold_is_not_released() {
    tell("hold-overtaken", async |story| {
        let (ci, ana) = (&story.world.circleci, story.person("Ana"));
        let older = story.push("Ana", "Take cards");
        let (_, workflows) = ci.add_pipeline(&story.project(), with_tests(&older));
        let first = approves(story, &older).await;
        until_it_waits(story, &first).await;
        let newer = story.push("Ben", "Take cash");
        ci.add_pipeline_on_hold(&story.project(), &newer, "main", "build-and-deploy", "hold");
        let second = story.deploys(&newer, "Staging").await;
        story.settled(&second).await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        let page = story
            .until("the newer deploy's step to end", async || {
                let page = story.settled(&second).await;
                matches!(page.runs[0].steps[1].state, StepState::Succeeded { .. } | StepState::Failed { .. })
                    .then_some(page)
            })
            .await;
        assert_eq!(page.runs[0].status, Status::Succeeded, "{:?}", page.runs[0].steps[1].state);
        ci.end_running(&workflows[0], JobStatus::Success);
        let page = looks_again(story, &first, |page| page.runs[0].status == Status::Stopped).await;
        assert_eq!(ci.approvals(&story.project()).len(), 1);
        let StepState::Failed { reason, .. } = &page.runs[0].steps[1].state else { panic!() };
        assert_snapshot!(reason.replace(&newer[..7], "REVISION"), @"nothing was done: REVISION was let through to the same place in the meantime. Deploy again to have it asked anew.");
    });
}

#[test]
fn channel_is_asked_which_pipeline_where_nobody_approves() {
    tell("hold-which-unasked", async |story| {
        let ci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        let held =
            || ci.add_pipeline_on_hold(&story.project(), &revision, "main", "build-and-deploy", "hold");
        held();
        held();
        story.rules(&format!(
            "rules:\n  - ships:\n      conditions: []\n      actions: [{{{APPROVE_BUILD}}}]\n"
        ));
        story.deploys(&revision, "Staging").await;
        let asked = async || story.problems().first().cloned();
        let asked = story.until("the channel to be asked", asked).await;
        assert!(asked.contains("waits for somebody: which pipeline is meant?"), "{asked}");
        assert_eq!(ci.approvals(&story.project()).len(), 0);
    });
}
