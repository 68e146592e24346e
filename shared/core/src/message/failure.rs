//! A step's failure, in a message of its own: in the dialog's thread or in the deployment's channel.

use super::Message;
use super::modal::{LONGEST_REASON, REASON};
use super::pieces::{
    NAME_LIMIT, and_more, button, code, cut_bytes, deploy_link, local_time, mentions, section, sentence,
    shorten,
};
use super::step::what_did_not_run;
use crate::action::Action;
use crate::approval::{Approval, Choice};
use crate::deploy::Deploy;
use crate::mrkdwn::escape;
use crate::run::{NotTheirs, Resolution, Run, Step};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The action id of the button that runs a step again.
pub const RETRY: &str = "retry";
/// The action id of the button that skips a step.
pub const SKIP: &str = "skip_step";
/// The action id of the button that says that a step happened.
pub const MARK_AS_DONE: &str = "mark_as_done";
/// The callback id of the window that asks for the reason to skip a step.
pub const SKIPPED: &str = "skip_step";

/// The most of a message, in bytes: a section takes 3000 characters, an update of text alone 4000 bytes.
const LIMIT: usize = 3000;
/// The most of the reason of a failure, in bytes: what people can do stands below it.
const REASON_LIMIT: usize = 2000;

/// The most of the failures that are foreseen, and of each, in characters.
const FORESEEN: usize = 3;
const FORESEEN_LIMIT: usize = 450;

/// A failed step, with everything that a message about it needs.
#[derive(Clone, Copy, Debug)]
pub struct FailedStep<'a> {
    /// The run.
    pub run: &'a Run,
    /// The step, from 0.
    pub step: usize,
    /// The approval before the step, whose voters can act; `None`: the rule asks nobody, and admins can.
    pub approval: Option<&'a Approval>,
    /// True if it goes to the thread of that approval's dialog, and not to the deployment's channel.
    pub in_thread: bool,
    /// The deploy.
    pub deploy: &'a Deploy,
    /// The address of the deploy's page.
    pub deploy_url: &'a str,
    /// The Slack user ids of those who deployed, as far as they are known.
    pub deployers: &'a [String],
    /// The team id of the app's workspace.
    pub workspace: &'a str,
}

/// The message about a step that failed, or that may or may not have happened, with its buttons. `None`:
/// neither is so.
pub fn step_failed(failed: &FailedStep<'_>) -> Option<Message> {
    let FailedStep { run, step, approval, .. } = *failed;
    let shown = run.steps.get(step)?;
    let (at, reason) = shown.failure()?;
    let first = what_happened(shown, shown.is_unknown(), reason);
    let buttons = buttons(failed, at);
    let who = who_can_act(shown, approval);
    let who = buttons.as_ref().map(|_| who);
    let advice = (shown.is_unknown() && buttons.is_some()).then(|| {
        "Signoff doesn\u{2019}t repeat it by itself, so that nothing runs twice. Check whether it happened. If it did, mark it as \
         done. If it didn\u{2019}t, retry it."
            .to_owned()
    });
    let lines = std::iter::once(first + &what_did_not_run(run, step))
        .chain(advice)
        .chain(concerned(failed))
        .chain(who);
    let text = with_heading(failed, &lines.collect::<Vec<_>>().join("\n"));
    let blocks: Vec<_> = std::iter::once(section(&text)).chain(buttons).collect();
    Some(Message { text, blocks: Value::Array(blocks) })
}

/// The same message once somebody dealt with the failure of the time `failed_at`: it says who, and has no
/// buttons. `None`: nobody did.
pub fn failure_resolved(failed: &FailedStep<'_>, failed_at: Timestamp) -> Option<Message> {
    let shown = failed.run.steps.get(failed.step)?;
    let resolved = shown.resolved.as_ref().filter(|resolved| resolved.failed_at == failed_at)?;
    let by = format!("<@{}>", resolved.by);
    let done = match (resolved.resolution, &resolved.reason) {
        (Resolution::Retry, _) => format!("{by} retried it."),
        (Resolution::MarkAsDone, _) => format!("{by} marked it as done."),
        (Resolution::Skip, Some(reason)) => format!("{by} skipped it: {}", sentence(reason)),
        (Resolution::Skip, None) => format!("{by} skipped it."),
    };
    let first = what_happened(shown, resolved.was_unknown, &resolved.failure);
    let text = with_heading(failed, &format!("{first}\n{done}"));
    // What had buttons loses them: a message that is replaced by text alone would keep its blocks.
    Some(Message { blocks: json!([section(&text)]), text })
}

