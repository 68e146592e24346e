//! An approval's dialog.

use super::Message;
use super::again::{ASK_AGAIN, again_line, asked_again_line};
use super::failure::{but, foreseen};
use super::glass::{glass_line, review_button};
use super::judged::{blocked, in_slack, judged};
use super::pieces::{NAME_LIMIT, SECTION_LIMIT, and_more, button, code, context, count, cut, cut_bytes};
use super::pieces::{end_of_window, local_time, may_vote, needed_from, section, sentence, shorten, written};
use super::policy::below_policy;
use crate::approval::{Approval, Choice, Closed, Lifted, Status, Struck, Tally, Verdict, Vote};
use crate::deploy::{RulesChange, is_ci_file};
use crate::mrkdwn::{escape, link};
use crate::run::{Branch, Run};
use serde_json::{Value, json};

/// The action id of the Approve button.
pub const APPROVE: &str = "approve";
/// The action id of the Reject button.
pub const REJECT: &str = "reject";
/// The action id of the menu beside them; its options are [`WITHDRAW`], [`CANCEL`], in a freeze
/// [`LIFT_FREEZE`], and where somebody may break the glass [`BREAK_GLASS`].
pub const MORE: &str = "more";
/// The start of the option's value that takes a vote back.
pub const WITHDRAW: &str = "withdraw";
/// The start of the option's value that cancels the approval.
pub const CANCEL: &str = "cancel";
/// The start of the option's value that lifts the freeze.
pub const LIFT_FREEZE: &str = "lift_freeze";
/// The start of the option's value that breaks the glass.
pub const BREAK_GLASS: &str = "break_glass";
/// The action id of the Undo button.
pub const UNDO: &str = "undo";
/// The most bytes of the text beside the blocks: Slack takes a longer one when it posts, and not when it
/// updates.
const TEXT_LIMIT: usize = 4000;
/// The most characters of the votes; of all blocks together, Slack takes some 13000.
const VOTES_LIMIT: usize = 3400;
/// The room for the number of further votes, in characters.
const AND_MORE: usize = 30;
/// The most characters of a reason that are shown.
const REASON_LIMIT: usize = 500;
/// The most characters of the line about the policy.
const BELOW_LIMIT: usize = 1500;
/// The most characters of any other line.
const LINE_LIMIT: usize = 1000;
/// The most characters of an action that are shown before it runs.
const ACT_LIMIT: usize = 450;
/// The most struck votes that are shown.
const STRUCK: usize = 5;

/// The dialog of `approval`, which `run` waits for or waited for. Its text says all that its blocks say: a
/// screen reader reads the text alone.
pub fn dialog(approval: &Approval, run: Option<&Run>) -> Message {
    // Slack refuses a section without text, which a template may come to.
    let asked =
        if approval.prompt.trim().is_empty() { escape(&approval.name) } else { approval.prompt.clone() };
    // In front, where people look first, and in the prompt's room.
    let below = below_policy(approval).map(|line| cut(&line, BELOW_LIMIT));
    let room = SECTION_LIMIT - below.as_ref().map_or(0, |line| line.chars().count());
    let prompt = cut(&asked, room);
    let mut blocks: Vec<Value> = below.iter().map(|text| section(text)).collect();
    blocks.push(written(&prompt));
    let mut lines: Vec<String> = below.into_iter().chain([prompt]).collect();
    let again = again_line(approval).map(|line| cut(&line, LINE_LIMIT));
    blocks.extend(again.iter().map(|line| context(line)));
    lines.extend(again);
    let comparison = approval.comparison.as_deref();
    let rules: Vec<_> =
        rules_lines(approval.changed_rules(), comparison).iter().map(|line| cut(line, LINE_LIMIT)).collect();
    blocks.extend(rules.iter().map(|line| context(line)));
    lines.extend(rules);
    let acts = acts(approval);
    let acts: Vec<_> = acts.into_iter().chain(foreseen(approval)).collect();
    blocks.extend(acts.iter().map(|text| context(text)));
    lines.extend(acts);
    let votes = votes(approval);
    blocks.extend(votes.iter().map(|text| section(text)));
    let notes = struck(&approval.struck)
        .into_iter()
        .chain(judged_line(approval))
        .chain(blocked_line(approval))
        .chain(frozen_line(approval))
        .chain(glass_line(approval))
        .chain(status_line(approval, but(run, approval)));
    for line in notes.map(|line| cut(&line, LINE_LIMIT)) {
        blocks.push(context(&line));
        lines.push(line);
    }
    if approval.status.is_open() {
        blocks.push(buttons(approval));
    } else if approval.owed_review().is_some() {
        blocks.push(review_button(approval));
    }
    let earlier = run.filter(|_| !approval.status.is_open());
    if earlier.is_some_and(|run| run.asked_again.is_some()) {
        let line = asked_again_line(&approval.subject.rule);
        blocks.push(context(&line));
        lines.push(line);
    } else if earlier.is_some_and(|run| run.may_ask_again(approval).is_ok()) {
        blocks.push(again_menu(approval));
    }
    // The longest, which may be cut.
    lines.extend(votes);
    Message { text: cut_bytes(&lines.join("\n"), TEXT_LIMIT), blocks: Value::Array(blocks) }
}

