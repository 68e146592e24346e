//! The people behind a change: from accounts and e-mail addresses on the source host to Slack members, by the
//! list of people in the console and by the addresses that Slack knows.

mod ask;

use crate::accounts::{Purpose, SlackAccount};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::approval::SaidNobody;
use signoff_core::deploy::Person;
use signoff_core::people::{Entry, Handle, Nobody, Standing};
use signoff_core::range::Identity;
use signoff_providers::Failure;
use signoff_providers::slack::client::Slack;
use signoff_rules::template::Mentions;
use std::collections::HashMap;

/// A Slack member whom an identity leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundMember {
    /// The Slack user id.
    pub(crate) id: String,
    /// True if only the list of people leads to the member, and no address that Slack knows: such a member is
    /// a maker, and an author only if the host vouches for the account.
    pub(crate) by_list: bool,
}

/// The kind of answer to who an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// One or several Slack members.
    Member,
    /// Nobody in this workspace, as the list says and another admin confirmed.
    NobodyHere,
    /// A listed bot. Only the host's signature can show that a commit is the bot's own.
    Bot,
    /// Nobody who is known.
    NotFound,
}

/// The people behind an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Every Slack member whom it leads to, by the account and by the address. Where a statement of the list
    /// waits that would replace a member, that member is here too, though the identity may not be found.
    pub(crate) members: Vec<FoundMember>,
    /// The Slack user ids of accounts that have one of the addresses and are no member's, such as a guest's.
    /// They don't vote, and their person is not found by them.
    pub(crate) others: Vec<String>,
    /// The kind of answer.
    pub(crate) known: Known,
    /// The Slack user ids of those who said something of it that nobody else confirmed: they may not vote on
    /// what needs it.
    pub(crate) unconfirmed_by: Vec<String>,
    /// The statement that they are nobody here, where somebody who may vote can confirm it for one approval.
    pub(crate) said: Option<SaidNobody>,
}

/// The makers of a change, each with the people behind them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Makers(Vec<(Person, Found)>);

impl Found {
    fn nobody() -> Self {
        Self {
            members: Vec::new(),
            others: Vec::new(),
            known: Known::NotFound,
            unconfirmed_by: Vec::new(),
            said: None,
        }
    }

    fn add(&mut self, id: &str, by_list: bool) {
        match self.members.iter_mut().find(|member| member.id == id) {
            Some(member) => member.by_list &= by_list,
            None => self.members.push(FoundMember { id: id.to_owned(), by_list }),
        }
    }

    /// The Slack user ids of all accounts that they have, members' and others.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &String> {
        self.members.iter().map(|member| &member.id).chain(&self.others)
    }
}

impl Makers {
    /// The people behind each maker.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Found> {
        self.0.iter().map(|(_, found)| found)
    }

    /// The Slack user ids of those among them who are `people`.
    pub(crate) fn members_of(&self, people: &[Person]) -> Vec<String> {
        let wanted = self.0.iter().filter(|(maker, _)| people.iter().any(|person| maker.is(person)));
        wanted.flat_map(|(_, found)| found.accounts().cloned()).collect()
    }

    /// Returns the mention of each of them in Slack.
    pub(crate) fn mentions(&self) -> Mentions {
        let mut mentions = Mentions::default();
        for (person, found) in &self.0 {
            let is_found = found.known == Known::Member;
            let members = || found.members.iter().filter(move |_| is_found);
            let first = members().find(|member| !member.by_list).or_else(|| members().next());
            // A text may mention a guest.
            if let Some(id) = first.map(|member| &member.id).or_else(|| found.others.first()) {
                mentions.insert(person, id);
            }
        }
        mentions
    }
}

impl ActionExecution {
    /// The people behind each of `identities`, in their order: by the account and by the address together,
    /// never one instead of the other. The list of people is read in one request for each 100 accounts and
    /// addresses; Slack is asked for each address that it was not asked for in the last minutes.
    ///
    /// Errors: those of the record, also an entry that can't be read, and of Slack.
    pub(crate) async fn members_of(&self, slack: &Slack, identities: &[Identity]) -> Tried<Vec<Found>> {
        self.found_by(slack, &identities.iter().map(handles).collect::<Vec<_>>()).await
    }

    /// The people behind each of these lists of handles, each list one person's, as
    /// [`ActionExecution::members_of`] finds them.
    ///
    /// Errors: those of the record, also an entry that can't be read, and of Slack.
    pub(crate) async fn found_by(&self, slack: &Slack, handles: &[Vec<Handle>]) -> Tried<Vec<Found>> {
        self.found_by_for(slack, handles, Purpose::Judging).await
    }

