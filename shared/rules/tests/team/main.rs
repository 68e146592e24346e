//! Four eyes over a team's whole history: commits, pull requests, registrations, rules files, rollbacks and
//! votes in any order.
//!
//! What a completed approval with `self_approval: false` let through is compared with what the team did, by a
//! record of its own.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use approval::action::ApprovalSpec;
use approval::approval::{Electorate, Member, Verdict};
use approval::base::Base;
use approval::deploy::Slug;
use approval::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest, Signature};
use approval::shares::{Maker, changes};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rules::RulesFile;
use rules::difference::difference;
use std::collections::BTreeSet;

const PEOPLE: u64 = 4;

/// Something that somebody of the team does.
#[derive(Clone, Debug)]
enum Deed {
    /// Pushes a commit, by a pull request that somebody opened and somebody merged or without one.
    Push { author: u64, pull_request: Option<(u64, u64)> },
    /// Deploys the newest commit, or an older one; the registration names somebody's address.
    Deploy { back: usize, email: u64 },
    /// Approves what waits.
    Vote { voter: u64 },
    /// Pushes a rules file with so many votes, with four eyes or without, and with a message beside them or
    /// not.
    Rules { author: u64, votes: u32, four_eyes: bool, tells: bool },
    /// Approves the proposed rules file.
    VoteOnRules { voter: u64 },
}

/// A commit of the trunk, as the team made it.
#[derive(Clone, Debug)]
struct Made {
    author: u64,
    pull_request: Option<(u64, u64)>,
}

/// A deploy that waits for votes.
#[derive(Debug)]
struct Waiting {
    head: usize,
    email: u64,
    spec: ApprovalSpec,
    votes: BTreeSet<u64>,
}

/// A rules file that waits for votes.
#[derive(Debug)]
struct Proposal {
    file: RulesFile,
    author: u64,
    votes: BTreeSet<u64>,
}

struct Team {
    trunk: Vec<Made>,
    base: Base,
    in_force: RulesFile,
    waiting: Option<Waiting>,
    proposal: Option<Proposal>,
    /// The commits of which a completed approval with four eyes was a judgement.
    judged: BTreeSet<usize>,
    now: Timestamp,
}

fn sha(index: usize) -> String {
    format!("{index:040x}")
}

fn acted(person: u64) -> Identity {
    let account = Account { id: person + 1, login: format!("person-{person}"), is_bot: false };
    Identity { name: account.login.clone(), email: None, account: Some(account), vouched: true }
}

fn email(person: u64) -> String {
    format!("person-{person}@acme.example")
}

fn commit(index: usize, made: &Made) -> RangeCommit {
    let author = Identity { email: Some(email(made.author)), vouched: false, ..acted(made.author) };
    RangeCommit {
        revision: sha(index),
        title: format!("Change {index}"),
        committer: Some(author.clone()),
        author,
        co_authors: Vec::new(),
        signature: Signature::Unsigned,
        pushed_by: vec![acted(made.author)],
        pull_requests: made.pull_request.map(|_| index as u64).into_iter().collect(),
        issues: Vec::new(),
        parents: 1,
    }
}

fn pull_request(index: usize, (opened, merged): (u64, u64)) -> RangePullRequest {
    RangePullRequest {
        number: index as u64,
        title: format!("Change {index}"),
        url: String::new(),
        branch: None,
        opened_by: Some(acted(opened)),
        merged_by: vec![acted(merged)],
        merge_asked_by: Vec::new(),
        opening_asked_by: Vec::new(),
        labels: Vec::new(),
        issues: Vec::new(),
        is_openers_own: false,
        commits: Vec::new(),
        remade: Vec::new(),
    }
}

/// The rules file with these options.
fn file(votes: u32, four_eyes: bool, tells: bool) -> RulesFile {
    let message = if tells { ", slack_channel_message: {channel: '#gate', message: 'Hello'}" } else { "" };
    let text = format!(
        "rules:\n  - promote:\n      promotes_to: Production\n      actions: [slack_channel_approval: {{channel: '#gate', \
         votes_required: {votes}, self_approval: {}, on_success: [webhook: 'https://example.com']}}{message}]\n",
        !four_eyes
    );
    rules::parse(&text, "rules.yml").unwrap()
}

