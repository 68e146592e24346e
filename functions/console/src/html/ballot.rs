//! The forms with which people who are signed in with Slack vote on a page, and act on an action that failed.

use super::fit::{NAME, TEXT};
use super::{again, glass, nobody};
use crate::address::place::{Next, Tab, deploy_href};
use crate::auth::visitor::{Member, Visitor, Who};
use crate::view::ballot::{BallotView, voted};
use crate::view::mrkdwn::People;
use crate::view::{ApprovalView, cut};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::action::Reasons;
use signoff_core::approval::{Approval, ApprovalAction, Blocker, Choice, Closed, Status};
use signoff_core::id::ApprovalId;
use signoff_core::message::{LONGEST_REASON, shorten};
use signoff_store::Page;

/// Message to the sender of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlashMessage {
    /// About which approval: that which the form was about, or under which the action stands; `None`: about
    /// an action that no approval started.
    pub(crate) about: Option<ApprovalId>,
    /// Choice about the approval that the form carried; `None`: the form was about something else.
    pub(crate) what: Option<ApprovalAction>,
    pub(crate) text: String,
    /// Reason that they had written, if it did not count.
    pub(crate) reason: Option<String>,
    /// True if it was done.
    pub(crate) is_done: bool,
}

/// A deploy's page as one visitor sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeployPageContext<'a> {
    pub(crate) record: &'a Page,
    pub(crate) visitor: Option<&'a Visitor>,
    pub(crate) told: Option<&'a FlashMessage>,
    pub(crate) now: Timestamp,
}

/// Message that `member` did `what` about `approval`, if the record says so: the address of a page that says
/// it may be old, or made up.
pub(crate) fn done(what: ApprovalAction, approval: &Approval, member: &Member) -> Option<FlashMessage> {
    let vote = voted(approval, member);
    let (is_so, text) = match what {
        ApprovalAction::Approve => (vote == Some(Choice::Approve), "You approved this."),
        ApprovalAction::Reject => (vote == Some(Choice::Reject), "You rejected this."),
        ApprovalAction::Withdraw => (vote.is_none(), "You withdrew your vote."),
        ApprovalAction::Undo => {
            (approval.status == Status::Pending, "The approval was undone. It is waiting for votes again.")
        }
        ApprovalAction::LiftFreeze => {
            let lifted = approval.frozen.lifted.as_ref();
            (lifted.is_some_and(|lifted| lifted.by == member.id), "You lifted the freeze.")
        }
        ApprovalAction::BreakGlass => {
            let broken = approval.glass.broken.as_ref();
            let by_them = broken.is_some_and(|broken| broken.by == member.id);
            (by_them, "You broke the glass. This goes ahead without its votes.")
        }
        ApprovalAction::Review => {
            let review = approval.glass.broken.as_ref().and_then(|broken| broken.review.as_ref());
            (review.is_some_and(|review| review.by == member.id), "You reviewed this.")
        }
        // It has a form and an answer of its own.
        ApprovalAction::ConfirmNobody => return None,
        ApprovalAction::Cancel => {
            let by_them = matches!(&approval.status, Status::Closed(Closed::Cancelled { by: Some(by), .. }) if *by == member.id);
            (by_them, "You cancelled this approval.")
        }
    };
    let about = Some(approval.id.clone());
    is_so.then(|| FlashMessage {
        about,
        what: Some(what),
        text: text.to_owned(),
        reason: None,
        is_done: true,
    })
}

