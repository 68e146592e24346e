//! The list of people: its entries, the form of one, and the import of a file.

mod entries;

use super::fields::{Line, line};
use super::{counted, page};
use crate::auth::visitor::{Access, Visitor};
use crate::forms::Field;
use crate::forms::people::{LONGEST_NAME, LONGEST_REASON, MEMBER, PersonForm};
use crate::forms::people_file::LineProblem;
use crate::view::{cut, weight};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::message::shorten;
use signoff_core::people::{Entry, Handle, Nobody};
use signoff_store::People;

/// The page's address.
const PART: &str = "/settings/people";
/// Number of a file's problems that are shown.
const PROBLEMS: usize = 20;
/// Largest size of a file that stays in its field, in bytes of HTML.
const KEPT: usize = 8000;
/// Largest size of a problem, in bytes of HTML.
const PROBLEM: usize = 300;
/// The longest address or number that is typed, in characters.
const LONGEST_HANDLE: usize = 300;

/// The parts of the settings, and their addresses.
const SETTINGS: [(&str, &str); 3] =
    [("API keys", "/settings/keys"), ("People", PART), ("Sessions", "/settings/sessions")];

/// The contents of the page.
#[derive(Clone, Debug)]
pub(crate) struct PeoplePage<'a> {
    pub(crate) people: &'a People,
    /// The text that is searched for; empty: everything.
    pub(crate) wanted: &'a str,
    /// The part of the list, from 1.
    pub(crate) part: usize,
    pub(crate) shown: &'a Shown,
}

/// The form that stands above the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The form of a new entry, empty, below the list.
    List,
    /// The same, after a file that changed so many accounts was imported.
    Imported(usize),
    /// This form, with what is wrong.
    Form(PersonForm),
    /// This form of an entry that somebody else changed meanwhile.
    Late(PersonForm),
    /// A file that was not imported.
    Import(Import),
}

/// A file that was not imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) text: String,
    pub(crate) problems: Vec<LineProblem>,
}

/// The way between the parts of the settings; `here`: the address of this one.
pub(super) fn settings_parts(here: &str) -> Markup {
    html! {
        nav.tabs aria-label="Settings" {
            @for (name, href) in SETTINGS {
                a href=(href) aria-current=[(here == href).then_some("page")] { (name) }
            }
        }
    }
}

/// The page.
pub(crate) fn people(shown: &PeoplePage<'_>, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let may_change = visitor.is_some_and(|visitor| visitor.may(Access::AdminPerson));
    let body = html! {
        (settings_parts(PART))
        h1 { "People" }
        p.lead { "Which Slack member each git account and e-mail address belongs to. Four-eyes checks rely on this list." }
        @if !may_change {
            p.notice { "Sign in with Slack as an admin to change this list. Another admin or the member has to confirm each change." }
        }
        @if may_change {
            @match shown.shown {
                Shown::List => {}
                Shown::Imported(changed) => {
                    p.notice role="status" { "The file was imported. It changed " (counted(*changed, "account", "accounts")) "." }
                }
                Shown::Form(form) => (form_section(form, shown.people, visitor, now)),
                Shown::Late(form) => {
                    p.notice.problem role="alert" {
                        "Somebody changed it in the meantime, so nothing was saved. You now see the saved version. Make your change again."
                    }
                    (form_section(form, shown.people, visitor, now))
                }
                Shown::Import(import) => (import_section(Some(import), visitor)),
            }
        }
        (entries::list(shown, visitor, now))
        @if may_change {
            @if !matches!(shown.shown, Shown::Form(_) | Shown::Late(_)) {
                (form_section(&PersonForm::default(), shown.people, visitor, now))
            }
            @if !matches!(shown.shown, Shown::Import(_)) { (import_section(None, visitor)) }
        }
        h2 { "Export" }
        p { a href="/settings/people.csv" { "Download the list as CSV" } ". The import reads the same columns." }
    };
    page("People", Some("/settings/keys"), visitor, &body)
}

fn form_section(form: &PersonForm, people: &People, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let handle = Handle::parse(&form.handle.text);
    let entry = people.entries.iter().find(|entry| Some(&entry.handle) == handle.as_ref());
    let known =
        entry.filter(|entry| form.version > 0 || (form.version == entry.version && !entry.is_removed()));
    html! {
        section aria-labelledby="form" {
            h2 #form { @if known.is_some() { "Change " (title(form)) } @else { "Add an account" } }
            (fields(form, known.is_some(), visitor))
            @if let Some(entry) = known {
                (entries::history(entry, now))
                @if !entry.is_removed() { (remove(entry, visitor)) }
            }
        }
    }
}

fn title(form: &PersonForm) -> String {
    let name = if form.name.text.is_empty() { &form.handle.text } else { &form.name.text };
    shorten(name, 60)
}

