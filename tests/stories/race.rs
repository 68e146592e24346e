//! Many at once.

use signoff_core::approval::Choice;
use signoff_core::event::EventKind;
use signoff_local::slack::Slack;
use std::collections::BTreeSet;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell_alone};
use tokio::task::JoinSet;

/// Most clicks of a person until one is answered.
const CLICKS: usize = 100;

/// `person` clicks in `channel` until they have an answer, as people do.
async fn clicks_until_answered(slack: Slack, channel: String, person: String, dialog: String) {
    let mut answered = false;
    for _ in 0..CLICKS {
        let outcome = slack.click(&person, &channel, &dialog, "approve").await.unwrap();
        answered = outcome.status == Some(200);
        if answered {
            break;
        }
    }
    assert!(answered, "{person} clicked {CLICKS} times in vain");
}

/// Everybody of `who` clicks at the same time on their dialog.
async fn click_at_once(story: &Story, who: impl IntoIterator<Item = (String, String)>) {
    let mut clicks = JoinSet::new();
    for (person, dialog) in who {
        let slack = story.world.slack.clone();
        clicks.spawn(clicks_until_answered(slack, story.name.clone(), person, dialog));
    }
    while let Some(click) = clicks.join_next().await {
        click.unwrap();
    }
}

#[test]
fn a_hundred_people_click_at_once() {
    tell_alone("hundred", async |story| {
        if story.world.aws.as_embedded().is_none() {
            eprintln!("not told: the second local AWS is too slow for a crowd");
            return;
        }
        let receiver = Receiver::start(&[200]).await.unwrap();
        let people: Vec<String> = (0..100).map(|n| story.person(&format!("Person{n}"))).collect();
        let action = format!("webhook: '{}/hook'", receiver.url());
        let (deploy, dialog) = story.asks("votes_required: 60", &action).await;
        let twice = people.iter().step_by(4);
        let who = people.iter().chain(twice).map(|person| (person.clone(), dialog.clone()));
        click_at_once(story, who).await;
        // Of a click that took longer than Slack waits, what follows may be committed and not sent: that is
        // the clock's.
        for effect in story.page(&deploy).await.effects.iter().filter(|effect| !effect.is_closed()) {
            story.pull_forward(effect).await;
        }
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        let approval = &page.approvals[0];
        assert!(approval.status.is_approved(), "{:?}", approval.status);
        let voters: BTreeSet<_> = approval.votes.iter().map(|vote| &vote.voter).collect();
        assert_eq!(voters.len(), approval.votes.len(), "one person, one vote");
        assert!((60..=100).contains(&approval.count(Choice::Approve)), "{}", approval.count(Choice::Approve));
        let (mut cast, mut refused, mut closed) = (BTreeSet::new(), BTreeSet::new(), 0);
        for event in &page.events {
            match &event.kind {
                EventKind::VoteCast { voter, previous, .. } => {
                    assert!(cast.insert(voter) && previous.is_none(), "a vote is cast once");
                }
                EventKind::VoteRefused { voter, .. } => {
                    refused.insert(voter);
                }
                EventKind::ApprovalClosed { .. } => closed += 1,
                _ => {}
            }
        }
        assert_eq!(cast, voters, "every vote on record is in the approval, and the other way round");
        assert_eq!(cast.union(&refused).count(), 100, "everybody voted, or was told that it was over");
        assert_eq!((closed, receiver.deliveries().len()), (1, 1));
    });
}

#[test]
fn fifty_approvals_at_once() {
    tell_alone("fifty", async |story| {
        if story.world.aws.as_embedded().is_none() {
            eprintln!("not told: the second local AWS is too slow for a crowd");
            return;
        }
        let receiver = Receiver::start(&[200]).await.unwrap();
        let ana = story.person("Ana");
        // Each environment leads to a place of its own: what one approval lets through moves no other's base.
        let hook = format!("webhook: '{}/hook/{{{{ environment }}}}'", receiver.url());
        story.rules(
            &rule("{supersede: false}", &hook).replace("environment='Staging'", "environment~='Staging'"),
        );
        let revisions: Vec<String> = (0..50).map(|n| story.push("Ana", &format!("Change {n}"))).collect();
        let mut deploys = Vec::new();
        for (number, revision) in revisions.iter().enumerate() {
            deploys.push(story.deploys(revision, &format!("Staging{number}")).await);
        }
        let mut dialogs = Vec::new();
        for deploy in &deploys {
            let page = story
                .until("its dialog", async || {
                    let page = story.world.store.page(deploy).await.unwrap()?;
                    page.approvals.first()?.dialog.is_some().then_some(page)
                })
                .await;
            dialogs.push(page.approvals[0].dialog.clone().unwrap().ts);
        }
        click_at_once(story, dialogs.into_iter().map(|dialog| (ana.clone(), dialog))).await;
        for deploy in &deploys {
            let page = story.settled(deploy).await;
            assert_eq!(page.approvals[0].votes.len(), 1);
            assert_eq!(page.runs[0].status, signoff_core::run::Status::Succeeded);
        }
        let delivered: BTreeSet<_> = receiver.deliveries().iter().map(|one| one.delivery.clone()).collect();
        assert_eq!((delivered.len(), receiver.deliveries().len()), (50, 50), "each action once");
    });
}
