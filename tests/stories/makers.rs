//! The people behind tokens and programs, and who counts as an author.

use crate::ci_tokens::{Ci, GITHUB, github};
use serde_json::json;
use signoff_core::approval::{Blocker, Closed, Status};
use signoff_core::confirmation::Confirmation;
use signoff_core::id::DeployId;
use signoff_local::github::{Author, DeploymentStatus, NewCommit, NewPullRequest};
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

/// A receiver, and the action that posts to it.
async fn hook() -> (Receiver, String) {
    let receiver = Receiver::start(&[200]).await.unwrap();
    let action = format!("webhook: '{}/hook'", receiver.url());
    (receiver, action)
}

/// The account of a run's own token.
fn token() -> Author {
    let login = "github-actions[bot]";
    Author::new(login, &format!("41898282+{login}@users.noreply.github.com"), login)
}

/// A deployment of `revision` that a run's own token made; its id here. `run` is the run that its status
/// names.
async fn deployed_by_token(story: &Story, number: u64, revision: &str, run: Option<u64>) -> DeployId {
    let id = delivered(story, number, revision, token(), run).await;
    story
        .until("the dialog", async || {
            let page = story.world.store.page(&id).await.unwrap()?;
            page.approvals.first().and_then(|approval| approval.dialog.clone())
        })
        .await;
    story.settled(&id).await;
    id
}

/// The id of a deployment of `revision` that `creator` made on GitHub and that is delivered.
async fn delivered(
    story: &Story,
    number: u64,
    revision: &str,
    creator: Author,
    run: Option<u64>,
) -> DeployId {
    let github = &story.world.github;
    let status = DeploymentStatus {
        sha: revision.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: "success".to_owned(),
        creator,
        deployment_id: number,
    };
    let delivery = github.deployment_status_delivery(&story.repository(), &status);
    github.change_deployment(&story.repository(), number, |deployment| {
        deployment.statuses.iter_mut().for_each(|status| status.run = run);
    });
    let url = format!("{}/webhooks/github", story.world.front.url());
    let mut request = story.world.http.post(url).body(delivery.body);
    for (name, value) in delivery.headers {
        request = request.header(name, value);
    }
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    DeployId::derive("github", &[&story.repository(), &number.to_string(), "staging"])
}

async fn blocked(story: &Story, deploy: &DeployId) -> Vec<Blocker> {
    story.settled(deploy).await.approvals[0].electorate.blocked.clone()
}

async fn approves(story: &Story, person: &str, deploy: &DeployId) -> Status {
    let dialog = story.settled(deploy).await.approvals[0].dialog.clone().unwrap().ts;
    story.click(person, &dialog, "approve").await;
    story.settled(deploy).await.approvals[0].status.clone()
}

#[test]
fn who_started_a_run_does_not_approve_what_its_token_deployed() {
    tell("run-token", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben, cleo, dan] = ["Ana", "Ben", "Cleo", "Dan"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ana", "Begin");
        // Their accounts are known by commits of theirs.
        story.push("Ben", "Take cards");
        story.push("Cleo", "Take vouchers");
        let before = story.push("Dan", "Take cash");
        let github = &story.world.github;
        // Dan's run was over when the status was set that names it.
        let over = github.add_run(&story.repository(), &before, &story.author("Dan"), &story.author("Dan"));
        github.end_run(&story.repository(), over, jiff::Timestamp::UNIX_EPOCH);
        let first = deployed_by_token(story, 1, &before, Some(over)).await;
        story.sets_base(&first, &base).await;
        let unknown = blocked(story, &first).await;
        assert!(
            matches!(&unknown[..], [Blocker::MakersNotFound { tokens, .. }] if tokens[0].contains("github-actions")),
            "{unknown:?}"
        );
        let revision = story.push("Ana", "Take coins");
        let (by, again) = (story.author("Ben"), story.author("Cleo"));
        let run = github.add_run(&story.repository(), &revision, &by, &again);
        github.rerun(&story.repository(), run, &by);
        let second = deployed_by_token(story, 2, &revision, Some(run)).await;
        assert_eq!(blocked(story, &second).await, []);
        for starter in [&ben, &cleo] {
            assert_eq!(approves(story, starter, &second).await, Status::Pending, "they started the run");
        }
        // Dan made a part of the range, and Ana the rest.
        assert_eq!(approves(story, &dan, &second).await, Status::Pending);
        let eve = story.person("Eve");
        assert!(approves(story, &eve, &second).await.is_approved());
    });
}

