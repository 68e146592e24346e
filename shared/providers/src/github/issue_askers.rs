//! The people who asked an assistant for a pull request by assigning an issue to it, which the pull
//! request closes.
//!
//! A person who links an issue to a pull request could hide behind whoever assigned that one: such a
//! link makes its assigner a maker as well, and names nobody in the place of whoever asked first. The same
//! goes for whoever assigned it an issue after the pull request was opened, and for an issue's assigner where
//! somebody assigned the assistant to the pull request itself: both asked for it.

use super::range_pull_request::{is_person, who};
use super::{identity, wire};
use signoff_core::range::{Account, Identity};

/// The people who assigned an assistant.
#[derive(Default)]
pub(super) struct IssueAskers {
    /// They are the makers in its place.
    pub stand: Vec<Identity>,
    /// They are makers besides.
    pub others: Vec<Identity>,
}

impl IssueAskers {
    /// The people who assigned `opener` to issues of its own repository that its pull request `number`
    /// closes. `is_assigned`: somebody assigned it to the pull request. What GitHub does not tell is added to
    /// `missing` there; otherwise nobody stands for the opener.
    pub(super) fn of(
        read: wire::ClosedIssues,
        (opener, is_assigned): (&Account, bool),
        number: u64,
        missing: &mut Vec<String>,
    ) -> Self {
        let gap =
            || format!("GitHub did not tell who assigned all issues that the pull request #{number} closes.");
        let (Some(own), Some(closes)) = (&read.repository, read.closes) else {
            missing.extend(is_assigned.then(gap));
            return Self::default();
        };
        let (issues, mut is_whole) = closes.all();
        let (mut people, mut later) = (Vec::new(), Vec::new());
        for issue in issues.into_iter().filter(|issue| issue.repository.is(own)) {
            let (assignments, all) = issue.assignments.all();
            is_whole &= all;
            for assignment in assignments {
                let assigned = assignment.assignee.as_ref().and_then(|assignee| assignee.database_id);
                if assigned == Some(opener.id) {
                    let asked = if assignment.led_to(read.created_at) { &mut people } else { &mut later };
                    asked.extend(who(assignment.actor, number, missing).filter(is_person));
                }
            }
        }
        if is_assigned {
            missing.extend((!is_whole).then(gap));
            people.append(&mut later);
            return Self { stand: Vec::new(), others: people };
        }
        let edits = read.edits.map(wire::Connection::all);
        let is_openers = |edit: &wire::Edit| {
            identity::actor(edit.editor.as_ref()).is_some_and(|editor| editor.id == opener.id)
        };
        let is_openers_text = edits.is_some_and(|(edits, all)| all && edits.iter().all(is_openers));
        let linked = read.linked.and_then(|linked| linked.nodes);
        let is_openers_word = is_openers_text && linked.is_some_and(|linked| linked.is_empty());
        match is_whole && is_openers_word {
            true => Self { stand: people, others: later },
            false => Self { stand: Vec::new(), others: people.into_iter().chain(later).collect() },
        }
    }
}
