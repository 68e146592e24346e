//! A deploy: enrich it, read its rules, open the runs, put on record what came of it.

use crate::again::is_whole;
use crate::evaluate::EvaluationContext;
use crate::in_force::Law;
use crate::issues::TrackerConfig;
use crate::moved::moved;
use crate::plan::Scope;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::LambdaEvent;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, EffectState, Queue};
use signoff_core::evaluation::Evaluation;
use signoff_core::event::EventKind;
use signoff_core::facts::Command;
use signoff_core::id::DeployId;
use signoff_core::message;
use signoff_core::slug::is_app_project;
use signoff_providers::Failure;
use signoff_providers::github::GitHub;
use signoff_providers::github::first_file::RULES;
use signoff_runtime::aside;
use signoff_runtime::aws::Aws;
use signoff_runtime::batch::{Handled, OwnQueue};
use signoff_runtime::connections::{Connected, Connections, disconnected};
use signoff_runtime::credentials::{self, StackFunction};
use signoff_runtime::effects::{Attempt, NotTaken, SOON, take};
use signoff_runtime::facts::record_fact;
use signoff_runtime::reading_parts::KeptParts;
use signoff_runtime::secrets::Secrets;
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::{Arrived, Change, CommitError, DeploySummary, EffectMessage, Store, StoreError};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::OnceCell;

/// Longest time until a deploy is found by its environment: DynamoDB's indexes follow their table.
const LISTED_IN: SignedDuration = SignedDuration::from_secs(5);

/// Evaluates the rules of deploys.
#[derive(Debug)]
pub(crate) struct RuleEvaluation {
    pub(crate) store: Store,
    pub(crate) connections: Connections,
    github_url: String,
    pub(crate) secrets: Secrets,
    pub(crate) places: TrackerConfig,
    pub(crate) policy_repository: Option<String>,
    http: OnceCell<reqwest::Client>,
    queue: OwnQueue,
    pub(crate) public_url: String,
    clock: fn() -> Timestamp,
}

/// Reason for which the rules of a deploy were not evaluated.
#[derive(Debug, Error)]
pub(crate) enum EvaluationError {
    #[error(transparent)]
    Provider(#[from] Failure),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the rules are evaluated for the first time")]
    UnderWay {
        /// The time until the other evaluation goes on.
        goes_on_in: SignedDuration,
    },
}

/// An answer, unless something keeps the rules from being evaluated.
pub(crate) type Tried<T> = Result<T, EvaluationError>;

impl From<StoreError> for EvaluationError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

impl RuleEvaluation {
    /// The function with these settings. Error: one is missing or can't be read.
    pub(crate) fn new(
        settings: &Settings,
        aws: &Aws,
        clock: fn() -> Timestamp,
    ) -> Result<Self, SettingError> {
        let connections = settings.connections()?;
        Ok(Self {
            store: aws.store(settings)?,
            connections,
            github_url: settings.url("GITHUB_API_URL")?,
            secrets: Secrets::new(settings, StackFunction::RuleEvaluation, aws)?,
            places: TrackerConfig::new(settings)?,
            policy_repository: settings.policy_repository()?,
            http: OnceCell::new(),
            queue: OwnQueue::new(settings, "DEPLOYS_QUEUE_URL", "DEPLOYS_DLQ_URL", aws)?,
            public_url: settings.url("PUBLIC_URL")?,
            clock,
        })
    }

