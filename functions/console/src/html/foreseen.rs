//! The actions of an open approval that fail as things were when it opened.

use super::fit::{TEXT, all_href, code_lines};
use crate::view::ApprovalView;
use maud::{Markup, html};
use signoff_core::id::DeployId;

/// A box with the actions that fail once the approval ended, each with the reason and what to do; nothing
/// where none is foreseen to, or people can't decide any more.
pub(super) fn foreseen(approval: &ApprovalView, deploy: &DeployId) -> Markup {
    let fails = &approval.subject.fails;
    html! {
        @if approval.state.is_open() && !fails.is_empty() {
            div.notice.problem {
                p { "When this opened, these actions were going to fail:" }
                (code_lines(fails, &all_href(deploy, "/approvals"), TEXT))
            }
        }
    }
}
