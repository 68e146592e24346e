//! The check of a completed approval by the team's own record.

use crate::team::Team;
use crate::waiting::Waiting;
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::ApprovalSpec;
use std::collections::BTreeSet;

/// The time for which a rollback to what was let through has no makers.
const LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);
impl Team {
    /// Checks that a completed approval with these votes knew all of its range, and that each commit and each
    /// pull request there has its votes of people who did not make it. Returns the commits up to its revision
    /// that it judged.
    pub fn check(
        &self,
        waiting: &Waiting,
        spec: &ApprovalSpec,
        votes: &BTreeSet<u64>,
    ) -> Result<BTreeSet<usize>, String> {
        let (head, rule) = (waiting.head, waiting.rule);
        let start = self.start(waiting, spec);
        let required = match &rule.then {
            Some(then) if spec.name == "Then" => then.votes,
            Some(_) | None => rule.votes,
        };
        let deploy = self.deploys.of(waiting.deploy);
        let wrong = |what: &str| {
            Err(format!("{what} of {start} to {head}, voted by {votes:?}, of {:?}: {waiting:?}", deploy.by))
        };
        if deploy.is_cut {
            return wrong("not all was known");
        }
        let was_let_through =
            |(passed, at): &(usize, Timestamp)| *passed == head && self.now.duration_since(*at) <= LATELY;
        let place = self.places.of(&waiting.place);
        let has_no_makers = head < start && !rule.rollback && place.passed.iter().any(was_let_through);
        for index in start.min(head) + 1..=start.max(head) {
            let change = &self.trunk[index];
            if rule.verified && index > start && !change.is_signed() {
                return wrong(&format!("the commit {index} is not signed"));
            }
            if has_no_makers {
                continue;
            }
            if !change.is_vouched() {
                return wrong(&format!("nobody stands for the commit {index}"));
            }
            for hands in change.hands(&self.people) {
                let by = deploy.by.iter();
                let hands = by.fold(hands, |hands, starter| hands.and_starter(*starter, &self.people));
                let others = votes.difference(&hands.people).count();
                if others < required as usize {
                    return wrong(&format!("the commit {index}, made by {hands:?}, lacks votes"));
                }
                if hands.has_unknown && !rule.allows_unknown {
                    return wrong(&format!("a maker of the commit {index} is unknown"));
                }
            }
        }
        Ok((start.min(head) + 1..=head).collect())
    }
}
