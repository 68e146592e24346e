//! People who may vote on a proposed rules file, and the deploys that wait for one.

use signoff_core::approval::{Approval, Blocker};
use signoff_core::deploy::Slug;
use signoff_core::effect::EffectKind;
use signoff_core::id::DeployId;
use signoff_core::people::{By, Claim, Entry, Handle, Statement};
use signoff_core::rules_in_force::{How, RulesInForce};
use signoff_local::github::{Author, ChangedFile, NewCommit, Push};
use signoff_store::Change;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

/// Text that only the dialog of a proposed file has.
const PROPOSED: &str = "counts once it is approved";

async fn rules_of(story: &Story) -> RulesInForce {
    let slug = Slug::new("acme", &story.name).unwrap();
    story.world.store.rules_in_force(&slug).await.unwrap().unwrap()
}

async fn is_in_force(story: &Story) -> bool {
    matches!(rules_of(story).await.in_force.how, How::Approved { .. })
}

/// A file that asks with these options before it acts.
fn asks(receiver: &Receiver, options: &str) -> String {
    rule(options, &format!("webhook: '{}/promote'", receiver.url()))
}

/// A first deploy by `rules`, pushed by Ana, which puts them in force.
async fn begin(story: &Story, rules: &str) {
    story.pushes_rules("Ana", rules);
    let deploy = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
    story.settled(&deploy).await;
}

/// A commit of `author` that changes the rules file to `rules`.
fn change(story: &Story, author: Author, rules: &str) -> NewCommit {
    story.rules(rules);
    let path = ".signoff/rules.yml".to_owned();
    let file = ChangedFile { path, previous: None, status: "modified", additions: 1, deletions: 1 };
    NewCommit { author, message: "Change the rules".to_owned(), branch: None, files: vec![file] }
}

/// A deploy of a change of the rules file; its id, and the file's dialog.
async fn proposes(story: &Story, commit: impl Into<Push>) -> (DeployId, String) {
    let revision = story.world.github.push(&story.repository(), commit);
    let deploy = story.deploys(&revision, "Staging").await;
    story.settled(&deploy).await;
    let dialog = proposal_of(story, &deploy).await.dialog.unwrap().ts;
    (deploy, dialog)
}

/// The approval of the rules file that `deploy` brought to light.
async fn proposal_of(story: &Story, deploy: &DeployId) -> Approval {
    let page = story.settled(deploy).await;
    page.approvals.into_iter().find(|approval| approval.name.starts_with("Rules file")).unwrap()
}

#[test]
fn who_pushed_or_wrote_the_rules_does_not_approve_them() {
    tell("proposal-pusher", async |story| {
        let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 1, self_approval: false")).await;
        story.world.github.show_email("ana", &story.email("Ana"));
        // Ana pushes it in Ben's name.
        let looser = asks(&receiver, "votes_required: 1");
        let commit = change(story, story.author("Ben"), &looser).pushed_by(&story.author("Ana"));
        let (deploy, dialog) = proposes(story, commit).await;
        for maker in [&ana, &ben] {
            story.click(maker, &dialog, "approve").await;
            story.settled(&deploy).await;
            assert!(!is_in_force(story).await);
        }
        story.click(&cleo, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(is_in_force(story).await);
    });
}

#[test]
fn a_rules_dialog_judges_the_commits_that_changed_the_file() {
    tell("proposal-range", async |story| {
        let ben = story.person("Ben");
        story.person("Ana");
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 1, self_approval: false")).await;
        let author = story.author("Ben");
        let filler = |number: usize| {
            let message = format!("Commit {number}");
            NewCommit { author: author.clone(), message, branch: None, files: Vec::new() }.into()
        };
        story.world.github.push_all(&story.repository(), (0..120).map(filler).collect());
        let looser = asks(&receiver, "votes_required: 1");
        let (deploy, dialog) = proposes(story, change(story, story.author("Ana"), &looser)).await;
        let judged = proposal_of(story, &deploy).await.electorate.judged.unwrap();
        assert_eq!(judged.added, 1, "of 121 commits");
        let sees = story.sees(&ben);
        assert!(sees.contains("1 commit changed the rules file since"), "{sees}");
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(is_in_force(story).await);
    });
}

#[test]
fn linked_rules_file_blocks_its_dialog() {
    tell("proposal-linked", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 1, self_approval: false")).await;
        story.world.github.make_link(&story.repository(), ".signoff/rules.yml");
        let looser = asks(&receiver, "votes_required: 1");
        let (deploy, dialog) = proposes(story, change(story, story.author("Ana"), &looser)).await;
        let sees = story.sees(&ben);
        assert!(sees.contains(".signoff/rules.yml is a symbolic link"), "{sees}");
        assert!(!sees.contains("accepts it on the deployment's page"), "nobody knows who made it: {sees}");
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(!is_in_force(story).await);
    });
}

#[test]
fn unread_range_blocks_no_dialog_without_four_eyes() {
    tell("proposal-unread", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 2")).await;
        story.world.github.make_link(&story.repository(), ".signoff/rules.yml");
        let lower = asks(&receiver, "votes_required: 1");
        let (deploy, dialog) = proposes(story, change(story, story.author("Ana"), &lower)).await;
        assert_eq!(proposal_of(story, &deploy).await.electorate.blocked, []);
        for voter in [&ben, &story.person("Cleo")] {
            story.click(voter, &dialog, "approve").await;
        }
        story.settled(&deploy).await;
        assert!(is_in_force(story).await);
    });
}

