//! Ask again: a closed approval is opened anew, by the rules and people of now.

use insta::assert_snapshot;
use signoff_core::approval::{Closed, Status};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::run;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::NewUser;
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

const ACTS: &str = "webhook: 'https://example.com'";

/// Waits until the deploy has so many approvals and all is done; what is on record then.
async fn until_asked(story: &Story, deploy: &DeployId, approvals: usize) -> Page {
    story
        .until("it to be asked again", async || {
            let page = story.settled(deploy).await;
            (page.approvals.len() == approvals).then_some(page)
        })
        .await
}

/// A deploy that Ben rejected; it, and its dialog.
async fn rejected(story: &Story, options: &str, action: &str) -> (DeployId, String) {
    let ben = story.person("Ben");
    let (deploy, dialog) = story.asks(options, action).await;
    story.click(&ben, &dialog, "reject").await;
    story
        .until("the approval to be rejected", async || {
            let page = story.settled(&deploy).await;
            (page.runs[0].status == run::Status::Stopped).then_some(())
        })
        .await;
    (deploy, dialog)
}

/// The approval that is open.
fn open(page: &Page) -> &signoff_core::approval::Approval {
    page.approvals.iter().find(|approval| approval.status.is_open()).unwrap()
}

#[test]
fn rejected_approval_is_asked_again_and_approved() {
    tell("again-rejected", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let ana = story.person("Ana");
        let action = format!("webhook: '{}/promote'", receiver.url());
        let (deploy, first) = rejected(story, "votes_required: 1", &action).await;
        // Twice, as people do.
        story.choose(&ana, &first, "ask_again").await;
        if let Some(value) = story.option(&first, "ask_again") {
            let twice = story.world.slack.click_option(&ana, &story.name, &first, "more", &value).await;
            let is_quiet = twice.is_ok_and(|twice| twice.status == Some(200));
            assert!(is_quiet || story.option(&first, "ask_again").is_none(), "a second click is no error");
        }
        let page = until_asked(story, &deploy, 2).await;
        assert_eq!(open(&page).votes.len(), 0, "nobody has voted on it");
        let second = story.dialog_of("asked again. This was asked once before").await;
        story.until_drawn(&deploy).await;
        story.click(&ana, &second, "approve").await;
        let page = story
            .until("the action to run", async || {
                let page = story.settled(&deploy).await;
                page.runs.iter().any(|run| run.status == run::Status::Succeeded).then_some(page)
            })
            .await;
        assert_eq!(receiver.deliveries().len(), 1);
        let words: Vec<_> = page.approvals.iter().map(|approval| approval.status.word()).collect();
        assert!(words.contains(&"rejected") && words.contains(&"approved"), "{words:?}");
        let seen = story.sees(&ana);
        for words in [
            "This was asked again, by the rule promote-to-production.",
            "@Ana asked again. This was asked once before; the last time, @Ben rejected it.",
        ] {
            assert!(seen.contains(words), "{seen}");
        }
    });
}

#[test]
fn rate_limit_is_told_where_somebody_asks_again() {
    tell("again-limited", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = rejected(story, "votes_required: 1", ACTS).await;
        let path = format!("/repos/{}", story.repository());
        story.world.github.faults().push(Fault::once(&path, FaultKind::rate_limited(90)));
        story.choose(&ana, &dialog, "ask_again").await;
        let words = "@Ana This is asked again later: GitHub asks us to slow down";
        let told = async || story.sees(&ana).contains(words).then_some(());
        story.until("the thread to be told", told).await;
        assert_eq!(story.problems(), Vec::<String>::new(), "nobody else waits for it");
        let page = story.page(&deploy).await;
        let asks = |effect: &&Effect| matches!(effect.kind, EffectKind::AskAgain { .. });
        story.pull_forward(page.effects.iter().find(asks).unwrap()).await;
        story.world.tick().await;
        until_asked(story, &deploy, 2).await;
    });
}

#[test]
fn rejection_is_final_where_the_rule_says_so() {
    tell("again-final", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = rejected(story, "ask_again: false", ACTS).await;
        assert_eq!(story.option(&dialog, "ask_again"), None);
        let visitor = story.sign_in(&ana).await;
        let approval = story.page(&deploy).await.approvals[0].id.clone();
        let answer = visitor.post(&format!("/deploys/{deploy}/approvals/{approval}/again"), &[]).await;
        assert_eq!(answer.status().as_u16(), 409);
        assert_eq!(story.settled(&deploy).await.approvals.len(), 1);
    });
}

#[test]
fn rule_of_now_decides_what_is_asked_again() {
    tell("again-new-rule", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = rejected(story, "votes_required: 1", ACTS).await;
        story.new_rules(&rule("votes_required: 2", ACTS)).await;
        story.choose(&ana, &dialog, "ask_again").await;
        let page = story
            .until("it to be asked again, or the reason", async || {
                let page = story.settled(&deploy).await;
                let said = !story.world.slack.thread(&story.name, &dialog).is_empty();
                (page.approvals.len() == 2 || said).then_some(page)
            })
            .await;
        assert_eq!(open(&page).votes_required, 2);
        // Without a rule of this name, nobody is asked.
        let ben = story.person("Ben");
        let second = story.dialog_of("asked again.").await;
        story.click(&ben, &second, "reject").await;
        story.settled(&deploy).await;
        story
            .new_rules(
                "rules:\n  - other:\n      conditions: [environment='QA']\n      actions: [trigger_build]\n",
            )
            .await;
        story.until("the menu to be there", async || story.option(&second, "ask_again")).await;
        story.choose(&ana, &second, "ask_again").await;
        let told = story
            .until("the thread to be told", async || {
                story.world.slack.thread(&story.name, &second).last().map(|reply| reply.text.clone())
            })
            .await;
        assert_snapshot!(told.replace(&ana, "ANA"), @":no_entry: <@ANA> Could not ask again: the rules in force no longer have the rule promote-to-production.");
        assert_eq!(story.settled(&deploy).await.approvals.len(), 2);
    });
}

