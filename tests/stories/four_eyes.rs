//! Four eyes over everything since what was last approved.

use signoff_core::approval::{Blocker, Status};
use signoff_core::id::DeployId;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::github::{Author, NewCommit, NewPullRequest};
use signoff_local::slack::NewUser;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

/// A receiver, and the action that posts to it.
async fn hook() -> (Receiver, String) {
    let receiver = Receiver::start(&[200]).await.unwrap();
    let action = format!("webhook: '{}/hook'", receiver.url());
    (receiver, action)
}

async fn approves(story: &Story, person: &str, dialog: &str, deploy: &DeployId) -> Status {
    story.click(person, dialog, "approve").await;
    story.settled(deploy).await.approvals[0].status.clone()
}

async fn blocked(story: &Story, deploy: &DeployId) -> Vec<Blocker> {
    story.settled(deploy).await.approvals[0].electorate.blocked.clone()
}

/// The newest dialog of a deploy.
async fn dialog_of(story: &Story, deploy: &DeployId) -> String {
    story.settled(deploy).await.approvals[0].dialog.clone().unwrap().ts
}

#[test]
fn an_author_does_not_approve_their_own_change_under_the_next() {
    tell("four-eyes-next", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ana", "Begin");
        let first = story.push("Ana", "Take cards");
        let before = story.deploys(&first, "Staging").await;
        story.sets_base(&before, &base).await;
        let next = story.push("Ben", "Fix a typo");
        let deploy = story.deploys(&next, "Staging").await;
        let dialog = dialog_of(story, &deploy).await;
        assert_eq!(approves(story, &ana, &dialog, &deploy).await, Status::Pending, "Ana's own commit");
        assert!(approves(story, &ben, &dialog, &deploy).await.is_approved());
        assert!(story.page(&before).await.approvals[0].status.is_superseded());
        let last = story.push("Ana", "Take vouchers");
        let deploy = story.deploys(&last, "Staging").await;
        let judged = story.settled(&deploy).await.approvals[0].electorate.judged.clone().unwrap();
        assert_eq!((judged.base, judged.added, judged.set_by), (next, 1, None));
    });
}

#[test]
fn an_approval_without_a_base_waits_until_an_admin_sets_it() {
    tell("four-eyes-base", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let base = story.push("Ana", "Begin");
        let (deploy, dialog) = story.asks("{self_approval: false}", &action).await;
        assert_eq!(blocked(story, &deploy).await, [Blocker::NoBase]);
        assert_eq!(approves(story, &ben, &dialog, &deploy).await, Status::Pending);
        let admin = story.world.slack.add_user(NewUser::new("Cleo", &story.email("Cleo")).admin());
        let visitor = story.sign_in(&admin).await;
        let approval = story.page(&deploy).await.approvals[0].id.clone();
        let path = format!("/deploys/{deploy}/approvals/{approval}/base");
        for (revision, status) in
            [("main", 422), (&base[..7], 422), (base.as_str(), 303), (base.as_str(), 409)]
        {
            let answer = visitor.post(&path, &[("revision", revision)]).await;
            assert_eq!(answer.status().as_u16(), status, "{revision}");
            story.settled(&deploy).await;
        }
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals[0]);
        assert!(page.approvals[0].electorate.except.contains(&admin));
        assert_eq!(page.approvals[0].subject.base.as_deref(), Some(base.as_str()));
    });
}

#[test]
fn another_rules_approval_is_no_base_for_the_same_deploy() {
    tell("four-eyes-other-rule", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let rule_of = |name: &str, options: &str| {
            format!(
                "  - {name}:\n      promotes_to: Production\n      actions:\n        - slack_channel_approval: \
                 {{name: 'Ask {name}', channel: '#CHANNEL'{options}, on_success: [{{{action}}}]}}\n"
            )
        };
        let [plain, signed] = [rule_of("plain", ""), rule_of("signed", ", verified_commits: true")];
        story.rules(&format!("rules:\n{plain}{signed}"));
        let base = story.push("Ana", "Begin");
        let deploy = story.deploys(&story.push("Ana", "Take cards unsigned"), "Staging").await;
        let of = async |name: &str| {
            let page = story.settled(&deploy).await;
            page.approvals.into_iter().find(|approval| approval.name == format!("Ask {name}")).unwrap()
        };
        let dialog = async |name: &str| of(name).await.dialog.unwrap().ts;
        let (of_plain, of_signed) = (dialog("plain").await, dialog("signed").await);
        story.click(&ben, &of_signed, "approve").await;
        story.click(&ben, &of_plain, "approve").await;
        assert!(of("plain").await.status.is_approved());
        let approval = of("signed").await;
        assert_eq!((approval.status, approval.electorate.blocked), (Status::Pending, vec![Blocker::NoBase]));

        let admin = story.world.slack.add_user(NewUser::new("Cleo", &story.email("Cleo")).admin());
        let visitor = story.sign_in(&admin).await;
        let path = format!("/deploys/{deploy}/approvals/{}/base", approval.id);
        assert_eq!(visitor.post(&path, &[("revision", &base)]).await.status().as_u16(), 303);
        let blocked = of("signed").await.electorate.blocked;
        assert!(matches!(&blocked[..], [Blocker::NotVerified { count: 1, .. }]), "{blocked:?}");
    });
}

