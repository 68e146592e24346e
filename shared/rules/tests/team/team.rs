//! The team at work: each deed, and what Signoff makes of it.

use crate::deeds::Deed;
use crate::deploys::{Deploys, Registration, on_trunk};
use crate::host::{members, range, sha};
use crate::made::{Change, Commit, Name, PEOPLE, People, Signed, Word};
use crate::places::Places;
use crate::rules::{File, RULES};
use crate::waiting::{Ended, Waiting};
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::ApprovalSpec;
use signoff_core::approval::{Carried, Electorate, Outline, Verdict};
use signoff_core::base::Passed;
use signoff_core::range::RangeCommit;
use signoff_core::range_lists::of_each_commit;
use signoff_core::shares::changes;
use signoff_rules::difference::difference;
use std::collections::{BTreeMap, BTreeSet};

/// The time from one deed to the next: less than a registration's date may be ahead.
const DEED: SignedDuration = SignedDuration::from_mins(4);

/// A rules file that waits for votes.
#[derive(Debug)]
struct Proposal {
    file: File,
    author: u64,
    votes: BTreeSet<u64>,
    /// The most votes that an approval asks for which it touches.
    needed: u32,
    /// True if one of them asks for four eyes.
    four_eyes: bool,
}

/// The team: what it made, what it was asked, and what it let through.
pub struct Team {
    pub trunk: Vec<Change>,
    pub people: People,
    pub places: Places,
    pub deploys: Deploys,
    pub in_force: File,
    /// The run of each rule that waits for votes.
    pub waiting: BTreeMap<&'static str, Waiting>,
    proposal: Option<Proposal>,
    pub now: Timestamp,
}

impl Team {
    /// The team with one commit, which stands everywhere.
    pub fn new() -> Self {
        let now = Timestamp::UNIX_EPOCH;
        let first = Commit { author: Name::Account(0), co_author: None, pusher: None, signed: Signed::No };
        Self {
            trunk: vec![Change::Pushed(first)],
            people: People { second: BTreeSet::new(), left: Word::Unsaid },
            places: Places::new(now),
            deploys: Deploys::default(),
            in_force: File::FIRST,
            waiting: BTreeMap::new(),
            proposal: None,
            now,
        }
    }

    fn passed(&self, waiting: &Waiting, spec: &ApprovalSpec) -> &Passed {
        let base = &self.places.of(&waiting.place).base;
        base.start_of(!spec.self_approval, &sha(waiting.head)).unwrap()
    }

    /// The commit where the range of an approval of `waiting` begins.
    pub fn start(&self, waiting: &Waiting, spec: &ApprovalSpec) -> usize {
        usize::from_str_radix(&self.passed(waiting, spec).revision, 16).unwrap()
    }

    fn electorate(&self, waiting: &Waiting, spec: &ApprovalSpec) -> Electorate {
        let is_cut = self.deploys.of(waiting.deploy).is_cut;
        let range = range(&self.trunk, self.start(waiting, spec), waiting.head, is_cut);
        if !spec.judges_range() {
            let count = |commits: &[RangeCommit]| u32::try_from(commits.len()).unwrap();
            let (added, removed) = (count(&range.added), count(&range.removed));
            let outline = Outline { direction: range.direction, added, removed };
            return Electorate::anyone().since(self.passed(waiting, spec), outline);
        }
        let read = changes(&range, &self.deploys.started_by(waiting.deploy), self.now);
        let members = members(&read.makers, &self.people);
        let base = &self.places.of(&waiting.place).base;
        Electorate::anyone().judging(spec, base, Ok((&read, &members)), self.now)
    }

