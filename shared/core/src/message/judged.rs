//! The range that an approval judges, in words: its base, the parts that lack votes, and the blockers.

use super::pieces::{NAME_LIMIT, mentions, shorten};
use crate::approval::{Blocker, Electorate, Judged, Part, WithoutRange};
use crate::range::Direction;
use crate::shares::Held;
use jiff::Timestamp;

/// The most parts that are named among those that lack votes.
const PARTS: usize = 5;
/// The most names or sentences that a line lists.
const LISTED: usize = 5;

/// The way out of a dialog about a rules file that is always open.
const CHANGE_AGAIN: &str =
    "Or put the file in force back onto the default branch, deploy, and change it again.";
/// The way out where it is known who made the file.
const ACCEPT: &str = "Or an admin who made none of it accepts it on the deployment's page, with a reason.";
/// The same where somebody who made it is still to be found.
const ACCEPT_ONCE_FOUND: &str =
    "Once they are found, an admin who made none of it can also accept it on the deployment's page.";

/// The ways to show what differs between Slack and a page.
pub struct Show<'a> {
    /// A member, by their Slack user id.
    pub member: &'a dyn Fn(&str) -> String,
    /// A text from outside.
    pub text: &'a dyn Fn(&str) -> String,
    /// A time.
    pub time: &'a dyn Fn(Timestamp) -> String,
}

/// The change that an approval is about, in sentences: its range, the things that it moves and does not show,
/// and the makers whose part lacks votes where `voters` (Slack user ids) approved and `required` votes are
/// needed.
pub fn judged(electorate: &Electorate, voters: &[&str], required: u32, show: &Show<'_>) -> Vec<String> {
    let read = if electorate.is_of_rules { of_rules } else { range };
    let range = electorate.judged.iter().flat_map(|judged| read(judged, show));
    let without = electorate.without_range.iter().map(|why| without_range(why, show));
    let code = |name: &str| format!("`{}`", (show.text)(&name.replace('`', "'")));
    let moves = electorate.files.iter().flat_map(|files| files.moves.sentences(&code));
    range.chain(without).chain(moves).chain(lacking(electorate, voters, required, show)).collect()
}

/// The reasons why an approval can't be completed, each with what to do, a line each; empty if nothing blocks
/// it.
pub fn blocked(electorate: &Electorate, show: &Show<'_>) -> Vec<String> {
    let (said, others): (Vec<&Blocker>, Vec<&Blocker>) =
        electorate.blocked.iter().partition(|blocker| blocker.said_nobody_here().is_some());
    let shown = others.into_iter().chain(said.iter().take(LISTED).copied());
    let mut lines: Vec<String> = shown.map(|blocker| blocker_line(blocker, show)).collect();
    let more = said.len().saturating_sub(LISTED);
    if more > 0 {
        lines.push(format!(
            "Blocked, and votes are kept: {more} more makers were marked as nobody here, and nobody else has confirmed it."
        ));
    }
    if electorate.is_of_rules && !lines.is_empty() {
        lines.push(rules_way_out(&electorate.blocked));
    }
    lines
}

/// The message to the dialog's thread that too few approvers are left; `None`: enough are.
pub fn out_of_reach(electorate: &Electorate) -> Option<String> {
    let lack = electorate.blocked.iter().find(|blocker| blocker.is_lack_of_people())?;
    Some(format!(":warning: {}", blocker_line(lack, &in_slack())))
}

/// The ways out of a blocked dialog about a rules file. Where it is not known whole who made the file, nobody
/// can accept it.
fn rules_way_out(blocked: &[Blocker]) -> String {
    let is_unread = blocked.iter().any(|blocker| match blocker {
        Blocker::NoBase
        | Blocker::BaseLost { .. }
        | Blocker::BaseRefused { .. }
        | Blocker::Unrelated { .. }
        | Blocker::TooLarge { .. }
        | Blocker::Incomplete { .. }
        | Blocker::MakersUntold { .. }
        | Blocker::NotVouched { .. } => true,
        Blocker::MakersNotFound { .. }
        | Blocker::SaidNobodyHere(_)
        | Blocker::NotVerified { .. }
        | Blocker::ApproversMissing { .. }
        | Blocker::NobodyLeft { .. }
        | Blocker::RulesUnread => false,
    });
    let is_to_be_found = blocked
        .iter()
        .any(|blocker| matches!(blocker, Blocker::MakersNotFound { .. } | Blocker::SaidNobodyHere(_)));
    match (is_unread, is_to_be_found) {
        (true, _) => CHANGE_AGAIN.to_owned(),
        (false, true) => format!("{ACCEPT_ONCE_FOUND} {CHANGE_AGAIN}"),
        (false, false) => format!("{ACCEPT} {CHANGE_AGAIN}"),
    }
}

