//! An approval that goes ahead without its votes, and the review that is owed for it.

use insta::assert_snapshot;
use jiff::SignedDuration;
use signoff_core::approval::{Approval, Blocker, Status};
use signoff_core::deploy::Slug;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::policy::{InForce, PolicyFile};
use signoff_core::run::StepState;
use signoff_runtime::time::now;
use signoff_store::{Change, Page};
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell, tell_with_policy};
use system_tests::world::POLICY_REPOSITORY;

/// A receiver, and the action that posts to it.
async fn hook() -> (Receiver, String) {
    let receiver = Receiver::start(&[200]).await.unwrap();
    let action = format!("webhook: '{}/hook'", receiver.url());
    (receiver, action)
}

async fn approval_of(story: &Story, deploy: &DeployId) -> Approval {
    story.settled(deploy).await.approvals[0].clone()
}

/// `person` breaks the glass in Slack.
async fn breaks(story: &Story, person: &str, dialog: &str, deploy: &DeployId) -> Page {
    story.choose(person, dialog, "break_glass").await;
    story.gives_reason(person, "Checkout is down").await;
    story.settled(deploy).await
}

/// `person` marks the broken glass of the dialog as reviewed; whether a window asked for a note.
async fn reviews(story: &Story, person: &str, dialog: &str, deploy: &DeployId) -> bool {
    story.click(person, dialog, "review").await;
    let asked = !story.world.slack.open_views(person).is_empty();
    if asked {
        story.gives_reason(person, "Fixed the null check").await;
    }
    story.settled(deploy).await;
    asked
}

/// Returns the base of the approval's place.
async fn base(story: &Story, approval: &Approval) -> Option<String> {
    let slug = Slug::new("acme", &story.name).unwrap();
    let page = story.page(&approval.deploy).await;
    let asked = page.runs[0].steps[0].action.approvals();
    let place = signoff_core::base::place(asked[0], &page.runs[0].rule, "Staging");
    story.world.store.base(&slug, &place).await.unwrap().any.map(|passed| passed.revision)
}

/// Returns the text that `person` sees, with DUE for the time of a review and RECEIVER for the receiver's
/// address.
fn sees(story: &Story, person: &str, receiver: &Receiver) -> String {
    let mut text = story.sees(person).replace(receiver.url(), "https://RECEIVER");
    for before in ["Review due ", "has been due since ", "review it by "] {
        let parts: Vec<_> = text.split(before).map(str::to_owned).collect();
        let after = parts.iter().skip(1).map(|part| {
            let end = part.find(" at ").unwrap() + " at 21:05".len();
            format!("{before}DUE{}", &part[end..])
        });
        text = parts.iter().take(1).cloned().chain(after).collect();
    }
    text
}

fn reminder(page: &Page) -> Effect {
    let waits =
        |effect: &&Effect| matches!(effect.kind, EffectKind::RemindReview { .. }) && !effect.is_closed();
    page.effects.iter().find(waits).unwrap().clone()
}

