//! The range since what was last let through to a place: what moves it, what blocks it, and what people read
//! of it.

use crate::identity::{doubt, look_again};
use reqwest::StatusCode;
use serde_json::json;
use signoff_core::approval::{Blocker, Closed, Status, Verdict};
use signoff_core::confirmation::Doubt;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::range::Direction;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::github::{ChangedFile, NewCommit};
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell, tell_with_policy};
use system_tests::world::POLICY_REPOSITORY;

const ACTS: &str = "webhook: 'https://example.com'";

/// The action that posts to `receiver`.
fn hook(receiver: &Receiver) -> String {
    format!("webhook: '{}/hook'", receiver.url())
}

/// The dialog of the deploy's first approval.
async fn dialog_of(story: &Story, deploy: &DeployId) -> String {
    story.settled(deploy).await.approvals[0].dialog.clone().unwrap().ts
}

async fn approves(story: &Story, person: &str, deploy: &DeployId) -> Status {
    let dialog = dialog_of(story, deploy).await;
    story.click(person, &dialog, "approve").await;
    story.settled(deploy).await.approvals[0].status.clone()
}

/// The deploy that stands in Staging.
async fn stands(story: &Story) -> Option<Page> {
    let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
    let newest = story.world.store.newest_in(&slug, "Staging").await.unwrap()?;
    story.world.store.page(&newest.id).await.unwrap()
}

/// Deploys `revision` to Staging, where another one stands, though it stood there before; the new deploy.
pub(crate) async fn redeploys(story: &Story, revision: &str) -> DeployId {
    assert_eq!(story.register(revision, "Staging").await.status(), StatusCode::OK);
    let there = story.until("the revision to stand there again", async || {
        stands(story).await.filter(|page| page.deploy.revision == revision).map(|page| page.deploy.id)
    });
    let id = there.await;
    story.settled(&id).await;
    id
}

/// Returns the text of the deploy's dialog in the channel.
fn shown(story: &Story, dialog: &str) -> String {
    let messages = story.world.slack.messages(&story.name);
    messages.iter().find(|message| message.ts == dialog).unwrap().text.clone()
}

#[test]
fn a_base_that_moves_has_open_approvals_judged_again() {
    tell("bases-move", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [chiara, dan] = ["Chiara", "Dan"].map(|name| story.person(name));
        let [_, _] = ["Ana", "Ben"].map(|name| story.person(name));
        let both = rule("{self_approval: false, votes_required: 2}", &hook(&receiver)).replace(
            "      conditions:\n        - environment='Staging'\n",
            "      promotes_to: Production\n",
        );
        story.rules(&both);
        let base = story.push("Ana", "Begin");
        let first = story.push("Ana", "Take cards");
        let second = story.push("Ben", "Take vouchers");
        let one = story.deploys(&first, "Staging").await;
        story.sets_base(&one, &base).await;
        let two = story.deploys(&second, "Canary").await;
        assert_eq!(approves(story, &chiara, &two).await, Status::Pending);
        approves(story, &chiara, &one).await;
        assert!(approves(story, &dan, &one).await.is_approved());
        let judged = story
            .until("the other approval to be judged again", async || {
                let page = story.settled(&two).await;
                let judged = page.approvals[0].electorate.judged.clone()?;
                (judged.base == first).then_some(page)
            })
            .await;
        let approval = &judged.approvals[0];
        assert_eq!(approval.electorate.judged.as_ref().map(|judged| judged.added), Some(1));
        // Ana made none of what is left: people voted on another change.
        assert_eq!((approval.votes.len(), approval.struck.len()), (0, 1));
        assert_eq!(approval.struck[0].why, Verdict::BaseMoved);
    });
}

