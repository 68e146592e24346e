//! The range since the base, as people read it where only its outline was read: no vote depends on who made
//! it.

use super::{Approval, Electorate, Judged};
use crate::base::Passed;
use crate::deploy::RulesChange;
use crate::range::Direction;
use crate::range_files::RangeFiles;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The reason why nothing is known of a range.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum WithoutRange {
    /// Nothing was let through to the place before.
    NoBase,
    /// The source host did not compare the revision with the base.
    NotCompared {
        /// The base.
        base: String,
    },
}

/// The outline of a range: which way it goes, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The direction from the base to the revision.
    pub direction: Direction,
    /// The number of commits that it adds.
    pub added: u32,
    /// The number of commits that it takes out.
    pub removed: u32,
}

impl Electorate {
    /// This electorate with `outline` as that of the range since `start`. An admin who set the base may not
    /// vote on it.
    pub fn since(mut self, start: &Passed, outline: Outline) -> Self {
        self.except.extend(start.set_by.clone());
        let Outline { direction, added, removed } = outline;
        self.judged = Some(Judged {
            base: start.revision.clone(),
            since: start.at,
            set_by: start.set_by.clone(),
            by_glass: start.by_glass,
            direction,
            added,
            removed,
            held: None,
            has_no_makers: false,
            is_of_bots: false,
            allowed: Vec::new(),
        });
        self
    }

    /// This electorate, which says why it has no range.
    pub fn without_range(mut self, why: WithoutRange) -> Self {
        self.without_range = Some(why);
        self
    }

    /// This electorate, with the change's effects on files.
    pub fn changing(mut self, files: RangeFiles) -> Self {
        self.files = Some(files);
        self
    }

    /// The outline that was read of the range from `base`, where it was read.
    pub fn outline(&self, base: &str) -> Option<Outline> {
        let judged = self.judged.as_ref().filter(|judged| judged.base == base)?;
        Some(Outline { direction: judged.direction, added: judged.added, removed: judged.removed })
    }
}

impl Approval {
    /// The change's effect on the rules that guard it and on the files that a CI reads: that of everything
    /// since the base where it is known, else that of the deploy's commits.
    pub fn changed_rules(&self) -> &RulesChange {
        self.electorate.files.as_ref().map_or(&self.rules_change, |files| &files.rules_change)
    }
}
