//! Tools for every part of the reading: collecting problems, and taking nodes apart.

use super::header_secrets::SecretUse;
use super::on_failure::is_on_failure;
use super::rewriting::{actions_of, entry_of};
use super::shape::{list_meant, misplaced, synonym};
use super::slips::lines::COMMENTS;
use super::stages::{Asked, Stage};
use super::{contradictions, foreign};
use crate::condition::Patterns;
use crate::edit::Edit;
use crate::problem::{MAX_PROBLEMS, Position, Problem, Source, Wrong};
use crate::reference::{ACTIONS, ASKING, WATCHING, example};
use crate::suggest::did_you_mean;
use crate::template;
use crate::yaml::{Content, Entry, KeyAgain, Node, locate};
use jiff::civil::Date;
use std::collections::HashSet;
use std::rc::Rc;

/// Most work that the templates of one file may do when they are tried, in the engine's units.
const MAX_WORK: u64 = 100 * template::MAX_WORK;
/// The most unsupported things that are noted of one rule.
const MAX_UNSUPPORTED: usize = 20;
/// The longest text that a suggestion repeats, in characters.
pub(super) const MAX_REPEATED: usize = 80;

/// A file being read.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source<'s>,
    problems: Vec<Problem>,
    /// Number of problems and unsupported things so far.
    told: usize,
    notices: Vec<Problem>,
    untold_notices: usize,
    /// Unsupported things in the rule being read.
    pub(super) unsupported: Vec<Problem>,
    /// Templates without a problem: many rules have the same ones.
    sound_templates: HashSet<String>,
    /// Work that these did, in the engine's units.
    work: u64,
    /// Number of regular expressions in conditions so far.
    pub(super) patterns: usize,
    pub(super) compiled: Patterns,
    /// The work that may still be done to find conditions that are at odds.
    pub(super) contradictions: usize,
    /// The name of the rule being read.
    pub(super) rule: String,
    /// The names of the rules that deploys may open.
    pub(super) open_rules: HashSet<String>,
    /// The rules that others come after, and where that is said.
    pub(super) stages: Vec<Stage>,
    /// The same, of rules that are not opened anyway.
    pub(super) stages_of_closed: Vec<Stage>,
    /// The last date of each freeze window that has dates, and where they stand.
    pub(super) last_dates: Vec<(Date, Position)>,
    /// The secrets that headers send, and where they are named.
    pub(super) header_secrets: Vec<SecretUse>,
    /// The rules that conditions ask for the failure of.
    pub(super) failed_rules: Vec<Asked>,
    /// The keys that stand in their mapping a second time, but for those of the rules that were read.
    pub(super) keys_again: Vec<KeyAgain>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source<'s>) -> Self {
        Self {
            source,
            problems: Vec::new(),
            told: 0,
            notices: Vec::new(),
            untold_notices: 0,
            unsupported: Vec::new(),
            sound_templates: HashSet::new(),
            work: 0,
            patterns: 0,
            compiled: Patterns::default(),
            contradictions: contradictions::MAX_WORK,
            rule: String::new(),
            open_rules: HashSet::new(),
            stages: Vec::new(),
            stages_of_closed: Vec::new(),
            last_dates: Vec::new(),
            header_secrets: Vec::new(),
            failed_rules: Vec::new(),
            keys_again: Vec::new(),
        }
    }

    /// The notices, or the problems if there are any; each in the order of the file.
    pub(super) fn finish(mut self) -> Result<Vec<Problem>, Vec<Problem>> {
        let by_place = |problem: &Problem| (problem.line, problem.column);
        self.problems.sort_by_key(by_place);
        self.notices.sort_by_key(by_place);
        let last = |list: &[Problem], message: String| {
            let at = list.last().map(|last| Position { line: last.line, column: last.column });
            self.source.problem(at.unwrap_or_default(), message, None)
        };
        if self.problems.len() >= MAX_PROBLEMS {
            let message = "too many problems: what follows was not looked at".to_owned();
            self.problems.push(last(&self.problems, message));
        }
        if self.untold_notices > 0 {
            let message = format!("and {} more like these", self.untold_notices);
            self.notices.push(last(&self.notices, message));
        }
        if self.problems.is_empty() { Ok(self.notices) } else { Err(self.problems) }
    }

    /// Something is wrong.
    pub(super) fn problem(
        &mut self,
        at: Position,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
    ) {
        self.told += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(self.source.problem(at, message, suggestion));
        }
    }

    /// [`Self::problem`], with the changes that the suggestion asks for.
    pub(super) fn problem_with(
        &mut self,
        at: Position,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
        edits: Vec<Edit>,
    ) {
        let before = self.problems.len();
        self.problem(at, message, suggestion);
        if let Some(told) = self.problems.get_mut(before) {
            told.edits = edits;
        }
    }

    /// Returns the number of problems that are kept.
    pub(super) fn problems_so_far(&self) -> usize {
        self.problems.len()
    }

    /// Takes back the problems since there were `before`.
    pub(super) fn problems_back_to(&mut self, before: usize) {
        self.problems.truncate(before);
    }

    /// Tells of something in the rule `name`, which is not opened anyway.
    pub(super) fn notice_of_closed(&mut self, at: Position, message: String, right: String, name: &str) {
        self.told += 1;
        self.notice(at, message, format!("{right}; the rule `{name}` is not opened"));
    }

    /// Makes notices of the problems since there were `before`: the rule `name`, which they are in, is not
    /// opened anyway.
    pub(super) fn problems_as_notices(&mut self, before: usize, name: &str) {
        for problem in self.problems.split_off(before.min(self.problems.len())) {
            let at = Position { line: problem.line, column: problem.column };
            let suggestion = problem.suggestion.map_or_else(String::new, |right| format!("{right}; "));
            let right = format!("{suggestion}the rule `{name}` is not opened");
            self.notice_with(at, problem.message, right, problem.edits);
        }
    }

    /// The value at `at`, or the problem that it is none.
    pub(super) fn sound<T>(&mut self, at: Position, value: Result<T, Wrong>) -> Option<T> {
        value.map_err(|wrong| self.problem(at, wrong.message, wrong.suggestion)).ok()
    }

    /// Something is worth knowing.
    pub(super) fn notice(
        &mut self,
        at: Position,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
    ) {
        if self.has_enough_notices() {
            self.untold_notices += 1;
        } else {
            self.notices.push(self.source.problem(at, message, suggestion));
        }
    }

    /// [`Self::notice`], with the changes that the suggestion asks for.
    pub(super) fn notice_with(
        &mut self,
        at: Position,
        message: impl Into<String>,
        suggestion: impl Into<Option<String>>,
        edits: Vec<Edit>,
    ) {
        let before = self.notices.len();
        self.notice(at, message, suggestion);
        if let Some(told) = self.notices.get_mut(before) {
            told.edits = edits;
        }
    }

    /// Reads each of a list, until there are too many problems. What is left out must have been told: a
    /// condition or action that is not there without anybody knowing would open what must stay closed.
    pub(super) fn each<'n, T>(
        &mut self,
        nodes: &'n [Rc<Node>],
        mut read: impl FnMut(&mut Self, &'n Node) -> Option<T>,
    ) -> Vec<T> {
        let mut list = Vec::with_capacity(nodes.len());
        for node in nodes {
            if self.has_enough_problems() {
                break;
            }
            let before = self.told;
            match read(self, node) {
                Some(item) => list.push(item),
                None if self.told == before => self.problem(node.start, "this cannot be read", None),
                None => {}
            }
        }
        list
    }

    /// The rule being read uses something that is known and not supported yet.
    pub(super) fn unsupported(&mut self, at: Position, name: &str) {
        self.told += 1;
        if !self.has_enough_unsupported() {
            self.unsupported.push(self.source.problem(at, format!("known, not supported yet: {name}"), None));
        }
    }

    /// True if nothing more is noted of the rule being read: finding a place in a long text takes time, and
    /// is not worth it then.
    pub(super) fn has_enough_unsupported(&self) -> bool {
        self.unsupported.len() >= MAX_UNSUPPORTED
    }

    /// True if no more problems are reported.
    pub(super) fn has_enough_problems(&self) -> bool {
        self.problems.len() >= MAX_PROBLEMS
    }

    /// True where a notice is told of a place already.
    pub(super) fn has_notice_at(&self, at: Position) -> bool {
        self.notices.iter().any(|told| (told.line, told.column) == (at.line, at.column))
    }

    /// True if further notices are only counted.
    pub(super) fn has_enough_notices(&self) -> bool {
        self.notices.len() >= MAX_PROBLEMS
    }

    /// The entries of a mapping. `what` begins the message where it is none, `example` is what to write.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> Option<&'n [Entry]> {
        match &node.content {
            Content::Mapping(entries) => Some(entries),
            Content::Scalar(_) | Content::Sequence(_) => {
                let message = format!("{what} takes keys with values{}", node.instead());
                let right = match &node.content {
                    Content::Sequence(nodes) if what != "a rules file" && is_keys(nodes) => {
                        "take the `- ` before each key out".to_owned()
                    }
                    _ => format!("write {example}"),
                };
                let edits = match &node.content {
                    Content::Sequence(nodes) if is_keys(nodes) => self.without_dashes(nodes),
                    Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => Vec::new(),
                };
                self.problem_with(node.start, message, right, edits);
                None
            }
        }
    }

    /// Tells of `!include other.yml`. False: the value is none of these.
    pub(super) fn includes(&mut self, node: &Node) -> bool {
        let text = node.as_scalar().map_or("", |scalar| scalar.text.trim());
        let tag = text.split_whitespace().next().unwrap_or_default();
        let is_one = ["!include", "!import", "!reference", "!inc"].contains(&tag)
            || ["$include", "include:"].contains(&tag);
        if is_one {
            let message = format!("`{tag}` reads no other file: the rules stand in one");
            self.problem(node.start, message, "put its text here".to_owned());
        }
        is_one
    }

    /// The entries of a list, which must have some. `what` and `example` as in [`Self::mapping`].
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> Option<&'n [Rc<Node>]> {
        match &node.content {
            Content::Sequence(nodes) if nodes.is_empty() => {
                // A rule that does nothing is none; the other lists have a meaning when they are not there.
                let out = if what == "actions" { String::new() } else { format!(", or leave {what} out") };
                let right = format!("write, for example, {example}{out}");
                self.problem(node.start, format!("{what} is an empty list"), right);
                None
            }
            Content::Sequence(nodes) => Some(nodes),
            Content::Scalar(_) if self.includes(node) => None,
            Content::Scalar(_) | Content::Mapping(_) => {
                let message = format!("{what} takes a list{}", node.instead());
                let right = self.as_list(node, what).unwrap_or_else(|| format!("write {example}"));
                let edits = match &node.content {
                    Content::Mapping(entries) if right.contains("`- ` before") => self.as_entries(entries),
                    Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => {
                        self.listed(node, what)
                    }
                };
                self.problem_with(node.start, message, right, edits);
                None
            }
        }
    }

    /// The clause that says how a value becomes the list that it is meant to be; `None`: an example says
    /// more.
    fn as_list(&self, node: &Node, what: &str) -> Option<String> {
        let is_flow = self.source.from(node.start).starts_with('{');
        let is_actions = what == "actions" || what.starts_with("on_");
        match &node.content {
            Content::Mapping(entries) if is_actions => {
                let first = &entries.first()?.key;
                Some(if is_flow {
                    "put each action into braces of its own, and square brackets around all: `[{…}, {…}]`"
                        .to_owned()
                } else if entries.len() > 1 {
                    "write `- ` before the name of each action, and indent what belongs to it by two spaces more".to_owned()
                } else {
                    format!("write `- ` before `{first}`, and indent what belongs to it by two spaces more")
                })
            }
            Content::Scalar(scalar) => {
                let text = scalar.text.trim();
                if !self.each_on_its_line(node, what).is_empty() {
                    return Some("write `- ` before each condition".to_owned());
                }
                if let Some(right) = actions_of(text).filter(|_| is_actions) {
                    return Some(right);
                }
                if is_actions && ACTIONS.iter().any(|action| !action.bare && action.name == text) {
                    return Some(format!("write `- {text}:`, and what it takes indented under it"));
                }
                let text = entry_of(text, what).filter(|text| text.chars().count() <= MAX_REPEATED)?;
                Some(format!("write `- {text}` on a line of its own"))
            }
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// Those of `entries` whose key is one of `known`. The others are problems.
    pub(super) fn known<'n>(&mut self, entries: &'n [Entry], of: &str, known: &[&str]) -> Vec<&'n Entry> {
        let (known_ones, others): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| known.contains(&entry.key.as_str()));
        others.into_iter().for_each(|entry| self.unknown_key(entry, of, known));
        known_ones
    }

    /// A key that is not one of `known`: a problem, with the one that may be meant.
    pub(super) fn unknown_key(&mut self, entry: &Entry, of: &str, known: &[&str]) {
        let is_comment = |sign: &&&str| entry.key.starts_with(sign.trim_end()) && !entry.key.starts_with(';');
        if let Some(sign) = COMMENTS.iter().find(is_comment).map(|sign| sign.trim_end()) {
            let is_there = self.source.from(entry.at).starts_with(sign);
            let edit = Edit { at: entry.at, removed: sign.chars().count(), put: "#".to_owned() };
            let message = format!("`{sign}` starts no comment in YAML");
            let edits = if is_there { vec![edit] } else { Vec::new() };
            return self.problem_with(entry.at, message, "write `#`".to_owned(), edits);
        }
        let message = format!("{of} takes no key `{}`", entry.key);
        let text =
            entry.value.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.trim());
        if let (Some(list), Some(text)) = (list_meant(&entry.key, of, known), text)
            && text.chars().count() <= MAX_REPEATED
        {
            if list == "triggers" && text.starts_with("deploy") {
                let right = format!("a rule for deploys has no triggers: leave `{}` out", entry.key);
                return self.problem(entry.at, message, right);
            }
            let item = entry_of(text, list).unwrap_or_else(|| text.to_owned());
            let edits = match entry_of(text, list) {
                Some(item) => self.under_another_list(entry, list, &item),
                None => Vec::new(),
            };
            return self.problem_with(
                entry.at,
                message,
                format!("write `{list}:` and under it `- {item}`"),
                edits,
            );
        }
        if let Some(name) =
            synonym(of, &entry.key).filter(|_| self.source.from(entry.at).starts_with(&entry.key))
        {
            let removed = entry.key.chars().count();
            let edit = Edit { at: entry.at, removed, put: name.to_owned() };
            return self.problem_with(entry.at, message, format!("did you mean `{name}`?"), vec![edit]);
        }
        if self.denied_key(entry, of, known, &message) || self.limit_with_a_unit(entry, of, &message) {
            return;
        }
        let is_action = ACTIONS.iter().any(|action| action.name == of && !matches!(of, ASKING | WATCHING));
        if is_action && is_on_failure(&entry.key) {
            return self.on_failure_of_others(entry, message);
        }
        let suggestion = misplaced(&entry.key, of)
            .or_else(|| did_you_mean(&entry.key, known.iter().copied()))
            .unwrap_or_else(|| format!("it takes {}", known.join(", ")));
        self.problem(entry.at, message, suggestion);
    }

    /// The text of a value: a scalar that is not nothing. A number or a truth is a text too, as it is
    /// written.
    pub(super) fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        let Some(scalar) = node.as_scalar() else {
            let right = format!("write, for example, `{}`", example(what));
            self.problem(node.start, format!("{what} takes a text{}", node.instead()), right);
            return None;
        };
        if !scalar.is_null() && !scalar.text.trim().is_empty() {
            self.comment_by_accident(node, scalar);
            return Some(scalar.text.clone());
        }
        if what == "a condition"
            && let Some((at, removed, right)) = self.condition_in_a_comment(node)
        {
            let edit = Edit { at, removed, put: format!("\"{right}\"") };
            self.problem_with(at, "`#` starts a comment", format!("write \"{right}\""), vec![edit]);
            return None;
        }
        let rest = self.source.from(node.start);
        let commented = rest.trim_start_matches([':', ' ', '\t']).strip_prefix('#');
        let word = commented.filter(|text| text.starts_with(char::is_alphanumeric));
        let word = word.and_then(|text| text.split_whitespace().next());
        let suggestion = match word {
            Some(word) => format!("in YAML, `#` starts a comment: write '#{word}' with quotes"),
            None => format!("write, for example, `{}`", example(what)),
        };
        let edits = word.map(|word| {
            let skipped = rest.chars().count() - rest.trim_start_matches([':', ' ', '\t']).chars().count();
            let at = Position { column: node.start.column + skipped, ..node.start };
            vec![Edit { at, removed: word.chars().count() + 1, put: format!("'#{word}'") }]
        });
        self.problem_with(node.start, format!("{what} has no value"), suggestion, edits.unwrap_or_default());
        None
    }

    /// [`Self::text`], which must be a template that works.
    pub(super) fn template(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        if self.sound_templates.contains(&text) {
            return Some(text);
        }
        let mut is_refused = false;
        for foreign in foreign::find(&text) {
            let at = locate(self.source, node, foreign.offset);
            let message = format!("{what}: {}", foreign.message);
            if foreign.is_refused {
                is_refused = true;
                self.problem(at, message, foreign.suggestion);
            } else {
                self.notice(at, message, foreign.suggestion);
            }
        }
        if is_refused {
            return None;
        }
        for odd in template::odd(&text) {
            let at = locate(self.source, node, odd.offset);
            let edit = odd.change.and_then(|(offset, old, put)| {
                let at = locate(self.source, node, offset);
                let is_there = self.source.from(at).starts_with(&old);
                is_there.then(|| Edit { at, removed: old.chars().count(), put })
            });
            let edits = edit.into_iter().collect();
            self.notice_with(at, format!("{what}: {}", odd.message), odd.suggestion, edits);
        }
        if self.work > MAX_WORK {
            self.problem(node.start, format!("{what}: the templates of this file take too much work"), None);
            return None;
        }
        match template::check(&text) {
            Ok(work) => {
                self.work += work;
                self.sound_templates.insert(text.clone());
            }
            Err(problems) => {
                for problem in problems {
                    let at = problem.offset.map_or(node.start, |offset| locate(self.source, node, offset));
                    self.problem(at, format!("{what}: {}", problem.message), problem.suggestion);
                }
            }
        }
        Some(text)
    }
}

/// True if each entry of a list is a key with a value, so that the list should be one mapping.
fn is_keys(nodes: &[Rc<Node>]) -> bool {
    !nodes.is_empty()
        && nodes.iter().all(|node| matches!(&node.content, Content::Mapping(entries) if entries.len() == 1))
}
