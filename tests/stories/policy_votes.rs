//! Votes of several approvals that together meet the policy: one person counts once, for one entry.

use crate::policy::{kept_back, look_again, passed, paths, set_policy};
use insta::assert_snapshot;
use signoff_core::id::DeployId;
use signoff_core::run::Status;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, tell_with_policy};

/// A rule with two approvals, of which the second one posts to `receiver`.
fn two_approvals(receiver: &Receiver, first: &str, second: &str) -> String {
    format!(
        "rules:\n  - promote:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
         - slack_channel_approval: {{name: First look, channel: '#CHANNEL', {first}}}\n        \
         - slack_channel_approval: {{name: Second look, channel: '#CHANNEL', {second}, \
         on_success: [{{webhook: '{}/promote'}}]}}\n",
        receiver.url()
    )
}

/// Deploys to Staging, and has these people approve the first and the second approval.
async fn approved(story: &Story, looks: [&[&String]; 2]) -> DeployId {
    let deploy = story.deploys(&story.push("Chiara", "Take cards"), "Staging").await;
    for (number, people) in looks.into_iter().enumerate() {
        let next = async || {
            let page = story.world.store.page(&deploy).await.unwrap()?;
            page.approvals.get(number)?.dialog.clone()
        };
        let dialog = story.until("the next dialog", next).await;
        for person in people {
            story.click(person, &dialog.ts, "approve").await;
        }
    }
    deploy
}

#[test]
fn one_person_in_two_approvals_is_one_person() {
    tell_with_policy("policy-people", async |story| {
        set_policy(story, "votes_required: 2");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&format!(
            "rules:\n  - promote:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
             - slack_channel_approval: {{name: First look, channel: '#CHANNEL'}}\n        \
             - slack_channel_approval: {{name: Second look, channel: '#CHANNEL', \
             on_success: [{{webhook: '{}/promote'}}]}}\n",
            receiver.url()
        ));
        let mut kept = None;
        for (second, acts) in [(&ana, false), (&ben, true)] {
            let deploy = story.deploys(&story.push("Chiara", "Take cards"), "Staging").await;
            for (number, person) in [&ana, second].into_iter().enumerate() {
                let dialog = story
                    .until("the next dialog", async || {
                        let page = story.world.store.page(&deploy).await.unwrap()?;
                        page.approvals.get(number)?.dialog.clone()
                    })
                    .await;
                story.click(person, &dialog.ts, "approve").await;
            }
            if acts {
                let page = story.settled(&deploy).await;
                let revision = Some(page.deploy.revision.clone());
                assert_eq!(passed(story, &page, 1).await, revision, "what acts is a base");
            } else {
                let waits = kept_back(story, &deploy).await;
                assert_snapshot!(waits.note.as_deref().unwrap_or_default(), @"The policy keeps this back. Rule promote: line 5 of the policy asks for the votes of 2 different people, and those of 1 person count. A person who votes on several approvals counts once. Deploy again, and let others vote.");
                let base = passed(story, &story.page(&deploy).await, 1).await;
                assert_eq!(base, None, "what was kept back is in the next range too");
                kept = Some((deploy, waits));
            }
            assert_eq!(paths(&receiver), if acts { vec!["/promote"] } else { Vec::new() });
        }
        let (older, waits) = kept.unwrap();
        look_again(story, &waits).await;
        let page = story.settled(&older).await;
        assert_eq!(page.runs[0].status, Status::Stopped, "a newer deploy came");
        assert_eq!(paths(&receiver), ["/promote"]);
    });
}

#[test]
fn group_votes_need_different_people_of_the_group() {
    tell_with_policy("policy-groups", async |story| {
        set_policy(story, "votes_required: [{from: '@policy-groups-sre', votes: 2}]");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [sam, sue, dev] = ["Sam", "Sue", "Dev"].map(|name| story.person(name));
        story.world.slack.add_usergroup("policy-groups-sre", &[&sam, &sue]);
        story.world.slack.add_usergroup("policy-groups-dev", &[&dev, &sue]);
        story.rules(&two_approvals(
            &receiver,
            "votes_required: [{from: '@policy-groups-sre'}, {from: '@policy-groups-dev'}]",
            "votes_required: 1, approvers: ['@policy-groups-sre']",
        ));
        // One SRE votes twice, and a developer fills the number up.
        let deploy = approved(story, [&[&sam, &dev], &[&sam]]).await;
        let waits = kept_back(story, &deploy).await;
        assert_snapshot!(waits.note.as_deref().unwrap_or_default(), @"The policy keeps this back. Rule promote: line 5 of the policy asks for 2 votes from @policy-groups-sre, each from a different person. Missing: 1 vote from @policy-groups-sre. A person who votes on several approvals counts once. Deploy again, and let others vote.");
        assert_eq!(passed(story, &story.page(&deploy).await, 1).await, None);
        assert_eq!(paths(&receiver), Vec::<String>::new());
        // Two SREs: one of them stood for the developers.
        let deploy = approved(story, [&[&sam, &sue], &[&sam]]).await;
        let page = story.settled(&deploy).await;
        assert_eq!(passed(story, &page, 1).await, Some(page.deploy.revision.clone()));
        assert_eq!(paths(&receiver), ["/promote"]);
    });
}

#[test]
fn people_who_count_are_found_among_others() {
    tell_with_policy("policy-among", async |story| {
        set_policy(story, "votes_required: 2\n  approvers: ['@policy-among-sre']");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [sam, sue, dev] = ["Sam", "Sue", "Dev"].map(|name| story.person(name));
        story.world.slack.add_usergroup("policy-among-sre", &[&sam, &sue]);
        story.world.slack.add_usergroup("policy-among-dev", &[&dev]);
        story.rules(&two_approvals(
            &receiver,
            "votes_required: [{from: '@policy-among-sre'}, {from: '@policy-among-dev'}]",
            "votes_required: 1, approvers: ['@policy-among-sre']",
        ));
        let deploy = approved(story, [&[&sam, &dev], &[&sam]]).await;
        let waits = kept_back(story, &deploy).await;
        assert_snapshot!(waits.note.as_deref().unwrap_or_default(), @"The policy keeps this back. Rule promote: line 5 of the policy asks for the votes of 2 different people, and those of 1 person count. A person who votes on several approvals counts once. Deploy again, and let others vote.");
        let deploy = approved(story, [&[&sam, &dev], &[&sue]]).await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.runs[0].status, paths(&receiver)), (Status::Succeeded, vec!["/promote".to_owned()]));
    });
}