#[test]
fn a_named_person_breaks_the_glass_and_a_review_is_owed() {
    tell("broken-glass", async |story| {
        let (receiver, action) = hook().await;
        let [ana, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        let options = format!("{{votes_required: 2, approvers: [{ben}, {cleo}], break_glass: {ana}}}");
        let (deploy, dialog) = story.asks(&options, &action).await;

        // Whoever is not named is told so, and need not write why.
        story.choose(&ben, &dialog, "break_glass").await;
        assert_eq!(story.world.slack.open_views(&ben).len(), 0);
        story.settled(&deploy).await;
        assert_eq!(approval_of(story, &deploy).await.status, Status::Pending);
        story.click(&cleo, &dialog, "approve").await;

        // Ana made the change and may break it.
        let page = breaks(story, &ana, &dialog, &deploy).await;
        let approval = &page.approvals[0];
        assert!(approval.status.is_approved(), "{:?}", approval.status);
        assert_eq!(receiver.deliveries().len(), 1, "the action ran once");
        assert_eq!(approval.votes.len(), 1, "votes that were cast stay");
        let (owed, at) = (approval.owed_review().unwrap(), approval.glass.broken.as_ref().unwrap().at);
        assert_eq!(owed.due.duration_since(at), SignedDuration::from_hours(48));
        assert_eq!(base(story, approval).await, None, "it is no base before its review");
        assert_snapshot!(sees(story, &ben, &receiver), @"
        @Ana, would you like to promote REVISION - broken-glass (Staging) to production?
        Votes:
        @Cleo 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        🚨 Glass broken by @Ana on DATE at TIME: Checkout is down. Review due DUE.
        Went ahead on DATE at TIME without its votes.
        [Mark as reviewed]

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).

        (only you) Only @Ana can break the glass here.

        🚨 @channel @Ana broke the glass of “Promote deploy to production” (REVISION), which goes ahead without the votes that it needs: Checkout is down.
        Somebody who made none of the change has to review it by DUE. Until then, the next deploy to the same place is judged with these commits too.
        [Mark as reviewed]
        ");

        // Neither who broke it nor who may not vote reviews it.
        assert!(!reviews(story, &ana, &dialog, &deploy).await);
        let page_of_ana = story.sign_in(&ana).await;
        let path = format!("/deploys/{deploy}/approvals/{}", approval.id);
        let mark = approval_of(story, &deploy).await.subject.mark();
        let form = [("what", "review"), ("subject", mark.as_str()), ("reason", "Looks fine")];
        assert_eq!(page_of_ana.post(&path, &form).await.status(), 403);
        let shown = page_of_ana.page(&format!("/deploys/{deploy}")).await;
        assert!(shown.contains("A review is due") && shown.contains("Glass broken by"), "{shown}");
        let listed = page_of_ana.page(&format!("/deployments/acme/{}", story.name)).await;
        assert!(listed.contains("Reviews due"), "{listed}");
        assert!(approval_of(story, &deploy).await.owed_review().is_some());

        assert!(reviews(story, &ben, &dialog, &deploy).await);
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].owed_review().is_none());
        assert_eq!(base(story, &page.approvals[0]).await, Some(page.deploy.revision.clone()));
        let listed = page_of_ana.page(&format!("/deployments/acme/{}", story.name)).await;
        assert!(!listed.contains("Reviews due"), "{listed}");
        let told: Vec<_> = page
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::GlassBroken { by, reason, .. } => Some((by.as_str(), reason.as_str())),
                EventKind::GlassReviewed { by, note, .. } => Some((by.as_str(), note.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(told, [(ana.as_str(), "Checkout is down"), (ben.as_str(), "Fixed the null check")]);
        assert_snapshot!(sees(story, &cleo, &receiver), @"
        @Ana, would you like to promote REVISION - broken-glass (Staging) to production?
        Votes:
        @Cleo 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        🚨 Glass broken by @Ana on DATE at TIME: Checkout is down. Reviewed by @Ben on DATE at TIME: Fixed the null check.
        Went ahead on DATE at TIME without its votes.

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).

        🚨 @channel @Ana broke the glass of “Promote deploy to production” (REVISION), which goes ahead without the votes that it needs: Checkout is down.
        Somebody who made none of the change has to review it by DUE. Until then, the next deploy to the same place is judged with these commits too.
        [Mark as reviewed]
        ");
    });
}

#[test]
fn a_blocked_approval_goes_ahead_by_a_broken_glass() {
    tell("glass-blocked", async |story| {
        let (receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let options = format!("{{self_approval: false, break_glass: {ben}}}");
        let (deploy, dialog) = story.asks(&options, &action).await;
        let approval = approval_of(story, &deploy).await;
        assert_eq!(approval.electorate.blocked, [Blocker::NoBase]);
        let page = breaks(story, &ben, &dialog, &deploy).await;
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals[0]);
        assert_eq!(receiver.deliveries().len(), 1);
        // Ana made the change, Ben broke the glass.
        for person in [&ana, &ben] {
            assert!(!reviews(story, person, &dialog, &deploy).await, "{person}");
        }
        let cleo = story.person("Cleo");
        assert!(reviews(story, &cleo, &dialog, &deploy).await);
        assert!(approval_of(story, &deploy).await.owed_review().is_none());
    });
}

#[test]
fn maker_of_what_a_rollback_holds_reviews_no_glass() {
    tell("glass-held", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben, cleo, dora] = ["Ana", "Ben", "Cleo", "Dora"].map(|name| story.person(name));
        // Makers may vote, so no range is kept.
        story.rules(&rule(&format!("{{break_glass: {ben}}}"), &action));
        let good = story.push("Ana", "Begin");
        story.push("Cleo", "Take everything");
        let held = story.push("Ana", "Take coins");
        for revision in [&good, &story.push("Ana", "Mend it")] {
            let deploy = story.deploys(revision, "Staging").await;
            let dialog = story.settled(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
            story.click(&ana, &dialog, "approve").await;
            story.settled(&deploy).await;
        }
        let back = story.deploys(&held, "Staging").await;
        let dialog = story.settled(&back).await.approvals[0].dialog.clone().unwrap().ts;
        breaks(story, &ben, &dialog, &back).await;
        assert!(!reviews(story, &cleo, &dialog, &back).await, "Cleo made what is left");
        assert!(approval_of(story, &back).await.owed_review().is_some());
        assert!(reviews(story, &dora, &dialog, &back).await);
        assert!(approval_of(story, &back).await.owed_review().is_none());
    });
}

