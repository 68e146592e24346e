//! Rules that ask twice: what may come between the two approvals, and what it does to the second one.

use reqwest::StatusCode;
use serde_json::json;
use signoff_core::approval::{Approval, Closed, Status};
use signoff_core::effect::EffectKind;
use signoff_core::id::DeployId;
use signoff_core::run::{self, Run, StepState};
use signoff_local::circleci::{NewJob, NewPipeline};
use signoff_local::fault::{Fault, FaultKind};
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, tell};

/// Two rules that ask about deploys with the tag `#ask`, release a build and ask again. A newer deploy closes
/// the approvals of the first one alone.
fn asks_twice() -> String {
    let rule = |name: &str, supersede: bool| {
        format!(
            "  - {name}:\n      conditions: [\"environment='Staging'\", \"tags='#ask'\"]\n      actions:\n        \
             - slack_channel_approval:\n            name: First of {name}\n            channel: '#CHANNEL'\n            \
             supersede: {supersede}\n            on_success:\n              \
             - {{auto_approve_build: {name}, on_failure: continue}}\n              \
             - slack_channel_approval: {{name: Second of {name}, channel: '#CHANNEL', supersede: {supersede}, \
             on_success: [{{webhook: 'https://example.com'}}]}}\n"
        )
    };
    format!("rules:\n{}{}", rule("usual", true), rule("kept", false))
}

/// Two approvals for production that ask for four eyes, with `between` before the second one, which lets
/// `last` run.
fn asks_for_production(between: &str, last: &str) -> String {
    let spec = "channel: '#CHANNEL', self_approval: false";
    format!(
        "rules:\n  - promote:\n      promotes_to: Production\n      actions:\n        \
         - slack_channel_approval: {{name: First, {spec}, on_success: [{between}{{slack_channel_approval: \
         {{name: Second, {spec}, on_success: [{last}]}}}}]}}\n"
    )
}

fn of_name<'a>(page: &'a Page, name: &str) -> Option<&'a Approval> {
    page.approvals.iter().find(|approval| approval.name == name)
}

/// `person` votes for the approval `name` of a deploy once it is there; what is on record when all of that is
/// done.
async fn approves(story: &Story, person: &str, deploy: &DeployId, name: &str) -> Page {
    let dialog = story
        .until("the approval to be shown", async || {
            let page = story.settled(deploy).await;
            of_name(&page, name)?.dialog.clone().map(|dialog| dialog.ts)
        })
        .await;
    story.click(person, &dialog, "approve").await;
    story.settled(deploy).await
}

/// A deploy of `revision` that both rules ask about, whose first approvals are approved and whose builds are
/// waited for.
async fn asked_once(story: &Story, person: &str, revision: &str) -> DeployId {
    let body = json!({"sha": revision, "environment": "Staging", "tags": "#ask"});
    let register = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    assert_eq!(story.post(&register, &body).await.status(), StatusCode::OK);
    let deploy = story.deploy_id(revision, "Staging");
    for name in ["First of usual", "First of kept"] {
        approves(story, person, &deploy, name).await;
    }
    deploy
}

/// Lets the clock look again at the builds that are waited for, until each run asked again or stopped.
async fn goes_on(story: &Story, deploy: &DeployId) -> Page {
    let waits = |run: &Run| matches!(run.steps[1].state, StepState::Running { waits: true, .. });
    let page = story
        .until("the builds to be waited for", async || {
            let page = story.settled(deploy).await;
            page.runs.iter().all(waits).then_some(page)
        })
        .await;
    wakes(story, &page, 1).await;
    let is_over = |run: &Run| match run.steps[2].state {
        StepState::Asking { .. } | StepState::Failed { .. } | StepState::Skipped => true,
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Succeeded { .. }
        | StepState::Unknown { .. }
        | StepState::SkippedByHand { .. } => false,
    };
    story
        .until("the runs to go on", async || {
            let page = story.settled(deploy).await;
            page.runs.iter().all(is_over).then_some(page)
        })
        .await
}

/// Has the clock look at the step number `waiting` of each run of a deploy.
async fn wakes(story: &Story, page: &Page, waiting: usize) {
    for effect in &page.effects {
        if matches!(effect.kind, EffectKind::RunStep { step, .. } if step == waiting) {
            story.pull_forward(effect).await;
        }
    }
    story.world.tick().await;
}

/// The reason for which step number `step` of the run of a rule failed; `None`: it did not.
fn failure(page: &Page, rule: &str, step: usize) -> Option<String> {
    let run = page.runs.iter().find(|run| run.rule == rule).unwrap();
    run.steps[step].failure().map(|(_, reason)| reason.to_owned())
}

