//! The state of a deploy, by the word of whoever reports it. Only a success changes the revision that an
//! environment has.

use crate::deploy::Deploy;
use crate::range::Identity;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The state of a deploy.
///
/// The words are those of GitHub's deployment statuses:
/// <https://docs.github.com/rest/deployments/statuses#create-a-deployment-status>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeployState {
    /// It is in progress.
    InProgress,
    /// It failed.
    Failure,
    /// It could not run.
    Error,
    /// It arrived in its environment.
    #[default]
    Success,
}

/// The news in a report about a deploy that is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It arrived: it stands from now on, and its rules are evaluated.
    Arrived,
    /// It got further, or failed: it still changes nothing.
    Moved,
    /// It is said to be under way again, or to have failed, after it arrived: that is noted, and the
    /// environment keeps it.
    Noted,
    /// Nothing is new.
    Nothing,
}

impl DeployState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::InProgress, Self::Failure, Self::Error, Self::Success];

    /// The word for it in GitHub's statuses, in registrations and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Success => "success",
        }
    }

    /// The state that `word` stands for, if there is one.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// True if the deploy arrived in its environment.
    pub fn has_arrived(self) -> bool {
        match self {
            Self::Success => true,
            Self::InProgress | Self::Failure | Self::Error => false,
        }
    }

    /// True if the deploy is over and did not arrive.
    pub fn has_failed(self) -> bool {
        match self {
            Self::Failure | Self::Error => true,
            Self::InProgress | Self::Success => false,
        }
    }

    /// The news in a report of the state `next` at `then` about a deploy that has been in this state since
    /// `since`, in whatever order reports arrive. A success counts once, whatever came before it or comes
    /// after it: the environment has what arrived last, and a failure takes nothing away. Hosts give times in
    /// whole seconds, so of two reports of the same second the failure is the later one. One that is under
    /// way after it arrived is deployed again; a report of its first start that comes late is older.
    pub fn news(self, since: Timestamp, next: Self, then: Timestamp) -> News {
        let is_later = then > since;
        let (since, then) = (since.as_second(), then.as_second());
        match (self.has_arrived(), next.has_arrived()) {
            (false, true) => News::Arrived,
            (true, false) if is_later || (next.has_failed() && then == since) => News::Noted,
            (true, true | false) => News::Nothing,
            (false, false) if then > since => News::Moved,
            (false, false) if then == since && next.has_failed() && !self.has_failed() => News::Moved,
            (false, false) => News::Nothing,
        }
    }
}

impl Deploy {
    /// This report of the deploy that is on record as `earlier`: under its id, and with everybody who
    /// deployed it by an earlier report.
    pub fn continuing(self, earlier: &Deploy) -> Self {
        let (id, deployment) = (earlier.id.clone(), earlier.deployment.clone());
        let mut report = Self { id, deployment, ..self };
        let by_address = |person: &&crate::deploy::Person| person.username.is_none();
        let before = earlier.deployer.as_ref().filter(by_address);
        let before = before.filter(|person| report.deployer.as_ref() != Some(person)).map(|person| {
            Identity { name: person.name.clone(), email: person.email.clone(), account: None, vouched: false }
        });
        report.add_deployed_by(earlier.reading.deployed_by.iter().cloned().chain(before));
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_success_counts_once_in_any_order_of_reports() {
        use DeployState::{Error, Failure, InProgress, Success};
        for (before, next, earlier, same, later) in [
            (InProgress, InProgress, News::Nothing, News::Nothing, News::Moved),
            (InProgress, Failure, News::Nothing, News::Moved, News::Moved),
            (InProgress, Error, News::Nothing, News::Moved, News::Moved),
            (InProgress, Success, News::Arrived, News::Arrived, News::Arrived),
            (Failure, InProgress, News::Nothing, News::Nothing, News::Moved),
            (Failure, Failure, News::Nothing, News::Nothing, News::Moved),
            (Failure, Error, News::Nothing, News::Nothing, News::Moved),
            (Failure, Success, News::Arrived, News::Arrived, News::Arrived),
            (Error, InProgress, News::Nothing, News::Nothing, News::Moved),
            (Error, Failure, News::Nothing, News::Nothing, News::Moved),
            (Error, Error, News::Nothing, News::Nothing, News::Moved),
            (Error, Success, News::Arrived, News::Arrived, News::Arrived),
            (Success, InProgress, News::Nothing, News::Nothing, News::Noted),
            (Success, Failure, News::Nothing, News::Noted, News::Noted),
            (Success, Error, News::Nothing, News::Noted, News::Noted),
            (Success, Success, News::Nothing, News::Nothing, News::Nothing),
        ] {
            for (at, expected) in [(9, earlier), (10, same), (11, later)] {
                let news = before.news(second(10), next, second(at));
                assert_eq!(news, expected, "{} at 10, {} at {at}", before.word(), next.word());
            }
        }
    }

    #[test]
    fn a_word_stands_for_one_state() {
        for state in DeployState::ALL {
            assert_eq!(DeployState::of(state.word()), Some(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{}\"", state.word()));
        }
        for other in ["", "pending", "queued", "inactive", "Success", "failed"] {
            assert_eq!(DeployState::of(other), None, "{other}");
        }
    }
}
