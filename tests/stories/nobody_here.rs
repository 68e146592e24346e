//! Accounts that are nobody's here: who confirms that for one approval, which bots are left out, and who
//! started a job of CI.

use crate::ci_tokens::{BUILDKITE, CIRCLECI, Ci, buildkite, circleci};
use insta::assert_snapshot;
use serde_json::json;
use signoff_core::approval::{Blocker, Status};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_local::github::{Author, NewCommit, NewPullRequest};
use signoff_local::slack::NewUser;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};
use system_tests::visitor::Visitor;

/// The page's address.
const PEOPLE: &str = "/settings/people";

fn admin(story: &Story, name: &str) -> String {
    story.world.slack.add_user(NewUser::new(name, &story.email(name)).admin())
}

async fn blocked(story: &Story, deploy: &DeployId) -> Vec<Blocker> {
    story.settled(deploy).await.approvals[0].electorate.blocked.clone()
}

async fn status(story: &Story, deploy: &DeployId) -> Status {
    story.settled(deploy).await.approvals[0].status.clone()
}

/// The handles that a blocked approval waits for, in the order of its names.
async fn unknown(story: &Story, deploy: &DeployId) -> Vec<String> {
    let names = blocked(story, deploy).await.into_iter().flat_map(|blocker| match blocker {
        Blocker::MakersNotFound { names, .. } => names,
        other => vec![format!("{other:?}")],
    });
    names.collect()
}

/// Waits until what blocks a deploy's approval is as `wanted` says.
async fn until_blocked(story: &Story, deploy: &DeployId, wanted: impl Fn(&[Blocker]) -> bool) {
    story
        .until("the approval to be judged again", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            wanted(&page.approvals.first()?.electorate.blocked).then_some(())
        })
        .await;
}

/// Says on the page that `handle` is nobody here, of this kind.
async fn says(visitor: &Visitor<'_>, handle: &str, kind: &str, version: &str) {
    let fields = [
        ("handle", handle),
        ("name", "old-timer"),
        ("is", kind),
        ("reason", "left in May"),
        ("version", version),
    ];
    assert_eq!(visitor.post(PEOPLE, &fields).await.status(), 303, "{handle}");
}

/// A deploy of a commit of Ana's, whose pull request was merged by an account that is gone.
async fn merged_by_a_gone_account(story: &Story, base: &str) -> DeployId {
    let revision = story.push("Ana", "Take cards");
    let pull_request = NewPullRequest {
        title: "Take cards".to_owned(),
        body: None,
        author: story.author("Ana"),
        labels: Vec::new(),
        commits: vec![revision.clone()],
        merged: true,
        merger: Some(Author { login: None, ..story.author("Eve") }),
    };
    story.world.github.add_pull_request(&story.repository(), pull_request);
    let deploy = story.deploys(&revision, "Staging").await;
    story.sets_base(&deploy, base).await;
    deploy
}