/// The warnings that the deploy changes the rules that guard it or the files that a CI reads, or may; with a
/// link to the `comparison`.
fn rules_lines(change: &RulesChange, comparison: Option<&str>) -> Vec<String> {
    let paths = match change {
        RulesChange::No => return Vec::new(),
        RulesChange::Unknown => {
            let unknown = ":grey_question: The git host did not say whether this deploy changes the rules that guard it, or what \
                           CI runs.";
            return vec![unknown.to_owned()];
        }
        RulesChange::Yes(paths) => paths,
    };
    let see = comparison.map(|url| format!(" {}", link(url, "See the changes"))).unwrap_or_default();
    let (ci, rules): (Vec<&String>, Vec<&String>) = paths.iter().partition(|path| is_ci_file(path));
    let line = |what: &str, paths: Vec<&String>| {
        let listed = and_more(paths.iter().map(|path| code(path)));
        (!paths.is_empty()).then(|| format!(":warning: This deploy changes {what}: {listed}.{see}"))
    };
    line("its own rules", rules).into_iter().chain(line("what CI runs", ci)).collect()
}

/// The actions that run after each outcome, as long as the approval is open: afterwards each action has a
/// line of its own.
fn acts(approval: &Approval) -> Vec<String> {
    if !approval.status.is_open() {
        return Vec::new();
    }
    let endings = [
        ("Once approved:", Branch::OnSuccess, LINE_LIMIT + LINE_LIMIT / 2),
        ("If rejected:", Branch::OnReject, LINE_LIMIT / 2),
        ("If nobody decides:", Branch::OnExpire, LINE_LIMIT / 2),
    ];
    let told = |(title, branch, limit): (&str, Branch, usize)| {
        let lines = approval.subject.short_lines(branch);
        let mut text = String::from(title);
        let (mut left, mut told) = (limit, 0);
        for line in &lines {
            let is_cut = line.chars().count() > ACT_LIMIT;
            let rest = if is_cut { " (cut; read it on the page)" } else { "" };
            let line = format!("\n\u{2022} {}{rest}", cut(&escape(line), ACT_LIMIT));
            let Some(rest) = left.checked_sub(line.chars().count()) else { break };
            (left, told) = (rest, told + 1);
            text.push_str(&line);
        }
        if told < lines.len() {
            text.push_str(&format!("\nand {} more, on the page", lines.len() - told));
        }
        (!lines.is_empty()).then_some(text)
    };
    endings.into_iter().filter_map(told).collect()
}

/// The list of votes, in as many texts as Slack's limit of a section asks for, and no more than a message
/// takes.
fn votes(approval: &Approval) -> Vec<String> {
    if approval.votes.is_empty() {
        return Vec::new();
    }
    let (mut texts, mut text) = (Vec::new(), String::from("*Votes:*"));
    let (mut in_text, mut in_all) = (text.len(), text.len());
    for (shown, vote) in approval.votes.iter().enumerate() {
        let line = vote_line(vote);
        let length = line.chars().count() + 1;
        if in_all + length > VOTES_LIMIT {
            text.push_str(&format!("\nand {} more", approval.votes.len() - shown));
            break;
        }
        if in_text + length > SECTION_LIMIT - AND_MORE {
            texts.push(std::mem::take(&mut text));
            in_text = 0;
        } else {
            text.push('\n');
        }
        text.push_str(&line);
        (in_text, in_all) = (in_text + length, in_all + length);
    }
    texts.push(text);
    texts
}

