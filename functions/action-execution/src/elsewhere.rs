//! Messages that their thread or channel doesn't take: they are told in the deployment's channel, or else to
//! the people whom they concern. If nobody can be told, an alarm rings.

use crate::effect_error::Tried;
use crate::electorate::each_once;
use crate::failed::Failed;
use crate::handler::ActionExecution;
use serde_json::Value;
use signoff_core::approval::{Approval, Choice};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::ApprovalId;
use signoff_core::message;
use signoff_providers::Failure;
use signoff_runtime::effects::Attempt;

/// The most people who are told directly: Slack takes about 50 calls a minute of the methods that this needs.
const MOST: usize = 10;

/// The place where an effect says something, as far as it matters once that place takes nothing.
#[derive(Debug, PartialEq, Eq)]
enum Says<'a> {
    /// In the thread or the channel of an approval.
    Near(&'a ApprovalId),
    /// In the deployment's channel, or to a member: there is no other place.
    Last,
    /// A failure, in the thread or else in the deployment's channel.
    Failure(Failed<'a>),
    /// Nothing new.
    Nothing,
}

impl ActionExecution {
    /// Returns the effects that tell elsewhere what `attempt` could not. If there are none although it has
    /// something to say, the log has that with `alarm = "untold"`.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn told_elsewhere(&self, attempt: &Attempt) -> Tried<Vec<EffectKind>> {
        let effect = &attempt.effect;
        let Some(deploy) = self.store.deploy(&effect.deploy).await? else { return Ok(Vec::new()) };
        match says(&effect.kind) {
            Says::Nothing => Ok(Vec::new()),
            Says::Last => {
                untold(effect);
                Ok(Vec::new())
            }
            Says::Failure(failed) => {
                let Some((approval, text)) = self.failure_text(effect, failed).await? else {
                    return Ok(Vec::new());
                };
                Ok(self.tell_directly(attempt, &deploy, approval.as_ref(), &text).await)
            }
            Says::Near(id) => {
                let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
                    return Ok(Vec::new());
                };
                let Some(text) = text(&effect.kind, &approval) else { return Ok(Vec::new()) };
                // It is about what people decided, or overrides it, so they hear of it even if no channel
                // takes it.
                let is_for_them = matches!(
                    &effect.kind,
                    EffectKind::TellThread { to_deployers: true, .. } | EffectKind::TellGlassBroken { .. }
                );
                let text = match is_for_them {
                    // The message is more than the mentions.
                    true => self.mentioning_deployers(attempt, &text).await.unwrap_or(text),
                    false => text,
                };
                let text = message::not_told_in_thread(&deploy, &self.deploy_url(&deploy.id), &text);
                let channel = self.fallback_channel(&deploy).await?;
                match channel.filter(|channel| !is_for_them || is_another(channel, &approval)) {
                    Some(channel) => Ok(vec![EffectKind::TellChannel { channel, text }]),
                    None if is_for_them => {
                        Ok(self.tell_directly(attempt, &deploy, Some(&approval), &text).await)
                    }
                    None => {
                        untold(effect);
                        Ok(Vec::new())
                    }
                }
            }
        }
    }

    /// Returns the effects that tell people `text` (in mrkdwn) about the dialog of `approval`, which can't be
    /// shown: in the deployment's channel, or directly if that is the channel that doesn't take the dialog.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn tell_of_dialog(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        approval: &Approval,
        text: String,
    ) -> Tried<Vec<EffectKind>> {
        let channel = self.fallback_channel(deploy).await?;
        match channel.filter(|channel| is_another(channel, approval)) {
            Some(channel) => Ok(vec![EffectKind::TellChannel { channel, text }]),
            None => Ok(self.tell_directly(attempt, deploy, Some(approval), &text).await),
        }
    }

    /// Posts `text` in the direct message of `user` with the app.
    pub(crate) async fn tell_member(&self, attempt: &Attempt, user: &str, text: &str) -> Tried<()> {
        let effect = &attempt.effect;
        let slack = self.outside.slack(self.now()).await?;
        let direct = slack.open_direct(user).await?.ok_or_else(|| {
            Failure::Permanent("Slack has no direct message with the member who should be told".to_owned())
        })?;
        self.post_once(attempt, &direct, None, text, &Value::Null, effect.id.as_str()).await?;
        self.done(effect).await
    }

    /// The effects that tell `text` (in mrkdwn) to those who deployed and who approved.
    async fn tell_directly(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        approval: Option<&Approval>,
        text: &str,
    ) -> Vec<EffectKind> {
        let deployers = match self.deployers_of(attempt, deploy).await {
            Ok(deployers) => deployers,
            Err(_) => {
                tracing::warn!(deploy = %deploy.id, "those who deployed can't be looked up, and are not told");
                Vec::new()
            }
        };
        let people = concerned(deployers, approval);
        if people.is_empty() {
            untold(&attempt.effect);
        }
        let text = message::told_directly(text);
        people.into_iter().map(|user| EffectKind::TellMember { user, text: text.clone() }).collect()
    }
}

