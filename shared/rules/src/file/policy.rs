//! A whole policy.

use super::hash;
use super::reader::Reader;
use super::values::{is_group, may_do};
use crate::policy::{Floor, Policy, Said, Section};
use crate::problem::{Position, Problem, Source};
use crate::reference::{
    ACTIONS, FLOOR, LONGEST_WAIT, MAX_FLOORS, MAX_PATTERN, MAX_PATTERNS, POLICY, ROLLBACK, SECTION, TELLING,
    UNKNOWN_MAKERS, names,
};
use crate::suggest::{closest, did_you_mean};
use crate::yaml::{self, Content, Entry, Node};
use signoff_core::deploy::Slug;
use std::collections::HashSet;

/// Advice for an empty file.
const BEGIN: &str = "start with `owners:` and `default:`";
const POLICY_KEYS: [&str; POLICY.len()] = names(&POLICY);
const SECTION_KEYS: [&str; SECTION.len()] = names(&SECTION);
const FLOOR_KEYS: [&str; FLOOR.len()] = names(&FLOOR);
/// An entry of `floors`, as messages call it.
const OF_FLOORS: &str = "an entry of floors";
const OWNERS_EXAMPLE: &str = "`owners: [ana@example.com, ben@example.com]`";

/// Reads a policy.
pub(crate) fn parse(text: &str, path: &str) -> Result<Policy, Vec<Problem>> {
    let lines = Source::new(path, text);
    let root = yaml::load(&lines, BEGIN)?;
    let mut reader = Reader::new(&lines);
    let policy = reader.policy(&root);
    let problem = || lines.problem(root.start, "this can't be read", BEGIN.to_owned());
    let (owners, default, floors) = match (reader.finish(), policy) {
        (Ok(_), Some(policy)) => policy,
        (Ok(_), None) => return Err(vec![problem()]),
        (Err(problems), _) => return Err(problems),
    };
    Ok(Policy { owners, default, floors, hash: hash(text) })
}

