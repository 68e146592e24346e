//! Messages about what has to wait: a row that can't be read, a provider that asks to slow down.

use super::pieces::{code, deploy_link, sentence};
use crate::action::Action;
use crate::deploy::{Deploy, Slug};
use jiff::SignedDuration;

/// The message to the channel of `deployment` about a row that this release can't read: `row` names it,
/// `reason` says why.
pub fn put_aside(deployment: &Slug, deploy_url: &str, row: &str, reason: &str) -> String {
    format!(
        ":warning: Signoff can't read a part of <{deploy_url}|a deploy of {deployment}>, {}: {} It was put aside, and everything \
         else goes on. Nothing of it is lost: Signoff looks at it again each hour. If Signoff was just rolled back, deploy the newer \
         release again; else ask an admin to look at the functions' log.",
        code(row),
        sentence(reason)
    )
}

/// The reason for which nothing may act where the row of the stack's policy can't be read, by the store's
/// words about it.
pub fn policy_row_unreadable(error: &str) -> String {
    format!(
        "This release of Signoff can't read the stack's policy: {} If Signoff was just rolled back, deploy the newer release \
         again; else ask an admin to mend the row. What waits goes on then.",
        sentence(error)
    )
}

/// The message that a provider asks to wait before the approval of `rule` for `deploy` can be asked.
pub fn asked_later(deploy: &Deploy, deploy_url: &str, rule: &str, reason: &str) -> String {
    format!(
        ":hourglass_flowing_sand: The approval of the rule {} for {} is asked later: {} Nothing is lost. Signoff keeps trying.",
        code(rule),
        deploy_link(deploy, deploy_url),
        sentence(reason)
    )
}

/// The message to a deployment's channel that a provider asks to wait before `action` of `rule`, which nobody
/// is asked about, can be done.
pub fn done_later(deploy: &Deploy, deploy_url: &str, rule: &str, action: &Action, reason: &str) -> String {
    format!(
        ":hourglass_flowing_sand: Rule {} for {}: {} is done later: {} Nothing is lost. Signoff keeps trying.",
        code(rule),
        deploy_link(deploy, deploy_url),
        code(&action.to_string()),
        sentence(reason)
    )
}

/// The message to the channel where a provider asks to wait for `wait` before the rules of `deploy` can be
/// evaluated.
pub fn evaluated_later(deploy: &Deploy, deploy_url: &str, reason: &str, wait: SignedDuration) -> String {
    let wait = minutes(wait);
    format!(
        ":hourglass_flowing_sand: The rules of {} are evaluated later: {} Nothing is lost. Signoff tries again in about {wait}, \
         and as often as it takes for a day.",
        deploy_link(deploy, deploy_url),
        sentence(reason)
    )
}

/// A wait in words, in minutes.
pub(super) fn minutes(wait: SignedDuration) -> String {
    match (wait.as_secs() + 59) / 60 {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}