#[test]
fn an_approval_that_opens_after_a_rollback_is_closed() {
    tell("bases-late", async |story| {
        let of_b = "  - only-b:\n      conditions:\n        - environment='Staging'\n        - tags='#only-b'\n      actions:\n        \
                    - slack_channel_approval: {name: 'Only of B', channel: '#CHANNEL'}\n";
        story.rules(&format!("rules:\n{of_b}"));
        let (a, b) = (story.push("Ana", "A"), story.push("Ana", "B"));
        let first = story.deploys(&a, "Staging").await;
        story.settled(&first).await;
        // B arrives, and its rules are read only after it was rolled back.
        let path = format!("GET /repos/{}/contents/.signoff/rules.yml", story.repository());
        story.world.github.faults().push(Fault::once(&path, FaultKind::rate_limited(4)));
        let body = json!({"sha": b, "environment": "Staging", "tags": "#only-b"});
        let register = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        assert_eq!(story.post(&register, &body).await.status(), StatusCode::OK);
        let held = story.deploy_id(&b, "Staging");
        story
            .until("B's rules not to be read", async || {
                let page = story.world.store.page(&held).await.unwrap()?;
                page.effects.iter().any(|effect| effect.attempts == 1 && effect.note.is_some()).then_some(())
            })
            .await;
        redeploys(story, &a).await;
        let status = story
            .until("the late approval to be closed", async || {
                let page = story.settled(&held).await;
                let approval = page.approvals.first()?;
                (!approval.status.is_open()).then(|| approval.status.clone())
            })
            .await;
        assert!(status.is_superseded(), "{status:?}");
    });
}

#[test]
fn a_deploy_confirmed_after_a_rollback_is_closed() {
    tell("bases-late-again", async |story| {
        let (known, dialog) = story.asks("votes_required: 2", ACTS).await;
        let sha = "d".repeat(40);
        let register = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let body = json!({"sha": sha, "environment": "Staging"});
        assert_eq!(story.post_as_it_is(&register, &body).await.status(), StatusCode::OK);
        let late = story.deploy_id(&sha, "Staging");
        assert_eq!(doubt(story, &late).await, Doubt::UnknownRevision);
        // The team goes back before the source host knows the revision.
        let back = story.page(&known).await.deploy.revision;
        assert_eq!(story.register(&back, "Staging").await.status(), StatusCode::OK);
        let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
        story
            .until("the second report to be looked at", async || {
                let reports = story.world.store.of_revision(&slug, &back).await.unwrap();
                let again = reports.into_iter().find(|report| report.id != known)?;
                story.world.store.deploy(&again.id).await.unwrap()?.confirmation.repeats().map(|_| ())
            })
            .await;

        story.knows(&sha);
        look_again(story, &late).await;
        let page = story
            .until("the approval of the late deploy to be closed", async || {
                let page = story.settled(&late).await;
                page.approvals.first().is_some_and(|approval| !approval.status.is_open()).then_some(page)
            })
            .await;
        let status = &page.approvals[0].status;
        assert!(
            matches!(status, Status::Closed(Closed::Superseded { by, .. }) if by.deploy == known),
            "{status:?}"
        );
        let page = story.page(&known).await;
        assert_eq!(page.approvals[0].status, Status::Pending, "{dialog} still asks");
    });
}

#[test]
fn rollback_to_what_was_never_registered_closes_approvals() {
    tell("bases-unknown", async |story| {
        story.person("Ana");
        story.rules(&rule("votes_required: 1", ACTS));
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let deploy = story.deploys(&second, "Staging").await;
        dialog_of(story, &deploy).await;
        story.deploys(&first, "Staging").await;
        let closed = async || {
            let status = story.page(&deploy).await.approvals[0].status.clone();
            status.is_superseded().then_some(())
        };
        story.until("the approval to close", closed).await;
        story.settled(&story.deploy_id(&first, "Staging")).await;
        story.settled(&deploy).await;
    });
}

