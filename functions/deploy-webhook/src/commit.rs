//! Commit of a reported deploy: a new one, or one that is on record already.

use crate::handler::DeployWebhook;
use jiff::Timestamp;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::deploy_state::News;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::message;
use signoff_core::slug::canonical;
use signoff_runtime::race;
use signoff_store::{Change, CommitError, Latest, Store, StoreError};

/// The most deploys of one revision to one environment that a registration is compared with.
const MOST_AGAIN: usize = 50;

/// Outcome of registering a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// It is on record now, by this id.
    New(DeployId),
    /// It was on record already, by this id.
    Before(DeployId),
}

/// The latest deploy of an environment, as far as the record can be read.
enum Known {
    /// It is this one; `None`: there is none.
    Latest(Option<Latest>),
    /// This release can't read the row. It stays as it is, and what is registered is compared with what can
    /// be read.
    Unreadable {
        /// The row's key.
        row: String,
        /// The reason.
        reason: String,
    },
}

impl Known {
    fn latest(&self) -> Option<&Latest> {
        match self {
            Self::Latest(latest) => latest.as_ref(),
            Self::Unreadable { .. } => None,
        }
    }

    fn is_unreadable(&self) -> bool {
        match self {
            Self::Latest(_) => false,
            Self::Unreadable { .. } => true,
        }
    }
}

impl DeployWebhook {
    /// Commits `deploy`, a delivery of GitHub's whose id follows from GitHub's own, and has its rules
    /// evaluated once it arrived. Delivering it again is no new deploy, whatever stands in the environment by
    /// then. A later success of the same deployment is one where another revision came in between.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn commit_delivery(
        &self,
        deploy: &Deploy,
        channel: Option<&str>,
        now: Timestamp,
    ) -> Result<Registered, CommitError> {
        race::decide_patiently(deploy.id.as_str(), || async {
            let latest = self.known(deploy).await?;
            let named = called(deploy, latest.latest());
            match self.store.commit(self.registering(&named, &latest, channel, now)).await {
                Ok(()) => return Ok(Registered::New(deploy.id.clone())),
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error),
            }
            let Some(known) = self.store.deploy(&deploy.id).await? else { return Err(CommitError::Conflict) };
            if !known.state.has_arrived() || !deploy.state.has_arrived() {
                return self.commit_report(&known, named, (&latest, channel), now).await;
            }
            if !stands_again(&known, deploy, &latest) {
                return Ok(Registered::Before(known.id));
            }
            let again = Deploy { id: deploy.id.derive_again(&deploy.deployed_at.to_string()), ..named };
            match self.store.commit(self.registering(&again, &latest, channel, now)).await {
                Ok(()) => Ok(Registered::New(again.id)),
                Err(CommitError::Conflict) if self.store.deploy(&again.id).await?.is_some() => {
                    Ok(Registered::Before(again.id))
                }
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Commits `deploy`, a registration, under an id of its own, and has its rules evaluated once it arrived.
    /// `date`: the registration said when it was deployed.
    ///
    /// One that is under way or failed is the deploy that a later success of the same revision becomes, as
    /// long as no other deploy came to the environment.
    ///
    /// While its revision is the latest that was registered for the environment, it is that deploy. Once
    /// another one came, it is a new deploy, unless one of the same revision and the same date, or of the
    /// same attempt of a CI run, is on record.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn commit_registration(
        &self,
        deploy: &Deploy,
        date: Option<Timestamp>,
        channel: Option<&str>,
        now: Timestamp,
    ) -> Result<Registered, CommitError> {
        race::decide_patiently(&format!("{} {}", deploy.id, deploy.revision), || async {
            let latest = self.known(deploy).await?;
            // A tag may stand at another commit by now: whether it is the same deploy is found out once that
            // is resolved.
            let is_latest = |latest: &&Latest| latest.revision == deploy.revision && !deploy.is_named();
            let same = match latest.latest().filter(is_latest) {
                Some(latest) => readable(&self.store, &latest.moment.deploy).await?.flatten(),
                None => None,
            };
            if let Some(known) = same.filter(|known| !comes_again(known, deploy)) {
                return match deploy.state.has_arrived() {
                    true => self.keep_people(&known, deploy, now).await,
                    false => self.commit_report(&known, deploy.clone(), (&latest, channel), now).await,
                };
            }
            let named = called(deploy, latest.latest());
            let first = Deploy { id: id(&named, None), ..named };
            match self.store.commit(self.registering(&first, &latest, channel, now)).await {
                Ok(()) => return Ok(Registered::New(first.id)),
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error),
            }
            // It was there before, or somebody else registered something at this moment.
            let known = match readable(&self.store, &first.id).await? {
                Some(None) => return Err(CommitError::Conflict),
                known => known.flatten(),
            };
            if let Some(known) = known.as_ref().filter(|known| !known.state.has_arrived()) {
                return self.commit_report(known, first, (&latest, channel), now).await;
            }
            let since = latest.latest().map(|latest| format!("after {}", latest.moment.deploy));
            let begun = since.as_deref().map(|since| id(&first, Some(since)));
            let begun = match begun {
                Some(begun) => self.store.deploy(&begun).await?.filter(|begun| !begun.state.has_arrived()),
                None => None,
            };
            if let Some(begun) = begun {
                return self.commit_report(&begun, first, (&latest, channel), now).await;
            }
            let is_same = |known: &Deploy| {
                let same_run = run(&first).is_some() && run(known) == run(&first);
                same_run || (date.is_some() && sent_date(known) == sent_date(&first))
            };
            let known = match known.filter(&is_same) {
                Some(known) => Some(known),
                None if date.is_none() && run(&first).is_none() => None,
                None => self.came_again(&first, &is_same).await?,
            };
            if let Some(known) = known {
                return match first.state.has_arrived() {
                    true => self.keep_people(&known, &first, now).await,
                    false => self.commit_report(&known, first, (&latest, channel), now).await,
                };
            }
            let after = match (date, run(&first)) {
                // The success that comes later has another date.
                _ if !first.state.has_arrived() && since.is_some() => since,
                // One attempt of a run registers one deploy of a revision, whatever dates it sends.
                (_, Some(run)) => Some(format!("by {run}")),
                (Some(date), None) => Some(format!("at {date}")),
                // It may have come again: once its rules are evaluated, it is known whether it stands there
                // already.
                (None, None) if latest.is_unreadable() => Some(format!("beside {now}")),
                (None, None) => since,
            };
            let Some(after) = after else { return Err(CommitError::Conflict) };
            let again = Deploy { id: id(&first, Some(&after)), ..first };
            match self.store.commit(self.registering(&again, &latest, channel, now)).await {
                Ok(()) => return Ok(Registered::New(again.id)),
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error),
            }
            match self.store.deploy(&again.id).await? {
                Some(known) => self.keep_people(&known, &again, now).await,
                None => Err(CommitError::Conflict),
            }
        })
        .await
    }
}

