//! An approval's dialog.

use super::Message;
use super::pieces::{button, code, context, count, cut, local_time, may_vote, section, sentence};
use super::step::{buttons as step_buttons, step_line};
use crate::approval::{Approval, Choice, Status, Struck, Verdict};
use crate::deploy::RulesChange;
use crate::mrkdwn::{escape, link};
use crate::run::{Run, StepState};
use serde_json::{Value, json};

/// The action id of the Approve button.
pub const APPROVE: &str = "approve";
/// The action id of the Reject button.
pub const REJECT: &str = "reject";
/// The action id of the menu beside them; its options are `withdraw` and `cancel`.
pub const MORE: &str = "more";
/// The action id of the Undo button.
pub const UNDO: &str = "undo";
/// What a section's text may hold, in characters.
const SECTION_LIMIT: usize = 3000;
/// How many sections the votes may take; a message takes 50 blocks.
const VOTE_SECTIONS: usize = 30;
/// How many steps of which nobody knows are asked about at a time.
const ASKED_STEPS: usize = 3;
/// How many struck votes are told.
const STRUCK: usize = 20;

/// The dialog of `approval`, which `run` waits for or waited for. Its text says all that its blocks say: a screen reader
/// reads the text alone.
pub fn dialog(approval: &Approval, run: Option<&Run>) -> Message {
    // Slack refuses a section without text, which a template may come to.
    let asked =
        if approval.prompt.trim().is_empty() { escape(&approval.name) } else { approval.prompt.clone() };
    let prompt = cut(&asked, SECTION_LIMIT);
    let mut blocks = vec![section(&prompt)];
    let mut lines = vec![prompt];
    if let Some(line) = rules_line(&approval.rules_change) {
        blocks.push(context(&line));
        lines.push(line);
    }
    blocks.extend(votes(approval).iter().map(|text| section(text)));
    let notes = struck(&approval.struck).into_iter().chain(status_line(approval));
    for line in notes.map(|line| cut(&line, SECTION_LIMIT)) {
        blocks.push(context(&line));
        lines.push(line);
    }
    if approval.status.is_open() {
        blocks.push(buttons(approval));
    }
    for (step, line) in run.map(|run| asked_steps(run, approval)).unwrap_or_default() {
        let line = cut(&line, SECTION_LIMIT);
        blocks.push(section(&line));
        blocks.extend(run.and_then(|run| step_buttons(run, step, &approval.workspace)));
        lines.push(line);
    }
    Message { text: lines.join("\n"), blocks: Value::Array(blocks) }
}

/// That the deploy changes the rules that guard it, or may.
fn rules_line(change: &RulesChange) -> Option<String> {
    match change {
        RulesChange::No => None,
        RulesChange::Unknown => Some(
            ":grey_question: The git host did not say whether this deploy changes the rules that guard it."
                .to_owned(),
        ),
        RulesChange::Yes(paths) => {
            let paths: Vec<_> = paths.iter().map(|path| code(path)).collect();
            Some(format!(":warning: This deploy changes the rules that guard it: {}.", paths.join(", ")))
        }
    }
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
        let mut line = format!("<@{}> {thumb}", vote.voter);
        if let Some(reason) = &vote.reason {
            let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
            line.push_str(&format!(" {}", cut(&escape(&reason), SECTION_LIMIT / 3)));
        }
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

/// Whose votes do not count any more, and why.
fn struck(struck: &[Struck]) -> Option<String> {
    let lines: Vec<_> = struck
        .iter()
        .rev()
        .take(STRUCK)
        .map(|struck| {
            let why = match struck.why {
                Verdict::Deactivated => "their account is deactivated",
                Verdict::Guest => "they are a guest of this workspace",
                Verdict::Stranger => "they are of another workspace",
                Verdict::Bot => "it is a program's",
                Verdict::Eligible | Verdict::NotNamed => "they are not among those who may vote any more",
                Verdict::OwnChange => "it is their own change",
            };
            format!(":no_entry_sign: The approval of <@{}> does not count: {why}.", struck.voter)
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The small line under the votes: what is still needed, or how it ended.
fn status_line(approval: &Approval) -> Option<String> {
    match &approval.status {
        Status::Pending => {
            let tally = (approval.votes_required > 1 || !approval.votes.is_empty()).then(|| tally(approval));
            let who = Some(may_vote(&approval.electorate)).filter(|who| !who.is_empty());
            let until = approval.expires_at.map(|at| format!("Expires on {}.", local_time(at)));
            let parts: Vec<_> = tally.into_iter().chain(who).chain(until).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Status::Quorum { since, until, note } => {
            let approvals = count(approval.count(Choice::Approve), approval.votes_required, "approval");
            let next = if until > since {
                format!("the actions start on {}, unless somebody undoes it", local_time(*until))
            } else {
                "Signoff looks whether those who approved still may".to_owned()
            };
            let note = note.as_ref().map(|note| format!(" It could not yet: {}", sentence(note)));
            Some(format!("{approvals}: {next}.{}", note.unwrap_or_default()))
        }
        Status::Approved { at } => Some(format!("Action approved on {}.", local_time(*at))),
        Status::Rejected { at } => Some(format!("Action rejected on {}.", local_time(*at))),
        Status::Expired { at } => Some(format!("Expired on {}: nobody decided in time.", local_time(*at))),
        Status::Superseded { at, by } => {
            Some(format!("Superseded on {} by {}.", local_time(*at), link(&by.url, &by.title)))
        }
        Status::Cancelled { at, by: None, reason } => {
            Some(format!("Action cancelled on {}: {}", local_time(*at), sentence(reason)))
        }
        Status::Cancelled { at, by: Some(by), reason } => {
            Some(format!("Action cancelled by <@{by}> on {}: {}", local_time(*at), sentence(reason)))
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

fn buttons(approval: &Approval) -> Value {
    let value = format!("{} {} {}", approval.deploy, approval.id, approval.subject.mark());
    let can_be_undone = match &approval.status {
        Status::Quorum { since, until, .. } => until > since,
        Status::Pending
        | Status::Approved { .. }
        | Status::Rejected { .. }
        | Status::Expired { .. }
        | Status::Superseded { .. }
        | Status::Cancelled { .. } => false,
    };
    let elements = if can_be_undone {
        vec![button(UNDO, "Undo", "danger", &value)]
    } else {
        let option = |what: &str, text: &str| json!({ "text": { "type": "plain_text", "text": text }, "value": format!("{what} {value}") });
        let options = [option("withdraw", "Withdraw my vote"), option("cancel", "Cancel this approval")];
        vec![
            button(APPROVE, "Approve", "primary", &value),
            button(REJECT, "Reject", "danger", &value),
            json!({ "type": "overflow", "action_id": MORE, "options": options }),
        ]
    };
    json!({ "type": "actions", "block_id": "votes", "elements": elements })
}

/// The steps of `run` that a person has to say what became of, and that are told in this dialog.
fn asked_steps(run: &Run, approval: &Approval) -> Vec<(usize, String)> {
    let asked = run.steps.iter().enumerate().filter(|(index, step)| {
        matches!(step.state, StepState::Unknown { .. })
            && run.thread_of(*index).as_ref() == Some(&approval.id)
    });
    asked.filter_map(|(index, _)| Some((index, step_line(run, index)?))).take(ASKED_STEPS).collect()
}
