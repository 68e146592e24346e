//! People who may vote, their reasons, and votes that they take back.

use insta::assert_snapshot;
use signoff_core::approval::{Choice, Status};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::run::StepState;
use signoff_local::github::NewPullRequest;
use signoff_local::slack::NewUser;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, tell};

/// A receiver, and the action that posts to it.
async fn hook() -> (Receiver, String) {
    let receiver = Receiver::start(&[200]).await.unwrap();
    let action = format!("webhook: '{}/hook'", receiver.url());
    (receiver, action)
}

async fn status(story: &Story, deploy: &signoff_core::id::DeployId) -> Status {
    story.settled(deploy).await.approvals[0].status.clone()
}

#[test]
fn a_reason_is_asked_for_and_stands_in_the_dialog() {
    tell("reasons", async |story| {
        let (receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) =
            story.asks("{votes_required: 2, rejections_required: 2, require_reason: both}", &action).await;
        story.click(&ana, &dialog, "approve").await;
        assert!(story.settled(&deploy).await.approvals[0].votes.is_empty(), "no reason, no vote");
        let view = story.world.slack.open_views(&ana).remove(0);
        let page = story.page(&deploy).await;
        let revision = page.deploy.short_revision();
        assert_snapshot!(format!("{} [{}]\n{}", view.title, view.submit, view.texts.join("\n").replace(revision, "REVISION")), @"
        Approve [Approve]
        Promote deploy to production (REVISION)
        Why?
        Shown in Slack and kept in the record.
        ");
        let given = story.gives_reason(&ana, "tests are green").await;
        assert_eq!((given.status, given.closed), (Some(200), true));
        story.click(&ben, &dialog, "reject").await;
        story.gives_reason(&ben, "not on\na <!channel> Friday").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - reasons (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍 tests are green
        @Ben 👎 not on a <!channel> Friday
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed. 1 of 2 rejections.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        story.click(&ben, &dialog, "approve").await;
        story.gives_reason(&ben, "fine").await;
        let page = story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 1);
        let reasons: Vec<_> = page.approvals[0].votes.iter().map(|vote| vote.reason.as_deref()).collect();
        assert_eq!(reasons, [Some("tests are green"), Some("fine")]);
    });
}

#[test]
fn a_window_that_is_submitted_too_late_says_so() {
    tell("late-reason", async |story| {
        let (_receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("{require_reason: approve}", &action).await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ben, &dialog, "reject").await;
        story.settled(&deploy).await;
        let given = story.gives_reason(&ana, "it is fine").await;
        assert_eq!((given.status, given.closed), (Some(200), false));
        assert!(story.world.slack.open_views(&ana)[0].texts.join(" ").contains("already rejected"));
        assert!(status(story, &deploy).await.is_rejected());
    });
}

#[test]
fn window_overtaken_by_a_later_click_says_so() {
    tell("overtaken-reason", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        let options = "{votes_required: 2, rejections_required: 2, require_reason: reject}";
        let (deploy, dialog) = story.asks(options, &action).await;
        story.click(&ana, &dialog, "reject").await;
        story.click(&ana, &dialog, "approve").await;
        let given = story.gives_reason(&ana, "the tests are red").await;
        assert_eq!((given.status, given.closed), (Some(200), false));
        let told = story.world.slack.open_views(&ana)[0].texts.join(" ");
        assert!(told.contains("a later click of yours"), "{told}");
        let votes = story.settled(&deploy).await.approvals[0].votes.clone();
        assert_eq!(votes.iter().map(|vote| vote.choice).collect::<Vec<_>>(), [Choice::Approve]);
    });
}

#[test]
fn a_window_that_is_replayed_counts_once() {
    tell("window-replay", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("{votes_required: 2, require_reason: both}", &action).await;
        let slack = &story.world.slack;
        story.click(&ana, &dialog, "approve").await;
        let view = slack.open_views(&ana).remove(0).id;
        let request = slack
            .submission_request(&ana, &view, &[("reason", "green")], signoff_runtime::time::now())
            .unwrap();
        assert_eq!(slack.send(request.clone()).await.status, Some(200));
        story.choose(&ana, &dialog, "withdraw").await;
        assert_eq!(slack.send(request).await.status, Some(200), "the window closes");
        assert!(story.settled(&deploy).await.approvals[0].votes.is_empty(), "and the vote stays withdrawn");
        slack.close_view(&ana, &view);
    });
}

#[test]
fn a_rejection_runs_what_the_rule_has_for_it() {
    tell("on-reject", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let rejected = format!("{{on_reject: [{{webhook: '{}/rejected'}}]}}", receiver.url());
        let (deploy, dialog) = story.asks(&rejected, &action).await;
        story.click(&ana, &dialog, "reject").await;
        let page = story.settled(&deploy).await;
        let paths: Vec<_> = receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect();
        assert_eq!(paths, ["/rejected"]);
        assert_eq!(page.runs[0].status, signoff_core::run::Status::Stopped);
        assert!(matches!(page.runs[0].steps[1].state, StepState::Skipped));
    });
}

