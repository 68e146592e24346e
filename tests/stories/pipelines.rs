//! Pipelines that were started, and whose reading or cancelling fails for a while.

use insta::assert_snapshot;
use reqwest::StatusCode;
use serde_json::json;
use signoff_core::effect::MAX_ATTEMPTS;
use signoff_core::git_ref::GitRef;
use signoff_core::id::DeployId;
use signoff_core::policy::PolicyFile;
use signoff_core::run::{Status, StepState};
use signoff_local::circleci::{JobStatus, NewPipeline};
use signoff_local::fault::{Fault, FaultKind, Hold};
use signoff_store::Change;
use system_tests::story::{Story, rule, tell, tell_with_policy};
use system_tests::world::{API_KEY, POLICY_REPOSITORY};

/// The id of the pipeline definition of a project of CircleCI's GitHub App.
const DEFINITION: &str = "2338d0ae-5541-4bbf-88a2-55e9f7281f80";

#[test]
fn pipeline_that_is_not_listed_yet_is_not_started_again() {
    tell("ci-appears-late", async |story| {
        let circleci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let ana = story.person("Ana");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let lost = Fault::once(
            "POST /api/v2/project/gh/acme/ci-appears-late/pipeline",
            FaultKind::DropBeforeHandling,
        );
        circleci.faults().push(lost);
        story.click(&ana, &dialog, "approve").await;
        story
            .until("a look at the list before CircleCI shows the pipeline", async || {
                let effects = story.page(&deploy).await.effects;
                let looked = |note: &String| note.contains("shows no pipeline of it yet");
                effects.iter().any(|effect| effect.note.as_ref().is_some_and(looked)).then_some(())
            })
            .await;
        // CircleCI may still be handling the first request.
        assert_eq!(circleci.triggered(&story.project()), [], "it was asked for once more");
    });
}

#[test]
fn pipeline_whose_read_is_lost_is_read_again_by_its_id() {
    tell("ci-read-lost", async |story| {
        let circleci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let ana = story.person("Ana");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let hold = Hold::default();
        let held = "POST /api/v2/project/gh/acme/ci-read-lost/pipeline";
        circleci.faults().push(Fault::once(held, FaultKind::Hold(hold.clone())));
        story.click(&ana, &dialog, "approve").await;
        hold.reached().await;
        // Another pipeline like it: a search could not tell the two apart.
        let branch = "main".to_owned();
        let other = NewPipeline { revision: revision.clone(), branch, workflows: Vec::new() };
        circleci.add_pipeline_by_api(&story.project(), other);
        let triggered = circleci.triggered(&story.project());
        let read = format!("GET /api/v2/pipeline/{}", triggered[0].pipeline_id);
        circleci.faults().push(Fault::once(&read, FaultKind::status(503, "{}")));
        hold.release();
        let page = story.settled(&deploy).await;
        let StepState::Succeeded { url, .. } = &page.runs[0].steps[1].state else { panic!("not succeeded") };
        let number = format!("/{}", triggered[0].number);
        assert!(url.as_ref().is_some_and(|url| url.ends_with(&number)), "{url:?}");
        assert_eq!(circleci.triggered(&story.project()).len(), 1);
        let missed = circleci.faults().waiting();
        assert!(!missed.iter().any(|fault| fault.method_and_path_contains == read), "{missed:?}");
    });
}

#[test]
fn rate_limit_does_not_end_the_look_at_a_pipeline() {
    tell("ci-read-limited", async |story| {
        let circleci = &story.world.circleci;
        let revision = story.push("Ana", "Take cards");
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let ben = story.person("Ben");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let hold = Hold::default();
        let held = "POST /api/v2/project/gh/acme/ci-read-limited/pipeline";
        circleci.faults().push(Fault::once(held, FaultKind::Hold(hold.clone())));
        story.click(&ben, &dialog, "approve").await;
        hold.reached().await;
        let read = format!("GET /api/v2/pipeline/{}", circleci.triggered(&story.project())[0].pipeline_id);
        // More often than anything else is tried.
        let limited = Fault::once(&read, FaultKind::rate_limited(1)).times(MAX_ATTEMPTS + 1);
        circleci.faults().push(limited);
        hold.release();
        let page = story.settled(&deploy).await;
        let step = &page.runs[0].steps[1].state;
        assert!(matches!(step, StepState::Succeeded { .. }), "{step:?}");
        assert_eq!(circleci.triggered(&story.project()).len(), 1);
    });
}

