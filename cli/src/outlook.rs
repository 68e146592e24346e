//! What becomes of a rule for a deploy at one time.

use crate::deploy::Described;
use jiff::{SignedDuration, Timestamp};
use rules::Rule;
use rules::explain::{Explanation, explain};

/// What becomes of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// It holds.
    Opens,
    /// It held before, and was opened then.
    Opened(Moment),
    /// It will hold, by time alone.
    Later(Moment),
    /// Whatever time does, it does not hold.
    Never,
    /// Triggers of pull requests alone: no deploy opens it.
    NotForDeploys,
    /// It uses what is not supported yet.
    NotSupported,
}

/// When something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// For how long the deploy has been there then.
    pub(crate) deployed_for: SignedDuration,
    /// The time.
    pub(crate) at: Timestamp,
}

/// What becomes of `rule` for `deploy` at `now`, if no newer deploy comes and nothing more becomes known.
pub(crate) fn outlook(rule: &Rule, deploy: &Described, now: Timestamp) -> Outlook {
    if !rule.applies_to_deploys() {
        return Outlook::NotForDeploys;
    }
    if !rule.unsupported.is_empty() {
        return Outlook::NotSupported;
    }
    if rule.holds(&deploy.at(now)) {
        return Outlook::Opens;
    }
    let deployed_at = deploy.deploy.deployed_at;
    let first = |from: Timestamp| {
        let wait = SignedDuration::try_from(rule.holds_in(&deploy.at(from))?).ok()?;
        // Beyond the end of all time, it never does.
        let at = from.checked_add(wait).ok()?;
        Some(Moment { deployed_for: at.duration_since(deployed_at), at })
    };
    match first(deployed_at) {
        Some(before) if before.at < now => Outlook::Opened(before),
        _ => first(now).map_or(Outlook::Never, Outlook::Later),
    }
}

/// Each condition of `rule` with its verdict at `now`.
pub(crate) fn conditions(rule: &Rule, deploy: &Described, now: Timestamp) -> Vec<Explanation> {
    let snapshot = deploy.at(now);
    rule.conditions.iter().map(|entry| explain(&entry.condition, &snapshot)).collect()
}

/// Why the rule is not opened, in clauses: the comparisons that fail with their values, or what is not supported.
pub(crate) fn reasons(rule: &Rule, deploy: &Described, now: Timestamp) -> Vec<String> {
    match outlook(rule, deploy, now) {
        Outlook::Opens | Outlook::Opened(_) => Vec::new(),
        Outlook::NotForDeploys => vec![format!("its triggers are {}", rule.triggers.join(", "))],
        Outlook::NotSupported => rule.unsupported.iter().map(|problem| problem.message.clone()).collect(),
        Outlook::Never | Outlook::Later(_) => {
            let explained = conditions(rule, deploy, now);
            let failing = explained.iter().filter(|explanation| !explanation.holds());
            let clause = |compared: &rules::explain::Compared| {
                format!("{} fails: {}", compared.comparison, compared.values())
            };
            failing.flat_map(Explanation::deciding).map(clause).collect()
        }
    }
}
