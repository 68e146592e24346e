//! Values of variables.

use jiff::SignedDuration;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Several texts, in no particular order.
    List(Vec<String>),
    /// Time for which something has been so.
    Duration(Duration),
    /// Distance of one environment behind another: a time, and a number of deploys.
    Behind(Duration, Deploys),
}

/// A number of deploys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deploys {
    /// Number of deploys that were counted.
    pub counted: u32,
    /// True if there may be more: counting stopped there.
    pub or_more: bool,
}

/// A variable that changes by time alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time since something happened: a duration in whole seconds, zero before it happened.
    Since(SignedDuration),
    /// True while something is still to come: the time since it is negative.
    Ahead(SignedDuration),
    /// Time since something happened, and the number of deploys since then.
    Behind(SignedDuration, Deploys),
}

impl Clock {
    /// Returns its value now.
    fn value(self) -> Value {
        match self {
            Self::Since(ago) => Value::Duration(whole_seconds(ago)),
            Self::Ahead(ago) => Value::Bool(ago.is_negative()),
            Self::Behind(ago, deploys) => Value::Behind(whole_seconds(ago), deploys),
        }
    }

    /// Returns the clock after `time` more.
    fn after(self, time: Duration) -> Self {
        let later = |ago: SignedDuration| {
            ago.saturating_add(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX))
        };
        match self {
            Self::Since(ago) => Self::Since(later(ago)),
            Self::Ahead(ago) => Self::Ahead(later(ago)),
            Self::Behind(ago, deploys) => Self::Behind(later(ago), deploys),
        }
    }
}

/// The whole seconds of a time that is over; none of one that is to come.
fn whole_seconds(ago: SignedDuration) -> Duration {
    Duration::from_secs(u64::try_from(ago.as_secs()).unwrap_or(0))
}

/// The variables of a deploy at one moment: names and values, and which of these run on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    values: BTreeMap<String, Value>,
    clocks: BTreeMap<String, Clock>,
    /// Further values of variables: a comparison that names one holds only if it holds with each of these
    /// too.
    also: Vec<BTreeMap<String, Value>>,
    /// The variables of one rule, by the rule's name.
    of_rules: BTreeMap<String, OfRule>,
}

/// The variables of one rule, where they differ from those of all rules.
#[derive(Clone, Debug, Default, PartialEq)]
struct OfRule {
    values: BTreeMap<String, Value>,
    unknown: BTreeSet<String>,
    also: Vec<BTreeMap<String, Value>>,
}

impl Snapshot {
    /// A snapshot without variables. [`Snapshot::of`] makes that of a deploy.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a variable that time does not change.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        self.clocks.remove(&name);
        self.values.insert(name, value);
    }

    /// Sets a variable for the rule of this name alone.
    pub fn set_for(&mut self, rule: impl Into<String>, name: impl Into<String>, value: Value) {
        self.of_rules.entry(rule.into()).or_default().values.insert(name.into(), value);
    }

    /// Takes a variable away for the rule of this name alone: no comparison with it holds.
    pub fn unset_for(&mut self, rule: impl Into<String>, name: impl Into<String>) {
        self.of_rules.entry(rule.into()).or_default().unknown.insert(name.into());
    }

    /// Adds further values of variables for the rule of this name alone. A comparison that names one of them
    /// holds only if it holds with these too.
    pub fn also_for(&mut self, rule: impl Into<String>, values: BTreeMap<String, Value>) {
        let also = &mut self.of_rules.entry(rule.into()).or_default().also;
        if !also.contains(&values) {
            also.push(values);
        }
    }

    /// The further values of variables.
    pub(super) fn also(&self) -> &[BTreeMap<String, Value>] {
        &self.also
    }

    /// The variables as they are for the rule of this name.
    pub(crate) fn of_rule(&self, rule: &str) -> Cow<'_, Self> {
        let Some(own) = self.of_rules.get(rule) else { return Cow::Borrowed(self) };
        let mut seen = self.clone();
        own.values.iter().for_each(|(name, value)| seen.set(name, value.clone()));
        for name in &own.unknown {
            seen.values.remove(name);
            seen.clocks.remove(name);
        }
        seen.also.clone_from(&own.also);
        Cow::Owned(seen)
    }

    /// The variables but for the one of this name.
    pub fn without(&self, name: &str) -> Self {
        let mut rest = self.clone();
        rest.values.remove(name);
        rest.clocks.remove(name);
        rest
    }

    /// Sets a variable that time changes.
    pub fn run(&mut self, name: impl Into<String>, clock: Clock) {
        let name = name.into();
        self.values.insert(name.clone(), clock.value());
        self.clocks.insert(name, clock);
    }

    /// The value of a variable; `None` where it is not known.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The variable as a clock, where time changes it.
    pub(super) fn clock(&self, name: &str) -> Option<Clock> {
        self.clocks.get(name).copied()
    }

    /// The variables named, so much later.
    pub(super) fn later(&self, names: &[&str], time: Duration) -> Self {
        let mut later = Self { also: self.also.clone(), ..Self::new() };
        for name in names {
            match (self.clock(name), self.get(name)) {
                (Some(clock), _) => later.run(*name, clock.after(time)),
                (None, Some(value)) => later.set(*name, value.clone()),
                (None, None) => {}
            }
        }
        later
    }
}

/// The duration that a text stands for: a whole number and `s`, `m`, `h` or `d` (`30s`, `5m`, `4h`, `1d`).
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(seconds).map(Duration::from_secs)
}