#[test]
fn a_base_that_the_host_lost_blocks() {
    tell("four-eyes-lost", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let base = story.push("Ana", "Begin");
        let (deploy, dialog) = story.asks("{self_approval: false}", &action).await;
        story.sets_base(&deploy, &"d".repeat(40)).await;
        assert_eq!(blocked(story, &deploy).await, [Blocker::BaseLost { base: "d".repeat(40) }]);
        assert_eq!(approves(story, &ben, &dialog, &deploy).await, Status::Pending);
        story.sets_base(&deploy, &base).await;
        assert!(story.settled(&deploy).await.approvals[0].status.is_approved());
    });
}

#[test]
fn base_that_an_admin_set_only_moves_further_back() {
    tell("four-eyes-back", async |story| {
        let (_receiver, action) = hook().await;
        story.person("Ana");
        story.rules(&rule("{self_approval: false}", &action).replace(
            "      conditions:\n        - environment='Staging'\n",
            "      promotes_to: Production\n",
        ));
        let [first, older, set, skipped, newest] =
            ["Begin", "Add a page", "Add a till", "Take cards", "Take vouchers"]
                .map(|message| story.push("Ana", message));
        let large = story.deploys(&newest, "Staging").await;
        story.sets_base(&large, &set).await;
        let old = story.deploys(&older, "Canary").await;
        let by = story.page(&large).await.approvals[0].electorate.except.clone();
        let refused = blocked(story, &old).await;
        assert!(
            matches!(&refused[..], [Blocker::BaseRefused { base, by: who }] if *base == set && by.contains(who)),
            "{refused:?}"
        );

        // Nobody voted on the commit that a newer base would leave out of the other deploy.
        let admin = story.world.slack.add_user(NewUser::new("Cleo", &story.email("Cleo")).admin());
        let visitor = story.sign_in(&admin).await;
        let approval = story.page(&old).await.approvals[0].id.clone();
        let path = format!("/deploys/{old}/approvals/{approval}/base");
        let compares = format!("GET /repos/{}/compare/", story.repository());
        story.world.github.faults().push(Fault::once(&compares, FaultKind::status(500, "")));
        for (revision, status) in [(&first, 503), (&skipped, 422), (&"d".repeat(40), 422), (&first, 303)] {
            let answer = visitor.post(&path, &[("revision", revision)]).await;
            assert_eq!(answer.status().as_u16(), status, "{revision}");
        }
        story.settled(&old).await;
        let judged = story
            .until("the other deploy to be judged again", async || {
                let judged = story.settled(&large).await.approvals[0].electorate.judged.clone()?;
                (judged.base == first).then_some(judged)
            })
            .await;
        assert_eq!(judged.added, 4);
    });
}

#[test]
fn base_does_not_move_to_a_side_branch() {
    tell("four-eyes-side", async |story| {
        let (_receiver, action) = hook().await;
        story.person("Ana");
        story.rules(&rule("{self_approval: false}", &action).replace(
            "      conditions:\n        - environment='Staging'\n",
            "      promotes_to: Production\n",
        ));
        let first = story.push("Ana", "Begin");
        let on_hotfix = |message: &str| NewCommit {
            author: story.author("Ana"),
            message: message.to_owned(),
            branch: Some("hotfix".to_owned()),
            files: Vec::new(),
        };
        let [skipped, hotfix] = ["Mend a sum", "Mend a date"]
            .map(|message| story.world.github.push(&story.repository(), on_hotfix(message)));
        let [set, newest] = ["Add a till", "Take cards"].map(|message| story.push("Ana", message));
        let large = story.deploys(&newest, "Staging").await;
        story.sets_base(&large, &set).await;
        let aside = story.deploys(&hotfix, "Canary").await;
        let refused = blocked(story, &aside).await;
        assert!(matches!(&refused[..], [Blocker::BaseRefused { base, .. }] if *base == set), "{refused:?}");

        let admin = story.world.slack.add_user(NewUser::new("Cleo", &story.email("Cleo")).admin());
        let visitor = story.sign_in(&admin).await;
        let approval = story.page(&aside).await.approvals[0].id.clone();
        let path = format!("/deploys/{aside}/approvals/{approval}/base");
        let answer = visitor.post(&path, &[("revision", &skipped)]).await;
        assert_eq!(answer.status().as_u16(), 422, "nobody voted on what this base would leave out");
        let text = answer.text().await.unwrap();
        assert!(text.contains(&format!("both the waiting revision and {set} follow from")), "{text}");
        assert_eq!(visitor.post(&path, &[("revision", &first)]).await.status().as_u16(), 303);
        let judged = story
            .until("the side branch to be judged from the older base", async || {
                let judged = story.settled(&aside).await.approvals[0].electorate.judged.clone()?;
                (judged.base == first).then_some(judged)
            })
            .await;
        assert_eq!(judged.added, 2);
    });
}

