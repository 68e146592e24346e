//! A copy of a rules file in force that this version of Signoff can't read: nothing runs until an admin
//! accepts another file.

use crate::connections::save;
use signoff_core::approval::{Approval, Blocker};
use signoff_core::deploy::Slug;
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::rules_in_force::{How, InForce, RulesInForce};
use signoff_local::slack::NewUser;
use signoff_store::{Change, RulesTexts};
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

/// A rules file with a key that no version has.
const UNREADABLE: &str = "rules:\n  - ship:\n      colour: red\n";

fn slug(story: &Story) -> Slug {
    Slug::new("acme", &story.name).unwrap()
}

async fn rules_of(story: &Story) -> RulesInForce {
    story.world.store.rules_in_force(&slug(story)).await.unwrap().unwrap()
}

/// Has the copy in force be a file that this version refuses, as after an upgrade with a stricter parser.
async fn cannot_read_its_rules(story: &Story, deploy: &DeployId) {
    let path = Some(".signoff/rules.yml".to_owned());
    let texts = RulesTexts { path, rules: UNREADABLE.to_owned(), tags: None };
    let store = &story.world.silent_store;
    let file = store.keep_rules(&slug(story), texts.copy("c0ffee1".repeat(9)), &texts).await.unwrap();
    let state = rules_of(story).await;
    let next = RulesInForce { in_force: InForce { file, ..state.in_force.clone() }, ..state };
    store.commit(Change::to(deploy, signoff_runtime::time::now()).rules(next)).await.unwrap();
}

fn acts(receiver: &Receiver) -> String {
    let url = receiver.url();
    format!(
        "rules:\n  - ship:\n      conditions: [\"environment='Staging'\"]\n      actions: [{{webhook: '{url}/ship'}}]\n"
    )
}

/// The approvals of the file that `deploy` brought to light.
async fn asked(story: &Story, deploy: &DeployId) -> Vec<Approval> {
    let mut approvals = story.settled(deploy).await.approvals;
    approvals.retain(|approval| approval.name.starts_with("Rules file"));
    approvals.sort_by_key(|approval| approval.step);
    approvals
}

/// The status of the answer to `admin`, who accepts the file that `story` has proposed.
async fn accepts(story: &Story, admin: &str) -> u16 {
    let file = rules_of(story).await.proposal.unwrap().file.id;
    let form = [("file", file.as_str()), ("reason", "Signoff was upgraded")];
    let path = format!("/deployments/acme/{}/rules", story.name);
    story.sign_in(admin).await.post(&path, &form).await.status().as_u16()
}

#[test]
fn unreadable_copy_in_force_is_replaced_by_an_admin() {
    tell("copy-unread", async |story| {
        let admin = |name: &str| story.world.slack.add_user(NewUser::new(name, &story.email(name)).admin());
        let (ana, dora) = (admin("Ana"), admin("Dora"));
        story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.pushes_rules(
            "Ben",
            &rule("votes_required: 1", &format!("webhook: '{}/promote'", receiver.url())),
        );
        let first = story.deploys(&story.push("Ben", "Begin"), "QA").await;
        story.settled(&first).await;
        cannot_read_its_rules(story, &first).await;

        // A file with mistakes is no way out, and both are told.
        let mistaken = story.pushes_rules("Ana", "rules:\n  - ship:\n      size: large\n");
        let deploy = story.deploys(&mistaken, "Staging").await;
        let page = story.settled(&deploy).await;
        let told = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesRefused { problems } => Some(problems.join("\n")),
            _ => None,
        });
        let told = told.unwrap();
        assert!(told.contains("in force (c0ffee1)") && told.contains("colour"), "{told}");
        assert!(told.contains("on the default branch") && told.contains("size"), "{told}");
        assert_eq!(rules_of(story).await.proposal, None);
        let told = story.problems().join("\n");
        assert!(told.contains("Put another rules file, without mistakes, on the default branch"), "{told}");

        let deploy = story.deploys(&story.pushes_rules("Ana", &acts(&receiver)), "Staging").await;
        let asked = asked(story, &deploy).await;
        assert_eq!(asked[0].electorate.blocked, [Blocker::RulesUnread]);
        assert!(asked[0].electorate.people.as_ref().is_some_and(Vec::is_empty), "nobody's vote counts");
        let told = story.problems().join("\n");
        assert!(told.contains("The file on the default branch is proposed in its place."), "{told}");
        assert_eq!(receiver.deliveries().len(), 0, "nothing acts until then");

        assert_eq!(accepts(story, &ana).await, 409, "who made it does not accept it");
        assert_eq!(accepts(story, &dora).await, 303);
        let how = rules_of(story).await.in_force.how;
        assert!(matches!(&how, How::Accepted { by, .. } if *by == dora), "{how:?}");
        let next = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&next).await;
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn acceptance_of_a_file_waits_for_voters_elsewhere() {
    tell("copy-unread-beside", async |story| {
        let dora = story.world.slack.add_user(NewUser::new("Dora", &story.email("Dora")).admin());
        let ben = story.person("Ben");
        story.person("Ana");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let guard = rule("votes_required: 1", &format!("webhook: '{}/ship'", receiver.url()));
        let revision = story.pushes_rules("Ana", &guard);
        let first = story.deploys(&revision, "QA").await;
        story.settled(&first).await;
        let other = Story::begin(story.world, "copy-unread-beside-2");
        let channel = format!("#{}", story.name);
        assert_eq!(save(story, &other.name, "0", &story.repository(), &channel).await, 303);
        let own = other.deploys(&revision, "QA").await;
        other.settled(&own).await;
        cannot_read_its_rules(&other, &own).await;

        let deploy = other.deploys(&story.pushes_rules("Ana", &acts(&receiver)), "Staging").await;
        let before = asked(&other, &deploy).await;
        assert_eq!(before.len(), 1, "{before:?}");
        assert_eq!(before[0].electorate.blocked, []);
        assert_eq!(accepts(&other, &dora).await, 409, "the voters of the first deployment decide");
        story.click(&ben, &before[0].dialog.clone().unwrap().ts, "approve").await;
        let after = asked(&other, &deploy).await;
        assert_eq!(after[1].electorate.blocked, [Blocker::RulesUnread]);
        assert_eq!(accepts(&other, &dora).await, 303);
        assert_eq!(receiver.deliveries().len(), 0);
    });
}
