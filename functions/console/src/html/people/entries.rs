//! The entries of the list of people, and what happened to one.

use super::super::tables::{cell, list as table};
use super::super::{counted, time};
use super::{PART, PeoplePage};
use crate::address::parameters::query;
use crate::auth::visitor::{Access, Visitor, Who};
use crate::view::cut;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::people::{By, Claim, Did, Entry, Handle, Line, Nobody, Role, Statement};

/// Number of entries on a page.
const ROWS: usize = 15;
/// Largest size of a name, in bytes of HTML.
const NAME: usize = 100;
/// Largest size of an address and of a reason, in bytes of HTML.
const TEXT: usize = 200;

/// The search, the part of the list that is asked for, and the way to the others.
pub(super) fn list(shown: &PeoplePage<'_>, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let wanted = shown.wanted.to_lowercase();
    let mut entries: Vec<_> =
        shown.people.entries.iter().filter(|entry| wanted.is_empty() || is_wanted(entry, &wanted)).collect();
    entries.sort_by_key(|entry| (order(entry), label(entry).to_lowercase()));
    let parts = entries.chunks(ROWS).count();
    let part = shown.part.clamp(1, parts.max(1));
    let href = |part: usize| {
        format!("{PART}?{}", query(&[("q", &cut(shown.wanted, TEXT)), ("page", &part.to_string())]))
    };
    html! {
        section aria-labelledby="list" {
            h2 #list { (counted(entries.len(), "account", "accounts")) @if !wanted.is_empty() { " found" } }
            form.search method="get" action=(PART) role="search" aria-label="People" {
                div {
                    label for="q" { "Account, address, name or member" }
                    input id="q" name="q" type="text" value=(cut(shown.wanted, TEXT)) autocomplete="off";
                }
                div.go {
                    button type="submit" { "Search" }
                    @if !wanted.is_empty() { a href=(PART) { "Everybody" } }
                }
            }
            @if shown.people.is_cut {
                p.notice { "This list is cut short. Accounts that are missing here still count." }
            }
            @if let Some(rows) = entries.chunks(ROWS).nth(part - 1) {
                (table(&["Account", "Belongs to", "Said", "State"], rows.iter().map(|entry| row(entry, visitor, now))))
            }
            @if parts > 1 {
                nav.pager aria-label="More people" {
                    @if part > 1 { a href=(href(part - 1)) rel="prev" { "Previous" } }
                    @if part < parts { a href=(href(part + 1)) rel="next" { "Next" } }
                }
            }
        }
    }
}

/// History of `entry`, newest first.
pub(super) fn history(entry: &Entry, now: Timestamp) -> Markup {
    html! {
        @if !entry.history.is_empty() {
            h3 { "History" }
            ul {
                @for Line { by, did } in entry.history.iter().rev() {
                    li { (did_in_words(did, by)) ", " (time(by.at, now)) }
                }
            }
        }
    }
}

fn did_in_words(did: &Did, by: &By) -> String {
    let name = cut(&by.name, NAME);
    match did {
        Did::Say { claim: Claim::Removed } => format!("{name} removed it"),
        Did::Say { claim } => format!("{name} said: {}", claimed(claim)),
        Did::Confirm { claim: Claim::Removed } => format!("{name} confirmed the removal"),
        Did::Confirm { claim } => format!("{name} confirmed: {}", claimed(claim)),
        Did::Decline { claim } => format!("{name} denied: {}", claimed(claim)),
    }
}

fn claimed(claim: &Claim) -> String {
    match claim {
        Claim::Member { id, name } => cut(if name.is_empty() { id } else { name }, NAME),
        Claim::NobodyHere { kind, reason } => {
            format!("nobody here, {}: {}", kind.title().to_lowercase(), cut(reason, TEXT))
        }
        Claim::Removed => "removed".to_owned(),
    }
}

/// Rank of an entry in the list: open ones first, removed ones last.
fn order(entry: &Entry) -> u8 {
    match (&entry.waits, &entry.counts) {
        (Some(_), _) => 0,
        (None, Some(_)) => 1,
        (None, None) => 2,
    }
}

fn label(entry: &Entry) -> String {
    if entry.name.is_empty() { address(&entry.handle) } else { entry.name.clone() }
}

fn address(handle: &Handle) -> String {
    match handle {
        Handle::Account { id, .. } => format!("GitHub account {id}"),
        Handle::Email { address } => address.clone(),
        Handle::CiUser(user) => format!("{} user {}", user.ci.title(), user.id),
        Handle::PullRequest { repository, number, role: Role::Opener } => {
            format!("Opener of {repository}#{number}")
        }
        Handle::PullRequest { repository, number, role: Role::Merger } => {
            format!("Merger of {repository}#{number}")
        }
    }
}

