//! The makers of a range as they are met: each account once, with all its addresses.

use super::bots::own_bot;
use crate::people::{Handle, Role};
use crate::range::{Account, Identity, RangeCommit};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Not;

/// Somebody with a hand in a range: one account, or one address that belongs to no account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maker {
    /// The name that people read.
    pub name: String,
    /// The account; `None` where the host knows none.
    pub account: Option<Account>,
    /// The addresses, in lower case.
    pub emails: BTreeSet<String>,
    /// True if the host or the CI says that somebody acted, and names no account of the host.
    #[serde(default)]
    pub is_untold: bool,
    /// True if the account may show an address in public that was not read.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_unread: bool,
    /// The handle of somebody who is untold, where an admin can map them on the People page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// `true` for a program where its commits are its own by the source host's signature. Other commits by
    /// the same account have another maker.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_signed_bot: bool,
    /// True if only lines of co-authors name them.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_only_co_author: bool,
}

impl Maker {
    /// Everything by which the People page may know them.
    pub fn handles(&self) -> Vec<Handle> {
        let account = self.account.as_ref().map(|account| Handle::github(account.id));
        let emails = self.emails.iter().filter_map(|email| Handle::email(email));
        account.into_iter().chain(self.handle.clone()).chain(emails).collect()
    }

    /// True for a program that did more than stand in lines of co-authors. Somebody may have had it do so:
    /// that it is nobody here shows nothing. Only its own signed commits count as a listed bot's.
    pub fn is_program_at_work(&self) -> bool {
        let is_program = |account: &Account| account.is_programs() || account.is_assistants();
        !self.is_only_co_author && self.account.as_ref().is_some_and(is_program)
    }
}

/// The makers that were met so far.
#[derive(Default)]
pub(super) struct Makers {
    pub(super) all: Vec<Maker>,
    accounts: BTreeMap<u64, usize>,
    addresses: BTreeMap<String, usize>,
    /// Programs by their accounts' numbers, for commits that are their own by signature.
    signed_bots: BTreeMap<u64, usize>,
    /// Those whose account only follows from the text of an address.
    by_text: BTreeSet<usize>,
}

impl Makers {
    /// The index of the maker that `identity` is. An account is one maker with all the addresses that the
    /// host says are its own.
    pub(super) fn index(&mut self, identity: &Identity) -> usize {
        let index = self.named(identity);
        self.all[index].is_only_co_author = false;
        index
    }

    /// The same for somebody whom a line of co-authors names.
    fn named(&mut self, identity: &Identity) -> usize {
        let email = identity.email.as_deref().map(str::to_lowercase).filter(|email| !email.is_empty());
        let told = identity.account.as_ref();
        let account = told.cloned().or_else(|| email.as_deref().and_then(Account::of_noreply));
        let known = match &account {
            Some(account) => self.accounts.get(&account.id).copied(),
            None => self.addresses.get(email.as_deref().unwrap_or(&identity.name)).copied(),
        };
        let index = known.unwrap_or_else(|| {
            let name = match &account {
                Some(account) if identity.name.is_empty() => account.login.clone(),
                Some(_) | None => identity.name.clone(),
            };
            let maker = Maker { name, account: account.clone(), ..Maker::default() };
            self.all.push(Maker { is_only_co_author: true, ..maker });
            let index = self.all.len() - 1;
            if told.is_none() {
                self.by_text.insert(index);
            }
            match &account {
                Some(account) => self.accounts.insert(account.id, index),
                None => self.addresses.insert(email.clone().unwrap_or_else(|| identity.name.clone()), index),
            };
            index
        });
        if let Some(told) = told
            && self.by_text.remove(&index)
        {
            // The address may name the number of one account and the login of another.
            self.all[index].account = Some(told.clone());
        }
        self.all[index].emails.extend(email);
        index
    }

    /// The index of the program with this account, for commits that are its own by the source host's
    /// signature.
    pub(super) fn signed_bot(&mut self, account: &Account) -> usize {
        *self.signed_bots.entry(account.id).or_insert_with(|| {
            let (name, account) = (account.login.clone(), Some(account.clone()));
            self.all.push(Maker { name, account, is_signed_bot: true, ..Maker::default() });
            self.all.len() - 1
        })
    }

    /// True if some commits or pull requests so far are this program's own by that signature.
    pub(super) fn has_signed_bot(&self, account: &Account) -> bool {
        self.signed_bots.contains_key(&account.id)
    }

    /// The index of the maker that `identity` is, with a hand in `commit`.
    pub(super) fn of_commit(&mut self, identity: &Identity, commit: &RangeCommit) -> usize {
        let own = own_bot(commit);
        match own.filter(|own| identity.account.as_ref().is_some_and(|account| account.id == own.id)) {
            Some(own) => self.signed_bot(own),
            None => self.index(identity),
        }
    }

    /// The index of who `identity` is as a co-author of `commit`. One whom only a line names by the
    /// number of a run's own token, or of the merge queue, did not act by it: that is an address. Tools write
    /// such lines, as `claude[bot] <41898282+claude[bot]@users.noreply.github.com>`.
    pub(super) fn co_author(&mut self, identity: &Identity, commit: &RangeCommit) -> usize {
        let email = identity.email.as_deref().map(str::to_lowercase).filter(|email| !email.is_empty());
        let account = identity.account.clone().or_else(|| email.as_deref().and_then(Account::of_noreply));
        if identity.vouched {
            return self.of_commit(identity, commit);
        }
        let is_by_token = account.is_some_and(|account| Handle::github(account.id).stands_for_people());
        let Some(email) = email.filter(|_| is_by_token) else {
            let is_own = |own: &&Account| identity.account.as_ref().is_some_and(|told| told.id == own.id);
            return match own_bot(commit).filter(is_own) {
                Some(own) => self.signed_bot(own),
                None => self.named(identity),
            };
        };
        let (all, name) = (&mut self.all, &identity.name);
        *self.addresses.entry(email.clone()).or_insert_with(|| {
            let (name, emails) = (name.clone(), BTreeSet::from([email]));
            all.push(Maker { name, emails, is_only_co_author: true, ..Maker::default() });
            all.len() - 1
        })
    }

    /// Somebody who acted, and for whom no account of the source host is named.
    pub(super) fn untold(&mut self, by: &Identity) -> usize {
        let emails = by.email.iter().map(|email| email.to_lowercase()).collect();
        let (name, handle) = match by.ci_user() {
            Some(user) => (format!("who started the {} job", user.ci.title()), Some(Handle::CiUser(user))),
            None => (by.name.clone(), None),
        };
        let maker = Maker { name, is_untold: true, emails, handle, ..Maker::default() };
        self.all.iter().position(|known| *known == maker).unwrap_or_else(|| {
            self.all.push(maker);
            self.all.len() - 1
        })
    }

    /// The account that had this role in a pull request, and that is gone by now.
    pub(super) fn gone(&mut self, number: u64, role: Role) -> usize {
        let name = match role {
            Role::Opener => format!("who opened #{number}"),
            Role::Merger => format!("who merged #{number}"),
        };
        let handle = Some(Handle::PullRequest { repository: String::new(), number, role });
        let maker = Maker { name, is_untold: true, handle, ..Maker::default() };
        self.all.iter().position(|known| *known == maker).unwrap_or_else(|| {
            self.all.push(maker);
            self.all.len() - 1
        })
    }
}
