//! The quorum: counts the votes, and finds out which are still needed.

use super::{Approval, Choice, Electorate, Part, Quota};

/// The count of the approving votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The number of the required votes that were given; a vote beyond what a quota takes is none of them.
    pub given: u32,
    /// The number of votes that are still needed.
    pub needed: u32,
    /// The people from whom they are needed.
    pub from: Needed,
}

/// The people from whom more votes are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// From anybody who may vote, or no more votes are needed.
    Anybody,
    /// From each of these (the index of a quota) so many.
    Each(Vec<(usize, u32)>),
    /// From any of these (the index of a quota): somebody who voted belongs to several, and it is open which
    /// one they vote for.
    AnyOf(Vec<usize>),
}

impl Needed {
    /// The quotas that more votes are needed for, by index; none where anybody's will do.
    pub fn quotas(&self) -> impl Iterator<Item = usize> {
        let (each, any): (&[(usize, u32)], &[usize]) = match self {
            Self::Anybody => (&[], &[]),
            Self::Each(each) => (each, &[]),
            Self::AnyOf(any) => (&[], any),
        };
        each.iter().map(|(index, _)| *index).chain(any.iter().copied())
    }
}

/// The assignment of voters to quotas: the voters by the quota's index.
#[derive(Clone)]
struct Assignment<'e, 'v> {
    quotas: &'e [Quota],
    taken: Vec<Vec<&'v str>>,
}

impl<'v> Assignment<'_, 'v> {
    /// Finds `voter` a quota that takes another vote, moving others to other quotas of theirs if that makes
    /// room; whether there is one. One after the other, this finds a place for as many as can have one at all
    /// (augmenting paths; Kuhn 1955).
    fn place(&mut self, voter: &'v str, tried: &mut [bool]) -> bool {
        for (index, quota) in self.quotas.iter().enumerate() {
            if tried[index] || !quota.people.iter().any(|person| person == voter) {
                continue;
            }
            tried[index] = true;
            if self.make_room(index, tried) {
                self.taken[index].push(voter);
                return true;
            }
        }
        false
    }

    /// True if quota number `index` takes another vote, after one of its voters found another place if need
    /// be.
    fn make_room(&mut self, index: usize, tried: &mut [bool]) -> bool {
        if self.left(index) > 0 {
            return true;
        }
        for seat in 0..self.taken[index].len() {
            let moved = self.taken[index][seat];
            if self.place(moved, tried) {
                self.taken[index].swap_remove(seat);
                return true;
            }
        }
        false
    }

    /// The number of further votes that quota number `index` takes.
    fn left(&self, index: usize) -> u32 {
        self.quotas[index].votes.saturating_sub(self.taken[index].len() as u32)
    }
}

impl Electorate {
    /// The count of the votes of `voters` (Slack user ids, each once) where `required` are needed. It is that
    /// of the part that lacks most votes: a vote counts for no part that its voter made.
    pub fn tally(&self, voters: &[&str], required: u32) -> Tally {
        let of_parts = self.parts.iter().map(|part| self.tally_part(part, voters, required));
        // The first of those that lack as many.
        of_parts
            .reduce(|most, other| if other.needed > most.needed { other } else { most })
            .unwrap_or_else(|| tally(&self.quotas, voters, required))
    }

    /// The count of the votes of `voters` for one part of the change.
    pub fn tally_part(&self, part: &Part, voters: &[&str], required: u32) -> Tally {
        let others: Vec<&str> =
            voters.iter().filter(|voter| !part.makers.iter().any(|maker| maker == *voter)).copied().collect();
        tally(&self.quotas, &others, required)
    }

    /// True if the votes of `voters` complete the approval. False while it is blocked.
    pub fn is_enough(&self, voters: &[&str], required: u32) -> bool {
        self.blocked.is_empty() && self.tally(voters, required).needed == 0
    }
}

/// The count of the votes of `voters` (Slack user ids, each once) where `required` are needed. Each person's
/// vote counts for one of `quotas` that they belong to; without quotas, everybody's counts.
pub fn tally(quotas: &[Quota], voters: &[&str], required: u32) -> Tally {
    if quotas.is_empty() {
        let given = voters.len() as u32;
        return Tally { given, needed: required.saturating_sub(given), from: Needed::Anybody };
    }
    let mut assignment = Assignment { quotas, taken: vec![Vec::new(); quotas.len()] };
    let fresh = || vec![false; quotas.len()];
    let given = voters.iter().filter(|voter| assignment.place(voter, &mut fresh())).count() as u32;
    let needed = required.saturating_sub(given);
    if needed == 0 {
        return Tally { given, needed, from: Needed::Anybody };
    }
    // Another vote helps a quota that takes one, and one whose voters can make room for it.
    let helped: Vec<usize> = (0..quotas.len())
        .filter(|index| {
            let mut tried = fresh();
            tried[*index] = true;
            assignment.clone().make_room(*index, &mut tried)
        })
        .collect();
    let belongs = |voter: &str, index: &usize| quotas[*index].people.iter().any(|id| id == voter);
    let is_open = voters.iter().any(|voter| helped.iter().filter(|index| belongs(voter, index)).count() > 1);
    let from = if is_open && helped.len() > 1 {
        Needed::AnyOf(helped)
    } else {
        Needed::Each(helped.into_iter().map(|index| (index, assignment.left(index))).collect())
    };
    Tally { given, needed, from }
}

impl Approval {
    /// The count of the approving votes.
    pub fn tally(&self) -> Tally {
        let approving = self.votes.iter().filter(|vote| vote.choice == Choice::Approve);
        let voters: Vec<&str> = approving.map(|vote| vote.voter.as_str()).collect();
        self.electorate.tally(&voters, self.votes_required)
    }

    /// The voters (Slack user ids) whose approving votes were enough, in the order in which they voted: those
    /// who were looked up before it was approved. Later votes are left out.
    pub fn deciding(&self) -> Vec<&str> {
        let approving = self.votes.iter().filter(|vote| vote.choice == Choice::Approve);
        let mut deciding = Vec::new();
        for vote in approving {
            if self.electorate.is_enough(&deciding, self.votes_required) {
                break;
            }
            deciding.push(vote.voter.as_str());
        }
        deciding
    }

    /// True if enough people approve and nothing blocks the approval, or if somebody broke the glass.
    pub fn has_enough(&self) -> bool {
        self.glass.broken.is_some() || (self.electorate.blocked.is_empty() && self.tally().needed == 0)
    }
}
