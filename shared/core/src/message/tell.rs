//! Messages to channels and threads.

use super::dialog::struck as struck_lines;
use super::glass::glass_line;
use super::judged::{in_slack, lacking};
use super::pieces::{count, deploy_link, local_time, mentions, needed_from, sentence};
use crate::approval::{Approval, Choice, Closed, Electorate, Lifted, Quota, Status, Struck, Tally};
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};

/// Advice on an approval that ended although people approved it.
fn to_ask_again(approval: &Approval) -> &'static str {
    if approval.dialog.is_some() {
        "The dialog\u{2019}s menu offers *Ask again* to those who may vote."
    } else {
        "The deploy\u{2019}s page offers *Ask again* to those who may vote."
    }
}

/// The message to the deployment's channel with the `text` (in mrkdwn) that a dialog's thread does not take.
pub fn not_told_in_thread(deploy: &Deploy, deploy_url: &str, text: &str) -> String {
    format!(
        "{}, whose dialog\u{2019}s thread can\u{2019}t be written to: {text}",
        deploy_link(deploy, deploy_url)
    )
}

/// The direct message with the `text` (in mrkdwn) that no channel takes.
pub fn told_directly(text: &str) -> String {
    format!("{text}\nNo channel takes this message, so you get it directly: you deployed or approved this.")
}

/// The message to a channel that a dialog could not be shown where its rule wants it.
pub fn dialog_not_shown(approval: &Approval, deploy: &Deploy, deploy_url: &str, reason: &str) -> String {
    let tries = if !approval.goes_on_without_dialog() {
        "tries again for a day; nothing runs before people have voted."
    } else if approval.status == Status::Pending {
        "keeps trying; nothing runs before people have voted."
    } else {
        "keeps trying; enough people approved already."
    };
    format!(
        ":warning: The dialog \u{201c}{}\u{201d} for {} can't be shown in {}: {} Signoff {tries}{}",
        escape(&approval.name),
        deploy_link(deploy, deploy_url),
        escape(&approval.channel),
        sentence(reason),
        without_dialog(approval)
    )
}

/// The way on where a dialog can't be shown, after a space; empty where there is none.
fn without_dialog(approval: &Approval) -> &'static str {
    if approval.is_of_rules_file() {
        " An admin who made none of the file can accept it on the deployment\u{2019}s page."
    } else if approval.is_of_policy() && approval.status.is_open() {
        " The owners of the policy can vote on the deploy\u{2019}s page."
    } else if approval.status == Status::Pending && approval.goes_on_without_dialog() {
        " The people who can vote can do so on the deploy\u{2019}s page."
    } else {
        ""
    }
}

/// The message to a channel that Signoff cancelled an approval because its dialog could not be shown for a
/// day.
pub fn dialog_never_shown(approval: &Approval, deploy: &Deploy, deploy_url: &str, reason: &str) -> String {
    let is_proposal = approval.is_of_rules_file() || approval.is_of_policy();
    let then = match is_proposal {
        true => "the next deploy asks again.",
        false => "choose *Ask again* on the deploy\u{2019}s page.",
    };
    let without = without_dialog(approval);
    format!(
        ":warning: Signoff cancelled the approval \u{201c}{}\u{201d} for {}, and nothing ran: its dialog could not be shown in \
         {} for a day. {} Once that is fixed, {then}{without}",
        escape(&approval.name),
        deploy_link(deploy, deploy_url),
        escape(&approval.channel),
        capitalized(&sentence(reason))
    )
}

/// The message to a channel that an approval expired or was rejected before its dialog could be shown, which
/// failed for `reason`; `None`: its dialog was shown, or it is open, or whatever ended it has a message of
/// its own.
pub fn closed_unshown(
    approval: &Approval,
    deploy: &Deploy,
    deploy_url: &str,
    reason: &str,
) -> Option<String> {
    if approval.dialog.is_some() {
        return None;
    }
    let how = match &approval.status {
        Status::Closed(Closed::Expired { .. }) => "expired",
        Status::Closed(Closed::Rejected { .. }) => "was rejected",
        Status::Pending
        | Status::Quorum { .. }
        | Status::Closed(Closed::Approved { .. } | Closed::Superseded { .. } | Closed::Cancelled { .. }) => {
            return None;
        }
    };
    let is_proposal = approval.is_of_rules_file() || approval.is_of_policy();
    let then = match is_proposal {
        true => "the next deploy asks again.",
        false => "choose *Ask again* on the deploy\u{2019}s page.",
    };
    let without = without_dialog(approval);
    Some(format!(
        ":warning: The approval \u{201c}{}\u{201d} for {} {how}: its dialog could not be shown in {}. {} Once that is fixed, \
         {then}{without}",
        escape(&approval.name),
        deploy_link(deploy, deploy_url),
        escape(&approval.channel),
        capitalized(&sentence(reason))
    ))
}

/// The message to the dialog's thread that somebody lifted the freeze; `None`: nobody did, or no dialog is
/// posted yet, and the next one says it.
pub fn freeze_lifted(approval: &Approval) -> Option<String> {
    let Lifted { by, reason, .. } = approval.frozen.lifted.as_ref().filter(|_| approval.dialog.is_some())?;
    Some(format!(":rotating_light: <@{by}> lifted the freeze for this approval. {}", sentence(reason)))
}

/// The message to the dialog's thread that somebody (`by`, a Slack user id) undid a quorum: the broken glass,
/// or the votes that are `taken_back` (their voters' user ids).
pub fn undone(by: &str, was_broken: bool, taken_back: &[String]) -> String {
    let what = if was_broken { "broken glass" } else { "approval" };
    let votes = match taken_back {
        [] => String::new(),
        [voter] => format!(" The vote of <@{voter}> was withdrawn."),
        voters => format!(" The votes of {} were withdrawn.", mentions(voters.iter())),
    };
    format!(":leftwards_arrow_with_hook: <@{by}> undid the {what}.{votes}")
}