#[test]
fn voter_confirms_for_one_approval_that_a_maker_is_gone() {
    tell("nobody-here", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let action = format!("webhook: '{}/hook'", receiver.url());
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let chiara = admin(story, "Chiara");
        story.rules(&rule("{self_approval: false}", &action));
        let base = story.push("Ben", "Begin");
        let deploy = merged_by_a_gone_account(story, &base).await;
        let handle = "acme/nobody-here#1:merger";
        assert_eq!(unknown(story, &deploy).await, [format!("who merged #1 ({handle})")]);
        let visitor = story.sign_in(&chiara).await;
        says(&visitor, handle, "left", "0").await;
        until_blocked(story, &deploy, |blocked| matches!(blocked, [Blocker::SaidNobodyHere(_)])).await;
        story.until_drawn(&deploy).await;
        let sees = story.sees(&ben);
        let line = sees.lines().find(|line| line.contains("said that")).unwrap_or_default();
        assert_snapshot!(line.replace(&chiara, "CHIARA"), @"⛔ Blocked, and votes are kept: @Chiara said that who merged #1 (acme/nobody-here#1:merger) is nobody here (left: left in May), and nobody else confirmed it. Another admin confirms it on the People page; or somebody who may vote and made none of the change does for this approval, on the deploy's page.");

        // Neither whoever said so, nor a maker, nor by a page that is out of date.
        let approval = story.page(&deploy).await.approvals[0].clone();
        let path = format!("/deploys/{deploy}/approvals/{}/nobody", approval.id);
        let subject = approval.subject.mark();
        let confirm = async |person: &str, version: &str| {
            let fields = [("subject", subject.as_str()), ("handle", handle), ("version", version)];
            let answer = story.sign_in(person).await.post(&path, &fields).await;
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        for (person, version, status, told) in [
            (&chiara, "1", 403, "nobody else has confirmed what you said"),
            (&ana, "1", 403, "you made some of the change"),
            (&ben, "0", 409, "it was confirmed or changed in the meantime"),
        ] {
            let (answered, page) = confirm(person, version).await;
            assert!(answered == status && page.contains(told), "{person}: {answered} {page}");
        }
        assert!(!blocked(story, &deploy).await.is_empty());
        let page = story.sign_in(&ben).await.page(&format!("/deploys/{deploy}")).await;
        assert!(page.contains("Confirm: nobody here") && page.contains("name=\"handle\""), "{page}");
        let page = story.sign_in(&ana).await.page(&format!("/deploys/{deploy}")).await;
        assert!(!page.contains("Confirm: nobody here"), "{page}");
        assert_eq!(confirm(&ben, "1").await.0, 303);
        assert_eq!(blocked(story, &deploy).await, []);
        let sees = story.sees(&ben);
        assert!(sees.contains("@Ben confirmed what @Chiara said: who merged #1"), "{sees}");
        let page = story.settled(&deploy).await;
        let on_record = page.events.iter().any(|event| {
            matches!(&event.kind, EventKind::NobodyHereConfirmed { by, said_by, .. } if *by == ben && *said_by == chiara)
        });
        assert!(on_record, "{:?}", page.events);

        // The admin's word is still unconfirmed for everything else, and the confirmer keeps their vote.
        let dialog = page.approvals[0].dialog.clone().unwrap().ts;
        story.click(&chiara, &dialog, "approve").await;
        assert_eq!(status(story, &deploy).await, Status::Pending);
        story.click(&ben, &dialog, "approve").await;
        assert!(status(story, &deploy).await.is_approved());
        let page = visitor.page("/settings/people?q=acme%2Fnobody-here%231%3Amerger").await;
        assert!(page.contains("Merger of acme/nobody-here#1") && page.contains("Not confirmed"), "{page}");
    });
}