impl DeployWebhook {
    /// A deploy of the same revision to the same environment as `first`, its first one, of which `is_same` is
    /// true: one that came again before. A query, and a read for each that did.
    async fn came_again(
        &self,
        first: &Deploy,
        is_same: impl Fn(&Deploy) -> bool,
    ) -> Result<Option<Deploy>, StoreError> {
        let deploys = self.store.of_revision(&first.deployment, &first.revision).await?;
        let environment = canonical(&first.environment);
        let others = deploys.iter().rev().filter(|other| {
            other.id != first.id
                && other.revision == first.revision
                && canonical(&other.environment) == environment
        });
        for other in others.take(MOST_AGAIN) {
            if let Some(known) = readable(&self.store, &other.id).await?.flatten().filter(&is_same) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// Commits `report`, another report of the deploy that is on record as `known`, where at least one of the
    /// two says that it did not arrive.
    async fn commit_report(
        &self,
        known: &Deploy,
        report: Deploy,
        (latest, channel): (&Known, Option<&str>),
        now: Timestamp,
    ) -> Result<Registered, CommitError> {
        let report = report.continuing(known);
        let change = match known.state.news(known.deployed_at, report.state, report.deployed_at) {
            News::Nothing => return Ok(Registered::Before(known.id.clone())),
            // It is noted at its own time, so that noting it again changes nothing.
            News::Noted => Change::to(&known.id, report.deployed_at).and(
                report.state.word(),
                Vec::new(),
                vec![EventKind::DeployReported { state: report.state }],
            ),
            News::Moved => Change::reported(known, &report, now),
            News::Arrived => self.arriving(Change::reported(known, &report, now), &report, latest, channel),
        };
        self.store.commit(change).await?;
        Ok(Registered::New(known.id.clone()))
    }

    /// The latest deploy of the environment of `deploy`. One request.
    async fn known(&self, deploy: &Deploy) -> Result<Known, StoreError> {
        match self.store.latest(&deploy.deployment, &deploy.environment).await {
            Ok(latest) => Ok(Known::Latest(latest)),
            Err(StoreError::Row { key, detail }) => {
                tracing::error!(alarm = "unreadable", deployment = %deploy.deployment, row = key, detail, "put aside");
                Ok(Known::Unreadable { row: key, reason: detail })
            }
            Err(error) => Err(error),
        }
    }

    /// The change that registers `deploy`: only what arrived becomes the latest.
    fn registering(&self, deploy: &Deploy, known: &Known, channel: Option<&str>, now: Timestamp) -> Change {
        match deploy.state.has_arrived() {
            true => self.arriving(Change::register(deploy, now), deploy, known, channel),
            false => Change::report(deploy, now),
        }
    }

    /// `change`, by which `deploy` arrives, with what follows for the latest deploy of its environment. An
    /// unreadable row stays as it is, and is told in `channel`.
    fn arriving(&self, change: Change, deploy: &Deploy, known: &Known, channel: Option<&str>) -> Change {
        match known {
            Known::Latest(latest) => match Latest::after(latest.as_ref(), deploy) {
                Some(next) => change.latest(next),
                None => change,
            },
            Known::Unreadable { row, reason } => {
                let url = format!("{}/deploys/{}", self.public_url, deploy.id);
                // This function has no address of the queue of effects: the clock sends it.
                let tell = channel.map(|channel| EffectKind::TellChannel {
                    channel: channel.to_owned(),
                    text: message::put_aside(&deploy.deployment, &url, row, reason),
                });
                let (row, reason) = (row.clone(), reason.clone());
                change.and(
                    "aside latest",
                    tell.into_iter().collect(),
                    vec![EventKind::PutAside { row, reason }],
                )
            }
        }
    }
}

/// The deploy at `id`; `None`: this release can't read it, and it stays as it is.
async fn readable(store: &Store, id: &DeployId) -> Result<Option<Option<Deploy>>, StoreError> {
    match store.deploy(id).await {
        Ok(found) => Ok(Some(found)),
        Err(error @ StoreError::Row { .. }) => {
            tracing::error!(alarm = "unreadable", deploy = %id, %error, "what is registered is a deploy of its own");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// True if `deploy` is a new one though its revision is that of the latest one, `known`: nothing acts for
/// that one, or nobody knows yet if the token that it was registered with is good for the revision.
fn comes_again(known: &Deploy, deploy: &Deploy) -> bool {
    let by_another = run(known).is_some() && run(known) != run(deploy);
    known.confirmation.may_come_again() || (known.confirmation == Confirmation::Awaited && by_another)
}

/// True if `deploy`, a later success of the GitHub deployment that is on record as `known`, stands in the
/// environment again: another revision is the latest by now, and was not deployed after it. GitHub's times
/// are whole seconds.
fn stands_again(known: &Deploy, deploy: &Deploy, latest: &Known) -> bool {
    let is_later = deploy.deployed_at.as_second() > known.deployed_at.as_second();
    let is_after = |latest: &Latest| {
        let since = latest.moment.deployed_at;
        latest.revision != deploy.revision && since.as_second() <= deploy.deployed_at.as_second()
    };
    is_later && (latest.is_unreadable() || latest.latest().is_some_and(is_after))
}

/// The time at which `deploy` was deployed by the word of its registration, also where that is ahead of our
/// clock.
fn sent_date(deploy: &Deploy) -> Timestamp {
    deploy.reading.sent_date.unwrap_or(deploy.deployed_at)
}

/// The attempt of the CI run whose token registered `deploy`.
pub(crate) fn run(deploy: &Deploy) -> Option<&str> {
    deploy.reading.ci_job.as_ref().map(|job| job.run.as_str())
}

/// `deploy` with its deployment called as it was first.
fn called(deploy: &Deploy, latest: Option<&Latest>) -> Deploy {
    let deployment = latest.map_or(&deploy.deployment, |latest| &latest.deployment).clone();
    Deploy { deployment, ..deploy.clone() }
}

/// The id of a registration: of its revision's first one in the environment, or of one that came again
/// `after` something.
pub(crate) fn id(deploy: &Deploy, after: Option<&str>) -> DeployId {
    let (slug, environment) = (deploy.deployment.canonical(), canonical(&deploy.environment));
    let mut key = vec![slug.as_str(), environment.as_str(), deploy.revision.as_str()];
    key.extend(after);
    DeployId::derive("register", &key)
}