/// The end of the dialog's closing line, after `Approved`, where a step after it failed: `, but
/// build-and-deploy was not approved: …`. `None`: none did.
pub(super) fn but(run: Option<&Run>, approval: &Approval) -> Option<String> {
    let run = run?;
    let under = |step: &usize| run.thread_of(*step).as_ref() == Some(&approval.id);
    let failed: Vec<usize> = run.steps_that_failed().filter(under).collect();
    let stops = |step: &&usize| run.steps.get(**step).is_some_and(Step::stops);
    let step = run.steps.get(*failed.iter().find(stops).or_else(|| failed.first())?)?;
    let (_, reason) = step.failure()?;
    let more = failed.len().saturating_sub(1);
    let more = match more {
        0 => String::new(),
        1 => " Another action failed, too.".to_owned(),
        more => format!(" {more} other actions failed, too."),
    };
    Some(format!(", but {} {}{more}", failed_how(step, step.is_unknown()), sentence(reason)))
}

/// The line of a failure: the action, and the reason.
fn what_happened(step: &Step, is_unknown: bool, reason: &str) -> String {
    let icon = if is_unknown { ":grey_question:" } else { ":x:" };
    let line = code(&step.action.to_string());
    let how = if is_unknown { "may or may not have happened:" } else { "failed:" };
    cut_bytes(&format!("{icon} {line} {how} {}", sentence(reason)), REASON_LIMIT)
}

/// A step and its failure, before the reason.
fn failed_how(step: &Step, is_unknown: bool) -> String {
    match (&step.action, is_unknown) {
        (Action::AutoApproveBuild(build), false) => {
            format!("{} was not approved:", code(&shorten(&build.build, NAME_LIMIT)))
        }
        (action, false) => format!("{} failed:", code(&shorten(&action.to_string(), NAME_LIMIT))),
        (action, true) => {
            format!("{} may or may not have happened:", code(&shorten(&action.to_string(), NAME_LIMIT)))
        }
    }
}

/// A text below the rule and the deploy, where it stands in no dialog's thread.
fn with_heading(failed: &FailedStep<'_>, text: &str) -> String {
    let FailedStep { run, in_thread, deploy, deploy_url, .. } = *failed;
    let heading = match in_thread {
        true => String::new(),
        false => format!("Rule {} for {}:\n", code(&run.rule), deploy_link(deploy, deploy_url)),
    };
    cut_bytes(&format!("{heading}{text}"), LIMIT)
}

