//! Builds whose start was not answered: what a search finds may be another step's, or somebody else's.

use aws_sdk_dynamodb::types::AttributeValue;
use signoff_core::effect::{Effect, EffectKind, EffectState, backoff};
use signoff_core::id::DeployId;
use signoff_core::run::{Run, StepState};
use signoff_local::circleci::NewPipeline;
use signoff_local::fault::{Fault, FaultKind, Hold};
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};

const BUILDS: &str = "trigger_build: {parameters: {name: deploy.yml}}";
/// The number of attempts after which an attempt that finds nothing asks once more.
const ASKS_AGAIN: u32 = 6;
/// The number of attempts after which the next one is the last.
const LAST: u32 = 7;

/// Two rules that start one workflow, each with an approval of its own.
fn two_rules() -> String {
    let one = |region: &str| {
        format!(
            "  - promote-{region}:\n      conditions:\n        - environment='Staging'\n      actions:\n        - \
             slack_channel_approval: {{name: 'Promote {region}', channel: '#CHANNEL', votes_required: 1, on_success: \
             [{{trigger_build: {{parameters: {{name: deploy.yml, region: {region}}}}}}}]}}\n"
        )
    };
    format!("rules:\n{}{}", one("eu"), one("us"))
}

fn run_of<'p>(page: &'p Page, region: &str) -> &'p Run {
    page.runs.iter().find(|run| run.rule == format!("promote-{region}")).unwrap()
}

/// Approves what the rule for `region` asks.
async fn approves(story: &Story, deploy: &DeployId, region: &str) {
    let page = story.settled(deploy).await;
    let run = run_of(&page, region).id.clone();
    let dialog = page.approvals.iter().find(|approval| approval.run == run).unwrap().dialog.clone().unwrap();
    story.click(&story.person("Ana"), &dialog.ts, "approve").await;
}

/// Waits until requests for a build are on record of `number` effects.
async fn asked(story: &Story, deploy: &DeployId, number: usize) {
    let are_asked = async || {
        let page = story.page(deploy).await;
        let asked = page.effects.iter().filter(|effect| effect.asked.is_some());
        (asked.count() == number).then_some(())
    };
    story.until("builds to be asked for", are_asked).await;
}

/// Has the next attempt at step number 1 of `run` (of any run, if there is none) come at once and be number
/// `attempts` + 1, once an answer to it was lost.
async fn attempted(story: &Story, deploy: &DeployId, of: Option<&Run>, attempts: u32) {
    let lost = story.until("an answer to be lost", async || {
        let effects = story.page(deploy).await.effects;
        let lost = effects.into_iter().find(|effect| {
            let is_its = match &effect.kind {
                EffectKind::RunStep { run, step: 1 } | EffectKind::RetryStep { run, step: 1, .. } => {
                    of.is_none_or(|of| of.id == *run)
                }
                _ => false,
            };
            // A lease ends at the clock's turn, and a wait before it.
            is_its && effect.state == EffectState::Started && effect.due_at > effect.not_before
        })?;
        let_attempts_pass(story, &lost, attempts).await.then_some(lost)
    });
    story.reveal(&lost.await);
    story.world.tick().await;
}

/// Makes the row of `effect` as it is once the wait after attempt number `attempts` is over. False: an
/// attempt began in the meantime.
async fn let_attempts_pass(story: &Story, effect: &Effect, attempts: u32) -> bool {
    let key = |kind: &str, id: &str| AttributeValue::S(format!("{kind}#{id}"));
    let number = |attempts: u32| AttributeValue::N(attempts.to_string());
    let update = story.world.dynamodb.update_item().table_name(&story.world.record_table);
    let update = update.key("pk", key("deploy", effect.deploy.as_str()));
    let update = update.key("sk", key("effect", effect.id.as_str()));
    let update = update
        .update_expression("SET attempts = :attempts, backoff = :wait, not_before = :past, due_at = :past");
    let update = update.condition_expression("attempts = :seen");
    let update = update.expression_attribute_values(":attempts", number(attempts));
    let wait = backoff(attempts, None).to_string();
    let update = update.expression_attribute_values(":wait", AttributeValue::S(wait));
    let past = "2026-01-01T00:00:00.000000Z".to_owned();
    let update = update.expression_attribute_values(":past", AttributeValue::S(past));
    let passed = update.expression_attribute_values(":seen", number(effect.attempts)).send().await;
    match passed {
        Ok(_) => true,
        Err(error) => {
            let error = error.into_service_error();
            assert!(error.is_conditional_check_failed_exception(), "{error:?}");
            false
        }
    }
}

/// The page of the build that step number 1 of `run` started, or else its state.
fn started(run: &Run) -> String {
    let state = &run.steps[1].state;
    let StepState::Succeeded { url: Some(url), .. } = state else { return format!("{state:?}") };
    url.clone()
}

/// The reason why nobody knows whether step number 1 of `run` happened; `None`: it is known.
fn doubt(run: &Run) -> Option<String> {
    let StepState::Unknown { reason, .. } = &run.steps[1].state else { return None };
    Some(reason.clone())
}

#[test]
fn lost_start_takes_no_other_steps_run() {
    tell("lost-of-two-rules", async |story| {
        let github = &story.world.github;
        let revision = story.push("Ana", "Take cards");
        github.add_workflow(&story.repository(), "deploy.yml");
        story.rules(&two_rules());
        let never = Fault::once("lost-of-two-rules/actions/workflows", FaultKind::DropBeforeHandling);
        github.faults().push(never.with_body("\"us\""));
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        approves(story, &deploy, "eu").await;
        approves(story, &deploy, "us").await;
        let page = story.page(&deploy).await;
        attempted(story, &deploy, Some(run_of(&page, "us")), ASKS_AGAIN).await;
        let page = story.settled(&deploy).await;
        let dispatched = github.dispatched(&story.repository());
        assert_eq!(dispatched.len(), 2, "{dispatched:?}");
        for run in dispatched {
            let region = run.inputs["region"].as_str().unwrap();
            let url = started(run_of(&page, region));
            assert!(url.ends_with(&format!("/{}", run.run_id)), "{region}: {url}");
        }
    });
}