impl Reader<'_> {
    fn policy(&mut self, root: &Node) -> Option<(Vec<String>, Floor, Vec<Section>)> {
        let entries = self.mapping(root, "a policy", "`owners:` and `default:`")?;
        let is_anchor = |entry: &&Entry| entry.key.starts_with("x-");
        for entry in
            entries.iter().filter(|entry| !POLICY_KEYS.contains(&entry.key.as_str()) && !is_anchor(entry))
        {
            self.unknown_key(entry, "a policy", &POLICY_KEYS);
        }
        let entry = |key: &str| entries.iter().find(|entry| entry.key == key);
        let right = |right: &str| format!("write {right}");
        let owners = match entry("owners") {
            Some(entry) => self.owners(entry),
            None => self.absent(root.start, entries, "owners", right(OWNERS_EXAMPLE)),
        };
        let default = match entry("default") {
            Some(entry) => self.default_floor(&entry.value),
            None => {
                let example = "`default:` and under it what binds everything that no entry of floors names";
                self.absent(root.start, entries, "default", right(example))
            }
        };
        let floors = match entry("floors") {
            Some(entry) if !entry.value.is_null() => self.floors(&entry.value),
            Some(_) | None => Vec::new(),
        };
        Some((owners?, default?, floors))
    }

    /// A key that must be there and is not. A misspelt one has been told already.
    fn absent<T>(&mut self, at: Position, entries: &[Entry], key: &str, right: String) -> Option<T> {
        if entries.iter().all(|entry| closest(&entry.key, [key]).is_none()) {
            self.problem(at, format!("a policy has no `{key}`"), right);
        }
        None
    }

    /// At least two people.
    fn owners(&mut self, entry: &Entry) -> Option<Vec<String>> {
        let nodes = self.list(&entry.value, "owners", OWNERS_EXAMPLE)?;
        let mut owners = self.each(nodes, Self::owner);
        let are_read = owners.len() == nodes.len();
        let mut seen = HashSet::new();
        owners.retain(|owner| seen.insert(owner.to_ascii_lowercase()));
        if are_read && owners.len() < 2 {
            let message = "a policy needs two owners: two of them approve a change of it".to_owned();
            self.problem(entry.at, message, format!("write {OWNERS_EXAMPLE}"));
        }
        Some(owners)
    }

    fn owner(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "an owner")?;
        let right = "write an e-mail address or a Slack user id (U0123ABCDEF)".to_owned();
        match may_do(&text, "own the policy") {
            Ok(owner) if !is_group(&owner) => return Some(owner),
            Ok(group) => {
                self.problem(node.start, format!("`{group}` is a user group, and owners are people"), right)
            }
            Err(_) => self.problem(node.start, format!("`{}` is not an owner", text.trim()), right),
        }
        None
    }

    fn default_floor(&mut self, node: &Node) -> Option<Floor> {
        let example = "`default: {votes_required: 1}`, or `default: {}` where nothing binds the rest";
        let entries = self.mapping(node, "default", example)?;
        let mut floor = Floor::default();
        for entry in self.known(entries, "default", &FLOOR_KEYS) {
            self.floor_key(entry, &mut floor);
        }
        Some(floor)
    }

    fn floors(&mut self, node: &Node) -> Vec<Section> {
        let example = "`floors: [{places: [Production], votes_required: 2}]`";
        let Some(nodes) = self.list(node, "floors", example) else { return Vec::new() };
        if let Some(more) = nodes.get(MAX_FLOORS) {
            let message = format!("a policy has more than {MAX_FLOORS} floors");
            self.problem(more.start, message, "join those that ask the same".to_owned());
            return Vec::new();
        }
        self.each(nodes, Self::section)
    }

    fn section(&mut self, node: &Node) -> Option<Section> {
        let example = "`places: [Production]` and what it asks under it";
        let entries = self.mapping(node, OF_FLOORS, example)?;
        let mut section = Section {
            name: None,
            deployments: Vec::new(),
            places: Vec::new(),
            actions: Vec::new(),
            floor: Floor::default(),
            line: node.start.line,
        };
        let keys: Vec<&str> = SECTION_KEYS.into_iter().chain(FLOOR_KEYS).collect();
        for entry in self.known(entries, OF_FLOORS, &keys) {
            let node = &entry.value;
            match entry.key.as_str() {
                "name" => section.name = self.text(node, "name"),
                "deployments" => section.deployments = self.texts(node, "deployments", Self::deployment),
                "places" => section.places = self.texts(node, "places", Self::pattern),
                "actions" => section.actions = self.texts(node, "actions", Self::acting),
                _ => self.floor_key(entry, &mut section.floor),
            }
        }
        if !entries.iter().any(|entry| closest(&entry.key, ["deployments", "places", "actions"]).is_some()) {
            let message = format!("{OF_FLOORS} names nothing that it is for");
            let right = "write `deployments:`, `places:` or `actions:`, or put it under `default`".to_owned();
            self.problem(node.start, message, right);
        }
        Some(section)
    }

    /// One of the keys that a floor sets.
    fn floor_key(&mut self, entry: &Entry, floor: &mut Floor) {
        let (node, key, line) = (entry.value.as_ref(), entry.key.as_str(), entry.at.line);
        let said = |value| Said { value, line };
        match key {
            "votes_required" => match &node.content {
                Content::Sequence(_) => {
                    let quotas = self.quotas(node);
                    let sum = quotas.iter().fold(0_u32, |sum, quota| sum.saturating_add(quota.votes));
                    floor.votes = Some(Said { value: sum.max(1), line });
                    floor.quotas.push(Said { value: quotas, line });
                }
                Content::Scalar(_) | Content::Mapping(_) => {
                    floor.votes = self.count(node, key).map(|value| Said { value, line });
                }
            },
            "approvers" => floor.approvers.extend(self.approvers(node, key).map(said)),
            "self_approval" => floor.four_eyes = self.truth(node, key).filter(|truth| !truth).map(|_| line),
            "verified_commits" => {
                floor.verified_commits = self.truth(node, key).filter(|truth| *truth).map(|_| line);
            }
            "unknown_makers" => {
                let word = self.word(node, key, &UNKNOWN_MAKERS).filter(|word| word == "block");
                floor.blocks_unknown_makers = word.map(|_| line);
            }
            "rollback" => floor.rollback_four_eyes = self.word(node, key, &ROLLBACK).map(|_| line),
            "ask_again" => {
                floor.final_rejection = self.truth(node, key).filter(|truth| !truth).map(|_| line);
            }
            "expires_after" => {
                let wait = self.wait(node, key, "24h", LONGEST_WAIT);
                floor.expires_after = wait.map(|value| Said { value, line });
            }
            "promotes_to" => floor.promotes_to.push(said(self.texts(node, key, Self::pattern))),
            "allowed_actions" => floor.allowed_actions.push(said(self.texts(node, key, Self::acting))),
            "allowed_workflows" => floor.allowed_workflows.push(said(self.texts(node, key, Self::pattern))),
            "allowed_refs" => floor.allowed_refs.push(said(self.texts(node, key, Self::pattern))),
            "allowed_webhook_hosts" => {
                floor.allowed_webhook_hosts.push(said(self.texts(node, key, Self::host)))
            }
            "break_glass" => floor.break_glass.extend(self.approvers(node, key).map(said)),
            "review_within" => {
                let wait = self.wait(node, key, "48h", LONGEST_WAIT);
                floor.review_within = wait.map(|value| Said { value, line });
            }
            _ => {}
        }
    }

    /// A list, or one of its entries alone.
    fn texts(
        &mut self,
        node: &Node,
        key: &str,
        read: impl Fn(&mut Self, &str, Position) -> Option<String>,
    ) -> Vec<String> {
        let one = |reader: &mut Self, node: &Node| {
            let text = reader.text(node, key)?;
            read(reader, text.trim(), node.start)
        };
        match &node.content {
            Content::Scalar(_) => one(self, node).into_iter().collect(),
            Content::Sequence(nodes) if nodes.len() > MAX_PATTERNS => {
                let message = format!("{key} has more than {MAX_PATTERNS} entries");
                self.problem(node.start, message, "write patterns: `*` stands for any text".to_owned());
                Vec::new()
            }
            Content::Sequence(_) | Content::Mapping(_) => {
                let nodes = self.list(node, key, &format!("`{key}: [one, another]`")).unwrap_or_default();
                self.each(nodes, one)
            }
        }
    }

    fn deployment(&mut self, text: &str, at: Position) -> Option<String> {
        let (organization, name) = text.split_once('/').unwrap_or((text, ""));
        if Slug::new(organization, if name == "*" { "x" } else { name }).is_some() {
            return Some(text.to_owned());
        }
        let right = "write `owner/name`, or `owner/*` for all of an owner's".to_owned();
        self.problem(at, format!("`{text}` is not a deployment"), right);
        None
    }

    fn pattern(&mut self, text: &str, at: Position) -> Option<String> {
        if text.chars().count() <= MAX_PATTERN && !text.contains("{{") {
            return Some(text.to_owned());
        }
        let message = format!("a pattern has at most {MAX_PATTERN} characters and no template variables");
        self.problem(at, message, "write `*` for any text".to_owned());
        None
    }

    fn host(&mut self, text: &str, at: Position) -> Option<String> {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'*');
        if text.len() <= MAX_PATTERN && text.bytes().all(is_host) {
            return Some(text.to_ascii_lowercase());
        }
        let right = "write hooks.example.com, or '*.example.com' for all of a domain".to_owned();
        self.problem(at, format!("`{text}` is not a host"), right);
        None
    }

    /// The name of an action that acts.
    fn acting(&mut self, text: &str, at: Position) -> Option<String> {
        let acts = |name: &str| {
            !TELLING.contains(&name) && !["slack_channel_approval", "monitor_drift"].contains(&name)
        };
        let known = || ACTIONS.iter().map(|action| action.name);
        if !known().any(|name| name == text) {
            let suggestion = did_you_mean(text, known().filter(|name| acts(name)));
            self.problem(at, format!("unknown action `{text}`"), suggestion);
        } else if !acts(text) {
            let message = format!("`{text}` does not act, and a policy binds what acts");
            self.problem(at, message, "take it out".to_owned());
        } else {
            return Some(text.to_owned());
        }
        None
    }
}
