//! Forms that people who are signed in with Slack send from a deploy's page: votes on its approvals, and
//! resolutions of its actions that failed.

use super::{Call, Console, refusals};
use crate::address::parameters::{parameter, query};
use crate::address::place::{Tab, deploy_href};
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::auth::visitor::Member;
use crate::html::{self, DeployPageContext, FlashMessage};
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use signoff_core::approval::{Approval, ApprovalAction, ApprovalRequest};
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::message::{LONGEST_REASON, SKIP_NEEDS_REASON};
use signoff_core::run::Resolution;
use signoff_runtime::secrets::SecretError;
use signoff_store::{CommitError, Page};
use signoff_voting::{
    ActingVoter, CastOutcome, Gate, Lookup, OVERTAKEN, Passage, Person, RefusalKind, Refused, UNSEEN, cast,
    foresee_step, record_refusal, would_refuse,
};
use thiserror::Error;

const NO_REASON: &str = "This needs a reason. Nothing was saved yet: add a reason and send it again.";

/// Error that kept a form from taking effect.
#[derive(Debug, Error)]
enum FormError {
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Outcome of a form.
pub(super) enum FormResult {
    Accepted,
    /// Nothing changed; they are told why.
    Rejected(StatusCode, String),
}

impl FormResult {
    /// Outcome of a form that is refused by the same rules as in Slack.
    pub(super) fn refused(Refused { text, kind }: Refused) -> Self {
        let status = match kind {
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Forbidden => StatusCode::FORBIDDEN,
            RefusalKind::Conflict => StatusCode::CONFLICT,
        };
        Self::Rejected(status, text)
    }

    fn of(dealt: CastOutcome) -> Self {
        match dealt {
            CastOutcome::Recorded => Self::Accepted,
            CastOutcome::Duplicate => Self::Rejected(StatusCode::CONFLICT, OVERTAKEN.to_owned()),
            CastOutcome::Refused(refused) => Self::refused(refused),
        }
    }
}

impl Console {
    /// A vote, or something else about an approval: 1 read and 1 commit. Where nothing changes: the page that
    /// says why, 1 query more.
    pub(super) async fn vote(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let what = parameter(&call.form, "what").as_deref().and_then(ApprovalAction::named);
        let what = what.ok_or_else(|| refusals::bad_form("what"))?;
        let subject = parameter(&call.form, "subject").ok_or_else(|| refusals::bad_form("subject"))?;
        let (deploy, approval) = (call.found.deploy(), ApprovalId::from_text(call.found.segment("approval")));
        let request = ApprovalRequest { deploy, approval, subject, action: what, at: call.now };
        let reason = written(call);
        let (request_id, deploy, approval) = (call.id, &request.deploy, &request.approval);
        match self.request(call, member, &request, reason.clone()).await {
            Ok(FormResult::Accepted) => {
                tracing::info!(request_id, %deploy, %approval, voter = member.id, ?what, "dealt with");
                let said = query(&[("said", what.name()), ("about", approval.as_str())]);
                let page = deploy_href(deploy, Tab::Approvals);
                Ok(Answer::see_other(format!("{page}?{said}#{approval}")))
            }
            Ok(FormResult::Rejected(status, text)) => {
                tracing::info!(request_id, %deploy, %approval, voter = member.id, ?what, %status, "not counted");
                let about = Some(approval.clone());
                let told = FlashMessage { about, what: Some(what), text, reason, is_done: false };
                self.told(call, status, told).await
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %approval, %error, "a vote on a page was not recorded");
                Err(refusals::not_recorded(call.id))
            }
        }
    }

    async fn request(
        &self,
        call: &Call<'_>,
        member: &Member,
        request: &ApprovalRequest,
        reason: Option<String>,
    ) -> Result<FormResult, FormError> {
        let approval = self.store.approval(&request.deploy, &request.approval).await;
        let Some(approval) = approval.map_err(CommitError::from)? else {
            return Ok(FormResult::of(CastOutcome::not_on_record()));
        };
        if let Some(text) = reason.as_deref().and_then(too_long) {
            return Ok(FormResult::Rejected(StatusCode::UNPROCESSABLE_ENTITY, text));
        }
        let gate = Gate::of(&approval);
        let (actor, stopped) = self.who(call, member, &approval.workspace, gate.as_ref()).await?;
        let voter = actor.voter;
        let (opened_at, lacks_reason) =
            (approval.opened_at, reason.is_none() && approval.needs_reason(request.action));
        // Whoever may not is told so rather than to write why, and what Slack would tell them before what
        // only a page would.
        let dealt = match (would_refuse(&approval, &voter, request, call.now), stopped) {
            (Some(CastOutcome::Refused(refused)), _) | (_, Some(refused)) => CastOutcome::Refused(refused),
            (Some(dealt), None) if lacks_reason => dealt,
            (None, None) if lacks_reason => {
                return Ok(FormResult::Rejected(StatusCode::UNPROCESSABLE_ENTITY, NO_REASON.to_owned()));
            }
            (_, None) => cast(&self.store, Some(approval), &voter, request, reason, call.now).await?,
        };
        if let CastOutcome::Refused(refused) = &dealt {
            let (owner, at) = once_a_minute(&voter.id, request, call.now, opened_at);
            record_refusal(&self.store, &voter, request, refused, &owner, at).await?;
        }
        Ok(FormResult::of(dealt))
    }

