//! The parts of a range that each vote counts for or not.

use super::{Blocker, Member, Part};
use crate::message::shorten;
use crate::shares::Changes;
use std::collections::{BTreeMap, BTreeSet};

/// The most parts that a dialog tells apart by their titles. Of more, those are left out that others stand
/// for.
const TOLD_APART: usize = 200;
/// The most characters of a title where there are more.
const TITLE: usize = 60;
/// The most that the parts take in the approval's row, in bytes: DynamoDB takes 400 KB a row.
const MOST_BYTES: usize = 150_000;
/// The bytes of a part beside its makers and its title.
const PART_BYTES: usize = 90;

/// The shares of a range by the members who made them. Where these are more than a row keeps, the blocker
/// that says so; the last part then is that of all further makers.
pub(super) fn parts(changes: &Changes, members: &[Member]) -> (Vec<Part>, Option<Blocker>) {
    let mut parts: BTreeMap<BTreeSet<&String>, Part> = BTreeMap::new();
    for share in &changes.shares {
        let found = share.makers.iter().filter_map(|maker| match members.get(*maker)? {
            Member::Found(ids) => Some(ids),
            Member::NobodyHere
            | Member::SaidNobodyHere(_)
            | Member::Bot
            | Member::BotWithoutSignature
            | Member::NotFound => None,
        });
        let makers: BTreeSet<&String> = found.flatten().collect();
        let ids = makers.iter().copied().cloned().collect();
        let part = parts.entry(makers).or_insert_with(|| Part {
            makers: ids,
            commits: 0,
            pull_requests: 0,
            title: share.title.clone(),
        });
        part.commits = part.commits.saturating_add(share.commits);
        part.pull_requests = part.pull_requests.saturating_add(share.pull_requests);
    }
    if parts.len() <= TOLD_APART {
        return (parts.into_values().collect(), None);
    }
    let count = parts.len();
    let mut parts = without_smaller(parts);
    let mut bytes = 0_usize;
    let fits = parts
        .iter()
        .take_while(|part| {
            bytes = bytes.saturating_add(PART_BYTES + part.title.len());
            bytes = part.makers.iter().fold(bytes, |bytes, maker| bytes.saturating_add(maker.len() + 4));
            bytes <= MOST_BYTES
        })
        .count();
    if fits == parts.len() {
        return (parts, None);
    }
    let rest = parts.split_off(fits.min(TOLD_APART));
    let makers: BTreeSet<String> = rest.iter().flat_map(|part| part.makers.iter().cloned()).collect();
    parts.push(Part {
        makers: makers.into_iter().collect(),
        commits: rest.iter().fold(0, |sum, part| sum.saturating_add(part.commits)),
        pull_requests: rest.iter().fold(0, |sum, part| sum.saturating_add(part.pull_requests)),
        title: rest.into_iter().next().map(|part| part.title).unwrap_or_default(),
    });
    let missing = format!("{count} different groups of people made it, which is more than Signoff can keep.");
    (parts, Some(Blocker::TooLarge { missing: vec![missing] }))
}

/// The parts whose makers are not among those of another part: whoever has no hand in the larger part has
/// none in the smaller one, so that the votes for the larger one are enough for both. The larger one counts
/// what both have.
fn without_smaller(parts: BTreeMap<BTreeSet<&String>, Part>) -> Vec<Part> {
    let mut largest_first: Vec<(BTreeSet<&String>, Part)> = parts.into_iter().collect();
    largest_first.sort_by_key(|(makers, _)| std::cmp::Reverse(makers.len()));
    let mut kept: Vec<(BTreeSet<&String>, Part)> = Vec::new();
    for (makers, part) in largest_first {
        match kept.iter_mut().find(|(larger, _)| makers.is_subset(larger)) {
            Some((_, larger)) => {
                larger.commits = larger.commits.saturating_add(part.commits);
                larger.pull_requests = larger.pull_requests.saturating_add(part.pull_requests);
            }
            None => kept.push((makers, Part { title: shorten(&part.title, TITLE), ..part })),
        }
    }
    kept.sort_by(|(one, _), (other, _)| one.cmp(other));
    kept.into_iter().map(|(_, part)| part).collect()
}