#[test]
fn deployer_of_another_report_is_a_maker() {
    tell("second-report", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben, cleo, dan] = ["Ana", "Ben", "Cleo", "Dan"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ana", "Begin");
        // His account is known by a commit of his.
        story.push("Ben", "Take cards");
        let revision = story.push("Ana", "Take coins");
        let deploy = story.deploys(&revision, "Staging").await;
        story.dialog().await;
        story.sets_base(&deploy, &base).await;
        assert!(!story.settled(&deploy).await.approvals[0].electorate.except.contains(&ben));
        // CI registered it before GitHub said that it is there.
        let report = delivered(story, 1, &revision, story.author("Ben"), None).await;
        let is_told = async || {
            let page = story.page(&deploy).await;
            page.approvals[0].electorate.except.contains(&ben).then_some(())
        };
        story.until("the deployer to be a maker", is_told).await;
        let repeated = story.settled(&report).await.deploy.confirmation;
        assert_eq!(repeated, Confirmation::Repeat { of: deploy.clone() });
        // CI registers it once more for somebody else: it is the same deploy, and one maker more.
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let body = json!({"sha": revision, "environment": "Staging", "email": story.email("Dan")});
        for _ in 0..2 {
            assert_eq!(story.post(&path, &body).await.status(), 400, "it is registered already");
        }
        let is_told = async || {
            let page = story.page(&deploy).await;
            page.approvals[0].electorate.except.contains(&dan).then_some(())
        };
        story.until("whoever registered it again to be a maker", is_told).await;
        let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
        let reports = story.world.store.of_revision(&slug, &revision).await.unwrap();
        assert_eq!(reports.len(), 3, "one is kept for each of them");
        let repeats = reports.iter().filter(|of| of.repeats.as_ref() == Some(&deploy)).count();
        assert_eq!(repeats, 2);
        assert_eq!(story.world.store.newest_in(&slug, "Staging").await.unwrap().unwrap().id, deploy);
        for person in [&ben, &dan] {
            assert_eq!(approves(story, person, &deploy).await, Status::Pending);
        }
        assert!(approves(story, &cleo, &deploy).await.is_approved());
    });
}

#[test]
fn deployer_whom_github_does_not_tell_blocks() {
    tell("creator-gone", async |story| {
        let (_receiver, action) = hook().await;
        story.person("Ana");
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ana", "Begin");
        let revision = story.push("Ana", "Take coins");
        let gone = Author { login: None, ..story.author("Eve") };
        let deploy = delivered(story, 1, &revision, gone, None).await;
        story.dialog().await;
        story.sets_base(&deploy, &base).await;
        let what = vec!["who deployed it".to_owned()];
        assert_eq!(blocked(story, &deploy).await, [Blocker::MakersUntold { what }]);
    });
}

#[test]
fn a_run_of_another_commit_names_nobody() {
    tell("run-token-other", async |story| {
        let (_receiver, action) = hook().await;
        let _people = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ben", "Begin");
        let revision = story.push("Ana", "Take coins");
        let ben = story.author("Ben");
        let run = story.world.github.add_run(&story.repository(), &base, &ben, &ben);
        let deploy = deployed_by_token(story, 1, &revision, Some(run)).await;
        story.sets_base(&deploy, &base).await;
        let unknown = blocked(story, &deploy).await;
        assert!(matches!(&unknown[..], [Blocker::MakersNotFound { .. }]), "{unknown:?}");
    });
}

