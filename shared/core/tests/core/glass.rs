//! Break-glass: the people who may use it, the votes that it replaces, and the review that follows.

use crate::approval_table::outcome;
use crate::dialogs::drawn;
use crate::samples::{
    WORKSPACE, after, approval, at, authors, check, click, except, for_it, frozen, member, voted,
};
use insta::assert_snapshot;
use jiff::SignedDuration;
use signoff_core::approval::{
    Approval, ApprovalAction, Ask, Blocker, BreakerCheck, Breakers, Check, Choice, Click, Command, Dialog,
    Electorate, Hands, Refusal, Standing, Status, Verdict, Voter, decide, next_reminder,
};
use signoff_core::base::Base;
use signoff_core::deploy::Slug;
use signoff_core::effect::EffectKind;
use signoff_core::message::{Asking, ask_reason, glass_broken, refusal, review_reminder};
use signoff_core::owed::OwedReviews;
use std::fmt::Write;

fn breaks(reason: &str) -> Ask {
    ApprovalAction::BreakGlass.because(reason.to_owned())
}

fn reviews(note: &str) -> Ask {
    ApprovalAction::Review.because(note.to_owned())
}

fn names(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Two votes of U1, U2 and U3 are needed. U1 made the change; U1 and U9 may break the glass.
fn whole() -> Approval {
    let glass = Breakers { people: names(&["U1", "U9"]), review_within: 48 * 3600, by_policy: false };
    let dialog = Some(Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() });
    let electorate = Electorate { glass: Some(glass), ..except(authors(3), &["U1"]) };
    Approval { votes_required: 2, electorate, dialog, ..approval() }
}

/// The same, and nobody knows who made the change.
fn blocked() -> Approval {
    let electorate = Electorate { blocked: vec![Blocker::NoBase], ..whole().electorate };
    Approval { electorate, ..whole() }
}

fn broken_by(approval: &Approval, id: &str) -> Approval {
    after(approval, click(id, breaks("Checkout is down"), 90), 90)
}

/// The look at `by`, who broke the glass, while U1 and U4 made the change.
fn look(approval: &Approval, by: &str, verdict: Verdict) -> Command {
    let hands = Hands { members: names(&["U1", "U4"]), may_lack: false };
    let breaker = Some(BreakerCheck { by: by.to_owned(), verdict, hands });
    let electorate = approval.electorate.clone();
    Command::Confirm(Check { electorate, voters: Vec::new(), base: None, breaker })
}

/// It went ahead by U9.
fn ahead() -> Approval {
    let broken = broken_by(&whole(), "U9");
    after(&broken, look(&broken, "U9", Verdict::Eligible), 91)
}

#[test]
fn channel_is_told_the_end_of_a_short_window_in_seconds() {
    let told = glass_broken(&with_undo()).expect("something to tell").text;
    assert!(told.contains("It goes ahead on <!date^1620733530^{date} at {time_secs}|"), "{told}");
}