#[test]
fn the_person_on_call_votes_on_a_rollback_at_night() {
    for (name, options, alone) in
        [("bases-night", "", true), ("bases-night-strict", ", rollback: four_eyes", false)]
    {
        tell(name, async |story| {
            let receiver = Receiver::start(&[200]).await.unwrap();
            let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
            story.rules(&rule(&format!("{{self_approval: false{options}}}"), &hook(&receiver)));
            let base = story.push("Ana", "Begin");
            let good = story.push("Ana", "Take cards");
            let deploy = story.deploys(&good, "Staging").await;
            story.sets_base(&deploy, &base).await;
            assert!(approves(story, &ben, &deploy).await.is_approved());
            let bad = story.push("Ben", "Take vouchers");
            let deploy = story.deploys(&bad, "Staging").await;
            assert!(approves(story, &ana, &deploy).await.is_approved());
            let back = redeploys(story, &good).await;
            let judged = story.page(&back).await.approvals[0].electorate.judged.clone().unwrap();
            assert_eq!(
                (judged.direction, judged.added, judged.removed, judged.has_no_makers),
                (Direction::Rollback, 0, 1, alone)
            );
            let dialog = shown(story, &dialog_of(story, &back).await);
            assert!(dialog.contains("This rollback takes out 1 commit"), "{dialog}");
            // Ben made all that it takes out.
            let status = approves(story, &ben, &back).await;
            assert_eq!(status.is_approved(), alone, "{status:?}");
        });
    }
}

#[test]
fn rollback_to_unapproved_commit_counts_its_makers() {
    tell("bases-held", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [ana, ben, chiara] = ["Ana", "Ben", "Chiara"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &hook(&receiver)));
        let base = story.push("Ana", "Begin");
        let good = story.push("Ana", "Take cards");
        let deploy = story.deploys(&good, "Staging").await;
        story.sets_base(&deploy, &base).await;
        assert!(approves(story, &ben, &deploy).await.is_approved());
        let bad = story.push("Ana", "Take everything");
        let mended = story.push("Ben", "Mend it");
        let deploy = story.deploys(&mended, "Staging").await;
        assert!(approves(story, &chiara, &deploy).await.is_approved());
        // Ana takes out what mended her commit. That one was never approved without it.
        let back = story.deploys(&bad, "Staging").await;
        let dialog = shown(story, &dialog_of(story, &back).await);
        assert!(dialog.contains("This rollback takes out 1 commit"), "{dialog}");
        let held = format!(
            "This revision itself was never approved for this place, so 1 commit since `{}`, which was approved, also counts.",
            &good[..7]
        );
        assert!(dialog.contains(&held), "{dialog}");
        assert_eq!(approves(story, &ana, &back).await, Status::Pending, "Ana made what is left");
        assert!(approves(story, &chiara, &back).await.is_approved());
    });
}

#[test]
fn a_range_that_was_not_read_whole_blocks_until_it_is() {
    tell("bases-incomplete", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let ben = story.person("Ben");
        story.person("Ana");
        let base = story.push("Ana", "Begin");
        let (deploy, _) = story.asks("{self_approval: false}", &hook(&receiver)).await;
        let revision = story.page(&deploy).await.deploy.revision;
        let partial = r#"{"data":{"repository":{"a0":null}},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible"}]}"#;
        // The look after the base is set, and the one that Ben's vote asks for.
        let fault = Fault::once("POST /graphql", FaultKind::status(200, partial)).with_body(&revision);
        story.world.github.faults().push(fault.times(2));
        story.sets_base(&deploy, &base).await;
        let blocked = story.settled(&deploy).await.approvals[0].electorate.blocked.clone();
        assert!(matches!(&blocked[..], [Blocker::Incomplete { .. }]), "{blocked:?}");
        assert_eq!(approves(story, &ben, &deploy).await, Status::Pending, "the vote is kept");
        let page = story.page(&deploy).await;
        let again = page.effects.iter().find(|effect| {
            !effect.is_closed() && matches!(effect.kind, EffectKind::JudgeAgain { round, .. } if round > 0)
        });
        story.pull_forward(again.unwrap()).await;
        let status = story
            .until("the approval to go on by itself", async || {
                let status = story.settled(&deploy).await.approvals[0].status.clone();
                (!status.is_open()).then_some(status)
            })
            .await;
        assert!(status.is_approved(), "{status:?}");
    });
}

