//! Dialogs that no channel takes: an admin accepts a proposed rules file, and people who are named vote on
//! the page.

use signoff_core::deploy::Slug;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::id::DeployId;
use signoff_core::rules_in_force::{How, RulesInForce};
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::{NewChannel, NewUser};
use system_tests::story::{Story, rule, tell};

const SHIP: &str = "webhook: 'https://example.com'";

async fn rules_of(story: &Story) -> RulesInForce {
    let slug = Slug::new("acme", &story.name).unwrap();
    story.world.store.rules_in_force(&slug).await.unwrap().unwrap()
}

/// Has the rules that ask in `channel` in force, and proposes some that ask in the story's channel; the
/// deploy that brought them to light.
async fn corrects_the_channel(story: &Story, channel: &str) -> DeployId {
    let rules = rule("votes_required: 2", SHIP);
    story.pushes_rules("Ana", &rules.replace("#CHANNEL", channel));
    story.settled(&story.deploys(&story.push("Ana", "Begin"), "Elsewhere").await).await;
    story.deploys(&story.pushes_rules("Ana", &rules), "Elsewhere").await
}

/// The drawing of a dialog of `deploy` that waits for its channel.
async fn parked(story: &Story, deploy: &DeployId) -> Effect {
    story
        .until("the dialog to wait for its channel", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            let waits = |effect: &Effect| {
                matches!(effect.kind, EffectKind::DrawDialog { .. })
                    && effect.state == EffectState::Pending
                    && effect.note.is_some()
            };
            page.effects.into_iter().find(waits)
        })
        .await
}

/// Waits for a message to the deployment's channel that says what to do about a dialog.
async fn told_what_to_do(story: &Story, begin: &str) {
    let told = story
        .until("the channel to be told", async || {
            story.problems().into_iter().find(|told| told.contains(begin))
        })
        .await;
    let way = "An admin who made none of the file can accept it on the deployment’s page.";
    assert!(told.ends_with(way), "{told}");
}

/// The status and the text of the answer to an acceptance by `admin`.
async fn accepts(story: &Story, admin: &str) -> (u16, String) {
    let file = rules_of(story).await.proposal.unwrap().file.id;
    let form = [("file", file.as_str()), ("reason", "The channel is gone")];
    let visitor = story.sign_in(admin).await;
    let answer = visitor.post(&format!("/deployments/acme/{}/rules", story.name), &form).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn admin(story: &Story, name: &str) -> String {
    story.world.slack.add_user(NewUser::new(name, &story.email(name)).admin())
}

#[test]
fn admin_accepts_rules_asked_in_an_archived_channel() {
    tell("unshown-archived", async |story| {
        let (ana, dora) = (admin(story, "Ana"), admin(story, "Dora"));
        story.world.slack.add_channel(NewChannel::new("unshown-archived-plans").archived());
        let deploy = corrects_the_channel(story, "#unshown-archived-plans").await;
        parked(story, &deploy).await;
        told_what_to_do(story, "can't be shown in #unshown-archived-plans").await;
        assert_eq!(accepts(story, &ana).await.0, 409, "who made it does not accept it");
        assert_eq!(accepts(story, &dora).await.0, 303);
        let how = rules_of(story).await.in_force.how;
        assert!(matches!(&how, How::Accepted { by, .. } if *by == dora), "{how:?}");
        story
            .until("its dialog to be closed", async || {
                let page = story.world.store.page(&deploy).await.unwrap()?;
                page.approvals[0].status.is_superseded().then_some(())
            })
            .await;
        let waiting = parked(story, &deploy).await;
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        story.settled(&deploy).await;
        // From now on, people are asked in the channel that is there.
        story.settled(&story.deploys(&story.push("Ana", "Take cards"), "Staging").await).await;
        story.dialog().await;
    });
}

#[test]
fn admin_accepts_rules_whose_dialog_was_never_shown() {
    tell("unshown-renamed", async |story| {
        let dora = admin(story, "Dora");
        story.person("Ana");
        let deploy = corrects_the_channel(story, "#unshown-renamed-plans").await;
        let waiting = parked(story, &deploy).await;
        story.let_grow_old(&waiting).await;
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        told_what_to_do(story, "could not be shown in #unshown-renamed-plans for a day").await;
        assert_eq!(story.settled(&deploy).await.approvals[0].status.word(), "cancelled");
        assert_eq!(accepts(story, &dora).await.0, 303);
        assert!(matches!(rules_of(story).await.in_force.how, How::Accepted { .. }));
        story.settled(&deploy).await;
    });
}

#[test]
fn admin_accepts_a_dialog_that_cannot_be_changed_any_more() {
    tell("unshown-later", async |story| {
        let (ben, dora) = (story.person("Ben"), admin(story, "Dora"));
        story.person("Ana");
        let deploy = corrects_the_channel(story, "#CHANNEL").await;
        assert_eq!(rules_of(story).await.proposal, None, "nothing was changed");
        story.settled(&deploy).await;
        let weaker = rule("votes_required: 1", SHIP);
        let deploy = story.deploys(&story.pushes_rules("Ana", &weaker), "Elsewhere").await;
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        let (status, told) = accepts(story, &dora).await;
        assert_eq!(status, 409, "people can vote");
        assert!(told.contains("If the dialog’s channel was archived, change the file"), "{told}");
        let archived = FaultKind::status(200, r#"{"ok": false, "error": "is_archived"}"#);
        story.world.slack.faults().push(Fault::once("chat.update", archived).with_body(&dialog));
        story.click(&ben, &dialog, "approve").await;
        let waiting = parked(story, &deploy).await;
        assert_eq!(accepts(story, &dora).await.0, 303);
        assert!(matches!(rules_of(story).await.in_force.how, How::Accepted { .. }));
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        story.settled(&deploy).await;
    });
}

#[test]
fn named_people_vote_though_no_dialog_stands_for_a_day() {
    tell("unshown-named", async |story| {
        let (ben, cleo) = (story.person("Ben"), story.person("Cleo"));
        let options = format!("{{votes_required: 2, approvers: [{ben}, {cleo}]}}");
        let rules = rule(&options, "add_deploy_tag: '#done'");
        story.rules(&rules.replace("#CHANNEL", "#unshown-named-plans"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let waiting = parked(story, &deploy).await;
        let told = story.until("the channel to be told", async || story.problems().into_iter().next()).await;
        assert!(told.ends_with("The people who can vote can do so on the deploy’s page."), "{told}");
        let approval = story.page(&deploy).await.approvals.remove(0);
        let (path, subject) =
            (format!("/deploys/{deploy}/approvals/{}", approval.id), approval.subject.mark());
        let approves = async |person: &str| {
            let visitor = story.sign_in(person).await;
            let answer = visitor.post(&path, &[("what", "approve"), ("subject", &subject)]).await;
            assert_eq!(answer.status(), 303);
        };
        approves(&ben).await;
        story.let_grow_old(&waiting).await;
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        story
            .until("the dialog to be tried once more", async || {
                let tried = story.world.store.effect(&deploy, &waiting.id).await.unwrap()?;
                (tried.attempts > waiting.attempts && tried.state != EffectState::Started).then_some(())
            })
            .await;
        approves(&cleo).await;
        story
            .until("the run to succeed", async || {
                let page = story.page(&deploy).await;
                (page.runs[0].status == Status::Succeeded).then_some(())
            })
            .await;
        assert!(story.page(&deploy).await.approvals[0].status.is_approved());
    });
}