#[test]
fn run_of_one_of_two_lost_starts_asks_a_person() {
    tell("lost-both", async |story| {
        let github = &story.world.github;
        let revision = story.push("Ana", "Take cards");
        github.add_workflow(&story.repository(), "deploy.yml");
        story.rules(&two_rules());
        for (region, kind) in [("eu", FaultKind::DropAfterHandling), ("us", FaultKind::DropBeforeHandling)] {
            let lost = Fault::once("lost-both/actions/workflows", kind);
            github.faults().push(lost.with_body(&format!("\"{region}\"")));
        }
        let hold = Hold::default();
        let looks = "lost-both/actions/workflows/deploy.yml/runs";
        github.faults().push(Fault::once(looks, FaultKind::Hold(hold.clone())));
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        let approves = async |region: &str| {
            let run = run_of(&page, region).id.clone();
            let approval = page.approvals.iter().find(|approval| approval.run == run).unwrap();
            story.click(&story.person("Ana"), &approval.dialog.clone().unwrap().ts, "approve").await;
        };
        approves("eu").await;
        // The second start is asked for while the first one's run is looked for.
        hold.reached().await;
        approves("us").await;
        asked(story, &deploy, 2).await;
        hold.release();
        for region in ["eu", "us"] {
            attempted(story, &deploy, Some(run_of(&page, region)), LAST).await;
        }
        let page = story.settled(&deploy).await;
        let only = github.dispatched(&story.repository());
        assert_eq!(only.len(), 1);
        for region in ["eu", "us"] {
            let told = doubt(run_of(&page, region)).unwrap();
            assert!(told.contains(&format!("/{}", only[0].run_id)), "{region}: {told}");
        }
        // Somebody looked: the one for the US is not there.
        let run = run_of(&page, "us");
        let approval = page.approvals.iter().find(|approval| approval.run == run.id).unwrap();
        let failure = story.failure(&approval.dialog.clone().unwrap().ts).await;
        story.click(&story.person("Ana"), &failure, "retry").await;
        attempted(story, &deploy, Some(run), ASKS_AGAIN).await;
        let page = story.settled(&deploy).await;
        let dispatched = github.dispatched(&story.repository());
        assert_eq!(dispatched.len(), 2);
        assert_eq!(dispatched[1].inputs["region"], "us");
        let url = started(run_of(&page, "us"));
        assert!(url.ends_with(&format!("/{}", dispatched[1].run_id)), "{url}");
    });
}

#[test]
fn retry_leaves_a_strangers_run_alone() {
    tell("lost-stranger", async |story| {
        let (github, ana) = (&story.world.github, story.person("Ana"));
        let revision = story.push("Ana", "Take cards");
        github.add_workflow(&story.repository(), "deploy.yml");
        story.rules(&rule("votes_required: 1", BUILDS));
        let never = Fault::once("lost-stranger/actions/workflows", FaultKind::DropBeforeHandling);
        github.faults().push(never);
        let refused = FaultKind::status(403, "{\"message\": \"Resource not accessible\"}");
        github
            .faults()
            .push(Fault::once("GET /repos/acme/lost-stranger/actions/workflows/deploy.yml/runs", refused));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        attempted(story, &deploy, None, LAST).await;
        let page = story.settled(&deploy).await;
        assert!(doubt(&page.runs[0]).is_some());
        let carl = story.author("Carlo");
        let foreign = github.add_run(&story.repository(), &revision, &carl, &carl);
        story.click(&ana, &story.failure(&dialog).await, "retry").await;
        attempted(story, &deploy, None, LAST).await;
        let told = doubt(&story.settled(&deploy).await.runs[0]).unwrap();
        assert!(told.contains(&format!("/{foreign}")), "{told}");
        // Somebody looked: it is Carlo's.
        story.click(&ana, &story.failure(&dialog).await, "retry").await;
        attempted(story, &deploy, None, ASKS_AGAIN).await;
        let page = story.settled(&deploy).await;
        assert_eq!(github.cancelled(&story.repository()), Vec::<u64>::new());
        let url = started(&page.runs[0]);
        assert!(!url.ends_with(&format!("/{foreign}")), "{url}");
        assert_eq!(github.dispatched(&story.repository()).len(), 2);
    });
}

#[test]
fn found_pipeline_of_another_commit_is_not_cancelled() {
    tell("lost-pipeline", async |story| {
        let circleci = &story.world.circleci;
        let other = story.push("Eve", "Take everything");
        let revision = story.push("Ana", "Take cards");
        story.rules(&rule("votes_required: 1", "trigger_build"));
        let never = "POST /api/v2/project/gh/acme/lost-pipeline/pipeline";
        circleci.faults().push(Fault::once(never, FaultKind::DropBeforeHandling));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&story.person("Ana"), &dialog, "approve").await;
        asked(story, &deploy, 1).await;
        let branch = "main".to_owned();
        let nightly = NewPipeline { revision: other, branch, workflows: Vec::new() };
        circleci.add_pipeline_by_api(&story.project(), nightly);
        attempted(story, &deploy, None, LAST).await;
        let page = story.settled(&deploy).await;
        let told = doubt(&page.runs[0]).unwrap();
        assert!(told.contains("may be somebody else's"), "{told}");
        assert_eq!(circleci.cancelled(&story.project()), Vec::<String>::new());
    });
}
