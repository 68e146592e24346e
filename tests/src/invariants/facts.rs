//! Checks of what is known of a deploy beyond its approvals, and of the rules that it opened.

use crate::scenario::{Fact, Learned};
use crate::telling::Telling;
use signoff_core::event::EventKind;
use signoff_core::facts::{Health, Thumb};
use signoff_core::run::Status;
use signoff_store::Page;
use std::collections::{BTreeMap, BTreeSet};

/// Every fact that was taken is on record, once; no other fact is. (No scenario tells one source's fact of a
/// deploy twice.)
pub(super) fn facts(telling: &Telling, page: &Page, broken: &mut Vec<String>) {
    let (mut reports, mut applause) = (BTreeMap::new(), BTreeSet::new());
    for Learned { fact, .. } in telling.learned.iter().filter(|learned| learned.deploy == page.deploy.id) {
        match fact {
            Fact::Health(source, health) => _ = reports.insert(source.as_str(), *health),
            Fact::Applause(person) => _ = applause.insert(person.as_str()),
        }
    }
    let reports_of_record: BTreeMap<&str, Health> =
        page.facts.reports.iter().map(|(source, report)| (source.as_str(), report.health)).collect();
    if reports_of_record != reports {
        broken.push(format!("the health on record is {reports_of_record:?}, and {reports:?} was reported"));
    }
    let there = page.facts.reactions.iter().filter(|it| it.is_there && it.thumb == Thumb::Plus1);
    let applause_of_record: BTreeSet<&str> = there.map(|reaction| reaction.user.as_str()).collect();
    if applause_of_record != applause {
        broken.push(format!("{applause_of_record:?} reacted by the record, and {applause:?} did"));
    }
    let count = |is: fn(&EventKind) -> bool| page.events.iter().filter(|event| is(&event.kind)).count();
    let events = (
        count(|kind| matches!(kind, EventKind::HealthReported { .. })),
        count(|kind| matches!(kind, EventKind::Reacted { .. })),
    );
    if events != (reports.len(), applause.len()) {
        broken.push(format!("reports and reactions have the events {events:?}"));
    }
}

/// No rule is open whose `after: [NAME]` waits for a run that did not succeed.
pub(super) fn stages(rules: &str, page: &Page, broken: &mut Vec<String>) {
    let rule = |name: &str| rules.split("\n  - ").find(|rule| rule.starts_with(&format!("{name}:")));
    for run in &page.runs {
        let after = rule(&run.rule).and_then(|rule| rule.split_once("after: ["));
        let Some((first, _)) = after.and_then(|(_, names)| names.split_once(']')) else { continue };
        let succeeded = page.runs.iter().any(|run| run.rule == first && run.status == Status::Succeeded);
        if !succeeded {
            broken.push(format!("{} is open, and {first} did not succeed", run.rule));
        }
    }
}
