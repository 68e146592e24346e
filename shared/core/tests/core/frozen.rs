//! Freezes that hold an approval, and lifting them.

use crate::approval_table::{outcome, table};
use crate::dialogs::drawn;
use crate::samples::{
    after, all_may, approval, at, authors, because, check, click, except, for_it, frozen, of_three, voted,
    window,
};
use jiff::SignedDuration;
use jiff::civil::date;
use signoff_core::approval::{
    self as votes, Approval, ApprovalAction, Ask, Choice, Command, Dialog, Electorate, Frozen, Refusal,
};
use signoff_core::approval::{Standing, Status, Verdict, Voter, decide};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::freeze::{Dates, Freeze, Hours};
use signoff_core::message::{freeze_lifted, refusal};

use Choice::Approve;

fn lift(reason: &str) -> Ask {
    ApprovalAction::LiftFreeze.because(reason.to_owned())
}

/// One vote is needed; frozen until 600. U8 and U9 may lift the freeze.
fn waiting() -> Approval {
    let dialog = Some(Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() });
    Approval { dialog, ..frozen(approval(), 600, &["U8", "U9"]) }
}

fn held() -> Approval {
    voted(waiting(), &[("U1", Approve)])
}

/// A window on that day, from one second of [`at`] to another; both are whole minutes.
fn between(name: &str, from: u16, to: u16) -> Freeze {
    let minute = |second: u16| 11 * 60 + 42 + second / 60;
    let today = Dates { first: date(2021, 5, 11), last: date(2021, 5, 11) };
    let hours = Some(Hours { from: minute(from), to: minute(to) });
    Freeze { hours, dates: vec![today], ..window(name, "UTC") }
}

fn until(approval: &Approval) -> i64 {
    let Status::Quorum { until, .. } = approval.status else { panic!("{:?}", approval.status) };
    until.duration_since(at(0)).as_secs()
}

#[test]
fn a_quorum_is_held_until_the_later_of_undo_window_and_freeze() {
    for (windows, undo, expected) in [
        (vec![], None, 60),
        (vec![between("a", 0, 600)], None, 600),
        (vec![between("a", 0, 600)], Some(120), 600),
        (vec![between("a", 0, 120)], Some(120), 180),
        // It is the end of the undo window that must not be in a freeze.
        (vec![between("a", 120, 600)], Some(120), 600),
        (vec![between("a", 0, 120), between("b", 120, 240)], None, 240),
        (vec![between("a", 120, 600)], None, 60),
    ] {
        let first = Approval {
            frozen: Frozen::new(windows.clone(), at(0)),
            undo_window: undo.map(SignedDuration::from_secs),
            ..approval()
        };
        assert_eq!(until(&voted(first, &[("U1", Approve)])), expected, "{windows:?} {undo:?}");
    }
}

