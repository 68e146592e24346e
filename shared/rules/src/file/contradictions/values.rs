//! The values of a variable that make a difference to comparisons.

use crate::condition::{
    Comparison, Deploys, Operand, Operator, Snapshot, Value, in_any_case, parse_duration,
};
use crate::reference::Kind;
use crate::variables::{kind_of, texts_of};
use std::collections::BTreeSet;
use std::time::Duration;

/// The most deploys that are counted; there may be more.
pub(in crate::file) const MAX_COUNTED: u32 = 100;

/// A value of a variable.
enum Sample {
    /// This one.
    Known(Snapshot),
    /// A text that is none of those that are compared with: what a pattern makes of it is not known.
    OtherText,
}

/// True if one value may fit all of `comparisons`, which are about the same variable, or to find out is too
/// much work.
pub(super) fn fit_all(comparisons: &[&Comparison], work: &mut usize) -> bool {
    let Some(first) = comparisons.first() else { return true };
    if let Operand::Variable(_) = first.value {
        return comparisons.iter().fold(ANY, |orders, comparison| orders & orders_of(comparison.operator))
            != 0;
    }
    if kind_of(&first.variable) == Some(Kind::List) {
        return fits_list(comparisons);
    }
    let Some(samples) = samples(comparisons, work) else { return true };
    samples.iter().any(|sample| comparisons.iter().all(|comparison| holds(comparison, sample, true)))
}

/// True if each value fits one of `comparisons`, which are about the same variable, and to find out is not
/// too much work.
pub(super) fn fit_any(comparisons: &[&Comparison], work: &mut usize) -> bool {
    let Some(samples) = samples(comparisons, work) else { return false };
    samples.iter().all(|sample| comparisons.iter().any(|comparison| holds(comparison, sample, false)))
}

/// True if a comparison always holds, whatever the value of its variable is, and false if it never does;
/// `None`: it depends, or is not known.
pub(in crate::file) fn holds_always(comparison: &Comparison) -> Option<bool> {
    let is_list = kind_of(&comparison.variable) == Some(Kind::List);
    if is_list || matches!(comparison.value, Operand::Variable(_)) {
        return None;
    }
    let mut work = usize::MAX;
    match fit_any(&[comparison], &mut work) {
        true => Some(true),
        false => (!fit_all(&[comparison], &mut work)).then_some(false),
    }
}

/// True if a comparison holds with a value; `unknown` where nobody knows.
fn holds(comparison: &Comparison, sample: &Sample, unknown: bool) -> bool {
    match (sample, comparison.operator) {
        (Sample::Known(snapshot), _) => comparison.holds(snapshot),
        (Sample::OtherText, Operator::NotEqual) => true,
        (Sample::OtherText, Operator::Matches) => unknown,
        (
            Sample::OtherText,
            Operator::Equal
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual,
        ) => false,
    }
}

/// The least, the same and the most, as bits.
const ANY: u8 = 0b111;

/// The orders of two values for which an operator holds.
fn orders_of(operator: Operator) -> u8 {
    match operator {
        Operator::Equal => 0b010,
        Operator::NotEqual => 0b101,
        Operator::Greater => 0b100,
        Operator::GreaterOrEqual => 0b110,
        Operator::Less => 0b001,
        Operator::LessOrEqual => 0b011,
        Operator::Matches => ANY,
    }
}

/// Values of the variable that `comparisons` are about: for any other there is one of these with which each
/// of them holds as it does with that. `None`: these are not known, or too much work.
fn samples(comparisons: &[&Comparison], work: &mut usize) -> Option<Vec<Sample>> {
    let variable = &comparisons.first()?.variable;
    let texts = || comparisons.iter().filter_map(|comparison| text_of(comparison));
    let values: Vec<Value> = match kind_of(variable)? {
        Kind::Bool => [true, false].map(Value::Bool).to_vec(),
        Kind::Text if texts_of(variable).is_empty() => {
            texts().map(|text| Value::Text(text.to_owned())).collect()
        }
        Kind::Text => texts_of(variable).iter().map(|text| Value::Text((*text).to_owned())).collect(),
        Kind::Number => {
            counts(comparisons)?.into_iter().map(|count| Value::Number(f64::from(count))).collect()
        }
        Kind::Duration => times(comparisons).into_iter().map(Value::Duration).collect(),
        Kind::Behind => behind(comparisons)?,
        Kind::List => return None,
    };
    let is_open = kind_of(variable) == Some(Kind::Text) && texts_of(variable).is_empty();
    *work = work.checked_sub((values.len() + 1) * comparisons.len())?;
    let known = values.into_iter().map(|value| {
        let mut snapshot = Snapshot::new();
        snapshot.set(variable.as_str(), value);
        Sample::Known(snapshot)
    });
    Some(known.chain(is_open.then_some(Sample::OtherText)).collect())
}

