//! Names of Slack members that lookups told, so that an approval keeps them beside the ids. No lookup is made
//! for a name alone.

use crate::accounts::SlackAccount;
use signoff_core::people::{Claim, Entry};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The most names that a process remembers. A look at an approval's people tells each name anew.
const REMEMBERED: usize = 5000;

/// Names by Slack user id.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<BTreeMap<String, String>>);

impl Names {
    /// The name of the member with this Slack user id, if a lookup told it.
    pub(crate) fn of(&self, id: &str) -> Option<String> {
        self.0.lock().ok()?.get(id).cloned()
    }

    /// Remembers the name of the member with this Slack user id.
    pub(crate) fn note(&self, id: &str, name: &str) {
        let Ok(mut names) = self.0.lock() else { return };
        if names.len() >= REMEMBERED {
            names.clear();
        }
        if !name.is_empty() {
            names.insert(id.to_owned(), name.to_owned());
        }
    }

    /// Remembers the name of `account`, where there is one.
    pub(crate) fn note_account(&self, account: Option<&SlackAccount>) {
        if let Some(SlackAccount { id, name, .. }) = account {
            self.note(id, name);
        }
    }

    /// Remembers the names of the members whom `entry` is about, and of those who said or confirmed it. What
    /// Slack told stays.
    pub(crate) fn note_entry(&self, entry: &Entry) {
        for statement in entry.counts.iter().chain(&entry.waits) {
            let people = statement.said.iter().chain(&statement.confirmed);
            let by = people.map(|by| (&by.id, &by.name));
            let member = match &statement.claim {
                Claim::Member { id, name } => Some((id, name)),
                Claim::NobodyHere { .. } | Claim::Removed => None,
            };
            for (id, name) in by.chain(member) {
                if self.of(id).is_none() {
                    self.note(id, name);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use signoff_core::people::{By, Handle, Statement};

    #[test]
    fn names_of_an_entry_yield_to_those_of_slack() {
        let by =
            |id: &str, name: &str| By { id: id.to_owned(), name: name.to_owned(), at: Timestamp::UNIX_EPOCH };
        let claim = Claim::Member { id: "U1".to_owned(), name: "ana, then".to_owned() };
        let said = Statement { claim, said: Some(by("U2", "Ben")), confirmed: Some(by("U3", "")) };
        let handle = Handle::email("ana@example.com").unwrap();
        let entry = Entry {
            name: String::new(),
            counts: Some(said),
            waits: None,
            history: Vec::new(),
            version: 1,
            handle,
        };
        let names = Names::default();
        names.note("U1", "Ana");
        names.note_entry(&entry);
        let of = |id: &str| names.of(id);
        assert_eq!([of("U1"), of("U2"), of("U3")], [Some("Ana".to_owned()), Some("Ben".to_owned()), None]);
    }
}
