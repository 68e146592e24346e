//! A click on an approval's dialog, and the reason that is given in a window after it: decide it, commit it.

use crate::answer::{done, instead, text};
use crate::asked::{What, Wish};
use crate::handler::{Call, SlackInteraction};
use approval::approval::{Approval, Click as Decided, Command, Refusal, Voter, decide};
use approval::event::EventKind;
use approval::message;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use providers::Failure;
use providers::slack::parse::{Click, Submission};
use runtime::race;
use store::{Change, CommitError};
use thiserror::Error;

/// How often a lost race is decided again before the person is asked to click once more.
const MAX_RACES: u32 = 25;
/// What stands for a reason before it is given.
const NOT_GIVEN_YET: &str = "\u{2026}";

/// Why a click was not dealt with.
#[derive(Debug, Error)]
enum Trouble {
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the window was not opened: {0}")]
    Window(#[from] Failure),
}

/// What became of a click.
enum Dealt {
    /// It is on record, or a window asks for the reason.
    With,
    /// It was dealt with before.
    Before,
    /// It changed nothing; the person is told this.
    Refused(String),
}

impl SlackInteraction {
    /// A click on a dialog.
    pub(crate) async fn wish(&self, call: &Call<'_>, click: &Click, wish: &Wish) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &wish.deploy, &wish.approval);
        let dealt = match self.click(call, click, wish).await {
            Ok(Dealt::Refused(reason)) => self.tell_refusal(call, click, wish, reason).await,
            other => other,
        };
        match dealt {
            Ok(Dealt::With | Dealt::Refused(_)) => {
                tracing::info!(request_id, %deploy, %approval, voter = click.user.id, what = ?wish.what, "dealt with");
                done()
            }
            Ok(Dealt::Before) => {
                tracing::warn!(request_id, %deploy, %approval, "refused: a replayed click");
                text(StatusCode::UNAUTHORIZED, "Refused: this click was dealt with before.")
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }

    /// A window with a reason. The answer closes it, or says in it why it was not counted.
    pub(crate) async fn submission(
        &self,
        call: &Call<'_>,
        submission: &Submission,
        wish: &Wish,
        reason: String,
    ) -> Response<Body> {
        let (request_id, deploy, approval) = (call.request_id, &wish.deploy, &wish.approval);
        let voter = self.person(call, &submission.user).await;
        let dealt = match self.decide_from(call, None, &voter, wish, Some(reason)).await {
            Ok(Dealt::Refused(reason)) => {
                self.record_refusal(call, &voter, wish, &reason).await.map(|()| Dealt::Refused(reason))
            }
            other => other,
        };
        match dealt {
            Ok(Dealt::With) => {
                tracing::info!(request_id, %deploy, %approval, voter = voter.id, what = ?wish.what, "dealt with");
                done()
            }
            Ok(Dealt::Refused(reason)) => instead(&message::say(&reason)),
            Ok(Dealt::Before) => {
                tracing::warn!(request_id, %deploy, %approval, "a window that was dealt with before");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a reason was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Submit it again.")
            }
        }
    }

    async fn click(&self, call: &Call<'_>, click: &Click, wish: &Wish) -> Result<Dealt, Trouble> {
        let approval = self.store.approval(&wish.deploy, &wish.approval);
        let (approval, voter) = tokio::join!(approval, self.person(call, &click.user));
        let Some(approval) = approval.map_err(CommitError::from)? else {
            return Ok(Dealt::Refused(message::NO_SUCH_APPROVAL.to_owned()));
        };
        if !needs_reason(&approval, wish.what) {
            return Ok(self.decide_from(call, Some(approval), &voter, wish, None).await?);
        }
        // Whoever may not is told so at once, rather than after having written why.
        let reason = Some(NOT_GIVEN_YET.to_owned());
        if let Err(refusal) = decide(&approval, command(&voter, wish, reason), call.now) {
            return Ok(refused(&refusal));
        }
        let carried = serde_json::to_string(wish)
            .map_err(|error| Failure::Permanent(format!("the window can't be written: {error}")))?;
        let view = message::ask_reason(&approval, wish.what.verb(), &carried);
        self.slack(call).await?.open_view(&click.trigger_id, &view).await?;
        Ok(Dealt::With)
    }

    /// Decides and commits, from `read` if it is there; decides again when somebody else committed first.
    async fn decide_from(
        &self,
        call: &Call<'_>,
        mut read: Option<Approval>,
        voter: &Voter,
        wish: &Wish,
        reason: Option<String>,
    ) -> Result<Dealt, CommitError> {
        race::decide(&voter.id, MAX_RACES, || {
            // Good for the first time only: who lost the race has to read.
            let read = read.take();
            async {
                let newest = match read {
                    Some(approval) => Some(approval),
                    None => self.store.approval(&wish.deploy, &wish.approval).await?,
                };
                let Some(approval) = newest else {
                    return Ok(Dealt::Refused(message::NO_SUCH_APPROVAL.to_owned()));
                };
                let decision = match decide(&approval, command(voter, wish, reason.clone()), call.now) {
                    Ok(decision) => decision,
                    Err(refusal) => return Ok(refused(&refusal)),
                };
                self.store.commit(Change::to(&wish.deploy, call.now).approval(decision)).await?;
                Ok(Dealt::With)
            }
        })
        .await
    }

    /// A refused click is put on record, and the person is told why. Slack's repetition of it finds it committed.
    async fn tell_refusal(
        &self,
        call: &Call<'_>,
        click: &Click,
        wish: &Wish,
        reason: String,
    ) -> Result<Dealt, Trouble> {
        let events = if reason == message::NO_SUCH_APPROVAL {
            Vec::new()
        } else {
            vec![vote_refused(wish, &click.user.id, &click.user.name, &reason)]
        };
        let told = self.tell_once(call, click, &wish.deploy, reason, events).await?;
        Ok(if told { Dealt::With } else { Dealt::Before })
    }

    /// A refused window is put on record; the person is told in the window.
    async fn record_refusal(
        &self,
        call: &Call<'_>,
        voter: &Voter,
        wish: &Wish,
        reason: &str,
    ) -> Result<(), CommitError> {
        if reason == message::NO_SUCH_APPROVAL {
            return Ok(());
        }
        let event = vote_refused(wish, &voter.id, &voter.name, reason);
        let owner = format!("window {} {}", voter.id, wish.at.as_microsecond());
        let change = Change::to(&wish.deploy, call.now).and(&owner, Vec::new(), vec![event]);
        self.commit_once(change).await.map(|_| ())
    }
}

fn needs_reason(approval: &Approval, what: What) -> bool {
    match what.choice() {
        Some(choice) => approval.require_reason.wants(choice),
        None => matches!(what, What::Cancel | What::BreakGlass),
    }
}

fn command(voter: &Voter, wish: &Wish, reason: Option<String>) -> Command {
    Command::Click(Decided {
        voter: voter.clone(),
        ask: wish.what.ask(reason),
        at: wish.at,
        subject: wish.subject.clone(),
    })
}

fn refused(refusal: &Refusal) -> Dealt {
    if *refusal == Refusal::Replayed {
        return Dealt::Before;
    }
    message::refusal(refusal).map_or(Dealt::With, Dealt::Refused)
}

fn vote_refused(wish: &Wish, voter: &str, name: &str, reason: &str) -> EventKind {
    EventKind::VoteRefused {
        approval: wish.approval.clone(),
        voter: voter.to_owned(),
        name: name.to_owned(),
        reason: reason.to_owned(),
    }
}
