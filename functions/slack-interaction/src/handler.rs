//! A request of Slack: verify it, read it, hand it on, answer in time.

use crate::answer::{done, text};
use crate::asked::{Asked, Submitted, asked, submitted, thumb};
use crate::routes::{Endpoint, TABLE};
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, RequestExt, Response};
use secrecy::SecretString;
use signoff_core::approval::{Dialog, Voter};
use signoff_core::facts::Reaction;
use signoff_providers::Failure;
use signoff_providers::slack::client::Slack;
use signoff_providers::slack::event::{SlackEvent, event};
use signoff_providers::slack::parse::{ClickUser, Interaction, ParseError, interaction};
use signoff_providers::slack::verify::verify;
use signoff_runtime::aws::Aws;
use signoff_runtime::credentials::{SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, StackFunction};
use signoff_runtime::gateway;
use signoff_runtime::secrets::{SecretError, Secrets};
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::Store;
use signoff_voting::{Accounts, ActingVoter, Lookup, Person};
use std::time::Duration;

/// Slack shows the person an error after 3 seconds; this leaves time for the way there and back.
const ANSWER_WITHIN: Duration = Duration::from_millis(2500);

/// Takes what Slack sends.
#[derive(Debug)]
pub struct SlackInteraction {
    pub(crate) store: Store,
    secrets: Secrets,
    pub(crate) accounts: Accounts,
}

/// One request, whose signature was checked.
pub(crate) struct Call<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) bot_token: &'a SecretString,
}