#[test]
fn second_approval_opens_while_its_deploy_stands() {
    tell("sequel-gone", async |story| {
        let ana = story.person("Ana");
        story.rules(&asks_twice());
        let releases = |revision: &str| {
            for build in ["usual", "kept"] {
                let ci = &story.world.circleci;
                ci.add_pipeline_on_hold(&story.project(), revision, "main", build, "hold");
            }
        };
        let [a, b, c, d] = ["A", "B", "C", "D"].map(|message| story.push("Ana", message));
        // B comes in between: it is asked about by no rule.
        let first = asked_once(story, &ana, &a).await;
        let second = story.deploys(&b, "Staging").await;
        story.settled(&second).await;
        releases(&a);
        let page = goes_on(story, &first).await;
        let gone = format!(
            "the deploy no longer stands in Staging: {} was deployed there since. Deploy it again to have it asked anew.",
            &b[..7]
        );
        assert_eq!(failure(&page, "usual", 2), Some(gone));
        assert_eq!(of_name(&page, "Second of usual"), None);
        assert!(of_name(&page, "Second of kept").is_some_and(|approval| approval.status.is_open()));
        // C is rolled back to B, and then D is deployed.
        let third = asked_once(story, &ana, &c).await;
        assert_eq!(story.register(&b, "Staging").await.status(), StatusCode::OK);
        let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
        let stands = async |revision: &str| {
            let newest = story.world.store.newest_in(&slug, "Staging").await.unwrap();
            newest.filter(|newest| newest.revision == revision).map(|newest| newest.id)
        };
        let back = story.until("B to stand there again", async || stands(&b).await).await;
        story.settled(&back).await;
        let last = story.deploys(&d, "Staging").await;
        story.settled(&last).await;
        releases(&c);
        let page = goes_on(story, &third).await;
        for rule in ["usual", "kept"] {
            let [held, asks] = [1, 2].map(|step| failure(&page, rule, step).unwrap());
            let title = format!("{} - {} (Staging)", &b[..7], story.name);
            let anew = "Deploy again to have it asked anew";
            assert_eq!(
                held,
                format!("nothing was done: {title} rolled Staging back in the meantime. {anew}.")
            );
            assert_eq!(
                asks,
                format!(
                    "the deploy no longer stands in Staging: {title} rolled it back. Deploy it again to have it asked anew."
                )
            );
            assert_eq!(of_name(&page, &format!("Second of {rule}")), None);
        }
    });
}

/// Two deploys for production, the later one of which has Ben's commit too: of `Staging` and of `Canary`.
async fn two_deploys(story: &Story) -> (String, DeployId, DeployId) {
    let base = story.push("Ana", "Begin");
    let (first, second) = (story.push("Ana", "Take cards"), story.push("Ben", "Take vouchers"));
    let one = story.deploys(&first, "Staging").await;
    story.sets_base(&one, &base).await;
    let two = story.deploys(&second, "Canary").await;
    (first, one, two)
}

/// The run of a deploy stopped, as `revision` was let through to its place, and can be asked again for.
fn stopped_by(page: &Page, revision: &str) {
    let run = &page.runs[0];
    assert_eq!(run.status, run::Status::Stopped);
    run.may_ask_again(of_name(page, "First").unwrap()).unwrap();
    let told = format!("{:?}", run.steps);
    let short = &revision[..7];
    let words = format!(
        "{short} was approved for the same place after \u{201c}First\u{201d} was, so its voters saw another change. Ask again"
    );
    assert!(told.contains(&words), "{told}");
}

#[test]
fn earlier_votes_fall_where_the_base_moved_before_the_last() {
    tell("sequel-moved", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [chiara, dan] = ["Chiara", "Dan"].map(|name| story.person(name));
        let [_, _] = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&asks_for_production("", &format!("{{webhook: '{}/hook'}}", receiver.url())));
        let (first, one, two) = two_deploys(story).await;
        approves(story, &chiara, &two, "First").await;
        story.settled(&two).await;
        for (person, name) in [(&chiara, "First"), (&dan, "Second")] {
            approves(story, person, &one, name).await;
        }
        story
            .until("the other range to start there", async || {
                let page = story.settled(&two).await;
                let judged = of_name(&page, "Second")?.electorate.judged.clone()?;
                (judged.base == first).then_some(())
            })
            .await;
        let page = approves(story, &dan, &two, "Second").await;
        let status = &of_name(&page, "Second").unwrap().status;
        assert!(matches!(status, Status::Closed(Closed::Cancelled { .. })), "{status:?}");
        stopped_by(&page, &first);
        assert_eq!(receiver.deliveries().len(), 1, "only the first deploy goes out");
    });
}