#[test]
fn a_maker_who_is_not_found_blocks_unless_the_rule_allows_it() {
    tell("four-eyes-unknown", async |story| {
        let (_receiver, action) = hook().await;
        let ben = story.person("Ben");
        let base = story.push("Ben", "Begin");
        let (deploy, dialog) = story.asks("{self_approval: false}", &action).await;
        story.sets_base(&deploy, &base).await;
        let found = blocked(story, &deploy).await;
        assert!(matches!(&found[..], [Blocker::MakersNotFound { .. }]), "{found:?}");
        assert_eq!(approves(story, &ben, &dialog, &deploy).await, Status::Pending);
        story.new_rules(&rule("{self_approval: false, unknown_makers: allow}", &action)).await;
        let next = story.push("Ana", "Take vouchers");
        let deploy = story.deploys(&next, "Staging").await;
        let dialog = dialog_of(story, &deploy).await;
        assert!(approves(story, &ben, &dialog, &deploy).await.is_approved());
    });
}

#[test]
fn two_people_who_merged_each_others_work_approve_together() {
    tell("four-eyes-pair", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let base = story.push("Ana", "Begin");
        let github = &story.world.github;
        let mut revision = base.clone();
        for (number, (author, merger)) in [("Ana", "Ben"), ("Ben", "Ana")].into_iter().enumerate() {
            revision = story.push(author, &format!("Change {number}"));
            let pull_request = NewPullRequest {
                title: format!("Change {number}"),
                body: None,
                author: story.author(author),
                labels: Vec::new(),
                commits: vec![revision.clone()],
                merged: true,
                merger: Some(story.author(merger)),
            };
            github.add_pull_request(&story.repository(), pull_request);
        }
        story.rules(&rule("{self_approval: false}", &action));
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        let dialog = dialog_of(story, &deploy).await;
        assert_eq!(approves(story, &ana, &dialog, &deploy).await, Status::Pending);
        assert!(approves(story, &ben, &dialog, &deploy).await.is_approved());
    });
}

#[test]
fn two_people_who_merged_each_others_forks_approve_together() {
    tell("four-eyes-forks", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let base = story.push("Ana", "Begin");
        let github = &story.world.github;
        let mut revision = base.clone();
        for (author, merger) in [("Ana", "Ben"), ("Ben", "Ana")] {
            let [made, merging] = [author, merger].map(|name| NewCommit {
                author: story.author(name),
                message: format!("Change of a fork by {name}"),
                branch: None,
                files: Vec::new(),
            });
            let made = made.signed_by(&story.author(author)).in_a_fork();
            let made = github.push(&story.repository(), made);
            let merging = merging.merged_by(&story.author(merger)).merging(&made);
            revision = github.push(&story.repository(), merging);
            let pull_request = NewPullRequest {
                title: format!("A fork of {author}"),
                body: None,
                author: story.author(author),
                labels: Vec::new(),
                commits: vec![made.clone(), revision.clone()],
                merged: true,
                merger: Some(story.author(merger)),
            };
            github.add_pull_request(&story.repository(), pull_request.of_branch("patch", &[made]).of_fork());
        }
        story.rules(&rule("{self_approval: false}", &action));
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        let dialog = dialog_of(story, &deploy).await;
        assert_eq!(approves(story, &ana, &dialog, &deploy).await, Status::Pending);
        assert!(approves(story, &ben, &dialog, &deploy).await.is_approved());
    });
}

#[test]
fn a_maker_of_one_of_many_commits_does_not_approve_alone() {
    tell("four-eyes-many", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let base = story.push("Ana", "Begin");
        story.push("Ana", "Take cards");
        let author = story.author("Ben");
        let filler = |number: usize| {
            let message = format!("Commit {number}");
            NewCommit { author: Author::clone(&author), message, branch: None, files: Vec::new() }.into()
        };
        let pushed = story.world.github.push_all(&story.repository(), (0..299).map(filler).collect());
        story.rules(&rule("{self_approval: false}", &action));
        let deploy = story.deploys(pushed.last().unwrap(), "Staging").await;
        story.sets_base(&deploy, &base).await;
        let dialog = dialog_of(story, &deploy).await;
        assert_eq!(approves(story, &ana, &dialog, &deploy).await, Status::Pending, "Ana wrote the first");
        assert!(approves(story, &ben, &dialog, &deploy).await.is_approved());
        let judged = story.page(&deploy).await.approvals[0].electorate.judged.clone().unwrap();
        assert_eq!(judged.added, 300);
    });
}