impl SlackInteraction {
    /// The function with these settings. Error: one is missing.
    pub fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        Ok(Self {
            store: aws.store(settings)?,
            secrets: Secrets::new(settings, StackFunction::SlackInteraction, aws)?,
            accounts: Accounts::new(settings)?,
        })
    }

    /// Answers one request of Slack, within the time that Slack gives, whatever the outside world does. 200:
    /// it was dealt with (a refused vote is told privately); 401: not from Slack; 400 or 413: can't be read;
    /// 500 or 503: nothing was recorded, and Slack asks the person to try again, or sends the event again.
    pub async fn handle(&self, request: &Request, now: Timestamp) -> Response<Body> {
        let request_id = request.lambda_context_ref().map_or("", |context| context.request_id.as_str());
        match tokio::time::timeout(ANSWER_WITHIN, self.answer(request, request_id, now)).await {
            Ok(response) => response,
            Err(_) => {
                tracing::error!(request_id, "no answer in time; nothing was told to Slack as done");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff did not get an answer in time. Click again.")
            }
        }
    }

    async fn answer(&self, request: &Request, request_id: &str, now: Timestamp) -> Response<Body> {
        let signing_secret = match self.secrets.text(&SLACK_SIGNING_SECRET, now).await {
            Ok(secret) => secret,
            Err(error) => return no_secret(&error, request_id),
        };
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
        let body = request.body().as_ref();
        if let Err(error) = verify(&signing_secret, timestamp, signature, body, now) {
            tracing::warn!(request_id, %error, "refused: not signed by Slack");
            return text(StatusCode::UNAUTHORIZED, &format!("Refused: {error}."));
        }
        // Only for a request of Slack: whoever sends anything else has nothing read.
        let bot_token = match self.secrets.text(&SLACK_BOT_TOKEN, now).await {
            Ok(token) => token,
            Err(error) => return no_secret(&error, request_id),
        };
        let call = Call { request_id, now, bot_token: &bot_token };
        let answered = match gateway::endpoint(TABLE, request) {
            Some(Endpoint::Interaction) => self.interaction(&call, body).await,
            Some(Endpoint::Event) => self.event(&call, body).await,
            None => {
                tracing::warn!(request_id, "refused: no route of this function");
                return text(StatusCode::NOT_FOUND, "There is nothing at this address.");
            }
        };
        answered.unwrap_or_else(|error| {
            let status = match error {
                ParseError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                ParseError::NotUtf8
                | ParseError::NoPayload
                | ParseError::Payload(_)
                | ParseError::Body(_)
                | ParseError::Missing(_) => StatusCode::BAD_REQUEST,
            };
            tracing::warn!(request_id, %error, "refused");
            text(status, &format!("Refused: {error}."))
        })
    }

    async fn interaction(&self, call: &Call<'_>, body: &[u8]) -> Result<Response<Body>, ParseError> {
        let request_id = call.request_id;
        let not_ours = || text(StatusCode::BAD_REQUEST, "Refused: Signoff does not make such a button.");
        Ok(match interaction(body)? {
            Interaction::Click(click) => match asked(&click) {
                Some(Asked::Approval(request)) => self.approval_request(call, &click, &request).await,
                Some(Asked::Step { answer, is_elsewhere }) => {
                    self.step(call, &click, &answer, is_elsewhere).await
                }
                Some(Asked::Account(owned)) => self.owned(call, &click, &owned).await,
                Some(Asked::Again(asked)) => self.again(call, &click, &asked).await,
                Some(Asked::Evaluation(asked)) => self.evaluation(call, &click, &asked).await,
                None => {
                    tracing::warn!(request_id, action = click.action_id, "refused: not a button of ours");
                    not_ours()
                }
            },
            Interaction::Submission(submission) => match submitted(&submission) {
                Some((Submitted::Approval(request), reason)) => {
                    self.submission(call, &submission, &request, reason).await
                }
                Some((Submitted::Skip(answer), reason)) => {
                    self.skip(call, &submission, &answer, reason).await
                }
                None => {
                    tracing::warn!(
                        request_id,
                        window = submission.callback_id,
                        "refused: not a window of ours"
                    );
                    not_ours()
                }
            },
            Interaction::Ignored { kind } => {
                tracing::info!(request_id, kind, "ignored");
                done()
            }
        })
    }

    async fn event(&self, call: &Call<'_>, body: &[u8]) -> Result<Response<Body>, ParseError> {
        Ok(match event(body)? {
            SlackEvent::UrlVerification { challenge } => text(StatusCode::OK, &challenge),
            SlackEvent::MessageDeleted { channel, ts, .. } => self.deleted(call, channel, ts).await,
            SlackEvent::Reaction { team_id, channel, ts, user, name, is_there, at } => match thumb(&name) {
                Some(thumb) => {
                    let (message, name) = (Dialog { channel, ts }, user.clone());
                    self.reacted(call, team_id, Reaction { message, user, name, thumb, is_there, at }).await
                }
                None => done(),
            },
            SlackEvent::Ignored { kind } => {
                tracing::debug!(request_id = call.request_id, kind, "ignored");
                done()
            }
        })
    }

    /// Slack, for what must be known while the person waits.
    pub(crate) async fn slack(&self, call: &Call<'_>) -> Result<Slack, Failure> {
        self.accounts.slack(call.bot_token).await
    }

    /// Voter for `user`, with the standing that Slack reports now.
    pub(crate) async fn person(&self, call: &Call<'_>, user: &ClickUser) -> Voter {
        self.actor(call, user).await.voter
    }

    /// The same, and whether they are an admin.
    pub(crate) async fn actor(&self, call: &Call<'_>, user: &ClickUser) -> ActingVoter {
        let ClickUser { id, name, team_id: workspace } = user.clone();
        let person = Person { id, name, workspace };
        self.accounts.actor(call.bot_token, &person, call.request_id).await
    }

    /// The means to look up other people while somebody waits.
    pub(crate) fn lookup<'a>(&'a self, call: &'a Call<'_>) -> Lookup<'a> {
        Lookup { accounts: &self.accounts, token: call.bot_token, request_id: call.request_id }
    }
}

/// The answer where a secret can't be read: `503` where that may pass by itself, else `500`.
fn no_secret(error: &SecretError, request_id: &str) -> Response<Body> {
    tracing::error!(request_id, %error, "no request of Slack can be taken");
    if error.is_passing() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "Signoff can't read its secrets now. Click again.");
    }
    text(StatusCode::INTERNAL_SERVER_ERROR, "Signoff is not set up to take clicks yet.")
}
