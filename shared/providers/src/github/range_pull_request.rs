//! A pull request of a range.

use super::{identity, wire};
use approval::issue;
use approval::range::{Identity, RangePullRequest};

/// The pull request `number`, without its branch's commits. What GitHub does not tell of it is added to
/// `missing`.
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
    let (assignments, all_assignments) = read.assignments.all();
    let opener = opened_by.as_ref().and_then(|opener| opener.account.as_ref()).filter(|opener| opener.is_bot);
    if opener.is_some() && !all_assignments {
        missing.push(format!("GitHub did not tell all assignments of the pull request #{number}."));
    }
    let is_opener = |assignment: &wire::Assignment| {
        let assigned = assignment.assignee.as_ref().and_then(|assignee| assignee.database_id);
        opener.is_some_and(|opener| assigned == Some(opener.id))
    };
    let mut opening_asked_by = Vec::new();
    for assignment in assignments.into_iter().filter(is_opener) {
        opening_asked_by.extend(who(assignment.actor, number, missing).filter(is_person));
    }
    let enabler = read.auto_merge_request.and_then(|auto| auto.enabled_by);
    let (mut merged_by, mut merge_asked_by): (Vec<Identity>, Vec<Identity>) = (Vec::new(), Vec::new());
    let add = |list: &mut Vec<Identity>, person: Identity| {
        if !list.contains(&person) {
            list.push(person);
        }
    };
    let is_merger_told = read.merged_by.is_some()
        || events.iter().any(|event| event.kind == "MergedEvent" && event.actor.is_some());
    let stands = standing(&events, read.merged_by.as_ref());
    let of_events = events.into_iter().zip(stands).flat_map(|(event, stands)| {
        [(event.actor, false), (event.enqueuer, stands), (event.enabler, stands)]
    });
    for (actor, asks) in [(read.merged_by, false), (enabler, true)].into_iter().chain(of_events) {
        let Some(person) = who(actor, number, missing) else { continue };
        if asks && is_person(&person) {
            add(&mut merge_asked_by, person.clone());
        }
        add(&mut merged_by, person);
    }
    if !is_merger_told && merge_asked_by.is_empty() {
        // The account is gone, and those who only once asked for a merge do not stand for it.
        merged_by.push(Identity::untold("who merged it"));
    }
    RangePullRequest {
        number,
        issues: issue::of_pull_request(&read.title, Some(&read.body), &read.head_ref_name),
        title: read.title,
        url: read.url,
        branch: Some(read.head_ref_name).filter(|branch| !branch.is_empty()),
        opened_by,
        merged_by,
        merge_asked_by,
        opening_asked_by,
        more_asked_by: Vec::new(),
        labels: labels.into_iter().map(|label| label.name).collect(),
        is_openers_own: false,
        commits: Vec::new(),
        remade: Vec::new(),
    }
}

/// Tells for each event, oldest first, if it asks for a merge that no later event called off. Turning off
/// auto-merge and a removal from the merge queue call it off. GitHub also removes what the queue merged.
fn standing(events: &[wire::MergeEvent], merged_by: Option<&wire::Actor>) -> Vec<bool> {
    let told = events.iter().filter(|event| event.kind == "MergedEvent");
    let mut mergers = told.filter_map(|event| event.actor.as_ref()).chain(merged_by);
    let is_merged_by_queue =
        mergers.any(|merger| identity::actor(Some(merger)).is_some_and(|account| account.is_merge_queue()));
    let (mut is_queueing_over, mut is_auto_merge_over) = (false, false);
    let mut stands: Vec<bool> = events
        .iter()
        .rev()
        .map(|event| match event.kind.as_str() {
            "AutoMergeDisabledEvent" => {
                is_auto_merge_over = true;
                false
            }
            "RemovedFromMergeQueueEvent" => {
                is_queueing_over = !is_merged_by_queue;
                false
            }
            "AddedToMergeQueueEvent" => !is_queueing_over,
            _ => !is_auto_merge_over,
        })
        .collect();
    stands.reverse();
    stands
}

fn is_person(identity: &Identity) -> bool {
    identity.account.as_ref().is_some_and(|account| !account.is_bot)
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