#[test]
fn who_turned_on_auto_merge_stands_behind_the_token() {
    tell("auto-merge-token", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ben", "Begin");
        let revision = story.push("Ana", "Take cards");
        let pull_request = NewPullRequest {
            title: "Take cards".to_owned(),
            body: None,
            author: story.author("Ana"),
            labels: Vec::new(),
            commits: vec![revision.clone()],
            merged: true,
            merger: Some(token()),
        };
        let pull_request = pull_request.auto_merge_by(&story.author("Ana"));
        story.world.github.add_pull_request(&story.repository(), pull_request);
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        assert_eq!(blocked(story, &deploy).await, []);
        assert_eq!(approves(story, &ana, &deploy).await, Status::Pending);
        assert!(approves(story, &ben, &deploy).await.is_approved());
    });
}

#[test]
fn a_token_that_merged_for_nobody_blocks() {
    tell("merge-token", async |story| {
        let (_receiver, action) = hook().await;
        let _people = ["Ana", "Ben"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ben", "Begin");
        let revision = story.push("Ana", "Take cards");
        let pull_request = NewPullRequest {
            title: "Take cards".to_owned(),
            body: None,
            author: story.author("Ana"),
            labels: Vec::new(),
            commits: vec![revision.clone()],
            merged: true,
            merger: Some(token()),
        };
        story.world.github.add_pull_request(&story.repository(), pull_request);
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        let unknown = blocked(story, &deploy).await;
        assert!(matches!(&unknown[..], [Blocker::MakersNotFound { .. }]), "{unknown:?}");
    });
}

#[test]
fn who_asked_an_assistant_does_not_approve_its_work() {
    tell("assistant-asked", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        story.rules(&rule("{self_approval: false}", &action));
        for name in ["Ana", "Ben", "Cleo"] {
            story.world.github.show_email(&name.to_lowercase(), &story.email(name));
        }
        story.push("Ana", "Begin");
        story.push("Cleo", "Take cash");
        let base = story.push("Ben", "Take coins");
        let login = "assistant[bot]";
        let bot = Author::new(login, &format!("77+{login}@users.noreply.github.com"), login);
        let commit = NewCommit {
            author: bot.clone(),
            message: "Take cards".to_owned(),
            branch: None,
            files: Vec::new(),
        };
        let revision = story.world.github.push(&story.repository(), commit.signed_by_host());
        let pull_request = NewPullRequest {
            title: "Take cards".to_owned(),
            body: None,
            author: bot,
            labels: Vec::new(),
            commits: vec![revision.clone()],
            merged: true,
            merger: Some(story.author("Ben")),
        };
        let pull_request = pull_request.asked_by(&story.author("Ana"));
        let pull_request = pull_request.commented_by(&story.author("Cleo"), "Take vouchers too.");
        story.world.github.add_pull_request(&story.repository(), pull_request);
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        assert_eq!(blocked(story, &deploy).await, []);
        assert_eq!(approves(story, &ana, &deploy).await, Status::Pending, "Ana asked for it");
        assert_eq!(approves(story, &cleo, &deploy).await, Status::Pending, "Cleo asked for more");
        assert!(approves(story, &ben, &deploy).await.is_approved(), "Ben merged it");
    });
}

#[test]
fn an_author_by_text_alone_does_not_vote() {
    tell("author-by-text", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        story.push("Ben", "Begin");
        story.rules(&rule("{authors_only: true}", &action));
        // Ana pushes a commit of her own that names Ben too.
        let message = format!("Take cards\n\nCo-authored-by: Ben <{}>", story.email("Ben"));
        let deploy = story.deploys(&story.push("Ana", &message), "Staging").await;
        assert_eq!(approves(story, &ben, &deploy).await, Status::Pending);
        assert!(approves(story, &ana, &deploy).await.is_approved());
    });
}

