//! A whole rules file.

mod actions;
mod approvals;
mod bodies;
mod commented;
mod comparisons;
mod conditions;
mod contradictions;
mod denied;
mod electorate;
pub(crate) mod events;
mod foreign;
mod forms;
mod freeze;
pub mod header_secrets;
mod hosts;
mod issues;
mod keys_again;
mod monitors;
mod odd_values;
mod on_failure;
mod personal;
pub(crate) mod policy;
mod reader;
mod recorded;
mod rewriting;
mod rules;
mod secrets;
mod shape;
mod slips;
mod stages;
mod swallowed;
mod unlikely;
mod unsupported;
pub(crate) mod values;
mod webhooks;

use crate::condition::{Condition, Snapshot, Value};
use crate::problem::{MAX_PROBLEMS, Position, Problem, Source};
use crate::variables::{self, MAGNITUDE};
use crate::yaml::{self, Unread};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reader::Reader;
use serde::Serialize;
use sha2::{Digest, Sha256};
use signoff_core::action::{Action, Kind};
use signoff_core::freeze::{Freeze, Hold, hold};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

/// Time from the start of a date after which it is over in every time zone, with the hours that begin on it.
const ENDED: SignedDuration = SignedDuration::from_hours(48);
/// Advice for an empty file.
pub(crate) const BEGIN: &str = "start with `rules:` and under it a list of rules";

/// Content of a rules file.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesFile {
    /// Its rules, in order; their names differ.
    pub rules: Vec<Rule>,
    /// Notices for its authors although nothing is wrong: things that are known but not supported yet, rules
    /// that never apply. At most [`crate::problem::MAX_PROBLEMS`], and one that counts the others.
    pub notices: Vec<Problem>,
    /// The places in rules for deploys at which the value of a header is a secret of the stack.
    pub header_secrets: Vec<header_secrets::SecretUse>,
    /// The SHA-256 of the file's text, in hexadecimal.
    pub hash: String,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, which no other rule of the file has.
    pub name: String,
    /// Purpose of the rule.
    pub description: Option<String>,
    /// Triggers of the rule; empty: a deploy. No other trigger known so far is for deploys.
    pub triggers: Vec<String>,
    /// The environment that it promotes to, as `promotes_to` names it.
    pub promotes_to: Option<String>,
    /// The rules whose runs for the same deploy have to succeed first, each once; none: it waits for no other
    /// rule.
    pub after: Vec<String>,
    /// Windows in which it does not act; every approval among its actions has the same ones.
    pub freeze: Vec<Freeze>,
    /// Conditions, all of which have to hold.
    pub conditions: Vec<RuleCondition>,
    /// Actions, in order.
    pub actions: Vec<Action>,
    /// Things that it uses that are known and not supported yet. If there are any, the rule must not be
    /// opened: it would ask for less, or do less, than its authors believe.
    pub unsupported: Vec<Problem>,
    /// Place of its name in the file.
    pub at: Position,
    /// The SHA-256, in hexadecimal, of what the rule says: the same however it is written (quotes, comments,
    /// order of keys, defaults spelt out).
    pub hash: String,
}

/// One entry of a rule's conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleCondition {
    /// Purpose of the condition, where the file says so.
    pub description: Option<String>,
    /// The condition that has to hold.
    pub condition: Condition,
}

impl Rule {
    /// True if deploys trigger it.
    pub fn applies_to_deploys(&self) -> bool {
        self.triggers.is_empty()
    }

