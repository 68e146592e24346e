//! The list of rules, and each rule's own keys.

use super::reader::Reader;
use super::shape::{Named, list_meant, meant};
use super::stages::is_closed;
use super::unsupported::hash_with;
use super::{Rule, rule_hash};
use crate::edit::Edit;
use crate::odd::{Looks, looks};
use crate::problem::Position;
use crate::reference::{FILE, MAX_RULE_NAME, RULE, TRIGGERS, TRIGGERS_NOT_YET, has, names};
use crate::suggest::{closest, did_you_mean};
use crate::yaml::{Content, Entry, Node};
use std::collections::HashMap;

/// Most lines that are moved to mend a file.
const MAX_MOVED: usize = 500;

/// Advice for a rule that names triggers which pull requests don't have.
const NO_TRIGGERS: &str = "a rule for deploys has no triggers: leave them out";

const FILE_KEYS: [&str; FILE.len()] = names(&FILE);
const RULE_KEYS: [&str; RULE.len()] = names(&RULE);

impl Reader<'_> {
    /// Every rule of the file.
    pub(super) fn rules(&mut self, root: &Node) -> Vec<Rule> {
        let Some(entries) = self.mapping(root, "a rules file", "`rules:` and under it a list of rules")
        else {
            return Vec::new();
        };
        if self.rule_outside(entries) {
            return Vec::new();
        }
        let is_foreign = |entry: &Entry| {
            !entry.key.starts_with("x-")
                && closest(&entry.key, ["rules"]).is_none()
                && !is_key_of_a_rule(entry)
        };
        if entries.len() > 1 && entries.iter().all(is_foreign) {
            let right = "write `rules:` and under it a list of rules".to_owned();
            self.problem(root.start, "this is not a rules file: it has none of its keys", right);
            return Vec::new();
        }
        // Keys that start with `x-` hold what anchors point to.
        for entry in entries
            .iter()
            .filter(|entry| !FILE_KEYS.contains(&entry.key.as_str()) && !entry.key.starts_with("x-"))
        {
            self.unknown_key(entry, "a rules file", &FILE_KEYS);
        }
        let Some(rules) = entries.iter().find(|entry| entry.key == "rules") else {
            // A misspelt key has been told already.
            if entries.iter().all(|entry| closest(&entry.key, ["rules"]).is_none()) {
                let right = "write `rules:` and under it a list of rules".to_owned();
                self.problem(root.start, "no key `rules`", right);
            }
            return Vec::new();
        };
        let nodes = match &rules.value.content {
            Content::Sequence(nodes) => nodes.as_slice(),
            Content::Scalar(scalar) if scalar.is_null() => &[],
            Content::Scalar(_) if self.includes(&rules.value) => return Vec::new(),
            Content::Scalar(_) | Content::Mapping(_) => {
                let message = format!("`rules` takes a list{}", rules.value.instead());
                let right = if self.source.from(rules.value.start).starts_with('{') {
                    "put each rule into braces of its own, and square brackets around all: `[{…}, {…}]`"
                        .to_owned()
                } else if rules.value.as_scalar().is_some() {
                    let name = name_of(&rules.value);
                    format!("write `- {name}:` on a line of its own, and `actions:` indented under it")
                } else {
                    "write `- ` before the name of each rule, and indent what is under it by two spaces more"
                        .to_owned()
                };
                let edits = match &rules.value.content {
                    Content::Mapping(entries) => self.as_entries(entries),
                    Content::Scalar(_) | Content::Sequence(_) => Vec::new(),
                };
                self.problem_with(rules.value.start, message, right, edits);
                return Vec::new();
            }
        };
        if nodes.is_empty() {
            self.notice(rules.at, "the file has no rules", None);
        }
        let mut names = HashMap::new();
        let rules = self.each(nodes, |reader, node| reader.rule(node, &mut names));
        self.stages(&rules, &names);
        rules
    }

    /// Reports a rule that stands beside `rules` instead of under it. True if there is one.
    fn rule_outside(&mut self, entries: &[Entry]) -> bool {
        let is_rule = |entry: &&Entry| match &entry.value.content {
            Content::Mapping(keys) => keys.iter().any(|key| RULE_KEYS.contains(&key.key.as_str())),
            Content::Scalar(_) | Content::Sequence(_) => false,
        };
        let is_extra = |entry: &Entry| entry.key.starts_with("x-");
        let Some(outside) = entries.iter().find(|entry| !is_extra(entry) && is_rule(entry)) else {
            return false;
        };
        if entries.iter().any(|entry| closest(&entry.key, ["rules"]).is_some()) {
            return false;
        }
        let message = format!("the rule `{}` stands outside of `rules`", outside.key);
        let right = format!(
            "write `rules:` above it, and `- {}:` with what is under it indented further",
            outside.key
        );
        let lines = outside.at.line + 1..=self.source.line_count();
        let is_alone = entries.len() == 1 && outside.at.column == 1 && lines.clone().count() < MAX_MOVED;
        let moved = lines.filter(|line| !self.source.line(*line).trim().is_empty()).map(|line| Edit {
            at: Position { line, column: 1 },
            removed: 0,
            put: "    ".to_owned(),
        });
        let head = Edit { at: outside.at, removed: 0, put: "rules:\n  - ".to_owned() };
        let edits = if is_alone { std::iter::once(head).chain(moved).collect() } else { Vec::new() };
        self.problem_with(outside.at, message, right, edits);
        true
    }

    fn rule(&mut self, node: &Node, names: &mut HashMap<String, Position>) -> Option<Rule> {
        let before = self.problems_so_far();
        let shape = format!("`- {}:` with `conditions:` and `actions:` indented under it", name_of(node));
        let shape = shape.as_str();
        let entries = self.mapping(node, "a rule", shape)?;
        let put_together;
        let entry = match entries {
            [entry] if !(entry.key == "name" && is_text(&entry.value)) => entry,
            [] => {
                self.problem(node.start, "a rule without a name", format!("write {shape}"));
                return None;
            }
            [first, ..] => {
                let Some(whole) = self.put_together(entries, Named::Rule) else {
                    return self.if_closed(&meant(&name_of(node), first, entries.to_vec()), before);
                };
                put_together = whole;
                &put_together
            }
        };
        let name = entry.key.trim();
        if name.is_empty() || name.chars().count() > MAX_RULE_NAME || name.contains(char::is_control) {
            let message = format!("the name of a rule is one line of 1 to {MAX_RULE_NAME} characters");
            self.problem(entry.at, message, None);
        }
        let odd = name.chars().enumerate().find_map(|(index, c)| Some((index, c, looks(c)?)));
        if let Some((index, c, looks @ (Looks::Space | Looks::Nothing))) = odd {
            let (message, right) = looks.told(c);
            let at = Position { column: entry.at.column + index, ..entry.at };
            let edit = |at: Position| Edit { at, removed: 1, put: looks.right().to_owned() };
            let others = self.named_elsewhere(name, entry.at.line);
            let right =
                if others.is_empty() { right } else { format!("{right}, also where other rules name it") };
            let others = others.into_iter().map(|at| edit(Position { column: at.column + index, ..at }));
            let mut edits: Vec<Edit> = std::iter::once(edit(at)).chain(others).collect();
            edits.sort_by_key(|edit| edit.at);
            self.notice_with(at, format!("{message} is a part of the rule's name"), right, edits);
        }
        let first = names.insert(name.to_owned(), entry.at);
        let rule = self.rule_body(name, entry, before);
        let is_open = rule.as_ref().is_none_or(|rule| !is_closed(rule));
        if let Some(first) = first {
            let message = format!("the rule `{name}` is here twice (first in line {})", first.line);
            let right = "give one of them another name".to_owned();
            if is_open || self.open_rules.contains(name) {
                self.problem(entry.at, message, right);
            } else {
                // No deploy opens either of them, and of the two the first is kept.
                self.notice_of_closed(entry.at, message, right, name);
                return None;
            }
        }
        if is_open {
            self.open_rules.insert(name.to_owned());
        }
        rule
    }

    /// The rule of an `entry` whose keys are put together wrongly, which is told, if no deploy opens it
    /// anyway; `None`: nothing but that is told. `before`: the number of problems before the rule.
    fn if_closed(&mut self, entry: &Entry, before: usize) -> Option<Rule> {
        let (problems, stages, failed) = (self.problems_so_far(), self.stages.len(), self.failed_rules.len());
        let rule = self.rule_body(&entry.key, entry, before).filter(is_closed);
        if rule.is_none() {
            self.problems_back_to(problems);
            self.stages.truncate(stages);
            self.failed_rules.truncate(failed);
        }
        rule
    }

    /// The places at which `name` stands in other lines than `own`.
    fn named_elsewhere(&self, name: &str, own: usize) -> Vec<Position> {
        let in_line = |line: usize| {
            let text = self.source.line(line);
            let starts = text.match_indices(name).map(|(at, _)| text.get(..at).unwrap_or_default());
            let columns: Vec<usize> = starts.map(|before| before.chars().count() + 1).collect();
            columns.into_iter().map(move |column| Position { line, column })
        };
        let lines = (1..=self.source.line_count()).filter(|line| *line != own);
        lines.flat_map(in_line).take(MAX_MOVED).collect()
    }

    /// The rule called `name`. `before`: the number of problems before it.
    fn rule_body(&mut self, name: &str, entry: &Entry, before: usize) -> Option<Rule> {
        let what = format!("the rule `{name}`");
        let Some(entries) = self.mapping(&entry.value, &what, "`conditions:` and `actions:` under it") else {
            let Content::Sequence(nodes) = &entry.value.content else { return None };
            let keys = nodes.iter().flat_map(|node| match &node.content {
                Content::Mapping(entries) => entries.as_slice(),
                Content::Scalar(_) | Content::Sequence(_) => &[],
            });
            return self.if_closed(&meant(name, entry, keys.cloned().collect()), before);
        };
        self.unsupported.clear();
        name.clone_into(&mut self.rule);
        let stages = self.stages.len();
        let header_secrets = self.header_secrets.len();
        let again = self.keys_again_in(&entry.value);
        let known = self.known(entries, "a rule", &RULE_KEYS);
        let field = |key: &str| known.iter().copied().find(|entry| entry.key == key);

        let description = match field("description") {
            Some(entry) if !entry.value.is_null() => self.text(&entry.value, "description"),
            _ => None,
        };
        let triggers = field("triggers").map(|entry| self.triggers(entry)).unwrap_or_default();
        let after = field("after").map(|entry| self.after(entry)).unwrap_or_default();
        let conditions = field("conditions").map(|entry| self.conditions(entry)).unwrap_or_default();
        let freeze = field("freeze").map(|entry| self.freeze(entry)).unwrap_or_default();
        let mut actions = match field("actions") {
            Some(entry) => self.actions(&entry.value, "actions", name),
            None => {
                // A key that should be `actions` has been told already.
                let is_meant =
                    |entry: &Entry| list_meant(&entry.key, "a rule", &RULE_KEYS) == Some("actions");
                if !entries.iter().any(is_meant) {
                    self.problem(entry.at, format!("{what} has no `actions`"), "say what it does".to_owned());
                }
                Vec::new()
            }
        };

        if let Some(entry) = field("freeze") {
            self.frozen(&mut actions, &freeze, entry.at);
        }

        let promotes_to = field("promotes_to").and_then(|entry| self.promotes_to(&mut actions, entry));
        self.recorded(&actions, &what, entry.at);

        let unsupported = std::mem::take(&mut self.unsupported);
        let is_for_pull_requests =
            !triggers.is_empty() && triggers.iter().all(|trigger| has(&TRIGGERS, trigger));
        if is_for_pull_requests || !unsupported.is_empty() {
            // The rule is not opened, whatever else is wrong with it: the other rules need not suffer for
            // that.
            self.problems_as_notices(before, name);
            let stages = self.stages.split_off(stages);
            self.stages_of_closed.extend(stages);
            self.header_secrets.truncate(header_secrets);
        }
        if is_for_pull_requests {
            // What such a rule uses is of no interest then.
            self.notice(
                entry.at,
                format!("{what} has triggers of pull requests only: deploys never open it"),
                None,
            );
        } else {
            for problem in &unsupported {
                let at = Position { line: problem.line, column: problem.column };
                self.notice(at, problem.message.clone(), format!("the rule `{name}` is not opened"));
            }
        }
        let (name, hash, at) = (name.to_owned(), String::new(), entry.at);
        let rule = Rule {
            name,
            description,
            triggers,
            promotes_to,
            after,
            freeze,
            conditions,
            actions,
            unsupported,
            at,
            hash,
        };
        let hash = match rule.unsupported.is_empty() {
            true => rule_hash(&rule),
            false => hash_with(&rule_hash(&rule), &entry.value, &again),
        };
        Some(Rule { hash, ..rule })
    }

    fn triggers(&mut self, entry: &Entry) -> Vec<String> {
        if entry.value.is_null() {
            return Vec::new();
        }
        if let Some(scalar) = entry.value.as_scalar()
            && !has(&TRIGGERS, scalar.text.trim())
            && !has(&TRIGGERS_NOT_YET, scalar.text.trim())
        {
            return self.trigger_name(&entry.value).into_iter().collect();
        }
        if let Content::Sequence(nodes) = &entry.value.content
            && nodes.is_empty()
        {
            self.problem(entry.at, "triggers is an empty list", NO_TRIGGERS.to_owned());
            return Vec::new();
        }
        // `triggers: {deploy: {}}`, as other systems have it: what is wrong with its names comes first.
        if let Content::Mapping(entries) = &entry.value.content
            && !entries.iter().all(|entry| has(&TRIGGERS, &entry.key) || has(&TRIGGERS_NOT_YET, &entry.key))
        {
            return entries.iter().map(|entry| self.trigger_named(&entry.key, entry.at)).collect();
        }
        let example = match (&entry.value.content, entry.value.as_scalar()) {
            (_, Some(scalar)) => format!("`triggers: [{}]`", scalar.text.trim()),
            (Content::Mapping(entries), _) if !entries.is_empty() => {
                let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                format!("`triggers: [{}]`", names.join(", "))
            }
            _ => "`triggers: [pr_updated]`".to_owned(),
        };
        let nodes = self.list(&entry.value, "triggers", &example).unwrap_or_default();
        self.each(nodes, Self::trigger_name)
    }

    /// One trigger's name. `- cron: {target: project}`: a trigger may have keys.
    fn trigger_name(&mut self, node: &Node) -> Option<String> {
        let (name, at) = match &node.content {
            Content::Mapping(entries) => entries.first().map(|entry| (entry.key.clone(), entry.at))?,
            Content::Scalar(_) | Content::Sequence(_) => (self.text(node, "a trigger")?, node.start),
        };
        Some(self.trigger_named(&name, at))
    }

    fn trigger_named(&mut self, name: &str, at: Position) -> String {
        if has(&TRIGGERS_NOT_YET, name) {
            self.unsupported(at, name);
        } else if !has(&TRIGGERS, name) {
            let likely = if name.starts_with("deploy") {
                None
            } else {
                did_you_mean(name, TRIGGERS.iter().map(|trigger| trigger.name))
            };
            let suggestion = likely.unwrap_or_else(|| NO_TRIGGERS.to_owned());
            self.problem(at, format!("unknown trigger `{name}`"), suggestion);
        }
        name.to_owned()
    }
}

/// True for a key that stands beside `rules` instead of in one of them.
fn is_key_of_a_rule(entry: &Entry) -> bool {
    RULE_KEYS.contains(&entry.key.as_str())
}

/// The name that a text is meant for where a rule belongs; any other value has none.
fn name_of(node: &Node) -> String {
    let scalar =
        node.as_scalar().filter(|scalar| scalar.as_bool().is_none() && scalar.as_integer().is_none());
    let name = scalar.map(|scalar| scalar.text.trim()).filter(|name| !name.is_empty());
    name.unwrap_or("name-of-the-rule").chars().take(MAX_RULE_NAME).collect()
}

/// True if a value is a text that is not empty.
fn is_text(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| !scalar.is_null())
}

#[cfg(test)]
mod tests;