fn fields(form: &PersonForm, is_known: bool, visitor: Option<&Visitor>) -> Markup {
    let of = |id, label, hint, required, longest| Line { id, label, hint, required, longest };
    let handle = of(
        "handle",
        "Git account or e-mail address",
        "The account\u{2019}s number on GitHub, which stays when it is renamed (the id at https://api.github.com/users/LOGIN); its \
         noreply address (1234567+login@users.noreply.github.com); an e-mail address of commits; or, as the dialog names it, a user of \
         CircleCI (circleci:ID) or what a deleted account did (acme/checkout#7:opener, acme/checkout#7:merger).",
        true,
        LONGEST_HANDLE,
    );
    let name = of("name", "Name", "A name that people recognize, such as its login.", false, LONGEST_NAME);
    let member = of(
        "member",
        "Slack member",
        "The member\u{2019}s id (\u{201c}Copy member ID\u{201d} in their profile), or their e-mail address in Slack. They are asked \
         in a direct message to confirm it.",
        false,
        254,
    );
    let reason = of(
        "reason",
        "Reason",
        "Where it belongs to nobody here: why. Another admin has to confirm it, or, for one approval and not of a bot, somebody who \
         may vote on it. What a bot on this list commits by itself, by the source host\u{2019}s signature, has no maker.",
        false,
        LONGEST_REASON,
    );
    let is = if form.is.text.is_empty() { MEMBER } else { form.is.text.as_str() };
    html! {
        form.fields method="post" action=(PART) {
            @if let Some(visitor) = visitor { (visitor.form_token()) }
            input type="hidden" name="version" value=(form.version);
            @if is_known {
                input type="hidden" name="handle" value=(form.handle.text);
                p { code { (shorten(&form.handle.text, LONGEST_HANDLE)) } }
            } @else { (line(&handle, &bounded(&form.handle, LONGEST_HANDLE))) }
            (line(&name, &bounded(&form.name, LONGEST_NAME)))
            div.field {
                label for="is" { "Belongs to" }
                @if let Some(problem) = &form.is.problem { p.wrong #is-problem { (problem) } }
                select #is name="is" aria-describedby=[form.is.problem.as_ref().map(|_| "is-problem")] {
                    option value=(MEMBER) selected[is == MEMBER] { "A Slack member" }
                    @for kind in Nobody::ALL {
                        option value=(kind.name()) selected[is == kind.name()] { "Nobody here: " (kind.title().to_lowercase()) }
                    }
                }
            }
            (line(&member, &bounded(&form.member, 254)))
            (line(&reason, &bounded(&form.reason, LONGEST_REASON)))
            button type="submit" { @if is_known { "Save" } @else { "Add" } }
        }
    }
}

/// The field with as much of its text as may be typed into it.
fn bounded(field: &Field, longest: usize) -> Field {
    Field { text: shorten(&field.text, longest), problem: field.problem.clone() }
}

fn remove(entry: &Entry, visitor: Option<&Visitor>) -> Markup {
    let needs_second = entry.counts.as_ref().and_then(|counts| counts.member()).is_some();
    html! {
        details.confirm {
            summary { "Remove\u{2026}" }
            @if needs_second {
                p { "Another admin has to confirm this. Until then, the entry stays in force." }
            } @else {
                p { "After that, Signoff doesn\u{2019}t know whose account this is, and its changes can\u{2019}t pass a four-eyes check by this list." }
            }
            form method="post" action="/settings/people/remove" {
                @if let Some(visitor) = visitor { (visitor.form_token()) }
                input type="hidden" name="handle" value=(entry.handle);
                input type="hidden" name="version" value=(entry.version);
                button.danger type="submit" { "Remove it" }
            }
        }
    }
}

fn import_section(import: Option<&Import>, visitor: Option<&Visitor>) -> Markup {
    let problems = import.map(|import| import.problems.as_slice()).unwrap_or_default();
    let text = import.map(|import| import.text.as_str()).unwrap_or_default();
    let is_kept = weight(text) <= KEPT;
    html! {
        section aria-labelledby="import" {
            h2 #import { "Import" }
            @if !problems.is_empty() {
                div.notice.problem role="alert" {
                    p { "Nothing was imported. " (counted(problems.len(), "problem", "problems")) ":" }
                    ul #file-problems {
                        @for found in problems.iter().take(PROBLEMS) {
                            li { "Line " (found.line) ": " (cut(&found.problem, PROBLEM)) }
                        }
                        @if problems.len() > PROBLEMS { li { "and " (problems.len() - PROBLEMS) " more" } }
                    }
                    @if !is_kept { p { "The file is too long to show here. Fix it and paste it again." } }
                }
            }
            form.fields method="post" action="/settings/people/import" {
                @if let Some(visitor) = visitor { (visitor.form_token()) }
                div.field {
                    label for="file" { "CSV file" }
                    textarea #file name="file" rows="6" required spellcheck="false"
                        aria-describedby=(if problems.is_empty() { "file-hint" } else { "file-problems file-hint" }) {
                        @if is_kept { "\n" (text) }
                    }
                    p.meta #file-hint {
                        "Paste it here. The first line names the columns: account, name, member, nobody_here, reason. Each other line has \
                         a member (id or e-mail address in Slack), or one of left, outside, assistant, bot in nobody_here with a reason. \
                         The whole file is checked first. Accounts that it doesn\u{2019}t name stay as they are."
                    }
                }
                button type="submit" { "Import" }
            }
        }
    }
}

#[cfg(test)]
mod tests;
