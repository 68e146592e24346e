//! Everything that Signoff says in Slack, built from state alone: drawing it twice gives the same, drawing it
//! late gives the newest.
//!
//! Blocks and limits: <https://docs.slack.dev/reference/block-kit/blocks>, date formatting:
//! <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.

mod again;
mod aside;
mod dialog;
mod evaluation;
mod failure;
mod glass;
mod identity;
mod judged;
mod modal;
mod overtaken;
mod people;
mod pieces;
mod policy;
mod proposal;
mod refusal;
mod step;
mod tell;

pub use again::{
    ASK_AGAIN, NotAskedAgain, ask_again_refused, asked_again_later, not_asked_again, not_asked_again_yet,
};
pub use aside::{asked_later, done_later, evaluated_later, policy_row_unreadable, put_aside};
pub use dialog::{APPROVE, BREAK_GLASS, CANCEL, LIFT_FREEZE, MORE, REJECT, UNDO, WITHDRAW, dialog};
pub use evaluation::{
    EVALUATE_AGAIN, EVALUATED_MEANWHILE, MEMBERS_ONLY, NO_SUCH_DEPLOY, news_not_judged, not_judged_sentences,
    offer_evaluation, rule_not_opened, rules_not_judged, rules_not_read, rules_refused, rules_unread,
    without_rules, without_rules_for_deploys,
};
pub use failure::{
    ADMIN_AFTER_ALL, ADMIN_AGAIN, ADMIN_OF_FEW, ELSEWHERE, FailedStep, MARK_AS_DONE, ONLY_ADMINS, RETRY,
    SKIP, SKIP_NEEDS_REASON, SKIPPED, ask_skip_reason, failure_resolved, not_theirs, run_still_frozen,
    step_failed, still_frozen, waits_for_freeze,
};
pub use glass::{REVIEW, glass_broken, glass_warning, review_reminder};
pub use identity::unconfirmed;
pub use judged::{Show, blocked, judged, out_of_reach};
pub use modal::{ASKED, Asking, LONGEST_REASON, REASON, ask_reason, say};
pub use overtaken::{
    let_through_meanwhile, overtaken_by, rolled_back_meanwhile, rules_overtaken, step_overtaken,
};
pub use people::{ACCOUNT_IS_MINE, ACCOUNT_IS_NOT_MINE, is_it_yours, nobody_here_confirmed};
pub use pieces::{deploy_link, shorten};
pub use policy::{
    BELOW_POLICY, BELOW_POLICY_SHOWN, glass_of_another_rule, policy_asks_owner, policy_now_in_force,
    policy_proposed, policy_refused, rule_blocked, too_few_of_groups, too_few_people,
};
pub use proposal::{NO_RULES_VOTERS, proposal_refused, rules_now_in_force, rules_proposed, rules_voters};
pub use refusal::{NO_SUCH_APPROVAL, NO_SUCH_RUN, refusal, resolution_refused, why_not_counted};
pub use step::{step_elsewhere, step_held, step_line, step_needs_person};
pub use tell::{
    closed_unshown, dialog_never_shown, dialog_not_shown, freeze_lifted, not_told_in_thread, quorum_told,
    reminder, reopened, told_directly, undone, with_deployers,
};

use serde_json::Value;

/// A message: its blocks, and its text for notifications and screen readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The plain text.
    pub text: String,
    /// The blocks; null where the text says it all.
    pub blocks: Value,
}
