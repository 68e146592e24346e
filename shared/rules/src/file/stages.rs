//! `after`: rules that wait for the runs of others.

use super::Rule;
use super::reader::Reader;
use crate::problem::Position;
use crate::suggest::did_you_mean;
use crate::yaml::{Content, Entry, Node};
use std::collections::{HashMap, HashSet};

/// With how many rules a name is compared that no rule has.
const MAX_COMPARED: usize = 500;
/// How many rules of a circle are named.
const MAX_NAMED: usize = 5;

impl Reader<'_> {
    /// The names of other rules: a list, or one of them alone.
    pub(super) fn after(&mut self, entry: &Entry) -> Vec<String> {
        let node = &entry.value;
        let mut names = match &node.content {
            Content::Scalar(_) => self.stage(node).into_iter().collect(),
            Content::Sequence(_) | Content::Mapping(_) => {
                let nodes = self.list(node, "after", "`after: [name-of-a-rule]`").unwrap_or_default();
                self.each(nodes, Self::stage)
            }
        };
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    fn stage(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "after")?.trim().to_owned();
        self.stages.push((name.clone(), node.start));
        Some(name)
    }

    /// Every rule that another one comes after is in the file, can be opened, and waits for nothing that waits for it.
    /// `names`: all of them, also those that can't be read.
    pub(super) fn stages(&mut self, rules: &[Rule], names: &HashMap<String, Position>) {
        let by_name: HashMap<&str, &Rule> = rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        for (name, at) in std::mem::take(&mut self.stages) {
            if self.has_enough_problems() {
                return;
            }
            if !names.contains_key(&name) {
                let short = rules.iter().map(|rule| rule.name.as_str()).filter(|name| name.len() <= 60);
                let suggestion = did_you_mean(&name, short.take(MAX_COMPARED))
                    .unwrap_or_else(|| "write the name of a rule of this file".to_owned());
                self.problem(at, format!("no rule `{name}` in this file"), suggestion);
            } else if by_name.get(name.as_str()).is_some_and(|rule| !rule.applies_to_deploys()) {
                let message = format!("deploys never open the rule `{name}`, so this one neither");
                self.notice(at, message, None);
            }
        }
        let waiting = in_circles(rules);
        if let Some(first) = waiting.first() {
            let at = names.get(&first.name).copied().unwrap_or_default();
            let shown: Vec<String> =
                waiting.iter().take(MAX_NAMED).map(|rule| format!("`{}`", rule.name)).collect();
            let more = match waiting.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let (message, right) = match waiting.len() {
                1 => {
                    let message = format!("the rule {} never opens: it comes after itself", shown.join(""));
                    (message, "take it out of its own `after`")
                }
                _ => {
                    let names = shown.join(", ");
                    let message =
                        format!("the rules {names}{more} never open: `after` goes round in a circle");
                    (message, "take one of them out of the `after` of another")
                }
            };
            self.problem(at, message, right.to_owned());
        }
    }

    /// Every rule that a condition on `failed_rules` names is in the file. `rules`: also those that monitors make.
    pub(super) fn failed_rules(&mut self, rules: &[Rule]) {
        let named = std::mem::take(&mut self.failed_rules);
        let names: HashSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        for (name, at) in named {
            if names.contains(name.as_str()) || self.has_enough_notices() {
                continue;
            }
            let short = rules.iter().map(|rule| rule.name.as_str()).filter(|name| name.len() <= 60);
            let right = did_you_mean(&name, short.take(MAX_COMPARED))
                .unwrap_or_else(|| "write the name of a rule of this file".to_owned());
            self.notice(
                at,
                format!("`failed_rules` never has `{name}`: no rule in this file is called so"),
                right,
            );
        }
    }
}

/// The rules that come after themselves, or after such rules, in the file's order.
fn in_circles(rules: &[Rule]) -> Vec<&Rule> {
    let mut followers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, rule) in rules.iter().enumerate() {
        for name in &rule.after {
            followers.entry(name).or_default().push(index);
        }
    }
    let is_there: HashSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let mut waits: Vec<usize> = rules
        .iter()
        .map(|rule| rule.after.iter().filter(|name| is_there.contains(name.as_str())).count())
        .collect();
    // What waits for nothing opens, and what comes after it waits for one rule less.
    let mut opens: Vec<usize> = (0..rules.len()).filter(|index| waits[*index] == 0).collect();
    while let Some(index) = opens.pop() {
        for follower in followers.remove(rules[index].name.as_str()).unwrap_or_default() {
            waits[follower] -= 1;
            if waits[follower] == 0 {
                opens.push(follower);
            }
        }
    }
    rules.iter().zip(waits).filter(|(_, waits)| *waits > 0).map(|(rule, _)| rule).collect()
}