/// Dependabot's account, and a commit of its own that is merged to the default branch.
fn dependabots(story: &Story, merger: Author) -> (Author, String) {
    let login = "dependabot[bot]";
    let bot = Author::new(login, &format!("49699333+{login}@users.noreply.github.com"), login);
    let commit =
        NewCommit { author: bot.clone(), message: "Bump serde".to_owned(), branch: None, files: Vec::new() };
    let revision = story.world.github.push(&story.repository(), commit.signed_by_host());
    let pull_request = NewPullRequest {
        title: "Bump serde".to_owned(),
        body: None,
        author: bot.clone(),
        labels: Vec::new(),
        commits: vec![revision.clone()],
        merged: true,
        merger: Some(merger),
    };
    story.world.github.add_pull_request(&story.repository(), pull_request);
    (bot, revision)
}

#[test]
fn listed_bots_alone_keep_nobody_from_voting() {
    tell("listed-bots", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ana", "Begin");
        let (_, revision) = dependabots(story, token());
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        assert_eq!(blocked(story, &deploy).await, []);
        let sees = story.sees(&ana);
        assert!(sees.contains("Bots on the People page made all of it"), "{sees}");
        assert!(approves(story, &ana, &deploy).await.is_approved());
    });
}

#[test]
fn push_of_a_listed_bot_deploys_its_own_change() {
    tell("bot-pushed", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ana", "Begin");
        let (bot, revision) = dependabots(story, token());
        let github = &story.world.github;
        let run = github.add_run(&story.repository(), &revision, &bot, &bot);
        let deploy = deployed_by_token(story, 1, &revision, Some(run)).await;
        story.sets_base(&deploy, &base).await;
        assert_eq!(blocked(story, &deploy).await, []);
        // A commit of Ana's is deployed by the bot's next push.
        story.push("Ana", "Take coins");
        let (_, next) = dependabots(story, token());
        let run = github.add_run(&story.repository(), &next, &bot, &bot);
        let mixed = deployed_by_token(story, 2, &next, Some(run)).await;
        let unknown = blocked(story, &mixed).await;
        assert!(
            matches!(&unknown[..], [Blocker::MakersNotFound { bots, .. }] if bots == &["dependabot[bot]"]),
            "{unknown:?}"
        );
        let sees = story.sees(&ana);
        assert!(sees.contains("have a person deploy a newer revision"), "{sees}");
    });
}

#[test]
fn job_that_a_listed_bot_started_keeps_nobody_from_voting() {
    tell("bot-registered", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        story.rules(&rule("{self_approval: false}", &action));
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let base = story.push("Ana", "Begin");
        let (bot, revision) = dependabots(story, token());
        let run = story.world.github.add_run(&story.repository(), &revision, &bot, &bot);
        let of_run = [
            ("run_id", json!(run.to_string())),
            ("actor", json!("dependabot[bot]")),
            ("actor_id", json!("49699333")),
        ];
        let job = ci.token(&github(&revision), &of_run);
        assert_eq!(ci.registers(&job, &revision).await.0, 200);
        let deploy = story.deploy_id(&revision, "Staging");
        story.dialog().await;
        story.sets_base(&deploy, &base).await;
        assert_eq!(blocked(story, &deploy).await, []);
        assert!(matches!(approves(story, &ana, &deploy).await, Status::Closed(Closed::Approved { .. })));
    });
}

#[test]
fn a_dialog_says_that_nobody_is_left_who_may_vote() {
    tell("nobody-left", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let group = "approvers-of-nobody-left";
        story.world.slack.add_usergroup(group, &[ana.as_str()]);
        story.rules(&rule(&format!("self_approval: false, approvers: ['@{group}']"), &action));
        let base = story.push("Ben", "Begin");
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.sets_base(&deploy, &base).await;
        let left = blocked(story, &deploy).await;
        assert!(matches!(&left[..], [Blocker::NobodyLeft { needed: 1, .. }]), "{left:?}");
        let sees = story.sees(&ben);
        assert!(sees.contains("1 vote is missing for what @Ana made, and nobody is left"), "{sees}");
    });
}
