//! Texts about deploys whose rules were not evaluated, and the button that has that done again.

use super::Message;
use super::pieces::{button, code, code_block, deploy_link, local_time, section, sentence, shorten};
use crate::deploy::Deploy;
use crate::id::DeployId;
use crate::mrkdwn::link;
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
/// The most problems of a rules file that a message in Slack lists; the deploy's page has them all.
const PROBLEMS_TOLD: usize = 10;
/// The most characters that a deploy keeps of a reason for which rules were not run.
const KEPT_REASON: usize = 500;

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

/// The message to a channel that the rules file of a deploy could not be used. `looks_again`: Signoff reads
/// it again by itself.
pub fn rules_refused(deploy: &Deploy, deploy_url: &str, problems: &[String], looks_again: bool) -> String {
    let then = match looks_again {
        true => {
            "Correct it on the default branch. Signoff reads it again for a day; to have it read now, choose \
             *Evaluate again*."
        }
        false => {
            "Correct it on the default branch, then choose *Evaluate again*. The next deploy reads it again, too."
        }
    };
    format!(
        ":warning: No rule was run for {}: the rules file of {} is invalid. {then}\n{}",
        deploy_link(deploy, deploy_url),
        code(&deploy.repository),
        code_block(&first_of(problems))
    )
}

/// The message to a channel that the copy of the rules file in force has `problems` for this version of
/// Signoff. `page` is the deployment's page; `is_proposed`: the file on the default branch can be accepted
/// there.
pub fn rules_unread(
    deploy: &Deploy,
    deploy_url: &str,
    problems: &[String],
    page: &str,
    is_proposed: bool,
) -> String {
    let page = link(page, "the deployment's page");
    let then = match is_proposed {
        true => format!(
            "The file on the default branch is proposed in its place. An admin who made none of it has to accept it on \
             {page}, with a reason. Then choose *Evaluate again*."
        ),
        false => format!(
            "Put another rules file, without mistakes, on the default branch and choose *Evaluate again*. Then an admin \
             who made none of it has to accept it on {page}, with a reason."
        ),
    };
    format!(
        ":warning: No rule was run for {}: this version of Signoff can't read the rules file of {} that is in force. {then}\n{}",
        deploy_link(deploy, deploy_url),
        code(&deploy.repository),
        code_block(&first_of(problems))
    )
}

/// The first `problems`, and how many more there are.
fn first_of(problems: &[String]) -> Vec<String> {
    let more = problems.len().saturating_sub(PROBLEMS_TOLD);
    let rest = (more > 0).then(|| format!("and {more} more, on the deploy's page"));
    problems.iter().take(PROBLEMS_TOLD).cloned().chain(rest).collect()
}

/// The message to a channel that a rule held and was not opened, because it uses what is not supported yet.
/// `is_offered`: the message has a button that has the rules evaluated again.
pub fn rule_not_opened(
    deploy: &Deploy,
    deploy_url: &str,
    rule: &str,
    reasons: &[String],
    is_offered: bool,
) -> String {
    let then = match is_offered {
        true => "Take that out of the rule on the default branch, then choose *Evaluate again*.",
        false => "Take that out of the rule on the default branch; the next deploy reads it again.",
    };
    format!(
        ":warning: The rule {} was not run for {}: it uses something that Signoff does not support yet. {then}\n{}",
        code(rule),
        deploy_link(deploy, deploy_url),
        code_block(reasons)
    )
}

/// The message to a channel that rules were not run, because not everything that their conditions ask about
/// was read. `reasons` are sentences. `looks_again`: Signoff evaluates them again by itself. The message has
/// a button for that, too.
pub fn rules_not_judged(
    deploy: &Deploy,
    deploy_url: &str,
    (rules, reasons): (&[&str], &[String]),
    looks_again: bool,
) -> String {
    let names = first_rules(rules, code);
    let then = match looks_again {
        true => "Signoff tries again for a day. To try now, fix the reason and choose *Evaluate again*.",
        false => "Fix the reason or change the rules, then choose *Evaluate again* or deploy again.",
    };
    format!(
        ":warning: These rules were not run for {}, because not everything that they ask about is known: {names}. {then}\n{}",
        deploy_link(deploy, deploy_url),
        code_block(reasons)
    )
}

/// The sentences on a deploy's page that `unjudged` rules were not run for `reasons` (sentences), and that
/// rules which are `unsupported` were not run.
pub fn not_judged_sentences(unjudged: &[&str], reasons: &[String], unsupported: &[&str]) -> Vec<String> {
    let mut told = Vec::new();
    let names = |rules: &[&str]| first_rules(rules, |name| format!("\u{201c}{name}\u{201d}"));
    if !unsupported.is_empty() {
        told.push(format!("Not supported yet, at least in part: {}.", names(unsupported)));
    }
    if !unjudged.is_empty() {
        told.push(format!("Not everything is known that these rules ask about: {}.", names(unjudged)));
        let shown = reasons.iter().take(PROBLEMS_TOLD).map(|reason| shorten(reason, KEPT_REASON));
        told.extend(shown);
    }
    told
}

/// The first names of `rules`, as `shown` writes each, and the number of the rest.
fn first_rules(rules: &[&str], shown: impl Fn(&str) -> String) -> String {
    let names: Vec<_> = rules.iter().take(PROBLEMS_TOLD).map(|rule| shown(rule)).collect();
    let more = rules.len().saturating_sub(PROBLEMS_TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

/// The message to a channel that rules of a deploy which still wait could not be evaluated. `until`: as for
/// [`rules_not_read`].
pub fn news_not_judged(deploy: &Deploy, deploy_url: &str, reason: &str, until: Option<Timestamp>) -> String {
    let (deploy, reason) = (deploy_link(deploy, deploy_url), sentence(reason));
    let next = match until {
        Some(until) => {
            format!("Signoff tries again until {}. To try now, choose *Evaluate again*.", local_time(until))
        }
        None => {
            "Signoff tried for a day and stopped. Once that is fixed, choose *Evaluate again*.".to_owned()
        }
    };
    format!(":warning: The rules of {deploy} that still wait could not be evaluated. {reason} {next}")
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
