//! The replay as one JSON document: its keys stay, and may get company.

use super::ReplayReport;
use super::fate::{ReplayOutcome, Verdict};
use crate::check::document;
use crate::files::Stop;
use jiff::Timestamp;
use serde::Serialize;
use signoff_core::id::DeployId;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    since: Timestamp,
    /// Numbers of deploys, by verdict.
    asked: usize,
    by_itself: usize,
    below_policy: usize,
    waiting: usize,
    blocked: usize,
    /// Number of deploys for which the rules that open differ from those that opened then.
    otherwise: usize,
    /// Newest first.
    deploys: Vec<Deploy<'a>>,
}

#[derive(Serialize)]
struct Deploy<'a> {
    id: &'a DeployId,
    deployment: &'a str,
    environment: &'a str,
    revision: &'a str,
    deployed_at: Timestamp,
    verdict: Verdict,
    rules: Vec<Rule<'a>>,
    /// The rules that opened then.
    on_record: &'a [String],
    /// True if the rules that open differ from those that opened then.
    otherwise: bool,
}

#[derive(Serialize)]
struct Rule<'a> {
    rule: &'a str,
    fate: &'static str,
    /// Time until which it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
}

/// Writes what becomes of each deploy.
pub(super) fn write(out: &mut dyn Write, told: &ReplayReport<'_>) -> Result<(), Stop> {
    let count = |verdict| told.deploys.iter().filter(|deploy| deploy.verdict() == verdict).count();
    let deploys = told.deploys.iter().map(|replayed| {
        let deploy = &replayed.recorded.deploy.deploy;
        Deploy {
            id: &deploy.id,
            deployment: deploy.deployment.as_str(),
            environment: &deploy.environment,
            revision: &deploy.revision,
            deployed_at: deploy.deployed_at,
            verdict: replayed.verdict(),
            rules: replayed.rules.iter().map(|(rule, fate)| self::rule(&rule.name, fate)).collect(),
            on_record: &replayed.recorded.opened,
            otherwise: replayed.otherwise(),
        }
    });
    let told = Document {
        since: told.since,
        asked: count(Verdict::Asked),
        by_itself: count(Verdict::ByItself),
        below_policy: count(Verdict::BelowPolicy),
        waiting: count(Verdict::Waiting),
        blocked: count(Verdict::Blocked),
        otherwise: told.deploys.iter().filter(|deploy| deploy.otherwise()).count(),
        deploys: deploys.collect(),
    };
    document(out, &told)
}

fn rule<'a>(rule: &'a str, fate: &ReplayOutcome) -> Rule<'a> {
    let (fate, at) = match fate {
        ReplayOutcome::Asks => ("asks", None),
        ReplayOutcome::Acts => ("acts", None),
        ReplayOutcome::BelowPolicy => ("below_policy", None),
        ReplayOutcome::NotSupported => ("not_supported", None),
        ReplayOutcome::Waits(at) => ("waits", Some(*at)),
        ReplayOutcome::TooLate => ("too_late", None),
        ReplayOutcome::NotAfter => ("not_after", None),
        ReplayOutcome::DoesNotHold => ("does_not_hold", None),
    };
    Rule { rule, fate, at }
}
