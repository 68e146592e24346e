//! Steps that the policy keeps back: they are found, and woken.

use crate::local::Local;
use crate::samples::{at, deploy, effect, plain, reread, second};
use jiff::SignedDuration;
use signoff_core::action::{Action, ChannelMessage, WebhookSpec};
use signoff_core::effect::Claim;
use signoff_core::id::EffectId;
use signoff_core::run::{Command, FirstTry, KEPT_BACK, Opening, Run, decide};
use signoff_store::{Change, Store};
use std::collections::BTreeSet;

/// A run on record with these commands to its only step.
async fn run_with(store: &Store, commands: Vec<Command>) -> Run {
    let webhook = Action::Webhook(WebhookSpec::to("https://hooks.example.com".to_owned()));
    run_of(store, &[webhook], commands.into_iter().map(|command| (0, command))).await
}

/// A run on record with these actions, and these commands to its steps.
async fn run_of(
    store: &Store,
    actions: &[Action],
    commands: impl IntoIterator<Item = (usize, Command)>,
) -> Run {
    let deploy = deploy(1);
    store.commit(Change::register(&deploy, at(0))).await.expect("registered");
    let opening = Opening {
        deploy: &deploy.id,
        revision: &deploy.revision,
        rule: "promote",
        rule_hash: "hash",
        actions,
        followed: false,
    };
    let opened = Run::open(&opening, at(1));
    store.commit(Change::to(&deploy.id, at(1)).run(opened.clone())).await.expect("opened");
    for (number, (step, command)) in (2..).zip(commands) {
        let run = store.run(&deploy.id, &opened.next.id).await.expect("read").expect("a run");
        let decision = plain(decide(&run, step, command, at(number)).expect("its turn").next);
        store.commit(Change::to(&deploy.id, at(number)).run(decision)).await.expect("committed");
    }
    opened.next
}

fn begin() -> Command {
    Command::Begin(FirstTry { effect: EffectId::from_text("e1"), at: at(1) })
}

fn wait(reason: &str) -> Command {
    Command::Wait { reason: reason.to_owned() }
}

#[tokio::test]
async fn deploys_that_the_policy_keeps_back_are_found() {
    let kept_back = format!("{KEPT_BACK}Rule `promote`: line 5.");
    let done = Command::Succeed { summary: "posted".to_owned(), url: None, build: None };
    for (commands, is_found) in [
        (vec![begin(), wait(&kept_back)], true),
        (vec![begin(), wait("the tests still run")], false),
        (vec![begin(), wait(&kept_back), wait("the tests still run")], false),
        (vec![begin(), wait(&kept_back), done], false),
    ] {
        let store = Local::new().await.store;
        let run = run_with(&store, commands.clone()).await;
        let expected = BTreeSet::from_iter(is_found.then_some(run.deploy));
        assert_eq!(store.deploys_kept_back(second(9)).await.expect("read"), expected, "{commands:?}");
    }
}

#[tokio::test]
async fn failed_runs_are_looked_at_for_a_day() {
    let store = Local::new().await.store;
    let message = ChannelMessage { channel: "#a".to_owned(), message: "It goes out.".to_owned() };
    let webhook = WebhookSpec::to("https://hooks.example.com".to_owned());
    let actions = [Action::SlackChannelMessage(message), Action::Webhook(webhook)];
    let failed = Command::Fail { reason: "the channel is archived".to_owned() };
    let held = wait(&format!("{KEPT_BACK}Rule `promote`: line 5."));
    let run = run_of(&store, &actions, [(0, begin()), (0, failed), (1, begin()), (1, held)]).await;
    let day = SignedDuration::from_hours(24);
    for (now, is_found) in [(at(1) + day, true), (at(2) + day, false)] {
        let expected = BTreeSet::from_iter(is_found.then_some(run.deploy.clone()));
        assert_eq!(store.deploys_kept_back(now).await.expect("read"), expected, "{now}");
    }
}

#[tokio::test]
async fn woken_effect_is_due_at_once() {
    for lost in [false, true] {
        let store = Local::new().await.store;
        let claimed = store.claim(&effect(&store, 1, second(0)).await, second(1)).await.expect("claimed");
        let (wait, note) = (SignedDuration::from_mins(15), KEPT_BACK.to_owned());
        let waiting = match lost {
            false => claimed.postponed(second(2), wait, note),
            true => claimed.unanswered(second(2), wait, note),
        };
        store.settle(&claimed, &waiting).await.expect("settled");
        let waiting = reread(&store, &waiting).await;
        store.wake(&waiting, second(3)).await.expect("woken");
        let woken = reread(&store, &waiting).await;
        assert_eq!((woken.claim(second(3)), woken.note), (Claim::Take { lost }, waiting.note));
    }
}

#[tokio::test]
async fn effect_that_somebody_does_is_not_woken() {
    let store = Local::new().await.store;
    let read = effect(&store, 1, second(0)).await;
    let claimed = store.claim(&read, second(1)).await.expect("claimed");
    let held = reread(&store, &read).await;
    for other in [&read, &claimed, &held] {
        store.wake(other, second(2)).await.expect("nothing to do");
    }
    assert_eq!(reread(&store, &read).await, held);
}
