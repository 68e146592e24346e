//! A rule's conditions.

mod names;
mod shapes;

use self::names::{meant_value, not_yet, with_known_names, with_quotes};
use self::shapes::{as_comparisons, as_condition, as_written, behind_a_bullet, denied_condition, joined};
use super::RuleCondition;
use super::comparisons::{Finding, finding, sound_example, told_alone};
use super::contradictions::Read;
use super::denied::DENYING;
use super::foreign::{self, Foreign};
use super::reader::Reader;
use super::stages::{Asked, FailedRule};
use crate::condition::{
    Comparison, Condition, ConditionError, Name, Operand, Operator, is_always, is_anything, is_nothing,
    meant, meant_truth, parse, parse_with_names,
};
use crate::edit::Edit;
use crate::problem::Position;
use crate::reference::{CONDITION, names};
use crate::suggest::closest;
use crate::variables::{Variable, drift_of, look_up};
use crate::yaml::{Content, Entry, Node, locate};
use std::collections::BTreeSet;
use std::rc::Rc;

const EXAMPLE: &str = "`- environment='Staging'`";

/// The most regular expressions that are read of one file: each takes far more time to compile than it is
/// long.
pub(super) const MAX_PATTERNS: usize = 1000;

/// The longest condition that a suggestion repeats, in bytes.
pub(super) const MAX_REPEATED: usize = 200;

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
            Content::Mapping(entries) => {
                as_comparisons(entries).or_else(|| joined(entries)).or_else(|| as_written(entries))
            }
            Content::Scalar(scalar) => {
                if self.for_all_or_none(entry, &scalar.text) {
                    return Vec::new();
                }
                behind_a_bullet(&scalar.text).map(|text| format!("`- {text}`"))
            }
            Content::Sequence(_) => None,
        };
        let example = example.unwrap_or_else(|| EXAMPLE.to_owned());
        let nodes = self.list(&entry.value, "conditions", &example).unwrap_or_default();
        let joined = self.joined_entries(nodes);
        let others: Vec<Rc<Node>>;
        let nodes = match joined.is_empty() {
            true => nodes,
            false => {
                let numbered = nodes.iter().enumerate().filter(|(number, _)| !joined.contains(number));
                others = numbered.map(|(_, node)| Rc::clone(node)).collect();
                &others
            }
        };
        let read = self.each(nodes, |reader, node| reader.condition(node));
        let (conditions, read): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        self.tell_contradictions(&conditions, &read);
        conditions
    }

    /// Tells of `conditions: always` and the like, which names no condition. False: it may name one.
    fn for_all_or_none(&mut self, entry: &Entry, text: &str) -> bool {
        let lower = text.trim().to_lowercase();
        let is_all = is_always(text)
            || matches!(
                lower.as_str(),
                "yes" | "on" | "always" | "all" | "any" | "none" | "*" | "everything"
            );
        let is_none =
            matches!(lower.as_str(), "false" | "no" | "off" | "never" | "failure()" | "cancelled()");
        if !is_all && !is_none {
            return false;
        }
        let message = format!("`{}` is not a condition", text.trim());
        let right = match is_all {
            true => "leave `conditions` out: a rule without them is for every deploy",
            false => "take the whole rule out: without conditions, it is for every deploy",
        };
        self.problem(entry.at, message, right.to_owned());
        true
    }

    fn condition<'n>(&mut self, node: &'n Node) -> Option<(RuleCondition, Read<'n>)> {
        let Content::Mapping(entries) = &node.content else {
            let (condition, read) = self.expression(node)?;
            return Some((RuleCondition { description: None, condition }, read));
        };
        let is_not_yet =
            |entry: &&Entry| closest(&entry.key, KEYS).is_none() && look_up(&entry.key) == Variable::NotYet;
        for entry in entries.iter().filter(is_not_yet) {
            self.unsupported(entry.at, &entry.key);
        }
        if let Some(right) = as_comparisons(entries) {
            let message = "a condition is a text, not a key with a value";
            self.problem(node.start, message, format!("write {right}"));
            return None;
        }
        if let [entry] = entries.as_slice()
            && DENYING.contains(&entry.key.to_lowercase().as_str())
        {
            let message = format!("a condition is a text, and not the value of `{}`", entry.key);
            let right = denied_condition(&entry.value).map_or_else(
                || "negate each condition under it: use `!=` for `=`".to_owned(),
                |turned| format!("write `- {turned}`"),
            );
            self.problem(entry.at, message, right);
            return None;
        }
        if let Some(right) = joined(entries) {
            self.problem(
                node.start,
                "a condition is a text, not a key with a list",
                format!("write {right}"),
            );
            return None;
        }
        if let Some(entry) =
            entries.iter().find(|entry| parse(&entry.key).is_ok() && entry.key.contains(['=', '<', '>']))
        {
            let message = "a condition stands behind `expression:`, where it has a description";
            self.problem(
                entry.at,
                message,
                format!("write `expression: {}` and `description:` beside it", entry.key),
            );
            return None;
        }
        if let [entry] = entries.as_slice()
            && closest(&entry.key, KEYS).is_none()
            && let Some(scalar) = entry.value.as_scalar().filter(|scalar| !scalar.is_null())
            && let Some(right) = as_condition(scalar.text.trim())
        {
            // `- if: environment='Staging'`
            let message = format!("a condition is a text, and not the value of `{}`", entry.key);
            self.problem(entry.at, message, format!("write `- {right}`"));
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
        let is_unknown = |entry: &Entry| !KEYS.contains(&entry.key.as_str());
        if expression.is_none() && !entries.iter().any(is_unknown) {
            let suggestion = "write, for example, `expression: environment='Staging'`".to_owned();
            self.problem(node.start, "a condition without `expression`", suggestion);
        }
        let (condition, read) = expression??;
        Some((RuleCondition { description, condition }, read))
    }

    /// A condition's text, its variables checked.
    fn expression<'n>(&mut self, node: &'n Node) -> Option<(Condition, Read<'n>)> {
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
                self.unreadable(node, &text, error);
                return None;
            }
        };
        if let Some((name, right)) = with_quotes(&text, &names) {
            let at = locate(self.source, node, name.offset);
            let message = format!("`{}` is not in quotes, and no variable either", name.name);
            let edits = self.rewritten(node, &right);
            self.problem_with(at, message, format!("write `{right}`"), edits);
            return None;
        }
        for name in &names {
            self.variable(node, name);
        }
        let read = Read::new(node, &names);
        for (number, comparison) in condition.comparisons().into_iter().enumerate() {
            self.comparison(&read, number, comparison);
        }
        Some((condition, read))
    }

    /// A condition that can't be read, with the one that is most likely meant.
    fn unreadable(&mut self, node: &Node, text: &str, error: ConditionError) {
        if let Some((offset, name)) = not_yet(text) {
            self.unsupported(locate(self.source, node, offset), name);
        }
        // ` #web` is a comment to YAML, and a tag to people.
        let behind = self.source.from(node.start).strip_prefix(text).unwrap_or_default();
        let comment =
            behind.trim_start().strip_prefix('#').filter(|rest| rest.starts_with(char::is_alphanumeric));
        let whole = comment.map(|rest| format!("{text} #{}", rest.trim_end()));
        if let Some(right) =
            whole.and_then(|whole| if parse(&whole).is_ok() { Some(whole) } else { meant(&whole) })
        {
            let put = format!("\"{right}\"");
            let skipped = text.chars().count() + behind.chars().count() - behind.trim_start().chars().count();
            let at = Position { column: node.start.column + skipped, ..node.start };
            if names_two_tags(&right) {
                let right =
                    "name each tag by itself, for example `tags='#web' or tags='#db'`, in double quotes";
                return self.problem(at, "`#` starts a comment", right.to_owned());
            }
            let removed = text.chars().count() + behind.trim_end().chars().count();
            let edit = Edit { at: node.start, removed, put };
            let right = format!("write \"{right}\" with quotes around it");
            return self.problem_with(at, "`#` starts a comment", right, vec![edit]);
        }
        if let Some((at, edits)) = self.without_dash(node, text) {
            let right = "write `- ` before each condition".to_owned();
            return self.problem_with(at, "a condition without `- ` before it", right, edits);
        }
        if is_always(text) {
            let message = format!("`{}` is not a condition", text.trim());
            let right = "leave it out: a rule without `conditions` holds for every deploy".to_owned();
            return self.problem(node.start, message, right);
        }
        let (offset, message, suggestion) = match expression_of_others(text) {
            Some(other) => (other.offset, other.message, Some(other.suggestion)),
            None => (error.offset, error.message, error.suggestion),
        };
        let at = locate(self.source, node, offset);
        let meant = meant(text).map(with_known_names);
        // What is wrong with its values, too, is told at once.
        if let Some((message, right)) = meant.as_deref().and_then(told_alone) {
            return self.problem(at, message, right);
        }
        match meant {
            Some(right) => {
                let edits = self.rewritten(node, &right);
                self.problem_with(at, message, format!("write `{right}`"), edits);
            }
            None => self.problem(at, message, suggestion.map(sound_example)),
        }
    }

    /// The place of the first condition on a line of its own without `- `, and the edits that make entries of
    /// all of these; `None`: that is not what is wrong.
    fn without_dash(&self, node: &Node, text: &str) -> Option<(Position, Vec<Edit>)> {
        let Position { line: first, column } = node.start;
        let before: String = self.source.line(first).chars().take(column.saturating_sub(1)).collect();
        let dash = before.strip_suffix("- ").filter(|indent| indent.trim().is_empty())?;
        let mut edits = Vec::new();
        let mut read = self.source.from(node.start).trim_end().to_owned();
        parse(&read).ok()?;
        for line in first + 1..=self.source.line_count() {
            if read.len() >= text.len() {
                break;
            }
            let content = self.source.line(line);
            let indent = content.len() - content.trim_start().len();
            parse(content.trim()).ok()?;
            read = format!("{read} {}", content.trim());
            let at = Position { line, column: 1 };
            edits.push(Edit { at, removed: indent, put: format!("{dash}- ") });
        }
        let at = edits.first().map(|edit| Position { column: edit.removed + 1, ..edit.at })?;
        (read == text).then_some((at, edits))
    }

    fn variable(&mut self, node: &Node, name: &Name) {
        let variable = look_up(&name.name);
        if variable == Variable::Supported
            && drift_of(&name.name).is_some_and(|of| of.eq_ignore_ascii_case("env"))
        {
            let at = locate(self.source, node, name.offset);
            let right = "write, for example, `drift_to_production`".to_owned();
            let env = drift_of(&name.name).unwrap_or_default();
            let message = format!("`drift_to_{env}` asks for an environment that is called {env}");
            return self.notice(at, message, right);
        }
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
            Variable::Unknown(_)
                if name.is_value
                    && (is_nothing(&name.name)
                        || is_anything(&name.name)
                        || meant_truth(&name.name).is_some()) =>
            {
                let text = node.as_scalar().map_or("", |scalar| scalar.text.as_str());
                let message = format!("`{}` means nothing in a condition", name.name);
                match meant(text) {
                    Some(right) => {
                        let edits = self.rewritten(node, &right);
                        self.problem_with(at, message, format!("write `{right}`"), edits);
                    }
                    None => {
                        let right = "compare a list with `[]`, and a text with a text";
                        self.problem(at, message, right.to_owned());
                    }
                }
            }
            Variable::Unknown(_) if name.is_value => {
                let message = format!("`{}` is not in quotes, and no variable either", name.name);
                let text = node.as_scalar().map_or("", |scalar| scalar.text.as_str());
                self.problem(at, message, meant_value(text, name));
            }
            Variable::Unknown(suggestion) => {
                self.problem(at, format!("unknown variable `{}`", name.name), suggestion)
            }
        }
    }

    /// Tells of a comparison, the one of this number in its condition, that is known to be wrong before there
    /// is a deploy.
    fn comparison(&mut self, read: &Read<'_>, number: usize, comparison: &Comparison) {
        let found = finding(comparison);
        if found.is_none() && comparison.variable != "failed_rules" {
            return;
        }
        let at = self.place_of(read, number);
        let is_of_rules = comparison.variable == "failed_rules";
        let of = match (&comparison.operator, &comparison.value) {
            (Operator::Equal | Operator::NotEqual, Operand::Text(text))
                if is_of_rules && !text.is_empty() =>
            {
                Some(FailedRule::Named(text.clone()))
            }
            (Operator::Matches, Operand::Pattern(pattern)) if is_of_rules => {
                Some(FailedRule::Matching(pattern.clone()))
            }
            _ => None,
        };
        if let Some(of) = of {
            let (by, is_absent) = (self.rule.clone(), comparison.operator == Operator::NotEqual);
            self.failed_rules.push(Asked { by, of, is_absent, at });
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
            Some(Finding::Unlikely(why, right)) => {
                self.notice(at, format!("`{comparison}` is taken as it stands: {why}"), right);
            }
        }
    }
}

