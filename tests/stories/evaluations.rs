//! Deploys whose rules could not be read or evaluated: Signoff tries again for a day, and a person can ask
//! for it.

use insta::assert_snapshot;
use signoff_core::confirmation::Confirmation;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::{Message, NewUser};
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};
use system_tests::world::PROBLEMS_CHANNEL;

const ACTS: &str = "webhook: 'https://example.com'";

/// Has the host refuse so many times to show the rules file.
fn hides_rules(story: &Story, times: u32) {
    let refused = FaultKind::status(401, "{\"message\": \"Bad credentials\"}");
    let path = format!("GET /repos/{}/contents/.signoff/rules.yml", story.repository());
    story.world.github.faults().push(Fault::once(&path, refused).times(times));
}

/// A deploy whose rules can't be read; what is on record of it then.
async fn unevaluated(story: &Story) -> (DeployId, Page) {
    story.new_rules(&rule("votes_required: 1", ACTS)).await;
    hides_rules(story, 1);
    let revision = story.push("Ana", "Take cards");
    let deploy = story.deploys(&revision, "Staging").await;
    let page = story
        .until("the rules not to be evaluated", async || {
            let page = story.settled(&deploy).await;
            matches!(page.deploy.confirmation, Confirmation::Unevaluated { .. }).then_some(page)
        })
        .await;
    (deploy, page)
}

/// The message with the button in the deployments' channel.
fn offer(story: &Story) -> Message {
    let messages = story.world.slack.messages(PROBLEMS_CHANNEL);
    let mine = |message: &&Message| message.text.contains(&story.name) && !message.blocks.is_empty();
    messages.iter().rev().find(mine).unwrap().clone()
}

async fn until_evaluated(story: &Story, deploy: &DeployId) -> Page {
    story
        .until("the rules to be evaluated", async || {
            let page = story.settled(deploy).await;
            (page.deploy.confirmation == Confirmation::Confirmed).then_some(page)
        })
        .await
}

fn parked(page: &Page) -> &Effect {
    let is_parked = |effect: &&Effect| {
        matches!(effect.kind, EffectKind::EvaluateRules { .. }) && effect.state == EffectState::Pending
    };
    page.effects.iter().find(is_parked).unwrap()
}

#[test]
fn rules_that_could_not_be_read_are_tried_for_a_day() {
    tell("tried-for-a-day", async |story| {
        story.person("Ana");
        let (deploy, page) = unevaluated(story).await;
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ No rule was run for REVISION - tried-for-a-day (Staging): the rules of acme/tried-for-a-day could not be evaluated. GitHub answered 401 while reading .signoff/rules.yml of acme/tried-for-a-day: Signoff's GitHub token is not valid; put a new github_token into ReadSecret, or into WriteSecret if this starts or cancels a workflow. Signoff tries again until DATE at TIME. To try now, choose Evaluate again.
        [Evaluate again]
        ");
        story.pull_forward(parked(&page)).await;
        story.world.tick().await;
        until_evaluated(story, &deploy).await;
        story.dialog().await;
        assert_eq!(story.problems().len(), 1, "it is told once");
    });
}