#[test]
fn an_unknown_maker_blocks_the_rules_until_they_are_found() {
    tell("proposal-unknown", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 1, self_approval: false")).await;
        let looser = asks(&receiver, "votes_required: 1");
        let (deploy, dialog) = proposes(story, change(story, story.author("Yara"), &looser)).await;
        let blocked = proposal_of(story, &deploy).await.electorate.blocked;
        assert!(matches!(&blocked[..], [Blocker::MakersNotFound { .. }]), "{blocked:?}");
        assert!(story.sees(&ben).contains("put the file in force back"), "{}", story.sees(&ben));
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(!is_in_force(story).await, "the vote is kept, and completes nothing");
        // Two admins say who she is: she goes by another address in Slack.
        let member = story.person("Zoelle");
        let by = |id: &str| By { id: id.to_owned(), name: id.to_owned(), at: signoff_runtime::time::now() };
        let claim = Claim::Member { id: member, name: "Zoelle".to_owned() };
        let said = Statement { claim, said: Some(by("U0ADMIN1")), confirmed: Some(by("U0ADMIN2")) };
        let handle = Handle::email(&story.email("Yara")).unwrap();
        let entry = Entry { counts: Some(said), ..Entry::new(handle) };
        let change = Change::to(&DeployId::people(), signoff_runtime::time::now()).person(entry);
        story.world.store.commit(change).await.unwrap();
        story.until("the file to be in force", async || is_in_force(story).await.then_some(())).await;
        let page = story.settled(&deploy).await;
        let proposal = proposal_of(story, &deploy).await.id;
        let is_out_of_turn = |effect: &&signoff_core::effect::Effect| {
            matches!(&effect.kind, EffectKind::JudgeAgain { round: 0, approval } if *approval == proposal)
                && effect.is_closed()
        };
        let looks = page.effects.iter().filter(is_out_of_turn).count();
        assert_eq!(looks, 2, "after Ben's vote, and after the admins said who she is");
    });
}

#[test]
fn unsigned_rules_wait_where_the_approval_wants_signatures() {
    tell("proposal-unsigned", async |story| {
        let (ana, ben) = (story.author("Ana"), story.person("Ben"));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let first = asks(&receiver, "votes_required: 1, verified_commits: true");
        begin(story, &first).await;
        let looser = asks(&receiver, "votes_required: 1");
        let (deploy, dialog) = proposes(story, change(story, ana.clone(), &looser)).await;
        let blocked = proposal_of(story, &deploy).await.electorate.blocked;
        assert!(matches!(&blocked[..], [Blocker::NotVerified { count: 1, .. }]), "{blocked:?}");
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(!is_in_force(story).await);
        // The way out: the file in force comes back, and the change is made again.
        let back = story.world.github.push(&story.repository(), change(story, ana.clone(), &first));
        story.settled(&story.deploys(&back, "Staging").await).await;
        assert_eq!(rules_of(story).await.in_force.revision.as_deref(), Some(back.as_str()));
        let again = change(story, ana.clone(), &looser).signed_by(&ana);
        let (deploy, dialog) = proposes(story, again).await;
        assert_eq!(proposal_of(story, &deploy).await.electorate.blocked, []);
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(is_in_force(story).await);
    });
}

#[test]
fn a_deploy_goes_on_by_rules_that_others_overtook() {
    tell("proposal-overtaken", async |story| {
        let (ben, cleo) = (story.person("Ben"), story.person("Cleo"));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let first = asks(&receiver, "votes_required: 1");
        begin(story, &first).await;
        let second =
            first.replace("promote-to-production", "to-qa").replace("Promote deploy to production", "To QA");
        let second = second.replace("Staging", "QA").replace("/promote", "/qa").replace("rules:\n", "");
        let both = format!("{first}{second}");
        let deploy = story.deploys(&story.pushes_rules("Ana", &both), "QA").await;
        let proposal = story.dialog_of(PROPOSED).await;
        let asked = story.dialog_of("Only the proposed rules file asks this").await;
        story.settled(&deploy).await;
        story.click(&cleo, &asked, "approve").await;
        let waits = story
            .until("the action to wait", async || {
                let page = story.world.store.page(&deploy).await.unwrap()?;
                let waits = |effect: &&signoff_core::effect::Effect| {
                    matches!(effect.kind, EffectKind::RunStep { .. })
                        && effect.note.as_ref().is_some_and(|note| note.contains("rules file is in force"))
                };
                page.effects.iter().find(waits).cloned()
            })
            .await;
        story.click(&ben, &proposal, "approve").await;
        story.until("the file to be in force", async || is_in_force(story).await.then_some(())).await;
        // A third file is in force before the deploy looks again.
        let says =
            "  - says:\n      actions: [{slack_channel_message: {channel: '#CHANNEL', message: hello}}]\n";
        let next = story.pushes_rules("Ana", &format!("{both}{says}"));
        story.settled(&story.deploys(&next, "Staging").await).await;
        assert_eq!(rules_of(story).await.in_force.how, How::Harmless);
        story.pull_forward(&waits).await;
        story.world.tick().await;
        story.settled(&deploy).await;
        let paths: Vec<_> = receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect();
        assert_eq!(paths, ["/qa"]);
    });
}
