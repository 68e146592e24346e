//! The JSON of a deploy's approvals.

use crate::address::site::Site;
use crate::view::mrkdwn::People;
use crate::view::{ApprovalView, AwaitedView, DeployView, Notice, OvertakenView, RunView, notices};
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::evaluation::Evaluation;
use signoff_store::Page;

/// A deploy and its approvals.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ApprovalsDocument {
    deploy: DeployView,
    /// Oldest first.
    approvals: Vec<ApprovalView>,
    /// Oldest first.
    runs: Vec<RunView>,
    /// The rules that ask people and have not asked: they wait, can't be opened or judged, or a newer deploy
    /// came first.
    awaited: Vec<AwaitedView>,
    /// The approvals that let nothing through any more, although people approved: another revision was let
    /// through to the same place since, or the deploy was rolled back.
    overtaken: Vec<OvertakenView>,
    notices: Vec<Notice>,
}

impl ApprovalsDocument {
    /// A deploy's approvals and runs. `evaluation`: the last one of its rules; `overtaken`: the approvals
    /// that let nothing through any more.
    pub(crate) fn new(
        page: &Page,
        evaluation: Option<&Evaluation>,
        overtaken: Vec<OvertakenView>,
        site: &Site,
    ) -> Self {
        let people = People::of(page);
        let approvals = page.approvals.iter().filter_map(|approval| {
            let run = page.runs.iter().find(|run| run.id == approval.run)?;
            Some(ApprovalView::of(approval, run, page, &people))
        });
        let awaited = evaluation.map_or_else(Vec::new, AwaitedView::all);
        Self {
            deploy: DeployView::of_page(page, site),
            approvals: approvals.collect(),
            runs: page.runs.iter().map(|run| RunView::of(run, page, &people)).collect(),
            awaited: AwaitedView::unreadable(page).into_iter().chain(awaited).collect(),
            overtaken,
            notices: notices(page),
        }
    }
}