fn spec(file: &RulesFile) -> ApprovalSpec {
    file.rules[0].actions[0].approvals()[0].clone()
}

/// Everybody's Slack member, by their account or their address.
fn members(makers: &[Maker]) -> Vec<Member> {
    let of = |maker: &Maker| {
        let person = (0..PEOPLE).find(|person| {
            maker.account.as_ref().is_some_and(|account| account.id == person + 1)
                || maker.emails.contains(&email(*person))
        });
        person.map_or(Member::NotFound, |person| Member::Found(vec![format!("U{person}")]))
    };
    makers.iter().map(of).collect()
}

impl Team {
    fn new() -> Self {
        let slug = Slug::new("acme", "checkout").unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let trunk = vec![Made { author: 0, pull_request: None }];
        let base = Base::none(&slug, "environment production").after(&sha(0), true, now);
        let (in_force, judged) = (file(1, true, false), BTreeSet::from([0]));
        Self { trunk, base, in_force, waiting: None, proposal: None, judged, now }
    }

    /// The range from `start` to `head` on the trunk.
    fn range(&self, start: usize, head: usize) -> Range {
        let between = |from: usize, to: usize| from + 1..to + 1;
        let commits = |indices: std::ops::Range<usize>| -> Vec<RangeCommit> {
            indices.map(|index| commit(index, &self.trunk[index])).collect()
        };
        let (added, removed) = (between(start, head), between(head, start));
        let pull_requests = added
            .clone()
            .chain(removed.clone())
            .filter_map(|index| Some(pull_request(index, self.trunk[index].pull_request?)));
        let direction = match start.cmp(&head) {
            std::cmp::Ordering::Less => Direction::Forward,
            std::cmp::Ordering::Equal => Direction::Same,
            std::cmp::Ordering::Greater => Direction::Rollback,
        };
        Range {
            base: sha(start),
            head: sha(head),
            direction,
            pull_requests: pull_requests.collect(),
            added: commits(added),
            removed: commits(removed),
            missing: Vec::new(),
        }
    }

    fn start(&self, spec: &ApprovalSpec, head: usize) -> usize {
        let start = self.base.start_of(!spec.self_approval, &sha(head)).unwrap();
        usize::from_str_radix(&start.revision, 16).unwrap()
    }

    fn electorate(&self, waiting: &Waiting) -> Electorate {
        let range = self.range(self.start(&waiting.spec, waiting.head), waiting.head);
        let named = Identity {
            name: "CI".to_owned(),
            email: Some(email(waiting.email)),
            account: None,
            vouched: false,
        };
        let read = changes(&range, &[named], self.now);
        let members = members(&read.makers);
        Electorate::anyone().judging(&waiting.spec, &self.base, Ok((&read, &members)), self.now)
    }