#[test]
fn a_broken_glass_replaces_votes_and_nothing_else() {
    let undoable = Approval { undo_window: Some(SignedDuration::from_secs(120)), ..whole() };
    let held = Approval { electorate: whole().electorate, ..frozen(whole(), 600, &[]) };
    let expiring = Approval { expires_at: Some(at(80)), ..whole() };
    let one_vote = voted(whole(), &[("U2", Choice::Approve)]);
    let enough = voted(whole(), &[("U2", Choice::Approve), ("U3", Choice::Approve)]);
    let mut table = String::new();
    for (name, state) in [
        ("without votes", whole()),
        ("with a vote", one_vote),
        ("blocked", blocked()),
        ("with an undo window", undoable),
        ("in a freeze", held),
        ("enough votes", enough),
        ("after the deadline", expiring),
        ("a proposed rules file", approval()),
        ("gone ahead", ahead()),
    ] {
        let result = outcome(&state, click("U9", breaks("Checkout is down"), 95), 95);
        writeln!(table, "{name:22} {result}").expect("a string takes it");
    }
    assert_snapshot!(table, @"
    without votes          quorum 0:0; do: tell_glass_broken, draw_dialog, confirm_quorum; record: glass_broken
    with a vote            quorum 1:0; do: tell_glass_broken, draw_dialog, confirm_quorum; record: glass_broken
    blocked                quorum 0:0; do: tell_glass_broken, draw_dialog, confirm_quorum; record: glass_broken
    with an undo window    quorum 0:0; do: tell_glass_broken, draw_dialog, confirm_quorum at 215; record: glass_broken
    in a freeze            quorum 0:0; do: tell_glass_broken, draw_dialog, confirm_quorum at 600; record: glass_broken, frozen
    enough votes           refused: NoGlassNeeded
    after the deadline     refused: already expired
    a proposed rules file  refused: NotABreaker([])
    gone ahead             refused: Repeated
    ");
}

#[test]
fn only_who_is_named_breaks_the_glass_and_only_with_a_reason() {
    let result = |voter: Voter, reason: &str| {
        let subject = approval().subject.mark();
        let click = Click { voter, ask: breaks(reason), at: at(90), subject };
        decide(&whole(), Command::Click(click), at(90)).map(|decision| decision.next.glass.broken.is_some())
    };
    let stranger = Voter { workspace: "T2".to_owned(), ..member("U9") };
    let guest = Voter { standing: Some(Standing::Guest), ..member("U9") };
    assert_eq!(result(member("U9"), "outage"), Ok(true));
    assert_eq!(result(member("U1"), "outage"), Ok(true), "who made the change may");
    assert_eq!(result(member("U9"), " "), Err(Refusal::ReasonNeeded));
    assert_eq!(result(member("U2"), "outage"), Err(Refusal::NotABreaker(names(&["U1", "U9"]))));
    for voter in [stranger, guest] {
        assert_eq!(voter.workspace == WORKSPACE, voter.standing == Some(Standing::Guest));
        assert!(matches!(result(voter, "outage"), Err(Refusal::NotEligible(..))));
    }
}

#[test]
fn the_look_before_the_first_action_decides() {
    let broken = broken_by(&blocked(), "U9");
    let unnamed =
        Approval { electorate: Electorate { glass: None, ..broken.electorate.clone() }, ..broken.clone() };
    let again = after(
        &broken_by(&after(&with_undo(), click("U9", ApprovalAction::Undo.into(), 92), 92), "U1"),
        nothing(),
        93,
    );
    let mut table = String::new();
    for (name, state, command) in [
        ("they may", &broken, look(&broken, "U9", Verdict::Eligible)),
        ("they left", &broken, look(&broken, "U9", Verdict::Deactivated)),
        ("not named any more", &broken, look(&unnamed, "U9", Verdict::Eligible)),
        ("a look from before it", &broken, check(broken.electorate.clone(), &[])),
        ("another one's look", &again, look(&again, "U9", Verdict::Eligible)),
    ] {
        writeln!(table, "{name:22} {}", outcome(state, command, 400)).expect("a string takes it");
    }
    assert_snapshot!(table, @"
    they may               approved 0:0; do: draw_dialog, advance_run 0, remind_review at 172890; record: voters_checked, approval_closed
    they left              pending 0:0; do: draw_dialog, tell_thread; record: voters_checked, glass_struck
    not named any more     pending 0:0; do: draw_dialog, tell_thread; record: voters_checked, glass_struck
    a look from before it  quorum 0:0; do: draw_dialog, confirm_quorum; record: voters_checked
    another one's look     quorum 0:0; do: draw_dialog, confirm_quorum; record: voters_checked
    ");
    let struck = after(&broken, look(&broken, "U9", Verdict::Deactivated), 91);
    assert_eq!((struck.status.clone(), struck.glass.broken.is_none()), (Status::Pending, true));
    assert!(broken_by(&struck, "U1").glass.struck.is_none());
}

/// The glass is broken by U9, and the undo window is open.
fn with_undo() -> Approval {
    broken_by(&Approval { undo_window: Some(SignedDuration::from_secs(120)), ..whole() }, "U9")
}

/// A command that only names somebody.
fn nothing() -> Command {
    Command::DialogPosted(Dialog { channel: "C1".to_owned(), ts: "2.0".to_owned() })
}

#[test]
fn an_undo_makes_the_glass_whole() {
    for id in ["U9", "U2"] {
        let undone = after(&with_undo(), click(id, ApprovalAction::Undo.into(), 95), 95);
        assert_eq!((undone.status, undone.glass.broken), (Status::Pending, None), "{id}");
    }
    assert!(decide(&with_undo(), click("U7", ApprovalAction::Undo.into(), 95), at(95)).is_err());
}

#[test]
fn votes_count_beside_a_broken_glass() {
    let state = with_undo();
    let rejected = after(&state, click("U2", for_it(Choice::Reject), 95), 95);
    assert!(rejected.status.is_rejected(), "{:?}", rejected.status);
    assert!(rejected.owed_review().is_none());
    let both = voted(state, &[("U2", Choice::Approve), ("U3", Choice::Approve)]);
    assert!(both.glass.broken.is_some() && both.status.is_quorum());
}

#[test]
fn a_review_is_by_somebody_who_had_no_part_in_it() {
    let result = |state: &Approval, id: &str, second| {
        decide(state, click(id, reviews("Fine"), second), at(second)).map(|decision| {
            let review = decision.next.glass.broken.and_then(|broken| broken.review);
            review.map(|review| (review.by, review.note))
        })
    };
    let said = |state: &Approval, id: &str| match result(state, id, 200) {
        Ok(review) => format!("{review:?}"),
        Err(why) => refusal(&why).unwrap_or_default(),
    };
    let anyone = Approval { electorate: Electorate { people: None, ..ahead().electorate }, ..ahead() };
    let alone = Approval {
        electorate: Electorate { people: Some(names(&["U1", "U9"])), ..ahead().electorate },
        ..ahead()
    };
    let mut table = String::new();
    for (name, state, id) in [
        ("broke it", &ahead(), "U9"),
        ("made it", &ahead(), "U1"),
        ("may vote", &ahead(), "U2"),
        ("may not vote", &ahead(), "U7"),
        ("anyone: broke it", &anyone, "U9"),
        ("anyone: made some", &anyone, "U4"),
        ("anyone: had no part", &anyone, "U7"),
        ("no voter left", &alone, "U7"),
        ("no voter left: made it", &alone, "U1"),
        ("not gone ahead", &with_undo(), "U2"),
        ("whole", &whole(), "U2"),
    ] {
        writeln!(table, "{name:22} {}", said(state, id)).expect("a string takes it");
    }
    assert_snapshot!(table, @r#"
    broke it               Your review did not count: you broke the glass. Only <@U2>, <@U3> may.
    made it                Your review did not count: you made some of the change, or you said who did. Only <@U2>, <@U3> may.
    may vote               Some(("U2", "Fine"))
    may not vote           Your review did not count: you cannot vote on this approval. Only <@U2>, <@U3> may.
    anyone: broke it       Your review did not count: you broke the glass. Anyone else in the channel can, unless they made some of the change.
    anyone: made some      Your review did not count: you made some of the change, or you said who did. Anyone else in the channel can, unless they made some of the change.
    anyone: had no part    Some(("U7", "Fine"))
    no voter left          Some(("U7", "Fine"))
    no voter left: made it Your review did not count: you made some of the change, or you said who did. Anyone else in the channel can, unless they made some of the change.
    not gone ahead         There is nothing to review: nobody broke the glass here.
    whole                  There is nothing to review: nobody broke the glass here.
    "#);
    let reviewed = after(&ahead(), click("U2", reviews("Fine"), 200), 200);
    assert!(reviewed.owed_review().is_none());
    assert_eq!(result(&reviewed, "U2", 200), Err(Refusal::Replayed));
    assert!(matches!(result(&reviewed, "U3", 300), Err(Refusal::Reviewed(_))));
    assert_eq!(decide(&ahead(), click("U2", reviews(" "), 200), at(200)).err(), Some(Refusal::ReasonNeeded));
}

#[test]
fn a_review_settles_and_its_reminders_end() {
    let decision = decide(&ahead(), click("U2", reviews("Fine"), 200), at(200)).expect("a review");
    let settles = EffectKind::SettleReview { approval: ahead().id };
    assert!(decision.effects.contains(&settles), "{:?}", decision.effects);
    assert!(review_reminder(&ahead()).is_some() && review_reminder(&decision.next).is_none());
    let broken = broken_by(&whole(), "U9");
    let look = decide(&broken, look(&broken, "U9", Verdict::Eligible), at(91)).expect("it goes ahead");
    let reminded: Vec<_> = look.later.iter().map(|later| (later.at, later.kind.clone())).collect();
    let kind = |round| EffectKind::RemindReview { approval: ahead().id, round };
    assert_eq!(reminded, [(at(90 + 48 * 3600), kind(1))]);
    let next = next_reminder(&look.next, 1, at(500));
    assert_eq!((next.at, next.kind), (at(500 + 24 * 3600), kind(2)));
}

#[test]
fn what_is_owed_is_listed_until_it_is_reviewed() {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let owed = OwedReviews::none(&slug).with(&ahead()).with(&ahead());
    assert_eq!(owed.owed.iter().map(|owed| owed.broken_by.as_str()).collect::<Vec<_>>(), ["name of U9"]);
    assert_eq!(owed.clone().with(&with_undo()).owed, [], "it did not go ahead");
    assert_eq!(owed.without(&ahead().id).owed, []);
}

#[test]
fn a_reviewed_revision_is_a_base_unless_another_came_since() {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let base = Base::none(&slug, "p").after("a", true, at(0));
    let start = |base: Base, four_eyes| base.start(four_eyes).map(|start| start.revision.clone());
    let reviewed = base.clone().reviewed("b", true, at(10), at(20)).expect("nothing came since");
    assert_eq!(start(reviewed, true).as_deref(), Some("b"));
    let of_votes = base.clone().reviewed("b", false, at(10), at(20)).expect("nothing came since");
    assert_eq!(
        (start(of_votes.clone(), true).as_deref(), start(of_votes, false).as_deref()),
        (Some("a"), Some("b"))
    );
    assert_eq!(base.after("c", true, at(15)).reviewed("b", true, at(10), at(20)), None);
}

#[test]
fn place_stands_where_a_broken_glass_let_it_through() {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let base = Base::none(&slug, "p").after("a", true, at(0)).after_glass("b", at(10));
    let start = |base: &Base, revision| base.start_of(true, revision).map(|start| start.revision.clone());
    // What comes next is judged with it, and going back to what was approved takes it out.
    assert_eq!(start(&base, "c").as_deref(), Some("a"));
    assert_eq!(start(&base, "a").as_deref(), Some("b"));
    assert_eq!(start(&base, "b").as_deref(), Some("a"));
    let later = base.clone().after("c", true, at(20));
    assert_eq!(start(&later, "c").as_deref(), Some("a"), "it was let through after that");
    let since =
        |base: &Base, since| base.let_through_since(at(since), "a").map(|passed| passed.revision.clone());
    assert_eq!([since(&base, 5), since(&base, 10)], [Some("b".to_owned()), None]);
    assert_eq!([since(&later, 5), since(&later, 20)], [Some("c".to_owned()), None]);
    assert_eq!(
        base.set("d", "head", true, "U1", at(30)).let_through_since(at(10), "a"),
        None,
        "an admin only said so"
    );
}

#[test]
fn base_as_of_a_time_lacks_what_was_let_through_since() {
    let slug = Slug::new("acme", "checkout").expect("a slug");
    let base = Base::none(&slug, "p").after("a", true, at(0)).after("b", true, at(10));
    let base = base.after_glass("c", at(20)).after("d", false, at(30));
    let known = |time, four_eyes| {
        let known = base.clone().as_of(at(time));
        let glass = known.by_glass.as_ref().map(|glass| glass.revision.clone());
        let through: Vec<String> =
            known.let_through(four_eyes).into_iter().map(|passed| passed.revision.clone()).collect();
        (through.join(" "), glass)
    };
    let glass = Some("c".to_owned());
    assert_eq!(known(30, false), ("d b a".to_owned(), glass.clone()));
    assert_eq!(known(25, false), ("b a".to_owned(), glass));
    assert_eq!(known(15, true), ("b a".to_owned(), None));
    assert_eq!(known(5, true), ("a".to_owned(), None));
    assert_eq!(known(-1, true), (String::new(), None));
}

#[test]
fn people_read_of_a_broken_glass_wherever_they_look() {
    let reviewed = after(&ahead(), click("U2", reviews("Rolled forward since"), 200), 200);
    let struck = {
        let broken = broken_by(&whole(), "U9");
        after(&broken, look(&broken, "U9", Verdict::Guest), 91)
    };
    let held = broken_by(&Approval { electorate: whole().electorate, ..frozen(whole(), 600, &[]) }, "U9");
    let mut all = String::new();
    for (name, state) in [
        ("whole", &whole()),
        ("being checked", &broken_by(&blocked(), "U9")),
        ("to be undone", &with_undo()),
        ("in a freeze", &held),
        ("gone ahead", &ahead()),
        ("reviewed", &reviewed),
        ("struck", &struck),
    ] {
        writeln!(all, "# {name}\n{}", drawn(state, None)).expect("a string takes it");
    }
    for message in [glass_broken(&held), review_reminder(&ahead())] {
        let message = message.expect("something to tell");
        writeln!(all, "# told\n{}", message.text).expect("a string takes it");
    }
    let window = ask_reason(&whole(), "Break the glass", Asking::Glass, "");
    writeln!(all, "# window\n{}", window["blocks"]).expect("a string takes it");
    assert_snapshot!(all, @r#"
    # whole
    context: 0 of 2 approvals, 2 more needed. Only the authors of this deploy can vote: <@U2>, <@U3>. Can't vote on their own change: <@U1>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"; Break the glass…: "break_glass d a cfa564f969"]

    # being checked
    context: :rotating_light: Glass broken by <@U9> on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down. Review due <!date^1620906210^{date} at {time}|2021-05-13 at 11:43 UTC>.
    context: Signoff is checking that <@U9> can still approve.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]

    # to be undone
    context: :rotating_light: Glass broken by <@U9> on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down. Review due <!date^1620906210^{date} at {time}|2021-05-13 at 11:43 UTC>.
    context: It goes ahead on <!date^1620733530^{date} at {time_secs}|2021-05-11 at 11:45:30 UTC> unless somebody presses Undo.
    "votes": [Undo: "undo" "d a cfa564f969", danger]

    # in a freeze
    context: :snowflake: Frozen until <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC>: release.
    context: :rotating_light: Glass broken by <@U9> on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down. Review due <!date^1620906210^{date} at {time}|2021-05-13 at 11:43 UTC>.
    context: It goes ahead on <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC> unless somebody presses Undo.
    "votes": [Undo: "undo" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]

    # gone ahead
    context: :rotating_light: Glass broken by <@U9> on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down. Review due <!date^1620906210^{date} at {time}|2021-05-13 at 11:43 UTC>.
    context: Went ahead on <!date^1620733411^{date} at {time}|2021-05-11 at 11:43 UTC> without its votes.
    "review": [Mark as reviewed: "review" "d a cfa564f969"]

    # reviewed
    context: :rotating_light: Glass broken by <@U9> on <!date^1620733410^{date} at {time}|2021-05-11 at 11:43 UTC>: Checkout is down. Reviewed by <@U2> on <!date^1620733520^{date} at {time}|2021-05-11 at 11:45 UTC>: Rolled forward since.
    context: Went ahead on <!date^1620733411^{date} at {time}|2021-05-11 at 11:43 UTC> without its votes.

    # struck
    context: :no_entry_sign: The glass that <@U9> broke was restored: they are a guest of this workspace.
    context: 0 of 2 approvals, 2 more needed. Only the authors of this deploy can vote: <@U2>, <@U3>. Can't vote on their own change: <@U1>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"; Break the glass…: "break_glass d a cfa564f969"]

    # told
    :rotating_light: <!channel> <@U9> broke the glass of “Promote deploy to production” (`7bf7226`), which goes ahead without the votes that it needs: Checkout is down. It goes ahead on <!date^1620733920^{date} at {time}|2021-05-11 at 11:52 UTC> unless somebody presses Undo.
    Somebody who made none of the change has to review it by <!date^1620906210^{date} at {time}|2021-05-13 at 11:43 UTC>. Until then, the next deploy to the same place is judged with these commits too.
    # told
    :bell: The review of “Promote deploy to production” (`7bf7226`) has been due since <!date^1620906210^{date} at {time}|2021-05-13 at 11:43 UTC>: <@U9> broke its glass. <@U2>, <@U3> can review it.
    # window
    [{"text":{"text":"*Promote deploy to production* (`7bf7226`)","type":"mrkdwn","verbatim":true},"type":"section"},{"text":{"text":"This goes ahead without the votes that it needs. Everyone in the channel is told, and somebody who made none of the change has to review it within 48 hours. A freeze still holds it, and Signoff still checks what runs. Until the review is done, the next deploy to the same place is judged with these commits too.","type":"mrkdwn","verbatim":true},"type":"section"},{"block_id":"reason","element":{"action_id":"reason","max_length":500,"min_length":1,"multiline":true,"type":"plain_text_input"},"hint":{"text":"Shown in Slack and kept in the record.","type":"plain_text"},"label":{"text":"Why?","type":"plain_text"},"type":"input"}]
    "#);
    assert!(glass_broken(&whole()).is_none());
}

#[test]
fn refusals_of_a_glass_say_who_may() {
    let told: Vec<_> = [
        Refusal::NotABreaker(Vec::new()),
        Refusal::NotABreaker(names(&["U1"])),
        Refusal::NoGlassNeeded,
        Refusal::NoReviewOwed,
    ]
    .iter()
    .map(|why| refusal(why).unwrap_or_default())
    .collect();
    assert_snapshot!(told.join("\n"), @"
    Nobody can break the glass of this approval.
    Only <@U1> can break the glass here.
    You cannot break the glass: enough people have already approved.
    There is nothing to review: nobody broke the glass here.
    ");
}