    /// The variables as its conditions see them: what is known of its own range instead of the deploy's own
    /// commits. In a rule that acts without asking anybody, a magnitude that nobody knows is left out, so
    /// that no comparison with it holds.
    pub fn sees<'s>(&self, snapshot: &'s Snapshot) -> Cow<'s, Snapshot> {
        let seen = snapshot.of_rule(&self.name);
        let is_unknown = |value: &Value| matches!(value, Value::Text(text) if text == variables::UNKNOWN);
        if self.acts_unasked() && seen.get(MAGNITUDE).is_some_and(is_unknown) {
            return Cow::Owned(seen.without(MAGNITUDE));
        }
        seen
    }

    /// True if all of its conditions hold.
    pub fn holds(&self, snapshot: &Snapshot) -> bool {
        self.failing(snapshot).is_none()
    }

    /// The first of its conditions that does not hold.
    pub fn failing(&self, snapshot: &Snapshot) -> Option<&RuleCondition> {
        let seen = self.sees(snapshot);
        self.conditions.iter().find(|entry| !entry.condition.holds(&seen))
    }

    /// True if its conditions hold, or would if everything held that is not supported yet. A rule that may
    /// hold and can't be opened is worth a message.
    pub fn may_hold(&self, snapshot: &Snapshot) -> bool {
        let seen = self.sees(snapshot);
        self.conditions.iter().all(|entry| entry.condition.may_hold(&seen))
    }

    /// True if it may open after the deploy arrived: by time, by news of the deploy, because other rules'
    /// runs succeeded, or because a freeze ended.
    pub fn may_open_later(&self) -> bool {
        self.names(variables::may_change) || self.opens_after_freeze() || !self.after.is_empty()
    }

    /// True if a freeze keeps it from being opened: no approval comes before its first act, so none can be
    /// held back. Telling people is not an act.
    pub fn opens_after_freeze(&self) -> bool {
        !self.freeze.is_empty() && !matches!(self.first_act(), Some(Action::SlackChannelApproval(_)))
    }

    /// True if it asks people, whatever it does before.
    pub fn asks(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::SlackChannelApproval(_)))
    }

    /// True if it acts without asking anybody first.
    pub fn acts_unasked(&self) -> bool {
        !matches!(self.first_act(), None | Some(Action::SlackChannelApproval(_)))
    }

    /// The first of its actions that asks or acts.
    fn first_act(&self) -> Option<&Action> {
        self.actions.iter().find(|action| match action.kind() {
            Kind::Asks | Kind::Acts => true,
            Kind::Tells | Kind::Watches => false,
        })
    }

    /// The freeze that keeps it from being opened at `now`; `None`: none does.
    pub fn frozen(&self, now: Timestamp) -> Option<Hold> {
        if self.opens_after_freeze() { hold(&self.freeze, now) } else { None }
    }

    /// True if its conditions ask how the deploy does in its environment: how long it has been there, how
    /// healthy it is, how people react to it.
    pub fn is_of_the_newest(&self) -> bool {
        self.names(variables::is_of_the_newest)
    }

    /// True if its conditions ask for rules whose runs failed.
    pub fn asks_for_failures(&self) -> bool {
        self.names(|name| name == "failed_rules")
    }

    /// The lists of commits, pull requests and issues that its conditions ask about, each by its name.
    pub fn lists(&self) -> BTreeSet<&'static str> {
        let lists = variables::LISTS.into_iter();
        lists.filter(|list| self.names(|name| name == *list)).collect()
    }

    /// True if its conditions ask which way the deploy goes.
    pub fn asks_for_way(&self) -> bool {
        self.names(|name| [variables::ROLLBACK, variables::DIVERGED].contains(&name))
    }

    /// True if its conditions ask for the size of the change.
    pub fn asks_for_magnitude(&self) -> bool {
        self.names(|name| name == MAGNITUDE)
    }

    /// The environments, in lower case, of which its conditions ask how far they are behind.
    pub fn drifts(&self) -> BTreeSet<String> {
        let variables = self.conditions.iter().flat_map(|entry| entry.condition.variables());
        variables.filter_map(variables::drift_of).map(str::to_lowercase).collect()
    }

    fn names(&self, which: impl Fn(&str) -> bool) -> bool {
        self.conditions.iter().any(|entry| entry.condition.names(&which))
    }

    /// Returns the time until it holds for the first time if nothing but time changes: zero where it holds
    /// now, `None`: it never does.
    pub fn holds_in(&self, snapshot: &Snapshot) -> Option<Duration> {
        if self.holds(snapshot) {
            return Some(Duration::ZERO);
        }
        if !self.names(variables::is_clock) {
            return None;
        }
        Condition::And(self.conditions.iter().map(|entry| entry.condition.clone()).collect())
            .next_change(&self.sees(snapshot))
    }

    /// True if it is to be opened for a deploy with these variables: deploys trigger it, nothing in it is
    /// unsupported, and its conditions hold.
    pub fn opens_for(&self, snapshot: &Snapshot) -> bool {
        self.applies_to_deploys() && self.unsupported.is_empty() && self.holds(snapshot)
    }
}

