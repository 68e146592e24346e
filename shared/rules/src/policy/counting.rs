//! Approvals whose votes count towards a floor.

use super::votes::{self, Votes};
use super::{Floor, Said};
use crate::explain::shown_duration;
use signoff_core::action::{ApprovalSpec, QuotaSpec};
use signoff_core::approval::{self, Electorate, Needed, Quota, Tally};
use std::collections::BTreeSet;

/// An approval that people approved.
#[derive(Clone, Debug)]
pub struct Approved<'a> {
    /// The approval, as its rule asks for it.
    pub spec: &'a ApprovalSpec,
    /// Those who might vote.
    pub electorate: &'a Electorate,
    /// The people whose votes were enough: Slack user ids, each once.
    pub voters: Vec<&'a str>,
}

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

    /// Returns what the votes of `approved`, the approvals behind the action with what their rules ask, lack:
    /// nothing where they meet the floor. One person's votes count once, for one entry of each list of votes.
    /// If the floor asks for four eyes, nobody's vote counts for a part of the change that they made, and the
    /// part that lacks most decides.
    pub fn lacking(&self, approved: &[Approved<'_>]) -> Vec<Lacking> {
        let cast = self.cast(approved);
        let everybody: BTreeSet<&str> = cast.iter().map(|(voter, _)| *voter).collect();
        let has_four_eyes = self.floor.four_eyes.is_some();
        let counts = |approved: &&Approved<'_>| !counted(&self.floor, approved.spec).is_empty();
        let parts = approved.iter().filter(counts).flat_map(|approved| &approved.electorate.parts);
        let voters_of = |makers: &[String]| -> Vec<&str> {
            everybody.iter().filter(|voter| !makers.iter().any(|maker| maker == *voter)).copied().collect()
        };
        let mut shares: Vec<Vec<&str>> =
            parts.filter(|_| has_four_eyes).map(|part| voters_of(&part.makers)).collect();
        if shares.is_empty() {
            shares.push(voters_of(&[]));
        }
        let mut lacking: Vec<Lacking> =
            self.floor.quotas.iter().filter_map(|said| lacking_of(said, &cast, &shares)).collect();
        let found = shares.iter().map(Vec::len).min().unwrap_or(0) as u64;
        if found < self.people && lacking.iter().all(|lacking| lacking.line != self.line) {
            let (line, needed) = (self.line, self.people);
            lacking.push(Lacking { line, kind: LackingKind::People { needed, found } });
        }
        lacking
    }

    /// The votes that count, each with its voter: of everybody whose votes were enough in one of `approved`,
    /// as a member of each group that they stand for there.
    fn cast<'a>(&self, approved: &[Approved<'a>]) -> Vec<(&'a str, Votes)> {
        let mut cast = Vec::new();
        for Approved { spec, electorate, voters } in approved {
            let entries = counted(&self.floor, spec);
            for voter in voters {
                let belongs = |(entry, _): &&(usize, Votes)| {
                    let people = electorate.quotas.get(*entry).map(|quota| &quota.people);
                    spec.quotas.is_empty()
                        || people.is_some_and(|people| people.iter().any(|person| person == voter))
                };
                cast.extend(entries.iter().filter(belongs).map(|(_, votes)| (*voter, votes.clone())));
            }
        }
        cast
    }
}

/// The requirement of a floor that the votes of several approvals together do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The line of the policy, from 1.
    pub line: usize,
    /// The people who are missing.
    pub kind: LackingKind,
}

/// The people who are missing for a floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LackingKind {
    /// It needs so many different people, and fewer voted.
    People {
        /// The least number of people.
        needed: u64,
        /// The number of those who voted.
        found: u64,
    },
    /// It needs votes from groups, each of another person.
    Groups {
        /// The votes that it asks for, as a list: `2 votes from @sre, 1 vote from @qa`.
        asked: String,
        /// Those that are missing.
        missing: String,
    },
}

/// The votes that `cast` lacks of the list `said`; `shares` are the people who may vote for each part of the
/// change.
fn lacking_of(said: &Said<Vec<QuotaSpec>>, cast: &[(&str, Votes)], shares: &[Vec<&str>]) -> Option<Lacking> {
    let quota = |quota: &QuotaSpec| {
        let those = cast.iter().filter(|(_, votes)| votes.are_from(&quota.from));
        let people: BTreeSet<&str> = those.map(|(voter, _)| *voter).collect();
        let people = people.into_iter().map(str::to_owned).collect();
        Quota { from: quota.from.join(" or "), people, votes: quota.votes }
    };
    let quotas: Vec<Quota> = said.value.iter().map(quota).collect();
    let required = quotas.iter().fold(0_u32, |sum, quota| sum.saturating_add(quota.votes));
    let of_share = |voters: &Vec<&str>| approval::tally(&quotas, voters, required);
    let most = shares.iter().map(of_share).reduce(|most, other| {
        // The first of those that lack as many.
        if other.needed > most.needed { other } else { most }
    })?;
    let votes = |count: u32, from: &str| format!("{} from {from}", plural(u64::from(count)));
    let from = |index: &usize| quotas.get(*index).map(|quota| quota.from.as_str());
    let missing = match &most {
        Tally { needed: 0, .. } => return None,
        Tally { needed, from: Needed::AnyOf(any), .. } => {
            votes(*needed, &any.iter().filter_map(from).collect::<Vec<_>>().join(" or "))
        }
        Tally { needed, from: Needed::Anybody, .. } => plural(u64::from(*needed)),
        Tally { from: Needed::Each(each), .. } => {
            let each = each.iter().filter_map(|(index, count)| Some(votes(*count, from(index)?)));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    let asked = quotas.iter().map(|quota| votes(quota.votes, &quota.from)).collect::<Vec<_>>().join(", ");
    Some(Lacking { line: said.line, kind: LackingKind::Groups { asked, missing } })
}

/// The votes of an approval that count towards a floor, by their place among all of its votes.
pub(super) fn counted(floor: &Floor, spec: &ApprovalSpec) -> Vec<(usize, Votes)> {
    if !wanting(floor, spec).is_empty() {
        return Vec::new();
    }
    let is_from_all =
        |(_, votes): &(usize, Votes)| floor.approvers.iter().all(|said| votes.are_from(&said.value));
    votes::of(spec).into_iter().enumerate().filter(is_from_all).collect()
}

/// `votes` as text: `1 vote`, `2 votes`.
pub(super) fn plural(votes: u64) -> String {
    if votes == 1 { "1 vote".to_owned() } else { format!("{votes} votes") }
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
