//! Notices about comparisons that are at odds.

use super::{Clash, clashes};
use crate::condition::{Comparison, Condition, Name, Operand, Operator};
use crate::edit::Edit;
use crate::file::RuleCondition;
use crate::file::conditions::MAX_REPEATED;
use crate::file::reader::Reader;
use crate::problem::Position;
use crate::reference::Kind;
use crate::variables::kind_of;
use crate::yaml::{Node, locate};

/// A condition as it stands in the file.
pub(in crate::file) struct Read<'n> {
    node: &'n Node,
    /// The number of characters before each of its comparisons.
    offsets: Vec<usize>,
}

impl<'n> Read<'n> {
    /// The condition of `node`, which names these variables.
    pub(in crate::file) fn new(node: &'n Node, names: &[Name]) -> Self {
        let offsets = names.iter().filter(|name| !name.is_value).map(|name| name.offset).collect();
        Self { node, offsets }
    }

    /// The number of characters before the word `word` in front of comparison `number`.
    fn word_before(&self, number: usize, word: &str) -> Option<usize> {
        let text: String = self.node.as_scalar()?.text.chars().take(*self.offsets.get(number)?).collect();
        let text = text.trim_end();
        let start = text.len().checked_sub(word.len())?;
        let is_there = text.get(start..).is_some_and(|last| last.eq_ignore_ascii_case(word));
        is_there.then(|| text.chars().count() - word.len())
    }
}

impl Reader<'_> {
    /// The place of comparison `number` of a condition.
    pub(in crate::file) fn place_of(&self, read: &Read<'_>, number: usize) -> Position {
        // To find a place takes time, and none is shown any more.
        let offset = read.offsets.get(number).filter(|_| !self.has_enough_notices());
        offset.map_or(read.node.start, |offset| locate(self.source, read.node, *offset))
    }

    /// Tells of comparisons of a rule's conditions that never hold together, and of those of which one always
    /// holds.
    pub(in crate::file) fn tell_contradictions(&mut self, conditions: &[RuleCondition], read: &[Read<'_>]) {
        let whole: Vec<&Condition> = conditions.iter().map(|entry| &entry.condition).collect();
        let all = whole.iter().zip(read).enumerate().flat_map(|(entry, (condition, _))| {
            condition.comparisons().into_iter().enumerate().map(move |(number, of)| (entry, number, of))
        });
        let all: Vec<(usize, usize, &Comparison)> = all.collect();
        for Clash { of, is_always } in clashes(&whole, &mut self.contradictions) {
            let of: Vec<_> = of.iter().filter_map(|number| all.get(*number)).copied().collect();
            let (Some((first, begin, _)), Some((entry, number, last))) = (of.first(), of.last()) else {
                continue;
            };
            let Some(place) = read.get(*entry) else { continue };
            let comparisons: Vec<&Comparison> = of.iter().map(|(.., comparison)| *comparison).collect();
            let is_pair = first == entry && comparisons.len() == 2 && begin + 1 == *number;
            let is_alone = is_pair && is_pair_alone(whole[*entry], &mut 0, *begin);
            let (word, right) = if is_always { ("or", "and") } else { ("and", "or") };
            let edits = match place.word_before(*number, word).filter(|_| is_alone) {
                Some(offset) if !self.has_enough_notices() => {
                    let at = locate(self.source, place.node, offset);
                    vec![Edit { at, removed: word.len(), put: right.to_owned() }]
                }
                Some(_) | None => Vec::new(),
            };
            let told = Clashing { comparisons: &comparisons, variable: &last.variable };
            let joined = told.joined(right);
            let joined = match (first == entry, is_alone) {
                (true, true) => format!("`{joined}`"),
                (true, false) => format!("`({joined})` for them"),
                (false, _) => format!("`{joined}` as one condition"),
            };
            // One text stands for two comparisons that are neighbours, or whole conditions.
            let is_joinable = comparisons.len() == 2 && (is_pair || first != entry);
            let is_short = joined.len() <= MAX_REPEATED && is_joinable;
            let (message, suggestion) = if is_always {
                (told.always(), told.neither().then(|| format!("write {joined} where neither may be")))
            } else {
                (told.never(), told.either().then(|| format!("write {joined} where either is enough")))
            };
            let suggestion = suggestion.filter(|_| is_short).unwrap_or_else(|| match is_always {
                true => "change one of them, or take them out".to_owned(),
                false => "change one of them, or take it out".to_owned(),
            });
            let edits = if suggestion.starts_with("write") { edits } else { Vec::new() };
            self.notice_with(self.place_of(place, *number), message, suggestion, edits);
        }
    }
}

/// True if comparison `first` of a condition and the next one are all that is joined there. `at`: how many
/// stand before.
fn is_pair_alone(condition: &Condition, at: &mut usize, first: usize) -> bool {
    match condition {
        Condition::Comparison(_) => {
            *at += 1;
            false
        }
        Condition::And(parts) | Condition::Or(parts) => {
            let is_pair = matches!(&parts[..], [Condition::Comparison(_), Condition::Comparison(_)]);
            let is_found = is_pair && *at == first;
            parts.iter().fold(is_found, |found, part| is_pair_alone(part, at, first) || found)
        }
    }
}

/// Comparisons of one variable that are at odds.
struct Clashing<'c> {
    comparisons: &'c [&'c Comparison],
    variable: &'c str,
}

impl Clashing<'_> {
    /// All of them, joined by a word.
    fn joined(&self, word: &str) -> String {
        let all: Vec<String> = self.comparisons.iter().map(ToString::to_string).collect();
        all.join(&format!(" {word} "))
    }

    fn all_are(&self, operator: Operator) -> bool {
        self.comparisons.iter().all(|comparison| comparison.operator == operator)
    }

    /// True if one of them is likely to be enough.
    fn either(&self) -> bool {
        self.all_are(Operator::Equal)
    }

    /// True if all of them are likely to have to hold.
    fn neither(&self) -> bool {
        self.all_are(Operator::NotEqual)
    }

    fn never(&self) -> String {
        let mut all: Vec<String> =
            self.comparisons.iter().map(|comparison| format!("`{comparison}`")).collect();
        let last = all.pop().unwrap_or_default();
        let variable = self.variable;
        let why = if !self.all_are(Operator::Equal) || kind_of(variable) == Some(Kind::List) {
            let these = if self.comparisons.len() == 2 { "both" } else { "all of them" };
            format!("no value of `{variable}` fits {these}")
        } else if self.differ_by_case() {
            format!("`{variable}` has one value, with its upper and lower case")
        } else {
            format!("`{variable}` has one value")
        };
        format!("{} and {last} never hold together: {why}", all.join(", "))
    }

    fn always(&self) -> String {
        let variable = self.variable;
        format!("`{}` always holds: every value of `{variable}` fits one of them", self.joined("or"))
    }

    /// True if they compare with the same text, but for upper and lower case.
    fn differ_by_case(&self) -> bool {
        let mut texts = self.comparisons.iter().map(|comparison| match &comparison.value {
            Operand::Text(text) => Some(text.to_lowercase()),
            Operand::Pattern(_)
            | Operand::Number(_)
            | Operand::Bool(_)
            | Operand::Variable(_)
            | Operand::EmptyList => None,
        });
        let first = texts.next().flatten();
        first.is_some() && texts.all(|text| text == first)
    }
}
