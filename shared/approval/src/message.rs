//! Everything that Signoff says in Slack, built from state alone: drawing it twice gives the same, drawing it late
//! gives the newest.
//!
//! Blocks and limits: <https://docs.slack.dev/reference/block-kit/blocks>, date formatting:
//! <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.

use crate::approval::{Approval, Choice, Electorate, Refusal, Status};
use crate::deploy::Deploy;
use crate::run::{Run, StepState};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a person is told who clicked a button of an approval that is not on record.
pub const NO_SUCH_APPROVAL: &str = "Your vote was not counted: this approval is not on record any more. Deploy again to be asked again.";
/// The action id of the Approve button.
pub const APPROVE: &str = "approve";
/// The action id of the Reject button.
pub const REJECT: &str = "reject";
/// What a section's text may hold, in characters.
const SECTION_LIMIT: usize = 3000;
/// How many of a rules file's problems are told in Slack; the deploy's page has them all.
const PROBLEMS_TOLD: usize = 10;

/// A message: its blocks, and its text for notifications and screen readers.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The plain text.
    pub text: String,
    /// The blocks; an empty list where the text says it all.
    pub blocks: Value,
}

/// Escapes text for Slack's mrkdwn.
///
/// Source: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An approval's dialog.
pub fn dialog(approval: &Approval) -> Message {
    let mut blocks = vec![section(&approval.prompt)];
    blocks.extend(votes(approval).iter().map(|text| section(text)));
    if let Some(line) = status_line(approval) {
        blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": shorten(&line, SECTION_LIMIT) }] }));
    }
    if approval.status == Status::Pending {
        blocks.push(buttons(approval));
    }
    Message { text: shorten(&approval.prompt, SECTION_LIMIT), blocks: Value::Array(blocks) }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": shorten(text, SECTION_LIMIT) } })
}

