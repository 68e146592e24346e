//! The people who deployed a revision or started its run, as makers of all of it: each account by its number.

use crate::confirmation::Confirmation;
use crate::deploy::{Deploy, Person};
use crate::id::DeployId;
use crate::people::CiUser;
use crate::range::{Account, Identity};
use std::collections::BTreeSet;

impl Identity {
    /// Somebody who did `what`, and whom neither the source host nor the CI names.
    pub fn untold(what: &str) -> Self {
        Self { name: what.to_owned(), email: None, account: None, vouched: true }
    }

    /// Somebody whom a CI vouches for by its own id of them.
    pub fn of_ci(user: &CiUser) -> Self {
        Self::untold(&user.to_string())
    }

    /// The user of a CI that this is.
    pub fn ci_user(&self) -> Option<CiUser> {
        CiUser::parse(&self.name).filter(|_| self.is_untold())
    }

    /// True if the source host or the CI says that somebody acted, and names no account of the source host.
    pub fn is_untold(&self) -> bool {
        self.vouched && self.account.is_none()
    }

    /// The same person as messages name them.
    pub fn person(&self) -> Person {
        let username = self.account.as_ref().map(|account| account.login.clone());
        Person { name: self.name.clone(), email: self.email.clone(), username }
    }
}

impl Deploy {
    /// Everybody who deployed it or started its run, each once: by the host's number of the account where the
    /// host or CI told it, else by the address that the registration gave. An account without a known number
    /// belongs to nobody.
    pub fn deployed_by(&self) -> Vec<Identity> {
        let mut people = self.reading.deployed_by.clone();
        for person in self.deployers() {
            let is_numbered = people.iter().any(|known| known.has_login(person.username.as_deref()));
            if is_numbered {
                continue;
            }
            let account = person.username.as_ref().map(|login| Account {
                id: 0,
                login: login.clone(),
                is_bot: login.ends_with("[bot]"),
            });
            let vouched = account.is_some();
            people.push(Identity {
                name: person.name.clone(),
                email: person.email.clone(),
                account,
                vouched,
            });
        }
        people
    }

    /// Adds `people` to those who deployed it, each account once.
    pub fn add_deployed_by(&mut self, people: impl IntoIterator<Item = Identity>) {
        let known = &mut self.reading.deployed_by;
        for person in people {
            if !person.is_among(known) {
                known.push(person);
            }
        }
    }

    /// The other reports of this deploy among `others`, which are of its revision and its environment; also
    /// those of its reports. A report counts as soon as it is on record: people vote while the source host is
    /// asked about it, and its revision is this one's, which the host has.
    pub fn reports_among<'r>(&self, others: &'r [Self]) -> Vec<&'r Self> {
        let mut known = BTreeSet::from([&self.id]);
        let mut found = Vec::new();
        loop {
            let is_new = |report: &&'r Self| !known.contains(&report.id) && report.is_report_of(&known);
            let new: Vec<&Self> = others.iter().filter(is_new).collect();
            if new.is_empty() {
                return found;
            }
            known.extend(new.iter().map(|report| &report.id));
            found.extend(new);
        }
    }

    /// True if it is another report of one of the deploys `known`, or may be one: the source host was not
    /// asked yet.
    fn is_report_of(&self, known: &BTreeSet<&DeployId>) -> bool {
        let is_registered_again = self.reading.repeats.as_ref().is_some_and(|of| known.contains(of));
        is_registered_again
            || match &self.confirmation {
                Confirmation::Repeat { of } => known.contains(of),
                Confirmation::Awaited => self.state.has_arrived(),
                Confirmation::Confirmed
                | Confirmation::Unconfirmed { .. }
                | Confirmation::Unevaluated { .. } => false,
            }
    }

    /// True if everybody who deployed `report` or started its run deployed this one too, as far as is known.
    pub fn has_deployers_of(&self, report: &Deploy) -> bool {
        let known = self.deployed_by();
        report.deployed_by().iter().all(|person| person.is_among(&known))
    }
}

impl Identity {
    /// True if it is one of `known`: by the number of its account, and without an account in every part.
    fn is_among(&self, known: &[Self]) -> bool {
        known.iter().any(|other| match (&other.account, &self.account) {
            (Some(other), Some(account)) => other.id == account.id,
            (None, None) => other == self,
            (Some(_), None) | (None, Some(_)) => false,
        })
    }

    fn has_login(&self, login: Option<&str>) -> bool {
        let of = self.account.as_ref().map(|account| account.login.as_str());
        of.zip(login).is_some_and(|(of, login)| of.eq_ignore_ascii_case(login))
    }
}
