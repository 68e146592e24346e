//! Texts about deploys whose rules were not evaluated, and the button that has that done again.

use super::Message;
use super::pieces::{button, code, deploy_link, local_time, section, sentence};
use crate::deploy::Deploy;
use crate::id::DeployId;
use jiff::Timestamp;
use serde_json::json;

/// The action id of the button that has the rules of a deploy evaluated again.
pub const EVALUATE_AGAIN: &str = "evaluate_again";
/// The answer to somebody who asks for the rules of a deploy to be evaluated that were evaluated meanwhile.
pub const EVALUATED_MEANWHILE: &str =
    "Nothing was done: the rules of this deploy have been evaluated in the meantime.";
/// The answer to somebody who asks for the rules of a deploy that is not on record.
pub const NO_SUCH_DEPLOY: &str = "Nothing was done: this deploy is no longer on record.";
/// The answer to somebody who is no member of the app's own workspace.
pub const MEMBERS_ONLY: &str =
    "Nothing was done: only members of this app's workspace can have the rules evaluated again.";

/// The message to a channel that the rules of a deploy could not be read or evaluated. `until`: Signoff tries
/// again by itself until then; `None`: not any more.
pub fn rules_not_read(deploy: &Deploy, deploy_url: &str, reason: &str, until: Option<Timestamp>) -> String {
    let (deploy, repository) = (deploy_link(deploy, deploy_url), code(&deploy.repository));
    let reason = sentence(reason);
    match until {
        Some(until) => format!(
            ":warning: No rule was run for {deploy}: the rules of {repository} could not be evaluated. {reason} Signoff tries again until {}. To try now, choose *Evaluate again*.",
            local_time(until)
        ),
        None => format!(
            ":warning: No rule was run for {deploy}: the rules of {repository} could not be evaluated for a day. {reason} \
             Choose *Evaluate again* once that is fixed."
        ),
    }
}

/// The message to a channel that news of a deploy could not be held against its rules. `until`: as for
/// [`rules_not_read`].
pub fn news_not_judged(deploy: &Deploy, deploy_url: &str, reason: &str, until: Option<Timestamp>) -> String {
    let (deploy, reason) = (deploy_link(deploy, deploy_url), sentence(reason));
    let next = match until {
        Some(until) => format!("Signoff tries again until {}.", local_time(until)),
        None => {
            "Signoff tried for a day and stopped. It evaluates the rules again when there is news.".to_owned()
        }
    };
    format!(":warning: The rules of {deploy} that wait for news could not be evaluated. {reason} {next}")
}

/// The message to a channel, sent once, about a deployment whose repository has none of the files `paths`.
pub fn without_rules(deploy: &Deploy, paths: &[&str], deploy_url: &str) -> String {
    let (deployment, repository) = (&deploy.deployment, code(&deploy.repository));
    let paths: Vec<String> = paths.iter().map(|path| code(path)).collect();
    format!(
        ":information_source: {deployment} has no rules, so nothing is asked and nothing runs for {}: {repository} has no {} on its \
         default branch. A file that is added there counts from the next deploy on. This is said once.",
        deploy_link(deploy, deploy_url),
        paths.join(" or ")
    )
}

/// The message to a channel, sent once, about a deployment whose file `path` has as many `rules`, and none
/// for deploys.
pub fn without_rules_for_deploys(deploy: &Deploy, path: &str, rules: usize, deploy_url: &str) -> String {
    let (deployment, path) = (&deploy.deployment, code(path));
    let why = match rules {
        0 => format!("{path} has no rules yet"),
        1 => format!("the rule in {path} has triggers of pull requests"),
        _ => format!("all rules in {path} have triggers of pull requests"),
    };
    format!(
        ":information_source: {deployment} has no rules for deploys, so nothing is asked and nothing runs for {}: {why}. A rule without \
         `triggers` is for deploys. This is said once.",
        deploy_link(deploy, deploy_url)
    )
}

/// `text` above the button that has the rules of `deploy` evaluated again. `workspace`: the team id whose
/// members may.
pub fn offer_evaluation(text: &str, deploy: &DeployId, workspace: &str) -> Message {
    let value = format!("{deploy} {workspace}");
    let elements = [button(EVALUATE_AGAIN, "Evaluate again", "", &value)];
    let actions = json!({ "type": "actions", "block_id": "evaluation", "elements": elements });
    Message { text: text.to_owned(), blocks: json!([section(text), actions]) }
}
