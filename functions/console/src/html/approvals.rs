//! The Approvals tab: how each approval stands, who voted how, and what became of its actions.

use super::actions::{actions, every_branch};
use super::ballot::Booth;
use super::prompt::formatted;
use super::votes::votes;
use super::{external, revision, time};
use crate::view::words::{sentence, took as took_words};
use crate::view::{ApprovalView, FrozenView, Notice, PersonView, RunView, Section};
use approval::approval::Status;
use jiff::Timestamp;
use maud::{Markup, html};

/// The tab.
pub(super) fn approvals(sections: &[Section], notices: &[Notice], booth: &Booth<'_>) -> Markup {
    html! {
        (booth.told(None))
        @for notice in notices { (notice_box(notice)) }
        @if sections.is_empty() && notices.is_empty() { p.lead { "This deploy has no approvals." } }
        @for section in sections {
            @match section {
                Section::Approval(approval) => (approval_part(approval, booth)),
                Section::Run(run) => (run_part(run, booth)),
            }
        }
    }
}

fn notice_box(notice: &Notice) -> Markup {
    html! {
        div.notice.problem[notice.is_problem()] {
            p { (notice.text) }
            @if !notice.details.is_empty() { ul { @for line in &notice.details { li { code { (line) } } } } }
        }
    }
}

fn approval_part(approval: &ApprovalView, booth: &Booth<'_>) -> Markup {
    let now = booth.now;
    html! {
        article.approval id=(approval.id) {
            h2 { (approval.name) }
            p.meta {
                "Rule " strong { (approval.subject.rule) }
                " asks about " (revision(&approval.subject.revision)) " in " (approval.channel) " since "
                (time(approval.opened_at, now)) "."
            }
            @if !approval.prompt.trim().is_empty() { blockquote { (formatted(&approval.prompt)) } }
            (rules_change(approval))
            h3 { "Status" }
            (status(approval, now))
            @if let Some(frozen) = &approval.freeze { (freeze(frozen, approval.state.is_open(), now)) }
            h3 { "Votes" }
            (votes(approval, now))
            (booth.told(Some(&approval.id)))
            (booth.ballot(approval))
            h3 { "Actions" }
            (every_branch(approval, booth))
        }
    }
}

/// That the deploy changes the rules that guard it, or may.
fn rules_change(approval: &ApprovalView) -> Markup {
    html! {
        @match approval.changes_rules {
            Some(true) => {
                div.notice.problem {
                    p { "This deploy changes the rules that guard it:" }
                    ul { @for path in &approval.changed_rules { li { code { (path) } } } }
                }
            }
            Some(false) => {},
            None => p.meta { "The git host did not say whether this deploy changes the rules that guard it." },
        }
    }
}

/// How far the approval got, and what that means.
fn status(approval: &ApprovalView, now: Timestamp) -> Markup {
    let word = |word: &str, since: Option<Timestamp>| {
        html! {
            "Current status of approval is " strong.status.{ (approval.status) } { (word) }
            @if let Some(took) = approval.took() { " after " (took_words(took)) }
            @if let Some(since) = since { ", since " (time(since, now)) }
            "."
        }
    };
    html! {
        p data-say {
            @match &approval.state {
                Status::Pending => {
                    (word(approval.status, None))
                    @if let Some(at) = approval.expires_at { " It expires " (time(at, now)) "." }
                }
                Status::Quorum { since, until, note } => {
                    (word("being confirmed", Some(*since)))
                    " Enough people approved: "
                    @if *until > now {
                        "the actions start " (time(*until, now)) ", unless somebody undoes it."
                    } @else {
                        "Signoff looks up once more whether they may."
                    }
                    @if let Some(note) = note { " It could not yet: " (sentence(note)) }
                }
                Status::Approved { at } | Status::Rejected { at } => (word(approval.status, Some(*at))),
                Status::Expired { at } => { (word(approval.status, Some(*at))) " Nobody decided in time." }
                Status::Superseded { at, by } => {
                    (word(approval.status, Some(*at)))
                    " A newer deploy took its place: " (external(Some(&by.url), &html! { (by.title) })) "."
                }
                Status::Cancelled { at, reason, .. } => {
                    (word(approval.status, Some(*at)))
                    " " (approval.cancelled_by.as_ref().map_or("Signoff", PersonView::label))
                    " cancelled it: " (sentence(reason))
                }
            }
        }
    }
}