#[test]
fn older_deploy_is_not_asked_again() {
    tell("again-older", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = rejected(story, "votes_required: 1", ACTS).await;
        let newer = story.push("Ben", "Take cash");
        let newer = story.deploys(&newer, "Staging").await;
        story.settled(&newer).await;
        story.choose(&ana, &dialog, "ask_again").await;
        let told = story
            .until("Ana to be told", async || {
                let seen = story.sees(&ana);
                seen.lines().find(|line| line.contains("(only you)")).map(str::to_owned)
            })
            .await;
        assert_snapshot!(told, @"(only you) Could not ask again: REVISION came to Staging since. This approval is about what was there before.");
        assert_eq!(story.settled(&deploy).await.approvals.len(), 1);
    });
}

#[test]
fn only_who_may_vote_or_an_admin_asks_again() {
    tell("again-who", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = rejected(story, &format!("approvers: [{ben}]"), ACTS).await;
        story.choose(&ana, &dialog, "ask_again").await;
        story.until("Ana to be told", async || story.sees(&ana).contains("(only you)").then_some(())).await;
        let approval = story.settled(&deploy).await.approvals[0].id.clone();
        let path = format!("/deploys/{deploy}/approvals/{approval}/again");
        let visitor = story.sign_in(&ana).await;
        assert_eq!(visitor.post(&path, &[]).await.status().as_u16(), 403);
        assert!(!visitor.page(&format!("/deploys/{deploy}")).await.contains("Ask again"));
        let admin = NewUser::new("Again admin", &story.email("Again admin")).admin();
        let admin = story.world.slack.add_user(admin);
        let visitor = story.sign_in(&admin).await;
        assert!(visitor.page(&format!("/deploys/{deploy}")).await.contains("Ask again"));
        story.world.slack.join(&story.name, &admin);
        story.choose(&admin, &dialog, "ask_again").await;
        let page = until_asked(story, &deploy, 2).await;
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::AskedAgain { .. })));
        // Whoever is slower is content.
        assert_eq!(visitor.post(&path, &[]).await.status().as_u16(), 303);
        assert_eq!(story.settled(&deploy).await.approvals.len(), 2);
    });
}

#[test]
fn failed_run_is_asked_again() {
    tell("again-failed", async |story| {
        let receiver = Receiver::start(&[410, 200]).await.unwrap();
        let ana = story.person("Ana");
        let action = format!("webhook: '{}/promote'", receiver.url());
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        story.click(&ana, &dialog, "approve").await;
        story
            .until("the run to fail", async || {
                let page = story.settled(&deploy).await;
                (page.runs[0].status == run::Status::Stopped).then_some(())
            })
            .await;
        story.until("the menu to be there", async || story.option(&dialog, "ask_again")).await;
        story.choose(&ana, &dialog, "ask_again").await;
        until_asked(story, &deploy, 2).await;
        let second = story.dialog_of("an action failed").await;
        story.click(&ana, &second, "approve").await;
        story
            .until("the second run to succeed", async || {
                let page = story.settled(&deploy).await;
                page.runs.iter().any(|run| run.status == run::Status::Succeeded).then_some(())
            })
            .await;
        assert_eq!(receiver.deliveries().len(), 2);
    });
}

#[test]
fn cancelled_and_expired_approvals_are_asked_again() {
    tell("again-cancelled", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("{ask_again: false, expires_after: '24h'}", ACTS).await;
        story.choose(&ana, &dialog, "cancel").await;
        story.gives_reason(&ana, "not today").await;
        story.until("the menu to be there", async || story.option(&dialog, "ask_again")).await;
        story.settled(&deploy).await;
        story.choose(&ana, &dialog, "ask_again").await;
        let page = until_asked(story, &deploy, 2).await;
        let second = story.dialog_of("it was cancelled").await;
        let approval = open(&page).clone();
        let is_expiry =
            |kind: &EffectKind| matches!(kind, EffectKind::Expire { approval: of } if *of == approval.id);
        let expire = page.effects.iter().find(|effect| is_expiry(&effect.kind)).unwrap();
        story.let_expire(&approval, expire).await;
        story.world.tick().await;
        story
            .until("the approval to expire", async || {
                let page = story.settled(&deploy).await;
                let expired = |status: &Status| matches!(status, Status::Closed(Closed::Expired { .. }));
                page.approvals.iter().any(|approval| expired(&approval.status)).then_some(())
            })
            .await;
        story.until("the menu to be there", async || story.option(&second, "ask_again")).await;
        story.choose(&ana, &second, "ask_again").await;
        until_asked(story, &deploy, 3).await;
        story.dialog_of("This was asked twice before; the last time, too few people voted in time").await;
    });
}
