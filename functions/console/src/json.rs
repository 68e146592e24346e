//! The JSON of `/api/v1`. Fields are added to it, never renamed or taken away.
//!
//! `GET /api/v1/deploys?limit=&before=`, newest first; `next` is the `before` of the next part, `null` at the end:
//!
//! ```json
//! {"deploys": [{"id", "deployment", "environment", "revision", "deployed_at", "url"}], "next": "…"}
//! ```
//!
//! `GET /api/v1/deploys/{id}/approvals`:
//!
//! ```json
//! {"deploy": {…}, "approvals": [{"id", "name", "status", "votes": […], "actions": […], …}], "runs": […], "notices": […]}
//! ```
//!
//! Each field is described in [`crate::view`]. Times are in UTC, as RFC 3339 has them. Errors are
//! `application/problem+json` (RFC 9457).

use crate::mrkdwn::People;
use crate::site::Site;
use crate::view::{ApprovalView, DeployView, Notice, RunView, notices};
use serde::Serialize;
use store::{Listing, Page};

/// The answer of `/api/v1/deploys`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeploysDocument {
    deploys: Vec<DeployView>,
    next: Option<String>,
}

/// The answer of `/api/v1/deploys/{id}/approvals`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApprovalsDocument {
    deploy: DeployView,
    /// Oldest first.
    approvals: Vec<ApprovalView>,
    /// Oldest first.
    runs: Vec<RunView>,
    notices: Vec<Notice>,
}

/// An error, as RFC 9457 has it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProblemDocument<'a> {
    /// `about:blank`: the title says it all.
    pub(crate) r#type: &'static str,
    pub(crate) title: &'a str,
    pub(crate) status: u16,
    pub(crate) detail: &'a str,
    /// The request's id, where somebody may have to look into the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<&'a str>,
}

impl DeploysDocument {
    /// A part of the list.
    pub(crate) fn new(listing: &Listing, site: &Site) -> Self {
        let deploys = listing.deploys.iter().map(|deploy| DeployView::of_summary(deploy, site)).collect();
        Self { deploys, next: listing.next.clone() }
    }
}

impl ApprovalsDocument {
    /// A deploy's approvals and runs.
    pub(crate) fn new(page: &Page, site: &Site) -> Self {
        let people = People::of(page);
        let approvals = page.approvals.iter().filter_map(|approval| {
            let run = page.runs.iter().find(|run| run.id == approval.run)?;
            Some(ApprovalView::of(approval, run, page, &people))
        });
        Self {
            deploy: DeployView::of_page(page, site),
            approvals: approvals.collect(),
            runs: page.runs.iter().map(RunView::of).collect(),
            notices: notices(page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::{Value, json};

    fn document(page: &Page) -> Value {
        let site = Site::new("https://signoff.example.com").unwrap();
        serde_json::to_value(ApprovalsDocument::new(page, &site)).unwrap()
    }

    #[test]
    fn the_approvals_of_a_deploy() {
        let text = serde_json::to_string_pretty(&document(&sample::approved())).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_state_of_an_action_has_its_word() {
        let (several, failed) = (document(&sample::several_runs()), document(&sample::failed()));
        let runs = [&several["runs"], &failed["runs"]].into_iter().flat_map(|runs| runs.as_array().unwrap());
        let mut states: Vec<_> = runs
            .flat_map(|run| run["steps"].as_array().unwrap())
            .map(|step| step["state"].as_str().unwrap())
            .collect();
        states.sort_unstable();
        states.dedup();
        assert_eq!(states, ["failed", "running", "skipped", "succeeded", "unknown", "waiting"]);
        assert_eq!(document(&sample::pending())["runs"][0]["steps"][0]["state"], json!("asking"));
    }

    #[test]
    fn how_an_approval_ended() {
        let of = |page: &Page| {
            let approval = &document(page)["approvals"][0];
            (approval["status"].clone(), approval["closed_at"].clone(), approval["reason"].clone())
        };
        assert_eq!(of(&sample::pending()), (json!("pending"), Value::Null, Value::Null));
        assert_eq!(of(&sample::rejected()), (json!("rejected"), json!("2026-11-23T10:47:01Z"), Value::Null));
        let reason = json!("none of the people who may vote is left in Slack.");
        assert_eq!(of(&sample::cancelled()), (json!("cancelled"), json!("2026-11-23T10:52:00Z"), reason));
    }

    #[test]
    fn notices_and_hostile_links() {
        let refused = document(&sample::refused());
        assert_eq!(refused["notices"][0]["kind"], json!("rules_refused"));
        assert_eq!(refused["notices"][0]["details"].as_array().map(Vec::len), Some(2));
        assert_eq!(refused["approvals"], json!([]));
        assert_eq!(document(&sample::hostile())["runs"][0]["steps"][1]["url"], Value::Null);
    }
}