/// Reads a rules file. `path` is the file's name in messages (`.signoff/rules.yml`).
///
/// # Errors
/// Every problem of the file, in the order of its lines, at most [`crate::problem::MAX_PROBLEMS`] and a last
/// one that says that there may be more. A file with a problem has no rules: nothing is opened by half.
pub fn parse(source: &str, path: &str) -> Result<RulesFile, Vec<Problem>> {
    read(source, path).map_err(|failure| slips::explained(source, path, failure))
}

/// The freeze windows of a sound file that are over at `now`: notices, in the order of the file. `path` is as
/// for [`parse`]. A window is told of two days after its last date, when it has ended in every time zone.
pub fn over(source: &str, path: &str, now: Timestamp) -> Vec<Problem> {
    let lines = Source::new(path, source);
    let Ok((root, _)) = yaml::read(&lines, BEGIN) else { return Vec::new() };
    let mut reader = Reader::new(&lines);
    reader.rules(&root);
    let today = TimeZone::UTC.to_datetime(now).date();
    let is_over = |last: &Date| today.duration_since(*last) > ENDED;
    let ended = std::mem::take(&mut reader.last_dates).into_iter().filter(|(last, _)| is_over(last));
    ended
        .take(MAX_PROBLEMS)
        .map(|(last, at)| {
            let right = "give it new dates, or take it out".to_owned();
            lines.problem(at, format!("this freeze is over since {last}"), right)
        })
        .collect()
}

/// True if a file can be used as it stands. That takes far less time than [`parse`] on a file that can't.
pub(crate) fn is_sound(source: &str, path: &str) -> bool {
    read(source, path).is_ok()
}

/// The file as it stands.
fn read(source: &str, path: &str) -> Result<RulesFile, Unread> {
    let lines = Source::new(path, source);
    let (root, again) = yaml::read(&lines, BEGIN)?;
    let mut reader = Reader::new(&lines);
    reader.keys_again = again;
    let rules = monitors::expand(reader.rules(&root));
    reader.keys_again_elsewhere();
    reader.odd_values(&root, &rules);
    reader.swallowed_keys(&root);
    reader.failed_rules(&rules);
    let header_secrets = std::mem::take(&mut reader.header_secrets);
    let notices = reader.finish().map_err(|problems| Unread { problems, is_cut: false })?;
    Ok(RulesFile { rules, notices, header_secrets, hash: hash(source) })
}

/// The SHA-256 of a file's text, in hexadecimal.
pub fn hash(source: &str) -> String {
    hex::encode(Sha256::digest(source.as_bytes()))
}

/// The hash of what `rule` says; it is not filled in yet.
pub(crate) fn rule_hash(rule: &Rule) -> String {
    /// A rule as it is hashed; the names and order of these fields are part of every hash on record.
    #[derive(Debug, Serialize)]
    struct Canonical<'a> {
        name: &'a str,
        description: Option<&'a str>,
        triggers: &'a [String],
        conditions: Vec<(Option<&'a str>, String)>,
        actions: &'a [Action],
        #[serde(skip_serializing_if = "Option::is_none")]
        promotes_to: Option<&'a str>,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        after: &'a [String],
        #[serde(skip_serializing_if = "<[Freeze]>::is_empty")]
        freeze: &'a [Freeze],
    }
    let Rule { name, description, triggers, promotes_to, after, freeze, conditions, actions, .. } = rule;
    let (description, promotes_to) = (description.as_deref(), promotes_to.as_deref());
    let conditions =
        conditions.iter().map(|entry| (entry.description.as_deref(), entry.condition.to_string())).collect();
    let canonical =
        Canonical { name, description, triggers, conditions, actions, promotes_to, after, freeze };
    // Nothing in these types can fail to serialize; the other form only avoids that a failure makes rules
    // look the same.
    let bytes = serde_json::to_vec(&canonical).unwrap_or_else(|_| format!("{canonical:?}").into_bytes());
    hex::encode(Sha256::digest(&bytes))
}

#[cfg(test)]
mod limits;
#[cfg(test)]
mod options;
#[cfg(test)]
mod tests;
