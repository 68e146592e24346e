//! Revisions that the team let through, place by place.

use crate::host::{sha, slug};
use crate::rules::{RULES, Rule};
use jiff::Timestamp;
use signoff_core::base::Base;
use std::collections::{BTreeMap, BTreeSet};

/// A place, with what was let through there.
pub struct Place {
    pub base: Base,
    /// The commits of which a completed approval with four eyes was a judgement.
    pub judged: BTreeSet<usize>,
    /// The commits that approvals with four eyes let through, and when.
    pub passed: Vec<(usize, Timestamp)>,
}

/// The places of a team, by their names.
pub struct Places(BTreeMap<String, Place>);

impl Places {
    /// The places of all rules, to each of which the first commit was let through at `now`.
    pub fn new(now: Timestamp) -> Self {
        let rules = RULES.into_iter().flat_map(|name| [true, false].map(|is_named| (name, is_named)));
        let places = rules.map(|(name, names_place)| {
            let place = Rule { names_place, ..Rule::FIRST }.place(name);
            let base = Base::none(&slug(), &place).after(&sha(0), true, now);
            (place, Place { base, judged: BTreeSet::from([0]), passed: vec![(0, now)] })
        });
        Self(places.collect())
    }

    /// The place with this name.
    pub fn of(&self, name: &str) -> &Place {
        &self.0[name]
    }

    /// The same, to change.
    pub fn of_mut(&mut self, name: &str) -> &mut Place {
        self.0.get_mut(name).unwrap()
    }
}
