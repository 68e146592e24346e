//! `after`: rules that wait for the runs of others.

use super::Rule;
use super::reader::Reader;
use crate::condition::Pattern;
use crate::odd::{Looks, first_odd, plain};
use crate::problem::Position;
use crate::suggest::did_you_mean;
use crate::yaml::{Content, Entry, Node};
use std::collections::{HashMap, HashSet};

/// Most rules with which a name that no rule has is compared.
const MAX_COMPARED: usize = 500;
/// Most rules of a circle that a message names.
const MAX_NAMED: usize = 5;
/// Most rules that are looked for among those that wait for one which is never opened.
const MAX_WAITING: usize = 100;

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
        self.stages.push(Stage { rule: self.rule.clone(), after: name.clone(), at: node.start });
        Some(name)
    }

    /// Every rule that another one comes after is in the file, can be opened, and waits for nothing that
    /// waits for it. `names`: all of them, also those that can't be read.
    pub(super) fn stages(&mut self, rules: &[Rule], names: &HashMap<String, Position>) {
        let of_closed = std::mem::take(&mut self.stages_of_closed).into_iter().map(|stage| (stage, true));
        let stages = std::mem::take(&mut self.stages);
        let of_open = stages.iter().cloned().map(|stage| (stage, false));
        for (Stage { after: name, at, .. }, is_closed) in of_open.chain(of_closed) {
            if self.has_enough_problems() {
                return;
            }
            if names.contains_key(&name) {
                continue;
            }
            if let Some(alike) = alike(&name, names) {
                let (at, message, right) = self.told_of_alike(alike, (&name, at), "`after`");
                match is_closed {
                    true => self.notice(at, message, right),
                    false => self.problem(at, message, right),
                }
                continue;
            }
            let short = rules.iter().map(|rule| rule.name.as_str()).filter(|name| name.len() <= 60);
            let each: Vec<&str> = name.split(',').map(str::trim).collect();
            let is_list = each.len() > 1 && each.iter().all(|name| names.contains_key(*name));
            let list = is_list.then(|| format!("write [{}]", each.join(", ")));
            let suggestion = list
                .or_else(|| did_you_mean(&name, short.take(MAX_COMPARED)))
                .unwrap_or_else(|| "write the name of a rule of this file".to_owned());
            let message = format!("no rule `{name}` in this file");
            if is_closed {
                self.notice(at, message, suggestion);
            } else {
                self.problem(at, message, suggestion);
            }
        }
        self.never_opened(rules);
        self.circles(rules, names);
        self.apart(rules, &stages);
    }

    /// Rules that wait for one that deploys never open: one notice for each such rule, with all that wait for
    /// it.
    fn never_opened(&mut self, rules: &[Rule]) {
        for (index, closed) in rules.iter().enumerate() {
            if !is_closed(closed) {
                continue;
            }
            let why = match closed.applies_to_deploys() {
                false => format!("deploys never open the rule `{}`", closed.name),
                true => format!("the rule `{}` is not opened", closed.name),
            };
            let mut waiting: Vec<&Rule> = Vec::new();
            let mut names = HashSet::from([closed.name.as_str()]);
            let mut grown = true;
            // Chains are short; each round finds those that come after the ones before.
            while std::mem::take(&mut grown) && waiting.len() < MAX_WAITING && index < MAX_COMPARED {
                for rule in rules {
                    if rule.after.iter().any(|name| names.contains(name.as_str())) && names.insert(&rule.name)
                    {
                        grown = true;
                        if !is_closed(rule) {
                            waiting.push(rule);
                        }
                    }
                }
            }
            if let Some(first) = waiting.first() {
                let right = format!("take `{}` out of `after`", closed.name);
                self.notice(first.at, format!("{why}, so {} neither", listed(&waiting)), right);
            }
        }
    }

    /// Rules that wait for themselves, and those that wait for these.
    fn circles(&mut self, rules: &[Rule], names: &HashMap<String, Position>) {
        let waiting = in_circles(rules);
        let Some(first) = waiting.first() else { return };
        // Whoever goes on from one that waits comes round.
        let by_name: HashMap<&str, &Rule> = waiting.iter().map(|rule| (rule.name.as_str(), *rule)).collect();
        let mut path: Vec<&Rule> = Vec::new();
        let mut next = Some(*first);
        while let Some(rule) = next.filter(|rule| path.iter().all(|other| other.name != rule.name)) {
            path.push(rule);
            next = rule.after.iter().find_map(|name| by_name.get(name.as_str()).copied());
        }
        let start = path.iter().position(|rule| next.is_some_and(|next| next.name == rule.name)).unwrap_or(0);
        let is_in_circle = |rule: &&Rule| path.iter().skip(start).any(|other| other.name == rule.name);
        let (circle, others): (Vec<&Rule>, Vec<&Rule>) = waiting.into_iter().partition(is_in_circle);
        // Rules that are not opened anyway wait for nothing.
        let Some(first) = circle.first().filter(|_| !circle.iter().all(|rule| is_closed(rule))) else {
            return;
        };
        let at = names.get(&first.name).copied().unwrap_or_default();
        let also =
            if others.is_empty() { String::new() } else { format!(", and so {} neither", listed(&others)) };
        let (message, right) = match circle.as_slice() {
            [one] => (
                format!("the rule `{}` never opens: it comes after itself{also}", one.name),
                format!("take `{}` out of its own `after`", one.name),
            ),
            _ => (
                format!("the rules {} never open: `after` goes round in a circle{also}", listed(&circle)),
                "take one of them out of the `after` of another".to_owned(),
            ),
        };
        self.problem(at, message, right);
    }

    /// Every rule that a condition on `failed_rules` names is in the file. `rules`: also those that monitors
    /// make.
    pub(super) fn failed_rules(&mut self, rules: &[Rule]) {
        let asked = std::mem::take(&mut self.failed_rules);
        let names: HashSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let places = rules.iter().map(|rule| (rule.name.clone(), rule.at)).collect();
        for Asked { by, of: asked, is_absent, at } in asked {
            if asked.is_only(&by, &names) && !self.has_enough_notices() {
                let message = match is_absent {
                    true => format!("`failed_rules!='{by}'` always holds in the rule `{by}`"),
                    false => format!("`failed_rules` never has `{by}` in the rule `{by}`"),
                };
                let right = "write the name of another rule".to_owned();
                self.notice(at, format!("{message}: it runs once for each deploy"), right);
                continue;
            }
            let is_there = match &asked {
                FailedRule::Named(name) => names.contains(name.as_str()),
                FailedRule::Matching(pattern) => {
                    names.iter().take(MAX_COMPARED).any(|name| pattern.matches(name))
                }
            };
            let closed = |name: &str| rules.iter().any(|rule| rule.name == name && is_closed(rule));
            if let FailedRule::Named(name) = &asked
                && closed(name)
                && !self.has_enough_notices()
            {
                let message = format!("`failed_rules` never has `{name}`: deploys never open that rule");
                self.notice(at, message, "write the name of another rule".to_owned());
                continue;
            }
            if is_there || self.has_enough_notices() {
                continue;
            }
            if let FailedRule::Named(name) = &asked
                && let Some(alike) = alike(name, &places)
            {
                let (at, message, right) = self.told_of_alike(alike, (name, at), "`failed_rules`");
                // The value may have been told of as one with such a character.
                if !self.has_notice_at(at) {
                    self.notice(at, message, right);
                }
                continue;
            }
            let short = rules.iter().map(|rule| rule.name.as_str());
            let short = short.filter(|name| name.len() <= 60 && *name != by);
            let (message, right) = match &asked {
                FailedRule::Named(name) => (
                    format!("`failed_rules` never has `{name}`: no rule in this file is called so"),
                    did_you_mean(name, short.take(MAX_COMPARED)),
                ),
                FailedRule::Matching(pattern) => (
                    format!("`{}` matches the name of no rule in this file", pattern.text()),
                    did_you_mean(pattern.text(), short.take(MAX_COMPARED)),
                ),
            };
            self.notice(
                at,
                message,
                right.unwrap_or_else(|| "write the name of a rule of this file".to_owned()),
            );
        }
    }
}