    /// Does `deed`; what went wrong with what it let through.
    fn does(&mut self, deed: &Deed) -> Result<(), String> {
        self.now += SignedDuration::from_hours(1);
        match *deed {
            Deed::Push { author, pull_request } => self.trunk.push(Made { author, pull_request }),
            Deed::Deploy { back, email } => {
                let head = self.trunk.len().saturating_sub(back + 1).max(1).min(self.trunk.len() - 1);
                let spec = spec(&self.in_force);
                self.waiting = Some(Waiting { head, email, spec, votes: BTreeSet::new() });
            }
            Deed::Vote { voter } => return self.votes(voter),
            Deed::Rules { author, votes, four_eyes, tells } => {
                let proposed = file(votes, four_eyes, tells);
                let (old, new) = (spec(&self.in_force), spec(&proposed));
                if difference(&self.in_force, &proposed, false).needs_approval() {
                    self.proposal = Some(Proposal { file: proposed, author, votes: BTreeSet::new() });
                } else if old.self_approval != new.self_approval || old.votes_required != new.votes_required {
                    return Err("a file that changes the approval counts at once".to_owned());
                } else {
                    (self.in_force, self.proposal) = (proposed, None);
                }
            }
            Deed::VoteOnRules { voter } => {
                let spec = spec(&self.in_force);
                let Some(proposal) = &mut self.proposal else { return Ok(()) };
                if spec.self_approval || voter != proposal.author {
                    proposal.votes.insert(voter);
                }
                if proposal.votes.len() >= spec.votes_required as usize
                    && let Some(proposal) = self.proposal.take()
                {
                    self.in_force = proposal.file;
                }
            }
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
        if !electorate.is_enough(&voters, waiting.spec.votes_required) {
            return Ok(());
        }
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let four_eyes = !waiting.spec.self_approval;
        if four_eyes {
            self.check(&waiting, electorate.judged.as_ref().is_some_and(|judged| judged.has_no_makers))?;
        }
        self.base = self.base.clone().after(&sha(waiting.head), four_eyes, self.now);
        Ok(())
    }

    /// Checks that each commit and each pull request of a completed approval has its votes of people who did not
    /// make it, and that everything up to its revision was judged so.
    fn check(&mut self, waiting: &Waiting, has_no_makers: bool) -> Result<(), String> {
        let start = self.start(&waiting.spec, waiting.head);
        let (from, to) = (start.min(waiting.head), start.max(waiting.head));
        for index in from + 1..=to {
            let Made { author, pull_request } = &self.trunk[index];
            let opened = pull_request.map(|(opened, _)| opened);
            let merged = pull_request.map(|(_, merged)| merged);
            let count = |hands: &[Option<u64>]| {
                let made = |voter: &u64| *voter == waiting.email || hands.contains(&Some(*voter));
                waiting.votes.iter().filter(|voter| !made(voter)).count()
            };
            let needed = waiting.spec.votes_required as usize;
            let is_short =
                count(&[Some(*author), opened]) < needed || merged.is_some() && count(&[merged]) < needed;
            if is_short && !has_no_makers {
                return Err(format!(
                    "the commit {index} of {start} to {} lacks votes: {waiting:?}",
                    waiting.head
                ));
            }
            if index <= waiting.head {
                self.judged.insert(index);
            }
        }
        match (0..=waiting.head).find(|index| !self.judged.contains(index)) {
            Some(unjudged) => Err(format!("the commit {unjudged} was never judged: {waiting:?}")),
            None => Ok(()),
        }
    }
}

fn deed() -> impl Strategy<Value = Deed> {
    let person = || 0..PEOPLE;
    prop_oneof![
        3 => (person(), prop::option::of((person(), person())))
            .prop_map(|(author, pull_request)| Deed::Push { author, pull_request }),
        3 => (prop_oneof![3 => Just(0_usize), 1 => 1..5_usize], person())
            .prop_map(|(back, email)| Deed::Deploy { back, email }),
        6 => person().prop_map(|voter| Deed::Vote { voter }),
        1 => (person(), 1..3_u32, prop::bool::weighted(0.7), any::<bool>())
            .prop_map(|(author, votes, four_eyes, tells)| Deed::Rules { author, votes, four_eyes, tells }),
        1 => person().prop_map(|voter| Deed::VoteOnRules { voter }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a team does: every commit and pull request in the range of a completed approval with
    /// `self_approval: false` has the votes that the rule asks of people who did not make it, but for a
    /// rollback without makers; and nothing gets around such a range.
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

#[test]
fn team_that_votes_for_each_other_gets_through() {
    let mut team = Team::new();
    for deed in [
        Deed::Push { author: 0, pull_request: Some((0, 1)) },
        Deed::Deploy { back: 0, email: 3 },
        Deed::Vote { voter: 1 },
        Deed::Vote { voter: 0 },
    ] {
        team.does(&deed).unwrap();
    }
    assert!(team.waiting.is_none() && team.judged.contains(&1), "{:?}", team.waiting);
}