    /// Does `deed`; what went wrong with what it let through.
    pub fn does(&mut self, deed: &Deed) -> Result<(), String> {
        self.now += DEED;
        match deed {
            Deed::Push(change) => {
                self.trunk.push(change.clone());
                return self.check_authors();
            }
            Deed::Tag { number, back } => self.deploys.tag(*number, on_trunk(*back, self.trunk.len())),
            Deed::Deploy(registration) => return self.deploys(registration),
            Deed::Vote { voter, rule } => return self.votes_on(*voter, *rule),
            Deed::VoteAll { rule } => return (0..PEOPLE).try_for_each(|voter| self.votes_on(voter, *rule)),
            Deed::Rules { author, file } => return self.proposes(*author, *file),
            Deed::VoteOnRules { voter } => {
                let Some(proposal) = &mut self.proposal else { return Ok(()) };
                if !proposal.four_eyes || *voter != proposal.author {
                    proposal.votes.insert(*voter);
                }
                if proposal.votes.len() >= proposal.needed as usize
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

    fn deploys(&mut self, registration: &Registration) -> Result<(), String> {
        let Some(deploy) = self.deploys.register(registration, self.trunk.len(), self.now) else {
            return Ok(());
        };
        for (name, rule) in self.in_force.rules() {
            let waits = self.waiting.get(name).is_some_and(|waiting| waiting.deploy == deploy);
            if waits || !self.deploys.ask(name, deploy)? {
                continue;
            }
            let head = self.deploys.of(deploy).head;
            let (place, asks) = (rule.place(name), rule.approvals(name));
            let (ended, votes, judged) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
            let waiting = Waiting { rule, deploy, head, place, asks, ended, votes, judged };
            self.waiting.remove(name);
            self.waiting.extend(Some((name, waiting)).filter(|_| rule.asks));
        }
        Ok(())
    }

    fn proposes(&mut self, author: u64, file: File) -> Result<(), String> {
        let (in_force, proposed) = (self.in_force.parsed(), file.parsed());
        let difference = difference(&in_force, &proposed, false);
        let harmless =
            self.in_force.asking() == file.asking() && file.acting().is_subset(&self.in_force.acting());
        if difference.needs_approval() {
            let touched = difference.touched(&in_force);
            let Some(needed) = touched.iter().map(|(_, spec)| spec.votes_required).max() else {
                return Err("a file needs an approval, and nobody is asked".to_owned());
            };
            let four_eyes = touched.iter().any(|(_, spec)| !spec.self_approval);
            self.proposal = Some(Proposal { file, author, votes: BTreeSet::new(), needed, four_eyes });
        } else if self.in_force.asking().is_empty() || harmless {
            (self.in_force, self.proposal) = (file, None);
        } else {
            return Err("a file that changes an approval or lets more act counts at once".to_owned());
        }
        Ok(())
    }

    /// Has `voter` approve what waits by one of the rules, or by all of them.
    fn votes_on(&mut self, voter: u64, rule: Option<usize>) -> Result<(), String> {
        let all = RULES.into_iter().enumerate();
        let mut on = all.filter(|(index, _)| rule.is_none_or(|rule| rule == *index));
        on.try_for_each(|(_, name)| self.votes(voter, name))
    }

    fn votes(&mut self, voter: u64, name: &'static str) -> Result<(), String> {
        let Some(mut waiting) = self.waiting.remove(name) else { return Ok(()) };
        if self.completes(&mut waiting, voter)? {
            self.waiting.insert(name, waiting);
        }
        Ok(())
    }

    /// Has `voter` approve what `waiting` asks; whether it still waits for votes.
    fn completes(&mut self, waiting: &mut Waiting, voter: u64) -> Result<bool, String> {
        let spec = waiting.open().clone();
        let electorate = self.electorate(waiting, &spec);
        let is_eligible = |voter: &u64| electorate.verdict(&format!("U{voter}")) == Verdict::Eligible;
        if !is_eligible(&voter) {
            return Ok(true);
        }
        waiting.votes.insert(voter);
        let voters: Vec<String> = waiting
            .votes
            .iter()
            .filter(|voter| is_eligible(voter))
            .map(|voter| format!("U{voter}"))
            .collect();
        let voters: Vec<&str> = voters.iter().map(String::as_str).collect();
        if !electorate.is_enough(&voters, spec.votes_required) {
            return Ok(true);
        }
        // Votes from before the base moved stand only for the same change.
        let moved: Vec<&Ended> =
            waiting.ended.iter().filter(|ended| ended.start != self.start(waiting, &ended.spec)).collect();
        for ended in &moved {
            match ended.carried(&self.electorate(waiting, &ended.spec)) {
                Carried::Stand => {}
                Carried::OtherChange => return Ok(false),
                Carried::Unknown => return Ok(true),
            }
        }
        let mut judged = BTreeSet::new();
        let start = self.start(waiting, &spec);
        let moved = moved.into_iter().map(|ended| (&ended.spec, &ended.votes));
        for (spec, votes) in moved.chain([(&spec, &waiting.votes)]) {
            if !spec.self_approval {
                judged.extend(self.check(waiting, spec, votes)?);
            }
        }
        waiting.judged.extend(judged);
        let votes = std::mem::take(&mut waiting.votes);
        waiting.ended.push(Ended { spec, votes, start, electorate });
        if waiting.ended.len() < waiting.asks.len() {
            return Ok(true);
        }
        self.lets_through(waiting)?;
        Ok(false)
    }

    /// Lets the revision through that all approvals of `waiting` are for: with four eyes where one of them
    /// asked for four eyes about what is let through now.
    fn lets_through(&mut self, waiting: &Waiting) -> Result<(), String> {
        let (head, now) = (waiting.head, self.now);
        let last = waiting.ended.len() - 1;
        let four_eyes = waiting.ended.iter().enumerate().any(|(index, ended)| {
            let is_same = index == last || ended.start == self.start(waiting, &ended.spec);
            !ended.spec.self_approval && is_same
        });
        let place = self.places.of_mut(&waiting.place);
        place.base = place.base.clone().after(&sha(head), four_eyes, now);
        if four_eyes {
            place.passed.push((head, now));
            place.judged.extend(&waiting.judged);
            if let Some(unjudged) = (0..=head).find(|index| !place.judged.contains(index)) {
                return Err(format!("the commit {unjudged} was never judged: {waiting:?}"));
            }
        }
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
}
