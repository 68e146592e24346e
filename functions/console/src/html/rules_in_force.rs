//! The part of a deployment's page that says by which rules its deploys go, and what is proposed in their
//! place.

use super::{counted, deployment_href, time};
use crate::auth::visitor::{Visitor, Who};
use crate::view::web_link;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::message::{LONGEST_REASON, shorten};
use signoff_core::rules_in_force::{FileCopy, Proposal, RulesInForce};

/// Longest part of an admin's reason that is shown, in characters.
const REASON: usize = 300;

/// The rules in force of a deployment, and the file that waits for an approval.
pub(super) fn rules_in_force(rules: &RulesInForce, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let in_force = &rules.in_force;
    html! {
        section.block aria-labelledby="rules" {
            h2 #rules { "Rules in force" }
            p {
                (file(&in_force.file)) ", since " (time(in_force.since, now)) ": "
                (shorten(&in_force.how.to_string(), REASON)) "."
            }
            @if let Some(proposal) = &rules.proposal { (proposed(rules, proposal, visitor, now)) }
        }
    }
}

fn proposed(rules: &RulesInForce, proposal: &Proposal, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let person = visitor.filter(|visitor| matches!(&visitor.who, Who::Person(member) if member.is_admin));
    html! {
        h3 { "Proposed" }
        p {
            (file(&proposal.file)) " is on the default branch since " (time(proposal.at, now)) " or before. "
            @if proposal.rejected { "The voters rejected it." } @else { "It counts once it is approved: " a href={ "/deploys/" (proposal.deploy) } { "see the votes" } "." }
        }
        ul { @for change in &proposal.changes { li { (change) } } }
        @if proposal.more > 0 { p.meta { "And " (counted(proposal.more, "more change", "more changes")) "." } }
        @if let Some(comparison) = proposal.comparison.as_deref().and_then(web_link) {
            p { a href=(comparison) { "See the difference" } "." }
        }
        @if let Some(person) = person.filter(|_| !proposal.rejected) {
            details {
                summary { "Accept it without votes" }
                form method="post" action=(deployment_href(&rules.deployment, "/rules")) {
                    (person.form_token())
                    input type="hidden" name="file" value=(proposal.file.id);
                    p.meta {
                        "Only where its dialog is blocked, could not be opened or can\u{2019}t be shown in its channel, and nobody else is \
                         still to be asked. Only by an admin who made none of it. The channel is told."
                    }
                    label for="rules-reason" { "Reason" }
                    input #rules-reason type="text" name="reason" required maxlength=(LONGEST_REASON);
                    button type="submit" { "Accept" }
                }
            }
        }
    }
}

fn file(file: &FileCopy) -> Markup {
    let hash = file.hash.get(..7).unwrap_or(&file.hash);
    html! {
        @match &file.path {
            Some(path) => { code { (path) } " (" code title=(file.hash) { (hash) } ")" },
            None => "No rules file",
        }
    }
}
