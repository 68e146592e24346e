//! The record of approvals: what is searched for, and what was found.

use super::tables::{cell, list, unreadable};
use super::{counted, page, time, time_to_approve};
use crate::address::parameters::{Field, RECORD_SIZE, Search};
use crate::auth::visitor::Visitor;
use crate::export::MOST_PARTS;
use crate::view::words;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::approval::{Choice, Closed, Status};
use signoff_core::message::shorten;
use signoff_store::{ApprovalListing, ApprovalSummary, MAX_SCANNED, WantedOutcome};

/// Number of people that a row names.
const NAMED: usize = 2;
/// Longest name of an approval in a row, and of a person or an environment, in characters.
const LONGEST_NAME: usize = 60;
const LONGEST_SHORT_NAME: usize = 24;

/// Results of a search.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) listing: ApprovalListing,
    /// Cursor at which this part begins; `None`: it is the newest.
    pub(crate) before: Option<String>,
    /// Approvals of the deployment that were approved; `None`: no deployment is searched for.
    pub(crate) approved: Option<Vec<ApprovalSummary>>,
}

/// The page. `found`: `None` where a field can't be read.
pub(crate) fn record(
    search: &Search,
    found: Option<&Found>,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let body = html! {
        h1 { "Record" }
        (form(search))
        @if let Some(found) = found {
            section aria-labelledby="approvals" {
                h2 #approvals { "Approvals" }
                p { (said(search, found)) }
                (unreadable(found.listing.unreadable))
                @if !found.listing.approvals.is_empty() { (table(&found.listing, now)) }
                (pager(search, found))
                (exports(search, found))
            }
            @if let Some(approved) = &found.approved { (time_to_approve(approved)) }
        }
    };
    page("Record", Some("/record"), visitor, &body)
}

fn form(search: &Search) -> Markup {
    html! {
        form.search method="get" action="/record" role="search" aria-label="Approvals" {
            @for field in Field::ALL { div { (input(search, field)) } }
            div.go {
                button type="submit" { "Search" }
                @if search.is_any() { a href="/record" { "Everything" } }
            }
        }
    }
}

fn input(search: &Search, field: Field) -> Markup {
    let (id, typed, problem) = (field.name(), search.typed(field), search.problem(field));
    let wrong = problem.map(|_| format!("{id}-problem"));
    let (label, kind) = match field {
        Field::Deployment => ("Deployment (owner/name)", "text"),
        Field::Environment => ("Environment", "text"),
        Field::Revision => ("Revision (SHA)", "text"),
        Field::Person => ("Person (name or Slack id)", "text"),
        Field::Outcome => ("Outcome", "text"),
        Field::Since => ("Opened from (UTC)", day(typed)),
        Field::Until => ("Opened until (UTC)", day(typed)),
    };
    html! {
        label for=(id) { (label) }
        @if field == Field::Outcome {
            select id=(id) name=(id) aria-invalid=[problem.map(|_| "true")] aria-describedby=[wrong.as_deref()] {
                option value="" { "Any" }
                @for word in WantedOutcome::ALL.map(WantedOutcome::word) {
                    option value=(word) selected[word == typed] { (word) }
                }
            }
        } @else {
            input id=(id) name=(id) type=(kind) value=(typed) aria-invalid=[problem.map(|_| "true")]
                aria-describedby=[wrong.as_deref()];
        }
        @if let (Some(wrong), Some(problem)) = (&wrong, problem) { p.wrong id=(wrong) { "It " (problem) "." } }
    }
}

/// A field for a day, but where something else was typed that it could not show.
fn day(typed: &str) -> &'static str {
    if typed.is_empty() || jiff::civil::Date::strptime("%Y-%m-%d", typed).is_ok() { "date" } else { "text" }
}

/// Results of a search, in words.
fn said(search: &Search, found: &Found) -> Markup {
    let (count, more) = (found.listing.approvals.len(), found.listing.next.is_some());
    let older = found.before.is_some();
    let shown = counted(count, "approval", "approvals");
    html! {
        @match (count, more) {
            (0, false) if older => "No older approvals.",
            (0, false) if search.is_any() => "No approvals match.",
            (0, false) => "No approvals yet. They appear here once a rule asks for one.",
            // What is searched for has no index: not all were looked at.
            (_, true) if count < usize::from(RECORD_SIZE) => {
                (shown) " of the newest approvals, searched up to " (MAX_SCANNED)
                " of each kind. Choose Older for more."
            }
            (_, _) => { (shown) ", newest first." }
        }
    }
}

fn table(listing: &ApprovalListing, now: Timestamp) -> Markup {
    let rows = listing.approvals.iter().map(|approval| {
        let status = approval.status.word();
        html! {
            (cell("whole", &html! { a href={ "/deploys/" (approval.deploy) } { (shorten(&approval.name, LONGEST_NAME)) } }))
            (cell("", &html! {
                @if let Some(deployment) = &approval.deployment { a href={ "/deployments/" (deployment) } { (deployment) } }
                @if let Some(environment) = &approval.environment { " " span.tag { (shorten(environment, LONGEST_SHORT_NAME)) } }
            }))
            (cell("aside", &html! {
                span class={ "status " (status) } { (status) }
                @if let Some(who) = who(approval) { br; span.meta { (who) } }
            }))
            (cell("", &time(approval.opened_at, now)))
            (cell("aside", &html! {
                @match approval.took() { Some(took) => (words::lasted(took)), None => span.meta { "open" } }
            }))
        }
    });
    list(&["Approval", "Deployment", "Outcome", "Opened", "Took"], rows)
}

