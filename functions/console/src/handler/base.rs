//! The base that an admin sets, where nothing was let through to a place yet or the source host lost what
//! was.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::place::{Tab, deploy_href};
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::html::{FlashMessage, needs_base};
use lambda_http::http::StatusCode;
use signoff_core::action::Action;
use signoff_core::approval::{Approval, Blocker};
use signoff_core::base::Base;
use signoff_core::effect::{EffectKind, Others};
use signoff_core::event::EventKind;
use signoff_core::id::ApprovalId;
use signoff_store::{Change, CommitError};

/// The length of a full SHA.
const FULL_SHA: usize = 40;

impl Console {
    /// Sets the base of the place that an approval leads to, and has the approval judged again: 3 reads and 1
    /// commit, and 2 requests to GitHub where a base is on record that it has. Where nothing changes: the
    /// page that says why, 1 query more.
    pub(super) async fn set_base(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let member = call.member()?;
        let unreadable = |error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None);
        let (deploy, id) = (call.found.deploy(), ApprovalId::from_text(call.found.segment("approval")));
        let not = async |status: StatusCode, text: &str| {
            let about = Some(id.clone());
            let told =
                FlashMessage { about, what: None, text: text.to_owned(), reason: None, is_done: false };
            self.told(call, status, told).await
        };
        let revision = parameter(&call.form, "revision").unwrap_or_default().trim().to_lowercase();
        if revision.len() != FULL_SHA || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let text = "The base was not set. Enter the full SHA of a commit: 40 characters.";
            return not(StatusCode::UNPROCESSABLE_ENTITY, text).await;
        }
        let approval = self.store.approval(&deploy, &id).await.map_err(unreadable)?;
        let Some(approval) = approval.filter(needs_base) else {
            let text = "The base was not set. This approval isn\u{2019}t waiting for one.";
            return not(StatusCode::CONFLICT, text).await;
        };
        let found = self.store.deploy_and_run(&deploy, &approval.run).await.map_err(unreadable)?;
        let asked = found.as_ref().and_then(|(deploy, run)| {
            let Action::SlackChannelApproval(spec) = &run.steps.get(approval.step)?.action else {
                return None;
            };
            Some((deploy, spec))
        });
        let Some((known, spec)) = asked else {
            return not(StatusCode::NOT_FOUND, "The base was not set. The deploy is no longer on record.")
                .await;
        };
        if revision == approval.subject.revision {
            let text = "The base was not set. That is the revision that is waiting. Enter the one that was there before it.";
            return not(StatusCode::UNPROCESSABLE_ENTITY, text).await;
        }
        let at = approval.subject.place.clone();
        let base = self.store.base(&known.deployment, &at).await.map_err(unreadable)?;
        if !may_set(&base, &approval, !spec.self_approval) {
            let text = "The base was not set. It has been set in the meantime, and Signoff is updating the approval.";
            return not(StatusCode::CONFLICT, text).await;
        }
        // Where one is on record that the host has, ranges may only become longer.
        let replaced = base.replaced(!spec.self_approval, &approval.subject.revision);
        let is_lost =
            |base: &str| approval.electorate.blocked.contains(&Blocker::BaseLost { base: base.to_owned() });
        if let Some(replaced) = replaced.map(|passed| passed.revision.as_str()).filter(|base| !is_lost(base))
        {
            let ends = (replaced, approval.subject.revision.as_str());
            match self.outside.is_further_back(&known.repository, &revision, ends, call.now).await {
                Ok(true) => {}
                Ok(false) => {
                    let text = format!(
                        "The base was not set. The source host still has the one that there is, so you can only move it further \
                         back. Enter a commit that both the waiting revision and {replaced} follow from."
                    );
                    return not(StatusCode::UNPROCESSABLE_ENTITY, &text).await;
                }
                Err(failure) => {
                    let (request_id, failure) = (call.id, failure.logged());
                    tracing::warn!(request_id, %deploy, failure, "a new base is not compared with the old one");
                    let text = "The base was not set. GitHub didn\u{2019}t compare it with the one that there is. Try again.";
                    return not(StatusCode::SERVICE_UNAVAILABLE, text).await;
                }
            }
        }
        let judge = EffectKind::JudgeAgain { approval: id.clone(), round: 0 };
        let others = EffectKind::judge_others(Others::MovedBy { approval: id.clone() });
        let set = EventKind::BaseSet {
            approval: id.clone(),
            place: at.clone(),
            revision: revision.clone(),
            by: member.id.clone(),
            name: member.name.clone(),
        };
        let owner = format!("base {} {}", id, base.version);
        let change = Change::to(&deploy, call.now)
            .base(base.set(&revision, &approval.subject.revision, !spec.self_approval, &member.id, call.now))
            .and(&owner, vec![judge, others], vec![set]);
        match self.store.commit(change).await {
            Ok(()) => {
                let (request_id, by) = (call.id, &member.id);
                tracing::info!(request_id, %deploy, approval = %id, by, revision, place = at, "base set");
                Ok(Answer::see_other(format!("{}#{id}", deploy_href(&deploy, Tab::Approvals))))
            }
            Err(CommitError::Conflict) => {
                let text = "The base was not set. Somebody else set one, or another revision was approved in the meantime.";
                not(StatusCode::CONFLICT, text).await
            }
            Err(CommitError::Store(error)) => {
                tracing::error!(request_id = call.id, %deploy, %error, "a base was not set");
                Err(refusals::not_recorded(call.id))
            }
        }
    }
}

/// True if an admin may set the base: there is none, the source host lost the one that there is, or an admin
/// set it and the revision does not follow from it.
fn may_set(base: &Base, approval: &Approval, four_eyes: bool) -> bool {
    let Some(start) = base.judged_from(four_eyes, &approval.subject.revision) else { return true };
    let blocked = &approval.electorate.blocked;
    let is_lost = blocked.contains(&Blocker::BaseLost { base: start.revision.clone() });
    let is_refused = start.set_by.as_ref().is_some_and(|by| {
        blocked.contains(&Blocker::BaseRefused { base: start.revision.clone(), by: by.clone() })
    });
    is_lost || is_refused
}