#[test]
fn nothing_is_approved_in_a_freeze() {
    let confirm = |state: &Approval, second| outcome(state, all_may(state), second);
    // It was reached before the window opened, and is looked at after.
    let late = Approval { frozen: Frozen::new(vec![between("a", 120, 600)], at(0)), ..approval() };
    let late = voted(late, &[("U1", Approve)]);
    insta::assert_snapshot!(table([
        ("before the freeze ends", confirm(&held(), 599)),
        ("when it ends", confirm(&held(), 600)),
        ("in a window that opened since", confirm(&late, 130)),
        ("in no window", confirm(&late, 119)),
    ]), @"
    before the freeze ends         refused: NotNow
    when it ends                   approved 1:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed
    in a window that opened since  quorum 1:0; do: draw_dialog, confirm_quorum at 600; record: voters_checked, frozen
    in no window                   approved 1:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed
    ");
    let again = after(&late, all_may(&late), 130);
    assert_eq!((until(&again), again.frozen.names()), (600, Some("a".to_owned())));
}

#[test]
fn an_approval_that_opens_says_when_its_freeze_changes() {
    let opening = |windows| {
        let first = Approval { frozen: Frozen::new(windows, at(0)), ..approval() };
        votes::open(first, None)
    };
    let (frozen, not_yet) = (opening(vec![between("a", 0, 600)]), opening(vec![between("a", 120, 600)]));
    let lines = [("in a freeze", &frozen), ("before one", &not_yet), ("without", &opening(vec![]))];
    let lines = lines.map(|(name, decision)| (name, crate::samples::consequences(decision)));
    insta::assert_snapshot!(table(lines), @"
    in a freeze  do: watch_freeze at 600; record: approval_opened, frozen
    before one   do: watch_freeze at 120; record: approval_opened
    without      do: -; record: approval_opened
    ");
    let watch = |state: &Approval, second| outcome(state, Command::WatchFreeze, second);
    let opened = after(&not_yet.next, Command::WatchFreeze, 120);
    insta::assert_snapshot!(table([
        ("before the window opens", watch(&not_yet.next, 60)),
        ("when it opens", watch(&not_yet.next, 120)),
        ("when it closes", watch(&opened, 600)),
        ("after it closed", watch(&after(&opened, Command::WatchFreeze, 600), 660)),
        ("in a quorum", watch(&held(), 300)),
        ("in a quorum, when it closes", watch(&held(), 600)),
        ("after the freeze is lifted", watch(&after(&waiting(), click("U8", lift("now"), 90), 90), 600)),
    ]), @"
    before the window opens      pending 0:0; do: watch_freeze at 120; record: -
    when it opens                pending 0:0; do: draw_dialog, watch_freeze at 600; record: frozen
    when it closes               pending 0:0; do: draw_dialog; record: -
    after it closed              refused: NotNow
    in a quorum                  quorum 1:0; do: watch_freeze at 600; record: -
    in a quorum, when it closes  refused: NotNow
    after the freeze is lifted   refused: NotNow
    ");
}

#[test]
fn frozen_quorum_can_be_undone_and_does_not_expire() {
    let dated = Approval { expires_at: Some(at(300)), ..waiting() };
    let held = voted(dated, &[("U1", Approve)]);
    insta::assert_snapshot!(table([
        ("undone", outcome(&held, click("U2", ApprovalAction::Undo.into(), 200), 200)),
        ("undone after the deadline", outcome(&held, click("U2", ApprovalAction::Undo.into(), 400), 400)),
        ("withdrawn", outcome(&held, click("U1", ApprovalAction::Withdraw.into(), 200), 200)),
        ("rejected", outcome(&held, click("U2", because(Choice::Reject, "no"), 200), 200)),
        ("its time is over", outcome(&held, Command::Expire, 300)),
    ]), @"
    undone                     pending 0:0; do: tell_thread, draw_dialog, expire at 300; record: quorum_undone, vote_withdrawn
    undone after the deadline  expired 0:0; do: tell_thread, draw_dialog, advance_run 0; record: quorum_undone, vote_withdrawn, approval_closed
    withdrawn                  pending 0:0; do: draw_dialog, expire at 300; record: vote_withdrawn
    rejected                   rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
    its time is over           refused: NotNow
    ");
    let undone = after(&held, click("U2", ApprovalAction::Undo.into(), 200), 200);
    assert_eq!(undone.frozen, waiting().frozen);
}

#[test]
fn lifting_the_freeze_is_no_vote() {
    let lift_it = |state: &Approval, who: &str| outcome(state, click(who, lift("outage"), 90), 90);
    let undoable =
        voted(Approval { undo_window: Some(SignedDuration::from_mins(2)), ..waiting() }, &[("U1", Approve)]);
    let lifted = after(&waiting(), click("U8", lift("outage"), 90), 90);
    let free = Approval { frozen: Frozen::default(), ..waiting() };
    let own = Approval { electorate: except(waiting().electorate, &["U8"]), ..waiting() };
    insta::assert_snapshot!(table([
        ("a pending one", lift_it(&waiting(), "U8")),
        ("who made the change", lift_it(&own, "U8")),
        ("a quorum", lift_it(&held(), "U9")),
        ("a quorum that can be undone", lift_it(&undoable, "U9")),
        ("and then a vote", outcome(&lifted, click("U1", for_it(Approve), 95), 95)),
        ("somebody who is not named", lift_it(&held(), "U1")),
        ("without a reason", outcome(&held(), click("U8", lift(" "), 90), 90)),
        ("again", outcome(&lifted, click("U9", lift("outage"), 95), 95)),
        ("the same click again", outcome(&lifted, click("U8", lift("outage"), 90), 95)),
        ("without a freeze", lift_it(&free, "U8")),
        ("after the freeze", outcome(&waiting(), click("U8", lift("outage"), 600), 600)),
    ]), @r#"
    a pending one                pending 0:0; do: tell_freeze_lifted, draw_dialog; record: freeze_lifted
    who made the change          pending 0:0; do: tell_freeze_lifted, draw_dialog; record: freeze_lifted
    a quorum                     quorum 1:0; do: confirm_quorum, tell_freeze_lifted, draw_dialog; record: freeze_lifted
    a quorum that can be undone  quorum 1:0; do: tell_freeze_lifted, draw_dialog, confirm_quorum at 180; record: freeze_lifted
    and then a vote              quorum 1:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached
    somebody who is not named    refused: NotALifter(["U8", "U9"])
    without a reason             refused: ReasonNeeded
    again                        refused: NotFrozen
    the same click again         refused: Replayed
    without a freeze             refused: NotFrozen
    after the freeze             refused: NotFrozen
    "#);
    assert_eq!(until(&after(&undoable, click("U9", lift("outage"), 90), 90)), 180);
    let decision = decide(&held(), click("U9", lift(" outage "), 90), at(90)).expect("it is lifted");
    let told = EffectKind::TellFreezeLifted { approval: held().id };
    let confirm = EffectKind::ConfirmQuorum { approval: held().id };
    assert!(decision.effects.contains(&told) && decision.effects.contains(&confirm));
    assert_eq!(
        decision.events,
        [EventKind::FreezeLifted {
            approval: held().id,
            by: "U9".to_owned(),
            name: "name of U9".to_owned(),
            freeze: "release".to_owned(),
            reason: "outage".to_owned(),
        }]
    );
    assert!(after(&decision.next, all_may(&decision.next), 91).status.is_approved());
}

#[test]
fn only_who_is_named_in_every_window_lifts_the_freeze() {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let two = Approval {
        frozen: Frozen::new(vec![between("a", 0, 120), between("b", 120, 600)], at(0)),
        electorate: Electorate { lift_freeze: vec![names(&["U7", "U8"]), names(&["U8"])], ..authors(3) },
        ..of_three()
    };
    let refused =
        |state: &Approval, who: &str, second| decide(state, click(who, lift("x"), second), at(second)).err();
    assert_eq!(refused(&two, "U7", 90), Some(Refusal::NotALifter(names(&["U8"]))));
    assert_eq!(refused(&two, "U8", 90), None);
    assert_eq!(refused(&frozen(approval(), 600, &[]), "U8", 90), Some(Refusal::NotALifter(Vec::new())));
    for (workspace, standing, verdict) in [
        ("T2", None, Verdict::Stranger),
        ("T1", Some(Standing::Guest), Verdict::Guest),
        ("T1", Some(Standing::Deactivated), Verdict::Deactivated),
    ] {
        let voter =
            Voter { id: "U8".to_owned(), name: String::new(), workspace: workspace.to_owned(), standing };
        let subject = two.subject.mark();
        let click = votes::Click { voter, ask: lift("x"), at: at(90), subject };
        let refused = decide(&two, Command::Click(click), at(90));
        assert!(matches!(refused, Err(Refusal::NotEligible(told, _)) if told == verdict), "{refused:?}");
    }
    // Who may vote is looked up again before the actions run, and so is who may lift the freeze.
    let looked_up = check(authors(3), &[("U1", Verdict::Deactivated)]);
    let quorum = voted(two, &[("U1", Approve), ("U2", Approve)]);
    let after = after(&quorum, looked_up, 600);
    assert_eq!(after.electorate.lift_freeze, Vec::<Vec<String>>::new());
}

#[test]
fn lifters_whom_slack_does_not_have_are_named() {
    let mut held = held();
    held.electorate.missing_lifters = vec!["@on-call".to_owned(), "U0LEFT".to_owned()];
    let told = "Slack does not know these people who can lift it: @on-call, U0LEFT.";
    assert!(drawn(&held, None).contains(told), "{}", drawn(&held, None));
    let lifted = after(&held, click("U8", lift("Checkout is down"), 90), 90);
    assert!(!drawn(&lifted, None).contains(told), "nobody has to lift it any more");
}

#[test]
fn a_dialog_says_until_when_it_is_frozen_and_who_lifted_it() {
    let lifted = after(&held(), click("U8", lift("Checkout is down"), 90), 90);
    let approved = after(&lifted, all_may(&lifted), 91);
    let nobody = voted(frozen(approval(), 600, &[]), &[("U1", Approve)]);
    let told = [
        ("waiting", &waiting()),
        ("held", &held()),
        ("held, and nobody may lift it", &nobody),
        ("lifted", &lifted),
        ("approved", &approved),
        ("cancelled", &after(&held(), click("U2", ApprovalAction::Cancel.because("not now"), 90), 90)),
    ]
    .map(|(name, state)| format!("{name}\n{}", drawn(state, None)));
    insta::assert_snapshot!(told.join("\n"), @r#"
    waiting
    context: :snowflake: Frozen until <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC>: release. You can vote now; actions run when the freeze ends.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"; Lift the freeze…: "lift_freeze d a cfa564f969"]

    held
    section: *Votes:*
    <@U1> :+1:
    context: :snowflake: Frozen until <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC>: release.
    context: 1 approval. It goes ahead on <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC> unless somebody presses Undo.
    "votes": [Undo: "undo" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"; Lift the freeze…: "lift_freeze d a cfa564f969"]

    held, and nobody may lift it
    section: *Votes:*
    <@U1> :+1:
    context: :snowflake: Frozen until <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC>: release.
    context: 1 approval. It goes ahead on <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC> unless somebody presses Undo.
    "votes": [Undo: "undo" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]

    lifted
    section: *Votes:*
    <@U1> :+1:
    context: :rotating_light: <@U8> lifted the freeze for this on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down.
    context: 1 approval. Signoff is checking that those who approved can still approve.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]

    approved
    section: *Votes:*
    <@U1> :+1:
    context: :rotating_light: <@U8> lifted the freeze for this on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down.
    context: Action approved on <!date^1620733411^{date} at {time}|2021-05-11 at 11:43 UTC>.

    cancelled
    section: *Votes:*
    <@U1> :+1:
    context: Action cancelled by <@U2> on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: not now.
    "#);
    insta::assert_snapshot!(freeze_lifted(&lifted).expect("it was lifted"), @":rotating_light: <@U8> lifted the freeze for this approval. Checkout is down.");
    let silent = Approval { dialog: None, ..lifted.clone() };
    assert_eq!((freeze_lifted(&held()), freeze_lifted(&silent)), (None, None));
}

#[test]
fn who_can_not_lift_a_freeze_is_told_why() {
    let named = vec!["U8".to_owned(), "U9".to_owned()];
    let told = [Refusal::NotALifter(named), Refusal::NotALifter(Vec::new()), Refusal::NotFrozen];
    let told = told.map(|refused| refusal(&refused).expect("something to tell"));
    insta::assert_snapshot!(told.join("\n"), @"
    Only <@U8>, <@U9> can lift this freeze.
    Nobody can lift this freeze: the rule names nobody for it.
    There is no freeze to lift.
    ");
}
