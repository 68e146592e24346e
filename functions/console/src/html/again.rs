//! The forms that have something done again: a closed approval asked, the rules of a deploy evaluated.

use super::ballot::DeployPageContext;
use super::fit::TEXT;
use crate::address::place::{Next, Tab, deploy_href};
use crate::view::ballot::voter;
use crate::view::cut;
use crate::view::words::sentence;
use maud::{Markup, html};
use signoff_core::approval::Approval;
use signoff_core::confirmation::Confirmation;

/// The form that has the closed `approval` asked again, for whoever may; nothing where it can't be.
pub(super) fn ask_again(approval: &Approval, booth: &DeployPageContext<'_>) -> Markup {
    let run = booth.record.runs.iter().find(|run| run.id == approval.run);
    let Some((visitor, member)) = booth.member() else { return html! {} };
    let may = member.is_admin || approval.admit(&voter(member, &approval.workspace)).is_ok();
    if !may || run.is_none_or(|run| run.may_ask_again(approval).is_err()) {
        return html! {};
    }
    let (deploy, id) = (&approval.deploy, &approval.id);
    html! {
        form.ballot id=(format!("again-{id}")) method="post" action=(format!("/deploys/{deploy}/approvals/{id}/again")) {
            (visitor.form_token())
            p.meta { "Asks again from zero votes, by the rules in force now. This approval stays on record." }
            button.plain type="submit" { "Ask again" }
        }
    }
}

/// The notice that rules of the deploy were not evaluated, with the form that has that done again; nothing
/// where all of them were.
pub(super) fn evaluate_again(booth: &DeployPageContext<'_>) -> Markup {
    let deploy = &booth.record.deploy;
    let none = "The rules of this deploy were not evaluated.";
    let (what, reasons) = match &deploy.confirmation {
        Confirmation::Unevaluated { reason } => (none, vec![sentence(&cut(reason, TEXT))]),
        Confirmation::Unconfirmed { doubt } => {
            (none, vec![cut(&doubt.sentence(&deploy.revision, &deploy.repository), TEXT)])
        }
        Confirmation::Confirmed if deploy.was_evaluated_in_part() => {
            let news = deploy.reading.unread_news.iter();
            let reasons = news.chain(&deploy.reading.unjudged).map(|reason| sentence(&cut(reason, TEXT)));
            ("Some rules of this deploy were not evaluated.", reasons.collect())
        }
        Confirmation::Awaited | Confirmation::Confirmed | Confirmation::Repeat { .. } => return html! {},
    };
    html! {
        section.notice.problem aria-label="Rules not evaluated" {
            p { strong { (what) } @for reason in &reasons { " " (reason) } }
            @if let Some((visitor, _)) = booth.member() {
                form.choices method="post" action=(format!("/deploys/{}/evaluate", deploy.id)) {
                    (visitor.form_token())
                    button.plain type="submit" { "Evaluate again" }
                }
            } @else {
                p {
                    a href=(Next::new(&deploy_href(&deploy.id, Tab::Approvals), "").sign_in_href()) {
                        "Sign in with Slack to have them evaluated again"
                    }
                }
            }
        }
    }
}
