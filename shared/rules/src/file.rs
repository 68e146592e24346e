//! A whole rules file.

mod actions;
mod approvals;
mod conditions;
mod issues;
mod personal;
mod reader;
mod rules;
mod stages;
mod values;

use crate::condition::{Condition, DEPLOYED_FOR, Snapshot, Value};
use crate::problem::{Problem, Source};
use crate::yaml;
use approval::action::Action;
use reader::Reader;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What to write into an empty file.
pub(crate) const BEGIN: &str = "start with `rules:`";

/// What a rules file says.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesFile {
    /// Its rules, in order; their names differ.
    pub rules: Vec<Rule>,
    /// What its authors should know although nothing is wrong: what is known but not supported yet, rules that never apply.
    /// At most [`crate::problem::MAX_PROBLEMS`], and one that counts the others.
    pub notices: Vec<Problem>,
    /// The SHA-256 of the file's text, in hexadecimal.
    pub hash: String,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, which no other rule of the file has.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What triggers it; empty: a deploy. No other trigger known so far is for deploys.
    pub triggers: Vec<String>,
    /// The rules whose runs for the same deploy have to succeed first, each once; none: it waits for no other rule.
    pub after: Vec<String>,
    /// What has to hold, all of it.
    pub conditions: Vec<RuleCondition>,
    /// What is done, in order.
    pub actions: Vec<Action>,
    /// What it uses that is known and not supported yet. If this is not empty the rule must not be opened: it would ask for
    /// less, or do less, than its authors believe.
    pub unsupported: Vec<Problem>,
    /// The SHA-256, in hexadecimal, of what the rule says: the same however it is written (quotes, comments, order of keys,
    /// defaults spelt out).
    pub hash: String,
}

/// One entry of a rule's conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleCondition {
    /// What it is for, where the file says so.
    pub description: Option<String>,
    /// What has to hold.
    pub condition: Condition,
}

impl Rule {
    /// Whether deploys trigger it.
    pub fn applies_to_deploys(&self) -> bool {
        self.triggers.is_empty()
    }

    /// Whether all of its conditions hold.
    pub fn holds(&self, snapshot: &Snapshot) -> bool {
        self.failing(snapshot).is_none()
    }

    /// The first of its conditions that does not hold.
    pub fn failing(&self, snapshot: &Snapshot) -> Option<&RuleCondition> {
        self.conditions.iter().find(|entry| !entry.condition.holds(snapshot))
    }

    /// Whether its conditions hold, or would if what is not supported yet held: a rule that may hold and can't be opened
    /// is worth telling.
    pub fn may_hold(&self, snapshot: &Snapshot) -> bool {
        self.conditions.iter().all(|entry| entry.condition.may_hold(snapshot))
    }

    /// Whether it may come to hold after the deploy: by time alone, or because other rules' runs succeeded.
    pub fn may_come_to_hold(&self) -> bool {
        self.depends_on_time() || !self.after.is_empty()
    }

    /// Whether its conditions name `deployed_for`: it may come to hold by time alone.
    pub fn depends_on_time(&self) -> bool {
        self.conditions.iter().any(|entry| entry.condition.depends_on_time())
    }

    /// For how long the deploy has to have been there for the rule to hold for the first time from the snapshot's
    /// `deployed_for` on, if nothing but time changes; `None`: it never does. That is the snapshot's own where it holds now.
    pub fn holds_from(&self, snapshot: &Snapshot) -> Option<Duration> {
        let Some(Value::Duration(now)) = snapshot.get(DEPLOYED_FOR) else { return None };
        if self.holds(snapshot) {
            return Some(*now);
        }
        Condition::And(self.conditions.iter().map(|entry| entry.condition.clone()).collect())
            .next_change(snapshot)
    }

    /// Whether it is to be opened for a deploy with these variables: deploys trigger it, nothing in it is unsupported, and
    /// its conditions hold.
    pub fn opens_for(&self, snapshot: &Snapshot) -> bool {
        self.applies_to_deploys() && self.unsupported.is_empty() && self.holds(snapshot)
    }
}

/// Reads a rules file. `path` is what the file is called in messages (`.signoff/rules.yml`).
///
/// # Errors
/// Every problem of the file, in the order of its lines, at most [`crate::problem::MAX_PROBLEMS`] and a last one that says
/// that there may be more. A file with a problem has no rules: nothing is opened by half.
pub fn parse(source: &str, path: &str) -> Result<RulesFile, Vec<Problem>> {
    let lines = Source::new(path, source);
    let root = yaml::load(&lines, BEGIN)?;
    let mut reader = Reader::new(&lines);
    let rules = reader.rules(&root);
    let notices = reader.finish()?;
    Ok(RulesFile { rules, notices, hash: hex::encode(Sha256::digest(source.as_bytes())) })
}

/// The hash of what a rule says.
fn rule_hash(
    name: &str,
    description: Option<&str>,
    triggers: &[String],
    after: &[String],
    conditions: &[RuleCondition],
    actions: &[Action],
) -> String {
    /// A rule as it is hashed; the names and order of these fields are part of every hash on record.
    #[derive(Debug, Serialize)]
    struct Canonical<'a> {
        name: &'a str,
        description: Option<&'a str>,
        triggers: &'a [String],
        conditions: Vec<(Option<&'a str>, String)>,
        actions: &'a [Action],
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        after: &'a [String],
    }
    let conditions =
        conditions.iter().map(|entry| (entry.description.as_deref(), entry.condition.to_string())).collect();
    let canonical = Canonical { name, description, triggers, conditions, actions, after };
    // Nothing in these types can fail to serialize; the other form only avoids that a failure makes rules look the same.
    let bytes = serde_json::to_vec(&canonical).unwrap_or_else(|_| format!("{canonical:?}").into_bytes());
    hex::encode(Sha256::digest(&bytes))
}

#[cfg(test)]
mod limits;
#[cfg(test)]
mod options;
#[cfg(test)]
mod tests;
