//! A pull request of a range.

use super::{identity, wire};
use jiff::{SignedDuration, Timestamp};
use signoff_core::issue;
use signoff_core::range::{Identity, RangePullRequest};

/// The time after the opening of a pull request in which GitHub may list the assignment that led to it.
const LATE_ASSIGNMENT: SignedDuration = SignedDuration::from_mins(1);

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
    let (mut opening_asked_by, mut more_asked_by) = (Vec::new(), Vec::new());
    for assignment in assignments.into_iter().filter(is_opener) {
        let asked = match assignment.led_to(read.created_at) {
            true => &mut opening_asked_by,
            false => &mut more_asked_by,
        };
        asked.extend(who(assignment.actor, number, missing).filter(is_person));
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
    let is_asker_gone =
        events.iter().zip(&stands).any(|(event, stands)| *stands && event.asks_for_somebody_untold());
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
    if !is_merger_told || is_asker_gone {
        // The account is gone. Where somebody else's auto-merge or queueing had merged it, GitHub would name
        // them, or the token that did.
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
        more_asked_by,
        labels: labels.into_iter().map(|label| label.name).collect(),
        is_of_fork: read.is_cross_repository,
        is_openers_own: false,
        commits: Vec::new(),
        remade: Vec::new(),
        merges: Vec::new(),
    }
}

impl wire::Assignment {
    /// True if it was made before the pull request was `opened`, or as that happened. Whoever assigned a
    /// program to its pull request later may have asked for more, and somebody else for the pull request.
    pub(super) fn led_to(&self, opened: Option<Timestamp>) -> bool {
        self.created_at.zip(opened).is_some_and(|(at, opened)| at <= opened + LATE_ASSIGNMENT)
    }
}

impl wire::MergeEvent {
    /// True if somebody queued the pull request or turned on auto-merge, and GitHub names no account of
    /// theirs: neither the person's nor that of a program that did it.
    fn asks_for_somebody_untold(&self) -> bool {
        let asks = match self.kind.as_str() {
            "AddedToMergeQueueEvent" => self.enqueuer.is_none(),
            "AutoMergeEnabledEvent" | "AutoSquashEnabledEvent" | "AutoRebaseEnabledEvent" => {
                self.enabler.is_none()
            }
            _ => false,
        };
        asks && self.actor.is_none()
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

/// True for somebody with a person's account.
pub(super) fn is_person(identity: &Identity) -> bool {
    identity.account.as_ref().is_some_and(|account| !account.is_bot)
}

/// Somebody who did something to the pull request; `None` where the account is gone.
pub(super) fn who(actor: Option<wire::Actor>, number: u64, missing: &mut Vec<String>) -> Option<Identity> {
    let account = identity::actor(actor.as_ref());
    if let (Some(actor), None) = (&actor, &account) {
        let login = crate::failure::quote(&actor.login);
        missing.push(format!(
            "GitHub did not tell the number of the account {login} of the pull request #{number}."
        ));
    }
    account.map(identity::acted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A pull request that `merged_by` merged (a login, or nobody known), with these events, oldest first:
    /// `KIND LOGIN`, where a login that is `-` is one of a deleted account.
    fn merged(merged_by: &str, events: &[&str]) -> RangePullRequest {
        let actor = |login: &str| match login {
            "-" => Value::Null,
            _ => json!({"login": login, "databaseId": login.len(), "__typename":
                if login.starts_with("github-") { "Bot" } else { "User" }}),
        };
        let event = |line: &&str| {
            let (kind, login) = line.split_once(' ').unwrap();
            let mut event = json!({"__typename": kind, "actor": actor(login)});
            let asks = match kind {
                "AddedToMergeQueueEvent" => Some("enqueuer"),
                "AutoMergeEnabledEvent" => Some("enabler"),
                _ => None,
            };
            // What a program did has no person.
            let is_person = !login.starts_with("github-");
            for key in asks.into_iter().filter(|_| is_person) {
                event[key] = actor(login);
            }
            event
        };
        let events: Vec<Value> = events.iter().map(event).collect();
        let none = json!({"totalCount": 0, "nodes": []});
        let read = json!({"title": "Take cards", "url": "", "author": actor("ana"), "mergedBy": actor(merged_by),
            "autoMergeRequest": null, "isCrossRepository": false, "labels": none, "timelineItems": {"nodes": events}, "assignments": none,
            "commits": none});
        let mut missing = Vec::new();
        let read = pull_request(7, serde_json::from_value(read).unwrap(), &mut missing);
        assert_eq!(missing, Vec::<String>::new());
        read
    }

    #[test]
    fn deleted_account_that_merged_or_queued_is_untold() {
        let (queue, queued) = ("github-merge-queue", "AddedToMergeQueueEvent");
        let (enabled, disabled) = ("AutoMergeEnabledEvent", "AutoMergeDisabledEvent ben");
        for (merged_by, events, asked, is_untold) in [
            ("cleo", vec!["MergedEvent cleo".to_owned()], "", false),
            ("-", vec!["MergedEvent cleo".to_owned()], "", false),
            ("-", vec!["MergedEvent -".to_owned()], "", true),
            // Had Ben's auto-merge fired, GitHub would name him.
            ("-", vec![format!("{enabled} ben"), "MergedEvent -".to_owned()], "ben", true),
            (queue, vec![format!("{queued} ben")], "ben", false),
            (queue, vec![format!("{queued} -")], "", true),
            // Ben queued it once, and somebody whose account is deleted queued it again.
            (queue, vec![format!("{queued} ben"), format!("{queued} -")], "ben", true),
            // A program queued its own.
            (queue, vec![format!("{queued} github-updates")], "", false),
            ("cleo", vec![format!("{enabled} -"), disabled.to_owned()], "", false),
            ("github-actions", vec![format!("{enabled} -")], "", true),
        ] {
            let events: Vec<&str> = events.iter().map(String::as_str).collect();
            let read = merged(merged_by, &events);
            let names: Vec<&str> = read.merge_asked_by.iter().map(|by| by.name.as_str()).collect();
            let found = read.merged_by.iter().any(Identity::is_untold);
            assert_eq!((names.join(" ").as_str(), found), (asked, is_untold), "{merged_by} {events:?}");
        }
    }
}
