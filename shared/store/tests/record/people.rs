//! People: one row for each account and address, changed by one at a time, and never lost.

use crate::local::{Local, text};
use crate::samples::second;
use signoff_core::effect::{EffectKind, Others};
use signoff_core::id::DeployId;
use signoff_core::people::{By, Claim, Entry, Handle, Nobody};
use signoff_store::{Change, CommitError, Store};
use std::collections::BTreeSet;

fn by(id: &str) -> By {
    By { id: id.to_owned(), name: format!("{id} \u{1f680}"), at: second(1) }
}

fn member(id: &str) -> Claim {
    Claim::Member { id: id.to_owned(), name: String::new() }
}

async fn save(store: &Store, entries: Vec<Entry>) -> Result<(), CommitError> {
    let change = entries.into_iter().fold(Change::to(&DeployId::people(), second(1)), Change::person);
    store.commit(change).await
}

#[tokio::test]
async fn an_entry_reads_as_it_was_written() {
    let local = Local::new().await;
    let store = &local.store;
    let (account, address) =
        (Handle::github(u64::MAX), Handle::email("ana@acme.example").expect("an address"));
    let left = Claim::NobodyHere { kind: Nobody::Left, reason: String::new() };
    let said =
        store.person(&account).await.expect("read").say("octo", member("U1"), by("UANA")).expect("new");
    let gone = store.person(&address).await.expect("read").say("", left, by("UANA")).expect("new");
    save(store, vec![said.clone(), gone.clone()]).await.expect("saved");
    let saved = |entry: Entry| Entry { version: entry.version + 1, ..entry };
    let confirmed = saved(said).confirm_as_member(1, by("U1")).expect("theirs");
    save(store, vec![confirmed.clone()]).await.expect("confirmed");
    let expected = [saved(confirmed), saved(gone)];
    let found = store.people_of(&[address.clone(), account.clone(), address.clone()]).await.expect("read");
    assert_eq!([&found[&account], &found[&address]], [&expected[0], &expected[1]]);
    let all = store.people().await.expect("read");
    assert!(expected.iter().all(|entry| all.entries.contains(entry)) && !all.is_cut);
    assert_eq!(all.entries.len(), 4, "two bots are listed from the start");
    let rows = local.rows().await;
    assert!(!rows["people ana@acme.example"].contains_key("kept_until"), "it does not end by itself");
    assert_eq!(text(&rows["people ana@acme.example"], "sk"), "ana@acme.example");
}

#[tokio::test]
async fn member_is_asked_and_blocked_approvals_are_looked_at_once() {
    let local = Local::new().await;
    let [one, two, three] = [1, 2, 3].map(Handle::github);
    let left = Claim::NobodyHere { kind: Nobody::Left, reason: "left".to_owned() };
    let said = vec![
        Entry::new(one.clone()).say("", member("U1"), by("UANA")).expect("new"),
        Entry::new(two).say("", left.clone(), by("UANA")).expect("new"),
        Entry::new(three).say("", left, by("UANA")).expect("new"),
    ];
    save(&local.store, said).await.expect("saved");
    let due = local.store.due(second(100_000)).take(10).await.expect("read").effects;
    let kinds: Vec<_> = due.into_iter().map(|effect| effect.kind).collect();
    let asked = EffectKind::AskMember { handle: one, version: 1, at: None };
    assert!(kinds.len() == 2 && kinds.contains(&asked), "{kinds:?}");
    assert!(kinds.contains(&EffectKind::judge_others(Others::Blocked)), "{kinds:?}");
}

#[tokio::test]
async fn of_ten_admins_who_change_an_entry_at_once_one_wins() {
    let store = Local::new().await.store;
    let handle = Handle::github(7);
    let tries = (0..10).map(|number| {
        let (store, handle) = (store.clone(), handle.clone());
        tokio::spawn(async move {
            let id = format!("U{number}");
            let entry = Entry::new(handle).say("octocat", member(&id), by("UANA")).expect("new");
            (id, save(&store, vec![entry]).await)
        })
    });
    let mut won = BTreeSet::new();
    for tried in tries.collect::<Vec<_>>() {
        match tried.await.expect("ended") {
            (id, Ok(())) => {
                won.insert(id);
            }
            (_, Err(error)) => assert!(matches!(error, CommitError::Conflict), "{error:?}"),
        }
    }
    let entry = store.person(&handle).await.expect("read");
    let named = entry.waits.and_then(|waits| waits.member().map(str::to_owned));
    assert_eq!((won.len(), won.into_iter().next()), (1, named));
}

#[tokio::test]
async fn a_change_of_many_entries_is_all_or_nothing() {
    let store = Local::new().await.store;
    let entry = |id| Entry::new(Handle::github(id)).say("", member("U1"), by("UANA")).expect("new");
    save(&store, vec![entry(3)]).await.expect("saved");
    let many = save(&store, (1..=5).map(entry).collect()).await;
    assert!(matches!(many, Err(CommitError::Conflict)), "{many:?}");
    assert_eq!(store.people().await.expect("read").entries.len(), 3, "one, and the two bots");
}
