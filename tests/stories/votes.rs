//! People vote.

use insta::assert_snapshot;
use signoff_core::run::Status;
use signoff_local::slack::NewUser;
use system_tests::story::{Story, rule, tell};

/// A deploy of Ana's whose build waits for approval, asked about as `approval` says; its id and the dialog.
async fn asked(story: &Story, approval: &str) -> (signoff_core::id::DeployId, String) {
    story.rules(&rule(approval, "auto_approve_build: 'build-and-deploy'"));
    let revision = story.push("Ana", "Take cards");
    story.world.circleci.add_pipeline_on_hold(
        &story.project(),
        &revision,
        "main",
        "build-and-deploy",
        "hold",
    );
    let deploy = story.deploys(&revision, "Staging").await;
    (deploy, story.dialog().await)
}

#[test]
fn one_approval_approves_the_held_build() {
    tell("one-approves", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = asked(story, "votes_required: 1").await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - one-approves (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/one-approves holds on main
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - one-approves (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 1 (ID). Open
        ");
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 1);
    });
}

#[test]
fn two_of_three_vote() {
    tell("two-of-three", async |story| {
        let people = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        let (deploy, dialog) = asked(story, "votes_required: 2").await;
        story.click(&people[0], &dialog, "approve").await;
        story.until_drawn(&deploy).await;
        assert_snapshot!(story.sees(&people[0]), @"
        @Ana, would you like to promote REVISION - two-of-three (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/two-of-three holds on main
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 0);
        story.click(&people[1], &dialog, "approve").await;
        story.settled(&deploy).await;
        story.click(&people[2], &dialog, "reject").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&people[2]), @"
        @Ana, would you like to promote REVISION - two-of-three (Staging) to production?
        Votes:
        @Ana 👍
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 1 (ID). Open

        (only you) Your click was not counted: this was already approved on DATE at TIME.
        ");
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 1);
    });
}

#[test]
fn one_rejection_rejects_and_nothing_runs() {
    tell("one-rejects", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = asked(story, "votes_required: 2").await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ben, &dialog, "reject").await;
        let page = story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - one-rejects (Staging) to production?
        Votes:
        @Ana 👍
        @Ben 👎
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action rejected on DATE at TIME.
        [… Ask again]
        ");
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_eq!(story.world.circleci.approvals(&story.project()).len(), 0);
    });
}

#[test]
fn a_second_click_changes_the_vote() {
    tell("changed-vote", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = asked(story, "{votes_required: 3, rejections_required: 2}").await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ana, &dialog, "reject").await;
        let page = story.until_drawn(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - changed-vote (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/changed-vote holds on main
        Votes:
        @Ana 👎
        Nothing was approved for this place before, so this covers the deploy's own commits.
        0 of 3 approvals, 3 more needed. 1 of 2 rejections.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        assert_eq!(page.approvals[0].votes.len(), 1);
    });
}

#[test]
fn only_authors_vote_where_the_rule_says_so() {
    tell("authors-only", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = asked(story, "authors_only: true").await;
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ben), @"
        @Ana, would you like to promote REVISION - authors-only (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/authors-only holds on main
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Only the authors of this deploy can vote: @Ana.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        (only you) Your click was not counted: only the authors of this deploy can vote: @Ana.
        ");
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(page.approvals[0].votes.len(), 1);
    });
}

#[test]
fn approvers_are_known_by_email_id_and_usergroup() {
    tell("approvers", async |story| {
        let people = ["Ana", "Ben", "Cleo", "Dan"].map(|name| story.person(name));
        story.world.slack.add_usergroup("release-managers-of-approvers", &[people[2].as_str()]);
        let approvers = format!(
            "{{votes_required: 3, approvers: ['{}', {}, '@release-managers-of-approvers']}}",
            story.email("Ana"),
            people[1]
        );
        let (deploy, dialog) = asked(story, &approvers).await;
        story.click(&people[3], &dialog, "reject").await;
        for voter in &people[..3] {
            story.click(voter, &dialog, "approve").await;
        }
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(story.sees(&people[3]), @"
        @Ana, would you like to promote REVISION - approvers (Staging) to production?
        Votes:
        @Ana 👍
        @Ben 👍
        @Cleo 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ auto_approve_build: build-and-deploy: job hold of build-and-deploy approved in pipeline 1 (ID). Open

        (only you) Your click was not counted: only the approvers of this rule can vote: @Ana, @Ben, @Cleo.
        ");
    });
}

#[test]
fn a_stranger_from_slack_connect_does_not_vote() {
    tell("stranger", async |story| {
        let eve = story.world.slack.add_user(NewUser::new("Eve", &story.email("eve")).of_team("T0ELSEWHERE"));
        let (deploy, dialog) = asked(story, "votes_required: 1").await;
        story.click(&eve, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_snapshot!(story.sees(&eve), @"
        Ana, would you like to promote REVISION - stranger (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/stranger holds on main
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        (only you) Your click was not counted: only members of this app's workspace can vote, and your account belongs to another one (even in the same Enterprise Grid organization).
        ");
        assert_eq!(page.approvals[0].votes, []);
    });
}

#[test]
fn an_author_without_a_slack_account_is_shown_by_name() {
    tell("no-account", async |story| {
        let ben = story.person("Ben");
        asked(story, "votes_required: 1").await;
        assert_snapshot!(story.sees(&ben), @"
        Ana, would you like to promote REVISION - no-account (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/no-account holds on main
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
    });
}

#[test]
fn authors_of_all_commits_since_the_last_deploy_are_asked() {
    tell("all-authors", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        story.rules("rules: []");
        let first = story.push("Ana", "One");
        let deploy = story.deploys(&first, "Staging").await;
        story.settled(&deploy).await;
        story.push("Ana", "Two");
        story.push("Ben", &format!("Three\n\nCo-authored-by: Cleo <{}>", story.email("cleo")));
        let (deploy, _) = asked(story, "votes_required: 1").await;
        assert_snapshot!(story.sees(&ben), @"
        @Ana, @Ben, Cleo, would you like to promote REVISION - all-authors (Staging) to production?
        Once approved:
        • Releases the job that build-and-deploy in gh/acme/all-authors holds on main
        Nothing was approved for this place before, so this covers the deploy's own commits.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        let page = story.settled(&deploy).await;
        assert_eq!(page.deploy.previous_revision.as_deref(), Some(first.as_str()));
        assert_eq!(page.deploy.commits.len(), 3);
        let _ = ana;
    });
}