#[test]
fn unreviewed_commits_stay_in_the_next_range() {
    tell("glass-range", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        story.rules(&rule(&format!("{{self_approval: false, break_glass: {ben}}}"), &action));
        let first = story.push("Ana", "Begin");
        let broken = story.push("Ana", "Take cards");
        let deploy = story.deploys(&broken, "Staging").await;
        story.sets_base(&deploy, &first).await;
        let dialog = story.settled(&deploy).await.approvals[0].dialog.clone().unwrap().ts;
        breaks(story, &ben, &dialog, &deploy).await;

        let next = story.deploys(&story.push("Ben", "Fix a typo"), "Staging").await;
        let judged = story.settled(&next).await.approvals[0].electorate.judged.clone().unwrap();
        assert_eq!((judged.base.as_str(), judged.added), (first.as_str(), 2), "both are judged");

        assert!(reviews(story, &cleo, &dialog, &deploy).await);
        let last = story.deploys(&story.push("Ben", "Take vouchers"), "Staging").await;
        let judged = story.settled(&last).await.approvals[0].electorate.judged.clone().unwrap();
        assert_eq!((judged.base, judged.added), (broken, 2), "what was reviewed is the base");
    });
}

#[test]
fn a_frozen_approval_waits_for_its_freeze_all_the_same() {
    tell("glass-frozen", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let day = |days: i64| (now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
        let freeze =
            format!("      freeze: {{name: release, dates: '{}..{}'}}\n      conditions:", day(-1), day(1));
        let rules = rule(&format!("{{break_glass: {ana}}}"), &action);
        story.rules(&rules.replacen("      conditions:", &freeze, 1));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        story.choose(&ana, &dialog, "break_glass").await;
        story.gives_reason(&ana, "Checkout is down").await;
        let page = story.until_drawn(&deploy).await;
        let soon = now() + SignedDuration::from_hours(12);
        assert!(matches!(page.approvals[0].status, Status::Quorum { until, .. } if until > soon));
        assert_eq!(receiver.deliveries().len(), 0);
        story.click(&ana, &dialog, "undo").await;
        let page = story.until_drawn(&deploy).await;
        assert_eq!(
            (page.approvals[0].status.clone(), page.approvals[0].glass.broken.is_none()),
            (Status::Pending, true)
        );
    });
}

#[test]
fn a_breaker_who_left_the_group_lets_nothing_through() {
    tell("glass-left", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        story.world.slack.add_usergroup("glass-left-sre", &[&ana]);
        let options = "{votes_required: 2, break_glass: '@glass-left-sre'}";
        let (deploy, dialog) = story.asks(options, &action).await;
        story.world.slack.add_usergroup("glass-left-sre", &[]);
        let page = breaks(story, &ana, &dialog, &deploy).await;
        assert_eq!(page.approvals[0].status, Status::Pending);
        assert!(page.approvals[0].glass.struck.is_some());
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::GlassStruck { .. })));
        assert_eq!(receiver.deliveries().len(), 0);
    });
}

