//! The team's registrations, read as Signoff reads them, and the team's own record of them: which commit each
//! meant, who stands behind it, and which came last.

use crate::host::{acted, named, sha, slug};
use crate::made::Name;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::id::{DeployId, RunId};
use signoff_core::newest::{Arrival, Newest};
use signoff_core::range::Identity;
use signoff_providers::register::parse;
use std::collections::BTreeMap;

/// A registration of a deploy by a CI.
#[derive(Clone, Debug)]
pub struct Registration {
    pub revision: Revision,
    pub date: Date,
    /// The account behind the token of the CI's job, where it has one.
    pub job_of: Option<Name>,
    /// Somebody's address, where it gives one.
    pub email: Option<Name>,
    /// True if the host does not tell all of its range.
    pub is_cut: bool,
}

/// The revision that a registration names.
#[derive(Clone, Copy, Debug)]
pub enum Revision {
    /// The newest commit, or the one so many before it, by its SHA.
    Commit { back: usize },
    /// A tag, by its name or by that of its ref.
    Tag { number: u8, is_ref: bool },
}

/// The time that a registration gives for its deploy.
#[derive(Clone, Copy, Debug)]
pub enum Date {
    /// None.
    Unsaid,
    /// So many minutes ago.
    Ago(i64),
    /// So many minutes ahead of Signoff's clock.
    Ahead(i64),
    /// The time that the registration so many before it gave, or had.
    OfEarlier(usize),
}

/// The place of a deploy in their order: the time that counts for it, then the number of its registration.
type Order = (Timestamp, usize);

/// A deploy, with what the team knows of it.
pub struct Known {
    /// The deploy as Signoff has it.
    deploy: Deploy,
    /// The commit that it brings.
    pub head: usize,
    pub is_cut: bool,
    /// Those who registered it, once or again, and those whose address was given.
    pub by: Vec<Name>,
    /// The date that was sent; where none was, the time of the registration.
    sent: Timestamp,
    order: Order,
    /// The number of times that people were asked about it.
    rounds: u32,
}

/// The deploys of a team, in the order of their registrations.
#[derive(Default)]
pub struct Deploys {
    known: Vec<Known>,
    /// Further registrations of known deploys.
    reports: Vec<Deploy>,
    tags: BTreeMap<u8, usize>,
    /// The deploy that stands in the environment, and since which place in their order.
    standing: Option<(usize, Order)>,
    /// Signoff's record of the newest deploy that each rule asked about.
    newest: BTreeMap<&'static str, Newest>,
    /// The team's own.
    last: BTreeMap<&'static str, Order>,
}

impl Deploys {
    pub fn of(&self, index: usize) -> &Known {
        &self.known[index]
    }

    /// Has the tag stand at the commit `head`, wherever it stood.
    pub fn tag(&mut self, number: u8, head: usize) {
        self.tags.insert(number, head);
    }

    /// Registers a deploy at `now`, with a trunk of so many commits; which deploy it is. `None`: the host has
    /// no such tag.
    pub fn register(&mut self, registration: &Registration, commits: usize, now: Timestamp) -> Option<usize> {
        let number = self.known.len() + self.reports.len();
        let head = match registration.revision {
            Revision::Commit { back } => Some(on_trunk(back, commits)),
            Revision::Tag { number, .. } => self.tags.get(&number).copied(),
        };
        let sent = self.date(registration.date, now);
        let mut deploy = read(registration, head, sent, number, now);
        deploy.revision = sha(head?);
        let revision = deploy.revision.clone();
        let order = (sent.unwrap_or(now).min(now), number);
        let by: Vec<Name> = registration.job_of.into_iter().chain(registration.email).collect();
        let stands = self.standing.filter(|(index, _)| self.known[*index].deploy.revision == revision);
        let is_same = |known: &Known| Some(known.sent) == sent && known.deploy.revision == revision;
        let same = stands.map(|(index, _)| index).or_else(|| self.known.iter().position(is_same));
        if let Some(index) = same {
            let known = &mut self.known[index];
            known.by.extend(by);
            deploy.confirmation = Confirmation::Repeat { of: known.deploy.id.clone() };
            self.reports.push(deploy);
            if let Some((standing, since)) = &mut self.standing
                && *standing == index
            {
                *since = order.max(*since);
            }
            return Some(index);
        }
        deploy.confirmation = Confirmation::Confirmed;
        let index = self.known.len();
        if self.standing.is_none_or(|(_, since)| order > since) {
            self.standing = Some((index, order));
        }
        let (head, is_cut, sent) = (head?, registration.is_cut, sent.unwrap_or(now));
        self.known.push(Known { deploy, head, is_cut, by, sent, order, rounds: 0 });
        Some(index)
    }

