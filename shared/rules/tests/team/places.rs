//! Revisions that the team let through, place by place.

use crate::deeds::File;
use crate::host::sha;
use crate::spec;
use jiff::Timestamp;
use signoff_core::base::{self, Base};
use signoff_core::deploy::Slug;
use std::collections::{BTreeMap, BTreeSet};

/// A place, with what was let through there.
pub struct Place {
    pub base: Base,
    /// The commits of which a completed approval with four eyes was a judgement.
    pub judged: BTreeSet<usize>,
    /// The commits that completed approvals let through, and when.
    pub passed: Vec<(usize, Timestamp)>,
}

/// The places of a team, by their names.
pub struct Places(BTreeMap<String, Place>);

impl Places {
    /// The places of all rules files, to each of which the first commit was let through at `now`.
    pub fn new(now: Timestamp) -> Self {
        let place = |is_named: bool| {
            let name = name(File { names_place: is_named, ..File::FIRST });
            let base = Base::none(&Slug::new("acme", "checkout").unwrap(), &name).after(&sha(0), true, now);
            (name, Place { base, judged: BTreeSet::from([0]), passed: vec![(0, now)] })
        };
        Self([true, false].map(place).into())
    }

    /// The place that the approval of `file` leads to.
    pub fn of(&self, file: File) -> &Place {
        &self.0[&name(file)]
    }

    /// The same, to change.
    pub fn of_mut(&mut self, file: File) -> &mut Place {
        self.0.get_mut(&name(file)).unwrap()
    }
}

fn name(file: File) -> String {
    base::place(&spec(file), "promote", "Production")
}
