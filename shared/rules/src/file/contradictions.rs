//! Comparisons that are at odds with each other, whatever the deploy: all of them never hold together, or one
//! of them always does.
//!
//! Each variable is looked at by itself, with the few values that can make a difference. A value that can't
//! be told from others is taken to fit, so that what is told here is certain, and some of what is certain is
//! not told.

mod apart;
mod told;
mod values;

use super::comparisons::finding;
use crate::condition::{Comparison, Condition, Operand};
use crate::reference::Kind;
use crate::variables::{FUTURE_DEPLOY, kind_of};
pub(super) use told::Read;
pub(super) use values::{MAX_COUNTED, holds_always};
use values::{fit_all, fit_any};

/// The most comparisons of one variable that are looked at together.
const MAX_TOGETHER: usize = 40;
/// The work that is done for one file, in comparisons with a value.
pub(super) const MAX_WORK: usize = 200_000;

/// Comparisons that are at odds. They are counted through all conditions of a rule, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clash {
    /// Their numbers, in order. Without any of them nothing would be wrong with the others.
    of: Vec<usize>,
    /// One of them always holds; else, all of them never do.
    is_always: bool,
}

/// The comparisons that are at odds in `conditions`, all of which have to hold. `work`: how much may still be
/// done.
fn clashes(conditions: &[&Condition], work: &mut usize) -> Vec<Clash> {
    search(conditions, work, |_| true).1
}

/// The comparisons that are at odds, if for that `conditions` never hold together by what they compare the
/// variables `which` with. `work` as for [`clashes`].
fn clashes_of(conditions: &[&Condition], work: &mut usize, which: impl Fn(&str) -> bool) -> Vec<Clash> {
    let (is_never, found) = search(conditions, work, which);
    if is_never { found } else { Vec::new() }
}

/// True if `conditions` never hold together, and the comparisons that are at odds.
fn search(conditions: &[&Condition], work: &mut usize, which: impl Fn(&str) -> bool) -> (bool, Vec<Clash>) {
    let mut all = Vec::new();
    let trees = conditions.iter().map(|condition| tree(condition, &mut all)).collect();
    let is_usable =
        |comparison: &&Comparison| comparison.variables().all(&which) && finding(comparison).is_none();
    let usable = all.iter().map(is_usable).collect();
    let mut search = Search { all, usable, work, found: Vec::new() };
    let is_never = search.never(&flat(trees, true), &mut Vec::new());
    (is_never, search.found)
}

/// A condition whose comparisons have numbers. Nothing in an `And` is one, nor in an `Or`.
enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    One(usize),
}

fn tree<'c>(condition: &'c Condition, all: &mut Vec<&'c Comparison>) -> Tree {
    match condition {
        Condition::And(parts) => flat(parts.iter().map(|part| tree(part, all)).collect(), true),
        Condition::Or(parts) => flat(parts.iter().map(|part| tree(part, all)).collect(), false),
        Condition::Comparison(comparison) => {
            all.push(comparison);
            Tree::One(all.len() - 1)
        }
    }
}

/// `parts` joined by `and` or by `or`, without a join of the same kind within.
fn flat(parts: Vec<Tree>, is_and: bool) -> Tree {
    let parts = parts.into_iter().flat_map(|part| match part {
        Tree::And(inner) if is_and => inner,
        Tree::Or(inner) if !is_and => inner,
        part @ (Tree::And(_) | Tree::Or(_) | Tree::One(_)) => vec![part],
    });
    let parts = parts.collect();
    if is_and { Tree::And(parts) } else { Tree::Or(parts) }
}

/// The comparisons among `parts`.
fn ones(parts: &[Tree]) -> Vec<usize> {
    let one = |part: &Tree| match part {
        Tree::One(number) => Some(*number),
        Tree::And(_) | Tree::Or(_) => None,
    };
    parts.iter().filter_map(one).collect()
}

struct Search<'c, 'w> {
    all: Vec<&'c Comparison>,
    /// Those of which nothing is known to be wrong by themselves.
    usable: Vec<bool>,
    work: &'w mut usize,
    found: Vec<Clash>,
}

