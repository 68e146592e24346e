//! The replay for people.

use super::ReplayReport;
use super::fate::{ReplayOutcome, Replayed, Verdict};
use crate::does::printable;
use crate::record::shown;
use crate::table::{Align, table};
use crate::words::counted;
use std::io::{self, Write};

/// Writes a summary, then what becomes of each rule, then of each deploy.
pub(super) fn write(out: &mut dyn Write, told: &ReplayReport<'_>) -> io::Result<()> {
    let deploys = counted(told.deploys.len(), "deploy");
    let count = |verdict| told.deploys.iter().filter(|deploy| deploy.verdict() == verdict).count();
    let without_policy = |verdict: &Verdict| told.below.is_some() || *verdict != Verdict::BelowPolicy;
    let verdicts = Verdict::ALL.into_iter().filter(without_policy);
    let counts: Vec<_> = verdicts.map(|verdict| format!("{} {}", count(verdict), word(verdict))).collect();
    writeln!(out, "{deploys} since {}: {}", shown(told.since), counts.join(", "))?;
    let otherwise = told.deploys.iter().filter(|deploy| deploy.otherwise()).count();
    writeln!(out, "{otherwise} different from the record\n")?;
    rules(out, told)?;
    let below = told.below.iter().flatten();
    below.clone().take(1).try_for_each(|_| writeln!(out, "\nBlocked by the policy:"))?;
    below.into_iter().try_for_each(|text| writeln!(out, "  {}", printable(text)))?;
    if told.deploys.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows: Vec<_> = told.deploys.iter().map(deploy).collect();
    let columns = ["DEPLOYED AT", "DEPLOY", "WOULD BE", "RULES", "ON RECORD"];
    table(out, columns.map(|column| (column, Align::Left)), &rows)
}

/// A verdict as people read it.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Asked => "asked",
        Verdict::ByItself => "by itself",
        Verdict::BelowPolicy => "blocked by the policy",
        Verdict::Waiting => "waiting",
        Verdict::Blocked => "blocked",
    }
}

fn rules(out: &mut dyn Write, told: &ReplayReport<'_>) -> io::Result<()> {
    let rows: Vec<_> = told
        .file
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let fates =
                || told.deploys.iter().filter_map(|deploy| deploy.rules.get(index)).map(|(_, fate)| fate);
            let count = |is: fn(&ReplayOutcome) -> bool| fates().filter(|fate| is(fate)).count().to_string();
            [
                rule.name.clone(),
                count(|fate| *fate == ReplayOutcome::Asks),
                count(|fate| *fate == ReplayOutcome::Acts),
                count(|fate| *fate == ReplayOutcome::BelowPolicy),
                count(|fate| matches!(fate, ReplayOutcome::Waits(_))),
                count(|fate| *fate == ReplayOutcome::NotSupported),
                count(|fate| {
                    matches!(
                        fate,
                        ReplayOutcome::TooLate | ReplayOutcome::NotAfter | ReplayOutcome::DoesNotHold
                    )
                }),
            ]
        })
        .collect();
    let right = |title| (title, Align::Right);
    let columns = [
        ("RULE", Align::Left),
        right("ASKS"),
        right("ACTS"),
        right("BLOCKED"),
        right("WAITS"),
        right("NOT SUPPORTED"),
        right("DOES NOT OPEN"),
    ];
    table(out, columns, &rows)
}

fn deploy(replayed: &Replayed<'_>) -> [String; 5] {
    let deploy = &replayed.recorded.deploy.deploy;
    let rules = replayed.rules.iter().filter_map(|(rule, fate)| {
        let name = &rule.name;
        match fate {
            ReplayOutcome::Asks | ReplayOutcome::Acts => Some(name.clone()),
            ReplayOutcome::BelowPolicy => Some(format!("{name} (blocked by the policy)")),
            ReplayOutcome::Waits(at) => Some(format!("{name} (waits until {})", shown(*at))),
            ReplayOutcome::TooLate => Some(format!("{name} (a newer deploy came first)")),
            ReplayOutcome::NotAfter => Some(format!("{name} (only after {})", rule.after.join(", "))),
            ReplayOutcome::NotSupported => Some(format!("{name} (not supported)")),
            ReplayOutcome::DoesNotHold => None,
        }
    });
    let on_record = if replayed.otherwise() {
        list(replayed.recorded.opened.iter().cloned())
    } else {
        "the same".to_owned()
    };
    let verdict = word(replayed.verdict()).to_owned();
    [shown(deploy.deployed_at), deploy.title(), verdict, list(rules), on_record]
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names = names.collect::<Vec<_>>().join(", ");
    if names.is_empty() { "none".to_owned() } else { names }
}
