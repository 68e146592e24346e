//! The newest deploy of an environment: the only one that a rule asks about. An older deploy's approval
//! closes.

use crate::deploy::{Deploy, Slug};
use crate::id::{DeployId, RunId};
use crate::moment::Moment;
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
    /// The deploy, and its place in the order of deploys.
    pub moment: Moment,
    /// Its title for people.
    pub title: String,
    /// Its run.
    pub run: RunId,
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
            moment: deploy.moment(),
            title: deploy.title(),
            run: run.clone(),
            version: 0,
        }
    }

    /// `self` asks, and `known` is on record as the newest so far.
    pub fn arrive(self, known: Option<Newest>) -> Arrival {
        let Some(known) = known else { return Arrival::Newest { next: self, older: None } };
        if known.run == self.run {
            return Arrival::Newest { next: known, older: None };
        }
        if known.moment.is_after(&self.moment) {
            return Arrival::Outdated { newer: known };
        }
        // A deploy that is asked about again takes nobody's place.
        let older = (known.moment.deploy != self.moment.deploy).then_some((known.moment.deploy, known.run));
        Arrival::Newest { next: Self { version: known.version, ..self }, older }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, Timestamp};

    fn newest(deploy: &str, seconds: i64, version: u64) -> Newest {
        let id = DeployId::from_text(deploy);
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        Newest {
            deployment: Slug::new("acme", "checkout").expect("a slug"),
            environment: "Staging".to_owned(),
            rule: "promote".to_owned(),
            title: format!("title of {deploy}"),
            run: RunId::derive(&id, "promote"),
            moment: Moment { deploy: id, deployed_at: at, registered_at: at, host_deployment: None },
            version,
        }
    }

    #[test]
    fn the_newest_deploy_stays_whatever_the_order() {
        let (older, newer) = (newest("a", 1, 3), newest("b", 2, 3));
        let Arrival::Newest { next, older: closed } = newest("b", 2, 0).arrive(Some(older.clone())) else {
            panic!("it is newer")
        };
        assert_eq!((next, closed), (newer.clone(), Some((older.moment.deploy.clone(), older.run.clone()))));
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
    fn github_deployments_of_one_second_keep_their_order() {
        for (first, second) in [("a", "b"), ("b", "a")] {
            let of = |deploy: &str, number| {
                let newest = newest(deploy, 1, 1);
                Newest { moment: Moment { host_deployment: Some(number), ..newest.moment }, ..newest }
            };
            let (older, newer) = (of(first, 9), of(second, 10));
            let arrival = older.clone().arrive(Some(newer.clone()));
            assert_eq!(arrival, Arrival::Outdated { newer: newer.clone() });
            let Arrival::Newest { older: closed, .. } = newer.arrive(Some(older.clone())) else {
                panic!("it is newer")
            };
            assert_eq!(closed, Some((older.moment.deploy, older.run)));
        }
    }
}
