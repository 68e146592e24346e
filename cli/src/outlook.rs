//! Prediction of what a rule does for a deploy at one time.

use crate::deploy::Described;
use jiff::{SignedDuration, Timestamp};
use signoff_core::freeze::{hold, names};
use signoff_rules::explain::{Explanation, explain, failures};
use signoff_rules::{Rule, RulesFile};
use std::collections::BTreeSet;

/// Largest number of freezes that [`opening`] follows, one after another.
const MAX_FREEZES: usize = 100;

/// Outlook of a rule for a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleForecast {
    /// It holds.
    Opens,
    /// It held before, and was opened then.
    Opened(ForecastTime),
    /// It will hold, by time alone.
    Later(ForecastTime),
    /// It holds, and a freeze keeps it from being opened until then.
    Frozen(ForecastTime),
    /// Whatever time does, it does not hold.
    Never,
    /// Triggers of pull requests alone: no deploy opens it.
    NotForDeploys,
    /// It uses what is not supported yet.
    NotSupported,
}

impl RuleForecast {
    /// True if the rule holds now or held before. Its run is open then, unless it waits for another one.
    pub(crate) fn has_opened(self) -> bool {
        match self {
            Self::Opens | Self::Opened(_) => true,
            Self::Later(_) | Self::Frozen(_) | Self::Never | Self::NotForDeploys | Self::NotSupported => {
                false
            }
        }
    }
}

/// Moment at which a rule opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForecastTime {
    /// Time for which the deploy has been there by then.
    pub(crate) deployed_for: SignedDuration,
    /// The time.
    pub(crate) at: Timestamp,
}

/// Outlook of `rule` for `deploy` at `now`, if no newer deploy arrives and nothing more becomes known.
pub(crate) fn outlook(rule: &Rule, deploy: &Described, now: Timestamp) -> RuleForecast {
    if !rule.applies_to_deploys() {
        return RuleForecast::NotForDeploys;
    }
    if !rule.unsupported.is_empty() {
        return RuleForecast::NotSupported;
    }
    let holds = rule.holds(&deploy.at(now));
    let frozen = holds && rule.frozen(now).is_some();
    match opening(rule, deploy, deploy.deploy.deployed_at) {
        Some(opens) if frozen && opens.at > now => RuleForecast::Frozen(opens),
        // It will not hold when its freeze is over.
        None if frozen => RuleForecast::Never,
        _ if holds => RuleForecast::Opens,
        Some(before) if before.at < now => RuleForecast::Opened(before),
        _ => opening(rule, deploy, now).map_or(RuleForecast::Never, RuleForecast::Later),
    }
}

/// The names of the rules of which a run has been opened, if every run before it succeeds: of those that
/// `hold`.
pub(crate) fn open(file: &RulesFile, holds: impl Fn(&Rule) -> bool) -> BTreeSet<&str> {
    let mut open = BTreeSet::new();
    let mut waiting: Vec<&Rule> = file.rules.iter().filter(|rule| holds(rule)).collect();
    loop {
        let (next, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|rule| rule.after.iter().all(|name| open.contains(name.as_str())));
        if next.is_empty() {
            return open;
        }
        open.extend(next.iter().map(|rule| rule.name.as_str()));
        waiting = rest;
    }
}

/// First moment from `from` on at which `rule` opens: it holds, and no freeze keeps it from opening. `None`:
/// there is none, or too many freezes come before it.
fn opening(rule: &Rule, deploy: &Described, mut from: Timestamp) -> Option<ForecastTime> {
    for _ in 0..MAX_FREEZES {
        let wait = SignedDuration::try_from(rule.holds_in(&deploy.at(from))?).ok()?;
        // Beyond the end of all time, it never does.
        let at = from.checked_add(wait).ok()?;
        match rule.frozen(at) {
            None => {
                return Some(ForecastTime { deployed_for: at.duration_since(deploy.deploy.deployed_at), at });
            }
            Some(hold) => from = hold.until,
        }
    }
    None
}

/// Clause for a freeze at `now`, with its end and its names; `None`: the rule may act.
pub(crate) fn frozen(rule: &Rule, now: Timestamp) -> Option<String> {
    let hold = hold(&rule.freeze, now)?;
    Some(format!("frozen until {}: {}", hold.until, names(&rule.freeze, &hold)))
}

/// Each condition of `rule` with its verdict at `now`.
pub(crate) fn conditions(rule: &Rule, deploy: &Described, now: Timestamp) -> Vec<Explanation> {
    let snapshot = deploy.at(now);
    rule.conditions.iter().map(|entry| explain(&entry.condition, &rule.sees(&snapshot))).collect()
}

/// Reasons why the rule is not opened, in clauses: the comparisons that fail with their values, or the
/// features that are not supported.
pub(crate) fn reasons(rule: &Rule, deploy: &Described, now: Timestamp) -> Vec<String> {
    match outlook(rule, deploy, now) {
        RuleForecast::Opens | RuleForecast::Opened(_) => Vec::new(),
        RuleForecast::NotForDeploys => vec![format!("its triggers are {}", rule.triggers.join(", "))],
        RuleForecast::NotSupported => {
            rule.unsupported.iter().map(|problem| problem.message.clone()).collect()
        }
        RuleForecast::Never | RuleForecast::Later(_) | RuleForecast::Frozen(_) => {
            let freeze = if rule.opens_after_freeze() { frozen(rule, now) } else { None };
            failures(&rule.conditions, &rule.sees(&deploy.at(now))).into_iter().chain(freeze).collect()
        }
    }
}
