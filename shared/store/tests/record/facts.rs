//! Facts that become known of a deploy after it arrived.

use crate::local::Local;
use crate::samples::{deploy, second};
use approval::approval::Dialog;
use approval::effect::EffectKind;
use approval::facts::{Command, Facts, Reaction, Report, Thumb, decide};
use store::{Change, CommitError, Store};
use tokio::task::JoinSet;

/// Far more than any race here takes; reached only by a test that fails.
const MAX_RACES: usize = 2000;

fn thumb_up(user: usize) -> Command {
    let message = Dialog { channel: "C1".to_owned(), ts: "1795430760.000100".to_owned() };
    let (user, name) = (format!("U{user}"), format!("User {user}"));
    Command::React(Reaction { message, user, name, thumb: Thumb::Plus1, is_there: true, at: second(1) })
}

async fn learn(store: &Store, command: Command) {
    let id = deploy(1).id;
    for _ in 0..MAX_RACES {
        let known = store.facts(&id).await.expect("read");
        let decision = decide(&known, command.clone(), second(2)).expect("it is news");
        match store.commit(Change::to(&id, second(2)).facts(decision)).await {
            Ok(()) => return,
            Err(CommitError::Conflict) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no end of conflicts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_who_react_at_the_same_time_each_one_counts() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    assert_eq!(local.store.facts(&deploy(1).id).await.expect("read"), Facts::none(&deploy(1).id));
    let mut tasks = JoinSet::new();
    for user in 0..30 {
        let store = local.store.clone();
        tasks.spawn(async move { learn(&store, thumb_up(user)).await });
    }
    tasks.join_all().await;
    let report = Report { health: approval::facts::Health::Ailing, at: second(1) };
    learn(&local.store, Command::Report { source: "api".to_owned(), report }).await;

    let page = local.store.page(&deploy(1).id).await.expect("read").expect("a page");
    assert_eq!((page.facts.reacted(Thumb::Plus1), page.facts.version), (30, 31));
    assert_eq!(page.facts.reports["api"], report);
    let evaluations = page.effects.iter().filter(|effect| effect.kind == EffectKind::EvaluateRules).count();
    // That of its registration, and one for each.
    assert_eq!((evaluations, page.events.len()), (32, 32));
}