fn without_range(why: &WithoutRange, show: &Show<'_>) -> String {
    match why {
        WithoutRange::NoBase => {
            "Nothing was approved for this place before, so this covers the deploy's own commits.".to_owned()
        }
        WithoutRange::NotCompared { base } => format!(
            "GitHub couldn't compare this with `{}`, the base for this place.",
            (show.text)(short(base))
        ),
    }
}

fn range(judged: &Judged, show: &Show<'_>) -> Vec<String> {
    let Judged { since, set_by, by_glass, direction, added, removed, .. } = judged;
    let Judged { held, has_no_makers, is_of_bots, allowed, .. } = judged;
    let base = format!("`{}`", (show.text)(short(&judged.base)));
    let from = match set_by {
        None if *by_glass => {
            format!("{base}, which went ahead by break-glass on {} and was not reviewed", (show.time)(*since))
        }
        None => format!("{base}, approved {}", (show.time)(*since)),
        Some(_) => base,
    };
    let (adds, takes_out) = (commits(*added), commits(*removed));
    let mut lines = vec![match direction {
        Direction::Forward => format!("{adds} since {from}."),
        Direction::Rollback => format!("This rollback takes out {takes_out}: back from {from}."),
        Direction::Diverged => {
            format!("The history diverged: {adds} since {from}. It takes out {takes_out}.")
        }
        Direction::Same => format!("The same revision as {from}."),
    }];
    if let Some(by) = set_by {
        lines.push(format!("{} set this base on {} and can't vote.", (show.member)(by), (show.time)(*since)));
    }
    lines.extend(held.iter().map(|held| nobody_let_through(held, show)));
    if *has_no_makers {
        lines.push(
            "This revision was approved for the same place in the last 30 days, so its makers can vote."
                .to_owned(),
        );
    }
    if *is_of_bots {
        lines.push("Bots on the People page made all of it. GitHub's signatures prove it.".to_owned());
    }
    if !allowed.is_empty() {
        let names = listed(allowed, show);
        lines.push(format!("Not found in Slack, but allowed by `unknown_makers: allow`: {names}."));
    }
    lines
}

/// The further commits that count, because nobody let the revision itself through.
fn nobody_let_through(held: &Held, show: &Show<'_>) -> String {
    let Held { since, set_by, commits: count } = held;
    let verb = if *count == 1 { "counts" } else { "count" };
    let counted = match since {
        Some(since) => {
            let from = format!("{} since `{}`", commits(*count), (show.text)(short(since)));
            match set_by {
                Some(by) => {
                    format!("{from} also {verb}. {} set that base and can't vote", (show.member)(by))
                }
                None => format!("{from}, which was approved, also {verb}"),
            }
        }
        None => "its last commit also counts. No approved revision before it is known".to_owned(),
    };
    format!("This revision itself was never approved for this place, so {counted}.")
}

/// The change of a rules file: its commits alone are judged.
fn of_rules(judged: &Judged, show: &Show<'_>) -> Vec<String> {
    let base = (show.text)(short(&judged.base));
    let mut lines = vec![format!(
        "{} changed the rules file since `{base}`, where the file in force stands.",
        commits(judged.added.saturating_add(judged.removed))
    )];
    if !judged.allowed.is_empty() {
        let names = listed(&judged.allowed, show);
        lines.push(format!("Not found in Slack, but allowed by `unknown_makers: allow`: {names}."));
    }
    lines
}

