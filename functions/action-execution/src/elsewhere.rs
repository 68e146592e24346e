//! Messages that their thread or channel doesn't take: they are told in the deployment's channel.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use approval::approval::Approval;
use approval::effect::EffectKind;
use approval::id::ApprovalId;
use approval::message;
use runtime::effects::Attempt;

impl ActionExecution {
    /// Returns the effects that tell elsewhere what `attempt` could not: its text, in the deployment's
    /// channel. None if there is no channel or nothing to say any more.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn told_elsewhere(&self, attempt: &Attempt) -> Tried<Vec<EffectKind>> {
        let effect = &attempt.effect;
        let Some(id) = of_approval(&effect.kind) else { return Ok(Vec::new()) };
        let Some(deploy) = self.store.deploy(&effect.deploy).await? else { return Ok(Vec::new()) };
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else { return Ok(Vec::new()) };
        let Some(text) = text(&effect.kind, &approval) else { return Ok(Vec::new()) };
        let text = match &effect.kind {
            // The message is more than the mentions.
            EffectKind::TellThread { to_deployers: true, .. } => {
                self.mentioning_deployers(attempt, &text).await.unwrap_or(text)
            }
            _ => text,
        };
        let channel = self.fallback_channel(&deploy).await?;
        let text = message::not_told_in_thread(&deploy, &self.deploy_url(&deploy.id), &text);
        Ok(channel.map(|channel| EffectKind::TellChannel { channel, text }).into_iter().collect())
    }
}

/// The approval whose people `kind` tells something; `None`: it says nothing, or has its place elsewhere.
fn of_approval(kind: &EffectKind) -> Option<&ApprovalId> {
    match kind {
        EffectKind::TellThread { approval, .. }
        | EffectKind::TellFreezeLifted { approval }
        | EffectKind::TellGlassBroken { approval }
        | EffectKind::Remind { approval }
        | EffectKind::RemindReview { approval, .. } => Some(approval),
        EffectKind::EvaluateRules
        | EffectKind::EvaluateAgain
        | EffectKind::AskAgain { .. }
        | EffectKind::RunStep { .. }
        | EffectKind::RetryStep { .. }
        | EffectKind::AdvanceRun { .. }
        | EffectKind::ConfirmQuorum { .. }
        | EffectKind::Expire { .. }
        | EffectKind::WatchFreeze { .. }
        | EffectKind::JudgeAgain { .. }
        | EffectKind::JudgeOthers { .. }
        | EffectKind::ApplyPolicy { .. }
        | EffectKind::SettleReview { .. }
        | EffectKind::Supersede { .. }
        | EffectKind::DrawDialog { .. }
        | EffectKind::DrawStep { .. }
        | EffectKind::TellFailure { .. }
        | EffectKind::TellPerson { .. }
        | EffectKind::TellChannel { .. }
        | EffectKind::OfferEvaluation { .. }
        | EffectKind::AskMember { .. } => None,
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
            assert_eq!(of_approval(&kind), Some(&approval), "{kind:?}");
        }
        assert_eq!(of_approval(&EffectKind::DrawDialog { approval }), None, "it says nothing new");
    }
}
