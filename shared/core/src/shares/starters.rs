//! The makers of all of a range: whoever deployed it or started its run.

use super::makers::Makers;
use crate::range::{Account, Identity, Range};
use std::collections::BTreeSet;

/// The people who deployed it or started its run. If the merge queue's push started it, the people who queued
/// stand for it. A program whose own push started it adds nobody where programs alone made the range
/// (`is_of_bots`) and it is one of them.
pub(super) fn starters(
    makers: &mut Makers,
    started_by: &[Identity],
    range: &Range,
    is_of_bots: bool,
) -> BTreeSet<usize> {
    let is_queue = |by: &Identity| by.account.as_ref().is_some_and(Account::is_merge_queue);
    let queued: Vec<&Identity> =
        range.pull_requests.iter().flat_map(|pull_request| &pull_request.merge_asked_by).collect();
    let mut people = BTreeSet::new();
    for by in started_by {
        let program = by.account.as_ref().filter(|account| by.vouched && account.acts_for_nobody());
        let own = program.filter(|program| is_of_bots && makers.has_signed_bot(program));
        if by.is_untold() {
            people.insert(makers.untold(by));
        } else if is_queue(by) && !queued.is_empty() {
            people.extend(queued.iter().map(|person| makers.index(person)));
        } else if let Some(program) = own {
            people.insert(makers.signed_bot(program));
        } else {
            people.insert(makers.index(by));
        }
    }
    people
}
