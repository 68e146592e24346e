//! Lists of deploys, newest first, a part at a time: one request a part, however many deploys are on record.

use crate::error::StoreError;
use crate::row::{self, Row, text};
use crate::unreadable::left_out;
use crate::{Store, keys};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::deploy_state::DeployState;
use signoff_core::id::DeployId;
use signoff_core::slug::canonical;

/// Most deploys that are read for one part of a list that has no index of its own: 500 entries of an index
/// are some 150 KB.
const MAX_SCANNED: i32 = 500;

/// Filter of a list of deploys; by default it lists all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those of this deployment.
    pub deployment: Option<Slug>,
    /// Those to this environment, in any case.
    pub environment: Option<String>,
    /// Those whose revision begins so, in lower case.
    pub revision: Option<String>,
    /// Those deployed at this time or later, to the microsecond.
    pub since: Option<Timestamp>,
    /// Those deployed before this time, to the microsecond.
    pub until: Option<Timestamp>,
}

/// A deploy in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploySummary {
    /// Its id.
    pub id: DeployId,
    /// Deployment that was deployed.
    pub deployment: Slug,
    /// Environment where it arrived.
    pub environment: String,
    /// The commit's full SHA.
    pub revision: String,
    /// Time at which it was deployed; for one that did not arrive, the time at which it got into its state.
    pub deployed_at: Timestamp,
    /// Its place in lists: of two deploys, the newer one has the greater text.
    pub listed_at: String,
    /// State of the deploy.
    #[serde(default)]
    pub state: DeployState,
    /// The time from which it counts as being there; `None`: it never stood there, as far as the record
    /// knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Timestamp>,
    /// The deploy that it is another report of. Only [`Store::of_revision`] finds such reports; every other
    /// list leaves them out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<DeployId>,
    /// True if one of its actions failed and waits for somebody. Only [`Store::failed_since`] looks that
    /// up.
    #[serde(skip)]
    pub has_failed: bool,
}

impl DeploySummary {
    pub(crate) fn of(deploy: &Deploy) -> Self {
        Self {
            id: deploy.id.clone(),
            deployment: deploy.deployment.clone(),
            environment: deploy.environment.clone(),
            revision: deploy.revision.clone(),
            deployed_at: deploy.deployed_at,
            listed_at: keys::listed_at(deploy),
            state: deploy.state,
            arrived_at: deploy.stood().then(|| deploy.arrived_at()),
            repeats: deploy.confirmation.repeats().cloned(),
            has_failed: false,
        }
    }
}

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The deploys.
    pub deploys: Vec<DeploySummary>,
    /// The number of further deploys of this part that this release can't read.
    pub unreadable: usize,
    /// Cursor of the next part; `None` at the end.
    pub next: Option<String>,
}

impl Wanted {
    /// True if the list includes a deploy of the index that is read, regardless of its time.
    fn takes(&self, deploy: &DeploySummary) -> bool {
        if deploy.repeats.is_some() {
            return false;
        }
        let environment = |wanted: &String| canonical(wanted) == canonical(&deploy.environment);
        // Of one deployment, the index of revisions has chosen: it knows a deploy by the full SHA, too.
        let revision =
            |wanted: &String| self.deployment.is_some() || deploy.revision.to_lowercase().starts_with(wanted);
        self.deployment.as_ref().is_none_or(|wanted| *wanted == deploy.deployment)
            && self.revision.as_ref().is_none_or(revision)
            && self.environment.as_ref().is_none_or(environment)
    }
}

/// The part of `deploys`, oldest first, that a list shows: at most `limit` of those `wanted`, newest first,
/// before `before`.
fn part(wanted: &Wanted, deploys: Vec<DeploySummary>, limit: i32, before: &str) -> Listing {
    let since = wanted.since.map(keys::sortable);
    let is_shown = |deploy: &DeploySummary| {
        let at = &deploy.listed_at;
        wanted.takes(deploy) && at.as_str() < before && since.as_ref().is_none_or(|since| at >= since)
    };
    let mut deploys: Vec<_> = deploys.into_iter().rev().filter(is_shown).collect();
    deploys.sort_by(|one, other| other.listed_at.cmp(&one.listed_at));
    let shown = usize::try_from(limit).unwrap_or(0);
    let is_cut = deploys.len() > shown;
    deploys.truncate(shown);
    let next = deploys.last().filter(|_| is_cut).map(|deploy| deploy.listed_at.clone());
    Listing { deploys, unreadable: 0, next }
}

