//! A step's line: in the dialog's thread, or in the deployment's channel.

use super::Message;
use super::pieces::{and_more, code, cut_bytes, deploy_link, section, sentence};
use crate::action::Action;
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::run::{Run, StepState};
use serde_json::json;

/// The most bytes of a line: a section takes 3000 characters, an update of text alone 4000 bytes.
const LINE_LIMIT: usize = 3000;

/// The line of step number `step` of `run` in the dialog's thread; `None` for a step that shows no line.
pub fn step_line(run: &Run, step: usize) -> Option<String> {
    let shown = run.steps.get(step)?;
    let action = code(&shown.action.to_string());
    let line = match &shown.state {
        StepState::Waiting | StepState::Skipped => return None,
        StepState::SkippedByHand { by, reason, .. } => {
            format!(":fast_forward: {action}: <@{by}> skipped it: {}", sentence(reason))
        }
        StepState::Running { note: None, .. } => format!(":hourglass_flowing_sand: {action} is running."),
        StepState::Running { note: Some(note), waits: true } => {
            format!(":hourglass_flowing_sand: {action} is waiting: {}", sentence(note))
        }
        StepState::Running { note: Some(note), waits: false } => {
            format!(":hourglass_flowing_sand: {action} is being retried: {}", sentence(note))
        }
        StepState::Asking { .. } => {
            // Nothing but an approval asks.
            let Action::SlackChannelApproval(spec) = &shown.action else { return None };
            format!(":ballot_box_with_ballot: {action} waits for votes in {}.", escape(&spec.channel))
        }
        StepState::Succeeded { summary, url: None, .. } => {
            format!(":white_check_mark: {action}: {}", sentence(summary))
        }
        StepState::Succeeded { summary, url: Some(url), .. } => {
            format!(":white_check_mark: {action}: {} {}", sentence(summary), link(url, "Open"))
        }
        // That people rejected is no failure.
        StepState::Failed { reason, .. } if run.offers(step).is_empty() => {
            format!(":x: {action}: {}{}", sentence(reason), what_did_not_run(run, step))
        }
        // A message of its own says why, and what people can do.
        StepState::Failed { .. } => format!(":x: {action} failed."),
        StepState::Unknown { .. } => format!(":grey_question: {action} may or may not have happened."),
    };
    Some(cut_bytes(&line, LINE_LIMIT))
}

/// The same for a step that has no thread, in a deployment's channel; `None` for a step that shows no line.
pub fn step_elsewhere(run: &Run, step: usize, deploy: &Deploy, deploy_url: &str) -> Option<Message> {
    let heading = format!("Rule {} for {}:", code(&run.rule), deploy_link(deploy, deploy_url));
    let text = cut_bytes(&format!("{heading}\n{}", step_line(run, step)?), LINE_LIMIT);
    Some(Message { blocks: json!([section(&text)]), text })
}

/// The actions that did not run after a step that stopped the run. Those that would have run only if an
/// approval had ended otherwise are left out.
pub(super) fn what_did_not_run(run: &Run, step: usize) -> String {
    let later = run.steps.iter().enumerate().filter(|(later, _)| run.was_cut_off(*later, step));
    let lines: Vec<_> = later.map(|(_, later)| code(&later.action.to_string())).collect();
    if lines.is_empty() { String::new() } else { format!("\nDid not run: {}.", and_more(lines.into_iter())) }
}
