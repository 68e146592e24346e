//! Ranges that many groups of people made.

use crate::samples::{at, deploy};
use crate::shares::{base, commit, four_eyes, range};
use signoff_core::approval::{Blocker, Electorate, Member};
use signoff_core::deploy::{Commit, Person};
use signoff_core::range::Direction;
use signoff_core::shares::{Changes, Maker, Share, changes};
use std::collections::BTreeSet;

/// A range whose shares these sets of makers have, one commit each.
fn made_by(makers: usize, shares: impl Iterator<Item = BTreeSet<usize>>) -> Electorate {
    let shares =
        shares.map(|makers| Share { makers, commits: 1, pull_requests: 0, title: "Change".to_owned() });
    let changes = Changes {
        direction: Direction::Forward,
        makers: (0..makers).map(|_| Maker::default()).collect(),
        shares: shares.collect(),
        ..changes(&range(vec![commit(1, "ana")], Vec::new()), &[], at(0))
    };
    let members: Vec<Member> = (0..makers).map(|id| Member::Found(vec![format!("U{id:05}")])).collect();
    Electorate::anyone().judging(&four_eyes(), &base(), Ok((&changes, &members)), at(0))
}

#[test]
fn each_of_300_groups_is_a_part_of_its_own() {
    let electorate = made_by(301, (0..300).map(|first| BTreeSet::from([first, first + 1])));
    assert_eq!((electorate.parts.len(), electorate.blocked.len()), (300, 0));
    // Two people who made nothing in common.
    assert!(electorate.is_enough(&["U00000", "U00100"], 1));
    assert!(!electorate.is_enough(&["U00100", "U00101"], 1), "both made one of them");
}

#[test]
fn part_of_fewer_makers_goes_into_the_larger_one() {
    // Each pair, and each of both alone.
    let sets = (0..150).flat_map(|pair| {
        let (one, other) = (pair * 2, pair * 2 + 1);
        [BTreeSet::from([one, other]), BTreeSet::from([one]), BTreeSet::from([other])]
    });
    let electorate = made_by(300, sets);
    assert_eq!((electorate.parts.len(), electorate.blocked.len()), (150, 0));
    assert!(electorate.parts.iter().all(|part| part.makers.len() == 2 && part.commits == 3));
}

#[test]
fn more_groups_than_a_row_keeps_block() {
    let electorate = made_by(3_001, (0..3_000).map(|first| BTreeSet::from([first, first + 1])));
    let [Blocker::TooLarge { missing }] = &electorate.blocked[..] else { panic!("{:?}", electorate.blocked) };
    assert_eq!(missing[0], "3000 different groups of people made it, which is more than Signoff can keep.");
    assert_eq!(electorate.parts.last().map(|part| part.makers.len()), Some(2_801), "all further makers");
}

#[test]
fn many_issues_and_authors_leave_the_labels_known() {
    let mut deploy = deploy();
    let author = |number: usize| Person {
        name: "Somebody with a long name".to_owned(),
        email: Some(format!("person-{}@acme.example", number % 300)),
        username: None,
    };
    let commit = |number: usize| Commit {
        revision: format!("{number:040x}"),
        title: "Change".to_owned(),
        authors: vec![author(number)],
        url: None,
        issues: vec![format!("SHOP-{number:05}")],
    };
    deploy.commits = (0..2_500).map(commit).collect();
    deploy.keep_newest();
    assert_eq!(deploy.reading.missing, Vec::<String>::new());
    assert!(deploy.reading.people_cut && deploy.mentions_more_issues());
}