impl DeployPageContext<'_> {
    pub(super) fn member(&self) -> Option<(&Visitor, &Member)> {
        let visitor = self.visitor?;
        match &visitor.who {
            Who::Person(member) => Some((visitor, member)),
            Who::Key(_) => None,
        }
    }

    /// Message to the sender of a form about this approval, or about an action without one.
    pub(super) fn told_about(&self, approval: Option<&ApprovalId>) -> Option<&FlashMessage> {
        self.told.filter(|told| told.about.as_ref() == approval)
    }

    /// True if there is a message to the sender of a form about this approval, or about an action of it.
    pub(super) fn is_told_about(&self, approval: &ApprovalId) -> bool {
        self.told_about(Some(approval)).is_some()
    }

    /// The same as a box.
    pub(super) fn told(&self, approval: Option<&ApprovalId>) -> Markup {
        html! {
            @if let Some(told) = self.told_about(approval) {
                @if told.is_done {
                    p.notice.done role="status" { (cut(&told.text, TEXT)) }
                } @else {
                    p.notice.problem id=(told_id(approval)) role="alert" { (cut(&told.text, TEXT)) }
                }
            }
        }
    }

    /// The forms of an approval that is open, or how to get there, and what the sender of one is told.
    pub(super) fn ballot(&self, view: &ApprovalView) -> Markup {
        let found = self.record.approvals.iter().find(|approval| approval.id == view.id);
        if let Some(approval) = found.filter(|approval| approval.owed_review().is_some()) {
            return self.review(approval);
        }
        let Some(approval) = found.filter(|approval| approval.status.is_open()) else {
            return html! {
                (self.told(Some(&view.id)))
                @if let Some(approval) = found { (again::ask_again(approval, self)) }
            };
        };
        let Some((visitor, member)) = self.member() else { return sign_in(approval) };
        let base = member.is_admin && needs_base(approval);
        let ballot = BallotView::of(approval, member, &People::of(self.record), self.now);
        let told = self.told_about(Some(&view.id)).filter(|told| !told.is_done);
        html! {
            h3 { "Your vote" }
            (self.told(Some(&view.id)))
            @match (ballot.voted, &ballot.why_not) {
                (Some(Choice::Approve), _) => p { "You voted to " strong { "approve" } "." },
                (Some(Choice::Reject), _) => p { "You voted to " strong { "reject" } "." },
                (None, Some(why)) => p { "You can\u{2019}t vote: " (cut(why, TEXT)) },
                (None, None) => {}
            }
            (votes(&ballot, visitor, told))
            (nobody::confirm_nobody(approval, (visitor, member), &People::of(self.record), self.now))
            (with_reason(&ballot, visitor, told, ApprovalAction::LiftFreeze, "Lift the freeze"))
            (with_reason(&ballot, visitor, told, ApprovalAction::BreakGlass, "Break the glass"))
            (with_reason(&ballot, visitor, told, ApprovalAction::Cancel, "Cancel this approval"))
            @if base { (set_base(approval, visitor)) }
        }
    }

    /// The form of a review that is owed, or the way to it.
    fn review(&self, approval: &Approval) -> Markup {
        let Some((visitor, member)) = self.member() else { return glass::sign_in(approval, self) };
        let ballot = BallotView::of(approval, member, &People::of(self.record), self.now);
        let told = self.told_about(Some(&approval.id)).filter(|told| !told.is_done);
        html! {
            h3 { "Review" }
            (self.told(Some(&approval.id)))
            @if !ballot.may(ApprovalAction::Review) {
                p { "You can\u{2019}t review this. The reviewer must be able to vote on it, must not have made any of the change, and must not have broken the glass." }
            }
            (with_reason(&ballot, visitor, told, ApprovalAction::Review, "Mark as reviewed"))
        }
    }
}

/// Largest size of a reason that did not count, in bytes of HTML: one of an allowed length is shown whole.
pub(super) const WRITTEN: usize = 6 * LONGEST_REASON;

/// The id of what the sender of a form about `approval` is told.
fn told_id(approval: Option<&ApprovalId>) -> String {
    format!("told-{}", approval.map_or("action", ApprovalId::as_str))
}

fn sign_in(approval: &Approval) -> Markup {
    let href = Next::new(&deploy_href(&approval.deploy, Tab::Approvals), "").sign_in_href();
    html! {
        h3 { "Your vote" }
        p { a href=(href) { "Sign in with Slack to vote" } ", or vote in " (shorten(&approval.channel, NAME)) "." }
    }
}

/// True if an admin has to set the base of `approval`.
pub(crate) fn needs_base(approval: &Approval) -> bool {
    approval.status.is_open()
        && approval.electorate.blocked.iter().any(|blocker| match blocker {
            Blocker::NoBase | Blocker::BaseLost { .. } | Blocker::BaseRefused { .. } => true,
            // The source host still has the base: less would be judged from another one.
            Blocker::Unrelated { .. }
            | Blocker::TooLarge { .. }
            | Blocker::Incomplete { .. }
            | Blocker::MakersNotFound { .. }
            | Blocker::SaidNobodyHere(_)
            | Blocker::MakersUntold { .. }
            | Blocker::NotVouched { .. }
            | Blocker::NotVerified { .. }
            | Blocker::ApproversMissing { .. }
            | Blocker::NobodyLeft { .. }
            | Blocker::RulesUnread => false,
        })
}