/// The people whom a failure concerns: those who deployed, and those who approved.
fn concerned(failed: &FailedStep<'_>) -> Option<String> {
    let votes = failed.approval.iter().flat_map(|approval| &approval.votes);
    let approved: Vec<_> =
        votes.filter(|vote| vote.choice == Choice::Approve).map(|vote| vote.voter.clone()).collect();
    let deployed =
        (!failed.deployers.is_empty()).then(|| format!("Deployed by {}.", mentions(failed.deployers.iter())));
    let approved = (!approved.is_empty()).then(|| format!("Approved by {}.", mentions(approved.iter())));
    let both: Vec<_> = deployed.into_iter().chain(approved).collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// The people who can act on a failure, as sentences.
fn who_can_act(step: &Step, approval: Option<&Approval>) -> String {
    let who = match approval {
        None => "An admin can act on this.".to_owned(),
        Some(approval) => {
            let electorate = &approval.electorate;
            let kept: Vec<_> = electorate.except.iter().chain(&electorate.own_word).collect();
            match &electorate.people {
                Some(people) => {
                    let left: Vec<_> = people.iter().filter(|person| !kept.contains(person)).collect();
                    match left.is_empty() {
                        true => format!(
                            "Only {} can act on this, and none of them is left. An admin can act instead.",
                            escape(&shorten(&electorate.who, NAME_LIMIT))
                        ),
                        false => format!(
                            "{} can act on this, or an admin if they have all left.",
                            mentions(left.into_iter())
                        ),
                    }
                }
                None if kept.is_empty() => {
                    format!("Anyone in {} can act on this.", escape(&shorten(&approval.channel, NAME_LIMIT)))
                }
                None => format!(
                    "Anyone in {} can act on this, except {}.",
                    escape(&shorten(&approval.channel, NAME_LIMIT)),
                    and_more(kept.into_iter().map(|person| format!("<@{person}>")))
                ),
            }
        }
    };
    match step.action {
        Action::AutoApproveBuild(_) | Action::TriggerBuild(_) => {
            format!("{who} Only somebody who made none of the change can mark it as done.")
        }
        _ => who,
    }
}

/// The buttons that act on a failure. They carry its time, so that a click on an older message is no answer
/// to a newer failure.
fn buttons(failed: &FailedStep<'_>, at: Timestamp) -> Option<Value> {
    let FailedStep { run, step, workspace, in_thread, .. } = *failed;
    // Outside the thread, people can click who are not in the approval's channel.
    let place = if in_thread { String::new() } else { format!(" {ELSEWHERE}") };
    let value = format!("{} {} {step} {} {workspace}{place}", run.deploy, run.id, at.as_microsecond());
    let offers = run.offers(step).iter().map(|resolution| match resolution {
        Resolution::Retry => button(RETRY, "Retry", "primary", &value),
        Resolution::Skip => button(SKIP, "Skip\u{2026}", "", &value),
        Resolution::MarkAsDone => button(MARK_AS_DONE, "Mark as done", "", &value),
    });
    let elements: Vec<_> = offers.collect();
    let block = format!("step-{step}");
    (!elements.is_empty()).then(|| json!({ "type": "actions", "block_id": block, "elements": elements }))
}

/// The window that asks why step number `step` of `run` is skipped. `carried` comes back with the answer.
pub fn ask_skip_reason(run: &Run, step: usize, carried: &str) -> Value {
    let line = run.steps.get(step).map(|step| code(&shorten(&step.action.to_string(), NAME_LIMIT)));
    let about = format!("The run continues without {}.", line.unwrap_or_default());
    let input = json!({
        "type": "input",
        "block_id": "reason",
        "label": { "type": "plain_text", "text": "Why?" },
        "hint": { "type": "plain_text", "text": "Shown in the thread and kept in the record." },
        "element": {
            "type": "plain_text_input",
            "action_id": REASON,
            "multiline": true,
            "min_length": 1,
            "max_length": LONGEST_REASON,
        },
    });
    json!({
        "type": "modal",
        "callback_id": SKIPPED,
        "private_metadata": carried,
        "title": { "type": "plain_text", "text": "Skip" },
        "submit": { "type": "plain_text", "text": "Skip" },
        "close": { "type": "plain_text", "text": "Back" },
        "blocks": [section(&about), input],
    })
}

/// The answer to a person who acts on a failure while a freeze holds what follows `approval`; `None`: none
/// does at `now`.
pub fn still_frozen(approval: &Approval, now: Timestamp) -> Option<String> {
    approval.frozen.held_at(now).map(not_in_a_freeze)
}

/// The same of a failure in `run` that is in no approval's thread.
pub fn run_still_frozen(run: &Run, now: Timestamp) -> Option<String> {
    run.held_at(now).map(not_in_a_freeze)
}

fn not_in_a_freeze((until, names): (Timestamp, String)) -> String {
    format!(
        "Nothing was done: this is frozen until {}: {} Try again then.",
        local_time(until),
        sentence(&names)
    )
}

/// The reason for which a step waits: windows called `names` are open until then.
pub fn waits_for_freeze(until: Timestamp, names: &str) -> String {
    format!(
        "It waits for a freeze to end on {}: {}",
        until.strftime("%Y-%m-%d at %H:%M UTC"),
        sentence(names)
    )
}

/// The answer to a person who may not mark a build as done.
pub fn not_theirs(why: NotTheirs) -> &'static str {
    match why {
        NotTheirs::OwnChange => {
            "Nothing was done: you made some of this change, so somebody else has to mark it as done. You can retry it."
        }
        NotTheirs::NotKnownYet => {
            "Nothing was done: Signoff hasn\u{2019}t looked up yet who made this change. Try again in a minute."
        }
        NotTheirs::MakersNotKnown => {
            "Nothing was done: Signoff doesn\u{2019}t know everybody who made this change, so nobody can mark it as done. Either \
             somebody is not known in Slack (an admin can say who they are on the page People), or it has commits of earlier \
             deploys that were never approved. Retry it, or skip it; if it fails again, they are looked up again."
        }
    }
}

/// The answer to a person who may not act on a failure because the rule asks nobody.
pub const ONLY_ADMINS: &str = "Nothing was done: this rule asks nobody, so only an admin of Signoff can retry, skip or mark it as done.";

/// The end of the answer to an admin who may not act on a failure yet.
pub const ADMIN_AFTER_ALL: &str = "An admin can act on this once Slack says that all of them have left.";

/// The same where Slack did not say if they have left.
pub const ADMIN_AGAIN: &str = "Slack did not say in time if all of them have left. Try it again.";
/// The same where they are too many to ask about.
pub const ADMIN_OF_FEW: &str = "They are too many for Signoff to find out if all of them have left. Name others in the rule, \
                                and choose *Ask again* on the deploy\u{2019}s page.";

/// The end of the value of a button that acts on a failure, in a message outside the thread of its approval.
pub const ELSEWHERE: &str = "elsewhere";
/// The answer to a person who skips a step without a reason.
pub const SKIP_NEEDS_REASON: &str = "Nothing was done: add a reason to skip it.";

/// The actions that were going to fail when the approval opened, with what to do, as long as people can
/// decide. `None`: none is foreseen.
pub(super) fn foreseen(approval: &Approval) -> Option<String> {
    let fails = &approval.subject.fails;
    if fails.is_empty() || !approval.status.is_open() {
        return None;
    }
    let told = fails.iter().take(FORESEEN).map(|line| {
        format!(
            ":warning: When this was asked, it was going to fail: {}",
            sentence(&shorten(line, FORESEEN_LIMIT))
        )
    });
    let more = fails.len().saturating_sub(FORESEEN);
    let more = (more > 0).then(|| format!("and {more} more, on the page"));
    Some(told.chain(more).collect::<Vec<_>>().join("\n"))
}
