//! The forms with which people who are signed in with Slack act on an action that failed.

use super::ballot::{DeployPageContext, FlashMessage, WRITTEN};
use crate::auth::visitor::Visitor;
use crate::view::ballot::voter;
use crate::view::{QuestionView, cut};
use maud::{Markup, html};
use signoff_core::approval::Approval;
use signoff_core::message::LONGEST_REASON;
use signoff_core::run::Resolution;
use signoff_voting::may_stand_in;

impl DeployPageContext<'_> {
    /// Forms that resolve an action that failed, or whose outcome is unknown. Empty for somebody who may not.
    pub(super) fn question(&self, question: &QuestionView) -> Markup {
        let Some((visitor, member)) = self.member() else { return html! {} };
        // Slack is asked whether those who are named have left once an admin sends the form.
        let may = |approval: &Approval| {
            let voter = voter(member, &approval.workspace);
            approval.admit(&voter).is_ok() || may_stand_in(approval, &voter, member.is_admin)
        };
        let asked = question.approval.as_ref();
        let approval = self.record.approvals.iter().find(|approval| Some(&approval.id) == asked);
        // Where no approval says who may, admins may.
        let may = match asked {
            Some(_) => approval.is_some_and(may),
            None => member.is_admin,
        };
        if !may {
            return html! {};
        }
        let QuestionView { run, step, failed_at, offers, .. } = question;
        let skips = offers.contains(&Resolution::Skip);
        let told = self.told_about(asked).filter(|told| !told.is_done && told.what.is_none());
        let action = format!("/deploys/{}/runs/{run}/steps/{step}", self.record.deploy.id);
        html! {
            form.choices id=(format!("step-{run}-{step}")) method="post" action=(action) {
                (visitor.form_token())
                input type="hidden" name="failed_at" value=(failed_at.as_microsecond());
                @for (resolution, text) in RESOLUTIONS {
                    @if offers.contains(&resolution) && resolution != Resolution::Skip {
                        button.plain type="submit" name="resolution" value=(resolution_name(resolution)) { (text) }
                    }
                }
            }
            @if skips {
                (skip(&format!("{run}-{step}"), &action, failed_at.as_microsecond(), visitor, told))
            }
        }
    }
}

/// The form that skips an action, with its reason, behind a click. `id`: what tells it from others.
fn skip(id: &str, action: &str, failed_at: i64, visitor: &Visitor, told: Option<&FlashMessage>) -> Markup {
    let reason = told.and_then(|told| told.reason.as_ref());
    html! {
        details.more id=(format!("more-skip-{id}")) open[reason.is_some()] {
            summary { "Skip" }
            form method="post" action=(action) {
                (visitor.form_token())
                input type="hidden" name="failed_at" value=(failed_at);
                label for=(format!("skip-{id}")) { "Why?" }
                textarea id=(format!("skip-{id}")) name="reason" rows="2" maxlength=(LONGEST_REASON) required {
                    @if let Some(reason) = reason { (cut(reason, WRITTEN)) }
                }
                button.reject type="submit" name="resolution" value=(resolution_name(Resolution::Skip)) { "Skip it" }
            }
        }
    }
}

/// Resolutions of an action that failed, and the texts of their buttons.
const RESOLUTIONS: [(Resolution, &str); 3] =
    [(Resolution::Retry, "Retry"), (Resolution::Skip, "Skip"), (Resolution::MarkAsDone, "Mark as done")];

/// Its name in the form.
fn resolution_name(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Retry => "retry",
        Resolution::Skip => "skip",
        Resolution::MarkAsDone => "mark-as-done",
    }
}

/// Resolution with this name in the form.
pub(crate) fn resolution_named(name: &str) -> Option<Resolution> {
    RESOLUTIONS.into_iter().map(|(resolution, _)| resolution).find(|known| resolution_name(*known) == name)
}
