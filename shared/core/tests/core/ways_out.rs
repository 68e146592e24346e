//! Sentences about blockers and about what was let through, each with what to do.

use crate::samples::{at, judged as outline};
use crate::shares::{base, commit, four_eyes, members, range};
use insta::assert_snapshot;
use jiff::Timestamp;
use signoff_core::action::{ApprovalSpec, RangeRules};
use signoff_core::approval::{Blocker, Electorate, Judged, Member};
use signoff_core::base::Base;
use signoff_core::message::{Show, blocked, judged};
use signoff_core::range::{Account, Direction, Range};
use signoff_core::shares::{Changes, Maker, changes};

/// The lines of a dialog.
fn lines(electorate: &Electorate) -> String {
    let (member, time) = (|id: &str| format!("@{id}"), |at: Timestamp| at.strftime("%B %-d").to_string());
    let show = Show { member: &member, text: &|text| text.to_owned(), time: &time };
    let judged = judged(electorate, &[], 1, &show);
    judged.into_iter().chain(blocked(electorate, &show)).collect::<Vec<_>>().join("\n")
}

fn blocked_by(blocker: Blocker) -> String {
    lines(&Electorate { blocked: vec![blocker], ..Electorate::anyone() })
}

#[test]
fn blocker_says_what_ends_it() {
    let base = || "4bf7226aaaa".to_owned();
    let missing = || vec!["GitHub counts 3100 commits between a and b; 2500 were read.".to_owned()];
    let commits = || vec!["7bf7226 Take cards".to_owned()];
    let told = [
        Blocker::BaseLost { base: base() },
        Blocker::BaseRefused { base: base(), by: "Ana".to_owned() },
        Blocker::Unrelated { base: base() },
        Blocker::Incomplete { missing: vec!["GitHub did not tell all authors of a commit.".to_owned()] },
        Blocker::TooLarge { missing: missing() },
        Blocker::NotVouched { commits: commits(), count: 1 },
        Blocker::NotVerified { commits: commits(), count: 1 },
        Blocker::RulesUnread,
    ]
    .map(blocked_by);
    assert_snapshot!(told.join("\n"));
}

#[test]
fn range_beyond_a_bound_is_not_read_again() {
    let one =
        Range { missing: vec!["2500 were read.".to_owned()], ..range(vec![commit(1, "ana")], Vec::new()) };
    for is_too_large in [false, true] {
        let changes = Changes { is_too_large, ..changes(&one, &[], at(0)) };
        let judged =
            Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, &members(&changes))), at(0));
        let is_it = match &judged.blocked[..] {
            [Blocker::TooLarge { .. }] => is_too_large,
            [Blocker::Incomplete { .. }] => !is_too_large,
            other => panic!("{other:?}"),
        };
        assert!(is_it, "{:?}", judged.blocked);
    }
}

#[test]
fn program_is_told_apart_from_people() {
    let program = |login: &str, id: u64| Maker {
        name: login.to_owned(),
        account: Some(Account { id, login: login.to_owned(), is_bot: login.ends_with("[bot]") }),
        ..Maker::default()
    };
    let makers =
        vec![program("octocat", 7), program("vercel[bot]", 8), program("github-actions[bot]", 41_898_282)];
    let signed = Maker { is_signed_bot: true, ..program("release[bot]", 9) };
    let makers = makers.into_iter().chain([signed]).collect();
    let changes = Changes { makers, ..changes(&range(Vec::new(), Vec::new()), &[], at(0)) };
    let members = vec![Member::NotFound; 4];
    let judged =
        |spec: &ApprovalSpec| Electorate::anyone().judging(spec, &base(), Ok((&changes, &members)), at(0));
    let electorate = judged(&four_eyes());
    assert!(electorate.lacks_makers());
    assert_snapshot!(lines(&Electorate { judged: None, ..electorate }));
    let range = RangeRules { allow_unknown_makers: true, ..RangeRules::default() };
    let allowed = judged(&ApprovalSpec { range, ..four_eyes() });
    assert_eq!(allowed.blocked, []);
    assert_eq!(
        allowed.judged.unwrap().allowed,
        ["octocat", "release[bot]", "vercel[bot]", "github-actions[bot]"]
    );
}

