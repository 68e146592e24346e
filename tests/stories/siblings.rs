//! Several deployments of one repository: one of them brings nothing into force, and lets nothing act, that
//! the rules in force of another one guard.

use crate::connections::save;
use signoff_core::deploy::Slug;
use signoff_core::rules_in_force::{How, RulesInForce};
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell, tell_with_policy};
use system_tests::world::POLICY_REPOSITORY;

/// Text that only the dialog of a proposed file has.
const PROPOSED: &str = "counts once it is approved";

async fn rules_of(story: &Story) -> RulesInForce {
    let slug = Slug::new("acme", &story.name).unwrap();
    story.world.store.rules_in_force(&slug).await.unwrap().unwrap()
}

/// Another deployment of the repository of `story`.
async fn sibling(story: &Story, number: u32) -> Story {
    let other = Story::begin(story.world, &format!("{}-{number}", story.name));
    assert_eq!(save(story, &other.name, "0", &story.repository(), &format!("#{}", story.name)).await, 303);
    other
}

/// A file that calls `receiver` at `path` for each deploy to Staging.
fn acts(receiver: &Receiver, path: &str) -> String {
    let url = receiver.url();
    format!(
        "rules:\n  - ship:\n      conditions: [\"environment='Staging'\"]\n      actions: [{{webhook: '{url}/{path}'}}]\n"
    )
}

fn paths(receiver: &Receiver) -> Vec<String> {
    receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect()
}

/// Deploys `revision` with `of`; the reasons on record for which rules did not open.
async fn deploys(of: &Story, revision: &str, environment: &str) -> String {
    let deploy = of.deploys(revision, environment).await;
    of.settled(&deploy).await;
    of.get(&format!("/deployments/acme/{}/history", of.name)).await.text().await.unwrap()
}

#[test]
fn dormant_deployment_lets_nothing_guarded_act() {
    tell("siblings", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let unguarded = acts(&receiver, "ship");
        let begin = story.pushes_rules("Ana", &unguarded);
        deploys(story, &begin, "QA").await;
        let old = sibling(story, 2).await;
        deploys(&old, &begin, "QA").await;
        assert_eq!(rules_of(&old).await.in_force.how, How::First);
        // The file that guards is in force at once, for the first deployment alone.
        let guard = rule("votes_required: 1", &format!("webhook: '{}/ship'", receiver.url()));
        deploys(story, &story.pushes_rules("Ana", &guard), "QA").await;
        assert_eq!(rules_of(story).await.in_force.how, How::NothingGuarded);

        // The old file is in force for the second one still.
        let told = deploys(&old, &story.pushes_rules("Ana", &unguarded), "Staging").await;
        assert!(
            told.contains("another deployment of the repository, asks about what this rule acts on"),
            "{told}"
        );
        // Another one is none that nothing guards.
        let revision = story.pushes_rules("Ana", &acts(&receiver, "other"));
        deploys(&old, &revision, "Staging").await;
        let proposal = story.dialog_of(PROPOSED).await;
        assert!(rules_of(&old).await.proposal.is_some());
        assert!(story.sees(&ben).contains(&format!("(by the rules in force for acme/{})", story.name)));
        // Nor is it the first one of a deployment that never was deployed.
        let new = sibling(story, 3).await;
        deploys(&new, &revision, "Staging").await;
        let rules = rules_of(&new).await;
        let owner = Slug::new("acme", &story.name).unwrap();
        assert_eq!((&rules.in_force.how, rules.proposal.is_some()), (&How::OfOwner { owner }, true));
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");

        // The voters of the first deployment let it come into force for the second one.
        story.click(&ben, &proposal, "approve").await;
        story
            .until("the file to be in force", async || {
                matches!(rules_of(&old).await.in_force.how, How::Approved { .. }).then_some(())
            })
            .await;
        deploys(&old, &story.push("Ana", "Take cards"), "Staging").await;
        assert_eq!(paths(&receiver), ["/other"]);
    });
}

#[test]
fn deployments_with_one_file_need_no_dialog() {
    tell("siblings-together", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        // The repository is confirmed for the first deployment, which no admin connected.
        deploys(story, &story.push("Ana", "Begin"), "QA").await;
        let other = sibling(story, 2).await;
        let guard = rule("votes_required: 1", &format!("webhook: '{}/ship'", receiver.url()));
        for rules in [
            acts(&receiver, "ship"),
            guard.clone(),
            format!(
                "{guard}  - says:\n      actions: [{{slack_channel_message: {{channel: '#CHANNEL', message: hi}}}}]\n"
            ),
        ] {
            let revision = story.pushes_rules("Ana", &rules);
            deploys(story, &revision, "QA").await;
            deploys(&other, &revision, "QA").await;
            let (one, two) = (rules_of(story).await, rules_of(&other).await);
            assert_eq!(one.in_force.file.id, two.in_force.file.id, "{rules}");
            assert_eq!((one.proposal, two.proposal), (None, None), "{rules}");
        }
        deploys(&sibling(story, 3).await, &story.push("Ana", "Take cards"), "QA").await;
    });
}

#[test]
fn floor_of_a_deployment_binds_its_whole_repository() {
    tell_with_policy("siblings-policy", async |story| {
        let [owen, olga] = ["Owen", "Olga"].map(|name| story.email(name));
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let policy = format!(
            "owners: [{owen}, {olga}]\ndefault: {{}}\nfloors:\n  - deployments: [{}]\n    votes_required: 2\n",
            story.repository()
        );
        story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &policy);
        let guard = rule("votes_required: 1", &format!("webhook: '{}/ship'", receiver.url()));
        deploys(story, &story.pushes_rules("Ana", &guard), "QA").await;
        let other = sibling(story, 2).await;
        let deploy = other.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let dialog = story.dialog_of("The policy blocks what this approval would start").await;
        other.settled(&deploy).await;
        story.click(&ben, &dialog, "approve").await;
        story
            .until("the policy to keep the action back", async || {
                let page = other.world.store.page(&deploy).await.unwrap()?;
                let notes = page.effects.iter().filter_map(|effect| effect.note.as_deref());
                notes.into_iter().any(|note| note.starts_with("The policy keeps this back")).then_some(())
            })
            .await;
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");
    });
}
