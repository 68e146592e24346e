//! The newest deploy of an environment: the only one that a rule asks about. An older deploy's approval
//! closes.

use crate::deploy::{Deploy, Slug};
use crate::id::{DeployId, RunId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The newest run of a rule for an environment that asked people.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Newest {
    /// The deployment.
    pub deployment: Slug,
    /// The environment where the deploy arrived.
    pub environment: String,
    /// The rule's name.
    pub rule: String,
    /// The deploy.
    pub deploy: DeployId,
    /// Its title for people.
    pub title: String,
    /// Its run.
    pub run: RunId,
    /// The time at which it was deployed.
    pub deployed_at: Timestamp,
    /// The number of times that this was committed.
    pub version: u64,
}

/// The consequence of a run that asks people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It asks in place of an older deploy's run, if there was one; this is to be committed.
    Newest {
        /// The new entry for the record; its `version` is still the one that was read.
        next: Newest,
        /// The older deploy, whose approval is to be closed.
        older: Option<(DeployId, RunId)>,
    },
    /// A newer deploy's run asked already: this one's approval is to be closed.
    Outdated {
        /// The newer one.
        newer: Newest,
    },
}

impl Newest {
    /// The run `run` of the rule `rule` for `deploy`, as the first one that asks.
    pub fn of(deploy: &Deploy, rule: &str, run: &RunId) -> Self {
        Self {
            deployment: deploy.deployment.clone(),
            environment: deploy.environment.clone(),
            rule: rule.to_owned(),
            deploy: deploy.id.clone(),
            title: deploy.title(),
            run: run.clone(),
            deployed_at: deploy.deployed_at,
            version: 0,
        }
    }

    /// `self` asks, and `known` is on record as the newest so far. Of two deploys at the same time, the ids
    /// decide.
    pub fn arrive(self, known: Option<Newest>) -> Arrival {
        let Some(known) = known else { return Arrival::Newest { next: self, older: None } };
        if known.run == self.run {
            return Arrival::Newest { next: known, older: None };
        }
        if (known.deployed_at, &known.deploy) > (self.deployed_at, &self.deploy) {
            return Arrival::Outdated { newer: known };
        }
        // A deploy that is asked about again takes nobody's place.
        let older = (known.deploy != self.deploy).then_some((known.deploy, known.run));
        Arrival::Newest { next: Self { version: known.version, ..self }, older }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn newest(deploy: &str, seconds: i64, version: u64) -> Newest {
        let id = DeployId::from_text(deploy);
        Newest {
            deployment: Slug::new("acme", "checkout").expect("a slug"),
            environment: "Staging".to_owned(),
            rule: "promote".to_owned(),
            title: format!("title of {deploy}"),
            run: RunId::derive(&id, "promote"),
            deploy: id,
            deployed_at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
            version,
        }
    }

    #[test]
    fn the_newest_deploy_stays_whatever_the_order() {
        let (older, newer) = (newest("a", 1, 3), newest("b", 2, 3));
        let Arrival::Newest { next, older: closed } = newest("b", 2, 0).arrive(Some(older.clone())) else {
            panic!("it is newer")
        };
        assert_eq!((next, closed), (newer.clone(), Some((older.deploy.clone(), older.run.clone()))));
        let outdated = newest("a", 1, 0).arrive(Some(newer.clone()));
        assert_eq!(outdated, Arrival::Outdated { newer });
    }

    #[test]
    fn who_asks_again_closes_nobody() {
        let known = newest("a", 1, 3);
        let again = newest("a", 1, 0).arrive(Some(known.clone()));
        assert_eq!(again, Arrival::Newest { next: known, older: None });
        let first = newest("a", 1, 0);
        assert_eq!(first.clone().arrive(None), Arrival::Newest { next: first, older: None });
    }

    #[test]
    fn at_the_same_time_one_of_both_is_the_newer() {
        let (a, b) = (newest("a", 1, 1), newest("b", 1, 1));
        let of_a = matches!(a.clone().arrive(Some(b.clone())), Arrival::Outdated { .. });
        let of_b = matches!(b.arrive(Some(a)), Arrival::Outdated { .. });
        assert!(of_a != of_b);
    }
}