/// The form with which an admin sets the base.
fn set_base(approval: &Approval, visitor: &Visitor) -> Markup {
    let id = format!("base-{}", approval.id);
    html! {
        form.ballot method="post" action=(format!("/deploys/{}/approvals/{}/base", approval.deploy, approval.id)) {
            (visitor.form_token())
            label for=(id) { "Set the base" }
            p.meta {
                "The full SHA of the revision that is there now. People vote on everything after it. You can\u{2019}t vote on \
                 approvals that start at a base that you set."
            }
            input id=(id) name="revision" type="text" required pattern="[0-9a-fA-F]{40}" maxlength="40" autocomplete="off"
                spellcheck="false";
            button.plain type="submit" { "Set the base" }
        }
    }
}

/// Approve, Reject, Withdraw and Undo, with one field for a reason.
fn votes(ballot: &BallotView, visitor: &Visitor, told: Option<&FlashMessage>) -> Markup {
    let votes = ballot.may(ApprovalAction::Approve) || ballot.may(ApprovalAction::Reject);
    let others =
        [(ApprovalAction::Withdraw, "Withdraw my vote"), (ApprovalAction::Undo, "Undo the approval")];
    let mut others = others.into_iter().filter(|(what, _)| ballot.may(*what)).peekable();
    if !votes && others.peek().is_none() {
        return html! {};
    }
    let told = told.filter(|told| told.what.is_some_and(|what| what.choice().is_some()));
    let (id, hint) = (format!("reason-{}", ballot.approval), format!("reason-hint-{}", ballot.approval));
    let described_by = match told {
        Some(_) => format!("{} {hint}", told_id(Some(&ballot.approval))),
        None => hint.clone(),
    };
    html! {
        form.ballot id=(format!("vote-{}", ballot.approval)) method="post" action=(action(ballot)) {
            (carried(ballot, visitor))
            @if votes {
                label for=(id) { "Reason" }
                textarea id=(id) name="reason" rows="2" maxlength=(LONGEST_REASON) aria-describedby=(described_by)
                    required[ballot.reasons == Reasons::Both] aria-invalid=[told.map(|_| "true")] {
                    @if let Some(reason) = told.and_then(|told| told.reason.as_ref()) { (cut(reason, WRITTEN)) }
                }
                p.meta id=(hint) { (reason_hint(ballot.reasons)) " Shown in Slack and kept in the record." }
            }
            div.choices {
                @if ballot.may(ApprovalAction::Approve) { button.approve type="submit" name="what" value="approve" { "Approve" } }
                @if ballot.may(ApprovalAction::Reject) { button.reject type="submit" name="what" value="reject" { "Reject" } }
                @for (what, text) in others {
                    button.plain type="submit" name="what" value=(what.name()) formnovalidate { (text) }
                }
            }
        }
    }
}

fn reason_hint(reasons: Reasons) -> &'static str {
    match reasons {
        Reasons::Never => "Optional.",
        Reasons::Approve => "Required to approve.",
        Reasons::Reject => "Required to reject.",
        Reasons::Both => "Required.",
    }
}

/// Form for a choice that needs a reason of its own, behind a click.
fn with_reason(
    ballot: &BallotView,
    visitor: &Visitor,
    told: Option<&FlashMessage>,
    what: ApprovalAction,
    summary: &str,
) -> Markup {
    let id = format!("{}-{}", what.name(), ballot.approval);
    let told = told.filter(|told| told.what == Some(what));
    html! {
        @if ballot.may(what) {
            details.more id=(format!("more-{id}")) open[told.is_some()] {
                summary { (summary) }
                form method="post" action=(action(ballot)) {
                    (carried(ballot, visitor))
                    @if what == ApprovalAction::BreakGlass { p { (ballot.glass_warning) } }
                    label for=(id) { @if what == ApprovalAction::Review { "What did you find?" } @else { "Why?" } }
                    textarea id=(id) name="reason" rows="2" maxlength=(LONGEST_REASON) required
                        aria-invalid=[told.map(|_| "true")] aria-describedby=[told.map(|_| told_id(Some(&ballot.approval)))] {
                        @if let Some(reason) = told.and_then(|told| told.reason.as_ref()) { (cut(reason, WRITTEN)) }
                    }
                    @if what == ApprovalAction::Review {
                        button.approve type="submit" name="what" value=(what.name()) { (what.verb()) }
                    } @else {
                        button.reject type="submit" name="what" value=(what.name()) { (what.verb()) }
                    }
                }
            }
        }
    }
}