    fn date(&self, date: Date, now: Timestamp) -> Option<Timestamp> {
        match date {
            Date::Unsaid => None,
            Date::Ago(minutes) => Some((now - SignedDuration::from_mins(minutes)).max(Timestamp::UNIX_EPOCH)),
            Date::Ahead(minutes) => Some(now + SignedDuration::from_mins(minutes)),
            Date::OfEarlier(back) => self.known.iter().rev().nth(back).map(|earlier| earlier.sent),
        }
    }

    /// Everybody who deployed it, as Signoff has it of all its registrations.
    pub fn started_by(&self, index: usize) -> Vec<Identity> {
        let deploy = &self.known[index].deploy;
        let others: Vec<Deploy> =
            self.reports.iter().filter(|report| report.revision == deploy.revision).cloned().collect();
        let reports = deploy.reports_among(&others);
        reports.into_iter().chain([deploy]).flat_map(Deploy::deployed_by).collect()
    }

    /// Has `rule` ask about the deploy `index`; whether it does, as none that came later asked already.
    ///
    /// # Errors
    ///
    /// Signoff and the team do not agree on that.
    pub fn ask(&mut self, rule: &'static str, index: usize) -> Result<bool, String> {
        let known = &mut self.known[index];
        let run = match known.rounds {
            0 => RunId::derive(&known.deploy.id, rule),
            round => RunId::derive_again(&known.deploy.id, rule, round),
        };
        known.rounds += 1;
        let is_last = self.last.get(rule).is_none_or(|last| known.order >= *last);
        let asks = match Newest::of(&known.deploy, rule, &run).arrive(self.newest.get(rule).cloned()) {
            Arrival::Newest { next, .. } => {
                self.newest.insert(rule, next);
                self.last.insert(rule, known.order);
                true
            }
            Arrival::Outdated { .. } => false,
        };
        match asks == is_last {
            true => Ok(asks),
            false => Err(format!("the rule {rule} asks about the deploy {index}: {asks}")),
        }
    }
}

/// The newest commit, or the one so many before it; never the first, which was let through from the start,
/// where there is another.
pub fn on_trunk(back: usize, commits: usize) -> usize {
    commits.saturating_sub(back + 1).max(1).min(commits - 1)
}

/// The deploy that Signoff reads of a registration.
fn read(
    registration: &Registration,
    head: Option<usize>,
    date: Option<Timestamp>,
    number: usize,
    now: Timestamp,
) -> Deploy {
    let revision = match registration.revision {
        Revision::Commit { .. } => head.map(sha).unwrap_or_default(),
        Revision::Tag { number, is_ref: true } => format!("refs/tags/v{number}"),
        Revision::Tag { number, is_ref: false } => format!("v{number}"),
    };
    let email = registration.email.and_then(|name| named(name).email);
    let body = json!({ "sha": revision, "email": email, "date": date.map(|date| date.to_string()) });
    let parsed = parse(Some("application/json"), "", body.to_string().as_bytes(), now).unwrap();
    let id = DeployId::derive("registration", &[&number.to_string()]);
    let mut deploy = parsed.deploy(id, slug(), "acme/checkout".to_owned(), now);
    assert_eq!(deploy.is_named(), matches!(registration.revision, Revision::Tag { .. }), "{revision}");
    deploy.add_deployed_by(registration.job_of.map(acted));
    deploy
}
