//! A pull request of a range.

use super::{identity, wire};
use approval::issue;
use approval::range::{Identity, RangePullRequest};

/// The pull request `number`, without its branch's commits. What GitHub does not tell of it is added to `missing`.
pub(super) fn pull_request(
    number: u64,
    read: wire::GraphPullRequest,
    missing: &mut Vec<String>,
) -> RangePullRequest {
    let (labels, all_labels) = read.labels.map_or((Vec::new(), true), wire::Connection::all);
    let (events, all_events) = read.timeline_items.all();
    for (all, what) in [(all_labels, "labels"), (all_events, "merges and queueings")] {
        if !all {
            missing.push(format!("GitHub did not tell all {what} of the pull request #{number}."));
        }
    }
    let opened_by = who(read.author, number, missing);
    let of_events = events.into_iter().flat_map(|event| [event.actor, event.enqueuer, event.enabler]);
    let enabler = read.auto_merge_request.and_then(|auto| auto.enabled_by);
    let mut merged_by: Vec<Identity> = Vec::new();
    for actor in [read.merged_by, enabler].into_iter().chain(of_events) {
        if let Some(person) = who(actor, number, missing).filter(|person| !merged_by.contains(person)) {
            merged_by.push(person);
        }
    }
    RangePullRequest {
        number,
        issues: issue::of_pull_request(&read.title, Some(&read.body), &read.head_ref_name),
        title: read.title,
        url: read.url,
        branch: Some(read.head_ref_name).filter(|branch| !branch.is_empty()),
        opened_by,
        merged_by,
        labels: labels.into_iter().map(|label| label.name).collect(),
        commits: Vec::new(),
        remade: Vec::new(),
    }
}

/// Somebody who did something to the pull request; `None` where the account is gone.
fn who(actor: Option<wire::Actor>, number: u64, missing: &mut Vec<String>) -> Option<Identity> {
    let account = identity::actor(actor.as_ref());
    if let (Some(actor), None) = (&actor, &account) {
        let login = crate::failure::quote(&actor.login);
        missing.push(format!(
            "GitHub did not tell the number of the account {login} of the pull request #{number}."
        ));
    }
    account.map(identity::acted)
}