fn is_wanted(entry: &Entry, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    let said = |statement: &Statement| match &statement.claim {
        Claim::Member { id, name } => has(id) || has(name),
        Claim::NobodyHere { kind, reason } => has(kind.title()) || has(reason),
        Claim::Removed => false,
    };
    has(&entry.handle.to_string())
        || has(&entry.name)
        || Handle::parse(wanted).as_ref() == Some(&entry.handle)
        || entry.counts.iter().chain(&entry.waits).any(said)
}

fn row(entry: &Entry, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let edit = format!("{PART}?{}", query(&[("handle", &entry.handle.to_string())]));
    let may_change = visitor.is_some_and(|visitor| visitor.may(Access::AdminPerson));
    html! {
        (cell("whole", &html! {
            strong dir="auto" { (cut(&label(entry), NAME)) }
            @if !entry.name.is_empty() { br; span.meta { (cut(&address(&entry.handle), TEXT)) } }
        }))
        (cell("", &html! { @if let Some(statement) = entry.newest() { span dir="auto" { (belongs(entry, statement)) } } }))
        (cell("", &said(entry, now)))
        (cell("whole", &html! {
            (state(entry))
            @if may_change {
                " " a href=(edit) aria-label=(format!("Edit {}", cut(&label(entry), NAME))) { "Edit" }
                (confirm(entry, visitor, now))
            }
        }))
    }
}

/// Owner of the account, or the old owner and the new one.
fn belongs(entry: &Entry, newest: &Statement) -> String {
    match (&entry.counts, newest.claim == Claim::Removed) {
        (Some(counts), true) => format!("{}, to be removed", claimed(&counts.claim)),
        (Some(counts), false) if entry.waits.is_some() => {
            format!("{}, before: {}", claimed(&newest.claim), claimed(&counts.claim))
        }
        (Some(_) | None, true | false) => claimed(&newest.claim),
    }
}

fn said(entry: &Entry, now: Timestamp) -> Markup {
    let by = |by: &By| cut(&by.name, NAME);
    html! {
        @match (entry.newest(), entry.history.last()) {
            (Some(Statement { said: Some(said), confirmed, .. }), _) => {
                "by " (by(said)) ", " (time(said.at, now))
                @if let Some(confirmed) = confirmed { "; confirmed by " (by(confirmed)) ", " (time(confirmed.at, now)) }
            }
            (Some(_), _) => "comes with Signoff",
            (None, Some(last)) => { (did_in_words(&last.did, &last.by)) ", " (time(last.by.at, now)) }
            (None, None) => {}
        }
    }
}

fn state(entry: &Entry) -> Markup {
    let for_one = entry.nobody_here_waits().is_some();
    let waits_for = entry.waits.as_ref().map(|waits| match waits.claim {
        Claim::Member { .. } => "the member or another admin",
        Claim::NobodyHere { .. } if for_one => "another admin, or a voter for one approval",
        Claim::NobodyHere { .. } | Claim::Removed => "another admin",
    });
    let is_bot_or_other = |statement: &Statement| match &statement.claim {
        Claim::NobodyHere { kind, .. } => Some(*kind),
        Claim::Member { .. } | Claim::Removed => None,
    };
    let is_account = matches!(entry.handle, Handle::Account { .. });
    html! {
        @match (waits_for, &entry.counts) {
            (Some(whom), _) => { span.state.warn { "Not confirmed" } " " span.meta { "waits for " (whom) } }
            (None, Some(counts)) => @match is_bot_or_other(counts) {
                Some(kind) => {
                    span.state.quiet { (kind.title()) }
                    @if let Some(counts) = counts_for(kind).filter(|_| is_account) { " " span.meta { (counts) } }
                },
                None => span.state.good { "Confirmed" },
            },
            (None, None) => span.state.quiet { "Removed" },
        }
    }
}

/// What it counts for that an account is nobody here; `None`: for all that it did. Somebody may have had a
/// program do its work.
fn counts_for(kind: Nobody) -> Option<&'static str> {
    let bounds = [
        (Nobody::Bot, "counts for its own signed commits only"),
        (Nobody::Assistant, "a program’s account counts as a co-author only"),
    ];
    bounds.into_iter().find(|(of, _)| *of == kind).map(|(_, counts)| counts)
}

/// The button that confirms it, for who may.
fn confirm(entry: &Entry, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let person = visitor.and_then(|visitor| match &visitor.who {
        Who::Person(member) => Some((visitor, member)),
        Who::Key(_) => None,
    });
    let may = person.filter(|(_, member)| {
        let by = By { id: member.id.clone(), name: member.name.clone(), at: now };
        entry.confirm_as_admin(entry.version, by).is_ok()
    });
    html! {
        @if let Some((visitor, _)) = may {
            form method="post" action="/settings/people/confirm" {
                (visitor.form_token())
                input type="hidden" name="handle" value=(entry.handle);
                input type="hidden" name="version" value=(entry.version);
                button.second type="submit" aria-label=(format!("Confirm {}", cut(&label(entry), NAME))) { "Confirm" }
            }
        }
    }
}
