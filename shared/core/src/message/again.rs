//! Texts about approvals that are asked again.

use super::aside::minutes;
use super::pieces::{code, mentions, sentence};
use crate::approval::Approval;
use crate::mrkdwn::escape;
use crate::run::{Again, Ended, NotAgain};
use jiff::SignedDuration;
use std::fmt;

/// The start of the option's value that has a closed approval asked again.
pub const ASK_AGAIN: &str = "ask_again";

/// The reason for which an approval was not asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAskedAgain {
    /// The approval and its run don't allow it.
    Core(NotAgain),
    /// A newer deploy stands in its environment.
    NewerDeploy {
        /// The environment.
        environment: String,
        /// The newer deploy's revision.
        revision: String,
    },
    /// Its deployment is not connected any more.
    Disconnected,
    /// No rules are in force.
    NoRules,
    /// The rules in force have no rule of this name.
    NoSuchRule {
        /// The name.
        rule: String,
    },
    /// The rule waits for another one.
    After {
        /// The other rule's name.
        rule: String,
    },
    /// The rule's conditions, as they are now, do not hold for the deploy.
    DoesNotHold {
        /// The rule's name.
        rule: String,
        /// The conditions that fail, and what the deploy has.
        why: String,
    },
    /// The rule uses something that is not supported.
    Unsupported {
        /// The problem, with its place.
        problem: String,
    },
}

impl fmt::Display for NotAskedAgain {
    /// The reason as the end of a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(why) => f.write_str(why_not(*why)),
            Self::NewerDeploy { environment, revision } => {
                let short = revision.get(..7).unwrap_or(revision);
                write!(
                    f,
                    "{short} came to {environment} since. This approval is about what was there before."
                )
            }
            Self::Disconnected => f.write_str("the deployment is no longer connected to this stack."),
            Self::NoRules => f.write_str("the deployment has no valid rules now."),
            Self::NoSuchRule { rule } => write!(f, "the rules in force no longer have the rule {rule}."),
            Self::After { rule } => write!(f, "the rule waits until the run of {rule} succeeds."),
            Self::DoesNotHold { rule, why } => {
                write!(f, "the rule {rule} does not match this deploy now: {why}.")
            }
            Self::Unsupported { problem } => {
                write!(f, "the rule uses something that Signoff does not support: {problem}")
            }
        }
    }
}

/// The words for a reason that the core gives.
fn why_not(why: NotAgain) -> &'static str {
    match why {
        NotAgain::NotOver => "it is still open.",
        NotAgain::Succeeded => "it was approved, and all its actions ran.",
        NotAgain::Superseded => "a newer deploy replaced it.",
        NotAgain::Before => "it was already asked again.",
        NotAgain::Proposal => "the next deploy asks about the proposal again.",
        NotAgain::Final => "its rule makes a rejection final (`ask_again: false`). Deploy a new revision.",
        NotAgain::AsksNobody => "the rule in force no longer asks for an approval.",
    }
}

/// The text that tells the person `by` (a Slack user id) in the dialog's thread why it was not asked again.
pub fn not_asked_again(by: &str, why: &NotAskedAgain) -> String {
    format!(":no_entry: <@{by}> Could not ask again: {}", escape(&why.to_string()))
}

/// The same where asking again failed for now.
pub fn not_asked_again_yet(by: &str, reason: &str) -> String {
    format!(
        ":warning: <@{by}> Could not ask again: {} Choose *Ask again* to try once more.",
        sentence(reason)
    )
}

/// The message to the dialog's thread that a provider asks to wait for `wait` before the approval can be
/// asked again for `by`.
pub fn asked_again_later(by: &str, reason: &str, wait: SignedDuration) -> String {
    format!(
        ":hourglass_flowing_sand: <@{by}> This is asked again later: {} Signoff tries again in about {}, by itself.",
        sentence(reason),
        minutes(wait)
    )
}

/// The answer, on a page or in private, to a person who asked for the approval again in vain.
pub fn ask_again_refused(why: &NotAskedAgain) -> String {
    format!("Could not ask again: {}", escape(&why.to_string()))
}

/// The dialog's line that says how often this was asked before; it mentions whoever rejected it.
pub(super) fn again_line(approval: &Approval) -> Option<String> {
    let Again { round, ended, by, .. } = approval.again.as_ref()?;
    let times = match round {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        times => format!("{times} times"),
    };
    let ended = match ended {
        Ended::Rejected { by } if by.is_empty() => "it was rejected".to_owned(),
        Ended::Rejected { by } => format!("{} rejected it", mentions(by.iter())),
        Ended::Expired => "too few people voted in time".to_owned(),
        Ended::Cancelled => "it was cancelled".to_owned(),
        Ended::Failed => "it was approved, and an action failed".to_owned(),
    };
    Some(format!(":repeat: <@{by}> asked again. This was asked {times} before; the last time, {ended}."))
}

/// The line of a closed approval's dialog that leads to the rule that was asked about again.
pub(super) fn asked_again_line(rule: &str) -> String {
    format!(":repeat: This was asked again, by the rule {}.", code(rule))
}
