//! The list of people.

use super::at;
use signoff_core::people::{By, Claim, Entry, Handle, Nobody};

/// Entries of the list of people: one of each kind, the third of which Ana may confirm, and the bots that are
/// listed from the start.
pub(crate) fn people() -> Vec<Entry> {
    let by = |id: &str, name: &str, seconds| By { id: id.to_owned(), name: name.to_owned(), at: at(seconds) };
    let (ana, ben) = (|seconds| by("U1", "Ana Kovač", seconds), |seconds| by("U2", "Ben Adeyemi", seconds));
    let member = |id: &str, name: &str| Claim::Member { id: id.to_owned(), name: name.to_owned() };
    let saved = |entry: Option<Entry>| {
        let entry = entry.expect("it changes something");
        Entry { version: entry.version + 1, ..entry }
    };
    let said = |handle: &str, name: &str, claim: Claim, by: By| {
        saved(Handle::parse(handle).and_then(|handle| Entry::new(handle).say(name, claim, by)))
    };
    let left = || Claim::NobodyHere { kind: Nobody::Left, reason: "left in May".to_owned() };
    let own = said("7", "ben-a", member("U2", "Ben Adeyemi"), ana(0));
    let own = saved(own.confirm_as_member(1, ben(60)).ok());
    let moved = said("583231", "chiara-r", member("U3", "Chiara Rossi"), ana(0));
    let moved = saved(moved.confirm_as_admin(1, ben(60)).ok());
    let moved = saved(moved.say("chiara-r", member("U4", "Dev <b>"), ana(120)));
    let removed = said("gone@acme.example", "", left(), ana(0));
    let removed = saved(removed.say("", Claim::Removed, ben(60)));
    let left = said("old@acme.example", "=old-timer", left(), ben(0));
    [own, moved, left, removed].into_iter().chain(Entry::built_in()).collect()
}
