//! The deploy that stands in an environment: the last confirmed one that arrived there, in the order in which
//! they were deployed.

use crate::environments::Environment;
use crate::error::{CommitError, StoreError};
use crate::listing::DeploySummary;
use crate::row::{self, number};
use crate::unreadable::left_out;
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::id::DeployId;
use signoff_core::moment::Moment;
use signoff_core::slug::canonical;

/// Most times that an arrival which lost a race is decided again; each loss means that another one won.
const MAX_RACES: usize = 100;

/// The row of what stands in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    #[serde(flatten)]
    environment: Environment,
    /// Its place in the order of deploys.
    since: Moment,
    /// The last report of it: a deploy from before that does not take its place.
    until: Moment,
    /// Deploy that was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Stood>,
    /// The newest rollback that came there. It stays on record when something else takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    went_back: Option<Stood>,
    /// The deploy before this one that was reported again, and is not the newest any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    came_again: Option<CameAgain>,
    /// Number of times that this was written.
    version: u64,
}

/// A deploy that stood there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stood {
    deploy: DeploySummary,
    /// Its place in the order of deploys.
    since: Moment,
}

/// A deploy that was reported again: whatever was deployed between its two reports is not there any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CameAgain {
    deploy: DeploySummary,
    /// Its place in the order of deploys.
    since: Moment,
    /// Its last report.
    until: Moment,
}

/// Meaning of a confirmed deploy's arrival in its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It stands there from now on, in the place of another one, if one stood there.
    Stands {
        /// Deploy that was there before.
        previous: Option<DeploySummary>,
        /// True if its revision was there earlier: it is a rollback.
        is_rollback: bool,
    },
    /// Something stands there that was deployed later.
    Late,
    /// Its revision stands there already: it is another report of that deploy.
    Repeats {
        /// The deploy that stands there.
        of: DeploySummary,
    },
}

/// Deploys that came to an environment after a deploy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct After {
    /// The deploy that stands there, where it is a later one.
    pub newer: Option<DeploySummary>,
    /// The newest rollback, where it came later and went to another revision. Something else may stand there
    /// by now. A revision that stood there before and was reported again afterwards counts as one.
    pub rollback: Option<DeploySummary>,
}

impl After {
    /// The deploy that overtook the one asked about: the newest rollback, else what stands there. `None`:
    /// nothing did. The same revision counts: where it stands again after another one, it is a new deploy
    /// with runs of its own, and another report of what stands there is no deploy.
    pub fn overtook(&self) -> Option<&DeploySummary> {
        self.rollback.as_ref().or(self.newer.as_ref())
    }
}

/// Decision about an arrival, and the row to write, if there is one.
struct Decided {
    arrived: Arrived,
    row: Option<Standing>,
}

impl Standing {
    /// `deploy` in the place of `known`.
    fn of(deploy: &Deploy, until: Moment, previous: Option<Stood>, known: Option<&Standing>) -> Self {
        Self {
            environment: Environment { newest: DeploySummary::of(deploy), branch: deploy.branch.clone() },
            since: deploy.moment(),
            until,
            previous,
            went_back: known.and_then(|known| known.went_back.clone()),
            came_again: known.and_then(Standing::came_again),
            version: known.map_or(0, |known| known.version),
        }
    }

    /// The deploy that stands there.
    fn stood(&self) -> Stood {
        Stood { deploy: self.environment.newest.clone(), since: self.since.clone() }
    }

    /// The newest deploy that was reported again.
    fn came_again(&self) -> Option<CameAgain> {
        let Stood { deploy, since } = self.stood();
        let is_again = self.until.is_after(&since);
        let this = is_again.then(|| CameAgain { deploy, since, until: self.until.clone() });
        this.or_else(|| self.came_again.clone())
    }

