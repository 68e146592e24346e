//! A rule's conditions.

use super::RuleCondition;
use super::comparisons::{Finding, finding};
use super::foreign::{self, Foreign};
use super::reader::Reader;
use crate::condition::{Comparison, Condition, Name, Operand, Operator, parse_with_names};
use crate::odd::{Looks, looks};
use crate::reference::{CONDITION, names};
use crate::suggest::closest;
use crate::variables::{Variable, look_up};
use crate::yaml::{Content, Entry, Node, locate};

const EXAMPLE: &str = "`- environment='Staging'`";

/// The most regular expressions that are read of one file: each takes far more time to compile than it is long.
pub(super) const MAX_PATTERNS: usize = 1000;

const KEYS: [&str; CONDITION.len()] = names(&CONDITION);

impl Reader<'_> {
    /// The entries under `conditions`.
    pub(super) fn conditions(&mut self, entry: &Entry) -> Vec<RuleCondition> {
        let empty = match &entry.value.content {
            Content::Sequence(nodes) => nodes.is_empty(),
            Content::Scalar(scalar) => scalar.is_null(),
            Content::Mapping(_) => false,
        };
        if empty {
            self.notice(entry.at, "conditions are empty: the rule holds for every deploy", None);
            return Vec::new();
        }
        let example = match &entry.value.content {
            Content::Mapping(entries) => as_comparisons(entries),
            Content::Scalar(_) | Content::Sequence(_) => None,
        };
        let example = example.unwrap_or_else(|| EXAMPLE.to_owned());
        let nodes = self.list(&entry.value, "conditions", &example).unwrap_or_default();
        self.each(nodes, |reader, node| reader.condition(node))
    }

    fn condition(&mut self, node: &Node) -> Option<RuleCondition> {
        let Content::Mapping(entries) = &node.content else {
            let condition = self.expression(node)?;
            return Some(RuleCondition { description: None, condition });
        };
        if let Some(right) = as_comparisons(entries) {
            let message = "a condition is a text, not a key with a value";
            self.problem(node.start, message, format!("write {right}"));
            return None;
        }
        let mut description = None;
        let mut expression = None;
        for entry in self.known(entries, "a condition", &KEYS) {
            match entry.key.as_str() {
                "description" => description = self.text(&entry.value, "description"),
                "expression" => expression = Some(self.expression(&entry.value)),
                _ => {}
            }
        }
        let misspelt = |entry: &Entry| {
            !KEYS.contains(&entry.key.as_str()) && closest(&entry.key, ["expression"]).is_some()
        };
        if expression.is_none() && !entries.iter().any(misspelt) {
            let suggestion = "write `expression: environment='Staging'`".to_owned();
            self.problem(node.start, "a condition without `expression`", suggestion);
        }
        Some(RuleCondition { description, condition: expression?? })
    }

    /// A condition's text, its variables checked.
    fn expression(&mut self, node: &Node) -> Option<Condition> {
        let text = self.text(node, "a condition")?;
        self.patterns += text.matches("~=").count();
        if self.patterns > MAX_PATTERNS {
            let message = format!("more than {MAX_PATTERNS} regular expressions in one file");
            self.problem(node.start, message, "join them: 'this|that'".to_owned());
            return None;
        }
        let (condition, names) = match parse_with_names(&text, &mut self.compiled) {
            Ok(parsed) => parsed,
            Err(error) => {
                if let Some(problem) = expression_of_others(&text) {
                    let at = locate(self.source, node, problem.offset);
                    self.problem(at, problem.message, problem.suggestion);
                    return None;
                }
                let at = locate(self.source, node, error.offset);
                self.problem(at, error.message, error.suggestion);
                return None;
            }
        };
        for name in &names {
            self.variable(node, name);
        }
        self.odd_character(node, &text);
        self.comparisons(node, &condition, &names);
        Some(condition)
    }

    /// A character within a text of the condition that nobody sees: what it is compared with has it seldom.
    fn odd_character(&mut self, node: &Node, text: &str) {
        let is_unseen = |c: char| matches!(looks(c), Some(Looks::Nothing | Looks::Space));
        if let Some(offset) = text.chars().position(is_unseen)
            && !self.has_enough_notices()
            && let Some((c, looks)) = text.chars().nth(offset).and_then(|c| Some((c, looks(c)?)))
        {
            let (message, right) = looks.told(c);
            let at = locate(self.source, node, offset);
            self.notice(at, format!("{message} is a part of the value"), right);
        }
    }

    fn variable(&mut self, node: &Node, name: &Name) {
        let variable = look_up(&name.name);
        if variable == Variable::Supported {
            return;
        }
        if variable == Variable::NotYet && self.has_enough_unsupported() {
            return self.unsupported(node.start, &name.name);
        }
        let at = locate(self.source, node, name.offset);
        match variable {
            Variable::Supported => {}
            Variable::NotYet => self.unsupported(at, &name.name),
            Variable::Unknown(_) if name.is_value => {
                let message = format!("`{}` is not in quotes, and no variable either", name.name);
                self.problem(at, message, format!("write '{}'", name.name));
            }
            Variable::Unknown(suggestion) => {
                self.problem(at, format!("unknown variable `{}`", name.name), suggestion)
            }
        }
    }

    /// What can be known to be wrong in comparisons before there is a deploy.
    fn comparisons(&mut self, node: &Node, condition: &Condition, names: &[Name]) {
        let comparison = match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                return parts.iter().for_each(|part| self.comparisons(node, part, names));
            }
            Condition::Comparison(comparison) => comparison,
        };
        let found = finding(comparison);
        if found.is_none() && comparison.variable != "failed_rules" {
            return;
        }
        let name = match self.has_enough_notices() {
            true => None,
            false => names.iter().find(|name| name.name == comparison.variable),
        };
        let at = name.map_or(node.start, |name| locate(self.source, node, name.offset));
        if let Comparison {
            variable,
            operator: Operator::Equal | Operator::NotEqual,
            value: Operand::Text(text),
        } = comparison
            && variable == "failed_rules"
            && !text.is_empty()
        {
            self.failed_rules.push((text.clone(), at));
        }
        match found {
            None => {}
            Some(Finding::Problem(message, right)) => self.problem(at, message, right),
            Some(Finding::Never(why, right)) => {
                self.notice(at, format!("`{comparison}` never holds: {why}"), right);
            }
            Some(Finding::Always(why, right)) => {
                self.notice(at, format!("`{comparison}` always holds: {why}"), right);
            }
        }
    }
}

