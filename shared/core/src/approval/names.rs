//! Names of an approval's people, for texts outside Slack: Slack itself shows a mention by its name.

use super::{Approval, Blocker, Judged, SaidNobody};
use crate::mrkdwn::mentioned;

/// The most names that an approval keeps. Texts name 20 people at most.
const MOST: usize = 100;
/// The most characters of a name that are kept, which is the longest name that Slack takes.
const LONGEST: usize = 80;

impl Approval {
    /// The approval with the names that `known` has for its people (by Slack user id). A name that it has
    /// stays, as far as `known` has no newer one.
    #[must_use]
    pub fn named(mut self, known: impl Fn(&str) -> Option<String>) -> Self {
        let found: Vec<_> = self.people().filter_map(|id| Some((id.to_owned(), known(id)?))).collect();
        for (id, name) in found {
            if self.names.len() < MOST || self.names.contains_key(&id) {
                self.names.insert(id, name.chars().take(LONGEST).collect());
            }
        }
        self
    }

    /// Everyone whom its texts may name, by Slack user id: first those whom the question mentions, last the
    /// approvers, who can be many.
    fn people(&self) -> impl Iterator<Item = &str> {
        let electorate = &self.electorate;
        let setters = electorate.judged.iter().flat_map(Judged::setters);
        let makers = electorate.parts.iter().flat_map(|part| &part.makers);
        let said = electorate.blocked.iter().filter_map(Blocker::said_nobody_here);
        let lifters = electorate.lift_freeze.iter().flatten();
        let breakers = electorate.glass.iter().flat_map(|breakers| &breakers.people);
        let of_quotas = electorate.quotas.iter().flat_map(|quota| &quota.people);
        let kept_out = electorate.except.iter().chain(&electorate.own_word).chain(setters).chain(makers);
        let others = kept_out.chain(said.map(|SaidNobody { by, .. }| by)).chain(lifters).chain(breakers);
        let all = others.chain(electorate.people.iter().flatten()).chain(of_quotas);
        mentioned(&self.prompt).chain(all.map(String::as_str))
    }
}