/// What holds its actions while it is open, or who lifted that.
fn freeze(frozen: &FrozenView, is_open: bool, now: Timestamp) -> Markup {
    html! {
        @if let Some(lifted) = &frozen.lifted {
            p { (lifted.by.label()) " lifted the freeze for it " (time(lifted.at, now)) ": " (sentence(&lifted.reason)) }
        } @else if let (true, Some(until), Some(name)) = (is_open, frozen.until, &frozen.name) {
            p { "Frozen until " (time(until, now)) ": " (sentence(name)) " Votes count; nothing runs before." }
        }
    }
}

fn run_part(run: &RunView, booth: &Booth<'_>) -> Markup {
    let now = booth.now;
    html! {
        article.approval {
            h2 { (run.rule) }
            p.meta { "Started " (time(run.opened_at, now)) " for " (revision(&run.revision)) ". Its actions:" }
            (actions(&run.steps, Some(booth), now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use crate::view;
    use store::Page;

    /// The page as nobody in particular sees it.
    fn booth(record: &Page, seconds: i64) -> Booth<'_> {
        Booth { record, visitor: None, told: None, now: sample::at(seconds) }
    }

    fn tab(page: &Page) -> String {
        lines(&approvals(&view::sections(page), &view::notices(page), &booth(page, 600)))
    }

    /// The tab as a reader sees it, a line each; what is beside a vote or an action follows in the same line.
    fn read(page: &Page) -> String {
        let html = approvals(&view::sections(page), &view::notices(page), &booth(page, 600)).0;
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
        Promote 7bf7226 - checkout (Staging) by @U1 to production?
        This deploy changes the rules that guard it:
        - .signoff/rules.yml
        Status
        Current status of approval is pending. It expires Nov 23, 12:42 UTC.
        Votes
        - Ana Novak voted to approve 10:46 UTC: “Watched it for an hour.” At the click: a member of the workspace.
        Votes that were taken back:
        - Iztok Kos withdrew their vote to approve 10:47 UTC
        1 of 2 approvals. Anyone in #deploys may vote. Who wrote, merged or deployed this may not: U1, U5. Not found in Slack, and so not kept from voting: Zoe Hart. Who votes has to say why.
        Your vote
        Sign in with Slack to vote, or vote in #deploys.
        Actions
        1 more approval is needed; on approval the following actions run:
        - - auto_approve_build: example-circleci-build
        On rejection the following actions run:
        - - slack_channel_message: #incidents
        If nobody decides in time the following actions run:
        - - add_to_deploy_message_thread
        ");
    }

    #[test]
    fn an_approval_that_was_undone_and_is_held_back() {
        insta::assert_snapshot!(read(&sample::held_back()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        The git host did not say whether this deploy changes the rules that guard it.
        Status
        Current status of approval is being confirmed, since Nov 23, 10:48 UTC. Enough people approved: the actions start Nov 23, 10:58 UTC, unless somebody undoes it.
        Votes
        - Mato Zgajner voted to approve 10:48 UTC: “The alert was noise.” At the click: a member of the workspace.
        Votes that were taken back:
        - Ana Novak undid the approval, and with it the vote of Mato Zgajner to approve 10:47 UTC
        1 of 1 approvals. Anyone in #deploys may vote.
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
        Current status of approval is being confirmed, since Nov 23, 10:46 UTC. Enough people approved: the actions start Nov 23, 17:00 UTC, unless somebody undoes it.
        Frozen until Nov 23, 17:00 UTC: Black Week. Votes count; nothing runs before.
        ");
        insta::assert_snapshot!(status(&sample::thawed()), @"
        Current status of approval is being confirmed, since Nov 23, 10:46 UTC. Enough people approved: Signoff looks up once more whether they may.
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
        Current status of approval is being confirmed, since Nov 23, 10:47 UTC. Enough people approved: Signoff looks up once more whether they may. It could not yet: Slack answered 503.
        Votes
        - Mato Zgajner voted to approve 10:46 UTC At the click: a member of the workspace. Looked up again 10:46 UTC: they may vote.
        - Eva Kralj voted to approve 10:47 UTC At the click: a member of the workspace.
        - jan voted to approve 10:47 UTC At the click: not known, as Slack did not say in time.
        Votes that count no longer:
        - Ana Novak voted to approve 10:46 UTC: “Fine with me.” It does not count since 10:46 UTC: they are not among those who may vote. At the click: a member of the workspace.
        - Iztok Kos voted to approve 10:46 UTC. It does not count since 10:46 UTC: their account is deactivated. At the click: not known, as Slack did not say in time.
        3 of 3 approvals. Only the approvers of this rule may vote: Mato Zgajner, Eva Kralj, jan.
        When it opened, Nov 23, 10:42 UTC: Only the approvers of this rule may vote: Mato Zgajner, Ana Novak, Iztok Kos, Eva Kralj.
        Your vote
        Sign in with Slack to vote, or vote in #deploys.
        Actions
        Enough people approved; once that is confirmed the following actions run:
        - - auto_approve_build: example-circleci-build
        ");
    }

    #[test]
    fn nobody_decided_in_time() {
        insta::assert_snapshot!(read(&sample::expired()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @Mato Zgajner to production?
        Status
        Current status of approval is expired after 5 minutes, since Nov 23, 10:47 UTC. Nobody decided in time.
        Votes
        - Mato Zgajner voted to approve 10:46 UTC At the click: a member of the workspace.
        1 of 2 approvals. Only the authors of this deploy may vote: Mato Zgajner, U2.
        Actions
        This approval expired and the following actions did not run:
        - - auto_approve_build: example-circleci-build Did not run
        The following actions are for a rejection, and did not run:
        - - slack_channel_message: #incidents Did not run
        As nobody decided in time, the following actions were triggered:
        - - slack_channel_message: #releases Succeeded: Posted to #releases. Nov 23, 10:47 UTC
        ");
    }

    #[test]
    fn a_newer_deploy_took_its_place() {
        insta::assert_snapshot!(read(&sample::superseded()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @U1 to production?
        Status
        Current status of approval is superseded after 6 minutes, since Nov 23, 10:48 UTC. A newer deploy took its place: c0ffee1 - checkout (Staging).
        Votes
        Nobody has voted.
        0 of 1 approvals. Anyone in #deploys may vote.
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
        Promote 7bf7226 - checkout (Staging) by @U1 to production?
        Status
        Current status of approval is cancelled after 4 minutes, since Nov 23, 10:46 UTC. Ana Novak cancelled it: It was the wrong branch.
        Votes
        - Ana Novak voted to approve 10:46 UTC At the click: a member of the workspace.
        1 of 2 approvals. Anyone in #deploys may vote.
        Actions
        This approval was cancelled. It has no actions.
        ");
    }

    #[test]
    fn actions_of_which_nobody_knows() {
        insta::assert_snapshot!(read(&sample::resolved()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @U1 to production?
        Status
        Current status of approval is approved after 3 minutes, since Nov 23, 10:46 UTC.
        Votes
        - Ana Novak voted to approve 10:46 UTC At the click: a member of the workspace. Looked up again 10:46 UTC: they may vote.
        1 of 1 approvals. Anyone in #deploys may vote.
        Actions
        This approval was successfully approved and the following actions were triggered:
        - - trigger_build: release.yml Succeeded: ana marked it as done Nov 23, 10:47 UTC
        Ana Novak clicked Mark as done Nov 23, 10:47 UTC
        - - webhook: https://hooks.example.com May or may not have happened: The connection ended before the answer. Signoff does not repeat it by itself, so that nothing runs twice. Look whether it happened, then say so here or in Slack: Retry runs it again, Mark as done goes on without it. Nov 23, 10:48 UTC
        Ana Novak clicked Retry Nov 23, 10:48 UTC
        - - slack_channel_message: #releases Waits for its turn
        ");
    }

    #[test]
    fn each_end_has_its_actions() {
        insta::assert_snapshot!(read(&sample::branches()), @"
        Promote deploy to production
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @U1 to production?
        Status
        Current status of approval is rejected after 3 minutes, since Nov 23, 10:46 UTC.
        Votes
        - Ana Novak voted to reject 10:46 UTC At the click: a member of the workspace.
        0 of 1 approvals, 1 of 1 rejections. Anyone in #deploys may vote.
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
        - - slack_channel_approval: Roll back Waits for votes
        - - slack_channel_message: #incidents Waits for its turn
        The following actions are for when nobody decides in time, and did not run:
        - - slack_channel_message: #forgotten Did not run
        Roll back
        Rule promote-to-production asks about 7bf7226  in #deploys since Nov 23, 10:42 UTC.
        Promote 7bf7226 - checkout (Staging) by @U1 to production?
        Status
        Current status of approval is pending.
        Votes
        Nobody has voted.
        0 of 1 approvals. Anyone in #deploys may vote.
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
        let html = |seconds| approvals(&view::sections(&page), &[], &booth(&page, seconds)).0;
        assert!(html(959).contains("unless somebody undoes it"), "{}", html(959));
        assert!(html(960).contains("Signoff looks up once more whether they may."), "{}", html(960));
    }
}
