//! A click: verify it, decide it, commit it, answer.

use approval::approval::{Choice, Command, Refusal, Voter, decide};
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::id::{ApprovalId, DeployId};
use approval::message;
use jiff::Timestamp;
use lambda_http::http::{StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response};
use providers::slack::parse::{Click, Interaction, ParseError, interaction};
use providers::slack::verify::verify;
use runtime::aws::Aws;
use runtime::race;
use runtime::secrets::{Secret, SlackSecret};
use runtime::settings::{SettingError, Settings};
use std::time::Duration;
use store::{Change, CommitError, Store};

/// Slack shows the person an error after 3 seconds; this leaves time for the way there and back.
const ANSWER_WITHIN: Duration = Duration::from_millis(2500);
/// How often a lost race is decided again before the person is asked to click once more.
const MAX_RACES: u32 = 25;

/// Takes the interactions that Slack sends.
#[derive(Debug)]
pub struct SlackInteraction {
    store: Store,
    secret: Secret<SlackSecret>,
}

/// What a click asks for.
struct Ask {
    deploy: DeployId,
    approval: ApprovalId,
    choice: Choice,
    clicked_at: Timestamp,
}

/// What became of a click.
enum Dealt {
    /// It is on record, or needs no record.
    With,
    /// It was dealt with before.
    Before,
}

