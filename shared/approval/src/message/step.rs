//! A step's line: in the dialog's thread, or in the deployment's channel.

use super::Message;
use super::pieces::{button, code, deploy_link, section, sentence};
use crate::action::Action;
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::run::{Branch, Run, Step, StepState};
use serde_json::{Value, json};

/// The action id of the button that runs a step again.
pub const RETRY: &str = "retry";
/// The action id of the button that says that a step happened.
pub const MARK_AS_DONE: &str = "mark_as_done";

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
            ":grey_question: {action} may or may not have happened: {} Signoff does not repeat it by itself, so that \
             nothing runs twice. Look whether it happened: Retry runs it again, Mark as done goes on without it.{}",
            sentence(reason),
            what_did_not_run(run, step)
        ),
    })
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
    let line = step_line(run, step)?;
    let text = format!("Rule {} for {}:\n{line}", code(&run.rule), deploy_link(deploy, deploy_url));
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
    let Some(stopped) = run.steps.get(step) else { return String::new() };
    let was_next = |later: &&Step| {
        later.state == StepState::Skipped
            && (later.branch == Branch::OnSuccess
                || (later.under, later.branch) == (stopped.under, stopped.branch))
    };
    let later = run.steps.iter().skip(step + 1).filter(was_next);
    let skipped: Vec<_> = later.map(|later| code(&later.action.to_string())).collect();
    if skipped.is_empty() { String::new() } else { format!("\nDid not run: {}.", skipped.join(", ")) }
}