/// People who cancelled the approval or voted on it.
fn who(approval: &ApprovalSummary) -> Option<String> {
    if let Status::Closed(Closed::Cancelled { by, .. }) = &approval.status {
        return by.as_ref().map(|id| {
            let vote = approval.votes.iter().find(|vote| vote.voter == *id);
            format!("by {}", shorten(vote.map_or(id, |vote| &vote.name), LONGEST_SHORT_NAME))
        });
    }
    let voted = |choice: Choice| {
        let names: Vec<String> = approval
            .votes
            .iter()
            .filter(|vote| vote.choice == choice)
            .map(|vote| shorten(&vote.name, LONGEST_SHORT_NAME))
            .collect();
        let others = names.len().saturating_sub(NAMED);
        let named = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        let named =
            if others > 0 { format!("{named} and {}", counted(others, "other", "others")) } else { named };
        (!named.is_empty())
            .then(|| format!("{} {named}", if choice == Choice::Approve { "for:" } else { "against:" }))
    };
    let sides = [voted(Choice::Approve), voted(Choice::Reject)].into_iter().flatten().collect::<Vec<_>>();
    (!sides.is_empty()).then(|| sides.join("; "))
}

fn pager(search: &Search, found: &Found) -> Markup {
    let next = found.listing.next.as_deref();
    html! {
        @if next.is_some() || found.before.is_some() {
            nav.pager aria-label="More approvals" {
                @if found.before.is_some() { a href=(search.href("/record", None)) { "Newest" } }
                @if next.is_some() { a href=(search.href("/record", next)) rel="next" { "Older" } }
            }
        }
    }
}

fn exports(search: &Search, found: &Found) -> Markup {
    let before = found.before.as_deref();
    html! {
        @if !found.listing.approvals.is_empty() || found.listing.next.is_some() {
            p.exports {
                "Export: "
                a href=(search.href("/record.csv", before)) { "CSV" }
                ", "
                a href=(search.href("/record.jsonl", before)) { "JSON lines" }
            }
            p.meta {
                "A file covers up to " (MAX_SCANNED * MOST_PARTS) " approvals. If there are older ones, the response\u{2019}s header "
                code { "Link" } " has the address of the next file. In CSV a cell that a spreadsheet would take for a formula "
                "(it begins with = + - @, a tab or a new line) begins with an apostrophe."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use signoff_core::approval::Vote;
    use signoff_core::deploy::Slug;

    const NEXT: &str = "2026-11-23T10:00:00.000000Z#a1";

    fn found(approvals: Vec<ApprovalSummary>, next: Option<&str>) -> Found {
        let listing = ApprovalListing { approvals, unreadable: 0, next: next.map(str::to_owned) };
        Found { listing, before: None, approved: None }
    }

    fn shown(query: &str, found: Option<&Found>) -> Markup {
        record(&Search::read(query), found, Some(&sample::visitor()), sample::at(1000))
    }

    #[test]
    fn everything() {
        insta::assert_snapshot!(lines(&shown("", Some(&found(sample::recorded(), Some(NEXT))))));
    }

    #[test]
    fn a_search_of_a_deployment() {
        let mut found = found(sample::recorded().split_off(2), None);
        found.before = Some(NEXT.to_owned());
        found.approved = Some(sample::recorded());
        let query = "deployment=acme/checkout&environment=Staging&person=Ana&outcome=approved&since=2026-11-01\
                     &until=2026-11-30T00:00:00Z";
        insta::assert_snapshot!(lines(&shown(query, Some(&found))));
    }

    #[test]
    fn fields_that_can_not_be_read() {
        let query =
            "deployment=checkout&environment=<b>&person=@&outcome=done&since=yesterday&until=2026-02-30";
        insta::assert_snapshot!(lines(&shown(query, None)));
    }

    #[test]
    fn the_ends_of_the_record() {
        let line = |query: &str, found: &Found| said(&Search::read(query), found).0;
        let nothing = found(Vec::new(), None);
        let older = Found { before: Some(NEXT.to_owned()), ..nothing.clone() };
        let cut = found(sample::recorded().split_off(6), Some(NEXT));
        let none_yet = found(Vec::new(), Some(NEXT));
        let full = found(vec![sample::recorded().remove(0); RECORD_SIZE.into()], Some(NEXT));
        let lines = [
            line("", &nothing),
            line("person=ana", &nothing),
            line("", &older),
            line("person=ana", &cut),
            line("person=ana", &none_yet),
            line("", &full),
            line("", &found(sample::recorded(), None)),
        ];
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_page_has_an_end_whatever_is_on_record() {
        let long = "\"".repeat(300);
        let mut approval = sample::recorded().remove(6);
        approval.deployment = Slug::new(&"o".repeat(100), &"n".repeat(100));
        (approval.name, approval.environment) = (long.clone(), Some(long.clone()));
        let vote = Vote { name: long.clone(), ..approval.votes.remove(0) };
        for choice in [Choice::Approve, Choice::Reject] {
            for voter in 0..50 {
                approval.votes.push(Vote { voter: format!("V{voter}"), choice, ..vote.clone() });
            }
        }
        approval.status = Status::Pending;
        let mut found = found(vec![approval; RECORD_SIZE.into()], Some(NEXT));
        let taken: Vec<_> = (0..12).map(|day| (sample::at(day * 86_400), 60)).collect();
        found.approved = Some(sample::approved_after(&taken));
        // What can't be read has no links with it; what can is a name.
        let fields = [Field::Environment, Field::Person]
            .map(|field| format!("{}={}", field.name(), "%F0%9F%9A%80".repeat(100)));
        let slug = format!("deployment={}/{}", "o".repeat(100), "n".repeat(100));
        let page = shown(&format!("{}&{slug}", fields.join("&")), Some(&found)).0;
        assert!(page.len() < 60_000, "{} bytes", page.len());
    }
}