impl SlackInteraction {
    /// The function with these settings. Error: one is missing.
    pub fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        Ok(Self { store: settings.store(aws)?, secret: Secret::new(settings, "SLACK_SECRET", aws)? })
    }

    /// Answers one request of Slack, within the time that Slack gives, whatever the outside world does. 200: the click
    /// was dealt with (a refused vote is told privately); 401: not from Slack; 400 or 413: can't be read; 500 or 503:
    /// nothing was recorded, and Slack asks the person to try again.
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
        let secret = match self.secret.get(now).await {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(request_id, %error, "no click can be verified");
                return text(StatusCode::INTERNAL_SERVER_ERROR, "Signoff is not set up to take clicks yet.");
            }
        };
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
        let body = request.body().as_ref();
        if let Err(error) = verify(&secret.signing_secret, timestamp, signature, body, now) {
            tracing::warn!(request_id, %error, "refused: not signed by Slack");
            return text(StatusCode::UNAUTHORIZED, &format!("Refused: {error}."));
        }
        let click = match interaction(body) {
            Ok(Interaction::Click(click)) => click,
            Ok(Interaction::Submission(submission)) => {
                tracing::warn!(
                    request_id,
                    form = submission.callback_id,
                    "a form that Signoff does not open"
                );
                return text(StatusCode::OK, "");
            }
            Ok(Interaction::Ignored { kind }) => {
                tracing::info!(request_id, kind, "ignored");
                return text(StatusCode::OK, "");
            }
            Err(error) => {
                let status = match error {
                    ParseError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                    _ => StatusCode::BAD_REQUEST,
                };
                tracing::warn!(request_id, %error, "refused");
                return text(status, &format!("Refused: {error}."));
            }
        };
        let Some(ask) = ask(&click) else {
            tracing::warn!(
                request_id,
                action = click.action_id,
                "refused: a button that Signoff does not make"
            );
            return text(StatusCode::BAD_REQUEST, "Refused: this is no button of an approval.");
        };
        match self.vote(&click, &ask, now).await {
            Ok(Dealt::Before) => {
                tracing::warn!(request_id, deploy = %ask.deploy, approval = %ask.approval, "refused: a replayed click");
                text(StatusCode::UNAUTHORIZED, "Refused: this click was dealt with before.")
            }
            Ok(Dealt::With) => {
                let (deploy, approval, voter) = (&ask.deploy, &ask.approval, &click.user.id);
                tracing::info!(request_id, %deploy, %approval, voter, choice = ?ask.choice, "dealt with");
                text(StatusCode::OK, "")
            }
            Err(error) => {
                let (deploy, approval) = (&ask.deploy, &ask.approval);
                tracing::error!(request_id, %deploy, %approval, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }

    /// Decides and commits; decides again when somebody else committed first.
    async fn vote(&self, click: &Click, ask: &Ask, now: Timestamp) -> Result<Dealt, CommitError> {
        let mut race = 0;
        loop {
            let Some(approval) = self.store.approval(&ask.deploy, &ask.approval).await? else {
                return self.once(no_approval(click, ask, now)).await;
            };
            let decision = match decide(&approval, command(click, ask), now) {
                Ok(decision) => decision,
                Err(Refusal::Replayed) => return Ok(Dealt::Before),
                Err(refusal) => match refused(&refusal, click, ask, now) {
                    Some(change) => return self.once(change).await,
                    None => return Ok(Dealt::With),
                },
            };
            match self.store.commit(Change::to(&ask.deploy, now).approval(decision)).await {
                Err(CommitError::Conflict) if race < MAX_RACES => {
                    race += 1;
                    race::pause(&click.user.id, race).await;
                }
                committed => return committed.map(|()| Dealt::With),
            }
        }
    }

    /// Commits what a click is told; a repetition of the click finds it committed.
    async fn once(&self, change: Change) -> Result<Dealt, CommitError> {
        match self.store.commit(change).await {
            Ok(()) => Ok(Dealt::With),
            Err(CommitError::Conflict) => Ok(Dealt::Before),
            Err(error) => Err(error),
        }
    }
}

fn command(click: &Click, ask: &Ask) -> Command {
    let user = &click.user;
    let voter = Voter { id: user.id.clone(), name: user.name.clone(), workspace: user.team_id.clone() };
    Command::Vote { voter, choice: ask.choice, clicked_at: ask.clicked_at }
}

/// A refused vote is put on record, and the person is told why.
fn refused(refusal: &Refusal, click: &Click, ask: &Ask, now: Timestamp) -> Option<Change> {
    let reason = message::refusal(refusal)?;
    let event = EventKind::VoteRefused {
        approval: ask.approval.clone(),
        voter: click.user.id.clone(),
        name: click.user.name.clone(),
        reason: reason.clone(),
    };
    Some(Change::to(&ask.deploy, now).and(&owner(click), vec![tell(click, reason)], vec![event]))
}

fn no_approval(click: &Click, ask: &Ask, now: Timestamp) -> Change {
    let reason = message::NO_SUCH_APPROVAL.to_owned();
    Change::to(&ask.deploy, now).and(&owner(click), vec![tell(click, reason)], Vec::new())
}

fn tell(click: &Click, text: String) -> EffectKind {
    EffectKind::TellPerson { channel: click.channel_id.clone(), user: click.user.id.clone(), text }
}

/// One click, so that Slack's repetition of it tells nothing twice.
fn owner(click: &Click) -> String {
    format!("click {} {}", click.user.id, click.action_ts)
}

/// The approval and the choice that a button stands for.
fn ask(click: &Click) -> Option<Ask> {
    let choice = match click.action_id.as_str() {
        message::APPROVE => Choice::Approve,
        message::REJECT => Choice::Reject,
        _ => return None,
    };
    let clicked_at = slack_time(&click.action_ts)?;
    let (deploy, approval) = click.value.split_once(' ')?;
    let is_id = |text: &str| text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id(deploy) && is_id(approval)).then(|| Ask {
        deploy: DeployId::from_text(deploy),
        approval: ApprovalId::from_text(approval),
        choice,
        clicked_at,
    })
}

/// A time as Slack writes it, `1795430580.345678`.
fn slack_time(text: &str) -> Option<Timestamp> {
    let (seconds, micros) = text.split_once('.')?;
    let micros: i32 = micros.get(..6).unwrap_or(micros).parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, micros.checked_mul(1000)?).ok()
}

fn text(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