    /// Resolves an action that failed, or whose outcome is unknown: 1 query, 2 reads and 1 commit. If nothing
    /// changes: the page that says why, 1 query more.
    pub(super) async fn step(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let field = |name| parameter(&call.form, name).ok_or_else(|| refusals::bad_form(name));
        let resolution =
            html::resolution_named(&field("resolution")?).ok_or_else(|| refusals::bad_form("resolution"))?;
        let failed_at = field("failed_at")?.parse().ok().and_then(|at| Timestamp::from_microsecond(at).ok());
        let failed_at = failed_at.ok_or_else(|| refusals::bad_form("failed_at"))?;
        let no_step = || refusals::misrouted(&crate::address::routes::Misroute::NotFound, ErrorFormat::Page);
        let step: usize = call.found.segment("step").parse().map_err(|_| no_step())?;
        let (deploy, run) = (call.found.deploy(), RunId::from_text(call.found.segment("run")));
        let page = self.page_of(&deploy, call).await?;
        let known = page.runs.iter().find(|known| known.id == run);
        let thread = known.and_then(|run| run.thread_of(step));
        // Nobody else than members of the app's own workspace can sign in.
        let asked = page.approvals.iter().find(|approval| Some(&approval.id) == thread.as_ref());
        let workspace = asked.map(|approval| approval.workspace.clone()).unwrap_or_default();
        let gate = Gate::of_step(asked);
        let answer = signoff_voting::Answer { deploy, run, step, failed_at, workspace, resolution };
        let (request_id, deploy, run) = (call.id, &answer.deploy, &answer.run);
        let reason = written(call);
        match self.resolve(call, member, &answer, reason.clone(), gate.as_ref()).await {
            Ok(FormResult::Accepted) => {
                tracing::info!(request_id, %deploy, %run, step, ?resolution, voter = member.id, "dealt with");
                let page = deploy_href(deploy, Tab::Approvals);
                let part = thread.map(|approval| format!("#{approval}")).unwrap_or_default();
                Ok(Answer::see_other(format!("{page}{part}")))
            }
            Ok(FormResult::Rejected(status, text)) => {
                let about = asked.map(|approval| approval.id.clone());
                self.told(call, status, FlashMessage { about, what: None, text, reason, is_done: false })
                    .await
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %run, %error, "an answer on a page was not recorded");
                Err(refusals::not_recorded(call.id))
            }
        }
    }

    async fn resolve(
        &self,
        call: &Call<'_>,
        member: &Member,
        answer: &signoff_voting::Answer,
        reason: Option<String>,
        gate: Option<&Gate>,
    ) -> Result<FormResult, FormError> {
        if let Some(text) = reason.as_deref().and_then(too_long) {
            return Ok(FormResult::Rejected(StatusCode::UNPROCESSABLE_ENTITY, text));
        }
        let (actor, stopped) = self.who(call, member, &answer.workspace, gate).await?;
        if actor.voter.standing.is_none() {
            // This may run something once more: nobody does that unseen.
            return Ok(FormResult::Rejected(StatusCode::SERVICE_UNAVAILABLE, UNSEEN.to_owned()));
        }
        if let Some(refused) = stopped {
            return Ok(FormResult::refused(refused));
        }
        let token = self.members.bot_token(call.now).await?;
        let lookup = Lookup { accounts: &self.accounts, token: &token, request_id: call.id };
        let lacks_reason = answer.resolution == Resolution::Skip && reason.is_none();
        if lacks_reason
            && let Ok(Some(_)) = foresee_step(&self.store, lookup, &actor, answer, call.now).await?
        {
            return Ok(FormResult::Rejected(StatusCode::UNPROCESSABLE_ENTITY, SKIP_NEEDS_REASON.to_owned()));
        }
        let refused = signoff_voting::resolve(&self.store, lookup, &actor, answer, reason, call.now).await?;
        Ok(refused.map_or(FormResult::Accepted, FormResult::refused))
    }

    /// `member` as Slack knows them now, and the refusal of `gate`, if there is a gate and it stops them.
    /// `workspace`: the team id of the app's own, which everybody who can sign in is of.
    pub(super) async fn who(
        &self,
        call: &Call<'_>,
        member: &Member,
        workspace: &str,
        gate: Option<&Gate>,
    ) -> Result<(ActingVoter, Option<Refused>), SecretError> {
        let token = self.members.bot_token(call.now).await?;
        let (id, name) = (member.id.clone(), member.name.clone());
        let person = Person { id, name, workspace: workspace.to_owned() };
        let passage = async {
            match gate {
                Some(gate) => self.accounts.passage(&token, gate, &member.id, call.id).await,
                None => Passage::Open,
            }
        };
        let (actor, passage) = tokio::join!(self.accounts.actor(&token, &person, call.id), passage);
        let refusal = passage.refusal(actor.is_admin);
        Ok((actor, refusal))
    }

    /// The page again, which says to who sent the form why nothing changed.
    pub(super) async fn told(
        &self,
        call: &Call<'_>,
        status: StatusCode,
        told: FlashMessage,
    ) -> Result<Answer, Answer> {
        let record = self.page_of(&call.found.deploy(), call).await?;
        let text = People::of(&record).told(&told.text);
        let known = |id: &ApprovalId| record.approvals.iter().any(|approval| approval.id == *id);
        let about = told.about.clone().filter(known);
        let told = FlashMessage { text, about, ..told };
        let booth =
            DeployPageContext { record: &record, visitor: call.visitor(), told: Some(&told), now: call.now };
        Ok(Answer::live(status, html::deploy(&booth, Tab::Approvals), None))
    }
}

