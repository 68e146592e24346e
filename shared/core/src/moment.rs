//! The order of an environment's deploys: the later of two deploys supersedes the other.

use crate::deploy::Deploy;
use crate::id::DeployId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Facts about a deploy that tell if it came before or after another one of its environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// The deploy.
    pub deploy: DeployId,
    /// The time at which it was deployed.
    pub deployed_at: Timestamp,
    /// The time at which it was reported to Signoff.
    pub registered_at: Timestamp,
    /// The id of the GitHub deployment, where one was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_deployment: Option<u64>,
}

impl Moment {
    /// True if this deploy came after `other`: of two deploys, one did.
    ///
    /// GitHub tells whole seconds, so the times of a GitHub deployment and of another deploy don't order them
    /// within a second. The ids of two GitHub deployments do, as GitHub's ids grow. Otherwise the deploy that
    /// was reported first came first.
    pub fn is_after(&self, other: &Self) -> bool {
        self.order(other) == Ordering::Greater
    }

    fn order(&self, other: &Self) -> Ordering {
        let by_time = self.deployed_at.cmp(&other.deployed_at);
        let by_report = self.registered_at.cmp(&other.registered_at);
        let known = match (self.host_deployment, other.host_deployment) {
            _ if self.deployed_at.as_second() != other.deployed_at.as_second() => by_time,
            (Some(one), Some(another)) => one.cmp(&another).then(by_time).then(by_report),
            (None, None) => by_time.then(by_report),
            (Some(_), None) | (None, Some(_)) => by_report.then(by_time),
        };
        // Nothing on record tells them apart: the answer is only the same each time.
        known.then_with(|| self.deploy.cmp(&other.deploy))
    }
}

impl Deploy {
    /// The facts that order it among the deploys of its environment.
    pub fn moment(&self) -> Moment {
        Moment {
            deploy: self.id.clone(),
            deployed_at: self.deployed_at,
            registered_at: self.registered_at,
            host_deployment: self.host_deployment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment by its times in milliseconds. Its id is a hash of the other facts, so it is in no order.
    fn moment(deployed: i64, registered: i64, host_deployment: Option<u64>) -> Moment {
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
        let facts = [deployed.to_string(), registered.to_string(), format!("{host_deployment:?}")];
        Moment {
            deploy: DeployId::derive("moment", &facts.each_ref().map(String::as_str)),
            deployed_at: at(deployed),
            registered_at: at(registered),
            host_deployment,
        }
    }

    #[test]
    fn deploys_of_one_second_are_ordered_by_no_hash() {
        let mut against_ids = 0;
        for number in 1..=50 {
            let second = number * 1_000;
            let github = |id, registered| moment(second, second + registered, Some(id));
            let registered = |deployed, at| moment(second + deployed, second + at, None);
            for (what, earlier, later) in [
                ("the time", moment(second - 1, second + 900, None), github(1, 1)),
                ("GitHub's ids", github(1, 400), github(2, 300)),
                ("GitHub's ids as numbers", github(9, 400), github(10, 300)),
                ("a date", registered(200, 900), registered(700, 800)),
                ("the report at one date", registered(0, 300), registered(0, 400)),
                ("the report after GitHub's", github(7, 300), registered(0, 400)),
                ("the report before GitHub's", registered(200, 200), github(7, 400)),
            ] {
                assert!(later.is_after(&earlier), "{what}: {later:?} is after {earlier:?}");
                assert!(!earlier.is_after(&later), "{what}: {earlier:?} is before {later:?}");
                against_ids += usize::from(later.deploy < earlier.deploy);
            }
        }
        assert!((50..300).contains(&against_ids), "{against_ids} of 350 are ordered against their ids");
    }

    #[test]
    fn one_of_two_deploys_is_the_later_one() {
        let (one, other) =
            (moment(0, 0, None), Moment { deploy: DeployId::from_text("0"), ..moment(0, 0, None) });
        assert!(one.is_after(&other) != other.is_after(&one));
        assert!(!one.is_after(&one));
    }
}