#[test]
fn earlier_votes_fall_where_the_base_moved_before_the_next() {
    tell("sequel-held", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [chiara, dan] = ["Chiara", "Dan"].map(|name| story.person(name));
        let [_, _] = ["Ana", "Ben"].map(|name| story.person(name));
        let between = "{auto_approve_build: ship, on_failure: continue}, ";
        story.rules(&asks_for_production(between, &format!("{{webhook: '{}/hook'}}", receiver.url())));
        let (first, one, two) = two_deploys(story).await;
        let ci = &story.world.circleci;
        ci.add_pipeline_on_hold(&story.project(), &first, "main", "ship", "hold");
        approves(story, &chiara, &two, "First").await;
        for (person, name) in [(&chiara, "First"), (&dan, "Second")] {
            approves(story, person, &one, name).await;
        }
        let page = goes_on(story, &two).await;
        assert_eq!(of_name(&page, "Second"), None);
        stopped_by(&page, &first);
    });
}

#[test]
fn moved_base_that_is_not_compared_is_waited_for() {
    tell("sequel-unread", async |story| {
        let [chiara, dan] = ["Chiara", "Dan"].map(|name| story.person(name));
        let [_, _] = ["Ana", "Ben"].map(|name| story.person(name));
        let between = "{auto_approve_build: ship, on_failure: continue}, ";
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.rules(&asks_for_production(between, &format!("{{webhook: '{}/hook'}}", receiver.url())));
        let (first, one, two) = two_deploys(story).await;
        approves(story, &chiara, &two, "First").await;
        story.world.circleci.add_pipeline_on_hold(&story.project(), &first, "main", "ship", "hold");
        for (person, name) in [(&chiara, "First"), (&dan, "Second")] {
            approves(story, person, &one, name).await;
        }
        let refused = FaultKind::status(403, "{\"message\": \"Resource not accessible\"}");
        story.world.github.faults().push(Fault::once(&format!("compare/{first}"), refused));
        let waits_at = async |step: usize| {
            let look = async || {
                let page = story.settled(&two).await;
                let waits = matches!(page.runs[0].steps[step].state, StepState::Running { waits: true, .. });
                waits.then_some(page)
            };
            story.until("the step to be waited for", look).await
        };
        wakes(story, &waits_at(1).await, 1).await;
        let page = waits_at(2).await;
        let told = format!("{:?}", page.runs[0].steps[2].state);
        assert!(told.contains("and the range since can't be judged yet"), "{told}");
        let sees = story.sees(&dan);
        assert!(sees.contains("can't be judged yet"), "the thread says what it waits for: {sees}");
        wakes(story, &page, 2).await;
        let stopped = async || {
            let page = story.settled(&two).await;
            (page.runs[0].status == run::Status::Stopped).then_some(page)
        };
        stopped_by(&story.until("the run to go on", stopped).await, &first);
    });
}

#[test]
fn a_hold_in_the_runs_own_pipeline_is_released() {
    tell("sequel-pipeline", async |story| {
        let (ci, project) = (&story.world.circleci, story.project());
        let ana = story.person("Ana");
        let revision = story.push("Ana", "Take cards");
        story.rules(
            "rules:\n  - ship:\n      conditions: [environment='Staging']\n      actions:\n        \
             - slack_channel_approval: {name: Build, channel: '#CHANNEL', on_success: [trigger_build, \
             {slack_channel_approval: {name: Release, channel: '#CHANNEL', on_success: \
             [{auto_approve_build: {build: release, job: hold-production}}]}}]}\n",
        );
        let deploy = story.deploys(&revision, "Staging").await;
        let line = "Releases the job hold-production of release in gh/acme/sequel-pipeline: in";
        let starts = format!("{line} the pipeline that trigger_build starts");
        story.dialog_of(&starts).await;
        approves(story, &ana, &deploy, "Build").await;
        story.dialog_of(&format!("{line} pipeline 1, which trigger_build started")).await;
        let triggered = ci.triggered(&project);
        let jobs = [NewJob::approval("hold-production")];
        ci.add_workflow(&triggered[0].pipeline_id, "release", &jobs).unwrap();
        // Somebody else's run of the same is not released.
        let workflows = vec![("release".to_owned(), jobs.to_vec())];
        let branch = "main".to_owned();
        ci.add_pipeline_by_api(&project, NewPipeline { revision, branch, workflows });
        let page = approves(story, &ana, &deploy, "Release").await;
        assert_eq!(page.runs[0].status, run::Status::Succeeded, "{:?}", page.runs[0].steps);
        let approved: Vec<_> = ci.approvals(&project).iter().map(|one| one.pipeline_number).collect();
        assert_eq!(approved, [triggered[0].number]);
    });
}