impl Reader<'_> {
    /// The place, the message and what is right where a rule is named (`asked`, by `key`) with characters
    /// that only look like its own.
    fn told_of_alike(
        &self,
        (name, place): (&str, Position),
        (asked, at): (&str, Position),
        key: &str,
    ) -> (Position, String, String) {
        let mine = first_odd(asked);
        let (odd, text, at) = match (mine, first_odd(name)) {
            (Some(mine), None) => (Some(mine), asked, at),
            (_, theirs) => (theirs.or(mine), name, place),
        };
        let Some((index, c, looks)) = odd else {
            return (at, format!("no rule `{asked}` in this file"), format!("write `{name}`"));
        };
        // Behind a quote, or in the text of a condition, the name starts later.
        let from = self.source.from(at);
        let start = from.find(text).map_or(0, |start| from.get(..start).unwrap_or_default().chars().count());
        let at = Position { column: at.column + start + index, ..at };
        let (message, right) = looks.told(c);
        let message = match text == asked {
            true => format!("{message}, and the rule's name has another character there"),
            false => format!("{message} is a part of the rule's name, and {key} has another character there"),
        };
        (at, message, if looks == Looks::Dash { "write `-`".to_owned() } else { right })
    }
}

/// The rule, with its place, whose name reads like `name` and is not the same.
fn alike<'n>(name: &str, names: &'n HashMap<String, Position>) -> Option<(&'n str, Position)> {
    let read = plain(name);
    let mut others = names.iter().take(MAX_COMPARED).filter(|(other, _)| other.as_str() != name);
    others.find(|(other, _)| plain(other) == read).map(|(other, at)| (other.as_str(), *at))
}