/// The reason that a form brings, where somebody wrote one.
fn written(call: &Call<'_>) -> Option<String> {
    let reason = parameter(&call.form, "reason").map(|text| text.trim().replace("\r\n", "\n"));
    reason.filter(|reason| !reason.is_empty())
}

/// Message about a reason that is too long; `None`: it is not.
fn too_long(reason: &str) -> Option<String> {
    let length = reason.chars().count();
    (length > LONGEST_REASON).then(|| {
        format!("A reason has at most {LONGEST_REASON} characters; this one has {length}. Shorten it.")
    })
}

/// Key that tells a refusal from others, and its time, for the record: a program that sends a form again and
/// again puts one there for each minute, and none before `opened_at`, when the approval that it is about was
/// opened.
fn once_a_minute(
    voter: &str,
    request: &ApprovalRequest,
    now: Timestamp,
    opened_at: Timestamp,
) -> (String, Timestamp) {
    let minute = Timestamp::from_second(now.as_second() / 60 * 60).unwrap_or(now).max(opened_at);
    let owner =
        format!("page {voter} {} {} {}", request.approval, request.action.name(), minute.as_microsecond());
    (owner, minute)
}

/// Message about what was done about an approval, as the address of a page says it: `said` and `about`.
/// `None`: the address says nothing, or the record does not agree.
pub(super) fn said(call: &Call<'_>, record: &Page) -> Option<FlashMessage> {
    let what = ApprovalAction::named(&parameter(call.query, "said")?)?;
    let about = ApprovalId::from_text(parameter(call.query, "about")?);
    let approval: &Approval = record.approvals.iter().find(|approval| approval.id == about)?;
    html::done(what, approval, call.member().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_from_others_once_a_minute() {
        let time = |text: &str| -> Timestamp { text.parse().unwrap() };
        let request = |action| ApprovalRequest {
            deploy: signoff_core::id::DeployId::from_text("d1"),
            approval: ApprovalId::from_text("a1"),
            subject: String::new(),
            action,
            at: time("2026-11-23T10:42:01Z"),
        };
        let (approve, opened_at) = (request(ApprovalAction::Approve), time("2026-11-23T10:41:30.5Z"));
        let once = |now: &str| once_a_minute("U1", &approve, time(now), opened_at);
        let first = once("2026-11-23T10:42:00Z");
        assert_eq!(first.1, time("2026-11-23T10:42:00Z"));
        assert_eq!(once("2026-11-23T10:42:59.999999Z"), first);
        assert_ne!(once("2026-11-23T10:43:00Z").0, first.0);
        assert_eq!(once("2026-11-23T10:41:45Z").1, opened_at, "not before there was something to refuse");
        for (voter, what) in [("U2", ApprovalAction::Approve), ("U1", ApprovalAction::Reject)] {
            assert_ne!(
                once_a_minute(voter, &request(what), first.1, opened_at).0,
                first.0,
                "{voter} {what:?}"
            );
        }
    }
}
