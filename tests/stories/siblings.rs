//! Several deployments of one repository: one of them brings nothing into force, and lets nothing act, that
//! the rules in force of another one guard.

use crate::connections::save;
use signoff_core::approval::Status;
use signoff_core::deploy::Slug;
use signoff_core::id::DeployId;
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

/// The proposal's approvals of the newest deploy of `of`, by name.
async fn asked(of: &Story, deploy: &DeployId) -> Vec<(String, Status)> {
    let page = of.settled(deploy).await;
    let proposals = page.approvals.iter().filter(|approval| approval.name.starts_with("Rules file: "));
    proposals.map(|approval| (approval.name.clone(), approval.status.clone())).collect()
}

/// Two deployments with one file that asks for an approval, and that file.
async fn with_approval(story: &Story, receiver: &Receiver) -> (Story, String) {
    let asks = format!(
        "rules:\n  - dev:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
         - slack_channel_approval: {{name: Dev, channel: '#CHANNEL', on_success: [{{webhook: '{}/dev'}}]}}\n",
        receiver.url()
    );
    let begin = story.pushes_rules("Ana", &asks);
    deploys(story, &begin, "QA").await;
    let old = sibling(story, 2).await;
    deploys(&old, &begin, "QA").await;
    assert_eq!(rules_of(story).await.in_force.file.id, rules_of(&old).await.in_force.file.id);
    (old, asks)
}

/// `rules` with another one that asks only Cleo before it calls `receiver`.
fn guarded(story: &Story, rules: &str, receiver: &Receiver) -> String {
    let (cleo, url) = (story.email("Cleo"), receiver.url());
    format!(
        "{rules}  - ship:\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
         - slack_channel_approval: {{name: Ship, channel: '#CHANNEL', approvers: [{cleo}], \
         on_success: [{{webhook: '{url}/ship'}}]}}\n"
    )
}

/// `rules` with another one that asks nobody.
fn unguarded(rules: &str, receiver: &Receiver) -> String {
    format!("{rules}{}", acts(receiver, "ship").trim_start_matches("rules:\n"))
}

/// Brings the guarded file into force for the deployment of `story`: Ben approves it.
async fn puts_guard_in_force(story: &Story, rules: &str, receiver: &Receiver, ben: &str) {
    let deploy = story.deploys(&story.pushes_rules("Ana", &guarded(story, rules, receiver)), "QA").await;
    approves(story, &deploy, ben, "Rules file: Dev").await;
}

/// Has `person` approve the approval `name` of the proposal of `deploy`, once its dialog is there: in the
/// channel of `story`, whatever deployment the file is proposed for.
async fn approves(story: &Story, deploy: &DeployId, person: &str, name: &str) {
    let dialog = story
        .until("the dialog of the proposal", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            page.approvals.into_iter().find(|approval| approval.name == name)?.dialog
        })
        .await;
    story.click(person, &dialog.ts, "approve").await;
    story.settled(deploy).await;
}

#[test]
fn old_file_with_approvals_asks_the_newer_guard_too() {
    tell("siblings-old", async |story| {
        let [ben, cleo] = ["Ben", "Cleo"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let (old, rules) = with_approval(story, &receiver).await;
        puts_guard_in_force(story, &rules, &receiver, &ben).await;
        assert!(matches!(rules_of(story).await.in_force.how, How::Approved { .. }));

        // The old file asks for Ben's approval alone, and the other deployment's also for Cleo's.
        let revision = story.pushes_rules("Ana", &unguarded(&rules, &receiver));
        let deploy = old.deploys(&revision, "Staging").await;
        approves(story, &deploy, &ben, "Rules file: Dev").await;
        let names: Vec<String> = asked(&old, &deploy).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Rules file: Dev", "Rules file: Ship"]);
        assert!(rules_of(&old).await.proposal.is_some(), "Cleo has not decided");
        deploys(&old, &story.push("Ana", "Take cards"), "Staging").await;
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");
        approves(story, &deploy, &cleo, "Rules file: Ship").await;
        assert!(matches!(rules_of(&old).await.in_force.how, How::Approved { .. }));
        deploys(&old, &story.push("Ana", "Take cash"), "Staging").await;
        assert_eq!(paths(&receiver), ["/ship"]);
    });
}

#[test]
fn guard_newer_than_a_proposal_counts_once_it_is_in_force() {
    tell("siblings-late", async |story| {
        let [ben, _] = ["Ben", "Cleo"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let (old, rules) = with_approval(story, &receiver).await;
        // The file is proposed before the guard is on the default branch.
        let loose = unguarded(&rules, &receiver);
        let proposed = old.deploys(&story.pushes_rules("Ana", &loose), "QA").await;
        old.settled(&proposed).await;
        puts_guard_in_force(story, &rules, &receiver, &ben).await;
        // The voters of the old file saw nothing of the guard.
        let again = story.pushes_rules("Ana", &loose);
        approves(story, &proposed, &ben, "Rules file: Dev").await;
        assert!(matches!(rules_of(&old).await.in_force.how, How::Approved { .. }));
        let told = deploys(&old, &again, "Staging").await;
        assert!(
            told.contains("another deployment of the repository, asks about what this rule acts on"),
            "{told}"
        );
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");
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
