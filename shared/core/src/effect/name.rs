//! The names of the kinds of effects.

use super::EffectKind;

impl EffectKind {
    /// The name of this kind, as rows have it: for logs, which must not hold messages to people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EvaluateRules { .. } => "evaluate_rules",
            Self::RunStep { .. } => "run_step",
            Self::RetryStep { .. } => "retry_step",
            Self::TellFailure { .. } => "tell_failure",
            Self::EvaluateAgain => "evaluate_again",
            Self::AskAgain { .. } => "ask_again",
            Self::RecordHealth { .. } => "record_health",
            Self::AdvanceRun { .. } => "advance_run",
            Self::ConfirmQuorum { .. } => "confirm_quorum",
            Self::Expire { .. } => "expire",
            Self::Remind { .. } => "remind",
            Self::WatchFreeze { .. } => "watch_freeze",
            Self::JudgeAgain { .. } => "judge_again",
            Self::WatchApprovers { .. } => "watch_approvers",
            Self::JudgeOthers { .. } => "judge_others",
            Self::ApplyPolicy { .. } => "apply_policy",
            Self::ListHeaderSecrets => "list_header_secrets",
            Self::TellFreezeLifted { .. } => "tell_freeze_lifted",
            Self::TellGlassBroken { .. } => "tell_glass_broken",
            Self::RemindReview { .. } => "remind_review",
            Self::SettleReview { .. } => "settle_review",
            Self::Supersede { .. } => "supersede",
            Self::DrawDialog { .. } => "draw_dialog",
            Self::DrawStep { .. } => "draw_step",
            Self::TellPerson { .. } => "tell_person",
            Self::TellMember { .. } => "tell_member",
            Self::TellThread { .. } => "tell_thread",
            Self::OfferEvaluation { .. } => "offer_evaluation",
            Self::TellChannel { .. } => "tell_channel",
            Self::AskMember { .. } => "ask_member",
        }
    }
}
