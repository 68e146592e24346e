//! Slack's rate limits: what they hold back, and what goes first.

use insta::assert_snapshot;
use signoff_core::approval::Approval;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::DeployId;
use signoff_local::fault::{Fault, FaultKind, RecordedRequest};
use system_tests::story::{Story, rule, tell};

const POST: &str = "POST /api/chat.postMessage";
const EDIT: &str = "POST /api/chat.update";

/// The requests of this method whose body has `part` in it.
fn asked(story: &Story, method: &str, part: &str) -> Vec<RecordedRequest> {
    let is_it =
        |request: &RecordedRequest| request.method_and_path() == method && request.body.contains(part);
    story.world.slack.requests().into_iter().filter(is_it).collect()
}

/// A deploy whose dialog's post meets `fault`, and its revision.
async fn deploy_meets(story: &Story, fault: Fault) -> (DeployId, String) {
    story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
    let revision = story.push("Ana", "Take cards");
    story.world.slack.faults().push(fault.with_body(&revision[..7]));
    let deploy = story.deploys(&revision, "Staging").await;
    let is_met = async || {
        let posts = asked(story, POST, &revision[..7]);
        let is_refused = posts.first().is_some_and(|post| post.status == Some(429));
        (is_refused || !story.world.slack.messages(&story.name).is_empty()).then_some(())
    };
    story.until("its post", is_met).await;
    (deploy, revision)
}

/// The older deploy's approval, once a newer deploy took its place.
async fn superseded(story: &Story, older: &DeployId) -> Approval {
    let newer = story.deploys(&story.push("Ana", "Take coins"), "Staging").await;
    let by_newer = async || {
        let page = story.page(older).await;
        page.approvals.first()?.status.is_superseded().then_some(())
    };
    story.until("the older one to be superseded", by_newer).await;
    story.settled(&newer).await;
    story.settled(older).await.approvals[0].clone()
}

#[test]
fn dialog_superseded_before_its_post_is_never_posted() {
    tell("limit-post", async |story| {
        let limited = Fault::once(POST, FaultKind::rate_limited(1)).times(1_000);
        let (older, revision) = deploy_meets(story, limited).await;
        let approval = superseded(story, &older).await;
        assert!(approval.is_left_out(), "{:?} {:?}", approval.status, approval.dialog);
        assert_eq!(story.world.slack.messages(&story.name).len(), 1, "the newer one's dialog alone");
        let posts = asked(story, POST, &revision[..7]);
        assert!(posts.iter().all(|post| post.status == Some(429)), "{posts:?}");
    });
}

#[test]
fn superseded_dialog_whose_post_was_lost_is_found_and_closed() {
    tell("limit-lost", async |story| {
        let lost = Fault::once(POST, FaultKind::DropAfterHandling);
        let (older, revision) = deploy_meets(story, lost).await;
        let approval = superseded(story, &older).await;
        let messages = story.world.slack.messages(&story.name);
        let stands =
            messages.iter().find(|message| approval.dialog.as_ref().is_some_and(|at| at.ts == message.ts));
        assert!(stands.is_some_and(|message| message.text.contains("Superseded on")), "{messages:?}");
        assert_eq!((messages.len(), asked(story, POST, &revision[..7]).len()), (2, 1), "it was posted once");
    });
}

#[test]
fn vote_is_drawn_while_superseded_dialog_waits_in_line() {
    tell("limit-edit", async |story| {
        let ben = story.person("Ben");
        let (older, first) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        let limited = Fault::once(EDIT, FaultKind::rate_limited(0));
        story.world.slack.faults().push(limited.with_body(&first));
        let newer = story.deploys(&story.push("Ana", "Take coins"), "Staging").await;
        let is_waiting = async || {
            let page = story.page(&older).await;
            let lines = page.effects.iter().filter_map(|effect| effect.lane.as_deref());
            lines.into_iter().any(|line| line.starts_with("edits-")).then_some(())
        };
        story.until("the older one's edit to wait in line", is_waiting).await;
        story.settled(&newer).await;
        let second = story.dialog().await;
        story.click(&ben, &second, "approve").await;
        story.settled(&newer).await;
        let edits = |dialog: &str| asked(story, EDIT, dialog).len();
        assert_eq!(edits(&second), 1, "a vote is drawn at once");
        story.settled(&older).await;
        assert_eq!((edits(&first), edits(&second)), (2, 1), "it is edited once it was its turn");
        assert!(story.sees(&ben).contains("Superseded on"), "{}", story.sees(&ben));
    });
}

#[test]
fn dialog_that_waits_a_minute_for_slack_is_told() {
    tell("limit-told", async |story| {
        let ben = story.person("Ben");
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let revision = story.push("Ana", "Take cards");
        let limited = Fault::once(POST, FaultKind::rate_limited(90)).with_body(&revision[..7]);
        story.world.slack.faults().push(limited);
        let deploy = story.deploys(&revision, "Staging").await;
        let told = async || story.problems().first().cloned();
        assert_snapshot!(story.until("the wait to be told", told).await, @"⏳ The approval of the rule promote-to-production for REVISION - limit-told (Staging) is asked later: Slack asks us to slow down (chat.postMessage). Nothing is lost. Signoff keeps trying.");
        let page = story.page(&deploy).await;
        let draws = |effect: &&Effect| matches!(effect.kind, EffectKind::DrawDialog { .. });
        story.pull_forward(page.effects.iter().find(draws).unwrap()).await;
        story.world.tick().await;
        let dialog = story.dialog().await;
        story.click(&ben, &dialog, "approve").await;
        assert_eq!(story.problems().len(), 1, "it is told once");
    });
}

#[test]
fn quorum_that_waits_a_minute_for_slack_is_told() {
    tell("limit-quorum", async |story| {
        let ben = story.person("Ben");
        let slack = &story.world.slack;
        let group = slack.add_usergroup("limit-quorum-sre", &[&ben]);
        let (_, dialog) = story.asks("approvers: ['@limit-quorum-sre']", "add_deploy_tag: asked").await;
        let path = format!("usergroups.users.list?usergroup={group}");
        slack.faults().push(Fault::once(&path, FaultKind::rate_limited(90)));
        story.click(&ben, &dialog, "approve").await;
        let told = async || {
            let sees = story.sees(&ben);
            sees.split_once('↳').map(|(_, told)| told.trim().to_owned())
        };
        assert_snapshot!(story.until("the thread to say it", told).await, @"
        ⚠️ Enough people approved this, and nothing has run yet: Signoff can’t look up who approved. Slack asks us to slow down (usergroups.users.list). It tries again for a day, then it cancels this approval.
          Approved by @Ben.
        ");
    });
}