#[test]
fn build_that_nobody_is_asked_about_waits_and_is_told() {
    tell("ci-unasked-limited", async |story| {
        let circleci = &story.world.circleci;
        story.rules(
            "rules:\n  - ship:\n      conditions: [environment='Staging']\n      actions: [trigger_build]\n",
        );
        let path = "POST /api/v2/project/gh/acme/ci-unasked-limited/pipeline";
        for seconds in [60, 1] {
            circleci.faults().push(Fault::once(path, FaultKind::rate_limited(seconds)));
        }
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let told = async || story.problems().first().cloned();
        assert_snapshot!(story.until("the wait to be told", told).await, @"⏳ Rule ship for REVISION - ci-unasked-limited (Staging): trigger_build: CircleCI pipeline is done later: CircleCI asks us to slow down while triggering a pipeline of gh/acme/ci-unasked-limited on main. Nothing is lost. Signoff keeps trying.");
        let ended = async || {
            let page = story.page(&deploy).await;
            page.runs.iter().all(|run| run.status != Status::Running).then_some(page)
        };
        let page = story.until("the build to be started", ended).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.problems().len(), 1, "{:?}", story.problems());
    });
}

#[test]
fn started_pipeline_is_checked_under_a_stricter_policy() {
    tell_with_policy("ci-policy-came", async |story| {
        let (world, circleci) = (story.world, &story.world.circleci);
        let owners = format!("owners:\n  - {}\n  - {}\n", story.email("Owen"), story.email("Olga"));
        let loose = format!("{owners}default: {{}}\n");
        world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &loose);
        let revision = story.push("Ana", "Take cards");
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let ben = story.person("Ben");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let hold = Hold::default();
        let held = "POST /api/v2/project/gh/acme/ci-policy-came/pipeline";
        circleci.faults().push(Fault::once(held, FaultKind::Hold(hold.clone())));
        story.click(&ben, &dialog, "approve").await;
        hold.reached().await;
        // The pipeline is started, what it is of is not known yet, and another policy comes into force.
        let read = format!("GET /api/v2/pipeline/{}", circleci.triggered(&story.project())[0].pipeline_id);
        circleci.faults().push(Fault::once(&read, FaultKind::status(503, "{}")));
        let mut policy = world.store.policy().await.unwrap().unwrap();
        let text = format!("{owners}default:\n  votes_required: 2\n");
        policy.in_force.as_mut().unwrap().file =
            PolicyFile { repository: POLICY_REPOSITORY.to_owned(), hash: "stricter".to_owned(), text };
        let stricter = Change::to(&deploy, signoff_runtime::time::now()).policy(policy);
        world.store.commit(stricter).await.unwrap();
        hold.release();
        let page = story.settled(&deploy).await;
        let step = &page.runs[0].steps[1].state;
        assert!(matches!(step, StepState::Succeeded { .. }), "{step:?}\n{}", story.sees(&ben));
        assert!(!story.sees(&ben).contains("nothing has run yet"), "{}", story.sees(&ben));
        assert_eq!(circleci.triggered(&story.project()).len(), 1);
    });
}

