//! The addresses that accounts show in public, many accounts in one request.

use super::client::GitHub;
use super::graphql::{self, Reply};
use super::wire;
use crate::failure::Failure;
use serde_json::{Value, json};
use signoff_core::range::Account;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The most accounts in a query.
const PAGE: usize = 100;
/// The most requests for the profiles of a range's makers.
pub(super) const MOST_REQUESTS: usize = 5;
/// The error by which GitHub says that there is no such account.
const NOT_FOUND: &str = "NOT_FOUND";

/// The addresses that some accounts show in public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownAddresses {
    /// The addresses, by the accounts' numbers.
    pub shown: BTreeMap<u64, String>,
    /// The numbers of the accounts of which GitHub did not tell whether they show one.
    pub unread: BTreeSet<u64>,
}

impl GitHub {
    /// The addresses that `accounts`, which are people's, show in their public profiles: a request for
    /// each hundred, `most` requests at most ([`ReadRange::profiles`](super::ReadRange::profiles)). An
    /// account whose name is another one's by now shows none.
    /// <https://docs.github.com/graphql/reference/users#user>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or declined for now. What it declines for good is in
    /// [`ShownAddresses::unread`].
    pub async fn shown_addresses(
        &self,
        accounts: &[Account],
        most: usize,
    ) -> Result<ShownAddresses, Failure> {
        let mut found = ShownAddresses::default();
        let (asked, unasked) = accounts.split_at(accounts.len().min(most.saturating_mul(PAGE)));
        found.unread.extend(unasked.iter().map(|account| account.id));
        for accounts in asked.chunks(PAGE) {
            let ids = accounts.iter().map(|account| account.id);
            let (data, is_whole) = match self.profiles(accounts).await {
                Ok(read) => read,
                Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
                    tracing::warn!(failure = failure.logged(), "GitHub does not tell public profiles");
                    (BTreeMap::new(), false)
                }
                Err(failure) => return Err(failure),
            };
            for (index, id) in ids.enumerate() {
                let value = data.get(&format!("a{index}")).unwrap_or(&Value::Null);
                match graphql::read::<wire::PublicProfile>(value) {
                    Some(profile) if profile.database_id == Some(id) && !profile.email.is_empty() => {
                        found.shown.insert(id, profile.email.to_lowercase());
                    }
                    Some(_) => {}
                    None if value.is_null() && is_whole => {}
                    None => {
                        found.unread.insert(id);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The profiles of `accounts` by their places, and whether GitHub has no account by the name of those
    /// that are missing.
    async fn profiles(&self, accounts: &[Account]) -> Result<(BTreeMap<String, Value>, bool), Failure> {
        let mut fields = String::new();
        for (index, account) in accounts.iter().enumerate() {
            let _ = write!(fields, " a{index}: {}", graphql::of_profile(&account.login));
        }
        let body = json!({"query": format!("query {{{fields} }}")});
        match self.reply(&body, "reading public profiles").await? {
            Reply::Answered { data, errors, .. } => {
                let is_gone = |error: &wire::GraphError| error.r#type.as_deref() == Some(NOT_FOUND);
                let data: BTreeMap<String, Value> = data.unwrap_or_default();
                // An answer without the accounts tells nothing of them.
                let is_told = data.len() == accounts.len();
                Ok((data, is_told && errors.iter().all(is_gone)))
            }
            Reply::TooLarge(failure) => Err(failure),
        }
    }
}
