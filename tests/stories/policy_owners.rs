//! Owners of the policy are told directly that they are asked, wherever the dialog is.

use crate::pages::sends;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_local::slack::NewChannel;
use system_tests::story::{Story, tell_with_policy};
use system_tests::world::{POLICY_REPOSITORY, PROBLEMS_CHANNEL};

/// Waits until `owner` has `number` direct messages; the newest one's text.
async fn heard(story: &Story, owner: &str, number: usize) -> String {
    story
        .until("a direct message to the owner", async || {
            let told = story.world.slack.direct_messages(owner);
            (told.len() == number).then(|| told.last().unwrap().text.clone())
        })
        .await
}

/// The next message to the owners, which waits for its time.
async fn next(story: &Story, deploy: &DeployId) -> Effect {
    story
        .until("the owners to be told", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            let later = |effect: &Effect| {
                matches!(effect.kind, EffectKind::Remind { .. })
                    && !effect.is_closed()
                    && effect.not_before > signoff_runtime::time::now()
            };
            page.effects.into_iter().find(later)
        })
        .await
}

#[test]
fn owners_outside_the_channel_are_told_and_reminded() {
    tell_with_policy("policy-owners", async |story| {
        let [owen, olga, ben] = ["Owen", "Olga", "Ben"].map(|name| story.person(name));
        let slack = &story.world.slack;
        slack.add_channel(NewChannel::new(PROBLEMS_CHANNEL).private().members(&[&ben]));
        story.rules("rules: []");
        let deploys = async |votes: u32| {
            let text = format!("owners: [{owen}, {olga}]\ndefault: {{votes_required: {votes}}}\n");
            story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &text);
            story.deploys(&story.push("Ana", "Take cards"), "Staging").await
        };
        story.settled(&deploys(1).await).await;
        let deploy = deploys(2).await;
        let address = format!("{}/deploys/{deploy}", story.world.front.url());
        for owner in [&owen, &olga] {
            let told = heard(story, owner, 1).await;
            let expected = format!(
                ":scroll: *The policy of this stack changed*, and you are one of its owners. \
                 <{address}|Read the change and vote>: the change counts once 2 owners approve it, and until then the policy \
                 in force stays. You don’t have to be in #{PROBLEMS_CHANNEL}, where the dialog is."
            );
            assert_eq!(told, expected);
        }
        story.settled(&deploy).await;
        let approves = async |owner: &str| {
            let answer = sends(story, &story.sign_in(owner).await, &deploy, "approve", "").await;
            assert_eq!(answer.status(), 303, "an owner votes on the page");
        };
        approves(&owen).await;

        // A deploy that comes later asks nobody again, and says where the owners vote.
        let later = story.settled(&deploys(2).await).await;
        let says = |kind: &EventKind| match kind {
            EventKind::RulesEvaluated { .. } => format!("{kind:?}").contains(&address),
            _ => false,
        };
        assert!(later.events.iter().any(|event| says(&event.kind)), "{:?}", later.events);

        // A day later, Signoff reminds those who did not vote.
        let reminder = next(story, &deploy).await;
        let day = jiff::SignedDuration::from_hours(23);
        assert!(reminder.not_before > signoff_runtime::time::now() + day);
        story.pull_forward(&reminder).await;
        story.world.tick().await;
        assert!(heard(story, &olga, 2).await.contains(&address));
        let reminder = next(story, &deploy).await;
        assert_eq!(slack.direct_messages(&owen).len(), 1, "Owen voted");
        approves(&olga).await;
        story
            .until("the policy to be in force", async || {
                let policy = story.world.store.policy().await.unwrap().unwrap();
                policy.in_force.filter(|policy| policy.approved_for.as_ref() == Some(&deploy))
            })
            .await;

        // Nobody is reminded of what is decided.
        story.pull_forward(&reminder).await;
        story.world.tick().await;
        story
            .until("the last reminder to be over", async || {
                let effect = story.world.store.effect(&deploy, &reminder.id).await.unwrap()?;
                effect.is_closed().then_some(())
            })
            .await;
        assert_eq!(slack.direct_messages(&olga).len(), 2);
    });
}
