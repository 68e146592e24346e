//! Everything that Signoff says in Slack, built from state alone: drawing it twice gives the same, drawing it late
//! gives the newest.
//!
//! Blocks and limits: <https://docs.slack.dev/reference/block-kit/blocks>, date formatting:
//! <https://docs.slack.dev/messaging/formatting-message-text#date-formatting>.

use crate::action::Action;
use crate::approval::{Approval, Choice, Electorate, Refusal, Status};
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::run::{Run, StepState};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a person is told who clicked a button of an approval that is not on record.
pub const NO_SUCH_APPROVAL: &str =
    "Your vote was not counted: this approval is not on record any more. Deploy again to be asked again.";
/// The action id of the Approve button.
pub const APPROVE: &str = "approve";
/// The action id of the Reject button.
pub const REJECT: &str = "reject";
/// What a section's text may hold, in characters.
const SECTION_LIMIT: usize = 3000;
/// How many sections the votes may take; a message takes 50 blocks.
const VOTE_SECTIONS: usize = 40;
/// How many people are mentioned at a time.
const MENTIONS: usize = 20;
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

/// Text as code in a line of mrkdwn.
fn code(text: &str) -> String {
    format!("`{}`", escape(text).replace('`', "'"))
}

/// Lines as a block of code.
fn code_block(lines: &[String]) -> String {
    format!("```{}```", escape(&lines.join("\n")).replace("```", "'''"))
}

/// Text as the end of a sentence.
fn sentence(text: &str) -> String {
    let text = escape(text.trim_end());
    if text.ends_with(['.', '!', '?', '\u{2026}']) { text } else { text + "." }
}

/// An approval's dialog. Its text says all that its blocks say: a screen reader reads the text alone.
pub fn dialog(approval: &Approval) -> Message {
    // Slack refuses a section without text, which a template may come to.
    let asked =
        if approval.prompt.trim().is_empty() { escape(&approval.name) } else { approval.prompt.clone() };
    let prompt = cut(&asked, SECTION_LIMIT);
    let mut blocks = vec![section(&prompt)];
    blocks.extend(votes(approval).iter().map(|text| section(text)));
    let line = status_line(approval).map(|line| cut(&line, SECTION_LIMIT));
    if let Some(line) = &line {
        blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": line }] }));
    }
    if approval.status == Status::Pending {
        blocks.push(buttons(approval));
    }
    let text = line.map_or_else(|| prompt.clone(), |line| format!("{prompt}\n{line}"));
    Message { text, blocks: Value::Array(blocks) }
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

/// Mrkdwn, cut to `limit` characters with an ellipsis where it is longer, and never within a link or an escaped character.
fn cut(text: &str, limit: usize) -> String {
    let short = shorten(text, limit);
    let Some(kept) = short.strip_suffix('\u{2026}').filter(|_| short != text) else { return short };
    let open = |from: char, to: char| kept.rfind(from).filter(|start| !kept[*start..].contains(to));
    let end = open('<', '>').or_else(|| open('&', ';')).unwrap_or(kept.len());
    format!("{}\u{2026}", &kept[..end])
}

/// The list of votes, in as many texts as Slack's limit of a section asks for, and no more than a message takes.
fn votes(approval: &Approval) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text = String::from("*Votes:*");
    for (shown, vote) in approval.votes.iter().enumerate() {
        let thumb = match vote.choice {
            Choice::Approve => ":+1:",
            Choice::Reject => ":-1:",
        };
        let line = format!("<@{}> {thumb}", vote.voter);
        if text.len() + line.len() + 1 > SECTION_LIMIT {
            texts.push(std::mem::take(&mut text));
        }
        if texts.len() == VOTE_SECTIONS {
            text = format!("and {} more", approval.votes.len() - shown);
            break;
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
                Electorate::Only { who, people } => Some(format!("Only {}", may_vote(who, people))),
            };
            let tally = (approval.votes_required > 1 || !approval.votes.is_empty()).then(|| tally(approval));
            let parts: Vec<_> = tally.into_iter().chain(who).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Status::Approved { at } => Some(format!("Action approved on {}.", local_time(*at))),
        Status::Rejected { at } => Some(format!("Action rejected on {}.", local_time(*at))),
        Status::Cancelled { at, reason } => {
            Some(format!("Action cancelled on {}: {}", local_time(*at), sentence(reason)))
        }
    }
}

fn tally(approval: &Approval) -> String {
    let needed = approval.votes_required.saturating_sub(approval.count(Choice::Approve));
    let approvals = count(approval.count(Choice::Approve), approval.votes_required, "approval");
    let mut text = format!("{approvals}, {needed} more needed.");
    if approval.rejections_required > 1 {
        let rejections = count(approval.count(Choice::Reject), approval.rejections_required, "rejection");
        text.push_str(&format!(" {rejections}."));
    }
    text
}

fn count(given: u32, required: u32, what: &str) -> String {
    let plural = if required == 1 { "" } else { "s" };
    format!("{given} of {required} {what}{plural}")
}

