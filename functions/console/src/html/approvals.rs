//! The Approvals tab: how each approval stands, who voted how, and what became of its actions.

use super::actions::{every_branch, of_run};
use super::ballot::DeployPageContext;
use super::fit::{self, NAME, TAB, TEXT, all_href, code_lines, pager};
use super::foreseen::foreseen;
use super::glass::glass;
use super::prompt::formatted;
use super::status::{freeze, status};
use super::votes::votes;
use super::{revision, time};
use crate::address::place::{Tab, deploy_href};
use crate::view::{ActionView, ApprovalView, Notice, RunView, Section, cut};
use maud::{Markup, html};
use signoff_core::id::DeployId;
use signoff_core::message::shorten;

/// Largest size of the notices above the approvals, in bytes of HTML.
const NOTICES: usize = 4000;
/// The same where there are none.
const NOTICES_ALONE: usize = 20_000;
/// Largest size of a question, in bytes of HTML.
const PROMPT: usize = 4000;
/// Sizes that the actions of an approval and its votes may always have, in bytes of HTML.
const ACTIONS: usize = 6000;
const VOTES: usize = 4000;

/// Contents of the tab.
pub(super) struct Shown {
    pub(super) markup: Markup,
    /// Number of the section with which it begins, if it does not show all of them.
    pub(super) from: Option<usize>,
}

/// The tab: as many of `sections` as fit, from number `from` on. Without a number it has the section of which
/// the visitor is told something, else the first in which something waits for people.
pub(super) fn approvals(
    sections: &[Section],
    notices: &[Notice],
    booth: &DeployPageContext<'_>,
    from: Option<usize>,
) -> Shown {
    let (from, shown) = part(sections, booth, from);
    let range = from..from + shown.len();
    let room = if sections.is_empty() { NOTICES_ALONE } else { NOTICES };
    let deploy = &booth.record.deploy.id;
    let markup = html! {
        (booth.told(None))
        (notice_boxes(notices, deploy, room))
        @if sections.is_empty() && notices.is_empty() { p.lead { "This deploy has no approvals." } }
        @for section in &shown { (section) }
        (pager(deploy, Tab::Approvals, &range, sections.len(), "approvals"))
    };
    Shown { markup, from: (shown.len() < sections.len()).then_some(from) }
}

/// The sections that are shown, and the number of the first.
fn part(sections: &[Section], booth: &DeployPageContext<'_>, from: Option<usize>) -> (usize, Vec<Markup>) {
    let given = from.filter(|from| *from < sections.len());
    let told = |section: &Section| matches!(section, Section::Approval(approval) if booth.is_told_about(&approval.id));
    let wanted = sections.iter().position(told).or_else(|| sections.iter().position(waits)).unwrap_or(0);
    let mut from = given.unwrap_or(0);
    loop {
        let shown = fit::part(sections.iter().skip(from).map(|section| one(section, booth)), TAB);
        let next = from + shown.len();
        if given.is_some() || wanted < next || shown.is_empty() {
            return (from, shown);
        }
        from = next;
    }
}

/// True if something in it waits for people.
pub(super) fn waits(section: &Section) -> bool {
    let asks = |actions: &[ActionView]| actions.iter().any(|action| action.question.is_some());
    match section {
        Section::Approval(approval) => {
            let branches = [&approval.actions, &approval.on_reject, &approval.on_expire];
            let owes_review = approval.glass.as_ref().is_some_and(|glass| glass.review_owed);
            approval.state.is_open() || owes_review || branches.into_iter().any(|actions| asks(actions))
        }
        Section::Run(run) => asks(&run.steps),
    }
}

fn one(section: &Section, booth: &DeployPageContext<'_>) -> Markup {
    match section {
        Section::Approval(approval) => approval_part(approval, booth),
        Section::Run(run) => run_part(run, booth),
    }
}