    /// The same after the rollback `deploy`; `None`: it is on record, or a later one is.
    fn after_rollback(&self, deploy: &Deploy) -> Option<Self> {
        let since = deploy.moment();
        let is_news = self.went_back.as_ref().is_none_or(|known| since.is_after(&known.since));
        let went_back = Some(Stood { deploy: DeploySummary::of(deploy), since });
        is_news.then(|| Self { went_back, ..self.clone() })
    }

    /// True if `deploy` is the newest rollback that came there.
    fn is_rollback(&self, deploy: &Deploy) -> bool {
        self.went_back.as_ref().is_some_and(|back| back.deploy.id == deploy.id)
    }
}

/// Decides about the arrival of `deploy` while `known` is in the environment. `comes_again`: nothing acts for
/// `known` though it is confirmed, so that the same revision may take its place.
fn decide(known: Option<&Standing>, comes_again: bool, deploy: &Deploy) -> Decided {
    let since = deploy.moment();
    let Some(known) = known else {
        let row = Some(Standing::of(deploy, since, None, None));
        return Decided { arrived: Arrived::Stands { previous: None, is_rollback: false }, row };
    };
    let newest = &known.environment.newest;
    if newest.id == deploy.id {
        // An earlier attempt noted it.
        let previous = known.previous.as_ref().map(|previous| previous.deploy.clone());
        let is_rollback = known.is_rollback(deploy);
        return Decided { arrived: Arrived::Stands { previous, is_rollback }, row: None };
    }
    let is_later = since.is_after(&known.until);
    let until = if is_later { since } else { known.until.clone() };
    let stands = |until, previous: Option<Stood>| {
        let row = Some(Standing::of(deploy, until, previous.clone(), Some(known)));
        let previous = previous.map(|previous| previous.deploy);
        Decided { arrived: Arrived::Stands { previous, is_rollback: false }, row }
    };
    if newest.revision == deploy.revision {
        if comes_again {
            return stands(until, known.previous.clone());
        }
        // What was deployed between the two reports is not there any more.
        let row = is_later.then(|| Standing { until, ..known.clone() });
        return Decided { arrived: Arrived::Repeats { of: newest.clone() }, row };
    }
    if !is_later {
        return Decided { arrived: Arrived::Late, row: None };
    }
    stands(until, Some(known.stood()))
}