#[test]
fn rules_are_given_up_after_a_day_and_evaluated_when_asked() {
    tell("given-up-after-a-day", async |story| {
        let ana = story.person("Ana");
        let (deploy, page) = unevaluated(story).await;
        hides_rules(story, 1);
        story.let_grow_old(parked(&page)).await;
        story.pull_forward(parked(&page)).await;
        story.world.tick().await;
        story
            .until("the evaluation to be given up", async || (story.problems().len() == 2).then_some(()))
            .await;
        assert_snapshot!(story.problems()[1], @"
        ⚠️ No rule was run for REVISION - given-up-after-a-day (Staging): the rules of acme/given-up-after-a-day could not be evaluated for a day. GitHub answered 401 while reading .signoff/rules.yml of acme/given-up-after-a-day: Signoff's GitHub token is not valid; put a new github_token into ReadSecret, or into WriteSecret if this starts or cancels a workflow. Choose Evaluate again once that is fixed.
        [Evaluate again]
        ");
        let slack = &story.world.slack;
        let clicked = slack.click(&ana, PROBLEMS_CHANNEL, &offer(story).ts, "evaluate_again").await.unwrap();
        assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        until_evaluated(story, &deploy).await;
        story.dialog().await;
    });
}

#[test]
fn member_has_rules_evaluated_again_once() {
    tell("evaluated-again", async |story| {
        let ana = story.person("Ana");
        let (deploy, _) = unevaluated(story).await;
        let slack = &story.world.slack;
        let stranger = slack.add_user(NewUser::new("Guest", &story.email("Guest")).guest());
        let offer = offer(story);
        // Twice, as people do; and somebody who may not.
        for person in [&stranger, &ana, &ana] {
            let clicked = slack.click(person, PROBLEMS_CHANNEL, &offer.ts, "evaluate_again").await.unwrap();
            assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        }
        let page = until_evaluated(story, &deploy).await;
        let asked = |kind: &EventKind| matches!(kind, EventKind::EvaluationAsked { by, .. } if *by == ana);
        assert!(page.events.iter().any(|event| asked(&event.kind)));
        story.dialog().await;
        // The clock's own try finds nothing left to do.
        let page = story.settled(&deploy).await;
        story.pull_forward(parked(&page)).await;
        story.world.tick().await;
        story
            .until("the clock's try to end", async || {
                let page = story.settled(&deploy).await;
                page.effects.iter().all(Effect::is_closed).then_some(())
            })
            .await;
        assert_eq!(story.page(&deploy).await.runs.len(), 1);
        // The second click of a double click that comes late is no error; another person's says why.
        let ben = story.person("Ben");
        for person in [&ana, &ben] {
            let clicked = slack.click(person, PROBLEMS_CHANNEL, &offer.ts, "evaluate_again").await.unwrap();
            assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        }
        let told = story
            .until("the answer", async || {
                let seen = slack.user_sees(&ben, PROBLEMS_CHANNEL);
                seen.contains("evaluated in the meantime").then_some(seen)
            })
            .await;
        assert!(told.contains(
            "(only you) Nothing was done: the rules of this deploy have been evaluated in the meantime."
        ));
        story.settled(&deploy).await;
        assert!(!slack.user_sees(&ana, PROBLEMS_CHANNEL).contains("(only you)"));
    });
}

#[test]
fn page_has_rules_evaluated_again() {
    tell("evaluated-on-the-page", async |story| {
        let ana = story.person("Ana");
        let (deploy, _) = unevaluated(story).await;
        let visitor = story.sign_in(&ana).await;
        let page = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(page.contains("The rules of this deploy were not evaluated."), "{page}");
        let path = format!("/deploys/{deploy}/evaluate");
        assert_eq!(visitor.post(&path, &[]).await.status().as_u16(), 303);
        until_evaluated(story, &deploy).await;
        let page = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(!page.contains("Evaluate again"), "{page}");
        assert_eq!(visitor.post(&path, &[]).await.status().as_u16(), 303, "a double click");
        let ben = story.sign_in(&story.person("Ben")).await;
        assert_eq!(ben.post(&path, &[]).await.status().as_u16(), 409);
    });
}

#[test]
fn corrected_rules_file_is_read_again() {
    tell("corrected-rules", async |story| {
        let ana = story.person("Ana");
        story.new_rules("rules:\n  - promote:\n\tconditions: []\n").await;
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.until("the file to be refused", async || (!story.problems().is_empty()).then_some(())).await;
        story.settled(&deploy).await;
        story.rules(&rule("votes_required: 1", ACTS));
        let slack = &story.world.slack;
        let clicked = slack.click(&ana, PROBLEMS_CHANNEL, &offer(story).ts, "evaluate_again").await.unwrap();
        assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        until_evaluated(story, &deploy).await;
        story.dialog().await;
    });
}

/// Has the clock look again at the rules of `deploy`.
async fn looks_again(story: &Story, deploy: &DeployId) {
    let page = story.settled(deploy).await;
    let look = parked(&page);
    story.pull_forward(look).await;
    story.world.tick().await;
    story
        .until("the look to end", async || {
            let effect = story.world.store.effect(deploy, &look.id).await.unwrap()?;
            effect.is_closed().then_some(())
        })
        .await;
}

#[test]
fn invalid_first_file_is_read_again_by_itself() {
    tell("read-by-itself", async |story| {
        story.person("Ana");
        story.new_rules("rules:\n  - promote:\n\tconditions: []\n").await;
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.until("the file to be refused", async || (!story.problems().is_empty()).then_some(())).await;
        story.rules(&rule("votes_required: 1", ACTS));
        looks_again(story, &deploy).await;
        let page = until_evaluated(story, &deploy).await;
        assert!(page.deploy.stood() && page.runs.len() == 1, "{:?}", page.deploy.reading);
        story.dialog().await;
        assert_eq!(story.problems().len(), 1);
    });
}

#[test]
fn file_that_stays_invalid_is_told_once() {
    tell("stays-invalid", async |story| {
        story.new_rules("rules:\n  - promote:\n\tconditions: []\n").await;
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.until("the file to be refused", async || (!story.problems().is_empty()).then_some(())).await;
        looks_again(story, &deploy).await;
        let page = story.settled(&deploy).await;
        assert_eq!(story.problems().len(), 1, "the same problems are told once");
        let refused = |kind: &EventKind| matches!(kind, EventKind::RulesRefused { .. });
        assert_eq!(page.events.iter().filter(|event| refused(&event.kind)).count(), 1);
        assert!(parked(&page).attempts == 0, "it is read again later");
    });
}

#[test]
fn second_request_of_a_minute_is_done_too() {
    tell("asked-twice", async |story| {
        let ana = story.person("Ana");
        story.new_rules("rules:\n  - promote:\n\tconditions: []\n").await;
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.until("the file to be refused", async || (!story.problems().is_empty()).then_some(())).await;
        story.settled(&deploy).await;
        let visitor = story.sign_in(&ana).await;
        let path = format!("/deploys/{deploy}/evaluate");
        assert_eq!(visitor.post(&path, &[]).await.status().as_u16(), 303);
        story.settled(&deploy).await;
        story.rules(&rule("votes_required: 1", ACTS));
        assert_eq!(visitor.post(&path, &[]).await.status().as_u16(), 303);
        until_evaluated(story, &deploy).await;
        story.dialog().await;
    });
}

#[test]
fn rule_that_was_not_supported_is_evaluated_again() {
    tell("supported-now", async |story| {
        let ana = story.person("Ana");
        let file = |condition: &str| {
            format!(
                "rules:\n  - greets:\n      conditions: [{condition}]\n      actions: [{{add_deploy_tag: '#greeted'}}]\n"
            )
        };
        story.new_rules(&file("base_synced")).await;
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 0);
        let visitor = story.sign_in(&ana).await;
        let html = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(html.contains("Some rules of this deploy were not evaluated."), "{html}");
        story.rules(&file("environment='Staging'"));
        let slack = &story.world.slack;
        let clicked = slack.click(&ana, PROBLEMS_CHANNEL, &offer(story).ts, "evaluate_again").await.unwrap();
        assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        let page = story
            .until("the rule to open", async || {
                let page = story.settled(&deploy).await;
                (page.runs.len() == 1).then_some(page)
            })
            .await;
        assert!(!page.deploy.may_be_evaluated_again());
        let html = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(!html.contains("Evaluate again"), "{html}");
    });
}