#[test]
fn a_review_is_reminded_of_until_it_is_done() {
    tell("glass-reminded", async |story| {
        let (receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let options = format!("{{votes_required: 2, approvers: [{ana}, {ben}], break_glass: {ana}}}");
        let (deploy, dialog) = story.asks(&options, &action).await;
        let mut page = breaks(story, &ana, &dialog, &deploy).await;
        let reminds = |effect: &&Effect| matches!(effect.kind, EffectKind::RemindReview { .. });
        let reminded = || {
            let thread = story.world.slack.thread(&story.name, &dialog);
            thread.iter().filter(|message| message.text.contains("has been due since")).count()
        };
        for round in 1..=2 {
            story.pull_forward(&reminder(&page)).await;
            story.world.tick().await;
            page = story
                .until("a reminder", async || {
                    let page = story.settled(&deploy).await;
                    let done = page.effects.iter().filter(reminds).filter(|effect| effect.is_closed());
                    (done.count() == round && reminded() == round).then_some(page)
                })
                .await;
        }
        assert_snapshot!(sees(story, &ben, &receiver), @"
        @Ana, would you like to promote REVISION - glass-reminded (Staging) to production?
        Nothing was approved for this place before, so this covers the deploy's own commits.
        🚨 Glass broken by @Ana on DATE at TIME: Checkout is down. Review due DUE.
        Went ahead on DATE at TIME without its votes.
        [Mark as reviewed]

        ↳ ✅ webhook: https://RECEIVER: delivered (webhook: https://RECEIVER).

        ↳ 🔔 The review of “Promote deploy to production” (REVISION) has been due since DUE: @Ana broke its glass. @Ben can review it.
          [Mark as reviewed]

        ↳ 🔔 The review of “Promote deploy to production” (REVISION) has been due since DUE: @Ana broke its glass. @Ben can review it.
          [Mark as reviewed]

        🚨 @channel @Ana broke the glass of “Promote deploy to production” (REVISION), which goes ahead without the votes that it needs: Checkout is down.
        Somebody who made none of the change has to review it by DUE. Until then, the next deploy to the same place is judged with these commits too.
        [Mark as reviewed]
        ");
        assert!(reviews(story, &ben, &dialog, &deploy).await);
        story.pull_forward(&reminder(&page)).await;
        story.world.tick().await;
        story
            .until("the reminders to end", async || {
                let page = story.page(&deploy).await;
                page.effects.iter().filter(reminds).all(Effect::is_closed).then_some(())
            })
            .await;
        assert_eq!(reminded(), 2);
    });
}

#[test]
fn a_proposed_rules_file_has_no_glass() {
    tell("glass-proposal", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let before = rule(&format!("{{votes_required: 2, break_glass: {ana}}}"), &action);
        story.pushes_rules("Ana", &before);
        let deploy = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
        story.settled(&deploy).await;
        let after = rule(&format!("{{votes_required: 1, break_glass: {ana}}}"), &action);
        let deploy = story.deploys(&story.pushes_rules("Ana", &after), "Staging").await;
        let proposal = story.dialog_of("counts once it is approved").await;
        story.settled(&deploy).await;
        assert_eq!(story.option(&proposal, "break_glass"), None);
        let page = story.page(&deploy).await;
        let glasses: Vec<_> =
            page.approvals.iter().map(|approval| approval.electorate.glass.is_some()).collect();
        assert_eq!(glasses.iter().filter(|has| **has).count(), 1, "only the deploy's own: {glasses:?}");
        assert_eq!(receiver.deliveries().len(), 0);
    });
}

#[test]
fn a_glass_is_broken_on_the_page_by_who_is_named() {
    tell("glass-page", async |story| {
        let (receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let options = format!("{{votes_required: 2, break_glass: {ana}}}");
        let (deploy, _) = story.asks(&options, &action).await;
        let approval = approval_of(story, &deploy).await;
        let path = format!("/deploys/{deploy}/approvals/{}", approval.id);
        let mark = approval.subject.mark();
        let form = |reason| [("what", "break-glass"), ("subject", mark.as_str()), ("reason", reason)];
        let (of_ana, of_ben) = (story.sign_in(&ana).await, story.sign_in(&ben).await);
        assert_eq!(of_ben.post(&path, &form("Checkout is down")).await.status(), 403);
        assert_eq!(of_ana.post(&path, &form("")).await.status(), 422);
        assert_eq!(receiver.deliveries().len(), 0);
        assert_eq!(of_ana.post(&path, &form("Checkout is down")).await.status(), 303);
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_approved());
        assert_eq!(receiver.deliveries().len(), 1);
        let record = story.get("/api/v1/approvals?person=nobody").await.text().await.unwrap();
        assert!(!record.contains("\"glass\""), "{record}");
        let record = story.get(&format!("/api/v1/approvals?deployment=acme/{}", story.name)).await;
        let record = record.text().await.unwrap();
        assert!(record.contains("\"review_owed\":true"), "{record}");
    });
}

#[test]
fn what_runs_is_checked_after_a_broken_glass_too() {
    tell("glass-checked", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        let workflow = ".github/workflows/promote.yml";
        let ana = story.person("Ana");
        github.add_workflow(&repository, "promote.yml");
        github.set_file(&repository, workflow, "on: workflow_dispatch");
        let build = "trigger_build: {parameters: {name: promote.yml, version: '{{ deploy_revision }}'}}";
        let (deploy, dialog) = story.asks(&format!("{{votes_required: 2, break_glass: {ana}}}"), build).await;
        let next = story.push("Ben", "Change the workflow");
        github.set_file_at(&repository, &next, workflow, "on: workflow_dispatch # changed");
        let page = breaks(story, &ana, &dialog, &deploy).await;
        assert!(page.approvals[0].status.is_approved());
        assert_eq!(github.dispatched(&repository).len(), 0);
        let StepState::Failed { reason, .. } = &page.runs[0].steps[1].state else { panic!("it is refused") };
        assert!(reason.starts_with("nothing was started"), "{reason}");
    });
}