#[test]
fn an_unsigned_commit_blocks_until_it_is_signed() {
    tell("bases-verified", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let ben = story.person("Ben");
        let base = story.push("Ana", "Begin");
        let (deploy, _) = story.asks("{verified_commits: true}", &hook(&receiver)).await;
        story.sets_base(&deploy, &base).await;
        let blocked = story.settled(&deploy).await.approvals[0].electorate.blocked.clone();
        assert!(matches!(&blocked[..], [Blocker::NotVerified { count: 1, .. }]), "{blocked:?}");
        assert_eq!(approves(story, &ben, &deploy).await, Status::Pending);
        let dialog = shown(story, &dialog_of(story, &deploy).await);
        assert!(dialog.contains("A rebase merge drops signatures"), "{dialog}");
        let commit = NewCommit {
            author: story.author("Ana"),
            message: "Take cards".to_owned(),
            branch: None,
            files: Vec::new(),
        };
        let signed = commit.signed_by(&story.author("Ana"));
        let signed =
            story.world.github.push(&story.repository(), signed.with_parents(std::slice::from_ref(&base)));
        story.world.github.force_push(&story.repository(), "main", &signed, &story.author("Ana"));
        let mended = story.deploys(&signed, "Staging").await;
        assert!(approves(story, &ben, &mended).await.is_approved());
    });
}

#[test]
fn a_dialog_says_the_base_where_no_maker_is_judged() {
    tell("bases-told", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&rule("votes_required: 1", &hook(&receiver)));
        let first = story.push("Ana", "Begin");
        let deploy = story.deploys(&first, "Staging").await;
        let dialog = shown(story, &dialog_of(story, &deploy).await);
        assert!(dialog.contains("Nothing was approved for this place before"), "{dialog}");
        assert!(approves(story, &ana, &deploy).await.is_approved());
        let sha = "a".repeat(40);
        let patch = format!("@@ -1 +1 @@\n-Subproject commit {sha}\n+Subproject commit {sha}\n");
        story.world.github.set_patch(&story.repository(), "lib/pay", &patch);
        let file = |path: &str| ChangedFile {
            path: path.to_owned(),
            previous: None,
            status: "modified",
            additions: 1,
            deletions: 1,
        };
        let pushes = |files: Vec<ChangedFile>, message: &str| {
            let (author, message) = (story.author("Ben"), message.to_owned());
            story.world.github.push(&story.repository(), NewCommit { author, message, branch: None, files })
        };
        pushes(vec![file("lib/pay")], "Move the library");
        let workflows = vec![file(".github/workflows/promote.yml")];
        let before = pushes(workflows, "Promote otherwise");
        let skipped = story.deploys(&before, "Staging").await;
        story.settled(&skipped).await;
        let revision = pushes(Vec::new(), "Fix a typo");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = shown(story, &dialog_of(story, &deploy).await);
        let since = format!("3 commits since `{}`, approved ", &first[..7]);
        for words in [
            since.as_str(),
            "Moves the submodule `lib/pay`, not read.",
            // The deploy's own commit does not.
            "This deploy changes what CI runs: `.github/workflows/promote.yml`",
            &format!("/compare/{first}...{revision}"),
        ] {
            assert!(dialog.contains(words), "{words}: {dialog}");
        }
        assert!(approves(story, &ben, &deploy).await.is_approved());
    });
}

#[test]
fn a_guarding_file_is_told_by_its_blob_where_files_are_cut() {
    tell("bases-cut", async |story| {
        story.person("Ana");
        story.rules(&rule("votes_required: 1", ACTS));
        let first = story.push("Ana", "Begin");
        let file = |number: usize| ChangedFile {
            path: format!("src/{number:03}.rs"),
            previous: None,
            status: "modified",
            additions: 1,
            deletions: 1,
        };
        let (path, github) = (".github/workflows/promote.yml", &story.world.github);
        github.set_file_at(&story.repository(), &first, path, "on: push\n");
        let deploy = story.deploys(&first, "Staging").await;
        story.settled(&deploy).await;
        let many = |message: &str| {
            let files = (0..400).map(file).collect();
            let (author, message) = (story.author("Ana"), message.to_owned());
            github.push(&story.repository(), NewCommit { author, message, branch: None, files })
        };
        for (message, text, expected) in [
            ("The same", "on: push\n", signoff_core::deploy::RulesChange::No),
            ("Another", "on: never\n", signoff_core::deploy::RulesChange::Yes(vec![path.to_owned()])),
        ] {
            let revision = many(message);
            github.set_file_at(&story.repository(), &revision, path, text);
            let deploy = story.deploys(&revision, "Staging").await;
            let page = story.settled(&deploy).await;
            assert_eq!(page.deploy.rules_change, expected, "{message}");
        }
    });
}