impl Search<'_, '_> {
    /// True if `tree` never holds where all of `beside` do. The clashes are kept.
    #[expect(clippy::unnecessary_fold, reason = "each part is looked at, so that all clashes are kept")]
    fn never(&mut self, tree: &Tree, beside: &mut Vec<usize>) -> bool {
        match tree {
            Tree::One(number) => self.among(&[*number], beside),
            Tree::And(parts) => {
                let own = ones(parts);
                if self.among(&own, beside) {
                    return true;
                }
                let before = beside.len();
                beside.extend(own);
                let rest = parts.iter().filter(|part| !matches!(part, Tree::One(_)));
                let never = rest.fold(false, |never, part| self.never(part, beside) || never);
                beside.truncate(before);
                never
            }
            Tree::Or(parts) => {
                self.always(&ones(parts));
                let before = self.found.len();
                let never = parts.iter().fold(true, |never, part| self.never(part, beside) && never);
                if never {
                    // The others are wrong for the same reason.
                    self.found.truncate(before + 1);
                }
                never
            }
        }
    }

    /// Keeps what never holds of `own` together with `beside`, one clash a variable.
    fn among(&mut self, own: &[usize], beside: &[usize]) -> bool {
        let before = self.found.len();
        let mut seen: Vec<(&str, Option<&str>)> = Vec::new();
        for number in self.usable_of(own) {
            let about = about(self.all[number]);
            if seen.contains(&about) {
                continue;
            }
            seen.push(about);
            let is_same = |other: &&usize| self.usable[**other] && self::about(self.all[**other]) == about;
            let mut together: Vec<usize> = beside.iter().chain(own).filter(is_same).copied().collect();
            together.sort_unstable();
            together.dedup();
            if let Some(of) = self.least(together, fit_all) {
                self.found.push(Clash { of, is_always: false });
            }
        }
        self.found.len() > before
    }

    /// Keeps what always holds of `own`, which are alternatives.
    fn always(&mut self, own: &[usize]) {
        let mut seen: Vec<&str> = Vec::new();
        for number in self.usable_of(own) {
            let variable = self.all[number].variable.as_str();
            if seen.contains(&variable) || !has_one_value(variable) {
                continue;
            }
            seen.push(variable);
            let is_same =
                |other: &&usize| self.usable[**other] && about(self.all[**other]) == (variable, None);
            let together: Vec<usize> = own.iter().filter(is_same).copied().collect();
            if let Some(of) = self.least(together, |all, work| !fit_any(all, work)) {
                self.found.push(Clash { of, is_always: true });
            }
        }
    }

    fn usable_of(&self, own: &[usize]) -> Vec<usize> {
        own.iter().copied().filter(|number| self.usable[*number]).collect()
    }

    /// The least of `together` for which `fits` is false; `None`: it is true of all of them.
    fn least(
        &mut self,
        mut together: Vec<usize>,
        fits: impl Fn(&[&Comparison], &mut usize) -> bool,
    ) -> Option<Vec<usize>> {
        if together.len() < 2 || together.len() > MAX_TOGETHER {
            return None;
        }
        let mut fit = |numbers: &[usize]| {
            let all: Vec<&Comparison> = numbers.iter().map(|number| self.all[*number]).collect();
            fits(&all, self.work)
        };
        if fit(&together) {
            return None;
        }
        let mut index = 0;
        while index < together.len() && together.len() > 2 {
            let mut fewer = together.clone();
            fewer.remove(index);
            if fit(&fewer) { index += 1 } else { together = fewer }
        }
        Some(together)
    }
}

/// The things that a comparison is about: its variable, and the one that it is compared with.
fn about(comparison: &Comparison) -> (&str, Option<&str>) {
    let other = match &comparison.value {
        Operand::Variable(name) => Some(name.as_str()),
        Operand::Text(_)
        | Operand::Pattern(_)
        | Operand::Number(_)
        | Operand::Bool(_)
        | Operand::EmptyList => None,
    };
    (&comparison.variable, other)
}

/// True if a variable has one value that is known to the last digit: a comparison with several has to hold
/// with each.
fn has_one_value(variable: &str) -> bool {
    match kind_of(variable) {
        Some(Kind::Text | Kind::Number | Kind::Duration) => true,
        // `rollback` and `diverged` are compared with every base.
        Some(Kind::Bool) => variable == FUTURE_DEPLOY,
        Some(Kind::List | Kind::Behind) | None => false,
    }
}

#[cfg(test)]
mod tests;