/// The sentence about the parts of a change that still lack votes; `None`: none does, or it has only one
/// part.
pub(super) fn lacking(
    electorate: &Electorate,
    voters: &[&str],
    required: u32,
    show: &Show<'_>,
) -> Option<String> {
    if electorate.parts.len() < 2 {
        return None;
    }
    let lacking: Vec<(&Part, u32)> = electorate
        .parts
        .iter()
        .map(|part| (part, electorate.tally_part(part, voters, required).needed))
        .filter(|(part, needed)| *needed > 0 && !part.makers.is_empty())
        .collect();
    let (shown, more) = (lacking.iter().take(PARTS), lacking.len().saturating_sub(PARTS));
    let mut of: Vec<String> = shown
        .map(|(part, needed)| {
            let makers = list(part.makers.iter().map(|maker| (show.member)(maker)).collect());
            format!("{needed} for what {makers} made ({})", contents(part, show))
        })
        .collect();
    if of.is_empty() {
        return None;
    }
    if more > 0 {
        of.push(format!("some for {more} more parts"));
    }
    Some(format!("Votes don't count for the voter's own changes. Votes still needed: {}.", of.join("; ")))
}

fn contents(part: &Part, show: &Show<'_>) -> String {
    let title = (show.text)(&shorten(&part.title, 80));
    match (part.commits, part.pull_requests) {
        (0, 1) => format!("merged \u{201c}{title}\u{201d}"),
        (0, 0) => format!("\u{201c}{title}\u{201d}"),
        (0, merged) => format!("merged {merged} pull requests"),
        (1, 0) => format!("\u{201c}{title}\u{201d}"),
        (count, _) => commits(count),
    }
}

fn blocker_line(blocker: &Blocker, show: &Show<'_>) -> String {
    let set = "An admin can set the base on the deploy's page.";
    let blocked = match blocker {
        Blocker::NoBase => {
            format!(
                "nothing was approved for this place before, so Signoff can't tell who made this change. {set}"
            )
        }
        Blocker::BaseLost { base } => {
            let base = (show.text)(short(base));
            format!("the source host doesn't have `{base}`, the base for this place. {set}")
        }
        Blocker::BaseRefused { base, by } => format!(
            "{} set `{}` as the base, and this revision doesn't follow from it. An admin can set one that it follows \
             from on the deploy's page.",
            (show.member)(by),
            (show.text)(short(base))
        ),
        Blocker::Unrelated { base } => {
            let base = (show.text)(short(base));
            format!(
                "this revision and `{base}`, the base for this place, have no commit in common, so Signoff can't tell what \
                 changed. Merge `{base}` into the branch (`git merge --allow-unrelated-histories`) and deploy that."
            )
        }
        Blocker::TooLarge { missing } => format!(
            "the change is more than Signoff can read. {} Reading it again doesn't help. Deploy and approve an earlier \
             revision first, so that each step is small enough.",
            sentences(missing, show)
        ),
        Blocker::Incomplete { missing } => {
            let missing = sentences(missing, show);
            format!("Signoff couldn't read all of the change. {missing} Signoff reads it again.")
        }
        Blocker::MakersNotFound { names, programs, tokens, bots } => {
            not_found([names, programs, tokens, bots], show)
        }
        Blocker::SaidNobodyHere(said) => {
            let (name, by) = ((show.text)(&shorten(&said.name, NAME_LIMIT)), (show.member)(&said.by));
            let kind = said.kind.title().to_lowercase();
            let reason = (show.text)(&shorten(&said.reason, 200));
            format!(
                "{by} said that {name} is nobody here ({kind}: {reason}), and nobody else confirmed it. Another admin confirms it on \
                 the People page; or somebody who may vote and made none of the change does for this approval, on the deploy's page."
            )
        }
        Blocker::MakersUntold { what } => format!(
            "neither the source host nor CI says {}. Nobody can map that. Set `unknown_makers: allow` in the rule, or break \
             the glass.",
            listed(what, show)
        ),
        Blocker::NotVouched { commits: first, count } => format!(
            "no account stands for {}: {}. A revert leaves them in the change. Take them off the branch by rewriting its \
             history, bring them in anew, signed or by your own push or pull request, and deploy again.",
            commits(*count),
            listed_of(first, *count, show)
        ),
        Blocker::NotVerified { commits: first, count } => format!(
            "{} without a valid signature of the author: {}. Signing them rewrites the branch's history: sign them, \
             force-push and deploy again. A rebase merge drops signatures: merge with a merge commit or a squash.",
            commits(*count),
            listed_of(first, *count, show)
        ),
        Blocker::ApproversMissing { names, needed } => {
            let votes = if *needed == 1 { "1 vote is".to_owned() } else { format!("{needed} votes are") };
            format!(
                "Slack doesn't know these approvers of the rule: {}. Without them, {votes} missing. Restore them in \
                 Slack, and this goes on by itself; or name others in the rule and ask again.",
                listed(names, show)
            )
        }
        Blocker::RulesUnread => {
            "this version of Signoff can't read the rules file in force, so it doesn't know who may vote on another one. \
             Install a version that can read it, and deploy again."
                .to_owned()
        }
        Blocker::NobodyLeft { who, makers, needed } => {
            let votes = if *needed == 1 { "1 vote is".to_owned() } else { format!("{needed} votes are") };
            let of = match makers.is_empty() {
                true => String::new(),
                false => {
                    format!(" for what {} made", list(makers.iter().map(|id| (show.member)(id)).collect()))
                }
            };
            format!(
                "{votes} missing{of}, and nobody is left to give them: only {} can vote. Add somebody to the user group that \
                 the rule names, or name others in the rule and deploy again.",
                (show.text)(&shorten(who, NAME_LIMIT))
            )
        }
    };
    format!("Blocked, and votes are kept: {blocked}")
}