/// One person's vote, with its reason.
fn vote_line(vote: &Vote) -> String {
    let thumb = match vote.choice {
        Choice::Approve => ":+1:",
        Choice::Reject => ":-1:",
    };
    let reason =
        vote.reason.iter().flat_map(|reason| reason.split_whitespace()).collect::<Vec<_>>().join(" ");
    format!("<@{}> {thumb} {}", vote.voter, cut(&escape(&reason), REASON_LIMIT)).trim_end().to_owned()
}

/// The newest struck votes, each with the reason why it does not count.
pub(super) fn struck(struck: &[Struck]) -> Option<String> {
    let lines: Vec<_> = struck
        .iter()
        .rev()
        .take(STRUCK)
        .map(|struck| {
            let why = match struck.why {
                Verdict::Deactivated => "their account is deactivated",
                Verdict::Guest => "they are a guest of this workspace",
                Verdict::Stranger => "they are in another workspace",
                Verdict::Bot => "it is a bot",
                Verdict::Eligible | Verdict::NotNamed => "they are no longer an approver",
                Verdict::OwnWord => {
                    "nobody else confirmed what they said on the page People about who made this"
                }
                Verdict::OwnChange => "it is their own change",
                Verdict::SetTheBase => "they set the base of the change",
                Verdict::BaseMoved => "another revision was approved since, so the change is different now",
            };
            format!(":no_entry_sign: The approval of <@{}> does not count: {why}.", struck.voter)
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The range that is judged, and the makers whose part lacks votes.
fn judged_line(approval: &Approval) -> Option<String> {
    let approving = approval.votes.iter().filter(|vote| vote.choice == Choice::Approve);
    let voters: Vec<&str> = approving.map(|vote| vote.voter.as_str()).collect();
    let waits_for_votes = approval.status.is_open() && approval.glass.broken.is_none();
    let required = if waits_for_votes { approval.votes_required } else { 0 };
    let lines = judged(&approval.electorate, &voters, required, &in_slack());
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// The reasons why the approval can't be completed.
fn blocked_line(approval: &Approval) -> Option<String> {
    // Votes would not complete it; a broken glass takes their place.
    let open = approval.status.is_open() && approval.glass.broken.is_none();
    let lines: Vec<_> = blocked(&approval.electorate, &in_slack())
        .into_iter()
        .filter(|_| open)
        .map(|line| format!(":no_entry: {line}"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The line about a freeze: the time until which it holds the actions, or the person who lifted it.
fn frozen_line(approval: &Approval) -> Option<String> {
    let frozen = &approval.frozen;
    if let Some(Lifted { by, at, reason }) = &frozen.lifted {
        let at = local_time(*at);
        return Some(format!(
            ":rotating_light: <@{by}> lifted the freeze for this on {at}: {}",
            sentence(reason)
        ));
    }
    let hold = frozen.hold.as_ref().filter(|_| approval.status.is_open())?;
    let (until, names) = (local_time(hold.until), sentence(&frozen.names()?));
    let meanwhile = if approval.status == Status::Pending {
        " You can vote now; actions run when the freeze ends."
    } else {
        ""
    };
    let missing: Vec<String> =
        approval.electorate.missing_lifters.iter().map(|name| escape(&shorten(name, NAME_LIMIT))).collect();
    let missing = match missing.is_empty() {
        true => String::new(),
        false => {
            format!(" Slack does not know these people who can lift it: {}.", and_more(missing.into_iter()))
        }
    };
    Some(format!(":snowflake: Frozen until {until}: {names}{meanwhile}{missing}"))
}

/// The small line under the votes: the votes that are still needed, or the outcome. `but`: an action after it
/// that failed.
fn status_line(approval: &Approval, but: Option<String>) -> Option<String> {
    let ended = |how: &str| but.as_ref().map(|but| format!("{how}{but}"));
    match &approval.status {
        Status::Pending => {
            let tally = (approval.votes_required > 1 || !approval.votes.is_empty()).then(|| tally(approval));
            let until = approval.expires_at.map(|at| format!("Expires on {}.", local_time(at)));
            let who = Some(may_vote(&approval.electorate)).filter(|who| !who.is_empty());
            let parts: Vec<_> = tally.into_iter().chain(until).chain(who).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }
        Status::Quorum { since, until, note } => {
            let given = approval.count(Choice::Approve);
            let broken = approval.glass.broken.as_ref();
            let who = broken.map_or("those who approved".to_owned(), |broken| format!("<@{}>", broken.by));
            let next = match note {
                Some(note) => format!(
                    "Signoff could not check yet that {who} can still approve: {} It tries again.",
                    sentence(note)
                ),
                None if until > since => {
                    let at = end_of_window(*since, *until);
                    format!("It goes ahead on {at} unless somebody presses Undo.")
                }
                None => format!("Signoff is checking that {who} can still approve."),
            };
            if broken.is_some() {
                return Some(next);
            }
            Some(format!("{given} approval{}. {next}", if given == 1 { "" } else { "s" }))
        }
        Status::Closed(Closed::Approved { at }) if approval.glass.broken.is_some() => {
            let well = || format!("Went ahead on {} without its votes.", local_time(*at));
            Some(ended("Went ahead without its votes").unwrap_or_else(well))
        }
        Status::Closed(Closed::Approved { at }) => {
            let well = || format!("Action approved on {}.", local_time(*at));
            Some(ended("Approved").unwrap_or_else(well))
        }
        Status::Closed(Closed::Rejected { at }) => {
            let well = || format!("Action rejected on {}.", local_time(*at));
            Some(ended("Rejected").unwrap_or_else(well))
        }
        Status::Closed(Closed::Expired { at }) => {
            let who = if approval.votes.is_empty() { "nobody" } else { "too few people" };
            let well = || format!("Expired on {}: {who} voted in time.", local_time(*at));
            Some(ended("Expired").unwrap_or_else(well))
        }
        Status::Closed(Closed::Superseded { at, by }) => {
            Some(format!("Superseded on {} by {}.", local_time(*at), link(&by.url, &by.title)))
        }
        Status::Closed(Closed::Cancelled { at, by: None, reason }) => {
            Some(format!("Action cancelled on {}: {}", local_time(*at), sentence(reason)))
        }
        Status::Closed(Closed::Cancelled { at, by: Some(by), reason }) => {
            Some(format!("Action cancelled by <@{by}> on {}: {}", local_time(*at), sentence(reason)))
        }
    }
}

fn tally(approval: &Approval) -> String {
    let Tally { given, needed, from } = approval.tally();
    let approvals = count(given, approval.votes_required, "approval");
    let from = needed_from(&approval.electorate, &from);
    let mut text = format!("{approvals}, {needed} more needed{from}.");
    if approval.rejections_required > 1 {
        let rejections = count(approval.count(Choice::Reject), approval.rejections_required, "rejection");
        text.push_str(&format!(" {rejections}."));
    }
    text
}

fn buttons(approval: &Approval) -> Value {
    let value = format!("{} {} {}", approval.deploy, approval.id, approval.subject.mark());
    let can_be_undone = matches!(&approval.status, Status::Quorum { since, until, .. } if until > since);
    let option = |what: &str, text: &str| json!({ "text": { "type": "plain_text", "text": text }, "value": format!("{what} {value}") });
    let mut options = vec![option(WITHDRAW, "Withdraw my vote"), option(CANCEL, "Cancel this approval")];
    let hold = approval.frozen.hold.as_ref();
    let can_be_lifted = hold.is_some_and(|hold| !approval.freeze_lifters(hold).is_empty());
    options.extend(can_be_lifted.then(|| option(LIFT_FREEZE, "Lift the freeze\u{2026}")));
    let glass = approval.electorate.glass.as_ref().filter(|_| approval.status == Status::Pending);
    options.extend(glass.map(|_| option(BREAK_GLASS, "Break the glass\u{2026}")));
    let menu = || json!({ "type": "overflow", "action_id": MORE, "options": options });
    let undo = || button(UNDO, "Undo", "danger", &value);
    let elements = match (can_be_undone, hold) {
        // It is over soon.
        (true, None) => vec![undo()],
        (true, Some(_)) => vec![undo(), menu()],
        (false, _) => vec![
            button(APPROVE, "Approve", "primary", &value),
            button(REJECT, "Reject", "danger", &value),
            menu(),
        ],
    };
    json!({ "type": "actions", "block_id": "votes", "elements": elements })
}

/// The menu of a closed approval that can be asked again.
fn again_menu(approval: &Approval) -> Value {
    let value = format!("{ASK_AGAIN} {} {} {}", approval.deploy, approval.id, approval.subject.mark());
    let option = json!({ "text": { "type": "plain_text", "text": "Ask again" }, "value": value });
    let menu = json!({ "type": "overflow", "action_id": MORE, "options": [option] });
    json!({ "type": "actions", "block_id": "again", "elements": [menu] })
}