/// The list of votes, in as many texts as Slack's limit of a section asks for.
fn votes(approval: &Approval) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text = String::from("*Votes:*");
    for vote in &approval.votes {
        let thumb = match vote.choice {
            Choice::Approve => ":+1:",
            Choice::Reject => ":-1:",
        };
        let line = format!("<@{}> {thumb}", vote.voter);
        if text.len() + line.len() + 1 > SECTION_LIMIT {
            texts.push(std::mem::take(&mut text));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    if !approval.votes.is_empty() {
        texts.push(text);
    }
    texts
}

/// The small line under the votes: what is still needed, or how it ended.
fn status_line(approval: &Approval) -> Option<String> {
    match &approval.status {
        Status::Pending => {
            let who = match &approval.electorate {
                Electorate::Anyone => None,
                Electorate::Only { who, people } => Some(format!("{} may vote.", may_vote(who, people))),
            };
            let tally = (approval.votes_required > 1 || !approval.votes.is_empty()).then(|| tally(approval));
            let parts: Vec<_> = tally.into_iter().chain(who).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Status::Approved { at } => Some(format!("Action approved on {}.", local_time(*at))),
        Status::Rejected { at } => Some(format!("Action rejected on {}.", local_time(*at))),
        Status::Cancelled { at, reason } => {
            Some(format!("Action cancelled on {}: {}", local_time(*at), escape(reason)))
        }
    }
}

fn tally(approval: &Approval) -> String {
    let needed = approval.votes_required.saturating_sub(approval.count(Choice::Approve));
    let mut text = format!(
        "{} of {} approvals, {needed} more needed.",
        approval.count(Choice::Approve),
        approval.votes_required
    );
    if approval.rejections_required > 1 {
        text.push_str(&format!(
            " {} of {} rejections.",
            approval.count(Choice::Reject),
            approval.rejections_required
        ));
    }
    text
}

fn may_vote(who: &str, people: &[String]) -> String {
    let mentions: Vec<_> = people.iter().take(20).map(|id| format!("<@{id}>")).collect();
    let more = people.len().saturating_sub(20);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} ({}{and_more})", capitalised(who), mentions.join(", "))
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn buttons(approval: &Approval) -> Value {
    let button = |id: &str, text: &str, style: &str| {
        json!({
            "type": "button",
            "action_id": id,
            "style": style,
            "text": { "type": "plain_text", "text": text },
            "value": format!("{} {}", approval.deploy, approval.id),
        })
    };
    json!({
        "type": "actions",
        "block_id": "votes",
        "elements": [button(APPROVE, "Approve", "primary"), button(REJECT, "Reject", "danger")],
    })
}

/// A time as each reader's Slack shows it, in their own time zone; `May 11th at 11:42`.
fn local_time(at: Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d at %H:%M UTC");
    format!("<!date^{}^{{date}} at {{time}}|{fallback}>", at.as_second())
}

/// The line of step number `step` of `run` in the dialog's thread; `None` for a step that shows no line.
pub fn step_line(run: &Run, step: usize) -> Option<String> {
    let shown = run.steps.get(step)?;
    let action = format!("`{}`", escape(&shown.action.to_string()).replace('`', "'"));
    Some(match &shown.state {
        StepState::Waiting | StepState::Asking { .. } | StepState::Skipped => return None,
        StepState::Running { note: None } => format!(":hourglass_flowing_sand: {action} is running."),
        StepState::Running { note: Some(note) } => {
            format!(":hourglass_flowing_sand: {action} is being tried again: {}", escape(note))
        }
        StepState::Succeeded { summary, url: None, .. } => format!(":white_check_mark: {action}: {}", escape(summary)),
        StepState::Succeeded { summary, url: Some(url), .. } => {
            format!(":white_check_mark: {action}: {} <{}|Open>", escape(summary), escape(url))
        }
        StepState::Failed { reason, .. } => {
            format!(":x: {action} failed: {}{}", escape(reason), what_did_not_run(run, step))
        }
        StepState::Unknown { reason, .. } => format!(
            ":grey_question: {action} may or may not have happened: {} Signoff does not repeat it, so that nothing runs \
             twice. Look whether it happened, and start it by hand if not.{}",
            escape(reason),
            what_did_not_run(run, step)
        ),
    })
}

/// What a deployment's channel is told of a step that has no thread; `None` for a step that shows no line.
pub fn step_elsewhere(run: &Run, step: usize, deploy: &Deploy, deploy_url: &str) -> Option<String> {
    let line = step_line(run, step)?;
    Some(format!("Rule `{}` for {}:\n{line}", escape(&run.rule), deploy_link(deploy, deploy_url)))
}

fn what_did_not_run(run: &Run, step: usize) -> String {
    let skipped: Vec<_> = run
        .steps
        .iter()
        .skip(step + 1)
        .filter(|later| later.state == StepState::Skipped)
        .map(|later| format!("`{}`", escape(&later.action.to_string()).replace('`', "'")))
        .collect();
    if skipped.is_empty() { String::new() } else { format!("\nDid not run: {}.", skipped.join(", ")) }
}

/// What a person is told whose click changed nothing; `None` where there is nothing to tell.
pub fn refusal(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Repeated => None,
        Refusal::Closed(Status::Pending) => None,
        Refusal::Closed(Status::Approved { at }) => {
            Some(format!("Your vote was not counted: this was already approved on {}.", local_time(*at)))
        }
        Refusal::Closed(Status::Rejected { at }) => {
            Some(format!("Your vote was not counted: this was already rejected on {}.", local_time(*at)))
        }
        Refusal::Closed(Status::Cancelled { at, reason }) => Some(format!(
            "Your vote was not counted: this was cancelled on {}: {}",
            local_time(*at),
            escape(reason)
        )),
        Refusal::Stranger => {
            Some("Your vote was not counted: only members of the workspace that this app belongs to may vote.".to_owned())
        }
        Refusal::NotEligible { who, people } if people.is_empty() => {
            Some(format!("Your vote was not counted: only {who} may vote, and there is nobody."))
        }
        Refusal::NotEligible { who, people } => {
            let mentions: Vec<_> = people.iter().take(20).map(|id| format!("<@{id}>")).collect();
            Some(format!("Your vote was not counted: only {who} may vote: {}.", mentions.join(", ")))
        }
    }
}

/// What a channel is told when the rules file of a deploy could not be used.
pub fn rules_refused(deploy: &Deploy, deploy_url: &str, problems: &[String]) -> String {
    let shown: Vec<_> = problems.iter().take(PROBLEMS_TOLD).map(|problem| escape(problem)).collect();
    let more = problems.len().saturating_sub(PROBLEMS_TOLD);
    let and_more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    format!(
        ":warning: No rule was run for {}: the rules file of `{}` can't be used. Correct it on the default branch; \
         the next deploy reads it again.\n```{}{and_more}```",
        deploy_link(deploy, deploy_url),
        escape(&deploy.repository),
        shown.join("\n")
    )
}

/// What a channel is told when the rules of a deploy could not be read at all.
pub fn rules_not_read(deploy: &Deploy, deploy_url: &str, reason: &str) -> String {
    format!(
        ":warning: No rule was run for {}: the rules file of `{}` could not be read: {}. Deploy again once that is mended.",
        deploy_link(deploy, deploy_url),
        escape(&deploy.repository),
        escape(reason.trim_end_matches('.'))
    )
}

/// What a channel is told when a rule held that uses what is not supported yet.
pub fn rule_not_opened(deploy: &Deploy, deploy_url: &str, rule: &str, reasons: &[String]) -> String {
    let reasons: Vec<_> = reasons.iter().map(|reason| escape(reason)).collect();
    format!(
        ":warning: The rule `{}` was not run for {}.\n```{}```",
        escape(rule),
        deploy_link(deploy, deploy_url),
        reasons.join("\n")
    )
}

/// What a channel is told when a dialog could not be shown where its rule wants it.
pub fn dialog_not_shown(approval: &Approval, reason: &str) -> String {
    format!(
        ":warning: The dialog \u{201c}{}\u{201d} can't be shown in {}: {} Signoff tries again for a day; nothing runs until people \
         have voted.",
        escape(&approval.name),
        escape(&approval.channel),
        escape(reason)
    )
}

/// A deploy's title as a link to its page.
pub fn deploy_link(deploy: &Deploy, deploy_url: &str) -> String {
    format!("<{}|{}>", escape(deploy_url), escape(&deploy.title()).replace('|', "\u{2502}"))
}

/// `text`, cut to `limit` characters with an ellipsis where it is longer.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('\u{2026}');
    short
}