fn action(ballot: &BallotView) -> String {
    format!("/deploys/{}/approvals/{}", ballot.deploy, ballot.approval)
}

/// Hidden fields of each of the forms: the session's token, and the mark of what a vote stands for.
fn carried(ballot: &BallotView, visitor: &Visitor) -> Markup {
    html! {
        (visitor.form_token())
        input type="hidden" name="subject" value=(ballot.subject);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::auth::visitor::KeyHolder;
    use crate::sample;
    use crate::view::{self, Section};

    fn person(id: &str) -> Visitor {
        let member = Member { id: id.into(), name: "Ana Novak".into(), is_admin: false };
        Visitor { who: Who::Person(member), form_token: Some("0123abcd".into()) }
    }

    /// Lines between the votes and the actions of the last approval of `record`.
    fn shown(record: &Page, visitor: &Visitor, told: Option<&FlashMessage>) -> String {
        let booth = DeployPageContext { record, visitor: Some(visitor), told, now: sample::at(600) };
        let sections = view::sections(record);
        let Some(Section::Approval(approval)) = sections.last() else { panic!("an approval") };
        lines(&booth.ballot(approval))
    }

    #[test]
    fn who_may_vote_has_the_forms() {
        insta::assert_snapshot!(shown(&sample::pending(), &person("U2"), None));
    }

    #[test]
    fn who_voted_can_change_it_and_take_it_back() {
        insta::assert_snapshot!(shown(&sample::four_eyes(), &person("U2"), None));
    }

    #[test]
    fn who_is_named_can_lift_the_freeze_and_others_undo() {
        insta::assert_snapshot!(shown(&sample::frozen(), &person("U2"), None));
        let other = shown(&sample::frozen(), &person("U3"), None);
        assert!(!other.contains("lift-freeze") && other.contains("value=\"undo\""), "{other}");
    }

    #[test]
    fn who_is_named_can_break_the_glass() {
        let ana = shown(&sample::breakable_glass(), &person("U2"), None);
        let (_, form) = ana.split_once("<details class=\"more\" id=\"more-break-glass-").unwrap();
        insta::assert_snapshot!(form.split_once("</details>").unwrap().0, @r#"
        0cd033bf3d97ed469a75">
        <summary>Break the glass</summary>
        <form method="post" action="/deploys/9f2c4a1be07d53c86a10/approvals/0cd033bf3d97ed469a75">
        <input type="hidden" name="token" value="0123abcd">
        <input type="hidden" name="subject" value="2436686874">
        <p>This goes ahead without the votes that it needs. Everyone in the channel is told, and somebody who made none of the change has to review it within 48 hours. A freeze still holds it, and Signoff still checks what runs. Until the review is done, the next deploy to the same place is judged with these commits too.</p>
        <label for="break-glass-0cd033bf3d97ed469a75">Why?</label>
        <textarea id="break-glass-0cd033bf3d97ed469a75" name="reason" rows="2" maxlength="500" required>
        </textarea>
        <button class="reject" type="submit" name="what" value="break-glass">Break the glass</button>
        </form>
        "#);
        let other = shown(&sample::breakable_glass(), &person("U4"), None);
        assert!(!other.contains("break-glass"), "{other}");
    }

    #[test]
    fn somebody_else_reviews_a_broken_glass() {
        insta::assert_snapshot!(shown(&sample::broken_glass(), &person("U4"), None), @r#"
        <h3>Review</h3>
        <details class="more" id="more-review-0cd033bf3d97ed469a75">
        <summary>Mark as reviewed</summary>
        <form method="post" action="/deploys/9f2c4a1be07d53c86a10/approvals/0cd033bf3d97ed469a75">
        <input type="hidden" name="token" value="0123abcd">
        <input type="hidden" name="subject" value="2436686874">
        <label for="review-0cd033bf3d97ed469a75">What did you find?</label>
        <textarea id="review-0cd033bf3d97ed469a75" name="reason" rows="2" maxlength="500" required>
        </textarea>
        <button class="approve" type="submit" name="what" value="review">Mark as reviewed</button>
        </form>
        </details>
        "#);
        for no_reviewer in ["U2", "U3"] {
            let told = shown(&sample::broken_glass(), &person(no_reviewer), None);
            assert!(!told.contains("<form") && told.contains("can\u{2019}t review this"), "{told}");
        }
    }

    #[test]
    fn maker_reads_why_they_cannot_vote_and_may_cancel() {
        insta::assert_snapshot!(shown(&sample::four_eyes(), &person("U1"), None));
    }

    #[test]
    fn a_program_is_shown_where_to_sign_in() {
        let key = KeyHolder { id: "0".into(), name: "ci".into(), reads: true, is_admin: true };
        let key = Visitor { who: Who::Key(key), form_token: None };
        insta::assert_snapshot!(shown(&sample::pending(), &key, None));
    }

    #[test]
    fn what_was_written_in_vain_is_still_there() {
        let record = sample::four_eyes();
        let told = |what| FlashMessage {
            about: Some(record.approvals[0].id.clone()),
            what: Some(what),
            text: "It needs a reason.".into(),
            reason: Some("<b>\u{201c}no\u{201d}</b>".into()),
            is_done: false,
        };
        let rejected = shown(&record, &person("U3"), Some(&told(ApprovalAction::Reject)));
        insta::assert_snapshot!(rejected);
        let cancelled = shown(&record, &person("U3"), Some(&told(ApprovalAction::Cancel)));
        assert!(cancelled.contains("<details class=\"more\" id=\"more-cancel-"), "{cancelled}");
        let (_, details) = cancelled.split_once("<details").unwrap();
        assert!(details.split_once('>').unwrap().0.ends_with(" open"), "{cancelled}");
        assert_eq!(cancelled.matches("&lt;b&gt;").count(), 1, "in its own field only: {cancelled}");
    }

    #[test]
    fn nothing_is_said_to_be_done_that_is_not() {
        let said = |what, record: &Page, id: &str| {
            let member = Member { id: id.into(), name: "Ana".into(), is_admin: false };
            done(what, record.approvals.last().unwrap(), &member).map(|told| told.text)
        };
        let mut table = String::new();
        for (name, record) in [
            ("pending", sample::four_eyes()),
            ("held back", sample::held_back()),
            ("thawed", sample::thawed()),
            ("broken glass", sample::broken_glass()),
            ("cancelled", sample::cancelled_by_a_person()),
        ] {
            for what in ApprovalAction::ON_BALLOT {
                if let Some(text) = said(what, &record, "U2") {
                    table.push_str(&format!("{name} {}: {text}\n", what.name()));
                }
            }
        }
        insta::assert_snapshot!(table, @"
        pending approve: You approved this.
        pending undo: The approval was undone. It is waiting for votes again.
        held back withdraw: You withdrew your vote.
        thawed withdraw: You withdrew your vote.
        thawed lift-freeze: You lifted the freeze.
        broken glass withdraw: You withdrew your vote.
        broken glass break-glass: You broke the glass. This goes ahead without its votes.
        cancelled approve: You approved this.
        cancelled cancel: You cancelled this approval.
        ");
    }

    #[test]
    fn who_may_say_what_became_of_an_action_has_the_buttons() {
        let record = sample::resolved();
        let sections = view::sections(&record);
        let Some(Section::Approval(approval)) = sections.last() else { panic!("an approval") };
        let question = approval.actions.iter().find_map(|action| action.question.as_ref()).unwrap();
        let shown = |visitor: &Visitor| {
            let booth = DeployPageContext {
                record: &record,
                visitor: Some(visitor),
                told: None,
                now: sample::at(600),
            };
            lines(&booth.question(question))
        };
        insta::assert_snapshot!(shown(&person("U2")));
        let key = KeyHolder { id: "0".into(), name: "ci".into(), reads: true, is_admin: true };
        assert_eq!(shown(&Visitor { who: Who::Key(key), form_token: None }), "");
    }
}