/// The newest of `notices` that fit into `room` bytes of HTML; the timeline has all of them.
fn notice_boxes(notices: &[Notice], deploy: &DeployId, room: usize) -> Markup {
    let all = deploy_href(deploy, Tab::Timeline);
    // One of them always fits.
    let details = room - TEXT - 300;
    let boxes = notices.iter().rev().map(|notice| {
        html! {
            div.notice.problem[notice.is_problem()] {
                p { (cut(&notice.text, TEXT)) }
                (code_lines(&notice.details, &all, details))
            }
        }
    });
    let mut shown = fit::part(boxes, room);
    let more = notices.len() - shown.len();
    shown.reverse();
    html! {
        @if more > 0 {
            p.meta { "There are older notices: " a href=(all) { (more) " more in the timeline" } "." }
        }
        @for notice in &shown { (notice) }
    }
}

fn approval_part(approval: &ApprovalView, booth: &DeployPageContext<'_>) -> Markup {
    let now = booth.now;
    let deploy = &booth.record.deploy.id;
    let head = html! {
        h2 { (shorten(&approval.name, NAME)) }
        p.meta {
            "Rule " strong { (shorten(&approval.subject.rule, NAME)) }
            " asks about " (revision(&approval.subject.revision)) " in " (shorten(&approval.channel, NAME)) " since "
            (time(approval.opened_at, now)) "."
        }
        @if !approval.prompt.trim().is_empty() { blockquote { (prompt(&approval.prompt)) } }
        (rules_change(approval, deploy))
        (starts(approval, deploy))
        (foreseen(approval, deploy))
        h3 { "Status" }
        (status(approval, now))
        @if let Some(broken) = &approval.glass { (glass(broken, approval.state.is_open(), now)) }
        @if let Some(frozen) = &approval.freeze { (freeze(frozen, approval.state.is_open(), now)) }
    };
    let ballot = booth.ballot(approval);
    // The forms are always there; the actions leave room for some of the votes, which take what is left.
    let left = TAB.saturating_sub(head.0.len() + ballot.0.len() + 200);
    let actions = every_branch(approval, booth, left.saturating_sub(VOTES).max(ACTIONS));
    let votes = votes(approval, deploy, now, left.saturating_sub(actions.0.len()));
    html! {
        article.approval id=(approval.id) {
            (head)
            h3 { "Votes" }
            (votes)
            (ballot)
            h3 { "Actions" }
            (actions)
        }
    }
}

/// The question; a very long one without its bold text.
fn prompt(text: &str) -> Markup {
    let whole = formatted(text);
    if whole.0.len() <= PROMPT {
        whole
    } else {
        html! { (cut(text, PROMPT)) }
    }
}

/// Actions that an approval starts, while people can still decide: afterwards the actions say what became of
/// them.
fn starts(approval: &ApprovalView, deploy: &DeployId) -> Markup {
    let starts = &approval.subject.starts;
    html! {
        @if approval.state.is_open() && !starts.is_empty() {
            p.meta { "Once approved:" }
            (code_lines(starts, &all_href(deploy, "/approvals"), TEXT))
        }
    }
}

/// Warning that the deploy changes the rules that guard it, or may.
fn rules_change(approval: &ApprovalView, deploy: &DeployId) -> Markup {
    html! {
        @match approval.changes_rules {
            Some(true) => {
                div.notice.problem {
                    p { "This deploy changes its own rules, or what CI runs:" }
                    (code_lines(&approval.changed_rules, &all_href(deploy, "/approvals"), TEXT))
                }
            }
            Some(false) => {},
            None => p.meta { "Signoff couldn\u{2019}t find out from GitHub if this deploy changes its own rules or what CI runs." },
        }
    }
}