#[test]
fn rule_on_a_branch_opens_once_the_branch_is_pushed() {
    tell("branch-later", async |story| {
        story.person("Ana");
        story
            .new_rules(
                "rules:\n  - cuts:\n      conditions: [\"branch='stable'\"]\n      actions: [{add_deploy_tag: '#cut'}]\n",
            )
            .await;
        let revision = story.push("Ana", "Take cards");
        let body = serde_json::json!({"sha": revision, "environment": "Staging", "branch": "stable"});
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let deploy = story.deploy_id(&revision, "Staging");
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 0);
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ These rules were not run for REVISION - branch-later (Staging), because not everything that they ask about is known: cuts. Signoff tries again for a day. To try now, fix the reason and choose Evaluate again.
        No branch or tag stable of acme/branch-later contains REVISION, so no condition on `branch` holds.
        [Evaluate again]
        ");
        let github = &story.world.github;
        github.force_push(&story.repository(), "stable", &revision, &story.author("Ana"));
        looks_again(story, &deploy).await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.iter().map(|run| run.rule.as_str()).collect::<Vec<_>>(), ["cuts"]);
        assert_eq!(story.problems().len(), 1, "it is told once");
    });
}

#[test]
fn news_that_could_not_be_evaluated_is_offered() {
    tell("news-offered", async |story| {
        let ana = story.person("Ana");
        story
            .new_rules(
                "rules:\n  - soaks:\n      conditions: [\"deployed_for>='1h'\"]\n      actions: [{add_deploy_tag: '#soaked'}]\n",
            )
            .await;
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        hides_rules(story, 1);
        story.pull_forward(parked(&page)).await;
        story.world.tick().await;
        story.until("it to be told", async || (!story.problems().is_empty()).then_some(())).await;
        story.settled(&deploy).await;
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ The rules of REVISION - news-offered (Staging) that still wait could not be evaluated. GitHub answered 401 while reading .signoff/rules.yml of acme/news-offered: Signoff's GitHub token is not valid; put a new github_token into ReadSecret, or into WriteSecret if this starts or cancels a workflow. Signoff tries again until DATE at TIME. To try now, choose Evaluate again.
        [Evaluate again]
        ");
        let visitor = story.sign_in(&ana).await;
        let html = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(html.contains("Evaluate again"), "{html}");
        let slack = &story.world.slack;
        let clicked = slack.click(&ana, PROBLEMS_CHANNEL, &offer(story).ts, "evaluate_again").await.unwrap();
        assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        story
            .until("the rules to be evaluated", async || {
                let page = story.settled(&deploy).await;
                (!page.deploy.may_be_evaluated_again()).then_some(())
            })
            .await;
    });
}
