//! Pipelines that were started, and whose reading or cancelling fails for a while.

use approval::run::StepState;
use signoff_local::circleci::NewPipeline;
use signoff_local::fault::{Fault, FaultKind, Hold};
use system_tests::story::{rule, tell};

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
