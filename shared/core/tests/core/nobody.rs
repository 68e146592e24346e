//! Confirming for one approval that a maker is nobody here.

use crate::samples::{after, approval, at, click, consequences, for_it};
use signoff_core::approval::{
    Approval, ApprovalAction, Ask, Blocker, Choice, Closed, Command, Electorate, MakerEntry, NoConfirmer,
    NobodyConfirmed, Part, Refusal, SaidNobody, Status, Verdict, decide,
};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::message::refusal;
use signoff_core::people::Nobody;

fn said(version: u64) -> SaidNobody {
    SaidNobody {
        handle: "github:7".to_owned(),
        version,
        name: "octocat".to_owned(),
        kind: Nobody::Left,
        reason: "a contractor".to_owned(),
        by: "U9".to_owned(),
    }
}

/// The change has a part of U1 and one of somebody who is said to be nobody here; U9 said so.
fn electorate(version: u64) -> Electorate {
    let part = |makers: &[&str]| Part {
        makers: makers.iter().map(ToString::to_string).collect(),
        commits: 1,
        pull_requests: 0,
        title: "Take cards".to_owned(),
    };
    Electorate {
        people: Some(["U1", "U2", "U3", "U9"].map(str::to_owned).to_vec()),
        own_word: vec!["U9".to_owned()],
        parts: vec![part(&["U1"]), part(&[])],
        blocked: vec![Blocker::SaidNobodyHere(said(version))],
        ..Electorate::anyone()
    }
}

fn waiting() -> Approval {
    Approval { electorate: electorate(1), ..approval() }
}

fn confirms(person: &str, version: u64, second: i64) -> Command {
    let maker = MakerEntry { handle: "github:7".to_owned(), version };
    click(person, Ask { maker: Some(maker), ..ApprovalAction::ConfirmNobody.into() }, second)
}

fn judged(electorate: Electorate) -> Command {
    Command::Judge { electorate, base: None, round: 0 }
}

#[test]
fn confirmation_of_a_voter_counts_at_once_and_is_told() {
    let voted = after(&waiting(), click("U2", for_it(Choice::Approve), 10), 10);
    assert_eq!(voted.status, Status::Pending);
    let decision = decide(&voted, confirms("U3", 1, 20), at(20)).unwrap();
    assert!(decision.next.status.is_quorum(), "the vote that was kept completes it");
    let confirmed =
        NobodyConfirmed { handle: "github:7".to_owned(), version: 1, by: "U3".to_owned(), at: at(20) };
    assert_eq!(decision.next.nobody_here, [confirmed]);
    let event = EventKind::NobodyHereConfirmed {
        approval: voted.id.clone(),
        handle: "github:7".to_owned(),
        maker: "octocat".to_owned(),
        said_by: "U9".to_owned(),
        by: "U3".to_owned(),
        name: "name of U3".to_owned(),
    };
    assert!(decision.events.contains(&event), "{:?}", decision.events);
    let text = ":white_check_mark: <@U3> confirmed what <@U9> said: octocat is nobody here (left). It counts for this approval only.";
    let told = EffectKind::tell_thread(voted.id, text.to_owned());
    assert!(decision.effects.contains(&told), "{}", consequences(&decision));
    assert_eq!(decision.next.electorate.verdict("U3"), Verdict::Eligible, "who confirmed it may vote");
    assert_eq!(decision.next.electorate.verdict("U9"), Verdict::OwnWord, "who said it may not");
}

#[test]
fn only_who_may_vote_and_made_nothing_confirms() {
    let no = |why| Refusal::NotAConfirmer(why);
    for (person, version, expected) in [
        ("U1", 1, no(NoConfirmer::MadeSome)),
        ("U2", 2, no(NoConfirmer::Outdated)),
        ("U2", 0, no(NoConfirmer::Outdated)),
    ] {
        assert_eq!(
            decide(&waiting(), confirms(person, version, 10), at(10)).err(),
            Some(expected),
            "{person}"
        );
    }
    for (person, expected) in [("U9", Verdict::OwnWord), ("U4", Verdict::NotNamed)] {
        let refused = decide(&waiting(), confirms(person, 1, 10), at(10)).err();
        assert!(matches!(&refused, Some(Refusal::NotEligible(why, _)) if *why == expected), "{refused:?}");
    }
    let own = Approval { electorate: Electorate { own_word: Vec::new(), ..electorate(1) }, ..approval() };
    let refused = decide(&own, confirms("U9", 1, 10), at(10)).err();
    assert_eq!(refused, Some(no(NoConfirmer::OwnWord)));
    let told = [NoConfirmer::Outdated, NoConfirmer::OwnWord, NoConfirmer::MadeSome]
        .map(|why| refusal(&no(why)).unwrap_or_default());
    insta::assert_snapshot!(told.join("\n"), @"
    Nothing was confirmed: it was confirmed or changed in the meantime. Check it again.
    Nothing was confirmed: you said so yourself. Somebody else has to confirm it.
    Nothing was confirmed: you made some of the change. Somebody who made none of it has to confirm it.
    ");
    let closed = Approval { status: Status::Closed(Closed::Expired { at: at(5) }), ..waiting() };
    let late = decide(&closed, confirms("U2", 1, 10), at(10)).err();
    assert_eq!(late, Some(Refusal::Closed(Closed::Expired { at: at(5) })));
}

#[test]
fn confirmation_holds_as_long_as_its_statement_and_its_voter() {
    let confirmed = after(&waiting(), confirms("U3", 1, 10), 10);
    assert_eq!(confirmed.electorate.blocked, []);
    let without = |people: &[&str]| {
        let people = Some(people.iter().map(ToString::to_string).collect());
        Electorate { people, ..electorate(1) }
    };
    let made = Part { makers: vec!["U3".to_owned()], ..electorate(1).parts[0].clone() };
    let by_confirmer = Electorate { parts: vec![made, electorate(1).parts[1].clone()], ..electorate(1) };
    for (what, electorate, is_blocked) in [
        ("judged again", electorate(1), false),
        ("said anew", electorate(2), true),
        ("who confirmed it may vote no more", without(&["U1", "U2"]), true),
        ("who confirmed it made some", by_confirmer, true),
    ] {
        let next = after(&confirmed, judged(electorate), 20);
        assert_eq!(!next.electorate.blocked.is_empty(), is_blocked, "{what}");
    }
}

#[test]
fn refusal_of_another_handle_is_not_a_double_click() {
    let confirmed = after(&waiting(), confirms("U3", 1, 10), 10);
    let refused = |handle: &str, version| {
        let maker = MakerEntry { handle: handle.to_owned(), version };
        let ask = Ask { maker: Some(maker), ..ApprovalAction::ConfirmNobody.into() };
        decide(&confirmed, click("U3", ask, 15), at(15)).err()
    };
    assert_eq!(refused("github:7", 1), Some(Refusal::Repeated), "the same button, twice");
    let outdated = Some(Refusal::NotAConfirmer(NoConfirmer::Outdated));
    assert_eq!([refused("github:8", 1), refused("github:7", 2)], [outdated.clone(), outdated]);
}
