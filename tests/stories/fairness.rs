//! One deployment that deploys a lot takes its share, and no more.

use approval::event::EventKind;
use system_tests::story::{Story, tell};

/// The number of deploys that the noisy one has at once.
const MANY: usize = 400;

#[test]
fn four_hundred_deploys_do_not_delay_the_deploy_of_another() {
    tell("noisy", async |story| {
        story.rules("rules: []");
        let quiet = Story::begin(story.world, "quiet-beside-noisy");
        quiet.rules("rules: []");
        let revisions: Vec<_> =
            (0..MANY).map(|number| story.push("Ana", &format!("Change {number}"))).collect();
        let quiet_revision = quiet.push("Ben", "Take coins");
        let mut noisy = Vec::new();
        for revision in &revisions {
            noisy.push(story.deploys(revision, "Staging").await);
        }
        let deploy = quiet.deploys(&quiet_revision, "Staging").await;
        quiet.settled(&deploy).await;
        let evaluated = |page: &store::Page| {
            let is_it = |kind: &EventKind| matches!(kind, EventKind::RulesEvaluated { .. });
            page.events.iter().find(|event| is_it(&event.kind)).map(|event| event.at)
        };
        let at = evaluated(&quiet.page(&deploy).await).expect("it was evaluated");
        let mut after = 0;
        for deploy in &noisy {
            let page = story.settled(deploy).await;
            after += usize::from(evaluated(&page).expect("it was evaluated") > at);
        }
        let waited = at.duration_since(quiet.page(&deploy).await.deploy.registered_at);
        println!("the quiet one waited {waited:#}; {after} of {MANY} noisy ones were evaluated after it");
        // Without lanes it is the last one of all.
        assert!(after > 0, "the quiet one waited for all of the noisy ones");
    });
}
