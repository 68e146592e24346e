//! A quorum that a later look does not bear out, or that ends without its actions: a message in the thread
//! says so.

use crate::samples::{after, approval, at, authors, check, click, member, of_three, successor, voted};
use jiff::SignedDuration;
use signoff_core::approval::{
    Approval, ApprovalAction, Blocker, Choice, Click, Command, Dialog, Electorate, Part, Status, Verdict,
    decide,
};
use signoff_core::effect::EffectKind;

use Choice::Approve;
use Verdict::{Deactivated, Eligible};

/// U1 and U2 of three approved; two are needed.
fn quorum() -> Approval {
    let window = Some(SignedDuration::from_mins(2));
    voted(Approval { undo_window: window, ..of_three() }, &[("U1", Approve), ("U2", Approve)])
}

/// The messages to the thread after `command`; empty: none.
fn told(before: &Approval, command: Command) -> String {
    let decision = decide(before, command, at(200)).expect("its turn");
    let told = decision.effects.iter().filter_map(|effect| match effect {
        EffectKind::TellThread { text, .. } => Some(text.as_str()),
        _ => None,
    });
    told.collect::<Vec<_>>().join("\n---\n")
}

#[test]
fn reopened_approval_is_told_with_the_reason() {
    let both = [("U1", Eligible), ("U2", Eligible)];
    let part = |maker: &str| Part {
        makers: vec![maker.to_owned()],
        commits: 1,
        pull_requests: 0,
        title: "Take cards".to_owned(),
    };
    let parts = || vec![part("U1"), part("U9")];
    let blocked = || vec![Blocker::Incomplete { missing: vec!["A page is missing.".to_owned()] }];
    let judged = |electorate| Command::Judge { electorate, base: None, round: 0 };
    insta::assert_snapshot!([
        told(&quorum(), check(authors(3), &[("U1", Deactivated), ("U2", Eligible)])),
        told(&quorum(), check(Electorate { parts: parts(), ..authors(3) }, &both)),
        told(&quorum(), check(Electorate { blocked: blocked(), ..authors(3) }, &both)),
        told(&quorum(), judged(Electorate { parts: parts(), ..authors(3) })),
    ].join("\n\n"), @"
    :warning: Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
    :no_entry_sign: The approval of <@U1> does not count: their account is deactivated.
    The votes that count are kept: 1 of 2 approvals. Still to vote: <@U1>, <@U3>.

    :warning: Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
    Votes don't count for the voter's own changes. Votes still needed: 1 for what <@U1> made (“Take cards”).
    The votes that count are kept: 1 of 2 approvals. Still to vote: <@U3>.

    :warning: Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
    It is blocked, and the votes are kept: the dialog says why, and what to do.

    :warning: Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
    Votes don't count for the voter's own changes. Votes still needed: 1 for what <@U1> made (“Take cards”).
    The votes that count are kept: 1 of 2 approvals. Still to vote: <@U3>.
    ");
}

#[test]
fn quorum_that_holds_or_is_undone_is_not_told_as_reopened() {
    let all = [("U1", Eligible), ("U2", Eligible)];
    assert_eq!(told(&quorum(), check(authors(3), &all)), "");
    let struck = check(authors(3), &[("U1", Deactivated), ("U2", Eligible)]);
    // The thread says who undid it.
    let undo = Click {
        voter: member("U2"),
        ask: ApprovalAction::Undo.into(),
        at: at(90),
        subject: approval().subject.mark(),
    };
    let undone = after(&quorum(), Command::Click(undo), 90);
    assert_eq!(undone.status, Status::Pending);
    assert_eq!(decide(&undone, struck, at(200)).map(|decision| decision.effects).ok(), None);
}

#[test]
fn quorum_that_ends_without_its_actions_is_told() {
    let postpone = |reason: &str| Command::Postpone { reason: reason.to_owned() };
    let cancel = || Command::Cancel { reason: "the commit is not in the range any more".to_owned() };
    let dialog = Some(Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() });
    let expired = Approval { expires_at: Some(at(100)), dialog, ..quorum() };
    let struck = check(authors(3), &[("U1", Deactivated), ("U2", Eligible)]);
    insta::assert_snapshot!([
        told(&quorum(), postpone("Slack answered 503")),
        told(&quorum(), cancel()),
        told(&quorum(), Command::Supersede(successor())),
        told(&expired, struck),
    ].join("\n\n"), @"
    :warning: Enough people approved this, and nothing has run yet: Signoff can’t look up who approved. Slack answered 503. It tries again for a day, then it cancels this approval.
    Approved by <@U1>, <@U2>.

    :warning: Enough people approved this, and nothing ran: Signoff cancelled it. The commit is not in the range any more. The deploy’s page offers *Ask again* to those who may vote.
    Approved by <@U1>, <@U2>.

    :warning: Enough people approved this, and nothing ran: it was superseded by <https://signoff.example.com/deploys/d2|98c2f5b - checkout (Staging)>.
    Approved by <@U1>, <@U2>.

    :warning: Enough people had approved this, and nothing ran: when Signoff looked again before the first action, it was not complete.
    :no_entry_sign: The approval of <@U1> does not count: their account is deactivated.
    The time to decide is over, so it expired. The dialog’s menu offers *Ask again* to those who may vote.
    ");
    let noted = after(&quorum(), postpone("Slack answered 503"), 190);
    assert_eq!(told(&noted, postpone("GitHub answered 401")), "", "the dialog has the later reasons");
    // Without a quorum, nobody's approval is lost.
    assert_eq!(told(&of_three(), cancel()), "");
    // Who cancels it knows.
    let by_hand = click("U3", ApprovalAction::Cancel.because("not today"), 190);
    assert_eq!(told(&quorum(), by_hand), "");
}
