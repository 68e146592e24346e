//! A step's line: in the dialog's thread, or in the deployment's channel.

use super::Message;
use super::pieces::{and_more, code, cut_bytes, deploy_link, mentions, section, sentence};
use crate::action::Action;
use crate::approval::{Approval, Choice};
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::run::{Run, StepState};
use serde_json::json;

/// The most bytes of a line: a section takes 3000 characters, an update of text alone 4000 bytes.
const LINE_LIMIT: usize = 3000;
/// The most bytes of the reason why a step is held: the mentions stand below it.
const HELD_LIMIT: usize = 2000;

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

/// The message to the dialog's thread that `action` waits for `reason` although people approved it; it
/// mentions those who did in `voted`. `is_lost`: the answer to an earlier attempt was lost, and it may have
/// happened.
pub fn step_held(action: &Action, reason: &str, voted: Option<&Approval>, is_lost: bool) -> String {
    let votes = voted.iter().flat_map(|approval| &approval.votes);
    let approving = votes.filter(|vote| vote.choice == Choice::Approve);
    let voters: Vec<String> = approving.map(|vote| vote.voter.clone()).collect();
    let approved = match voters.is_empty() {
        true => String::new(),
        false => format!("\nApproved by {}.", mentions(voters.iter())),
    };
    let state = match is_lost {
        true => "may or may not have happened. Signoff looks at it later",
        false => "is approved, and nothing has run yet",
    };
    let line =
        format!(":hourglass_flowing_sand: {} {state}: {}", code(&action.to_string()), sentence(reason));
    format!("{}{approved}", cut_bytes(&line, HELD_LIMIT))
}

/// The message to a deployment's channel that `action` of `rule`, which nobody is asked about, waits for a
/// person, for `reason`.
pub fn step_needs_person(
    deploy: &Deploy,
    deploy_url: &str,
    rule: &str,
    action: &Action,
    reason: &str,
) -> String {
    let line = format!(
        ":hourglass_flowing_sand: Rule {} for {}: {} waits for somebody: {}",
        code(rule),
        deploy_link(deploy, deploy_url),
        code(&action.to_string()),
        sentence(reason)
    );
    cut_bytes(&line, HELD_LIMIT)
}

/// The line of a step that has no thread, in a deployment's channel; `None` for a step that shows no line.
pub fn step_elsewhere(run: &Run, step: usize, deploy: &Deploy, deploy_url: &str) -> Option<Message> {
    let heading = format!("Rule {} for {}:", code(&run.rule), deploy_link(deploy, deploy_url));
    let text = cut_bytes(&format!("{heading}\n{}", step_line(run, step)?), LINE_LIMIT);
    Some(Message { blocks: json!([section(&text)]), text })
}

/// The actions that did not run after a step that stopped the run. Those that would have run only if an
/// approval had ended otherwise are left out.
pub(super) fn what_did_not_run(run: &Run, step: usize) -> String {
    let did_not_run = |later: usize| run.was_cut_off(later, step) && !run.needs_no_approval(later, step);
    let later = run.steps.iter().enumerate().filter(|(later, _)| did_not_run(*later));
    let lines: Vec<_> = later.map(|(_, later)| code(&later.action.to_string())).collect();
    if lines.is_empty() { String::new() } else { format!("\nDid not run: {}.", and_more(lines.into_iter())) }
}
