//! One deployment that deploys a lot takes its share, and no more.

use jiff::{SignedDuration, Timestamp};
use signoff_core::event::EventKind;
use signoff_local::fault::{Fault, FaultKind};
use signoff_store::Page;
use std::collections::BTreeMap;
use system_tests::story::{Story, tell};

/// The number of deploys that the noisy one has at once.
const MANY: usize = 400;

/// The time at which the rules of a deploy were evaluated.
fn evaluated(page: &Page) -> Option<Timestamp> {
    let is_it = |kind: &EventKind| matches!(kind, EventKind::RulesEvaluated { .. });
    page.events.iter().find(|event| is_it(&event.kind)).map(|event| event.at)
}

/// Returns the time that a deploy waited until its rules were evaluated.
fn waited(page: &Page) -> SignedDuration {
    evaluated(page).unwrap().duration_since(page.deploy.registered_at)
}

#[test]
fn four_hundred_deploys_do_not_delay_the_deploy_of_another() {
    tell("noisy", async |story| {
        story.rules("rules: []");
        let quiet = Story::begin(story.world, "quiet-beside-noisy");
        quiet.rules("rules: []");
        let revisions: Vec<_> =
            (0..MANY).map(|number| story.push("Ana", &format!("Change {number}"))).collect();
        let first = quiet.deploys(&quiet.push("Ben", "Take cards"), "Staging").await;
        let alone = waited(&quiet.settled(&first).await);
        let quiet_revision = quiet.push("Ben", "Take coins");
        let mut noisy = Vec::new();
        for revision in &revisions {
            noisy.push(story.deploys(revision, "Staging").await);
        }
        let deploy = quiet.deploys(&quiet_revision, "Staging").await;
        let page = quiet.settled(&deploy).await;
        let (at, beside) = (evaluated(&page).expect("it was evaluated"), waited(&page));
        let mut after = 0;
        for deploy in &noisy {
            let page = story.settled(deploy).await;
            after += usize::from(evaluated(&page).expect("it was evaluated") > at);
        }
        println!(
            "the quiet one waited {alone:#} alone and {beside:#} beside the noisy ones, of which {after} of {MANY} came after it"
        );
        // Without lanes it is the last one of all.
        assert!(after > 0, "the quiet one waited for all of the noisy ones");
    });
}

#[test]
fn a_rate_limit_holds_the_lane_that_met_it() {
    tell("held-lane", async |story| {
        story.rules("rules: []");
        // The first deploy of each lane is asked to wait.
        let limited = Fault::once("/repos/acme/held-lane", FaultKind::rate_limited(2)).times(3);
        story.world.github.faults().push(limited);
        let mut deploys = Vec::new();
        for number in 0..30 {
            let revision = story.push("Ana", &format!("Change {number}"));
            deploys.push(story.deploys(&revision, "Staging").await);
        }
        let mut lanes: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
        for deploy in &deploys {
            let page = story.settled(deploy).await;
            let lane = page.effects.iter().find_map(|effect| effect.lane.clone()).expect("a lane");
            lanes.entry(lane).or_default().push(evaluated(&page).expect("it was evaluated"));
        }
        assert_eq!(lanes.len(), 3);
        for (lane, evaluated) in lanes {
            assert!(evaluated.is_sorted(), "{lane} went on beside what waits: {evaluated:?}");
        }
    });
}
