//! The forms with which somebody who may vote confirms for one approval that a maker is nobody here.

use super::fit::{NAME, TEXT};
use crate::auth::visitor::{Member, Visitor};
use crate::view::ballot::voter;
use crate::view::cut;
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::approval::{Approval, SaidNobody};
use signoff_core::message::shorten;
use signoff_voting::may_confirm;

/// Number of forms that are shown; the next ones come up once these are sent.
const SHOWN: usize = 5;

/// A form for each maker of `approval` of whom `member` can confirm at `now` what was said; nothing where
/// there is none.
pub(super) fn confirm_nobody(
    approval: &Approval,
    (visitor, member): (&Visitor, &Member),
    people: &People<'_>,
    now: Timestamp,
) -> Markup {
    let voter = voter(member, &approval.workspace);
    let may = |said: &&SaidNobody| may_confirm(approval, &voter, said, now);
    html! {
        @for (number, said) in approval.said_nobody_here().filter(may).take(SHOWN).enumerate() {
            (form(approval, visitor, people, (number, said)))
        }
    }
}

fn form(
    approval: &Approval,
    visitor: &Visitor,
    people: &People<'_>,
    (number, said): (usize, &SaidNobody),
) -> Markup {
    let id = format!("nobody-{number}-{}", approval.id);
    let action = format!("/deploys/{}/approvals/{}/nobody", approval.deploy, approval.id);
    let (maker, by) = (shorten(&said.name, NAME), people.name(&said.by, &said.by));
    let (kind, reason) = (said.kind.title().to_lowercase(), cut(&said.reason, TEXT));
    html! {
        form.ballot id=(id) method="post" action=(action) {
            (visitor.form_token())
            input type="hidden" name="subject" value=(approval.subject.mark());
            input type="hidden" name="handle" value=(said.handle);
            input type="hidden" name="version" value=(said.version);
            p dir="auto" { (shorten(by, NAME)) " said that " strong { (maker) } " is nobody here (" (kind) "): " (reason) }
            p.meta {
                "Confirm this only if you know that it is true. It counts for this approval only, and the record names you. You can \
                 still vote."
            }
            button.plain type="submit" { "Confirm: nobody here" }
        }
    }
}