fn run_part(run: &RunView, booth: &DeployPageContext<'_>) -> Markup {
    let now = booth.now;
    html! {
        article.approval {
            h2 { (shorten(&run.rule, NAME)) }
            p.meta { "Started " (time(run.opened_at, now)) " for " (revision(&run.revision)) ". Its actions:" }
            (of_run(&run.steps, booth, TAB - 1500))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use crate::view;
    use signoff_store::Page;

    /// The page as nobody in particular sees it.
    fn booth(record: &Page, seconds: i64) -> DeployPageContext<'_> {
        DeployPageContext { record, visitor: None, told: None, now: sample::at(seconds) }
    }

    fn tab(page: &Page) -> String {
        lines(&approvals(&view::sections(page), &view::notices(page), &booth(page, 600), None).markup)
    }

    /// The tab as a reader sees it, a line each; what is beside a vote or an action follows in the same line.
    fn read(page: &Page) -> String {
        let html = approvals(&view::sections(page), &view::notices(page), &booth(page, 600), None).markup.0;
        let mut text = String::new();
        let mut rest = html.as_str();
        while let Some((before, after)) = rest.split_once('<') {
            let (tag, behind) = after.split_once('>').unwrap();
            text.push_str(before);
            text.push_str(match tag {
                "/p" | "/h2" | "/h3" | "/li" | "/blockquote" => "\n",
                "span class=\"meta account\"" | "/code" => " ",
                "li" => "- ",
                _ => "",
            });
            rest = behind;
        }
        let lines = text.lines().map(str::trim).filter(|line| !matches!(*line, "" | "-"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn pending() {
        insta::assert_snapshot!(tab(&sample::pending()));
    }

    #[test]
    fn rejected() {
        insta::assert_snapshot!(tab(&sample::rejected()));
    }

    #[test]
    fn cancelled() {
        insta::assert_snapshot!(tab(&sample::cancelled()));
    }

    #[test]
    fn an_action_failed() {
        insta::assert_snapshot!(tab(&sample::failed()));
    }

    #[test]
    fn runs_without_approvals() {
        insta::assert_snapshot!(tab(&sample::several_runs()));
    }

    #[test]
    fn the_rules_file_was_refused() {
        insta::assert_snapshot!(tab(&sample::refused()));
    }

    #[test]
    fn what_four_eyes_and_reasons_look_like() {
        insta::assert_snapshot!(read(&sample::four_eyes()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        This deploy changes its own rules, or what CI runs:
        - .signoff/rules.yml
        Status
        Current status of approval is pending. It expires Nov 23, 12:42 UTC.
        Votes
        - Ana Novak voted to approve 10:46 UTC: “Watched it for an hour.” When voting: a member of the workspace.
        Withdrawn votes:
        - Iztok Kos withdrew their vote to approve 10:47 UTC
        1 of 2 approvals. Anyone in #deploys can vote. Can’t vote on their own change: Mato Zgajner and 1 more. Not found in Slack, so not excluded from voting: Zoe Hart. An admin can add them on People. Everyone who votes has to give a reason.
        Your vote
        Sign in with Slack to vote, or vote in #deploys.
        Actions
        1 more approval is needed; on approval the following actions run:
        - - auto_approve_build: example-circleci-build
        On rejection the following actions run:
        - - slack_channel_message: #incidents
        If nobody decides in time, the following actions run:
        - - add_to_deploy_message_thread
        ");
    }

    #[test]
    fn an_approval_that_was_undone_and_is_held_back() {
        insta::assert_snapshot!(read(&sample::held_back()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Signoff couldn’t find out from GitHub if this deploy changes its own rules or what CI runs.
        Status
        Current status of approval is being confirmed, since Nov 23, 10:48 UTC. Enough people approved. The actions start Nov 23, 10:58 UTC unless somebody presses Undo.
        Votes
        - Mato Zgajner voted to approve 10:48 UTC: “The alert was noise.” When voting: a member of the workspace.
        Withdrawn votes:
        - Ana Novak undid the approval, and with it the vote of Mato Zgajner to approve 10:47 UTC
        1 of 1 approvals. Anyone in #deploys can vote.
        Your vote
        Sign in with Slack to vote, or vote in #deploys.
        Actions
        Enough people approved; once that is confirmed the following actions run:
        - - auto_approve_build: example-circleci-build
        ");
    }

    #[test]
    fn an_approval_that_a_freeze_holds_until_somebody_lifts_it() {
        let status = |page: &Page| {
            let text = read(page);
            let status = text.lines().skip_while(|line| *line != "Status").skip(1);
            status.take_while(|line| *line != "Votes").collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(status(&sample::frozen()), @"
        Current status of approval is being confirmed, since Nov 23, 10:46 UTC. Enough people approved. The actions start Nov 23, 17:00 UTC unless somebody presses Undo.
        Frozen until Nov 23, 17:00 UTC: Black Week. You can vote now; actions run when the freeze ends.
        ");
        insta::assert_snapshot!(status(&sample::broken_glass()), @"
        Current status of approval is approved after 3 min 57 s, since Nov 23, 10:46 UTC. It went ahead without its votes.
        Glass broken by Ana Novak Nov 23, 10:46 UTC: The checkout is down.
        A review is due Nov 25, 10:46 UTC. Until then, approvals of the next deploy to the same place cover these commits, too.
        ");
        insta::assert_snapshot!(status(&sample::thawed()), @"
        Current status of approval is being confirmed, since Nov 23, 10:46 UTC. Enough people approved. Signoff is checking once more that they can vote.
        Ana Novak lifted the freeze for it Nov 23, 10:47 UTC: The checkout is down.
        ");
    }

    #[test]
    fn votes_that_count_no_longer() {
        insta::assert_snapshot!(read(&sample::struck()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is being confirmed, since Nov 23, 10:47 UTC. Enough people approved. Signoff is checking once more that they can vote. The check hasn’t worked yet: Slack answered 503.
        Votes
        - Mato Zgajner voted to approve 10:46 UTC When voting: a member of the workspace. Checked again at 10:46 UTC: they can vote.
        - Eva Kralj voted to approve 10:47 UTC When voting: a member of the workspace.
        - jan voted to approve 10:47 UTC When voting: unknown, because Slack didn’t answer in time.
        Votes that no longer count:
        - Ana Novak voted to approve 10:46 UTC: “Fine with me.” It doesn’t count since 10:46 UTC: they are not an approver. When voting: a member of the workspace.
        - Iztok Kos voted to approve 10:46 UTC. It doesn’t count since 10:46 UTC: their account is deactivated. When voting: unknown, because Slack didn’t answer in time.
        3 of 3 approvals. Only the approvers of this rule can vote: Mato Zgajner, Eva Kralj, jan.
        When it opened, Nov 23, 10:42 UTC: Only the approvers of this rule can vote: Mato Zgajner, Ana Novak, Iztok Kos, Eva Kralj.
        Your vote
        Sign in with Slack to vote, or vote in #deploys.
        Actions
        Enough people approved; once that is confirmed the following actions run:
        - - auto_approve_build: example-circleci-build
        ");
    }

    #[test]
    fn approval_expires_with_too_few_votes() {
        insta::assert_snapshot!(read(&sample::expired()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is expired after 5 min 1 s, since Nov 23, 10:47 UTC. Too few people voted in time.
        Votes
        - Mato Zgajner voted to approve 10:46 UTC When voting: a member of the workspace.
        1 of 2 approvals. Only the authors of this deploy can vote: Mato Zgajner, Ana Novak.
        Actions
        This approval expired and the following actions did not run:
        - - auto_approve_build: example-circleci-build Did not run
        The following actions are for a rejection and did not run:
        - - slack_channel_message: #incidents Did not run
        Too few people voted in time, so the following actions were triggered:
        - - slack_channel_message: #releases Succeeded: Posted to #releases. Nov 23, 10:47 UTC
        ");
    }

    #[test]
    fn a_newer_deploy_took_its_place() {
        insta::assert_snapshot!(read(&sample::superseded()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is superseded after 6 min 36 s, since Nov 23, 10:48 UTC. A newer deploy took its place: c0ffee1 - checkout (Staging).
        Votes
        No votes yet.
        0 of 1 approvals. Anyone in #deploys can vote.
        Actions
        This approval was superseded and the following actions did not run:
        - - auto_approve_build: example-circleci-build Did not run
        ");
    }

    #[test]
    fn somebody_cancelled_it() {
        insta::assert_snapshot!(read(&sample::cancelled_by_a_person()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is cancelled after 4 min 16 s, since Nov 23, 10:46 UTC. Ana Novak cancelled it: It was the wrong branch.
        Votes
        - Ana Novak voted to approve 10:46 UTC When voting: a member of the workspace.
        1 of 2 approvals. Anyone in #deploys can vote.
        Actions
        This approval was cancelled. It has no actions.
        ");
    }

    #[test]
    fn actions_of_which_nobody_knows() {
        insta::assert_snapshot!(read(&sample::resolved()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is approved after 3 min 58 s, since Nov 23, 10:46 UTC.
        Votes
        - Ana Novak voted to approve 10:46 UTC When voting: a member of the workspace. Checked again at 10:46 UTC: they can vote.
        1 of 1 approvals. Anyone in #deploys can vote.
        Actions
        This approval was successfully approved and the following actions were triggered:
        - - trigger_build: release.yml Succeeded: ana marked it as done Nov 23, 10:47 UTC
        Ana Novak clicked Mark as done Nov 23, 10:47 UTC
        - - webhook: https://hooks.example.com May or may not have happened: The connection ended before the answer. Signoff doesn’t repeat it by itself, so that nothing runs twice. Check whether it happened. If it did, mark it as done. If it didn’t, retry it. Nov 23, 10:48 UTC
        Ana Novak clicked Retry Nov 23, 10:48 UTC
        - - slack_channel_message: #releases Queued
        ");
    }

    #[test]
    fn each_end_has_its_actions() {
        insta::assert_snapshot!(read(&sample::branches()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is rejected after 3 min 56 s, since Nov 23, 10:46 UTC.
        Votes
        - Ana Novak voted to reject 10:46 UTC When voting: a member of the workspace.
        0 of 1 approvals, 1 of 1 rejections. Anyone in #deploys can vote.
        Actions
        This approval was rejected and the following actions did not run:
        - - auto_approve_build: deploy-us Did not run
        - - slack_channel_approval: Promote to EU Did not run
        - - auto_approve_build: deploy-eu Once “Promote to EU” is approved.
        Did not run
        - - slack_channel_message: #inner-rejected Once “Promote to EU” is rejected.
        Did not run
        - - slack_channel_message: #done Did not run
        The rejection triggered the following actions:
        - - slack_channel_approval: Roll back Waiting for votes
        - - slack_channel_message: #incidents Queued
        The following actions are for an expired approval and did not run:
        - - slack_channel_message: #forgotten Did not run
        Roll back
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is pending.
        Votes
        No votes yet.
        0 of 1 approvals. Anyone in #deploys can vote.
        Your vote
        Sign in with Slack to vote, or vote in #deploys.
        Actions
        1 more approval is needed; on approval the following actions run:
        - - auto_approve_build: roll-back
        ");
    }

    #[test]
    fn a_title_leads_to_the_newer_deploy() {
        let html = tab(&sample::superseded());
        let link = "<a href=\"https://signoff.example.com/deploys/a41c0e93d2b7f6580e1d\" rel=\"noopener noreferrer\">c0ffee1 - checkout (Staging)</a>";
        assert!(html.contains(link), "{html}");
    }

    #[test]
    fn once_its_time_has_come_a_quorum_is_looked_up() {
        let page = sample::held_back();
        let html = |seconds| approvals(&view::sections(&page), &[], &booth(&page, seconds), None).markup.0;
        assert!(html(959).contains("unless somebody presses Undo"), "{}", html(959));
        assert!(html(960).contains("Signoff is checking once more that they can vote."), "{}", html(960));
    }
}