impl Store {
    /// The newest deploys of all deployments, at most `limit`, before `before` (a [`Listing::next`]).
    pub async fn recent(&self, limit: i32, before: Option<&str>) -> Result<Listing, StoreError> {
        self.list(&Wanted::default(), limit, before).await
    }

    /// The newest deploys that are `wanted`, at most `limit`, before `before` (a [`Listing::next`]).
    ///
    /// One index has the deploys of a deployment, another one those of a deployment to an environment, and a
    /// third one those of a deployment's revisions. Where an environment or a revision of all deployments is
    /// wanted, the newest 500 of all deploys from `before` on are looked at: the part may have fewer than
    /// `limit`, or none, and a next one.
    pub async fn list(
        &self,
        wanted: &Wanted,
        limit: i32,
        before: Option<&str>,
    ) -> Result<Listing, StoreError> {
        // What comes after a time in the list starts with an earlier one.
        let until = wanted.until.map(keys::sortable);
        let before = [before, until.as_deref()].into_iter().flatten().min().unwrap_or("~");
        if let (Some(deployment), Some(revision)) = (&wanted.deployment, &wanted.revision) {
            let deploys = self.of_revision(deployment, revision).await?;
            return Ok(part(wanted, deploys, limit, before));
        }
        let (index, partition, of, looked_at) = match (&wanted.deployment, &wanted.environment) {
            (Some(deployment), Some(environment)) => {
                let of = keys::environment(deployment, environment);
                (keys::ENVIRONMENT_INDEX, keys::ENVIRONMENT_KEY, of, limit.saturating_add(1))
            }
            (Some(deployment), None) => {
                let of = keys::deploys_of(deployment);
                (keys::DEPLOYMENT_INDEX, keys::DEPLOYMENT_KEY, of, limit.saturating_add(1))
            }
            // One more than is shown tells whether there is a next part.
            (None, None) if wanted.revision.is_none() => {
                (keys::LISTING_INDEX, keys::LISTING, keys::ALL_DEPLOYS.to_owned(), limit.saturating_add(1))
            }
            (None, None | Some(_)) => {
                (keys::LISTING_INDEX, keys::LISTING, keys::ALL_DEPLOYS.to_owned(), MAX_SCANNED)
            }
        };
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(index)
            .key_condition_expression(format!("{partition} = :of AND listed_at < :before"))
            .expression_attribute_values(":of", text(of))
            .expression_attribute_values(":before", text(before))
            .scan_index_forward(false)
            .limit(looked_at);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let since = wanted.since.map(keys::sortable);
        let shown = usize::try_from(limit).unwrap_or(0);
        let (mut deploys, mut last, mut unreadable) = (Vec::new(), None, 0);
        for item in answer.items.unwrap_or_default() {
            let listed_at = listed_at(&item);
            if since > listed_at {
                return Ok(Listing { deploys, unreadable, next: None });
            }
            let deploy: DeploySummary = match row::read(item) {
                Ok(deploy) => deploy,
                Err(error) => {
                    left_out(&error);
                    unreadable += 1;
                    last = listed_at;
                    continue;
                }
            };
            if wanted.takes(&deploy) {
                if deploys.len() == shown {
                    return Ok(Listing { deploys, unreadable, next: last });
                }
                deploys.push(deploy);
            }
            last = listed_at;
        }
        let next = answer.last_evaluated_key.and(last);
        Ok(Listing { deploys, unreadable, next })
    }
}

/// Returns the place of an index's row in a list.
pub(crate) fn listed_at(item: &Row) -> Option<String> {
    item.get(keys::LISTED_AT).and_then(|value| value.as_s().ok()).cloned()
}
