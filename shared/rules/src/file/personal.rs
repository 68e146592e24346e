//! `slack_personal_message`.

use super::reader::Reader;
use super::shape::has_unknown;
use crate::reference::GROUPS;
use crate::suggest::{closest, did_you_mean};
use crate::yaml::{Entry, Node};
use signoff_core::action::{Addressees, PersonalMessage};

/// The action's name.
pub(super) const PERSONAL: &str = "slack_personal_message";
/// The action as it can be written.
pub(super) const PERSONAL_EXAMPLE: &str =
    "`group: authors` (or `deployer`, or `email:` or `user:`) and `message: 'text'` under it";

const KEYS: [&str; 4] = ["group", "email", "user", MESSAGE];
const MESSAGE: &str = "message";
/// As a page of Sleuth's documentation has it, and files that were written after it.
const MISSPELT: &str = "meessage";

impl Reader<'_> {
    /// `{group, message}`, `{email, message}` or `{user, message}`.
    pub(super) fn personal_message(&mut self, node: &Node) -> Option<PersonalMessage> {
        let entries = self.mapping(node, PERSONAL, PERSONAL_EXAMPLE)?;
        let (mut to, mut message) = (None, None);
        for entry in entries {
            match entry.key.as_str() {
                "group" => to = self.group(&entry.value),
                "email" => {
                    to =
                        self.people(&entry.value, "email", "`email: ana@example.com`").map(Addressees::People)
                }
                "user" => {
                    to = self.people(&entry.value, "user", "`user: U0123ABCDEF`").map(Addressees::People)
                }
                MESSAGE | MISSPELT => message = self.template(&entry.value, MESSAGE),
                _ => self.unknown_key(entry, PERSONAL, &KEYS),
            }
        }
        self.said_once(entries, &["group", "email", "user"], "both say who gets the message");
        self.said_once(entries, &[MESSAGE, MISSPELT], "both are the message");
        let has = |keys: &[&str]| {
            // A misspelt key has been told already.
            let meant = |key: &str| keys.contains(&key) || closest(key, keys.iter().copied()).is_some();
            has_unknown(PERSONAL, entries) || entries.iter().any(|entry| meant(&entry.key))
        };
        if !has(&["group", "email", "user"]) {
            let message = format!("{PERSONAL} does not say who gets it");
            self.problem(node.start, message, format!("write {PERSONAL_EXAMPLE}"));
        }
        if !has(&[MESSAGE]) {
            let message = format!("{PERSONAL} has no `message`");
            self.problem(node.start, message, format!("write {PERSONAL_EXAMPLE}"));
        }
        Some(PersonalMessage { to: to?, message: message? })
    }

    /// `authors` or `deployer`.
    fn group(&mut self, node: &Node) -> Option<Addressees> {
        let text = self.text(node, "group")?;
        match text.trim() {
            "authors" => Some(Addressees::Authors),
            "deployer" => Some(Addressees::Deployer),
            other => {
                let suggestion = did_you_mean(other, GROUPS).unwrap_or_else(|| {
                    "write authors or deployer; for others, `email:` or `user:`".to_owned()
                });
                self.problem(
                    node.start,
                    format!("`{other}` is not a group of people of a deploy"),
                    suggestion,
                );
                None
            }
        }
    }

    /// At most one of `keys`.
    fn said_once(&mut self, entries: &[Entry], keys: &[&str], why: &str) {
        let mut said = entries.iter().filter(|entry| keys.contains(&entry.key.as_str()));
        let Some(first) = said.next() else { return };
        for again in said {
            let message = format!("`{}` beside `{}`: {why}", again.key, first.key);
            self.problem(again.at, message, "take one of the two out".to_owned());
        }
    }
}
