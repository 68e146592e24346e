//! Checks that buttons which anyone in the channel may press are open to them on a deploy's page too, and to
//! nobody else.

use crate::pages::{approval, failed_at, form, hook, lost_hook, refusals, sends, told};
use aws_sdk_dynamodb::types::AttributeValue;
use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::Choice;
use signoff_core::run::Status as RunStatus;
use signoff_local::fault::{Fault, FaultKind, Hold};
use signoff_local::slack::{NewChannel, NewUser, NoSuchButton};
use signoff_runtime::time::now;
use system_tests::story::{Story, rule, tell};

/// The next look at the people of this channel (an id) fails.
fn silent(story: &Story, channel: &str) {
    let look = format!("conversations.members?channel={channel}");
    story.world.slack.faults().push(Fault::once(&look, FaultKind::status(503, "")));
}

/// The next question who this person is has no answer.
fn unseen(story: &Story, person: &str) {
    let question = format!("users.info?user={person}");
    story.world.slack.faults().push(Fault::once(&question, FaultKind::status(503, "")));
}

#[test]
fn who_is_not_in_the_channel_does_not_vote_on_the_page_either() {
    tell("channel-left", async |story| {
        story.world.slack.add_channel(NewChannel::new(&story.name).private());
        let (_receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 2", &action).await;
        let visitor = story.sign_in(&ben).await;
        story.world.slack.leave(&story.name, &ben);
        let seen = story.sees(&ana);
        let in_slack = story.world.slack.click(&ben, &story.name, &dialog, "approve").await;
        assert!(matches!(in_slack, Err(NoSuchButton::NotInChannel(..))), "{in_slack:?}");

        for (what, reason) in [("approve", ""), ("reject", "no"), ("cancel", ""), ("cancel", "enough")] {
            let (status, text) = told(sends(story, &visitor, &deploy, what, reason).await).await;
            assert_eq!(status, 403, "{what}: {text}");
            assert_eq!(
                text,
                "Your click was not counted: only people in #channel-left can vote. Join the channel, or ask somebody who is \
                 in it."
            );
            assert!(refusals(story, &deploy, &ben).await.contains(&text), "{what} is on record");
        }
        let untouched = approval(story, &deploy).await;
        assert_eq!((untouched.votes, untouched.status.word()), (Vec::new(), "pending"));
        story.settled(&deploy).await;
        assert_eq!(story.sees(&ana), seen);

        story.world.slack.join(&story.name, &ben);
        assert_eq!(sends(story, &visitor, &deploy, "approve", "").await.status(), 303);
        let votes = approval(story, &deploy).await.votes;
        assert_eq!(
            votes.iter().map(|vote| (&vote.voter, vote.choice)).collect::<Vec<_>>(),
            [(&ben, Choice::Approve)]
        );
        story.settled(&deploy).await;
        assert!(story.sees(&ana).contains("1 of 2 approvals"), "{}", story.sees(&ana));
    });
}

#[test]
fn who_is_named_votes_on_the_page_without_being_in_the_channel() {
    tell("channel-named", async |story| {
        let (_receiver, action) = hook().await;
        let [_, ben, cleo] = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        let approvers = format!("{{approvers: [{ben}, {cleo}], votes_required: 2}}");
        let (deploy, _) = story.asks(&approvers, &action).await;
        let visitor = story.sign_in(&ben).await;
        story.world.slack.leave(&story.name, &ben);
        assert_eq!(sends(story, &visitor, &deploy, "approve", "").await.status(), 303);
        assert_eq!(approval(story, &deploy).await.votes.len(), 1);
        story.settled(&deploy).await;
    });
}

#[test]
fn vote_on_the_page_needs_the_channels_members() {
    tell("channel-silent", async |story| {
        let ben = story.person("Ben");
        let hold = Hold::default();
        let post = Fault::once("POST /api/chat.postMessage", FaultKind::Hold(hold.clone()));
        story.world.slack.faults().push(post.with_body(&story.name));
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        hold.reached().await;
        let visitor = story.sign_in(&ben).await;
        let early = told(sends(story, &visitor, &deploy, "approve", "").await).await;
        hold.release();
        story.settled(&deploy).await;
        silent(story, &story.world.slack.channel_id(&story.name).unwrap());
        let unanswered = told(sends(story, &visitor, &deploy, "approve", "").await).await;
        assert_snapshot!(format!("{early:?}\n{unanswered:?}"), @r#"
        (409, "Your click was not counted: the dialog is not in #channel-silent yet. Send it again in a moment.")
        (409, "Your click was not counted: Slack did not say whether you are in #channel-silent. Send it again, or vote in Slack.")
        "#);
        assert_eq!(approval(story, &deploy).await.votes, []);
        assert_eq!(sends(story, &visitor, &deploy, "approve", "").await.status(), 303);
        assert_eq!(approval(story, &deploy).await.votes.len(), 1);
        story.settled(&deploy).await;
    });
}

#[test]
fn non_member_cannot_resolve_a_step_on_the_page() {
    tell("channel-step", async |story| {
        let (receiver, action) = lost_hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/1", page.runs[0].id);
        let micros = failed_at(&page, 1).as_microsecond().to_string();
        let retry = [("resolution", "retry"), ("failed_at", micros.as_str())];
        let visitor = story.sign_in(&ben).await;
        story.world.slack.leave(&story.name, &ben);
        let outside = told(visitor.post(&path, &retry).await).await;
        story.world.slack.join(&story.name, &ben);
        silent(story, &story.world.slack.channel_id(&story.name).unwrap());
        let unanswered = told(visitor.post(&path, &retry).await).await;
        assert_snapshot!(format!("{outside:?}\n{unanswered:?}"), @r#"
        (403, "Nothing was done: only people in #channel-step may act on this. Join the channel, or ask somebody who is in it.")
        (409, "Nothing was done: Slack did not say whether you are in #channel-step. Send it again, or do it in Slack.")
        "#);
        assert_eq!((story.page(&deploy).await.runs, receiver.deliveries().len()), (page.runs, 1));
        assert_eq!(visitor.post(&path, &retry).await.status(), 303);
        story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 2);
    });
}

#[test]
fn admin_resolves_a_step_whose_channel_is_gone() {
    tell("channel-vanished", async |story| {
        let (receiver, action) = lost_hook().await;
        let ana = story.person("Ana");
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/1", page.runs[0].id);
        let micros = failed_at(&page, 1).as_microsecond().to_string();
        let retry = [("resolution", "retry"), ("failed_at", micros.as_str())];
        let look =
            format!("conversations.members?channel={}", story.world.slack.channel_id(&story.name).unwrap());
        let gone = FaultKind::status(200, r#"{"ok": false, "error": "channel_not_found"}"#);
        story.world.slack.faults().push(Fault::once(&look, gone).times(2));
        let refused = told(story.sign_in(&ana).await.post(&path, &retry).await).await;
        assert_snapshot!(format!("{refused:?}"), @r#"(409, "Nothing was done: Signoff can’t see #channel-vanished any more. Invite it there with /invite. If the channel was deleted, ask an admin of Signoff to act on this.")"#);
        assert_eq!(story.sign_in(&admin).await.post(&path, &retry).await.status(), 303);
        story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 2);
    });
}

#[test]
fn only_an_admin_acts_where_the_rule_asks_nobody() {
    tell("channel-elsewhere", async |story| {
        let (_receiver, action) = lost_hook().await;
        let ben = story.person("Ben");
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        story.rules(&format!(
            "rules:\n  - tell:\n      conditions:\n        - environment='Staging'\n      actions:\n        - {{{action}}}\n"
        ));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/0", page.runs[0].id);
        let micros = failed_at(&page, 0).as_microsecond().to_string();
        let done = [("resolution", "mark-as-done"), ("failed_at", micros.as_str())];
        let visitor = story.sign_in(&ben).await;
        let (status, text) = told(visitor.post(&path, &done).await).await;
        assert_snapshot!(format!("{status} {text}"), @"403 Nothing was done: this rule asks nobody, so only an admin of Signoff can retry, skip or mark it as done.");
        assert_eq!(story.page(&deploy).await.runs, page.runs);
        let visitor = story.sign_in(&admin).await;
        assert_eq!(visitor.post(&path, &done).await.status(), 303);
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, RunStatus::Succeeded);
    });
}

#[test]
fn nobody_says_what_became_of_an_action_whose_approval_is_gone() {
    tell("channel-gone", async |story| {
        let (receiver, action) = lost_hook().await;
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let visitor = story.sign_in(&ana).await;
        let delete = story.world.dynamodb.delete_item().table_name(&story.world.record_table);
        let delete = delete.key("pk", AttributeValue::S(format!("deploy#{deploy}")));
        let delete = delete.key("sk", AttributeValue::S(format!("approval#{}", page.approvals[0].id)));
        delete.send().await.unwrap();

        let at = failed_at(&page, 1);
        let micros = at.as_microsecond().to_string();
        let path = format!("/deploys/{deploy}/runs/{}/steps/1", page.runs[0].id);
        let retry = [("resolution", "retry"), ("failed_at", micros.as_str())];
        let (status, text) = told(visitor.post(&path, &retry).await).await;
        assert_snapshot!(format!("{status} {text}"), @"404 Your click was not counted: this approval is no longer on record. Deploy again to ask again.");
        let failure = story.failure(&dialog).await;
        story.click(&ana, &failure, "retry").await;
        let page = story.settled(&deploy).await;
        assert!(story.sees(&ana).contains(&format!("(only you) {text}")), "{}", story.sees(&ana));
        assert_eq!(failed_at(&page, 1), at);
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn nobody_lifts_a_freeze_unseen_and_everybody_may_stop_it() {
    tell("channel-lift", async |story| {
        let (receiver, action) = hook().await;
        let ana = story.person("Ana");
        let day = |days: i64| (now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
        let freeze = format!(
            "      freeze: {{name: release, dates: '{}..{}', break_glass: {ana}}}\n      conditions:",
            day(-1),
            day(1)
        );
        story.rules(&rule("votes_required: 1", &action).replacen("      conditions:", &freeze, 1));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        story.click(&ana, &dialog, "approve").await;
        story.until_drawn(&deploy).await;
        let visitor = story.sign_in(&ana).await;

        unseen(story, &ana);
        story.choose(&ana, &dialog, "lift_freeze").await;
        let text = "Slack did not say who you are, and nothing was done. Send it again.";
        let is_told = async || story.sees(&ana).contains(&format!("(only you) {text}")).then_some(());
        story.until("Ana to be told", is_told).await;
        assert_eq!(story.world.slack.open_views(&ana).len(), 0, "she need not write why");

        story.choose(&ana, &dialog, "lift_freeze").await;
        unseen(story, &ana);
        let answer = story.gives_reason(&ana, "Checkout is down").await.answer;
        assert!(answer.contains(text), "{answer}");

        unseen(story, &ana);
        let on_page = told(sends(story, &visitor, &deploy, "lift-freeze", "Checkout is down").await).await;
        assert_eq!(on_page, (409, text.to_owned()));
        assert_eq!(refusals(story, &deploy, &ana).await, [text; 3], "each is on record");
        assert_eq!(approval(story, &deploy).await.frozen.lifted, None);

        unseen(story, &ana);
        assert_eq!(sends(story, &visitor, &deploy, "cancel", "too risky").await.status(), 303);
        assert_eq!(approval(story, &deploy).await.status.word(), "cancelled");
        assert_eq!(receiver.deliveries().len(), 0);
    });
}

#[test]
fn a_refusal_on_the_page_is_on_record_once_a_minute() {
    tell("channel-again", async |story| {
        let (_receiver, action) = hook().await;
        let ben = story.person("Ben");
        let (deploy, _) = story.asks("votes_required: 2", &action).await;
        let visitor = story.sign_in(&ben).await;
        let (path, _) = form(story, &deploy).await;
        let opened_at = approval(story, &deploy).await.opened_at;
        for _ in 0..6 {
            let stale = [("what", "approve"), ("subject", "0123456789")];
            assert_eq!(visitor.post(&path, &stale).await.status(), 409);
        }
        let events = story.page(&deploy).await.events;
        let refused = |event: &&signoff_core::event::Event| {
            matches!(event.kind, signoff_core::event::EventKind::VoteRefused { .. })
        };
        let times: Vec<Timestamp> = events.iter().filter(refused).map(|event| event.at).collect();
        // The six may come on both sides of a minute's end.
        assert!((1..=2).contains(&times.len()), "{times:?}");
        let on_the_minute = |at: &Timestamp| at.as_microsecond() % 60_000_000 == 0;
        assert!(times.iter().all(|at| on_the_minute(at) || *at == opened_at), "{times:?}");
    });
}