/// True if `channel` is not the one of `approval`, by its name or its id.
fn is_another(channel: &str, approval: &Approval) -> bool {
    channel != approval.channel && approval.dialog.as_ref().is_none_or(|dialog| dialog.channel != channel)
}

/// Has the alarm ring if `effect`, which was tried for a day, says something.
pub(crate) fn given_up(effect: &Effect) {
    if says(&effect.kind) != Says::Nothing {
        untold(effect);
    }
}

/// Has the alarm ring that nobody could be told what `effect` says.
fn untold(effect: &Effect) {
    let Effect { id, deploy, kind, .. } = effect;
    tracing::error!(alarm = "untold", %deploy, effect = %id, kind = kind.name(), "no channel takes this message");
}

/// Those who are told directly: `deployers` (Slack user ids) and those who voted for `approval`, each once.
fn concerned(deployers: Vec<String>, approval: Option<&Approval>) -> Vec<String> {
    let votes = approval.iter().flat_map(|approval| &approval.votes);
    let approving = votes.filter(|vote| vote.choice == Choice::Approve).map(|vote| vote.voter.clone());
    let mut people = each_once(deployers.into_iter().chain(approving).collect());
    people.truncate(MOST);
    people
}

fn says(kind: &EffectKind) -> Says<'_> {
    match kind {
        EffectKind::TellThread { approval, .. }
        | EffectKind::TellFreezeLifted { approval }
        | EffectKind::TellGlassBroken { approval }
        | EffectKind::Remind { approval }
        | EffectKind::RemindReview { approval, .. } => Says::Near(approval),
        EffectKind::TellFailure { approval, run, step, failed_at } => {
            Says::Failure(Failed { approval: approval.as_ref(), run, step: *step, at: *failed_at })
        }
        EffectKind::TellChannel { .. }
        | EffectKind::OfferEvaluation { .. }
        | EffectKind::TellMember { .. } => Says::Last,
        EffectKind::EvaluateRules { .. }
        | EffectKind::EvaluateAgain
        | EffectKind::AskAgain { .. }
        | EffectKind::RecordHealth { .. }
        | EffectKind::ListHeaderSecrets
        | EffectKind::RunStep { .. }
        | EffectKind::RetryStep { .. }
        | EffectKind::AdvanceRun { .. }
        | EffectKind::ConfirmQuorum { .. }
        | EffectKind::Expire { .. }
        | EffectKind::WatchFreeze { .. }
        | EffectKind::JudgeAgain { .. }
        | EffectKind::WatchApprovers { .. }
        | EffectKind::JudgeOthers { .. }
        | EffectKind::ApplyPolicy { .. }
        | EffectKind::SettleReview { .. }
        | EffectKind::Supersede { .. }
        | EffectKind::DrawDialog { .. }
        | EffectKind::DrawStep { .. }
        | EffectKind::TellPerson { .. }
        | EffectKind::AskMember { .. } => Says::Nothing,
    }
}

/// The text of an effect of `kind` about `approval`, as of now; `None`: there is nothing to say any more.
fn text(kind: &EffectKind, approval: &Approval) -> Option<String> {
    match kind {
        EffectKind::TellThread { text, .. } => Some(text.clone()),
        EffectKind::TellFreezeLifted { .. } => message::freeze_lifted(approval),
        EffectKind::TellGlassBroken { .. } => message::glass_broken(approval).map(|message| message.text),
        EffectKind::Remind { .. } => message::reminder(approval),
        EffectKind::RemindReview { .. } => message::review_reminder(approval).map(|message| message.text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_people_of_an_approval_is_told_elsewhere() {
        let approval = ApprovalId::from_text("a");
        for kind in [
            EffectKind::tell_thread(approval.clone(), "text".to_owned()),
            EffectKind::TellFreezeLifted { approval: approval.clone() },
            EffectKind::TellGlassBroken { approval: approval.clone() },
            EffectKind::Remind { approval: approval.clone() },
            EffectKind::RemindReview { approval: approval.clone(), round: 1 },
        ] {
            assert_eq!(says(&kind), Says::Near(&approval), "{kind:?}");
        }
        assert_eq!(says(&EffectKind::DrawDialog { approval }), Says::Nothing);
        let channel = EffectKind::TellChannel { channel: "#a".to_owned(), text: "text".to_owned() };
        assert_eq!(says(&channel), Says::Last);
    }

    #[test]
    fn people_told_directly_are_few_and_each_told_once() {
        let many: Vec<_> = (0..20).map(|number| format!("U{number:02}")).collect();
        assert_eq!(concerned(many.clone(), None), many[..MOST]);
        assert_eq!(concerned(vec!["U2".to_owned(), "U1".to_owned(), "U2".to_owned()], None), ["U1", "U2"]);
    }
}