    /// Handles a batch of messages; what is to be tried again is reported as failed.
    pub(crate) async fn handle(&self, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        let (request_id, deadline) = (event.context.request_id, event.context.deadline);
        let handle = async |message| self.deploy(&message, &request_id).await;
        self.queue.each(event.payload, deadline, self.clock, handle).await
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The address of a deploy's page.
    pub(crate) fn deploy_url(&self, deploy: &Deploy) -> String {
        self.url_of(&deploy.id)
    }

    /// The address of the page of the deploy with this id.
    pub(crate) fn url_of(&self, deploy: &DeployId) -> String {
        format!("{}/deploys/{deploy}", self.public_url)
    }

    /// The git host. A secret that can't be read now may be there in a moment.
    pub(crate) async fn github(&self) -> Result<GitHub, Failure> {
        let token = self.secrets.text(&credentials::GITHUB_READ_TOKEN, self.now()).await;
        let token = token.map_err(|error| Failure::retryable(error.to_string()))?;
        Ok(GitHub::new(self.http().await?.clone(), &self.github_url, token))
    }

    /// The client that all providers share.
    pub(crate) async fn http(&self) -> Result<&reqwest::Client, Failure> {
        self.http.get_or_try_init(async || signoff_providers::http::client()).await
    }

    async fn deploy(&self, message: &EffectMessage, request_id: &str) -> Handled {
        let attempt = match take(&self.store, Queue::Deploys, message, self.now(), request_id).await {
            Ok(attempt) => attempt,
            Err(NotTaken::Handled(handled)) => return handled,
            // The clock finds it too, and has people told.
            Err(NotTaken::Unreadable(_)) => return Handled::Done,
        };
        let id = &message.deploy;
        let settled = match self.perform(&attempt).await {
            Ok(()) => return Handled::Done,
            Err(EvaluationError::Provider(failure)) => {
                tracing::warn!(request_id, deploy = %id, attempts = attempt.effect.attempts, failure = failure.logged(), "rules not evaluated");
                self.settle(&attempt.effect, failure).await
            }
            Err(EvaluationError::Commit(CommitError::Store(error))) if !error.is_passing() => match &error {
                StoreError::TooLarge { .. } | StoreError::Refused { .. } => {
                    tracing::error!(request_id, deploy = %id, %error, "the record does not take it");
                    self.settle(&attempt.effect, Failure::Permanent(error.to_string())).await
                }
                StoreError::Row { .. } | StoreError::Service { .. } => {
                    return self.put_aside(message, &attempt, &error, request_id).await;
                }
            },
            Err(EvaluationError::UnderWay { goes_on_in }) => {
                self.wait_for_the_first(&attempt.effect, goes_on_in).await
            }
            Err(trouble) => Err(trouble),
        };
        settled.unwrap_or_else(|trouble| {
            tracing::error!(request_id, deploy = %id, %trouble, "not settled; tried again when the lease ends");
            Handled::Again(attempt.effect.not_before.duration_since(self.now()).max(SOON))
        })
    }

    /// Has people told that a row can't be read which the rules need; they are evaluated again in an hour.
    async fn put_aside(
        &self,
        message: &EffectMessage,
        attempt: &Attempt,
        error: &StoreError,
        request_id: &str,
    ) -> Handled {
        let (deploy, now) = (&message.deploy, self.now());
        tracing::error!(request_id, alarm = "unreadable", %deploy, %error, "put aside for an hour");
        let told =
            aside::tell(&self.store, &self.connections, message, &self.url_of(deploy), error, now).await;
        let settled = self.store.settle(&attempt.effect, &aside::postponed(attempt, error, now)).await;
        if let Err(error) = told.and(settled) {
            tracing::error!(request_id, %deploy, %error, "not told now; the clock comes back to it");
        }
        Handled::Done
    }

    async fn perform(&self, attempt: &Attempt) -> Result<(), EvaluationError> {
        let effect = &attempt.effect;
        if attempt.lost && attempt.attempts_exhausted() {
            return Err(Failure::Permanent("Signoff stopped each time it was tried".to_owned()).into());
        }
        if let EffectKind::AskAgain { approval, run, by, name } = &effect.kind {
            return self.ask_again(effect, approval, run, (by, name)).await;
        }
        if let EffectKind::RecordHealth { source, report } = &effect.kind {
            return self.record_health(effect, source, *report).await;
        }
        let Some(deploy) = self.store.deploy(&effect.deploy).await? else {
            self.store
                .settle(effect, &effect.closed(EffectState::Failed, Some("no such deploy".to_owned())))
                .await?;
            return Ok(());
        };
        if !deploy.state.has_arrived() {
            let note = Some("the deploy did not arrive in its environment".to_owned());
            return Ok(self.store.settle(effect, &effect.closed(EffectState::Succeeded, note)).await?);
        }
        if self.was_evaluated_meanwhile(effect, &deploy).await? {
            let note = Some("the rules were evaluated meanwhile".to_owned());
            return Ok(self.store.settle(effect, &effect.closed(EffectState::Succeeded, note)).await?);
        }
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        let connection = match connected {
            Connected::Yes(connection) => connection,
            Connected::No(done) => {
                let reason = disconnected(&deploy.deployment, &done, &self.public_url);
                return self.note_disconnected(effect, deploy, reason).await;
            }
            Connected::Unknown => {
                let reason = format!("{} is not connected any more", deploy.deployment);
                return self.note_disconnected(effect, deploy, reason).await;
            }
        };
        let channel = connection.channel.clone();
        if deploy.confirmation.counts()
            && let Some(doubt) = moved(&deploy, &connection)
        {
            let deploy = Deploy { repository: connection.repository.clone(), ..deploy };
            return self.note_doubt(effect, deploy, doubt, channel.as_deref()).await;
        }
        // Its settings may have been mended since it was registered.
        let mut deploy = Deploy { repository: connection.repository.clone(), ..deploy };
        let scope = if is_whole(effect) { Scope::All } else { Scope::Waiting };
        // A large range may take several invocations.
        let parts = Arc::new(KeptParts::new(self.store.clone(), self.clock));
        let mut github = self.github().await?.keeping(parts);
        if !deploy.confirmation.counts() {
            if scope == Scope::Waiting {
                // Once it is confirmed, all of its rules are evaluated.
                return Ok(self.store.settle(effect, &effect.closed(EffectState::Succeeded, None)).await?);
            }
            match self.confirm(&github, deploy.clone(), &connection).await? {
                Ok((confirmed, number)) => {
                    deploy = confirmed;
                    github = github.numbered(number);
                    if is_app_project(&connection.circleci_project) {
                        // Whoever has it first keeps it: the actions compare.
                        self.store.own_project(&connection.circleci_project, number).await?;
                    }
                }
                Err(doubt) => return self.note_doubt(effect, deploy, doubt, channel.as_deref()).await,
            }
            self.note_confirmed(&deploy).await?;
        } else {
            github = self.numbered(github, &deploy).await?;
            if scope == Scope::All {
                self.look_for_branch(&github, &mut deploy).await?;
            }
        }
        if let Some(of) = self.registered_again(&deploy).await? {
            return self.note_repeat(effect, deploy, &of).await;
        }
        if scope == Scope::All {
            // Committed with what comes of it.
            deploy.confirmation = Confirmation::Confirmed;
        }
        let previous = match scope {
            Scope::All => match self.arrived(effect, &deploy).await? {
                Ok((previous, came_late)) => {
                    (deploy.reading.came_late, deploy.reading.has_arrived) = (came_late, true);
                    previous
                }
                Err(repeated) => return self.note_repeat(effect, deploy, &repeated).await,
            },
            Scope::Waiting => None,
        };
        let law = self.law(&github, &deploy, effect, scope).await?;
        let (deploy, notices, has_failed_tracker) = match scope {
            Scope::All => {
                let policy = self.read_policy(&github, &deploy, effect, channel.as_deref()).await?;
                let tags = law.as_ref().and_then(Law::tags);
                let (mut deploy, mut notices) = self.enrich(&github, deploy, previous.as_ref(), tags).await?;
                self.close_what_the_host_calls_rolled_back(effect, &deploy).await?;
                notices.extend(policy);
                let (of_issues, has_failed) = self.look_up_issues(effect.tries(), &mut deploy).await?;
                notices.extend(of_issues);
                (deploy, notices, has_failed)
            }
            Scope::Waiting => (deploy, Vec::new(), false),
        };
        match (law, scope) {
            (Some(law), _) => {
                let look = EvaluationContext { attempt, scope, notices, channel, has_failed_tracker };
                self.evaluate(&look, &github, deploy, &law).await
            }
            (None, Scope::Waiting) => {
                let mut change = Change::to(&deploy.id, self.now()).done(effect);
                let mut deploy = deploy;
                if deploy.reading.unread_news.take().is_some() {
                    change = change.deploy(&deploy);
                }
                Ok(self.store.commit(change).await?)
            }
            (None, Scope::All) => {
                let event = EventKind::RulesEvaluated { path: None, hash: None, held: Vec::new(), notices };
                let now = self.now();
                let told = match &channel {
                    Some(_) if self.store.tells_without_rules(&deploy, false).await? => {
                        let text = message::without_rules(&deploy, &RULES, &self.deploy_url(&deploy));
                        tell(channel.as_deref(), text)
                    }
                    Some(_) | None => None,
                };
                let mut deploy = deploy;
                (deploy.reading.unjudged, deploy.reading.unread_news) = (Vec::new(), None);
                let evaluation = Evaluation::of(&deploy, now, None);
                let change = Change::to(&deploy.id, now).deploy(&deploy).evaluation(evaluation, &effect.id);
                let change = change.done(effect);
                let told = told.into_iter().collect();
                Ok(self.store.commit(change.and(effect.id.as_str(), told, vec![event])).await?)
            }
        }
    }

    /// Notes that `deploy` is in its environment, and gives the deploy that it took the place of, and whether
    /// it came too late to stand there itself; what alarms report of that one is known of this one too, and a
    /// rollback closes its approvals. Deploys of other environments whose rules ask how far this one is
    /// behind have their rules evaluated again. `Err` of the answer: the deploy that it is another report of.
    async fn arrived(
        &self,
        effect: &Effect,
        deploy: &Deploy,
    ) -> Result<Result<(Option<DeploySummary>, bool), DeployId>, EvaluationError> {
        let now = self.now();
        let arrived = self.store.arrive(deploy).await?;
        // It was noted before, and others may have come since.
        let was_noted = deploy.reading.has_arrived;
        let came_late = if was_noted { deploy.reading.came_late } else { arrived == Arrived::Late };
        let previous = match arrived {
            Arrived::Stands { previous, is_rollback } => {
                if is_rollback {
                    self.close_what_was_rolled_back(effect, deploy).await?;
                }
                previous
            }
            Arrived::Repeats { of } if !deploy.was_evaluated_in_part() => return Ok(Err(of.id)),
            Arrived::Late | Arrived::Repeats { .. } => self.store.previous(deploy).await?,
        };
        for watcher in self.store.watchers(deploy).await? {
            let owner = format!("drift {}", effect.id);
            let again = Change::to(&watcher, now).later(
                &owner,
                EffectKind::EvaluateRules { look: None },
                now + LISTED_IN,
            );
            match self.store.commit(again).await {
                // An earlier attempt did it.
                Ok(()) | Err(CommitError::Conflict) => {}
                // It keeps this deploy's own rules from nothing.
                Err(CommitError::Store(error)) if !error.is_passing() => {
                    tracing::error!(deploy = %watcher, %error, "its rules are not evaluated again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(previous) = &previous {
            let alarms = self.store.alarms(&previous.id).await?;
            if !alarms.is_empty() {
                let inherit = Command::Inherit(alarms);
                record_fact(&self.store, &deploy.id, &inherit, now, effect.id.as_str()).await?;
            }
        }
        Ok(Ok((previous, came_late)))
    }
}

/// Has the deployment's channel told `text`, where it has one.
pub(crate) fn tell(channel: Option<&str>, text: String) -> Option<EffectKind> {
    channel.map(|channel| EffectKind::TellChannel { channel: channel.to_owned(), text })
}