/// The message to the dialog's thread when nobody decided for a while; it names the people who are still
/// needed. `None`: the approval is not pending any more.
pub fn reminder(approval: &Approval) -> Option<String> {
    if approval.status != Status::Pending {
        return None;
    }
    let until = approval.expires_at.map(|at| format!(" It expires on {}.", local_time(at)));
    let needed = still_needed(approval);
    Some(format!(":bell: Reminder: waiting for a decision: {needed}{}", until.unwrap_or_default()))
}

/// The message to the dialog's thread that a look before the first action found too few approvals, or a glass
/// that does not count as broken (`was_broken`). `struck`: the votes that the look struck.
pub fn reopened(approval: &Approval, was_broken: bool, struck: &[Struck]) -> String {
    let is_blocked = !approval.electorate.blocked.is_empty();
    let had =
        if was_broken { "Somebody had broken the glass of this" } else { "Enough people had approved this" };
    let glass = glass_line(approval).filter(|_| was_broken);
    let approving = approval.votes.iter().filter(|vote| vote.choice == Choice::Approve);
    let voters: Vec<&str> = approving.map(|vote| vote.voter.as_str()).collect();
    let lacks = lacking(&approval.electorate, &voters, approval.votes_required, &in_slack());
    let lines: Vec<String> =
        glass.into_iter().chain(struck_lines(struck)).chain(lacks.filter(|_| !is_blocked)).collect();
    let why = match (lines.is_empty(), is_blocked) {
        (false, _) => format!("\n{}", lines.join("\n")),
        (true, true) => String::new(),
        (true, false) => " The approvers or the votes that are needed have changed.".to_owned(),
    };
    let then = match (&approval.status, is_blocked) {
        (Status::Closed(Closed::Expired { .. }), _) => {
            format!("The time to decide is over, so it expired. {}", to_ask_again(approval))
        }
        (_, true) => "It is blocked, and the votes are kept: the dialog says why, and what to do.".to_owned(),
        (_, false) => format!("The votes that count are kept: {}", still_needed(approval)),
    };
    format!(
        ":warning: {had}, and nothing ran: when Signoff looked again before the first action, it was not complete.{why}\n{then}"
    )
}

/// The message to the dialog's thread that the actions of `approval`, which enough people approved, wait for
/// a look at its voters, or don't run because Signoff cancelled it or a newer deploy took its place. `None`:
/// it is in none of these states.
pub fn quorum_told(approval: &Approval) -> Option<String> {
    let what = match &approval.status {
        Status::Quorum { note: Some(reason), .. } => format!(
            "and nothing has run yet: Signoff can\u{2019}t look up who approved. {} It tries again for a day, then \
             it cancels this approval.",
            sentence(reason)
        ),
        Status::Closed(Closed::Cancelled { reason, .. }) => {
            format!(
                "and nothing ran: Signoff cancelled it. {} {}",
                capitalized(&sentence(reason)),
                to_ask_again(approval)
            )
        }
        Status::Closed(Closed::Superseded { by, .. }) => {
            format!("and nothing ran: it was superseded by {}.", link(&by.url, &by.title))
        }
        Status::Quorum { note: None, .. }
        | Status::Pending
        | Status::Closed(Closed::Approved { .. } | Closed::Rejected { .. } | Closed::Expired { .. }) => {
            return None;
        }
    };
    let approving = approval.votes.iter().filter(|vote| vote.choice == Choice::Approve);
    let voters: Vec<String> = approving.map(|vote| vote.voter.clone()).collect();
    let (had, who) = match &approval.glass.broken {
        Some(broken) => ("Somebody broke the glass of this", format!("Glass broken by <@{}>.", broken.by)),
        None => ("Enough people approved this", format!("Approved by {}.", mentions(voters.iter()))),
    };
    Some(format!(":warning: {had}, {what}\n{who}"))
}

/// A message (in mrkdwn) with a mention of those who deployed (Slack user ids) below it.
pub fn with_deployers(text: &str, deployers: &[String]) -> String {
    match deployers {
        [] => text.to_owned(),
        deployers => format!("{text}\nDeployed by {}.", mentions(deployers.iter())),
    }
}

/// `text` with a capital at its beginning.
fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// The approvals that there are, and from whom more are needed.
fn still_needed(approval: &Approval) -> String {
    let Tally { given, from, .. } = approval.tally();
    let given = count(given, approval.votes_required, "approval");
    let Electorate { people, except, quotas, .. } = &approval.electorate;
    let voted = |person: &String| approval.votes.iter().any(|vote| vote.voter == *person);
    let quotas: Vec<&Quota> = from.quotas().filter_map(|index| quotas.get(index)).collect();
    let needed =
        |person: &String| quotas.is_empty() || quotas.iter().any(|quota| quota.people.contains(person));
    let missing = people.as_ref().map(|people| {
        let missing = people.iter().filter(|person| !voted(person) && !except.contains(person));
        missing.filter(|person| needed(person)).collect::<Vec<_>>()
    });
    let who = match missing {
        None if except.is_empty() => "Anyone in this channel can vote".to_owned(),
        None => format!("Anyone in this channel can vote, except {}", mentions(except.iter())),
        Some(missing) if missing.is_empty() => {
            "No approver is left: somebody has to change their vote or cancel this".to_owned()
        }
        Some(missing) => format!("Still to vote: {}", mentions(missing.into_iter())),
    };
    let from = needed_from(&approval.electorate, &from);
    let needed = if from.is_empty() { String::new() } else { format!(", more needed{from}") };
    format!("{given}{needed}. {who}.")
}
