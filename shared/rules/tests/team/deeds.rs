//! Deeds of the team, and any of them by chance.

use crate::made::{Change, Commit, Merger, Name, PEOPLE, Signed};
use proptest::prelude::*;

/// Something that somebody of the team does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Brings a change onto the trunk.
    Push(Change),
    /// Deploys the newest commit, or an older one; somebody started the run. The host does not tell all of
    /// a cut range.
    Deploy { back: usize, starter: Name, is_cut: bool },
    /// Registers what waits once more, with somebody's address, or starts its run again.
    Again { by: Name, is_run: bool },
    /// Approves what waits.
    Vote { voter: u64 },
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

/// The options of a rules file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    pub votes: u32,
    pub four_eyes: bool,
    /// True if makers who are not found are allowed.
    pub allows_unknown: bool,
    /// True if it sends a message beside.
    pub tells: bool,
    /// True if it asks at all. Else it acts by itself.
    pub asks: bool,
    /// True if it names the environment. Else its place is what it calls.
    pub names_place: bool,
    /// True if each commit has to be signed.
    pub verified: bool,
    /// True if a rollback has makers as well.
    pub rollback: bool,
}

impl File {
    /// The file that the team begins with.
    pub const FIRST: Self = Self {
        votes: 1,
        four_eyes: true,
        allows_unknown: false,
        tells: false,
        asks: true,
        names_place: true,
        verified: false,
        rollback: false,
    };
}

fn person() -> impl Strategy<Value = u64> {
    0..PEOPLE
}

/// Mostly a first account.
fn acting() -> impl Strategy<Value = Name> {
    prop_oneof![
        30 => person().prop_map(Name::Account),
        3 => person().prop_map(Name::SecondAccount),
        1 => Just(Name::Left),
        1 => Just(Name::Stranger),
    ]
}

/// Mostly a first account.
fn written() -> impl Strategy<Value = Name> {
    prop_oneof![
        12 => acting(),
        1 => person().prop_map(Name::Address),
        1 => person().prop_map(Name::SecondAddress),
        1 => Just(Name::NoAddress),
    ]
}

fn commit() -> impl Strategy<Value = Commit> {
    let co_author = prop::option::weighted(0.3, written());
    let signed = prop_oneof![4 => Just(Signed::No), 2 => Just(Signed::ByAuthor), 2 => Just(Signed::ByHost)];
    (written(), co_author, prop::option::weighted(0.9, acting()), signed)
        .prop_map(|(author, co_author, pusher, signed)| Commit { author, co_author, pusher, signed })
}

fn merger() -> impl Strategy<Value = Merger> {
    prop_oneof![
        8 => acting().prop_map(Merger::Account),
        1 => prop::option::weighted(0.8, person()).prop_map(|asked_by| Merger::Token { asked_by }),
        1 => (prop::option::weighted(0.7, person()), prop::option::of(person()))
            .prop_map(|(asked_by, earlier)| Merger::Queue { asked_by, earlier }),
        1 => prop::option::of(person()).prop_map(|asked_by| Merger::Gone { asked_by }),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let branch = prop::collection::vec(commit(), 1..3);
    let program =
        (any::<bool>(), prop::bool::weighted(0.9), prop::option::of(person()), prop::option::of(acting()));
    let resolved_by = prop::option::weighted(0.3, acting());
    prop_oneof![
        3 => commit().prop_map(Change::Pushed),
        3 => (commit(), acting(), merger())
            .prop_map(|(commit, opener, merger)| Change::Merged { commit, opener, merger }),
        2 => (branch, acting(), merger())
            .prop_map(|(branch, opener, merger)| Change::Squashed { branch, opener, merger }),
        1 => (program, resolved_by, merger()).prop_map(|(program, resolved_by, merger)| {
            let (is_listed, is_signed, asked_by, more_asked_by) = program;
            Change::Program { is_listed, is_signed, asked_by, more_asked_by, resolved_by, merger }
        }),
    ]
}

/// Anything that somebody of the team may do.
pub fn deed() -> impl Strategy<Value = Deed> {
    let file = (1..3_u32, prop::bool::weighted(0.8), prop::bool::weighted(0.4), any::<bool>());
    let mostly = prop::bool::weighted(0.8);
    let seldom = prop::bool::weighted(0.2);
    let more = (mostly, mostly, seldom, seldom);
    let file = (file, more).prop_map(|((votes, four_eyes, allows_unknown, tells), more)| {
        let (asks, names_place, verified, rollback) = more;
        // Without four eyes there is no such option.
        let rollback = rollback && four_eyes;
        File { votes, four_eyes, allows_unknown, tells, asks, names_place, verified, rollback }
    });
    prop_oneof![
        6 => change().prop_map(Deed::Push),
        6 => (prop_oneof![3 => Just(0_usize), 1 => 1..5_usize], written(), prop::bool::weighted(0.1))
            .prop_map(|(back, starter, is_cut)| Deed::Deploy { back, starter, is_cut }),
        2 => (written(), any::<bool>()).prop_map(|(by, is_run)| Deed::Again { by, is_run }),
        12 => person().prop_map(|voter| Deed::Vote { voter }),
        2 => (person(), file).prop_map(|(author, file)| Deed::Rules { author, file }),
        2 => person().prop_map(|voter| Deed::VoteOnRules { voter }),
        2 => person().prop_map(|person| Deed::Second { person }),
        1 => Just(Deed::Left),
        1 => (1..40_i64).prop_map(|days| Deed::Rest { days }),
    ]
}
