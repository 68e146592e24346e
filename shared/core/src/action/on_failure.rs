//! The key `on_failure` of an action: it says if the rest of the list runs where the action fails.

use super::{Action, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The end of a list of actions, or not, where one of them fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The actions after it do not run.
    #[default]
    Stop,
    /// The actions after it run, and Signoff reports the failure.
    Continue,
}

/// An action with its rule's `on_failure`. It is never an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WithOnFailure {
    /// The action.
    pub action: Action,
    /// The value that the rule sets.
    pub on_failure: OnFailure,
}

impl OnFailure {
    /// All of them, in the order of the reference.
    pub const ALL: [Self; 2] = [Self::Stop, Self::Continue];

    /// The word for it in rules files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Continue => "continue",
        }
    }
}

impl Action {
    /// The action with this `on_failure`, or as it is where that is its default. An approval and a watcher
    /// stay as they are too: nothing goes on after an approval that nobody gave.
    pub fn with_on_failure(self, on_failure: OnFailure) -> Self {
        let plain = self.plain();
        match plain.kind() {
            Kind::Tells | Kind::Acts if plain.on_failure() != on_failure => {
                Self::WithOnFailure(Box::new(WithOnFailure { action: plain.clone(), on_failure }))
            }
            Kind::Asks | Kind::Watches | Kind::Tells | Kind::Acts => plain.clone(),
        }
    }

    /// The action without its rule's `on_failure`.
    pub fn plain(&self) -> &Self {
        match self {
            Self::WithOnFailure(with) => with.action.plain(),
            plain => plain,
        }
    }

    /// The consequence of its failure for the rest of the list. Where the rule says nothing, telling actions
    /// let the rest run, and all others stop it.
    pub fn on_failure(&self) -> OnFailure {
        match self {
            Self::WithOnFailure(with) => with.on_failure,
            plain if plain.kind() == Kind::Tells => OnFailure::Continue,
            _ => OnFailure::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::BuildRef;

    #[test]
    fn telling_actions_continue_and_acting_ones_stop() {
        let tells = Action::NotifyDeployer("Done.".to_owned());
        let acts = Action::AutoApproveBuild(BuildRef { build: "deploy".to_owned(), job: None });
        assert_eq!((tells.on_failure(), acts.on_failure()), (OnFailure::Continue, OnFailure::Stop));
        let (tells, acts) =
            (tells.with_on_failure(OnFailure::Stop), acts.with_on_failure(OnFailure::Continue));
        assert_eq!((tells.on_failure(), acts.on_failure()), (OnFailure::Stop, OnFailure::Continue));
        assert_eq!(acts.to_string(), "auto_approve_build: deploy (on_failure: continue)");
        assert_eq!(acts.kind(), Kind::Acts);
        let again = acts.clone().with_on_failure(OnFailure::Stop);
        assert_eq!((&again, again.on_failure()), (acts.plain(), OnFailure::Stop));
    }
}
