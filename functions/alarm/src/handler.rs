//! An alarm that has another state: the newest deploy of what it watches takes it.

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::Value;
use signoff_core::facts::{ALARM, Health, MAX_ALARMS, Report};
use signoff_core::id::DeployId;
use signoff_providers::cloudwatch::{AlarmChange, AlarmState, ParseError, alarm_change};
use signoff_runtime::alarms::{Alarms, Watch};
use signoff_runtime::aws::Aws;
use signoff_runtime::facts::{ReportOutcome, record_report};
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::{CommitError, Store, StoreError};
use thiserror::Error;

/// Largest number of deploys that are told of one alarm, as newer ones may arrive in between. One that comes
/// later still takes over what the one before it knows.
const NEWER: usize = 3;

/// Hears alarms.
#[derive(Debug)]
pub(crate) struct Alarm {
    store: Store,
    alarms: Alarms,
}

/// Error that keeps an alarm from being put on record. Lambda hands its event over again.
#[derive(Debug, Error)]
pub(crate) enum AlarmError {
    #[error(transparent)]
    Event(#[from] ParseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the alarm was not put on record: {0}")]
    Commit(#[from] CommitError),
    #[error(
        "the alarm was not put on record: {MAX_ALARMS} alarms, with names of 20 KB together, report on a deploy, and others did"
    )]
    NoRoom,
}

/// The error as Lambda reports it: its name is one that people can look for.
impl From<AlarmError> for Diagnostic {
    fn from(error: AlarmError) -> Self {
        let name = match &error {
            AlarmError::Event(_) => "UnreadableEvent",
            AlarmError::Store(_) => "RecordUnavailable",
            AlarmError::Commit(_) => "NotCommitted",
            AlarmError::NoRoom => "TooManyAlarms",
        };
        Self { error_type: name.to_owned(), error_message: error.to_string() }
    }
}

impl Alarm {
    /// The function with these settings. Error: one is missing or can't be read.
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        settings.required("DEPLOYS_QUEUE_URL")?;
        Ok(Self { alarms: settings.alarms()?, store: aws.store(settings)? })
    }

    /// Puts on record what the alarm of `event` says of deploys, and returns for how many it was news.
    pub(crate) async fn changed(
        &self,
        event: Value,
        request_id: &str,
        now: Timestamp,
    ) -> Result<usize, AlarmError> {
        let change = alarm_change(event)
            .inspect_err(|error| tracing::error!(request_id, %error, "an event can't be read"))?;
        let (alarm, state) = (&change.alarm, change.state);
        let watching = self.alarms.watching(alarm);
        if watching.is_empty() {
            tracing::warn!(
                request_id,
                alarm,
                "dropped: no entry of the stack's parameter Alarms names this alarm"
            );
        }
        let (mut news, mut failed) = (0, None);
        for watch in watching {
            let Some(health) = health(state, watch) else {
                tracing::info!(request_id, alarm, "nothing is known of it now; what it said before stands");
                continue;
            };
            let reported = self.report(watch, &change, health, request_id, now).await;
            let (deployment, environment) = (&watch.deployment, &watch.environment);
            match reported {
                Ok(reported) => news += reported,
                // The other deployments that it is about hear of it all the same.
                Err(error) => {
                    tracing::error!(request_id, alarm, %deployment, environment, %error, "not put on record");
                    failed = failed.or(Some(error));
                }
            }
        }
        failed.map_or(Ok(news), Err)
    }

    /// Tells the newest deploy of what an alarm watches; for how many deploys it was news.
    async fn report(
        &self,
        watch: &Watch,
        change: &AlarmChange,
        health: Health,
        request_id: &str,
        now: Timestamp,
    ) -> Result<usize, AlarmError> {
        let (alarm, deployment, environment) = (&change.alarm, &watch.deployment, &watch.environment);
        let report = Report { health, at: change.at };
        let source = format!("{ALARM}{alarm}");
        let mut told: Option<DeployId> = None;
        let mut news = 0;
        // A deploy that came in between took over what the one before it knew, and that was not this.
        for _ in 0..NEWER {
            let Some(newest) = self.store.newest_in(deployment, environment).await? else {
                tracing::warn!(request_id, alarm, %deployment, environment, "dropped: nothing is deployed there");
                return Ok(0);
            };
            if told.as_ref() == Some(&newest.id) {
                break;
            }
            let reported = record_report(&self.store, &newest.id, (&source, report), now, request_id).await?;
            match reported {
                ReportOutcome::News | ReportOutcome::Queued => news += 1,
                ReportOutcome::Known => {}
                ReportOutcome::NoRoom => return Err(AlarmError::NoRoom),
            }
            tracing::info!(request_id, alarm, deploy = %newest.id, %health, ?reported, "reported");
            told = Some(newest.id);
        }
        Ok(news)
    }
}

/// Health that an alarm's state means for what it watches; `None`: it says nothing.
fn health(state: AlarmState, watch: &Watch) -> Option<Health> {
    match state {
        AlarmState::Alarm => Some(watch.severity),
        AlarmState::Ok => Some(Health::Healthy),
        AlarmState::InsufficientData => None,
    }
}
