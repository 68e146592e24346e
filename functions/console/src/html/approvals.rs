//! The Approvals tab: how each approval stands, who voted how, and what became of its actions.

use super::{counted, external, revision, time};
use crate::view::{ActionState, ActionView, ApprovalView, Notice, RunView, Section};
use approval::approval::Choice;
use jiff::Timestamp;
use maud::{Markup, html};

/// The tab.
pub(super) fn approvals(sections: &[Section], notices: &[Notice], now: Timestamp) -> Markup {
    html! {
        @for notice in notices { (notice_box(notice)) }
        @if sections.is_empty() && notices.is_empty() { p.lead { "This deploy has no approvals." } }
        @for section in sections {
            @match section {
                Section::Approval(approval) => (approval_part(approval, now)),
                Section::Run(run) => (run_part(run, now)),
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

fn approval_part(approval: &ApprovalView, now: Timestamp) -> Markup {
    html! {
        article.approval {
            h2 { (approval.name) }
            p.meta {
                "Rule " strong { (approval.subject.rule) }
                " asks about " (revision(&approval.subject.revision)) " in " (approval.channel) " since "
                (time(approval.opened_at, now)) "."
            }
            @if !approval.prompt.trim().is_empty() { blockquote { (formatted(&approval.prompt)) } }
            h3 { "Status" }
            p {
                "Current status of approval is " strong.status.{ (approval.status) } { (approval.status) }
                @if let Some(at) = approval.closed_at { ", since " (time(at, now)) }
                "."
                @if let Some(reason) = &approval.reason { " It was cancelled: " (reason) }
            }
            h3 { "Votes" }
            (votes(approval))
            h3 { "Actions" }
            (outcome(approval))
            (actions(&approval.actions, approval.status != "pending", now))
        }
    }
}

fn votes(approval: &ApprovalView) -> Markup {
    let rejects = approval.rejections_required > 1 || approval.count(Choice::Reject) > 0;
    html! {
        @if approval.votes.is_empty() { p { "Nobody has voted." } } @else {
            ul.votes {
                @for vote in &approval.votes {
                    li {
                        (vote.name) " voted to "
                        @match vote.choice {
                            Choice::Approve => strong { "approve" },
                            Choice::Reject => strong { "reject" },
                        }
                        " " (clock(vote.at))
                    }
                }
            }
        }
        p.meta {
            (approval.count(Choice::Approve)) " of " (approval.votes_required) " approvals"
            @if rejects { ", " (approval.count(Choice::Reject)) " of " (approval.rejections_required) " rejections" }
            ". "
            @match &approval.voters {
                Some(who) => { "Only " (who) " may vote." }
                None => { "Anyone in " (approval.channel) " may vote." }
            }
        }
    }
}

/// Text with mrkdwn's `*bold*` as bold: what stands between two asterisks that touch it, alone on their outer sides.
fn formatted(text: &str) -> Markup {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, bold, after)) = next_bold(rest) {
        parts.push(html! { (before) strong { (bold) } });
        rest = after;
    }
    html! { @for part in &parts { (part) } (rest) }
}

/// The first bold text, with what stands before and after it.
fn next_bold(text: &str) -> Option<(&str, &str, &str)> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '*';
    let stars = || text.match_indices('*').map(|(at, _)| at);
    stars().find_map(|open| {
        let (before, inside) = (text.get(..open)?, text.get(open + 1..)?);
        let opens = !before.ends_with(part_of_word) && !inside.starts_with(char::is_whitespace);
        let (bold, after) = inside.split_once('*')?;
        let closes = !bold.is_empty() && !bold.contains('\n') && !bold.ends_with(char::is_whitespace);
        (opens && closes && !after.starts_with(part_of_word)).then_some((before, bold, after))
    })
}

/// A vote's time of day; its date is in the title.
fn clock(at: Timestamp) -> Markup {
    html! {
        time.meta datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(at.strftime("%Y-%m-%d %H:%M:%S UTC")) {
            (at.strftime("%H:%M UTC"))
        }
    }
}

/// What the votes led to.
fn outcome(approval: &ApprovalView) -> Markup {
    let nothing = approval.actions.is_empty();
    let approvals = approval.count(Choice::Approve);
    let missing = (approval.votes_required as usize).saturating_sub(approvals);
    let text = match (approval.status, nothing) {
        ("approved", true) => "This approval was successfully approved. It has no actions.".to_owned(),
        ("approved", false) => {
            "This approval was successfully approved and the following actions were triggered:".to_owned()
        }
        ("rejected", true) => "This approval was rejected. It has no actions.".to_owned(),
        ("rejected", false) => "This approval was rejected and the following actions did not run:".to_owned(),
        ("cancelled", true) => "This approval was cancelled. It has no actions.".to_owned(),
        ("cancelled", false) => {
            "This approval was cancelled and the following actions did not run:".to_owned()
        }
        (_, true) => format!(
            "{} needed. It has no actions.",
            counted(missing, "more approval is", "more approvals are")
        ),
        (_, false) => format!(
            "{} needed; on approval the following actions run:",
            counted(missing, "more approval is", "more approvals are")
        ),
    };
    html! { p { (text) } }
}

fn run_part(run: &RunView, now: Timestamp) -> Markup {
    html! {
        article.approval {
            h2 { (run.rule) }
            p.meta { "Started " (time(run.opened_at, now)) " for " (revision(&run.revision)) ". Its actions:" }
            (actions(&run.steps, true, now))
        }
    }
}

fn actions(actions: &[ActionView], with_results: bool, now: Timestamp) -> Markup {
    html! {
        @if !actions.is_empty() {
            ul.actions {
                @for action in actions {
                    li {
                        code.line { "- " (action.action) }
                        @if with_results { (result(action, now)) }
                    }
                }
            }
        }
    }
}

fn result(action: &ActionView, now: Timestamp) -> Markup {
    let reason = action.reason.as_deref();
    let (class, word) = match action.state {
        ActionState::Waiting => ("quiet", "Waits for its turn"),
        ActionState::Running if reason.is_some() => ("warn", "Being tried again"),
        ActionState::Running => ("busy", "Running"),
        ActionState::Asking => ("busy", "Waits for votes"),
        ActionState::Succeeded => ("good", "Succeeded"),
        ActionState::Failed => ("bad", "Failed"),
        ActionState::Unknown => ("warn", "May or may not have happened"),
        ActionState::Skipped => ("quiet", "Did not run"),
    };
    html! {
        p.result {
            span.state.(class) { (word) }
            @if let Some(text) = action.summary.as_deref().or(reason) { ": " (text) }
            @if action.state == ActionState::Unknown {
                " Signoff does not repeat it, so that nothing runs twice. Look whether it happened, and start it by hand if not."
            }
            @if let Some(url) = &action.url { " " (external(Some(url), &html! { "Open" })) }
            @if let Some(at) = action.at { " " span.meta { (time(at, now)) } }
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

    fn tab(page: &Page) -> String {
        lines(&approvals(&view::sections(page), &view::notices(page), sample::at(600)))
    }

    #[test]
    fn bold_text() {
        for (text, shown) in [
            ("*Promote* it to *production*?", "<strong>Promote</strong> it to <strong>production</strong>?"),
            ("(*a b*)", "(<strong>a b</strong>)"),
            ("2 * 3 * 4, a*b*c, **, *never closed", "2 * 3 * 4, a*b*c, **, *never closed"),
            ("*<b>*", "<strong>&lt;b&gt;</strong>"),
            ("*\u{fc}ber* *\u{1f680}*", "<strong>\u{fc}ber</strong> <strong>\u{1f680}</strong>"),
        ] {
            assert_eq!(formatted(text).0, shown);
        }
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
}