/// The makers who were not found: people, programs, programs that nobody can map, and listed bots.
fn not_found([people, programs, tokens, bots]: [&[String]; 4], show: &Show<'_>) -> String {
    let kinds = [
        (people, "these people made the change and were not found in Slack: ", "Map them on the People page"),
        (
            programs,
            "these programs made the change, and nobody is named behind them: ",
            "Have a person do it or map the program on the People page to the member who answers for it",
        ),
        (
            tokens,
            "these acted for somebody whom the source host doesn't name: ",
            "Nobody can map them. Have a person do it",
        ),
        (
            bots,
            "these bots are on the People page, but had a hand in more than their own signed commits: ",
            "Have a person do that. If a bot started this deploy, have a person deploy a newer revision",
        ),
    ];
    let told: Vec<String> = kinds
        .into_iter()
        .filter(|(names, ..)| !names.is_empty())
        .map(|(names, what, way_out)| format!("{what}{}. {way_out}", listed(names, show)))
        .collect();
    format!("{}, or set `unknown_makers: allow` in the rule.", told.join(". Also, "))
}

/// The first few of `all`.
fn sentences(all: &[String], show: &Show<'_>) -> String {
    let shown = all.iter().take(LISTED).map(|sentence| (show.text)(&shorten(sentence, 300)));
    shown.collect::<Vec<_>>().join(" ")
}

fn commits(count: u32) -> String {
    if count == 1 { "1 commit".to_owned() } else { format!("{count} commits") }
}

fn short(revision: &str) -> &str {
    revision.get(..7).unwrap_or(revision)
}

fn listed(names: &[String], show: &Show<'_>) -> String {
    listed_of(names, u32::try_from(names.len()).unwrap_or(u32::MAX), show)
}

/// The first few of `count` names.
fn listed_of(names: &[String], count: u32, show: &Show<'_>) -> String {
    let shown: Vec<_> =
        names.iter().take(LISTED).map(|name| (show.text)(&shorten(name, NAME_LIMIT))).collect();
    let more = (count as usize).saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// The first few of `members`.
fn list(members: Vec<String>) -> String {
    let more = members.len().saturating_sub(LISTED);
    let shown: Vec<_> = members.into_iter().take(LISTED).collect();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// The ways to show these things in Slack.
pub(super) fn in_slack() -> Show<'static> {
    Show {
        member: &|id| mentions(std::iter::once(&id.to_owned())),
        text: &crate::mrkdwn::escape,
        time: &super::pieces::local_time,
    }
}
