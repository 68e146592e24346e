//! A step's line: in the dialog's thread, or in the deployment's channel.

use super::Message;
use super::pieces::{and_more, button, code, cut_bytes, deploy_link, section, sentence};
use crate::action::Action;
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::run::{Run, StepState};
use serde_json::{Value, json};

/// The action id of the button that runs a step again.
pub const RETRY: &str = "retry";
/// The action id of the button that says that a step happened.
pub const MARK_AS_DONE: &str = "mark_as_done";

/// What a line may hold, in bytes: a section takes 3000 characters, an update of text alone 4000 bytes.
const LINE_LIMIT: usize = 3000;

/// The line of step number `step` of `run` in the dialog's thread; `None` for a step that shows no line.
pub fn step_line(run: &Run, step: usize) -> Option<String> {
    line(run, step, "the buttons are in the dialog")
}

/// The same above the buttons that ask what became of the step.
pub(super) fn question(run: &Run, step: usize) -> Option<String> {
    line(run, step, "")
}

/// The line; `place` says where the buttons are that ask what became of the step, and is empty right above them.
fn line(run: &Run, step: usize, place: &str) -> Option<String> {
    let shown = run.steps.get(step)?;
    let action = code(&shown.action.to_string());
    let line = match &shown.state {
        StepState::Waiting | StepState::Skipped => return None,
        StepState::Running { note: None, .. } => format!(":hourglass_flowing_sand: {action} is running."),
        StepState::Running { note: Some(note), waits: true } => {
            format!(":hourglass_flowing_sand: {action} is waiting: {}", sentence(note))
        }
        StepState::Running { note: Some(note), waits: false } => {
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
            | Action::NotifyDeployAuthors(_)
            | Action::NotifyDeployer(_)
            | Action::SlackPersonalMessage(_)
            | Action::SlackDeployMessage(_)
            | Action::AddDeployTag(_)
            | Action::MonitorDrift(_)
            | Action::Webhook(_)
            | Action::NotifyMentionedIssues(_)
            | Action::TransitionMentionedIssues(_)
            | Action::TransitionIssues(_)
            | Action::UpdateMentionedIssues(_)
            | Action::SendEvent(_)
            | Action::RulesFile(_) => return None,
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
        StepState::Unknown { reason, .. } => {
            let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
            format!(
                ":grey_question: {action} may or may not have happened: {} Signoff does not repeat it by itself, so that \
                 nothing runs twice. Look whether it happened{place}: if not, *Retry* runs it again; if so, *Mark as done* \
                 goes on with what follows.",
                sentence(reason)
            )
        }
    };
    Some(cut_bytes(&line, LINE_LIMIT))
}

/// What a deployment's channel is told of a step that has no thread; `None` for a step that shows no line. `workspace`: the
/// team id whose members may say what became of it.
pub fn step_elsewhere(
    run: &Run,
    step: usize,
    deploy: &Deploy,
    deploy_url: &str,
    workspace: &str,
) -> Option<Message> {
    let line = question(run, step)?;
    let heading = format!("Rule {} for {}:", code(&run.rule), deploy_link(deploy, deploy_url));
    let text = cut_bytes(&format!("{heading}\n{line}"), LINE_LIMIT);
    let blocks = match buttons(run, step, workspace) {
        Some(buttons) => json!([section(&text), buttons]),
        // What had buttons loses them: a message that is replaced by text alone would keep its blocks.
        None => json!([section(&text)]),
    };
    Some(Message { text, blocks })
}

/// The buttons for a step of which nobody knows whether it happened. They carry when it was lost, so that a click on an
/// older question is no answer to a newer one.
pub(super) fn buttons(run: &Run, step: usize, workspace: &str) -> Option<Value> {
    let StepState::Unknown { at, .. } = run.steps.get(step)?.state else { return None };
    let value = format!("{} {} {step} {} {workspace}", run.deploy, run.id, at.as_microsecond());
    let elements =
        [button(RETRY, "Retry", "danger", &value), button(MARK_AS_DONE, "Mark as done", "", &value)];
    Some(json!({ "type": "actions", "block_id": format!("step-{step}"), "elements": elements }))
}

/// What comes after a step that stopped the run, without what would have run only if an approval had ended otherwise.
fn what_did_not_run(run: &Run, step: usize) -> String {
    let later = run.steps.iter().enumerate().filter(|(later, _)| run.was_cut_off(*later, step));
    let lines: Vec<_> = later.map(|(_, later)| code(&later.action.to_string())).collect();
    if lines.is_empty() { String::new() } else { format!("\nDid not run: {}.", and_more(lines.into_iter())) }
}