/// Who may vote, as what follows "only".
fn may_vote(who: &str, people: &[String]) -> String {
    let who = escape(who);
    if people.is_empty() {
        return format!("{who} may vote, and none of them has a Slack account.");
    }
    let mentions: Vec<_> = people.iter().take(MENTIONS).map(|id| format!("<@{id}>")).collect();
    let more = people.len().saturating_sub(MENTIONS);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{who} may vote: {}{and_more}.", mentions.join(", "))
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
    let action = code(&shown.action.to_string());
    Some(match &shown.state {
        StepState::Waiting | StepState::Skipped => return None,
        StepState::Running { note: None } => format!(":hourglass_flowing_sand: {action} is running."),
        StepState::Running { note: Some(note) } => {
            format!(":hourglass_flowing_sand: {action} is being tried again: {}", sentence(note))
        }
        StepState::Asking { .. } => match &shown.action {
            Action::SlackChannelApproval(spec) => {
                format!(":ballot_box_with_ballot: {action} waits for votes in {}.", escape(&spec.channel))
            }
            Action::AutoApproveBuild(_)
            | Action::TriggerBuild(_)
            | Action::SlackChannelMessage(_)
            | Action::AddToDeployMessageThread(_)
            | Action::Webhook(_) => return None,
        },
        StepState::Succeeded { summary, url: None, .. } => {
            format!(":white_check_mark: {action}: {}", sentence(summary))
        }
        StepState::Succeeded { summary, url: Some(url), .. } => {
            format!(":white_check_mark: {action}: {} {}", sentence(summary), link(url, "Open"))
        }
        StepState::Failed { reason, .. } => {
            // That people rejected is no failure.
            let failed = if matches!(shown.action, Action::SlackChannelApproval(_)) { "" } else { " failed" };
            format!(":x: {action}{failed}: {}{}", sentence(reason), what_did_not_run(run, step))
        }
        StepState::Unknown { reason, .. } => format!(
            ":grey_question: {action} may or may not have happened: {} Signoff does not repeat it, so that nothing runs \
             twice. Look whether it happened, and start it by hand if not.{}",
            sentence(reason),
            what_did_not_run(run, step)
        ),
    })
}

/// What a deployment's channel is told of a step that has no thread; `None` for a step that shows no line.
pub fn step_elsewhere(run: &Run, step: usize, deploy: &Deploy, deploy_url: &str) -> Option<String> {
    let line = step_line(run, step)?;
    Some(format!("Rule {} for {}:\n{line}", code(&run.rule), deploy_link(deploy, deploy_url)))
}

fn what_did_not_run(run: &Run, step: usize) -> String {
    let skipped: Vec<_> = run
        .steps
        .iter()
        .skip(step + 1)
        .filter(|later| later.state == StepState::Skipped)
        .map(|later| code(&later.action.to_string()))
        .collect();
    if skipped.is_empty() { String::new() } else { format!("\nDid not run: {}.", skipped.join(", ")) }
}

/// What a person is told whose click changed nothing; `None` where there is nothing to tell.
pub fn refusal(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Repeated | Refusal::Replayed => None,
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
            sentence(reason)
        )),
        Refusal::Stranger => Some(
            "Your vote was not counted: only members of the workspace that this app belongs to may vote."
                .to_owned(),
        ),
        Refusal::NotEligible { who, people } => {
            Some(format!("Your vote was not counted: only {}", may_vote(who, people)))
        }
    }
}

/// What a channel is told when the rules file of a deploy could not be used.
pub fn rules_refused(deploy: &Deploy, deploy_url: &str, problems: &[String]) -> String {
    let mut shown: Vec<_> = problems.iter().take(PROBLEMS_TOLD).cloned().collect();
    let more = problems.len().saturating_sub(PROBLEMS_TOLD);
    shown.extend((more > 0).then(|| format!("and {more} more, on the deploy's page")));
    format!(
        ":warning: No rule was run for {}: the rules file of {} can't be used. Correct it on the default branch; \
         the next deploy reads it again.\n{}",
        deploy_link(deploy, deploy_url),
        code(&deploy.repository),
        code_block(&shown)
    )
}

/// What a channel is told when the rules of a deploy could not be read at all.
pub fn rules_not_read(deploy: &Deploy, deploy_url: &str, reason: &str) -> String {
    format!(
        ":warning: No rule was run for {}: the rules file of {} could not be read: {} Deploy again once that is mended.",
        deploy_link(deploy, deploy_url),
        code(&deploy.repository),
        sentence(reason)
    )
}

/// What a channel is told when a rule held that uses what is not supported yet.
pub fn rule_not_opened(deploy: &Deploy, deploy_url: &str, rule: &str, reasons: &[String]) -> String {
    format!(
        ":warning: The rule {} was not run for {}: it uses what Signoff does not support yet. Take that out of the rule \
         on the default branch; the next deploy reads it again.\n{}",
        code(rule),
        deploy_link(deploy, deploy_url),
        code_block(reasons)
    )
}

/// What a channel is told when a dialog could not be shown where its rule wants it.
pub fn dialog_not_shown(approval: &Approval, deploy: &Deploy, deploy_url: &str, reason: &str) -> String {
    format!(
        ":warning: The dialog \u{201c}{}\u{201d} for {} can't be shown in {}: {} Signoff tries again for a day; nothing runs \
         before people have voted.",
        escape(&approval.name),
        deploy_link(deploy, deploy_url),
        escape(&approval.channel),
        sentence(reason)
    )
}

/// A deploy's title as a link to its page.
pub fn deploy_link(deploy: &Deploy, deploy_url: &str) -> String {
    link(deploy_url, &deploy.title())
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
