//! Approvals whose votes count towards a floor.

use super::votes::{self, Votes};
use super::{Floor, Said};
use crate::explain::shown_duration;
use signoff_core::action::ApprovalSpec;

/// A floor that a rule meets by the votes of several approvals together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// Least number of different people who must have voted in them.
    pub people: u64,
    /// The line of the policy that asks for them, from 1.
    pub line: usize,
    floor: Floor,
}

impl Together {
    pub(super) fn new(people: u64, line: usize, floor: &Floor) -> Self {
        Self { people, line, floor: floor.clone() }
    }

    /// True if the people who voted in an approval like this one count: each of its votes counts towards the
    /// floor.
    pub fn counts(&self, spec: &ApprovalSpec) -> bool {
        let counted = counted(&self.floor, spec);
        !counted.is_empty() && counted.len() == votes::of(spec).len()
    }

    /// True if each part of the change needs the votes of people who did not make it.
    pub fn has_four_eyes(&self) -> bool {
        self.floor.four_eyes.is_some()
    }
}

/// The votes of an approval that count towards a floor.
pub(super) fn counted(floor: &Floor, spec: &ApprovalSpec) -> Vec<Votes> {
    if !wanting(floor, spec).is_empty() {
        return Vec::new();
    }
    let is_from_all = |votes: &Votes| floor.approvers.iter().all(|said| votes.are_from(&said.value));
    votes::of(spec).into_iter().filter(is_from_all).collect()
}

/// Returns the number of votes that have to stand behind an action, with the key and the line that ask for
/// them; `None`: none. A floor that has requirements for an approval asks for one vote.
pub(super) fn needed(floor: &Floor) -> Option<(u64, (&'static str, usize))> {
    if let Some(Said { value, line }) = &floor.votes {
        return Some((u64::from(*value), ("votes_required", *line)));
    }
    let one = |key, line: Option<usize>| line.map(|line| (1, (key, line)));
    let approvers = floor.approvers.first().map(|said| said.line);
    one("self_approval", floor.four_eyes)
        .or(one("verified_commits", floor.verified_commits))
        .or(one("approvers", approvers))
}

/// A key of an approval that makes its votes count for nothing.
pub(super) struct Wanting {
    pub(super) key: &'static str,
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) right: String,
}

/// The keys for which the votes of an approval don't count towards a floor.
pub(super) fn wanting(floor: &Floor, spec: &ApprovalSpec) -> Vec<Wanting> {
    let mut found = Vec::new();
    let mut want = |line: Option<usize>, is_met: bool, key: &'static str, right: &str| {
        if let Some(line) = line.filter(|_| !is_met) {
            let (message, right) = (format!("asks for `{right}`"), format!("write `{right}`"));
            found.push(Wanting { key, line, message, right });
        }
    };
    let range = &spec.range;
    want(floor.four_eyes, !spec.self_approval, "self_approval", "self_approval: false");
    want(floor.verified_commits, range.verified_commits, "verified_commits", "verified_commits: true");
    want(floor.blocks_unknown_makers, !range.allow_unknown_makers, "unknown_makers", "unknown_makers: block");
    want(floor.final_rejection, !spec.ask_again, "ask_again", "ask_again: false");
    want(floor.rollback_four_eyes, range.rollback_four_eyes, "rollback", "rollback: four_eyes");
    if let Some(Said { value: longest, line }) = &floor.expires_after
        && spec.expires_after.is_none_or(|wait| wait > *longest)
    {
        let longest = shown_duration(*longest);
        let message = format!("lets an approval be open for {longest} at most");
        let right = format!("write `expires_after: '{}'`", longest.split(' ').next().unwrap_or_default());
        found.push(Wanting { key: "expires_after", line: *line, message, right });
    }
    found
}
