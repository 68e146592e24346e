//! The JSON of `/api/v1`. Fields are added to it, never renamed or taken away.
//!
//! `GET /api/v1/deployments?after=`, by name; `next` is the `after` of the next part, `null` at the end:
//!
//! ```json
//! {"deployments": [{"deployment", "url", "disconnected", "environments": [{"environment", "deploy": {…},
//!   "branch", "health", "pending_approvals"}]}], "next": "acme/checkout"}
//! ```
//!
//! A part has at most 100 environments; of a deployment that has more, the first.
//!
//! `GET /api/v1/deploys?deployment=&environment=&revision=&since=&until=&limit=&before=`, newest first;
//! `next` is the `before` of the next part, `null` at the end:
//!
//! ```json
//! {"deploys": [{"id", "deployment", "environment", "revision", "deployed_at", "state", "has_failed",
//!   "url"}], "next": "…"}
//! ```
//!
//! `deployment` is `owner/name`; `environment` is compared in any case; `revision` is a SHA, or its first 7
//! characters or more; `since` and `until` are times, of which the first is in the list and the second is
//! not. A part costs two queries. Of an environment or a revision of all deployments, it comes from the
//! newest 500 deploys of all: it may have fewer than `limit`, or none, though there is a next one.
//!
//! `GET /api/v1/approvals?deployment=&environment=&revision=&person=&outcome=&since=&until=&limit=&before=`,
//! newest first:
//!
//! ```json
//! {"approvals": [{"id", "deploy", "deployment", "environment", "status", "votes": […], …}], "next": "…"}
//! ```
//!
//! `person` is a Slack user id or a part of a name; `outcome` is `pending`, `approved`, `rejected`,
//! `expired`, `superseded` or `cancelled`. Where an environment, a revision, a person or an outcome is asked
//! for, a part comes from 500 of each kind that is looked at.
//!
//! `GET /api/v1/deploys/{id}`, with what conditions and templates of rules can ask about:
//!
//! ```json
//! {"deploy": {"id", "deployment", …, "url", "tags": […], "commits": […], "pull_requests": […], …},
//!   "facts": {"reports": {…}, "tags": […], "reactions": […], …}, "runs": […], "notices": […]}
//! ```
//!
//! `GET /api/v1/deploys/{id}/approvals`:
//!
//! ```json
//! {"deploy": {…}, "approvals": [{"id", "name", "status", "votes": […], "struck": […], "withdrawn": […],
//!   "electorate": {…}, "actions": […], "on_reject": […], "on_expire": […], …}], "runs": […],
//!   "awaited": [{"rule", "reason"}], "overtaken": [{"approval", "reason"}], "notices": […]}
//! ```
//!
//! `GET /api/v1/deploys/{id}/events`, oldest first:
//!
//! ```json
//! {"deploy": {…}, "events": [{"deploy", "at", "event": "vote_cast", "approval", "voter", …}]}
//! ```
//!
//! Each field is described in [`crate::view`]; those of a whole deploy in [`Deploy`], those of an event in
//! [`EventKind`](signoff_core::event::EventKind): they are as they are on record, whose fields have to stay
//! what they are for as long as it is kept. Times are in UTC, as RFC 3339 has them. Errors are
//! `application/problem+json` (RFC 9457).

mod approvals;
mod openapi;
mod query;

pub(crate) use approvals::ApprovalsDocument;
pub(crate) use openapi::openapi_of;
pub(crate) use query::{repeated_parameter, unknown_parameter};

use crate::address::site::Site;
use crate::view::mrkdwn::People;
use crate::view::{DeployView, DeploymentView, ListedApproval, Notice, Overview, RunView, notices};
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::deploy::Deploy;
use signoff_core::event::Event;
use signoff_core::facts::Facts;
use signoff_store::{ApprovalListing, Listing, Page};

/// A page of deployments.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeploymentsDocument {
    /// In order of name.
    deployments: Vec<DeploymentView>,
    /// Send this as `after` to get the next page; `null` on the last page.
    next: Option<String>,
}

/// A page of deploys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeploysDocument {
    deploys: Vec<DeployView>,
    /// The number of deploys left out of this page because this release can't read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<usize>,
    next: Option<String>,
}

/// A page of approvals.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RecordDocument {
    /// Newest first.
    approvals: Vec<ListedApproval>,
    /// The number of approvals left out of this page because this release can't read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<usize>,
    next: Option<String>,
}

/// A deploy, with its facts, runs and notices.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeployDocument<'a> {
    deploy: WholeDeploy<'a>,
    /// Facts that Signoff has learned about the deploy since it arrived.
    facts: &'a Facts,
    /// Oldest first.
    runs: Vec<RunView>,
    notices: Vec<Notice>,
}

/// Everything that Signoff knows about a deploy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct WholeDeploy<'a> {
    #[serde(flatten)]
    deploy: &'a Deploy,
    /// The deploy's page.
    url: String,
}

/// A deploy and its events.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct EventsDocument<'a> {
    deploy: DeployView,
    /// Oldest first.
    events: &'a [Event],
}