/// True if a rule can never be opened.
pub(super) fn is_closed(rule: &Rule) -> bool {
    !rule.applies_to_deploys() || !rule.unsupported.is_empty()
}

/// A rule that another one comes after.
#[derive(Clone)]
pub(super) struct Stage {
    /// The rule that waits.
    pub(super) rule: String,
    /// The rule that it waits for.
    pub(super) after: String,
    /// The place at which that is said.
    pub(super) at: Position,
}

/// A condition on `failed_rules`.
pub(super) struct Asked {
    /// The rule that it stands in.
    pub(super) by: String,
    /// The rules that it asks for.
    pub(super) of: FailedRule,
    /// True if it asks that they are not among those that failed.
    pub(super) is_absent: bool,
    /// Its place.
    pub(super) at: Position,
}

/// The rules that a condition asks for the failure of.
pub(super) enum FailedRule {
    /// The one of this name.
    Named(String),
    /// Those whose names match.
    Matching(Pattern),
}

impl FailedRule {
    /// True if the rule `name` is the only one of `names` that it stands for.
    fn is_only(&self, name: &str, names: &HashSet<&str>) -> bool {
        match self {
            Self::Named(asked) => asked == name,
            Self::Matching(pattern) => {
                let mut others = names.iter().take(MAX_COMPARED).filter(|other| **other != name);
                names.len() <= MAX_COMPARED
                    && pattern.matches(name)
                    && !others.any(|other| pattern.matches(other))
            }
        }
    }
}

/// The names of rules, as a list in a sentence; of many, the first.
fn listed(rules: &[&Rule]) -> String {
    let shown: Vec<String> = rules.iter().take(MAX_NAMED).map(|rule| format!("`{}`", rule.name)).collect();
    let more = match rules.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
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
