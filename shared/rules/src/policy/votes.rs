//! The votes that stand behind an action for certain, and whose they are.

use super::bind::contains;
use signoff_core::action::{ApprovalSpec, QuotaSpec};

/// So many votes that an approval asks, from some of those who may vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Votes {
    /// The people who may cast them; `None`: anybody in the channel.
    from: Option<Vec<String>>,
    count: u64,
}

/// The votes that an approval asks.
pub(super) fn of(spec: &ApprovalSpec) -> Vec<Votes> {
    if spec.quotas.is_empty() {
        return vec![Votes { from: spec.approvers.clone(), count: u64::from(spec.votes_required) }];
    }
    let quota = |quota: &QuotaSpec| Votes { from: Some(quota.from.clone()), count: u64::from(quota.votes) };
    spec.quotas.iter().map(quota).collect()
}

/// Returns the number of votes.
pub(super) fn sum(votes: &[Votes]) -> u64 {
    votes.iter().fold(0, |sum, votes| sum.saturating_add(votes.count))
}

impl Votes {
    /// True if each of them is cast by somebody on `list`. The members of a group are not known here.
    pub(super) fn are_from(&self, list: &[String]) -> bool {
        self.from.as_ref().is_some_and(|from| from.iter().all(|who| contains(list, who)))
    }
}

/// True if `votes` hold what `quotas` ask, each vote counted for one entry only: a flow from the votes to the
/// entries that they can be counted for, made larger until it can't be.
pub(super) fn meet(quotas: &[QuotaSpec], votes: &[Votes]) -> bool {
    let mut left: Vec<u64> = votes.iter().map(|votes| votes.count).collect();
    // How many votes of each group are counted for each entry.
    let mut counted = vec![vec![0_u64; votes.len()]; quotas.len()];
    for (entry, quota) in quotas.iter().enumerate() {
        let mut wanted = u64::from(quota.votes);
        while wanted > 0 {
            let Some(path) = path(entry, quotas, votes, &left, &counted) else { return false };
            let first = path.last().and_then(|(group, _)| left.get(*group)).copied().unwrap_or(0);
            let moved = path.iter().filter_map(|(group, from)| {
                from.map(|from| counted.get(from).and_then(|row| row.get(*group)).copied().unwrap_or(0))
            });
            let amount = moved.fold(wanted.min(first), u64::min);
            if amount == 0 {
                return false;
            }
            let mut to = entry;
            for (group, from) in path {
                if let Some(cell) = counted.get_mut(to).and_then(|row| row.get_mut(group)) {
                    *cell += amount;
                }
                match from {
                    Some(from) => {
                        if let Some(cell) = counted.get_mut(from).and_then(|row| row.get_mut(group)) {
                            *cell -= amount;
                        }
                        to = from;
                    }
                    None => {
                        if let Some(left) = left.get_mut(group) {
                            *left -= amount;
                        }
                    }
                }
            }
            wanted -= amount;
        }
    }
    true
}

/// A way to more votes: groups, each with the entry that it is taken from.
type Way = Vec<(usize, Option<usize>)>;

/// The shortest way to more votes for `entry`: groups, each with the entry that it is taken from, which gets
/// the next group instead; the last group has votes left.
fn path(
    entry: usize,
    quotas: &[QuotaSpec],
    votes: &[Votes],
    left: &[u64],
    counted: &[Vec<u64>],
) -> Option<Way> {
    let mut seen = vec![false; votes.len()];
    let mut ways: Vec<(usize, Way)> = vec![(entry, Vec::new())];
    let mut reached = vec![entry];
    let mut next = 0;
    while let Some((at, way)) = ways.get(next).cloned() {
        next += 1;
        let list = &quotas.get(at)?.from;
        for (group, votes) in votes.iter().enumerate() {
            let is_new = seen.get_mut(group).is_some_and(|seen| !*seen && votes.are_from(list));
            if !is_new {
                continue;
            }
            if let Some(seen) = seen.get_mut(group) {
                *seen = true;
            }
            if left.get(group).is_some_and(|left| *left > 0) {
                return Some(way.into_iter().chain([(group, None)]).collect());
            }
            for (other, row) in counted.iter().enumerate() {
                if !reached.contains(&other) && row.get(group).is_some_and(|count| *count > 0) {
                    reached.push(other);
                    ways.push((other, way.iter().copied().chain([(group, Some(other))]).collect()));
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(from: Option<&[&str]>, count: u64) -> Votes {
        Votes { from: from.map(|from| from.iter().map(ToString::to_string).collect()), count }
    }

    fn quota(from: &[&str], votes: u32) -> QuotaSpec {
        QuotaSpec { from: from.iter().map(ToString::to_string).collect(), votes }
    }

    #[test]
    fn a_vote_counts_for_one_entry() {
        let (sre, qa, both) = (&["@sre"][..], &["@qa"][..], &["@sre", "@QA"][..]);
        for (asked, has, expected) in [
            (vec![quota(sre, 1)], vec![votes(None, 9)], false),
            (vec![quota(sre, 2)], vec![votes(Some(sre), 2)], true),
            (vec![quota(sre, 2)], vec![votes(Some(sre), 1)], false),
            (vec![quota(sre, 1), quota(qa, 1)], vec![votes(Some(both), 9)], false),
            (vec![quota(both, 2)], vec![votes(Some(sre), 1), votes(Some(qa), 1)], true),
            (vec![quota(sre, 1), quota(both, 1)], vec![votes(Some(sre), 1), votes(Some(qa), 1)], true),
            // What was counted first has to make room.
            (vec![quota(both, 1), quota(sre, 1)], vec![votes(Some(sre), 1), votes(Some(qa), 1)], true),
            (vec![quota(both, 3), quota(sre, 3)], vec![votes(Some(sre), 4), votes(Some(qa), 2)], true),
            (vec![quota(both, 3), quota(sre, 4)], vec![votes(Some(sre), 4), votes(Some(qa), 2)], false),
            (vec![quota(sre, u32::MAX)], vec![votes(Some(sre), u64::from(u32::MAX))], true),
        ] {
            assert_eq!(meet(&asked, &has), expected, "{asked:?} of {has:?}");
        }
    }
}