/// An error in the format of RFC 9457.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemDocument<'a> {
    /// Always `about:blank`.
    pub(crate) r#type: &'static str,
    pub(crate) title: &'a str,
    pub(crate) status: u16,
    pub(crate) detail: &'a str,
    /// The request's ID in the logs. Present on errors that an operator may have to look into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<&'a str>,
}

/// A number that is only told where it is not zero.
fn some(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

impl DeploymentsDocument {
    /// A part of the list.
    pub(crate) fn new(overview: &Overview, site: &Site) -> Self {
        let next = overview.part.next.as_ref().map(ToString::to_string);
        Self { deployments: DeploymentView::all(overview, site), next }
    }
}

impl DeploysDocument {
    /// A part of the list.
    pub(crate) fn new(listing: &Listing, site: &Site) -> Self {
        let deploys = listing.deploys.iter().map(|deploy| DeployView::of_summary(deploy, site)).collect();
        Self { deploys, unreadable: some(listing.unreadable), next: listing.next.clone() }
    }
}

impl RecordDocument {
    /// A part of the record.
    pub(crate) fn new(listing: &ApprovalListing, site: &Site) -> Self {
        let approvals = listing.approvals.iter().map(|approval| ListedApproval::of(approval, site));
        let (unreadable, next) = (some(listing.unreadable), listing.next.clone());
        Self { approvals: approvals.collect(), unreadable, next }
    }
}

impl<'a> DeployDocument<'a> {
    /// A deploy and its runs.
    pub(crate) fn new(page: &'a Page, site: &Site) -> Self {
        let people = People::of(page);
        Self {
            deploy: WholeDeploy { deploy: &page.deploy, url: site.deploy_url(&page.deploy.id) },
            facts: &page.facts,
            runs: page.runs.iter().map(|run| RunView::of(run, page, &people)).collect(),
            notices: notices(page),
        }
    }
}

impl<'a> EventsDocument<'a> {
    /// Events of the deploy of `page`.
    pub(crate) fn new(page: &'a Page, site: &Site) -> Self {
        Self { deploy: DeployView::of_page(page, site), events: &page.events }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::{Value, json};

    fn document(page: &Page) -> Value {
        let site = Site::new("https://signoff.example.com").unwrap();
        serde_json::to_value(ApprovalsDocument::new(page, None, Vec::new(), &site)).unwrap()
    }

    #[test]
    fn the_approvals_of_a_deploy() {
        let text = serde_json::to_string_pretty(&document(&sample::approved())).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_deployments() {
        let site = Site::new("https://signoff.example.com").unwrap();
        let overview = sample::overview();
        let document = serde_json::to_value(DeploymentsDocument::new(&overview, &site)).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn all_that_is_known_of_a_deploy() {
        let site = Site::new("https://signoff.example.com").unwrap();
        let page = sample::pending();
        let document = serde_json::to_value(DeployDocument::new(&page, &site)).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&document["deploy"]).unwrap());
        assert_eq!(document["runs"], self::document(&page)["runs"]);
        assert_eq!(document["runs"][0]["rule"], json!("promote-to-production"));
        let of_record: Deploy = serde_json::from_value(document["deploy"].clone()).unwrap();
        assert_eq!(of_record, page.deploy);
    }

    #[test]
    fn what_happened_to_a_deploy() {
        let site = Site::new("https://signoff.example.com").unwrap();
        let text = serde_json::to_string_pretty(
            &serde_json::to_value(EventsDocument::new(&sample::pending(), &site)).unwrap(),
        );
        insta::assert_snapshot!(text.unwrap());
        // Every kind of event says what it is of, and can be read back.
        let page = sample::everything();
        let document = serde_json::to_value(EventsDocument::new(&page, &site)).unwrap();
        for event in document["events"].as_array().unwrap() {
            assert!(event["event"].is_string() && event["at"].is_string(), "{event}");
        }
        let read: Vec<Event> = serde_json::from_value(document["events"].clone()).unwrap();
        assert_eq!(read, page.events);
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
    fn why_and_by_whom_an_approval_ended() {
        let of = |page: &Page, field: &str| document(page)["approvals"][0][field].clone();
        let ana = json!({"id": "U2", "name": "Ana Novak"});
        assert_eq!(of(&sample::cancelled_by_a_person(), "cancelled_by"), ana);
        assert_eq!(of(&sample::cancelled(), "cancelled_by"), Value::Null);
        let newer = "https://signoff.example.com/deploys/a41c0e93d2b7f6580e1d";
        assert_eq!(of(&sample::superseded(), "superseded_by")["url"], json!(newer));
        assert_eq!(of(&sample::hostile(), "superseded_by")["url"], Value::Null);
        assert_eq!(of(&sample::expired(), "closed_at"), json!("2026-11-23T10:47:05Z"));
        assert_eq!(of(&sample::expired(), "expires_at"), json!("2026-11-23T10:47:04Z"));
        let quorum = of(&sample::held_back(), "quorum");
        assert_eq!(
            (&quorum["since"], &quorum["until"]),
            (&json!("2026-11-23T10:48:00Z"), &json!("2026-11-23T10:58:00Z"))
        );
        assert_eq!(of(&sample::held_back(), "undo_window"), json!("PT10M"));
    }

    #[test]
    fn what_is_on_record_of_each_vote() {
        let approval = &document(&sample::struck())["approvals"][0];
        let fields = ["votes", "struck", "withdrawn", "electorate", "electorate_at_opening"];
        let shown: serde_json::Map<_, _> =
            fields.into_iter().map(|field| (field.to_owned(), approval[field].clone())).collect();
        insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap(), @r#"
        {
          "electorate": {
            "except": [],
            "not_found": [],
            "people": [
              {
                "id": "U1",
                "name": "Mato Zgajner"
              },
              {
                "id": "U4",
                "name": "Eva Kralj"
              },
              {
                "id": "U6",
                "name": "jan"
              }
            ],
            "quotas": [],
            "who": "the approvers of this rule"
          },
          "electorate_at_opening": {
            "except": [],
            "not_found": [],
            "people": [
              {
                "id": "U1",
                "name": "Mato Zgajner"
              },
              {
                "id": "U2",
                "name": "Ana Novak"
              },
              {
                "id": "U3",
                "name": "Iztok Kos"
              },
              {
                "id": "U4",
                "name": "Eva Kralj"
              }
            ],
            "quotas": [],
            "who": "the approvers of this rule"
          },
          "struck": [
            {
              "account": "member",
              "at": "2026-11-23T10:46:04Z",
              "name": "Ana Novak",
              "reason": "Fine with me.",
              "voted_at": "2026-11-23T10:46:01Z",
              "voter": "U2",
              "why": "not_named"
            },
            {
              "account": null,
              "at": "2026-11-23T10:46:04Z",
              "name": "Iztok Kos",
              "reason": null,
              "voted_at": "2026-11-23T10:46:02Z",
              "voter": "U3",
              "why": "deactivated"
            }
          ],
          "votes": [
            {
              "account": "member",
              "at": "2026-11-23T10:46:00Z",
              "checked": {
                "at": "2026-11-23T10:46:04Z",
                "verdict": "eligible"
              },
              "choice": "approve",
              "name": "Mato Zgajner",
              "reason": null,
              "voter": "U1"
            },
            {
              "account": "member",
              "at": "2026-11-23T10:47:00Z",
              "checked": null,
              "choice": "approve",
              "name": "Eva Kralj",
              "reason": null,
              "voter": "U4"
            },
            {
              "account": null,
              "at": "2026-11-23T10:47:01Z",
              "checked": null,
              "choice": "approve",
              "name": "jan",
              "reason": null,
              "voter": "U6"
            }
          ],
          "withdrawn": []
        }
        "#);
        let undone = &document(&sample::held_back())["approvals"][0]["withdrawn"];
        insta::assert_snapshot!(serde_json::to_string_pretty(undone).unwrap(), @r#"
        [
          {
            "at": "2026-11-23T10:47:00Z",
            "by": {
              "id": "U2",
              "name": "Ana Novak"
            },
            "choice": "approve",
            "name": "Mato Zgajner",
            "undone": true,
            "voter": "U1"
          }
        ]
        "#);
    }

    #[test]
    fn whether_the_deploy_changes_the_rules() {
        let of = |page: &Page| {
            let approval = &document(page)["approvals"][0];
            (approval["changes_rules"].clone(), approval["changed_rules"].clone())
        };
        assert_eq!(of(&sample::approved()), (json!(false), json!([])));
        assert_eq!(of(&sample::held_back()), (Value::Null, json!([])));
        assert_eq!(of(&sample::four_eyes()), (json!(true), json!([".signoff/rules.yml"])));
    }

    #[test]
    fn which_end_of_which_approval_starts_an_action() {
        let document = document(&sample::branches());
        let lines = document["runs"][0]["steps"].as_array().unwrap().iter().map(|step| {
            let under = &step["under"];
            format!("{}: {} {}", step["action"].as_str().unwrap(), under["name"], under["branch"])
        });
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
        slack_channel_approval: Promote deploy to production: null null
        auto_approve_build: deploy-us: "Promote deploy to production" "on_success"
        slack_channel_approval: Promote to EU: "Promote deploy to production" "on_success"
        auto_approve_build: deploy-eu: "Promote to EU" "on_success"
        slack_channel_message: #inner-rejected: "Promote to EU" "on_reject"
        slack_channel_approval: Roll back: "Promote deploy to production" "on_reject"
        auto_approve_build: roll-back: "Roll back" "on_success"
        slack_channel_message: #incidents: "Promote deploy to production" "on_reject"
        slack_channel_message: #forgotten: "Promote deploy to production" "on_expire"
        slack_channel_message: #done: null null
        "#);
        let resolved = &self::document(&sample::resolved())["runs"][0]["steps"][2]["resolved"];
        insta::assert_snapshot!(resolved.to_string(), @r#"[{"at":"2026-11-23T10:48:00Z","by":{"id":"U2","name":"Ana Novak"},"reason":null,"resolution":"retry"}]"#);
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
