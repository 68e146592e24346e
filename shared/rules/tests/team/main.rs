//! Four eyes over a team's whole history: commits, pull requests, registrations, rules files, rollbacks and
//! votes in any order, by people, programs, second names and people who are not here.
//!
//! What a completed approval with `self_approval: false` let through is compared with what the team did, by a
//! record of its own (`made`), which knows nothing of how the product finds makers.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod deeds;
mod host;
mod made;
mod places;

use deeds::{Deed, File, deed};
use host::{acted, members, named, range, sha};
use jiff::{SignedDuration, Timestamp};
use made::{Change, Commit, Merger, Name, People, Signed, Word};
use places::Places;
use proptest::prelude::*;
use signoff_core::action::ApprovalSpec;
use signoff_core::approval::{Electorate, Verdict};
use signoff_core::range::Identity;
use signoff_core::range_lists::of_each_commit;
use signoff_core::shares::changes;
use signoff_rules::RulesFile;
use signoff_rules::difference::difference;
use std::collections::BTreeSet;

/// The time for which a rollback to what was let through has no makers.
const LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A deploy that waits for votes.
#[derive(Debug)]
struct Waiting {
    head: usize,
    starter: Name,
    /// Those whom it was registered for since, and those who started its run again (`true`).
    again: Vec<(Name, bool)>,
    is_cut: bool,
    file: File,
    votes: BTreeSet<u64>,
}

/// A rules file that waits for votes.
#[derive(Debug)]
struct Proposal {
    file: File,
    author: u64,
    votes: BTreeSet<u64>,
}

struct Team {
    trunk: Vec<Change>,
    people: People,
    places: Places,
    in_force: File,
    waiting: Option<Waiting>,
    proposal: Option<Proposal>,
    now: Timestamp,
}

/// The rules file with these options.
fn rules_file(file: File) -> RulesFile {
    let File { votes, four_eyes, allows_unknown, tells, asks, names_place, verified, rollback } = file;
    let place = if names_place { "promotes_to: Production" } else { "" };
    let message = if tells { ", slack_channel_message: {channel: '#gate', message: 'Hello'}" } else { "" };
    let unknown = if allows_unknown { "unknown_makers: allow, " } else { "" };
    let rollback = if rollback { "rollback: four_eyes, " } else { "" };
    let acts = "webhook: 'https://example.com'";
    let gate = format!(
        "slack_channel_approval: {{channel: '#gate', votes_required: {votes}, self_approval: {}, {unknown}{rollback}\
         verified_commits: {verified}, on_success: [{acts}]}}",
        !four_eyes
    );
    let action = if asks { gate.as_str() } else { acts };
    let text = format!("rules:\n  - promote:\n      {place}\n      actions: [{action}{message}]\n");
    signoff_rules::parse(&text, "rules.yml").unwrap()
}

fn spec(file: File) -> ApprovalSpec {
    rules_file(File { asks: true, ..file }).rules[0].actions[0].approvals()[0].clone()
}

