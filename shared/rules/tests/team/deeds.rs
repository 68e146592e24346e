//! Deeds of the team, and any of them by chance.

use crate::deploys::{Date, Registration, Revision};
use crate::made::{Change, Commit, Merger, Name, PEOPLE, Signed};
use crate::rules::{File, RULES, Rule, Then};
use proptest::prelude::*;

/// Something that somebody of the team does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Brings a change onto the trunk.
    Push(Change),
    /// Has a tag stand at the newest commit, or at an older one.
    Tag { number: u8, back: usize },
    /// Registers a deploy, or one that stands there once more.
    Deploy(Registration),
    /// Approves what waits by one of the rules, or by all of them.
    Vote { voter: u64, rule: Option<usize> },
    /// Has everybody approve it, one after the other.
    VoteAll { rule: Option<usize> },
    /// Pushes a rules file.
    Rules { author: u64, file: File },
    /// Approves the proposed rules file.
    VoteOnRules { voter: u64 },
    /// Says on the People page whose a second account and a second address are, or takes it back; a second
    /// admin confirms it.
    Second { person: u64 },
    /// Says on the People page that somebody left, confirms it, or takes it back.
    Left,
    /// Does nothing for so many days.
    Rest { days: i64 },
}

fn person() -> impl Strategy<Value = u64> {
    0..PEOPLE
}

/// The part of names, of pushes and of the like that are odd, in percent: such that may block an approval.
pub type Odd = u32;

fn percent(odd: Odd) -> f64 {
    f64::from(odd) / 100.0
}

/// Mostly a first account.
fn acting(odd: Odd) -> impl Strategy<Value = Name> {
    prop_oneof![
        300 => person().prop_map(Name::Account),
        3 * odd => person().prop_map(Name::SecondAccount),
        odd => Just(Name::Left),
        odd => Just(Name::Stranger),
    ]
}

/// Mostly a first account.
fn written(odd: Odd) -> impl Strategy<Value = Name> {
    prop_oneof![
        12 => acting(odd),
        1 => person().prop_map(Name::Address),
        1 => person().prop_map(Name::SecondAddress),
        1 => Just(Name::NoAddress),
    ]
}

fn commit(odd: Odd) -> impl Strategy<Value = Commit> {
    let co_author = prop::option::weighted(0.3, written(odd));
    let pusher = prop::option::weighted(1.0 - percent(odd), acting(odd));
    let signed = prop_oneof![4 => Just(Signed::No), 2 => Just(Signed::ByAuthor), 2 => Just(Signed::ByHost)];
    (written(odd), co_author, pusher, signed).prop_map(|(author, co_author, pusher, signed)| Commit {
        author,
        co_author,
        pusher,
        signed,
    })
}

fn merger(odd: Odd) -> impl Strategy<Value = Merger> {
    prop_oneof![
        80 => acting(odd).prop_map(Merger::Account),
        odd => prop::option::weighted(0.8, person()).prop_map(|asked_by| Merger::Token { asked_by }),
        odd => (prop::option::weighted(0.7, person()), prop::option::of(person()))
            .prop_map(|(asked_by, earlier)| Merger::Queue { asked_by, earlier }),
        odd => prop::option::of(person()).prop_map(|asked_by| Merger::Gone { asked_by }),
    ]
}

fn change(odd: Odd) -> impl Strategy<Value = Change> {
    let branch = prop::collection::vec(commit(odd), 1..3);
    let is_listed = prop::bool::weighted(1.0 - percent(odd));
    let is_signed = prop::bool::weighted(1.0 - 5.0 * percent(odd));
    let program = (is_listed, is_signed, prop::option::of(person()), prop::option::of(acting(odd)));
    let resolved_by = prop::option::weighted(0.3, acting(odd));
    prop_oneof![
        3 => commit(odd).prop_map(Change::Pushed),
        3 => (commit(odd), acting(odd), merger(odd))
            .prop_map(|(commit, opener, merger)| Change::Merged { commit, opener, merger }),
        2 => (branch, acting(odd), merger(odd))
            .prop_map(|(branch, opener, merger)| Change::Squashed { branch, opener, merger }),
        1 => (program, resolved_by, merger(odd)).prop_map(|(program, resolved_by, merger)| {
            let (is_listed, is_signed, asked_by, more_asked_by) = program;
            Change::Program { is_listed, is_signed, asked_by, more_asked_by, resolved_by, merger }
        }),
    ]
}

fn registration(odd: Odd) -> impl Strategy<Value = Registration> {
    let revision = prop_oneof![
        6 => Just(Revision::Commit { back: 0 }),
        2 => (1..5_usize).prop_map(|back| Revision::Commit { back }),
        2 => (0..2_u8, any::<bool>()).prop_map(|(number, is_ref)| Revision::Tag { number, is_ref }),
    ];
    let date = prop_oneof![
        6 => Just(Date::Unsaid),
        2 => (0..60_i64).prop_map(Date::Ago),
        1 => (1..10_i64).prop_map(Date::Ahead),
        1 => (0..4_usize).prop_map(Date::OfEarlier),
    ];
    let address = prop_oneof![
        3 => person().prop_map(Name::Address),
        1 => person().prop_map(Name::SecondAddress),
        1 => Just(Name::NoAddress),
    ];
    let by = (prop::option::weighted(0.7, acting(odd)), prop::option::weighted(0.3, address));
    (revision, date, by, prop::bool::weighted(percent(odd))).prop_map(
        |(revision, date, (job_of, email), is_cut)| Registration { revision, date, job_of, email, is_cut },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let four_eyes = || prop::bool::weighted(0.8);
    let then = (1..3_u32, four_eyes()).prop_map(|(votes, four_eyes)| Then { votes, four_eyes });
    let then = prop::option::weighted(0.4, then);
    let mostly = || prop::bool::weighted(0.8);
    let seldom = || prop::bool::weighted(0.2);
    let asked = (1..3_u32, four_eyes(), then, prop::bool::weighted(0.4));
    (asked, (mostly(), mostly(), seldom(), seldom())).prop_map(|(asked, more)| {
        let (votes, four_eyes, then, allows_unknown) = asked;
        let (asks, names_place, verified, rollback) = more;
        Rule { votes, four_eyes, then, allows_unknown, asks, names_place, verified, rollback }
    })
}

/// A rules file.
pub fn file() -> impl Strategy<Value = File> {
    (rule(), prop::option::weighted(0.6, rule()), any::<bool>()).prop_map(|(first, second, tells)| File {
        first,
        second,
        tells,
    })
}

/// Anything that somebody of the team may do.
pub fn deed(odd: Odd) -> impl Strategy<Value = Deed> {
    prop_oneof![
        12 => change(odd).prop_map(Deed::Push),
        2 => (0..2_u8, 0..3_usize).prop_map(|(number, back)| Deed::Tag { number, back }),
        14 => registration(odd).prop_map(Deed::Deploy),
        20 => (person(), prop::option::weighted(0.4, 0..RULES.len()))
            .prop_map(|(voter, rule)| Deed::Vote { voter, rule }),
        8 => prop::option::weighted(0.6, 0..RULES.len()).prop_map(|rule| Deed::VoteAll { rule }),
        4 => (person(), file()).prop_map(|(author, file)| Deed::Rules { author, file }),
        8 => person().prop_map(|voter| Deed::VoteOnRules { voter }),
        4 => person().prop_map(|person| Deed::Second { person }),
        2 => Just(Deed::Left),
        1 => (1..40_i64).prop_map(|days| Deed::Rest { days }),
    ]
}