#[test]
fn a_rule_asks_which_way_a_deploy_goes() {
    tell("bases-ways", async |story| {
        let way = |name: &str, condition: &str| {
            format!(
                "  - {name}:\n      conditions: [\"{condition}\"]\n      actions: [{{slack_channel_message: {{channel: '#CHANNEL', message: {name}}}}}]\n"
            )
        };
        let file = [
            way("forward", "rollback=false and diverged=false"),
            way("back", "rollback"),
            way("fork", "diverged"),
        ];
        story.rules(&format!("rules:\n{}", file.concat()));
        let (a, b) = (story.push("Ana", "A"), story.push("Ana", "B"));
        let opened = async |deploy: &DeployId| -> Vec<String> {
            story.settled(deploy).await.runs.iter().map(|run| run.rule.clone()).collect()
        };
        let first = story.deploys(&a, "Staging").await;
        assert_eq!(opened(&first).await, ["forward"]);
        let next = story.deploys(&b, "Staging").await;
        assert_eq!(opened(&next).await, ["forward"]);
        let back = redeploys(story, &a).await;
        assert_eq!(opened(&back).await, ["back"]);
        let fork = NewCommit {
            author: story.author("Ana"),
            message: "C".to_owned(),
            branch: Some("fork".to_owned()),
            files: Vec::new(),
        };
        let c = story.world.github.push(&story.repository(), fork.parents(&[]));
        // Nothing in common with what stood there: nobody knows which way it goes.
        let lost = story.deploys(&c, "Staging").await;
        assert_eq!(opened(&lost).await, [""; 0]);
    });
}

#[test]
fn that_an_admin_set_a_base_is_on_record() {
    tell("bases-record", async |story| {
        let base = story.push("Ana", "Begin");
        story.person("Ana");
        let (deploy, _) = story.asks("{self_approval: false}", ACTS).await;
        story.sets_base(&deploy, &base).await;
        let page = story.page(&deploy).await;
        let set = page.events.iter().find_map(|event| match &event.kind {
            EventKind::BaseSet { approval, revision, name, .. } => {
                Some((approval.clone(), revision.clone(), name.clone()))
            }
            _ => None,
        });
        assert_eq!(set, Some((page.approvals[0].id.clone(), base, "Base admin".to_owned())));
    });
}

#[test]
fn approval_of_an_asking_rule_sets_a_base_once_it_acts() {
    tell_with_policy("base-after", async |story| {
        let ana = story.person("Ana");
        let policy = format!(
            "owners:\n  - {}\n  - {}\ndefault:\n  votes_required: 1\n",
            story.email("Owen"),
            story.email("Olga")
        );
        story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &policy);
        let receiver = Receiver::start(&[200]).await.unwrap();
        let rule = |name: &str, more: &str, action: &str| {
            format!(
                "  - {name}:\n      promotes_to: Production\n{more}      conditions: [\"environment='Staging'\"]\n      \
                 actions: [{{{action}}}]\n"
            )
        };
        let says = "slack_channel_message: {channel: '#CHANNEL', message: Thanks}";
        let asks = format!("slack_channel_approval: {{channel: '#CHANNEL', on_success: [{{{says}}}]}}");
        let gate = rule("gate", "", &asks);
        let ship = rule("ship", "      after: [gate]\n", &hook(&receiver));
        story.rules(&format!("rules:\n{gate}{ship}"));
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = dialog_of(story, &deploy).await;
        assert_eq!(receiver.deliveries().len(), 0);
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.runs.len(), receiver.deliveries().len()), (2, 1), "{:?}", page.runs);
        let place = "environment production";
        let base = story.world.store.base(&page.deploy.deployment, place).await.unwrap();
        assert_eq!(base.any.map(|passed| passed.revision), Some(revision), "the next range starts there");
    });
}
