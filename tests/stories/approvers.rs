//! Approvers whom Slack does not have: the others decide, and where they can't, the dialog says who is
//! missing.

use insta::assert_snapshot;
use signoff_core::approval::Blocker;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::limit::Limit;
use signoff_local::slack::NewUser;
use signoff_store::Page;
use std::time::Duration;
use system_tests::story::tell;

const ACTS: &str = "add_deploy_tag: asked";

#[test]
fn missing_group_stops_nobody_else() {
    tell("missing-group", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let carl = story.world.slack.add_user(NewUser::new("Carl", &story.email("Carl")).deactivated());
        let left = story.email("left");
        let options = format!("approvers: [{ben}, {carl}, '@missing-group-gone', '{left}']");
        let (deploy, dialog) = story.asks(&options, ACTS).await;
        assert_snapshot!(story.sees(&ana).replace(&carl, "CARL"), @"
        @Ana, would you like to promote REVISION - missing-group (Staging) to production?
        Once approved:
        • Tags the deploy asked
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Only the approvers of this rule can vote: @Ben. Slack doesn't know these approvers of the rule: @missing-group-gone, CARL, left.missing-group@acme.example.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        story.click(&ben, &dialog, "approve").await;
        story
            .until("the run to succeed", async || {
                let page = story.settled(&deploy).await;
                (page.runs[0].status == Status::Succeeded).then_some(())
            })
            .await;
    });
}

#[test]
fn quorum_goes_on_once_the_group_is_restored() {
    tell("restored-group", async |story| {
        let (ana, ben, cleo) = (story.person("Ana"), story.person("Ben"), story.person("Cleo"));
        let options = format!("{{votes_required: 2, approvers: [{ben}, '@restored-group-sre']}}");
        let (deploy, dialog) = story.asks(&options, ACTS).await;
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - restored-group (Staging) to production?
        Once approved:
        • Tags the deploy asked
        Votes:
        @Ben 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        ⛔ Blocked, and votes are kept: Slack doesn't know these approvers of the rule: @restored-group-sre. Without them, 1 vote is missing. Restore them in Slack, and this goes on by itself; or name others in the rule and ask again.
        1 of 2 approvals, 1 more needed. Only the approvers of this rule can vote: @Ben.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");
        story.world.slack.add_usergroup("restored-group-sre", &[&cleo]);
        let page = story.settled(&deploy).await;
        let looks = |effect: &&Effect| {
            matches!(effect.kind, EffectKind::JudgeAgain { .. }) && effect.state == EffectState::Pending
        };
        story.pull_forward(page.effects.iter().find(looks).unwrap()).await;
        story.world.tick().await;
        story
            .until("the approval to be judged again", async || {
                let page = story.settled(&deploy).await;
                page.approvals[0].electorate.blocked.is_empty().then_some(())
            })
            .await;
        story.click(&cleo, &dialog, "approve").await;
        story
            .until("the run to succeed", async || {
                let page = story.settled(&deploy).await;
                (page.runs[0].status == Status::Succeeded).then_some(())
            })
            .await;
    });
}

#[test]
fn group_that_was_emptied_after_the_vote_blocks_until_refilled() {
    tell("emptied-group", async |story| {
        let (ana, ben, cleo) = (story.person("Ana"), story.person("Ben"), story.person("Cleo"));
        let slack = &story.world.slack;
        slack.add_usergroup("emptied-group-sre", &[&ben]);
        let options = "{approvers: ['@emptied-group-sre'], undo_window: '1h'}";
        let (deploy, dialog) = story.asks(options, ACTS).await;
        story.click(&ben, &dialog, "approve").await;
        let page = story.until_drawn(&deploy).await;
        slack.set_group_members("emptied-group-sre", Vec::new());
        let confirms = |effect: &&Effect| matches!(effect.kind, EffectKind::ConfirmQuorum { .. });
        let confirms = page.effects.iter().find(confirms).unwrap();
        story.let_quorum_pass(&page.approvals[0], confirms).await;
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        let blocked = &page.approvals[0].electorate.blocked;
        assert!(matches!(blocked[..], [Blocker::NobodyLeft { needed: 1, .. }]), "{blocked:?}");
        let sees = story.sees(&ana);
        let (_, told) = sees.split_once('↳').unwrap_or_default();
        assert_snapshot!(told.trim(), @"
        ⚠️ Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
          🚫 The approval of @Ben does not count: they are no longer an approver.
          It is blocked, and the votes are kept: the dialog says why, and what to do.
        ");

        slack.set_group_members("emptied-group-sre", vec![cleo.clone()]);
        let looks = |effect: &&Effect| {
            matches!(effect.kind, EffectKind::JudgeAgain { .. }) && effect.state == EffectState::Pending
        };
        story.pull_forward(page.effects.iter().find(looks).unwrap()).await;
        story.world.tick().await;
        story
            .until("the approval to be judged again", async || {
                let page = story.settled(&deploy).await;
                page.approvals[0].electorate.blocked.is_empty().then_some(())
            })
            .await;
        story.click(&cleo, &dialog, "approve").await;
        let page = story.until_drawn(&deploy).await;
        assert!(page.approvals[0].status.is_quorum(), "{:?}", page.approvals[0].status);
    });
}

#[test]
fn long_list_of_approvers_is_looked_up_over_several_attempts() {
    tell("many-approvers", async |story| {
        // Slack takes fewer lookups at a time than the rule has addresses.
        story.world.slack.faults().limit(Limit {
            method_and_path_contains: "many-approvers.example".to_owned(),
            each: None,
            requests: 2,
            per: Duration::from_secs(1),
        });
        let address = |number: u32| format!("p{number}@many-approvers.example");
        let named = [story.person("Ana"), address(1), address(2), address(3)].join(", ");
        let (deploy, _) = story.asks(&format!("approvers: [{named}]"), ACTS).await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].electorate.missing, [address(1), address(2), address(3)]);
    });
}