impl Team {
    fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let first = Commit { author: Name::Account(0), co_author: None, pusher: None, signed: Signed::No };
        Self {
            trunk: vec![Change::Pushed(first)],
            people: People { second: BTreeSet::new(), left: Word::Unsaid },
            places: Places::new(now),
            in_force: File::FIRST,
            waiting: None,
            proposal: None,
            now,
        }
    }

    fn start(&self, waiting: &Waiting) -> usize {
        let start =
            self.places.of(waiting.file).base.start_of(waiting.file.four_eyes, &sha(waiting.head)).unwrap();
        usize::from_str_radix(&start.revision, 16).unwrap()
    }

    fn electorate(&self, waiting: &Waiting) -> Electorate {
        let range = range(&self.trunk, self.start(waiting), waiting.head, waiting.is_cut);
        let again = waiting.again.iter();
        let again = again.map(|(name, is_run)| if *is_run { acted(*name) } else { named(*name) });
        let started: Vec<Identity> = [named(waiting.starter)].into_iter().chain(again).collect();
        let read = changes(&range, &started, self.now);
        let members = members(&read.makers, &self.people);
        let base = &self.places.of(waiting.file).base;
        Electorate::anyone().judging(&spec(waiting.file), base, Ok((&read, &members)), self.now)
    }

    /// Does `deed`; what went wrong with what it let through.
    fn does(&mut self, deed: &Deed) -> Result<(), String> {
        self.now += SignedDuration::from_hours(1);
        match deed {
            Deed::Push(change) => {
                self.trunk.push(change.clone());
                return self.check_authors();
            }
            Deed::Deploy { back, starter, is_cut } => {
                let head = self.trunk.len().saturating_sub(back + 1).max(1).min(self.trunk.len() - 1);
                let (starter, is_cut, file, votes) = (*starter, *is_cut, self.in_force, BTreeSet::new());
                let waiting = Waiting { head, starter, again: Vec::new(), is_cut, file, votes };
                self.waiting = Some(waiting).filter(|_| file.asks);
            }
            Deed::Again { by, is_run } => {
                if let Some(waiting) = &mut self.waiting {
                    waiting.again.push((*by, *is_run));
                }
            }
            Deed::Vote { voter } => return self.votes(*voter),
            Deed::Rules { author, file } => return self.proposes(*author, *file),
            Deed::VoteOnRules { voter } => {
                let Some(proposal) = &mut self.proposal else { return Ok(()) };
                if !self.in_force.four_eyes || *voter != proposal.author {
                    proposal.votes.insert(*voter);
                }
                if proposal.votes.len() >= self.in_force.votes as usize
                    && let Some(proposal) = self.proposal.take()
                {
                    self.in_force = proposal.file;
                }
            }
            Deed::Second { person } => {
                if !self.people.second.remove(person) {
                    self.people.second.insert(*person);
                }
            }
            Deed::Left => {
                self.people.left = match self.people.left {
                    Word::Unsaid => Word::Said,
                    Word::Said => Word::Confirmed,
                    Word::Confirmed => Word::Unsaid,
                }
            }
            Deed::Rest { days } => self.now += SignedDuration::from_hours(days * 24),
        }
        Ok(())
    }

    fn proposes(&mut self, author: u64, file: File) -> Result<(), String> {
        if difference(&rules_file(self.in_force), &rules_file(file), false).needs_approval() {
            self.proposal = Some(Proposal { file, author, votes: BTreeSet::new() });
        } else if !self.in_force.asks || (File { tells: self.in_force.tells, ..file }) == self.in_force {
            (self.in_force, self.proposal) = (file, None);
        } else {
            return Err("a file that changes the approval counts at once".to_owned());
        }
        Ok(())
    }

    fn votes(&mut self, voter: u64) -> Result<(), String> {
        let Some(waiting) = &self.waiting else { return Ok(()) };
        let electorate = self.electorate(waiting);
        if electorate.verdict(&format!("U{voter}")) != Verdict::Eligible {
            return Ok(());
        }
        let Some(waiting) = &mut self.waiting else { return Ok(()) };
        waiting.votes.insert(voter);
        let voters: Vec<String> = waiting.votes.iter().map(|voter| format!("U{voter}")).collect();
        let voters: Vec<&str> = voters.iter().map(String::as_str).collect();
        if !electorate.is_enough(&voters, waiting.file.votes) {
            return Ok(());
        }
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        if waiting.file.four_eyes {
            self.check(&waiting)?;
        }
        let now = self.now;
        let place = self.places.of_mut(waiting.file);
        place.base = place.base.clone().after(&sha(waiting.head), waiting.file.four_eyes, now);
        place.passed.push((waiting.head, now));
        Ok(())
    }

    /// Checks that a program is the author of the newest change only where it made all of it: rules act on
    /// that without a vote.
    fn check_authors(&self) -> Result<(), String> {
        let newest = self.trunk.len() - 1;
        let range = range(&self.trunk, newest - 1, newest, false);
        let mut authors = of_each_commit(&range).into_iter().flat_map(|lists| lists.authors);
        let is_programs = authors.any(|author| author.ends_with("[bot]"));
        match is_programs == self.trunk[newest].is_programs_alone() {
            true => Ok(()),
            false => Err(format!("the program is an author: {is_programs}, of {:?}", self.trunk[newest])),
        }
    }

    /// Checks that a completed approval knew all of its range, that each commit and each pull request there
    /// has its votes of people who did not make it, and that everything up to its revision was judged so.
    fn check(&mut self, waiting: &Waiting) -> Result<(), String> {
        let start = self.start(waiting);
        let wrong = |what: &str| Err(format!("{what} of {start} to {}: {waiting:?}", waiting.head));
        if waiting.is_cut {
            return wrong("not all was known");
        }
        let (from, to) = (start.min(waiting.head), start.max(waiting.head));
        let was_let_through =
            |(head, at): &(usize, Timestamp)| *head == waiting.head && self.now.duration_since(*at) <= LATELY;
        let place = self.places.of(waiting.file);
        let has_no_makers =
            waiting.head < start && !waiting.file.rollback && place.passed.iter().any(was_let_through);
        let mut judged = place.judged.clone();
        for index in from + 1..=to {
            let change = &self.trunk[index];
            if waiting.file.verified && index > start && !change.is_signed() {
                return wrong(&format!("the commit {index} is not signed"));
            }
            if !has_no_makers && !change.is_vouched() {
                return wrong(&format!("nobody stands for the commit {index}"));
            }
            for hands in change.hands(&self.people) {
                let again = waiting.again.iter().map(|(name, _)| *name);
                let hands = [waiting.starter]
                    .into_iter()
                    .chain(again)
                    .fold(hands, |hands, starter| hands.and_starter(starter, &self.people));
                let others = waiting.votes.difference(&hands.people).count();
                if has_no_makers {
                    continue;
                }
                if others < waiting.file.votes as usize {
                    return wrong(&format!("the commit {index}, made by {hands:?}, lacks votes"));
                }
                if hands.has_unknown && !waiting.file.allows_unknown {
                    return wrong(&format!("a maker of the commit {index} is unknown"));
                }
            }
            if index <= waiting.head {
                judged.insert(index);
            }
        }
        let unjudged = (0..=waiting.head).find(|index| !judged.contains(index));
        self.places.of_mut(waiting.file).judged = judged;
        match unjudged {
            Some(unjudged) => Err(format!("the commit {unjudged} was never judged: {waiting:?}")),
            None => Ok(()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a team does: every commit and pull request in the range of a completed approval with
    /// `self_approval: false` has the votes that the rule asks of people who did not make it, but for a
    /// rollback without makers; nothing of it was cut, and nobody who made it is unknown unless the rule
    /// allows that. Nothing gets around such a range.
    #[test]
    fn every_change_of_a_team_has_the_votes_of_others(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut team = Team::new();
        for deed in &deeds {
            if let Err(wrong) = team.does(deed) {
                prop_assert!(false, "{wrong}\nafter {deeds:#?}");
            }
        }
    }
}

fn pushed_by(person: u64, author: Name) -> Commit {
    Commit { author, co_author: None, pusher: Some(Name::Account(person)), signed: Signed::No }
}

/// A pull request of one person that another one merged.
fn merged(author: Name, opener: u64, merger: Merger) -> Change {
    Change::Merged { commit: pushed_by(opener, author), opener: Name::Account(opener), merger }
}

#[test]
fn team_that_votes_for_each_other_gets_through() {
    let listed = |merger| Change::Program {
        is_listed: true,
        is_signed: true,
        asked_by: None,
        more_asked_by: None,
        resolved_by: None,
        merger,
    };
    let on_page = |author| Commit { author, co_author: None, pusher: None, signed: Signed::ByHost };
    let by = |person| Merger::Account(Name::Account(person));
    let (second, left) = (Deed::Second { person: 0 }, Deed::Left);
    let allows = Deed::Rules { author: 0, file: File { allows_unknown: true, ..File::FIRST } };
    for (change, mends, votes) in [
        (merged(Name::Account(0), 0, by(1)), vec![], vec![1, 0]),
        (listed(Merger::Token { asked_by: None }), vec![], vec![0]),
        (listed(by(1)), vec![], vec![0]),
        (merged(Name::Account(0), 0, Merger::Queue { asked_by: Some(1), earlier: None }), vec![], vec![1, 0]),
        // Accounts that exist stand for what they wrote on the host's page.
        (Change::Pushed(on_page(Name::Account(0))), vec![], vec![1]),
        (
            Change::Squashed {
                branch: vec![on_page(Name::Account(0))],
                opener: Name::Account(0),
                merger: by(1),
            },
            vec![],
            vec![1, 0],
        ),
        (merged(Name::NoAddress, 0, by(1)), vec![], vec![1, 0]),
        // Each of these waits until what is unknown was mended.
        (Change::Pushed(pushed_by(1, Name::SecondAccount(0))), vec![second], vec![2]),
        (Change::Pushed(pushed_by(1, Name::Left)), vec![left.clone(), left], vec![2]),
        (Change::Pushed(pushed_by(1, Name::Stranger)), vec![allows, Deed::VoteOnRules { voter: 2 }], vec![2]),
    ] {
        let mut team = Team::new();
        let deploy = Deed::Deploy { back: 0, starter: Name::Account(3), is_cut: false };
        let (first, last) = mends.split_at(mends.len().saturating_sub(1));
        team.does(&Deed::Push(change.clone())).unwrap();
        team.does(&deploy).unwrap();
        for deed in first.iter().chain([&Deed::Vote { voter: 2 }]).filter(|_| !mends.is_empty()) {
            team.does(deed).unwrap();
        }
        assert!(team.waiting.is_some(), "{change:?}");
        last.iter().chain([&deploy]).for_each(|deed| team.does(deed).unwrap());
        for voter in votes {
            assert!(team.waiting.is_some(), "{change:?}");
            team.does(&Deed::Vote { voter }).unwrap();
        }
        assert!(
            team.waiting.is_none() && team.places.of(File::FIRST).judged.contains(&1),
            "{change:?}: {:?}",
            team.waiting
        );
    }
}