fn text_of(comparison: &Comparison) -> Option<&str> {
    match &comparison.value {
        Operand::Text(text) => Some(text),
        Operand::Pattern(_)
        | Operand::Number(_)
        | Operand::Bool(_)
        | Operand::Variable(_)
        | Operand::EmptyList => None,
    }
}

/// The number that a comparison compares with.
fn number_of(comparison: &Comparison) -> Option<f64> {
    match &comparison.value {
        Operand::Number(number) => Some(*number),
        Operand::Text(text) => text.trim().parse().ok(),
        Operand::EmptyList => Some(0.0),
        Operand::Pattern(_) | Operand::Bool(_) | Operand::Variable(_) => None,
    }
}

/// Whole numbers on both sides of each that is compared with. `None`: one is beyond what is counted.
fn counts(comparisons: &[&Comparison]) -> Option<BTreeSet<u32>> {
    let mut counts = BTreeSet::from([0]);
    for number in comparisons.iter().filter_map(|comparison| number_of(comparison)) {
        if !(-1.0..1e9).contains(&number) {
            return None;
        }
        let whole = number.floor().max(0.0) as u32;
        counts.extend([whole.saturating_sub(1), whole, whole + 1]);
    }
    Some(counts)
}

/// Times on both sides of each that is compared with; a time has whole seconds.
fn times(comparisons: &[&Comparison]) -> BTreeSet<Duration> {
    const SECOND: Duration = Duration::from_secs(1);
    let compared = comparisons.iter().filter_map(|comparison| text_of(comparison)).filter_map(parse_duration);
    let around = compared.flat_map(|time| [time.saturating_sub(SECOND), time, time.saturating_add(SECOND)]);
    std::iter::once(Duration::ZERO).chain(around).collect()
}

/// Times with numbers of deploys, of which there may be more.
fn behind(comparisons: &[&Comparison]) -> Option<Vec<Value>> {
    let (times, counts) = (times(comparisons), counts(comparisons)?);
    let known = counts.into_iter().map(|counted| counted.min(MAX_COUNTED));
    let known = known.map(|counted| Deploys { counted, or_more: false });
    let more = Deploys { counted: MAX_COUNTED, or_more: true };
    let all: Vec<Deploys> = known.chain([more]).collect();
    // Where no deploy is missing, no time has passed either.
    let is_possible =
        |time: Duration, deploys: &&Deploys| time.is_zero() || deploys.or_more || deploys.counted > 0;
    let with = |time: Duration| {
        let possible = all.iter().filter(move |deploys| is_possible(time, deploys));
        possible.map(move |deploys| Value::Behind(time, *deploys))
    };
    Some(times.into_iter().flat_map(with).collect())
}

/// True if a list may fit all of `comparisons`.
fn fits_list(comparisons: &[&Comparison]) -> bool {
    let of = |operator: Operator| {
        let texts = comparisons.iter().filter(move |comparison| comparison.operator == operator);
        texts.filter_map(|comparison| text_of(comparison))
    };
    let any_case = comparisons.first().is_some_and(|first| in_any_case(&first.variable));
    let spelt = |text: &str| if any_case { text.to_lowercase() } else { text.to_owned() };
    let has: BTreeSet<String> = of(Operator::Equal).map(spelt).collect();
    if of(Operator::NotEqual).any(|text| has.contains(&spelt(text))) {
        return false;
    }
    let matches = comparisons.iter().any(|comparison| comparison.operator == Operator::Matches);
    let least = has.len().max(usize::from(matches));
    let lengths: Vec<(Operator, f64)> = comparisons
        .iter()
        .filter(|comparison| text_of(comparison).is_none())
        .filter_map(|comparison| Some((comparison.operator, number_of(comparison)?)))
        .collect();
    let fits = |length: f64| {
        lengths.iter().all(|(operator, number)| {
            let order = match length.total_cmp(number) {
                std::cmp::Ordering::Less => 0b001,
                std::cmp::Ordering::Equal => 0b010,
                std::cmp::Ordering::Greater => 0b100,
            };
            orders_of(*operator) & order != 0
        })
    };
    // Elements that nothing is compared with can be added at will.
    let around = lengths.iter().flat_map(|(_, number)| [number.floor(), number.floor() + 1.0]);
    let least = least as f64;
    std::iter::once(least).chain(around.filter(|length| *length >= least)).any(fits)
}