#[test]
fn bot_is_left_out_as_long_as_two_admins_list_it() {
    tell("listed-by-admins", async |story| {
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let [chiara, dan] = ["Chiara", "Dan"].map(|name| admin(story, name));
        story.rules(&rule("{self_approval: false, votes_required: 2}", "webhook: 'https://example.com'"));
        let base = story.push("Ana", "Begin");
        let login = "release-of-listed[bot]";
        let bot = Author::new(login, &format!("{login}@users.noreply.github.com"), login);
        let message = "Release 1.2.0".to_owned();
        let commit = NewCommit { author: bot, message, branch: None, files: Vec::new() };
        let revision = story.world.github.push(&story.repository(), commit.signed_by_host());
        let deploy = story.deploys(&revision, "Staging").await;
        story.sets_base(&deploy, &base).await;
        assert_eq!(unknown(story, &deploy).await, [login]);
        let approval = story.page(&deploy).await.approvals[0].id.clone();
        let range = story.world.store.range(&deploy, &approval).await.unwrap().unwrap();
        let handle = range.makers[0].handles()[0].to_string();

        let (first, second) = (story.sign_in(&chiara).await, story.sign_in(&dan).await);
        says(&first, &handle, "bot", "0").await;
        let confirm = [("handle", handle.as_str()), ("version", "1")];
        assert_eq!(first.post("/settings/people/confirm", &confirm).await.status(), 403);
        assert_eq!(unknown(story, &deploy).await, [login], "one admin's word lists no bot");
        assert_eq!(second.post("/settings/people/confirm", &confirm).await.status(), 303);
        until_blocked(story, &deploy, <[Blocker]>::is_empty).await;
        story.until_drawn(&deploy).await;
        let sees = story.sees(&ana);
        assert!(sees.contains("Bots on the People page made all of it"), "{sees}");

        // A single admin takes it from the list, and the votes that come after complete nothing.
        let dialog = story.page(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
        story.click(&ana, &dialog, "approve").await;
        let remove = [("handle", handle.as_str()), ("version", "2")];
        assert_eq!(first.post("/settings/people/remove", &remove).await.status(), 303);
        story.click(&ben, &dialog, "approve").await;
        assert_eq!(status(story, &deploy).await, Status::Pending);
        assert_eq!(unknown(story, &deploy).await, [login]);
    });
}

#[test]
fn starter_of_a_job_without_a_git_account_is_a_maker() {
    tell("ci-users", async |story| {
        story.rules(&rule("{self_approval: false}", "webhook: 'https://example.com'"));
        let [ana, _] = ["Ana", "Ben"].map(|name| story.person(name));
        let [chiara, dan] = ["Chiara", "Dan"].map(|name| admin(story, name));
        let ci = Ci::trusted(story, &[CIRCLECI, BUILDKITE]).await;
        let base = story.push("Ben", "Begin");
        let sha = story.push("Ben", "Take cards");
        let user = "00000000-0000-4000-8000-0000000c1001";
        let subject = json!(format!("org/o/project/p/user/{user}"));
        assert_eq!(ci.registers(&ci.token(&circleci(story), &[("sub", subject)]), &sha).await.0, 200);
        let deploy = story.deploy_id(&sha, "Staging");
        story.dialog().await;
        story.sets_base(&deploy, &base).await;
        let handle = format!("circleci:{user}");
        assert_eq!(unknown(story, &deploy).await, [format!("who started the CircleCI job ({handle})")]);

        let member =
            [("handle", handle.as_str()), ("name", "ana"), ("is", "member"), ("member", ana.as_str())];
        let said =
            story.sign_in(&chiara).await.post(PEOPLE, &[&member[..], &[("version", "0")]].concat()).await;
        assert_eq!(said.status(), 303);
        let confirm = [("handle", handle.as_str()), ("version", "1")];
        let confirmed = story.sign_in(&dan).await.post("/settings/people/confirm", &confirm).await;
        assert_eq!(confirmed.status(), 303);
        until_blocked(story, &deploy, <[Blocker]>::is_empty).await;
        let electorate = story.settled(&deploy).await.approvals[0].electorate.clone();
        assert!(electorate.except.contains(&ana), "{:?}", electorate.except);

        // Buildkite names nobody, and the address that is registered is one maker more.
        let other = story.push("Ben", "Take coins");
        let token = ci.token(&buildkite(&other), &[]);
        assert_eq!(ci.registers(&token, &other).await.0, 200);
        let untold = || Blocker::MakersUntold { what: vec!["who started the Buildkite build".to_owned()] };
        let other = story.deploy_id(&other, "Staging");
        assert_eq!(blocked(story, &other).await, [untold()]);
        let last = story.push("Ben", "Take cash");
        let token = ci.token(&buildkite(&last), &[("job_id", json!("j3"))]);
        let body = json!({"sha": last, "environment": "Staging", "email": story.email("Ana")});
        let path = format!("{}/register_deploy", story.repository());
        assert_eq!(ci.post(&path, &token, &body).await.0, 200);
        let last = story.deploy_id(&last, "Staging");
        let electorate = story.settled(&last).await.approvals[0].electorate.clone();
        assert_eq!(electorate.blocked, [untold()], "anybody can write an address into a job");
        assert!(electorate.except.contains(&ana), "{:?}", electorate.except);
    });
}