    async fn found_by_for(
        &self,
        slack: &Slack,
        handles: &[Vec<Handle>],
        purpose: Purpose,
    ) -> Tried<Vec<Found>> {
        let listed = match self.store.people_of(&handles.concat()).await {
            Err(error) if error.is_passing() => {
                return Err(Failure::retryable(format!("the list of people: {error}")).into());
            }
            // Who made the change can't be told without an entry that can't be read: the effect is put aside.
            listed => listed?,
        };
        listed.values().for_each(|entry| self.names.note_entry(entry));
        let mut found = Vec::new();
        for handles in handles {
            let mut by_address = Vec::new();
            for handle in handles.iter().filter(|handle| !handle.is_noreply()) {
                if let Handle::Email { address } = handle {
                    by_address.extend(self.account_for(slack, address, purpose).await?);
                }
            }
            found.push(together(handles, &listed, &by_address));
        }
        Ok(found)
    }

    /// The people behind each of `makers`.
    pub(crate) async fn found(&self, slack: &Slack, makers: Vec<Person>) -> Tried<Makers> {
        self.found_for(slack, makers, Purpose::Judging).await
    }

    /// The same for `purpose`.
    pub(crate) async fn found_for(
        &self,
        slack: &Slack,
        makers: Vec<Person>,
        purpose: Purpose,
    ) -> Tried<Makers> {
        let handles: Vec<_> = makers.iter().map(|maker| handles(&identity(maker))).collect();
        let found = self.found_by_for(slack, &handles, purpose).await?;
        Ok(Makers(makers.into_iter().zip(found).collect()))
    }

    /// The address of the list of people.
    pub(crate) fn people_page(&self) -> String {
        format!("{}/settings/people", self.public_url)
    }
}

/// A person of a deploy as an identity: nobody vouches for them.
fn identity(person: &Person) -> Identity {
    Identity { name: person.name.clone(), email: person.email.clone(), account: None, vouched: false }
}

/// The account and the address of an identity; the account that a noreply address names, too.
fn handles(identity: &Identity) -> Vec<Handle> {
    let account = identity.account.as_ref().map(|account| Handle::github(account.id));
    let email = identity.email.as_deref().and_then(Handle::email);
    let mut handles: Vec<_> = account.into_iter().chain(email).collect();
    handles.dedup();
    handles
}

/// The people whom `handles` lead to, by what is listed of them and by the accounts in Slack that have one of
/// the addresses, if they are members. An address that is nobody's here says nothing of the account that it
/// belongs to. Nobody is found by what is listed of an account that stands for people.
fn together(handles: &[Handle], listed: &HashMap<Handle, Entry>, by_address: &[SlackAccount]) -> Found {
    let mut found = Found::nobody();
    let mut nobody_here = None;
    let mut is_member = false;
    for account in by_address {
        if account.is_member {
            is_member = true;
            found.add(&account.id, false);
        } else if !found.others.contains(&account.id) {
            found.others.push(account.id.clone());
        }
    }
    let is_address = |handle: &Handle| matches!(handle, Handle::Email { .. });
    let has_account = handles.iter().any(|handle| !is_address(handle));
    for (handle, entry) in handles.iter().filter_map(|handle| Some((handle, listed.get(handle)?))) {
        let stands_for_people = handle.stands_for_people();
        let is_of_another = has_account && is_address(handle) || stands_for_people;
        let statements = entry.counts.iter().chain(&entry.waits);
        found
            .unconfirmed_by
            .extend(statements.filter_map(|statement| statement.only_by().map(str::to_owned)));
        if let Some((waits, kind, reason)) = entry.nobody_here_waits().filter(|_| !is_of_another) {
            found.said = found.said.or_else(|| {
                Some(SaidNobody {
                    handle: entry.handle.to_string(),
                    version: entry.version,
                    name: entry.name.clone(),
                    kind,
                    reason: reason.to_owned(),
                    by: waits.said.as_ref().map(|said| said.id.clone()).unwrap_or_default(),
                })
            });
        }
        match entry.standing() {
            Standing::Member { id } => {
                is_member |= !stands_for_people;
                found.add(id, true);
            }
            Standing::Unknown { kept } => kept.into_iter().for_each(|id| found.add(id, true)),
            Standing::NobodyHere { .. } if is_of_another => {}
            Standing::NobodyHere { kind } => {
                let known = if kind == Nobody::Bot { Known::Bot } else { Known::NobodyHere };
                nobody_here = nobody_here.or(Some(known));
            }
        }
    }
    found.unconfirmed_by.sort_unstable();
    found.unconfirmed_by.dedup();
    found.known = if is_member { Known::Member } else { nobody_here.unwrap_or(Known::NotFound) };
    found
}

#[cfg(test)]
mod tests;