/// `- environment: Staging` as the comparison that it is meant to be; of several keys, each as one.
fn as_comparisons(entries: &[Entry]) -> Option<String> {
    let comparisons: Option<Vec<String>> = entries.iter().map(as_comparison).collect();
    comparisons.filter(|comparisons| !comparisons.is_empty()).map(|comparisons| comparisons.join(" and "))
}

fn as_comparison(entry: &Entry) -> Option<String> {
    let scalar = entry.value.as_scalar()?;
    // Most of these are `expression`. No variable has such a name, and looking for one that is alike takes time.
    if KEYS.contains(&entry.key.as_str()) {
        return None;
    }
    match look_up(&entry.key) {
        Variable::Unknown(_) => None,
        Variable::Supported | Variable::NotYet => Some(format!("`- {}='{}'`", entry.key, scalar.text)),
    }
}

/// A template, or another system's expression, in a condition.
fn expression_of_others(text: &str) -> Option<Foreign> {
    let suggestion = "a condition compares a variable by its name alone: environment='Staging'".to_owned();
    if let Some(foreign) = foreign::find(text) {
        return Some(Foreign { suggestion, ..foreign });
    }
    let (before, rest) = text.split_once("{{")?;
    let inner = rest.split("}}").next().unwrap_or("").trim();
    let message = format!("`{{{{ {inner} }}}}` is a template, which conditions don't have");
    Some(Foreign { offset: before.chars().count(), message, suggestion, is_refused: true })
}