#[test]
fn pipeline_without_workflows_is_cancelled_once_it_has_some() {
    tell("ci-cancel-late", async |story| {
        let (github, circleci) = (&story.world.github, &story.world.circleci);
        let revision = story.push("Ana", "Take cards");
        let other = story.push("Eve", "Take everything");
        github.move_branch(&story.repository(), "main", &revision);
        github.move_before_dispatch(&story.repository(), "main", &other);
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let ana = story.person("Ana");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        let hold = Hold::default();
        let held = "POST /api/v2/project/gh/acme/ci-cancel-late/pipeline";
        circleci.faults().push(Fault::once(held, FaultKind::Hold(hold.clone())));
        story.click(&ana, &dialog, "approve").await;
        hold.reached().await;
        let pipeline = circleci.triggered(&story.project())[0].pipeline_id.clone();
        let none = FaultKind::status(200, r#"{"items": [], "next_page_token": null}"#);
        circleci.faults().push(Fault::once(&format!("GET /api/v2/pipeline/{pipeline}/workflow"), none));
        hold.release();
        let page = story.settled(&deploy).await;
        assert_eq!(circleci.cancelled(&story.project()), [pipeline]);
        assert_eq!(circleci.triggered(&story.project()).len(), 1);
        let told = format!("{:?}", page.runs[0].steps[1].state);
        assert!(told.contains("Signoff cancelled it; it may have acted before"), "{told}");
    });
}

/// An admin saves the project and its pipeline definition, over the settings that were saved `version` times.
async fn saves(story: &Story, project: &str, definition: &str, version: &str) -> StatusCode {
    let url = format!("{}/deployments/acme/{}/edit", story.world.front.url(), story.name);
    let fields = [
        ("repository", story.repository()),
        ("channel", format!("#{}", story.name)),
        ("circleci_project", project.to_owned()),
        ("circleci_definition", definition.to_owned()),
        ("git_host", "github".to_owned()),
        ("version", version.to_owned()),
    ];
    story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap().status()
}

#[test]
fn project_of_the_github_app_is_built_by_its_definition() {
    tell("ci-app", async |story| {
        let circleci = &story.world.circleci;
        let project = "circleci/43G3lM5RtfFE7v5sa4nWAU/44n9wujWcTnVZ2b5S8Fnat";
        circleci.add_project_of_app(project, &story.repository(), DEFINITION);
        let action = "trigger_build: {parameters: {deploy_prod: true}}";
        let ben = story.person("Ben");
        story.rules(&rule("votes_required: 1", action));
        let built = async || {
            let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
            let dialog = story
                .until("the dialog of this deploy", async || {
                    story.page(&deploy).await.approvals.first()?.dialog.clone()
                })
                .await;
            story.click(&ben, &dialog.ts, "approve").await;
            story.settled(&deploy).await
        };
        assert_eq!(saves(story, project, "build", "0").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(saves(story, project, "", "0").await, StatusCode::SEE_OTHER);
        let page = built().await;
        let told = format!("{:?}", page.runs[0].steps[1].state);
        assert!(told.contains("enter its id in the deployment's settings"), "{told}");
        assert_eq!(saves(story, project, DEFINITION, "1").await, StatusCode::SEE_OTHER);
        let lost = format!("POST /api/v2/project/{project}/pipeline/run");
        circleci.faults().push(Fault::once(&lost, FaultKind::DropAfterHandling));
        let page = built().await;
        assert_eq!(page.runs[0].status, Status::Succeeded, "{:?}", page.runs[0].steps[1].state);
        let line = &page.approvals[0].subject.acts[0].line;
        assert_eq!(
            *line,
            format!(
                "Starts a pipeline of {project} by the definition {DEFINITION} on main with deploy_prod=true"
            )
        );
        let triggered = circleci.triggered(project);
        assert_eq!(triggered.len(), 1);
        assert_eq!(triggered[0].branch.as_deref(), Some("main"));
        assert_eq!(triggered[0].parameters["deploy_prod"], true);
    });
}

#[test]
fn project_of_another_repository_is_not_released() {
    tell("ci-app-theirs", async |story| {
        let circleci = &story.world.circleci;
        let project = "circleci/43G3lM5RtfFE7v5sa4nWAU/9n9wujWcTnVZ2b5S8Fncu";
        circleci.add_project_of_app(project, &story.repository(), DEFINITION);
        assert_eq!(saves(story, project, DEFINITION, "0").await, StatusCode::SEE_OTHER);
        let begin = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
        story.settled(&begin).await;
        let other = Story::begin(story.world, "ci-app-theirs-2");
        assert_eq!(saves(&other, project, DEFINITION, "0").await, StatusCode::SEE_OTHER);
        other.rules("rules:\n  - ship:\n      actions: [{auto_approve_build: build}]\n");
        let revision = other.push("Ana", "Take cards");
        let hold = circleci.add_pipeline_on_hold(project, &revision, "main", "build", "hold");
        let released = async |deploy: &DeployId| {
            let page = other.settled(deploy).await;
            (circleci.job_status(&hold.workflow_id, "hold"), format!("{:?}", page.runs[0].steps[0].state))
        };
        let deploy = other.deploys(&revision, "Staging").await;
        let (status, told) = released(&deploy).await;
        assert_ne!(status, Some(JobStatus::Success));
        assert!(told.contains("is that of acme/ci-app-theirs, which has another repository"), "{told}");
        // Once the first one has another project, it is the other one's.
        assert_eq!(saves(story, &story.project(), "", "1").await, StatusCode::SEE_OTHER);
        let deploy = other.deploys(&revision, "Production").await;
        assert_eq!(released(&deploy).await.0, Some(JobStatus::Success));
    });
}

#[test]
fn job_of_a_github_app_pipeline_is_released() {
    tell("ci-app-hold", async |story| {
        let circleci = &story.world.circleci;
        let project = "circleci/43G3lM5RtfFE7v5sa4nWAU/7n9wujWcTnVZ2b5S8Fnbu";
        circleci.add_project_of_app(project, &story.repository(), DEFINITION);
        assert_eq!(saves(story, project, DEFINITION, "0").await, StatusCode::SEE_OTHER);
        let revision = story.push("Ana", "Take cards");
        let hold = circleci.add_pipeline_on_hold(project, &revision, "main", "build", "hold");
        // Anybody who can push can tag the same revision, and the job may do more in a build of a tag.
        let tags =
            ["main", "x"].map(|tag| circleci.add_tag_on_hold(project, &revision, tag, "build", "hold"));
        story.rules(&rule("votes_required: 1", "auto_approve_build: build"));
        let ben = story.person("Ben");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog =
            story.dialog_of(&format!("Releases the job that build in {project} holds on main")).await;
        story.click(&ben, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded, "{:?}", page.runs[0].steps[1].state);
        assert_eq!(circleci.job_status(&hold.workflow_id, "hold"), Some(JobStatus::Success));
        for tag in tags {
            assert_eq!(circleci.job_status(&tag.workflow_id, "hold"), Some(JobStatus::OnHold));
        }
    });
}

#[test]
fn tag_in_full_goes_to_circleci_as_a_tag() {
    tell("ci-tag-in-full", async |story| {
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let (ana, github) = (story.person("Ana"), &story.world.github);
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        // Named as the branch, or in place of the commit; the default branch has moved on.
        for (tag, named) in [("v1", "branch"), ("v2", "sha")] {
            let revision = story.push("Ana", &format!("Release {tag}"));
            github.add_tag(&story.repository(), tag, &revision);
            story.push("Ana", "Go on");
            let mut body = json!({"sha": revision, "environment": "Staging"});
            body[named] = json!(format!("refs/tags/{tag}"));
            let answer = story.post(&path, &body).await;
            assert_eq!(answer.status(), 200, "{tag}");
            let deploy = story.deploy_id(body["sha"].as_str().unwrap(), "Staging");
            let page = story.settled(&deploy).await;
            assert_eq!(page.deploy.reading.built_on, Some(GitRef::tag(tag)));
            let dialog = page.approvals[0].dialog.clone().unwrap().ts;
            story.click(&ana, &dialog, "approve").await;
            let page = story.settled(&deploy).await;
            assert_eq!(page.runs[0].status, Status::Succeeded, "{tag}: {:?}", page.runs[0].steps);
            let triggered = story.world.circleci.triggered(&story.project());
            let newest = triggered.last().unwrap();
            assert_eq!((newest.tag.as_deref(), newest.branch.as_deref()), (Some(tag), None));
        }
    });
}