impl Store {
    /// Notes that `deploy`, which is confirmed, arrived in its environment; what that means. Repeating it
    /// means the same, in whatever order deploys arrive. A revision that stood there before what it takes the
    /// place of is a rollback, and stays on record as that ([`Store::after`]).
    ///
    /// One or two requests; one more where the revision stands there already, and what
    /// [`Store::stood_before`] takes where another one does.
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
            let (arrived, row) = self.with_rollback(deploy, arrived, row).await?;
            if self.put_standing(known.as_ref(), &row).await? {
                return Ok(arrived);
            }
        }
        Err(CommitError::Conflict)
    }

    /// Looks up if the arrival of `deploy` is a rollback, and returns the arrival and its row accordingly.
    async fn with_rollback(
        &self,
        deploy: &Deploy,
        arrived: Arrived,
        row: Standing,
    ) -> Result<(Arrived, Standing), StoreError> {
        let stands = matches!(arrived, Arrived::Stands { .. });
        let Some(Stood { deploy: previous, since }) = row.previous.clone().filter(|_| stands) else {
            return Ok((arrived, row));
        };
        let back = (deploy.revision.as_str(), &deploy.id);
        let (slug, environment) = (&deploy.deployment, &deploy.environment);
        if !self.stood_before(slug, environment, back, &since).await? {
            return Ok((arrived, row));
        }
        let row = row.after_rollback(deploy).unwrap_or(row);
        Ok((Arrived::Stands { previous: Some(previous), is_rollback: true }, row))
    }

    /// Notes that `deploy`, which stood in its environment, is a rollback by the source host's word: nobody
    /// registered its revision when it stood there first. One request where that is on record, and else two.
    ///
    /// # Errors
    ///
    /// The record can't be read or written, or another process won too many races.
    pub async fn note_rollback(&self, deploy: &Deploy) -> Result<(), CommitError> {
        for _ in 0..MAX_RACES {
            let known = self.standing(&deploy.deployment, &deploy.environment).await?;
            let next = known.as_ref().and_then(|known| known.after_rollback(deploy));
            let Some(next) = next else { return Ok(()) };
            if self.put_standing(known.as_ref(), &next).await? {
                return Ok(());
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
        Ok(self.after(deploy).await?.newer)
    }

    /// Reads the deploys that came to the environment of `deploy` after it. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn after(&self, deploy: &Deploy) -> Result<After, StoreError> {
        let at = deploy.moment();
        let standing = self.standing(&deploy.deployment, &deploy.environment).await?;
        let Some(standing) = standing else { return Ok(After::default()) };
        let newest = standing.until.is_after(&at).then(|| standing.environment.newest.clone());
        let again = standing.came_again();
        let again = again.filter(|again| again.until.is_after(&at) && at.is_after(&again.since));
        let again = again.map(|again| again.deploy);
        let back = standing.went_back.filter(|back| back.since.is_after(&at)).map(|back| back.deploy);
        let is_other = |back: &DeploySummary| back.id != deploy.id && back.revision != deploy.revision;
        Ok(After {
            newer: newest.filter(|newer| newer.id != deploy.id),
            rollback: back.filter(is_other).or(again.filter(is_other)),
        })
    }

    /// True if `revision` stood in an environment of `deployment` before `moment`, by another deploy than
    /// `id`. What was registered and never stood there, such as an unconfirmed deploy, does not count. One
    /// request, one for each such deploy but further reports, and one more for each of the same second.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn stood_before(
        &self,
        deployment: &Slug,
        environment: &str,
        (revision, id): (&str, &DeployId),
        moment: &Moment,
    ) -> Result<bool, StoreError> {
        let there = canonical(environment);
        for earlier in self.of_revision(deployment, revision).await? {
            let is_there = earlier.id != *id
                && earlier.repeats.is_none()
                && canonical(&earlier.environment) == there
                && earlier.deployed_at.as_second() <= moment.deployed_at.as_second();
            if is_there
                && self.may_have_stood(&earlier.id).await?
                && self.may_have_come_before(&earlier, moment).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// True if `earlier` came before `moment`, as [`may_have_stood`](Self::may_have_stood) has it.
    async fn may_have_come_before(
        &self,
        earlier: &DeploySummary,
        moment: &Moment,
    ) -> Result<bool, StoreError> {
        if earlier.deployed_at.as_second() < moment.deployed_at.as_second() {
            return Ok(true);
        }
        match self.deploy(&earlier.id).await {
            Ok(found) => Ok(found.is_some_and(|found| moment.is_after(&found.moment()))),
            Err(error @ StoreError::Row { .. }) => {
                left_out(&error);
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// True if the deploy stood in its environment. One whose row can't be read counts as one that did: what
    /// comes again is taken for a rollback.
    async fn may_have_stood(&self, deploy: &DeployId) -> Result<bool, StoreError> {
        match self.outline(deploy).await {
            Ok(found) => Ok(found.is_some_and(|found| found.stood())),
            Err(error @ StoreError::Row { .. }) => {
                left_out(&error);
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    async fn standing(&self, deployment: &Slug, environment: &str) -> Result<Option<Standing>, StoreError> {
        self.get(&keys::newest_of(deployment, environment)).await
    }

    /// Puts `next` in the place of `known`, whose version it has; whether that was still there.
    async fn put_standing(&self, known: Option<&Standing>, next: &Standing) -> Result<bool, StoreError> {
        let newest = &next.environment.newest;
        let key = keys::newest_of(&newest.deployment, &newest.environment);
        // It stands there however long nothing else is deployed.
        let row = row::keep(&key, &Standing { version: next.version + 1, ..next.clone() })?;
        let request = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        let request = match known {
            None => request.condition_expression("attribute_not_exists(pk)"),
            Some(known) => request
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number(known.version)),
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