#[test]
fn with_a_policy_only_whom_it_names_breaks_a_glass() {
    tell_with_policy("glass-policy", async |story| {
        let (receiver, action) = hook().await;
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let owners = [story.email("Owen"), story.email("Olga")];
        let [first, second] = &owners;
        let policy = format!(
            "owners:\n  - {first}\n  - {second}\ndefault:\n  break_glass: [{}]\n  review_within: '4h'\n",
            story.email("Ben")
        );
        story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &policy);
        let options = format!("{{votes_required: 2, break_glass: {ana}}}");
        let (deploy, dialog) = story.asks(&options, &action).await;
        story.choose(&ana, &dialog, "break_glass").await;
        story.settled(&deploy).await;
        assert_eq!(
            story.world.slack.open_views(&ana).len(),
            0,
            "the rule names her, and the policy does not"
        );
        let page = breaks(story, &ben, &dialog, &deploy).await;
        let owed = page.approvals[0].owed_review().unwrap();
        assert_eq!(owed.due.duration_since(owed.at), SignedDuration::from_hours(4));
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn changed_policy_stops_a_retry_after_a_broken_glass() {
    tell_with_policy("glass-retry", async |story| {
        let receiver = Receiver::start(&[422, 200]).await.unwrap();
        let ben = story.person("Ben");
        let policy = |breaker: &str| {
            let [owen, olga, breaker] = ["Owen", "Olga", breaker].map(|name| story.email(name));
            format!("owners:\n  - {owen}\n  - {olga}\ndefault:\n  break_glass: [{breaker}]\n")
        };
        story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &policy("Ben"));
        let action = format!("webhook: '{}/hook'", receiver.url());
        let (deploy, dialog) = story.asks("{votes_required: 2}", &action).await;
        breaks(story, &ben, &dialog, &deploy).await;
        assert_eq!(receiver.deliveries().len(), 1);
        let store = &story.world.store;
        let state = store.policy().await.unwrap().unwrap();
        let in_force = state.in_force.clone().unwrap();
        let file = PolicyFile { text: policy("Cleo"), hash: "another".to_owned(), ..in_force.file };
        let next = state.adopt(InForce { file, ..in_force });
        store.commit(Change::to(&deploy, now()).policy(next)).await.unwrap();
        let failure = story.failure(&dialog).await;
        story.click(&ben, &failure, "retry").await;
        story
            .until("the policy to keep the retry back", async || {
                let page = story.world.store.page(&deploy).await.unwrap()?;
                match &page.runs[0].steps[1].state {
                    StepState::Running { note: Some(note), .. } => {
                        note.contains("broken by somebody whom the policy does not name").then_some(())
                    }
                    _ => None,
                }
            })
            .await;
        assert_eq!(receiver.deliveries().len(), 1);
    });
}