impl Reader<'_> {
    /// The numbers of the entries that are joined by `and` or `or` at their ends, which is told: an entry has
    /// to hold whatever the others do.
    fn joined_entries(&mut self, nodes: &[Rc<Node>]) -> BTreeSet<usize> {
        let text = |node: &Rc<Node>| node.as_scalar().map(|scalar| scalar.text.trim().to_owned());
        let word_of = |text: &str| {
            let lower = text.to_ascii_lowercase();
            ["and", "or"].into_iter().find(|word| {
                lower == *word
                    || lower.starts_with(&format!("{word} "))
                    || lower.ends_with(&format!(" {word}"))
            })
        };
        let mut told = BTreeSet::new();
        for (index, node) in nodes.iter().enumerate() {
            let Some(own) = text(node) else { continue };
            let Some(word) = word_of(&own) else { continue };
            let is_first = own.to_ascii_lowercase().ends_with(&format!(" {word}"));
            let is_alone = own.eq_ignore_ascii_case(word);
            let first = if is_first { index } else { index.wrapping_sub(1) };
            let last = if is_first || is_alone { index + 1 } else { index };
            let (Some(first_node), Some(last_node)) = (nodes.get(first), nodes.get(last)) else { continue };
            let (Some(before), Some(behind)) = (text(first_node), text(last_node)) else { continue };
            let plain = |text: &str| {
                let lower = text.to_ascii_lowercase();
                let start = if lower.starts_with(&format!("{word} ")) { word.len() } else { 0 };
                let end =
                    if lower.ends_with(&format!(" {word}")) { text.len() - word.len() } else { text.len() };
                let part = text.get(start..end).unwrap_or_default().trim();
                // `and` binds tighter.
                match word == "and" && part.to_ascii_lowercase().contains(" or ") {
                    true => format!("({part})"),
                    false => part.to_owned(),
                }
            };
            let whole = format!("{} {word} {}", plain(&before), plain(&behind));
            if parse(&whole).is_err() {
                // Each is told by itself.
                continue;
            }
            // The first becomes both, and the others go.
            let others = nodes.get(first + 1..=last).unwrap_or_default();
            let out = others.iter().map(|node| {
                let removed = self.source.line(node.start.line).chars().count();
                Edit { at: Position { column: 1, ..node.start }, removed, put: String::new() }
            });
            let is_apart = |node: &Rc<Node>| {
                node.start.line != first_node.start.line && !self.rewritten(node, &whole).is_empty()
            };
            let edits = match whole.len() <= MAX_REPEATED && others.iter().all(is_apart) {
                true => self.rewritten(first_node, &whole),
                false => Vec::new(),
            };
            let (right, edits) = match edits.is_empty() {
                true => (format!("write one entry of both, joined by `{word}`"), edits),
                false => {
                    (format!("write one entry of both: `- {whole}`"), edits.into_iter().chain(out).collect())
                }
            };
            self.problem_with(node.start, format!("`{word}` joins no entries of a list"), right, edits);
            told.extend(first..=last);
        }
        told
    }
}

/// True if a comparison with `tags` names more than one tag in one text.
fn names_two_tags(text: &str) -> bool {
    let Ok(Condition::Comparison(comparison)) = parse(text) else { return false };
    let Operand::Text(tag) = &comparison.value else { return false };
    comparison.variable == "tags" && tag.contains([',', ' '])
}

/// A template, or another system's expression, in a condition.
fn expression_of_others(text: &str) -> Option<Foreign> {
    let suggestion = "a condition compares a variable by its name alone: `environment='Staging'`".to_owned();
    if let Some(foreign) = foreign::find(text).into_iter().next() {
        return Some(Foreign { suggestion, ..foreign });
    }
    let (before, rest) = text.split_once("{{")?;
    let inner = rest.split("}}").next().unwrap_or("").trim();
    let message = format!("`{{{{ {inner} }}}}` is a template, which conditions don't have");
    Some(Foreign { offset: before.chars().count(), message, suggestion, is_refused: true })
}
