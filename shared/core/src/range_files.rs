//! The files that a range changes, as far as people must know of them: those that guard the deploy, and
//! things that the range moves without showing them.

use crate::deploy::RulesChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most things that are named.
const MOST_NAMED: usize = 20;
/// The most characters of a name that are kept.
const LONGEST_NAME: usize = 200;

/// The effects of a range on files, beside what its commits show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RangeFiles {
    /// The rules files, default tags and files that CIs read, as far as it changes them.
    pub rules_change: RulesChange,
    /// The things that it moves and does not show.
    #[serde(default, skip_serializing_if = "Moves::is_empty")]
    pub moves: Moves,
}

/// Things that a range moves and does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Moves {
    /// The first of them.
    pub named: Vec<Unread>,
    /// The number of further ones.
    pub more: u32,
}

/// Something that a change names and that lies elsewhere: nobody reads it with the change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Unread {
    /// The source host does not list all files, so that nobody knows what is in the others.
    MoreFiles,
    /// A submodule stands at another commit.
    Submodule {
        /// Its path.
        path: String,
    },
    /// The file that says where submodules come from changed.
    SubmoduleSources,
    /// A file in Git LFS has another content.
    LargeFile {
        /// Its path.
        path: String,
    },
    /// A workflow uses an action by a branch or a tag, which can move.
    Action {
        /// The workflow's path.
        workflow: String,
        /// The action, as the workflow names it.
        uses: String,
    },
}

impl Moves {
    /// The first of `all` by name, each once, and the number of the others.
    pub fn new(mut all: Vec<Unread>) -> Self {
        all.sort();
        all.dedup();
        let more = all.len().saturating_sub(MOST_NAMED);
        all.truncate(MOST_NAMED);
        Self {
            named: all.into_iter().map(Unread::cut).collect(),
            more: u32::try_from(more).unwrap_or(u32::MAX),
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// A sentence for each that is named, and one for the others; `code` shows a name from outside.
    pub fn sentences(&self, code: &dyn Fn(&str) -> String) -> Vec<String> {
        let sentence = |unread: &Unread| match unread {
            Unread::MoreFiles => {
                "Changes more files than GitHub lists: large files and actions in the others are not named."
                    .to_owned()
            }
            Unread::Submodule { path } => format!("Moves the submodule {}, not read.", code(path)),
            Unread::SubmoduleSources => {
                format!("Changes {}: the addresses of submodules are not read.", code(".gitmodules"))
            }
            Unread::LargeFile { path } => format!("Changes {} in Git LFS, not read.", code(path)),
            Unread::Action { workflow, uses } => {
                format!("{} uses {}, which can move and is not read.", code(workflow), code(uses))
            }
        };
        let more = match self.more {
            0 => None,
            1 => Some("One more such thing is not named here.".to_owned()),
            more => Some(format!("{more} more such things are not named here.")),
        };
        self.named.iter().map(sentence).chain(more).collect()
    }
}

impl Unread {
    fn cut(self) -> Self {
        let cut = |text: String| crate::message::shorten(&text, LONGEST_NAME);
        match self {
            Self::MoreFiles => self,
            Self::Submodule { path } => Self::Submodule { path: cut(path) },
            Self::SubmoduleSources => self,
            Self::LargeFile { path } => Self::LargeFile { path: cut(path) },
            Self::Action { workflow, uses } => Self::Action { workflow: cut(workflow), uses: cut(uses) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_named_once_and_within_bounds() {
        let submodule = |number: usize| Unread::Submodule { path: format!("lib/{number:02}") };
        let all: Vec<_> = (0..25).chain(0..25).map(submodule).collect();
        let moves = Moves::new(all);
        assert_eq!((moves.named.len(), moves.more), (20, 5));
        let told = moves.sentences(&|name| format!("`{name}`"));
        assert_eq!(
            (told[0].as_str(), told[20].as_str()),
            ("Moves the submodule `lib/00`, not read.", "5 more such things are not named here.")
        );
    }
}
