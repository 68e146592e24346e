//! The deploy that stands in an environment: the last confirmed one that arrived there, by the time at which it was deployed.

use crate::environments::Environment;
use crate::error::{CommitError, StoreError};
use crate::listing::DeploySummary;
use crate::row::{self, text};
use crate::{Store, keys};
use approval::deploy::{Deploy, Slug};
use approval::id::DeployId;
use approval::slug::canonical;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How often an arrival that lost a race is decided again; each loss means that another one won.
const MAX_RACES: usize = 100;

/// The row of what stands in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    #[serde(flatten)]
    environment: Environment,
    /// What stood there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<DeploySummary>,
    /// When it was reported there last: what was deployed earlier does not take its place.
    listed_at: String,
}

/// What it means that a confirmed deploy arrives in its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It stands there from now on, in the place of another one, if one stood there.
    Stands {
        /// What stood there before.
        previous: Option<DeploySummary>,
    },
    /// Something stands there that was deployed later.
    Late,
    /// Its revision stands there already: it is another report of that deploy.
    Repeats {
        /// The deploy that stands there.
        of: DeploySummary,
    },
}

/// What follows from an arrival, and the row that says so, where one is to be written.
struct Decided {
    arrived: Arrived,
    row: Option<Standing>,
}

impl Standing {
    fn of(deploy: &Deploy, listed_at: String, previous: Option<DeploySummary>) -> Self {
        let environment = Environment { newest: DeploySummary::of(deploy), branch: deploy.branch.clone() };
        Self { environment, previous, listed_at }
    }
}

/// What the arrival of `deploy` means where `known` stands. `comes_again`: nothing acts for `known` though it is confirmed, so that
/// the same revision may take its place.
fn decide(known: Option<&Standing>, comes_again: bool, deploy: &Deploy) -> Decided {
    let listed_at = keys::listed_at(deploy.deployed_at, &deploy.id);
    let Some(known) = known else {
        let row = Some(Standing::of(deploy, listed_at, None));
        return Decided { arrived: Arrived::Stands { previous: None }, row };
    };
    let newest = &known.environment.newest;
    if newest.id == deploy.id {
        // An earlier attempt noted it.
        return Decided { arrived: Arrived::Stands { previous: known.previous.clone() }, row: None };
    }
    let is_later = listed_at > known.listed_at;
    if newest.revision == deploy.revision {
        let listed_at = if is_later { listed_at } else { known.listed_at.clone() };
        if comes_again {
            let row = Some(Standing::of(deploy, listed_at, known.previous.clone()));
            return Decided { arrived: Arrived::Stands { previous: known.previous.clone() }, row };
        }
        // What was deployed between the two reports is not there any more.
        let row = is_later.then(|| Standing { listed_at, ..known.clone() });
        return Decided { arrived: Arrived::Repeats { of: newest.clone() }, row };
    }
    if !is_later {
        return Decided { arrived: Arrived::Late, row: None };
    }
    let row = Some(Standing::of(deploy, listed_at, Some(newest.clone())));
    Decided { arrived: Arrived::Stands { previous: Some(newest.clone()) }, row }
}

impl Store {
    /// Notes that `deploy`, which is confirmed, arrived in its environment; what that means. Repeating it means the same, in
    /// whatever order deploys arrive. One or two requests, and one more where the revision stands there already.
    ///
    /// # Errors
    ///
    /// The record can't be read or written, or another process won too many races.
    pub async fn arrive(&self, deploy: &Deploy) -> Result<Arrived, CommitError> {
        for _ in 0..MAX_RACES {
            let known = self.standing(&deploy.deployment, &deploy.environment).await?;
            let same = known.as_ref().map(|known| &known.environment.newest);
            let same = same.filter(|same| same.revision == deploy.revision && same.id != deploy.id);
            let comes_again = match same {
                Some(same) => {
                    let same = self.deploy(&same.id).await?;
                    same.is_none_or(|same| same.confirmation.may_come_again())
                }
                None => false,
            };
            let Decided { arrived, row } = decide(known.as_ref(), comes_again, deploy);
            let Some(row) = row else { return Ok(arrived) };
            if self.put_standing(known.as_ref(), &row).await? {
                return Ok(arrived);
            }
        }
        Err(CommitError::Conflict)
    }

    /// The newest deploy of an environment that counts, if there is one. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn newest_in(
        &self,
        deployment: &Slug,
        environment: &str,
    ) -> Result<Option<DeploySummary>, StoreError> {
        Ok(self.standing(deployment, environment).await?.map(|standing| standing.environment.newest))
    }

    /// The deploy that stands in the environment of `deploy`, where it came after `deploy`. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn newer(&self, deploy: &Deploy) -> Result<Option<DeploySummary>, StoreError> {
        let after = keys::listed_at(deploy.deployed_at, &deploy.id);
        let standing = self.standing(&deploy.deployment, &deploy.environment).await?;
        let newer = standing.filter(|standing| standing.listed_at > after).map(|one| one.environment.newest);
        Ok(newer.filter(|newer| newer.id != deploy.id))
    }

    /// True if `revision` stood in an environment of `deployment` before `time`, by another deploy than `id`.
    /// What was registered and never stood there, such as an unconfirmed deploy, does not count. One request,
    /// and one for each such deploy.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn stood_before(
        &self,
        deployment: &Slug,
        environment: &str,
        (revision, id): (&str, &DeployId),
        time: Timestamp,
    ) -> Result<bool, StoreError> {
        let there = canonical(environment);
        for earlier in self.of_revision(deployment, revision).await? {
            let is_there =
                earlier.id != *id && canonical(&earlier.environment) == there && earlier.deployed_at < time;
            if is_there && self.deploy(&earlier.id).await?.is_some_and(|deploy| deploy.stood()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn standing(&self, deployment: &Slug, environment: &str) -> Result<Option<Standing>, StoreError> {
        self.get(&keys::newest_of(deployment, environment)).await
    }

    /// Puts `next` in the place of `known`; whether that was still there.
    async fn put_standing(&self, known: Option<&Standing>, next: &Standing) -> Result<bool, StoreError> {
        let newest = &next.environment.newest;
        let key = keys::newest_of(&newest.deployment, &newest.environment);
        // It stands there however long nothing else is deployed.
        let row = row::keep(&key, next)?;
        let request = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        let request = match known {
            None => request.condition_expression("attribute_not_exists(pk)"),
            Some(known) => request
                .condition_expression("listed_at = :listed_at AND id = :id")
                .expression_attribute_values(":listed_at", text(&known.listed_at))
                .expression_attribute_values(":id", text(known.environment.newest.id.as_str())),
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
