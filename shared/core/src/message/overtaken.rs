//! Texts about deploys that another revision overtook in their environment: nothing acts for them unasked.

use super::pieces::{and_more, code, deploy_link};
use crate::deploy::Deploy;
use crate::mrkdwn::escape;

/// The reason, as the beginning of a sentence: `revision` came to `environment` later.
pub fn overtaken_by(revision: &str, environment: &str) -> String {
    let short = revision.get(..7).unwrap_or(revision);
    format!("{short} came to {environment} after it")
}

/// The reason for which nothing acts for an approved deploy any more, as a part of a sentence: `revision` was
/// let through to the same place later.
pub fn let_through_meanwhile(revision: &str) -> String {
    let short = revision.get(..7).unwrap_or(revision);
    format!("{short} was let through to the same place in the meantime")
}

/// The reason for which nothing acts for a deploy any more, as a part of a sentence: the deploy called
/// `title` took it out of `environment`.
pub fn rolled_back_meanwhile(title: &str, environment: &str) -> String {
    format!("{title} rolled {environment} back in the meantime")
}

/// The text that tells a channel that `rules` did not run for `deploy`, because `revision` overtook it.
pub fn rules_overtaken(deploy: &Deploy, deploy_url: &str, rules: &[&String], revision: &str) -> String {
    format!(
        ":warning: These rules did not run for {}: {}. They act without asking, and {}. To have them run for \
         this revision, deploy it again.",
        deploy_link(deploy, deploy_url),
        and_more(rules.iter().map(|rule| code(rule))),
        escape(&overtaken_by(revision, &deploy.environment)),
    )
}

/// The reason for which an action of `deploy` did not run, where `revision` overtook it and nobody was asked.
pub fn step_overtaken(deploy: &Deploy, revision: &str) -> String {
    let by = overtaken_by(revision, &deploy.environment);
    format!("nothing was done: {by}. Deploy {} again to have it run", deploy.short_revision())
}