#[test]
fn group_that_the_plan_does_not_have_stops_nobody_else() {
    tell("group-plan", async |story| {
        let ben = story.person("Ben");
        let group = story.world.slack.add_usergroup("group-plan-sre", &[]);
        let upgrade = FaultKind::status(200, r#"{"ok": false, "error": "plan_upgrade_required"}"#);
        let path = format!("usergroups.users.list?usergroup={group}");
        story.world.slack.faults().push(Fault::once(&path, upgrade).times(2));
        let (deploy, dialog) = story.asks(&format!("approvers: [{ben}, '@group-plan-sre']"), ACTS).await;
        story.click(&ben, &dialog, "approve").await;
        story
            .until("the run to succeed", async || {
                let page = story.settled(&deploy).await;
                (page.runs[0].status == Status::Succeeded).then_some(())
            })
            .await;
    });
}

#[test]
fn approver_who_left_is_named_at_the_next_vote() {
    tell("approver-left", async |story| {
        let (ana, ben, carl) = (story.person("Ana"), story.person("Ben"), story.person("Carl"));
        let options = format!("{{votes_required: 2, approvers: [{ben}, {carl}]}}");
        let (deploy, dialog) = story.asks(&options, ACTS).await;
        assert!(story.page(&deploy).await.approvals[0].electorate.blocked.is_empty());
        story.world.slack.deactivate(&carl);
        story.click(&ben, &dialog, "approve").await;
        let missing = format!("Slack doesn't know these approvers of the rule: {carl}.");
        story
            .until("the dialog to say who is missing", async || {
                story.sees(&ana).contains(&missing).then_some(())
            })
            .await;
        let page = story.page(&deploy).await;
        let blocked = &page.approvals[0].electorate.blocked;
        assert!(matches!(blocked[..], [Blocker::ApproversMissing { .. }]), "{blocked:?}");
    });
}

#[test]
fn approver_who_left_is_named_after_the_reminder() {
    tell("approver-gone", async |story| {
        let (ben, carl) = (story.person("Ben"), story.person("Carl"));
        let options = format!("{{votes_required: 2, approvers: [{ben}, {carl}], remind_after: '1h'}}");
        let (deploy, _) = story.asks(&options, ACTS).await;
        story.world.slack.deactivate(&carl);
        let page = story.page(&deploy).await;
        let reminds = |effect: &&Effect| matches!(effect.kind, EffectKind::Remind { .. });
        story.pull_forward(page.effects.iter().find(reminds).unwrap()).await;
        story.world.tick().await;
        story
            .until("the approval to be blocked", async || {
                let page = story.page(&deploy).await;
                let blocked = &page.approvals[0].electorate.blocked;
                matches!(blocked[..], [Blocker::ApproversMissing { .. }]).then_some(())
            })
            .await;
    });
}

#[test]
fn approver_who_left_is_named_within_a_day() {
    tell("approver-quit", async |story| {
        let (ana, ben, carl) = (story.person("Ana"), story.person("Ben"), story.person("Carl"));
        let options = format!("{{votes_required: 2, approvers: [{ben}, {carl}]}}");
        let (deploy, dialog) = story.asks(&options, ACTS).await;
        story.click(&ben, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].electorate.blocked.is_empty());
        let watches = |effect: &&Effect| {
            matches!(effect.kind, EffectKind::WatchApprovers { .. }) && effect.state == EffectState::Pending
        };
        let first = page.effects.iter().find(watches).unwrap();
        // Nobody votes, and nobody is reminded.
        story.world.slack.deactivate(&carl);
        story.pull_forward(first).await;
        story.world.tick().await;
        let next = story
            .until("the next look", async || {
                let effects = story.settled(&deploy).await.effects;
                effects.into_iter().find(|effect| watches(&effect) && effect.id != first.id)
            })
            .await;
        assert_eq!(next.not_before.duration_since(next.created_at).as_hours(), 24);
        story
            .until("the thread to say who is missing", async || story.sees(&ana).contains('↳').then_some(()))
            .await;
        let sees = story.sees(&ana).replace(&carl, "CARL");
        let (_, told) = sees.split_once('↳').unwrap();
        assert_snapshot!(told.trim(), @"⚠️ Blocked, and votes are kept: Slack doesn't know these approvers of the rule: CARL. Without them, 1 vote is missing. Restore them in Slack, and this goes on by itself; or name others in the rule and ask again.");
        // It is told once.
        story.pull_forward(&next).await;
        story.world.tick().await;
        let is_closed =
            |page: &Page| page.effects.iter().any(|effect| effect.id == next.id && effect.is_closed());
        story
            .until("the next look to be done", async || {
                is_closed(&story.settled(&deploy).await).then_some(())
            })
            .await;
        assert_eq!(story.sees(&ana).matches('↳').count(), 1);
    });
}