#[test]
fn a_vote_is_withdrawn_and_cast_again() {
    tell("withdrawn", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let ben = story.person("Ben");
        let (deploy, dialog) = story.asks("votes_required: 2", &action).await;
        story.click(&ana, &dialog, "approve").await;
        story.choose(&ana, &dialog, "withdraw").await;
        story.choose(&ben, &dialog, "withdraw").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ben), @"
        @Ana, would you like to promote REVISION - withdrawn (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Nothing was approved for this place before, so this covers the deploy's own commits.
        0 of 2 approvals, 2 more needed.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        (only you) You have no vote to withdraw here.
        ");
        story.click(&ana, &dialog, "approve").await;
        story.click(&ben, &dialog, "approve").await;
        assert!(status(story, &deploy).await.is_approved());
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn somebody_cancels_with_a_reason() {
    tell("called-off", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 2", &action).await;
        story.click(&ana, &dialog, "approve").await;
        story.choose(&ana, &dialog, "cancel").await;
        story.gives_reason(&ana, "the migration is not ready").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, signoff_core::run::Status::Stopped);
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - called-off (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action cancelled by @Ana on DATE at TIME: the migration is not ready.
        [… Ask again]
        ");
        assert!(receiver.deliveries().is_empty());
        assert_eq!(story.problems(), Vec::<String>::new(), "the dialog says it");
    });
}

#[test]
fn a_quorum_is_undone_before_the_actions_run() {
    tell("undone", async |story| {
        let (receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("{votes_required: 2, undo_window: '1h'}", &action).await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ben, &dialog, "approve").await;
        let page = story.until_drawn(&deploy).await;
        assert!(matches!(page.approvals[0].status, Status::Quorum { .. }), "{:?}", page.approvals[0].status);
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - undone (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        2 approvals. It goes ahead on DATE at TIME unless somebody presses Undo.
        [Undo]
        ");
        story.click(&ana, &dialog, "undo").await;
        story.until_drawn(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - undone (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        ↳ :leftwards_arrow_with_hook: @Ana undid the approval. The vote of @Ben was withdrawn.
        ");
        assert!(receiver.deliveries().is_empty());
        // What was to be done at the end of the window finds nothing to do.
        let waiting = page.effects.iter().find(|effect| is_confirming(effect)).unwrap();
        story.pull_forward(waiting).await;
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.approvals[0].status.clone(), receiver.deliveries().len()), (Status::Pending, 0));
    });
}

#[test]
fn actions_run_once_the_undo_window_is_over() {
    tell("window-over", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("{undo_window: '2s'}", &action).await;
        story.click(&ana, &dialog, "approve").await;
        assert!(status(story, &deploy).await.is_approved());
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn nobody_votes_on_their_own_change_where_the_rule_forbids_it() {
    tell("four-eyes", async |story| {
        let (receiver, action) = hook().await;
        let people = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        story.rules("rules: []");
        let first = story.push("Ana", "Begin");
        let before = story.deploys(&first, "Staging").await;
        story.settled(&before).await;
        let co_author = format!("Take cards\n\nCo-authored-by: Ben <{}>", story.email("Ben"));
        let revision = story.push("Ana", &co_author);
        let cleo = story.author("Cleo");
        story.world.github.show_email("cleo", &story.email("Cleo"));
        story.world.github.add_pull_request(
            &story.repository(),
            NewPullRequest { merger: Some(cleo), ..pull_request(story, &revision) },
        );
        story.rules(&system_tests::story::rule("{self_approval: false}", &action));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.sets_base(&deploy, &first).await;
        for person in &people[..2] {
            story.click(person, &dialog, "approve").await;
        }
        assert_eq!(status(story, &deploy).await, Status::Pending, "those who wrote it");
        let eve = story.person("Eve");
        story.click(&eve, &dialog, "approve").await;
        assert!(status(story, &deploy).await.is_approved());
        assert_snapshot!(story.sees(&people[0]).replace(receiver.url(), "https://RECEIVER"), @"
        @Ana, @Ben, would you like to promote REVISION - four-eyes (Staging) to production?
        Votes:
        @Ana 👍
        @Ben 👍
        @Eve 👍
        1 commit since REVISION. @Base admin set this base on DATE at TIME and can't vote.
        Action approved on DATE at TIME.

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).
        ");
    });
}

#[test]
fn guests_strangers_and_the_deactivated_do_not_vote() {
    tell("no-members", async |story| {
        let (_receiver, action) = hook().await;
        let slack = &story.world.slack;
        let guest = slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        story.click(&guest, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].votes.is_empty());
        assert!(
            story.sees(&guest).ends_with("guests of the workspace cannot vote."),
            "{}",
            story.sees(&guest)
        );
    });
}

fn is_confirming(effect: &Effect) -> bool {
    matches!(effect.kind, EffectKind::ConfirmQuorum { .. })
}

/// Ana and Ben approve while the actions are held back; `between` happens; then the window is over.
async fn held_back(story: &Story, options: &str, between: impl AsyncFn(&str)) -> (String, usize) {
    let (receiver, action) = hook().await;
    let (ana, ben) = (story.person("Ana"), story.person("Ben"));
    let options = format!("{{votes_required: 2, undo_window: '1h'{options}}}")
        .replace("ANA", &ana)
        .replace("BEN", &ben);
    let (deploy, dialog) = story.asks(&options, &action).await;
    story.click(&ana, &dialog, "approve").await;
    story.click(&ben, &dialog, "approve").await;
    let page = story.until_drawn(&deploy).await;
    between(&ben).await;
    let waiting = page.effects.iter().find(|effect| is_confirming(effect)).unwrap();
    story.let_quorum_pass(&page.approvals[0], waiting).await;
    story.world.tick().await;
    story.settled(&deploy).await;
    (story.sees(&ana), receiver.deliveries().len())
}

#[test]
fn several_groups_have_to_approve_and_nobody_votes_for_two() {
    tell("quotas", async |story| {
        let (receiver, action) = hook().await;
        let [ana, ben, cleo, dan] = ["Ana", "Ben", "Cleo", "Dan"].map(|name| story.person(name));
        story.world.slack.add_usergroup("quotas-sre", &[&ana, &ben]);
        story.world.slack.add_usergroup("quotas-qa", &[&ben, &cleo]);
        let options = "{votes_required: [{from: '@quotas-sre', votes: 2}, {from: '@quotas-qa'}]}";
        let (deploy, dialog) = story.asks(options, &action).await;
        story.click(&dan, &dialog, "approve").await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&dan), @"
        @Ana, would you like to promote REVISION - quotas (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        2 of 3 approvals, 1 more needed, from @quotas-sre or @quotas-qa. Only the approvers of this rule can vote: @Ana, @Ben, @Cleo.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        (only you) Your click was not counted: only the approvers of this rule can vote: @Ana, @Ben, @Cleo.
        ");
        assert!(receiver.deliveries().is_empty());
        story.click(&cleo, &dialog, "approve").await;
        assert!(status(story, &deploy).await.is_approved());
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn groups_that_never_could_approve_together_are_told_at_once() {
    tell("short-quotas", async |story| {
        let (receiver, action) = hook().await;
        let ben = story.person("Ben");
        story.world.slack.add_usergroup("short-quotas-sre", &[&ben]);
        story.world.slack.add_usergroup("short-quotas-qa", &[&ben]);
        let options = "{votes_required: [{from: '@short-quotas-sre'}, {from: '@short-quotas-qa'}]}";
        story.rules(&system_tests::story::rule(options, &action));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        let told = story.problems().join("\n").replace(receiver.url(), "https://RECEIVER");
        assert_snapshot!(told, @"
        Rule promote-to-production for REVISION - short-quotas (Staging):
        ❌ slack_channel_approval: Promote deploy to production failed: “Promote deploy to production” could never be approved: it needs 2 approvals of different people (1 from @short-quotas-sre, 1 from @short-quotas-qa), and only 1 can come together.
        Did not run: webhook: https://RECEIVER.
        An admin can act on this.
        [Retry]
        ");
        assert_eq!(page.runs[0].status, signoff_core::run::Status::Stopped);
    });
}

#[test]
fn who_was_deactivated_after_voting_counts_no_longer() {
    tell("left", async |story| {
        let (seen, ran) = held_back(story, "", async |ben| story.world.slack.deactivate(ben)).await;
        assert_eq!(ran, 0);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - left (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍
        🚫 The approval of @Ben does not count: their account is deactivated.
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        ↳ ⚠️ Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
          🚫 The approval of @Ben does not count: their account is deactivated.
          The votes that count are kept: 1 of 2 approvals. Anyone in this channel can vote.
        ");
    });
}

#[test]
fn who_left_the_usergroup_after_voting_counts_no_longer() {
    tell("left-group", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        story.world.slack.add_usergroup("left-group-sre", &[&ana, &ben]);
        let (seen, ran) = held_back(story, ", approvers: ['@left-group-sre']", async |ben| {
            let (ana, cleo) = (story.person("Ana"), story.person("Cleo"));
            assert_ne!(ben, cleo);
            story.world.slack.set_group_members("left-group-sre", vec![ana, cleo]);
        })
        .await;
        assert_eq!(ran, 0);
        assert_snapshot!(seen, @"
        @Ana, would you like to promote REVISION - left-group (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍
        🚫 The approval of @Ben does not count: they are no longer an approver.
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed. Only the approvers of this rule can vote: @Ana, @Cleo.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]

        ↳ ⚠️ Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
          🚫 The approval of @Ben does not count: they are no longer an approver.
          The votes that count are kept: 1 of 2 approvals. Still to vote: @Cleo.
        ");
    });
}

#[test]
fn who_may_still_vote_counts_and_the_actions_run() {
    tell("stayed", async |story| {
        let (_, ran) = held_back(story, "", async |_| {}).await;
        assert_eq!(ran, 1);
    });
}

fn pull_request(story: &Story, revision: &str) -> NewPullRequest {
    NewPullRequest {
        title: "Take cards".to_owned(),
        body: None,
        author: story.author("Ana"),
        labels: Vec::new(),
        commits: vec![revision.to_owned()],
        merged: true,
        merger: None,
    }
}