#[test]
fn listed_bot_is_not_to_be_mapped() {
    let login = "renovate[bot]";
    let account = Account { id: 29_139_614, login: login.to_owned(), is_bot: true };
    let bot = Maker { name: login.to_owned(), account: Some(account), ..Maker::default() };
    let changes = Changes { makers: vec![bot], ..changes(&range(Vec::new(), Vec::new()), &[], at(0)) };
    let members = [Member::BotWithoutSignature];
    let judged = Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, &members)), at(0));
    assert!(judged.lacks_makers());
    assert_snapshot!(lines(&Electorate { judged: None, ..judged }), @"Blocked, and votes are kept: these bots are on the People page, but had a hand in more than their own signed commits: renovate[bot]. Have a person do that. If a bot started this deploy, have a person deploy a newer revision, or set `unknown_makers: allow` in the rule.");
}

#[test]
fn revision_that_went_ahead_by_a_glass_is_not_called_approved() {
    let head = "b".repeat(40);
    let base = base().after_glass(&"d".repeat(40), at(3_600));
    let back = Range {
        base: "d".repeat(40),
        head,
        direction: Direction::Rollback,
        removed: vec![commit(1, "ana")],
        ..range(Vec::new(), Vec::new())
    };
    let changes = changes(&back, &[], at(7_200));
    let electorate =
        Electorate::anyone().judging(&four_eyes(), &base, Ok((&changes, &members(&changes))), at(7_200));
    assert_snapshot!(lines(&electorate));
    let since = Electorate { judged: Some(Judged { by_glass: false, ..outline(1) }), ..Electorate::anyone() };
    assert!(lines(&since).contains("approved May 11"), "{}", lines(&since));
}

#[test]
fn revision_that_another_rule_let_through_has_no_base() {
    let signed = RangeRules { verified_commits: true, ..RangeRules::default() };
    let spec = ApprovalSpec { self_approval: true, range: signed, ..four_eyes() };
    let head = "c".repeat(40);
    let none = Base::none(&base().deployment, "production");
    let same = Range { base: head.clone(), direction: Direction::Same, ..range(Vec::new(), Vec::new()) };
    let changes = changes(&same, &[], at(0));
    let judged = |base: &Base| Electorate::anyone().judging(&spec, base, Ok((&changes, &[])), at(2)).blocked;
    let first = none.clone().after(&head, false, at(1));
    assert_eq!(judged(&first), [Blocker::NoBase]);
    assert_eq!(first.judged_from(false, &head), None);
    // Another revision was let through before it, or an admin set where its range starts.
    let earlier = none.clone().after(&"a".repeat(40), false, at(0)).after(&head, false, at(1));
    let set = first.set(&"a".repeat(40), &head, false, "U-admin", at(2));
    for base in [earlier, set] {
        let start = base.judged_from(false, &head).map(|start| start.revision.clone());
        assert_eq!(start, Some("a".repeat(40)));
    }
}

#[test]
fn base_set_before_an_approved_revision_leaves_it_the_start() {
    let [approved, lost, set] = ["a", "b", "c"].map(|digit| digit.repeat(40));
    let none = Base::none(&base().deployment, "production");
    let known = none.after(&lost, true, at(0)).after(&approved, true, at(1));
    let base = known.set(&set, &approved, true, "U-admin", at(2));
    for four_eyes in [true, false] {
        let start = base.start(four_eyes).expect("a start");
        assert_eq!((&start.revision, &start.set_by), (&approved, &None), "what comes next starts there");
        let judged = base.judged_from(four_eyes, &approved).expect("a start of its own range");
        assert_eq!((judged.revision.as_str(), judged.set_by.as_deref()), (set.as_str(), Some("U-admin")));
    }
}
